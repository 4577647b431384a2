"""Hostile inputs for every parser and loader, by `python -m tests.fuzz`: what was accepted, refused, found.

Not guided by coverage: mutations of real inputs by a seeded generator. PROOFCHECK_FUZZ_INPUTS names another number of
inputs, such as 1e6, PROOFCHECK_FUZZ_TARGETS some of the targets. A run that goes on where it stopped is the command's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import Report

ROOT = Path(__file__).parents[1]
INPUTS = 10_000
JUDGED = ("accepted", "refused")


def run() -> list[Report]:
    inputs = int(float(os.environ.get("PROOFCHECK_FUZZ_INPUTS", INPUTS)))
    targets = os.environ.get("PROOFCHECK_FUZZ_TARGETS", "").split()
    with tempfile.TemporaryDirectory(prefix="proofcheck-fuzz-") as folder:
        options = ["--inputs", str(inputs), "--driver", "plain", "--folder", folder, "--fresh", "--json"]
        command = [sys.executable, "-m", "tests.fuzz", *targets, *options]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if not done.stdout:
        raise SystemExit(f"{' '.join(command[1:])} ended with {done.returncode} and printed no counts")
    document = json.loads(done.stdout)
    rows = [row(name, made) for name, made in document["targets"].items()]
    columns = ("target", "inputs", "CPU s", "accepted", "refused", "second checker asked", "findings")
    skipped = "".join(f" Skipped: {line}." for line in document["skipped"])
    note = f"Mutations of real inputs, not guided by coverage. Findings in all: {document['findings']}.{skipped}"
    return [Report("Hostile inputs", "python -m benchmarks fuzz", columns, rows, note)]


def row(name: str, made: dict[str, Any]) -> tuple[str, ...]:
    counts = made["counts"]
    found = sum(count for kind, count in counts.items() if kind not in JUDGED)
    numbers = [f"{made['inputs']:,}", f"{made['seconds']:,.1f}", *(f"{counts.get(kind, 0):,}" for kind in JUDGED)]
    return (name, *numbers, f"{made['asked']:,}" if made["asked"] else "", str(found))
