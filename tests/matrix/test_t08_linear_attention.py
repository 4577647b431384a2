"""T8. Linear attention over Q: layers of tokens and the recursion of the second moment are equal, not close.

Controls: the sum in place of the mean, softmax in place of linear, A transposed.
"""

import random
from fractions import Fraction

import pytest
import torch
from matrix_contexts import F64, context, matrices

from torch_impl import linear_attention as linear
from torch_impl.attention import attend
from torch_impl.measures import measure
from torch_impl.reference import linear_exact
from torch_impl.reference.exact import exact_matrix, exact_measure


def rational(seed, n, d):
    draw = random.Random(seed)
    number = lambda: Fraction(draw.randint(-9, 9), draw.randint(1, 9))  # noqa: E731
    rows = lambda k: tuple(tuple(number() for _ in range(d)) for _ in range(k))  # noqa: E731
    mu = exact_measure(rows(n), [Fraction(draw.randint(1, 9)) for _ in range(n)])
    return mu, rows(d), rows(d), number()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("n", "d"), [(1, 1), (4, 2), (3, 3)])
def test_three_layers_over_the_rationals(n, d, seed):
    mu, A, V, h = rational(seed, n, d)
    M = linear_exact.second_moment(mu)
    for _ in range(3):
        mu, M = linear_exact.linear_layer(mu, A, V, h), linear_exact.moment_step(M, A, V, h)
        assert linear_exact.second_moment(mu) == M


def test_the_other_matrix_is_seen():
    mu, A, V, h = rational(1, 4, 2)
    image = linear_exact.second_moment(linear_exact.linear_layer(mu, A, V, h))
    M = linear_exact.second_moment(mu)
    assert image != linear_exact.moment_step(M, linear_exact.transpose(A), V, h)
    summed = mu._replace(weights=tuple(4 * a for a in mu.weights))
    assert image != linear_exact.second_moment(linear_exact.linear_layer(summed, A, V, h))


def test_floats_are_exact_where_every_number_is_a_short_dyadic():
    y = torch.tensor([[1.0, -2.0], [0.5, 3.0], [-1.0, 1.0], [2.0, 0.0]], dtype=F64)
    A, V = torch.tensor([[1.0, 0.5], [-1.0, 2.0]], dtype=F64), torch.tensor([[0.5, 0.0], [1.0, -1.0]], dtype=F64)
    mu, exact = measure(y), exact_measure(y)
    M = linear.second_moment(mu)
    for layer in range(2):
        M = linear.moment_step(M, A, V, 0.5)
        mu = linear.linear_layer(mu, A, V, 0.5)
        exact = linear_exact.linear_layer(exact, exact_matrix(A), exact_matrix(V), Fraction(1, 2))
        assert exact_matrix(mu.points) == exact.points
        if layer == 0:  # the moment after two layers needs more than 53 bits
            assert exact_matrix(linear.second_moment(mu)) == exact_matrix(M) == linear_exact.second_moment(exact)


def test_softmax_is_another_map():
    mu, (A, V) = context(4, 2), matrices(2, 2)
    assert (attend(mu, mu.points, A, V) - linear.linear_attend(mu, mu.points, A, V)).abs().max() > 1e-2
    # two laws of one mean and one second moment: linear attention cannot tell them apart, softmax can
    first = measure(torch.tensor([[-1.0], [0.0], [1.0]], dtype=F64), torch.tensor([1, 4, 1], dtype=F64) / 6)
    second = measure(
        torch.tensor([[-0.3], [1 / 0.9]], dtype=F64), torch.tensor([1 / 0.9, 0.3], dtype=F64) / (0.3 + 1 / 0.9)
    )
    x, one = torch.tensor([[0.7]], dtype=F64), torch.ones(1, 1, dtype=F64)
    assert float(linear.linear_attend(first, x, one, one)) == pytest.approx(0.7 / 3, abs=1e-15)
    assert float(linear.linear_attend(second, x, one, one)) == pytest.approx(0.7 / 3, abs=1e-15)
    assert abs(float(attend(first, x, one, one)) - float(attend(second, x, one, one))) > 0.05
