"""Contexts from a file: points (n, d) or (batch, n, d), weights (n) or (batch, n) where given. Nothing is executed.

    .safetensors   tensors `points` and, if wanted, `weights`
    .npy           points
    .json          a nested list of points, or {"points": ..., "weights": ...}; decimals are read as float64
Weights need not sum to 1: the softmax divides by their sum anyway. A token of weight 0 is padding.
"""

from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure, measure
from torch_impl.reference.exact import ExactMeasure, exact_measure, squared_distance
from torch_impl.rounding import float_up, sqrt_up

LARGEST = 2**26  # numbers in a file


def load_contexts(path: str | os.PathLike[str], d: int, dtype: torch.dtype) -> Measure:
    """The contexts in a file as (batch, n, d) measures of the model's dtype: what the model would see.

    Raises:
        ArgumentError: another suffix, a file that cannot be read, a wrong shape, NaN, weights that are negative or
            all 0, a dtype in which they leave the floats.
    """
    path = Path(path)
    try:
        points, weights = _READERS[path.suffix](path)
    except KeyError:
        raise ArgumentError(
            f"load_contexts: the file must end in .safetensors, .npy or .json, got {path.name!r}."
        ) from None
    except ArgumentError:
        raise
    except Exception as error:  # each reader has its own errors for a file that is truncated or foreign
        reason = " ".join(str(error).split())[:200]
        raise ArgumentError(f"load_contexts: {path.name} cannot be read as contexts ({reason}).") from error
    if points.ndim not in (2, 3) or points.shape[-1] != d or 0 in points.shape or points.numel() > LARGEST:
        raise ArgumentError(
            f"load_contexts: {path.name} must hold points (n, {d}) or (batch, n, {d}), got {tuple(points.shape)}. "
            f"The model's tokens have d = {d} coordinates."
        )
    if weights is None:
        weights = torch.ones(points.shape[:-1], dtype=torch.float64)
    if weights.shape != points.shape[:-1]:
        raise ArgumentError(
            f"load_contexts: weights must be {tuple(points.shape[:-1])}, got {tuple(weights.shape)} in {path.name}."
        )
    if (
        not bool((weights >= 0).all())
        or not bool(torch.isfinite(weights).all())
        or not bool((weights.sum(-1) > 0).all())
    ):
        raise ArgumentError(f"load_contexts: weights must be finite, >= 0 and not all 0, in {path.name}.")
    points = points.reshape(-1, *points.shape[-2:]).to(dtype)
    weights = (weights / weights.sum(-1, keepdim=True)).reshape(points.shape[:-1]).to(dtype)
    return measure(points, weights)


def exact_contexts(contexts: Measure, radius: Fraction, diameter: Fraction) -> list[ExactMeasure]:
    """The contexts in rationals, each checked to lie in the domain of the certificate, exactly.

    Raises:
        ArgumentError: a token outside the ball, or two tokens too far apart; the message says what would hold them.
    """
    exact = [exact_measure(p, w) for p, w in zip(contexts.points, contexts.weights, strict=True)]
    for i, mu in enumerate(exact):
        largest = max(sum((v * v for v in y), Fraction(0)) for y in mu.points)
        if largest > radius**2:
            raise ArgumentError(
                f"certify: context {i} leaves the ball of radius {float(radius)!r}: a token has norm "
                f"{float_up(sqrt_up(largest))!r}. Give --radius {float_up(sqrt_up(largest))!r} or more."
            )
        if diameter < 2 * radius:
            _check_diameter(i, mu, contexts.points[i], diameter)
    return exact


def _check_diameter(i: int, mu: ExactMeasure, points: Tensor, diameter: Fraction) -> None:
    """Float distances first; only pairs near the limit are compared in rationals."""
    floats = torch.tensor([[float(v) for v in y] for y in mu.points], dtype=torch.float64)
    distances = torch.cdist(floats, floats, compute_mode="donot_use_mm_for_euclid_dist")
    # a float distance is off by a factor within (d + 4) u of 1
    limit = float(diameter) * (1 - 4 * (points.shape[-1] + 4) * torch.finfo(torch.float64).eps)
    for a, b in torch.nonzero(torch.triu(distances, 1) >= max(limit, 0.0)).tolist():
        square = squared_distance(mu.points[a], mu.points[b])
        if a < b and square > diameter**2:
            needed = float_up(sqrt_up(max(square, Fraction(float(distances.max())) ** 2)))
            raise ArgumentError(
                f"certify: context {i} is wider than the diameter {float(diameter)!r}: two tokens are "
                f"{needed!r} apart. Give --diameter {needed!r} or more."
            )


def _safetensors(path: Path) -> tuple[Tensor, Tensor | None]:
    from safetensors.torch import load_file

    found = load_file(path)
    if "points" not in found or set(found) > {"points", "weights"}:
        raise ArgumentError(f"load_contexts: {path.name} must hold points (and weights), got {sorted(found)}.")
    return found["points"].to(torch.float64), found["weights"].to(torch.float64) if "weights" in found else None


def _npy(path: Path) -> tuple[Tensor, None]:
    return _numbers("points", np.load(path, allow_pickle=False)), None


def _json(path: Path) -> tuple[Tensor, Tensor | None]:
    found = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(found, dict):
        if "points" not in found or set(found) > {"points", "weights"}:
            raise ArgumentError(f"load_contexts: {path.name} must hold points (and weights), got {sorted(found)}.")
        weights = found.get("weights")
        return _numbers("points", found["points"]), None if weights is None else _numbers("weights", weights)
    return _numbers("points", found), None


def _numbers(name: str, value: Any) -> Tensor:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise ArgumentError(
            f"load_contexts: {name} must be numbers in a full array, got {array.dtype}. No ragged lists."
        )
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.float64))


_READERS = {".safetensors": _safetensors, ".npy": _npy, ".json": _json}
