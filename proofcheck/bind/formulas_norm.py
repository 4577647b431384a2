"""The reference formulas of the normalisations and of L2 attention, and the sizes they are compared at.

    RMS_NORM     g_i x_i/s, s^2 = sum_j x_j^2/d + eps                                          AS-09
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
