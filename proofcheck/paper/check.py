"""A whole paper: every marked formula compared, included files current, lemmas that are not cited.

Bounded: sizes of files, number of files and of marks, length and depth of formulas, and the time of the prover. Files
are read inside the folder of the paper only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.header import Header
from proofcheck.paper.compare import SECONDS, Comparison, PaperVerdict, compare
from proofcheck.paper.included import Included, state_of
from proofcheck.paper.marks import Mark, scan
from proofcheck.paper.notation import Notation, read_notation

MAX_BYTES = 2_000_000  # of one file
MAX_FILES = 100
MAX_MARKS = 500
MAX_SECONDS = 120.0  # of the prover, for the whole paper


@dataclass(frozen=True)
class Formula:
    """A marked formula with its place (from 1) and its verdict; `lemma` is the id, or what the mark says."""

    file: str
    line: int
    column: int
    lemma: str
    bound: str
    formula: str
    comparison: Comparison

    def is_accepted(self, allow_weaker: bool) -> bool:
        verdict = self.comparison.verdict
        return verdict is PaperVerdict.AGREES or (allow_weaker and verdict is PaperVerdict.WEAKER)

    def data(self) -> dict[str, Any]:
        place = {"file": self.file, "line": self.line, "column": self.column}
        return {**place, "lemma": self.lemma, "bound": self.bound, "formula": self.formula, **self.comparison.data()}


@dataclass(frozen=True)
class Report:
    """What `proofcheck paper` found."""

    formulas: tuple[Formula, ...]
    included: tuple[Included, ...]
    not_cited: tuple[Header, ...]

    def is_accepted(self, allow_weaker: bool) -> bool:
        """Every formula agrees (or is weaker, where allowed), every included file is current, something is marked."""
        formulas = all(formula.is_accepted(allow_weaker) for formula in self.formulas)
        return formulas and bool(self.formulas) and all(item.is_accepted for item in self.included)

    def data(self, allow_weaker: bool) -> dict[str, Any]:
        verdicts = [formula.comparison.verdict for formula in self.formulas]
        return {
            "formulas": [formula.data() for formula in self.formulas],
            "included": [item.data() for item in self.included],
            "not_cited": [{"id": header.id, "slug": header.slug, "title": header.title} for header in self.not_cited],
            "counts": {verdict.value: verdicts.count(verdict) for verdict in PaperVerdict},
            "accepted": self.is_accepted(allow_weaker),
        }


@dataclass(frozen=True)
class Source:
    """One file of the paper: its name below the folder, and its text."""

    name: str
    text: str

    def place(self, at: int) -> tuple[int, int]:
        """Line and column of a character, from 1."""
        return self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)


def read_source(path: Path, name: str) -> Source:
    """The file at `path`.

    Raises:
        ArgumentError: larger than MAX_BYTES, or no text.
        OSError: it cannot be read.
    """
    with path.open("rb") as stream:
        raw = stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise ArgumentError(f"{name}: at most {MAX_BYTES} bytes are read. Split the paper by \\input.")
    try:
        return Source(name, raw.decode("utf-8"))
    except UnicodeDecodeError:
        return Source(name, raw.decode("latin-1"))  # every byte is a character; formulas have to be ASCII


def printable(text: str) -> str:
    """The text for a terminal or a report: at most 300 characters, no control characters."""
    short = text if len(text) <= 300 else text[:299] + "…"
    return "".join(character if character.isprintable() else "?" for character in short)


def names_of(among: Sequence[Header]) -> dict[str, str]:
    """Every id, alias and slug, case folded, with the lemma's id."""
    return {
        name.casefold().replace("_", "-"): header.id
        for header in among
        for name in (header.id, *header.aliases, header.slug)
    }


def check_paper(
    path: Path,
    notation: Path | None = None,
    *,
    seconds: float = SECONDS,
    progress: Callable[[str], None] = lambda text: None,
) -> Report:
    """Read the paper at `path` and all it includes; compare every marked formula.

    Raises:
        ArgumentError: the paper or the notation file is refused (too large, malformed).
        OSError: the paper or the notation file cannot be read.
    """
    among = registry.headers()
    names = names_of(among)
    spellings = read_notation(notation, names) if notation else Notation()
    checker = _Checker(among, names, spellings, seconds, progress)
    checker.read_files.add(path.resolve())
    checker.read(read_source(path, path.name), path.resolve().parent)
    cited = checker.cited
    not_cited = tuple(header for header in among if header.id not in cited)
    return Report(tuple(checker.formulas), tuple(checker.included), not_cited)


