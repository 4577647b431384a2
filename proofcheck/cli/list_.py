"""`proofcheck list`: what there is."""

from __future__ import annotations

from typing import Any

import click

from proofcheck.cli.output import STYLES, console, emit_json, json_option, print_table


@click.command("list")
@json_option
def command(as_json: bool) -> int:
    """The lemmas: id, title, source, label and the verdict that is pinned for each.

    \b
    proofcheck list
    proofcheck list --json

    Any id, alias or file name shown here names a lemma in every other command; `proofcheck check` says whether
    the pinned verdict still stands.
    """
    from proofcheck import registry
    from proofcheck.audit import manifest

    found = registry.headers()
    pins = manifest.read(registry.lemmas_root())
    rows: list[dict[str, Any]] = [
        {
            "id": header.id,
            "aliases": list(header.aliases),
            "slug": header.slug,
            "title": header.title,
            "source": header.source,
            "label": header.label,
            "verdict": pins.get(header.id, {}).get("verdict", "UNKNOWN"),
            "uses": list(header.uses),
        }
        for header in found
    ]
    if as_json:
        emit_json({"lemmas": rows})
        return 0
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "title", "label", "pinned verdict", "source"):
        table.add_column(column, overflow="fold")
    for row in rows:
        names = ", ".join([row["slug"], *row["aliases"]])
        verdict = Text(row["verdict"], style=STYLES[row["verdict"]])
        table.add_row(row["id"], names, row["title"], row["label"], verdict, row["source"])
    print_table(console(), table)
    return 0
