"""How far a context moves an attention step in W_infinity, without the exponential: eta sqrt(||A||^2 + D^2 |A^T x|^2/4) W_infinity.

Statement
    Let Omega be compact, A a real matrix, D = sup_{y, z in Omega} |A y - A z|, Gamma(mu, x) = x - eta E_x[A y], eta >= 0. For all Borel
    probability measures mu, nu on Omega and all x in R^d:
    |Gamma(mu, x) - Gamma(nu, x)| <= eta sqrt(||A||^2 + D^2 |A^T x|^2/4) W_infinity(mu, nu) <= eta (||A|| + D |A^T x|/2) W_infinity(mu, nu).
    If Omega and x lie in the ball of radius R, B = ||A|| R^2, this is at most eta ||A|| sqrt(1 + B^2) W_infinity(mu, nu).
    Every d, every number of tokens, any weights.

Proof
    1. Take a coupling (y0, y1) with |y1 - y0| <= w almost surely, y_s = (1 - s) y0 + s y1, and E the expectation tilted by
       e^<x, A y_s>: the mean m(s) = E[A y_s] is differentiable.                               assumed   differentiation_under_integral
    2. m' = E[v'] + E[v u'] - E[v] E[u'], with v = A y_s and u = <x, v>.                        symbolic  derivation
    3. For g = m', b = A^T g, p = A^T x, t = <g, v - E v>: |g|^2 = E<b + t p, y1 - y0>, E t = 0, t in an interval of length
       D |g|; so |g|^2 <= (||A||^2 + D^2 |p|^2/4) w^2.                                          kernel    LT-08.derivative
    4. A derivative bounded on [0, 1] bounds the increment.                                    assumed   mean_value_inequality
    5. sqrt(a^2 + D^2 t^2/4) <= a + D t/2.                                                     kernel    LT-08.linear
    6. On a ball D <= 2 ||A|| R and |A^T x| <= ||A|| R.                                        kernel    LT-08.on_ball
    7. Attained by the derivative for b orthogonal to p, atoms of weight 1/2 at t = -+D/2 displaced along b + t p: all of these
       have the same norm.                                                                     kernel    LT-08.attained
    8. d = 1, L = D |x|, atoms displaced by at most w: E|1 + s| <= 1 for s of mean 0 in an interval of length L <= 1 ...
                                                                                               kernel    LT-08.line_small
    9. ... and at most L/2 + 1/(2 L) for every L > 0.                                          kernel    LT-08.line_large

Sharpness
    The root is sharp for d >= 2 as a supremum over measures: A = I, x orthogonal to h, atoms -+(D/2) h of weight 1/2 displaced along
    h -+ (D/2) x by a small amount. In d = 1 it is not: there steps 8 and 9 give eta ||A|| for L <= 1, eta ||A|| (L/2 + 1/(2L)) for L >= 1.

Source
    proofcheck; answers future work stated in furuya2026approximation (arXiv:2602.15503), for W_infinity in place of W_1.

Audit
    No optimal coupling has to exist: the bound holds for every w > W_infinity. Omega need not be convex: diam A(conv Omega) = D.
    The constant is polynomial in D and |x| where the W_1 constant (LT-07, sharp) is exponential: the distance makes the difference.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-08"
TITLE = "Context bound in W_infinity"
SOURCE = Source("furuya2026approximation", "2602.15503", "proofcheck; answers stated future work")
LABEL = "sharp"
ASSUMES = ("differentiation_under_integral", "mean_value_inequality")
USES = ()

eta, a, D, t, R = sp.symbols("eta a D t R", nonnegative=True)
BOUNDS = {
    "context_constant": eta * sp.sqrt(a**2 + D**2 * t**2 / 4),
    "on_ball": eta * a * sp.sqrt(1 + a**2 * R**4),
}
SYMBOLS = {
    "eta": "step of the attention layer",
    "a": "operator norm of A",
    "D": "diameter of A Omega",
    "t": "norm of A^T x",
    "R": "radius of a ball that holds Omega and x",
}
SQUARE = (BOUNDS["context_constant"] / eta) ** 2

DERIVATIVE = {
    "|g|^2 = E<b + s p, y>": "inner(g, g) == E[inner(b, y) + s*inner(p, y)]",
    "b = A^T g": "norm2(b) <= a**2*norm2(g)",
    "p = A^T x": "norm2(p) <= t**2",
    "s = <g, v - E v>": "E[s] == 0",
    "s >= m": "s >= m",
    "s <= M": "s <= M",
    "M - m <= D |g|": "(M - m)**2 <= D**2*norm2(g)",
    "no atom is displaced by more than w": "norm2(y) <= w**2",
}
SHAPES = {"vectors": "g, b, p, y", "random": "s, y"}


def derivation() -> list[DerivationStep]:
    z, n, v, u, vu = sp.symbols("Z N Ev_prime Eu_prime Evu_prime")  # tilted expectations of v', u', v u'
    numerator, partition = z * (v + vu), z * u  # derivatives of N = E[e^u v] and Z = E[e^u] without normalisation
    quotient = (numerator * z - n * partition) / z**2
    on_ball = BOUNDS["context_constant"].subs({D: 2 * a * R, t: a * R})
    return [
        DerivationStep("quotient rule", quotient, v + vu - (n / z) * u, "N/Z with N' = Z E[v' + v u'], Z' = Z E[u']"),
        DerivationStep("on the ball", on_ball**2, BOUNDS["on_ball"] ** 2, "D = 2 a R, |A^T x| = a R"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-08.derivative",
            "The derivative of the step along a displacement by at most w is at most the constant times w.",
            DERIVATIVE,
            f"norm2(eta*g) <= eta**2*({text(SQUARE)})*w**2",
            **SHAPES,
        ),
        statement(
            "LT-08.linear",
            "The root is at most a + D t/2.",
            {"a >= 0": "a >= 0", "D >= 0": "D >= 0", "t >= 0": "t >= 0"},
            "sqrt(a**2 + D**2*t**2/4) <= a + D*t/2",
        ),
        statement(
            "LT-08.on_ball",
            "On the ball of radius R the square is at most a^2 (1 + a^2 R^4).",
            {"D <= 2 a R": "D <= 2*a*R", "|A^T x| <= a R": "t <= a*R", "D >= 0": "D >= 0", "t >= 0": "t >= 0"},
            f"{text(SQUARE)} <= {text((BOUNDS['on_ball'] / eta) ** 2)}",
        ),
        statement(
            "LT-08.attained",
            "For b orthogonal to p the vectors b + t p, t = -+D/2, have the norm of the constant.",
            {"b is orthogonal to p": "inner(b, p) == 0"},
            "norm2(b + D/2*p) == norm2(b) + D**2/4*norm2(p)",
            vectors="b, p",
        ),
        statement(
            "LT-08.line_small",
            "On the line, for D |x| <= 1 the constant is eta ||A||.",
            {"s >= m": "s >= m", "s <= M": "s <= M", "s has mean 0": "E[s] == 0", "M - m <= 1": "M - m <= 1"},
            "E[Abs(1 + s)] <= 1",
            random="s",
        ),
        statement(
            "LT-08.line_large",
            "On the line the constant is at most eta ||A|| (L/2 + 1/(2 L)), L = D |x|.",
            {"s >= m": "s >= m", "s <= m + L": "s <= m + L", "s has mean 0": "E[s] == 0"},
            "E[Abs(1 + s)] <= L/2 + 1/(2*L)",
            random="s",
        ),
    ]


def _path(g: int | str, *atoms: tuple, b: int | str = 0, p: int | str = 0, m: int = 0, M: int = 0, D: int = 2) -> dict:
    """Atoms (weight, s, y) on the line; eta = a = t = w = 1."""
    vectors = {"g": [g], "b": [b], "p": [p]}
    scalars = {"eta": 1, "a": 1, "D": D, "t": 1, "w": 1, "m": m, "M": M}
    return model(scalars, vectors, E=[(weight, {"s": s, "y": [y]}) for weight, s, y in atoms])


def _spread(low: int | str, length: str, value: int | str, mean: bool = False) -> dict:
    """s = -5 and 5 with equal weights (or s = 1 throughout) in a wrong interval."""
    atoms = [(1, {"s": 1})] if mean else [("1/2", {"s": -5}), ("1/2", {"s": 5})]
    return model({"m": low, length: value}, E=atoms)


def counterexamples() -> list[Counterexample]:
    still, swing = (1, 0, 0), (("1/2", 1, 1), ("1/2", -1, -1))
    far = (("1/2", 9, 1), ("1/2", -9, -1))
    root = {"a": 1, "D": 1, "t": 1}
    ball = {"a": 1, "R": 1, "D": 2, "t": 1}
    return [
        Counterexample("LT-08.derivative", 0, _path(10, still), "g is not the derivative"),
        Counterexample("LT-08.derivative", 1, _path(5, (1, 0, 1), b=25), "b is longer than a |g|"),
        Counterexample("LT-08.derivative", 2, _path(5, *swing, p=25, m=-1, M=1), "a longer A^T x"),
        Counterexample("LT-08.derivative", 3, _path(3, (1, 9, 1), p=1, m=9, M=9), "s does not have mean 0"),
        Counterexample("LT-08.derivative", 4, _path(3, *far, p=1, m=9, M=9), "s below its interval"),
        Counterexample("LT-08.derivative", 5, _path(3, *far, p=1, m=-9, M=-9), "s above its interval"),
        Counterexample("LT-08.derivative", 6, _path(3, *far, p=1, m=-9, M=9, D=0), "a longer interval"),
        Counterexample("LT-08.derivative", 7, _path(9, (1, 0, 9), b=9), "an atom displaced by more"),
        Counterexample("LT-08.linear", 0, model(root | {"a": -1}), "a negative norm of A"),
        Counterexample("LT-08.linear", 1, model(root | {"D": -1}), "a negative diameter"),
        Counterexample("LT-08.linear", 2, model(root | {"t": -1}), "a negative norm of A^T x"),
        Counterexample("LT-08.on_ball", 0, model(ball | {"D": 9}), "a larger diameter"),
        Counterexample("LT-08.on_ball", 1, model(ball | {"t": 9}), "a longer A^T x"),
        Counterexample("LT-08.on_ball", 2, model(ball | {"D": -9}), "a negative diameter"),
        Counterexample("LT-08.on_ball", 3, model(ball | {"t": -9}), "a negative norm"),
        Counterexample("LT-08.attained", 0, model({"D": 2}, {"b": [1], "p": [1]}), "b along p"),
        Counterexample("LT-08.line_small", 0, _spread(5, "M", 5), "s below the interval"),
        Counterexample("LT-08.line_small", 1, _spread(-5, "M", -5), "s above the interval"),
        Counterexample("LT-08.line_small", 2, _spread(1, "M", 1, mean=True), "the mean is 1"),
        Counterexample("LT-08.line_small", 3, _spread(-5, "M", 5), "a longer interval"),
        Counterexample("LT-08.line_large", 0, _spread(5, "L", 1), "s below the interval"),
        Counterexample("LT-08.line_large", 1, _spread(-5, "L", 1), "s above the interval"),
        Counterexample("LT-08.line_large", 2, _spread(1, "L", 1, mean=True), "the mean is 1"),
    ]


def refuted() -> list[Refuted]:
    plane = model(
        {"eta": 1, "a": 1, "D": 2, "t": 1, "w": 1, "m": "-41/29", "M": "41/29"},
        {"g": ["41/29", 0], "b": ["41/29", 0], "p": [0, 1]},
        E=[("1/2", {"s": f"{sign}41/29", "y": ["20/29", f"{sign}21/29"]}) for sign in ("", "-")],
    )  # |y| = 1, and |g|^2 = 1.9988 where the constant allows 2
    alone = statement("LT-08.alone", "", DERIVATIVE, "norm2(eta*g) <= eta**2*a**2*w**2", **SHAPES)
    below = statement("LT-08.below", "", DERIVATIVE, f"norm2(eta*g) <= eta**2*999/1000*({text(SQUARE)})*w**2", **SHAPES)
    return [
        Refuted("||A|| alone", "The constant is eta ||A||, whatever D and x are.", alone.text, plane),
        Refuted("0.9995 of the bound", "0.9995 times the constant is enough.", below.text, plane),
    ]


HAMMER = (
    Property(
        kind="context_attention",
        callable="torch_impl.layers:gradient_attention",
        bound="context_constant",
        quantities={"eta": "step", "a": "operator_norm", "D": "image_diameter", "t": "query_image_norm"},
        sharp=True,
        options={"distance": "winf"},
    ),
    Property(
        kind="context_attention",
        callable="torch_impl.layers:gradient_attention",
        bound="on_ball",
        quantities={"eta": "step", "a": "operator_norm", "R": "radius"},
        sharp=True,
        options={"distance": "winf"},
    ),
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
