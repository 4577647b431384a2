"""The decision on one suspected violation: holds, rounding only, REFUTED or unknown. No tolerance decides.

Two questions are asked of a case, both on the dyadic rationals that its floats are:
    statement   does the inequality fail for the formula of the lemma? (rationals, else balls of growing precision)
    code        does the torch callable differ from that formula by more than its derived roundoff bound?
The second makes a wrong transpose visible even where it happens to stay within the bound.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from proofcheck.hammer.exact import PRECISIONS, Number, arb, finite, fmpq, precision, sign, upper

if TYPE_CHECKING:
    from proofcheck.hammer.kinds.base import Case, Kind


class Status(enum.Enum):
    """What an exact look at one case says."""

    HOLDS = "holds"
    ROUNDING = "rounding only"
    REFUTED = "REFUTED"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Decision:
    """`level` is "statement" or "code" where something was refuted; `detail` is one sentence for a reader.

    `witness`: further exact numbers of the violation (a step, both sides) as text.
    """

    status: Status
    detail: str
    level: str = ""
    witness: Mapping[str, str] = field(default_factory=dict)

    @property
    def refuted(self) -> bool:
        return self.status is Status.REFUTED


def confirm(kind: Kind, case: Case) -> Decision:
    """Decide one case (batch 1, one pair): the statement first, then the code.

    A float ratio above 1 whose exact value is at most 1 is "rounding only".
    """
    if not all(bool(torch.isfinite(value).all()) for value in case.values()):
        return Decision(Status.UNKNOWN, "the input holds NaN or infinity")
    statement = kind.decide(kind.sample(case))
    if statement.refuted:
        return statement
    code = kind.check_code(case)
    if code.refuted or code.status is Status.UNKNOWN:
        return code
    if statement.status is Status.UNKNOWN:
        return statement
    if bool(torch.isnan(kind.ratio(case)).any()):
        return Decision(Status.UNKNOWN, "the measured ratio is NaN")
    if bool((kind.raw_ratio(case) > 1).any()) or statement.status is Status.ROUNDING:
        return Decision(Status.ROUNDING, statement.detail)
    return statement


def decide_gap(
    gap: Callable[[], Number], size: Callable[[], Number], refutation: Callable[[Number], Decision]
) -> Decision:
    """Decide gap() >= 0 with growing precision; size() is the scale a tiny undecided gap is compared with.

    At exhausted precision a gap enclosed within 2^-256 of size() is an equality as far as anybody can tell, so
    a float excess was rounding; a wider enclosure is unknown.
    """
    value: Number = fmpq(0)
    for bits in PRECISIONS:
        with precision(bits):
            value = gap()
            if not finite(value):
                continue
            decided = sign(value)
            if decided is not None and decided >= 0:
                return Decision(Status.HOLDS, "decided exactly" if isinstance(value, fmpq) else f"at {bits} bits")
            if decided is not None:
                return refutation(value)
    with precision(PRECISIONS[-1]):
        reach = size()
        if finite(value) and finite(reach) and upper(abs(arb(value))) <= upper(arb(reach)) / 2**256:
            return Decision(Status.ROUNDING, "equality up to 2^-256: the excess in floats is rounding")
    return Decision(Status.UNKNOWN, f"undecided at {PRECISIONS[-1]} bits")


def code_deviation(
    name: str, got: Tensor, exact: Callable[[], list[Number]], allowed: float, where: Mapping[str, str]
) -> Decision:
    """REFUTED (code) iff |got - exact|_2 > allowed, the callable's first-order roundoff bound, strictly."""
    from proofcheck.hammer.exact import nested, norm2, rational

    if not bool(torch.isfinite(got).all()):
        return Decision(Status.UNKNOWN, f"{name} returned NaN or infinity on finite input")
    if not allowed < float("inf"):
        return Decision(Status.HOLDS, "no roundoff bound here: the code is not compared")
    value = nested(got.reshape(-1))
    budget = rational(allowed)
    for bits in PRECISIONS:
        with precision(bits):
            reference = exact()
            excess = norm2([a - b for a, b in zip(value, reference, strict=True)]) - budget * budget
            decided = sign(excess) if finite(excess) else None
            if decided is None:
                continue
            if decided <= 0:
                return Decision(Status.HOLDS, "the code agrees with the formula within roundoff")
            shown = ", ".join(_short(v) for v in reference)
            return Decision(
                Status.REFUTED,
                f"{name} returns ({', '.join(_short(v) for v in value)}), the formula gives ({shown}); "
                f"roundoff explains {allowed:.2g}",
                "code",
                dict(where),
            )
    return Decision(Status.UNKNOWN, "the exact value could not be enclosed")


def _short(value: Number) -> str:
    from proofcheck.hammer.exact import to_float

    return f"{to_float(value):.6g}"
