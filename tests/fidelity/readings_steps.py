"""Readings of LT-01 to LT-05: MLP steps, the log-partition function, attention steps in the query."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, lt, sq
from proofcheck.fidelity.reading import reads


def relu(s):
    return max(s, 0)


def covariance(E, f, g):
    """Cov(f, g) of two random numbers under a probability, f and g functions of v."""
    return E(lambda v: f(v) * g(v)) - E(lambda v: f(v)) * E(lambda v: g(v))


def covariance_image(E, u):
    """Cov(v) u = E[<v, u> (v - E v)]."""
    mean = E(lambda v: v)
    return E(lambda v: dot(v, u) * (v - mean))


@reads("LT-01.secant")
def _(a, d):
    """a = s - t >= 0 without loss (or both signs), d = sigma(s) - sigma(t): d (a - d) >= 0 is 'between 0 and a'."""
    return [ge(a * d, 0), le(d**2, a**2)], ge(d * (a - d), 0)


@reads("LT-01.slope")
def _(s, t):
    d = relu(s) - relu(t)
    return [], ge(d * (s - t - d), 0)


@reads("LT-01.step")
def _(tau, w, u, z, S):
    """a_i = (W u)_i, d_i = sigma(s_i) - sigma(t_i), S the sum over the units; the image of u is u - tau z."""
    return [
        S.all(lambda a, d: ge(d * (a - d), 0)),
        eq(dot(u, z), S(lambda a, d: a * d)),
        le(sq(z), w**2 * S(lambda d: d**2)),
        ge(tau, 0),
        le(tau * w**2, 2),
    ], le(sq(u - tau * z), sq(u))


@reads("LT-01.sharp", signs="a0")
def _(tau, w, u, z):
    """All units active: F(x) - F(y) = u - tau W^T W u, z = W^T W u = w^2 u."""
    return [eq(z, w**2 * u), gt(sq(u), 0), gt(tau * w**2, 2)], gt(sq(u - tau * z), sq(u))


@reads("LT-02.quotient")
def _(F):
    """F integrates against e^<x,v> dmu: D_h (F[f]/Z) with D_h F[f] = F[g + f s], D_h Z = F[s]."""
    Z = F.mass
    left = (F(lambda f, g, s: g + f * s) * Z - F(lambda f: f) * F(lambda s: s)) / Z**2
    right = F(lambda g: g) / Z + F(lambda f, s: f * s) / Z - F(lambda f: f) * F(lambda s: s) / Z**2
    return [gt(Z, 0)], eq(left, right)


@reads("LT-02.convex")
def _(F):
    Z = F.mass
    return [gt(Z, 0)], ge(F(lambda s: s**2) / Z - (F(lambda s: s) / Z) ** 2, 0)


@reads("LT-04.step")
def _(beta, eta, h, u, E):
    return [
        E.all(lambda v: le(sq(v), beta)),
        eq(h, covariance_image(E, u)),
        ge(eta, 0),
        le(eta * beta, 2),
    ], le(sq(u - eta * h), sq(u))


@reads("LT-04.variance")
def _(beta, q, E):
    variance = E(lambda v: dot(v, q) ** 2) - E(lambda v: dot(v, q)) ** 2
    return [E.all(lambda v: le(sq(v), beta))], le(variance, beta * sq(q))


@reads("LT-05.range")
def _(D, q, y, z):
    """<y - z, q> <= D |q|, squared: both signs of q at once."""
    return [le(sq(y - z), D**2)], le(dot(y - z, q) ** 2, D**2 * sq(q))


@reads("LT-05.popoviciu")
def _(M, m, E):
    variance = E(lambda t: t**2) - E(lambda t: t) ** 2
    return [E.all(lambda t: ge(t, m)), E.all(lambda t: le(t, M))], le(variance, (M - m) ** 2 / 4)


@reads("LT-05.step")
def _(D, M, eta, m, h, u, E):
    return [
        E.all(lambda v: ge(dot(v, h), m)),
        E.all(lambda v: le(dot(v, h), M)),
        le((M - m) ** 2, D**2 * sq(h)),
        eq(h, covariance_image(E, u)),
        ge(eta, 0),
        le(eta * D**2, 8),
    ], le(sq(u - eta * h), sq(u))


def tanh(s):
    return (exp(2 * s) - 1) / (exp(2 * s) + 1)


@reads("LT-05.expands", signs="target")
def _(D, eta, s):
    """0 < s < eta D^2/8 - 1."""
    return [gt(s, 0), gt(eta * D**2, 8 * (1 + s))], gt(eta * D**2 * tanh(s) / (4 * s), 2)


@reads("LT-05.negative", signs="target")
def _(D, eta, s):
    return [gt(s, 0), gt(D, 0), lt(eta, 0)], gt(1 - eta * D**2 * tanh(s) / (4 * s), 1)


@reads("LT-05.better")
def _(beta, y, z):
    """|y - z|^2 <= 4 beta for all such y, z, so D^2/4 <= beta."""
    return [le(sq(y), beta), le(sq(z), beta)], le(sq(y - z) / 4, beta)


@reads("LT-05.constant")
def _(c, m, E):
    return [E.all(lambda v: eq(v, c)), eq(m, E(lambda v: v))], le(sq(m - c), 0)
