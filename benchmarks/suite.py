"""The whole test run, as the README gives it, and every lemma collected as tests: minutes each, cold and warm."""

from __future__ import annotations

import sys

from benchmarks.commands import pytest_times
from benchmarks.report import Report, milliseconds

RUNS = {
    "pytest lemmas": ("lemmas",),
    "pytest, two processes": ("-n", "2"),
}


def run() -> list[Report]:
    rows: list[tuple[str, ...]] = []
    for name, words in RUNS.items():
        cold, warm, said = pytest_times(*words, warm_runs=1)
        rows.append((name, milliseconds(cold), milliseconds(warm), said))
        print(f"suite: {name}: done", file=sys.stderr)
    columns = ("command", "cold", "warm", "pytest says")
    note = (
        "One run each. Cold: no bytecode of any package and an empty cache of proofcheck; warm: the same again. Tests "
        "take no results from the cache (each test run has a cache of its own), so warm saves bytecode and pages only."
    )
    return [Report("The test suite", "python -m benchmarks suite", columns, rows, note)]
