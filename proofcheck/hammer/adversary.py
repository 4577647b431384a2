"""Gradient ascent on the ratio to a bound, from random and from known extremal cases, many restarts at once.

Sampling alone rarely comes near a bound. The adversary moves everything a statement is quantified over (atoms,
weights through logits, matrices, biases, queries, steps) by Adam with a decaying rate; each restart keeps the
best case it met. The result is a number to report and a case to decide exactly, never a verdict.

Where the worst pair for fixed data is known in closed form (`Kind.sharpen`), later climbs hold it there and move the
data alone. The largest ratio over pairs has an edge at its best pair, a cost being a sum of lengths, and steps in both
at once are thrown off that edge; by Danskin's theorem the gradient in the data is right on it.
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
NEAR, POLISHED = 0.99, 0.9998  # the first rate of further climbs depends on NEAR; at POLISHED there are none
ROUNDS = 6  # further climbs at most
WORTH = 0.02  # share of what is missing that one of two climbs must gain to be followed by a third
PATTERN = (0.5, 1.0, 2.0, 4.0)  # pattern moves, as shares of the way that a climb came
PATIENCE = 30  # steps without the mean best over the restarts improving by a relative 1e-6


Parameters = dict[str, Tensor]


@dataclass(frozen=True)
class Ascent:
    """`best`: largest ratio net of roundoff, at `case` (batch 1, one pair); `start`: the best before climbing."""

    best: float
    start: float
    case: Case


def ascend(kind: Kind, case: Case, *, steps: int = STEPS, rate: float = RATE, polish: bool = True) -> Ascent:
    """Climb from every row of `case` (one pair each) for `steps` steps; with `polish`, further if the bound is sharp.

    Each climb starts at the better of a row and the same row sharpened. A further climb starts where pattern moves
    lead, and holds its pairs sharpened. Its rate is in turn a tenth, from around the best row (a maximum over atoms
    has an edge at the extremal case, and steps of the first length jump over it), and the first one, from all rows
    (an extremal case at infinity is far: a weight that vanishes, scores that grow).
    """
    start = float(torch.nan_to_num(kind.ratio(case), nan=-1.0).max())
    begun = _sharpened(kind, {k: v.detach() for k, v in kind.parameters(case).items()})
    kept, best = _climb(kind, begun, steps, rate)
    if polish and kind.trial.prop.sharp:
        fine, idle = float(best.max()) >= NEAR, 0
        for _ in range(ROUNDS):
            before = float(best.max())
            if before >= POLISHED or idle > 1:
                break
            kept = _farther(kind, begun, kept)
            start_here = _sharpened(kind, _around(kept, _value(kind, kept)) if fine else kept)
            found, value = _climb(kind, start_here, steps, rate / 10 if fine else rate, sharp=True)
            gained = float(value.max()) - before
            if gained > 0:
                begun, kept, best = start_here, found, value
            fine, idle = not fine, idle + 1 if gained < WORTH * (1 - before) else 0
    final = kind.build(kept)
    polished = [final, kind.sharpen(final), case]
    ratios = [torch.nan_to_num(kind.ratio(c), nan=-1.0) for c in polished]
    which = max(range(len(polished)), key=lambda k: float(ratios[k].max()))
    i, j = kind.worst(polished[which], ratios[which], 1)[0]
    chosen = {k: v.detach() for k, v in kind.pick(polished[which], i, j).items()}
    return Ascent(float(ratios[which].max()), start, chosen)


def _value(kind: Kind, leaves: Parameters) -> Tensor:
    """The raw ratio of each row, -inf for NaN."""
    return torch.nan_to_num(kind.raw_ratio(kind.build(leaves))[:, 0].detach(), nan=-torch.inf)


def _better(kind: Kind, leaves: Parameters, other: Parameters) -> Parameters:
    """Row by row the leaves of the larger ratio."""
    wins = _value(kind, other) > _value(kind, leaves)
    return {k: torch.where(_rows(wins, v), other[k], v) for k, v in leaves.items()}


def _sharpened(kind: Kind, leaves: Parameters) -> Parameters:
    """Each row with its pair where the Jacobian is worst, if that is better."""
    case = {k: v.detach() for k, v in kind.build(leaves).items()}
    sharpened = kind.sharpen(case)
    if sharpened is case:
        return leaves
    return _better(kind, leaves, {k: v.detach() for k, v in kind.parameters(sharpened).items()})


def _farther(kind: Kind, begun: Parameters, kept: Parameters) -> Parameters:
    """Pattern moves: each row as far again along the way it came, and half, two and four times as far, if better."""
    way = {k: v - begun[k] for k, v in kept.items()}
    for share in PATTERN:
        kept = _better(kind, kept, {k: v + share * way[k] for k, v in kept.items()})
    return kept


def _around(kept: Parameters, best: Tensor) -> Parameters:
    """As many copies of the best row as there are rows; a part of each is mixed from the row that stood there."""
    row = int(best.argmax())
    share = torch.linspace(0, 0.05, best.numel(), dtype=best.dtype, device=best.device)
    share = share.roll(row)  # the best row itself keeps share 0
    return {k: v[row : row + 1] + _rows(share, v) * (v - v[row : row + 1]) for k, v in kept.items()}


def _climb(
    kind: Kind, leaves: Parameters, steps: int, rate: float, *, sharp: bool = False
) -> tuple[Parameters, Tensor]:
    """Per row the parameters of the largest raw ratio that was met, and that ratio; `sharp`: pairs held sharpened."""
    leaves = {k: v.detach().clone() for k, v in leaves.items()}
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
        if sharp:
            leaves = _sharpened(kind, leaves)
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


def noise(kind: Kind, config: Configuration, generator: Source) -> Case:
    """`config.batch` cases whose parameters are all standard normal: what a climb that knows nothing starts from.

    Drawn cases will not do for that, as some of them are extremal ones. Of a draw only the shapes are used.
    """
    shapes = kind.parameters(kind.draw(config, config.generator()))
    drawn = {k: generator.normal(*v.shape, dtype=v.dtype) for k, v in shapes.items()}
    return {k: v.detach() for k, v in kind.build(drawn).items()}


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
