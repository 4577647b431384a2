"""RMSNorm and LayerNorm are max|g|/sqrt(eps)-Lipschitz with values in a ball: attention behind them has a constant everywhere.

Statement
    For eps > 0, d >= 1, x in R^d let s(x) = (|x|^2/d + eps)^{1/2}, N(x) = g * x/s(x) + b (RMSNorm, b = 0) and N(x) the same of
    x - mean(x) (LayerNorm); gamma = max_i |g_i|. In the Euclidean norm, for all x, y:
    |N(x) - N(y)| <= gamma (s(x) s(y))^{-1/2} |x - y| <= gamma eps^{-1/2} |x - y|, and |N(x)| <= gamma sqrt(d) + |b|.
    So if f is L-Lipschitz on (B_R)^n, R = gamma sqrt(d) + |b|, in the Frobenius norm, then f(N(x_1), ..., N(x_n)) is
    L gamma eps^{-1/2}-Lipschitz on all of (R^d)^n: any f, any n, any mask. Without eps there is no constant.

Proof
    1. |x/s - y/t|^2 = |x - y|^2/(s t) - d (s - t)^2/(s t) - d eps (1/s - 1/t)^2.                kernel    AS-09.secant
    2. s^2 >= eps.                                                                             kernel    AS-09.lipschitz
    3. |x/s|^2 = d (1 - eps/s^2) <= d.                                                         kernel    AS-09.radius
    4. Subtracting the mean is an orthogonal projection: it does not expand.                   kernel    AS-09.centre
    5. A gain of at most gamma in each coordinate multiplies norms by at most gamma.           kernel    AS-09.gain
    6. The bias moves the ball.                                                                kernel    AS-09.ball
    7. Squares add over the tokens.                                                            kernel    AS-09.before
    8. The pair x, -x has the ratio 1/s(x), which tends to eps^{-1/2} at 0.                     kernel    AS-09.attained
    9. The derivative at x, (1/s)(I - x x^T/(d s^2)), has norm at most 1/s.                    kernel    AS-09.derivative
   10. Along x it is eps/s^3: all that is left of LayerNorm in d = 2.                          kernel    AS-09.along
   11. The derivatives by differentiation, in d = 2; the constant at 0.                        symbolic  derivation
   12. A centred vector z with z_i = -z_j, |g_i| = |g_j| = gamma, else 0: |g * z| = gamma |z|.  kernel    AS-09.two_gains

Sharpness
    RMSNorm: the constant is a supremum for every gain (step 8, coordinate of the largest gain). LayerNorm: it is one where two gains
    share the largest modulus, so for equal gains with d >= 2 (step 12); in general the supremum is ||diag(g) (I - 1 1^T/d)|| eps^{-1/2},
    which for d = 2 and g = (1, 0) is (2 eps)^{-1/2} only (refuted below). For gains all 1 the norm of the derivative at x is exactly 1/s
    for RMSNorm with d >= 2 or x = 0, and for LayerNorm with d >= 3.

Source
    proofcheck. RMSNorm and LayerNorm as in torch; eps is 1e-12 in BERT and 1e-5 in GPT-2.

Audit
    Step 1 is the whole Lipschitz bound: no derivative, no mean value inequality, and the constant of a pair, (s t)^{-1/2}, is far
    smaller than eps^{-1/2} on tokens of ordinary length. The radius is never attained (step 3 is strict for eps > 0).
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-09"
TITLE = "RMSNorm and LayerNorm, and attention behind them"
SOURCE = Source(
    "castin2024smooth", "2312.14820", "proofcheck; the norms in front of the attention that the source studies"
)
LABEL = "sharp"
ASSUMES = ()
USES = ()

g, eps, d, b = sp.symbols("g epsilon d b", positive=True)
BOUNDS = {
    "lipschitz_constant": g / sp.sqrt(eps),
    "radius": g * sp.sqrt(d) + b,
}
SYMBOLS = {
    "g": "largest absolute value of the gain",
    "epsilon": "the number added to the mean square",
    "d": "dimension of a token",
    "b": "norm of the bias",
}

SQUARE = (BOUNDS["lipschitz_constant"] / g) ** -2  # eps
X_SIDE = {"s^2 = |x|^2/d + eps": "s**2 == norm2(x)/d + eps"}
Y_SIDE = {"t^2 = |y|^2/d + eps": "t**2 == norm2(y)/d + eps"}
SIGNS = {"d > 0": "d > 0", "eps >= 0": "eps >= 0"}
PAIR = {**X_SIDE, "s > 0": "s > 0", **Y_SIDE, "t > 0": "t > 0", **SIGNS}


def derivation() -> list[DerivationStep]:
    x1, x2 = sp.symbols("x1 x2", real=True)
    x = sp.Matrix([x1, x2])
    s = sp.sqrt((x.T * x)[0] / 2 + eps)
    expected = (sp.eye(2) - x * x.T / (2 * s**2)) / s
    c = sp.Symbol("c", real=True)  # a centred token of d = 2 is (c, -c)
    line = c / sp.sqrt(c**2 + eps)
    at_zero = g * expected.subs({x1: 0, x2: 0}, simultaneous=True)[0, 0]
    return [
        DerivationStep("derivative", (x / s).jacobian(x), expected, "quotient rule, d = 2"),
        DerivationStep("LayerNorm, d = 2", sp.diff(line, c), eps / (c**2 + eps) ** sp.Rational(3, 2), "eps/s^3"),
        DerivationStep("constant", at_zero, BOUNDS["lipschitz_constant"], "the derivative at 0, gain g"),
        DerivationStep("radius", BOUNDS["radius"], g * sp.sqrt(d) + b, "steps 3, 5 and 6"),
    ]


def _lipschitz(name: str, square: str, assume: dict[str, str]) -> Claim:
    sentence = "x/s and y/t differ by at most eps^{-1/2} |x - y|."
    return statement(name, sentence, assume, f"norm2(x/s - y/t)*{square} <= norm2(x - y)", vectors="x, y")


def claims() -> list[Claim]:
    return [
        statement(
            "AS-09.secant",
            "x/s and y/t differ by at most (s t)^{-1/2} |x - y|.",
            PAIR,
            "norm2(x/s - y/t)*s*t <= norm2(x - y)",
            vectors="x, y",
        ),
        _lipschitz("AS-09.lipschitz", text(SQUARE.subs(eps, sp.Symbol("eps"))), PAIR),
        statement(
            "AS-09.radius",
            "x/s lies in the ball of radius sqrt(d).",
            {**X_SIDE, **SIGNS},
            "norm2(x/s) <= d",
            vectors="x",
        ),
        statement(
            "AS-09.centre",
            "Subtracting the mean does not expand; o is the unit vector along (1, ..., 1).",
            {"|o| = 1": "norm2(o) == 1"},
            "norm2(u - inner(o, u)*o) <= norm2(u)",
            vectors="o, u",
        ),
        statement(
            "AS-09.gain",
            "Coordinates scaled by at most gamma.",
            {"|g_i| <= gamma": "c**2 <= gamma**2"},
            "S[(c*z)**2] <= gamma**2*S[z**2]",
            functionals=["S!:c,z"],
        ),
        statement(
            "AS-09.ball",
            "A vector of norm at most gamma q, moved by the bias, q = sqrt(d).",
            {
                "|g * z| <= gamma q": "norm2(y) <= (gamma*q)**2",
                "|b| <= beta": "norm2(b) <= beta**2",
                "gamma q >= 0": "gamma*q >= 0",
                "beta >= 0": "beta >= 0",
            },
            "norm2(y + b) <= (gamma*q + beta)**2",
            vectors="y, b",
        ),
        statement(
            "AS-09.before",
            "f behind the norm: squares add over the tokens.",
            {
                "each token": "norm2(m)*eps <= gamma**2*norm2(u)",
                "f is L-Lipschitz on the ball": "D <= L**2*S[norm2(m)]",
                "eps >= 0": "eps >= 0",
            },
            "D*eps <= L**2*gamma**2*S[norm2(u)]",
            vectors="m, u",
            functionals=["S!:m,u"],
        ),
        statement(
            "AS-09.attained",
            "The pair x, -x has the ratio 1/s.",
            X_SIDE,
            "norm2(x/s - (-x)/s)*(norm2(x)/d + eps) == norm2(x - (-x))",
            vectors="x",
        ),
        statement(
            "AS-09.derivative",
            "s times the derivative along u is at most |u|.",
            {**X_SIDE, **SIGNS},
            "norm2(u - inner(x, u)/(d*s**2)*x) <= norm2(u)",
            vectors="x, u",
        ),
        statement(
            "AS-09.along",
            "s times the derivative along x is (eps/s^2) x.",
            X_SIDE,
            "norm2(x - norm2(x)/(d*s**2)*x) == (eps/s**2)**2*norm2(x)",
            vectors="x",
        ),
        statement(
            "AS-09.two_gains",
            "Two gains of modulus gamma stretch a vector of these two coordinates by gamma, centred or not.",
            {"|g_1| = gamma": "g1**2 == gamma**2", "|g_2| = gamma": "g2**2 == gamma**2"},
            "(g1*z1)**2 + (g2*z2)**2 == gamma**2*(z1**2 + z2**2)",
        ),
    ]


def _two(s: int | str, t: int | str, x: int | str, y: int | str, d: int | str = 1, eps: int | str = 0) -> dict:
    return model({"s": s, "t": t, "d": d, "eps": eps}, {"x": [x], "y": [y]})


def _one(s: int | str, x: int | str, d: int | str = 1, eps: int | str = 0, **vectors: list) -> dict:
    return model({"s": s, "d": d, "eps": eps}, {"x": [x], **vectors})


def _ball(y: int | str, b: int | str, **scalars: int | str) -> dict:
    return model({"gamma": 1, "q": 1, "beta": 1} | scalars, {"y": [y], "b": [b]})


def _tokens(m: int, u: int, **scalars: int | str) -> dict:
    return model({"D": 0, "L": 1, "eps": 1, "gamma": 1} | scalars, S=[(1, {"m": [m], "u": [u]})])


def _gains(g1: int, g2: int) -> dict:
    """The centred vector (1, -1), gamma = 1."""
    return model({"g1": g1, "g2": g2, "gamma": 1, "z1": 1, "z2": -1})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("AS-09.secant", 0, _two("5/2", 2, -2, 2), "s is not the length of x"),
        Counterexample("AS-09.secant", 2, _two(1, "5/2", 1, 0), "t is not the length of y"),
        Counterexample("AS-09.secant", 4, _two(1, "1/4", 0, -1, "-16/15", 1), "a negative dimension"),
        Counterexample("AS-09.secant", 5, _two("1/4", 1, -1, "3/2", "4/3", "-11/16"), "eps below 0"),
        Counterexample("AS-09.lipschitz", 0, _two(3, 2, "3/2", 2, 2, 2), "s is not the length of x"),
        Counterexample("AS-09.lipschitz", 1, _two(-1, 1, -1, -1, 2, "1/2"), "the negative root at x"),
        Counterexample("AS-09.lipschitz", 2, _two(2, 3, 2, 2, 2, 2), "t is not the length of y"),
        Counterexample("AS-09.lipschitz", 3, _two(1, -1, -1, -1, 2, "1/2"), "the negative root at y"),
        Counterexample("AS-09.lipschitz", 4, _two(1, "1/2", 0, -1, "-4/3", 1), "a negative dimension"),
        Counterexample("AS-09.radius", 0, _one("9/10", 1, 1, "3/2"), "s is not the length of x"),
        Counterexample("AS-09.radius", 1, _one("1/2", 0, -2, "1/4"), "a negative dimension"),
        Counterexample("AS-09.radius", 2, _one(2, 3, 2, "-1/2"), "eps below 0"),
        Counterexample("AS-09.centre", 0, model({}, {"o": [2], "u": [1]}), "o is no unit vector"),
        Counterexample("AS-09.gain", 0, model({"gamma": 1}, S=[(1, {"c": 2, "z": 1})]), "a larger gain"),
        Counterexample("AS-09.ball", 0, _ball(2, 1), "a longer vector"),
        Counterexample("AS-09.ball", 1, _ball(1, 2), "a longer bias"),
        Counterexample("AS-09.ball", 2, _ball(1, 1, q=-1), "a negative length"),
        Counterexample("AS-09.ball", 3, _ball(1, 1, beta=-1), "a negative length of the bias"),
        Counterexample("AS-09.before", 0, _tokens(2, 1, D=4), "a token that moves by more"),
        Counterexample("AS-09.before", 1, _tokens(1, 1, D=2), "f stretches by more than L"),
        Counterexample("AS-09.before", 2, _tokens(0, 0, D=-1, eps=-1), "eps below 0"),
        Counterexample("AS-09.attained", 0, _one(1, 2), "s is not the length of x"),
        Counterexample("AS-09.derivative", 0, _one("9/10", "-8/3", 1, "3/2", u=[1]), "s is not the length of x"),
        Counterexample("AS-09.derivative", 1, _one("1/2", "-1/2", -1, "1/2", u=[-2]), "a negative dimension"),
        Counterexample("AS-09.derivative", 2, _one(1, 3, 3, -2, u=[-2]), "eps below 0"),
        Counterexample("AS-09.along", 0, _one(1, 2), "s is not the length of x"),
        Counterexample("AS-09.two_gains", 0, _gains(0, 1), "a smaller first gain"),
        Counterexample("AS-09.two_gains", 1, _gains(1, 0), "a smaller second gain"),
    ]


def refuted() -> list[Refuted]:
    below = _lipschitz("AS-09.below", text(sp.Rational(1001, 1000)) + "*eps", PAIR)
    bare = statement(
        "AS-09.bare", "", PAIR | {"eps = 0": "eps == 0"}, "norm2(x/s - y/t) <= 10**6*norm2(x - y)", vectors="x, y"
    )
    exact = statement("AS-09.one", "", {**X_SIDE, **SIGNS}, "norm2(x/s) <= 1", vectors="x")
    one_gain = {
        "centred": "z1 + z2 == 0",
        "the largest gain": "g1**2 == gamma**2",
        "g_2 is at most that": "g2**2 <= gamma**2",
    }
    every = statement("AS-09.every_gain", "", one_gain, "(g1*z1)**2 + (g2*z2)**2 >= gamma**2*(z1**2 + z2**2)")
    return [
        Refuted(
            "LayerNorm, every gain",
            "The derivative of LayerNorm at 0 has norm gamma eps^{-1/2} for every gain, d = 2.",
            every.text,
            _gains(1, 0),
        ),
        Refuted(
            "smaller constant",
            "0.9995 eps^{-1/2} is enough.",
            below.text,
            _two(1, 1, "1/100", "-1/100", 1, "9999/10000"),
        ),
        Refuted(
            "no eps",
            "With eps = 0 RMSNorm is 1000-Lipschitz.",
            bare.text,
            _two("1/2000", "1/2000", "1/2000", "-1/2000"),
        ),
        Refuted(
            "unit vectors",
            "RMSNorm has values in the unit ball.",
            exact.text,
            model({"s": 1, "d": 2, "eps": 0}, {"x": [1, 1]}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS = (
    Binding("torch_impl.norm_layers:rms_norm", "proofcheck.bind.formulas_norm:RMS_NORM"),
    Binding("torch_impl.norm_layers:layer_norm", "proofcheck.bind.formulas_norm:LAYER_NORM"),
)
