"""The derivative of self-attention, blocks J_ij = V [P_ij (I + (x_j - m_i)(A x_i + beta)^T) + delta_ij C_i A].

Statement
    f(X)_i = V sum_j P_ij x_j, P_i the softmax of <A x_i + beta, x_j> over the tokens j that i may attend to (all of them, j <= i, or any
    fixed nonempty set; P_ij = 0 for the others). With m_i = sum_j P_ij x_j and C_i = sum_j P_ij (x_j - m_i)(x_j - m_i)^T, for every
    displacement e of the tokens:
    D_X f[e]_i = V ( sum_j P_ij e_j + C_i A e_i + sum_j P_ij (x_j - m_i) <A x_i + beta, e_j> ).
    Several heads: the derivative of sum_h W^(h) f^(h) is the sum over the heads, with W^(h) V^(h) in place of V. Every n, every d.

Proof
    1. Along x_j + t e_j the scores change by t s_j + t^2 <A e_i, e_j>, s_j = <A e_i, x_j> + <A x_i + beta, e_j>.
                                                                                               kernel    AS-00.score
    2. So at t = 0 a term e^{l_j} <x_j, q> has the derivative e^{l_j} (<e_j, q> + <x_j, q> s_j); l_j, y_j any
       differentiable functions of t.                                                          symbolic  derivation
    3. A sum over the tokens is differentiated term by term: mu counts them.                   assumed   differentiation_under_integral
    4. Quotient rule for sum_j e^{l_j} <x_j, q> over sum_j e^{l_j}, any two functions of t.    symbolic  derivation
    5. Tested with any q, the quotient is the three terms; u = A e_i, g = A x_i + beta.        kernel    AS-00.quotient
    6. Centring is free: sum_j P_ij (x_j - m_i) = 0.                                           kernel    AS-00.centred
    7. As a check, written out by SymPy: n = 2 and 3, d = 1 and 2, mask, bias, two heads.      symbolic  derivation

Sharpness
    Identity.

Source
    castin2024smooth (arXiv:2312.14820), section 3, as reconstructed.

Audit
    Step 3 is the linearity of the derivative, for any number of terms. In step 5 the sums are a positive functional F with weights
    e^{l_ij}, not normalised. All terms are smooth in X, so the derivatives along lines are those of a differentiable map.
    Masks need no case of their own: F sums over the tokens that are seen, and P_ij = 0 removes the block of a hidden one.
    A bias of the keys shifts all scores of a row alike and a bias of the values is a constant: neither occurs in the derivative.
    Left out, each of the last two terms gives a false formula (refuted below).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-00"
TITLE = "Derivative of self-attention"
SOURCE = Source("castin2024smooth", "2312.14820", "section 3, as reconstructed")
LABEL = "identity"
ASSUMES = ("differentiation_under_integral",)
USES = ()

Matrix = Any  # sp.Matrix, whose stubs know neither its entries nor its rows

BOUNDS: dict[str, sp.Expr] = {}
SYMBOLS: dict[str, str] = {}

SCORE = "(inner(x, u) + inner(e, g))"  # the change of <A x_i + beta, x_j>
# the quotient rule, with the derivatives of steps 1 to 3
DERIVATIVE = f"(F[inner(e, q) + inner(x, q)*{SCORE}]*F[1] - F[inner(x, q)]*F{SCORE.replace('(', '[', 1)[:-1]}])/F[1]**2"
MEAN = {"m is the mean of the tokens": "forall p: F[1]*inner(m, p) == F[inner(x, p)]"}
VECTORS = {"vectors": "m, u, g, q, x, e", "functionals": ["F!:x,e"]}


def blocks(tokens: Matrix, A: Matrix, V: Matrix, theta: Matrix, seen: Callable[[int, int], bool]) -> Matrix:
    """J of the statement, rows (i, out), columns (j, c); theta has the rows A x_i + beta."""
    n, d = tokens.shape
    P = weights(tokens, theta, seen)
    rows = []
    for i in range(n):
        mean: Matrix = sum((P[i, j] * tokens[j, :] for j in range(n)), sp.zeros(1, d))
        centred = [tokens[j, :] - mean for j in range(n)]
        covariance: Matrix = sum((P[i, j] * c.T * c for j, c in enumerate(centred)), sp.zeros(d, d))
        row = [V * P[i, j] * (sp.eye(d) + centred[j].T * theta[i, :]) for j in range(n)]
        row[i] += V * covariance * A
        rows.append(sp.Matrix.hstack(*row))
    return sp.Matrix.vstack(*rows)


def weights(tokens: Matrix, theta: Matrix, seen: Callable[[int, int], bool]) -> Matrix:
    """P: row i is the softmax of <theta_i, x_j> over the j that i sees."""
    n = tokens.shape[0]
    mass: Matrix = sp.Matrix(n, n, lambda i, j: sp.exp(theta[i, :].dot(tokens[j, :])) if seen(i, j) else 0)
    return sp.Matrix(n, n, lambda i, j: mass[i, j] / sum(mass[i, :]))


def _matrix(name: str, rows: int, columns: int) -> Matrix:
    return sp.Matrix(rows, columns, lambda i, j: sp.Symbol(f"{name}{i}{j}", real=True))


def _both(
    n: int, d: int, *, masked: bool = False, bias: bool = False, heads: Sequence[str] = ("",)
) -> tuple[Matrix, Matrix]:
    """The matrix of derivatives of f, and the sum of `blocks`."""
    tokens = _matrix("x", n, d)
    beta = _matrix("beta", 1, d) if bias else sp.zeros(1, d)
    seen = (lambda i, j: j <= i) if masked else (lambda i, j: True)
    right: Matrix = sp.zeros(n, n * d)
    image: Matrix = sp.zeros(n, 1)
    for name in heads:
        A, V = _matrix(f"A{name}", d, d), _matrix(f"V{name}", 1, d)
        theta = tokens * A.T + sp.ones(n, 1) * beta
        image += weights(tokens, theta, seen) * tokens * V.T
        right += blocks(tokens, A, V, theta, seen)
    return image.jacobian(list(tokens)), right


def weighted_mean_steps() -> list[DerivationStep]:
    """d/dt of one term e^{l(t)} y(t) and of a quotient N(t)/Z(t), for any differentiable functions."""
    t = sp.Symbol("t", real=True)
    score, token, top, total = (sp.Function(name)(t) for name in ("l", "y", "N", "Z"))
    term = sp.exp(score) * (token.diff(t) + token * score.diff(t))
    quotient = (top.diff(t) * total - top * total.diff(t)) / total**2
    return [
        DerivationStep("one term", sp.diff(sp.exp(score) * token, t), term, "product and chain rule"),
        DerivationStep("quotient", sp.diff(top / total, t), quotient, "quotient rule"),
    ]


def derivation() -> list[DerivationStep]:
    return [
        *weighted_mean_steps(),
        DerivationStep("three tokens", *_both(3, 1), "quotient rule"),
        DerivationStep("two dimensions, with a bias", *_both(2, 2, bias=True), "quotient rule"),
        DerivationStep("causal mask, three tokens, bias", *_both(3, 1, masked=True, bias=True), "P_ij = 0 for j > i"),
        DerivationStep("two heads", *_both(2, 1, heads=("g", "h")), "the derivative is linear"),
    ]


def _quotient(
    name: str, own: str = "F[inner(x - m, q)*inner(x - m, u)]", keys: str = "F[inner(x - m, q)*inner(e, g)]"
) -> Claim:
    return statement(
        name,
        "The derivative of the softmax mean is the mean of the displacements, plus C_i A e_i, plus the pull of the moved keys.",
        MEAN,
        f"{DERIVATIVE} == (F[inner(e, q)] + {own} + {keys})/F[1]",
        **VECTORS,
    )


def claims() -> list[Claim]:
    return [
        statement(
            "AS-00.score",
            "The score of a moved query and a moved key.",
            {},
            f"inner(g + t*u, x + t*e) == inner(g, x) + t*{SCORE} + t**2*inner(u, e)",
            vectors="g, u, x, e",
        ),
        _quotient("AS-00.quotient"),
        statement(
            "AS-00.centred",
            "The centred tokens have mean 0.",
            MEAN,
            "F[inner(x - m, q)] == 0",
            vectors="m, q, x",
            functionals=["F!:x"],
        ),
    ]


def _two(m: int, u: int, g: int, **first: int) -> dict:
    """Tokens at 1 and -1 with equal weights, d = 1; the first moves by e (1 if not given)."""
    e = first.get("e", 1)
    return model(
        {}, {"m": [m], "u": [u], "g": [g], "q": [1]}, F=[(1, {"x": [1], "e": [e]}), (1, {"x": [-1], "e": [0]})]
    )


def counterexamples() -> list[Counterexample]:
    single = model({}, {"m": [1], "q": [1]}, F=[(1, {"x": [0]})])
    return [
        Counterexample("AS-00.quotient", 0, _two(1, 0, 1), "not centred at the mean"),
        Counterexample("AS-00.centred", 0, single, "not centred at the mean"),
    ]


def refuted() -> list[Refuted]:
    no_own = _quotient("AS-00.no_own", own="0").text
    no_keys = _quotient("AS-00.no_keys", keys="0").text
    return [
        Refuted("no query term", "D f[e]_i has no term C_i A e_i.", no_own, _two(0, 1, 0)),
        Refuted("no key term", "D f[e]_i has no term in <A x_i, e_j>.", no_keys, _two(0, 0, 1)),
    ]


HAMMER: Property | None = None
BINDINGS = (
    Binding("torch_impl.attention:self_attention", "proofcheck.bind.formulas_self_attention:SELF_ATTENTION"),
    Binding("torch_impl.attention_jacobian:attention_jacobian", "proofcheck.bind.formulas_self_attention:JACOBIAN"),
    Binding("torch_impl.attention_jacobian:multi_head_jacobian", "proofcheck.bind.formulas_self_attention:MULTI_HEAD"),
)
