r"""Marked formulas of a .tex file, by one pass over its text; nothing is expanded.

    % proofcheck: LT-05 eta_max              the next formula: \[..\], \(..\), $..$, an equation, or, inside an
                                             environment of several rows, the row that follows
    \proofcheck{attention-step-sharp}{eta_max}{\frac{8}{D^2}}
    \proofcheckbound{mlp-step}{tau_max}      cites the bound; the formula comes from `proofcheck tex`
    \input{..}  \include{..}                 followed, inside the folder of the paper
    \ref{pc:mlp-step..}, \eqref{..}          cites the lemma

Comments, verbatim text and everything after \end{document} are not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from proofcheck.paper.tokens import MAX_FORMULA

MAX_FORMULA_GAP = 2_000  # characters between a comment and its formula
REACH = 4 * MAX_FORMULA  # where the end of a formula is looked for

_SCAN = re.compile(
    r"(?P<comment>%[^\n]*)"
    r"|\\verb\*?(?P<quote>[^A-Za-z\s*])[^\n]{0,500}?(?P=quote)"
    r"|\\(?P<command>begin|end|proofcheckbound|proofcheck|input|include|eqref|ref|autoref|cref|Cref)(?![A-Za-z@])\s*"
    r"|\\(?:[A-Za-z@]+|.)",
    re.DOTALL,
)
_COMMENT = re.compile(r"%+\s*proofcheck\s*:\s*(.*?)\s*$")
_MARK = re.compile(r"([A-Za-z0-9_-]{1,64})\s+([A-Za-z0-9_]{1,64})")
_NAME = re.compile(r"\s*\{\s*([A-Za-z0-9_*-]{1,64})\s*\}")
_PATH = re.compile(r"\{([^{}\n]{1,300})\}|([^\s{}\\]{1,300})")
_MATH = re.compile(r"%[^\n]*|\\begin\s*\{(?P<name>[A-Za-z]+\*?)\}|\\proofcheck|\\[\[(]|\\.|\$\$?", re.DOTALL)
_STOPS = re.compile(r"%[^\n]*|\\end(?![A-Za-z])|\\.|\$\$?", re.DOTALL)
_BRACES = re.compile(r"%[^\n]*|\\.|[{}]", re.DOTALL)
_OPEN = re.compile(r"\s*\{")
_LABEL = re.compile(r"\{(pc:[A-Za-z0-9:-]{1,200})\}")
_VERBATIM = frozenset(("verbatim", "Verbatim", "lstlisting", "comment", "minted", "filecontents"))
_ROWS = frozenset(("align", "gather", "flalign", "eqnarray", "aligned", "gathered", "split"))
_SINGLE = frozenset(("equation", "displaymath", "math", "multline"))


@dataclass(frozen=True)
class Mark:
    """A marked formula `text[start:end]`; start < 0 when there is none, `problem` says why."""

    at: int
    lemma: str
    bound: str
    start: int
    end: int
    problem: str = ""


@dataclass
class Found:
    """What one file holds: marks, cited (lemma, bound) names, included paths with their places."""

    marks: list[Mark] = field(default_factory=list)
    cited: list[tuple[int, str, str]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    included: list[tuple[int, str]] = field(default_factory=list)


def scan(text: str) -> Found:
    """Every mark of a file, in one pass: linear in its length."""
    found = Found()
    environment: list[str] = []
    at = 0
    while (match := _SCAN.search(text, at)) is not None:
        at = match.end()
        if match["comment"]:
            _comment(text, match, environment, found)
            continue
        command = match["command"]
        if command in ("begin", "end"):
            name = _NAME.match(text, at)
            if name is None:
                continue
            at = name.end()
            if command == "end":
                if name[1] == "document":
                    break
                if name[1] in environment:
                    while environment.pop() != name[1]:
                        pass
            elif name[1].removesuffix("*") in _VERBATIM:
                close = text.find(f"\\end{{{name[1]}}}", at)
                at = len(text) if close < 0 else close
            elif len(environment) < 100:
                environment.append(name[1])
        elif command == "proofcheck":
            at = _macro(text, match.start(), at, found)
        elif command == "proofcheckbound":
            names = _names(text, at)
            if names:
                found.cited.append((match.start(), names[0], names[1]))
                at = names[2]
        elif command in ("input", "include"):
            path = _PATH.match(text, at)
            if path:
                found.included.append((match.start(), (path[1] or path[2]).strip()))
                at = path.end()
        elif command:
            label = _LABEL.match(text, at)
            if label:
                found.labels.append(label[1])
    return found


def _comment(text: str, match: re.Match[str], environment: Sequence[str], found: Found) -> None:
    words = _COMMENT.fullmatch(match["comment"].rstrip("\r"))
    if words is None:
        return
    mark = _MARK.fullmatch(words[1])
    if mark is None:
        problem = "a mark reads `% proofcheck: LEMMA BOUND`, such as `% proofcheck: LT-05 eta_max`"
        found.marks.append(Mark(match.start(), "", "", -1, -1, problem))
        return
    start, end, problem = _formula(text, match.end(), environment[-1] if environment else "")
    found.marks.append(Mark(match.start(), mark[1], mark[2], start, end, problem))


def _formula(text: str, at: int, environment: str) -> tuple[int, int, str]:
    """Start and end of the formula that a comment ending at `at` marks."""
    kind = environment.removesuffix("*")
    if kind in _ROWS or kind in _SINGLE:
        end = _close(text, at, ("\\\\", "\\end"))
        return (at, end, "") if end >= 0 else (-1, -1, "the row that follows does not end")
    for match in _MATH.finditer(text, at, at + MAX_FORMULA_GAP):
        sign = match.group()
        if sign[0] == "%":
            if _COMMENT.fullmatch(sign.rstrip("\r")):
                break
            continue
        if sign.startswith("\\proofcheck"):
            break
        if sign.startswith("\\begin"):
            name = match["name"]
            if name.removesuffix("*") not in _ROWS | _SINGLE:
                continue
            end = _close(text, match.end(), ("\\end",))
            if end >= 0 and name.removesuffix("*") in _ROWS and _close(text, match.end(), ("\\\\",), end) >= 0:
                return -1, -1, f"{name} has several rows: put the comment inside, before the row"
        elif sign in ("\\[", "\\(", "$$", "$"):
            end = _close(text, match.end(), ({"\\[": "\\]", "\\(": "\\)"}.get(sign, sign),))
        else:
            continue
        return (match.end(), end, "") if end >= 0 else (-1, -1, f"the formula opened by {sign} does not end")
    return -1, -1, "no formula follows the comment"


def _close(text: str, at: int, stops: Sequence[str], limit: int | None = None) -> int:
    """Where the first of `stops` is after `at`, outside comments; -1 if not within reach."""
    reach = at + REACH if limit is None else limit
    for match in _STOPS.finditer(text, at, reach):
        if match.group() in stops:
            return match.start()
    return -1


def _names(text: str, at: int) -> tuple[str, str, int] | None:
    """{lemma}{bound} at `at`, and the place after them."""
    first = _NAME.match(text, at)
    second = _NAME.match(text, first.end()) if first else None
    return (first[1], second[1], second.end()) if first and second else None


def _macro(text: str, begin: int, at: int, found: Found) -> int:
    r"""\proofcheck{lemma}{bound}{formula}; its definition, where no brace follows, is none."""
    if text[at : at + 1] != "{":
        return at
    names = _names(text, at)
    if names is None:
        problem = r"a mark reads \proofcheck{LEMMA}{BOUND}{formula}"
        found.marks.append(Mark(begin, "", "", -1, -1, problem))
        return at
    opened = _OPEN.match(text, names[2])
    depth = 1
    if opened:
        for match in _BRACES.finditer(text, opened.end(), opened.end() + REACH):
            depth += {"{": 1, "}": -1}.get(match.group(), 0)
            if depth == 0:
                found.marks.append(Mark(begin, names[0], names[1], opened.end(), match.start()))
                return match.end()
    problem = "the formula of this mark is not closed" if opened else "the third argument, the formula, is missing"
    found.marks.append(Mark(begin, names[0], names[1], -1, -1, problem))
    return names[2]
