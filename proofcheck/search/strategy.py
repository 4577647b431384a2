"""How a goal is attacked: one identity, a step proved first, or a case split.

`refutation` tries, in turn and within its share of the time: a single identity at growing levels; for a target
F[q] >= 0 the integrand q >= 0 pointwise; for a target s <= B with a root s the facts B >= 0 and s^2 <= B^2; splits.
"""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import combinations_with_replacement
from typing import Any

from ..kernel.algebra import Poly
from . import lp, sdp, split, terms
from . import poly as P
from .clear import clear
from .eliminate import eliminate, reduce
from .problem import Fact, Goal
from .system import Hopeless, System


class Clock:
    """A deadline; calling it says whether it has passed."""

    def __init__(self, seconds: float) -> None:
        self.start = time.monotonic()
        self.end = self.start + seconds

    def __call__(self) -> bool:
        return time.monotonic() >= self.end

    @property
    def left(self) -> float:
        return max(0.0, self.end - time.monotonic())

    @property
    def spent(self) -> float:
        return time.monotonic() - self.start


Found = tuple[Any, str]  # a PROOF and the name of its finder
Plan = tuple[terms.Level, tuple[Fact, ...]]


def refutation(goal: Goal, clock: Clock, *, splits: bool, depth: int = 0) -> Found | None:
    """A PROOF that the facts of `goal` contradict each other, and the name of the finder."""
    if depth == 0:
        cleared = clear(goal, lambda g, p: _positive(g, p, Clock(min(0.15, clock.left / 8))))
        if cleared is not goal:
            found = refutation(cleared, Clock(clock.left * 0.5), splits=splits, depth=1)
            if found is not None:
                return found
    if not splits:
        return _direct(goal, clock)
    maxima = split.maxima(goal)
    if maxima and depth < 7:
        found = _direct(goal, Clock(clock.left * 0.1), 1)
        found = found or (pointwise(goal, Clock(clock.left * 0.4), depth) if depth == 0 else None)
        for name in [] if found else maxima[:1]:
            found = found or _cases(goal, split.max_split(goal, name), Clock(clock.left * 0.7), depth)
        return found or _direct(goal, clock)
    found = _direct(goal, Clock(clock.left * (0.4 if depth < 3 else 1)))
    found = found or roots(goal, Clock(clock.left * 0.6), depth) or pointwise(goal, Clock(clock.left * 0.4), depth)
    if found is not None or depth >= 3:
        return found
    for option in split.signs(goal):
        if clock():
            return None
        found = _cases(goal, option, Clock(clock.left * 0.5), depth)
        if found is not None:
            return found
    return None


def _cases(goal: Goal, option: split.Split, clock: Clock, depth: int) -> Found | None:
    """Both branches of a split."""
    neg = refutation(option.neg, Clock(clock.left * 0.5), splits=True, depth=depth + 1)
    if neg is None:
        return None
    nonneg = refutation(option.nonneg, clock, splits=True, depth=depth + 1)
    if nonneg is None:
        return None
    names = dict.fromkeys(["case split", *neg[1].split(", "), *nonneg[1].split(", ")])
    return option.proof(nonneg[0], neg[0], goal.steps), ", ".join(names)


def have(
    goal: Goal, poly: Poly, rel: str, ground: str, clock: Clock, depth: int, splits: bool = True
) -> tuple[Any, str, str] | None:
    """A step proving `poly rel 0` (rel not ==) without the negated target of `goal`: step, label, finder."""
    problem = goal.problem
    label = problem.label("h")
    minus = P.plain(P.scale(poly, -1))
    negated = Fact(
        reduce(minus, goal.eliminated),
        ">" if rel == ">=" else ">=",
        f"not {label}",
        problem.owner(poly),
        bool(ground),
        full=minus,
    )
    inside = eliminate(replace(goal, main=negated, ground=ground, steps=()))
    found = refutation(inside, clock, splits=splits, depth=depth + 1)
    if found is None:
        return None
    return {"have": f"{problem.text_of(poly)} {rel} 0", "as": label, "proof": found[0]}, label, found[1]


def _positive(goal: Goal, poly: Poly, clock: Clock) -> tuple[Any, str] | None:
    """A quick step proving poly > 0."""
    if goal.problem.owner(poly) not in ("", goal.ground):
        return None
    found = have(goal, poly, ">", goal.ground, clock, 9, splits=False)
    return None if found is None else found[:2]


def _full(fact: Fact) -> Poly:
    return fact.full if fact.full is not None else fact.poly


