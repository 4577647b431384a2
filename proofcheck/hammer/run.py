"""A falsification campaign against one lemma: sample, sharpen, climb, decide exactly, shrink, report.

Every float ratio above 1 (net of roundoff) is decided exactly; so are the worst case of each family and, for
every batch, a random sample of the code against its formula. Batches are measured on several threads and looked at
in order, chunks may be shared out over processes, and a checkpoint remembers whole chunks: the same seed, device type
and dtype give the same campaign however it was run, up to the time limit. Surviving one proves nothing: the result
says how much was tried.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch

from proofcheck.errors import ArgumentError
from proofcheck.hammer.adversary import STEPS, attack
from proofcheck.hammer.campaign_checkpoint import checkpoint
from proofcheck.hammer.campaign_plan import chunks
from proofcheck.hammer.campaign_sampling import Progress, Sampling, single_threaded
from proofcheck.hammer.campaign_tally import Tally, on
from proofcheck.hammer.campaign_world import WorkerLost, World
from proofcheck.hammer.confirm import Decision, Status, confirm
from proofcheck.hammer.families import Configuration, available
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case
from proofcheck.hammer.probe import BINS, ELEMENTS, LARGEST
from proofcheck.hammer.result import CampaignResult, FamilyReport
from proofcheck.hammer.shrink import shrink
from proofcheck.hammer.trial import Trial, trial

ARENAS = ((2, 3), (1, 2), (4, 8))  # (d, n) of the adversary
RESTARTS = 24


def campaign(
    lemma: Any,
    *,
    measures: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
    seconds: float | None = None,
    adversary: bool = True,
    climb: int = STEPS,
    arenas: int = len(ARENAS),
    compare_every: int = 1,
    workers: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
    fresh: bool = False,
    world: World | None = None,
    sizes: str = "",
) -> CampaignResult:
    """Try to break the HAMMER property of `lemma` (a module, anything with `.module`, or a Trial).

    Args:
        measures: how many measures to draw, over all families; at least one chunk of each family is tried.
        seconds: stop sampling after that long.
        adversary, climb, arenas: whether it climbs, how many steps at most, in how many of the ARENAS.
        compare_every: the code is compared with its formula, exactly, on a sample of one batch in that many.
        workers: threads that measure batches, the number of CPUs (at most 8) if None; while it runs, torch uses
            one thread in each.
        progress: called with (measures done, measures planned) after each chunk; by the first process only.
        folder: keep a checkpoint there after every chunk, and go on from the one that is there.
        fresh: set an existing checkpoint aside instead of going on from it.
        sizes: draw the batches of this device type, "cpu" or "cuda", whatever the device: for comparing devices.
        world: the processes that share the campaign; every one of them must make the same call.

    Raises:
        ArgumentError: the lemma has no HAMMER, measures < 1, token clouds are required and missing, or the
            checkpoint is of another campaign.
        WorkerLost: another process is gone; the checkpoint holds what was done.
    """
    if measures < 1:
        raise ArgumentError(f"campaign: measures must be >= 1, got measures={measures}. Ask for one at least.")
    on_trial = lemma if isinstance(lemma, Trial) else trial(lemma)
    if on_trial is None:
        raise ArgumentError(
            f"campaign: {getattr(lemma, '__name__', lemma)} has no HAMMER property. It cannot be hammered."
        )
    world = world or World()
    families, skipped = available()
    kind = kind_of(on_trial)
    where = device.partition(":")[0]
    precision = str(dtype).removeprefix("torch.")
    book = None
    if folder is not None:
        settings = {
            "lemma": on_trial.lemma,
            "kind": kind.name,
            "bound": "" if on_trial.bound is None else str(on_trial.bound),
            "quantities": dict(on_trial.prop.quantities),
            "options": {name: str(value) for name, value in on_trial.prop.options.items()},
            "measures": measures,
            "seed": seed,
            "device": where,
            "dtype": precision,
            "families": list(families),
            "batches of": sizes or where,
            "batch limits": [ELEMENTS.get(sizes or where), LARGEST.get(sizes or where), BINS],
            "compare every": compare_every,
        }
        book = checkpoint(folder, on_trial, settings)
    run = Sampling(kind, world, book, compare_every, len(families), workers)
    try:
        run.recall(fresh=fresh)
        plan = chunks(on_trial.lemma, tuple(families), measures, seed, device, dtype, sizes)
        run.sample(plan, measures, math.inf if seconds is None else seconds, progress)
        ended = world.shared(run.total.refuted is not None)
        climbs = _climb(kind, seed, device, dtype, climb, arenas, world) if adversary and not ended else []
        return world.from_first(
            lambda: _result(
                on_trial,
                run,
                climbs if adversary and not ended else None,
                families=tuple(families),
                skipped=skipped,
                measures=measures,
                seed=seed,
                device=device,
                precision=precision,
            )
        )
    except WorkerLost as error:
        kept = "Nothing was kept, as there is no checkpoint: name a folder with --checkpoint."
        if book is not None:
            kept = f"{book.path} holds what was done, up to the last chunk: the same command goes on from there."
        raise WorkerLost(f"campaign on {on_trial.lemma}: {error} {kept}") from error


class _Climb(NamedTuple):
    """One arena of the adversary: its best case and the exact look at it."""

    arena: int
    checks: int
    best: float
    case: Case
    decision: Decision


def _climb(
    kind: Kind, seed: int, device: str, dtype: torch.dtype, steps: int, arenas: int, world: World
) -> list[_Climb]:
    """The best case of every arena, decided exactly; up to the first refutation. At the first process only."""
    climbs: list[_Climb] = []
    with single_threaded():
        for k, (d, n) in enumerate(ARENAS[:arenas]):
            if k % world.size != world.rank:
                continue
            shape = ("gaussian", "uniform", "sphere")[k % 3]
            config = Configuration(
                shape, d=d, n=n, batch=RESTARTS, dtype=dtype, device=device, seed=(seed * 7919 + k) % 2**62
            )
            found = attack(kind, config, config.generator(), steps=steps)
            if not found:
                continue
            best = max(found, key=lambda ascent: ascent.best)
            climbs.append(_Climb(k, RESTARTS * len(found), best.best, best.case, confirm(kind, best.case)))
            if climbs[-1].decision.refuted:
                break
    together = sorted((c for some in world.gather(climbs) for c in some), key=lambda c: c.arena)
    refuted = next((i for i, c in enumerate(together) if c.decision.refuted), len(together))
    return together[: refuted + 1]


def _result(
    on_trial: Trial,
    run: Sampling,
    climbs: list[_Climb] | None,
    *,
    families: tuple[str, ...],
    skipped: Mapping[str, str],
    measures: int,
    seed: int,
    device: str,
    precision: str,
) -> CampaignResult:
    """Decide what is left to decide and say everything. The checkpoint's tally stays as it is."""
    kind, tally = run.kind, copy.deepcopy(run.total)
    after = tally.chunks  # what is found now comes after every chunk
    for family in (tally.families[name] for name in families if name in tally.families):
        # the worst case of every family is decided exactly even when floats see no violation
        if not family.decision and tally.refuted is None:
            case = on(device, family.case)
            decision = confirm(kind, case)
            tally.record(after, case, decision)
            family.decision = decision.status.value
    for climb in climbs or []:
        if tally.refuted is None:
            tally.record(after, climb.case, climb.decision)
    counterexample = None
    if tally.refuted is not None:
        counterexample = _counterexample(on_trial, kind, on(device, tally.refuted[1]), tally.refuted[2])
    unknown = "" if tally.unknown is None else tally.unknown[1]
    decision = "holds"
    if counterexample is not None:
        decision = Status.REFUTED.value
    elif unknown:
        decision = Status.UNKNOWN.value
    extra = "" if precision == "float64" else f" --dtype {precision}"
    reports = tuple(_report(tally, name) for name in families if name in tally.families)
    return CampaignResult(
        lemma=on_trial.lemma,
        kind=kind.name,
        callable=on_trial.prop.callable,
        bound="" if on_trial.bound is None else str(on_trial.bound),
        sharp=on_trial.prop.sharp,
        measures=tally.measures,
        checks=tally.checks + sum(climb.checks for climb in climbs or []),
        exact_checks=tally.exact,
        families=reports,
        skipped=skipped,
        worst=max((family.worst for family in reports), default=0.0),
        adversarial=max((climb.best for climb in climbs or []), default=None),
        decision=decision,
        reason=unknown if counterexample is None else counterexample["detail"],
        counterexample=counterexample,
        seconds=run.elapsed,
        seed=seed,
        device=device,
        dtype=precision,
        command=f"proofcheck hammer {on_trial.lemma} --measures {measures} --device {device} --seed {seed}{extra}",
        histogram=tuple(sum(column) for column in zip(*(f.histogram for f in reports), strict=True)),
    )


