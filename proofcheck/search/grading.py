"""Scaling and sign symmetries of a set of relations.

A grading gives every scalar, vector and functional a weight such that each relation is homogeneous: then the identity
sought may be taken homogeneous too, and a product of facts only meets squares of one grade. The weights form the
rational nullspace of "all monomials of a relation have one grade". Sign symmetries (x -> -x, u -> -u keeping every
relation) are the same over GF(2); averaging over them makes every Gram matrix block diagonal.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import lcm

from flint import fmpq, fmpq_mat

from ..kernel.algebra import Monomial, Poly
from .problem import Problem

Grade = tuple[int, ...]


def halved(grade: Grade) -> Grade:
    """Half of a grade; a grade that nothing has where the half is not whole."""
    return tuple(g // 2 for g in grade) if all(g % 2 == 0 for g in grade) else (10**9,) * (len(grade) + 1)


class Grading:
    """Grades and parities of atoms, for one problem and one list of relations (poly, is_equation)."""

    def __init__(self, problem: Problem, relations: Iterable[tuple[Poly, bool]]) -> None:
        ctx = problem.claim.ctx
        self.problem = problem
        self._generators: dict[str, int] = {}
        self._linear: dict[str, dict[int, Fraction]] = {}
        self._rows: list[dict[int, Fraction]] = []
        self._parity_rows: list[int] = []
        relations = list(relations)
        for name in [*ctx.scalars, *ctx.vectors, *ctx.functionals]:
            self._generator(name)
        for functional in ctx.functionals.values():
            for name in functional.scalars + functional.vectors:
                self._generator(name)
        for poly, equation in relations:
            self._homogeneous(poly)
            self._even(poly, equation)
        for label, functional in ctx.functionals.items():
            if functional.probability:
                self._rows.append({self._generator(label): Fraction(1)})
        self._basis = self._nullspace()
        self._signs = self._sign_basis()
        self._grades: dict[str, Grade] = {}
        self._parities: dict[str, int] = {}
        self.rank = len(self._basis)

    # -- what callers use ----------------------------------------------------------------------------------------
    def zero(self) -> Grade:
        return (0,) * self.rank

    def atom(self, name: str) -> Grade:
        """The grade of an atom, vector name or functional."""
        if name not in self._grades:
            form = self._form(name)
            self._grades[name] = tuple(int(sum((c * b[i] for i, c in form.items()), Fraction(0))) for b in self._basis)
        return self._grades[name]

    def monomial(self, monomial: Monomial) -> Grade:
        result = [0] * self.rank
        for name, exponent in monomial:
            for i, weight in enumerate(self._grades.get(name) or self.atom(name)):
                result[i] += exponent * weight
        return tuple(result)

    def poly(self, poly: Poly) -> Grade:
        """The grade of a polynomial that is homogeneous, as all those of the relations are."""
        for monomial in poly:
            return self.monomial(monomial)
        return self.zero()

    def parity(self, monomial: Monomial) -> int:
        """The sign class of a monomial (bits, one per symmetry)."""
        result = 0
        for name, exponent in monomial:
            if exponent % 2:
                result ^= self.name_parity(name)
        return result

    def name_parity(self, name: str) -> int:
        if name not in self._parities:
            mask = self._mask(name)
            self._parities[name] = sum((bin(mask & s).count("1") % 2) << k for k, s in enumerate(self._signs))
        return self._parities[name]

    # -- linear forms in the generators --------------------------------------------------------------------------
    def _generator(self, name: str) -> int:
        return self._generators.setdefault(name, len(self._generators))

    def _form(self, name: str) -> dict[int, Fraction]:
        if name in self._linear:
            return self._linear[name]
        label, arguments = self.problem.made(name)
        form: dict[int, Fraction] = {}
        if label == "exp":
            self._rows.extend(self._monomial_form(m) for m in arguments[0])
        elif label == "inner":
            for part in arguments:
                i = self._generator(part)
                form[i] = form.get(i, Fraction(0)) + 1
        elif label == "moment":
            form = self._monomial_form(arguments[1])
            i = self._generator(arguments[0])
            form[i] = form.get(i, Fraction(0)) + 1
        elif label:
            monomials = [m for p in arguments for m in p]
            if monomials:
                form = self._monomial_form(monomials[0])
                self._rows.extend(_minus(self._monomial_form(m), form) for m in monomials[1:])
            factor = {"inv": Fraction(-1), "sqrt": Fraction(1, 2)}.get(label, Fraction(1))
            form = {i: c * factor for i, c in form.items()}
        else:
            form = {self._generator(name): Fraction(1)}
        self._linear[name] = form
        return form

    def _monomial_form(self, monomial: Monomial) -> dict[int, Fraction]:
        result: dict[int, Fraction] = {}
        for name, exponent in monomial:
            for i, c in self._form(name).items():
                result[i] = result.get(i, Fraction(0)) + exponent * c
        return result

    def _homogeneous(self, poly: Poly) -> None:
        forms = [self._monomial_form(m) for m in poly]
        self._rows.extend(_minus(f, forms[0]) for f in forms[1:])

    def _nullspace(self) -> list[list[Fraction]]:
        n = len(self._generators)
        rows = [r for r in ({i: c for i, c in row.items() if c} for row in self._rows) if r]
        if not rows:
            return [[Fraction(4 * int(i == j)) for j in range(n)] for i in range(n)]
        matrix = fmpq_mat(
            len(rows),
            n,
            [fmpq(r.get(j, Fraction(0)).numerator, r.get(j, Fraction(0)).denominator) for r in rows for j in range(n)],
        )
        reduced, rank = matrix.rref()
        pivots = [next(j for j in range(n) if reduced[i, j] != 0) for i in range(rank)]
        basis = []
        for free in (j for j in range(n) if j not in pivots):
            vector = [Fraction(0)] * n
            vector[free] = Fraction(1)
            for i, p in enumerate(pivots):
                value = reduced[i, free]
                vector[p] = -Fraction(int(value.p), int(value.q))
            size = 4 * lcm(*(x.denominator for x in vector))  # halves stay whole, under roots too
            basis.append([x * size for x in vector])
        return basis

    # -- signs ---------------------------------------------------------------------------------------------------
    def _mask(self, name: str) -> int:
        label, arguments = self.problem.made(name)
        if label == "inner":
            return (1 << self._generator(arguments[0])) ^ (1 << self._generator(arguments[1]))
        if label == "moment":
            return self._monomial_mask(arguments[1])
        if not label:
            return 0 if name in self.problem.claim.ctx.functionals else 1 << self._generator(name)
        masks = [self._monomial_mask(m) for p in arguments for m in p]
        if label in ("exp", "sqrt"):
            self._parity_rows.extend(masks)
            return 0
        self._parity_rows.extend(m ^ masks[0] for m in masks[1:])
        if label == "Max" and arguments[0] != {m: -c for m, c in arguments[1].items()}:
            self._parity_rows.extend(masks[:1])
            return 0
        return masks[0] if label == "inv" and masks else 0

    def _monomial_mask(self, monomial: Monomial) -> int:
        result = 0
        for name, exponent in monomial:
            if exponent % 2:
                result ^= self._mask(name)
        return result

    def _even(self, poly: Poly, equation: bool) -> None:
        masks = [self._monomial_mask(m) for m in poly]
        if equation:
            masks = [m ^ masks[0] for m in masks[1:]]
        self._parity_rows.extend(m for m in masks if m)

    def _sign_basis(self) -> list[int]:
        """A basis of the sign vectors s with <row, s> = 0 over GF(2) for every row."""
        pivots: dict[int, int] = {}
        for row in self._parity_rows:
            for p, r in pivots.items():
                if row >> p & 1:
                    row ^= r
            if row:
                p = row.bit_length() - 1
                for q in pivots:
                    if pivots[q] >> p & 1:
                        pivots[q] ^= row
                pivots[p] = row
        n = len(self._generators)
        basis = []
        for free in (j for j in range(n) if j not in pivots):
            vector = 1 << free
            for p, row in pivots.items():
                if row >> free & 1:
                    vector |= 1 << p
            basis.append(vector)
        return basis


def _minus(left: dict[int, Fraction], right: dict[int, Fraction]) -> dict[int, Fraction]:
    result = dict(left)
    for i, c in right.items():
        result[i] = result.get(i, Fraction(0)) - c
    return result
