"""Tested: that what is shown of a certificate is an identity, term for term, and that witnesses show exact values."""

import json

import pytest

from proofcheck import kernel, registry
from proofcheck.audit import artifacts
from proofcheck.derive.claims import build_claim
from proofcheck.export import certificate, witness
from proofcheck.export.flatten import readable
from proofcheck.search import prove

POLYNOMIAL = {
    "a square": ([], "x**2 + 1 >= 2*x"),
    "a product of facts": (["x >= 1", "y >= 2"], "x*y + 2 >= 2*x + y"),
    "a reversed relation": (["1 <= x", "y <= -3"], "x*y <= -3"),
    "an equation": (["x + y == 1"], "x*y <= 1/4"),
    "a multiplier": (["x > 0"], "x + 1/x >= 2"),
    "strict": (["x > 3"], "x**2 > 9"),
}


def evaluated(text, values):
    """Exact value of shown polynomial mathematics: a test may evaluate text that it made itself."""
    from proofcheck.derive.expr import parse_relation
    from proofcheck.derive.sympy_bridge import expression

    plain = text.replace("·", "*").replace("²", "**2")
    relation = parse_relation(f"{plain} == 0")
    found = expression(relation.operands[0])
    return found.subs({symbol: values[symbol.name] for symbol in found.free_symbols})


@pytest.mark.parametrize("name", POLYNOMIAL)
def test_both_sides_of_what_is_shown_are_equal(name):
    assume, target = POLYNOMIAL[name]
    (claim,) = build_claim("claim", assume, target)
    outcome = prove(claim, seconds=10)
    shown = certificate.render(claim, outcome.certificate)
    lines = [line.strip().partition("   [")[0] for line in shown.splitlines()]
    lines = [line for line in lines if not line.startswith(("where", "the right side"))]
    left, right = lines[0], " + ".join(line.lstrip("=+ ") for line in lines[1:])
    for values in ({"x": 3, "y": 7}, {"x": -5, "y": 2}, {"x": 11, "y": -13}):
        assert evaluated(left, values) == evaluated(right, values), shown


def test_an_equality_is_shown_in_two_halves():
    (claim,) = build_claim("claim", ["x >= 0", "x**2 == 4"], "x == 2")
    shown = certificate.render(claim, prove(claim, seconds=10).certificate)
    assert "first half, >=:" in shown
    assert "second half, <=:" in shown


def test_simple_steps_are_put_in():
    (claim,) = build_claim("claim", ["x >= 1"], "x**2 >= x")
    steps = [{"have": "x >= 0", "as": "h", "proof": {"terms": []}}]
    steps[0]["proof"]["terms"] = [
        {"factors": [{"fact": "not h"}]},
        {"factors": [{"fact": "a0"}]},
        {"factors": []},
    ]
    terms = [{"factors": [{"fact": "target"}]}, {"factors": [{"fact": "a0"}, {"fact": "h"}]}]
    text = json.dumps({"format": "proofcheck-certificate/1", "proof": {"steps": steps, "terms": terms}})
    kernel.check(claim, text)
    flat = readable(claim, text)
    assert "steps" not in json.loads(flat)["proof"]
    kernel.check(claim, flat)


def test_what_the_kernel_refuses_is_shown_as_it_is():
    (claim,) = build_claim("claim", ["x >= 1"], "x >= 0")
    text = json.dumps({"format": "proofcheck-certificate/1", "proof": {"terms": [{"factors": [{"fact": "target"}]}]}})
    assert readable(claim, text) == text


@pytest.mark.parametrize("header", registry.headers(), ids=lambda header: header.id)
def test_every_committed_certificate_shows(header):
    for claim in registry.load(header).claims():
        text = certificate.render(claim.text, artifacts.read(header, claim.name, "cert"))
        assert "None" not in text
        assert len(text.splitlines()) >= 2


def test_a_witness_shows_values_atoms_and_what_fails():
    (claim,) = build_claim(
        "claim",
        ["0 <= t", "t <= 1", "norm2(u) == 2"],
        "E(t**2) <= E(t)**2 + c*norm2(u)",
        random="t",
        vectors="u",
    )
    shown = witness.render(claim, prove(claim, seconds=10).model)
    assert "vectors in dimension" in shown
    assert "E: weight" in shown
    assert "FAILS" in shown
    assert shown.count("holds") == 3


def test_long_fractions_get_a_decimal_beside_them():
    assert witness.number("1/3") == "1/3"
    assert witness.number("12345678901/98765432109").endswith("(about 0.125)")
