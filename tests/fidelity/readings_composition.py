"""Readings of LT-09 to LT-11 and LT-21: composition, domains, sorting, deep context bounds."""

from proofcheck.fidelity.meaning import eq, ge, le, sq
from proofcheck.fidelity.reading import reads


def grown(E, q, c, rho):
    """A pair at distance g goes to distance o <= q g + c rho."""
    return E.all(lambda g, o: le(o, q * g + c * rho))


@reads("LT-09.layer")
def _(c, q, rho, E):
    return [grown(E, q, c, rho), le(E(lambda g: g), rho), ge(q, 0)], le(E(lambda o: o), (q + c) * rho)


@reads("LT-09.layer2")
def _(c, q, rho, E):
    return [
        grown(E, q, c, rho),
        E.all(lambda o: ge(o, 0)),
        le(E(lambda g: g**2), rho**2),
        ge(q, 0),
        ge(c, 0),
    ], le(E(lambda o: o**2), ((q + c) * rho) ** 2)


@reads("LT-09.layer_inf")
def _(c, q, rho, E):
    return [grown(E, q, c, rho), E.all(lambda g: le(g, rho)), ge(q, 0)], E.all(lambda o: le(o, (q + c) * rho))


@reads("LT-09.query")
def _(C, P, c, q, rho, rho0, s, t):
    """s: gap before, t: gap behind one more layer, rho: distance of the contexts it sees."""
    return [le(t, q * s + c * rho), le(s, C * rho0), le(rho, P * rho0), ge(q, 0), ge(c, 0)], le(
        t, (q * C + c * P) * rho0
    )


@reads("LT-09.telescope")
def _(P, Q, c, q):
    """C = P - Q before; C' = q C + c P, P' = (q + c) P, Q' = q Q behind."""
    C = P - Q
    return [], eq(q * C + c * P, (q + c) * P - q * Q)


@reads("LT-10.radius")
def _(a, eta, r, m, x, E):
    """y the tokens under the tilted measure, v = A y, m their mean, x - eta m the step."""
    return [
        E.all(lambda v, y: le(sq(v), a**2 * sq(y))),
        E.all(lambda y: le(sq(y), r**2)),
        le(sq(x), r**2),
        eq(m, E(lambda v: v)),
        ge(a, 0),
        ge(eta, 0),
    ], le(sq(x - eta * m), (r * (1 + eta * a)) ** 2)


@reads("LT-10.mlp")
def _(n, r, f, f0):
    """f = F(x), f0 = F(0), |x| <= r."""
    return [le(sq(f - f0), r**2), le(sq(f0), n**2), ge(r, 0), ge(n, 0)], le(sq(f), (r + n) ** 2)


@reads("LT-10.diameter")
def _(Delta, f, g, x, y):
    return [le(sq(f - g), sq(x - y)), le(sq(x - y), Delta**2)], le(sq(f - g), Delta**2)


@reads("LT-10.spread")
def _(D, Delta, eta, f, g, m, n, E):
    """f = Gamma(mu, x), g = Gamma(mu, z), g + eta (m - n) = Gamma(nu, z); v, w images of the tokens of mu and nu."""
    return [
        le(sq(f - g), Delta**2),
        E.all(lambda v, w: le(sq(v - w), D**2)),
        eq(m, E(lambda v: v)),
        eq(n, E(lambda w: w)),
        ge(Delta, 0),
        ge(D, 0),
        ge(eta, 0),
    ], le(sq(f - (g + eta * (m - n))), (Delta + eta * D) ** 2)


@reads("LT-10.step")
def _(D, Delta, a, eta):
    return [ge(D, 0), le(D, a * Delta), le(eta * a**2 * Delta**2, 8)], le(eta * D**2, 8)


@reads("LT-11.min")
def _(a, b):
    """Row (1, -1), step 1: the first coordinate is a - relu(a - b)."""
    return [], eq(a - max(a - b, 0), min(a, b))


@reads("LT-11.max")
def _(a, b):
    return [], eq(b + max(a - b, 0), max(a, b))


@reads("LT-11.attained")
def _():
    """W u = u_1 - u_2 at u = (1, -1): |W u|^2 = 2 |u|^2."""
    u = (1, -1)
    return [], eq((u[0] - u[1]) ** 2, 2 * (u[0] ** 2 + u[1] ** 2))


@reads("LT-11.norm")
def _(a, b):
    return [], le((a - b) ** 2, 2 * (a**2 + b**2))


@reads("LT-21.ball")
def _(a, r, v, w):
    return [le(sq(v), (a * r) ** 2), le(sq(w), (a * r) ** 2)], le(sq(v - w), (2 * a * r) ** 2)


@reads("LT-21.layer")
def _(P, c, rho, rho0, s, t):
    return [le(t, s + c * rho), le(s, (P - 1) * rho0), le(rho, P * rho0), ge(c, 0)], le(t, (P * (1 + c) - 1) * rho0)
