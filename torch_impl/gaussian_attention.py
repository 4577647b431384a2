"""Softmax attention on Gaussian contexts: affine, so layers and flows have closed forms (lemma MM-31).

    Att(N(m, S), x) = V m + V S A x
    layer   x -> W x + h V m, W = I + h V S A;   N(m, S) -> N(W m + h V m, W S W^T)         exact for every step h
    flow    V = lam I, A = A^T:  Phi = (I - 2 lam t S_0 A)^{-1/2},  S_t = Phi S_0 Phi^T,  m_t = e^{lam t} Phi m_0
    affine  velocity lam S A x + B x: S_t = X S_0 (Y S_0 + Z)^{-1}, the Riccati equation by one matrix exponential

Singular covariances are laws on an affine subspace and are allowed everywhere: no formula here inverts S. `precision`
    affine  velocity lam S A x + B x: S_t = X S_0 (Y S_0 + Z)^{-1}, its Riccati equation by one matrix exponential
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl import linear_attention as linear


class Gaussian(NamedTuple):
    """N(mean, covariance): mean (*batch, d), covariance (*batch, d, d), symmetric positive semidefinite."""

    mean: Tensor
    covariance: Tensor


def gaussian(mean: Tensor, covariance: Tensor) -> Gaussian:
    """N(mean, covariance), checked.

    Raises:
        ArgumentError: shapes or dtypes differ, or the covariance is not finite, symmetric and positive semidefinite.
    """
    if mean.ndim < 1 or covariance.shape != (*mean.shape, mean.shape[-1]) or mean.dtype != covariance.dtype:
        raise ArgumentError(
            "gaussian: mean (*batch, d) and covariance (*batch, d, d) of one dtype required, "
            f"got {tuple(mean.shape)} ({mean.dtype}) and {tuple(covariance.shape)} ({covariance.dtype}). "
            "A law on the line has mean (1,) and covariance (1, 1)."
        )
    if not bool(torch.isfinite(mean).all()):
        raise ArgumentError("gaussian: a finite mean required, got one with NaN or infinity.")
    linear.square_root("gaussian", covariance)
    return Gaussian(mean, covariance)


def precision(law: Gaussian) -> Tensor:
    """S^{-1}: (*batch, d, d).

    Raises:
        ArgumentError: the covariance is singular to working precision.
    """
    values = torch.linalg.eigvalsh(law.covariance)
    d = law.mean.shape[-1]
    if bool((values[..., 0] <= 4 * d * torch.finfo(values.dtype).eps * values[..., -1]).any()):
        raise ArgumentError(
            "precision: a positive definite covariance required, got smallest eigenvalue "
            f"{float(values[..., 0].min()):.6g} beside largest {float(values[..., -1].max()):.6g} (singular). A law on "
            "a subspace has no precision; the other functions of this module do not need one."
        )
    return torch.linalg.inv(law.covariance)


def gaussian_attend(law: Gaussian, x: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """Att(N(m, S), x) = V (m + S A x): (*batch, q, d') for queries x (*batch, q, d).

    Raises:
        ArgumentError: context, query and matrices differ in width or dtype.
    """
    linear.check_widths("gaussian_attend", law.mean.unsqueeze(-2), x, A, V)
    return (law.mean.unsqueeze(-2) + x @ A.mT @ law.covariance.mT) @ V.mT


def gaussian_layer(law: Gaussian, A: Tensor, V: Tensor, h: float = 1.0) -> Gaussian:
    """The image of N(m, S) under x -> x + h Att: N(W m + h V m, W S W^T), W = I + h V S A.

    Raises:
        ArgumentError: matrices do not have the width of the law; V must be (d, d).
    """
    return multi_head_layer(law, [(A, V)], h)


def multi_head_layer(law: Gaussian, heads: Sequence[tuple[Tensor, Tensor]], h: float = 1.0) -> Gaussian:
    """The same with several heads (A_h, V_h): W = I + h sum V_h S A_h, m -> W m + h sum V_h m.

    Raises:
        ArgumentError: there is no head, or a matrix does not have the width of the law.
    """
    if not heads:
        raise ArgumentError("multi_head_layer: at least one head (A, V) required, got heads=[]. h = 0 is the identity.")
    m, S = law
    W = torch.eye(m.shape[-1], dtype=m.dtype, device=m.device).expand(S.shape)
    shift = torch.zeros_like(m)
    for A, V in heads:
        linear.check_widths("multi_head_layer", S, S, A, V)
        W = W + h * (V @ S @ A)
        shift = shift + h * (V @ m.unsqueeze(-1)).squeeze(-1)
    return Gaussian((W @ m.unsqueeze(-1)).squeeze(-1) + shift, W @ S @ W.mT)


def gaussian_flow(law: Gaussian, A: Tensor, lam: float, t: float) -> Gaussian:
    """N(m_t, S_t) of the flow with V = lam I and A = A^T: m_t = e^{lam t} Phi m_0, S_t = Phi S_0 Phi^T.

    Raises:
        ArgumentError: t is at or past the blow-up time t*, A is not symmetric, or the law is not (d,), (d, d).
    """
    Phi = linear.flow_map(law.covariance, A, lam, t)
    return Gaussian(math.exp(lam * t) * (Phi @ law.mean), Phi @ law.covariance @ Phi.mT)


def gaussian_flow_tokens(law: Gaussian, x: Tensor, A: Tensor, lam: float, t: float) -> Tensor:
    """Tokens x (..., d) of the flow at time t: m_t + Phi (x - m_0).

    Raises:
        ArgumentError: as `gaussian_flow`.
    """
    Phi = linear.flow_map(law.covariance, A, lam, t)
    return math.exp(lam * t) * (Phi @ law.mean) + (x - law.mean) @ Phi.mT


def riccati_flow(covariance: Tensor, A: Tensor, B: Tensor, lam: float, t: float) -> Tensor:
    """S_t for the velocity lam S A x + B x of a centred Gaussian, any A, B (d, d).

    The Riccati equation S' = lam S (A + A^T) S + B S + S B^T is linear in the precision, hence one matrix exponential:
    with exp(t [[B, 0], [-lam (A + A^T), -B^T]]) = [[X, 0], [Y, Z]] it is S_t = X S_0 (Y S_0 + Z)^{-1}.

    Raises:
        ArgumentError: t is at or past the blow-up, covariance is none, or the widths differ.
    """
    root = linear.square_root("riccati_flow", covariance)
    linear.check_widths("riccati_flow", covariance, covariance, A, B)
    linear.check_time("riccati_flow", math.inf, t)
    d = B.shape[-1]
    G = torch.cat([torch.cat([B, torch.zeros_like(B)], 1), torch.cat([-lam * (A + A.mT), -B.mT], 1)])
    end = torch.linalg.matrix_exp(t * G)
    X, Y, Z = end[:d, :d], end[d:, :d], end[d:, d:]
    # S_t = X L (I + L Z^{-1} Y L)^{-1} L X^T with L = S_0^{1/2}, since Z^{-1} = X^T: positive until the blow-up
    inside = torch.eye(d, dtype=B.dtype, device=B.device) + root @ torch.linalg.solve(Z, Y) @ root
    inside = (inside + inside.mT) / 2
    if float(torch.linalg.eigvalsh(inside).min()) <= 0:
        star = _first_singular(root, G, t)
        linear.check_time("riccati_flow", star, t)
    return X @ root @ torch.linalg.solve(inside, root @ X.mT)


def _first_singular(root: Tensor, G: Tensor, late: float) -> float:
    """The blow-up time, by bisection: the smallest eigenvalue of I + L Z^{-1} Y L decreases where it is near 0."""
    d, early = root.shape[-1], 0.0
    identity = torch.eye(d, dtype=root.dtype, device=root.device)
    while True:
        middle = (early + late) / 2
        if not early < middle < late:
            return late
        end = torch.linalg.matrix_exp(middle * G)
        inside = identity + root @ torch.linalg.solve(end[d:, d:], end[d:, :d]) @ root
        if float(torch.linalg.eigvalsh((inside + inside.mT) / 2).min()) <= 0:
            late = middle
        else:
            early = middle
