"""Gradient ascent on the ratio to a bound, from random and from known extremal cases, many restarts at once.

Sampling alone rarely comes near a bound. The adversary moves everything a statement is quantified over (atoms,
weights through logits, matrices, biases, queries, steps) by Adam with a decaying rate; each restart keeps the
best case it met. The result is a number to report and a case to decide exactly, never a verdict.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case
from proofcheck.hammer.random_source import Source

STEPS = 200
RATE = 0.1
NEAR, POLISHED = 0.9, 0.9998  # between them a sharp bound is worth a second climb
PATIENCE = 30  # steps without the mean best over the restarts improving by a relative 1e-6


Parameters = dict[str, Tensor]


@dataclass(frozen=True)
class Ascent:
    """`best`: largest ratio net of roundoff, at `case` (batch 1, one pair); `start`: the best before climbing."""

    best: float
    start: float
    case: Case


def ascend(kind: Kind, case: Case, *, steps: int = STEPS, rate: float = RATE, polish: bool = True) -> Ascent:
    """Climb from every row of `case` (one pair each) for `steps` steps, then from around the best row that was met.

    The second climb, shorter and at a tenth of the rate, is for sharp bounds: a maximum over atoms has an edge at the
    extremal case, and steps of the first length jump over it.
    """
    start = float(torch.nan_to_num(kind.ratio(case), nan=-1.0).max())
    kept, best = _climb(kind, {k: v.detach().clone() for k, v in kind.parameters(case).items()}, steps, rate)
    if polish and kind.trial.prop.sharp and NEAR <= float(best.max()) < POLISHED:
        near = _around(kept, best)
        kept, best = _climb(kind, near, steps, rate / 10)
    final = kind.build(kept)
    polished = [final, kind.sharpen(final), case]
    ratios = [torch.nan_to_num(kind.ratio(c), nan=-1.0) for c in polished]
    which = max(range(len(polished)), key=lambda k: float(ratios[k].max()))
    i, j = kind.worst(polished[which], ratios[which], 1)[0]
    chosen = {k: v.detach() for k, v in kind.pick(polished[which], i, j).items()}
    return Ascent(float(ratios[which].max()), start, chosen)


def _around(kept: Parameters, best: Tensor) -> Parameters:
    """As many copies of the best row as there are rows; a part of each is mixed from the row that stood there."""
    row = int(best.argmax())
    share = torch.linspace(0, 0.05, best.numel(), dtype=best.dtype, device=best.device)
    share = share.roll(row)  # the best row itself keeps share 0
    return {k: v[row : row + 1] + _rows(share, v) * (v - v[row : row + 1]) for k, v in kept.items()}


def _climb(kind: Kind, leaves: Parameters, steps: int, rate: float) -> tuple[Parameters, Tensor]:
    """Per row the parameters of the largest raw ratio that was met, and that ratio."""
    first = {k: torch.zeros_like(v) for k, v in leaves.items()}
    second = {k: torch.zeros_like(v) for k, v in leaves.items()}
    best = torch.full_like(next(iter(leaves.values())).flatten(1)[:, 0], -torch.inf)
    kept = {k: v.clone() for k, v in leaves.items()}
    top, since = -1.0, 0
    for t in range(1, steps + 2):
        moving = {k: v.requires_grad_(True) for k, v in leaves.items()}
        value = kind.raw_ratio(kind.build(moving))[:, 0]
        better = torch.nan_to_num(value.detach(), nan=-torch.inf) > best
        best = torch.where(better, value.detach(), best)
        kept = {k: torch.where(_rows(better, v), v.detach(), kept[k]) for k, v in moving.items()}
        mean = float(torch.nan_to_num(best).mean())
        top, since = (mean, 0) if mean > top + 1e-6 * abs(top) else (top, since + 1)
        if t > steps or since > PATIENCE or not value.requires_grad:
            break
        gradients = torch.autograd.grad(
            torch.nan_to_num(value).sum(), list(moving.values()), allow_unused=True, materialize_grads=True
        )
        size = rate * 0.5 * (1 + math.cos(math.pi * (t - 1) / steps))
        leaves = _adam(moving, gradients, first, second, t, size)
    return kept, best


def attack(kind: Kind, config: Configuration, generator: Source, *, steps: int = STEPS) -> list[Ascent]:
    """Two climbs: from `config.batch` random cases, and from the known extremal ones disturbed slightly."""
    if not kind.climbable:
        return []
    seeds = kind.seeds(config)
    results = [ascend(kind, kind.draw(config, generator), steps=steps, polish=not seeds)]
    for seed in seeds:
        exactly = Ascent(float(kind.ratio(seed).max()), float(kind.ratio(seed).max()), seed)
        climbed = ascend(kind, disturbed(kind, seed, config, generator), steps=steps, polish=False)
        results += [exactly, climbed]
    return results


def disturbed(kind: Kind, seed: Case, config: Configuration, generator: Source, size: float = 0.01) -> Case:
    """`config.batch` copies of a seed's parameters, every entry off by normal noise of the given size."""
    copies = {}
    for name, value in kind.parameters(seed).items():
        rows = value.expand(config.batch, *value.shape[1:]).clone()
        noise = generator.normal(*rows.shape, dtype=rows.dtype)
        copies[name] = rows + size * noise
    return {k: v.detach() for k, v in kind.build(copies).items()}


def _rows(mask: Tensor, like: Tensor) -> Tensor:
    return mask.view(-1, *([1] * (like.ndim - 1)))


def _adam(
    leaves: Mapping[str, Tensor],
    gradients: tuple[Tensor, ...],
    first: dict[str, Tensor],
    second: dict[str, Tensor],
    t: int,
    rate: float,
) -> dict[str, Tensor]:
    """One step uphill; second moments per row and tensor, so that no row is slowed by another."""
    moved = {}
    for (name, value), gradient in zip(leaves.items(), gradients, strict=True):
        g = torch.nan_to_num(gradient, posinf=0.0, neginf=0.0)
        square = g.square().reshape(g.shape[0], -1).mean(-1)
        first[name] = 0.9 * first[name] + 0.1 * g
        second[name] = 0.99 * second[name] + 0.01 * _rows(square, g)
        mean, spread = first[name] / (1 - 0.9**t), second[name] / (1 - 0.99**t)
        moved[name] = (value + rate * mean / (spread.sqrt() + torch.finfo(g.dtype).tiny)).detach()
    return moved
