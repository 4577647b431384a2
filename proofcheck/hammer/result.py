"""What a campaign reports: per family and in all, how much was tried, how near the bound it came, what was decided."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SHARP = 0.9995  # half of 0.1 %: a constant that is off by 0.1 % in either direction is noticed


@dataclass(frozen=True)
class FamilyReport:
    """What one family did: `worst` is its largest ratio net of roundoff, `decision` the exact look at that case.

    histogram: its ratios in equal parts of [0, 1]; chunk: the number of the chunk that the worst case was met in;
    case: the worst case itself, numbers as floats, every field with a batch of one.
    """

    name: str
    measures: int
    checks: int
    worst: float
    decision: str
    histogram: tuple[int, ...] = ()
    chunk: int = 0
    case: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Every field but the case, which can be long: `CampaignResult.rows` has it."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__ if name != "case"}


@dataclass(frozen=True)
class CampaignResult:
    """One campaign. `decision` is "holds" (nothing was refuted), "REFUTED" or "unknown" with `reason`.

    checks: inequalities evaluated in floats; exact_checks: cases decided exactly.
    worst: largest ratio of sampled cases; adversarial: of climbed ones, None if the kind is not climbed.
    counterexample: the shrunk violation as JSON-able data, exact rationals as text.
    histogram: sampled ratios in equal parts of [0, 1]; the adversary's climbs are not in it.
    """

    lemma: str
    kind: str
    callable: str
    bound: str
    sharp: bool
    measures: int
    checks: int
    exact_checks: int
    families: tuple[FamilyReport, ...]
    skipped: Mapping[str, str]
    worst: float
    adversarial: float | None
    decision: str
    reason: str
    counterexample: Mapping[str, Any] | None
    seconds: float
    seed: int
    device: str
    dtype: str
    command: str
    histogram: tuple[int, ...] = ()

    @property
    def best(self) -> float:
        """The largest ratio that anything reached."""
        return max(self.worst, self.adversarial if self.adversarial is not None else 0.0)

    @property
    def reached(self) -> bool:
        """A sharp bound must be approached to within 0.05 % in float64; the others ask nothing.

        In lower precision the roundoff that is taken off the ratio says more than the distance to the bound.
        """
        return not self.sharp or self.dtype != "float64" or self.best >= SHARP

    @property
    def resolution(self) -> float:
        """1/best - 1: the best case refutes a bound weakened by a relative amount just above this."""
        return max(0.0, 1 / self.best - 1) if self.best > 0 else math.inf

    @property
    def passed(self) -> bool:
        """Nothing refuted, nothing undecided, and a sharp bound was approached."""
        return self.decision == "holds" and self.reached

    def as_json(self) -> dict[str, Any]:
        """Every field plus best, resolution, reached and passed; infinite ratios as text, as JSON has no infinity."""
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["families"] = [family.as_json() for family in self.families]
        data["skipped"] = dict(self.skipped)
        data |= {name: getattr(self, name) for name in ("best", "resolution", "reached", "passed")}
        return {k: _plain(v) for k, v in data.items()}

    def rows(self) -> Iterator[dict[str, Any]]:
        """The campaign as records: one of all families together ("family": null), then one for each with its case.

        A later campaign's records can be appended to an earlier one's: each says what it belongs to.
        """
        shared = ("lemma", "kind", "callable", "bound", "seed", "device", "dtype")
        whole = self.as_json()
        of = {name: whole.pop(name) for name in shared}
        del whole["families"]
        yield {**of, "family": None, **whole}
        for family in self.families:
            data = family.as_json()
            yield {**of, "family": data.pop("name"), **data, "case": _finite(family.case)}


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(entry) for name, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else _plain(value)
