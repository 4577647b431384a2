"""Exact twins over the rationals: slow, obvious, no rounding anywhere. They decide, fast code estimates.

An `ExactMeasure` of a float `Measure` has the weights w_j / sum w exactly: stored floats rarely sum to 1, and
the softmax normalises anyway. Atoms of weight 0 are dropped, as padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure

Vector = tuple[Fraction, ...]
Matrix = tuple[Vector, ...]


class ExactMeasure(NamedTuple):
    """points: n vectors of d Fractions; weights: n positive Fractions that sum to exactly 1."""

    points: tuple[Vector, ...]
    weights: tuple[Fraction, ...]


def exact_vector(values) -> Vector:
    """A 1-axis tensor or sequence of numbers, each taken at its exact value."""
    return tuple(Fraction(v) for v in (values.tolist() if hasattr(values, "tolist") else values))


def exact_matrix(rows) -> Matrix:
    """A 2-axis tensor or sequence of rows, each entry taken at its exact value."""
    return tuple(exact_vector(row) for row in (rows.tolist() if hasattr(rows, "tolist") else rows))


def exact_measure(points, weights=None) -> ExactMeasure:
    """The exact probability measure of a `Measure` without batch, or of points (n, d) and weights (n,).

    Raises:
        ArgumentError: shapes differ, a weight is negative, or all are 0.
    """
    if isinstance(points, Measure):
        points, weights = points
    rows = exact_matrix(points)
    masses = exact_vector([1] * len(rows) if weights is None else weights)
    if len(masses) != len(rows) or len({len(row) for row in rows}) != 1:
        raise ArgumentError(f"exact_measure: got {len(rows)} points and {len(masses)} weights, or ragged points.")
    total = sum(masses)
    if any(m < 0 for m in masses) or total == 0:
        raise ArgumentError("exact_measure: weights must be >= 0 and not all 0.")
    kept = [(row, m / total) for row, m in zip(rows, masses, strict=True) if m > 0]
    return ExactMeasure(tuple(row for row, _ in kept), tuple(m for _, m in kept))


def dot(u: Sequence[Fraction], v: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(u, v, strict=True)), Fraction(0))


def apply(matrix: Matrix, v: Sequence[Fraction]) -> Vector:
    return tuple(dot(row, v) for row in matrix)


def squared_distance(u: Sequence[Fraction], v: Sequence[Fraction]) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(u, v, strict=True)), Fraction(0))


def mean(measure: ExactMeasure) -> Vector:
    return apply(tuple(zip(*measure.points, strict=True)), measure.weights)


def gradient_mlp(x: Vector, W: Matrix, b: Vector, step: Fraction) -> Vector:
    """x - step * W^T relu(W x + b)."""
    hidden = [max(h + c, Fraction(0)) for h, c in zip(apply(W, x), b, strict=True)]
    return tuple(a - step * g for a, g in zip(x, apply(tuple(zip(*W, strict=True)), hidden), strict=True))


def sorting_step(x: Vector) -> Vector:
    """(min, max)."""
    a, b = x
    return (a, b) if a <= b else (b, a)


def affine_mean(measure: ExactMeasure, x: Vector, q: Fraction, c: Fraction) -> Vector:
    """q x + c mean(mu)."""
    return tuple(q * a + c * m for a, m in zip(x, mean(measure), strict=True))


def uniform_attention(measure: ExactMeasure, x: Vector, A: Matrix, step: Fraction) -> Vector:
    """x - step * mean(A mu), the attention layer where every score <x, A y_j> is equal.

    Raises:
        ArgumentError: the scores differ, so the softmax is not rational.
    """
    values = [apply(A, y) for y in measure.points]
    scores = {dot(x, v) for v in values}
    if len(scores) != 1:
        raise ArgumentError(f"uniform_attention: all scores must be equal, got {len(scores)} different ones.")
    shift = mean(ExactMeasure(tuple(values), measure.weights))
    return tuple(a - step * s for a, s in zip(x, shift, strict=True))


def diameter_squared(measure: ExactMeasure, A: Matrix | None = None) -> Fraction:
    """max |A(y_i - y_j)|^2."""
    values = measure.points if A is None else [apply(A, y) for y in measure.points]
    return max(squared_distance(u, v) for u in values for v in values)


def radius_squared(measure: ExactMeasure, A: Matrix | None = None) -> Fraction:
    """max |A y_j|^2."""
    values = measure.points if A is None else [apply(A, y) for y in measure.points]
    return max(dot(v, v) for v in values)


def wasserstein_exact_1d(source: ExactMeasure, target: ExactMeasure) -> Fraction:
    """W1 on the line: the integral of |F_source - F_target|.

    Raises:
        ArgumentError: the points do not have exactly one coordinate.
    """
    if any(len(y) != 1 for m in (source, target) for y in m.points):
        raise ArgumentError("wasserstein_exact_1d: required d = 1. Use coupling_upper_bound_exact for d > 1.")
    jumps = [(y[0], a) for y, a in zip(source.points, source.weights, strict=True)]
    jumps += [(y[0], -a) for y, a in zip(target.points, target.weights, strict=True)]
    jumps.sort()
    total, height = Fraction(0), Fraction(0)
    for (here, mass), (after, _) in pairwise(jumps):
        height += mass
        total += abs(height) * (after - here)
    return total


def is_positive_semidefinite(matrix: Matrix) -> bool:
    """Whether a symmetric rational matrix is positive semidefinite, by LDL^T elimination."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][j] != 0 for j in range(k, len(rows)))):
            return False
        for i in range(k + 1, len(rows) if pivot > 0 else 0):
            factor = rows[i][k] / pivot
            for j in range(k, len(rows)):
                rows[i][j] -= factor * rows[k][j]
    return True
