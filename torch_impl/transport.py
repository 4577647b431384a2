"""Transport distances with exact certificates of optimality, for verdicts that depend on them.

    transport(mu, nu, p)   W_p^p between two rationals: the cost of a plan, the gain of feasible potentials
    bottleneck(mu, nu)     W_inf^2 exactly: a plan within that reach, a set of atoms that no shorter reach feeds

Libraries find plan, potentials and sets in floats (POT's network simplex) or integers (networkx's flow); what is
returned is repaired or decided in rationals, so nothing rests on them. Measures are taken at their exact values.
Sources: Villani, Optimal Transport (2009), Theorem 5.10 (duality); Hall's theorem in its weighted form.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import NamedTuple

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure
from torch_impl.reference.exact import ExactMeasure, squared_distance
from torch_impl.rounding import sqrt_down, sqrt_up
from torch_impl.wasserstein import Plan, exact_coupling, exact_unit

MOST_PAIRS = 250_000  # entries of the cost matrix; beyond, fractions take minutes

Costs = list[list[Fraction]]


class Transport(NamedTuple):
    """lower <= W_p^p <= upper: the plan costs at most `upper`, u_i + v_j <= cost_ij and sum a u + sum b v = `lower`."""

    lower: Fraction
    upper: Fraction
    plan: Plan
    u: tuple[Fraction, ...]
    v: tuple[Fraction, ...]


class Bottleneck(NamedTuple):
    """W_inf^2 = squared; plan: along pairs within it. blocked: source atoms that outweigh all targets that are nearer,
    which shows that less does not do (empty where squared = 0)."""

    squared: Fraction
    plan: Plan
    blocked: tuple[int, ...]


def transport(mu: Measure | ExactMeasure, nu: Measure | ExactMeasure, p: int = 1) -> Transport:
    """An enclosure of W_p^p, p = 1 or 2, in any dimension, for measures without batch axes.

    For p = 2 costs are rational; for p = 1 each distance is enclosed to a relative 2^-79. lower = upper where the
    solver's plan and potentials are optimal and the costs rational.

    Raises:
        ArgumentError: p is neither 1 nor 2, different d, masses that are not 1, atoms that are not finite,
            or too many pairs.
    """
    if p not in (1, 2):
        raise ArgumentError(f"transport: required p = 1 or 2, got p={p!r}. Other powers of distances are not rational.")
    source, target = _pair("transport", mu, nu)
    squares = _squares(source, target)
    plan = exact_coupling(source, target, p)
    top = squares if p == 2 else [[sqrt_up(c) for c in row] for row in squares]
    low = squares if p == 2 else [[sqrt_down(c) for c in row] for row in squares]
    upper = sum(
        (m * c for row, costs in zip(plan, top, strict=True) for m, c in zip(row, costs, strict=True)), Fraction(0)
    )
    u, v = _potentials(source, target, low)
    lower = sum((a * x for a, x in zip(source.weights, u, strict=True)), Fraction(0))
    lower += sum((b * y for b, y in zip(target.weights, v, strict=True)), Fraction(0))
    return Transport(max(lower, Fraction(0)), upper, plan, u, v)


def bottleneck(mu: Measure | ExactMeasure, nu: Measure | ExactMeasure) -> Bottleneck:
    """W_inf(mu, nu)^2 exactly, by bisection over the squared distances and a flow at each.

    Raises:
        ArgumentError: different d, masses that are not 1, atoms that are not finite, or too many pairs.
    """
    source, target = _pair("bottleneck", mu, nu)
    squares = _squares(source, target)
    levels = sorted({c for row in squares for c in row})
    low, high = -1, len(levels) - 1  # not feasible at low, feasible at high
    best, blocked = _flow(source, target, squares, levels[high])
    if best is None:
        raise ArgumentError("bottleneck: the flow misses mass although every pair may be used. Weights must sum to 1.")
    cut: tuple[int, ...] = ()
    while high - low > 1:
        middle = (low + high) // 2
        plan, blocked = _flow(source, target, squares, levels[middle])
        if plan is None:
            low, cut = middle, blocked
        else:
            high, best = middle, plan
    if low >= 0:
        _check_cut(source, target, squares, levels[low], cut)
    return Bottleneck(levels[high], best, cut)


def _flow(
    source: ExactMeasure, target: ExactMeasure, squares: Costs, level: Fraction
) -> tuple[Plan | None, tuple[int, ...]]:
    """(a plan along pairs within `level`, ()) or (None, sources that outweigh everything within their reach)."""
    import networkx as nx  # slow to import

    scale = lcm(*(w.denominator for w in (*source.weights, *target.weights)))
    graph = nx.DiGraph()
    for i, a in enumerate(source.weights):
        graph.add_edge("s", ("x", i), capacity=int(a * scale))
    for j, b in enumerate(target.weights):
        graph.add_edge(("y", j), "t", capacity=int(b * scale))
    for i, row in enumerate(squares):
        for j, c in enumerate(row):
            if c <= level:
                graph.add_edge(("x", i), ("y", j))  # no capacity: unlimited
    value, (reached, _) = nx.minimum_cut(graph, "s", "t")
    if value != scale:
        return None, tuple(i for i in range(len(source.weights)) if ("x", i) in reached)
    _, flow = nx.maximum_flow(graph, "s", "t")
    m = len(target.weights)
    plan = tuple(
        tuple(Fraction(flow[("x", i)].get(("y", j), 0), scale) for j in range(m)) for i in range(len(source.weights))
    )
    rows = all(sum(row) == a for row, a in zip(plan, source.weights, strict=True))
    columns = all(sum(c) == b for c, b in zip(zip(*plan, strict=True), target.weights, strict=True))
    if not rows or not columns:
        raise ArgumentError("bottleneck: the flow that was found misses a marginal. Report the two measures.")
    return plan, ()


def _check_cut(
    source: ExactMeasure, target: ExactMeasure, squares: Costs, level: Fraction, cut: tuple[int, ...]
) -> None:
    fed = {j for i in cut for j, c in enumerate(squares[i]) if c <= level}
    if not sum((source.weights[i] for i in cut), Fraction(0)) > sum((target.weights[j] for j in fed), Fraction(0)):
        raise ArgumentError("bottleneck: the cut that was found does not block. Report the two measures.")


def _potentials(
    source: ExactMeasure, target: ExactMeasure, low: Costs
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Feasible potentials near the solver's: v_j = min_i c_ij - u_i, then u_i = min_j c_ij - v_j, in rationals."""
    import numpy as np
    import ot.lp  # slow to import

    a, b = (np.array([float(w) for w in m.weights]) for m in (source, target))
    cost = np.array([[float(c) for c in row] for row in low])
    _, log = ot.lp.emd(a / a.sum(), b / b.sum(), cost, log=True)
    start = [Fraction(float(x)) if np.isfinite(x) else Fraction(0) for x in log["u"]]
    v = [min(low[i][j] - start[i] for i in range(len(start))) for j in range(len(low[0]))]
    u = [min(c - y for c, y in zip(row, v, strict=True)) for row in low]
    return tuple(u), tuple(v)


def _squares(source: ExactMeasure, target: ExactMeasure) -> Costs:
    return [[squared_distance(x, y) for y in target.points] for x in source.points]


def _pair(where: str, mu: Measure | ExactMeasure, nu: Measure | ExactMeasure) -> tuple[ExactMeasure, ExactMeasure]:
    source, target = (exact_unit(where, m) for m in (mu, nu))
    if len(source.points[0]) != len(target.points[0]):
        raise ArgumentError(
            f"{where}: mu and nu must share d, got {len(source.points[0])} and {len(target.points[0])}. There is no "
            "distance between their points."
        )
    if sum(source.weights) != sum(target.weights):
        raise ArgumentError(
            f"{where}: mu and nu must have one mass, got {float(sum(source.weights))!r} and "
            f"{float(sum(target.weights))!r}. No plan moves one to the other. Normalise both."
        )
    if len(source.weights) * len(target.weights) > MOST_PAIRS:
        raise ArgumentError(
            f"{where}: required at most {MOST_PAIRS} pairs of atoms, got {len(source.weights)} x "
            f"{len(target.weights)}. Use torch_impl.wasserstein (floats, no certificate)."
        )
    return source, target
