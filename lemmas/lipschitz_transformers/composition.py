"""Layers that are Lipschitz in query and context compose: C = prod (q_l + c_l) - prod q_l, for W_1, W_2 and W_infinity.

Statement
    Layer l is q_l-Lipschitz in the query for each context and c_l-Lipschitz in the context (W_p) for each query, on a domain that
    holds the tokens and queries of both contexts. In the composition Gamma_L o ... o Gamma_1 in which the context moves too, the
    query map is prod q_l-Lipschitz, and for p in {1, 2, infinity} the map is C-Lipschitz in the context (W_p) with
    C = sum_l c_l prod_{k<l} (q_k + c_k) prod_{j>l} q_j = prod_l (q_l + c_l) - prod_l q_l. Any d, any number of tokens.

Proof
    1. Push a coupling of the contexts (optimal up to epsilon) through the layer: a pair at distance g goes to distance
       o <= q g + c rho, rho the W_p distance. For W_1: E o <= (q + c) rho.                    kernel    LT-09.layer
    2. For W_2: E o^2 <= (q + c)^2 rho^2.                                                      kernel    LT-09.layer2
    3. For W_infinity: o <= (q + c) rho almost surely.                                         kernel    LT-09.layer_inf
    4. One more layer takes a query gap s <= C rho_0 to s' <= (q C + c P) rho_0, P rho_0
       the distance of the contexts it sees.                                                   kernel    LT-09.query
    5. The recursion C' = q C + c P, P' = (q + c) P, Q' = q Q keeps C = P - Q.                 kernel    LT-09.telescope
    6. Induction on the number of layers, from C = 0, P = Q = 1.                               assumed   induction_on_depth
    7. The sum equals the difference of products (shown for three layers).                     symbolic  derivation

Sharpness
    Attained for every depth by layers q x + c mean(mu) with q, c >= 0 and contexts that are translates of each other.

Source
    furuya2026approximation (arXiv:2602.15503), Lemma 6 as reconstructed.

Audit
    The query constant is free of depth for q = 1, the context constant is not: C = prod (1 + c_l) - 1.
    A trap, refuted here: a map that is 1-Lipschitz in the query for each context need not be 1-Lipschitz as a map of tokens, since
    the context moves with them: n = 1, A = -I gives x -> (1 + eta) x, although every query map is a translation.
    Couplings of cost at most W_p + epsilon exist by definition of the infimum; each claim is used with rho + epsilon in place of
    rho (o <= q g + c rho implies it, as c >= 0), for every epsilon > 0, so no optimal coupling has to exist.
    Other exponents p rest on Minkowski's inequality and are not claimed.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-09"
TITLE = "Composition of in-context layers"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemma 6, as reconstructed")
LABEL = "sharp"
ASSUMES = ("induction_on_depth",)
USES = ()

DEPTH = 3  # of the instance that is printed and hammered; the proof is for every depth
q = sp.symbols(f"q1:{DEPTH + 1}", nonnegative=True)
c = sp.symbols(f"c1:{DEPTH + 1}", nonnegative=True)


def context_constant(queries: Sequence[sp.Expr], contexts: Sequence[sp.Expr]) -> sp.Expr:
    """C = prod (q_l + c_l) - prod q_l for any number of layers."""
    return sp.Mul(*(a + b for a, b in zip(queries, contexts, strict=True))) - sp.Mul(*queries)


BOUNDS = {"context_constant": context_constant(q, c)}
SYMBOLS = {str(a): f"query constant of layer {k}" for k, a in enumerate(q, 1)} | {
    str(a): f"context constant of layer {k}" for k, a in enumerate(c, 1)
}

MOVES = {"a pair at distance g goes to o <= q g + c rho": "o <= q*g + c*rho"}
Q_SIGN = {"q >= 0": "q >= 0"}


def derivation() -> list[DerivationStep]:
    terms = [
        c[k] * sp.Mul(*(a + b for a, b in zip(q[:k], c[:k], strict=True))) * sp.Mul(*q[k + 1 :]) for k in range(DEPTH)
    ]
    return [DerivationStep("telescoping sum", sp.Add(*terms), BOUNDS["context_constant"], "expand both sides")]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-09.layer",
            "W_1 of the contexts grows by at most q + c.",
            MOVES | {"the coupling costs at most rho": "E[g] <= rho"} | Q_SIGN,
            "E[o] <= (q + c)*rho",
            random="g, o",
        ),
        statement(
            "LT-09.layer2",
            "W_2 of the contexts grows by at most q + c.",
            MOVES
            | {"o is a distance": "o >= 0", "the coupling costs at most rho": "E[g**2] <= rho**2"}
            | Q_SIGN
            | {"c >= 0": "c >= 0"},
            "E[o**2] <= (q + c)**2*rho**2",
            random="g, o",
        ),
        statement(
            "LT-09.layer_inf",
            "W_infinity of the contexts grows by at most q + c.",
            MOVES | {"the coupling moves no mass farther than rho": "g <= rho"} | Q_SIGN,
            "o <= (q + c)*rho",
            random="g, o",
        ),
        statement(
            "LT-09.query",
            "The gap of a query under two contexts obeys the recursion C' = q C + c P.",
            {
                "one layer": "t <= q*s + c*rho",
                "gap before": "s <= C*rho0",
                "contexts before": "rho <= P*rho0",
                "q >= 0": "q >= 0",
                "c >= 0": "c >= 0",
            },
            "t <= (q*C + c*P)*rho0",
        ),
        statement("LT-09.telescope", "C = P - Q is kept.", {}, "q*(P - Q) + c*P == (q + c)*P - q*Q"),
    ]


def _pair(o: int, g: int, **scalars: int) -> dict:
    return model(scalars, E=[(1, {"o": o, "g": g})])


def counterexamples() -> list[Counterexample]:
    spread = model({"q": 2, "c": -1, "rho": 1}, E=[("3/4", {"g": "1/2", "o": 0}), ("1/4", {"g": "7/4", "o": "5/2"})])
    return [
        Counterexample("LT-09.layer", 0, _pair(1, 0, q=0, c=0, rho=0), "a layer that tears pairs apart"),
        Counterexample("LT-09.layer", 1, _pair(1, 1, q=1, c=0, rho=0), "a coupling that costs more"),
        Counterexample("LT-09.layer", 2, _pair(0, 0, q=-1, c=0, rho=1), "a negative constant"),
        Counterexample("LT-09.layer2", 0, _pair(1, 0, q=0, c=0, rho=0), "a layer that tears pairs apart"),
        Counterexample("LT-09.layer2", 1, _pair(-2, 0, q=0, c=1, rho=1), "o is no distance"),
        Counterexample("LT-09.layer2", 2, _pair(1, 1, q=1, c=0, rho=0), "a coupling that costs more"),
        Counterexample("LT-09.layer2", 3, _pair(1, -1, q=-1, c=1, rho=1), "a negative query constant"),
        Counterexample("LT-09.layer2", 4, spread, "a negative context constant"),
        Counterexample("LT-09.layer_inf", 0, _pair(1, 0, q=0, c=0, rho=0), "a layer that tears pairs apart"),
        Counterexample("LT-09.layer_inf", 1, _pair(1, 1, q=1, c=0, rho=0), "mass moved farther"),
        Counterexample("LT-09.layer_inf", 2, _pair(0, 0, q=-1, c=0, rho=1), "a negative constant"),
        *(
            Counterexample("LT-09.query", index, model({**base, **change}), why)
            for index, (change, why) in enumerate(
                [
                    ({"t": 1}, "a layer that does more"),
                    ({"s": 1, "t": 1}, "a larger gap before"),
                    ({"rho": 1, "t": 1}, "contexts farther apart"),
                    ({"q": -1, "s": -1, "t": 1}, "a negative query constant"),
                    ({"c": -1, "rho": -1, "t": 1}, "a negative context constant"),
                ]
            )
            for base in ({"t": 0, "s": 0, "rho": 0, "rho0": 0, "q": 1, "c": 1, "C": 0, "P": 0},)
        ),
    ]


def refuted() -> list[Refuted]:
    tokens = statement(
        "LT-09.tokens",
        "",
        {"the step is admissible for D = 0": "eta >= 0"},
        "norm2(x + eta*x - (y + eta*y)) <= norm2(x - y)",
        vectors="x, y",
    )
    shallow = statement(
        "LT-09.shallow",
        "",
        {"one layer": "t <= q*s + c*rho", "gap before": "s <= c*rho0", "contexts before": "rho <= (q + c)*rho0",
         "q >= 0": "q >= 0", "c >= 0": "c >= 0", "rho0 is a distance": "rho0 >= 0"},
        "t <= (q*c + c)*rho0",
    )  # fmt: skip
    return [
        Refuted(
            "token map",
            "A layer that is 1-Lipschitz in the query is 1-Lipschitz as a map of tokens (one token, A = -I).",
            tokens.text,
            model({"eta": 1}, {"x": [1], "y": [0]}),
        ),
        Refuted(
            "frozen context",
            "Two equal layers are (q c + c)-Lipschitz in the context (false: the second sees moved contexts).",
            shallow.text,
            model({"t": 3, "s": 1, "rho": 2, "rho0": 1, "q": 1, "c": 1}),
        ),
    ]


HAMMER = Property(
    kind="context_lipschitz",
    callable="torch_impl.layers:affine_mean",
    bound="context_constant",
    quantities={f"{kind[0]}{k}": f"{kind}_constant_{k}" for k in range(1, DEPTH + 1) for kind in ("query", "context")},
    sharp=True,
)
BINDINGS = (Binding("torch_impl.layers:affine_mean", "affine_mean"),)
