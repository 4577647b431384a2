"""Readings of MM-27: depth with an MLP after attention, on the sphere, for post-norm layers."""

from proofcheck.fidelity.meaning import dot, eq, ge, gt, le, sq
from proofcheck.fidelity.reading import reads


@reads("MM-27.split")
def _(G, beta, h, p, u):
    """p = phi(x + h u) - phi(x), u = Att of length at most G: a layer is off by h p."""
    return [le(sq(p), beta**2 * sq(h * u)), le(sq(u), G**2)], le(sq(h * p), (h * h * beta * G) ** 2)


@reads("MM-27.parts")
def _(c, e, y, z):
    return [le(sq(y), c**2), le(sq(z), e**2), ge(c, 0), ge(e, 0)], le(sq(y + z), (c + e) ** 2)


@reads("MM-27.outside")
def _(h, f, x):
    return [eq(sq(x), 1), eq(dot(x, f), 0)], ge(sq(x + h * f), 1)


@reads("MM-27.projection")
def _(s, t, p, q):
    return [eq(sq(p), 1), eq(sq(q), 1), ge(s, 1), ge(t, 1)], le(sq(p - q), sq(s * p - t * q))


@reads("MM-27.share")
def _(h, r, v):
    return [ge(r, -v), ge(h, 0)], ge(1 + h * r, 1 - h * v)


@reads("MM-27.step")
def _(d, h, k, r, s, v, t):
    """s = 1 + h r, so d = h - h/s = h^2 r/s; t the tangential part of Att, r the radial one."""
    return [eq(d * s, h * h * r), ge(s, k), gt(k, 0), le(r**2 + sq(t), v**2)], le(
        sq(2 * k * d * t), (h * h * v * v) ** 2
    )
