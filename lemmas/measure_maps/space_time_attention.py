"""Causal attention is attention on a measure in space and time: invariant under change of clock, Lipschitz in the mass that arrives.

Statement
    mu a probability on R^d x [0, 1], Att(mu, x, t) = V int y e^{<A x, y>} 1_{s <= t} dmu(y, s) / int e^{<A x, y>} 1_{s <= t} dmu, for t with
    m(t) = mu(R^d x [0, t]) > 0. For mu = 1/n sum_i delta_{(x_i, i/n)} and t = i/n this is causal softmax attention at token i.
    It depends on the prefix {s <= t} only, and a strictly increasing change of clock, of tokens and query alike, changes nothing.
    If all scores <A x, y> lie in an interval of length L and all values V y in a ball of radius r, then for s <= t with m(s) > 0
    |Att(mu, x, t) - Att(mu, x, s)| <= 2 r e^L (m(t) - m(s)) / (m(s) + e^L (m(t) - m(s))).
    On the ball B_R: L = 2 ||A|| R^2, r = ||V|| R. Every d, every number of tokens, any weights, Euclidean norm.

Proof
    1. The prefix at time t is the one at time s and what arrived since: with share p of the partition
       function, Att(t) - Att(s) = p (Att_new - Att(s)).                                       kernel    MM-05.arrives
    2. No weight exceeds e^L times another, so Z_new m(s) <= e^L (m(t) - m(s)) Z_s.             kernel    MM-05.mass
    3. So p <= B = e^L n/(m(s) + e^L n), n = m(t) - m(s).                                      kernel    MM-05.share
    4. Two means of values in a ball of radius r are at most 2 r apart.                        kernel    MM-05.apart
    5. So the change is at most 2 r B.                                                         kernel    MM-05.step
    6. A strictly increasing clock keeps what is earlier earlier, so prefixes stay the same.   kernel    MM-05.clock
    7. Attained by tokens at -R first, then at R; the form with m(t) in the denominator.       symbolic  derivation

Sharpness
    Attained for every n > 0 on a line: tokens -R before s and R since, query R, A > 0 (L = 2 A R^2, r = V R).

Source
    furuya2024context (arXiv:2408.01367), section 2.3, space-time attention as reconstructed; the bound is proofcheck's.

Audit
    Sharper than the form 2 r e^L (m(t) - m(s))/m(t), which the same proof gives and step 7 does not attain.
    Not weakly continuous where times tie: tokens y != y' at times t and t + delay; letting them change places moves the measure by delay in
    W_infinity, and the output at time t jumps from V y to V y', whatever the delay. Refuted below for any constant (here 10^6).
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-05"
TITLE = "Causal attention in space and time"
SOURCE = Source("furuya2024context", "2408.01367", "section 2.3, as reconstructed; bound by proofcheck")
LABEL = "sharp"
ASSUMES = ()
USES = ()

r, L, m, n = sp.symbols("r L m n", nonnegative=True)
SHARE_BOUND = sp.exp(L) * n / (m + sp.exp(L) * n)
BOUNDS = {"time_step": 2 * r * sp.exp(L) * n / (m + sp.exp(L) * n)}
SYMBOLS = {
    "r": "radius of a ball that holds the values V y",
    "L": "length of an interval that holds the scores",
    "m": "mass of the prefix at the earlier time",
    "n": "mass that arrives until the later time",
}

PREFIXES = {
    "a = Att(s)": "forall q: M[i*e]*inner(a, q) == M[i*e*inner(v, q)]",
    "b is attention on what arrives": "forall q: M[j*e]*inner(b, q) == M[j*e*inner(v, q)]",
    "c = Att(t)": "forall q: M[(i + j)*e]*inner(c, q) == M[(i + j)*e*inner(v, q)]",
    "p is the share of what arrives": "p*M[(i + j)*e] == M[j*e]",
    "there is mass": "M[(i + j)*e] > 0",
}
MASS = {
    "e <= K f: no weight exceeds K times the least": "e <= K*f",
    "e >= f": "e >= f",
    "i >= 0": "i >= 0",
    "j >= 0": "j >= 0",
    "K >= 0": "K >= 0",
}
SHARE = {
    "step 2, P and Q the partition functions of what arrives and of the prefix": "P*m <= exp(L)*n*Q",
    "p is the share of what arrives": "p*(P + Q) == P",
    "the later prefix has mass": "P + Q > 0",
    "m > 0": "m > 0",
    "n >= 0": "n >= 0",
}
STEP = {
    "g = |Att(t) - Att(s)|, which is p (b - a)": "g**2 == p**2*norm2(b - a)",
    "the means are at most 2 r apart": "norm2(b - a) <= (2*r)**2",
    "p >= 0": "p >= 0",
    "p is at most its bound B": "p <= B",
    "r >= 0": "r >= 0",
}
TIES = {"the delay is positive": "w > 0", "g = |Att(mu, t) - Att(nu, t)|": "g**2 == norm2(y - z)"}


def derivation() -> list[DerivationStep]:
    A, R, V, s, a = sp.symbols("A R V s a", positive=True)  # masses s before, a arrives
    low, high = sp.exp(-A * R**2), sp.exp(A * R**2)
    later = V * R * (a * high - s * low) / (a * high + s * low)
    bound = BOUNDS["time_step"].subs({r: V * R, L: 2 * A * R**2, m: s, n: a}, simultaneous=True)
    weaker = 2 * r * sp.exp(L) * n / (m + n)
    kept = BOUNDS["time_step"] * (m + sp.exp(L) * n) / (m + n)
    return [
        DerivationStep("the bound", 2 * r * SHARE_BOUND, BOUNDS["time_step"], "2 r B"),
        DerivationStep("attained", later - (-V * R), bound, "tokens -R, then R; query R"),
        DerivationStep("the form with m(t)", kept, weaker, "m + e^L n >= m + n = m(t), as L >= 0"),
    ]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-05.arrives",
            "What arrives changes attention by its share of the partition function times the gap.",
            PREFIXES,
            "inner(c - a, r) == p*inner(b - a, r)",
            vectors="a, b, c, r, v",
            functionals=["M:e,i,j,v"],
        ),
        statement(
            "MM-05.mass",
            "Partition functions compare as masses do, up to the factor K between weights.",
            MASS,
            "M[j*e]*M[i] <= K*M[j]*M[i*e]",
            functionals=["M!:e,i,j"],
        ),
        statement(
            "MM-05.share",
            "The share of what arrives is at most B = e^L n/(m + e^L n).",
            SHARE,
            f"p <= {text(SHARE_BOUND)}",
        ),
        statement(
            "MM-05.apart",
            "Two points of a ball are at most 2 r apart.",
            {"|a| <= r": "norm2(a) <= r**2", "|b| <= r": "norm2(b) <= r**2"},
            "norm2(b - a) <= (2*r)**2",
            vectors="a, b",
        ),
        statement("MM-05.step", "The change in time is at most 2 r B.", STEP, "g <= 2*r*B", vectors="a, b"),
        statement(
            "MM-05.clock",
            "A strictly increasing clock keeps the order: what comes later stays later.",
            {
                "the clock is strictly increasing": "(d - c)*(t - s) > 0",
                "s < t": "s < t",
            },
            "c < d",
        ),
    ]


def _prefixes(a: int, b: int, c: str, p: str, e: int = 1) -> dict:
    """One token of value 0 in the prefix, then one of value 2."""
    atoms = [("1/2", {"e": e, "i": 1, "j": 0, "v": [0]}), ("1/2", {"e": e, "i": 0, "j": 1, "v": [2]})]
    return model({"p": p}, {"a": [a], "b": [b], "c": [c], "r": [1]}, M=atoms)


def _mass(K: int, f: int, *atoms: tuple[int, int, int]) -> dict:
    return model({"K": K, "f": f}, M=[(1, {"e": e, "i": i, "j": j}) for e, i, j in atoms])


def _share(P: int, Q: int, p: str, m: int, n: int) -> dict:
    return model({"P": P, "Q": Q, "p": p, "m": m, "n": n, "L": 0})


def _step(b: int, g: int, r: int = 1, p: int = 1, B: int = 1) -> dict:
    return model({"g": g, "r": r, "p": p, "B": B}, {"a": [0], "b": [b]})


def counterexamples() -> list[Counterexample]:
    return [
        Counterexample("MM-05.arrives", 0, _prefixes(1, 2, "1", "1/2"), "a is not attention on the prefix"),
        Counterexample("MM-05.arrives", 1, _prefixes(0, 0, "1", "1/2"), "b is not attention on what arrives"),
        Counterexample("MM-05.arrives", 2, _prefixes(0, 2, "0", "1/2"), "c is not attention on both"),
        Counterexample("MM-05.arrives", 3, _prefixes(0, 2, "1", "1"), "another share"),
        Counterexample("MM-05.arrives", 4, _prefixes(0, 2, "5", "1/2", e=0), "no mass: every c fits"),
        Counterexample("MM-05.mass", 0, _mass(1, 1, (1, 1, 0), (2, 0, 1)), "a larger weight"),
        Counterexample("MM-05.mass", 1, _mass(1, 1, (0, 1, 0), (1, 0, 1)), "a smaller weight"),
        Counterexample("MM-05.mass", 2, _mass(2, 1, (2, -1, 1)), "a negative prefix"),
        Counterexample("MM-05.mass", 3, _mass(2, 1, (2, 1, -1)), "negative mass arrives"),
        Counterexample("MM-05.mass", 4, _mass(-1, -1, (1, 1, 1)), "a negative factor"),
        Counterexample("MM-05.share", 0, _share(1, 0, "1", 1, 0), "weights of any size"),
        Counterexample("MM-05.share", 1, _share(1, 1, "1", 1, 1), "another share"),
        Counterexample("MM-05.share", 2, _share(0, 0, "9", 1, 1), "no mass: every share fits"),
        Counterexample("MM-05.share", 3, _share(1, 0, "1", -2, 1), "negative mass before"),
        Counterexample("MM-05.share", 4, _share(2, -1, "2", 1, -3), "negative mass arrives"),
        Counterexample("MM-05.apart", 0, model({"r": 1}, {"a": [9], "b": [0]}), "a is outside"),
        Counterexample("MM-05.apart", 1, model({"r": 1}, {"a": [0], "b": [9]}), "b is outside"),
        Counterexample("MM-05.step", 0, _step(0, 9), "g is not the distance"),
        Counterexample("MM-05.step", 1, _step(9, 9), "means further apart"),
        Counterexample("MM-05.step", 2, _step(2, 6, p=-3), "a negative share"),
        Counterexample("MM-05.step", 3, _step(2, 2, B=0), "a larger share"),
        Counterexample("MM-05.step", 4, _step(2, 2, r=-1), "a negative radius"),
        Counterexample("MM-05.clock", 0, model({"s": 0, "t": 1, "c": 1, "d": 0}), "a clock that runs back"),
        Counterexample("MM-05.clock", 1, model({"s": 1, "t": 0, "c": 1, "d": 0}), "the other order"),
    ]


def refuted() -> list[Refuted]:
    tie = statement("MM-05.tie", "", TIES, "g <= 10**6*w", vectors="y, z")
    smaller = statement("MM-05.smaller", "", SHARE, "p <= 999/1000*exp(L)*n/(m + exp(L)*n)")
    return [
        Refuted(
            "0.999 of the bound",
            "The share of what arrives is at most 0.999 of its bound.",
            smaller.text,
            _share(1, 1, "1/2", 1, 1),
        ),
        Refuted(
            "continuous at ties",
            "Two tokens at distance w in time change places: the output at the earlier time moves by at most 10^6 w.",
            tie.text,
            model({"w": "1/10000000000", "g": 1}, {"y": [0], "z": [1]}),
        ),
    ]


HAMMER = None
BINDINGS = (Binding("torch_impl.space_time:causal_attend", "proofcheck.bind.formulas_closed_forms:CAUSAL_ATTEND"),)
