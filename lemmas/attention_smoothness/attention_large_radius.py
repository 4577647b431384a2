"""Attention at a large radius: ||D_{RX} f|| is within an explicit, exponentially small error of v sqrt(N_max).

Statement
    f(X)_i = V sum_j P_ij x_j, P_i = softmax of <A x_i, x_j> over the visible j (any mask), v = ||V||_2, a = ||A||_2. Let X in (R^d)^n,
    |x_i| <= r, be such that for each i the score <A x_i, x_j> has one maximiser j*(i) among the visible j, by a gap Delta_i > 0. Let
    N_max be the largest number of rows with the same j*(i), R > 0 and q_i = (n - 1) e^{-R^2 Delta_i}. Then, operator norms from the
    Frobenius norm to itself,
    | ||D_{RX} f|| - v sqrt(N_max) | <= v (sqrt(2) |q|_2 + 4 a R^2 r^2 (max_i q_i + |q|_2)),
    which tends to 0 as R -> infinity: R^2 e^{-R^2 Delta} <= 4/(R Delta)^2. So the limit is v sqrt(N_max) <= v sqrt(n).

Proof
    D_{RX} f = V (T1 + T2 + T3): T1 e = sum_j P_ij e_j, T2 e = C_i A e_i, T3 e = sum_j P_ij (y_j - m_i) <A y_i, e_j>, y = R x (AS-00).
    1. The weight that row i does not give its leader is at most q_i.                              kernel    AS-05.weight
    2. So P_i and the unit vector of j*(i) are sqrt(2) q_i apart.                                   kernel    AS-05.row
    3. The mean m_i is within 2 R r q_i of the leader.                                             kernel    AS-05.mean
    4. E|y - m_i| <= 4 R r q_i.                                                                    kernel    AS-05.spread
    5. ||C_i|| <= E|y - m_i|^2 <= 4 R^2 r^2 q_i.                                                    kernel    AS-05.variance
    6. |sum_j P_ij (y_j - m_i) <A y_i, e_j>| <= a R r |e| E|y - m_i|.                              kernel    AS-05.tilt
    7. Minkowski's inequality over the rows.                                                      kernel    AS-05.total
    8. Rows that copy V e_{j*(i)}: the norm is at most v sqrt(N_max);                              kernel    AS-05.leader
    9. It is that where only a token with N_max followers moves, along e with |V e| = v |e|.   kernel    AS-05.followers
   10. The parts add up to the error.                                                             symbolic  derivation
   11. The error tends to 0.                                                                      kernel    AS-05.rate

Sharpness
    v sqrt(n) is the limit when all rows follow one token (x_1 long, A = I). With an exact tie the derivative grows like R^2 (AS-04).

Source
    castin2024smooth (arXiv:2312.14820), Theorem 3.7, idea as remembered; the explicit error is proofcheck's.

Audit
    All X outside the zeros of the polynomials <A x_i, x_j - x_k> qualify, a null set if A != 0 (A x_i != 0 for almost every x_i). The
    triangle inequality of the operator norm turns steps 2, 5, 6, 8, 9 into the two-sided bound.
"""

from __future__ import annotations

import sympy as sp

from lemmas.attention_smoothness._token_sums import parts_of
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-05"
TITLE = "Attention at a large radius"
SOURCE = Source("castin2024smooth", "2312.14820", "Theorem 3.7, idea as remembered; proofcheck's explicit error")
LABEL = "upper"
ASSUMES = ()
USES = ("AS-00",)

v, a, r, R, Q, M = sp.symbols("v a r R Q M", nonnegative=True)
BOUNDS = {"error": v * (sp.sqrt(2) * Q + 4 * a * R**2 * r**2 * (M + Q))}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "r": "radius of a ball that holds the tokens of X",
    "R": "the factor of X",
    "Q": "l2 norm of q_i = (n - 1) exp(-R^2 Delta_i)",
    "M": "largest q_i",
}

