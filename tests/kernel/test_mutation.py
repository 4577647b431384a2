"""Every small change of the trusted code is noticed by an attack, a control or a property, or is a listed survivor.

The default run takes a fixed sample; `-m slow` takes all mutants.
"""

import hashlib

import pytest

from kernel.harness import LIMITS, Killer, all_mutants
from kernel.survivors import SURVIVORS

MUTANTS = all_mutants()
SAMPLE = 60


@pytest.fixture(scope="module")
def killer():
    return Killer()


def sample():
    """Mutants with the smallest digests: a fixed choice that does not follow the order of the text."""
    known = [name for name in MUTANTS if name not in SURVIVORS]
    return sorted(known, key=lambda name: hashlib.sha256(name.encode()).hexdigest())[:SAMPLE]


def test_there_are_many_mutants_of_every_kind():
    kinds = {name.split(": ")[1] for name in MUTANTS}
    assert len(MUTANTS) > 900
    assert kinds >= {
        "refusal",
        "raise",
        "negated",
        "boundary",
        "connective",
        "dropped operand",
        "unary",
        "constant",
        "flag",
        "text",
        "pins",
        "filter",
        "always",
        "never",
        "deleted",
        "arithmetic",
    }


def test_listed_survivors_exist():
    """A survivor whose code is gone is a stale entry: remove it."""
    assert not [name for name in SURVIVORS if name not in MUTANTS]
    assert all(len(reason) > 10 for reason in SURVIVORS.values())


def test_sampled_mutants_are_killed(killer):
    alive = [name for name in sample() if not killer.kill(MUTANTS[name])]
    assert not alive


def test_the_harness_sees_an_equivalent_mutant_alive(killer):
    """A listed survivor is not killed: so a kill is no accident of loading."""
    name = min(n for n in SURVIVORS if not any(word in n for word in LIMITS))
    assert killer.kill(MUTANTS[name]) == ""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_all_mutants_are_killed_or_listed(killer, part):
    names = list(MUTANTS)[part::20]
    alive = {name for name in names if not killer.kill(MUTANTS[name])}
    listed = {name for name in names if name in SURVIVORS}
    assert sorted(alive - listed) == [], "survivors that are not listed"
    assert sorted(listed - alive) == [], "listed survivors that are killed"
