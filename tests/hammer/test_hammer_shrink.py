"""Tested: counterexamples keep refuting while they lose atoms, dimensions and digits.
Not tested: that the result is the simplest of all."""

import pytest
import torch
from flint import fmpq
from hammer_trials import ALL, SHARP, weakened

from proofcheck.hammer.adversary import ascend
from proofcheck.hammer.confirm import confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.shrink import nearest, shrink
from torch_impl import layers
from torch_impl.measures import Measure


def numbers(value):
    return [n for v in value for n in numbers(v)] if isinstance(value, list) else [value]


def atoms(sample):
    return max(len(v) for k, v in sample.items() if k in ("points", "other", "W"))


def found(kind, **kwargs):
    config = Configuration(**{"shape": "gaussian", "d": 3, "n": 8, "batch": 24, "seed": 4, **kwargs})
    case = kind.draw(config, config.generator())
    for i in range(config.batch):
        one = kind.pick(case, i)
        decision = confirm(kind, one)
        if decision.refuted:
            return one, decision
    raise AssertionError("the planted bug was not found")


BUGS = {
    "wrong sign": lambda m, x, A, s: 2 * x - layers.gradient_attention(m, x, A, s),
    "transposed": lambda m, x, A, s: layers.gradient_attention(m, x, A.mT, s),
    "longer step": lambda m, x, A, s: layers.gradient_attention(m, x, A, 1.5 * s),
    "dropped weights": lambda m, x, A, s: layers.gradient_attention(
        Measure(m.points, torch.full_like(m.weights, 1 / m.weights.shape[-1])), x, A, s
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_shrinks_to_at_most_two_atoms_with_simple_rationals(bug):
    kind = kind_of(ALL["attention_sharp"].with_function(BUGS[bug]))
    case, decision = found(kind)
    shrunk = shrink(kind, case, decision, seeds=False)
    assert shrunk.decision.refuted
    assert atoms(shrunk.sample) <= 2
    assert all(int(n.q) <= 4 and abs(n) <= 4 for v in shrunk.sample.values() for n in numbers(v))


@pytest.mark.parametrize("name", ["mlp", "attention", "attention_sharp", "composition", "radius"])
def test_a_false_bound_shrinks_to_at_most_two_atoms_with_simple_rationals(name):
    kind = kind_of(weakened(name))
    config = Configuration("gaussian", d=2, n=4, batch=16, seed=2)
    climb = ascend(kind, kind.draw(config, config.generator()))
    decision = confirm(kind, climb.case)
    assert decision.refuted
    shrunk = shrink(kind, climb.case, decision)
    assert shrunk.decision.level == "statement"
    assert atoms(shrunk.sample) <= 2
    assert all(int(n.q) <= 64 for v in shrunk.sample.values() for n in numbers(v))
    assert kind.decide(shrunk.sample).refuted
    assert not kind_of(SHARP[name]).decide(shrunk.sample).refuted


def test_shrinking_never_accepts_a_case_that_holds():
    kind = kind_of(SHARP["mlp"])
    config = Configuration(d=2, n=2)
    case = kind.pick(kind.draw(config, config.generator()), 0)
    honest = kind.decide(kind.sample(case))
    assert not honest.refuted
    false = kind_of(weakened("mlp"))
    seed = false.seeds(config)[0]
    shrunk = shrink(kind, seed, confirm(false, seed))  # a decision of another statement: nothing may be taken
    assert shrunk.sample == kind.sample(seed)


def test_nearest_rounds_to_the_nearest():
    assert nearest(fmpq(7, 10), 2) == fmpq(1, 2)
    assert nearest(fmpq(333333, 1000000), 10) == fmpq(1, 3)
