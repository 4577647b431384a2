"""`prove_via`: named steps become one certificate, and a wrong step never becomes a verdict on the claim."""

import json

import pytest

from proofcheck.derive.claims import build_claim
from proofcheck.errors import ArgumentError
from proofcheck.kernel import KernelError, check
from proofcheck.search import prove, prove_via
from proofcheck.verdict import Verdict


def through(assume, claim, via, *, vectors="", random="", seconds=20):
    def texts(target):
        return build_claim("via", assume, target, vectors, random, [])

    (text,) = texts(claim)
    steps = [json.loads(t)["target"] for relation in via for t in texts(relation)]
    return text, prove_via(text, steps, seconds=seconds)


@pytest.mark.parametrize(
    ("assume", "claim", "via", "names"),
    [
        (["x >= 1"], "x**3 >= x", ["x**2 >= x"], {}),
        (["a >= 0", "b >= 0"], "Max(a, b)**2 <= (a + b)**2", ["Max(a, b) <= a + b", "Max(a, b) >= 0"], {}),
        (["x == 1/y", "y > 0"], "x > 0", ["x*y == 1"], {}),
        (["s >= 0"], "E(s**2)*x**2 >= 0", ["s**2 >= 0", "E(s**2) >= 0"], {"random": "s"}),
        (
            ["norm2(u) <= 1", "norm2(v) <= 1"],
            "inner(u, v)**2 <= 1",
            ["inner(u, v)**2 <= norm2(u)*norm2(v)"],
            {"vectors": "u,v"},
        ),
    ],
)
def test_steps_become_one_certificate(assume, claim, via, names):
    text, outcome = through(assume, claim, via, **names)
    assert outcome.verdict is Verdict.PROVED
    check(text, outcome.certificate, {})
    proof = json.loads(outcome.certificate)["proof"]
    first = proof[0] if isinstance(proof, list) else proof
    assert [step["as"] for step in first["steps"]][: len(via)] == [f"via{k + 1}" for k in range(len(via))]


def test_the_kernel_refuses_the_certificate_without_its_steps():
    text, outcome = through(["x >= 1"], "x**3 >= x", ["x**2 >= x"])
    document = json.loads(outcome.certificate)
    document["proof"]["steps"][0]["have"] = "x**2 >= 2*x"
    with pytest.raises(KernelError):
        check(text, json.dumps(document), {})


def test_a_false_step_is_named_and_decides_nothing():
    _, outcome = through(["x >= 1"], "x**3 >= x", ["x >= 0", "x >= 2"])
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.details["step"] == 2
    assert "is false" in outcome.reason


def test_a_false_claim_is_refuted_through_true_steps():
    text, outcome = through(["x >= 1"], "x**3 >= 2*x", ["x**2 >= x"])
    assert outcome.verdict is Verdict.REFUTED
    assert prove(text).verdict is Verdict.REFUTED


def test_contradictory_assumptions_are_vacuous():
    _, outcome = through(["x >= 1", "x <= 0"], "x >= 5", ["x >= 2"])
    assert outcome.verdict is Verdict.VACUOUS


def test_a_step_needs_time():
    with pytest.raises(ArgumentError, match="positive time limit"):
        through(["x >= 1"], "x >= 0", ["x >= 1/2"], seconds=0.0)


def test_too_little_time_is_unknown_and_no_error():
    many = ["exp(x) >= 1 + x", "Max(x, y)**4 >= 0", "Max(x, y)**6 + Abs(x*y) >= 0"]
    _, outcome = through(["x >= 1"], "exp(x)*exp(y) >= Max(x, y)**9 - 10**9*x", many, seconds=0.01)
    assert outcome.verdict in (Verdict.UNKNOWN, Verdict.REFUTED)
