"""What a reading is written in: vectors of rationals, finite measures, relations with a slack, nothing symbolic.

Numbers are Fractions. A root or an exponential that is irrational is a rational within 2**-300 of it (relatively, for
the exponential), so a reading is exact where it has none, and decided up to TINY elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import mpmath

BITS = 300
TINY = Fraction(1, 2**140)  # relative size below which a difference is that of rounded roots and exponentials
Number = Fraction | int


class UndefinedError(ArithmeticError):
    """The sentence speaks of a root of a negative number, or of an exponential too large to sample."""


class Vector:
    """A vector of R^d in Euclidean coordinates; the number 0 may stand for the zero vector in sums."""

    __slots__ = ("row",)

    def __init__(self, row: Iterable[Number]) -> None:
        self.row = tuple(map(Fraction, row))

    def __add__(self, other: Any) -> Vector:
        if isinstance(other, Vector):
            return Vector(a + b for a, b in zip(self.row, other.row, strict=True))
        if other == 0:
            return self
        raise TypeError(f"a vector plus {other!r}: a vector required")

    __radd__ = __add__

    def __neg__(self) -> Vector:
        return Vector(-a for a in self.row)

    def __sub__(self, other: Any) -> Vector:
        return self + (-other)

    def __rsub__(self, other: Any) -> Vector:
        return -self + other

    def __mul__(self, factor: Number) -> Vector:
        return Vector(a * factor for a in self.row)

    __rmul__ = __mul__

    def __truediv__(self, divisor: Number) -> Vector:
        return Vector(a / Fraction(divisor) for a in self.row)

    def __repr__(self) -> str:
        return f"Vector({', '.join(map(str, self.row))})"


def dot(u: Any, v: Any) -> Fraction:
    """<u, v>; 0 where one of them is the number 0, an integral over no atoms."""
    if not (isinstance(u, Vector) and isinstance(v, Vector)):
        if u == 0 or v == 0:
            return Fraction(0)
        raise TypeError(f"dot: two vectors required, got {u!r} and {v!r}")
    return sum((a * b for a, b in zip(u.row, v.row, strict=True)), Fraction(0))


def sq(u: Any) -> Fraction:
    """|u|^2 of a vector."""
    return dot(u, u)


def norm(u: Any) -> Fraction:
    """|u| of a vector."""
    return sqrt(sq(u))


def sqrt(x: Number) -> Fraction:
    """The root of x >= 0: exact if rational, else rounded to a multiple of 2**-300."""
    x = Fraction(x)
    if x < 0:
        raise UndefinedError(f"root of {float(x):.3g}")
    p, q = math.isqrt(x.numerator), math.isqrt(x.denominator)
    if p * p == x.numerator and q * q == x.denominator:
        return Fraction(p, q)
    return Fraction(math.isqrt(math.floor(x * 4**BITS)), 2**BITS)


def exp(x: Number) -> Fraction:
    """e^x to BITS binary digits; exp(0) is 1."""
    x = Fraction(x)
    if x == 0:
        return Fraction(1)
    if abs(x) > 400:
        raise UndefinedError(f"exp of {float(x):.3g}, too large to sample")
    with mpmath.workprec(BITS + 20):
        return _fraction(mpmath.exp(mpmath.mpf(x.numerator) / x.denominator))


def _fraction(x: Any) -> Fraction:
    sign, mantissa, exponent, _ = x._mpf_
    value = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -value if sign else value


@dataclass(frozen=True)
class Relation:
    """`slack rel 0` for every slack in the list: one, one for each atom, or the coefficients of a quadratic form.

    form: whether the slacks are one quadratic form in quantified vectors, given as the matrix on (1, q), row by row.
    probe: the slack at one value of the quantified vector; of an equation of vectors, its inner product with q.
    side: the left side of an equation, where a number; identities have slack 0 everywhere and are told by it.
    meant: what the sentence says, where the claim assumes less; it implies this relation.
    factor: what the slack was multiplied by so that it equals the claim's; positive wherever the sentence applies.
    """

    rel: str  # ">=", ">" or "=="
    slacks: tuple[Any, ...]
    form: bool = False
    probe: Callable[[Vector], Fraction] | None = None
    side: Fraction | None = None
    meant: Relation | None = None
    factor: Fraction = Fraction(1)

    def residuals(self) -> list[Fraction]:
        """The slacks as numbers, a vector by its coordinates."""
        return [x for s in self.slacks for x in (s.row if isinstance(s, Vector) else (Fraction(s),))]

    def holds(self) -> bool:
        """Whether it holds; a slack within TINY of 0 counts as 0."""
        if self.form and self.rel == ">=":
            side = math.isqrt(len(self.slacks))
            return semidefinite([list(self.slacks[i * side : (i + 1) * side]) for i in range(side)])
        values = self.residuals()
        zero = [abs(x) <= TINY for x in values]
        if self.rel == "==":
            return all(zero)
        return (
            all(x > 0 and not z for x, z in zip(values, zero, strict=True))
            if self.rel == ">"
            else all(x > 0 or z for x, z in zip(values, zero, strict=True))
        )


def _relation(rel: str, slack: Any) -> Relation:
    return Relation(rel, (slack,))


def eq(a: Any, b: Any) -> Relation:
    """a == b, numbers or vectors."""
    if isinstance(a, Vector) or isinstance(b, Vector):
        slack = a - b
        return Relation("==", (slack,), probe=lambda q: dot(slack, q))
    return Relation("==", (Fraction(a) - Fraction(b),), side=Fraction(a))


def ge(a: Any, b: Any) -> Relation:
    """a >= b."""
    return _relation(">=", a - b)


def le(a: Any, b: Any) -> Relation:
    """a <= b."""
    return _relation(">=", b - a)


def gt(a: Any, b: Any) -> Relation:
    """a > b."""
    return _relation(">", a - b)


def lt(a: Any, b: Any) -> Relation:
    """a < b."""
    return _relation(">", b - a)


def times(factor: Number, relation: Relation) -> Relation:
    """The same relation with its slack multiplied by `factor`, which the sentence makes positive."""
    return replace(
        relation,
        slacks=tuple(factor * s for s in relation.slacks),
        side=None if relation.side is None else factor * relation.side,
        factor=relation.factor * Fraction(factor),
    )


def weaker(meant: Relation, relation: Relation) -> Relation:
    """`relation`, where the sentence says `meant`, which implies it: the claim assumes less, so that it says more."""
    return replace(relation, meant=meant)


class Measure:
    """A finite positive measure: E(f) integrates, E.all(f) holds at every atom; f's parameters name what it reads."""

    def __init__(self, atoms: Sequence[tuple[Fraction, dict[str, Any]]]) -> None:
        self.atoms = list(atoms)

    @property
    def mass(self) -> Fraction:
        return sum((w for w, _ in self.atoms), Fraction(0))

    def _values(self, f: Callable[..., Any]) -> list[tuple[Fraction, Any]]:
        parameters = f.__code__.co_varnames[: f.__code__.co_argcount]
        return [(w, f(*(values[x] for x in parameters))) for w, values in self.atoms]

    def __call__(self, f: Callable[..., Any]) -> Any:
        total: Any = Fraction(0)
        for weight, value in self._values(f):
            total = weight * value + total
        return total

    def all(self, f: Callable[..., Relation]) -> Relation:
        """The relation at every atom."""
        found = [relation for _, relation in self._values(f)]
        if not found:
            return Relation(">=", ())
        slacks, factor = tuple(s for r in found for s in r.slacks), min(r.factor for r in found)
        meant = [r.meant for r in found if r.meant is not None]
        said = Relation(meant[0].rel, tuple(s for r in meant for s in r.slacks)) if meant else None
        return Relation(found[0].rel, slacks, meant=said, factor=factor)


