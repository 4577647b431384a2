"""Balls of float64 arrays against exact rationals, on entries where floats go wrong; and that tighter radii fail."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proofcheck.errors import ArgumentError
from torch_impl.reference import ball_arrays
from torch_impl.reference.ball_arrays import Ball, exactly, frobenius_lower, frobenius_upper

floats = st.floats(-1e200, 1e200, allow_nan=False, allow_subnormal=True)
radii = st.floats(0, 1e150)
signs = st.sampled_from([-1, 0, 1])


def ball(mid, rad=0.0):
    return Ball(np.array([mid]), np.array([rad]))


def holds(result, value):
    """value (exact) lies in the only entry of the ball."""
    mid, rad = float(result.mid.ravel()[0]), float(result.rad.ravel()[0])
    return math.isinf(rad) or abs(value - Fraction(mid)) <= Fraction(rad)


@given(floats, radii, signs, floats, radii, signs)
@example(1e-320, 0.0, 0, 1e-310, 1e-311, -1)  # a radius that is lost if it is multiplied before it is divided
@example(5e-324, 5e-324, 1, 5e-324, 0.0, 1)
def test_entrywise_operations_hold_the_ends_of_their_balls(a, r, s, b, t, v):
    x, y = Fraction(a) + s * Fraction(r), Fraction(b) + v * Fraction(t)
    with np.errstate(all="ignore"):
        assert holds(ball(a, r) + ball(b, t), x + y)
        assert holds(ball(a, r) - ball(b, t), x - y)
        assert holds(ball(a, r) * ball(b, t), x * y)
        quotient = ball(a, r) / ball(b, t)
    assert y <= 0 or holds(quotient, x / y)
    assert (Fraction(b) - Fraction(t) > 0) or math.isinf(quotient.rad[0])


numbers = st.lists(st.tuples(floats.map(lambda v: v / 1e60), floats.map(lambda v: v / 1e60)), min_size=1, max_size=20)


@given(numbers)
@example([(3.478492178450562e26, 2.000477e-318)])  # gamma times the second number underflows
def test_products_and_sums_hold_the_exact_ones(pairs):
    left, right = (np.array([p[k] for p in pairs]) for k in (0, 1))
    exact = sum(Fraction(a) * Fraction(b) for a, b in pairs)
    with np.errstate(all="ignore"):
        assert holds(exactly(left[None, :]) @ exactly(right[:, None]), exact)
        assert holds(exactly(left[None, :]).total(-1), sum(map(Fraction, left.tolist())))


def test_a_sum_that_cancels():
    left = exactly(np.array([[1e16, 1.0, -1e16]]))
    found = left @ exactly(np.ones((3, 1)))
    assert found.mid.item() != 1.0  # floats lose the 1
    assert holds(found, 1)


def test_underflow_is_in_the_radius():
    assert holds(ball(1e-200) * ball(1e-200), Fraction(1e-200) ** 2)
    assert holds(exactly(np.full((1, 4), 1e-170)) @ exactly(np.full((4, 1), 1e-170)), 4 * Fraction(1e-170) ** 2)
    assert holds(ball(1e-300) / ball(1e300), Fraction(1e-300) / Fraction(1e300))


@given(st.floats(-750, 750), st.floats(0, 1), st.sampled_from([-1.0, 0.0, 1.0]))
def test_exp_holds_the_exponential(m, r, s):
    found = ball(m, r).exp()
    with flint.ctx.workprec(200):
        gap = (flint.arb(m) + flint.arb(s) * flint.arb(r)).exp() - flint.arb(found.mid.item())
        assert math.isinf(found.rad.item()) or abs(gap) < flint.arb(found.rad.item())
    assert m > 699 or math.isfinite(found.rad.item()) or m < -698


def test_exp_knows_when_it_does_not_know():
    assert math.isinf(ball(701.0).exp().rad.item())
    assert math.isinf(ball(0.0, 1.5).exp().rad.item())
    vanished = ball(-1e6, 10.0).exp()
    assert vanished.mid.item() == 0.0
    assert 0 < vanished.rad.item() < 1e-300


@given(st.lists(floats, min_size=1, max_size=6), st.floats(0, 1))
@example([5e-324, 5e-324], 0.0)
@example([5e-324, 1e-323], 0.5)
def test_frobenius_norms_enclose(values, share):
    array = np.array(values)
    square = sum(Fraction(v) ** 2 for v in values)
    assert Fraction(frobenius_upper(array)) ** 2 >= square
    radius = share * np.abs(array)
    shrunk = sum((Fraction(v) * (1 - Fraction(share))) ** 2 for v in values)
    lower = frobenius_lower(Ball(array, radius))
    assert lower >= 0
    # |mid| - |rad| in exact numbers is at most the norm of the array shrunk towards 0
    assert Fraction(lower) ** 2 <= shrunk * (1 + Fraction(2) ** -40) + Fraction(5e-324)


def test_nothing_known_stays_so():
    with np.errstate(all="ignore"):
        lost = ball(1e308) * ball(1e308)
        assert math.isinf(lost.rad.item())
        assert math.isinf((lost - lost).rad.item())
        assert math.isinf((lost[None] @ ball(0.0)[:, None]).rad.item())
    assert frobenius_upper(np.array([math.inf])) == math.inf
    assert frobenius_lower(lost) == 0.0


@pytest.mark.parametrize("without", ["unit roundoff", "gamma"])
def test_the_enclosures_can_fail(monkeypatch, without):
    generator = np.random.default_rng(0)
    left, right = generator.standard_normal((2, 200, 30))
    monkeypatch.setattr(ball_arrays, "_U", 0.0) if without == "unit roundoff" else None
    monkeypatch.setattr(ball_arrays, "_gamma", lambda k: 0.0)
    results = [
        (exactly(a[None, :]) @ exactly(b[:, None]), sum(Fraction(x) * Fraction(y) for x, y in zip(a, b, strict=True)))
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
        for a, b in [(np.array(a), np.array(b))]
    ]
    assert not all(holds(found, exact) for found, exact in results)


def test_a_sum_longer_than_its_error_bound_is_refused():
    long = np.broadcast_to(0.0, (1, 2**31))
    with pytest.raises(ArgumentError, match="at most"):
        Ball(long, long).total(-1)
