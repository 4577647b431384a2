"""Which interpolants a max-min needs: Lambda = max_{i in I} min_{j in J_i} g_ij with few pairs (LT-18, finite).

All N (N - 1) pairs meet the target on the net. Fewer do as well: for a kept i, J_i only has to push the minimum down
to the target at every net point (g_ij(p_k) <= value_k + slack for some j in J_i; j = k always does), and I only has
to lift the maximum up to it (min_{J_i} g_ij(p_k) >= value_k - slack for some i in I; i = k always does). Both are set
covers, solved greedily. The next i is the open point of largest value, so i that the cover will not need are never
looked at: the work is |I| N^2 cells, not N^3.

So |Lambda - value| <= slack on the net, up to the floats used here; the network's exact values on the net are
evaluated afterwards, and only they are certified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from torch_impl.construct_geometry import Geometry

Pairs = dict[int, list[int]]
Progress = Callable[[str, int, int], None]

# what the comparison of two float sums of at most 2^12 terms below 2^3 may be off; an error of this size on the net
# is measured exactly later
FLOAT_SLACK = 2.0**-36


def all_pairs(count: int) -> Pairs:
    """Every i with every j != i."""
    return {i: [j for j in range(count) if j != i] for i in range(count)}


def pruned_pairs(
    geometry: Geometry, values: Sequence[Fraction], slack: Fraction, progress: Progress | None = None
) -> Pairs:
    """I and J_i by greedy covers, see the module docstring."""
    v = np.array([float(a) for a in values])
    allowed = float(slack) + FLOAT_SLACK
    left = np.ones(len(v), dtype=bool)
    chosen: Pairs = {}
    reached: list[np.ndarray] = []
    while left.any():
        i = int(np.argmax(np.where(left, v, -np.inf)))
        table = _interpolants(geometry.rows(i), v, i)
        chosen[i] = _cover_from_above(table, v, i, allowed)
        reach = table[chosen[i]].min(axis=0) >= v - allowed
        reach[i] = True
        reached.append(reach)
        left &= ~reach
        if progress is not None:
            progress("choose pairs", len(v) - int(left.sum()), len(v))
    tried = list(chosen)
    kept = _greedy(np.array(reached), np.array([1.0 / len(chosen[i]) for i in tried]))
    return {tried[row]: chosen[tried[row]] for row in kept}


def _interpolants(rows: np.ndarray, v: np.ndarray, i: int) -> np.ndarray:
    """g_ij(p_k) at [j, k]; row i is +inf, it is no interpolant."""
    gaps = -np.diagonal(rows)
    alpha = np.divide(v[i] - v, gaps, out=np.zeros_like(v), where=gaps > 0).clip(-1.0, 1.0)
    table = v[i] + alpha[:, None] * rows
    table[i] = np.inf
    return table


def _cover_from_above(table: np.ndarray, v: np.ndarray, i: int, allowed: float) -> list[int]:
    """J_i: every k != i has a j with g_ij(p_k) <= v_k + allowed, the largest gain first."""
    low_enough = table <= v + allowed
    everyone = np.arange(len(v))
    # f_ij has the gap it has: j serves p_j as well as any potential can (up to C kappa in d >= 2)
    low_enough[everyone, everyone] = True
    low_enough[i] = False
    open_points = everyone != i
    found: list[int] = []
    while open_points.any():
        j = int(np.argmax(low_enough[:, open_points].sum(1)))
        found.append(j)
        open_points &= ~low_enough[j]
    return found


def _greedy(covers: np.ndarray, worth: np.ndarray) -> list[int]:
    """Rows that together cover every column, the most newly covered columns per cost first."""
    left = np.ones(covers.shape[1], dtype=bool)
    found: list[int] = []
    while left.any():
        row = int(np.argmax(covers[:, left].sum(1) * worth))
        found.append(row)
        left &= ~covers[row]
    return found
