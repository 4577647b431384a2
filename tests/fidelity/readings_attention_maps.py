"""Readings of MM-21 and MM-22: softmax attention in the query and the context, one residual layer."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, lt, sq, sqrt, times, weaker
from proofcheck.fidelity.reading import reads


@reads("MM-21.growth")
def _(b, d, z):
    return [le(z, b), le(-z, b), le(b, d)], le((exp(z) - 1) ** 2, (exp(d) - 1) ** 2)


@reads("MM-21.remainder")
def _(b, k, z):
    return [le(z, b), le(-z, b), le((exp(z) - 1) ** 2, k**2)], le((exp(z) - 1 - z) ** 2, (k * b) ** 2)


@reads("MM-21.range")
def _(D, b, y, z):
    return [le(sq(y - z), D**2)], le(dot(y - z, b) ** 2, D**2 * sq(b))


@reads("MM-21.near")
def _(D, m, y0, E):
    return [
        E.all(lambda y: le(sq(y - y0), D**2)),
        E.all(lambda e: ge(e, 0)),
        eq(E(lambda e: e) * m, E(lambda e, y: e * y)),
        gt(E(lambda e: e), 0),
    ], le(sq(m - y0), D**2)


@reads("MM-21.few")
def _(b, c, k, n):
    return [le(n * (1 - k), c + k * b), ge(k, 0), le(2 * k, 1), ge(c, 0), ge(b, 0)], le(n, c + 2 * k * (c + b))


@reads("MM-21.small")
def _(z):
    return [ge(z, 0), le(2 * z, 1)], le(exp(z) - 1, 2 * z)


@reads("MM-21.close")
def _(b, e, x):
    return [le(x, b + e), le(2 * e, x - b)], le(x, b)


@reads("MM-21.span")
def _(l, m, E):
    return [
        E.all(lambda e: ge(e, 0)),
        eq(E(lambda e, s: e * s), 0),
        E.all(lambda s: ge(s, m)),
        E.all(lambda s: le(s, m + l)),
    ], le(E(lambda e, s: e * s**2), l**2 / 4 * E(lambda e: e))


@reads("MM-21.query_pair")
def _(D, c, h, k, q, s, z):
    """q = e^z, c = |b|."""
    return [le((q - 1 - z) ** 2, (k * D * h) ** 2), le(s**2, (D * c) ** 2), ge(k, 0), ge(h, 0), ge(c, 0), ge(D, 0)], le(
        (q - 1) * s, z * s + k * D**2 * c * h
    )


@reads("MM-21.covariance")
def _(P, Q, E):
    total = E(lambda e: e)
    return [
        E.all(lambda e: ge(e, 0)),
        le(E(lambda e, z: e * z**2), P**2 * total),
        le(E(lambda e, s: e * s**2), Q**2 * total),
        ge(P, 0),
        ge(Q, 0),
    ], le(E(lambda e, z, s: e * z * s), P * Q * total)


@reads("MM-21.query_step")
def _(D, h, k, n, v, b, d, m0, m1, E):
    """d = A x' - A x; weights e before, e q after; (D^2/4) v n h bounds the tilted covariance."""
    Z = E(lambda e: e)
    return [
        eq(Z * m0, E(lambda e, y: e * y)),
        eq(E(lambda e, q: e * q) * m1, E(lambda e, q, y: e * q * y)),
        eq(dot(b, m1 - m0), n**2),
        E.all(lambda s, y: eq(s, dot(b, y - m0))),
        E.all(lambda z, y: eq(z, dot(d, y - m0))),
        E.all(lambda q, s, z: le((q - 1) * s, z * s + k * D**2 * v * n * h)),
        le(E(lambda e, z, s: e * z * s), D**2 / 4 * v * n * h * Z),
        E.all(lambda q, z: weaker(eq(q, exp(z)), ge(q, 1 + z))),
        E.all(lambda e: ge(e, 0)),
        gt(Z, 0),
        ge(k, 0),
        ge(v, 0),
        ge(h, 0),
    ], le(n, v * (D**2 / 4 + k * D**2) * h)


@reads("MM-21.pair")
def _(D, X, c, g, k, q, s, t, z):
    """c = |b|, g = |y1 - y0|."""
    return [
        le((q - 1) ** 2, k**2),
        le((q - 1 - z) ** 2, (k * t * g) ** 2),
        le(X**2, (c * g) ** 2),
        le(s**2, (D * c) ** 2),
        ge(k, 0),
        ge(t, 0),
        ge(g, 0),
        ge(c, 0),
        ge(D, 0),
    ], le(q * X + (q - 1) * s, X + z * s + k * g * c * (1 + D * t))


@reads("MM-21.holder")
def _(L, p, r, E):
    total = E(lambda w: w)
    return [
        E.all(lambda w: ge(w, 0)),
        E.all(lambda w: le(w, exp(L) * total)),
        ge(p, 1),
        le(E(lambda y: exp(p * y)), exp(p * r)),
    ], le(E(lambda w, y: w * exp(y)), exp(L / p + r) * total)


@reads("MM-21.drift")
def _(D, S, c, t, b, x, E):
    """x stands for A x, y for y1 - y0."""
    total = E(lambda e: e)
    return [
        E.all(lambda e: ge(e, 0)),
        E.all(lambda s: le(s**2, (D * c) ** 2)),
        le(sq(b), c**2),
        le(sq(x), t**2),
        E.all(lambda y, g: le(sq(y), g**2)),
        le(E(lambda e, g: e * g), S * total),
        E.all(lambda g: ge(g, 0)),
        ge(c, 0),
        ge(D, 0),
        ge(t, 0),
    ], le(E(lambda e, s, y: e * dot(b + s * x, y)), c * (1 + D * t) * S * total)


