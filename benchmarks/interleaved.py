"""Times of several ways to do one thing, turn about in one process, so that a busy machine slows all of them alike."""

from __future__ import annotations

import importlib.util
import statistics
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import NamedTuple

SLOW = 2.0  # seconds: what took longer the first time is not run again


class Timed(NamedTuple):
    """What a way answered the last time, and the median of its wall times (of a slow one the only time)."""

    answer: object
    seconds: float


def interleaved(bodies: Mapping[str, Callable[[], object]], *, rounds: int = 5, slow: float = SLOW) -> dict[str, Timed]:
    """Every body once to warm up, then `rounds` times, the bodies turn about."""
    answers: dict[str, object] = {}
    times: dict[str, list[float]] = {}
    settled: set[str] = set()
    for turn in range(rounds + 1):
        for name, body in bodies.items():
            if name in settled:
                continue
            start = time.perf_counter()
            answers[name] = body()
            spent = time.perf_counter() - start
            if turn:
                times[name].append(spent)
            elif spent > slow:
                times[name] = [spent]
                settled.add(name)
            else:
                times[name] = []
    return {name: Timed(answers[name], statistics.median(times[name])) for name in bodies}


def version(module: str, package: str) -> str | None:
    """`package` and its version where `module` can be imported, else None."""
    return f"{package} {metadata.version(package)}" if importlib.util.find_spec(module) is not None else None


def absent(package: str) -> str:
    """What a table says of a peer that is not there."""
    return f"{package}: not installed, not measured"
