"""The oscillating map is a uniform limit of maps with continuous in-context maps, at distance 2/(3 sqrt 3) eta.

Statement
    Let f be the map of MM-16 (p = 1), G_eta(mu, x) = x sin(log max(M(mu), eta)) on P([0, 1]) x [0, 1], 0 < eta <= 1, M the mean, and
    f_eta(mu) = G_eta(mu, .)_# mu. Then |G_eta(mu, x) - G_eta(nu, y)| <= |x - y| + W_1(mu, nu)/eta, so G_eta is continuous, and
    W_1(f(mu), f_eta(mu)) <= 2/(3 sqrt(3)) eta for every Borel probability measure mu on [0, 1].

Proof
    1. sin, arsinh are 1-Lipschitz, so angles log M, log N have |sin log M - sin log N|^2 M N <= (M - N)^2.   assumed   mean_value_inequality
    2. Where M >= eta the maps agree. Where 0 < M < eta every x moves by x |s - s'|, in the mean M |s - s'|; with
       (s - s')^2 M eta <= (eta - M)^2 its square is at most M (eta - M)^2/eta <= 4/27 eta^2.   kernel    MM-17.close
    3. max(., eta) is 1-Lipschitz and means differ by at most W_1.                             kernel    MM-17.truncation
    4. |s - s'| <= |M' - N'|/eta where M', N' >= eta.                                         kernel    MM-17.factor
    5. |x s - y s'| <= |x - y| + |s - s'| for |s| <= 1, 0 <= y <= 1.                             kernel    MM-17.continuous
    6. M (eta - M)^2 has its maximum 4/27 eta^3 at M = eta/3.                                  symbolic  derivation

Sharpness
    Not sharp: the exact supremum of W_1(f, f_eta)/eta over Dirac measures is 2/sqrt(5) e^{-2 arctan(1/2)} = 0.3538..., the bound 0.3849.
    The constant 1/eta of continuity is attained in the limit at M = eta, up to the factor |cos(log eta)|.

Source
    proofcheck.

Audit
    Our first bound was 2 eta (both factors at most 1). f can be approximated, so a Transformer may approximate it in the supremum of W_1;
    what fails is exact representation by a continuous map. At M = 0 both maps give delta_0.
    Refuted below: 0.999 of the bound on the square in step 2, and a modulus of continuity that does not depend on eta.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-17"
TITLE = "The oscillating map is approximable"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; about its one-dimensional counterexample, not read")
LABEL = "upper"
ASSUMES = ("mean_value_inequality",)
USES = ("MM-16",)

eta = sp.Symbol("eta", positive=True)
BOUNDS = {"error": 2 * eta / (3 * sp.sqrt(3)), "context_constant": 1 / eta}
SYMBOLS = {"eta": "where the mean is cut off below"}

ERROR, CONTEXT = text(BOUNDS["error"] ** 2), text(BOUNDS["context_constant"])
NEAR = {
    "the chord": "d**2*M*eta <= (eta - M)**2",
    "M > 0": "M > 0",
    "M <= eta": "M <= eta",
}
FACTOR = {"the chord": "d**2*M*N <= (M - N)**2", "M >= eta": "M >= eta", "N >= eta": "N >= eta", "eta > 0": "eta > 0"}
CLOSE = {"|M - N| <= rho": "Abs(M - N) <= rho"}
PAIR = {"|s| <= 1": "Abs(s) <= 1", "y >= 0": "y >= 0", "y <= 1": "y <= 1"}


def derivation() -> list[DerivationStep]:
    M = sp.Symbol("M", positive=True)
    cubic = M * (eta - M) ** 2
    return [
        DerivationStep("the largest square", cubic.subs(M, eta / 3) / eta, BOUNDS["error"] ** 2, "M = eta/3"),
        DerivationStep("it is stationary", sp.diff(cubic, M).subs(M, eta / 3), sp.Integer(0), "differentiate"),
    ]


def claims() -> list[Claim]:
    return [
        statement("MM-17.close", "The mean displacement M d, squared, d = |s - s'|.", NEAR, f"(M*d)**2 <= {ERROR}"),
        statement(
            "MM-17.truncation",
            "Means cut off at eta differ by at most rho.",
            CLOSE,
            "Abs(Max(M, eta) - Max(N, eta)) <= rho",
        ),
        statement("MM-17.factor", "The factor moves by |M - N|/eta.", FACTOR, f"Abs(d) <= Abs(M - N)*({CONTEXT})"),
        statement(
            "MM-17.continuous",
            "G_eta at two places: s, u the factors.",
            PAIR | {"g = |x - y|": "Abs(x - y) <= g"},
            "Abs(x*s - y*u) <= g + Abs(s - u)",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-17.continuous", 0, model({"g": 3, "s": "3001/1000", "u": -2, "x": 2, "y": 1}), "not: |s| <= 1"
        ),
        Counterexample(
            "MM-17.continuous", 1, model({"g": 2, "s": -1, "u": "-11/4", "x": -1, "y": "-137/50"}), "not: y >= 0"
        ),
        Counterexample(
            "MM-17.continuous", 2, model({"g": "1/2", "s": "501/1000", "u": "7/3", "x": "5/2", "y": 2}), "not: y <= 1"
        ),
        Counterexample(
            "MM-17.continuous", 3, model({"g": -2, "s": "1/2", "u": "501/1000", "x": 1, "y": "1/2"}), "not: g = |x - y|"
        ),
        Counterexample("MM-17.close", 0, model({"M": 2, "d": -1, "eta": 3}), "not: the chord"),
        Counterexample("MM-17.close", 1, model({"M": -2, "d": "1/2", "eta": "501/1000"}), "not: M > 0"),
        Counterexample("MM-17.close", 2, model({"M": 3, "d": -1, "eta": "-1/2"}), "not: M <= eta"),
        Counterexample("MM-17.truncation", 0, model({"M": 3, "N": -1, "eta": "-1/2", "rho": 2}), "not: |M - N| <= rho"),
        Counterexample("MM-17.factor", 0, model({"M": 3, "N": "31/10", "d": 1, "eta": "3/2"}), "not: the chord"),
        Counterexample("MM-17.factor", 1, model({"M": 0, "N": 2, "d": 2, "eta": 2}), "not: M >= eta"),
        Counterexample("MM-17.factor", 2, model({"M": 1, "N": "-1/2", "d": 3, "eta": "3/4"}), "not: N >= eta"),
        Counterexample("MM-17.factor", 3, model({"M": 3, "N": 0, "d": "-8/3", "eta": -2}), "not: eta > 0"),
    ]


def _steep() -> dict:
    """N = eta = 1, M = 1.0001: d^2 M N = (M - N)^2 nearly, d = 0.99995 (M - N)."""
    return model({"eta": 1, "N": 1, "M": "10001/10000", "d": "99994/1000000000"})


def refuted() -> list[Refuted]:
    smaller = statement("MM-17.smaller", "", NEAR, f"(M*d)**2 <= 999/1000*({ERROR})")
    uniform = statement("MM-17.uniform", "", FACTOR, "Abs(d) <= Abs(M - N)")
    below = statement("MM-17.below", "", FACTOR, f"Abs(d) <= 999/1000*Abs(M - N)*({CONTEXT})")
    return [
        Refuted(
            "0.999 of the bound",
            "The square is at most 0.999 times 4/27 eta^2.",
            smaller.text,
            model({"M": 1, "d": "591/512", "eta": 3}),
        ),
        Refuted(
            "no eta",
            "The factor is 1-Lipschitz in the mean for every eta.",
            uniform.text,
            model({"M": 1, "N": "1/2", "d": "51/100", "eta": "2/5"}),
        ),
        Refuted("0.999/eta", "The factor is 0.999/eta-Lipschitz, by the chord alone.", below.text, _steep()),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
