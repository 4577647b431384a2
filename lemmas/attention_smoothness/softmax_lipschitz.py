"""Softmax is 1/2-Lipschitz from (R^n, l2) to (R^n, l2), and 1/2 is sharp for n >= 2.

Statement
    For all n >= 1 and z, z' in R^n, ||softmax(z) - softmax(z')||_2 <= 1/2 ||z - z'||_2.

Proof
    1. softmax is the gradient of log sum_i e^{z_i} = log-partition of the uniform measure on the basis vectors e_i:
       D softmax(z) = Cov_p(e) = diag(p) - p p^T, p = softmax(z).                              assumed   LT-02
    2. Two basis vectors are at distance sqrt(2).                                              kernel    SM-01.diameter
    3. So <e, h> lies in an interval of length <= sqrt(2) |h|; with h = Cov_p(e) u, as in LT-05:
       |h|^2 <= (2/4) <u, h>, hence |h| <= 1/2 |u|.                                            kernel    SM-01.jacobian
    4. A derivative bounded by 1/2 on the convex set R^n gives a 1/2-Lipschitz map.            assumed   mean_value_inequality
    5. D^2/4 at D^2 = 2 is 1/2.                                                                symbolic  derivation

Sharpness
    n = 2: attained by the derivative at z = (0, 0) along (1, -1); n >= 3: approached as the other logits tend to -infinity,
    where softmax has full support, so 1/2 is a supremum only. n = 1: softmax is constant.

Source
    nair2025softmax (arXiv:2510.23012), constant as stated in its abstract; the proof is proofcheck's.

Audit
    The abstract says that the l_p constant is strictly below 1/2 for 1 < p < infinity; at n = 2 and p = 2 it is attained
    by the derivative. Presumably n >= 3 is meant; only the abstract was read.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import attention_step_sharp
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "SM-01"
ALIASES = ("softmax",)
TITLE = "Softmax is 1/2-Lipschitz"
SOURCE = Source("nair2025softmax", "2510.23012", "abstract")
LABEL = "sharp"
ASSUMES = ("mean_value_inequality",)
USES = ("LT-02", "LT-05")

BOUNDS = {"lipschitz_constant": sp.Rational(1, 2)}
SYMBOLS: dict[str, str] = {}

SQUARED_DIAMETER = 2
JACOBIAN = {
    "<e, h> >= m": "inner(e, h) >= m",
    "<e, h> <= M": "inner(e, h) <= M",
    "M - m <= sqrt(2) |h|": f"(M - m)**2 <= {SQUARED_DIAMETER}*norm2(h)",
    "h = Cov_p(e) u": "forall q: inner(h, q) == E[inner(e, u)*inner(e, q)] - E[inner(e, u)]*E[inner(e, q)]",
}


def derivation() -> list[DerivationStep]:
    step = attention_step_sharp.BOUNDS["eta_max"]
    curvature = 2 / step.subs(attention_step_sharp.D, sp.sqrt(SQUARED_DIAMETER))
    p = sp.symbols("p1:4", positive=True)
    z = sp.symbols("z1:4", real=True)
    values = [sp.exp(a) / sp.Add(*map(sp.exp, z)) for a in z]
    covariance = sp.diag(*p) - sp.Matrix(p) * sp.Matrix(p).T
    at_p = covariance.subs(dict(zip(p, values, strict=True)), simultaneous=True)
    return [
        DerivationStep(
            "constant",
            curvature,
            BOUNDS["lipschitz_constant"],
            "D^2/4, the curvature that LT-05 admits, at D^2 = 2",
        ),
        DerivationStep("Jacobian for n = 3", sp.Matrix(values).jacobian(z), at_p, "quotient rule"),
    ]


def _jacobian(name: str, constant: sp.Expr) -> Claim:
    target = f"norm2(h) <= {text(constant**2)}*norm2(u)"
    sentence = "The derivative of softmax along u has norm at most 1/2 |u|."
    return statement(name, sentence, JACOBIAN, target, vectors="u, h, e", random="e")


def claims() -> list[Claim]:
    return [
        statement(
            "SM-01.diameter",
            "Two different basis vectors are at most sqrt(2) apart.",
            {
                "|e| = 1": "norm2(e) == 1",
                "|f| = 1": "norm2(f) == 1",
                "e and f are orthogonal": "inner(e, f) == 0",
            },
            f"norm2(e - f) <= {SQUARED_DIAMETER}",
            vectors="e, f",
        ),
        _jacobian("SM-01.jacobian", BOUNDS["lipschitz_constant"]),
    ]


def two_logits(low: int | str = "-1/2", high: int | str = "1/2", h: str = "1/2", size: int = 1) -> dict:
    """n = 2, z = (0, 0), u = (1, -1): h = u/2, scores +-1/2."""
    atoms = [("1/2", {"e": [size, 0]}), ("1/2", {"e": [0, size]})]
    return model({"m": low, "M": high}, {"u": [1, -1], "h": [h, "-" + h]}, E=atoms)


def counterexamples() -> list[Counterexample]:
    orthogonal = {"e": [2, 0], "f": [0, 1]}
    return [
        Counterexample("SM-01.diameter", 0, model({}, orthogonal), "a longer vector"),
        Counterexample("SM-01.diameter", 1, model({}, {"e": [1, 0], "f": [0, 2]}), "a longer vector"),
        Counterexample("SM-01.diameter", 2, model({}, {"e": [1], "f": [-1]}), "opposite vectors are at distance 2"),
        Counterexample("SM-01.jacobian", 0, two_logits(4, 4, "2", 2), "a score below the interval"),
        Counterexample("SM-01.jacobian", 1, two_logits(-4, -4, "2", 2), "a score above the interval"),
        Counterexample(
            "SM-01.jacobian", 2, two_logits(-4, 4, "2", 2), "vectors of length 2, farther apart than sqrt(2)"
        ),
        Counterexample("SM-01.jacobian", 3, two_logits(-1, 1, "1"), "h is twice the derivative"),
    ]


def refuted() -> list[Refuted]:
    smaller = _jacobian("SM-01.smaller", BOUNDS["lipschitz_constant"] * sp.Rational(10**9 - 1, 10**9))
    return [
        Refuted("smaller constant", "Softmax is (1/2)(1 - 1e-9)-Lipschitz.", smaller.text, two_logits()),
    ]


HAMMER = Property(
    kind="lipschitz_constant",
    callable="torch_impl.layers:softmax",
    bound="lipschitz_constant",
    quantities={},
    sharp=True,
)
BINDINGS = (Binding("torch_impl.layers:softmax", "softmax"),)
