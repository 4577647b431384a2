"""Readings of AS-02 and AS-02B: lower bounds of the Lipschitz constant of attention on a ball."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, sq, times
from proofcheck.fidelity.reading import reads


def of_leader(p, N, g):
    """p (1 + N e^{-g}), which is 1 where p is the weight of a leader over N followers that score less by g."""
    return p * (1 + N * exp(-g))


@reads("AS-02.weight")
def _(N, g, p, s):
    """s is the leader's score."""
    return [eq(p * (exp(s) + N * exp(s - g)), exp(s))], eq(of_leader(p, N, g), 1)


@reads("AS-02.moved")
def _(N, c, delta, g, h, p, p1, s, v, f, w):
    """f = V e, w = V u, c = <e, u>, s = alpha - beta; a follower's output moves by V (p1 h e + (p1 - p) s u)."""
    return [
        le(of_leader(p, N, g), 1),
        ge(p, 0),
        ge(of_leader(p1, N, g + delta), 1),
        ge(delta, 0),
        eq(sq(f), v**2),
        eq(dot(f, w), v**2 * c),
        ge(s * c, 0),
        ge(N, 0),
        ge(h, 0),
    ], ge(sq(p1 * h * f + (p1 - p) * s * w), (v * p * h) ** 2)


@reads("AS-02.along")
def _(N, delta, g, h, k, p, p1, s, w):
    """w = V u."""
    return [
        le(of_leader(p, N, g), 1),
        ge(p, 0),
        ge(of_leader(p1, N, g + delta), 1),
        eq(g, k * s),
        eq(delta, k * h),
        ge(k, 0),
        ge(s, 0),
        ge(h, 0),
        ge(N, 0),
    ], times(
        (1 + delta) ** 2,
        ge(sq(p1 * h * w + (p1 - p) * s * w), sq(w) * (p * (1 + (1 - p) * g / (1 + delta)) * h) ** 2),
    )


@reads("AS-02.rows")
def _(h, v, S):
    return [S.all(lambda d, p: ge(sq(d), (v * p * h) ** 2))], ge(S(lambda d: sq(d)), v**2 * h**2 * S(lambda p: p**2))


@reads("AS-02.telescope")
def _(b, i):
    return [ge(i, 0), ge(b, 0)], ge(1 / (1 + i * b) ** 2, 1 / ((1 + i * b) * (1 + (i + 1) * b)))


@reads("AS-02.half")
def _(N, g, p):
    return [eq(of_leader(p, N, g), 1), le(N, exp(g)), ge(N, 0)], ge(2 * p, 1)


@reads("AS-02.saturates")
def _(N, g, p):
    return [eq(of_leader(p, N, g), 1)], times(exp(-g), le(N * p**2, exp(g) / 4))


@reads("AS-02B.gap")
def _(a, r, t, b, z):
    """b = A z; followers at z, leader at y = r b/t."""
    y = r / t * b
    return [eq(sq(z), (r / 2) ** 2), eq(sq(b), t**2), eq(t, a * r / 2), ge(r, 0), gt(t, 0)], ge(
        dot(b, y) - dot(b, z), a * r**2 / 4
    )


@reads("AS-02B.weight")
def _(G, N, g, p):
    return [eq(of_leader(p, N, g), 1), ge(g, G), ge(N, 0)], ge(of_leader(p, N, G), 1)


@reads("AS-02B.second")
def _(s1, s2, sigma1, sigma2, f1, f2):
    """f_i = V v_i; V (s2 v1 - s1 v2) is at least sigma_2 times the norm of s2 v1 - s1 v2."""
    return [
        eq(sq(f1), sigma1**2),
        eq(sq(f2), sigma2**2),
        eq(dot(f1, f2), 0),
        ge(sigma1, sigma2),
        ge(sigma2, 0),
    ], ge(sq(s2 * f1 - s1 * f2), sigma2**2 * (s1**2 + s2**2))


@reads("AS-02B.first")
def _(sigma1, sigma2, f1):
    return [eq(sq(f1), sigma1**2), ge(sigma1, sigma2), ge(sigma2, 0)], ge(sq(f1), sigma2**2)


@reads("AS-02B.still")
def _(h, b, e, y):
    """b = A z."""
    return [eq(dot(b, e), 0)], eq(dot(b, y + h * e), dot(b, y))


@reads("AS-02B.tilt")
def _(N, delta, g, h, p, p1, e, w):
    """w = y - z; a row moves by p1 h e + (p1 - p) w, at least p (1 - p) delta/(1 + delta) |w|."""
    return [
        le(of_leader(p, N, g), 1),
        ge(p, 0),
        ge(of_leader(p1, N, g + delta), 1),
        ge(delta, 0),
        ge(dot(e, w), 0),
        ge(h, 0),
        ge(N, 0),
    ], times((1 + delta) ** 2, ge(sq(p1 * h * e + (p1 - p) * w), (p * (1 - p) * delta / (1 + delta)) ** 2 * sq(w)))


@reads("AS-02B.apart")
def _(r, y, z):
    return [eq(sq(y), r**2), eq(sq(z), r**2), le(dot(y, z), 0)], ge(sq(y - z), 2 * r**2)
