"""Whether a file that `proofcheck tex` wrote, and a paper includes, is what the lemmas give today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.export.tex_stamp import read_stamp
from proofcheck.header import Header
from proofcheck.paper.notation import Notation

_ACCEPTED = ("current", "not found")  # a file of the TeX installation is not found in the folder of the paper


@dataclass(frozen=True)
class Included:
    r"""One \input: `state` is current, edited, out of date, refused or not found."""

    file: str
    line: int
    path: str
    state: str
    reason: str = ""

    @property
    def is_accepted(self) -> bool:
        return self.state in _ACCEPTED

    def data(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "path": self.path, "state": self.state, "reason": self.reason}


def state_of(text: str, among: Sequence[Header], notation: Notation) -> tuple[str, str, frozenset[str]] | None:
    """State, reason, and the lemmas cited by including the file; None if `proofcheck tex` did not write it."""
    from proofcheck.export import tex

    stamp = read_stamp(text)
    if stamp is None:
        return None
    cited = frozenset(stamp.lemmas) if stamp.name.startswith("bounds/") else frozenset()
    again = "Run `proofcheck tex` again."
    if not stamp.is_whole:
        return "edited", f"its content is not what was written. {again}", cited
    if stamp.notation != notation.digest:
        return "out of date", f"written under another notation. {again}", cited
    try:
        chosen = registry.select(stamp.lemmas, among)
        today = tex.file_text(stamp.name, chosen, among, notation)
    except ArgumentError as error:
        return "out of date", f"{error}", cited
    if today != text.replace("\r\n", "\n"):
        return "out of date", f"{' '.join(stamp.lemmas)} changed since it was written. {again}", cited
    return "current", "", cited
