"""Two values that differ by less than the budget are taken at two points by alpha f + beta, |alpha| < 1, alpha of either sign.

Statement
    Let p, q be points of P(Omega) x Omega, b(p, q) = |x - x'| + C W_1(mu, nu), and |a - b| < b(p, q). Let f in C_{1,C} (LT-15, with
    a loss C kappa < b(p, q) - |a - b|) have f(p) - f(q) >= b(p, q) - C kappa. With alpha = (a - b)/(f(p) - f(q)) and
    beta = b - alpha f(q), the map alpha f + beta takes a at p and b at q, |alpha| < 1, and it is in C_{1,C}.

Proof
    1. LT-15 gives f; its gap is larger than |a - b|.                        kernel    LT-16.room
    2. alpha f(p) + beta = a.                                                kernel    LT-16.at_p
    3. alpha f(q) + beta = b.                                                kernel    LT-16.at_q
    4. |alpha| < 1, since the gap is larger than |a - b|.                    kernel    LT-16.slope
    5. alpha f + beta obeys every Lipschitz bound that f obeys.              kernel    LT-16.closed
    6. alpha, beta solve alpha u + beta = a, alpha v + beta = b.             symbolic  derivation
    7. LT-15 without loss (kappa = 0) rests on an optimal potential.         assumed   kantorovich_rubinstein_duality

Sharpness
    At |a - b| = f(p) - f(q) the slope is 1 and no longer below it: refuted below.

Source
    furuya2026approximation (arXiv:2602.15503), two-point interpolation in the proof of Theorem 8, as reconstructed.

Audit
    The proof as reconstructed takes alpha in [0, 1]. For a < b the coefficient is negative (refuted below: a = 0, b = 1, f(p) = 2,
    f(q) = 0 has alpha = -1/2), and |alpha| < 1 is the invariant that the proof needs: a negative factor goes into the read-out.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-16"
TITLE = "Two-point interpolation"
SOURCE = Source("furuya2026approximation", "2602.15503", "proof of Theorem 8, as reconstructed")
LABEL = "identity"
ASSUMES = ("kantorovich_rubinstein_duality",)
USES = ("LT-15",)

a, b, u, v = sp.symbols("a b u v", real=True)
SLOPE = (a - b) / (u - v)
BOUNDS = {"alpha": SLOPE, "beta": (b * u - a * v) / (u - v)}
SYMBOLS = {"a": "value wanted at p", "b": "value wanted at q", "u": "f(p)", "v": "f(q)"}

ALPHA, BETA = f"({text(BOUNDS['alpha'])})", f"({text(BOUNDS['beta'])})"
INSIDE = {"|a - b| < f(p) - f(q)": "Abs(a - b) < u - v"}


def derivation() -> list[DerivationStep]:
    alpha, beta = sp.symbols("alpha beta", real=True)
    found = sp.solve([alpha * u + beta - a, alpha * v + beta - b], [alpha, beta], dict=True)[0]
    return [
        DerivationStep("slope", BOUNDS["alpha"], found[alpha], "two equations for alpha and beta"),
        DerivationStep("constant", BOUNDS["beta"], found[beta], "two equations for alpha and beta"),
        DerivationStep("beta = b - alpha f(q)", BOUNDS["beta"], b - SLOPE * v, "the equation at q"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-16.room",
            "If the loss C kappa leaves room, the gap u - v of f is larger than |a - b|; d is the budget.",
            {"f separates, but for a loss": "u - v >= d - C*kappa", "the loss is small": "C*kappa < d - Abs(a - b)"},
            INSIDE["|a - b| < f(p) - f(q)"],
        ),
        statement("LT-16.at_p", "The value at p is a.", {}, f"{ALPHA}*u + {BETA} == a"),
        statement("LT-16.at_q", "The value at q is b.", {}, f"{ALPHA}*v + {BETA} == b"),
        statement("LT-16.slope", "|alpha| < 1.", INSIDE, f"Abs{ALPHA} < 1"),
        statement(
            "LT-16.closed",
            "alpha f + beta changes by at most r where f changes by at most r: r = |x - x'|, or r = C W_1.",
            {"|alpha| <= 1": "Abs(alpha) <= 1", "f changes by at most r": "Abs(f - g) <= r"},
            "Abs((alpha*f + beta) - (alpha*g + beta)) <= r",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    room = {"a": 1, "b": 0, "u": 0, "v": 0, "C": 1}
    return [
        Counterexample("LT-16.room", 0, model(room | {"d": 2, "kappa": 0}), "f does not separate"),
        Counterexample("LT-16.room", 1, model(room | {"d": 2, "kappa": 2}), "the loss eats the budget"),
        Counterexample("LT-16.slope", 0, model({"a": 1, "b": 0, "u": 1, "v": 0}), "on the edge the slope is 1"),
        Counterexample("LT-16.closed", 0, model({"alpha": 2, "beta": 0, "f": 1, "g": 0, "r": 1}), "a steep slope"),
        Counterexample("LT-16.closed", 1, model({"alpha": 1, "beta": 0, "f": 1, "g": 0, "r": 0}), "f moves farther"),
    ]


def refuted() -> list[Refuted]:
    sign = statement("LT-16.sign", "", INSIDE, f"{ALPHA} >= 0")
    edge = statement("LT-16.edge", "", {"|a - b| <= gap": "Abs(a - b) <= u - v"}, f"Abs{ALPHA} < 1")
    budget = statement(
        "LT-16.budget",
        "",
        {"|a - b| < budget": "Abs(a - b) < d", "f is within the budget": "Abs(u - v) <= d"},
        f"Abs{ALPHA} < 1",
    )
    return [
        Refuted(
            "alpha in [0, 1]",
            "The coefficient of the two-point interpolation is not negative.",
            sign.text,
            model({"a": 0, "b": 1, "u": 2, "v": 0}),
        ),
        Refuted(
            "the closed budget",
            "|a - b| <= f(p) - f(q) is enough for |alpha| < 1.",
            edge.text,
            model({"a": 1, "b": 0, "u": 1, "v": 0}),
        ),
        Refuted(
            "any f",
            "Any f in C_{1,C} interpolates values inside the budget with |alpha| < 1, separating or not.",
            budget.text,
            model({"a": 1, "b": 0, "u": 1, "v": 0, "d": 2}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
