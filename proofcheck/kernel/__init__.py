"""The trusted kernel: the only code whose correctness a PROVED or REFUTED verdict rests on.

Text in, exception or nothing out. Standard library only; no search, no rounding, no configuration, no global state.
Each rule is stated as mathematics in README.md in this folder.
"""

from .claim import Claim, describe, read_claim
from .model import check_model
from .proof import check
from .syntax import KernelError

__all__ = ["Claim", "KernelError", "check", "check_model", "describe", "read_claim"]
