"""Equations atom = value, used to remove the atom before a search and put back as equation terms afterwards.

reduce: every power atom^k becomes value^k. put_back: the terms found sum to some r that reduces to 0, and
atom^k - value^k = (atom - value) * (atom^(k-1) + ... + value^(k-1)) gives the multiple of the equation to subtract.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from ..kernel.algebra import Poly
from . import poly as P
from .problem import Fact, Goal

Elimination = tuple[str, Poly, Any]


def determinant(matrix: list[list[Poly]]) -> Poly:
    if not matrix:
        return P.ONE
    total: Poly = {}
    for column, entry in enumerate(matrix[0]):
        minor = determinant([row[:column] + row[column + 1 :] for row in matrix[1:]])
        P.add_to(total, P.mul(entry, minor), (-1) ** column)
    return total


def reduce(poly: Poly, eliminated: Iterable[Elimination]) -> Poly:
    """`poly` with each eliminated atom replaced by its value, in order."""
    for name, value, _ in eliminated:
        if any(a == name for monomial in poly for a, _ in monomial):
            poly, _ = _divide(poly, name, value)
    return poly


def _divide(poly: Poly, name: str, value: Poly) -> tuple[Poly, Poly]:
    """(r, q) with poly = r + (name - value) * q and no `name` in r."""
    rest: Poly = {}
    quotient: Poly = {}
    for monomial, coefficient in poly.items():
        exponent = dict(monomial).get(name, 0)
        if exponent == 0:
            P.add_to(rest, {monomial: coefficient})
            continue
        other = {tuple(part for part in monomial if part[0] != name): coefficient}
        P.add_to(rest, P.mul(other, P.power(value, exponent)))
        for k in range(exponent):
            power = P.mul(P.power(P.atom(name), exponent - 1 - k), P.power(value, k))
            P.add_to(quotient, P.mul(other, power))
    return rest, quotient


def eliminate(goal: Goal) -> Goal:
    """The goal with the atoms removed that an equation gives in terms of others."""
    while True:
        candidates = (_candidate(goal, f) for f in goal.facts)
        found = next((c for c in candidates if c is not None), None)
        if found is None:
            return goal
        fact, name, value = found
        full = fact.full if fact.full is not None else fact.poly
        step: Elimination = (name, value[0], (fact.ref, value[1], full))
        facts = []
        for other in (goal.main, *goal.facts):
            if other is fact:
                continue
            if other.owner in ("", goal.ground):
                known = other.full if other.full is not None else other.poly
                other = replace(other, poly=reduce(other.poly, [step]), full=known)
            facts.append(other)
        main, *rest = facts
        rest = [f for f in rest if f.poly or f.rel == ">"]
        goal = replace(goal, main=main, facts=tuple(rest), eliminated=(*goal.eliminated, step))


def _candidate(goal: Goal, fact: Fact) -> tuple[Fact, str, tuple[Poly, Poly]] | None:
    """(fact, atom, (value, factor)) with factor * fact = atom - value; the factor is a rational number."""
    problem = goal.problem
    if fact.rel != "==" or fact.owner not in ("", goal.ground) or fact.kind != "fact" or not fact.poly:
        return None
    inverted = {a for f in (goal.main, *goal.facts) for m in f.poly for a, e in m if e < 0}
    best: tuple[Any, str, Fraction] | None = None
    for monomial, coefficient in fact.poly.items():
        if len(monomial) != 1 or monomial[0][1] != 1:
            continue
        name = monomial[0][0]
        if name in inverted or sum(a == name for m in fact.poly for a, _ in m) > 1:
            continue
        if problem.claim.ctx.owner[name] and any(
            f.owner == problem.claim.ctx.owner[name] and f.owner != goal.ground for f in goal.facts
        ):
            continue
        label = problem.made(name)[0]
        rank = {"Max": 0, "sqrt": 0, "exp": 3, "inv": 3, "moment": 1, "inner": 1}.get(label, 2)
        # an atom that other atoms are made of stays, so that what is inside them still matches
        nested = label == "" and any(
            name in other and other != name
            for f in (goal.main, *goal.facts)
            for other in P.atoms([f.poly])
            if problem.is_function(other)
        )
        if nested or rank == 3:
            continue
        key = (rank, -len(name), name)
        if best is None or key < best[0]:
            best = (key, name, coefficient)
    if best is None:
        return None
    _, name, coefficient = best
    value = P.plain(P.add_to(P.scale(fact.poly, Fraction(-1) / coefficient), P.atom(name)))
    return fact, name, (value, P.const(1 / Fraction(coefficient)))


def put_back(goal: Goal, terms: Sequence[Any], known: Mapping[str, Poly]) -> list[Any]:
    """Equation terms that bring the sum of `terms` to 0; `known`: polynomials of labels that the goal does not have."""
    if not goal.eliminated:
        return []
    total = Evaluation(goal, known).terms(terms)
    factors: list[Poly] = []  # total = sum of factors[k] * (atom_k - value_k)
    for name, value, _ in goal.eliminated:
        total, quotient = _divide(total, name, value)
        factors.append(quotient)
    out: list[Any] = []
    for k in reversed(range(len(factors))):
        ref, number, full = goal.eliminated[k][2]
        if not factors[k]:
            continue
        times = P.mul(factors[k], number)
        out.append({"equation": ref, "times": goal.problem.text_of(P.scale(times, -1))})
        # the fact `full` is (atom_k - value_k) / number only after the earlier eliminations
        for j, (name, value, _) in enumerate(goal.eliminated[:k]):
            full, quotient = _divide(full, name, value)
            if quotient:
                factors[j] = P.sub(factors[j], P.mul(times, quotient))
    return out


class Evaluation:
    """The polynomials of certificate terms, every fact as the kernel knows it."""

    def __init__(self, goal: Goal, known: Mapping[str, Poly]) -> None:
        self.problem = goal.problem
        self.facts = {_key(f.ref): f.full if f.full is not None else f.poly for f in (*goal.facts, goal.main)}
        self.facts |= {_key(ref): full for _, _, (ref, _, full) in goal.eliminated}
        self.facts |= {_key(label): poly for label, poly in known.items()}

    def terms(self, terms: Sequence[Any]) -> Poly:
        return P.add(*(self.term(t) for t in terms))

    def term(self, term: Any) -> Poly:
        if "equation" in term:
            return P.mul(self.facts[_key(term["equation"])], self.problem.claim.ctx.expression(term["times"]))
        number = P.const(Fraction(term.get("coefficient", "1")))
        return P.product([number, *(self.factor(f) for f in term["factors"])])

    def factor(self, factor: Any) -> Poly:
        ctx = self.problem.claim.ctx
        if "fact" in factor:
            return self.facts[_key(factor["fact"])]
        if "square" in factor:
            return P.power(ctx.expression(factor["square"]), 2)
        if "norm2" in factor:
            vector = ctx.expression(factor["norm2"])
            return ctx.inner(vector, vector)
        if "E" in factor:
            return self.problem.moment(factor["E"], self.terms(factor["terms"]))
        entries = [ctx.expression(text) for text in factor["gram"]]
        vectors = any(a in ctx.is_vector for entry in entries for m in entry for a, _ in m)
        weight = self.term(factor["weight"]) if factor.get("weight") else P.ONE

        def form(a: Poly, b: Poly) -> Poly:
            value = P.mul(weight, ctx.inner(a, b) if vectors else P.mul(a, b))
            return value if factor.get("functional") is None else self.problem.moment(factor["functional"], value)

        return determinant([[form(a, b) for b in entries] for a in entries])


def _key(ref: Any) -> str:
    return json.dumps(ref, sort_keys=True)
