"""A rational point at which two expressions certainly differ, made as simple as a short search can.

Points are tried in a fixed order; the decision at a point is exact (see `evaluate.differ`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from proofcheck.bind.errors import Undefined
from proofcheck.bind.evaluate import Evaluator, differ

POINTS = 60
Point = dict[sp.Symbol, Fraction]


@dataclass(frozen=True)
class Found:
    """The point and both values there."""

    point: Point
    left: Any
    right: Any


def points(names: Sequence[sp.Symbol], seed: int = 0) -> Iterator[Point]:
    """Rational points of mixed signs and sizes; positive symbols get positive values."""
    source = random.Random(seed)
    while True:
        largest = source.choice((1, 2, 3))
        below = source.choice((1, 1, 2, 3))
        point = {}
        for name in names:
            value = Fraction(source.randint(-largest * below, largest * below), below)
            if name.is_nonnegative:
                value = abs(value)
            if (name.is_positive or name.is_nonzero) and value == 0:
                value = Fraction(1, below)
            point[name] = value
        yield point


def differs_at(left: sp.Expr, right: sp.Expr, point: Point, evaluator: Evaluator | None = None) -> Found | None:
    """Both values, if they certainly differ at the point."""
    evaluator = evaluator or Evaluator(point)
    try:
        one, two = evaluator.value(left), evaluator.value(right)
    except Undefined:
        return None
    return Found(point, one, two) if differ(one, two) else None


def search(left: sp.Expr, right: sp.Expr, tries: int = POINTS) -> Found | None:
    """A point at which the expressions differ, None if none of `tries` points shows a difference."""
    names = _names(left, right)
    for _, point in zip(range(tries), points(names), strict=False):
        found = differs_at(left, right, point)
        if found:
            return simplified(left, right, found)
    return None


def _names(left: sp.Expr, right: sp.Expr) -> list[sp.Symbol]:
    return sorted(left.free_symbols | right.free_symbols, key=lambda s: s.sort_key())  # type: ignore[union-attr]


def simplified(left: sp.Expr, right: sp.Expr, found: Found) -> Found:
    """The same with as many coordinates 0, 1 or -1 as single replacements allow."""
    names = _names(left, right)
    best = Found({n: found.point[n] for n in names}, found.left, found.right)
    for _ in range(2):
        for name in names:
            for simple in (Fraction(0), Fraction(1), Fraction(-1)):
                if simple == best.point[name]:
                    break
                if (simple <= 0 and name.is_positive) or (simple < 0 and name.is_nonnegative):
                    continue
                closer = differs_at(left, right, {**best.point, name: simple})
                if closer:
                    best = closer
                    break
    return best
