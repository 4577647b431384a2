"""`python -m proofcheck.experiments attention-smoothness`: measure, fit, draw, say what was found."""

from __future__ import annotations

import shlex
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofcheck.cli.output import console, emit_json, json_option
from proofcheck.errors import ArgumentError

if TYPE_CHECKING:
    from proofcheck.experiments.run import Run

_SAY_EVERY = 30.0  # seconds, where stderr is no terminal


@click.command("attention-smoothness")
@click.option("--full/--small", "full", default=False, help="Half an hour at most, or (default) a few minutes.")
@click.option("-o", "--output", default="attention-smoothness", show_default=True, type=click.Path(file_okay=False))
@click.option(
    "--model", default="minilm", show_default=True, help="minilm, a folder, or a name (network) of BERT, GPT-2."
)
@click.option("--text", default=None, type=click.Path(), help="A text file, or brotli's source archive (Alice).")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of random weights and of places.")
@click.option("--no-figures", is_flag=True, help="Measure and fit only.")
@json_option
def command(full: bool, output: str, model: str, text: str | None, seed: int, no_figures: bool, as_json: bool) -> int:
    """How the local Lipschitz constant of attention grows with the number of tokens n.

    \b
    python -m proofcheck.experiments attention-smoothness --small
    python -m proofcheck.experiments attention-smoothness --full --text brotli-1.2.1.tar.gz -o results
    python -m proofcheck.experiments attention-smoothness --model ./my-bert --text mine.txt

    Layers of a pretrained and of random models, with and without a causal mask, on real text, and single heads on
    adversarial tokens. Each estimate comes with a lower and two upper bounds of its own. A run that was stopped goes on
    where it was when the same command is given again. The folder gets measurements.csv, slopes.csv and the figures.
    Exit 0 if every measurement is in order (lower <= estimate <= upper bounds), 1 if not, 2 on bad input.
    """
    from proofcheck.experiments import figures
    from proofcheck.experiments.plan import plan
    from proofcheck.experiments.run import run
    from proofcheck.experiments.texts import read_text
    from torch_impl.huggingface_models import MINILM, missing

    if model == MINILM and (reason := missing()) is not None:
        raise ArgumentError(f"attention-smoothness: --model {MINILM} must be installed, got: {reason}.")
    if not no_figures:
        figures.require()
    content = read_text(text)
    folder = Path(output)
    size = "full" if full else "small"
    words = ["python -m proofcheck.experiments attention-smoothness", f"--{size}", "--model", model, "--seed", seed]
    words += ["--text", Path(text).name] if text is not None else []
    said = " ".join([words[0], *map(shlex.quote, map(str, words[1:]))])
    chosen = plan(size, model)
    start = time.monotonic()
    with console(stderr=True).status("loading models") as status:
        found = run(chosen, content, folder, seed=seed, command=said, progress=_progress(status, start))
    seconds = time.monotonic() - start
    document = summarise(found, said, seconds, str(folder), chosen.fitted)
    write_slopes(folder, document)
    if not no_figures:
        document["figures"] = [p.name for p in figures.draw(found.rows, folder, content.name, chosen.fitted)]
    if as_json:
        emit_json(document)
    else:
        _print(document)
    return 0 if document["ok"] else 1


def summarise(found: Run, said: str, seconds: float, folder: str, fitted: int) -> dict[str, Any]:
    """The slopes, the looseness of the bounds and the agreement with the models, as one document."""
    from proofcheck.experiments.plan import TEXT
    from proofcheck.experiments.slopes import LONG, fit, groups

    slopes = []
    for group, lines in groups(found.rows).items():
        most = fitted if group.inputs == TEXT else 10**9
        row: dict[str, Any] = group._asdict()
        ends = _ends(lines, most)
        row |= {"n": list(ends)}
        for name, value in (("estimate", lambda m: m.estimate), ("q", lambda m: m.q)):
            row[name] = [statistics.median(value(line[n]) for line in lines.values()) for n in ends]
        for name, value in (("estimate", lambda m: m.estimate), ("q", lambda m: m.q)):
            for suffix, least in (("", 1), ("_long", LONG)):
                slope = fit(lines, value, least, most)
                row[name + "_slope" + suffix] = None if slope is None else [slope.value, slope.half_width]
        slopes.append(row)
    rows = found.rows.values()
    disordered = [cell for cell, m in found.rows.items() if not m.ordered()]
    return {
        "command": said,
        "folder": folder,
        "seconds": seconds,
        "measured": found.measured,
        "rows": len(found.rows),
        "slopes": slopes,
        "looseness": {
            "upper/estimate": _spread(m.upper / m.estimate for m in rows),
            "ball/estimate": _spread(m.ball / m.estimate for m in rows if m.ball is not None),
            "estimate/lower": _spread(m.estimate / m.lower for m in rows if m.lower > 0),
        },
        "not_converged": sum(not m.converged for m in rows),
        "out_of_order": [str(cell) for cell in disordered],
        "deviation": max(found.deviations.values()),
        "ok": not disordered,
    }


