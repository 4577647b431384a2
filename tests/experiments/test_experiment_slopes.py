"""Tested: slopes of known power laws, how often the intervals hold, which lines are fitted."""

import math

import numpy as np
import pytest

from proofcheck.errors import ArgumentError
from proofcheck.experiments.slopes import fit, line_slope

N = (2, 8, 24, 64)


def lines(functions):
    return {i: {n: f(n) for n in N} for i, f in enumerate(functions)}


def test_an_exact_power_is_found_with_no_width():
    slope = fit(lines([lambda n: 3 * n**0.25, lambda n: 5 * n**0.25]), float)
    assert slope.value == pytest.approx(0.25, abs=1e-12)
    assert slope.half_width < 1e-12
    assert (slope.points, slope.lines) == (4, 2)


def test_inputs_are_fitted_one_by_one():
    slope = fit(lines([lambda n: n**0.1, lambda n: n**0.3]), float)
    assert slope.value == pytest.approx(0.2)
    # two values 0.1 and 0.3: deviation 0.1 sqrt(2), over sqrt(2), times Student's t at one degree of freedom
    assert slope.half_width == pytest.approx(0.1 * math.tan(0.95 * math.pi / 2))


def test_one_input_has_the_interval_of_its_regression():
    slope = fit(lines([lambda n: n**0.5]), float)
    assert slope.value == pytest.approx(0.5)
    assert slope.half_width < 1e-12
    bent = fit(lines([lambda n: math.sqrt(n - 1)]), float)
    assert bent.half_width > 0.01


def test_long_inputs_only():
    kinked = lines([lambda n: 1.0 if n < 16 else n / 16, lambda n: 2.0 if n < 16 else n / 8])
    assert fit(kinked, float, least=16).value == pytest.approx(1)
    assert fit(kinked, float).value < 0.9
    assert fit(kinked, float, least=64) is None
    assert fit(lines([lambda n: n]), float, least=24) is None


def test_short_inputs_only():
    jump = lines([lambda n: n**0.25 if n <= 24 else 100.0, lambda n: n**0.25 if n <= 24 else 200.0])
    assert fit(jump, float, most=24).value == pytest.approx(0.25)
    assert fit(jump, float).value > 0.5
    assert fit(jump, float, most=2) is None


def test_intervals_hold_as_often_as_they_say():
    generator = np.random.default_rng(0)
    trials, held = 600, 0
    for _ in range(trials):
        slopes = 0.25 + 0.1 * generator.standard_normal(5)
        found = fit(lines([lambda n, s=s: n**s for s in slopes]), float)
        held += abs(found.value - 0.25) <= found.half_width
    # 95 % of 600 trials: a binomial count is within 4 standard deviations, sqrt(600 * 0.95 * 0.05) each
    assert abs(held - 0.95 * trials) <= 4 * math.sqrt(trials * 0.95 * 0.05)


@pytest.mark.parametrize("n", [(2, 4), (2, 2, 2)])
def test_too_few_points_are_refused(n):
    with pytest.raises(ArgumentError, match="three points"):
        line_slope(n, [1.0] * len(n))
