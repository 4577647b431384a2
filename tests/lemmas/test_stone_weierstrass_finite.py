import itertools
import random
from fractions import Fraction

import pytest
import sympy as sp

from lemmas.lipschitz_transformers import stone_weierstrass_finite as lemma
from proofcheck.testing import LemmaContract


class TestStoneWeierstrassFinite(LemmaContract):
    lemma = "stone-weierstrass-finite"


class Space:
    """U x X with random rational metrics, and a random g in C_{1,C}."""

    def __init__(self, seed, sizes=None, C=None):
        rng = random.Random(seed)
        self.C = Fraction(rng.randint(1, 9), 4) if C is None else C
        n, m = sizes or (rng.randint(1, 3), rng.randint(2, 4))
        self.of_u, self.of_x = self.metric(rng, n), self.metric(rng, m)
        self.points = list(itertools.product(range(n), range(m)))
        raw = {p: Fraction(rng.randint(-40, 40), 5) for p in self.points}
        self.g = {p: min(raw[q] + self.d(p, q) for q in self.points) for p in self.points}

    @staticmethod
    def metric(rng, n):
        d = [[Fraction(0) if i == j else Fraction(rng.randint(20, 40), 10) for j in range(n)] for i in range(n)]
        return [[max(d[i][j], d[j][i]) for j in range(n)] for i in range(n)]  # values in [2, 4]: triangle inequality

    def d(self, p, q):
        return self.of_x[p[1]][q[1]] + self.C * self.of_u[p[0]][q[0]]

    def separately_lipschitz(self, f):
        pairs = itertools.combinations(self.points, 2)
        return all(abs(f[p] - f[q]) <= self.d(p, q) for p, q in pairs if p[0] == q[0] or p[1] == q[1])

    def interpolant(self, p, q, a, b):
        """alpha f + beta of LT-16 with f = d(., q): a at p, b at q."""
        alpha = (a - b) / self.d(p, q)
        return {z: b + alpha * self.d(z, q) for z in self.points}, alpha

    def max_min(self, v):
        """max over p of min over q != p, and how many interpolants it took."""
        rows, count = [], 0
        for p in self.points:
            row = []
            for q in self.points:
                if q != p:
                    f, alpha = self.interpolant(p, q, v[p], v[q])
                    assert abs(alpha) < 1
                    assert self.separately_lipschitz(f)
                    row.append(f)
                    count += 1
            rows.append({z: min(f[z] for f in row) for z in self.points})
        return {z: max(row[z] for row in rows) for z in self.points}, count


@pytest.mark.parametrize("seed", range(12))
def test_the_scaled_target_is_met_exactly(seed):
    space = Space(seed)
    assert space.separately_lipschitz(space.g)
    eps, G = Fraction(1, 2), max(map(abs, space.g.values()))
    rho = 1 - eps / (2 * (1 + G))
    v = {p: rho * a for p, a in space.g.items()}
    found, count = space.max_min(v)
    assert found == v
    assert all(abs(found[p] - space.g[p]) <= eps / 2 for p in space.points)
    assert space.separately_lipschitz(found)
    assert count == lemma.BOUNDS["interpolants"].subs(lemma.N, sp.Integer(len(space.points)))


def test_control_minima_or_maxima_alone_do_not_do():
    space = Space(3, sizes=(2, 3))
    v = {p: a / 2 for p, a in space.g.items()}
    assert len(set(v.values())) > 2
    for choose in (min, max):
        one_row = {
            z: choose(space.interpolant(p, q, v[p], v[q])[0][z] for p in space.points for q in space.points if q != p)
            for z in space.points
        }
        assert one_row != v


def test_control_one_point_leaves_nothing_to_interpolate():
    space = Space(0, sizes=(1, 1))
    with pytest.raises(ValueError, match="empty"):
        space.max_min(space.g)


def test_control_without_context_constant_two_contexts_have_no_budget():
    space = Space(0, sizes=(2, 1), C=Fraction(0))
    p, q = space.points
    assert space.d(p, q) == 0
