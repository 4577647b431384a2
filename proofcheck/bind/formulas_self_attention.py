"""Self-attention of a sequence of tokens and its derivative, entry by entry, for the bindings of AS-00.

    SELF_ATTENTION   f(X)_i = V sum_j P_ij x_j, P_i = softmax of <A x_i + beta, x_j> over the j that i sees
    JACOBIAN         d f(X)_i / d x_j, by SymPy's differentiation of that formula
    MULTI_HEAD       the derivative of sum_h f^(h)

JACOBIAN is not written out from the lemma: code that agrees with it agrees with the derivative of the map itself.
Sizes: two and three tokens, widths one and two; unmasked and causal, with and without beta. (A mask that
is a tensor is looked at by the code before it is used, which no graph can hold: tests compare it with autograd.)
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from proofcheck.bind.formulas import Formula
from proofcheck.bind.inputs import real

Array = np.ndarray


def self_attention(X: Array, A: Array, V: Array, mask: Any = None, beta: Array | None = None) -> Array:
    """f(X) as (n, d'): sums over indices, no stabiliser, hidden tokens left out of the sums."""
    n, d = X.shape
    result = np.empty((n, len(V)), dtype=object)
    for i in range(n):
        theta = [sum(A[r, c] * X[i, c] for c in range(d)) + (0 if beta is None else beta[r]) for r in range(d)]
        seen = [j for j in range(n) if _sees(mask, i, j)]
        mass = {j: sp.exp(sum(theta[r] * X[j, r] for r in range(d))) for j in seen}
        below = sum(mass.values())
        mean = [sum(mass[j] * X[j, c] for j in seen) / below for c in range(d)]
        for out in range(len(V)):
            result[i, out] = sum(V[out, c] * mean[c] for c in range(d))
    return result


def jacobian(X: Array, A: Array, V: Array, mask: Any = None, beta: Array | None = None) -> Array:
    """d f(X)_{i, out} / d x_{j, c} as (n, d', n, d); the tokens are replaced by symbols, differentiated, put back."""
    n, d = X.shape
    x = np.array([[sp.Symbol(f"token{j}_{c}", real=True) for c in range(d)] for j in range(n)], dtype=object)
    f = self_attention(x, A, V, mask, beta)
    back: dict[Any, Any] = {x[j, c]: X[j, c] for j, c in np.ndindex(n, d)}
    result = np.empty((n, len(V), n, d), dtype=object)
    for i, out, j, c in np.ndindex(*result.shape):
        result[i, out, j, c] = sp.diff(f[i, out], x[j, c]).subs(back, simultaneous=True)
    return result


def multi_head(X: Array, A: Any, V: Any, mask: Any = None) -> Array:
    """The derivative of the sum of the heads, (n, d', n, d)."""
    return np.sum([jacobian(X, a, v, mask) for a, v in zip(A, V, strict=True)], axis=0)


def _sees(mask: Any, i: int, j: int) -> bool:
    return mask is None or j <= i


_SMALL = {"X": real(2, 1), "A": real(1, 1), "V": real(1, 1)}
_PLANE = {"X": real(2, 2), "A": real(2, 2), "V": real(1, 2)}

SELF_ATTENTION = Formula(
    "self_attention",
    "V sum_j P_ij x_j, P = softmax of <A x_i + beta, x_j>",
    self_attention,
    (
        _SMALL,
        {**_PLANE, "mask": None, "beta": real(2)},
        {"X": real(3, 1), "A": real(1, 1), "V": real(2, 1), "mask": "causal"},
    ),
)
JACOBIAN = Formula(
    "attention_jacobian",
    "d/dx_j of V sum_k P_ik x_k",
    jacobian,
    (
        _SMALL,
        {**_PLANE, "mask": None, "beta": real(2)},
        {"X": real(3, 1), "A": real(1, 1), "V": real(1, 1)},
        {"X": real(3, 1), "A": real(1, 1), "V": real(1, 1), "mask": "causal", "beta": real(1)},
    ),
)
MULTI_HEAD = Formula(
    "multi_head_jacobian",
    "d/dx_j of sum_h V_h sum_k P^h_ik x_k",
    multi_head,
    ({"X": real(2, 1), "A": (real(1, 1), real(1, 1)), "V": (real(1, 1), real(1, 1))},),
)
