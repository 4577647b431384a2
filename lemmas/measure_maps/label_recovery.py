"""Labels are visible in the image: with distinct subset sums of the weights, f(mu) alone determines x_i -> y_i.

Statement
    Let f(sum_i a_i delta_{x_i}) = sum_i a_i delta_{y_i} for distinct x_i in a metric space (f carries weights), and let two different sets of
    labels always differ in mass by at least gamma > 0. Then the labelling x_i -> y_i is determined by f(mu), even if masses are known
    only up to less than gamma/2. Weights proportional to 2^i have gamma = a_0, for every n. Generic measures are dense: for any weights a
    and b proportional to 2^i, all but finitely many (1 - e) a + e b, 0 <= e <= 1, are generic, kappa <= 2 e away from a in l1;
    weights kappa away move mu by at most D kappa/2 in W_1, and (1 - eps) mu + eps delta_x moves it by at most eps D and has x in its support, D the
    diameter. Any d, any finite number of atoms; y_i may coincide unless f preserves supports strictly.

Proof
    1. The mass of f(mu) at a point y is the sum of the a_i with y_i = y: one set of labels for each atom, by definition.
       Two sets within gamma/2 of one mass are within gamma, so they agree.                   kernel    MM-11.decode
    2. Weights 2^i: the smaller ones add up to less than the next, t <= h - g keeps its form.   kernel    MM-11.binary
    3. For every i.                                                                           assumed   induction_on_depth
    4. If the largest label in which two sets differ has weight h, their masses differ by at least h - t >= g.   kernel    MM-11.separated
       (Common labels are taken away first: they do not change the difference.)
    5. Two sets whose masses differ by x under a and by y under b differ by (1 - e) x + e y. If this is 0 for two values of e, then y = 0,
       against step 4: each of the finitely many pairs of sets excludes at most one e. And |(1 - e) a + e b - a|_1 = e |b - a|_1 <= 2 e.
                                                                                             kernel    MM-11.generic
    6. Moving mass theta over at most D costs at most D theta; the mass that moves between weights a and a' is half of |a - a'|_1.
                                                                                             kernel    MM-11.move
    7. (1 - eps) mu + eps delta_x: leave (1 - eps) mu and bring eps mu to x.                    kernel    MM-11.dense
    8. 1 + 2 + ... + 2^(n-1) = 2^n - 1.                                                       symbolic  derivation

Sharpness
    gamma/2 cannot be larger: halfway between two masses that are gamma apart nothing is decided (refuted below). Step 7 is attained by
    mu = delta_y with |x - y| = D.

Source
    furuya2025support (arXiv:2509.25611), as reconstructed; labels, densities and constants: proofcheck.

Audit
    Step 5 in exact numbers: with integers k_i, weights proportional to k_i + 2^i/2^n have sums whose fractions name the set
    (torch_impl.label_recovery, tested exactly). Equal weights are not generic: delta at 0, 1 and their images exchanged give one f(mu).
    Whether the source asks for distinct y_i is unresolved: `torch_impl.predicates` reports both.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-11"
TITLE = "Labels are determined by generic weights"
SOURCE = Source("furuya2025support", "2509.25611", "definition of support preserving, as reconstructed; proofcheck")
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ()

gamma, D, kappa, eps = sp.symbols("gamma D kappa eps", nonnegative=True)
BOUNDS = {"mass_error_max": gamma / 2, "reweighting_shift": D * kappa / 2, "probe_cost": eps * D}
SYMBOLS = {
    "gamma": "smallest difference of the masses of two sets of labels",
    "D": "diameter of the space",
    "kappa": "l1 distance of the weights",
    "eps": "mass of the added atom",
}

HALF, SHIFT, COST = (text(BOUNDS[key]) for key in ("mass_error_max", "reweighting_shift", "probe_cost"))
MASSES = {"the mass of one set": f"Abs(m - s) < {HALF}", "the mass of the other": f"Abs(m - t) < {HALF}"}
MOVED = {
    "only mass theta moves, by at most D": "E[c] <= D*theta",
    "theta is half of the l1 distance": "2*theta == kappa",
}
ADDED = {"distances to x are at most D": "g <= D", "eps >= 0": "eps >= 0"}


def derivation() -> list[DerivationStep]:
    power, g = sp.symbols("power g", positive=True)  # 2^i g
    below = power - g
    return [
        DerivationStep("sum of the smaller weights", below + power, 2 * power - g, "(2^i - 1) g + 2^i g"),
        DerivationStep("none below the first", below.subs(power, g), sp.Integer(0), "2^0 g - g"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-11.decode",
            "Masses s, t of two sets that explain the mass m are nearer than gamma.",
            MASSES,
            "Abs(s - t) < gamma",
        ),
        statement(
            "MM-11.binary",
            "If the smaller weights sum to at most h - g, then with h to at most 2 h - g.",
            {"t <= h - g": "t <= h - g"},
            "t + h <= 2*h - g",
        ),
        statement(
            "MM-11.separated",
            "Two sets that differ last in a label of weight h; r, u: what they hold below it, t the sum of all below.",
            {"below the last difference": "u <= t", "r >= 0": "r >= 0", "t <= h - g": "t <= h - g"},
            "(h + r) - u >= g",
        ),
        statement(
            "MM-11.generic",
            "A difference that vanishes for two mixtures; x: under the given weights, y: under the generic ones.",
            {"at e": "(1 - e)*x + e*y == 0", "at f": "(1 - f)*x + f*y == 0"},
            "(e - f)*y == 0",
        ),
        statement("MM-11.move", "Changed weights.", MOVED, f"E[c] <= {SHIFT}", random="c"),
        statement("MM-11.dense", "The added atom; g = |y - x|.", ADDED, f"eps*E[g] <= {COST}", random="g"),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-11.decode", 0, model({"gamma": 2, "m": -1, "s": 3, "t": "-999/1000"}), "not: the mass of one set"
        ),
        Counterexample(
            "MM-11.decode", 1, model({"gamma": "3/2", "m": "7/5", "s": 1, "t": 3}), "not: the mass of the other"
        ),
        Counterexample("MM-11.binary", 0, model({"g": 3, "h": -1, "t": "-1/2"}), "not: t <= h - g"),
        Counterexample(
            "MM-11.separated", 0, model({"g": 0, "h": 2, "r": 0, "t": -1, "u": 3}), "not: below the last difference"
        ),
        Counterexample(
            "MM-11.separated", 1, model({"g": -1, "h": "-1/4", "r": "-8/3", "t": "-3/20", "u": -1}), "not: r >= 0"
        ),
        Counterexample(
            "MM-11.separated", 2, model({"g": "3/2", "h": "7/5", "r": 1, "t": 3, "u": 2}), "not: t <= h - g"
        ),
        Counterexample("MM-11.generic", 0, model({"e": 1, "f": 0, "x": 0, "y": 1}), "not: at e"),
        Counterexample("MM-11.generic", 1, model({"e": 0, "f": 1, "x": 0, "y": 1}), "not: at f"),
        Counterexample(
            "MM-11.move",
            0,
            model({"D": 3, "kappa": -1, "theta": "-1/2"}, E=[(1, {"c": 2})]),
            "not: only mass theta moves, by at most D",
        ),
        Counterexample(
            "MM-11.move",
            1,
            model({"D": 1, "kappa": "-1/2", "theta": 3}, E=[(1, {"c": "3/4"})]),
            "not: theta is half of the l1 distance",
        ),
        Counterexample(
            "MM-11.dense", 0, model({"D": 0, "eps": "1/10"}, E=[(1, {"g": 1})]), "not: distances to x are at most D"
        ),
        Counterexample("MM-11.dense", 1, model({"D": 3, "eps": -1}, E=[(1, {"g": "-1/2"})]), "not: eps >= 0"),
    ]


def refuted() -> list[Refuted]:
    edge = {"one set": "Abs(m - s) <= gamma/2", "the other": "Abs(m - t) <= gamma/2", "gamma > 0": "gamma > 0"}
    closed = statement("MM-11.closed", "", edge, "Abs(s - t) < gamma")
    less = statement("MM-11.less", "", ADDED | {"D > 0": "D > 0"}, f"eps*E[g] <= 999/1000*({COST})", random="g")
    half = statement("MM-11.half", "", MOVED, f"E[c] <= 999/1000*({SHIFT})", random="c")
    equal = statement("MM-11.equal", "", {"equal weights": "a == b", "a > 0": "a > 0"}, "Abs(a - b) > 0")
    return [
        Refuted(
            "exactly gamma/2",
            "Masses known up to gamma/2 are enough.",
            closed.text,
            model({"gamma": 3, "m": "-1/2", "s": -2, "t": 1}),
        ),
        Refuted(
            "0.999 of the cost",
            "An added atom costs at most 0.999 eps D.",
            less.text,
            model({"D": 1, "eps": 1}, E=[(1, {"g": 1})]),
        ),
        Refuted(
            "0.999 of the shift",
            "Changed weights cost at most 0.999 D kappa/2.",
            half.text,
            model({"D": -2, "kappa": -2, "theta": -1}, E=[(1, {"c": 2})]),
        ),
        Refuted("equal weights", "Equal weights are generic.", equal.text, model({"a": 3, "b": 3})),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
