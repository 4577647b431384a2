"""Tested: SMT-LIB problems: the text of a claim's negation, solvers on true and false claims, the second reading.

False claims must come out `sat`: without that, a file that says `false` would pass as well.
"""

import json
import re
import signal
import subprocess
import sys
from fractions import Fraction

import pytest

from proofcheck.audit.theory import without_assumption
from proofcheck.errors import ArgumentError, ProofcheckError
from proofcheck.export import smt, smt_check, smt_controls, smt_model, smt_terms, smt_worker
from proofcheck.export.claims import pairs, read_tree
from proofcheck.export.smt_world import Shape, Unsupported

LIMITS = smt_check.Limits({"z3": 300_000, "cvc5": 20_000}, 10.0)

# claims from which one assumption is dropped, each with a rational counterexample that z3 finds in a moment
FALSE = """
AS-00.quotient without 0
AS-01.columns without 0
AS-01.concatenation without 0
AS-01L.jensen without 0
AS-01U.column without 0
AS-02.along without 0
AS-02B.gap without 0
AS-02B.tilt without 0
AS-03L.move without 0
AS-05.row without 0
AS-05.total without 0
AS-06.row without 0
AS-07.hardy_chain without 0
AS-09.lipschitz without 0
AS-09.before without 0
AS-10.row without 1
AS-11.key without 0
AS-11.rows without 0
LT-01.step without 0
LT-05.popoviciu without 0
LT-06.numerator without 0
LT-07.range without 0
LT-08.linear without 0
LT-09.layer without 0
LT-10.mlp without 0
LT-12.norm without 0
LT-12.images without 0
LT-13.step_min without 0
LT-13.cantor without 0
LT-14.range without 0
LT-15.query without 0
LT-15.loss without 0
LT-17.below without 0
LT-18.cover without 0
LT-19.slope without 0
LT-19.net without 0
LT-20.net_below without 0
LT-20.loss without 0
MM-01.shift without 0
MM-03.range without 0
MM-03.flat without 0
MM-05.apart without 0
MM-11.separated without 0
MM-13.exact without 0
MM-14.cauchy without 0
MM-15.continuous without 0
MM-15.two_limits without 0
MM-16.mean without 0
MM-16.jump without 0
MM-18.pair without 0
MM-19.attained without 0
MM-21.near without 0
MM-21.pair without 4
MM-21.sharp without 3
MM-22.sphere without 0
MM-24.layer without 0
MM-25.growth without 0
MM-25.substeps without 0
MM-26.radius without 0
MM-26.sharp without 0
MM-32.attention without 0
MM-33.square without 0
MM-34.one without 0
MM-35.norm without 0
MM-42.positive without 0
MM-42.coordinates without 0
MM-42.factor without 0
MM-43.above without 0
MM-43.cover without 0
MM-44.untouched without 0
MM-45.sum without 0
SM-02.variance without 0
"""


def claim(target, assume=(), scalars="", vectors="", functionals=None):
    """A claim tree of names given as words; functionals: {"E": (is a probability, scalars, vectors)}."""
    document = {
        "format": "proofcheck-claim/1",
        "name": "test",
        "scalars": scalars.split(),
        "vectors": vectors.split(),
        "functionals": {
            label: {"probability": probability, "scalars": s.split(), "vectors": v.split()}
            for label, (probability, s, v) in (functionals or {}).items()
        },
        "assume": list(assume),
        "target": target,
    }
    return read_tree(json.dumps(document))


@pytest.fixture(scope="module")
def z3():
    with smt_check.Solver("z3", LIMITS) as solver:
        yield solver


@pytest.fixture(scope="module")
def committed():
    return {pair.name: pair.claim for pair in pairs()}


def verdicts(solver, tree, sizes=smt.SHORT):
    return {solver.ask(problem).status for problem in smt.problems(tree, sizes) if problem.exp != "native"}


