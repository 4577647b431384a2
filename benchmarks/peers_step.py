"""Step-size claims put to proofcheck, z3, cvc5 and PEPit: a little inside, at the boundary, and beyond it by a trifle.

The claims are the library's own, with the last assumption `tau*w**2 <= 2` moved. z3 and cvc5 get what
`proofcheck export --to smt2` writes, and a form in products that a person wrote; PEPit gets its own function classes.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from typing import Any, NamedTuple

from benchmarks.interleaved import Timed, absent, interleaved, version
from benchmarks.report import Report, milliseconds
from proofcheck.derive.claims import build_claim
from proofcheck.export import smt, smt_check
from proofcheck.export.claims import pairs, read_tree
from proofcheck.export.smt_model import confirmed
from proofcheck.export.smt_terms import text as smt_text
from proofcheck.export.smt_world import Shape
from proofcheck.search import prove

COMMAND = "python -m benchmarks peers_step"
SECONDS = 20.0  # of processor time for one question
BEYOND = (Fraction(-1, 10**3), Fraction(0), Fraction(1, 10**3), Fraction(1, 10**6), Fraction(1, 10**9))
HAND = Shape(-2, -2)  # no model class: the products are the unknowns
TIGHT = 1e-13  # asked of the SDP solver; its own default is 1e-8


class StepClaim(NamedTuple):
    """A claim with the step bounded by `bound`: `steps` is the left side of that assumption, `peer` PEPit's class."""

    name: str
    text: str
    steps: str
    bound: int
    peer: str  # "" where PEPit has no words for it

    def moved(self, by: Fraction) -> str:
        """The claim's text with bound (1 + by): true for by <= 0, false beyond.

        Raises:
            ValueError: the assumption does not stand in the claim exactly once.
        """
        data = json.loads(self.text)
        old = f"{self.steps} <= {self.bound}"
        if data["assume"].count(old) != 1:
            raise ValueError(f"{self.name}: one assumption {old!r} required, got {data['assume']}.")
        data["assume"][data["assume"].index(old)] = f"{self.steps} <= {self.bound * (1 + by)}"
        return json.dumps(data)


def step_claims() -> list[StepClaim]:
    committed = {pair.name: pair.claim for pair in pairs(["LT-01", "LT-05"])}
    assume = ["L > 0", "L*inner(u, g) >= norm2(g)", "s >= 0", "s*L <= 2"]
    (cocoercive,) = build_claim("cocoercive", assume, "norm2(u - s*g) <= norm2(u)", "u,g")
    return [
        StepClaim("cocoercive step", cocoercive, "s*L", 2, "cocoercive"),
        StepClaim("LT-01.step", committed["LT-01.step"], "tau*w**2", 2, "smooth convex"),
        StepClaim("LT-05.step", committed["LT-05.step"], "eta*D**2", 8, ""),
    ]


def by_hand(claim: StepClaim, by: Fraction) -> smt.Problem | None:
    """The negation in the products of the vectors, each matrix of products positive semidefinite; None: not written.

    Vectors with such products exist, and for LT-01 one atom with a/d = ad/dd: `unsat` is a proof for every dimension.
    """
    forms = {
        "cocoercive step": (
            "L s uu ug gg",
            ["(> L 0.0)", "(>= s 0.0)", "(<= (* s L) BOUND)", "(>= (* L ug) gg)", "(>= uu 0.0)", "(>= gg 0.0)"],
            ["(>= (* uu gg) (* ug ug))", "(> (+ (* (- 2.0) s ug) (* s s gg)) 0.0)"],
        ),
        "LT-01.step": (
            "tau w ad dd uu uz zz",
            ["(>= tau 0.0)", "(<= (* tau w w) BOUND)", "(>= ad dd)", "(>= dd 0.0)", "(= uz ad)", "(<= zz (* w w dd))"],
            ["(>= uu 0.0)", "(>= zz 0.0)", "(>= (* uu zz) (* uz uz))", "(> (+ (* (- 2.0) tau uz) (* tau tau zz)) 0.0)"],
        ),
    }
    if claim.name not in forms:
        return None
    names, facts, rest = forms[claim.name]
    lines = ["(set-logic QF_NRA)", *(f"(declare-const {x} Real)" for x in names.split())]
    lines += [f"(assert {fact})" for fact in (*facts, *rest)]
    text = "\n".join([*lines, "(check-sat)"]).replace("BOUND", smt_text(claim.bound * (1 + by)))
    return smt.Problem(f"{claim.name}, by hand", HAND, "", text + "\n")


