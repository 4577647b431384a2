"""`python -m proofcheck.experiments`: experiments as commands, with the errors and exit codes of `proofcheck`."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from proofcheck.cli.app import App

EXPERIMENTS = {
    "attention-smoothness": "Local Lipschitz constants of attention against the number of tokens.",
}


class Experiments(App):
    """Loads `proofcheck.experiments.<name>_` for experiment `<name>`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(EXPERIMENTS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in EXPERIMENTS:
            return None
        return importlib.import_module(f"proofcheck.experiments.{cmd_name.replace('-', '_')}").command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in EXPERIMENTS and not args[0].startswith("-"):
            raise click.UsageError(f"no experiment {args[0]!r}. There is: {', '.join(EXPERIMENTS)}.", ctx)
        return click.Group.resolve_command(self, ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Experiments"):
            formatter.write_dl(list(EXPERIMENTS.items()))


@click.group(cls=Experiments, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """What the proved bounds look like on real and on adversarial inputs.

    \b
    python -m proofcheck.experiments attention-smoothness --small -o attention-smoothness
    """


if __name__ == "__main__":
    main(sys.argv[1:], "python -m proofcheck.experiments")
