"""Two routes to the same value agree: |left - right| <= the sum of their roundoff bounds.

    gradient   autograd of log_partition              against   attention_mean          (LT-02)
    hessian    autograd twice of log_partition        against   attention_covariance    (LT-02)
    sort       sorting_step                           against   the sorted pair         (LT-11)
    product, block, maximum, minimum, integral, max_min: the steps of `identity_blocks`

The ratio is the deviation over its derived roundoff bound; both sides are also compared with exact values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, code_deviation
from proofcheck.hammer.exact import Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, measures, normal
from proofcheck.hammer.kinds.base import Kind, holds, option
from proofcheck.hammer.kinds.identity_blocks import BLOCKS
from proofcheck.hammer.layers import Attention, Case, Sample, query_pairs, tilted
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Trial, resolve
from torch_impl.measures import Measure

ROUTES = {
    "log_partition": ("gradient", "hessian"),
    "attention_mean": ("gradient",),
    "attention_covariance": ("hessian",),
    "sorting_step": ("sort",),
    "product_mlp": ("product",),
    "product_attention": ("block",),
    "lattice_maximum": ("maximum",),
    "lattice_minimum": ("minimum",),
    "uniform_integral": ("integral",),
    "max_min_steps": ("max_min",),
}
NAMES = ("gradient", "hessian", "sort", *BLOCKS)


class Identity(Kind):
    """options: identities, a tuple of the names above; derived from the callable if not given."""

    name = "identity"
    paired: ClassVar[frozenset[str]] = frozenset({"x"})
    climbable: ClassVar[bool] = False  # a deviation at the level of roundoff has no useful gradient

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        routes = option(trial, "identities", ROUTES.get(trial.name, ()))
        self.routes = (routes,) if isinstance(routes, str) else tuple(routes)
        if not self.routes or not set(self.routes) <= set(NAMES):
            raise ArgumentError(
                f"{trial.lemma}.HAMMER: options['identities'] must name some of {', '.join(NAMES)}, "
                f"got {self.routes!r} for callable {trial.name!r}."
            )
        self.layer = Attention()
        self.block = BLOCKS.get(self.routes[0])
        if len(self.routes) > 1 and set(self.routes) & {"sort", *BLOCKS}:
            raise ArgumentError(
                f"{trial.lemma}.HAMMER: only gradient and hessian share their cases, got {self.routes!r}. "
                "Write one property for each of the others."
            )

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        if self.block is not None:
            return self.block.axes
        return {"x": ("fixed",)} if "sort" in self.routes else {**self.layer.axes, "x": ("d",)}

    def _function(self, name: str) -> Callable[..., Any]:
        return self.trial.function if name == self.trial.name else resolve(f"torch_impl.layers:{name}")

    def draw(self, config: Configuration, generator: Source) -> Case:
        if self.block is not None:
            return self.block.draw(config, generator)
        if "sort" in self.routes:
            points = measures(config, generator).points.flatten(1)
            rows = (config.batch, config.pairs)
            pair = normal(config, generator, *rows, 2) * 10 ** (6 * flat(config, generator, *rows, 1) - 3)
            return {"x": pair + points[:, :1].unsqueeze(-1)}
        case = self.layer.draw(config, generator)
        return {**case, "x": query_pairs(self.layer, case, config, generator)[0]}

    def seeds(self, config: Configuration) -> list[Case]:
        if self.block is not None:  # no draw is worse than another: one of the family, with one pair
            return [self.block.draw(replace(config, batch=1, pairs=1), config.generator())]
        if "sort" in self.routes:
            return [{"x": torch.tensor([[[2.0, 1.0]]], dtype=config.dtype, device=config.device)}]
        case, x, _ = self.layer.extremal(config)
        return [{**case, "x": x}]

    def raw_ratio(self, case: Case) -> Tensor:
        return self.ratio(case)

    def ratio(self, case: Case) -> Tensor:
        worst = torch.zeros_like(case["x"][..., 0])
        for left, right, allowed in self._sides(case).values():
            deviation = (left - right).reshape(*left.shape[:2], -1).norm(dim=-1)
            bound = 2 * allowed
            # an infinite allowance claims nothing; a zero one means both sides must be equal
            ratio = torch.where(deviation == 0, torch.zeros_like(deviation), deviation / bound)
            worst = torch.maximum(worst, ratio)
        return worst

    @torch.enable_grad()
    def _sides(self, case: Case) -> dict[str, tuple[Tensor, Tensor, Tensor]]:
        """route -> (left, right, roundoff bound of each), values with leading axes (batch, pairs)."""
        x = case["x"]
        if self.block is not None:
            left = self.block.call(self.trial.function, case)
            return {self.routes[0]: (left, self.block.reference(case), self.block.error(case))}
        if "sort" in self.routes:
            # x - W^T relu(W x): one rounding of a - b, at most one more of the result
            allowed = 4 * unit_roundoff(x) * x.abs().sum(-1)
            return {"sort": (self.trial.function(x), x.sort(dim=-1).values, allowed)}
        mu = Measure(case["points"], case["weights"])
        relative, size = self.layer.mean_error(case, x)
        y = x.detach().clone().requires_grad_(True)
        value = self._function("log_partition")(mu, y, case["A"])
        (gradient,) = torch.autograd.grad(value.sum(), y, create_graph="hessian" in self.routes)
        sides = {}
        if "gradient" in self.routes:
            mean = self._function("attention_mean")(mu, x, case["A"])
            sides["gradient"] = (gradient.detach(), mean, 2 * relative * size)
        if "hessian" in self.routes:
            d = x.shape[-1]
            if gradient.requires_grad:
                rows = [torch.autograd.grad(gradient[..., k].sum(), y, retain_graph=k + 1 < d)[0] for k in range(d)]
                second = torch.stack(rows, -2)
            else:  # a gradient that does not depend on x
                second = gradient.new_zeros(*x.shape, d)
            covariance = self._function("attention_covariance")(mu, x, case["A"])
            sides["hessian"] = (second, covariance, 8 * relative * size.square())
        return sides

    def decide(self, sample: Sample) -> Decision:
        return holds("an identity: the derivation decides the formula, the code is compared with exact values")

    def check_code(self, case: Case) -> Decision:
        sample = self.sample(case)
        query = exact.nested(case["x"][0, 0])
        decision = holds("both sides agree with the exact value within roundoff")
        for route, (left, right, allowed) in self._sides(case).items():
            formula = _FORMULAS[route] if self.block is None else (lambda s, _, b=self.block: b.formula(s))
            alone = route == "sort" or self.block is not None
            sides = ((self.trial.name, left),) if alone else ((f"autograd {route}", left), (route, right))
            for side, got in sides:
                decision = code_deviation(
                    side, got, lambda f=formula: f(sample, query), float(allowed.max()), {"route": route}
                )
                if decision.refuted or decision.status.value == "unknown":
                    return decision
        return decision


def _mean(sample: Sample, x: Vector) -> Vector:
    return Attention().pull(sample, x)


def _covariance(sample: Sample, x: Vector) -> Vector:
    """Cov_x(A y), row by row, from centred atoms."""
    v = [exact.apply(sample["A"], y) for y in sample["points"]]
    p = tilted(v, sample["weights"], x)
    c = [exact.minus(a, v[0]) for a in v]
    d = range(len(x))
    m = [sum((w * a[i] for w, a in zip(p, c, strict=True)), fmpq(0)) for i in d]
    return [sum((w * a[i] * a[j] for w, a in zip(p, c, strict=True)), fmpq(0)) - m[i] * m[j] for i in d for j in d]


def _sorted(sample: Sample, x: Vector) -> Vector:
    return [min(x), max(x)]


_FORMULAS: dict[str, Callable[[Sample, Vector], Vector]] = {
    "gradient": _mean,
    "hessian": _covariance,
    "sort": _sorted,
}
