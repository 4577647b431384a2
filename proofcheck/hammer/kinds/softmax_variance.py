"""Var_p(u) = <u, (diag(p) - p p^T) u> <= C(p) |u|^2 for p = softmax(z), every u: the derivative of softmax at z.

The callable is softmax itself; its derivative comes from torch's reverse mode. The exact side computes p in
balls from the rational logits, so that the order of the weights (largest, second) is the order of the logits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, measures, normal
from proofcheck.hammer.kinds.base import Compared, Kind, net_ratio
from proofcheck.hammer.kinds.lipschitz_constant import softmax
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured


class SoftmaxVariance(Kind):
    """Quantities: largest_weight, second_weight (0 for n = 1) of p = softmax(z)."""

    name = "softmax_variance"
    paired: ClassVar[frozenset[str]] = frozenset({"z", "u"})

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {"z": ("atom",), "u": ("atom",)}

    def draw(self, config: Configuration, generator: Source) -> Case:
        mu = measures(config, generator)
        shape = (config.batch, config.pairs, config.n)
        heights = 10 ** (2 * flat(config, generator, config.batch, config.pairs, 1) - 1)
        z = mu.weights.log().unsqueeze(1) + heights * mu.points[..., 0].unsqueeze(1)
        return {"z": z.contiguous(), "u": normal(config, generator, *shape)}

    def seeds(self, config: Configuration) -> list[Case]:
        """n - 1 weights that all agree, and the vector (-(n - 1), 1, ..., 1) that attains g_1 there."""
        z = torch.zeros(1, 1, config.n, dtype=config.dtype, device=config.device)
        u = torch.ones_like(z)
        z[..., 0], u[..., 0] = 1, 1 - config.n
        return [{"z": z, "u": u}]

    def sharpen(self, case: Case) -> Case:
        """u = the top eigenvector of diag(p) - p p^T, for n <= 16."""
        if case["z"].shape[-1] > 16:
            return case
        p = torch.softmax(case["z"].detach(), -1)
        covariance = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
        return {**case, "u": torch.linalg.eigh(covariance).eigenvectors[..., -1].contiguous()}

    def _variance(self, case: Case) -> Tensor:
        """<J^T u, u> by reverse mode, differentiable again while the adversary climbs."""
        z, u = case["z"], case["u"]
        climbing = z.requires_grad or u.requires_grad
        with torch.enable_grad():
            at = z if z.requires_grad else z.detach().requires_grad_(True)
            (pulled,) = torch.autograd.grad(self.trial.function(at), at, u, create_graph=climbing)
        return (u * pulled).sum(-1)

    def _error(self, z: Tensor) -> Tensor:
        """Relative error of a weight: (4 max|z| + n + 8) u, as for softmax itself; inf where it is no bound."""
        relative = (4 * z.detach().abs().amax(-1) + z.shape[-1] + 8) * unit_roundoff(z)
        return torch.where(relative < 0.1, 1.1 * relative, torch.inf)

    def _found(self, case: Case) -> dict[str, Measured]:
        p = torch.softmax(case["z"], -1)
        top = p.topk(min(2, p.shape[-1]), dim=-1).values
        second = top[..., 1] if p.shape[-1] > 1 else torch.zeros_like(top[..., 0])
        relative = self._error(case["z"])
        return {
            "largest_weight": Measured(top[..., 0], relative * top[..., 0].detach()),
            "second_weight": Measured(second, relative * second.detach()),
        }

    def raw_ratio(self, case: Case) -> Tensor:
        bound = self.trial.centre(self._found(case)) * case["u"].square().sum(-1)
        safe = torch.where(bound > 0, bound, torch.ones_like(bound))
        return torch.where(bound > 0, self._variance(case) / safe, 0 * bound)

    def ratio(self, case: Case) -> Tensor:
        n, unit = case["z"].shape[-1], unit_roundoff(case["z"])
        square = case["u"].detach().square().sum(-1)
        value, bound = self._variance(case).detach(), self.trial.value(self._found(case))
        # <u, p (u - <p, u>)>: each factor has the relative error of a weight and n more roundings
        error = (4 * self._error(case["z"]) + 4 * (n + 4) * unit) * square
        result = net_ratio(value, error, bound.value.detach() * square, (bound.error + 2 * (n + 2) * unit) * square)
        return torch.where(torch.isnan(value), torch.full_like(result, torch.nan), result)

    def decide(self, sample: Sample) -> Decision:
        z, u = sample["z"], sample["u"]

        def sides() -> tuple[Number, Number]:
            p = softmax(z)
            order = sorted(range(len(z)), key=lambda j: z[j], reverse=True)
            quantities = {"largest_weight": p[order[0]], "second_weight": p[order[1]] if len(z) > 1 else fmpq(0)}
            bound = self.trial.exact_value({name: quantities[name] for name in self.trial.prop.quantities.values()})
            return _variance(p, u), bound * exact.norm2(u)

        def gap() -> Number:
            value, bound = sides()
            return bound - value

        def refute(_: Number) -> Decision:
            value, bound = (exact.to_float(side) for side in sides())
            detail = f"the variance {value:.9g} exceeds {bound:.9g} = {self.trial.bound} |u|^2"
            return Decision(Status.REFUTED, detail, "statement", {"ratio": f"{value / bound:.17g}" if bound else "inf"})

        return decide_gap(gap, lambda: exact.norm2(u), refute)

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        z = case["z"]
        query: Any = exact.nested(z[0, 0])
        allowed = float(self._error(wide["z"]).max())
        return [Compared(self.trial.name, self.trial.function(z), lambda: softmax(query), allowed, 1.0, {})]


def _variance(p: Vector, u: Vector) -> Number:
    """sum_j p_j (u_j - m)^2 with m = <p, u>, from entries centred at u_0: exact 0 for a constant u."""
    centred = [c - u[0] for c in u]
    m = exact.dot(p, centred)
    return sum((w * (c - m) * (c - m) for w, c in zip(p, centred, strict=True)), fmpq(0))
