"""What commands print with: one JSON document, or rich text on a console wide enough for tables."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")

MOST_COLUMNS = 1000  # no table is wider

STYLES = {
    "PROVED": "bold green",
    "PROVED_MODULO": "green",
    "TESTED": "yellow",
    "REFUTED": "bold red",
    "VACUOUS": "bold red",
    "UNKNOWN": "yellow",
}


def emit_json(document: Any) -> None:
    """One JSON document on stdout: sorted keys, exact text, no NaN (a NaN would be no JSON)."""
    click.echo(json.dumps(document, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False))


def console(*, stderr: bool = False) -> Console:
    """A rich console; 120 columns where the output is not a terminal, so that piped tables stay whole."""
    from rich.console import Console

    class Ours(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich would exit with 1, which says REFUTED or failed

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 120
    return Ours(file=stream, width=width, highlight=False, markup=False, soft_wrap=False)


def print_table(out: Console, table: Table) -> None:
    """Print a table whole: where its unbroken columns are wider than the output, its lines are longer."""
    from rich.measure import Measurement

    least = Measurement.get(out, out.options.update_width(MOST_COLUMNS), table).minimum
    if least > out.width:
        table.width = least
    out.print(table, crop=False)
