"""A falsification campaign against one lemma: sample, sharpen, climb, decide exactly, shrink, report.

Rounds go through the families in turn, a chunk of measures at a time, small enough for the caches and any
memory. Every float ratio above 1 (net of roundoff) is decided exactly; so are the worst case of each family
and samples of the code against its formula. The same seed, device and dtype give the same campaign, up to the
time limit. Surviving one proves nothing: the result says TESTED, with how much was tried.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from proofcheck.errors import ArgumentError
from proofcheck.hammer.adversary import attack
from proofcheck.hammer.confirm import Decision, Status, confirm
from proofcheck.hammer.families import Configuration, available
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case
from proofcheck.hammer.shrink import shrink
from proofcheck.hammer.trial import Trial, trial

SHARP = 0.999
ELEMENTS = {"cpu": 2**17, "cuda": 2**26}  # numbers in the largest intermediate of a chunk
SUSPECTS = 16  # suspected violations decided per chunk; more are reported as undecided
LADDER = ((1, 1), (1, 2), (2, 3), (3, 5), (8, 16), (8, 64))  # (d, n) that every family meets first
ARENAS = ((2, 3), (1, 2), (4, 8))  # (d, n) of the adversary

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class FamilyReport:
    """What one family did: `worst` is its largest ratio net of roundoff, `decision` the exact look at that case."""

    name: str
    measures: int
    checks: int
    worst: float
    decision: str


@dataclass(frozen=True)
class CampaignResult:
    """One campaign. `decision` is "holds" (nothing was refuted), "REFUTED" or "unknown" with `reason`.

    worst: largest ratio of sampled cases; adversarial: of climbed ones, None if the kind is not climbed.
    counterexample: the shrunk violation as JSON-able data, exact rationals as text.
    """

    lemma: str
    kind: str
    callable: str
    bound: str
    sharp: bool
    measures: int
    checks: int
    exact_checks: int
    families: tuple[FamilyReport, ...]
    skipped: Mapping[str, str]
    worst: float
    adversarial: float | None
    decision: str
    reason: str
    counterexample: Mapping[str, Any] | None
    seconds: float
    seed: int
    device: str
    dtype: str
    command: str

    @property
    def best(self) -> float:
        """The largest ratio that anything reached."""
        return max(self.worst, self.adversarial if self.adversarial is not None else 0.0)

    @property
    def reached(self) -> bool:
        """A sharp bound must be approached to within 0.1 %; the others ask nothing."""
        return not self.sharp or self.best >= SHARP

    @property
    def passed(self) -> bool:
        return self.decision == Status.HOLDS.value and self.reached

    def as_json(self) -> dict[str, Any]:
        data = {name: getattr(self, name) for name in self.__dataclass_fields__}
        data["families"] = [vars(f) for f in self.families]
        data["skipped"] = dict(self.skipped)
        return {k: _plain(v) for k, v in data.items()} | {"best": _plain(self.best), "reached": self.reached}


@dataclass
class _State:
    """What a running campaign has counted."""

    kind: Kind
    measures: int = 0
    checks: int = 0
    exact: int = 0
    tried: dict[str, int] = field(default_factory=dict)
    family_checks: dict[str, int] = field(default_factory=dict)
    worst: dict[str, tuple[float, Case | None]] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    refuted: tuple[Case, Decision] | None = None
    unknown: str = ""


def campaign(
    lemma: Any,
    *,
    measures: int,
    device: str = "cpu",
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
    seconds: float | None = None,
    adversary: bool = True,
    progress: Progress | None = None,
) -> CampaignResult:
    """Try to break the HAMMER property of `lemma` (a module, anything with `.module`, or a Trial).

    measures: how many measures to draw, over all families; seconds: stop sampling after that long.
    progress: called with (measures done, measures planned).

    Raises:
        ArgumentError: the lemma has no HAMMER, measures < 1, or token clouds are required and missing.
    """
    if measures < 1:
        raise ArgumentError(f"campaign: measures must be >= 1, got measures={measures}.")
    on_trial = lemma if isinstance(lemma, Trial) else trial(lemma)
    if on_trial is None:
        raise ArgumentError(f"campaign: {lemma!r} has no HAMMER property. It cannot be hammered.")
    started = time.perf_counter()
    deadline = math.inf if seconds is None else started + seconds
    families, skipped = available()
    state = _State(kind_of(on_trial))
    share = {name: measures // len(families) + (i < measures % len(families)) for i, name in enumerate(families)}
    rounds = 0
    while any(share.values()) and state.refuted is None and time.perf_counter() < deadline:
        for index, name in enumerate(families):
            if share[name] == 0 or state.refuted is not None:
                continue
            rng = random.Random(f"{seed}/{name}/{rounds}")
            config = _configuration(name, rounds, share[name], rng, device, dtype)
            _chunk(state, config)
            share[name] -= config.batch
            if progress is not None:
                progress(state.measures, measures)
            if time.perf_counter() >= deadline and (rounds > 0 or index + 1 == len(families)):
                break
        rounds += 1
    _decide_worst(state)
    adversarial = _climb(state, seed, device, dtype) if adversary and state.refuted is None else None
    return _result(state, on_trial, skipped, adversarial, measures, seed, device, dtype, started)


def _configuration(
    family: str, round_: int, left: int, rng: random.Random, device: str, dtype: torch.dtype
) -> Configuration:
    """The ladder of sizes first (a small share is spread over it), then sizes at random."""
    if round_ < len(LADDER):
        (d, n), pairs, scale = LADDER[round_], 4, 1.0
    else:
        d, n = rng.choice((1, 2, 3, 8)), rng.choice((1, 2, 3, 8, 64))
        pairs, scale = rng.choice((1, 4, 16)), rng.choice((0.25, 1.0, 4.0))
    spread = -(-left // max(1, len(LADDER) - round_))
    limit = ELEMENTS["cuda" if device.startswith("cuda") else "cpu"]
    batch = max(1, min(spread, left, 4096 if device == "cpu" else 2**20, limit // (n * max(2 * pairs, n, d))))
    return Configuration(
        family, d=d, n=n, scale=scale, batch=batch, pairs=pairs, dtype=dtype, device=device, seed=rng.getrandbits(62)
    )


def _chunk(state: _State, config: Configuration) -> None:
    """Draw, measure and sharpen one batch; decide what looks violated and a sample of the code."""
    kind = state.kind
    generator = config.generator()
    case = kind.draw(config, generator)
    with torch.no_grad():
        ratio = kind.ratio(case)
    _look(state, config.shape, case, ratio)
    few = {k: (v[:32, :2] if k in kind.paired else v[:32]) for k, v in case.items()}
    sharpened = kind.sharpen(few)
    if state.refuted is None and sharpened is not few:
        _look(state, config.shape, sharpened, kind.ratio(sharpened))
    if state.refuted is None:
        i = int(torch.randint(config.batch, (1,), generator=generator, device=config.device))
        one = kind.pick(case, i)
        _record(state, one, kind.check_code(one))
    state.measures += config.batch
    state.tried[config.shape] = state.tried.get(config.shape, 0) + config.batch


def _look(state: _State, family: str, case: Case, ratio: torch.Tensor) -> None:
    """Keep the worst ratio and decide every suspected violation, worst first."""
    checks = ratio.numel()
    state.checks += checks
    state.family_checks[family] = state.family_checks.get(family, 0) + checks
    kind = state.kind
    if bool(torch.isnan(ratio).any()):
        state.unknown = state.unknown or f"{int(torch.isnan(ratio).sum())} ratios are NaN in family {family}"
    suspects = int((ratio > 1).sum())
    places = kind.worst(case, ratio, min(SUSPECTS, suspects) if suspects else 1)
    i, j = places[0]
    value = float(ratio[i, j])
    if value > state.worst.get(family, (-1.0, None))[0]:
        state.worst[family] = (value, kind.pick(case, i, j))
        state.decisions.pop(family, None)
    if not suspects:
        return
    for i, j in places:
        one = kind.pick(case, i, j)
        decision = confirm(kind, one)
        _record(state, one, decision)
        state.decisions[family] = decision.status.value
        if state.refuted is not None:
            return
    if suspects > SUSPECTS:
        state.unknown = state.unknown or f"{suspects - SUSPECTS} suspected violations in {family} were not decided"


def _record(state: _State, case: Case, decision: Decision) -> None:
    state.exact += 1
    if decision.refuted:
        state.refuted = state.refuted or (case, decision)
    elif decision.status is Status.UNKNOWN:
        state.unknown = state.unknown or decision.detail


def _decide_worst(state: _State) -> None:
    """The worst case of every family is decided exactly even when floats see no violation."""
    for family, (_, case) in state.worst.items():
        if case is not None and family not in state.decisions and state.refuted is None:
            decision = confirm(state.kind, case)
            _record(state, case, decision)
            state.decisions[family] = decision.status.value


def _climb(state: _State, seed: int, device: str, dtype: torch.dtype) -> float | None:
    best: float | None = None
    for k, (d, n) in enumerate(ARENAS):
        shape = ("gaussian", "uniform", "sphere")[k % 3]
        config = Configuration(shape, d=d, n=n, batch=24, dtype=dtype, device=device, seed=seed * 7919 + k)
        for ascent in attack(state.kind, config, config.generator()):
            best = ascent.best if best is None else max(best, ascent.best)
            state.checks += 1
            if ascent.best > 1 or ascent.best == best:
                _record(state, ascent.case, confirm(state.kind, ascent.case))
            if state.refuted is not None:
                return best
    return best


def _result(
    state: _State,
    on_trial: Trial,
    skipped: Mapping[str, str],
    adversarial: float | None,
    planned: int,
    seed: int,
    device: str,
    dtype: torch.dtype,
    started: float,
) -> CampaignResult:
    counterexample, decision, reason = None, Status.HOLDS.value, ""
    if state.refuted is not None:
        case, found = state.refuted
        decision = Status.REFUTED.value
        counterexample = _counterexample(state.kind, on_trial, case, found)
        reason = counterexample["detail"]
    elif state.unknown:
        decision, reason = Status.UNKNOWN.value, state.unknown
    families = tuple(
        FamilyReport(
            name,
            count,
            state.family_checks.get(name, 0),
            state.worst.get(name, (0.0, None))[0],
            state.decisions.get(name, "not decided"),
        )
        for name, count in state.tried.items()
    )
    kind_name = str(dtype).removeprefix("torch.")
    extra = "" if dtype == torch.float64 else f" --dtype {kind_name}"
    return CampaignResult(
        lemma=on_trial.lemma,
        kind=state.kind.name,
        callable=on_trial.prop.callable,
        bound="" if on_trial.bound is None else str(on_trial.bound),
        sharp=on_trial.prop.sharp,
        measures=state.measures,
        checks=state.checks,
        exact_checks=state.exact,
        families=families,
        skipped=skipped,
        worst=max((value for value, _ in state.worst.values()), default=0.0),
        adversarial=adversarial,
        decision=decision,
        reason=reason,
        counterexample=counterexample,
        seconds=time.perf_counter() - started,
        seed=seed,
        device=device,
        dtype=kind_name,
        command=f"proofcheck hammer {on_trial.lemma} --measures {planned} --device {device} --seed {seed}{extra}",
    )


def _counterexample(kind: Kind, on_trial: Trial, case: Case, decision: Decision) -> dict[str, Any]:
    """Shrunk, as text: every number an exact rational, weights normalised."""
    shrunk = shrink(kind, case, decision)
    axes = kind.axes
    atoms = [len(v) for name, v in shrunk.sample.items() if axes[name][:1] in (("atom",), ("unit",))]
    return {
        "lemma": on_trial.lemma,
        "level": shrunk.decision.level,
        "detail": shrunk.decision.detail,
        "bound": "" if on_trial.bound is None else str(on_trial.bound),
        "callable": on_trial.prop.callable,
        "atoms": max(atoms, default=0),
        "fields": {name: _text(value) for name, value in shrunk.sample.items()},
        "witness": dict(shrunk.decision.witness),
    }


def _text(value: Any) -> Any:
    return [_text(v) for v in value] if isinstance(value, list) else str(value)


def _plain(value: Any) -> Any:
    """JSON has no infinity."""
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
