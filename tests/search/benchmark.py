"""Inequalities with the verdict that is mathematically right: true, false by one constant or assumption, vacuous.

Each row: name, expected verdict, target, assumptions, scalars, vectors, functionals. "t X" in functionals means E over
the random scalar t and the random vector X; "E!" is a positive functional that need not be a probability.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

P, R, V = "PROVED", "REFUTED", "VACUOUS"


class Row(NamedTuple):
    name: str
    expected: str
    target: str
    assume: tuple[Any, ...] = ()
    scalars: str = ""
    vectors: str = ""
    functionals: Any = None

    @property
    def text(self) -> str:
        return json.dumps({
            "format": "proofcheck-claim/1",
            "name": self.name,
            "scalars": self.scalars.split(),
            "vectors": self.vectors.split(),
            "functionals": {
                k: {"probability": not k.endswith("m"), "scalars": v[0].split(), "vectors": v[1].split()}
                for k, v in (self.functionals or {}).items()
            },
            "assume": list(self.assume),
            "target": self.target,
        })


T = {"E": ("t", "")}
TS = {"E": ("s t", "")}
X = {"E": ("", "X")}
XY = {"E": ("", "X Y")}
MEAN = {"forall": {"q": "vector"}, "holds": "inner(m, q) == E[inner(X, q)]"}

POLYNOMIALS = [
    Row("amgm2", P, "x**2 + y**2 >= 2*x*y", (), "x y"),
    Row("amgm2-false", R, "x**2 + y**2 >= 21/10*x*y", (), "x y"),
    Row("amgm3", P, "x**3 + y**3 + z**3 >= 3*x*y*z", ("x >= 0", "y >= 0", "z >= 0"), "x y z"),
    Row("amgm3-false", R, "x**3 + y**3 + z**3 >= 3001/1000*x*y*z", ("x >= 0", "y >= 0", "z >= 0"), "x y z"),
    Row("amgm3-nosign", R, "x**3 + y**3 + z**3 >= 3*x*y*z", ("x >= 0", "y >= 0"), "x y z"),
    Row("amgm4", P, "a**4 + b**4 + c**4 + d**4 >= 4*a*b*c*d", (), "a b c d"),
    Row("amgm-sqrt", P, "x + y >= 2*sqrt(x*y)", ("x >= 0", "y >= 0"), "x y"),
    Row("schur1", P, "x*(x-y)*(x-z) + y*(y-x)*(y-z) + z*(z-x)*(z-y) >= 0", ("x >= 0", "y >= 0", "z >= 0"), "x y z"),
    Row("schur1-ordered", P, "x*(x-y)*(x-z) + y*(y-x)*(y-z) + z*(z-x)*(z-y) >= 0", ("x >= y", "y >= z", "z >= 0"), "x y z"),
    Row("schur1-false", R, "x*(x-y)*(x-z) + y*(y-x)*(y-z) + z*(z-x)*(z-y) >= 1/100*x*y*z", ("x >= 0", "y >= 0", "z >= 0"), "x y z"),
    Row("motzkin", P, "x**4*y**2 + x**2*y**4 - 3*x**2*y**2 + 1 >= 0", (), "x y"),
    Row("motzkin-homogeneous", P, "x**4*y**2 + x**2*y**4 + z**6 - 3*x**2*y**2*z**2 >= 0", (), "x y z"),
    Row("motzkin-false", R, "x**4*y**2 + x**2*y**4 - 31/10*x**2*y**2 + 1 >= 0", (), "x y"),
    Row("motzkin-times", P, "(x**2+y**2+1)*(x**4*y**2 + x**2*y**4 - 3*x**2*y**2 + 1) >= 0", (), "x y"),
    Row("choi-lam", P, "x**2*y**2 + y**2*z**2 + z**2*x**2 + 1 >= 4*x*y*z", (), "x y z"),
    Row("robinson", P, "x**6 + y**6 + 1 + 3*x**2*y**2 >= x**4*y**2 + x**2*y**4 + x**4 + y**4 + x**2 + y**2", (), "x y"),
    Row("dense-quadratic", P, "5*x**2 + 5*y**2 + 5*z**2 + 4*x*y + 4*y*z + 4*x*z - 2*x - 2*y - 2*z + 1/3 >= 0", (), "x y z"),
    Row("dense-quadratic-false", R, "5*x**2 + 5*y**2 + 5*z**2 + 4*x*y + 4*y*z + 4*x*z - 2*x - 2*y - 2*z + 33/100 >= 0", (), "x y z") ,
    Row("nesbitt", P, "a/(b+c) + b/(a+c) + c/(a+b) >= 3/2", ("a > 0", "b > 0", "c > 0"), "a b c"),
    Row("nesbitt-false", R, "a/(b+c) + b/(a+c) + c/(a+b) >= 151/100", ("a > 0", "b > 0", "c > 0"), "a b c"),
    Row("ratio-sum", P, "x/y + y/x >= 2", ("x > 0", "y > 0"), "x y"),
    Row("ratio-sum-nosign", R, "x/y + y/x >= 2", ("x > 0",), "x y"),
    Row("harmonic", P, "1/x + 1/y >= 4/(x + y)", ("x > 0", "y > 0"), "x y"),
    Row("titu", P, "a**2/x + b**2/y >= (a + b)**2/(x + y)", ("x > 0", "y > 0"), "a b x y"),
    Row("bernoulli3", P, "(1 + x)**3 >= 1 + 3*x", ("x >= -3",), "x"),
    Row("bernoulli3-false", R, "(1 + x)**3 >= 1 + 3*x", ("x >= -301/100",), "x"),
    Row("strict-positive", P, "x**2 - 3*x + 5 > 2", (), "x"),
    Row("strict-touching", R, "x**2 - 2*x + 1 > 0", (), "x"),
    Row("reciprocal-positive", P, "1/x > 0", ("x > 0",), "x"),
    Row("cauchy2", P, "(a**2 + b**2)*(c**2 + d**2) >= (a*c + b*d)**2", (), "a b c d"),
    Row("disc", P, "x*y <= 1/2", ("x**2 + y**2 <= 1",), "x y"),
    Row("disc-false", R, "x*y <= 499/1000", ("x**2 + y**2 <= 1",), "x y"),
    Row("substitution", P, "x**2 == y", ("x == z", "z*x == y"), "x y z"),
    Row("equality-false", R, "x**2 == y**2", ("x == -z", "z == y + 1"), "x y z"),
    Row("telescope", P, "(p - 1) + c*p == p*(1 + c) - 1", (), "p c"),
    Row("simplex", P, "a*b + b*c + c*a <= 1/3", ("a + b + c == 1",), "a b c"),
    Row("simplex-false", R, "a*b + b*c + c*a <= 33/100", ("a + b + c == 1", "a >= 0", "b >= 0", "c >= 0"), "a b c"),
    Row("cubic-root", P, "x >= 1", ("x**3 >= 1",), "x"),
    Row("monotone-square", P, "x**2 >= y**2", ("x >= y", "y >= 0"), "x y"),
    Row("monotone-square-false", R, "x**2 >= y**2", ("x >= y",), "x y"),
    Row("interval-product", P, "x + y - x*y <= 1", ("x >= 0", "x <= 1", "y >= 0", "y <= 1"), "x y"),
    Row("clarkson-like", P, "x**4 + 6*x**2*y**2 + y**4 >= 8*x**2*y**2", (), "x y"),
]

STEPS = [
    Row("cocoercive", P, "inner(u - s*g, u - s*g) <= inner(u, u)", ("L*inner(g, u) >= inner(g, g)", "L > 0", "s >= 0", "s*L <= 2"), "L s", "u g"),
    Row("cocoercive-degenerate", P, "inner(u - s*g, u - s*g) <= inner(u, u)", ("L*inner(g, u) >= inner(g, g)", "L >= 0", "s >= 0", "s*L <= 2"), "L s", "u g"),
    Row("cocoercive-exact", P, "inner(u - 2/3*g, u - 2/3*g) <= inner(u, u)", ("3*inner(g, u) >= inner(g, g)",), "", "u g"),
    Row("cocoercive-beyond", R, "inner(u - 2/3*(1 + 1/1000000000)*g, u - 2/3*(1 + 1/1000000000)*g) <= inner(u, u)", ("3*inner(g, u) >= inner(g, g)",), "", "u g"),
    Row("cocoercive-beyond-s", R, "inner(u - s*g, u - s*g) <= inner(u, u)", ("L*inner(g, u) >= inner(g, g)", "L > 0", "s >= 0", "s*L <= 2*(1 + 1/1000000000)"), "L s", "u g"),
    Row("cocoercive-divided", P, "inner(u - s*g, u - s*g) <= inner(u, u)", ("inner(g, u) >= inner(g, g)/L", "L > 0", "s >= 0", "s <= 2/L"), "L s", "u g"),
    Row("mlp-step", P, "inner(u, u) >= inner(u - tau*z, u - tau*z)", ("tau >= 0", "tau*w**2 <= 2", "inner(a, d) >= inner(d, d)", "w**2*inner(d, d) >= inner(z, z)", "inner(u, z) == inner(a, d)"), "tau w", "u z a d"),
    Row("mlp-step-beyond", R, "inner(u, u) >= inner(u - tau*z, u - tau*z)", ("tau >= 0", "tau*w**2 <= 21/10", "inner(a, d) >= inner(d, d)", "w**2*inner(d, d) >= inner(z, z)", "inner(u, z) == inner(a, d)"), "tau w", "u z a d"),
    Row("strong-small", P, "inner(u - s*g, u - s*g) <= (1 - s*k)**2*inner(u, u)", ("(k + L)*inner(g, u) >= k*L*inner(u, u) + inner(g, g)", "k > 0", "L >= k", "s >= 0", "s*(k + L) <= 2"), "k L s", "u g"),
    Row("strong-large", P, "inner(u - s*g, u - s*g) <= (1 - s*L)**2*inner(u, u)", ("(k + L)*inner(g, u) >= k*L*inner(u, u) + inner(g, g)", "k > 0", "L >= k", "s*(k + L) >= 2"), "k L s", "u g"),
    Row("strong-optimal", P, "(L + k)**2*inner(u - s*g, u - s*g) <= (L - k)**2*inner(u, u)", ("(k + L)*inner(g, u) >= k*L*inner(u, u) + inner(g, g)", "k > 0", "L >= k", "s*(k + L) == 2"), "k L s", "u g"),
    Row("strong-false", R, "inner(u - s*g, u - s*g) <= (1 - s*k)**2*inner(u, u)", ("(k + L)*inner(g, u) >= k*L*inner(u, u) + inner(g, g)", "k > 0", "L >= k", "s >= 0", "s*(k + L) <= 201/100"), "k L s", "u g"),
    Row("strong-lipschitz", P, "inner(u - s*g, u - s*g) <= (1 - 2*s*k + s**2*L**2)*inner(u, u)", ("inner(g, u) >= k*inner(u, u)", "inner(g, g) <= L**2*inner(u, u)", "s >= 0"), "k L s", "u g"),
    Row("firm-to-nonexpansive", P, "inner(p, p) <= inner(u, u)", ("inner(p, u) >= inner(p, p)",), "", "u p"),
    Row("firm-reflection", P, "inner(2*p - u, 2*p - u) <= inner(u, u)", ("inner(p, u) >= inner(p, p)",), "", "u p"),
    Row("firm-reflection-false", R, "inner(201/100*p - u, 201/100*p - u) <= inner(u, u)", ("inner(p, u) >= inner(p, p)",), "", "u p"),
    Row("firm-complement", P, "inner(u - p, u) >= inner(u - p, u - p)", ("inner(p, u) >= inner(p, p)",), "", "u p"),
    Row("averaged", P, "inner((1 - a)*u + a*n, (1 - a)*u + a*n) <= inner(u, u)", ("inner(n, n) <= inner(u, u)", "a >= 0", "a <= 1"), "a", "u n"),
    Row("averaged-false", R, "inner((1 - a)*u + a*n, (1 - a)*u + a*n) <= inner(u, u)", ("inner(n, n) <= inner(u, u)", "a >= 0", "a <= 11/10"), "a", "u n"),
    Row("resolvent", P, "inner(p, p) <= inner(p + l*b, p + l*b)", ("inner(p, b) >= 0", "l >= 0"), "l", "p b"),
    Row("descent", P, "f1 <= f0 - s/2*inner(g, g)", ("f1 <= f0 - s*inner(g, g) + L/2*s**2*inner(g, g)", "s*L <= 1", "s >= 0"), "f0 f1 s L", "g"),
    Row("descent-false", R, "f1 <= f0 - s/2*inner(g, g)", ("f1 <= f0 - s*inner(g, g) + L/2*s**2*inner(g, g)", "s*L <= 11/10", "s >= 0"), "f0 f1 s L", "g"),
    Row("two-steps", P, "inner(u - s*g - s*h, u - s*g - s*h) <= inner(u, u)", ("inner(g, u) >= inner(g, g)", "inner(h, u - s*g) >= inner(h, h)", "s >= 0", "s <= 2"), "s", "u g h"),
]

VECTORS = [
    Row("cauchy-schwarz", P, "inner(u, v)**2 <= inner(u, u)*inner(v, v)", (), "", "u v"),
    Row("cauchy-schwarz-false", R, "inner(u, v)**2 <= 99/100*inner(u, u)*inner(v, v)", (), "", "u v"),
    Row("young", P, "2*inner(u, v) <= e*inner(u, u) + inner(v, v)/e", ("e > 0",), "e", "u v"),
    Row("young-false", R, "2*inner(u, v) <= e*inner(u, u) + inner(v, v)/(2*e)", ("e > 0",), "e", "u v"),
    Row("parallelogram", P, "inner(u+v, u+v) + inner(u-v, u-v) == 2*inner(u, u) + 2*inner(v, v)", (), "", "u v"),
    Row("triangle-squared", P, "inner(u+v, u+v) <= (a + b)**2", ("inner(u, u) <= a**2", "inner(v, v) <= b**2", "a >= 0", "b >= 0"), "a b", "u v"),
    Row("triangle-sqrt", P, "sqrt(inner(u+v, u+v)) <= sqrt(inner(u, u)) + sqrt(inner(v, v))", (), "", "u v"),
    Row("triangle-false", R, "sqrt(inner(u+v, u+v)) <= sqrt(inner(u, u)) + 9/10*sqrt(inner(v, v))", (), "", "u v"),
    Row("three-vectors", P, "inner(u+v+w, u+v+w) <= 3*(inner(u, u) + inner(v, v) + inner(w, w))", (), "", "u v w"),
    Row("three-vectors-false", R, "inner(u+v+w, u+v+w) <= 29/10*(inner(u, u) + inner(v, v) + inner(w, w))", (), "", "u v w"),
    Row("dense-vectors", P, "7*inner(u, u) + 5*inner(v, v) + 6*inner(w, w) - 4*inner(u, v) + 6*inner(u, w) - 2*inner(v, w) >= 0", (), "", "u v w"),
    Row("unit-inner", P, "inner(u, v) <= 1", ("inner(u, u) == 1", "inner(v, v) == 1"), "", "u v"),
    Row("unit-inner-false", R, "inner(u, v) <= 99/100", ("inner(u, u) == 1", "inner(v, v) == 1"), "", "u v"),
    Row("gram3", P, "inner(u,u)*inner(v,v)*inner(w,w) + 2*inner(u,v)*inner(v,w)*inner(u,w) >= inner(u,u)*inner(v,w)**2 + inner(v,v)*inner(u,w)**2 + inner(w,w)*inner(u,v)**2", (), "", "u v w"),
    Row("psd-operator", P, "inner(h, h) <= L*inner(u, h)", ({"forall": {"q": "scalar", "r": "scalar"}, "holds": "q**2*inner(u,h) + 2*q*r*inner(h,h) + r**2*k >= 0"}, "k <= L*inner(h,h)", "L >= 0"), "L k", "u h"),
    Row("square-of-zero", P, "inner(u, v) == 0", ("inner(u, u) == 0",), "", "u v"),
]

MEASURES = [
    Row("variance", P, "E[t**2] >= E[t]**2", (), "", "", T),
    Row("variance-false", R, "E[t**2] >= 101/100*E[t]**2", (), "", "", T),
    Row("variance-mass", R, "Em[t**2] >= Em[t]**2", (), "", "", {"Em": ("t", "")}),
    Row("cauchy-mass", P, "Em[t**2]*Em[1] >= Em[t]**2", (), "", "", {"Em": ("t", "")}),
    Row("fourth-moment", P, "E[t**4] >= E[t]**4", (), "", "", T),
    Row("lyapunov", P, "E[t**2]**2 <= E[t]*E[t**3]", ("t >= 0",), "", "", T),
    Row("lyapunov-nosign", R, "E[t**2]**2 <= E[t]*E[t**3]", (), "", "", T),
    Row("popoviciu", P, "E[t**2] - E[t]**2 <= (M - m)**2/4", ("t >= m", "t <= M"), "m M", "", T),
    Row("popoviciu-false", R, "E[t**2] - E[t]**2 <= 24/100*(M - m)**2", ("t >= m", "t <= M"), "m M", "", T),
    Row("popoviciu-onesided", R, "E[t**2] - E[t]**2 <= (M - m)**2/4", ("t >= m",), "m M", "", T),
    Row("bhatia-davis", P, "E[t**2] - E[t]**2 <= (M - E[t])*(E[t] - m)", ("t >= m", "t <= M"), "m M", "", T),
    Row("bhatia-davis-false", R, "E[t**2] - E[t]**2 <= 99/100*(M - E[t])*(E[t] - m)", ("t >= m", "t <= M"), "m M", "", T),
    Row("mean-in-range", P, "E[t] <= M", ("t <= M",), "M", "", T),
    Row("mean-in-range-strict", P, "E[t] < M", ("t < M",), "M", "", T),
    Row("pointwise-from-mean", R, "t >= E[t]", (), "", "", T),
    Row("correlation", P, "E[s*t]**2 <= E[s**2]*E[t**2]", (), "", "", TS),
    Row("covariance", P, "(E[s*t] - E[s]*E[t])**2 <= (E[s**2] - E[s]**2)*(E[t**2] - E[t]**2)", (), "", "", TS),
    Row("chebyshev-weighted", P, "E[w*t]**2 <= E[w]*E[w*t**2]", ("w >= 0",), "", "", {"E": ("t w", "")}),
    Row("weighted-false", R, "E[w*t]**2 <= E[w]*E[w*t**2]", (), "", "", {"E": ("t w", "")}),
    Row("tilted-variance", P, "4*(E[w*t**2]*E[w] - E[w*t]**2) <= D**2*E[w]**2", ("w >= 0", "t >= 0", "t <= D"), "D", "", {"E": ("t w", "")}),
    Row("skewness-kurtosis", P, "E[t**4] >= 1 + E[t**3]**2", ("E[t] == 0", "E[t**2] == 1"), "", "", T),
    Row("markov-like", P, "E[t**3] >= E[t]*E[t**2]", ("t >= 0",), "", "", T),
    Row("jensen-vector", P, "inner(m, m) <= E[inner(X, X)]", (MEAN,), "", "m", X),
    Row("jensen-vector-false", R, "2*inner(m, m) <= E[inner(X, X)]", (MEAN,), "", "m", X),
    Row("radius", P, "E[inner(X, X)] - inner(m, m) <= R**2", (MEAN, "inner(X, X) <= R**2"), "R", "m", X),
    Row("best-constant", P, "E[inner(X - m, X - m)] <= E[inner(X - c, X - c)]", (MEAN,), "", "m c", X),
    Row("coupling-square", P, "E[inner(X + Y, X + Y)] <= 2*E[inner(X, X)] + 2*E[inner(Y, Y)]", (), "", "", XY),
    Row("coupling-cs", P, "E[inner(X, Y)]**2 <= E[inner(X, X)]*E[inner(Y, Y)]", (), "", "", XY),
    Row("coupling-false", R, "E[inner(X, Y)]**2 <= 1/2*E[inner(X, X)]*E[inner(Y, Y)]", (), "", "", XY),
    Row("projected-variance", P, "E[inner(X, q)**2] - E[inner(X, q)]**2 <= D**2/4", ("inner(X, q) >= l", "inner(X, q) <= l + D"), "l D", "q", X),
    Row("unit-direction", P, "E[inner(X, q)**2] <= R**2*inner(q, q)", ("inner(X, X) <= R**2",), "R", "q", X),
    Row("covariance-square", P, "inner(h, h) <= L*E[c*t]", ("inner(h, h) == E[c**2]",  "E[c**2] <= L*E[c*t]"), "L", "h", {"E": ("t c", "")}),
    Row("lt05-core", P, "L*E[t**2] >= E[c*t]", ("L*E[c*t] >= E[c**2]", "L > 0"), "L", "", {"E": ("t c", "")}),
    Row("abs-mean", P, "Abs(E[t]) <= E[Abs(t)]", (), "", "", T),
    Row("abs-mean-sum", P, "E[Abs(s + t)] <= E[Abs(s)] + E[Abs(t)]", (), "", "", TS),
    Row("relu-mean", P, "Max(E[t], 0) <= E[Max(t, 0)]", (), "", "", T),
    Row("relu-mean-false", R, "Max(E[t], 0) >= E[Max(t, 0)]", (), "", "", T),
    Row("pointwise-target", P, "t**2 >= 2*t*E[t] - E[t]**2", (), "", "", T),
]

FUNCTIONS = [
    Row("abs-triangle", P, "Abs(x + y) <= Abs(x) + Abs(y)", (), "x y"),
    Row("abs-triangle-false", R, "Abs(x + y) <= Abs(x) + 9/10*Abs(y)", (), "x y"),
    Row("abs-square", P, "Abs(x)**2 == x**2", (), "x"),
    Row("abs-product", P, "Abs(x*y) == Abs(x)*Abs(y)", (), "x y"),
    Row("relu-lipschitz", P, "Abs(Max(x, 0) - Max(y, 0)) <= Abs(x - y)", (), "x y"),
    Row("relu-firm", P, "(Max(x, 0) - Max(y, 0))**2 <= (Max(x, 0) - Max(y, 0))*(x - y)", (), "x y"),
    Row("max-lipschitz", P, "Abs(Max(a, b) - Max(c, d)) <= Max(Abs(a - c), Abs(b - d))", (), "a b c d"),
    Row("min-lipschitz", P, "Abs(Min(a, b) - Min(c, d)) <= Max(Abs(a - c), Abs(b - d))", (), "a b c d"),
    Row("max-lipschitz-false", R, "Abs(Max(a, b) - Max(c, d)) <= 99/100*Max(Abs(a - c), Abs(b - d))", (), "a b c d"),
    Row("max-plus-min", P, "Max(a, b) + Min(a, b) == a + b", (), "a b"),
    Row("max-times-min", P, "Max(a, b)*Min(a, b) == a*b", (), "a b"),
    Row("sorting", P, "(Max(a, b) - Max(c, d))**2 + (Min(a, b) - Min(c, d))**2 <= (a - c)**2 + (b - d)**2", (), "a b c d"),
    Row("clip", P, "Abs(Min(Max(x, -1), 1)) <= 1", (), "x"),
    Row("max-of-three", P, "Max(a, Max(b, c)) >= (a + b + c)/3", (), "a b c"),
    Row("exp-monotone", P, "exp(x) >= exp(y)", ("x >= y",), "x y"),
    Row("exp-monotone-strict", P, "exp(x) > exp(y)", ("x > y",), "x y"),
    Row("exp-monotone-false", R, "exp(x) >= exp(y)", ("x >= y - 1/10",), "x y"),
    Row("exp-tangent", P, "exp(x) >= exp(a)*(1 + x - a)", (), "x a"),
    Row("exp-tangent-false", R, "exp(x) >= exp(a)*(1 + 11/10*(x - a))", (), "x a"),
    Row("exp-convex", P, "exp(x) + exp(y) >= 2*exp((x + y)/2)", (), "x y"),
    Row("exp-sum", P, "exp(x + y) == exp(x)*exp(y)", (), "x y"),
    Row("exp-square", P, "exp(x)**2 >= 1 + 2*x", (), "x"),
    Row("exp-jensen", P, "E[exp(t)] >= exp(E[t])", (), "", "", T),
    Row("exp-inverse", P, "exp(-x)*(1 + x) <= 1", (), "x"),
    Row("sqrt-monotone", P, "sqrt(x) <= sqrt(y)", ("x <= y",), "x y"),
    Row("sqrt-concave", P, "sqrt(x) + sqrt(y) >= sqrt(x + y)", (), "x y"),
    Row("sqrt-false", R, "sqrt(x) + sqrt(y) <= sqrt(x + y)", (), "x y"),
    Row("sqrt-tangent", P, "sqrt(1 + x) <= 1 + x/2", (), "x"),
]

VACUOUS = [
    Row("vacuous-interval", V, "x >= 5", ("x >= 1", "x <= 0"), "x"),
    Row("vacuous-square", V, "x >= 5", ("x**2 + 1 <= 0",), "x"),
    Row("vacuous-strict", V, "x >= 5", ("x > y", "y > x"), "x y"),
    Row("vacuous-norm", V, "inner(u, v) >= 5", ("inner(u, u) < 0",), "", "u v"),
    Row("vacuous-cauchy", V, "inner(u, u) >= 5", ("inner(u, v) == 2", "inner(u, u) == 1", "inner(v, v) == 1"), "", "u v"),
    Row("vacuous-variance", V, "E[t] >= 5", ("E[t**2] == 1", "E[t] == 2"), "", "", T),
    Row("vacuous-mean", V, "E[t] >= 5", ("t >= 1", "E[t] <= 0"), "", "", T),
    Row("vacuous-exp", V, "x >= 5", ("exp(x) <= 0",), "x"),
    Row("vacuous-max", V, "x >= 5", ("Max(x, y) < x",), "x y"),
    Row("vacuous-inverse", V, "x >= 5", ("1/x == 0",), "x"),
    Row("vacuous-strict-mean", V, "E[t] >= 5", ("t > 0", "E[t] == 0"), "", "", T),
    Row("vacuous-lipschitz", V, "L >= 7", ("inner(g, g) <= L*inner(u, g)", "L < 0", "inner(u, g) > 0"), "L", "u g"),
]

ROWS = POLYNOMIALS + STEPS + VECTORS + MEASURES + FUNCTIONS + VACUOUS