def roots(goal: Goal, clock: Clock, depth: int) -> Found | None:
    """The negated target is N = c s - B > 0 (or >= 0), s a root of A: prove B >= 0 and B^2 - c^2 A >= 0 (or > 0) first.

    N^2 + 2 N B + (B^2 - c^2 A) = c^2 (s^2 - A) is the contradiction.
    """
    problem = goal.problem
    main = _full(goal.main)
    for name in sorted(P.atoms([main])):
        label, arguments = problem.made(name)
        if label != "sqrt":
            continue
        with_root = {m: c for m, c in main.items() if any(a == name for a, _ in m)}
        ((monomial, number),) = list(with_root.items())[:1]
        if len(with_root) > 1 or monomial != ((name, 1),) or number <= 0:
            continue
        bound = P.scale({m: c for m, c in main.items() if m != monomial}, -1)
        gap = P.sub(P.power(bound, 2), P.scale(arguments[0], number * number))
        first = have(goal, bound, ">=", goal.ground, Clock(clock.left * 0.3), depth)
        if first is None:
            continue
        second = have(goal, gap, ">=" if goal.main.rel == ">" else ">", goal.ground, clock, depth)
        if second is None:
            continue
        here = {"fact": goal.main.ref}
        lines = [
            {"factors": [here, here]},
            {"coefficient": "2", "factors": [here, {"fact": first[1]}]},
            {"factors": [{"fact": second[1]}]},
            {"equation": {"definition": problem.atom_text(name), "part": 1}, "times": str(-number * number)},
        ]
        return {"steps": [*goal.steps, first[0], second[0]], "terms": lines}, f"squared root, {second[2]}"
    return None


def pointwise(goal: Goal, clock: Clock, depth: int) -> Found | None:
    """The negated target is -F[q] > 0 (or >= 0) for some q: prove q >= 0 (or > 0) pointwise, as a step of its own."""
    problem = goal.problem
    if goal.ground:
        return None
    main = _full(goal.main)
    for label, functional in problem.claim.ctx.functionals.items():
        body = _integrand(goal, main, label)
        rel = ">=" if goal.main.rel == ">" else ">"
        if body is None or (rel == ">" and not functional.probability):
            continue
        step = have(goal, body, rel, label, clock, depth)
        if step is not None:
            mean = {"factors": [{"E": label, "terms": [{"factors": [{"fact": step[1]}]}]}]}
            return {
                "steps": [*goal.steps, step[0]],
                "terms": [{"factors": [goal.main.factor]}, mean],
            }, f"pointwise, {step[2]}"
    return None


def _integrand(goal: Goal, main: Poly, label: str) -> Poly | None:
    """q with main = -label[q], where there is one that is random under `label`."""
    problem = goal.problem
    body: Poly = {}
    for monomial, value in main.items():
        moments = [(a, e) for a, e in monomial if problem.made(a)[0] == "moment" and problem.made(a)[1][0] == label]
        if len(moments) > 1 or any(e != 1 for _, e in moments):
            return None
        if not moments and not problem.claim.ctx.functionals[label].probability:
            return None
        part = P.term(tuple(p for p in monomial if p not in moments), -value)
        for name, _ in moments:
            part = P.mul(part, P.term(problem.made(name)[1][1]))
        P.add_to(body, part)
    return body if problem.owner(body) == label else None


def plans(goal: Goal) -> list[Plan]:
    """Levels with the leading strict products, cheap ones first."""
    strict = [f for f in goal.facts if f.rel == ">" and f.owner in ("", goal.ground)]
    strict = [f for f in strict if set(f.poly) != {()} or f.poly[()] < 0]
    strict.sort(key=lambda f: (not isinstance(f.ref, str), len(f.poly)))
    one, two, three, four, five = terms.LEVELS
    main = goal.main
    out: list[Plan] = []
    if main.rel == ">":
        out += [(one, (main,)), (two, (main,))]
        out += [(level, (main, f)) for level in (one, two) for f in strict[:6]]
        out += [(terms.LOOSE, (main,))]
        out += [
            (three, (main,)),
            (two, (main, main)),
            (three, (main, main)),
            (four, (main,)),
            (two, (main,) * 4),
        ]
        out += [(two, (main, *pair)) for pair in combinations_with_replacement(strict[:4], 2)]
        out += [(three, (main, f)) for f in strict[:4]]
    out += [(level, leader) for level in (one, two) for leader in [(), *((f,) for f in strict[:8])]]
    if main.rel != ">":
        out += [(two, pair) for pair in combinations_with_replacement(strict[:6], 2)]
        out += [(terms.LOOSE, leader) for leader in [(), *((f,) for f in strict[:3])]]
        out += [(three, leader) for leader in [(), *((f,) for f in strict[:6])]]
        out += [(three, pair) for pair in combinations_with_replacement(strict[:4], 2)]
        out += [(four, leader) for leader in [(), *((f,) for f in strict[:4])]]
    else:
        out += [(four, (main, main)), (five, (main,)), (five, (main, main))]
        out += [(level, (main, f)) for level in (four, five) for f in strict[:4]]
    return out


def _direct(goal: Goal, clock: Clock, most: int = 1000) -> Found | None:
    """One identity, without a case split, by at most `most` plans."""
    builders: dict[terms.Level, terms.Builder] = {}
    limit = clock.left
    for level, leader in plans(goal)[:most]:
        if clock():
            return None
        if level not in builders:
            builders[level] = terms.Builder(goal, level, clock)
        if level.loose and builders[level].grading.rank:
            continue  # the same as without it
        try:
            system = builders[level].system(leader)
        except Hopeless:
            continue
        for name, finder in (
            ("products of facts (LP)", lambda s: lp.solve(s, limit / 4)),
            ("squares (SDP)", lambda s: sdp.solve(s, limit / 3, clock)),
        ):
            if clock():
                return None
            if name.startswith("squares") and _entries(system) > 200 + 400 * limit:
                continue  # a large one would use up a short time alone
            proof = finder(system)
            if proof is not None:
                return proof, name
    return None


def _entries(system: System) -> int:
    return sum(len(block.entries) for block in system.blocks)
