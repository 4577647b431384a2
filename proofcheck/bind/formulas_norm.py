"""The reference formulas of the normalisations and of L2 attention, and the sizes they are compared at.

    RMS_NORM     g_i x_i/s, s^2 = sum_j x_j^2/d + eps                                          AS-09
    L2_ATTENTION [f^1 V_1, ...] O, f^h_i = sum_j P_ij x_j W W^T/sqrt(k), P_ij ~ e^{-|x_i W - x_j W|^2/sqrt(k)}  AS-11
    LAYER_NORM   g_i (x_i - mean x)/s + b_i, s^2 = (sum_j x_j^2)/d - (mean x)^2 + eps          AS-09

Written from moments: the variance here is E[x^2] - E[x]^2, the code centres first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from proofcheck.bind.formulas import Array, Formula
from proofcheck.bind.inputs import real

EPS = 0.25  # an exact dyadic number; the formulas take it as it is


def rms_norm(x: Array, gain: Array, eps: Any) -> Any:
    """g_i x_i / sqrt(sum_j x_j^2/d + eps) along the last axis."""
    if x.ndim > 1:
        return np.array([rms_norm(row, gain, eps) for row in x], dtype=object)
    d = len(x)
    s = sp.sqrt(sum(v * v for v in x) / d + _exact(eps))
    return np.array([gain[i] * x[i] / s for i in range(d)], dtype=object)


def layer_norm(x: Array, gain: Array, bias: Array, eps: Any) -> Any:
    """g_i (x_i - mean)/sqrt(var + eps) + b_i along the last axis, var = E[x^2] - mean^2."""
    if x.ndim > 1:
        return np.array([layer_norm(row, gain, bias, eps) for row in x], dtype=object)
    d = len(x)
    mean = sum(x) / d
    s = sp.sqrt(sum(v * v for v in x) / d - mean * mean + _exact(eps))
    return np.array([gain[i] * (x[i] - mean) / s + bias[i] for i in range(d)], dtype=object)


def l2_attention(X: Array, W: Array, V: Array, O: Array) -> Any:
    """[f^1(X) V_1, ...] O with weights from the squared distances themselves, not expanded."""
    n, d, k = len(X), X.shape[1], W.shape[2]
    rows: list[list[Any]] = []
    for i in range(n):
        parts: list[Any] = []
        for head, value in zip(W, V, strict=True):
            images = [[sum(x[r] * head[r, c] for r in range(d)) for c in range(k)] for x in X]
            mass = [sp.exp(-sum((a - b) ** 2 for a, b in zip(images[i], y, strict=True)) / sp.sqrt(k)) for y in images]
            mean = [sum(m * y[c] for m, y in zip(mass, images, strict=True)) / sum(mass) for c in range(k)]
            back = [sum(mean[c] * head[r, c] for c in range(k)) / sp.sqrt(k) for r in range(d)]
            parts += [sum(back[r] * value[r, e] for r in range(d)) for e in range(value.shape[1])]
        rows.append([sum(p * O[j, c] for j, p in enumerate(parts)) for c in range(O.shape[1])])
    return np.array(rows, dtype=object)


def _exact(eps: Any) -> sp.Expr:
    return sp.Rational(eps) if isinstance(eps, float) else sp.sympify(eps, strict=True)


RMS_NORM = Formula(
    "rms_norm",
    "g*x/sqrt(|x|^2/d + eps)",
    rms_norm,
    tuple({"x": real(*shape), "gain": real(shape[-1]), "eps": EPS} for shape in ((1,), (2,), (2, 2))),
)
LAYER_NORM = Formula(
    "layer_norm",
    "g*(x - mean x)/sqrt(var x + eps) + b",
    layer_norm,
    tuple(
        {"x": real(*shape), "gain": real(shape[-1]), "bias": real(shape[-1]), "eps": EPS}
        for shape in ((2,), (3,), (2, 2))
    ),
)
L2_ATTENTION = Formula(
    "l2_attention",
    "[P X W W^T V/sqrt(k), one for each head] O, P_ij ~ exp(-|x_i W - x_j W|^2/sqrt(k))",
    l2_attention,
    tuple(
        {"X": real(n, d), "W": real(heads, d, k), "V": real(heads, d, 1), "O": real(heads, 1)}
        for n, d, k, heads in ((1, 2, 4, 1), (2, 1, 4, 1), (2, 1, 1, 2))
    ),
)
