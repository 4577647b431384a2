"""Attention of one query over a box of tokens in intervals: a baseline of ours that the peers are compared with.

    f(X) = V sum_j p_j x_j,   p = softmax_j <A x_1, x_j>,   every entry of X (n, d) within r of a given one

Interval bound propagation: each operation by itself, on the intervals of its arguments. The softmax is the tightest
that independent intervals of scores admit, p_j = e_j / (e_j + the others' sum), and what it averages is taken
relative to a fixed vector, as the p_j sum to 1. `mean_value` encloses the Jacobian over the box in the same way and
bounds by f(X) + [J] r, with the formula of `torch_impl.reference.attention_balls`. Everything is rounded
outwards (`ball_arrays`).
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from torch_impl.reference.ball_arrays import Array, Ball, exactly

Box = tuple[Array, Array]  # lower and upper ends


@np.errstate(all="ignore")  # what overflows ends as an infinite radius
def propagated(X: Tensor, A: Tensor, V: Tensor, radius: float) -> Box:
    """Intervals of f over the box, rounded outwards: (d',) each."""
    points = _box(X, radius)
    _, values = _attended(points, exactly(A.numpy()), exactly(V.numpy()))
    return ends(values[0])


@np.errstate(all="ignore")
def mean_value(X: Tensor, A: Tensor, V: Tensor, radius: float) -> Box:
    """f(X) + [J] r: J of the first token's output, enclosed over the box."""
    a, v = exactly(A.numpy()), exactly(V.numpy())
    centre = _attended(exactly(X.numpy()), a, v)[1][0]
    points = _box(X, radius)
    n, d = X.shape
    p, _ = _attended(points, a, v)
    weights = p.mT  # (n, 1)
    middle = exactly(X.numpy().mean(0, keepdims=True))
    mean = middle + p @ (points - middle)
    gaps = points - mean  # x_j - m
    theta = points[:1] @ a.mT
    # J_j = p_j V (I + (x_j - m) theta^T), and V C A more for the query's own token
    moved = gaps @ v.mT
    blocks = weights[:, :, None] * (v[None] + moved[:, :, None] * theta[:, None, :])
    own = (moved.mT @ (weights * gaps)) @ a
    first = blocks[0] + own
    sizes = np.abs(blocks.mid) + blocks.rad
    sizes[0] = np.abs(first.mid) + first.rad
    # a sum of n d nonnegative products, rounded up
    reach = (exactly(sizes.transpose(1, 0, 2).reshape(-1, n * d)) @ exactly(np.full((n * d, 1), radius)))[:, 0]
    return ends(centre + Ball(np.zeros_like(reach.mid), np.nextafter(reach.mid + reach.rad, np.inf)))


@np.errstate(all="ignore")
def at_points(points: Tensor, A: Tensor, V: Tensor) -> Box:
    """f at each of (batch, n, d), enclosed: (batch, d') each."""
    found = [_attended(exactly(one), exactly(A.numpy()), exactly(V.numpy()))[1][0] for one in points.numpy()]
    low, high = zip(*(ends(one) for one in found), strict=True)
    return np.stack(low), np.stack(high)


def ends(ball: Ball) -> Box:
    """The ends of a ball, rounded outwards."""
    return np.nextafter(ball.mid - ball.rad, -np.inf), np.nextafter(ball.mid + ball.rad, np.inf)


def softmax(scores: Ball) -> Ball:
    """softmax over independent intervals of scores (1, n): p_j is largest where s_j is and the others are least."""
    low, high = ends(scores)
    top = np.where(np.isfinite(high), high, 0.0).max(-1, keepdims=True)
    least, most = (exactly(end) - exactly(top) for end in (low, high))
    smallest, largest = np.maximum(ends(least.exp())[0], 0.0), ends(most.exp())[1]
    n = scores.mid.shape[-1]
    others = exactly(1.0 - np.eye(n))
    upper = _share(largest, exactly(smallest) @ others, up=True)
    lower = _share(smallest, exactly(largest) @ others, up=False)
    mid = (lower + upper) / 2
    return Ball(mid, np.nextafter(np.maximum(upper - mid, mid - lower), np.inf))


def _share(mine: Array, others: Ball, *, up: bool) -> Array:
    """mine / (mine + others) at the end of `others` that makes it extreme, within [0, 1]."""
    rest = np.maximum(ends(others)[0], 0.0) if up else ends(others)[1]
    found = ends(exactly(mine) / (exactly(mine) + exactly(rest)))[1 if up else 0]
    found = np.where(np.isfinite(found), found, 1.0 if up else 0.0)
    return np.clip(found, 0.0, 1.0)


def _attended(points: Ball, A: Ball, V: Ball) -> tuple[Ball, Ball]:
    """p (1, n) and f (1, d') of the first token."""
    p = softmax((points[:1] @ A.mT) @ points.mT)
    middle = exactly(points.mid.mean(0, keepdims=True))
    return p, middle @ V.mT + p @ ((points - middle) @ V.mT)


def _box(X: Tensor, radius: float) -> Ball:
    return Ball(X.numpy(), np.full(tuple(X.shape), radius))
