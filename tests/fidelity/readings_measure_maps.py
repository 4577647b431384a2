"""Readings of MM-01 to MM-19: in-context maps, labels, push-forwards. Main claims."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, lt, sq, sqrt, weaker
from proofcheck.fidelity.reading import reads


@reads("MM-01.share")
def _(Z, g, p, s, t):
    """The probe's weight g: p = t g/((1 - t) Z + t g)."""
    return [
        eq(p * ((1 - t) * Z + t * g), t * g),
        le(g, exp(s) * Z),
        ge(g, 0),
        gt(Z, 0),
        ge(t, 0),
        lt(t, 1),
    ], le(p, t * exp(s) / (1 - t + t * exp(s)))


@reads("MM-01.attained")
def _(D, m, m1, s, t):
    """Weights 1 on the mass 1 - t at m, e^s on the mass t at m + D."""
    mass = 1 - t + t * exp(s)
    return [eq(mass * m1, (1 - t) * m + t * exp(s) * (m + D))], eq(m1 - m, D * t * exp(s) / mass)


@reads("MM-02.multiplicity")
def _(a, b, m, n):
    """a of n in X, b of m in Y."""
    return [eq(a / n, b / m)], eq(m * a, n * b)


@reads("MM-02.gap")
def _(delta, pi, u, w, x, y):
    return [le(sq(u - x), delta**2), le(sq(w - u), pi**2), le(sq(y - w), delta**2), ge(delta, 0), ge(pi, 0)], le(
        sq(x - y), (2 * delta + pi) ** 2
    )


@reads("MM-02.softmax")
def _(S, Z, r):
    return [], eq(r * S / (r * Z), S / Z)


@reads("MM-02.variance")
def _(Q, T, n, r):
    return [], eq(r * Q / (r * n) - (r * T / (r * n)) ** 2, Q / n - (T / n) ** 2)


@reads("MM-03.exp")
def _(z):
    return [le(2 * z, 1)], le(exp(z), 1 + z + 2 * z**2)


@reads("MM-03.range")
def _(T, m, n, r, P):
    return [
        eq(P(lambda g: g) * n, P(lambda g, y: g * y)),
        P.all(lambda y: ge(dot(y - m, r), -T)),
        P.all(lambda g: ge(g, 0)),
        gt(P(lambda g: g), 0),
    ], ge(dot(n - m, r), -T)


@reads("MM-03.above")
def _(L, b, P):
    return [
        le(exp(L), P(lambda g: g)),
        P.all(lambda g, z: le(g, 1 + z + 2 * z**2)),
        P.all(lambda z: le(z**2, b)),
        eq(P(lambda z: z), 0),
    ], le(L, 2 * b)


@reads("MM-03.below")
def _(L, P):
    return [ge(exp(L), P(lambda g: g)), P.all(lambda g, z: ge(g, 1 + z)), eq(P(lambda z: z), 0)], ge(L, 0)


@reads("MM-04.rescale")
def _(L, M, S):
    """From the running maximum L to M."""
    return [], eq(S(lambda s: exp(s - M)), exp(L - M) * S(lambda s: exp(s - L)))


def merged(a, x, b, y):
    """Mass and mean of two parts with masses a, b and means x, y."""
    return a + b, (a * x + b * y) / (a + b)


@reads("MM-04.associative")
def _(a, b, c, x, y, z):
    """Masses x, y, z, means a, b, c."""
    left = merged(*merged(x, a, y, b), z, c)[1]
    return [], eq(left, merged(x, a, *merged(y, b, z, c))[1])


@reads("MM-05.mass")
def _(K, f, M):
    """i, j indicate the prefix and what arrived."""
    return [
        M.all(lambda e: le(e, K * f)),
        M.all(lambda e: ge(e, f)),
        M.all(lambda i: ge(i, 0)),
        M.all(lambda j: ge(j, 0)),
        ge(K, 0),
    ], le(M(lambda j, e: j * e) * M(lambda i: i), K * M(lambda j: j) * M(lambda i, e: i * e))


@reads("MM-05.apart")
def _(r, a, b):
    return [le(sq(a), r**2), le(sq(b), r**2)], le(sq(a - b), (2 * r) ** 2)


@reads("MM-05.clock")
def _(c, d, s, t):
    """c, d the readings of the clock at s, t; strictly increasing: (d - c)(t - s) > 0 for t != s."""
    return [gt((t - s) * (d - c), 0), lt(s, t)], lt(c, d)


@reads("MM-11.decode")
def _(gamma, m, s, t):
    return [lt(abs(s - m), gamma / 2), lt(abs(t - m), gamma / 2)], lt(abs(s - t), gamma)


@reads("MM-11.binary")
def _(g, h, t):
    return [le(t, h - g)], le(t + h, 2 * h - g)


@reads("MM-11.generic")
def _(e, f, x, y):
    """Two values of e: were they different, y = 0."""
    return [eq((1 - e) * x + e * y, 0), eq((1 - f) * x + f * y, 0)], eq((e - f) * y, 0)


@reads("MM-11.dense")
def _(D, eps, E):
    return [E.all(lambda g: le(g, D)), ge(eps, 0)], le(eps * E(lambda g: g), eps * D)


@reads("MM-13.exact")
def _(at, b, eps, new, old, E):
    """new, old: int psi df(mu_eps), int psi df(mu); at: psi(G(mu_eps, x)); after, before: psi at the old atoms."""
    return [
        eq(new, (1 - eps) * E(lambda after: after) + eps * at),
        eq(old, E(lambda before: before)),
        eq(b * eps, new - (1 - eps) * old),
        E.all(lambda after, before: eq(after, before)),
        gt(eps, 0),
    ], eq(b, at)


