"""Tested: the device stream is NumPy's Philox bit by bit, numbers are uniform and normal, seeds give their own streams.
Not tested: statistical quality beyond moments (Philox4x64-10 passes BigCrush), CUDA (no device here; any device runs
the same torch operations)."""

import math

import numpy as np
import pytest
import torch

from proofcheck.hammer import random_source
from proofcheck.hammer.random_source import Source, philox

SEEDS = (0, 1, 2**32, 2**62 - 1, 2**64 - 1)


@pytest.mark.parametrize("seed", SEEDS)
def test_torch_operations_give_the_words_of_numpy(seed):
    expected = np.random.Philox(key=np.array([seed, 0], np.uint64), counter=0).random_raw(4 * 300)
    ours = philox(seed, 0, 300, "cpu").numpy().view(np.uint64)
    assert (ours == expected).all()
    later = philox(seed, 250, 50, "cpu").numpy().view(np.uint64)
    assert (later == expected[1000:]).all()


def test_one_round_less_is_noticed(monkeypatch):
    expected = philox(5, 0, 8, "cpu")
    monkeypatch.setattr(random_source, "ROUNDS", 9)
    assert not torch.equal(philox(5, 0, 8, "cpu"), expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_source_is_the_same_through_either_path(dtype):
    fast, slow = Source(77), Source(77)
    slow._fast = None  # what any device but a CPU does
    for shape in ((3, 5), (7,), (1,), (64, 8)):
        assert torch.equal(fast.flat(*shape, dtype=dtype), slow.flat(*shape, dtype=dtype))
        assert torch.equal(fast.normal(*shape, dtype=dtype), slow.normal(*shape, dtype=dtype))
        assert torch.equal(fast.integers(7, *shape), slow.integers(7, *shape))
    assert fast.counter == slow.counter


def test_numbers_are_uniform_and_normal():
    source, count = Source(3), 200_000
    u = source.flat(count, dtype=torch.float64)
    z = source.normal(count, dtype=torch.float64)
    k = source.integers(3, count)
    error = 5 / math.sqrt(count)
    assert 0 <= float(u.min()) <= float(u.max()) < 1
    assert abs(float(u.mean()) - 0.5) < error
    assert abs(float(u.var()) - 1 / 12) < error
    for power, moment in ((1, 0), (2, 1), (3, 0), (4, 3)):
        spread = math.sqrt({1: 1, 2: 2, 3: 15, 4: 96}[power])
        assert abs(float((z**power).mean()) - moment) < spread * error
    assert abs(float(torch.corrcoef(torch.stack([z[::2], z[1::2]]))[0, 1])) < 2 * error
    assert torch.bincount(k).tolist() == pytest.approx([count / 3] * 3, rel=4 * error)


def test_seeds_that_agree_in_32_bits_have_streams_of_their_own():
    assert not torch.equal(Source(9).words(8), Source(9 + 2**32).words(8))
    assert not torch.equal(Source(9).flat(8, dtype=torch.float64), Source(10).flat(8, dtype=torch.float64))


def test_float32_stays_below_one():
    top = torch.full((4,), -1, dtype=torch.int64)  # all bits set: the largest j
    for dtype in (torch.float32, torch.float64):
        source = Source(0)
        source.words = lambda count: top  # type: ignore[method-assign]
        assert float(source.fractions(8, dtype).max()) < 1
        assert bool(torch.isfinite(source.normal(4, dtype=dtype)).all())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_normal_numbers_follow_their_formula_whatever_the_blocks(monkeypatch, dtype):
    whole = Source(11).normal(5001, dtype=dtype)
    fractions = Source(11).fractions(5002, dtype).double().view(2, 2501)
    radius, angle = (-2 * (1 - fractions[0]).log()).sqrt(), 2 * math.pi * fractions[1]
    expected = torch.cat([radius * angle.cos(), radius * angle.sin()])[:5001]
    error = 16 * torch.finfo(dtype).eps * (1 + expected.abs().max())
    assert bool(((whole.double() - expected).abs() <= error).all())
    monkeypatch.setattr(random_source, "NORMALS", 100)
    assert bool(((Source(11).normal(5001, dtype=dtype) - whole).abs() <= error).all())
    assert not torch.allclose(Source(11).normal(5003, dtype=dtype)[:5001], whole)  # another split in two halves
