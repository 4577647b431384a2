"""Linear attention sees the second moment of the context only, and closes on it: exact for every law, layer by layer and in time.

Statement
    mu any law on R^d with finite second moment M = int y y^T dmu, h real. Att_lin(mu, x) = V int y <A x, y> dmu = V M A x.
    The layer x -> x + h Att_lin(mu, x) is linear, W = I + h V M A, and the moment of its image is M^+ = W M W^T; its mean W m.
    So M moves by V M A M + M A^T M V^T + h V M A M A^T M V^T, per unit of h. For V = lambda I, M' = lambda M (A + A^T) M is solved by
    M_t = (I - lambda t M_0 (A + A^T))^{-1} M_0, since M_t - M_s = lambda (t - s) M_t (A + A^T) M_s for all s, t, as long as
    t k < 1, k = max lambda <x, (A + A^T) x> over <x, M_0^{-1} x> = 1; the form blows up at t* = 1/k (never if k <= 0).
    For A = A^T, x_t = (I - 2 lambda t M_0 A)^{-1/2} x_0 solves x' = lambda M_t A x. Every d, every number of tokens, any weights.

Proof
    1. <V int y <theta, y> dmu, r> = <M theta, V^T r>.                                            kernel    MM-32.attention
    2. <x + h W' x, q> = <x, q + h W'^T q>, so E of its products is M at q + h W'^T q.              kernel    MM-32.layer
    3. The same for the mean.                                                                     kernel    MM-32.mean
    4. a = M_t x, b = M_s y: <a, y> - <x, b> = lambda (t - s) <a, (A + A^T) b>.                     kernel    MM-32.resolvent
    5. <x, M_t^{-1} x> = p - lambda t s >= (1 - t k) p where lambda s <= k p.                      kernel    MM-32.exists
    6. On one eigenvector of M_0 A with eigenvalue b (the formulas are functions of M_0 A):
       d/dt (1 - 2 lambda t b)^{-1/2} = lambda b/(1 - 2 lambda t b) (1 - 2 lambda t b)^{-1/2}.     symbolic  derivation

Sharpness
    Identities; t* is attained: at t = 1/k some direction has <x, M_t^{-1} x> = 0.

Source
    proofcheck; the covariance equation of linear attention is folklore.

Audit
    Steps 1 to 3 hold over Q: rational tokens, weights and matrices give rational layers, which the tests compare exactly.
    A sum in place of the mean is no map of measures (twice as many equal tokens double it), and softmax attention agrees on no
    two-point law: both refuted below. On centred Gaussians softmax attention is linear attention (MM-31).
    That layers of step h tend to these solutions as h -> 0 is not shown here. Step 4 is the derivative: M_t (A + A^T) M_s
    tends to M_t (A + A^T) M_t. M_0 may be singular, with M_0^{-1} on its range.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-32"
TITLE = "Linear attention closes on the second moment"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; attention of that paper without the softmax")
LABEL = "identity"
ASSUMES = ()
USES = ()

k = sp.Symbol("k", positive=True)
BOUNDS = {"time_max": 1 / k}
SYMBOLS = {"k": "largest eigenvalue of lambda M_0^{1/2} (A + A^T) M_0^{1/2}"}

ATTENTION = {
    "b = int V y <theta, y> dmu": "forall q: inner(b, q) == E[inner(t, y)*inner(v, q)]",
    "c = M theta": "forall q: inner(c, q) == E[inner(t, y)*inner(y, q)]",
    "u = V^T r": "inner(v, r) == inner(y, u)",
}
LAYER = {
    "w = V M A x, u = (V M A)^T q": "inner(w, q) == inner(x, u)",
    "s = (V M A)^T r": "inner(w, r) == inner(x, s)",
}
RESOLVENT = {
    "a = M_t x: x = (P - lambda t S) a, S = A + A^T": "forall q: inner(x, q) == inner(pa - l*t*sa, q)",
    "b = M_s y: y = (P - lambda s S) b": "forall q: inner(y, q) == inner(pb - l*s*sb, q)",
    "P = M_0^{-1} is symmetric": "inner(pa, b) == inner(a, pb)",
    "S is symmetric": "inner(sa, b) == inner(a, sb)",
}
EXISTS = {"k is the largest eigenvalue": "l*s <= k*p", "t >= 0": "t >= 0"}


def derivation() -> list[DerivationStep]:
    t, lam, b = sp.symbols("t lambda b", real=True)
    flow = (1 - 2 * lam * t * b) ** sp.Rational(-1, 2)
    moment = b / (1 - 2 * lam * t * b)  # of M_t A
    p = sp.Symbol("p", positive=True)
    return [
        DerivationStep("tokens", sp.diff(flow, t), lam * moment * flow, "d/dt x = lambda M_t A x"),
        DerivationStep("moment", flow**2 * b, moment, "M_t A = Phi M_0 Phi^T A, all functions of M_0 A"),
        DerivationStep("moment in time", sp.diff(moment, t), 2 * lam * moment**2, "M' = 2 lambda M A M"),
        DerivationStep("blow-up", p - k * p * BOUNDS["time_max"], sp.Integer(0), "t = 1/k, lambda s = k p"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-32.attention",
            "Linear attention is V M theta, against every r.",
            ATTENTION,
            "inner(b, r) == inner(c, u)",
            vectors="b, c, t, u, r, y, v",
            functionals=["E:y,v"],
        ),
        statement(
            "MM-32.layer",
            "The second moment of the image is W M W^T, as a bilinear form at q, r.",
            LAYER,
            "E[inner(x + h*w, q)*inner(x + h*w, r)] == E[inner(x, q + h*u)*inner(x, r + h*s)]",
            vectors="q, r, u, s, x, w",
            functionals=["E:x,w"],
        ),
        statement(
            "MM-32.mean",
            "The mean of the image is W m.",
            {"w = V M A x, u = (V M A)^T q": LAYER["w = V M A x, u = (V M A)^T q"]},
            "E[inner(x + h*w, q)] == E[inner(x, q + h*u)]",
            vectors="q, u, x, w",
            functionals=["E:x,w"],
        ),
        statement(
            "MM-32.resolvent",
            "M_t - M_s = lambda (t - s) M_t S M_s, between x and y.",
            RESOLVENT,
            "inner(a, y) - inner(x, b) == l*(t - s)*inner(a, sb)",
            vectors="a, b, x, y, pa, pb, sa, sb",
        ),
        statement(
            "MM-32.exists",
            "Before 1/k the inverse of M_t stays positive where that of M_0 is.",
            EXISTS,
            "p - l*t*s >= (1 - t*k)*p",
        ),
    ]


def _attention(b: int, c: int, v: int = 1) -> dict:
    return model({}, {"b": [b], "c": [c], "t": [1], "u": [1], "r": [1]}, E=[(1, {"y": [1], "v": [v]})])


def _layer(w: int, q: int = 1, r: int = 1, u: int = 1, s: int = 1) -> dict:
    vectors = {"q": [q], "r": [r], "u": [u], "s": [s]}
    return model({"h": 1}, vectors, E=[(1, {"x": [1], "w": [w]})])


def _resolvent(**changed: int) -> dict:
    """d = 1, M_0 = 1, S = 1, lambda = 1, t = -1, s = 0, x = y = 1: a = 1/2, b = 1."""
    values = {"a": "1/2", "b": 1, "x": 1, "y": 1, "pa": "1/2", "pb": 1, "sa": "1/2", "sb": 1} | changed
    return model({"l": 1, "t": -1, "s": 0}, {name: [value] for name, value in values.items()})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-32.attention", 0, _attention(5, 1), "b is not the mean of the values"),
        Counterexample("MM-32.attention", 1, _attention(1, 5), "c is not M theta"),
        Counterexample("MM-32.attention", 2, _attention(2, 1, v=2), "u is not V^T r"),
        Counterexample("MM-32.layer", 0, _layer(1, u=0), "u is not the adjoint at q"),
        Counterexample("MM-32.layer", 1, _layer(1, s=0), "s is not the adjoint at r"),
        Counterexample("MM-32.mean", 0, model({"h": 1}, {"q": [1], "u": [0]}, E=[(1, {"x": [1], "w": [1]})]), "u"),
        Counterexample("MM-32.resolvent", 0, _resolvent(x=2), "a is not M_t x"),
        Counterexample("MM-32.resolvent", 1, _resolvent(y=2), "b is not M_s y"),
        Counterexample("MM-32.resolvent", 2, _resolvent(pb=2, y=2), "P is not symmetric"),
        Counterexample("MM-32.resolvent", 3, _resolvent(sb=2), "S is not symmetric"),
        Counterexample("MM-32.exists", 0, model({"l": 1, "s": 2, "k": 1, "p": 1, "t": 1}), "a larger eigenvalue"),
        Counterexample("MM-32.exists", 1, model({"l": 1, "s": 0, "k": 1, "p": 1, "t": -1}), "backwards in time"),
    ]


def refuted() -> list[Refuted]:
    first = statement(
        "MM-32.first_order",
        "",
        LAYER,
        "E[inner(x + h*w, q)*inner(x + h*w, r)] == E[inner(x, q)*inner(x, r)] + h*E[inner(x, u)*inner(x, r)] "
        "+ h*E[inner(x, q)*inner(x, s)]",
        vectors="q, r, u, s, x, w",
        functionals=["E:x,w"],
    )
    summed = statement("MM-32.sum", "", {}, "2*S[c*y] == S[c*y]", functionals=["S!:c,y"])
    softmax = statement("MM-32.softmax", "", {}, "exp(s) - exp(-s) == s*(exp(s) + exp(-s))")
    past = statement(
        "MM-32.past", "", EXISTS | {"t <= 1001/1000 t*": "k*t <= 1001/1000", "p > 0": "p > 0"}, "p - l*t*s >= 0"
    )
    return [
        Refuted("first order", "M^+ = M + h (V M A M + M A^T M V^T).", first.text, _layer(1)),
        Refuted(
            "sum in place of the mean",
            "Attention without division by the number of tokens does not see how often a token is repeated.",
            summed.text,
            model({}, S=[(1, {"c": 1, "y": 1})]),
        ),
        Refuted(
            "softmax", "On the tokens -1, 1 softmax attention (tanh s) is linear (s).", softmax.text, model({"s": 1})
        ),
        Refuted(
            "past the blow-up",
            "The flow exists up to 1.001 t*.",
            past.text,
            model({"l": 1, "s": 1, "k": 1, "p": 1, "t": "1001/1000"}),
        ),
    ]


HAMMER = None
BINDINGS = tuple(
    Binding(f"torch_impl.linear_attention:{name}", f"proofcheck.bind.formulas_closed_forms:{name.upper()}")
    for name in ("linear_attend", "moment_of_layer", "moment_step")
)
