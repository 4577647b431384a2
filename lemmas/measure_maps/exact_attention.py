"""Contexts on which softmax attention is elementary: one token, two opposite tokens, the corners of a cube, products of laws.

Statement
    Every d, queries x, V and A any real matrices, theta = A x.
    n tokens at one point y (any weights): Att(mu, x) = V y, so N layers x -> x + h Att on a single token give (I + h V)^N x.
    Tokens y and -y, equal weights: Att(mu, x) = V y tanh(<A x, y>).
    A product law nu_1 x ... x nu_d: coordinate i of the tilted mean is that of nu_i tilted by e^{theta_i y_i}. So on the corners of the cube
    {-r, r}^d, equal weights, Att(mu, x) = V r tanh(r A x): attention is a one-layer tanh network, without any error.

Proof
    1. All mass at y: n E[e] = y E[e].                                                            kernel    MM-34.one
    2. So a layer takes y to (I + h V) y, one token again; N layers.                                assumed   induction_on_depth
    3. (e^s + e^{-s}) n = (e^s - e^{-s}) y, s = <theta, y>.                                       kernel    MM-34.two
    4. The tilt of a product is a product: F[w] cancels, F the other coordinates and w their weight.
                                                                                                  kernel    MM-34.product
    5. A coordinate -r or r: mean r (e^{r theta_i} - e^{-r theta_i})/(e^{r theta_i} + e^{-r theta_i}).
                                                                                                  kernel    MM-34.corner
    6. (e^s - e^{-s})/(e^s + e^{-s}) = 1 - 2/(e^{2 s} + 1) = tanh s.                                symbolic  derivation

Sharpness
    Identities.

Source
    proofcheck.

Audit
    Laws other than these two-point ones follow from step 3 where the log-Laplace transform of a coordinate is known.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-34"
TITLE = "Contexts with elementary attention; the cube is a tanh layer"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; attention as in that paper")
LABEL = "identity"
ASSUMES = ("induction_on_depth",)
USES = ()

BOUNDS: dict[str, sp.Expr] = {}
SYMBOLS: dict[str, str] = {}

ONE = {
    "n is the tilted mean": "forall q: E[e]*inner(n, q) == E[e*inner(v, q)]",
    "all tokens are at y (against r)": "inner(v, r) == inner(y, r)",
    "there is mass": "E[e] > 0",
}
TWO = {
    "n is the tilted mean of y and -y": "forall q: (exp(s) + exp(-s))*inner(n, q) == exp(s)*inner(y, q) - exp(-s)*inner(y, q)"
}
PRODUCT = {
    "n is the mean of the coordinate, tilted": "n*(F[w]*G[e]) == F[w]*G[e*y]",
    "the other coordinates have mass": "F[w] > 0",
}
CORNER = {
    "n is the mean of the coordinate -r or r, tilted": "n*(exp(r*t) + exp(-r*t)) == r*exp(r*t) - r*exp(-r*t)",
}


def derivation() -> list[DerivationStep]:
    s = sp.Symbol("s", real=True)
    quotient = (sp.exp(s) - sp.exp(-s)) / (sp.exp(s) + sp.exp(-s))
    return [DerivationStep("tanh", quotient, sp.tanh(s).rewrite(sp.exp), "definition of tanh")]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-34.one",
            "Attention on copies of one token is that token, tested against r.",
            ONE,
            "inner(n, r) == inner(y, r)",
            vectors="n, y, r, v",
            functionals=["E!:e,v"],
        ),
        statement(
            "MM-34.two",
            "The tilted mean of y and -y is y tanh s.",
            TWO,
            "inner(n, r) == (exp(s) - exp(-s))/(exp(s) + exp(-s))*inner(y, r)",
            vectors="n, y, r",
        ),
        statement(
            "MM-34.product",
            "The tilted mean of a coordinate of a product law is that of the coordinate alone.",
            PRODUCT,
            "n*G[e] == G[e*y]",
            functionals=["F!:w", "G!:e,y"],
        ),
        statement(
            "MM-34.corner",
            "A coordinate of the cube gives r tanh(r t).",
            CORNER,
            "n == r*(exp(r*t) - exp(-r*t))/(exp(r*t) + exp(-r*t))",
        ),
    ]


def _one(n: int, v: int, e: int = 1) -> dict:
    return model({}, {"n": [n], "y": [0], "r": [1]}, E=[(1, {"e": e, "v": [v]})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-34.one", 0, _one(1, 0), "n is not the tilted mean"),
        Counterexample("MM-34.one", 1, _one(1, 1), "a token elsewhere"),
        Counterexample("MM-34.one", 2, _one(1, 0, e=0), "no mass: every n fits"),
        Counterexample("MM-34.two", 0, model({"s": 0}, {"n": [1], "y": [1], "r": [1]}), "n is not the tilted mean"),
        Counterexample(
            "MM-34.product", 0, model({"n": 1}, F=[(1, {"w": 1})], G=[(1, {"e": 1, "y": 0})]), "n is not the mean"
        ),
        Counterexample(
            "MM-34.product", 1, model({"n": 1}, F=[(1, {"w": 0})], G=[(1, {"e": 1, "y": 0})]), "no mass elsewhere"
        ),
        Counterexample("MM-34.corner", 0, model({"n": 1, "r": 1, "t": 0}), "n is not the tilted mean"),
    ]


def refuted() -> list[Refuted]:
    slope = statement(
        "MM-34.slope",
        "",
        {},
        "r*(exp(r*t) - exp(-r*t))/(exp(r*t) + exp(-r*t)) == r*(exp(t) - exp(-t))/(exp(t) + exp(-t))",
    )
    halves = statement(
        "MM-34.scale",
        "",
        {},
        "r*(exp(r*t) - exp(-r*t))/(exp(r*t) + exp(-r*t)) == r*(exp(r*t/2) - exp(-r*t/2))/(exp(r*t/2) + exp(-r*t/2))",
    )
    return [
        Refuted("r inside", "On the cube attention is V r tanh(A x).", slope.text, model({"r": 2, "t": 1})),
        Refuted(
            "no 1/sqrt(k)",
            "The scores may be scaled by 1/2 (a missing 1/sqrt(k), k = 4, the other way round).",
            halves.text,
            model({"r": 1, "t": 1}),
        ),
    ]


HAMMER = None
BINDINGS = (
    Binding("torch_impl.hermite_context:attend_on_cube", "proofcheck.bind.formulas_closed_forms:ATTEND_ON_CUBE"),
)
