"""The regular part of the derivative of f = G_# at an added atom: psi(G(mu, x)), with error at most the rate times eps.

Statement
    Let f(mu) = G(mu, .)_# mu, mu_eps = (1 - eps) mu + eps delta_x, 0 < eps < 1, psi a bounded Borel function. Then
    b(eps) := [int psi df(mu_eps) - (1 - eps) int psi df(mu)]/eps = psi(G(mu_eps, x)) + ((1 - eps)/eps) int psi(G(mu_eps, .)) - psi(G(mu, .)) dmu.
    If psi is constant on a neighbourhood of each G(mu, y), y in supp mu, that contains G(mu_eps, y), the integral vanishes exactly. If psi is
    ell-Lipschitz and |G(mu, .) - G(nu, .)| <= m W_1(mu, nu), then |b(eps) - psi(G(mu, x))| <= ell m D eps, D the diameter, for such psi; for any
    ell-Lipschitz psi the integral stays within ell m D, and it need not be small. Every d, any measure, no token count.

Proof
    1. int psi df(mu_eps) = (1 - eps) int psi(G(mu_eps, .)) dmu + eps psi(G(mu_eps, x)): push-forward.   kernel    MM-13.bracket
    2. If psi(G(mu_eps, y)) = psi(G(mu, y)) mu-almost everywhere, only psi(G(mu_eps, x)) is left.   kernel    MM-13.exact
    3. W_1(mu_eps, mu) <= eps D: |psi(G(mu_eps, x)) - psi(G(mu, x))| <= ell m D eps.         kernel    MM-13.rate
    4. The singular part is at most (1 - eps) ell m D.                                        kernel    MM-13.singular
    5. For a smooth G the singular part tends to int psi'(G) dG: in one dimension, with G(mu, y) = y + M(mu), psi = id, mu = delta_0 and
       x = 1 it is (1 - eps) for every eps.                                                    symbolic  derivation

Sharpness
    Both bounds are attained: G(mu, y) = y + M(mu), M the mean, psi = id (step 5), rate at mu = delta_0, x = D.

Source
    furuya2025support (arXiv:2509.25611), the regular part as reconstructed; the quantitative form: proofcheck.

Audit
    No derivative is taken: b(eps) is a difference quotient, and steps 1 and 2 are identities for every eps. G need not be differentiable;
    without the Lipschitz bound step 2 still gives b(eps) = psi(G(mu_eps, x)), so the limit exists iff psi(G(mu_eps, x)) converges.
    At mu = delta_0 and x = 1 for the map of MM-16, p = 1, b(eps) = psi(sin log eps): no limit. A psi that is not locally constant sees the
    singular part: refuted below. If x carries an atom of mu, nothing changes.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-13"
TITLE = "The regular part of the derivative"
SOURCE = Source("furuya2025support", "2509.25611", "the regular part, as reconstructed; quantitative form: proofcheck")
LABEL = "upper"
ASSUMES = ()
USES = ()

ell, m, D, eps = sp.symbols("ell m D eps", nonnegative=True)
BOUNDS = {"error": ell * m * D * eps, "singular_part": (1 - eps) * ell * m * D}
SYMBOLS = {
    "ell": "Lipschitz constant of the test function",
    "m": "Lipschitz constant of G in the measure (W_1)",
    "D": "diameter of the space",
    "eps": "mass of the added atom",
}

RATE, SINGULAR = text(BOUNDS["error"]), text(BOUNDS["singular_part"])
# after: psi(G(mu_eps, y)), before: psi(G(mu, y)), both under mu; at: psi(G(mu_eps, x))
BRACKET = {
    "int psi df(mu_eps)": "new == (1 - eps)*E[after] + eps*at",
    "int psi df(mu)": "old == E[before]",
    "b eps is the bracket": "b*eps == new - (1 - eps)*old",
}
SAME = {"psi does not see the atoms move": "after == before", "eps > 0": "eps > 0"}
LIPSCHITZ = {
    "psi is ell-Lipschitz": "Abs(after - before) <= ell*g",
    "G moves by at most m W_1": "g <= m*rho",
    "W_1(mu_eps, mu) <= eps D": "rho <= eps*D",
    "ell >= 0": "ell >= 0",
    "m >= 0": "m >= 0",
}


def derivation() -> list[DerivationStep]:
    # G(mu, y) = y + M(mu), psi = id, mu = delta_0, x = 1: M(mu_eps) = eps
    old = sp.Integer(0)
    new = (1 - eps) * (0 + eps) + eps * (1 + eps)
    b = (new - (1 - eps) * old) / eps
    return [
        DerivationStep(
            "the example", sp.expand(b) - (1 + eps), BOUNDS["singular_part"].subs({ell: 1, m: 1, D: 1}), "M = eps"
        ),
        DerivationStep("its rate", 1 + eps - 1, BOUNDS["error"].subs({ell: 1, m: 1, D: 1}), "psi(G(mu_eps, 1)) - 1"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-13.bracket",
            "The bracket is the value at the new atom and the drift of the old ones.",
            BRACKET,
            "b*eps == eps*at + (1 - eps)*E[after - before]",
            random="after, before",
        ),
        statement(
            "MM-13.exact",
            "Where psi does not see the old atoms move, the bracket is psi(G(mu_eps, x)) exactly.",
            BRACKET | SAME,
            "b == at",
            random="after, before",
        ),
        statement("MM-13.rate", "At the new atom.", LIPSCHITZ, f"Abs(after - before) <= {RATE}"),
        statement(
            "MM-13.singular",
            "The drift of the old atoms, divided by eps.",
            LIPSCHITZ | {"eps > 0": "eps > 0", "eps < 1": "eps < 1"},
            f"Abs(E[after - before])*(1 - eps)/eps <= {SINGULAR}",
            random="after, before, g",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-13.bracket",
            0,
            model({"at": "1/3", "b": -1, "eps": -2, "new": -1, "old": -1}, E=[(1, {"after": "103/300", "before": -1})]),
            "not: int psi df(mu_eps)",
        ),
        Counterexample(
            "MM-13.bracket",
            1,
            model({"at": "-1/2", "b": "-3/5", "eps": 0, "new": 1, "old": 1}, E=[(1, {"after": 1, "before": -3})]),
            "not: int psi df(mu)",
        ),
        Counterexample(
            "MM-13.bracket",
            2,
            model({"at": 2, "b": -2, "eps": "-11/4", "new": 2, "old": "-1/2"}, E=[(1, {"after": 2, "before": "-1/2"})]),
            "not: b eps is the bracket",
        ),
        Counterexample(
            "MM-13.exact",
            0,
            model({"at": "7/4", "b": 2, "eps": 1, "new": 2, "old": -2}, E=[(1, {"after": -2, "before": -2})]),
            "not: int psi df(mu_eps)",
        ),
        Counterexample(
            "MM-13.exact",
            1,
            model({"at": -1, "b": 0, "eps": "1/2", "new": 0, "old": 0}, E=[(1, {"after": 1, "before": 1})]),
            "not: int psi df(mu)",
        ),
        Counterexample(
            "MM-13.exact",
            2,
            model({"at": 0, "b": 1, "eps": 1, "new": 0, "old": 0}, E=[(1, {"after": 0, "before": 0})]),
            "not: b eps is the bracket",
        ),
        Counterexample(
            "MM-13.exact",
            3,
            model({"at": -1, "b": 0, "eps": "1/2", "new": 0, "old": 0}, E=[(1, {"after": 1, "before": 0})]),
            "not: psi does not see the atoms move",
        ),
        Counterexample(
            "MM-13.exact",
            4,
            model({"at": 0, "b": 1, "eps": 0, "new": 0, "old": 0}, E=[(1, {"after": 0, "before": 0})]),
            "not: eps > 0",
        ),
        Counterexample(
            "MM-13.rate",
            0,
            model({"D": -2, "after": "5/2", "before": 1, "ell": 0, "eps": "-5/2", "g": "-201/100", "m": 3, "rho": 0}),
            "not: psi is ell-Lipschitz",
        ),
        Counterexample(
            "MM-13.rate",
            1,
            model({"D": 1, "after": "101/100", "before": 0, "ell": 3, "eps": "-1/2", "g": 2, "m": 0, "rho": "-1/2"}),
            "not: G moves by at most m W_1",
        ),
        Counterexample(
            "MM-13.rate",
            2,
            model(
                {
                    "D": 1,
                    "after": "4/3",
                    "before": "43/30",
                    "ell": "7/3",
                    "eps": -1,
                    "g": 3,
                    "m": "31/10",
                    "rho": "301/100",
                }
            ),
            "not: W_1(mu_eps, mu) <= eps D",
        ),
        Counterexample(
            "MM-13.rate",
            3,
            model(
                {"D": "-5/2", "after": 3, "before": -1, "ell": -3, "eps": 0, "g": -2, "m": "1/2", "rho": "-2001/1000"}
            ),
            "not: ell >= 0",
        ),
        Counterexample(
            "MM-13.rate",
            4,
            model(
                {"D": "7/3", "after": -1, "before": 2, "ell": "5/2", "eps": "-1/3", "g": "5/3", "m": -1, "rho": "-5/3"}
            ),
            "not: m >= 0",
        ),
        Counterexample(
            "MM-13.singular",
            0,
            model(
                {"D": "3/2", "ell": "3/2", "eps": "1/2", "m": "1/2", "rho": "1/2"},
                E=[(1, {"after": "8/5", "before": 3, "g": 0})],
            ),
            "not: psi is ell-Lipschitz",
        ),
        Counterexample(
            "MM-13.singular",
            1,
            model(
                {"D": -2, "ell": "5/2", "eps": "1/4", "m": 0, "rho": -2},
                E=[(1, {"after": "-1/2", "before": -2, "g": 3})],
            ),
            "not: G moves by at most m W_1",
        ),
        Counterexample(
            "MM-13.singular",
            2,
            model(
                {"D": "-11/4", "ell": 2, "eps": "1/2", "m": "199/100", "rho": 3},
                E=[(1, {"after": "-2751/1000", "before": 1, "g": 3})],
            ),
            "not: W_1(mu_eps, mu) <= eps D",
        ),
        Counterexample(
            "MM-13.singular",
            3,
            model(
                {"D": "5/2", "ell": "-5/4", "eps": "1/4", "m": 2, "rho": "-2/3"},
                E=[(1, {"after": -1, "before": "-1/2", "g": "-5/2"})],
            ),
            "not: ell >= 0",
        ),
        Counterexample(
            "MM-13.singular",
            4,
            model(
                {"D": 3, "ell": 2, "eps": "1/2", "m": "-5/3", "rho": -2},
                E=[(1, {"after": "301/100", "before": 3, "g": "311/100"})],
            ),
            "not: m >= 0",
        ),
        Counterexample(
            "MM-13.singular",
            5,
            model(
                {"D": -3, "ell": 3, "eps": -1, "m": "1/2", "rho": 2},
                E=[(1, {"after": 0, "before": "1/10", "g": "2/3"})],
            ),
            "not: eps > 0",
        ),
        Counterexample(
            "MM-13.singular",
            6,
            model(
                {"D": "3/2", "ell": 1, "eps": "5/2", "m": 1, "rho": "249/100"},
                E=[(1, {"after": "5/2", "before": "5/2", "g": 1})],
            ),
            "not: eps < 1",
        ),
    ]


def refuted() -> list[Refuted]:
    generic = statement(
        "MM-13.generic",
        "",
        BRACKET | {"psi is 1-Lipschitz": "Abs(after - before) <= eps", "eps > 0": "eps > 0"},
        "Abs(b - at) <= 1/2",
        random="after, before",
    )
    less = statement("MM-13.less", "", LIPSCHITZ, f"Abs(after - before) <= 999/1000*({RATE})")
    drift = statement(
        "MM-13.drift",
        "",
        LIPSCHITZ | {"eps > 0": "eps > 0", "eps < 1": "eps < 1"},
        f"Abs(E[after - before])*(1 - eps)/eps <= 999/1000*({SINGULAR})",
        random="after, before, g",
    )
    return [
        Refuted(
            "any test function",
            "For every 1-Lipschitz psi the bracket is within 1/2 of psi(G(mu_eps, x)).",
            generic.text,
            model({"at": "3/4", "b": 0, "eps": 4, "new": 0, "old": 0}, E=[(1, {"after": 1, "before": 0})]),
        ),
        Refuted(
            "0.999 of the rate",
            "The error is at most 0.999 ell m D eps.",
            less.text,
            model(
                {
                    "D": -1,
                    "after": 0,
                    "before": 1,
                    "ell": 1,
                    "eps": "-1025/1024",
                    "g": "4097/4096",
                    "m": 1,
                    "rho": "2049/2048",
                }
            ),
        ),
        Refuted(
            "0.999 of the drift",
            "The singular part is at most 0.999 of its bound.",
            drift.text,
            model(
                {"D": "131203/65536", "ell": 1, "eps": "1/2", "m": 1, "rho": "65601/65536"},
                E=[(1, {"after": 0, "before": -1, "g": "1025/1024"})],
            ),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
