"""The exact cores of the search on inputs with known answers."""

from __future__ import annotations

import json
import time
from fractions import Fraction as Q

import numpy as np
import pytest

from proofcheck.errors import ArgumentError
from proofcheck.search import exact, prove, rounding
from proofcheck.search import poly as P
from proofcheck.search.eliminate import reduce
from proofcheck.search.grading import Grading
from proofcheck.search.problem import Problem
from proofcheck.search.prove import vacuity_claim
from proofcheck.verdict import Verdict


def claim(target: str, assume: tuple[str, ...] = (), scalars: str = "", vectors: str = "", random: str = "") -> str:
    functionals = {"E": {"probability": True, "scalars": random.split(), "vectors": []}} if random else {}
    return json.dumps(
        {
            "format": "proofcheck-claim/1",
            "name": "test",
            "scalars": scalars.split(),
            "vectors": vectors.split(),
            "functionals": functionals,
            "assume": list(assume),
            "target": target,
        }
    )


@pytest.mark.parametrize(
    ("matrix", "semidefinite"),
    [
        ([[2, 1], [1, 2]], True),
        ([[1, 1], [1, 1]], True),
        ([[0, 0], [0, 3]], True),
        ([[0, 1], [1, 3]], False),
        ([[1, 2], [2, 1]], False),
        ([[1, 1], [1, Q(999999999, 1000000000)]], False),
    ],
)
def test_ldl_decides_semidefiniteness_exactly(matrix, semidefinite):
    rows = [[Q(x) for x in row] for row in matrix]
    parts = exact.ldl(rows)
    assert (parts is not None) == semidefinite
    for i in range(2 if parts is not None else 0):
        for j in range(2):
            assert sum(d * line[i] * line[j] for d, line in parts) == rows[i][j]


def test_solve_finds_exact_coefficients_or_none():
    columns = [{0: Q(1), 1: Q(1)}, {0: Q(1), 1: Q(-1)}]
    assert exact.solve(columns, {0: Q(1)}) == [Q(1, 2), Q(1, 2)]
    assert exact.solve(columns, {2: Q(1)}) is None


def test_rational_rows_recovers_a_kernel_and_refuses_noise():
    rows = np.array([[1.0, 1 / 3 + 1e-9, -0.5]])
    assert rounding.rational_rows(rows * 7.1) == [[Q(1), Q(1, 3), Q(-1, 2)]]
    basis = rounding.complement([[Q(1), Q(1, 3), Q(-1, 2)]], 3)
    assert len(basis) == 2
    assert all(v[0] + v[1] / 3 - v[2] / 2 == 0 for v in basis)
    assert rounding.rational_rows(np.array([[1.0, 0.4142135]])) is None


def test_elimination_replaces_every_power():
    x, y = P.atom("x"), P.atom("y")
    value = P.add(y, P.ONE)
    assert reduce(P.power(x, 3), [("x", value, None)]) == P.power(value, 3)


def test_gradings_of_a_step_size_claim():
    text = claim("tau*inner(u, z) >= tau**2*inner(z, z)", ("tau*w**2 <= 2",), "tau w", "u z")
    problem = Problem.read(text)
    grading = Grading(problem, [(problem.claim.target[0], False), (problem.claim.assumptions[0].poly, False)])
    assert grading.atom("tau") == tuple(-2 * g for g in grading.atom("w"))
    lengths = zip(grading.atom("u"), grading.atom("tau"), grading.atom("z"), strict=True)
    assert all(u == t + z for u, t, z in lengths)
    assert grading.rank == 2


def test_every_atom_is_written_so_that_the_kernel_reads_it_back():
    target = "Max(x, y)*exp(x - 1) + sqrt(x)/(1 + y) >= E[t**2*Max(t, x)] + inner(u, v)/x"
    problem = Problem.read(claim(target, (), "x y", "u v", "t"))
    poly = problem.claim.target[0]
    assert problem.claim.ctx.expression(problem.text_of(poly)) == poly


@pytest.mark.parametrize("target", ["x > 0", "x >= 0", "x == 1/x", "1 - sqrt(x) <= x"])
def test_the_vacuity_claim_is_false_unless_the_assumptions_contradict(target):
    outcome = prove(vacuity_claim(claim(target, (), "x")), seconds=5)
    assert outcome.verdict is Verdict.REFUTED


def test_an_ill_formed_claim_is_an_argument_error():
    with pytest.raises(ArgumentError, match="well-formed"):
        prove(claim("x +* 1 > 0", (), "x"))
    with pytest.raises(ArgumentError, match="seconds"):
        prove(claim("x > 0", (), "x"), seconds=0)


@pytest.mark.parametrize("seconds", [0.2, 1.0])
def test_the_time_limit_holds(seconds):
    names = [f"x{i}" for i in range(7)]
    hard = " + ".join(f"{a}**4*{b}**2" for a, b in zip(names, names[1:] + names[:1], strict=True))
    target = f"{hard} + 1 >= 7/2*" + "*".join(names)
    start = time.monotonic()
    prove(claim(target, (), " ".join(names)), seconds=seconds)
    assert time.monotonic() - start < seconds + 3


def test_a_contradiction_is_found_behind_a_random_target():
    outcome = prove(claim("t >= 5", ("E[t] > 1", "t <= 1"), random="t"), seconds=10)
    assert outcome.verdict is Verdict.VACUOUS


def test_a_model_of_the_assumptions_is_not_the_zero_measure_where_another_exists():
    functionals = {"F": {"probability": False, "scalars": ["t"], "vectors": []}}
    data = json.loads(claim("F[t] >= 0", ("t > 0",))) | {"functionals": functionals}
    outcome = prove(json.dumps(data), seconds=10)
    assert outcome.verdict is Verdict.PROVED
    assert outcome.model is not None
    assert json.loads(outcome.model)["functionals"]["F"]
