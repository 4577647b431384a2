"""Finite worlds: a claim evaluated at coordinates and finite measures, in floats, arrays or Z3 terms.

A `Shape` fixes the dimension and the number of atoms of each measure; an `Arithmetic` says how Max, sqrt, exp and
division act on the values. The exact decision is the kernel's: here worlds are only looked for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from ..kernel.algebra import Monomial, Poly
from ..kernel.claim import Assumption
from .problem import Problem

Slot = tuple[
    str, ...
]  # ("s", x) scalar; ("v", u, i) coordinate; ("w", F, k) weight; ("rs", F, k, t); ("rv", F, k, X, i)


class Shape(NamedTuple):
    dimension: int
    atoms: int


def slots(problem: Problem, shape: Shape) -> list[Slot]:
    """The unknown numbers of a world; the last weight of a probability is 1 minus the rest, so no unknown."""
    ctx, n, d = problem.claim.ctx, shape.atoms, shape.dimension
    out: list[Slot] = [("s", x) for x in ctx.scalars]
    out += [("v", u, str(i)) for u in ctx.vectors for i in range(d)]
    for label, functional in ctx.functionals.items():
        for k in range(n):
            if not (functional.probability and k == n - 1):
                out.append(("w", label, str(k)))
            out += [("rs", label, str(k), t) for t in functional.scalars]
            out += [("rv", label, str(k), x, str(i)) for x in functional.vectors for i in range(d)]
    return out


@dataclass
class Arithmetic:
    """How the functions act on values."""

    number: Callable[[Fraction], Any]
    maximum: Callable[[Any, Any], Any]
    root: Callable[[Any], Any]
    exponential: Callable[[Any], Any]
    inverse: Callable[[Any], Any]


@dataclass
class World:
    """Values for the slots of a shape."""

    problem: Problem
    shape: Shape
    values: Mapping[Slot, Any]
    arithmetic: Arithmetic
    bound: dict[str, Any] = field(default_factory=dict)
    cache: dict[Any, Any] = field(default_factory=dict)

    def weight(self, label: str, k: int) -> Any:
        if ("w", label, str(k)) in self.values:
            return self.values["w", label, str(k)]
        total = self.arithmetic.number(Fraction(1))
        for j in range(k):
            total = total - self.values["w", label, str(j)]
        return total

    def vector(self, name: str, at: tuple[str, int] | None) -> list[Any]:
        d = range(self.shape.dimension)
        if name in self.bound:
            return self.bound[name]
        owner = self.problem.claim.ctx.owner[name]
        if owner:
            if at is None:
                raise KeyError(name)
            return [self.values["rv", owner, str(at[1]), name, str(i)] for i in d]
        return [self.values["v", name, str(i)] for i in d]

    def value(self, poly: Poly, at: tuple[str, int] | None = None) -> Any:
        """The value of `poly`; `at` = (functional, atom number) where its random names are read."""
        total: Any = None
        for monomial, coefficient in poly.items():
            term = self.monomial(monomial, at)
            if coefficient != 1 or term is None:
                number = self.arithmetic.number(coefficient)
                term = number if term is None else number * term
            total = term if total is None else total + term
        return self.arithmetic.number(Fraction(0)) if total is None else total

    def monomial(self, monomial: Monomial, at: tuple[str, int] | None) -> Any:
        term: Any = None
        for name, exponent in monomial:
            value = self.atom(name, at)
            if exponent < 0:
                value = self._inverse(name, at, value)
            for _ in range(abs(exponent)):
                term = value if term is None else term * value
        return term

    def _inverse(self, name: str, at: tuple[str, int] | None, value: Any) -> Any:
        key = ("inverse", name, at if self.problem.claim.ctx.owner.get(name) else None)
        if key not in self.cache or "?" in name:
            self.cache[key] = self.arithmetic.inverse(value)
        return self.cache[key]

    def atom(self, name: str, at: tuple[str, int] | None) -> Any:
        key = (name, at if self.problem.claim.ctx.owner.get(name) else None)
        if key in self.cache and "?" not in name:
            return self.cache[key]
        value = self.cache[key] = self._atom(name, at)
        return value

    def _atom(self, name: str, at: tuple[str, int] | None) -> Any:
        label, arguments = self.problem.made(name)
        if not label:
            if name in self.bound:
                return self.bound[name]
            owner = self.problem.claim.ctx.owner[name]
            if owner:
                if at is None:
                    raise KeyError(name)
                return self.values["rs", owner, str(at[1]), name]
            return self.values["s", name]
        if label == "inner":
            total: Any = None
            for a, b in zip(self.vector(arguments[0], at), self.vector(arguments[1], at), strict=True):
                total = a * b if total is None else total + a * b
            return total
        if label == "moment":
            total = None
            for k in range(self.shape.atoms):
                part = self.monomial(arguments[1], (arguments[0], k))
                weight = self.weight(arguments[0], k)
                part = weight if part is None else weight * part
                total = part if total is None else total + part
            return self.arithmetic.number(Fraction(0)) if total is None else total
        values = [self.value(p, at) for p in arguments]
        if label == "Max":
            return self.arithmetic.maximum(*values)
        return {
            "sqrt": self.arithmetic.root,
            "exp": self.arithmetic.exponential,
            "inv": self.arithmetic.inverse,
        }[label](values[0])

    def everywhere(self, poly: Poly) -> list[Any]:
        """The values of a relation's polynomial: one, or one for each atom of its functional."""
        owner = self.problem.owner(poly)
        places = [(owner, k) for k in range(self.shape.atoms)] if owner else [None]
        return [self.value(poly, at) for at in places]

    def quantified(self, assumption: Assumption) -> list[list[Any]]:
        """The matrix on (1, q) of a relation of degree <= 2 in its bound names, from its values at unit points."""
        d = self.shape.dimension
        points = [(x, k) for x, kind in assumption.bound.items() for k in range(d if kind == "vector" else 1)]
        number = self.arithmetic.number

        def at(*hot: int, sign: int = 1) -> Any:
            self.bound = {}
            for x, kind in assumption.bound.items():
                row = [number(Fraction(sign * sum(points[i] == (x, k) for i in hot))) for k in range(d)]
                self.bound[f"?{kind[0]}{x}"] = row if kind == "vector" else row[0] if d else number(Fraction(0))
            self.cache = {k: v for k, v in self.cache.items() if "?" not in k[0] and "?" not in str(k[1])}
            value = self.value(assumption.poly)
            self.bound = {}
            return value

        n, centre = range(len(points)), at()
        up, down = [at(i) for i in n], [at(i, sign=-1) for i in n]
        half = number(Fraction(1, 2))
        matrix = [[number(Fraction(2)) * centre] + [(u - v) * half for u, v in zip(up, down, strict=True)]]
        for i in n:
            row = [
                at(i, j) - up[i] - up[j] + centre if i != j else up[i] + down[i] - number(Fraction(2)) * centre
                for j in n
            ]
            matrix.append([matrix[0][i + 1], *row])
        return matrix


