"""Trusted for REFUTED and "not vacuous": evaluation of a claim at rational numbers, coordinates, finite measures.

A value is an interval (lo, hi) of rationals, lo = hi unless a root or exp is irrational; what the intervals do not
decide is refused. A world maps scalars to intervals and vectors to lists of rationals.
"""

import math
from fractions import Fraction
from typing import Any

from ..kernel.algebra import Budget, Poly, bounded
from ..kernel.claim import Assumption, Claim, read_claim
from ..kernel.syntax import fields, load, rational, refuse, typed

UNIT = Fraction(1, 2**256)  # of the outward rounding of sqrt and exp
SIZE_LIMIT = 64  # atoms of a measure, dimensions
ZERO, ONE = Fraction(0), Fraction(1)
COST = {"sqrt": 30, "exp": 300}  # in the units of the work limit
Interval = tuple[Fraction, Fraction]


def times(a: Interval, b: Interval) -> Interval:
    products = [bounded(x * y) for x in set(a) for y in set(b)]
    return min(products), max(products)


def outward(a: Interval) -> Interval:
    return math.floor(a[0] / UNIT) * UNIT, math.ceil(a[1] / UNIT) * UNIT


def root(a: Interval) -> Interval:
    if a[0] < 0:
        refuse("model: sqrt of a number that is not known to be >= 0")
    p, q = map(math.isqrt, a[0].as_integer_ratio())
    if a[0] == a[1] == Fraction(p * p, q * q):
        return Fraction(p, q), Fraction(p, q)
    low, high = (math.isqrt(math.floor(x / UNIT**2)) for x in a)
    return low * UNIT, (high + 1) * UNIT


def exponential(a: Interval) -> Interval:
    """With y = x/2**k, |y| <= 1: Taylor of degree 60, |remainder| <= 3|y|**61/61!; rounded outward; squared k times."""
    if max(map(abs, a)) > 1000:
        refuse("model: exp of a number above 1000 in size")
    k, bounds = math.ceil(max(map(abs, outward(a)))).bit_length(), []
    for y in (x / 2**k for x in outward(a)):  # of few bits, however long x is
        term, total = ONE, ONE
        for n in range(1, 61):
            term *= y / n
            total += term
        value = outward((total - 3 * abs(term), total + 3 * abs(term)))
        for _ in range(k):
            value = outward(times(value, value))
        bounds.append(value)
    return bounds[0][0], bounds[1][1]


