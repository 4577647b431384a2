import random
from fractions import Fraction

import pytest
import sympy as sp

from lemmas.lipschitz_transformers import interpolation
from proofcheck.testing import LemmaContract


class TestInterpolation(LemmaContract):
    lemma = "interpolation"


def coefficients(a, b, u, v):
    symbols = (interpolation.a, interpolation.b, interpolation.u, interpolation.v)
    values = dict(zip(symbols, map(sp.Rational, (a, b, u, v)), strict=True))
    return [Fraction(str(interpolation.BOUNDS[key].subs(values))) for key in ("alpha", "beta")]


@pytest.mark.parametrize("seed", range(20))
def test_values_and_slope(seed):
    rng = random.Random(seed)
    a, b, u, v = (Fraction(rng.randint(-30, 30), rng.randint(1, 9)) for _ in range(4))
    if u == v:
        u += 1
    alpha, beta = coefficients(a, b, u, v)
    assert (alpha * u + beta, alpha * v + beta) == (a, b)
    assert (abs(alpha) < 1) == (abs(a - b) < abs(u - v))


def test_the_sign_is_that_of_the_difference():
    assert coefficients(0, 1, 2, 0) == [Fraction(-1, 2), 1]
    assert coefficients(1, 0, 2, 0) == [Fraction(1, 2), 0]
    assert coefficients(1, 1, 2, 0) == [0, 1]
