"""R1loc per input: its formula by loops, above the norm of the Jacobian, where it is attained, and what breaks it.

ROUNDING: the bound and the norm are both float64 results of fewer than 2^12 roundings of numbers of one size.
"""

import math

import pytest
import torch
from torch.func import jacrev

from proofcheck.errors import ArgumentError
from torch_impl.attention import attention_weights, self_attention
from torch_impl.attention_heads import Head, Heads, multi_head_attention
from torch_impl.local_bound import local_bound, local_bound_heads

ROUNDING = 2.0**-40
SHAPES = [(1, 3), (2, 1), (5, 3), (12, 4), (4, 12)]


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed + 31 * sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def norm(M):
    return float(torch.linalg.matrix_norm(M, 2))


def true_norm(f, X):
    return norm(jacrev(f)(X).reshape(-1, X.numel()))


def terms(X, A, V, beta, mask):
    """The four factors by loops over tokens: |P|, max c_j, max |C_i|^(1/2) |A x_i + beta|, max |C_i A|."""
    P = attention_weights(X, A, mask=mask, beta=beta)
    keys, own = [], []
    for p, x in zip(P, X, strict=True):
        m = sum(w * y for w, y in zip(p, X, strict=True))
        C = sum(w * torch.outer(y - m, y - m) for w, y in zip(p, X, strict=True))
        keys.append(math.sqrt(norm(C)) * float((A @ x + beta).norm()))
        own.append(norm(C @ A))
    return norm(P), float(P.sum(0).max()), max(keys), max(own)


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_it_is_its_formula(n, d, mask):
    X, A, V, beta = normal(n, d), normal(d, d), normal(2, d), normal(d)
    P, c, keys, own = terms(X, A, V, beta, mask)
    expected = norm(V) * (P + math.sqrt(c) * keys + own)
    assert abs(local_bound(X, A, V, beta=beta, mask=mask) - expected) <= ROUNDING * expected


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_it_is_above_the_norm(n, d, mask):
    for seed in range(10):
        X, A, V, beta = 2 * normal(n, d, seed=seed), normal(d, d, seed=seed), normal(d, d, seed=seed + 1), normal(d)
        exact = true_norm(lambda X, A=A, V=V, b=beta: self_attention(X, A, V, beta=b, mask=mask), X)
        assert exact <= local_bound(X, A, V, beta=beta, mask=mask) * (1 + ROUNDING)


def test_it_is_attained_by_one_token_by_equal_tokens_and_by_the_mean():
    V, x = normal(3, 3), normal(3)
    zero = torch.zeros(3, 3, dtype=torch.float64)
    for X, A in ((x[None, :], normal(3, 3)), (x.expand(7, 3), normal(3, 3)), (normal(7, 3), zero)):
        bound = local_bound(X, A, V)
        assert abs(bound - norm(V)) <= ROUNDING * bound
        assert abs(true_norm(lambda X, A=A: self_attention(X, A, V), X) - bound) <= ROUNDING * bound


def rotated(R):
    """A = rotation by a right angle, one token z = R u and one near -z that gets half of the weight."""
    A = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    z = torch.tensor([R, 0.0], dtype=torch.float64)
    return torch.stack([*[z] * 49, -z + torch.tensor([0.0, math.log(49) / R], dtype=torch.float64)]), A


@pytest.mark.parametrize("drop", ["mean", "keys", "query"])
def test_no_term_can_be_dropped(drop):
    identity = torch.eye(2, dtype=torch.float64)
    tie = torch.tensor([[0.0, 0.0], [8.0, 0.0], [-8.0, 0.0]], dtype=torch.float64)
    X, A = {"mean": (normal(5, 2), 0 * identity), "keys": rotated(8.0), "query": (tie, identity)}[drop]
    P, c, keys, own = terms(X, A, identity, torch.zeros(2).double(), None)
    weakened = {
        "mean": math.sqrt(c) * keys + own,
        "keys": P + own,
        "query": P + math.sqrt(c) * keys,
    }[drop]
    exact = true_norm(lambda X: self_attention(X, A, identity), X)
    assert weakened < exact <= local_bound(X, A, identity)


