"""What does a Lipschitz estimator return: the norm, a lower bound, an upper bound, or something else?

    report = classify(my_estimator)          # my_estimator(f, X) -> float, meant to be |J|_2 of f at X, flattened
    assert_estimator(my_estimator, claims="upper")

The estimator is run on maps whose constant is known exactly (`known_maps`). The verdict quantifies over them:
norm if every ratio estimate/constant is 1 up to `accuracy`, lower bound if none is above, upper bound if none is
below, something else otherwise. It is evidence, not proof: a wrong estimator may pass, a refused one is wrong.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.testing.known_maps import KnownMap, known_maps

Estimator = Callable[[Callable[[Tensor], Tensor], Tensor], Any]
Verdict = Literal["norm", "lower bound", "upper bound", "something else"]
ACCURACY = 1e-6  # relative; what it means to return "the norm"
_ENTAILS: dict[str, tuple[Verdict, ...]] = {
    "norm": ("norm",),
    "lower": ("norm", "lower bound"),
    "upper": ("norm", "upper bound"),
}
_STRAIGHT = 0.05  # a law of growth is named if the fitted line misses every point by less, in natural logarithms


@dataclass(frozen=True)
class Observation:
    """One call: `value` is NaN where the estimator failed, with `failure` saying how."""

    map: KnownMap
    value: float
    failure: str = ""

    @property
    def ratio(self) -> float:
        """value / constant; at the zero map 1 for a value of 0, inf or -inf for another."""
        if self.map.constant > 0:
            return self.value / self.map.constant
        return 1.0 if self.value == 0 else math.copysign(math.inf, self.value) if self.value == self.value else math.nan


@dataclass(frozen=True)
class Report:
    """The verdict with its evidence: every observation, and the laws by which wrong ones grow with n."""

    verdict: Verdict
    observations: tuple[Observation, ...]
    laws: tuple[str, ...]
    accuracy: float

    def supports(self, claim: str) -> bool:
        """Whether the verdict entails the claim "norm", "lower" or "upper"."""
        return self.verdict in _ENTAILS[claim]

    @property
    def below(self) -> tuple[Observation, ...]:
        return tuple(o for o in self.observations if o.ratio < 1 - self.accuracy)

    @property
    def above(self) -> tuple[Observation, ...]:
        return tuple(o for o in self.observations if o.ratio > 1 + self.accuracy)

    @property
    def failed(self) -> tuple[Observation, ...]:
        """Calls that raised or returned NaN: nothing can be compared with them."""
        return tuple(o for o in self.observations if math.isnan(o.ratio))

    def __str__(self) -> str:
        lines = [f"The estimator returns: {self.verdict}."]
        for what, found in (("below", self.below), ("above", self.above), ("not a number", self.failed)):
            if found:
                worst = {o.map.name: o for o in sorted(found, key=_distance)}
                maps = {o.map.name for o in self.observations}
                lines.append(f"  {what} on {len(worst)} of {len(maps)} maps, for example")
                lines += [f"    {_line(o)}" for o in list(worst.values())[:-4:-1]]
        return "\n".join([*lines, *(f"  {law}" for law in self.laws)])


def classify(
    estimator: Estimator,
    *,
    accuracy: float = ACCURACY,
    repeats: int = 2,
    seed: int = 0,
    maps: Sequence[KnownMap] | None = None,
) -> Report:
    """Run the estimator on all known maps and say what it returns.

    Args:
        estimator: (f, X) -> a number; f maps float64 tensors (n, d) to (n', d'), X is (n, d). It may use randomness.
        accuracy: relative; ratios within 1 +- accuracy count as equal, and 0 counts as the norm of the zero map.
        repeats: calls per map; each counts.   seed: of torch's global generator, restored afterwards.
        maps: None for `known_maps()`; `known_attention()` for a bound that reads f.A, f.V, f.mask, f.beta.

    Raises:
        ArgumentError: accuracy is not in (0, 0.1) or repeats < 1.
    """
    if not 0 < accuracy < 0.1:
        raise ArgumentError(f"classify: accuracy must be in (0, 0.1), got {accuracy}. Beyond, everything is the norm.")
    if repeats < 1:
        raise ArgumentError(f"classify: repeats must be >= 1, got {repeats}. Ask for one at least.")
    maps = known_maps() if maps is None else maps
    if not maps:
        raise ArgumentError("classify: required at least one map, got maps=(). On none of them everything is the norm.")
    # a warning inside the estimator (torch's own transforms give some) is not what is on trial
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(action="ignore"):
        torch.manual_seed(seed)
        found = tuple(_observe(estimator, known, accuracy) for known in maps for _ in range(repeats))
    report = Report("something else", found, (), accuracy)
    verdict: Verdict = "something else"
    if not report.failed:
        table: dict[tuple[bool, bool], Verdict] = {
            (False, False): "norm",
            (True, False): "lower bound",
            (False, True): "upper bound",
        }
        verdict = table.get((bool(report.below), bool(report.above)), verdict)
    return Report(verdict, found, tuple(_laws(found, accuracy)), accuracy)


def assert_estimator(
    estimator: Estimator,
    claims: Literal["norm", "lower", "upper"],
    *,
    accuracy: float = ACCURACY,
    maps: Sequence[KnownMap] | None = None,
) -> Report:
    """The estimator returns what it claims to; the norm is both a lower and an upper bound.

    Raises:
        AssertionError: it does not; the message is the report.
        ArgumentError: an unknown claim.
    """
    if claims not in _ENTAILS:
        raise ArgumentError(f"assert_estimator: claims must be norm, lower or upper, got {claims!r}.")
    report = classify(estimator, accuracy=accuracy, maps=maps)
    if not report.supports(claims):
        what = {"norm": "the norm", "lower": "a lower bound", "upper": "an upper bound"}[claims]
        raise AssertionError(f"Claimed: {what}. {report}")
    return report


def _observe(estimator: Estimator, known: KnownMap, accuracy: float) -> Observation:
    try:
        value = float(estimator(known.f, known.X.clone()))
    except Exception as error:
        return Observation(known, math.nan, f"{type(error).__name__}: {error}".splitlines()[0][:120])
    if known.constant == 0 and abs(value) <= accuracy:
        value = 0.0
    return Observation(known, value)


def _laws(found: tuple[Observation, ...], accuracy: float) -> list[str]:
    """For each family in n that comes out wrong: the power of n that the estimate grows like, if it is one."""
    said = []
    for law in dict.fromkeys(o.map.law for o in found if o.map.law):
        points = [(math.log(o.map.n), math.log(o.value)) for o in found if o.map.law == law and o.value > 0]
        members = [o for o in found if o.map.law == law]
        if len(points) < len(members) or all(abs(o.ratio - 1) <= accuracy for o in members):
            continue
        middle = [sum(c) / len(points) for c in zip(*points, strict=True)]
        spread = sum((x - middle[0]) ** 2 for x, _ in points)
        slope = sum((x - middle[0]) * (y - middle[1]) for x, y in points) / spread
        misses = max(abs(y - middle[1] - slope * (x - middle[0])) for x, y in points)
        if misses < _STRAIGHT and abs(slope) > _STRAIGHT:
            values = ", ".join(f"{o.value:.4g}" for o in dict((o.map.n, o) for o in members).values())
            sizes = ", ".join(str(n) for n in dict.fromkeys(o.map.n for o in members))
            said.append(
                f"grows like n^({_simple(slope)}) on a {law} map, whose constant {members[0].map.constant:.4g} "
                f"does not depend on n: {values} at n = {sizes}"
            )
    return said


def _simple(slope: float) -> str:
    """The nearest fraction with a small denominator if it is as near as a fit can tell, else two decimals."""
    near = Fraction(slope).limit_denominator(4)
    return str(near) if abs(float(near) - slope) < _STRAIGHT else f"{slope:.2f}"


def _distance(o: Observation) -> float:
    return 0.0 if math.isnan(o.ratio) else abs(math.log(o.ratio)) if o.ratio > 0 else math.inf


def _line(o: Observation) -> str:
    got = o.failure or f"{o.value:.10g}, ratio {o.ratio:.8g}"
    return f"{o.map.name}: constant {o.map.constant:.10g}, got {got}"
