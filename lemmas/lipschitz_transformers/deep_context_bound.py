"""One explicit context bound for a deep Transformer: prod (1 + c_l) - 1, with c_l on radii that the layers themselves give.

Statement
    Tokens and queries of both contexts in the ball of radius R = r_0; layers with admissible steps for every context that reaches them,
    r_l = r_{l-1} (1 + eta_l a_l) for attention, a_l = ||A_l||, and r_l = r_{l-1} + tau |W^T sigma(b)| for an MLP step. Then the query map of
    the composition is 1-Lipschitz and |T(mu, x) - T(nu, x)| <= (prod (1 + c_l) - 1) W_1(mu, nu), with
    c_l = eta_l a_l (1 + 2 B_l) e^{2 B_l}, B_l = a_l r_{l-1}^2, for attention and c_l = 0 for an MLP step. The same in W_infinity with
    c_l = eta_l a_l sqrt(1 + B_l^2). Every d, every number of tokens.

Proof
    1. Each layer is 1-Lipschitz in the query (LT-01, LT-05), and c_l-Lipschitz in the context on the ball of radius r_{l-1}, for both
       distances.                                                                              assumed   LT-01, LT-05, LT-07, LT-08
    2. Both contexts and the query reach layer l inside that ball.                              assumed   LT-10
    3. |A (y - z)| <= 2 a r and |A^T x| <= a r on it.                                           kernel    LT-21.ball
    4. From gap s <= (P - 1) rho_0 and contexts at distance rho <= P rho_0, one more layer gives the gap
       s + c rho <= (P (1 + c) - 1) rho_0.                                                     kernel    LT-21.layer
    5. Contexts move apart by at most 1 + c, in W_1 and in W_infinity.                          assumed   LT-09
    6. Induction over the layers, from P = 1.                                                  assumed   induction_on_depth
    7. The product for two attention layers is the printed constant.                           symbolic  derivation

Sharpness
    Attained in the limit R -> 0 by A_l = -a_l I and Diracs: there c_l -> eta_l a_l, and every layer moves the query by eta_l a_l times a token.

Source
    proofcheck; composes LT-07, LT-08 and LT-10 through LT-09 (furuya2026approximation, arXiv:2602.15503, Lemma 6, as reconstructed).

Audit
    The diameter alone does not give it: LT-10's diameter holds per context, and here two contexts are compared; hence radii.
    In W_1 the constant is a tower: r_l grows with depth and sits in an exponent. In W_infinity it is a product of roots.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from lemmas.lipschitz_transformers import context_bound_sharp, context_bound_w_inf, domain_propagation
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-21"
TITLE = "One explicit bound for deep networks"
SOURCE = Source("furuya2026approximation", "2602.15503", "proofcheck; Lemma 6 with explicit constants")
LABEL = "sharp"
ASSUMES = ("induction_on_depth",)
USES = ("LT-01", "LT-05", "LT-07", "LT-08", "LT-09", "LT-10")

DEPTH = 2  # of the instance that is printed and hammered; the proof is for every depth
steps = sp.symbols(f"eta1:{DEPTH + 1}", nonnegative=True)
norms = sp.symbols(f"a1:{DEPTH + 1}", nonnegative=True)
R = sp.Symbol("R", nonnegative=True)


def deep_constant(on_ball: sp.Expr, steps: Sequence[sp.Expr], norms: Sequence[sp.Expr], radius: sp.Expr) -> sp.Expr:
    """prod (1 + c_l) - 1 for attention layers, c_l the one-layer constant `on_ball` (in eta, a, R) on the radius r_{l-1}."""
    layer = sp.Lambda(sp.symbols("eta a R", nonnegative=True), on_ball)
    growth = sp.Lambda(sp.symbols("eta a r", nonnegative=True), domain_propagation.BOUNDS["radius"])
    product: sp.Expr = sp.Integer(1)
    for eta, a in zip(steps, norms, strict=True):
        product = sp.Mul(product, sp.Add(1, layer(eta, a, radius)))
        radius = growth(eta, a, radius)
    return product - 1


BOUNDS = {
    "context_constant": deep_constant(context_bound_sharp.BOUNDS["on_ball"], steps, norms, R),
    "context_constant_inf": deep_constant(context_bound_w_inf.BOUNDS["on_ball"], steps, norms, R),
}
SYMBOLS = (
    {str(s): f"step of attention layer {k}" for k, s in enumerate(steps, 1)}
    | {str(s): f"operator norm of A in layer {k}" for k, s in enumerate(norms, 1)}
    | {"R": "radius of a ball that holds the tokens of both contexts and the query"}
)


def derivation() -> list[DerivationStep]:
    (eta1, eta2), (a1, a2) = steps, norms
    r1 = R * (1 + eta1 * a1)
    c1 = eta1 * a1 * (1 + 2 * a1 * R**2) * sp.exp(2 * a1 * R**2)
    c2 = eta2 * a2 * (1 + 2 * a2 * r1**2) * sp.exp(2 * a2 * r1**2)
    root1 = eta1 * a1 * sp.sqrt(1 + a1**2 * R**4)
    root2 = eta2 * a2 * sp.sqrt(1 + a2**2 * r1**4)
    return [
        DerivationStep("two layers", BOUNDS["context_constant"], c1 + c2 + c1 * c2, "expand (1 + c1)(1 + c2) - 1"),
        DerivationStep(
            "two layers, W_infinity", BOUNDS["context_constant_inf"], root1 + root2 + root1 * root2, "the same"
        ),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-21.ball",
            "On the ball of radius r the images differ by at most 2 a r.",
            {"|A y| <= a r": "norm2(v) <= (a*r)**2", "|A z| <= a r": "norm2(w) <= (a*r)**2"},
            "norm2(v - w) <= (2*a*r)**2",
            vectors="v, w",
        ),
        statement(
            "LT-21.layer",
            "One more layer keeps the gap of the query at most (P - 1) rho_0, P the product of 1 + c_l.",
            {
                "one layer": "t <= s + c*rho",
                "gap before": "s <= (P - 1)*rho0",
                "contexts before": "rho <= P*rho0",
                "c >= 0": "c >= 0",
            },
            "t <= (P*(1 + c) - 1)*rho0",
        ),
    ]


def _layer(**change: int) -> dict:
    return model({"t": 0, "s": 0, "c": 1, "rho": 0, "P": 1, "rho0": 0} | change)


def _images(v: int, w: int) -> dict:
    return model({"a": 1, "r": 1}, {"v": [v], "w": [w]})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-21.ball", 0, _images(3, -1), "y is outside the ball"),
        Counterexample("LT-21.ball", 1, _images(1, -3), "z is outside the ball"),
        Counterexample("LT-21.layer", 0, _layer(t=1), "a layer that does more"),
        Counterexample("LT-21.layer", 1, _layer(t=1, s=1), "a larger gap before"),
        Counterexample("LT-21.layer", 2, _layer(t=1, rho=1), "contexts farther apart"),
        Counterexample("LT-21.layer", 3, _layer(t=1, c=-1, rho=-1), "a negative constant"),
    ]


def refuted() -> list[Refuted]:
    added = statement(
        "LT-21.added",
        "",
        {"first layer": "s <= c1*rho0", "contexts": "rho <= (1 + c1)*rho0", "second layer": "t <= s + c2*rho"}
        | {"c1 >= 0": "c1 >= 0", "c2 >= 0": "c2 >= 0", "rho0 is a distance": "rho0 >= 0"},
        "t <= (c1 + c2)*rho0",
    )
    diameter = statement(
        "LT-21.diameter",
        "",
        {
            "|y - z| <= Delta for the tokens of one context": "norm2(y - z) <= Delta**2",
            "|u - w| <= Delta for the tokens of the other": "norm2(u - w) <= Delta**2",
        },
        "norm2(y - w) <= Delta**2",
        vectors="y, z, u, w",
    )
    return [
        Refuted(
            "constants add up",
            "Two layers are (c1 + c2)-Lipschitz in the context.",
            added.text,
            model({"s": 1, "t": 3, "rho": 2, "rho0": 1, "c1": 1, "c2": 1}),
        ),
        Refuted(
            "the diameter is enough",
            "Tokens of two contexts of diameter Delta are within Delta of each other.",
            diameter.text,
            model({"Delta": 0}, {"y": [0], "z": [0], "u": [1], "w": [1]}),
        ),
    ]


LAYERS = {"eta1": "step_1", "a1": "operator_norm_1", "eta2": "step_2", "a2": "operator_norm_2", "R": "radius"}
HAMMER = (
    Property(
        kind="deep_context",
        callable="torch_impl.layers:gradient_attention",
        bound="context_constant",
        quantities=LAYERS,
        sharp=True,
        options={"layers": ("attention", "attention")},
    ),
    Property(
        kind="deep_context",
        callable="torch_impl.layers:gradient_attention",
        bound="context_constant_inf",
        quantities=LAYERS,
        sharp=True,
        options={"layers": ("attention", "attention"), "distance": "winf"},
    ),
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
