"""Tested: nets cover what they say, the budget is checked exactly, bad nets are named. Not: that nets are smallest."""

import itertools
import math
import random
from fractions import Fraction as F

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.construct_net import (
    NetPoint,
    budget,
    check_lipschitz,
    covered,
    covering_net,
    distance_to_net,
    net_points,
    sampled_net,
    shapes,
    size_for_radius,
)
from torch_impl.measures import measure
from torch_impl.reference.exact import exact_measure

C = F(1, 2)


@pytest.mark.parametrize("size", [1, 10, 63])
def test_every_random_measure_is_within_the_proved_radius(size):
    net = covering_net(C, size=size)
    assert len(net.points) <= size
    pick = random.Random(size)
    worst = F(0)
    for k in range(60):
        n = pick.randint(1, 6)
        places = (
            [[F(pick.randint(0, 64), 64)] for _ in range(n)] if k % 2 else [[F(pick.randint(0, 1))] for _ in range(n)]
        )
        p = NetPoint(exact_measure(places, [pick.randint(1, 5) for _ in range(n)]), (F(pick.randint(0, 64), 64),))
        worst = max(worst, distance_to_net(net.points, p, C))
    assert worst <= net.radius
    # half the radius would be a false claim: the check above can fail
    assert worst > net.radius / 2


def test_one_point_covers_everything_within_its_radius_exactly():
    net = covering_net(F(1), size=1)
    corner = NetPoint(exact_measure([[0], [1]]), (F(1),))
    assert net.radius == distance_to_net(net.points, corner, F(1)) == F(1)


def test_a_net_of_ones_own_gets_a_radius_that_holds():
    own = [(exact_measure([[F(k, 4)]]), (F(j, 2),)) for k in range(5) for j in range(3)]
    net = covered(own, C, fine=60)
    far = NetPoint(exact_measure([[0], [1]]), (F(1, 4),))
    # a half and half measure is 1/2 from every Dirac
    assert distance_to_net(net.points, far, C) == F(1, 4) + C * F(1, 2)
    assert F(1, 4) + C * F(1, 2) <= net.radius <= 1
    with pytest.raises(ArgumentError, match="required d = 1"):
        covered(sampled_net(3, 2), C)


def test_an_interval_scales_the_radius():
    unit, wide = covering_net(C, size=30), covering_net(C, size=30, low=F(-1), high=F(2))
    assert wide.radius == 3 * unit.radius
    assert min(y[0] for p in wide.points for y in p.measure.points) > -1


def test_sizes_grow_as_radii_fall():
    found = shapes(F(1), F(1))
    assert all(a.size < b.size and a.radius > b.radius for a, b in itertools.pairwise(found))
    for shape in found[:20]:
        assert shape.size == math.comb(shape.places + shape.k - 1, shape.k) * shape.queries
    size = size_for_radius(C, F(1, 5))
    assert size is not None
    assert covering_net(C, size=size).radius <= F(1, 5) < covering_net(C, size=size - 1).radius
    assert size_for_radius(C, F(1, 10**6)) is None


def test_impossible_nets_are_refused():
    with pytest.raises(ArgumentError, match="size >= 1"):
        covering_net(C, size=0)
    with pytest.raises(ArgumentError, match="low < high"):
        covering_net(C, size=3, low=F(1), high=F(1))
    with pytest.raises(ArgumentError, match="got size=99, d=1"):
        sampled_net(99, 1)


def test_sampled_nets_are_distinct_and_repeatable():
    net = sampled_net(30, 2, seed=3)
    assert len(net_points(net)) == 30
    assert net == sampled_net(30, 2, seed=3) != sampled_net(30, 2, seed=4)


def test_the_budget_is_exact_on_the_line_and_an_upper_bound_beyond():
    p, q = NetPoint(exact_measure([[0], [1]]), (F(0),)), NetPoint(exact_measure([[F(1, 4)]]), (F(1),))
    assert budget(p, q, C) == 1 + C * F(1, 2)
    p, q = NetPoint(exact_measure([[0, 0]]), (F(0), F(0))), NetPoint(exact_measure([[1, 1]]), (F(3), F(4)))
    root = budget(p, q, F(1)) - 5
    assert 0 <= root**2 - 2 < F(1, 2**70)


def test_a_target_that_is_too_steep_is_named_with_the_worst_pair():
    points = net_points([(exact_measure([[0]]), (F(k, 4),)) for k in range(5)])
    values = [F(1, 8), F(1, 4), F(3, 4), F(1, 2), F(1, 2)]
    with pytest.raises(ArgumentError) as caught:
        check_lipschitz(points, values, C, F(0))
    text = str(caught.value)
    assert "net[1] -> 0.25 and net[2] -> 0.75, apart by 0.5 where |x - x'| + C W1 = 0.25" in text
    assert "x = 0.5" in text
    check_lipschitz(points, [v / 2 for v in values], C, F(0))
    check_lipschitz(points, values, C, F(1, 4))


def test_the_boundary_is_decided_exactly():
    points = net_points([(exact_measure([[0]]), (0,)), (exact_measure([[1]]), (0,))])
    check_lipschitz(points, [F(0), C], C, F(0))
    with pytest.raises(ArgumentError, match="Lipschitz on the net"):
        check_lipschitz(points, [F(0), C + F(1, 10**30)], C, F(0))


DELTA = exact_measure([[0]])


@pytest.mark.parametrize(
    ("net", "message"),
    [
        ([], "empty net"),
        ([(DELTA, (0,)), (DELTA, (1,)), (exact_measure([[0], [0]]), (1,))], r"net\[1\] == net\[2\]"),
        ([(DELTA, (float("nan"),))], r"net\[0\] must be \(measure, x\) of finite numbers"),
        ([(measure(torch.zeros(1, 1)), (0,)), (DELTA, (float("inf"),))], r"net\[1\] must be .* finite"),
        ([(DELTA,)], r"net\[0\] must be \(measure, x\)"),
        ([(DELTA, (0, 0))], "another d in"),
        ([(exact_measure([[F(1, 3)]]), (0,))], "must be float64 numbers"),
        ([(DELTA._replace(weights=(F(1, 2),)), (0,))], "must be a probability measure"),
    ],
)
def test_bad_nets_are_named(net, message):
    with pytest.raises(ArgumentError, match=message):
        net_points(net)
