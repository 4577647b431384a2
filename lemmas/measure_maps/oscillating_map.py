"""A map of measures that is sqrt(2)-Lipschitz, preserves supports and weights, and has no continuous in-context map.

Statement
    On [0, 1] let M(mu) = (int y^p dmu)^{1/p} (p = 1: the mean; p = infinity: the largest point of supp mu), G(mu, x) = x sin(log M(mu)),
    f(mu) = G(mu, .)_# mu, f(delta_0) = delta_0. Then W_p(f(mu), f(nu)) <= sqrt(2) W_p(mu, nu) for p in {1, 2, infinity} and all Borel
    probability measures mu, nu on [0, 1], any number of atoms; sqrt(2) is the smallest constant, already on Dirac measures. But for p in
    {1, 2} every G' with f(mu) = G'(mu, .)_# mu has G'(mu_a, 1) = sin((log a)/p) on mu_a = (1 - a) delta_0 + a delta_1, 0 < a < 1/2: values
    1 and -1 for a as small as you like, while W_p(mu_a, delta_0) = a^{1/p}. No continuous G' on P([0, 1]) x [0, 1] represents f.

Proof
    1. sin and arsinh have derivatives of size at most 1 and vanish at 0, so 4 sin(t/2)^2 <= t^2 and, with t = log(M/N),
       t^2 M N <= (M - N)^2.                                                                  assumed   mean_value_inequality
    2. So the points of the unit circle at the angles log M, log N have distance^2 2 - 2 cos t <= (M - N)^2/(M N).   kernel    MM-16.chord
    3. Hence |s| (M - N) + N |s - s'| <= sqrt(2) (M - N) for 0 < N <= M, s = sin log M, s' = sin log N.   kernel    MM-16.line, MM-16.signs
    4. A coupled pair (x, y) at distance g goes to distance at most |s| g + y |s - s'|.        kernel    MM-16.pair
    5. M - N <= rho for every coupling of cost rho (W_1, W_2), and for W_infinity.            kernel    MM-16.mean, MM-16.mean2
    6. So E o <= sqrt(2) rho for W_1;                                                        kernel    MM-16.w1
    7. and E o^2 <= 2 rho^2 for W_2;                                                         kernel    MM-16.w2
    8. and o <= sqrt(2) rho for W_infinity.                                                  kernel    MM-16.w_inf
    9. r sin(log r) has derivative sin(log r) + cos(log r), which is sqrt(2) at r = e^{pi/4 - 2 pi k}; M(mu_a)^p = a, and
       sin((log a)/p) is 1 and -1 at a = e^{p (pi/2 - 2 pi k)}, e^{p (-pi/2 - 2 pi k)}.           symbolic  derivation
   10. Values 1 and -1 within any modulus omega of each other force omega >= 2.              kernel    MM-16.jump

Sharpness
    sqrt(2) is attained in the limit by delta_M, delta_N with log M = pi/4 - 2 pi k and N -> M (step 9): at relative distance
    10^-5, 10^-10, 10^-15 the tests find the ratio below sqrt(2) by less than 10^-9, 10^-19, 10^-29, in 60-digit ball arithmetic. No
    random pair exceeds sqrt(2) there (150 for each p); float64 shows more than 1.4143 at relative distances near 10^-13: roundoff.

Source
    proofcheck; an example of the type named in furuya2025support (arXiv:2509.25611), whose formula could not be had.

Audit
    Our first statement had sqrt(2) for p = 1 only, through a flat derivative and duality, and 2 for p > 1. The proof here is discrete: couplings,
    no dual potential, no path of measures, and the same two lines give sqrt(2) for p = 1, 2, infinity. (Other p need Minkowski's
    inequality in place of steps 5 and 7.)
    If N = 0, then y = 0 almost surely, f(nu) = delta_0 and steps 4 to 8 hold with any s'. For nu with the larger M exchange the two.
    mu_a has weights 1 - a != a, so a map that carries weights has no choice (MM-11). An earlier version had sin(log a) for every p: that
    is p = 1 only. For p = infinity M(mu_a) = 1, and G'(mu, x) = min(x, M) sin(log M), 0 at M = 0, is continuous for W_infinity + |.| and
    represents f, as x <= M on supp mu: no counterexample there. Steps 9 and 10 hold for every p < infinity. Lipschitz in W_1 and support
    preserving is therefore not enough for a continuous in-context map on P(Omega) x Omega: MM-14 and MM-15 say what is missing.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-16"
TITLE = "A Lipschitz map of measures without a continuous in-context map"
SOURCE = Source(
    "furuya2025support", "2509.25611", "proofcheck; of the type of its one-dimensional counterexample, not read"
)
LABEL = "sharp"
ASSUMES = ("mean_value_inequality",)
USES = ()

BOUNDS = {"lipschitz_constant": sp.sqrt(2), "jump": sp.Integer(2)}
SYMBOLS: dict[str, str] = {}

L, JUMP = (text(BOUNDS[key]) for key in ("lipschitz_constant", "jump"))
CIRCLE = {"(cos, sin) of log M": "c**2 + s**2 == 1", "(p, r) = (cos, sin) of t": "p**2 + r**2 == 1"}
SMALL = {"4 sin(t/2)^2 <= t^2": "2 - 2*p <= t**2", "t = log(M/N) <= 2 arsinh": "t**2*M*N <= (M - N)**2"}
POSITIVE = {"N > 0": "N > 0", "N <= M": "N <= M"}
CHORD = "2*(1 - p)*M*N <= (M - N)**2"
OTHER = "(s*p - c*r)"  # sin(log N), as log N = log M - t
SIGNS = {
    "the line": "(s*w + k*N*e)**2 <= 2*w**2",
    "a = |s|": "a**2 == s**2",
    "b = |e|": "b**2 == e**2",
    "k is the sign of s e": "k*s*e == a*b",
    "k^2 = 1": "k**2 == 1",
    "w >= 0": "w >= 0",
}  # w = M - N, e = s - s'
PAIR = {"|x - y| <= g": "Abs(x - y) <= g", "y >= 0": "y >= 0"}
MOVED = {
    "a pair goes to distance o": "o <= Abs(s)*g + y*d",
    "the line": f"Abs(s)*(M - N) + N*d <= {L}*(M - N)",
    "M - N <= rho": "M - N <= rho",
    "|s| <= 1": "Abs(s) <= 1",
}
MEANS2 = {
    "M is the norm of x": "E[x**2] == M**2",
    "N is the norm of y": "E[y**2] == N**2",
    "the coupling costs at most rho": "E[(x - y)**2] <= rho**2",
    "M >= 0": "M >= 0",
    "N >= 0": "N >= 0",
    "rho >= 0": "rho >= 0",
}


def derivation() -> list[DerivationStep]:
    r = sp.Symbol("r", positive=True)
    k = sp.Symbol("k", integer=True)
    slope = sp.diff(r * sp.sin(sp.log(r)), r)
    p, a = sp.symbols("p a", positive=True)
    angle = sp.pi / 4 - 2 * sp.pi * k
    top, bottom = (sp.sin(sp.log(sp.exp(p * (sign * sp.pi / 2 - 2 * sp.pi * k))) / p) for sign in (1, -1))
    at = sp.sin(angle) + sp.cos(angle)
    return [
        DerivationStep("slope of r sin(log r)", slope, sp.sin(sp.log(r)) + sp.cos(sp.log(r)), "product and chain rule"),
        DerivationStep("largest slope", at, BOUNDS["lipschitz_constant"], "log r = pi/4 - 2 pi k"),
        DerivationStep("M(mu_a)^p", (1 - a) * sp.Integer(0) ** p + a * sp.Integer(1) ** p, a, "int y^p dmu_a"),
        DerivationStep("the upper value", top, sp.Integer(1), "(log a)/p = pi/2 - 2 pi k"),
        DerivationStep("the lower value", bottom, sp.Integer(-1), "(log a)/p = -pi/2 - 2 pi k"),
        DerivationStep("the jump", top - bottom, BOUNDS["jump"], "both"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-16.chord",
            "Points of the circle at angles log M and log N: 2 - 2 cos(log M - log N) <= (M - N)^2/(M N).",
            SMALL | {"M >= 0": "M >= 0", "N >= 0": "N >= 0"},
            CHORD,
        ),
        statement(
            "MM-16.line",
            "What the factor s does to a pair that is M - N apart, plus or minus its change to atoms of mean N.",
            CIRCLE | {"the chord": CHORD, "k is a sign": "k**2 == 1"} | POSITIVE,
            f"(s*(M - N) + k*N*(s - {OTHER}))**2 <= 2*(M - N)**2",
        ),
        statement("MM-16.signs", "With the sign of s e: absolute values.", SIGNS, f"a*w + N*b <= {L}*w"),
        statement("MM-16.pair", "A pair at distance g.", PAIR, "Abs(x*s - y*u) <= Abs(s)*g + y*Abs(s - u)"),
        statement(
            "MM-16.mean",
            "W_1: the means differ by at most the cost of a coupling.",
            {"g = |x - y|": "x - y <= g", "the coupling costs at most rho": "E[g] <= rho"},
            "E[x] - E[y] <= rho",
            random="x, y, g",
        ),
        statement(
            "MM-16.mean2",
            "W_2: the norms differ by at most the cost of a coupling.",
            MEANS2,
            "M - N <= rho",
            random="x, y",
        ),
        statement(
            "MM-16.w1",
            "E o <= sqrt(2) rho; d = |s - s'|.",
            MOVED | {"E y = N": "E[y] == N", "the coupling costs at most rho": "E[g] <= rho"},
            f"E[o] <= {L}*rho",
            random="o, g, y",
        ),
        statement(
            "MM-16.w2",
            "E o^2 <= 2 rho^2.",
            MOVED
            | {
                "o >= 0": "o >= 0",
                "E y^2 = N^2": "E[y**2] == N**2",
                "the coupling costs at most rho": "E[g**2] <= rho**2",
            }
            | {"N >= 0": "N >= 0", "rho >= 0": "rho >= 0", "d >= 0": "d >= 0"},
            f"E[o**2] <= ({L}*rho)**2",
            random="o, g, y",
        ),
        statement(
            "MM-16.w_inf",
            "o <= sqrt(2) rho where no mass is moved farther than rho and N is the largest y.",
            MOVED | {"y <= N": "y <= N", "g <= rho": "g <= rho", "d >= 0": "d >= 0"},
            f"o <= {L}*rho",
            random="o, g, y",
        ),
        statement(
            "MM-16.jump",
            "A modulus of continuity omega at the distance of two such measures.",
            {
                "sin((log a)/p) = 1": "u == 1",
                "sin((log b)/p) = -1": "v == -1",
                "they are within omega": "Abs(u - v) <= omega",
            },
            f"omega >= {JUMP}",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-16.signs", 0, model({"N": 3, "a": 1, "b": 3, "e": 3, "k": -1, "s": -1, "w": 3}), "not: the line"
        ),
        Counterexample(
            "MM-16.signs", 1, model({"N": "2/3", "a": 3, "b": 0, "e": 0, "k": -1, "s": 1, "w": 2}), "not: a = |s|"
        ),
        Counterexample(
            "MM-16.signs", 2, model({"N": -2, "a": 0, "b": -2, "e": "1/10", "k": -1, "s": 0, "w": 2}), "not: b = |e|"
        ),
        Counterexample(
            "MM-16.signs",
            3,
            model({"N": -1, "a": 1, "b": -2, "e": 2, "k": 1, "s": 1, "w": 3}),
            "not: k is the sign of s e",
        ),
        Counterexample(
            "MM-16.signs", 4, model({"N": -1, "a": 0, "b": -1, "e": -1, "k": 0, "s": 0, "w": 0}), "not: k^2 = 1"
        ),
        Counterexample(
            "MM-16.signs", 5, model({"N": 0, "a": 0, "b": 0, "e": 0, "k": -1, "s": 0, "w": -1}), "not: w >= 0"
        ),
        Counterexample(
            "MM-16.line",
            0,
            model({"M": "1/3", "N": "7/30", "c": 2, "k": -1, "p": 1, "r": 0, "s": "11/4"}),
            "not: (cos, sin) of log M",
        ),
        Counterexample(
            "MM-16.line",
            1,
            model({"M": 3, "N": 3, "c": -1, "k": -1, "p": 1, "r": 3, "s": 0}),
            "not: (p, r) = (cos, sin) of t",
        ),
        Counterexample(
            "MM-16.line", 2, model({"M": "3/2", "N": 1, "c": 0, "k": -1, "p": -1, "r": 0, "s": -1}), "not: the chord"
        ),
        Counterexample(
            "MM-16.line", 3, model({"M": 4, "N": 1, "c": 0, "k": -8, "p": 0, "r": -1, "s": -1}), "not: k is a sign"
        ),
        Counterexample(
            "MM-16.line", 4, model({"M": 0, "N": -1, "c": 0, "k": -1, "p": 0, "r": -1, "s": -1}), "not: N > 0"
        ),
        Counterexample(
            "MM-16.line", 5, model({"M": 0, "N": 1, "c": 0, "k": -1, "p": 0, "r": -1, "s": -1}), "not: N <= M"
        ),
        Counterexample("MM-16.chord", 0, model({"M": 1, "N": "1/2", "p": "2/5", "t": 0}), "not: 4 sin(t/2)^2 <= t^2"),
        Counterexample(
            "MM-16.chord", 1, model({"M": 3, "N": "1/2", "p": -2, "t": "5/2"}), "not: t = log(M/N) <= 2 arsinh"
        ),
        Counterexample("MM-16.chord", 2, model({"M": -3, "N": 3, "p": "31/10", "t": "1/2"}), "not: M >= 0"),
        Counterexample("MM-16.chord", 3, model({"M": 1, "N": -1, "p": 4, "t": 0}), "not: N >= 0"),
        Counterexample(
            "MM-16.pair", 0, model({"g": -2, "s": "1/2", "u": "501/1000", "x": 1, "y": "1/2"}), "not: |x - y| <= g"
        ),
        Counterexample("MM-16.pair", 1, model({"g": "1/3", "s": -1, "u": -2, "x": -1, "y": -1}), "not: y >= 0"),
        Counterexample(
            "MM-16.mean", 0, model({"rho": 1}, E=[(1, {"g": "-1/2", "x": 3, "y": "3/4"})]), "not: g = |x - y|"
        ),
        Counterexample(
            "MM-16.mean",
            1,
            model({"rho": -2}, E=[(1, {"g": "1/2", "x": "501/1000", "y": 1})]),
            "not: the coupling costs at most rho",
        ),
        Counterexample(
            "MM-16.mean2",
            0,
            model({"M": 3, "N": 2, "rho": "1/2"}, E=[(1, {"x": "-5/3", "y": -2})]),
            "not: M is the norm of x",
        ),
        Counterexample(
            "MM-16.mean2",
            1,
            model({"M": 2, "N": "1/2", "rho": "499/1000"}, E=[(1, {"x": 2, "y": 2})]),
            "not: N is the norm of y",
        ),
        Counterexample(
            "MM-16.mean2",
            2,
            model({"M": 2, "N": "2/3", "rho": "23/30"}, E=[(1, {"x": -2, "y": "2/3"})]),
            "not: the coupling costs at most rho",
        ),
        Counterexample(
            "MM-16.mean2", 4, model({"M": 2, "N": -2, "rho": 3}, E=[(1, {"x": -2, "y": -2})]), "not: N >= 0"
        ),
        Counterexample(
            "MM-16.mean2", 5, model({"M": 0, "N": 0, "rho": -2}, E=[(1, {"x": 0, "y": 0})]), "not: rho >= 0"
        ),
        Counterexample(
            "MM-16.w1",
            0,
            model(
                {"M": 0, "N": "-1/10", "d": "1/2", "rho": 1, "s": "501/1000"},
                E=[(1, {"g": 0, "o": "5/2", "y": "-1/10"})],
            ),
            "not: a pair goes to distance o",
        ),
        Counterexample(
            "MM-16.w1",
            1,
            model(
                {"M": "-5/4", "N": 2, "d": "201/100", "rho": -1, "s": -1},
                E=[(1, {"g": "-1251/1000", "o": "1/2", "y": 2})],
            ),
            "not: the line",
        ),
        Counterexample(
            "MM-16.w1",
            2,
            model({"M": 3, "N": -1, "d": "-1/2", "rho": -1, "s": 1}, E=[(1, {"g": -1, "o": -1, "y": -1})]),
            "not: M - N <= rho",
        ),
        Counterexample(
            "MM-16.w1",
            3,
            model({"M": 0, "N": 0, "d": 0, "rho": 1, "s": 2}, E=[(1, {"g": "7/8", "o": "3/2", "y": 0})]),
            "not: |s| <= 1",
        ),
        Counterexample(
            "MM-16.w1",
            4,
            model({"M": 0, "N": 0, "d": 3, "rho": 1, "s": "1/2"}, E=[(1, {"g": 0, "o": 3, "y": 3})]),
            "not: E y = N",
        ),
        Counterexample(
            "MM-16.w1",
            5,
            model({"M": 2, "N": 1, "d": "-1/2", "rho": 1, "s": 1}, E=[(1, {"g": 3, "o": 2, "y": 1})]),
            "not: the coupling costs at most rho",
        ),
        Counterexample(
            "MM-16.w2",
            0,
            model({"M": "1/4", "N": 0, "d": "9/4", "rho": "1/2", "s": 0}, E=[(1, {"g": "13/50", "o": 2, "y": 0})]),
            "not: a pair goes to distance o",
        ),
        Counterexample(
            "MM-16.w2",
            1,
            model({"M": 2, "N": 1, "d": 3, "rho": "101/100", "s": "1/2"}, E=[(1, {"g": "1/2", "o": 2, "y": 1})]),
            "not: the line",
        ),
        Counterexample(
            "MM-16.w2",
            2,
            model({"M": 3, "N": 1, "d": 2, "rho": 0, "s": 0}, E=[(1, {"g": 0, "o": 1, "y": 1})]),
            "not: M - N <= rho",
        ),
        Counterexample(
            "MM-16.w2",
            3,
            model({"M": -3, "N": 1, "d": 2, "rho": 0, "s": 2}, E=[(1, {"g": 0, "o": 1, "y": 1})]),
            "not: |s| <= 1",
        ),
        Counterexample(
            "MM-16.w2",
            4,
            model({"M": 0, "N": 0, "d": 0, "rho": 0, "s": 0}, E=[(1, {"g": 0, "o": -1, "y": 0})]),
            "not: o >= 0",
        ),
        Counterexample(
            "MM-16.w2",
            5,
            model({"M": 0, "N": 0, "d": 3, "rho": 1, "s": "1/2"}, E=[(1, {"g": 0, "o": 3, "y": 3})]),
            "not: E y^2 = N^2",
        ),
        Counterexample(
            "MM-16.w2",
            6,
            model({"M": 0, "N": 0, "d": 0, "rho": 0, "s": "1/2"}, E=[(1, {"g": 3, "o": 1, "y": 0})]),
            "not: the coupling costs at most rho",
        ),
        Counterexample(
            "MM-16.w2",
            7,
            model({"M": -2, "N": -1, "d": 2, "rho": 0, "s": 0}, E=[(1, {"g": 0, "o": 1, "y": 1})]),
            "not: N >= 0",
        ),
        Counterexample(
            "MM-16.w2",
            9,
            model({"M": 0, "N": 1, "d": -2, "rho": 0, "s": 0}, E=[(1, {"g": 0, "o": 1, "y": -1})]),
            "not: d >= 0",
        ),
        Counterexample(
            "MM-16.w_inf",
            0,
            model({"M": "-1/2", "N": "-1/2", "d": "7/4", "rho": 0, "s": 0}, E=[(1, {"g": -1, "o": 1, "y": -2})]),
            "not: a pair goes to distance o",
        ),
        Counterexample(
            "MM-16.w_inf",
            1,
            model({"M": 3, "N": "31/10", "d": "5/2", "rho": 2, "s": "-1/2"}, E=[(1, {"g": "5/4", "o": 3, "y": "5/2"})]),
            "not: the line",
        ),
        Counterexample(
            "MM-16.w_inf",
            2,
            model(
                {"M": 2, "N": "2/3", "d": "23/30", "rho": -2, "s": "2/3"},
                E=[(1, {"g": "-5/2", "o": "-251/100", "y": "-2/3"})],
            ),
            "not: M - N <= rho",
        ),
        Counterexample(
            "MM-16.w_inf",
            3,
            model({"M": "-5/4", "N": 2, "d": 0, "rho": "1/2", "s": -2}, E=[(1, {"g": "1/2", "o": 1, "y": "49/100"})]),
            "not: |s| <= 1",
        ),
        Counterexample(
            "MM-16.w_inf",
            4,
            model({"M": 0, "N": 0, "d": 3, "rho": 1, "s": "1/2"}, E=[(1, {"g": 0, "o": 3, "y": 3})]),
            "not: y <= N",
        ),
        Counterexample(
            "MM-16.w_inf",
            5,
            model({"M": "1/2", "N": 0, "d": 0, "rho": 1, "s": -1}, E=[(1, {"g": 3, "o": 2, "y": "-3/4"})]),
            "not: g <= rho",
        ),
        Counterexample(
            "MM-16.w_inf",
            6,
            model(
                {"M": "-8/3", "N": 2, "d": "-5/2", "rho": "1/2", "s": "1/2"}, E=[(1, {"g": "-77/30", "o": 1, "y": -2})]
            ),
            "not: d >= 0",
        ),
        Counterexample("MM-16.jump", 0, model({"omega": 1, "u": "-3/2", "v": -1}), "not: sin((log a)/p) = 1"),
        Counterexample("MM-16.jump", 1, model({"omega": "1/2", "u": 1, "v": 1}), "not: sin((log b)/p) = -1"),
        Counterexample("MM-16.jump", 2, model({"omega": 1, "u": 1, "v": -1}), "not: they are within omega"),
    ]


def _diracs() -> dict:
    """(s, c) = (20, 21)/29, t the angle with tan(t/2) = k = 1/10000, N = 1, M = 1 + 2 k + 3 k^2."""
    k = sp.Rational(1, 10000)
    values = {"s": "20/29", "c": "21/29", "p": (1 - k**2) / (1 + k**2), "r": 2 * k / (1 + k**2), "N": 1}
    return model({name: str(value) for name, value in {**values, "M": 1 + 2 * k + 3 * k**2}.items()})


def refuted() -> list[Refuted]:
    diracs = CIRCLE | {"the chord": CHORD} | POSITIVE
    less = statement("MM-16.less", "", diracs, f"Abs(M*s - N*{OTHER}) <= 999/1000*{L}*(M - N)")
    return [
        Refuted(
            "0.999 of the constant",
            "f is 0.999 sqrt(2)-Lipschitz on Dirac measures (delta_1 and a little to the right, sin and cos nearly equal).",
            less.text,
            _diracs(),
        ),
        Refuted(
            "a smaller jump",
            "A modulus of 1.998 is enough.",
            statement("MM-16.small", "", {"u": "u == 1", "v": "v == -1"}, f"Abs(u - v) <= 999/1000*({JUMP})").text,
            model({"u": 1, "v": -1}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
