"""One residual attention layer pushes measures on a ball forward with Lipschitz constant 1 + h L_p in every W_p.

Statement
    Let mu, nu be Borel probability measures on the ball of radius R in R^d, F(mu) = (x + h Att(mu, x))_# mu with h >= 0, Att(mu, x) = V E_x[y]
    under the tilt e^<A x, y>, v = ||V||, a = ||A||. Then W_p(F(mu), F(nu)) <= (1 + h L_p) W_p(mu, nu),
    L_p = v (a R^2 + (1 + 2 a R^2) e^{2 a R^2/p}) for real p >= 1, v (a R^2 + sqrt(1 + a^2 R^4) e^{2 a R^2/p}) for real p >= 2 and
    v (a R^2 + sqrt(1 + a^2 R^4)) for p = infinity.
    On the unit sphere the tangential velocity P_x Att(mu, x), P_x u = u - <x, u> x, differs for pairs (mu, x), (nu, y) with W_infinity(mu, nu) <= w,
    |x - y| <= w by at most v (1 + a + sqrt(1 + a^2)) w <= 2 v (1 + a) w. Every d, every number of tokens, any weights, no mask.

Proof
    1. x -> x + h Att(mu, x) is (1 + h v a R^2)-Lipschitz, mu -> h Att(mu, x) is
       h (L_p - v a R^2)-Lipschitz for W_p.                                                     assumed   MM-21
    2. So a pair at distance g goes to at most (1 + h l) g + h m rho.                            kernel    MM-22.pair
    3. And the cost of the coupling grows by at most 1 + h (l + m), for real p.                  kernel    MM-18.push
    4. For p = infinity.                                                                        kernel    MM-22.layer_inf
    5. l + m is the stated constant.                                                            symbolic  derivation
    6. Sphere: |<x, b> x - <y, b> y| <= |x - y| |b| for unit x, y.                              kernel    MM-22.projection
    7. So P_x Att(mu, x) - P_y Att(nu, y) is at most |Att(mu, x) - Att(nu, y)| + |x - y| |Att(nu, y)|.  kernel    MM-22.tangent
    8. sqrt(1 + a^2) <= 1 + a: the constant is at most 2 v (1 + a).                              kernel    MM-22.sphere

Sharpness
    1 + h v at A = 0 is attained by translations. In general the two parts are sharp one by one (MM-21), their sum is an upper bound.

Source
    proofcheck, for the residual layer of furuya2025support (arXiv:2509.25611).

Audit
    Both constants come from MM-21, proved without a derivative. For p >= 2 they are smaller than the v (a R^2 + (1 + 2 a R^2) e^{2 a R^2/p}) and
    v (1 + 2 a R^2), p = infinity, that a norm bound term by term gives. On the sphere R = 1 and the velocity is at most v.
"""

from __future__ import annotations

import sympy as sp

from lemmas._models import one_for_each
from lemmas.measure_maps import attention_lipschitz, push_forward_lipschitz
from lemmas.measure_maps._residual_attention_models import MODELS
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-22"
TITLE = "Residual attention layer"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; constants of the residual layer")
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ("MM-18", "MM-21")

v, a, p, R, h = sp.symbols("v a p R h", positive=True)
BALL = v * a * R**2
SPREAD = sp.sqrt(1 + a**2 * R**4)
BOUNDS = {
    "lipschitz_constant": 1 + h * (BALL + v * (1 + 2 * a * R**2) * sp.exp(2 * a * R**2 / p)),
    "lipschitz_constant_2": 1 + h * (BALL + v * SPREAD * sp.exp(2 * a * R**2 / p)),
    "lipschitz_constant_inf": 1 + h * (BALL + v * SPREAD),
    "sphere_inf": v * (1 + a + sp.sqrt(1 + a**2)),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "p": "exponent of W_p",
    "R": "radius of a ball that holds both supports",
    "h": "step of the layer",
}


