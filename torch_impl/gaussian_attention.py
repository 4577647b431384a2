"""Softmax attention on Gaussian contexts: affine, so layers and flows have closed forms (lemma MM-31).

    Att(N(m, S), x) = V m + V S A x
    layer   x -> W x + h V m, W = I + h V S A;   N(m, S) -> N(W m + h V m, W S W^T)         exact for every step h
    flow    V = lam I, A = A^T:  Phi = (I - 2 lam t S_0 A)^{-1/2},  S_t = Phi S_0 Phi^T,  m_t = e^{lam t} Phi m_0
    affine  velocity lam S A x + B x: S_t = X S_0 (Y S_0 + Z)^{-1}, the Riccati equation by matrix exponentials

Singular covariances are laws on an affine subspace and are allowed everywhere: no formula but `precision` inverts S.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl import linear_attention as linear

MOST_STEPS = 5_000  # of `riccati_flow`: seconds


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
        ArgumentError: there is no head, or a matrix does not have the width of the law, or h is not finite.
    """
    if not heads:
        raise ArgumentError("multi_head_layer: at least one head (A, V) required, got heads=[]. h = 0 is the identity.")
    if not isinstance(h, Tensor):  # a tensor may be one that is traced
        linear.check_finite("multi_head_layer", h=h)
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
        ArgumentError: t is at or past the blow-up time t*, A is not symmetric, the law is not (d,), (d, d), NaN or
            infinity is given or reached.
    """
    Phi = linear.flow_map(law.covariance, A, lam, t)
    moved = Gaussian(_exp(lam * t) * (Phi @ law.mean), Phi @ law.covariance @ Phi.mT)
    linear.check_finite("gaussian_flow", mean=moved.mean, covariance=moved.covariance)
    return moved


def gaussian_flow_tokens(law: Gaussian, x: Tensor, A: Tensor, lam: float, t: float) -> Tensor:
    """Tokens x (..., d) of the flow at time t: m_t + Phi (x - m_0).

    Raises:
        ArgumentError: as `gaussian_flow`.
    """
    Phi = linear.flow_map(law.covariance, A, lam, t)
    moved = _exp(lam * t) * (Phi @ law.mean) + (x - law.mean) @ Phi.mT
    linear.check_finite("gaussian_flow_tokens", tokens=moved)
    return moved


def _exp(a: float) -> float:
    return math.exp(a) if a < math.log(sys.float_info.max) else math.inf


def riccati_flow(covariance: Tensor, A: Tensor, B: Tensor, lam: float, t: float) -> Tensor:
    """S_t for the velocity lam S A x + B x of a centred Gaussian, any A, B (d, d).

    The Riccati equation S' = lam S (A + A^T) S + B S + S B^T is linear in the precision, hence one matrix exponential:
    with exp(h [[B, 0], [-lam (A + A^T), -B^T]]) = [[X, 0], [Y, Z]] it is S_h = X S_0 (Y S_0 + Z)^{-1}
    = X (I + S_0 Z^{-1} Y)^{-1} S_0 X^T. For indefinite A + A^T the matrix I + S_0 Z^{-1} Y can be regular again after a
    blow-up, and e^{-B^T h} overflows for long h; so the time is marched in steps within which |S Z^{-1} Y| <= 1/2.

    Raises:
        ArgumentError: t is at or past the blow-up (the first one is named), covariance is none, the widths differ, NaN
            or infinity, a result beyond floats, or more than `MOST_STEPS` steps.
    """
    linear.square_root("riccati_flow", covariance)
    linear.check_widths("riccati_flow", covariance, covariance, A, B)
    linear.check_finite("riccati_flow", A=A, B=B, lam=lam)
    linear.check_time("riccati_flow", math.inf, t)
    quadratic, S, now = lam * (A + A.mT), covariance, 0.0
    G = torch.cat([torch.cat([B, torch.zeros_like(B)], 1), torch.cat([-quadratic, -B.mT], 1)])
    linear.check_finite("riccati_flow", generator=G)
    for count in range(MOST_STEPS):
        h = _safe_step(S, quadratic, B)
        # each step errs by a few roundings of S, and an error e of S moves the blow-up by at most e of the rest
        if h <= 4 * S.shape[-1] * count * torch.finfo(S.dtype).eps * now:
            linear.check_time("riccati_flow", now + _explosion(S, quadratic), max(t, now))
        if now >= t:
            return S
        h = min(h, t - now)
        before, S = S, _riccati_step(S, G, h)
        linear.check_finite("riccati_flow", covariance=S)
        if torch.equal(before, S):
            return S  # the step depends on S alone: all later ones are the same
        now = t if h == t - now else now + h
    raise ArgumentError(
        f"riccati_flow: a time within {MOST_STEPS} steps required, got t={t!r}, reached {now:.17g}. "
        "B or the covariance is too large for that time. Call it for parts of t, from the covariance reached."
    )


def _safe_step(S: Tensor, quadratic: Tensor, B: Tensor) -> float:
    """h with |B| h <= 1/2 and |S| |quadratic| h e^{2 |B| h} <= 1/2, so that nothing blows up within h."""
    b, k = float(B.norm()), float(S.norm()) * float(quadratic.norm())
    return 1 / max(b + b, 2 * math.e * k) if max(b, k) > 0 else math.inf


def _riccati_step(S: Tensor, G: Tensor, h: float) -> Tensor:
    d = S.shape[-1]
    end = torch.linalg.matrix_exp(h * G)
    X, gain = end[:d, :d], torch.linalg.solve(end[d:, d:], end[d:, :d])
    moved = X @ torch.linalg.solve(torch.eye(d, dtype=S.dtype, device=S.device) + S @ gain, S) @ X.mT
    return (moved + moved.mT) / 2


def _explosion(S: Tensor, quadratic: Tensor) -> float:
    """Time to the blow-up of S' = S quadratic S, which a large S follows; inf if there is none."""
    values, vectors = torch.linalg.eigh(S)
    root = vectors * values.clamp_min(0).sqrt()
    k = float(torch.linalg.eigvalsh(root.mT @ quadratic @ root).max())
    return 1 / k if k > 0 else math.inf
