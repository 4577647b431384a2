"""S(0) and "S(k) implies S(k + 1)" give S(k): all predicates on {0, ..., 6}, and the use that LT-09 makes of it.

Not tested: infinitely many k; that is what is assumed.
"""

import itertools
import math
import random
from fractions import Fraction

import pytest

DEPTH = 7
PREDICATES = list(itertools.product([False, True], repeat=DEPTH))


def base(S):
    return S[0]


def step(S):
    return all(not now or then for now, then in itertools.pairwise(S))


def test_base_and_step_leave_one_predicate():
    assert [S for S in PREDICATES if base(S) and step(S)] == [(True,) * DEPTH]


def test_control_without_the_base():
    # step alone: false up to some k, true from there on
    assert sum(step(S) and not all(S) for S in PREDICATES) == DEPTH


def test_control_without_the_step():
    assert sum(base(S) and not all(S) for S in PREDICATES) == 2 ** (DEPTH - 1) - 1


def constants(layers, start):
    """C of LT-09 layer by layer: C' = q C + c P, P' = (q + c) P."""
    C, P = start, Fraction(1)
    for q, c in layers:
        C, P = q * C + c * P, (q + c) * P
        yield C


def product_formula(layers):
    return math.prod(q + c for q, c in layers) - math.prod(q for q, _ in layers)


def layers_of(seed):
    rng = random.Random(seed)
    return [(Fraction(rng.randint(0, 5), 5), Fraction(rng.randint(0, 9), 4)) for _ in range(40)]


def closed_form_holds(layers, start):
    return all(product_formula(layers[:k]) == C for k, C in enumerate(constants(layers, start), 1))


@pytest.mark.parametrize("seed", range(5))
def test_the_recursion_of_composition_has_its_closed_form_at_every_depth(seed):
    assert closed_form_holds(layers_of(seed), Fraction(0))


def test_control_a_wrong_start_fails_although_the_step_is_right():
    assert not closed_form_holds([(Fraction(1), Fraction(1))] * 5, Fraction(1))


@pytest.mark.parametrize("seed", range(5))
def test_the_step_of_the_recursion_holds_by_itself(seed):
    for layers in (layers_of(seed)[:k] for k in range(1, 20)):
        (q, c), before = layers[-1], layers[:-1]
        P = math.prod(a + b for a, b in before)
        assert product_formula(layers) == q * product_formula(before) + c * P
