"""Pairs of contexts that use up the context bounds of attention, LT-07 (W_1) and LT-08 (W_infinity).

W_1          atoms R w (weight a -> 0) and -R w, query R u, A w = |A| u; the atom at R w moves inwards by h -> 0. The
             tilt raises its weight by e^{2B}, B = |A| R^2, and A y - E_x[A y] is 2 |A| R u there.
W_infinity   d >= 2: atoms +-(D/2|A|) Q^T h of weight 1/2, A = |A| Q with Q orthogonal, a query x perpendicular to h;
             each atom moves along Q^T (h +- (D/2) x), the direction that the proof's Cauchy-Schwarz inequality asks
             for. (In d = 1 the bound is not attained.)

Both are limits. Lengths and weights are powers of 2 at which the limit is missed by about 1e-4 and roundoff is a
millionth of what is measured.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from proofcheck.hammer.families import Configuration, directions, flat, integers, normal
from proofcheck.hammer.layers import Case
from proofcheck.hammer.random_source import Source

SHORT = 2.0**-14  # displacement relative to the lengths that matter
SHARE = 6  # one drawn measure of so many is extremal


def seed(distance: str, config: Configuration) -> list[Case]:
    """The extremal case with |A| = 1: R = 1 resp. D = 2, |x| = 1; none for one atom, or on the line in W_infinity."""
    if config.n < 2 or (distance == "winf" and config.d < 2):
        return []
    one = torch.ones(1, dtype=config.dtype, device=config.device)
    eye = torch.eye(config.d, dtype=config.dtype, device=config.device)
    if distance == "w1":
        return [_rare_atom(config.n, eye[:1], eye[:1], one, one, one)]
    return [_two_halves(config.n, eye[None], eye[:1], eye[1:2], one, 2 * one, one)]


def placed(case: Case, distance: str, config: Configuration, generator: Source) -> Case:
    """The case with every SHARE-th measure (on average) replaced by an extremal one, in a random position and size."""
    if config.n < 2 or (distance == "winf" and config.d < 2):
        return case
    B, d = config.batch, config.d
    size = config.scale * 10 ** (2 * flat(config, generator, B) - 1)
    strength = 10 ** (2 * flat(config, generator, B) - 1.5)  # B of W_1, D |x| / 2 of W_infinity
    if distance == "w1":
        w, u = (directions(config, generator, B) for _ in range(2))
        new = _rare_atom(config.n, w, u, size, strength / size.square(), case["step"])
    else:
        Q = torch.linalg.qr(normal(config, generator, B, d, d)).Q
        h, x = Q[:, 0], Q[:, 1] * (strength / size).unsqueeze(-1)
        norm = 10 ** (2 * flat(config, generator, B) - 1)
        # every other one with atoms as long as the query: there the bound on a ball is used up as well
        norm[::2] = (size.square() / strength)[::2]
        turn = torch.linalg.qr(normal(config, generator, B, d, d)).Q
        new = _two_halves(config.n, norm.view(-1, 1, 1) * turn, h, x, norm, 2 * size, case["step"])
    chosen = integers(config, generator, SHARE, B) == 0
    new["x"] = new["x"].expand_as(case["x"])
    return {k: torch.where(chosen.view(-1, *([1] * (v.ndim - 1))), new[k], v) for k, v in case.items()}


def _rare_atom(n: int, w: Tensor, u: Tensor, R: Tensor, norm: Tensor, step: Tensor) -> Case:
    """w, u: (batch, d) unit; R, norm = |A|, step: (batch,). Atom 0 is the rare one."""
    strength = norm * R.square()
    points = -(R.unsqueeze(-1) * w).unsqueeze(1).repeat(1, n, 1)
    points[:, 0] = -points[:, 0]
    rare = SHORT * torch.pow(2.0, -torch.ceil(2 * strength / math.log(2)))  # about SHORT e^{-2B}
    weights = ((1 - rare) / (n - 1)).unsqueeze(-1).repeat(1, n)
    weights[:, 0] = rare
    other = points.clone()
    other[:, 0] = points[:, 0] * (1 - SHORT / (1 + strength)).unsqueeze(-1)
    A = norm.view(-1, 1, 1) * u.unsqueeze(-1) * w.unsqueeze(-2)
    return {"points": points, "other": other, "weights": weights, "A": A, "step": step} | {
        "x": (R.unsqueeze(-1) * u).unsqueeze(1)
    }


def _two_halves(n: int, A: Tensor, h: Tensor, x: Tensor, norm: Tensor, D: Tensor, step: Tensor) -> Case:
    """A = norm * orthogonal (batch, d, d); h unit, x perpendicular to h (batch, d); D the image's diameter (batch,)."""
    side = 1 - 2 * (torch.arange(n, device=h.device) % 2).to(h.dtype)
    weights = torch.where(side > 0, 1 / (1 + side).sum(), 1 / (1 - side).sum())
    back = A.mT / norm.view(-1, 1, 1)  # Q^T
    half = (D / 2).unsqueeze(-1)
    turned = side.view(1, -1, 1) * (back @ (half / norm.unsqueeze(-1) * h).unsqueeze(-1)).mT
    along = (h.unsqueeze(1) + side.view(1, -1, 1) * (half * x).unsqueeze(1)) @ back.mT
    strength = half.squeeze(-1) * x.norm(dim=-1)
    move = (SHORT * half.squeeze(-1) / norm / (1 + strength).square()).view(-1, 1, 1) / 2 * along
    return {"points": turned - move, "other": turned + move, "weights": weights.expand(len(h), n)} | {
        "A": A,
        "x": x.unsqueeze(1),
        "step": step,
    }
