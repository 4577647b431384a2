"""Finite nets of points (mu, x) under the budget d((mu, x), (nu, x')) = |x - x'| + C W1(mu, nu), and what they cover.

A net is data: exact measures (rational weights, places that are floats) and exact queries. In d = 1 the budget is
exact. In d >= 2 it is an upper bound, from an exactly feasible coupling: only what exceeds it is called a violation.

Covering nets of P([lo, hi]) x [lo, hi]: all measures (1/k) sum_i delta_{c_i} with k atoms among M cell centres
c_a, and X query centres. Let Q be the quantile function of mu, cells of levels [(i-1)/k, i/k], and c_i the centre of
the cell that holds Q at the middle level. On the lower half of the levels |Q - Q(mid)| <= Q(mid) - Q(low), on the
upper half likewise, so W1 <= r + (1/2k) sum_i (Q(high_i) - Q(low_i)) <= r + (hi - lo)/(2k), r the largest distance
of a point of [lo, hi] to a centre (W1 <= r if there is one centre only). There are binom(M + k - 1, k) such measures,
and no token count appears.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import torch

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure
from torch_impl.reference.exact import (
    ExactMeasure,
    Vector,
    exact_measure,
    exact_vector,
    squared_distance,
    wasserstein_exact_1d,
)
from torch_impl.rounding import float_up, sqrt_up
from torch_impl.wasserstein import coupling_upper_bound_exact

CENTRE_BITS = 24  # cell centres are multiples of (hi - lo) 2^-24, so that they are floats
_LARGEST_LINE_NET = 40  # k, M and X are searched up to this


class NetPoint(NamedTuple):
    """A context and a query, exactly."""

    measure: ExactMeasure
    x: Vector


class CoveringNet(NamedTuple):
    """points: the net. radius: every (mu, x) is within this budget of one of them, proved (module docstring)."""

    points: tuple[NetPoint, ...]
    radius: Fraction


class Shape(NamedTuple):
    """How fine a covering net is: k atoms each, M places, X queries; its size and its proved radius."""

    k: int
    places: int
    queries: int
    size: int
    radius: Fraction


def net_points(net: Sequence[tuple[Measure | ExactMeasure, object]]) -> tuple[NetPoint, ...]:
    """The net as exact data: atoms merged and sorted, weights normalised exactly.

    Raises:
        ArgumentError: empty net, an entry that is no pair, different dimensions, numbers that are not finite or
            not floats, the same point twice.
    """
    if len(net) == 0:
        raise ArgumentError("construct: the net must have at least one point, got an empty net. Give (measure, x).")
    points = tuple(_net_point(k, entry) for k, entry in enumerate(net))
    d = len(points[0].x)
    seen: dict[NetPoint, int] = {}
    for k, point in enumerate(points):
        if len(point.x) != d or any(len(y) != d for y in point.measure.points):
            raise ArgumentError(f"construct: all net points must share d = {d} (net[0]), got another d in net[{k}].")
        if point in seen:
            raise ArgumentError(
                f"construct: net points must be distinct, got net[{seen[point]}] == net[{k}] (the same measure and the "
                "same query). Drop one."
            )
        seen[point] = k
    return points


def as_measure(measure: ExactMeasure) -> Measure:
    """The float64 measure nearest to an exact one: what a target written in torch is called with."""
    points = torch.tensor([[float(c) for c in y] for y in measure.points], dtype=torch.float64)
    return Measure(points, torch.tensor([float(a) for a in measure.weights], dtype=torch.float64))


def budget(p: NetPoint, q: NetPoint, C: Fraction) -> Fraction:
    """>= |x - x'| + C W1(mu, nu), rounded up by at most a factor 1 + 2^-79 and exact in d = 1."""
    if len(p.x) == 1:
        return abs(p.x[0] - q.x[0]) + C * wasserstein_exact_1d(p.measure, q.measure)
    return sqrt_up(squared_distance(p.x, q.x)) + C * coupling_upper_bound_exact(p.measure, q.measure)


def distance_to_net(points: Sequence[NetPoint], p: NetPoint, C: Fraction) -> Fraction:
    """min_k budget(p, net_k), an upper bound of the distance of p to the net (exact in d = 1)."""
    return min(budget(p, q, C) for q in points)


