"""`--against`: what changed since an earlier document, with both values."""

import json

import pytest
from reading_page import Page

from proofcheck.errors import ArgumentError
from proofcheck.review import changes, page


def lemma(document, name):
    return next(each for each in document["lemmas"] if each["id"] == name)


def test_nothing_changed(library, doc):
    assert changes.compare(doc, library) == []
    assert "Nothing changed" in page.render(library, [], against="old.json")


def test_a_verdict_and_a_constant_are_reported_with_both_values(library, doc):
    lemma(doc, "LT-05")["verdict"] = "PROVED"
    lemma(doc, "LT-05")["bounds"]["eta_max"]["text"] = "4/D**2"
    rows = changes.compare(doc, library)
    assert {(row["what"], row["old"], row["new"]) for row in rows} == {
        ("verdict", "PROVED", "PROVED_MODULO"),
        ("bound eta_max", "4/D**2", "8/D**2"),
    }
    text = Page(page.render(library, rows, against="old.json")).text("changes")
    assert "2 changes against old.json" in text
    assert "4/D**2" in text


def test_a_dropped_assumption_is_reported(library, doc):
    [claim] = [c for c in lemma(doc, "LT-05")["claims"] if c["name"] == "LT-05.step"]
    data = json.loads(claim["text"])
    data["assume"].append("D >= 1")
    claim["text"] = json.dumps(data)
    [row] = changes.compare(doc, library)
    assert (row["kind"], row["what"]) == ("changed", "claim LT-05.step")
    assert "D >= 1" in row["old"]
    assert "D >= 1" not in row["new"]


@pytest.mark.parametrize(
    ("change", "what", "kind"),
    [
        (lambda d: d["lemmas"].pop(0), "lemma", "added"),
        (lambda d: d["lemmas"].append({**d["lemmas"][0], "id": "XX-1"}), "lemma", "removed"),
        (lambda d: d["lemmas"][0].update(assumed=["induction_on_depth"]), "assumed facts", "changed"),
        (lambda d: d["lemmas"][0]["claims"].pop(), "claim ", "added"),
        (lambda d: d["lemmas"][0]["claims"][0].update(sentence="?"), "sentence of ", "changed"),
        (lambda d: d["lemmas"][0]["claims"][0].update(evidence="{}"), "certificate of ", "changed"),
        (lambda d: d["lemmas"][0]["refuted"].pop(), "refuted statement ", "added"),
        (lambda d: d["lemmas"][0]["sections"].update(Statement="?"), "section Statement", "changed"),
        (lambda d: d["lemmas"][0]["parts"].pop("certificate"), "check: certificate", "changed"),
        (lambda d: d["facts"]["induction_on_depth"].update(statement="?"), "assumed fact ", "changed"),
        (lambda d: d["facts"]["induction_on_depth"].update(proof=None), "assumed fact ", "changed"),
        (lambda d: d["versions"].update(python="3.0"), "version of python", "changed"),
        (lambda d: d["hashes"].update(kernel="0" * 64), "kernel", "changed"),
    ],
)
def test_each_kind_of_change_is_seen(library, doc, change, what, kind):
    change(doc)
    [row] = changes.compare(doc, library)
    assert row["what"].startswith(what)
    assert row["kind"] == kind


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"format": "proofcheck-review/1"}', "[" * 10_000, '{"lemmas": 3}']
)
def test_what_is_no_review_is_refused(text):
    with pytest.raises(ArgumentError, match=r"old\.json: a document .*required"):
        changes.read(text, "old.json")


@pytest.mark.parametrize("odd", ["\ud800", "\u202e", "\x1b[31m", "\x9b"])
def test_a_text_that_no_page_can_show_is_refused(library, odd):
    """Half a character stopped the page while it was written; the others turn a terminal's text."""
    library = json.loads(json.dumps(library))
    library["lemmas"][0]["title"] += odd
    with pytest.raises(ArgumentError, match=r"old\.json: printable text required, got the character \\"):
        changes.read(json.dumps(library), "old.json")


def test_a_review_that_lacks_parts_is_refused(library):
    old = changes.read(json.dumps({"format": "proofcheck-review/1", "lemmas": [{"id": "LT-05"}]}), "old.json")
    with pytest.raises(ArgumentError, match="--against"):
        changes.compare(old, library)


def test_a_document_survives_the_file(library):
    assert changes.compare(changes.read(json.dumps(library), "old.json"), library) == []
