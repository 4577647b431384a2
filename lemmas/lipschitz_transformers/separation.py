"""Kantorovich-Rubinstein separation: <e, x> + C int phi dmu uses up the whole budget |x - x'| + C W_1(mu, nu).

Statement
    Let Omega in R^d be compact, C >= 0, p = (mu, x), p' = (nu, x'). C_{1,C} is the set of f: P(Omega) x Omega -> R that are
    1-Lipschitz in x for each mu and C-Lipschitz in mu (W_1) for each x; there f(p) - f(p') <= |x - x'| + C W_1(mu, nu).
    With e the unit vector along x - x' (any one if x = x') and phi an optimal potential of (mu, nu), f(mu, x) = <e, x> +
    C int phi dmu is in C_{1,C} and attains it. With psi in place of phi, 1-Lipschitz and m <= phi - psi <= M, at most
    C (M - m) of it is lost. Every d, any measures, no token count.

Proof
    1. f(mu, x) - f(nu, x') goes through f(nu, x): each leg has its own Lipschitz bound.         kernel    LT-15.budget
    2. |<e, x> - <e, x'>| <= |x - x'|, as |e| <= 1.                                              kernel    LT-15.query
    3. |int phi dmu - int phi dnu| <= the cost of any coupling, phi 1-Lipschitz (the easy half
       of duality; phi at the two ends of the coupling): f is C-Lipschitz in mu.                 kernel    LT-15.context
    4. A 1-Lipschitz phi with int phi d(mu - nu) = W_1(mu, nu) exists.                           assumed   kantorovich_rubinstein_duality
    5. x != x': with s = |x - x'|, e = (x - x')/s is a unit vector.                              kernel    LT-15.unit
    6. and f(p) - f(p') = s + C W_1.                                                             kernel    LT-15.attained
    7. x = x': any e does, the query adds nothing.                                               kernel    LT-15.coincident
    8. psi has int psi d(mu - nu) >= W_1 - (M - m).                                              kernel    LT-15.loss
    9. d = 1, finite supports: with weight c_1, ..., c_n of mu - nu at y_1 < ... < y_n and S_k = c_1 + ... + c_k, the phi of slope
       -sign(S_k) on (y_k, y_{k+1}) has int phi d(mu - nu) = sum_k |S_k| (y_{k+1} - y_k).        symbolic  derivation

Sharpness
    The budget is attained, by 6 and 7. The loss is attained: phi - psi = M at mu = delta_x and m at nu = delta_x'.

Source
    furuya2026approximation (arXiv:2602.15503), region of Lemmas 10 to 12, as reconstructed.

Audit
    Only the existence of phi is assumed. On finite supports it is duality of a linear program (and exact in rationals: the tests
    compare primal and dual as fractions); in d = 1 it is step 9 with the monotone coupling, which costs the same sum.
    Couplings of cost at most W_1 + t exist for every t > 0, so step 3 needs no optimal coupling. e is not unique for x = x'.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "LT-15"
TITLE = "Kantorovich-Rubinstein separation"
SOURCE = Source("furuya2026approximation", "2602.15503", "region of Lemmas 10 to 12, as reconstructed")
LABEL = "sharp"
ASSUMES = ("kantorovich_rubinstein_duality",)
USES = ()

s, C, rho, kappa = sp.symbols("s C rho kappa", nonnegative=True)
BOUNDS = {"budget": s + C * rho, "loss": C * kappa}
SYMBOLS = {
    "s": "distance |x - x'| of the queries",
    "C": "Lipschitz constant in the context",
    "rho": "W_1 distance of the contexts",
    "kappa": "oscillation of phi - psi, max minus min",
}

GAP = text(BOUNDS["budget"])
LOSS = text(BOUNDS["loss"].subs(kappa, sp.Symbol("M") - sp.Symbol("m")))
OPTIMAL = {"phi is an optimal potential": "a - b == rho"}
LEGS = {"1-Lipschitz in the query": "u - w <= s", "C-Lipschitz in the context": "w - v <= C*rho"}


def abel_summation(count: int) -> DerivationStep:
    """int phi d(mu - nu) = sum_k -S_k slope_k (y_{k+1} - y_k) for atoms y_1, ..., y_n and total weight S_n = 0."""
    y, slope = sp.symbols(f"y1:{count + 1}", real=True), sp.symbols(f"g1:{count}", real=True)
    free = sp.symbols(f"c1:{count}", real=True)
    c = (*free, -sp.Add(*free))
    phi = [sp.Add(*(slope[j] * (y[j + 1] - y[j]) for j in range(k))) for k in range(count)]
    left = sp.Add(*(weight * value for weight, value in zip(c, phi, strict=True)))
    right = sp.Add(*(-sp.Add(*c[: k + 1]) * slope[k] * (y[k + 1] - y[k]) for k in range(count - 1)))
    return DerivationStep(
        f"{count} atoms", left, right, "sum by parts; slope_k = -sign(S_k) makes each term |S_k| (y' - y)"
    )


def derivation() -> list[DerivationStep]:
    return [abel_summation(count) for count in (2, 3, 4)]


def claims() -> list[Claim]:
    return [
        statement(
            "LT-15.budget",
            "Lipschitz in the query and in the context is Lipschitz for |x - x'| + C W_1.",
            LEGS,
            f"u - v <= {GAP}",
        ),
        statement(
            "LT-15.query",
            "x -> <e, x> is 1-Lipschitz for |e| <= 1.",
            {"|e| <= 1": "norm2(e) <= 1"},
            "(inner(e, x) - inner(e, z))**2 <= norm2(x - z)",
            vectors="e, x, z",
        ),
        statement(
            "LT-15.context",
            "mu -> C int phi dmu is C-Lipschitz in W_1: E is a coupling of (y, z), f = phi(y), g = phi(z), t = |y - z|.",
            {
                "phi is 1-Lipschitz": "Abs(f - g) <= t",
                "the coupling costs at most rho": "E[t] <= rho",
                "C >= 0": "C >= 0",
            },
            "Abs(C*E[f] - C*E[g]) <= C*rho",
            random="f, g, t",
        ),
        statement(
            "LT-15.unit",
            "(x - x')/|x - x'| is a unit vector.",
            {"s = |x - x'|": "s**2 == norm2(x - z)"},
            "norm2((x - z)/s) == 1",
            vectors="x, z",
        ),
        statement(
            "LT-15.attained",
            "The separating function attains the budget; a, b are the integrals of phi.",
            {"s = |x - x'|": "s**2 == norm2(x - z)"} | OPTIMAL,
            f"(inner((x - z)/s, x) + C*a) - (inner((x - z)/s, z) + C*b) == {GAP}",
            vectors="x, z",
        ),
        statement(
            "LT-15.coincident",
            "For x = x' every e attains the budget C W_1.",
            {"x = x'": "forall q: inner(x - z, q) == 0"} | OPTIMAL,
            f"(inner(e, x) + C*a) - (inner(e, z) + C*b) == {text(BOUNDS['budget'].subs(s, 0))}",
            vectors="e, x, z",
        ),
        statement(
            "LT-15.loss",
            "A potential psi with m <= phi - psi <= M loses at most C (M - m): f, h are phi, psi at y, and g, k at z.",
            {
                "phi - psi <= M": "f - h <= M",
                "phi - psi >= m": "g - k >= m",
                "phi is an optimal potential": "E[f] - E[g] == rho",
                "C >= 0": "C >= 0",
            },
            f"C*E[h] - C*E[k] >= C*rho - {LOSS}",
            random="f, g, h, k",
        ),
    ]


def _values(f: int = 0, g: int = 0, **values: int) -> dict:
    """One pair (y, z) of a coupling: phi(y) = f, phi(z) = g; t their distance or h, k the values of psi."""
    atom = {"f": f, "g": g} | {x: values.pop(x) for x in ("t", "h", "k") if x in values}
    return model({"C": 1} | values, E=[(1, atom)])


def counterexamples() -> list[Counterexample]:
    budget = {"u": 1, "v": 0, "s": 0, "C": 1, "rho": 0}
    ends = {"a": 0, "b": 0, "C": 1}
    loss = {"f": 0, "g": 0, "h": 0, "k": 0, "M": 0, "m": 0, "rho": 0}
    return [
        Counterexample("LT-15.budget", 0, model(budget | {"w": 0}), "a map that moves with equal queries"),
        Counterexample("LT-15.budget", 1, model(budget | {"w": 1}), "a map that moves with equal contexts"),
        Counterexample("LT-15.query", 0, model({}, {"e": [2], "x": [1], "z": [0]}), "|e| = 2"),
        Counterexample("LT-15.context", 0, _values(f=1, t=0, rho=0), "phi is steeper"),
        Counterexample("LT-15.context", 1, _values(f=1, t=1, rho=0), "the coupling costs more"),
        Counterexample("LT-15.context", 2, _values(t=1, rho=1, C=-1), "a negative constant"),
        Counterexample("LT-15.unit", 0, model({"s": 1}, {"x": [2], "z": [0]}), "s is not the distance"),
        Counterexample(
            "LT-15.attained", 0, model(ends | {"s": 1, "rho": 0}, {"x": [2], "z": [0]}), "s is not the distance"
        ),
        Counterexample("LT-15.attained", 1, model(ends | {"s": 1, "rho": 1}, {"x": [1], "z": [0]}), "phi = 0"),
        Counterexample("LT-15.coincident", 0, model(ends | {"rho": 0}, {"e": [1], "x": [1], "z": [0]}), "x != x'"),
        Counterexample("LT-15.coincident", 1, model(ends | {"rho": 1}, {"e": [1], "x": [0], "z": [0]}), "phi = 0"),
        Counterexample("LT-15.loss", 0, _values(**(loss | {"h": -1})), "psi is lower by more than M"),
        Counterexample("LT-15.loss", 1, _values(**(loss | {"k": 1})), "psi is higher by more than -m"),
        Counterexample("LT-15.loss", 2, _values(**(loss | {"rho": 1})), "phi is not optimal"),
        Counterexample("LT-15.loss", 3, _values(**(loss | {"M": 1, "C": -1})), "a negative constant"),
    ]


def refuted() -> list[Refuted]:
    less = statement("LT-15.less", "", LEGS, f"u - v <= 999/1000*({GAP})")
    anywhere = statement(
        "LT-15.anywhere",
        "",
        {"|e| = 1": "norm2(e) == 1", "s = |x - x'|": "s**2 == norm2(x - z)"},
        "inner(e, x) - inner(e, z) >= s",
        vectors="e, x, z",
    )
    every = statement(
        "LT-15.every",
        "",
        {"phi is 1-Lipschitz": "Abs(f - g) <= t", "the coupling costs rho": "E[t] == rho"},
        "E[f] - E[g] >= rho",
        random="f, g, t",
    )
    half = statement(
        "LT-15.half",
        "",
        {"phi - psi <= M": "f - h <= M", "phi - psi >= m": "g - k >= m"} | {"phi is optimal": "E[f] - E[g] == rho"},
        "E[h] - E[k] >= rho - (M - m)/2",
        random="f, g, h, k",
    )
    return [
        Refuted(
            "a smaller budget",
            "f(p) - f(p') <= 0.999 (|x - x'| + C W_1) on C_{1,C}.",
            less.text,
            model({"u": 2, "w": 1, "v": 0, "s": 1, "C": 1, "rho": 1}),
        ),
        Refuted(
            "any direction",
            "Every unit vector e separates the queries by |x - x'|.",
            anywhere.text,
            model({"s": 1}, {"e": [0, 1], "x": [1, 0], "z": [0, 0]}),
        ),
        Refuted(
            "any potential",
            "Every 1-Lipschitz phi has int phi d(mu - nu) = W_1 (false: phi = 0).",
            every.text,
            model({"rho": 1}, E=[(1, {"f": 0, "g": 0, "t": 1})]),
        ),
        Refuted(
            "half the oscillation",
            "psi loses at most C (M - m)/2.",
            half.text,
            model({"M": 1, "m": 0, "rho": 1}, E=[(1, {"f": 1, "g": 0, "h": 0, "k": 0})]),
        ),
    ]


HAMMER: Property | None = None
BINDINGS: tuple[Binding, ...] = ()
