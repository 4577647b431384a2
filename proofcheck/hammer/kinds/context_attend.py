"""|Att(mu, x) - Att(nu, x)| <= C W_p(mu, nu) and |Att(mu, x) - Att(mu, y)| <= C |x - y|, Att(mu, x) = V E_x[y].

    context_attend   options: distance "w1", "w2", "w4" or "winf"; contexts come as couplings (see `attend`)
    query_attend     one measure, two queries

A bound of the first kind is attained by translations, whatever it says beyond |V| W_p. So its ratio is taken beyond
that part, as in `context_attention`: (change - b)/(C d - b) with b = |V| d, above 1 exactly where the bound fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.hammer import attend, exact, extremal_attend
from proofcheck.hammer.attend import length
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.couplings import moved_points, refuted
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.extremal_contexts import SHORT
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.base import Compared, Kind, holds, net_ratio, option
from proofcheck.hammer.kinds.context_attention import LIGHTEST, _all_along, _beyond
from proofcheck.hammer.layers import Attention, Case, Sample, query_pairs
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial


class _Attend(Kind):
    """What both statements share: the quantities, the code at a query, the exact bound."""

    p: int | None = None

    def _found(self, case: Case, *more: str) -> dict[str, Measured]:
        """Quantities as (batch, pairs)."""
        shape = case["x"].shape[:2]
        found = {q: attend.quantity(q, case, self.p) for q in {*self.trial.prop.quantities.values(), *more}}

        def wide(t: Tensor) -> Tensor:
            return (t if t.ndim == 2 else t.unsqueeze(-1)).expand(shape)

        return {name: Measured(wide(q.value), wide(q.error)) for name, q in found.items()}

    def _constant(self, sample: Sample) -> Number:
        names = self.trial.prop.quantities.values()
        return self.trial.exact_value({q: attend.exact_quantity(q, sample, self.p) for q in names})

    def _value(self, case: Case, wide: Case, field: str, places: str = "points") -> Compared:
        sample = self.sample(case)
        at, there = ({**c, "points": c[places]} for c in (case, wide))
        return Compared(
            self.trial.name,
            attend.call(self.trial.function, at, at[field]),
            lambda: attend.attended(sample, sample[field], places),
            float(attend.error(there, there[field]).max()),
            attend.longest_value(there),
            {"at": places},
        )


class ContextAttend(_Attend):
    """Quantities: value_norm |V|, operator_norm |A|, diameter and radius of both supports (the radius with the query),
    query_image_norm |A x|, exponent p."""

    name = "context_attend"
    paired: ClassVar[frozenset[str]] = frozenset({"x"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.p = attend.exponent(trial.lemma, option(trial, "distance", "w1"))

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {**attend.AXES, "other": ("atom", "d"), "x": ("d",)}

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = attend.draw(config, generator)
        case = {**case, **moved_points(config, generator, case["points"], case["weights"])}
        x, _ = query_pairs(Attention(), {**case, "A": case["A"].mT}, config, generator)
        # every other query as long as the longest atom: bounds on a ball compare the two
        size = case["points"].norm(dim=-1).amax(-1).view(-1, 1, 1)
        x[:, ::2] = (x / x.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny) * size)[:, ::2]
        return extremal_attend.placed({**case, "x": x}, self.p, config, generator)

    def seeds(self, config: Configuration) -> list[Case]:
        return extremal_attend.seed(self.p, config)

    def parameters(self, case: Case) -> dict[str, Tensor]:
        gap = case["other"] - case["points"]
        return {
            "middle": (case["points"] + case["other"]) / 2,
            "along": gap / gap.norm(dim=-1).amax(-1).clamp_min(torch.finfo(gap.dtype).tiny).view(-1, 1, 1),
            "logits": case["weights"].log(),
            **{name: case[name] for name in ("A", "V", "x")},
        }

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        """Pairs a short way apart: every one by the same length for W_infinity, the longest one by it else."""
        middle, along = parameters["middle"], parameters["along"]
        long = length(along)
        long = long.unsqueeze(-1) if self.p is None else long.amax(-1).view(-1, 1, 1)
        half = along / long.clamp_min(torch.finfo(long.dtype).tiny) * short({**parameters, "points": middle}) / 2
        weights = torch.softmax(parameters["logits"], -1).clamp_min(LIGHTEST)
        kept = {name: parameters[name] for name in ("A", "V", "x")}
        weights = weights / weights.sum(-1, keepdim=True)
        return {"points": middle - half, "other": middle + half, "weights": weights, **kept}

    def sharpen(self, case: Case) -> Case:
        """The first query of each measure with the short displacement that moves its mean most.

        To first order atom k moves E_x[y] by p_k M_k dy_k, M_k = V (I + (y_k - E_x)(A x)^T): for finite p one atom
        goes along the top right singular vector of its M_k; for W_infinity all go along M_k^T h, h iterated.
        """
        case = {k: v.detach() for k, v in case.items()}
        x, points, weights = case["x"][:, :1], case["points"], case["weights"]
        t = attend.theta(case, x)
        p = torch.softmax(weights.log() + (t @ points.mT).squeeze(1), -1)
        centred = points - p.unsqueeze(1) @ points
        eye = torch.eye(points.shape[-1], dtype=points.dtype, device=points.device)
        M = torch.nan_to_num(case["V"].unsqueeze(1) @ (eye + centred.unsqueeze(-1) * t.unsqueeze(-2)))
        if self.p is None:
            along = _all_along(M, p)
        else:
            _, size, right = torch.linalg.svd(M)
            gain = torch.where(p >= LIGHTEST, size[..., 0] * p / weights ** (1 / self.p), -1 / p)
            best = torch.nn.functional.one_hot(gain.argmax(-1), p.shape[-1]).to(p.dtype)
            along = best.unsqueeze(-1) * right[..., 0, :]
        half = short({**case, "x": x}) / 2 * along
        return {**case, "x": x, "points": points - half, "other": points + half}

    def _change(self, case: Case) -> Tensor:
        at_mu, at_nu = (attend.call(self.trial.function, c, case["x"]) for c in (case, _moved(case)))
        return length(at_mu - at_nu)

    def raw_ratio(self, case: Case) -> Tensor:
        found = self._found(case, "value_norm")
        distance = attend.cost(case, self.p).value.unsqueeze(-1)
        return _beyond(self._change(case), found["value_norm"].value * distance, self.trial.centre(found) * distance)

    def ratio(self, case: Case) -> Tensor:
        change, found, cost = self._change(case), self._found(case, "value_norm"), attend.cost(case, self.p)
        u = unit_roundoff(change)
        error = attend.error(case, case["x"]) + attend.error(_moved(case), case["x"])
        error = error + (change.shape[-1] + 4) * u * change
        most = (cost.value + cost.error).unsqueeze(-1) * (1 + 4 * u)
        constant, norm = self.trial.value(found), found["value_norm"]
        slack = torch.nan_to_num(constant.error, nan=torch.inf)  # inf - inf: an exponential overflowed
        bound, base = (constant.value + slack) * most, (norm.value + norm.error) * most
        result = _beyond((change - error).clamp_min(0), base, bound).clamp_min(0)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def decide(self, sample: Sample) -> Decision:
        def change() -> Number:
            return _exact_length(attend.context_change(sample, sample["x"]))

        def reach() -> Number:
            return attend.exact_cost(sample, self.p)

        try:
            return decide_gap(
                lambda: self._constant(sample) * reach() - change(),
                lambda: self._constant(sample) * reach() + 1,
                lambda _: refuted("Att", change(), self._constant(sample), reach()),
            )
        except exact.NoCondition:
            return holds("the bound is no condition here")

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        return [self._value(case, wide, "x"), self._value(case, wide, "x", "other")]


class QueryAttend(_Attend):
    """|Att(mu, x) - Att(mu, y)| <= C |x - y|; quantities as above (the radius with both queries), no exponent."""

    name = "query_attend"
    paired: ClassVar[frozenset[str]] = frozenset({"x", "y"})

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {**attend.AXES, "x": ("d",), "y": ("d",)}

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = attend.draw(config, generator)
        x, y = query_pairs(Attention(), {**case, "A": case["A"].mT}, config, generator)
        return {**case, "x": x, "y": y}

    def seeds(self, config: Configuration) -> list[Case]:
        if config.n < 2:
            return []
        one = torch.ones(1, dtype=config.dtype, device=config.device)
        eye = torch.eye(config.d, dtype=config.dtype, device=config.device)[None]
        return [extremal_attend.balanced(config.n, eye, eye, one, one)]

    def parameters(self, case: Case) -> dict[str, Tensor]:
        half = (case["x"] - case["y"]) / 2
        along = half / half.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(half.dtype).tiny)
        kept = {name: case[name] for name in ("points", "A", "V")}
        return {"centre": (case["x"] + case["y"]) / 2, "along": along, "logits": case["weights"].log(), **kept}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        points, A, centre, along = (parameters[k] for k in ("points", "A", "centre", "along"))
        tiny = torch.finfo(centre.dtype).tiny
        reach = (points.detach().norm(dim=-1).amax(-1) * A.detach().flatten(-2).norm(dim=-1)).clamp_min(1e-100)
        half = 2.0**-7 / reach.view(-1, 1, 1) * along / along.norm(dim=-1, keepdim=True).clamp_min(tiny)
        kept = {"points": points, "A": A, "V": parameters["V"], "weights": torch.softmax(parameters["logits"], -1)}
        return {**kept, "x": centre + half, "y": centre - half}

    def raw_ratio(self, case: Case) -> Tensor:
        bound = self.trial.centre(self._found(case)) * length(case["x"] - case["y"])
        change = self._change(case)
        return torch.where(bound > 0, change / torch.where(bound > 0, bound, torch.ones_like(bound)), 0 * change)

    def _change(self, case: Case) -> Tensor:
        at_x, at_y = (attend.call(self.trial.function, case, case[name]) for name in ("x", "y"))
        return length(at_x - at_y)

    def ratio(self, case: Case) -> Tensor:
        change, constant = self._change(case), self.trial.value(self._found(case))
        d, u = change.shape[-1], unit_roundoff(change)
        error = attend.error(case, case["x"]) + attend.error(case, case["y"]) + (d + 4) * u * change
        gap = length(case["x"] - case["y"])
        slack = constant.error * gap + (d + 6) * u * constant.value * gap
        result = net_ratio(change, error, constant.value * gap, slack)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def decide(self, sample: Sample) -> Decision:
        x, y = sample["x"], sample["y"]

        def change() -> Number:
            return _exact_length(attend.query_change(sample, x, y))

        def reach() -> Number:
            return exact.sqrt(exact.norm2(exact.minus(x, y)))

        def refute(_: Number) -> Decision:
            got, constant = change() / reach(), self._constant(sample)
            between = exact.simplest_between(exact.upper(constant), exact.lower(got))
            return Decision(
                Status.REFUTED,
                f"|Att(mu,x) - Att(mu,y)| is {exact.to_float(got):.9g} |x - y|, the bound says "
                f"{exact.to_float(constant):.9g}",
                "statement",
                {"quotient": f"{exact.to_float(got):.17g}", "between": str(between)},
            )

        return decide_gap(lambda: self._constant(sample) * reach() - change(), lambda: reach() + 1, refute)

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        return [self._value(case, wide, "x"), self._value(case, wide, "y")]


def _moved(case: Case) -> Case:
    return {**case, "points": case["other"]}


def short(case: Mapping[str, Tensor]) -> Tensor:
    """A length, (batch, 1, 1), over which no score changes much and no diameter either."""
    points, x, A = (case[name].detach() for name in ("points", "x", "A"))
    scale = 1 / (1 / points.norm(dim=-1).amax(-1).clamp_min(1e-100) + (x @ A.mT).norm(dim=-1).amax(-1))
    return (SHORT * scale).view(-1, 1, 1)


def _exact_length(v: Vector) -> Number:
    return fmpq(0) if all(isinstance(c, fmpq) and c == 0 for c in v) else exact.sqrt(exact.norm2(v))
