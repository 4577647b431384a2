"""An upper bound of the local Lipschitz constant of softmax attention at one input (R1loc), in floats.

    |D_X f|_2 <= |V|_2 ( |P|_2 + (max_j c_j)^(1/2) max_i |C_i|_2^(1/2) |A x_i + beta| + max_i |C_i A|_2 )

P the attention weights, m_i = sum_j P_ij x_j, C_i = sum_j P_ij (x_j - m_i)(x_j - m_i)^T, c_j = sum_i P_ij; a masked
entry of P is 0. The three terms bound the three terms of the Jacobian: the mean of the moved values, the move of the
keys, the move of the query. `local_bound` has just that. `local_bound_heads` is sharper in two places: V stays inside
the covariances (|V C_i V^T| <= |V|^2 |C_i|, and (k, k) matrices do), and the keys are summed before the norm is taken:

    |sum_j P_ij V (x_j - m_i) <theta_i, e_j>|^2 <= |V C_i V^T| sum_j P_ij <theta_i, e_j>^2,   theta_i = A x_i + beta
    and summed over i this is sum_j e_j^T S_j e_j,   S_j = sum_i P_ij |V C_i V^T| theta_i theta_i^T,
    where |S_j|_2 <= c_j max_i |V C_i V^T| |theta_i|^2 gives the second term above again.

The formula is a theorem; its value here is float64 and not rounded outwards (`reference.attention_balls` is).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import Mask, attention_weights
from torch_impl.attention_heads import Head


def local_bound(X: Tensor, A: Tensor, V: Tensor, *, beta: Tensor | None = None, mask: Mask = None) -> float:
    """R1loc at X, the formula of this module for one head: a float64 number >= |D_X f|_2 up to rounding.

    Args:
        X: (n, d) tokens.   A: (d, d), scores <A x_i + beta, x_j>.   V: (d', d).   beta: (d,) or None.
        mask: None, "causal", or bool (n, n), True where i may attend to j.

    Raises:
        ArgumentError: shapes or dtypes do not fit, X has a batch axis, a token may attend to nothing, NaN or
            infinity, or an overflow on the way.
    """
    X, A, V, beta = _single("local_bound", X, A, V, beta)
    P = attention_weights(X, A, mask=mask, beta=beta)
    theta = X @ A.mT if beta is None else X @ A.mT + beta
    _finite("local_bound", weights=P, theta=theta, lengths=theta.square())
    # orthonormal coordinates of the span of the tokens: the covariances are 0 outside it
    basis = torch.linalg.qr(X.mT)[0] if X.shape[0] < X.shape[1] else torch.eye(X.shape[1], dtype=X.dtype)
    roots = _roots(P, X @ basis)
    left = basis.mT @ A
    right = torch.linalg.svd(left, full_matrices=False)
    own = roots.mT @ (roots @ (right.U * right.S))
    keys = (_norms(roots) * theta.norm(dim=-1)).max()
    bound = _norm(V) * (_norm(P) + P.sum(0).max().sqrt() * keys + _norms(own).max())
    _finite("local_bound", bound=bound)
    return float(bound)


def local_bound_heads(X: Tensor, heads: Sequence[Head], *, mask: Mask = None) -> float:
    """min( sum_h L_h(W_h V_h), |W|_2 (sum_h L_h(V_h)^2)^(1/2) ), W = [W_1 ... W_H]: >= |D_X f|_2 for f = sum_h W_h f_h.

    L_h(M) = |M|_2 |P|_2 + max_j |sum_i P_ij |M C_i M^T|_2 theta_i theta_i^T|_2^(1/2) + max_i |M C_i A|_2 with
    theta_i = A x_i + beta and P, C, A, beta of head h; up to rounding. For one head it is at most `local_bound`.

    Args:
        X: (n, d) tokens.   heads: one `Head` each (`Heads.split()`).   mask: as in `local_bound`, for all heads.

    Raises:
        ArgumentError: as `local_bound`, or no head.
    """
    if not heads:
        raise ArgumentError("local_bound_heads: required at least one head, got heads=().")
    mixed = [_head_bound(X, head, head.W, mask) for head in heads]
    alone = [_head_bound(X, head, None, mask) for head in heads]
    joined = torch.cat([head.W.detach().to("cpu", torch.float64) for head in heads], dim=-1)
    return min(sum(mixed), float(_norm(joined)) * math.hypot(*alone))


def _head_bound(X: Tensor, head: Head, W: Tensor | None, mask: Mask) -> float:
    """L_h(W V_h), L_h(V_h) without W."""
    X, A, V, beta = _single("local_bound_heads", X, head.A, head.V, head.beta)
    Q, K = (M.detach().to("cpu", torch.float64) for M in (head.Q, head.K))
    P = attention_weights(X, A, mask=mask, beta=beta)
    # W = U L, Q^T = U' R, K^T = U" S with orthonormal columns U leave every norm to a matrix of k columns
    M = V if W is None else torch.linalg.qr(W.detach().to("cpu", torch.float64), mode="r")[1] @ V
    right = torch.linalg.qr(Q.mT, mode="r")[1].mT * head.factor
    queries = X @ Q.mT if head.b_q is None else X @ Q.mT + head.b_q.detach().to("cpu", torch.float64)
    theta = head.factor * queries @ torch.linalg.qr(K.mT, mode="r")[1].mT
    _finite("local_bound_heads", weights=P, theta=theta, lengths=theta.square())
    values, keys = _roots(P, X @ M.mT), _roots(P, X @ K.mT)
    moved = _norms((_norms(values).unsqueeze(-1) * P.sqrt()).mT.unsqueeze(-1) * theta).max()
    own = _norms(values.mT @ keys @ right).max()
    bound = _norm(M) * _norm(P) + moved + own
    _finite("local_bound_heads", bound=bound)
    return float(bound)


def _roots(P: Tensor, Y: Tensor) -> Tensor:
    """B (n, n, k) with B_i^T B_i = sum_j P_ij (y_j - m_i)(y_j - m_i)^T."""
    return P.sqrt().unsqueeze(-1) * (Y - (P @ Y).unsqueeze(-2))


def _norm(M: Tensor) -> Tensor:
    return torch.linalg.matrix_norm(M, 2)


def _norms(M: Tensor) -> Tensor:
    """|M_i|_2 for M (n, p, q), through the smaller Gram matrix."""
    gram = M.mT @ M if M.shape[-1] <= M.shape[-2] else M @ M.mT
    _finite("local_bound", covariances=gram)
    return torch.linalg.eigvalsh(gram)[..., -1].clamp_min(0).sqrt()


def _finite(where: str, **tensors: Tensor) -> None:
    """An overflow on the way leaves NaN in place of a bound, or a matrix that no decomposition takes."""
    for name, tensor in tensors.items():
        if not bool(torch.isfinite(tensor).all()):
            raise ArgumentError(
                f"{where}: {name} must stay within float64, got an overflow. No bound can be computed there. "
                "Scale X, A or V down."
            )


def _single(
    where: str, X: Tensor, A: Tensor, V: Tensor, beta: Tensor | None
) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
    """The arguments in float64 on the CPU, without gradients."""
    if X.ndim != 2 or not X.is_floating_point() or X.numel() == 0:
        raise ArgumentError(
            f"{where}: X must be a floating (n, d), n >= 1, d >= 1, got X.shape={tuple(X.shape)} ({X.dtype}). "
            "The bound belongs to one input: take the inputs of a batch one by one."
        )
    if V.ndim != 2 or V.shape[-1] != X.shape[-1]:
        raise ArgumentError(
            f"{where}: V must be (d', d) with the d of X, got V {tuple(V.shape)} for X {tuple(X.shape)}. "
            "There is no such map. For values of another width put the matrix of the values into V."
        )
    given = [t.detach().to("cpu", torch.float64) for t in (X, A, V, *(() if beta is None else (beta,)))]
    if not all(bool(torch.isfinite(t).all()) for t in given):
        raise ArgumentError(f"{where}: X, A, V and beta must be finite, got NaN or infinity. There is no bound.")
    return given[0], given[1], given[2], given[3] if beta is not None else None
