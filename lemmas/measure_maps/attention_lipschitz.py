"""Softmax attention is Lipschitz in the query and, in every W_p, in the context: from e^z >= 1 + z, no derivative taken.

Statement
    Let Omega be a compact convex subset of R^d, D its diameter, Att(mu, x) = V E_x[y], E_x the expectation under mu tilted by
    e^<A x, y>, v = ||V||, a = ||A||, t = |A x|. For all Borel probability measures mu, nu on Omega, all x, x' in R^d:
    (a) |Att(mu, x) - Att(mu, x')| <= v a (D^2/4) |x - x'|;
    (b) |Att(mu, x) - Att(nu, x)| <= v (1 + D t) e^{D t/p} W_p(mu, nu) for real p >= 1;
    (b') <= v sqrt(1 + D^2 t^2/4) e^{D t/p} W_p(mu, nu) for real p >= 2;       (c) the same without the exponential for p = infinity.
    On the ball of radius R, which holds Omega and x: D = 2 R, t = a R. For two lists of n tokens of equal weight and the matching cost
    min over permutations of ((1/n) sum |x_i - y_s(i)|^p)^{1/p}, n may replace e^{D t}. Every d, every number of tokens, any weights.

Proof
    1. |e^z - 1| <= k and |e^z - 1 - z| <= k b for |z| <= b <= d, k = e^d - 1.                 kernel    MM-21.growth
    2. The second of these.                                                                    kernel    MM-21.remainder
    3. |<y - z, b>| <= D |b|; the tilted mean m0 stays within D of every atom.                 kernel    MM-21.range
    4. The second of these; so s = <b, y - m0> has tilted mean 0, lies in an interval of length D |b|, |s| <= D |b|.
                                                                                               kernel    MM-21.near
    5. Then E[e s^2] <= (D |b|)^2/4 E[e] (Popoviciu, tilted).                                  kernel    MM-21.span
    6. Query: move A x by at most h. With z = <A x' - A x, y - m0> the new weight is e e^z, and E[e (e^z - 1) s] <= E[e z s] + k D^2 |b| h E[e].
                                                                                               kernel    MM-21.query_pair
    7. E[e z s] <= (D^2/4) |b| h E[e], by step 5 twice.                                        kernel    MM-21.covariance
    8. So one move of the query by h moves Att by at most v (D^2/4 + k D^2) h, k = e^{D h} - 1.  kernel    MM-21.query_step
    9. Context: move every atom of a coupling by at most D/N along its segment, q = e1/e0 = e^z the change of its weight. Pair by pair
       q <b, y1 - y0> + (q - 1) s <= <b + s A x, y1 - y0> + k |y1 - y0| |b| (1 + D t).          kernel    MM-21.pair
   10. E[w e^y] <= e^{L/p + r} E[w] if w <= e^L E[w] and E[e^{p y}] <= e^{p r} (Hoelder for real p): here L = D t.   kernel    MM-21.holder
   11. p >= 1: E[e <b + s A x, y1 - y0>] <= |b| (1 + D t) S E[e] for E[e g] <= S E[e].          kernel    MM-21.drift
   12. p >= 2: <= |b| sqrt(1 + D^2 t^2/4) S E[e] for E[e g^2] <= S^2 E[e] (step 10 with p/2), C for either constant.    kernel    MM-21.drift2
   13. So one move changes Att by at most v (C + k (1 + D t)) S/(1 - k), S = e^{D t/p} times a N-th of the cost.        kernel    MM-21.step
   14. N moves add up.                                                                         kernel    MM-21.chain
   15. For every N, by induction.                                                              assumed   induction_on_depth
   16. At k = 0 the constants are the stated ones.                                            symbolic  derivation
   17. On the ball.                                                                            kernel    MM-21.on_ball
   18. Sharp in (a): the two-point law on -+R moves by tanh(s) R for a R^2 |x| = s R.          kernel    MM-21.query_sharp
   19. Sharp in (b) for p = 1: the family of LT-07.                                            kernel    MM-21.sharp
   20. Step 13 with k <= 1/2: (c + k b)/(1 - k) <= c + 2 k (c + b).                            kernel    MM-21.few
   21. k = e^z - 1 <= 2 z for z = D t/N <= 1/2 (query: z = D h): a constant over N.             kernel    MM-21.small
   22. So x <= b + e for the change x of Att, b the bound at k = 0, e a constant over N; were x > b, some N would have
       2 e <= x - b. Hence x <= b.                                                            kernel    MM-21.close

Sharpness
    (a) is attained by two atoms at distance D of weight 1/2 as x - x' -> 0. (b) is attained for p = 1 on [-R, R] by an atom of weight -> 0
    at R that moves inwards. (c) is attained for d >= 2 (LT-08.attained). For 1 < p < infinity the exponent is the right one (AS-03L).

Source
    proofcheck, for the attention of furuya2025support (arXiv:2509.25611) and castin2024smooth (arXiv:2312.14820).

Audit
    The first proof differentiates along the displacement (1 - s) y0 + s y1. N small moves need no derivative and no limit (steps 20 to 22
    take one N that is large enough), and step 10 is an identity for every real p, from e^z >= 1 + z alone: take y = log g with g > 0 any bound of the distance.
    For p >= 2 the factor is sqrt(1 + D^2 t^2/4), on the ball sqrt(1 + a^2 R^4) instead of 1 + 2 a R^2: Cauchy-Schwarz on b + s A x as a
    whole, E[e s] = 0. No optimal coupling is needed: take S for a cost above the infimum. For p = 1, and without convexity of Omega: LT-07.
    By Birkhoff's theorem the matching cost of n against n tokens is W_p; it is not needed here.
"""

