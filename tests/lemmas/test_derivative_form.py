"""Beside the contract: limits of all difference quotients do not make the labelling uniformly continuous."""

import math
from fractions import Fraction
from itertools import pairwise

import pytest

from proofcheck.testing import LemmaContract


class TestDerivativeForm(LemmaContract):
    lemma = "derivative-form"


def distance(law):
    """W_1 to the uniform law on [0, 1/2]: the integral of |F - F_0|, exactly; law: points in order, weights."""
    total, level, left = Fraction(0), Fraction(0), Fraction(0)
    for right, weight in [*law, (Fraction(1), Fraction(0))]:
        # on [left, right] F = level and F_0 = min(2 y, 1); they cross at level/2 at most
        cuts = sorted({left, right, *(c for c in (level / 2, Fraction(1, 2)) if left < c < right)})
        for a, b in pairwise(cuts):
            at = [abs(level - min(2 * y, Fraction(1))) for y in (a, b)]
            total += (b - a) * (at[0] + at[1]) / 2
        level, left = level + weight, right
    return total


def law(a, n):
    grid = [(Fraction(2 * k + 1, 4 * n), (1 - a) / n) for k in range(n)]
    return [*grid, (Fraction(1), a)]


def in_context(mu, x):
    return float(x) + max(float(x) - 0.5, 0.0) * math.sin(math.log(distance(mu)))


def tuned(size, n):
    """a with W_1((1 - a) grid + a delta_1, mu_0) = size, by bisection."""
    low, high = Fraction(0), Fraction(1)
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if float(distance(law(middle, n))) < size else (low, middle)
    return low


def test_the_distance_is_right():
    assert distance([(Fraction(0), Fraction(1))]) == Fraction(1, 4)
    assert distance(law(Fraction(0), 1)) == Fraction(1, 8)
    assert distance(law(Fraction(0), 10)) == Fraction(1, 80)


@pytest.mark.parametrize(("angle", "n", "value"), [(-0.5, 20, 0.5), (-1.5, 20, 1.5), (-2.5, 400, 0.5)])
def test_the_labelling_jumps_near_the_uniform_law(angle, n, value):
    size = math.exp(angle * math.pi)
    mu = law(tuned(size, n), n)
    assert float(distance(mu)) == pytest.approx(size, rel=1e-5)
    assert in_context(mu, 1) == pytest.approx(value, abs=1e-6)  # sin is stationary there: errors enter squared


def test_f_itself_is_continuous_there():
    # W_1(f(mu), mu) <= int max(x - 1/2, 0) dmu <= W_1(mu, mu_0)
    for a in (Fraction(1, 10), Fraction(1, 1000)):
        mu = law(a, 50)
        moved = sum(float(w) * abs(in_context(mu, y) - float(y)) for y, w in mu)
        assert moved <= float(sum(w * max(y - Fraction(1, 2), 0) for y, w in mu)) + 1e-15
        assert sum(w * max(y - Fraction(1, 2), 0) for y, w in mu) <= distance(mu)


def test_limits_exist_at_discrete_measures():
    mu = law(Fraction(0), 4)[:-1]
    limit = in_context(mu, 1)
    errors = []
    for k in (10, 20, 30):
        eps = Fraction(1, 2**k)
        errors.append(abs(in_context([*((y, w * (1 - eps)) for y, w in mu), (Fraction(1), eps)], 1) - limit))
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-6
