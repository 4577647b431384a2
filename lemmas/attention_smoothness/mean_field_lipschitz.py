"""The mean-field map of softmax attention is Lipschitz on the measures of a ball, in every W_p, and so for every number of tokens.

Statement
    Let F(mu) = Gamma(mu, .)_# mu, Gamma(mu, x) = V E_x[y] under the tilt e^<A x, y>, no mask, v = ||V||, s = ||A|| R^2. For all Borel probability
    measures mu, nu on the ball of radius R in R^d: W_p(F(mu), F(nu)) <= C_p W_p(mu, nu) with
    C_p = v (s + (1 + 2 s) e^{2 s/p}) for real p >= 1, v (s + sqrt(1 + s^2) e^{2 s/p}) for real p >= 2, v (s + sqrt(1 + s^2)) for p = infinity.
    C_p <= v (1 + 3 s) e^{2 s}. More exactly, the cost of every coupling grows by at most C_p, so the token map f(X)_i = V sum_j P_ij x_j has
    ||f(X) - f(Y)||_F <= C_2 ||X - Y||_F for all X, Y with tokens in the ball, for every n. Every d.

Proof
    1. Gamma(mu, .) is v s-Lipschitz on the ball, and Gamma(., x) is (C_p - v s)-Lipschitz for W_p.   assumed   MM-21
    2. So a pair (y0, y1) at distance g goes to distance at most v s g + (C_p - v s) rho.          kernel    MM-18.pair
    3. The cost of the coupling grows by at most the sum of both constants, for every real p.      kernel    MM-18.push
    4. For p = infinity.                                                                         kernel    MM-18.push_inf
    5. The sum is C_p.                                                                           symbolic  derivation
    6. v (s + (1 + 2 s) e^{2 s/p}) <= v (1 + 3 s) e^{2 s}.                                        kernel    AS-03.remembered
    7. sqrt(1 + s^2) <= 1 + s.                                                                   kernel    AS-03.spread
    8. Tokens: for the coupling of x_i with y_i, the mean of squares is ||X - Y||_F^2/n.           kernel    AS-03.tokens

Sharpness
    AS-03L has matching lower bounds: for p = 1 and A = -a I they differ from C_1 by v s only; for p = 2 the ratio is at most 2 for every s,
    and e^{2 s/p} cannot be replaced by e^{c s/p} with c < 2. The upper bound v (1 + 3 s) e^{2 s} is off by e^s for p = 2.

Source
    Mean-field bound of castin2024smooth (arXiv:2312.14820), its constant as remembered; the proof and C_p are proofcheck's.

Audit
    The remembered constant is proved (step 6) and is loose for p > 1: the density of the tilted coupling, at most e^{2 s}, enters with the power 1/p.
    Step 8 is the link in one direction: the sup over n of the token map's constant is at most C_2.
"""

from __future__ import annotations

import sympy as sp

from lemmas._models import one_for_each
from lemmas.attention_smoothness._mean_field_lipschitz_models import MODELS
from lemmas.measure_maps import attention_lipschitz, push_forward_lipschitz
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "AS-03"
TITLE = "Mean-field attention"
SOURCE = Source(
    "castin2024smooth", "2312.14820", "mean-field upper bound, as remembered; sharper constants by proofcheck"
)
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ("MM-18", "MM-21")

v, a, p, R = sp.symbols("v a p R", positive=True)
S = a * R**2
BOUNDS = {
    "lipschitz_constant": v * (S + (1 + 2 * S) * sp.exp(2 * S / p)),
    "lipschitz_constant_2": v * (S + sp.sqrt(1 + S**2) * sp.exp(2 * S / p)),
    "lipschitz_constant_inf": v * (S + sp.sqrt(1 + S**2)),
    "as_remembered": v * (1 + 3 * S) * sp.exp(2 * S),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "p": "exponent of W_p",
    "R": "radius of a ball that holds both supports",
}


