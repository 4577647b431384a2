"""What a mutant is: one change to one function, lemma file or claim, and what became of it.

A mutant is plain data (text before and after), so that it crosses a process boundary and can be listed, hashed and
compared. Its key hashes the content that the change was made to: an explanation filed under a key goes stale when
that content changes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

CODE, BOUND, CLAIM = "code", "bound", "claim"  # torch code, a lemma file's formulas, a kernel claim
KILLED, SURVIVED, EQUIVALENT = "killed", "survived", "equivalent"


@dataclass(frozen=True)
class Mutant:
    """One change.

    family: CODE (a function of torch_impl), BOUND (a lemma file) or CLAIM (a claim text).
    module, name: where; for a claim the lemma module and the claim's name.
    lemmas: ids of the lemmas that should see it, nearest first.
    context: the unchanged text that the key is made of; text: the changed text that is run.
    dropped: number of the assumption left out, for a claim (its counterexample is tried first).
    reached: whether a callable that a lemma speaks of runs this code; else its own tests come first.
    """

    family: str
    module: str
    name: str
    operator: str
    line: int
    before: str
    after: str
    lemmas: tuple[str, ...]
    context: str = field(repr=False)
    text: str = field(repr=False)
    dropped: int | None = None
    reached: bool = True

    @property
    def key(self) -> str:
        """16 hex digits of the content: where, what, from what to what, and the text around it."""
        parts = (
            self.family,
            self.module,
            self.name,
            self.operator,
            self.before,
            self.after,
            self.context,
            self.text,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]

    @property
    def where(self) -> str:
        return f"{self.module}:{self.name}" + (f":{self.line}" if self.line else "")

    def to_job(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_job(job: Mapping[str, Any]) -> Mutant:
        return Mutant(**{**job, "lemmas": tuple(job["lemmas"])})


@dataclass(frozen=True)
class Outcome:
    """The verdict on one mutant. by: the check that killed it, or the proof that it is equivalent; detail: one line.

    unseen: the lemma that should have seen a survivor. reason: what a person wrote about an equivalent one.
    """

    mutant: Mutant
    verdict: str
    by: str
    detail: str
    seconds: float
    reason: str = ""

    @property
    def unseen(self) -> str:
        return self.mutant.lemmas[0] if self.verdict == SURVIVED else ""

    def to_json(self) -> dict[str, Any]:
        m = self.mutant
        return {
            "key": m.key,
            "family": m.family,
            "where": m.where,
            "operator": m.operator,
            "before": m.before,
            "after": m.after,
            "lemmas": list(m.lemmas),
            "verdict": self.verdict,
            "by": self.by,
            "detail": self.detail,
            "seconds": round(self.seconds, 3),
            "reason": self.reason,
            "should_have_seen": self.unseen,
        }
