"""How small a mistake in a sharp constant the hammer still catches.

A step bound is over-claimed by the factor 1 + 2^-k, a Lipschitz constant or radius under-claimed by 1 - 2^-k; the
largest k at which a short campaign still finds an exactly confirmed violation is found by bisection. The goal is
2^-k <= 0.1 %, that is k >= 10.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import sympy as sp

from proofcheck.audit.result import PartFailed, PartSkipped
from proofcheck.errors import ArgumentError
from proofcheck.hammer import campaign
from proofcheck.hammer.trial import Trial, trial

GOAL = 10
FINEST = 20
STEP_KINDS = frozenset({"nonexpansive_query"})  # there a larger bound says more


@dataclass(frozen=True)
class Resolution:
    """exponent: the largest k caught, FINEST if all were, 0 if none was; detail: the exact violation at that k."""

    lemma: str
    bound: str
    over_claimed: bool
    exponent: int
    detail: str
    campaigns: int
    seconds: float

    @property
    def weakening(self) -> float:
        """The smallest relative change of the constant that is caught; inf if none was."""
        return 2.0**-self.exponent if self.exponent else float("inf")

    @property
    def reached(self) -> bool:
        return self.exponent >= GOAL


def changed(on_trial: Trial, k: int) -> Trial:
    """The trial with its bound made to say more by the relative amount 2^-k.

    Raises:
        ArgumentError: the trial has no bound.
    """
    if on_trial.bound is None:
        raise ArgumentError(f"resolution: a property with a bound required, got {on_trial.lemma} with bound=None.")
    small = sp.Rational(1, 2**k)
    factor = 1 + small if on_trial.prop.kind in STEP_KINDS else 1 - small
    return on_trial.with_bound(on_trial.bound * factor)


def measure_resolution(lemma: Any, *, measures: int = 512, seed: int = 0, finest: int = FINEST) -> Resolution | None:
    """The resolution of a lemma's sharp bound by bisection over k; None where no sharp bound is on trial.

    Raises:
        ArgumentError: the property of the lemma names what does not exist.
    """
    on_trial = lemma if isinstance(lemma, Trial) else trial(lemma)
    if on_trial is None or on_trial.bound is None or not on_trial.prop.sharp:
        return None
    start = perf_counter()
    tried: dict[int, str] = {}

    def caught(k: int) -> bool:
        result = campaign(changed(on_trial, k), measures=measures, seed=seed, adversary=False, workers=1)
        if result.decision == "REFUTED" and result.counterexample is not None:
            tried[k] = str(result.counterexample["detail"])
        else:
            tried.setdefault(k, "")
        return bool(tried[k])

    low, high = 0, finest + 1  # caught at low, not caught at high
    while high - low > 1:
        middle = GOAL if (low, high) == (0, finest + 1) else (low + high) // 2
        low, high = (middle, high) if caught(middle) else (low, middle)
    return Resolution(
        lemma=on_trial.lemma,
        bound=str(on_trial.bound),
        over_claimed=on_trial.prop.kind in STEP_KINDS,
        exponent=low,
        detail=tried.get(low, ""),
        campaigns=len(tried),
        seconds=perf_counter() - start,
    )


def check_resolution(lemma: Any) -> Mapping[str, Any]:
    """The part of a check: a sharp bound that is wrong by 0.1 % must be caught.

    Raises:
        PartSkipped: no sharp bound is on trial.
        PartFailed: only a larger mistake is caught.
    """
    found = measure_resolution(lemma)
    if found is None:
        raise PartSkipped("no sharp bound is hammered")
    figures = {
        "exponent": found.exponent,
        "weakening": found.weakening if found.exponent else "none caught",
        "finest": FINEST,
        "campaigns": found.campaigns,
        "violation": found.detail,
    }
    if not found.reached:
        what = f"2^-{found.exponent}" if found.exponent else "no mistake at all"
        raise PartFailed(f"the hammer catches {what} in {found.bound}, 2^-{GOAL} is the goal.", figures)
    return figures
