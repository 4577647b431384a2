"""Readings of the remaining claims of MM-31 to MM-45, and of two whose sentences refer to the steps before them."""

from proofcheck.fidelity.meaning import dot, eq, every, ge, gt, le, sq, sqrt, weaker
from proofcheck.fidelity.reading import reads


@reads("MM-32.layer")
def _(h, q, r, s, u, E):
    return [E.all(lambda w, x: eq(dot(w, q), dot(x, u))), E.all(lambda w, x: eq(dot(w, r), dot(x, s)))], eq(
        E(lambda x, w: dot(x + h * w, q) * dot(x + h * w, r)), E(lambda x: dot(x, q + h * u) * dot(x, r + h * s))
    )


@reads("MM-32.exists")
def _(k, l, p, s, t):
    return [le(l * s, k * p), ge(t, 0)], ge(p - l * t * s, (1 - t * k) * p)


@reads("MM-33.density")
def _(b, t, u, w, z):
    """t = A x, z = R u, w = R b: <b, u> = <t, z>, |b|^2 = <t, w>."""
    return [eq(dot(b, u), dot(t, z)), eq(sq(b), dot(t, w))], eq(
        dot(t, z + w) - dot(t, w) / 2 - dot(b, u) - sq(b) / 2, 0
    )


@reads("MM-33.marginal")
def _(l, p, s, q, E):
    """w = X A x, z = xi; s = <q, Sigma q>."""
    return [
        eq(E(lambda w: dot(w, q) ** 2), p),
        eq(E(lambda z: dot(z, q) ** 2), l),
        eq(E(lambda w, z: dot(w, q) * dot(z, q)), 0),
        eq(l + p, s),
    ], eq(E(lambda w, z: dot(w + z, q) ** 2), s)


@reads("MM-42.positive")
def _(h, m, r):
    return [le(abs(m), r), gt(1, 2 * r * h), ge(h, 0)], gt(1 + h * m, 0)


@reads("MM-42.below")
def _(Y, Z, h, k, m):
    return [ge(Y, Z * (1 + h * m)), ge(Z, Y * (1 - h * k)), ge(1 - h * k, 0), gt(Z, 0)], le(
        (1 + h * m) * (1 - h * k), 1
    )


@reads("MM-42.step")
def _(U, V, Y, Z, h, k, m, q):
    """nu over mu is at most q at c. MM-42.lower for mu and MM-42.upper for nu: at c + h, times the factor, too."""
    mu, nu = ge(Y, Z * (1 + h * m)), ge(U, V * (1 - h * k))
    return [mu, nu, le(U, q * Z), ge(q, 0), gt(1 + h * m, 0)], le(V * ((1 + h * m) * (1 - h * k)), q * Y)


@reads("MM-42.sum")
def _(c, first, h, last, n, r):
    return [
        weaker(le(abs(first), r), ge(first, -r)),
        weaker(le(abs(last), r), le(last, r)),
        eq(c, n * h),
        ge(h, 0),
    ], le(h * (last - first) + n * h**2 * r**2, 2 * r * h + c * h * r**2)


@reads("MM-42.variance")
def _(n, u, E):
    return [eq(E(lambda s: s), u), eq(E(lambda s: s**2), u**2 + u * (1 - u) / n)], le(
        4 * n * E(lambda s: (s - u) ** 2), 1
    )


@reads("MM-42.coordinates")
def _(d, n, S):
    return [eq(S.mass, d), S.all(lambda m: le(4 * n * m, 1))], le(4 * n * S(lambda m: m), d)


@reads("MM-42.root")
def _(d, n, E):
    return [le(4 * n * E(lambda g: g**2), d)], le(E(lambda g: g), sqrt(d) / (2 * sqrt(n)))


@reads("MM-42.close")
def _(a, b, d, ell, n, p, x):
    """x the error of one law, at most ell sqrt(d/n)/2."""
    return [le(abs(a - p), x), le(abs(b - p), x), le(x, ell * sqrt(d) / (2 * sqrt(n)))], le(
        abs(a - b), ell * sqrt(d) / sqrt(n)
    )


@reads("MM-43.product")
def _(B, C, f, g, r, s, u, v):
    """f moves to g by at most r, u to v by at most s."""
    return [le(abs(f - g), r), le(abs(u - v), s), le(abs(u), B), le(abs(g), C)], le(abs(f * u - g * v), B * r + C * s)


@reads("MM-43.interpolate")
def _(a, b, f, g):
    return [], eq(a * (f - g) / (f - g) + b * (f - f) / (f - g), a)


