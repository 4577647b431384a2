"""Train a deep in-context Transformer with a certificate on handwritten digits, against an unconstrained one.

    python examples/train_lipschitz_transformer.py --output digits

Each image is a probability measure on the plane, each answer is read at a fixed query: the label is a function of the
context. The folder gets model.safetensors (for `proofcheck certify`), results.json and two plots. Needs the extra
`examples`: pip install "proofcheck[examples]".
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from digits_task.attack import attacked_radius
from digits_task.certificates import Safety, safety
from digits_task.data import CLASSES, DOMAIN_RADIUS, SIDE, Digits, compact, digits
from digits_task.models import (
    Parts,
    lipschitz_model,
    parameters,
    parts_of_network,
    run,
    unconstrained_model,
)
from digits_task.training import Plan, accuracy, train_lipschitz, train_unconstrained
from torch import Tensor

from proofcheck.files import write_text_atomic
from torch_impl.network import AttentionStep, Network
from torch_impl.network_file import load_network, save_network
from torch_impl.rounding import float_up

LAYERS = ("mlp", "mlp", "mlp", "attention", "mlp", "mlp")
RADII = (0.005, 0.01, 0.02, 0.035, 0.05, 0.07, 0.1, 0.14, 0.2, 0.3)
SHOWN = (0.01, 0.02, 0.05, 0.1)


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=summary)
    parser.add_argument("--output", type=Path, default=Path("digits"), help="folder for the results (digits)")
    parser.add_argument("--seed", type=int, default=0, help="of data order, initial weights and attack (0)")
    parser.add_argument("--epochs", type=int, default=300, help="over the training images, for each model (300)")
    parser.add_argument("--rate", type=float, default=0.02, help="peak learning rate of Adam (0.02)")
    parser.add_argument("--radius", type=float, default=0.007, help="certified radius that training aims at (0.007)")
    parser.add_argument("--width", type=int, default=32, help="dimension of the layers (32)")
    parser.add_argument("--train", type=int, default=1397, help="training images (1397)")
    parser.add_argument("--test", type=int, default=400, help="test images, all of them attacked (400)")
    parser.add_argument("--attack-steps", type=int, default=20, help="gradient steps for each radius and start (20)")
    parser.add_argument("--format", choices=("svg", "png"), default="svg", help="of the plots (svg)")
    parser.add_argument(
        "--quick", action="store_true", help="seconds instead of minutes: fewer images, steps and radii"
    )
    parser.add_argument("--json", action="store_true", help="print the results as one JSON document on stdout")
    given = parser.parse_args(words)
    if given.quick:
        given.train, given.test, given.epochs, given.width, given.attack_steps = 400, 40, 50, 16, 5
        given.rate = 0.05
    if min(given.epochs, given.width, given.train, given.test, given.attack_steps) < 1 or given.radius <= 0:
        parser.error("--epochs, --width, --train, --test, --attack-steps and --radius must be positive")
    return given


def main(words: list[str] | None = None) -> dict[str, Any]:
    given = arguments(words)
    start = time.perf_counter()
    torch.manual_seed(given.seed)
    layers = LAYERS[2:5] if given.quick else LAYERS
    data = digits(given.train, given.test, given.seed)
    radii = RADII[1::3] if given.quick else RADII
    plan = Plan(given.epochs, given.rate, given.radius)
    lipschitz = lipschitz_model(layers, given.width, DOMAIN_RADIUS, CLASSES)
    free = unconstrained_model(layers, given.width, CLASSES, lipschitz)
    with progress_bars() as bar:
        train_lipschitz(lipschitz, data, plan, bar("Lipschitz model", plan.steps(given.train)))
        torch.manual_seed(given.seed)
        train_unconstrained(free, data, plan, bar("unconstrained", plan.steps(given.train)))
        # float64 from here on: the same parameters, steps rounded down to the new dtype
        network, free = lipschitz.double().network(), free.double()
        given.output.mkdir(parents=True, exist_ok=True)
        path = given.output / "model.safetensors"
        save_network(network, path)
        network = load_network(path)  # what is certified and attacked is what was saved
        found = attacks(network, free.parts(), data, radii, given, bar)
    promise = safety(network, DOMAIN_RADIUS, SIDE * SIDE)
    certified = {metric: certify_images(network, promise, data, metric) for metric in ("winf", "w1")}
    results = report(given, data, network, free, promise, certified, found)
    results["seconds"] = round(time.perf_counter() - start, 1)
    plots(given, certified["winf"], found)
    write_text_atomic(given.output / "results.json", json.dumps(results, indent=1) + "\n")
    print(json.dumps(results, indent=1) if given.json else summary_text(results, given.output))
    return results


def attacks(
    network: Network,
    free: Parts,
    data: Digits,
    radii: tuple[float, ...],
    given: argparse.Namespace,
    bar: Callable[[str, int], Callable[[], None]],
) -> dict[str, Tensor]:
    """The smallest displacement found for every test image, for both models."""
    points, weights = compact(data.pixels, data.test.weights)
    found = {}
    for name, parts in (("lipschitz", parts_of_network(network)), ("unconstrained", free)):
        found[name] = attacked_radius(
            lambda y, w, parts=parts: run(parts, y, w),
            points,
            weights,
            data.test.labels,
            radii,
            domain_radius=DOMAIN_RADIUS,
            steps=given.attack_steps,
            seed=given.seed,
            progress=bar(f"attack: {name}", 2 * len(radii)),
        )
    return found


def certify_images(network: Network, promise: Safety, data: Digits, metric: str) -> Tensor:
    """The certified radius of every test image."""
    with torch.no_grad():
        logits = run(parts_of_network(network), data.pixels, data.test.weights)
    return promise.radii(logits, data.test.labels, metric)


def report(
    given: argparse.Namespace,
    data: Digits,
    network: Network,
    free: torch.nn.Module,
    promise: Safety,
    certified: dict[str, Tensor],
    found: dict[str, Tensor],
) -> dict[str, Any]:
    """Everything that is printed and plotted, as numbers."""
    right = certified["winf"][certified["winf"] > 0]
    return {
        "settings": {k: v for k, v in vars(given).items() if k not in ("output", "json", "format")},
        "layers": ["attention" if isinstance(s, AttentionStep) else "mlp" for s in network.layers],
        "parameters": {"lipschitz": network.parameters - len(network.layers), "unconstrained": parameters(free)},
        "accuracy": {
            "lipschitz": accuracy(parts_of_network(network), data, torch.float64),
            "unconstrained": accuracy(free.parts(), data, torch.float64),  # pyright: ignore[reportCallIssue]
        },
        "admissible": promise.whole.ok,
        "context_constant": {m: float_up(promise.constant(m)) for m in ("winf", "w1")},
        "norms": {"lift": float_up(promise.whole.lift_norm), "readout": float_up(promise.whole.readout_norm)},
        "median_certified_radius": {m: float(c.median()) for m, c in certified.items()},
        "median_attacked_radius": {name: float(r.median()) for name, r in found.items()},
        "largest_ratio_certified_to_attacked": float(
            (certified["winf"] / found["lipschitz"])[found["lipschitz"] > 0].max()
        ),
        "certified_images": len(right),
        "share_at_radius": {
            str(r): {
                "certified": float((certified["winf"] > r).double().mean()),
                "certified_w1": float((certified["w1"] > r).double().mean()),
                "lipschitz_attacked": float((found["lipschitz"] > r).double().mean()),
                "unconstrained_attacked": float((found["unconstrained"] > r).double().mean()),
            }
            for r in SHOWN
        },
        "certified": {m: c.tolist() for m, c in certified.items()},
        "attacked": {k: [v if v < float("inf") else None for v in r.tolist()] for k, r in found.items()},
    }


def plots(given: argparse.Namespace, certified: Tensor, found: dict[str, Tensor]) -> None:
    import matplotlib

    matplotlib.use("agg")
    from digits_task.plots import accuracy_plot, radius_plot

    largest = 0.16  # half a pixel and a little
    accuracy_plot(
        given.output / f"accuracy.{given.format}", certified, found["lipschitz"], found["unconstrained"], largest
    )
    radius_plot(given.output / f"radii.{given.format}", certified, found["lipschitz"], largest)


def summary_text(results: dict[str, Any], folder: Path) -> str:
    """What a reader wants first."""
    lines = [
        "                     Lipschitz   unconstrained",
        *(
            f"{name:<20} {results[key]['lipschitz']:>9{form}}   {results[key]['unconstrained']:>13{form}}"
            for name, key, form in (("parameters", "parameters", ""), ("accuracy", "accuracy", ".3f"))
        ),
        "",
        "share of images      certified   attacked    attacked",
        *(
            f"tokens move by {r:<5} {row['certified']:>9.3f} {row['lipschitz_attacked']:>10.3f} "
            f"{row['unconstrained_attacked']:>11.3f}"
            for r, row in results["share_at_radius"].items()
        ),
        "",
        f"every step admissible: {'yes' if results['admissible'] else 'NO'}",
        f"certified radius, median: {results['median_certified_radius']['winf']:.4f} in W_infinity, "
        f"{results['median_certified_radius']['w1']:.2g} in W_1",
        f"closest a certificate came to an attack: {results['largest_ratio_certified_to_attacked']:.3f} (must be <= 1)",
        f"{folder}: model.safetensors, results.json, plots ({results['seconds']} s)",
        f"proofcheck certify {folder / 'model.safetensors'} --radius {DOMAIN_RADIUS}",
    ]
    return "\n".join(lines)


class progress_bars:
    """`with progress_bars() as bar: advance = bar("name", total)`, on stderr."""

    def __enter__(self) -> Callable[[str, int], Callable[[], None]]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(file=sys.stderr),
        )
        self._progress.start()
        return self._bar

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()

    def _bar(self, name: str, total: int) -> Callable[[], None]:
        task = self._progress.add_task(name, total=total)
        return lambda: self._progress.advance(task)


if __name__ == "__main__":
    main()
