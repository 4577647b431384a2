"""The float half of a campaign: what one batch of measures finds. No decision is made here.

A batch is small enough for the caches and for any memory, and its findings depend on its configuration alone, so
batches may be measured on several threads and in any order.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case

ELEMENTS = {"cpu": 2**20, "cuda": 2**27}  # numbers in the largest intermediate of a chunk
LARGEST = {"cpu": 2**13, "cuda": 2**20}  # measures in a chunk
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


@cache
def keep_freed_memory() -> None:
    """Let glibc keep up to 256 MB that were freed, for the whole process; nothing where there is no glibc.

    By default it gives the top of the heap back after a few MB, and the page faults of the next batch then cost as
    much as a part of its arithmetic.
    """
    trim_threshold, mmap_threshold = -1, -3  # the numbers in malloc.h
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(trim_threshold, 2**28)
    mallopt(mmap_threshold, 2**25)


def probe(kind: Kind, config: Configuration) -> Probe:
    """Draw one batch, measure it, and measure its first rows again at sharpened pairs."""
    keep_freed_memory()
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
