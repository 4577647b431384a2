"""Readings of MM-31 to MM-45: exact formulas, injectivity, density, heads, lifts. Main claims."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, sq, sqrt, times
from proofcheck.fidelity.reading import reads


@reads("MM-31.order")
def _(a, b):
    return [ge(exp(a), exp(b))], ge(a, b)


@reads("MM-31.tangent")
def _(d, n, E):
    """e = e^<theta, y>."""
    return [eq(E(lambda e: e) * n, E(lambda e, y: e * y)), E.all(lambda e: ge(e, 0))], times(
        exp(-dot(d, n)), ge(E(lambda e, y: e * exp(dot(d, y))), exp(dot(d, n)) * E(lambda e: e))
    )


@reads("MM-32.attention")
def _(b, c, r, t, u, E):
    """t = theta, v = V y; b = int V y <theta, y>, c = int y <y, theta> = M theta, u = V^T r: <v, r> = <y, u>."""
    return [
        eq(b, E(lambda v, y: dot(t, y) * v)),
        eq(c, E(lambda y: dot(y, t) * y)),
        E.all(lambda v, y: eq(dot(v, r), dot(y, u))),
    ], eq(dot(b, r), dot(c, u))


@reads("MM-32.mean")
def _(h, q, u, E):
    return [E.all(lambda w, x: eq(dot(w, q), dot(x, u)))], eq(
        E(lambda x, w: dot(x + h * w, q)), E(lambda x: dot(x, q + h * u))
    )


@reads("MM-33.square")
def _(b, e, k, u):
    """|e - k|^2/2 + <b, u> + |b|^2/2 against its value at -u, where k changes its sign; <b, u> = <e, k>."""
    return [eq(dot(b, u), dot(e, k))], eq(sq(e - k) / 2 + dot(b, u) + sq(b) / 2, sq(e + k) / 2 - dot(b, u) + sq(b) / 2)


@reads("MM-34.one", probabilities="")
def _(n, r, y, E):
    """v the tokens."""
    total = E(lambda e: e)
    return [eq(total * n, E(lambda e, v: e * v)), E.all(lambda v: eq(dot(v, r), dot(y, r))), gt(total, 0)], eq(
        dot(n, r), dot(y, r)
    )


@reads("MM-34.two")
def _(s, n, r, y):
    up, down = exp(s), exp(-s)
    return [eq((up + down) * n, (up - down) * y)], eq(dot(n, r), (up - down) / (up + down) * dot(y, r))


@reads("MM-34.corner")
def _(n, r, t):
    up, down = exp(r * t), exp(-r * t)
    return [eq(n * (up + down), r * up - r * down)], eq(n, r * (up - down) / (up + down))


@reads("MM-35.inner")
def _(a, b, c, n, s, x, y):
    """Images (a - b) x + b s, s the sum of all tokens."""
    total = 1 + (n - 1) * c
    image = a**2 * c + 2 * a * b * (1 + (n - 2) * c) + b**2 * ((n - 2) + ((n - 1) ** 2 - (n - 2)) * c)
    return [eq(dot(x, y), c), eq(dot(x, s), total), eq(dot(y, s), total), eq(sq(s), n * total)], eq(
        dot((a - b) * x + b * s, (a - b) * y + b * s), image
    )


@reads("MM-35.norm")
def _(a, b, c, n, s, x):
    total = 1 + (n - 1) * c
    square = a**2 + 2 * a * b * (n - 1) * c + b**2 * ((n - 1) + (n - 1) * (n - 2) * c)
    return [eq(sq(x), 1), eq(dot(x, s), total), eq(sq(s), n * total)], eq(sq((a - b) * x + b * s), square)


@reads("MM-35.rate")
def _(c, n, q, s, x, y):
    """x' = q (s - <x, s> x)."""
    total = 1 + (n - 1) * c
    moved = dot(q * (s - dot(x, s) * x), y) + dot(x, q * (s - dot(y, s) * y))
    return [eq(dot(x, y), c), eq(dot(x, s), total), eq(dot(y, s), total)], eq(
        moved, 2 * q * (1 - c) * (1 + (n - 1) * c)
    )


@reads("MM-35.clusters")
def _(c, n, q):
    return [le(c, 1), ge(1 + (n - 1) * c, 0), ge(q, 0)], ge(2 * q * (1 - c) * (1 + (n - 1) * c), 0)


@reads("MM-35.energy")
def _(w, x):
    velocity = w - dot(x, w) * x
    return [eq(sq(x), 1)], eq(dot(w, velocity), sq(velocity))


@reads("MM-42.lower")
def _(h, m, E):
    total = E(lambda w: w)
    return [eq(m * total, E(lambda w, y: w * y)), E.all(lambda w: ge(w, 0))], ge(
        E(lambda w, y: w * exp(h * y)), total * (1 + h * m)
    )


