"""The verdict on one step, in rationals: admissible, not admissible, or undecided.

A step is compared with K / s^2, where s^2 lies between two rationals: lower <= s^2 <= upper. It is admissible if
step <= K / upper, not admissible if step > K / lower, and undecided between. K and the shape of the bound come from
the lemma: 2/||W||^2 (LT-01), 8/D^2 (LT-05), 2/beta (LT-04). At s = 0 the bound is no condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from torch_impl.bounds import admissible_step

ADMISSIBLE = "admissible"
NOT_ADMISSIBLE = "not admissible"
UNDECIDED = "undecided"


@dataclass(frozen=True)
class Verdict:
    """safe: the largest step that is certified; limit: every step above it breaks the bound; None: no condition."""

    word: str
    safe: Fraction | None
    limit: Fraction | None
    excess: Fraction | None  # step / limit - 1 where not admissible: a lower bound of the true relative excess


def largest_step(lemma: str, square: Fraction) -> Fraction | None:
    """The lemma's largest step where the square of its size is `square`; None for no condition."""
    key, symbol, power = {
        "mlp_step": ("tau_max", "w", 2),
        "attention_step": ("eta_max", "beta", 1),
        "attention_step_sharp": ("eta_max", "D", 2),
    }[lemma]
    return admissible_step(lemma, key, symbol, square, power=power)


def decide(lemma: str, step: float, lower: Fraction, upper: Fraction) -> Verdict:
    """The verdict for `step` where the square of the size lies in [lower, upper]."""
    safe, limit = largest_step(lemma, upper), largest_step(lemma, lower)
    exact = Fraction(step)
    if safe is None or 0 <= exact <= safe:
        return Verdict(ADMISSIBLE, safe, limit, None)
    if exact < 0:
        return Verdict(NOT_ADMISSIBLE, safe, limit, None)
    if limit is not None and exact > limit:
        return Verdict(NOT_ADMISSIBLE, safe, limit, exact / limit - 1)
    return Verdict(UNDECIDED, safe, limit, None)
