"""Couplings that use up the Lipschitz bounds of Att(mu, x) = V E_x[y] with score <A x, y> (MM-21, AS-03).

W_p, p finite   atoms R w of weight b and -R w, query x with A x = |A| R w; the atom at R w moves inwards by h -> 0. For
                p = 1 the weight b -> 0 attains the bound; for p > 1 b = e^{-2B}, B = |A| R^2, has the right exponent.
W_infinity      d >= 2: atoms +-(D/2) w of weight 1/2, A x perpendicular to w, moving along w +- (D/2) A x. Attained.
query           atoms +-R w of weight 1/2 and queries +-t with A t along w, t -> 0. Attained.

V is the identity or orthogonal, so that no direction is lost. Limits are missed by about 1e-4, see `extremal_contexts`.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.hammer.extremal_contexts import SHARE, SHORT
from proofcheck.hammer.families import Configuration, flat, integers, normal
from proofcheck.hammer.layers import Case
from proofcheck.hammer.random_source import Source


def seed(p: int | None, config: Configuration) -> list[Case]:
    """|A| = 1, |V| = 1 and R = 1 resp. D = 2, |A x| = 1; none for one atom, or on the line in W_infinity."""
    if config.n < 2 or (p is None and config.d < 2):
        return []
    one = torch.ones(1, dtype=config.dtype, device=config.device)
    eye = torch.eye(config.d, dtype=config.dtype, device=config.device)[None]
    return [rare_atom(config.n, eye, eye, one, one, p) if p else two_halves(config.n, eye, eye, one, 2 * one)]


def placed(case: Case, p: int | None, config: Configuration, generator: Source) -> Case:
    """The case with every SHARE-th measure (on average) replaced by an extremal one, turned and scaled at random."""
    if config.n < 2 or (p is None and config.d < 2):
        return case
    B, d = config.batch, config.d
    size = config.scale * 10 ** (2 * flat(config, generator, B) - 1)
    strength = 10 ** (2 * flat(config, generator, B) - 1.5)  # |A| R^2 of W_p, |A x| D/2 of W_infinity
    turn, V = (torch.linalg.qr(normal(config, generator, B, d, d)).Q for _ in range(2))
    V = V * 10 ** (2 * flat(config, generator, B, 1, 1) - 1)
    new = rare_atom(config.n, turn, V, size, strength, p) if p else two_halves(config.n, turn, V, strength, 2 * size)
    chosen = integers(config, generator, SHARE, B) == 0
    new = {**case, **new, "x": new["x"].expand_as(case["x"])}
    return {k: torch.where(chosen.view(-1, *([1] * (v.ndim - 1))), v, case[k]) for k, v in new.items()}


def rare_atom(n: int, turn: Tensor, V: Tensor, R: Tensor, strength: Tensor, p: int) -> Case:
    """turn orthogonal, w its first row; A = |A| turn, x = R turn^T w, so that A x = |A| R w; R, strength: (batch,)."""
    w = turn[:, 0]
    norm = strength / R.square()
    points = (-R.unsqueeze(-1) * w).unsqueeze(1).repeat(1, n, 1)
    points[:, 0] = -points[:, 0]
    # about SHORT e^{-2B} for p = 1, e^{-2B} else; a power of two, so that the weights add up exactly
    rare = (SHORT if p == 1 else 0.5) * torch.pow(2.0, -torch.ceil(2 * strength / math.log(2)))
    weights = ((1 - rare) / (n - 1)).unsqueeze(-1).repeat(1, n)
    weights[:, 0] = rare
    other = points.clone()
    other[:, 0] = points[:, 0] * (1 - SHORT / (1 + strength)).unsqueeze(-1)
    x = (R.unsqueeze(-1) * (turn.mT @ w.unsqueeze(-1)).squeeze(-1)).unsqueeze(1)
    A = norm.view(-1, 1, 1) * turn
    return {"points": points, "other": other, "weights": weights, "A": A, "V": V.expand_as(A), "x": x}


def two_halves(n: int, turn: Tensor, V: Tensor, strength: Tensor, D: Tensor) -> Case:
    """turn orthogonal with rows w, u: atoms +-(D/2) w, A x = theta u, theta D/2 = strength, |x| = D/2 (on the ball)."""
    w, u = turn[:, 0], turn[:, 1]
    side = 1 - 2 * (torch.arange(n, device=w.device) % 2).to(w.dtype)
    weights = torch.where(side > 0, 1 / (1 + side).sum(), 1 / (1 - side).sum()).expand(len(w), n)
    half = (D / 2).unsqueeze(-1)
    tilt = (strength.unsqueeze(-1) / half) * u
    points = side.view(1, -1, 1) * (half * w).unsqueeze(1)
    along = w.unsqueeze(1) + side.view(1, -1, 1) * (half * tilt).unsqueeze(1)
    move = (SHORT * half.squeeze(-1) / (1 + strength).square()).view(-1, 1, 1) / 2 * along
    A = (strength / half.squeeze(-1).square()).view(-1, 1, 1) * turn
    x = (half * (turn.mT @ u.unsqueeze(-1)).squeeze(-1)).unsqueeze(1)
    return {"points": points - move, "other": points + move, "weights": weights, "A": A, "V": V.expand_as(A), "x": x}


def balanced(n: int, turn: Tensor, V: Tensor, R: Tensor, norm: Tensor) -> Case:
    """Atoms +-R w of weight 1/2 each, queries +-t turn^T w with |A| R t = 2^-7: tanh(s)/s is 1 - 2e-5 of its limit."""
    w = turn[:, 0]
    side = 1 - 2 * (torch.arange(n, device=w.device) % 2).to(w.dtype)
    weights = torch.where(side > 0, 1 / (1 + side).sum(), 1 / (1 - side).sum()).expand(len(w), n)
    points = side.view(1, -1, 1) * (R.unsqueeze(-1) * w).unsqueeze(1)
    A = norm.view(-1, 1, 1) * turn
    t = 2.0**-7 / (norm * R)
    x = (t.unsqueeze(-1) * (turn.mT @ w.unsqueeze(-1)).squeeze(-1)).unsqueeze(1)
    return {"points": points, "weights": weights, "A": A, "V": V.expand_as(A), "x": x, "y": -x}
