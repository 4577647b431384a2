"""Trusted. Laurent polynomials over Q: the normal form in which identities are compared.

A monomial is a sorted tuple of (atom, exponent), exponent != 0; a polynomial maps monomials to nonzero Fractions.
Two polynomials are equal as polynomials in their atoms if and only if the dicts are equal.
"""

from fractions import Fraction

from .syntax import refuse

Monomial = tuple[tuple[str, int], ...]
Poly = dict[Monomial, Fraction]
BIT_LIMIT = 10_000  # of a coefficient; such a number can still be printed
DEGREE_LIMIT = 200
PRODUCT_LIMIT = 200_000  # monomial products in one multiplication
WORK_LIMIT = 300_000  # and in one check

class Budget:
    """Counts monomial products, so that a short text cannot ask for an endless expansion."""
    spent = 0
    def spend(self, amount: int) -> None:
        self.spent += amount
        if amount > PRODUCT_LIMIT or self.spent > WORK_LIMIT:
            refuse(f"expansion too large: {amount} monomial products at once, {self.spent} in all")
def const(value: int | Fraction) -> Poly:
    return {(): Fraction(value)} if value else {}
def atom(text: str) -> Poly:
    return {((text, 1),): Fraction(1)}

def bounded(value: Fraction) -> Fraction:
    small = max(abs(value.numerator), value.denominator).bit_length() <= BIT_LIMIT
    return value if small else refuse(f"a number of more than {BIT_LIMIT} bits")
def add(left: Poly, right: Poly, factor: int | Fraction = 1) -> Poly:
    """left + factor * right."""
    result = dict(left)
    for monomial, value in right.items():
        term = value if factor == 1 else factor * value
        total = result.pop(monomial) + term if monomial in result else term
        if total:
            result[monomial] = bounded(total)
    return result
def scale(poly: Poly, factor: int | Fraction) -> Poly:
    return add({}, poly, factor)

def join(left: Monomial, right: Monomial) -> Monomial:
    """The product of two monomials: exponents add, zero exponents vanish."""
    exponents = dict(left)
    for text, exponent in right:
        exponents[text] = exponents.get(text, 0) + exponent
    if sum(map(abs, exponents.values())) > DEGREE_LIMIT:
        refuse(f"a degree above {DEGREE_LIMIT}")
    return tuple(sorted((t, e) for t, e in exponents.items() if e))

def mul(left: Poly, right: Poly, budget: Budget) -> Poly:
    terms = [*left.items(), *right.items()]  # long monomials and long numbers count more
    size = max((40 * len(m) + c.numerator.bit_length() + c.denominator.bit_length() for m, c in terms), default=0)
    budget.spend(len(left) * len(right) * (1 + size // 400))
    result: Poly = {}
    for m, a in left.items():
        for n, b in right.items():
            product, value = join(m, n), a * b
            result[product] = bounded(result[product] + value if product in result else value)
    return {monomial: value for monomial, value in result.items() if value}
def monomial_text(monomial: Monomial) -> str:
    return "*".join(a if e == 1 else f"{a}^{e}" for a, e in monomial) or "1"

def text(poly: Poly) -> str:
    """Canonical: equal polynomials have equal texts, different ones different texts."""
    sign = {Fraction(1): "", Fraction(-1): "-"}
    parts = [sign.get(c, f"{c}*") + monomial_text(m) if m else str(c) for m, c in sorted(poly.items())]
    return " + ".join(parts).replace("+ -", "- ") or "0"
