"""Readings of MM-23 to MM-26: Vlasov flow, its layers, the limit of depth, no collision."""

from proofcheck.fidelity.meaning import eq, exp, ge, gt, le, lt, sq, sqrt, times
from proofcheck.fidelity.reading import reads


@reads("MM-23.bernoulli")
def _(p, x):
    return [ge(p, 1)], le(p * exp(x), exp(p * x) + p - 1)


@reads("MM-23.layer")
def _(c, p, q, E):
    """W = 1: g = e^y, the new distance is (q + c) e^s."""
    return [
        E.all(lambda s, y: le((q + c) * exp(s), q * exp(y) + c)),
        le(E(lambda y: exp(p * y)), 1),
        ge(p, 1),
        ge(q, 0),
        ge(c, 0),
        gt(q + c, 0),
    ], le(E(lambda s: exp(p * s)), 1)


@reads("MM-23.factor")
def _(P, w, x, z):
    """P the factors before, at most e^x; the new one is 1 + z; w >= x + z the exponent behind it."""
    return [le(P, exp(x)), ge(z, 0), le(x + z, w)], le((1 + z) * P, exp(w))


@reads("MM-23.monotone")
def _(p, u, w):
    def rate(r):
        return r + (1 + 2 * r) * exp(2 * r / p)

    return [le(u, w), ge(u, 0), gt(p, 0)], le(rate(u), rate(w))


@reads("MM-23.increment")
def _(e, h, hi, lo, r):
    """e: how far E moves, r: the rate at the layer's radius, the smallest one, lo."""
    return [le(abs(e - h * (lo + hi) / 2), h * (hi - lo) / 2), le(r, lo), ge(h, 0)], le(r * h, e)


@reads("MM-23.close")
def _(b, e, x):
    return [le(x, b + e), le(2 * e, x - b)], le(x, b)


@reads("MM-23.limit")
def _(c, e, t, m, p):
    return [le(sq(p), e**2), le(sq(m), c**2), ge(e, 0), ge(t, 0), ge(c, 0)], le(sq(p + t * m), (e + t * c) ** 2)


@reads("MM-24.layer")
def _(W, g, r, s, t, w, x, y, z):
    """s the pair before, t behind, r the distance of the contexts; z = h l, w = h m."""
    return [
        le(t, (1 + z) * s + w * r),
        le(s, exp(x) * g + (exp(x + y) - exp(x)) * W),
        le(r, exp(x + y) * W),
        ge(g, 0),
        ge(W, 0),
        ge(y, 0),
        ge(z, 0),
        ge(w, 0),
    ], le(t, exp(x + z) * g + (exp(x + z + y + w) - exp(x + z)) * W)


@reads("MM-24.larger")
def _(X, Y, x, y):
    return [le(x, X), le(y, Y), ge(y, 0)], le(exp(x) * (exp(y) - 1), exp(X) * (exp(Y) - 1))


@reads("MM-24.share")
def _(k, z):
    return [ge(z, 0), le(z, k), lt(k, 1)], ge(1 - z, exp(-z / (1 - k)))


@reads("MM-24.near")
def _(Lam, w, z):
    return [le(z, w)], ge(exp(-Lam - z), exp(-Lam) * (1 - w))


@reads("MM-24.product")
def _(c, g, s, t, w, x):
    """One layer keeps the share c >= e^{-w}; s the distance before, t behind."""
    return [ge(t, c * s), ge(c, exp(-w)), ge(s, exp(-x) * g), ge(g, 0)], ge(t, exp(-x - w) * g)


@reads("MM-24.flow")
def _(c, e, p, q, x, y):
    """p, q at most c apart, x within e of p, y of q; read with the two pairs exchanged it bounds |p - q| from below."""
    return [le(sq(p - x), e**2), le(sq(q - y), e**2), le(sq(p - q), c**2), ge(c, 0), ge(e, 0)], le(
        sq(x - y), (c + 2 * e) ** 2
    )


@reads("MM-25.growth")
def _(P, s, z):
    return [le(P, exp(s)), ge(z, 0)], le((1 + z) * P, exp(s + z))


@reads("MM-25.perturbed")
def _(eps, h, s, e, p):
    return [le(sq(p), s**2), le(sq(e), eps**2), ge(s, 0), ge(h, 0), ge(eps, 0)], le(sq(p + h * e), (s + h * eps) ** 2)


@reads("MM-25.radii")
def _(P, d, r0, z):
    """From r0 P to (r0 + d) P (1 + z)."""
    return [ge(P, 1), ge(z, 0), ge(d, 0)], le((1 + z) * (r0 * P) + d, (r0 + d) * (P * (1 + z)))


