"""Tested: one character or one token of the sample paper changed, and the verdict on that formula. Not tested: two."""

from pathlib import Path

import pytest

from proofcheck import registry
from proofcheck.paper.check import names_of
from proofcheck.paper.compare import PaperVerdict, compare
from proofcheck.paper.marks import scan
from proofcheck.paper.notation import read_notation

SAMPLE = Path(__file__).parents[2] / "docs" / "sample-paper"
TEXT = (SAMPLE / "paper.tex").read_text(encoding="utf-8")
AMONG = registry.headers()
NAMES = names_of(AMONG)
NOTATION = read_notation(SAMPLE / "notation.toml", NAMES)

AGREES, WEAKER, STRONGER, DIFFERENT, UNREADABLE = "agrees", "weaker", "stronger", "different", "cannot parse"

# lemma, bound, what is replaced (the first time it occurs in the formula), by what, the verdict
EDITS = [
    # constants
    ("LT-01", "tau_max", "2}{", "1}{", WEAKER),
    ("LT-01", "tau_max", "2}{", "3}{", STRONGER),
    ("LT-04", "eta_max", "2/", "4/", STRONGER),
    ("LT-10", "eta_max", "8", "7", WEAKER),
    ("LT-10", "eta_max", "8", "9", STRONGER),
    ("LT-14", "eta_max", "8", "4", WEAKER),
    ("LT-14", "eta_max", "8", "16", STRONGER),
    ("LT-12", "tau_max", "2}{", "4}{", STRONGER),
    ("SM-01", "lipschitz_constant", r"\frac12", "1", WEAKER),
    ("SM-01", "lipschitz_constant", r"\frac12", r"\frac14", STRONGER),
    ("SM-01", "lipschitz_constant", r"\frac12", r"\frac24", AGREES),
    ("LT-07", "on_ball", "1 + 2", "1 + 4", WEAKER),
    ("LT-07", "on_ball", "1 + 2", "1 +", STRONGER),
    ("LT-07", "on_ball", "1 +", "2 +", WEAKER),
    ("LT-07", "on_ball", "e^{2", "e^{4", WEAKER),
    ("LT-07", "on_ball", "e^{2", "e^{", STRONGER),
    ("LT-08", "context_constant", r"\tfrac14", r"\tfrac12", WEAKER),
    ("LT-08", "context_constant", r"\tfrac14", r"\tfrac18", STRONGER),
    ("LT-17", "factor", "{2(", "{4(", DIFFERENT),
    ("LT-17", "loss", "/2", "/4", STRONGER),
    ("LT-20", "error", "2 ", "4 ", WEAKER),
    ("LT-20", "error", "2 ", "", STRONGER),
    # exponents
    ("LT-01", "tau_max", "^2", "", DIFFERENT),
    ("LT-10", "eta_max", r"\Delta^2", r"\Delta", DIFFERENT),
    ("LT-12", "tau_max", "^2", "^3", DIFFERENT),
    ("LT-14", "eta_max", "c^2", "c^4", DIFFERENT),
    ("LT-07", "on_ball", r"R^2\right", r"R^3\right", DIFFERENT),
    ("LT-07", "on_ball", r"R^2}", r"R}", DIFFERENT),
    ("LT-07", "context_constant", r"e^{\Delta_A |x|}", r"e^{\Delta_A}", DIFFERENT),
    ("LT-08", "on_ball", "R^4", "R^2", DIFFERENT),
    # signs
    ("LT-01", "tau_max", r"\tau \le", r"\tau \ge", UNREADABLE),
    ("LT-10", "eta_max", r"\le", r"\ge", DIFFERENT),
    ("LT-10", "eta_max", r"\le", "<", WEAKER),
    ("LT-20", "error", r"\le", "<", STRONGER),
    ("LT-01", "tau_max", r"\frac", r"-\frac", DIFFERENT),
    ("LT-10", "radius", "+", "-", STRONGER),
    ("LT-07", "context_constant", r"\|A\| +", r"\|A\| -", STRONGER),
    ("LT-09", "context_constant", ") - q", ") + q", WEAKER),
    ("LT-09", "context_constant", "q_2 + c_2", "q_2 - c_2", STRONGER),
    ("LT-16", "alpha", "u - v", "v - u", DIFFERENT),
    ("LT-16", "beta", "b u - a v", "b u + a v", DIFFERENT),
    ("LT-17", "factor", "1 - ", "1 + ", DIFFERENT),
    ("LT-20", "kappa", "1 - ", "1 + ", DIFFERENT),
    # indices and names
    ("LT-12", "tau_max", "W_1", "W_2", STRONGER),
    ("LT-12", "tau_max", r"\max\{", r"\min\{", STRONGER),
    ("LT-09", "context_constant", "c_2", "c_3", DIFFERENT),
    ("LT-09", "context_constant", "q_1 q_2 q_3", "q_1 q_1 q_3", DIFFERENT),
    ("LT-16", "alpha", "a - b", "b - a", DIFFERENT),
    ("LT-16", "beta", "b u", "b v", DIFFERENT),
    ("LT-07", "context_constant", r"\Delta_A |x|", r"\Delta_B |x|", UNREADABLE),
    ("LT-01", "tau_max", "W", "V", UNREADABLE),
    ("LT-07", "on_ball", "W_1(", "W_2(", UNREADABLE),
    ("LT-07", "on_ball", "W_1(", r"W_\infty(", UNREADABLE),
    ("LT-08", "context_constant", r"W_\infty(", "W_1(", UNREADABLE),
    ("LT-08", "on_ball", r"\|A\|^2", r"\|A|^2", UNREADABLE),
    # missing factors and terms
    ("LT-10", "eta_max", r"\|A\|^2 ", "", DIFFERENT),
    ("LT-07", "on_ball", r"\eta ", "", DIFFERENT),
    ("LT-07", "context_constant", r"\|A\| + ", "", STRONGER),
    ("LT-08", "on_ball", "1 + ", "", STRONGER),
    ("LT-08", "on_ball", r"\sqrt", "", WEAKER),
    ("LT-09", "context_constant", " - q_1 q_2 q_3", "", WEAKER),
    ("LT-20", "error", r" \kappa", "", DIFFERENT),
    ("LT-17", "factor", r"(1 + G)", "G", DIFFERENT),
    ("LT-14", "eta_max", "c^2 ", "", DIFFERENT),
    # other spellings of the same formula
    ("LT-01", "tau_max", r"\|W\|", r"\lVert W \rVert", AGREES),
    ("LT-10", "radius", r"r \left(1 + \eta \|A\|\right)", r"r + r \cdot \eta \|A\|", AGREES),
    ("LT-04", "eta_max", "2/\\beta", r"\frac{2}{\beta}", AGREES),
    ("LT-07", "on_ball", r"e^{2 \|A\| R^2}", r"\exp(2R^2\|A\|)", AGREES),
    ("LT-08", "on_ball", r"\sqrt{1 + \|A\|^2 R^4}", r"(1 + \|A\|^2 R^4)^{1/2}", AGREES),
]