def model_text(problem: Problem, shape: Shape, values: Mapping[Slot, Fraction]) -> str:
    """The world as the kernel's model text. Atoms of weight 0 are left out."""
    ctx, d = problem.claim.ctx, range(shape.dimension)

    def weight(label: str, k: int) -> Fraction:
        if ("w", label, str(k)) in values:
            return values["w", label, str(k)]
        return Fraction(1) - sum((values["w", label, str(j)] for j in range(k)), Fraction(0))

    data = {
        "format": "proofcheck-model/1",
        "metric": ["1"] * shape.dimension,
        "scalars": {x: str(values["s", x]) for x in ctx.scalars},
        "vectors": {u: [str(values["v", u, str(i)]) for i in d] for u in ctx.vectors},
        "functionals": {
            label: [
                {
                    "weight": str(weight(label, k)),
                    "scalars": {t: str(values["rs", label, str(k), t]) for t in f.scalars},
                    "vectors": {x: [str(values["rv", label, str(k), x, str(i)]) for i in d] for x in f.vectors},
                }
                for k in range(shape.atoms)
                if weight(label, k) != 0
            ]
            for label, f in ctx.functionals.items()
        },
    }
    return json.dumps(data)


def shapes(problem: Problem) -> Iterable[Shape]:
    """Worth trying, simplest first."""
    ctx = problem.claim.ctx
    vectors = bool(ctx.vectors) or any(f.vectors for f in ctx.functionals.values())
    dimensions = (1, 2, 3) if vectors else (0,)
    atoms = (1, 2, 3) if ctx.functionals else (0,)
    if ctx.functionals and not any(f.probability for f in ctx.functionals.values()):
        atoms = (1, 2, 3, 0)  # the zero measure
    pairs = [Shape(d, n) for d in dimensions for n in atoms]
    return sorted(pairs, key=lambda s: (s.dimension + s.atoms, s.dimension))
