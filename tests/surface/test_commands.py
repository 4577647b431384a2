"""Tested: list, show, ledger and check on the sample lemmas, in text and JSON. Not tested: torch, the hammer."""

import json

import pytest
from click.testing import CliRunner

from proofcheck.cli import app


def run(*words):
    return CliRunner().invoke(app, list(words))


def document(*words, code=0):
    result = run(*words, "--json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


@pytest.fixture
def pinned(tree):
    assert run("check", "--no-hammer", "--pin").exit_code == 0
    return tree


def test_list_names_source_label_and_pinned_verdict(pinned):
    rows = {row["id"]: row for row in document("list")["lemmas"]}
    assert rows["SQ-01"]["verdict"] == "PROVED"
    assert rows["SQ-02"]["verdict"] == "PROVED_MODULO"
    assert rows["SQ-02"]["source"] == "arXiv:2602.15503, Exercise 2"
    assert rows["SQ-01"]["label"] == "sharp"


def test_check_ends_with_all_as_pinned(pinned):
    result = run("check", "--no-hammer")
    assert result.exit_code == 0, result.output
    assert "2 of 2 lemmas as pinned" in result.stdout
    assert "cached" in result.stderr


def test_check_unpinned_fails_and_says_what_to_do(tree):
    result = run("check", "--no-hammer")
    assert result.exit_code == 1
    assert "--pin" in result.stdout


def test_check_json_is_one_document(pinned):
    answer = document("check", "SQ-01", "--no-hammer", "--no-cache")
    (row,) = answer["lemmas"]
    assert answer["ok"]
    assert row["as_pinned"]
    assert {part["name"] for part in row["parts"] if part["status"] == "ok"} >= {
        "derivation",
        "certificate",
        "model",
    }


def test_a_weakened_constant_is_not_as_pinned(pinned):
    pinned.edit(pinned.lemma(), "CONSTANT = sp.Rational(1, 4)", "CONSTANT = sp.Rational(1001, 4000)")
    result = run("check", "SQ-01", "--no-hammer")
    assert result.exit_code == 1
    assert "SQ-01" in result.stdout
    assert "not the one that square.py derives" in result.stdout


def test_a_pin_in_either_direction_fails(pinned):
    path = pinned.root / "trust_manifest.json"
    text = path.read_text()
    path.write_text(text.replace('"PROVED"', '"PROVED_MODULO"', 1))
    weaker = run("check", "--no-hammer")
    assert weaker.exit_code == 1
    assert "verdict: pinned PROVED_MODULO, now PROVED" in " ".join(weaker.stdout.split())
    path.write_text(text.replace('"square_is_convex"', ""))
    assert run("check", "--no-hammer").exit_code == 1


def test_a_pinned_lemma_that_is_gone_fails(pinned):
    pinned.lemma("positive_part").unlink()
    answer = document("check", "--no-hammer", code=1)
    assert answer["pinned_but_gone"] == ["SQ-02"]


def test_pin_refuses_what_does_not_stand(tree):
    tree.file("SQ-01.step.cert").unlink()
    result = run("check", "--no-hammer", "--pin")
    assert result.exit_code == 2
    assert not (tree.root / "trust_manifest.json").exists()


def test_show_puts_sentence_claim_and_certificate_together(tree):
    result = run("show", "square")
    assert result.exit_code == 0
    for part in ("For all real t", "t*(1 - t) <= 1/4", "(t - 1/2)²", "Assumed facts"):
        assert part in result.stdout


def test_ledger_names_facts_with_citation(tree):
    answer = document("ledger")
    rows = {row["id"]: row for row in answer["lemmas"]}
    assert rows["SQ-02"]["assumed"] == ["square_is_convex"]
    assert answer["assumed"]["square_is_convex"]["citation"] == "any textbook"
    assert rows["SQ-01"]["fully_proved"]
    assert "square_is_convex" in run("ledger").stdout


def test_ledger_is_not_fully_proved_above_a_broken_lemma(tree):
    tree.file("SQ-01.step.cert").write_text("{}")
    rows = {row["id"]: row for row in document("ledger")["lemmas"]}
    assert rows["SQ-01"]["verdict"] == rows["SQ-02"]["verdict"] == "UNKNOWN"
    assert not rows["SQ-02"]["fully_proved"]


@pytest.mark.parametrize("name", ["SQ-01", "sq-01", "quarter", "square"])
def test_a_lemma_is_found_by_id_alias_and_file_name(tree, name):
    assert document("show", name)["id"] == "SQ-01"


@pytest.mark.parametrize("name", ["SQ-1", "sqare", "postive-part"])
def test_an_unknown_id_suggests_the_nearest(tree, name):
    result = run("check", name)
    assert result.exit_code == 2
    assert "The nearest is SQ-0" in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_command_suggests_the_nearest():
    result = run("chekc")
    assert result.exit_code == 2
    assert "'check'" in result.stderr


def test_errors_in_json_are_one_document(tree):
    result = run("show", "nothing-like-it", "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["kind"] == "argument"
