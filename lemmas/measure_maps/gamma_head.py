"""One attention head computes gamma_lambda exactly: tokens of width d + 3 d', d' heads of width 1.

Statement
    gamma_lambda(mu, x) = x~ + v m, m the mean of y~ under mu tilted by c x~ y~, with x~ = <x, a> + b, y~ = <y, a> + b. On tokens (x, p, q, s)
    in R^(d + 3 d') with q_i = <x, a_i> + b_i, a head with Q = sgn(c) sqrt|c| e^T, K = sqrt|c| e^T, V = v e^T, W = e, e the unit vector of
    q_i, in a residual layer of step 1 turns q_i into gamma_{lambda_i}(mu, x) and moves nothing orthogonal to e; d' such heads act on
    d' coordinates without touching one another's. On |x|, |y| <= R every |gamma| <= B = (1 + |v|)(|a| R + |b|), and k factors
    multiplied one after another, each product within err, are within err (B^k - 1)/(B - 1) of their product (B > 1).
    Every probability measure, any weights and number of tokens, every d, d'; real c of either sign.

Proof
    1. The score is (Q x)(K y) = sgn(c) |c| q(x) q(y) = c q(x) q(y).                          kernel    MM-44.score
    2. The layer moves q by v m, so to gamma,                                                  kernel    MM-44.written
    3. and leaves every direction orthogonal to e, other heads' values included.               kernel    MM-44.untouched
    4. |<x, a> + b| <= |a| R + |b| = r;                                                        kernel    MM-44.line
    5. a mean of values within r is within r, so |gamma| <= (1 + |v|) r.                        kernel    MM-44.range, MM-44.bound
    6. One more factor: |p' - P gamma| <= |p gamma - P gamma| + err <= B e + err.             kernel    MM-44.product
    7. The recursion e -> B e + err from 0 gives err (B^k - 1)/(B - 1).                        symbolic  derivation
    8. Induction over the factors.                                                           assumed   induction_on_depth

Sharpness
    Steps 1 to 3 are identities. The product bound is attained by factors gamma = B and errors of one sign.

Source
    furuya2024context (arXiv:2408.01367), proof of Theorem 1, as reconstructed: it reproduces d + 3 d' and d' heads.

Audit
    Only the products are approximate (an MLP multiplies); the heads are exact. c < 0 needs the sign in Q or in K, not in both and not
    in neither: refuted below. Without a residual connection q is replaced by v m. |gamma| <= B uses |x| <= R for query and tokens.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-44"
TITLE = "An attention head that computes gamma"
SOURCE = Source("furuya2024context", "2408.01367", "proof of Theorem 1, as reconstructed")
LABEL = "identity"
ASSUMES = ("induction_on_depth",)
USES = ()

v, a, b, R, err, B = sp.symbols("v a b R err B", nonnegative=True)
k, d, heads = sp.symbols("k d heads", positive=True)
BOUNDS = {
    "radius": (1 + v) * (a * R + b),
    "product_error": err * (B**k - 1) / (B - 1),
    "width": d + 3 * heads,
}
SYMBOLS = {
    "v": "size |v| of the value",
    "a": "norm of the direction a",
    "b": "size |b| of the offset",
    "R": "radius of a ball that holds the tokens and the query",
    "err": "error of one product",
    "B": "bound of the factors, above 1",
    "k": "number of factors",
    "d": "width of a token x",
    "heads": "number d' of heads",
}

RADIUS = text(BOUNDS["radius"])
LAYER = {
    "e is a unit vector": "norm2(e) == 1",
    "q is its coordinate": "inner(x, e) == q",
    "the layer adds v m e": "inner(z, e) == inner(x, e) + v*m*inner(e, e)",
}
ORTHOGONAL = {
    "u is orthogonal to e": "inner(u, e) == 0",
    "the layer adds v m e": "inner(z, u) == inner(x, u) + v*m*inner(e, u)",
}
LINE = {"|x| <= R": "norm2(x) <= R**2", "|a| <= A": "norm2(a) <= A**2", "R >= 0": "R >= 0", "A >= 0": "A >= 0"}
TILTED = {
    "m is the tilted mean": "m*E[w] == E[w*y]",
    "values within r": "y <= r",
    "weights": "w >= 0",
    "mass": "E[w] > 0",
}
FACTORS = {
    "x~ <= r": "q <= r",
    "|m| <= r": "Abs(m) <= r",
    "r": "r == a*R + b",
}
ONE_MORE = {
    "the product so far": "Abs(p - P) <= e",
    "|gamma| <= B": "Abs(g) <= B",
    "one product": "z - p*g <= err",
}


def derivation() -> list[DerivationStep]:
    power = sp.Symbol("power", positive=True)  # B^k
    before = BOUNDS["product_error"].subs(B**k, power)
    after = err * (B * power - 1) / (B - 1)
    return [
        DerivationStep("the recursion", B * before + err, after, "B^(k+1) = B B^k"),
        DerivationStep("no factor", BOUNDS["product_error"].subs(k, 0), sp.Integer(0), "B^0 = 1"),
        DerivationStep("one factor", BOUNDS["product_error"].subs(k, 1), err, "the first product already errs"),
        DerivationStep("width", BOUNDS["width"], d + heads + heads + heads, "x, p, q, s"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-44.score",
            "The score of the head; s = sgn(c).",
            {"s is the sign of c": "s*Abs(c) == c"},
            "(s*sqrt(Abs(c))*q)*(sqrt(Abs(c))*y) == c*q*y",
        ),
        statement(
            "MM-44.written",
            "The head writes gamma to its coordinate.",
            LAYER,
            "inner(z, e) == q + v*m",
            vectors="x, z, e",
        ),
        statement(
            "MM-44.untouched", "Nothing else moves.", ORTHOGONAL, "inner(z, u) == inner(x, u)", vectors="x, z, e, u"
        ),
        statement("MM-44.line", "The affine part; A = |a|.", LINE, "inner(x, a) + b <= A*R + Abs(b)", vectors="x, a"),
        statement("MM-44.range", "A tilted mean of values that are at most r.", TILTED, "m <= r", random="w, y"),
        statement(
            "MM-44.bound",
            "gamma <= B, and the same for -gamma with -q, -m; a, b stand for |a|, |b|.",
            FACTORS,
            f"q + v*m <= {RADIUS.replace('v', 'Abs(v)')}",
        ),
        statement(
            "MM-44.product",
            "One more factor, from above; with -z, -p, -P from below.",
            ONE_MORE,
            "z - P*g <= B*e + err",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-44.bound",
            0,
            model({"R": 2, "a": "1/2", "b": "1/2", "m": "51/100", "q": 2, "r": "3/2", "v": "1/2"}),
            "not: x~ <= r",
        ),
        Counterexample(
            "MM-44.bound",
            1,
            model({"R": -2, "a": 2, "b": "199/100", "m": "-5/3", "q": -3, "r": "-201/100", "v": "-201/100"}),
            "not: |m| <= r",
        ),
        Counterexample(
            "MM-44.bound",
            2,
            model({"R": 3, "a": -1, "b": "-1/2", "m": 2, "q": -3, "r": "3001/1000", "v": "-1/2"}),
            "not: r",
        ),
        Counterexample(
            "MM-44.product",
            0,
            model({"B": 3, "P": 0, "e": "-8/3", "err": -2, "g": 2, "p": 2, "z": -3}),
            "not: the product so far",
        ),
        Counterexample(
            "MM-44.product",
            1,
            model({"B": 0, "P": -3, "e": 3, "err": "3/2", "g": 2, "p": "-1/10", "z": "-1/4"}),
            "not: |gamma| <= B",
        ),
        Counterexample(
            "MM-44.product",
            2,
            model({"B": "3/2", "P": "3/2", "e": "1/2", "err": "1/2", "g": "1/2", "p": "8/5", "z": 3}),
            "not: one product",
        ),
        Counterexample("MM-44.score", 0, model({"c": 3, "q": -1, "s": "-1/2", "y": 2}), "not: s is the sign of c"),
        Counterexample(
            "MM-44.written",
            0,
            model({"m": -2, "q": 0, "v": "-1/2"}, {"e": [0], "x": [1], "z": ["-1/2"]}),
            "not: e is a unit vector",
        ),
        Counterexample(
            "MM-44.written",
            1,
            model({"m": -3, "q": -1, "v": "-1/2"}, {"e": [1], "x": ["-1/2"], "z": [1]}),
            "not: q is its coordinate",
        ),
        Counterexample(
            "MM-44.written",
            2,
            model({"m": -2, "q": "1/2", "v": "501/1000"}, {"e": [1], "x": ["1/2"], "z": [-1]}),
            "not: the layer adds v m e",
        ),
        Counterexample(
            "MM-44.untouched",
            0,
            model({"m": -1, "v": 1}, {"e": ["1/2"], "u": ["1/2"], "x": [0], "z": ["-1/2"]}),
            "not: u is orthogonal to e",
        ),
        Counterexample(
            "MM-44.untouched",
            1,
            model({"m": 0, "v": 1}, {"e": [0], "u": ["1/2"], "x": ["-1/1000"], "z": [2]}),
            "not: the layer adds v m e",
        ),
        Counterexample(
            "MM-44.line", 0, model({"A": 2, "R": "4/3", "b": "403/300"}, {"a": [-2], "x": [-2]}), "not: |x| <= R"
        ),
        Counterexample(
            "MM-44.line", 1, model({"A": 0, "R": "7/4", "b": 2}, {"a": ["-1/3"], "x": [-1]}), "not: |a| <= A"
        ),
        Counterexample(
            "MM-44.line", 2, model({"A": 2, "R": -2, "b": -1}, {"a": [-2], "x": ["-101/100"]}), "not: R >= 0"
        ),
        Counterexample(
            "MM-44.line", 3, model({"A": -2, "R": "1/2", "b": "501/1000"}, {"a": [1], "x": ["1/2"]}), "not: A >= 0"
        ),
        Counterexample(
            "MM-44.range",
            0,
            model({"m": 2, "r": "4/3"}, E=[(1, {"w": "403/300", "y": -2})]),
            "not: m is the tilted mean",
        ),
        Counterexample(
            "MM-44.range", 1, model({"m": 2, "r": "1/2"}, E=[(1, {"w": "499/1000", "y": 2})]), "not: values within r"
        ),
        Counterexample(
            "MM-44.range",
            2,
            model({"m": 1, "r": "1/2"}, E=[("1/3", {"w": "-1/2", "y": -1}), ("2/3", {"w": 1, "y": "1/2"})]),
            "not: weights",
        ),
        Counterexample("MM-44.range", 3, model({"m": 2, "r": -2}, E=[(1, {"w": 0, "y": -2})]), "not: mass"),
    ]


def refuted() -> list[Refuted]:
    unsigned = statement("MM-44.unsigned", "", {"c < 0": "c < 0"}, "(sqrt(Abs(c))*q)*(sqrt(Abs(c))*y) == c*q*y")
    less = statement("MM-44.less", "", ONE_MORE, "z - P*g <= 999/1000*(B*e + err)")
    added = statement("MM-44.added", "", ONE_MORE | {"B >= 1": "B >= 1"}, "z - P*g <= e + err")
    smaller = statement("MM-44.smaller", "", FACTORS, f"q + v*m <= 999/1000*({RADIUS.replace('v', 'Abs(v)')})")
    return [
        Refuted(
            "no sign",
            "For c < 0 the head without the sign has the score c q q'.",
            unsigned.text,
            model({"c": -2, "q": "1/2", "y": "501/1000"}),
        ),
        Refuted(
            "0.999 of a step",
            "One more factor costs 0.999 (B e + err).",
            less.text,
            model({"B": 1, "P": 1, "e": 0, "err": "101/100", "g": "-1/100", "p": 1, "z": 1}),
        ),
        Refuted(
            "errors add up",
            "The errors of the products add up.",
            added.text,
            model({"B": 2, "P": 1, "e": 1, "err": 0, "g": 2, "p": 2, "z": 4}),
        ),
        Refuted(
            "0.999 of the range",
            "|gamma| is at most 0.999 B.",
            smaller.text,
            model({"R": 1, "a": 1, "b": 0, "m": 1, "q": 1, "r": 1, "v": 1}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