from __future__ import annotations

import sympy as sp

from lemmas._models import one_for_each
from lemmas.measure_maps._attention_lipschitz_models import MODELS
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-21"
TITLE = "Attention is Lipschitz in W_p"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; constants of the attention layer")
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ("LT-07",)

v, a, D, t, p, R, n = sp.symbols("v a D t p R n", positive=True)
BOUNDS = {
    "query_constant": v * a * D**2 / 4,
    "context_constant": v * (1 + D * t) * sp.exp(D * t / p),
    "context_constant_2": v * sp.sqrt(1 + D**2 * t**2 / 4) * sp.exp(D * t / p),
    "context_constant_inf": v * sp.sqrt(1 + D**2 * t**2 / 4),
    "query_on_ball": v * a * R**2,
    "on_ball": v * (1 + 2 * a * R**2) * sp.exp(2 * a * R**2 / p),
    "on_ball_2": v * sp.sqrt(1 + a**2 * R**4) * sp.exp(2 * a * R**2 / p),
    "on_ball_inf": v * sp.sqrt(1 + a**2 * R**4),
    "on_tokens": v * (1 + 2 * a * R**2) * n ** (1 / p),
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "D": "diameter of Omega",
    "t": "norm of A x",
    "p": "exponent of W_p",
    "R": "radius of a ball that holds Omega and x",
    "n": "number of tokens of equal weight in each context",
}
BALL = {D: 2 * R, t: a * R}


def derivation() -> list[DerivationStep]:
    k, c, s, N = sp.symbols("k C S N", positive=True)
    step = v * (c + k * (1 + D * t)) * s / (1 - k)
    query = v * (D**2 / 4 + k * D**2) * a
    small = {k: 0, s: sp.exp(D * t / p)}
    spread = sp.sqrt(1 + D**2 * t**2 / 4)

    def limit(name: str, key: str, value: sp.Expr, zero: dict) -> DerivationStep:
        return DerivationStep(name, value.subs(zero, simultaneous=True), BOUNDS[key], "continuous at k = 0")

    def ball(key: str, start: str) -> DerivationStep:
        return DerivationStep(f"{key}", BOUNDS[start].subs(BALL, simultaneous=True), BOUNDS[key], "D = 2 R, t = a R")

    return [
        limit("many small moves of the query", "query_constant", query, {k: 0}),
        limit("many small moves, p >= 1", "context_constant", step, {**small, c: 1 + D * t}),
        limit("many small moves, p >= 2", "context_constant_2", step, {**small, c: spread}),
        limit("many small moves, p infinite", "context_constant_inf", step, {k: 0, s: 1, c: spread}),
        ball("query_on_ball", "query_constant"),
        ball("on_ball", "context_constant"),
        ball("on_ball_2", "context_constant_2"),
        ball("on_ball_inf", "context_constant_inf"),
        DerivationStep(
            "n tokens",
            step.subs({k: 0, s: n ** (1 / p), c: 1 + 2 * a * R**2, D: 2 * R, t: a * R}, simultaneous=True),
            BOUNDS["on_tokens"],
            "w <= n E[w]: L = log n in step 10",
        ),
        DerivationStep("N moves of a N-th each", N * (step / N), step, "the cost of each move is a N-th of the whole"),
    ]


