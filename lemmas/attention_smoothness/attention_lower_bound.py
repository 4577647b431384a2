"""Attention on B_R^n is at least v sqrt(n - 1)/(1 + (n - 1) e^{-2 gamma R^2}) far from constant: the sqrt(n) is real.

Statement
    f(X)_i = V sum_j P_ij x_j, P_i = softmax_j(<A x_i, x_j>), on (R^d)^n with the Frobenius norm; v = ||V||_2, n >= 2, d >= 1. Let lambda
    be a real eigenvalue of A and gamma = -lambda if lambda < 0, lambda/8 if lambda > 0. For all r, h > 0 with r + h <= R there are X, X'
    in B_R^n that differ in their first token only, by h, with, where b = e^{-2 gamma r^2} and p = 1/(1 + (n - 1) b):
      unmasked  |f(X') - f(X)| >= v sqrt(n - 1) p h;     masked (j <= i)  |f(X') - f(X)| >= v (sum_{i=0}^{n-1} (1 + i b)^{-2})^{1/2} h.
    If A u = lambda u, |u| = 1, also |f(X') - f(X)| >= |V u| sqrt(n - 1) p (1 + (1 - p) 2 gamma r^2/(1 + h |lambda| r)) h, unmasked.
    So Lip(f|B_R^n) is at least each factor of h at r = R, h = 0, and at least (v/2) sqrt(n - 1) while n - 1 <= e^{2 gamma R^2}.

Proof
    Leader x_1 = alpha u, followers x_j = beta u: (alpha, beta) = (-r, r) if lambda < 0, (r, r/2) if lambda > 0; s = |alpha - beta|.
    1. A follower scores the leader higher than a follower by lambda beta (alpha - beta) = 2 gamma r^2.        symbolic  derivation
    2. So it gives the leader the weight p, p (1 + N e^{-g}) = 1, N the number of followers it sees.           kernel    AS-02.weight
    3. The leader moves by h e, e a right singular vector of v, its sign such that its score does not drop: a follower's output
       moves by V (p' h e + (p' - p)(alpha - beta) u), p' >= p, and <V e, V u> = v^2 <e, u>: at least v p h.   kernel    AS-02.moved
    4. It moves by h u instead, away from the followers: 1 - e^{-z} >= z/(1 + z) gives the last bound.         kernel    AS-02.along
    5. Squares add over the rows; masked, the first row is V x_1 itself (N = 0).                              kernel    AS-02.rows
    6. (1 + i b)^{-2} >= 1/((1 + i b)(1 + (i + 1) b)), which telescopes.                                      kernel    AS-02.telescope
    7. The telescoped sum for i = 0 and from m to m + 1, and the bounds at r = R, h = 0.                      symbolic  derivation
    8. So the telescoped sum for every n.                                                                    assumed   induction_on_depth
    9. n - 1 <= e^g gives p >= 1/2.                                                                           kernel    AS-02.half
   10. N p^2 <= e^g/4 for every N: this bound stops growing at n - 1 = e^{2 gamma R^2}.                       kernel    AS-02.saturates

Sharpness
    For V = I and e orthogonal to u step 3 is an equality of each follower's row. The sqrt(n) growth ends: unmasked, every bound for
    n -> infinity stays finite (R1''); masked, the sum tends to at most 1 + 1/b.

Source
    castin2024smooth (arXiv:2312.14820), Proposition 3.4 as remembered; constructions as in the paper's public code; proofcheck's proof.

Audit
    No derivative and no limit: every step is an inequality for a pair of inputs at distance h > 0, so nothing of analysis is assumed.
    Needs a real eigenvalue; a rotation has none (AS-02B does without). A = 0 gives gamma = 0, p = 1/n: no growth, as it must be.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness._token_sums import SELF_ATTENTION
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-02"
TITLE = "Attention, lower bound of the Lipschitz constant"
SOURCE = Source("castin2024smooth", "2312.14820", "Proposition 3.4, as remembered; proofcheck's proof")
LABEL = "lower"
ASSUMES = ("induction_on_depth",)
USES = ()

v, w, n, g, R = sp.symbols("v w n gamma R", positive=True)
B = sp.exp(-2 * g * R**2)
BOUNDS = {
    "norm_lower": v * sp.sqrt(n - 1) / (1 + (n - 1) * sp.exp(-2 * g * R**2)),
    "masked_lower": v * sp.sqrt(1 + (n - 1) / ((1 + sp.exp(-2 * g * R**2)) * (1 + n * sp.exp(-2 * g * R**2)))),
    "along_lower": w
    * sp.sqrt(n - 1)
    * (1 + (1 + 2 * g * R**2) * (n - 1) * sp.exp(-2 * g * R**2))
    / (1 + (n - 1) * sp.exp(-2 * g * R**2)) ** 2,
}
SYMBOLS = {
    "v": "operator norm of V",
    "w": "norm of V u, u a unit eigenvector of A",
    "n": "number of tokens",
    "gamma": "-lambda for a negative eigenvalue lambda of A, lambda/8 for a positive one",
    "R": "radius of the ball that holds the tokens",
}

WEIGHT = {"p is the leader's weight": "p*(1 + N*exp(-g)) == 1"}
# at most and at least: all that is used, and then exact models exist
BEFORE = {"p is at most the leader's weight": "p*(1 + N*exp(-g)) <= 1", "p >= 0": "p >= 0"}
AFTER = {"p1 is at least its weight after the move": "p1*(1 + N*exp(-g - delta)) >= 1"}
MOVED = (
    BEFORE
    | AFTER
    | {
        "the leader's score does not drop": "delta >= 0",
        "|V e| = v": "norm2(f) == v**2",
        "<V e, V u> = v^2 <e, u>": "inner(f, w) == v**2*c",
        "e is on the leader's side": "s*c >= 0",
        "N >= 0": "N >= 0",
        "h >= 0": "h >= 0",
    }
)
ALONG = (
    BEFORE
    | AFTER
    | {
        "g = k s": "g == k*s",
        "delta = k h": "delta == k*h",
        "k >= 0": "k >= 0",
        "s >= 0": "s >= 0",
        "h >= 0": "h >= 0",
        "N >= 0": "N >= 0",
    }
)
SHIFT = "norm2(p1*h*f + (p1 - p)*s*w)"


def derivation() -> list[DerivationStep]:
    lam, N, b, p, h, k = sp.symbols("lambda N b p h k", positive=True)
    at_min, at_max = (value * beta * (alpha - beta) for value, alpha, beta in ((-lam, -R, R), (lam, R, R / 2)))
    total = lambda m: m / ((1 + b) * (1 + (m + 1) * b))  # noqa: E731
    weight = 1 / (1 + (n - 1) * B)
    along = p * (1 + (1 - p) * 2 * g * R**2 / (1 + h * k * R))
    masked = v * sp.sqrt(1 + total(n - 1).subs(b, B))
    return [
        DerivationStep("gap, negative eigenvalue", at_min, 2 * lam * R**2, "gamma = -lambda"),
        DerivationStep("gap, positive eigenvalue", at_max, 2 * (lam / 8) * R**2, "gamma = lambda/8"),
        DerivationStep("telescoping", total(N) + 1 / ((1 + (N + 1) * b) * (1 + (N + 2) * b)), total(N + 1), "one more"),
        DerivationStep("no follower", total(sp.Integer(0)), sp.Integer(0), "start of the telescoping"),
        DerivationStep("unmasked", v * sp.sqrt(n - 1) * weight, BOUNDS["norm_lower"], "n - 1 rows, r = R"),
        DerivationStep("masked", masked**2, BOUNDS["masked_lower"] ** 2, "the first row and the telescoped sum"),
        DerivationStep(
            "along u",
            w * sp.sqrt(n - 1) * along.subs({h: 0, p: weight}, simultaneous=True),
            BOUNDS["along_lower"],
            "continuous at h = 0",
        ),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "AS-02.weight",
            "Of 1 + N tokens, N score less by g than the leader: its weight p satisfies p (1 + N e^{-g}) = 1.",
            {"p is a softmax weight": "p*(exp(s) + N*exp(s - g)) == exp(s)"},
            "p*(1 + N*exp(-g)) == 1",
        ),
        statement(
            "AS-02.moved",
            "When the leader moves by h e, V^T V e = v^2 e, every follower's output moves by at least v p h.",
            MOVED,
            f"{SHIFT} >= (v*p*h)**2",
            vectors="f, w",
        ),
        statement(
            "AS-02.along",
            "When it moves by h u, away from the followers, it is at least |V u| p (1 + (1 - p) g/(1 + delta)) h.",
            ALONG,
            "norm2(p1*h*w + (p1 - p)*s*w)*(1 + delta)**2 >= (p*h*(1 + delta + (1 - p)*g))**2*norm2(w)",
            vectors="w",
        ),
        statement(
            "AS-02.rows",
            "Squares add over the rows: row i moves by at least v p_i h.",
            {"each row moves": "norm2(d) >= (v*p*h)**2"},
            "S[norm2(d)] >= v**2*h**2*S[p**2]",
            vectors="d",
            functionals=["S!:d,p"],
        ),
        statement(
            "AS-02.telescope",
            "A term of the masked sum is at least one that telescopes.",
            {"i >= 0": "i >= 0", "b >= 0": "b >= 0"},
            "1/((1 + i*b)*(1 + (i + 1)*b)) <= 1/(1 + i*b)**2",
        ),
        statement(
            "AS-02.half",
            "With at most e^g followers the leader has half of the weight.",
            WEIGHT | {"reasonable length": "N <= exp(g)", "N >= 0": "N >= 0"},
            "p >= 1/2",
        ),
        statement(
            "AS-02.saturates",
            "N p^2 <= e^g/4, however many followers there are.",
            WEIGHT,
            "4*N*p**2*exp(-g) <= 1",
        ),
    ]


def _pair(
    p: str | int = "1/2", p1: str | int = "1/2", f: tuple = (1, 0), u: tuple = (0, 1), **scalars: int | str
) -> dict:
    """One follower, no gap, V = I: p = p1 = 1/2."""
    values = {"p": p, "p1": p1, "N": 1, "g": 0, "delta": 0, "v": 1, "c": 0, "s": 0, "h": 1} | scalars
    return model(values, {"f": list(f), "w": list(u)})


def _along(p: str | int = "1/2", p1: str | int = "1/2", **scalars: int | str) -> dict:
    values = {"p": p, "p1": p1, "N": 1, "g": 0, "delta": 0, "k": 0, "s": 0, "h": 1} | scalars
    return model(values, {"w": [1]})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("AS-02.weight", 0, model({"N": 0, "g": 0, "p": 0, "s": 0}), "any number p"),
        Counterexample("AS-02.moved", 0, _pair(p=1), "p larger than the weight"),
        Counterexample("AS-02.moved", 1, _pair(p=-1), "a negative p"),
        Counterexample("AS-02.moved", 2, _pair(p1=0), "the leader lost its weight"),
        Counterexample("AS-02.moved", 3, _pair(p1="1/3", delta=-1), "the leader's score drops"),
        Counterexample("AS-02.moved", 4, _pair(f=(0, 0)), "e is in the kernel of V"),
        Counterexample("AS-02.moved", 5, _pair(u=(-2, 0), p1=1, s=1), "V e is not orthogonal to V u"),
        Counterexample("AS-02.moved", 6, _pair(u=(-2, 0), c=-2, p1=1, s=1), "e points to the followers"),
        Counterexample("AS-02.moved", 7, _pair(p=2, p1="3/2", N="-1/2", delta=2), "a negative number of followers"),
        Counterexample("AS-02.moved", 8, _pair(u=(2, 0), c=2, h=-1, p1=1, s=1), "a step backwards"),
        Counterexample("AS-02.along", 0, _along(p=1), "p larger than the weight"),
        Counterexample("AS-02.along", 1, _along(p=-1), "a negative p"),
        Counterexample("AS-02.along", 2, _along(p1=0), "the leader lost its weight"),
        Counterexample("AS-02.along", 3, _along(p1="9/10", g=2), "a gap between tokens that agree"),
        Counterexample("AS-02.along", 4, _along(p1="2/5", delta="-1/2"), "the score drops though k = 0"),
        Counterexample("AS-02.along", 5, _along(p1="2/5", delta="-1/2", k="-1/2"), "the score drops along u"),
        Counterexample("AS-02.along", 6, _along(p="1/10", k=1, s="-5/4", g="-5/4", delta=1), "towards the followers"),
        Counterexample("AS-02.along", 7, _along(p1=1, s=2, h=-1), "a step backwards"),
        Counterexample("AS-02.along", 8, _along(2, "3/2", N="-1/2", k=2, delta=2), "a negative number of followers"),
        Counterexample("AS-02.rows", 0, model({"h": 1, "v": 1}, {}, S=[(1, {"p": 1, "d": [0]})]), "a row stays"),
        Counterexample("AS-02.telescope", 0, model({"b": 2, "i": -2}), "a negative index"),
        Counterexample("AS-02.telescope", 1, model({"b": "-1/2", "i": 0}), "a negative b"),
        Counterexample("AS-02.half", 0, model({"N": 0, "g": 0, "p": 0}), "p is not the weight"),
        Counterexample("AS-02.half", 1, model({"N": 3, "g": 0, "p": "1/4"}), "more than e^g followers"),
        Counterexample("AS-02.half", 2, model({"N": -2, "g": 0, "p": -1}), "a negative number of followers"),
        Counterexample("AS-02.saturates", 0, model({"N": 2, "g": 0, "p": 1}), "p is not the weight"),
    ]


def refuted() -> list[Refuted]:
    more = statement(
        "AS-02.more", "", MOVED, f"{SHIFT} >= ({text(sp.Rational(10**9 + 1, 10**9))}*v*p*h)**2", vectors="f, w"
    )
    forever = statement("AS-02.forever", "", WEIGHT | {"N >= 0": "N >= 0"}, "4*N*p**2 >= N")
    return [
        Refuted("larger constant", "A follower's output moves by (1 + 1e-9) v p h.", more.text, _pair()),
        Refuted(
            "sqrt(n) for every n",
            "The norm is at least (v/2) sqrt(n - 1) for every n.",
            forever.text,
            model({"p": "1/4", "N": 3, "g": 0}),
        ),
    ]


HAMMER = Property(
    kind="attained_norm",
    callable="torch_impl.attention:self_attention",
    bound="norm_lower",
    quantities={"v": "value_norm", "n": "tokens", "gamma": "gamma", "R": "radius"},
    sharp=False,
)
BINDINGS = SELF_ATTENTION
