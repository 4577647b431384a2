"""Self-attention of n tokens in a ball is Lipschitz: v (sqrt(n (1 + a^2 R^4)) + a R^2), sharper than the printed sqrt(3) v sqrt(...).

Statement
    f(X)_i = V sum_j P_ij x_j, P_i the softmax of <A x_i, x_j> over the tokens that i may attend to: all of them, j <= i, or any fixed
    set that contains one. Norm of R^{n x d}: Frobenius; v = |V|_2, a = |A|_2, s = a R^2. On the tokens with all |x_i| <= R:
    Lip(f) <= v (sqrt(n (1 + s^2)) + s)                                     (combined)
           <= v (sqrt(n) + s (1 + sqrt(n))) <= sqrt(3) v sqrt(a^2 R^4 (4 n + 1) + n)     (sharper; as remembered).
    Scores <A x_i + beta, x_j> with |A x_i + beta| <= g: Lip(f) <= v (sqrt(n (1 + R^2 g^2)) + s).
    Heads with constants l_h: sum_h f^h has the constant sum_h l_h, their concatenation (sum_h l_h^2)^(1/2). Every n, every d.

Proof
    1. Derivative: D_X f[e]_i = V (t_i + C_i A e_i), t_i = sum_j P_ij (e_j + (x_j - m_i) <g_i, e_j>),
       g_i = A x_i + beta.                                                                     kernel    AS-00.quotient
    2. Var <x, q> <= R^2 |q|^2 for tokens in the ball.                                         kernel    AS-01.variance
    3. |t_i|^2 <= (1 + R^2 |g_i|^2) sum_j P_ij |e_j|^2: tested with q, the two parts q and <x_j - m_i, q> g_i
       are uncorrelated under P_i.                                                             kernel    AS-01.keys
    4. |C_i u| <= R^2 |u|.                                                                     kernel    AS-01.own
    5. Columns: sum_i P_ij = c_j <= n, sum_ij P_ij |e_j|^2 = sum_j c_j |e_j|^2 <= n |e|^2.     kernel    AS-01.columns
    6. Minkowski over the tokens.                                                              kernel    AS-01.tokens
    7. A derivative bounded by L on a convex set gives an L-Lipschitz map (the open ball; the closed one by
       continuity).                                                                            assumed   mean_value_inequality
    8. The chain of bounds.                                                                    kernel    AS-01.sharper
    9. The constant as remembered.                                                             kernel    AS-01.printed
   10. Sum and concatenation of heads.                                                         kernel    AS-01.heads
   11. Without a bias |A x_i| <= a R.                                                          symbolic  derivation

Sharpness
    Upper bounds. n = 1: f = V x has the constant v. The order sqrt(n) s cannot be improved: A a rotation, one token R u far from
    n - 1 equal ones, with weight 1/2, has more than 0.44 of the bound. At A = 0 without a mask the constant is v for every n.

Source
    castin2024smooth (arXiv:2312.14820), Theorem 3.3, constant as remembered; the proof and both sharper constants are proofcheck's.

Audit
    The printed constant, as remembered, follows from (x + y + z)^2 <= 3 (x^2 + y^2 + z^2) and |x_j - m_i| <= 2 R; step 3 needs neither.
    `compute_bound` of the public code, v sqrt(n + (n + 1) (max |A x_i| diam)^2), which no figure uses, is no bound: it has no term for
    C_i A where A x_i = 0 (refuted below).
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness._token_sums import ON_BALL, SELF_ATTENTION, jacobian_norm, over_tokens
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-01"
TITLE = "Self-attention on a ball, general bound"
SOURCE = Source("castin2024smooth", "2312.14820", "Theorem 3.3, as remembered")
LABEL = "upper"
ASSUMES = ("mean_value_inequality",)
USES = ("AS-00",)

v, a, R, n, g = sp.symbols("v a R n g", nonnegative=True)
BOUNDS = {
    "lipschitz_constant": sp.sqrt(3) * v * sp.sqrt(a**2 * R**4 * (4 * n + 1) + n),
    "sharper": v * (sp.sqrt(n) + a * R**2 * (1 + sp.sqrt(n))),
    "combined": v * (sp.sqrt(n * (1 + a**2 * R**4)) + a * R**2),
    "biased": v * (sp.sqrt(n * (1 + R**2 * g**2)) + a * R**2),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "R": "radius of a ball that holds the tokens",
    "n": "number of tokens",
    "g": "largest norm of A x_i + beta",
}

NORM = {"v >= 0": "v >= 0"}
MEAN = {"m is the mean": "forall q: inner(m, q) == E[inner(x, q)]"}
SPREAD = {"|C| <= R^2": "forall q: E[inner(x - m, q)**2] <= R**2*inner(q, q)"}


def derivation() -> list[DerivationStep]:
    return [DerivationStep("no bias", BOUNDS["biased"].subs(g, a * R), BOUNDS["combined"], "|A x_i| <= a R")]


def _tokens(name: str, bound: str) -> Claim:
    return over_tokens(
        name,
        "The derivative of attention is at most the bound, summed over the tokens; r_i = sum_j P_ij |e_j|^2.",
        {
            "|t_i|^2 <= (1 + R^2 g^2) r_i": "norm2(t) <= (1 + R**2*g**2)*r",
            "|C_i A e_i| <= a R^2 |e_i|": "norm2(h) <= (a*R**2)**2*norm2(e)",
            "|V y| <= v |y|": "norm2(f) <= v**2*norm2(t + h)",
            "columns of P sum to at most n": "S[r] <= n*S[norm2(e)]",
            "a >= 0": "a >= 0",
        },
        moved="f",
        bound=bound,
        vectors="t, h, e, f",
        scalar="r",
    )


def claims() -> list[Claim]:
    return [
        statement(
            "AS-01.variance",
            "Tokens in the ball of radius R have variance at most R^2 in every direction.",
            MEAN | {"|x_j| <= R": "norm2(x) <= R**2"},
            "E[inner(x - m, p)**2] <= R**2*inner(p, p)",
            vectors="m, p, x",
            random="x",
        ),
        statement(
            "AS-01.keys",
            "|t|^2 <= (1 + R^2 |g|^2) E|e|^2.",
            MEAN
            | {"t = E[e + (x - m) <g, e>]": "forall q: inner(t, q) == E[inner(e, q) + inner(x - m, q)*inner(g, e)]"}
            | SPREAD,
            "norm2(t) <= (1 + R**2*norm2(g))*E[norm2(e)]",
            vectors="m, t, g, x, e",
            random="x, e",
        ),
        statement(
            "AS-01.own",
            "|C u| <= R^2 |u|.",
            {"h = C u": "forall q: inner(h, q) == E[inner(x - m, u)*inner(x - m, q)]"} | SPREAD,
            "norm2(h) <= R**4*norm2(u)",
            vectors="m, h, u, x",
            random="x",
        ),
        statement(
            "AS-01.columns",
            "Where the columns of P sum to at most n, the weighted squares of the displacements sum to at most n |e|^2.",
            {"c_j <= n": "c <= n"},
            "S[c*norm2(e)] <= n*S[norm2(e)]",
            vectors="e",
            functionals=["S!:e,c"],
        ),
        _tokens("AS-01.tokens", text(BOUNDS["biased"])),
        statement(
            "AS-01.sharper",
            "sqrt(n (1 + s^2)) <= sqrt(n) (1 + s).",
            NORM | {"a >= 0": "a >= 0"},
            f"{text(BOUNDS['combined'])} <= {text(BOUNDS['sharper'])}",
        ),
        statement(
            "AS-01.printed",
            "The sharper constant is at most the remembered one.",
            NORM,
            f"{text(BOUNDS['sharper'])} <= {text(BOUNDS['lipschitz_constant'])}",
        ),
        statement(
            "AS-01.heads",
            "The sum of heads with |D f^h[e]| <= l_h |e| has the constant sum_h l_h.",
            {
                "f = sum_h y_h": "forall q: inner(f, q) == H[inner(y, q)]",
                "|y_h| <= l_h |e|": "norm2(y) <= (l*k)**2",
                "l_h >= 0": "l >= 0",
                "k = |e|": "k >= 0",
                "b = |f|": "b**2 == norm2(f)",
            },
            "b <= H[l]*k",
            vectors="f, y",
            functionals=["H!:y,l"],
        ),
        statement(
            "AS-01.concatenation",
            "The concatenation of heads with |D f^h[e]| <= l_h |e| has the constant (sum_h l_h^2)^(1/2).",
            {"|y_h| <= l_h |e|": "norm2(y) <= (l*k)**2"},
            "H[norm2(y)] <= H[l**2]*k**2",
            vectors="y",
            functionals=["H!:y,l"],
        ),
    ]


def _row(m: int, t: int, g: int, *atoms: tuple[str, int, int], R: int | str = 1) -> dict:
    """Tokens (weight, x, e) of a row in d = 1."""
    return model({"R": R}, {"m": [m], "t": [t], "g": [g]}, E=[(w, {"x": [x], "e": [e]}) for w, x, e in atoms])


def _own(m: int, h: int) -> dict:
    return model({"R": 1}, {"m": [m], "h": [h], "u": [1]}, E=[(1, {"x": [0]})])


def _one(t: int, h: int, f: int, r: int, **scalars: int) -> dict:
    """One token that moves by 1; v = n = R = 1, a = g = 0 unless said otherwise."""
    values = {"v": 1, "n": 1, "R": 1, "a": 0, "g": 0} | scalars
    return model(values, S=[(1, {"t": [t], "h": [h], "f": [f], "e": [1], "r": r})])


def _heads(f: int, b: int, k: int, *heads: tuple[int, int]) -> dict:
    return model({"b": b, "k": k}, {"f": [f]}, H=[(1, {"l": size, "y": [y]}) for size, y in heads])


def _line(m: int, x: int, R: int) -> dict:
    return model({"R": R}, {"m": [m], "p": [1]}, E=[("1/2", {"x": [x]}), ("1/2", {"x": [-x]})])


def counterexamples() -> list[Counterexample]:
    halves = (("1/2", 3, 1), ("1/2", -3, -1))
    return [
        Counterexample("AS-01.variance", 0, _line(2, 0, 1), "not centred at the mean"),
        Counterexample("AS-01.variance", 1, _line(0, 2, 1), "tokens outside the ball"),
        Counterexample("AS-01.keys", 0, _row(0, 2, 1, ("1", 1, 1)), "not centred at the mean"),
        Counterexample("AS-01.keys", 1, _row(0, 2, 0, ("1", 0, 1)), "t is another vector"),
        Counterexample("AS-01.keys", 2, _row(0, 3, 1, *halves), "more spread than R^2"),
        Counterexample("AS-01.own", 0, _own(0, 2), "h is another vector"),
        Counterexample("AS-01.own", 1, _own(-2, 4), "more spread than R^2"),
        Counterexample("AS-01.columns", 0, model({"n": 1}, S=[(1, {"c": 2, "e": [1]})]), "a column that sums to 2"),
        Counterexample("AS-01.tokens", 0, _one(2, 0, 2, 1), "t is longer"),
        Counterexample("AS-01.tokens", 1, _one(0, 2, 2, 1), "h is longer"),
        Counterexample("AS-01.tokens", 2, _one(1, 0, 2, 1), "V stretches by 2"),
        Counterexample("AS-01.tokens", 3, _one(2, 0, 2, 4), "columns that sum to 4"),
        Counterexample("AS-01.tokens", 4, _one(1, 1, 2, 1, a=-1), "a negative norm of A"),
        Counterexample("AS-01.sharper", 0, model({"v": -1, "a": 1, "R": 1, "n": 1}), "a negative norm of V"),
        Counterexample("AS-01.sharper", 1, model({"v": 1, "a": -1, "R": 1, "n": 1}), "a negative norm of A"),
        Counterexample("AS-01.printed", 0, model({"v": -1, "a": 1, "R": 1, "n": 1}), "a negative norm of V"),
        Counterexample("AS-01.heads", 0, _heads(1, 1, 0), "f is not the sum"),
        Counterexample("AS-01.heads", 1, _heads(1, 1, 0, (1, 1)), "a head with a larger derivative"),
        Counterexample("AS-01.heads", 2, _heads(0, 0, 1, (-1, 0)), "a negative constant"),
        Counterexample("AS-01.heads", 3, _heads(0, 0, -1, (1, 0)), "a negative length of e"),
        Counterexample("AS-01.heads", 4, _heads(0, 1, 0), "b is not the length of f"),
        Counterexample("AS-01.concatenation", 0, model({"k": 0}, H=[(1, {"l": 1, "y": [1]})]), "a larger derivative"),
    ]


def refuted() -> list[Refuted]:
    combined = text(BOUNDS["combined"])
    public = _tokens("AS-01.public_code", "v*sqrt(n + (n + 1)*(g*2*R)**2)").text
    no_root = _tokens("AS-01.no_root", text(v * (sp.sqrt(1 + R**2 * g**2) + a * R**2))).text
    too_sharp = statement(
        "AS-01.too_sharp", "", NORM | {"a >= 0": "a >= 0"}, f"{text(BOUNDS['sharper'])} <= {combined}"
    )
    return [
        Refuted(
            "only max |A x_i|",
            "The constant is v sqrt(n + (n + 1) (max |A x_i| diam)^2) (false: A = [[0, 1], [0, 0]], x = +-(3, 0): no A x_i, but C A).",
            public,
            _one(1, 9, 10, 1, a=1, R=3),
        ),
        Refuted(
            "no sqrt(n)",
            "The constant does not depend on n (false: a column of P that sums to 4).",
            no_root,
            _one(2, 0, 2, 4, n=4),
        ),
        Refuted(
            "the sharper constant is no smaller",
            "sqrt(n) (1 + s) <= sqrt(n (1 + s^2)).",
            too_sharp.text,
            model({"v": 1, "a": 1, "R": 1, "n": 1}),
        ),
    ]


QUANTITIES = ON_BALL | {"n": "tokens"}
HAMMER = (
    jacobian_norm("combined", QUANTITIES),
    jacobian_norm("combined", QUANTITIES, mask="causal"),
)
BINDINGS = SELF_ATTENTION
