"""Causal attention as attention on a measure in space and time: tokens carry weights and times (lemma MM-05).

    Att(mu, x, t) = V sum_{t_j <= t} a_j e^<Ax, y_j> y_j / sum_{t_j <= t} a_j e^<Ax, y_j>

For mu = 1/n sum_i delta_{(x_i, i/n)} and t = i/n this is causal softmax attention. Layers carry the times unchanged.
Only the order of the times matters. Where two tokens share a time the map is discontinuous in mu: the least delay of
one of them takes it out of the other's past. So `space_time` refuses tied and unordered times, by name; the NamedTuple
does not.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.linear_attention import check_finite, check_widths
from torch_impl.measures import Measure, atoms, log_weights, measure


class SpaceTime(NamedTuple):
    """points (*batch, n, d), weights (*batch, n), times (*batch, n) or (n,): strictly increasing along n."""

    points: Tensor
    weights: Tensor
    times: Tensor


def space_time(points: Tensor, times: Tensor, weights: Tensor | None = None) -> SpaceTime:
    """mu = sum_j weights_j delta_{(points_j, times_j)}, weights 1/n if None.

    Args:
        points: (*batch, n, d).   times: (n,) or (*batch, n), strictly increasing.   weights: (*batch, n), sum 1.

    Raises:
        ArgumentError: times tie, are not in order, are not finite or do not fit; `measures.measure` refuses the rest.
    """
    mu = measure(points, weights)
    if times.shape not in (points.shape[:-1], points.shape[-2:-1]) or times.dtype != points.dtype:
        raise ArgumentError(
            f"space_time: times must be {tuple(points.shape[:-1])} or ({points.shape[-2]},) of {points.dtype}, "
            f"got times.shape={tuple(times.shape)} ({times.dtype}). Each token has one time."
        )
    if not bool(torch.isfinite(times).all()):
        raise ArgumentError("space_time: times must be finite, got times with NaN or infinity. They have no order.")
    steps = times.diff(dim=-1)
    if bool((steps == 0).any()):
        raise ArgumentError(
            "space_time: times must be strictly increasing, got two tokens at one time (tied). Causal attention is "
            "discontinuous there: the least delay of one token hides it from the other. Separate the ties yourself."
        )
    if bool((steps < 0).any()):
        raise ArgumentError(
            "space_time: times must be strictly increasing, got times out of order. Causal attention is "
            "discontinuous where tokens change places in time, so no order is guessed. Sort tokens, weights and times."
        )
    return SpaceTime(mu.points, mu.weights, times)


def from_sequence(X: Tensor) -> SpaceTime:
    """1/n sum_i delta_{(x_i, i/n)}: the space-time measure of a sequence X (*batch, n, d)."""
    n = X.shape[-2]
    return space_time(X, torch.arange(1, n + 1, dtype=X.dtype, device=X.device) / n)


def causal_attend(measure: SpaceTime, x: Tensor, t: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """Att(mu, x, t) for queries x (*batch, q, d) at times t (q,) or (*batch, q): (*batch, q, d').

    A query that no token precedes has no value; it is NaN here and an error in `causal_layer`.

    Raises:
        ArgumentError: context, query, times and matrices differ in width, number or dtype.
    """
    check_widths("causal_attend", measure.points, x, A, V)
    if t.shape not in (x.shape[:-1], x.shape[-2:-1]) or t.dtype != measure.times.dtype:
        raise ArgumentError(
            f"causal_attend: one time for each query required, {tuple(x.shape[:-1])} of {measure.times.dtype}, "
            f"got t.shape={tuple(t.shape)} ({t.dtype}). A query sees the tokens up to its own time."
        )
    space = Measure(measure.points, measure.weights)
    seen = measure.times.unsqueeze(-2) <= t.unsqueeze(-1)
    scores = x @ A.mT @ atoms(space).mT + log_weights(space).unsqueeze(-2)
    return torch.softmax(scores.masked_fill(~seen, -torch.inf), dim=-1) @ atoms(space) @ V.mT


def causal_layer(measure: SpaceTime, A: Tensor, V: Tensor, h: float = 1.0) -> SpaceTime:
    """Every token moves by h Att(mu, y_j, t_j); weights and times stay.

    Raises:
        ArgumentError: the first token has no weight, so that a query sees nothing; h is not finite.
    """
    if not isinstance(h, Tensor):  # a tensor may be one that is traced
        check_finite("causal_layer", h=h)
    if bool((measure.weights[..., 0] == 0).any()):
        raise ArgumentError(
            "causal_layer: the first token must have positive weight, got weights[..., 0]=0. "
            "It would attend to nothing, 0/0. Drop it."
        )
    moved = causal_attend(measure, measure.points, measure.times, A, V)
    return SpaceTime(measure.points + h * moved, measure.weights, measure.times)


def prefix(measure: SpaceTime, count: int) -> SpaceTime:
    """The first `count` tokens, renormalised to mass 1: what a query at time t_count sees.

    Raises:
        ArgumentError: count is not in 1..n, or these tokens have no weight.
    """
    n = measure.points.shape[-2]
    if not 1 <= count <= n:
        raise ArgumentError(f"prefix: a count from 1 to n={n} required, got count={count}. An empty prefix has no law.")
    weights = measure.weights[..., :count]
    total = weights.sum(-1, keepdim=True)
    if bool((total == 0).any()):
        raise ArgumentError(f"prefix: the first {count} tokens must have weight, got 0. Their law would be 0/0.")
    return SpaceTime(measure.points[..., :count, :], weights / total, measure.times[..., :count])


def time_step_bound(values_radius: float, score_range: float, before: float, arriving: float) -> float:
    """2 r e^L n/(m + e^L n): how far attention may move when the mass `arriving` joins a prefix of mass `before`."""
    bound = lemma_bound("measure_maps.space_time_attention", "time_step")
    return float(evaluate(bound, {"r": values_radius, "L": score_range, "m": before, "n": arriving}))  # type: ignore[arg-type]
