"""Every proved upper bound of the local Lipschitz constant of one attention head at X, ordered from here to the ball.

    here      AS-01L, the smaller of its two forms: norms of P, C_i, C_i A at this X
    uniform   AS-01U: columns of P summed with the largest weight that the radius allows
    combined  AS-01:  v (sqrt(n (1 + R^2 g^2)) + a R^2)
    sharper   AS-01:  v (sqrt(n) + s (1 + sqrt(n)))
    printed   AS-01:  sqrt(3) v sqrt(a^2 R^4 (4 n + 1) + n), as remembered from castin2024smooth (arXiv:2312.14820)
    free      free of n: AS-01U's limit without a mask, AS-06 with a causal one

here <= uniform <= combined <= sharper <= printed, in exact arithmetic; R = max |x_i| unless a radius is given. The last
five hold without a bias of the queries and on the whole ball. Floats, not rounded outwards.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import Mask, attention_weights
from torch_impl.bounds import Value, evaluate, lemma_bound

_FOLDER = "attention_smoothness"


class SmoothnessBounds(NamedTuple):
    """Each (*batch,); see the module."""

    here: Tensor
    uniform: Tensor
    combined: Tensor
    sharper: Tensor
    printed: Tensor
    free: Tensor


def local_bounds(X: Tensor, A: Tensor, V: Tensor, *, mask: Mask = None, beta: Tensor | None = None) -> Tensor:
    """AS-01L's smaller bound of |D_X f|_2, (*batch,); X (*batch, n, d), A and V shared or with the batch in front.

    Raises:
        ArgumentError: `self_attention` would refuse the arguments.
    """
    P = attention_weights(X, A, mask=mask, beta=beta)
    theta = X @ A.mT if beta is None else X @ A.mT + beta
    n, d = X.shape[-2:]
    # orthonormal coordinates of the span of the tokens: the covariances are 0 outside it
    basis = (
        torch.linalg.qr(X.mT)[0] if n < d else torch.eye(d, dtype=X.dtype, device=X.device).expand(*X.shape[:-2], d, d)
    )
    Y = X @ basis
    centred = Y.unsqueeze(-3) - (P @ Y).unsqueeze(-2)
    C = (P.unsqueeze(-1) * centred).mT @ centred
    # C is symmetric: its norm is the largest eigenvalue, and a tiny negative one is roundoff
    spread = torch.linalg.eigvalsh(C)[..., -1].clamp_min(0).sqrt()
    values: dict[str, Value] = {
        "v": torch.linalg.matrix_norm(V, 2).expand(X.shape[:-2]),
        "p": torch.linalg.matrix_norm(P, 2),
        "c": P.sum(-2).amax(-1),
        "h": (spread * theta.norm(dim=-1)).amax(-1),
        "b": torch.linalg.matrix_norm(C @ (basis.mT @ A).unsqueeze(-3), 2).amax(-1),
    }
    return torch.minimum(
        _value("local_attention_bound", "here", values), _value("local_attention_bound", "here_sharper", values)
    )


def smoothness_bounds(
    X: Tensor, A: Tensor, V: Tensor, *, causal: bool = False, radius: float | None = None
) -> SmoothnessBounds:
    """All bounds at X (*batch, n, d), scores <A x_i, x_j> without a bias.

    Args:
        causal: whether token i attends to j <= i only.   radius: of a ball that holds the tokens; max |x_i| if None.

    Raises:
        ArgumentError: shapes do not fit, or a token lies outside the ball.
    """
    here = local_bounds(X, A, V, mask="causal" if causal else None)
    reach = X.norm(dim=-1).amax(-1)
    if radius is not None and not bool((reach <= radius).all()):
        raise ArgumentError(
            f"smoothness_bounds: radius must be at least the norm of every token, got radius={radius} and a token of "
            f"norm {float(reach.max()):.6g}. The bounds speak of the ball."
        )
    n = X.shape[-2]
    ball: dict[str, Value] = {
        "v": torch.linalg.matrix_norm(V, 2).expand_as(reach),
        "a": torch.linalg.matrix_norm(A, 2).expand_as(reach),
        "R": reach if radius is None else torch.full_like(reach, radius),
    }

    def at(lemma: str, key: str, count: Value) -> Tensor:
        return _value(lemma, key, {**ball, "n": count})

    general, everywhere = "self_attention_bound", "self_attention_bound_uniform"
    largest = [at(everywhere, "largest_weight", torch.full_like(reach, i)) for i in range(1, n + 1)]
    columns = torch.stack(largest).sum(0) if causal else n * largest[-1]
    tokens = torch.full_like(reach, n)
    return SmoothnessBounds(
        here,
        at(general, "combined", columns),
        at(general, "combined", tokens),
        at(general, "sharper", tokens),
        at(general, "lipschitz_constant", tokens),
        at("causal_attention_bound", "lipschitz_constant", tokens) if causal else at(everywhere, "limit", tokens),
    )


def _value(lemma: str, key: str, values: dict[str, Value]) -> Tensor:
    return cast(Tensor, evaluate(lemma_bound(f"{_FOLDER}.{lemma}", key), values))
