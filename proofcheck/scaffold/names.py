"""The names of a new lemma: which are allowed, and that they are free.

    lemma   two-point-mean or two_point_mean   the file name, lemmas/<paper>/two_point_mean.py
    id      TP-01                              claims are TP-01.<name>
    paper   my_paper                           a folder of lemmas/, made where there is none
    key     doe2026mean                        an entry of lemmas/references.bib

All of them become parts of paths or of Python, so each is matched against a whitelist before it is used.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass

from proofcheck.errors import ArgumentError
from proofcheck.header import Header

_LEMMA = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", re.ASCII)
_ID = re.compile(r"[A-Z][A-Z0-9]{0,7}-[0-9]{1,4}[A-Z]?", re.ASCII)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9:_-]{0,79}", re.ASCII)
LONGEST = 60  # characters of a file or folder name
_LONGEST_TITLE = 100
_TAKEN_FOLDERS = frozenset({"certificates", "assumed"})


@dataclass(frozen=True)
class Names:
    """Names that are allowed and free; `stem` is the file name without .py, `key` is "" where it is not known yet."""

    stem: str
    id: str
    paper: str
    title: str
    key: str

    @property
    def slug(self) -> str:
        return self.stem.replace("_", "-")


def names(lemma: str, *, id: str, paper: str, title: str = "", key: str = "", among: Sequence[Header] = ()) -> Names:
    """The names of a new lemma beside those in `among`.

    Raises:
        ArgumentError: a name has another form, is reserved, or belongs to another lemma.
    """
    _match("LEMMA", lemma, _LEMMA, "lower-case words joined by - or _, such as two-point-mean")
    _match("--paper", paper, _LEMMA, "lower-case words joined by _, such as lipschitz_transformers")
    _match("--id", id, _ID, "capitals, a dash and a number, such as TP-01")
    if key:
        _match("--source", key, _KEY, "a key of lemmas/references.bib, such as doe2026mean")
    stem, folder = lemma.replace("-", "_"), paper.replace("-", "_")
    for option, name in (("LEMMA", stem), ("--paper", folder)):
        if keyword.iskeyword(name) or keyword.issoftkeyword(name):
            raise ArgumentError(f"new: {option} must not be a word of Python, got {name!r}. It becomes a module name.")
    if folder in _TAKEN_FOLDERS:
        raise ArgumentError(f"new: --paper must be a folder of lemmas, got {folder!r}, which holds something else.")
    shown = title or f"TODO: title of {id}"
    if not shown.isprintable() or len(shown) > _LONGEST_TITLE or not shown.strip():
        raise ArgumentError(
            f"new: --title must be one printable line of at most {_LONGEST_TITLE} characters, got {title[:40]!r}."
        )
    made = Names(stem, id, folder, shown, key)
    for header in among:
        theirs = {name.casefold() for name in (header.id, *header.aliases, header.slug)}
        for name in (made.id, made.slug):
            if name.casefold() in theirs:
                raise ArgumentError(f"new: the name {name!r} already belongs to {header.path.name}. Take another.")
    return made


def _match(option: str, value: str, form: re.Pattern[str], wanted: str) -> None:
    if len(value) > LONGEST or not form.fullmatch(value):
        raise ArgumentError(f"new: {option} must be {wanted} (at most {LONGEST} characters), got {value[:80]!r}.")
