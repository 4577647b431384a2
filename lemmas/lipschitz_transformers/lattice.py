"""max and min of two networks are one more Euler step: the maps of the class form a lattice, but no algebra.

Statement
    If f, g are 1-Lipschitz in the query and C-Lipschitz in the context, so are max(f, g) and min(f, g). If f = <v1, z1> and
    g = <v2, z2> are read-outs of two networks side by side with |v1| >= |v2|, v1 != 0, then one MLP step with the single row
    W = (-v1, v2), b = 0, tau = 1/|v1|^2 gives <v1, z1'> = max(f, g), and -W gives min(f, g); tau <= 2/|W|^2, as LT-01 asks.
    A coordinate that is 0 becomes the constant 1 by the row -e^T, b = 1, tau = 1. Multiples and sums are read-outs.

Proof
    1. max(a, b) - max(a', b') <= r if a - a' <= r and b - b' <= r; exchange the two for the other side.
                                                                                               kernel    LT-13.max_lipschitz
    2. The same for the minimum.                                                               kernel    LT-13.min_lipschitz
    3. With v1, v2 padded by zeros to orthogonal V1, V2 the row W = V2 - V1 has <W, z> = g - f, and a step
       z' = z - tau m W has <V1, z'> = f + tau |v1|^2 m.                                       kernel    LT-13.row
    4. With m = relu(g - f) that is max(f, g).                                                 kernel    LT-13.step_max
    5. With the row -W it is f - relu(f - g) = min(f, g).                                      kernel    LT-13.step_min
    6. A single row has |W u|^2 = <W, u>^2 <= |W|^2 |u|^2.                                     kernel    LT-13.norm
    7. tau |V2 - V1|^2 = tau (|v1|^2 + |v2|^2) <= 2 as |v2| <= |v1|.                           kernel    LT-13.admissible
    8. At |v1| = |v2| that is the largest step of LT-01, and LT-11 for |v1| = 1.               symbolic  derivation
    9. t = 0 becomes t - (-1) relu(-t + 1) = 1, at step 1 <= 2/|e|^2.                          kernel    LT-13.constant
   10. Closure under affine combinations is not enough for density: affine maps of slope |alpha| < 1 interpolate every pair
       of values |a - b| < |x - y| on {0, 1, 2},                                               kernel    LT-13.pairs
   11. and all of them stay 1/2 away from |x - 1| there.                                       kernel    LT-13.affine_gap
   12. Nor is an algebra: for p(x + c(x)), c the Cantor function, 1-Lipschitz at the ends of a triadic interval (x moves by
       h, c by k = M h) with slope m of p on its image: m <= 1/(1 + M).                        kernel    LT-13.cantor

Sharpness
    Identities. The step leaves room only if |v2| < |v1|; with the two exchanged it is not admissible (refuted below).

Source
    furuya2026approximation (arXiv:2602.15503), the lattice step of Theorem 8, and murari2025resnets; as reconstructed.

Audit
    A lattice, not an algebra: x is 1-Lipschitz on [0, 2], x * x is not (refuted below), so the classical Stone-Weierstrass
    theorem, whose premise is an algebra, does not apply to maps with a Lipschitz bound.
    Steps 10, 11: the premise of the restricted theorem (LT-18) without closure under max and min is too weak.
    Step 12: let K be the polynomials in s = x + c(x) on [0, 1]: an algebra with constants that separates points, so dense in
    C[0, 1]. But the members of K that are 1-Lipschitz are the constants. Every point of the Cantor set lies, for each n, in a
    triadic interval with ends at h = 3^-n, k = 2^-n, so M = (3/2)^n; if p' were p0 != 0 at the image of the point, then near it
    |p(s) - p(s')| >= |p0| |s - s'|/2 (p' is continuous), so step 12 holds with m = |p0|/2 for every large n, and p0 = 0. So p'
    vanishes at infinitely many points and the polynomial is constant. Dense in C[0, 1] therefore does not give dense
    1-Lipschitz members. (An algebra whose 1-Lipschitz members interpolate pairs as in LT-18 would do; that is not refuted.)
    Side by side means LT-12. The step moves the features of both networks: f and g themselves are gone afterwards.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import mlp_step
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-13"
TITLE = "Lattice closure"
SOURCE = Source("furuya2026approximation", "2602.15503", "lattice step of Theorem 8, as reconstructed")
LABEL = "identity"
ASSUMES = ()
USES = ("LT-01", "LT-11", "LT-12")

n = sp.Symbol("n", positive=True)
BOUNDS = {"tau": 1 / n}
SYMBOLS = {"n": "square |v1|^2 of the longer read-out", "tau": "step of the lattice layer"}

ORTHOGONAL = {"V1 and V2 are orthogonal": "inner(V1, V2) == 0"}
PADDED = {**ORTHOGONAL, "tau = 1/|v1|^2": "tau*norm2(V1) == 1"}
STEP = {"tau = 1/|v1|^2": f"tau*n == {text(BOUNDS['tau'] * n)}"}
LONGER = {"|v2| <= |v1|": "norm2(V2) <= norm2(V1)"}


def derivation() -> list[DerivationStep]:
    largest = mlp_step.BOUNDS["tau_max"].subs(mlp_step.w, sp.sqrt(n + n))
    return [DerivationStep("equal read-outs", BOUNDS["tau"], largest, "2/(|v1|^2 + |v2|^2) at |v1| = |v2|")]


def _lipschitz(which: str) -> Claim:
    return statement(
        f"LT-13.{which.lower()}_lipschitz",
        f"{which} does not grow faster than its arguments.",
        {"the first moves by at most r": "a - c <= r", "the second moves by at most r": "b - d <= r"},
        f"{which}(a, b) - {which}(c, d) <= r",
    )


def claims() -> list[Claim]:
    return [
        _lipschitz("Max"),
        _lipschitz("Min"),
        statement(
            "LT-13.row",
            "A step of height m along the row moves f by tau |v1|^2 m.",
            ORTHOGONAL,
            "inner(V1, z - tau*m*(V2 - V1)) == inner(V1, z) + tau*norm2(V1)*m",
            vectors="V1, V2, z",
        ),
        statement("LT-13.step_max", "The step computes max(f, g).", STEP, "f + tau*n*Max(g - f, 0) == Max(f, g)"),
        statement("LT-13.step_min", "With -W it computes min(f, g).", STEP, "f - tau*n*Max(f - g, 0) == Min(f, g)"),
        statement("LT-13.norm", "|W|^2 of one row.", {}, "inner(w, u)**2 <= norm2(w)*norm2(u)", vectors="w, u"),
        statement(
            "LT-13.admissible", "The step is admissible.", PADDED | LONGER, "tau*norm2(V2 - V1) <= 2", vectors="V1, V2"
        ),
        statement(
            "LT-13.constant",
            "A zero coordinate becomes 1.",
            {"the coordinate is 0": "inner(e, z) == 0", "e is a unit vector": "norm2(e) == 1"},
            "inner(e, z + Max(1 - inner(e, z), 0)*e) == 1",
            vectors="e, z",
        ),
        statement(
            "LT-13.pairs",
            "An affine map that takes values |a - b| < |x - y| at x and y has slope |alpha| < 1.",
            {"values closer than the points": "(a - b)**2 < (x - y)**2", "interpolation": "alpha*(x - y) == a - b"},
            "alpha**2 < 1",
        ),
        statement(
            "LT-13.affine_gap",
            "An affine map within r of |x - 1| on {0, 1, 2} has r >= 1/2.",
            {"at 0": "beta >= 1 - r", "at 1": "alpha + beta <= r", "at 2": "2*alpha + beta >= 1 - r"},
            "r >= 1/2",
        ),
        statement(
            "LT-13.cantor",
            "A 1-Lipschitz function that rises by at least m(h + k) over a gap h, c rising by k >= M h, has m(1 + M) <= 1.",
            {
                "the gap is positive": "h > 0",
                "c rises by M h": "k >= M*h",
                "the slope is not negative": "m >= 0",
                "1-Lipschitz": "m*(h + k) <= h",
            },
            "m*(1 + M) <= 1",
        ),
    ]


def _padded(tau: int, v1: list[int], v2: list[int]) -> dict:
    return model({"tau": tau}, {"V1": v1, "V2": v2})


def _doubled(f: int, g: int) -> dict:
    return model({"tau": 2, "n": 1, "f": f, "g": g})


def _moved(a: int, b: int) -> dict:
    return model({"a": a, "b": b, "c": 0, "d": 0, "r": 0})


def _cantor(h: int, k: int, m: int, slope: int) -> dict:
    return model({"h": h, "k": k, "m": m, "M": slope})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-13.max_lipschitz", 0, _moved(1, 0), "the first argument moves farther"),
        Counterexample("LT-13.max_lipschitz", 1, _moved(0, 1), "the second argument moves farther"),
        Counterexample("LT-13.min_lipschitz", 0, model({"a": 1, "b": 1, "c": 0, "d": 1, "r": 0}), "the first moves"),
        Counterexample("LT-13.min_lipschitz", 1, model({"a": 1, "b": 1, "c": 1, "d": 0, "r": 0}), "the second moves"),
        Counterexample(
            "LT-13.row", 0, model({"tau": 1, "m": 1}, {"V1": [1], "V2": [1], "z": [0]}), "read-outs that share features"
        ),
        Counterexample("LT-13.step_max", 0, _doubled(0, 1), "a step twice as long"),
        Counterexample("LT-13.step_min", 0, _doubled(1, 0), "a step twice as long"),
        Counterexample("LT-13.admissible", 0, _padded(1, [1, 0], [-1, 0]), "V2 = -V1: |W|^2 = 4"),
        Counterexample("LT-13.admissible", 1, _padded(2, [1, 0], [0, 1]), "a step twice as long"),
        Counterexample("LT-13.admissible", 2, _padded(1, [1, 0], [0, 2]), "the step of the shorter read-out"),
        Counterexample("LT-13.constant", 0, model({}, {"e": [1], "z": [2]}), "a coordinate above 1 stays"),
        Counterexample("LT-13.constant", 1, model({}, {"e": [2], "z": [0]}), "a longer row"),
        Counterexample(
            "LT-13.pairs", 0, model({"a": 1, "b": 0, "x": 1, "y": 0, "alpha": 1}), "values as far as the points"
        ),
        Counterexample(
            "LT-13.pairs", 1, model({"a": 0, "b": 0, "x": 1, "y": 0, "alpha": 1}), "a map that does not interpolate"
        ),
        Counterexample("LT-13.affine_gap", 0, model({"alpha": 1, "beta": -1, "r": 0}), "x - 1 is right at 1 and 2"),
        Counterexample("LT-13.affine_gap", 1, model({"alpha": 0, "beta": 1, "r": 0}), "1 is right at 0 and 2"),
        Counterexample("LT-13.affine_gap", 2, model({"alpha": -1, "beta": 1, "r": 0}), "1 - x is right at 0 and 1"),
        Counterexample("LT-13.cantor", 0, _cantor(0, 0, 1, 1), "no gap, no slope"),
        Counterexample("LT-13.cantor", 1, _cantor(1, 0, 1, 1), "x itself: c does not move"),
        Counterexample("LT-13.cantor", 2, _cantor(1, -2, -1, -3), "a negative slope times a negative rate"),
        Counterexample("LT-13.cantor", 3, _cantor(1, 1, 1, 1), "a steep function"),
    ]


def refuted() -> list[Refuted]:
    inside = {f"{x} is in [0, 2]": f"{x}*(2 - {x}) >= 0" for x in "xy"}
    square = statement("LT-13.square", "", inside, "(x*x - y*y)**2 <= (x - y)**2")
    shorter = {"|v1| <= |v2|": "norm2(V1) <= norm2(V2)"}
    exchanged = statement("LT-13.exchanged", "", PADDED | shorter, "tau*norm2(V2 - V1) <= 2", vectors="V1, V2")
    plus = statement("LT-13.plus", "", STEP, "f - tau*n*Max(g - f, 0) == Max(f, g)")
    closer = statement("LT-13.closer", "", {}, "Max(Max(1 - beta, alpha + beta), 1 - 2*alpha - beta) > 1/2")
    return [
        Refuted(
            "an algebra",
            "The product of two 1-Lipschitz maps is 1-Lipschitz (false: x * x on [0, 2]).",
            square.text,
            model({"x": 2, "y": 1}),
        ),
        Refuted(
            "the shorter read-out",
            "tau = 1/|v1|^2 is admissible if |v1| <= |v2|.",
            exchanged.text,
            _padded(1, [1, 0], [0, 2]),
        ),
        Refuted(
            "the other sign",
            "x + tau W^T relu(W x) computes the maximum.",
            plus.text,
            model({"tau": 1, "n": 1, "f": 0, "g": 1}),
        ),
        Refuted(
            "farther than 1/2",
            "Every affine map is more than 1/2 away from |x - 1| on {0, 1, 2} (false: the constant 1/2).",
            closer.text,
            model({"alpha": 0, "beta": "1/2"}),
        ),
    ]


HAMMER = tuple(
    Property(
        kind="identity",
        callable=f"torch_impl.blocks_steps:lattice_{name}",
        bound="",
        quantities={},
        sharp=False,
        options={"identities": (name,)},
    )
    for name in ("maximum", "minimum")
)
BINDINGS = (
    Binding("torch_impl.blocks_steps:lattice_maximum", "lattice_maximum"),
    Binding("torch_impl.blocks_steps:lattice_minimum", "lattice_minimum"),
)