def test_weights_of_another_mask_give_no_bound():
    X, A, V = normal(50, 2), torch.zeros(2, 2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    exact = true_norm(lambda X: self_attention(X, A, V, mask="causal"), X)
    assert local_bound(X, A, V) < exact <= local_bound(X, A, V, mask="causal") * (1 + ROUNDING)


def test_a_forgotten_bias_gives_no_bound():
    X, A, V = normal(6, 2), torch.zeros(2, 2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)
    beta = 8 * normal(2)
    exact = true_norm(lambda X: self_attention(X, A, V, beta=beta), X)
    assert local_bound(X, A, V) < exact <= local_bound(X, A, V, beta=beta)


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_heads_together(groups, mask):
    for seed in range(5):
        h, k, d, n = 4, 3, 6, 7
        heads = Heads(
            normal(h, k, d, seed=seed),
            normal(groups, k, d, seed=seed + 1),
            normal(groups, k, d, seed=seed + 2),
            normal(d, h * k, seed=seed),
            normal(h, k, seed=seed),
            scale=0.2 + seed / 10,
        )
        X = normal(n, d, seed=seed + 3)
        exact = true_norm(lambda X, H=heads: multi_head_attention(X, H, mask=mask), X)
        bound = local_bound_heads(X, heads.split(), mask=mask)
        separate = sum(local_bound(X, h.A, h.W @ h.V, beta=h.beta, mask=mask) for h in heads.split())
        assert exact <= bound * (1 + ROUNDING)
        assert bound <= separate * (1 + ROUNDING)


def test_each_way_of_joining_heads_is_the_smaller_one_somewhere():
    X, one, zero = normal(4, 2), normal(1, 2), torch.zeros(2, 1, dtype=torch.float64)
    first, second = zero.clone(), zero.clone()
    first[0], second[1] = 1.0, 1.0
    apart = [Head(one, one, one, W) for W in (first, second)]  # orthogonal outputs: sqrt(2) of one head
    single = local_bound_heads(X, apart[:1])
    assert abs(local_bound_heads(X, apart) - math.sqrt(2) * single) <= ROUNDING * single
    uneven = [Head(one, one, one, first), Head(one, one, 1e-3 * one, 1e3 * second)]  # |W| is that of the second
    assert abs(local_bound_heads(X, uneven) - 2 * single) <= ROUNDING * single


def test_float32_input_is_taken_exactly():
    X, A, V = normal(5, 3).float(), normal(3, 3).float(), normal(3, 3).float()
    assert local_bound(X, A, V) == local_bound(X.double(), A.double(), V.double())


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: local_bound(normal(2, 3, 3), normal(3, 3), normal(3, 3)), "one by one"),
        (lambda: local_bound(normal(0, 3), normal(3, 3), normal(3, 3)), "n >= 1"),
        (lambda: local_bound(normal(2, 3), normal(2, 2), normal(3, 3)), r"A \(2, 2\)"),
        (lambda: local_bound(normal(2, 3) / 0, normal(3, 3), normal(3, 3)), "must be finite"),
        (lambda: local_bound(normal(2, 3), normal(3, 3), normal(3, 3), mask="casual"), "causal"),
        (lambda: local_bound_heads(normal(2, 3), []), "at least one head"),
        (lambda: local_bound(normal(3, 2), normal(2, 2), normal(3, 3)), r"V \(3, 3\)"),
        (lambda: local_bound(normal(3, 2), normal(2, 2), normal(2)), r"V \(2,\)"),
        (lambda: local_bound(normal(3, 0), normal(0, 0), normal(2, 0)), "d >= 1"),
        (lambda: local_bound(normal(3, 2), 1e300 * normal(2, 2), normal(2, 2)), "got an overflow"),
        (lambda: local_bound(1e200 * normal(3, 2), normal(2, 2), normal(2, 2)), "got an overflow"),
        (lambda: local_bound(1e155 * normal(3, 2), 0 * normal(2, 2), normal(2, 2)), "got an overflow"),
        (
            lambda: local_bound_heads(
                1e200 * normal(3, 2), [Head(normal(2, 2), normal(2, 2), normal(2, 2), normal(2, 2))]
            ),
            "got an overflow",
        ),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()