def derivation() -> list[DerivationStep]:
    whole = push_forward_lipschitz.BOUNDS["lipschitz_constant"]
    layer, reason = attention_lipschitz.BOUNDS, "L = 1 + h l, M = h m with l and m of MM-21"

    def added(context: str) -> sp.Expr:
        parts = {"L": 1 + h * layer["query_on_ball"], "M": h * layer[context]}
        return whole.subs({s: parts[s.name] for s in whole.free_symbols}, simultaneous=True)

    one = {R: 1}
    sphere = layer["query_on_ball"].subs(one) + layer["on_ball_inf"].subs(one) + v
    return [
        DerivationStep("p >= 1", added("on_ball"), BOUNDS["lipschitz_constant"], reason),
        DerivationStep("p >= 2", added("on_ball_2"), BOUNDS["lipschitz_constant_2"], reason),
        DerivationStep("p infinite", added("on_ball_inf"), BOUNDS["lipschitz_constant_inf"], reason),
        DerivationStep("sphere", sphere, BOUNDS["sphere_inf"], "l + m + |Att| with R = 1, |Att| <= v"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-22.pair",
            "A pair at distance g goes to distance at most (1 + h l) g + h m rho.",
            {
                "|y1 - y0| <= g": "norm2(x) <= g**2",
                "s = Att(mu, y0) - Att(mu, y1)": "norm2(s) <= (l*g)**2",
                "t = Att(mu, y1) - Att(nu, y1)": "norm2(t) <= (m*w)**2",
                **{f"{name} >= 0": f"{name} >= 0" for name in ("g", "l", "m", "w", "h")},
            },
            "norm2(x + h*(s + t)) <= ((1 + h*l)*g + h*m*w)**2",
            vectors="x, s, t",
        ),
        statement(
            "MM-22.layer_inf",
            "If no pair is farther apart than rho, no image is farther than (1 + h (l + m)) rho.",
            {
                "a pair": "o <= (1 + h*l)*g + h*m*w",
                "no pair is farther than rho": "g <= w",
                "l >= 0": "l >= 0",
                "h >= 0": "h >= 0",
            },
            "o <= (1 + h*(l + m))*w",
            random="g, o",
        ),
        statement(
            "MM-22.projection",
            "The radial parts of a vector at two points of the sphere differ by at most their distance times its norm.",
            {"|x| = 1": "norm2(x) == 1", "|y| = 1": "norm2(y) == 1"},
            "norm2(inner(x, b)*x - inner(y, b)*y) <= norm2(x - y)*norm2(b)",
            vectors="x, y, b",
        ),
        statement(
            "MM-22.tangent",
            "Tangential parts: with c = Att(mu, x), b = Att(nu, y), |c - b| <= q, |b| <= v, |x - y| <= w the velocities differ by at most q + v w.",
            {
                "|x| = 1": "norm2(x) == 1",
                "d = c - b": "norm2(d) <= q**2",
                "r = <x, b> x - <y, b> y": "norm2(r) <= (v*w)**2",
                "q >= 0": "q >= 0",
                "v >= 0": "v >= 0",
                "w >= 0": "w >= 0",
            },
            "norm2(d - inner(x, d)*x - r) <= (q + v*w)**2",
            vectors="x, d, r",
        ),
        statement(
            "MM-22.sphere",
            "On the sphere the constant is at most 2 v (1 + a).",
            {"v >= 0": "v >= 0", "a >= 0": "a >= 0"},
            f"{text(BOUNDS['sphere_inf'])} <= 2*v*(1 + a)",
        ),
    ]  # fmt: skip


def counterexamples() -> list[Counterexample]:
    return one_for_each(claims(), MODELS)


def refuted() -> list[Refuted]:
    def pair(name: str, target: str) -> str:
        parts = {
            "|y1 - y0| <= g": "norm2(x) <= g**2",
            "s": "norm2(s) <= (l*g)**2",
            "t": "norm2(t) <= (m*w)**2",
        }
        return statement(name, "", parts, f"norm2(x + h*(s + t)) <= ({target})**2", vectors="x, s, t").text

    scalars = {"g": 1, "l": 1, "m": 1, "w": 1, "h": 1}
    aligned = model(scalars, {"x": [1], "s": [1], "t": [1]})
    skip = statement(
        "MM-22.radial",
        "",
        {"|x| = 1": "norm2(x) == 1", "|y| = 1": "norm2(y) == 1"},
        "norm2(inner(x, b)*x - inner(y, b)*y) <= 999/1000*norm2(x - y)*norm2(b)",
        vectors="x, y, b",
    ).text
    return [
        Refuted("frozen context", "The layer is (1 + h l)-Lipschitz.", pair("MM-22.frozen", "(1 + h*l)*g"), aligned),
        Refuted("no residual", "The layer is h (l + m)-Lipschitz.", pair("MM-22.bare", "h*(l*g + m*w)"), aligned),
        Refuted("0.999 of the radial part", "0.999 |x - y| |b| is enough.", skip, model({}, {"x": [1, 0], "y": ["9999/10001", "200/10001"], "b": [1, -1]})),
    ]  # fmt: skip


def _push(bound: str, distance: str) -> Property:
    named = {"v": "value_norm", "a": "operator_norm", "R": "radius", "h": "step"}
    named |= {} if distance == "winf" else {"p": "exponent"}
    return Property(
        "push_attend", "torch_impl.attention:residual_attention", bound, named, False, {"distance": distance}
    )


HAMMER = (
    _push("lipschitz_constant_2", "w2"),
    _push("lipschitz_constant_inf", "winf"),
)
BINDINGS = (Binding("torch_impl.attention:residual_attention", "proofcheck.bind.formulas_attend:RESIDUAL"),)
