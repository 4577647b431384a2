"""Open covers of [0, 1] and of the square by balls whose radius depends on the centre: a finite subcover is found.

A cover is a positive function r: the balls (x - r(x), x + r(x)). Bisection keeps an interval that one ball holds and
halves the others; compactness says that it ends. What it returns is checked by itself, in fractions.
Not tested: covers by other sets, compact spaces that are not boxes.
"""

import itertools
import random
from fractions import Fraction

import pytest

HALF = Fraction(1, 2)


def finite_subcover(radius, low, high, levels=60):
    """Centres whose balls cover the box [low, high], or None after `levels` halvings.

    A box is kept when a ball around one of its corners or its middle holds it (distance: largest coordinate).
    """
    if levels < 0:
        return None
    sides = list(zip(low, high, strict=True))
    middle = tuple((a + b) / 2 for a, b in sides)
    for centre in (middle, *itertools.product(*sides)):
        if all(max(abs(a - c), abs(b - c)) < radius(centre) for (a, b), c in zip(sides, centre, strict=True)):
            return [centre]
    found = []
    for parts in itertools.product(*(((a, m), (m, b)) for (a, b), m in zip(sides, middle, strict=True))):
        rest = finite_subcover(radius, tuple(p[0] for p in parts), tuple(p[1] for p in parts), levels - 1)
        if rest is None:
            return None
        found += rest
    return found


def covers_the_interval(centres, radius, low=Fraction(0), high=Fraction(1)):
    """Exact: walk from the left; a point that no ball holds is a gap."""
    at = low
    while True:
        reach = max((c + radius((c,)) for (c,) in centres if abs(at - c) < radius((c,))), default=None)
        if reach is None:
            return False
        if reach > high:
            return True
        at = reach


def gauge(seed):
    """A radius that jumps from centre to centre, between 1/40 and 1/8."""

    def radius(centre):
        return Fraction(random.Random(f"{seed} {centre}").randint(1, 5), 40)

    return radius


@pytest.mark.parametrize("seed", range(10))
def test_a_random_cover_of_the_interval(seed):
    centres = finite_subcover(gauge(seed), (Fraction(0),), (Fraction(1),))
    assert centres is not None
    assert covers_the_interval(centres, gauge(seed))


@pytest.mark.parametrize("special", [Fraction(0), HALF, Fraction(1)], ids=str)
def test_radii_that_shrink_towards_one_point(special):
    # only the ball around `special` holds it: every subcover must contain that ball
    def radius(centre):
        return abs(centre[0] - special) / 2 if centre[0] != special else Fraction(1, 1000)

    centres = finite_subcover(radius, (Fraction(0),), (Fraction(1),))
    assert centres is not None
    assert (special,) in centres
    assert covers_the_interval(centres, radius)
    assert not covers_the_interval([c for c in centres if c != (special,)], radius)


@pytest.mark.parametrize("seed", range(3))
def test_a_product_of_two_intervals(seed):
    def radius(centre):
        return Fraction(random.Random(f"{seed} {centre}").randint(3, 6), 20)

    centres = finite_subcover(radius, (Fraction(0),) * 2, (Fraction(1),) * 2)
    assert centres is not None
    grid = [Fraction(k, 30) for k in range(31)]
    for x in itertools.product(grid, repeat=2):
        assert any(max(abs(a - b) for a, b in zip(x, c, strict=True)) < radius(c) for c in centres)


def test_control_without_the_end_point_there_is_none():
    # (0, 1] is covered by (x/2, 3x/2), and no finitely many of these reach 0
    def radius(centre):
        return centre[0] / 2

    assert finite_subcover(radius, (Fraction(0),), (Fraction(1),)) is None
    centres = [(Fraction(3, 4) ** k,) for k in range(40)]
    assert covers_the_interval(centres, radius, low=Fraction(1, 1000))
    lowest = min(c - radius((c,)) for (c,) in centres)
    assert not covers_the_interval(centres, radius, low=lowest)


def test_control_a_gap_is_noticed():
    centres = [(Fraction(0),), (Fraction(1),)]
    assert not covers_the_interval(centres, lambda c: HALF)  # open balls: 1/2 is in neither
    assert covers_the_interval(centres, lambda c: HALF + Fraction(1, 10**9))


@pytest.mark.parametrize("seed", range(5))
def test_a_continuous_function_is_bounded_by_its_values_on_a_finite_subcover(seed):
    rng = random.Random(seed)
    coefficients = [Fraction(rng.randint(-9, 9), 4) for _ in range(6)]

    def g(x):
        return sum(c * x**k for k, c in enumerate(coefficients))

    slope = sum(k * abs(c) for k, c in enumerate(coefficients)) + 1  # |g'| on [0, 1]: g moves by < 1 on a ball
    centres = finite_subcover(lambda c: 1 / slope, (Fraction(0),), (Fraction(1),))
    assert centres is not None
    bound = max(abs(g(c)) for (c,) in centres) + 1
    assert all(abs(g(Fraction(k, 500))) <= bound for k in range(501))


def test_control_one_over_x_is_not_bounded_without_the_end_point():
    assert all(1 / Fraction(1, bound + 1) > bound for bound in (1, 10**3, 10**9))
