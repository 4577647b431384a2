"""P([0, 1]) with W_1: a metric, finite nets of every fineness, limits inside; W_1 on the line in fractions.

W_1(mu, nu) = int |F_mu - F_nu|. Rounding atoms up to a grid of step 1/n costs at most 1/n; rounding distribution
functions down to multiples of 1/m costs at most 1/m: a net of finitely many measures with fineness 1/n + 1/m.
Not tested: other compact spaces, measures with densities.
"""

import itertools
import random
from fractions import Fraction
from math import comb, floor

import pytest


def distribution(mu, t):
    return sum((w for w, y in mu if y <= t), Fraction(0))


def w1(mu, nu):
    places = sorted({y for _, y in (*mu, *nu)})
    return sum(
        (abs(distribution(mu, a) - distribution(nu, a)) * (b - a) for a, b in itertools.pairwise(places)), Fraction(0)
    )


def w_inf(mu, nu):
    """sup |Q_mu - Q_nu| over levels in (0, 1)."""

    def quantile(measure, level):
        return min(y for _, y in measure if distribution(measure, y) >= level)

    levels = sorted({distribution(m, y) for m in (mu, nu) for _, y in m if distribution(m, y) > 0})
    middles = [(a + b) / 2 for a, b in itertools.pairwise([Fraction(0), *levels])]
    return max(abs(quantile(mu, s) - quantile(nu, s)) for s in middles)


def draw(rng):
    count = rng.randint(1, 8)
    weights = [Fraction(rng.randint(1, 20)) for _ in range(count)]
    return [(w / sum(weights), Fraction(rng.randint(0, 97), 97)) for w in weights]


def round_to_net(mu, n, m):
    """The member of the net: F rounded down to multiples of 1/m at k/n for k < n, and 1 at 1."""
    heights = [Fraction(floor(distribution(mu, Fraction(k, n)) * m), m) for k in range(n)] + [Fraction(1)]
    steps = [heights[0], *(b - a for a, b in itertools.pairwise(heights))]
    return [(w, Fraction(k, n)) for k, w in enumerate(steps) if w > 0]


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 7), (20, 20)])
def test_a_finite_net(n, m):
    rng = random.Random(0)
    for mu in (draw(rng) for _ in range(60)):
        near = round_to_net(mu, n, m)
        assert sum(w for w, _ in near) == 1
        assert all((w * m).denominator == 1 and (y * n).denominator == 1 for w, y in near)
        assert w1(mu, near) <= Fraction(1, n) + Fraction(1, m)


def test_the_net_is_finite_and_rounding_stays_in_it():
    rng = random.Random(1)
    seen = {tuple(round_to_net(draw(rng), 2, 2)) for _ in range(500)}
    assert len(seen) <= comb(2 + 2, 2)  # ways to put two half units on three places


def test_control_a_net_is_not_finer_than_it_says():
    worst = max(w1(mu, round_to_net(mu, 2, 2)) for mu in (draw(random.Random(k)) for k in range(200)))
    assert Fraction(1, 4) < worst <= 1


@pytest.mark.parametrize("seed", range(20))
def test_w1_is_a_metric(seed):
    rng = random.Random(seed)
    mu, nu, pi = (draw(rng) for _ in range(3))
    assert w1(mu, mu) == 0
    assert w1(mu, nu) == w1(nu, mu)
    assert w1(mu, pi) <= w1(mu, nu) + w1(nu, pi)
    if any(distribution(mu, y) != distribution(nu, y) for _, y in (*mu, *nu)):
        assert w1(mu, nu) > 0


def test_a_sequence_has_a_convergent_subsequence_with_its_limit_inside():
    rng = random.Random(2)
    sequence = [draw(rng) for _ in range(400)]
    chosen = sequence
    for level in (2, 4):  # pigeonhole over the finite net: one cell keeps its share, and has diameter <= 4/level
        cells = {}
        for mu in chosen:
            cells.setdefault(tuple(round_to_net(mu, level, level)), []).append(mu)
        chosen = max(cells.values(), key=len)
        assert max(w1(a, b) for a, b in itertools.combinations(chosen[:10], 2)) <= Fraction(4, level)
    assert len(chosen) >= 2
    limit = [(Fraction(1), Fraction(0))]
    assert [w1([(Fraction(1), Fraction(1, k))], limit) for k in (1, 10, 100)] == [1, Fraction(1, 10), Fraction(1, 100)]


def test_control_an_unbounded_omega():
    # delta_n on {0, 1, 2, ...}: all at distance >= 1, so no subsequence converges and no finite net has fineness < 1/2
    atoms = [[(Fraction(1), Fraction(k))] for k in range(20)]
    assert min(w1(a, b) for a, b in itertools.combinations(atoms, 2)) == 1


def test_control_an_omega_that_is_not_closed():
    # delta_{1/k} on (0, 1] is Cauchy; its limit delta_0 is no measure on (0, 1], and every other measure stays away
    tail = [[(Fraction(1), Fraction(1, k))] for k in range(100, 200)]
    assert max(w1(a, b) for a, b in itertools.combinations(tail[::20], 2)) <= Fraction(1, 100)
    other = [(Fraction(1), Fraction(1, 50))]
    assert min(w1(other, mu) for mu in tail) >= Fraction(1, 100)


def test_control_with_w_infinity_it_is_false():
    # (1 - 1/k) delta_0 + (1/k) delta_1: all at W_inf distance 1 from each other, but W_1 goes to 0
    split = [[(1 - Fraction(1, k), Fraction(0)), (Fraction(1, k), Fraction(1))] for k in range(2, 12)]
    assert {w_inf(a, b) for a, b in itertools.combinations(split, 2)} == {1}
    zero = [(Fraction(1), Fraction(0))]
    assert w1(split[-1], zero) == Fraction(1, 11)
    assert w_inf(split[-1], zero) == 1
