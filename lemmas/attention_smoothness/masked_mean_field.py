"""Causal attention on measures over time and space is Lipschitz for d_p, p > 1, with Hardy's constant p/(p - 1); for p = 1 it is not.

Statement
    Time stamps 1, ..., n with weights theta_k > 0 of sum 1, mu = sum_k theta_k delta_k x mu^k with mu^k Borel probability measures on the ball of radius
    R in R^d; F(mu) moves (k, x) to (k, Gamma_k(x)), Gamma_k(x) = V times the mean of y under mu restricted to times <= k (k included), tilted by
    e^<A x, y>. d_p(mu, nu)^p = sum_k theta_k W_p(mu^k, nu^k)^p, the maximum over k for p = infinity. v = ||V||, s = ||A|| R^2. For real
    1 <= r < p: d_p(F(mu), F(nu)) <= v (s + (1 + 2 s) e^{2 s/r} (p/(p - r))^{1/r}) d_p(mu, nu); for p = infinity v (s + sqrt(1 + s^2)). Every d, n, theta.
    With mu^k = delta_{x_k}, theta_k = 1/n: the same bound for f(x)_i = V sum_{j <= i} P_ij x_j and ((1/n) sum |x_i - x'_i|^p)^{1/p}.

Proof
    1. Gamma_k is v s-Lipschitz, and moves with the times <= k by at most v (1 + 2 s) e^{2 s/r} (T_k G)^{1/r}, G_j the mean of |y1 - y0|^r at time j,
       T_k G the average over times <= k (p = infinity: v sqrt(1 + s^2) max_j).                   assumed   MM-21
    2. Hardy, weighted: with A = T_k G, B = T_{k-1} G, T = theta_1 + ... + theta_{k-1}, w = theta_k and real q > 1
       (q - 1) w A^q - q w A^{q-1} G_k <= T B^q - (T + w) A^q.                                   kernel    AS-07.hardy_step
    3. One more time stamp.                                                                     kernel    AS-07.hardy_chain
    4. So (q - 1) sum theta A^q <= q sum theta A^{q-1} G.                                        assumed   induction_on_depth
    5. Hence sum theta A^q <= (q/(q-1))^q sum theta G^q.                                         kernel    AS-07.hardy
    6. G_j^{p/r} is at most the mean of |y1 - y0|^p at time j.                                   kernel    AS-07.jensen
    7. With q = p/r: a pair at distance g goes to at most v s g + M h, and h has p-norm at most (p/(p - r))^{1/r} d_p: Minkowski for real p.
                                                                                               kernel    AS-07.minkowski
    8. p = infinity.                                                                           kernel    MM-18.push_inf
    9. The constants.                                                                          symbolic  derivation
   10. p = 1: sum_{k <= 2n} 1/k grows by at least 1/2 from n to 2n, so F at A = 0, V = I, theta uniform has no bound free of n.   kernel    AS-07.harmonic

Sharpness
    At A = 0, V = I, theta uniform F is the averaging operator x_i -> (x_1 + ... + x_i)/i, whose norm on l_p tends to p/(p - 1), the bound for
    r = 1. For p = 1 moving the first token alone stretches by 1 + 1/2 + ... + 1/n (step 10).

Source
    Masked mean-field setting of castin2024smooth (arXiv:2312.14820) as remembered; the constant and its proof are proofcheck's.

Audit
    A bound v (1 + 3 s) e^{2 s} for all finite p, as in the unmasked case, is false at A = 0 already for two tokens (refuted below); d_1 has none; and
    plain W_p on time and space makes F discontinuous: two tokens at times that differ by e, swapped, move by e and the output moves by 1/2.
    Step 2 is Elliott's proof of Hardy's inequality with weights; its only inequality is the tangent of z -> z^q, an identity from e^z >= 1 + z
    for real q. Averages and distances are positive there: add any small number to all of them. Laws of time with infinitely many values are not claimed.
"""

from __future__ import annotations

import sympy as sp

