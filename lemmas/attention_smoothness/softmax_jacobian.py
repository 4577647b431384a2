"""||diag(p) - p p^T||_2 <= g_1(p) = p_(1) (1 - p_(1) + p_(2)): the derivative of softmax, bounded by its two largest weights.

Statement
    For n >= 1 and p in R^n with p_i >= 0, sum_i p_i = 1, let P = p_(1) be its largest entry, q = p_(2) the second largest (0 if n = 1).
    Then the operator norm from l2 to l2 satisfies ||diag(p) - p p^T||_2 <= g_1(p) = P (1 - P + q), and g_1(p) <= 1/2.
    So the derivative of softmax at z has norm at most g_1(softmax(z)). Entries may be 0 (masked positions).

Proof
    Write the sum over the entries other than the largest as T, m = T[p u], x the largest entry's coordinate, L = P (1 - P + q).
    1. L (x^2 + T[u^2]) - Var_p(u) = P q x^2 + 2 P x m + m^2 + T[(L - p) u^2]; times q it is
       P (q x + m)^2 + T[L (q - p) u^2] + (P - q) (T[p] T[p u^2] - T[p u]^2) >= 0.                       kernel    SM-02.variance
    2. With r = (diag(p) - p p^T) u, Var_p(L u - r) >= 0 turns 1 into |r| <= L |u|.                        kernel    SM-02.jacobian
    3. q <= 1 - P gives L <= 2 P (1 - P) <= 1/2.                                                         kernel    SM-02.half
    4. Where the other k weights all equal q, the vector (-k, 1, ..., 1) attains it.                      kernel    SM-02.attained
    5. n = 2 and n = 3: it is an eigenvalue of diag(p) - p p^T.                                           symbolic  derivation

Sharpness
    Equality for every n and every p whose other weights all agree (step 4), in particular for every p at n = 2. For n >= 3 and other
    weights that differ it is strict in general: p = (1/2, 1/3, 1/6) has norm 0.3943 and g_1 = 0.4167.

Source
    yudin2025attention (arXiv:2507.07814), formula g_1 as read in a reimplementation; the proof is proofcheck's.

Audit
    The known proof evaluates the secular function at g_1 and treats p_(1) = p_(2) by continuity; step 1 needs no eigenvalue and no tie.
    Never worse than SM-01 (step 3), and for a peaked softmax (P near 1) smaller by the factor 4 (1 - P).
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "SM-02"
ALIASES = ("g1",)
TITLE = "Softmax derivative by its two largest weights"
SOURCE = Source("yudin2025attention", "2507.07814", "g_1, as read in a reimplementation; proofcheck's proof")
LABEL = "sharp"
ASSUMES = ()
USES = ()

P, q = sp.symbols("P q", nonnegative=True)
BOUNDS = {"lipschitz_constant": P * (1 - P + q)}
SYMBOLS = {"P": "largest weight", "q": "second largest weight, 0 if there is one only"}

WEIGHTS = {
    "the other weights are not negative": "p >= 0",
    "and at most q": "p <= q",
    "the weights sum to 1": "T[p] == 1 - P",
    "P is the largest weight": "q <= P",
    "q >= 0": "q >= 0",
}
OTHERS = ["T!:p,u"]
VARIANCE = "P*x**2 + T[p*u**2] - (P*x + T[p*u])**2"
MEAN = "(P*x + T[p*u])"


def derivation() -> list[DerivationStep]:
    bound = BOUNDS["lipschitz_constant"]
    pair = sp.Matrix([P, 1 - P])
    three = sp.Matrix([1 - 2 * q, q, q])
    u, v = sp.Matrix([-1, 1]), sp.Matrix([-2, 1, 1])
    at_two, at_three = bound.subs(q, 1 - P), bound.subs(P, 1 - 2 * q)
    return [
        DerivationStep("n = 2", _covariance(pair) * u, at_two * u, "(-1, 1) is an eigenvector for every P"),
        DerivationStep("n = 3, two equal", _covariance(three) * v, at_three * v, "(-2, 1, 1) is an eigenvector"),
    ]


def _covariance(p: sp.Matrix) -> sp.Matrix:
    return sp.diag(*p) - p * p.T


def _variance(name: str, sentence: str, constant: sp.Expr) -> Claim:
    return statement(name, sentence, WEIGHTS, f"{VARIANCE} <= {text(constant)}*(x**2 + T[u**2])", functionals=OTHERS)


def claims() -> list[Claim]:
    bound = BOUNDS["lipschitz_constant"]
    return [
        _variance("SM-02.variance", "The variance of u under p is at most g_1 |u|^2.", bound),
        statement(
            "SM-02.jacobian",
            "|(diag(p) - p p^T) u| <= g_1 |u|.",
            WEIGHTS,
            f"(P*(x - {MEAN}))**2 + T[(p*(u - {MEAN}))**2] <= ({text(bound)})**2*(x**2 + T[u**2])",
            functionals=OTHERS,
        ),
        statement(
            "SM-02.half",
            "g_1 <= 1/2.",
            {"q <= 1 - P": "q <= 1 - P", "P >= 0": "P >= 0"},
            f"{text(bound)} <= 1/2",
        ),
        statement(
            "SM-02.attained",
            "k other weights, all equal to q: the vector (-k, 1, ..., 1) attains g_1.",
            {"the weights sum to 1": "P + k*q == 1"},
            f"P*k**2 + k*q - (k*q - P*k)**2 == {text(bound)}*(k**2 + k)",
        ),
    ]


def weights(P: int | str, q: int | str, x: int, *others: tuple[int | str, int | str, int | str]) -> dict:
    """P, q, the largest weight's coordinate, and (how many, weight, coordinate) of the others."""
    return model({"P": P, "q": q, "x": x}, T=[(many, {"p": p, "u": u}) for many, p, u in others])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("SM-02.variance", 0, weights(3, "1/2", 3, (1, -2, 1)), "a negative weight"),
        Counterexample("SM-02.variance", 1, weights("1/2", 0, -1, (1, "1/2", 1)), "q is not the second largest"),
        Counterexample("SM-02.variance", 2, weights("7/4", "1/2", 0, (1, "1/2", "1/2")), "weights that sum to 9/4"),
        Counterexample("SM-02.variance", 3, weights(0, 1, 0, ("1/2", 1, 1), ("1/2", 1, -1)), "P is not the largest"),
        Counterexample("SM-02.variance", 4, weights(1, -1, 1), "one token, q below 0"),
        Counterexample("SM-02.jacobian", 0, weights(2, 0, -2, (1, -1, "7/4")), "a negative weight"),
        Counterexample("SM-02.jacobian", 1, weights("1/2", 0, -1, (1, "1/2", 1)), "q is not the second largest"),
        Counterexample("SM-02.jacobian", 2, weights(3, 3, -2), "a single weight 3"),
        Counterexample("SM-02.jacobian", 3, weights(0, 1, 0, ("1/2", 1, 1), ("1/2", 1, -1)), "P is not the largest"),
        Counterexample("SM-02.half", 0, model({"P": 1, "q": 1}), "weights that sum to more than 1"),
        Counterexample("SM-02.half", 1, model({"P": -1, "q": -10}), "negative weights"),
        Counterexample("SM-02.attained", 0, model({"P": 2, "q": 1, "k": 1}), "weights that sum to 3"),
    ]


def refuted() -> list[Refuted]:
    bound = BOUNDS["lipschitz_constant"]
    pair = weights("1/2", "1/2", -1, (1, "1/2", 1))
    below = _variance("SM-02.below", "", bound * sp.Rational(10**9 - 1, 10**9))
    first = _variance("SM-02.first", "", P * (1 - P))
    return [
        Refuted("smaller constant", "(1 - 1e-9) g_1 is enough.", below.text, pair),
        Refuted("the largest weight alone", "The norm is at most p_(1) (1 - p_(1)).", first.text, pair),
    ]


HAMMER = Property(
    kind="softmax_variance",
    callable="torch_impl.layers:softmax",
    bound="lipschitz_constant",
    quantities={"P": "largest_weight", "q": "second_weight"},
    sharp=True,
)
BINDINGS = (Binding("torch_impl.layers:softmax", "softmax"),)
