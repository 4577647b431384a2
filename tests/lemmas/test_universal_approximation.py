import itertools
import random
from fractions import Fraction

import pytest

from proofcheck.testing import LemmaContract
from torch_impl.potentials import integral, line_potential
from torch_impl.reference.exact import exact_measure, wasserstein_exact_1d


class TestUniversalApproximation(LemmaContract):
    lemma = "universal-approximation"


C = Fraction(3, 2)


def draw(rng):
    tokens = rng.randint(1, 4)
    measure = exact_measure([[Fraction(rng.randint(0, 12), 12)] for _ in range(tokens)])
    return measure, Fraction(rng.randint(0, 12), 12)


def distance(p, q):
    return abs(p[1] - q[1]) + C * wasserstein_exact_1d(p[0], q[0])


def target(points, rng):
    """A function of C_{1,C}: the least of cones over some points, so 1-Lipschitz for |x - x'| + C W_1."""
    heights = [Fraction(rng.randint(-12, 12), 6) for _ in points]
    return lambda p: min(h + distance(p, q) for h, q in zip(heights, points, strict=True))


def construction(net, g, damped):
    """max_i min_{j != i} g_ij of LT-20; potentials times `damped` lose kappa = (1 - damped) diam Omega at most."""
    phi = {(i, j): line_potential(net[i][0], net[j][0]) for i, j in itertools.permutations(range(len(net)), 2)}

    def f(i, j, p):
        e = 1 if net[i][1] >= net[j][1] else -1
        return e * p[1] + C * damped * integral(phi[i, j], p[0])

    def interpolant(i, j, p):
        gap = f(i, j, net[i]) - f(i, j, net[j])
        alpha = max(Fraction(-1), min(Fraction(1), (g(net[i]) - g(net[j])) / gap)) if gap > 0 else Fraction(0)
        return g(net[i]) + alpha * (f(i, j, p) - f(i, j, net[i]))

    def value(p):
        return max(min(interpolant(i, j, p) for j in range(len(net)) if j != i) for i in range(len(net)))

    return value


def case(seed, damped, size=5):
    rng = random.Random(seed)
    net = []
    while len(net) < size:
        p = draw(rng)
        if all(distance(p, q) > 0 for q in net):
            net.append(p)
    g = target([draw(rng) for _ in range(4)], rng)
    return rng, net, g, construction(net, g, damped), C * (1 - damped)


@pytest.mark.parametrize("damped", [Fraction(1), Fraction(9, 10), Fraction(1, 10)], ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_error_on_the_net_and_off_it(seed, damped):
    rng, net, g, value, loss = case(seed, damped)
    assert all(0 <= value(p) - g(p) <= loss for p in net)
    others = [draw(rng) for _ in range(6)]
    for p in others:
        delta = min(distance(p, q) for q in net)
        assert abs(value(p) - g(p)) <= 2 * delta + loss
    assert all(abs(value(p) - value(q)) <= distance(p, q) for p, q in itertools.combinations(others, 2))


def test_without_loss_the_net_is_met_exactly():
    _, net, g, value, _ = case(7, Fraction(1))
    assert all(value(p) == g(p) for p in net)


def test_control_with_a_loss_it_is_not():
    assert any(value(p) > g(p) for _, net, g, value, _ in (case(k, Fraction(1, 10)) for k in range(3)) for p in net)


def test_one_delta_is_not_enough():
    # one token: the construction goes on rising beyond x = 1/2, where the target falls again
    def at(x):
        return exact_measure([[Fraction(0)]]), Fraction(x)

    net = [at(0), at("1/2")]
    value = construction(net, lambda p: min(p[1], 1 - p[1]), Fraction(1))
    error, delta = abs(value(at(1)) - 0), min(distance(at(1), q) for q in net)
    assert (error, delta) == (1, Fraction(1, 2))
