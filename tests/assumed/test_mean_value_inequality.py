"""|Df u| <= L |u| on a convex set gives |f(x) - f(y)| <= L |x - y|: exact rationals, ball arithmetic for sines.

Not tested: maps whose derivative is known by its modulus of continuity only.
"""

import itertools
import random
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq


@pytest.fixture(autouse=True)
def precision():
    old, ctx.prec = ctx.prec, 128
    yield
    ctx.prec = old


def square(z):
    """(a + ib)^2; its derivative at z multiplies by 2 z, so |Df u| = 2 |z| |u|."""
    return z[0] ** 2 - z[1] ** 2, 2 * z[0] * z[1]


def gap2(x, y):
    return sum((a - b) * (a - b) for a, b in zip(x, y, strict=True))


def disc(radius, count, seed):
    rng = random.Random(seed)
    points = [(Fraction(radius), Fraction(0)), (radius * Fraction(999, 1000), Fraction(0))]
    while len(points) < count:
        z = tuple(Fraction(rng.randint(-50, 50), 50) * radius for _ in range(2))
        if gap2(z, (0, 0)) <= radius**2:
            points.append(z)
    return points


def nonexpansive_up_to(constant, function, points):
    return all(gap2(function(x), function(y)) <= constant**2 * gap2(x, y) for x, y in itertools.combinations(points, 2))


@pytest.mark.parametrize("radius", [Fraction(1, 3), Fraction(1), Fraction(7, 2)])
def test_the_complex_square_on_a_disc(radius):
    assert nonexpansive_up_to(2 * radius, square, disc(radius, 40, 0))


def test_control_a_smaller_constant_fails():
    assert not nonexpansive_up_to(Fraction(99, 100) * 2, square, disc(Fraction(1), 40, 0))


@pytest.mark.parametrize("seed", range(5))
def test_sines_of_linear_maps_are_bounded_by_the_frobenius_norm(seed):
    rng = random.Random(seed)
    A = [[fmpq(rng.randint(-9, 9), 3) for _ in range(3)] for _ in range(2)]
    frobenius2 = arb(sum((a * a for row in A for a in row), fmpq(0)))

    def f(x):
        return [arb(sum((a * c for a, c in zip(row, x, strict=True)), fmpq(0))).sin() for row in A]

    points = [[fmpq(rng.randint(-20, 20), 7) for _ in range(3)] for _ in range(8)]
    for x, y in itertools.combinations(points, 2):
        assert gap2(f(x), f(y)) <= frobenius2 * arb(gap2(x, y))


def test_control_a_set_of_two_pieces_has_no_mean_value_inequality():
    # derivative 0 on (-2, -1) and (1, 2), but a jump between them
    assert not nonexpansive_up_to(
        Fraction(0), lambda x: (1 if x[0] > 0 else -1,), [(Fraction(-3, 2),), (Fraction(3, 2),)]
    )


def test_control_a_connected_set_that_is_not_convex():
    # the angle on {|z| > 1} without the negative axis: |D angle| = 1/|z| < 1, but it jumps by 2 pi across the cut
    t = arb(fmpq(1, 100))
    above, below = arb.atan2(t, arb(-2)), arb.atan2(-t, arb(-2))
    assert above - below > 6
    assert 2 * t < arb(fmpq(1, 10))  # the distance of the two points


def test_control_the_angle_is_1_lipschitz_on_a_convex_part():
    points = [(fmpq(a, 4), fmpq(b, 4)) for a in range(5, 12, 3) for b in range(-9, 10, 3)]  # half-plane a > 1
    for x, y in itertools.combinations(points, 2):
        angle = arb.atan2(arb(x[1]), arb(x[0])) - arb.atan2(arb(y[1]), arb(y[0]))
        assert angle * angle <= arb(gap2(x, y))