def comparison(lemma_id, bound, old, new):
    for mark in scan(TEXT).marks:
        if (NAMES[mark.lemma.casefold()], mark.bound) == (lemma_id, bound):
            formula = TEXT[mark.start : mark.end]
            assert formula.count(old) >= 1, (formula, old)
            changed = formula.replace(old, new, 1)
            assert changed != formula
            lemma = registry.load(registry.find(lemma_id, AMONG))
            return compare(changed, 0, len(changed), lemma, bound, NOTATION)
    raise AssertionError(f"the sample paper marks no {lemma_id} {bound}")


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: f"{edit[0]} {edit[1]} {edit[2]}->{edit[3]}")
def test_an_edit_has_its_verdict(edit):
    *change, verdict = edit
    result = comparison(*change)
    words = {WEAKER: "weaker than proved", STRONGER: "stronger than proved"}
    assert result.verdict.value == words.get(verdict, verdict), result.reason
    data = result.data()
    if verdict == STRONGER and "only <= is proved" not in result.reason:
        assert set(data["counterexample"]) == {"point", "paper", "proved"}
    if verdict == WEAKER and "boundary" not in data["by"]:
        assert data["by"]["grounds"] in ("certificate", "coefficients")
        assert data["by"]["ratio"]
    if verdict == UNREADABLE:
        assert result.at is not None


def test_there_are_thirty_edits_that_are_wrong():
    assert sum(edit[-1] != AGREES for edit in EDITS) >= 30
    assert {edit[-1] for edit in EDITS} == {AGREES, WEAKER, STRONGER, DIFFERENT, UNREADABLE}


def test_counterexamples_hold_in_the_claims_of_the_lemma():
    """A step beyond 8/(a^2 Delta^2): the point satisfies what the lemma's own bound does not."""
    point = comparison("LT-10", "eta_max", "8", "9").points[0]
    a, delta = point.at["a"], point.at["Delta"]
    assert point.paper == 9 / (a * delta) ** 2 > point.proved == 8 / (a * delta) ** 2


def test_no_verdict_is_undecided():
    assert all(PaperVerdict.UNDECIDED.value != verdict for *_, verdict in EDITS)
