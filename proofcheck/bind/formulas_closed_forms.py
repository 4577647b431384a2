"""Reference formulas of the closed forms of attention, and the sizes they are compared at.

    merge              log(e^k + e^l), (e^k u + e^l v)/(e^k + e^l)                                MM-04
    attention_state    log sum_j a_j e^<A x, y_j>, V sum_j a_j e^<A x, y_j> y_j / sum_j ...       MM-04

Sums over indices from the definitions, not as the code is; `measure` is a pair (points, weights).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from proofcheck.bind.formulas import Array, Formula
from proofcheck.bind.inputs import real, weights
from torch_impl.measures import Measure
from torch_impl.prefix_merge import SoftmaxState


def applied(matrix: Array, vector: Any) -> list[sp.Expr]:
    """The matrix times the vector."""
    return [sum((matrix[i, j] * vector[j] for j in range(len(vector))), sp.Integer(0)) for i in range(len(matrix))]


def inner(u: Any, v: Any) -> sp.Expr:
    return sum((a * b for a, b in zip(u, v, strict=True)), sp.Integer(0))


def context(n: int, d: int) -> Measure:
    """A measure of n symbolic tokens with symbolic weights."""
    return Measure(real(n, d), weights(n))  # type: ignore[arg-type]


# ---- MM-04


def _merge(first: Any, second: Any) -> Any:
    (k, u), (m, v) = first, second
    below = [sp.exp(a) + sp.exp(b) for a, b in zip(k, m, strict=True)]
    value = [
        [(sp.exp(k[i]) * a + sp.exp(m[i]) * b) / below[i] for a, b in zip(u[i], v[i], strict=True)]
        for i in range(len(k))
    ]
    return np.array([sp.log(z) for z in below], dtype=object), np.array(value, dtype=object)


def _attention_state(measure: Any, x: Array, A: Array, V: Array) -> Any:
    points, masses = measure
    logs, values = [], []
    for query in x:
        tilt = [a * sp.exp(inner(applied(A, query), y)) for a, y in zip(masses, points, strict=True)]
        mean = [sum(t * y[c] for t, y in zip(tilt, points, strict=True)) / sum(tilt) for c in range(len(query))]
        logs.append(sp.log(sum(tilt)))
        values.append(applied(V, mean))
    return np.array(logs, dtype=object), np.array(values, dtype=object)


def _state(q: int, d: int) -> SoftmaxState:
    return SoftmaxState(real(q), real(q, d))  # type: ignore[arg-type]


MERGE = Formula(
    "merge",
    "log(e^k + e^l), (e^k*u + e^l*v)/(e^k + e^l)",
    _merge,
    tuple({"first": _state(q, d), "second": _state(q, d)} for q, d in ((1, 1), (2, 1), (1, 2))),
)
ATTENTION_STATE = Formula(
    "attention_state",
    "log sum_j a_j e^<A x, y_j>, V*sum_j a_j e^<A x, y_j> y_j/sum_j a_j e^<A x, y_j>",
    _attention_state,
    tuple(
        {"measure": context(n, d), "x": real(q, d), "A": real(d, d), "V": real(d, d)}
        for n, d, q in ((1, 1, 1), (2, 1, 2), (2, 2, 1))
    ),
)
