"""Readings of AS-03, AS-03L, AS-06, AS-07 and AS-08: mean-field, causal and max-norm bounds of attention."""

from proofcheck.fidelity.meaning import dot, eq, exp, ge, gt, le, sq, sqrt, times, weaker
from proofcheck.fidelity.reading import reads


@reads("AS-03.remembered")
def _(R, a, p, v):
    s = a * R**2
    return [ge(v, 0), ge(a, 0), ge(p, 1)], le(v * (s + (1 + 2 * s) * exp(2 * s / p)), v * (1 + 3 * s) * exp(2 * s))


@reads("AS-03.spread")
def _(s):
    return [ge(s, 0)], le(sqrt(1 + s**2), 1 + s)


@reads("AS-03.tokens")
def _(L, M, w, E):
    """w = rho, the root of the mean of g^2."""
    return [
        E.all(lambda g, o: le(o, L * g + M * w)),
        E.all(lambda o: ge(o, 0)),
        weaker(eq(E(lambda g: g**2), w**2), le(E(lambda g: g**2), w**2)),
        ge(w, 0),
        ge(L, 0),
        ge(M, 0),
    ], le(E(lambda o: o**2), ((L + M) * w) ** 2)


@reads("AS-03L.two")
def _(S, h, k, l, w0, w1):
    """The mean moves by l (w1 - w0) + h w0."""
    return [eq(w1 * (1 + S), 1), le(w0 * (1 + S * exp(k * h)), 1), ge(w0, 0), ge(S, 0), ge(l, 0)], ge(
        l * (w1 - w0) + h * w0, h * w0 * (1 + k * l * (1 - w1))
    )


@reads("AS-03L.stay")
def _(p, r, E):
    """The cost of an atom is e^y."""
    return [E.all(lambda y: ge(y, r)), ge(p, 0)], ge(E(lambda y: exp(p * y)), exp(p * r))


@reads("AS-03L.ratio")
def _(D, alpha, delta, h, tau, y):
    """The images are D apart, the measures delta: the ratio is at least (alpha/tau) y."""
    return [ge(D, alpha * h * y), le(delta, tau * h), ge(alpha, 0), ge(y, 0), ge(tau, 0)], ge(
        D * tau, alpha * y * delta
    )


@reads("AS-03L.move")
def _(S, h, k, w0, w1):
    return [eq(w1 * (1 + S), 1), ge(w0 * (1 + S * exp(k * h)), 1), ge(S, 0), ge(k * h, 0)], times(
        exp(k * h), ge(w0, exp(-k * h) * w1)
    )


@reads("AS-03L.large")
def _(R, S, g, u, x):
    """The bound at p = 1 is u e^{2 g R^2} S/(1 + S) (1 + 2 g R^2 S/(1 + S))."""
    c = 2 * g * R**2
    return [eq(x * (1 + S), S), ge(S, 0), ge(u, 0)], ge(u * exp(c) * x * (1 + c * x), x**2 * u * (1 + c) * exp(c))


@reads("AS-03L.twice")
def _(R, g, u):
    """v = u and a = g."""
    s = g * R**2
    upper, lower = u * (s + sqrt(1 + s**2) * exp(s)), u / 2 * (1 + s) * exp(s)
    return [ge(u, 0), ge(g, 0)], le(upper, 2 * lower)


@reads("AS-06.weight")
def _(A, r, s, K):
    """K sums over the tokens that are seen, z lengths, weights e^y."""
    return [
        K.all(lambda y: le(y, s)),
        K.all(lambda y: ge(y, -s)),
        K.all(lambda z: ge(z, 0)),
        le(r * K(lambda y: exp(y)), K(lambda y, z: exp(y) * z)),
        eq(K.mass * A, K(lambda z: z)),
        gt(K.mass, 0),
    ], le(r, exp(2 * s) * A)


@reads("AS-06.centre")
def _(R, m, o, E):
    """o is the token x_0."""
    return [eq(m, E(lambda x: x)), E.all(lambda x: le(sq(x), R**2)), le(sq(o), R**2)], le(sq(o - m), (2 * R) ** 2)


@reads("AS-06.row")
def _(R, g, n, b, m, t, E):
    """b = A x_i."""
    return [
        eq(t, E(lambda e, x: e + dot(b, e) * (x - m))),
        E.all(lambda x: le(sq(x - m), (2 * R) ** 2)),
        le(sq(b), g**2),
        E.all(lambda e, z: le(sq(e), z**2)),
        eq(n**2, sq(t)),
        E.all(lambda z: ge(z, 0)),
        ge(R, 0),
        ge(g, 0),
    ], le(n, (1 + 2 * R * g) * E(lambda z: z))


