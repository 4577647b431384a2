"""Judge all mutants, or a sample: `run`.

Before any mutant the unchanged code and theory go through the same checks; if these are red, nothing they say about
a mutant means anything, and the run ends there.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from time import perf_counter
from typing import Any

from proofcheck import registry
from proofcheck.audit.mutants.code import MODULES, code_mutants
from proofcheck.audit.mutants.equivalent import Entry, explained, stale
from proofcheck.audit.mutants.judge import UNCHANGED
from proofcheck.audit.mutants.mutant import BOUND, CODE, EQUIVALENT, KILLED, SURVIVED, Mutant, Outcome
from proofcheck.audit.mutants.pool import LIMIT, Pool
from proofcheck.audit.mutants.theory import bound_mutants, claim_mutants
from proofcheck.errors import ArgumentError
from proofcheck.header import Header
from proofcheck.registry import Lemma


@dataclass(frozen=True)
class Report:
    """What a run found. left: mutants not judged for lack of time; total: all mutants of the chosen lemmas.

    edited: sources changed while it ran, so that a test may have failed for the edit and not for the mutant.
    """

    outcomes: tuple[Outcome, ...]
    stale: tuple[Entry, ...]
    left: int
    total: int
    seconds: float
    edited: bool = False

    def count(self, verdict: str) -> int:
        return sum(outcome.verdict == verdict for outcome in self.outcomes)

    @property
    def ok(self) -> bool:
        """Something was judged, nothing survived, no explanation is stale, time did not run out, no file changed."""
        clean = not (self.stale or self.left or self.edited)
        return bool(self.outcomes) and not self.count(SURVIVED) and clean

    def to_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "killed": self.count(KILLED),
            "survived": self.count(SURVIVED),
            "equivalent": self.count(EQUIVALENT),
            "judged": len(self.outcomes),
            "total": self.total,
            "left": self.left,
            "edited": self.edited,
            "seconds": round(self.seconds, 1),
            "stale": [vars(entry) for entry in self.stale],
            "by": dict(Counter(o.by for o in self.outcomes if o.verdict == KILLED).most_common()),
            "mutants": [outcome.to_json() for outcome in self.outcomes],
        }


def all_mutants(headers: Sequence[Header]) -> list[Mutant]:
    """Every mutant that one of the given lemmas owns, code first."""
    wanted = {header.id for header in headers}
    chosen = [registry.load(header) for header in registry.headers() if header.id in wanted]
    mine = [m for m in _code() if wanted & set(m.lemmas)]
    return [*mine, *bound_mutants(chosen), *claim_mutants(chosen)]


@lru_cache(maxsize=1)
def _code() -> tuple[Mutant, ...]:
    """Ownership is a matter of all lemmas: a function keeps its nearest owner whichever lemma was asked for.

    A lemma that does not load owns nothing; its own check says why.
    """
    loaded: list[Lemma] = []
    for header in registry.headers():
        with suppress(Exception):
            loaded.append(registry.load(header))
    return tuple(code_mutants(loaded))


def sampled(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """`size` of them by the seed, the families in turn."""
    rng = random.Random(seed)
    piles = {family: [m for m in mutants if m.family == family] for family in dict.fromkeys(m.family for m in mutants)}
    for pile in piles.values():
        rng.shuffle(pile)
    chosen: list[Mutant] = []
    while len(chosen) < min(size, len(mutants)):
        for pile in piles.values():
            if pile and len(chosen) < size:
                chosen.append(pile.pop())
    return chosen


def run(
    headers: Sequence[Header],
    *,
    sample: int | None = None,
    seed: int = 0,
    seconds: float | None = None,
    workers: int = 2,
    limit: float = LIMIT,
    mutants: Sequence[Mutant] | None = None,
    pool: Pool | None = None,
    clean: bool = True,
    watched: bool = True,
    judged: Callable[[Outcome, int, int], None] = lambda outcome, done, planned: None,
) -> Report:
    """Judge the mutants of the given lemmas.

    Args:
        sample: judge that many, chosen by `seed`; all if None.
        seconds: stop after that long; what is left is counted.
        workers, limit: processes, and seconds for one mutant.
        mutants: these in place of the lemmas' own.
        pool: warm workers to use, left open; a new pool if None.
        clean: first run the checks on the unchanged repository; False where the caller has done so.
        watched: say whether a source was changed meanwhile, which takes reading all of them twice.
        judged: called with each outcome and how many are done and planned.

    Raises:
        ArgumentError: the checks fail on the unchanged repository, or sample or seconds is not positive.
    """
    for name, value in (("sample", sample), ("seconds", seconds)):
        if value is not None and not value > 0:
            raise ArgumentError(f"mutants: {name} must be positive, got {name}={value!r}.")
    start, before = perf_counter(), fingerprint() if watched else ""
    everything = list(all_mutants(headers) if mutants is None else mutants)
    chosen = everything if sample is None else sampled(everything, sample, seed)
    if seconds is not None:
        random.Random(seed).shuffle(chosen)  # a run that is cut short has seen a bit of everything
    old = tuple(stale(everything)) if mutants is None and len(headers) == len(registry.headers()) else ()
    outcomes: list[Outcome] = []
    own = pool is None
    pool = pool or Pool(workers, limit=limit)
    try:
        if clean:
            _require_clean(pool, chosen)
        results = pool.judge(chosen)
        for mutant, result in results:
            outcomes.append(outcome_of(mutant, result))
            judged(outcomes[-1], len(outcomes), len(chosen))
            if seconds is not None and perf_counter() - start > seconds:
                results.close()  # type: ignore[attr-defined]
                break
    finally:
        if own:
            pool.close()
    order = {mutant.key: k for k, mutant in enumerate(everything)}
    outcomes.sort(key=lambda outcome: order[outcome.mutant.key])
    left, edited = len(chosen) - len(outcomes), watched and fingerprint() != before
    return Report(tuple(outcomes), old, left, len(everything), perf_counter() - start, edited)


def fingerprint() -> str:
    """Hash of the code, lemmas and tests that a verdict rests on."""
    digest = hashlib.sha256()
    root = registry.lemmas_root().parent
    for folder in ("torch_impl", "lemmas", "proofcheck", "tests/torch_impl"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".py", ".json") and path.is_file():
                digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return digest.hexdigest()


def outcome_of(mutant: Mutant, result: dict[str, Any]) -> Outcome:
    """The verdict, with what a person wrote about the mutant taken into account."""
    entry = explained().get(mutant.key)
    verdict, by, detail = result["verdict"], result["by"], result["detail"]
    if entry is not None and verdict == KILLED:
        verdict, detail = SURVIVED, f"explained as equivalent, yet killed by {by}: the explanation is wrong"
    elif entry is not None:
        verdict = EQUIVALENT
    return Outcome(mutant, verdict, by, detail, result["seconds"], entry.reason if entry else "")


def baseline(mutants: Sequence[Mutant]) -> list[Mutant]:
    """Jobs that run every check the given mutants will meet, on the unchanged repository."""
    lemmas = {lemma.id: lemma for lemma in map(registry.load, registry.headers())}
    code = [m for m in mutants if m.family == CODE]
    jobs = [_unchanged(CODE, "", (i,)) for i in sorted({i for m in code for i in m.lemmas})]
    jobs += [_unchanged(CODE, f"torch_impl.{s}", ()) for s in MODULES if any(m.module.endswith(f".{s}") for m in code)]
    for i in sorted({m.lemmas[0] for m in mutants if m.family == BOUND}):
        jobs.append(_unchanged(BOUND, _module(lemmas[i]), (i,)))
    return jobs


def _module(lemma: Lemma) -> str:
    return lemma.header.module


def _unchanged(family: str, module: str, lemmas: tuple[str, ...]) -> Mutant:
    return Mutant(family, module, "", UNCHANGED, 0, "", "", lemmas, "", "")


def _require_clean(pool: Pool, mutants: Sequence[Mutant]) -> None:
    for job, result in pool.judge(baseline(mutants)):
        if result["verdict"] == KILLED:
            what = ", ".join(job.lemmas) or job.module
            raise ArgumentError(
                f"mutants: checks that pass on the unchanged repository required, but {result['by']} fails for {what}: "
                f"{result['detail']}. Mend that first: a check that is always red sees nothing."
            )