@reads("MM-14.uniform")
def _(t, p, q, z):
    return [le(sq(p - z), (t / 2) ** 2), le(sq(q - z), (t / 2) ** 2)], le(sq(p - q), t**2)


@reads("MM-14.image")
def _(K, rho, t, E):
    """A pair at distance g goes to at most t + K (g + rho)."""
    return [E.all(lambda g, o: le(o, t + K * (g + rho))), le(E(lambda g: g), rho), ge(K, 0)], le(
        E(lambda o: o), t + 2 * K * rho
    )


@reads("MM-14.discrete")
def _(r, E):
    return [E.all(lambda g: le(g, r))], le(E(lambda g: g), r)


@reads("MM-15.markov")
def _(s, tau, E):
    return [E.all(lambda far, g: le(s * far, g)), le(E(lambda g: g), tau), gt(s, 0)], le(E(lambda far: far), tau / s)


@reads("MM-15.weak")
def _(D, eps, E):
    return [E.all(lambda g: le(g, D)), ge(eps, 0)], le(eps * E(lambda g: g), eps * D)


@reads("MM-16.mean")
def _(rho, E):
    """Upwards, and with x, y exchanged downwards."""
    return [E.all(lambda g, x, y: weaker(eq(g, abs(x - y)), ge(g, x - y))), le(E(lambda g: g), rho)], le(
        E(lambda x, y: x - y), rho
    )


@reads("MM-16.mean2")
def _(M, N, rho, E):
    return [
        eq(M**2, E(lambda x: x**2)),
        eq(N**2, E(lambda y: y**2)),
        le(E(lambda x, y: (x - y) ** 2), rho**2),
        ge(M, 0),
        ge(N, 0),
        ge(rho, 0),
    ], le(M - N, rho)


@reads("MM-16.w1")
def _(M, N, d, rho, s, E):
    """The line: |s| (M - N) + N |s - s'| <= sqrt(2) (M - N); a pair goes to o <= |s| g + y d."""
    return [
        E.all(lambda o, g, y: le(o, abs(s) * g + y * d)),
        le(abs(s) * (M - N) + N * d, sqrt(2) * (M - N)),
        le(M - N, rho),
        le(abs(s), 1),
        eq(E(lambda y: y), N),
        le(E(lambda g: g), rho),
    ], le(E(lambda o: o), sqrt(2) * rho)


@reads("MM-16.jump")
def _(omega, u, v):
    return [eq(u, 1), eq(v, -1), le(abs(u - v), omega)], ge(omega, 2)


@reads("MM-17.close")
def _(M, d, eta):
    """(s - s')^2 M eta <= (eta - M)^2."""
    return [le(d**2 * M * eta, (eta - M) ** 2), gt(M, 0), le(M, eta)], le((M * d) ** 2, eta**2 * 4 / 27)


@reads("MM-17.truncation")
def _(M, N, eta, rho):
    return [le(abs(M - N), rho)], le(abs(max(M, eta) - max(N, eta)), rho)


@reads("MM-17.factor")
def _(M, N, d, eta):
    return [le(d**2 * M * N, (M - N) ** 2), ge(M, eta), ge(N, eta), gt(eta, 0)], le(abs(d), abs(M - N) / eta)


@reads("MM-18.pair")
def _(L, M, g, w, s, t):
    """w is the W_p distance."""
    return [le(sq(s), (L * g) ** 2), le(sq(t), (M * w) ** 2), ge(L, 0), ge(M, 0), ge(g, 0), ge(w, 0)], le(
        sq(s + t), (L * g + M * w) ** 2
    )


@reads("MM-18.push")
def _(L, M, k, p, r, E):
    """A pair at distance e^y goes to e^(k + u) <= L e^y + M e^r."""
    return [
        E.all(lambda u, y: le(exp(k + u), L * exp(y) + M * exp(r))),
        eq(exp(k), L + M),
        le(E(lambda y: exp(p * y)), exp(p * r)),
        ge(L, 0),
        ge(M, 0),
        ge(p, 1),
    ], le(E(lambda u: exp(p * (k + u))), exp(p * (k + r)))


@reads("MM-18.push_inf")
def _(L, M, w, E):
    return [E.all(lambda o, g: le(o, L * g + M * w)), E.all(lambda g: le(g, w)), ge(L, 0)], E.all(
        lambda o: le(o, (L + M) * w)
    )


@reads("MM-18.attained")
def _(L, M, m, w, y):
    """An atom y under a law of mean m, both moved by w."""
    return [], eq(sq(L * (y + w) + M * (m + w) - (L * y + M * m)), (L + M) ** 2 * sq(w))


@reads("MM-19.atom")
def _(D, a, g, h, x):
    return [ge(g + h, D), ge(x, 0), ge(a - x, 0), ge(g, 0), ge(h, 0)], ge(x * g + (a - x) * h, D * min(x, a - x))


@reads("MM-19.cost")
def _(D, S):
    return [S.all(lambda c, f: ge(c, D * f))], ge(S(lambda c: c), D * S(lambda f: f))


@reads("MM-19.rounding")
def _(D, t, w, S):
    """f = |x - r| is the smaller part."""
    return [
        S.all(lambda f, r, x: weaker(eq(f, abs(x - r)), ge(f, abs(x - r)))),
        eq(S(lambda x: x), w),
        eq(S(lambda r: r), t),
        ge(D, 0),
    ], ge(D * S(lambda f: f), D * abs(w - t))


@reads("MM-19.attained")
def _(D, c, t, w):
    return [eq(c, D * max(t - w, w - t))], eq(c, D * abs(w - t))
