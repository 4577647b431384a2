"""Attention's derivative by the two largest weights of each row (AS-10), and its limit at a large radius (AS-05).

    g_1(p) = p_(1) (1 - p_(1) + p_(2)) >= ||diag(p) - p p^T||                                            SM-02
    ||D_X f|| <= v (||P|| + 2 ||A|| ||X||^2 max_i g_1(P_i))                                              AS-10
    | ||D_{RX} f|| - v sqrt(N_max) | <= error(R), N_max rows with the same leading token                  AS-05

Float values of the lemmas' bounds, not rounded outwards. X is (n, d), V (d', d), norms are Frobenius to Frobenius.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import Mask, attention_weights
from torch_impl.bounds import evaluate, lemma_bound


def largest_weights(p: Tensor) -> Tensor:
    """g_1 of each row of weights p (*batch, n): (*batch,)."""
    top = p.topk(min(2, p.shape[-1]), dim=-1).values
    second = top[..., 1] if p.shape[-1] > 1 else torch.zeros_like(top[..., 0])
    bound = lemma_bound("attention_smoothness.softmax_jacobian", "lipschitz_constant")
    return torch.as_tensor(evaluate(bound, {"P": top[..., 0], "q": second}))


def largest_weights_bound(X: Tensor, A: Tensor, V: Tensor, *, mask: Mask = None) -> float:
    """AS-10's bound of ||D_X f|| for one sequence X (n, d)."""
    P = attention_weights(X, A, mask=mask)
    values = {
        "v": _norm(V),
        "rho": _norm(P),
        "a": _norm(A),
        "chi": _norm(X),
        "G": float(largest_weights(P).max()),
    }
    return float(evaluate(lemma_bound("attention_smoothness.attention_largest_weights", "lipschitz_constant"), values))


class LargeRadius(NamedTuple):
    """limit: v sqrt(N_max); error: AS-05's bound of | ||D_{RX} f|| - limit |; leaders: j*(i) of each row, (n,)."""

    limit: float
    error: float
    leaders: Tensor


def large_radius(X: Tensor, A: Tensor, V: Tensor, R: float, *, mask: Mask = None) -> LargeRadius:
    """The limit of ||D_{RX} f|| as R grows, and how far it may be off at this R.

    Raises:
        ArgumentError: R <= 0, or a row has no unique leading token (a tie: the derivative grows like R^2 there).
    """
    if not R > 0:
        raise ArgumentError(f"large_radius: R > 0 required, got R={R}. It multiplies the tokens.")
    n = X.shape[-2]
    visible = attention_weights(X, torch.zeros_like(A), mask=mask) > 0
    scores = (X @ A.mT @ X.mT).masked_fill(~visible, -torch.inf)
    top = scores.topk(min(2, n), dim=-1)
    gaps = top.values[:, 0] - top.values[:, 1] if n > 1 else torch.full_like(top.values[:, 0], torch.inf)
    if not bool((gaps > 0).all()):
        tied = int(gaps.argmin())
        raise ArgumentError(
            f"large_radius: one leading token in every row required, got a tie in row {tied}. "
            "Move a token: ties are a null set."
        )
    q = (n - 1) * torch.exp(-(R**2) * gaps)
    leaders = top.indices[:, 0]
    v = _norm(V)
    values = {"v": v, "a": _norm(A), "r": float(X.norm(dim=-1).max()), "R": R}
    values |= {"Q": float(q.norm()), "M": float(q.max())}
    error = evaluate(lemma_bound("attention_smoothness.attention_large_radius", "error"), values)
    return LargeRadius(v * float(leaders.bincount().max()) ** 0.5, float(error), leaders)


def _norm(matrix: Tensor) -> float:
    return float(torch.linalg.matrix_norm(matrix, ord=2))
