"""Case splits: on the sign of x - y for Max(x, y), and on the sign of an expression such as L or x^2 + y^2.

In a branch of Max the equation m = x (or y) is a step of its own: m - x > 0 contradicts (m-x)(m-y) = 0 together with
m - y >= m - x, since (m-x)^2 <= (m-x)(m-y).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from ..kernel.algebra import Poly
from . import poly as P
from .facts import atoms_in_sight
from .problem import Fact, Goal


class Split(NamedTuple):
    """Branches nonneg (poly >= 0) and neg (poly < 0), with what each adds."""

    key: str
    text: str
    label: str
    nonneg: Goal
    neg: Goal

    def proof(self, nonneg: Any, neg: Any, steps: tuple[Any, ...]) -> dict[str, Any]:
        body = {"split": self.text, "as": self.label, "nonneg": nonneg, "neg": neg}
        return {"steps": list(steps), **body} if steps else body


def _usable(goal: Goal, poly: Poly) -> bool:
    return goal.problem.owner(poly) in ("", goal.ground)


def maxima(goal: Goal) -> Iterator[Split]:
    """Splits for the Max atoms in sight, innermost first."""
    problem = goal.problem
    names = atoms_in_sight(problem, [goal.main.poly, *(f.poly for f in goal.facts)])
    names = [n for n in names if problem.made(n)[0] == "Max" and n not in goal.used_splits]
    names.sort(key=len)
    for name in names:
        x, y = problem.made(name)[1]
        poly = P.sub(x, y)
        if _usable(goal, poly) and _usable(goal, P.atom(name)):
            yield max_split(goal, name)


def max_split(goal: Goal, name: str) -> Split:
    """x - y >= 0: m = x; x - y < 0: m = y."""
    problem = goal.problem
    x, y = problem.made(name)[1]
    difference = P.sub(x, y)
    label = problem.label("s")
    owner = problem.owner(difference)
    m, definition = P.atom(name), {"definition": problem.atom_text(name)}
    branches = []
    for sign, value in ((1, x), (-1, y)):
        step_label = problem.label("m")
        gap = P.sub(m, value)
        part = 0 if value is x else 1
        # above: gap > 0 and gap * (gap + |x - y|) = 0
        terms = [
            {"factors": [{"fact": f"not {step_label}"}, {"fact": f"not {step_label}"}]},
            {"factors": [{"fact": f"not {step_label}"}, {"fact": label}]},
            {"equation": {**definition, "part": 2}, "times": "-1"},
        ]
        below = [{"factors": [{"fact": f"not {step_label}"}]}, {"factors": [{"fact": {**definition, "part": part}}]}]
        step = {
            "have": f"{problem.text_of(m)} == {problem.text_of(value)}",
            "as": step_label,
            "proof": [{"terms": below}, {"terms": terms}],
        }
        pinned = bool(owner)
        facts = [
            Fact(P.scale(difference, sign), ">=" if sign > 0 else ">", label, owner, pinned),
            Fact(gap, "==", step_label, problem.owner(gap), pinned),
        ]
        kept = [f for f in goal.facts if not (isinstance(f.ref, dict) and f.ref.get("definition") == definition["definition"])]
        branch = replace(goal, facts=tuple(kept + facts), steps=(step,), used_splits=goal.used_splits | {name})
        branches.append(branch)
    return Split(name, problem.text_of(difference), label, branches[0], branches[1])


def sign_split(goal: Goal, poly: Poly) -> Split:
    """poly >= 0 or poly < 0."""
    problem = goal.problem
    label, text = problem.label("s"), problem.text_of(poly)
    owner = problem.owner(poly)
    facts = [Fact(P.scale(poly, s), ">=" if s > 0 else ">", label, owner, bool(owner)) for s in (1, -1)]
    used = goal.used_splits | {text}
    nonneg, neg = (replace(goal, facts=(*goal.facts, f), steps=(), used_splits=used) for f in facts)
    return Split(text, text, label, nonneg, neg)


def signs(goal: Goal) -> Iterator[Split]:
    """Splits on -x for nonnegative atoms (x = 0 or x > 0), then on differences of scalars and on scalars."""
    problem = goal.problem
    seen = set(goal.used_splits)
    candidates: list[Poly] = []
    known = {frozenset(f.poly.items()) for f in goal.facts if f.rel == ">"}
    for fact in goal.facts:
        if fact.rel == ">=" and len(fact.poly) == 1 and frozenset(fact.poly.items()) not in known:
            candidates.append(P.scale(fact.poly, -1))
    scalars = [a for a in atoms_in_sight(problem, [goal.main.poly]) if a in problem.claim.ctx.scalars]
    if goal.ground:
        scalars += [a for a in atoms_in_sight(problem, [goal.main.poly]) if a in problem.claim.ctx.functionals[goal.ground].scalars]
    squares = P.add(*(P.power(P.atom(a), 2) for a in scalars[:4]))
    if squares and len(scalars) > 1:
        candidates.append(P.scale(squares, -1))
    for i, a in enumerate(scalars[:4]):
        for b in scalars[i + 1 : 4]:
            candidates.append(P.sub(P.atom(a), P.atom(b)))
    candidates += [P.atom(a) for a in scalars[:4]]
    for poly in candidates:
        text = problem.text_of(poly)
        if text not in seen and _usable(goal, poly):
            seen.add(text)
            yield sign_split(goal, poly)
