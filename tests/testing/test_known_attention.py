"""Attention layers of known constant, and our own estimates, bounds and enclosures run on them."""

import pytest
import torch
from torch.func import jacrev

from proofcheck.errors import ArgumentError
from proofcheck.testing import assert_estimator, classify, known_attention
from torch_impl.attention import self_attention
from torch_impl.attention_heads import Head, Heads, multi_head_attention
from torch_impl.local_bound import local_bound, local_bound_heads
from torch_impl.local_lipschitz import local_lipschitz
from torch_impl.reference.attention_balls import jacobian_norm_lower, jacobian_norm_upper

MAPS = known_attention()


def norm(f, X):
    return torch.linalg.matrix_norm(jacrev(f)(X).reshape(-1, X.numel()), 2)


def top_direction(f, X):
    return torch.linalg.svd(jacrev(f)(X).reshape(-1, X.numel()))[2][0].reshape(X.shape).contiguous()


def one_head(f, X):
    """The same layer as a head with Q = A, K = I, W = I; the bias is that of the query."""
    identity = torch.eye(X.shape[1], dtype=torch.float64)
    return Head(f.A, identity, f.V, torch.eye(f.V.shape[0], dtype=torch.float64), f.beta, scale=1.0)


def bound_of_one_head(f, X):
    return local_bound_heads(X, [one_head(f, X)], mask=f.mask)


def own_layer(f, X):
    return norm(lambda X: self_attention(X, f.A, f.V, mask=f.mask, beta=f.beta), X)


def own_heads(f, X):
    h = one_head(f, X)
    heads = Heads(h.Q[None], h.K[None], h.V[None], h.W, None if h.b_q is None else h.b_q[None], scale=1.0)
    return norm(lambda X: multi_head_attention(X, heads, mask=f.mask), X)


@pytest.mark.parametrize("known", MAPS, ids=lambda k: k.name)
def test_known_constants_are_the_norm_of_the_jacobian(known):
    # fewer than 2^7 roundings of numbers of the size of |J|_F, and the condition of exp at scores below 16
    assert abs(float(norm(known.f, known.X)) - known.constant) <= 2.0**-53 * 2**7 * 16 * max(known.constant, 1)


@pytest.mark.parametrize("estimator", [norm, own_layer, own_heads, lambda f, X: local_lipschitz(f, X)])
def test_layers_and_estimates_return_the_norm(estimator):
    assert_estimator(estimator, "norm", maps=MAPS)


@pytest.mark.parametrize("bound", [lambda f, X: local_bound(X, f.A, f.V, beta=f.beta, mask=f.mask), bound_of_one_head])
def test_local_bounds_are_upper_bounds(bound):
    report = assert_estimator(bound, "upper", maps=MAPS)
    assert len({o.map.name for o in report.above}) >= 3  # and not the norm


def test_enclosures_are_on_either_side_of_the_norm():
    report = classify(lambda f, X: jacobian_norm_upper(X, f.A, f.V, beta=f.beta, mask=f.mask), maps=MAPS, repeats=1)
    assert report.verdict == "norm"
    below = classify(
        lambda f, X: jacobian_norm_lower(X, f.A, f.V, top_direction(f, X), beta=f.beta, mask=f.mask),
        maps=MAPS,
        repeats=1,
    )
    assert below.verdict == "norm"
    for above, under in zip(report.observations, below.observations, strict=True):
        assert under.value <= above.map.constant * (1 + 2**-50)  # the constant itself is a float
        assert above.value >= above.map.constant * (1 - 2**-50)


@pytest.mark.parametrize(
    ("wrong", "map"),
    [
        (lambda f, X: local_bound(X, f.A, f.V, beta=f.beta), "causal attention, A = 0, two tokens"),
        (lambda f, X: local_bound(X, f.A, f.V, mask=f.mask), "attention, A = 0 with a bias"),
        (lambda f, X: torch.linalg.matrix_norm(f.V, 2), "attention, tokens 0, -+3.0, a = 1.0"),
        (lambda f, X: local_bound(X, f.A, f.V, beta=f.beta, mask=f.mask) / 1.001, "attention, one token"),
    ],
    ids=["mask forgotten", "bias forgotten", "value matrix alone", "a thousandth less"],
)
def test_a_wrong_bound_is_caught(wrong, map):
    report = classify(wrong, maps=MAPS, repeats=1)
    assert map in {o.map.name for o in report.below}
    with pytest.raises(AssertionError, match="Claimed: an upper bound"):
        assert_estimator(wrong, "upper", maps=MAPS)


def test_an_empty_list_of_maps_is_refused():
    with pytest.raises(ArgumentError, match="at least one map"):
        classify(norm, maps=[])
