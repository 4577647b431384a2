"""The log-Laplace transform of a context, and the exact derivatives of attention that follow from it (lemma MM-03).

    K_mu(theta) = log sum_j a_j e^<theta, y_j>    m = grad K, C = hess K: mean, covariance of p_j ~ a_j e^<theta, y_j>
    Att(mu, x)  = V m at theta = A x              D_x Att = V C A
    D_{y_j} Att = p_j V (I + (y_j - m) theta^T)   flat derivative at y:  V (y - m) e^{<theta, y> - K(theta)}

Atoms of weight 0 (padding) have derivative 0. Everything is computed from log-weights, so weights of 1e-300 keep their
digits.
"""

from __future__ import annotations

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure, atoms, log_weights


def log_laplace(measure: Measure, theta: Tensor) -> Tensor:
    """K_mu(theta) = log sum_j a_j e^<theta, y_j>: (*batch, q) for theta (*batch, q, d).

    Raises:
        ArgumentError: theta is not (*batch, q, d) in the dtype of the measure.
    """
    return torch.logsumexp(_scores("log_laplace", measure, theta), dim=-1)


def tilted_mean(measure: Measure, theta: Tensor) -> Tensor:
    """m_theta = sum_j p_j y_j, the gradient of K_mu: (*batch, q, d)."""
    return torch.softmax(_scores("tilted_mean", measure, theta), dim=-1) @ atoms(measure)


def tilted_covariance(measure: Measure, theta: Tensor) -> Tensor:
    """C_theta = sum_j p_j (y_j - m)(y_j - m)^T, the Hessian of K_mu: (*batch, q, d, d)."""
    p = torch.softmax(_scores("tilted_covariance", measure, theta), dim=-1)
    y = atoms(measure)
    centred = y.unsqueeze(-3) - (p @ y).unsqueeze(-2)  # (*batch, q, n, d)
    return (p.unsqueeze(-1) * centred).mT @ centred


def query_jacobian(measure: Measure, x: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """D_x Att(mu, x) = V C_{Ax} A: (*batch, q, d', d), the entry [.., i, j] is d Att_i / d x_j.

    Raises:
        ArgumentError: A is not (d, d) or V not (d', d) for the d of the measure.
    """
    _check_matrices("query_jacobian", measure, A, V)
    return V @ tilted_covariance(measure, x @ A.mT) @ A


def token_jacobian(measure: Measure, x: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """D_{y_j} Att(mu, x) = p_j V (I + (y_j - m)(A x)^T): (*batch, q, n, d', d), queries held fixed.

    Raises:
        ArgumentError: A is not (d, d) or V not (d', d) for the d of the measure.
    """
    _check_matrices("token_jacobian", measure, A, V)
    theta = x @ A.mT
    p = torch.softmax(_scores("token_jacobian", measure, theta), dim=-1)
    y = atoms(measure)
    centred = y.unsqueeze(-3) - (p @ y).unsqueeze(-2)
    identity = torch.eye(y.shape[-1], dtype=y.dtype, device=y.device)
    inside = identity + centred.unsqueeze(-1) * theta[..., None, None, :]
    return p[..., None, None] * (V @ inside)


def flat_derivative(measure: Measure, x: Tensor, y: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """The flat derivative of mu -> Att(mu, x) at the points y: V (y - m) e^{<Ax, y> - K(Ax)}, (*batch, q, k, d').

    Its integral against nu - mu is the derivative of Att along (1 - eps) mu + eps nu at eps = 0. y: (*batch, k, d).

    Raises:
        ArgumentError: A is not (d, d), V not (d', d), or y not (*batch, k, d).
    """
    _check_matrices("flat_derivative", measure, A, V)
    d = measure.points.shape[-1]
    if y.ndim != measure.points.ndim or y.shape[-1] != d:
        raise ArgumentError(
            f"flat_derivative: required points y (*batch, k, {d}), got y.shape={tuple(y.shape)}. "
            "A single point is (1, d)."
        )
    theta = x @ A.mT
    density = torch.exp(theta @ y.mT - log_laplace(measure, theta).unsqueeze(-1))
    centred = y.unsqueeze(-3) - tilted_mean(measure, theta).unsqueeze(-2)
    return density.unsqueeze(-1) * (centred @ V.mT)


def _scores(where: str, measure: Measure, theta: Tensor) -> Tensor:
    """<theta, y_j> + log a_j, -inf for padding: (*batch, q, n)."""
    points = measure.points
    fits = theta.ndim == points.ndim and theta.shape[:-2] == points.shape[:-2] and theta.shape[-1] == points.shape[-1]
    if not fits or theta.dtype != points.dtype:
        raise ArgumentError(
            f"{where}: required theta (*batch, q, d) in the dtype of the measure, got theta {tuple(theta.shape)} "
            f"({theta.dtype}) and points {tuple(points.shape)} ({points.dtype}). Context and query share their width."
        )
    return theta @ atoms(measure).mT + log_weights(measure).unsqueeze(-2)


def _check_matrices(where: str, measure: Measure, A: Tensor, V: Tensor) -> None:
    d = measure.points.shape[-1]
    if A.shape[-2:] != (d, d) or V.ndim < 2 or V.shape[-1] != d:
        raise ArgumentError(
            f"{where}: required A ({d}, {d}) and V (d', {d}) for tokens of width {d}, got A {tuple(A.shape)}, "
            f"V {tuple(V.shape)}. A = K^T Q / sqrt(k) acts on queries, V on tokens."
        )
