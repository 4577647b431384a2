"""`proofcheck new`: a lemma to start from."""

from __future__ import annotations

import os
from pathlib import Path

import click

from proofcheck.cli.output import console, emit_json, json_option


@click.command("new")
@click.argument("lemma", metavar="LEMMA")
@click.option("--id", "identifier", required=True, help="Capitals, a dash and a number: TP-01.")
@click.option("--paper", required=True, help="The folder of lemmas/, made where there is none.")
@click.option("--title", default="", help="A few words; may be filled in later.")
@click.option("--source", default="", help="Key of the source in lemmas/references.bib; may be filled in later.")
@click.option("--tests", default=None, type=click.Path(file_okay=False, path_type=Path), help="Where its test goes.")
@json_option
def command(lemma: str, identifier: str, paper: str, title: str, source: str, tests: Path | None, as_json: bool) -> int:
    """Write a lemma file and its test that run at once and say what is missing.

    \b
    proofcheck new two-point-mean --id TP-01 --paper my_paper
    proofcheck check TP-01

    Every section and field is there, with a small true claim in place of yours. What you have to write is marked TODO;
    while one is left, the verdict is UNKNOWN and names it. Nothing that exists is overwritten.
    """
    from proofcheck import registry
    from proofcheck.audit.gaps import gaps
    from proofcheck.header import read_header
    from proofcheck.scaffold import names, write

    root = registry.lemmas_root()
    chosen = names(lemma, id=identifier, paper=paper, title=title, key=source, among=registry.headers())
    made = write(chosen, root=root, tests=tests or root.parent / "tests" / "lemmas")
    missing = gaps(read_header(made.lemma))
    steps = {
        f"proofcheck check {chosen.id} --no-hammer": "what is missing",
        f"proofcheck check --write {chosen.id}": "claims, models, certificates: after each change",
        f"pytest {_shown(made.test)}": "the tests that every lemma must pass",
        f"proofcheck show {chosen.id}": "the sentence beside the claims: do they say the same?",
        f"proofcheck check --pin {chosen.id}": "when all stands",
    }
    if as_json:
        files = [_shown(path) for path in (made.lemma, made.test, *made.others)]
        emit_json({"id": chosen.id, "files": files, "missing": missing, "next": list(steps)})
        return 0
    out = console()
    for path in (*made.others, made.lemma, made.test):
        out.print(f"written: {_shown(path)}", soft_wrap=True)
    out.print(f"{len(missing)} places are marked TODO. Next:", soft_wrap=True)
    width = max(len(step) for step in steps)
    for step, what in steps.items():
        out.print(f"  {step:<{width}}  {what}", soft_wrap=True)
    return 0


def _shown(path: Path) -> str:
    """Relative to where the command runs, if it lies below."""
    here = Path(os.getcwd())
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
