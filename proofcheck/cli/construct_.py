"""`proofcheck construct`: universal approximation (LT-20) as an algorithm, from a target to a certified network."""

from __future__ import annotations

import os
import sys
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proofcheck.cli.certify_ import Exactly
from proofcheck.cli.output import console, emit_json, json_option

if TYPE_CHECKING:
    from torch_impl.construct import Construction

_SHOWN = 20  # layers of a table; --json has them all
_SUFFIXES = (".safetensors", ".pt", ".pth")  # what save_network writes


class Positive(Exactly):
    """A decimal or a fraction p/q > 0, taken exactly."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        number = super().convert(value, param, ctx)
        if number == 0:
            self.fail(f"required a number > 0, got {value!r}.", param, ctx)
        return number


@click.command("construct")
@click.argument("target", metavar="TARGET")
@click.option("--net", "size", default=140, show_default=True, type=click.IntRange(1), help="Most net points.")
@click.option("--C", "constant", default="1", show_default=True, type=Positive(), help="Lipschitz constant in mu (W1).")
@click.option("--epsilon", default=None, type=Positive(), help="Uniform error to guarantee (d = 1).")
@click.option("--d", "dimension", default=1, show_default=True, type=click.IntRange(1, 3), help="Dimension of tokens.")
@click.option("--slack", default=None, type=Positive(), help="Error allowed on the net, for a smaller network.")
@click.option("--directions", default=None, type=click.IntRange(2), help="Unit vectors that stand for |.| (d >= 2).")
@click.option(
    "--verify",
    "fresh",
    default=0,
    show_default=True,
    type=click.IntRange(0),
    help="Fresh measures to compare with the target.",
)
@click.option("--seed", default=0, show_default=True, help="Of the fresh measures, and of the net for d >= 2.")
@click.option("-o", "--output", default=None, type=click.Path(dir_okay=False), help="MODEL.safetensors or MODEL.pt.")
@json_option
def command(
    target: str,
    size: int,
    constant: Fraction,
    epsilon: Fraction | None,
    dimension: int,
    slack: Fraction | None,
    directions: int | None,
    fresh: int,
    seed: int,
    output: str | None,
    as_json: bool,
) -> int:
    """Build a Lipschitz Transformer that is within a stated error of TARGET, with a certificate.

    \b
    proofcheck construct blend --net 140 --C 1/2 --epsilon 0.4 --verify 1000 -o blend.safetensors
    proofcheck certify blend.safetensors --radius 1
    proofcheck construct mymodule:target --C 2

    TARGET is blend, distance, regression, or module:function of your own: it is imported and called as
    function(measure, x), points (n, d) and weights (n) in measure, x (d,), and must be 1-Lipschitz in x and C-Lipschitz
    in the measure (W1) on [0, 1]^d. In d = 1 the net covers all measures on [0, 1], so the error holds for every number
    of tokens; in d = 2, 3 the net is sampled and the error depends on the distance to it. Exit 1 if a fresh measure is
    farther from the target than stated, which would refute the certificate.
    """
    from torch_impl.construct import construct
    from torch_impl.construct_net import covering_net, sampled_net
    from torch_impl.construct_verify import attack, verify
    from torch_impl.network_file import save_network

    errors, out = console(stderr=True), console()
    if output is not None:
        _check_output(output)
    wanted = _target(target, constant, dimension)
    net = covering_net(constant, size=size) if dimension == 1 else sampled_net(size, dimension, seed=seed)
    start = time.perf_counter()
    with errors.status("construct") as status:

        def show(what: str, done: int, planned: int) -> None:
            status.update(f"{what} {done:,} of {planned:,}")

        result = construct(
            wanted,
            net,
            C=constant,
            epsilon=epsilon,
            radius=1 if dimension == 1 else 2,
            slack=slack or 0,
            directions=directions,
            progress=show,
        )
        seconds = time.perf_counter() - start
        checked = verify(result, wanted, measures=fresh, seed=seed, progress=show) if fresh else None
        attacked = attack(result, seed=seed) if fresh else None
    if output is not None:
        save_network(result.network, output)
    ok = (checked is None or checked.violations == 0) and (attacked is None or not attacked.broken)
    if as_json:
        emit_json(
            {
                "ok": ok,
                "target": target,
                "certificate": result.certificate.as_json(),
                "verification": None if checked is None else vars(checked),
                "adversary": None if attacked is None else vars(attacked),
                "seconds": seconds,
                "file": output,
            }
        )
    else:
        _print(out, target, result, checked, attacked, seconds, output)
    return 0 if ok else 1


def _check_output(output: str) -> None:
    """Before minutes of work: a folder that exists and a format that can be written.

    Raises:
        click.BadParameter: it is not so.
    """
    path = Path(output)
    if path.suffix not in _SUFFIXES or not path.parent.is_dir():
        raise click.BadParameter(
            f"required a file ending in {', '.join(_SUFFIXES)} in a folder that exists, got {output!r}.",
            param_hint="'-o' / '--output'",
        )


def _bound(value: Fraction | float, digits: int) -> str:
    """A decimal of so many digits that is not below the bound."""
    from proofcheck.certify.numbers import text

    return text(Fraction(value), digits)


def _target(name: str, constant: Fraction, d: int) -> Any:
    """A built-in target, or module:function imported by name (the user's own code)."""
    from torch_impl.construct_targets import TARGETS

    if name in TARGETS:
        return TARGETS[name](constant, d)
    if ":" not in name:
        raise click.UsageError(f"no target {name!r}: {', '.join(TARGETS)}, or module:function of your own.")
    from proofcheck.resolve import resolve

    # the script's own folder comes first on the path of an installed command; a user's module lies in theirs
    sys.path.insert(0, os.getcwd())
    return resolve(name, "construct")


def _print(
    out: Any, target: str, result: Construction, checked: Any, attacked: Any, seconds: float, output: str | None
) -> None:
    from rich.table import Table

    c = result.certificate
    out.print(f"{target}: {len(c.layers)} layers, width {c.width}, {c.parameters:,} parameters, {seconds:.1f} s")
    out.print(
        f"  net {c.net_size:,} points; {c.pairs:,} of {c.all_pairs:,} interpolants kept; "
        f"(1, {c.C})-Lipschitz by construction"
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("  layer", "kind", "norm <=", "step", "admissible"):
        table.add_column(column, justify="left" if column in ("  layer", "kind") else "right")
    for k, layer in enumerate(c.layers[:_SHOWN]):
        table.add_row(f"  {k}", layer.kind, f"{layer.norm:.6g}", f"{layer.step:.6g}", f"{layer.admissible:.6g}")
    out.print(table)
    if len(c.layers) > _SHOWN:
        out.print(f"  and {len(c.layers) - _SHOWN} more (--json)", style="dim")
    out.print(f"  on the net |Lambda - target| <= {_bound(Fraction(c.net_error), 3)}, evaluated over the rationals")
    if c.d > 1:
        out.print(
            f"  potentials lose kappa = {_bound(Fraction(c.kappa), 4)} at most, measured exactly "
            f"(a priori {_bound(Fraction(c.kappa_a_priori), 4)})"
        )
    if c.error is not None and c.covering_radius is not None:
        out.print(
            f"  everywhere |Lambda - target| <= {_bound(c.error, 6)} = 2 delta + net error, "
            f"delta = {_bound(Fraction(c.covering_radius), 6)}: every measure on [0, 1], any number of tokens"
        )
    else:
        out.print("  elsewhere |Lambda - target| <= 2 delta + net error, delta the budget to the closest net point")
    if Fraction(c.value_error):
        out.print(f"  given that the target's values are off by at most {_bound(Fraction(c.value_error), 3)}")
    if checked is not None:
        low, high = checked.tokens
        out.print(
            f"  {checked.measures:,} fresh measures ({low} to {high} tokens): worst error {checked.worst_error:.4g}, "
            f"mean {checked.mean_error:.4g}, worst error/bound {checked.worst_ratio:.4g}, "
            f"{checked.violations} violations; float64 adds at most {_bound(checked.roundoff, 2)}"
        )
    if attacked is not None:
        out.print(
            f"  adversary: slope in x {attacked.query:.6g} <= 1, in mu {attacked.context:.6g} <= "
            f"{attacked.context_bound:g}, pairs {attacked.pairs:.6g} of their budget"
        )
    if output is not None:
        out.print(f"  written to {output}")
