"""`proofcheck tex -o DIR`: the bounds for a paper."""

from __future__ import annotations

from pathlib import Path

import click

from proofcheck.cli.output import emit_json, json_option


@click.command("tex")
@click.option("-o", "--output", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--notation", metavar="MAP.toml", type=click.Path(dir_okay=False, path_type=Path), help="Symbols' LaTeX.")
@click.option("--no-document", is_flag=True, help="Macros and fragments only.")
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@json_option
def command(output: Path, notation: Path | None, no_document: bool, lemmas: tuple[str, ...], as_json: bool) -> int:
    r"""Write LaTeX of the lemmas, all of them when no ID is given.

    \b
    proofcheck tex -o paper/generated
    in the paper:  \input{generated/proofcheck-bounds}
                   a step of at most \proofcheckbound{mlp-step}{tau_max}
                   \input{generated/bounds/mlp-step--tau-max}  then  \eqref{pc:mlp-step:tau-max}

    --notation MAP.toml gives the paper's names of the symbols, w = "\\|W\\|_2"; see docs/latex.md.
    derivations.tex states and derives every lemma; a stock pdflatex compiles it (run it inside DIR).
    The same lemmas give the same files, byte for byte.
    """
    from proofcheck import registry
    from proofcheck.export import tex
    from proofcheck.paper.check import names_of
    from proofcheck.paper.notation import read_notation

    found = registry.headers()
    spelt = read_notation(notation, names_of(found)) if notation else None
    written = tex.write(registry.select(lemmas, found), output, spelt, found, document=not no_document)
    if as_json:
        emit_json({"files": [str(path) for path in written]})
    else:
        names = ", ".join([tex.MACROS, "bounds/*.tex"] + ([] if no_document else [tex.DOCUMENT]))
        click.echo(f"{len(written)} files in {output}: {names}")
    return 0
