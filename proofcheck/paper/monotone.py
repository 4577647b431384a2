r"""A difference that is nonnegative because all its coefficients are: exact, for sums and products of e^t.

With nonnegative symbols and t a monomial with a positive coefficient, e^t = 1 + z or 1 + t + z for some z >= 0. If
left - right is a polynomial in the symbols and in such z with no negative coefficient, then left >= right.
The finders of `proofcheck.search` know less about e^t; everything else is left to them.
"""

from __future__ import annotations

import math
from typing import Any

import sympy as sp

MAX_OPERATIONS = 200
MAX_POWER = 12


def at_least(left: sp.Expr, right: sp.Expr) -> bool:
    """Whether left >= right by its coefficients; False when that is not seen."""
    if max(left.count_ops(), right.count_ops()) > MAX_OPERATIONS:
        return False
    difference = sp.powsimp(sp.expand(left - right), combine="exp", force=False)
    difference: sp.Expr = sp.expand(difference, power_exp=False)
    if not all(symbol.is_nonnegative for symbol in difference.free_symbols):
        return False
    units: dict[sp.Expr, int] = {}
    for factor in sorted(difference.atoms(sp.exp), key=sp.default_sort_key):
        coefficient, rest = _coefficient(factor)
        if not (coefficient.is_Rational and coefficient > 0 and rest.is_nonnegative and not rest.is_Add):
            return False
        units[rest] = math.lcm(units.get(rest, 1), int(coefficient.q))
    return any(_has_no_negative(difference, units, first) for first in (False, True))


def _coefficient(exponential: Any) -> tuple[Any, Any]:
    """(c, t) of e^(c t)."""
    return exponential.args[0].as_coeff_Mul()


def _has_no_negative(difference: sp.Expr, units: dict[sp.Expr, int], first: bool) -> bool:
    """`first`: whether e^t is written 1 + t + z rather than 1 + z."""
    values: dict[sp.Expr, sp.Expr] = {}
    extra: list[sp.Symbol] = []
    for number, (rest, unit) in enumerate(units.items()):
        z = sp.Symbol(f"z_{number}", nonnegative=True)
        extra.append(z)
        for factor in difference.atoms(sp.exp):
            coefficient, own = _coefficient(factor)
            if own == rest:
                power = int(coefficient * unit)
                if power > MAX_POWER:
                    return False
                values[factor] = (1 + (rest / unit if first else 0) + z) ** power
    generators = [*sorted(difference.free_symbols, key=str), *extra]
    if not generators:
        return bool(difference.is_nonnegative)
    try:
        polynomial = sp.Poly(sp.expand(difference.xreplace(values)), *generators)
    except sp.PolynomialError:
        return False
    return all(c.is_Rational and c >= 0 for c in polynomial.coeffs())