@reads("AS-06.telescope")
def _(A, B, h, i, z):
    """A, B the means of i and i - 1 tokens, z the new one, h the sum of A_l^2 - 2 A_l z_l so far."""
    return [eq(i * A, (i - 1) * B + z), ge(i, 1), le(h + (i - 1) * B**2, 0)], le(h + A**2 - 2 * A * z + i * A**2, 0)


@reads("AS-06.hardy")
def _(S):
    return [le(S(lambda A: A**2), 2 * S(lambda A, z: A * z))], le(S(lambda A: A**2), 4 * S(lambda z: z**2))


@reads("AS-06.tokens")
def _(R, a, v, S):
    """h = C_i A e_i, f = V (t + h)."""
    s = a * R**2
    return [
        S.all(lambda t, A: le(sq(t), ((1 + 2 * s) * exp(2 * s) * A) ** 2)),
        S.all(lambda h, e: le(sq(h), s**2 * sq(e))),
        S.all(lambda f, t, h: le(sq(f), v**2 * sq(t + h))),
        le(S(lambda A: A**2), 4 * S(lambda e: sq(e))),
        ge(a, 0),
    ], le(S(lambda f: sq(f)), (v * (s + 2 * (1 + 2 * s) * exp(2 * s))) ** 2 * S(lambda e: sq(e)))


@reads("AS-07.hardy_step")
def _(T, g, q, w, x, z):
    """A = e^x after, B = e^z before, g = G_k, w = theta_k, T the weight of the times before."""
    return [le((T + w) * exp(x), T * exp(z) + w * g), ge(T, 0), ge(q, 1)], le(
        (q - 1) * w * exp(q * x) - q * w * exp((q - 1) * x) * g, T * exp(q * z) - (T + w) * exp(q * x)
    )


@reads("AS-07.hardy_chain")
def _(F0, F1, P, Q, q, s, t):
    """P, Q the sums of theta A^q and theta A^{q-1} G so far, s and t their new terms, F = (T + w) A^q."""
    return [le((q - 1) * P - q * Q, -F0), le((q - 1) * s - q * t, F0 - F1)], le((q - 1) * (P + s) - q * (Q + t), -F1)


@reads("AS-07.hardy")
def _(k, q, E):
    linear = le((q - 1) * E(lambda x: exp(q * x)), q * E(lambda x, y: exp((q - 1) * x + y)))
    return [linear, ge(exp(k) * (q - 1), q), ge(q, 1)], le(
        E(lambda x: exp(q * x)), exp(q * k) * E(lambda y: exp(q * y))
    )


@reads("AS-07.jensen")
def _(m, q, E):
    return [le(exp(m), E(lambda y: exp(y))), ge(q, 1)], le(exp(q * m), E(lambda y: exp(q * y)))


@reads("AS-07.minkowski")
def _(L, M, k, p, r, E):
    """A pair at distance g = e^y goes to e^(k + u) <= L e^y + M e^z."""
    return [
        E.all(lambda u, y, z: le(exp(k + u), L * exp(y) + M * exp(z))),
        eq(exp(k), L + M),
        le(E(lambda y: exp(p * y)), exp(p * r)),
        le(E(lambda z: exp(p * z)), exp(p * r)),
        ge(L, 0),
        ge(M, 0),
        ge(p, 1),
    ], le(E(lambda u: exp(p * (k + u))), exp(p * (k + r)))


@reads("AS-07.harmonic")
def _(n, E):
    return [E.all(lambda k: gt(k, 0)), E.all(lambda k: le(k, 2 * n))], ge(E(lambda k: 1 / k), 1 / (2 * n))


@reads("AS-08.row")
def _(R, a, g, k, v, f, h, t, E):
    """h = C A e_i, f = V (t + h)."""
    return [
        le(sq(t), (1 + R**2 * g**2) * E(lambda e: sq(e))),
        le(sq(h), (a * R**2 * k) ** 2),
        le(sq(f), v**2 * sq(t + h)),
        E.all(lambda e: le(sq(e), k**2)),
        ge(a, 0),
    ], le(sq(f), (v * (a * R**2 + sqrt(1 + R**2 * g**2)) * k) ** 2)


@reads("AS-08.better")
def _(R, a, v):
    s = a * R**2
    return [ge(v, 0), ge(a, 0)], le(v * (s + sqrt(1 + s**2)), v * (1 + 2 * s))


@reads("AS-08.attained")
def _(N, R, a, p):
    s = a * R**2
    bound = s + sqrt(1 + s**2)
    return [le(p * (2 * N + exp(-s)), exp(-s)), ge(a, 0), ge(N, 0)], times(
        2 * N + 1, ge(p + (1 - p) * bound, 2 * N / (2 * N + 1) * bound)
    )
