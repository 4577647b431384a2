"""W1 between discrete measures by torch_impl, SciPy and POT: values, largest differences, times.

On the line ours is code of its own, compared with the exact rational value. In higher dimension `wasserstein` calls
POT's network simplex: what is ours there is the call, and the rational upper bound made of the plan.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import ot
import torch
from scipy import stats

from benchmarks.interleaved import SLOW, Timed, interleaved, version
from benchmarks.report import Report, milliseconds
from torch_impl.measures import Measure
from torch_impl.wasserstein import coupling_upper_bound_exact, wasserstein, wasserstein_1d

COMMAND = "python -m benchmarks peers_w1"
SIZES = (16, 64, 256)
DIMENSIONS = (2, 8)
PAIRS = 20  # compared for d > 1; the first one is timed
BATCH = 64  # pairs compared for d = 1, and in one call
FEW = 3  # pairs compared by what is slow; one where a single call takes over 2 s


class Pair(NamedTuple):
    """x, a: atoms (n, d) and weights (n,) of the first measure; y, b: of the second."""

    x: np.ndarray
    a: np.ndarray
    y: np.ndarray
    b: np.ndarray

    def measures(self) -> tuple[Measure, Measure]:
        x, a, y, b = (torch.from_numpy(part) for part in self)
        return Measure(x, a), Measure(y, b)


Way = Callable[[Pair], float]


def drawn(n: int, d: int, count: int) -> list[Pair]:
    """Gaussian atoms, weights uniform on the simplex."""
    g = np.random.default_rng([n, d])
    ones = np.ones(n)
    shape = (n, d)
    return [
        Pair(g.standard_normal(shape), g.dirichlet(ones), g.standard_normal(shape), g.dirichlet(ones))
        for _ in range(count)
    ]


def ours_1d(pair: Pair) -> float:
    return float(wasserstein_1d(*pair.measures()))


def ours(pair: Pair) -> float:
    return float(wasserstein(*pair.measures()))


def exact(pair: Pair) -> float:
    return float(coupling_upper_bound_exact(*pair.measures()))


def scipy_1d(pair: Pair) -> float:
    return float(stats.wasserstein_distance(pair.x[:, 0], pair.y[:, 0], pair.a, pair.b))


def scipy_nd(pair: Pair) -> float:
    return float(stats.wasserstein_distance_nd(pair.x, pair.y, pair.a, pair.b))


def pot_1d(pair: Pair) -> float:
    return float(np.asarray(ot.wasserstein_1d(pair.x, pair.y, pair.a, pair.b, p=1)).item())


def pot_lp(pair: Pair) -> float:
    return float(np.asarray(ot.emd2(pair.a, pair.b, ot.dist(pair.x, pair.y, metric="euclidean"))).item())


def largest_difference(values: Sequence[float], reference: Sequence[float]) -> float:
    """The largest |value - reference| / reference."""
    return max(abs(value / true - 1) for value, true in zip(values, reference, strict=True))


def run() -> list[Report]:
    return [line(), space()]


def line() -> Report:
    ways: dict[str, Way] = {
        "wasserstein_1d": ours_1d,
        "SciPy, wasserstein_distance": scipy_1d,
        "POT, wasserstein_1d": pot_1d,
        "POT, emd2": pot_lp,
        "rational, exact": exact,
    }
    rows: list[tuple[str, ...]] = []
    for n in SIZES:
        pairs = drawn(n, 1, BATCH)
        batch = _batched(pairs)
        bodies: dict[str, Callable[[], object]] = {name: _of(way, pairs[0]) for name, way in ways.items()}
        bodies["batch"] = lambda batch=batch: wasserstein_1d(*batch)
        timed = interleaved(bodies, rounds=21)
        true = [exact(pair) for pair in pairs]
        values = {name: [way(pair) for pair in pairs] for name, way in ways.items()}
        values["batch"] = wasserstein_1d(*batch).tolist()
        for name, one in timed.items():
            seconds = one.seconds / (BATCH if name == "batch" else 1)
            called = f"wasserstein_1d, {BATCH} pairs in one call" if name == "batch" else name
            error = "-" if name == "rational, exact" else f"{largest_difference(values[name], true):.1e}"
            ratio = seconds / timed["SciPy, wasserstein_distance"].seconds
            rows.append((f"{n}", called, error, _short(seconds), f"{ratio:.2g}"))
        print(f"peers_w1: n = {n}, d = 1: done", file=sys.stderr)
    columns = ("atoms", "way", "largest relative error", "time a pair", "over SciPy's time")
    note = (
        f"{_versions()}. Error: against the rational value of the same floats, `coupling_upper_bound_exact`, {BATCH} "
        "pairs of gaussian atoms with weights uniform on the simplex; times are of the first. SciPy takes one pair a "
        "call; `wasserstein_1d` is torch, differentiable, and takes a batch."
    )
    return Report("W1 on the line: torch_impl, SciPy, POT", COMMAND, columns, rows, note)


def space() -> Report:
    ways: dict[str, Way] = {
        "wasserstein (calls POT)": ours,
        "POT, emd2": pot_lp,
        "SciPy, wasserstein_distance_nd": scipy_nd,
        "rational upper bound": exact,
    }
    rows: list[tuple[str, ...]] = []
    for d in DIMENSIONS:
        for n in SIZES:
            pairs = drawn(n, d, PAIRS)
            timed = interleaved({name: _of(way, pairs[0]) for name, way in ways.items()})
            base = [pot_lp(pair) for pair in pairs]
            for name, one in timed.items():
                found = _values(ways[name], one, pairs)
                differs = "-" if name == "POT, emd2" else f"{largest_difference(found, base[: len(found)]):.1e}"
                ratio = one.seconds / timed["POT, emd2"].seconds
                row = (f"{d}", f"{n}", name, f"{len(found)}", differs, _short(one.seconds), f"{ratio:.2g}")
                rows.append(row)
            print(f"peers_w1: n = {n}, d = {d}: done", file=sys.stderr)
    columns = ("d", "atoms", "way", "pairs", "largest difference from emd2", "time a pair", "over emd2's time")
    note = (
        f"{_versions()}. `wasserstein` is POT's network simplex with our distances, so its difference from `emd2` says "
        "that both are called right and nothing of the solver; SciPy's linear program (HiGHS) is independent of it. "
        "The rational upper bound is ours: the solver's plan made feasible in rationals, its cost rounded up, so that "
        "no rounding can make it too small; its time is the price. Differences are relative."
    )
    return Report("W1 in R^d: torch_impl, SciPy, POT", COMMAND, columns, rows, note)


def _values(way: Way, timed: Timed, pairs: Sequence[Pair]) -> list[float]:
    """Values on as many pairs as the time of one allows, the first taken from the timed run."""
    count = 1 if timed.seconds > SLOW else FEW if timed.seconds > 0.05 else len(pairs)
    return [float(str(timed.answer)), *(way(pair) for pair in pairs[1:count])]


def _of(way: Way, pair: Pair) -> Callable[[], object]:
    return lambda: way(pair)


def _batched(pairs: Sequence[Pair]) -> tuple[Measure, Measure]:
    x, a, y, b = (torch.from_numpy(np.stack(part)) for part in zip(*pairs, strict=True))
    return Measure(x, a), Measure(y, b)


def _short(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us" if seconds < 1e-3 else milliseconds(seconds)


def _versions() -> str:
    return f"{version('scipy', 'scipy')}, {version('ot', 'POT')}"