def question(claim: StepClaim, by: Fraction, form: str) -> smt.Problem | None:
    """What a solver is asked: `form` is "small" (d = 1, as few atoms as can fail), "d = 2" (2 atoms) or "by hand"."""
    if form == "by hand":
        return by_hand(claim, by)
    tree = read_tree(claim.moved(by))
    d = 2 if form == "d = 2" else 1
    atoms = -1 if not tree.functionals else 2 if form == "d = 2" or claim.name == "LT-05.step" else 1
    return smt.write(tree, Shape(d, atoms))


def worst_factor(peer: str, by: Fraction, solver: str | None, tolerance: float | None) -> float:
    """PEPit's worst |F x - F y|^2 / |x - y|^2 of F = id - s g at s = 2 (1 + by) and L = 1; `solver` None: cvxpy's."""
    pepit: Any = importlib.import_module("PEPit")  # optional, slow to import
    functions: Any = importlib.import_module("PEPit.functions")
    operators: Any = importlib.import_module("PEPit.operators")
    step = float(2 * (1 + by))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        problem = pepit.PEP()
        if peer == "cocoercive":
            slope = problem.declare_function(operators.CocoerciveOperator, beta=1.0).gradient
        else:
            slope = problem.declare_function(functions.SmoothConvexFunction, L=1.0).gradient
        x, y = problem.set_initial_point(), problem.set_initial_point()
        problem.set_initial_condition((x - y) ** 2 <= 1)
        problem.set_performance_metric((x - step * slope(x) - (y - step * slope(y))) ** 2)
        keys = ("tol_gap_abs", "tol_gap_rel", "tol_feas")
        extra: dict[str, Any] = {} if tolerance is None else dict.fromkeys(keys, tolerance)
        factor = problem.solve(verbose=0, solver=solver, **extra)
    if factor is None:
        raise ValueError(f"PEPit found no factor at s = {step!r}.")
    return float(factor)


def exact_excess(by: Fraction) -> Fraction:
    """max(1, (1 - s)^2) - 1 at s = 2 (1 + by): what PEPit's number should be beyond 1, in closed form."""
    step = 2 * (1 + by)
    return max(Fraction(0), (1 - step) ** 2 - 1)


# -- the table ---------------------------------------------------------------------------------------------------
FORMS = ("small", "d = 2", "by hand")
RIGHT = {True: ("PROVED", "unsat"), False: ("REFUTED", "sat, confirmed", "sat")}


def judge(true: bool, answer: str) -> str:
    """ "decided", "wrong", or "open" where the tool gave no answer."""
    if answer in RIGHT[true]:
        return "decided"
    return "wrong" if answer in RIGHT[not true] or answer.startswith("sat") else "open"


def run() -> list[Report]:
    claims = step_claims()
    peers = {"PEPit": version("PEPit", "PEPit"), "cvc5": version("cvc5", "cvc5"), "z3": version("z3", "z3-solver")}
    there = smt_check.installed()[0]
    ways = ["proofcheck", *(f"{s}, {form}" for s in smt_check.SOLVERS for form in FORMS), "PEPit"]
    found: dict[tuple[str, Fraction], dict[str, Timed]] = {}
    with ExitStack() as stack:
        limits = smt_check.Limits({}, SECONDS)
        solvers = {s: stack.enter_context(smt_check.Solver(s, limits)) for s in there}
        for claim in claims:
            for by in BEYOND:
                bodies: dict[str, Callable[[], object]] = {"proofcheck": _prover(claim.moved(by))}
                for name, solver in solvers.items():
                    for form in FORMS:
                        problem = question(claim, by, form)
                        if problem is not None:
                            bodies[f"{name}, {form}"] = _asked(solver, problem)
                if claim.peer and peers["PEPit"]:
                    bodies["PEPit"] = _factor(claim.peer, by)
                timed = interleaved(bodies, rounds=3)
                found[claim.name, by] = {way: _read(one, claim.moved(by)) for way, one in timed.items()}
                print(f"peers_step: {claim.name}, {_beyond(by)}: done", file=sys.stderr)
    names = [f"not there: {absent(name)}" for name, there_is in peers.items() if there_is is None]
    return [_table(claims, ways, found, names), _summary(ways, found, peers), _pepit(peers["PEPit"])]


