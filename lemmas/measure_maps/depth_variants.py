"""The depth limit with masks, with an MLP after attention, on the sphere and for post-norm layers: errors of order 1/N.

Statement
    h = T/N, N layers, a = ||A||, v = ||V||, Att as in MM-25, n tokens of any weights, any d; for every token or query:
    (a) Row i attends to the tokens of a fixed nonempty set S_i (causal: j <= i), with any weights there: MM-25 (a) and (b) hold with the
        same constants, R = R0 e^{v T}.
    (b) Layers y = x + h Att(mu, x), x' = y + h phi(y), |phi(x) - phi(y)| <= beta |x - y|, no mask. Let all tokens, queries and values y of the
        layers, of Euler layers x + h (Att(mu, x) + phi(x)) and of a solution X of X' = Att + phi lie in the ball of radius R, |Att + phi| <= M there,
        G = v R, L = v (1 + 2 a R^2) + beta > 0. They end within h beta G (e^{L T} - 1)/L of the Euler layers, and
        |x_N - X_T| <= h (M/2 + beta G/L) (e^{L T} - 1).
    (c) On the unit sphere, pi(y) = y/|y|, P_x u = u - <x, u> x, layers pi(x + h P_x Att(mu, x)), X a solution of X' = P_X Att(mu_t, X) on
        the sphere, L = 2 v (1 + a), no mask: |x_N - X_T| <= (v T/(2N)) (e^{L T} - 1).
    (d) The same with layers pi(x + h Att(mu, x)), h v < 1: |x_N - X_T| <= h (v/2 + v^2/(2 (1 - h v) L)) (e^{L T} - 1).
    Solutions are of the integral equation, as in MM-25 (b).

Proof
    1. (a) Pairing the atoms of S_i by label is a coupling of row i's contexts: if no token is farther than r from its image, W_infinity
       <= r, and the mean over S_i is MM-21's for that context. Nothing else of MM-25 knows the context.     assumed   MM-21, MM-25
    2. (b) phi after attention instead of before changes a layer by at most h^2 beta G ...                   kernel    MM-27.split
    3. ... which adds to the error of the Euler step.                                                       kernel    MM-27.parts
    4. (c) A tangential step leaves the open unit ball ...                                                  kernel    MM-27.outside
    5. ... and pi, the projection onto the unit ball, brings no two points outside of it farther apart.      kernel    MM-27.projection
    6. A solution on the sphere is its own projection, so gaps obey MM-25.layer with the velocity P_x Att, of Lipschitz constant
       L and length at most v.                                                                            assumed   MM-22, MM-25
    7. (d) With u = Att, r = <x, u>: x + h u = (1 + h r) (x + h' P_x u), h' = h/(1 + h r), and 1 + h r >= 1 - h v.   kernel    MM-27.share
    8. So pi sees a tangential step that is off by at most h^2 v^2/(2 (1 - h v)).                            kernel    MM-27.step
    9. Errors c of one layer sum to c (e^{L T} - 1)/(h L).                                                  assumed   MM-25, induction_on_depth
   10. The constants.                                                                                     symbolic  derivation

Sharpness
    Not claimed. In (a) the constant 1/2 is sharp as v T -> 0, one token. Elsewhere errors seen are far below (tests).

Source
    proofcheck; causal attention and post-norm layers as in castin2024smooth (arXiv:2312.14820) and furuya2024context (arXiv:2408.01367).

Audit
    Step 8 has half of the v^2/((1 - h v) L) that bounding both parts of Att by v gives. h v < 1 is needed: Att = -x, h = 1 goes to 0, which has
    no direction. In (c), (d) nothing compares N with m N layers directly: each substep projects anew; by the triangle inequality through X it costs the sum
    of both errors. That X exists is not used and not claimed: on the sphere and with phi only such X are spoken of. In (b)
    the ball is an assumption, since phi may push tokens anywhere; phi(x) = W_2 relu(W_1 x + b) has beta = ||W_2|| ||W_1||.
    Adaptive or averaged contexts (dropout, running means) are not covered: step 1 needs fixed sets and weights.
"""

from __future__ import annotations

import sympy as sp

from lemmas.measure_maps import depth_limit, residual_attention
from lemmas.measure_maps.attention_lipschitz import R, a, v
from lemmas.measure_maps.depth_limit import CONTEXT, QUERY, N, T
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-27"
TITLE = "Depth limit: masks, an MLP, the sphere, post-norm"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; variants of depth-scaled residual attention")
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ("MM-21", "MM-22", "MM-25")

beta, M = sp.symbols("beta M", nonnegative=True)
H = T / N
SPLIT = QUERY + CONTEXT + beta
SPHERE = 2 * v * (1 + a)


