"""What a person waits for: help, list, a whole check from nothing, and an unchanged one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.report import Report, median_seconds, milliseconds


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
    return [Report("Commands", "python -m benchmarks commands", ("command", "wall time"), rows)]
