"""Readings of LT-06 to LT-08: how far the context moves an attention step, in W_1 and in W_infinity."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, lt, sq, sqrt, times
from proofcheck.fidelity.reading import reads


@reads("LT-06.exp", signs="target")
def _(B, s, t):
    return [le(s, B), le(t, B)], le(abs(exp(s) - exp(t)), exp(B) * abs(s - t))


@reads("LT-06.partition")
def _(B, E):
    return [E.all(lambda s: ge(s, -B))], ge(E(lambda s: exp(s)), exp(-B))


@reads("LT-06.numerator")
def _(M, R, a, e0, e1, g, v0, v1):
    """The weighted image of an atom is e v; it moves from e0 v0 to e1 v1 while the atom moves by g = |u|."""
    return [
        le(sq(v1 - v0), (a * g) ** 2),
        le(sq(v0), (a * R) ** 2),
        le((e1 - e0) ** 2, (M * a * R * g) ** 2),
        ge(e1, 0),
        le(e1, M),
        ge(a, 0),
    ], le(sq(e1 * v1 - e0 * v0), (M * a * (1 + a * R**2) * g) ** 2)


@reads("LT-06.mean")
def _(R, a, m, E):
    return [E.all(lambda v: le(sq(v), (a * R) ** 2)), eq(m, E(lambda v: v))], le(sq(m), (a * R) ** 2)


@reads("LT-06.context")
def _(B, R, a, eta, n, rho, m0, m1, E):
    """E couples mu (index 0) and nu (index 1); weights e = e^score; constant eta a ((1 + B) e^{2B} + B e^{4B})."""
    Z = E(lambda e1: e1)
    return [
        eq(E(lambda e0: e0) * m0, E(lambda e0, v0: e0 * v0)),
        eq(Z * m1, E(lambda e1, v1: e1 * v1)),
        E.all(lambda e0, e1, v0, v1, g: le(sq(e1 * v1 - e0 * v0), (exp(B) * a * (1 + B) * g) ** 2)),
        E.all(lambda e0, e1, g: le((e1 - e0) ** 2, (exp(B) * a * R * g) ** 2)),
        le(sq(m0), (exp(2 * B) * a * R) ** 2),
        ge(Z, exp(-B)),
        eq(B, a * R**2),
        eq(n**2, eta**2 * sq(m1 - m0)),
        E.all(lambda g: ge(g, 0)),
        le(E(lambda g: g), rho),
        ge(eta, 0),
        ge(a, 0),
    ], le(n, eta * a * ((1 + B) * exp(2 * B) + B * exp(4 * B)) * rho)


@reads("LT-06.weaker")
def _(B):
    return [], le((1 + 2 * B) * exp(2 * B), (1 + B) * exp(2 * B) + B * exp(4 * B))


@reads("LT-07.context")
def _(D, a, eta, n, r, rho, t, m0, m1, E):
    """r = |x|, t = |A^T x|; M = e^{D r} Z bounds the weights, Z = E e1."""
    Z = E(lambda e1: e1)
    bound = exp(D * r) * Z * (a + D * t)
    return [
        eq(E(lambda e0: e0) * m0, E(lambda e0, v0: e0 * v0)),
        eq(Z * m1, E(lambda e1, v1: e1 * v1)),
        E.all(lambda e0, e1, v0, v1, g: le(sq(e1 * (v1 - m0) - e0 * (v0 - m0)), (bound * g) ** 2)),
        eq(n**2, eta**2 * sq(m1 - m0)),
        E.all(lambda g: ge(g, 0)),
        le(E(lambda g: g), rho),
        gt(Z, 0),
        ge(eta, 0),
        ge(a, 0),
        ge(D, 0),
        ge(t, 0),
    ], le(n, eta * (a + D * t) * exp(D * r) * rho)


@reads("LT-07.score")
def _(D, r, v, x):
    """v stands for the difference v - v' of two images."""
    return [le(sq(x), r**2), le(sq(v), D**2), ge(r, 0), ge(D, 0)], le(dot(x, v), D * r)


@reads("LT-07.weight")
def _(L, s, E):
    return [E.all(lambda y: le(s - y, L))], le(exp(s), exp(L) * E(lambda y: exp(y)))


@reads("LT-07.exp", signs="target")
def _(M, s, t):
    return [le(exp(s), M), le(exp(t), M)], le(abs(exp(s) - exp(t)), abs(M * (s - t)))


