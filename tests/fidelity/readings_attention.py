"""Readings of AS-00, AS-01, AS-01L and AS-01U: the derivative of self-attention and its bounds on a ball."""

from proofcheck.fidelity.meaning import dot, eq, every, exp, ge, gt, le, sq, sqrt, times
from proofcheck.fidelity.reading import reads


def covariance_at_most(E, m, c, q_dimension):
    """|C| <= c for C = E[(x - m)(x - m)^T]: <C q, q> <= c |q|^2 for all q."""
    return every(q_dimension, lambda q: le(E(lambda x: dot(x - m, q) ** 2), c * sq(q)))


def covariance_image(E, m, u):
    """C u."""
    return E(lambda x: dot(x - m, u) * (x - m))


@reads("AS-00.score")
def _(t, e, g, u, x):
    """g = A x_i + beta moves to g + t u, u = A e_i; x to x + t e; s = <u, x> + <g, e>."""
    s = dot(u, x) + dot(g, e)
    return [], eq(dot(g + t * u, x + t * e), dot(g, x) + t * s + t**2 * dot(u, e))


@reads("AS-00.quotient")
def _(g, m, q, u, F):
    """F: the sum over the tokens with weights e^score; tested with q."""
    Z = F.mass
    slope = F(lambda e, x: dot(e, q) + dot(x, q) * (dot(u, x) + dot(g, e)))
    quotient = (slope * Z - F(lambda x: dot(x, q)) * F(lambda e, x: dot(u, x) + dot(g, e))) / Z**2
    own = dot(F(lambda x: dot(x - m, u) * (x - m)), q) / Z
    pull = F(lambda e, x: dot(x - m, q) * dot(g, e)) / Z
    return [eq(Z * m, F(lambda x: x))], eq(quotient, F(lambda e: dot(e, q)) / Z + own + pull)


@reads("AS-00.centred")
def _(m, q, F):
    return [eq(F.mass * m, F(lambda x: x))], eq(F(lambda x: dot(x - m, q)), 0)


@reads("AS-01.variance")
def _(R, m, p, E):
    return [eq(m, E(lambda x: x)), E.all(lambda x: le(sq(x), R**2))], le(E(lambda x: dot(x - m, p) ** 2), R**2 * sq(p))


@reads("AS-01.keys")
def _(R, g, m, t, E):
    return [
        eq(m, E(lambda x: x)),
        eq(t, E(lambda e, x: e + dot(g, e) * (x - m))),
        covariance_at_most(E, m, R**2, len(m.row)),
    ], le(sq(t), (1 + R**2 * sq(g)) * E(lambda e: sq(e)))


@reads("AS-01.own")
def _(R, h, m, u, E):
    return [eq(h, covariance_image(E, m, u)), covariance_at_most(E, m, R**2, len(m.row))], le(
        sq(h), (R**2) ** 2 * sq(u)
    )


@reads("AS-01.columns")
def _(n, S):
    """S sums over the tokens j, c_j = sum_i P_ij."""
    return [S.all(lambda c: le(c, n))], le(S(lambda c, e: c * sq(e)), n * S(lambda e: sq(e)))


@reads("AS-01.tokens")
def _(R, a, g, n, v, S):
    """S sums over the tokens i; h = C_i A e_i, f = V (t + h), g a bound of |g_i|."""
    return [
        S.all(lambda t, r: le(sq(t), (1 + R**2 * g**2) * r)),
        S.all(lambda h, e: le(sq(h), (a * R**2) ** 2 * sq(e))),
        S.all(lambda f, t, h: le(sq(f), v**2 * sq(t + h))),
        le(S(lambda r: r), n * S(lambda e: sq(e))),
        ge(a, 0),
    ], le(S(lambda f: sq(f)), (v * (sqrt(n * (1 + R**2 * g**2)) + a * R**2)) ** 2 * S(lambda e: sq(e)))


@reads("AS-01.sharper")
def _(R, a, n, v):
    s = a * R**2
    return [ge(v, 0), ge(a, 0)], le(v * (sqrt(n * (1 + s**2)) + s), v * (sqrt(n) * (1 + s) + s))


@reads("AS-01.printed")
def _(R, a, n, v):
    s = a * R**2
    return [ge(v, 0)], le(v * (sqrt(n) + s * (1 + sqrt(n))), sqrt(3) * v * sqrt(a**2 * R**4 * (4 * n + 1) + n))


