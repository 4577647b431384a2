"""The first lines of every file that `proofcheck tex` writes: what it is made of, and a hash of the content.

    % Written by `proofcheck tex`; edit the lemma, not this file.
    % proofcheck-file: bounds/mlp-step--tau-max.tex
    % proofcheck-lemmas: LT-01
    % proofcheck-notation: none
    % proofcheck-sha256: 5c0e...

`proofcheck paper` reads them back: a file whose content has another hash was edited by hand; one whose lemmas now give
another content is out of date.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

_FIRST = "% Written by `proofcheck tex`; edit the lemma, not this file.\n"
_HEAD = re.compile(
    re.escape(_FIRST)
    + r"% proofcheck-file: ([A-Za-z0-9./-]{1,200})\n"
    + r"% proofcheck-lemmas: ([A-Za-z0-9 -]{1,4000})\n"
    + r"% proofcheck-notation: ([a-f0-9]{16}|none)\n"
    + r"% proofcheck-sha256: ([0-9a-f]{64})\n"
)


@dataclass(frozen=True)
class Stamp:
    """What a written file says of itself; `is_whole`: the content has the hash that the file names."""

    name: str
    lemmas: tuple[str, ...]
    notation: str
    is_whole: bool


def _digest(name: str, lemmas: Sequence[str], notation: str, body: str) -> str:
    text = "\n".join((name, " ".join(lemmas), notation, body))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def stamped(name: str, lemmas: Sequence[str], notation: str, body: str) -> str:
    """The whole file: head and body."""
    return (
        f"{_FIRST}% proofcheck-file: {name}\n% proofcheck-lemmas: {' '.join(lemmas)}\n"
        f"% proofcheck-notation: {notation}\n% proofcheck-sha256: {_digest(name, lemmas, notation, body)}\n{body}"
    )


def read_stamp(text: str) -> Stamp | None:
    """The stamp of a file, None if `proofcheck tex` did not write it."""
    text = text.replace("\r\n", "\n")
    if not text.startswith(_FIRST):
        return None
    head = _HEAD.match(text)
    if head is None:
        return Stamp("", (), "none", False)
    name, lemmas, notation = head[1], tuple(head[2].split()), head[3]
    return Stamp(name, lemmas, notation, _digest(name, lemmas, notation, text[head.end() :]) == head[4])
