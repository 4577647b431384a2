"""Counter-based random numbers: Philox4x64-10 keyed by the seed, the same 64-bit words on every device.

torch promises no equal streams between CPU and CUDA, nor between releases, and its CPU generator keeps 32 bits of a
seed. NumPy does promise the raw words of `numpy.random.Philox`; they are used on a CPU, and `philox` computes the same
words by integer operations of torch on any other device (the tests compare the two bit by bit). Word k depends on
(seed, k) alone, so nothing has to be stored or sent to repeat a draw.

Uniform numbers are exact functions of the words, so equal everywhere; normal ones pass through log, sin and cos, which
devices round differently: they agree to a few units in the last place.
Source: Salmon, Moraes, Dror, Shaw, Parallel random numbers: as easy as 1, 2, 3 (SC 2011).
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

MULTIPLIERS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
WEYL = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
ROUNDS = 10
BLOCK = 4  # words that one counter gives
NORMALS = 2**15  # pairs of normal numbers made at a time on a CPU: what they pass through stays in the cache

_LOW = 0xFFFFFFFF


class Source:
    """A stream of numbers on `device`, from its start: `seed` is an int in [0, 2^64)."""

    def __init__(self, seed: int, device: str = "cpu") -> None:
        self.seed = seed
        self.device = device
        self.counter = 0  # blocks used so far
        self._fast = np.random.Philox(key=np.array([seed, 0], np.uint64), counter=0) if device == "cpu" else None

    def words(self, count: int) -> Tensor:
        """The next `count` words, rounded up to whole blocks, as int64 with the bits of the unsigned words."""
        blocks = -(-count // BLOCK)
        if self._fast is not None:
            drawn = torch.from_numpy(self._fast.random_raw(BLOCK * blocks).view(np.int64))
        else:
            drawn = philox(self.seed, self.counter, blocks, self.device)
        self.counter += blocks
        return drawn

    def fractions(self, count: int, dtype: torch.dtype) -> Tensor:
        """`count` numbers j / 2^b in [0, 1), j uniform, b = 32 (24 in float32): exact, hence alike on every device."""
        return _scaled(self.words((count + 1) // 2).view(torch.int32)[:count], 1.0, dtype).add_(0.5)

    def flat(self, *shape: int, dtype: torch.dtype) -> Tensor:
        """Uniform on [0, 1)."""
        return self.fractions(math.prod(shape), dtype).view(shape)

    def normal(self, *shape: int, dtype: torch.dtype) -> Tensor:
        """Standard normal by Box and Muller: sqrt(-2 log(1 - u)) (cos, sin)(2 pi v)."""
        count = math.prod(shape)
        half = (count + 1) // 2
        halves = self.words(half).view(torch.int32)[: 2 * half].view(2, half)
        made = torch.empty(2, half, dtype=dtype, device=halves.device)
        block = max(1, half if self.device != "cpu" else min(half, NORMALS))
        for at in range(0, half, block):
            (s, t), (cos, sin) = halves[:, at : at + block], made[:, at : at + block]
            # u = 1/2 + s, v = 1/2 + t: 1 - u = 1/2 - s exactly, and (cos, sin)(2 pi v) = -(cos, sin)(2 pi t)
            radius = _scaled(s, -1.0, dtype).add_(0.5).log_().mul_(-2).sqrt_().neg_()
            angle = _scaled(t, 2 * math.pi, dtype)
            torch.cos(angle, out=cos).mul_(radius)
            torch.sin(angle, out=sin).mul_(radius)
        return made.view(-1)[:count].view(shape)

    def integers(self, high: int, *shape: int) -> Tensor:
        """0 .. high - 1, each with probability 1/high up to 2^-32: floor(high u), exact in float64."""
        return self.fractions(math.prod(shape), torch.float64).mul_(high).to(torch.int64).view(shape)


def _scaled(halves: Tensor, factor: float, dtype: torch.dtype) -> Tensor:
    """factor * (j / 2^b - 1/2) for half words of a stream, signed: exact for factors +-1."""
    if dtype == torch.float64:
        return halves.to(dtype).mul_(factor * 2.0**-32)
    return (halves >> 8).to(dtype).mul_(factor * 2.0**-24)


def philox(seed: int, start: int, blocks: int, device: str) -> Tensor:
    """Words BLOCK * start .. BLOCK * (start + blocks) - 1 of the stream of `seed`, by torch operations on `device`.

    Products and sums of int64 wrap around, which is arithmetic modulo 2^64 on the bits of the unsigned words.
    """
    counter = torch.arange(start + 1, start + blocks + 1, dtype=torch.int64, device=device)  # as NumPy counts
    zero = torch.zeros_like(counter)
    c0, c1, c2, c3 = counter, zero, zero, zero
    key = [seed, 0]
    for _ in range(ROUNDS):
        high0, low0 = _product(c0, MULTIPLIERS[0])
        high1, low1 = _product(c2, MULTIPLIERS[1])
        c0, c1, c2, c3 = high1 ^ c1 ^ _signed(key[0]), low1, high0 ^ c3 ^ _signed(key[1]), low0
        key = [(k + w) % 2**64 for k, w in zip(key, WEYL, strict=True)]
    return torch.stack([c0, c1, c2, c3], -1).flatten()


def _product(a: Tensor, constant: int) -> tuple[Tensor, Tensor]:
    """The high and the low word of the unsigned 128-bit product, by halves of 32 bits."""
    a0, a1 = a & _LOW, _upper(a)
    b0, b1 = constant & _LOW, constant >> 32
    inner, outer = a0 * b1, a1 * b0
    middle = _upper(a0 * b0) + (inner & _LOW) + (outer & _LOW)  # below 2^34
    return a1 * b1 + _upper(inner) + _upper(outer) + (middle >> 32), a * _signed(constant)


def _upper(word: Tensor) -> Tensor:
    """The upper half of an unsigned word: `>>` on int64 drags the sign along."""
    return (word >> 32) & _LOW


def _signed(word: int) -> int:
    """The int64 with the bits of an unsigned word."""
    return word - 2**64 if word >= 2**63 else word
