"""docs/audit-findings.md points to lemmas, refuted statements, claims and bounds that exist."""

import re
from fractions import Fraction
from pathlib import Path

import pytest

from proofcheck import registry
from proofcheck.audit import theory

PAGE = Path(__file__).parents[2] / "docs" / "audit-findings.md"
REQUIRED = {"LT-05", "LT-06", "LT-08", "LT-09", "LT-10", "LT-11", "LT-13", "LT-16", "LT-20"}
REQUIRED |= {"AS-01", "AS-01U", "AS-07", "AS-08", "AS-11", "MM-05", "MM-15", "MM-16", "MM-21", "MM-31"}


def findings(text):
    """(lemma id, body) of each `### ID: title`."""
    parts = re.split(r"^### ", text, flags=re.M)[1:]
    return [(part.split(":", 1)[0].strip(), re.sub(r"\s+", " ", part.split("\n## ")[0])) for part in parts]


def evidence(body):
    """{kind: names} of what stands behind "Evidence:"."""
    words = body.split("Evidence:", 1)[1]
    return {
        "refuted": re.findall(r'"([^"]+)"', words),
        "claims": re.findall(r"\b[A-Z]{2}-\d+[A-Z]?\.\w+", words),
        "bounds": re.findall(r"\w+", (re.search(r"bounds ([\w, ]+)", words) or ["", ""])[1]),
    }


def missing(identifier, body):
    lemma = registry.load(registry.find(identifier))
    there = {
        "refuted": {variant.name for variant in lemma.refuted()},
        "claims": {claim.name for claim in lemma.claims()},
        "bounds": set(lemma.bounds),
    }
    named = evidence(body)
    if not any(named.values()):
        return ["no evidence"]
    return [name for kind, names in named.items() for name in names if name not in there[kind]]


FINDINGS = findings(PAGE.read_text(encoding="utf-8"))


def test_the_required_findings_are_there():
    assert {identifier for identifier, _ in FINDINGS} >= REQUIRED


@pytest.mark.parametrize(("identifier", "body"), FINDINGS, ids=[identifier for identifier, _ in FINDINGS])
def test_evidence_exists(identifier, body):
    assert missing(identifier, body) == []


@pytest.mark.parametrize("identifier", sorted({identifier for identifier, _ in FINDINGS}))
def test_refuted_statements_are_refuted(identifier):
    lemma = registry.load(registry.find(identifier))
    assert theory.check_refuted(lemma) == {"refuted": len(lemma.refuted())}


@pytest.mark.parametrize(
    ("old", "new"),
    [('"alpha in [0, 1]"', '"alpha in [0, 2]"'), ("LT-16.slope", "LT-16.slop"), ("claims LT-16.slope", "bounds gamma")],
)
def test_a_wrong_pointer_is_noticed(old, new):
    body = dict(FINDINGS)["LT-16"]
    assert old in body
    assert missing("LT-16", body.replace(old, new))


def test_a_finding_without_evidence_is_noticed():
    assert missing("LT-16", "The sign. Evidence: none.") == ["no evidence"]


def test_statements_of_the_paper_are_called_reconstructed():
    introduction, rest = PAGE.read_text(encoding="utf-8").split("\n## ", 1)
    assert "as reconstructed" in introduction.replace("\n", " ")
    assert "paper" not in rest  # there it is "As reconstructed"
    assert rest.count("As reconstructed") >= 9
    assert "as remembered" in introduction.replace("\n", " ")
    assert "As first stated" in rest  # our own first derivation


@pytest.mark.parametrize("s", [Fraction(1), Fraction(1, 10), Fraction(1, 1000)], ids=str)
def test_the_ratio_of_the_context_constant_is_2_over_s(s):
    eta = 2 / s**2
    at_one, at_zero = -eta * s * 1, -eta * s * 0  # Gamma(delta_y, 0) = -eta A y
    assert abs(at_one - at_zero) / abs(1 - 0) == 2 / s
    assert eta * s**2 <= 2  # admissible for LT-04: |A y| <= s


def test_the_union_over_contexts_is_wider():
    images = {x - 2 * y for x in (-1, 1) for y in (-1, 1)}
    assert (min(images), max(images)) == (-3, 3)
    for y in (-1, 1):
        moved = [x - 2 * y for x in (-1, 1)]
        assert max(moved) - min(moved) == 2