def _signs(*names: str) -> dict[str, str]:
    return {f"{name} >= 0": f"{name} >= 0" for name in names}


RELATED = {"z <= b": "z <= b", "-z <= b": "-z <= b"}
MEAN = {"m0 is the tilted mean": "forall c: E[e]*inner(m0, c) == E[e*inner(y, c)]"}
STEP = {
    "m0 is the tilted mean before": "forall c: E[e]*inner(m0, c) == E[e*inner(y0, c)]",
    "m1 is the tilted mean after": "forall c: E[e*q]*inner(m1, c) == E[e*q*inner(y1, c)]",
    "b = V^T V (m1 - m0), n = |V (m1 - m0)|": "inner(b, m1 - m0) == n**2",
    "s = <b, y0 - m0>": "s == inner(b, y0 - m0)",
    "the move of a pair, |b| <= v n": "q*inner(b, y1 - y0) + (q - 1)*s <= inner(b + s*x, y1 - y0) + k*(1 + D*t)*v*n*g",
    "the drift": "E[e*inner(b + s*x, y1 - y0)] <= v*n*C*S*E[e]",
    "the cost": "E[e*g] <= S*E[e]",
    "weights shrink by at most 1 - k": "q >= 1 - k",
    "e >= 0": "e >= 0",
    "Z > 0": "E[e] > 0",
}
QUERY = {
    "m0 is the tilted mean before": "forall c: E[e]*inner(m0, c) == E[e*inner(y, c)]",
    "m1 is the tilted mean after": "forall c: E[e*q]*inner(m1, c) == E[e*q*inner(y, c)]",
    "b = V^T V (m1 - m0), n = |V (m1 - m0)|": "inner(b, m1 - m0) == n**2",
    "s = <b, y - m0>": "s == inner(b, y - m0)",
    "z = <d, y - m0>": "z == inner(d, y - m0)",
    "the move of an atom, |b| <= v n": "(q - 1)*s <= z*s + k*D**2*v*n*h",
    "the covariance": "E[e*z*s] <= D**2/4*v*n*h*E[e]",
    "q = e^z": "q >= 1 + z",
    "e >= 0": "e >= 0",
    "Z > 0": "E[e] > 0",
}
FAR, NEAR = (
    "exp(2*a*R**2)",
    "exp(2*a*R**2 - a*R*h)",
)  # weight of the atom at R, and at R - h, relative to the atom at -R
LINE = {
    "m1 is at least the mean before": f"m1*(b*{FAR} + 1 - b) >= R*(b*{FAR} - (1 - b))",
    "m0 is at most the mean after the atom moved by h": f"m0*(b*{NEAR} + 1 - b) <= b*{NEAR}*(R - h) - (1 - b)*R",
    "a > 0": "a > 0",
    "h > 0": "h > 0",
    "h <= 2 R": "h <= 2*R",
    "b > 0": "b > 0",
    "b < 1": "b < 1",
}


