"""`proofcheck mutants`: mistakes made on purpose, and which check sees each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from proofcheck.cli.output import console, emit_json, json_option

if TYPE_CHECKING:
    from proofcheck.audit.mutants import Outcome, Report


@click.command("mutants")
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@click.option(
    "--seconds",
    default=None,
    type=click.FloatRange(min=0, min_open=True),
    help="Stop after that; what is not judged by then is no success.",
)
@click.option("--sample", default=None, type=click.IntRange(1), help="Judge that many, chosen by the seed.")
@click.option("--seed", default=0, show_default=True, help="Chooses the sample.")
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option(
    "--limit",
    default=60.0,
    show_default=True,
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds for one mutant; one that runs longer counts as killed by the limit.",
)
@json_option
def command(
    lemmas: tuple[str, ...],
    seconds: float | None,
    sample: int | None,
    seed: int,
    workers: int,
    limit: float,
    as_json: bool,
) -> int:
    """Change the code and the theory on purpose; every change must be seen by a check.

    \b
    proofcheck mutants                       all of them (about 15 minutes on two cores)
    proofcheck mutants LT-05 --sample 20

    Code: each formula of torch_impl with a sign, transpose, axis, weight, step, mask, temperature, normalisation,
    moment or gradient changed. Theory: each bound and each claim with a constant, power, sign, quantity or assumption
    changed. A code mutant is killed by a graph that differs from the formula, by the hammer, or by a test of its
    module; a claim by a refused certificate together with an exact witness or no proof to be found. Exit 0 if none
    survives but those explained in equivalent.json, else 1.
    """
    from proofcheck import registry
    from proofcheck.audit.mutants import run

    wanted = registry.select(lemmas, registry.headers())
    errors = console(stderr=True)
    with errors.status("starting") as status:

        def progress(outcome: Outcome, done: int, planned: int) -> None:
            status.update(f"{done} of {planned}: {outcome.mutant.where}")
            if outcome.verdict == "survived":
                errors.print(f"survived: {_line(outcome)}", style="red", soft_wrap=True)

        report = run(wanted, sample=sample, seed=seed, seconds=seconds, workers=workers, limit=limit, judged=progress)
    if as_json:
        emit_json(report.to_json())
    else:
        _print(report)
    return 0 if report.ok else 1


def _line(outcome: Outcome) -> str:
    m = outcome.mutant
    return f"{m.where} {m.operator}: {m.before!r} -> {m.after!r} [{m.key}]"


def _print(report: Report) -> None:
    from collections import Counter

    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(box=None, pad_edge=False)
    for column in ("lemma", "family", "killed", "survived", "equivalent", "killed by"):
        table.add_column(column, justify="right" if column in ("killed", "survived", "equivalent") else "left")
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in report.outcomes:
        groups.setdefault((outcome.mutant.lemmas[0], outcome.mutant.family), []).append(outcome)
    for (lemma, family), members in sorted(groups.items()):
        counts = Counter(o.verdict for o in members)
        by = Counter(_short(o.by) for o in members if o.verdict == "killed")
        table.add_row(
            lemma,
            family,
            str(counts["killed"]),
            Text(str(counts["survived"]), style="bold red" if counts["survived"] else ""),
            str(counts["equivalent"]),
            ", ".join(f"{name} {n}" for name, n in by.most_common(4)),
        )
    out.print(table)
    for outcome in report.outcomes:
        if outcome.verdict == "survived":
            out.print(Text(f"survived: {_line(outcome)}", style="red"), soft_wrap=True)
            out.print(f"  {outcome.unseen} should have seen it. {outcome.detail}", soft_wrap=True)
    for outcome in report.outcomes:
        if outcome.verdict == "equivalent":
            out.print(f"equivalent: {_line(outcome)}", style="dim", soft_wrap=True)
            out.print(f"  {outcome.reason}", style="dim", soft_wrap=True)
    for entry in report.stale:
        out.print(f"stale explanation of {entry.where} {entry.operator} [{entry.key}]", style="red")
    _summary(out, report)


def _short(by: str) -> str:
    """The kind of check without the lemma's id: 'graph', 'hammer', 'certificate, witness', 'test_modules'."""
    if by.startswith("tests/"):
        return by.rpartition("/")[2].removesuffix(".py")
    return by.partition(" ")[2] or by


def _summary(out: Any, report: Report) -> None:
    killed, survived, equivalent = (report.count(v) for v in ("killed", "survived", "equivalent"))
    text = f"{killed} killed, {survived} survived, {equivalent} equivalent of {len(report.outcomes)} judged "
    text += f"({report.total} in all) in {report.seconds:.0f} s"
    if report.left:
        text += f"; {report.left} not judged for lack of time"
    if report.edited:
        text += "; files changed during the run: repeat it"
    out.print()
    out.print(text, style="bold green" if report.ok else "bold red")