def every(dimension: int, relation: Callable[..., Relation]) -> Relation:
    """`relation` for all vectors q (and further ones), in which its slack is a polynomial of degree <= 2.

    The matrix on (1, q) is twice the form's; >= means semidefinite, == means 0.
    """
    count = relation.__code__.co_argcount
    size = dimension * count

    def at(row: Sequence[Number]) -> Fraction:
        vectors = [Vector(row[i * dimension : (i + 1) * dimension]) for i in range(count)]
        return Fraction(relation(*vectors).slacks[0])

    def unit(*hot: int, sign: int = 1) -> list[int]:
        return [sign * hot.count(k) for k in range(size)]

    centre = at(unit())
    up, down = [at(unit(i)) for i in range(size)], [at(unit(i, sign=-1)) for i in range(size)]
    matrix = [[2 * centre, *((a - b) / 2 for a, b in zip(up, down, strict=True))]]
    for i in range(size):
        row = [up[i] + down[i] - 2 * centre if i == j else at(unit(i, j)) - up[i] - up[j] + centre for j in range(size)]
        matrix.append([matrix[0][i + 1], *row])
    zero = relation(*[Vector([0] * dimension)] * count)
    entries = tuple(x for row in matrix for x in row)
    probe = (lambda q: Fraction(relation(q).slacks[0])) if count == 1 else None
    return Relation(zero.rel, entries, form=True, probe=probe)


def semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Whether a symmetric matrix is positive semidefinite up to TINY: peel off one row and column at a time."""
    while matrix:
        pivot, head = matrix[0][0], matrix[0][1:]
        if pivot < -TINY:
            return False
        if abs(pivot) <= TINY:
            if any(abs(x) > TINY for x in head):
                return False
            matrix = [row[1:] for row in matrix[1:]]
        else:
            matrix = [[x - row[0] * h / pivot for x, h in zip(row[1:], head, strict=True)] for row in matrix[1:]]
    return True
