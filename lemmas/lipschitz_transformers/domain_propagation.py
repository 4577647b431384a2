"""Where tokens and queries go: radii grow by known factors, the diameter never grows, so steps stay admissible at depth.

Statement
    (a) Tokens and query in the ball of radius r, a = ||A||, eta >= 0: |Gamma(mu, x)| <= r (1 + eta a).
    (b) MLP, 0 <= tau <= 2/||W||^2, |x| <= r: |F(x)| <= r + tau |W^T sigma(b)|.
    (c) An admissible attention step does not increase the diameter Delta of the set of tokens and queries of one context, and
        neither does an admissible MLP step.
    (d) Tokens and queries of two contexts together, within Delta before an admissible attention step, are within Delta + eta D after it,
        D the diameter of A Omega for the tokens Omega of both.
    (e) So, behind any number of admissible layers and for one input context, every step with eta a^2 Delta^2 <= 8 is admissible
        (LT-05), Delta the diameter at the input. Every d, every number of tokens.

Proof
    1. |m| <= a r for the tilted mean m of A y, then the triangle inequality.                  kernel    LT-10.radius
    2. F is 1-Lipschitz (LT-01) and F(0) = -tau W^T sigma(b).                                  kernel    LT-10.mlp
    3. Two queries of one context move by the same 1-Lipschitz map.                            kernel    LT-10.diameter
    4. D = diam(A Omega) <= a Delta, so eta a^2 Delta^2 <= 8 gives eta D^2 <= 8.               kernel    LT-10.step
    5. Induction over the layers.                                                              assumed   induction_on_depth
    6. Two contexts: Gamma(mu, x) and Gamma(mu, z) stay within Delta, and Gamma(mu, z) - Gamma(nu, z) is eta times a
       difference of two means of vectors within D.                                            kernel    LT-10.spread
    7. The step is LT-05's with D = a Delta, the radius is r + eta (a r).                      symbolic  derivation

Sharpness
    (a) attained: A = -a I, all tokens and the query at one point of norm r. (d) attained: below. (e) inherits LT-05's sharpness for one layer.

Source
    proofcheck; answers a limitation stated in furuya2026approximation (arXiv:2602.15503).

Audit
    (c) holds per context: the union over all contexts may be wider (Omega = [-1, 1], A = 1, eta = 2: delta_1 moves -1 to -3),
    refuted below. So context bounds at depth need the radii of (a) and (b); the diameter alone does not give them.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import attention_step_sharp
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-10"
TITLE = "Domain propagation"
SOURCE = Source("furuya2026approximation", "2602.15503", "proofcheck; answers a stated limitation")
LABEL = "sharp"
ASSUMES = ("induction_on_depth",)
USES = ("LT-01", "LT-05")

r, eta, a = sp.symbols("r eta a", nonnegative=True)
Delta = sp.Symbol("Delta", positive=True)
D = sp.Symbol("D", nonnegative=True)
BOUNDS = {
    "radius": r * (1 + eta * a),
    "eta_max": attention_step_sharp.BOUNDS["eta_max"].subs(attention_step_sharp.D, a * Delta),
    "spread": Delta + eta * D,
}
SYMBOLS = {
    "r": "radius of tokens and query",
    "eta": "step of the attention layer",
    "a": "operator norm of A",
    "Delta": "diameter of the input domain",
    "D": "diameter of A Omega, Omega the tokens of both contexts",
}
EDGE = sp.cancel(BOUNDS["eta_max"] * a**2 * Delta**2)


def derivation() -> list[DerivationStep]:
    worst = attention_step_sharp.BOUNDS["eta_max"].subs(attention_step_sharp.D, a * Delta)
    return [
        DerivationStep("radius", BOUNDS["radius"], r + eta * (a * r), "triangle inequality, |m| <= a r"),
        DerivationStep("two contexts", BOUNDS["spread"], eta * D + Delta, "same context, then same query"),
        DerivationStep("step at depth", BOUNDS["eta_max"], worst, "LT-05 with D <= a Delta"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-10.radius",
            "An attention step sends the ball of radius r into the ball of radius r (1 + eta a).",
            {
                "|A y| <= a |y|": "norm2(v) <= a**2*norm2(y)",
                "|y| <= r": "norm2(y) <= r**2",
                "|x| <= r": "norm2(x) <= r**2",
                "m = E_x[A y]": "forall q: inner(m, q) == E[inner(v, q)]",
                "a >= 0": "a >= 0",
                "eta >= 0": "eta >= 0",
            },
            f"norm2(x - eta*m) <= ({text(BOUNDS['radius'])})**2",
            vectors="x, m, v, y",
            random="v, y",
        ),
        statement(
            "LT-10.mlp",
            "A 1-Lipschitz map that sends 0 to f0 sends the ball of radius r into the ball of radius r + |f0|.",
            {
                "F is 1-Lipschitz": "norm2(f - f0) <= r**2",
                "|F(0)| <= n": "norm2(f0) <= n**2",
                "r >= 0": "r >= 0",
                "n >= 0": "n >= 0",
            },
            "norm2(f) <= (r + n)**2",
            vectors="f, f0",
        ),
        statement(
            "LT-10.diameter",
            "Two queries within Delta stay within Delta.",
            {
                "the layer is 1-Lipschitz": "norm2(f - g) <= norm2(x - y)",
                "|x - y| <= Delta": "norm2(x - y) <= Delta**2",
            },
            "norm2(f - g) <= Delta**2",
            vectors="f, g, x, y",
        ),
        statement(
            "LT-10.spread",
            "Tokens and queries of two contexts move apart by at most eta D; E is the product of the two tilted measures.",
            {
                "the layer is 1-Lipschitz, |x - z| <= Delta": "norm2(f - g) <= Delta**2",
                "A y, A y' are within D": "norm2(v - w) <= D**2",
                "m = E_z[A y] under mu": "forall q: inner(m, q) == E[inner(v, q)]",
                "n = E_z[A y'] under nu": "forall q: inner(n, q) == E[inner(w, q)]",
                "Delta >= 0": "Delta >= 0",
                "D >= 0": "D >= 0",
                "eta >= 0": "eta >= 0",
            },
            f"norm2((f - g) - eta*(m - n)) <= ({text(BOUNDS['spread'])})**2",
            vectors="f, g, m, n, v, w",
            random="v, w",
        ),
        statement(
            "LT-10.step",
            "A step certified through ||A|| and the input diameter is admissible for LT-05.",
            {
                "D is a diameter": "D >= 0",
                "D <= a Delta": "D <= a*Delta",
                "the step is admissible": f"eta*a**2*Delta**2 <= {text(EDGE)}",
            },
            f"eta*D**2 <= {text(attention_step_sharp.EDGE)}",
        ),
    ]


def _line(x: int, m: int, v: int, y: int, **scalars: int) -> dict:
    return model({"a": 1, "r": 1, "eta": 1} | scalars, {"x": [x], "m": [m]}, E=[(1, {"v": [v], "y": [y]})])


def _spread(f: int = 1, v: int = -1, m: int = -1, n: int = 0, **scalars: int) -> dict:
    """d = 1: queries 1 and 0 under mu, images -1 and 0; Delta = D = eta = 1: the distance 2 is the bound."""
    vectors = {"f": [f], "g": [0], "m": [m], "n": [n]}
    return model({"Delta": 1, "D": 1, "eta": 1} | scalars, vectors, E=[(1, {"v": [v], "w": [0]})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-10.radius", 0, _line(1, -2, -2, 1), "A stretches by 2"),
        Counterexample("LT-10.radius", 1, _line(1, -2, -2, 2), "a token outside the ball"),
        Counterexample("LT-10.radius", 2, _line(3, 0, 0, 0), "the query outside the ball"),
        Counterexample("LT-10.radius", 3, _line(1, -2, 0, 0), "m is not the tilted mean"),
        Counterexample("LT-10.radius", 4, _line(1, -1, -1, 1, a=-1), "a negative norm"),
        Counterexample("LT-10.radius", 5, _line(1, 1, 1, 1, eta=-1), "a negative step moves outwards"),
        Counterexample("LT-10.mlp", 0, model({"r": 1, "n": 1}, {"f": [3], "f0": [0]}), "an expansive map"),
        Counterexample("LT-10.mlp", 1, model({"r": 1, "n": 1}, {"f": [3], "f0": [3]}), "F(0) is larger"),
        Counterexample("LT-10.mlp", 2, model({"r": -1, "n": 1}, {"f": [1], "f0": [0]}), "a negative radius"),
        Counterexample("LT-10.mlp", 3, model({"r": 1, "n": -1}, {"f": [1], "f0": [0]}), "a negative norm"),
        Counterexample(
            "LT-10.diameter",
            0,
            model({"Delta": 1}, {"f": [2], "g": [0], "x": [0], "y": [0]}),
            "an expansive layer",
        ),
        Counterexample(
            "LT-10.diameter",
            1,
            model({"Delta": 1}, {"f": [2], "g": [0], "x": [2], "y": [0]}),
            "farther queries",
        ),
        *(
            Counterexample("LT-10.spread", index, _spread(**change), why)
            for index, (change, why) in enumerate(
                [
                    ({"f": 9}, "an expansive layer"),
                    ({"v": -9, "m": -9}, "images farther apart"),
                    ({"m": -9}, "m is not the mean"),
                    ({"n": 9}, "n is not the mean"),
                    ({"Delta": -1}, "a negative diameter"),
                    ({"D": -1}, "a negative diameter of the images"),
                    ({"eta": -1, "m": 1, "v": 1}, "a negative step moves them apart by |eta| D"),
                ]
            )
        ),
        Counterexample("LT-10.step", 0, model({"D": -9, "a": 1, "Delta": 1, "eta": 1}), "D is no diameter"),
        Counterexample("LT-10.step", 1, model({"D": 9, "a": 1, "Delta": 1, "eta": 1}), "D is larger than a Delta"),
        Counterexample("LT-10.step", 2, model({"D": 1, "a": 1, "Delta": 1, "eta": 9}), "a larger step"),
    ]


def refuted() -> list[Refuted]:
    union = statement(
        "LT-10.union",
        "",
        {
            "query in [-1, 1]": "norm2(x) <= 1",
            "token in [-1, 1]": "norm2(y) <= 1",
            "eta <= 8/diam^2": "0 <= eta*4",
        }
        | {"edge": "eta*4 <= 8"},
        "norm2(x - eta*y) <= 1",
        vectors="x, y",
    )
    smaller = statement(
        "LT-10.smaller",
        "",
        {
            "|y| <= r": "norm2(y) <= r**2",
            "|x| <= r": "norm2(x) <= r**2",
            "r >= 0": "r >= 0",
            "eta >= 0": "eta >= 0",
        },
        "norm2(x - eta*y) <= (r*(1 + 999/1000*eta))**2",
        vectors="x, y",
    )
    apart = statement(
        "LT-10.apart",
        "",
        {
            "the layer is 1-Lipschitz, |x - z| <= Delta": "norm2(f - g) <= Delta**2",
            "the means are within D": "norm2(m - n) <= D**2",
            "Delta >= 0": "Delta >= 0",
            "D >= 0": "D >= 0",
            "eta >= 0": "eta >= 0",
        },
        "norm2((f - g) - eta*(m - n)) <= (Delta + 999/1000*eta*D)**2",
        vectors="f, g, m, n",
    )
    attained = model({"Delta": 1, "D": 1, "eta": 1}, {"f": [1], "g": [0], "m": [-1], "n": [0]})
    return [
        Refuted("a smaller spread", "Two contexts stay within Delta + 0.999 eta D.", apart.text, attained),
        Refuted(
            "one ball for all contexts",
            "The union over contexts keeps the diameter.",
            union.text,
            model({"eta": 2}, {"x": [-1], "y": [1]}),
        ),
        Refuted(
            "smaller radius",
            "|Gamma| <= r (1 + 0.999 eta a).",
            smaller.text,
            model({"r": 1, "eta": 1}, {"x": [1], "y": [-1]}),
        ),
    ]


HAMMER = (
    Property(
        kind="domain_radius",
        callable="torch_impl.layers:gradient_attention",
        bound="radius",
        quantities={"r": "radius", "eta": "step", "a": "operator_norm"},
        sharp=True,
        options={"layer": "attention", "statement": "radius"},
    ),
    Property(
        kind="nonexpansive_query",
        callable="torch_impl.layers:gradient_attention",
        bound="eta_max",
        quantities={"a": "operator_norm", "Delta": "domain_diameter"},
        sharp=True,
        options={"layer": "attention"},
    ),
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
