"""How far a context moves an attention step, the source's bound: eta ||A|| [(1 + B) e^{2B} + B e^{4B}] W_1, B = ||A|| R^2.

Statement
    Let Omega lie in the ball of radius R, A a real matrix, B = ||A|| R^2, Gamma(mu, x) = x - eta E_x[A y], eta >= 0. For all Borel probability
    measures mu, nu on Omega and all x in the ball of radius R:
    |Gamma(mu, x) - Gamma(nu, x)| <= eta ||A|| [(1 + B) e^{2B} + B e^{4B}] W_1(mu, nu). Every d, every number of tokens, any weights.

Proof
    1. Scores s = <x, A y> lie in [-B, B], so |e^s - e^t| <= e^B |s - t|.                       kernel    LT-06.exp
    2. The partition function Z = E e^s is at least e^-B.                                      kernel    LT-06.partition
    3. A pair of tokens at distance g changes e^s A y by at most e^B ||A|| (1 + B) g.           kernel    LT-06.numerator
    4. The tilted mean has norm at most ||A|| R, so less than e^{2B} ||A|| R.                   kernel    LT-06.mean
    5. With Z the partition function of nu, Z (m1 - m0) = E[e1 v1 - e0 v0] - E[e1 - e0] m0; any
       coupling of cost at most rho gives the bound.                                           kernel    LT-06.context
    6. LT-07's constant on the ball is never larger.                                           kernel    LT-06.weaker
    7. The sum of the two terms of step 5 is the bracket times ||A||.                          symbolic  derivation

Sharpness
    An upper bound: LT-07 is smaller by a factor of about e^{2B}/2 for large B, and sharp. Both tend to eta ||A|| as B -> 0.

Source
    furuya2026approximation (arXiv:2602.15503), Lemma 2 (context part), as reconstructed.

Audit
    The e^{4B} is lost in one place: |N| <= e^B ||A|| R and Z >= e^-B bound the mean N/Z by e^{2B} ||A|| R, but a mean of vectors of norm at
    most ||A|| R has norm at most ||A|| R (step 4). Keeping that gives (1 + 2 B) e^{2B}, which is LT-07 on the ball.
    Scope: the constant depends on A and eta, not on Omega alone. With eta as large as LT-04 admits no constant serves all A (refuted below):
    Omega = [-1, 1], A = s, eta = 2/s^2, x = 0, mu = delta_1, nu = delta_0 has ratio 2/s.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import context_bound_sharp
from lemmas.lipschitz_transformers.context_bound_sharp import COUPLED, COUPLING, MEANS, MOVED
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-06"
TITLE = "Context bound, the source's constant"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemma 2 (context part), as reconstructed")
LABEL = "upper"
ASSUMES = ()
USES = ("LT-07",)

eta, a, R, B = sp.symbols("eta a R B", nonnegative=True)
BRACKET = (1 + B) * sp.exp(2 * B) + B * sp.exp(4 * B)
BOUNDS = {"context_constant": eta * a * BRACKET.subs(B, a * R**2)}
SYMBOLS = {
    "eta": "step of the attention layer",
    "a": "operator norm of A",
    "R": "radius of a ball that holds Omega and x",
}
SHARP_BRACKET = (1 + 2 * B) * sp.exp(2 * B)  # of LT-07 on the ball


def derivation() -> list[DerivationStep]:
    numerator, weights, mean = sp.exp(B) * a * (1 + B), sp.exp(B) * a * R, sp.exp(2 * B) * a * R
    at = {B: a * R**2}
    return [
        DerivationStep(
            "two terms",
            (eta * sp.exp(B) * (numerator + mean * weights)).subs(at),
            BOUNDS["context_constant"],
            "1/Z <= e^B",
        ),
        DerivationStep(
            "LT-07 on the ball", context_bound_sharp.BOUNDS["on_ball"], eta * a * SHARP_BRACKET.subs(at), "B = a R^2"
        ),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-06.exp",
            "|e^s - e^t| <= e^B |s - t| for scores up to B.",
            {"s <= B": "s <= B", "t <= B": "t <= B"},
            "(exp(s) - exp(t))**2 <= (exp(B)*(s - t))**2",
        ),
        statement(
            "LT-06.partition", "Z >= e^-B.", {"scores are at least -B": "s >= -B"}, "E[exp(s)] >= exp(-B)", random="s"
        ),
        statement(
            "LT-06.numerator",
            "Moving one atom by g changes its weighted image by at most M a (1 + a R^2) g.",
            {
                "|A u| <= a |u|, u = y1 - y0": "norm2(v1 - v0) <= (a*g)**2",
                "|A y0| <= a R": "norm2(v0) <= (a*R)**2",
                "weights differ by at most M a R |u|": "(e1 - e0)**2 <= (M*a*R*g)**2",
                "weights are not negative": "e1 >= 0",
                "weights are at most M = e^B": "e1 <= M",
                "a >= 0": "a >= 0",
            },
            "norm2(e1*v1 - e0*v0) <= (M*a*(1 + a*R**2)*g)**2",
            vectors="v0, v1",
        ),
        statement(
            "LT-06.mean",
            "The tilted mean has norm at most a R.",
            {"|A y| <= a R": "norm2(v) <= (a*R)**2", "m = E_x[A y]": "forall q: inner(m, q) == E[inner(v, q)]"},
            "norm2(m) <= (a*R)**2",
            vectors="v, m",
            random="v",
        ),
        statement(
            "LT-06.context",
            "The steps differ by at most the constant times the cost of any coupling.",
            MEANS
            | {
                "numerators": "norm2(e1*v1 - e0*v0) <= (exp(B)*a*(1 + B)*g)**2",
                "weights": "(e1 - e0)**2 <= (exp(B)*a*R*g)**2",
                "|m0| <= e^{2B} a R": "norm2(m0) <= (exp(2*B)*a*R)**2",
                "Z >= e^-B": "E[e1] >= exp(-B)",
                "B = a R^2": "B == a*R**2",
            }
            | MOVED
            | COUPLING
            | {"eta >= 0": "eta >= 0", "a >= 0": "a >= 0"},
            f"n <= eta*a*({text(BRACKET)})*rho",
            **COUPLED,
        ),
        statement(
            "LT-06.weaker", "LT-07's bracket is at most this one.", {}, f"{text(SHARP_BRACKET)} <= {text(BRACKET)}"
        ),
    ]


def _atom(v1: int = 1, e0: int | str = 1, e1: int | str = 1, g: int = 1, **change: int) -> dict:
    """One token moves from v0 = 0 to v1 = 1, R = B = 0, eta = a = rho = n = 1 unless said otherwise."""
    values = {"eta": 1, "a": 1, "R": 0, "B": 0, "rho": 1, "n": 1} | {
        k: v for k, v in change.items() if k[0] not in "vm"
    }
    v0, m0, m1 = change.get("v0", 0), change.get("m0", change.get("v0", 0)), change.get("m1", v1)
    return model(values, {"m0": [m0], "m1": [m1]}, E=[(1, {"v0": [v0], "v1": [v1], "e0": e0, "e1": e1, "g": g})])


def _moved(v1: int, v0: int = 0, **scalars: int) -> dict:
    return model({"a": 1, "R": 1, "M": 1, "g": 1, "e0": 1, "e1": 1} | scalars, {"v0": [v0], "v1": [v1]})


def counterexamples() -> list[Counterexample]:
    ball = {"R": 1, "B": 1}
    return [
        Counterexample("LT-06.exp", 0, model({"s": 2, "t": 0, "B": 0}), "a score above B"),
        Counterexample("LT-06.exp", 1, model({"s": 0, "t": 2, "B": 0}), "the other score above B"),
        Counterexample("LT-06.partition", 0, model({"B": 1}, E=[(1, {"s": -5})]), "a score below -B"),
        Counterexample("LT-06.numerator", 0, _moved(5), "A stretches by 5"),
        Counterexample("LT-06.numerator", 1, _moved(9, 9, e0=0), "a token outside the ball"),
        Counterexample("LT-06.numerator", 2, _moved(1, 1, e0=9), "weights that jump"),
        Counterexample("LT-06.numerator", 3, _moved(1, e0=-5, e1=-5), "negative weights"),
        Counterexample("LT-06.numerator", 4, _moved(1, e0=5, e1=5), "weights above M"),
        Counterexample("LT-06.numerator", 5, _moved(1, a=-1), "a negative norm"),
        Counterexample("LT-06.mean", 0, model({"a": 1, "R": 0}, {"m": [1]}, E=[(1, {"v": [1]})]), "a longer image"),
        Counterexample("LT-06.mean", 1, model({"a": 1, "R": 0}, {"m": [1]}, E=[(1, {"v": [0]})]), "not the mean"),
        Counterexample("LT-06.context", 0, _atom(2, v0=1, m0=0, n=2), "m0 is not the tilted mean"),
        Counterexample("LT-06.context", 1, _atom(m1=2, n=2), "m1 is not the tilted mean"),
        Counterexample("LT-06.context", 2, _atom(5, n=5), "A stretches by 5"),
        Counterexample("LT-06.context", 3, _atom(2, 2, 1, 0, v0=1, rho=0, **ball), "weights that jump"),
        Counterexample("LT-06.context", 4, _atom(3000, 3, 1, v0=1000, n=2000, **ball), "a long mean"),
        Counterexample("LT-06.context", 5, _atom(100, "1/100", "1/100", n=100), "little mass"),
        Counterexample("LT-06.context", 6, _atom(3, 2, 1, v0=1, n=2, R=1), "B is smaller"),
        Counterexample("LT-06.context", 7, _atom(n=5), "n is not the distance"),
        Counterexample("LT-06.context", 8, _atom(g=-1, rho=-1), "a negative cost"),
        Counterexample("LT-06.context", 9, _atom(rho=0), "a coupling that costs more"),
        Counterexample("LT-06.context", 10, _atom(eta=-1), "a negative step"),
        Counterexample("LT-06.context", 11, _atom(a=-1), "a negative norm"),
    ]


def refuted() -> list[Refuted]:
    scope = statement(
        "LT-06.scope",
        "",
        {"the step is admissible (LT-04)": "eta*s**2 <= 2", "eta >= 0": "eta >= 0"},
        "norm2(eta*s*(y - z)) <= 100**2*norm2(y - z)",
        vectors="y, z",
    )
    return [
        Refuted(
            "a constant of Omega alone",
            "With admissible steps the context constant is at most 100 on [-1, 1], whatever A = s is (x = 0, one token).",
            scope.text,
            model({"s": "1/100", "eta": 20000}, {"y": [1], "z": [0]}),
        )
    ]


HAMMER = Property(
    kind="context_attention",
    callable="torch_impl.layers:gradient_attention",
    bound="context_constant",
    quantities={"eta": "step", "a": "operator_norm", "R": "radius"},
    sharp=False,
    options={"distance": "w1"},
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
