"""Readings of AS-09 to AS-11: norm layers, the largest weights, L2 attention."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, sq, sqrt, times
from proofcheck.fidelity.reading import reads


def size(s, x, d, eps):
    """s^2 = |x|^2/d + eps."""
    return eq(s**2, sq(x) / d + eps)


@reads("AS-09.secant")
def _(d, eps, s, t, x, y):
    return [size(s, x, d, eps), gt(s, 0), size(t, y, d, eps), gt(t, 0), gt(d, 0), ge(eps, 0)], times(
        s * t, le(sq(x / s - y / t), sq(x - y) / (s * t))
    )


@reads("AS-09.lipschitz")
def _(d, eps, s, t, x, y):
    return [size(s, x, d, eps), gt(s, 0), size(t, y, d, eps), gt(t, 0), gt(d, 0), ge(eps, 0)], le(
        eps * sq(x / s - y / t), sq(x - y)
    )


@reads("AS-09.radius")
def _(d, eps, s, x):
    return [size(s, x, d, eps), gt(d, 0), ge(eps, 0)], le(sq(x / s), d)


@reads("AS-09.centre")
def _(o, u):
    return [eq(sq(o), 1)], le(sq(u - dot(u, o) * o), sq(u))


@reads("AS-09.gain")
def _(gamma, S):
    return [S.all(lambda c: le(c**2, gamma**2))], le(S(lambda c, z: (c * z) ** 2), gamma**2 * S(lambda z: z**2))


@reads("AS-09.ball")
def _(beta, gamma, q, b, y):
    return [le(sq(y), (gamma * q) ** 2), le(sq(b), beta**2), ge(gamma * q, 0), ge(beta, 0)], le(
        sq(y + b), (gamma * q + beta) ** 2
    )


@reads("AS-09.before")
def _(D, L, eps, gamma, S):
    """u, m: differences of a token before and behind the norm, D: of f, squared."""
    return [
        S.all(lambda m, u: le(eps * sq(m), gamma**2 * sq(u))),
        le(D, L**2 * S(lambda m: sq(m))),
        ge(eps, 0),
    ], le(eps * D, (L * gamma) ** 2 * S(lambda u: sq(u)))


@reads("AS-09.attained")
def _(d, eps, s, x):
    """The pair x, -x: the images differ by 2 x/s, the tokens by 2 x; s^2 written out."""
    return [size(s, x, d, eps)], eq(sq(x / s - -x / s) * (sq(x) / d + eps), sq(x - -x))


@reads("AS-09.derivative")
def _(d, eps, s, u, x):
    """s times the derivative: u - <x, u> x/(d s^2)."""
    return [size(s, x, d, eps), gt(d, 0), ge(eps, 0)], le(sq(u - dot(x, u) / (d * s**2) * x), sq(u))


@reads("AS-09.along", signs="target")
def _(d, eps, s, x):
    return [size(s, x, d, eps)], eq(x - sq(x) / (d * s**2) * x, eps / s**2 * x)


@reads("AS-10.sum")
def _(kappa, D):
    """D sums over i and j."""
    return [le(D(lambda s: s**2), kappa**2), le(D(lambda t: t**2), kappa**2)], le(
        D(lambda s, t: (s + t) ** 2), (2 * kappa) ** 2
    )


@reads("AS-10.total")
def _(beta, kappa, v, S):
    """Row i: b the first part, w the second, y = V (b + w); |e| = 1."""
    return [
        S.all(lambda b, w, y: le(sq(y), v**2 * sq(b + w))),
        le(S(lambda b: sq(b)), beta**2),
        le(S(lambda w: sq(w)), kappa**2),
        ge(beta, 0),
        ge(kappa, 0),
    ], le(S(lambda y: sq(y)), (v * (beta + kappa)) ** 2)


@reads("AS-11.score")
def _(t, u, z):
    """-|z_j|^2 along y_j + t dy_j: z moves to z - t u, u = dy_i - dy_j."""
    return [], eq(-sq(z - t * u), -sq(z) + 2 * t * dot(z, u) - t**2 * sq(u))


@reads("AS-11.key")
def _(M, c, T):
    """T sums over the other tokens, d the squares of their distances, weights e^{-d}; the own token has weight 1."""
    return [eq(T.mass, M), ge(c * exp(c + 1), M)], le(T(lambda d: d * exp(-d)), c * (1 + T(lambda d: exp(-d))))


@reads("AS-11.pair")
def _(eps, u, v):
    """u, v two tokens of the perturbation."""
    return [le(sq(u) + sq(v), eps**2)], le(sq(u - v), 2 * eps**2)


@reads("AS-11.mean")
def _(eps, b, E):
    return [E.all(lambda u: le(sq(u), eps**2)), eq(b, E(lambda u: u))], le(sq(b), eps**2)


@reads("AS-11.row")
def _(c, eps, b, w):
    return [le(sq(b), eps**2), le(sq(w), 8 * c**2 * eps**2), ge(c, 0)], le(
        sq(b + w), (2 * sqrt(2) * c + 1) ** 2 * eps**2
    )


@reads("AS-11.rows")
def _(n, r, S):
    return [S.all(lambda u: le(sq(u), r**2)), eq(S.mass, n)], le(S(lambda u: sq(u)), n * r**2)


@reads("AS-11.weaker")
def _(c):
    return [ge(c, 0)], le(2 * sqrt(2) * c + 1, 4 * c + 1)
