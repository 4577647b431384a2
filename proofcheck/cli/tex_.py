"""`proofcheck tex -o DIR`: the bounds for a paper."""

from __future__ import annotations

from pathlib import Path

import click

from proofcheck.cli.output import emit_json, json_option


@click.command("tex")
@click.option("-o", "--output", required=True, metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@json_option
def command(output: Path, lemmas: tuple[str, ...], as_json: bool) -> int:
    r"""Write LaTeX of the lemmas, all of them when no ID is given.

    \b
    proofcheck tex -o paper/generated
    in the paper:  \input{generated/proofcheck-bounds}
                   a step of at most \proofcheckbound{mlp-step}{tau_max}
                   \input{generated/bounds/mlp-step--tau-max}  then  \eqref{pc:mlp-step:tau-max}

    derivations.tex states and derives every lemma; a stock pdflatex compiles it (run it inside DIR).
    The same lemmas give the same files, byte for byte.
    """
    from proofcheck import registry
    from proofcheck.export import tex

    found = registry.headers()
    written = tex.write(registry.select(lemmas, found), output)
    if as_json:
        emit_json({"files": [str(path) for path in written]})
    else:
        click.echo(f"{len(written)} files in {output}: {tex.MACROS}, {tex.DOCUMENT}, bounds/*.tex")
    return 0
