"""The Vlasov flow is Lipschitz in token and context, and no two of its tokens ever merge; so are and do deep networks.

Statement
    mu, nu probability measures on the ball of radius R0, A, V real matrices, a = ||A||, v = ||V||, no mask, b = a R0^2,
    Lam = b (e^{2 v T} - 1)/2, E_p the exponent of MM-23. X_T(mu, .) the Vlasov flow of MM-23, x_N(mu, .) N layers of step h = T/N.
    (a) |x_N(mu, x) - x_N(nu, y)| <= e^Lam |x - y| + (e^{E_p} - e^Lam) W_p(mu, nu) for every N, and the same for X_T.
    (b) |x_N(mu, x) - x_N(mu, y)| >= e^{-Lam/(1 - k)} |x - y| if k = h v a R^2 < 1, R = R0 e^{v T}; |X_T(mu, x) - X_T(mu, y)| >= e^{-Lam} |x - y|.
    (c) So mu -> X_T(mu, .)_# mu keeps the number of atoms and their weights, and its in-context map is Lipschitz on the ball.
    Every d, every number of tokens, any weights, p >= 1 real or infinity; x, y in the ball of radius R0, tokens or not.

Proof
    1. A pair at distance s under contexts at distance r goes to at most (1 + h l) s + h m r.  assumed   MM-26
    2. The contexts are within e^{(sum of h (l + m))} W_p.                                    assumed   MM-23
    3. With x, y the sums of h l, h m so far: s <= e^x g + (e^{x + y} - e^x) W is kept.         kernel    MM-24.layer
    4. Larger exponents give a larger bound: the sums are at most Lam and E_p - Lam (MM-23, step 10, for l and m apart).
                                                                                               kernel    MM-24.larger
    5. Lam is the part of E_p that belongs to l.                                               symbolic  derivation
    6. A layer keeps the share 1 - z of a distance, z = h l <= k.                               assumed   MM-26
    7. 1 - z >= e^{-z/(1 - k)}.                                                                kernel    MM-24.share
    8. The shares multiply: their exponents add up to at most Lam.                              kernel    MM-24.product
    9. Induction on the number of layers.                                                      assumed   induction_on_depth
   10. Flow and layers are within MM-25's error e: what holds for layers up to c(N) holds for the flow up to c(N) + 2 e.
                                                                                               kernel    MM-24.flow
   11. e^{-Lam/(1 - k)} >= e^{-Lam} (1 - w), w = 2 k Lam >= k Lam/(1 - k) for k <= 1/2.         kernel    MM-24.near
   12. k and MM-25's error are constants over N.                                              symbolic  derivation
   13. So (a) and (b) hold for the flow up to a constant over N, for every N, hence without it (MM-23.close).   assumed   MM-23

Sharpness
    Lam is needed in (a) and (b): at b -> 0 both are attained (isometries). For b > 0 they are upper bounds.

Source
    proofcheck; the conditions of furuya2025support (arXiv:2509.25611), support preservation and a continuous in-context map, as reconstructed.

Audit
    Hard-max attention merges tokens in one layer, and so does a residual layer past MM-26's threshold: (b) needs k < 1. The reverse
    flow, the usual proof of the flow's part of (b), is not used. What the source asks of the derivative of the
    map ("the regular part") is not claimed here: (c) gives the continuous in-context map itself.
"""

from __future__ import annotations

import sympy as sp

from lemmas.measure_maps import depth_limit, vlasov_stability
from lemmas.measure_maps.attention_lipschitz import R
from lemmas.measure_maps.vlasov_stability import T
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-24"
TITLE = "The Vlasov flow as an in-context map that merges no tokens"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; for the conditions of the abstract, as reconstructed")
LABEL = "upper"
ASSUMES = ("induction_on_depth",)
USES = ("MM-23", "MM-25", "MM-26")

LAM = vlasov_stability.BOUNDS["query_exponent"]
k = sp.Symbol("k", nonnegative=True)
BOUNDS = {
    "query_constant": sp.exp(LAM),
    "context_constant": sp.exp(vlasov_stability.BOUNDS["exponent"]) - sp.exp(LAM),
    "context_constant_inf": sp.exp(vlasov_stability.BOUNDS["exponent_inf"]) - sp.exp(LAM),
    "separation": sp.exp(-LAM / (1 - k)),
}
SYMBOLS = dict(vlasov_stability.SYMBOLS) | {"k": "h v a R^2 for layers of step h, 0 for the flow"}


