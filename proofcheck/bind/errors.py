"""What a torch graph can hold that has no formula here."""

from __future__ import annotations

from proofcheck.errors import ArgumentError, ProofcheckError


class UnsupportedOp(ProofcheckError, NotImplementedError):
    """An operation without a symbolic meaning; the message names the op, its node and the line of code."""


class TooLarge(ArgumentError):
    """The exact computation outgrew its stated limit; smaller sizes are needed."""


class Undefined(ProofcheckError):
    """An expression has no real value at a point: a denominator 0, a root of a negative number."""
