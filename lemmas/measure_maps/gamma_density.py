"""Sums of products of gamma_lambda are dense: Stone-Weierstrass for in-context maps, from the lattice form.

Statement
    Let Omega in R^d be compact, Z = P(Omega) x Omega with W_1 + |.|, gamma_lambda(mu, x) = x~ + v int e^(c x~ y~) y~ dmu / int e^(c x~ z~) dmu as in
    MM-44. The finite sums of finite products of gamma_lambda, lambda = (a, b, c, v), are uniformly dense in the continuous functions on Z.
    Vector-valued targets coordinate by coordinate. Every d, every compact Omega, no token count.

Proof
    1. They form an algebra W; a = 0, b = 1, v = 0 gives the constant 1. Every gamma_lambda is Lipschitz on Z: the tilted mean moves by at most
       its constant times W_1 (LT-07.context), so W consists of continuous functions.         kernel    MM-43.product
    2. W separates points: v = 0 where x != x'; else MM-42 gives a, c with other tilted means of <a, y>, b with s = <a, x> + b != 0 and c/s in
       place of c make gamma_lambda see them, since a shift moves both means by b.           kernel    MM-43.shift, MM-43.separate
    3. So some f in W takes given values at two given points.                               kernel    MM-43.interpolate
    4. |y| on [-1, 1] is a uniform limit of polynomials in y: p_{k+1} = p_k + (y^2 - p_k^2)/2 stays in [0, |y|],   kernel    MM-43.below, MM-43.above
    5. and |y| - p_k <= 2/(k + 2): the error e obeys e' <= e (1 - e/2).                        kernel    MM-43.contract, MM-43.rate
    6. Steps 4 and 5 for all k.                                                              assumed   induction_on_depth
    7. Hence the closure of W contains max(f, g) = (f + g + |f - g|)/2 and min: it is a lattice.   kernel    MM-43.lattice
    8. Let g be the target. For p, q let f_pq in the closure take the values of g at p and q. The sets f_pq < g + eps cover Z in q, the sets
       min > g - eps cover it in p; finitely many do.                 assumed   compactness, compactness_of_probability_measures
    9. The maximum of the minima is within eps of g everywhere.                                kernel    MM-43.cover
   10. The constant 1 and the first polynomial.                                              symbolic  derivation

Sharpness
    No rate in the number of terms: it is finite by compactness. (MM-45 has a rate, by a lift.) The rate 2/(k + 2) of step 5 is not sharp in
    its constant.

Source
    furuya2024context (arXiv:2408.01367), Proposition 1, form of gamma as reconstructed; proof: proofcheck.

Audit
    The Stone-Weierstrass theorem itself is not assumed: the algebra becomes a lattice by steps 4 to 7 (with every step a polynomial
    inequality), and the covering argument is that of LT-18 with continuous functions in place of Lipschitz ones. Products of factors are
    needed, sums alone are not an algebra. With c = 0 only means are seen: refuted below.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-43"
TITLE = "Products of attention heads are dense"
SOURCE = Source("furuya2024context", "2408.01367", "Proposition 1, as reconstructed")
LABEL = "upper"
ASSUMES = ("induction_on_depth", "compactness", "compactness_of_probability_measures")
USES = ("LT-07", "LT-18F", "MM-42")

k = sp.Symbol("k", nonnegative=True)
BOUNDS = {"error": 2 / (k + 2)}
SYMBOLS = {"k": "steps of the iteration for |y| on [-1, 1]"}

BEFORE, AFTER = text(BOUNDS["error"]), text(BOUNDS["error"].subs(k, k + 1))
NEXT = "(p + (y**2 - p**2)/2)"
BELOW = {"|y| <= 1": "Abs(y) <= 1", "p <= |y|": "p <= Abs(y)"}
STEP = {"p <= |y|": "p <= Abs(y)", "p >= 0": "p >= 0"}
RATE = {"one step": "f <= e*(1 - e/2)", "so far": f"e <= {BEFORE}", "k >= 0": "k >= 0"}
BOUNDED = {
    "f moves by at most": "Abs(f - g) <= r",
    "u moves by at most": "Abs(u - v) <= s",
    "|u| <= B": "Abs(u) <= B",
    "|g| <= C": "Abs(g) <= C",
}
TILTED = {"the mean of y~ = y + b": "m*E[w] == E[w*(y + b)]", "the mean of y": "n*E[w] == E[w*y]"}
LOW = {"the maximum is at least m_p": "M >= m", "z is near p": "m > v - eps"}
HIGH = {"the maximum is some m_p": "M == c", "f_pq is in row p": "c <= h", "z is in the set of q": "h < v + eps"}


def derivation() -> list[DerivationStep]:
    a, b, v, y, m = sp.symbols("a b v y m", real=True)
    gamma = (a * y + b) + v * m
    return [
        DerivationStep("the constant", gamma.subs({a: 0, b: 1, v: 0}), sp.Integer(1), "a = 0, b = 1, v = 0"),
        DerivationStep("the first polynomial", 0 + (y**2 - 0) / 2, y**2 / 2, "p_0 = 0"),
        DerivationStep("the first error", BOUNDS["error"].subs(k, 0), sp.Integer(1), "|y| - 0 <= 1"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-43.product",
            "A product of two functions that move little moves little.",
            BOUNDED,
            "Abs(f*u - g*v) <= r*B + s*C",
        ),
        statement(
            "MM-43.shift", "A shift by b moves the tilted mean by b.", TILTED, "m*E[w] == (n + b)*E[w]", random="w, y"
        ),
        statement(
            "MM-43.separate",
            "Other tilted means, other values of gamma; q = x~ at the common query.",
            {"other tilted means": "Abs(m - n) >= t"},
            "Abs((q + m) - (q + n)) >= t",
        ),
        statement(
            "MM-43.interpolate",
            "Values a at p and b at q from f(p) = f, f(q) = g: the combination a (f(z) - g)/(f - g) + b (f - f(z))/(f - g) at p.",
            {},
            "a*((f - g)/(f - g)) + b*((f - f)/(f - g)) == a",
        ),
        statement("MM-43.below", "The next polynomial stays below |y|.", BELOW, f"{NEXT} <= Abs(y)"),
        statement("MM-43.above", "It does not decrease, so it stays above 0.", STEP, f"{NEXT} >= p"),
        statement(
            "MM-43.contract",
            "Its error |y| - p' is at most e (1 - e/2), e = |y| - p.",
            STEP,
            f"Abs(y) - {NEXT} <= (Abs(y) - p)*(1 - (Abs(y) - p)/2)",
        ),
        statement("MM-43.rate", "The error after k + 1 steps.", RATE, f"f <= {AFTER}"),
        statement("MM-43.lattice", "The maximum from sums and |.|.", {}, "2*Max(f, g) == f + g + Abs(f - g)"),
        statement("MM-43.cover", "At every point.", LOW | HIGH, "Abs(M - v) < eps"),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-43.shift",
            0,
            model({"b": 3, "m": "1/2", "n": -2}, E=[(1, {"w": "5/2", "y": -2})]),
            "not: the mean of y~ = y + b",
        ),
        Counterexample(
            "MM-43.shift",
            1,
            model({"b": "8/3", "m": 3, "n": "-1/2"}, E=[(1, {"w": "2999/1000", "y": "1/3"})]),
            "not: the mean of y",
        ),
        Counterexample("MM-43.below", 0, model({"p": 3, "y": "31/10"}), "not: |y| <= 1"),
        Counterexample("MM-43.below", 1, model({"p": 1, "y": "-1/2"}), "not: p <= |y|"),
        Counterexample("MM-43.above", 0, model({"p": 3, "y": -1}), "not: p <= |y|"),
        Counterexample("MM-43.above", 1, model({"p": -2, "y": "1/2"}), "not: p >= 0"),
        Counterexample("MM-43.contract", 0, model({"p": 3, "y": -1}), "not: p <= |y|"),
        Counterexample("MM-43.contract", 1, model({"p": -2, "y": "1/2"}), "not: p >= 0"),
        Counterexample(
            "MM-43.product",
            0,
            model({"B": 3, "C": "31/10", "f": 3, "g": "309/100", "r": "-5/4", "s": "31/10", "u": "1/4", "v": 3}),
            "not: f moves by at most",
        ),
        Counterexample(
            "MM-43.product",
            1,
            model({"B": 2, "C": "201/100", "f": 3, "g": 2, "r": 1, "s": 0, "u": "3/2", "v": -1}),
            "not: u moves by at most",
        ),
        Counterexample(
            "MM-43.product",
            2,
            model({"B": -1, "C": "1/2", "f": 2, "g": "1/2", "r": 2, "s": 0, "u": "1/2", "v": "1/2"}),
            "not: |u| <= B",
        ),
        Counterexample(
            "MM-43.product",
            3,
            model(
                {
                    "B": "5/2",
                    "C": -3,
                    "f": "-301/100",
                    "g": "-7/4",
                    "r": "3/2",
                    "s": "5/3",
                    "u": "1/2",
                    "v": "5003/3000",
                }
            ),
            "not: |g| <= C",
        ),
        Counterexample("MM-43.separate", 0, model({"m": "3/2", "n": "7/5", "q": 1, "t": 3}), "not: other tilted means"),
        Counterexample("MM-43.rate", 0, model({"e": 0, "f": 1, "k": 0}), "not: one step"),
        Counterexample("MM-43.rate", 1, model({"e": 1, "f": "1/2", "k": 3}), "not: so far"),
        Counterexample("MM-43.rate", 2, model({"e": -1, "f": "-25/16", "k": "-17/4"}), "not: k >= 0"),
        Counterexample(
            "MM-43.cover",
            0,
            model({"M": 0, "c": 0, "eps": 1, "h": "1/1000", "m": "9/4", "v": 3}),
            "not: the maximum is at least m_p",
        ),
        Counterexample("MM-43.cover", 1, model({"M": 0, "c": 0, "eps": 3, "h": 1, "m": 0, "v": 3}), "not: z is near p"),
        Counterexample(
            "MM-43.cover",
            2,
            model({"M": 3, "c": -2, "eps": "1/2", "h": "-199/100", "m": "51/100", "v": -2}),
            "not: the maximum is some m_p",
        ),
        Counterexample(
            "MM-43.cover", 3, model({"M": 3, "c": 3, "eps": 2, "h": -2, "m": -2, "v": "-1/2"}), "not: f_pq is in row p"
        ),
        Counterexample(
            "MM-43.cover",
            4,
            model({"M": "-1/2", "c": "-1/2", "eps": "-1/2", "h": "-1/2", "m": "-501/1000", "v": -2}),
            "not: z is in the set of q",
        ),
    ]


def refuted() -> list[Refuted]:
    pooling = statement(
        "MM-43.pooling",
        "",
        {"equal means": "E[y] == F[z]", "other measures": "E[y**2] - F[z**2] == 1"},
        "Abs(E[y] - F[z]) > 0",
        functionals=["E:y", "F:z"],
    )
    faster = statement("MM-43.faster", "", RATE, f"f <= 1/2*({AFTER})")
    free = statement("MM-43.free", "", {"p <= |y|": "p <= Abs(y)", "p >= 0": "p >= 0"}, f"{NEXT} <= Abs(y)")
    return [
        Refuted(
            "c = 0",
            "Mean pooling separates measures.",
            pooling.text,
            model({}, E=[("1/2", {"y": 1}), ("1/2", {"y": 3})], F=[("1/3", {"z": 2}), ("2/3", {"z": 2})]),
        ),
        Refuted(
            "half of the rate",
            "The error after k + 1 steps is at most 1/(k + 3).",
            faster.text,
            model({"e": "1/2", "f": "1/4", "k": 2}),
        ),
        Refuted(
            "without the range", "The iteration stays below |y| for every y.", free.text, model({"p": 3, "y": "31/10"})
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
