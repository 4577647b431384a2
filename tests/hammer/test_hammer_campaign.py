"""Tested: campaigns end as they must for true and false bounds and bugs, and are reproducible and reported fully.
Not tested: throughput (benchmarks)."""

import json
import subprocess
import sys
from types import SimpleNamespace

import pytest
import sympy as sp
import torch
from hammer_trials import ALL, SHARP, weakened

from proofcheck.errors import ArgumentError
from proofcheck.hammer import campaign, families, tokens
from proofcheck.hammer.throughput import pair_checks_per_second
from torch_impl import layers


@pytest.mark.parametrize("name", ["mlp", "attention_sharp", "composition", "derivatives"])
def test_a_true_statement_survives_and_sharp_ones_are_approached(name):
    result = campaign(ALL[name], measures=300, seed=1)
    assert result.decision == "holds"
    assert result.passed
    assert result.measures == 300
    assert sum(f.measures for f in result.families) == 300
    assert {f.decision for f in result.families} <= {"holds", "rounding only"}
    assert {f.name for f in result.families} | set(result.skipped) == set(families.FAMILIES)
    if result.sharp:
        assert result.best >= 0.9995
        assert result.resolution <= 5.1e-4


@pytest.mark.parametrize("name", SHARP)
def test_a_bound_weakened_by_a_tenth_of_a_percent_is_refuted_by_the_hammer_alone(name):
    result = campaign(weakened(name), measures=300)
    assert result.decision == "REFUTED"
    assert not result.passed
    assert result.counterexample["level"] == "statement"
    assert result.counterexample["atoms"] <= 2
    json.dumps(result.as_json())


@pytest.mark.parametrize("name", ["mlp", "softmax", "composition"])
def test_a_valid_bound_that_is_no_longer_sharp_by_a_tenth_of_a_percent_fails_too(name):
    result = campaign(weakened(name, percent=-sp.Rational(1, 10)), measures=200)
    assert result.decision == "holds"
    assert not result.reached
    assert not result.passed


def test_a_planted_bug_is_reported_with_a_small_counterexample():
    bug = ALL["attention_sharp"].with_function(lambda m, x, A, s: layers.gradient_attention(m, x, A.mT, s))
    result = campaign(bug, measures=600, adversary=False)
    assert result.decision == "REFUTED"
    assert result.counterexample["level"] == "code"
    assert result.counterexample["atoms"] <= 2
    assert "formula gives" in result.reason


def test_nan_is_unknown():
    t = ALL["attention_sharp"]
    result = campaign(t.with_function(lambda *a: t.function(*a) * float("nan")), measures=50, adversary=False)
    assert result.decision == "unknown"
    assert "NaN" in result.reason
    assert not result.passed


def test_the_same_seed_gives_the_same_campaign_on_any_number_of_threads():
    one, two, other = (
        campaign(ALL["attention_sharp"], measures=200, seed=s, workers=k, adversary=False).as_json()
        for s, k in ((3, 1), (3, 2), (4, 1))
    )
    changing = {"seconds"}
    assert {k: v for k, v in one.items() if k not in changing} == {k: v for k, v in two.items() if k not in changing}
    assert one["families"] != other["families"]


def test_progress_and_time_limit():
    seen = []
    result = campaign(
        ALL["sorting"], measures=10**7, seconds=0.0, adversary=False, progress=lambda *counts: seen.append(counts)
    )
    assert seen[-1][0] == result.measures < 10**7
    assert {f.name for f in result.families} == set(families.available()[0])  # every family was met once
    assert seen[-1][1] == 10**7


def test_a_lemma_module_is_taken_as_it_is_and_named_in_the_command():
    module = SimpleNamespace(ID="X-01", HAMMER=ALL["mlp"].prop, BOUNDS={"b": ALL["mlp"].bound})
    result = campaign(SimpleNamespace(module=module), measures=20, seed=7, adversary=False, dtype=torch.float32)
    assert result.lemma == "X-01"
    assert result.command == "proofcheck hammer X-01 --measures 20 --device cpu --seed 7 --dtype float32"


def test_a_lemma_without_hammer_and_an_empty_campaign_are_refused():
    with pytest.raises(ArgumentError, match="no HAMMER"):
        campaign(SimpleNamespace(ID="X", HAMMER=None), measures=5)
    with pytest.raises(ArgumentError, match="measures must be >= 1"):
        campaign(ALL["mlp"], measures=0)


def test_missing_token_clouds_are_named_in_the_result(monkeypatch):
    monkeypatch.setattr(tokens, "_folder", lambda: None)
    monkeypatch.delenv(tokens.REQUIRE, raising=False)
    result = campaign(ALL["sorting"], measures=20)
    assert list(result.skipped) == ["tokens"]


def test_importing_the_package_does_not_import_torch():
    code = "import sys, proofcheck.hammer; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_throughput_is_measured():
    assert pair_checks_per_second(ALL["attention_sharp"], batch=16, chunks=2) > 0


@pytest.mark.cuda
@pytest.mark.parametrize("name", ["mlp", "attention_sharp", "softmax", "context", "context_inf", "deep"])
def test_campaigns_run_on_cuda(name):
    assert campaign(ALL[name], measures=500, device="cuda").passed
    assert campaign(weakened(name), measures=500, device="cuda").decision == "REFUTED"
