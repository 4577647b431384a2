"""Beside the contract: the gap against exact distances of rational measures on the line."""

import itertools
import random
from fractions import Fraction

import pytest

from proofcheck.testing import LemmaContract
from torch_impl.reference.exact import exact_measure, wasserstein_exact_1d


class TestAtomicObstruction(LemmaContract):
    lemma = "atomic-obstruction"


def gap(weights, w):
    """(dist(w, subset sums), the set that attains it), by enumeration."""
    sets = itertools.chain.from_iterable(
        itertools.combinations(range(len(weights)), k) for k in range(len(weights) + 1)
    )
    return min((abs(w - sum((weights[i] for i in chosen), Fraction(0))), chosen) for chosen in sets)


def two_points(w):
    return exact_measure([[-1], [1]], [w, 1 - w])


def drawn(rng):
    raw = [rng.randint(1, 12) for _ in range(rng.randint(1, 5))]
    return [Fraction(a, sum(raw)) for a in raw], Fraction(rng.randint(1, 11), 12)


def test_the_two_examples():
    assert 2 * gap([Fraction(1)], Fraction(1, 2))[0] == 1
    assert 2 * gap([Fraction(1, 2)] * 2, Fraction(1, 3))[0] == Fraction(1, 3)


@pytest.mark.parametrize("seed", range(10))
def test_no_push_forward_is_nearer_and_one_attains_the_gap(seed):
    rng = random.Random(seed)
    weights, w = drawn(rng)
    least, chosen = gap(weights, w)
    best = [[-1] if i in chosen else [1] for i in range(len(weights))]
    assert wasserstein_exact_1d(exact_measure(best, weights), two_points(w)) == 2 * least
    for _ in range(40):
        image = [[Fraction(rng.randint(-24, 24), 12)] for _ in weights]
        assert wasserstein_exact_1d(exact_measure(image, weights), two_points(w)) >= 2 * least


def test_control_a_layer_that_reweights_beats_the_gap():
    # mass may not leave an atom: a Bayes update from (1/2, 1/2) to (1/3, 2/3) costs nothing, a push-forward 1/3
    weights, w = [Fraction(1, 2)] * 2, Fraction(1, 3)
    assert wasserstein_exact_1d(exact_measure([[-1], [1]], [w, 1 - w]), two_points(w)) == 0 < 2 * gap(weights, w)[0]
