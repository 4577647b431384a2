"""Float literals of code, read as the exact numbers they stand for.

A graph holds 0.7071067811865475 where the author wrote 1/math.sqrt(2). A literal is read as the first of

    an integer, a dyadic number with denominator <= 1024, a short decimal (1e-5, 0.044715),
    p/q, sqrt(p/q), (p/q)**(1/4), pi*p/q, sqrt(p/(q*pi)), log(p/q)

with small p, q whose rounding to the literal's dtype is the literal (for the irrational ones up to four units in
the last place: they come out of several operations); else as the float itself, an exact dyadic number. A reading
that is not the float itself is a statement about the author's intent, so `Reading.exact` is kept and shown.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import sympy as sp

from proofcheck.errors import ArgumentError

_DYADIC = 1024
_DIGITS = 8  # of a short decimal
_ULPS = 4


class Reading(NamedTuple):
    """The number a float literal was read as; `exact`: the float is that number."""

    value: sp.Expr
    exact: bool


def _rational(value: Fraction) -> sp.Expr:
    return sp.Rational(value.numerator, value.denominator)


def _candidates(value: float, largest: int, small: int) -> list[tuple[float, Callable[[Fraction], sp.Expr], int]]:
    """(number that should be a small rational, the literal in terms of that rational, bound of p and q)."""
    size = abs(value)
    found: list[tuple[float, Callable[[Fraction], sp.Expr], int]] = [
        (size**2, lambda r: sp.sqrt(_rational(r)), largest),
        (size**4, lambda r: sp.root(_rational(r), 4), small),
        (size / math.pi, lambda r: sp.pi * _rational(r), small),
        (size**2 * math.pi, lambda r: sp.sqrt(_rational(r) / sp.pi), small),
    ]
    if size < 40:
        found.append((math.exp(size), lambda r: sp.log(_rational(r)), small))
    return found


def read_literal(value: float, unit: float = 2.0**-53) -> Reading:
    """The exact number that `value`, rounded with unit roundoff `unit`, stands for.

    Raises:
        ArgumentError: NaN.
    """
    if math.isnan(value):
        raise ArgumentError("read_literal: a number required, got nan. No formula contains it.")
    if math.isinf(value):
        return Reading(sp.oo if value > 0 else -sp.oo, True)
    exact = Fraction(value)
    if exact.denominator <= _DYADIC:
        return Reading(_rational(exact), True)
    # a float32 literal fixes fewer digits, so fewer numbers may compete for it
    largest, small = (1000, 64) if unit <= 2.0**-50 else (24, 8)
    sign = 1 if value > 0 else -1

    decimal = Fraction(repr(value))
    if len(repr(value).split("e")[0].replace(".", "").strip("-0")) <= _DIGITS:
        return Reading(_rational(decimal), decimal == exact)
    near = exact.limit_denominator(largest)
    if near and abs(near - exact) <= abs(exact) * Fraction(unit):
        return Reading(_rational(near), False)
    for number, formula, bound in _candidates(value, largest, small):
        near = Fraction(number).limit_denominator(bound)
        if near <= 0 or near.numerator > bound:
            continue
        candidate = formula(near)
        gap = abs(candidate.evalf(40) - _rational(abs(exact)))
        if gap <= abs(_rational(exact)) * _rational(Fraction(unit) * 2 * _ULPS):
            return Reading(sign * candidate, False)
    return Reading(_rational(exact), True)
