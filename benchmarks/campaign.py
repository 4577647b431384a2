"""A campaign of 1e8 pair checks, undisturbed and killed twice on the way: the same counts and the same worst case.

PROOFCHECK_CAMPAIGN_CHECKS names another size, such as 1e6, and PROOFCHECK_CAMPAIGN_LEMMA another lemma. The second
campaign is the same command three times: killed (SIGKILL) after seeded random shares of the measures, it goes on.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.report import Report

CHECKS = 1e8
LEMMA = "LT-05"
CHECKS_A_MEASURE = 5  # at least, on average over the batches of LT-05
SEED = 9
Row = dict[str, Any]


def command(lemma: str, measures: int, checkpoint: Path, rows: Path) -> list[str]:
    """The campaign as a user starts it."""
    words = [sys.executable, "-m", "proofcheck", "hammer", lemma, "--measures", str(measures), "--no-adversary"]
    return [*words, "--checkpoint", str(checkpoint), "--rows", str(rows), "--json"]


def undisturbed(words: list[str]) -> float:
    """Run to the end; the seconds it took."""
    start = time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def killed_at(words: list[str], folder: Path, measures: int) -> int:
    """Kill the run once its checkpoint holds so many measures; how many it held in the end."""
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        while saved(folder) < measures:
            if process.poll() is not None:
                raise SystemExit(f"the campaign ended (exit code {process.returncode}) before it could be killed")
            time.sleep(0.05)
        process.kill()
    return saved(folder)


def saved(folder: Path) -> int:
    """The measures in the only checkpoint of `folder`."""
    found = list(folder.glob("*.json"))
    if not found:
        return 0
    tally = json.loads(found[0].read_text(encoding="utf-8"))["campaign"]["tally"]
    return sum(row["measures"] for row in tally["families"])


def records(path: Path) -> list[Row]:
    """The rows of a campaign without the time it took."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def run() -> list[Report]:
    lemma = os.environ.get("PROOFCHECK_CAMPAIGN_LEMMA", LEMMA)
    checks = int(float(os.environ.get("PROOFCHECK_CAMPAIGN_CHECKS", CHECKS)))
    measures = max(1000, checks // CHECKS_A_MEASURE)
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory(prefix="proofcheck-campaign-") as name:
        here = Path(name)
        whole = command(lemma, measures, here / "whole", here / "whole.jsonl")
        seconds = undisturbed(whole)
        broken = command(lemma, measures, here / "broken", here / "broken.jsonl")
        shares = (rng.uniform(0.2, 0.45), rng.uniform(0.55, 0.8))
        kept = [killed_at(broken, here / "broken", int(share * measures)) for share in shares]
        rest = undisturbed(broken)
        first, second = records(here / "whole.jsonl"), records(here / "broken.jsonl")
    total = first[0]
    worst = max(first[1:], key=lambda row: float(row["worst"]))
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    rows: list[tuple[str, ...]] = [
        ("measures", f"{total['measures']:,}", f"{second[0]['measures']:,}"),
        ("pair checks", f"{total['checks']:,}", f"{second[0]['checks']:,}"),
        ("decided exactly", f"{total['exact_checks']:,}", f"{second[0]['exact_checks']:,}"),
        ("decision", str(total["decision"]), str(second[0]["decision"])),
        ("worst ratio", repr(total["worst"]), repr(second[0]["worst"])),
        ("worst in", place(worst), place(max(second[1:], key=lambda row: float(row["worst"])))),
        ("killed at measures", "-", ", ".join(f"{count:,}" for count in kept)),
        ("seconds", f"{seconds:,.0f}", f"{rest:,.0f} after the second kill"),
        ("every record the same (histograms, worst cases)", "", "yes" if first == second else "NO"),
    ]
    note = (
        f"{lemma}, float64 on the CPU, `{' '.join(['proofcheck', *whole[3:8]])}`; largest resident memory of a process "
        f"{memory:.2f} GB."
    )
    return [
        Report("A campaign killed twice", "python -m benchmarks campaign", ("", "undisturbed", "killed"), rows, note)
    ]


def place(row: Row) -> str:
    return f"{row['family']}, chunk {row['chunk']}"