def claims() -> list[Claim]:
    return [
        statement("MM-21.growth", "|e^z - 1| <= e^d - 1 for |z| <= b <= d.", RELATED | {"b <= d": "b <= d"},
                  "(exp(z) - 1)**2 <= (exp(d) - 1)**2"),
        statement("MM-21.remainder", "|e^z - 1 - z| <= k b for |z| <= b, |e^z - 1| <= k.",
                  RELATED | {"|e^z - 1| <= k": "(exp(z) - 1)**2 <= k**2"}, "(exp(z) - 1 - z)**2 <= (k*b)**2"),
        statement("MM-21.range", "Atoms within D differ along b by at most D |b|.", {"y, z are within D": "norm2(y - z) <= D**2"},
                  "inner(y - z, b)**2 <= D**2*norm2(b)", vectors="y, z, b"),
        statement("MM-21.near", "The tilted mean is within D of every atom.",
                  {"atoms are within D": "norm2(y0 - y) <= D**2", "e >= 0": "e >= 0",
                   "m is the tilted mean": "forall c: E[e]*inner(m, c) == E[e*inner(y, c)]", "Z > 0": "E[e] > 0"},
                  "norm2(y0 - m) <= D**2", vectors="y0, y, m", random="e, y"),
        statement("MM-21.few", "n (1 - k) <= c + k b: for k <= 1/2 n exceeds c by at most 2 k (c + b).",
                  {"N moves": "n*(1 - k) <= c + k*b", "k >= 0": "k >= 0", "k <= 1/2": "k <= 1/2", "c >= 0": "c >= 0", "b >= 0": "b >= 0"},
                  "n <= c + 2*k*(c + b)"),
        statement("MM-21.small", "e^z - 1 <= 2 z for small z.", {"z >= 0": "z >= 0", "z <= 1/2": "z <= 1/2"}, "exp(z) - 1 <= 2*z"),
        statement("MM-21.close", "A number that exceeds b by at most half of its excess does not exceed b.",
                  {"the bound for N moves": "x <= b + e", "N is large": "2*e <= x - b"}, "x <= b"),
        statement("MM-21.span", "A variable of tilted mean 0 in an interval of length l has tilted variance at most l^2/4.",
                  {"e >= 0": "e >= 0", "s has mean 0": "E[e*s] == 0", "s >= m": "s >= m", "s <= m + l": "s <= m + l"},
                  "E[e*s**2] <= l**2/4*E[e]", random="e, s"),
        statement("MM-21.query_pair", "A query that moves by h changes the weighted image of an atom to first order, up to k D^2 |b| h.",
                  {"|e^z - 1 - z| <= k D h": "(q - 1 - z)**2 <= (k*D*h)**2", "|s| <= D c": "s**2 <= (D*c)**2"} | _signs("k", "h", "c", "D"),
                  "(q - 1)*s <= z*s + k*D**2*c*h"),
        statement("MM-21.covariance", "Tilted covariance against two tilted variances.",
                  {"e >= 0": "e >= 0", "variance of z": "E[e*z**2] <= P**2*E[e]", "variance of s": "E[e*s**2] <= Q**2*E[e]"} | _signs("P", "Q"),
                  "E[e*z*s] <= P*Q*E[e]", random="e, z, s"),
        statement("MM-21.query_step", "A query whose image A x moves by at most h moves Att by at most v (D^2/4 + k D^2) h.",
                  QUERY | _signs("k", "v", "h"), "n <= v*(D**2/4 + k*D**2)*h", vectors="m0, m1, b, d, y", random="e, q, s, z, y"),
        statement("MM-21.pair", "A small move of an atom changes its weighted image to first order, up to k |y1 - y0| |b| (1 + D t).",
                  {"|q - 1| <= k": "(q - 1)**2 <= k**2", "|q - 1 - z| <= k t g": "(q - 1 - z)**2 <= (k*t*g)**2",
                   "X = <b, y1 - y0>": "X**2 <= (c*g)**2", "|s| <= D c": "s**2 <= (D*c)**2"} | _signs("k", "t", "g", "c", "D"),
                  "q*X + (q - 1)*s <= X + z*s + k*g*c*(1 + D*t)"),
        statement("MM-21.holder", "Hoelder's inequality against a bounded weight, for every real p >= 1.",
                  {"w >= 0": "w >= 0", "w <= e^L E[w]": "w <= exp(L)*E[w]", "p >= 1": "p >= 1", "the cost is e^r": "E[exp(p*y)] <= exp(p*r)"},
                  "E[w*exp(y)] <= exp(L/p + r)*E[w]", random="w, y"),
        statement("MM-21.drift", "p >= 1: the drift is at most (1 + D t) times the tilted displacement.",
                  {"e >= 0": "e >= 0", "|s| <= D c": "s**2 <= (D*c)**2", "|b| <= c": "norm2(b) <= c**2", "|A x| <= t": "norm2(x) <= t**2",
                   "|y| <= g": "norm2(y) <= g**2", "the cost": "E[e*g] <= S*E[e]"} | _signs("g", "c", "D", "t"),
                  "E[e*inner(b + s*x, y)] <= c*(1 + D*t)*S*E[e]", vectors="b, x, y", random="e, s, y, g"),
        statement("MM-21.drift2", "p >= 2: the drift is at most sqrt(1 + D^2 t^2/4) times the tilted quadratic displacement.",
                  {"e >= 0": "e >= 0", "s has mean 0": "E[e*s] == 0", "variance of s": "E[e*s**2] <= (D*c)**2/4*E[e]",
                   "|b| <= c": "norm2(b) <= c**2", "|A x| <= t": "norm2(x) <= t**2", "the cost": "E[e*norm2(y)] <= S**2*E[e]"} | _signs("c", "S"),
                  "E[e*inner(b + s*x, y)] <= c*sqrt(1 + D**2*t**2/4)*S*E[e]", vectors="b, x, y", random="e, s, y"),
        statement("MM-21.step", "A small move of the context moves Att by at most v (C + k (1 + D t)) S/(1 - k).",
                  STEP | _signs("n", "k", "D", "t", "v", "C", "S"), "(1 - k)*n <= v*(C + k*(1 + D*t))*S",
                  vectors="m0, m1, b, x, y0, y1", random="e, q, s, g, y0, y1"),
        statement("MM-21.chain", "N + 1 moves by at most n each.",
                  {"one more move": "T1 <= T0 + n", "each move": "(1 - k)*n <= c", "N moves": "(1 - k)*T0 <= N*c", "k <= 1": "k <= 1"},
                  "(1 - k)*T1 <= (N + 1)*c"),
        statement("MM-21.on_ball", "On the ball of radius R the constants are at most those for D = 2 R, t = a R.",
                  {"D t <= 2 a R^2": "D*t <= 2*a*R**2", "v >= 0": "v >= 0", "p >= 1": "p >= 1", "D t >= 0": "D*t >= 0"},
                  f"{text(BOUNDS['context_constant'])} <= {text(BOUNDS['on_ball'])}"),
        statement("MM-21.query_sharp", "Atoms -+R of weight 1/2: R tanh(s) is at least s R/(1 + s), s = a R |x|.",
                  {"R > 0": "R > 0"}, "R*(exp(2*s) - 1)/(exp(2*s) + 1)*(1 + s) >= s*R"),
        statement("MM-21.sharp", "p = 1, d = 1: an atom of weight b at R moved inwards by h (W_1 = b h), query R, V = 1, moves the mean by at "
                  "least (1 + 2 a R^2) e^{2 a R^2} (1 - b)/((1 + b (e^{2 a R^2} - 1))^2 (1 + a R h)) b h.",
                  LINE, f"(m1 - m0)*(b*{FAR} + 1 - b)**2*(1 + a*R*h) >= (1 + 2*a*R**2)*{FAR}*(1 - b)*b*h"),
    ]  # fmt: skip


