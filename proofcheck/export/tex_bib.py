r"""A BibTeX file as `thebibliography`: what an entry prints is escaped text, so nothing in it can run.

Read: `@kind{key, field = {..} | ".." | number, ..}` with nested braces; accents `{\"o}`, `\'e`, `\v{c}` become letters;
braces go; any other command is printed as text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from proofcheck.errors import ArgumentError
from proofcheck.export.tex_text import escape

MAX_BIB = 1_000_000  # characters

_ENTRY = re.compile(r"@([A-Za-z]+)\s*\{\s*([^\s,{}]{1,200})\s*,")
_FIELD = re.compile(r"\s*([A-Za-z][A-Za-z0-9_-]*)\s*=\s*")
_ACCENT = re.compile(r"\{?\\(?:([\"'`^~=.])|([vcuHk])(?![A-Za-z]))\s*\{?\\?([A-Za-z])\}?\}?")
_MARKS = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303", "v": "\u030c", "c": "\u0327"}
_MARKS |= {"u": "\u0306", "H": "\u030b", "=": "\u0304", ".": "\u0307", "k": "\u0328"}


def entries(text: str) -> dict[str, dict[str, str]]:
    """Fields by key, as plain Unicode text.

    Raises:
        ArgumentError: longer than MAX_BIB.
    """
    if len(text) > MAX_BIB:
        raise ArgumentError(f"bibliography: at most {MAX_BIB} characters required, got {len(text)}.")
    found: dict[str, dict[str, str]] = {}
    for head in _ENTRY.finditer(text):
        fields: dict[str, str] = {}
        at = head.end()
        while (name := _FIELD.match(text, at)) is not None:
            value, at = _value(text, name.end())
            fields[name[1].lower()] = plain(value)
            comma = re.compile(r"\s*,").match(text, at)
            if comma is None:
                break
            at = comma.end()
        found[head[2]] = fields
    return found


def _value(text: str, at: int) -> tuple[str, int]:
    """A value that starts at `at`, without its delimiters, and the place after it."""
    if text[at : at + 1] not in ("{", '"'):
        match = re.compile(r"[A-Za-z0-9]*").match(text, at)
        return (match.group(), match.end()) if match else ("", at)
    quoted = text[at] == '"'
    depth = 0
    for here in range(at, len(text)):
        character = text[here]
        if quoted and here > at and character == '"' and depth == 0:
            return text[at + 1 : here], here + 1
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not quoted and depth == 0:
            return text[at + 1 : here], here + 1
    return text[at + 1 :], len(text)


def plain(value: str) -> str:
    """TeX accents as letters, braces gone, spaces single."""

    def letter(match: re.Match[str]) -> str:
        return unicodedata.normalize("NFC", match[3] + _MARKS[match[1] or match[2]])

    return " ".join(_ACCENT.sub(letter, value).replace("{", "").replace("}", "").replace("~", " ").split())


def bibliography(text: str, keys: Iterable[str]) -> str:
    r"""`thebibliography` of the keys, sorted; "" when there is none.

    A key without an entry is printed as its name, so that no \cite stays undefined.
    """
    known = entries(text)
    chosen = sorted(set(keys))
    if not chosen:
        return ""
    rows = [f"\\bibitem{{{key}}} {_row(key, known.get(key, {}))}\n" for key in chosen]
    return "".join(["\\begin{thebibliography}{99}\n", *rows, "\\end{thebibliography}\n"])


def _row(key: str, fields: Mapping[str, str]) -> str:
    if not fields:
        return f"{escape(key)}."
    people = " and ".join(_name(person) for person in fields.get("author", "").split(" and "))
    place = fields.get("journal") or fields.get("booktitle") or fields.get("publisher") or ""
    preprint = f"arXiv:{fields['eprint']}" if fields.get("eprint") else ""
    parts = [escape(people), f"\\emph{{{escape(fields.get('title', ''))}}}"]
    parts += [escape(part) for part in (place, preprint, fields.get("year", ""), fields.get("note", "")) if part]
    return ", ".join(part for part in parts if part and part != "\\emph{}") + "."


def _name(person: str) -> str:
    """Surname, First as First Surname."""
    last, comma, given = person.partition(",")
    return f"{given.strip()} {last.strip()}" if comma else person.strip()
