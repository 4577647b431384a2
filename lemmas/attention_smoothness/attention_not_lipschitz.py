"""Attention is not Lipschitz on all of (R^d)^n for n >= 2: its constant on B_R^n grows at least like R^2.

Statement
    f(X)_i = V sum_j P_ij x_j, P_i = softmax_j(<A x_i, x_j>), on (R^d)^n with the Frobenius norm, n >= 2, d >= 1, with V u != 0 and
    A^T u != 0 for some unit u (there is one if A != 0 and V != 0). Let t = |A^T u|, w = |V u|, v = ||V||_2, e = A^T u/t, alpha = <A e, e>.
    For all R, h > 0 with xi = h R t - h^2 alpha >= 0, moving the first of the tokens (0, R u, ..., R u) by h e moves f by at least
    R w (n - 1) xi/(n^2 (1 + xi)) - v h/n. So no constant serves every R; the derivative there is at least (n - 1)/n^2 t w R^2 - v/n.

Proof
    1. The moved token gives the others the weight p1 >= N/(N + e^{-xi}), N = n - 1; before it was N/n; its own output moves by
       (p1 - N/n) R V u + (1 - p1) h V e, and e^{-xi} (1 + xi) <= 1.                                kernel    AS-04.row
    2. With h = 1/R and R^2 >= 2 alpha/t, xi >= t/2, so the ratio to h exceeds every L.            kernel    AS-04.unbounded
    3. The bound divided by h, at h = 0; n = 2.                                                   symbolic  derivation
    4. Tokens 0 and +-R u, (n - 1)/2 of each: the covariance that the first one sees is
       (n - 1)/n R^2 u u^T, so ||C_1|| <= R^2 has the sharp constant.                             symbolic  derivation

Sharpness
    Of the order R^2: the upper bound on B_R^n is v (sqrt(n) + ||A|| R^2 (1 + sqrt(n))). n = 1: f(X) = V x, Lipschitz with v.

Source
    kim2021lipschitz (arXiv:2006.04710), Theorem 3.1, as remembered; construction and constants are proofcheck's.

Audit
    Step 1 is an inequality for every pair, so that no derivative is needed to say "not Lipschitz". Masked: move the last token.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-04"
TITLE = "Attention is not globally Lipschitz"
SOURCE = Source("kim2021lipschitz", "2006.04710", "Theorem 3.1, as remembered; proofcheck's constants")
LABEL = "lower"
ASSUMES = ()
USES = ()

n, R, t, w, v = sp.symbols("n R t w v", positive=True)
BOUNDS = {"norm_lower": (n - 1) / n**2 * t * w * R**2 - v / n}
SYMBOLS = {
    "n": "number of tokens",
    "R": "radius of the ball that holds the tokens",
    "t": "norm of A^T u, u a unit vector",
    "w": "norm of V u",
    "v": "operator norm of V",
}

ROW = {
    "p1 is at least the weight of the others": "p1*(N + exp(-xi)) >= N",
    "p1 <= 1": "p1 <= 1",
    "|V u| = w": "norm2(b) == w**2",
    "|V e| <= v": "norm2(f) <= v**2",
    "d is how far the output moves": "d**2 == norm2((p1 - N/(N + 1))*R*b + (1 - p1)*h*f)",
    "d >= 0": "d >= 0",
    "w >= 0": "w >= 0",
    "v >= 0": "v >= 0",
    "N >= 0": "N >= 0",
    "R >= 0": "R >= 0",
    "h >= 0": "h >= 0",
    "the score grows": "xi >= 0",
}
FAR = {
    "xi is at least t/2": "2*xi >= t",
    "t > 0": "t > 0",
    "M = (N + 1) L + v": "M >= 0",
    "N >= 0": "N >= 0",
    "R is large": "R**2*w*N*t > (N + 1)*(2 + t)*M",
}


def derivation() -> list[DerivationStep]:
    h, alpha, N, k = sp.symbols("h alpha N k", positive=True)
    xi_over_h = R * t - h * alpha
    ratio = R * w * N * xi_over_h / ((N + 1) ** 2 * (1 + h * xi_over_h)) - v / (N + 1)
    at_zero = ratio.subs({h: 0, N: n - 1}, simultaneous=True)
    mean = sp.Integer(0)
    variance = (k * R**2 + k * R**2) / (2 * k + 1) - mean**2
    return [
        DerivationStep("derivative", at_zero, BOUNDS["norm_lower"], "the bound over h, continuous at h = 0"),
        DerivationStep("n = 2", BOUNDS["norm_lower"].subs(n, 2), R**2 * t * w / 4 - v / 2, "two tokens"),
        DerivationStep(
            "three groups", variance.subs(k, (n - 1) / 2), (n - 1) / n * R**2, "weights 1/n, values 0, -R, R"
        ),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "AS-04.row",
            "The first output moves by at least R w N xi/((N + 1)^2 (1 + xi)) - v h/(N + 1).",
            ROW,
            "d*(N + 1)**2*(1 + xi) >= R*w*N*xi - h*v*(N + 1)*(1 + xi)",
            vectors="b, f",
        ),
        statement(
            "AS-04.unbounded",
            "For every L, at h = 1/R and R large, the bound exceeds L h (multiplied by R (N + 1)^2 (1 + xi)).",
            FAR,
            "R**2*w*N*xi > (N + 1)*(1 + xi)*M",
        ),
    ]


def _row(d: int | str = 0, b: int | str = 1, f: int | str = 0, **scalars: int | str) -> dict:
    """One other token: p1 = 3/4 at xi = 1 unless said otherwise."""
    values = {"p1": "3/4", "N": 1, "xi": 1, "w": 1, "v": 0, "R": 1, "h": 0, "d": d} | scalars
    return model(values, {"b": [b], "f": [f]})


def _far(**scalars: int | str) -> dict:
    return model({"xi": 1, "t": 2, "M": 1, "N": 1, "R": 1, "w": 5} | scalars)


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("AS-04.row", 0, _row(p1="1/2"), "the weight did not grow"),
        Counterexample("AS-04.row", 2, _row(b=0), "u is in the kernel of V"),
        Counterexample("AS-04.row", 3, _row(f=-1, h=1), "V stretches e by more than v"),
        Counterexample("AS-04.row", 4, _row(), "d is not the distance"),
        Counterexample("AS-04.row", 5, _row(d="-1/4"), "a negative distance"),
        Counterexample("AS-04.row", 7, _row(f=-1, h=1, v=-1), "a negative norm of V"),
        Counterexample("AS-04.row", 8, _row(N=-2, R=0, h=1, v=1), "a negative number of tokens"),
        Counterexample("AS-04.row", 10, _row("1/4", h=-1, v=1), "a step backwards"),
        Counterexample("AS-04.row", 11, _row(p1="1/2", R=0, h=1, v=1, xi=-2), "the score drops"),
        Counterexample("AS-04.unbounded", 0, _far(xi="1/10", R=2), "the score hardly grows"),
        Counterexample("AS-04.unbounded", 1, _far(t=-3, w=-1, M="1/2", N="1/2", R="1/2"), "a negative t"),
        Counterexample("AS-04.unbounded", 2, _far(t="1/3", w=-1, M=-2, R=3, xi="4/3"), "a negative M"),
        Counterexample(
            "AS-04.unbounded", 3, _far(N="-5/4", t=1, w="9/4", R="1/2", xi=3), "a negative number of tokens"
        ),
        Counterexample("AS-04.unbounded", 4, _far(w=0), "V u = 0"),
    ]


def refuted() -> list[Refuted]:
    contracts = statement("AS-04.contracts", "", ROW, "d <= v*h", vectors="b, f")
    bounded = statement("AS-04.bounded", "", ROW, "d <= (v + t*w)*h", vectors="b, f")
    grown = {"R": 100, "h": "1/100", "v": 1, "t": 1}
    return [
        Refuted(
            "a value matrix alone",
            "Attention is ||V||-Lipschitz.",
            contracts.text,
            _row("100010/4000", f="1/1", **{k: x for k, x in grown.items() if k != "t"}),
        ),
        Refuted(
            "no R",
            "Attention has the constant ||V|| + |A^T u| |V u| on every ball.",
            bounded.text,
            _row("100010/4000", f="1/1", **grown),
        ),
    ]


HAMMER: Property | None = None
BINDINGS = ()
