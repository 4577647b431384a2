"""Attention on a context is the mixture of attention on its parts, with their shares of the partition function.

Statement
    Let S, U be finite positive measures of tokens (a prefix and what follows it, the blocks of a kernel that never holds all scores),
    v the values of the tokens (v = V y), e > 0 their weights e^{s(x, y)}, Z_S = int e dS, Att_S = int e v dS / Z_S. If Z_S + Z_U > 0 then
    Att_{S+U} = (1 - p) Att_S + p Att_U, p = Z_U / (Z_S + Z_U).
    With running maxima, Z_S = e^{M_S} z_S with z_S = int e^{s - M_S} dS, p is computed from e^{M_S - M} z_S and e^{M_U - M} z_U for any M.
    Merging is associative. Every value space, every number of tokens, any weights; scores of any kind.

Proof
    1. (Z_S + Z_U) Att_{S+U} = Z_S Att_S + Z_U Att_U: the numerators add.                   kernel    MM-04.merge
    2. int e^{s - M} dS = e^{M_S - M} int e^{s - M_S} dS.                                   kernel    MM-04.rescale
    3. So p does not depend on M: e^{-M} cancels.                                           symbolic  derivation
    4. Numerators and denominators of three parts add in either order.                      kernel    MM-04.associative

Sharpness
    An identity.

Source
    proofcheck; the identity behind online softmax and key-value caches.

Audit
    Nothing is assumed of the parts: they may share tokens (measures add), one of them may have no mass (then the other's share is 1).
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-04"
TITLE = "Merging attention over parts of a context"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; attention of measures as in that paper")
LABEL = "identity"
ASSUMES = ()
USES = ()

BOUNDS: dict[str, sp.Expr] = {}
SYMBOLS: dict[str, str] = {}

PARTS = ["S!:e,v", "U!:f,w"]
WHOLE = "forall q: (S[e] + U[f])*inner(c, q) == S[e*inner(v, q)] + U[f*inner(w, q)]"
MERGED = {
    "a = Att_S": "forall q: S[e]*inner(a, q) == S[e*inner(v, q)]",
    "b = Att_U": "forall q: U[f]*inner(b, q) == U[f*inner(w, q)]",
    "c = Att_{S+U}": WHOLE,
    "p is the share of U": "p*(S[e] + U[f]) == U[f]",
    "there is mass": "S[e] + U[f] > 0",
}


def derivation() -> list[DerivationStep]:
    s, u, m, n, k = sp.symbols("z_S z_U M_S M_U M", real=True)
    shares = [sp.exp(n - t) * u / (sp.exp(m - t) * s + sp.exp(n - t) * u) for t in (sp.Integer(0), k)]
    return [DerivationStep("the share does not depend on M", shares[0], shares[1], "cancel e^{-M}")]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-04.merge",
            "Attention on S + U is (1 - p) Att_S + p Att_U, tested against every vector r.",
            MERGED,
            "inner(c, r) == (1 - p)*inner(a, r) + p*inner(b, r)",
            vectors="a, b, c, r, v, w",
            functionals=PARTS,
        ),
        statement(
            "MM-04.rescale",
            "A partial sum moves from one running maximum to another by one factor.",
            {},
            "S[exp(s - M)] == exp(L - M)*S[exp(s - L)]",
            functionals=["S!:s"],
        ),
        statement(
            "MM-04.associative",
            "Merging three parts, given by mass and mean, does not depend on the order.",
            {},
            "((x + y)*((x*a + y*b)/(x + y)) + z*c)/(x + y + z) == (x*a + (y + z)*((y*b + z*c)/(y + z)))/(x + y + z)",
        ),
    ]


def _parts(a: int, b: int, c: str, p: str, e: str = "1", f: str = "1") -> dict:
    """S one token of value 0, U one token of value 2."""
    return model(
        {"p": p},
        {"a": [a], "b": [b], "c": [c], "r": [1]},
        S=[(1, {"e": e, "v": [0]})],
        U=[(1, {"f": f, "w": [2]})],
    )


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-04.merge", 0, _parts(1, 2, "1", "1/2"), "a is not attention on S"),
        Counterexample("MM-04.merge", 1, _parts(0, 0, "1", "1/2"), "b is not attention on U"),
        Counterexample("MM-04.merge", 2, _parts(0, 2, "0", "1/2"), "c is not attention on the whole"),
        Counterexample("MM-04.merge", 3, _parts(0, 2, "1", "0"), "another share"),
        Counterexample("MM-04.merge", 4, _parts(0, 2, "5", "1/2", e="0", f="0"), "no mass: every c fits"),
    ]


def refuted() -> list[Refuted]:
    counts = {**MERGED, "p is the share of the mass": "p*(S[1] + U[1]) == U[1]"}
    del counts["p is the share of U"]
    averaged = statement(
        "MM-04.counts",
        "",
        counts,
        "inner(c, r) == (1 - p)*inner(a, r) + p*inner(b, r)",
        vectors="a, b, c, r, v, w",
        functionals=PARTS,
    )
    unscaled = statement("MM-04.unscaled", "", {}, "S[exp(s - M)] == S[exp(s - L)]", functionals=["S!:s"])
    return [
        Refuted(
            "shares of mass",
            "The outputs of two blocks are averaged by their numbers of tokens.",
            averaged.text,
            _parts(0, 2, "3/2", "1/2", f="3"),
        ),
        Refuted(
            "no rescaling",
            "Partial sums with different running maxima add as they are.",
            unscaled.text,
            model({"M": 1, "L": 0}, S=[(1, {"s": 0})]),
        ),
    ]


HAMMER = None
BINDINGS = (
    Binding("torch_impl.prefix_merge:merge", "proofcheck.bind.formulas_closed_forms:MERGE"),
    Binding("torch_impl.prefix_merge:attention_state", "proofcheck.bind.formulas_closed_forms:ATTENTION_STATE"),
)
