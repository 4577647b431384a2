"""Two contexts move apart by at most e^{E_p} under attention layers of step T/N, for every N, and under the Vlasov flow.

Statement
    mu, nu probability measures on the ball of radius R0, A, V real matrices, a = ||A||, v = ||V||, Att(mu, x) = V E_x[y], scores <A x, y>,
    no mask. On the ball of radius r: l = v a r^2, m_p = v (1 + 2 a r^2) e^{2 a r^2/p} for 1 <= p < infinity, m_inf = v (1 + a r^2).
    E_p = int_0^T (l + m_p)(R0 e^{v s}) ds. With b = a R0^2 > 0, u = b e^{2 v T}:
    E_p = ((u - b) + Ei(2 u/p) - Ei(2 b/p) + p (e^{2 u/p} - e^{2 b/p}))/2,  E_inf = v T + u - b;  E_p = v T for b = 0.
    (a) N residual layers x + (T/N) Att(mu_k, x), every N: W_p(mu_N, nu_N) <= e^{E_p} W_p(mu, nu).
    (b) X_t(x) = x + int_0^t Att(mu_s, X_s(x)) ds, mu_t the image of mu under X_t, has one bounded solution on [0, T] x the ball, tokens
        or not, and W_p(mu_T, nu_T) <= e^{E_p} W_p(mu, nu). So W_p(mu^n_T, mu_T) <= e^{E_p} W_p(mu^n, mu) for n tokens drawn from mu.
    Every d, every number of tokens, any weights, real p >= 1 and p = infinity.

Proof
    1. p e^x <= e^{p x} + p - 1 (Bernoulli).                                                   kernel    MM-23.bernoulli
    2. Layers keep the balls of radius R_k = R0 (1 + h v)^k, and a pair at distance g goes to at most (1 + h l) g + h m W_p.
                                                                                               assumed   MM-26
    3. m_p is MM-21's constant, m_inf at least MM-21's.                                         assumed   MM-21
    4. So the coupling that is carried along costs at most 1 + h (l + m_p) times as much: with g = W_p e^y and the new
       distance (q + c) W_p e^s, E e^{p y} <= 1 gives E e^{p s} <= 1.                           kernel    MM-23.layer
    5. For p = infinity a pair at distance at most W goes to at most (q + c) W.                 assumed   LT-09
    6. 1 + h (l + m) <= e^{h (l + m)}.                                                          kernel    MM-23.factor
    7. l + m_p grows with the radius.                                                          kernel    MM-23.monotone
    8. The derivative of E_p in T is (l + m_p)(R0 e^{v T}).                                     symbolic  derivation
    9. Between lo and hi a derivative moves a function by lo h at least ...                    assumed   mean_value_inequality
   10. ... so h (l + m_p)(R_k) <= E_p(t_{k+1}) - E_p(t_k).                                      kernel    MM-23.increment
   11. Induction on the number of layers.                                                      assumed   induction_on_depth
   12. Layers and flow end within MM-25's depth error C/N of each other, uniformly over the ball; C does not depend on N.
                                                                                               symbolic  derivation
   13. So W_p of the flows is at most W_p of the layers plus 2 C/N, and two solutions are within 2 C/N, for every N.
                                                                                               assumed   MM-25
   14. x <= b + e, where 2 e <= x - b for some N if x > b: so x <= b. Here e = 2 C/N.           kernel    MM-23.close
   15. By MM-25 (a) the layers for N = 2^k, joined linearly in time, are within (C + 2 M T)/N of all finer ones: they converge
       uniformly on [0, T] x the ball to a continuous X, e_N the distance to it.               assumed   uniform_limit
   16. x_t^N - x is t times the mean over [0, t] of Att at the last step before s; that differs from Att(mu_s, X_s) by at most
       c = L (e_N + M T/N) (MM-25.velocity, MM-25.moved), and so does its mean m (MM-26.speed).  assumed   MM-26
   17. So |X_t - x - int_0^t Att(mu_s, X_s) ds| <= e_N + t c for every N, and 0 by step 14: X is a solution.   kernel    MM-23.limit

Sharpness
    n = 1: both tokens are multiplied by e^{V T}, so the rate v at b = 0 is attained (V = v I). For b > 0 it is an upper bound.

Source
    proofcheck; Dobrushin's estimate for the flow of castin2024smooth (arXiv:2312.14820), whose own constants were not read.

Audit
    Gronwall's and Picard's theorems are not used: (a) is about finitely many layers, and every N gives the same exponent because
    a left Riemann sum of an increasing rate is below its integral. In step 4 g > 0 may be any bound of the distance, so pairs that
    coincide cost nothing, and no optimal coupling is needed. Ei has no limit at b = 0, E_p has: v T.
    A fixed ball (normalised tokens, V that contracts) gives e^{(l + m_p) T} by steps 4, 6 and 11 alone.
"""

from __future__ import annotations

import sympy as sp