def check_lipschitz(points: Sequence[NetPoint], values: Sequence[Fraction], C: Fraction, slack: Fraction) -> None:
    """|values_i - values_j| <= budget + slack for all pairs, decided exactly (d >= 2: see the module docstring).

    Raises:
        ArgumentError: naming the pair that exceeds its budget most.
    """
    worst: tuple[Fraction, int, int, Fraction] | None = None
    for i, j in _suspects(points, values, C):
        allowed = budget(points[i], points[j], C)
        excess = abs(values[i] - values[j]) - allowed - slack
        if excess > 0 and (worst is None or excess > worst[0]):
            worst = (excess, i, j, allowed)
    if worst is None:
        return
    excess, i, j, allowed = worst
    raise ArgumentError(
        f"construct: the target must be (1, C)-Lipschitz on the net with C={float(C):g}, got "
        f"net[{i}] -> {float(values[i]):.9g} and net[{j}] -> {float(values[j]):.9g}, apart by "
        f"{float(abs(values[i] - values[j])):.9g} where |x - x'| + C W1 = {float(allowed):.9g}:\n"
        f"  net[{i}] = {describe(points[i])}\n  net[{j}] = {describe(points[j])}\n"
        "No network of the class is close to it. Scale the target down or give a larger C."
    )


def describe(point: NetPoint) -> str:
    """A net point in a line, at most four atoms."""
    atoms = [
        f"{float(a):.4g} at {_coordinates(y)}" for y, a in zip(point.measure.points, point.measure.weights, strict=True)
    ]
    shown = ", ".join(atoms[:4]) + (f", ... ({len(atoms)} atoms)" if len(atoms) > 4 else "")
    return f"(mu = [{shown}], x = {_coordinates(point.x)})"


@functools.cache
def shapes(C: Fraction, width: Fraction) -> tuple[Shape, ...]:
    """Covering nets of P(I) x I, |I| = width, that no smaller one matches: radii fall as sizes grow."""
    span = range(1, _LARGEST_LINE_NET + 1)
    cells = {m: _cell(m) for m in span}
    # with a single centre every measure is within r of its one atom
    spread = {(k, m): Fraction(int(m > 1), 2 * k) for k in span for m in span}
    of_measures = _best((math.comb(m + k - 1, k), cells[m] + s, k, m) for (k, m), s in spread.items())
    every = ((n * x, width * (cells[x] + C * r), k, m, x) for n, r, k, m in of_measures for x in span)
    return tuple(Shape(k, m, x, size, radius) for size, radius, k, m, x in _best(every))


