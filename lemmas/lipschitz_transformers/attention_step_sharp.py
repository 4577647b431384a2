"""The sharp attention step: nonexpansive for every measure if and only if 0 <= eta <= 8/D^2, D = diam(A Omega).

Statement
    Let Omega be compact, A a real matrix, D = sup_{y, z in Omega} |A y - A z|, Gamma(mu, x) = x - eta E_x[A y].
    If D > 0: |Gamma(mu, x) - Gamma(mu, x')| <= |x - x'| for all x, x' in R^d and every Borel probability measure mu on Omega
    if and only if 0 <= eta <= 8/D^2. If D = 0 it is a translation, for every eta. Every d, every number of tokens.

Proof
    1. D_u Gamma(mu, x) = u - eta H u, H = Cov_x(A y).                                         assumed   LT-02
    2. <A y, q> lies in an interval [m, M], M - m <= D |q|: |<y' - z', q>| <= D |q|.           kernel    LT-05.range
    3. Var t <= (M - m)^2/4 for t in [m, M] (Popoviciu).                                       kernel    LT-05.popoviciu
    4. So with h = H u = q: |h|^2 <= (D^2/4) <u, h>, |u - eta h|^2 <= |u|^2 if eta D^2 <= 8.    kernel    LT-05.step
    5. A derivative bounded by 1 on the convex set R^d gives a 1-Lipschitz map.                assumed   mean_value_inequality
    6. Only if: y', z' in A Omega at distance D, weights 1/2, queries x0 +- t q, q their unit direction, x0 equalising the tilt:
       the pair's ratio is |1 - eta D tanh(s) / (2 t)|, s = t D/2, and it is > 1
       as soon as 0 < s < eta D^2/8 - 1, since e^{2s} >= 1 + 2s.                               kernel    LT-05.expands
    7. eta < 0: the same pair expands.                                                         kernel    LT-05.negative
    8. D^2/4 <= beta = sup |A y|^2: never worse than LT-04.                                    kernel    LT-05.better
    9. The largest step that 0 <= H <= D^2/4 admits is 8/D^2.                                  symbolic  derivation
   10. D = 0: A y = c on Omega, so E_x[A y] = c for every x, a translation by -eta c.          kernel    LT-05.constant

Sharpness
    Exactly sharp for queries in R^d, by steps 6 and 7. For queries in Omega only, sharp if Omega has an interior point, not
    for finite Omega: Omega = {-1, 1}, A = 1 has 8/D^2 = 2 but allows eta up to 2/tanh(1) = 2.626.

Source
    proofcheck; improves furuya2026approximation (arXiv:2602.15503), Lemma 2 (query part).

Audit
    The source's step 2/beta depends on where A Omega lies; softmax does not. Necessity needs no limit and no derivative:
    step 6 is an explicit pair, from e^x >= 1 + x alone (its ratio is the two-point softmax written out by hand).
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.step import sharp_attention_step
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-05"
TITLE = "Attention step, sharp bound"
SOURCE = Source("furuya2026approximation", "2602.15503", "proofcheck; sharpens Lemma 2 (query part)")
LABEL = "sharp"
ASSUMES = ("mean_value_inequality",)
USES = ("LT-02",)

D = sp.Symbol("D", positive=True)
BOUNDS = {"eta_max": 8 / D**2}
SYMBOLS = {"D": "diameter of A Omega", "eta": "step of the attention layer"}

EDGE = BOUNDS["eta_max"] * D**2  # eta D^2 at the boundary; D = 0 included where it is only an upper bound
STEP = {
    "<A y, h> >= m": "inner(v, h) >= m",
    "<A y, h> <= M": "inner(v, h) <= M",
    "M - m <= D |h|": "(M - m)**2 <= D**2*norm2(h)",
    "h = Cov_x(A y) u": "forall q: inner(h, q) == E[inner(v, u)*inner(v, q)] - E[inner(v, u)]*E[inner(v, q)]",
    "the step is not negative": "eta >= 0",
    "the step is admissible": f"eta*D**2 <= {text(EDGE)}",
}
TANH = "(exp(2*s) - 1)/(exp(2*s) + 1)"


def derivation() -> list[DerivationStep]:
    reason = "|1 - eta k| <= 1 for all k in [0, D^2/4]"
    return [DerivationStep("largest step", sharp_attention_step(D), BOUNDS["eta_max"], reason)]


def _step(name: str, sentence: str, admissible: str = STEP["the step is admissible"]) -> Claim:
    assume = {**STEP, "the step is admissible": admissible}
    return statement(name, sentence, assume, "norm2(u - eta*h) <= norm2(u)", vectors="u, h, v", random="v")


def claims() -> list[Claim]:
    return [
        statement(
            "LT-05.range",
            "Scores along q differ by at most D |q|.",
            {"y and z are within D": "norm2(y - z) <= D**2"},
            "inner(y - z, q)**2 <= D**2*norm2(q)",
            vectors="y, z, q",
        ),
        statement(
            "LT-05.popoviciu",
            "A variable in [m, M] has variance at most (M - m)^2/4.",
            {"t >= m": "t >= m", "t <= M": "t <= M"},
            "E[t**2] - E[t]**2 <= (M - m)**2/4",
            random="t",
        ),
        _step("LT-05.step", "The derivative of the attention step does not expand any vector u, at any query."),
        statement(
            "LT-05.expands",
            "For 0 < s < eta D^2/8 - 1 the pair at distance 2t = 4s/D expands: eta D^2 tanh(s)/(4s) > 2.",
            {"the pair is apart": "s > 0", "the step is too large": f"s < eta*{text(D**2 / EDGE)} - 1"},
            f"eta*D**2*{TANH}/(4*s) > 2",
        ),
        statement(
            "LT-05.negative",
            "For eta < 0 the pair expands: 1 - eta D^2 tanh(s)/(4s) > 1.",
            {"the pair is apart": "s > 0", "the atoms are apart": "D > 0", "the step is negative": "eta < 0"},
            f"1 - eta*D**2*{TANH}/(4*s) > 1",
        ),
        statement(
            "LT-05.better",
            "D^2/4 <= beta: two vectors of norm at most sqrt(beta) are within 2 sqrt(beta).",
            {"|y|^2 <= beta": "norm2(y) <= beta", "|z|^2 <= beta": "norm2(z) <= beta"},
            "norm2(y - z)/4 <= beta",
            vectors="y, z",
        ),
        statement(
            "LT-05.constant",
            "The tilted mean of a constant is that constant, at every query.",
            {
                "A y = c on Omega": "norm2(v - c) <= 0",
                "m = E_x[A y]": "forall q: inner(m, q) == E[inner(v, q)]",
            },
            "norm2(m - c) <= 0",
            vectors="m, c, v",
            random="v",
        ),
    ]


def pair(eta: int | str, diameter: int | str = 2, h: int | str = 1, low: int = -1, high: int = 1) -> dict:
    """A Omega = {-1, 1} in d = 1, equal weights, query 0, u = 1: Cov = 1."""
    atoms = [("1/2", {"v": [1]}), ("1/2", {"v": [-1]})]
    return model({"eta": eta, "D": diameter, "m": low, "M": high}, {"u": [1], "h": [h]}, E=atoms)


def _mean(m: int, v: int, c: int) -> dict:
    return model({}, {"m": [m], "c": [c]}, E=[(1, {"v": [v]})])


def spread(low: int, high: int) -> dict:
    """t = -1 or 1 with equal weights, whatever [m, M] = [low, high] says."""
    return model({"m": low, "M": high}, E=[("1/2", {"t": -1}), ("1/2", {"t": 1})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-05.range", 0, model({"D": 1}, {"y": [2], "z": [0], "q": [1]}), "two points at distance 2"),
        Counterexample("LT-05.popoviciu", 0, spread(0, 1), "a value below the interval"),
        Counterexample("LT-05.popoviciu", 1, spread(-1, 0), "a value above the interval"),
        Counterexample("LT-05.step", 0, pair(8, 1, 1, 1, 1), "a score below the interval"),
        Counterexample("LT-05.step", 1, pair(8, 1, 1, -1, -1), "a score above the interval"),
        Counterexample("LT-05.step", 2, pair(8, 1), "the interval is longer than D |h|"),
        Counterexample("LT-05.step", 3, pair(2, 2, -1), "+ in place of -: h is not Cov u"),
        Counterexample("LT-05.step", 4, pair(-1), "a negative step"),
        Counterexample("LT-05.step", 5, pair("21/10"), "eta = 8.4/D^2"),
        Counterexample("LT-05.expands", 0, model({"eta": 0, "D": 1, "s": -2}), "s has to be positive"),
        Counterexample("LT-05.expands", 1, model({"eta": 8, "D": 1, "s": 1}), "at eta = 8/D^2 no pair expands"),
        Counterexample("LT-05.negative", 1, model({"eta": -1, "D": 0, "s": 1}), "one token: a translation"),
        Counterexample("LT-05.negative", 2, model({"eta": 1, "D": 1, "s": 1}), "a small positive step contracts"),
        Counterexample("LT-05.better", 0, model({"beta": 1}, {"y": [3], "z": [-1]}), "y is outside the ball"),
        Counterexample("LT-05.constant", 0, _mean(1, 1, 0), "A y is not c"),
        Counterexample("LT-05.constant", 1, _mean(1, 0, 0), "m is not the mean"),
        Counterexample("LT-05.better", 1, model({"beta": 1}, {"y": [1], "z": [-3]}), "z is outside the ball"),
    ]


def refuted() -> list[Refuted]:
    beyond = text(sp.Rational(10**9 + 1, 10**9) * EDGE)
    past = _step("LT-05.past", "", f"eta*D**2 <= {beyond}")
    everywhere = statement(
        "LT-05.finite",
        "",
        {"the step is too large": f"eta*D**2 > {text(EDGE)}", "the atoms are apart": "D > 0"},
        "eta*D**2*(exp(2*s) - 1) > 8*s*(exp(2*s) + 1)",
    )
    return [
        Refuted(
            "past the boundary",
            "A step of (1 + 1e-9) 8/D^2 is nonexpansive.",
            past.text,
            pair(text(sp.Rational(beyond) / 4)),
        ),
        Refuted(
            "every pair expands",
            "For eta D^2 > 8 every pair of queries expands (false: A = 1, Omega = {-1, 1}, queries +-1, eta = 2.5).",
            everywhere.text,
            model({"eta": "5/2", "D": 2, "s": 1}),
        ),
    ]


HAMMER = Property(
    kind="nonexpansive_query",
    callable="torch_impl.layers:gradient_attention",
    bound="eta_max",
    quantities={"D": "image_diameter"},
    sharp=True,
    options={"layer": "attention"},
)
BINDINGS = (Binding("torch_impl.layers:gradient_attention", "gradient_attention"),)
