"""A residual attention layer separates tokens below h = 1/(||V|| ||A|| R^2), and no larger threshold does.

Statement
    Gamma(mu, x) = x + h V E_x[y], scores <A x, y>, h >= 0, tokens of mu and queries in a ball of radius R, a = ||A||, v = ||V||.
    |Gamma(mu, x) - Gamma(mu, y)| >= (1 - h v a R^2) |x - y| if h v a R^2 <= 1: below h = 1/(v a R^2) no two tokens collide.
    L layers stay in balls of radius R_k = R (1 + h v)^k and, if h v a R_k^2 <= 1 for every k < L, keep at least
    prod_{k < L} (1 - h v a R_k^2) of every distance. For contexts mu, nu and l_k = v a R_k^2, m_k = v (1 + a R_k^2), composed layers obey
    |G(mu, x) - G(nu, y)| <= prod (1 + h l_k) |x - y| + [prod (1 + h (l_k + m_k)) - prod (1 + h l_k)] W_infinity(mu, nu).
    Every d, every number of tokens, any weights, no mask. Several heads: v, v a are replaced by sum_j v_j, sum_j v_j a_j.

Proof
    1. The tilted mean of a ball lies in it, so |V E_x[y]| <= v R.                             kernel    MM-26.speed
    2. The next ball has radius R (1 + h v).                                                   kernel    MM-26.radius
    3. u = V (E_x[y] - E_y[y]) has |u| <= l |x - y|, l = v a R^2; then |x - y + h u| >= (1 - h l) |x - y|.
                                                                                               kernel    MM-26.gap
    4. The Lipschitz constants l of the query and v sqrt(1 + a^2 R^4) of the context.           assumed   MM-21
    5. The factors 1 - h v a R_k^2 >= 0 multiply over the layers.                              kernel    MM-26.deep
    6. A layer moves a pair at distance s under contexts at W_infinity distance rho to at most (1 + h l) s + h m rho.
                                                                                               kernel    MM-26.layer
    7. The latter is at most m = v (1 + a R^2).                                                kernel    MM-26.simpler
    8. That is q = 1 + h l, c = h m of the composition of layers.                              assumed   LT-09
    9. Induction on the number of layers.                                                      assumed   induction_on_depth
   10. Tokens -R, R with equal weights, A = a > 0, V = -v, h v tanh(a R^2) = 1: both go to 0.      kernel    MM-26.collides
   11. There h v a R^2 <= 1 + a R^2: for every c > 1 a layer with 1 < h v a R^2 <= c collides.    kernel    MM-26.sharp
   12. The threshold is where 1 - h v a R^2 vanishes.                                          symbolic  derivation

Sharpness
    The threshold 1 of h v a R^2 is sharp by steps 10 and 11 (a R^2 -> 0). At a R^2 = 1 the colliding layer has h v a R^2 = 1/tanh 1 = 1.313.

Source
    proofcheck; the layers of furuya2024context (arXiv:2408.01367), strict support preservation as in furuya2025support (arXiv:2509.25611).

Audit
    Push-forward by a map that is injective on the support keeps the number of atoms and their weights: that, and nothing
    about points outside the ball, is what "support preserving, strictly" means here.
    The condition must hold in every ball R_k: at a R^2 = 9/10, h v = 1, V < 0, tokens +-R are closer after three layers than the product,
    whose two negative factors make it positive (tested).
    Step 8 is the recursion of LT-09; its W_infinity case needs no coupling but the one that is carried along.
"""

from __future__ import annotations

import sympy as sp

from lemmas.measure_maps import attention_lipschitz
from lemmas.measure_maps.attention_lipschitz import R, a, v
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-26"
TITLE = "No two tokens collide in a residual attention layer"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; residual attention layers as in the paper")
LABEL = "sharp"
ASSUMES = ("induction_on_depth",)
USES = ("MM-21", "LT-09")

h = sp.Symbol("h", nonnegative=True)
QUERY = attention_lipschitz.BOUNDS["query_on_ball"]  # l = v a R^2
DEPTH = 2  # of the instance that is printed and tested; the proof is for every depth


