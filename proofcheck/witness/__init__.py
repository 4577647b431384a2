"""Exact evaluation of models: what REFUTED and "not vacuous" rest on, besides the kernel's reading of a claim.

Kept out of `proofcheck.kernel` so that what PROVED rests on stays small. Same rules: standard library only, text in,
exception or nothing out.
"""

from .evaluate import check_model

__all__ = ["check_model"]
