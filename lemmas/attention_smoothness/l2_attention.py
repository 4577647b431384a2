"""L2 attention is Lipschitz on all of (R^d)^n: sqrt(n/k) (2 sqrt(2) phi^{-1}(n - 1) + 1) (sum_h ||W_h||^4 ||V_h||^2)^{1/2} ||O||.

Statement
    Heads f^h(X) = P^h X W_h W_h^T/sqrt(k), W_h in R^{d x k} (query and key weights tied), P^h_ij proportional to
    exp(-|x_i W_h - x_j W_h|^2/sqrt(k)) over all j, j = i included; f(X) = [f^1(X) V_1, ..., f^H(X) V_H] O. With phi(c) = c e^{c + 1},
    c = phi^{-1}(n - 1), operator norms of the weights: for every n >= 1 and d, f is Lipschitz on (R^d)^n with the Frobenius norm, with
    sqrt(n/k) (2 sqrt(2) c + 1) (sum_h ||W_h||^4 ||V_h||^2)^{1/2} ||O||. Causal masks too: i sees i, and at most n - 1 others.

Proof
    In y = x W/k^{1/4} the scores are -|y_i - y_j|^2. z_j = y_j - y_i, E the mean under row i, so z = 0 for j = i.
    1. (t - c) e^{-t} <= e^{-c - 1} for every t, so E|z|^2 <= c.                                     kernel    AS-11.key
    2. Along y_j + t dy_j the score changes by 2 t <z_j, dy_i - dy_j> - t^2 |dy_j - dy_i|^2.          kernel    AS-11.score
    3. Terms and quotients are differentiated as in AS-00, for any functions of t,                   symbolic  derivation
    4. and a sum over the tokens term by term.                                                       assumed   differentiation_under_integral
    5. So d(sum_j P_ij y_j) = sum_j P_ij dy_j + 2 sum_j P_ij (z_j - E z) <z_j, dy_i - dy_j>.          kernel    AS-11.quotient
    6. |dy_i - dy_j|^2 <= 2 |dy|^2.                                                                 kernel    AS-11.pair
    7. The second part has norm at most 2 sqrt(2) c |dy|.                                           kernel    AS-11.tilt
    8. The first part has norm at most |dy|.                                                        kernel    AS-11.mean
    9. Both together.                                                                               kernel    AS-11.row
   10. n rows.                                                                                      kernel    AS-11.rows
   11. A head: W/k^{1/4} before, W^T/k^{1/4} and V behind.                                           kernel    AS-11.head
   12. Squares add over the heads, then O.                                                          kernel    AS-11.heads
   13. The factors together.                                                                        symbolic  derivation
   14. A derivative bounded on the convex set (R^d)^n gives a Lipschitz constant.                    assumed   mean_value_inequality
   15. It is below the known constant, which has 4 c in place of 2 sqrt(2) c.                        kernel    AS-11.weaker

Sharpness
    n = 1: c = 0, f(X) = X W W^T V O/sqrt(k), attained for one head. The growth in n, sqrt(n) log n, is an upper bound only.

Source
    kim2021lipschitz (arXiv:2006.04710), Theorem 3.2 as remembered, with 4 c; proofcheck's proof and constant.

Audit
    The power of ||W_h|| is 4: f^h is quadratic in W_h for fixed weights, as n = 1 shows. A version with ||W_h||^2 under the root is
    dimensionally wrong and refuted below. Without the own token step 1 is false, untied weights or a missing W W^T give no constant.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness.attention_jacobian import weighted_mean_steps
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-11"
TITLE = "L2 attention is Lipschitz"
SOURCE = Source("kim2021lipschitz", "2006.04710", "Theorem 3.2, as remembered; proofcheck's constant and proof")
LABEL = "upper"
ASSUMES = ("differentiation_under_integral", "mean_value_inequality")
USES = ()

n, k, c, s, o = sp.symbols("n k c s o", nonnegative=True)
BOUNDS = {"lipschitz_constant": sp.sqrt(n) * (2 * sp.sqrt(2) * c + 1) * s * o / sp.sqrt(k)}
SYMBOLS = {
    "n": "number of tokens",
    "k": "width of a head",
    "c": "solution of c exp(c + 1) = n - 1, or more",
    "s": "(sum_h ||W_h||^4 ||V_h||^2)^{1/2} over the heads",
    "o": "operator norm of O",
}

SCORE = "2*inner(z, u)"  # the change of -|y_j - y_i|^2, u = dy_i - dy_j
QUOTIENT = (
    "(F[inner(e, q) + inner(o + z, q)*2*inner(z, u)]*F[1] - F[inner(o + z, q)]*F[2*inner(z, u)])/F[1]**2"
    " == (F[inner(e, q)] + 2*F[inner(z - m, q)*inner({own}, u)])/F[1]"
)
MEAN = {"m is the mean of z": "forall p: F[1]*inner(m, p) == F[inner(z, p)]"}
KEY = {"there are M other tokens": "T[1] == M", "c is at least phi^{-1}(M)": "M <= c*exp(c + 1)"}
TILT = {
    "E|z|^2 <= c": "E[norm2(z)] <= c",
    "|dy_i - dy_j|^2 <= 2 eps^2": "norm2(u) <= 2*eps**2",
    "w is the second part": "forall q: inner(w, q) == 2*E[inner(z, q)*inner(z, u)] - 2*E[inner(z, q)]*E[inner(z, u)]",
}
ROW = {
    "|b| <= eps": "norm2(b) <= eps**2",
    "|w| <= 2 sqrt(2) c eps": "norm2(w) <= 8*c**2*eps**2",
    "c >= 0": "c >= 0",
}
HEAD = {
    "|x W|/k^{1/4}": "S[norm2(y)] <= omega**2*S[norm2(x)]",
    "the rows": "S[norm2(m)] <= kappa**2*S[norm2(y)]",
    "|m W^T|/k^{1/4}": "norm2(t) <= omega**2*norm2(m)",
    "|t V|": "norm2(f) <= nu**2*norm2(t)",
}
HEADS = {"vectors": "x, y, m, t, f", "functionals": ["S!:x,y,m,t,f"]}
FACTOR = "2*sqrt(2)*c + 1"


def derivation() -> list[DerivationStep]:
    y1, y2 = sp.symbols("y1 y2", real=True)
    w, nu = sp.symbols("w nu", positive=True)
    e = sp.exp(-((y1 - y2) ** 2))
    mean = (y1 + e * y2) / (1 + e)
    p1, p2 = 1 / (1 + e), e / (1 + e)
    z = y2 - y1
    tilt = p2 * (z - p2 * z) * z
    rows = sp.sqrt(n) * (1 + 2 * sp.sqrt(2) * c)
    one_head = w / k ** sp.Rational(1, 4) * rows * w / k ** sp.Rational(1, 4) * nu * o
    return [
        *weighted_mean_steps(),
        DerivationStep("derivative by the own token", sp.diff(mean, y1), p1 + 2 * tilt, "dy_1 - dy_2 = 1"),
        DerivationStep("derivative by another token", sp.diff(mean, y2), p2 - 2 * tilt, "dy_1 - dy_2 = -1"),
        DerivationStep("one head", one_head, BOUNDS["lipschitz_constant"].subs(s, w**2 * nu), "s = ||W||^2 ||V||"),
    ]


def _quotient(name: str, own: str = "z") -> Claim:
    return statement(
        name,
        "The derivative of the softmax mean of y_j = o + z_j, o = y_i, e = dy_j.",
        MEAN,
        QUOTIENT.format(own=own),
        vectors="m, o, q, z, e, u",
        functionals=["F!:z,e,u"],
    )


def claims() -> list[Claim]:
    return [
        statement(
            "AS-11.score",
            "The score of two moved tokens, z = y_j - y_i, u = dy_i - dy_j.",
            {},
            f"-norm2(z - t*u) == -norm2(z) + t*{SCORE} - t**2*norm2(u)",
            vectors="z, u",
        ),
        _quotient("AS-11.quotient"),
        statement(
            "AS-11.key",
            "The mean squared distance to the other tokens is at most c.",
            KEY,
            "T[d*exp(-d)] <= c*(1 + T[exp(-d)])",
            functionals=["T!:d"],
        ),
        statement(
            "AS-11.pair",
            "Two tokens of a perturbation of norm eps differ by at most sqrt(2) eps.",
            {"|dy| <= eps": "norm2(u) + norm2(v) <= eps**2"},
            "norm2(u - v) <= 2*eps**2",
            vectors="u, v",
        ),
        statement(
            "AS-11.tilt",
            "The change of the weights moves the mean by at most 2 sqrt(2) c eps.",
            TILT,
            "norm2(w) <= 8*c**2*eps**2",
            vectors="w, z, u",
            random="z, u",
        ),
        statement(
            "AS-11.mean",
            "The mean of vectors of norm at most eps has norm at most eps.",
            {"|dy_j| <= eps": "norm2(u) <= eps**2", "b is the first part": "forall q: inner(b, q) == E[inner(u, q)]"},
            "norm2(b) <= eps**2",
            vectors="b, u",
            random="u",
        ),
        statement(
            "AS-11.row",
            "A row moves by at most (2 sqrt(2) c + 1) eps.",
            ROW,
            f"norm2(b + w) <= ({FACTOR})**2*eps**2",
            vectors="b, w",
        ),
        statement(
            "AS-11.rows",
            "n rows.",
            {"each row": "norm2(u) <= r**2", "there are n": "S[1] == n"},
            "S[norm2(u)] <= n*r**2",
            vectors="u",
            functionals=["S!:u"],
        ),
        statement(
            "AS-11.head",
            "A head: kappa in the middle, omega twice, nu.",
            HEAD,
            "S[norm2(f)] <= (kappa*omega**2*nu)**2*S[norm2(x)]",
            **HEADS,
        ),
        statement(
            "AS-11.heads",
            "Squares add over the heads: head h moves by at most kappa l_h eps.",
            {
                "each head": "norm2(f) <= (kappa*l)**2*eps**2",
                "|[f^1, ...] O|": "norm2(y) <= o**2*K[norm2(f)]",
            },
            "norm2(y) <= o**2*kappa**2*K[l**2]*eps**2",
            vectors="y, f",
            functionals=["K!:f,l"],
        ),
        statement(
            "AS-11.weaker",
            "2 sqrt(2) c + 1 <= 4 c + 1.",
            {"c >= 0": "c >= 0"},
            f"{FACTOR} <= 4*c + 1",
        ),
    ]


def _head(y: int, m: int, t: int, f: int, x: int = 1) -> dict:
    """omega = 2, kappa = nu = 1, one row."""
    vectors = {"x": [x], "y": [y], "m": [m], "t": [t], "f": [f]}
    return model({"omega": 2, "kappa": 1, "nu": 1}, S=[(1, vectors)])


def _row(b: int | str, w: int | str, c: int | str = 0, eps: int | str = 1) -> dict:
    return model({"c": c, "eps": eps}, {"b": [b], "w": [w]})


def _apart(m: int) -> dict:
    """Equal weights at z = 1 and z = -1; the first token moves alone, u = 1."""
    atoms = [(1, {"z": [1], "e": [0], "u": [1]}), (1, {"z": [-1], "e": [0], "u": [0]})]
    return model({}, {"m": [m], "o": [0], "q": [1]}, F=atoms)


def counterexamples() -> list[Counterexample]:
    still = [(1, {"z": [0], "u": [0]})]
    halves = [("1/2", {"z": [-2], "u": ["1/2"]}), ("1/2", {"z": [0], "u": [0]})]
    return [
        Counterexample("AS-11.quotient", 0, _apart(1), "m is not the mean"),
        Counterexample("AS-11.key", 0, model({"M": 0, "c": 0}, T=[(1, {"d": 2})]), "another token, not counted"),
        Counterexample("AS-11.key", 1, model({"M": 2, "c": 0}, T=[(2, {"d": "1/2"})]), "c too small"),
        Counterexample("AS-11.pair", 0, model({"eps": 0}, {"u": [1], "v": [0]}), "a larger perturbation"),
        Counterexample(
            "AS-11.tilt", 0, model({"c": "1/2", "eps": "1/2"}, {"w": [1]}, E=halves), "tokens farther apart"
        ),
        Counterexample("AS-11.tilt", 1, model({"c": 2, "eps": 0}, {"w": [1]}, E=halves), "a larger perturbation"),
        Counterexample("AS-11.tilt", 2, model({"c": 2, "eps": 0}, {"w": [2]}, E=still), "w is not the second part"),
        Counterexample("AS-11.mean", 0, model({"eps": 1}, {"b": [2]}, E=[(1, {"u": [2]})]), "a longer vector"),
        Counterexample("AS-11.mean", 1, model({"eps": 1}, {"b": [2]}, E=[(1, {"u": [0]})]), "b is not the mean"),
        Counterexample("AS-11.row", 0, _row(2, 0), "a larger first part"),
        Counterexample("AS-11.row", 1, _row(1, 1), "a larger second part"),
        Counterexample("AS-11.row", 2, _row("1/2", "299/100", "-1/2", 3), "a negative c"),
        Counterexample("AS-11.rows", 0, model({"n": 1, "r": 1}, S=[(1, {"u": [2]})]), "a row that moves by more"),
        Counterexample("AS-11.rows", 1, model({"n": 0, "r": 1}, S=[(1, {"u": [1]})]), "more rows"),
        Counterexample("AS-11.head", 0, _head(3, 3, 6, 6), "a larger W in front"),
        Counterexample("AS-11.head", 1, _head(2, 3, 6, 6), "rows that stretch"),
        Counterexample("AS-11.head", 2, _head(2, 2, 5, 5), "a larger W behind"),
        Counterexample("AS-11.head", 3, _head(2, 2, 4, 5), "a larger V"),
        Counterexample(
            "AS-11.heads",
            0,
            model({"eps": 1, "kappa": 1, "o": 1}, {"y": [2]}, K=[(1, {"f": [2], "l": 1})]),
            "a larger head",
        ),
        Counterexample(
            "AS-11.heads",
            1,
            model({"eps": 1, "kappa": 1, "o": 1}, {"y": [2]}, K=[(1, {"f": [1], "l": 1})]),
            "a larger O",
        ),
        Counterexample("AS-11.weaker", 0, model({"c": "-1/2"}), "a negative c"),
    ]


def refuted() -> list[Refuted]:
    alone = statement("AS-11.alone", "", KEY, "T[d*exp(-d)] <= c*T[exp(-d)]", functionals=["T!:d"])
    power = statement("AS-11.power", "", HEAD, "S[norm2(f)] <= (kappa*omega*nu)**2*S[norm2(x)]", **HEADS)
    return [
        Refuted(
            "without the own token",
            "E|z|^2 <= c when a token does not see itself.",
            alone.text,
            model({"M": 1, "c": "1/2"}, T=[(1, {"d": 3})]),
        ),
        Refuted(
            "||W_h||^2 under the root", "A head has the constant kappa ||W|| ||V||.", power.text, _head(2, 2, 4, 4)
        ),
    ]


HAMMER: Property | None = None
BINDINGS = (Binding("torch_impl.l2_attention:l2_attention", "proofcheck.bind.formulas_norm:L2_ATTENTION"),)
