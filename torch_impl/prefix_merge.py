"""Attention over a context in parts: the states of two parts merge into the state of the whole, exactly (lemma MM-04).

    state of a part S at a query x   log Z_S,  Att_S,        Z_S = int e^{s(x, y)} dS(y)
    merge                            Att_{S+U} = (1 - p) Att_S + p Att_U,   p = Z_U / (Z_S + Z_U)

This is the identity behind online softmax and key-value caches. A part is a `Measure` (a probability) times a mass,
given by its logarithm, so that parts of mass 1e-300 merge as well as halves do; a part without mass has log Z = -inf
and value 0.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import attend
from torch_impl.measures import Measure, atoms, log_weights


class SoftmaxState(NamedTuple):
    """log_mass (*batch, q): log Z_S at each query; value (*batch, q, d'): attention on the part alone."""

    log_mass: Tensor
    value: Tensor


def attention_state(
    measure: Measure, x: Tensor, A: Tensor, V: Tensor, beta: Tensor | None = None, log_share: float = 0.0
) -> SoftmaxState:
    """(log_share + log sum_j a_j e^<A x + beta, y_j>, Att(mu, x)): the state of the part e^log_share * mu.

    Args:
        measure: points (*batch, n, d), weights (*batch, n).   x: (*batch, q, d) queries, any points.
        A: (d, d) or (*batch, d, d).   V: (d', d) or (*batch, d', d).   beta: (d,) or None.
        log_share: logarithm of the part's mass in the whole context.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    value = attend(measure, x, A, V, beta)
    theta = x @ A.mT
    scores = (theta if beta is None else theta + beta) @ atoms(measure).mT + log_weights(measure).unsqueeze(-2)
    return SoftmaxState(torch.logsumexp(scores, dim=-1) + log_share, value)


def merge(first: SoftmaxState, second: SoftmaxState) -> SoftmaxState:
    """The state of the sum of two parts: log(Z_S + Z_U) and (Z_S Att_S + Z_U Att_U)/(Z_S + Z_U).

    Associative and commutative up to rounding; where neither part has mass the state stays (-inf, 0).

    Raises:
        ArgumentError: the parts differ in queries, width or dtype.
    """
    fits = first.value.shape == second.value.shape and first.log_mass.shape == second.log_mass.shape
    if not fits or first.value.dtype != second.value.dtype:
        raise ArgumentError(
            "merge: two states of the same queries required, got values "
            f"{tuple(first.value.shape)} ({first.value.dtype}) and {tuple(second.value.shape)} ({second.value.dtype}). "
            "Parts are merged for one set of queries and one value matrix."
        )
    logs = torch.stack([first.log_mass, second.log_mass], dim=-1)
    total = torch.logsumexp(logs, dim=-1)
    # two parts without mass: any shares will do, since both values are 0
    known = torch.where(torch.isinf(total).unsqueeze(-1), torch.zeros_like(logs), logs)
    share = torch.softmax(known, dim=-1)
    value = share[..., :1] * first.value + share[..., 1:] * second.value
    return SoftmaxState(total, value)
