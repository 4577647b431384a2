"""Restricted Stone-Weierstrass on finite spaces: max over p of min over q of two-point interpolants, with nothing assumed.

Statement
    Let U, X be finite metric spaces, C > 0, Z = U x X with at least two points, d(p, q) = d_X + C d_U, and C_{1,C} the functions on
    Z that are 1-Lipschitz in X and C-Lipschitz in U. Let L in C_{1,C} contain the maximum and the minimum of finitely many of its
    members, and for p != q and |a - b| < d(p, q) an f with f(p) = a, f(q) = b. Then for g in C_{1,C} and 0 < eps <= 2 some member of
    L equals rho g on Z (rho of LT-17), so it is within eps/2 of g: the maximum over p of the minimum over q != p of N (N - 1)
    interpolants, N the number of points. If every gap of g is strictly inside d, it equals g itself (rho = 1).

Proof
    1. d(p, q) > 0 for p != q, as C > 0.                                                      kernel    LT-18F.positive
    2. g in C_{1,C} has |g(p) - g(q)| <= d(p, q): change one coordinate at a time.            kernel    LT-18F.budget
    3. So |rho g(p) - rho g(q)| < d(p, q), and f_pq in L takes the values of rho g at p, q.   kernel    LT-17.gap
    4. At z, v = rho g(z): every f_zq is v there, so the minimum of row z is v. A row p != z has the member f_pz, which is v, so its
       minimum is at most v. The maximum is at least the first and one of these: it is v.     kernel    LT-18F.exact
    5. For three points, with the six interpolants in one formula.                           kernel    LT-18F.three
    6. |rho g - g| <= eps/2.                                                                  kernel    LT-17.close
    7. N points have N (N - 1) ordered pairs.                                                 symbolic  derivation

Sharpness
    Equality: rho g is met exactly at every point.

Source
    furuya2026approximation (arXiv:2602.15503), Lemma 9 as reconstructed, for finite spaces.

Audit
    No covers and no induction: a minimum of finitely many numbers is at most each of them and equal to one of them, and step 4 uses
    nothing else. (A set closed under the maximum of two contains that of any given finite list, one at a time.)
    Refuted below: without the minimum, without the maximum, one point, C = 0. With one point or C = 0 the premise may say nothing:
    p, q over the same x have budget 0. One point: L = {0} satisfies the premise and does not contain g = 2.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-18F"
TITLE = "Restricted Stone-Weierstrass on finite spaces"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemma 9 on finite spaces, as reconstructed")
LABEL = "identity"
ASSUMES = ()
USES = ("LT-17",)

N = sp.Symbol("N", positive=True)
BOUNDS = {"interpolants": N * (N - 1)}
SYMBOLS = {"N": "number of points of the space"}

DISTANCES = {"d_X >= 0": "s >= 0", "d_U >= 0": "r >= 0", "p != q": "s + r > 0"}
ROW = {"the maximum is at least row z": "M >= m", "row z attains its minimum": "m == f", "f_zq(z) = v": "f == v"}
COLUMN = {"the maximum is some row": "M == c", "f_pz is in row p": "c <= h", "f_pz(z) = v": "h == v"}


def derivation() -> list[DerivationStep]:
    return [DerivationStep("pairs", BOUNDS["interpolants"], N**2 - N, "all pairs but the N with p = q")]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-18F.positive",
            "The budget of two different points is positive: s = d_X, r = d_U.",
            DISTANCES | {"C > 0": "C > 0"},
            "s + C*r > 0",
        ),
        statement(
            "LT-18F.budget",
            "Separately Lipschitz is Lipschitz for the budget; w is the value at (u of p, x of q).",
            {"1-Lipschitz in X": "Abs(a - w) <= s", "C-Lipschitz in U": "Abs(w - b) <= C*r"},
            "Abs(a - b) <= s + C*r",
        ),
        statement(
            "LT-18F.exact",
            "The maximum of the row minima is v at z; m, c: minima of row z and of the row that attains the maximum.",
            ROW | COLUMN,
            "M == v",
        ),
        statement(
            "LT-18F.three",
            "Three points, at the first: f12, f13, f21, f31 are v there, whatever f23 and f32 are.",
            {},
            "Max(Min(v, v), Max(Min(v, f23), Min(v, f32))) == v",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    apart = {"s": 0, "r": 1, "C": 1}
    at = {"M": 0, "m": 0, "f": 0, "c": 0, "h": 0, "v": 0}
    return [
        Counterexample("LT-18F.positive", 0, model(apart | {"s": -1, "r": 2, "C": "1/2"}), "a negative distance"),
        Counterexample("LT-18F.positive", 1, model(apart | {"s": 1, "r": "-1/2", "C": 2}), "a negative distance"),
        Counterexample("LT-18F.positive", 2, model(apart | {"r": 0}), "the same point"),
        Counterexample("LT-18F.positive", 3, model(apart | {"C": 0}), "the context is free"),
        Counterexample("LT-18F.budget", 0, model({"a": 1, "w": 0, "b": 0, "s": 0, "r": 0, "C": 1}), "steeper in X"),
        Counterexample("LT-18F.budget", 1, model({"a": 1, "w": 1, "b": 0, "s": 0, "r": 0, "C": 1}), "steeper in U"),
        Counterexample("LT-18F.exact", 0, model(at | {"M": -1, "c": -1}), "not the maximum"),
        Counterexample("LT-18F.exact", 1, model(at | {"M": -1, "m": -1, "c": -1}), "lower than all of its row"),
        Counterexample("LT-18F.exact", 2, model(at | {"M": -1, "m": -1, "f": -1, "c": -1}), "row z misses the value"),
        Counterexample("LT-18F.exact", 3, model(at | {"M": 1}), "higher than every row"),
        Counterexample("LT-18F.exact", 4, model(at | {"M": 1, "c": 1}), "higher than a member of its row"),
        Counterexample("LT-18F.exact", 5, model(at | {"M": 1, "c": 1, "h": 1}), "row p misses the value at z"),
    ]


def refuted() -> list[Refuted]:
    maxima = statement("LT-18F.maxima", "", {"M >= f_zq": "M >= f", "f_zq(z) = v": "f == v", "M": "M == h"}, "M == v")
    minima = statement("LT-18F.minima", "", COLUMN, "M == v")
    point = statement("LT-18F.point", "", {"eps > 0": "eps > 0", "L = {0}": "f == 0"}, "Abs(f - g) <= eps")
    free = statement("LT-18F.free", "", DISTANCES | {"C >= 0": "C >= 0"}, "s + C*r > 0")
    five = statement("LT-18F.five", "", {}, "Max(Min(v, v), Max(Min(v, f23), Min(f31, f32))) == v")
    return [
        Refuted(
            "a missing interpolant",
            "Three points: the formula holds with any f31.",
            five.text,
            model({"v": 0, "f23": 0, "f31": 1, "f32": 1}),
        ),
        Refuted(
            "without minima",
            "The maximum of interpolants alone meets rho g: f_zq is v at z, another one is higher.",
            maxima.text,
            model({"M": 1, "f": 0, "h": 1, "v": 0}),
        ),
        Refuted(
            "without maxima",
            "The minimum of interpolants of one row alone meets rho g at every z.",
            minima.text,
            model({"M": -1, "c": -1, "h": 0, "v": 0}),
        ),
        Refuted(
            "one point",
            "On one point every set that satisfies the premise is dense (L = {0} satisfies it).",
            point.text,
            model({"eps": 1, "f": 0, "g": 2}),
        ),
        Refuted(
            "C = 0",
            "For C = 0 different points have a positive budget (false over the same x: the premise says nothing there).",
            free.text,
            model({"s": 0, "r": 1, "C": 0}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
