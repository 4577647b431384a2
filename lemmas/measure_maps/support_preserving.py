"""Which maps of measures have a continuous in-context map: those whose labelling is uniformly continuous. No derivative.

Statement
    Let Omega be a compact metric space, K' in R^d' compact, f: P(Omega) -> P(K') weakly continuous, carrying weights: f(sum a_i delta_{x_i}) =
    sum a_i delta_{y_i}. On G_D = {(mu, x): mu discrete with distinct subset sums, x in supp mu} let g(mu, x_i) = y_i (well defined by
    MM-11). Then f(mu) = G(mu, .)_# mu for all mu with a continuous G: P(Omega) x Omega -> K' if and only if g is uniformly continuous
    for W_1 + |.|; G is then unique. Every compact Omega, no token count, no derivative of f.

Proof
    1. If G is continuous, it is within t/2 of its value at z on a ball of radius 2 delta_z about z; finitely many balls of radius
       delta_z cover P(Omega) x Omega.                       assumed   compactness, compactness_of_probability_measures
    2. Pairs nearer than the smallest delta_z lie in one of these balls, so their values are within t; and G = g on G_D by
       MM-11.decode.                                                                         kernel    MM-14.uniform
    3. Conversely let g be uniformly continuous: for t > 0 there is delta with |g - g'| <= t below the distance delta, so
       |g - g'| <= t + K dist everywhere, K = diam(K')/delta.                                 kernel    MM-14.affine
    4. Along z_k -> z, z_k in G_D, the values g(z_k) stay within 2 t of one another from some k on: they are Cauchy whatever the
       z_k, have a limit G(z) (step 9), and G keeps the modulus t + K dist.                   kernel    MM-14.cauchy, MM-14.extension
    5. Push-forwards under G: W_1(G_# mu, G_# nu) <= t + 2 K W_1(mu, nu).                      kernel    MM-14.image
    6. Discrete measures are dense (move every point to the centre of its cell of mesh r), and generic ones by MM-11.generic, MM-11.move.
                                                                                             kernel    MM-14.discrete
    7. So W_1(f(mu), G_# mu) <= W_1(f(mu), f(nu)) + W_1(G_# nu, G_# mu) for generic nu, as f(nu) = G_# nu: as small as one likes.
                                                                                             kernel    MM-14.limit
    8. 2 t for two halves: two continuous maps that agree on G_D agree.                        symbolic  derivation
    9. Cauchy sequences of R^m converge (the fact for one point); a limit y outside K' would make 1/|. - y| continuous and
       unbounded on K'.                                                                      assumed   uniform_limit, compactness

Sharpness
    The modulus of step 5 is attained: G(mu, x) = K (x + M(mu)), M the mean, and Dirac measures.

Source
    proofcheck; a derivative-free form of the characterisation in furuya2025support (arXiv:2509.25611), which is only reconstructed.

Audit
    Uniform continuity is used through affine moduli t + K dist, one for each t: they survive integrals against couplings, which a
    modulus of continuity does not unless it is concave. MM-16 is weakly continuous (even Lipschitz) and carries weights, and its g is not
    uniformly continuous. Compactness enters four times, by name. f need not keep distinct atoms apart.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-14"
TITLE = "Maps of measures with a continuous in-context map"
SOURCE = Source(
    "furuya2025support", "2509.25611", "proofcheck; derivative-free form of its main theorem, as reconstructed"
)
LABEL = "upper"
ASSUMES = ("compactness", "compactness_of_probability_measures", "uniform_limit")
USES = ("MM-11",)

t, K, rho = sp.symbols("t K rho", nonnegative=True)
BOUNDS = {"image_modulus": t + 2 * K * rho}
SYMBOLS = {
    "t": "constant part of the modulus",
    "K": "slope of the modulus: |G(p) - G(q)| <= t + K dist(p, q)",
    "rho": "W_1 distance of the measures",
}

IMAGE = text(BOUNDS["image_modulus"])
HALVES = {
    "|G(p) - G(z)| <= t/2": "4*norm2(p - z) <= t**2",
    "|G(q) - G(z)| <= t/2": "4*norm2(q - z) <= t**2",
}
FAR = {
    "both values lie in K'": "gap <= diam",
    "p, q are at least delta apart": "dist >= delta",
    "delta > 0": "delta > 0",
}
FAR |= {"t >= 0": "t >= 0", "diam >= 0": "diam >= 0"}
NEAR = {
    "modulus": "gap <= t + K*dist",
    "through z": "dist <= r + s",
    "z_k is near": "2*K*r <= t",
    "z_l is near": "2*K*s <= t",
}
NEAR |= {"K >= 0": "K >= 0"}
LIMITS = {
    "g at near points": "gap <= t + K*near",
    "the limits are near": "new <= gap + a + b",
    "distances": "near <= dist + r + s",
    "K >= 0": "K >= 0",
}
PUSHED = {
    "a pair goes to distance o": "o <= t + K*(rho + g)",
    "the coupling costs at most rho": "E[g] <= rho",
    "K >= 0": "K >= 0",
}
TRIANGLE = {
    "through f(nu) = G_# nu": "w <= a + b",
    "f is continuous": "a <= t",
    "G_# is continuous": f"b <= {IMAGE}",
    "nu is near": "2*K*rho <= t",
}


def derivation() -> list[DerivationStep]:
    return [DerivationStep("two halves", BOUNDS["image_modulus"].subs(K * rho, t / 2), 2 * t, "2 K rho = t")]


def claims() -> list[Claim]:
    return [
        statement("MM-14.uniform", "p, q, z: values of G.", HALVES, "norm2(p - q) <= t**2", vectors="p, q, z"),
        statement("MM-14.affine", "Far pairs, K = diam/delta.", FAR, "gap <= t + diam/delta*dist"),
        statement("MM-14.cauchy", "Values along z_k -> z; r, s: distances from z.", NEAR, "gap <= 2*t"),
        statement(
            "MM-14.extension",
            "Limits of g keep the modulus up to what the sequences are still away (a, b, r, s).",
            LIMITS,
            "new <= t + K*dist + (a + b + K*(r + s))",
        ),
        statement("MM-14.image", "Push-forwards of two measures.", PUSHED, f"E[o] <= {IMAGE}", random="o, g"),
        statement("MM-14.discrete", "Points move at most r.", {"mesh": "g <= r"}, "E[g] <= r", random="g"),
        statement("MM-14.limit", "f(mu) against G_# mu.", TRIANGLE, "w <= 3*t"),
    ]


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample(
            "MM-14.uniform",
            0,
            model({"t": "1/2"}, {"p": ["501/1000"], "q": ["7/3"], "z": ["5/2"]}),
            "not: |G(p) - G(z)| <= t/2",
        ),
        Counterexample(
            "MM-14.uniform", 1, model({"t": 2}, {"p": [-1], "q": [3], "z": ["-999/1000"]}), "not: |G(q) - G(z)| <= t/2"
        ),
        Counterexample(
            "MM-14.affine",
            0,
            model({"delta": "1/3", "diam": "97/300", "dist": "1/2", "gap": 3, "t": "5/2"}),
            "not: both values lie in K'",
        ),
        Counterexample(
            "MM-14.affine",
            1,
            model({"delta": 3, "diam": "3001/1000", "dist": -2, "gap": 2, "t": 1}),
            "not: p, q are at least delta apart",
        ),
        Counterexample(
            "MM-14.affine", 2, model({"delta": -2, "diam": 3, "dist": 0, "gap": "29/10", "t": "1/2"}), "not: delta > 0"
        ),
        Counterexample(
            "MM-14.affine",
            3,
            model({"delta": 3, "diam": "31/10", "dist": 3, "gap": "309/100", "t": "-5/4"}),
            "not: t >= 0",
        ),
        Counterexample(
            "MM-14.affine",
            4,
            model({"delta": "2/3", "diam": -1, "dist": "3/2", "gap": -1, "t": "1/2"}),
            "not: diam >= 0",
        ),
        Counterexample("MM-14.cauchy", 0, model({"K": 0, "dist": 2, "gap": 2, "r": 2, "s": 3, "t": 0}), "not: modulus"),
        Counterexample(
            "MM-14.cauchy",
            1,
            model({"K": 3, "dist": "1/2", "gap": -2, "r": "-1/2", "s": -2, "t": -3}),
            "not: through z",
        ),
        Counterexample(
            "MM-14.cauchy",
            2,
            model({"K": 3, "dist": "1/2", "gap": "1/2", "r": 3, "s": -2, "t": -1}),
            "not: z_k is near",
        ),
        Counterexample(
            "MM-14.cauchy",
            3,
            model({"K": 3, "dist": "1/2", "gap": "499/1000", "r": "-1/2", "s": "5/4", "t": -1}),
            "not: z_l is near",
        ),
        Counterexample(
            "MM-14.cauchy", 4, model({"K": "-8/3", "dist": 0, "gap": -3, "r": 2, "s": "8/3", "t": -2}), "not: K >= 0"
        ),
        Counterexample(
            "MM-14.extension",
            0,
            model(
                {"K": 1, "a": 3, "b": "-3/4", "dist": "-3/2", "gap": 2, "near": -2, "new": 3, "r": -1, "s": 1, "t": -2}
            ),
            "not: g at near points",
        ),
        Counterexample(
            "MM-14.extension",
            1,
            model(
                {
                    "K": 1,
                    "a": "-1/2",
                    "b": "-1/2",
                    "dist": "-3/5",
                    "gap": 0,
                    "near": "99/100",
                    "new": "109/100",
                    "r": "99/100",
                    "s": 1,
                    "t": 0,
                }
            ),
            "not: the limits are near",
        ),
        Counterexample(
            "MM-14.extension",
            2,
            model(
                {
                    "K": 3,
                    "a": 0,
                    "b": "-8/3",
                    "dist": -2,
                    "gap": 2,
                    "near": 2,
                    "new": -3,
                    "r": "-1/2",
                    "s": "-8003/3000",
                    "t": 0,
                }
            ),
            "not: distances",
        ),
        Counterexample(
            "MM-14.extension",
            3,
            model(
                {
                    "K": -2,
                    "a": -2,
                    "b": "1/2",
                    "dist": "2/3",
                    "gap": "501/1000",
                    "near": "-2001/1000",
                    "new": "-1991/1000",
                    "r": 2,
                    "s": 1,
                    "t": 1,
                }
            ),
            "not: K >= 0",
        ),
        Counterexample(
            "MM-14.image",
            0,
            model({"K": 3, "rho": 0, "t": "-8/3"}, E=[(1, {"g": -2, "o": 2})]),
            "not: a pair goes to distance o",
        ),
        Counterexample(
            "MM-14.image",
            1,
            model({"K": 3, "rho": -1, "t": "-1/2"}, E=[(1, {"g": 2, "o": -3})]),
            "not: the coupling costs at most rho",
        ),
        Counterexample(
            "MM-14.image", 2, model({"K": -2, "rho": 2, "t": "199/100"}, E=[(1, {"g": "-5/3", "o": -3})]), "not: K >= 0"
        ),
        Counterexample("MM-14.discrete", 0, model({"r": 0}, E=[(1, {"g": 1})]), "not: mesh"),
        Counterexample(
            "MM-14.limit",
            0,
            model({"K": 2, "a": -1, "b": "-5/2", "rho": 0, "t": "1/3", "w": "199/100"}),
            "not: through f(nu) = G_# nu",
        ),
        Counterexample(
            "MM-14.limit",
            1,
            model({"K": "-1/2", "a": 3, "b": -2, "rho": 1, "t": -1, "w": "-501/1000"}),
            "not: f is continuous",
        ),
        Counterexample(
            "MM-14.limit",
            2,
            model({"K": -1, "a": "-999/1000", "b": "1/4", "rho": 3, "t": "-1/2", "w": "-999/1000"}),
            "not: G_# is continuous",
        ),
        Counterexample(
            "MM-14.limit",
            3,
            model({"K": -2, "a": -1, "b": "-99/100", "rho": "-5/3", "t": "-991/1000", "w": "-2001/1000"}),
            "not: nu is near",
        ),
    ]


def refuted() -> list[Refuted]:
    once = statement("MM-14.once", "", PUSHED, "E[o] <= t + K*rho", random="o, g")
    less = statement("MM-14.less", "", PUSHED, f"E[o] <= 999/1000*({IMAGE})", random="o, g")
    return [
        Refuted(
            "the measure does not move",
            "Push-forwards move by t + K W_1 only.",
            once.text,
            model({"K": "3/2", "rho": "149/100", "t": "-3/4"}, E=[(1, {"g": "1489/1000", "o": 3})]),
        ),
        Refuted(
            "0.999 of the modulus",
            "Push-forwards move by 0.999 of the modulus.",
            less.text,
            model({"K": 0, "rho": "-5/4", "t": 2}, E=[(1, {"g": "-63/50", "o": 2})]),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
