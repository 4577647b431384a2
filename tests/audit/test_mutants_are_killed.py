"""What is tested: a sample of mutants is killed, survivors are named, explanations go stale, red checks are noticed.

Not tested here: all mutants (`-m slow`, about ten minutes on two idle cores).
"""

import json
import sys
from dataclasses import replace

import pytest
from click.testing import CliRunner

from proofcheck import registry
from proofcheck.audit.mutants import KILLED, SURVIVED, Pool, all_mutants, equivalent, judge, run, runner, sampled
from proofcheck.cli.mutants_ import command
from proofcheck.errors import ArgumentError, InternalError

HEADERS = registry.headers()


@pytest.fixture(scope="module")
def mutants():
    return all_mutants(HEADERS)


@pytest.fixture(scope="module")
def pool():
    with Pool(2) as warm:
        yield warm


def named(mutants, name, operator, after=None):
    return next(m for m in mutants if m.name == name and m.operator == operator and (after is None or m.after == after))


def judged(mutant, pool):
    (outcome,) = run(HEADERS, mutants=[mutant], pool=pool, clean=False).outcomes
    return outcome


def test_a_sample_is_killed(mutants, pool):
    quick = [m for m in sampled(mutants, 40, 20) if m.key not in equivalent.explained()][:8]
    report = run(HEADERS, mutants=quick, pool=pool, clean=False)
    assert [o.mutant.where for o in report.outcomes if o.verdict != KILLED] == []
    assert len(report.outcomes) == len(quick)
    assert all(o.by and o.seconds > 0 for o in report.outcomes)


@pytest.mark.parametrize(
    ("name", "operator", "after", "by"),
    [
        ("gradient_mlp", "step factor", "1.0009765625 * step", "LT-01 graph"),
        ("softmax", "axis", None, "SM-01 graph"),
        ("bar", "frozen context", None, "test_in_context_composition"),
        ("softmax", "detached gradient", None, "hammer"),
        ("LT-05.step", "assumption dropped", None, "LT-05 certificate, counterexample"),
        ("LT-04.step", "target turned round", None, "LT-04 certificate, witness"),
        ("BOUNDS['eta_max']", "constant +2^-30", None, "derivation, certificate"),
        ("BOUNDS['tau_max']", "constant -2^-10", None, "derivation"),
        ("HAMMER", "wrong quantity", "'image_diameter_squared'", "hammer"),
    ],
)
def test_the_check_that_should_see_a_mistake_sees_it(mutants, pool, name, operator, after, by):
    outcome = judged(named(mutants, name, operator, after), pool)
    assert outcome.verdict == KILLED
    assert by in outcome.by
    assert outcome.detail


def test_a_change_without_effect_survives_and_names_the_lemma(mutants, pool):
    same = named(mutants, "sorting_step", "number")
    same = replace(same, text=same.context.replace("W", "V"))
    report = run(HEADERS, mutants=[same], pool=pool, clean=False)
    (outcome,) = report.outcomes
    assert outcome.verdict == SURVIVED
    assert outcome.unseen == "LT-11"
    assert not report.ok


def test_an_endless_mutant_is_killed_by_the_limit(mutants, pool, monkeypatch):
    endless = named(mutants, "gradient_mlp", "step factor")
    endless = replace(endless, text="def gradient_mlp(x, W, b, step):\n    while True:\n        pass")
    monkeypatch.setattr(pool, "limit", 1.0)
    assert judged(endless, pool).by == "time limit"


def test_a_mutant_that_ends_its_process_is_a_crash(mutants, pool):
    fatal = named(mutants, "gradient_mlp", "step factor")
    fatal = replace(fatal, text="def gradient_mlp(x, W, b, step):\n    import os\n    os.abort()")
    assert judged(fatal, pool).by == "crash"
    assert judged(named(mutants, "LT-04.step", "target turned round"), pool).verdict == KILLED  # the pool lives on


def test_a_failure_of_the_judge_is_no_kill(mutants, pool):
    with pytest.raises(InternalError, match="could not be judged"):
        judged(replace(mutants[0], lemmas=("LT-99",)), pool)


def test_red_checks_on_the_unchanged_repository_end_a_run(mutants, pool, monkeypatch):
    one = named(mutants, "gradient_mlp", "step factor")
    broken = replace(one, text="def gradient_mlp(x, W, b, step):\n    return x")
    monkeypatch.setattr(runner, "baseline", lambda chosen: [broken])
    with pytest.raises(ArgumentError, match="checks that pass on the unchanged repository required"):
        run(HEADERS, mutants=[one], pool=pool)


