"""Tested: the Lean text: golden files, every name introduced before it is used, the same bytes each time.

Not tested: that Lean accepts it. No Lean is run anywhere in proofcheck, and every file says so.
"""

import json
import re
from pathlib import Path

import pytest

from proofcheck.export import lean, lean_terms
from proofcheck.export.claims import Pair, pairs, read_tree
from proofcheck.export.lean_proof import domain
from proofcheck.export.tree import expression, relation

GOLDEN = Path(__file__).parent / "golden"
NAMES = re.compile(r"[φνταδπ]_?[A-Za-z0-9_]*|[φντ]\d*")
USES = re.compile(r"«[^»]+»\.«[^»]+»(?:\.«[^»]+»)*")


@pytest.fixture(scope="module")
def everything():
    found = list(pairs())
    return found, lean.files(found)


def text(words, vectors="", **owner):
    return lean_terms.term(expression(words, {"E"}), set(vectors.split()), owner)


def test_expressions():
    assert text("-x**2 + 3*(a - b)/c") == "-x ^ 2 + 3 * (a - b) / c"
    assert text("a - (b - c)") == "a - (b - c)"
    assert text("Max(x, -y)*Abs(x)*sqrt(2)*exp(x + 1)") == "max x (-y) * |x| * Real.sqrt 2 * Real.exp (x + 1)"
    assert text("inner(u - c*v, v/2)", "u v") == "⟪u - c • v, (2⁻¹) • v⟫"
    assert text("E[t*inner(x, u)] - t", "u x", t="E", x="E") == "E (fun ωE => t ωE * ⟪x ωE, u⟫) - t ωE"
    assert text("x**-2 + at") == "(x⁻¹) ^ 2 + «at»"
    assert lean_terms.relation(relation("x <= 1", set()), set(), {}) == "x ≤ 1"


def test_a_name_of_lean_is_quoted_and_a_comment_stays_one():
    assert lean_terms.identifier("fun") == "«fun»"
    assert lean_terms.theorem_name("LT-01.step") == "«LT-01».«step»"
    assert "-/" not in lean_terms.comment("a -/ b")


def test_divisors_and_roots_become_hypotheses():
    claim = {
        "format": "proofcheck-claim/1",
        "name": "x",
        "scalars": ["x", "y"],
        "vectors": [],
        "functionals": {"E": {"probability": True, "scalars": ["t"], "vectors": []}},
        "assume": ["sqrt(x) >= y/2"],
        "target": "E[1/t] >= y**-1",
    }
    tree = read_tree(json.dumps(claim))
    assert [said for _, said in domain(tree)] == ["≥ 0", "≠ 0", "≠ 0"]
    stated = "\n".join(lean.statement(tree))
    assert "(δ0 : x ≥ 0)" in stated
    assert "(δ1 : ∀ ωE, t ωE ≠ 0)" in stated
    assert "(δ2 : y ≠ 0)" in stated
    assert "(πE : E (fun _ => 1) = 1)" in stated


@pytest.mark.parametrize("name", ["LT-01.secant", "LT-01.sharp", "LT-01.step"])
def test_the_text_is_the_golden_one(name, everything):
    (pair,) = (pair for pair in everything[0] if pair.name == name)
    made = "\n".join(lean.theorem(pair, {pair.name: pair.tree})) + "\n"
    assert made == (GOLDEN / f"{name}.lean").read_text(encoding="utf-8")


def test_a_changed_claim_changes_the_text(everything):
    (pair,) = (pair for pair in everything[0] if pair.name == "LT-01.secant")
    for old, new in (("d**2 <= a**2", "d**2 <= 4*a**2"), ("a*d >= 0", "a*d > 0")):
        changed = Pair(pair.lemma, pair.title, pair.name, pair.claim.replace(old, new), pair.certificate)
        assert changed.claim != pair.claim
        assert list(lean.theorem(changed, {})) != list(lean.theorem(pair, {}))


def test_every_claim_is_a_theorem_once_and_says_that_it_is_not_checked(everything):
    found, files = everything
    theorems = [
        line.split(" ", 1)[1] for text in files.values() for line in text.splitlines() if line.startswith("theorem «")
    ]
    assert sorted(theorems) == sorted(lean_terms.theorem_name(pair.name) for pair in found)
    assert all("NOT CHECKED" in text for text in files.values())
    assert all("sorry" not in text for text in files.values())


def test_the_same_claims_give_the_same_bytes(everything):
    assert lean.files(list(pairs(["LT-01"])))["LT_01.lean"] == everything[1]["LT_01.lean"]


def problems_of(text):
    """Names that are used and not introduced before, brackets that do not close, kernel text that is left."""
    for theorem in text.split("\ntheorem ")[1:]:
        lines = theorem.splitlines()
        known: set[str] = set()
        for line in lines[1:]:
            known |= set(re.findall(r"\(([αδπ]\w*) :", line)) | set(re.findall(r"(?:have|replace) ([φτ]\w*)", line))
            known |= set(re.findall(r"intro \((ν\w*) :", line)) | set(re.findall(r"with (φ\w*) \|", line))
            given = set(re.findall(r"\(([απδ]\w*) :=", line))
            yield from sorted(set(re.findall(r"[φντα]_?\w+", line)) - known - given)
        for left, right in ("()", "[]", "⟪⟫"):
            if theorem.count(left) != theorem.count(right):
                yield f"{left}{right} in {lines[0]}"
        yield from re.findall(r"\*\*|>=|<=|==|\b(?:Max|Abs|inner)\(", theorem)


def test_every_name_is_introduced_before_it_is_used(everything):
    assert {name: found for name, text in everything[1].items() if (found := list(problems_of(text)))} == {}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("(α1 : ", "(β1 : "),
        ("have τ2 ", "have σ2 "),
        ("(-(d * (a - d) - 0)) *", "(-(d * (a - d) - 0) *"),
        ("≥ 0", ">= 0"),
    ],
)
def test_a_broken_text_is_seen(everything, old, new):
    text = everything[1]["LT_01.lean"]
    assert old in text
    assert list(problems_of(text.replace(old, new, 1)))


def test_a_used_theorem_comes_from_an_imported_file(everything):
    home = {lean_terms.theorem_name(pair.name): lean.module(pair.lemma) for pair in everything[0]}
    for name, text in everything[1].items():
        imported = {*re.findall(r"^import (\w+)$", text, re.M), name.removesuffix(".lean")}
        assert {home[use] for use in USES.findall(text)} <= imported
