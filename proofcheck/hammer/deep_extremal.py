"""Pairs of contexts on which a deep context bound (LT-21) is near, or uses what only depth brings.

translating  A_l = -I, contexts delta_0 and delta_{R w}, query 0, R -> 0: each layer is x + eta_l mean(mu), and the
             bound prod (1 + eta_l |A_l|) - 1 is attained in the limit.
shifted      the first layer, A_1 = -a_1 I with a_1 -> 0 and eta_1 a_1 = g, moves everything by g mean(mu), so tokens
             and query leave the ball of radius R: a rare atom at R w, the others and the query at -R w, which goes to
             -R (1 + g) w. The last layer, A = -a I, raises the rare atom by e^{2 a R^2 (1 + g)}: a bound that forgets
             that the radius grows fails here.

MLP steps, where there are any, move nothing: all their units are off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from proofcheck.hammer.extremal_contexts import SHARE, SHORT
from proofcheck.hammer.families import Configuration, directions, flat, integers
from proofcheck.hammer.layers import Case
from proofcheck.hammer.random_source import Source

TINY = 2.0**-8  # radius of a translating case, relative to what its layers make of it
WEAK = 2.0**-6  # a_1 R^2 of a shifted case
IDLE = 2.0**-30  # step of an attention layer between the first and the last


def seeds(names: Sequence[str], case: Case) -> list[Case]:
    """Both in the shape of `case` (batch 1), along the first axis with all sizes 1; the first is translating."""
    w = torch.zeros_like(case["points"][:, 0])
    w[:, 0] = 1
    one = torch.ones_like(w[:, 0])
    found = [translating(names, case, w, torch.ones_like(case["steps"]))]
    return [*found, shifted(names, case, w, one, one, 2 * one)] if _shifts(names, case) else found


def placed(names: Sequence[str], case: Case, config: Configuration, generator: Source) -> Case:
    """The case with every SHARE-th measure (on average) translating, and as many shifted, of random sizes."""
    B = config.batch
    w, gains = directions(config, generator, B), 10 ** (2 * flat(config, generator, B, len(names)) - 1)
    which = integers(config, generator, SHARE, B)
    case = _where(which == 0, translating(names, case, w, gains), case)
    if not _shifts(names, case):
        return case
    R = config.scale * 10 ** (flat(config, generator, B) - 0.5)
    strength = 0.25 + 4 * flat(config, generator, B)
    return _where(which == 1, shifted(names, case, w, R, gains[:, 0], strength), case)


def translating(names: Sequence[str], case: Case, w: Tensor, gains: Tensor) -> Case:
    """w: (batch, d) unit; gains: steps of the layers, (batch, layers)."""
    attends = torch.tensor([name == "attention" for name in names], device=w.device)
    growth = torch.where(attends, 1 + gains, torch.ones_like(gains)).prod(-1)
    R = TINY * torch.pow(2.0, -torch.ceil(torch.log2(growth)))
    scales = torch.ones_like(gains)
    points = torch.zeros_like(case["points"])
    other = (R.unsqueeze(-1) * w).unsqueeze(1).expand_as(points)
    case = {**case, "points": points, "other": other, "x": torch.zeros_like(case["x"])}
    return _with_layers(names, case, scales, gains, torch.ones_like(R))


def shifted(names: Sequence[str], case: Case, w: Tensor, R: Tensor, g: Tensor, strength: Tensor) -> Case:
    """w: (batch, d) unit; R, g, strength = a R^2 (1 + g): (batch,)."""
    first, last = _ends(names)
    grown = R * (1 + g)
    scales = torch.ones_like(case["steps"])
    steps = torch.full_like(scales, IDLE)
    scales[:, first], steps[:, first] = WEAK / R.square(), g * R.square() / WEAK
    scales[:, last] = strength / (R * grown)
    steps[:, last] = 1 / (scales[:, last] * grown).square()
    n = case["points"].shape[1]
    points = -(R.unsqueeze(-1) * w).unsqueeze(1).repeat(1, n, 1)
    x = points[:, :1].expand_as(case["x"]).clone()
    points[:, 0] = -points[:, 0]
    other = points.clone()
    other[:, 0] = points[:, 0] * (1 - SHORT / (1 + strength)).unsqueeze(-1)
    rare = SHORT * torch.pow(2.0, -torch.ceil(2 * strength / math.log(2)))
    weights = ((1 - rare) / (n - 1)).unsqueeze(-1).repeat(1, n)
    weights[:, 0] = rare
    case = {**case, "points": points, "other": other, "weights": weights, "x": x}
    return _with_layers(names, case, scales, steps, 2 * grown)


def _with_layers(names: Sequence[str], case: Case, scales: Tensor, steps: Tensor, reach: Tensor) -> Case:
    """Attention layers A = -scale I; MLP steps whose units are off on the ball of radius `reach`."""
    new = {**case, "steps": steps.clone()}
    for k, name in enumerate(names):
        if name == "attention":
            A = case[f"A{k + 1}"]
            eye = torch.eye(A.shape[-1], dtype=A.dtype, device=A.device)
            new[f"A{k + 1}"] = -scales[:, k].view(-1, 1, 1) * eye
        else:
            W = case[f"W{k + 1}"]
            norm = W.square().sum((-1, -2)).sqrt()
            new[f"b{k + 1}"] = -(norm * reach).unsqueeze(-1).expand(W.shape[:2])
            new["steps"][:, k] = 1 / norm.square()
    return new


def _ends(names: Sequence[str]) -> tuple[int, int]:
    where = [k for k, name in enumerate(names) if name == "attention"]
    return where[0], where[-1]


def _shifts(names: Sequence[str], case: Case) -> bool:
    first, last = _ends(names)
    return first < last and case["points"].shape[1] > 1


def _where(chosen: Tensor, new: Case, case: Case) -> Case:
    return {k: torch.where(chosen.view(-1, *([1] * (v.ndim - 1))), new[k], v) for k, v in case.items()}
