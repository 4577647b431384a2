"""Tested: solved steps against brute force on a rational grid, and the three layer constants. Not tested: torch."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.step import (
    attention_step,
    largest_contraction_step,
    largest_step,
    largest_value,
    mlp_step,
    sharp_attention_step,
)
from proofcheck.errors import ArgumentError

t = sp.Symbol("t", nonnegative=True)
w, beta, D, K = sp.symbols("w beta D K", positive=True)


def test_layer_constants_are_derived():
    assert mlp_step(w) == 2 / w**2
    assert attention_step(beta) == 2 / beta
    assert sharp_attention_step(D) == 8 / D**2


def test_layer_constants_are_not_others():
    assert mlp_step(w) != 2 / w
    assert sharp_attention_step(D) != attention_step(D**2)


@pytest.mark.parametrize(
    ("condition", "bound"),
    [
        (w**2 * t**2 <= 2 * t, 2 / w**2),
        (2 * t >= w**2 * t**2, 2 / w**2),
        (w * t**2 - beta * t, beta / w),
        (t <= K, K),
        (t**2 <= K, sp.sqrt(K)),
        (t**2 + t <= 2, 1),
        (-t, sp.oo),
        (-K * t**2 - t, sp.oo),
        (sp.S.Zero, sp.oo),
        (t**2 + K * t, 0),
        (K * t**2, 0),
    ],
)
def test_largest_step(condition, bound):
    assert largest_step(condition, t) == bound


@given(st.integers(1, 9), st.integers(0, 9), st.integers(0, 9), st.integers(1, 9))
def test_largest_step_is_the_edge_of_the_admissible_set(c2, c1, c0, scale):
    bound = largest_step(c2 * t**2 - c1 * t - c0, t)
    inside = [Fraction(i, 12) * Fraction(str(sp.Rational(str(sp.N(bound, 30))))) for i in range(12)]
    assert all(c2 * s**2 - c1 * s - c0 <= 0 for s in inside)
    just_outside = bound + sp.Rational(1, 10**scale)
    assert (c2 * just_outside**2 - c1 * just_outside - c0).is_positive


@given(st.fractions(0, 3, max_denominator=7), st.fractions(0, 3, max_denominator=7))
def test_contraction_step_against_all_curvatures(first, width):
    low, high = sp.Rational(str(first)), sp.Rational(str(first + width))
    bound = largest_contraction_step(high, low)
    if high == 0:
        assert bound == sp.oo
        return
    curvatures = [low + (high - low) * sp.Rational(i, 8) for i in range(9)]
    assert all(abs(1 - bound * k) <= 1 for k in curvatures)
    beyond = bound * (1 + sp.Rational(1, 10**9))
    assert any(abs(1 - beyond * k) > 1 for k in curvatures)


def test_negative_curvature_admits_no_step():
    assert largest_contraction_step(K, -K) == 0


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (t**3 <= 1, "degree <= 2"),
        (sp.sqrt(t) <= 1, "degree <= 2"),
        (t >= 1, "holds at t = 0"),
        (sp.Symbol("s", real=True) * t**2 <= t, "known sign"),
        (t <= t**2, "is not one"),
        (t < K, "p <= q or p >= q"),
        ("t <= 1", "p <= q or p >= q"),
    ],
)
def test_refused(condition, why):
    with pytest.raises(ArgumentError, match=why):
        largest_step(condition, t)


def test_largest_value():
    p = sp.Symbol("p", real=True)
    assert largest_value(p * (1 - p) * D**2, p) == D**2 / 4
    assert largest_value(K - (p - 3) ** 2, p) == K
    for wrong in (p**2, p, 1 - p**4):
        with pytest.raises(ArgumentError):
            largest_value(wrong, p)