def radii(radius: sp.Expr, depth: int) -> list[sp.Expr]:
    """R_0, ..., R_{depth}: R_{k+1} = R_k (1 + h v)."""
    return [radius * (1 + h * v) ** k for k in range(depth + 1)]


def query_factor(depth: int) -> sp.Expr:
    """prod_k (1 + h l_k), the constant of the composed layers in the query."""
    return sp.Mul(*(1 + h * QUERY.subs(R, r) for r in radii(R, depth)[:-1]))


def context_constant(depth: int) -> sp.Expr:
    """prod_k (1 + h (l_k + m_k)) - prod_k (1 + h l_k), l_k + m_k = v (1 + 2 a R_k^2)."""
    return sp.Mul(*(1 + h * v * (1 + 2 * a * r**2) for r in radii(R, depth)[:-1])) - query_factor(depth)


BOUNDS = {
    "step_max": 1 / QUERY,
    "separation": 1 - h * QUERY,
    "radius": R * (1 + h * v),
    "query_constant": query_factor(DEPTH),
    "context_constant": context_constant(DEPTH),
}
SYMBOLS = {
    "h": "step of the layer (1, or T/N under depth scaling)",
    "v": "operator norm of V",
    "a": "operator norm of A",
    "R": "radius of a ball that holds tokens and queries",
}

GAP = {
    "|u| <= l |x - y|, u = Att(mu, x) - Att(mu, y)": "norm2(u) <= l**2*norm2(x - y)",
    "h >= 0": "h >= 0",
    "l >= 0": "l >= 0",
    "h l <= 1": "h*l <= 1",
}
LAYER = {
    "|x - y| <= s": "norm2(x - y) <= s**2",
    "|Att(mu, x) - Att(mu, y)| <= l s": "norm2(u - w) <= (l*s)**2",
    "|Att(mu, y) - Att(nu, y)| <= m rho": "norm2(w - z) <= (m*rho)**2",
    "s >= 0": "s >= 0",
    "rho >= 0": "rho >= 0",
    "h >= 0": "h >= 0",
    "l >= 0": "l >= 0",
    "m >= 0": "m >= 0",
}
PAIR = {"p tanh(b) = 1, t = e^{2b}": "p*(t - 1) == t + 1"}


