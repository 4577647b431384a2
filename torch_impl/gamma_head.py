"""One attention head that turns a coordinate into gamma_lambda(mu, x), exactly, and leaves the others alone.

    gamma_lambda(mu, x) = x~ + v int e^{c x~ y~} y~ dmu(y) / int e^{c x~ y~} dmu(y)

with x~ = <x, a> + b, y~ = <y, a> + b, lambda = (a, b, c, v).

A token carries (x, p, q, s) in R^{d + 3 d'}; the affine part writes q_i = <x, a_i> + b_i, head i has
Q = sgn(c) sqrt|c| e^T, K = sqrt|c| e^T, V = v e^T, W = e with e = e_{q_i}, so its score is
c q_i(x) q_i(y) (lemma MM-44).
Source: furuya2024context (arXiv:2408.01367), proof of Theorem 1, as reconstructed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import attend
from torch_impl.measures import Measure


class Gamma(NamedTuple):
    """lambda: a (d,), and b, c, v () tensors."""

    a: Tensor
    b: Tensor
    c: Tensor
    v: Tensor


class Head(NamedTuple):
    """Q, K, V (1, w) and W (w, 1) of one head of width 1 on tokens of width w."""

    Q: Tensor
    K: Tensor
    V: Tensor
    W: Tensor


def gamma(measure: Measure, x: Tensor, parameters: Gamma) -> Tensor:
    """gamma_lambda(mu, x) by its definition, with log-weights: x (*batch, q, d) -> (*batch, q).

    Raises:
        ArgumentError: shapes do not fit.
    """
    a, b, c, v = parameters
    if a.shape != x.shape[-1:]:
        raise ArgumentError(
            f"gamma: required a ({x.shape[-1]},) for queries {tuple(x.shape)}, got {tuple(a.shape)}. One direction for "
            "each factor."
        )
    line = Measure((measure.points @ a + b).unsqueeze(-1), measure.weights)
    query = (x @ a + b).unsqueeze(-1)
    return (query + attend(line, query, c.reshape(1, 1), v.reshape(1, 1))).squeeze(-1)


def lift(x: Tensor, factors: tuple[Gamma, ...]) -> Tensor:
    """(x, p, q, s) = (x, 1, (<x, a_i> + b_i)_i, 0): (..., d) -> (..., d + 3 d'), d' = len(factors). Affine in x.

    Raises:
        ArgumentError: no factors.
    """
    if not factors:
        raise ArgumentError("lift: required at least one factor, got factors=() (empty). d' is their number.")
    q = torch.stack([x @ f.a + f.b for f in factors], dim=-1)
    return torch.cat((x, torch.ones_like(q), q, torch.zeros_like(q)), dim=-1)


def head(coordinate: int, width: int, c: Tensor, v: Tensor) -> Head:
    """The head of width 1 for score c q q' and value v q at one coordinate of tokens in R^width.

    Raises:
        ArgumentError: no such coordinate.
    """
    if not 0 <= coordinate < width:
        raise ArgumentError(
            f"head: required 0 <= coordinate < width, got coordinate={coordinate}, width={width}. Coordinates of q "
            "are d + d', ..., d + 2 d' - 1."
        )
    e = torch.zeros(width, dtype=c.dtype, device=c.device)
    e[coordinate] = 1
    root = c.abs().sqrt()
    return Head((torch.sign(c) * root * e).unsqueeze(0), (root * e).unsqueeze(0), (v * e).unsqueeze(0), e.unsqueeze(1))


def gamma_layer(measure: Measure, tokens: Tensor, heads: tuple[Head, ...]) -> Tensor:
    """tokens + sum_h W_h Att_h(mu, tokens), the residual attention layer: (*batch, q, w) -> (*batch, q, w).

    measure: lifted tokens (*batch, n, w). Score <Q x, K y>, head width 1, so sqrt(k) = 1.
    """
    moved = tokens
    for one in heads:
        moved = moved + attend(measure, tokens, one.K.mT @ one.Q, one.V) @ one.W.mT
    return moved


def realised(measure: Measure, x: Tensor, factors: tuple[Gamma, ...]) -> Tensor:
    """(gamma_i(mu, x))_i by the lifted tokens and one residual attention layer with d' heads: (*batch, q, d')."""
    d, count = x.shape[-1], len(factors)
    lifted = Measure(lift(measure.points, factors), measure.weights)
    heads = tuple(head(d + count + i, d + 3 * count, f.c, f.v) for i, f in enumerate(factors))
    moved = gamma_layer(lifted, lift(x, factors), heads)
    return moved[..., d + count : d + 2 * count]
