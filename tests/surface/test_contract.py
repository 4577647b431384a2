"""Tested: that each test of the shipped contract fails when it should. The contract itself runs in tests/lemmas."""

import json

import pytest

from proofcheck.testing import LemmaContract, nudges
from proofcheck.testing import contract as module


@pytest.fixture
def contract(tree, monkeypatch):
    monkeypatch.setattr(module, "_headers", tree.headers)
    (tree.root / "references.bib").write_text("@misc{folklore,\n}\n")

    class Contract(LemmaContract):
        lemma = "SQ-01"

    return Contract()


TESTS = sorted(name for name in dir(LemmaContract) if name.startswith("test_"))


@pytest.mark.parametrize("name", TESTS)
def test_the_sample_lemma_passes(contract, name):
    assert getattr(contract, name)() is None  # each raises where it fails: test_each_test_can_fail


def weakened_certificate(tree):
    path = tree.file("SQ-01.step.cert")
    document = json.loads(path.read_text())
    document["proof"]["terms"].append({"coefficient": "1", "factors": [{"square": "7*(t - t)"}]})
    path.write_text(json.dumps(document))


BREAK = {
    "test_proof_table_agrees_with_the_data": lambda t: t.edit(t.lemma(), "  symbolic  ", "  exact  "),
    "test_derivation_steps_are_identities": lambda t: t.edit(t.lemma(), "(t - sp.Rational(1, 2)) ** 2", "t ** 2"),
    "test_certificate_replays": lambda t: t.file("SQ-01.step.cert").unlink(),
    "test_claim_file_matches_module": lambda t: t.edit(t.lemma(), "sp.Rational(1, 4)", "sp.Rational(1, 3)"),
    "test_every_certificate_number_matters": weakened_certificate,
    "test_assumptions_are_satisfiable": lambda t: t.file("SQ-01.step.model").unlink(),
    "test_dropping_assumption_gives_counterexample": lambda t: t.edit(
        t.lemma(), 'text("SQ-01.step", [],', 'text("SQ-01.step", ["t >= 0"],'
    ),
    "test_a_counterexample_respects_the_full_claim": lambda t: t.edit(
        t.lemma(),
        "def counterexamples():\n    return []",
        'def counterexamples():\n    model = {"format": "proofcheck-model/1", "metric": [], "scalars": {"t": "0"}, '
        '"vectors": {}, "functionals": {}}\n    return [Counterexample("SQ-01.step", 0, model, "")]',
    ),
    "test_false_variants_are_refuted": lambda t: t.edit(t.lemma(), "<= 249/1000", "<= 251/1000"),
    "test_constant_is_sharp": lambda t: t.edit(t.lemma(), "return [Refuted(", "return [][:0] and [Refuted("),
    "test_source_has_a_bib_key": lambda t: (t.root / "references.bib").write_text(""),
}


@pytest.mark.parametrize("name", TESTS)
def test_each_test_can_fail(contract, tree, name):
    BREAK[name](tree)
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each fails in its own way; passing is the fault
        getattr(contract, name)()
    assert "SQ-01" in str(caught.value) or "square" in str(caught.value) or "folklore" in str(caught.value)


def test_nudges_move_every_kind_of_number():
    certificate = {
        "format": "proofcheck-certificate/1",
        "proof": {
            "steps": [
                {"have": "2*x >= 1", "as": "h3", "proof": {"terms": []}},
                {"instance": 4, "with": {"q": "5*u"}},
            ],
            "terms": [
                {"coefficient": "3/2", "factors": [{"square": "x1 - 7"}, {"fact": "a0"}]},
                {"equation": "a1", "times": "x**2 + 9"},
                {"factors": [{"gram": ["1", "x"], "functional": "E"}]},
            ],
        },
    }
    moved = [where for where, _ in nudges(json.dumps(certificate))]
    numbers = {where.rsplit(": ", 1)[0] for where in moved}
    assert numbers == {
        "proof/steps/0/have",
        "proof/steps/1/with/q",
        "proof/terms/0/coefficient",
        "proof/terms/0/factors/0/square",
        "proof/terms/1/times",
        "proof/terms/2/coefficient",
        "proof/terms/2/factors/0/gram/0",
    }
    assert any("(50/7)" in where for where in moved)
    assert not any("x(" in where or "**(" in where for where in moved)
