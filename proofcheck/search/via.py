"""`prove_via`: a claim through intermediate facts that the caller names, each proved before the next.

A finder that fails on a claim often succeeds on its steps. Step k is proved under the assumptions and the steps before
it, and becomes a `have` of one certificate for the whole claim, which the kernel checks like any other: a step that is
false, or useless, can cost time but not soundness.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ..errors import ArgumentError
from ..kernel import check
from ..verdict import Verdict
from .prove import Outcome, prove
from .strategy import Clock

_ASSUMPTION = re.compile(r"a(0|[1-9][0-9]*)")


def prove_via(claim_text: str, steps: Sequence[str], *, seconds: float = 20) -> Outcome:
    """Decide the claim in `claim_text` through the relations `steps` (kernel text), in this order.

    Returns:
        PROVED with one certificate that holds every step; VACUOUS if the assumptions are; REFUTED if the claim itself
        is; else UNKNOWN with the step that was not proved (a false step says so, with its witness in `model` left out:
        it refutes the step, not the claim).

    Raises:
        ArgumentError: a text is not a claim or a relation, or `seconds` is not positive.
    """
    if not seconds > 0:
        raise ArgumentError(f"prove_via: a positive time limit required, got seconds={seconds!r}. Give seconds=20.")
    data = json.loads(claim_text)
    count = len(data["assume"])
    haves: list[dict[str, Any]] = []
    clock = Clock(seconds)
    for k, relation in enumerate(steps):
        named = {**data, "name": f"{data['name']}.step{k + 1}", "target": relation}
        named["assume"] = [*data["assume"], *steps[:k]]
        outcome = prove(json.dumps(named), seconds=_share(clock, len(steps) + 1 - k))
        if outcome.verdict is Verdict.VACUOUS and k == 0:
            return outcome
        if outcome.certificate is None or outcome.verdict is not Verdict.PROVED:
            said = "is false" if outcome.verdict is Verdict.REFUTED else f"was not proved ({outcome.reason})"
            reason = f"step {k + 1}, {relation}, {said}"
            return Outcome(Verdict.UNKNOWN, None, None, reason, "", clock.spent, {"step": k + 1})
        proof = json.loads(outcome.certificate)["proof"]
        haves.append({"have": relation, "as": f"via{k + 1}", "proof": _renamed(proof, count, f"via{k + 1}")})
    last = {**data, "name": f"{data['name']}.last", "assume": [*data["assume"], *steps]}
    outcome = prove(json.dumps(last), seconds=_share(clock, 1))
    if outcome.certificate is None or outcome.verdict is not Verdict.PROVED:
        return outcome
    proof = _renamed(json.loads(outcome.certificate)["proof"], count, None)
    whole = [_behind(haves, part) for part in proof] if isinstance(proof, list) else _behind(haves, proof)
    text = json.dumps({"format": "proofcheck-certificate/1", "proof": whole}, indent=1)
    check(claim_text, text, {})
    many = "steps" if len(steps) > 1 else "step"
    finder = f"{len(steps)} {many}, then {outcome.finder}"
    return Outcome(Verdict.PROVED, text, outcome.model, outcome.reason, finder, clock.spent)


def _share(clock: Clock, parts: int) -> float:
    """Seconds for the next of `parts` proofs; at least half a second, so that a late step is UNKNOWN and no error."""
    return max(0.5, clock.left / parts)


def _behind(haves: list[dict[str, Any]], proof: dict[str, Any]) -> dict[str, Any]:
    return {**proof, "steps": [*haves, *proof.get("steps", [])]}


def _renamed(node: Any, count: int, label: str | None) -> Any:
    """A proof of step `label` (None: of the target) with the facts of the whole claim.

    Assumption number count + j is step j + 1, "target" is the negated step, and labels made inside get a prefix.
    """
    if isinstance(node, list):
        return [_renamed(v, count, label) for v in node]
    if not isinstance(node, dict):
        return node
    renamed = {}
    for key, value in node.items():
        if key in ("fact", "equation") and isinstance(value, str):
            renamed[key] = _fact(value, count, label)
        elif key == "as":
            renamed[key] = value if label is None else f"{label}{value}"
        else:
            renamed[key] = _renamed(value, count, label)
    return renamed


def _fact(name: str, count: int, label: str | None) -> str:
    match = _ASSUMPTION.fullmatch(name)
    if match:
        index = int(match[1])
        return name if index < count else f"via{index - count + 1}"
    if label is None:
        return name
    if name == "target":
        return f"not {label}"
    return f"not {label}{name[4:]}" if name.startswith("not ") else f"{label}{name}"
