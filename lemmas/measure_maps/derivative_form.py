"""The same characterisation by difference quotients at added atoms: all limits exist and their points move uniformly continuously.

Statement
    Omega, K', f as in MM-14. For mu in D (discrete, distinct subset sums with gap gamma), x in Omega and smooth psi, locally constant near the finite
    set supp f(mu), let b(eps) = [int psi df(mu_eps) - (1 - eps) int psi df(mu)]/eps, mu_eps = (1 - eps) mu + eps delta_x. Then f = G_# with a
    continuous G if and only if (a) every b(eps) has a limit as eps -> 0, which then is psi(gamma(mu, x)) for one point gamma(mu, x) of
    K', and (b) gamma is uniformly continuous for W_1 + |.|. In that case gamma = G. Every compact Omega, no token count.

Proof
    1. (=>) G(mu_eps, x_i) -> G(mu, x_i), where psi is locally constant: from some eps on b(eps) = psi(G(mu_eps, x)) exactly, by
       MM-13.exact, and it tends to psi(G(mu, x)). G is uniformly continuous, by MM-14.         kernel    MM-15.continuous
    2. (<=) Couple f(mu_eps) with f(mu) at cost tau; the mass moved farther than s is at most tau/s.   kernel    MM-15.markov
    3. If the atoms of f(mu) are at least 2 s apart, a ball of radius s about one of them has the mass of the atom, up to that.
                                                                                             kernel    MM-15.ball
    4. The labels in it carry that mass up to tau/s + eps; below gamma/2 they are the labels of the atom, by MM-11.decode.   kernel    MM-15.labels
    5. So every old atom stays within s of its place, psi does not see it move, and b(eps) = psi(y^eps), y^eps the new atom
       (MM-13.exact); tau -> 0 as eps -> 0, f being weakly continuous: W_1(mu_eps, mu) <= eps D.   kernel    MM-15.weak
    6. y^eps has a limit point in K'; with two of them, a psi that is 1 at one and 0 at the other has no limit.   kernel    MM-15.two_limits
    7. K' is compact, so a single limit point is the limit.                                    assumed   compactness, compactness_of_probability_measures
    8. At x = x_j the mass eps sits on y_j^eps: gamma = g on G_D, uniformly continuous, so MM-14 applies.   symbolic  derivation

Sharpness
    (b) cannot be dropped: see Audit. The error tau/s + eps of step 4 is attained by mass that leaves the ball exactly at distance s.

Source
    proofcheck; a form of the characterisation in furuya2025support (arXiv:2509.25611), which is only reconstructed.

Audit
    Read as "iff all limits exist", with uniform continuity as a consequence, the statement is false: on [0, 1] let mu_0 be uniform on
    [0, 1/2] and G(mu, x) = x + max(x - 1/2, 0) sin(log W_1(mu, mu_0)), f = G_#. f is weakly continuous (W_1(f(mu), mu) is at most
    int max(x - 1/2, 0) dmu <= W_1(mu, mu_0), and away from mu_0 G is continuous), f carries weights, and all limits exist: discrete mu
    differ from mu_0. But G(., 1) oscillates between 1/2 and 3/2 near mu_0, so no continuous G represents f. Tested in exact numbers.
    For MM-16 already the limits fail, at (delta_0, 1). No differentiability of G is used in either direction.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-15"
TITLE = "In-context maps by difference quotients"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; a form of its main theorem, as reconstructed")
LABEL = "upper"
ASSUMES = ("compactness", "compactness_of_probability_measures")
USES = ("MM-11", "MM-13", "MM-14")

tau, eps = sp.symbols("tau eps", nonnegative=True)
s = sp.Symbol("s", positive=True)
BOUNDS = {"error": tau / s + eps}
SYMBOLS = {
    "tau": "cost of a coupling of f(mu_eps) and f(mu)",
    "s": "radius of the balls about the atoms of f(mu), at most half of their distance",
    "eps": "mass of the added atom",
}

ERROR = text(BOUNDS["error"])
FAR = {"far is 1 where the coupling moves by s or more": "s*far <= g", "the coupling costs at most tau": "E[g] <= tau"}
FAR |= {"s > 0": "s > 0"}
# inside: the end under f(mu_eps) is in the ball; atom: the end under f(mu) is the atom
BALL = {
    "what is at the atom comes from the ball or from far": "atom <= inside + far",
    "what is in the ball goes to the atom or far": "inside <= atom + far",
    "far mass": "E[far] <= theta",
}
LABELS = {
    "old labels of mass A and a share z of the new atom": "m == (1 - eps)*A + eps*z",
    "the ball has the mass of the atom": "Abs(m - t) <= tau/s",
    "A is a mass": "A >= 0",
    "A <= 1": "A <= 1",
    "z >= 0": "z >= 0",
    "z <= 1": "z <= 1",
    "eps >= 0": "eps >= 0",
}


def derivation() -> list[DerivationStep]:
    a = sp.Symbol("a", nonnegative=True)
    return [DerivationStep("the mass at x_j", (1 - eps) * a + eps, a + eps * (1 - a), "mu_eps at an atom of mass a")]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-15.continuous",
            "psi is 1-Lipschitz: its value follows G(mu_eps, x) to G(mu, x).",
            {"b is psi at the new atom": "b == p", "psi is 1-Lipschitz": "Abs(p - q) <= d", "G is near": "d <= t"},
            "Abs(b - q) <= t",
        ),
        statement("MM-15.markov", "Mass that moves far.", FAR, "E[far] <= tau/s", random="far, g"),
        statement(
            "MM-15.ball",
            "The ball against the atom.",
            BALL,
            "Abs(E[inside] - E[atom]) <= theta",
            random="inside, atom, far",
        ),
        statement("MM-15.labels", "The labels in the ball have mass A, the atom t.", LABELS, f"Abs(A - t) <= {ERROR}"),
        statement(
            "MM-15.weak",
            "The added atom costs at most eps D.",
            {"distances": "g <= D", "eps >= 0": "eps >= 0"},
            "eps*E[g] <= eps*D",
            random="g",
        ),
        statement(
            "MM-15.two_limits",
            "A limit near 1 and near 0.",
            {"along one sequence": "Abs(l - 1) <= t", "along the other": "Abs(l) <= t"},
            "t >= 1/2",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-15.continuous",
            0,
            model({"b": -2, "d": "1/2", "p": "501/1000", "q": 1, "t": "1/2"}),
            "not: b is psi at the new atom",
        ),
        Counterexample(
            "MM-15.continuous", 1, model({"b": 2, "d": -3, "p": 2, "q": 1, "t": -2}), "not: psi is 1-Lipschitz"
        ),
        Counterexample(
            "MM-15.continuous", 2, model({"b": 0, "d": 1, "p": 0, "q": "1/2", "t": "-1/1000"}), "not: G is near"
        ),
        Counterexample(
            "MM-15.markov",
            0,
            model({"s": 2, "tau": -2}, E=[(1, {"far": 0, "g": -2})]),
            "not: far is 1 where the coupling moves by s or more",
        ),
        Counterexample(
            "MM-15.markov",
            1,
            model({"s": "3/2", "tau": "7/5"}, E=[(1, {"far": 1, "g": 3})]),
            "not: the coupling costs at most tau",
        ),
        Counterexample("MM-15.markov", 2, model({"s": -2, "tau": 3}, E=[(1, {"far": 0, "g": "29/10"})]), "not: s > 0"),
        Counterexample(
            "MM-15.ball",
            0,
            model({"theta": 0}, E=[(1, {"atom": 1, "far": 0, "inside": "1/2"})]),
            "not: what is at the atom comes from the ball or from far",
        ),
        Counterexample(
            "MM-15.ball",
            1,
            model({"theta": "3/2"}, E=[(1, {"atom": "7/5", "far": 1, "inside": 3})]),
            "not: what is in the ball goes to the atom or far",
        ),
        Counterexample(
            "MM-15.ball", 2, model({"theta": 0}, E=[(1, {"atom": "1/10", "far": 1, "inside": "-1/4"})]), "not: far mass"
        ),
        Counterexample(
            "MM-15.labels",
            0,
            model({"A": 1, "eps": "9/4", "m": -2, "s": 3, "t": -2, "tau": 2, "z": 1}),
            "not: old labels of mass A and a share z of the new atom",
        ),
        Counterexample(
            "MM-15.labels",
            1,
            model({"A": "1/2", "eps": "501/1000", "m": "1/2", "s": "-1/2", "t": "51/100", "tau": "51/100", "z": "1/2"}),
            "not: the ball has the mass of the atom",
        ),
        Counterexample(
            "MM-15.labels",
            2,
            model({"A": "-4/3", "eps": 1, "m": 0, "s": 2, "t": "1/2", "tau": 1, "z": 0}),
            "not: A is a mass",
        ),
        Counterexample(
            "MM-15.labels",
            3,
            model({"A": 2, "eps": 1, "m": "1/2", "s": 3, "t": "499/1000", "tau": "1/2", "z": "1/2"}),
            "not: A <= 1",
        ),
        Counterexample(
            "MM-15.labels",
            4,
            model({"A": 0, "eps": "1/2", "m": -1, "s": -1, "t": -1, "tau": 0, "z": -2}),
            "not: z >= 0",
        ),
        Counterexample(
            "MM-15.labels", 5, model({"A": 0, "eps": "1/2", "m": 1, "s": -1, "t": 1, "tau": 0, "z": 2}), "not: z <= 1"
        ),
        Counterexample(
            "MM-15.labels",
            6,
            model({"A": "1/2", "eps": -3, "m": -1, "s": "-31/10", "t": "-99/100", "tau": -1, "z": 1}),
            "not: eps >= 0",
        ),
        Counterexample("MM-15.weak", 0, model({"D": 0, "eps": "1/10"}, E=[(1, {"g": 1})]), "not: distances"),
        Counterexample("MM-15.weak", 1, model({"D": 3, "eps": -1}, E=[(1, {"g": "-1/2"})]), "not: eps >= 0"),
        Counterexample("MM-15.two_limits", 0, model({"l": 0, "t": 0}), "not: along one sequence"),
        Counterexample("MM-15.two_limits", 1, model({"l": 1, "t": 0}), "not: along the other"),
    ]


def refuted() -> list[Refuted]:
    less = statement("MM-15.less", "", LABELS, f"Abs(A - t) <= 999/1000*({ERROR})")
    ignored = statement("MM-15.ignored", "", LABELS, "Abs(A - t) <= tau/s")
    return [
        Refuted(
            "0.999 of the error",
            "The labels carry the mass up to 0.999 (tau/s + eps).",
            less.text,
            model({"A": 0, "eps": 0, "m": 0, "s": -1, "t": -1, "tau": "-1025/1024", "z": 0}),
        ),
        Refuted(
            "the new atom ignored",
            "The labels carry the mass up to tau/s.",
            ignored.text,
            model({"A": 0, "eps": 2, "m": 1, "s": -1, "t": 1, "tau": 0, "z": "1/2"}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
