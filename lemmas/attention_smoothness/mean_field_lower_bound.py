"""Two atoms show how much the mean-field map of attention must stretch: (u/2)(1 + g R^2) e^{g R^2} for W_2, u (1 + 2 g R^2) e^{2 g R^2} for W_1.

Statement
    Let A e = lambda e, |e| = 1, lambda real, g = -lambda if lambda < 0 and lambda/8 if lambda > 0, u = |V e|. For F of AS-03 and every real p >= 1,
    S > 0 there are k > 0 and h_0 > 0 such that for every h in (0, h_0) two measures of two atoms in the ball of radius R have
    W_p(F(mu), F(nu)) >= e^{-k h} L W_p(mu, nu) > 0, L = u e^{2 g R^2/p} S^{1/p}/(1 + S) (1 + 2 g R^2 S/(1 + S)): no constant below L. S = 1, p = 2
    is the value of the first line. So is p = 1 up to the factor (S/(1 + S))^2, for every S > 0. Every d; u > 0, g > 0.

Proof
    1. mu = (1 - t) delta_z + t delta_y. lambda < 0: z = R e, y = -R e; lambda > 0: z = R e/2, y = R e. The score of y exceeds that of z, for the query z,
       by c = 2 g R^2, and by k h less if y moves by h towards z, k |y - z| = c.               symbolic  derivation
    2. With (1 - t)/t = S e^c the query z gives y the weight w1 = 1/(1 + S), after the move w0 = 1/(1 + S e^{k h}): the mean moves by
       l (w1 - w0) + h w0 >= h w0 (1 + c (1 - w1)), l = |y - z|.                               kernel    AS-03L.two
    3. W_p(mu, nu) <= t^{1/p} h. Every coupling of F(mu) and F(nu) takes the mass 1 - t of the image of z to one of two atoms; if neither is
       nearer than the moved image itself, the cost is at least (1 - t)^{1/p} times its move.      kernel    AS-03L.stay
    4. So the ratio is at least u ((1 - t)/t)^{1/p} w0 (1 + c (1 - w1)),                          kernel    AS-03L.ratio
    5. and w0 >= e^{-k h} w1: this is e^{-k h} L.                                                 kernel    AS-03L.move
    6. L written out, its value at S = 1 for p = 2 and at every S for p = 1.                       symbolic  derivation
    7. For p = 1 it is at least (S/(1 + S))^2 u (1 + c) e^c.                                      kernel    AS-03L.large
    8. For A = -a I, V = v I the bound C_1 of AS-03 exceeds u (1 + c) e^c by v a R^2 only.         symbolic  derivation
    9. And C_2 is at most twice the one for p = 2.                                             kernel    AS-03L.twice

Sharpness
    p = 1: asymptotically exact for A = -a I (steps 7, 8; S large). p = 2: within a factor 2 for every R (step 9). So e^{2 a R^2/p} has the right exponent.

Source
    Lower bound of type e^{c R^2} of castin2024smooth (arXiv:2312.14820) as remembered; construction constants and proof: proofcheck.

Audit
    The move is finite: step 2 is e^z >= 1 + z, no derivative, and no limit is taken: a number that is at least e^{-k h} L for every small
    h is at least L, and likewise for the factor (S/(1 + S))^2. Step 3 needs the images of z and y apart: they are, as lambda (z - y) != 0 tilts the
    two differently and u > 0, and h < h_0 keeps them so. With A = -a I: g = a; a matrix without real eigenvalue needs another construction.
"""

from __future__ import annotations

import sympy as sp

from lemmas._models import one_for_each
from lemmas.attention_smoothness import mean_field_lipschitz
from lemmas.attention_smoothness._mean_field_lower_bound_models import MODELS
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-03L"
TITLE = "Mean-field attention, lower bounds"
SOURCE = Source(
    "castin2024smooth", "2312.14820", "mean-field lower bound, of the type remembered; constants by proofcheck"
)
LABEL = "lower"
ASSUMES = ()
USES = ()

u, g, R, p, S = sp.symbols("u g R p S", positive=True)
C = 2 * g * R**2
BOUNDS = {
    "lower": u * sp.exp(C / p) * S ** (1 / p) / (1 + S) * (1 + C * S / (1 + S)),
    "lower_1": u * (1 + C) * sp.exp(C),
    "lower_2": u / 2 * (1 + C / 2) * sp.exp(C / 2),
}
C_TEXT = text(C)
SYMBOLS = {
    "u": "norm of V e",
    "g": "-lambda or lambda/8 for a real eigenvalue lambda of A with unit eigenvector e",
    "R": "radius of the ball",
    "p": "exponent of W_p",
    "S": "weight of z over weight of y in the tilted measure",
}


