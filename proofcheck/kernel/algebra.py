"""Trusted. Laurent polynomials over Q: the normal form in which identities are compared.

A monomial is a sorted tuple of (atom, exponent), exponent != 0; a polynomial maps monomials to nonzero
Fractions. Two polynomials are equal as polynomials in their atoms if and only if the dicts are equal.
"""

from __future__ import annotations

from fractions import Fraction

from .syntax import refuse

Monomial = tuple[tuple[str, int], ...]
Poly = dict[Monomial, Fraction]

COEFFICIENT_BITS = 20_000
DEGREE_LIMIT = 200
PRODUCT_LIMIT = 200_000  # monomial products in one multiplication
WORK_LIMIT = 5_000_000  # and in one check


class Budget:
    """Counts monomial products, so that a short text cannot ask for an endless expansion."""

    def __init__(self) -> None:
        self.spent = 0

    def spend(self, amount: int) -> None:
        self.spent += amount
        if amount > PRODUCT_LIMIT or self.spent > WORK_LIMIT:
            refuse(f"expansion too large: {amount} monomial products at once, {self.spent} in all")


def const(value: int | Fraction) -> Poly:
    return {(): Fraction(value)} if value else {}


def atom(text: str) -> Poly:
    return {((text, 1),): Fraction(1)}


def _insert(result: Poly, monomial: Monomial, value: Fraction) -> None:
    total = result.get(monomial, 0) + value
    if max(abs(total.numerator), total.denominator).bit_length() > COEFFICIENT_BITS:
        refuse(f"a coefficient of more than {COEFFICIENT_BITS} bits")
    if total:
        result[monomial] = Fraction(total)
    else:
        result.pop(monomial, None)


def add(left: Poly, right: Poly) -> Poly:
    result = dict(left)
    for monomial, value in right.items():
        _insert(result, monomial, value)
    return result


def scale(poly: Poly, factor: int | Fraction) -> Poly:
    return {m: c * factor for m, c in poly.items()} if factor else {}


def join(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials: exponents add, zero exponents vanish."""
    if not left or not right:
        return left or right
    exponents = dict(left)
    for name, exponent in right:
        exponents[name] = exponents.get(name, 0) + exponent
    if sum(map(abs, exponents.values())) > DEGREE_LIMIT:
        refuse(f"a degree above {DEGREE_LIMIT}")
    return tuple(sorted((n, e) for n, e in exponents.items() if e))


def mul(left: Poly, right: Poly, budget: Budget) -> Poly:
    budget.spend(len(left) * len(right))
    result: Poly = {}
    for m, a in left.items():
        for n, b in right.items():
            _insert(result, join(m, n), a * b)
    return result


def power(poly: Poly, exponent: int, budget: Budget) -> Poly:
    """poly ** exponent for exponent >= 0."""
    result = const(1)
    for _ in range(exponent):
        result = mul(result, poly, budget)
    return result


def monomial_text(monomial: Monomial) -> str:
    return "*".join(a if e == 1 else f"{a}^{e}" for a, e in monomial) or "1"


def text(poly: Poly) -> str:
    """Canonical: equal polynomials have equal texts, different ones different texts."""
    parts = []
    for monomial in sorted(poly):
        value = poly[monomial]
        if not monomial:
            parts.append(str(value))
        else:
            parts.append({1: "", -1: "-"}.get(value, f"{value}*") + monomial_text(monomial))
    return " + ".join(parts) or "0"