OTHERS = {"p >= 0": "p >= 0", "the others' weight": "T[p] == 1 - P", "is at most q": "1 - P <= q"}
MEAN = {"c = m - x*": "forall k: inner(c, k) == T[p*inner(z, k)]", "|x - x*| <= 2 r": "norm2(z) <= (2*r)**2"}
CLOUD = {"vectors": "c, z", "functionals": ["T!:p,z"]}
TILT = {
    "w is the tilted mean": "forall k: inner(w, k) == F[c*inner(u, k)]",
    "scores move by at most b": "c**2 <= b**2",
    "s = |x - m|": "norm2(u) <= s**2",
    "s >= 0": "s >= 0",
    "E s <= l": "F[s] <= l",
    "b >= 0": "b >= 0",
    "W = |w|": "W**2 == norm2(w)",
    "W >= 0": "W >= 0",
}
TOTAL = parts_of({"T1": ("b", "beta"), "T2": ("c", "gamma"), "T3": ("w", "delta")})


def derivation() -> list[DerivationStep]:
    spread = 4 * R * r  # E|y - m_i| over q_i
    parts = v * (sp.sqrt(2) * Q + a * spread * R * r * M + a * R * r * spread * Q)
    return [DerivationStep("error", parts, BOUNDS["error"], "steps 2, 5 and 6 summed over the rows")]


def claims() -> list[Claim]:
    return [
        statement(
            "AS-05.weight",
            "N other tokens score less than the leader by G at least: together their weight is at most N e^{-G}.",
            {"scores are lower by G": "y <= s - G", "there are N of them": "T[1] == N"},
            "T[exp(y)] <= N*exp(-G)*(exp(s) + T[exp(y)])",
            functionals=["T!:y"],
        ),
        statement(
            "AS-05.row",
            "The weights of a row are sqrt(2) q apart from the unit vector of its leader.",
            OTHERS | {"each is at most q": "p <= q"},
            "(1 - P)**2 + T[p**2] <= 2*q**2",
            functionals=["T!:p"],
        ),
        statement(
            "AS-05.mean",
            "The mean is within 2 r q of the leader.",
            OTHERS | MEAN,
            "norm2(c) <= (2*r*q)**2",
            **CLOUD,
        ),
        statement(
            "AS-05.spread",
            "The mean distance to the mean is at most 4 r q.",
            OTHERS
            | {
                "|x - m| <= 2 r + |x* - m|": "s <= 2*r + D",
                "|x* - m| <= 2 r q": "D <= 2*r*q",
                "r >= 0": "r >= 0",
            },
            "P*D + T[p*s] <= 4*r*q",
            functionals=["T!:p,s"],
        ),
        statement(
            "AS-05.variance",
            "The mean squared distance to the mean is at most 4 r^2 q.",
            OTHERS | MEAN,
            "P*norm2(c) + T[p*norm2(z - c)] <= 4*r**2*q",
            **CLOUD,
        ),
        statement(
            "AS-05.tilt",
            "The tilt of a mean by scores that move by at most b.",
            TILT,
            "W <= b*l",
            vectors="w, u",
            functionals=["F!:c,u,s"],
        ),
        statement(
            "AS-05.total",
            "The three parts add up.",
            TOTAL,
            "S[norm2(y)] <= (v*(beta + gamma + delta))**2",
            vectors="y, b, c, w",
            functionals=["S!:y,b,c,w"],
        ),
        statement(
            "AS-05.leader",
            "Token j is copied by m of the rows, m at most N: the norm is at most v sqrt(N).",
            {"|V e| <= v |e|": "norm2(y) <= v**2*norm2(e)", "m <= N": "m <= N", "m >= 0": "m >= 0"},
            "K[m*norm2(y)] <= N*v**2*K[norm2(e)]",
            vectors="y, e",
            functionals=["K!:y,e,m"],
        ),
        statement(
            "AS-05.followers",
            "Only tokens that N rows copy move, in a direction that V stretches by v: the norm is v sqrt(N).",
            {"|V e| = v |e|": "norm2(y) == v**2*norm2(e)", "the others stay": "(N - m)*norm2(e) == 0"},
            "K[m*norm2(y)] == N*v**2*K[norm2(e)]",
            vectors="y, e",
            functionals=["K!:y,e,m"],
        ),
        statement(
            "AS-05.rate",
            "R^2 e^{-R^2 Delta} is at most 4/(R Delta)^2.",
            {"Delta >= 0": "Delta >= 0"},
            "R**4*Delta**2*exp(-R**2*Delta) <= 4",
        ),
    ]


