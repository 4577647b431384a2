"""Targets for the construction of Theorem 8: (1, C)-Lipschitz maps of (context, query), exact and batched.

Each has `exact` (Fractions), `batched` (float64 tensors) and is called as a user's own target would be, on one
`Measure` and one query. Domain: [0, 1]^d. The constants are proved in the docstrings.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure, atoms, mean
from torch_impl.reference.exact import ExactMeasure, Vector, wasserstein_exact_1d
from torch_impl.wasserstein import wasserstein_1d


@dataclass(frozen=True)
class BuiltInTarget:
    """A target with its constant C > 0 and dimension d."""

    C: Fraction
    d: int = 1
    name: ClassVar[str]
    dimensions: ClassVar[tuple[int, ...]] = (1,)

    def __post_init__(self) -> None:
        if self.C <= 0 or self.d not in self.dimensions:
            raise ArgumentError(
                f"{type(self).__name__}: required C > 0 and d in {self.dimensions}, "
                f"got C={float(self.C):g}, d={self.d}."
            )

    def exact(self, measure: ExactMeasure, x: Vector) -> Fraction:
        """The value in rational arithmetic."""
        raise NotImplementedError

    def batched(self, measure: Measure, x: Tensor) -> Tensor:
        """Atoms (*batch, n, d), queries (*batch, q, d) -> (*batch, q), in floats."""
        raise NotImplementedError

    def __call__(self, measure: Measure, x: Tensor) -> Tensor:
        """One context (n, d) and one query (d,) -> ()."""
        return self.batched(measure, x.unsqueeze(-2)).squeeze(-1)


@dataclass(frozen=True)
class Blend(BuiltInTarget):
    """The first coordinate of theta x + (1 - theta) mean(mu), theta = max(1/2, 1 - C).

    theta <= 1 in x; 1 - theta <= C in mu, as |mean(mu) - mean(nu)| <= W1.
    """

    name: ClassVar[str] = "blend"
    dimensions: ClassVar[tuple[int, ...]] = (1, 2, 3)

    @property
    def theta(self) -> Fraction:
        return max(Fraction(1, 2), 1 - self.C)

    def exact(self, measure: ExactMeasure, x: Vector) -> Fraction:
        centre = sum((a * y[0] for y, a in zip(measure.points, measure.weights, strict=True)), Fraction(0))
        return self.theta * x[0] + (1 - self.theta) * centre

    def batched(self, measure: Measure, x: Tensor) -> Tensor:
        theta = float(self.theta)
        return theta * x[..., 0] + (1 - theta) * mean(measure)[..., :1]


@dataclass(frozen=True)
class ClippedDistance(BuiltInTarget):
    """|x - 1/2| + C min(W1(mu, nu_0), 1/4), nu_0 = (delta_{1/4} + delta_{3/4})/2, d = 1.

    1-Lipschitz in x. W1(., nu_0) is 1-Lipschitz for W1 (triangle inequality) and clipping keeps it, so C in mu.
    """

    name: ClassVar[str] = "distance"

    def exact(self, measure: ExactMeasure, x: Vector) -> Fraction:
        quarter = Fraction(1, 4)
        reference = ExactMeasure(((quarter,), (3 * quarter,)), (Fraction(1, 2), Fraction(1, 2)))
        return abs(x[0] - Fraction(1, 2)) + self.C * min(wasserstein_exact_1d(measure, reference), quarter)

    def batched(self, measure: Measure, x: Tensor) -> Tensor:
        places = torch.tensor([[0.25], [0.75]], dtype=x.dtype, device=x.device).expand(*x.shape[:-2], 2, 1)
        halves = torch.full_like(places[..., 0], 0.5)
        distance = wasserstein_1d(measure, Measure(places, halves)).clamp(max=0.25)
        return (x[..., 0] - 0.5).abs() + float(self.C) * distance.unsqueeze(-1)


@dataclass(frozen=True)
class KernelRegression(BuiltInTarget):
    """s times the Nadaraya-Watson estimate r(mu, x) = int k(x - u) y dmu / int k(x - u) dmu, k(v) = 1 - |v|/2.

    d = 1: a token u is its own label, y = u. d = 2: tokens are pairs (u, y), of the query only x_1 counts.
    On [0, 1]^d: 1/2 <= k <= 1, |k'| <= 1/2, so K = int k dmu >= 1/2, and 0 <= r <= 1, |y - r| <= 1. With |dx| = 1
        |dr/dx| = |int k'(x - u)(y - r) dmu| / K <= (1/2)/(1/2) = 1.
    In mu: along mu_t = (1 - t) mu + t nu, dr/dt = int k(x - u)(y - r) d(nu - mu) / K_t, and the integrand has slope
        d = 1: |-k'(u - r) + k| <= 1/2 + 1, over 1/2:                 3       in u,
        d = 2: |(-k'(y - r), k)| <= sqrt(1/4 + 1), over 1/2: sqrt(5) <= 9/4   in (u, y).
    So s = min(1, C/3), min(1, 4C/9) makes it (1, C)-Lipschitz (Kantorovich-Rubinstein).
    """

    name: ClassVar[str] = "regression"
    dimensions: ClassVar[tuple[int, ...]] = (1, 2)

    @property
    def scale(self) -> Fraction:
        return min(Fraction(1), self.C / 3 if self.d == 1 else 4 * self.C / 9)

    def exact(self, measure: ExactMeasure, x: Vector) -> Fraction:
        masses = [a * (1 - abs(x[0] - y[0]) / 2) for y, a in zip(measure.points, measure.weights, strict=True)]
        labelled = sum((m * y[-1] for y, m in zip(measure.points, masses, strict=True)), Fraction(0))
        return self.scale * labelled / sum(masses)

    def batched(self, measure: Measure, x: Tensor) -> Tensor:
        y = atoms(measure)
        near = 1 - (x[..., :1] - y[..., 0].unsqueeze(-2)).abs() / 2
        masses = near * measure.weights.unsqueeze(-2)
        return float(self.scale) * (masses @ y[..., -1:]).squeeze(-1) / masses.sum(-1)


TARGETS: dict[str, type[BuiltInTarget]] = {kind.name: kind for kind in (Blend, ClippedDistance, KernelRegression)}
