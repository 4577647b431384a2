"""Worlds by Z3: a claim instantiated in dimension 1 to 3 with 1 to 3 atoms is a question of real arithmetic.

Z3 decides it (nlsat); values that are algebraic and not rational are replaced one at a time by simple rationals near
them. exp is beyond Z3: `refute` samples there.
"""

from __future__ import annotations

import threading
import time
from fractions import Fraction
from itertools import combinations
from typing import Any

import z3

from ..kernel.algebra import Poly
from .problem import Problem
from .world import Arithmetic, Shape, Slot, World, slots


class Beyond(Exception):
    """The claim uses what Z3 does not know."""


class Question:
    """Assumptions (and the negated target) of a problem in one shape."""

    def __init__(self, problem: Problem, shape: Shape) -> None:
        self.problem, self.shape = problem, shape
        self.side: list[Any] = []
        self.fresh = 0
        self.slots = slots(problem, shape)
        self.variables = {s: z3.Real("_".join(s)) for s in self.slots}
        arithmetic = Arithmetic(
            number=lambda q: z3.Q(q.numerator, q.denominator),
            maximum=lambda a, b: self._maximum(a, b),
            root=lambda a: self._define(lambda s: [s >= 0, s * s == a]),
            exponential=self._beyond,
            inverse=lambda a: self._define(lambda s: [s * a == 1]),
        )
        self.world = World(problem, shape, self.variables, arithmetic)
        for label in problem.claim.ctx.functionals:
            for k in range(shape.atoms):
                self.side.append(self.world.weight(label, k) > 0)
        vectors = problem.claim.ctx.vectors
        if vectors and shape.dimension > 1 and not any(f.vectors for f in problem.claim.ctx.functionals.values()):
            # a rotation puts the first vector on the first axis
            self.side += [self.variables["v", vectors[0], str(i)] == 0 for i in range(1, shape.dimension)]

    def _beyond(self, _: Any) -> Any:
        raise Beyond

    def _define(self, facts: Any) -> Any:
        self.fresh += 1
        value = z3.Real(f"aux{self.fresh}")
        self.side += facts(value)
        return value

    def _maximum(self, a: Any, b: Any) -> Any:
        return self._define(lambda s: [s >= a, s >= b, z3.Or(s == a, s == b)])

    def assumptions(self, strict: bool = False) -> list[Any]:
        out: list[Any] = []
        for assumption in self.problem.claim.assumptions:
            if assumption.bound:
                out += self._semidefinite(self.world.quantified(assumption), assumption.rel)
            else:
                out += [_relation(v, assumption.rel, strict) for v in self.world.everywhere(assumption.poly)]
        for name in sorted(self.problem.claim.ctx.domain):
            if name in self.problem.claim.ctx.scalars:
                out.append(self.variables["s", name] != 0)
        return out

    def violation(self, poly: Poly, rel: str) -> Any:
        return z3.Or([z3.Not(_relation(v, rel, False)) for v in self.world.everywhere(poly)])

    def _semidefinite(self, matrix: list[list[Any]], rel: str) -> list[Any]:
        n = len(matrix)
        if rel == "==":
            return [matrix[i][j] == 0 for i in range(n) for j in range(i, n)]
        matrix = [[z3.simplify(x, som=True) for x in row] for row in matrix]
        zero = z3.RealVal(0)
        used = [i for i in range(n) if not all(z3.eq(x, zero) for x in matrix[i])]
        out = []
        for size in (1, 2, 3):
            for chosen in combinations(used, size):
                out.append(_determinant([[matrix[i][j] for j in chosen] for i in chosen]) >= 0)
        return out

    def solve(self, formulas: list[Any], seconds: float) -> dict[Slot, Fraction] | None:
        """Rational values for the slots, or None. They satisfy the formulas unless an algebraic value was rounded."""
        end = time.monotonic() + seconds
        solver = z3.Solver()
        base = [*self.side, *formulas]
        solver.add(*base)
        if _check(solver, seconds) != z3.sat:
            return None
        model = solver.model()
        values, irrational = self._read(model)
        tries = 0
        while irrational and time.monotonic() < end and tries < 40:
            slot, near = irrational[0]
            for denominator in (1, 2, 3, 4, 8, 16, 64, 1024):
                tries += 1
                guess = Fraction(round(near * denominator), denominator)
                solver.push()
                solver.add(self.variables[slot] == z3.Q(guess.numerator, guess.denominator))
                if _check(solver, max(0.02, min(end - time.monotonic(), seconds / 4))) == z3.sat:
                    model = solver.model()
                    break
                solver.pop()
                if time.monotonic() > end:
                    break
            else:
                break
            values, irrational = self._read(model)
        for slot, near in irrational:
            values[slot] = Fraction(near).limit_denominator(10**6)
        return values

    def _read(self, model: Any) -> tuple[dict[Slot, Fraction], list[tuple[Slot, float]]]:
        values: dict[Slot, Fraction] = {}
        irrational: list[tuple[Slot, float]] = []
        for slot, variable in self.variables.items():
            value = model.eval(variable, model_completion=True)
            if z3.is_rational_value(value):
                values[slot] = Fraction(value.numerator_as_long(), value.denominator_as_long())
            elif z3.is_algebraic_value(value):
                near = value.approx(30)
                number = Fraction(near.numerator_as_long(), near.denominator_as_long())
                irrational.append((slot, float(number)))
                values[slot] = number
            else:
                values[slot] = Fraction(0)
        return values, irrational


def _relation(value: Any, rel: str, strict: bool) -> Any:
    if rel == "==":
        return value == 0
    return value > 0 if rel == ">" or strict else value >= 0


def _determinant(matrix: list[list[Any]]) -> Any:
    if len(matrix) == 1:
        return matrix[0][0]
    total = None
    for column, entry in enumerate(matrix[0]):
        part = entry * _determinant([row[:column] + row[column + 1 :] for row in matrix[1:]])
        total = part if total is None else total + part if column % 2 == 0 else total - part
    return total


def _check(solver: Any, seconds: float) -> Any:
    """solver.check() within the time: Z3's own limit, and an interrupt where it does not look at the clock."""
    solver.set("timeout", max(10, int(seconds * 1000)))
    timer = threading.Timer(seconds + 0.2, solver.ctx.interrupt)
    timer.start()
    try:
        return solver.check()
    except z3.Z3Exception:
        return z3.unknown
    finally:
        timer.cancel()
