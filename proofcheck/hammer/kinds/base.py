"""What every kind of statement provides: cases, a ratio, and exact decisions.

A case is a dictionary of tensors with a leading batch axis; the fields in `paired` have a pair axis after it.
A sample is one case (one measure, one pair) as nested lists of exact rationals; `axes` names the axes of each
field, which is all that shrinking needs to know in order to drop an atom or a coordinate.

`ratio` is measured / bound, net of roundoff: the numerator less and the denominator more than their derived
float errors. So it exceeds 1 only where floats, to first order, cannot explain it; every such case is decided
exactly. `raw_ratio` is the plain, differentiable quotient that the adversary climbs.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, code_deviation
from proofcheck.hammer.exact import Number
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Trial


class Compared(NamedTuple):
    """A value of the torch code beside its formula: |got - formula()|_2 <= allowed, to first order in roundoff.

    `size` bounds |formula()|_2; where the first order is no bound, the distance of two such values still is.
    """

    name: str
    got: Tensor
    formula: Callable[[], list[Number]]
    allowed: float
    size: float
    where: Mapping[str, str]


class Kind(abc.ABC):
    """A generic statement, bound to one trial."""

    name: ClassVar[str]
    paired: ClassVar[frozenset[str]] = frozenset()
    climbable: ClassVar[bool] = True
    nonnegative: ClassVar[frozenset[str]] = frozenset({"weights", "other_weights", "step"})

    def __init__(self, trial: Trial) -> None:
        self.trial = trial

    @property
    @abc.abstractmethod
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        """Field -> names of its axes in a sample; "atom", "other", "unit", "d", "layer", or () for a scalar."""

    @abc.abstractmethod
    def draw(self, config: Configuration, generator: Source) -> Case: ...

    @abc.abstractmethod
    def seeds(self, config: Configuration) -> list[Case]:
        """The known extremal cases, each with batch 1."""

    @abc.abstractmethod
    def raw_ratio(self, case: Case) -> Tensor:
        """Measured quantity / bound as floats have it, differentiable: (batch, pairs)."""

    @abc.abstractmethod
    def ratio(self, case: Case) -> Tensor:
        """Measured quantity / bound net of roundoff: (batch, pairs); above 1 means a suspected violation."""

    @abc.abstractmethod
    def decide(self, sample: Sample) -> Decision:
        """Does the statement hold for the formula, at this exact sample?"""

    def compared(self, case: Case, wide: Case) -> Sequence[Compared]:
        """What the callable returns on a case (batch 1, one pair), beside the formula; none by default.

        `allowed` and `size` are evaluated at `wide`, the same numbers in a dtype that may be wider than the case's.
        """
        del case, wide
        return ()

    def check_code(self, case: Case) -> Decision:
        """Does the callable agree with the formula on this case (batch 1, one pair) within its roundoff?"""
        decision = unknown("the code is compared with nothing")
        for look in self.compared(case, case):
            decision = code_deviation(look.name, look.got, look.formula, look.allowed, look.where)
            if decision.status is not Status.HOLDS:
                return decision
        return decision

    def parameters(self, case: Case) -> dict[str, Tensor]:
        """What the adversary may move: leaf values for `build`."""
        return dict(case)

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        """The case of parameters, differentiable and valid whatever their values."""
        return dict(parameters)

    def sharpen(self, case: Case) -> Case:
        """Move pairs to where the Jacobian is worst; by default nothing."""
        return case

    def checks(self, case: Case) -> int:
        """How many inequalities one evaluation of this case checks."""
        pairs = [case[name].shape[1] for name in self.paired if name in case]
        return next(iter(case.values())).shape[0] * (pairs[0] if pairs else 1)

    def pick(self, case: Case, i: int, j: int = 0) -> Case:
        """Measure i and pair j as a case of its own."""
        rows = {name: value[i : i + 1] for name, value in case.items()}
        return {name: value[:, j : j + 1] if name in self.paired else value for name, value in rows.items()}

    def sample(self, case: Case) -> Sample:
        """The exact sample of a case with batch 1 and one pair; weights are normalised exactly."""
        entries = {k: exact.nested(v[0, 0] if k in self.paired else v[0]) for k, v in case.items()}
        return self.normalised(entries)

    def normalised(self, sample: Sample) -> Sample:
        """Weights that sum to exactly 1; atoms of weight 0 are left out."""
        result = dict(sample)
        for weights, axis in (("weights", "atom"), ("other_weights", "other")):
            if weights in result:
                keep = [i for i, w in enumerate(result[weights]) if w > 0]
                for name, axes in self.axes.items():
                    if axes and axes[0] == axis:
                        result[name] = [result[name][i] for i in keep]
                total = sum(result[weights])
                result[weights] = [w / total for w in result[weights]]
        return result

    def case(self, sample: Sample, like: Case) -> Case:
        """The nearest float case of a sample, in the dtype and on the device of `like`."""
        result: Case = {}
        for name, value in sample.items():
            t = exact.to_tensor(value, like[name])
            result[name] = t[None, None] if name in self.paired else t[None]
        return result

    def worst(self, case: Case, ratio: Tensor, most: int) -> list[tuple[int, int]]:
        """The (measure, pair) indices of the largest ratios, worst first; NaN does not count."""
        flat = torch.nan_to_num(ratio.detach(), nan=-1.0).flatten()
        top = torch.topk(flat, min(most, flat.numel())).indices.tolist()
        return [divmod(k, ratio.shape[1]) for k in top]


def holds(detail: str) -> Decision:
    return Decision(Status.HOLDS, detail)


def unknown(detail: str) -> Decision:
    return Decision(Status.UNKNOWN, detail)


def net_ratio(value: Tensor, value_error: Tensor, bound: Tensor, bound_error: Tensor) -> Tensor:
    """(value - error)+ / (bound + error), 0 where both vanish: the quotient net of roundoff."""
    top = (value - value_error).clamp_min(0)
    bottom = bound + bound_error
    return torch.where(top == 0, torch.zeros_like(top), top / bottom)


def option(trial: Trial, name: str, default: Any) -> Any:
    return trial.prop.options.get(name, default)
