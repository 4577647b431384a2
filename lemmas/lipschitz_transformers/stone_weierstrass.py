"""Restricted Stone-Weierstrass: a lattice of separately Lipschitz maps that interpolates two points is uniformly dense.

Statement
    Let (U, d_U), (X, d_X) be compact metric spaces, C > 0, Z = U x X with at least two points and d = d_X + C d_U, and C_{1,C}
    the functions on Z that are 1-Lipschitz in X and C-Lipschitz in U. Let L in C_{1,C} be closed under max and min, and for p != q
    and |a - b| < d(p, q) contain an f with f(p) = a, f(q) = b. Then for every g in C_{1,C} and eps > 0 some h in L has
    |h - g| < eps everywhere on Z.

Proof
    1. |g| <= G, by compactness. With rho of LT-17 (eps <= 2 without loss), v = rho g has |v - g| <= eps/2.   kernel    LT-17.close
    2. |g(p) - g(q)| <= d(p, q), and d(p, q) > 0 for p != q.                                kernel    LT-18F.budget, LT-18F.positive
    3. So gaps of v are strictly inside d, and some f_pq in L equals v at p and at q.       kernel    LT-17.gap
    4. {z: f_pq(z) < v(z) + eps/2} is open: f_pq and v are 1-Lipschitz for d.               kernel    LT-18.open
    5. It contains q; over all q != p these sets cover Z (p is in each), finitely many do.  assumed   compactness
    6. Their minimum m_p is in L, equals v at p, so it is > v - eps/2 near p.               kernel    LT-18.centre
    7. These neighbourhoods (open by 4 for -m_p and -v) cover Z in p, finitely many do.     assumed   compactness
    8. The maximum M of those m_p is in L, and |M - v| < eps/2 at every z.                  kernel    LT-18.cover
    9. So |M - g| < eps.                                                                    kernel    LT-18.close
   10. The two halves of eps add up.                                                        symbolic  derivation
   11. Without the lattice: affine maps on {0, 1, 2} stay 1/2 away from |x - 1|.            kernel    LT-18.affine

Sharpness
    No rate is claimed: the number of interpolants is finite by compactness, without a bound. LT-18F is the finite case, with
    exact values and nothing assumed; LT-20 counts. Step 11 is exact: the constant 1/2 is at distance 1/2.

Source
    furuya2026approximation (arXiv:2602.15503), Lemma 9, as reconstructed.

Audit
    What is used is a lattice, not an algebra: products of 1-Lipschitz functions need not be 1-Lipschitz (LT-13). Closure under max and
    min cannot be dropped (step 11): affine maps of slope |alpha| < 1 on {0, 1, 2} interpolate any two values inside the budget
    (LT-16) but are not dense. At least two points and C > 0 are needed, as the refuted statements of LT-18F show.
    Compactness enters by name, twice for finite subcovers and once for |g| <= G; nothing else is assumed.
"""

from __future__ import annotations

from lemmas.lipschitz_transformers import strict_scaling
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-18"
TITLE = "Restricted Stone-Weierstrass for separately Lipschitz maps"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemma 9, as reconstructed")
LABEL = "upper"
ASSUMES = ("compactness",)
USES = ("LT-17", "LT-18F")

eps = strict_scaling.eps
BOUNDS = {"error": eps}
SYMBOLS = {"eps": "error allowed"}

HALF = text(strict_scaling.BOUNDS["loss"])
LOW = {"the maximum is at least m_p": "M >= m", "z is near p": f"m > v - {HALF}"}
HIGH = {"the maximum is some m_p": "M == c", "f_pq is in row p": "c <= h", "z is in the set of q": f"h < v + {HALF}"}
ROOM = {
    "f(z) < v(z) + t, with room a": "f - v <= t - a",
    "f is 1-Lipschitz for d": "k - f <= d",
    "v is 1-Lipschitz for d": "v - w <= d",
    "z' is near z": "2*d < a",
}
AWAY = "Max(Abs(b - 1), Max(Abs(a + b), Abs(2*a + b - 1)))"  # of a x + b from |x - 1| on {0, 1, 2}


