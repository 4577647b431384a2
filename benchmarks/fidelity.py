"""Statement fidelity at length: `python -m benchmarks.fidelity [--every N] [--steered K] [--mutants] [--claims]`.

Each N-th claim (1: all, minutes), K points steered into each kind; with --mutants every wrong claim of every kind, with
--claims a row for each assumption: points where it holds, fails, fails alone, is tight, its smallest slack.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.report import Report
from proofcheck.fidelity import Comparison, Reading, compare, load_readings
from proofcheck.fidelity.compare import Part, names_of, sample
from proofcheck.fidelity.library import FREE, Stated, library
from proofcheck.fidelity.mutation import mutants

FOLDER = Path(__file__).parents[1] / "tests" / "fidelity"
COMMAND = "python -m benchmarks.fidelity"
Chosen = list[tuple[Stated, Reading]]


def chosen(every: int) -> tuple[Chosen, int]:
    """Each N-th claim that has a reading, and how many claims there are."""
    readings, stated = load_readings(FOLDER), library()
    return [(stated[name], readings[name]) for name in list(readings)[::every]], len(stated)


def compared(pairs: Chosen, free: int, steered: int) -> list[Comparison]:
    """Progress goes to stderr."""
    found = []
    for index, (claim, reading) in enumerate(pairs, start=1):
        points = sample(reading, names_of(claim.text), random.Random(claim.name), claim.models, free, steered)
        found.append(compare(claim.text, reading, points))
        print(f"\r{index}/{len(pairs)} {claim.name:30s}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return found


def summary(results: list[Comparison], total: int, command: str) -> Report:
    """How many claims, points and assumptions, at which level."""
    assumed = [p for c in results for p in c.parts if p.name != "target"]
    targets = [p for c in results for p in c.parts if p.name == "target"]

    def levels(parts: Iterable[Part]) -> str:
        counts = collections.Counter(p.level for p in parts)
        return ", ".join(f"{level} {counts[level]}" for level in ("values", "identity", "holds") if counts[level])

    rows = [
        ("claims read, of the library", f"{len(results)} of {total}"),
        ("claims that differ from their sentence", str(sum(bool(c.faults) for c in results))),
        ("points, defined for both", str(sum(c.points for c in results))),
        ("points that satisfy all assumptions", str(sum(c.satisfying for c in results))),
        ("fewest of these for a claim", str(min(c.satisfying for c in results))),
        ("points where one of the two is not defined", str(sum(c.undefined for c in results))),
        ("targets, by level", levels(targets)),
        ("targets that fail at some point", str(sum(p.outside > 0 for p in targets))),
        ("assumptions, by level", levels(assumed)),
        ("assumptions that fail at some point", f"{sum(p.outside > 0 for p in assumed)} of {len(assumed)}"),
        ("assumptions that fail alone at some point", f"{sum(p.alone > 0 for p in assumed)} of {len(assumed)}"),
        ("assumptions tight at some point", f"{sum(p.tight > 0 for p in assumed)} of {len(assumed)}"),
    ]
    return Report("Statement fidelity", command, ("what", "count"), rows)


def details(results: list[Comparison], command: str) -> Report:
    """One row for each assumption and target."""

    def row(claim: str, part: Part) -> tuple[str, ...]:
        counts = map(str, (part.inside, part.outside, part.alone, part.tight))
        return claim, part.name, part.level, *counts, "-" if part.nearest is None else f"{float(part.nearest):.2g}"

    rows = [row(c.claim, p) for c in results for p in c.parts]
    columns = ("claim", "part", "level", "holds", "fails", "alone", "tight", "smallest slack")
    return Report("Points of each claim", command, columns, rows)


def wrong_claims(pairs: Chosen, command: str) -> Report:
    """Every mutant of the claims against their readings, at the short sample."""
    made: collections.Counter[str] = collections.Counter()
    missed: collections.Counter[str] = collections.Counter()
    names = []
    for claim, reading in pairs:
        points = sample(reading, names_of(claim.text), random.Random(claim.name), claim.models, FREE, 0)
        for mutant in mutants(claim.text):
            made[mutant.kind] += 1
            if not compare(mutant.text, reading, points).faults:
                missed[mutant.kind] += 1
                names.append(f"{claim.name} {mutant.name}")
    rows = [(kind, str(made[kind]), str(missed[kind])) for kind in sorted(made)]
    rows.append(("all", str(made.total()), str(missed.total())))
    note = "Not caught: " + ("; ".join(names) or "none") + "."
    return Report("Wrong claims", command, ("edit", "made", "not caught"), rows, note)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--steered", type=int, default=1)
    parser.add_argument("--mutants", action="store_true")
    parser.add_argument("--claims", action="store_true")
    options = parser.parse_args(words)
    command, start = " ".join([COMMAND, *words]), time.process_time()
    pairs, total = chosen(options.every)
    results = compared(pairs, 3 * FREE, options.steered)
    print(summary(results, total, command).markdown())
    if options.claims:
        print(details(results, command).markdown())
    if options.mutants:
        print(wrong_claims(pairs, command).markdown())
    for result in results:
        for fault in result.faults:
            print(f"{result.claim}: {fault}")
    print(f"{time.process_time() - start:.0f} s of processor time", file=sys.stderr)
    return int(any(result.faults for result in results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
