"""Bounds as numbers: exact rationals where the mathematics is rational, balls (Arb) where it is not, outward both.

A lemma's bound is evaluated in ball arithmetic with `PRECISION` bits and its upper end kept, so e^1000 is 1.98e+434 and
never inf; a number that even Arb cannot hold (e^(10^100)) is said to be "above every number Arb can hold".
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import reduce

import flint
import sympy as sp
from flint import arb

from proofcheck.errors import ArgumentError
from torch_impl.bounds import lemma_bound
from torch_impl.reference.balls import ball, upper
from torch_impl.rounding import float_down, float_up, sqrt_up

PRECISION = 128  # bits
DIGITS = 6  # shown
_PLAIN = 10**4  # decimal exponents up to which a ball is turned into a rational

Size = Fraction | arb  # an upper bound: exact, or a ball whose upper end is meant


def rounded_up(value: Fraction, bits: int = PRECISION) -> Fraction:
    """The smallest rational with `bits` significant bits that is >= value >= 0: sums stay short over many layers."""
    excess = value.numerator.bit_length() - value.denominator.bit_length() - bits
    unit = Fraction(2) ** excess
    return value if value.denominator.bit_length() <= bits and excess <= 0 else -(-value // unit) * unit


def hypotenuse(sizes: Iterable[Fraction]) -> Fraction:
    """>= (sum of squares)^(1/2) of numbers of any sign, exactly the largest if the others are 0."""
    kept = [abs(v) for v in sizes if v]
    if len(kept) < 2:
        return kept[0] if kept else Fraction(0)
    return rounded_up(sqrt_up(sum((v * v for v in kept), Fraction(0))))


def hypotenuse_ball(sizes: Iterable[arb]) -> arb:
    """`hypotenuse` of balls >= 0."""
    kept = [v for v in sizes if not v.is_zero()]
    if len(kept) < 2:
        return kept[0] if kept else arb(0)
    with flint.ctx.workprec(PRECISION):
        return reduce(lambda a, b: a + b, (v * v for v in kept)).sqrt().upper()


def bound(lemma: str, key: str, **values: Fraction) -> arb:
    """>= BOUNDS[key] of the lemma where each symbol has at most this value: its upper end, as an exact ball.

    The bound must increase in every symbol, as the context constants do.

    Raises:
        ArgumentError: no such lemma or bound, or a symbol without a value.
    """
    with flint.ctx.workprec(PRECISION):
        value = _ball(lemma_bound(lemma, key), {name: ball(v) for name, v in values.items()})
        return value.upper() if value.is_finite() else arb("+inf")


def _ball(expr: sp.Basic, values: Mapping[str, arb]) -> arb:
    if isinstance(expr, sp.Rational):
        return ball(Fraction(int(expr.p), int(expr.q)))
    if isinstance(expr, sp.Symbol):
        if expr.name not in values:
            raise ArgumentError(f"bound: a value is required for {expr.name!r}, got {sorted(values)}.")
        return values[expr.name]
    if isinstance(expr, sp.exp):
        return _ball(expr.args[0], values).exp()
    if isinstance(expr, sp.Pow) and isinstance(expr.exp, sp.Rational) and expr.exp.q in (1, 2):
        base = _ball(expr.base, values)
        root = base.nonnegative_part().sqrt() if expr.exp.q == 2 else base
        power = reduce(lambda a, b: a * b, [root] * abs(int(expr.exp.p)))  # arb ** int is NaN for a ball around 0
        return power if expr.exp.p > 0 else 1 / power
    if isinstance(expr, sp.Add | sp.Mul | sp.Max | sp.Min):
        combine = {
            sp.Add: lambda a, b: a + b,
            sp.Mul: lambda a, b: a * b,
            sp.Max: lambda a, b: a.max(b),
            sp.Min: lambda a, b: a.min(b),
        }[next(kind for kind in (sp.Add, sp.Mul, sp.Max, sp.Min) if isinstance(expr, kind))]
        return reduce(combine, [_ball(a, values) for a in expr.args])
    raise ArgumentError(
        f"bound: only rationals, symbols, + * ** exp Max Min are read, got {expr} ({type(expr).__name__})."
    )


def as_ball(value: Size) -> arb:
    """A ball that contains the value, its upper end >= the value."""
    with flint.ctx.workprec(PRECISION):
        return ball(value).upper() if isinstance(value, Fraction) else value


def text(value: Size, digits: int = DIGITS, *, up: bool = True) -> str:
    """A decimal of `digits` significant digits >= value (<= value if not `up`), value >= 0; exact where that fits."""
    if isinstance(value, arb):
        if not value.is_finite():
            return "above every number Arb can hold"
        if value.is_zero():
            return "0"
        with flint.ctx.workprec(PRECISION):
            log = (value.log() / arb(10).log()).upper()
        if abs(log) < _PLAIN:
            return text(upper(value), digits, up=up)
        exponent = upper(log)
        if exponent > 10**15:
            return f"10^({text(exponent, digits)})"
        with flint.ctx.workprec(PRECISION):
            mantissa = (arb(10) ** ball(exponent - math.floor(exponent))).upper()
        return f"{text(upper(mantissa), digits)}e+{math.floor(exponent)}"
    if value == 0:
        return "0"
    if value < 0:
        return f"-{text(-value, digits, up=not up)}"
    power = _floor_log10(value)
    scaled = value / Fraction(10) ** (power - digits + 1)
    whole = -(-scaled.numerator // scaled.denominator) if up else scaled.numerator // scaled.denominator
    if whole == 10**digits:
        whole, power = whole // 10, power + 1
    figures = str(whole).rstrip("0") or "0"
    if -4 <= power < digits:
        point = power + 1
        if point <= 0:
            return "0." + "0" * -point + figures
        figures = figures.ljust(point, "0")
        return figures[:point] + ("." + figures[point:] if figures[point:] else "")
    mantissa = figures[0] + ("." + figures[1:] if figures[1:] else "")
    return f"{mantissa}e{power:+03d}"


def document(value: Size | None, *, up: bool = True) -> dict[str, object] | None:
    """The bound as JSON: text, the nearest safe float (null beyond the floats), log10 rounded up (null for 0)."""
    if value is None:
        return None
    shown = text(value, up=up)
    if isinstance(value, arb):
        if not value.is_finite():
            return {"text": shown, "float": None, "log10": None}
        with flint.ctx.workprec(PRECISION):
            log = None if value.is_zero() else (value.log() / arb(10).log()).upper()
        small = log is None or abs(log) < _PLAIN
        number = float_up(upper(value)) if small else math.inf
        return {
            "text": shown,
            "float": number if number < math.inf else None,
            "log10": None if log is None else float_up(upper(log)),
        }
    number = float_up(value) if up else float_down(value)
    return {
        "text": shown,
        "float": number if abs(number) < math.inf else None,
        "log10": document(as_ball(value))["log10"] if value > 0 else None,  # type: ignore[index]
    }


def _floor_log10(value: Fraction) -> int:
    """floor(log10 value), exactly, for value > 0."""
    guess = math.floor((value.numerator.bit_length() - value.denominator.bit_length()) * math.log10(2))
    while Fraction(10) ** guess > value:
        guess -= 1
    while Fraction(10) ** (guess + 1) <= value:
        guess += 1
    return guess
