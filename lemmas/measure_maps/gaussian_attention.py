"""Softmax attention on a Gaussian is affine, so that layers and flows of Gaussian contexts have closed forms.

Statement
    mu = N(m, Sigma) on R^d, which means log int e^{<theta, y>} dmu = <theta, m> + <theta, Sigma theta>/2 for all theta; Sigma may be singular.
    Att(mu, x) = V m + V Sigma A x. The layer x -> x + h Att(mu, x) is x -> W x + h V m, W = I + h V Sigma A, and takes N(m, Sigma) to
    N(W m + h V m, W Sigma W^T), for every h. So m and Sigma move, per unit of h, by V (I + Sigma A) m and V Sigma A Sigma +
    Sigma A^T Sigma V^T + h V Sigma A Sigma A^T Sigma V^T. For V = lambda I, Sigma_t = (I - lambda t Sigma_0 (A + A^T))^{-1} Sigma_0 solves
    Sigma' = lambda Sigma (A + A^T) Sigma until t* (MM-32), and for A = A^T, Phi = (I - 2 lambda t Sigma_0 A)^{-1/2}:
    m_t = e^{lambda t} Phi m_0 solves m' = lambda (I + Sigma_t A) m, and x_t = m_t + Phi (x - m_0) solves x' = lambda (m_t + Sigma_t A x).
    d = 1, V = v, A = a, also: s_t = s_0/(1 - 2 v a s_0 t), m_t = m_0 e^{v t}/(1 - 2 v a s_0 t)^{1/2}, t* = 1/(2 v a s_0) if positive;
    with b x added to the velocity the precision p = 1/s solves p' = -2 b p - 2 v a. All but these two lines for every d.
    Multi-head layers add V Sigma A and V over the heads; in cross-attention m, Sigma are those of the context.

Proof
    1. With n the mean of mu tilted by e^{<theta, y>}:
       E e^{<theta + delta, y>} >= e^{<delta, n>} E e^{<theta, y>}.                           kernel    MM-31.tangent
    2. e^a >= e^b only if a >= b, so with w = m + Sigma theta - n:
       <delta, w> + <delta, Sigma delta>/2 >= 0.                                              kernel    MM-31.order
    3. This for all delta forces n = m + Sigma theta.                                         kernel    MM-31.mean
    4. <x + h (V m + V Sigma A x), q> = h <V m, q> + <x, W^T q>: the log-Laplace transform of the image
       is that of N(W m + h V m, W Sigma W^T).                                                kernel    MM-31.layer
    5. <q, W Sigma W^T q> and its expansion in h, from any law with that covariance.          kernel    MM-31.covariance
    6. Flows: Sigma_t is M_t of MM-32.resolvent; tokens, means, d = 1 by differentiation.     symbolic  derivation

Sharpness
    Identities.

Source
    castin2024smooth (arXiv:2312.14820) and later work on the covariance equation, as remembered; the proof is proofcheck's.

Audit
    Steps 1 to 3 differentiate nothing under an integral: a convex function lies above its tangents, and a quadratic has one at each point.
    A published summary of the covariance equation adds V Sigma + Sigma V^T; that form is refuted below (the layers have none such).
    That layers of step h tend to these solutions as h -> 0 is not shown here; MM-25 has the rate for contexts in a ball.
    The tilted law itself is N(m + Sigma theta, Sigma): its log-Laplace transform is K(theta + .) - K(theta).
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-31"
TITLE = "Softmax attention on Gaussians is affine"
SOURCE = Source("castin2024smooth", "2312.14820", "covariance equation as remembered; proof by proofcheck")
LABEL = "identity"
ASSUMES = ()
USES = ("MM-32",)

a, m, s, t, v = sp.symbols("a m s t v", real=True)
BOUNDS = {
    "variance": s / (1 - 2 * v * a * s * t),
    "mean": m * sp.exp(v * t) / sp.sqrt(1 - 2 * v * a * s * t),
    "time_max": 1 / (2 * v * a * s),
}
SYMBOLS = {
    "v": "V in d = 1",
    "a": "A in d = 1",
    "s": "variance at time 0",
    "m": "mean at time 0",
    "t": "time",
}

MEAN = {
    "Sigma = int X X^T dG, c = Sigma theta": "forall q: inner(c, q) == G[inner(X, u)*inner(X, q)]",
    "steps 1 and 2 for every delta": "forall q: inner(m - n, q) + G[inner(X, u)*inner(X, q)] + G[inner(X, q)**2]/2 >= 0",
    "k = 1/(1 + <w, Sigma w>), w = m + c - n": "k*(1 + G[inner(X, m + c - n)**2]) == 1",
}
LAYER = {"w = V Sigma A x, u = (V Sigma A)^T q": "inner(w, q) == inner(x, u)"}
IMAGE = {"w = V Sigma A y, u = (V Sigma A)^T q": "inner(w, q) == inner(y, u)"}


def derivation() -> list[DerivationStep]:
    lam, b, e = sp.symbols("lambda b e", real=True)
    flow = (1 - 2 * lam * t * b) ** sp.Rational(-1, 2)  # on an eigenvector of Sigma_0 A, eigenvalue b
    moment = b / (1 - 2 * lam * t * b)  # of Sigma_t A
    mean = sp.exp(lam * t) * flow
    x, y = sp.symbols("x y", real=True)
    token = mean * y + flow * (x - y)
    S, M = BOUNDS["variance"], BOUNDS["mean"]
    # with an affine part e x of the velocity: the precision p = 1/s solves p' = -2 e p - 2 v a
    p = sp.exp(-2 * e * t) / s - 2 * v * a * (1 - sp.exp(-2 * e * t)) / (2 * e)
    return [
        DerivationStep("means", sp.diff(mean, t), lam * (1 + moment) * mean, "m' = lambda (I + Sigma A) m"),
        DerivationStep(
            "tokens", sp.diff(token, t), lam * (mean * y + moment * token), "x' = lambda (m_t + Sigma_t A x)"
        ),
        DerivationStep("variance, d = 1", sp.diff(S, t), 2 * v * a * S**2, "s' = 2 v a s^2"),
        DerivationStep("mean, d = 1", sp.diff(M, t), v * (1 + a * S) * M, "m' = v (1 + a s) m"),
        DerivationStep("conserved", M**2 * sp.exp(-2 * v * t) / S, m**2 / s, "m_t e^{-v t}/s_t^{1/2} stays"),
        DerivationStep("blow-up", (1 / S).subs(t, BOUNDS["time_max"]), sp.Integer(0), "1/s_t = 0 at t*"),
        DerivationStep("with an affine part", sp.diff(p, t), -2 * e * p - 2 * v * a, "p' = -2 b p - 2 v a, p = 1/s"),
        DerivationStep("its start", p.subs(t, 0), 1 / s, "t = 0"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-31.tangent",
            "The Laplace transform lies above its exponential tangents: e = e^{<theta, y>}, n the tilted mean.",
            {
                "n is the tilted mean": "forall q: E[e]*inner(n, q) == E[e*inner(y, q)]",
                "weights are not negative": "e >= 0",
            },
            "E[e*exp(inner(d, y) - inner(d, n))] >= E[e]",
            vectors="d, n, y",
            functionals=["E:e,y"],
        ),
        statement("MM-31.order", "e^a >= e^b only if a >= b.", {"e^a >= e^b": "exp(a) >= exp(b)"}, "a >= b"),
        statement(
            "MM-31.mean",
            "A quadratic has one tangent: the tilted mean of a Gaussian is m + Sigma theta.",
            MEAN,
            "norm2(m + c - n) == 0",
            vectors="m, c, n, u, X",
            functionals=["G:X"],
        ),
        statement(
            "MM-31.layer",
            "The image of a token, against q.",
            LAYER,
            "inner(x + h*(p + w), q) == h*inner(p, q) + inner(x, q + h*u)",
            vectors="x, p, w, q, u",
        ),
        statement(
            "MM-31.covariance",
            "The covariance of the image of any law, and its expansion in h.",
            IMAGE,
            "E[inner(y + h*w, q)**2] - E[inner(y + h*w, q)]**2 == E[inner(y, q)**2] - E[inner(y, q)]**2 "
            "+ 2*h*(E[inner(y, q)*inner(y, u)] - E[inner(y, q)]*E[inner(y, u)]) "
            "+ h**2*(E[inner(y, u)**2] - E[inner(y, u)]**2)",
            vectors="q, u, y, w",
            functionals=["E:y,w"],
        ),
    ]


def _quadratic(m: int, c: int, n: int, k: str, X: int = 1) -> dict:
    return model({"k": k}, {"m": [m], "c": [c], "n": [n], "u": [1]}, G=[(1, {"X": [X]})])


def _image(h: int, q: int, u: int, *atoms: tuple[int, int]) -> dict:
    weight = f"1/{len(atoms)}"
    return model({"h": h}, {"q": [q], "u": [u]}, E=[(weight, {"y": [y], "w": [w]}) for y, w in atoms])


def counterexamples() -> list[Counterexample]:
    alone = model({}, {"d": [1], "n": [1]}, E=[(1, {"e": 1, "y": [0]})])
    negative = model({}, {"d": [1], "n": [0]}, E=[("1/2", {"e": -1, "y": [1]}), ("1/2", {"e": -1, "y": [-1]})])
    return [
        Counterexample("MM-31.tangent", 0, alone, "n is not the tilted mean"),
        Counterexample("MM-31.tangent", 1, negative, "negative weights"),
        Counterexample("MM-31.order", 0, model({"a": 0, "b": 1}), "e^a < e^b"),
        Counterexample("MM-31.mean", 0, _quadratic(0, 1, 0, "1", X=0), "c is not Sigma theta"),
        Counterexample("MM-31.mean", 1, _quadratic(1, 0, 0, "1", X=0), "n is not the slope of a tangent"),
        Counterexample("MM-31.layer", 0, LINE, "u is not the adjoint"),
        Counterexample("MM-31.covariance", 0, _image(1, 1, 0, (1, 1), (-1, -1)), "u is not the adjoint"),
    ]


LINE = model({"h": 1}, {"x": [1], "p": [0], "w": [1], "q": [1], "u": [0]})


def refuted() -> list[Refuted]:
    extra = statement(
        "MM-31.extra",
        "",
        IMAGE | {"y is centred": "forall z: E[inner(y, z)] == 0"},
        "E[inner(y + h*w, q)**2] == E[inner(y, q)**2] + 2*h*E[inner(y, q)*inner(y, u + q)] + h**2*E[inner(y, u)**2]",
        vectors="q, u, y, w",
        functionals=["E:y,w"],
    )
    lost = statement("MM-31.lost", "", LAYER, "inner(x + h*(p + w), q) == inner(x, q + h*u)", vectors="x, p, w, q, u")
    points = statement("MM-31.points", "", {}, "exp(s) - exp(-s) == s*(exp(s) + exp(-s))")
    late = statement("MM-31.late", "", {"2 v a s t <= 1001/1000": "2*v*a*s*t <= 1001/1000"}, "1 - 2*v*a*s*t >= 0")
    return [
        Refuted(
            "extra terms",
            "The covariance equation has the further terms V Sigma + Sigma V^T (here V = I).",
            extra.text,
            _image(1, 1, 1, (1, 1), (-1, -1)),
        ),
        Refuted(
            "no mean",
            "The layer is x -> W x also where the context is not centred.",
            lost.text,
            model({"h": 1}, {"x": [0], "p": [1], "w": [0], "q": [1], "u": [1]}),
        ),
        Refuted(
            "any law",
            "The same holds for a law with that mean and covariance (the tokens -1, 1).",
            points.text,
            model({"s": 1}),
        ),
        Refuted(
            "past the blow-up",
            "In d = 1 the variance stays finite until 1.001 t*.",
            late.text,
            model({"v": 1, "a": 1, "s": "1/2", "t": "1001/1000"}),
        ),
    ]


HAMMER = None
BINDINGS = tuple(
    Binding(f"torch_impl.gaussian_attention:{name}", f"proofcheck.bind.formulas_closed_forms:{name.upper()}")
    for name in ("gaussian_attend", "gaussian_layer")
)
