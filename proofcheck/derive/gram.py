"""Gram calculus: vectors without coordinates, known by their inner products only.

A vector is a linear combination sum_i c_i u_i of named vectors with SymPy coefficients; `inner` is bilinear
and symmetric and expands to the real symbols <u_i,u_j>. What is derived so holds in every real inner product
space, of any dimension.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy as sp

from proofcheck.errors import ArgumentError


class InnerProduct(sp.Symbol):
    """The real number <u,v> of two named vectors, as a SymPy symbol; u <= v."""

    __slots__ = ()

    def __new__(cls, left: str, right: str | None = None, **_: Any) -> InnerProduct:
        # SymPy rebuilds symbols (copy, pickle) from their printed name alone
        u, v = left.strip("<>").split(",") if right is None else sorted((left, right))
        return super().__new__(cls, f"<{u},{v}>", real=True)

    @property
    def factors(self) -> tuple[str, str]:
        """The names (u, v)."""
        u, v = self.name[1:-1].split(",")
        return u, v


@dataclass(frozen=True, eq=False)
class Vector:
    """sum of parts[name] * name; `+ - *` and division by numbers, nothing else."""

    parts: Mapping[str, sp.Expr]

    def __add__(self, other: Vector) -> Vector:
        if not isinstance(other, Vector):
            raise ArgumentError(f"Vector: a vector to add required, got {other}. Only vectors can be added.")
        names = sorted({*self.parts, *other.parts})
        sums = {n: sp.expand(self.parts.get(n, 0) + other.parts.get(n, sp.S.Zero)) for n in names}
        return Vector({n: c for n, c in sums.items() if c != 0})

    def __neg__(self) -> Vector:
        return self * -1

    def __sub__(self, other: Vector) -> Vector:
        return self + -other

    def __mul__(self, factor: sp.Expr | int) -> Vector:
        number = _number(factor)
        return Vector({n: number * c for n, c in self.parts.items() if number != 0})

    __rmul__ = __mul__

    def __truediv__(self, divisor: sp.Expr | int) -> Vector:
        return self * (1 / _number(divisor))


def _number(value: object) -> sp.Expr:
    if isinstance(value, int | Fraction) and not isinstance(value, bool):
        return sp.Rational(value.numerator, value.denominator)
    if not isinstance(value, sp.Expr):
        raise ArgumentError(f"Vector: an exact number required as factor, got {value!r}. Write inner(u, v) for two.")
    return value


def vectors(names: str) -> tuple[Vector, ...]:
    """One vector for each name in "u, v z".

    Raises:
        ArgumentError: a name holds other characters than letters, digits and _, or is repeated.
    """
    words = names.replace(",", " ").split()
    if len(set(words)) < len(words) or not all(w.isidentifier() and w.isascii() for w in words):
        raise ArgumentError(f"vectors: different names (letters, digits, _) required, got {names!r}.")
    return tuple(Vector({word: sp.S.One}) for word in words)


def inner(left: Vector, right: Vector) -> sp.Expr:
    """<left, right> = sum_ij a_i b_j <u_i,u_j>, expanded."""
    pairs = ((a * b, InnerProduct(u, v)) for u, a in left.parts.items() for v, b in right.parts.items())
    return sp.expand(sp.Add(*(coefficient * symbol for coefficient, symbol in pairs)))


def norm2(vector: Vector) -> sp.Expr:
    """|vector|**2, expanded."""
    return inner(vector, vector)


def gram_matrix(*members: Vector) -> sp.Matrix:
    """The matrix of inner products; positive semidefinite in every inner product space."""
    return sp.Matrix([[inner(u, v) for v in members] for u in members])
