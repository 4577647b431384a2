"""Exact witnesses: worlds that satisfy the assumptions, and violate the target where a claim is to be refuted.

Simple rational numbers are sampled first, in floats by the thousand; Z3 then decides small shapes. Whatever is found
is written as a model and accepted by the kernel, or dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ..kernel.syntax import KernelError
from ..witness import check_model
from . import smt
from .problem import Problem
from .world import Arithmetic, Shape, Slot, World, model_text, shapes, slots

SIMPLE = [Fraction(n, d) for d in (1, 2, 3, 4) for n in range(-12, 13) if abs(n) <= 3 * d]
COMMON = [Fraction(x) for x in (0, 1, -1, 2, -2, Fraction(1, 2), Fraction(-1, 2), 3)]


def accepted(problem: Problem, text: str, refutes: bool) -> bool:
    """Whether the kernel accepts the model."""
    try:
        check_model(problem.text, text, refutes=refutes)
    except (KernelError, ArithmeticError, KeyError, RecursionError):
        return False
    return True


def has_exponential(problem: Problem) -> bool:
    return any(label == "exp" for label, _ in problem.claim.ctx.arguments.values())


def witness(
    problem: Problem, *, refutes: bool, seconds: float, late: Callable[[], bool], rounds: int = 1
) -> str | None:
    """A model text that the kernel accepted, or None."""
    end = time.monotonic() + seconds
    order = list(shapes(problem))
    if not refutes and problem.claim.ctx.functionals:
        order.sort(key=lambda shape: shape.atoms == 0)  # the zero measure satisfies nearly everything: last
    for n, shape in enumerate(order):
        if time.monotonic() > end or late():
            return None
        text = sample(problem, shape, refutes=refutes, count=1500 * rounds, seed=n)
        if text:
            return text
        if not has_exponential(problem):
            share = min((end - time.monotonic()) / max(1, min(3, len(order) - n)), end - time.monotonic())
            text = by_smt(problem, shape, refutes=refutes, seconds=max(0.05, share))
            if text:
                return text
    return None


def by_smt(problem: Problem, shape: Shape, *, refutes: bool, seconds: float) -> str | None:
    """Z3's world of one shape, when the kernel accepts it; interior points first for a model of the assumptions."""
    for strict in [False] if refutes else [True, False]:
        try:
            question = smt.Question(problem, shape)
            formulas = question.assumptions(strict)
            if refutes:
                formulas.append(question.violation(*problem.claim.target))
            elif strict:
                formulas += [v != 0 for s, v in question.variables.items() if s[0] in ("s", "v")]
        except (smt.Beyond, KeyError):
            return None
        values = question.solve(formulas, seconds)
        if values is not None:
            text = model_text(problem, shape, values)
            if accepted(problem, text, refutes):
                return text
    return None


def _arithmetic() -> Arithmetic:
    def number(q: Fraction) -> Any:
        return float(q)

    return Arithmetic(
        number, np.maximum, lambda a: np.sqrt(a), lambda a: np.exp(np.clip(a, -700, 700)), lambda a: 1.0 / a
    )


def sample(problem: Problem, shape: Shape, *, refutes: bool, count: int, seed: int = 0, tries: int = 12) -> str | None:
    """Random simple rationals, filtered in floats, confirmed by the kernel."""
    rng = np.random.default_rng(seed + 1)
    names = slots(problem, shape)
    pool = np.array([float(x) for x in SIMPLE])
    common = np.array([float(x) for x in COMMON])
    small = [Fraction(x) / d for d in (10, 100, 1000) for x in (1, -1)] + [Fraction(0)]
    index: dict[Slot, np.ndarray] = {}
    choices: dict[Slot, list[Fraction]] = {}
    copied: dict[Slot, tuple[Slot, np.ndarray, np.ndarray]] = {}  # source, where, which small difference
    values: dict[Slot, Any] = {}
    scalars: list[Slot] = []
    for slot in names:
        if slot[0] == "w":
            choice = (
                [Fraction(1, 2), Fraction(1, 3), Fraction(1, 4), Fraction(1, 10)]
                if shape.atoms > 1
                else [Fraction(1), Fraction(2), Fraction(1, 2)]
            )
            choices[slot] = [x / max(1, shape.atoms - 1) for x in choice] if shape.atoms > 2 else choice
            index[slot] = rng.integers(0, len(choice), count)
            values[slot] = np.array([float(x) for x in choices[slot]])[index[slot]]
            continue
        simple = rng.random(count) < 0.6
        a, b = rng.integers(0, len(common), count), rng.integers(0, len(pool), count)
        choices[slot], index[slot] = [*COMMON, *SIMPLE], np.where(simple, a, b + len(COMMON))
        values[slot] = np.where(simple, common[a], pool[b])
        index[slot][0], values[slot][0] = 0, 0.0  # one sample of zeros
        if scalars:
            source = scalars[int(rng.integers(0, len(scalars)))]
            where, which = rng.random(count) < 0.25, rng.integers(0, len(small), count)
            where[0] = False
            copied[slot] = (source, where, which)
            near = values[source] + np.array([float(x) for x in small])[which]
            values[slot] = np.where(where, near, values[slot])
        scalars.append(slot)

    def point(slot: Slot, i: int) -> Fraction:
        if slot in copied and copied[slot][1][i]:
            return point(copied[slot][0], i) + small[int(copied[slot][2][i])]
        return choices[slot][int(index[slot][i])]

    world = World(problem, shape, values, _arithmetic())
    good = np.ones(count, dtype=bool)
    slack = 1e-9
    with np.errstate(all="ignore"):
        try:
            for assumption in problem.claim.assumptions:
                if assumption.bound:
                    matrix = world.quantified(assumption)
                    good &= _fits(matrix, assumption.rel, count)
                    continue
                for value in world.everywhere(assumption.poly):
                    value = np.broadcast_to(value, (count,))
                    good &= (
                        value > slack
                        if assumption.rel == ">"
                        else value >= -slack
                        if assumption.rel == ">="
                        else np.abs(value) <= slack
                    )
                if not good.any():
                    return None
            target, rel = problem.claim.target
            bad = np.zeros(count, dtype=bool)
            for value in world.everywhere(target):
                value = np.broadcast_to(value, (count,))
                good &= np.isfinite(value)
                bad |= value < -slack if rel == ">=" else value <= slack if rel == ">" else np.abs(value) > slack
            if refutes:
                good &= bad
        except KeyError:
            return None
    found = np.flatnonzero(good)
    if refutes or not found.size:
        order = found
    else:  # a model of the assumptions: prefer one with few zeros
        zeros = sum((np.abs(v) < 1e-12).astype(int) for v in values.values()) if values else np.zeros(count)
        order = found[np.argsort(np.asarray(zeros)[found], kind="stable")]
    # the fewest zeros first; where exp or sqrt must be exact, the most zeros help
    chosen = [int(i) for i in order[:tries]] + [int(i) for i in order[-3:] if not refutes]
    for i in dict.fromkeys(chosen):
        text = model_text(problem, shape, {slot: point(slot, i) for slot in names})
        if accepted(problem, text, refutes):
            return text
    return None


def _fits(matrix: list[list[Any]], rel: str, count: int) -> np.ndarray:
    full = np.array([[np.broadcast_to(x, (count,)) for x in row] for row in matrix], dtype=float)
    if rel == "==":
        return np.all(np.abs(full) <= 1e-9, axis=(0, 1))
    full = np.where(np.isfinite(full), full, -1e9)
    return np.linalg.eigvalsh(np.moveaxis(full, 2, 0))[:, 0] >= -1e-9
