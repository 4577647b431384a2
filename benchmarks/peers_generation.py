"""Measures a second: the hammer's batched generator beside Hypothesis strategies that draw element by element."""

from __future__ import annotations

import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from benchmarks.report import Report
from proofcheck.hammer.families import Configuration, measures
from proofcheck.hammer.strategies import configurations

COMMAND = "python -m benchmarks peers_generation"
SIZES = ((8, 2), (8, 8), (64, 2), (64, 8))  # tokens, d
BATCH = 512
ROUNDS = 5
EXAMPLES = 40  # of Hypothesis in a round
SUPPRESSED = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)

Rate = Callable[[], tuple[int, float]]  # measures made, seconds


def lists(n: int, d: int) -> st.SearchStrategy[Any]:
    """n atoms in [-1, 1]^d and n weights in (0, 1], as lists: what one writes first."""
    points = st.lists(st.lists(st.floats(-1, 1), min_size=d, max_size=d), min_size=n, max_size=n)
    return st.tuples(points, st.lists(st.floats(0, 1, exclude_min=True), min_size=n, max_size=n))


def elements(n: int, d: int) -> st.SearchStrategy[Any]:
    """The same as NumPy arrays of which every element is drawn."""
    points = arrays.arrays(np.float64, (n, d), elements=st.floats(-1, 1), fill=st.nothing())
    weights = arrays.arrays(np.float64, n, elements=st.floats(0, 1, exclude_min=True), fill=st.nothing())
    return st.tuples(points, weights)


def filled(n: int, d: int) -> st.SearchStrategy[Any]:
    """NumPy arrays with Hypothesis' default fill: a few elements are drawn, the others share one value."""
    points = arrays.arrays(np.float64, (n, d), elements=st.floats(-1, 1))
    return st.tuples(points, arrays.arrays(np.float64, n, elements=st.floats(0, 1, exclude_min=True)))


def batched(n: int, d: int, calls: int = 10) -> Rate:
    """Family `uniform`, points in [-1, 1]^d, BATCH measures a call."""
    config = Configuration(shape="uniform", n=n, d=d, batch=BATCH)
    generator = config.generator()

    def body() -> tuple[int, float]:
        start = time.perf_counter()
        made = sum(len(measures(config, generator).weights) for _ in range(calls))
        return made, time.perf_counter() - start

    return body


def examples(strategy: st.SearchStrategy[Any], count: Callable[[Any], int] = lambda _: 1) -> Rate:
    """Examples that reach a test, generation only: no shrinking, no database, no health check, no deadline."""

    def body() -> tuple[int, float]:
        made = 0

        @settings(
            max_examples=EXAMPLES,
            database=None,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=SUPPRESSED,
        )
        @given(strategy)
        def seen(example: Any) -> None:
            nonlocal made
            made += count(example)

        start = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seen()
        return made, time.perf_counter() - start

    return body


def ways(n: int, d: int) -> dict[str, Rate]:
    """Every way to make measures with n atoms in R^d."""
    ours = configurations(batch=BATCH, max_n=n, max_d=d).map(
        lambda c: Configuration(shape="uniform", n=n, d=d, batch=BATCH, seed=c.seed)
    )
    return {
        "hammer, batched": batched(n, d),
        "Hypothesis draws the seed, the hammer the batch": examples(
            ours, lambda config: len(measures(config, config.generator()).weights)
        ),
        "Hypothesis, lists of floats": examples(lists(n, d)),
        "Hypothesis, arrays, every element": examples(elements(n, d)),
        "Hypothesis, arrays, default fill": examples(filled(n, d)),
    }


def rates(bodies: dict[str, Rate], rounds: int = ROUNDS) -> dict[str, float]:
    """Medians of measures a second, the ways turn about, after one turn to warm up."""
    found: dict[str, list[float]] = {name: [] for name in bodies}
    for turn in range(rounds + 1):
        for name, body in bodies.items():
            made, seconds = body()
            if turn:
                found[name].append(made / seconds)
    return {name: statistics.median(times) for name, times in found.items()}


def run() -> list[Report]:
    table: list[dict[str, float]] = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for n, d in SIZES:
            table.append(rates(ways(n, d)))
            print(f"peers_generation: {n} tokens, d = {d}: done", file=sys.stderr)
    finally:
        torch.set_num_threads(threads)
    rows = [
        (f"{n}, {d}", name, f"{rate:,.0f}", f"{found['hammer, batched'] / rate:,.3g}")
        for (n, d), found in zip(SIZES, table, strict=True)
        for name, rate in found.items()
    ]
    columns = ("tokens, d", "way", "measures a second", "the hammer's is so many times that")
    note = (
        f"Points uniform in [-1, 1]^d and positive weights, float64, one thread; {BATCH} measures a batch; medians of "
        f"{ROUNDS} interleaved rounds, {EXAMPLES} examples of Hypothesis in each, its database, shrinking and health "
        "checks off. The two do not do the same: Hypothesis picks special floats, remembers and shrinks every element; "
        "the hammer draws independent numbers (its weights are normalised here, the others' not), and shrinks only a "
        "measure that failed (`proofcheck.hammer.shrink`). With the default fill most elements are equal."
    )
    return [Report("Measures a second: the hammer and Hypothesis", COMMAND, columns, rows, note)]