@reads("LT-07.range")
def _(D, m, v0, E):
    return [E.all(lambda v: le(sq(v - v0), D**2)), eq(m, E(lambda v: v))], le(sq(m - v0), D**2)


@reads("LT-07.pair")
def _(D, M, a, e0, e1, g, t, m, v0, v1):
    return [
        le(sq(v1 - v0), (a * g) ** 2),
        le(sq(v0 - m), D**2),
        le((e1 - e0) ** 2, (M * t * g) ** 2),
        ge(e1, 0),
        le(e1, M),
        ge(a, 0),
        ge(t, 0),
        ge(D, 0),
    ], le(sq(e1 * (v1 - m) - e0 * (v0 - m)), (M * (a + D * t) * g) ** 2)


@reads("LT-07.on_ball")
def _(D, R, a, eta, r, t):
    B = a * R**2
    return [le(D, 2 * a * R), le(t, a * R), le(r, R), ge(a, 0), ge(D, 0), ge(eta, 0)], le(
        eta * (a + D * t) * exp(D * r), eta * a * (1 + 2 * B) * exp(2 * B)
    )


@reads("LT-07.sharp")
def _(A, R, a, h, m0, m1):
    """Measures (1 - a) delta_{-R} + a delta_R and the atom at R moved to R - h; m1, m0 the tilted means of A y."""
    B = A * R**2

    def mass(y):
        return (1 - a) * exp(-B) + a * exp(A * R * y)

    def tilted(y):
        return A * (a * exp(A * R * y) * y - (1 - a) * exp(-B) * R) / mass(y)

    loss = (1 + a * (exp(2 * B) - 1)) ** 2 * (1 + A * R * h)
    bound = A * (1 + 2 * B) * exp(2 * B) * (1 - a) / loss
    return [
        times(mass(R) * exp(B), ge(m1, tilted(R))),
        times(mass(R - h) * exp(B), le(m0, tilted(R - h))),
        gt(A, 0),
        gt(h, 0),
        le(h, 2 * R),
        gt(a, 0),
        lt(a, 1),
    ], times(loss, ge(m1 - m0, bound * a * h))


@reads("LT-08.derivative")
def _(D, M, a, eta, m, t, w, b, g, p, E):
    """s = <g, v - E v>; the derivative of the step is eta g; t = |A^T x| = |p|."""
    return [
        eq(sq(g), E(lambda s, y: dot(b + s * p, y))),
        le(sq(b), a**2 * sq(g)),
        le(sq(p), t**2),
        eq(E(lambda s: s), 0),
        E.all(lambda s: ge(s, m)),
        E.all(lambda s: le(s, M)),
        le((M - m) ** 2, D**2 * sq(g)),
        E.all(lambda y: le(sq(y), w**2)),
    ], le(eta**2 * sq(g), eta**2 * (a**2 + D**2 * t**2 / 4) * w**2)


@reads("LT-08.linear")
def _(D, a, t):
    return [ge(a, 0), ge(D, 0), ge(t, 0)], le(sqrt(a**2 + D**2 * t**2 / 4), a + D * t / 2)


@reads("LT-08.on_ball")
def _(D, R, a, t):
    return [le(D, 2 * a * R), le(t, a * R), ge(D, 0), ge(t, 0)], le(a**2 + D**2 * t**2 / 4, a**2 * (1 + a**2 * R**4))


@reads("LT-08.attained")
def _(D, b, p):
    """|b + t p|^2 at t = D/2 (the same at -D/2) is |b|^2 + D^2 |p|^2/4, the square of the constant."""
    return [eq(dot(b, p), 0)], eq(sq(b + D / 2 * p), sq(b) + D**2 * sq(p) / 4)


@reads("LT-08.line_small")
def _(M, m, E):
    return [
        E.all(lambda s: ge(s, m)),
        E.all(lambda s: le(s, M)),
        eq(E(lambda s: s), 0),
        le(M - m, 1),
    ], le(E(lambda s: abs(1 + s)), 1)


@reads("LT-08.line_large", signs="target")
def _(L, m, E):
    return [E.all(lambda s: ge(s, m)), E.all(lambda s: le(s, m + L)), eq(E(lambda s: s), 0)], le(
        E(lambda s: abs(1 + s)), L / 2 + 1 / (2 * L)
    )