from lemmas._models import one_for_each
from lemmas.attention_smoothness._masked_mean_field_models import MODELS
from lemmas.attention_smoothness._token_sums import SELF_ATTENTION
from lemmas.measure_maps import attention_lipschitz, push_forward_lipschitz
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "AS-07"
TITLE = "Masked mean-field attention"
SOURCE = Source("castin2024smooth", "2312.14820", "masked mean-field setting, as remembered; constant by proofcheck")
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ("MM-18", "MM-21")

v, a, p, r, R = sp.symbols("v a p r R", positive=True)
S = a * R**2
BOUNDS = {
    "lipschitz_constant": v * (S + (1 + 2 * S) * sp.exp(2 * S / r) * (p / (p - r)) ** (1 / r)),
    "lipschitz_constant_1": v * (S + p / (p - 1) * (1 + 2 * S) * sp.exp(2 * S)),
    "lipschitz_constant_inf": v * (S + sp.sqrt(1 + S**2)),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "p": "exponent of d_p",
    "r": "exponent in [1, p) with which the context constant is taken",
    "R": "radius of a ball that holds all tokens",
}


def derivation() -> list[DerivationStep]:
    whole, layer = push_forward_lipschitz.BOUNDS["lipschitz_constant"], attention_lipschitz.BOUNDS
    q = p / r
    hardy = sp.powsimp((p / (p - r)) ** (1 / r))

    def added(context: sp.Expr) -> sp.Expr:
        parts = {"L": layer["query_on_ball"], "M": context}
        return whole.subs({x: parts[x.name] for x in whole.free_symbols}, simultaneous=True)

    context = layer["on_ball"].subs(next(x for x in layer["on_ball"].free_symbols if x.name == "p"), r)
    return [
        DerivationStep("Hardy's constant", q / (q - 1), p / (p - r), "q = p/r"),
        DerivationStep(
            "p real", added(context * hardy), BOUNDS["lipschitz_constant"], "context constant of W_r, Hardy"
        ),
        DerivationStep("r = 1", BOUNDS["lipschitz_constant"].subs(r, 1), BOUNDS["lipschitz_constant_1"], "r = 1"),
        DerivationStep("p infinite", added(layer["on_ball_inf"]), BOUNDS["lipschitz_constant_inf"], "time by time"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "AS-07.hardy_step",
            "One time stamp of weight w in Hardy's inequality: averages e^z before, e^x after, for every real q > 1.",
            {
                "the average after is at most this": "(T + w)*exp(x) <= T*exp(z) + w*g",
                "T >= 0": "T >= 0",
                "q >= 1": "q >= 1",
            },
            "(q - 1)*w*exp(q*x) - q*w*exp((q - 1)*x)*g <= T*exp(q*z) - (T + w)*exp(q*x)",
        ),
        statement(
            "AS-07.hardy_chain",
            "The inequalities of the time stamps add up.",
            {"before": "(q - 1)*P - q*Q <= -F0", "one time stamp": "(q - 1)*s - q*t <= F0 - F1"},
            "(q - 1)*(P + s) - q*(Q + t) <= -F1",
        ),
        statement(
            "AS-07.hardy",
            "Hardy's inequality from its linear form: the p-norm of the averages e^x is at most e^k times that of e^y.",
            {
                "linear form": "(q - 1)*E[exp(q*x)] <= q*E[exp((q - 1)*x + y)]",
                "e^k >= q/(q - 1)": "exp(k)*(q - 1) >= q",
                "q >= 1": "q >= 1",
            },
            "E[exp(q*x)] <= E[exp(q*(y + k))]",
            random="x, y",
        ),
        statement(
            "AS-07.jensen",
            "The q-th power of a mean is at most the mean of q-th powers (g^r = e^y, q = p/r).",
            {"e^m is at most the mean": "exp(m) <= E[exp(y)]", "q >= 1": "q >= 1"},
            "exp(q*m) <= E[exp(q*y)]",
            random="y",
        ),
        statement(
            "AS-07.minkowski",
            "Minkowski's inequality for every real p >= 1: distances e^y and e^z, both of p-norm at most e^r, L + M = e^k.",
            {
                "a pair goes to at most L g + M h": "exp(k + u) <= L*exp(y) + M*exp(z)",
                "e^k = L + M": "exp(k) == L + M",
                "the coupling costs at most e^r": "E[exp(p*y)] <= exp(p*r)",
                "the averages cost at most e^r": "E[exp(p*z)] <= exp(p*r)",
                "L >= 0": "L >= 0",
                "M >= 0": "M >= 0",
                "p >= 1": "p >= 1",
            },
            "E[exp(p*(k + u))] <= exp(p*(k + r))",
            random="u, y, z",
        ),
        statement(
            "AS-07.harmonic",
            "The mean of 1/k over n < k <= 2n is at least 1/(2n): the harmonic sum grows by 1/2 from n to 2n.",
            {"k > 0": "k > 0", "k <= 2 n": "k <= 2*n"},
            "E[1/k] >= 1/(2*n)",
            random="k",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return one_for_each(claims(), MODELS)


def refuted() -> list[Refuted]:
    def line(name: str, assume: dict[str, str], target: str) -> str:
        return statement(name, "", assume, target).text

    signs = {"g1 >= 0": "g1 >= 0", "g2 >= 0": "g2 >= 0"}
    swap = {
        "times t and t + e": "e > 0",
        "tokens 0, 1": "x0 == 0",
        "and": "x1 == 1",
        "first outputs, before and after the swap": "f == x0",
        "of the other token": "h == x1",
        "second output is the mean, in either order": "m == (x0 + x1)/2",
    }
    nearest = "Min(Abs(f - h), Abs(f - m))"  # where the output f = 0 at time t may go: to h = 1, or to m at time t + e
    return [
        Refuted(
            "the unmasked constant, p = 2",
            "d_2(F(mu), F(nu)) <= v (1 + 3 s) e^{2 s} d_2(mu, nu) (false at A = 0 for two tokens).",
            line("AS-07.unmasked2", signs, "g1**2 + ((g1 + g2)/2)**2 <= g1**2 + g2**2"),
            model({"g1": 1, "g2": "1/4"}),
        ),
        Refuted(
            "the unmasked constant, p = 1",
            "d_1(F(mu), F(nu)) <= v (1 + 3 s) e^{2 s} d_1(mu, nu) (false at A = 0 for two tokens; no constant holds for all n).",
            line("AS-07.unmasked1", signs, "g1 + (g1 + g2)/2 <= g1 + g2"),
            model({"g1": 1, "g2": 0}),
        ),
        Refuted(
            "plain W_1 on time and space",
            "W_1(F(mu), F(nu)) <= 20 W_1(mu, nu) (two tokens at times 1/100 apart, swapped: every coupling of the outputs moves the first by 1/2).",
            line("AS-07.swap", swap, f"1/2*{nearest} <= 20*e"),
            model({"e": "1/100", "x0": 0, "x1": 1, "f": 0, "h": 1, "m": "1/2"}),
        ),
        Refuted(
            "Hardy's constant below 3/2 for p = 2",
            "The averages of (1, 0.7, 0.57, 0.5, 0.45, 0.41, 0.38, 0.36) have norm at most 6/5 that of the sequence.",
            _averages("AS-07.small"),
            model({}),
        ),
    ]


def _averages(name: str) -> str:
    tokens = [sp.Rational(*x) for x in ((1, 1), (7, 10), (57, 100), (1, 2), (9, 20), (41, 100), (19, 50), (9, 25))]
    means = [sum(tokens[: i + 1], sp.Integer(0)) / (i + 1) for i in range(len(tokens))]
    left, right = (" + ".join(f"({x})**2" for x in xs) for xs in (means, tokens))
    return statement(name, "", {}, f"{left} <= 36/25*({right})").text


HAMMER = None
BINDINGS = SELF_ATTENTION
