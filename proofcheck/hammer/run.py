"""A falsification campaign against one lemma: sample, sharpen, climb, decide exactly, shrink, report.

Every float ratio above 1 (net of roundoff) is decided exactly; so are the worst case of each family and, for
every chunk, a random sample of the code against its formula. Chunks are measured on several threads and looked
at in order, so the same seed, device and dtype give the same campaign, up to the time limit. Surviving one
proves nothing: the result says how much was tried.
"""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch

from proofcheck.errors import ArgumentError
from proofcheck.hammer.adversary import STEPS, attack
from proofcheck.hammer.confirm import Decision, Status, confirm
from proofcheck.hammer.families import Configuration, available
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case
from proofcheck.hammer.probe import BINS, Probe, probe, schedule
from proofcheck.hammer.result import CampaignResult, FamilyReport
from proofcheck.hammer.shrink import shrink
from proofcheck.hammer.trial import Trial, trial

ARENAS = ((2, 3), (1, 2), (4, 8))  # (d, n) of the adversary
RESTARTS = 24

Progress = Callable[[int, int], None]


@dataclass
class _State:
    """What a running campaign has counted."""

    kind: Kind
    measures: int = 0
    checks: int = 0
    exact: int = 0
    tried: dict[str, int] = field(default_factory=dict)
    family_checks: dict[str, int] = field(default_factory=dict)
    worst: dict[str, tuple[float, Case]] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    refuted: tuple[Case, Decision] | None = None
    unknown: str = ""
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)


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
) -> CampaignResult:
    """Try to break the HAMMER property of `lemma` (a module, anything with `.module`, or a Trial).

    Args:
        measures: how many measures to draw, over all families; at least one chunk of each family is tried.
        seconds: stop sampling after that long.
        adversary, climb, arenas: whether it climbs, how many steps at most, in how many of the ARENAS.
        compare_every: the code is compared with its formula, exactly, on a sample of one chunk in that many.
        workers: threads that measure chunks, the number of CPUs (at most 8) if None; while it runs, torch uses
            one thread in each.
        progress: called with (measures done, measures planned) after each chunk.

    Raises:
        ArgumentError: the lemma has no HAMMER, measures < 1, or token clouds are required and missing.
    """
    if measures < 1:
        raise ArgumentError(f"campaign: measures must be >= 1, got measures={measures}. Ask for one at least.")
    on_trial = lemma if isinstance(lemma, Trial) else trial(lemma)
    if on_trial is None:
        raise ArgumentError(
            f"campaign: {getattr(lemma, '__name__', lemma)} has no HAMMER property. It cannot be hammered."
        )
    started = time.perf_counter()
    families, skipped = available()
    state = _State(kind_of(on_trial))
    plan = schedule(families, measures, seed, device, dtype)
    deadline = math.inf if seconds is None else started + seconds
    for count, found in enumerate(_probes(state.kind, plan, workers, device), 1):
        turn = count + count // len(families)  # moves on by one a round, so that every family has its turn
        _take(state, found, compare=turn % compare_every == 0)
        if progress is not None:
            progress(state.measures, measures)
        if state.refuted is not None or (time.perf_counter() >= deadline and count >= len(families)):
            break
    _decide_worst(state)
    adversarial = _climb(state, seed, device, dtype, climb, arenas) if adversary and state.refuted is None else None
    counterexample = None if state.refuted is None else _counterexample(on_trial, state.kind, *state.refuted)
    decision = "holds"
    if counterexample is not None:
        decision = Status.REFUTED.value
    elif state.unknown:
        decision = Status.UNKNOWN.value
    precision = str(dtype).removeprefix("torch.")
    extra = "" if dtype == torch.float64 else f" --dtype {precision}"
    return CampaignResult(
        lemma=on_trial.lemma,
        kind=state.kind.name,
        callable=on_trial.prop.callable,
        bound="" if on_trial.bound is None else str(on_trial.bound),
        sharp=on_trial.prop.sharp,
        measures=state.measures,
        checks=state.checks,
        exact_checks=state.exact,
        families=tuple(_report(state, name) for name in state.tried),
        skipped=skipped,
        worst=max((value for value, _ in state.worst.values()), default=0.0),
        adversarial=adversarial,
        decision=decision,
        reason=state.unknown if counterexample is None else counterexample["detail"],
        counterexample=counterexample,
        seconds=time.perf_counter() - started,
        seed=seed,
        device=device,
        dtype=precision,
        command=f"proofcheck hammer {on_trial.lemma} --measures {measures} --device {device} --seed {seed}{extra}",
        histogram=tuple(state.histogram),
    )


