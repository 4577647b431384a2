"""Tested: KR potentials attain W1 on the line, and within the polyhedral norm in R^d; covering angles. Not: the LP."""

import math
import random
from dataclasses import replace
from fractions import Fraction as F

import pytest

from proofcheck.errors import ArgumentError
from torch_impl.potentials import (
    covering_cosine,
    inside_ball,
    integral,
    line_potential,
    polyhedral_potential,
    unit_directions,
)
from torch_impl.reference.exact import dot, exact_measure, wasserstein_exact_1d
from torch_impl.wasserstein import coupling_upper_bound_exact


def random_measure(pick, d):
    n = pick.randint(1, 5)
    points = [[F(pick.randint(-8, 8), 8) for _ in range(d)] for _ in range(n)]
    return exact_measure(points, [pick.randint(1, 4) for _ in range(n)])


def gap(phi, mu, nu):
    return integral(phi, mu) - integral(phi, nu)


@pytest.mark.parametrize("seed", range(20))
def test_a_potential_on_the_line_attains_w1_exactly(seed):
    pick = random.Random(seed)
    mu, nu = random_measure(pick, 1), random_measure(pick, 1)
    phi = line_potential(mu, nu)
    distance = wasserstein_exact_1d(mu, nu)
    assert gap(phi, mu, nu) == distance
    assert set(phi.slopes) <= {-1, 0, 1}
    flipped = replace(phi, slopes=tuple(-s for s in phi.slopes))
    assert gap(flipped, mu, nu) == -distance


def test_a_potential_is_constant_outside_its_breakpoints():
    phi = line_potential(exact_measure([[0]]), exact_measure([[1]]))
    assert phi((F(-5),)) == phi((F(0),))
    assert phi((F(7),)) == phi((F(1),))
    assert phi((F(0),)) - phi((F(1),)) == 1


def test_equal_measures_have_the_zero_potential():
    mu = exact_measure([[0], [1]])
    assert line_potential(mu, mu).slopes == (0,)


def test_the_line_takes_one_coordinate_only():
    mu = exact_measure([[0, 0]])
    with pytest.raises(ArgumentError, match="required d = 1"):
        line_potential(mu, mu)


@pytest.mark.parametrize(("d", "count"), [(1, 2), (2, 4), (2, 7), (2, 16), (3, 6), (3, 26), (3, 98), (4, 80)])
def test_directions_are_in_the_ball_symmetric_and_cover(d, count):
    directions = unit_directions(d, count)
    assert len(directions) >= count
    assert all(dot(u, u) <= 1 for u in directions)
    assert {tuple(-c for c in u) for u in directions} == set(directions)
    cosine = covering_cosine(d, count)
    pick = random.Random(d * count)
    worst = F(1)
    for _ in range(100):
        v = inside_ball([pick.gauss(0, 1) for _ in range(d)])
        worst = min(worst, max(dot(u, v) for u in directions))
    assert worst >= cosine - F(2, 2**30)
    if d == 2:
        # half way between two neighbours the covering angle pi/M is attained: no larger cosine would do
        angle = math.pi / len(directions)
        middle = inside_ball([math.cos(angle), math.sin(angle)])
        assert max(dot(u, middle) for u in directions) < math.cos(angle) + 1e-8
        assert cosine < math.cos(angle)


def test_too_few_directions_are_refused():
    with pytest.raises(ArgumentError, match="count >= 2 d"):
        unit_directions(3, 5)


@pytest.mark.parametrize("d", [2, 3])
def test_a_polyhedral_potential_is_lipschitz_and_loses_what_is_stated(d):
    pick = random.Random(d)
    count = 16 if d == 2 else 26
    directions, cosine = unit_directions(d, count), covering_cosine(d, count)
    for _ in range(10):
        mu, nu = random_measure(pick, d), random_measure(pick, d)
        phi = polyhedral_potential(mu, nu, directions)
        assert phi.offsets[0][0] == 0
        reached, distance = gap(phi, mu, nu), coupling_upper_bound_exact(mu, nu)
        assert reached <= distance
        # offsets are rounded to 2^-40, the dual is a float: far below 2^-20
        assert reached >= cosine * distance - F(1, 2**20)
        y, z = ([F(pick.randint(-99, 99), 50) for _ in range(d)] for _ in range(2))
        square = sum((a - b) ** 2 for a, b in zip(y, z, strict=True))
        assert (phi(tuple(y)) - phi(tuple(z))) ** 2 <= square


def test_longer_directions_would_break_the_lipschitz_bound():
    directions = tuple(tuple(2 * c for c in u) for u in unit_directions(2, 8))
    mu, nu = exact_measure([[0, 0]]), exact_measure([[1, 0]])
    assert gap(polyhedral_potential(mu, nu, directions), mu, nu) > 1
