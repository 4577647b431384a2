"""A lower bound for attention on B_R^n that needs no real eigenvalue of A: sigma_2(V) sqrt(n - 1)/(1 + (n - 1) e^{-||A|| R^2/4}).

Statement
    f(X)_i = V sum_j P_ij x_j, P_i = softmax_j(<A x_i, x_j>), unmasked, on (R^d)^n with the Frobenius norm, n >= 2, d >= 2, a = ||A||_2 > 0,
    sigma_2 the second singular value of V. For all r, h > 0 with r^2 + h^2 <= R^2 there are X, X' in B_R^n that differ in one token, by h,
    with |f(X') - f(X)| >= sigma_2 sqrt(n - 1)/(1 + (n - 1) e^{-a r^2/4}) h; so Lip(f|B_R^n) is at least this factor at r = R.
    For V = I and A = a times the rotation by a quarter turn of a plane, n >= 3 and log(n - 1) <= a r^2, r + h <= R, there are X, X' with
    |f(X') - f(X)| >= (sqrt(2)/4) sqrt(n - 1) a r^2/(1 + h a r) h: the term sqrt(n) a R^2 of the upper bound has the right order.

Proof
    Followers z, |A z| = a |z|; leader y = r A z/|A z|, with |z| = r/2 for the first bound.
    1. A follower scores the leader higher than a follower by at least a r^2/4.                            kernel    AS-02B.gap
    2. A larger gap gives the leader a larger weight p.                                                   kernel    AS-02B.weight
    3. Some unit e in the span of the two top right singular vectors is orthogonal to A z, |V e| >= sigma_2.  kernel    AS-02B.second
    4. If A z is orthogonal to both of them, take e = v_1.                                                kernel    AS-02B.first
    5. Moving the leader by h e changes no follower's weight: each row moves by p h V e, exactly.          kernel    AS-02B.still
    6. Quarter turn: the leader moves by h e, e = A z/|A z|, <e, y - z> >= 0: a row moves by at least
       p (1 - p) delta/(1 + delta) |y - z|, delta = h a r.                                               kernel    AS-02B.tilt
    7. |y| = |z| = r, <y, z> <= 0: they are at least sqrt(2) r apart.                                     kernel    AS-02B.apart
    8. p = 1/2 and the sum over the n - 1 rows (AS-02.rows); the bounds at r = R, h = 0.                  symbolic  derivation

Sharpness
    Step 5 is an equality. Of the quarter turn: at n = 50 and large R the derivative along e is 0.51 sqrt(n - 1) a R^2, as y tends to -z.

Source
    proofcheck, beside castin2024smooth (arXiv:2312.14820), Proposition 3.4 as remembered, which needs a real eigenvalue.

Audit
    Pairs at distance h > 0, no derivative. In step 8 <A z, y> = log(n - 1) makes p = 1/2, and y has that component along A z.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-02B"
TITLE = "Attention, lower bound without a real eigenvalue"
SOURCE = Source("castin2024smooth", "2312.14820", "proofcheck; complements Proposition 3.4, as remembered")
LABEL = "lower"
ASSUMES = ()
USES = ("AS-02",)

sigma, a, n, R = sp.symbols("sigma a n R", positive=True)
BOUNDS = {
    "norm_lower": sigma * sp.sqrt(n - 1) / (1 + (n - 1) * sp.exp(-a * R**2 / 4)),
    "quarter_turn_lower": sp.sqrt(2) / 4 * sp.sqrt(n - 1) * a * R**2,
}
SYMBOLS = {
    "sigma": "second singular value of V",
    "a": "operator norm of A",
    "n": "number of tokens",
    "R": "radius of the ball that holds the tokens",
}

GAP = {
    "|z| = r/2": "norm2(z) == (r/2)**2",
    "|A z| = t": "norm2(b) == t**2",
    "t = a r/2": "t == a*r/2",
    "r >= 0": "r >= 0",
    "t > 0": "t > 0",
}
SECOND = {
    "|V v1| = sigma_1": "norm2(f1) == sigma1**2",
    "|V v2| = sigma_2": "norm2(f2) == sigma2**2",
    "V v1 and V v2 are orthogonal": "inner(f1, f2) == 0",
    "sigma_1 >= sigma_2": "sigma1 >= sigma2",
    "sigma_2 >= 0": "sigma2 >= 0",
}
TILT = {
    "p is at most the leader's weight": "p*(1 + N*exp(-g)) <= 1",
    "p >= 0": "p >= 0",
    "p1 is at least its weight after the move": "p1*(1 + N*exp(-g - delta)) >= 1",
    "the leader's score does not drop": "delta >= 0",
    "e is on the leader's side": "inner(e, w) >= 0",
    "h >= 0": "h >= 0",
    "N >= 0": "N >= 0",
}


def derivation() -> list[DerivationStep]:
    p, h, N = sp.symbols("p h N", positive=True)
    weight = 1 / (1 + N * sp.exp(-a * R**2 / 4))
    delta = h * a * R
    row = p * (1 - p) * delta / (1 + delta) * sp.sqrt(2) * R / h
    alone = 1 / (1 + N * sp.exp(-sp.log(N)))
    turned = sp.sqrt(n - 1) * row.subs({p: sp.Rational(1, 2), h: 0}, simultaneous=True)
    return [
        DerivationStep(
            "first bound", sigma * sp.sqrt(N) * weight, BOUNDS["norm_lower"].subs(n, N + 1), "N = n - 1 rows"
        ),
        DerivationStep("half of the weight", alone, sp.Rational(1, 2), "gap log N"),
        DerivationStep("quarter turn", turned, BOUNDS["quarter_turn_lower"], "continuous at h = 0"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "AS-02B.gap",
            "With y = r A z/|A z| the leader's score is larger by at least a r^2/4.",
            GAP,
            "inner(b, r/t*b - z) >= a*r**2/4",
            vectors="z, b",
        ),
        statement(
            "AS-02B.weight",
            "A gap of at least G gives the weight of the gap G at least.",
            {"p is the leader's weight": "p*(1 + N*exp(-g)) == 1", "g >= G": "g >= G", "N >= 0": "N >= 0"},
            "p*(1 + N*exp(-G)) >= 1",
        ),
        statement(
            "AS-02B.second",
            "s2 v1 - s1 v2, with s_i = <v_i, A z>, is orthogonal to A z, and V stretches it by sigma_2 at least.",
            SECOND,
            "norm2(s2*f1 - s1*f2) >= sigma2**2*(s1**2 + s2**2)",
            vectors="f1, f2",
        ),
        statement(
            "AS-02B.first",
            "|V v1| >= sigma_2.",
            {key: SECOND[key] for key in ("|V v1| = sigma_1", "sigma_1 >= sigma_2", "sigma_2 >= 0")},
            "norm2(f1) >= sigma2**2",
            vectors="f1",
        ),
        statement(
            "AS-02B.still",
            "Moving the leader orthogonally to A z keeps its score.",
            {"e is orthogonal to A z": "inner(b, e) == 0"},
            "inner(b, y + h*e) == inner(b, y)",
            vectors="b, e, y",
        ),
        statement(
            "AS-02B.tilt",
            "Moving the leader along A z tilts every follower's mean towards it.",
            TILT,
            "norm2(p1*h*e + (p1 - p)*w)*(1 + delta)**2 >= (p*(1 - p)*delta)**2*norm2(w)",
            vectors="e, w",
        ),
        statement(
            "AS-02B.apart",
            "Leader and follower on a sphere, in opposite half spaces, are at least sqrt(2) r apart.",
            {"|y| = r": "norm2(y) == r**2", "|z| = r": "norm2(z) == r**2", "opposite": "inner(y, z) <= 0"},
            "norm2(y - z) >= 2*r**2",
            vectors="y, z",
        ),
    ]


def _gap(z: str | int, b: str | int, **scalars: str | int) -> dict:
    return model({"r": 2, "t": 1, "a": 1} | scalars, {"z": [z], "b": [b]})


def _second(f1: tuple, f2: tuple, **scalars: int) -> dict:
    return model({"sigma1": 2, "sigma2": 1, "s1": 1, "s2": 1} | scalars, {"f1": list(f1), "f2": list(f2)})


def _tilt(e: str | int = 1, **scalars: str | int) -> dict:
    values = {"p": "1/2", "p1": 1, "N": 1, "g": 0, "delta": 1, "h": 1} | scalars
    return model(values, {"e": [e], "w": [1]})


def counterexamples() -> list[Counterexample]:
    apart = {"r": 1}
    return [
        Counterexample("AS-02B.gap", 0, _gap(3, 1), "a longer follower"),
        Counterexample("AS-02B.gap", 1, _gap(1, "1/2"), "a shorter image"),
        Counterexample("AS-02B.gap", 2, _gap(1, 1, a=2), "a larger norm of A"),
        Counterexample("AS-02B.gap", 3, _gap(-1, -1, r=-2, a=-1), "a negative radius"),
        Counterexample("AS-02B.gap", 4, _gap(1, 1, t=-1, a=-1), "a negative length of A z"),
        Counterexample("AS-02B.weight", 0, model({"p": 0, "N": 0, "g": 0, "G": 0}), "p is not the weight"),
        Counterexample("AS-02B.weight", 1, model({"p": "1/2", "N": 1, "g": 0, "G": 1}), "a smaller gap"),
        Counterexample(
            "AS-02B.weight", 2, model({"p": 2, "N": "-1/2", "g": 0, "G": -1}), "a negative number of followers"
        ),
        Counterexample("AS-02B.second", 0, _second((0, 0), (0, 1)), "V v1 = 0"),
        Counterexample("AS-02B.second", 1, _second((2, 0), (0, 0), s2=0), "V v2 = 0"),
        Counterexample("AS-02B.second", 2, _second((1, 0), (1, 0), sigma1=1), "V v1 = V v2"),
        Counterexample("AS-02B.second", 3, _second((1, 0), (0, 2), sigma1=1, sigma2=2, s1=0), "the order is wrong"),
        Counterexample("AS-02B.second", 4, _second((1, 0), (0, 2), sigma1=1, sigma2=-2, s1=0), "a negative sigma_2"),
        Counterexample("AS-02B.first", 0, model({"sigma1": 1, "sigma2": 1}, {"f1": [0]}), "V v1 = 0"),
        Counterexample("AS-02B.first", 1, model({"sigma1": 0, "sigma2": 1}, {"f1": [0]}), "the order is wrong"),
        Counterexample("AS-02B.first", 2, model({"sigma1": 0, "sigma2": -1}, {"f1": [0]}), "a negative sigma_2"),
        Counterexample("AS-02B.still", 0, model({"h": 1}, {"b": [1], "e": [1], "y": [0]}), "e along A z"),
        Counterexample("AS-02B.tilt", 0, _tilt(e=0, p=2, p1=2), "p larger than the weight"),
        Counterexample("AS-02B.tilt", 1, _tilt(e=0, p=-3, p1="3/4"), "a negative p"),
        Counterexample("AS-02B.tilt", 2, _tilt(e=0, p1="1/2"), "the weight did not grow"),
        Counterexample("AS-02B.tilt", 3, _tilt(e=0, p="1/2", p1="1/2", delta="-1/2"), "the score drops"),
        Counterexample("AS-02B.tilt", 4, _tilt(e="-1/2"), "e points to the followers"),
        Counterexample("AS-02B.tilt", 5, _tilt(e="1/2", h=-1), "a step backwards"),
        Counterexample("AS-02B.tilt", 6, _tilt(e=0, p=2, N="-1/2", p1=2), "a negative number of followers"),
        Counterexample("AS-02B.apart", 0, model(apart, {"y": [0], "z": [-1]}), "the leader at the origin"),
        Counterexample("AS-02B.apart", 1, model(apart, {"y": [1], "z": [0]}), "the follower at the origin"),
        Counterexample("AS-02B.apart", 2, model(apart, {"y": [1], "z": [1]}), "the same point"),
    ]


def refuted() -> list[Refuted]:
    top = statement(
        "AS-02B.top",
        "",
        SECOND,
        "norm2(s2*f1 - s1*f2) >= sigma1**2*(s1**2 + s2**2)",
        vectors="f1, f2",
    )
    line = statement(
        "AS-02B.line",
        "",
        {"|u| = 1": "norm2(u) == 1", "|A u| = a": "norm2(b) == a**2", "a >= 0": "a >= 0"},
        "inner(r/2*b, r*u - r/2*u) >= a*r**2/4",
        vectors="u, b",
    )
    turn = model({"a": 1, "r": 2}, {"u": [1, 0], "b": [0, 1]})
    return [
        Refuted("sigma_1", "The same holds with sigma_1 in place of sigma_2.", top.text, _second((2, 0), (0, 1), s2=0)),
        Refuted(
            "AS-02's tokens for every A",
            "r u and (r/2) u have the gap ||A|| r^2/4: false for a rotation.",
            line.text,
            turn,
        ),
    ]


HAMMER: Property | None = None
BINDINGS = ()