def derivation() -> list[DerivationStep]:
    at_edge = BOUNDS["separation"].subs(h, BOUNDS["step_max"])
    l, m = ([f(r) for r in radii(R, DEPTH)] for f in (lambda r: v * a * r**2, lambda r: v * (1 + a * r**2)))
    q, c = [1 + h * x for x in l], [h * x for x in m]
    context = attention_lipschitz.BOUNDS["on_ball_inf"]
    return [
        DerivationStep("context constant", context, v * sp.sqrt(1 + (a * R**2) ** 2), "b = a R^2 in step 7"),
        DerivationStep("threshold", at_edge, sp.Integer(0), "the factor vanishes at h = 1/(v a R^2)"),
        DerivationStep("next ball", radii(R, 1)[1], BOUNDS["radius"], "R_1 = R_0 (1 + h v)"),
        DerivationStep("query, two layers", q[0] * q[1], BOUNDS["query_constant"], "q_1 q_2"),
        DerivationStep("context, two layers", q[1] * c[0] + c[1] * (q[0] + c[0]), BOUNDS["context_constant"], "LT-09"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-26.speed",
            "Attention on a ball of radius R has norm at most v R.",
            {
                "|V y| <= v R": "norm2(y) <= (v*R)**2",
                "m = V E_x[y]": "forall q: inner(m, q) == E[inner(y, q)]",
            },
            "norm2(m) <= (v*R)**2",
            vectors="m, y",
            random="y",
        ),
        statement(
            "MM-26.radius",
            "A token of the ball goes to the ball of radius R (1 + h v).",
            {
                "|x| <= R": "norm2(x) <= R**2",
                "|u| <= v R": "norm2(u) <= (v*R)**2",
                "R >= 0": "R >= 0",
                "v >= 0": "v >= 0",
                "h >= 0": "h >= 0",
            },
            f"norm2(x + h*u) <= ({text(BOUNDS['radius'])})**2",
            vectors="x, u",
        ),
        statement(
            "MM-26.gap",
            "A layer keeps at least 1 - h l of the distance of two tokens.",
            GAP,
            "norm2(x - y + h*u) >= (1 - h*l)**2*norm2(x - y)",
            vectors="x, y, u",
        ),
        statement(
            "MM-26.deep",
            "The factors of the layers multiply.",
            {"one more layer": "t >= q*s", "the layers before": "s >= P*g", "q >= 0": "q >= 0"},
            "t >= q*P*g",
        ),
        statement(
            "MM-26.layer",
            "A pair at distance s under contexts at distance rho goes to at most (1 + h l) s + h m rho.",
            LAYER,
            "norm2(x + h*u - (y + h*z)) <= ((1 + h*l)*s + h*m*rho)**2",
            vectors="x, y, u, w, z",
        ),
        statement(
            "MM-26.simpler", "sqrt(1 + b^2) <= 1 + b, b = a R^2.", {"b >= 0": "b >= 0"}, "sqrt(1 + b**2) <= 1 + b"
        ),
        statement(
            "MM-26.collides",
            "Tokens -R, R, V = -v, p = h v, b = a R^2: the token R sees the mean m = R tanh(b), and p tanh(b) = 1 sends it to 0.",
            PAIR | {"m = R tanh(b)": "m*(t + 1) == R*(t - 1)", "t > 0": "t > 0"},
            "R - p*m == 0",
        ),
        statement("MM-26.exp", "t = e^{2b} is at least 1 + 2 b.", {}, "1 + 2*b <= exp(2*b)"),
        statement(
            "MM-26.sharp",
            "The colliding layer has h v a R^2 = p b <= 1 + a R^2.",
            PAIR | {"t >= 1 + 2 b": "t >= 1 + 2*b", "b > 0": "b > 0"},
            "p*b <= 1 + b",
        ),
    ]


def _collision(**scalars: int | str) -> dict:
    return model({"p": 2, "t": 3, "m": "1/2", "R": 1} | scalars)


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-26.speed", 0, _speed([3], [3]), "a value outside the ball"),
        Counterexample("MM-26.speed", 1, _speed([0], [-2]), "m is not the mean"),
        Counterexample("MM-26.radius", 0, _radius([2], [0]), "a token outside the ball"),
        Counterexample("MM-26.radius", 1, _radius([1], [3], h=1), "a faster token"),
        Counterexample("MM-26.radius", 3, _radius([0], [1], v=-1, h=1), "a negative norm"),
        Counterexample("MM-26.radius", 4, _radius([0], [1], h=-1), "a negative step"),
        Counterexample("MM-26.gap", 0, _gap([-1], h=1, l=0), "u is longer: the tokens meet"),
        Counterexample("MM-26.gap", 1, _gap([0], h=-1, l=3), "a negative step"),
        Counterexample("MM-26.gap", 2, _gap([0], h=1, l=-1), "a negative constant"),
        Counterexample("MM-26.gap", 3, _gap([0], h=1, l=3), "past the threshold the factor is no bound"),
        Counterexample("MM-26.deep", 0, model({"t": 0, "q": 1, "s": 1, "P": 1, "g": 1}), "a layer that merges"),
        Counterexample("MM-26.deep", 1, model({"t": 0, "q": 1, "s": 0, "P": 1, "g": 1}), "layers that merge"),
        Counterexample("MM-26.deep", 2, model({"t": -2, "q": -1, "s": 2, "P": 1, "g": 1}), "a negative factor"),
        Counterexample("MM-26.layer", 0, _layer([1], [0], [0], h=0), "a pair farther apart"),
        Counterexample("MM-26.layer", 1, _layer([0], [1], [0]), "a query that matters more"),
        Counterexample("MM-26.layer", 2, _layer([0], [1], [1]), "a context that matters more"),
        Counterexample("MM-26.layer", 3, _layer([1], [0], [0], s=-1, m=1, rho="1/2", h=1), "a negative distance"),
        Counterexample("MM-26.layer", 4, _layer([1], [1], [1], m=1, rho=-1, s=1), "a negative distance"),
        Counterexample("MM-26.layer", 5, _layer([1], [-1], [0], h=-1, l=1, s=1), "a negative step"),
        Counterexample("MM-26.layer", 6, _layer([1], [1], [0], l=-1, s=1), "a negative constant"),
        Counterexample("MM-26.layer", 7, _layer([1], [0], [0], m=-1, rho=1, s=1), "a negative constant"),
        Counterexample("MM-26.simpler", 0, model({"b": -1}), "a negative score"),
        Counterexample("MM-26.collides", 0, _collision(p=1), "another step"),
        Counterexample("MM-26.collides", 1, _collision(m=0), "another mean"),
        Counterexample("MM-26.sharp", 0, model({"p": 9, "t": 3, "b": 1}), "another step"),
        Counterexample("MM-26.sharp", 1, model({"p": 3, "t": 2, "b": 1}), "a smaller exponential"),
        Counterexample("MM-26.sharp", 2, model({"p": -1, "t": 0, "b": -2}), "a negative score"),
    ]


