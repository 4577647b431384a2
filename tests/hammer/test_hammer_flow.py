"""The kind `flow`: bounds hold and are nearly attained; weaker constants and wrong code are refuted exactly."""

import dataclasses
import importlib

import pytest
import sympy as sp
import torch

from proofcheck.errors import ArgumentError
from proofcheck.hammer.confirm import Status, confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.flow import Flow
from proofcheck.hammer.trial import trials
from torch_impl.vlasov import depth_flow

MODULES = ("depth_limit", "no_collision", "flow_in_context")
TRIALS = [t for m in MODULES for t in trials(importlib.import_module(f"lemmas.measure_maps.{m}"))]
CONFIGURATION = Configuration(shape="sphere", d=2, n=3, batch=64, pairs=2)


def cases(kind):
    drawn = kind.draw(CONFIGURATION, CONFIGURATION.generator())
    return [drawn, *kind.seeds(CONFIGURATION)]


def name(trial):
    return f"{trial.lemma}-{trial.prop.bound}"


@pytest.mark.parametrize("trial", TRIALS, ids=name)
def test_the_bound_holds_and_is_nearly_attained(trial):
    kind = kind_of(trial)
    assert isinstance(kind, Flow)
    worst = 0.0
    for case in cases(kind):
        ratio = kind.ratio(case)
        assert bool((ratio <= 1).all())
        worst = max(worst, float(ratio.max()))
        i, j = kind.worst(case, ratio, 1)[0]
        assert not confirm(kind, kind.pick(case, i, j)).refuted
    assert worst > 0.999


@pytest.mark.parametrize("trial", TRIALS, ids=name)
def test_control_a_stronger_bound_is_refuted_exactly(trial):
    factor = sp.Rational(1001, 1000) if trial.prop.options["statement"] == "separation" else sp.Rational(998, 1000)
    kind = kind_of(trial.with_bound(trial.bound * factor))
    found = [confirm(kind, case) for case in kind.seeds(CONFIGURATION)]
    assert any(d.refuted and d.level == "statement" for d in found)


@pytest.mark.parametrize("fault", ["frozen context", "transposed A", "whole step"])
def test_control_wrong_code_is_refuted(fault):
    def wrong(mu, A, V, T, N, x):
        if fault == "transposed A":
            return depth_flow(mu, A.mT, V, T, N, x)
        if fault == "whole step":
            return depth_flow(mu, A, V, T * N, N, x)
        for _ in range(N):
            x = depth_flow(mu, A, V, T / N, 1, x).queries
        return depth_flow(mu, A, V, T, N, x)._replace(queries=x)

    kind = kind_of(TRIALS[0].with_function(wrong))
    drawn = kind.draw(CONFIGURATION, CONFIGURATION.generator())
    assert any(confirm(kind, kind.pick(drawn, i)).refuted for i in range(16))


def test_a_separation_says_nothing_past_its_threshold():
    trial = next(t for t in TRIALS if t.lemma == "MM-24" and t.prop.options["statement"] == "separation")
    kind = kind_of(trial)
    case = {key: value.clone() for key, value in kind.seeds(CONFIGURATION)[2].items()}
    case["A"] = case["A"] * 1000
    assert float(kind.ratio(case).max()) == 0
    assert confirm(kind, case).status is Status.HOLDS


def test_options_are_checked():
    trial = TRIALS[0]
    wrong = dataclasses.replace(trial.prop, options={"statement": "speed"})
    with pytest.raises(ArgumentError, match="statement"):
        kind_of(dataclasses.replace(trial, prop=wrong))


def test_climbing_parameters_build_the_case_again():
    kind = kind_of(TRIALS[0])
    drawn = kind.draw(CONFIGURATION, CONFIGURATION.generator())
    again = kind.build(kind.parameters(drawn))
    torch.testing.assert_close(again["weights"], drawn["weights"], rtol=1e-14, atol=0)
