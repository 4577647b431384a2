"""Outward rounding is outward and off by at most one float."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from torch_impl.rounding import down_to_dtype, float_down, float_up, sqrt_down, sqrt_up

rationals = st.fractions().filter(lambda v: abs(v) < 10**300)


@given(rationals)
def test_float_up_and_down_enclose(value):
    low, high = float_down(value), float_up(value)
    assert Fraction(low) <= value <= Fraction(high)
    assert high in (low, math.nextafter(low, math.inf))


def test_float_rounding_beyond_the_range():
    huge, largest = Fraction(10**400), math.nextafter(math.inf, 0.0)
    assert (float_up(huge), float_down(huge)) == (math.inf, largest)
    assert (float_up(-huge), float_down(-huge)) == (-largest, -math.inf)
    assert float_up(Fraction(1, 10**400)) == 5e-324
    assert float_down(Fraction(1, 10**400)) == 0.0


@given(st.fractions(min_value=0), st.integers(-200, 200))
def test_sqrt_encloses_within_its_bits(value, exponent):
    value = value * Fraction(2) ** exponent
    low, high = sqrt_down(value), sqrt_up(value)
    assert low**2 <= value <= high**2
    assert high <= low * (1 + Fraction(1, 2**77))


def test_sqrt_of_rational_squares_is_exact():
    assert sqrt_up(Fraction(4, 9)) == sqrt_down(Fraction(4, 9)) == Fraction(2, 3)
    assert sqrt_up(Fraction(0)) == sqrt_down(Fraction(0)) == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@given(value=st.floats(0, 1e300))
def test_down_to_dtype_never_rounds_up(dtype, value):
    rounded = down_to_dtype(value, dtype)
    assert 0 <= rounded <= value
    # the next number of the dtype is past the value: nothing was given away
    if rounded < torch.finfo(dtype).max:
        above = torch.nextafter(torch.tensor(rounded, dtype=dtype), torch.tensor(math.inf, dtype=dtype))
        assert float(above) > value
