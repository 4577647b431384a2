"""How far a context moves an attention step, sharp: eta (||A|| + D |A^T x|) e^{D |x|} W_1(mu, nu), with nothing assumed.

Statement
    Let Omega be compact, A a real matrix, D = sup_{y, z in Omega} |A y - A z|, Gamma(mu, x) = x - eta E_x[A y], eta >= 0. For all Borel
    probability measures mu, nu on Omega and all x in R^d:
    |Gamma(mu, x) - Gamma(nu, x)| <= eta (||A|| + D |A^T x|) e^{D |x|} W_1(mu, nu).
    If Omega and x lie in the ball of radius R, B = ||A|| R^2, this is at most eta ||A|| (1 + 2 B) e^{2 B} W_1(mu, nu).
    Every d, every number of tokens, any weights.

Proof
    1. Let m0, m1 be the tilted means of v = A y under mu, nu, (y0, y1) a coupling, e = e^<x, v>, Z = E e1. Then
       Z (m1 - m0) = E[e1 (v1 - m0) - e0 (v0 - m0)]: an identity, no path of measures.           kernel    LT-07.context
    2. Scores on Omega differ by at most D |x|.                                                kernel    LT-07.score
    3. So every weight e is at most M = e^{D |x|} Z.                                           kernel    LT-07.weight
    4. And |e1 - e0| <= M |<x, v1 - v0>| <= M |A^T x| |y1 - y0|, from e^z >= 1 + z.             kernel    LT-07.exp
    5. The tilted mean stays within D of A Omega.                                              kernel    LT-07.range
    6. e1 (v1 - m0) - e0 (v0 - m0) = e1 (v1 - v0) + (e1 - e0)(v0 - m0) has norm at most
       M (||A|| + D |A^T x|) |y1 - y0|.                                                        kernel    LT-07.pair
    7. On a ball D <= 2 ||A|| R and |A^T x| <= ||A|| R.                                        kernel    LT-07.on_ball
    8. Sharp on [-R, R]: the pair of steps below has at least the ratio of its bound times
       (1 - a)/((1 + a (e^{2B} - 1))^2 (1 + B h/R)), which tends to 1 as a, h -> 0.            kernel    LT-07.sharp
    9. The limit, and the bound on the ball from the first one.                                symbolic  derivation

Sharpness
    Both bounds are sharp as suprema over measures: Omega = [-R, R], A > 0, query R, mu = (1 - a) delta_{-R} + a delta_R, the atom at R moved
    inwards by h, a, h -> 0. For any A on a ball: atoms -+R w and query R u with A w = ||A|| u.

Source
    proofcheck; improves furuya2026approximation (arXiv:2602.15503), Lemma 2 (context part).

Audit
    Step 1 replaces the derivative along (1 - t) mu + t nu of our first proof: the difference of the means is exactly one integral against
    nu - mu. Step 6 then needs no derivative in y, so Omega need not be convex and no fact of analysis is assumed: W_1 enters only as the
    cost of a coupling (within any epsilon of the infimum; E[g] <= rho for every rho > W_1).
    Step 8 needs no limit: it is an inequality for every 0 < a < 1 and 0 < h <= 2 R. Better than LT-06 by about e^{2B}/2.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-07"
TITLE = "Context bound, sharp"
SOURCE = Source("furuya2026approximation", "2602.15503", "proofcheck; sharpens Lemma 2 (context part)")
LABEL = "sharp"
ASSUMES = ()
USES = ()

eta, a, D, r, t, R = sp.symbols("eta a D r t R", nonnegative=True)
BOUNDS = {
    "context_constant": eta * (a + D * t) * sp.exp(D * r),
    "on_ball": eta * a * (1 + 2 * a * R**2) * sp.exp(2 * a * R**2),
}
SYMBOLS = {
    "eta": "step of the attention layer",
    "a": "operator norm of A",
    "D": "diameter of A Omega",
    "r": "norm of the query x",
    "t": "norm of A^T x",
    "R": "radius of a ball that holds Omega and x",
}

MEANS = {
    "m0 is the tilted mean under mu": "forall q: E[e0]*inner(m0, q) == E[e0*inner(v0, q)]",
    "m1 is the tilted mean under nu": "forall q: E[e1]*inner(m1, q) == E[e1*inner(v1, q)]",
}
MOVED = {"n = |Gamma(mu, x) - Gamma(nu, x)|": "n**2 == norm2(eta*(m1 - m0))"}
COUPLING = {"g = |y1 - y0|": "g >= 0", "the coupling costs at most rho": "E[g] <= rho"}
COUPLED = {"vectors": "m0, m1, v0, v1", "random": "v0, v1, e0, e1, g"}


def derivation() -> list[DerivationStep]:
    A, h, b = sp.symbols("A h b", positive=True)
    share = (1 - b) / ((1 + b * (sp.exp(2 * A * R**2) - 1)) ** 2 * (1 + A * R * h))
    on_ball = BOUNDS["context_constant"].subs({D: 2 * a * R, t: a * R, r: R}, simultaneous=True)
    return [
        DerivationStep("on the ball", on_ball, BOUNDS["on_ball"], "D = 2 a R, |A^T x| = a R, |x| = R"),
        DerivationStep("limit of the family", share.subs({b: 0, h: 0}), sp.Integer(1), "continuous at a = h = 0"),
    ]


PAIR = {
    "|A u| <= a |u|, u = y1 - y0": "norm2(v1 - v0) <= (a*g)**2",
    "|v0 - m| <= D": "norm2(v0 - m) <= D**2",
    "weights differ by at most M t |u|": "(e1 - e0)**2 <= (M*t*g)**2",
    "weights are not negative": "e1 >= 0",
    "weights are at most M": "e1 <= M",
    "a >= 0": "a >= 0",
    "t >= 0": "t >= 0",
    "D >= 0": "D >= 0",
}

W, V = "exp(2*A*R**2)", "exp(2*A*R**2 - A*R*h)"  # weight of the atom at R, and at R - h, relative to the atom at -R
LINE = {
    "m1 is at least the mean before": f"m1*(a*{W} + 1 - a) >= A*R*(a*{W} - (1 - a))",
    "m0 is at most the mean after the atom moved by h": f"m0*(a*{V} + 1 - a) <= A*(a*{V}*(R - h) - (1 - a)*R)",
    "A > 0": "A > 0",
    "h > 0": "h > 0",
    "h <= 2 R": "h <= 2*R",
    "a > 0": "a > 0",
    "a < 1": "a < 1",
}


def claims() -> list[Claim]:
    bound = text(BOUNDS["context_constant"])
    return [
        statement(
            "LT-07.context",
            "The steps differ by at most the constant times the cost of any coupling.",
            MEANS
            | {"weighted scores of a pair": "norm2(e1*(v1 - m0) - e0*(v0 - m0)) <= (exp(D*r)*E[e1]*(a + D*t)*g)**2"}
            | MOVED
            | COUPLING
            | {
                "Z > 0": "E[e1] > 0",
                "eta >= 0": "eta >= 0",
                "a >= 0": "a >= 0",
                "D >= 0": "D >= 0",
                "t >= 0": "t >= 0",
            },
            f"n <= {bound}*rho",
            **COUPLED,
        ),
        statement(
            "LT-07.score",
            "Two scores of the same query differ by at most D |x|.",
            {
                "|x| <= r": "norm2(x) <= r**2",
                "|v - v'| <= D": "norm2(v) <= D**2",
                "r >= 0": "r >= 0",
                "D >= 0": "D >= 0",
            },
            "inner(x, v) <= D*r",
            vectors="x, v",
        ),
        statement(
            "LT-07.weight",
            "A weight is at most e^L times the partition function.",
            {"scores differ by at most L": "s - y <= L"},
            "exp(s) <= exp(L)*E[exp(y)]",
            random="y",
        ),
        statement(
            "LT-07.exp",
            "|e^s - e^t| <= M |s - t| where both are at most M.",
            {"e^s <= M": "exp(s) <= M", "e^t <= M": "exp(t) <= M"},
            "(exp(s) - exp(t))**2 <= (M*(s - t))**2",
        ),
        statement(
            "LT-07.range",
            "The tilted mean is within D of every image A y0.",
            {
                "A y, A y0 are within D": "norm2(v0 - v) <= D**2",
                "m = E_x[A y]": "forall q: inner(m, q) == E[inner(v, q)]",
            },
            "norm2(v0 - m) <= D**2",
            vectors="v0, v, m",
            random="v",
        ),
        statement(
            "LT-07.pair",
            "Moving one atom by g changes its weighted, centred image by at most M (a + D t) g.",
            PAIR,
            "norm2(e1*(v1 - m) - e0*(v0 - m)) <= (M*(a + D*t)*g)**2",
            vectors="v0, v1, m",
        ),
        statement(
            "LT-07.on_ball",
            "On the ball of radius R the constant is at most eta a (1 + 2 B) e^{2 B}, B = a R^2.",
            {
                "D <= 2 a R": "D <= 2*a*R",
                "|A^T x| <= a R": "t <= a*R",
                "|x| <= R": "r <= R",
                "a >= 0": "a >= 0",
                "D >= 0": "D >= 0",
                "eta >= 0": "eta >= 0",
            },
            f"{bound} <= {text(BOUNDS['on_ball'])}",
        ),
        statement(
            "LT-07.sharp",
            "An atom of weight a at R moved inwards by h (W_1 = a h), query R, d = 1: the ratio of the means is at least "
            "A (1 + 2 B) e^{2 B} (1 - a)/((1 + a (e^{2 B} - 1))^2 (1 + A R h)).",
            LINE,
            f"(m1 - m0)*(a*{W} + 1 - a)**2*(1 + A*R*h) >= A*(1 + 2*A*R**2)*{W}*(1 - a)*a*h",
        ),
    ]


def _atom(v1: int = 1, g: int = 1, e1: int = 1, m0: int = 0, m1: int | None = None, **scalars: int) -> dict:
    """One token moves from 0 to v1 = 1: eta = a = t = rho = n = 1, D = r = 0 unless said otherwise."""
    values = {"eta": 1, "a": 1, "D": 0, "r": 0, "t": 1, "rho": 1, "n": 1} | scalars
    atom = {"v0": [0], "v1": [v1], "e0": e1, "e1": e1, "g": g}
    return model(values, {"m0": [m0], "m1": [v1 if m1 is None else m1]}, E=[(1, atom)])


def _moved(v1: int | str, v0: int = 0, m: int = 0, **scalars: int | str) -> dict:
    values = {"a": 1, "D": 1, "t": 1, "M": 1, "g": 1, "e0": 1, "e1": 1} | scalars
    return model(values, {"v0": [v0], "v1": [v1], "m": [m]})


def _line(m1: str, m0: str, **scalars: int | str) -> dict:
    return model({"A": 1, "R": 1, "h": 1, "a": "1/2", "m1": m1, "m0": m0} | scalars)


def _on_ball(**scalars: int | str) -> dict:
    return model({"D": 0, "t": 0, "r": 0, "R": 1, "a": 1, "eta": 1} | scalars)


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-07.context", 0, _atom(m0=-1, n=2), "m0 is not the tilted mean"),
        Counterexample("LT-07.context", 1, _atom(m1=2, n=2), "m1 is not the tilted mean"),
        Counterexample("LT-07.context", 2, _atom(v1=5, n=5), "A stretches by 5"),
        Counterexample("LT-07.context", 3, _atom(n=2), "n is not the distance"),
        Counterexample("LT-07.context", 4, _atom(g=-1, rho=-1), "a negative cost"),
        Counterexample("LT-07.context", 5, _atom(rho=0), "a coupling that costs more"),
        Counterexample("LT-07.context", 6, _atom(v1=0, e1=0, m1=5, n=5), "no mass: the means are free"),
        Counterexample("LT-07.context", 7, _atom(eta=-1), "a negative step"),
        Counterexample("LT-07.context", 8, _atom(a=-1), "a negative norm"),
        Counterexample("LT-07.context", 9, _atom(D=-2), "a negative diameter"),
        Counterexample("LT-07.context", 10, _atom(D=1, t=-2), "a negative norm of A^T x"),
        Counterexample("LT-07.score", 0, model({"r": 0, "D": 1}, {"x": [1], "v": [1]}), "a longer query"),
        Counterexample("LT-07.score", 1, model({"r": 1, "D": 0}, {"x": [1], "v": [1]}), "farther images"),
        Counterexample("LT-07.score", 2, model({"r": -1, "D": 1}, {"x": [0], "v": [0]}), "a negative radius"),
        Counterexample("LT-07.score", 3, model({"r": 1, "D": -1}, {"x": [0], "v": [0]}), "a negative diameter"),
        Counterexample("LT-07.weight", 0, model({"s": 1, "L": 0}, E=[(1, {"y": 0})]), "a score above the others"),
        Counterexample("LT-07.exp", 0, model({"s": 2, "t": 0, "M": 1}), "e^s is larger than M"),
        Counterexample("LT-07.exp", 1, model({"s": 0, "t": 2, "M": 1}), "e^t is larger than M"),
        Counterexample("LT-07.range", 0, model({"D": 0}, {"v0": [0], "m": [1]}, E=[(1, {"v": [1]})]), "too far"),
        Counterexample("LT-07.range", 1, model({"D": 0}, {"v0": [0], "m": [1]}, E=[(1, {"v": [0]})]), "not the mean"),
        Counterexample("LT-07.pair", 0, _moved(2, D=0), "A stretches by 2"),
        Counterexample("LT-07.pair", 1, _moved(9, 9, e1="1/2", a=0), "v0 is far from the mean"),
        Counterexample("LT-07.pair", 2, _moved(1, 1, e0=9, a=0), "weights that jump"),
        Counterexample("LT-07.pair", 3, _moved(8, a=8, D=0, M=0, e1=-1, e0=-1), "negative weights"),
        Counterexample("LT-07.pair", 4, _moved(1, D=0, e1=2, e0=2), "a weight above M"),
        Counterexample("LT-07.pair", 5, _moved(-1, a=-1, e0=0), "a negative norm of A"),
        Counterexample("LT-07.pair", 6, _moved(1, 0, e0=0, t=-1), "a negative norm of A^T x"),
        Counterexample("LT-07.pair", 7, _moved(1, 0, e0=0, D=-1), "a negative diameter"),
        Counterexample("LT-07.on_ball", 0, _on_ball(D=3, t=1, r=1), "D larger than 2 a R"),
        Counterexample("LT-07.on_ball", 1, _on_ball(D=2, t=9, r=1), "a longer A^T x"),
        Counterexample("LT-07.on_ball", 2, _on_ball(D=2, t=1, r=9), "a query outside the ball"),
        Counterexample(
            "LT-07.on_ball", 3, _on_ball(a=-1, R=-2, D=1, t=2, r=-2), "a negative norm and a negative radius"
        ),
        Counterexample("LT-07.on_ball", 4, _on_ball(D=-1, t=-1, a=0), "a negative diameter"),
        Counterexample("LT-07.on_ball", 5, _on_ball(eta=-1), "a negative step"),
        Counterexample("LT-07.sharp", 0, _line("-1", "-3/10"), "a smaller mean before"),
        Counterexample("LT-07.sharp", 1, _line("4/5", "1"), "a larger mean after"),
        Counterexample("LT-07.sharp", 2, _line("10", "-10", A=-1, h=2), "A < 0: the atom at R has little weight"),
        Counterexample("LT-07.sharp", 3, _line("77/100", "13/10", h="-1/2"), "the atom moves outwards"),
        Counterexample("LT-07.sharp", 4, _line("-985/1000", "-10001/10000", h=10, a="1/1000"), "past the other end"),
        Counterexample("LT-07.sharp", 5, _line("-1157/1000", "-1070/1000", h="1/2", a="-1/100"), "a negative weight"),
    ]


def _smaller(name: str, factor: str) -> Claim:
    """The step of the family (d = 1) against another constant than A (1 + 2 B) e^(2 B)."""
    means = {
        "m1 is at most the mean before": LINE["m1 is at least the mean before"].replace(">=", "<="),
        "m0 is at least the mean after": LINE["m0 is at most the mean after the atom moved by h"].replace("<=", ">="),
    }
    signs = {words: LINE[words] for words in ("A > 0", "h > 0", "h <= 2 R", "a > 0", "a < 1")}
    return statement(name, "", means | signs, f"m1 - m0 <= {factor}*a*h")


def refuted() -> list[Refuted]:
    family = _line("-8611/10000", "-8798/10000", a="1/100", h="1/10")  # A = R = 1: the ratio is 18.7
    edge = _line(
        "-999852228319236970/1000000000000000000", "-999852250482419823/1000000000000000000", a="1/100000", h="1/10000"
    )
    half = _smaller("LT-07.half", "A*(1 + 2*A*R**2)*exp(A*R**2)").text
    linear = _smaller("LT-07.linear", "A*(1 + 2*A*R**2)").text
    spread = _smaller("LT-07.spread", f"A*{W}").text
    below = _smaller("LT-07.below", f"999/1000*A*(1 + 2*A*R**2)*{W}").text
    return [
        Refuted("half the exponent", "The constant is eta (||A|| + D |A^T x|) e^{D |x|/2}.", half, family),
        Refuted("no exponential", "The constant is eta (||A|| + D |A^T x|).", linear, family),
        Refuted("weights do not move", "The constant is eta ||A|| e^{D |x|}.", spread, family),
        Refuted("0.999 of the bound", "0.999 times the constant on the ball is enough.", below, edge),
    ]


HAMMER = (
    Property(
        kind="context_attention",
        callable="torch_impl.layers:gradient_attention",
        bound="context_constant",
        quantities={
            "eta": "step",
            "a": "operator_norm",
            "D": "image_diameter",
            "r": "query_norm",
            "t": "query_image_norm",
        },
        sharp=True,
        options={"distance": "w1"},
    ),
    Property(
        kind="context_attention",
        callable="torch_impl.layers:gradient_attention",
        bound="on_ball",
        quantities={"eta": "step", "a": "operator_norm", "R": "radius"},
        sharp=True,
        options={"distance": "w1"},
    ),
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