from lemmas.measure_maps import attention_lipschitz, depth_limit
from lemmas.measure_maps.attention_lipschitz import R, a, p, v
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-23"
TITLE = "Dobrushin's estimate for the Vlasov flow and its layers"
SOURCE = Source("castin2024smooth", "2312.14820", "proofcheck; the flow of section 2, as remembered")
LABEL = "upper"
ASSUMES = ("induction_on_depth", "mean_value_inequality", "uniform_limit")
USES = ("MM-21", "MM-25", "MM-26", "LT-09")

T, R0 = sp.symbols("T R0", positive=True)
RADIUS = R0 * sp.exp(v * T)
QUERY = attention_lipschitz.BOUNDS["query_on_ball"]
CONTEXT = attention_lipschitz.BOUNDS["on_ball"]
START, END = a * R0**2, a * R0**2 * sp.exp(2 * v * T)  # b and u of the statement


def _primitive(w: sp.Expr) -> sp.Expr:
    """2 E_p = primitive(u) - primitive(b) for p < infinity."""
    return w + sp.Ei(2 * w / p) + p * sp.exp(2 * w / p)


BOUNDS = {
    "query_exponent": (END - START) / 2,
    "exponent": (_primitive(END) - _primitive(START)) / 2,
    "exponent_inf": v * T + END - START,
    "radius": RADIUS,
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "R0": "radius of a ball that holds the tokens of both contexts",
    "T": "time, the sum of all steps",
    "p": "exponent of W_p",
}


def derivation() -> list[DerivationStep]:
    def rate(name: str, key: str, constant: sp.Expr) -> DerivationStep:
        derivative = sp.diff(BOUNDS[key], T)
        return DerivationStep(name, derivative, constant.subs(R, RADIUS), "d/dT; Ei'(w) = e^w/w")

    at_zero = [BOUNDS[key].subs(T, 0) for key in ("query_exponent", "exponent", "exponent_inf")]
    N = depth_limit.N
    error = depth_limit.BOUNDS["depth_error"]
    return [
        rate("rate of the query", "query_exponent", QUERY),
        rate("rate for p < infinity", "exponent", QUERY + CONTEXT),
        rate("rate for p = infinity", "exponent_inf", QUERY + depth_limit.CONTEXT),
        DerivationStep("start", sp.ImmutableMatrix(at_zero), sp.ImmutableMatrix.zeros(3, 1), "no time, no growth"),
        DerivationStep("many layers", N * error, error.subs(N, 1), "the depth error is C/N"),
        DerivationStep("first ball", BOUNDS["radius"].subs(T, 0), R0, "R0 at T = 0"),
        DerivationStep("ball", sp.diff(sp.log(BOUNDS["radius"]), T), v, "the radius grows at most at rate v"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-23.bernoulli",
            "Bernoulli's inequality in exponential form.",
            {"p >= 1": "p >= 1"},
            "p*exp(x) <= exp(p*x) + p - 1",
        ),
        statement(
            "MM-23.layer",
            "g = W e^y, new distance (q + c) W e^s <= q g + c W: if the p-th moment of g/W is at most 1, so is that of the new one.",
            {
                "a pair at distance g goes to at most q g + c W": "(q + c)*exp(s) <= q*exp(y) + c",
                "the coupling costs at most W": "E[exp(p*y)] <= 1",
                "p >= 1": "p >= 1",
                "q >= 0": "q >= 0",
                "c >= 0": "c >= 0",
                "q + c > 0": "q + c > 0",
            },
            "E[exp(p*s)] <= 1",
            random="y, s",
        ),
        statement(
            "MM-23.factor",
            "The factor of a layer is at most the exponential of its rate.",
            {"the layers before": "P <= exp(x)", "z >= 0": "z >= 0", "the rate adds up": "x + z <= w"},
            "(1 + z)*P <= exp(w)",
        ),
        statement(
            "MM-23.monotone",
            "u + (1 + 2 u) e^{2 u/p} grows with u = a r^2.",
            {"the smaller ball": "u <= w", "u >= 0": "u >= 0", "p > 0": "p > 0"},
            "u + (1 + 2*u)*exp(2*u/p) <= w + (1 + 2*w)*exp(2*w/p)",
        ),
        statement(
            "MM-23.increment",
            "f(s) = E(s) - s (lo + hi)/2 moves by at most h (hi - lo)/2, so E moves by at least lo h.",
            {
                "f moves by at most h (hi - lo)/2": "Abs(e - (lo + hi)/2*h) <= (hi - lo)/2*h",
                "the rate at the layer's radius": "r <= lo",
                "h >= 0": "h >= 0",
            },
            "h*r <= e",
        ),
        statement(
            "MM-23.close",
            "A number that exceeds b by at most half of its excess does not exceed b.",
            {"the bound for N layers": "x <= b + e", "N is large": "2*e <= x - b"},
            "x <= b",
        ),
        statement(
            "MM-23.limit",
            "p = X_t - x_t^N, m the mean of Att along x^N less that along X: the limit solves the equation up to e + t c.",
            {
                "the distance to the limit": "norm2(p) <= e**2",
                "the velocities differ by at most c": "norm2(m) <= c**2",
                "e >= 0": "e >= 0",
                "t >= 0": "t >= 0",
                "c >= 0": "c >= 0",
            },
            "norm2(p + t*m) <= (e + t*c)**2",
            vectors="p, m",
        ),
    ]


