"""Case splits: on the sign of x - y for Max(x, y), and on the sign of an expression such as L or x^2 + y^2.

In a branch of Max the equation m = x (or y) is a step of its own: m - x > 0 contradicts (m-x)(m-y) = 0 together with
m - y >= m - x, since (m-x)^2 <= (m-x)(m-y). Where f >= 0 is known, the branch f <= 0 gets the equation f = 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from ..kernel.algebra import Poly
from . import poly as P
from .eliminate import eliminate, reduce
from .facts import atoms_in_sight
from .problem import Fact, Goal


class Split(NamedTuple):
    """Branches nonneg (poly >= 0) and neg (poly < 0), with what each adds."""

    text: str
    label: str
    nonneg: Goal
    neg: Goal

    def proof(self, nonneg: Any, neg: Any, steps: tuple[Any, ...]) -> dict[str, Any]:
        body = {"split": self.text, "as": self.label, "nonneg": nonneg, "neg": neg}
        return {"steps": list(steps), **body} if steps else body


def usable(goal: Goal, poly: Poly) -> bool:
    return goal.problem.owner(poly) in ("", goal.ground)


def maxima(goal: Goal) -> list[str]:
    """The Max atoms that can be split here, innermost first."""
    problem = goal.problem
    names = atoms_in_sight(problem, [goal.main.poly, *(f.poly for f in goal.facts)])
    names = [n for n in names if problem.made(n)[0] == "Max" and n not in goal.used_splits]
    names = [n for n in names if usable(goal, P.atom(n))]
    return sorted(names, key=len)


def _ratio(left: Poly, right: Poly) -> Fraction | None:
    """c with left = c * right, if there is one."""
    if not right or set(left) != set(right):
        return None
    ratios = {Fraction(left[m]) / right[m] for m in right}
    return ratios.pop() if len(ratios) == 1 else None


def max_split(goal: Goal, name: str) -> Split:
    """d = x - y >= 0: m = x; d < 0: m = y. Every Max whose arguments differ by a multiple of d is settled with it."""
    problem = goal.problem
    x, y = problem.made(name)[1]
    difference = P.sub(x, y)
    label, pinned = problem.label("s"), bool(problem.owner(difference))
    related = []
    for other in maxima(goal):
        p, q = problem.made(other)[1]
        ratio = _ratio(P.sub(p, q), difference)
        if ratio is not None:
            related.append((other, p, q, ratio))
    branches = []
    for sign in (1, -1):
        steps: list[Any] = []
        facts = [Fact(P.scale(difference, sign), ">=" if sign > 0 else ">", label, problem.owner(difference), pinned)]
        texts = set()
        for other, p, q, ratio in related:
            step_label = problem.label("m")
            first = ratio * sign > 0
            value = p if first else q
            m = P.atom(other)
            gap = P.sub(m, value)
            definition = problem.atom_text(other)
            texts.add(definition)
            # above: gap > 0 and gap * (gap + |p - q|) = 0
            above = [
                {"factors": [{"fact": f"not {step_label}"}, {"fact": f"not {step_label}"}]},
                {"coefficient": str(abs(ratio)), "factors": [{"fact": f"not {step_label}"}, {"fact": label}]},
                {"equation": {"definition": definition, "part": 2}, "times": "-1"},
            ]
            part = {"definition": definition, "part": 0 if first else 1}
            below = [{"factors": [{"fact": f"not {step_label}"}]}, {"factors": [{"fact": part}]}]
            relation = f"{problem.text_of(m)} == {problem.text_of(value)}"
            steps.append({"have": relation, "as": step_label, "proof": [{"terms": below}, {"terms": above}]})
            facts.append(Fact(gap, "==", step_label, problem.owner(gap), bool(problem.owner(gap)) and pinned))
        kept = [f for f in goal.facts if not (isinstance(f.ref, dict) and f.ref.get("definition") in texts)]
        facts = [replace(f, poly=reduce(f.poly, goal.eliminated), full=f.poly) for f in facts]
        used = goal.used_splits | {other for other, *_ in related}
        branch = replace(goal, facts=(*kept, *(f for f in facts if f.poly)), steps=tuple(steps), used_splits=used)
        branches.append(eliminate(branch))
    return Split(problem.text_of(difference), label, branches[0], branches[1])


def sign_split(goal: Goal, poly: Poly, known: Fact | None = None) -> Split:
    """poly >= 0 or poly < 0; `known` is a fact -poly >= 0, so that poly = 0 in the first branch."""
    problem = goal.problem
    label, text = problem.label("s"), problem.text_of(poly)
    owner = problem.owner(poly)
    facts = [Fact(P.scale(poly, s), ">=" if s > 0 else ">", label, owner, bool(owner)) for s in (1, -1)]
    facts = [replace(f, poly=reduce(f.poly, goal.eliminated), full=f.poly) for f in facts]
    used = goal.used_splits | {text}
    nonneg, neg = (replace(goal, facts=(*goal.facts, f), steps=(), used_splits=used) for f in facts)
    if known is not None:
        zero = problem.label("z")
        negated = {"factors": [{"fact": f"not {zero}"}]}
        step = {
            "have": f"{text} == 0",
            "as": zero,
            "proof": [
                {"terms": [negated, {"factors": [{"fact": label}]}]},
                {"terms": [negated, {"factors": [known.factor]}]},
            ],
        }
        equation = Fact(reduce(poly, goal.eliminated), "==", zero, owner, bool(owner), full=poly)
        others = tuple(f for f in nonneg.facts if f is not facts[0] and f is not known)
        nonneg = eliminate(replace(nonneg, facts=(*others, equation), steps=(step,)))
    return Split(text, label, nonneg, neg)


def signs(goal: Goal) -> Iterator[Split]:
    """f = 0 or f > 0 for known f >= 0 (scalars), then |x|^2 = 0 or not, differences of scalars, and scalars."""
    problem = goal.problem
    ctx = problem.claim.ctx
    names = set(ctx.scalars) | (set(ctx.functionals[goal.ground].scalars) if goal.ground else set())
    seen = set(goal.used_splits)
    strict = {frozenset(f.poly.items()) for f in goal.facts if f.rel == ">"}
    candidates: list[tuple[Poly, Fact | None]] = []
    for fact in goal.facts:
        plain = all(a in names or problem.made(a)[0] in ("sqrt", "moment") for m in fact.poly for a, _ in m)
        if fact.rel == ">=" and plain and len(fact.poly) <= 2 and frozenset(fact.poly.items()) not in strict:
            full = fact.full if fact.full is not None else fact.poly
            candidates.append((P.scale(full, -1), fact))
    candidates.sort(key=lambda c: len(c[0]))
    scalars = [a for a in atoms_in_sight(problem, [goal.main.poly]) if a in names]
    if 1 < len(scalars) <= 4:
        candidates.append((P.scale(P.add(*(P.power(P.atom(a), 2) for a in scalars)), -1), None))
    for i, a in enumerate(scalars[:4]):
        candidates += [(P.sub(P.atom(a), P.atom(b)), None) for b in scalars[i + 1 : 4]]
    candidates += [(P.atom(a), None) for a in scalars[:4]]
    for poly, fact in candidates:
        text = problem.text_of(poly)
        if text not in seen and usable(goal, poly):
            seen.add(text)
            yield sign_split(goal, poly, fact)
