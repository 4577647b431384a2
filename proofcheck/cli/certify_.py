"""`proofcheck certify`: a saved model's admissible steps and Lipschitz constants."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import click

from proofcheck.cli.output import console, emit_json, json_option


class Exactly(click.ParamType):
    """A decimal or a fraction p/q >= 0, taken exactly."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Fraction:
        if isinstance(value, Fraction):
            return value
        if not re.fullmatch(r"[0-9]{1,40}(\.[0-9]{0,40})?(e[+-]?[0-9]{1,3})?|[0-9]{1,40}/0*[1-9][0-9]{0,39}", value):
            self.fail(f"required a number >= 0 such as 1.5, 1e-3 or 3/2, got {value!r}.", param, ctx)
        return Fraction(value)


@click.command("certify")
@click.argument("model", metavar="MODEL", type=click.Path(exists=True, dir_okay=False))
@click.option("--radius", required=True, type=Exactly(), help="Tokens and queries have norm at most this.")
@click.option(
    "--diameter",
    type=Exactly(),
    help="Tokens, of both contexts where two are compared, and queries lie within this.  [default: 2 radius]",
)
@click.option("--context", type=click.Path(exists=True, dir_okay=False), help="Contexts: .safetensors, .npy or .json.")
@click.option("--tokens", default=1024, show_default=True, type=click.IntRange(1), help="Of the roundoff bound only.")
@click.option("--attack", default=0, show_default=True, type=click.IntRange(0), help="Random contexts to attack.")
@click.option("--seed", default=0, show_default=True, help="The same seed repeats an attack.")
@json_option
def command(
    model: str,
    radius: Fraction,
    diameter: Fraction | None,
    context: str | None,
    tokens: int,
    attack: int,
    seed: int,
    as_json: bool,
) -> int:
    """Certify the steps and the Lipschitz constants of a saved deep in-context Transformer.

    \b
    proofcheck certify model.safetensors --radius 1
    proofcheck certify model.pt --radius 3/2 --diameter 0.5 --context tokens.npy --json
    proofcheck certify model.safetensors --radius 1 --attack 20

    A step is admissible when the layer cannot move two queries of one context apart: MLP step <= 2/||W||^2, attention
    step <= 8/D^2 with D = ||A|| ||lift|| diameter at every depth. Norms are enclosed by rationals, so the verdict is
    exact: admissible, not admissible, or undecided where the enclosure is not tight enough. Every bound that is printed
    is rounded outward. --context adds the bounds of these contexts, --attack tries to exceed the certificate.
    MODEL holds lift, readout and layers.k.(W, b, step) or layers.k.(A, step); nothing in it is executed.
    Exit 0 if every step is admissible and no attack succeeded, 1 if not (the layer and by how much), 2 on bad input.
    """
    from proofcheck.certify import certify
    from proofcheck.certify.adversary import attack as attack_network
    from proofcheck.certify.contexts import load_contexts
    from proofcheck.certify.data import on_contexts
    from proofcheck.certify.document import as_document, attack_document, contexts_document
    from proofcheck.certify.expansion import attack_layer
    from torch_impl.network_file import load_network

    network = load_network(model)
    given = None if context is None else load_contexts(context, network.d, network.lift.dtype)
    ok = True
    with console(stderr=True).status("reading layers") as status:

        def show(what: str, done: int, planned: int) -> None:
            status.update(f"{what} {done:,} of {planned:,}")

        certificate = certify(
            network,
            radius=radius,
            diameter=diameter,
            tokens=tokens,
            progress=lambda done, planned: show("layer", done, planned),
        )
        ok = certificate.ok
        document = as_document(certificate)
        if given is not None:
            data = on_contexts(network, certificate, given, lambda done, planned: show("context", done, planned))
            document["contexts"] = contexts_document(data)
        if attack:
            attacks = attack_network(network, certificate, contexts=attack, given=given, seed=seed, progress=show)
            expansions = []
            for layer, known in zip(network.layers, certificate.layers, strict=True):
                show("attacking layer", known.index, len(network.layers))
                found = attack_layer(layer, known, certificate.lift_norm * certificate.radius)
                expansions += [] if found is None else [found]
            document["attack"] = attack_document(attacks, expansions)
            ok = ok and not any(a.exceeded for a in attacks) and not any(e.expands for e in expansions)
    document["ok"] = ok
    if as_json:
        emit_json(document)
    else:
        _print(console(), model, document)
    return 0 if ok else 1