def _best(candidates: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """(size, radius, ...) by size, each with a smaller radius than all before."""
    found: list[tuple[Any, ...]] = []
    for candidate in sorted(candidates, key=lambda c: (c[0], c[1])):
        if not found or candidate[1] < found[-1][1]:
            found.append(candidate)
    return found


def covering_net(C: Fraction, *, size: int, low: Fraction = Fraction(0), high: Fraction = Fraction(1)) -> CoveringNet:
    """The finest covering net of P([low, high]) x [low, high] with at most `size` points.

    Raises:
        ArgumentError: size < 1 or low >= high.
    """
    if size < 1 or not low < high:
        raise ArgumentError(f"covering_net: required size >= 1 and low < high, got {size}, [{low}, {high}].")
    shape = [s for s in shapes(C, high - low) if s.size <= size][-1]
    places, queries = _centres(shape.places, low, high), _centres(shape.queries, low, high)
    measures = []
    for chosen in itertools.combinations_with_replacement(places, shape.k):
        counts = {c: chosen.count(c) for c in chosen}
        measures.append(ExactMeasure(tuple((c,) for c in counts), tuple(Fraction(n, shape.k) for n in counts.values())))
    return CoveringNet(tuple(NetPoint(m, (x,)) for m in measures for x in queries), shape.radius)


def covered(
    net: Sequence[tuple[Measure | ExactMeasure, object]],
    C: Fraction,
    *,
    low: Fraction = Fraction(0),
    high: Fraction = Fraction(1),
    fine: int = 300,
) -> CoveringNet:
    """Any net of P([low, high]) x [low, high] with a proved radius: that of a net of at most `fine` points, plus the
    largest budget from one of those to `net`. So a net of one's own (d = 1) has a uniform error too.

    Raises:
        ArgumentError: a net that `net_points` refuses, or d != 1.
    """
    points = net_points(net)
    if len(points[0].x) != 1:
        raise ArgumentError(f"covered: required d = 1, got d={len(points[0].x)}. No fine net is known beyond.")
    probe = covering_net(C, size=fine, low=low, high=high)
    return CoveringNet(points, probe.radius + max(distance_to_net(points, p, C) for p in probe.points))


def size_for_radius(C: Fraction, radius: Fraction, *, width: Fraction = Fraction(1)) -> int | None:
    """The size of the smallest covering net of this family with proved radius <= `radius`; None beyond the search."""
    return next((s.size for s in shapes(C, width) if s.radius <= radius), None)


def sampled_net(
    size: int, d: int, *, seed: int = 0, tokens: int = 4, bits: int = 3
) -> list[tuple[ExactMeasure, Vector]]:
    """`size` distinct random points of P([0, 1]^d) x [0, 1]^d: 1 to `tokens` atoms on the grid of step 2^-bits.

    Raises:
        ArgumentError: size, d or tokens < 1, or so many points that the grid does not hold them.
    """
    if min(size, d, tokens) < 1 or bits < 0 or size > (2**bits + 1) ** (2 * d) // 2:
        raise ArgumentError(
            f"sampled_net: required 1 <= size <= {(2**bits + 1) ** (2 * d) // 2}, got size={size}, d={d}."
        )
    pick = random.Random(seed)
    found: dict[NetPoint, None] = {}
    while len(found) < size:
        places = [
            [Fraction(pick.randint(0, 2**bits), 2**bits) for _ in range(d)] for _ in range(pick.randint(1, tokens))
        ]
        x = tuple(Fraction(pick.randint(0, 2**bits), 2**bits) for _ in range(d))
        found[net_points([(exact_measure(places), x)])[0]] = None
    return [(point.measure, point.x) for point in found]


def _cell(count: int) -> Fraction:
    """Largest distance of a point of [0, 1] to one of `count` cell centres, each rounded by at most 2^-25."""
    return Fraction(1, 2 * count) + (Fraction(1, 2 ** (CENTRE_BITS + 1)) if count & (count - 1) else 0)


def _centres(count: int, low: Fraction, high: Fraction) -> list[Fraction]:
    unit = 2**CENTRE_BITS
    return [low + (high - low) * Fraction(round(Fraction((2 * a + 1) * unit, 2 * count)), unit) for a in range(count)]


def _net_point(k: int, entry: object) -> NetPoint:
    try:
        measure, x = entry  # type: ignore[misc]
        exact = measure if isinstance(measure, ExactMeasure) else exact_measure(measure)
        query = exact_vector(x if not isinstance(x, int | float | Fraction) else (x,))
        atoms: dict[Vector, Fraction] = {}
        for y, a in zip(exact.points, exact.weights, strict=True):
            place = exact_vector(y)
            atoms[place] = atoms.get(place, Fraction(0)) + a
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            f"construct: net[{k}] must be (measure, x) of finite numbers, got {error}. Give points (n, d), x (d,)."
        ) from error
    if sum(atoms.values()) != 1 or any(a < 0 for a in atoms.values()):
        raise ArgumentError(
            f"construct: net[{k}] must be a probability measure, got weights {list(exact.weights)[:4]}."
        )
    if any(Fraction(float(c)) != c for y in (*atoms, query) for c in y):
        raise ArgumentError(
            f"construct: the places of net[{k}] must be float64 numbers, got {_coordinates(query)} or an atom that is "
            "not. A network has float weights. Round them."
        )
    places = sorted(y for y, a in atoms.items() if a > 0)
    return NetPoint(ExactMeasure(tuple(places), tuple(atoms[y] for y in places)), query)


def _coordinates(v: Vector) -> str:
    return f"{float(v[0]):.6g}" if len(v) == 1 else "(" + ", ".join(f"{float(c):.6g}" for c in v) + ")"


def _suspects(points: Sequence[NetPoint], values: Sequence[Fraction], C: Fraction) -> list[tuple[int, int]]:
    """The pairs whose gap is not clearly inside its budget in floats; those are decided exactly."""
    from torch_impl.construct_geometry import float_budgets

    table = float_budgets(points, C)
    v = np.array([float(a) for a in values])
    scale = max(1.0, float(np.abs(v).max()), float(table.max(initial=0.0)))
    # float64 sums over at most G cells: 1e-9 is far above their roundoff, and a suspect is only looked at again
    close = np.abs(v[:, None] - v[None, :]) > table - 1e-9 * scale
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(close, 1))]


def upper(value: Fraction) -> float:
    """The float64 just above, for a report."""
    return float_up(value)
