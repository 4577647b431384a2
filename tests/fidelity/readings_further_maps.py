"""Readings of the remaining claims of MM-01 to MM-19."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, sq, sqrt, weaker
from proofcheck.fidelity.reading import reads


@reads("MM-01.shift")
def _(D, g, p, t, m, m1, z, E):
    """The probe of mass t and weight g at the value z."""
    total = (1 - t) * E(lambda e: e) + t * g
    return [
        eq(E(lambda e: e) * m, E(lambda e, v: e * v)),
        eq(total * m1, (1 - t) * E(lambda e, v: e * v) + t * g * z),
        eq(p * total, t * g),
        gt(total, 0),
        le(sq(z - m), D**2),
    ], le(sq(m1 - m), (p * D) ** 2)


@reads("MM-03.moved")
def _(c, d, m, n, r, P):
    """z = <d, y - m>, k = g - 1 - z, c = C delta = E[(y - m) z]."""
    return [
        eq(m, P(lambda y: y)),
        eq(P(lambda g: g) * n, P(lambda g, y: g * y)),
        eq(c, P(lambda y: dot(d, y - m) * (y - m))),
    ], eq(
        dot(n - m - c, r),
        P(lambda g, y: (g - 1 - dot(d, y - m)) * dot(y - m, r)) - P(lambda g, y: g - 1 - dot(d, y - m)) * dot(n - m, r),
    )


@reads("MM-03.remainder")
def _(T, b, l, P):
    """c = <y - m, r>, l = <n - m, r>."""
    return [
        P.all(lambda k: ge(k, 0)),
        P.all(lambda k, z: le(k, 2 * z**2)),
        P.all(lambda z: le(z**2, b)),
        P.all(lambda c: le(c, T)),
        ge(l, -T),
        ge(T, 0),
    ], le(P(lambda k, c: k * c) - P(lambda k: k) * l, 4 * b * T)


@reads("MM-04.merge")
def _(p, a, b, c, r, S, U):
    s, u = S(lambda e: e), U(lambda f: f)
    return [
        eq(s * a, S(lambda e, v: e * v)),
        eq(u * b, U(lambda f, w: f * w)),
        eq((s + u) * c, S(lambda e, v: e * v) + U(lambda f, w: f * w)),
        eq(p * (s + u), u),
        gt(s + u, 0),
    ], eq(dot(c, r), (1 - p) * dot(a, r) + p * dot(b, r))


@reads("MM-05.arrives", probabilities="M")
def _(p, a, b, c, r, M):
    """i indicates what is there at time s, j what arrived since."""
    old, new = M(lambda i, e: i * e), M(lambda j, e: j * e)
    return [
        eq(old * a, M(lambda i, e, v: i * e * v)),
        eq(new * b, M(lambda j, e, v: j * e * v)),
        eq((old + new) * c, M(lambda i, j, e, v: (i + j) * e * v)),
        eq(p * (old + new), new),
        gt(old + new, 0),
    ], eq(dot(c - a, r), p * dot(b - a, r))


@reads("MM-05.share")
def _(L, P, Q, m, n, p):
    return [le(P * m, exp(L) * n * Q), eq(p * (P + Q), P), gt(P + Q, 0), gt(m, 0), ge(n, 0)], le(
        p, exp(L) * n / (m + exp(L) * n)
    )


@reads("MM-05.step")
def _(B, g, p, r, a, b):
    return [eq(g**2, sq(p * (b - a))), le(sq(a - b), (2 * r) ** 2), ge(p, 0), le(p, B), ge(r, 0)], le(g, 2 * r * B)


@reads("MM-11.separated")
def _(g, h, r, t, u):
    return [le(u, t), ge(r, 0), le(t, h - g)], ge(h + r - u, g)


@reads("MM-11.move")
def _(D, kappa, theta, E):
    return [le(E(lambda c: c), D * theta), eq(theta, kappa / 2)], le(E(lambda c: c), D * kappa / 2)


@reads("MM-13.bracket")
def _(at, b, eps, new, old, E):
    return [
        eq(new, (1 - eps) * E(lambda after: after) + eps * at),
        eq(old, E(lambda before: before)),
        eq(b * eps, new - (1 - eps) * old),
    ], eq(b * eps, eps * at + (1 - eps) * E(lambda after, before: after - before))


@reads("MM-13.rate")
def _(D, after, before, ell, eps, g, m, rho):
    return [
        le(abs(after - before), ell * g),
        le(g, m * rho),
        le(rho, eps * D),
        ge(ell, 0),
        ge(m, 0),
    ], le(abs(after - before), ell * m * D * eps)


@reads("MM-14.affine")
def _(delta, diam, dist, gap, t):
    return [le(gap, diam), ge(dist, delta), gt(delta, 0), ge(t, 0), ge(diam, 0)], le(gap, t + diam / delta * dist)


@reads("MM-14.limit")
def _(K, a, b, rho, t, w):
    return [le(w, a + b), le(a, t), le(b, t + 2 * K * rho), le(2 * K * rho, t)], le(w, 3 * t)


@reads("MM-15.continuous")
def _(b, d, p, q, t):
    return [eq(b, p), le(abs(p - q), d), le(d, t)], le(abs(b - q), t)


@reads("MM-15.ball")
def _(theta, E):
    return [
        E.all(lambda atom, inside, far: le(atom, inside + far)),
        E.all(lambda atom, inside, far: le(inside, atom + far)),
        le(E(lambda far: far), theta),
    ], le(abs(E(lambda inside, atom: inside - atom)), theta)


@reads("MM-15.labels")
def _(A, eps, m, s, t, tau, z):
    """m the mass of the ball."""
    return [
        eq(m, (1 - eps) * A + eps * z),
        le(abs(m - t), tau / s),
        ge(A, 0),
        le(A, 1),
        ge(z, 0),
        le(z, 1),
        ge(eps, 0),
    ], le(abs(A - t), tau / s + eps)


@reads("MM-16.chord")
def _(M, N, p, t):
    """p = cos t, 4 sin(t/2)^2 = 2 - 2 p."""
    return [le(2 - 2 * p, t**2), le(t**2 * M * N, (M - N) ** 2), ge(M, 0), ge(N, 0)], le(
        (2 - 2 * p) * M * N, (M - N) ** 2
    )


@reads("MM-16.line")
def _(M, N, c, k, p, r, s):
    """log N = log M - t: sin log N = s p - c r."""
    return [
        eq(c**2 + s**2, 1),
        eq(p**2 + r**2, 1),
        le((2 - 2 * p) * M * N, (M - N) ** 2),
        eq(k**2, 1),
        gt(N, 0),
        le(N, M),
    ], le((s * (M - N) + k * N * (s - (s * p - c * r))) ** 2, 2 * (M - N) ** 2)


@reads("MM-16.pair")
def _(g, s, u, x, y):
    return [le(abs(x - y), g), ge(y, 0)], le(abs(x * s - y * u), abs(s) * g + y * abs(s - u))


@reads("MM-16.w2")
def _(M, N, d, rho, s, E):
    return [
        E.all(lambda o, g, y: le(o, abs(s) * g + y * d)),
        le(abs(s) * (M - N) + N * d, sqrt(2) * (M - N)),
        le(M - N, rho),
        le(abs(s), 1),
        E.all(lambda o: ge(o, 0)),
        eq(E(lambda y: y**2), N**2),
        le(E(lambda g: g**2), rho**2),
        ge(N, 0),
        ge(rho, 0),
        ge(d, 0),
    ], le(E(lambda o: o**2), 2 * rho**2)


@reads("MM-16.w_inf")
def _(M, N, d, rho, s, E):
    return [
        E.all(lambda o, g, y: le(o, abs(s) * g + y * d)),
        le(abs(s) * (M - N) + N * d, sqrt(2) * (M - N)),
        le(M - N, rho),
        le(abs(s), 1),
        E.all(lambda y: le(y, N)),
        E.all(lambda g: le(g, rho)),
        ge(d, 0),
    ], E.all(lambda o: le(o, sqrt(2) * rho))


@reads("MM-17.continuous")
def _(g, s, u, x, y):
    return [le(abs(s), 1), ge(y, 0), le(y, 1), weaker(eq(g, abs(x - y)), ge(g, abs(x - y)))], le(
        abs(x * s - y * u), g + abs(s - u)
    )


@reads("MM-02.split")
def _(a, f, r, E):
    """g on the rest of the measure: r atoms of weight a/r at x, where the integrand is f."""
    return [], eq(r * (a / r * f) + E(lambda g: g), a * f + E(lambda g: g))


@reads("MM-03.token")
def _(a, g, m, n, r, u, y, S):
    """a the weight of the token y before, a g after; S sums over the others. p = a/(a + S e), multiplied out."""
    rest = S(lambda e: e)
    return [
        eq((a + rest) * m, a * y + S(lambda e, v: e * v)),
        eq((a * g + rest) * n, a * g * (y + u) + S(lambda e, v: e * v)),
    ], eq((a * g + rest) * dot(n - m, r), a * dot(g * u + (g - 1) * (y - m), r))


@reads("MM-03.flat", probabilities="M N")
def _(t, m, n, r, M, N):
    """Z_eps (m_eps - m) = eps int e (y - m) dnu."""
    total = (1 - t) * M(lambda e: e) + t * N(lambda f: f)
    return [
        eq(M(lambda e: e) * m, M(lambda e, v: e * v)),
        eq(total * n, (1 - t) * M(lambda e, v: e * v) + t * N(lambda f, w: f * w)),
    ], eq(total * dot(n - m, r), t * N(lambda f, w: f * dot(w - m, r)))


@reads("MM-13.singular")
def _(D, ell, eps, m, rho, E):
    return [
        E.all(lambda after, before, g: le(abs(after - before), ell * g)),
        E.all(lambda g: le(g, m * rho)),
        le(rho, eps * D),
        ge(ell, 0),
        ge(m, 0),
        gt(eps, 0),
        gt(1, eps),
    ], le(abs(E(lambda after, before: after - before)) * (1 - eps) / eps, (1 - eps) * ell * m * D)


@reads("MM-14.cauchy")
def _(K, dist, gap, r, s, t):
    return [
        le(gap, t + K * dist),
        le(dist, r + s),
        le(2 * K * r, t),
        le(2 * K * s, t),
        ge(K, 0),
    ], le(gap, 2 * t)


@reads("MM-15.two_limits")
def _(l, t):
    """Within t of 1 and within t of 0."""
    return [le(abs(l - 1), t), le(abs(l), t)], ge(2 * t, 1)


@reads("MM-16.signs")
def _(N, a, b, e, k, s, w):
    """s e = k a b: |s| w + N |e| <= sqrt(2) w from (s w + k N e)^2 <= 2 w^2."""
    return [
        le((s * w + k * N * e) ** 2, 2 * w**2),
        weaker(eq(a, abs(s)), eq(a**2, s**2)),
        weaker(eq(b, abs(e)), eq(b**2, e**2)),
        eq(k * s * e, a * b),
        eq(k**2, 1),
        ge(w, 0),
    ], le(a * w + N * b, sqrt(2) * w)
