"""L2 attention, mean shift and doubly stochastic attention on Gaussians: linear maps in closed form.

Statement
    G, the standard Gaussian law, means: int F(u) dG = int F(-u) dG = int F(u + b) e^{-<b, u> - |b|^2/2} dG for integrable F, all b (its
    density, reflected and translated). mu = N(m, Sigma) is the law of m + L u, u ~ G, Sigma = L L^T, possibly singular, and it is known by
    its log-Laplace transform (MM-31). Every d, real matrices Q, K, A, V.
    L2, weights e^{-|Q x - K y|^2/2}: Att(mu, x) = V c, (I + Sigma K^T K) c = m + Sigma K^T Q x. For weights e^{-|Q x - K y|^2} put sqrt 2 Q,
    sqrt 2 K. Mean shift, weights e^{-|x - y|^2/(2 eps)}, V = I: (Sigma + eps I)(c - x) = -eps (x - m).
    Doubly stochastic, m = 0: let X = R R^T be positive definite, X + X A Sigma A^T X = Sigma (Sigma invertible). Then the law of
    (x, X A x + xi), x ~ mu, xi ~ N(0, X) independent, has both marginals mu and the density e^{<A x, y> - <A x, X A x>/2} with respect to
    mu x N(0, X); the mean of y given x is X A x, so with these weights Att(mu, x) = V X A x.
    X = Sigma^{1/2} Y Sigma^{1/2}, Y = 2 (I + (I + 4 N)^{1/2})^{-1}, N = Sigma^{1/2} A Sigma A^T Sigma^{1/2}.

Proof
    1. There is b with b = L^T K^T e, e = Q x - K (m + L b), as I + L^T K^T K L is invertible. Translated by b, y = m + L (u + b) has
       the weight e^{-|e - K L u|^2/2 - <b, u> - |b|^2/2}, which is even in u.                      kernel    MM-33.square
    2. So the tilted mean is c = m + L b, and c - m = Sigma K^T (Q x - K c).                       kernel    MM-33.centre
    3. eps (c - m) = Sigma (x - c) says (Sigma + eps I)(x - c) = eps (x - m).                      kernel    MM-33.shift
    4. X A x + R u = R (u + b), b = R^T A x; at R (u + b) the density times e^{-<b, u> - |b|^2/2} is 1, so its integrals against
       N(0, X) are those of the translated law.                                                    kernel    MM-33.density
    5. The log-Laplace transform of X A x + xi at q is half of <q, (X A Sigma A^T X + X) q>, as that of mu.
                                                                                                   kernel    MM-33.marginal
    6. Y + Y N Y = I on an eigenvector of N; in d = 1, X = 2 s/(1 + (1 + 4 a^2 s^2)^{1/2}).          symbolic  derivation

Sharpness
    Identities.

Source
    castin2024smooth (arXiv:2312.14820) for L2 and Sinkhorn attention, as remembered; formulas with a mean and the proofs by proofcheck.

Audit
    N(0, X) has a density e^{g(y)}, g quadratic, with respect to mu (classical, outside the proof), so the coupling has the form
    e^{f(x) + g(y) + <A x, y>} of doubly stochastic weights. That this form with these marginals is unique (Sinkhorn's theorem) is not used
    either: the statement names the coupling. No integral is computed: G enters through its two symmetries.
    The scale of the L2 score is a convention that printed formulas differ in: sqrt d inside or outside, 1/2 or 1.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-33"
TITLE = "L2 and doubly stochastic attention on Gaussians"
SOURCE = Source("castin2024smooth", "2312.14820", "as remembered; forms with a mean and proofs by proofcheck")
LABEL = "identity"
ASSUMES = ()
USES = ()

a, s = sp.symbols("a s", positive=True)
BOUNDS = {"sinkhorn_gain": 2 * s / (1 + sp.sqrt(1 + 4 * a**2 * s**2))}
SYMBOLS = {"a": "A in d = 1", "s": "variance of the context"}

SQUARE = {"b = L^T K^T e": "inner(b, u) == inner(e, k)"}  # k = K L u
SHIFT = {"eps (c - m) = z, z = Sigma (x - c)": "forall q: e*inner(c - m, q) == inner(z, q)"}
CENTRE = {
    "n is the tilted mean of c + l": "forall q: G[w]*inner(n, q) == G[w*inner(c + l, q)]",
    "w is even": "forall q: G[w*inner(l, q)] == -G[w*inner(l, q)]",
    "there is mass": "G[w] > 0",
}  # l = L u
DENSITY = {
    "b = R^T A x, z = R u": "inner(b, u) == inner(t, z)",
    "w = X A x = R b": "norm2(b) == inner(t, w)",
}  # t = A x
MARGINAL = {
    "<q, X A Sigma A^T X q> = p": "E[inner(w, q)**2] == p",
    "<q, X q> = l": "E[inner(z, q)**2] == l",
    "x and xi are uncorrelated": "E[inner(w, q)*inner(z, q)] == 0",
    "X + X A Sigma A^T X = Sigma, at q": "l + p == s",
}


def derivation() -> list[DerivationStep]:
    z = sp.Symbol("z", nonnegative=True)
    Y = 2 / (1 + sp.sqrt(1 + 4 * z))
    X = BOUNDS["sinkhorn_gain"]
    return [
        DerivationStep("Riccati equation of Y", Y + z * Y**2, sp.Integer(1), "functions of N, z an eigenvalue"),
        DerivationStep("Riccati equation on the line", X + X**2 * a**2 * s, s, "X + X A Sigma A^T X = Sigma"),
        DerivationStep("the line is a case", s * Y.subs(z, a**2 * s**2), X, "N = a^2 s^2"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-33.square",
            "The exponent of L2 attention on a translated Gaussian is even: k = K L u.",
            SQUARE,
            "norm2(e - k)/2 + inner(b, u) + norm2(b)/2 == norm2(e)/2 + norm2(b)/2 + norm2(k)/2",
            vectors="b, u, e, k",
        ),
        statement(
            "MM-33.centre",
            "The mean under even weights, tested against r.",
            CENTRE,
            "inner(n, r) == inner(c, r)",
            vectors="n, c, r, l",
            functionals=["G!:w,l"],
        ),
        statement(
            "MM-33.shift",
            "Mean shift moves x by (Sigma + eps I)^{-1} eps towards the mean, tested against r.",
            SHIFT,
            "inner(z, r) + e*inner(x - c, r) == e*inner(x - m, r)",
            vectors="c, m, x, z, r",
        ),
        statement(
            "MM-33.density",
            "The density e^{<A x, y> - <A x, X A x>/2} at y = z + w undoes the factor of the translation.",
            DENSITY,
            "inner(t, z + w) - inner(t, w)/2 - inner(b, u) - norm2(b)/2 == 0",
            vectors="b, u, t, z, w",
        ),
        statement(
            "MM-33.marginal",
            "The second marginal is that of the context.",
            MARGINAL,
            "E[inner(w + z, q)**2] == s",
            vectors="q, w, z",
            functionals=["E:w,z"],
        ),
    ]


def _square(**scale: int) -> dict:
    values = {"b": 1, "u": 1, "e": 1, "k": 1} | scale
    return model({}, {name: [value] for name, value in values.items()})


def _centre(n: int, l: int, w: int = 1) -> dict:
    return model({}, {"n": [n], "c": [0], "r": [1]}, G=[(1, {"w": w, "l": [l]})])


def _density(**values: int) -> dict:
    return model({}, {name: [value] for name, value in values.items()})


def _marginal(w: int, z: int, p: int, l: int, s: int) -> dict:
    atoms = [("1/2", {"w": [w], "z": [z]}), ("1/2", {"w": [-w], "z": [z]})]
    return model({"p": p, "l": l, "s": s}, {"q": [1]}, E=atoms)


def counterexamples() -> list[Counterexample]:
    correlated = model({"p": 1, "l": 1, "s": 2}, {"q": [1]}, E=[(1, {"w": [1], "z": [1]})])
    return [
        Counterexample("MM-33.square", 0, _square(k=0), "b is not stationary"),
        Counterexample(
            "MM-33.shift", 0, model({"e": 1}, {"c": [0], "m": [0], "x": [0], "z": [1], "r": [1]}), "z is anything"
        ),
        Counterexample("MM-33.centre", 0, _centre(n=1, l=0), "n is not the tilted mean"),
        Counterexample("MM-33.centre", 1, _centre(n=1, l=1), "w is not even"),
        Counterexample("MM-33.centre", 2, _centre(n=1, l=0, w=0), "no mass: every n fits"),
        Counterexample("MM-33.density", 0, _density(b=1, u=1, t=1, z=0, w=1), "another noise"),
        Counterexample("MM-33.density", 1, _density(b=1, u=1, t=1, z=1, w=0), "another gain"),
        Counterexample("MM-33.marginal", 0, _marginal(2, 1, 1, 1, 2), "a larger gain"),
        Counterexample("MM-33.marginal", 1, _marginal(1, 2, 1, 1, 2), "a larger noise"),
        Counterexample("MM-33.marginal", 2, correlated, "correlated"),
        Counterexample("MM-33.marginal", 3, _marginal(1, 1, 1, 1, 5), "X is not the root"),
    ]


def refuted() -> list[Refuted]:
    row = statement("MM-33.row", "", {"X = Sigma": "x == s"}, "x + x**2*a**2*s == s")
    half = statement(
        "MM-33.half",
        "",
        SQUARE,
        "norm2(e - k) + inner(b, u) + norm2(b)/2 == norm2(e) + norm2(b)/2 + norm2(k)",
        vectors="b, u, e, k",
    )
    return [
        Refuted(
            "row softmax",
            "Softmax attention (gain Sigma) is doubly stochastic.",
            row.text,
            model({"x": 1, "s": 1, "a": 1}),
        ),
        Refuted("without 1/2", "The same c holds for the weights e^{-|Q x - K y|^2}.", half.text, _square()),
    ]


HAMMER = None
BINDINGS = (Binding("torch_impl.gaussian_variants:l2_attend", "proofcheck.bind.formulas_closed_forms:L2_ATTEND"),)
