"""Kantorovich-Rubinstein potentials: 1-Lipschitz phi with int phi d(mu - nu) = W1(mu, nu), in rational arithmetic.

On the line int phi d(mu - nu) = -int phi'(t) (F_mu - F_nu)(t) dt, so phi' = -sign(F_mu - F_nu) attains
int |F_mu - F_nu| = W1(mu, nu): phi is piecewise affine with breakpoints at atoms, and nothing is lost.

In R^d, |.| is replaced by the polyhedral norm p(z) = max_m <u_m, z> <= |z| over finitely many rational u_m with
|u_m| <= 1 (exactly). The potential

    phi(y) = min_k (phi_k + p(y - y_k)) = min_k max_m (<u_m, y> + b_km),   b_km = phi_k - <u_m, y_k>,

y_k the atoms of nu, phi_k = -(dual variable of y_k),

is a min of maxima of affine maps of slope |u_m| <= 1, so 1-Lipschitz whatever the solver returned. The transport
problem is solved with the cost p itself: its dual is then the best potential of this form, with
int phi d(mu - nu) = W_p(mu, nu) >= cos(theta) W1(mu, nu) for directions of covering angle theta. (Solving with |.|
and replacing it afterwards may lose (1 - cos theta) diam at every atom.)

Source: LT-15, LT-19 and LT-20 of arXiv:2602.15503, as reconstructed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from proofcheck.errors import ArgumentError
from torch_impl.reference.exact import ExactMeasure, Vector, dot
from torch_impl.rounding import sqrt_up

DIRECTION_BITS = 30  # coordinates of directions are multiples of 2^-30: exact in float64, also after products


@dataclass(frozen=True)
class LinePotential:
    """phi(y) = sum_g slopes_g clamp(y, breaks_g, breaks_{g+1}), y on the line: constant outside the breakpoints.

    breaks: G + 1 increasing Fractions.   slopes: G integers in {-1, 0, 1}, so |phi(y) - phi(z)| <= |y - z|.
    """

    breaks: tuple[Fraction, ...]
    slopes: tuple[int, ...]

    def __call__(self, y: Vector) -> Fraction:
        cells = zip(self.slopes, itertools.pairwise(self.breaks), strict=True)
        return sum((s * min(max(y[0], low), high) for s, (low, high) in cells), Fraction(0))


@dataclass(frozen=True)
class PolyhedralPotential:
    """phi(y) = min_k max_m (<directions_m, y> + offsets_km), 1-Lipschitz as every |directions_m| <= 1."""

    directions: tuple[Vector, ...]
    offsets: tuple[tuple[Fraction, ...], ...]

    def __call__(self, y: Vector) -> Fraction:
        along = [dot(u, y) for u in self.directions]
        return min(max(a + b for a, b in zip(along, row, strict=True)) for row in self.offsets)


Potential = LinePotential | PolyhedralPotential


def integral(potential: Potential, measure: ExactMeasure) -> Fraction:
    """int phi dmu, exactly."""
    return sum((a * potential(y) for y, a in zip(measure.points, measure.weights, strict=True)), Fraction(0))


def common_breaks(measures: Sequence[ExactMeasure]) -> tuple[Fraction, ...]:
    """All places of atoms on the line, increasing."""
    return tuple(sorted({y[0] for m in measures for y in m.points}))


def distribution(measure: ExactMeasure, breaks: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """F(c_g) = mu((-inf, c_g]) for g < G: the value of F on [c_g, c_{g+1}) when every atom is a breakpoint."""
    mass = dict.fromkeys(breaks, Fraction(0))
    for y, a in zip(measure.points, measure.weights, strict=True):
        mass[y[0]] += a
    return tuple(itertools.accumulate(mass[c] for c in breaks))[:-1]


def slopes(source: Sequence[Fraction], target: Sequence[Fraction]) -> tuple[int, ...]:
    """-sign(F_source - F_target), cell by cell; 0 where they agree."""
    return tuple((b > a) - (b < a) for a, b in zip(source, target, strict=True))


def line_potential(source: ExactMeasure, target: ExactMeasure, breaks: Sequence[Fraction] | None = None):
    """The `LinePotential` of two measures on the line: int phi d(source - target) = W1, exactly.

    Raises:
        ArgumentError: d != 1.
    """
    if any(len(y) != 1 for m in (source, target) for y in m.points):
        raise ArgumentError("line_potential: required d = 1. Use polyhedral_potential for d > 1.")
    places = tuple(breaks) if breaks is not None else common_breaks((source, target))
    return LinePotential(places, slopes(distribution(source, places), distribution(target, places)))


def unit_directions(d: int, count: int) -> tuple[Vector, ...]:
    """At least `count` directions u with |u| <= 1, closed under u -> -u, multiples of 2^-30, almost of length 1.

    d = 1: +-1. d = 2: equally spaced angles. d >= 3: the integer points of the boundary of a cube [-n, n]^d, scaled.

    Raises:
        ArgumentError: d < 1 or count < 2 d.
    """
    if d < 1 or count < 2 * d:
        raise ArgumentError(f"unit_directions: required d >= 1 and count >= 2 d, got d={d}, count={count}.")
    if d == 1:
        return ((Fraction(-1),), (Fraction(1),))
    if d == 2:
        half = (count + 1) // 2
        raw = [(math.cos(math.pi * m / half), math.sin(math.pi * m / half)) for m in range(half)]
        found = [_inside_ball(v) for v in raw]
        return tuple(found + [tuple(-c for c in v) for v in found])
    n = next(n for n in itertools.count(1) if (2 * n + 1) ** d - (2 * n - 1) ** d >= count)
    cube = itertools.product(range(-n, n + 1), repeat=d)
    return tuple(_inside_ball([float(c) for c in v]) for v in cube if max(map(abs, v)) == n)


def covering_cosine(d: int, count: int) -> Fraction:
    """A rational <= cos(theta): every unit vector has <u_m, v> >= this for one of `unit_directions(d, count)`.

    d = 2: theta = pi/M for M equally spaced ones. d >= 3: a vector scaled to largest coordinate n is within 1/2 of
    an integer point in each other coordinate, so tan(theta) <= sqrt(d - 1)/(2n). Each |u_m - v_m/|v_m|| <=
    3 sqrt(d) 2^-30 is taken off.
    """
    shrunk = Fraction(3 * (math.isqrt(d) + 1), 2**DIRECTION_BITS)
    if d == 1:
        return Fraction(1)
    if d == 2:
        # cos t >= 1 - t^2/2, and 355/113 > pi
        angle = Fraction(355, 113) / (2 * ((count + 1) // 2))
        return 1 - angle**2 / 2 - shrunk
    n = next(n for n in itertools.count(1) if (2 * n + 1) ** d - (2 * n - 1) ** d >= count)
    return 1 / sqrt_up(1 + Fraction(d - 1, 4 * n * n)) - shrunk


def inside_ball(vector: Sequence[float | Fraction]) -> Vector:
    """The vector over its length, rounded to multiples of 2^-30, |u| <= 1 exactly; 0 for the zero vector."""
    return _inside_ball([float(c) for c in vector])


def polyhedral_potential(
    source: ExactMeasure, target: ExactMeasure, directions: Sequence[Vector], *, bits: int = 40
) -> PolyhedralPotential:
    """The potential of the module docstring for (source, target), offsets rounded to multiples of 2^-bits, b_00 = 0.

    Rounding moves phi by at most 2^-bits and leaves it 1-Lipschitz; what is lost is seen in the exact integrals.

    Raises:
        ArgumentError: the solver fails (it never does for finite atoms).
    """
    import ot

    u = np.array([[float(c) for c in v] for v in directions])
    x, y = (np.array([[float(c) for c in p] for p in m.points]) for m in (source, target))
    a, b = (np.array([float(w) for w in m.weights]) for m in (source, target))
    cost = np.max((x[:, None, :] - y[None, :, :]) @ u.T, axis=-1)
    _, log = ot.emd(a / a.sum(), b / b.sum(), cost, log=True)
    dual = np.asarray(log["v"])
    if log.get("warning") is not None or not np.isfinite(dual).all():
        raise ArgumentError("polyhedral_potential: the transport problem was not solved. Scale the atoms.")
    exact = [[Fraction(-float(v)) - dot(w, p) for w in directions] for v, p in zip(dual, target.points, strict=True)]
    shift = exact[0][0]  # a potential is known up to a constant
    offsets = tuple(tuple(Fraction(round((b - shift) * 2**bits), 2**bits) for b in row) for row in exact)
    return PolyhedralPotential(tuple(tuple(w) for w in directions), offsets)


def _inside_ball(v: Sequence[float]) -> Vector:
    length = math.hypot(*v)
    if length == 0:
        return tuple(Fraction(0) for _ in v)
    # 2 units short of the sphere, then towards 0: the length is below 1 whatever hypot rounded
    scale = (2**DIRECTION_BITS - 2) / length
    rounded = tuple(Fraction(math.trunc(c * scale), 2**DIRECTION_BITS) for c in v)
    # a multiple of a coordinate axis keeps its full length
    if sum(c != 0 for c in v) == 1:
        return tuple(Fraction((c > 0) - (c < 0)) for c in v)
    if dot(rounded, rounded) > 1:
        raise ArgumentError(f"unit_directions: the direction {list(v)} is not finite. Give finite vectors.")
    return rounded
