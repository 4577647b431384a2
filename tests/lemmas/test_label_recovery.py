"""Beside the contract: mixing in weights 2^i makes any weights generic, but for finitely many shares."""

from fractions import Fraction

import pytest

from proofcheck.testing import LemmaContract
from torch_impl.label_recovery import binary_weights, subset_gap


class TestLabelRecovery(LemmaContract):
    lemma = "label-recovery"


def mixed(a, e):
    return [(1 - e) * x + e * y for x, y in zip(a, binary_weights(len(a)), strict=True)]


@pytest.mark.parametrize("weights", [(1, 1), (1, 1, 1, 1), (1, 2, 3, 3, 4), (4, 2, 1)])
def test_all_but_few_mixtures_are_generic(weights):
    a = [Fraction(w, sum(weights)) for w in weights]
    for k in range(1, 6):
        e = Fraction(1, 10**k + 7)
        b = mixed(a, e)
        assert subset_gap(b) > 0
        assert sum(b) == 1
        assert sum(abs(x - y) for x, y in zip(a, b, strict=True)) <= 2 * e


def test_control_without_the_mixture_equal_weights_are_not_generic():
    assert subset_gap([Fraction(1, 4)] * 4) == 0


def test_control_one_share_may_fail():
    """4/7, 2/7, 1/7 mixed with 1/7, 2/7, 4/7: at e = 1/2 the first and the last weight agree."""
    assert subset_gap(mixed([Fraction(4, 7), Fraction(2, 7), Fraction(1, 7)], Fraction(1, 2))) == 0
