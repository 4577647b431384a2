"""Doubly stochastic attention: weights e^{f_i + g_j + <A x_i, x_j>} with both marginals those of the context.

    P_ij = a_i a_j e^{f_i + g_j + <A x_i, x_j>}, sum_j P_ij = a_i, sum_i P_ij = a_j;  Att(x_i) = V sum_j P_ij x_j / a_i

f and g by Sinkhorn's iteration on logarithms. One half step from g = 0 is softmax attention: rows sum to a_i, columns
do not sum to a_j.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.linear_attention import check_widths
from torch_impl.measures import Measure, atoms, log_weights


class SinkhornAttention(NamedTuple):
    """values (n, d'): attention at the tokens; residual: largest error of a column's mass; steps: iterations done."""

    values: Tensor
    residual: float
    steps: int


def sinkhorn_attend(
    measure: Measure, A: Tensor, V: Tensor, *, tolerance: float = 1e-14, most: int = 10_000
) -> SinkhornAttention:
    """Doubly stochastic self-attention at the tokens of one measure; stops at `tolerance` or after `most` iterations.

    Compare `residual` with `tolerance`: where it is larger the iteration was stopped early.

    Raises:
        ArgumentError: the measure has a batch or a token of weight 0, or the widths differ.
    """
    x = atoms(measure)
    check_widths("sinkhorn_attend", x, x, A, V)
    if x.ndim != 2 or bool((measure.weights <= 0).any()) or most < 1:
        raise ArgumentError(
            f"sinkhorn_attend: one measure with positive weights and most >= 1 required, got points {tuple(x.shape)}, "
            f"smallest weight {float(measure.weights.min())!r}, most={most}. Drop tokens of weight 0: they have no row."
        )
    logs = log_weights(measure)
    scores = x @ A.mT @ x.mT + logs
    g = torch.zeros_like(logs)
    steps, residual = 0, float("inf")
    f = -torch.logsumexp(scores, dim=1)
    while steps < most and not residual <= tolerance:
        steps += 1
        columns = torch.logsumexp(scores + g + (f + logs).unsqueeze(1) - logs, dim=0)  # log of (column mass / a_j)
        residual = float((measure.weights * columns.expm1().abs()).max())
        if residual <= tolerance:
            break
        g = g - columns
        f = -torch.logsumexp(scores + g, dim=1)
    weights = torch.softmax(scores + g, dim=1)
    return SinkhornAttention(weights @ x @ V.mT, residual, steps)
