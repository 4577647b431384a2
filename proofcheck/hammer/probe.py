"""The float half of a campaign: which batches are drawn, and what one batch finds. No decision is made here.

Rounds go through the families in turn, a chunk of measures at a time, small enough for the caches and for any
memory. A chunk depends only on (seed, family, round), so chunks may run on several threads in any order.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case

ELEMENTS = {"cpu": 2**19, "cuda": 2**27}  # numbers in the largest intermediate of a chunk
LARGEST = {"cpu": 2**12, "cuda": 2**20}  # measures in a chunk
LADDER = ((1, 1), (1, 2), (2, 3), (3, 5), (8, 16), (8, 64))  # (d, n) that every family meets first
BINS = 20  # of the histogram of ratios on [0, 1]
SUSPECTS = 16  # suspected violations of a chunk that are kept for an exact decision


@dataclass(frozen=True)
class Probe:
    """What one chunk found: cases have batch 1 and one pair.

    worst: the largest ratio net of roundoff and where; suspects: cases with ratio > 1, worst first, at most
    SUSPECTS of the `suspected` many; sample: a case drawn at random, to compare code and formula on;
    histogram: how many ratios fell in each of BINS equal parts of [0, 1], those beyond in the last, negative ones
    (roundoff is taken off) in the first, NaN nowhere.
    """

    config: Configuration
    checks: int
    nans: int
    worst: float
    worst_case: Case
    suspected: int
    suspects: list[Case]
    sample: Case
    histogram: tuple[int, ...]


def schedule(
    families: Collection[str], measures: int, seed: int, device: str, dtype: torch.dtype
) -> Iterator[Configuration]:
    """Chunks of all families in turn, `measures` in all, shared out evenly."""
    left = {f: measures // len(families) + (i < measures % len(families)) for i, f in enumerate(families)}
    round_ = 0
    while any(left.values()):
        for name in families:
            if left[name]:
                rng = random.Random(f"{seed}/{name}/{round_}")
                config = _configuration(name, round_, left[name], rng, device, dtype)
                left[name] -= config.batch
                yield config
        round_ += 1


def _configuration(
    family: str, round_: int, left: int, rng: random.Random, device: str, dtype: torch.dtype
) -> Configuration:
    """The ladder of sizes first, with about a third of the share, then sizes and scales at random."""
    if round_ < len(LADDER):
        (d, n), pairs, scale, spread = LADDER[round_], 4, 1.0, -(-left // 12)
    else:
        d, n = rng.choice((1, 2, 3, 8)), rng.choice((1, 2, 3, 8, 64))
        pairs, scale = rng.choice((1, 4, 16)), rng.choice((0.25, 1.0, 4.0))
        spread = max(32, left // 4)
    where = device.partition(":")[0]
    limit = ELEMENTS.get(where, ELEMENTS["cuda"]) // (n * max(2 * pairs, n, d))
    batch = max(1, min(spread, left, LARGEST.get(where, LARGEST["cuda"]), limit))
    seed = rng.getrandbits(62)
    return Configuration(family, d=d, n=n, scale=scale, batch=batch, pairs=pairs, dtype=dtype, device=device, seed=seed)


def probe(kind: Kind, config: Configuration) -> Probe:
    """Draw one batch, measure it, and measure its first rows again at sharpened pairs."""
    generator = config.generator()
    case = kind.draw(config, generator)
    with torch.no_grad():
        looks = [(case, kind.ratio(case))]
    few = {k: (v[:32, :2] if k in kind.paired else v[:32]) for k, v in case.items()}
    sharpened = kind.sharpen(few)
    if sharpened is not few:
        with torch.no_grad():
            looks.append((sharpened, kind.ratio(sharpened)))
    ranked = [(float(r[i, j]), c, i, j) for c, r in looks for i, j in kind.worst(c, r, SUSPECTS)]
    ranked.sort(key=lambda entry: -entry[0] if entry[0] == entry[0] else 1.0)  # NaN last
    worst, best_case, i, j = ranked[0]
    sample = int(generator.integers(config.batch, 1))
    return Probe(
        config,
        checks=sum(r.numel() for _, r in looks),
        nans=sum(_count(torch.isnan(r)) for _, r in looks),
        worst=worst if worst == worst else 0.0,
        worst_case=kind.pick(best_case, i, j),
        suspected=sum(_count(r > 1) for _, r in looks),
        suspects=[kind.pick(c, i, j) for value, c, i, j in ranked[:SUSPECTS] if value > 1],
        sample=kind.pick(case, sample),
        histogram=_histogram([r for _, r in looks]),
    )


def _histogram(ratios: list[Tensor]) -> tuple[int, ...]:
    values = torch.cat([r.detach().flatten() for r in ratios])
    values = values[~torch.isnan(values)].to("cpu", torch.float64).clamp(0.0, 1.0)
    return tuple(int(count) for count in torch.histc(values, BINS, 0.0, 1.0).tolist())


def _count(mask: Tensor) -> int:
    return int(mask.sum())