@reads("AS-01.heads")
def _(b, k, f, H):
    """H sums over the heads, y_h = D f^h[e]; k and b are norms."""
    return [
        eq(f, H(lambda y: y)),
        H.all(lambda y, l: le(sq(y), (l * k) ** 2)),
        H.all(lambda l: ge(l, 0)),
        ge(k, 0),
        eq(b**2, sq(f)),
    ], le(b, H(lambda l: l) * k)


@reads("AS-01.concatenation")
def _(k, H):
    return [H.all(lambda y, l: le(sq(y), (l * k) ** 2))], le(H(lambda y: sq(y)), H(lambda l: l**2) * k**2)


@reads("AS-01L.keys")
def _(r, g, m, t, E):
    """|C| <= r^2."""
    return [eq(t, E(lambda e, x: dot(g, e) * (x - m))), covariance_at_most(E, m, r**2, len(m.row))], le(
        sq(t), r**2 * sq(g) * E(lambda e: sq(e))
    )


@reads("AS-01L.tokens")
def _(c, k, p, u, v, S):
    """Row i: t = V sum_j P_ij e_j, w the pull of the moved keys, y = V C_i A e_i."""
    displaced = S(lambda e: sq(e))
    return [
        le(S(lambda t: sq(t)), (v * p) ** 2 * displaced),
        S.all(lambda w, r: le(sq(w), k**2 * r)),
        S.all(lambda y, e: le(sq(y), u**2 * sq(e))),
        le(S(lambda r: r), c * displaced),
        ge(v, 0),
        ge(p, 0),
        ge(k, 0),
        ge(u, 0),
    ], le(S(lambda y, t, w: sq(y + t + w)), (v * p + k * sqrt(c) + u) ** 2 * displaced)


@reads("AS-01L.outside")
def _(r, v, q, w, E):
    """w = V^T q."""
    return [
        E.all(lambda y, z: eq(dot(y, q), dot(z, w))),
        le(sq(w), v**2 * sq(q)),
        every(len(q.row), lambda h: le(E(lambda z: dot(z, h) ** 2), r**2 * sq(h))),
    ], le(E(lambda y: dot(y, q) ** 2), v**2 * r**2 * sq(q))


@reads("AS-01L.query")
def _(b, v, e, f, y):
    return [le(sq(f), v**2 * sq(y)), le(sq(y), b**2 * sq(e))], le(sq(f), (v * b) ** 2 * sq(e))


@reads("AS-01L.jensen")
def _(m, E):
    return [eq(m, E(lambda t: t))], le(m**2, E(lambda t: t**2))


@reads("AS-01L.here")
def _(b, c, h, k, p, u, v):
    return [le(k, v * h), le(u, v * b)], le(v * p + sqrt(c) * k + u, v * (p + sqrt(c) * h + b))


@reads("AS-01L.ordered")
def _(R, a, b, c, g, h, n, v):
    return [le(h, R * g), ge(h, 0), le(b, a * R**2), le(c, n), ge(v, 0)], le(
        v * (sqrt(c * (1 + h**2)) + b), v * (sqrt(n * (1 + (R * g) ** 2)) + a * R**2)
    )


@reads("AS-01L.three")
def _(b, c, h, n, p, s, v):
    return [le(p, sqrt(c)), le(h, s), le(b, s), le(c, n), ge(s, 0), ge(v, 0)], le(
        v * (p + h * sqrt(c) + b), v * (sqrt(n) * (1 + s) + s)
    )


@reads("AS-01U.weight")
def _(l, s, w, K):
    """K sums over the m others, l is the token's own score."""
    others = K(lambda y: exp(y))
    return [K.all(lambda y: le(l - y, 2 * s)), eq(w * (exp(l) + others), exp(l))], times(
        1 + K.mass * exp(-2 * s), le(w, 1 / (1 + K.mass * exp(-2 * s)))
    )


@reads("AS-01U.column")
def _(T):
    return [T.all(lambda w, b: le(w, b))], le(T(lambda w: w), T(lambda b: b))


@reads("AS-01U.limit")
def _(n, q):
    return [gt(q, 0), le(q, 1), ge(n, 1)], le(n / (1 + (n - 1) * q), 1 / q)


@reads("AS-01U.better")
def _(n, q):
    return [gt(q, 0), ge(n, 1)], le(n / (1 + (n - 1) * q), n)