@reads("MM-42.upper")
def _(h, m, E):
    total = E(lambda w: w)
    return [eq(m * total, E(lambda w, y: w * y)), E.all(lambda w: ge(w, 0))], ge(
        E(lambda w, y: w * exp(-h * y)), total * (1 - h * m)
    )


@reads("MM-42.factor")
def _(h, k, m, r):
    """m, k the means; f >= 1 - s, s = h (k - m) + h^2 r^2."""
    return [le(abs(m), r), le(abs(k), r)], ge((1 + h * m) * (1 - h * k), 1 - (h * (k - m) + h**2 * r**2))


@reads("MM-42.stays")
def _(f, p):
    return [le(p, 1), le(f, 1), ge(f, 0)], le(p * f, 1)


@reads("MM-42.product")
def _(S, f, p, s):
    return [ge(p, 1 - S), ge(f, 1 - s), le(p, 1), le(f, 1)], ge(p * f, 1 - S - s)


@reads("MM-42.bernstein")
def _(ell, v, x, E):
    return [E.all(lambda f, g: le(abs(v - f), ell * g)), le(E(lambda g: g), x), ge(ell, 0)], le(
        abs(v - E(lambda f: f)), ell * x
    )


@reads("MM-43.below")
def _(p, y):
    return [le(abs(y), 1), le(p, abs(y))], le(p + (y**2 - p**2) / 2, abs(y))


@reads("MM-43.above")
def _(p, y):
    return [le(p, abs(y)), ge(p, 0)], ge(p + (y**2 - p**2) / 2, p)


@reads("MM-43.contract")
def _(p, y):
    e = abs(y) - p
    return [le(p, abs(y)), ge(p, 0)], le(abs(y) - (p + (y**2 - p**2) / 2), e * (1 - e / 2))


@reads("MM-43.rate")
def _(e, f, k):
    """f the error after k + 1 steps, e after k."""
    return [le(f, e * (1 - e / 2)), le(e, 2 / (k + 2)), ge(k, 0)], le(f, 2 / (k + 3))


@reads("MM-43.lattice")
def _(f, g):
    return [], eq(max(f, g), (f + g + abs(f - g)) / 2)


@reads("MM-43.shift")
def _(b, m, n, E):
    """n the mean of y, m that of y + b, both tilted by w."""
    total = E(lambda w: w)
    return [eq(m * total, E(lambda w, y: w * (y + b))), eq(n * total, E(lambda w, y: w * y))], eq(
        (m - n) * total, b * total
    )


@reads("MM-44.score")
def _(c, q, s, y):
    """Q x = s sqrt|c| q, K y = sqrt|c| q(y)."""
    return [eq(s * abs(c), c)], eq(s * sqrt(abs(c)) * q * (sqrt(abs(c)) * y), c * q * y)


@reads("MM-44.written")
def _(m, q, v, e, x, z):
    return [eq(sq(e), 1), eq(dot(x, e), q), eq(dot(z, e), dot(x + v * m * e, e))], eq(dot(z, e), q + v * m)


@reads("MM-44.untouched")
def _(m, v, e, u, x, z):
    return [eq(dot(u, e), 0), eq(dot(z, u), dot(x + v * m * e, u))], eq(dot(z, u), dot(x, u))


@reads("MM-44.bound")
def _(R, a, b, m, q, r, v):
    """gamma = q + v m for v >= 0."""
    return [le(q, r), le(abs(m), r), eq(r, a * R + b)], le(q + v * m, (1 + abs(v)) * (a * R + b))


@reads("MM-45.cell")
def _(h, m, u):
    """m = (1 - u) (h u)^2 + u (h (1 - u))^2."""
    return [eq(m, (1 - u) * (h * u) ** 2 + u * (h * (1 - u)) ** 2)], le(m, h**2 / 4)


@reads("MM-45.sum")
def _(d, h, S):
    return [eq(S.mass, d), S.all(lambda m: le(m, h**2 / 4))], le(S(lambda m: m), d * h**2 / 4)


@reads("MM-45.cost")
def _(d, h, E):
    return [le(E(lambda g: g**2), d * h**2 / 4), ge(h, 0)], le(E(lambda g: g), h * sqrt(d) / 2)


@reads("MM-45.lipschitz")
def _(L, d, h, n, rho):
    return [le(n, L * rho), le(rho, h * sqrt(d) / 2), ge(L, 0)], le(n, L * h * sqrt(d) / 2)


@reads("MM-45.weights")
def _(L, d, gap, n, rho):
    """gap = |p - p'|_1."""
    return [le(n, L * rho), le(rho, sqrt(d) * gap / 2), ge(L, 0)], le(n, L * sqrt(d) / 2 * gap)
