"""What the two-point interpolants of LT-16 are made of: for a pair of net points, the map f_ij of LT-15.

    f_ij(mu, x) = <e_ij, x> + C int phi_ij dmu,   |e_ij| <= 1,  phi_ij 1-Lipschitz,
    g_ij = value_i + alpha_ij (f_ij - f_ij(p_i)),  alpha_ij = (value_i - value_j)/(f_ij(p_i) - f_ij(p_j)) in [-1, 1].

Floats screen: which pairs a construction keeps is decided on float tables. Everything that enters the network is
then made again in Fractions, rounded towards 0 to floats, so that |alpha e| <= 1 and |alpha| C <= C hold exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np

from proofcheck.errors import ArgumentError
from torch_impl.construct_net import NetPoint, budget
from torch_impl.potentials import (
    LinePotential,
    PolyhedralPotential,
    Potential,
    common_breaks,
    distribution,
    inside_ball,
    integral,
    polyhedral_potential,
    slopes,
)
from torch_impl.reference.exact import ExactMeasure, Vector, dot

OFFSET_BITS = 44  # offsets are multiples of 2^-44 below 2^8: float64 holds each and every difference of two


@dataclass(frozen=True)
class Interpolant:
    """g(mu, x) = <query, x> + weight int potential dmu + offset, the numbers as the network stores them.

    |query| <= 1, |weight| <= C and potential 1-Lipschitz: g is in C_{1,C}. g(net[i]) = value_i up to the rounding of
    the offset to a multiple of 2^-44: all offsets and all their differences are then floats.
    gap: f(p_i) - f(p_j).   budget: |x_i - x_j| + C W1 (rounded up in d >= 2); gap = budget in d = 1.
    """

    i: int
    j: int
    query: Vector
    weight: Fraction
    potential: Potential
    offset: Fraction
    gap: Fraction
    budget: Fraction

    def __call__(self, measure: ExactMeasure, x: Vector) -> Fraction:
        return dot(self.query, x) + self.weight * integral(self.potential, measure) + self.offset


class Geometry(Protocol):
    """The net with its pairs, in floats for screening and exactly for the network."""

    points: tuple[NetPoint, ...]
    C: Fraction

    def rows(self, i: int) -> np.ndarray:
        """(N, N) floats: f_ij(p_k) - f_ij(p_i) at [j, k]; row i is 0."""
        ...

    def potential(self, i: int, j: int) -> Potential: ...

    def direction(self, i: int, j: int) -> Vector: ...

    def integral(self, potential: Potential, k: int) -> Fraction: ...


class LineGeometry:
    """d = 1: all potentials on one grid of cells, phi' = -sign(F_i - F_j) cell by cell, nothing lost."""

    def __init__(self, points: Sequence[NetPoint], C: Fraction) -> None:
        self.points, self.C = tuple(points), C
        self.breaks = common_breaks([p.measure for p in points])
        known: dict[ExactMeasure, tuple[Fraction, ...]] = {}
        for p in points:
            if p.measure not in known:
                known[p.measure] = distribution(p.measure, self.breaks)
        self.cdfs = [known[p.measure] for p in points]
        # int clamp(y, c_g, c_{g+1}) dmu = c_g + (c_{g+1} - c_g)(1 - F(c_g))
        lengths = [b - a for a, b in zip(self.breaks, self.breaks[1:], strict=False)]
        self._moments = {
            F: tuple(c + h * (1 - a) for c, h, a in zip(self.breaks, lengths, F, strict=False)) for F in known.values()
        }
        # ranks of F in each cell decide signs exactly, whatever the denominators
        self._ranks = _ranks(self.cdfs)
        self._masses = np.array([[float(h * a) for h, a in zip(lengths, F, strict=True)] for F in self.cdfs])
        self._masses = self._masses.reshape(len(self.points), len(lengths))
        self._x = np.array([float(p.x[0]) for p in points])

    def rows(self, i: int) -> np.ndarray:
        signs = np.sign(self._ranks - self._ranks[i]).astype(float)  # slopes of phi_ij: -sign(F_i - F_j)
        along = np.sign(self._x[i] - self._x)[:, None] * (self._x - self._x[i])[None, :]
        return along + float(self.C) * (signs @ (self._masses[i] - self._masses).T)

    def potential(self, i: int, j: int) -> LinePotential:
        return LinePotential(self.breaks, slopes(self.cdfs[i], self.cdfs[j]))

    def direction(self, i: int, j: int) -> Vector:
        a, b = self.points[i].x[0], self.points[j].x[0]
        return (Fraction((a > b) - (a < b)),)

    def integral(self, potential: Potential, k: int) -> Fraction:
        if not isinstance(potential, LinePotential):
            return integral(potential, self.points[k].measure)
        moments = self._moments[self.cdfs[k]]
        return sum((m if s > 0 else -m for s, m in zip(potential.slopes, moments, strict=True) if s), Fraction(0))


