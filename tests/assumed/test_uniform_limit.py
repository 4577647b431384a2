"""Sums of ever finer triangle waves converge uniformly to a continuous function; powers of x do not. In fractions.

Takagi's function f = sum_j 2^-j t(2^j x), t the distance to the nearest integer: f_k has slopes of at most k + 1, and
|f_j - f_k| <= 2^-j for j <= k. At dyadic points f is a finite sum. Not tested: compact spaces other than [0, 1].
"""

import itertools
from fractions import Fraction

import pytest

LEVELS = 12
GRID = [Fraction(i, 2**9) for i in range(2**9 + 1)]


def wave(x):
    return abs(x - round(x))


def partial(k, x):
    return sum(wave(2**j * x) / 2**j for j in range(k + 1))


def limit(x):
    """f at a dyadic point with denominator at most 2^LEVELS: later waves vanish there."""
    assert (x.denominator & (x.denominator - 1)) == 0
    return partial(LEVELS, x)


def power(k, x):
    return x ** (2**k)


def gap(f, j, k):
    return max(abs(f(j, x) - f(k, x)) for x in GRID)


@pytest.mark.parametrize("j", range(8))
def test_the_sums_are_uniformly_cauchy_and_the_limit_is_as_close(j):
    assert max(gap(partial, j, k) for k in (j + 1, j + 2, LEVELS)) <= Fraction(1, 2**j)
    assert max(abs(partial(j, x) - limit(x)) for x in GRID) <= Fraction(1, 2**j)


@pytest.mark.parametrize("k", range(2, 9))
def test_the_limit_is_continuous(k):
    # |f(x) - f(y)| <= 2 sup |f - f_k| + (k + 1) |x - y|, small for k large and then |x - y| small
    bound = Fraction(2, 2**k) + (k + 1) * Fraction(1, 2**9)
    assert all(abs(limit(x) - limit(y)) <= bound for x, y in itertools.pairwise(GRID))


def test_control_powers_converge_at_each_point_only():
    assert all(gap(power, k, k + 1) > Fraction(1, 5) for k in range(1, 7))  # not uniformly Cauchy
    assert float(Fraction(511, 512)) ** (2**20) < 1e-300  # the limit is 0 below 1,
    assert power(6, Fraction(1)) == 1  # and 1 at 1: it jumps


def test_control_a_larger_wave_breaks_the_rate():
    assert max(abs(2 * partial(3, x) - 2 * limit(x)) for x in GRID) > Fraction(1, 2**4)
