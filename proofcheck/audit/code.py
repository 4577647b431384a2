"""The parts of a check that touch torch: the bound code exists and is the lemma's, and the hammer cannot break it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from proofcheck.audit.result import PartFailed, PartSkipped
from proofcheck.errors import ArgumentError
from proofcheck.registry import Lemma
from proofcheck.resolve import resolve

if TYPE_CHECKING:
    from proofcheck.hammer.trial import Trial

BRIEF_CLIMB = 60  # steps of the adversary in a check; `proofcheck hammer` and the tests climb longer
BRIEF_ARENAS = 2  # sizes at which it climbs
BRIEF_COMPARE = 4  # one chunk in that many is compared with the formula: the graph part compares for all inputs


def check_bindings(lemma: Lemma) -> Mapping[str, Any]:
    """Every binding names a callable of the code and says which formula it implements."""
    for binding in lemma.bindings:
        try:
            resolve(binding.callable, "binding")
        except ArgumentError as error:
            raise PartFailed(str(error)) from error
        if not binding.formula:
            raise PartFailed(f"binding {binding.callable!r}: the formula that the code implements is missing.")
    return {"bindings": len(lemma.bindings)}


def check_graph(lemma: Lemma) -> Mapping[str, Any]:
    """The graph of every bound callable, run on symbols, is the formula that its binding names, entry by entry."""
    from proofcheck import bind

    results = bind.check_bindings(lemma)
    figures = {
        "agree": sum(result.ok for result in results),
        "entries": sum(result.entries for result in results),
        "bindings": [asdict(result) for result in results],
    }
    for result in results:
        if not result.ok:
            raise PartFailed(f"{result.callable} {result.verdict} from {result.formula}, {result.detail}", figures)
    return figures


def check_hammer(lemma: Lemma, measures: int, seed: int, device: str) -> Mapping[str, Any]:
    """A short campaign against each property of the lemma; figures of the first, `others` those of the rest."""
    if not lemma.hammers:
        raise PartSkipped("no torch property to hammer")
    from proofcheck.hammer.trial import trials

    usable_device(device)
    first, *rest = [_campaign(one, measures, seed, device) for one in trials(lemma)]
    return {**first, "others": rest} if rest else first


def _campaign(on_trial: Trial, measures: int, seed: int, device: str) -> dict[str, Any]:
    from proofcheck.hammer import campaign

    result = campaign(
        on_trial,
        measures=measures,
        seed=seed,
        device=device,
        climb=BRIEF_CLIMB,
        arenas=BRIEF_ARENAS,
        compare_every=BRIEF_COMPARE,
    )
    figures: dict[str, Any] = {
        "bound": on_trial.prop.bound,
        "ratio": result.best if math.isfinite(result.best) else str(result.best),  # JSON has no infinity
        "measures": result.measures,
        "checks": result.checks,
        "exact_checks": result.exact_checks,
        "families": [family.name for family in result.families],
        "histogram": list(result.histogram),
        "left_out": dict(result.skipped),
        "command": result.command,
    }
    if result.decision == "REFUTED":
        example = json.dumps(result.counterexample, indent=1, sort_keys=True)
        figures |= {"verdict": "REFUTED", "counterexample": result.counterexample}
        raise PartFailed(f"REFUTED: {result.reason}\n{example}\n{result.command}", figures)
    if not result.passed:
        why = result.reason or f"the bound is called sharp, and the worst ratio reached is only {result.best:.6f}"
        raise PartFailed(f"{why}\n{result.command}", figures)
    return figures


def usable_device(device: str) -> None:
    """Raises:
    ArgumentError: torch knows no such device, or it is not there.
    """
    import torch

    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        # an AssertionError is torch's own word for a build without CUDA
        first = str(error).splitlines()[0]
        raise ArgumentError(f"device: one that torch can use required, got {device!r}. {first}") from error
