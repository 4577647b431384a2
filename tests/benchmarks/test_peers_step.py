"""The step claims that peers are asked: true ones proved, false ones refuted, and a wrong answer is seen as one.

Not tested: times. PEPit is optional: PROOFCHECK_REQUIRE_PEPIT=1 makes its absence a failure."""

import importlib.util
import os
from fractions import Fraction

import pytest

from benchmarks import peers_step
from benchmarks.interleaved import Timed
from benchmarks.peers_step import BEYOND, TIGHT, by_hand, exact_excess, judge, question, step_claims, worst_factor
from proofcheck.export import smt_check
from proofcheck.search import prove

CLAIMS = {claim.name: claim for claim in step_claims()}


@pytest.mark.parametrize("by", BEYOND)
def test_the_prover_decides_the_step_claim_on_either_side_of_the_bound(by):
    verdict = prove(CLAIMS["cocoercive step"].moved(by), seconds=20).verdict.value
    assert verdict == ("PROVED" if by <= 0 else "REFUTED")


@pytest.mark.parametrize("name", ["LT-01.step", "LT-05.step"])
def test_the_librarys_steps_are_refuted_a_billionth_beyond(name):
    assert prove(CLAIMS[name].moved(BEYOND[-1]), seconds=20).verdict.value == "REFUTED"


def test_a_claim_without_the_assumption_that_is_moved_is_refused():
    with pytest.raises(ValueError, match="one assumption"):
        CLAIMS["LT-01.step"]._replace(bound=3).moved(Fraction(0))


@pytest.mark.parametrize("by", [BEYOND[1], BEYOND[-1]])
@pytest.mark.parametrize("name", ["cocoercive step", "LT-01.step"])
def test_solvers_decide_the_small_forms(name, by):
    with smt_check.Solver("z3", smt_check.Limits({}, 10.0)) as solver:
        for form in ("small", "by hand"):
            problem = question(CLAIMS[name], by, form)
            assert problem is not None
            assert solver.ask(problem).status == ("unsat" if by <= 0 else "sat")


def test_the_form_by_hand_is_written_for_claims_without_expectations():
    assert by_hand(CLAIMS["LT-05.step"], Fraction(0)) is None


def test_a_wrong_answer_is_called_wrong():
    assert [judge(False, word) for word in ("PROVED", "unsat", "REFUTED", "sat", "time limit")] == [
        "wrong",
        "wrong",
        "decided",
        "decided",
        "open",
    ]
    assert judge(True, "sat, confirmed") == judge(True, "sat, contradicted") == "wrong"
    assert judge(True, "unsat") == judge(True, "PROVED") == "decided"


def test_pepits_number_is_near_the_exact_factor_and_another_is_not():
    if importlib.util.find_spec("PEPit") is None:
        if os.environ.get("PROOFCHECK_REQUIRE_PEPIT") == "1":
            pytest.fail("PEPit is required here and not installed")
        pytest.skip("PEPit is not installed")
    by = Fraction(1, 10)
    for peer in ("cocoercive", "smooth convex"):
        excess = worst_factor(peer, by, "CLARABEL", TIGHT) - 1
        assert excess == pytest.approx(float(exact_excess(by)), rel=1e-6)
        assert excess != pytest.approx(float(exact_excess(by / 2)), rel=1e-6)


def test_tables_count_answers_and_name_what_is_wrong_or_not_there():
    ways = ["proofcheck", "z3, small", "cvc5, small", "PEPit"]
    answers = {by: ("PROVED" if by <= 0 else "REFUTED") for by in BEYOND}
    found = {
        ("LT-01.step", by): {"proofcheck": Timed(answers[by], 0.5), "z3, small": Timed("unsat", 0.1)} for by in BEYOND
    }
    peers = {"z3": "z3-solver 1", "cvc5": None, "PEPit": None}
    rows = peers_step._summary(ways, found, peers).rows
    assert rows[0] == ("proofcheck", "5", "5 of 5", "1 of 1", "1 of 1", "0", "1")
    assert rows[1] == ("z3, small", "5", "2 of 5", "1 of 1", "0 of 1", "3", "0.2 (0.2 to 0.2)")
    assert [row[0] for row in rows[2:]] == ["cvc5: not installed, not measured", "PEPit: not installed, not measured"]
    table = peers_step._table([CLAIMS["LT-01.step"]], ways, found, ["not there: cvc5"])
    assert [row[3].startswith("**wrong**") for row in table.rows[:5]] == [False, False, True, True, True]
    assert table.rows[5][0] == "not there: cvc5"
    assert peers_step._pepit(None).rows[0][0] == "PEPit: not installed, not measured"
