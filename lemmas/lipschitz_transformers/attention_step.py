"""An attention gradient step with eta <= 2/beta, beta = sup |A y|^2, is nonexpansive in the query.

Statement
    Let Omega be compact and not empty, A a real matrix, beta = sup_{y in Omega} |A y|^2. If 0 <= eta and eta beta <= 2, then
    Gamma(mu, x) = x - eta E_x[A y] satisfies |Gamma(mu, x) - Gamma(mu, x')| <= |x - x'| for every Borel probability measure mu
    on Omega, all x, x' in R^d, every d and every number of tokens. Norms are Euclidean.

Proof
    1. D_u Gamma(mu, x) = u - eta H u, H = Cov_x(A y).                                         assumed   LT-02
    2. For v = A y random under mu_x with |v|^2 <= beta, and h = H u, that is
       <h, q> = Cov(<v, u>, <v, q>) for all q:  |u - eta h|^2 <= |u|^2.                        kernel    LT-04.step
    3. The reason: Var<v, q> <= beta |q|^2.                                                    kernel    LT-04.variance
    4. A derivative bounded by 1 on the convex set R^d gives a 1-Lipschitz map.                assumed   mean_value_inequality
    5. The largest step that 0 <= H <= beta admits is 2/beta (2/0: no condition).              symbolic  derivation

Sharpness
    Sharp among bounds that see beta only: A Omega = {-v, v}, equal weights, x = 0 has H = beta (v/|v|)(v/|v|)^T.
    For a given Omega LT-05 is never worse, and better unless A Omega holds two opposite vectors of largest norm.

Source
    furuya2026approximation (arXiv:2602.15503), Lemma 2, query part, as reconstructed.

Audit
    The source cites the cocoercivity of convex beta-smooth functions; step 2 contains its proof, for every probability.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.step import attention_step
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-04"
TITLE = "Attention step, the paper's bound"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemma 2 (query part), as reconstructed")
LABEL = "sharp"
ASSUMES = ("mean_value_inequality",)
USES = ("LT-02",)

beta = sp.Symbol("beta", positive=True)
BOUNDS = {"eta_max": 2 / beta}
SYMBOLS = {"beta": "sup over the domain of |A y|^2", "eta": "step of the attention layer"}

ADMISSIBLE = f"eta*beta <= {text(BOUNDS['eta_max'] * beta)}"  # beta = 0 included: no condition
STEP = {
    "|A y|^2 <= beta": "norm2(v) <= beta",
    "h = Cov_x(A y) u": "forall q: inner(h, q) == E[inner(v, u)*inner(v, q)] - E[inner(v, u)]*E[inner(v, q)]",
    "the step is not negative": "eta >= 0",
    "the step is admissible": ADMISSIBLE,
}


def derivation() -> list[DerivationStep]:
    return [
        DerivationStep(
            "largest step", attention_step(beta), BOUNDS["eta_max"], "|1 - eta k| <= 1 for all k in [0, beta]"
        )
    ]


def _step(name: str, sentence: str, **changes: str) -> Claim:
    assume = {**STEP, "the step is admissible": changes.get("admissible", ADMISSIBLE)}
    target = changes.get("target", "norm2(u - eta*h) <= norm2(u)")
    return statement(name, sentence, assume, target, vectors="u, h, v", random="v")


def claims() -> list[Claim]:
    return [
        _step("LT-04.step", "The derivative of the attention step does not expand any vector u, at any query."),
        statement(
            "LT-04.variance",
            "The variance of a score is at most beta |q|^2.",
            {"|A y|^2 <= beta": STEP["|A y|^2 <= beta"]},
            "E[inner(v, q)**2] - E[inner(v, q)]**2 <= beta*norm2(q)",
            vectors="q, v",
            random="v",
        ),
    ]


def opposite(size: int, eta: int | str, beta: int | str, h: int | str) -> dict:
    """A Omega = {-size, size} in d = 1, equal weights, query 0, u = 1."""
    atoms = [("1/2", {"v": [size]}), ("1/2", {"v": [-size]})]
    return model({"eta": eta, "beta": beta}, {"u": [1], "h": [h]}, E=atoms)


def counterexamples() -> list[Counterexample]:
    wide = model({"beta": 1}, {"q": [1]}, E=[("1/2", {"v": [2]}), ("1/2", {"v": [-2]})])
    return [
        Counterexample("LT-04.step", 0, opposite(2, 2, 1, 4), "a value of A y outside the stated radius"),
        Counterexample("LT-04.step", 1, opposite(1, 2, 1, -1), "+ in place of -: the direction is not Cov u"),
        Counterexample("LT-04.step", 2, opposite(1, -1, 1, 1), "a negative step"),
        Counterexample("LT-04.step", 3, opposite(1, 3, 1, 1), "eta = 3/beta at two opposite values of A y"),
        Counterexample("LT-04.variance", 0, wide, "a value of A y outside the stated radius"),
    ]


def refuted() -> list[Refuted]:
    beyond = text(sp.Rational(10**9 + 1, 10**9) * BOUNDS["eta_max"] * beta)
    past = _step("LT-04.past", "", admissible=f"eta*beta <= {beyond}")
    plus = _step("LT-04.plus", "", target="norm2(u + eta*h) <= norm2(u)")
    return [
        Refuted(
            "past the boundary",
            "A step of (1 + 1e-9) 2/beta is nonexpansive.",
            past.text,
            opposite(1, beyond, 1, 1),
        ),
        Refuted("wrong sign", "x + eta E_x[A y] is nonexpansive in x.", plus.text, opposite(1, 1, 1, 1)),
    ]


HAMMER = Property(
    kind="nonexpansive_query",
    callable="torch_impl.layers:gradient_attention",
    bound="eta_max",
    quantities={"beta": "image_radius_squared"},
    sharp=True,
    options={"layer": "attention"},
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
