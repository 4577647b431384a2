"""Readings of AS-04 and AS-05: attention is not globally Lipschitz, and its derivative at a large radius."""

from proofcheck.fidelity.meaning import eq, exp, ge, gt, le, sq, times, weaker
from proofcheck.fidelity.reading import reads


@reads("AS-04.row")
def _(N, R, d, h, p1, v, w, xi, b, f):
    """b = V u, f = V e; before the move the others have the weight N/(N + 1)."""
    return [
        ge(p1 * (N + exp(-xi)), N),
        le(p1, 1),
        eq(sq(b), w**2),
        le(sq(f), v**2),
        eq(d**2, sq((p1 - N / (N + 1)) * R * b + (1 - p1) * h * f)),
        ge(d, 0),
        ge(w, 0),
        ge(v, 0),
        ge(N, 0),
        ge(R, 0),
        ge(h, 0),
        ge(xi, 0),
    ], times((N + 1) ** 2 * (1 + xi), ge(d, R * w * N * xi / ((N + 1) ** 2 * (1 + xi)) - v * h / (N + 1)))


@reads("AS-04.unbounded")
def _(M, N, R, t, w, xi):
    """M = (N + 1) L + v; 'large' is R^2 w N t > M (N + 1) (2 + t)."""
    return [ge(xi, t / 2), gt(t, 0), ge(M, 0), ge(N, 0), gt(R**2 * w * N * t, M * (N + 1) * (2 + t))], gt(
        R**2 * w * N * xi, M * (N + 1) * (1 + xi)
    )


@reads("AS-05.weight")
def _(G, N, s, T):
    """T sums over the others, y their scores, s the leader's."""
    others = T(lambda y: exp(y))
    return [T.all(lambda y: le(y, s - G)), eq(T.mass, N)], times(
        exp(s) + others, le(others / (exp(s) + others), N * exp(-G))
    )


@reads("AS-05.row")
def _(P, q, T):
    """The leader has the weight P."""
    return [T.all(lambda p: ge(p, 0)), eq(T(lambda p: p), 1 - P), le(1 - P, q), T.all(lambda p: le(p, q))], le(
        (1 - P) ** 2 + T(lambda p: p**2), 2 * q**2
    )


@reads("AS-05.mean")
def _(P, q, r, c, T):
    """z = x - x*."""
    return [
        T.all(lambda p: ge(p, 0)),
        eq(T(lambda p: p), 1 - P),
        le(1 - P, q),
        eq(c, T(lambda p, z: p * z)),
        T.all(lambda z: le(sq(z), (2 * r) ** 2)),
    ], le(sq(c), (2 * r * q) ** 2)


@reads("AS-05.spread")
def _(D, P, q, r, T):
    """s = |x - m| of the others, D = |x* - m| of the leader, whose weight is P."""
    return [
        T.all(lambda p: ge(p, 0)),
        eq(T(lambda p: p), 1 - P),
        le(1 - P, q),
        T.all(lambda s: le(s, 2 * r + D)),
        le(D, 2 * r * q),
        ge(r, 0),
    ], le(P * D + T(lambda p, s: p * s), 4 * r * q)


@reads("AS-05.variance")
def _(P, q, r, c, T):
    return [
        T.all(lambda p: ge(p, 0)),
        eq(T(lambda p: p), 1 - P),
        le(1 - P, q),
        eq(c, T(lambda p, z: p * z)),
        T.all(lambda z: le(sq(z), (2 * r) ** 2)),
    ], le(P * sq(c) + T(lambda p, z: p * sq(z - c)), 4 * r**2 * q)


@reads("AS-05.tilt")
def _(W, b, l, w, F):
    """F integrates against the weights, u = x - m, c the move of a score."""
    return [
        eq(w, F(lambda c, u: c * u)),
        F.all(lambda c: le(c**2, b**2)),
        F.all(lambda s, u: weaker(eq(s**2, sq(u)), ge(s**2, sq(u)))),
        F.all(lambda s: ge(s, 0)),
        le(F(lambda s: s), l),
        ge(b, 0),
        eq(W**2, sq(w)),
        ge(W, 0),
    ], le(W, b * l)


@reads("AS-05.total")
def _(beta, delta, gamma, v, S):
    """Row i: b, c, w are T1 (less the leader's copy), T2, T3; y = V of their sum; |e| = 1."""
    return [
        S.all(lambda y, b, c, w: le(sq(y), v**2 * sq(b + c + w))),
        le(S(lambda b: sq(b)), beta**2),
        le(S(lambda c: sq(c)), gamma**2),
        le(S(lambda w: sq(w)), delta**2),
        ge(beta, 0),
        ge(gamma, 0),
        ge(delta, 0),
    ], le(S(lambda y: sq(y)), (v * (beta + gamma + delta)) ** 2)


@reads("AS-05.leader")
def _(N, v, K):
    return [
        K.all(lambda e, y: le(sq(y), v**2 * sq(e))),
        K.all(lambda m: le(m, N)),
        K.all(lambda m: ge(m, 0)),
    ], le(K(lambda m, y: m * sq(y)), v**2 * N * K(lambda e: sq(e)))


@reads("AS-05.followers")
def _(N, v, K):
    """A token that moves, e != 0, is copied by N rows."""
    return [K.all(lambda e, y: eq(sq(y), v**2 * sq(e))), K.all(lambda m, e: eq((m - N) * sq(e), 0))], eq(
        K(lambda m, y: m * sq(y)), v**2 * N * K(lambda e: sq(e))
    )


@reads("AS-05.rate")
def _(Delta, R):
    return [ge(Delta, 0)], le(R**2 * exp(-(R**2) * Delta) * (R * Delta) ** 2, 4)
