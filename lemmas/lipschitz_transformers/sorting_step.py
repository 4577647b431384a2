"""Sorting two numbers is an Euler step on the boundary of LT-01: (a, b) -> (min, max).

Statement
    With W = (1, -1), b = 0, tau = 1 the layer F(x) = x - tau W^T relu(W x) maps (a, b) to (min(a, b), max(a, b)) for
    all real a, b, and tau ||W||^2 = 2: the largest step that LT-01 admits.

Proof
    1. a - max(a - b, 0) = min(a, b).                       kernel    LT-11.min
    2. b + max(a - b, 0) = max(a, b).                       kernel    LT-11.max
    3. |W u|^2 = (a - b)^2 <= 2 (a^2 + b^2) = 2 |u|^2.      kernel    LT-11.norm
    4. with equality at u = (1, -1), so ||W||^2 = 2.        kernel    LT-11.attained
    5. tau = 2/||W||^2 with ||W||^2 = 2 is 1.               symbolic  derivation

Sharpness
    Identities; ||W||^2 = 2 is attained at (1, -1).

Source
    murari2025resnets (arXiv:2505.12003), as used in arXiv:2602.15503; as reconstructed.

Audit
    Nothing is assumed. The step leaves no room: any tau > 1 expands (1, -1) + large pairs, see LT-01.sharp.
"""

from __future__ import annotations

import sympy as sp

from lemmas.lipschitz_transformers import mlp_step
from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-11"
TITLE = "max and min as one Euler step"
SOURCE = Source("murari2025resnets", "2505.12003", "as used in arXiv:2602.15503, as reconstructed")
LABEL = "identity"
ASSUMES = ()
USES = ("LT-01",)

W = sp.Matrix([[1, -1]])
NORM_SQUARED = (W * W.T)[0, 0]
BOUNDS = {"tau": mlp_step.BOUNDS["tau_max"].subs(mlp_step.w, sp.sqrt(NORM_SQUARED))}
SYMBOLS = {"tau": "step of the sorting layer"}

EXCESS = f"{text(BOUNDS['tau'])}*Max(a - b, 0)"


def derivation() -> list[DerivationStep]:
    a, b = sp.symbols("a b", real=True)
    x = sp.Matrix([a, b])
    gram = (W * x).T * (W * x)
    return [
        DerivationStep("step", BOUNDS["tau"], sp.Integer(1), "2/||W||^2 with ||W||^2 = W W^T = 2"),
        DerivationStep("slack of the norm", 2 * (a**2 + b**2) - gram[0, 0], (a + b) ** 2, "expand"),
    ]


def claims() -> list[Claim]:
    return [
        statement("LT-11.min", "The first coordinate becomes the minimum.", {}, f"a - {EXCESS} == Min(a, b)"),
        statement("LT-11.max", "The second coordinate becomes the maximum.", {}, f"b + {EXCESS} == Max(a, b)"),
        statement(
            "LT-11.attained", "||W||^2 >= 2: attained at (1, -1).", {}, f"(1 - (-1))**2 == {text(NORM_SQUARED)}*(1 + 1)"
        ),
        statement("LT-11.norm", "||W||^2 <= 2.", {}, f"(a - b)**2 <= {text(NORM_SQUARED)}*(a**2 + b**2)"),
    ]


def counterexamples() -> list[Counterexample]:
    """None: nothing is assumed."""
    return []


def refuted() -> list[Refuted]:
    half = statement("LT-11.half", "", {}, "a - Max(a - b, 0)/2 == Min(a, b)")
    small = statement("LT-11.small", "", {}, "(a - b)**2 <= 1999/1000*(a**2 + b**2)")
    one = model({"a": 1, "b": -1})
    return [
        Refuted("half a step", "tau = 1/2 sorts.", half.text, one),
        Refuted("a smaller norm", "||W||^2 <= 1.999.", small.text, one),
    ]


HAMMER = Property(
    kind="identity",
    callable="torch_impl.layers:sorting_step",
    bound="",
    quantities={},
    sharp=False,
    options={"identities": ("sort",)},
)
BINDINGS = (Binding("torch_impl.layers:sorting_step", "sorting_step"),)
