"""Beside the contract: W_1(mu, mu_h) in exact numbers, attained in the middle of a cell and nowhere exceeded."""

import random
from fractions import Fraction
from itertools import product

import pytest

from proofcheck.testing import LemmaContract


class TestLiftedMeanPooling(LemmaContract):
    lemma = "lifted-mean-pooling"


def corners(u, h):
    """[(weight, squared distance)] of the corners of the cell for the point u h of it: products of hats."""
    found = []
    for choice in product((0, 1), repeat=len(u)):
        weight, square = Fraction(1), Fraction(0)
        for step, x in zip(choice, u, strict=True):
            weight *= x if step else 1 - x
            square += (h * (step - x)) ** 2
        found.append((weight, square))
    return found


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_the_middle_of_a_cell_attains_the_bound(d):
    h = Fraction(1, 7)
    found = corners([Fraction(1, 2)] * d, h)
    # every corner is h sqrt(d)/2 away, and W_1 to a Dirac measure is the mean distance
    assert {square for _, square in found} == {h * h * d / 4}
    assert sum(weight for weight, _ in found) == 1


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_elsewhere_in_the_cell_the_mean_square_is_smaller(d):
    rng, h = random.Random(d), Fraction(1, 7)
    for _ in range(50):
        u = [Fraction(rng.randint(0, 99), 200) for _ in range(d)]
        mean_square = sum(weight * square for weight, square in corners(u, h))
        assert mean_square == sum(h * h * x * (1 - x) for x in u)
        assert mean_square < h * h * d / 4


def distance(points, weights, cells):
    """W_1(mu, mu_h) on the line: the integral of |F - F_h|, exactly."""
    pooled: dict[Fraction, Fraction] = {}
    for y, w in zip(points, weights, strict=True):
        low = Fraction(int(y * cells), cells)
        u = (y - low) * cells
        for z, share in ((low, 1 - u), (low + Fraction(1, cells), u)):
            pooled[z] = pooled.get(z, Fraction(0)) + w * share
    jumps = sorted([(y, w) for y, w in zip(points, weights, strict=True)] + [(z, -w) for z, w in pooled.items()])
    total, height, last = Fraction(0), Fraction(0), jumps[0][0]
    for place, jump in jumps:
        total += abs(height) * (place - last)
        height, last = height + jump, place
    assert height == 0
    return total


def test_random_measures_on_the_line_stay_below_the_bound():
    rng, best = random.Random(1), Fraction(0)
    for _ in range(200):
        n, cells = rng.randint(1, 5), rng.randint(1, 6)
        points = [Fraction(rng.randint(0, 999), 1000) for _ in range(n)]
        raw = [rng.randint(1, 9) for _ in range(n)]
        ratio = distance(points, [Fraction(w, sum(raw)) for w in raw], cells) * 2 * cells
        assert ratio <= 1
        best = max(best, ratio)
    assert best > Fraction(9, 10)


def test_control_half_of_the_bound_is_exceeded():
    assert distance([Fraction(1, 2)], [Fraction(1)], 1) == Fraction(1, 2) > Fraction(1, 4)
