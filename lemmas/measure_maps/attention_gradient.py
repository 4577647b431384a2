"""Attention is V grad K_mu(A x), K_mu the log-Laplace transform of the context; its derivatives in query, tokens and context.

Statement
    mu a probability on R^d with bounded support, K(theta) = log int e^{<theta, y>} dmu, m, C mean and covariance of the tilted law
    P ~ e^{<theta, y>} mu, theta = A x, D = sup |y - m|, Att(mu, x) = V m. Every d, every number of tokens, any weights, Euclidean norm.
    Where D |delta| <= 1/2:   0 <= K(theta + delta) - K(theta) - <delta, m> <= 2 D^2 |delta|^2,
                              |m_{theta + delta} - m - C delta| <= 4 D^3 |delta|^2.
    So grad K = m, D_x Att = V C A, and for V = A^T attention is the gradient of x -> K(A x). If the token y, of share p of the partition
    function, moves by u with g = e^{<theta, u>}:   (1 + p (g - 1)) (m' - m) = p (g u + (g - 1)(y - m)), exactly,
    so D_y Att = p V (I + (y - m) theta^T). If mu moves to (1 - eps) mu + eps nu:   Z_eps (m_eps - m) = eps int e^{<theta, y>} (y - m) dnu,
    exactly, so the flat derivative of Att at mu is y -> V (y - m) e^{<theta, y>}/Z.

Proof
    1. e^z <= 1 + z + 2 z^2 for z <= 1/2, from e^z, e^{-z} >= 1 +- z.                             kernel    MM-03.exp
    2. With z = <delta, y - m>, g = e^z, k = g - 1 - z, n = m_{theta + delta}: the inner product
       of n - m - C delta with r is P[k <y - m, r>] - P[k] <n - m, r>.                            kernel    MM-03.moved
    3. The new mean stays where the tokens are: <n - m, r> >= -T if <y - m, r> >= -T.             kernel    MM-03.range
    4. So the gap is at most 4 b T where z^2 <= b = (D |delta|)^2 and |<y - m, r>| <= T = D |r|.  kernel    MM-03.remainder
    5. With L = K(theta + delta) - K(theta) - <delta, m>, e^L = P[g]: L <= 2 b.                   kernel    MM-03.above
    6. And L >= 0.                                                                                kernel    MM-03.below
    7. A token moves.                                                                             kernel    MM-03.token
    8. Mass moves to another law.                                                                 kernel    MM-03.flat
    9. The derivative of step 7 at u = 0 and the remainder of step 4 at b, T.                     symbolic  derivation

Sharpness
    Identities; the constants 2 and 4 of the remainders are not sharp.

Source
    furuya2024context (arXiv:2408.01367), attention as a gradient as remembered; the remainders are proofcheck's.

Audit
    The usual proof differentiates under the integral. Here nothing is assumed: the remainders are inequalities for every increment.
    |<u, r>| <= |u| |r| (LT-07.score) gives b and T. A query that reaches every token equally (theta = 0) has D_y Att = p V.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-03"
TITLE = "Attention is the gradient of a log-Laplace transform"
SOURCE = Source("furuya2024context", "2408.01367", "attention as a gradient, as remembered; remainders by proofcheck")
LABEL = "identity"
ASSUMES = ()
USES = ("LT-07",)

D, s = sp.symbols("D s", nonnegative=True)
BOUNDS = {"mean_remainder": 4 * D**3 * s**2, "potential_remainder": 2 * D**2 * s**2}
SYMBOLS = {"D": "radius of the tokens around the tilted mean", "s": "norm of the increment of theta"}

MEAN = {"m is the mean of P": "forall q: inner(m, q) == P[inner(y, q)]"}
MOVED = {"n is the mean tilted by g": "forall q: P[g]*inner(n, q) == P[g*inner(y, q)]"}
TOKEN = {
    "m is the tilted mean": "forall q: (S[e] + a)*inner(m, q) == S[e*inner(v, q)] + a*inner(y, q)",
    "n is the tilted mean after the move": "forall q: (S[e] + a*g)*inner(n, q) == S[e*inner(v, q)] + a*g*inner(y + u, q)",
}
FLAT = {
    "m is the tilted mean under mu": "forall q: M[e]*inner(m, q) == M[e*inner(v, q)]",
    "n is the tilted mean under the mixture": "forall q: ((1 - t)*M[e] + t*N[f])*inner(n, q) "
    "== (1 - t)*M[e*inner(v, q)] + t*N[f*inner(w, q)]",
}
REMAINDER = {
    "k >= 0": "k >= 0",
    "k <= 2 z^2": "k <= 2*z**2",
    "z^2 <= b": "z**2 <= b",
    "<y - m, r> <= T": "c <= T",
    "<n - m, r> >= -T": "l >= -T",
    "T >= 0": "T >= 0",
}


def derivation() -> list[DerivationStep]:
    a, S, c, u, y, m, t = sp.symbols("a S c u y m t", positive=True)
    moved = a * (sp.exp(c * t) * t * u + (sp.exp(c * t) - 1) * (y - m)) / (S + a * sp.exp(c * t))
    b, T = (D * s) ** 2, D
    return [
        DerivationStep(
            "derivative in a token",
            sp.diff(moved, t).subs(t, 0),
            a / (S + a) * (u + (y - m) * c),
            "t -> 0, c = <theta, u>",
        ),
        DerivationStep("remainder of the mean", 4 * b * T, BOUNDS["mean_remainder"], "b = (D s)^2, T = D, |r| = 1"),
        DerivationStep("remainder of the potential", 2 * b, BOUNDS["potential_remainder"], "b = (D s)^2"),
    ]


def claims() -> list[Claim]:
    return [
        statement("MM-03.exp", "The second-order bound of e^z.", {"z <= 1/2": "z <= 1/2"}, "exp(z) <= 1 + z + 2*z**2"),
        statement(
            "MM-03.moved",
            "The gap n - m - C delta, tested against r.",
            MEAN | MOVED | {"c = C delta": "forall q: inner(c, q) == P[inner(y - m, d)*inner(y - m, q)]"},
            "inner(n - m - c, r) == P[(g - 1 - inner(d, y - m))*inner(y - m, r)] "
            "- P[g - 1 - inner(d, y - m)]*inner(n - m, r)",
            vectors="m, n, c, d, r, y",
            functionals=["P:g,y"],
        ),
        statement(
            "MM-03.range",
            "The new mean is no further in direction -r than the tokens.",
            MOVED
            | {
                "<y - m, r> >= -T": "inner(y - m, r) >= -T",
                "weights are not negative": "g >= 0",
                "there is mass": "P[g] > 0",
            },
            "inner(n - m, r) >= -T",
            vectors="m, n, r, y",
            functionals=["P:g,y"],
        ),
        statement(
            "MM-03.remainder",
            "The gap is at most 4 b T.",
            REMAINDER,
            "P[k*c] - P[k]*l <= 4*b*T",
            functionals=["P:k,z,c"],
        ),
        statement(
            "MM-03.above",
            "The potential increases by at most its linear part and 2 b.",
            {"e^L <= P[g]": "exp(L) <= P[g]", "g <= 1 + z + 2 z^2": "g <= 1 + z + 2*z**2", "z^2 <= b": "z**2 <= b",
             "z is centred": "P[z] == 0"},
            "L <= 2*b",
            functionals=["P:g,z"],
        ),
        statement(
            "MM-03.below",
            "The potential lies above its tangents: it is convex.",
            {"e^L >= P[g]": "exp(L) >= P[g]", "g >= 1 + z": "g >= 1 + z", "z is centred": "P[z] == 0"},
            "L >= 0",
            functionals=["P:g,z"],
        ),
        statement(
            "MM-03.token",
            "The exact change of the tilted mean when one token moves from y to y + u.",
            TOKEN,
            "(S[e] + a*g)*inner(n - m, r) == a*(g*inner(u, r) + (g - 1)*inner(y - m, r))",
            vectors="m, n, y, u, r, v",
            functionals=["S!:e,v"],
        ),
        statement(
            "MM-03.flat",
            "The exact change of the tilted mean when a share t of the mass moves to another law.",
            FLAT,
            "((1 - t)*M[e] + t*N[f])*inner(n - m, r) == t*N[f*inner(w - m, r)]",
            vectors="m, n, r, v, w",
            functionals=["M:e,v", "N:f,w"],
        ),
    ]  # fmt: skip


def _mean(m: int, n: int, y: int, g: int = 1, c: int = 0, d: int = 0) -> dict:
    return model({}, {"c": [c], "d": [d], "m": [m], "n": [n], "r": [1]}, P=[(1, {"g": g, "y": [y]})])


def _range(n: int, T: int, *atoms: tuple) -> dict:
    return model({"T": T}, {"m": [0], "n": [n], "r": [1]}, P=[(w, {"g": g, "y": [y]}) for w, g, y in atoms])


def _remainder(k: int, z: int, c: int, **scalars: int) -> dict:
    return model({"b": 0, "T": 0, "l": 0} | scalars, P=[(1, {"k": k, "z": z, "c": c})])


def _potential(L: str, g: str, z: str, b: str | None = None) -> dict:
    return model({"L": L} if b is None else {"L": L, "b": b}, P=[(1, {"g": g, "z": z})])


def _token(m: int, n: int, g: int = 1) -> dict:
    """No other tokens; the token moves from 0 to 1."""
    return model({"a": 1, "g": g}, {"m": [m], "n": [n], "y": [0], "u": [1], "r": [1]}, S=[])


def _flat(m: int, n: str) -> dict:
    scalars, vectors = {"t": "1/2"}, {"m": [m], "n": [n], "r": [1]}
    return model(scalars, vectors, M=[(1, {"e": 1, "v": [0]})], N=[(1, {"f": 1, "w": [2]})])


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-03.exp", 0, model({"z": 4}), "e^4 > 37"),
        Counterexample("MM-03.moved", 0, _mean(m=0, n=1, y=1), "m is not the mean"),
        Counterexample("MM-03.moved", 1, _mean(m=0, n=1, y=0), "n is not the tilted mean"),
        Counterexample("MM-03.moved", 2, _mean(m=0, n=0, y=0, c=1), "c is not C delta"),
        Counterexample("MM-03.range", 0, _range(-1, 0, (1, 1, 0)), "n is not the tilted mean"),
        Counterexample("MM-03.range", 1, _range(-1, 0, (1, 1, -1)), "a token further out"),
        Counterexample("MM-03.range", 2, _range(-1, 0, ("1/2", 3, 0), ("1/2", -1, 2)), "a negative weight"),
        Counterexample("MM-03.range", 3, _range(-1, 0, (1, 0, 0)), "no mass: every n fits"),
        Counterexample("MM-03.remainder", 0, _remainder(-1, 0, -1), "a negative k"),
        Counterexample("MM-03.remainder", 1, _remainder(9, 1, 1, b=1, T=1), "k larger than 2 z^2"),
        Counterexample("MM-03.remainder", 2, _remainder(2, 1, 1, T=1), "z^2 larger than b"),
        Counterexample("MM-03.remainder", 3, _remainder(1, 1, 5, b=1, T=1), "a token further out"),
        Counterexample("MM-03.remainder", 4, _remainder(1, 1, 1, b=1, T=1, l=-9), "a mean further out"),
        Counterexample("MM-03.remainder", 5, _remainder(0, 0, -1, b=1, T=-1, l=1), "a negative radius"),
        Counterexample("MM-03.above", 0, _potential("1", "1", "0", "0"), "L is not the potential"),
        Counterexample("MM-03.above", 1, _potential("1", "3", "0", "0"), "a larger factor"),
        Counterexample("MM-03.above", 2, _potential("0", "1", "0", "-1"), "z^2 larger than b"),
        Counterexample("MM-03.above", 3, _potential("3/5", "2", "1/2", "1/4"), "z is not centred"),
        Counterexample("MM-03.below", 0, _potential("-1", "1", "0"), "L is not the potential"),
        Counterexample("MM-03.below", 1, _potential("-1/2", "1/2", "0"), "a smaller factor"),
        Counterexample("MM-03.below", 2, _potential("-1/2", "1/2", "-1/2"), "z is not centred"),
        Counterexample("MM-03.token", 0, _token(1, 1), "m is not the tilted mean"),
        Counterexample("MM-03.token", 1, _token(0, 0), "n is not the tilted mean"),
        Counterexample("MM-03.flat", 0, _flat(1, "1"), "m is not the tilted mean"),
        Counterexample("MM-03.flat", 1, _flat(0, "0"), "n is not the tilted mean"),
    ]


def refuted() -> list[Refuted]:
    uncentred = statement(
        "MM-03.uncentred",
        "",
        TOKEN,
        "(S[e] + a*g)*inner(n - m, r) == a*(g*inner(u, r) + (g - 1)*inner(y, r))",
        vectors="m, n, y, u, r, v",
        functionals=["S!:e,v"],
    )
    flat = statement(
        "MM-03.unnormalised",
        "",
        FLAT,
        "((1 - t)*M[e] + t*N[f])*inner(n - m, r) == t*(N[f*inner(w, r)] - M[e*inner(v, r)])",
        vectors="m, n, r, v, w",
        functionals=["M:e,v", "N:f,w"],
    )
    smaller = statement("MM-03.smaller", "", REMAINDER, "P[k*c] - P[k]*l <= 399/100*b*T", functionals=["P:k,z,c"])
    return [
        Refuted(
            "normaliser held fixed",
            "D_y Att = p V (I + y theta^T): the normaliser of the softmax has no derivative.",
            uncentred.text,
            model(
                {"a": 1, "g": 2}, {"m": [1], "n": ["5/3"], "y": [1], "u": [1], "r": [1]}, S=[(1, {"e": 1, "v": [1]})]
            ),
        ),
        Refuted(
            "unnormalised",
            "The flat derivative is V y e^{<theta, y>}/Z without the mean, up to a constant.",
            flat.text,
            model(
                {"t": "1/2"},
                {"m": [1], "n": ["5/3"], "r": [1]},
                M=[(1, {"e": 1, "v": [1]})],
                N=[(1, {"f": 2, "w": [2]})],
            ),
        ),
        Refuted(
            "a smaller factor",
            "The remainder of step 4 is at most 3.99 b T.",
            smaller.text,
            _remainder(2, 1, 1, b=1, T=1, l=-1),
        ),
    ]


HAMMER = None
BINDINGS = tuple(
    Binding(f"torch_impl.log_laplace:{name}", f"proofcheck.bind.formulas_closed_forms:{name.upper()}")
    for name in ("log_laplace", "tilted_mean", "query_jacobian", "token_jacobian", "flat_derivative")
)