def test_the_baseline_meets_every_check_of_a_mutant(mutants):
    one = named(mutants, "gradient_mlp", "step factor")
    jobs = runner.baseline([one])
    assert [(j.module, j.lemmas) for j in jobs] == [
        ("", ("LT-01",)),
        ("", ("LT-11",)),
        ("", ("LT-12",)),  # the blocks of these three are built from MLP steps
        ("", ("LT-13",)),
        ("", ("LT-19",)),
        ("torch_impl.layers", ()),
    ]


def test_an_explanation_excuses_a_survivor_and_goes_stale(mutants, tmp_path, monkeypatch):
    one = named(mutants, "gradient_mlp", "step factor")
    entry = {
        "key": one.key,
        "where": one.where,
        "operator": "",
        "before": "",
        "after": "",
        "reason": "one two three four",
    }
    path = tmp_path / "equivalent.json"
    path.write_text(json.dumps([entry]))
    table = equivalent.explained(path)
    monkeypatch.setattr(runner, "explained", lambda: table)
    seen = {"by": "", "detail": "", "seconds": 0.1}
    assert runner.outcome_of(one, {"verdict": SURVIVED, **seen}).verdict == "equivalent"
    wrong = runner.outcome_of(one, {"verdict": KILLED, **seen})
    assert wrong.verdict == SURVIVED
    assert "the explanation is wrong" in wrong.detail
    assert equivalent.stale([one], path) == []
    assert [e.key for e in equivalent.stale([replace(one, context="changed")], path)] == [one.key]


@pytest.mark.parametrize(
    "text",
    ["{", '[{"key": "a"}]', '[{"key":"a","where":"","operator":"","before":"","after":"","reason":"no"}]'],
)
def test_a_damaged_table_of_explanations_is_refused(tmp_path, text):
    path = tmp_path / "equivalent.json"
    path.write_text(text)
    with pytest.raises(ArgumentError, match=r"equivalent\.json"):
        equivalent.explained(path)


def test_no_explanation_is_stale(mutants):
    assert equivalent.stale(mutants) == []


def test_the_command_prints_one_document(mutants, monkeypatch):
    # the run itself is tested above; here its shape and exit code
    report = runner.Report((), (), 3, 7, 0.5)
    monkeypatch.setattr("proofcheck.audit.mutants.run", lambda *a, **k: report)
    result = CliRunner().invoke(command, ["LT-01", "--json"], standalone_mode=False)
    assert result.return_value == 1
    document = json.loads(result.stdout)
    assert {"killed", "survived", "equivalent", "mutants"} <= set(document)
    assert (document["left"], document["total"]) == (3, 7)


def test_a_run_during_which_files_change_is_no_success(mutants, pool, monkeypatch):
    states = iter(["before", "after"])
    monkeypatch.setattr(runner, "fingerprint", lambda: next(states))
    report = run(HEADERS, mutants=[named(mutants, "LT-04.step", "target turned round")], pool=pool, clean=False)
    assert report.count(KILLED) == 1
    assert report.edited
    assert not report.ok


@pytest.mark.parametrize("wrong", [{"sample": 0}, {"seconds": 0.0}])
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ArgumentError, match="must be positive"):
        run(HEADERS[:1], **wrong)
    with pytest.raises(ArgumentError, match="workers must be >= 1"):
        Pool(0)


@pytest.mark.slow
def test_all_mutants_are_killed_or_explained():
    report = run(HEADERS)
    survivors = [(o.mutant.where, o.mutant.operator, o.mutant.after) for o in report.outcomes if o.verdict == SURVIVED]
    assert survivors == []
    assert report.ok


def test_a_run_of_tests_leaves_the_path_as_it_was(monkeypatch):
    """With tests/ in front, tests/lemmas would stand for the package, and no second file of tests would be found."""
    root = judge.tests_folder().parent.parent
    monkeypatch.chdir(root)
    monkeypatch.setattr(pytest, "main", lambda *_, **__: sys.path.insert(0, str(root / "tests")) or 0)
    before = list(sys.path)
    assert judge._pytest("test_edges") is None
    assert sys.path == before