class Evaluator:
    def __init__(self, claim: Claim, data: dict[str, Any]) -> None:
        self.claim, ctx, self.budget = claim, claim.ctx, Budget()
        metric, scalars, vectors, functionals, _ = fields(data, "model", "metric scalars vectors functionals format")
        self.metric = [rational(m, "metric") for m in typed(metric, list, "metric")]
        if len(self.metric) > SIZE_LIMIT or any(m <= 0 for m in self.metric):
            refuse(f"metric: at most {SIZE_LIMIT} positive numbers required")
        self.world = self.values(scalars, vectors, ctx.scalars, ctx.vectors)
        self.atoms: dict[str, list[tuple[Fraction, dict[str, Any]]]] = {}
        given = fields(functionals, "functionals", " ".join(ctx.functionals))
        for (label, functional), atoms in zip(ctx.functionals.items(), given, strict=True):
            parts = [fields(atom, f"atom of {label}", "weight scalars vectors") for atom in typed(atoms, list, label)]
            pairs = [
                (rational(w, "weight"), self.values(s, v, functional.scalars, functional.vectors)) for w, s, v in parts
            ]
            wrong_mass = functional.probability and sum(w for w, _ in pairs) != 1
            if len(pairs) > SIZE_LIMIT or any(w < 0 for w, _ in pairs) or wrong_mass:
                refuse(f"{label}: at most {SIZE_LIMIT} atoms of weights >= 0, of sum 1 for a probability, required")
            self.atoms[label] = [
                pair for pair in pairs if pair[0] > 0
            ]  # weight 0 carries no almost-everywhere statement

    def values(self, scalars: Any, vectors: Any, s: Any, v: Any) -> dict[str, Any]:
        numbers = zip(s, fields(scalars, "scalars", " ".join(s)), strict=True)
        world: dict[str, Any] = {x: (rational(q, x),) * 2 for x, q in numbers}
        for x, row in zip(v, fields(vectors, "vectors", " ".join(v)), strict=True):
            if len(typed(row, list, x)) != len(self.metric):
                refuse(f"vector {x}: {len(self.metric)} coordinates required, got {len(row)}")
            world[x] = [rational(c, x) for c in row]
        return world

    def value(self, poly: Poly, world: dict[str, Any]) -> Interval:
        low, high = ZERO, ZERO
        for monomial, coefficient in poly.items():
            term = (coefficient, coefficient)
            for atom, exponent in monomial:
                a = world[atom] if atom in world else self.atom(atom, world)
                for _ in range(abs(exponent)):
                    term = times(term, self.inverse(a) if exponent < 0 else a)
            size = max(abs(x.numerator) + x.denominator for x in term).bit_length()
            self.budget.spend(1 + len(monomial) + size // 100)
            low, high = bounded(low + term[0]), bounded(high + term[1])
        return low, high

    def inverse(self, a: Interval) -> Interval:
        return (1 / a[1], 1 / a[0]) if a[0] > 0 or a[1] < 0 else refuse("model: division by a number that may be 0")

    def atom(self, text: str, world: dict[str, Any]) -> Interval:
        if text in self.claim.ctx.parts:
            label, parts = self.claim.ctx.parts[text]
            if label:
                terms = [times((w, w), self.value({parts: ONE}, world | inner)) for w, inner in self.atoms[label]]
                return sum((low for low, _ in terms), ZERO), sum((high for _, high in terms), ZERO)
            total = sum((m * a * b for m, a, b in zip(self.metric, *(world[x] for x in parts), strict=True)), ZERO)
            return total, total
        function, arguments = self.claim.ctx.arguments[text]
        self.budget.spend(COST.get(function, 1))
        a = [self.value(p, world) for p in arguments]
        if function == "Max":
            return max(a[0][0], a[1][0]), max(a[0][1], a[1][1])
        return {"inv": self.inverse, "sqrt": root, "exp": exponential}[function](a[0])

    def everywhere(self, poly: Poly) -> list[Interval]:
        """The value of `poly` here, or at each atom of the functional under which it is random."""
        owner = self.claim.ctx.single(poly, "relation")
        return [self.value(poly, self.world | inner) for _, inner in (self.atoms[owner] if owner else [(ONE, {})])]

    def defined(self) -> None:
        """Refuse the model unless the denominators and roots of the claim are defined, also where they cancel."""
        for text in sorted(self.claim.ctx.domain):
            self.everywhere({((text, 1 if text.startswith("sqrt(") else -1),): ONE})

    def holds(self, poly: Poly, rel: str) -> bool:
        """Whether `poly rel 0` holds: here, or at each atom of the functional under which it is random."""
        result = True
        for low, high in self.everywhere(poly):
            yes = {">=": low >= 0, ">": low > 0, "==": low == high == 0}[rel]
            if not yes and not {">=": high < 0, ">": high <= 0, "==": low > 0 or high < 0}[rel]:
                enclosure = f"[{str(low)[:40]}, {str(high)[:40]}]"
                refuse(f"model: the enclosure {enclosure} does not decide a relation {rel} 0")
            result = result and yes
        return result

    def quantified(self, index: int, assumption: Assumption) -> bool:
        """p(q) >= 0 or == 0 for all q, where p has degree <= 2: its matrix on (1, q) is semidefinite, or 0.

        The matrix is found from the values of p at 0, at the unit vectors and their negatives, and at sums of two.
        """
        degree = max((sum(e * self.degree(a) for a, e in m) for m in assumption.poly), default=0)
        if degree > 2 or assumption.rel == ">" or self.claim.ctx.free(assumption.poly):
            refuse(f"model: assumption {index} must be of degree <= 2 in its bound names, not strict and not random")
        slots = [
            (x, k) for x, kind in assumption.bound.items() for k in range(len(self.metric) if kind == "vector" else 1)
        ]

        def at(*hot: int, sign: int = 1) -> Fraction:
            world = dict(self.world)
            for x, kind in assumption.bound.items():
                row = [Fraction(sign * sum(slots[i] == (x, k) for i in hot)) for k in range(max(1, len(self.metric)))]
                world[f"?{kind[0]}{x}"] = row[: len(self.metric)] if kind == "vector" else (row[0], row[0])
            low, high = self.value(assumption.poly, world)
            return low if low == high else refuse("model: exact values required under a quantifier")

        n, centre = range(len(slots)), at()
        up, down = [at(i) for i in n], [at(i, sign=-1) for i in n]
        matrix = [[2 * centre] + [(u - d) / 2 for u, d in zip(up, down, strict=True)]]
        for i in n:
            row = [at(i, j) - up[i] - up[j] + centre if i != j else up[i] + down[i] - 2 * centre for j in n]
            matrix.append([matrix[0][i + 1], *row])
        return not any(map(any, matrix)) if assumption.rel == "==" else semidefinite(matrix)

    def degree(self, text: str) -> int:
        """Degree of an atom in the bound names (written ?...), at least 3 where it is not a polynomial in them."""
        if text in self.claim.ctx.arguments:
            return 3 if "?" in text else 0
        label, parts = self.claim.ctx.parts.get(text, ("", (text,)))
        return sum(e * self.degree(a) for a, e in parts) if label else sum(x.startswith("?") for x in parts)


def semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Whether a symmetric rational matrix is positive semidefinite: eliminate; a zero pivot needs a zero row."""
    rows = [list(row) for row in matrix]
    for k, pivot in enumerate(rows):
        if pivot[k] < 0 or (pivot[k] == 0 and any(pivot[k:])):
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / pivot[k] if pivot[k] else ZERO
            rows[i] = [a - factor * b for a, b in zip(rows[i], pivot, strict=True)]
    return True


def check_model(claim: str, model: str, *, refutes: bool) -> None:
    """Return if `model` satisfies every assumption of `claim` and, where `refutes`, violates its target.

    Raises:
        KernelError: it does not, or it is not decided.
    """
    reading = read_claim(claim)
    evaluator = Evaluator(reading, load(model, "model"))
    evaluator.defined()
    for index, assumption in enumerate(reading.assumptions):
        if not (evaluator.quantified(index, assumption) if assumption.bound else evaluator.holds(*assumption[2:])):
            refuse(f"model: assumption {index} is violated: {assumption.text[:80]!r}")
    if refutes and evaluator.holds(*reading.target):
        refuse("model: the target holds, so nothing is refuted")
