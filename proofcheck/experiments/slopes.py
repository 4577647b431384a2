"""Exponents: slopes of log y against log n, with 95 % confidence intervals (Student t).

Text inputs: a least-squares slope for each input on its own, then the mean over the inputs and its interval. Inputs
come from different places of the text and count as independent; the lengths of one input are nested and do not. One
input (adversarial tokens): the slope of its points and the regression's interval, which says how straight they are.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from proofcheck.errors import ArgumentError
from proofcheck.experiments.measure import Measurement
from proofcheck.experiments.table import Rows

LEVEL = 0.95
LONG = 16  # the second fit leaves out shorter inputs


class Slope(NamedTuple):
    """value, half-width of the interval, points per line, lines (inputs)."""

    value: float
    half_width: float
    points: int
    lines: int

    def __str__(self) -> str:
        return f"{self.value:+.2f} ± {self.half_width:.2f}"


class Group(NamedTuple):
    """Measurements that differ in n and index only."""

    model: str
    inputs: str
    layer: int
    part: str
    head: int


def groups(rows: Rows) -> dict[Group, dict[int, dict[int, Measurement]]]:
    """Of each group, index -> n -> measurement, in the order of the table."""
    found: dict[Group, dict[int, dict[int, Measurement]]] = defaultdict(lambda: defaultdict(dict))
    for cell, measured in rows.items():
        found[Group(cell.model, cell.inputs, cell.layer, cell.part, cell.head)][cell.index][cell.n] = measured
    return {group: {i: dict(sorted(line.items())) for i, line in lines.items()} for group, lines in found.items()}


def fit(
    lines: dict[int, dict[int, Measurement]],
    value: Callable[[Measurement], float],
    least: int = 1,
    most: int = 10**9,
) -> Slope | None:
    """The slope over least <= n <= most; None where a line has fewer than two points (one line: fewer than three)."""
    kept = [[(n, value(m)) for n, m in line.items() if least <= n <= most and value(m) > 0] for line in lines.values()]
    if not kept or any(len(line) < 2 for line in kept):
        return None
    if len(kept) == 1:
        return None if len(kept[0]) < 3 else line_slope(*zip(*kept[0], strict=True))
    each = [_least_squares(*zip(*line, strict=True))[0] for line in kept]
    mean = math.fsum(each) / len(each)
    deviation = math.sqrt(math.fsum((s - mean) ** 2 for s in each) / (len(each) - 1))
    return Slope(mean, _quantile(len(each) - 1) * deviation / math.sqrt(len(each)), len(kept[0]), len(each))


def line_slope(n: Sequence[float], y: Sequence[float]) -> Slope:
    """The regression slope of log y on log n, with the interval that independent normal errors give.

    Raises:
        ArgumentError: fewer than three points, or all at one n.
    """
    if len(n) < 3 or len(set(n)) < 2:
        raise ArgumentError(f"line_slope: at least three points at two lengths are required, got n={list(n)}.")
    slope, spread, squares = _least_squares(n, y)
    return Slope(slope, _quantile(len(n) - 2) * math.sqrt(squares / (len(n) - 2) / spread), len(n), 1)


def _least_squares(n: Sequence[float], y: Sequence[float]) -> tuple[float, float, float]:
    """Slope, sum of squares of log n about its mean, sum of squared residuals."""
    xs, ys = [math.log(v) for v in n], [math.log(v) for v in y]
    x0, y0 = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    spread = math.fsum((x - x0) ** 2 for x in xs)
    slope = math.fsum((a - x0) * (b - y0) for a, b in zip(xs, ys, strict=True)) / spread
    return slope, spread, math.fsum((b - y0 - slope * (a - x0)) ** 2 for a, b in zip(xs, ys, strict=True))


def _quantile(freedom: int) -> float:
    from scipy.stats import t

    return float(t.ppf((1 + LEVEL) / 2, freedom))
