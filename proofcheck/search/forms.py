"""Quantified assumptions of degree 2 as bilinear forms: `p(q) >= 0` for all q makes (B(e_i, e_j)) a Gram matrix."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..kernel.algebra import Poly
from . import poly as P
from .problem import Problem


class QuadraticForms:
    """Quantified assumptions `p(q) >= 0` with p homogeneous of degree 2 in the bound names, and their polarisation."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.cache: dict[Any, Poly] = {}
        self.indices = [
            i for i, a in enumerate(problem.claim.assumptions) if a.bound and a.rel == ">=" and self._quadratic(a.poly)
        ]

    def _quadratic(self, poly: Poly) -> bool:
        return not self.problem.owner(poly) and all(sum(e * self._count(a) for a, e in m) == 2 for m in poly)

    def _count(self, name: str) -> int:
        label, arguments = self.problem.made(name)
        if label == "inner":
            return sum(x.startswith("?") for x in arguments)
        if label == "moment":
            return sum(e * self._count(a) for a, e in arguments[1])
        return 99 if label and "?" in name else int(name.startswith("?"))

    def slots(self, index: int) -> list[tuple[str, str]]:
        """(bound name, vector name or "")."""
        bound = self.problem.claim.assumptions[index].bound
        vectors = self.problem.claim.ctx.vectors
        return [(x, v) for x, kind in bound.items() for v in (vectors if kind == "vector" else [""])]

    def entry(self, index: int, left: tuple[str, str], right: tuple[str, str]) -> Poly:
        key = (index, *sorted((left, right)))
        if key not in self.cache:
            both = self._value(index, [left, right])
            apart = P.add(self._value(index, [left]), self._value(index, [right]))
            self.cache[key] = P.scale(P.sub(both, apart), Fraction(1, 2))
        return self.cache[key]

    def _value(self, index: int, slots: list[tuple[str, str]]) -> Poly:
        values: dict[str, Poly] = {x: {} for x in self.problem.claim.assumptions[index].bound}
        for x, vector in slots:
            values[x] = P.add(values[x], P.atom(vector) if vector else P.ONE)
        return self.problem.claim.instance(index, values)[0]
