"""Products of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from proofcheck.bind.ops.table import Array, array, each, finite, op, over, plus, times, total


@op("mm", "bmm", "matmul", "mv", "dot", "vdot")
def matmul(a: Array, b: Array) -> Array:
    """Matrix product over the last two axes, batch axes broadcast as in torch.matmul."""
    finite("matmul", a, b)
    left = a.reshape(1, -1) if a.ndim == 1 else a
    right = b.reshape(-1, 1) if b.ndim == 1 else b
    batch = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    left = np.broadcast_to(left, (*batch, *left.shape[-2:]))
    right = np.broadcast_to(right, (*batch, *right.shape[-2:]))
    result = np.empty((*batch, left.shape[-2], right.shape[-1]), dtype=object)
    for place in np.ndindex(*result.shape):
        *outer, i, j = place
        row, column = left[(*outer, i)], right[(*outer, slice(None), j)]
        result[place] = sp.Add(*(x * y for x, y in zip(row, column, strict=True)))
    if a.ndim == 1:
        result = result[..., 0, :]
    return result[..., 0] if b.ndim == 1 else result


@op("addmm", "baddbmm", "addmv")
def addmm(bias: Array, a: Array, b: Array, *, beta: Any = 1, alpha: Any = 1) -> Array:
    """beta * bias + alpha * a @ b."""
    product = each(lambda p: times(sp.sympify(alpha), p), matmul(a, b))
    return each(plus, each(lambda p: times(sp.sympify(beta), p), bias), product)


@op("linear")
def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """x W^T + b."""
    product = matmul(x, weight.T)
    return product if bias is None else each(plus, product, bias)


@op("_cdist_forward", "cdist")
def cdist(a: Array, b: Array, p: Any = 2, mode: Any = None) -> Array:
    """Distances |a_i - b_j|_p, p = 1 or 2."""
    from proofcheck.bind.ops.reduce import norm_of

    gaps = each(lambda x, y: x - y, a[..., :, None, :], b[..., None, :, :])
    return over(lambda line: norm_of(line, sp.sympify(p)), gaps, -1)


@op("_trilinear")
def trilinear(
    a: Array, b: Array, c: Array, expand1: list, expand2: list, expand3: list, sumdim: list, unroll: int = 1
) -> Array:
    """Sum over sumdim of a*b*c, with axes inserted first (torch's own step of nn.Bilinear)."""
    operands = []
    for x, inserted in ((a, expand1), (b, expand2), (c, expand3)):
        for dim in sorted(inserted):
            x = np.expand_dims(x, dim)
        operands.append(x)
    return over(lambda line: sp.Add(*line), each(lambda x, y, z: x * y * z, *operands), sumdim)


@op("convolution")
def convolution(
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: list,
    padding: list,
    dilation: list,
    transposed: bool,
    output_padding: list,
    groups: int,
) -> Array:
    """Cross-correlation over all trailing axes, zero padding."""
    if transposed:
        raise NotImplementedError("a transposed convolution")
    spatial = x.ndim - 2
    stride, padding, dilation = ([v[0]] * spatial if len(v) == 1 else v for v in (stride, padding, dilation))
    padded = np.full((*x.shape[:2], *(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))), sp.S.Zero)
    padded[(slice(None), slice(None), *(slice(p, p + n) for n, p in zip(x.shape[2:], padding, strict=True)))] = x
    kernel = weight.shape[2:]
    size = [
        (n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(padded.shape[2:], kernel, stride, dilation, strict=True)
    ]
    result = np.empty((x.shape[0], weight.shape[0], *size), dtype=object)
    each_in, each_out = weight.shape[1], weight.shape[0] // groups
    for item, channel, *place in np.ndindex(*result.shape):
        first = channel // each_out * each_in
        terms = [] if bias is None else [bias[channel]]
        for c, *offset in np.ndindex(each_in, *kernel):
            at = tuple(p * s + o * d for p, s, o, d in zip(place, stride, offset, dilation, strict=True))
            terms.append(padded[(item, first + c, *at)] * weight[(channel, c, *offset)])
        result[(item, channel, *place)] = total(terms)
    return array(list(result.ravel()), result.shape)
