"""A token network is an in-context map iff it is permutation equivariant and does not change when all tokens are repeated.

Statement
    Let F map sequences of n tokens to sequences of n outputs, for every n >= 1. There is G with F(X)_i = G(mu_X, x_i) for all X, i,
    mu_X = (1/n) sum_j delta_{x_j}, if and only if (i) F is permutation equivariant and (ii) F(X repeated r times)_i = F(X)_i for all r.
    If instead (i) holds up to pi and (ii) up to delta in norm, equal tokens of sequences with equal measures have outputs within
    2 delta + pi, so some G(mu, x) is within 2 delta + pi of F everywhere. Any tokens and outputs, every d, no mask.
    Weights: n_j copies are the weight n_j/n; splitting a delta_x into a/2 delta_x + a/2 delta_x changes no integral.

Proof
    1. If mu_X = mu_Y, a point has multiplicity a of n in X and b of m in Y with a/n = b/m, so m a = n b: X repeated m times is a
       permutation of Y repeated n times.                                                     kernel    MM-02.multiplicity
    2. F(X)_i -> F(X^m)_i -> F(Y^n)_k -> F(Y)_k moves by at most delta + pi + delta.            kernel    MM-02.gap
    3. Conversely G(mu_X, x_i) satisfies (i) and (ii), since the measure and the point are the same.   kernel    MM-02.split
    4. Softmax attention satisfies (ii): numerator and partition function both grow r-fold.   kernel    MM-02.softmax
    5. So does the norm with the biased variance.                                             kernel    MM-02.variance
    6. The unbiased variance divides by r n - 1 in place of r (n - 1).                          symbolic  derivation

Sharpness
    The gap 2 delta + pi is attained: collinear moves, delta, pi and delta long.

Source
    proofcheck; elementary.

Audit
    For one fixed n permutation equivariance alone gives a G on measures of n equal atoms: (ii) compares different n, and only that.
    Equal tokens get equal outputs by (i): swap them. Nothing is said of weights that are not rational: a G continuous in mu
    extends to them, an arbitrary one need not. A network may be an in-context map and have no continuous G (see MM-16).
    Refuted below, each the reason why a kind of layer is no in-context map: an un-normalised sum, a softmax with a sink (1 added to the
    partition function), the unbiased variance, a temperature log n, weights that depend on the position.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-02"
TITLE = "Token networks that are maps of measures"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; in-context maps as remembered")
LABEL = "upper"
ASSUMES = ()
USES = ()

delta, pi = sp.symbols("delta pi", nonnegative=True)
BOUNDS = {"spread": 2 * delta + pi}
SYMBOLS = {
    "delta": "largest change of an output when all tokens are repeated",
    "pi": "largest change of an output when tokens and outputs are permuted",
}

GAP = text(BOUNDS["spread"])
MOVES = {
    "X repeated m times": "norm2(u - x) <= delta**2",
    "permuted": "norm2(w - u) <= pi**2",
    "Y repeated n times": "norm2(w - y) <= delta**2",
    "delta >= 0": "delta >= 0",
    "pi >= 0": "pi >= 0",
}


def derivation() -> list[DerivationStep]:
    n, r, squares, total = sp.symbols("n r Q T", positive=True)
    once = (squares - total**2 / n) / (n - 1)
    repeated = (r * squares - (r * total) ** 2 / (r * n)) / (r * n - 1)
    return [DerivationStep("unbiased variance", repeated / once, r * (n - 1) / (r * n - 1), "divide")]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-02.multiplicity",
            "A point with the same share of two sequences is as often in X repeated m times as in Y repeated n times.",
            {"equal shares": "a/n == b/m"},
            "m*a == n*b",
        ),
        statement(
            "MM-02.gap",
            "Outputs x, y of one point in two sequences with one measure; u, w after repetition.",
            MOVES,
            f"norm2(x - y) <= ({GAP})**2",
            vectors="x, y, u, w",
        ),
        statement(
            "MM-02.split",
            "An atom of weight a at x in r equal parts: every integral keeps its value; f is the integrand at x.",
            {},
            "E[g] + r*((a/r)*f) == E[g] + a*f",
            random="g",
        ),
        statement(
            "MM-02.softmax",
            "Numerator S and partition function Z over r copies of the tokens.",
            {},
            "(r*S)/(r*Z) == S/Z",
        ),
        statement(
            "MM-02.variance",
            "Biased variance of r copies, from the sum T and the sum of squares Q of n numbers.",
            {},
            "(r*Q)/(r*n) - ((r*T)/(r*n))**2 == Q/n - (T/n)**2",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-02.multiplicity", 0, model({"a": 3, "b": -1, "m": "-1/2", "n": 2}), "not: equal shares"),
        Counterexample(
            "MM-02.gap",
            0,
            model({"delta": 1, "pi": "4/3"}, {"u": ["43/30"], "w": ["7/3"], "x": [-1], "y": [3]}),
            "not: X repeated m times",
        ),
        Counterexample(
            "MM-02.gap",
            1,
            model({"delta": "1/2", "pi": "1/2"}, {"u": [-1], "w": ["51/100"], "x": ["-99/100"], "y": ["3/4"]}),
            "not: permuted",
        ),
        Counterexample(
            "MM-02.gap",
            2,
            model({"delta": "1/2", "pi": "501/1000"}, {"u": ["7/3"], "w": ["5/2"], "x": [2], "y": ["-7/4"]}),
            "not: Y repeated n times",
        ),
        Counterexample(
            "MM-02.gap",
            3,
            model({"delta": -2, "pi": 3}, {"u": [-2], "w": ["-1/2"], "x": ["-1/2"], "y": ["-201/100"]}),
            "not: delta >= 0",
        ),
        Counterexample(
            "MM-02.gap",
            4,
            model({"delta": 1, "pi": "-3/2"}, {"u": [-1], "w": ["-3/2"], "x": ["-5/4"], "y": ["-1/2"]}),
            "not: pi >= 0",
        ),
    ]


def refuted() -> list[Refuted]:
    total = statement("MM-02.sum", "", {"r = 2": "r == 2"}, "r*S == S")
    sink = statement("MM-02.sink", "", {"r = 2": "r == 2", "Z > 0": "Z > 0"}, "(r*S)/(1 + r*Z) == S/(1 + Z)")
    unbiased = statement(
        "MM-02.unbiased",
        "",
        {"r = 2": "r == 2", "n >= 2": "n >= 2"},
        "(r*Q - (r*T)**2/(r*n))/(r*n - 1) == (Q - T**2/n)/(n - 1)",
    )
    scaled = statement(
        "MM-02.log_scaling",
        "",
        {"temperature of twice the tokens": "b == a + 1", "a > 0": "a > 0"},
        "exp(b)/(exp(b) + 1) == exp(a)/(exp(a) + 1)",
    )
    causal = statement("MM-02.causal", "", {"the first token sees itself": "f == x"}, "f == (x + y)/2")
    less = statement("MM-02.less", "", MOVES, f"norm2(x - y) <= (999/1000*({GAP}))**2", vectors="x, y, u, w")
    return [
        Refuted("a sum", "An un-normalised sum is a map of measures.", total.text, model({"S": -1, "r": 2})),
        Refuted(
            "a sink", "Softmax plus one is a map of measures.", sink.text, model({"S": "-3/4", "Z": "11/4", "r": 2})
        ),
        Refuted(
            "unbiased",
            "The unbiased variance is a function of the measure.",
            unbiased.text,
            model({"Q": 0, "T": 2, "n": 2, "r": 2}),
        ),
        Refuted(
            "log n scaling",
            "Scores times a growing temperature leave the weights alone.",
            scaled.text,
            model({"a": 2, "b": 3}),
        ),
        Refuted(
            "causal",
            "The first of two tokens under a causal mask sees their mean.",
            causal.text,
            model({"f": -2, "x": -2, "y": -1}),
        ),
        Refuted(
            "0.999 of the gap",
            "The outputs are within 0.999 (2 delta + pi).",
            less.text,
            model({"delta": "1/2", "pi": 1}, {"u": ["1/2"], "w": ["-1/2"], "x": [1], "y": [-1]}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
