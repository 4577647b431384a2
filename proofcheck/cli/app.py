"""The command group: lazy subcommands, and the one place where errors become messages and exit codes.

`proofcheck --help` imports click and nothing else of weight, so it answers at once; a command imports SymPy or
torch when it starts to work. No traceback reaches a user unless PROOFCHECK_DEBUG=1 asks for it.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click

from proofcheck import __version__
from proofcheck.errors import InternalError, ProofcheckError

EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130
EXIT_CLOSED_PIPE = 141  # as shells say it: neither a failure nor "all is as pinned" was said

COMMANDS = {
    "list": "The lemmas: id, title, source, label, pinned verdict.",
    "check": "Derive, replay certificates, compare with code, hammer briefly; say whether all is as pinned.",
    "show": "One lemma: its sentence, its claims as the kernel reads them, its certificates as mathematics.",
    "ledger": "What every lemma rests on: verdict, assumed facts with citation, certificate size.",
    "prove": "An inequality of your own: PROVED with certificate, REFUTED with witness, VACUOUS, UNKNOWN.",
    "hammer": "Try to break the lemmas' code on many measures: random, extremal, adversarial, real tokens.",
    "mutants": "Change code and theory on purpose: every change must be seen by a check; survivors are named.",
    "certify": "A saved Transformer: admissible steps, Lipschitz constants, an adversary that tries to exceed them.",
    "construct": "Universal approximation as an algorithm: from a target to a certified network.",
    "export": "Claims and certificates for other tools: Coq, SMT solvers, Lean.",
    "new": "A lemma to start from: its file and its test, which run at once and say what is missing.",
    "paper": "The marked formulas of a LaTeX paper against the proved bounds: agrees, weaker, stronger, different.",
    "review": "One offline HTML page for a reviewer: claims, proofs, what they rest on, how to check them.",
    "tex": "LaTeX: one fragment per bound, macros, and a document of derivations that compiles.",
}


class App(click.Group):
    """Loads `proofcheck.cli.<name>` for command `<name>`; turns every exception into a message and exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return importlib.import_module(f"proofcheck.cli.{cmd_name}_").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(f"no command {args[0]!r}.{hint} `proofcheck --help` lists them.", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # the reader went away (`| head`): click would say 1, a failure; silence the interpreter's last flush too
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return EXIT_CLOSED_PIPE

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        # from the table above, so that help imports no command
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        words = list(sys.argv[1:] if args is None else args)
        if not standalone_mode:
            return super().main(words, prog_name or "proofcheck", complete_var, False, **extra)
        try:
            code = super().main(words, prog_name or "proofcheck", complete_var, False, **extra)
        except BaseException as error:
            code = _report(error, as_json="--json" in words)
        sys.exit(code if isinstance(code, int) else 0)


def _report(error: BaseException, *, as_json: bool) -> int:
    """Print one message for `error` and return the exit code."""
    if os.environ.get("PROOFCHECK_DEBUG") == "1":
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else EXIT_USAGE
    if isinstance(error, KeyboardInterrupt | click.exceptions.Abort):
        return _say("interrupted", "interrupted: finished parts are kept, no file is half written.", as_json, 130)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        if context is not None and not as_json:
            click.echo(context.get_usage(), err=True)
        return _say("usage", error.format_message(), as_json, EXIT_USAGE)
    if isinstance(error, InternalError):
        return _say("bug", f"{error}\nThis is a bug of proofcheck; please report it.", as_json, EXIT_BUG)
    if isinstance(error, ProofcheckError):
        return _say("argument", str(error), as_json, EXIT_USAGE)
    from proofcheck.kernel import KernelError

    if isinstance(error, KernelError):
        return _say("refused", f"the kernel refused it: {error}", as_json, EXIT_USAGE)
    if isinstance(error, OSError):
        where = f" ({error.filename})" if error.filename else ""
        return _say("file", f"{error.strerror or error}{where}. Nothing was half written.", as_json, EXIT_USAGE)
    if isinstance(error, RecursionError | MemoryError):
        return _say("limit", f"the input is too large or too deep ({type(error).__name__}).", as_json, EXIT_USAGE)
    text = f"unexpected {type(error).__name__}: {error}\nPROOFCHECK_DEBUG=1 shows where; please report it."
    return _say("bug", text, as_json, EXIT_BUG)


def _say(kind: str, message: str, as_json: bool, code: int) -> int:
    if as_json:
        import json

        click.echo(json.dumps({"error": {"kind": kind, "message": message}}, indent=1, sort_keys=True))
    click.echo(f"proofcheck: {message}", err=True)
    return code


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="proofcheck")
def app() -> None:
    """Keeps a paper, a theory and torch code that claim the same bound checked against each other.

    \b
    proofcheck check                       all lemmas: theory, certificates, code
    proofcheck show mlp-step               what is claimed, and why it is true
    proofcheck prove --assume "x > 0" --claim "x + 1/x >= 2"

    Every command takes --json (one JSON document on stdout; progress goes to stderr).
    PROVED rests on an exact certificate that a small kernel re-checks; a passing test proves nothing.
    """


def main() -> None:
    """The entry point `proofcheck`."""
    app()