# five cubic equations in five unknowns: minutes at least
HARD = "".join(f"(declare-const {x} Real)" for x in "abcde") + "".join(
    f"(assert (= (+ (* {a} {a} {a}) (* {b} {b} {c} {a}) {k}.0) (* {c} {c} {b})))"
    for k, (a, b, c) in enumerate(zip("abcde", "bcdea", "cdeab", strict=True), 2)
)


def for_all(body, **names):
    return {"forall": names, "holds": body}


TRUE = {
    "root": claim("sqrt(x)**2 == x", scalars="x"),
    "division": claim("x/x == 1", scalars="x"),
    "negative power": claim("x**-1*x == 1", scalars="x"),
    "Max": claim("Max(x, y) + Min(x, y) == x + y", scalars="x y"),
    "Abs": claim("Abs(x) >= -x", scalars="x"),
    "Cauchy-Schwarz": claim("inner(u, v)**2 <= inner(u, u)*inner(v, v)", vectors="u v"),
    "variance": claim("E[t]**2 <= E[t**2]", functionals={"E": (True, "t", "")}),
    "total mass": claim("F[t]**2 <= F[1]*F[t**2]", functionals={"F": (False, "t", "")}),
    "almost everywhere": claim("E[t] >= x", ["t >= x"], "x", "", {"E": (True, "t", "")}),
    "random target": claim("t + 1 > x", ["t >= x"], "x", "", {"F": (False, "t", "")}),
    "mean": claim(
        "inner(m, u) == E[inner(x, u)]",
        [for_all("inner(m, q) == E[inner(x, q)]", q="vector")],
        vectors="m u",
        functionals={"E": (True, "", "x")},
    ),
    "form": claim(
        "inner(u, v)**2 <= c*inner(v, v)",
        [for_all("inner(u, q)**2 <= c*inner(q, q)", q="vector")],
        "c",
        "u v",
    ),
    "affine form": claim("a >= 0", [for_all("a + 2*inner(u, q) + inner(q, q) >= 0", q="vector")], "a", "u"),
}
WRONG = {
    "root": claim("sqrt(x)**2 == x + 1", scalars="x"),
    "root of a square": claim("sqrt(x**2) == x", scalars="x"),
    "division": claim("x/y <= x", ["x >= 0"], "x y"),
    "Max": claim("Max(x, y) == x", scalars="x y"),
    "Min": claim("Min(x, y) > x - 1", scalars="x y"),
    "Abs": claim("Abs(x) == x", scalars="x"),
    "Cauchy-Schwarz": claim("inner(u, v)**2 < inner(u, u)*inner(v, v)", vectors="u v"),
    "dependent": claim("inner(u, v)**2 == inner(u, u)*inner(v, v)", vectors="u v"),
    "variance": claim("E[t]**2 >= E[t**2]", functionals={"E": (True, "t", "")}),
    "total mass": claim("F[t]**2 <= F[t**2]", functionals={"F": (False, "t", "")}),
    "zero measure": claim("F[1] > 0", functionals={"F": (False, "t", "")}),
    "random target": claim("t <= E[t]", functionals={"E": (True, "t", "")}),
    "constant": claim(
        "inner(u, v)**2 <= c*inner(v, v)/2",
        [for_all("inner(u, q)**2 <= c*inner(q, q)", q="vector")],
        "c",
        "u v",
    ),
    "affine form": claim("a >= 2*inner(u, u)", [for_all("a + 2*inner(u, q) + inner(q, q) >= 0", q="vector")], "a", "u"),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_claim_has_no_small_counterexample(z3, name):
    assert verdicts(z3, TRUE[name]) == {"unsat"}


@pytest.mark.parametrize("name", WRONG)
def test_a_false_claim_is_sat_and_exact_evaluation_agrees(z3, name):
    tree, readings = WRONG[name], set()
    for problem in smt.problems(tree):
        answer = z3.ask(problem)
        if answer.status == "sat":
            readings.add(smt_model.confirmed(tree, problem, answer.values))
    assert "confirmed" in readings
    assert readings <= {"confirmed", "not rational"}


def test_where_the_claim_divides_the_model_is_defined(z3):
    # 0*(1/x) is 0, and x = 0 is no counterexample all the same
    assert verdicts(z3, claim("0*(1/x) + x**2 > 0", scalars="x")) == {"unsat"}
    assert verdicts(z3, claim("0*sqrt(x) + x >= 0", scalars="x")) == {"unsat"}
    # not even where the zero measure has no atom at which it would be evaluated
    assert verdicts(z3, claim("F[t**2/x**2] + x**2 > 0", scalars="x", functionals={"F": (False, "t", "")})) == {"unsat"}


def test_exp_is_read_by_cvc5_and_at_zero_by_z3(z3):
    tree = claim("exp(x) >= 1 + x + y", ["y <= 0"], "x y")
    native, zero = smt.problems(tree)
    assert (native.exp, zero.exp) == ("native", "zero")
    assert not smt_check.reads("z3", native)
    assert z3.ask(zero).status == "unsat"
    assert z3.ask(list(smt.problems(claim("exp(x) >= 1 + y", ["y <= 1"], "x y")))[1]).status == "sat"


def test_the_text_of_a_problem():
    (problem,) = smt.problems(claim("Max(x, 0) >= x/2", ["x > -1"], "x"))
    assert problem.file == "test.smt2"
    assert problem.text == (
        "; The negation of the claim test. sat: a counterexample. unsat: none among these models.\n"
        "(set-logic QF_NRA)\n"
        "(declare-const x.s Real)\n"
        "; assumption 0: x > -1\n"
        "(assert (> x.s (- 1.0)))\n"
        "; not: Max(x, 0) >= x/2\n"
        "(assert (not (>= (ite (>= x.s 0.0) x.s 0.0) (* (/ 1.0 2.0) x.s))))\n"
        "(check-sat)\n"
    )


def test_every_claim_is_asked_and_the_files_are_distinct():
    given = list(pairs(["LT-01", "LT-06"]))
    found = smt.all_problems(given)
    names = [problem.file for problem in found]
    assert len(set(names)) == len(names)
    assert {problem.claim for problem in found} == {pair.name for pair in given}
    assert found == smt.all_problems(given)


def test_a_forall_without_an_exact_form_is_refused():
    cubic = claim("c >= 0", [for_all("inner(u, q)**4 <= c", q="vector")], "c", "u")
    with pytest.raises(Unsupported, match="degree above 2"):
        smt.write(cubic, Shape(1, -1))
    assert list(smt.problems(cubic)) == []


def test_terms_fold_numbers_only():
    assert smt_terms.multiply([Fraction(2), "x", Fraction(1, 2)]) == "x"
    assert smt_terms.multiply(["x", Fraction(0)]) == 0
    assert smt_terms.text(Fraction(-3, 2)) == "(- (/ 3.0 2.0))"
    assert smt_terms.determinant([["a", "b"], ["c", "d"]]) == "(+ (* a d) (- (* b c)))"


def test_the_committed_claims_of_a_lemma_are_not_sat():
    report = smt_check.check(smt.all_problems(list(pairs(["LT-01"]))), wanted=["z3"])
    counts = report.counts()["z3"]
    assert counts["sat"] == 0
    assert counts["unsat"] > 0
    assert report.missing == ()


@pytest.mark.parametrize("name", FALSE.split("\n")[1:-1])
def test_a_claim_without_an_assumption_that_it_needs_is_sat(z3, committed, name):
    stem, number = name.split(" without ")
    tree = read_tree(without_assumption(committed[stem], int(number)))
    asked = ((problem, z3.ask(problem)) for problem in smt.problems(tree) if problem.exp != "native")
    readings = (smt_model.confirmed(tree, problem, given.values) for problem, given in asked if given.status == "sat")
    assert "confirmed" in readings, "no problem is sat with a model that exact evaluation confirms"


def test_a_model_that_does_not_refute_is_not_confirmed():
    tree = WRONG["Abs"]
    (problem,) = smt.problems(tree)
    assert smt_model.confirmed(tree, problem, {"x.s": "-1"}) == "confirmed"
    assert "nothing is refuted" in smt_model.confirmed(tree, problem, {"x.s": "1"})
    assert smt_model.confirmed(tree, problem, {"x.s": None}) == "not rational"
    close = claim("sqrt(2)*sqrt(3) == sqrt(6)*x", scalars="x")  # intervals decide no equality of irrational numbers
    (problem,) = smt.problems(close)
    assert smt_model.confirmed(close, problem, {"x.s": "1"}) == "not decided"
    assert smt_model.confirmed(close, problem, {"x.s": "2"}) == "confirmed"


def test_a_solver_that_does_not_watch_its_limit_is_ended_and_starts_again():
    limits = smt_check.Limits({"z3": 0}, 0.3)
    (easy,) = smt.problems(TRUE["Abs"])
    with smt_check.Solver("z3", limits) as solver:
        first = solver.ask(smt.Problem("hard", Shape(-1, -1), "", HARD))
        assert first.status == "unknown"
        assert "ended after 0.3 s" in first.reason
        assert solver.ask(easy).status == "unsat"


@pytest.mark.parametrize(("solver", "said"), [("z3", "unknown constant x"), ("cvc5", "not declared")])
def test_what_is_no_problem_is_invalid_with_the_reason(solver, said):
    if solver == "cvc5":
        need_cvc5()
    report = smt_check.check([smt.Problem("broken", Shape(-1, -1), "", "(assert (> x 0))")], LIMITS, [solver])
    assert [answer.status for answer in report.invalid] == ["invalid"]
    assert said in report.invalid[0].reason
    assert "INVALID" in smt_check.lines(smt_check.document(report, {}))[-1]


def test_sat_stays_sat_where_the_solver_does_not_give_the_values(monkeypatch):
    z3 = pytest.importorskip("z3")
    text = "(declare-const x Real)(assert (> x 0.0))"
    assert smt_worker.z3_answer(text, 0)["status"] == "sat"
    monkeypatch.setattr(z3.Solver, "model", lambda self: (_ for _ in ()).throw(z3.Z3Exception("no model")))
    assert smt_worker.z3_answer(text, 0) == {"status": "sat", "values": {}}


def test_sat_stays_sat_where_the_values_do_not_come(z3, monkeypatch):
    lines = iter([{"status": "sat"}, None])
    with smt_check.Solver("z3", LIMITS) as solver:
        solver.start()
        monkeypatch.setattr(solver, "line", lambda seconds: next(lines))
        answer = solver.ask(smt.Problem("slow", Shape(-1, -1), "", "(declare-const x Real)(assert (> x 0.0))"))
        assert solver.process is None  # ended: what it prints later belongs to no question
    assert (answer.status, answer.values) == ("sat", {})


def test_sat_stays_sat_where_cvc5_does_not_give_the_values(monkeypatch):
    need_cvc5()
    import cvc5

    class Silent(cvc5.Solver):
        def getValue(self, *terms):
            raise RuntimeError("no value")

    monkeypatch.setattr(cvc5, "Solver", Silent)
    text = "(set-logic QF_NRA)(declare-const x Real)(assert (> x 0.0))(check-sat)"
    assert smt_worker.cvc5_answer(text, 0) == {"status": "sat", "values": {}}


def test_a_missing_solver_is_named_and_may_be_required(monkeypatch):
    monkeypatch.delenv("PROOFCHECK_REQUIRE_CVC5", raising=False)
    monkeypatch.setattr(smt_check.importlib.util, "find_spec", lambda name: None if name == "cvc5" else object())
    assert smt_check.installed() == (["z3"], ["cvc5"])
    monkeypatch.setenv("PROOFCHECK_REQUIRE_CVC5", "1")
    with pytest.raises(ProofcheckError, match="cvc5 is required"):
        smt_check.installed()
    with pytest.raises(ArgumentError, match="got 'yices'"):
        smt_check.installed(["yices"])


def need_cvc5():
    if smt_check.installed(["cvc5"])[1]:
        pytest.skip("cvc5 is not installed: pip install cvc5")


def test_cvc5_says_the_same():
    need_cvc5()
    with smt_check.Solver("cvc5", LIMITS) as solver:
        for name, tree in TRUE.items():
            said = {solver.ask(problem).status for problem in smt.problems(tree, (1,))}
            assert said <= {"unsat", "unknown"}, name
        said = {}
        for name, tree in WRONG.items():
            for problem in smt.problems(tree):
                answer = solver.ask(problem)
                if answer.status == "sat":
                    assert smt_model.confirmed(tree, problem, answer.values) in ("confirmed", "not rational"), name
                said[name] = said.get(name, False) or answer.status == "sat"
        assert sum(said.values()) >= len(WRONG) - 3


def test_cvc5_knows_exp():
    need_cvc5()
    with smt_check.Solver("cvc5", LIMITS) as solver:
        (true, _), (wrong, _) = (
            smt.problems(claim("exp(x) > x", scalars="x")),
            smt.problems(claim("exp(x) > 1", scalars="x")),
        )
        assert solver.ask(true).status == "unsat"
        assert solver.ask(wrong).status == "sat"


def test_the_worker_is_a_filter_of_json_lines():
    question = json.dumps({"text": "(assert false)", "limit": 0})
    command = [sys.executable, "-m", "proofcheck.export.smt_worker", "z3"]
    out = subprocess.run(command, input=question + "\n", capture_output=True, text=True, check=True).stdout
    assert [json.loads(line).get("status") for line in out.splitlines()] == [None, "unsat"]
    assert re.search('"ready": "z3"', out)


def test_unsat_by_assumptions_that_no_model_satisfies_is_not_counted():
    chosen = [pair for pair in pairs(["LT-07"]) if pair.name in ("LT-07.sharp", "LT-07.on_ball")]
    trees = {pair.name: pair.tree for pair in chosen}
    report = smt_check.check(smt.all_problems(chosen), LIMITS, wanted=["z3"])
    # where every argument of exp is 0, so is A R^2, and 0 < h <= 2 R cannot hold
    assert report.claims() == {"LT-07.sharp", "LT-07.on_ball"}
    assert report.empty == ("LT-07.sharp",)
    data = smt_check.document(report, trees)
    assert data["claims_with_unsat"] == 1
    assert "unsat only where the assumptions cannot hold, not counted: LT-07.sharp" in smt_check.lines(data)


def test_the_controls_of_the_lemmas_are_mostly_sat():
    given = list(smt_controls.controls(["LT-01", "LT-03", "LT-05"], every=2))
    outcomes = smt_controls.ask(given, ["z3"])
    assert {one.control.kind for one in outcomes} == {smt_controls.REFUTED, smt_controls.DROPPED}
    assert [one for one in outcomes if one.is_wrong] == []
    assert sum(one.reading == "confirmed" for one in outcomes) > len(outcomes) / 2
    # a true claim is no control: nothing is sat
    assert [one.reading for one in smt_controls.ask([smt_controls.Control("", "true", TRUE["Abs"])], ["z3"])] == [""]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no timers here")
def test_a_worker_ends_by_itself_where_nobody_ends_it(monkeypatch):
    with smt_check.Solver("z3", smt_check.Limits({}, 0.5)) as solver:
        solver.start()
        monkeypatch.setattr(solver, "line", lambda seconds: {"status": "unknown"})
        solver.ask(smt.Problem("hard", Shape(-1, -1), "", HARD))
        process = solver.process
        assert process is not None
        assert process.wait(timeout=60) == -signal.SIGPROF
