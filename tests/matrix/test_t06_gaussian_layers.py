"""T6. Attention on Gauss-Hermite contexts is the Gaussian closed form, one layer and ten.

Controls: the uniform law with that mean and covariance, A transposed, a missing 1/sqrt(k), the mean left out.
"""

import pytest
import torch
from matrix_contexts import F64

from torch_impl import gaussian_attention as closed
from torch_impl.attention import attend, residual_attention
from torch_impl.hermite_context import gauss_hermite
from torch_impl.measures import Measure, mean, pushforward

TOLERANCE = 1e-12


def problem(d=2, seed=0):
    """A law, A = K^T Q / sqrt(k), V with small entries, so that 20 nodes reach roundoff."""
    torch.manual_seed(seed)
    L = torch.randn(d, d, dtype=F64) / 2
    Q, K = torch.randn(4, d, dtype=F64) / 2, torch.randn(4, d, dtype=F64) / 2
    law = closed.gaussian(torch.randn(d, dtype=F64) / 2, L @ L.mT)
    return law, K.mT @ Q / 2, torch.randn(d, d, dtype=F64) / 2


def covariance(mu):
    centred = mu.points - mean(mu)
    return (mu.weights.unsqueeze(-1) * centred).mT @ centred


@pytest.mark.parametrize("seed", range(4))
def test_one_layer(seed):
    law, A, V = problem(seed=seed)
    mu, x = gauss_hermite(law, 20), torch.randn(5, 2, dtype=F64)
    assert (attend(mu, x, A, V) - closed.gaussian_attend(law, x, A, V)).abs().max() <= TOLERANCE
    image = pushforward(mu, lambda y: residual_attention(mu, y, A, V, 0.7))
    exact = closed.gaussian_layer(law, A, V, 0.7)
    assert (mean(image) - exact.mean).abs().max() <= TOLERANCE
    assert (covariance(image) - exact.covariance).abs().max() <= TOLERANCE


def test_ten_layers_of_two_heads():
    law, A, V = problem()
    other = problem(seed=9)[1:]
    mu = gauss_hermite(law, 20)
    for _ in range(10):
        step = 0.1 * (attend(mu, mu.points, A, V) + attend(mu, mu.points, *other))
        mu = Measure(mu.points + step, mu.weights)
        law = closed.multi_head_layer(law, [(A, V), other], 0.1)
    assert (mean(mu) - law.mean).abs().max() <= TOLERANCE
    assert (covariance(mu) - law.covariance).abs().max() <= TOLERANCE


def test_a_singular_covariance_is_a_law_on_a_subspace():
    law, A, V = problem(3)
    flat = torch.tensor([[1.0, 2.0, 0.0], [2.0, 4.0, 0.0], [0.0, 0.0, 0.0]], dtype=F64) / 10
    law = closed.gaussian(law.mean, flat)
    x = torch.randn(4, 3, dtype=F64)
    assert (attend(gauss_hermite(law, 20), x, A, V) - closed.gaussian_attend(law, x, A, V)).abs().max() <= TOLERANCE


def test_cross_attention_takes_the_law_of_the_context():
    law, A, V = problem()
    x = torch.randn(6, 2, dtype=F64) + 3  # queries of another law
    assert (attend(gauss_hermite(law, 24), x, A, V) - closed.gaussian_attend(law, x, A, V)).abs().max() <= 1e-10


def test_controls_fail():
    law, A, V = problem()
    mu, x = gauss_hermite(law, 20), torch.randn(5, 2, dtype=F64)
    exact = closed.gaussian_attend(law, x, A, V)
    side = torch.linspace(-1, 1, 41, dtype=F64) * 3**0.5
    grid = torch.cartesian_prod(side, side)
    square = Measure(grid, torch.full((len(grid),), 1 / len(grid), dtype=F64))
    root = torch.linalg.inv(torch.linalg.cholesky(covariance(square)))
    square = Measure(law.mean + grid @ root.mT @ torch.linalg.cholesky(law.covariance).mT, square.weights)
    assert (covariance(square) - law.covariance).abs().max() <= TOLERANCE
    for wrong in (
        attend(square, x, A, V),  # uniform, same mean and covariance
        attend(mu, x, A.mT, V),  # queries and keys exchanged
        attend(mu, x, 2 * A, V),  # without 1/sqrt(k), k = 4
    ):
        assert (wrong - exact).abs().max() > 1e-3
    assert (exact - closed.gaussian_attend(law._replace(mean=0 * law.mean), x, A, V)).abs().max() > 1e-2
