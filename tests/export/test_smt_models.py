"""Tested: the committed models of the claims satisfy the assumptions as SMT-LIB, and not the negated target.

Else `unsat` could come from assumptions that were written too strong. Not tested here: claims with exp.
"""

import json
from fractions import Fraction

import pytest

from proofcheck import registry
from proofcheck.export import smt, smt_check, smt_terms
from proofcheck.export.claims import pairs
from proofcheck.export.smt_world import Shape

LIMITS = smt_check.Limits({"z3": 2_000_000}, 10.0)
EVERY = 16


def values_of(model):
    """SMT-LIB name -> rational text."""
    values = {f"{x}.s": value for x, value in model["scalars"].items()}
    values |= {f"{u}.{i}": value for u, row in model["vectors"].items() for i, value in enumerate(row, 1)}
    for label, atoms in model["functionals"].items():
        for k, atom in enumerate(atoms, 1):
            values[f"{label}.weight{k}"] = atom["weight"]
            values |= {f"{t}.at{k}": value for t, value in atom["scalars"].items()}
            values |= {f"{x}.{i}.at{k}": value for x, row in atom["vectors"].items() for i, value in enumerate(row, 1)}
    return values


def at_the_model(pair):
    """(the assumptions, all) at the values of the committed model; None where the model has no such shape."""
    text = (registry.lemmas_root() / "certificates" / f"{pair.name}.model.json").read_text(encoding="utf-8")
    model = json.loads(text)
    atoms = {len(found) for found in model["functionals"].values()}
    if len(atoms) > 1 or any(Fraction(entry) != 1 for entry in model["metric"]):
        return None
    shape = Shape(len(model["metric"]) if pair.tree.vector_names else -1, next(iter(atoms), -1))
    problem = smt.write(pair.tree, shape)
    if problem.exp:
        return None
    fixed = "".join(
        f"(assert (= {name} {smt_terms.text(Fraction(value))}))\n" for name, value in values_of(model).items()
    )
    head, _, rest = problem.text.partition("; not: ")
    return [smt.Problem(pair.name, shape, "", text) for text in (head + fixed, f"{head}; not: {rest}{fixed}")]


def verdicts(step):
    found = {}
    with smt_check.Solver("z3", LIMITS) as solver:
        for pair in list(pairs())[::step]:
            questions = at_the_model(pair)
            if questions:
                found[pair.name] = tuple(solver.ask(question).status for question in questions)
    return found


@pytest.mark.parametrize("step", [EVERY, pytest.param(1, marks=pytest.mark.slow)])
def test_committed_models_satisfy_the_assumptions_and_not_the_negated_target(step):
    found = verdicts(step)
    assert len(found) > 300 / step
    assert {name: said for name, said in found.items() if said != ("sat", "unsat")} == {}


def test_a_value_that_violates_an_assumption_is_seen():
    (pair,) = (pair for pair in pairs(["LT-01"]) if pair.name == "LT-01.sharp")
    questions = at_the_model(pair)
    assert questions
    broken = questions[0].text.replace("(> (* tau.s (* w.s w.s)) 2.0)", "(< (* tau.s (* w.s w.s)) 2.0)")
    assert broken != questions[0].text
    with smt_check.Solver("z3", LIMITS) as solver:
        assert solver.ask(questions[0]).status == "sat"
        assert solver.ask(smt.Problem("", questions[0].shape, "", broken)).status == "unsat"
