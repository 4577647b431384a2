"""What is tested: how small a mistake in a sharp bound is caught, and that a blunt hammer is reported."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from proofcheck import registry
from proofcheck.audit.resolution import GOAL, changed, check_resolution, measure_resolution
from proofcheck.audit.result import PartFailed, PartSkipped
from proofcheck.hammer.trial import trial

SHARP = ("LT-01", "LT-04", "LT-05", "LT-07", "LT-08", "LT-09", "LT-10", "LT-21", "SM-01", "SM-02")


def load(name):
    return registry.load(registry.find(name))


@pytest.mark.parametrize("name", SHARP)
def test_a_mistake_of_a_thousandth_is_caught(name):
    found = measure_resolution(load(name), measures=256, finest=12)
    assert found.reached
    assert found.weakening <= 2.0**-GOAL <= 1e-3
    assert found.detail


@pytest.mark.parametrize("name", ["LT-02", "LT-11"])
def test_identities_have_no_resolution(name):
    assert measure_resolution(load(name)) is None
    with pytest.raises(PartSkipped):
        check_resolution(load(name))


def test_a_bound_that_is_loose_catches_only_large_mistakes():
    loose = trial(load("LT-01"))
    loose = loose.with_bound(loose.bound / 3)
    found = measure_resolution(loose, measures=128)
    assert found.exponent == 0
    assert not found.reached
    assert found.weakening == float("inf")


def test_a_blunt_hammer_fails_the_check():
    lemma = load("LT-01")
    blunt = SimpleNamespace(ID="X", HAMMER=lemma.hammer, BOUNDS={"tau_max": lemma.bounds["tau_max"] * 255 / 256})
    with pytest.raises(PartFailed, match="is the goal") as failure:
        check_resolution(blunt)
    assert failure.value.figures["exponent"] == 7


def test_steps_are_over_claimed_and_constants_under_claimed():
    step, constant = trial(load("LT-01")), trial(load("SM-01"))
    assert changed(step, 1).bound == step.bound * 3 / 2
    assert changed(constant, 1).bound == constant.bound / 2
    assert replace(load("LT-01").hammer, sharp=False).sharp is False
