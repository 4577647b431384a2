import random
from fractions import Fraction

import pytest
import sympy as sp

from lemmas.lipschitz_transformers import strict_scaling
from proofcheck.testing import LemmaContract


class TestStrictScaling(LemmaContract):
    lemma = "strict-scaling"


def factor(eps, bound):
    values = {strict_scaling.eps: sp.Rational(eps), strict_scaling.G: sp.Rational(bound)}
    return Fraction(str(strict_scaling.BOUNDS["factor"].subs(values)))


@pytest.mark.parametrize("seed", range(20))
def test_loss_and_gaps(seed):
    rng = random.Random(seed)
    g = [Fraction(rng.randint(-50, 50), rng.randint(1, 9)) for _ in range(6)]
    bound, eps = max(map(abs, g)), Fraction(rng.randint(1, 20), 10)
    rho = factor(eps, bound)
    assert 0 <= rho < 1
    assert all(abs(rho * a - a) <= eps / 2 for a in g)
    assert all(abs(rho * a - rho * b) < abs(a - b) for a in g for b in g if a != b)


def test_the_edge():
    assert factor(4 * (1 + 3), 3) == -1
    assert factor(2 * (1 + 3), 3) == 0
    assert abs(factor(5 * (1 + 3), 3)) > 1
