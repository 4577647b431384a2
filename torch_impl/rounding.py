"""Outward rounding: from exact rationals to floats and back, never past the true value on the wrong side."""

from __future__ import annotations

import math
from fractions import Fraction

import torch


def float_up(value: Fraction) -> float:
    """The smallest float64 >= value; inf beyond the largest."""
    try:
        nearest = value.numerator / value.denominator  # int / int is correctly rounded
    except OverflowError:
        return math.inf if value > 0 else -math.nextafter(math.inf, 0.0)
    return nearest if math.isinf(nearest) or Fraction(nearest) >= value else math.nextafter(nearest, math.inf)


def float_down(value: Fraction) -> float:
    """The largest float64 <= value."""
    return -float_up(-value)


def down_to_dtype(value: float, dtype: torch.dtype) -> float:
    """The largest number of `dtype` that is <= value, as a Python float; value must be >= 0."""
    rounded = torch.tensor(value, dtype=torch.float64).to(dtype)
    if float(rounded) > value:
        rounded = torch.nextafter(rounded, torch.zeros_like(rounded))
    return float(rounded)


def sqrt_up(value: Fraction, bits: int = 80) -> Fraction:
    """A rational r >= sqrt(value), exact for a rational square, else r <= sqrt(value) (1 + 2**(1 - bits)).

    value >= 0.
    """
    n, d = value.numerator, value.denominator
    root_n, root_d = math.isqrt(n), math.isqrt(d)
    if root_n * root_n == n and root_d * root_d == d:
        return Fraction(root_n, root_d)
    k = bits + 1 - (n.bit_length() - d.bit_length()) // 2  # so that the scaled value has about 2*bits bits
    scaled = (n << 2 * k) // d if k >= 0 else n // (d << -2 * k)
    # sqrt(scaled value) < isqrt(floor) + 1, for any real value with that floor
    return Fraction(math.isqrt(scaled) + 1) / Fraction(2) ** k


def sqrt_down(value: Fraction, bits: int = 80) -> Fraction:
    """A rational r <= sqrt(value), exact for a rational square; value >= 0."""
    upper = sqrt_up(value, bits)
    return Fraction(0) if upper == 0 else value / upper