def derivation() -> list[DerivationStep]:
    whole, layer = push_forward_lipschitz.BOUNDS["lipschitz_constant"], attention_lipschitz.BOUNDS

    def added(context: str) -> sp.Expr:
        parts = {"L": layer["query_on_ball"], "M": layer[context]}
        return whole.subs({x: parts[x.name] for x in whole.free_symbols}, simultaneous=True)

    third = BOUNDS["lipschitz_constant"].subs(p, 1) + v * S * (sp.exp(2 * S) - 1)
    return [
        DerivationStep(
            "p >= 1", added("on_ball"), BOUNDS["lipschitz_constant"], "query and context constants of MM-21"
        ),
        DerivationStep("p >= 2", added("on_ball_2"), BOUNDS["lipschitz_constant_2"], "the same"),
        DerivationStep("p infinite", added("on_ball_inf"), BOUNDS["lipschitz_constant_inf"], "the same"),
        DerivationStep(
            "what is given away", third, BOUNDS["as_remembered"], "p = 1: the excess is v s (e^{2 s} - 1) >= 0"
        ),
    ]


def claims() -> list[Claim]:
    signs = {"v >= 0": "v >= 0", "a >= 0": "a >= 0"}
    return [
        statement(
            "AS-03.remembered",
            "The constant is at most v (1 + 3 s) e^{2 s}, s = a R^2.",
            signs | {"p >= 1": "p >= 1"},
            f"{text(BOUNDS['lipschitz_constant'])} <= {text(BOUNDS['as_remembered'])}",
        ),
        statement("AS-03.spread", "The factor for p >= 2 is at most 1 + s.", {"s >= 0": "s >= 0"}, "sqrt(1 + s**2) <= 1 + s"),
        statement(
            "AS-03.tokens",
            "A pair that goes to at most L g + M rho, rho^2 the mean of g^2, in the mean of squares over the tokens.",
            {
                "a token goes to at most L g + M rho": "o <= L*g + M*w",
                "o is a distance": "o >= 0",
                "rho^2 is the mean of squares": "E[g**2] <= w**2",
                "w >= 0": "w >= 0",
                "L >= 0": "L >= 0",
                "M >= 0": "M >= 0",
            },
            "E[o**2] <= (L + M)**2*w**2",
            random="g, o",
        ),
    ]  # fmt: skip


def counterexamples() -> list[Counterexample]:
    return one_for_each(claims(), MODELS)


def refuted() -> list[Refuted]:
    def at(name: str, target: str) -> str:
        return statement(name, "", {"v >= 0": "v >= 0", "a >= 0": "a >= 0", "p >= 1": "p >= 1"}, target).text

    one = model({"v": 1, "a": 2, "R": 1, "p": 1})
    return [
        Refuted(
            "the exponent halved as a majorant",
            "v (1 + 3 s) e^s bounds the constant for every p (false for p = 1).",
            at("AS-03.halved", f"{text(BOUNDS['lipschitz_constant'])} <= v*(1 + 3*a*R**2)*exp(a*R**2)"),
            one,
        ),
        Refuted(
            "the polynomial form for p = 1",
            "v (1 + 3 s)^3 bounds the constant for every p (false for p = 1, s = 4).",
            at("AS-03.cubic", f"{text(BOUNDS['lipschitz_constant'])} <= v*(1 + 3*a*R**2)**3"),
            model({"v": 1, "a": 4, "R": 1, "p": 1}),
        ),
    ]


def _push(bound: str, distance: str) -> Property:
    named = {"v": "value_norm", "a": "operator_norm", "R": "radius", "p": "exponent"}
    return Property("push_attend", "torch_impl.attention:attend", bound, named, False, {"distance": distance})


HAMMER = (
    _push("lipschitz_constant", "w1"),
    _push("lipschitz_constant_2", "w2"),
)
BINDINGS = (Binding("torch_impl.attention:attend", "proofcheck.bind.formulas_attend:ATTEND"),)