def _report(tally: Tally, name: str) -> FamilyReport:
    family = tally.families[name]
    return FamilyReport(
        name=name,
        measures=family.measures,
        checks=family.checks,
        worst=family.worst,
        decision=family.decision or "not decided",
        histogram=tuple(family.histogram),
        chunk=family.chunk,
        case={field: value.tolist() for field, value in family.case.items()},
    )


def _counterexample(on_trial: Trial, kind: Kind, case: Case, decision: Decision) -> dict[str, Any]:
    """Shrunk, as text: every number an exact rational, weights normalised."""
    shrunk = shrink(kind, case, decision)
    leading = {name: axes[0] for name, axes in kind.axes.items() if axes}
    sizes = [len(v) for name, v in shrunk.sample.items() if leading.get(name) in ("atom", "unit", "other")]
    return {
        "lemma": on_trial.lemma,
        "level": shrunk.decision.level,
        "detail": shrunk.decision.detail,
        "bound": "" if on_trial.bound is None else str(on_trial.bound),
        "callable": on_trial.prop.callable,
        "atoms": max(sizes, default=0),
        "fields": {name: _text(value) for name, value in shrunk.sample.items()},
        "witness": dict(shrunk.decision.witness),
    }


def _text(value: Any) -> Any:
    return [_text(v) for v in value] if isinstance(value, list) else str(value)
