"""Readings of LT-12 to LT-17: products, the lattice, uniform integration, separation, interpolation, scaling."""

from proofcheck.fidelity.meaning import dot, eq, ge, gt, le, lt, sq, weaker
from proofcheck.fidelity.reading import reads


def relu(s):
    return max(s, 0)


@reads("LT-12.relu")
def _(c, s):
    return [gt(c, 0)], eq(relu(c * s), c * relu(s))


@reads("LT-12.images")
def _(a, b, p, q):
    """Images (p, a) and (q, b): the square of their distance is the sum of the blocks'."""
    return [le(sq(p - q), 0)], le(sq(p - q) + sq(a - b), sq(a - b))


@reads("LT-12.rescale")
def _(c, m, tau, q, w):
    """W -> c W, tau -> tau/c^2: a unit of height c m along c w adds what one of height m along w does."""
    return [], eq(tau / c**2 * dot(c * m * (c * w), q), tau * dot(m * w, q))


@reads("LT-12.norm")
def _(n1, n2, a1, a2, u1, u2):
    """n1, n2 the squares of the norms, a1 = W1 u1, a2 = W2 u2."""
    return [le(sq(a1), n1 * sq(u1)), le(sq(a2), n2 * sq(u2))], le(sq(a1) + sq(a2), max(n1, n2) * (sq(u1) + sq(u2)))


@reads("LT-12.step")
def _(n1, n2, tau):
    return [le(tau * n1, 2), le(tau * n2, 2)], le(tau * max(n1, n2), 2)


@reads("LT-12.scores")
def _(a, x1, x2):
    return [eq(dot(x1, a), 0)], eq(dot(x1 + x2, a), dot(x2, a))


@reads("LT-13.max_lipschitz")
def _(a, b, c, d, r):
    """max(a, b) against max(c, d)."""
    return [le(a - c, r), le(b - d, r)], le(max(a, b) - max(c, d), r)


@reads("LT-13.min_lipschitz")
def _(a, b, c, d, r):
    return [le(a - c, r), le(b - d, r)], le(min(a, b) - min(c, d), r)


@reads("LT-13.row")
def _(m, tau, V1, V2, z):
    return [eq(dot(V1, V2), 0)], eq(dot(V1, z - tau * m * (V2 - V1)), dot(V1, z) + tau * sq(V1) * m)


@reads("LT-13.step_max")
def _(f, g, n, tau):
    return [eq(tau * n, 1)], eq(f + tau * n * relu(g - f), max(f, g))


@reads("LT-13.step_min")
def _(f, g, n, tau):
    return [eq(tau * n, 1)], eq(f - tau * n * relu(f - g), min(f, g))


@reads("LT-13.norm")
def _(u, w):
    return [], le(dot(w, u) ** 2, sq(w) * sq(u))


@reads("LT-13.admissible")
def _(tau, V1, V2):
    return [eq(dot(V1, V2), 0), eq(tau * sq(V1), 1), le(sq(V2), sq(V1))], le(tau * sq(V2 - V1), 2)


@reads("LT-13.constant")
def _(e, z):
    """The row -e with bias 1 and step 1: t = <z, e> becomes t + relu(1 - t)."""
    t = dot(z, e)
    return [eq(t, 0), eq(sq(e), 1)], eq(dot(z + relu(1 - t) * e, e), 1)


@reads("LT-13.pairs")
def _(a, alpha, b, x, y):
    """alpha (x - y) = a - b."""
    return [lt((a - b) ** 2, (x - y) ** 2), eq(alpha * (x - y), a - b)], lt(alpha**2, 1)


@reads("LT-13.affine_gap")
def _(alpha, beta, r):
    """Within r of |x - 1|; of the three distances only one side is used."""

    def off(x, sign):
        gap = alpha * x + beta - abs(x - 1)
        return weaker(le(abs(gap), r), le(sign * gap, r))

    return [off(0, -1), off(1, 1), off(2, -1)], ge(2 * r, 1)


@reads("LT-13.cantor")
def _(M, h, k, m):
    return [gt(h, 0), ge(k, M * h), ge(m, 0), le(m * (h + k), h)], le(m * (1 + M), 1)


@reads("LT-14.scores")
def _(c, p, e, x):
    """A y = c phi(y) e."""
    return [eq(dot(x, e), 0)], eq(dot(x, c * p * e), 0)


