"""What commands print with: one JSON document, or rich text on a console wide enough for tables."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import Console

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")

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

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else 120
    return Console(file=stream, width=width, highlight=False, markup=False, soft_wrap=False)
