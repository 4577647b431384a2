"""In the norm max_i |x_i| self-attention is v (s + sqrt(1 + s^2))-Lipschitz, s = a R^2, whatever n: sharp for d >= 2.

Statement
    f(X)_i = V sum_j P_ij x_j, P_i the softmax of <A x_i, x_j> over the tokens that i may attend to (any mask); v = |V|_2, a = |A|_2,
    s = a R^2. For all X with |x_i| <= R and all displacements e,
    max_i |D_X f[e]_i| <= v (s + sqrt(1 + s^2)) max_j |e_j| <= v (1 + 2 s) max_j |e_j|,
    so f has these constants on the ball, for every n and d. With scores <A x_i + beta, x_j>, |A x_i + beta| <= g: v (s + sqrt(1 + R^2 g^2)).

Proof
    1. |t_i|^2 <= (1 + R^2 g^2) sum_j P_ij |e_j|^2 and |C_i A e_i| <= s |e_i|, as in AS-01.     kernel    AS-01.keys
    2. Rows of P sum to 1, so with |e_j| <= k: |V (t_i + C_i A e_i)| is at most the bound.     kernel    AS-08.row
    3. The first constant is the smaller one.                                                  kernel    AS-08.better
    4. The maximum over the rows; a derivative bounded on a convex set.                        assumed   mean_value_inequality
    5. Tokens R e_2 (once), R e_1 and -R e_1 (N times each), n = 2 N + 1, A = diag(a, -a), V = I. The first token sees itself with
       share p = e^{-s}/(2 N + e^{-s}), and at e with all |e_j| = 1 its derivative has the component
       p + (1 - p)(s + sqrt(1 + s^2)) along e_1, for every N.                                  symbolic  derivation
    6. That is at least 2 N/(2 N + 1) = 1 - 1/n times the bound, for every a, R >= 0.          kernel    AS-08.attained

Sharpness
    Sharp as a supremum over n, for every a, R >= 0, V = I and d >= 2: n tokens, n odd, reach 1 - 1/n of it (steps 5, 6). d = 1 is
    not claimed, nor that a given n attains it.

Source
    proofcheck; the constant v (1 + 2 s), free of n, is the one that modular norms use (compare Large et al.), as remembered.

Audit
    Step 4 uses the mean value inequality for each token: |f(X)_i - f(Y)_i| is at most the largest |D f[X - Y]_i| on the segment.
    1 + 2 s comes from bounding the mean of the displacements and the pull of the moved keys one by one; they are uncorrelated.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness._token_sums import SELF_ATTENTION, jacobian_norm
from lemmas.attention_smoothness.attention_jacobian import blocks
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-08"
TITLE = "Self-attention in the max-token norm"
SOURCE = Source("castin2024smooth", "2312.14820", "proofcheck; compare Theorem 3.3")
LABEL = "sharp"
ASSUMES = ("mean_value_inequality",)
USES = ("AS-00", "AS-01")

v, a, R, g = sp.symbols("v a R g", nonnegative=True)
BOUNDS = {
    "max_token": v * (a * R**2 + sp.sqrt(1 + a**2 * R**4)),
    "lipschitz_constant": v * (1 + 2 * a * R**2),
    "biased": v * (a * R**2 + sp.sqrt(1 + R**2 * g**2)),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "R": "radius of a ball that holds the tokens",
    "g": "largest norm of A x_i + beta",
}

SIGNS = {"v >= 0": "v >= 0", "a >= 0": "a >= 0"}


def derivation() -> list[DerivationStep]:
    r, b = sp.symbols("r b", positive=True)
    s = b * r**2
    root, own = sp.sqrt(1 + s**2), sp.exp(-s)
    N, t = sp.symbols("N t", positive=True)
    tokens, A = sp.Matrix([[0, r], [r, 0], [-r, 0]]), sp.diag(b, -b)
    moves = sp.Matrix([[1, 0], [1 / root, -s / root], [1 / root, s / root]])
    line = tokens + t * moves
    query = A * line[0, :].T
    mass = [count * sp.exp(line[j, :].dot(query)) for j, count in enumerate((1, N, N))]
    image = sum((mass[j] * line[j, 0] for j in range(3)), sp.Integer(0)) / sum(mass)
    found = sp.diff(image, t).subs(t, 0)
    jacobian = blocks(tokens, A, sp.eye(2), tokens * A.T, lambda i, j: True)
    flat = sp.Matrix([moves[j, k] for j in range(3) for k in range(2)])
    share = own / (2 * N + own)
    three = v * (1 + R * (a * R) + a * R**2)
    return [
        DerivationStep("three terms", three, BOUNDS["lipschitz_constant"], "mean of e, pull of the keys, C_i A e_i"),
        DerivationStep("no bias", BOUNDS["biased"].subs(g, a * R), BOUNDS["max_token"], "|A x_i| <= a R"),
        DerivationStep("extremal tokens", found, share + (1 - share) * (s + root), "2 N + 1 tokens, along the line"),
        DerivationStep("N = 1", (jacobian * flat)[0], found.subs(N, 1), "AS-00's blocks give the same"),
        DerivationStep("unit displacements", 1 / root**2 + (s / root) ** 2, sp.Integer(1), "|e_2| = |e_3| = 1"),
    ]


def _row(name: str, bound: str) -> Claim:
    return statement(
        name,
        "One token's derivative is at most the bound where every |e_j| is at most k.",
        {
            "|t|^2 <= (1 + R^2 g^2) E|e|^2": "norm2(t) <= (1 + R**2*g**2)*E[norm2(e)]",
            "|C A e_i| <= a R^2 k": "norm2(h) <= (a*R**2*k)**2",
            "|V y| <= v |y|": "norm2(f) <= v**2*norm2(t + h)",
            "|e_j| <= k": "norm2(e) <= k**2",
            "a >= 0": "a >= 0",
        },
        f"norm2(f) <= ({bound}*k)**2",
        vectors="t, h, f, e",
        random="e",
    )


def claims() -> list[Claim]:
    attained = text(BOUNDS["max_token"].subs(v, 1))
    return [
        _row("AS-08.row", text(BOUNDS["biased"])),
        statement(
            "AS-08.better",
            "s + sqrt(1 + s^2) <= 1 + 2 s.",
            SIGNS,
            f"{text(BOUNDS['max_token'])} <= {text(BOUNDS['lipschitz_constant'])}",
        ),
        statement(
            "AS-08.attained",
            "The 2 N + 1 extremal tokens reach 2 N/(2 N + 1) of the bound.",
            {
                "p is at most the share of the first token": "p*(2*N + exp(-(a*R**2))) <= exp(-(a*R**2))",
                "a >= 0": "a >= 0",
                "N >= 0": "N >= 0",
            },
            f"(2*N + 1)*(p + (1 - p)*({attained})) >= 2*N*({attained})",
        ),
    ]


def _one(t: str, h: str, f: int | str, k: int = 1, e: int = 1, **scalars: int | str) -> dict:
    """v = R = 1, a = g = 3/4 unless said otherwise: the bound is 2."""
    values = {"v": 1, "R": 1, "a": "3/4", "g": "3/4", "k": k} | scalars
    return model(values, {"t": [t], "h": [h], "f": [f]}, E=[(1, {"e": [e]})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("AS-08.row", 0, _one("3", "0", 3), "t is longer"),
        Counterexample("AS-08.row", 1, _one("0", "3", 3), "h is longer"),
        Counterexample("AS-08.row", 2, _one("1", "0", 3), "V stretches by 3"),
        Counterexample("AS-08.row", 3, _one("15/4", "0", 3, e=3), "a token moves by 3"),
        Counterexample("AS-08.row", 4, _one("5/4", "3/4", 2, a="-3/4"), "a negative norm of A"),
        Counterexample("AS-08.better", 0, model({"v": -1, "a": 1, "R": 1}), "a negative norm of V"),
        Counterexample("AS-08.better", 1, model({"v": 1, "a": -1, "R": 1}), "a negative norm of A"),
        Counterexample(
            "AS-08.attained", 0, model({"a": 2, "R": 1, "N": 1, "p": 1}), "the first token sees only itself"
        ),
        Counterexample("AS-08.attained", 1, model({"a": -1, "R": 1, "N": 1, "p": -10}), "a negative norm of A"),
        Counterexample(
            "AS-08.attained", 2, model({"a": 1, "R": 1, "N": "-1/4", "p": 4}), "a negative number of tokens"
        ),
    ]


def refuted() -> list[Refuted]:
    smaller = _row("AS-08.smaller", text(sp.Rational(10**9 - 1, 10**9) * BOUNDS["biased"])).text
    slope = _row("AS-08.slope", text(v * (1 + sp.Rational(199, 100) * a * R**2))).text
    average = _row("AS-08.average", text(v * (1 + a * R**2))).text
    large = _one("1000", "1000", 2000, a=1000, g=1000)
    return [
        Refuted("past the boundary", "(1 - 1e-9) times the constant is enough.", smaller, _one("5/4", "3/4", 2)),
        Refuted("slope 1.99", "The constant is v (1 + 1.99 a R^2).", slope, large),
        Refuted("one term only", "The constant is v (1 + a R^2).", average, large),
    ]


HAMMER = jacobian_norm(
    "max_token", quantities={"v": "value_norm", "a": "score_norm", "R": "radius"}, sharp=True, norm="max_token"
)
BINDINGS = SELF_ATTENTION
