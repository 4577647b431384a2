"""NC7: for plain W_1 on time and space causal attention is discontinuous: swap tokens at nearly one time (AS-07)."""

import itertools

import torch

from torch_impl.attention import self_attention

F64 = torch.float64
ONE = torch.ones(1, 1, dtype=F64)


def moved(gap, sizes=(0.0, 1.0), *, distance):
    """Input and output distance of two tokens in the given order and swapped, at times 0.5 and 0.5 + gap."""
    X = torch.tensor(sizes, dtype=F64).unsqueeze(-1)
    times = torch.tensor([0.5, 0.5 + gap], dtype=F64)
    out = [self_attention(Z, 0 * ONE, ONE, mask="causal") for Z in (X, X.flip(0))]
    return distance(times, X, X.flip(0)), distance(times, *out)


def plain(times, X, Y):
    """W_1 on time x space, Euclidean, by both matchings."""
    both = [torch.cat([times.unsqueeze(-1), Z], -1) for Z in (X, Y)]
    return min(
        float((both[0] - both[1][list(order)]).norm(dim=-1).mean()) for order in itertools.permutations(range(2))
    )


def timed(times, X, Y):
    """d_2: tokens are compared with the token of the same time."""
    return float((X - Y).square().sum(-1).mean() ** 0.5)


def test_plain_distance_jumps():
    for gap in (1e-2, 1e-5, 1e-9):
        before, after = moved(gap, distance=plain)
        assert before <= gap * (1 + 1e-6)
        assert (
            after >= 0.5
        )  # (0, 1/2) against (1, 1/2): the first output moves by 1 at its time, or by 1/2 to the other


def test_the_distance_of_the_lemma_does_not():
    for gap in (1e-2, 1e-9):
        before, after = moved(gap, distance=timed)
        assert before == 1
        assert after <= 2 * before  # Hardy's constant p/(p - 1) for p = 2


def test_small_tokens_at_the_same_times_are_close_in_both():
    before, after = moved(1e-3, (0.0, 1e-4), distance=plain)
    assert before <= 1e-3
    assert after <= 1e-4
