"""`proofcheck hammer`: a falsification campaign."""

from __future__ import annotations

import json
import re
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import click

from proofcheck.cli.output import console, emit_json, json_option
from proofcheck.files import write_text_atomic

DTYPES = ("float64", "float32")
LONG = 1_000_000  # measures from which on a campaign keeps a checkpoint unasked
MOST = 10**15
NUMBER = re.compile(r"\d[\d_]*(\.\d+)?([eE]\+?\d{1,2})?", re.ASCII)
SECONDS_A_LINE = 30.0  # progress where no terminal shows a status


class Count(click.ParamType):
    """A whole number >= 1, also as 1e9 or 1_000_000."""

    name = "count"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        number = Fraction(text.replace("_", "")) if len(text) < 40 and NUMBER.fullmatch(text) else None
        if number is None or number.denominator != 1 or not 1 <= number <= MOST:
            self.fail(
                f"a whole number from 1 to 1e15 is required, such as 100000 or 1e9, got {text[:40]!r}.", param, ctx
            )
        return int(number)


@click.command("hammer")
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@click.option("--measures", default="100000", show_default=True, type=Count(), help="Measures a lemma; 1e9 is fine.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda, cuda:1, …")
@click.option("--dtype", default="float64", show_default=True, type=click.Choice(DTYPES))
@click.option("--seed", default=0, show_default=True, help="The same seed, device and dtype repeat a campaign.")
@click.option("--seconds", default=None, type=click.FloatRange(min=0, min_open=True), help="Stop sampling after that.")
@click.option("--no-adversary", is_flag=True, help="Sample only; no gradient ascent.")
@click.option("--batches", type=click.Choice(("cpu", "cuda")), help="Draw this device's batches, to compare devices.")
@click.option(
    "--checkpoint",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Save after every chunk there, and go on from there; from 1e6 measures on the cache folder, unasked.",
)
@click.option("--no-checkpoint", is_flag=True, help="Save nothing on the way.")
@click.option("--fresh", is_flag=True, help="Do not go on from a checkpoint: set it aside as .old.")
@click.option(
    "--rows",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write JSON lines: one for each campaign, one for each of its families, with the worst case.",
)
@json_option
def command(
    lemmas: tuple[str, ...],
    measures: int,
    device: str,
    dtype: str,
    seed: int,
    seconds: float | None,
    no_adversary: bool,
    batches: str | None,
    checkpoint: Path | None,
    no_checkpoint: bool,
    fresh: bool,
    rows: Path | None,
    as_json: bool,
) -> int:
    """Try to break the torch code against the lemmas' bounds; all lemmas that have a property when no ID is given.

    \b
    proofcheck hammer attention-step-sharp --measures 1e6
    proofcheck hammer LT-01 --device cuda --dtype float32 --seconds 60
    proofcheck hammer LT-05 --measures 1e9 --checkpoint runs --rows lt05.jsonl
    torchrun --nproc-per-node 4 -m proofcheck hammer LT-05 --measures 1e9

    Every ratio above 1 is decided in exact or ball arithmetic: a violation is REFUTED with a counterexample of few
    atoms and simple rationals, or it was rounding. "holds" means that nothing was broken, which proves nothing.
    A long campaign saves itself after every chunk; the same command goes on after a kill. Under torchrun the
    processes share the chunks; the result is that of one process.
    Exit 0 if nothing was refuted or left undecided and every sharp bound was approached to 0.999, else 1.
    """
    if no_checkpoint and (checkpoint is not None or fresh):
        raise click.UsageError("--no-checkpoint leaves nothing for --checkpoint or --fresh. Drop one of them.")
    if seconds is not None and not seconds < float("inf"):
        raise click.UsageError(f"--seconds: a positive number required, got {seconds}. Leave it out for no limit.")
    if rows is not None:
        import tempfile

        rows.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=rows.parent):  # hours of work would end in this error
            pass
    from proofcheck import registry

    found = registry.headers()
    wanted = registry.select(lemmas, found)
    import torch

    from proofcheck import cache
    from proofcheck.audit.code import usable_device
    from proofcheck.hammer import campaign
    from proofcheck.hammer.campaign_checkpoint import path_of
    from proofcheck.hammer.campaign_world import NotFirst, world
    from proofcheck.hammer.trial import trials

    usable_device(device)
    folder = None if no_checkpoint else checkpoint
    if folder is None and not no_checkpoint and measures >= LONG:
        # other settings are another campaign: only where a folder was named they are an error
        settings = f"{measures}-{seed}-{dtype}-{device.partition(':')[0]}"
        folder = cache.folder() / "campaigns" / settings
    errors, out = console(stderr=True), console()
    results: list[Any] = []
    finished: list[Path] = []
    left_out: list[str] = []
    with world(device) as (processes, device):
        quiet = not processes.first
        for header in wanted:
            lemma = registry.load(header)
            if not lemma.hammers:
                left_out.append(header.id)
                continue
            for on_trial in trials(lemma):
                with _Progress(errors, f"{header.id} {header.title}", quiet=quiet) as progress:
                    try:
                        result = campaign(
                            on_trial,
                            measures=measures,
                            device=device,
                            dtype=getattr(torch, dtype),
                            seed=seed,
                            seconds=seconds,
                            adversary=not no_adversary,
                            compare_every=1 + measures // 10**7,
                            progress=progress,
                            folder=folder,
                            fresh=fresh,
                            world=processes,
                            sizes=batches or "",
                        )
                    except NotFirst:
                        return 2
                results.append(result)
                if folder is not None and (result.measures >= measures or result.counterexample is not None):
                    finished.append(path_of(folder, on_trial))
                if not as_json and not quiet:
                    _print(out, f"{header.title}, {on_trial.prop.bound or 'identity'}", result)
    if lemmas and not results:
        raise click.UsageError(f"{', '.join(left_out)}: no torch property to hammer.")
    ok = all(result.passed or (no_adversary and result.decision == "holds") for result in results)
    if quiet:
        return 0 if ok else 1
    if rows is not None:
        lines = (json.dumps(row, sort_keys=True, allow_nan=False) for result in results for row in result.rows())
        write_text_atomic(rows, "".join(line + "\n" for line in lines))
    if as_json:
        emit_json({"ok": ok, "lemmas": [result.as_json() for result in results], "no_property": left_out})
    elif left_out:
        out.print(f"no torch property: {', '.join(left_out)}", style="dim")
    for path in finished:
        path.unlink(missing_ok=True)  # the results have been handed over
    return 0 if ok else 1


class _Progress:
    """How far a campaign is: a status line on a terminal, else a line now and then."""

    def __init__(self, errors: Any, name: str, *, quiet: bool) -> None:
        self.errors, self.name, self.quiet = errors, name, quiet
        self.status = errors.status(name) if not quiet and errors.is_terminal else None
        self.started = self.said = time.perf_counter()
        self.before: int | None = None

    def __enter__(self) -> _Progress:
        if self.status is not None:
            self.status.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.status is not None:
            self.status.stop()

    def __call__(self, done: int, planned: int) -> None:
        now = time.perf_counter()
        if self.before is None:  # what a checkpoint brought says nothing about the speed
            self.before, self.started = done, now
        rate = (done - self.before) / (now - self.started) if now > self.started else 0.0
        if done >= planned:
            then = ", now climbing and deciding"
        else:
            then = f", {_clock((planned - done) / rate)} to go" if rate > 0 else ""
        text = f"{self.name} {done:,} of {planned:,} measures{then}"
        if self.status is not None:
            self.status.update(text)
        elif not self.quiet and now - self.said >= SECONDS_A_LINE:
            self.said = now
            self.errors.print(text, soft_wrap=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


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