@reads("MM-43.cover")
def _(M, c, eps, h, m, v):
    return [ge(M, m), gt(m, v - eps), eq(M, c), le(c, h), gt(v + eps, h)], gt(eps, abs(M - v))


@reads("MM-44.line")
def _(A, R, b, a, x):
    """From above, and for -a, -b from below."""
    return [le(sq(x), R**2), le(sq(a), A**2), ge(R, 0), ge(A, 0)], le(dot(x, a) + b, A * R + abs(b))


@reads("MM-44.range")
def _(m, r, E):
    """From above, and for -y, -m from below."""
    total = E(lambda w: w)
    return [
        eq(m * total, E(lambda w, y: w * y)),
        E.all(lambda y: le(y, r)),
        E.all(lambda w: ge(w, 0)),
        gt(total, 0),
    ], le(m, r)


@reads("MM-44.product")
def _(B, P, e, err, g, p, z):
    """p the product so far, P the exact one, g the next factor, z the product computed."""
    return [le(abs(p - P), e), le(abs(g), B), le(z - p * g, err)], le(z - P * g, B * e + err)


@reads("MM-31.mean", probabilities="G")
def _(k, c, m, n, u, G):
    """u = theta, w = m + c - n; <d, w> + <d, Sigma d>/2 >= 0 for every d, Sigma u written out."""
    w = m + c - n
    return [
        eq(c, G(lambda X: dot(X, u) * X)),
        every(len(w.row), lambda d: ge(dot(d, m - n) + G(lambda X: dot(X, u) * dot(X, d) + dot(X, d) ** 2 / 2), 0)),
        eq(k * (1 + G(lambda X: dot(X, w) ** 2)), 1),
    ], eq(sq(w), 0)


@reads("MM-31.layer")
def _(h, p, q, u, w, x):
    """p = V m."""
    return [eq(dot(w, q), dot(x, u))], eq(dot(x + h * (p + w), q), h * dot(p, q) + dot(x, q + h * u))


@reads("MM-31.covariance")
def _(h, q, u, E):
    def cov(f, g):
        return E(lambda w, y: f(w, y) * g(w, y)) - E(lambda w, y: f(w, y)) * E(lambda w, y: g(w, y))

    def own(w, y):
        return dot(y, q)

    def moved(w, y):
        return dot(y, u)

    def image(w, y):
        return dot(y + h * w, q)

    return [E.all(lambda w, y: eq(dot(w, q), dot(y, u)))], eq(
        cov(image, image), cov(own, own) + 2 * h * cov(own, moved) + h**2 * cov(moved, moved)
    )


@reads("MM-32.resolvent")
def _(l, s, t, a, b, pa, pb, sa, sb, x, y):
    """pa = P a and so on; a = M_t x, b = M_s y."""
    return [
        eq(x, pa - l * t * sa),
        eq(y, pb - l * s * sb),
        eq(dot(pa, b), dot(a, pb)),
        eq(dot(sa, b), dot(a, sb)),
    ], eq(dot(a, y) - dot(x, b), l * (t - s) * dot(a, sb))


@reads("MM-33.centre")
def _(c, n, r, G):
    """l = L u, odd; the integral of an even weight times it is 0."""
    return [
        eq(G(lambda w: w) * n, G(lambda w, l: w * (c + l))),
        eq(G(lambda w, l: w * l), c - c),
        gt(G(lambda w: w), 0),
    ], eq(dot(n, r), dot(c, r))


@reads("MM-33.shift")
def _(e, c, m, r, x, z):
    """z = Sigma (x - c)."""
    return [eq(e * (c - m), z)], eq(dot(z + e * (x - c), r), e * dot(x - m, r))


@reads("MM-34.product")
def _(n, F, G):
    """G the coordinate with weights e, F the others with w: the weights of the product are e w."""
    others = F(lambda w: w)
    return [eq(n * G(lambda e: e) * others, G(lambda e, y: e * y) * others), gt(others, 0)], eq(
        n * G(lambda e: e), G(lambda e, y: e * y)
    )


@reads("MM-43.separate")
def _(m, n, q, t):
    """gamma = q + m and q + n (v = 1): t apart if the means are."""
    return [ge(abs(m - n), t)], ge(abs(q + m - (q + n)), t)


@reads("MM-14.extension")
def _(K, a, b, dist, gap, near, new, r, s, t):
    """z, z' `dist` apart, the k-th points of their sequences `near`, off by r, s; values off their limits by a, b."""
    kept, values, points = le(gap, t + K * near), le(new, gap + a + b), le(near, dist + r + s)
    return [kept, values, points, ge(K, 0)], le(new, t + K * dist + a + b + K * r + K * s)
