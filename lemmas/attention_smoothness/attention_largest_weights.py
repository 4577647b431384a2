"""The derivative of attention by the two largest weights of each row: ||D_X f|| <= v (||P|| + 2 ||A|| ||X||^2 max_i g_1(P_i)).

Statement
    f(X)_i = V sum_j P_ij x_j, P_i = softmax of <A x_i, x_j> over the visible j, any mask, n >= 1 tokens in R^d. With g_1(p) = p_(1) (1 - p_(1) + p_(2)), v = ||V||_2, a = ||A||_2, rho = ||P||_2 and chi = ||X||_2 the operator norm
    of the matrix whose rows are the tokens, the derivative has the operator norm (Frobenius norm on (R^d)^n)
    ||D_X f|| <= v (rho + 2 a chi^2 max_i g_1(P_i)).

Proof
    D_X f[e]_i = V (sum_j P_ij e_j + sum_j P_ij (x_j - m_i) l_ij), l_ij = <A e_i, x_j> + <A x_i, e_j>, m_i = sum_j P_ij x_j.
    1. That is AS-00: C_i A e_i is the part with <A e_i, x_j>.                                     kernel    AS-00.quotient
    2. As a check, written out by SymPy for n = 2, d = 1.                                          symbolic  derivation
    3. The second sum is X^T (diag(P_i) - P_i P_i^T) l_i, of norm at most chi g_1(P_i) |l_i|, by SM-02.  kernel    AS-10.row
    4. sum_ij <A e_i, x_j>^2 <= (a chi |e|)^2, and the same for <A x_i, e_j> = <x_i, A^T e_j>.     kernel    AS-10.scores
    5. So sum_i |l_i|^2 <= (2 a chi |e|)^2.                                                       kernel    AS-10.sum
    6. Minkowski's inequality over the rows, and |V u| <= v |u|.                                  kernel    AS-10.total

Sharpness
    Exact where the softmax is one-hot (g_1 = 0: v ||P||). The two parts need not be aligned, and chi^2 may be n R^2.

Source
    yudin2025attention (arXiv:2507.07814), g_1 as read in a reimplementation; the constant in front is proofcheck's (the printed one
    could not be had).

Audit
    Nothing is assumed but what AS-00 assumes: the statement is about the derivative at X. n enters only through rho <= sqrt(n) and chi.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness import softmax_jacobian
from lemmas.attention_smoothness._token_sums import SELF_ATTENTION, jacobian_norm, parts_of
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-10"
TITLE = "Attention, derivative bounded by the largest weights"
SOURCE = Source(
    "yudin2025attention", "2507.07814", "g_1 as read in a reimplementation; proofcheck's constant and proof"
)
LABEL = "upper"
ASSUMES = ()
USES = ("AS-00", "SM-02")

v, rho, a, chi, G = sp.symbols("v rho a chi G", nonnegative=True)
BOUNDS = {"lipschitz_constant": v * (rho + 2 * a * chi**2 * G)}
SYMBOLS = {
    "v": "operator norm of V",
    "rho": "operator norm of the weight matrix P",
    "a": "operator norm of A",
    "chi": "operator norm of the token matrix X",
    "G": "largest g_1(P_i) over the rows",
}

G1 = text(softmax_jacobian.BOUNDS["lipschitz_constant"])
ROW = {
    **softmax_jacobian.WEIGHTS,
    "||X|| <= chi": "forall k: inner(x1, k)**2 + T[inner(x, k)**2] <= chi**2*norm2(k)",
    "w = X^T (diag(p) - p p^T) l": "forall k: inner(w, k) == P*(l1 - (P*l1 + T[p*l]))*inner(x1, k)"
    " + T[p*(l - (P*l1 + T[p*l]))*inner(x, k)]",
    "chi > 0": "chi > 0",
}
TOTAL = parts_of({"the first part": ("b", "beta"), "the second part": ("w", "kappa")})
ROWS = {"vectors": "y, b, w", "functionals": ["S!:y,b,w"]}


def derivation() -> list[DerivationStep]:
    x1, x2, A = sp.symbols("x1 x2 A", real=True)
    e = [sp.exp(A * x1 * x) for x in (x1, x2)]
    p = [w / (e[0] + e[1]) for w in e]
    m = p[0] * x1 + p[1] * x2
    first = p[0] + p[0] * (x1 - m) * 2 * A * x1 + p[1] * (x2 - m) * A * x2
    second = p[1] + p[1] * (x2 - m) * A * x1
    assembled = v * (rho + chi * G * 2 * a * chi)
    return [
        DerivationStep("derivative by the query's token", sp.diff(m, x1), first, "l_11 = 2 A x1, l_12 = A x2"),
        DerivationStep("derivative by another token", sp.diff(m, x2), second, "l_11 = 0, l_12 = A x1"),
        DerivationStep("bound", assembled, BOUNDS["lipschitz_constant"], "steps 3, 5 and 6"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "AS-10.row",
            "X^T (diag(p) - p p^T) l has norm at most chi g_1(p) |l|.",
            ROW,
            f"norm2(w) <= chi**2*({G1})**2*(l1**2 + T[l**2])",
            vectors="x1, x, w",
            functionals=["T!:p,l,x"],
        ),
        statement(
            "AS-10.scores",
            "sum_j <A e, x_j>^2 <= (a chi |e|)^2.",
            {
                "||X|| <= chi": "forall k: Y[inner(x, k)**2] <= chi**2*norm2(k)",
                "|A e| <= a |e|": "norm2(c) <= a**2*norm2(e)",
            },
            "Y[inner(c, x)**2] <= (a*chi)**2*norm2(e)",
            vectors="x, c, e",
            functionals=["Y!:x"],
        ),
        statement(
            "AS-10.sum",
            "Two score derivatives of norm at most kappa add up to at most 2 kappa.",
            {"<A e_i, x_j>": "D[s**2] <= kappa**2", "<A x_i, e_j>": "D[t**2] <= kappa**2"},
            "D[(s + t)**2] <= (2*kappa)**2",
            functionals=["D!:s,t"],
        ),
        statement(
            "AS-10.total",
            "The derivative has norm at most v (beta + kappa).",
            TOTAL,
            "S[norm2(y)] <= (v*(beta + kappa))**2",
            **ROWS,
        ),
    ]


def _row(w: int | str, x1: int | str = 1, atoms: tuple = (), **scalars: int | str) -> dict:
    values = {"P": 1, "q": 0, "chi": 1, "l1": 1} | scalars
    return model(values, {"x1": [x1], "w": [w]}, T=[(m, {"p": p, "l": l, "x": [x]}) for m, p, l, x in atoms])


def _total(y: int, b: int, w: int, beta: int = 1, kappa: int = 1) -> dict:
    return model({"v": 1, "beta": beta, "kappa": kappa}, S=[(1, {"y": [y], "b": [b], "w": [w]})])


def counterexamples() -> list[Counterexample]:
    halves = (("1/2", 1, 1, 1), ("1/2", 1, -1, -1))
    return [
        Counterexample("AS-10.row", 0, _row(15, 1, ((1, -1, "7/4", -1),), P=2, l1=-2, chi="3/2"), "a negative weight"),
        Counterexample("AS-10.row", 1, _row("1/2", 1, ((1, "1/2", -1, 0),), P="1/2"), "q is not the second largest"),
        Counterexample("AS-10.row", 2, _row(3, -1, P=3, q=2, l1="1/2", chi=2), "a single weight 3"),
        Counterexample("AS-10.row", 3, _row(1, 0, halves, P=0, q=1, l1=0), "P is not the largest"),
        Counterexample("AS-10.row", 5, _row(1, 2, ((1, "1/2", -1, 0),), P="1/2", q="1/2", chi=1), "longer tokens"),
        Counterexample("AS-10.row", 6, _row(1), "w is not the row"),
        Counterexample(
            "AS-10.scores", 0, model({"a": 1, "chi": 1}, {"c": [1], "e": [1]}, Y=[(1, {"x": [2]})]), "longer tokens"
        ),
        Counterexample(
            "AS-10.scores", 1, model({"a": 1, "chi": 1}, {"c": [2], "e": [1]}, Y=[(1, {"x": [1]})]), "a larger A"
        ),
        Counterexample("AS-10.sum", 0, model({"kappa": 1}, D=[(1, {"s": 2, "t": 1})]), "a larger first part"),
        Counterexample("AS-10.sum", 1, model({"kappa": 1}, D=[(1, {"s": 1, "t": 2})]), "a larger second part"),
        Counterexample("AS-10.total", 0, _total(3, 1, 1), "V stretches by more"),
        Counterexample("AS-10.total", 1, _total(3, 2, 1), "a larger first part"),
        Counterexample("AS-10.total", 2, _total(3, 1, 2), "a larger second part"),
        Counterexample("AS-10.total", 3, _total(1, 1, 0, beta=-1), "a negative norm"),
        Counterexample("AS-10.total", 4, _total(1, 0, 1, kappa=-1), "a negative norm"),
    ]


def refuted() -> list[Refuted]:
    pythagoras = statement("AS-10.pythagoras", "", TOTAL, "S[norm2(y)] <= v**2*(beta**2 + kappa**2)", **ROWS)
    single = statement(
        "AS-10.single",
        "",
        {"s": "D[s**2] <= kappa**2", "t": "D[t**2] <= kappa**2"},
        "D[(s + t)**2] <= 2*kappa**2",
        functionals=["D!:s,t"],
    )
    both = model({"kappa": 1}, D=[(1, {"s": 1, "t": 1})])
    return [
        Refuted(
            "orthogonal parts",
            "The norm is at most v (rho^2 + (2 a chi^2 G)^2)^{1/2}.",
            pythagoras.text,
            _total(2, 1, 1),
        ),
        Refuted("factor sqrt(2)", "The scores' derivatives add up to sqrt(2) kappa.", single.text, both),
    ]


HAMMER = jacobian_norm(
    "lipschitz_constant",
    quantities={
        "v": "value_norm",
        "rho": "weights_norm",
        "a": "score_norm",
        "chi": "tokens_norm",
        "G": "largest_weights",
    },
)
BINDINGS = SELF_ATTENTION