def _summed(error: sp.Expr, lipschitz: sp.Expr) -> sp.Expr:
    """What N errors of one layer sum to: c (e^{L T} - 1)/(h L)."""
    return error / (H * lipschitz) * (sp.exp(lipschitz * T) - 1)


BOUNDS = {
    "masked_error": depth_limit.BOUNDS["depth_error"],
    "splitting": H * beta * v * R / SPLIT * (sp.exp(SPLIT * T) - 1),
    "splitting_error": H * (M / 2 + beta * v * R / SPLIT) * (sp.exp(SPLIT * T) - 1),
    "sphere_error": v * T / (2 * N) * (sp.exp(SPHERE * T) - 1),
    "post_norm_error": H * (v / 2 + v**2 / (2 * (1 - H * v) * SPHERE)) * (sp.exp(SPHERE * T) - 1),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "T": "time, the sum of all steps",
    "N": "number of layers, of step T/N",
    "R0": "radius of a ball that holds the tokens at the start",
    "R": "radius of a ball that holds all tokens at all times",
    "beta": "Lipschitz constant of the MLP",
    "M": "largest length of attention plus MLP on the ball",
}


def derivation() -> list[DerivationStep]:
    euler = SPLIT * M * H**2 / 2
    turned = SPHERE * v * H**2 / 2
    off = H**2 * v**2 / (2 * (1 - H * v))
    velocity = residual_attention.BOUNDS["sphere_inf"].subs(residual_attention.a, a).subs(residual_attention.v, v)
    masked = _summed(depth_limit.LIPSCHITZ * depth_limit.SPEED * H**2 / 2, depth_limit.LIPSCHITZ)
    return [
        DerivationStep("masked", masked, BOUNDS["masked_error"], "c = L M h^2/2 with R = R0 e^{v T}"),
        DerivationStep("splitting", _summed(H**2 * beta * v * R, SPLIT), BOUNDS["splitting"], "c = h^2 beta G"),
        DerivationStep(
            "splitting and Euler", _summed(euler + H**2 * beta * v * R, SPLIT), BOUNDS["splitting_error"], "both errors"
        ),
        DerivationStep("sphere", _summed(turned, SPHERE), BOUNDS["sphere_error"], "c = L v h^2/2"),
        DerivationStep("post-norm", _summed(turned + off, SPHERE), BOUNDS["post_norm_error"], "c of both steps"),
        DerivationStep("one radius", BOUNDS["masked_error"].subs(T, 0), sp.Integer(0), "nothing moves in no time"),
        DerivationStep(
            "velocity", velocity + v * (1 + a - sp.sqrt(1 + a**2)), SPHERE, "MM-22.sphere gives the rest away"
        ),
    ]


STEP = {
    "d (1 + h r) = h^2 r": "d*s == h**2*r",
    "1 + h r >= k": "s >= k",
    "k > 0": "k > 0",
    "|Att| <= v": "r**2 + norm2(t) <= v**2",
}