def write_slopes(folder: Path, document: dict[str, Any]) -> None:
    """slopes.csv: one row a group; intervals as value and half-width."""
    import csv
    import io

    from proofcheck.experiments.slopes import LONG
    from proofcheck.files import write_text_atomic

    out = io.StringIO()
    out.write(f"# command: {document['command']}\n")
    out.write(
        f"# slopes of log y against log n from n_first to n_last, half-widths of 95 % intervals; _long: n >= {LONG}\n"
    )
    writer = csv.writer(out, lineterminator="\n")
    fits = [f"{name}_slope{suffix}" for name in ("estimate", "q") for suffix in ("", "_long")]
    keys = ["model", "inputs", "layer", "part", "head"]
    ends = ["n_first", "n_last", "estimate_first", "estimate_last", "q_first", "q_last"]
    writer.writerow([*keys, *ends, *(f"{name}{end}" for name in fits for end in ("", "_half_width"))])
    for row in document["slopes"]:
        intervals = [f"{v:.4f}" if v is not None else "" for name in fits for v in (row[name] or (None, None))]
        medians = [f"{v:.5g}" for v in (*row["estimate"], *row["q"])]
        writer.writerow([*(row[k] for k in keys), *row["n"], *medians, *intervals])
    write_text_atomic(folder / "slopes.csv", out.getvalue())


def _ends(lines: dict[int, dict[int, Any]], most: int) -> tuple[int, int]:
    lengths = [n for n in next(iter(lines.values())) if n <= most]
    return min(lengths), max(lengths)


def _spread(values: Any) -> dict[str, float]:
    listed = sorted(values)
    return {"median": statistics.median(listed), "worst": listed[-1]} if listed else {}


def _progress(status: Any, start: float) -> Callable[[int, int, str], None]:
    terminal, said = sys.stderr.isatty(), [start]
    begun: list[int] = []

    def show(done: int, planned: int, what: str) -> None:
        begun.append(done - 1) if not begun else None
        now = time.monotonic()
        left = (now - start) / (done - begun[0]) * (planned - done)
        line = f"{done:,} of {planned:,} measurements, about {left / 60:.1f} min left ({what})"
        if terminal:
            status.update(line)
        elif now - said[0] >= _SAY_EVERY or done == planned:
            said[0] = now
            click.echo(line, err=True)

    return show


def _print(document: dict[str, Any]) -> None:
    from rich.table import Table

    from proofcheck.experiments.slopes import LONG

    out = console()
    shown = Table(title="log-log slopes in n, 95 % intervals (q is not a norm: what the public code's loop returns)")
    for name in ("model", "inputs", "layer", "part", "n", "|J| at both ends", "slope |J|", f"n >= {LONG}", "slope q"):
        shown.add_column(name, overflow="fold")
    for row in document["slopes"]:
        part = row["part"] if row["head"] < 0 else f"head {row['head']}"
        cells = (_interval(row[key]) for key in ("estimate_slope", "estimate_slope_long", "q_slope"))
        ends = f"{row['estimate'][0]:.3g} -> {row['estimate'][1]:.3g}"
        lengths = f"{row['n'][0]}..{row['n'][1]}"
        shown.add_row(row["model"], row["inputs"], str(row["layer"]), part, lengths, ends, *cells)
    out.print(shown)
    for name, spread in document["looseness"].items():
        if spread:
            out.print(f"{name}: median {spread['median']:.3g}, worst {spread['worst']:.3g}")
    for text in document["out_of_order"]:
        out.print(f"OUT OF ORDER: {text}", style="bold red")
    out.print(
        f"{document['rows']:,} measurements ({document['measured']:,} new) in {document['seconds']:.0f} s, "
        f"{document['not_converged']} not converged; extraction within {document['deviation']:.1e} of the models' own "
        f"outputs; written to {document['folder']}",
        soft_wrap=True,
    )


def _interval(pair: list[float] | None) -> str:
    return "" if pair is None else f"{pair[0]:+.2f} ± {pair[1]:.2f}"
