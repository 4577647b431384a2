"""Linear attention over the rationals: layers of an exact measure, and the recursion on its second moment alone."""

from __future__ import annotations

from fractions import Fraction

from torch_impl.reference.exact import ExactMeasure, Matrix, Vector, dot


def apply(matrix: Matrix, vector: Vector) -> Vector:
    return tuple(dot(row, vector) for row in matrix)


def multiply(*matrices: Matrix) -> Matrix:
    result = matrices[0]
    for other in matrices[1:]:
        columns = tuple(zip(*other, strict=True))
        result = tuple(tuple(dot(row, column) for column in columns) for row in result)
    return result


def transpose(matrix: Matrix) -> Matrix:
    return tuple(zip(*matrix, strict=True))


def second_moment(measure: ExactMeasure) -> Matrix:
    """M = sum_j a_j y_j y_j^T."""
    d = range(len(measure.points[0]))
    atoms = list(zip(measure.points, measure.weights, strict=True))
    return tuple(tuple(sum((a * y[i] * y[j] for y, a in atoms), Fraction(0)) for j in d) for i in d)


def linear_layer(measure: ExactMeasure, A: Matrix, V: Matrix, h: Fraction) -> ExactMeasure:
    """x -> x + h V sum_j a_j y_j <A x, y_j>, token by token from the definition."""
    points = []
    for x in measure.points:
        theta = apply(A, x)
        total = [
            sum((a * y[i] * dot(theta, y) for y, a in zip(*measure, strict=True)), Fraction(0)) for i in range(len(x))
        ]
        points.append(tuple(c + h * v for c, v in zip(x, apply(V, tuple(total)), strict=True)))
    return ExactMeasure(tuple(points), measure.weights)


def moment_step(M: Matrix, A: Matrix, V: Matrix, h: Fraction) -> Matrix:
    """W M W^T, W = I + h V M A."""
    inside = multiply(V, M, A)
    d = range(len(M))
    W = tuple(tuple(Fraction(i == j) + h * inside[i][j] for j in d) for i in d)
    return multiply(W, M, transpose(W))
