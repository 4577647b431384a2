"""L2 attention (AS-11): tied queries and keys, scores -|x_i W - x_j W|^2/sqrt(k); Lipschitz on all of R^{n x d}.

    P^h_ij = e^{-|x_i W_h - x_j W_h|^2/sqrt(k)} / sum over the visible j,   f^h(X) = P^h X W_h W_h^T/sqrt(k)
    f(X) = [f^1(X) V_1, ..., f^H(X) V_H] O

Every token sees itself; without that, with untied weights or without W_h W_h^T no constant holds.
Source: kim2021lipschitz (arXiv:2006.04710), as remembered.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound


def l2_weights(X: Tensor, W: Tensor, *, causal: bool = False) -> Tensor:
    """P of one head, rows sum to 1: X (*batch, n, d), W (d, k) -> (*batch, n, n).

    |y_i - y_j|^2 = |y_i|^2 - 2 <y_i, y_j> + |y_j|^2, and the first term cancels in the softmax of row i.
    """
    y = X @ W
    scores = (2 * y @ y.mT - y.square().sum(-1).unsqueeze(-2)) / math.sqrt(W.shape[-1])
    if causal:
        n = X.shape[-2]
        hidden = torch.ones(n, n, dtype=torch.bool, device=X.device).triu(1)
        scores = scores.masked_fill(hidden, -torch.inf)
    return torch.softmax(scores, dim=-1)


def l2_attention(X: Tensor, W: Tensor, V: Tensor, O: Tensor, *, causal: bool = False) -> Tensor:
    """[f^1(X) V_1, ..., f^H(X) V_H] O: (*batch, n, D).

    Args:
        X: (*batch, n, d).   W: (H, d, k) for H heads.   V: (H, d, e).   O: (H e, D).   causal: i sees j <= i only.

    Raises:
        ArgumentError: shapes or dtypes do not fit.
    """
    _check(X, W, V, O)
    heads = [
        l2_weights(X, W[h], causal=causal) @ X @ (W[h] @ W[h].mT) @ V[h] / math.sqrt(W.shape[-1])
        for h in range(W.shape[0])
    ]
    return torch.cat(heads, dim=-1) @ O


def phi_inverse(others: int) -> float:
    """c with c e^{c + 1} >= others, the least one up to 2^-40 relatively and rounded upwards.

    In floats exp has a relative error below 2^-50; the comparison leaves that much room, so c is never too small.

    Raises:
        ArgumentError: others < 0.
    """
    if others < 0:
        raise ArgumentError(
            f"phi_inverse: others >= 0 required, got others={others}. It is the number of tokens less 1."
        )
    if others == 0:
        return 0.0

    def enough(c: float) -> bool:
        return c * math.exp(c + 1) * (1 - 2.0**-48) >= others

    low, high = 0.0, max(1.0, math.log(others))
    while high - low > 2.0**-42 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def l2_lipschitz_constant(n: int, W: Tensor, V: Tensor, O: Tensor) -> Tensor:
    """The constant of AS-11 for n tokens, from float operator norms: (), not rounded outwards.

    Raises:
        ArgumentError: n < 1.
    """
    if n < 1:
        raise ArgumentError(f"l2_lipschitz_constant: n >= 1 required, got n={n}. There is no attention without tokens.")
    norms = torch.linalg.matrix_norm(W, ord=2).pow(4) * torch.linalg.matrix_norm(V, ord=2).square()
    values = {
        "n": torch.as_tensor(float(n), dtype=W.dtype),
        "k": torch.as_tensor(float(W.shape[-1]), dtype=W.dtype),
        "c": torch.as_tensor(phi_inverse(n - 1), dtype=W.dtype),
        "s": norms.sum().sqrt(),
        "o": torch.linalg.matrix_norm(O, ord=2),
    }
    return torch.as_tensor(evaluate(lemma_bound("attention_smoothness.l2_attention", "lipschitz_constant"), values))


def _check(X: Tensor, W: Tensor, V: Tensor, O: Tensor) -> None:
    fits = X.ndim >= 2 and W.ndim == 3 and V.ndim == 3 and O.ndim == 2
    fits = fits and W.shape[0] == V.shape[0] and W.shape[1] == V.shape[1] == X.shape[-1]
    if not fits or O.shape[0] != V.shape[0] * V.shape[2] or len({t.dtype for t in (X, W, V, O)}) > 1:
        raise ArgumentError(
            "l2_attention: X (*batch, n, d), W (H, d, k), V (H, d, e), O (H e, D) of one dtype required, "
            f"got X {tuple(X.shape)}, W {tuple(W.shape)}, V {tuple(V.shape)}, O {tuple(O.shape)} "
            f"({X.dtype}, {W.dtype}, {V.dtype}, {O.dtype}). One head has H = 1."
        )
