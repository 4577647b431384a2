"""Tested: transport distances against enumeration, with their certificates checked anew."""

import itertools
import random
from fractions import Fraction

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure
from torch_impl.reference.exact import ExactMeasure, exact_measure, squared_distance, wasserstein_exact_1d
from torch_impl.transport import bottleneck, transport
from torch_impl.wasserstein import coupling_upper_bound_exact, exact_coupling, wasserstein, wasserstein_1d


def drawn(rng, n, d, equal=False):
    points = [[Fraction(rng.randint(-9, 9), 3) for _ in range(d)] for _ in range(n)]
    return exact_measure(points, None if equal else [rng.randint(1, 9) for _ in range(n)])


def by_permutations(mu, nu, cost):
    n = len(mu.points)
    return min(
        cost([squared_distance(x, nu.points[j]) for x, j in zip(mu.points, order, strict=True)])
        for order in itertools.permutations(range(n))
    )


@pytest.mark.parametrize("seed", range(6))
def test_equal_weights_are_an_assignment(seed):
    rng = random.Random(seed)
    mu, nu = drawn(rng, 4, 2, True), drawn(rng, 4, 2, True)
    found = transport(mu, nu, 2)
    assert found.lower <= by_permutations(mu, nu, sum) / 4 <= found.upper
    assert found.upper - found.lower <= Fraction(1, 10**9)
    assert bottleneck(mu, nu).squared == by_permutations(mu, nu, max)


@pytest.mark.parametrize("seed", range(4))
def test_certificates_hold(seed):
    rng = random.Random(seed)
    mu, nu = drawn(rng, 5, 2), drawn(rng, 3, 2)
    found = transport(mu, nu, 2)
    for x, a in zip(mu.points, found.u, strict=True):
        assert all(a + b <= squared_distance(x, y) for y, b in zip(nu.points, found.v, strict=True))
    assert tuple(sum(row) for row in found.plan) == mu.weights
    narrow = bottleneck(mu, nu)
    used = [
        squared_distance(mu.points[i], nu.points[j])
        for i, row in enumerate(narrow.plan)
        for j, m in enumerate(row)
        if m
    ]
    assert max(used) == narrow.squared  # otherwise a shorter reach would do
    mass = sum(mu.weights[i] for i in narrow.blocked)
    near = {
        j for i in narrow.blocked for j, y in enumerate(nu.points) if squared_distance(mu.points[i], y) < narrow.squared
    }
    assert mass > sum((nu.weights[j] for j in near), Fraction(0))


@pytest.mark.parametrize("seed", range(4))
def test_the_line_is_enclosed(seed):
    rng = random.Random(seed)
    mu, nu = drawn(rng, 5, 1), drawn(rng, 4, 1)
    found = transport(mu, nu, 1)
    exact = wasserstein_exact_1d(mu, nu)
    assert found.lower <= exact <= found.upper
    assert found.upper - found.lower <= Fraction(1, 10**9)


def test_an_atom_of_mass_1e_300_counts_for_w_inf_only():
    tiny = Fraction(1, 10**300)
    mu, nu = exact_measure([[0]], [1]), exact_measure([[0], [1]], [1 - tiny, tiny])
    assert bottleneck(mu, nu).squared == 1
    assert transport(mu, nu, 2).upper <= 2 * tiny


def test_one_point_and_the_same_measure():
    mu = exact_measure([[1, 2]], [1])
    assert bottleneck(mu, mu) == (0, ((1,),), ())
    assert transport(mu, mu, 2)[:2] == (0, 0)


def test_measures_of_torch_and_bad_input():
    mu = Measure(torch.tensor([[0.0], [1.0]], dtype=torch.float64), torch.tensor([0.5, 0.5], dtype=torch.float64))
    assert bottleneck(mu, exact_measure([[0]])).squared == 1
    with pytest.raises(ArgumentError, match="share d"):
        bottleneck(mu, exact_measure([[0, 0]]))
    with pytest.raises(ArgumentError, match="p = 1 or 2"):
        transport(mu, mu, 3)
    half = ExactMeasure(((Fraction(0),),), (Fraction(1, 2),))
    with pytest.raises(ArgumentError, match="one mass"):
        transport(mu, half)


def test_control_a_shorter_reach_is_not_accepted():
    mu, nu = exact_measure([[0], [1]]), exact_measure([[0], [3]])
    assert bottleneck(mu, nu).squared == 4
    assert not transport(mu, nu, 1).upper < 1


@pytest.mark.parametrize("masses", [(1.0, 1.5), (1.0, 6.0), (1.0, 1.1), (1.0, 0.0), (-1.0, 1.0), (1.0, float("nan"))])
@pytest.mark.parametrize("d", [1, 2])
def test_masses_that_are_not_one_are_refused_and_not_normalised(masses, d):
    mu, nu = (Measure(torch.zeros(1, d).double(), torch.tensor([m], dtype=torch.float64)) for m in masses)
    calls = [transport, bottleneck, wasserstein, exact_coupling, coupling_upper_bound_exact]
    for call in (*calls, *([wasserstein_1d] if d == 1 else [])):
        for pair in ((mu, nu), (nu, mu)):
            with pytest.raises(ArgumentError, match="weights >= 0 of sum 1"):
                call(*pair)


def test_masses_of_one_up_to_roundoff_pass():
    points = torch.arange(7.0).unsqueeze(-1)
    seventh = torch.full((7,), 1 / 7)
    mu, nu = (Measure(points, w) for w in (seventh, torch.nextafter(seventh, torch.ones(7))))
    assert bottleneck(mu, nu).squared == 0 == transport(mu, nu).lower
    assert float(wasserstein(mu, nu)) < 1e-5 > float(wasserstein_1d(mu, nu))


def test_signed_measures_of_mass_one_are_refused():
    signed = Measure(torch.tensor([[0.0], [1.0]]), torch.tensor([1.5, -0.5]))
    for call in (transport, bottleneck, wasserstein, wasserstein_1d, exact_coupling):
        with pytest.raises(ArgumentError, match="least weight -0"):
            call(signed, signed)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_points_that_are_not_finite_are_refused_unless_they_are_padding(bad):
    points = torch.tensor([[0.0], [bad]], dtype=torch.float64)
    mu, padded = (Measure(points, torch.tensor([w, 1 - w], dtype=torch.float64)) for w in (0.5, 1.0))
    for call in (transport, bottleneck, wasserstein, exact_coupling, coupling_upper_bound_exact):
        with pytest.raises(ArgumentError, match="must be finite"):
            call(mu, mu)
    assert bottleneck(padded, padded).squared == 0
