"""Readings of the remaining claims of LT-12 to LT-20, AS-09 to AS-11 and SM-02."""

from proofcheck.fidelity.meaning import dot, eq, every, ge, gt, le, sq, weaker
from proofcheck.fidelity.reading import reads


@reads("AS-09.two_gains")
def _(g1, g2, gamma, z1, z2):
    return [eq(g1**2, gamma**2), eq(g2**2, gamma**2)], eq((g1 * z1) ** 2 + (g2 * z2) ** 2, gamma**2 * (z1**2 + z2**2))


@reads("AS-10.row")
def _(P, chi, l1, q, w, x1, T):
    """The largest weight P sees x1 and l1, the others p see x and l."""
    m = P * l1 + T(lambda p, l: p * l)
    return [
        T.all(lambda p: ge(p, 0)),
        T.all(lambda p: le(p, q)),
        eq(P + T(lambda p: p), 1),
        ge(P, q),
        ge(q, 0),
        every(len(x1.row), lambda k: le(dot(x1, k) ** 2 + T(lambda x: dot(x, k) ** 2), chi**2 * sq(k))),
        eq(w, P * (l1 - m) * x1 + T(lambda p, l, x: p * (l - m) * x)),
        gt(chi, 0),
    ], le(sq(w), (chi * P * (1 - P + q)) ** 2 * (l1**2 + T(lambda l: l**2)))


@reads("AS-10.scores")
def _(a, chi, c, e, Y):
    """c = A e."""
    return [
        every(len(c.row), lambda k: le(Y(lambda x: dot(x, k) ** 2), chi**2 * sq(k))),
        le(sq(c), a**2 * sq(e)),
    ], le(Y(lambda x: dot(c, x) ** 2), (a * chi) ** 2 * sq(e))


@reads("AS-11.quotient")
def _(m, o, q, F):
    """Scores -|z|^2, of slope 2 <z, u>; tested with q."""
    Z = F.mass

    def slope(z, u):
        return 2 * dot(z, u)

    top = F(lambda e, z, u: dot(e, q) + dot(o + z, q) * slope(z, u))
    left = (top * Z - F(lambda z: dot(o + z, q)) * F(lambda z, u: slope(z, u))) / Z**2
    return [eq(Z * m, F(lambda z: z))], eq(
        left, F(lambda e: dot(e, q)) / Z + 2 * F(lambda z, u: dot(z - m, q) * dot(z, u)) / Z
    )


@reads("AS-11.tilt")
def _(c, eps, w, E):
    mean = E(lambda z: z)
    return [
        le(E(lambda z: sq(z)), c),
        E.all(lambda u: le(sq(u), 2 * eps**2)),
        eq(w, 2 * E(lambda z, u: dot(z, u) * (z - mean))),
    ], le(sq(w), 8 * c**2 * eps**2)


@reads("AS-11.head")
def _(kappa, nu, omega, S):
    """y = x W/k^{1/4}, m the rows, t = m W^T/k^{1/4}, f = t V."""
    return [
        weaker(S.all(lambda x, y: le(sq(y), omega**2 * sq(x))), le(S(lambda y: sq(y)), omega**2 * S(lambda x: sq(x)))),
        le(S(lambda m: sq(m)), kappa**2 * S(lambda y: sq(y))),
        S.all(lambda t, m: le(sq(t), omega**2 * sq(m))),
        S.all(lambda f, t: le(sq(f), nu**2 * sq(t))),
    ], le(S(lambda f: sq(f)), (kappa * omega**2 * nu) ** 2 * S(lambda x: sq(x)))


@reads("AS-11.heads")
def _(eps, kappa, o, y, K):
    return [
        K.all(lambda f, l: le(sq(f), (kappa * l * eps) ** 2)),
        le(sq(y), o**2 * K(lambda f: sq(f))),
    ], le(sq(y), (o * kappa * eps) ** 2 * K(lambda l: l**2))


@reads("LT-12.keeps")
def _(eta, e, h, x, E):
    return [
        eq(E(lambda w: w) * h, E(lambda w, a: w * a)),
        E.all(lambda w: gt(w, 0)),
        E.all(lambda a: eq(dot(a, e), 0)),
    ], eq(dot(x - eta * h, e), dot(x, e))


@reads("LT-14.mean")
def _(c, eta, e, h, x, E):
    """A y = c phi e, weights omega."""
    return [
        eq(E(lambda omega: omega) * h, E(lambda omega, phi: omega * c * phi) * e),
        E.all(lambda omega: eq(omega, 1)),
        eq(sq(e), 1),
        eq(dot(x, e), 0),
    ], eq(dot(x - eta * h, e), -eta * c * E(lambda phi: phi))


@reads("LT-14.keeps")
def _(c, eta, e, h, r, x, E):
    return [
        eq(E(lambda omega: omega) * h, E(lambda omega, phi: omega * c * phi) * e),
        E.all(lambda omega: eq(omega, 1)),
        eq(dot(e, r), 0),
    ], eq(dot(x - eta * h, r), dot(x, r))


@reads("LT-14.many")
def _(n1, n2, a, b):
    return [le(sq(a), n1), le(sq(b), n2), eq(dot(a, b), 0)], le(sq(a + b), n1 + n2)


@reads("LT-18.centre")
def _(eps, f, m, v):
    return [eq(m, f), eq(f, v), gt(eps, 0)], gt(m, v - eps / 2)


@reads("LT-19.coordinate")
def _(b, s, tau, e, v, z):
    """Units +-p, p = <v, z> - s t + b, along v - s e, t = <z, e>."""
    p = dot(v, z) - s * dot(z, e) + b
    after = z - tau * (max(p, 0) - max(-p, 0)) * (v - s * e)
    return [eq(dot(z, e), 0), eq(dot(v, e), 0), eq(sq(e), 1), eq(2 * s**2 * tau, 1)], eq(
        2 * s * dot(after, e), dot(v, z) + b
    )


@reads("LT-20.four")
def _(p, q):
    return [], eq(max(p, q) ** 2 + min(p, q) ** 2, p**2 + q**2)


@reads("SM-02.attained")
def _(P, k, q):
    """The variance of u = (-k, 1, ..., 1), |u|^2 = k^2 + k, under the weights P and q, k times."""
    mean = -k * P + k * q
    return [eq(P + k * q, 1)], eq(P * k**2 + k * q - mean**2, P * (1 - P + q) * (k**2 + k))


@reads("LT-12.marginal", probabilities="E F")
def _(m, n, E, F):
    return [
        eq(E(lambda w: w) * m, E(lambda w, v: w * v)),
        eq(F(lambda e: e) * n, F(lambda e, u: e * u)),
        eq(E(lambda w: w), F(lambda e: e)),
        eq(E(lambda w, v: w * v), F(lambda e, u: e * u)),
        gt(E(lambda w: w), 0),
    ], le(sq(m - n), 0)


@reads("MM-01.pushforward", probabilities="E F H")
def _(q, r, E, F, H):
    """The integral of a function is that of its inner product with the features."""
    return [
        eq(F(lambda Y: Y), E(lambda X: X)),
        eq(H(lambda Z: Z), F(lambda W: W)),
        F.all(lambda W, Y: eq(dot(r, Y), dot(q, W))),
        E.all(lambda X, U: eq(dot(r, X), dot(q, U))),
    ], eq(H(lambda Z: dot(q, Z)), E(lambda U: dot(q, U)))
