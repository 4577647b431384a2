"""Two networks run side by side: block-diagonal MLP steps with one step size, attention layers one after the other.

Statement
    MLP layers (W1, b1, tau1), (W2, b2, tau2) with positive steps: on the product of the feature spaces the block-diagonal W
    with blocks W1, c W2, biases (b1, c b2), c^2 = tau2/tau1, and the one step tau1 is the product of the two layers, admissible
    (LT-01) if both were. Attention layers A1, A2: the layer diag(A1, 0) followed by diag(0, A2), steps unchanged, is the
    product of the two in-context maps, with the same admissible steps (LT-04, LT-05), for every context and any depth.

Proof
    1. relu is positively homogeneous, relu(c s) = c relu(s) for c > 0,                        kernel    LT-12.relu
    2. so W -> c W, b -> c b, tau -> tau/c^2 keeps what a unit of height m adds along any q.   kernel    LT-12.rescale
    3. It keeps tau |W|^2.                                                                     symbolic  derivation
    4. |diag(W1, W2) u|^2 <= max(|W1|^2, |W2|^2)(|u1|^2 + |u2|^2).                             kernel    LT-12.norm
    5. So a step that is admissible for both blocks is admissible for the whole.               kernel    LT-12.step
    6. diag(0, A) scores a query by its block alone: <x1 + x2, A y> = <x2, A y>.               kernel    LT-12.scores
    7. It moves no other block: <x - eta E_x[A y], e> = <x, e> for e in block 1.                 kernel    LT-12.keeps
    8. Weights w and A y are functions of block 2, so w and w A y have the same expectations under the context as under its
       marginal (which is how a marginal is defined), and so the same tilted mean.              kernel    LT-12.marginal
    9. A Omega keeps its diameter: the padded images are as far apart as before.               kernel    LT-12.images
   10. Induction on the number of layers.                                                      assumed   induction_on_depth

Sharpness
    Identities. The common step is the largest of LT-01 for the wider block.

Source
    furuya2026approximation (arXiv:2602.15503), used in Theorem 8; as reconstructed.

Audit
    One attention layer with diag(A1, A2) is not the product: the two scores add up under one softmax (refuted below with two
    tokens). Rescaling needs c > 0: relu(-s) is not -relu(s) (refuted). With W = 0 or eta = 0 a layer is the identity, so the two
    networks need no equal depths, and layers without a common step may follow each other as (W1, 0), (0, W2).
    A tilted mean exists as soon as the weights are positive; step 6 states it as h E[w] = E[w A y], w = e^<x, A y> > 0.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import mlp_step
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-12"
TITLE = "Products of layers"
SOURCE = Source("furuya2026approximation", "2602.15503", "used in Theorem 8, as reconstructed")
LABEL = "identity"
ASSUMES = ("induction_on_depth",)
USES = ("LT-01", "LT-04", "LT-05")

w1, w2 = sp.symbols("w1 w2", positive=True)
BOUNDS = {"tau_max": mlp_step.BOUNDS["tau_max"].subs(mlp_step.w, sp.Max(w1, w2))}
SYMBOLS = {"w1": "operator norm of the first block", "w2": "operator norm of the second block (rescaled)"}

WIDER = sp.Max(w1, w2)
EDGE = BOUNDS["tau_max"] * WIDER**2  # tau |W|^2 at the boundary; |W| = 0 included, where nothing is required
TILTED = {
    "h is the tilted mean of A y": "forall q: inner(h, q)*E[w] == E[w*inner(a, q)]",
    "weights are positive": "w > 0",
}


def derivation() -> list[DerivationStep]:
    tau, c, w = sp.symbols("tau c w", positive=True)
    return [
        DerivationStep("tau |W|^2 is kept", tau / c**2 * (c * w) ** 2, tau * w**2, "|c W| = c |W|"),
        DerivationStep("the common step", tau / (tau / w) * w, w**2, "tau2/c^2 = tau1 at c^2 = tau2/tau1 (tau2 = w)"),
    ]


def claims() -> list[Claim]:
    return [
        statement("LT-12.relu", "relu(c s) = c relu(s).", {"c is positive": "c > 0"}, "Max(c*s, 0) == c*Max(s, 0)"),
        statement(
            "LT-12.rescale",
            "The rescaled unit of height c m contributes the same along every q.",
            {},
            "tau/c**2*(c*m)*inner(c*w, q) == tau*m*inner(w, q)",
            vectors="w, q",
        ),
        statement(
            "LT-12.norm",
            "The norm of a block-diagonal matrix is the larger of the two.",
            {
                "|W1 u1|^2 <= n1 |u1|^2": "norm2(a1) <= n1*norm2(u1)",
                "|W2 u2|^2 <= n2 |u2|^2": "norm2(a2) <= n2*norm2(u2)",
            },
            "norm2(a1) + norm2(a2) <= Max(n1, n2)*(norm2(u1) + norm2(u2))",
            vectors="a1, a2, u1, u2",
        ),
        statement(
            "LT-12.step",
            "A step that both blocks admit is one that the whole admits.",
            {"admissible for block 1": "tau*n1 <= 2", "admissible for block 2": "tau*n2 <= 2"},
            f"tau*Max(n1, n2) <= {text(EDGE)}",
        ),
        statement(
            "LT-12.scores",
            "The score of a query against diag(0, A) y does not see block 1.",
            {"A y lies in block 2": "inner(x1, a) == 0"},
            "inner(x1 + x2, a) == inner(x2, a)",
            vectors="x1, x2, a",
        ),
        statement(
            "LT-12.keeps",
            "The layer does not move block 1.",
            TILTED | {"A y lies in block 2, q in block 1": "inner(a, e) == 0"},
            "inner(x - eta*h, e) == inner(x, e)",
            vectors="x, h, e, a",
            random="w, a",
        ),
        statement(
            "LT-12.marginal",
            "The tilted mean m under the context is the tilted mean n under its marginal on block 2.",
            {
                "m is the tilted mean under E": "forall q: inner(m, q)*E[w] == E[w*inner(v, q)]",
                "n is the tilted mean under F": "forall q: inner(n, q)*F[e] == F[e*inner(u, q)]",
                "F is the marginal: weights": "E[w] == F[e]",
                "F is the marginal: weighted images": "forall q: E[w*inner(v, q)] == F[e*inner(u, q)]",
                "Z > 0": "E[w] > 0",
            },
            "norm2(m - n) <= 0",
            vectors="m, n, v, u",
            functionals=["E:w,v", "F:e,u"],
        ),
        statement(
            "LT-12.images",
            "Images whose first blocks agree are no farther apart than their second blocks.",
            {"block 1 of the images is the same": "norm2(p - q) <= 0"},
            "norm2(p - q) + norm2(a - b) <= norm2(a - b)",
            vectors="p, q, a, b",
        ),
    ]


def _marginal(m: int = 1, n: int | str = 1, w: int = 1, e: int = 1, u: int | str = 1) -> dict:
    return model({}, {"m": [m], "n": [n]}, E=[(1, {"w": w, "v": [1]})], F=[(1, {"e": e, "u": [u]})])


def counterexamples() -> list[Counterexample]:
    one = {"x1": [1], "x2": [0]}
    return [
        Counterexample("LT-12.relu", 0, model({"c": -1, "s": 1}), "relu(-s) is not -relu(s)"),
        Counterexample(
            "LT-12.norm", 0, model({"n1": 0, "n2": 0}, {"a1": [1], "a2": [0], "u1": [0], "u2": [0]}), "a longer block"
        ),
        Counterexample(
            "LT-12.norm", 1, model({"n1": 0, "n2": 0}, {"a1": [0], "a2": [1], "u1": [0], "u2": [0]}), "a longer block"
        ),
        Counterexample("LT-12.step", 0, model({"tau": 3, "n1": 1, "n2": 0}), "too long for block 1"),
        Counterexample("LT-12.step", 1, model({"tau": 3, "n1": 0, "n2": 1}), "too long for block 2"),
        Counterexample("LT-12.scores", 0, model({}, {**one, "a": [1]}), "A y reaches into block 1"),
        Counterexample("LT-12.keeps", 0, _moved(h=1, w=1, a=0), "h is not the tilted mean"),
        Counterexample("LT-12.keeps", 1, _moved(h=1, w=0, a=0), "no mass: every h is a mean"),
        Counterexample("LT-12.keeps", 2, _moved(h=1, w=1, a=1), "A y reaches into block 1"),
        Counterexample("LT-12.marginal", 0, _marginal(m=2), "m is not the tilted mean"),
        Counterexample("LT-12.marginal", 1, _marginal(n=2), "n is not the tilted mean"),
        Counterexample("LT-12.marginal", 2, _marginal(n="1/2", e=2, u="1/2"), "the marginal has other weights"),
        Counterexample("LT-12.marginal", 3, _marginal(n=2, u=2), "the marginal has other images"),
        Counterexample("LT-12.marginal", 4, _marginal(m=1, n=0, w=0, e=0), "no mass: every vector is a mean"),
        Counterexample("LT-12.images", 0, model({}, {"p": [1], "q": [0], "a": [0], "b": [0]}), "block 1 moves too"),
    ]


def _moved(h: int, w: int, a: int) -> dict:
    return model({"eta": 1}, {"x": [0], "h": [h], "e": [1]}, E=[(1, {"w": w, "a": [a]})])


def refuted() -> list[Refuted]:
    positive = {"the first weights are positive": "w > 0", "the second weights are positive": "v > 0"}
    single = statement("LT-12.single", "", positive, "E[v*w*f]*E[w] == E[w*f]*E[v*w]", random="v, w, f")
    negative = statement("LT-12.negative", "", {"c is not 0": "c**2 > 0"}, "Max(c*s, 0) == c*Max(s, 0)")
    summed = statement(
        "LT-12.sum",
        "",
        {"|W1 u1|^2 <= n1 |u1|^2": "norm2(a1) <= n1*norm2(u)", "|W2 u2|^2 <= n2 |u2|^2": "norm2(a2) <= n2*norm2(u)"},
        "norm2(a1) + norm2(a2) <= Max(n1, n2)*norm2(u)",
        vectors="a1, a2, u",
    )
    tokens = [("1/2", {"w": 1, "v": 1, "f": 0}), ("1/2", {"w": 2, "v": 3, "f": 1})]
    return [
        Refuted(
            "one layer for both",
            "diag(A1, A2) in one layer moves block 1 as A1 alone does (false: two tokens with e^score 1, 2 and 1, 3).",
            single.text,
            model({}, {}, E=tokens),
        ),
        Refuted(
            "a negative factor",
            "Rescaling by c works for every c != 0.",
            negative.text,
            model({"c": -1, "s": 1}),
        ),
        Refuted(
            "stacked, not block-diagonal",
            "(W1; W2) on one space has the larger of the two norms.",
            summed.text,
            model({"n1": 1, "n2": 1}, {"a1": [1], "a2": [1], "u": [1]}),
        ),
    ]


HAMMER = tuple(
    Property(
        kind="identity",
        callable=f"torch_impl.blocks_steps:{name}",
        bound="",
        quantities={},
        sharp=False,
        options={"identities": (route,)},
    )
    for name, route in (("product_mlp", "product"), ("product_attention", "block"))
)
BINDINGS = (
    Binding("torch_impl.blocks_steps:product_mlp", "product_mlp"),
    Binding("torch_impl.blocks_steps:product_attention", "product_attention"),
)