class _Checker:
    def __init__(
        self,
        among: Sequence[Header],
        names: dict[str, str],
        notation: Notation,
        seconds: float,
        progress: Callable[[str], None],
    ) -> None:
        self.among, self.names, self.notation, self.seconds = among, names, notation, seconds
        self.progress = progress
        self.formulas: list[Formula] = []
        self.included: list[Included] = []
        self.cited: set[str] = set()
        self.read_files: set[Path] = set()
        self.spent = 0.0

    def read(self, source: Source, root: Path, depth: int = 0) -> None:
        found = scan(source.text)
        if len(self.formulas) + len(found.marks) + len(found.cited) > MAX_MARKS:
            raise ArgumentError(f"{source.name}: at most {MAX_MARKS} marked formulas and cited bounds are read.")
        if len(self.included) + len(found.included) > MAX_MARKS:
            raise ArgumentError(f"{source.name}: at most {MAX_MARKS} \\input are followed.")
        for mark in found.marks:
            self.formulas.append(self.formula(source, mark))
        for at, lemma, bound in found.cited:
            self.cite(source, at, lemma, bound)
        for label in found.labels:
            lemma_id = self.names.get(label.split(":")[1].casefold())
            self.cited |= {lemma_id} if lemma_id else set()
        for at, name in found.included:
            self.include(source, at, name, root, depth)

    def formula(self, source: Source, mark: Mark) -> Formula:
        lemma_id = self.names.get(mark.lemma.casefold().replace("_", "-"))
        shown = printable(" ".join(source.text[mark.start : mark.end].split())) if mark.start >= 0 else ""
        line, column = source.place(mark.at)
        problem = mark.problem
        comparison: Comparison | None = None
        if not problem and lemma_id is None:
            problem = f"no lemma is called {mark.lemma!r}"
        if not problem and lemma_id is not None:
            self.progress(f"{source.name}:{line} {lemma_id} {mark.bound}")
            comparison, problem = self.compared(source, mark, lemma_id)
            if comparison and comparison.at is not None:
                line, column = source.place(comparison.at)
        result = comparison or Comparison(PaperVerdict.CANNOT_PARSE, problem + ".")
        return Formula(source.name, line, column, lemma_id or mark.lemma, mark.bound, shown, result)

    def compared(self, source: Source, mark: Mark, lemma_id: str) -> tuple[Comparison | None, str]:
        lemma = registry.load(registry.find(lemma_id, self.among))
        self.cited.add(lemma_id)
        if mark.bound not in lemma.bounds:
            return None, f"{lemma_id} has no bound {mark.bound!r}, it has {', '.join(lemma.bounds) or 'none'}"
        began = time.monotonic()
        left = max(0.0, MAX_SECONDS - self.spent)
        made = compare(source.text, mark.start, mark.end, lemma, mark.bound, self.notation, min(self.seconds, left))
        self.spent += time.monotonic() - began
        return made, ""

    def cite(self, source: Source, at: int, name: str, bound: str) -> None:
        lemma_id = self.names.get(name.casefold().replace("_", "-"))
        line, column = source.place(at)
        reason = "" if lemma_id else f"no lemma is called {name!r}."
        if lemma_id:
            self.cited.add(lemma_id)
            bounds = registry.load(registry.find(lemma_id, self.among)).bounds
            reason = "" if bound in bounds else f"{lemma_id} has no bound {bound!r}, it has {', '.join(bounds)}."
        if reason:
            refused = Comparison(PaperVerdict.CANNOT_PARSE, reason)
            self.formulas.append(Formula(source.name, line, column, lemma_id or name, bound, "", refused))

    def include(self, source: Source, at: int, name: str, root: Path, depth: int) -> None:
        line, _ = source.place(at)

        def note(state: str, reason: str = "") -> None:
            self.included.append(Included(source.name, line, printable(name), state, reason))

        path, reason = inside(root, name)
        if path is None:
            note("refused" if reason else "not found", reason)
            return
        if path in self.read_files:
            return
        if len(self.read_files) >= MAX_FILES or depth >= 20:
            note("refused", f"at most {MAX_FILES} files, 20 deep, are read.")
            return
        self.read_files.add(path)
        try:
            inner = read_source(path, path.relative_to(root).as_posix())
        except (ArgumentError, OSError) as error:
            note("refused", str(error))
            return
        state = state_of(inner.text, self.among, self.notation)
        if state is None:
            self.read(inner, root, depth + 1)
            return
        note(*state[:2])
        self.cited.update(state[2])


def inside(root: Path, name: str) -> tuple[Path | None, str]:
    r"""The file that \input{name} means, if it is in `root`; else None, and why it is refused ("" if not found)."""
    if any(not character.isprintable() or character in "\\|$~%#\"'" for character in name):
        return None, "a plain file name required."
    for candidate in (name, f"{name}.tex"):
        try:
            path = (root / candidate).resolve()
            if not path.is_relative_to(root):
                return None, "it is outside the folder of the paper."
            if path.is_file():
                return path, ""
        except (OSError, RuntimeError, ValueError):
            return None, "the path cannot be followed."
    return None, ""