def counterexamples() -> list[Counterexample]:
    return one_for_each(claims(), MODELS)


def _line(m1: str, m0: str, **scalars: int | str) -> dict:
    return model({"a": 1, "R": 1, "h": "1/10", "b": "1/100", "m1": m1, "m0": m0} | scalars)


def _smaller(name: str, target: str) -> str:
    """The family of MM-21.sharp, its means bounded from the other side, against a smaller constant."""
    means = {
        "m1 is at most the mean before": LINE["m1 is at least the mean before"].replace(">=", "<="),
        "m0 is at least the mean after": LINE["m0 is at most the mean after the atom moved by h"].replace("<=", ">="),
    }
    signs = {words: LINE[words] for words in ("a > 0", "h > 0", "h <= 2 R", "b > 0", "b < 1")}
    return statement(name, "", means | signs, target).text


def refuted() -> list[Refuted]:
    near = _line("-8610936807/10000000000", "-2199505797/2500000000")  # the ratio is 18.7 for W_1
    edge = _line(
        "-99985222831923697/100000000000000000", "-999852250482419823/1000000000000000000", h="1/10000", b="1/100000"
    )
    two = _line("5507921/1000000000", "-348753007/2500000000", a=2, b="1/55")  # 10.75 for W_2
    four = _line("803551/5000000000", "-123687519/5000000000", a=4, h="1/100", b="1/2981")  # 135.9 for W_2
    query = statement("MM-21.less", "", {"s > 0": "s > 0"}, "(exp(2*s) - 1)/(exp(2*s) + 1) <= 999/1000*s").text
    linear, spread = "(1 + 2*a*R**2)", "(1 + a**2*R**4)"
    return [
        Refuted("no exponential, p = 1", "The constant on the ball is v (1 + 2 a R^2).", _smaller("MM-21.linear", f"m1 - m0 <= {linear}*b*h"), near),
        Refuted("half the exponent, p = 1", "It is v (1 + 2 a R^2) e^{a R^2}.", _smaller("MM-21.half", f"m1 - m0 <= {linear}*exp(a*R**2)*b*h"), near),
        Refuted("weights do not move, p = 1", "It is v e^{2 a R^2}.", _smaller("MM-21.still", f"m1 - m0 <= {FAR}*b*h"), near),
        Refuted("0.999 of the bound, p = 1", "0.999 times the constant is enough.", _smaller("MM-21.below", f"m1 - m0 <= 999/1000*{linear}*{FAR}*b*h"), edge),
        Refuted("no exponential, p = 2", "It is v (1 + 2 a R^2).", _smaller("MM-21.linear2", f"(m1 - m0)**2 <= {linear}**2*b*h**2"), two),
        Refuted("weights do not move, p = 2", "It is v e^{a R^2}.", _smaller("MM-21.still2", f"(m1 - m0)**2 <= {FAR}*b*h**2"), two),
        Refuted("half the exponent, p = 2", "It is v sqrt(1 + a^2 R^4) e^{a R^2/2}.", _smaller("MM-21.half2", f"(m1 - m0)**2 <= {spread}*exp(a*R**2)*b*h**2"), four),
        Refuted("0.999 of the query constant", "v a D^2/4 times 0.999 is enough.", query, model({"s": "1/100"})),
    ]  # fmt: skip


QUANTITIES = {"v": "value_norm", "D": "diameter", "t": "query_image_norm", "p": "exponent"}


def _context(bound: str, distance: str, quantities: dict[str, str], sharp: bool = False) -> Property:
    named = {name: what for name, what in quantities.items() if distance != "winf" or name != "p"}
    return Property("context_attend", "torch_impl.attention:attend", bound, named, sharp, {"distance": distance})


def _query(bound: str, *names: str) -> Property:
    named = {"v": "value_norm", "a": "operator_norm", "D": "diameter", "R": "radius"}
    return Property("query_attend", "torch_impl.attention:attend", bound, {k: named[k] for k in names}, True)


HAMMER = (
    _context("context_constant", "w1", QUANTITIES, sharp=True),
    _context("context_constant_2", "w2", QUANTITIES),
    _context("context_constant_inf", "winf", QUANTITIES, sharp=True),
    _query("query_constant", "v", "a", "D"),
)
BINDINGS = (Binding("torch_impl.attention:attend", "proofcheck.bind.formulas_attend:ATTEND"),)
