"""The step claims that peers are asked: true ones proved, false ones refuted, and a wrong answer is seen as one.

Not tested: times. PEPit is optional: PROOFCHECK_REQUIRE_PEPIT=1 makes its absence a failure."""

import importlib.util
import os
from fractions import Fraction

import pytest

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
