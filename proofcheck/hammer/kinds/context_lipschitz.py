"""|T(mu, x) - T(nu, x)| <= C W1(mu, nu) for a composition T of layers q_k x + c_k mean(mu), contexts moving too.

A layer q x + c mean(mu) is exactly |q|-Lipschitz in x and |c|-Lipschitz in mu (LT-09), and everything here is
rational, W1 on the line included, so every decision is exact. For q, c >= 0 and nu a translate of mu the
composition bound is attained. Contexts live on the line: there W1 = integral |F_mu - F_nu|.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, code_deviation, decide_gap
from proofcheck.hammer.couplings import line_w1
from proofcheck.hammer.exact import Number, fmpq
from proofcheck.hammer.families import Configuration, integers, measures, normal
from proofcheck.hammer.kinds.base import Kind, net_ratio
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import exactly, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial
from torch_impl.composition import bar
from torch_impl.measures import Measure
from torch_impl.wasserstein import wasserstein_1d

_NAME = re.compile(r"(query|context)(?:_constant)?_?([1-9][0-9]?)")


class ContextLipschitz(Kind):
    """Quantities: query_constant_k and context_constant_k, k = 1..depth; the bound is C."""

    name = "context_lipschitz"
    paired: ClassVar[frozenset[str]] = frozenset({"x"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.places: dict[str, tuple[str, int]] = {}
        for quantity in trial.prop.quantities.values():
            match = _NAME.fullmatch(quantity)
            if match is None:
                raise ArgumentError(
                    f"{trial.lemma}.HAMMER: quantities must be query_constant_k or context_constant_k, "
                    f"got {quantity!r}."
                )
            self.places[quantity] = ("q" if match[1] == "query" else "c", int(match[2]) - 1)
        self.depth = max((k for _, k in self.places.values()), default=0) + 1

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {
            "q": ("layer",),
            "c": ("layer",),
            "points": ("atom", "fixed"),
            "weights": ("atom",),
            "other": ("other", "fixed"),
            "other_weights": ("other",),
            "x": ("fixed",),
        }

    def draw(self, config: Configuration, generator: Source) -> Case:
        mu, nu = measures(config, generator), measures(config, generator)
        points, other, other_weights = mu.points[..., :1], nu.points[..., :1], nu.weights
        shape = (config.batch, self.depth)
        q, c = normal(config, generator, *shape), normal(config, generator, *shape)
        # a third of the pairs are translates, a third of the layers have q, c >= 0: there the bound is near
        shift = (integers(config, generator, 3, config.batch) == 0).view(-1, 1, 1)
        moved = points + normal(config, generator, config.batch, 1, 1)
        other = torch.where(shift, moved, other)
        other_weights = torch.where(shift.squeeze(-1), mu.weights, other_weights)
        positive = integers(config, generator, 3, config.batch, 1) == 0
        q, c = torch.where(positive, q.abs(), q), torch.where(positive, c.abs(), c)
        x = normal(config, generator, config.batch, config.pairs, 1)
        weights = {"weights": mu.weights, "other_weights": other_weights}
        return {"q": q, "c": c, "points": points, "other": other, "x": x, **weights}

    def seeds(self, config: Configuration) -> list[Case]:
        one = torch.ones(1, 1, 1, dtype=config.dtype, device=config.device)
        mass, layers = one[..., 0], one[..., 0].expand(1, self.depth).clone()
        return [
            {"q": layers, "c": layers, "points": 0 * one, "other": one, "x": 0 * one}
            | {"weights": mass, "other_weights": mass}
        ]

    def parameters(self, case: Case) -> dict[str, Tensor]:
        weights = {k: case[k].log() for k in ("weights", "other_weights")}
        return {**{k: v for k, v in case.items() if k not in weights}, **weights}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        weights = {k: torch.softmax(parameters[k], -1) for k in ("weights", "other_weights")}
        return {**parameters, **weights}

    def _final(self, case: Case, points: str, weights: str) -> Tensor:
        """T(mu, x), (batch, pairs, 1), through the composition of torch_impl."""
        mu, x = Measure(case[points], case[weights]), case["x"]
        for k in range(self.depth):
            q, c = case["q"][:, k], case["c"][:, k]
            mu, x = bar(lambda m, rows, q=q, c=c: self.trial.function(m, rows, q, c), mu, x)
        return x

    def _measured(self, case: Case) -> tuple[Tensor, Tensor, dict[str, Measured]]:
        """|T(mu,x) - T(nu,x)| (batch, pairs), W1 (batch, 1) and the quantities of C."""
        change = (self._final(case, "points", "weights") - self._final(case, "other", "other_weights")).abs()
        mu = Measure(case["points"], case["weights"])
        distance = wasserstein_1d(mu, Measure(case["other"], case["other_weights"]))
        found = {n: exactly(case[f][:, k].abs()) for n, (f, k) in self.places.items()}
        return change[..., 0], distance.unsqueeze(-1), found

    def raw_ratio(self, case: Case) -> Tensor:
        change, distance, found = self._measured(case)
        bound = self.trial.centre(found).unsqueeze(-1) * distance
        return torch.where(bound > 0, change / torch.where(bound > 0, bound, torch.ones_like(bound)), 0 * change)

    def ratio(self, case: Case) -> Tensor:
        change, distance, found = self._measured(case)
        constant = self.trial.value(found)
        atoms = case["points"].shape[1] + case["other"].shape[1]
        u = unit_roundoff(change)
        size = torch.cat([case["points"], case["other"]], 1).abs().amax((1, 2)).unsqueeze(-1)
        final_error = self._error(case, torch.maximum(size, case["x"].abs()[..., 0]))
        bound = constant.value.unsqueeze(-1) * distance
        # W1: (n + m + 8) u (n + m) diam (see wasserstein_1d), weights rounded once more
        slack = constant.value.unsqueeze(-1) * 2 * (atoms + 8) * atoms * u * 2 * size
        slack = slack + constant.error.unsqueeze(-1) * distance + 4 * u * bound
        result = net_ratio(change, 2 * final_error, bound, slack)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def _error(self, case: Case, size: Tensor) -> Tensor:
        """(depth (n + 6) u) prod_k (|q_k| + |c_k|) max(|x|, |y|): every term passes depth layers of n + 6 roundings."""
        n = max(case["points"].shape[1], case["other"].shape[1])
        growth = (case["q"].abs() + case["c"].abs()).clamp_min(1).prod(-1, keepdim=True)
        return self.depth * (2 * n + 6) * unit_roundoff(size) * growth * size

    def decide(self, sample: Sample) -> Decision:
        at_mu = self._exact_final(sample, "points", "weights")
        change = abs(at_mu - self._exact_final(sample, "other", "other_weights"))
        line = [[row[0] for row in sample[name]] for name in ("points", "other")]
        distance = line_w1((line[0], sample["weights"]), (line[1], sample["other_weights"]))

        def gap() -> Number:
            values = {name: abs(sample[f][k]) for name, (f, k) in self.places.items()}
            return self.trial.exact_value(values) * distance - change

        def refute(value: Number) -> Decision:
            limit = exact.to_float(value + change)
            return Decision(
                Status.REFUTED,
                f"|T(mu,x) - T(nu,x)| = {change} exceeds C W1 = {limit:.9g} with W1 = {distance}",
                "statement",
                {"change": str(change), "W1": str(distance)},
            )

        return decide_gap(gap, lambda: distance + 1, refute)

    def _exact_final(self, sample: Sample, points: str, weights: str) -> fmpq:
        y, x = [row[0] for row in sample[points]], sample["x"][0]
        for q, c in zip(sample["q"], sample["c"], strict=True):
            mean = exact.dot(sample[weights], y)
            y, x = [q * v + c * mean for v in y], q * x + c * mean
        return x

    def check_code(self, case: Case) -> Decision:
        sample = self.sample(case)
        size = torch.maximum(case["points"].abs().amax(), case["x"].abs().amax()).view(1, 1)
        return code_deviation(
            self.trial.name,
            self._final(case, "points", "weights"),
            lambda: [self._exact_final(sample, "points", "weights")],
            float(self._error(case, size).max()),
            {},
        )
