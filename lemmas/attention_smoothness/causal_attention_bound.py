"""Causal self-attention is Lipschitz on a ball with v (s + 2 (1 + 2 s) e^{2s}), s = a R^2, free of the number of tokens.

Statement
    f(X)_i = V sum_{j <= i} P_ij x_j, P_i the softmax of <A x_i, x_j> over j <= i; Frobenius norm; v = |V|_2, a = |A|_2, s = a R^2. On the
    tokens with all |x_i| <= R: Lip(f) <= v (s + 2 (1 + 2 s) e^{2s}), for every n, every d. (AS-01 holds for this mask too.)

Proof
    1. P_ij <= e^{2s}/i: the mean of z_j = |e_j| under P_i is at most e^{2s} A_i, A_i = (1/i) sum_{j <= i} z_j.
                                                                                               kernel    AS-06.weight
    2. Tokens are within 2 R of their mean under P_i.                                          kernel    AS-06.centre
    3. |t_i| <= (1 + 2 s) times that mean, t_i = sum_j P_ij (e_j + (x_j - m_i) <A x_i, e_j>).  kernel    AS-06.row
    4. i A_i = (i - 1) A_{i-1} + z_i, so sum_{l <= i} (A_l^2 - 2 A_l z_l) + i A_i^2 <= 0 is kept from i - 1 to i.
                                                                                               kernel    AS-06.telescope
    5. It holds for i = 0, so for every number of tokens.                                      assumed   induction_on_depth
    6. Hardy's inequality: from sum A_i^2 <= 2 sum A_i z_i follows sum A_i^2 <= 4 sum z_i^2.   kernel    AS-06.hardy
    7. Minkowski over the tokens, with |C_i A e_i| <= s |e_i| (AS-01.own).                     kernel    AS-06.tokens
    8. A derivative bounded on the convex ball.                                                assumed   mean_value_inequality
    9. The constant from its parts.                                                            symbolic  derivation

Sharpness
    Upper bound. At A = 0 it is 2 v, the limit of |Cesaro_n| v as n -> infinity (1.41, 1.63, 1.75 at n = 10, 100, 1000): there 2 is right.

Source
    proofcheck; compare castin2024smooth (arXiv:2312.14820), masked attention, as remembered.

Audit
    The bound free of n of AS-01U for attention without a mask, v (sqrt(1 + s^2) e^s + s), is false for this mask at s = 0: n = 2 has
    1.144 v (refuted below). Under a causal mask the first token's column sums to about log n, so column sums cannot give this.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness._token_sums import SELF_ATTENTION, jacobian_norm, over_tokens
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-06"
TITLE = "Causal self-attention on a ball, free of the number of tokens"
SOURCE = Source("castin2024smooth", "2312.14820", "proofcheck; compare the masked case, as remembered")
LABEL = "upper"
ASSUMES = ("induction_on_depth", "mean_value_inequality")
USES = ("AS-00", "AS-01")

HARDY = 2  # of Hardy's inequality in l^2: |Cesaro| < 2

v, a, R = sp.symbols("v a R", nonnegative=True)
BOUNDS = {"lipschitz_constant": v * (a * R**2 + HARDY * (1 + 2 * a * R**2) * sp.exp(2 * a * R**2))}
SYMBOLS = {"v": "operator norm of V", "a": "operator norm of A", "R": "radius of a ball that holds the tokens"}


def derivation() -> list[DerivationStep]:
    s, mean = sp.symbols("s mean", positive=True)
    parts = (v * (HARDY * mean + s)).subs(mean, (1 + 2 * s) * sp.exp(2 * s)).subs(s, a * R**2)
    return [DerivationStep("constant", parts, BOUNDS["lipschitz_constant"], "steps 1, 3, 6 and 7")]


def _tokens(name: str, bound: str, hardy: int = HARDY) -> Claim:
    return over_tokens(
        name,
        "The derivative is at most the bound; A_i is the plain mean of |e_j| over j <= i.",
        {
            "|t_i| <= (1 + 2 s) e^{2s} A_i": "norm2(t) <= ((1 + 2*a*R**2)*exp(2*a*R**2)*A)**2",
            "|C_i A e_i| <= a R^2 |e_i|": "norm2(h) <= (a*R**2)**2*norm2(e)",
            "|V y| <= v |y|": "norm2(f) <= v**2*norm2(t + h)",
            "Hardy's inequality": f"S[A**2] <= {hardy**2}*S[norm2(e)]",
            "a >= 0": "a >= 0",
        },
        moved="f",
        bound=bound,
        vectors="t, h, f, e",
        scalar="A",
    )


def _weight(name: str, factor: str = "exp(2*s)") -> Claim:
    return statement(
        name,
        "A mean with weights e^y, |y| <= s, is at most e^{2s} times the plain mean.",
        {
            "y <= s": "y <= s",
            "y >= -s": "y >= -s",
            "z is a length": "z >= 0",
            "r is at most the weighted mean": "r*K[exp(y)] <= K[exp(y)*z]",
            "A is the plain mean": "A*K[1] == K[z]",
            "some token is seen": "K[1] > 0",
        },
        f"r <= {factor}*A",
        functionals=["K!:y,z"],
    )


def claims() -> list[Claim]:
    return [
        _weight("AS-06.weight"),
        statement(
            "AS-06.centre",
            "Tokens in the ball are within 2 R of their mean.",
            {
                "m is the mean": "forall q: inner(m, q) == E[inner(x, q)]",
                "|x_j| <= R": "norm2(x) <= R**2",
                "|x_0| <= R": "norm2(o) <= R**2",
            },
            "norm2(o - m) <= (2*R)**2",
            vectors="o, m, x",
            random="x",
        ),
        statement(
            "AS-06.row",
            "|t| <= (1 + 2 R g) E|e|.",
            {
                "t = E[e + (x - m) <b, e>]": "forall q: inner(t, q) == E[inner(e, q) + inner(x - m, q)*inner(b, e)]",
                "|x_j - m| <= 2 R": "norm2(x - m) <= (2*R)**2",
                "|b| <= g": "norm2(b) <= g**2",
                "|e_j| <= z_j": "norm2(e) <= z**2",
                "n = |t|": "n**2 == norm2(t)",
                "z >= 0": "z >= 0",
                "R >= 0": "R >= 0",
                "g >= 0": "g >= 0",
            },
            "n <= (1 + 2*R*g)*E[z]",
            vectors="t, m, b, x, e",
            random="x, e, z",
        ),
        statement(
            "AS-06.telescope",
            "The sum of A_l^2 - 2 A_l z_l, plus i A_i^2, stays at most 0 when a token is added.",
            {
                "the mean of i tokens": "i*A == (i - 1)*B + z",
                "i >= 1": "i >= 1",
                "before": "h + (i - 1)*B**2 <= 0",
            },
            "h + A**2 - 2*A*z + i*A**2 <= 0",
        ),
        statement(
            "AS-06.hardy",
            "From sum A^2 <= 2 sum A z follows sum A^2 <= 4 sum z^2.",
            {"the telescoped sum": "S[A**2 - 2*A*z] <= 0"},
            f"S[A**2] <= {HARDY**2}*S[z**2]",
            functionals=["S!:A,z"],
        ),
        _tokens("AS-06.tokens", text(BOUNDS["lipschitz_constant"])),
    ]


def _plain(r: int | str, A: int, s: int, y: int, z: int) -> dict:
    return model({"r": r, "A": A, "s": s}, K=[(1, {"y": y, "z": z})])


def _row(x: int, b: int, t: int, n: int, e: int, z: int, R: int, g: int) -> dict:
    return model({"R": R, "g": g, "n": n}, {"t": [t], "b": [b], "m": [0]}, E=[(1, {"x": [x], "e": [e], "z": z})])


def _one(A: int, t: int | str, h: int | str, f: int | str, a: int | str = 0) -> dict:
    """One token that moves by 1, v = R = 1; at a = 0 the bound is 2."""
    return model({"v": 1, "R": 1, "a": a}, S=[(1, {"t": [t], "h": [h], "f": [f], "e": [1], "A": A})])


def _centre(o: int, m: int, x: int) -> dict:
    return model({"R": 1}, {"o": [o], "m": [m]}, E=[(1, {"x": [x]})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("AS-06.weight", 0, _plain("1/2", 1, -1, 1, 1), "a higher score"),
        Counterexample("AS-06.weight", 1, _plain("1/2", 1, -1, -1, 1), "a lower score"),
        Counterexample("AS-06.weight", 2, _plain(-1, -1, 1, 0, -1), "a negative length"),
        Counterexample("AS-06.weight", 3, _plain(2, 1, 0, 0, 1), "a larger r"),
        Counterexample("AS-06.weight", 4, _plain(1, 0, 0, 0, 1), "A is another number"),
        Counterexample("AS-06.weight", 5, model({"r": 1, "A": 0, "s": 0}, K=[]), "no token is seen"),
        Counterexample("AS-06.centre", 0, _centre(1, 4, 0), "not the mean"),
        Counterexample("AS-06.centre", 1, _centre(1, 4, 4), "tokens outside the ball"),
        Counterexample("AS-06.centre", 2, _centre(4, 0, 0), "the token is outside the ball"),
        Counterexample("AS-06.row", 0, _row(0, 0, 1, 1, 0, 0, 0, 0), "t is another vector"),
        Counterexample("AS-06.row", 1, _row(1, 1, 2, 2, 1, 1, 0, 1), "farther than 2 R from the mean"),
        Counterexample("AS-06.row", 2, _row(1, 1, 2, 2, 1, 1, 1, 0), "a longer A x_i"),
        Counterexample("AS-06.row", 3, _row(0, 0, 1, 1, 1, 0, 0, 0), "a token that moves farther"),
        Counterexample("AS-06.row", 4, _row(0, 0, 0, 1, 0, 0, 0, 0), "n is not the length"),
        Counterexample("AS-06.row", 5, _row(0, 0, 0, 0, 0, -1, 0, 0), "a negative length"),
        Counterexample("AS-06.row", 6, _row(0, 0, 0, 0, 0, 1, -1, 1), "a negative radius"),
        Counterexample("AS-06.row", 7, _row(0, 0, 0, 0, 0, 1, 1, -1), "a negative norm of A x_i"),
        Counterexample("AS-06.telescope", 0, model({"i": 1, "A": 1, "B": 0, "z": 0, "h": 0}), "A is not the mean"),
        Counterexample(
            "AS-06.telescope", 1, model({"i": -1, "A": 2, "B": 1, "z": 0, "h": 2}), "a negative number of tokens"
        ),
        Counterexample("AS-06.telescope", 2, model({"i": 1, "A": 0, "B": 0, "z": 0, "h": 1}), "a positive sum before"),
        Counterexample("AS-06.hardy", 0, model({}, S=[(1, {"A": 3, "z": 1})]), "A is no mean"),
        Counterexample("AS-06.tokens", 0, _one(1, 3, 0, 3), "t is longer"),
        Counterexample("AS-06.tokens", 1, _one(1, 0, 3, 3), "h is longer"),
        Counterexample("AS-06.tokens", 2, _one(1, 1, 0, 3), "V stretches by 3"),
        Counterexample("AS-06.tokens", 3, _one(3, 3, 0, 3), "the means are larger"),
        Counterexample("AS-06.tokens", 4, _one(2, "1/2", "1/4", "3/4", "-1/4"), "a negative norm of A"),
    ]


def refuted() -> list[Refuted]:
    plain = statement("AS-06.contraction", "", {"plain mean": "2*A == y + z"}, "y**2 + A**2 <= y**2 + z**2")
    smaller = statement(
        "AS-06.smaller",
        "",
        {"the telescoped sum": "S[A**2 - 2*A*z] <= 0"},
        f"S[A**2] <= {HARDY**2 - 1}*S[z**2]",
        functionals=["S!:A,z"],
    )
    slower = _weight("AS-06.slower", "exp(s)").text
    far = model({"r": "7/10", "A": "1/4", "s": 1}, K=[(1, {"y": 1, "z": 1}), (3, {"y": -1, "z": 0})])
    return [
        Refuted(
            "prefix means contract",
            "At A = 0 the constant is v, as without a mask (false for n = 2: [[1, 0], [1/2, 1/2]] has norm 1.144).",
            plain.text,
            model({"y": 2, "z": 1, "A": "3/2"}),
        ),
        Refuted(
            "sqrt(3) in Hardy",
            "sum A^2 <= 3 sum z^2 follows from step 4.",
            smaller.text,
            model(S=[(1, {"A": 2, "z": 1})]),
        ),
        Refuted("half the exponent", "A weighted mean is at most e^s times the plain one.", slower, far),
    ]


HAMMER = jacobian_norm(
    "lipschitz_constant", quantities={"v": "value_norm", "a": "score_norm", "R": "radius"}, mask="causal"
)
BINDINGS = SELF_ATTENTION
