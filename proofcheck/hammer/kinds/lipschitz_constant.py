"""|f(x) - f(y)|_p <= L |x - y|_p with L the bound, for softmax on R^n and p in {1, 2, inf}.

Pairs are centred at logits of every family (log-weights plus one coordinate of the atoms), half of them with
the two largest logits equal, where the Jacobian diag(p) - p p^T is largest.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, code_deviation, decide_gap
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, integers, measures, normal
from proofcheck.hammer.kinds.base import Kind, net_ratio, option
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Trial

SHORT = 2.0**-8


class LipschitzConstant(Kind):
    """The bound is a constant (no quantities); options: p, the norm on both sides (2 if not given)."""

    name = "lipschitz_constant"
    paired: ClassVar[frozenset[str]] = frozenset({"x", "y"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        given = str(option(trial, "p", 2))
        self.p = math.inf if given in ("inf", "oo") else float(given)
        if self.p not in (1.0, 2.0, math.inf):
            raise exact.ArgumentError(f"{trial.lemma}.HAMMER: options['p'] must be 1, 2 or 'inf', got {given}.")
        # a symbol in the bound would need a quantity; the value is one number
        self.constant = exact.evaluate(trial.bound, {}) if trial.bound is not None else fmpq(1)

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {"x": ("atom",), "y": ("atom",)}

    def draw(self, config: Configuration, generator: Source) -> Case:
        mu = measures(config, generator)
        B, q, n = config.batch, config.pairs, config.n
        heights = 10 ** (2 * flat(config, generator, B, q, 1) - 1)
        centre = mu.weights.log().unsqueeze(1) + heights * mu.points[..., 0].unsqueeze(1)
        step = normal(config, generator, B, q, n)
        if n > 1:
            top = centre.topk(2, dim=-1).indices
            tied = centre.scatter(-1, top[..., 1:], centre.gather(-1, top[..., :1]))
            level = integers(config, generator, 2, B, q, 1) > 0
            centre = torch.where(level, tied, centre)
            across = torch.zeros_like(centre).scatter(-1, top[..., :1], 1.0).scatter(-1, top[..., 1:], -1.0)
            step = torch.where(level, across, step)
        half = step * 10 ** (3 * flat(config, generator, B, q, 1) - 2.5)
        return {"x": centre + half, "y": centre - half}

    def seeds(self, config: Configuration) -> list[Case]:
        if config.n < 2:
            return []
        centre = torch.full((1, 1, config.n), -64.0, dtype=config.dtype, device=config.device)
        centre[..., :2] = 0
        half = torch.zeros_like(centre)
        half[..., 0], half[..., 1] = SHORT, -SHORT
        return [{"x": centre + half, "y": centre - half}]

    def parameters(self, case: Case) -> dict[str, Tensor]:
        half = (case["x"] - case["y"]) / 2
        return {"centre": (case["x"] + case["y"]) / 2, "along": half / self._norm(half).unsqueeze(-1)}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        along = parameters["along"]
        half = SHORT * along / self._norm(along).unsqueeze(-1)
        return {"x": parameters["centre"] + half, "y": parameters["centre"] - half}

    def raw_ratio(self, case: Case) -> Tensor:
        change = self._norm(self.trial.function(case["x"]) - self.trial.function(case["y"]))
        bound = exact.to_float(self.constant) * self._norm(case["x"] - case["y"])
        return torch.where(bound > 0, change / torch.where(bound > 0, bound, torch.ones_like(bound)), 0 * change)

    def ratio(self, case: Case) -> Tensor:
        x, y = case["x"], case["y"]
        u = unit_roundoff(x)
        fx, fy = self.trial.function(x), self.trial.function(y)
        change, distance = self._norm(fx - fy), self._norm(x - y)
        error = self._error(x) + self._error(y) + (x.shape[-1] + 2) * u * change
        bound = exact.to_float(self.constant) * distance
        slack = (x.shape[-1] + 4) * u * (bound + self._norm(x) + self._norm(y))
        result = net_ratio(change, error, bound, slack)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def sharpen(self, case: Case) -> Case:
        """Pairs x +- t q along the top right singular vector of the Jacobian, for n <= 16."""
        x = case["x"].detach().clone().requires_grad_(True)
        n = x.shape[-1]
        if n > 16:
            return case
        out = self.trial.function(x)
        rows = [torch.autograd.grad(out[..., k].sum(), x, retain_graph=k + 1 < n)[0] for k in range(n)]
        q = torch.linalg.svd(torch.nan_to_num(torch.stack(rows, -2)))[2][..., 0, :]
        return {"x": (case["x"] + SHORT * q).detach(), "y": (case["x"] - SHORT * q).detach()}

    def _norm(self, v: Tensor) -> Tensor:
        return torch.linalg.vector_norm(v, ord=self.p, dim=-1)

    def _error(self, x: Tensor) -> Tensor:
        """|computed - softmax|_p <= (4 max|x| + n + 8) u: the weights' relative error times their sum 1."""
        relative = (4 * x.abs().amax(-1) + x.shape[-1] + 8) * unit_roundoff(x)
        return torch.where(relative < 0.1, 1.1 * relative, torch.inf)

    def decide(self, sample: Sample) -> Decision:
        x, y = sample["x"], sample["y"]
        u = exact.minus(x, y)

        def change() -> Number:
            if all(c == u[0] for c in u):
                return fmpq(0)  # adding a constant to every logit changes nothing
            return self._exact_norm(exact.minus(softmax(x), softmax(y)))

        def refute(_: Number) -> Decision:
            got, limit = exact.to_float(change()), exact.to_float(self.constant * self._exact_norm(u))
            return Decision(
                Status.REFUTED,
                f"|f(x) - f(y)| = {got:.9g} exceeds {limit:.9g} = {self.constant} |x - y|",
                "statement",
                {"constant": str(self.constant), "ratio": f"{got / limit:.17g}"},
            )

        def gap() -> Number:
            return self.constant * self._exact_norm(u) - change()

        return decide_gap(gap, lambda: self._exact_norm(u) + 1, refute)

    def _exact_norm(self, v: Vector) -> Number:
        if self.p == 2:
            return exact.sqrt(exact.norm2(v))
        parts = [abs(c) for c in v]
        return sum(parts, fmpq(0)) if self.p == 1 else exact.largest(parts)

    def check_code(self, case: Case) -> Decision:
        x = case["x"]
        query = exact.nested(x[0, 0])
        allowed = float(self._error(x).max())
        formula: Callable[[], Vector] = lambda: softmax(query)  # noqa: E731
        return code_deviation(self.trial.name, self.trial.function(x), formula, allowed, {})


def softmax(x: Vector) -> Vector:
    """exp x_j / sum_k exp x_k in balls; exact where all entries agree."""
    top = max(x)
    mass = [exact.exp(c - top) for c in x]
    total = sum(mass, fmpq(0))
    return [m / total for m in mass]
