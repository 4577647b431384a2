"""Scalar 1-Lipschitz ResNets: every max-min of affine maps of slope <= 1, exactly, and so every 1-Lipschitz function nearly.

Statement
    max_i min_j (<a_ij, x> + b_ij), finitely many pieces, |a_ij| <= 1, is computed for every x in R^d by a linear lifting,
    Euler steps x - tau W^T relu(W x + b) with tau <= 2/|W|^2, and a linear read-out: one layer for the offsets and
    ceil(log2 of the longest group) + ceil(log2 of the number of groups) sorting layers. It is 1-Lipschitz. On a compact set
    these functions are uniformly dense in the 1-Lipschitz functions.

Proof
    1. A piece is 1-Lipschitz: <a, x - y>^2 <= |x - y|^2.                                      kernel    LT-19.slope
    2. Offsets: the lift 2 <a, x> and units z - 2b, 2b - z with step 1/2 give <a, x> + b.      kernel    LT-19.offset
    3. Each z meets two units, +-: |W|^2 = 2, and 1/2 is half of the largest step.             symbolic  derivation
    4. Read-outs <v, z> + b of any layer go to zero coordinates at a common scale s: the units +-p, p = <v, z> - s t + b,
       add up to relu(p) - relu(-p) = p,                                                       kernel    LT-19.units
    5. and give t' = (<v, z> + b)/(2 s).                                                       kernel    LT-19.coordinate
    6. For all of them at once |V z - s t|^2 <= (|V|^2 + s^2)(|z|^2 + |t|^2),                  kernel    LT-19.norm
    7. so the step 1/(2 s^2) is admissible once |V| <= s.                                      kernel    LT-19.step
    8. One layer sorts disjoint pairs: orthogonal rows (1, -1), |W|^2 = 2, tau = 1 (LT-11).    kernel    LT-19.pairs
    9. Minimum and maximum of 1-Lipschitz functions are 1-Lipschitz (LT-13), and a layer of sorting steps halves every
       group: induction on the layers.                                                         assumed   induction_on_depth
   10. Density: a compact set has a finite delta-net x_1, ..., x_N for every delta > 0.        assumed   compactness
   11. The piece through f(x_i), f(x_j) along x_i - x_j has slope <= 1, as f is 1-Lipschitz.   kernel    LT-19.interpolate
   12. On the net max_i min_j of these pieces is f: at x_i all pieces of group i are f(x_i), and group k has one that is.
                                                                                               kernel    LT-19.net
   13. At distance r <= delta of the net both move by at most r, so they are within 2 delta.   kernel    LT-19.off_net

Sharpness
    Identities. With |a| > 1 the function is not 1-Lipschitz; the sorting step is on the boundary of LT-01.

Source
    murari2025resnets (arXiv:2505.12003), Theorem 3.1, as used in arXiv:2602.15503; as reconstructed.

Audit
    The source proves density by a Stone-Weierstrass argument (LT-18); steps 10 to 13 give an explicit network with N(N - 1)
    pieces and error 2 delta. With one net point the constant f(x_1) does.
    Lifting and read-out have norms above 1 (2 |(a_ij)|, and 2 s behind step 5): the function is 1-Lipschitz, the product of
    the norms of its parts is not its constant.
    That every 1-Lipschitz piecewise affine function on R^d is such a max-min of its own pieces is not claimed here.
    Two pairs that share a coordinate cannot be sorted in one layer at step 1 (refuted below).
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import mlp_step
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-19"
TITLE = "Scalar 1-Lipschitz ResNets"
SOURCE = Source("murari2025resnets", "2505.12003", "Theorem 3.1, as used in arXiv:2602.15503, as reconstructed")
LABEL = "identity"
ASSUMES = ("induction_on_depth", "compactness")
USES = ("LT-01", "LT-11", "LT-13")

s, delta = sp.symbols("s delta", positive=True)
NORM_SQUARED = sp.Integer(2)  # of the units +-z, and of sorted pairs
BOUNDS = {
    "tau_offset": mlp_step.BOUNDS["tau_max"].subs(mlp_step.w, sp.sqrt(NORM_SQUARED)) / 2,
    "lift": sp.Integer(2),
    "tau_coordinate": 1 / (2 * s**2),
    "readout": 2 * s,
    "error": 2 * delta,
}
SYMBOLS = {
    "s": "common scale of the coordinates, at least |V|",
    "delta": "distance to the net",
    "tau_offset": "step of the layer of offsets",
    "lift": "factor of the slopes in the lifting",
}

UNITS = "(Max({0}, 0) - Max(-({0}), 0))"  # relu(u) - relu(-u) = u


def derivation() -> list[DerivationStep]:
    largest = mlp_step.BOUNDS["tau_max"].subs(mlp_step.w, sp.sqrt(2 * (s**2 + s**2)))
    return [
        DerivationStep("offsets", BOUNDS["tau_offset"], sp.Rational(1, 2), "half of 2/|W|^2 at |W|^2 = 2"),
        DerivationStep("coordinates", BOUNDS["tau_coordinate"], largest, "2/|W|^2 at |W|^2 = 2 (|V|^2 + s^2), |V| = s"),
    ]


def claims() -> list[Claim]:
    lift = text(BOUNDS["lift"])
    offset = UNITS.format(f"{lift}*p - {lift}*b")
    return [
        statement(
            "LT-19.slope",
            "An affine piece of slope at most 1 is 1-Lipschitz.",
            {"|a| <= 1": "norm2(a) <= 1"},
            "inner(a, x - y)**2 <= norm2(x - y)",
            vectors="a, x, y",
        ),
        statement(
            "LT-19.offset",
            "The lift 2 p and the layer of offsets give p + b for every real p.",
            {},
            f"{lift}*p - {text(BOUNDS['tau_offset'])}*{offset} == p + b",
        ),
        statement("LT-19.units", "Two units of opposite sign are linear.", {}, f"{UNITS.format('p')} == p"),
        statement(
            "LT-19.coordinate",
            "2 s t' is the read-out with its offset.",
            {
                "t is 0 before": "inner(e, z) == 0",
                "the read-out does not see t": "inner(v, e) == 0",
                "e is a unit vector": "norm2(e) == 1",
                "the step": "2*tau*s**2 == 1",
            },
            f"{text(BOUNDS['readout'])}*inner(e, z - tau*(inner(v - s*e, z) + b)*(v - s*e)) == inner(v, z) + b",
            vectors="e, z, v",
        ),
        statement(
            "LT-19.norm",
            "The norm of (V, -s) is at most that of V and s together.",
            {"|V z|^2 <= n |z|^2": "norm2(a) <= n*norm2(z)", "n is positive": "n > 0"},
            "norm2(a - s*t) <= (n + s**2)*(norm2(z) + norm2(t))",
            vectors="a, z, t",
        ),
        statement(
            "LT-19.step",
            "The step is admissible: both signs double the square of the norm.",
            {"|V| <= s": "n <= s**2", "the step": "2*tau*s**2 == 1"},
            "tau*(2*(n + s**2)) <= 2",
        ),
        statement(
            "LT-19.pairs",
            "Two disjoint pairs in one layer: |W|^2 <= 2.",
            {},
            f"(a - b)**2 + (c - d)**2 <= {text(NORM_SQUARED)}*(a**2 + b**2 + c**2 + d**2)",
        ),
        statement(
            "LT-19.interpolate",
            "The slope k (x - y) with k |x - y|^2 = f(x) - f(y) has norm at most 1.",
            {
                "f is 1-Lipschitz": "(p - q)**2 <= norm2(x - y)",
                "the piece takes both values": "k*norm2(x - y) == p - q",
            },
            "norm2(k*(x - y)) <= 1",
            vectors="x, y",
        ),
        statement(
            "LT-19.net",
            "On the net the max-min is f.",
            {"group i is f there": "p == f", "group k has a piece that is": "b == f"},
            "Max(p, Min(a, b)) == f",
        ),
        statement(
            "LT-19.off_net",
            "Off the net the two differ by at most 2 delta.",
            {
                "F is 1-Lipschitz": "F - G <= r",
                "f is 1-Lipschitz": "g - f <= r",
                "equal on the net": "G == g",
                "the net is close": "r <= delta",
            },
            f"F - f <= {text(BOUNDS['error'])}",
        ),
    ]


def _written(e: list, z: list, v: list, tau: str = "1/2") -> dict:
    return model({"tau": tau, "s": 1, "b": 0}, {"e": e, "z": z, "v": v})


def _off(F: int, G: int, g: int, f: int, r: int, delta: int) -> dict:
    return model({"F": F, "G": G, "g": g, "f": f, "r": r, "delta": delta})


def _line(k: int, p: int) -> dict:
    return model({"k": k, "p": p, "q": 0}, {"x": [1], "y": [0]})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-19.slope", 0, model({}, {"a": [2], "x": [1], "y": [0]}), "a steep piece"),
        Counterexample("LT-19.coordinate", 0, _written([1, 0], [1, 0], [0, 1]), "a used coordinate"),
        Counterexample("LT-19.coordinate", 1, _written([1, 0], [0, 1], [1, 1]), "a read-out of t itself"),
        Counterexample("LT-19.coordinate", 2, _written([2, 0], [0, 1], [0, 1]), "a longer e"),
        Counterexample("LT-19.coordinate", 3, _written([1, 0], [0, 1], [0, 1], "1"), "a step twice as long"),
        Counterexample("LT-19.norm", 0, model({"n": 1, "s": 0}, {"a": [1], "z": [0], "t": [0]}), "a larger V"),
        Counterexample("LT-19.norm", 1, model({"n": -1, "s": 1}, {"a": [0], "z": [0], "t": [1]}), "a negative square"),
        Counterexample("LT-19.step", 0, model({"n": 4, "s": 1, "tau": "1/2"}), "|V| = 2 s"),
        Counterexample("LT-19.step", 1, model({"n": 1, "s": 1, "tau": 1}), "a step twice as long"),
        Counterexample("LT-19.interpolate", 0, _line(2, 2), "a steep function"),
        Counterexample("LT-19.interpolate", 1, _line(2, 0), "a steep piece"),
        Counterexample("LT-19.net", 0, model({"p": 1, "f": 0, "a": 0, "b": 0}), "group i is above f"),
        Counterexample("LT-19.net", 1, model({"p": 0, "f": 0, "a": 1, "b": 1}), "group k is above f"),
        Counterexample("LT-19.off_net", 0, _off(1, 0, 0, 0, 0, 0), "F moves farther"),
        Counterexample("LT-19.off_net", 1, _off(0, 0, 0, -1, 0, 0), "f moves farther"),
        Counterexample("LT-19.off_net", 2, _off(1, 1, 0, 0, 0, 0), "another value on the net"),
        Counterexample("LT-19.off_net", 3, _off(1, 0, 0, -1, 1, 0), "a point far from the net"),
    ]


def refuted() -> list[Refuted]:
    steep = text(sp.Rational(1001, 1000))
    slope = statement(
        "LT-19.steep", "", {"|a|^2 <= 1.001": f"norm2(a) <= {steep}"}, "inner(a, x)**2 <= norm2(x)", vectors="a, x"
    )
    full = statement("LT-19.full", "", {}, f"z - {UNITS.format('z - 2*b')} == z/2 + b")
    shared = statement("LT-19.shared", "", {}, "(a - b)**2 + (b - c)**2 <= 2*(a**2 + b**2 + c**2)")
    closer = statement(
        "LT-19.closer",
        "",
        {"F is 1-Lipschitz": "F - g <= delta", "f is 1-Lipschitz": "g - f <= delta"},
        "F - f <= delta",
    )
    return [
        Refuted(
            "a slope above 1",
            "Pieces with |a|^2 <= 1.001 are 1-Lipschitz.",
            slope.text,
            model({}, {"a": [1, "1/40"], "x": [1, "1/40"]}),
        ),
        Refuted("the full step", "The layer of offsets works at step 1.", full.text, model({"z": 1, "b": 0})),
        Refuted(
            "pairs that overlap",
            "Two pairs with a common coordinate have |W|^2 <= 2.",
            shared.text,
            model({"a": 1, "b": -1, "c": 1}),
        ),
        Refuted(
            "error delta",
            "Off the net the error is at most delta (false: F rises while f falls).",
            closer.text,
            model({"F": 1, "g": 0, "f": -1, "delta": 1}),
        ),
    ]


HAMMER = Property(
    kind="identity",
    callable="torch_impl.blocks_steps:max_min_steps",
    bound="",
    quantities={},
    sharp=False,
    options={"identities": ("max_min",)},
)
BINDINGS = (Binding("torch_impl.blocks_steps:max_min_steps", "max_min_steps"),)
