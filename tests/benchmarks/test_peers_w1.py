"""The ways to W1 that are compared agree, a wrong one is seen, and the rational bound is no lower than the solver's."""

import pytest

from benchmarks.peers_w1 import drawn, exact, largest_difference, ours, ours_1d, pot_1d, pot_lp, scipy_1d, scipy_nd


def test_every_way_on_the_line_agrees_with_the_rational_value_and_a_scaled_one_does_not():
    pairs = drawn(16, 1, 5)
    true = [exact(pair) for pair in pairs]
    for way in (ours_1d, scipy_1d, pot_1d, pot_lp):
        values = [way(pair) for pair in pairs]
        # 2^-40 is far above the roundoff of 32 sums of numbers below 10, and far below 1/100
        assert largest_difference(values, true) < 2**-40
        assert largest_difference([1.01 * value for value in values], true) > 0.009


@pytest.mark.parametrize("d", [2, 8])
def test_ways_in_space_agree_and_the_rational_bound_is_an_upper_one(d):
    pairs = drawn(8, d, 3)
    base = [pot_lp(pair) for pair in pairs]
    for way in (ours, scipy_nd, exact):
        values = [way(pair) for pair in pairs]
        assert largest_difference(values, base) < 2**-40
        assert largest_difference([1.01 * value for value in values], base) > 0.009
    assert all(exact(pair) >= value * (1 - 64 * 2**-52) for pair, value in zip(pairs, base, strict=True))
