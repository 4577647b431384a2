"""Time to a verdict on inequalities of several kinds, true, false and exactly at a boundary."""

from __future__ import annotations

import json
import time
from pathlib import Path

from benchmarks.report import Report, milliseconds
from proofcheck.derive.claims import build_claim
from proofcheck.search import prove

PROBLEMS = Path(__file__).with_name("problems.json")


def run() -> list[Report]:
    rows: list[tuple[str, ...]] = []
    for problem in json.loads(PROBLEMS.read_text(encoding="utf-8")):
        (text,) = build_claim(
            "claim",
            problem.get("assume", []),
            problem["claim"],
            problem.get("vectors", ""),
            problem.get("random", ""),
            problem.get("functionals", []),
        )
        start = time.perf_counter()
        outcome = prove(text, seconds=20)
        spent = time.perf_counter() - start
        rows.append((problem["name"], outcome.verdict.value, milliseconds(spent), outcome.finder or "-"))
    columns = ("problem", "verdict", "time", "finder")
    note = "The same list: `proofcheck prove --batch benchmarks/problems.json`."
    return [Report("Prover", "python -m benchmarks prover", columns, rows, note)]
