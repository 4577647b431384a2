"""`prove`: a verdict on a claim within a time limit, from a portfolio of finders and refuters.

Order: a short hunt for a counterexample; products of facts (LP) and squares (SDP) at growing levels and multipliers;
a longer hunt; case splits. PROVED and VACUOUS are said only after the kernel checked a certificate, REFUTED only after
it evaluated a witness, and PROVED only with a model of the assumptions.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations_with_replacement
from typing import Any

from ..errors import ArgumentError
from ..kernel import check
from ..kernel.syntax import KernelError
from ..verdict import Verdict
from . import certificate, lp, refute, sdp, split, terms
from . import poly as P
from .eliminate import eliminate, reduce
from .facts import enrich
from .problem import Fact, Goal, Problem, goals


@dataclass(frozen=True)
class Outcome:
    """What `prove` found. `certificate` and `model` are kernel texts; the kernel has accepted each that is given."""

    verdict: Verdict
    certificate: str | None
    model: str | None
    reason: str
    finder: str
    seconds: float
    details: Mapping[str, Any] = field(default_factory=dict)


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


Plan = tuple[terms.Level, tuple[Fact, ...]]


def prove(claim_text: str, *, seconds: float = 20, lemmas: Mapping[str, str] | None = None) -> Outcome:
    """Decide the claim in `claim_text`.

    Args:
        claim_text: a claim in the kernel's text form.
        seconds: when to give up with UNKNOWN.
        lemmas: proved claims that a certificate may use (name -> claim text); no finder uses them yet.

    Returns:
        An `Outcome`; UNKNOWN with a reason when nothing was found.

    Raises:
        ArgumentError: `claim_text` is not a claim, or `seconds` is not positive.
    """
    if not seconds > 0:
        raise ArgumentError(f"prove: a positive time limit required, got seconds={seconds!r}. Give seconds=20.")
    clock = Clock(seconds)
    try:
        problem = Problem.read(claim_text)
    except KernelError as error:
        raise ArgumentError(f"prove: a well-formed claim required, got one the kernel refuses: {error}") from error
    try:
        return _prove(problem, clock, dict(lemmas or {}))
    except (KernelError, ArithmeticError, ValueError, RuntimeError, MemoryError, RecursionError) as error:
        return Outcome(Verdict.UNKNOWN, None, None, f"the search failed: {type(error).__name__}: {error}", "", clock.spent)


def _prove(problem: Problem, clock: Clock, lemmas: dict[str, str]) -> Outcome:
    total = clock.left

    def hunt(seconds: float, rounds: int) -> Outcome | None:
        text = refute.witness(problem, refutes=True, seconds=min(seconds, clock.left), late=clock, rounds=rounds)
        return None if text is None else Outcome(Verdict.REFUTED, None, text, "an exact counterexample", "witness", clock.spent)

    def attempt(seconds: float, splits: bool) -> Outcome | None:
        text, finder = _certificate(problem, Clock(min(seconds, clock.left)), lemmas, splits=splits)
        return None if text is None else _with_model(problem, clock, text, finder)

    stages: list[Callable[[], Outcome | None]] = [
        lambda: hunt(min(0.3, total / 8), 1),
        lambda: attempt(min(1.0, total / 5), False),
        lambda: attempt(min(2.5, total / 4), True),
        lambda: hunt(min(3.0, total / 6), 4),
        lambda: attempt(clock.left * 0.4, False),
        lambda: attempt(clock.left * 0.6, True),
        lambda: hunt(clock.left, 10),
    ]
    for stage in stages:
        if clock():
            break
        outcome = stage()
        if outcome is not None:
            return outcome
    reason = f"no certificate and no counterexample within {clock.spent:.1f} s"
    return Outcome(Verdict.UNKNOWN, None, None, reason, "", clock.spent)


def _with_model(problem: Problem, clock: Clock, text: str, finder: str) -> Outcome:
    """PROVED with a model of the assumptions, VACUOUS with a contradiction among them, else UNKNOWN."""
    contradiction = vacuity_claim(problem.text)
    for share, rounds in ((0.5, 1), (max(0.5, clock.left * 0.3), 4), (max(0.5, clock.left), 10)):
        model = refute.witness(problem, refutes=False, seconds=share, late=lambda: False, rounds=rounds)
        if model:
            return Outcome(Verdict.PROVED, text, model, "certificate and model checked", finder, clock.spent)
        if rounds < 10:
            against, how = _certificate(Problem.read(contradiction), Clock(max(0.5, share)), {}, splits=rounds > 1)
            if against:
                reason = "the assumptions contradict each other"
                return Outcome(Verdict.VACUOUS, against, None, reason, how, clock.spent, {"claim": contradiction})
    reason = "certificate found but no model of the assumptions"
    return Outcome(Verdict.UNKNOWN, text, None, reason, finder, clock.spent)


def vacuity_claim(claim_text: str) -> str:
    """The claim "0 > 0" under the same assumptions; divisors and roots of the target stay part of the domain."""
    data = json.loads(claim_text)
    target = data["target"]
    left = target
    for sign in (">=", "<=", "==", ">", "<"):
        if sign in target:
            left, right = target.split(sign)
            left = f"({left}) - ({right})"
            break
    data["target"] = "0 > 0" if not any(x in target for x in ("/", "**-", "** -", "sqrt")) else f"0*({left}) > 0"
    data["name"] = data["name"] + ".contradiction"
    return json.dumps(data, indent=2)


def _certificate(problem: Problem, clock: Clock, lemmas: dict[str, str], *, splits: bool) -> tuple[str | None, str]:
    """A certificate that the kernel accepted, with the name of its finder."""
    proofs: list[Any] = []
    finders: list[str] = []
    starts = goals(problem)
    for n, goal in enumerate(starts):
        goal = enrich(goal)
        share = Clock(clock.left / (len(starts) - n))
        found = refutation(goal, share, splits=splits)
        if found is None:
            return None, ""
        proofs.append(found[0])
        finders.append(found[1])
    text = certificate.certificate_text(proofs, problem.claim.target[1] == "==")
    try:
        check(problem.text, text, lemmas)
    except KernelError as error:
        return None, f"refused: {error}"
    return text, " and ".join(dict.fromkeys(finders))


def refutation(goal: Goal, clock: Clock, *, splits: bool, depth: int = 0) -> tuple[Any, str] | None:
    """A PROOF that the facts of `goal` contradict each other, and the name of the finder."""
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
    found = found or pointwise(goal, Clock(clock.left * 0.4), depth)
    if found is not None or depth >= 3:
        return found
    for option in split.signs(goal):
        if clock():
            return None
        found = _cases(goal, option, Clock(clock.left * 0.5), depth)
        if found is not None:
            return found
    return None


def _cases(goal: Goal, option: split.Split, clock: Clock, depth: int) -> tuple[Any, str] | None:
    """Both branches of a split."""
    neg = refutation(option.neg, Clock(clock.left * 0.5), splits=True, depth=depth + 1)
    if neg is None:
        return None
    nonneg = refutation(option.nonneg, clock, splits=True, depth=depth + 1)
    if nonneg is None:
        return None
    names = dict.fromkeys(["case split", *neg[1].split(", "), *nonneg[1].split(", ")])
    return option.proof(nonneg[0], neg[0], goal.steps), ", ".join(names)


def pointwise(goal: Goal, clock: Clock, depth: int) -> tuple[Any, str] | None:
    """The negated target is -F[q] >= 0 (or > 0) for some q: prove q >= 0 pointwise, as a step of its own."""
    problem = goal.problem
    if goal.ground or goal.main.kind != "fact":
        return None
    main = goal.main.full if goal.main.full is not None else goal.main.poly
    for label, functional in problem.claim.ctx.functionals.items():
        body: dict[Any, Any] = {}
        for monomial, value in main.items():
            moments = [(a, e) for a, e in monomial if problem.made(a)[0] == "moment" and problem.made(a)[1][0] == label]
            if len(moments) > 1 or any(e != 1 for _, e in moments) or (not moments and not functional.probability):
                break
            rest = {tuple(part for part in monomial if part not in moments): -value}
            for name, _ in moments:
                rest = P.mul(rest, {problem.made(name)[1][1]: 1})
            P.add_to(body, rest)
        else:
            if problem.owner(body) != label:
                continue
            rel = ">=" if goal.main.rel == ">" else ">"
            if rel == ">" and not functional.probability:
                continue
            name = problem.label("h")
            minus = P.scale(body, -1)
            fact = Fact(reduce(minus, goal.eliminated), ">" if rel == ">=" else ">=", f"not {name}", label, True, full=minus)
            inside = eliminate(replace(goal, main=fact, ground=label, steps=()))
            found = refutation(inside, clock, splits=True, depth=depth + 1)
            if found is not None:
                step = {"have": f"{problem.text_of(body)} {rel} 0", "as": name, "proof": found[0]}
                mean = {"factors": [{"E": label, "terms": [{"factors": [{"fact": name}]}]}]}
                proof = {"steps": [*goal.steps, step], "terms": [{"factors": [goal.main.factor]}, mean]}
                return proof, f"pointwise, {found[1]}"
    return None


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
        out += [(two, (main, main)), (three, (main,)), (three, (main, main)), (two, (main,) * 4)]
        out += [(two, (main, *pair)) for pair in combinations_with_replacement(strict[:4], 2)]
        out += [(three, (main, f)) for f in strict[:4]]
    out += [(level, leader) for level in (one, two) for leader in [(), *((f,) for f in strict[:8])]]
    if main.rel != ">":
        out += [(two, pair) for pair in combinations_with_replacement(strict[:6], 2)]
        out += [(three, leader) for leader in [(), *((f,) for f in strict[:6])]]
        out += [(three, pair) for pair in combinations_with_replacement(strict[:4], 2)]
        out += [(four, leader) for leader in [(), *((f,) for f in strict[:4])]]
    else:
        out += [(four, (main,)), (four, (main, main)), (five, (main,))]
    return out


def _direct(goal: Goal, clock: Callable[[], bool], most: int = 1000) -> tuple[Any, str] | None:
    """One identity, without a case split, by at most `most` plans."""
    builders: dict[terms.Level, terms.Builder] = {}
    limit = clock.left if isinstance(clock, Clock) else 1.0
    for level, leader in plans(goal)[:most]:
        if clock():
            return None
        if level not in builders:
            builders[level] = terms.Builder(goal, level, clock)
        try:
            system = builders[level].system(leader)
        except terms.Hopeless:
            continue
        for name, finder in (
            ("products of facts (LP)", lambda s: lp.solve(s, limit / 4)),
            ("squares (SDP)", lambda s: sdp.solve(s, limit / 3, clock)),
        ):
            if clock():
                return None
            proof = finder(system)
            if proof is not None:
                return proof, name
    return None
