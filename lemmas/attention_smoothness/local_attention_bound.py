"""The local Lipschitz constant of self-attention at X is at most v |P| + sqrt(max c_j) max_i |V C_i V^T|^(1/2) |g_i| + max_i |V C_i A|.

Statement
    f(X)_i = V sum_j P_ij x_j, P_i the softmax of <A x_i + beta, x_j> over the tokens that i may attend to (any mask, P_ij = 0 for the
    others); m_i, C_i mean and covariance of the tokens under P_i, g_i = A x_i + beta, c_j = sum_i P_ij. For every X, in the spectral norm,
    |D_X f| <= |V| |P| + k sqrt(c) + u,   c = max_j c_j, k = max_i |V C_i V^T|^(1/2) |g_i|, u = max_i |V C_i A|        (values)
            <= v (|P| + h sqrt(c) + b),   h = max_i |C_i|^(1/2) |g_i|, b = max_i |C_i A|                                (here)
    and also |D_X f| <= v (sqrt(c (1 + h^2)) + b)                                                                       (here_sharper).
    All are computable from X; every n and d. Several heads: the sum of the heads' bounds (AS-01).

Proof
    1. D_X f[e]_i = V (sum_j P_ij e_j + C_i A e_i + sum_j P_ij (x_j - m_i) <g_i, e_j>).        kernel    AS-00.quotient
    2. |sum_j P_ij V (x_j - m_i) <g_i, e_j>|^2 <= |V C_i V^T| |g_i|^2 sum_j P_ij |e_j|^2.      kernel    AS-01L.keys
    3. The sum of that over i is at most k^2 c |e|^2.                                          kernel    AS-01.columns
    4. Minkowski over the tokens for the three terms; |P e| <= |P| |e| in every coordinate.    kernel    AS-01L.tokens
    5. <V z, q> = <z, V^T q>, |V^T q| <= v |q|: |V C V^T| <= v^2 |C|.                          kernel    AS-01L.outside
    6. |V y| <= v |y| at y = C A e: |V C A| <= v |C A|.                                        kernel    AS-01L.query
    7. So the second bound is no smaller.                                                      kernel    AS-01L.here
    8. First and last term together (AS-01.keys), then Minkowski.                              kernel    AS-01.tokens
    9. On the ball of radius R: h <= R g, b <= a R^2, c <= n, so below AS-01's bound.          kernel    AS-01L.ordered
   10. |P t|^2 <= c |t|^2: a squared mean is at most the mean square.                          kernel    AS-01L.jensen
   11. Columns sum to at most c, so |P| <= sqrt(c).                                           kernel    AS-01.columns
   12. With h, b <= s the sum of three is at most v (sqrt(n) (1 + s) + s).                  kernel    AS-01L.three
   13. AS-01's bound with h for R g and b for a R^2.                                           symbolic  derivation

Sharpness
    Attained at A = 0, where D_X f = P (x) V. Over random inputs the median ratio is near 0.45.

Source
    castin2024smooth (arXiv:2312.14820), Theorem 3.3 as remembered; the bound at one input is proofcheck's.

Audit
    `values` keeps V inside the covariances, as code for heads of few dimensions does. Forgetting beta in g_i makes it false (refuted
    below). `compute_bound` of the public code has max |A x_i| times a diameter and no term for C_i A: see AS-01.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness import self_attention_bound
from lemmas.attention_smoothness._token_sums import SELF_ATTENTION, jacobian_norm, over_tokens
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-01L"
TITLE = "Local Lipschitz constant of self-attention, per input"
SOURCE = Source("castin2024smooth", "2312.14820", "proofcheck; localises Theorem 3.3, as remembered")
LABEL = "upper"
ASSUMES = ()
USES = ("AS-00", "AS-01")

v, p, c, h, b, k, u = sp.symbols("v p c h b k u", nonnegative=True)
BOUNDS = {
    "values": v * p + sp.sqrt(c) * k + u,
    "here": v * (p + sp.sqrt(c) * h + b),
    "here_sharper": v * (sp.sqrt(c * (1 + h**2)) + b),
}
SYMBOLS = {
    "v": "operator norm of V",
    "p": "operator norm of the attention matrix P",
    "c": "largest column sum of P",
    "h": "largest |C_i|^(1/2) |A x_i + beta|",
    "b": "largest |C_i A|",
    "k": "largest |V C_i V^T|^(1/2) |A x_i + beta|",
    "u": "largest |V C_i A|",
}


def derivation() -> list[DerivationStep]:
    general, n, R, g, a = (
        self_attention_bound.BOUNDS["biased"],
        self_attention_bound.n,
        self_attention_bound.R,
        self_attention_bound.g,
        self_attention_bound.a,
    )
    here = general.subs({n: c, g: h / R, a: b / R**2}, simultaneous=True)
    return [
        DerivationStep("sharper", here, BOUNDS["here_sharper"], "R g = h, a R^2 = b, n = c"),
        DerivationStep("V outside", BOUNDS["values"].subs({k: v * h, u: v * b}), BOUNDS["here"], "k = v h, u = v b"),
    ]


def _keys(name: str, key: str = "g") -> Claim:
    return statement(
        name,
        "|t|^2 <= |C| |g|^2 E|e|^2 for t = E[(x - m) <g, e>], x standing for V x_j.",
        {
            "t = E[(x - m) <g, e>]": "forall q: inner(t, q) == E[inner(x - m, q)*inner(g, e)]",
            "|C| <= r^2": "forall q: E[inner(x - m, q)**2] <= r**2*inner(q, q)",
        },
        f"norm2(t) <= r**2*norm2({key})*E[norm2(e)]",
        vectors="m, t, x, e" + "".join(f", {name}" for name in sorted({"g", key})),
        random="x, e",
    )


def _tokens(name: str, bound: str) -> Claim:
    return over_tokens(
        name,
        "The derivative of attention at X is at most the bound; r_i = sum_j P_ij |e_j|^2.",
        {
            "the mean of the displacements": "S[norm2(t)] <= (v*p)**2*S[norm2(e)]",
            "the pull of the moved keys": "norm2(w) <= k**2*r",
            "|V C_i A e_i| <= u |e_i|": "norm2(y) <= u**2*norm2(e)",
            "columns of P sum to at most c": "S[r] <= c*S[norm2(e)]",
            "v >= 0": "v >= 0",
            "p >= 0": "p >= 0",
            "k >= 0": "k >= 0",
            "u >= 0": "u >= 0",
        },
        moved="t + w + y",
        bound=bound,
        vectors="t, w, y, e",
        scalar="r",
    )


def claims() -> list[Claim]:
    ball = {"h <= R g": "h <= R*g", "h >= 0": "h >= 0", "b <= a R^2": "b <= a*R**2", "c <= n": "c <= n"}
    general = text(self_attention_bound.BOUNDS["biased"])
    return [
        _keys("AS-01L.keys"),
        _tokens("AS-01L.tokens", text(BOUNDS["values"])),
        statement(
            "AS-01L.outside",
            "|V C V^T| <= v^2 |C|: y = V z, w = V^T q, z a centred token.",
            {
                "<V z, q> = <z, V^T q>": "inner(y, q) == inner(z, w)",
                "|V^T q| <= v |q|": "norm2(w) <= v**2*norm2(q)",
                "|C| <= r^2": "forall k: E[inner(z, k)**2] <= r**2*inner(k, k)",
            },
            "E[inner(y, q)**2] <= (v*r)**2*norm2(q)",
            vectors="q, w, y, z",
            random="y, z",
        ),
        statement(
            "AS-01L.query",
            "|V C A e| <= v |C A| |e|, y = C A e.",
            {"|V y| <= v |y|": "norm2(f) <= v**2*norm2(y)", "|C A e| <= b |e|": "norm2(y) <= b**2*norm2(e)"},
            "norm2(f) <= (v*b)**2*norm2(e)",
            vectors="f, y, e",
        ),
        statement(
            "AS-01L.jensen",
            "(sum_j P_ij t_j)^2 <= sum_j P_ij t_j^2.",
            {"m is the mean": "m == E[t]"},
            "m**2 <= E[t**2]",
            random="t",
        ),
        statement(
            "AS-01L.here",
            "With V outside the covariances the bound is no smaller.",
            {"|V C V^T|^(1/2) |g| <= v h": "k <= v*h", "|V C A| <= v b": "u <= v*b"},
            f"{text(BOUNDS['values'])} <= {text(BOUNDS['here'])}",
        ),
        statement(
            "AS-01L.ordered",
            "The bound at X is at most the bound on the ball.",
            ball | {"v >= 0": "v >= 0"},
            f"{text(BOUNDS['here_sharper'])} <= {general}",
        ),
        statement(
            "AS-01L.three",
            "With |P| <= sqrt(c) and h <= s the sum of three is at most sqrt(n) (1 + s) + s.",
            {"|P| <= sqrt(c)": "p <= sqrt(c)", "h <= s": "h <= s", "b <= s": "b <= s", "c <= n": "c <= n"}
            | {"s >= 0": "s >= 0", "v >= 0": "v >= 0"},
            f"{text(BOUNDS['here'])} <= v*(sqrt(n) + s*(1 + sqrt(n)))",
        ),
    ]


def _row(t: int, g: int, *atoms: tuple[str, int, int], **more: int) -> dict:
    """Tokens (weight, x, e) of a row in d = 1, centred at 0; r = 1."""
    vectors = {"m": 0, "t": t, "g": g} | more
    return model(
        {"r": 1}, {name: [x] for name, x in vectors.items()}, E=[(w, {"x": [x], "e": [e]}) for w, x, e in atoms]
    )


def _one(t: int, w: int, y: int, r: int = 1, **scalars: int) -> dict:
    """One token that moves by 1; v = c = 1 and p = k = u = 0 unless said otherwise."""
    values = {"v": 1, "c": 1, "p": 0, "k": 0, "u": 0} | scalars
    return model(values, S=[(1, {"t": [t], "w": [w], "y": [y], "e": [1], "r": r})])


def _numbers(names: str, **scalars: int) -> dict:
    """Scalars that are 0 unless given."""
    return model(dict.fromkeys(names.split(), 0) | scalars)


def _outside(y: int, w: int, z: int) -> dict:
    """Tokens at +-z, their images at +-y; v = r = 1, q = 1."""
    pair = [("1/2", {"y": [y], "z": [z]}), ("1/2", {"y": [-y], "z": [-z]})]
    return model({"v": 1, "r": 1}, {"q": [1], "w": [w]}, E=pair)


def counterexamples() -> list[Counterexample]:
    here, ordered, three = "v p c h b k u", "v c n h b R g a", "v p c n h b s"
    return [
        Counterexample("AS-01L.keys", 0, _row(1, 0, ("1", 0, 0)), "t is another vector"),
        Counterexample("AS-01L.keys", 1, _row(3, 1, ("1", 3, 1)), "a larger covariance"),
        Counterexample("AS-01L.tokens", 0, _one(1, 0, 0), "a larger mean"),
        Counterexample("AS-01L.tokens", 1, _one(0, 1, 0), "a larger pull"),
        Counterexample("AS-01L.tokens", 2, _one(0, 0, 1), "a larger covariance"),
        Counterexample("AS-01L.tokens", 3, _one(0, 2, 0, 4, k=1), "a column that sums to 4"),
        Counterexample("AS-01L.tokens", 4, _one(1, 0, 0, v=-1, p=1, k=1), "a negative norm of V"),
        Counterexample("AS-01L.tokens", 5, _one(1, 0, 0, p=-1, k=1), "a negative norm of P"),
        Counterexample("AS-01L.tokens", 6, _one(1, 0, 0, p=1, k=-1), "a negative k"),
        Counterexample("AS-01L.tokens", 7, _one(1, 0, 0, p=1, u=-1), "a negative u"),
        Counterexample("AS-01L.outside", 0, _outside(2, 1, 1), "y is not V z"),
        Counterexample("AS-01L.outside", 1, _outside(2, 2, 1), "V stretches by 2"),
        Counterexample("AS-01L.outside", 2, _outside(2, 1, 2), "a larger covariance"),
        Counterexample("AS-01L.query", 0, model({"v": 1, "b": 1}, {"f": [2], "y": [1], "e": [1]}), "a larger V"),
        Counterexample("AS-01L.query", 1, model({"v": 1, "b": 1}, {"f": [2], "y": [2], "e": [1]}), "a larger C A"),
        Counterexample("AS-01L.jensen", 0, model({"m": 1}, E=[(1, {"t": 0})]), "m is not the mean"),
        Counterexample("AS-01L.here", 0, _numbers(here, v=1, c=1, k=1), "a larger k"),
        Counterexample("AS-01L.here", 1, _numbers(here, v=1, u=1), "a larger u"),
        Counterexample("AS-01L.ordered", 0, _numbers(ordered, v=1, h=2, R=1, g=1, c=1, n=1), "a larger h"),
        Counterexample("AS-01L.ordered", 1, _numbers(ordered, v=1, h=-3, R=1, g=1, c=1, n=1), "a negative h"),
        Counterexample("AS-01L.ordered", 2, _numbers(ordered, v=1, b=2, a=1, R=1), "a larger b"),
        Counterexample("AS-01L.ordered", 3, _numbers(ordered, v=1, c=1), "columns that sum to more than n"),
        Counterexample("AS-01L.ordered", 4, _numbers(ordered, v=-1, n=1), "a negative norm of V"),
        Counterexample("AS-01L.three", 0, _numbers(three, v=1, p=3), "a norm of P above sqrt(c)"),
        Counterexample("AS-01L.three", 1, _numbers(three, v=1, s=1, h=5, c=1, n=1), "a larger h"),
        Counterexample("AS-01L.three", 2, _numbers(three, v=1, s=1, b=5), "a larger b"),
        Counterexample("AS-01L.three", 3, _numbers(three, v=1, s=1, c=4, p=2), "columns that sum to more than n"),
        Counterexample("AS-01L.three", 4, _numbers(three, v=1, s=-2, h=-2, b=-2, n=4), "a negative s"),
        Counterexample("AS-01L.three", 5, _numbers(three, v=-1, n=1), "a negative norm of V"),
    ]


def refuted() -> list[Refuted]:
    no_bias = _keys("AS-01L.no_bias", "z").text
    no_query = _tokens("AS-01L.no_query", text(v * p + sp.sqrt(c) * k)).text
    no_keys = _tokens("AS-01L.no_keys", text(v * p + u)).text
    forgotten = _row(1, 1, ("1/2", 1, 1), ("1/2", -1, -1), z=0)
    return [
        Refuted(
            "beta is forgotten",
            "h = max |C_i|^(1/2) |A x_i| also with a query bias (z = A x_i = 0).",
            no_bias,
            forgotten,
        ),
        Refuted("no query term", "max |V C_i A| may be left out.", no_query, _one(0, 0, 1, u=1)),
        Refuted("no key term", "max |V C_i V^T|^(1/2) |g_i| may be left out.", no_keys, _one(0, 1, 0, k=1)),
    ]


LOCAL = {"v": "value_norm", "c": "column_sum", "h": "key_factor", "b": "query_factor"}
HAMMER = (
    jacobian_norm("here", LOCAL | {"p": "weights_norm"}, mask="causal"),
    jacobian_norm("here_sharper", LOCAL),
)
BINDINGS = SELF_ATTENTION