class PolyhedralGeometry:
    """d >= 2: potentials min_k (phi_k + max_m <u_m, y - y_k>) from the transport dual with the polyhedral cost."""

    def __init__(self, points: Sequence[NetPoint], C: Fraction, directions: Sequence[Vector]) -> None:
        self.points, self.C, self.directions = tuple(points), C, tuple(directions)
        self._places = np.array([[float(c) for c in y] for p in points for y in p.measure.points])
        owner = [k for k, p in enumerate(points) for _ in p.measure.points]
        self._weights = np.zeros((len(owner), len(self.points)))
        self._weights[range(len(owner)), owner] = [float(a) for p in points for a in p.measure.weights]
        self._x = np.array([[float(c) for c in p.x] for p in points])
        self._known: dict[tuple[ExactMeasure, ExactMeasure], PolyhedralPotential] = {}

    def rows(self, i: int) -> np.ndarray:
        n = len(self.points)
        out = np.zeros((n, n))
        for j in range(n):
            if j == i:
                continue
            e = np.array([float(c) for c in self.direction(i, j)])
            out[j] = (self._x - self._x[i]) @ e
            if self.points[i].measure != self.points[j].measure:
                means = self._on_places(self.potential(i, j)) @ self._weights
                out[j] += float(self.C) * (means - means[i])
        return out

    def potential(self, i: int, j: int) -> PolyhedralPotential:
        key = (self.points[i].measure, self.points[j].measure)
        if key[0] == key[1]:
            zero = tuple(Fraction(0) for _ in self.points[i].x)
            return PolyhedralPotential((zero,), ((Fraction(0),),))
        if key not in self._known:
            self._known[key] = polyhedral_potential(*key, self.directions)
        return self._known[key]

    def direction(self, i: int, j: int) -> Vector:
        return inside_ball([a - b for a, b in zip(self.points[i].x, self.points[j].x, strict=True)])

    def integral(self, potential: Potential, k: int) -> Fraction:
        return integral(potential, self.points[k].measure)

    def _on_places(self, potential: PolyhedralPotential) -> np.ndarray:
        along = self._places @ np.array([[float(c) for c in u] for u in potential.directions]).T
        offsets = np.array([[float(b) for b in row] for row in potential.offsets])
        return (along[:, None, :] + offsets).max(-1).min(-1)


def interpolant(geometry: Geometry, values: Sequence[Fraction], i: int, j: int) -> Interpolant:
    """g_ij of the module docstring, exactly; alpha is 0 where the gap is not positive."""
    p, q = geometry.points[i], geometry.points[j]
    e, phi = geometry.direction(i, j), geometry.potential(i, j)
    mean = geometry.integral(phi, i)
    gap = dot(e, [a - b for a, b in zip(p.x, q.x, strict=True)]) + geometry.C * (mean - geometry.integral(phi, j))
    alpha = (values[i] - values[j]) / gap if gap > 0 else Fraction(0)
    alpha = towards_zero(max(Fraction(-1), min(Fraction(1), alpha)))
    query = tuple(towards_zero(alpha * c) for c in e)
    weight = towards_zero(alpha * geometry.C)
    offset = rounded_offset(values[i] - dot(query, p.x) - weight * mean)
    return Interpolant(i, j, query, weight, phi, offset, gap, gap if len(p.x) == 1 else budget(p, q, geometry.C))


def rounded_offset(value: Fraction) -> Fraction:
    """The nearest multiple of 2^-44.

    Raises:
        ArgumentError: 2^8 or more in size.
    """
    if abs(value) >= 2**8:
        raise ArgumentError(
            f"construct: the network's offsets must stay below 2^8 to be exact in float64, got {float(value):.3g}. "
            "Scale the target and the domain down."
        )
    return Fraction(round(value * 2**OFFSET_BITS), 2**OFFSET_BITS)


def towards_zero(value: Fraction) -> Fraction:
    """The float64 nearest to `value` that is not larger in size, as a Fraction."""
    nearest = float(value)
    if abs(Fraction(nearest)) > abs(value):
        nearest = float(np.nextafter(nearest, 0.0))
    return Fraction(nearest)


def float_budgets(points: Sequence[NetPoint], C: Fraction) -> np.ndarray:
    """(N, N) floats close to |x - x'| + C W1, for screening."""
    x = np.array([[float(c) for c in p.x] for p in points])
    between = np.sqrt(((x[:, None, :] - x[None, :, :]) ** 2).sum(-1))
    index: dict[ExactMeasure, int] = {}
    of = [index.setdefault(p.measure, len(index)) for p in points]
    measures = list(index)
    table = _line_distances(measures) if x.shape[1] == 1 else _plane_distances(measures)
    return between + float(C) * table[np.ix_(of, of)]


def _line_distances(measures: Sequence[ExactMeasure]) -> np.ndarray:
    breaks = common_breaks(measures)
    lengths = np.diff([float(c) for c in breaks])
    cdfs = np.array([[float(a) for a in distribution(m, breaks)] for m in measures])
    return np.array([np.abs(cdfs - row) @ lengths for row in cdfs])


def _plane_distances(measures: Sequence[ExactMeasure]) -> np.ndarray:
    import ot

    arrays = [np.array([[float(c) for c in y] for y in m.points]) for m in measures]
    masses = [np.array([float(a) for a in m.weights]) for m in measures]
    table = np.zeros((len(measures), len(measures)))
    for i, x in enumerate(arrays):
        for j in range(i):
            cost = np.sqrt(((x[:, None] - arrays[j][None]) ** 2).sum(-1))
            a, b = masses[i] / masses[i].sum(), masses[j] / masses[j].sum()
            table[i, j] = table[j, i] = float(np.sum(ot.emd(a, b, cost) * cost))
    return table


def _ranks(cdfs: Sequence[Sequence[Fraction]]) -> np.ndarray:
    """(N, G) integers ordered as the exact values are, cell by cell."""
    columns = []
    for values in zip(*cdfs, strict=True):
        order = {v: r for r, v in enumerate(sorted(set(values)))}
        columns.append([order[v] for v in values])
    return np.array(columns, dtype=np.int64).reshape(-1, len(cdfs)).T
