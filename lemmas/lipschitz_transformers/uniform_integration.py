"""Attention with equal scores integrates: a zero coordinate collects int phi dmu for the query and for every token.

Statement
    Let x = (z, 0) with one more coordinate, 0 for the query and for every token, phi = <w, z> any linear read-out, A = c e w^T
    with e the unit vector of the new coordinate. The layer Gamma(mu, x) = x - eta E_x[A y] keeps z and sends the new coordinate
    to -eta c int phi dmu, for every probability measure mu and the query and every token alike. It is admissible (LT-05) for
    eta <= 8/(c osc)^2, osc = sup phi - inf phi over the tokens. Several read-outs at once: A = c sum_k e_k w_k^T, osc^2 the sum
    of the osc_k^2.

Proof
    1. Scores are 0: <x, A y> = c phi(y) <x, e> = 0.                                           kernel    LT-14.scores
    2. With weights e^0 = 1 the tilted mean is the mean: <x - eta E_x[A y], e> is -eta c E[phi].  kernel    LT-14.mean
    3. Nothing else moves: <x - eta E_x[A y], q> = <x, q> for q orthogonal to e.               kernel    LT-14.keeps
    4. So -t/(eta c) reads E[phi].                                                             kernel    LT-14.readout
    5. Images are c (phi(y) - phi(y')) e apart: at most c osc.                                 kernel    LT-14.range
    6. Two read-outs in orthogonal coordinates: c^2 (osc_1^2 + osc_2^2); more by adding one at a time.
                                                                                               kernel    LT-14.many
    7. The sharp step at D = c osc is 8/(c osc)^2.                                             symbolic  derivation
    8. osc <= 2 sup |phi|: never smaller than the step 2/(c sup |phi|)^2 of LT-04.             kernel    LT-14.better
    9. For an L-Lipschitz phi the value is L-Lipschitz in the context (W_1).                   kernel    LT-14.context

Sharpness
    Identities. The step is that of LT-05 for the images, which lie on a line; the value read does not depend on it.

Source
    furuya2026approximation (arXiv:2602.15503), used in the separation step of Theorem 8; as reconstructed.

Audit
    Afterwards t is -eta c int phi dmu, not 0: a second integral needs a zero coordinate of its own. With the same one the
    scores are t c phi(y), and the mean is tilted (refuted below).
    The mean of step 2 is stated as h E[omega] = E[omega A y] with omega = e^score = 1; no softmax is left to evaluate.
    For several read-outs the sum of osc_k^2 is an upper bound of the squared diameter: the read-outs need not be extremal at
    the same tokens.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import attention_step, attention_step_sharp
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-14"
TITLE = "Uniform attention integrates"
SOURCE = Source("furuya2026approximation", "2602.15503", "used in Theorem 8, as reconstructed")
LABEL = "identity"
ASSUMES = ()
USES = ("LT-04", "LT-05")

o, c = sp.symbols("o c", positive=True)
BOUNDS = {"eta_max": attention_step_sharp.BOUNDS["eta_max"].subs(attention_step_sharp.D, c * o)}
SYMBOLS = {"o": "oscillation sup phi - inf phi over the tokens", "c": "factor of A", "eta": "step of the layer"}

NEW = {"e is a unit vector": "norm2(e) == 1"}
MEAN = {
    "h is the tilted mean of A y": "forall q: inner(h, q)*E[omega] == E[omega*c*phi*inner(e, q)]",
    "equal scores, all 0": "omega == 1",
}


def derivation() -> list[DerivationStep]:
    s = sp.Symbol("s", positive=True)
    largest = attention_step.BOUNDS["eta_max"].subs(attention_step.beta, (c * s) ** 2)
    return [
        DerivationStep("the step", BOUNDS["eta_max"], sp.Rational(8) / (c**2 * o**2), "8/D^2 at D = c osc"),
        DerivationStep("LT-04 at osc = 2 sup", BOUNDS["eta_max"].subs(o, 2 * s), largest, "8/(2 c s)^2 = 2/(c s)^2"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-14.scores",
            "Every score is 0.",
            {"the new coordinate of the query is 0": "inner(x, e) == 0"},
            "inner(x, c*p*e) == 0",
            vectors="x, e",
        ),
        statement(
            "LT-14.mean",
            "The new coordinate becomes -eta c E[phi].",
            {**MEAN, **NEW, "it is 0 before": "inner(x, e) == 0"},
            "inner(x - eta*h, e) == -(eta*c*E[phi])",
            vectors="x, h, e",
            random="omega, phi",
        ),
        statement(
            "LT-14.keeps",
            "No other coordinate moves.",
            {**MEAN, "q is another coordinate": "inner(e, r) == 0"},
            "inner(x - eta*h, r) == inner(x, r)",
            vectors="x, h, e, r",
            random="omega, phi",
        ),
        statement(
            "LT-14.readout",
            "-t/(eta c) is the integral.",
            {"t = -eta c E[phi]": "t == -(eta*c*E[phi])"},
            "-(t/(eta*c)) == E[phi]",
            random="phi",
        ),
        statement(
            "LT-14.range",
            "Images of two tokens are within c osc.",
            {"phi(y) - phi(y') <= osc": "p - r <= o", "phi(y') - phi(y) <= osc": "r - p <= o", **NEW},
            "norm2(c*p*e - c*r*e) <= (c*o)**2",
            vectors="e",
        ),
        statement(
            "LT-14.many",
            "Images in two orthogonal directions: the squares add.",
            {"the first": "norm2(a) <= n1", "the second": "norm2(b) <= n2", "they are orthogonal": "inner(a, b) == 0"},
            "norm2(a + b) <= n1 + n2",
            vectors="a, b",
        ),
        statement(
            "LT-14.better",
            "osc <= 2 sup |phi|.",
            {"|phi(y)| <= s": "p**2 <= s**2", "|phi(y')| <= s": "r**2 <= s**2"},
            "(p - r)**2 <= (2*s)**2",
        ),
        statement(
            "LT-14.context",
            "A coupling that costs rho moves the integral by at most L rho.",
            {
                "phi is L-Lipschitz along the coupling": "p - r <= L*g",
                "the coupling costs at most rho": "E[g] <= rho",
                "L >= 0": "L >= 0",
            },
            "E[p] - E[r] <= L*rho",
            random="p, r, g",
        ),
    ]


def _layer(omega: int, phi: int, x: int = 0, h: int = 1, e: int = 1, **vectors: int) -> dict:
    """eta = c = 1 in d = 1, one token."""
    points = {"x": [x], "h": [h], "e": [e], **{k: [v] for k, v in vectors.items()}}
    return model({"eta": 1, "c": 1}, points, E=[(1, {"omega": omega, "phi": phi})])


def _coupling(p: int, g: int, slope: int, rho: int) -> dict:
    return model({"L": slope, "rho": rho}, E=[(1, {"p": p, "r": 0, "g": g})])


def _pair(p: int, r: int, s: int) -> dict:
    return model({"p": p, "r": r, "s": s})


def counterexamples() -> list[Counterexample]:
    tilted = [("1/2", {"omega": 1, "phi": 0}), ("1/2", {"omega": 3, "phi": 1})]
    two = {"n1": 1, "n2": 1}
    return [
        Counterexample("LT-14.scores", 0, model({"c": 1, "p": 1}, {"x": [1], "e": [1]}), "a used coordinate"),
        Counterexample("LT-14.mean", 0, _layer(1, 0), "h is not the mean"),
        Counterexample(
            "LT-14.mean",
            1,
            model({"eta": 1, "c": 1}, {"x": [0], "h": ["3/4"], "e": [1]}, E=tilted),
            "scores that differ",
        ),
        Counterexample("LT-14.mean", 2, _layer(1, 1, h=2, e=2), "a longer e"),
        Counterexample("LT-14.mean", 3, _layer(1, 1, x=1), "a used coordinate"),
        Counterexample("LT-14.keeps", 0, _layer(1, 0, r=1, e=0), "h is not the mean"),
        Counterexample("LT-14.keeps", 1, _layer(0, 0, r=1, e=0), "no mass: every h is a mean"),
        Counterexample("LT-14.keeps", 2, _layer(1, 1, r=1), "the new coordinate itself"),
        Counterexample(
            "LT-14.readout", 0, model({"t": 0, "eta": 1, "c": 1}, E=[(1, {"phi": 1})]), "a coordinate that is not t"
        ),
        Counterexample("LT-14.range", 0, model({"p": 1, "r": 0, "o": 0, "c": 1}, {"e": [1]}), "farther apart"),
        Counterexample("LT-14.range", 1, model({"p": 0, "r": 1, "o": 0, "c": 1}, {"e": [1]}), "farther apart"),
        Counterexample("LT-14.range", 2, model({"p": 1, "r": 0, "o": 1, "c": 1}, {"e": [2]}), "a longer e"),
        Counterexample("LT-14.many", 0, model(two, {"a": [2, 0], "b": [0, 1]}), "the first is longer"),
        Counterexample("LT-14.many", 1, model(two, {"a": [1, 0], "b": [0, 2]}), "the second is longer"),
        Counterexample("LT-14.many", 2, model(two, {"a": [1, 0], "b": [1, 0]}), "one coordinate for both"),
        Counterexample("LT-14.better", 0, _pair(4, 0, 1), "a value above s"),
        Counterexample("LT-14.better", 1, _pair(0, 4, 1), "a value above s"),
        Counterexample("LT-14.context", 0, _coupling(2, 1, 1, 1), "phi is steeper"),
        Counterexample("LT-14.context", 1, _coupling(1, 1, 1, 0), "a coupling that costs more"),
        Counterexample("LT-14.context", 2, _coupling(0, 0, -1, 1), "a negative slope"),
    ]


def refuted() -> list[Refuted]:
    again = statement(
        "LT-14.again",
        "",
        {"weights are positive": "omega > 0"},
        "E[omega*phi] == E[omega]*E[phi]",
        random="omega, phi",
    )
    shared = statement(
        "LT-14.shared",
        "",
        {"the first": "norm2(a) <= n1", "the second": "norm2(b) <= n2"},
        "norm2(a + b) <= n1 + n2",
        vectors="a, b",
    )
    least = text(sp.Rational(1999, 1000))
    tight = statement(
        "LT-14.tight", "", {"|phi| <= s": "p**2 <= s**2", "|phi'| <= s": "r**2 <= s**2"}, f"p - r <= {least}*Abs(s)"
    )
    return [
        Refuted(
            "the same coordinate twice",
            "With t != 0 the tilted mean is still the mean (false: two tokens, e^score 1 and 3).",
            again.text,
            model({}, {}, E=[("1/2", {"omega": 1, "phi": 0}), ("1/2", {"omega": 3, "phi": 1})]),
        ),
        Refuted(
            "one coordinate for two read-outs",
            "The squared diameters add without orthogonality.",
            shared.text,
            model({"n1": 1, "n2": 1}, {"a": [1], "b": [1]}),
        ),
        Refuted("a smaller oscillation", "osc <= 1.999 sup |phi|.", tight.text, _pair(1, -1, 1)),
    ]


HAMMER = Property(
    kind="identity",
    callable="torch_impl.blocks_steps:uniform_integral",
    bound="",
    quantities={},
    sharp=False,
    options={"identities": ("integral",)},
)
BINDINGS = (Binding("torch_impl.blocks_steps:uniform_integral", "uniform_integral"),)
