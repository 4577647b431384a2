"""`proofcheck review`: one page for a reviewer."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import Any

import click

from proofcheck.cli.output import console


@click.command("review")
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@click.option("-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The HTML page.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Print it too, through Chromium.")
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An earlier --json file: say what changed since.",
)
@click.option(
    "--json",
    "data",
    is_flag=False,
    flag_value="-",
    metavar="[FILE]",
    help="Write all that the page shows as JSON, on stdout if no FILE is given.",
)
@click.option("--no-hammer", is_flag=True, help="Take results with a hammer from the cache, and run none.")
@click.option("--stamp", default="", help="The time on the page, in place of now (or of SOURCE_DATE_EPOCH).")
def command(
    lemmas: tuple[str, ...],
    output: Path,
    pdf: Path | None,
    against: Path | None,
    data: str | None,
    no_hammer: bool,
    stamp: str,
) -> int:
    """One offline HTML page: what is claimed, why it is true, what is not proved, how to check it.

    \b
    proofcheck review -o review.html                      every lemma; missing checks are run first
    proofcheck review -o review.html --pdf review.pdf
    proofcheck review LT-05 -o sharp.html                 some lemmas, with all they rest on
    proofcheck review -o new.html --against old.json --json new.json

    The page is made from the lemmas, their certificates and the results of `proofcheck check`. It loads nothing and
    can be mailed. Exit 0 if every check passed and all is as pinned, 1 if not: the page says what is wrong.
    """
    from proofcheck import registry
    from proofcheck.audit.artifacts import canonical
    from proofcheck.cli.check_ import _cores
    from proofcheck.files import write_text_atomic
    from proofcheck.review import changes, document, page
    from proofcheck.review import pdf as paper
    from proofcheck.review.results import gather
    from proofcheck.review.stamp import now

    old = changes.read(against.read_text(encoding="utf-8"), str(against)) if against else None
    if pdf is not None and not paper.browser():
        paper.write_pdf("", pdf)  # raises with what to install, before a minute is spent on checks
    found = registry.headers()
    chosen = registry.select(lemmas, found)
    needed = {node.id for header in chosen for node in registry.ancestors(header, found)}
    wanted = [header for header in found if header in chosen or header.id in needed]
    if not wanted:
        raise click.UsageError("there are no lemmas. Is the package `lemmas` installed from this repository?")
    errors = console(stderr=True)
    results, options = gather(
        wanted,
        found,
        hammer=not no_hammer,
        jobs=_cores(),
        say=lambda text: errors.print(text, soft_wrap=True),
    )
    made = document.build(wanted, found, results, stamp=stamp or now(), options=options)
    rows = changes.compare(old, made) if old is not None else None
    name = against.name if against else ""
    write_text_atomic(output, page.render(made, rows, against=name))
    if data == "-":
        click.echo(canonical(made), nl=False)
    elif data is not None:
        write_text_atomic(Path(data), canonical(made))
    if pdf is not None:
        errors.print("printing through Chromium …")
        paper.write_pdf(page.render(made, rows, against=name, unfolded=True), pdf)
    ok = all(item.ok for item in results) and not made["gaps"]["problems"]
    if data != "-":
        _report(made, rows, [path for path in (pdf, Path(data) if data else None) if path is not None], output)
    return 0 if ok else 1


def _report(made: dict[str, Any], rows: list[dict[str, str]] | None, beside: list[Path], output: Path) -> None:
    out, totals = console(), made["totals"]
    verdicts = ", ".join(f"{count} {name}" for name, count in sorted(totals["verdicts"].items()))
    size = f"{output.stat().st_size:,} bytes"
    out.print(f"{output}: {totals['lemmas']} lemmas ({verdicts}), {totals['claims']} claims, {size}", soft_wrap=True)
    for path in beside:
        out.print(f"{path}: {path.stat().st_size:,} bytes", soft_wrap=True)
    if made["gaps"]["not_run"]:
        out.print(f"not run: {', '.join(sorted(made['gaps']['not_run']))}; the page says so", style="yellow")
    for row in made["gaps"]["failed"]:
        out.print(f"{row['lemma']} {row['part']} failed; the page shows why", style="red")
    for row in rows or []:
        lemma = f"{row['lemma']} " if row["lemma"] else ""
        old, new = (shorten(row[side], 120, placeholder=" …") for side in ("old", "new"))  # whole on the page
        out.print(f"{row['kind']}: {lemma}{row['what']}: {old} -> {new}", soft_wrap=True)
    if rows == []:
        out.print("nothing changed")
