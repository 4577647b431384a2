r"""The paper's names: a TOML file that gives the LaTeX of the lemmas' symbols, for reading and for writing.

    w = "\\|W\\|_2"                        # every lemma
    a = ["\\|A\\|", "\\opnorm{A}"]         # the first is written, all are read
    commands = ["opnorm"]                  # the author's own macros that occur above

    factors = ["W_1(\\mu, \\nu)"]          # what the constant is multiplied by in the paper's inequality

    [LT-05]                                # one lemma, by id, alias or slug; wins over the rest
    D = "\\Delta_A"

A symbol that is not named keeps its default spelling (`tau` is `\tau`, `a_1` is `a_{1}`); a named one gives it up.
The values are inert: letters, digits, brackets, scripts, and commands from a list (or declared in `commands`).
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.paper.tokens import FormulaError, Token, tokens_of

MAX_FILE = 100_000  # bytes
MAX_VALUE = 200  # characters

_GREEK = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho varrho sigma "
    "tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar"
)
_COMMANDS = frozenset(
    f"\\{name}"
    for name in (
        f"{_GREEK} mathrm mathbf mathcal mathbb mathsf mathit mathfrak boldsymbol operatorname text hat bar tilde "
        "widehat widetilde overline vec dot star top infty sup inf max min diam langle rangle circ prime dagger in "
        "lVert rVert Vert lvert rvert vert left right big bigl bigr cos sin tan quad det dim ker deg"
    ).split()
) | {"\\|", "\\,", "\\;", "\\!", "\\:", "\\{", "\\}"}
_REFUSED = frozenset(
    "input include includeonly write openout openin read readline immediate special catcode lccode uccode mathcode def "
    "edef gdef xdef let futurelet csname endcsname expandafter noexpand newcommand renewcommand providecommand "
    "newenvironment begin end usepackage RequirePackage documentclass errmessage message show loop repeat every par "
    "output shipout jobname meaning string detokenize scantokens directlua latelua luaexec pdfobj pdffiledump "
    "makeatletter verb verbatiminput lstinputlisting InputIfFileExists IfFileExists PassOptionsToPackage".split()
)
_CHARACTER = re.compile(r"[A-Za-z0-9()\[\]|,.;:!'+\-/*_^{}~ ]")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Notation:
    """LaTeX spellings by symbol, for all lemmas and by lemma id; `commands` are the author's own macros."""

    common: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by_lemma: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    factors: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by lemma id, "" for all
    commands: tuple[str, ...] = ()

    def spellings(self, lemma_id: str) -> dict[str, Sequence[str]]:
        """The spellings given for the symbols of a lemma."""
        return {**self.common, **self.by_lemma.get(lemma_id, {})}

    def written(self, lemma_id: str) -> dict[str, str]:
        """The one spelling that `proofcheck tex` writes for each named symbol."""
        return {name: given[0] for name, given in self.spellings(lemma_id).items()}

    def factors_of(self, lemma_id: str) -> tuple[str, ...]:
        return (*self.factors.get("", ()), *self.factors.get(lemma_id, ()))

    @property
    def digest(self) -> str:
        """A hash of the content, "none" when nothing is renamed; it is part of what `proofcheck tex` writes."""
        if self == Notation():
            return "none"
        content = [
            {name: list(given) for name, given in self.common.items()},
            {lemma: {n: list(g) for n, g in names.items()} for lemma, names in self.by_lemma.items() if names},
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def read_notation(path: Path, resolve: Mapping[str, str]) -> Notation:
    """The notation file at `path`; `resolve` maps every id, alias and slug, case folded, to the lemma's id.

    Raises:
        ArgumentError: not TOML, an unknown lemma, a value that is not inert LaTeX of a symbol.
        OSError: it cannot be read.
    """
    where = f"notation file {path.name}"
    raw = path.read_bytes()
    if len(raw) > MAX_FILE:
        raise ArgumentError(f"{where}: at most {MAX_FILE} bytes required, got {len(raw)}. It names symbols, no more.")
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # ValueError: an integer of thousands of digits, too
        raise ArgumentError(
            f'{where}: TOML required ({error}). A line reads w = "\\\\|W\\\\|" (backslashes doubled).'
        ) from error
    commands = _commands(where, data.pop("commands", []))
    sections = {key: value for key, value in data.items() if isinstance(value, dict)}
    common = {key: value for key, value in data.items() if not isinstance(value, dict)}
    factors = {"": _texts(where, "factors", common.pop("factors", []), commands)}
    by_lemma: dict[str, Mapping[str, Sequence[str]]] = {}
    for title, body in sections.items():
        lemma_id = resolve.get(title.casefold().replace("_", "-"))
        if lemma_id is None:
            raise ArgumentError(
                f"{where}: a section is a lemma's id or slug, got [{title}]. `proofcheck list` shows them."
            )
        factors[lemma_id] = _texts(where, "factors", body.pop("factors", []), commands)
        by_lemma[lemma_id] = _names(f"{where}, [{title}]", body, commands)
    made = Notation(_names(where, common, commands), by_lemma, {k: v for k, v in factors.items() if v}, commands)
    for lemma_id in ("", *by_lemma):
        _distinct(where, made.spellings(lemma_id))
    return made


def _commands(where: str, given: Any) -> tuple[str, ...]:
    names = [given] if isinstance(given, str) else given
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ArgumentError(f'{where}: commands must be a list of names, got {given!r}. Write commands = ["opnorm"].')
    for name in names:
        word = name.removeprefix("\\")
        if not re.fullmatch("[A-Za-z]{1,40}", word, re.ASCII) or word in _REFUSED or word.startswith("pdf"):
            raise ArgumentError(f"{where}: commands must name macros that print a symbol, got {name!r}.")
    return tuple("\\" + name.removeprefix("\\") for name in names)


def _names(where: str, body: Mapping[str, Any], commands: Sequence[str]) -> Mapping[str, Sequence[str]]:
    for name in body:
        if not _NAME.fullmatch(name):
            raise ArgumentError(f"{where}: a symbol is a letter, then letters, digits, _; got {name!r}.")
    result = {name: _texts(where, name, value, commands) for name, value in body.items()}
    for name, texts in result.items():
        if not texts:
            raise ArgumentError(f"{where}: {name} needs a spelling, got an empty list. Leave it out for the default.")
    return result


def _texts(where: str, name: str, value: Any, commands: Sequence[str]) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ArgumentError(f"{where}: {name} must be LaTeX in quotes or a list of such, got {value!r}.")
    for text in texts:
        reason = objection(text, commands)
        if reason:
            raise ArgumentError(f"{where}: {name} must be LaTeX of a symbol, got {text[:60]!r}. {reason}")
    return tuple(texts)


def objection(text: str, commands: Iterable[str] = ()) -> str:
    """Why `text` is not inert LaTeX of a symbol, "" if it is."""
    if not 0 < len(text.strip()) <= MAX_VALUE:
        return f"Between 1 and {MAX_VALUE} characters are read."
    allowed = _COMMANDS | set(commands)
    for part in re.findall(r"\\(?:[A-Za-z]+|.?)|.", text, re.DOTALL):
        if part[0] == "\\" and part not in allowed:
            shown = part if part.isprintable() else ascii(part)
            return f"{shown} is not in the list of commands; declare a macro of your own in `commands`."
        if part[0] != "\\" and not _CHARACTER.fullmatch(part):
            return f"The character {part!a} is not allowed."
    if "^^" in text:
        return "^^ is not allowed."
    try:
        tokens = tokens_of(text)
    except FormulaError as error:
        return error.reason + "."
    if not tokens or tokens[0].text in ("_", "^", "'"):
        return "It starts with no symbol."
    return ""


def _distinct(where: str, spellings: Mapping[str, Sequence[str]]) -> None:
    owner: dict[tuple[str, ...], str] = {}
    for name, texts in spellings.items():
        for text in texts:
            key = pattern(text)
            if owner.setdefault(key, name) != name:
                raise ArgumentError(f"{where}: {name} and {owner[key]} are both {text}. A formula could not be read.")


def pattern(text: str) -> tuple[str, ...]:
    """The canonical tokens of a spelling."""
    return tuple(token.text for token in tokens_of(text))


def match(tokens: Sequence[Token], index: int, patterns: Mapping[tuple[str, ...], str]) -> tuple[str, int] | None:
    """The name whose spelling starts at `index`, the longest first, and the index after it.

    A spelling does not match where a subscript or a prime follows: that is another symbol.
    """
    best: tuple[str, int] | None = None
    for key, name in patterns.items():
        end = index + len(key)
        if end > len(tokens) or (best and end <= best[1]) or (end < len(tokens) and tokens[end].text in ("_", "'")):
            continue
        if all(tokens[index + k].text == text for k, text in enumerate(key)):
            best = (name, end)
    return best
