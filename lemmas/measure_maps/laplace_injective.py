"""The tilted means determine the measure: L(mu) = L(nu) gives mu = nu, with a rate from finitely many exponentials.

Statement
    For Borel probability measures mu, nu on the ball of radius r in R^d and L(mu)(a, c) = int <a, y> e^(c <a, y>) dmu / int e^(c <a, z>) dmu:
    (a) if L(mu)(a, .) = L(nu)(a, .) at the points 0, h, ..., n h = c, |<a, y>| <= r, then the partition functions Z = int e^(c <a, y>) satisfy
    Z_nu (1 - (2 r h + c h r^2)) <= Z_mu at c: for all h = c/n, so they agree. (b) If int u_1^k1 ... u_d^kd agrees under mu and nu for all
    0 <= k_i <= n, u in [0, 1]^d, then int phi dmu and int phi dnu differ by at most ell sqrt(d/n) for every ell-Lipschitz phi of u; with
    u_i = e^(y_i - r) these are values of Z. So L(mu) = L(nu) implies equal integrals of every Lipschitz phi, and mu = nu. Every d, any
    measures, no token count.

Proof
    1. e^(h y) >= 1 + h y: Z(c + h) >= Z(c) (1 + h m(c)), m the tilted mean.                   kernel    MM-42.lower
    2. and Z(c) >= Z(c + h) (1 - h m(c + h)).                                                kernel    MM-42.upper
    3. With the same m for mu and nu: Z_nu(c + h)/Z_mu(c + h) times (1 + h m)(1 - h m') is at most Z_nu(c)/Z_mu(c).   kernel    MM-42.step
    4. f = (1 + h m)(1 - h m') >= 1 - s, s = h (m' - m) + h^2 r^2.                             kernel    MM-42.factor
    5. If 2 r h >= 1, (a) says nothing, as Z_mu >= 0. Otherwise 1 + h m, 1 - h m' > 0, and f <= 1 by steps 1 and 2.
                                                                                             kernel    MM-42.positive, MM-42.below
    6. So products of these factors are at most 1, and at least 1 - sum s_k; the sum is at most 2 r h + c h r^2.
                                                                                             kernel    MM-42.stays, MM-42.product, MM-42.sum
    7. Steps 3 to 6 along 0, h, ..., c.                                                       assumed   induction_on_depth
    8. Binomial mean and variance: s = k/n has mean u and E s^2 = u^2 + u (1 - u)/n.          symbolic  derivation
    9. So E|s - u|^2 <= d/(4 n) for d independent coordinates, a sum of d terms, and E|s - u| <= sqrt(d/n)/2.
                                                       kernel    MM-42.variance, MM-42.coordinates, MM-42.root
   10. |phi(u) - E phi(s)| <= ell E|s - u|; E phi(s) is a polynomial in u of degree n in each u_i, with equal integrals.   kernel    MM-42.bernstein
   11. Twice that, for mu and nu.                                                            kernel    MM-42.close
   12. With every n: no 1-Lipschitz function tells mu from nu, so W_1(mu, nu) = 0, a distance: mu = nu.
                                    assumed   kantorovich_rubinstein_duality, compactness_of_probability_measures

Sharpness
    No rate is claimed to be sharp. n moments in each direction suffice for accuracy ell sqrt(d/n).

Source
    furuya2024context (arXiv:2408.01367), Lemma 1 (equation 16), as reconstructed; proof: proofcheck.

Audit
    No derivative, no logarithm, no Stone-Weierstrass and no analytic continuation: sums of exponentials and Bernstein's operator, whose
    error is a variance. (a) and (b) assume induction only. A Lipschitz phi of y is one of u, as y_i = r + log u_i and u_i >= e^(-2 r); it
    extends to [0, 1]^d with its constant, phi(u) = inf_z phi(z) + ell |u - z|. L on the directions a in the nonnegative orthant and
    c >= 0 is enough.
    Refuted below: equality of the first two moments is not enough (linear attention sees no more), nor is equality of the means.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-42"
TITLE = "Tilted means determine the measure"
SOURCE = Source("furuya2024context", "2408.01367", "Lemma 1 (equation 16), as reconstructed")
LABEL = "upper"
ASSUMES = ("induction_on_depth", "kantorovich_rubinstein_duality", "compactness_of_probability_measures")
USES = ()

ell, h, c, r = sp.symbols("ell h c r", nonnegative=True)
d, n = sp.symbols("d n", positive=True)
BOUNDS = {"error": ell * sp.sqrt(d / n), "loss": 2 * r * h + c * h * r**2}
SYMBOLS = {
    "ell": "Lipschitz constant of the test function",
    "d": "dimension",
    "n": "degree in each coordinate",
    "h": "step of the tilt",
    "c": "last tilt, a multiple of h",
    "r": "largest |<a, y>|",
}

LOSS, ERROR = text(BOUNDS["loss"]), text(BOUNDS["error"])
ROOT = text(BOUNDS["error"] / ell)
MEAN = {"m is the tilted mean": "m*E[w] == E[w*y]", "weights": "w >= 0"}
RATIO = {
    "mu goes up": "Y >= Z*(1 + h*m)",
    "nu goes up at most": "V*(1 - h*k) <= U",
    "bound so far": "U <= q*Z",
    "q >= 0": "q >= 0",
    "1 + h m > 0": "1 + h*m > 0",
}
RANGE = {"|m| <= r": "Abs(m) <= r", "|m'| <= r": "Abs(k) <= r"}
BELOW = {
    "mu goes up": "Y >= Z*(1 + h*m)",
    "mu comes back": "Z >= Y*(1 - h*k)",
    "1 - h m' >= 0": "1 - h*k >= 0",
    "Z > 0": "Z > 0",
}
SMALL = {"product so far": "p >= 1 - S", "next factor": "f >= 1 - s", "p <= 1": "p <= 1", "f <= 1": "f <= 1"}
SUM = {"first mean": "first >= -r", "last mean": "last <= r", "c = n h": "c == n*h", "h >= 0": "h >= 0"}
BINOMIAL = {"mean": "E[s] == u", "second moment": "E[s**2] == u**2 + u*(1 - u)/n"}
CLOSE = {
    "under mu": "Abs(a - p) <= x",
    "under nu": "Abs(b - p) <= x",
    "half of the error": f"2*x <= {ERROR}",
}


def derivation() -> list[DerivationStep]:
    x, y = sp.symbols("x y", positive=True)
    power = sp.Symbol("N", positive=True)
    total = (x + y) ** power  # the binomial sum; x d/dx brings down k
    once = x * sp.diff(total, x)
    twice = x * sp.diff(once, x)
    at_one = {y: 1 - x}
    return [
        DerivationStep("binomial mean", sp.simplify(once.subs(at_one)) / power, x, "x d/dx (x + y)^N at x + y = 1"),
        DerivationStep(
            "binomial second moment",
            sp.expand(sp.simplify(twice.subs(at_one)) / power**2),
            sp.expand(x**2 + x * (1 - x) / power),
            "twice",
        ),
    ]


def claims() -> list[Claim]:
    return [
        statement("MM-42.lower", "From c to c + h.", MEAN, "E[w*exp(h*y)] >= E[w]*(1 + h*m)", random="w, y"),
        statement(
            "MM-42.upper",
            "From c + h back to c; w the weights at c + h, m their mean.",
            MEAN,
            "E[w*exp(-h*y)] >= E[w]*(1 - h*m)",
            random="w, y",
        ),
        statement(
            "MM-42.step",
            "Z, Y: partition functions of mu at c and c + h; U, V: of nu; m, k: the common means.",
            RATIO,
            "V*(1 + h*m)*(1 - h*k) <= q*Y",
        ),
        statement("MM-42.factor", "One step's factor.", RANGE, "(1 + h*m)*(1 - h*k) >= 1 - (h*(k - m) + h**2*r**2)"),
        statement(
            "MM-42.positive",
            "Both factors, with m for m and -m' for m.",
            {"|m| <= r": "Abs(m) <= r", "the steps are short": "2*r*h < 1", "h >= 0": "h >= 0"},
            "1 + h*m > 0",
        ),
        statement(
            "MM-42.below",
            "The factor of a step is at most 1. Z, Y: partition functions of one measure at c and c + h; m, k: its tilted means.",
            BELOW,
            "(1 + h*m)*(1 - h*k) <= 1",
        ),
        statement(
            "MM-42.stays",
            "The product so far and one more factor.",
            {"p <= 1": "p <= 1", "f <= 1": "f <= 1", "f >= 0": "f >= 0"},
            "p*f <= 1",
        ),
        statement("MM-42.product", "Factors near 1, at most 1.", SMALL, "p*f >= 1 - (S + s)"),
        statement("MM-42.sum", "The sum of all s_k.", SUM, f"h*(last - first) + n*h**2*r**2 <= {LOSS}"),
        statement("MM-42.variance", "One coordinate.", BINOMIAL, "4*n*E[(s - u)**2] <= 1", random="s"),
        statement(
            "MM-42.coordinates",
            "All coordinates: S sums over them, m is the mean square of each.",
            {"there are d coordinates": "S[1] == d", "each coordinate": "4*n*m <= 1"},
            "4*n*S[m] <= d",
            functionals=["S!:m"],
        ),
        statement(
            "MM-42.root",
            "From the mean square to the mean; g = |s - u|.",
            {"mean square": "4*n*E[g**2] <= d"},
            f"2*E[g] <= {ROOT}",
            random="g",
        ),
        statement(
            "MM-42.bernstein",
            "phi at u (value v) and at s (value f).",
            {"phi is Lipschitz": "Abs(f - v) <= ell*g", "mean distance": "E[g] <= x", "ell >= 0": "ell >= 0"},
            "Abs(E[f] - v) <= ell*x",
            random="f, g",
        ),
        statement(
            "MM-42.close",
            "a, b: int phi under mu and nu; p: the common integral of the polynomial.",
            CLOSE,
            f"Abs(a - b) <= {ERROR}",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-42.step",
            0,
            model({"U": 2, "V": 3, "Y": "1/2", "Z": "301/100", "h": "2/5", "k": 2, "m": 2, "q": "199/100"}),
            "not: mu goes up",
        ),
        Counterexample(
            "MM-42.step",
            1,
            model({"U": 0, "V": "1/10", "Y": 1, "Z": "-1/4", "h": -2, "k": "1/100", "m": -1, "q": 0}),
            "not: nu goes up at most",
        ),
        Counterexample(
            "MM-42.step",
            2,
            model(
                {"U": "1/2", "V": "-1/2", "Y": "-49/100", "Z": "-1/2", "h": 3, "k": "51/100", "m": "51/100", "q": "1/2"}
            ),
            "not: bound so far",
        ),
        Counterexample(
            "MM-42.step",
            3,
            model({"U": "7/3", "V": "-1/2", "Y": 1, "Z": "-7/3", "h": "9/10", "k": 1, "m": 2, "q": -2}),
            "not: q >= 0",
        ),
        Counterexample(
            "MM-42.step",
            4,
            model({"U": -2, "V": "5/2", "Y": 1, "Z": 0, "h": "-5/2", "k": "-201/100", "m": 3, "q": 0}),
            "not: 1 + h m > 0",
        ),
        Counterexample("MM-42.positive", 0, model({"h": 1, "m": -2, "r": 0}), "not: |m| <= r"),
        Counterexample("MM-42.positive", 1, model({"h": 1, "m": -1, "r": 1}), "not: the steps are short"),
        Counterexample("MM-42.positive", 2, model({"h": -1, "m": 1, "r": 1}), "not: h >= 0"),
        Counterexample("MM-42.below", 0, model({"Y": 1, "Z": 1, "h": 1, "k": 0, "m": 1}), "not: mu goes up"),
        Counterexample("MM-42.below", 1, model({"Y": 2, "Z": 1, "h": 1, "k": 0, "m": 1}), "not: mu comes back"),
        Counterexample("MM-42.below", 2, model({"Y": 1, "Z": 1, "h": 1, "k": 2, "m": -4}), "not: 1 - h m' >= 0"),
        Counterexample("MM-42.below", 3, model({"Y": 0, "Z": 0, "h": 1, "k": 0, "m": 1}), "not: Z > 0"),
        Counterexample("MM-42.stays", 0, model({"f": 1, "p": 2}), "not: p <= 1"),
        Counterexample("MM-42.stays", 1, model({"f": 2, "p": 1}), "not: f <= 1"),
        Counterexample("MM-42.stays", 2, model({"f": -1, "p": -2}), "not: f >= 0"),
        Counterexample("MM-42.product", 0, model({"S": 0, "f": 1, "p": 0, "s": 0}), "not: product so far"),
        Counterexample("MM-42.product", 1, model({"S": 0, "f": 0, "p": 1, "s": 0}), "not: next factor"),
        Counterexample("MM-42.product", 2, model({"S": -1, "f": 0, "p": 2, "s": 1}), "not: p <= 1"),
        Counterexample("MM-42.product", 3, model({"S": 1, "f": 2, "p": 0, "s": -1}), "not: f <= 1"),
        Counterexample("MM-42.variance", 0, model({"n": 2, "u": -2}, E=[(1, {"s": -1})]), "not: mean"),
        Counterexample(
            "MM-42.variance",
            1,
            model({"n": "5/2", "u": 1}, E=[("1/2", {"s": -1}), ("1/2", {"s": 3})]),
            "not: second moment",
        ),
        Counterexample(
            "MM-42.coordinates", 0, model({"d": 0, "n": 1}, S=[(1, {"m": "1/4"})]), "not: there are d coordinates"
        ),
        Counterexample("MM-42.coordinates", 1, model({"d": 1, "n": 1}, S=[(1, {"m": 1})]), "not: each coordinate"),
        Counterexample("MM-42.root", 0, model({"d": 0, "n": "1/10"}, E=[(1, {"g": 1})]), "not: mean square"),
        Counterexample(
            "MM-42.close",
            0,
            model({"a": 2, "b": "1/2", "d": "1/2", "ell": "11/4", "n": 2, "p": 1, "x": "1/2"}),
            "not: under mu",
        ),
        Counterexample(
            "MM-42.close", 1, model({"a": 0, "b": 2, "d": 2, "ell": 2, "n": 3, "p": 0, "x": "1/2"}), "not: under nu"
        ),
        Counterexample(
            "MM-42.close",
            2,
            model({"a": "1/2", "b": 1, "d": 1, "ell": 0, "n": "5/4", "p": 1, "x": "11/10"}),
            "not: half of the error",
        ),
        Counterexample(
            "MM-42.lower",
            0,
            model({"h": "3/2", "m": "3/2"}, E=[(1, {"w": "1/2", "y": "1/2"})]),
            "not: m is the tilted mean",
        ),
        Counterexample("MM-42.lower", 1, model({"h": 2, "m": -2}, E=[(1, {"w": -1, "y": -2})]), "not: weights"),
        Counterexample(
            "MM-42.upper", 0, model({"h": 1, "m": "-1/2"}, E=[(1, {"w": 3, "y": "3/4"})]), "not: m is the tilted mean"
        ),
        Counterexample("MM-42.upper", 1, model({"h": 2, "m": -2}, E=[(1, {"w": -1, "y": -2})]), "not: weights"),
        Counterexample("MM-42.factor", 0, model({"h": "-1/2", "k": "-3/5", "m": -2, "r": "2/3"}), "not: |m| <= r"),
        Counterexample("MM-42.factor", 1, model({"h": 3, "k": "31/10", "m": 1, "r": "3/2"}), "not: |m'| <= r"),
        Counterexample(
            "MM-42.sum",
            0,
            model({"c": -1, "first": "-11/10", "h": "1/2", "last": -2, "n": -2, "r": -2}),
            "not: first mean",
        ),
        Counterexample(
            "MM-42.sum", 1, model({"c": 3, "first": 3, "h": 3, "last": 3, "n": 1, "r": -1}), "not: last mean"
        ),
        Counterexample(
            "MM-42.sum",
            2,
            model({"c": 2, "first": -1, "h": 3, "last": "-999/1000", "n": "29/10", "r": "21/10"}),
            "not: c = n h",
        ),
        Counterexample(
            "MM-42.sum",
            3,
            model({"c": 1, "first": "99/100", "h": "-1/2", "last": -1, "n": -2, "r": "7/3"}),
            "not: h >= 0",
        ),
        Counterexample(
            "MM-42.bernstein",
            0,
            model({"ell": 3, "v": -1, "x": "-1/2"}, E=[(1, {"f": 2, "g": -3})]),
            "not: phi is Lipschitz",
        ),
        Counterexample(
            "MM-42.bernstein",
            1,
            model({"ell": 3, "v": 0, "x": "-8/3"}, E=[(1, {"f": -2, "g": 2})]),
            "not: mean distance",
        ),
        Counterexample(
            "MM-42.bernstein",
            2,
            model({"ell": "-3/4", "v": "11/4", "x": 2}, E=[(1, {"f": 3, "g": -1})]),
            "not: ell >= 0",
        ),
    ]


def refuted() -> list[Refuted]:
    moments = statement(
        "MM-42.moments",
        "",
        {"equal means": "E[y] == F[z]", "equal second moments": "E[y**2] == F[z**2]"},
        "E[y**3] == F[z**3]",
        functionals=["E:y", "F:z"],
    )
    means = statement(
        "MM-42.means", "", {"equal means": "E[y] == F[z]"}, "E[y**2] == F[z**2]", functionals=["E:y", "F:z"]
    )
    factor = statement("MM-42.flat", "", RANGE, "(1 + h*m)*(1 - h*k) >= 1")
    return [
        Refuted(
            "two moments",
            "Mean and second moment determine the third one.",
            moments.text,
            model({}, E=[("1/4", {"y": -3}), ("3/4", {"y": 1})], F=[("1/4", {"z": 3}), ("3/4", {"z": -1})]),
        ),
        Refuted(
            "the mean",
            "The mean determines the second moment.",
            means.text,
            model({}, E=[("1/10", {"y": 2}), ("9/10", {"y": "-1/2"})], F=[("1/4", {"z": 2}), ("3/4", {"z": -1})]),
        ),
        Refuted(
            "no loss", "A step of the tilt loses nothing.", factor.text, model({"h": 3, "k": -1, "m": "-1/2", "r": 2})
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
