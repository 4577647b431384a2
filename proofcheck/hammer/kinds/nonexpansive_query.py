"""step = bound  =>  |F(x) - F(y)| <= |x - y| for every context and all queries x, y.

With u = x - y, e = u - (F(x) - F(y)):   |F(x) - F(y)| <= |u|   <=>   |e|^2 <= 2 <u, e>.
The ratio is |e|^2 / (2 <u, e>). For a gradient layer e = step * (g(x) - g(y)), so it is linear in the step: the
bound over the largest step that this pair admits. (|F(x) - F(y)| / |u| would be 1 for every pair that F merely
translates, and say nothing about how near the bound is.) <u, e> <= 0 < |e| is a violation for every step.

Every pair is measured on the callable, one context for all queries. On the first FORMULA_SHARE of the measures (on all,
where there are few) its outputs are compared with the formula as well (see `shared_context`): one that roundoff cannot
explain is a suspected violation, ratio infinity, decided exactly like any other, though it may keep within the bound.

Locally e = M u with M = I - DF: `sharpen` replaces pairs by short ones along the top singular vectors of M and
of DF, so the spectral norm of the Jacobian is checked through pairs, which can be confirmed exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, code_deviation, decide_gap
from proofcheck.hammer.exact import Number, fmpq
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.base import Kind, holds, option
from proofcheck.hammer.layers import AbstractLayer, Case, DrawnCase, Sample, layer, query_pairs
from proofcheck.hammer.quantities import lengths as length
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.shared_context import SharedContext, tilted_means
from proofcheck.hammer.trial import Measured, Trial

FORMULA_SHARE, FORMULA_LEAST = 1 / 8, 32  # of the measures of a batch, and how many at least while they are small:
FORMULA_SCORES = 2**17  # scores that the least number of measures may cost
SHORT = 2.0**-10  # length of a sharpened pair relative to the pair it replaces


class NonexpansiveQuery(Kind):
    """The layer's bound is its step; quantities: see `layers`."""

    name = "nonexpansive_query"
    paired: ClassVar[frozenset[str]] = frozenset({"x", "y"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.layer = layer(option(trial, "layer", trial.name))

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {**self.layer.axes, "x": ("d",), "y": ("d",)}

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = DrawnCase(self.layer.draw(config, generator))
        x, y = query_pairs(self.layer, case, config, generator)
        case.update(x=x, y=y)  # the context does not depend on the queries
        return case

    def seeds(self, config: Configuration) -> list[Case]:
        case, x, y = self.layer.extremal(config)
        return [{**case, "x": x, "y": y}]

    def step(self, case: Case, shared: SharedContext | None = None) -> Measured:
        """The bound as a step per measure; 1 where the bound is no condition (a denominator 0)."""
        found: dict[str, Measured] = {}
        for q in self.trial.prop.quantities.values():
            known = None if shared is None else shared.quantity(q)
            found[q] = self.layer.quantity(q, case) if known is None else known
        bound = self.trial.value(found)
        free = torch.isinf(bound.value)
        value = torch.where(free, torch.ones_like(bound.value), bound.value)
        return Measured(value, torch.where(free, torch.zeros_like(bound.error), bound.error))

    def _plain_step(self, case: Case) -> Tensor:
        bound = self.trial.centre({q: self.layer.quantity(q, case) for q in self.trial.prop.quantities.values()})
        return torch.where(torch.isinf(bound), torch.ones_like(bound), bound)

    def _images(self, case: Case, step: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """u, e (batch, pairs, d) and all queries (batch, 2 pairs, d)."""
        q = case["x"].shape[1]
        both = torch.cat([case["x"], case["y"]], 1)
        F = self.layer.call(self.trial.function, case, both, step)
        u = case["x"] - case["y"]
        return u, u - (F[:, :q] - F[:, q:]), both

    def raw_ratio(self, case: Case) -> Tensor:
        u, e, _ = self._images(case, self._plain_step(case))
        square, along = e.square().sum(-1), 2 * (u * e).sum(-1)
        moves = square > 0  # 0 / 0 is a pair that F translates; the inner where keeps NaN out of the gradient
        return torch.where(moves, square / torch.where(moves, along, torch.ones_like(along)), 0 * square)

    def ratio(self, case: Case) -> Tensor:
        shared = self.layer.shared(case)
        step = self.step(case, shared)
        u, e, error = self._by_code(case, step.value)
        ratio = _net(u, e, error, step)
        if shared is None:
            return ratio
        q = u.shape[1]
        least = min(FORMULA_LEAST, 1 + FORMULA_SCORES // (2 * q * shared.weights.shape[1]))
        rows = max(least, int(FORMULA_SHARE * u.shape[0]))
        eta, few = step.value[:rows, None], SharedContext(*(entry[:rows] for entry in shared))
        means = tilted_means(few, case["x"][:rows], case["y"][:rows])
        formula = (means.value[:, :q] - means.value[:, q:]).mul_(eta.unsqueeze(-1))
        per_query = eta * (means.error + 4 * unit_roundoff(u) * few.longest[:, None])
        deviation = length(e[:rows] - formula)
        strange = ~(deviation <= error[:rows] + per_query[:, :q] + per_query[:, q:])
        value = torch.where(strange, torch.full_like(deviation, torch.inf), ratio[:rows])
        return torch.cat([torch.where(torch.isnan(deviation), deviation, value), ratio[rows:]])

    def _by_code(self, case: Case, step: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """u and, as the callable has it, e (batch, pairs, d), and a bound of the error of e (batch, pairs)."""
        u, e, both = self._images(case, step)
        q = u.shape[1]
        per_query = self.layer.error(case, both, step)
        size = per_query + 6 * unit_roundoff(u) * (length(both) + per_query)
        return u, e, size[:, :q] + size[:, q:]

    def sharpen(self, case: Case) -> Case:
        """Pairs x +- t q: q the top right singular vector of I - DF at x (even pairs) or of DF (odd pairs)."""
        x = case["x"].detach().clone().requires_grad_(True)
        F = self.layer.call(self.trial.function, case, x, self.step(case).value)
        d = x.shape[-1]
        rows = [torch.autograd.grad(F[..., k].sum(), x, retain_graph=k + 1 < d)[0] for k in range(d)]
        J = torch.stack(rows, -2)
        M = torch.eye(d, dtype=J.dtype, device=J.device) - J
        M[:, 1::2] = J[:, 1::2]
        _, _, right = torch.linalg.svd(torch.nan_to_num(M), full_matrices=False)
        t = SHORT * (case["x"] - case["y"]).norm(dim=-1, keepdim=True)
        q = right[..., 0, :]
        return {**case, "x": (case["x"] + t * q).detach(), "y": (case["x"] - t * q).detach()}

    def parameters(self, case: Case) -> dict[str, Tensor]:
        centre, half = (case["x"] + case["y"]) / 2, (case["x"] - case["y"]) / 2
        return {**self.layer.parameters(case), "centre": centre, "along": half / half.norm(dim=-1, keepdim=True)}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        case = self.layer.build(parameters)
        scale = self.layer.reach({k: v.detach() for k, v in case.items()})[0][:, None, None]
        along = parameters["along"]
        half = SHORT * scale * along / along.norm(dim=-1, keepdim=True)
        return {**case, "x": parameters["centre"] + half, "y": parameters["centre"] - half}

    def decide(self, sample: Sample) -> Decision:
        u = exact.minus(sample["x"], sample["y"])

        def difference() -> list[Number]:
            return self.layer.pull_difference(sample, sample["x"], sample["y"])

        def gap() -> Number:
            g = difference()
            if all(isinstance(c, fmpq) and c == 0 for c in g):
                return fmpq(0)
            return 2 * exact.dot(u, g) - self._exact_step(sample) * exact.norm2(g)

        def refute(_: Number) -> Decision:
            g = difference()
            square = exact.norm2(g)
            step = self._exact_step(sample)
            if exact.lower(square) <= 0 or exact.lower(step) <= 0:
                return Decision(Status.UNKNOWN, "the violation is not separated from 0")
            admitted = exact.upper(2 * exact.dot(u, g) / square)
            chosen = exact.simplest_between(max(admitted, fmpq(0)), exact.lower(step))
            F = [a - chosen * b for a, b in zip(u, g, strict=True)]
            expansion = exact.sqrt(exact.norm2(F)) / exact.sqrt(exact.norm2(u))
            return Decision(
                Status.REFUTED,
                f"step {chosen} is within the bound {exact.to_float(step):.9g}, but |F(x) - F(y)| / |x - y| = "
                f"{exact.to_float(expansion):.9g} (the pair admits steps up to {exact.to_float(admitted):.9g})",
                "statement",
                {"step": str(chosen), "expansion": f"{exact.to_float(expansion):.17g}"},
            )

        try:
            return decide_gap(gap, lambda: exact.norm2(u), refute)
        except exact.NoCondition:
            return holds("the bound is no condition here")

    def _exact_step(self, sample: Sample) -> Number:
        names = self.trial.prop.quantities.values()
        return self.trial.exact_value({q: self.layer.exact_quantity(q, sample) for q in names})

    def check_code(self, case: Case) -> Decision:
        step = self.step(case).value
        if not bool(torch.isfinite(step).all()):
            return Decision(Status.UNKNOWN, "the step is NaN or infinite")
        # the float step is exact here: what is compared is x - step * g(x) for the step that the code is given
        return check_layer(self, self.layer, {**case, "step": step})


def _net(u: Tensor, e: Tensor, error: Tensor, step: Measured) -> Tensor:
    """|e|^2 / (2 <u, e>) net of roundoff: e is off by `error` at most, and moves with the step."""
    d, roundoff = u.shape[-1], unit_roundoff(u)
    relative = (step.error / step.value).abs().unsqueeze(-1)
    moved, along = length(e), (u * e) @ torch.ones(d, dtype=u.dtype, device=u.device)
    slack = relative + (d + 4) * roundoff
    least = (moved * (1 - slack) - error).clamp_min_(0)
    most = 2 * (along + length(u) * (error + slack * moved))
    value = torch.where(most > 0, least.square() / most, torch.full_like(most, torch.inf))
    value = torch.where(least > 0, value, torch.zeros_like(value))
    return torch.where(torch.isnan(moved), moved, value)


def check_layer(kind: Kind, lay: AbstractLayer, case: Case) -> Decision:
    """The callable at the query x (1, 1, d) and the float step (1,) of `case` against x - step * g(x), exactly."""
    sample = kind.sample(case)
    query, eta = sample["x"], sample["step"]
    return code_deviation(
        kind.trial.name,
        lay.call(kind.trial.function, case, case["x"], case["step"]),
        lambda: [a - eta * b for a, b in zip(query, lay.pull(sample, query), strict=True)],
        float(lay.error(case, case["x"], case["step"]).max()),
        {"step": str(eta)},
    )
