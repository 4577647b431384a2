"""How many attention pair checks per second: draw, step from the bound, both images, ratio net of roundoff.

One pair check is |F(x) - F(y)| <= |x - y| for one context and one pair of queries, decided in floats: two whole
attention outputs, their roundoff and the bound of the context. Three ways to make them:

    shared      what a campaign does: every output by the callable that is on trial, a context shared by its pairs, and
                the formula beside it on a part of the measures (see `shared_context`)
    callable    the same without the formula
    loop        a plain batched loop: one pair a context, by the callable, as many batches as there were pairs
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import torch

from proofcheck.errors import ArgumentError
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.nonexpansive_query import NonexpansiveQuery
from proofcheck.hammer.layers import Attention, Case
from proofcheck.hammer.probe import keep_freed_memory
from proofcheck.hammer.shared_context import SharedContext
from proofcheck.hammer.trial import Trial

WAYS = ("shared", "callable", "loop")


class Rate(NamedTuple):
    """Pair checks a second by the clock, and a second of processor time of one core (the same on a busy machine)."""

    wall: float
    core: float


class PlainAttention(Attention):
    """The attention layer without a shared context: every output comes from the callable."""

    def shared(self, case: Case) -> SharedContext | None:
        del case
        return None


def pair_checks_per_second(
    trial: Trial,
    *,
    n: int = 64,
    d: int = 8,
    pairs: int = 16,
    batch: int = 512,
    chunks: int = 16,
    workers: int = 2,
    dtype: torch.dtype = torch.float64,
    device: str = "cpu",
) -> float:
    """Sustained rate by the clock over `chunks` chunks of `batch` fresh measures, after one chunk to warm up."""
    work = chunk(trial, n=n, d=d, pairs=pairs, batch=batch, dtype=dtype, device=device)
    with _workers(workers, device) as pool:
        return rate(pool, work, count=batch * pairs, chunks=chunks).wall


def interleaved(trial: Trial, *, rounds: int = 5, chunks: int = 4, workers: int = 2, **size: Any) -> dict[str, Rate]:
    """Medians of `rounds` rounds of each of the WAYS, turn about on the same workers; `size` is that of `chunk`."""
    settings = {"n": 64, "d": 8, "pairs": 16, "batch": 512, "dtype": torch.float64, "device": "cpu", **size}
    count = settings["batch"] * settings["pairs"]
    found: dict[str, list[Rate]] = {way: [] for way in WAYS}
    with _workers(workers, settings["device"]) as pool:
        for _ in range(rounds):
            for way, rates in found.items():
                rates.append(rate(pool, chunk(trial, way=way, **settings), count=count, chunks=chunks))
    return {
        way: Rate(*(sorted(column)[rounds // 2] for column in zip(*rates, strict=True))) for way, rates in found.items()
    }


def chunk(trial: Trial, *, way: str = "shared", pairs: int, **size: Any) -> Callable[[int], float]:
    """The work of one chunk as a function of its seed, which returns the processor time that it took.

    Raises:
        ArgumentError: the trial is not of attention at pairs of queries.
    """
    kind = NonexpansiveQuery(trial)
    if not isinstance(kind.layer, Attention):
        raise ArgumentError(f"throughput: a trial of attention required, got layer={kind.layer.name!r}.")
    if way != "shared":
        kind.layer = PlainAttention()
    each, times = (1, pairs) if way == "loop" else (pairs, 1)

    def work(seed: int) -> float:
        started = time.thread_time()
        worst = torch.zeros(())
        for k in range(times):
            config = Configuration("gaussian", seed=seed * times + k, pairs=each, **size)
            with torch.no_grad():
                worst = kind.ratio(kind.draw(config, config.generator())).amax()
        float(worst)  # waits for the device
        return time.thread_time() - started

    return work


def rate(pool: ThreadPoolExecutor, work: Callable[[int], float], *, count: int, chunks: int) -> Rate:
    """The rate of chunks of `count` pair checks on the workers, after one chunk to warm up."""
    list(pool.map(work, range(2)))
    started = time.perf_counter()
    busy = sum(pool.map(work, range(2, 2 + chunks)))
    return Rate(chunks * count / (time.perf_counter() - started), chunks * count / busy)


class _workers:
    """Worker threads with one intra-op thread each on a CPU; the setting of torch comes back at the end."""

    def __init__(self, workers: int, device: str) -> None:
        self.pool = ThreadPoolExecutor(workers)
        self.single = device == "cpu"

    def __enter__(self) -> ThreadPoolExecutor:
        keep_freed_memory()
        self.before = torch.get_num_threads()
        if self.single:
            torch.set_num_threads(1)
        return self.pool

    def __exit__(self, *_: object) -> None:
        self.pool.shutdown()
        torch.set_num_threads(self.before)
