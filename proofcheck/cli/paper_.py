"""`proofcheck paper FILE.tex`: the formulas of a paper against the proved bounds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from proofcheck.cli.output import console, emit_json, json_option

if TYPE_CHECKING:
    from proofcheck.paper.check import Report

_STYLES = {
    "agrees": "bold green",
    "weaker than proved": "yellow",
    "stronger than proved": "bold red",
    "different": "bold red",
    "undecided": "yellow",
    "cannot parse": "bold red",
}


@click.command("paper")
@click.argument("file", metavar="FILE.tex", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--notation",
    metavar="MAP.toml",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The paper's LaTeX of the lemmas' symbols.",
)
@click.option("--allow-weaker", is_flag=True, help="Exit 0 also where the paper claims less than is proved.")
@click.option("--seconds", default=5.0, show_default=True, type=float, help="Time of the prover for each formula.")
@json_option
def command(file: Path, notation: Path | None, allow_weaker: bool, seconds: float, as_json: bool) -> int:
    r"""Compare the marked formulas of a paper with the lemmas: agrees, weaker, stronger, different, cannot parse.

    \b
    % proofcheck: LT-05 eta_max          before a formula, or
    \proofcheck{attention-step-sharp}{eta_max}{\frac{8}{D^2}}

    \b
    "weaker" and "different" are decided exactly: a certificate, or rational points where the two differ.
    Included files that `proofcheck tex` wrote must be current. Lemmas that are not cited are listed.
    Exit 0 every formula agrees, 1 something does not (or nothing is marked), 2 the paper cannot be read.
    """
    if not seconds > 0 or seconds == float("inf"):
        raise click.UsageError(f"--seconds: a positive number required, got {seconds}.")
    from proofcheck.paper.check import check_paper

    errors = console(stderr=True)
    report = check_paper(file, notation, seconds=seconds, progress=lambda text: errors.print(text, style="dim"))
    if as_json:
        emit_json(report.data(allow_weaker))
    else:
        _print(report)
    return 0 if report.is_accepted(allow_weaker) else 1


def _print(report: Report) -> None:
    from rich.text import Text

    out = console()
    for formula in report.formulas:
        verdict = formula.comparison.verdict.value
        line = Text(f"{formula.file}:{formula.line}:{formula.column}  ", style="dim")
        line.append(f"{verdict}", style=_STYLES[verdict]).append(f"  {formula.lemma} {formula.bound}", style="default")
        out.print(line, soft_wrap=True)
        if verdict != "agrees":
            for row in (
                f"paper   {formula.comparison.paper or formula.formula}",
                f"proved  {formula.comparison.proved}",
            ):
                if row.split(" ", 1)[1].strip():
                    out.print("    " + row, soft_wrap=True)
            out.print("    " + formula.comparison.reason, soft_wrap=True)
    for item in report.included:
        style = "green" if item.state == "current" else "dim" if item.is_accepted else "bold red"
        line = Text(f"{item.file}:{item.line}  ", style="dim").append(item.state, style=style).append(f"  {item.path}")
        out.print(line.append(f"  {item.reason}" if item.reason else ""), soft_wrap=True)
    if report.not_cited:
        out.print("not cited: " + ", ".join(header.id for header in report.not_cited), soft_wrap=True)
    counts = report.data(False)["counts"]
    total = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    out.print(total or "no marked formula: write `% proofcheck: LEMMA BOUND` before one.", soft_wrap=True)
