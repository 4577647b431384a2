"""What z3 and cvc5 say of the negated claims, and of claims that are known to be false."""

from __future__ import annotations

import sys

from benchmarks.report import Report
from proofcheck.export import smt, smt_check, smt_controls
from proofcheck.export.claims import pairs


def run() -> list[Report]:
    def say(text: str) -> None:
        print(text, file=sys.stderr)

    problems = smt.all_problems(list(pairs()))
    report = smt_check.check(problems, progress=say)
    rows = [
        (solver, *(str(row[word]) for word in ("unsat", "unknown", "sat"))) for solver, row in report.counts().items()
    ]
    rows += [(f"{solver}, not installed", "", "", "") for solver in report.missing]
    claims = {problem.claim for problem in problems}
    ruled_out = report.claims() - set(report.empty)
    negated = Report(
        "Claims negated in small models",
        "python -m benchmarks smt",
        ("solver", "unsat", "unknown", "sat"),
        rows,
        f"{len(problems)} problems of {len(claims)} claims; {len(ruled_out)} claims have an unsat problem "
        f"whose assumptions can hold, {len(report.empty)} more only such as no model satisfies.",
    )
    outcomes = smt_controls.ask(list(smt_controls.controls()), progress=say)
    table: list[tuple[str, ...]] = []
    for kind in (smt_controls.REFUTED, smt_controls.DROPPED):
        mine = [one for one in outcomes if one.control.kind == kind]
        words = [sum(one.reading == word for one in mine) for word in smt_controls.READINGS]
        table.append((kind, str(len(mine)), *map(str, words), str(sum(one.is_wrong for one in mine))))
    columns = (
        "false claims",
        "in all",
        "sat, confirmed exactly",
        "sat, not rational",
        "sat, not decided",
        "not sat",
        "contradicted",
    )
    return [negated, Report("False claims given to the solvers", "python -m benchmarks smt", columns, table)]
