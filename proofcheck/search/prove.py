"""`prove`: a verdict on a claim within a time limit, from a portfolio of finders and refuters.

Order: a short hunt for a counterexample; products of facts (LP) and squares (SDP) at growing levels and multipliers;
a longer hunt; case splits. PROVED and VACUOUS are said only after the kernel checked a certificate, REFUTED only after
it evaluated a witness, and PROVED only with a model of the assumptions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import ArgumentError
from ..kernel import check
from ..kernel.syntax import KernelError
from ..verdict import Verdict
from . import certificate, refute
from .facts import enrich
from .problem import Problem, goals
from .strategy import Clock, refutation


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
    return _prove(problem, clock, dict(lemmas or {}))


def _prove(problem: Problem, clock: Clock, lemmas: dict[str, str]) -> Outcome:
    total = clock.left
    branching = any(label == "Max" for label, _ in problem.claim.ctx.arguments.values())

    def hunt(seconds: float, rounds: int) -> Outcome | None:
        text = refute.witness(problem, refutes=True, seconds=min(seconds, clock.left), late=clock, rounds=rounds)
        return (
            None
            if text is None
            else Outcome(Verdict.REFUTED, None, text, "an exact counterexample", "witness", clock.spent)
        )

    def attempt(seconds: float, splits: bool) -> Outcome | None:
        text, finder = _certificate(problem, Clock(min(seconds, clock.left)), lemmas, splits=splits)
        return None if text is None else _with_model(problem, clock, text, finder)

    def contradiction(seconds: float) -> Outcome | None:
        """A target that is random hides a contradiction of the assumptions from the finders: ask for it alone."""
        if not problem.owner(problem.claim.target[0]):
            return None
        return _vacuous(problem, Clock(min(seconds, clock.left)), clock, splits=False)

    stages: list[Callable[[], Outcome | None]] = [
        lambda: hunt(min(0.3, total / 8), 1),
        lambda: attempt(min(0.3 if branching else 1.0, total / 5), False),
        lambda: contradiction(min(0.5, total / 8)),
        lambda: attempt(min(2.5, total / 4), True),
        lambda: hunt(min(3.0, total / 6), 4),
        lambda: attempt(clock.left * 0.4, False),
        lambda: attempt(clock.left * 0.6, True),
        lambda: hunt(clock.left, 10),
    ]
    failures: list[str] = []
    for stage in stages:
        if clock():
            break
        try:
            outcome = stage()
        except Exception as error:  # whatever a finder trips over, the others still get their turn
            failures.append(f"{type(error).__name__}: {error}")
            continue
        if outcome is not None:
            return outcome
    reason = f"no certificate and no counterexample within {clock.spent:.1f} s"
    if not clock():
        reason += "; the finders gave up before the time limit"
    if failures:
        reason += "; a finder failed: " + "; ".join(dict.fromkeys(failures))[:300]
    return Outcome(Verdict.UNKNOWN, None, None, reason, "", clock.spent, {"failures": failures})


def _with_model(problem: Problem, clock: Clock, text: str, finder: str) -> Outcome:
    """PROVED with a model of the assumptions, VACUOUS with a contradiction among them, else UNKNOWN."""
    for share, rounds in ((0.5, 1), (max(0.5, clock.left * 0.3), 4), (max(0.5, clock.left), 10)):
        model = refute.witness(problem, refutes=False, seconds=share, late=lambda: False, rounds=rounds)
        if model:
            return Outcome(Verdict.PROVED, text, model, "certificate and model checked", finder, clock.spent)
        if rounds < 10:
            outcome = _vacuous(problem, Clock(max(0.5, share)), clock, splits=rounds > 1)
            if outcome:
                return outcome
    reason = "certificate found but no model of the assumptions"
    return Outcome(Verdict.UNKNOWN, text, None, reason, finder, clock.spent)


def _vacuous(problem: Problem, share: Clock, clock: Clock, *, splits: bool) -> Outcome | None:
    """VACUOUS if the kernel accepts a contradiction of the assumptions that is found within `share`."""
    contradiction = vacuity_claim(problem.text)
    against, how = _certificate(Problem.read(contradiction), share, {}, splits=splits)
    if not against:
        return None
    reason = "the assumptions contradict each other"
    return Outcome(Verdict.VACUOUS, against, None, reason, how, clock.spent, {"claim": contradiction})


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
