"""`proofcheck hammer`: a falsification campaign."""

from __future__ import annotations

import json
from typing import Any

import click

from proofcheck.cli.output import console, emit_json, json_option

DTYPES = ("float64", "float32")


@click.command("hammer")
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@click.option("--measures", default=100_000, show_default=True, type=click.IntRange(1), help="Measures a lemma.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, …")
@click.option("--dtype", default="float64", show_default=True, type=click.Choice(DTYPES))
@click.option("--seed", default=0, show_default=True, help="The same seed, device and dtype repeat a campaign.")
@click.option("--seconds", default=None, type=click.FloatRange(min=0, min_open=True), help="Stop sampling after that.")
@click.option("--no-adversary", is_flag=True, help="Sample only; no gradient ascent.")
@json_option
def command(
    lemmas: tuple[str, ...],
    measures: int,
    device: str,
    dtype: str,
    seed: int,
    seconds: float | None,
    no_adversary: bool,
    as_json: bool,
) -> int:
    """Try to break the torch code against the lemmas' bounds; all lemmas that have a property when no ID is given.

    \b
    proofcheck hammer attention-step-sharp --measures 1000000
    proofcheck hammer LT-01 --device cuda --dtype float32 --seconds 60

    Every ratio above 1 is decided in exact or ball arithmetic: a violation is REFUTED with a counterexample of few
    atoms and simple rationals, or it was rounding. "holds" means that nothing was broken, which proves nothing.
    Exit 0 if nothing was refuted or left undecided and every sharp bound was approached to 0.999, else 1.
    """
    from proofcheck import registry

    found = registry.headers()
    wanted = registry.select(lemmas, found)
    import torch

    from proofcheck.audit.code import usable_device
    from proofcheck.hammer import campaign
    from proofcheck.hammer.trial import trials

    usable_device(device)
    errors, out = console(stderr=True), console()
    results: list[Any] = []
    left_out: list[str] = []
    for header in wanted:
        lemma = registry.load(header)
        if not lemma.hammers:
            left_out.append(header.id)
            continue
        for on_trial in trials(lemma):
            with errors.status(f"{header.id} {header.title}") as status:
                result = campaign(
                    on_trial,
                    measures=measures,
                    device=device,
                    dtype=getattr(torch, dtype),
                    seed=seed,
                    seconds=seconds,
                    adversary=not no_adversary,
                    progress=_Progress(status, header.id),
                )
            results.append(result)
            if not as_json:
                _print(out, f"{header.title}, {on_trial.prop.bound or 'identity'}", result)
    if lemmas and not results:
        raise click.UsageError(f"{', '.join(left_out)}: no torch property to hammer.")
    ok = all(result.passed or (no_adversary and result.decision == "holds") for result in results)
    if as_json:
        emit_json({"ok": ok, "lemmas": [result.as_json() for result in results], "no_property": left_out})
    elif left_out:
        out.print(f"no torch property: {', '.join(left_out)}", style="dim")
    return 0 if ok else 1


class _Progress:
    """Shows how many measures a campaign has done."""

    def __init__(self, status: Any, name: str) -> None:
        self.status, self.name = status, name

    def __call__(self, done: int, planned: int) -> None:
        then = ", now climbing and deciding" if done >= planned else ""
        self.status.update(f"{self.name} {done:,} of {planned:,} measures{then}")


def _print(out: Any, title: str, result: Any) -> None:
    from rich.table import Table
    from rich.text import Text

    style = {"holds": "green", "REFUTED": "bold red"}.get(result.decision, "yellow")
    line = Text(f"{result.lemma}  ", style="bold").append(title, style="default")
    out.print(line.append(f"  {result.decision}", style=style))
    climbed = "" if result.adversarial is None else f", climbed to {result.adversarial:.6f}"
    rate = result.checks / result.seconds if result.seconds else 0.0
    out.print(
        f"  {result.measures:,} measures, {result.checks:,} checks ({rate:,.0f} a second), "
        f"{result.exact_checks} decided exactly; worst ratio {result.worst:.6f}{climbed}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, show_header=True, header_style="dim")
    for column in ("  family", "measures", "worst ratio", "decided"):
        table.add_column(column, justify="right" if column in ("measures", "worst ratio") else "left")
    for family in result.families:
        table.add_row(f"  {family.name}", f"{family.measures:,}", f"{family.worst:.6f}", family.decision)
    out.print(table)
    for name, reason in result.skipped.items():
        out.print(f"  left out: {name}, {reason}", style="dim", soft_wrap=True)
    if not result.reached:
        out.print(f"  the bound is called sharp, and the worst ratio is only {result.best:.6f}", style="red")
    if result.reason:
        out.print(f"  {result.reason}", style=style, soft_wrap=True)
    if result.counterexample is not None:
        text = json.dumps(result.counterexample["fields"], indent=1, sort_keys=True)
        for row in text.splitlines():
            out.print("  " + row, soft_wrap=True)
        out.print(f"  repeat: {result.command}", soft_wrap=True)
    out.print()
