"""Attention of measures and of tokens against loops: values, gradients, batches, masks, padding, refusals."""

import pytest
import torch
from slow_attention import F64, agree, masses, near, normal, slow_attend, slow_self_attention

from proofcheck.errors import ArgumentError
from torch_impl.attention import attend, attention_weights, residual_attention, self_attention
from torch_impl.measures import Measure

D, OUT, Q, N = 3, 2, 4, 5
TRIANGLE = torch.tensor([[j <= i for j in range(N)] for i in range(N)])
SOME = torch.tensor([[(i + 2 * j) % 3 != 1 or i == j for j in range(N)] for i in range(N)])
MASKS = {"none": (None, torch.ones(N, N, dtype=torch.bool)), "causal": ("causal", TRIANGLE), "some": (SOME, SOME)}


@pytest.mark.parametrize("batch", [(), (2,)])
@pytest.mark.parametrize("biased", [False, True])
def test_attention_of_a_measure_is_its_loop_and_its_gradient_flows_through_everything(batch, biased):
    points, x, A, V = normal((*batch, N, D), (*batch, Q, D), (*batch, D, D), (*batch, OUT, D))
    beta = normal((D,), seed=5) if biased else []
    inputs = (points, masses(*batch, N), x, A, V, *beta)
    assert agree(lambda y, a, *rest: attend(Measure(y, a), *rest), slow_attend, *inputs)
    other = (points, masses(*batch, N, seed=1), *inputs[2:])
    assert not near(slow_attend(*inputs), slow_attend(*other))  # the weights are seen


def test_the_residual_layer():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (D, D))
    a = masses(N)
    for step in (0.375, 1.0):
        slow = lambda y, a, x, A, V, h=step: x + h * slow_attend(y, a, x, A, V)  # noqa: E731
        fast = lambda y, a, x, A, V, h=step: residual_attention(Measure(y, a), x, A, V, h)  # noqa: E731
        assert agree(fast, slow, points, a, x, A, V)
    assert near(residual_attention(Measure(points, a), x, A, V), slow(points, a, x, A, V))


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("biased", [False, True])
def test_self_attention_is_its_loop(mask, biased):
    X, A, V = normal((N, D), (D, D), (OUT, D), seed=2)
    beta = normal((D,), seed=5) if biased else []
    given, allowed = MASKS[mask]

    def fast(X, A, V, *beta):
        return self_attention(X, A, V, given, *beta)

    assert agree(fast, lambda X, A, V, *beta: slow_self_attention(X, A, V, allowed, *beta), X, A, V, *beta)
    for other in {"none", "causal", "some"} - {mask}:
        assert not near(fast(X, A, V, *beta), slow_self_attention(X, A, V, MASKS[other][1], *beta))


def test_each_sequence_of_a_batch_has_its_own_mask_and_matrices():
    X, A, V = normal((2, N, D), (2, D, D), (2, OUT, D), seed=3)
    value = self_attention(X, A, V, torch.stack([TRIANGLE, SOME]))
    for b, mask in enumerate((TRIANGLE, SOME)):
        assert near(value[b], slow_self_attention(X[b], A[b], V[b], mask))


@pytest.mark.parametrize("mask", MASKS)
def test_weights_sum_to_one_and_are_zero_where_masked(mask):
    X, A, beta = normal((2, N, D), (D, D), (D,), seed=4)
    given, allowed = MASKS[mask]
    P = attention_weights(X, A, mask=given, beta=beta)
    assert near(P.sum(-1), torch.ones(2, N, dtype=F64))
    assert bool((P[:, ~allowed] == 0).all())
    assert bool((P[:, allowed] > 0).all())


@pytest.mark.parametrize("place", [1e300, torch.inf, torch.nan])
def test_padding_of_weight_zero_is_inert(place):
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    a = masses(N)
    padded = torch.cat([points, torch.full((1, D), place, dtype=F64)]).requires_grad_()
    weights = torch.cat([a, torch.zeros(1, dtype=F64)]).requires_grad_()
    value = attend(Measure(padded, weights), x, A, V)
    assert near(value, slow_attend(points, a, x, A, V))
    moved, weighed = torch.autograd.grad(value.sum(), (padded, weights))
    assert bool((moved[-1] == 0).all())
    assert float(weighed[-1]) == 0
    assert bool(torch.isfinite(moved).all() & torch.isfinite(weighed).all())


def test_a_hidden_token_has_no_influence_and_no_gradient():
    X, A, V = normal((N, D), (D, D), (OUT, D))
    X.requires_grad_()
    (gradient,) = torch.autograd.grad(self_attention(X, A, V, "causal")[1].sum(), X)
    assert bool((gradient[2:] == 0).all())
    assert bool((gradient[:2] != 0).any())


@pytest.mark.parametrize(
    ("mask", "words"),
    [
        ("full", "got mask='full'"),
        (torch.ones(N, N), r"got mask=\(5, 5\) \(torch.float32\)"),
        (torch.ones(N, N + 1, dtype=torch.bool), r"got mask=\(5, 6\)"),
        (torch.ones(N, dtype=torch.bool), r"got mask=\(5,\)"),
        (TRIANGLE.mT & ~torch.eye(N, dtype=torch.bool), "got an empty row"),
    ],
)
def test_bad_masks_are_refused(mask, words):
    X, A, V = normal((N, D), (D, D), (OUT, D))
    with pytest.raises(ArgumentError, match=words):
        self_attention(X, A, V, mask)


def test_bad_shapes_and_types_are_refused():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    mu = Measure(points, masses(N))
    beta = normal((OUT,))[0]
    for arguments in ((x[:, :2], A, V), (x, V, V), (x, A, V.mT), (x[0], A, V), (x, A, V, beta)):
        with pytest.raises(ArgumentError, match="attend: required points"):
            attend(mu, *arguments)
    with pytest.raises(ArgumentError, match="share dtype and device"):
        attend(mu, x.float(), A, V)
    for X, B, W in ((points, V, V), (points, A, V.mT), (points[0], A, V)):
        with pytest.raises(ArgumentError, match="self_attention: required points"):
            self_attention(X, B, W)
    with pytest.raises(ArgumentError, match="attention_weights: required points"):
        attention_weights(points, V)
