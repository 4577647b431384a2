"""Linear attention on measures: it sees the second moment M of the context only, and closes on it (lemma MM-32).

    Att_lin(mu, x) = V sum_j a_j y_j <A x, y_j> = V M A x,   M = sum_j a_j y_j y_j^T
    layer   x -> W x, W = I + h V M A;   M -> W M W^T        exact for every law, every step h
    flow    V = lam I:  M_t = (I - lam t M_0 (A + A^T))^{-1} M_0;  A = A^T:  x_t = (I - 2 lam t M_0 A)^{-1/2} x_0

The flows blow up at t* = 1/k, k the largest eigenvalue of lam M_0^{1/2} (A + A^T) M_0^{1/2}; never if k <= 0. M_0 may
be singular: everything is computed from its square root, without an inverse of M_0. A sum in place of the mean is not
this map.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.measures import Measure, atoms


def second_moment(measure: Measure) -> Tensor:
    """M = sum_j a_j y_j y_j^T: (*batch, d, d)."""
    y = atoms(measure)
    return (measure.weights.unsqueeze(-1) * y).mT @ y


def linear_attend(measure: Measure, x: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """V sum_j a_j y_j <A x, y_j>: (*batch, q, d') for queries x (*batch, q, d).

    Raises:
        ArgumentError: context, query and matrices differ in width or dtype.
    """
    check_widths("linear_attend", measure.points, x, A, V)
    y = atoms(measure)
    return (x @ A.mT @ y.mT * measure.weights.unsqueeze(-2)) @ y @ V.mT


def linear_layer(measure: Measure, A: Tensor, V: Tensor, h: float = 1.0) -> Measure:
    """The push-forward of mu by x -> x + h Att_lin(mu, x); weights stay."""
    return Measure(measure.points + h * linear_attend(measure, measure.points, A, V), measure.weights)


def moment_of_layer(measure: Measure, A: Tensor, V: Tensor, h: float) -> Tensor:
    """Second moment of the image, computed from the tokens."""
    return second_moment(linear_layer(measure, A, V, h))


def moment_step(M: Tensor, A: Tensor, V: Tensor, h: float) -> Tensor:
    """Second moment of the image, from the moment M alone: W M W^T, W = I + h V M A."""
    W = torch.eye(M.shape[-1], dtype=M.dtype, device=M.device) + h * (V @ M @ A)
    return W @ M @ W.mT


def blow_up_time(M: Tensor, A: Tensor, lam: float) -> float:
    """t* = 1/k of the flow with V = lam I, inf if k <= 0: M (d, d) positive semidefinite, A (d, d).

    Raises:
        ArgumentError: M is not symmetric positive semidefinite, the widths differ, or NaN or infinity is given.
    """
    root = square_root("blow_up_time", M)
    check_widths("blow_up_time", M, M, A, A)
    check_finite("blow_up_time", A=A, lam=lam)
    k = float(torch.linalg.eigvalsh(lam * root @ (A + A.mT) @ root).max())
    # k is known up to a few roundings of the norm of the product only: below that it may be 0
    noise = 4 * M.shape[-1] * torch.finfo(M.dtype).eps * abs(lam) * float(root.norm() ** 2 * A.norm())
    if k <= noise:
        return math.inf
    return float(evaluate(lemma_bound("measure_maps.linear_attention", "time_max"), {"k": k}))  # type: ignore[arg-type]


def moment_flow(M: Tensor, A: Tensor, lam: float, t: float) -> Tensor:
    """M_t = (I - lam t M_0 (A + A^T))^{-1} M_0, any A: computed as L (I - lam t L (A + A^T) L)^{-1} L, L = M_0^{1/2}.

    Raises:
        ArgumentError: t is at or past the blow-up time t*, M is no moment, or the widths differ.
    """
    check_time("moment_flow", blow_up_time(M, A, lam), t)
    root = square_root("moment_flow", M)
    inner = torch.eye(M.shape[-1], dtype=M.dtype, device=M.device) - lam * t * root @ (A + A.mT) @ root
    return root @ torch.linalg.solve(inner, root)


def flow_map(M: Tensor, A: Tensor, lam: float, t: float) -> Tensor:
    """Phi_t = (I - 2 lam t M_0 A)^{-1/2} for A = A^T, the map of tokens: M_t = Phi_t M_0 Phi_t^T.

    With L = M_0^{1/2} and L A L = sum_i z_i u_i u_i^T it is I + L (sum_i g(z_i) u_i u_i^T) L A,
    g(z) = ((1 - 2 lam t z)^{-1/2} - 1)/z: no inverse of M_0.

    Raises:
        ArgumentError: A is not symmetric, t is at or past the blow-up time, M is no moment.
    """
    if not torch.equal(A, A.mT):
        raise ArgumentError(
            "flow_map: A = A^T required, got an A that differs from its transpose. For other A the moment has a closed "
            "form (moment_flow), the tokens have none. Use (A + A.mT)/2 if it is meant to be symmetric."
        )
    check_time("flow_map", blow_up_time(M, A, lam), t)
    root = square_root("flow_map", M)
    z, U = torch.linalg.eigh(root @ A @ root)
    u = 2 * lam * t * z
    # ((1 - u)^{-1/2} - 1)/z = (u/z) / ((1 - u)^{1/2} (1 + (1 - u)^{1/2})), and u/z = 2 lam t: no 0/0
    s = torch.sqrt(1 - u)
    g = 2 * lam * t / (s * (1 + s))
    return torch.eye(M.shape[-1], dtype=M.dtype, device=M.device) + root @ (U * g) @ U.mT @ root @ A


def check_time(where: str, blow_up: float, t: float) -> None:
    """Raises:
    ArgumentError: t is negative, NaN, or not below the blow-up time.
    """
    if not t >= 0:
        raise ArgumentError(f"{where}: a time t >= 0 required, got t={t!r}. Flows start at 0.")
    if t >= blow_up:
        raise ArgumentError(
            f"{where}: a time below the blow-up time t* = {blow_up:.17g} required, got t={t!r}. At t* the second "
            "moment becomes infinite, and no law follows it. Take a smaller t or lam."
        )


def check_finite(where: str, **values: Tensor | float) -> None:
    """Raises:
    ArgumentError: a number or an entry of a tensor is NaN or infinite.
    """
    for name, value in values.items():
        finite = bool(torch.isfinite(value.detach()).all()) if isinstance(value, Tensor) else math.isfinite(value)
        if not finite:
            shown = "one with NaN or infinity" if isinstance(value, Tensor) else repr(value)
            raise ArgumentError(
                f"{where}: a finite {name} required, got {name}={shown}. The formula has no value there or one beyond "
                "floats. Scale the arguments down."
            )


def square_root(where: str, M: Tensor) -> Tensor:
    """The positive semidefinite root of M (..., d, d); eigenvalues below roundoff of the largest count as 0.

    Raises:
        ArgumentError: M is not square, finite, symmetric and positive semidefinite up to roundoff.
    """
    if M.ndim < 2 or M.shape[-1] != M.shape[-2] or not M.is_floating_point():
        raise ArgumentError(f"{where}: a floating (d, d) matrix required, got shape {tuple(M.shape)} ({M.dtype}).")
    if not bool(torch.isfinite(M).all()):
        raise ArgumentError(f"{where}: a finite matrix required, got one with NaN or infinity.")
    d, scale = M.shape[-1], float(M.abs().max())
    tolerance = 4 * d * torch.finfo(M.dtype).eps * scale  # products of d terms, twice, in the making of M
    if float((M - M.mT).abs().max()) > tolerance:
        raise ArgumentError(f"{where}: a symmetric matrix required, got M with M != M^T. Use (M + M.mT)/2.")
    values, vectors = torch.linalg.eigh((M + M.mT) / 2)
    if float(values.min()) < -d * tolerance:
        raise ArgumentError(
            f"{where}: a positive semidefinite matrix required, got smallest eigenvalue {float(values.min()):.6g}. "
            "No law has such a second moment or covariance."
        )
    return vectors * values.clamp_min(0).sqrt().unsqueeze(-2) @ vectors.mT


def check_widths(where: str, points: Tensor, x: Tensor, A: Tensor, V: Tensor) -> None:
    """Raises:
    ArgumentError: tokens, queries and matrices do not have one width d and one dtype.
    """
    d = points.shape[-1]
    fits = x.ndim == points.ndim and x.shape[-1] == d and A.shape[-2:] == (d, d) and V.ndim >= 2 and V.shape[-1] == d
    if not fits or len({t.dtype for t in (points, x, A, V)}) > 1:
        raise ArgumentError(
            f"{where}: one width d and one dtype required, got context {tuple(points.shape)} ({points.dtype}), "
            f"query {tuple(x.shape)} ({x.dtype}), A {tuple(A.shape)}, V {tuple(V.shape)}. "
            "Queries are (*batch, q, d), A (d, d), V (d', d)."
        )
