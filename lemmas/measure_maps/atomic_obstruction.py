"""A push-forward carries atoms whole: inf_G W_1(G_# mu, nu) = D dist(w, subset sums of the weights) for nu on two points.

Statement
    Let mu = sum_i a_i delta_{x_i} with distinct x_i, a_i > 0, sum a_i = 1, and nu = w delta_z + (1 - w) delta_z' with D = |z - z'|. Then every
    push-forward G_# mu, G(x_i) = y_i anywhere in the metric space, has W_1(G_# mu, nu) >= D min_S |w - sum_{i in S} a_i|, S over
    the sets of atoms, and some G attains it. So inf_G W_1(G_# delta_0, 1/2 delta_{-1} + 1/2 delta_1) = 1, and from
    1/2 delta_{-1} + 1/2 delta_1 to 1/3 delta_{-1} + 2/3 delta_1 it is 1/3. Every d, any number of atoms.

Proof
    1. A coupling sends mass x_i of atom i to z and a_i - x_i to z', sum x_i = w. It costs sum x_i |y_i - z| + (a_i - x_i) |y_i - z'|, at
       least D sum min(x_i, a_i - x_i), wherever y_i is.                                        kernel    MM-19.atom, MM-19.cost
    2. Rounding each x_i to the nearer one of 0 and a_i gives a set S; the sum of the errors is at least |w - sum_S a_i|.   kernel    MM-19.rounding
    3. y_i = z on S and z' elsewhere costs exactly D |w - sum_S a_i|: what is missing at z comes from z'.   kernel    MM-19.attained
    4. The two examples.                                                                     symbolic  derivation

Sharpness
    An equality: the infimum is attained for every mu, w, z, z'.

Source
    The two examples: arXiv:2609.35483, Examples 2.3 and 2.4 and Proposition A.2, as remembered; the general statement: proofcheck.

Audit
    The sum over atoms is a positive functional S here, not a probability. More than two target points: project onto two groups of them
    (the distance D is then that of the groups). Bayes reweighting, heat flow, dropout and merging of tokens change weights, so for
    generic weights they are not push-forwards and stay away from all of them by this bound.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-19"
TITLE = "Atoms obstruct push-forwards"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; its two examples as remembered from a secondary source")
LABEL = "sharp"
ASSUMES = ()
USES = ()

D, w, t = sp.symbols("D w t", nonnegative=True)
BOUNDS = {"gap": D * sp.Abs(w - t)}
SYMBOLS = {
    "D": "distance of the two target points",
    "w": "mass of the target at the first one",
    "t": "sum of the weights of some atoms that is nearest to w",
}

GAP = text(BOUNDS["gap"])
TRIANGLE = {"g = |y - z|, h = |y - z'|": "g + h >= D"}
MASS = {"mass that goes to z": "x >= 0", "mass that goes to z'": "a - x >= 0"}
ROUNDED = {
    "r is the nearer one of 0 and a": "Abs(x - r) <= f",
    "the coupling sends w to z": "S[x] == w",
    "t is the sum over the set": "S[r] == t",
}


def derivation() -> list[DerivationStep]:
    half, third = sp.Rational(1, 2), sp.Rational(1, 3)
    one = BOUNDS["gap"].subs({D: 2, w: half, t: 1})
    two = BOUNDS["gap"].subs({D: 2, w: third, t: half})
    return [
        DerivationStep("one atom", one, sp.Integer(1), "subset sums 0 and 1 are both 1/2 away from 1/2"),
        DerivationStep("two halves", two, third, "of 0, 1/2, 1 the sum 1/2 is nearest to 1/3"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-19.atom",
            "One atom costs at least D times its smaller part.",
            TRIANGLE | MASS | {"g >= 0": "g >= 0", "h >= 0": "h >= 0"},
            "x*g + (a - x)*h >= D*Min(x, a - x)",
        ),
        statement(
            "MM-19.cost",
            "All atoms: c the cost of one, f its smaller part.",
            {"one atom": "c >= D*f"},
            "S[c] >= D*S[f]",
            functionals=["S!:c,f"],
        ),
        statement(
            "MM-19.rounding",
            "The errors of rounding add up to at least |w - t|.",
            ROUNDED | {"D >= 0": "D >= 0"},
            f"D*S[f] >= {GAP}",
            functionals=["S!:x,r,f"],
        ),
        statement(
            "MM-19.attained",
            "Atoms of S at z, the others at z': the mass Max(t - w, w - t) moves by D.",
            {"cost": "c == D*Max(t - w, w - t)"},
            f"c == {GAP}",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-19.atom",
            0,
            model({"D": 3, "a": 1, "g": "1/2", "h": "99/100", "x": "49/100"}),
            "not: g = |y - z|, h = |y - z'|",
        ),
        Counterexample(
            "MM-19.atom", 1, model({"D": 1, "a": "-1/2", "g": 3, "h": "3/4", "x": "-3/4"}), "not: mass that goes to z"
        ),
        Counterexample(
            "MM-19.atom", 2, model({"D": 0, "a": -3, "g": 3, "h": "3/2", "x": 2}), "not: mass that goes to z'"
        ),
        Counterexample("MM-19.atom", 3, model({"D": -2, "a": "4/3", "g": -2, "h": "1/2", "x": 1}), "not: g >= 0"),
        Counterexample(
            "MM-19.atom", 4, model({"D": -1, "a": "1/4", "g": "249/1000", "h": "-1/2", "x": 0}), "not: h >= 0"
        ),
        Counterexample("MM-19.cost", 0, model({"D": -3}, S=[("1/2", {"c": -3, "f": "-301/100"})]), "not: one atom"),
        Counterexample(
            "MM-19.rounding",
            0,
            model({"D": 1, "t": "-1/2", "w": 3}, S=[(1, {"f": "-4/3", "r": "-1/2", "x": 3})]),
            "not: r is the nearer one of 0 and a",
        ),
        Counterexample(
            "MM-19.rounding", 1, model({"D": 3, "t": 0, "w": "-8/3"}, S=[]), "not: the coupling sends w to z"
        ),
        Counterexample("MM-19.rounding", 2, model({"D": 2, "t": -2, "w": 0}, S=[]), "not: t is the sum over the set"),
        Counterexample(
            "MM-19.rounding",
            3,
            model({"D": -2, "t": "-21/10", "w": "-1/2"}, S=[(1, {"f": 2, "r": "-21/10", "x": "-1/2"})]),
            "not: D >= 0",
        ),
        Counterexample("MM-19.attained", 0, model({"D": 3, "c": -1, "t": "-1/2", "w": 2}), "not: cost"),
    ]


def refuted() -> list[Refuted]:
    more = statement(
        "MM-19.more",
        "",
        TRIANGLE | MASS | {"g >= 0": "g >= 0", "h >= 0": "h >= 0", "D > 0": "D > 0"},
        "x*g + (a - x)*h >= 1001/1000*D*Min(x, a - x)",
    )
    split = statement("MM-19.split", "", {"half of the atom": "2*x == a", "a > 0": "a > 0"}, "Min(x, a - x) == 0")
    return [
        Refuted(
            "1.001 times the gap",
            "An atom costs at least 1.001 D times its smaller part.",
            more.text,
            model({"D": 2, "a": "19/10", "g": 0, "h": 2, "x": "3/2"}),
        ),
        Refuted("no cost", "An atom that is divided evenly has no smaller part.", split.text, model({"a": 2, "x": 1})),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
