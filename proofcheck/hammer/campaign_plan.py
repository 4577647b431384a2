"""Which batches a campaign measures: numbered chunks, each with random streams of its own.

Chunk k holds one batch of every family that has measures left. Everything in it depends only on (seed, lemma, k) and
on the settings, so any process can measure any chunk, in any order, and a campaign resumes at a number.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from zlib import crc32

import numpy as np
import torch

from proofcheck.hammer.families import Configuration
from proofcheck.hammer.probe import ELEMENTS, LARGEST

LADDER = ((1, 1), (1, 2), (2, 3), (3, 5), (8, 16), (8, 64))  # (d, n) that every family meets first

LEAST = 64  # measures in a batch past the ladder: with fewer, drawing and sharpening cost less than starting them


@dataclass(frozen=True)
class Chunk:
    """Batches that are counted, saved and shared out together. `number` counts from 0."""

    number: int
    batches: tuple[Configuration, ...]


def chunks(
    lemma: str, families: Sequence[str], measures: int, seed: int, device: str, dtype: torch.dtype, sizes: str = ""
) -> Iterator[Chunk]:
    """All chunks of a campaign in order, `measures` measures in all, shared out evenly over the families.

    sizes: the device type, "cpu" or "cuda", whose batches are drawn; that of `device` if empty.
    """
    where = sizes or device.partition(":")[0]
    most = LARGEST.get(where, LARGEST["cuda"]), ELEMENTS.get(where, ELEMENTS["cuda"])
    left = {f: measures // len(families) + (i < measures % len(families)) for i, f in enumerate(families)}
    root = int.from_bytes(sha256(f"{seed}/{lemma}".encode()).digest())
    number = 0
    while any(left.values()):
        batches: list[Configuration] = []
        for name in families:
            if left[name]:
                batches.append(_batch(name, number, left[name], stream(root, number, name), most, device, dtype))
                left[name] -= batches[-1].batch
        yield Chunk(number, tuple(batches))
        number += 1


def stream(root: int, number: int, family: str) -> random.Random:
    """The random source of one family in chunk `number`: a child of the campaign's root seed."""
    child = np.random.SeedSequence(root, spawn_key=(number, crc32(family.encode())))
    return random.Random(int.from_bytes(child.generate_state(4, np.uint64).tobytes(), "little"))


def _batch(
    family: str, number: int, left: int, rng: random.Random, most: tuple[int, int], device: str, dtype: torch.dtype
) -> Configuration:
    """The ladder of sizes first, with about a third of the share, then sizes and scales at random."""
    if number < len(LADDER):
        (d, n), pairs, scale, spread = LADDER[number], 4, 1.0, -(-left // 12)
    else:
        d, n = rng.choice((1, 2, 3, 8)), rng.choice((1, 2, 3, 8, 64))
        pairs, scale = rng.choice((1, 4, 16)), rng.choice((0.25, 1.0, 4.0))
        spread = max(LEAST, left // 4)
    largest, elements = most
    batch = max(1, min(spread, left, largest, elements // (n * max(2 * pairs, n, d))))
    seed = rng.getrandbits(62)
    return Configuration(family, d=d, n=n, scale=scale, batch=batch, pairs=pairs, dtype=dtype, device=device, seed=seed)
