"""Exact rationals where possible, rigorous balls where not: what every decision of the hammer is made with.

A number is a flint.fmpq (exact) or a flint.arb (a ball that contains the true value). Floats enter as the
dyadic rationals they are. A sign is decided only when the whole ball lies on one side; otherwise the caller
repeats at the next of PRECISIONS and, when these are exhausted, says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from functools import reduce
from typing import Any

import flint
import sympy as sp
import torch
from flint import arb, fmpq
from torch import Tensor

from proofcheck.errors import ArgumentError

Number = Any  # fmpq | arb; python-flint ships no usable types for mixed arithmetic
Vector = list[Number]
Matrix = list[Vector]

PRECISIONS = (128, 256, 512, 1024, 2048)


class NoCondition(ArithmeticError):
    """A bound divides by an exact 0: at this point it says nothing."""


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Ball arithmetic with `bits` bits inside the block."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def rational(value: float | int | Fraction | fmpq) -> fmpq:
    """The exact value; a float is the dyadic rational it stores.

    Raises:
        ArgumentError: NaN or infinite.
    """
    if isinstance(value, fmpq):
        return value
    if isinstance(value, float) and not abs(value) < float("inf"):
        raise ArgumentError(f"rational: a finite number is required, got {value!r}. NaN decides nothing.")
    return fmpq(*value.as_integer_ratio())


def nested(tensor: Tensor) -> Any:
    """A tensor as nested lists of exact rationals (one rational for a scalar)."""

    def convert(entry: Any) -> Any:
        return [convert(e) for e in entry] if isinstance(entry, list) else rational(entry)

    return convert(tensor.detach().to(device="cpu", dtype=torch.float64).tolist())


def to_float(value: Number) -> float:
    """Nearest float of a rational, midpoint of a ball; for display and for feeding floats to torch."""
    if isinstance(value, fmpq):
        return int(value.p) / int(value.q)
    return float(value.mid())


def to_tensor(value: Any, like: Tensor) -> Tensor:
    """Nested lists of rationals as a tensor of `like`'s dtype and device."""

    def convert(entry: Any) -> Any:
        return [convert(e) for e in entry] if isinstance(entry, list) else to_float(entry)

    return torch.tensor(convert(value), dtype=torch.float64).to(dtype=like.dtype, device=like.device)


def sign(value: Number) -> int | None:
    """-1, 0 or 1; None if the ball does not decide."""
    if isinstance(value, fmpq):
        return (value > 0) - (value < 0)
    if value > 0:
        return 1
    if value < 0:
        return -1
    return 0 if value.is_zero() else None


def lower(value: Number) -> fmpq:
    """A rational <= value."""
    return value if isinstance(value, fmpq) else _exact_ball(value.lower())


def upper(value: Number) -> fmpq:
    """A rational >= value."""
    return value if isinstance(value, fmpq) else _exact_ball(value.upper())


def finite(value: Number) -> bool:
    return isinstance(value, fmpq) or value.is_finite()


def _exact_ball(value: arb) -> fmpq:
    mantissa, exponent = value.man_exp()
    m, e = int(mantissa), int(exponent)
    return fmpq(m << e) if e >= 0 else fmpq(m, 1 << -e)


def dot(u: Vector, v: Vector) -> Number:
    return sum((a * b for a, b in zip(u, v, strict=True)), fmpq(0))


def norm2(u: Vector) -> Number:
    return dot(u, u)


def minus(u: Vector, v: Vector) -> Vector:
    return [a - b for a, b in zip(u, v, strict=True)]


def apply(matrix: Matrix, v: Vector) -> Vector:
    return [dot(row, v) for row in matrix]


def transpose(matrix: Matrix) -> Matrix:
    return [list(column) for column in zip(*matrix, strict=True)]


def largest(values: Sequence[Number]) -> Number:
    """Maximum; balls are joined by the ball maximum."""
    if all(isinstance(v, fmpq) for v in values):
        return max(values)
    return reduce(lambda a, b: a.max(b), [arb(v) for v in values])


def sqrt(value: Number) -> Number:
    """Exact for squares of rationals."""
    if isinstance(value, fmpq):
        if value < 0:
            raise ArgumentError(f"sqrt: value must be >= 0, got {value}.")
        p, q = int(value.p), int(value.q)
        root_p, root_q = int(flint.fmpz(p).isqrt()), int(flint.fmpz(q).isqrt())
        if root_p * root_p == p and root_q * root_q == q:
            return fmpq(root_p, root_q)
    return arb(value).sqrt()


def exp(value: Number) -> Number:
    return fmpq(1) if isinstance(value, fmpq) and value == 0 else arb(value).exp()


