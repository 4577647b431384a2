"""Readings of LT-18 to LT-20, SM-01, SM-02: Stone-Weierstrass, scalar ResNets, approximation, softmax."""

from proofcheck.fidelity.meaning import dot, eq, ge, gt, le, lt, sq
from proofcheck.fidelity.reading import reads


@reads("LT-18.open")
def _(a, d, f, k, t, v, w):
    return [le(f + a, v + t), le(k, f + d), le(v, w + d), lt(2 * d, a)], lt(k, w + t)


@reads("LT-18.cover")
def _(M, c, eps, h, m, v):
    """m = m_p at z for the p that z is near, c the m_p that attains the maximum, h a member f_pq of its row."""
    return [
        ge(M, m),
        gt(m, v - eps / 2),
        eq(M, c),
        le(c, h),
        lt(h, v + eps / 2),
    ], lt(abs(M - v), eps / 2)


@reads("LT-18.close")
def _(M, eps, g, v):
    return [lt(abs(M - v), eps / 2), le(abs(v - g), eps / 2)], lt(abs(M - g), eps)


@reads("LT-18.affine")
def _(a, b):
    def off(x):
        return abs(a * x + b - abs(x - 1))

    return [], ge(off(0) + 2 * off(1) + off(2), 2)


@reads("LT-18F.positive")
def _(C, r, s):
    """p != q: d_X + d_U > 0, as one of them is."""
    return [ge(s, 0), ge(r, 0), gt(s + r, 0), gt(C, 0)], gt(s + C * r, 0)


@reads("LT-18F.budget")
def _(C, a, b, r, s, w):
    """a = g(p), b = g(q), w between: first x moves by s, then u by r."""
    return [le(abs(a - w), s), le(abs(w - b), C * r)], le(abs(a - b), s + C * r)


@reads("LT-18F.exact")
def _(M, c, f, h, m, v):
    """f = f_zq at z in row z, h = f_pz at z in the row of c."""
    return [ge(M, m), eq(m, f), eq(f, v), eq(M, c), le(c, h), eq(h, v)], eq(M, v)


@reads("LT-18F.three")
def _(f23, f32, v):
    """Rows: min(f12, f13), min(f21, f23), min(f31, f32)."""
    return [], eq(max(min(v, v), min(v, f23), min(v, f32)), v)


@reads("LT-19.slope")
def _(a, x, y):
    return [le(sq(a), 1)], le(dot(a, x - y) ** 2, sq(x - y))


def relu(s):
    return max(s, 0)


@reads("LT-19.offset")
def _(b, p):
    """z = 2 p; units z - 2 b with weight 1 and 2 b - z with weight -1, step 1/2."""
    z = 2 * p
    return [], eq(z - (relu(z - 2 * b) - relu(2 * b - z)) / 2, p + b)


@reads("LT-19.units")
def _(p):
    return [], eq(relu(p) - relu(-p), p)


@reads("LT-19.norm")
def _(n, s, a, t, z):
    """a = V z, n = |V|^2."""
    return [le(sq(a), n * sq(z)), gt(n, 0)], le(sq(a - s * t), (n + s**2) * (sq(z) + sq(t)))


@reads("LT-19.step")
def _(n, s, tau):
    return [le(n, s**2), eq(2 * s**2 * tau, 1)], le(tau * 2 * (n + s**2), 2)


@reads("LT-19.pairs")
def _(a, b, c, d):
    return [], le((a - b) ** 2 + (c - d) ** 2, 2 * (a**2 + b**2 + c**2 + d**2))


@reads("LT-19.interpolate")
def _(k, p, q, x, y):
    """p = f(x), q = f(y)."""
    return [le((p - q) ** 2, sq(x - y)), eq(k * sq(x - y), p - q)], le(sq(k * (x - y)), 1)


@reads("LT-19.net")
def _(a, b, f, p):
    """p: the minimum of group i, all of it f there; b a piece of group k that is f, a its others."""
    return [eq(p, f), eq(b, f)], eq(max(p, min(a, b)), f)


