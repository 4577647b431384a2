"""Mean pooling of hat functions is universal, with a rate: a Lipschitz map of measures to within L h sqrt(d)/2.

Statement
    Let Lambda: P([0, 1]^d) x X -> R^k be L-Lipschitz in mu for W_1, uniformly in x. Let z_k be the grid of mesh h = 1/N, phi_k the products of the
    hat functions of the grid, p_k = int phi_k dmu (mean pooling of lifted tokens: attention with A = 0) and mu_h = sum_k p_k delta_{z_k}. Then
    W_1(mu, mu_h) <= h sqrt(d)/2, so |Lambda(mu, x) - F(p, x)| <= L h sqrt(d)/2 for F(p, x) = Lambda(sum_k p_k delta_{z_k}, x), a function of
    (1/h + 1)^d numbers and x, and |F(p, x) - F(p', x)| <= (L sqrt(d)/2) |p - p'|_1. Every d, any measure, no token count.

Proof
    1. In a cell, a point at u h from its lower corner goes to the corner with weight 1 - u or to the next one with weight u, in each
       coordinate: mean square h^2 u (1 - u) <= h^2/4.                                       kernel    MM-45.cell
    2. d coordinates, a sum of d terms: mean square distance at most d h^2/4;                 kernel    MM-45.sum
    3. so the coupling (y, z_k with probability phi_k(y)) costs at most h sqrt(d)/2.          kernel    MM-45.cost
    4. Lambda is L-Lipschitz; for weights p, p' only the mass |p - p'|_1/2 moves, at most sqrt(d) far.   kernel    MM-45.lipschitz, MM-45.weights
    5. Hats are a partition of unity with mean u, so the second marginal of the coupling is mu_h.   symbolic  derivation

Sharpness
    W_1(mu, mu_h) = h sqrt(d)/2 for a Dirac measure in the middle of a cell: all corners are h sqrt(d)/2 away (tested for d = 1, 2, 3, 4,
    with Dirac measures elsewhere below it, and random measures on the line never above it).

Source
    proofcheck; on furuya2024context (arXiv:2408.01367), whose Theorem 1 has no rate.

Audit
    (1/h + 1)^d features is the curse of dimension. Tilting by softmax is not needed once tokens are lifted; without a lift A = 0 sees the
    mean only, and linear attention first and second moments: the laws 1/6, 2/3, 1/6 on -1, 0, 1 and 1/2, 1/2 on -1/sqrt(3), 1/sqrt(3) share
    them (refuted in MM-42). An MLP computes the hats exactly for d = 1; products of hats for d > 1 it approximates.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-45"
TITLE = "Mean pooling of lifted tokens, with a rate"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; a quantitative form of its Theorem 1, as reconstructed")
LABEL = "upper"
ASSUMES = ()
USES = ()

L, h, gap = sp.symbols("L h gap", nonnegative=True)
d = sp.Symbol("d", positive=True)
BOUNDS = {
    "spread": h * sp.sqrt(d) / 2,
    "error": L * h * sp.sqrt(d) / 2,
    "lipschitz_constant": L * sp.sqrt(d) / 2,
    "features": (1 / h + 1) ** d,
}
SYMBOLS = {
    "L": "Lipschitz constant of the map in the measure (W_1)",
    "h": "mesh of the grid",
    "gap": "distance",
    "d": "dimension",
}

SPREAD, ERROR, SLOPE = (text(BOUNDS[key]) for key in ("spread", "error", "lipschitz_constant"))
CELL = {"u, 1 - u: the weights of the two corners": "m == (1 - u)*(h*u)**2 + u*(h*(1 - u))**2"}
MEAN_SQUARE = {"mean square distance": "E[g**2] <= d*h**2/4", "h >= 0": "h >= 0"}
LIPSCHITZ = {"L-Lipschitz in the measure": "n <= L*rho", "the distance": f"rho <= {SPREAD}", "L >= 0": "L >= 0"}
WEIGHTS = {
    "L-Lipschitz in the measure": "n <= L*rho",
    "half of |p - p'|_1 moves": "2*rho <= gap*sqrt(d)",
    "L >= 0": "L >= 0",
}


def derivation() -> list[DerivationStep]:
    u = sp.Symbol("u", real=True)
    corner = sp.Symbol("z", real=True)
    pieces = sp.Symbol("N", positive=True)
    return [
        DerivationStep("grid points", BOUNDS["features"].subs(h, 1 / pieces), (pieces + 1) ** d, "0, h, ..., N h = 1"),
        DerivationStep("partition of unity", (1 - u) + u, sp.Integer(1), "two hats at a time"),
        DerivationStep("the mean is kept", (1 - u) * corner + u * (corner + h), corner + u * h, "two corners"),
        DerivationStep("mean square", (1 - u) * (h * u) ** 2 + u * (h * (1 - u)) ** 2, h**2 * u * (1 - u), "expand"),
    ]


def claims() -> list[Claim]:
    return [
        statement("MM-45.cell", "One coordinate.", CELL, "4*m <= h**2"),
        statement(
            "MM-45.sum",
            "All coordinates: S sums over them, m is the mean square of each.",
            {"there are d coordinates": "S[1] == d", "each coordinate": "4*m <= h**2"},
            "4*S[m] <= d*h**2",
            functionals=["S!:m"],
        ),
        statement(
            "MM-45.cost", "The cost of the coupling; g the distance.", MEAN_SQUARE, f"E[g] <= {SPREAD}", random="g"
        ),
        statement("MM-45.lipschitz", "Lambda at mu and at mu_h.", LIPSCHITZ, f"n <= {ERROR}"),
        statement("MM-45.weights", "F at weights p and p'.", WEIGHTS, f"n <= ({SLOPE})*gap"),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-45.cell", 0, model({"h": 0, "m": 1, "u": 0}), "not: u, 1 - u: the weights of the two corners"
        ),
        Counterexample("MM-45.cost", 0, model({"d": 0, "h": "1/10"}, E=[(1, {"g": 1})]), "not: mean square distance"),
        Counterexample("MM-45.cost", 1, model({"d": 3, "h": -1}, E=[(1, {"g": "-1/2"})]), "not: h >= 0"),
        Counterexample("MM-45.sum", 0, model({"d": 0, "h": 2}, S=[(1, {"m": 1})]), "not: there are d coordinates"),
        Counterexample("MM-45.sum", 1, model({"d": 1, "h": 0}, S=[(1, {"m": 1})]), "not: each coordinate"),
        Counterexample(
            "MM-45.lipschitz",
            0,
            model({"L": 0, "d": 1, "h": 0, "n": "1/2", "rho": "-1/1000"}),
            "not: L-Lipschitz in the measure",
        ),
        Counterexample(
            "MM-45.lipschitz", 1, model({"L": "3/2", "d": "7/5", "h": 1, "n": 3, "rho": 2}), "not: the distance"
        ),
        Counterexample("MM-45.lipschitz", 2, model({"L": -3, "d": "4/3", "h": 3, "n": 0, "rho": 0}), "not: L >= 0"),
        Counterexample(
            "MM-45.weights",
            0,
            model({"L": 0, "d": 1, "gap": 0, "n": "1/2", "rho": "-1/1000"}),
            "not: L-Lipschitz in the measure",
        ),
        Counterexample(
            "MM-45.weights",
            1,
            model({"L": "3/2", "d": "7/5", "gap": 1, "n": 3, "rho": 2}),
            "not: half of |p - p'|_1 moves",
        ),
        Counterexample("MM-45.weights", 2, model({"L": -3, "d": "4/3", "gap": 3, "n": 0, "rho": 0}), "not: L >= 0"),
    ]


def refuted() -> list[Refuted]:
    cell = statement("MM-45.narrow", "", CELL | {"h > 0": "h > 0"}, "4*m <= 999/1000*h**2")
    cost = statement("MM-45.less", "", MEAN_SQUARE, f"E[g] <= 999/1000*({SPREAD})", random="g")
    slope = statement("MM-45.flat", "", WEIGHTS, f"n <= 999/1000*({SLOPE})*gap")
    rate = statement("MM-45.better", "", LIPSCHITZ, f"n <= 999/1000*({ERROR})")
    return [
        Refuted(
            "0.999 in a cell", "The mean square is at most 0.999 h^2/4.", cell.text, model({"h": 2, "m": 1, "u": "1/2"})
        ),
        Refuted(
            "0.999 of the cost",
            "The coupling costs at most 0.999 h sqrt(d)/2.",
            cost.text,
            model({"d": 1, "h": 1}, E=[(1, {"g": "1/2"})]),
        ),
        Refuted(
            "0.999 of the slope",
            "F is 0.999 L sqrt(d)/2-Lipschitz.",
            slope.text,
            model({"L": 2, "d": 1, "gap": 1, "n": 1, "rho": "1/2"}),
        ),
        Refuted(
            "0.999 of the error",
            "The error is at most 0.999 L h sqrt(d)/2.",
            rate.text,
            model({"L": 2, "d": 1, "h": 1, "n": 1, "rho": "1/2"}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