def _prover(text: str) -> Callable[[], object]:
    return lambda: prove(text, seconds=SECONDS).verdict.value


def _factor(peer: str, by: Fraction) -> Callable[[], object]:
    return lambda: worst_factor(peer, by, "CLARABEL", TIGHT)


def _asked(solver: smt_check.Solver, problem: smt.Problem) -> Callable[[], object]:
    def body() -> smt_check.Answer:
        answer = solver.ask(problem)
        if solver.process is None:
            solver.start()  # after a limit: loading it is no part of the next question
        return answer

    return body


def _read(timed: Timed, text: str) -> Timed:
    """What a solver's answer comes to: a `sat` on the claim itself is evaluated exactly, outside of the time."""
    answer = timed.answer
    if not isinstance(answer, smt_check.Answer):
        return timed
    said = answer.status
    if said == "sat" and answer.problem.shape != HAND:
        reading = confirmed(read_tree(text), answer.problem, answer.values)
        said = {"confirmed": "sat, confirmed", "not rational": "sat"}.get(reading, f"sat, {reading}")
    if said == "unknown" and answer.reason.startswith("ended after"):
        said = "time limit"
    return Timed(said, timed.seconds)


def _beyond(by: Fraction) -> str:
    return "the bound" if by == 0 else f"bound (1 {'+' if by > 0 else '-'} {float(abs(by)):g})"


def _cell(true: bool, timed: Timed | None) -> str:
    if timed is None:
        return "-"
    if isinstance(timed.answer, float):
        return f"{timed.answer - 1:+.2e}, {milliseconds(timed.seconds)}"
    answer = str(timed.answer)
    if answer == "time limit":
        return answer
    said = f"**wrong**: {answer}" if judge(true, answer) == "wrong" else answer
    return f"{said}, {milliseconds(timed.seconds)}"


def _table(claims: list[StepClaim], ways: list[str], found: dict[Any, dict[str, Timed]], missing: list[str]) -> Report:
    rows = [
        (
            claim.name,
            f"{_beyond(by)}, {'true' if by <= 0 else 'false'}",
            *(_cell(by <= 0, found[claim.name, by].get(way)) for way in ways),
        )
        for claim in claims
        for by in BEYOND
    ]
    rows += [(text, *[""] * (len(ways) + 1)) for text in missing]
    columns = ("claim", "largest step", *ways[:-1], "PEPit, worst factor - 1")
    note = (
        "Asked of all but PEPit: is |u - tau z| <= |u| under the claim's assumptions, with the largest step moved; of "
        "z3 and cvc5 the negation. proofcheck answers for every dimension, number of units and law, with a certificate "
        "or a counterexample that its kernel read; `small` and `d = 2` answer for R^1 and R^2 with 1 or 2 atoms only "
        "(LT-05: 2), and `sat, confirmed` is a model that exact evaluation found to be a counterexample. `by hand` is "
        "the same claim in the products of the vectors, a form that a person found and which holds for every "
        "dimension; for LT-05 finding it is most of the proof, and it was not written. PEPit is asked another "
        "question: the worst |F x - F y|^2 for |x - y| <= 1, F = id - s g, g cocoercive, or for LT-01, whose layers "
        "are such, the gradient of a smooth convex function; L = 1 and s a number. It finds the factor, which nobody "
        "has to state beforehand, for every dimension, in floats. It has no words for LT-05's expectations. Medians "
        f"of 3 interleaved runs, one run of what took over 2 s. Limit for a question: {SECONDS:g} s of processor time "
        "for z3 and cvc5, of the clock for proofcheck; PEPit has none."
    )
    return Report("Step sizes: proofcheck, z3, cvc5, PEPit", COMMAND, columns, rows, note)


