"""The figures of attention-smoothness, PNG and SVG, from the table alone. matplotlib is imported when they are drawn.

All axes are logarithmic: a power of n is a straight line, and n^(1/4), n^(1/2) are drawn as guides.
Points are inputs, lines their medians; what is a bound and what is an estimate is said in the legend.
"""

from __future__ import annotations

import importlib.util
import io
import os
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.experiments.measure import Measurement
from proofcheck.experiments.plan import CAUSAL, ONE_HEAD, SHORT, TEXT
from proofcheck.experiments.slopes import LONG, Group, fit, groups
from proofcheck.experiments.table import Rows

Lines = dict[int, dict[int, Measurement]]
Value = Callable[[Measurement], float | None]
_NORM = "estimate of |J|₂ (below it, converged)"
_CURVES: tuple[tuple[str, Value, dict[str, Any]], ...] = (
    ("upper bound on the ball (R1')", lambda m: m.ball, {"color": "0.6", "linestyle": "--"}),
    ("upper bound at the input (R1loc)", lambda m: m.upper, {"color": "tab:red", "linestyle": "--", "linewidth": 2}),
    (_NORM, lambda m: m.estimate, {"color": "tab:blue", "linewidth": 2}),
    ("lower bound", lambda m: m.lower, {"color": "black", "linestyle": (0, (1, 1.5)), "linewidth": 1.2}),
)
_Q = "q(X) = |Jᵀf(X)|^½: what the public code returns, not a norm"


