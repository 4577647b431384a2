"""What a person waits for: help, list, a whole check from nothing, an unchanged one, and lemmas as tests."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Report, median_seconds, milliseconds

ROOT = Path(__file__).parents[1]
LEMMA = "lemmas/lipschitz_transformers/mlp_step.py"  # timed as a test here; all of them: `python -m benchmarks suite`


def pytest_times(*words: str, warm_runs: int = 3) -> tuple[float, float, str]:
    """(cold, warm, pytest's last line) of `pytest WORDS` in the repository; warm is a median.

    Cold is without bytecode of any package and with an empty cache of proofcheck, each run in a process of its own.

    Raises:
        RuntimeError: a test fails: what fails is not timed.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "PROOFCHECK_CACHE": f"{folder}/cache",
            "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
        times: list[float] = []
        said = ""
        for _ in range(1 + warm_runs):
            start = time.perf_counter()
            done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
            times.append(time.perf_counter() - start)
            said = (done.stdout.strip().splitlines() or [""])[-1]
            if done.returncode:
                raise RuntimeError(f"`pytest {' '.join(words)}` fails, so its time says nothing: {said}")
    return times[0], statistics.median(times[1:]), said.partition(" in ")[0]


def run() -> list[Report]:
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PROOFCHECK_CACHE": cache}

        def once(*words: str) -> None:
            command = [sys.executable, "-m", "proofcheck", *words]
            subprocess.run(command, env=environment, check=True, capture_output=True)

        start = time.perf_counter()
        once("check")
        cold = time.perf_counter() - start
        rows = [
            ("proofcheck check, empty cache", milliseconds(cold)),
            ("proofcheck check, unchanged", milliseconds(median_seconds(lambda: once("check"), repeats=5))),
            ("proofcheck --help", milliseconds(median_seconds(lambda: once("--help"), repeats=5))),
            ("proofcheck list", milliseconds(median_seconds(lambda: once("list"), repeats=5))),
            ("proofcheck ledger", milliseconds(median_seconds(lambda: once("ledger"), repeats=3))),
        ]
    cold, warm, said = pytest_times(LEMMA)
    rows += [
        (f"pytest {LEMMA}, cold", milliseconds(cold)),
        (f"pytest {LEMMA}, warm", milliseconds(warm)),
    ]
    note = (
        f"pytest: {said}, one lemma, collected by the plugin. Cold is without bytecode, with an empty cache; warm the "
        "median of three further runs. A lemma's test never takes its result from the cache, `proofcheck check` does: "
        "a warm pytest saves bytecode only. All lemmas, and the suite: `python -m benchmarks suite`."
    )
    return [Report("Commands", "python -m benchmarks commands", ("command", "wall time"), rows, note)]
