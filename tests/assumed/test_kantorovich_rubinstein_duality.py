"""Primal transport against a potential, as fractions: finite metric spaces, the line, and densities on [0, 1].

For n tokens of weight 1/n on each side an optimal coupling is a permutation (Birkhoff), found by trying all of them.
A potential is a solution of difference constraints: phi(a) <= phi(b) + d(a, b) for all a, b, with equality on
matched pairs. Value and slope of the potential are then checked by themselves, so neither side trusts the other.
Not tested: irrational distances.
"""

import itertools
import random
from fractions import Fraction

import pytest
import sympy as sp


def metric_closure(cost):
    """Shortest paths: the largest metric below a symmetric cost."""
    n = len(cost)
    d = [list(row) for row in cost]
    for k, i, j in itertools.product(range(n), repeat=3):
        d[i][j] = min(d[i][j], d[i][k] + d[k][j])
    return d


def random_cost(n, seed):
    rng = random.Random(seed)
    cost = [[Fraction(0)] * n for _ in range(n)]
    for i, j in itertools.combinations(range(n), 2):
        cost[i][j] = cost[j][i] = Fraction(rng.randint(1, 30), rng.randint(1, 6))
    return cost


def primal(source, target, cost):
    """(W_1, the permutation) for equal weights on the points listed (with repetition)."""
    return min(
        (sum((cost[i][j] for i, j in zip(source, order, strict=True)), Fraction(0)) / len(source), order)
        for order in itertools.permutations(target)
    )


def potential(cost, matched):
    """phi with phi(a) - phi(b) <= cost(a, b) and equality on matched pairs; None if a negative cycle forbids it."""
    n = len(cost)
    edges = [(a, b, cost[a][b]) for a in range(n) for b in range(n)] + [(b, a, -cost[a][b]) for a, b in matched]
    phi = [Fraction(0)] * n
    for _ in range(n + 1):
        changed = False
        for a, b, bound in edges:  # phi(a) <= phi(b) + bound
            if phi[a] > phi[b] + bound:
                phi[a], changed = phi[b] + bound, True
        if not changed:
            return phi
    return None


def is_lipschitz(phi, cost):
    return all(phi[a] - phi[b] <= cost[a][b] for a in range(len(phi)) for b in range(len(phi)))


def value(phi, source, target):
    return sum((phi[i] for i in source), Fraction(0)) / len(source) - sum((phi[j] for j in target), Fraction(0)) / len(
        target
    )


def instance(seed):
    rng = random.Random(seed)
    n, tokens = rng.randint(2, 6), rng.randint(1, 5)
    source, target = ([rng.randrange(n) for _ in range(tokens)] for _ in range(2))
    return metric_closure(random_cost(n, seed)), source, target


@pytest.mark.parametrize("seed", range(40))
def test_a_potential_attains_the_distance_on_a_finite_metric_space(seed):
    d, source, target = instance(seed)
    distance, order = primal(source, target, d)
    phi = potential(d, list(zip(source, order, strict=True)))
    assert phi is not None
    assert is_lipschitz(phi, d)
    assert value(phi, source, target) == distance


@pytest.mark.parametrize("seed", range(40))
def test_no_1_lipschitz_function_has_more(seed):
    d, source, target = instance(seed)
    rng = random.Random(seed)
    raw = [Fraction(rng.randint(-30, 30)) for _ in d]
    phi = [
        min(raw[b] + d[a][b] for b in range(len(d))) for a in range(len(d))
    ]  # the largest 1-Lipschitz function below raw
    assert is_lipschitz(phi, d)
    assert value(phi, source, target) <= primal(source, target, d)[0]


def test_control_a_coupling_that_is_not_optimal_has_no_potential():
    d = [[abs(Fraction(a - b)) for b in range(4)] for a in range(4)]
    assert potential(d, [(0, 1), (3, 2)]) is not None  # 0 -> 1, 3 -> 2: optimal
    assert potential(d, [(0, 2), (3, 1)]) is None  # crossing


def test_control_fails_for_a_cost_without_the_triangle_inequality():
    cost = [[Fraction(c) for c in row] for row in ([0, 1, 3], [1, 0, 1], [3, 1, 0])]
    distance, order = primal([0], [2], cost)
    assert distance == 3
    assert potential(cost, [(0, order[0])]) is None
    assert max(value([Fraction(-k) for k in phi], [0], [2]) for phi in ([0, 1, 2], [0, 0, 0])) == 2 < distance


def test_control_a_steeper_potential_passes_the_distance():
    d, source, target = instance(0)
    distance, order = primal(source, target, d)
    assert distance > 0
    phi = potential(d, list(zip(source, order, strict=True)))
    assert phi is not None
    steep = [Fraction(101, 100) * p for p in phi]
    assert value(steep, source, target) > distance
    assert not is_lipschitz(steep, d)


@pytest.mark.parametrize("seed", range(10))
def test_on_the_line_the_slopes_are_signs_of_the_difference_of_distribution_functions(seed):
    rng = random.Random(seed)
    points = sorted(rng.sample(range(-20, 20), 6))
    d = [[abs(Fraction(a - b)) for b in points] for a in points]
    source, target = ([rng.randrange(6) for _ in range(5)] for _ in range(2))
    excess = [Fraction(source.count(k) - target.count(k), 5) for k in range(6)]
    phi, distance = [Fraction(0)], Fraction(0)
    for k, (low, high) in enumerate(itertools.pairwise(points)):
        total = sum(excess[: k + 1], Fraction(0))
        phi.append(phi[-1] - ((total > 0) - (total < 0)) * (high - low))
        distance += abs(total) * (high - low)
    assert is_lipschitz(phi, d)
    assert value(phi, source, target) == distance == primal(source, target, d)[0]


def test_densities_on_the_unit_interval():
    y, t = sp.symbols("y t", nonnegative=True)
    # mu = dy, nu = 2y dy: monotone coupling t -> sqrt(t), potential -y
    coupling = sp.integrate(sp.sqrt(t) - t, (t, 0, 1))
    dual = sp.integrate(-y * (1 - 2 * y), (y, 0, 1))
    assert coupling == dual == sp.Rational(1, 6)
    # mu = dy, nu an atom at 1/2: every point goes there, potential |y - 1/2|
    half = sp.Rational(1, 2)
    assert sp.integrate(half - y, (y, 0, half)) + sp.integrate(y - half, (y, half, 1)) == sp.Rational(1, 4)
