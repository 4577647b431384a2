"""What a lemma file says of itself, read from its text: nothing of the file is run.

The docstring has the sections Statement, Proof, Sharpness, Source and Audit; every step of Proof ends in one
evidence word. ID, ALIASES, TITLE, SOURCE, LABEL, ASSUMES and USES are literals.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError

EVIDENCE = ("kernel", "symbolic", "exact", "interval", "assumed", "tested")
LABELS = ("sharp", "upper", "lower", "identity")
SECTIONS = ("Statement", "Proof", "Sharpness", "Source", "Audit")

_HEADER_FIELDS = ("ID", "TITLE", "SOURCE", "LABEL", "ASSUMES", "USES")
_STEP = re.compile(r"^\s{0,8}([0-9]{1,4})\.\s+(.*)$")
_EVIDENCE_AT_END = re.compile(rf"\s{{2,}}({'|'.join(EVIDENCE)})(?:\s+(\S.*))?$")


@dataclass(frozen=True)
class ProofStep:
    """One row of the proof table: text, the kind of evidence, and where it is."""

    number: int
    text: str
    evidence: str
    where: str


@dataclass(frozen=True)
class Header:
    """What a lemma file says of itself before any of it runs."""

    id: str
    aliases: tuple[str, ...]
    title: str
    source_key: str
    arxiv: str
    place: str
    label: str
    assumes: tuple[str, ...]
    uses: tuple[str, ...]
    path: Path
    module: str
    summary: str
    sections: Mapping[str, str]
    proof: tuple[ProofStep, ...]

    @property
    def slug(self) -> str:
        """`mlp_step.py` is `mlp-step`."""
        return self.path.stem.replace("_", "-")

    @property
    def source(self) -> str:
        """Source with its number: `arXiv:2602.15503, Lemma 1`."""
        return ", ".join(
            part for part in (f"arXiv:{self.arxiv}" if self.arxiv else self.source_key, self.place) if part
        )


def read_header(path: Path) -> Header:
    """Header of the lemma file at `path`, from its text alone: nothing of the file is run.

    A text that was read before is not parsed again: a whole check asks for every header once for each of its parts.

    Raises:
        ArgumentError: the file is not Python, a field is missing or not literal, or a step of the
            proof table has no evidence word.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except ValueError as error:
        raise ArgumentError(f"{path}: cannot be read as Python ({error}).") from error
    return _parsed(path, text)


@lru_cache(maxsize=1024)
def _parsed(path: Path, text: str) -> Header:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last two: brackets nested too deep
        raise ArgumentError(f"{path}: cannot be read as Python ({str(error) or type(error).__name__}).") from error
    values: dict[str, Any] = {"ALIASES": ()}
    for node in tree.body:
        target = (
            node.targets[0]
            if isinstance(node, ast.Assign)
            else node.target
            if isinstance(node, ast.AnnAssign)
            else None
        )
        if isinstance(target, ast.Name) and target.id in (*_HEADER_FIELDS, "ALIASES"):
            value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
            values[target.id] = _literal(path, target.id, value)
    missing = [field for field in _HEADER_FIELDS if field not in values]
    if missing:
        raise ArgumentError(
            f"{path}: a lemma file must define {', '.join(missing)}. docs/extending.md lists every field; "
            "a file that is no lemma starts with an underscore."
        )
    if values["LABEL"] not in LABELS:
        raise ArgumentError(f"{path}: LABEL must be one of {', '.join(LABELS)}, got {values['LABEL']!r}.")
    for name in ("ALIASES", "ASSUMES", "USES"):
        if not isinstance(values[name], tuple) or not all(isinstance(item, str) for item in values[name]):
            raise ArgumentError(f"{path}: {name} must be a tuple of strings, got {values[name]!r}.")
    for name in ("ID", "TITLE"):
        if not isinstance(values[name], str) or not values[name]:
            raise ArgumentError(f"{path}: {name} must be a text, got {values[name]!r}.")
    summary, sections = _sections(path, ast.get_docstring(tree) or "")
    return Header(
        id=values["ID"],
        aliases=values["ALIASES"],
        title=values["TITLE"],
        source_key=values["SOURCE"]["key"],
        arxiv=values["SOURCE"]["arxiv"],
        place=values["SOURCE"]["place"],
        label=values["LABEL"],
        assumes=values["ASSUMES"],
        uses=values["USES"],
        path=path,
        module=f"{path.parent.parent.name}.{path.parent.name}.{path.stem}",
        summary=summary,
        sections=sections,
        proof=_proof_steps(path, sections["Proof"]),
    )


