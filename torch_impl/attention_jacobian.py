"""The derivative of softmax self-attention, written out: a product J e and the dense matrix.

    D_X f[e]_i = V ( sum_j P_ij e_j + C_i A e_i + sum_j P_ij (x_j - m_i) <A x_i + beta, e_j> )
    J_ij       = V ( P_ij (I + (x_j - m_i)(A x_i + beta)^T) + delta_ij C_i A )

m_i = sum_j P_ij x_j, C_i = sum_j P_ij (x_j - m_i)(x_j - m_i)^T. A hidden token has P_ij = 0,
so masks need no case of their own; a bias of the keys or values leaves J as it is.
Lemma: AS-00 (lemmas/attention_smoothness/attention_jacobian.py).
No automatic differentiation takes part; `conditional_moments` gives P, m and C to the bounds that need them.
Source: castin2024smooth (arXiv:2312.14820), section 3, as reconstructed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import Mask, attention_weights


class Moments(NamedTuple):
    """P (*batch, n, n), means m (*batch, n, d), covariances C (*batch, n, d, d), theta = A x + beta (*batch, n, d)."""

    weights: Tensor
    means: Tensor
    covariances: Tensor
    theta: Tensor


def conditional_moments(X: Tensor, A: Tensor, *, mask: Mask = None, beta: Tensor | None = None) -> Moments:
    """P, m_i, C_i and theta_i = A x_i + beta of every token; X (*batch, n, d).

    C_i is the moment of centred tokens, so it is positive semidefinite up to roundoff.

    Raises:
        ArgumentError: shapes do not fit, or a token may attend to nothing.
    """
    P = attention_weights(X, A, mask=mask, beta=beta)
    means = P @ X
    centred = X.unsqueeze(-3) - means.unsqueeze(-2)  # (*batch, i, j, d)
    covariances = (P.unsqueeze(-1) * centred).mT @ centred
    theta = X @ A.mT
    return Moments(P, means, covariances, theta if beta is None else theta + beta)


def attention_jvp(X: Tensor, e: Tensor, A: Tensor, V: Tensor, mask: Mask = None, beta: Tensor | None = None) -> Tensor:
    """D_X f[e] (*batch, n, d'), X and e (*batch, n, d), at the cost of a few attention layers.

    Raises:
        ArgumentError: e has another shape than X, or `self_attention` would refuse the rest.
    """
    if e.shape != X.shape:
        raise ArgumentError(
            f"attention_jvp: required a displacement of every token, of shape {tuple(X.shape)}, "
            f"got e.shape={tuple(e.shape)}. Broadcast it yourself."
        )
    P = attention_weights(X, A, mask=mask, beta=beta)
    theta = X @ A.mT if beta is None else X @ A.mT + beta
    change = (e @ A.mT) @ X.mT + theta @ e.mT  # of the scores: <A e_i, x_j> + <A x_i + beta, e_j>
    change = P * (change - (P * change).sum(-1, keepdim=True))  # of the weights
    return (P @ e + change @ X) @ V.mT


def attention_jacobian(X: Tensor, A: Tensor, V: Tensor, mask: Mask = None, beta: Tensor | None = None) -> Tensor:
    """J as (*batch, n, d', n, d): entry [i, :, j, :] is the block J_ij. Dense: n^2 d d' numbers.

    Raises:
        ArgumentError: `self_attention` would refuse the arguments.
    """
    P, means, C, theta = conditional_moments(X, A, mask=mask, beta=beta)
    n, d = X.shape[-2:]
    one = torch.eye(d, dtype=X.dtype, device=X.device)
    centred = X.unsqueeze(-3) - means.unsqueeze(-2)
    blocks = P[..., None, None] * (one + centred.unsqueeze(-1) * theta[..., :, None, None, :])  # (*batch, i, j, d, d)
    own = torch.eye(n, dtype=X.dtype, device=X.device)[..., None, None] * (C @ A.unsqueeze(-3)).unsqueeze(-3)
    return (V[..., None, None, :, :] @ (blocks + own)).transpose(-3, -2)


def multi_head_jacobian(
    X: Tensor, A: Sequence[Tensor], V: Sequence[Tensor], mask: Mask = None, beta: Sequence[Tensor | None] = ()
) -> Tensor:
    """J of sum_h f^(h), head h with A[h], V[h] = W^(h) V^(h) (d', d) and beta[h]: the sum of the heads' matrices.

    Raises:
        ArgumentError: no head, or lists of different lengths.
    """
    biases = tuple(beta) or (None,) * len(A)
    if not A or len(V) != len(A) or len(biases) != len(A):
        raise ArgumentError(
            "multi_head_jacobian: required one A, one V (and one beta or none at all) for each head, "
            f"got {len(A)}, {len(V)} and {len(biases)}. Heads are lists of equal length."
        )
    parts = [attention_jacobian(X, a, v, mask=mask, beta=b) for a, v, b in zip(A, V, biases, strict=True)]
    return torch.stack(parts).sum(0)
