"""Plain float64 loops over lists: the meaning of every layer, one formula at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[float]
Matrix = Sequence[Sequence[float]]


def dot(u: Vector, v: Vector) -> float:
    total = 0.0
    for a, b in zip(u, v, strict=True):
        total += a * b
    return total


def apply(matrix: Matrix, v: Vector) -> list[float]:
    return [dot(row, v) for row in matrix]


def softmax(scores: Vector) -> list[float]:
    """exp(z_j - max z) / sum_k exp(z_k - max z)."""
    top = max(scores)
    powers = [math.exp(z - top) for z in scores]
    return [e / sum(powers) for e in powers]


def gradient_mlp(x: Vector, W: Matrix, b: Vector, step: float) -> list[float]:
    """x_l - step * sum_i W_il relu(<W_i, x> + b_i)."""
    hidden = [max(dot(row, x) + c, 0.0) for row, c in zip(W, b, strict=True)]
    return [x[k] - step * sum(W[i][k] * hidden[i] for i in range(len(W))) for k in range(len(x))]


def attention_weights(points: Matrix, weights: Vector, x: Vector, A: Matrix) -> list[float]:
    """p_j(x) proportional to a_j exp<x, A y_j>, 0 where a_j = 0."""
    kept = [j for j, a in enumerate(weights) if a > 0]
    p = softmax([math.log(weights[j]) + dot(x, apply(A, points[j])) for j in kept])
    result = [0.0] * len(weights)
    for j, value in zip(kept, p, strict=True):
        result[j] = value
    return result


def attention_mean(points: Matrix, weights: Vector, x: Vector, A: Matrix) -> list[float]:
    """sum_j p_j(x) A y_j."""
    p = attention_weights(points, weights, x, A)
    values = [apply(A, y) for y in points]
    return [sum(p[j] * values[j][k] for j in range(len(p))) for k in range(len(x))]


def attention_covariance(points: Matrix, weights: Vector, x: Vector, A: Matrix) -> list[list[float]]:
    """sum_j p_j (A y_j - E)(A y_j - E)^T."""
    p = attention_weights(points, weights, x, A)
    values = [apply(A, y) for y in points]
    centre = attention_mean(points, weights, x, A)
    d = range(len(x))
    return [
        [sum(p[j] * (values[j][k] - centre[k]) * (values[j][m] - centre[m]) for j in range(len(p))) for m in d]
        for k in d
    ]


def gradient_attention(points: Matrix, weights: Vector, x: Vector, A: Matrix, step: float) -> list[float]:
    """x - step * sum_j p_j(x) A y_j."""
    return [a - step * m for a, m in zip(x, attention_mean(points, weights, x, A), strict=True)]


def log_partition(points: Matrix, weights: Vector, x: Vector, A: Matrix) -> float:
    """log sum_j a_j exp<x, A y_j>."""
    return math.log(sum(a * math.exp(dot(x, apply(A, y))) for y, a in zip(points, weights, strict=True)))


def affine_mean(points: Matrix, weights: Vector, x: Vector, q: float, c: float) -> list[float]:
    """q x + c sum_j a_j y_j."""
    return [q * x[k] + c * sum(a * y[k] for y, a in zip(points, weights, strict=True)) for k in range(len(x))]


def diameter(points: Matrix, weights: Vector) -> float:
    """max |y_i - y_j| over atoms of positive weight."""
    kept = [y for y, a in zip(points, weights, strict=True) if a > 0]
    return max(math.dist(y, z) for y in kept for z in kept)


def wasserstein_1d(source: Sequence[tuple[float, float]], target: Sequence[tuple[float, float]], p: float) -> float:
    """(integral_0^1 |Q_source(t) - Q_target(t)|^p dt)^(1/p); entries are (position, weight).

    Greedy: the leftmost mass that is left goes to the leftmost place that is left.
    """
    left, right = (sorted([y, a] for y, a in m if a > 0) for m in (source, target))
    total, i, j = 0.0, 0, 0
    while i < len(left) and j < len(right):
        mass = min(left[i][1], right[j][1])
        total += mass * abs(left[i][0] - right[j][0]) ** p
        left[i][1] -= mass
        right[j][1] -= mass
        i, j = i + (left[i][1] <= 0), j + (right[j][1] <= 0)
    return total ** (1 / p)
