"""Handwritten digits as probability measures on the plane.

An 8x8 image becomes sum_j w_j delta_{y_j}: y_j the positions of its pixels in [-1, 1]^2, w_j the intensities divided by
their sum. The label is a function of the measure alone, so a model that answers at a fixed query needs its context.
The images ship with scikit-learn (1,797 of them; UCI Optical Recognition of Handwritten Digits).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

SIDE = 8
DOMAIN_RADIUS = 1.5  # the ball of all tokens, also moved ones; the corner pixels have norm sqrt(2)
CLASSES = 10
PIXEL = 2 / (SIDE - 1)  # distance of neighbouring pixels


class Split(NamedTuple):
    """weights (n, 64), labels (n)."""

    weights: Tensor
    labels: Tensor


class Digits(NamedTuple):
    """pixels: (64, 2), shared by all images."""

    pixels: Tensor
    train: Split
    test: Split


def digits(train: int, test: int, seed: int) -> Digits:
    """Images in an order drawn from the seed, float64; the first `train` and the last `test` of them."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    weights = torch.tensor(images, dtype=torch.float64)
    weights = weights / weights.sum(1, keepdim=True)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    weights, targets = weights[order], torch.tensor(labels)[order]
    if train + test > len(targets):
        raise SystemExit(f"there are {len(targets)} images, got {train} + {test}")
    axis = torch.linspace(-1, 1, SIDE, dtype=torch.float64)
    pixels = torch.stack((axis.repeat(SIDE), -axis.repeat_interleave(SIDE)), -1)  # row 0 of an image is on top
    return Digits(pixels, Split(weights[:train], targets[:train]), Split(weights[-test:], targets[-test:]))


def compact(pixels: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Pixels of weight 0 dropped: points (n, k, 2) and weights (n, k), padded with weight 0 to the largest count."""
    count = int((weights > 0).sum(1).max())
    order = (weights > 0).to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :count]
    kept = weights.gather(1, order)
    points = torch.where((kept > 0).unsqueeze(-1), pixels[order], torch.zeros((), dtype=pixels.dtype))
    return points, kept


if not math.sqrt(2) < DOMAIN_RADIUS:
    raise ValueError("the domain must hold the pixels")
