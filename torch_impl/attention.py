"""Softmax attention with a value matrix, of a measure and of a sequence of tokens.

    attend              Att(mu, x) = V sum_j p_j(x) y_j,   p_j(x) = a_j e^{s(x, y_j)} / sum_k a_k e^{s(x, y_k)}
    residual_attention  x + h Att(mu, x)
    self_attention      f(X)_i = V sum_j P_ij x_j,   P_i = softmax over the j that i may attend to of s(x_i, x_j)

Score s(x, y) = <A x + beta, y>, A = K^T Q / sqrt(k), beta = K^T b_q / sqrt(k) the query's bias (a key's bias cancels in
the softmax, a value's is additive). `layers.gradient_attention` has the transpose, <x, A y>: pass A.mT to compare.
Source: castin2024smooth (arXiv:2312.14820), section 2, as remembered; furuya2024context (arXiv:2408.01367).
Shapes: tokens (*batch, n, d), queries (*batch, q, d), A (d, d) and V (d', d) shared or with the batch in front.
"""

from __future__ import annotations

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure, atoms, log_weights

Mask = Tensor | str | None


def attend(measure: Measure, x: Tensor, A: Tensor, V: Tensor, beta: Tensor | None = None) -> Tensor:
    """Att(mu, x) = V sum_j p_j y_j, p = softmax_j(log a_j + <A x + beta, y_j>): (*batch, q, d').

    Args:
        measure: points (*batch, n, d), weights (*batch, n).   x: (*batch, q, d) queries, any points.
        A: (d, d) or (*batch, d, d).   V: (d', d) or (*batch, d', d).   beta: (d,) or None.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    points = measure.points
    _check("attend", points, x, A, V, beta)
    values = atoms(measure)
    scores = _scores(x, values, A, beta) + log_weights(measure).unsqueeze(-2)
    return torch.softmax(scores, dim=-1) @ values @ V.mT


def residual_attention(measure: Measure, x: Tensor, A: Tensor, V: Tensor, h: float = 1.0) -> Tensor:
    """x + h Att(mu, x), the layer of a residual Transformer (h = 1) or of depth scaling (h = T/N); V is (d, d)."""
    return x + h * attend(measure, x, A, V)


def attention_weights(X: Tensor, A: Tensor, *, mask: Mask = None, beta: Tensor | None = None) -> Tensor:
    """P (*batch, n, n): row i is the softmax over the tokens that i may attend to; the others get exactly 0.

    Args:
        X: (*batch, n, d).   A: (d, d) or (*batch, d, d).   beta: (d,) or None.
        mask: None (all), "causal" (j <= i), or bool (n, n) or (*batch, n, n), True where i may attend to j.

    Raises:
        ArgumentError: shapes do not fit, or a token may attend to nothing.
    """
    _check("attention_weights", X, X, A, A, beta)
    scores = _scores(X, X, A, beta)
    allowed = _allowed(mask, X)
    return torch.softmax(scores if allowed is None else scores.masked_fill(~allowed, -torch.inf), dim=-1)


def self_attention(X: Tensor, A: Tensor, V: Tensor, mask: Mask = None, beta: Tensor | None = None) -> Tensor:
    """f(X)_i = V sum_j P_ij x_j with P = attention_weights(X, A, ...): (*batch, n, d').

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit, or a token may attend to nothing.
    """
    _check("self_attention", X, X, A, V, beta)
    return attention_weights(X, A, mask=mask, beta=beta) @ X @ V.mT


def _scores(x: Tensor, y: Tensor, A: Tensor, beta: Tensor | None) -> Tensor:
    """<A x_i + beta, y_j> as (*batch, q, n)."""
    theta = x @ A.mT
    return (theta if beta is None else theta + beta) @ y.mT


def _allowed(mask: Mask, X: Tensor) -> Tensor | None:
    n = X.shape[-2]
    if mask is None:
        return None
    if isinstance(mask, str) and mask == "causal":
        return torch.ones(n, n, dtype=torch.bool, device=X.device).tril()
    if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.shape[-2:] != (n, n):
        got = f"{tuple(mask.shape)} ({mask.dtype})" if isinstance(mask, Tensor) else repr(mask)
        raise ArgumentError(
            f'attention_weights: required mask None, "causal" or a bool tensor ({n}, {n}), got mask={got}. '
            "True means that row i may attend to column j."
        )
    if not bool(mask.any(-1).all()):
        raise ArgumentError(
            "attention_weights: required at least one token to attend to in every row of mask, got an empty row. "
            "Its softmax would be 0/0. Let a token attend to itself, or drop it."
        )
    return mask


def _check(where: str, points: Tensor, x: Tensor, A: Tensor, V: Tensor, beta: Tensor | None) -> None:
    d = x.shape[-1] if x.ndim else 0
    fits = points.ndim >= 2 and x.ndim == points.ndim and x.shape[:-2] == points.shape[:-2]
    fits = fits and points.shape[-1] == d and A.ndim >= 2 and A.shape[-2:] == (d, d)
    fits = fits and V.ndim >= 2 and V.shape[-1] == d and (beta is None or beta.shape == (d,))
    if not fits:
        shapes = f"points {tuple(points.shape)}, x {tuple(x.shape)}, A {tuple(A.shape)}, V {tuple(V.shape)}"
        extra = "" if beta is None else f", beta {tuple(beta.shape)}"
        raise ArgumentError(
            f"{where}: required points (*batch, n, d), x (*batch, q, d), A (d, d), V (d', d), beta (d,), "
            f"got {shapes}{extra}. Tokens keep their own axis, of length 1 for a single one."
        )
    tensors = [points, x, A, V, *([] if beta is None else [beta])]
    if len({(t.dtype, t.device) for t in tensors}) > 1:
        listed = ", ".join(f"{t.dtype} on {t.device}" for t in tensors)
        raise ArgumentError(f"{where}: tensors must share dtype and device, got {listed}. Use .to(...).")
