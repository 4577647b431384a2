"""An MLP gradient step with tau <= 2/||W||^2 is nonexpansive.

Statement
    Let sigma: R -> R be non-decreasing and 1-Lipschitz (ReLU is), W a real k x d matrix, b in R^k, w = ||W|| the operator
    norm, and F(x) = x - tau W^T sigma(W x + b). If 0 <= tau and tau w^2 <= 2, then |F(x) - F(y)| <= |x - y| for all
    x, y in R^d, for every d and every width k. Norms are Euclidean.

Proof
    1. d = sigma(s) - sigma(t) and a = s - t: a d >= 0 and d^2 <= a^2, so d (a - d) >= 0.      kernel    LT-01.secant
    2. With u = x - y, a = W u, d_i = sigma(s_i) - sigma(t_i), z = W^T d: F(x) - F(y) = u - tau z,
       <u, z> = sum a_i d_i, |z|^2 <= w^2 sum d_i^2 (what W^T and ||W|| mean), so
       |u|^2 - |u - tau z|^2 = 2 tau sum d_i (a_i - d_i) + tau (2 - tau w^2) sum d_i^2
                               + tau^2 (w^2 sum d_i^2 - |z|^2) >= 0.                           kernel    LT-01.step
    3. All units active and u a top right singular vector, z = w^2 u: |u - tau z| > |u|
       for tau w^2 > 2, so no larger step is admissible for every b.                           kernel    LT-01.sharp
    4. The largest admissible step is 2/w^2 (2/0: no condition).                               symbolic  derivation
    5. ReLU is such a sigma: d = relu(s) - relu(t) has d (a - d) >= 0 with nothing assumed.    kernel    LT-01.slope

Sharpness
    Sharp among bounds that see W only: W != 0, tau > 2/w^2, ReLU, b large: F is affine, I - tau W^T W, near two points.
    For one given b more may be admissible: W = (1, -1)^T, b = 0 is F(x) = (1 - tau) x, nonexpansive up to tau = 2.

Source
    furuya2026approximation (arXiv:2602.15503), Lemma 1 as reconstructed.

Audit
    The reconstructed proof goes through the convexity of the potential; the identity in step 2 needs no calculus, so
    nothing is assumed. The source's sigma is ReLU; only d (a - d) >= 0 is used of it.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.step import mlp_step
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-01"
TITLE = "MLP step"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemma 1, as reconstructed")
LABEL = "sharp"
ASSUMES = ()
USES = ()

w = sp.Symbol("w", positive=True)
BOUNDS = {"tau_max": 2 / w**2}
SYMBOLS = {"w": "operator norm of W", "tau": "step of the MLP layer"}

ADMISSIBLE = f"tau*w**2 <= {text(BOUNDS['tau_max'] * w**2)}"  # w = 0 included: no condition
TOO_LARGE = f"tau*w**2 > {text(BOUNDS['tau_max'] * w**2)}"
STEP = {
    "secant slopes lie in [0, 1]": "d*(a - d) >= 0",
    "z = W^T d": "inner(u, z) == S[a*d]",
    "w = ||W||": "norm2(z) <= w**2*S[d**2]",
    "the step is not negative": "tau >= 0",
    "the step is admissible": ADMISSIBLE,
}
UNITS = ["S!:a,d"]  # the sum over hidden units: a positive functional, not a probability


def derivation() -> list[DerivationStep]:
    return [
        DerivationStep(
            "largest step",
            mlp_step(w),
            BOUNDS["tau_max"],
            "worst slopes (all 1) and worst direction, solved for tau",
        )
    ]


def _step(name: str, sentence: str, target: str = "norm2(u - tau*z) <= norm2(u)", **changes: str) -> Claim:
    assume = {**STEP, "the step is admissible": changes.get("admissible", ADMISSIBLE)}
    return statement(name, sentence, assume, target, vectors="u, z", functionals=UNITS)


def claims() -> list[Claim]:
    return [
        statement(
            "LT-01.secant",
            "The increment of a non-decreasing 1-Lipschitz map lies between 0 and the increment of its argument.",
            {"sigma is non-decreasing": "a*d >= 0", "sigma is 1-Lipschitz": "d**2 <= a**2"},
            "d*(a - d) >= 0",
        ),
        statement(
            "LT-01.slope",
            "The increment of ReLU lies between 0 and the increment of its argument.",
            {},
            "(Max(s, 0) - Max(t, 0))*(s - t - (Max(s, 0) - Max(t, 0))) >= 0",
        ),
        _step("LT-01.step", "An MLP step with tau ||W||^2 <= 2 does not expand any difference u = x - y."),
        statement(
            "LT-01.sharp",
            "With all units active, a larger step expands the top right singular vector u.",
            {
                "u is a top right singular vector of W, all units are active": "forall q: inner(z, q) == w**2*inner(u, q)",
                "u is not 0": "norm2(u) > 0",
                "the step is too large": TOO_LARGE,
            },
            "norm2(u - tau*z) > norm2(u)",
            vectors="u, z",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    """One unit in d = 1 with W = 1 (or the rotation by 90 degrees, for z = W^T d) and u = 1."""

    def one(a: int | str, d: int | str, z: int | str, tau: int | str) -> dict:
        return model({"tau": tau, "w": 1}, {"u": [1], "z": [z]}, S=[(1, {"a": a, "d": d})])

    rotated = model({"tau": 2, "w": 1}, {"u": [1, 0], "z": [-1, 0]}, S=[(1, {"a": 0, "d": 0}), (1, {"a": 1, "d": 1})])
    return [
        Counterexample("LT-01.secant", 0, model({"a": 1, "d": -1}), "a decreasing sigma"),
        Counterexample("LT-01.secant", 1, model({"a": 1, "d": 2}), "a sigma of slope 2"),
        Counterexample("LT-01.step", 0, one(1, -1, -1, 1), "a decreasing sigma: the step expands"),
        Counterexample("LT-01.step", 1, rotated, "W in place of W^T, W the rotation by 90 degrees"),
        Counterexample(
            "LT-01.step",
            2,
            model({"tau": 2, "w": 1}, {"u": [1], "z": [2]}, S=[(1, {"a": 2, "d": 1})]),
            "||W|| = 2",
        ),
        Counterexample("LT-01.step", 3, one(1, 1, 1, -1), "a negative step: + in place of -"),
        Counterexample("LT-01.step", 4, one(1, 1, 1, "21/10"), "tau = 2.1/||W||^2 with every unit active"),
        Counterexample("LT-01.sharp", 0, model({"tau": 3, "w": 1}, {"u": [1], "z": [0]}), "no unit active"),
        Counterexample("LT-01.sharp", 1, model({"tau": 3, "w": 1}, {"u": [0], "z": [0]}), "u = 0 stays 0"),
        Counterexample("LT-01.sharp", 2, model({"tau": 2, "w": 1}, {"u": [1], "z": [1]}), "tau = 2/||W||^2 reflects u"),
    ]


def refuted() -> list[Refuted]:
    beyond = sp.Rational(10**9 + 1, 10**9) * BOUNDS["tau_max"] * w**2
    past = _step("LT-01.past", "", admissible=f"tau*w**2 <= {text(beyond)}")
    at_boundary = model({"tau": text(beyond), "w": 1}, {"u": [1], "z": [1]}, S=[(1, {"a": 1, "d": 1})])
    plus = _step("LT-01.plus", "", target="norm2(u + tau*z) <= norm2(u)")
    moved = model({"tau": 1, "w": 1}, {"u": [1], "z": [1]}, S=[(1, {"a": 1, "d": 1})])
    return [
        Refuted("past the boundary", "A step of (1 + 1e-9) 2/||W||^2 is nonexpansive.", past.text, at_boundary),
        Refuted("wrong sign", "x + tau W^T sigma(W x + b) is nonexpansive.", plus.text, moved),
    ]


HAMMER = Property(
    kind="nonexpansive_query",
    callable="torch_impl.layers:gradient_mlp",
    bound="tau_max",
    quantities={"w": "operator_norm"},
    sharp=True,
    options={"layer": "mlp"},
)
BINDINGS = (Binding("torch_impl.layers:gradient_mlp", "gradient_mlp"),)