def _literal(path: Path, name: str, node: ast.expr | None) -> Any:
    if name == "SOURCE":
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Source"):
            raise ArgumentError(f"{path}: SOURCE must be written `Source(key, arxiv, place)` with literal texts.")
        values: dict[str, ast.expr] = dict(zip(("key", "arxiv", "place"), node.args, strict=False))
        values.update({word.arg: word.value for word in node.keywords if word.arg})
        texts = {key: value.value for key, value in values.items() if isinstance(value, ast.Constant)}
        if set(texts) != {"key", "arxiv", "place"} or not all(isinstance(text, str) for text in texts.values()):
            raise ArgumentError(f"{path}: SOURCE needs literal texts for key, arxiv and place (arxiv may be empty).")
        return texts
    try:
        value = ast.literal_eval(node) if node is not None else None
        repr(value)  # a number of thousands of digits cannot be shown in a message
        return value
    except (ValueError, TypeError, RecursionError, MemoryError) as error:  # TypeError: a list as a key
        raise ArgumentError(
            f"{path}: {name} must be a literal, so that it can be listed without running the file."
        ) from error


def _sections(path: Path, docstring: str) -> tuple[str, dict[str, str]]:
    """First line and the named sections: a heading stands alone, its text is indented below it."""
    lines = docstring.splitlines()
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    summary: list[str] = []
    for line in lines:
        if line.strip() in SECTIONS and not line.startswith(" "):
            if line.strip() in sections:
                raise ArgumentError(f"{path}: the docstring has the section {line.strip()} twice.")
            current = sections.setdefault(line.strip(), [])
        elif current is None:
            summary.append(line.strip())
        else:
            current.append(line)
    missing = [name for name in SECTIONS if name not in sections]
    if missing:
        raise ArgumentError(f"{path}: the docstring lacks the section(s) {', '.join(missing)}. See docs/extending.md.")
    return " ".join(summary).strip(), {name: _dedent(body) for name, body in sections.items()}


def _dedent(lines: Sequence[str]) -> str:
    return textwrap.dedent("\n".join(lines)).strip("\n").rstrip()


def _proof_steps(path: Path, text: str) -> tuple[ProofStep, ...]:
    steps: list[tuple[int, list[str]]] = []
    for line in text.splitlines():
        match = _STEP.match(line)
        if match:
            steps.append((int(match[1]), [match[2]]))
        elif steps and line.strip():
            steps[-1][1].append(line.rstrip())
    if [number for number, _ in steps] != list(range(1, len(steps) + 1)) or not steps:
        raise ArgumentError(f"{path}: the steps of Proof must be numbered 1., 2., 3., …")
    rows: list[ProofStep] = []
    for number, lines in steps:
        found: list[tuple[str, str]] = []
        words: list[str] = []
        for line in lines:
            match = _EVIDENCE_AT_END.search(line)
            if match:
                found.append((match[1], match[2] or ""))
                line = line[: match.start()]
            words.append(line.strip())
        if len(found) != 1:
            raise ArgumentError(
                f"{path}: step {number} of Proof must end in exactly one evidence word, got {len(found)}. "
                f"The words are {', '.join(EVIDENCE)}, set off by two spaces."
            )
        rows.append(ProofStep(number, " ".join(words).strip(), *found[0]))
    return tuple(rows)