@reads("LT-19.off_net")
def _(F, G, delta, f, g, r):
    """F, f at the point, G, g at the net, r apart; upwards, and with F, f exchanged (and G, g) downwards."""
    return [le(F - G, r), le(g - f, r), eq(G, g), le(r, delta)], le(F - f, 2 * delta)


def clip(t, bound=1):
    return max(-bound, min(t, bound))


@reads("LT-20.clip")
def _(t):
    return [], le(abs(clip(t)), 1)


@reads("LT-20.homogeneous")
def _(gap, x, y):
    return [ge(gap, 0)], eq(gap * max(x, y), max(gap * x, gap * y))


@reads("LT-20.column")
def _(C, a, b, d, gap, kappa):
    return [le(a - b, d), ge(gap, d - C * kappa), ge(C, 0), ge(kappa, 0)], le(
        a - max(-gap, min(a - b, gap)), b + C * kappa
    )


@reads("LT-20.no_gap")
def _(C, a, b, d, gap, kappa):
    return [le(a - b, d), ge(gap, d - C * kappa)], le(a, b + C * kappa + gap)


@reads("LT-20.net_below")
def _(M, f, m, v):
    return [ge(M, m), eq(m, f), eq(f, v)], ge(M, v)


@reads("LT-20.net_above")
def _(C, M, h, kappa, r, v):
    return [eq(M, r), le(r, h), le(h, v + C * kappa)], le(M, v + C * kappa)


@reads("LT-20.off_net")
def _(C, M, delta, g, kappa, m, v):
    """M, g at the point, m, v their values on the net."""
    return [le(abs(M - m), delta), le(abs(g - v), delta), ge(m, v), le(m, v + C * kappa)], le(
        abs(M - g), 2 * delta + C * kappa
    )


@reads("LT-20.error")
def _(C, delta, eps, kappa):
    return [le(delta, eps / 4), le(C * kappa, eps / 2)], le(2 * delta + C * kappa, eps)


@reads("LT-20.polyhedral")
def _(r, u, y):
    return [le(sq(u), 1), eq(r**2, sq(y)), ge(r, 0)], le(dot(u, y), r)


@reads("LT-20.loss")
def _(Delta, c, rho, E):
    return [
        E.all(lambda h, r: ge(h, c * r)),
        ge(E(lambda r: r), rho),
        ge(c, 0),
        le(c, 1),
        le(rho, Delta),
    ], ge(E(lambda h: h), rho - (1 - c) * Delta)


@reads("SM-01.diameter")
def _(e, f):
    return [eq(sq(e), 1), eq(sq(f), 1), eq(dot(e, f), 0)], le(sq(e - f), 2)


@reads("SM-01.jacobian")
def _(M, m, h, u, E):
    mean = E(lambda e: e)
    return [
        E.all(lambda e: ge(dot(e, h), m)),
        E.all(lambda e: le(dot(e, h), M)),
        le((M - m) ** 2, 2 * sq(h)),
        eq(h, E(lambda e: dot(e, u) * (e - mean))),
    ], le(sq(h), sq(u) / 4)


def weights(P, q, T):
    """P the largest weight, p the others, q the second largest."""
    return [
        T.all(lambda p: ge(p, 0)),
        T.all(lambda p: le(p, q)),
        eq(P + T(lambda p: p), 1),
        ge(P, q),
        ge(q, 0),
    ]


@reads("SM-02.variance")
def _(P, q, x, T):
    mean = P * x + T(lambda p, u: p * u)
    variance = P * x**2 + T(lambda p, u: p * u**2) - mean**2
    return weights(P, q, T), le(variance, P * (1 - P + q) * (x**2 + T(lambda u: u**2)))


@reads("SM-02.jacobian")
def _(P, q, x, T):
    """r = p (u - m), the mean m."""
    mean = P * x + T(lambda p, u: p * u)
    image = (P * (x - mean)) ** 2 + T(lambda p, u: (p * (u - mean)) ** 2)
    return weights(P, q, T), le(image, (P * (1 - P + q)) ** 2 * (x**2 + T(lambda u: u**2)))


@reads("SM-02.half")
def _(P, q):
    return [le(q, 1 - P), ge(P, 0)], le(2 * P * (1 - P + q), 1)
