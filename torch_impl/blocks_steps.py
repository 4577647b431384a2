"""The steps that `blocks` puts together, as differentiable functions of tensors (LT-12, LT-13, LT-14, LT-19).

    product_mlp           two MLP layers as one block-diagonal layer with one step                  LT-12
    product_attention     attention with diag(0, A): only the last block is seen and moved          LT-12
    lattice_maximum       <v1, z1'> = max(<v1, z1>, <v2, z2>) after one MLP step                    LT-13
    lattice_minimum       the same for min
    uniform_integral      sum_j a_j <w, y_j> read from a zero coordinate                            LT-14
    max_min_steps         max_i min_j (<a_ij, x> + b_ij) by sorting steps                           LT-19

`blocks` builds the same steps as sparse matrices of a `Network`. Every value here passes through `gradient_mlp` or
`gradient_attention`, the layers that LT-01 and LT-05 speak of.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.layers import Scalar, gradient_attention, gradient_mlp, sorting_step
from torch_impl.measures import Measure


def product_mlp(x: Tensor, W1: Tensor, b1: Tensor, W2: Tensor, b2: Tensor, step: Scalar, power: int) -> Tensor:
    """(x1 - step W1^T relu(W1 x1 + b1), x2 - step c^2 W2^T relu(W2 x2 + b2)), c = 2^power, as one layer.

    Args:
        x: (..., d1 + d2).   W1: (k1, d1), b1: (k1).   W2: (k2, d2), b2: (k2).   step: the step of layer 1; that of
            layer 2 is step * 4^power.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    if W1.ndim != 2 or W2.ndim != 2 or x.shape[-1] != W1.shape[1] + W2.shape[1]:
        raise ArgumentError(
            f"product_mlp: required x (..., d1 + d2), W1 (k1, d1), W2 (k2, d2), got x.shape={tuple(x.shape)}, "
            f"W1.shape={tuple(W1.shape)}, W2.shape={tuple(W2.shape)}."
        )
    c = math.ldexp(1, power)
    above = torch.cat([W1, W1.new_zeros(W1.shape[0], W2.shape[1])], dim=-1)
    below = torch.cat([W2.new_zeros(W2.shape[0], W1.shape[1]), c * W2], dim=-1)
    return gradient_mlp(x, torch.cat([above, below]), torch.cat([b1, c * b2]), step)


def product_attention(measure: Measure, x: Tensor, A: Tensor, step: Scalar) -> Tensor:
    """(x1, x2 - step E_{x2}[A y2]): the layer diag(0, A) on R^d, A (k, k) for the last k <= d coordinates.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    k, d = len(A), x.shape[-1]
    if A.shape != (k, k) or not 0 < k <= d:
        raise ArgumentError(f"product_attention: required A (k, k) with k <= {d}, got A.shape={tuple(A.shape)}.")
    below = torch.cat([A.new_zeros(k, d - k), A], dim=-1)
    return gradient_attention(measure, x, torch.cat([A.new_zeros(d - k, d), below]), step)


def lattice_maximum(z1: Tensor, z2: Tensor, v1: Tensor, v2: Tensor) -> Tensor:
    """max(<v1, z1>, <v2, z2>) as <v1, z1'>, z' the MLP step with the row (-v1, v2) and step 1/|v1|^2 (LT-13).

    z1: (..., m1), z2: (..., m2), v1: (m1), v2: (m2); returns (...). The step is admissible if |v2| <= |v1| (not checked
    here: `blocks.maximum` orders the two).

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    return _lattice(z1, z2, v1, v2, -1)


def lattice_minimum(z1: Tensor, z2: Tensor, v1: Tensor, v2: Tensor) -> Tensor:
    """min(<v1, z1>, <v2, z2>), with the row (v1, -v2); see `lattice_maximum`."""
    return _lattice(z1, z2, v1, v2, 1)


