"""Quantified assumptions of degree two are decided exactly, by a semidefinite matrix; others are refused."""

from .build import Case, attack, claim, forall, model
from .models import HALF, point, satisfies

SPREAD = forall("E[inner(v, q)**2] <= L*inner(q, q)", q="vector")
CUBIC = forall("c**2 + 5*c**3 - 5*c >= 0", c="scalar")  # 0 at 0, 1 at 1 and at -1, negative at -2


def quantified(bad, good, reason, why, target="x <= -1", **names):
    """Two assumptions at x = 0."""
    text = [claim(target, assumption, scalars="x y", vectors="u", E="t") for assumption in (bad, good)]
    at = model(["1", "2"], {"x": "0", "y": "1"}, {"u": ["1", "0"]}, E=HALF)
    return attack(why, reason, *(Case("refutes", t, at) for t in text))


def spread(value, direction=("1", "0")):
    opposite = [str(-int(c)) for c in direction]
    atoms = [("1/2", {}, {"v": list(direction)}), ("1/2", {}, {"v": opposite})]
    return model(["1", "1"], {"L": value}, E=atoms)


ATTACKS = {
    "quantified without dimensions": satisfies(
        "x >= 9",
        point(x="-1"),
        point(x="1"),
        "assumption 0 is violated",
        "x*c**2 >= 0 for all c",
        forall("x*c**2 >= 0", c="scalar"),
        scalars="x",
    ),
    "quantified of degree three beside a maximum": quantified(
        forall("c**2 + (5*c**3 - 5*c)*Max(y, 0) >= 0", c="scalar"),
        forall("c**2*Max(y, 0) >= 0", c="scalar"),
        "degree <= 2",
        "a cubic whose coefficient is a maximum",
    ),
    "quantified of degree three": quantified(
        CUBIC, forall("c**2 >= x*c**2", c="scalar"), "degree <= 2", "a cubic decided at few points"
    ),
    "quantified strict": quantified(
        forall("c**2 + 1 > 0", c="scalar"), forall("c**2 + 1 >= 0", c="scalar"), "not strict", "a strict form"
    ),
    "quantified and random": quantified(
        forall("c**2 + t**2 >= 0", c="scalar"),
        forall("c**2 + E[t**2] >= 0", c="scalar"),
        "not random",
        "almost everywhere of t, for all c",
    ),
    "quantified under Max": quantified(
        forall("Max(c, y) >= y", c="scalar"),
        forall("c**2 + Max(x, y) >= y", c="scalar"),
        "degree <= 2",
        "a function that is no polynomial",
    ),
    "quantified under exp": quantified(
        forall("exp(c) >= 1 + c", c="scalar"),
        forall("exp(x) >= 1 - c**2", c="scalar"),
        "degree <= 2",
        "exp of a bound name",
    ),
    "quantified with irrational values": quantified(
        forall("exp(y)*c**2 >= 0", c="scalar"),
        forall("exp(x)*c**2 >= 0", c="scalar"),
        "exact values",
        "a coefficient that is not rational",
    ),
    "quantified form that is indefinite": quantified(
        forall("c**2 - 2*c*y >= 0", c="scalar"),
        forall("c**2 - 2*c*y >= -1", c="scalar"),
        "assumption 0 is violated",
        "negative between its samples at 0 and 2",
    ),
    "quantified form that is linear": quantified(
        forall("c >= 0*y", c="scalar"),
        forall("0*c >= 0*y", c="scalar"),
        "assumption 0 is violated",
        "c >= 0 for all c",
    ),
    "quantified form that is negative": quantified(
        forall("-1*c**2 >= 0", c="scalar"),
        forall("c**2 >= 0", c="scalar"),
        "assumption 0 is violated",
        "-c**2 >= 0",
    ),
    "quantified form with a negative constant": quantified(
        forall("c**2 >= y", c="scalar"),
        forall("c**2 >= -y", c="scalar"),
        "assumption 0 is violated",
        "c**2 >= 1",
    ),
    "quantified saddle": quantified(
        forall("c*d >= 0", c="scalar", d="scalar"),
        forall("c*d >= -c**2 - d**2", c="scalar", d="scalar"),
        "assumption 0 is violated",
        "c*d >= 0: a zero pivot with a row that is not zero",
    ),
    "quantified saddle of vectors": quantified(
        forall("inner(q, p) >= 0", q="vector", p="vector"),
        forall("inner(q, p) + inner(q, q) + inner(p, p) >= 0", q="vector", p="vector"),
        "assumption 0 is violated",
        "inner(q, p) >= 0",
    ),
    "quantified <= turned round": quantified(
        forall("c**2 <= 0", c="scalar"),
        forall("-1*c**2 <= 0", c="scalar"),
        "assumption 0 is violated",
        "c**2 <= 0",
    ),
    "quantified equality": quantified(
        forall("c*y == 0", c="scalar"),
        forall("c*x == 0", c="scalar"),
        "assumption 0 is violated",
        "c == 0 for all c",
    ),
    "quantified equality of squares": quantified(
        forall("c**2*y == 0", c="scalar"),
        forall("c**2*x == 0", c="scalar"),
        "assumption 0 is violated",
        "c**2 == 0 for all c",
    ),
    "quantified equality of a constant": quantified(
        forall("y + 0*c == 0", c="scalar"),
        forall("x + 0*c == 0", c="scalar"),
        "assumption 0 is violated",
        "1 == 0",
    ),
    "quantified equality of a product": quantified(
        forall("c*d == 0", c="scalar", d="scalar"),
        forall("c*d*x == 0", c="scalar", d="scalar"),
        "assumption 0 is violated",
        "c*d == 0",
    ),
    "quantified spread just above": attack(
        "Var <= 0.999 for a variance of 1",
        "assumption 0 is violated",
        Case("refutes", claim("L >= 2", SPREAD, scalars="L", E="| v"), spread("999/1000")),
        Case("refutes", claim("L >= 2", SPREAD, scalars="L", E="| v"), spread("1")),
    ),
    "quantified spread in the second coordinate": attack(
        "a direction that is not the first",
        "assumption 0 is violated",
        Case("refutes", claim("L >= 2", SPREAD, scalars="L", E="| v"), spread("999/1000", ["0", "1"])),
        Case("refutes", claim("L >= 2", SPREAD, scalars="L", E="| v"), spread("1", ["0", "1"])),
    ),
    "quantified form just below 0": quantified(
        forall("c**2 - 2*c*d + 2*d**2 + c >= -49/100", c="scalar", d="scalar"),
        forall("c**2 - 2*c*d + 2*d**2 + c >= -1/2", c="scalar", d="scalar"),
        "assumption 0 is violated",
        "the least value is -1/2, at c = -1, d = -1/2",
    ),
    "quantified form of three just below 0": quantified(
        forall(
            "c**2 + d**2 + e**2 - c*d - d*e - e*c + (c - 2*d)**2 + e >= -7/24",
            c="scalar",
            d="scalar",
            e="scalar",
        ),
        forall(
            "c**2 + d**2 + e**2 - c*d - d*e - e*c + (c - 2*d)**2 + e >= -10",
            c="scalar",
            d="scalar",
            e="scalar",
        ),
        "assumption 0 is violated",
        "three bound names",
    ),
    "quantified vector of degree three": attack(
        "a cubic in a direction",
        "degree <= 2",
        Case(
            "model",
            claim("L >= 0", forall("E[inner(v, q)**3] <= L", q="vector"), scalars="L", E="| v"),
            spread("1"),
        ),
        Case(
            "model",
            claim("L >= 0", forall("E[inner(v, q)**2] <= L*inner(q, q)", q="vector"), scalars="L", E="| v"),
            spread("1"),
        ),
    ),
}
