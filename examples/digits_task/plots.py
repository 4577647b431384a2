"""Two figures: accuracy against the radius, and certified against attacked radius of every image. Text as text."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from torch import Tensor

from digits_task.data import PIXEL

LIPSCHITZ, FREE = "#0072b2", "#d55e00"  # distinguishable to the colour-blind


def survival(radii: Tensor, grid: np.ndarray) -> np.ndarray:
    """Share of the images whose radius is above each number of the grid."""
    return (radii.numpy()[None] > grid[:, None]).mean(1)


def accuracy_plot(path: Path, certified: Tensor, attacked: Tensor, free: Tensor, largest: float) -> None:
    """Share of images still answered rightly when every token may move by r."""
    import matplotlib.pyplot as plt

    grid = np.linspace(0, largest, 241)
    figure, axes = plt.subplots(figsize=(6.4, 4.0), layout="constrained")
    low, high = survival(certified, grid), survival(attacked, grid)
    axes.plot(grid, high, color=LIPSCHITZ, label="Lipschitz, attacked")
    axes.plot(grid, low, color=LIPSCHITZ, linestyle="--", label="Lipschitz, certified")
    axes.fill_between(grid, low, high, color=LIPSCHITZ, alpha=0.12, linewidth=0, label="unknown")
    axes.plot(grid, survival(free, grid), color=FREE, label="unconstrained, attacked (no certificate)")
    axes.axvline(PIXEL / 2, color="0.6", linewidth=0.8)
    axes.text(PIXEL / 2, 1.0, "half a pixel ", color="0.4", va="top", ha="right")
    axes.set(
        xlabel="r: how far each token may move (W∞)", ylabel="share of test images", xlim=(0, largest), ylim=(0, 1.02)
    )
    axes.legend(loc="upper right", bbox_to_anchor=(1.0, 0.94), frameon=False)
    _save(figure, path)


def radius_plot(path: Path, certified: Tensor, attacked: Tensor, largest: float) -> None:
    """A certificate above the diagonal would be false."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(5.2, 4.4), layout="constrained")
    x, y = attacked.numpy(), certified.numpy()
    right = x > 0
    axes.scatter(np.minimum(x, largest)[right], y[right], s=9, color=LIPSCHITZ, alpha=0.6, linewidths=0)
    top = max(float(y.max()) * 1.15, 1e-6)
    axes.plot([0, top], [0, top], color="0.5", linewidth=0.8)
    axes.text(top, top, " certified = attacked", color="0.4", va="top")
    axes.set(
        xlabel="smallest displacement found that changes the answer",
        ylabel="certified radius",
        xlim=(0, largest * 1.03),
        ylim=(0, top * 1.05),
    )
    _save(figure, path)


def _save(figure: object, path: Path) -> None:
    import matplotlib
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure

    if not isinstance(figure, Figure):
        raise TypeError(f"a figure is required, got {type(figure).__name__}")
    with matplotlib.rc_context({"svg.hashsalt": "proofcheck", "svg.fonttype": "none"}):
        metadata = {"Date": None} if path.suffix == ".svg" else None
        unfinished = path.with_name(f".{path.name}.tmp")
        try:
            figure.savefig(unfinished, format=path.suffix[1:], metadata=metadata, dpi=130)
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)
    plt.close(figure)
