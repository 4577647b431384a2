"""The trusted kernel: the only code whose correctness a PROVED verdict rests on.

Text in, exception or nothing out. Standard library only; no search, no rounding, no configuration, no global state.
Each rule is stated as mathematics in README.md in this folder. Counterexamples are evaluated in `proofcheck.witness`.
"""

from .claim import Claim, read_claim
from .proof import check
from .syntax import KernelError

__all__ = ["Claim", "KernelError", "check", "read_claim"]
