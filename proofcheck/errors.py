"""Errors a caller can meet. `KernelError` lives in `proofcheck.kernel`, which imports nothing from here."""


class ProofcheckError(Exception):
    """Base of every error that proofcheck raises on purpose, `KernelError` excepted."""


class ArgumentError(ProofcheckError, ValueError):
    """An argument is not what was required; the message says what was given and what to do."""


class InternalError(ProofcheckError, RuntimeError):
    """proofcheck contradicts itself: a bug of ours, please report it with the message."""
