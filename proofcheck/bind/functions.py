"""SymPy building blocks for branches, as functions that a normal form can treat as atoms.

    Step(p)        1 if p > 0, else 0
    IsZero(p)      1 if p = 0, else 0
    Where(c, a, b) a if c = 1, b if c = 0;  c is 0/1-valued, built from Step and IsZero

Conditions are 0/1-valued expressions throughout: not c is 1 - c, (c and e) is c*e.
"""

from __future__ import annotations

from typing import Any

import sympy as sp


class Step(sp.Function):
    """1 if the argument is positive, else 0."""

    nargs = 1
    is_real = True
    is_nonnegative = True

    @classmethod
    def eval(cls, argument: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        if argument.is_Rational or argument in (sp.oo, -sp.oo):
            return sp.Integer(1 if argument > 0 else 0)
        return None


class IsZero(sp.Function):
    """1 if the argument is 0, else 0."""

    nargs = 1
    is_real = True
    is_nonnegative = True

    @classmethod
    def eval(cls, argument: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        if argument.is_Rational or argument in (sp.oo, -sp.oo):
            return sp.Integer(1 if argument == 0 else 0)
        return None


class Where(sp.Function):
    """The second argument where the first, 0/1-valued, is 1, else the third."""

    nargs = 3
    is_real = True

    @classmethod
    def eval(cls, condition: Any, yes: Any, no: Any) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        if condition == 1:
            return yes
        if condition == 0 or yes == no:
            return no
        return None


def maximum(left: Any, right: Any) -> sp.Expr:
    """max(left, right); SymPy's own Max would try to order symbolic arguments, which is slow."""
    return _extreme(sp.Max, left, right)


def minimum(left: Any, right: Any) -> sp.Expr:
    """min(left, right)."""
    return _extreme(sp.Min, left, right)


def _extreme(kind: Any, left: Any, right: Any) -> sp.Expr:
    left, right = sp.sympify(left, strict=True), sp.sympify(right, strict=True)
    if left == right:
        return left
    for one, other in ((left, right), (right, left)):
        if one in (sp.oo, -sp.oo):
            return one if (one is sp.oo) == (kind is sp.Max) else other
    if left.is_Rational and right.is_Rational:
        return kind(left, right)
    return kind(left, right, evaluate=False)


def greater(left: Any, right: Any) -> Any:
    """1 if left > right, else 0."""
    return Step(difference(left, right))


def equal(left: Any, right: Any) -> Any:
    """1 if left = right, else 0."""
    return sp.Integer(1) if left == right else IsZero(difference(left, right))


def difference(left: Any, right: Any) -> sp.Expr:
    """left - right, where one of them may be infinite; every other expression is finite."""
    if left == right:
        return sp.Integer(0)
    if left in (sp.oo, -sp.oo):
        return left
    return -right if right in (sp.oo, -sp.oo) else left - right
