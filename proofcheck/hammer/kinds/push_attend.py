"""W_p(F(mu), F(nu)) <= C W_p(mu, nu) for F(mu) = G(mu, .)_# mu, G attention with a value matrix or its residual layer.

    attend               G(mu, x) = V E_x[y]
    residual_attention   G(mu, x) = x + h V E_x[y]        (the callable's name decides)

Coupling by coupling: the pairs (y_k, z_k) of weight w_k go to (G(mu, y_k), G(nu, z_k)), and the cost of that coupling
of F(mu) and F(nu) is compared with the cost of the given one. This is what the proofs bound, for every coupling, and it
implies the statement; where both couplings are optimal it is the statement. With the residual the ratio is taken
beyond the identity, (pushed - cost)/(C cost - cost): it says something for short steps, too.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from proofcheck.hammer import attend, exact, extremal_attend
from proofcheck.hammer.attend import length, mean_length
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.couplings import moved_points
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat
from proofcheck.hammer.kinds.base import Compared, Kind, option
from proofcheck.hammer.kinds.context_attend import short
from proofcheck.hammer.kinds.context_attention import LIGHTEST, _beyond
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial


class PushAttend(Kind):
    """options: distance, "w1", "w2", "w4" or "winf". Quantities: value_norm, operator_norm, diameter and radius of both
    supports, exponent p, step h."""

    name = "push_attend"

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.p = attend.exponent(trial.lemma, option(trial, "distance", "w2"))
        self.residual = trial.name == "residual_attention"

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {**attend.AXES, "other": ("atom", "d")} | ({"step": ()} if self.residual else {})

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = attend.draw(config, generator)
        case = {**case, **moved_points(config, generator, case["points"], case["weights"]), "x": case["points"][:, :1]}
        case = extremal_attend.placed(case, self.p, config, generator)
        if self.residual:
            case["step"] = 10 ** (2 * flat(config, generator, config.batch) - 1)
        return self._kept(case)

    def seeds(self, config: Configuration) -> list[Case]:
        one = torch.ones(1, dtype=config.dtype, device=config.device)
        return [self._kept({**case, "step": one}) for case in extremal_attend.seed(self.p, config)]

    def _kept(self, case: Case) -> Case:
        return {name: case[name] for name in self.axes}

    def parameters(self, case: Case) -> dict[str, Tensor]:
        gap = case["other"] - case["points"]
        kept = {name: case[name] for name in ("A", "V")} | ({"log_step": case["step"].log()} if self.residual else {})
        tiny = torch.finfo(gap.dtype).tiny
        along = gap / gap.norm(dim=-1).amax(-1).clamp_min(tiny).view(-1, 1, 1)
        return {"middle": (case["points"] + case["other"]) / 2, "along": along, "logits": case["weights"].log(), **kept}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        """Pairs a short way apart, the longest by a fixed length."""
        middle, along = parameters["middle"], parameters["along"]
        longest = length(along).amax(-1).clamp_min(torch.finfo(along.dtype).tiny).view(-1, 1, 1)
        half = along / longest * short({**parameters, "points": middle, "x": middle}) / 2
        weights = torch.softmax(parameters["logits"], -1).clamp_min(LIGHTEST)
        case = {"points": middle - half, "other": middle + half, "A": parameters["A"], "V": parameters["V"]}
        step = {"step": parameters["log_step"].exp()} if self.residual else {}
        return {**case, "weights": weights / weights.sum(-1, keepdim=True), **step}

    def _image(self, case: Case) -> Tensor:
        rest = (case["step"].view(-1, 1, 1),) if self.residual else ()
        return attend.call(self.trial.function, case, case["points"], *rest)

    def _errors(self, case: Case) -> Tensor:
        """Roundoff of the image of each atom, (batch, n)."""
        error = attend.error(case, case["points"])
        if not self.residual:
            return error
        return case["step"].unsqueeze(-1) * error + 4 * unit_roundoff(error) * case["points"].norm(dim=-1)

    def _found(self, case: Case) -> dict[str, Measured]:
        return {q: attend.quantity(q, case, self.p) for q in self.trial.prop.quantities.values()}

    def raw_ratio(self, case: Case) -> Tensor:
        gaps, cost = length(self._image(case) - self._image(_moved(case))), attend.cost(case, self.p).value
        bound = self.trial.centre(self._found(case)) * cost
        return _beyond(mean_length(case["weights"], gaps, self.p), cost * self.residual, bound).unsqueeze(-1)

    def ratio(self, case: Case) -> Tensor:
        image, other, cost = self._image(case), self._image(_moved(case)), attend.cost(case, self.p)
        u, (n, d) = unit_roundoff(image), image.shape[-2:]
        pushed = mean_length(case["weights"], length(image - other), self.p)
        # the cost is a norm of the gaps, weights of total mass 1: it moves by no more than the worst gap does
        error = (self._errors(case) + self._errors(_moved(case))).amax(-1) + (2 * n + d + 16) * u * pushed
        constant = self.trial.value(self._found(case))
        most = (cost.value + cost.error) * (1 + 8 * u)
        bound = (constant.value + torch.nan_to_num(constant.error, nan=torch.inf)) * most
        result = _beyond((pushed - error).clamp_min(0), most * self.residual, bound).clamp_min(0)
        return torch.where(torch.isnan(pushed), torch.full_like(result, torch.nan), result).unsqueeze(-1)

    def decide(self, sample: Sample) -> Decision:
        def images(places: str) -> list[Vector]:
            moved = [attend.attended(sample, x, places) for x in sample[places]]
            if not self.residual:
                return moved
            h = sample["step"]
            return [[a + h * b for a, b in zip(x, m, strict=True)] for x, m in zip(sample[places], moved, strict=True)]

        def pushed() -> Number:
            if sample["points"] == sample["other"]:
                return fmpq(0)
            gaps = [exact.minus(a, b) for a, b in zip(images("points"), images("other"), strict=True)]
            return attend.exact_mean_length(sample["weights"], gaps, self.p)

        def bound() -> Number:
            names = self.trial.prop.quantities.values()
            constant = self.trial.exact_value({q: attend.exact_quantity(q, sample, self.p) for q in names})
            return constant * attend.exact_cost(sample, self.p)

        def refute(_: Number) -> Decision:
            got, limit, cost = pushed(), bound(), attend.exact_cost(sample, self.p)
            between = exact.simplest_between(exact.upper(limit / cost), exact.lower(got / cost))
            return Decision(
                Status.REFUTED,
                f"a coupling of cost {exact.to_float(cost):.9g} is pushed to one of cost {exact.to_float(got):.9g}, "
                f"{exact.to_float(got / cost):.9g} times as much; the bound says {exact.to_float(limit / cost):.9g}",
                "statement",
                {"quotient": f"{exact.to_float(got / cost):.17g}", "between": str(between)},
            )

        return decide_gap(lambda: bound() - pushed(), lambda: bound() + 1, refute)

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        """The callable at the first atom that has weight, under either measure."""
        sample = self.sample(case)
        first = int((case["weights"][0] > 0).nonzero()[0])
        result: list[Compared] = []
        for places in ("points", "other"):
            at, there = ({**c, "points": c[places]} for c in (case, wide))
            query = sample[places][0]
            h = sample["step"] if self.residual else None

            def formula(query: Vector = query, places: str = places, h: Number = h) -> Vector:
                moved = attend.attended(sample, query, places)
                return moved if h is None else [a + h * b for a, b in zip(query, moved, strict=True)]

            allowed, size = float(self._errors(there)[..., first].max()), attend.longest_value(there)
            if self.residual:
                size = float(there["step"].max()) * size + float(there["points"][:, first].norm())
            got = self._image(at)[:, first]
            result.append(Compared(self.trial.name, got, formula, allowed, size, {"at": places}))
        return result


def _moved(case: Case) -> Case:
    return {**case, "points": case["other"]}
