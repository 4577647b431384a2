"""Denominators: with p_i > 0 proved, the negated target N becomes C = N * prod p_i^k_i, which has no 1/p_i.

N * prod p_i^k_i - C is a combination of the equations p_i * inv(p_i) = 1, written down monomial by monomial.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ..kernel.algebra import Poly
from . import poly as P
from .eliminate import reduce
from .problem import Fact, Goal

Positive = Callable[[Goal, Poly], tuple[Any, str] | None]  # a step proving p > 0, and its label


def clear(goal: Goal, positive: Positive) -> Goal:
    """The goal with the denominators of its main fact multiplied out, as far as they are known to be positive."""
    problem = goal.problem
    main = goal.main.full if goal.main.full is not None else goal.main.poly
    powers: dict[str, int] = {}  # atom 1/p, or x where x^-1 occurs
    for monomial in main:
        for name, exponent in monomial:
            if problem.made(name)[0] == "inv" and exponent > 0:
                powers[name] = max(powers.get(name, 0), exponent)
            elif exponent < 0:
                powers[name] = max(powers.get(name, 0), -exponent)
    if not any(problem.made(name)[0] == "inv" for name in powers):
        return goal  # negative exponents alone are no obstacle: gradings see through them
    steps: list[Any] = []
    facts: list[Fact] = []
    denominators: list[tuple[str, Poly, int, str]] = []
    for name, power in powers.items():
        inverse = problem.made(name)[0] == "inv"
        p = P.plain(problem.made(name)[1][0]) if inverse else P.atom(name)
        found = positive(goal, p)
        if found is None:
            continue
        steps.append(found[0])
        facts.append(Fact(reduce(p, goal.eliminated), ">", found[1], problem.owner(p), bool(goal.ground), full=p))
        denominators.append((name, p, power, found[1]))
    if not denominators:
        return goal
    cleared, equations = _multiply(goal, main, denominators)
    label = problem.label("c")
    factors = [goal.main.factor, *({"fact": d[3]} for d in denominators for _ in range(d[2]))]
    terms: list[Any] = [{"factors": [{"fact": f"not {label}"}]}, {"factors": factors}, *equations]
    steps.append({"have": f"{problem.text_of(cleared)} {goal.main.rel} 0", "as": label, "proof": {"terms": terms}})
    fact = replace(goal.main, poly=reduce(cleared, goal.eliminated), ref=label, full=cleared)
    return replace(goal, main=fact, facts=(*goal.facts, *facts), steps=(*goal.steps, *steps))


def _multiply(goal: Goal, main: Poly, denominators: list[tuple[str, Poly, int, str]]) -> tuple[Poly, list[Any]]:
    """(C, equation terms that turn main * prod p_i^k_i into C)."""
    problem = goal.problem
    equations: list[Any] = []
    current = main
    for k, (name, p, power, _) in enumerate(denominators):
        later = P.product(P.power(q, e) for _, q, e, _ in denominators[k + 1 :])
        cleared: Poly = {}
        times: Poly = {}
        inverse = problem.made(name)[0] == "inv"
        for monomial, value in current.items():
            part = P.term(monomial, value)
            if not inverse:
                P.add_to(cleared, P.mul(part, P.power(p, power)))
                continue
            exponent = dict(monomial).get(name, 0)
            rest = P.term(tuple(x for x in monomial if x[0] != name), value)
            rest = P.mul(rest, P.power(p, power - exponent))
            P.add_to(cleared, rest)
            # p^e inv^e - 1 = (p inv - 1) (1 + p inv + ... + (p inv)^(e-1))
            for j in range(exponent):
                P.add_to(times, P.mul(rest, P.power(P.mul(p, P.atom(name)), j)))
        if times:
            text = problem.atom_text(name)[1:-1]
            used = P.scale(P.mul(times, later), -1)
            equations.append({"equation": {"definition": text, "part": 0}, "times": problem.text_of(used)})
        current = cleared
    return current, equations
