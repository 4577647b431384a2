"""What proofcheck says of a claim or a lemma: six words, each with its sentence."""

from __future__ import annotations

import enum


class Verdict(enum.Enum):
    """The six verdicts; `sentence` says what a reader may conclude."""

    PROVED = "PROVED"
    PROVED_MODULO = "PROVED_MODULO"
    TESTED = "TESTED"
    REFUTED = "REFUTED"
    VACUOUS = "VACUOUS"
    UNKNOWN = "UNKNOWN"

    @property
    def sentence(self) -> str:
        return _SENTENCES[self]

    @property
    def holds(self) -> bool:
        """True for the two verdicts that rest on a kernel-checked certificate."""
        return self in (Verdict.PROVED, Verdict.PROVED_MODULO)


_SENTENCES = {
    Verdict.PROVED: "The kernel checked an exact certificate; nothing else is assumed.",
    Verdict.PROVED_MODULO: "The kernel checked an exact certificate; beside it stand the named facts, "
    "each proved in Coq or assumed.",
    Verdict.TESTED: "No certificate; the statement survived the stated number of tests, which proves nothing.",
    Verdict.REFUTED: "An exact counterexample was evaluated in rational arithmetic.",
    Verdict.VACUOUS: "The kernel checked that no object satisfies the assumptions; the claim says nothing.",
    Verdict.UNKNOWN: "Neither a certificate nor a counterexample was found within the limits.",
}
