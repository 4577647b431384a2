"""Beside the contract: sqrt(2) in 60-digit ball arithmetic, and the oscillation at delta_0 for p < infinity only."""

import math
import random

import pytest
from flint import arb, ctx, fmpq

from proofcheck.testing import LemmaContract

DIGITS = 60


class TestOscillatingMap(LemmaContract):
    lemma = "oscillating-map"
    redundant = {
        ("MM-16.mean2", 3): "M is a norm; for M < 0 the claim holds as N, rho >= 0",
        ("MM-16.w2", 8): "rho is a distance; the line and N, d >= 0 imply it",
    }


@pytest.fixture(autouse=True)
def sixty_digits():
    before, ctx.dps = ctx.dps, DIGITS
    yield
    ctx.dps = before


def norm(law, p):
    """M(mu): the p-th root of the mean of y^p, for p = infinity the largest point with mass."""
    if p == math.inf:
        return max(y for y, w in law if w > 0)
    return arb(sum(w * y**p for y, w in law)).root(p)


def image(law, p):
    """f(mu) for mu = [(point, weight)], points fmpq in [0, 1]."""
    s = arb(norm(law, p)).log().sin()
    return [(arb(y) * s, w) for y, w in law]


def wasserstein(mu, nu, p):
    """W_p on the line by the monotone coupling; the order of the points must be decidable."""
    mu, nu = (sorted(law, key=lambda pair: Ordered(pair[0])) for law in (mu, nu))
    i = j = 0
    left, right, total = mu[0][1], nu[0][1], arb(0)
    while True:
        mass = min(left, right)
        gap = arb(abs(mu[i][0] - nu[j][0]))
        total = total.max(gap) if p == math.inf else total + mass * gap**p
        left, right = left - mass, right - mass
        if left == 0:
            i += 1
            if i == len(mu):
                return total if p == math.inf else total.root(p)
            left = mu[i][1]
        if right == 0:
            j += 1
            right = nu[j][1]


class Ordered:
    def __init__(self, value):
        self.value = arb(value)

    def __lt__(self, other):
        if self.value < other.value:
            return True
        # equal points may come in either order; anything else undecided is an error of the test
        if self.value > other.value or (self.value - other.value).abs_upper() < arb("1e-50"):
            return False
        raise AssertionError("raise the precision")


def law(rng, scale):
    n = rng.randint(1, 4)
    weights = [rng.randint(1, 9) for _ in range(n)]
    return [(fmpq(rng.randint(1, 10**6), 10**6) * scale, fmpq(w, sum(weights))) for w in weights]


def near(rng, mu):
    """The same weights, points moved by 1e-12 at most, outwards together or one by one."""
    step = fmpq(1, 10**12)
    together = rng.random() < 0.5
    return [(y + y * step if together else y + step * rng.randint(0, 3), w) for y, w in mu]


@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_no_pair_exceeds_the_constant(p):
    rng, worst, root = random.Random(str(p)), arb(0), arb(2).sqrt()
    for k in range(150):
        scale = fmpq(1, rng.choice([1, 2, 10, 1000]))
        mu = law(rng, scale)
        nu = near(rng, mu) if k % 2 else law(rng, scale)
        distance = wasserstein(mu, nu, p)
        if distance > 0:
            ratio = wasserstein(image(mu, p), image(nu, p), p) / distance
            assert not ratio > root
            worst = max(worst, ratio.mid(), key=float)
    assert float(worst) > 1.3


def dirac_ratio(k, relative):
    m = arb(arb.pi() / 4 - 2 * k * arb.pi()).exp()
    n = m * (1 + relative)
    return (abs(m * m.log().sin() - n * n.log().sin())) / abs(m - n)


def test_the_constant_is_attained_in_the_limit():
    for k in (1, 2, 5):
        for exponent in (5, 10, 15):
            gap = arb(2).sqrt() - dirac_ratio(k, arb(10) ** -exponent)
            # second order: the slope sin + cos is stationary there
            assert gap > 0
            assert gap < arb(10) ** (1 - 2 * exponent)


def test_control_float64_exceeds_the_constant_by_roundoff():
    m = math.exp(math.pi / 4 - 2 * math.pi)
    worst = 0.0
    for j in range(1, 400):
        n = m * (1 + j * 1e-13)
        worst = max(worst, abs(m * math.sin(math.log(m)) - n * math.sin(math.log(n))) / abs(m - n))
    assert worst > 1.4143 > math.sqrt(2)


def test_control_a_constant_smaller_by_a_millionth_is_exceeded():
    assert dirac_ratio(1, arb("1e-5")) > arb(2).sqrt() * (1 - arb("1e-6"))


def two_points(a):
    return [(fmpq(0), 1 - a), (fmpq(1), a)]


def at_one(a, p):
    """Where f sends the atom of mu_a at 1, by the definition of f."""
    return image(two_points(a), p)[1][0]


def share(sign, k, p):
    """a = e^{p (sign pi/2 - 2 pi k)}."""
    return arb(p * (sign * arb.pi() / 2 - 2 * k * arb.pi())).exp()


@pytest.mark.parametrize("p", [1, 2])
def test_the_in_context_map_oscillates_where_the_measures_converge(p):
    for k in (1, 3, 20):
        top, bottom = (share(sign, k, p) for sign in (1, -1))
        assert abs(at_one(top, p) - 1) < arb("1e-50")
        assert abs(at_one(bottom, p) + 1) < arb("1e-50")
        # W_p(mu_a, delta_0) = a^{1/p}, and W_p(f(mu_a), delta_0) is smaller
        assert top < arb(1) / 2
        assert top.root(p) < arb(10) ** -(2 * k)


def test_control_the_formula_of_one_p_is_false_for_another():
    a = share(-1, 0, 1)  # e^{-pi/2}
    assert abs(at_one(a, 1) - a.log().sin()) < arb("1e-50")
    assert abs(at_one(a, 2) - a.log().sin()) > arb("0.29")
    assert abs(at_one(a, 2) + arb(2).sqrt() / 2) < arb("1e-50")
    assert at_one(a, math.inf) == 0


def test_control_for_p_infinity_a_continuous_map_represents_f():
    """min(x, M) sin(log M) agrees with f on every support, and at distance M from delta_0 it is at most M."""
    rng = random.Random(5)
    for _ in range(50):
        mu = law(rng, fmpq(1, rng.choice([1, 10, 10**9])))
        size = arb(norm(mu, math.inf))
        for (y, _), (moved, _) in zip(mu, image(mu, math.inf), strict=True):
            assert moved.overlaps(arb(y).min(size) * size.log().sin())
        assert abs(arb(1).min(size) * size.log().sin()) <= size


def test_control_the_mean_in_place_of_the_p_norm_is_not_lipschitz_in_w2():
    a = fmpq(1, 10**6)
    step = fmpq(1, 10**12)
    mu, nu = [(fmpq(0), 1 - a), (fmpq(1), a)], [(step, 1 - a), (1 + step, a)]

    def pushed(measure):
        s = arb(sum(w * y for y, w in measure)).log().sin()
        return [(arb(y) * s, w) for y, w in measure]

    assert wasserstein(pushed(mu), pushed(nu), 2) / wasserstein(mu, nu, 2) > 100