def _lattice(z1: Tensor, z2: Tensor, v1: Tensor, v2: Tensor, sign: int) -> Tensor:
    if v1.ndim != 1 or v2.ndim != 1 or z1.shape != (*z2.shape[:-1], len(v1)) or z2.shape[-1:] != v2.shape:
        raise ArgumentError(
            f"lattice step: required z1 (..., m1), z2 (..., m2), v1 (m1), v2 (m2), got {tuple(z1.shape)}, "
            f"{tuple(z2.shape)}, {tuple(v1.shape)}, {tuple(v2.shape)}."
        )
    row = torch.cat([sign * v1, -sign * v2]).unsqueeze(0)
    step = torch.as_tensor(evaluate(lemma_bound("lattice", "tau"), {"n": v1.square().sum()}))
    moved = gradient_mlp(torch.cat([z1, z2], dim=-1), row, v1.new_zeros(1), step)
    return moved[..., : len(v1)] @ v1


def uniform_integral(measure: Measure, x: Tensor, w: Tensor, c: Scalar, step: Scalar) -> Tensor:
    """sum_j a_j <w, y_j> for every query, whatever it is: -t/(step c) after attention with A = c e_t w^T (LT-14).

    Args:
        measure: points (*batch, n, d), weights (*batch, n).   x: (*batch, q, d).   w: (d).   Returns (*batch, q).

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit, or c or step is 0.
    """
    d = x.shape[-1]
    if w.shape != (d,) or 0 in (v for v in (c, step) if not isinstance(v, Tensor)):
        raise ArgumentError(f"uniform_integral: required w ({d},), c and step != 0, got {tuple(w.shape)}, {c}, {step}.")
    points = torch.cat([measure.points, torch.zeros_like(measure.points[..., :1])], dim=-1)
    query = torch.cat([x, torch.zeros_like(x[..., :1])], dim=-1)
    A = torch.cat([w.new_zeros(d, d + 1), torch.cat([c * w, w.new_zeros(1)]).unsqueeze(0)])
    moved = gradient_attention(Measure(points, measure.weights), query, A, step)
    return -(moved[..., d] / (step * c))


def max_min_steps(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
    """max_i min_j (<a_ij, x> + b_ij): lift 2 a, one MLP step for the offsets, then sorting steps (LT-19).

    x: (..., d), a: (groups, pieces, d), b: (groups, pieces); returns (...). 1-Lipschitz in x if every |a_ij| <= 1.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit, or there is no piece.
    """
    if a.ndim != 3 or b.shape != a.shape[:2] or x.shape[-1:] != a.shape[2:] or 0 in a.shape:
        raise ArgumentError(
            f"max_min_steps: required x (..., d), a (groups, pieces, d), b (groups, pieces), none empty, got "
            f"{tuple(x.shape)}, {tuple(a.shape)}, {tuple(b.shape)}."
        )
    groups, pieces, d = a.shape
    k = groups * pieces
    lift, step = (float(evaluate(lemma_bound("scalar_resnets", key), {})) for key in ("lift", "tau_offset"))
    z = x @ (lift * a.reshape(k, d)).mT
    eye = torch.eye(k, dtype=x.dtype, device=x.device)
    shift = lift * b.reshape(k)
    z = gradient_mlp(z, torch.cat([eye, -eye]), torch.cat([-shift, shift]), step)
    return _tree(_tree(z.reshape(*z.shape[:-1], groups, pieces), 0), 1)


def _tree(values: Tensor, kept: int) -> Tensor:
    """Minimum (kept = 0) or maximum (1) along the last axis, halved by sorting steps until one is left."""
    while values.shape[-1] > 1:
        half, odd = divmod(values.shape[-1], 2)
        first, second, rest = values.split([half, half, odd], dim=-1)
        values = torch.cat([sorting_step(torch.stack([first, second], dim=-1))[..., kept], rest], dim=-1)
    return values[..., 0]
