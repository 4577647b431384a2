"""Row T16: the tilted mean integrates to log of the moment generating function; linear attention's does not."""

import math
from fractions import Fraction

import pytest
import torch

from torch_impl.attention import attend
from torch_impl.linear_attention import linear_attend
from torch_impl.log_laplace import log_laplace, tilted_mean
from torch_impl.measures import Measure

NODES = 12  # Gauss-Legendre on [0, c] split into pieces of length 1/2


def laws(seed, n=6):
    g = torch.Generator().manual_seed(seed)
    points = torch.rand(n, 1, dtype=torch.float64, generator=g) * 2 - 1
    weights = torch.rand(n, dtype=torch.float64, generator=g) ** 6 + 1e-12
    return Measure(points, weights / weights.sum())


def softmax_mean(measure, c):
    """L(mu)(1, c) through the attention code: query 1, A = c."""
    one = torch.ones(1, 1, dtype=torch.float64)
    return float(attend(measure, one, c * one, one))


def gradient_mean(measure, c):
    """The same as the gradient of log_laplace at c."""
    return float(tilted_mean(measure, torch.full((1, 1), c, dtype=torch.float64)))


def linear_mean(measure, c):
    """First order in the scores: M c by linear attention, M the second moment, plus the mean at c = 0."""
    one = torch.ones(1, 1, dtype=torch.float64)
    return float(measure.weights @ measure.points[:, 0]) + float(linear_attend(measure, one, c * one, one))


def log_mgf(measure, c):
    """Written down: the sum over the atoms, correctly rounded."""
    terms = zip(measure.weights.tolist(), measure.points[:, 0].tolist(), strict=True)
    return math.log(math.fsum(w * math.exp(c * y) for w, y in terms))


def integral(f, c):
    import numpy as np

    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    pieces = max(1, math.ceil(2 * c))
    width = c / pieces
    at = [
        (width * (k + (x + 1) / 2), width * w / 2) for k in range(pieces) for x, w in zip(nodes, weights, strict=True)
    ]
    return math.fsum(w * f(x) for x, w in at)


def quadrature_error(c):
    """Gauss-Legendre on a piece of length h: h^(2m+1) (m!)^4/((2m+1) ((2m)!)^3) max |f^(2m)|, for |y| <= 1.

    f = K' is analytic for |Im c| < pi/2 (there the partition function has no zero, the points lying in [-1, 1]); on a
    disc of radius 1 about real c |K'| <= e^2/cos 1, so |f^(2m)| <= (2m)! e^2/cos 1. Roundoff: 64 u for each value.
    """
    m, h = NODES, 0.5
    factor = math.factorial(m) ** 4 / ((2 * m + 1) * math.factorial(2 * m) ** 2)
    pieces = max(1, math.ceil(2 * c))
    return pieces * h ** (2 * m + 1) * factor * math.e**2 / math.cos(1) + c * 64 * 2.0**-53 + 64 * 2.0**-53


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("c", [0.5, 3.0])
@pytest.mark.parametrize("mean", [softmax_mean, gradient_mean])
def test_the_tilted_mean_integrates_to_the_log_mgf(mean, seed, c):
    measure = laws(seed)
    assert abs(integral(lambda t: mean(measure, t), c) - log_mgf(measure, c)) <= quadrature_error(c)
    code = float(log_laplace(measure, torch.full((1, 1), c, dtype=torch.float64)))
    assert abs(code - log_mgf(measure, c)) <= 64 * 2.0**-53 * (1 + c)  # |score| <= c, 6 atoms


@pytest.mark.parametrize("c", [0.5, 3.0])
def test_control_linear_attention_does_not(c):
    measure = laws(0)
    assert abs(integral(lambda t: linear_mean(measure, t), c) - log_mgf(measure, c)) > 1e6 * quadrature_error(c)


def test_measures_with_two_equal_moments_are_told_apart_by_softmax_only():
    y = math.sqrt(1 / 3)
    three = Measure(
        torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64),
        torch.tensor([1 / 6, 2 / 3, 1 / 6], dtype=torch.float64),
    )
    two = Measure(torch.tensor([[-y], [y]], dtype=torch.float64), torch.tensor([0.5, 0.5], dtype=torch.float64))
    for law in (three, two):  # both have mean 0 and second moment 1/3
        assert abs(linear_mean(law, 0.7) - 0.7 / 3) <= 1e-15
    gap = [softmax_mean(three, c) - softmax_mean(two, c) for c in (0.7, 2.0, 4.0)]
    assert min(abs(g) for g in gap) > 1e-3


def test_bernstein_recovers_integrals_at_the_proved_rate():
    # MM-42, exactly: equal integrals of u^k, k <= n, make integrals of 1-Lipschitz functions agree up to sqrt(1/n)
    u = [(Fraction(1, 7), Fraction(1, 3)), (Fraction(5, 6), Fraction(2, 3))]

    def phi(x):
        return abs(x - Fraction(1, 2))

    exact = sum(w * phi(x) for x, w in u)
    for n in (4, 16, 64):
        bernstein = sum(
            w * math.comb(n, k) * x**k * (1 - x) ** (n - k) * phi(Fraction(k, n)) for x, w in u for k in range(n + 1)
        )
        assert 4 * n * (exact - bernstein) ** 2 <= 1


def test_extreme_weights():
    measure = Measure(
        torch.tensor([[-1.0], [1.0]], dtype=torch.float64), torch.tensor([1.0, 1e-300], dtype=torch.float64)
    )
    assert softmax_mean(measure, 1.0) == -1.0
    assert softmax_mean(measure, 400.0) > 0.99  # e^800 * 1e-300: the atom of mass 1e-300 wins
