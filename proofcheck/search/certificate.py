"""From exact coefficients to certificate text: the terms of a proof, squares written with small numbers.

A block solution is a list of (d, l): the term d * (sum_i l_i b_i)^2, or |.|^2, under F[...] where the block says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

from . import poly as P
from .eliminate import put_back
from .problem import Problem
from .system import Block, System

Squares = list[tuple[Fraction, list[Fraction]]]


def primitive(weight: Fraction, row: Sequence[Fraction]) -> tuple[Fraction, list[Fraction]]:
    """weight * |row|^2 with `row` scaled to coprime integers, first entry positive."""
    denominator = lcm(*(c.denominator for c in row))
    numerator = gcd(*(int(c * denominator) for c in row)) or 1
    factor = Fraction(numerator, denominator)
    first = next((c for c in row if c), Fraction(1))
    if first < 0:
        factor = -factor
    return weight * factor * factor, [c / factor for c in row]


def square_terms(problem: Problem, block: Block, squares: Squares) -> list[dict[str, Any]]:
    """The terms of one block."""
    inside: list[dict[str, Any]] = []
    for weight, row in squares:
        if not weight:
            continue
        weight, row = primitive(weight, row)
        chosen = [(c, e) for c, e in zip(row, block.basis, strict=True) if c]
        factors: list[Any] = []
        if any(e.vector for _, e in chosen):
            parts: dict[str, Any] = {}
            for c, e in chosen:
                P.add_to(parts.setdefault(e.vector, {}), e.poly, c)
            factors = [{"norm2": problem.vector_text(parts)}]
        else:
            value = P.add(*(P.scale(e.poly, c) for c, e in chosen))
            if set(value) == {()}:
                weight *= value[()] ** 2
            else:
                factors = [{"square": problem.text_of(value)}]
        inside.append(term(weight, [*block.inner, *factors]))
    if not block.functional or not inside:
        return [term(Fraction(t.get("coefficient", "1")), [*block.outer, *t["factors"]]) for t in inside]
    return [term(Fraction(1), [*block.outer, {"E": block.functional, "terms": inside}])]


def instance_terms(problem: Problem, block: Block, squares: Squares) -> tuple[list[Any], list[Any], dict[str, Any]]:
    """Steps that take the quantified assumption at a combination, the terms that use them, and their polynomials."""
    steps, terms, polys = [], [], {}
    assumption = problem.claim.assumptions[block.instance]
    for weight, row in squares:
        if not weight:
            continue
        weight, row = primitive(weight, row)
        values: dict[str, Any] = {x: {} for x in assumption.bound}
        for c, element, slot in zip(row, block.basis, block.slots, strict=True):
            part = P.mul(element.poly, P.atom(element.vector)) if element.vector else element.poly
            P.add_to(values[slot], part, c)
        label = problem.label("q")
        zero = {"scalar": "0", "vector": f"0*{(problem.claim.ctx.vectors or ['0'])[0]}"}
        texts = {x: problem.text_of(v) if v else zero[assumption.bound[x]] for x, v in values.items()}
        steps.append({"instance": block.instance, "with": texts, "as": label})
        polys[label] = problem.claim.instance(block.instance, values)[0]
        terms.append(term(weight, [*block.outer, {"fact": label}]))
    return steps, terms, polys


def term(coefficient: Fraction, factors: list[Any]) -> dict[str, Any]:
    return {"factors": factors} if coefficient == 1 else {"coefficient": str(coefficient), "factors": factors}


def proof(system: System, squares: Sequence[Squares], free: Sequence[Fraction]) -> dict[str, Any]:
    """The PROOF object: the strict term, the blocks, the equations (one term for each equation)."""
    problem = system.problem
    terms: list[dict[str, Any]] = [term(Fraction(1), system.main_factors)]
    steps: list[Any] = []
    known: dict[str, Any] = {}
    for block, solution in zip(system.blocks, squares, strict=True):
        if block.instance < 0:
            terms += square_terms(problem, block, solution)
            continue
        new, used, polys = instance_terms(problem, block, solution)
        steps += new
        terms += used
        known |= polys
    totals: dict[str, tuple[Any, str, Any]] = {}
    for item, value in zip(system.frees, free, strict=True):
        if value:
            key = json.dumps([item.ref, item.functional], sort_keys=True)
            _, _, times = totals.setdefault(key, (item.ref, item.functional, {}))
            P.add_to(times, item.times, value)
    for ref, functional, times in totals.values():
        if times:
            equation = {"equation": ref, "times": problem.text_of(times)}
            terms.append({"factors": [{"E": functional, "terms": [equation]}]} if functional else equation)
    result = {"terms": _merge(terms)}
    result["terms"] += put_back(system.goal, result["terms"], known)
    steps = [*system.goal.steps, *steps]
    return {"steps": steps, **result} if steps else result


def _merge(terms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One F[...] for all terms with the same factors outside it."""
    out: list[dict[str, Any]] = []
    places: dict[str, int] = {}
    for item in terms:
        factors = item.get("factors", [])
        if factors and "E" in factors[-1] and "coefficient" not in item:
            key = json.dumps([factors[:-1], factors[-1]["E"]], sort_keys=True)
            if key in places:
                known = out[places[key]]["factors"][-1]
                known["terms"] = known["terms"] + factors[-1]["terms"]
                continue
            places[key] = len(out)
            item = {"factors": [*factors[:-1], dict(factors[-1])]}
        out.append(item)
    return out


def certificate_text(proofs: list[Any], equality: bool) -> str:
    body: dict[str, Any] = {"format": "proofcheck-certificate/1"}
    body["proof"] = proofs if equality else proofs[0]
    return json.dumps(body, indent=1)
