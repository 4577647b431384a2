import random
from fractions import Fraction

import pytest

from proofcheck.testing import LemmaContract
from torch_impl.potentials import integral, line_potential
from torch_impl.reference.exact import exact_measure, wasserstein_exact_1d


class TestSeparation(LemmaContract):
    lemma = "separation"


def draw(rng):
    n = rng.randint(1, 6)
    points = [[Fraction(rng.randint(-20, 20), 7)] for _ in range(n)]
    return exact_measure(points, [rng.randint(1, 9) for _ in range(n)])


def separating(mu, x, nu, z, C, *, damped=Fraction(1)):
    """f of LT-15 on the line; `damped` scales the potential, which loses C (1 - damped) W_1."""
    phi, e = line_potential(mu, nu), (1 if x >= z else -1)
    return lambda measure, query: e * query + C * damped * integral(phi, measure)


def budget(mu, x, nu, z, C):
    return abs(x - z) + C * wasserstein_exact_1d(mu, nu)


@pytest.mark.parametrize("seed", range(20))
def test_the_budget_is_attained_on_the_line(seed):
    rng = random.Random(seed)
    mu, nu, C = draw(rng), draw(rng), Fraction(rng.randint(0, 9), 4)
    x, z = (Fraction(rng.randint(-9, 9), 2) for _ in range(2))
    f = separating(mu, x, nu, z, C)
    assert f(mu, x) - f(nu, z) == budget(mu, x, nu, z, C)


@pytest.mark.parametrize("seed", range(20))
def test_no_pair_exceeds_its_budget(seed):
    rng = random.Random(seed)
    mu, nu, C = draw(rng), draw(rng), Fraction(rng.randint(0, 9), 4)
    f = separating(mu, Fraction(1), nu, Fraction(0), C)
    for _ in range(10):
        a, b = draw(rng), draw(rng)
        x, z = (Fraction(rng.randint(-9, 9), 2) for _ in range(2))
        assert abs(f(a, x) - f(b, z)) <= budget(a, x, b, z, C)


def test_a_damped_potential_loses_its_oscillation_at_most():
    mu, nu, C = exact_measure([[1]]), exact_measure([[0]]), Fraction(2)
    f = separating(mu, Fraction(0), nu, Fraction(0), C, damped=Fraction(3, 4))
    lost = budget(mu, 0, nu, 0, C) - (f(mu, 0) - f(nu, 0))
    assert lost == C * Fraction(1, 4)  # phi - 3/4 phi has oscillation 1/4 on [0, 1]: the loss is attained


def test_control_a_steeper_potential_exceeds_the_budget():
    mu, nu, C = exact_measure([[1]]), exact_measure([[0]]), Fraction(2)
    f = separating(mu, Fraction(0), nu, Fraction(0), C, damped=Fraction(1001, 1000))
    assert f(mu, 0) - f(nu, 0) > budget(mu, 0, nu, 0, C)