def derivation() -> list[DerivationStep]:
    half = strict_scaling.BOUNDS["loss"]
    return [DerivationStep("error", half + half, BOUNDS["error"], "covers and scaling take one half each")]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-18.open",
            "The set f < v + t is open: with room a at z it holds wherever 2 d(z, z') < a; k, w are f, v at z'.",
            ROOM,
            "k < w + t",
        ),
        statement(
            "LT-18.centre",
            "At p the minimum of row p is one of its values, all of them v.",
            {"the minimum is attained": "m == f", "f_pq(p) = v": "f == v", "eps > 0": "eps > 0"},
            f"m > v - {HALF}",
        ),
        statement("LT-18.cover", "The maximum of the m_p is within eps/2 of v.", LOW | HIGH, f"Abs(M - v) < {HALF}"),
        statement(
            "LT-18.close",
            "The member of L is within eps of g.",
            {"within eps/2 of v": f"Abs(M - v) < {HALF}", "v is within eps/2 of g": f"Abs(v - g) <= {HALF}"},
            f"Abs(M - g) < {text(BOUNDS['error'])}",
        ),
        statement(
            "LT-18.affine",
            "a x + b on {0, 1, 2}: with weights 1, 2, 1 the distances from |x - 1| add up to 2, so one is at least 1/2.",
            {},
            "Abs(b - 1) + 2*Abs(a + b) + Abs(2*a + b - 1) >= 2",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    near = {"f": 0, "v": 0, "k": 0, "w": 0, "d": 0, "a": 1, "t": 1}
    at = {"M": 0, "m": 0, "c": 0, "h": 0, "v": 0, "eps": 2}
    return [
        Counterexample("LT-18.open", 0, model(near | {"f": 1, "k": 1}), "no room"),
        Counterexample("LT-18.open", 1, model(near | {"k": 1}), "f jumps"),
        Counterexample("LT-18.open", 2, model(near | {"w": -1}), "v jumps"),
        Counterexample("LT-18.open", 3, model(near | {"d": 1, "k": 1}), "z' is too far"),
        Counterexample("LT-18.centre", 0, model({"m": -1, "f": 0, "v": 0, "eps": 1}), "lower than all of the row"),
        Counterexample("LT-18.centre", 1, model({"m": -1, "f": -1, "v": 0, "eps": 1}), "the row misses the value"),
        Counterexample("LT-18.centre", 2, model({"m": 0, "f": 0, "v": 0, "eps": 0}), "no error allowed"),
        Counterexample("LT-18.cover", 0, model(at | {"M": -1, "c": -1}), "not the maximum"),
        Counterexample("LT-18.cover", 1, model(at | {"M": -1, "m": -1, "c": -1}), "z is near no p"),
        Counterexample("LT-18.cover", 2, model(at | {"M": 1}), "higher than every row"),
        Counterexample("LT-18.cover", 3, model(at | {"M": 1, "c": 1}), "higher than a member of its row"),
        Counterexample("LT-18.cover", 4, model(at | {"M": 1, "c": 1, "h": 1}), "z is in no set of row p"),
        Counterexample("LT-18.close", 0, model({"M": 2, "v": 0, "g": 0, "eps": 2}), "far from v"),
        Counterexample("LT-18.close", 1, model({"M": 0, "v": 0, "g": 2, "eps": 2}), "v is far from g"),
    ]


def refuted() -> list[Refuted]:
    closer = statement("LT-18.closer", "", {}, f"{AWAY} >= 501/1000")
    dense = statement("LT-18.dense", "", {"slope": "Abs(a) < 1"}, f"{AWAY} <= 499/1000")
    half = statement(
        "LT-18.half",
        "",
        {"within eps/2 of v": f"Abs(M - v) < {HALF}", "v is within eps/2 of g": f"Abs(v - g) <= {HALF}"},
        f"Abs(M - g) < 999/1000*({text(BOUNDS['error'])})",
    )
    return [
        Refuted(
            "without closure",
            "Affine maps of slope |a| < 1, which interpolate every pair, come within 0.499 of |x - 1| (see LT-18.affine: none).",
            dense.text,
            model({"a": 0, "b": "1/2"}),
        ),
        Refuted(
            "farther than 1/2",
            "Affine maps stay 0.501 away from |x - 1| on {0, 1, 2}.",
            closer.text,
            model({"a": 0, "b": "1/2"}),
        ),
        Refuted(
            "a smaller error",
            "Two halves of eps add up to 0.999 eps.",
            half.text,
            model({"M": "-19999/20000", "v": 0, "g": 1, "eps": 2}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
