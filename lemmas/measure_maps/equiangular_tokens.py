"""Equiangular tokens on the sphere stay equiangular under attention: one number, its differential equation and its exact map.

Statement
    n >= 2 unit tokens in R^d with common inner product c, scores beta <x, y>, V = I (self-attention over all n tokens, Euclidean norm).
    p = e^beta/(e^beta + (n - 1) e^{beta c}) is the weight of the token itself, q = e^{beta c}/(e^beta + (n - 1) e^{beta c}) that of another.
    Under x_i' = P_{x_i} sum_j p_ij x_j, P_x = I - x x^T, they stay equiangular, and
    c' = 2 e^{beta c} (1 - c)(1 + (n - 1) c)/(e^beta + (n - 1) e^{beta c}) >= 0.
    The layer x -> N(x + h Att(mu, x)), N(z) = z/|z|, takes c to c^+ = I/Q, a = 1 + h p, b = h q,
    I = a^2 c + 2 a b (1 + (n - 2) c) + b^2 ((n - 2) + ((n - 1)^2 - (n - 2)) c), Q = a^2 + 2 a b (n - 1) c + b^2 ((n - 1) + (n - 1)(n - 2) c).
    For sums in place of softmax, w = int e^{beta <x, y>} y dmu and x' = P_x w: the energy int int e^{beta <x, y>}/(2 beta) rises at the
    rate int |x'|^2 dmu. Every n >= 2, d and c that such tokens have, every real beta (for the energy beta != 0) and h with Q > 0.

Proof
    1. With s the sum of all tokens, Att at x is (p - q) x + q s, and <x, s> = 1 + (n - 1) c, <s, s> = n <x, s>.
       The inner product of two images is I.                                                     kernel    MM-35.inner
    2. The square of the norm of an image is Q.                                                  kernel    MM-35.norm
    3. P_x x = 0, so x' = q P_x s, and c' = <x', y> + <x, y'> = 2 q (1 - c)(1 + (n - 1) c).      kernel    MM-35.rate
    4. It is not negative: tokens cluster.                                                       kernel    MM-35.clusters
    5. <w, x'> = |x'|^2, and the energy rises at the rate int <w, x'> dmu.                       kernel    MM-35.energy
    6. p + (n - 1) q = 1; the map's derivative at h = 0 is the rate.                             symbolic  derivation

Sharpness
    Identities.

Source
    proofcheck; the equation for equiangular tokens is due to the literature on clustering in self-attention, as remembered.

Audit
    All pairs obey the same equations, so equal inner products stay equal: the tokens never leave the family.
    Steps 1 to 3 speak of two tokens and the sum of all, so n is a number in them and not a count of names.
    Q is the square of a norm, and it can be 0: for h = 1/(q - p) two opposite tokens (c = -1, beta < 0) both go to 0, where N is not
    defined (refuted below). For h, beta >= 0 it is at least 1: the image of x is (a - b) x + b s, a - b >= 1 and <s, x> >= 0.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-35"
TITLE = "Equiangular tokens on the sphere"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; equation as remembered from the clustering literature")
LABEL = "identity"
ASSUMES = ()
USES = ()

beta, c, h, n = sp.symbols("beta c h n", real=True)
TOTAL = sp.exp(beta) + (n - 1) * sp.exp(beta * c)
OWN, OTHER = sp.exp(beta) / TOTAL, sp.exp(beta * c) / TOTAL


def _inner(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return a**2 * c + 2 * a * b * (1 + (n - 2) * c) + b**2 * ((n - 2) + ((n - 1) ** 2 - (n - 2)) * c)


def _square(a: sp.Expr, b: sp.Expr) -> sp.Expr:
    return a**2 + 2 * a * b * (n - 1) * c + b**2 * ((n - 1) + (n - 1) * (n - 2) * c)


BOUNDS = {
    "rate": 2 * sp.exp(beta * c) * (1 - c) * (1 + (n - 1) * c) / TOTAL,
    "next_inner": _inner(1 + h * OWN, h * OTHER) / _square(1 + h * OWN, h * OTHER),
}
SYMBOLS = {
    "beta": "scale of the scores beta <x, y>",
    "c": "common inner product of two tokens",
    "h": "step of the layer",
    "n": "number of tokens",
}

GRAM = {
    "x is a unit vector": "inner(x, x) == 1",
    "y is a unit vector": "inner(y, y) == 1",
    "the common inner product": "inner(x, y) == c",
    "x with the sum s": "inner(x, s) == 1 + (n - 1)*c",
    "y with the sum s": "inner(y, s) == 1 + (n - 1)*c",
    "the square of the sum": "inner(s, s) == n*(1 + (n - 1)*c)",
}
PAIR = {words: GRAM[words] for words in list(GRAM)[2:]}
ONE = {words: GRAM[words] for words in ("x is a unit vector", "x with the sum s", "the square of the sum")}
RATE = {words: GRAM[words] for words in list(GRAM)[2:5]}
CLUSTERS = {"c <= 1": "c <= 1", "|s|^2 >= 0": "1 + (n - 1)*c >= 0", "q >= 0": "q >= 0"}
UNIT = {"x is a unit vector": "norm2(x) == 1"}


def derivation() -> list[DerivationStep]:
    return [
        DerivationStep("weights", OWN + (n - 1) * OTHER, sp.Integer(1), "one token itself, n - 1 others"),
        DerivationStep("rate", 2 * OTHER * (1 - c) * (1 + (n - 1) * c), BOUNDS["rate"], "q"),
        DerivationStep("derivative of the map", sp.diff(BOUNDS["next_inner"], h).subs(h, 0), BOUNDS["rate"], "h -> 0"),
    ]


def claims() -> list[Claim]:
    image = "(a - b)*{0} + b*s"
    return [
        statement(
            "MM-35.inner",
            "The inner product of the images of two tokens.",
            PAIR,
            f"inner({image.format('x')}, {image.format('y')}) == a**2*c + 2*a*b*(1 + (n - 2)*c) "
            "+ b**2*((n - 2) + ((n - 1)**2 - (n - 2))*c)",
            vectors="x, y, s",
        ),
        statement(
            "MM-35.norm",
            "The square of the norm of the image of a token.",
            ONE,
            f"norm2({image.format('x')}) == a**2 + 2*a*b*(n - 1)*c + b**2*((n - 1) + (n - 1)*(n - 2)*c)",
            vectors="x, s",
        ),
        statement(
            "MM-35.rate",
            "The derivative of the inner product of two tokens that move by q P_x s and q P_y s.",
            RATE,
            "inner(q*s - inner(q*s, x)*x, y) + inner(x, q*s - inner(q*s, y)*y) == 2*q*(1 - c)*(1 + (n - 1)*c)",
            vectors="x, y, s",
        ),
        statement("MM-35.clusters", "The inner product grows.", CLUSTERS, "2*q*(1 - c)*(1 + (n - 1)*c) >= 0"),
        statement(
            "MM-35.energy",
            "The velocity is the projection of w, so its inner product with w is its square.",
            UNIT,
            "inner(w, w - inner(w, x)*x) == norm2(w - inner(w, x)*x)",
            vectors="w, x",
        ),
    ]


def _line(x: int, y: int, s: int, **scalars: int) -> dict:
    return model(scalars, {"x": [x], "y": [y], "s": [s]})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-35.inner", 0, _line(1, 1, 0, a=1, b=3, c=-1, n=2), "another inner product"),
        Counterexample("MM-35.inner", 1, _line(1, -1, -1, a=0, b=-1, c=-1, n=1), "another sum at x"),
        Counterexample("MM-35.inner", 2, _line(-1, 1, -1, a=0, b=-1, c=-1, n=1), "another sum at y"),
        Counterexample(
            "MM-35.inner",
            3,
            model({"a": 0, "b": 1, "c": 1, "n": 0}, {"x": [0, 1], "y": [0, 1], "s": [1, 0]}),
            "another sum",
        ),
        Counterexample("MM-35.norm", 0, model({"a": 1, "b": 0, "c": -1, "n": 2}, {"x": [2], "s": [0]}), "a longer x"),
        Counterexample(
            "MM-35.norm", 1, model({"a": 1, "b": 2, "c": 1, "n": 4}, {"x": [1], "s": [-4]}), "another sum at x"
        ),
        Counterexample(
            "MM-35.norm", 2, model({"a": 0, "b": 1, "c": 1, "n": 0}, {"x": [0, 1], "s": [1, 0]}), "another sum"
        ),
        Counterexample("MM-35.rate", 0, OTHER_ANGLE, "another inner product"),
        Counterexample("MM-35.rate", 1, _line(-1, 1, -1, q=-1, c=-1, n=3), "another sum at x"),
        Counterexample("MM-35.rate", 2, _line(1, -1, -1, q=-1, c=-1, n=3), "another sum at y"),
        Counterexample("MM-35.clusters", 0, model({"c": 2, "n": 2, "q": 1}), "c above 1"),
        Counterexample("MM-35.clusters", 1, model({"c": -2, "n": 2, "q": 1}), "more opposite than n tokens can be"),
        Counterexample("MM-35.clusters", 2, model({"c": 0, "n": 2, "q": -1}), "a negative weight"),
        Counterexample("MM-35.energy", 0, model({}, {"w": [1], "x": [2]}), "x is longer"),
    ]


OTHER_ANGLE = model({"c": 3, "n": "1/2", "q": -1}, {"s": ["1/2"], "x": [-1], "y": [-1]})
TWO_TOKENS = model({"c": "3/5", "n": 2, "q": "1/2"}, {"x": [1, 0], "y": ["3/5", "4/5"], "s": ["8/5", "4/5"]})


def refuted() -> list[Refuted]:
    flat = statement(
        "MM-35.flat",
        "",
        RATE,
        "inner(q*s, y) + inner(x, q*s) == 2*q*(1 - c)*(1 + (n - 1)*c)",
        vectors="x, y, s",
    )
    counted = statement(
        "MM-35.counted",
        "",
        RATE,
        "inner(q*s - inner(q*s, x)*x, y) + inner(x, q*s - inner(q*s, y)*y) == 2*q*(1 - c)*(1 + n*c)",
        vectors="x, y, s",
    )
    defined = statement(
        "MM-35.defined",
        "",
        {"n": "n >= 2", "c >= -1/(n - 1)": "1 + (n - 1)*c >= 0", "c <= 1": "c <= 1"},
        "a**2 + 2*a*b*(n - 1)*c + b**2*((n - 1) + (n - 1)*(n - 2)*c) > 0",
    )
    return [
        Refuted(
            "always defined",
            "No image is 0, whatever h and beta are (two opposite tokens, 1 + h p = h q).",
            defined.text,
            model({"a": 1, "b": 1, "c": -1, "n": 2}),
        ),
        Refuted("no projection", "The same rate without the projection to the sphere.", flat.text, TWO_TOKENS),
        Refuted("n for n - 1", "The rate has 1 + n c in place of 1 + (n - 1) c.", counted.text, TWO_TOKENS),
    ]


HAMMER = None
BINDINGS = (Binding("torch_impl.equiangular:layer_of_two", "proofcheck.bind.formulas_closed_forms:LAYER_OF_TWO"),)
