"""Softmax attention of a measure with a value matrix, entry by entry, for the bindings of MM-18, MM-21, MM-22, AS-03.

    ATTEND     V sum_j a_j e^<A x + beta, y_j> y_j / sum_j a_j e^<A x + beta, y_j>
    RESIDUAL   x + h times that

Sums over atoms, no stabiliser, no logarithm of the weights; the score has A on the query's side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
import torch

from proofcheck.bind.formulas import Formula
from proofcheck.bind.inputs import real, weights
from torch_impl.measures import Measure

Array = np.ndarray


def attend(measure: Any, x: Array, A: Array, V: Array, beta: Array | None = None) -> Array:
    """Att(mu, x) per query, (q, d'), or (batch, q, d') for a batch of measures."""
    points, masses = measure
    if x.ndim == 3:
        shared = [(A[k] if A.ndim == 3 else A, V[k] if V.ndim == 3 else V) for k in range(len(x))]
        return np.array([attend((points[k], masses[k]), x[k], *shared[k], beta) for k in range(len(x))], dtype=object)
    d, result = x.shape[1], np.empty((len(x), len(V)), dtype=object)
    for i, query in enumerate(x):
        tilt = [sum(A[r, c] * query[c] for c in range(d)) + (0 if beta is None else beta[r]) for r in range(d)]
        mass = [a * sp.exp(sum(tilt[r] * y[r] for r in range(d))) for a, y in zip(masses, points, strict=True)]
        mean = [sum(m * y[c] for m, y in zip(mass, points, strict=True)) / sum(mass) for c in range(d)]
        for row in range(len(V)):
            result[i, row] = sum(V[row, c] * mean[c] for c in range(d))
    return result


def residual_attention(measure: Any, x: Array, A: Array, V: Array, h: Any) -> Array:
    """x + h Att(mu, x)."""
    step = h.item() if isinstance(h, np.ndarray) else h
    return x + step * attend(measure, x, A, V)


def _measure(n: int, d: int, *batch: int) -> Measure:
    return Measure(real(*batch, n, d), weights(*batch, n))  # type: ignore[arg-type]


_HALF = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
_LINE = {"measure": _measure(3, 1), "x": real(2, 1), "A": real(1, 1), "V": real(1, 1)}
_PLANE = {"measure": _measure(2, 2), "x": real(1, 2), "A": real(2, 2), "V": real(2, 2)}

ATTEND = Formula(
    "attend",
    "V sum_j a_j exp<A x + beta, y_j> y_j / sum_j a_j exp<A x + beta, y_j>",
    attend,
    (
        _LINE,
        {**_PLANE, "V": real(1, 2), "beta": real(2)},
        {**_LINE, "measure": Measure(real(3, 1), _HALF), "V": real(2, 1)},  # type: ignore[arg-type]
        {"measure": _measure(2, 1, 2), "x": real(2, 1, 1), "A": real(2, 1, 1), "V": real(1, 1)},
    ),
)
RESIDUAL = Formula(
    "residual_attention", "x + h V E_x[y]", residual_attention, tuple(c | {"h": real()} for c in (_LINE, _PLANE))
)