def derivation() -> list[DerivationStep]:
    N, error = depth_limit.N, depth_limit.BOUNDS["depth_error"]
    rate = sp.diff(sp.log(BOUNDS["query_constant"]), T)
    both = sp.diff(vlasov_stability.BOUNDS["exponent_inf"], T) - rate
    step = T / N * vlasov_stability.QUERY
    j = sp.Symbol("j", positive=True)
    gap = sp.log(BOUNDS["separation"].subs(k, 1 - 1 / j)) + j * LAM
    apart = [BOUNDS[key].subs(T, 0) for key in ("context_constant", "context_constant_inf")]
    return [
        DerivationStep("Lam", rate, vlasov_stability.QUERY.subs(R, vlasov_stability.RADIUS), "Lam' = l"),
        DerivationStep("E - Lam", both, depth_limit.CONTEXT.subs(R, vlasov_stability.RADIUS), "(E - Lam)' = m"),
        DerivationStep(
            "start", sp.ImmutableMatrix(apart), sp.ImmutableMatrix.zeros(2, 1), "contexts do not count at T = 0"
        ),
        DerivationStep(
            "both, p < infinity",
            BOUNDS["context_constant"] + BOUNDS["query_constant"],
            sp.exp(vlasov_stability.BOUNDS["exponent"]),
            "P = C + Q",
        ),
        DerivationStep(
            "both, p = infinity",
            BOUNDS["context_constant_inf"] + BOUNDS["query_constant"],
            sp.exp(vlasov_stability.BOUNDS["exponent_inf"]),
            "P = C + Q",
        ),
        DerivationStep("separation", gap, sp.Integer(0), "its exponent is -j Lam at 1 - k = 1/j"),
        DerivationStep("k of many layers", N * step, step.subs(N, 1), "k = h l is a constant over N"),
        DerivationStep("the exponent", LAM / (1 - k) - LAM, k * LAM / (1 - k), "what k adds to Lam"),
        DerivationStep("w", 2 * k * LAM - k * LAM / (1 - k), k * LAM * (1 - 2 * k) / (1 - k), ">= 0 for k <= 1/2"),
        DerivationStep("the error", N * error, error.subs(N, 1), "MM-25's error is a constant over N"),
        DerivationStep("flow", BOUNDS["separation"].subs(k, 0) * BOUNDS["query_constant"], sp.Integer(1), "e^-Lam"),
    ]


LAYER = {
    "one layer": "t <= (1 + z)*s + w*r",
    "the pair before": "s <= exp(x)*g + (exp(x + y) - exp(x))*W",
    "the contexts before": "r <= exp(x + y)*W",
    "g >= 0": "g >= 0",
    "W >= 0": "W >= 0",
    "y >= 0": "y >= 0",
    "z >= 0": "z >= 0",
    "w >= 0": "w >= 0",
}


def claims() -> list[Claim]:
    return [
        statement(
            "MM-24.layer",
            "One more layer, z = h l and w = h m: the bound with exponents x + z, y + w holds.",
            LAYER,
            "t <= exp(x + z)*g + (exp(x + y + z + w) - exp(x + z))*W",
        ),
        statement(
            "MM-24.larger",
            "The context constant e^x (e^y - 1) grows with both exponents.",
            {"x <= X": "x <= X", "y <= Y": "y <= Y", "y >= 0": "y >= 0"},
            "exp(x + y) - exp(x) <= exp(X + Y) - exp(X)",
        ),
        statement(
            "MM-24.share",
            "A share 1 - z is at least e^{-z/(1 - k)}.",
            {"z >= 0": "z >= 0", "z <= k": "z <= k", "k < 1": "k < 1"},
            "exp(-z/(1 - k)) <= 1 - z",
        ),
        statement(
            "MM-24.near",
            "z = k Lam/(1 - k) more in the exponent costs at most the share w >= z.",
            {"z <= w": "z <= w"},
            "exp(-(Lam + z)) >= exp(-Lam)*(1 - w)",
        ),
        statement(
            "MM-24.product",
            "Shares multiply, their exponents add up.",
            {
                "one layer": "t >= c*s",
                "its share": "c >= exp(-w)",
                "the layers before": "s >= exp(-x)*g",
                "g >= 0": "g >= 0",
            },
            "t >= exp(-(x + w))*g",
        ),
        statement(
            "MM-24.flow",
            "Two tokens within e of the layers' are at most 2 e farther apart than those; exchanged, at most 2 e closer.",
            {
                "the first": "norm2(x - p) <= e**2",
                "the second": "norm2(y - q) <= e**2",
                "the layers": "norm2(p - q) <= c**2",
                "c >= 0": "c >= 0",
                "e >= 0": "e >= 0",
            },
            "norm2(x - y) <= (c + 2*e)**2",
            vectors="x, y, p, q",
        ),
    ]


def _layer(**changes: int | str) -> dict:
    zero = {"t": 0, "s": 0, "r": 0, "x": 0, "y": 0, "z": 0, "w": 0, "g": 0, "W": 0}
    return model(zero | changes)


