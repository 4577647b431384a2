"""A residual attention layer, token by token, for the bindings of the Vlasov lemmas (MM-23 to MM-26).

    RESIDUAL_ATTENTION   x + h V sum_j p_j y_j,   p_j = a_j e^{<A x, y_j>} / sum_k a_k e^{<A x, y_k>}

Written with sums over indices, no stabiliser. `measure` is a pair (points, weights).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from proofcheck.bind.formulas import Formula
from proofcheck.bind.inputs import real, weights
from torch_impl.measures import Measure

Array = np.ndarray


def residual_attention(measure: Any, x: Array, A: Array, V: Array, h: Any) -> Array:
    """x_i + h V E_{x_i}[y] for each query: (q, d)."""
    points, masses = measure
    step = h.item() if isinstance(h, np.ndarray) else sp.sympify(h, strict=True)
    d = x.shape[-1]
    rows = []
    for query in x:
        theta = [sum(A[r, c] * query[c] for c in range(d)) for r in range(d)]
        mass = [a * sp.exp(sum(theta[r] * y[r] for r in range(d))) for a, y in zip(masses, points, strict=True)]
        mean = [sum(w * y[c] for w, y in zip(mass, points, strict=True)) / sum(mass) for c in range(d)]
        rows.append([query[r] + step * sum(V[r, c] * mean[c] for c in range(d)) for r in range(d)])
    return np.array(rows, dtype=object)


def _case(n: int, d: int, q: int) -> dict[str, Any]:
    measure = Measure(real(n, d), weights(n))  # type: ignore[arg-type]
    return {"measure": measure, "x": real(q, d), "A": real(d, d), "V": real(d, d), "h": real()}


RESIDUAL_ATTENTION = Formula(
    "residual_attention",
    "x + h*V*E_x[y], scores <A x, y>",
    residual_attention,
    (_case(2, 1, 2), _case(3, 1, 1), _case(2, 2, 1)),
)