def claims() -> list[Claim]:
    return [
        statement(
            "MM-27.split",
            "p = phi(x + h u) - phi(x): the MLP after attention moves a token by h p more than before it.",
            {"phi is beta-Lipschitz": "norm2(p) <= beta**2*norm2(h*u)", "|Att| <= G": "norm2(u) <= G**2"},
            "norm2(h*p) <= (h**2*beta*G)**2",
            vectors="p, u",
        ),
        statement(
            "MM-27.parts",
            "Two errors of one layer add up.",
            {
                "the Euler step": "norm2(y) <= c**2",
                "the order of the parts": "norm2(z) <= e**2",
                "c >= 0": "c >= 0",
                "e >= 0": "e >= 0",
            },
            "norm2(y + z) <= (c + e)**2",
            vectors="y, z",
        ),
        statement(
            "MM-27.outside",
            "A tangential step from the unit sphere does not enter the unit ball.",
            {"|x| = 1": "norm2(x) == 1", "f is tangential": "inner(x, f) == 0"},
            "norm2(x + h*f) >= 1",
            vectors="x, f",
        ),
        statement(
            "MM-27.projection",
            "Points s p and t q outside the unit ball are at least as far apart as their directions.",
            {"|p| = 1": "norm2(p) == 1", "|q| = 1": "norm2(q) == 1", "s >= 1": "s >= 1", "t >= 1": "t >= 1"},
            "norm2(p - q) <= norm2(s*p - t*q)",
            vectors="p, q",
        ),
        statement(
            "MM-27.share",
            "The radial part r of Att leaves at least the share 1 - h v of a unit token.",
            {"r >= -v": "r >= -v", "h >= 0": "h >= 0"},
            "1 + h*r >= 1 - h*v",
        ),
        statement(
            "MM-27.step",
            "d = h - h/(1 + h r): the tangential step t is off by at most h^2 v^2/(2 k), k = 1 - h v.",
            STEP,
            "norm2(2*k*d*t) <= (h**2*v**2)**2",
            vectors="t",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    unit, other = {"p": [1, 0], "q": [0, 1]}, {"p": [1, 0], "q": ["3/5", "4/5"]}
    step = {"d": 0, "s": 1, "h": 1, "r": 0, "k": "1/2", "v": 0}
    return [
        Counterexample("MM-27.split", 0, model({"h": 1, "beta": 0, "G": 0}, {"p": [1], "u": [0]}), "a steeper MLP"),
        Counterexample("MM-27.split", 1, model({"h": 1, "beta": 1, "G": 0}, {"p": [1], "u": [1]}), "a longer Att"),
        *(
            Counterexample("MM-27.parts", i, model({"c": c, "e": e}, {"y": [y], "z": [z]}), why)
            for i, (c, e, y, z, why) in enumerate(
                [
                    (0, 0, 1, 0, "a larger Euler error"),
                    (0, 0, 0, 1, "a larger second error"),
                    (-1, 1, 1, 0, "a negative error"),
                    (1, -1, 1, 0, "a negative error"),
                ]
            )
        ),
        Counterexample("MM-27.outside", 0, model({"h": 0}, {"x": [0], "f": [0]}), "a shorter token"),
        Counterexample("MM-27.outside", 1, model({"h": 1}, {"x": [1], "f": [-1]}), "a radial step"),
        Counterexample("MM-27.projection", 0, model({"s": 1, "t": 2}, {"p": [2], "q": [1]}), "a longer direction"),
        Counterexample("MM-27.projection", 1, model({"s": 2, "t": 1}, {"p": [1], "q": [2]}), "a longer direction"),
        Counterexample("MM-27.projection", 2, model({"s": 0, "t": 1}, unit), "a point inside the ball"),
        Counterexample("MM-27.projection", 3, model({"s": 1, "t": "3/5"}, other), "a point inside the ball"),
        Counterexample("MM-27.share", 0, model({"r": -2, "v": 1, "h": 1}), "a longer radial part"),
        Counterexample("MM-27.share", 1, model({"r": 0, "v": 1, "h": -1}), "a negative step"),
        *(
            Counterexample("MM-27.step", i, model(step | change, {"t": [t]}), why)
            for i, (change, t, why) in enumerate(
                [
                    ({"d": 9, "v": 1}, 1, "another step"),
                    ({"d": 2, "s": "1/4", "r": "1/2", "v": 1}, "3/4", "less is left of the token"),
                    ({"d": 100, "s": "1/100", "r": 1, "k": -1, "v": "5/4"}, "3/4", "nothing is left of the token"),
                    ({"d": 1, "r": 1}, 1, "a longer Att"),
                ]
            )
        ),
    ]


def refuted() -> list[Refuted]:
    signs = {"|x| = 1": "norm2(x) == 1"}
    radial = statement("MM-27.any_step", "", signs, "norm2(x + h*f) >= 1", vectors="x, f")
    third = statement("MM-27.third", "", STEP, "norm2(201/100*k*d*t) <= (h**2*v**2)**2", vectors="t")
    shorter = statement(
        "MM-27.inside",
        "",
        {
            "|p| = 1": "norm2(p) == 1",
            "|q| = 1": "norm2(q) == 1",
            "s >= 0.99": "100*s >= 99",
            "t >= 0.99": "100*t >= 99",
        },
        "norm2(p - q) <= norm2(s*p - t*q)",
        vectors="p, q",
    )
    half = {"d": "1/100", "s": 1, "h": "1/10", "r": 1, "k": 1}
    return [
        Refuted(
            "any residual step stays outside",
            "x + h Att(mu, x) has length at least 1 (false for Att = -x: post-norm needs h v < 1).",
            radial.text,
            model({"h": 1}, {"x": [1], "f": [-1]}),
        ),
        Refuted(
            "pi from inside the ball",
            "Points of length 0.99 are as far apart as their directions.",
            shorter.text,
            model({"s": "99/100", "t": "99/100"}, {"p": [1, 0], "q": [0, 1]}),
        ),
        Refuted(
            "a smaller share for post-norm",
            "The step is off by at most h^2 v^2/(2.01 k).",
            third.text,
            model(half | {"v": "141422/100000"}, {"t": [1]}),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = (
    Binding("torch_impl.attention:residual_attention", "proofcheck.bind.formulas_flow:RESIDUAL_ATTENTION"),
)
