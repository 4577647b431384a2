"""`proofcheck export --to coq|smt2|lean DIR`: claims and certificates in another tool's language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofcheck.cli.output import console, emit_json, json_option
from proofcheck.errors import ArgumentError

if TYPE_CHECKING:
    from proofcheck.export.claims import Pair

TARGETS = ("coq", "smt2", "lean")


@dataclass(frozen=True)
class Request:
    """What is asked for: the claims, where to, and the options."""

    pairs: Sequence[Pair]
    folder: Path
    check: bool
    is_long: bool
    solvers: tuple[str, ...]
    say: Callable[[str], None]


@click.command("export")
@click.option("--to", "target", required=True, type=click.Choice(TARGETS), help="The language.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("lemmas", metavar="[ID]...", nargs=-1)
@click.option("--check", is_flag=True, help="Run what reads it: coqc, or z3 and cvc5.")
@click.option("--long", "is_long", is_flag=True, help="smt2: also R^3 and 3 atoms, and with --check more time.")
@click.option("--solver", "solvers", multiple=True, metavar="NAME", help="smt2: --check by z3 only, or cvc5 only.")
@json_option
def command(
    target: str,
    folder: Path,
    lemmas: tuple[str, ...],
    check: bool,
    is_long: bool,
    solvers: tuple[str, ...],
    as_json: bool,
) -> int:
    """Write the claims of the lemmas, of all when no ID is given, for another tool into DIR.

    \b
    proofcheck export --to coq out/coq --check            theorems and proofs; coqc checks them
    proofcheck export --to smt2 out/smt                   every claim negated in small models
    proofcheck export --to smt2 out/mlp mlp-step --check  and asked of z3 and cvc5: none may say sat
    proofcheck export --to lean out/lean LT-01            Lean 4 with Mathlib; not checked here

    DIR must be empty or not there yet; it is filled at once when everything is written.
    The same lemmas give the same files, byte for byte. docs/export.md says what the files state.
    Exit 0 written and nothing refuted, 1 a solver says sat or cannot read a problem, or coqc refuses, 2 nothing was
    written, or a solver did not start.
    """
    from proofcheck.export.claims import pairs
    from proofcheck.export.folder import require_empty

    if target != "smt2" and (is_long or solvers):
        raise click.UsageError("--long and --solver go with --to smt2.")
    if solvers and not check:
        raise click.UsageError("--solver says who checks, and --check is missing. Add it, or drop --solver.")
    if target == "lean" and check:
        raise click.UsageError("--check: Lean text is not checked by proofcheck; build it in a project with Mathlib.")
    require_empty(folder)
    errors = console(stderr=True)
    found = list(pairs(lemmas, with_used=target == "coq"))
    if not found:
        raise ArgumentError(f"export: lemmas with claims required, got {', '.join(lemmas)}. They have none to export.")
    say: Callable[[str], None] = lambda text: errors.print(text, style="dim", soft_wrap=True)  # noqa: E731
    request = Request(found, folder, check, is_long, solvers, say)
    result = {"coq": _coq, "smt2": _smt2, "lean": _lean}[target](request)
    result |= {"to": target, "folder": str(folder), "claims": len(found)}
    if as_json:
        emit_json(result)
    else:
        for line in [f"{result['files']} files in {folder}: {len(found)} claims.", *result["lines"]]:
            click.echo(line)
    return 0 if result["ok"] else 1


def _smt2(request: Request) -> dict[str, Any]:
    from proofcheck.export import folder, smt, smt_check

    wanted = request.solvers or smt_check.SOLVERS
    if request.check and not smt_check.installed(wanted)[0]:
        names = " or ".join(wanted)
        raise ArgumentError(f"export --check: {names} required, none is installed. `pip install z3-solver cvc5`.")
    problems = smt.all_problems(request.pairs, smt.LONG if request.is_long else smt.SHORT, request.say)
    folder.write(request.folder, {problem.file: problem.text for problem in problems})
    left_out = sorted({pair.name for pair in request.pairs} - {problem.claim for problem in problems})
    result = {"files": len(problems), "left_out": left_out, "ok": True, "lines": []}
    if left_out:
        result["lines"] = [f"without an exact form in small models: {', '.join(left_out)}"]
    if request.check:
        limits = smt_check.LONG_LIMITS if request.is_long else smt_check.SHORT_LIMITS
        report = smt_check.check(problems, limits, wanted, request.say)
        result["check"] = smt_check.document(report, {pair.name: pair.tree for pair in request.pairs})
        result["lines"] += smt_check.lines(result["check"])
        result["ok"] = not (report.satisfiable or report.invalid)
    return result


def _coq(request: Request) -> dict[str, Any]:
    import tempfile

    from proofcheck.export import folder
    from proofcheck.export.coq import NOT_EXPORTED, check_coq, coqc, export_coq

    if request.check and coqc() is None:
        raise ArgumentError("export --check: coqc required, found none. Install Coq (Debian: `apt install coq`).")
    with tempfile.TemporaryDirectory() as name:
        chosen = Path(name)
        for pair in request.pairs:
            (chosen / f"{pair.name}.claim.json").write_text(pair.claim, encoding="utf-8")
            (chosen / f"{pair.name}.cert.json").write_text(pair.certificate, encoding="utf-8")
        with folder.filled_at_once(request.folder) as temporary:
            exported = export_coq(chosen, temporary)
        result: dict[str, Any] = {"files": len(exported.files), "theorems": len(exported.theorems)}
        result |= {"left_out": dict(exported.skipped), "lines": exported.summary().splitlines()}
        result["ok"] = exported.skipped.keys() <= NOT_EXPORTED.keys()
        if request.check:
            request.say(f"coqc: {len(exported.theorems)} theorems, a few minutes for all lemmas")
            checked = check_coq(request.folder, chosen)
            result["lines"] += checked.summary().splitlines()
            result["ok"] = result["ok"] and checked.ok
            result["check"] = checked._asdict()
    return result


def _lean(request: Request) -> dict[str, Any]:
    from proofcheck.export import folder, lean

    files = lean.files(request.pairs, request.say)
    folder.write(request.folder, files)
    return {"files": len(files), "ok": True, "lines": ["Lean text is written, not checked."]}
