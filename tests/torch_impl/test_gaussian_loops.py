"""Closed forms on Gaussians and cubes against sums written out: values, gradients, batches, padding."""

import math
from itertools import product

import pytest
import torch
from slow_attention import F64, agree, masses, near, normal, slow_attend

from proofcheck.errors import ArgumentError
from torch_impl import gaussian_variants as variants
from torch_impl.gaussian_attention import Gaussian, gaussian_attend, gaussian_layer, multi_head_layer
from torch_impl.hermite_context import attend_on_cube, hypercube, tanh_layer
from torch_impl.measures import Measure

N, Q, D, OUT, K, STEP = 5, 4, 3, 2, 6, 0.375


def test_attention_on_a_gaussian():
    """For any S: a transpose of a symmetric covariance would be seen by nobody else."""
    m, S, x, A, V = normal((2, D), (2, D, D), (2, Q, D), (D, D), (OUT, D))

    def slow(m, S, x, A, V):
        return torch.stack([torch.stack([V @ (m[b] + S[b] @ (A @ q)) for q in x[b]]) for b in range(2)])

    assert agree(lambda m, S, *rest: gaussian_attend(Gaussian(m, S), *rest), slow, m, S, x, A, V)


def test_the_layer_of_several_heads():
    m, S, A, V, B, U = normal((2, D), (2, D, D), *[(D, D)] * 4)

    def slow(m, S, *heads):
        rows = []
        for mean, cov in zip(m, S, strict=True):
            W = torch.eye(D, dtype=F64) + STEP * sum(
                v @ (cov @ a) for a, v in zip(heads[::2], heads[1::2], strict=True)
            )
            shift = STEP * sum(v @ mean for v in heads[1::2])
            rows.append(torch.cat([(W @ mean + shift).unsqueeze(0), W @ (cov @ W.T)]))
        return torch.stack(rows)

    def fast(m, S, A, V, B, U):
        law = multi_head_layer(Gaussian(m, S), [(A, V), (B, U)], STEP)
        return torch.cat([law.mean.unsqueeze(-2), law.covariance], dim=-2)

    assert agree(fast, slow, m, S, A, V, B, U)
    single = gaussian_layer(Gaussian(m, S), A, V, STEP)
    assert near(torch.cat([single.mean.unsqueeze(-2), single.covariance], dim=-2), slow(m, S, A, V))


def slow_l2(points, weights, x, Q, K, V):
    rows = []
    for query in x:
        tilted = [a * torch.exp(-((Q @ query - K @ y) ** 2).sum() / 2) for a, y in zip(weights, points, strict=True)]
        rows.append(V @ (sum(t * y for t, y in zip(tilted, points, strict=True)) / sum(tilted)))
    return torch.stack(rows)


def test_l2_scores_on_a_measure():
    points, x, A, B, V = normal((N, D), (Q, D), (K, D), (K, D), (OUT, D))
    assert agree(lambda y, a, *rest: variants.l2_attend(Measure(y, a), *rest), slow_l2,
                 points, masses(N), x, A, B, V)  # fmt: skip
    batch = variants.l2_attend(Measure(torch.stack([points, -points]), masses(2, N)), torch.stack([x, x]), A, B, V)
    assert near(batch[1], slow_l2(-points, masses(2, N)[1], x, A, B, V))
    weights = torch.tensor([0.5, 0.0, 0.25, 0.0, 0.25], dtype=F64)
    lost = points.clone()
    lost[[1, 3]] = torch.nan
    assert near(variants.l2_attend(Measure(lost, weights), x, A, B, V), slow_l2(points, weights, x, A, B, V))


def test_the_corners_of_a_cube():
    cube = hypercube(D, 0.75)
    corners = {tuple(0.75 * s for s in signs) for signs in product((-1, 1), repeat=D)}
    assert {tuple(y) for y in cube.points.tolist()} == corners
    assert cube.weights.tolist() == [2.0**-D] * 2**D
    with pytest.raises(ArgumentError, match="hypercube"):
        hypercube(D, math.nan)
    x, A, V, r = normal((Q, D), (D, D), (OUT, D), ())

    def slow(x, A, V, r):
        points = torch.stack([torch.stack([s * r for s in signs]) for signs in product((-1, 1), repeat=D)])
        return slow_attend(points, points.new_full((2**D,), 2.0**-D), x, A, V)

    assert agree(attend_on_cube, slow, x, A, V, r)
    assert agree(tanh_layer, slow, x, A, V, r)
