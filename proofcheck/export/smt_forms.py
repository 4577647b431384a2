"""Values while a claim is written for a solver: polynomials in the coordinates that a `forall` binds.

Outside of a `forall` a value has the constant term only. Inside, the coefficients say what holds for all bound values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations

from proofcheck.export import smt_terms as smt
from proofcheck.export.smt_terms import Term

Monomial = tuple[str, ...]  # bound coordinates, sorted, with repetition
Form = dict[Monomial, Term]  # a polynomial in the bound coordinates; only () outside of a forall
Value = Form | list[Form]  # a scalar, or the coordinates of a vector


def lift(term: Term) -> Form:
    """`term` as the constant polynomial."""
    return {(): term}


def each(function: Callable[[Form], Form], value: Value) -> Value:
    """`function` of a scalar, or of every coordinate."""
    return [function(part) for part in value] if isinstance(value, list) else function(value)


def scaled(form: Form, factor: Term) -> Form:
    """factor * form."""
    return {m: smt.multiply([factor, c]) for m, c in form.items()}


def combine(forms: list[Form]) -> Form:
    """The sum; a coefficient that is plainly 0 is left out, so that its monomial counts for no degree."""
    monomials = sorted({m for form in forms for m in form})
    total = {m: smt.add(form[m] for form in forms if m in form) for m in monomials}
    return {m: c for m, c in total.items() if c != 0}


def product(left: Form, right: Form) -> Form:
    """left * right."""
    parts: list[Form] = []
    for m, a in left.items():
        for n, b in right.items():
            parts.append({tuple(sorted(m + n)): smt.multiply([a, b])})
    return combine(parts)


def minors(form: Form, coordinates: list[str]) -> Iterator[Term]:
    """The principal minors of the matrix of a quadratic polynomial on (1, coordinates)."""
    half = Fraction(1, 2)
    rows: list[Monomial] = [(), *((x,) for x in coordinates)]

    def entry(left: Monomial, right: Monomial) -> Term:
        term = form.get(tuple(sorted(left + right)), smt.ZERO)
        return term if left == right else smt.multiply([half, term])

    matrix = [[entry(left, right) for right in rows] for left in rows]
    used = [i for i, row in enumerate(matrix) if any(x != 0 for x in row)]
    for size in range(1, len(used) + 1):
        for chosen in combinations(used, size):
            yield smt.determinant([[matrix[i][j] for j in chosen] for i in chosen])