@reads("MM-25.velocity")
def _(l, m, r, u, w, z):
    """u = Att(mu, x), w = Att(mu, y), z = Att(nu, y)."""
    return [le(sq(u - w), (l * r) ** 2), le(sq(w - z), (m * r) ** 2), ge(l, 0), ge(m, 0), ge(r, 0)], le(
        sq(u - z), ((l + m) * r) ** 2
    )


@reads("MM-25.moved")
def _(M, j, k, f, p):
    """p = y_j - y_0, f the velocity at y_j."""
    return [le(sq(p), (j * k * M) ** 2), le(sq(f), M**2), ge(j, 0), ge(k, 0), ge(M, 0)], le(
        sq(p + k * f), ((j + 1) * k * M) ** 2
    )


@reads("MM-25.substeps")
def _(G, j, k, p, q):
    return [
        le(sq(p), (G * k**2 * j * (j - 1) / 2) ** 2),
        le(sq(q), (j * k * G) ** 2),
        ge(j * (j - 1), 0),
        ge(j, 0),
        ge(k, 0),
        ge(G, 0),
    ], le(sq(p + k * q), (G * k**2 * j * (j + 1) / 2) ** 2)


@reads("MM-25.integral")
def _(G, h, n, d, S):
    return [
        eq(d, S(lambda f: f)),
        S.all(lambda f, s: le(sq(f), (G * s) ** 2)),
        S.all(lambda s: ge(s, 0)),
        eq(S(lambda s: s), h**2 / 2),
        ge(G, 0),
        eq(n**2, sq(d)),
    ], le(n, G * h**2 / 2)


@reads("MM-25.layer")
def _(L, c, e, h, f, g, x, y, z):
    """Network x to x + h f, flow y to y + h g + z, z its error against one step."""
    return [
        le(sq(x - y), e**2),
        le(sq(f - g), (L * e) ** 2),
        le(sq(z), c**2),
        ge(e, 0),
        ge(h, 0),
        ge(L, 0),
        ge(c, 0),
    ], le(sq(x + h * f - (y + h * g + z)), ((1 + h * L) * e + c) ** 2)


@reads("MM-25.sum")
def _(B, L, P, c, e, h, t):
    return [le(t, (1 + h * L) * e + c), le(e, B * (P - 1)), le(c, B * h * L), ge(h, 0), ge(L, 0)], le(
        t, B * ((1 + h * L) * P - 1)
    )


@reads("MM-26.speed")
def _(R, v, m, E):
    """y stands for V y."""
    return [E.all(lambda y: le(sq(y), (v * R) ** 2)), eq(m, E(lambda y: y))], le(sq(m), (v * R) ** 2)


@reads("MM-26.radius")
def _(R, h, v, u, x):
    return [le(sq(x), R**2), le(sq(u), (v * R) ** 2), ge(R, 0), ge(v, 0), ge(h, 0)], le(
        sq(x + h * u), (R * (1 + h * v)) ** 2
    )


@reads("MM-26.gap")
def _(h, l, u, x, y):
    return [le(sq(u), l**2 * sq(x - y)), ge(h, 0), ge(l, 0), le(h * l, 1)], ge(
        sq(x - y + h * u), (1 - h * l) ** 2 * sq(x - y)
    )


@reads("MM-26.deep")
def _(P, g, q, s, t):
    """s the distance before, t behind a layer that keeps q of it, P the product before."""
    return [ge(t, q * s), ge(s, P * g), ge(q, 0)], ge(t, q * P * g)


@reads("MM-26.layer")
def _(h, l, m, rho, s, u, w, x, y, z):
    """u = Att(mu, x), w = Att(mu, y), z = Att(nu, y)."""
    return [
        le(sq(x - y), s**2),
        le(sq(u - w), (l * s) ** 2),
        le(sq(w - z), (m * rho) ** 2),
        ge(s, 0),
        ge(rho, 0),
        ge(h, 0),
        ge(l, 0),
        ge(m, 0),
    ], le(sq(x + h * u - (y + h * z)), ((1 + h * l) * s + h * m * rho) ** 2)


@reads("MM-26.simpler")
def _(b):
    return [ge(b, 0)], le(sqrt(1 + b**2), 1 + b)


@reads("MM-26.collides")
def _(R, m, p, t):
    """tanh(b) = (t - 1)/(t + 1)."""
    return [
        times(t + 1, eq(p * (t - 1) / (t + 1), 1)),
        times(t + 1, eq(m, R * (t - 1) / (t + 1))),
        gt(t, 0),
    ], eq(R - p * m, 0)


@reads("MM-26.exp")
def _(b):
    return [], ge(exp(2 * b), 1 + 2 * b)


@reads("MM-26.sharp")
def _(b, p, t):
    return [times(t + 1, eq(p * (t - 1) / (t + 1), 1)), ge(t, 1 + 2 * b), gt(b, 0)], le(p * b, 1 + b)
