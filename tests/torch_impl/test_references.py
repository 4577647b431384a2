"""The slow twins agree with each other and with the fast code: intervals contain, rationals equal."""

from fractions import Fraction

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import layers
from torch_impl.measures import Measure, measure
from torch_impl.reference import balls, exact

F64 = torch.float64


def inputs(rational, seed, n=4, d=2):
    """Dyadic points, weights k/16 that floats hold exactly, and the same as Fractions."""
    parts = (torch.tensor([1.0, 4.0, 3.0, 8.0]) / 16).to(F64)[:n]
    mu = measure(rational((n, d), seed), parts / parts.sum())
    x, A = rational((1, d), seed + 1), rational((d, d), seed + 2)
    return mu, x, A, exact.exact_measure(mu), exact.exact_vector(x[0]), exact.exact_matrix(A)


@pytest.mark.parametrize("seed", range(4))
def test_ball_results_enclose_each_other_at_every_precision(rational, seed):
    *_, mu, x, A = inputs(rational, seed)
    step = Fraction(3, 8)
    for f in (
        lambda p: balls.attention_weights(mu, x, A, precision=p),
        lambda p: balls.attention_mean(mu, x, A, precision=p),
        lambda p: balls.gradient_attention(mu, x, A, step, precision=p),
        lambda p: [v for row in balls.attention_covariance(mu, x, A, precision=p) for v in row],
        lambda p: [v for row in balls.attention_jacobian(mu, x, A, step, precision=p) for v in row],
        lambda p: [balls.log_partition(mu, x, A, precision=p)],
    ):
        for wide, narrow in zip(f(80), f(300), strict=True):
            assert wide.contains(narrow)
            assert balls.lower(wide) <= balls.lower(narrow) <= balls.upper(narrow) <= balls.upper(wide)
            assert balls.upper(narrow) - balls.lower(narrow) < Fraction(1, 2**250)


@pytest.mark.parametrize("seed", range(4))
def test_fast_layers_lie_in_the_balls_widened_by_their_roundoff(rational, gamma, seed):
    mu, x, A, exact_mu, exact_x, exact_A = inputs(rational, seed)
    M = float((mu.points.abs() @ A.abs().mT).max())
    # scores err by at most e_s, see test_layers_against_loops; n = 4, d = 2
    e_s = 2 * gamma(2 * 2 + 4, F64) * (float(x.abs().max()) * 2 * M + float(mu.weights.log().abs().max()))
    slack = 2 * (2 * e_s) + gamma(4 + 2 + 8, F64)
    fast = layers.attention_mean(mu, x, A)[0].tolist()
    for value, ball in zip(fast, balls.attention_mean(exact_mu, exact_x, exact_A), strict=True):
        assert balls.lower(ball) - Fraction(slack * M) <= Fraction(value) <= balls.upper(ball) + Fraction(slack * M)
    fast = layers.attention_covariance(mu, x, A)[0].flatten().tolist()
    slow = [v for row in balls.attention_covariance(exact_mu, exact_x, exact_A) for v in row]
    for value, ball in zip(fast, slow, strict=True):
        margin = Fraction(10 * slack * M**2)
        assert balls.lower(ball) - margin <= Fraction(value) <= balls.upper(ball) + margin


def test_softmax_ball_sums_to_one_and_survives_huge_scores():
    p = balls.softmax([Fraction(10**6), Fraction(10**6 - 1), Fraction(-(10**6))])
    total = p[0] + p[1] + p[2]
    assert total.contains(1)
    assert balls.upper(total) - balls.lower(total) < Fraction(1, 2**50)
    assert balls.lower(p[0]) > Fraction(73, 100)


@pytest.mark.parametrize("seed", range(3))
def test_uniform_attention_is_exact_in_balls_and_fast_code(rational, seed):
    """Scores 0 (A x-orthogonal): the layer is x - step * mean(A mu), a rational."""
    mu, _, _, exact_mu, _, _ = inputs(rational, seed)
    A = torch.tensor([[0.0, 0.0], [0.5, -1.5]], dtype=F64)
    x = torch.tensor([[0.75, 0.0]], dtype=F64)  # <x, A y> = 0 for every y
    slow = exact.uniform_attention(exact_mu, exact.exact_vector(x[0]), exact.exact_matrix(A), Fraction(3, 8))
    ball = balls.gradient_attention(exact_mu, exact.exact_vector(x[0]), exact.exact_matrix(A), Fraction(3, 8))
    fast = layers.gradient_attention(mu, x, A, 0.375)[0]
    for value, enclosure, rounded in zip(slow, ball, fast.tolist(), strict=True):
        assert balls.lower(enclosure) <= value <= balls.upper(enclosure)
        assert abs(Fraction(rounded) - value) <= 32 * Fraction(1, 2**53) * 4  # 32 roundings of sizes below 4
    with pytest.raises(ArgumentError, match="all scores"):
        exact.uniform_attention(exact_mu, (Fraction(0), Fraction(1)), exact.exact_matrix(A), Fraction(1))


@pytest.mark.parametrize("seed", range(5))
def test_rational_layers_equal_the_fast_ones_on_small_dyadics(rational, seed):
    """Entries k/16 with |k| <= 32: every product and sum below fits 53 bits, so floats are exact."""
    W, b, x = rational((5, 3), seed), rational((5,), seed + 1), rational((4, 3), seed + 2)
    mu = measure(rational((4, 3), seed + 3), torch.full((4,), 0.25, dtype=F64))
    exact_mu = exact.exact_measure(mu)
    mlp = layers.gradient_mlp(x, W, b, 0.25)
    affine = layers.affine_mean(mu, x, 0.5, 1.5)
    for i in range(4):
        row = exact.exact_vector(x[i])
        slow = exact.gradient_mlp(row, exact.exact_matrix(W), exact.exact_vector(b), Fraction(1, 4))
        assert exact.exact_vector(mlp[i]) == slow
        assert exact.exact_vector(affine[i]) == exact.affine_mean(exact_mu, row, Fraction(1, 2), Fraction(3, 2))
    pairs = x[:, :2]
    assert [exact.exact_vector(p) for p in layers.sorting_step(pairs)] == [
        exact.sorting_step(exact.exact_vector(p)) for p in pairs
    ]


def test_exact_measures_normalise_drop_padding_and_refuse():
    mu = exact.exact_measure(Measure(torch.tensor([[1.0], [2.0], [9.0]]), torch.tensor([0.1, 0.2, 0.0])))
    assert sum(mu.weights) == 1
    assert mu.points == ((1,), (2,))
    for points, weights in (([[1]], [0]), ([[1]], [-1]), ([[1], [2, 3]], None), ([[1]], [1, 1])):
        with pytest.raises(ArgumentError, match="exact_measure"):
            exact.exact_measure(points, weights)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 0], [0, 0]], True),
        ([[1, 1], [1, 1]], True),
        ([[0, 1], [1, 0]], False),
        ([[0, 1], [1, 5]], False),
        ([[1, 2], [2, 1]], False),
        ([[2, 1, 0], [1, 2, 1], [0, 1, 2]], True),
        ([[1, 1, 1], [1, 1, 1], [1, 1, "999/1000"]], False),
        ([[-1]], False),
    ],
)
def test_positive_semidefiniteness_is_decided(rows, expected):
    assert exact.is_positive_semidefinite(tuple(tuple(Fraction(v) for v in row) for row in rows)) is expected