def derivation() -> list[DerivationStep]:
    x, lam = sp.symbols("x lambda", real=True)
    w = 1 / (1 + S)
    upper = {s.name: s for s in mean_field_lipschitz.BOUNDS["lipschitz_constant"].free_symbols}
    c1 = mean_field_lipschitz.BOUNDS["lipschitz_constant"].subs(
        {upper["p"]: 1, upper["a"]: g, upper["v"]: u, upper["R"]: R}
    )
    share = 1 / (1 + x)  # S/(1 + S) with x = 1/S
    return [
        DerivationStep("gap, lambda < 0", (lam * R) * (-R) - (lam * R) * R, C.subs(g, -lam), "z = R e, y = -R e"),
        DerivationStep("gap, lambda > 0", (lam * R / 2) * R - (lam * R / 2) * (R / 2), C.subs(g, lam / 8), "z = R e/2, y = R e"),
        DerivationStep("ratio", u * sp.exp(C / p) * S ** (1 / p) * w * (1 + C * (1 - w)), BOUNDS["lower"], "(1 - t)/t = S e^c"),
        DerivationStep("p = 2", BOUNDS["lower"].subs({p: 2, S: 1}), BOUNDS["lower_2"], "S = 1"),
        DerivationStep("p = 1, any S", BOUNDS["lower"].subs({p: 1, S: 1 / x}), u * sp.exp(C) * share * (1 + C * share), "S = 1/x"),
        DerivationStep("p = 1, first line", u * (1 + C) * sp.exp(C), BOUNDS["lower_1"], "step 7"),
        DerivationStep("upper less lower, p = 1", c1 - BOUNDS["lower_1"], u * g * R**2, "A = -a I: g = a, u = v"),
    ]  # fmt: skip


def claims() -> list[Claim]:
    upper = mean_field_lipschitz.BOUNDS["lipschitz_constant_2"]
    named = {s.name: s for s in upper.free_symbols}
    c2 = upper.subs({named["p"]: 2, named["v"]: u, named["a"]: g, named["R"]: R}, simultaneous=True)
    return [
        statement(
            "AS-03L.two",
            "The tilted mean of two atoms at distance l moves by at least h w0 (1 + k l (1 - w1)) if one of them moves by h.",
            {
                "w1 = 1/(1 + S)": "w1*(1 + S) == 1",
                "w0 is at most 1/(1 + S e^{k h})": "w0*(1 + S*exp(k*h)) <= 1",
                "w0 >= 0": "w0 >= 0",
                "S >= 0": "S >= 0",
                "l >= 0": "l >= 0",
            },
            "l*(w1 - w0) + h*w0 >= h*w0*(1 + k*l*(1 - w1))",
        ),
        statement(
            "AS-03L.stay",
            "If no destination is nearer than e^r, the p-th power of the cost is at least e^{p r}.",
            {"no destination is nearer": "y >= r", "p >= 0": "p >= 0"},
            "E[exp(p*y)] >= exp(p*r)",
            random="y",
        ),
        statement(
            "AS-03L.ratio",
            "The images are at least alpha h y apart, the measures at most tau h: alpha = u (1 - t)^{1/p}, tau = t^{1/p}.",
            {
                "the images": "D >= alpha*h*y",
                "the measures": "delta <= tau*h",
                "alpha >= 0": "alpha >= 0",
                "y >= 0": "y >= 0",
                "tau >= 0": "tau >= 0",
            },
            "tau*D >= alpha*y*delta",
        ),
        statement(
            "AS-03L.move",
            "A move by h costs the weight of y a factor e^{-k h} at most.",
            {
                "w1 = 1/(1 + S)": "w1*(1 + S) == 1",
                "w0 is at least 1/(1 + S e^{k h})": "w0*(1 + S*exp(k*h)) >= 1",
                "S >= 0": "S >= 0",
                "k h >= 0": "k*h >= 0",
            },
            "w0*exp(k*h) >= w1",
        ),
        statement(
            "AS-03L.large",
            "The bound for p = 1 at S, x = S/(1 + S), is at least x^2 times the one of the first line.",
            {"x = S/(1 + S)": "x*(1 + S) == S", "S >= 0": "S >= 0", "u >= 0": "u >= 0"},
            f"u*exp({C_TEXT})*x*(1 + {C_TEXT}*x) >= x**2*({text(BOUNDS['lower_1'])})",
        ),
        statement(
            "AS-03L.twice",
            "The upper bound for p = 2 is at most twice the lower one, for A = -a I and V = v I.",
            {"v >= 0": "u >= 0", "a >= 0": "g >= 0"},
            f"{text(c2)} <= 2*({text(BOUNDS['lower_2'])})",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return one_for_each(claims(), MODELS)


def refuted() -> list[Refuted]:
    """Smaller upper bounds than the lower bounds allow, s = a R^2, v = 1."""

    def below(name: str, lower: str, upper: str) -> str:
        return statement(name, "", {"s >= 0": "s >= 0"}, f"{lower} <= {upper}").text

    one, two = "(1 + 2*s)*exp(2*s)", "(1 + s)/2*exp(s)"
    return [
        Refuted("exponent 1.9 s, p = 1", "s + (1 + 2 s) e^{1.9 s} is an upper bound.", below("AS-03L.low1", one, "s + (1 + 2*s)*exp(19/10*s)"), model({"s": 4})),
        Refuted("exponent 1.9 s/2, p = 2", "s + sqrt(1 + s^2) e^{0.95 s} is an upper bound.", below("AS-03L.low2", two, "s + sqrt(1 + s**2)*exp(19/20*s)"), model({"s": 20})),
        Refuted("no exponential, p = 2", "1 + 3 s is an upper bound.", below("AS-03L.flat", two, "1 + 3*s"), model({"s": 3})),
        Refuted("1/4 of the bound as remembered, p = 1", "(1 + 3 s) e^{2 s}/4 is an upper bound.", below("AS-03L.quarter", one, "(1 + 3*s)*exp(2*s)/4"), model({"s": 1})),
    ]  # fmt: skip


HAMMER = None
BINDINGS = (Binding("torch_impl.attention:attend", "proofcheck.bind.formulas_attend:ATTEND"),)
