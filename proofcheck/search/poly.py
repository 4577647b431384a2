"""Laurent polynomials over Q for the searches: the kernel's representation, without its limits.

A monomial is a sorted tuple of (atom, exponent); a polynomial maps monomials to nonzero Fractions. Nothing here is
trusted: what a search finds is written as text and expanded again by the kernel.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from ..kernel.algebra import Monomial, Poly

# coefficients are ints where they can be: far quicker than Fractions, and equal to them
ONE: Poly = {(): 1}  # type: ignore[dict-item]


def plain(poly: Poly) -> Poly:
    """The same polynomial with int coefficients where they are whole."""
    return {m: c.numerator if c.denominator == 1 else c for m, c in poly.items()}  # type: ignore[misc]


def const(value: int | Fraction) -> Poly:
    return {(): value} if value else {}  # type: ignore[dict-item]


def atom(name: str, exponent: int = 1) -> Poly:
    return {((name, exponent),): 1}  # type: ignore[dict-item]


def term(monomial: Monomial, value: int | Fraction = 1) -> Poly:
    return {monomial: value}  # type: ignore[dict-item]


def join(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials."""
    if not left or not right:
        return left or right
    exponents = dict(left)
    for name, exponent in right:
        exponents[name] = exponents.get(name, 0) + exponent
    return tuple(sorted((n, e) for n, e in exponents.items() if e))


def add_to(result: Poly, poly: Poly, factor: Fraction | int = 1) -> Poly:
    """`result += factor * poly`, in place; returns `result`."""
    for monomial, value in poly.items():
        total = result.get(monomial, 0) + value * factor
        if total:
            result[monomial] = total  # type: ignore[assignment]
        else:
            result.pop(monomial, None)
    return result


def add(*polys: Poly) -> Poly:
    result: Poly = {}
    for poly in polys:
        add_to(result, poly)
    return result


def sub(left: Poly, right: Poly) -> Poly:
    return add_to(dict(left), right, -1)


def scale(poly: Poly, factor: Fraction | int) -> Poly:
    return {m: c * factor for m, c in poly.items()} if factor else {}


def mul(left: Poly, right: Poly) -> Poly:
    if len(left) == 1:
        left, right = right, left
    if len(right) == 1:
        ((n, b),) = right.items()
        return {join(m, n): a * b for m, a in left.items()}
    result: Poly = {}
    for m, a in left.items():
        for n, b in right.items():
            key = join(m, n)
            total = result.get(key, 0) + a * b
            if total:
                result[key] = total
            else:
                result.pop(key, None)
    return result


def product(polys: Iterable[Poly]) -> Poly:
    result = ONE
    for poly in polys:
        result = mul(result, poly)
    return result


def power(poly: Poly, exponent: int) -> Poly:
    result = ONE
    for _ in range(exponent):
        result = mul(result, poly)
    return result


def atoms(polys: Iterable[Poly]) -> set[str]:
    return {a for poly in polys for monomial in poly for a, _ in monomial}
