"""In-context maps compose: (G2 o G1)(mu, x) = G2(G1(mu, .)_# mu, G1(mu, x)), and a probe of weight t changes the context by O(t).

Statement
    Let G1(mu, .) = S and G2(S_# mu, .) = T be Borel maps. Then (T S)_# mu = T_#(S_# mu): the measure map of the composition is the
    composition of the measure maps, composition is associative, and a layer that ignores its context (an MLP) acts by phi(mu, x) = phi(x).
    A query is a token without mass. If it is appended as a token of mass t < 1, whose weight e^{score} is at most e^s times the mean
    weight and whose value is within D of the tilted mean, the tilted mean moves by at most D t e^s/(1 - t + t e^s).
    All Borel probability measures, every d, any weights and number of tokens; |.| Euclidean.

Proof
    1. Let H be the push-forward under T of the push-forward F under S of E. In the space of features k_y, <q, k_y> = q(y), with
       r = q o T: H[q] = F[q o T] = F[r] = E[r o S] = E[q o T o S].                             kernel    MM-01.pushforward
    2. Both bracketings of three layers evaluate to G3(f2 f1 mu, G2(f1 mu, G1(mu, x))); for affine layers q x + c mean(mu) in
       coefficients.                                                                         symbolic  derivation
    3. With mass t the probe has the share p of the softmax, p <= t e^s/(1 - t + t e^s).        kernel    MM-01.share
    4. The tilted mean moves by p (z - m): at most p D.                                        kernel    MM-01.shift
    5. Equality where all scores of the context agree and the probe's is larger by s.          kernel    MM-01.attained

Sharpness
    The probe bound is attained (step 5). For s <= 100 and t = 1e-300 it is below 1e-256 D: in float64 the probe sees the context
    and the context does not see the probe.

Source
    furuya2024context (arXiv:2408.01367), equations 5 and 6, as reconstructed.

Audit
    Refuted below: evaluating the second layer with the context of the first (a frozen context).
    Steps 3 to 5 are ours: they say how small a weight makes a token a query.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-01"
TITLE = "Composition law of in-context maps"
SOURCE = Source("furuya2024context", "2408.01367", "equations 5 and 6, as reconstructed")
LABEL = "identity"
ASSUMES = ()
USES = ()

D, t, s = sp.symbols("D t s", nonnegative=True)
BOUNDS = {"probe_shift": D * t * sp.exp(s) / (1 - t + t * sp.exp(s))}
SYMBOLS = {
    "D": "distance of the probe's value from the tilted mean",
    "t": "mass of the probe",
    "s": "excess of the probe's score: its weight is at most e^s times the mean weight",
}

SHARE = text(BOUNDS["probe_shift"] / D)

Affine = tuple[sp.Expr, sp.Expr]


def compose_affine(second: Affine, first: Affine) -> Affine:
    """(q, c) of the composition of two layers q x + c mean(mu): the second sees the mean (q1 + c1) mean(mu)."""
    (q2, c2), (q1, c1) = second, first
    return q2 * q1, q2 * c1 + c2 * (q1 + c1)


def derivation() -> list[DerivationStep]:
    one, two, three = (sp.symbols(f"q{k} c{k}", real=True) for k in (1, 2, 3))
    left = compose_affine(compose_affine(three, two), one)
    right = compose_affine(three, compose_affine(two, one))
    phi = sp.Symbol("phi", real=True)
    context_free = compose_affine((phi, sp.Integer(0)), one)
    return [
        DerivationStep("associative, query", left[0], right[0], "products of numbers"),
        DerivationStep("associative, context", left[1], right[1], "expand both bracketings"),
        DerivationStep(
            "the mean after two layers", sp.Add(*compose_affine(two, one)), sp.Add(*two) * sp.Add(*one), "f2 f1"
        ),
        DerivationStep("a layer without context", context_free[1], phi * one[1], "phi(G1(mu, x))"),
    ]


PULLED = {
    "F is the push-forward of E under S": "forall f: F[inner(Y, f)] == E[inner(X, f)]",
    "H is the push-forward of F under T": "forall f: H[inner(Z, f)] == F[inner(W, f)]",
    "r is q composed with T, on F": "inner(W, q) == inner(Y, r)",
    "r is q composed with T, along S on E": "inner(U, q) == inner(X, r)",
}
MIXED = {
    "the probe's share": "p*((1 - t)*Z + t*g) == t*g",
    "its weight is at most e^s Z": "g <= exp(s)*Z",
    "its weight is not negative": "g >= 0",
    "Z > 0": "Z > 0",
    "t >= 0": "t >= 0",
    "t < 1": "t < 1",
}
MOVED = {
    "m is the tilted mean": "forall q: E[e]*inner(m, q) == E[e*inner(v, q)]",
    "m1 is the tilted mean with the probe": (
        "forall q: ((1 - t)*E[e] + t*g)*inner(m1, q) == (1 - t)*E[e*inner(v, q)] + t*g*inner(z, q)"
    ),
    "the probe's share": "p*((1 - t)*E[e] + t*g) == t*g",
    "there is mass": "(1 - t)*E[e] + t*g > 0",
    "|z - m| <= D": "norm2(z - m) <= D**2",
}


def claims() -> list[Claim]:
    return [
        statement(
            "MM-01.pushforward",
            "The push-forward of a push-forward is the push-forward under the composition; features X at S y, Y at z, W at T z, "
            "Z at the points of H, U at T S y.",
            PULLED,
            "E[inner(U, q)] == H[inner(Z, q)]",
            vectors="q, r, X, U, Y, W, Z",
            functionals={"E": "X, U", "F": "Y, W", "H": "Z"},
        ),
        statement(
            "MM-01.share",
            "A probe of mass t has at most the share t e^s/(1 - t + t e^s) of the softmax; Z: mean weight of the context.",
            MIXED,
            f"p <= {SHARE}",
        ),
        statement(
            "MM-01.shift",
            "The probe moves the tilted mean by at most its share times D.",
            MOVED,
            "norm2(m1 - m) <= (p*D)**2",
            vectors="m, m1, z, v",
            random="v, e",
        ),
        statement(
            "MM-01.attained",
            "Scores 0 on the context, s at the probe, values m and m + D: the mean moves by the bound.",
            {"the mean with the probe": "m1*((1 - t) + t*exp(s)) == (1 - t)*m + t*exp(s)*(m + D)"},
            f"m1 - m == {text(BOUNDS['probe_shift'])}",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-01.pushforward",
            0,
            model(
                {},
                {"q": [3], "r": [-3]},
                E=[(1, {"U": [2], "X": [-2]})],
                F=[(1, {"W": [-2], "Y": [2]})],
                H=[(1, {"Z": [-2]})],
            ),
            "not: F is the push-forward of E under S",
        ),
        Counterexample(
            "MM-01.pushforward",
            1,
            model(
                {},
                {"q": [1], "r": [1]},
                E=[(1, {"U": ["11/10"], "X": ["11/10"]})],
                F=[(1, {"W": ["11/10"], "Y": ["11/10"]})],
                H=[(1, {"Z": ["5/3"]})],
            ),
            "not: H is the push-forward of F under T",
        ),
        Counterexample(
            "MM-01.pushforward",
            2,
            model(
                {},
                {"q": ["-1/2"], "r": ["-3/2"]},
                E=[(1, {"U": [0], "X": [0]})],
                F=[(1, {"W": [3], "Y": [0]})],
                H=[(1, {"Z": [3]})],
            ),
            "not: r is q composed with T, on F",
        ),
        Counterexample(
            "MM-01.pushforward",
            3,
            model(
                {},
                {"q": [1], "r": [2]},
                E=[(1, {"U": [-3], "X": [-1]})],
                F=[(1, {"W": [-2], "Y": [-1]})],
                H=[(1, {"Z": [-2]})],
            ),
            "not: r is q composed with T, along S on E",
        ),
        Counterexample(
            "MM-01.share", 0, model({"Z": 1, "g": 1, "p": 3, "s": "1/2", "t": "3/4"}), "not: the probe's share"
        ),
        Counterexample(
            "MM-01.share",
            1,
            model({"Z": 1, "g": 1, "p": "2/3", "s": -2, "t": "2/3"}),
            "not: its weight is at most e^s Z",
        ),
        Counterexample(
            "MM-01.share",
            2,
            model({"Z": "1/2", "g": -1, "p": 2, "s": 0, "t": "1/2"}),
            "not: its weight is not negative",
        ),
        Counterexample("MM-01.share", 3, model({"Z": 0, "g": 0, "p": 3, "s": 1, "t": 0}), "not: Z > 0"),
        Counterexample("MM-01.share", 4, model({"Z": "3/2", "g": 0, "p": 0, "s": 2, "t": "-1/10"}), "not: t >= 0"),
        Counterexample("MM-01.share", 5, model({"Z": 1, "g": 2, "p": "3/2", "s": 3, "t": 3}), "not: t < 1"),
        Counterexample(
            "MM-01.shift",
            0,
            model(
                {"D": 2, "g": 0, "p": 0, "t": -2},
                {"m": ["1/100"], "m1": ["-1/2"], "z": [2]},
                E=[(1, {"e": 2, "v": ["-1/2"]})],
            ),
            "not: m is the tilted mean",
        ),
        Counterexample(
            "MM-01.shift",
            1,
            model(
                {"D": -3, "g": -1, "p": 1, "t": "-11/10"},
                {"m": [3], "m1": ["-301/100"], "z": ["3/4"]},
                E=[(1, {"e": 0, "v": [-1]})],
            ),
            "not: m1 is the tilted mean with the probe",
        ),
        Counterexample(
            "MM-01.shift",
            2,
            model(
                {"D": "1/2", "g": "5/2", "p": "-1/2", "t": 2},
                {"m": ["-1/2"], "m1": [0], "z": [0]},
                E=[(1, {"e": 0, "v": ["-501/1000"]})],
            ),
            "not: the probe's share",
        ),
        Counterexample(
            "MM-01.shift",
            3,
            model(
                {"D": 2, "g": "-5/2", "p": 1, "t": 0}, {"m": [2], "m1": [-2], "z": ["3/2"]}, E=[(1, {"e": 0, "v": [3]})]
            ),
            "not: there is mass",
        ),
        Counterexample(
            "MM-01.shift",
            4,
            model(
                {"D": 2, "g": 2, "p": 1, "t": "1999/1000"},
                {"m": ["999/1000"], "m1": [-2], "z": [-2]},
                E=[(1, {"e": 0, "v": ["101/100"]})],
            ),
            "not: |z - m| <= D",
        ),
        Counterexample(
            "MM-01.attained", 0, model({"D": 3, "m": -1, "m1": "-1/2", "s": 2, "t": -3}), "not: the mean with the probe"
        ),
    ]


def refuted() -> list[Refuted]:
    """Layers q x + c mean(mu), with m the mean of the first context and n the mean after the first layer."""
    first = {"y is the query after the first layer": "y == q*x + c*m", "n is the mean after it": "n == (q + c)*m"}
    frozen = statement("MM-01.frozen", "", first, "r*y + e*m == r*q*x + (r*c + e*(q + c))*m")
    less = statement(
        "MM-01.less",
        "",
        {"the mean with the probe": "m1*((1 - t) + t*exp(s)) == (1 - t)*m + t*exp(s)*(m + D)"}
        | {"D > 0": "D > 0", "t > 0": "t > 0", "t < 1": "t < 1"},
        f"m1 - m <= 999/1000*({text(BOUNDS['probe_shift'])})",
    )
    return [
        Refuted(
            "frozen context",
            "The second layer may see the context of the first one.",
            frozen.text,
            model({"c": 0, "e": 1, "m": 1, "n": 0, "q": 0, "r": 0, "x": "1/1000", "y": 0}),
        ),
        Refuted(
            "0.999 of the bound",
            "A probe moves the mean by at most 0.999 times the bound.",
            less.text,
            model({"D": 3, "m": -1, "m1": "1/2", "s": 0, "t": "1/2"}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS = (Binding("torch_impl.layers:affine_mean", "affine_mean"),)
