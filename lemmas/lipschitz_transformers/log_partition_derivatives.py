"""The log-partition function has the tilted mean as gradient and the tilted covariance as Hessian.

Statement
    Let mu be a Borel probability measure on a compact Omega, v: Omega -> R^d continuous, lambda(x) = log int e^{<x, v>} dmu,
    and E_x the expectation under the tilted measure dmu_x ~ e^{<x, v>} dmu. For all x, h, k in R^d:
    D_h lambda(x) = E_x<h, v>, D_k D_h lambda(x) = Cov_x(<h, v>, <k, v>), and for f, D_x f continuous on R^d x Omega,
    D_h E_x[f] = E_x[D_h f] + Cov_x(f, <h, v>). The Hessian is positive semidefinite. No token count, any d.

Proof
    1. D_h int f e^{<x,v>} dmu = int (D_h f + f <h, v>) e^{<x,v>} dmu.                     assumed   differentiation_under_integral
    2. Chain and quotient rules on M[f e]/M[e] with D_h e = <h, v> e give the identities.  symbolic  derivation
    3. With F[.] = int . e^{<x,v>} dmu, Z = F[1] > 0, g = D_h f, s = <h, v>:
       (F[g + f s] Z - F[f] F[s])/Z^2 = F[g]/Z + (F[f s]/Z - F[f] F[s]/Z^2).               kernel    LT-02.quotient
    4. F[s^2]/Z >= (F[s]/Z)^2, a Gram determinant over Z^2.                                kernel    LT-02.convex

Sharpness
    Identities.

Source
    furuya2026approximation (arXiv:2602.15503), Lemmas 2 and 3 as reconstructed.

Audit
    Compactness of Omega is used for differentiation under the integral only.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.expectation import log_partition_steps
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-02"
ALIASES = ("LT-03",)
TITLE = "Gradient and Hessian of the log-partition function"
SOURCE = Source("furuya2026approximation", "2602.15503", "Lemmas 2 and 3, as reconstructed")
LABEL = "identity"
ASSUMES = ("differentiation_under_integral",)
USES = ()

BOUNDS: dict[str, sp.Expr] = {}
SYMBOLS: dict[str, str] = {}
TILTED = ["F!:f,g,s"]  # integration against e^{<x, v>} dmu, of mass Z = F[1]
POSITIVE = {"the tilted measure has mass": "F[1] > 0"}


def derivation() -> list[DerivationStep]:
    return log_partition_steps()


def claims() -> list[Claim]:
    return [
        statement(
            "LT-02.quotient",
            "The derivative of a tilted expectation is the tilted expectation of the derivative plus a covariance.",
            POSITIVE,
            "(F[g + f*s]*F[1] - F[f]*F[s])/F[1]**2 == F[g]/F[1] + F[f*s]/F[1] - F[f]*F[s]/F[1]**2",
            functionals=TILTED,
        ),
        statement(
            "LT-02.convex",
            "The Hessian of the log-partition function is positive semidefinite along every direction.",
            POSITIVE,
            "F[s**2]/F[1] - F[s]**2/F[1]**2 >= 0",
            functionals=["F!:s"],
        ),
    ]


def counterexamples() -> list[Counterexample]:
    """None: a positive functional with F[1] != 0 has F[1] > 0, so the assumption only restates the domain."""
    return []


def refuted() -> list[Refuted]:
    swapped = statement(
        "LT-02.uncentred",
        "",
        POSITIVE,
        "(F[g + f*s]*F[1] - F[f]*F[s])/F[1]**2 == F[g]/F[1] + F[f*s]/F[1]",
        functionals=TILTED,
    )
    witness = model(F=[(1, {"f": 1, "g": 0, "s": 1})])
    return [Refuted("no centring", "D_h E_x[f] = E_x[D_h f] + E_x[f <h, v>].", swapped.text, witness)]


HAMMER = Property(
    kind="identity",
    callable="torch_impl.layers:log_partition",
    bound="",
    quantities={},
    sharp=False,
    options={"identities": ("gradient", "hessian")},
)
BINDINGS = (
    Binding("torch_impl.layers:log_partition", "log_partition"),
    Binding("torch_impl.layers:attention_mean", "attention_mean"),
    Binding("torch_impl.layers:attention_covariance", "attention_covariance"),
)
