"""Other attentions on Gaussian contexts in closed form (lemma MM-33): L2 scores, mean shift, doubly stochastic weights.

    L2           weights ~ e^{-|Q x - K y|^2/2}:   V (I + S K^T K)^{-1} (m + S K^T Q x)
    mean shift   weights ~ e^{-|x - y|^2/(2 eps)}:  x - eps (S + eps I)^{-1} (x - m)
    Sinkhorn     doubly stochastic e^{f + g + <A x, y>}, m = 0:   V X A x,  X + X A S A^T X = S

Singular covariances S are allowed (S + eps I is invertible; X is computed from S^{1/2}). The score -|Q x - K y|^2
without the 1/2 is the one of sqrt(2) Q, sqrt(2) K.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.gaussian_attention import Gaussian
from torch_impl.linear_attention import check_widths, square_root
from torch_impl.measures import Measure, atoms, log_weights

LEMMA = "measure_maps.gaussian_variants"


def l2_attend(measure: Measure, x: Tensor, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """V sum_j p_j y_j, p_j ~ a_j e^{-|Q x - K y_j|^2/2}: (*batch, q, d'); Q, K (k, d).

    Raises:
        ArgumentError: context, query and matrices differ in width or dtype.
    """
    _check_l2("l2_attend", measure.points, x, Q, K, V)
    y = atoms(measure)
    keys = y @ K.mT
    # |Q x|^2 is the same for all j and cancels
    scores = x @ Q.mT @ keys.mT - keys.square().sum(-1).unsqueeze(-2) / 2
    return torch.softmax(scores + log_weights(measure).unsqueeze(-2), dim=-1) @ y @ V.mT


def l2_gaussian_attend(law: Gaussian, x: Tensor, Q: Tensor, K: Tensor, V: Tensor) -> Tensor:
    """V c, (I + S K^T K) c = m + S K^T Q x: (q, d') for queries x (q, d).

    Raises:
        ArgumentError: law, query and matrices differ in width or dtype.
    """
    m, S = law
    _check_l2("l2_gaussian_attend", m.unsqueeze(-2), x, Q, K, V)
    eye = torch.eye(m.shape[-1], dtype=m.dtype, device=m.device)
    # I + S K^T K is invertible: its eigenvalues are those of I + L^T K^T K L, S = L L^T
    c = torch.linalg.solve(eye + S @ K.mT @ K, (m.unsqueeze(-2) + x @ Q.mT @ K @ S.mT).mT).mT
    return c @ V.mT


def mean_shift_gaussian(law: Gaussian, x: Tensor, eps: float) -> Tensor:
    """x - eps (S + eps I)^{-1} (x - m), the mean of y under weights ~ e^{-|x - y|^2/(2 eps)}: (q, d).

    Raises:
        ArgumentError: eps is not positive and finite, or the widths differ.
    """
    m, S = law
    check_widths("mean_shift_gaussian", m.unsqueeze(-2), x, S, S)
    if not 0 < eps < math.inf:
        raise ArgumentError(
            f"mean_shift_gaussian: a finite eps > 0 required, got eps={eps!r}. It is the width of a kernel."
        )
    eye = torch.eye(m.shape[-1], dtype=m.dtype, device=m.device)
    return x - eps * torch.linalg.solve(S + eps * eye, (x - m).mT).mT


def sinkhorn_gain(covariance: Tensor, A: Tensor) -> Tensor:
    """X with X + X A S A^T X = S, symmetric positive semidefinite: S^{1/2} 2 (I + (I + 4 N)^{1/2})^{-1} S^{1/2}.

    N = S^{1/2} A S A^T S^{1/2}; singular S and A are allowed.

    Raises:
        ArgumentError: covariance is none, or A has another width.
    """
    root = square_root("sinkhorn_gain", covariance)
    check_widths("sinkhorn_gain", covariance, covariance, A, A)
    half = root @ A @ root
    z, U = torch.linalg.eigh(half @ half.mT)
    # the scalar solution at variance 1 and A^2 = z
    gain = evaluate(lemma_bound(LEMMA, "sinkhorn_gain"), {"a": z.clamp_min(0).sqrt(), "s": torch.ones_like(z)})
    return root @ (U * gain) @ U.mT @ root


def sinkhorn_gaussian_attend(law: Gaussian, x: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """V X A x for a centred law: (q, d').

    Raises:
        ArgumentError: the mean is not 0, or the widths differ.
    """
    check_widths("sinkhorn_gaussian_attend", law.mean.unsqueeze(-2), x, A, V)
    if bool((law.mean != 0).any()):
        raise ArgumentError(
            f"sinkhorn_gaussian_attend: a centred law required, got mean {law.mean.tolist()}. "
            "The closed form is for mean 0; subtract the mean from context and queries."
        )
    return x @ A.mT @ sinkhorn_gain(law.covariance, A).mT @ V.mT


def _check_l2(where: str, points: Tensor, x: Tensor, Q: Tensor, K: Tensor, V: Tensor) -> None:
    d = points.shape[-1]
    if Q.shape != K.shape or Q.ndim != 2:
        raise ArgumentError(
            f"{where}: Q and K of one shape (k, d) required, got Q {tuple(Q.shape)}, K {tuple(K.shape)}. "
            "The score |Q x - K y| compares them entry by entry."
        )
    like = torch.empty(d, Q.shape[-1], dtype=Q.dtype, device=Q.device)
    check_widths(where, points, x, like, V)
