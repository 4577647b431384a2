"""Equiangular tokens on the sphere: the tokens, the layer x -> N(x + h Att(mu, x)), their closed forms (lemma MM-35).

rate        c' = 2 e^{beta c} (1 - c)(1 + (n - 1) c)/(e^beta + (n - 1) e^{beta c})   on the sphere, V = I, A = beta I
next_inner  the inner product after one layer, an algebraic function of c, e^beta, e^{beta c}, h, n
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.bounds import Value, evaluate, lemma_bound

LEMMA = "measure_maps.equiangular_tokens"


def equiangular(n: int, c: float, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """n unit vectors in R^n with inner products c: (n, n).

    The symmetric root of (1 - c) I + c 1 1^T: sqrt(1 - c) I + ((sqrt(1 + (n - 1) c) - sqrt(1 - c))/n) 1 1^T.

    Raises:
        ArgumentError: n < 2, or c is not in [-1/(n - 1), 1].
    """
    if n < 2 or not 1 + (n - 1) * c >= 0 or not c <= 1:
        raise ArgumentError(
            f"equiangular: n >= 2 tokens and -1/(n - 1) <= c <= 1 required, got n={n}, c={c!r}. "
            "The square of their sum is n (1 + (n - 1) c)."
        )
    small, large = (1 - c) ** 0.5, (1 + (n - 1) * c) ** 0.5
    return small * torch.eye(n, dtype=dtype) + (large - small) / n * torch.ones(n, n, dtype=dtype)


def sphere_layer(X: Tensor, A: Tensor, V: Tensor, h: float | Tensor) -> Tensor:
    """N(x_i + h Att(mu_X, x_i)), N(z) = z/|z|: (*batch, n, d).

    Raises:
        ArgumentError: shapes do not fit.
    """
    moved = X + h * self_attention(X, A, V)
    return moved / torch.linalg.vector_norm(moved, dim=-1, keepdim=True)


def sphere_velocity(X: Tensor, A: Tensor, V: Tensor) -> Tensor:
    """P_x Att(mu_X, x), P_x = I - x x^T, for unit tokens X (*batch, n, d)."""
    attention = self_attention(X, A, V)
    return attention - (attention * X).sum(-1, keepdim=True) * X


def next_inner(c: float, beta: float, n: int, h: float) -> float:
    """Inner product of n equiangular tokens after one `sphere_layer` with A = beta I, V = I.

    Raises:
        ArgumentError: an argument is not finite, or e^beta is beyond floats.
    """
    return _at("next_inner", {"c": c, "beta": beta, "n": n, "h": h})


def rate(c: float, beta: float, n: int) -> float:
    """Derivative of the inner product along `sphere_velocity` with A = beta I, V = I.

    Raises:
        ArgumentError: an argument is not finite, or e^beta is beyond floats.
    """
    return _at("rate", {"c": c, "beta": beta, "n": n})


def _at(key: str, values: dict[str, float]) -> float:
    floats: dict[str, Value] = {name: float(value) for name, value in values.items()}
    try:
        found = float(evaluate(lemma_bound(LEMMA, key), floats))
    except OverflowError:
        found = math.nan
    if not math.isfinite(found):
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
        raise ArgumentError(
            f"{key}: finite numbers with e^beta within floats required, got {shown}. The formula is a quotient of such "
            "exponentials. Take a beta below 300."
        )
    return found


def layer_of_two(c: Tensor, s: Tensor, beta: Tensor, h: Tensor) -> Tensor:
    """<x, y> |x| |y| and |x|^2 of the unnormalised images of the tokens (1, 0), (c, s), A = beta I, V = I: (2,)."""
    one, zero = torch.ones_like(c), torch.zeros_like(c)
    X = torch.stack([torch.stack([one, zero]), torch.stack([c, s])])
    identity = torch.eye(2, dtype=c.dtype)
    x, y = X + h * self_attention(X, beta * identity, identity)
    return torch.stack([(x * y).sum(), (x * x).sum()])
