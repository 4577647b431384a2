"""Ball arithmetic twins (python-flint arb): every result is an interval that contains the real value.

Inputs are exact rationals, so the only width comes from `precision` bits of working precision. `lower` and
`upper` give the ends as Fractions; a comparison of two balls is decided only when they are disjoint.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

import flint
from flint import arb

from torch_impl.reference.exact import ExactMeasure, Matrix, Vector, apply, dot

PRECISION = 200  # bits


def ball(value: Fraction) -> arb:
    """The rational as a ball, at the current working precision."""
    return arb(flint.fmpq(value.numerator, value.denominator))


def lower(value: arb) -> Fraction:
    """The lower end of the ball, exactly; arb's own `lower` would round to the current precision."""
    return _dyadic(value.mid()) - _dyadic(value.rad())


def upper(value: arb) -> Fraction:
    """The upper end of the ball, exactly."""
    return _dyadic(value.mid()) + _dyadic(value.rad())


def softmax(scores: Sequence[Fraction], *, precision: int = PRECISION) -> list[arb]:
    """exp z_j / sum_k exp z_k."""
    with flint.ctx.workprec(precision):
        return _softmax([1] * len(scores), scores)


def attention_weights(measure: ExactMeasure, x: Vector, A: Matrix, *, precision: int = PRECISION) -> list[arb]:
    """p_j(x) = a_j exp<x, A y_j> / sum_k a_k exp<x, A y_k>."""
    with flint.ctx.workprec(precision):
        return _softmax(measure.weights, [dot(x, apply(A, y)) for y in measure.points])


def attention_mean(measure: ExactMeasure, x: Vector, A: Matrix, *, precision: int = PRECISION) -> list[arb]:
    """sum_j p_j(x) A y_j."""
    with flint.ctx.workprec(precision):
        p = attention_weights(measure, x, A, precision=precision)
        values = [apply(A, y) for y in measure.points]
        return [_sum((pj * ball(v[k]) for pj, v in zip(p, values, strict=True))) for k in range(len(A))]


def attention_covariance(measure: ExactMeasure, x: Vector, A: Matrix, *, precision: int = PRECISION) -> list[list[arb]]:
    """sum_j p_j (A y_j - E)(A y_j - E)^T."""
    with flint.ctx.workprec(precision):
        p = attention_weights(measure, x, A, precision=precision)
        centre = attention_mean(measure, x, A, precision=precision)
        gaps = [[ball(v) - c for v, c in zip(apply(A, y), centre, strict=True)] for y in measure.points]
        d = range(len(centre))
        return [[_sum((pj * g[k] * g[m] for pj, g in zip(p, gaps, strict=True))) for m in d] for k in d]


def gradient_attention(
    measure: ExactMeasure, x: Vector, A: Matrix, step: Fraction, *, precision: int = PRECISION
) -> list[arb]:
    """x - step * sum_j p_j(x) A y_j."""
    with flint.ctx.workprec(precision):
        moved = attention_mean(measure, x, A, precision=precision)
        return [ball(a) - ball(step) * m for a, m in zip(x, moved, strict=True)]


def attention_jacobian(
    measure: ExactMeasure, x: Vector, A: Matrix, step: Fraction, *, precision: int = PRECISION
) -> list[list[arb]]:
    """D_x of the layer: I - step * Cov_x(A y)."""
    with flint.ctx.workprec(precision):
        covariance = attention_covariance(measure, x, A, precision=precision)
        return [
            [arb(int(k == m)) - ball(step) * entry for m, entry in enumerate(row)] for k, row in enumerate(covariance)
        ]


def log_partition(measure: ExactMeasure, x: Vector, A: Matrix, *, precision: int = PRECISION) -> arb:
    """log sum_j a_j exp<x, A y_j>."""
    with flint.ctx.workprec(precision):
        terms = (
            ball(a) * ball(dot(x, apply(A, y))).exp() for y, a in zip(measure.points, measure.weights, strict=True)
        )
        return _sum(terms).log()


def distance(u: Sequence[arb], v: Sequence[arb], *, precision: int = PRECISION) -> arb:
    """|u - v|."""
    with flint.ctx.workprec(precision):
        # a square is >= 0: cutting the ball there keeps the root of a near-zero sum defined
        square = _sum(((a - b) * (a - b) for a, b in zip(u, v, strict=True)))  # ** 2 of a ball around 0 is NaN
        return square.nonnegative_part().sqrt()


def _softmax(masses: Sequence[Fraction | int], scores: Sequence[Fraction]) -> list[arb]:
    top = max(scores)  # exact: a shift changes nothing over the reals and keeps exp in range
    powers = [ball(Fraction(a)) * ball(z - top).exp() for a, z in zip(masses, scores, strict=True)]
    total = _sum(powers)
    return [e / total for e in powers]


def _sum(terms: Iterable[arb]) -> arb:
    total = arb(0)
    for term in terms:
        total = total + term
    return total


def _dyadic(value: arb) -> Fraction:
    mantissa, exponent = value.man_exp()
    return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
