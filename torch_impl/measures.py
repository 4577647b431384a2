"""Discrete probability measures mu = sum_j a_j delta_{y_j}, batched, ragged batches padded with weight 0.

A `Measure` travels as one NamedTuple. An atom of weight 0 is padding: no function of this package lets its
position change a value or a gradient, and the derivative with respect to a zero weight is defined as 0 (the
set of atoms is part of the data; a caller who wants to move mass onto an atom starts from a positive weight).
`measure` validates; `Measure(points, weights)` does not, and is for inner loops.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError


class Measure(NamedTuple):
    """points (*batch, n, d), weights (*batch, n): nonnegative, summing to 1 along the last axis."""

    points: Tensor
    weights: Tensor


def measure(points: Tensor, weights: Tensor | None = None) -> Measure:
    """mu = sum_j weights_j delta_{points_j}; uniform weights 1/n if `weights` is None.

    Args:
        points: (*batch, n, d), floating, finite, n >= 1, d >= 1.
        weights: (*batch, n), same dtype and device, >= 0, sum 1 within `weight_sum_tolerance`.

    Raises:
        ArgumentError: any of these fails.
    """
    _check_points("measure", points)
    if weights is None:
        return Measure(points, _uniform(points))
    if not isinstance(weights, Tensor):
        raise ArgumentError(
            f"measure: weights must be a tensor or None, got weights={weights!r} ({type(weights).__name__}). "
            "Convert it with torch.as_tensor(weights, dtype=points.dtype)."
        )
    if weights.shape != points.shape[:-1]:
        raise ArgumentError(
            "measure: points and weights must agree on (*batch, n), "
            f"got points.shape={tuple(points.shape)}, weights.shape={tuple(weights.shape)}. "
            "Nothing is broadcast here: expand the weights yourself."
        )
    if weights.dtype != points.dtype or weights.device != points.device:
        raise ArgumentError(
            "measure: points and weights must share dtype and device, "
            f"got {points.dtype} on {points.device} and {weights.dtype} on {weights.device}. "
            "Convert one of them with .to(...)."
        )
    _check_weights("measure", weights)
    return Measure(points, weights)


def from_tokens(tokens: Tensor, mask: Tensor | None = None) -> Measure:
    """Empirical measure (1/n) sum_j delta_{tokens_j} over the tokens where `mask` is True.

    tokens (*batch, n, d), mask bool (*batch, n). Masked tokens get weight 0 and position 0: padding.

    Raises:
        ArgumentError: invalid `tokens`, or `mask` has another shape or type, or keeps no token.
    """
    if mask is None:
        return measure(tokens)
    if not isinstance(tokens, Tensor) or tokens.ndim < 2 or not tokens.is_floating_point():
        _check_points("from_tokens", tokens)
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape != tokens.shape[:-1]:
        is_tensor = isinstance(mask, Tensor)
        got = f"mask.shape={tuple(mask.shape)} ({mask.dtype})" if is_tensor else type(mask).__name__
        raise ArgumentError(
            f"from_tokens: mask must be bool of shape {tuple(tokens.shape[:-1])}, got {got}. "
            "True marks a token that counts."
        )
    count = mask.sum(-1, keepdim=True)
    if bool((count == 0).any()):
        raise ArgumentError(
            "from_tokens: mask must keep at least one token, got a row that is all False. Drop that row."
        )
    kept = torch.where(mask.unsqueeze(-1), tokens, torch.zeros_like(tokens))
    _check_points("from_tokens", kept)
    # a count above the range of a short float would leave no mass at all: divide in float64, round once
    return Measure(kept, (mask.to(torch.float64) / count).to(tokens.dtype))


def ragged(points: Sequence[Tensor], weights: Sequence[Tensor] | None = None) -> Measure:
    """One batch from measures with different numbers of atoms: points[i] (n_i, d) -> (len, max n_i, d).

    Raises:
        ArgumentError: empty list, lists of different length, or an entry that `measure` refuses.
    """
    if len(points) == 0:
        raise ArgumentError("ragged: at least one measure is required, got points=[] (empty). Pass a list of (n_i, d).")
    if weights is not None and len(weights) != len(points):
        raise ArgumentError(
            f"ragged: points and weights must have the same length, got {len(points)} and {len(weights)}. "
            "Give one weight vector for each point set."
        )
    rows = [measure(p, None if weights is None else weights[i]) for i, p in enumerate(points)]
    first = rows[0].points
    for i, row in enumerate(rows):
        p = row.points
        alike = (p.shape[-1], p.dtype, p.device) == (first.shape[-1], first.dtype, first.device)
        if p.ndim != 2 or not alike:
            raise ArgumentError(
                f"ragged: every entry must be (n_i, {first.shape[-1]}) of {first.dtype} on {first.device}, "
                f"got points[{i}].shape={tuple(p.shape)} ({p.dtype} on {p.device})."
            )
    longest = max(row.points.shape[0] for row in rows)
    padded = [torch.nn.functional.pad(r.points, (0, 0, 0, longest - r.points.shape[0])) for r in rows]
    masses = [torch.nn.functional.pad(r.weights, (0, longest - r.weights.shape[0])) for r in rows]
    return Measure(torch.stack(padded), torch.stack(masses))


def weight_sum_tolerance(n: int, dtype: torch.dtype) -> float:
    """gamma_{2n} = 2nu/(1 - 2nu), u the unit roundoff of `dtype` (torch's eps is 2u); inf once 2nu >= 1/2.

    Weights made by w_j = fl(a_j / fl(sum a)) carry a relative error of at most n u each (n - 1 additions, one
    division), and adding n of them up again another (n - 1) u.
    """
    slack = n * torch.finfo(dtype).eps
    return float("inf") if slack >= 0.5 else slack / (1 - slack)


def pushforward(measure: Measure, f: Callable[[Tensor], Tensor]) -> Measure:
    """f_# mu: the atoms move, the weights stay. f maps (*batch, n, d) to (*batch, n, d') atom by atom.

    Raises:
        ArgumentError: f does not keep (*batch, n).
    """
    image = f(measure.points)
    if image.shape[:-1] != measure.weights.shape:
        raise ArgumentError(
            f"pushforward: f must keep (*batch, n) = {tuple(measure.weights.shape)}, "
            f"got f(points).shape={tuple(image.shape)}. Each atom must have exactly one image."
        )
    return Measure(image, measure.weights)


def atoms(measure: Measure) -> Tensor:
    """The points, padding moved to the origin so that whatever was stored there is inert: (*batch, n, d)."""
    return torch.where((measure.weights > 0).unsqueeze(-1), measure.points, torch.zeros_like(measure.points))


def mean(measure: Measure) -> Tensor:
    """m(mu) = sum_j a_j y_j, shape (*batch, d). |m(mu) - m(nu)| <= W1(mu, nu)."""
    return (measure.weights.unsqueeze(-2) @ atoms(measure)).squeeze(-2)


def log_weights(measure: Measure) -> Tensor:
    """log a_j, and -inf with derivative 0 where a_j = 0: shape (*batch, n)."""
    positive = measure.weights > 0
    # log of a stand-in 1: the derivative of log at 0 is infinite, and 0 * inf would put NaN into the gradient
    logs = torch.log(torch.where(positive, measure.weights, torch.ones_like(measure.weights)))
    return torch.where(positive, logs, torch.full_like(logs, -torch.inf))


def diameter(measure: Measure) -> Tensor:
    """max |y_i - y_j| over atoms of positive weight, shape (*batch); 0 with gradient 0 for a single atom.

    A float value, not a certified bound: see `norms.certified_diameter`.
    """
    y = atoms(measure)
    active = measure.weights > 0
    gaps = y.unsqueeze(-2) - y.unsqueeze(-3)
    both = active.unsqueeze(-1) & active.unsqueeze(-2)
    return _largest_norm(gaps.flatten(-3, -2), both.flatten(-2, -1))


def radius(measure: Measure) -> Tensor:
    """max |y_j| over atoms of positive weight, shape (*batch)."""
    return _largest_norm(atoms(measure), measure.weights > 0)


def _largest_norm(vectors: Tensor, active: Tensor) -> Tensor:
    """max_k |vectors_k| over active k: vectors (*batch, k, d), active (*batch, k)."""
    vectors = torch.where(active.unsqueeze(-1), vectors, torch.zeros_like(vectors))
    # scaled, so that squares neither overflow nor underflow; the scale cancels and needs no gradient
    scale = vectors.detach().abs().amax((-2, -1), keepdim=True)
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    squares = (vectors / scale).square().sum(-1).amax(-1)
    positive = squares > 0
    root = torch.where(positive, squares, torch.ones_like(squares)).sqrt()
    return torch.where(positive, root, torch.zeros_like(root)) * scale.squeeze(-1).squeeze(-1)


def _uniform(points: Tensor) -> Tensor:
    n = points.shape[-2]
    return torch.full(points.shape[:-1], 1.0 / n, dtype=points.dtype, device=points.device)


def _check_points(where: str, points: Tensor) -> None:
    if not isinstance(points, Tensor) or not points.is_floating_point():
        kind = points.dtype if isinstance(points, Tensor) else type(points).__name__
        raise ArgumentError(
            f"{where}: points must be a floating torch tensor, got points of type {kind}. "
            "Convert it with .to(torch.float64)."
        )
    if points.ndim < 2:
        raise ArgumentError(
            f"{where}: points must be (*batch, n, d), got points.shape={tuple(points.shape)}. "
            "A single measure on the line is (n, 1)."
        )
    if points.shape[-2] == 0 or points.shape[-1] == 0:
        raise ArgumentError(
            f"{where}: a measure must have at least one atom and one coordinate, "
            f"got points.shape={tuple(points.shape)}. The empty measure is not a probability measure."
        )
    if not bool(torch.isfinite(points).all()):
        raise ArgumentError(
            f"{where}: points must be finite, got points with NaN or infinity (shape {tuple(points.shape)}). "
            "No Lipschitz statement covers them."
        )


def _check_weights(where: str, weights: Tensor) -> None:
    if not bool(torch.isfinite(weights).all()):
        raise ArgumentError(f"{where}: weights must be finite, got weights with NaN or infinity. Normalise them first.")
    if bool((weights < 0).any()):
        raise ArgumentError(
            f"{where}: weights must be >= 0, got min(weights)={float(weights.min())!r} (negative). "
            "A signed measure has no softmax. Remove the negative atoms."
        )
    tolerance = weight_sum_tolerance(weights.shape[-1], weights.dtype)
    if tolerance == float("inf"):
        raise ArgumentError(
            f"{where}: {weights.dtype} cannot hold {weights.shape[-1]} weights that sum to 1 to any digit "
            "(n * eps >= 1/2). Use float32 or float64 weights."
        )
    worst = (weights.to(torch.float64).sum(-1) - 1).abs()
    if worst.numel() and float(worst.max()) > tolerance:
        raise ArgumentError(
            f"{where}: weights must sum to 1 within {tolerance:.3g} (2nu/(1-2nu), u the unit roundoff), "
            f"got a sum that is off by {float(worst.max()):.6g}. Divide by weights.sum(-1, keepdim=True)."
        )
