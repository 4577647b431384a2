"""Float quantities of a batch with a bound of their roundoff: norms, image diameters, image radii.

u is the unit roundoff. The counts are first-order and generous; they only decide which cases are looked at
exactly, and the step that code is given is certified there anew.
"""

from __future__ import annotations

import torch
from torch import Tensor

from proofcheck.hammer.trial import Measured

BLOCK = 2**16  # squared distances at a time on a CPU: 512 kB, which stays in the cache


SHORTENED = {"highest": 2.0**-24, "high": 2.0**-11, "medium": 2.0**-8}  # of products of float32: own, TF32, bfloat16


def unit_roundoff(t: Tensor) -> float:
    """u of the dtype; of the factors of its products where torch may shorten float32 (set_float32_matmul_precision)."""
    if t.dtype == torch.float32:
        return SHORTENED[torch.get_float32_matmul_precision()]
    return torch.finfo(t.dtype).eps / 2


def operator_norm(matrix: Tensor) -> Measured:
    """|M|_2 of (batch, k, d) by SVD: backward stable, so off by a modest multiple of u |M|."""
    value = torch.linalg.svdvals(matrix)[..., 0]
    return Measured(value, 4 * sum(matrix.shape[-2:]) * unit_roundoff(matrix) * value.detach())


def image(points: Tensor, A: Tensor) -> Tensor:
    """A y_j: (batch, n, d)."""
    return points @ A.mT


def squares(v: Tensor) -> Tensor:
    """|v|^2 along the last axis, as a product with ones: short rows are slow to reduce otherwise."""
    return v.square() @ torch.ones(v.shape[-1], dtype=v.dtype, device=v.device)


def lengths(v: Tensor) -> Tensor:
    """|v| along the last axis, off by (d + 2) u |v|; for values, not for gradients at 0."""
    return squares(v).sqrt_()


def image_diameter(points: Tensor, A: Tensor) -> Measured:
    """max |A (y_i - y_j)| per measure. Atoms are centred first, so near-Dirac clouds lose no digits."""
    centred = points - points[..., :1, :]
    v = image(centred, A)
    reach = A.detach().flatten(-2).norm(dim=-1) * lengths(centred.detach()).amax(-1)
    return spread(v, squares(v), reach)


def spread(v: Tensor, squared_lengths: Tensor, reach: Tensor) -> Measured:
    """max |v_i - v_j| per measure, for images v = A c of centred atoms c and reach = |A|_F max |c|.

    The squared distances of the centred images have errors (4 d + 16) u D^2; mapping a centred atom c by A costs
    (d + 2) u |A|_F |c| more.
    """
    n, d = v.shape[-2:]
    if n <= 2:
        largest = squared_lengths.amax(-1)
    else:
        # |a|^2 + |b|^2 - 2 <a, b> as one product of rows (|a|^2, 1, -2a) and (1, |b|^2, b): no n^2 temporaries
        edge = squared_lengths.unsqueeze(-1)
        one = torch.ones_like(edge)
        left, right = torch.cat([edge, one, -2 * v], -1), torch.cat([one, edge, v], -1).mT
        largest = _largest_entries(left, right)
    D = _root(largest)
    return Measured(D, unit_roundoff(v) * ((2 * d + 8) * D.detach() + 2 * (d + 4) * reach))


def _largest_entries(left: Tensor, right: Tensor) -> Tensor:
    """The largest entry of each product left @ right, a block of products at a time on a CPU."""
    n = left.shape[-2]
    block = max(1, BLOCK // n**2)
    if left.device.type != "cpu" or left.requires_grad or left.ndim != 3 or block >= left.shape[0]:
        return (left @ right).flatten(-2).amax(-1)
    found = torch.empty(left.shape[0], dtype=left.dtype)
    for at in range(0, left.shape[0], block):
        torch.amax((left[at : at + block] @ right[at : at + block]).flatten(-2), -1, out=found[at : at + block])
    return found


def image_radius(points: Tensor, A: Tensor) -> Measured:
    """max |A y_j| per measure; error (d + 4) u |A|_F max |y_j|."""
    d = points.shape[-1]
    value = _root(image(points, A).square().sum(-1).amax(-1))
    reach = A.detach().flatten(-2).norm(dim=-1) * points.detach().norm(dim=-1).amax(-1)
    return Measured(value, 2 * (d + 4) * unit_roundoff(points) * reach)


def squared(q: Measured) -> Measured:
    """q^2, error 2 q e + e^2 + u q^2."""
    q2 = q.value.square()
    u = unit_roundoff(q.value)
    return Measured(q2, 2 * q.value.detach() * q.error + q.error**2 + u * q2.detach())


def exactly(value: Tensor) -> Measured:
    """A quantity that is an input: no error."""
    return Measured(value, torch.zeros_like(value.detach()))


def _root(squares: Tensor) -> Tensor:
    """sqrt of a clamped square with derivative 0 at 0."""
    positive = squares > 0
    return torch.where(positive, torch.where(positive, squares, torch.ones_like(squares)).sqrt(), 0 * squares)