def operator_norm(matrix: Matrix) -> Number:
    """|M|_2, the root of the largest eigenvalue of the smaller Gram matrix: exact when that root is rational.

    The characteristic polynomial is exact and its real roots are isolated rigorously, so the enclosure
    shrinks with the working precision whatever the multiplicities.
    """
    rows = matrix if len(matrix) <= len(matrix[0]) else transpose(matrix)
    size = len(rows)
    if size == 1:
        return sqrt(norm2(rows[0]))
    # a common power of two keeps the integers of the polynomial short
    top = max((abs(e) for row in rows for e in row), default=fmpq(0))
    if top == 0:
        return fmpq(0)
    shift = int(top.p).bit_length() - int(top.q).bit_length()
    scale = fmpq(1 << shift) if shift >= 0 else fmpq(1, 1 << -shift)
    scaled = [[e / scale for e in row] for row in rows]
    gram = flint.fmpq_mat([[dot(u, v) for v in scaled] for u in scaled])
    best: Number = fmpq(0)
    for factor, _ in gram.charpoly().factor_squarefree()[1]:
        for root in _real_roots(factor):
            best = root if sign(best) == 0 else largest([best, root])
    return sqrt(best if isinstance(best, fmpq) else best.max(arb(0))) * scale


def _real_roots(polynomial: Any) -> list[Number]:
    """Positive roots of a squarefree rational polynomial all of whose roots are real."""
    coefficients = polynomial.coeffs()
    if len(coefficients) == 2:
        return [-coefficients[0] / coefficients[1]]
    if max(int(c.p).bit_length() + int(c.q).bit_length() for c in coefficients) < 4096:
        exact = [r for r, _ in polynomial.roots()]
        if len(exact) == len(coefficients) - 1:
            return exact
    return [root.real for root, _ in polynomial.numer().complex_roots()]


def evaluate(expr: sp.Basic, values: Mapping[str, Number]) -> Number:
    """A SymPy bound at exact values: Rational, Float (as stored), Symbol, Add, Mul, Pow, exp, log, Max, Min, Abs.

    Raises:
        NoCondition: a denominator is exactly 0.
        ArgumentError: another node, or a symbol without a value.
    """
    if isinstance(expr, sp.Rational):
        return fmpq(int(expr.p), int(expr.q))
    if isinstance(expr, sp.Float):
        return evaluate(sp.Rational(expr), values)
    if isinstance(expr, sp.Symbol):
        if expr.name not in values:
            raise ArgumentError(f"evaluate: no value for symbol {expr.name!r}, got {sorted(values)}.")
        return values[expr.name]
    if isinstance(expr, sp.Pow):
        return _power(evaluate(expr.base, values), expr.exp, values)
    if expr == sp.E:
        return arb.const_e()
    arguments = [evaluate(a, values) for a in expr.args]
    simple: dict[type, Callable[[Number, Number], Number]] = {
        sp.Add: lambda a, b: a + b,
        sp.Mul: lambda a, b: a * b,
        sp.Max: lambda a, b: largest([a, b]),
        sp.Min: lambda a, b: -largest([-a, -b]),
    }
    for node, combine in simple.items():
        if isinstance(expr, node):
            return reduce(combine, arguments)
    if isinstance(expr, sp.exp):
        return exp(arguments[0])
    if isinstance(expr, sp.log):
        return arb(arguments[0]).log()
    if isinstance(expr, sp.Abs):
        return abs(arguments[0])
    raise ArgumentError(f"evaluate: cannot evaluate {type(expr).__name__} in {expr} exactly.")


def _power(base: Number, exponent: sp.Basic, values: Mapping[str, Number]) -> Number:
    if isinstance(exponent, sp.Rational) and exponent.q in (1, 2):
        base = sqrt(base) if exponent.q == 2 else base
        power = int(exponent.p)
        if power >= 0:
            return _whole_power(base, power)
        if sign(base) == 0:
            raise NoCondition(f"denominator {base} is 0")
        return 1 / _whole_power(base, -power)
    return (arb(base).log() * arb(evaluate(exponent, values))).exp()


def _whole_power(base: Number, power: int) -> Number:
    return reduce(lambda a, b: a * b, [base] * power, fmpq(1))


def simplest_between(low: fmpq, high: fmpq) -> fmpq:
    """The rational of smallest denominator in (low, high], by the Stern-Brocot tree; low < high."""
    if low >= high:
        raise ArgumentError(f"simplest_between: low < high is required, got low={low}, high={high}.")
    floor = int(low.p) // int(low.q)
    if fmpq(floor + 1) <= high:
        return fmpq(0) if low < 0 <= high else fmpq(floor + 1)
    # floor <= low < high < floor + 1: descend on the reciprocals of the fractional parts
    below, above = low - floor, high - floor
    inverse = _simplest_from(1 / above, None if below == 0 else 1 / below)
    return fmpq(floor) + 1 / inverse


def _simplest_from(low: fmpq, high: fmpq | None) -> fmpq:
    """The simplest rational in [low, high), high None for infinity; 0 < low."""
    ceiling = -(-int(low.p) // int(low.q))
    if high is None or fmpq(ceiling) < high:
        return fmpq(ceiling)
    floor = ceiling - 1 if fmpq(ceiling) != low else ceiling
    # here low and high lie in [floor, floor + 1]; (1/(high-floor), 1/(low-floor)] on the reciprocals
    below = low - floor
    inverse_low = 1 / (high - floor)
    if below == 0:
        return fmpq(floor)
    return fmpq(floor) + 1 / simplest_between(inverse_low, 1 / below)
