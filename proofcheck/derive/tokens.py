"""Tokens of EXPR, its limits, and errors that point at a character."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from proofcheck.errors import ArgumentError

MAX_LENGTH = 20_000  # characters
MAX_DEPTH = 24  # brackets inside brackets; the kernel allows 40 and sugar adds some
MAX_DIGITS = 300  # of a numerator or a denominator, as in the kernel
MAX_EXPONENT = 32
MAX_NAME = 64

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<symbol>\*\*|<=|>=|==|!=|[-+*/^()\[\],:<>])",
    re.ASCII,
)
_HINTS = {
    "=": "Write == for equality, <= or >= for inequalities.", "!": "Write != for 'not equal'.",
    "|": "Write Abs(x) for numbers, norm(u) or norm2(u) for vectors.", "_": "Names begin with a letter.",
    "\u2264": "Write <=.", "\u2265": "Write >=.", "\u2260": "Write !=.",
    "\u00b7": "Write *.", "\u00d7": "Write *.", "\u00b2": "Write **2.", "\u221a": "Write sqrt(x).",
    "\u2212": "Write the hyphen -.", "\u2013": "Write the hyphen -.",
    "&": "Give each relation its own --assume or --claim.",
    "\\": "LaTeX is read by `proofcheck paper`, not here.",
    "{": "Write brackets ( ).", "}": "Write brackets ( ).",
}  # fmt: skip


class ExprError(ArgumentError):
    """An EXPR text is refused; the message shows the line and a caret under the character.

    Attributes: `where` (what the text was given for), `reason`, `text`, `position` (in `text`), `hint`.
    """

    def __init__(self, reason: str, text: str, position: int, hint: str = "", where: str = "expression") -> None:
        self.reason, self.text, self.position, self.hint, self.where = reason, text, position, hint, where
        super().__init__(f"{where}: {reason}.\n{_caret(text, position)}" + (f"\n{hint}" if hint else ""))


def _caret(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    first = max(start, position - 60)
    shown = text[first : min(len(text) if end < 0 else end, position + 40)]
    shown = "".join(c if c.isprintable() else "?" for c in shown)  # no control character reaches a terminal
    prefix = "..." if first > start else ""
    width = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shown[: position - first])
    line = f"  {prefix}{shown}".rstrip()
    return f"{line}\n  {' ' * (len(prefix) + width)}^"


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to `word`, "" if none is near; case is a small difference."""
    candidates = sorted(known)
    folded = [c for c in candidates if c.lower() == word.lower()]
    return (folded or difflib.get_close_matches(word, candidates, n=1, cutoff=0.6) or [""])[0]


class Token(NamedTuple):
    kind: str  # "number", "name", "symbol" or "end"
    text: str
    at: int


def tokens_of(text: str, where: str = "expression") -> list[Token]:
    """The tokens of `text`, the last of kind "end".

    Raises:
        ExprError: the text is too long or holds a character or a number outside the language.
    """
    if not isinstance(text, str):
        kind = type(text).__name__
        raise ArgumentError(f"{where}: text required, got {kind}. Write the expression as a string.")
    if len(text) > MAX_LENGTH:
        reason = f"at most {MAX_LENGTH} characters are read, got {len(text)}"
        raise ExprError(reason, text, MAX_LENGTH, where=where)
    result: list[Token] = []
    at = 0
    while at < len(text):
        if text[at] in " \t\n\r":
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExprError(_stranger(text[at]), text, at, _HINTS.get(text[at], ""), where)
        if match.lastgroup == "name" and match.end() - at > MAX_NAME:
            raise ExprError(f"a name has at most {MAX_NAME} characters", text, at, where=where)
        result.append(Token(match.lastgroup, match.group(), at))
        at = match.end()
    result.append(Token("end", "", len(text)))
    return result


def _stranger(character: str) -> str:
    if character.isascii():
        return f"unexpected character {character!r}"
    name = unicodedata.name(character, "unnamed")
    return f"unexpected character {character!a} ({name}); only ASCII is read"