def _probes(kind: Kind, plan: Iterator[Configuration], workers: int | None, device: str) -> Iterator[Probe]:
    """Probes in the order of the plan, a few chunks ahead on a CPU."""
    threads = workers or (min(8, os.cpu_count() or 1) if device == "cpu" else 1)
    if threads == 1:
        yield from (probe(kind, config) for config in plan)
        return
    with _single_threaded(), ThreadPoolExecutor(threads) as pool:
        ahead: deque[Future[Probe]] = deque()
        try:
            for config in plan:
                ahead.append(pool.submit(probe, kind, config))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for future in ahead:
                future.cancel()


@contextmanager
def _single_threaded() -> Iterator[None]:
    """One intra-op thread per worker: chunks are too small to be split, and workers would fight for the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _take(state: _State, found: Probe, compare: bool) -> None:
    """Count a chunk, decide its suspects and, if asked to compare, its sample of the code."""
    family = found.config.shape
    state.measures += found.config.batch
    state.tried[family] = state.tried.get(family, 0) + found.config.batch
    state.checks += found.checks
    state.family_checks[family] = state.family_checks.get(family, 0) + found.checks
    state.histogram = [a + b for a, b in zip(state.histogram, found.histogram, strict=True)]
    if found.nans:
        state.unknown = state.unknown or f"{found.nans} ratios are NaN in family {family}"
    if family not in state.worst or found.worst > state.worst[family][0]:
        state.worst[family] = (found.worst, found.worst_case)
        state.decisions.pop(family, None)
    for case in found.suspects:
        decision = confirm(state.kind, case)
        _record(state, case, decision)
        state.decisions[family] = decision.status.value
        if state.refuted is not None:
            return
    if found.suspected > len(found.suspects):
        undecided = found.suspected - len(found.suspects)
        state.unknown = state.unknown or f"{undecided} suspected violations in {family} were not decided"
    if compare:
        _record(state, found.sample, state.kind.check_code(found.sample))


def _record(state: _State, case: Case, decision: Decision) -> None:
    state.exact += 1
    if decision.refuted:
        state.refuted = state.refuted or (case, decision)
    elif decision.status is Status.UNKNOWN:
        state.unknown = state.unknown or decision.detail


def _decide_worst(state: _State) -> None:
    """The worst case of every family is decided exactly even when floats see no violation."""
    for family, (_, case) in state.worst.items():
        if family not in state.decisions and state.refuted is None:
            decision = confirm(state.kind, case)
            _record(state, case, decision)
            state.decisions[family] = decision.status.value


def _climb(state: _State, seed: int, device: str, dtype: torch.dtype, steps: int, arenas: int) -> float | None:
    """The best ratio the adversary reached; each arena's best case is decided exactly."""
    best: float | None = None
    with _single_threaded():
        for k, (d, n) in enumerate(ARENAS[:arenas]):
            shape = ("gaussian", "uniform", "sphere")[k % 3]
            config = Configuration(
                shape, d=d, n=n, batch=RESTARTS, dtype=dtype, device=device, seed=(seed * 7919 + k) % 2**62
            )
            climbs = sorted(attack(state.kind, config, config.generator(), steps=steps), key=lambda a: -a.best)
            state.checks += RESTARTS * len(climbs)
            for ascent in climbs[:1]:
                best = ascent.best if best is None else max(best, ascent.best)
                _record(state, ascent.case, confirm(state.kind, ascent.case))
            if state.refuted is not None:
                break
    return best


def _report(state: _State, name: str) -> FamilyReport:
    return FamilyReport(
        name=name,
        measures=state.tried[name],
        checks=state.family_checks[name],
        worst=state.worst[name][0],
        decision=state.decisions.get(name, "not decided"),
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
