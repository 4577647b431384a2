"""The facts a claim brings with it: definitions of its functions, instances of its quantified assumptions.

Max m of x, y: m >= x, m >= y, (m-x)(m-y) = 0.  sqrt s of x: s >= 0, s^2 = x.  exp e of x: e > 0, e >= 1 + x, and
exp(x) exp(y) = exp(x+y).  inv i of p: p i = 1.  A quantified assumption is used at the vectors and scalars in sight.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product as cartesian
from typing import Any

from ..kernel.algebra import Poly
from ..kernel.syntax import KernelError
from . import poly as P
from .eliminate import eliminate
from .problem import Fact, Goal, Problem


def atoms_in_sight(problem: Problem, polys: list[Poly]) -> list[str]:
    """All atoms of the polynomials, those inside moments and function arguments included."""
    seen: dict[str, None] = {}

    def visit(poly: Poly) -> None:
        for monomial in poly:
            for name, _ in monomial:
                if name in seen:
                    continue
                seen[name] = None
                label, arguments = problem.made(name)
                if label == "moment":
                    visit(P.term(arguments[1]))
                elif label not in ("", "inner"):
                    for argument in arguments:
                        visit(argument)

    for poly in polys:
        visit(poly)
    return list(seen)


def definition_facts(problem: Problem, names: list[str]) -> list[Fact]:
    """The defining facts of every function atom among `names`."""
    ctx = problem.claim.ctx
    facts: list[Fact] = []
    for name in names:
        if not problem.is_function(name):
            continue
        label, arguments = problem.made(name)
        owner = ctx.owner[name]
        m = P.atom(name)

        def define(part: int, poly: Poly, rel: str, name: str = name, owner: str = owner, label: str = label) -> Fact:
            text = problem.atom_text(name)
            if label == "inv":
                text = text[1:-1]
            return Fact(poly, rel, {"definition": text, "part": part}, owner)

        if label == "Max":
            x, y = arguments
            facts.append(define(0, P.sub(m, x), ">="))
            facts.append(define(1, P.sub(m, y), ">="))
            facts.append(define(2, P.mul(P.sub(m, x), P.sub(m, y)), "=="))
        elif label == "sqrt":
            facts.append(define(0, m, ">="))
            facts.append(define(1, P.sub(P.mul(m, m), arguments[0]), "=="))
        elif label == "inv":
            facts.append(define(0, P.sub(P.mul(m, arguments[0]), P.ONE), "=="))
        elif label == "exp":
            facts.append(define(0, m, ">"))
            facts.append(define(1, P.sub(m, P.add(P.ONE, arguments[0])), ">="))
    return facts


def exponential_facts(problem: Problem, names: list[str], limit: int = 8) -> list[Fact]:
    """New atoms exp(x-y), exp(-x), exp(x/2) for the exponents in sight, with the products that tie them together."""
    exponents = [problem.made(n)[1][0] for n in names if problem.made(n)[0] == "exp"]
    facts: list[Fact] = []
    done: set[Any] = set()

    def tie(x: Poly, y: Poly) -> None:
        x, y = P.plain(x), P.plain(y)
        key = frozenset((_key(x), _key(y)))
        if not x or not y or key in done or problem.owner(P.add(x, y)) == "?":
            return
        done.add(key)
        left, right, total = (problem.function("exp", p) for p in (x, y, P.add(x, y)))
        ref = {"exp_sum": [problem.text_of(x), problem.text_of(y)]}
        relation = P.sub(P.mul(left, right), total)
        facts.append(Fact(relation, "==", ref, problem.owner(relation)))

    for i, x in enumerate(exponents[:limit]):
        for y in exponents[:limit][i + 1 :]:
            if not P.add(x, y):
                tie(x, y)
                continue
            tie(P.sub(x, y), y)
            tie(P.sub(y, x), x)
            tie(P.sub(x, y), P.sub(y, x))
            if len(exponents) == 2 or any(_key(P.add(x, y)) == _key(z) for z in exponents):
                tie(x, y)
        for y in exponents[:limit]:
            if _key(P.scale(x, 2)) == _key(y):
                tie(x, x)
    for x in exponents if len(exponents) == 1 else []:
        tie(x, P.scale(x, -1))
        tie(P.scale(x, Fraction(1, 2)), P.scale(x, Fraction(1, 2)))
    if len(exponents) >= 3:
        for x in exponents[:limit]:
            half = P.scale(x, Fraction(1, 2))
            tie(half, half)
            for y in exponents[:limit]:
                if _key(y) > _key(x):
                    other = P.scale(y, Fraction(1, 2))
                    if any(_key(P.add(half, other)) == _key(z) for z in exponents):
                        tie(half, other)
    fresh = [a for f in facts for a in P.atoms([f.poly]) if a not in names]
    return facts + definition_facts(problem, list(dict.fromkeys(fresh)))


def _key(poly: Poly) -> tuple[Any, ...]:
    return tuple(sorted(poly.items()))


def vectors_in_claim(problem: Problem) -> list[Poly]:
    """Deterministic vectors: the names, then the combinations written inside inner(...) in the claim."""
    ctx = problem.claim.ctx
    found: dict[Any, Poly] = {frozenset(P.atom(name).items()): P.atom(name) for name in ctx.vectors}
    for text in [problem.claim.target_text, *(a.text for a in problem.claim.assumptions)]:
        for argument in _inner_arguments(text):
            try:
                vector = ctx.expression(argument)
                ctx.inner(vector, vector)
            except KernelError:
                continue  # a bound name occurs in it
            if vector and not ctx.free(vector):
                found.setdefault(frozenset(vector.items()), vector)
    return list(found.values())


def _inner_arguments(text: str) -> list[str]:
    """The argument texts of every inner(...)."""
    out: list[str] = []
    at = text.find("inner(")
    while at >= 0:
        depth, start = 0, at + 6
        for i in range(start, len(text)):
            if text[i] in "([":
                depth += 1
            elif text[i] in ")]" and depth:
                depth -= 1
            elif (text[i] == "," and depth == 0) or text[i] in ")]":
                out.append(text[start:i])
                start = i + 1
                if text[i] != ",":
                    break
        at = text.find("inner(", at + 6)
    return out


def instances(problem: Problem, limit: int = 60) -> tuple[list[Fact], list[Any]]:
    """Facts from quantified assumptions at the vectors and scalars in sight, with the steps that introduce them."""
    ctx = problem.claim.ctx
    facts: list[Fact] = []
    steps: list[Any] = []
    vectors = vectors_in_claim(problem)
    vectors += [P.scale(P.atom(v), -1) for v in ctx.vectors[:4]]
    scalars = [P.ONE, *(P.atom(s) for s in ctx.scalars), {}]
    for index, assumption in enumerate(problem.claim.assumptions):
        if not assumption.bound:
            continue
        linear = assumption.rel == "=="
        choices = [
            (vectors[: len(ctx.vectors)] if linear else vectors) if kind == "vector" else scalars
            for kind in assumption.bound.values()
        ]
        count = 0
        for values in cartesian(*choices):
            if count >= limit:
                break
            try:
                poly, rel = problem.claim.instance(index, dict(zip(assumption.bound, values, strict=True)))
            except KernelError:
                continue
            if not poly:
                continue
            count += 1
            label = problem.label("i")
            texts = {x: problem.text_of(v) for x, v in zip(assumption.bound, values, strict=True)}
            steps.append({"instance": index, "with": texts, "as": label})
            facts.append(Fact(P.plain(poly), rel, label, problem.owner(poly)))
    return facts, steps


def enrich(goal: Goal) -> Goal:
    """The goal with the facts that its atoms and quantified assumptions bring."""
    problem = goal.problem
    found, steps = instances(problem)
    goal = goal.with_facts(found, steps)
    polys = [goal.main.poly, *(f.poly for f in goal.facts)]
    names = atoms_in_sight(problem, polys)
    facts = definition_facts(problem, names) + exponential_facts(problem, names)
    facts = [f for f in facts if f.poly]
    facts += means(problem, [*goal.facts, *facts], goal.ground)
    tangents, steps = tangent_facts(problem, names)
    return eliminate(goal.with_facts(facts + tangents, steps))


def tangent_facts(problem: Problem, names: list[str], limit: int = 4) -> tuple[list[Fact], list[Any]]:
    """exp(x) >= exp(z) (1 + x - z) for the exponents in sight, each proved as a step.

    With N the negation: N + exp(z) (exp(x-z) - 1 - (x-z)) - (exp(z) exp(x-z) - exp(x)) = 0.
    """
    exponents = [problem.made(n)[1][0] for n in names if problem.made(n)[0] == "exp"]
    facts: list[Fact] = []
    steps: list[Any] = []
    if not 2 <= len(exponents) <= limit:
        return facts, steps
    for x in exponents:
        for z in exponents:
            gap = P.sub(x, z)
            if not gap or problem.owner(P.add(x, z)) == "?":
                continue
            label = problem.label("t")
            above, at = problem.function("exp", x), problem.function("exp", z)
            poly = P.sub(above, P.mul(at, P.add(P.ONE, gap)))
            texts = [problem.text_of(p) for p in (at, problem.function("exp", gap), z, gap)]
            terms: list[Any] = [
                {"factors": [{"fact": f"not {label}"}]},
                {
                    "factors": [
                        {"fact": {"definition": texts[0], "part": 0}},
                        {"fact": {"definition": texts[1], "part": 1}},
                    ]
                },
                {"equation": {"exp_sum": texts[2:]}, "times": "-1"},
            ]
            steps.append({"have": f"{problem.text_of(poly)} >= 0", "as": label, "proof": {"terms": terms}})
            facts.append(Fact(poly, ">=", label, problem.owner(poly)))
    return facts, steps


def means(problem: Problem, facts: list[Fact], ground: str) -> list[Fact]:
    """F[f] >= 0 for pointwise facts f, strict when f is and F is a probability."""
    out: list[Fact] = []
    for fact in facts:
        if not fact.owner or fact.owner == ground or fact.rel == "==" or fact.pinned:
            continue
        functional = problem.claim.ctx.functionals[fact.owner]
        rel = fact.rel if functional.probability else ">="
        ref = {"E": fact.owner, "terms": [{"factors": [fact.factor]}]}
        value = problem.moment(fact.owner, fact.poly)
        if value and set(value) != {()}:
            out.append(Fact(value, rel, ref, kind="factor"))
    return out