def refuted() -> list[Refuted]:
    above = statement(
        "MM-26.above",
        "",
        GAP | {"h l <= 1": "h*l <= 1 + 1/1000000000", "the tokens differ": "norm2(x - y) == 1"},
        "norm2(x - y + h*u) > 0",
        vectors="x, y, u",
    )
    larger = statement(
        "MM-26.larger", "", GAP, "norm2(x - y + h*u) >= (1 - 99/100*h*l)**2*norm2(x - y)", vectors="x, y, u"
    )
    half = statement(
        "MM-26.half",
        "",
        PAIR
        | {"m = R tanh(b)": "m*(t + 1) == R*(t - 1)", "b > 0": "b > 0", "t < 1 + 2 b + 4 b^2": "t < 1 + 2*b + 4*b**2"},
        "p*b >= 2",
    )
    return [
        Refuted("past the threshold", "No pair collides at h l = 1 + 1e-9.", above.text, _gap([-1], h=1, l=1)),
        Refuted("a larger factor", "A layer keeps 1 - 0.99 h l of every distance.", larger.text, _gap([-1], h=1, l=1)),
        Refuted(
            "twice the threshold",
            "A colliding pair of tokens needs h v a R^2 >= 2.",
            half.text,
            model({"p": "21/2", "t": "23/19", "b": "1/10", "m": "2/21", "R": 1}),
        ),
    ]


def _speed(y: list[int], m: list[int]) -> dict:
    return model({"v": 1, "R": 1}, {"m": m}, E=[(1, {"y": y})])


def _radius(x: list[int], u: list[int], **scalars: int) -> dict:
    return model({"R": 1, "v": 1, "h": 0} | scalars, {"x": x, "u": u})


def _gap(u: list[int], **scalars: int) -> dict:
    return model(scalars, {"x": [1], "y": [0], "u": u})


def _layer(x: list[int], u: list[int], w: list[int], **scalars: int | str) -> dict:
    values = {"s": 0, "rho": 0, "h": 1, "l": 0, "m": 0} | scalars
    return model(values, {"x": x, "y": [0], "u": u, "w": w, "z": [0]})


NORMS = {"v": "value_norm", "R": "radius", "h": "step"}
HAMMER = tuple(
    Property(
        kind="flow",
        callable="torch_impl.vlasov:depth_flow",
        bound=bound,
        quantities=NORMS | ({} if bound == "radius" else {"a": "operator_norm"}),
        sharp=False,
        options={"statement": statement_, "layers": layers},
    )
    for bound, statement_, layers in (
        ("radius", "radius", 1),
        ("separation", "separation", 1),
        ("query_constant", "query", 2),
        ("context_constant", "context", 2),
    )
)
BINDINGS = (Binding("torch_impl.attention:residual_attention", "proofcheck.bind.formulas_flow:RESIDUAL_ATTENTION"),)
