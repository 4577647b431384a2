"""Linear attention, its layer and its moments against loops: values, gradients, padding, refusals."""

import pytest
import torch
from slow_attention import F64, agree, masses, near, normal

from proofcheck.errors import ArgumentError
from torch_impl import linear_attention as linear
from torch_impl.measures import Measure

N, Q, D, OUT, STEP = 5, 4, 3, 2, 0.375


def slow_moment(points, weights):
    return sum(a * torch.outer(y, y) for a, y in zip(weights, points, strict=True))


def slow_attend(points, weights, x, A, V):
    rows = [V @ sum(a * y * ((A @ q) * y).sum() for a, y in zip(weights, points, strict=True)) for q in x]
    return torch.stack(rows)


def test_attention_and_moment():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    assert agree(lambda y, a: linear.second_moment(Measure(y, a)), slow_moment, points, masses(N))
    assert agree(lambda y, a, *rest: linear.linear_attend(Measure(y, a), *rest), slow_attend,
                 points, masses(N), x, A, V)  # fmt: skip
    batch = Measure(torch.stack([points, 2 * points]), masses(2, N))
    assert near(linear.second_moment(batch)[1], 4 * slow_moment(points, batch.weights[1]))
    value = linear.linear_attend(batch, torch.stack([x, x]), A, V)
    assert near(value[1], slow_attend(2 * points, batch.weights[1], x, A, V))
    each = linear.linear_attend(batch, torch.stack([x, x]), torch.stack([A, A.mT]), torch.stack([V, 2 * V]))
    assert near(each[1], slow_attend(2 * points, batch.weights[1], x, A.mT, 2 * V))


def test_the_layer_moves_tokens_and_keeps_weights():
    points, A, V = normal((N, D), (D, D), (D, D))
    mu = Measure(points, masses(N))
    assert agree(
        lambda y, a, A, V: linear.linear_layer(Measure(y, a), A, V, STEP).points,
        lambda y, a, A, V: y + STEP * slow_attend(y, a, y, A, V),
        points, mu.weights, A, V,
    )  # fmt: skip
    assert torch.equal(linear.linear_layer(mu, A, V, STEP).weights, mu.weights)
    moved = points + STEP * slow_attend(points, mu.weights, points, A, V)
    assert near(linear.moment_of_layer(mu, A, V, STEP), slow_moment(moved, mu.weights))
    assert near(linear.moment_step(slow_moment(points, mu.weights), A, V, STEP), slow_moment(moved, mu.weights))


def test_the_step_of_a_moment_is_its_formula_for_any_matrix():
    M, A, V = normal((2, D, D), (D, D), (D, D))

    def slow(M, A, V):
        rows = []
        for m in M:
            W = torch.eye(D, dtype=F64) + STEP * torch.einsum("ij,jk,kl->il", V, m, A)
            rows.append(torch.einsum("ij,jk,lk->il", W, m, W))
        return torch.stack(rows)

    assert agree(lambda *tensors: linear.moment_step(*tensors, STEP), slow, M, A, V)


def test_padding_is_inert():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    weights = torch.tensor([0.5, 0.0, 0.25, 0.0, 0.25], dtype=F64)
    lost = points.clone()
    lost[[1, 3]] = torch.nan
    assert near(linear.second_moment(Measure(lost, weights)), slow_moment(points, weights))
    assert near(linear.linear_attend(Measure(lost, weights), x, A, V), slow_attend(points, weights, x, A, V))


def test_bad_widths_are_refused_and_named():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    mu = Measure(points, masses(N))
    wide = normal((Q, D + 1))[0]
    with pytest.raises(ArgumentError, match=r"context \(5, 3\) \(torch.float64\), query \(4, 4\)"):
        linear.linear_attend(mu, wide, A, V)
    for arguments in ((x[0], A, V), (x, V, V), (x, A, V[0]), (x, A, V.mT), (x, A, V.float())):
        with pytest.raises(ArgumentError, match="one width d and one dtype required"):
            linear.linear_attend(mu, *arguments)
