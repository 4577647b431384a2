"""A differentiable estimate of the context constant of a deep model, to train with; `proofcheck certify` proves one.

    |T(mu, x) - T(nu, x)| <= |Q| (prod_l (1 + c_l) - 1) W_infinity(mu, nu),    x, tokens of mu and nu in a ball  (LT-09)
    MLP c = 0; attention c = BOUNDS["context_constant"] of LT-08 at eta, a = |A|, t = a r, D = a delta

with r a radius of what reaches the layer (LT-10: r + tau |W^T relu(b)|, r (1 + eta a)) and delta a diameter of the
tokens and queries of all contexts together: 2 r at the input, unchanged by an MLP, delta (1 + eta a) behind attention
(|Gamma(mu, y) - Gamma(nu, z)| <= |y - z| + eta diam(A Omega)), never more than 2 r.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.deep import Matrix, Resolved


def context_estimate(lift: Matrix, layers: Sequence[Resolved], radius: float) -> Tensor:
    """The context constant of T (before the read-out) in W_infinity, in floats from estimated norms: ().

    radius: of a ball that holds all tokens and queries.

    Raises:
        ArgumentError: a negative radius.
    """
    if not radius >= 0:
        raise ArgumentError(f"context_estimate: radius must be >= 0, got radius={radius!r}. It is that of a ball.")
    r = lift.norm * radius
    delta, spread = 2 * r, torch.ones_like(r)
    for layer in layers:
        size = layer.matrix.norm
        if layer.bias is not None:
            r = r + layer.step * torch.linalg.vector_norm(torch.relu(layer.bias) @ layer.matrix.entries)
            continue
        delta = torch.minimum(delta, 2 * r)
        values = {"eta": layer.step, "a": size, "D": size * delta, "t": size * r}
        c = torch.as_tensor(evaluate(lemma_bound("context_bound_w_inf", "context_constant"), values))
        spread = spread * (1 + c)
        delta, r = delta * (1 + layer.step * size), r * (1 + layer.step * size)
    return lift.norm * (spread - 1)