def _others(P: int | str, q: int | str, *atoms: tuple, **scalars: int | str) -> dict:
    return model({"P": P, "q": q} | scalars, T=[(m, {"p": p}) for m, p in atoms])


def _cloud(c: int | str, P: int | str, q: int | str, *atoms: tuple, r: int | str = 1) -> dict:
    return model({"P": P, "q": q, "r": r}, {"c": [c]}, T=[(m, {"p": p, "z": [z]}) for m, p, z in atoms])


def _spread(D: int | str, P: int | str, q: int | str, *atoms: tuple, r: int | str = 1) -> dict:
    return model({"P": P, "q": q, "r": r, "D": D}, T=[(m, {"p": p, "s": s}) for m, p, s in atoms])


def _tilt(w: int = 1, c: int = 1, u: int = 1, s: int = 1, **scalars: int | str) -> dict:
    """One atom; b = l = W = 1 unless said otherwise."""
    return model({"b": 1, "l": 1, "W": 1} | scalars, {"w": [w]}, F=[(1, {"c": c, "u": [u], "s": s})])


def _total(y: int, b: int, c: int, w: int, beta: int = 1, gamma: int = 1, delta: int = 1) -> dict:
    values = {"v": 1, "beta": beta, "gamma": gamma, "delta": delta}
    return model(values, S=[(1, {"y": [y], "b": [b], "c": [c], "w": [w]})])