def _summary(ways: list[str], found: dict[Any, dict[str, Timed]], peers: dict[str, str | None]) -> Report:
    rows: list[tuple[str, ...]] = []
    middle: dict[str, float] = {}
    for way in ways:
        asked = {key: table[way] for key, table in found.items() if way in table}
        tool = way.partition(",")[0]
        if not asked:
            package = peers.get(tool)
            rows.append((absent(tool) if package is None else way, *[""] * 6))
            continue
        ratios = [timed.seconds / found[key]["proofcheck"].seconds for key, timed in asked.items()]
        middle[way] = statistics.median(ratios)
        ratio = "1" if way == "proofcheck" else f"{middle[way]:.2g} ({min(ratios):.2g} to {max(ratios):.2g})"
        if tool == "PEPit":
            errors = [(by, float(str(one.answer)) - 1 - float(exact_excess(by))) for (_, by), one in asked.items()]
            worst = [max((error for at, error in errors if at == by), key=abs) for by in (BEYOND[1], BEYOND[-1])]
            shown = [f"off by {error:+.0e}" for error in worst]
            rows.append((way, f"{len(asked)}", "gives the factor", *shown, "-", ratio))
            continue
        words = [(by, judge(by <= 0, str(one.answer))) for (_, by), one in asked.items()]
        groups = [words, *([pair for pair in words if pair[0] == by] for by in (BEYOND[1], BEYOND[-1]))]
        counts = [f"{sum(word == 'decided' for _, word in group)} of {len(group)}" for group in groups]
        rows.append((way, f"{len(asked)}", *counts, str(sum(word == "wrong" for _, word in words)), ratio))
    columns = ("tool", "asked", "decided", "at the bound", "1e-9 beyond", "wrong", "time over proofcheck's, median")
    quicker = [way for way in ways if middle.get(way, 1) < 1]
    note = (
        "A time limit counts as the time spent. Quicker than proofcheck at the median: "
        f"{'; '.join(quicker) or 'none'}. "
        "A peer's answer about R^1 or R^2 is less than proofcheck's; `by hand` is as much, once the form is found."
    )
    return Report("The same, counted", COMMAND, columns, rows, note)


def _pepit(there: str | None) -> Report:
    title, columns = "PEPit's number beside the exact one", ("largest step", "exact worst factor - 1")
    settings = {
        "Clarabel": ("CLARABEL", None),
        f"Clarabel, tolerance {TIGHT:g}": ("CLARABEL", TIGHT),
        "cvxpy's choice": (None, None),
    }
    columns = (*columns, *(f"{name}: error, time" for name in settings))
    if there is None:
        return Report(title, COMMAND, columns, [(absent("PEPit"), *[""] * (len(columns) - 1))])
    rows: list[tuple[str, ...]] = []
    for by in BEYOND:
        bodies = {name: _with(by, *setting) for name, setting in settings.items()}
        timed = interleaved(bodies)
        exact = exact_excess(by)
        errors = [(float(str(t.answer)) - 1 - float(exact), t.seconds) for t in timed.values()]
        rows.append((_beyond(by), f"{float(exact):.3g}", *(f"{e:+.1e}, {milliseconds(s)}" for e, s in errors)))
    note = (
        f"{there} with {version('cvxpy', 'cvxpy')}, gradient step of a smooth convex function, L = 1. Exact: "
        "max(1, (1 - s)^2) - 1. It is 0 at the bound and inside it, so that a number with an error of either sign does "
        "not say whether the claim holds there; an excess is seen where the error is smaller, which depends on the "
        "solver and the tolerance that it is asked for."
    )
    return Report(title, COMMAND, columns, rows, note)


def _with(by: Fraction, solver: str | None, tolerance: float | None) -> Callable[[], object]:
    return lambda: worst_factor("smooth convex", by, solver, tolerance)
