"""Universal approximation under the Lipschitz constraint, and the error of its construction: 2 delta + C kappa.

Statement
    Let Omega in R^n be compact with at least two points, C > 0, K the scalar in-context maps <v, T(Q_# mu, Q x)>, T any composition
    of admissible layers of LT-01, LT-04 and LT-05, and G_C = K with C_{1,C}. For every g in C_{1,C}(P(Omega) x Omega) and eps > 0
    some member of G_C is within eps of g, for all measures and queries: no token count appears.
    Construction. Let p_1, ..., p_N be distinct, d(p, q) = |x - x'| + C W_1(mu, nu), and let f_ij in G_C have gap =
    f_ij(p_i) - f_ij(p_j) >= d(p_i, p_j) - C kappa. With alpha = (g(p_i) - g(p_j))/gap clipped to [-1, 1] (0 if gap <= 0) and
    g_ij = g(p_i) + alpha (f_ij - f_ij(p_i)), M = max_i min_{j != i} g_ij has 0 <= M - g <= C kappa at the p_i and
    |M - g| <= 2 delta + C kappa at distance delta from them: at most eps if delta <= eps/4 and C kappa <= eps/2.

Proof
    1. P(Omega) with W_1 is compact.                                                         assumed   compactness_of_probability_measures
    2. G_C is a lattice in C_{1,C} (LT-12, LT-13) and holds the f of LT-15 (LT-14, LT-19, with a loss as small as wanted), so alpha f
       + beta of LT-16: values inside the budget are taken at any two points.                kernel    LT-16.at_p, LT-16.at_q
    3. LT-18 gives a member of G_C within eps.                                               kernel    LT-18.close
    4. The clipped alpha has |alpha| <= 1, so g_ij is in C_{1,C} (LT-16.closed).             kernel    LT-20.clip
    5. g_ij(p_j) = g(p_i) - alpha gap <= g(p_j) + C kappa if gap > 0, where alpha gap is
       g(p_i) - g(p_j) clipped to [-gap, gap].                                               kernel    LT-20.homogeneous, LT-20.column
    6. and if gap <= 0, where alpha = 0.                                                     kernel    LT-20.no_gap
    7. g_ij(p_i) = g(p_i), so M >= g at every p_i.                                           kernel    LT-20.net_below
    8. M <= g + C kappa at every p_j: each row i != j has g_ij, row j is exact.              kernel    LT-20.net_above
    9. M and g are both 1-Lipschitz for d: two times delta.                                  kernel    LT-20.off_net
   10. delta <= eps/4 and C kappa <= eps/2 give eps.                                         kernel    LT-20.error
   11. A finite net with delta <= eps/4 exists, as P(Omega) x Omega is compact.              assumed   compactness
   12. kappa: h(y) = max_m <u_m, y> over unit vectors u_m is at most |y|.                     kernel    LT-20.polyhedral
   13. If some u_m is within angle theta of y, h(y) >= c |y|, c = cos theta: transport for h costs at least c W_1, which is at
       least W_1 - (1 - c) diam Omega.                                                       kernel    LT-20.loss
   14. d = 2, directions +-e_1, +-e_2: theta = pi/4, c^2 = 1/2.                              kernel    LT-20.four
   15. With -u_m for each u_m and c > 0, h is a norm; an optimal potential for the distance h(y - z) exists, by 12 it is 1-Lipschitz,
       by 13 kappa = (1 - c) diam Omega; for finitely many tokens it is phi(y) = min_k (phi_k + h(y - y_k)), a min-max of slopes u_m.
       In d = 1, h = |.| and kappa = 0.                                                      assumed   kantorovich_rubinstein_duality
   16. 2 eps/4 + eps/2 = eps; g_ij = g(p_i) at p_i.                                          symbolic  derivation

Sharpness
    2 delta + C kappa is attained by numbers: on the net M - g = C kappa, then M rises and g falls by delta. delta + C kappa is
    refuted below. The claims say nothing on the size of N, which grows with the covering numbers of P(Omega).

Source
    furuya2026approximation (arXiv:2602.15503), Theorem 8, as reconstructed; the construction is proofcheck's.

Audit
    C = 0 is LT-19 in x (nothing depends on the context); a one-point Omega needs a constant only. Scalar outputs: coordinate by
    coordinate it gives R^m-valued maps that are sqrt(m)-Lipschitz, no more. The loss C kappa is one-sided on the net: M >= g there.
    delta + C kappa, which a reader may expect, is not enough: both functions move.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-20"
TITLE = "Universal approximation and its construction"
SOURCE = Source("furuya2026approximation", "2602.15503", "Theorem 8, as reconstructed")
LABEL = "sharp"
ASSUMES = ("compactness", "compactness_of_probability_measures", "kantorovich_rubinstein_duality")
USES = ("LT-12", "LT-13", "LT-14", "LT-15", "LT-16", "LT-18", "LT-19")

delta, C, kappa, eps, Delta = sp.symbols("delta C kappa eps Delta", nonnegative=True)
c = sp.Symbol("c", real=True)
BOUNDS = {
    "error": 2 * delta + C * kappa,
    "net_error": C * kappa,
    "delta_max": eps / 4,
    "loss_max": eps / 2,
    "kappa": (1 - c) * Delta,
}
SYMBOLS = {
    "delta": "distance of a point from the net, for |x - x'| + C W_1",
    "C": "Lipschitz constant in the context",
    "kappa": "loss of the potentials: int phi d(mu - nu) >= W_1 - kappa",
    "eps": "error allowed",
    "c": "cosine of the covering angle of the directions",
    "Delta": "diameter of Omega",
}

ALPHA = "Max(-1, Min(1, t))"  # t = (g(p_i) - g(p_j))/gap; below, a, b are g(p_i), g(p_j)
WITHIN = {"g is in C_{1,C}": "a - b <= d", "f separates, but for a loss": "gap >= d - C*kappa"}
LOSS = {"C >= 0": "C >= 0", "kappa >= 0": "kappa >= 0"}
ROW = {"M is the maximum": "M >= m", "row i attains its minimum": "m == f", "g_ij is exact at p_i": "f == v"}
COLUMN = {"M is some row": "M == r", "g_ij is in row i": "r <= h", "column": f"h <= v + {text(BOUNDS['net_error'])}"}
MOVE = {"M is 1-Lipschitz for d": "Abs(M - m) <= delta", "g is 1-Lipschitz for d": "Abs(g - v) <= delta"}
ON_NET = {"M >= g on the net": "m >= v", "M <= g + C kappa on the net": f"m <= v + {text(BOUNDS['net_error'])}"}


def derivation() -> list[DerivationStep]:
    alpha, value, f = sp.symbols("alpha value f", real=True)
    at_most = BOUNDS["error"].subs({delta: BOUNDS["delta_max"], C * kappa: BOUNDS["loss_max"]})
    return [
        DerivationStep("mesh and loss", at_most, eps, "2 eps/4 + eps/2"),
        DerivationStep("exact at p_i", value + alpha * (f - f), value, "f - f(p_i) vanishes at p_i"),
        DerivationStep("directions", Delta - c * Delta, BOUNDS["kappa"], "W_1 <= diam Omega"),
    ]


def claims() -> list[Claim]:
    return [
        statement("LT-20.clip", "The clipped coefficient is at most 1.", {}, f"Abs({ALPHA}) <= 1"),
        statement(
            "LT-20.homogeneous",
            "gap Max(x, y) = Max(gap x, gap y) for gap >= 0, so alpha gap is a - b clipped to [-gap, gap].",
            {"gap >= 0": "gap >= 0"},
            "gap*Max(x, y) == Max(gap*x, gap*y)",
        ),
        statement(
            "LT-20.column",
            "g_ij exceeds g at p_j by at most C kappa: a - alpha gap, alpha gap = a - b clipped to [-gap, gap].",
            WITHIN | LOSS,
            f"a - Max(-gap, Min(gap, a - b)) <= b + {text(BOUNDS['net_error'])}",
        ),
        statement(
            "LT-20.no_gap",
            "g(p_i) <= g(p_j) + C kappa + gap: alpha = 0 does if gap <= 0.",
            WITHIN,
            f"a <= b + {text(BOUNDS['net_error'])} + gap",
        ),
        statement("LT-20.net_below", "M >= g on the net.", ROW, "M >= v"),
        statement("LT-20.net_above", "M <= g + C kappa on the net.", COLUMN, f"M <= v + {text(BOUNDS['net_error'])}"),
        statement(
            "LT-20.off_net",
            "At distance delta from the net the error is 2 delta + C kappa.",
            MOVE | ON_NET,
            f"Abs(M - g) <= {text(BOUNDS['error'])}",
        ),
        statement(
            "LT-20.error",
            "delta <= eps/4 and C kappa <= eps/2 are enough.",
            {
                "the net is fine": f"delta <= {text(BOUNDS['delta_max'])}",
                "the loss": f"C*kappa <= {text(BOUNDS['loss_max'])}",
            },
            f"{text(BOUNDS['error'])} <= eps",
        ),
        statement(
            "LT-20.polyhedral",
            "<u, y> <= |y| for |u| <= 1; r = |y|.",
            {"|u| <= 1": "norm2(u) <= 1", "r = |y|": "norm2(y) == r**2", "r >= 0": "r >= 0"},
            "inner(u, y) <= r",
            vectors="u, y",
        ),
        statement(
            "LT-20.loss",
            "Transport for the cost h costs at least W_1 - (1 - c) diam Omega: E is a coupling, r = |y - z|, h = h(y - z).",
            {
                "the directions cover": "h >= c*r",
                "every coupling costs at least W_1": "E[r] >= rho",
                "c >= 0": "c >= 0",
                "c <= 1": "c <= 1",
                "W_1 <= diam Omega": "rho <= Delta",
            },
            f"E[h] >= rho - {text(BOUNDS['kappa'])}",
            random="r, h",
        ),
        statement(
            "LT-20.four",
            "d = 2, p = |y_1|, q = |y_2|: the larger and the smaller one have squares of sum |y|^2.",
            {},
            "Max(p, q)**2 + (p + q - Max(p, q))**2 == p**2 + q**2",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    column = {"gap": 1, "a": 0, "b": 0, "d": 1, "C": 1, "kappa": 0}
    low = {"M": 0, "m": 0, "f": 0, "v": 0}
    high = {"M": 0, "r": 0, "h": 0, "v": 0, "C": 1, "kappa": 0}
    off = {"M": 0, "m": 0, "g": 0, "v": 0, "delta": 0, "C": 1, "kappa": 0}
    cost = {"c": 1, "rho": 0, "Delta": 0}
    return [
        Counterexample(
            "LT-20.homogeneous", 0, model({"gap": -1, "x": 0, "y": 1}), "a negative factor turns Max into Min"
        ),
        Counterexample("LT-20.column", 0, model(column | {"a": 2}), "g is not in C_{1,C}"),
        Counterexample("LT-20.column", 1, model(column | {"a": 2, "d": 2}), "f does not separate"),
        Counterexample("LT-20.column", 2, model(column | {"d": 0, "C": -1, "kappa": 1}), "a negative constant"),
        Counterexample("LT-20.column", 3, model(column | {"d": 0, "kappa": -1}), "a negative loss"),
        Counterexample("LT-20.no_gap", 0, model(column | {"a": 2}), "g is not in C_{1,C}"),
        Counterexample("LT-20.no_gap", 1, model(column | {"gap": 0, "a": 1}), "f does not separate"),
        Counterexample("LT-20.net_below", 0, model(low | {"M": -1}), "not the maximum"),
        Counterexample("LT-20.net_below", 1, model(low | {"M": -1, "m": -1}), "lower than its row"),
        Counterexample("LT-20.net_below", 2, model(low | {"M": -1, "m": -1, "f": -1}), "not exact"),
        Counterexample("LT-20.net_above", 0, model(high | {"M": 1}), "higher than every row"),
        Counterexample("LT-20.net_above", 1, model(high | {"M": 1, "r": 1}), "higher than a member of its row"),
        Counterexample("LT-20.net_above", 2, model(high | {"M": 1, "r": 1, "h": 1}), "an interpolant that is too high"),
        Counterexample("LT-20.off_net", 0, model(off | {"M": 1}), "M jumps"),
        Counterexample("LT-20.off_net", 1, model(off | {"g": 1}), "g jumps"),
        Counterexample("LT-20.off_net", 2, model(off | {"M": -1, "m": -1}), "M is below g on the net"),
        Counterexample("LT-20.off_net", 3, model(off | {"M": 1, "m": 1}), "M is too high on the net"),
        Counterexample("LT-20.error", 0, model({"eps": 1, "delta": 1, "C": 0, "kappa": 0}), "a coarse net"),
        Counterexample("LT-20.error", 1, model({"eps": 1, "delta": 0, "C": 2, "kappa": 1}), "coarse potentials"),
        Counterexample("LT-20.polyhedral", 0, model({"r": 1}, {"u": [2], "y": [1]}), "|u| = 2"),
        Counterexample("LT-20.polyhedral", 1, model({"r": 0}, {"u": [1], "y": [1]}), "r is not the length"),
        Counterexample("LT-20.polyhedral", 2, model({"r": -1}, {"u": [1], "y": [1]}), "a negative length"),
        Counterexample("LT-20.loss", 0, model(cost, E=[(1, {"h": -1, "r": 0})]), "no direction is near"),
        Counterexample("LT-20.loss", 1, model(cost | {"rho": 1, "Delta": 1}, E=[(1, {"h": 0, "r": 0})]), "too cheap"),
        Counterexample("LT-20.loss", 2, model(cost | {"c": -1}, E=[(1, {"h": -1, "r": 1})]), "an angle above pi/2"),
        Counterexample(
            "LT-20.loss", 3, model(cost | {"c": 2, "Delta": 1}, E=[(1, {"h": 0, "r": 0})]), "c is no cosine"
        ),
        Counterexample(
            "LT-20.loss", 4, model(cost | {"c": 0, "rho": 1}, E=[(1, {"h": 0, "r": 1})]), "W_1 above the diameter"
        ),
    ]


def refuted() -> list[Refuted]:
    single = statement("LT-20.single", "", MOVE | ON_NET, "Abs(M - g) <= delta + C*kappa")
    less = statement("LT-20.less", "", MOVE | ON_NET, f"Abs(M - g) <= 999/1000*({text(BOUNDS['error'])})")
    exact = statement("LT-20.exact", "", WITHIN | LOSS, "a - Max(-gap, Min(gap, a - b)) <= b")
    five = statement("LT-20.five", "", {}, "Max(Abs(x), Abs(y))**2 >= 501/1000*(x**2 + y**2)")
    rises = {"M": 2, "m": 1, "g": -1, "v": 0, "delta": 1, "C": 1, "kappa": 1}
    return [
        Refuted(
            "one delta",
            "At distance delta from the net the error is at most delta + C kappa (false: M and g both move).",
            single.text,
            model(rises),
        ),
        Refuted("a smaller error", "The error is at most 0.999 (2 delta + C kappa).", less.text, model(rises)),
        Refuted(
            "exact with a loss",
            "Clipped interpolants are at most g at p_j even if the potentials lose something.",
            exact.text,
            model({"gap": 1, "a": 2, "b": 0, "d": 2, "C": 1, "kappa": 1}),
        ),
        Refuted(
            "four better directions",
            "max(|y_1|, |y_2|)^2 >= 0.501 |y|^2.",
            five.text,
            model({"x": 1, "y": 1}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