STYLES = {"admissible": "green", "not admissible": "bold red", "undecided": "yellow"}


def _print(out: Any, model: str, document: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    domain = document["domain"]
    out.print(
        f"{model}: contexts and queries of norm <= {_text(domain['radius'])}, diameter <= {_text(domain['diameter'])}; "
        f"||lift|| <= {_text(document['lift_norm'])}, ||readout|| <= {_text(document['readout_norm'])}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("layer")
    columns = ("norm", "step", "largest step", "paper's", "radius", "W1 paper", "W1", "W inf")
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for layer in document["layers"]:
        mlp = layer["kind"] == "mlp"
        table.add_row(
            f"{layer['layer'].removeprefix('layers.')} {layer['kind']}",
            _text(layer["norm"]),
            f"{layer['step']:.6g}",
            _text(layer["step_max"], "any"),
            "" if mlp else _text(layer["step_max_paper"], "any"),
            _text(layer["radius"], "-"),
            *("" if mlp else _text(layer[key]) for key in ("context_w1_paper", "context_w1", "context_winf")),
            Text(layer["verdict"], style=STYLES[layer["verdict"]]),
        )
    out.print(table)
    constants = document["constants"]
    out.print()
    out.print(f"query constant    <= {_text(constants['query'])}")
    out.print(
        f"context constant  <= {_text(constants['context_w1'])} in W1, "
        f"the paper's {_text(constants['context_w1_paper'])}"
    )
    out.print(f"                  <= {_text(constants['context_winf'])} in W infinity")
    roundoff = document["roundoff"]
    out.print(
        f"roundoff          <= {_text(roundoff['output'], 'no bound')} in {roundoff['dtype']}, "
        f"up to {roundoff['tokens']:,} tokens"
    )
    if "contexts" in document:
        _print_contexts(out, document["contexts"])
    if "attack" in document:
        _print_attack(out, document["attack"])
    for line in document["refused"]:
        out.print(line, style="red", soft_wrap=True)


def _print_contexts(out: Any, data: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    out.print()
    out.print(
        f"on the {data['count']:,} given contexts of up to {data['tokens']:,} tokens: "
        f"float error at the tokens <= {_text(data['float_error'])}",
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("layer", "D", "largest step", "widest context", "verdict"):
        table.add_column(column, justify="left" if column in ("layer", "verdict") else "right")
    for layer in data["layers"]:
        table.add_row(
            layer["layer"].removeprefix("layers."),
            _text(layer["domain_diameter"]),
            _text(layer["step_max"], "any"),
            str(layer["worst_context"]),
            Text(layer["verdict"], style=STYLES[layer["verdict"]]),
        )
    out.print(table)


NAMES = {"query": "query", "w1": "context, W1", "winf": "context, W infinity"}


def _print_attack(out: Any, data: dict[str, Any]) -> None:
    out.print()
    for found in data["network"]:
        verdict = "EXCEEDS THE CERTIFICATE" if found["exceeded"] else f"{found['share_of_certificate']:.6f} of it"
        style = "bold red" if found["exceeded"] else None
        line = f"attack, {NAMES[found['kind']]}: a pair with ratio {_text(found['ratio'])}, {verdict}, on {found['on']}"
        out.print(line, style=style, soft_wrap=True)
    worst = sorted(data["layers"], key=lambda layer: -(layer["ratio"]["float"] or 0.0))
    for layer in worst[:1] + [layer for layer in worst[1:] if layer["expands"]]:
        where = "" if layer["in_domain"] else ", outside the domain"
        line = f"attack, {layer['layer']} alone: a pair with ratio {layer['ratio']['float']!r}{where}"
        out.print(line, style="red" if layer["expands"] else None, soft_wrap=True)


def _text(bound: dict[str, Any] | None, missing: str = "") -> str:
    return missing if bound is None else str(bound["text"])
