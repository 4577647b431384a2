"""One lemma, checked whole: `check_lemma`. Many, through the cache: `check_all`."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any

from proofcheck import cache
from proofcheck.audit import manifest
from proofcheck.audit.gaps import gaps
from proofcheck.audit.result import FAILED, LemmaResult, Part, run_part
from proofcheck.header import Header
from proofcheck.processes import end_with_parent
from proofcheck.registry import Lemma, assumed_facts, load
from proofcheck.verdict import Verdict

_WORTH_A_PROCESS = 3  # lemmas a process must have for its start to pay
_SETTLED = (1, 4, 16)  # after that many lemmas a process has most of its imports and caches behind it
_done_here = count(1)


@dataclass(frozen=True)
class Options:
    """How hard to check: measures and mutants a lemma, and the seed of both; `hammer=False` leaves torch out."""

    measures: int = 4096
    seed: int = 0
    device: str = "cpu"
    hammer: bool = True
    mutants: int = 3


@dataclass(frozen=True)
class Checked:
    """A result with where it came from and how it compares with its pin."""

    result: LemmaResult
    drift: str
    cached: bool

    @property
    def ok(self) -> bool:
        """As pinned, and no part failed."""
        return not self.drift and not self.result.failed


def check_lemma(
    header: Header, among: Sequence[Header], options: Options | None = None, done: Mapping[str, Part] | None = None
) -> LemmaResult:
    """Derive, replay, evaluate and hammer one lemma; a part that is `done` is taken as it came out and not run again.

    Raises:
        ArgumentError: the lemma file is malformed.
    """
    start = perf_counter()
    lemma = load(header)
    known = done or {}
    wanted = bodies(lemma, among, options or Options())
    parts = tuple(known[name] if name in known else run_part(name, body) for name, body in wanted.items())
    assumed = assumed_facts(header, among)
    verdict, reason = verdict_of(header, assumed, parts)
    try:
        claims = tuple(claim.name for claim in lemma.claims())
    except Exception:  # claims() of the lemma raised; its certificate part has failed with the reason
        claims = ()
    seconds = round(perf_counter() - start, 3)
    return LemmaResult(header.id, verdict, reason, assumed, header.label, claims, parts, seconds)


def bodies(lemma: Lemma, among: Sequence[Header], options: Options) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """The parts of a check by name; each body returns figures or raises."""
    from proofcheck.audit import code, theory

    found: dict[str, Callable[[], Mapping[str, Any]]] = {
        "proof table": lambda: theory.check_proof_table(lemma),
        "derivation": lambda: theory.check_derivation(lemma),
        "certificate": lambda: theory.check_certificates(lemma, among),
        "model": lambda: theory.check_models(lemma),
        "counterexample": lambda: theory.check_counterexamples(lemma),
        "refuted": lambda: theory.check_refuted(lemma),
        "code": lambda: code.check_bindings(lemma),
        "graph": lambda: code.check_graph(lemma),
    }
    if options.hammer:
        found["hammer"] = lambda: code.check_hammer(lemma, options.measures, options.seed, options.device)
        found["sharpness"] = lambda: _resolution(lemma)
        found["float gap"] = lambda: _float_gap(lemma)
        if options.mutants:
            found["mutants"] = lambda: _mutants(lemma, options.seed, options.mutants)
    return found


def _resolution(lemma: Lemma) -> Mapping[str, Any]:
    from proofcheck.audit.resolution import check_resolution

    return check_resolution(lemma)


def _float_gap(lemma: Lemma) -> Mapping[str, Any]:
    from proofcheck.audit.float_gap import check_float_gap

    return check_float_gap(lemma)


def _mutants(lemma: Lemma, seed: int, sample: int) -> Mapping[str, Any]:
    from proofcheck.audit.mutants.part import check_mutants

    return check_mutants(lemma, seed, sample)


def verdict_of(header: Header, assumed: Sequence[str], parts: Sequence[Part]) -> tuple[Verdict, str]:
    """As strong as the weakest step: gaps in the file, the certificate, the model, what is assumed or only tested."""
    failed = {part.name: part for part in parts if part.status == FAILED}
    if "hammer" in failed and failed["hammer"].figures.get("verdict") == Verdict.REFUTED.value:
        return Verdict.REFUTED, failed["hammer"].detail
    missing = gaps(header)
    if missing:
        return Verdict.UNKNOWN, f"{len(missing)} places are marked TODO: {'; '.join(missing)}"
    for name in ("certificate", "model"):
        if name in failed:
            return Verdict.UNKNOWN, failed[name].detail
    if any(step.evidence == "tested" for step in header.proof):
        return Verdict.TESTED, "a step of the proof is only tested"
    if assumed:
        return Verdict.PROVED_MODULO, ", ".join(assumed)
    return Verdict.PROVED, ""


def check_all(
    wanted: Sequence[Header],
    among: Sequence[Header],
    options: Options | None = None,
    *,
    use_cache: bool = True,
    root: Path | None = None,
    jobs: int = 1,
    started: Callable[[Header], None] = lambda header: None,
    finished: Callable[[Checked], None] = lambda checked: None,
    note: Callable[[str], None] = lambda text: None,
) -> list[Checked]:
    """Check `wanted` in order; unchanged lemmas come from the cache. The callbacks report progress.

    jobs: processes that check lemmas side by side; results do not depend on it.

    Raises:
        ArgumentError: a lemma file or the trust manifest is malformed.
    """
    options = options or Options()
    pins = manifest.read(root or (wanted[0].path.parent.parent if wanted else Path()))
    entries = [cache.key(header, among, asdict(options)) if use_cache else "" for header in wanted]
    known = [_recall(entry, note) if entry else None for entry in entries]
    missing = [header for header, result in zip(wanted, known, strict=True) if result is None]
    done: list[Checked] = []
    with _results(missing, among, options, jobs) as computed:
        for header, entry, result in zip(wanted, entries, known, strict=True):
            started(header)
            cached = result is not None
            if result is None:
                result = next(computed)
                # a failure is not kept: it may come from what the key does not see, such as a full disk
                problem = cache.store(entry, result.to_json()) if entry and not result.failed else ""
                if problem:
                    note(problem)
            done.append(Checked(result, manifest.drift(result, pins), cached))
            finished(done[-1])
    return done


@contextmanager
def _results(
    missing: Sequence[Header], among: Sequence[Header], options: Options, jobs: int
) -> Iterator[Iterator[LemmaResult]]:
    """The results of `missing` in order, computed as they are asked for, or by `jobs` fresh processes.

    A process costs the import of torch, so a few lemmas are checked here.
    """
    if jobs == 1 or len(missing) < _WORTH_A_PROCESS * jobs:
        yield (check_lemma(header, among, options) for header in missing)
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=end_with_parent)
    try:
        futures = [pool.submit(_in_worker, header, among, options) for header in missing]
        yield (future.result() for future in futures)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _in_worker(header: Header, among: Sequence[Header], options: Options) -> LemmaResult:
    """`check_lemma` in a process of the pool.

    The collector's passes over torch, SymPy and their caches, which stay, would take a fifth of the time.
    """
    result = check_lemma(header, among, options)
    if next(_done_here) in _SETTLED:
        gc.collect()
        gc.freeze()
    return result


def _recall(entry: str, note: Callable[[str], None]) -> LemmaResult | None:
    data, problem = cache.load(entry)
    if problem:
        note(problem)
    try:
        return None if data is None else LemmaResult.from_json(data)
    except (KeyError, TypeError, ValueError):
        note(f"cache entry {entry[:12]}… has another shape; it is computed anew.")
        return None
