"""Self-attention without a mask is Lipschitz on a ball whatever n: v (sqrt(n (1 + s^2)/(1 + (n - 1) e^{-2s})) + s), s = a R^2.

Statement
    f(X)_i = V sum_j P_ij x_j, P_i the softmax of <A x_i, x_j> over all tokens j; Frobenius norm; v = |V|_2, a = |A|_2, s = a R^2. On the
    tokens with all |x_i| <= R:
    Lip(f) <= v (sqrt((1 + s^2) n/(1 + (n - 1) e^{-2s})) + s) <= v (sqrt(1 + s^2) e^s + s), for every n, every d.
    Causal mask (i attends to j <= i): the same with sum_{i=1}^n 1/(1 + (i - 1) e^{-2s}) in place of n/(1 + (n - 1) e^{-2s}).

Proof
    1. Scores lie in [-s, s], so one of m + 1 tokens has weight at most 1/(1 + m e^{-2s}).     kernel    AS-01U.weight
    2. A column of P sums to at most c, the sum of these bounds over the rows that see it.     kernel    AS-01U.column
    3. Then the derivative is at most v (sqrt(c (1 + s^2)) + s).                               kernel    AS-01.tokens
    4. A derivative bounded on the convex ball.                                                assumed   mean_value_inequality
    5. n/(1 + (n - 1) q) <= 1/q for 0 < q <= 1, q = e^{-2s}: the bound free of n.              kernel    AS-01U.limit
    6. It is never above the general bound: c <= n.                                            kernel    AS-01U.better
    7. The sums of step 2 over the rows.                                                       symbolic  derivation

Sharpness
    Upper bounds; s = 0 without a mask: v, attained. The growth e^s is right: two clusters (AS-02) need (v/2) e^{gamma R^2}.

Source
    castin2024smooth (arXiv:2312.14820), Theorems 3.3 and 3.5 as remembered, unified by proofcheck.

Audit
    The formula without a mask is false for a causal mask: at A = 0 it gives v, and n = 50 has 1.578 v (refuted below at n = 2). For a
    mask the sum grows like log n once n > e^{2s}; AS-06 has a bound free of n.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness import self_attention_bound
from lemmas.attention_smoothness._token_sums import ON_BALL, SELF_ATTENTION, jacobian_norm
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-01U"
TITLE = "Self-attention on a ball, whatever the number of tokens"
SOURCE = Source("castin2024smooth", "2312.14820", "proofcheck; unifies Theorems 3.3 and 3.5, as remembered")
LABEL = "upper"
ASSUMES = ("mean_value_inequality",)
USES = ("AS-00", "AS-01")

ROWS = 4  # of the instance of the masked bound that is printed and hammered; the proof is for every n

v, a, R, n = sp.symbols("v a R n", nonnegative=True)


def with_columns(c: sp.Expr) -> sp.Expr:
    """AS-01's bound where the columns of P sum to at most c."""
    return self_attention_bound.BOUNDS["combined"].subs(self_attention_bound.n, c)


def weight(tokens: sp.Expr | int) -> sp.Expr:
    """The largest weight in a row of so many tokens."""
    return 1 / (1 + (tokens - 1) * sp.exp(-2 * a * R**2))


def masked_columns(rows: int) -> sp.Expr:
    """What a column sums to at most under a causal mask with n = rows."""
    return sp.Add(*(weight(i) for i in range(1, rows + 1)))


BOUNDS = {
    "lipschitz_constant": v * (sp.sqrt((1 + a**2 * R**4) * n / (1 + (n - 1) * sp.exp(-2 * a * R**2))) + a * R**2),
    "limit": v * (sp.sqrt(1 + a**2 * R**4) * sp.exp(a * R**2) + a * R**2),
    "masked": with_columns(masked_columns(ROWS)),
    "largest_weight": weight(n),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "R": "radius of a ball that holds the tokens",
    "n": "number of tokens",
}