@reads("MM-21.drift2")
def _(D, S, c, t, b, x, E):
    total = E(lambda e: e)
    return [
        E.all(lambda e: ge(e, 0)),
        eq(E(lambda e, s: e * s), 0),
        le(E(lambda e, s: e * s**2), (D * c) ** 2 / 4 * total),
        le(sq(b), c**2),
        le(sq(x), t**2),
        le(E(lambda e, y: e * sq(y)), S**2 * total),
        ge(c, 0),
        ge(S, 0),
    ], le(E(lambda e, s, y: e * dot(b + s * x, y)), c * sqrt(1 + D**2 * t**2 / 4) * S * total)


@reads("MM-21.step")
def _(C, D, S, k, n, t, v, b, m0, m1, x, E):
    """x stands for A x, q = e1/e0, g = |y1 - y0|."""
    Z = E(lambda e: e)
    return [
        eq(Z * m0, E(lambda e, y0: e * y0)),
        eq(E(lambda e, q: e * q) * m1, E(lambda e, q, y1: e * q * y1)),
        eq(dot(b, m1 - m0), n**2),
        E.all(lambda s, y0: eq(s, dot(b, y0 - m0))),
        E.all(
            lambda q, y0, y1, s, g: le(
                q * dot(b, y1 - y0) + (q - 1) * s, dot(b + s * x, y1 - y0) + k * g * v * n * (1 + D * t)
            )
        ),
        le(E(lambda e, s, y0, y1: e * dot(b + s * x, y1 - y0)), v * n * C * S * Z),
        le(E(lambda e, g: e * g), S * Z),
        E.all(lambda q: ge(q, 1 - k)),
        E.all(lambda e: ge(e, 0)),
        gt(Z, 0),
        ge(n, 0),
        ge(k, 0),
        ge(D, 0),
        ge(t, 0),
        ge(v, 0),
        ge(C, 0),
        ge(S, 0),
    ], le(n * (1 - k), v * (C + k * (1 + D * t)) * S)


@reads("MM-21.chain")
def _(N, T0, T1, c, k, n):
    """Each move is at most n <= c/(1 - k)."""
    return [le(T1, T0 + n), le(n * (1 - k), c), le(T0 * (1 - k), N * c), le(k, 1)], le(T1 * (1 - k), (N + 1) * c)


@reads("MM-21.on_ball")
def _(D, R, a, p, t, v):
    return [le(D * t, 2 * a * R**2), ge(v, 0), ge(p, 1), ge(D * t, 0)], le(
        v * (1 + D * t) * exp(D * t / p), v * (1 + 2 * a * R**2) * exp(2 * a * R**2 / p)
    )


@reads("MM-21.query_sharp")
def _(R, s):
    """s = a R |x| >= 0 in the sentence, so that 1 + s may be multiplied out; the claim says it for every s."""
    tanh = (exp(2 * s) - 1) / (exp(2 * s) + 1)
    return [gt(R, 0)], ge(R * tanh * (1 + s), s * R)


@reads("MM-21.sharp")
def _(R, a, b, h, m0, m1):
    """Measures (1 - b) delta_{-R} + b delta_R and the atom at R moved to R - h, scores a R y."""
    B = a * R**2

    def mass(y):
        return (1 - b) * exp(-B) + b * exp(a * R * y)

    def tilted(y):
        return (b * exp(a * R * y) * y - (1 - b) * exp(-B) * R) / mass(y)

    loss = (1 + b * (exp(2 * B) - 1)) ** 2 * (1 + a * R * h)
    return [
        times(mass(R) * exp(B), ge(m1, tilted(R))),
        times(mass(R - h) * exp(B), le(m0, tilted(R - h))),
        gt(a, 0),
        gt(h, 0),
        le(h, 2 * R),
        gt(b, 0),
        lt(b, 1),
    ], times(loss, ge(m1 - m0, (1 + 2 * B) * exp(2 * B) * (1 - b) / loss * b * h))


@reads("MM-22.pair")
def _(g, h, l, m, w, s, t, x):
    """x = y1 - y0; w is the W_p distance."""
    return [
        le(sq(x), g**2),
        le(sq(s), (l * g) ** 2),
        le(sq(t), (m * w) ** 2),
        ge(g, 0),
        ge(l, 0),
        ge(m, 0),
        ge(w, 0),
        ge(h, 0),
    ], le(sq(x + h * (s + t)), ((1 + h * l) * g + h * m * w) ** 2)


@reads("MM-22.layer_inf")
def _(h, l, m, w, E):
    return [E.all(lambda g, o: le(o, (1 + h * l) * g + h * m * w)), E.all(lambda g: le(g, w)), ge(l, 0), ge(h, 0)], (
        E.all(lambda o: le(o, (1 + h * (l + m)) * w))
    )


@reads("MM-22.projection")
def _(b, x, y):
    return [eq(sq(x), 1), eq(sq(y), 1)], le(sq(dot(x, b) * x - dot(y, b) * y), sq(x - y) * sq(b))


@reads("MM-22.tangent")
def _(q, v, w, d, r, x):
    """P_x c - P_y b = d - <x, d> x - r."""
    return [eq(sq(x), 1), le(sq(d), q**2), le(sq(r), (v * w) ** 2), ge(q, 0), ge(v, 0), ge(w, 0)], le(
        sq(d - dot(x, d) * x - r), (q + v * w) ** 2
    )


@reads("MM-22.sphere")
def _(a, v):
    return [ge(v, 0), ge(a, 0)], le(v * (1 + a + sqrt(1 + a**2)), 2 * v * (1 + a))
