"""One context shared by many queries: E_x[A (y - y_0)] for all of them, straight from the formula, for a batch.

    keys      rows (log a_j, c_j, 1), c_j = A (y_j - y_0); queries (1, x): the log-weight is one more coordinate of the
              key, so one product gives every score log a_j + <x, c_j>, one more the tilted sums with their normaliser
    centring  shifts all scores of a query alike and all means by A y_0: differences of means do not see it, and a cloud
              that is small beside its distance to the origin loses no digits

exp needs no maximum taken off where every |<x, c_j>| <= SAFE: the sum is at least max_j a_j e^-SAFE >= e^-SAFE / n, and
terms that underflow lose at most n times the smallest normal number, a share n^2 e^SAFE tiny < u of the sum.
This shares no code with torch_impl, which it is compared with.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.hammer import quantities
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.trial import Measured

SAFE = {torch.float64: 300.0, torch.float32: 40.0}
ELEMENTS = 2**17  # numbers in one block of scores on a CPU: 1 MB, so that it stays in the cache


class SharedContext(NamedTuple):
    """weights a_j (batch, n), images c_j (batch, n, d), squares |c_j|^2 (batch, n), and per measure, (batch,):
    longest = max |c_j|, size = |A|_F max |y_j - y_0|."""

    weights: Tensor
    images: Tensor
    squares: Tensor
    longest: Tensor
    size: Tensor

    def quantity(self, name: str) -> Measured | None:
        """The image diameter or its square from the images that are there; None for any other quantity."""
        if name not in ("diameter", "image_diameter", "image_diameter_squared"):
            return None
        found = quantities.spread(self.images, self.squares, self.size)
        return quantities.squared(found) if name == "image_diameter_squared" else found


def shared_context(points: Tensor, weights: Tensor, A: Tensor) -> SharedContext:
    """The context of a batch of measures: points (batch, n, d), weights (batch, n) >= 0, A (batch, d, d)."""
    centred = points - points[:, :1]
    images = centred @ A.mT
    size = A.flatten(-2).norm(dim=-1) * quantities.squares(centred).amax(-1).sqrt()
    squares = quantities.squares(images)
    return SharedContext(weights, images, squares, squares.amax(-1).sqrt(), size)


def _keys(context: SharedContext) -> tuple[Tensor, Tensor]:
    """The keys (batch, n, d + 2) and max |log a_j| (batch,)."""
    logs, images = context.weights.log(), context.images
    keys = torch.cat([logs.unsqueeze(-1), images, torch.ones_like(logs).unsqueeze(-1)], -1)
    return keys, logs.amin(-1).abs()


def tilted_means(context: SharedContext, *queries: Tensor) -> Measured:
    """E_x[c] for the queries, one tensor (batch, q, d) after another: (batch, sum of q, d), error (batch, sum of q).

    A score is off by u ((2 d + 10) |x| size + (d + 6) max |log a|), the maximum taken off or not; exp makes that
    relative, normalising doubles it, and the two sums add (2 n + d + 16) u. Where that is 1/10 or more: inf.
    """
    keys, logs = _keys(context)
    longest, size = context.longest, context.size
    batch, n, width = keys.shape
    u, d, count = unit_roundoff(keys), width - 2, sum(x.shape[1] for x in queries)
    rows = torch.empty(batch, count, d + 1, dtype=keys.dtype, device=keys.device)
    rows[..., 0] = 1
    torch.cat(queries, 1, out=rows[..., 1:])
    lengths = quantities.lengths(rows[..., 1:])
    made = torch.empty(batch, count, d + 1, dtype=keys.dtype, device=keys.device)
    # asking for a value waits for a device: only a CPU asks, elsewhere the maximum is always taken off
    small = keys.device.type == "cpu" and bool((lengths.amax(-1) * longest).amax() <= SAFE[keys.dtype])
    block = max(1, ELEMENTS // (n * count)) if keys.device.type == "cpu" else batch
    for at in range(0, batch, block):
        key = keys[at : at + block]
        scores = rows[at : at + block] @ key[..., :-1].mT
        if not small:
            scores -= scores.amax(-1, keepdim=True)
        torch.matmul(scores.exp_(), key[..., 1:], out=made[at : at + block])
    means = made[..., :-1] / made[..., -1:]
    delta = u * ((2 * d + 10) * lengths * size.unsqueeze(-1) + (d + 6) * logs.unsqueeze(-1) + 4)
    relative = 2 * delta + (2 * n + d + 16) * u
    relative = torch.where(relative < 0.1, relative, torch.inf)
    size = size.unsqueeze(-1)
    return Measured(means, torch.where(size > 0, 1.1 * relative * size, size))  # a single place: no 0 * inf