@reads("LT-14.range")
def _(c, o, p, r, e):
    return [le(p - r, o), le(r - p, o), eq(sq(e), 1)], le(sq(c * p * e - c * r * e), (c * o) ** 2)


@reads("LT-14.readout")
def _(c, eta, t, E):
    return [eq(t, -eta * c * E(lambda phi: phi))], eq(-t / (eta * c), E(lambda phi: phi))


@reads("LT-14.better")
def _(p, r, s):
    return [le(p**2, s**2), le(r**2, s**2)], le((p - r) ** 2, (2 * s) ** 2)


@reads("LT-14.context")
def _(L, rho, E):
    """p, r: phi at the two ends of the coupling, g their distance; upwards, and with p, r exchanged downwards."""
    return [E.all(lambda p, r, g: le(p - r, L * g)), le(E(lambda g: g), rho), ge(L, 0)], le(
        E(lambda p, r: p - r), L * rho
    )


@reads("LT-15.budget")
def _(C, rho, s, u, v, w):
    """u = f(mu, x), w = f(mu, x'), v = f(nu, x')."""
    return [le(u - w, s), le(w - v, C * rho)], le(u - v, s + C * rho)


@reads("LT-15.query")
def _(e, x, z):
    return [le(sq(e), 1)], le((dot(e, x) - dot(e, z)) ** 2, sq(x - z))


@reads("LT-15.context")
def _(C, rho, E):
    return [E.all(lambda f, g, t: le(abs(f - g), t)), le(E(lambda t: t), rho), ge(C, 0)], le(
        abs(C * (E(lambda f: f) - E(lambda g: g))), C * rho
    )


@reads("LT-15.unit")
def _(s, x, z):
    return [eq(s**2, sq(x - z))], eq(sq((x - z) / s), 1)


@reads("LT-15.attained")
def _(C, a, b, rho, s, x, z):
    e = (x - z) / s
    return [eq(s**2, sq(x - z)), eq(a - b, rho)], eq(dot(e, x) + C * a - (dot(e, z) + C * b), s + C * rho)


@reads("LT-15.coincident", signs="a0")
def _(C, a, b, rho, e, x, z):
    return [eq(x, z), eq(a - b, rho)], eq(dot(e, x) + C * a - (dot(e, z) + C * b), C * rho)


@reads("LT-15.loss")
def _(C, M, m, rho, E):
    return [
        E.all(lambda f, h: le(f - h, M)),
        E.all(lambda g, k: ge(g - k, m)),
        eq(E(lambda f, g: f - g), rho),
        ge(C, 0),
    ], ge(C * E(lambda h, k: h - k), C * rho - C * (M - m))


@reads("LT-16.room")
def _(C, a, b, d, kappa, u, v):
    return [ge(u - v, d - C * kappa), lt(C * kappa, d - abs(a - b))], gt(u - v, abs(a - b))


def alpha_beta(a, b, u, v):
    alpha = (a - b) / (u - v)
    return alpha, b - alpha * v


@reads("LT-16.at_p")
def _(a, b, u, v):
    alpha, beta = alpha_beta(a, b, u, v)
    return [], eq(alpha * u + beta, a)


@reads("LT-16.at_q")
def _(a, b, u, v):
    alpha, beta = alpha_beta(a, b, u, v)
    return [], eq(alpha * v + beta, b)


@reads("LT-16.slope")
def _(a, b, u, v):
    return [lt(abs(a - b), u - v)], lt(abs((a - b) / (u - v)), 1)


@reads("LT-16.closed")
def _(alpha, beta, f, g, r):
    return [le(abs(alpha), 1), le(abs(f - g), r)], le(abs(alpha * f + beta - (alpha * g + beta)), r)


def rho(eps, G):
    return 1 - eps / (2 * (1 + G))


@reads("LT-17.close")
def _(G, eps, g):
    return [le(abs(g), G), ge(eps, 0)], le(abs(rho(eps, G) * g - g), eps / 2)


@reads("LT-17.below")
def _(G, eps):
    return [gt(eps, 0), lt(eps, 4 * (1 + G))], lt(abs(rho(eps, G)), 1)


@reads("LT-17.above")
def _(G, eps):
    return [le(eps, 2 * (1 + G)), gt(1 + G, 0)], ge(rho(eps, G), 0)


@reads("LT-17.gap")
def _(b, g, h, r):
    return [le(abs(g - h), b), gt(b, 0), lt(abs(r), 1)], lt(abs(r * g - r * h), b)