def _leader(y: int, m: int, N: int = 1) -> dict:
    return model({"v": 1, "N": N}, K=[(1, {"y": [y], "e": [1], "m": m})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("AS-05.weight", 0, model({"G": 2, "N": 1, "s": 0}, T=[(1, {"y": 0})]), "a tie"),
        Counterexample("AS-05.weight", 1, model({"G": 0, "N": -1, "s": 0}, T=[]), "a negative number of tokens"),
        Counterexample("AS-05.row", 0, _others(3, 1, (2, -1)), "negative weights"),
        Counterexample("AS-05.row", 1, _others(3, 0), "weights that sum to 3"),
        Counterexample("AS-05.row", 2, _others(-1, 1, (2, 1)), "q too small for the sum"),
        Counterexample("AS-05.row", 3, _others("1/2", "1/2", ("1/2", 1)), "a weight above q"),
        Counterexample("AS-05.mean", 0, _cloud(2, 2, "-1/2", (2, "-1/2", -2), r=-1), "negative weights"),
        Counterexample("AS-05.mean", 1, _cloud(3, 1, 1, (2, "3/2", 1), r="1/2"), "weights that sum to 4"),
        Counterexample("AS-05.mean", 2, _cloud(2, -1, 1, (1, 2, 1), r="1/2"), "q too small"),
        Counterexample("AS-05.mean", 3, _cloud(1, 1, 0), "c is not the mean"),
        Counterexample("AS-05.mean", 4, _cloud(3, 0, 1, (1, 1, 3)), "tokens that are farther apart"),
        Counterexample("AS-05.spread", 0, _spread("1/4", 2, "3/2", ("1/2", -2, -3), r="1/2"), "a negative weight"),
        Counterexample("AS-05.spread", 1, _spread(3, 3, 3, r="1/2"), "weights that sum to 3"),
        Counterexample("AS-05.spread", 2, _spread(-3, 1, -1, r="9/10"), "q too small"),
        Counterexample("AS-05.spread", 3, _spread(0, 0, 1, (1, 1, 5)), "a token farther away"),
        Counterexample("AS-05.spread", 4, _spread(1, 1, 2, r=0), "the mean is farther from the leader"),
        Counterexample("AS-05.spread", 5, _spread("-1/2", 1, "1/2", r="-1/2"), "a negative radius"),
        Counterexample("AS-05.variance", 0, _cloud(-1, 2, "-1/4", ("1/2", -2, 1), r="19/10"), "a negative weight"),
        Counterexample("AS-05.variance", 1, _cloud(0, 3, "-1/2", r=2), "weights that sum to 3"),
        Counterexample("AS-05.variance", 2, _cloud(0, 1, "-1/2", r=1), "q too small"),
        Counterexample("AS-05.variance", 3, _cloud(1, 1, 0), "c is not the mean"),
        Counterexample("AS-05.variance", 4, _cloud("-3/4", "1/4", 1, (1, "3/4", -1), r=0), "tokens that are apart"),
        Counterexample("AS-05.tilt", 0, _tilt(w=2, W=2), "w is not the tilted mean"),
        Counterexample("AS-05.tilt", 1, _tilt(w=2, c=2, W=2), "scores that move by more"),
        Counterexample("AS-05.tilt", 2, _tilt(w=2, u=2, W=2), "s is not the distance"),
        Counterexample("AS-05.tilt", 3, _tilt(s=-1, l=-1), "a negative distance"),
        Counterexample("AS-05.tilt", 4, _tilt(l=0), "a larger mean distance"),
        Counterexample("AS-05.tilt", 5, _tilt(b=-1), "a negative bound"),
        Counterexample("AS-05.tilt", 6, _tilt(W=2), "W is not the norm"),
        Counterexample("AS-05.total", 0, _total(4, 1, 1, 1), "V stretches by more"),
        Counterexample("AS-05.total", 1, _total(4, 2, 1, 1), "a larger first part"),
        Counterexample("AS-05.total", 2, _total(4, 1, 2, 1), "a larger second part"),
        Counterexample("AS-05.total", 3, _total(4, 1, 1, 2), "a larger third part"),
        Counterexample("AS-05.total", 4, _total(2, 0, 1, 1, beta=-1), "a negative norm"),
        Counterexample("AS-05.total", 5, _total(2, 1, 0, 1, gamma=-1), "a negative norm"),
        Counterexample("AS-05.total", 6, _total(2, 1, 1, 0, delta=-1), "a negative norm"),
        Counterexample("AS-05.leader", 0, _leader(2, 1), "V stretches by more"),
        Counterexample("AS-05.leader", 1, _leader(1, 2), "more rows copy the token"),
        Counterexample("AS-05.leader", 2, _leader(0, -1, N=-1), "a negative number of rows"),
        Counterexample("AS-05.followers", 0, _leader(0, 1), "V shortens e"),
        Counterexample("AS-05.followers", 1, _leader(1, 0), "a token with fewer followers"),
        Counterexample("AS-05.rate", 0, model({"Delta": -2, "R": -2}), "a negative gap"),
    ]


def refuted() -> list[Refuted]:
    row = statement(
        "AS-05.one", "", OTHERS | {"each is at most q": "p <= q"}, "(1 - P)**2 + T[p**2] <= q**2", functionals=["T!:p"]
    )
    tie = model({"P": "1/2", "q": "1/2"}, T=[(1, {"p": "1/2"})])
    return [Refuted("no factor sqrt(2)", "P_i is q_i apart from the unit vector of its leader.", row.text, tie)]


HAMMER: Property | None = None
BINDINGS = ()