def require() -> None:
    """Say before a long run that figures cannot be drawn.

    Raises:
        ArgumentError: matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise ArgumentError(
            "attention-smoothness: figures need matplotlib, got no such package. "
            'pip install "proofcheck[models]", or give --no-figures.'
        )


def draw(rows: Rows, folder: Path, text: str, fitted: int = 10**9) -> list[Path]:
    """Write the figures that the rows have data for, as PNG and SVG; the paths. fitted: the longest text in a slope.

    Raises:
        OSError: the folder cannot be written.
    """
    found = groups(rows)
    model = next(iter(found)).model
    pretrained = [g for g in found if g.inputs == TEXT and g.model.removesuffix(CAUSAL) == model]
    random = [g for g in found if g.model.startswith("random-")]
    adversarial = [g for g in found if g.part == ONE_HEAD]
    figures = {
        "norm": (
            [g for g in pretrained if g.part == "heads"],
            _panel,
            f"Attention heads side by side, on {text}: the true local constant",
        ),
        "public-quantity": (
            [g for g in pretrained if g.part == "block"],
            _public,
            f"The block with projection, residual connection and LayerNorm, on {text}: two quantities",
        ),
        "adversarial": (adversarial, _panel, "One head without biases on the extremal tokens of its eigenvector"),
        "random": (random, _public, f"Random weights, on {text}: two quantities"),
    }
    return [
        path
        for name, (chosen, panel, title) in figures.items()
        if chosen
        for path in _figure(name, {g: found[g] for g in chosen}, panel, title, folder, fitted)
    ]


def _figure(
    name: str, chosen: dict[Group, Lines], panel: Callable[..., None], title: str, folder: Path, fitted: int
) -> list[Path]:
    import matplotlib

    # text as text, and no date or random ids: the same table gives the same file
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "proofcheck", "font.size": 9}):
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        columns = min(3, len(chosen))
        height = -(-len(chosen) // columns)
        figure = Figure(figsize=(3.6 * columns, 2.9 * height + 0.9), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(height, columns, squeeze=False)
        for axis, (group, lines) in zip(axes.flat, chosen.items(), strict=False):
            panel(axis, lines, fitted if group.inputs == TEXT else 10**9)
            axis.set(xscale="log", yscale="log", title=_name(group))
            axis.title.set_fontsize(9)
            _ticks(axis, list(next(iter(lines.values()))))
        for axis in list(axes.flat)[len(chosen) :]:
            axis.set_visible(False)
        handles, labels = axes.flat[0].get_legend_handles_labels()
        figure.suptitle(title, fontsize=10)
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8, frameon=False)
        return [_save(figure, folder / f"{name}.{kind}") for kind in ("png", "svg")]


def _ticks(axis: Any, lengths: list[int]) -> None:
    """Plain numbers on both axes: some lengths; powers of ten, with 2 and 5 where they are few. Room on top."""
    low, high = axis.get_ylim()
    high *= (high / low) ** 0.3
    axis.set_ylim(low, high)
    steps = (1,) if high / low > 200 else (1, 2, 5)
    heights = [s * 10.0**e for e in range(-12, 13) for s in steps if low <= s * 10.0**e <= high]
    axis.set_yticks(heights, labels=[f"{y:g}" if y < 10**4 else f"{y:.0e}".replace("e+0", "e") for y in heights])
    axis.set_yticks([], minor=True)
    shown = [n for i, n in enumerate(lengths) if n == lengths[-1] or (i % 2 == 0 and 1.4 * n < lengths[-1])]
    axis.set_xticks(shown, labels=[str(n) for n in shown])
    axis.set_xticks([], minor=True)
    axis.set_xlabel("n (tokens)")


def _panel(axis: Any, lines: Lines, fitted: int) -> None:
    """The estimate between its bounds, with its slope."""
    for label, value, style in _CURVES:
        _curve(axis, lines, label, value, style, points=label == _NORM)
    _guides(axis, lines, lambda m: m.estimate)
    _slopes(axis, lines, (("", lambda m: m.estimate),), fitted)


def _public(axis: Any, lines: Lines, fitted: int) -> None:
    """The estimate beside q."""
    _curve(axis, lines, _NORM, lambda m: m.estimate, {"color": "tab:blue", "linewidth": 2}, points=True)
    _curve(axis, lines, _Q, lambda m: m.q, {"color": "tab:orange", "linewidth": 2}, points=True)
    _guides(axis, lines, lambda m: m.estimate)
    _slopes(axis, lines, (("|J|₂ ", lambda m: m.estimate), ("q ", lambda m: m.q)), fitted)


def _curve(axis: Any, lines: Lines, label: str, value: Value, style: dict[str, Any], *, points: bool) -> None:
    lengths = list(next(iter(lines.values())))
    found = [[y for line in lines.values() if (y := value(line[n])) is not None and y > 0] for n in lengths]
    kept = [(n, ys) for n, ys in zip(lengths, found, strict=True) if ys]
    if not kept:
        return
    if points:
        scattered = [(n, y) for n, ys in kept for y in ys]
        axis.plot(*zip(*scattered, strict=True), ".", color=style["color"], markersize=3, alpha=0.5)
    axis.plot([n for n, _ in kept], [statistics.median(ys) for _, ys in kept], label=label, **style)


def _guides(axis: Any, lines: Lines, value: Callable[[Measurement], float]) -> None:
    lengths = list(next(iter(lines.values())))
    start = statistics.median(value(line[lengths[0]]) for line in lines.values())
    for power, style, label in ((0.25, (0, (1, 2)), "guide n^¼"), (0.5, (0, (4, 2)), "guide n^½")):
        heights = [start * (n / lengths[0]) ** power for n in lengths]
        axis.plot(lengths, heights, color="tab:purple", linewidth=0.7, linestyle=style, label=label)


def _slopes(axis: Any, lines: Lines, values: Sequence[tuple[str, Callable[[Measurement], float]]], fitted: int) -> None:
    """The exponents, and a line at the longest input that they are fitted to."""
    said = []
    if fitted < max(next(iter(lines.values()))):
        axis.axvline(fitted, color="0.5", linewidth=0.8, label="longest input in training: slopes end here")
    for name, value in values:
        fits = [(fit(lines, value, 1, fitted), ""), (fit(lines, value, LONG, fitted), f" (n ≥ {LONG})")]
        said += [f"{name}slope {slope}{where}" for slope, where in fits if slope is not None]
    axis.text(0.03, 0.97, "\n".join(said), transform=axis.transAxes, va="top", fontsize=8)


def _name(group: Group) -> str:
    what = f"head {group.head}" if group.head >= 0 else group.part
    what += ", short tokens" if group.inputs == SHORT else ""
    masked = group.model.endswith(CAUSAL) or group.model == "random-gpt2"
    mask = "causal mask" if masked else "no mask"
    base = group.model.removesuffix(CAUSAL).rstrip("/").rsplit("/", 1)[-1]
    return f"{base}, layer {group.layer}, {what}, {mask}"


def _save(figure: Any, path: Path) -> Path:
    data = io.BytesIO()
    metadata = {"Date": None} if path.suffix == ".svg" else {}
    figure.savefig(data, format=path.suffix[1:], dpi=110, metadata=metadata)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(data.getvalue())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path