def _flow(x: int, p: int, q: int, y: int, **scalars: int) -> dict:
    return model({"c": 0, "e": 0} | scalars, {"x": [x], "p": [p], "q": [q], "y": [y]})


def _product(**changes: int | str) -> dict:
    return model({"t": 2, "c": 2, "s": 2, "g": 1, "x": 0, "w": 0} | changes)


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-24.layer", 0, _layer(t=1), "a layer that does more"),
        Counterexample("MM-24.layer", 1, _layer(t=1, s=1), "a pair farther apart"),
        Counterexample("MM-24.layer", 2, _layer(t=1, r=1, w=1), "contexts farther apart"),
        Counterexample("MM-24.layer", 3, _layer(g=-1, s=-1, t=-2, z=1), "a negative distance"),
        Counterexample("MM-24.layer", 4, _layer(W=-1, r=-1, t=-1, w=1), "a negative distance"),
        Counterexample("MM-24.layer", 5, _layer(W=1, y=-1, z=1, s="-633/1000", t="-1266/1000"), "a negative exponent"),
        Counterexample("MM-24.layer", 6, _layer(s=-1, t=2, z=-3), "a negative query constant"),
        Counterexample("MM-24.layer", 7, _layer(r=-1, w=-2, t=2), "a negative context constant"),
        Counterexample("MM-24.larger", 0, model({"x": 2, "X": 1, "y": 1, "Y": 1}), "a smaller exponent"),
        Counterexample("MM-24.larger", 1, model({"x": 0, "X": 0, "y": 1, "Y": 0}), "a smaller exponent"),
        Counterexample("MM-24.larger", 2, model({"x": 0, "X": 1, "y": -1, "Y": -1}), "a negative exponent"),
        Counterexample("MM-24.share", 0, model({"k": 0, "z": "-1/2"}), "a negative rate"),
        Counterexample("MM-24.share", 1, model({"k": 0, "z": "1/2"}), "a larger rate"),
        Counterexample("MM-24.share", 2, model({"k": 3, "z": 3}), "past the threshold of MM-26"),
        Counterexample("MM-24.near", 0, model({"Lam": 0, "z": 1, "w": 0}), "a larger exponent"),
        Counterexample("MM-24.product", 0, _product(t=0), "a layer that merges"),
        Counterexample("MM-24.product", 1, _product(c=0, t=0), "a smaller share"),
        Counterexample("MM-24.product", 2, _product(s=0, t=0), "layers that merge"),
        Counterexample("MM-24.product", 3, _product(g=-3, s=-2, c=2, t=-4), "a negative distance"),
        Counterexample("MM-24.flow", 0, _flow(1, 0, 0, 0), "the first token is farther"),
        Counterexample("MM-24.flow", 1, _flow(0, 0, 0, 1), "the second token is farther"),
        Counterexample("MM-24.flow", 2, _flow(1, 1, 0, 0), "tokens of the layers farther apart"),
        Counterexample("MM-24.flow", 3, _flow(2, 0, 0, 0, c=-3, e=2), "a negative distance"),
        Counterexample("MM-24.flow", 4, _flow(2, 0, 0, 0, c=3, e=-2), "a negative error"),
    ]


def refuted() -> list[Refuted]:
    frozen = statement(
        "MM-24.frozen",
        "",
        LAYER,
        "t <= exp(x + z)*g + (exp(x + y + z) - exp(x + z) + w)*W",
    )
    full = statement("MM-24.full", "", {"z >= 0": "z >= 0", "z < 1": "z < 1"}, "exp(-z) <= 1 - z")
    return [
        Refuted(
            "frozen context",
            "The context constant adds up instead of compounding.",
            frozen.text,
            _layer(W=1, y=1, w=1, s="17/10", r="27/10", t="44/10"),
        ),
        Refuted("e^-Lam for layers", "Layers of any step keep e^-z of a distance.", full.text, model({"z": "1/2"})),
    ]


NORMS = {"v": "value_norm", "a": "operator_norm", "R0": "radius", "T": "time"}
HAMMER = tuple(
    Property(
        kind="flow",
        callable="torch_impl.vlasov:depth_flow",
        bound=bound,
        quantities=NORMS | more,
        sharp=False,
        options={"statement": statement_, "layers": 2},
    )
    for bound, statement_, more in (
        ("query_constant", "query", {}),
        ("context_constant_inf", "context", {}),
        ("separation", "separation", {"k": "rate"}),
    )
)
BINDINGS = (Binding("torch_impl.attention:residual_attention", "proofcheck.bind.formulas_flow:RESIDUAL_ATTENTION"),)
