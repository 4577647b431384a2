"""Scaled dot-product attention, normalisations and dropout at rate 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from proofcheck.bind.ops.elementwise import exact
from proofcheck.bind.ops.linear import matmul
from proofcheck.bind.ops.reduce import mean, softmax_of, var
from proofcheck.bind.ops.table import Array, along, array, each, finite, op, over, plus, times
from proofcheck.errors import ArgumentError


@op("scaled_dot_product_attention", raw=True)
def attention(
    query: Array,
    key: Array,
    value: Array,
    attn_mask: Any = None,
    dropout_p: Any = 0,
    is_causal: bool = False,
    *,
    scale: Any = None,
    enable_gqa: bool = False,
    mask_is_boolean: bool = False,
) -> Array:
    """softmax(scale q k^T + mask) v, scale 1/sqrt(E) unless given; a query that sees no key returns 0.

    is_causal: query i sees keys j <= i (top-left, also for L != S). A boolean mask keeps where True.

    Raises:
        ArgumentError: dropout, or both a mask and is_causal.
    """
    if dropout_p != 0:
        raise ArgumentError(f"scaled_dot_product_attention: dropout_p=0 required, got {dropout_p}. Call module.eval().")
    if attn_mask is not None and is_causal:
        raise ArgumentError("scaled_dot_product_attention: attn_mask or is_causal, got both. Torch refuses it too.")
    if enable_gqa:
        groups = query.shape[-3] // key.shape[-3]
        key, value = (np.repeat(x, groups, axis=-3) for x in (key, value))
    factor = 1 / sp.sqrt(query.shape[-1]) if scale is None else exact(scale)
    scores = each(lambda s: factor * s, matmul(query, np.swapaxes(key, -1, -2)))
    if is_causal:
        rows, columns = scores.shape[-2:]
        hidden = np.arange(columns)[None, :] > np.arange(rows)[:, None]
        scores = each(lambda s, h: -sp.oo if h else s, scores, hidden)
    if attn_mask is not None:
        if mask_is_boolean and any(not m.is_Integer for m in attn_mask.ravel()):
            raise ArgumentError("scaled_dot_product_attention: a mask known in advance required, got one from data.")
        kept = (lambda s, m: s if m == 1 else -sp.oo) if mask_is_boolean else plus
        scores = each(kept, scores, attn_mask)
    weights = along(_or_nothing, scores, -1)
    return matmul(weights, value)


def _or_nothing(line: list[Any]) -> list[Any]:
    if all(e == -sp.oo for e in line):
        return [sp.Integer(0)] * len(line)
    return softmax_of(line)


def _affine(x: Array, weight: Array | None, bias: Array | None) -> Array:
    x = x if weight is None else each(times, x, weight)
    return x if bias is None else each(plus, x, bias)


@op("native_layer_norm")
def layer_norm(
    x: Array, normalized_shape: list[int], weight: Array | None, bias: Array | None, eps: Any
) -> tuple[Array, Array, Array]:
    """(x - mean)/sqrt(biased variance + eps) * weight + bias over the last axes; also mean and 1/sqrt(...)."""
    finite("layer_norm", x)
    last = [-k for k in range(1, len(normalized_shape) + 1)]
    centre, spread = mean(x, last, True), var(x, last, correction=0, keepdim=True)
    inverse = each(lambda v: 1 / sp.sqrt(v + exact(eps)), spread)
    normal = each(lambda e, m, s: (e - m) * s, x, centre, inverse)
    return _affine(normal, weight, bias), centre, inverse


@op("_fused_rms_norm")
def fused_rms_norm(x: Array, normalized_shape: list[int], weight: Array | None, eps: Any) -> tuple[Array, Array]:
    """x/sqrt(mean x**2 + eps) * weight over the last axes; eps None is the unit of float64."""
    last = [-k for k in range(1, len(normalized_shape) + 1)]
    small = sp.Rational(1, 2**52) if eps is None else exact(eps)
    inverse = over(lambda line: 1 / sp.sqrt(sp.Add(*(e**2 for e in line)) / len(line) + small), x, last, True)
    return _affine(each(times, x, inverse), weight, None), inverse


@op("rms_norm")
def rms_norm(x: Array, normalized_shape: list[int], weight: Array | None = None, eps: Any = None) -> Array:
    return fused_rms_norm(x, normalized_shape, weight, eps)[0]


@op("native_group_norm")
def group_norm(
    x: Array, weight: Array | None, bias: Array | None, N: int, C: int, HxW: int, group: int, eps: Any
) -> tuple[Array, Array, Array]:
    """layer_norm over each group of channels and all places."""
    grouped = x.reshape(N, group, -1)
    normal, centre, inverse = layer_norm(grouped, [grouped.shape[-1]], None, None, eps)
    channels = (1, C, *(1 for _ in x.shape[2:]))
    weight, bias = (None if w is None else w.reshape(channels) for w in (weight, bias))
    return _affine(normal.reshape(x.shape), weight, bias), centre.reshape(N, group), inverse.reshape(N, group)


@op("_native_batch_norm_legit_no_training")
def batch_norm(
    x: Array, weight: Array | None, bias: Array | None, mean: Array, variance: Array, momentum: Any, eps: Any
) -> tuple[Array, Array, Array]:
    """Batch norm in eval mode: the running moments are constants of the module."""
    channels = (1, -1, *(1 for _ in x.shape[2:]))
    inverse = each(lambda v: 1 / sp.sqrt(v + exact(eps)), variance).reshape(channels)
    normal = each(lambda e, m, s: (e - m) * s, x, mean.reshape(channels), inverse)
    weight, bias = (None if w is None else w.reshape(channels) for w in (weight, bias))
    return _affine(normal, weight, bias), array([], (0,)), array([], (0,))


@op("native_dropout")
def dropout(x: Array, p: Any, train: bool | None) -> tuple[Array, Array]:
    """The identity; a positive rate was refused when the graph was read."""
    return x, each(lambda e: sp.Integer(1), x)


@op("dropout")
def plain_dropout(x: Array, p: Any, train: bool | None) -> Array:
    return x