def _pair(y: int | str, s: int | str, **scalars: int | str) -> dict:
    return model({"p": 1, "q": 1, "c": 0} | scalars, E=[(1, {"y": y, "s": s})])


def _residual(p: int, m: int, **scalars: int) -> dict:
    return model({"e": 1, "t": 1, "c": 0} | scalars, {"p": [p], "m": [m]})


def counterexamples() -> list[Counterexample]:
    stretched = [("1/2", {"y": "27/100", "s": "48/100"}), ("1/2", {"y": "-67/100", "s": "-38/10"})]
    return [
        Counterexample("MM-23.bernoulli", 0, model({"p": "1/2", "x": "51/100"}), "a smaller exponent"),
        Counterexample("MM-23.layer", 0, _pair(0, 1), "a pair that moves farther apart"),
        Counterexample("MM-23.layer", 1, _pair(1, "1/2"), "contexts farther apart"),
        Counterexample("MM-23.layer", 2, _pair(3, "-3/4", p=-1, q=2), "a negative exponent"),
        Counterexample("MM-23.layer", 3, _pair(-1, "99/100", q="-9/4", c="5/2"), "a negative query constant"),
        Counterexample("MM-23.layer", 4, model({"p": 2, "q": 2, "c": -1}, E=stretched), "a negative context constant"),
        Counterexample("MM-23.layer", 5, _pair("-3/2", 3, q=0, p=3), "no constant at all"),
        Counterexample("MM-23.factor", 0, model({"P": 2, "x": 0, "z": 0, "w": 0}), "a larger factor"),
        Counterexample("MM-23.factor", 1, model({"P": -1, "x": "-1/2", "z": -2, "w": "-99/100"}), "a negative rate"),
        Counterexample("MM-23.factor", 2, model({"P": 1, "x": 0, "z": 1, "w": 0}), "a rate left out"),
        Counterexample("MM-23.monotone", 0, model({"p": 2, "u": 3, "w": 1}), "a larger ball"),
        Counterexample("MM-23.monotone", 2, model({"p": "-1/2", "u": 0, "w": "1/2"}), "a negative exponent"),
        Counterexample("MM-23.increment", 0, model({"e": 0, "h": 1, "lo": 1, "hi": 1, "r": 1}), "E does not move"),
        Counterexample("MM-23.increment", 1, model({"e": 0, "h": 1, "lo": 0, "hi": 0, "r": 1}), "a larger rate"),
        Counterexample(
            "MM-23.increment", 2, model({"e": "-1/2", "h": "-2/5", "lo": "8/3", "hi": "1/2", "r": 0}), "h < 0"
        ),
        Counterexample("MM-23.close", 0, model({"x": 1, "b": 0, "e": 0}), "a larger number"),
        Counterexample("MM-23.close", 1, model({"x": 1, "b": 0, "e": 1}), "too few layers"),
        Counterexample("MM-23.limit", 0, _residual(2, 0), "layers farther from the limit"),
        Counterexample("MM-23.limit", 1, _residual(1, 1), "a velocity that differs more"),
        Counterexample("MM-23.limit", 2, _residual(1, 1, e=-1, c=1), "a negative distance"),
        Counterexample("MM-23.limit", 3, _residual(1, -1, t=-1, c=1), "a negative time"),
        Counterexample("MM-23.limit", 4, _residual(1, 1, c=-1), "a negative distance"),
    ]


def refuted() -> list[Refuted]:
    alone = statement(
        "MM-23.alone",
        "",
        {"a pair at distance g": "q*exp(s) <= q*exp(y) + c", "the coupling": "E[exp(p*y)] <= 1", "p >= 1": "p >= 1",
         "q > 0": "q > 0", "c >= 0": "c >= 0"},
        "E[exp(p*s)] <= 1",
        random="y, s",
    )  # fmt: skip
    constant = statement(
        "MM-23.constant",
        "",
        {"the smaller ball": "u <= w", "u >= 0": "u >= 0", "p > 0": "p > 0"},
        "w + (1 + 2*w)*exp(2*w/p) <= u + (1 + 2*u)*exp(2*u/p)",
    )
    return [
        Refuted("the query alone", "The context adds nothing: W_p grows by q.", alone.text, _pair(0, "1/2", c=1)),
        Refuted(
            "the first ball",
            "The rate of the first ball serves for all times.",
            constant.text,
            model({"p": 1, "u": 0, "w": 1}),
        ),
    ]


HAMMER = None
BINDINGS = (Binding("torch_impl.attention:residual_attention", "proofcheck.bind.formulas_flow:RESIDUAL_ATTENTION"),)
