"""The pictures of docs/measure-maps.md: `python -m benchmarks.measure_maps --write`.

    flow           tokens of a Gaussian context under attention, against the closed form (MM-31)
    depth          distance of N layers to the flow, its bound, and two wrong layers (MM-25)
    oscillation    the map x sin(log mean) on (1 - a) delta_0 + a delta_1 as a -> 0
    collision      the distance of two tokens after one layer, against the bound (MM-26)
    amplification  how much a layer of attention amplifies W_1 on the extremal family, over its bound (MM-21)

Without --write it prints the numbers of the page, in seconds. Needs matplotlib (the extra `examples`) to draw.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from proofcheck.files import write_text_atomic
from torch_impl.attention import attend, residual_attention
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.gaussian_attention import gaussian, gaussian_flow
from torch_impl.hermite_context import gauss_hermite
from torch_impl.measures import Measure, measure
from torch_impl.norms import certified_norm
from torch_impl.vlasov import depth_flow, depth_states, vlasov_flow
from torch_impl.vlasov_bounds import log_depth_error

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "img"
F64 = torch.float64
DEPTHS = (1, 2, 4, 8, 16, 32, 64, 128)


def flow_data(T: float = 1.6, times: int = 3) -> tuple[Tensor, list[tuple[Tensor, Tensor]], float]:
    """Token paths (steps, tokens, 2), (mean, covariance) at equal times, and the largest gap of means at the end."""
    law = gaussian(torch.tensor([0.8, 0.3], dtype=F64), torch.tensor([[0.5, 0.2], [0.2, 0.3]], dtype=F64))
    A, V = torch.tensor([[0.5, -0.2], [-0.2, -0.6]], dtype=F64), 0.5 * torch.eye(2, dtype=F64)
    context = gauss_hermite(law, 20)
    root = torch.linalg.cholesky(law.covariance)
    ring = torch.stack([torch.tensor([math.cos(k), math.sin(k)], dtype=F64) for k in range(24)])
    queries = law.mean + torch.cat([0.8 * ring, 1.7 * ring]) @ root.mT
    paths = torch.stack([s.queries for s in depth_states(context, A, V, T, 64, queries)])
    moments = [gaussian_flow(law, A, 0.5, T * k / (times - 1)) for k in range(times)]
    end = vlasov_flow(context, A, V, T).measure
    gap = float((end.weights @ end.points - moments[-1].mean).norm())
    return paths, [(g.mean, g.covariance) for g in moments], gap


def depth_data(T: float = 1.0) -> dict[str, list[float]]:
    """Errors at DEPTHS of the correct layers and of two wrong ones, and the bound of MM-25."""
    generator = torch.Generator().manual_seed(0)
    X, A, V = (torch.randn(*s, generator=generator, dtype=F64) for s in ((6, 3), (3, 3), (3, 3)))
    X, A, V = X / X.norm(dim=-1).max(), *(0.5 * M / torch.linalg.matrix_norm(M, 2) for M in (A, V))
    mu = measure(X)
    end = vlasov_flow(mu, A, V, T).measure.points
    norms = {"R0": float(X.norm(dim=-1).max()) * (1 + 1e-12), "a": certified_norm(A), "v": certified_norm(V), "T": T}

    def frozen(N: int) -> Tensor:
        Y = X
        for _ in range(N):
            Y = Y + T / N * attend(mu, Y, A, V)
        return Y

    def errors(run: Callable[[int], Tensor]) -> list[float]:
        return [float((run(N) - end).norm(dim=-1).max()) for N in DEPTHS]

    return {
        "step T/N": errors(lambda N: depth_flow(mu, A, V, T, N).measure.points),
        "proved bound": [math.exp(log_depth_error(N, **norms)) for N in DEPTHS],
        "frozen context": errors(frozen),
        "step T/√N": errors(lambda N: depth_flow(mu, A, V, T * math.sqrt(N), N).measure.points),
    }


def oscillation_data(points: int = 600) -> tuple[list[float], list[float]]:
    """a and sin(log a): where f sends the atom at 1 of (1 - a) delta_0 + a delta_1."""
    shares = [10 ** (-9 + 9 * k / (points - 1)) for k in range(points)]
    return shares, [math.sin(math.log(a)) for a in shares]


def collision_data(score: float, points: int = 121) -> tuple[list[float], list[float]]:
    """h v a R^2 and the signed share of their distance that tokens -1, 1 keep; A = score, V = -1."""
    X = torch.tensor([[1.0], [-1.0]], dtype=F64)
    one = torch.ones(1, 1, dtype=F64)
    products = [2 * k / (points - 1) for k in range(points)]
    kept = []
    for product in products:
        image = residual_attention(measure(X), X, score * one, -one, product / score)
        kept.append(float(image[0] - image[1]) / 2)
    return products, kept


def amplification_data(score: float, shares: list[float], move: float = 1e-6) -> list[float]:
    """|Att(mu, R) - Att(nu, R)| over the bound times W_1, R = 1: the atom of weight a at R moves inwards."""
    one = torch.ones(1, 1, dtype=F64)
    bound = evaluate(
        lemma_bound("measure_maps.attention_lipschitz", "on_ball"), {"v": 1.0, "a": score, "R": 1.0, "p": 1.0}
    )
    found = []
    for a in shares:
        weights = torch.tensor([1 - a, a], dtype=F64)
        both = [
            attend(Measure(torch.tensor([[-1.0], [1 - h]], dtype=F64), weights), one, score * one, one)
            for h in (0.0, move)
        ]
        found.append(float((both[0] - both[1]).abs()) / (a * move * float(bound)))  # pyright: ignore[reportArgumentType]
    return found


def _svg(draw: Callable[[Any], None], width: float = 5.6, height: float = 3.6) -> str:
    import matplotlib

    # text as text, no date and no random ids: the same numbers give the same file
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "measure-maps", "font.size": 9}):
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots())
        data = io.StringIO()
        figure.savefig(data, format="svg", metadata={"Date": None})
        return "\n".join(line.rstrip() for line in data.getvalue().splitlines()) + "\n"


def _flow(axis: Any) -> None:
    paths, moments, _ = flow_data()
    for k in range(paths.shape[1]):
        axis.plot(paths[:, k, 0], paths[:, k, 1], color="0.75", linewidth=0.7, zorder=1)
    turn = torch.linspace(0, 2 * math.pi, 200, dtype=F64)
    circle = torch.stack([turn.cos(), turn.sin()], -1)
    steps = len(paths) - 1
    for k, (mean, covariance) in enumerate(moments):
        colour = ("tab:blue", "tab:green", "tab:red")[k]
        share = k / (len(moments) - 1)
        at = paths[round(steps * share)]
        axis.scatter(at[:, 0], at[:, 1], s=7, color=colour, zorder=3)
        root = torch.linalg.cholesky(covariance)
        for size in (0.8, 1.7):
            ellipse = mean + size * circle @ root.mT
            axis.plot(ellipse[:, 0], ellipse[:, 1], color=colour, linewidth=1, zorder=2, label=f"t = {1.6 * share:.1f}")
    handles, labels = axis.get_legend_handles_labels()
    axis.legend(handles[::2], labels[::2], frameon=False)
    axis.set(aspect="equal", xlabel="dots: 64 layers; ellipses: closed form")


def _depth(axis: Any) -> None:
    styles = {"step T/N": "o-", "proved bound": "k--", "frozen context": "s-", "step T/√N": "^-"}
    for name, errors in depth_data().items():
        axis.plot(DEPTHS, errors, styles[name], markersize=4, label=name)
    axis.set(xscale="log", yscale="log", xlabel="layers N", ylabel="largest distance to the flow")
    axis.legend(frameon=False)


def _oscillation(axis: Any) -> None:
    axis.plot(*oscillation_data())
    axis.set(xscale="log", xlabel="a, the distance of the context from δ₀ in W₁", ylabel="image of the atom at 1")


def _collision(axis: Any) -> None:
    for score in (0.1, 1.0, 3.0):
        axis.plot(*collision_data(score), label=f"‖A‖R² = {score:g}")
    axis.plot([0, 2], [1, -1], "k--", label="proved: 1 - h‖V‖‖A‖R²")
    axis.axhline(0, color="0.6", linewidth=0.7)
    axis.set(xlabel="h‖V‖‖A‖R²", ylabel="share of the distance kept", xlim=(0, 2))
    axis.legend(frameon=False)


def _amplification(axis: Any) -> None:
    shares = [10 ** (-6 + 6 * k / 60) * 0.99 for k in range(61)]
    for score in (0.5, 1.0, 2.0, 4.0):
        axis.plot(shares, amplification_data(score, shares), label=f"‖A‖R² = {score:g}")
    axis.axhline(1, color="k", linestyle="--", linewidth=1, label="proved bound")
    axis.set(xscale="log", xlabel="weight a of the atom that moves", ylabel="amplification of W₁ / bound")
    axis.legend(frameon=False)


FIGURES = {
    "flow": _flow,
    "depth": _depth,
    "oscillation": _oscillation,
    "collision": _collision,
    "amplification": _amplification,
}


def numbers() -> str:
    """The numbers of the page, one a line."""
    depth = depth_data()
    ratio = max(e / b for e, b in zip(depth["step T/N"], depth["proved bound"], strict=True))
    lines = [f"flow: mean of 400 tokens against the closed form at t = 1.6: {flow_data()[2]:.2g}"]
    lines += [f"depth: {name}: {', '.join(f'{e:.2g}' for e in errors)}" for name, errors in depth.items()]
    lines.append(f"depth: worst error / bound {ratio:.3g}")
    lines += [f"collision: ‖A‖R² = {b:g} at h‖V‖‖A‖R² = {b / math.tanh(b):.4f}" for b in (0.1, 1.0, 3.0)]
    lines += [f"amplification: ‖A‖R² = {b:g}: {amplification_data(b, [1e-6])[0]:.4f}" for b in (0.5, 1.0, 2.0, 4.0)]
    return "\n".join(lines)


def main(words: list[str]) -> int:
    if words not in ([], ["--write"]):
        print("usage: python -m benchmarks.measure_maps [--write]", file=sys.stderr)
        return 2
    print(numbers())
    if words:
        for name, draw in FIGURES.items():
            square = name == "flow"
            picture = _svg(draw, 5.0 if square else 5.6, 4.4 if square else 3.4)
            write_text_atomic(IMAGES / f"measure-maps-{name}.svg", picture)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
