"""The CSV of an experiment: comment lines that say how it was made, then one row a measurement.

Every save writes the whole file and renames it, so a killed run leaves a table that the next run goes on with. A table
made with other settings, or on other versions, is refused: numbers of two kinds do not share a file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.experiments.measure import Measurement
from proofcheck.experiments.plan import Cell
from proofcheck.files import write_text_atomic

Rows = dict[Cell, Measurement]
_CELL = {field.name: str(field.type) for field in fields(Cell)}
_MEASUREMENT = {field.name: str(field.type) for field in fields(Measurement)}
_READ = {
    "str": str,
    "int": int,
    "float": float,
    "bool": lambda text: {"True": True, "False": False}[text],
    "float | None": lambda text: float(text) if text else None,
}
_SETTINGS = "# settings: "


def save(path: Path, settings: Mapping[str, Any], command: str, rows: Rows) -> None:
    """Write the table; floats with the 17 digits that give them back.

    Raises:
        OSError: the folder cannot be written.
    """
    out = io.StringIO()
    out.write(f"# command: {command}\n{_SETTINGS}{json.dumps(dict(settings), sort_keys=True)}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_CELL, *_MEASUREMENT])
    for cell, measured in rows.items():
        writer.writerow(["" if value is None else value for value in (*astuple(cell), *astuple(measured))])
    write_text_atomic(path, out.getvalue())


def load(path: Path, settings: Mapping[str, Any] | None = None) -> Rows:
    """The rows of a table; none where there is no file.

    Raises:
        ArgumentError: the table was made with other settings, or is no table of this experiment.
    """
    if not path.exists():
        return {}
    try:
        text = path.read_text(encoding="utf-8")
        _, line, table = text.split("\n", 2)
        if not line.startswith(_SETTINGS):
            raise ValueError("no settings")
        made = json.loads(line[len(_SETTINGS) :])
        if not isinstance(made, dict):
            raise ValueError("settings that are no object")
        reader = csv.reader(io.StringIO(table, newline=""), strict=True)
        if next(reader) != [*_CELL, *_MEASUREMENT]:
            raise ValueError("other columns")
        rows = dict(_row(values) for values in reader)
    except (StopIteration, ValueError, KeyError, TypeError, RecursionError, csv.Error) as error:
        raise ArgumentError(
            f"load: {path} must be a table of this experiment, got one that cannot be read ({error!r:.200}). "
            "Move it away or choose another folder with -o."
        ) from error
    if settings is not None and made != dict(settings):
        other = sorted(key for key in {*made, *settings} if made.get(key) != settings.get(key))
        listed = ", ".join(f"{ascii(key)[1:-1]}={made.get(key)!r:.200} (now {settings.get(key)!r})" for key in other)
        raise ArgumentError(
            f"load: {path} must have been made with the same settings, got {listed}. "
            "Choose another folder with -o, or delete the file to start again."
        )
    return rows


def _row(values: list[str]) -> tuple[Cell, Measurement]:
    if len(values) != len(_CELL) + len(_MEASUREMENT):
        raise ValueError(f"a row of {len(values)} entries")
    kinds = [*_CELL.values(), *_MEASUREMENT.values()]
    read: list[Any] = [_READ[kind](text) for kind, text in zip(kinds, values, strict=True)]
    return Cell(*read[: len(_CELL)]), Measurement(*read[len(_CELL) :])