def derivation() -> list[DerivationStep]:
    c, q = sp.symbols("c q", positive=True)
    general = self_attention_bound.BOUNDS["combined"]
    root = ((general / v - a * R**2) ** 2).subs(self_attention_bound.n, c)
    ours = (BOUNDS["lipschitz_constant"] / v - a * R**2) ** 2
    masked = (BOUNDS["masked"] / v - a * R**2) ** 2
    free = (BOUNDS["limit"] / v - a * R**2) ** 2
    every = sp.Add(*(1 / (1 + (i - 1) * q) for i in range(1, ROWS + 1))).subs(q, sp.exp(-2 * a * R**2))
    return [
        DerivationStep("columns without a mask", ours, root.subs(c, n * weight(n)), "n rows of the same bound"),
        DerivationStep("columns under a causal mask", masked, root.subs(c, every), "row i sees i tokens"),
        DerivationStep("limit", free, root.subs(c, sp.exp(2 * a * R**2)), "c = e^{2 s}"),
    ]


def _weight(name: str, other: str, relation: str = "==") -> Claim:
    return statement(
        name,
        "The weight of a token against m others whose scores are at most 2 s below its own is at most 1/(1 + m e^{-2s}).",
        {
            "scores differ by at most 2 s": "l - y <= 2*s",
            "w is its weight": f"w*(exp(l) + K[exp(y)]) {relation} exp(l)",
        },
        f"w*(1 + K[1]*{other}) <= 1",
        functionals=["K!:y"],
    )


def claims() -> list[Claim]:
    return [
        _weight("AS-01U.weight", "exp(-2*s)"),
        statement(
            "AS-01U.column",
            "A column sums to at most the sum of the bounds of its entries.",
            {"the weight is at most its bound": "w <= b"},
            "T[w] <= T[b]",
            functionals=["T!:w,b"],
        ),
        statement(
            "AS-01U.limit",
            "n/(1 + (n - 1) q) <= 1/q.",
            {"q > 0": "q > 0", "q <= 1": "q <= 1", "n >= 1": "n >= 1"},
            "n/(1 + (n - 1)*q) <= 1/q",
        ),
        statement(
            "AS-01U.better",
            "n/(1 + (n - 1) q) <= n.",
            {"q > 0": "q > 0", "n >= 1": "n >= 1"},
            "n/(1 + (n - 1)*q) <= n",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    def share(w: int | str, s: int, y: int) -> dict:
        return model({"l": 0, "s": s, "w": w}, K=[(1, {"y": y})])

    return [
        Counterexample("AS-01U.weight", 0, share("1/2", -2, 0), "a score that is too low"),
        Counterexample("AS-01U.weight", 1, share(1, 0, 0), "w is another number"),
        Counterexample("AS-01U.column", 0, model({}, T=[(1, {"w": 1, "b": 0})]), "a larger weight"),
        Counterexample("AS-01U.limit", 0, model({"n": 1, "q": -2}), "a negative weight"),
        Counterexample("AS-01U.limit", 1, model({"n": 2, "q": 3}), "a weight above 1"),
        Counterexample("AS-01U.limit", 2, model({"n": -3, "q": "1/2"}), "a negative number of tokens"),
        Counterexample("AS-01U.better", 0, model({"n": 2, "q": "-1/2"}), "a negative weight"),
        Counterexample("AS-01U.better", 1, model({"n": -2, "q": 2}), "a negative number of tokens"),
    ]


def refuted() -> list[Refuted]:
    slower = _weight("AS-01U.slower", "exp(-s)", "<=").text
    unmasked = statement(
        "AS-01U.unmasked",
        "",
        {"q > 0": "q > 0", "q <= 1": "q <= 1", "weights are at most 1": "w <= 1"},
        "T[w] <= T[1]/(1 + (T[1] - 1)*q)",
        functionals=["T!:w"],
    )
    return [
        Refuted(
            "e^{-s} in the weight",
            "The weight is at most 1/(1 + m e^{-s}).",
            slower,
            model({"l": 0, "s": 1, "w": "22/25"}, K=[(1, {"y": -2})]),
        ),
        Refuted(
            "the same for a causal mask",
            "Under a causal mask columns sum to at most n/(1 + (n - 1) e^{-2s}) (false: A = 0, n = 2, the first sums to 3/2).",
            unmasked.text,
            model({"q": 1}, T=[(1, {"w": 1}), (1, {"w": "1/2"})]),
        ),
    ]


HAMMER = (
    jacobian_norm("lipschitz_constant", ON_BALL | {"n": "tokens"}),
    jacobian_norm("masked", ON_BALL, mask="causal", tokens=ROWS),
)
BINDINGS = SELF_ATTENTION
