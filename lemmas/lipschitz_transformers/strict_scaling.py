"""Scaling by rho = 1 - eps/(2 (1 + G)) moves g by at most eps/2 and puts every gap strictly inside the budget.

Statement
    Let g: Z -> R have |g| <= G and |g(p) - g(q)| <= b(p, q) for p, q in Z, and let eps > 0. With rho = 1 - eps/(2 (1 + G)):
    |rho g - g| <= eps/2 on Z; |rho g(p) - rho g(q)| < b(p, q) wherever b(p, q) > 0, as long as eps < 4 (1 + G); and
    0 <= rho < 1 as long as eps <= 2 (1 + G), for instance for every eps <= 2. Any set Z.

Proof
    1. (1 - rho) G = eps G/(2 (1 + G)) = eps/2 - eps/(2 (1 + G)).           symbolic  derivation
    2. So |rho g - g| <= eps/2.                                             kernel    LT-17.close
    3. -1 < rho < 1 for 0 < eps < 4 (1 + G).                                kernel    LT-17.below
    4. rho >= 0 for eps <= 2 (1 + G).                                       kernel    LT-17.above
    5. So gaps shrink strictly.                                             kernel    LT-17.gap

Sharpness
    eps < 4 (1 + G) is sharp for step 5: at eps = 4 (1 + G) rho = -1 and a gap that fills the budget still fills it; beyond it
    expands. eps/2 is the supremum of the loss over all G, not attained (the loss is at most eps G/(2 (1 + G))).

Source
    furuya2026approximation (arXiv:2602.15503), proof of Lemma 9, as reconstructed.

Audit
    Nothing is assumed. Where the budget is 0 no gap is strictly inside it: refuted below. The restriction to eps <= 2 keeps
    rho >= 0 whatever G is; the proof needs |rho| < 1 only.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-17"
TITLE = "Strict scaling"
SOURCE = Source("furuya2026approximation", "2602.15503", "proof of Lemma 9, as reconstructed")
LABEL = "sharp"
ASSUMES = ()
USES = ()

eps, G = sp.symbols("eps G", nonnegative=True)
BOUNDS = {"factor": 1 - eps / (2 * (1 + G)), "loss": eps / 2, "eps_max": 4 * (1 + G)}
SYMBOLS = {"eps": "error allowed", "G": "bound of |g|"}

RHO = f"({text(BOUNDS['factor'])})"
LOSS = text(BOUNDS["loss"])
LARGEST = text(BOUNDS["eps_max"])
HALF = text(BOUNDS["eps_max"] / 2)  # where rho = 0
SIZE = {"1 + G > 0, as G >= 0": "1 + G > 0"}
POSITIVE = {"eps > 0": "eps > 0"}
GAP = {"the gap is inside the budget": "Abs(g - h) <= b", "the budget is positive": "b > 0"}


def derivation() -> list[DerivationStep]:
    rho = BOUNDS["factor"]
    slack = eps / (2 * (1 + G))
    edge = sp.Integer(-1)
    return [
        DerivationStep("loss", (1 - rho) * G, BOUNDS["loss"] - slack, "expand"),
        DerivationStep("edge", rho.subs(eps, BOUNDS["eps_max"]), edge, "the largest eps has rho = -1"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-17.close",
            "The scaled function is within eps/2.",
            {"|g| <= G": "Abs(g) <= G", "eps >= 0": "eps >= 0"},
            f"Abs({RHO}*g - g) <= {LOSS}",
        ),
        statement(
            "LT-17.below", "-1 < rho < 1.", POSITIVE | {"eps is not too large": f"eps < {LARGEST}"}, f"Abs{RHO} < 1"
        ),
        statement("LT-17.above", "rho >= 0.", {"eps is not too large": f"eps <= {HALF}"} | SIZE, f"{RHO} >= 0"),
        statement(
            "LT-17.gap",
            "Scaled gaps are strictly inside the budget; r is rho.",
            GAP | {"-1 < rho < 1": "Abs(r) < 1"},
            "Abs(r*g - r*h) < b",
        ),
    ]


def _gap(g: int, h: int, **values: int) -> dict:
    return model({"g": g, "h": h, "b": 1, "eps": 1, "G": 1} | values)


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("LT-17.close", 0, model({"g": 9, "G": 1, "eps": 1}), "g is larger than G"),
        Counterexample("LT-17.close", 1, model({"g": 0, "G": 1, "eps": -1}), "a negative error"),
        Counterexample("LT-17.below", 0, model({"eps": 0, "G": 1}), "no scaling at all"),
        Counterexample("LT-17.below", 1, model({"eps": 8, "G": 1}), "eps = 4 (1 + G): rho = -1"),
        Counterexample("LT-17.above", 0, model({"eps": 9, "G": 1}), "rho is negative"),
        Counterexample("LT-17.above", 1, model({"eps": -9, "G": -2}), "a negative bound"),
        Counterexample("LT-17.gap", 0, model({"g": 9, "h": 0, "b": 1, "r": "1/2"}), "a gap beyond the budget"),
        Counterexample("LT-17.gap", 1, model({"g": 0, "h": 0, "b": 0, "r": "1/2"}), "no budget"),
        Counterexample("LT-17.gap", 2, model({"g": 1, "h": 0, "b": 1, "r": -1}), "eps = 4 (1 + G): rho = -1"),
    ]


def refuted() -> list[Refuted]:
    past = statement(
        "LT-17.past", "", GAP | POSITIVE | {"eps": f"eps <= {LARGEST}"} | SIZE, f"Abs({RHO}*g - {RHO}*h) < b"
    )
    expands = statement("LT-17.expands", "", GAP | POSITIVE | SIZE, f"Abs({RHO}*g - {RHO}*h) <= b")
    none = statement("LT-17.none", "", {"gap": "Abs(g - h) <= b"} | POSITIVE | SIZE, f"Abs({RHO}*g - {RHO}*h) < b")
    less = statement("LT-17.less", "", {"|g| <= G": "Abs(g) <= G"} | POSITIVE, f"Abs({RHO}*g - g) <= 999/1000*({LOSS})")
    return [
        Refuted("eps = 4 (1 + G)", "The largest eps itself is admissible.", past.text, _gap(1, 0, eps=8)),
        Refuted("every eps", "Gaps stay within the budget for eps > 4 (1 + G).", expands.text, _gap(1, 0, eps=12)),
        Refuted("no budget", "Gaps are strictly inside a budget of 0.", none.text, _gap(0, 0, b=0)),
        Refuted("a smaller loss", "|rho g - g| <= 0.999 eps/2.", less.text, model({"g": 9999, "G": 9999, "eps": 1})),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
