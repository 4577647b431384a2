"""Trusted. Models: exact evaluation of a claim at rational numbers, vectors and finite measures.

Works on the trees of the claim, not on its normal form. Every value is an interval [lo, hi] of rationals, lo = hi
unless sqrt or exp are irrational; a comparison that the intervals do not decide is refused.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .claim import Assumption, Claim, read_claim
from .syntax import fields, load, parse_relation, rational, refuse, typed

BITS = 256  # of the outward rounding of sqrt and exp
ATOM_LIMIT = 64
SIZE_LIMIT = 64
Number = tuple[Fraction, Fraction]  # an interval; a vector is a list of intervals
World = dict[str, Any]  # name -> Number | list[Number]


def exact(value: Fraction | int) -> Number:
    return Fraction(value), Fraction(value)


def plus(a: Number, b: Number) -> Number:
    return a[0] + b[0], a[1] + b[1]


def minus(a: Number) -> Number:
    return -a[1], -a[0]


def times(a: Number, b: Number) -> Number:
    products = [x * y for x in set(a) for y in set(b)]
    if max(abs(p.numerator) + p.denominator for p in products).bit_length() > 20_000:
        refuse("model: a number of more than 20000 bits")
    return min(products), max(products)


def _outward(low: Fraction, high: Fraction) -> Number:
    scale = 1 << BITS
    return Fraction(math.floor(low * scale), scale), Fraction(math.ceil(high * scale), scale)


def root(a: Number) -> Number:
    if a[0] < 0:
        refuse("model: sqrt of a number that is not known to be >= 0")
    low, high = math.isqrt(a[0].numerator), math.isqrt(a[0].denominator)
    if a[0] == a[1] and (low * low, high * high) == (a[0].numerator, a[0].denominator):
        return exact(Fraction(low, high))
    scale = 1 << 2 * BITS
    return Fraction(math.isqrt(math.floor(a[0] * scale)), 1 << BITS), Fraction(math.isqrt(math.ceil(a[1] * scale)) + 1, 1 << BITS)


def exponential(a: Number) -> Number:
    """e**y by Taylor to degree 60 at y = x/2**k, |y| <= 1, remainder <= 3|y|**61/61!, then k squarings."""
    if a == exact(0):
        return exact(1)
    if max(map(abs, a)) > 1000:
        refuse("model: exp of a number above 1000")
    halvings = max(math.ceil(abs(x)) for x in a).bit_length()
    bounds = []
    for x in a:
        y = x / 2**halvings
        term, total = Fraction(1), Fraction(1)
        for k in range(1, 61):
            term *= y / k
            total += term
        error = 3 * abs(term) / 61
        value = _outward(total - error, total + error)
        for _ in range(halvings):
            value = _outward(*times(value, value))
        bounds.append(value)
    return bounds[0][0], bounds[1][1]


class Evaluator:
    def __init__(self, claim: Claim, data: dict[str, Any]) -> None:
        self.claim, ctx = claim, claim.ctx
        _, metric, scalars, vectors, functionals = fields(data, "model", "format metric scalars vectors functionals")
        self.metric = [rational(m, "metric") for m in typed(metric, list, "metric")]
        if len(self.metric) > SIZE_LIMIT or any(m <= 0 for m in self.metric):
            refuse(f"metric: at most {SIZE_LIMIT} positive numbers required")
        self.world = self.values(scalars, vectors, ctx.scalars, ctx.vectors, "model")
        self.atoms: dict[str, list[tuple[Number, World]]] = {}
        if set(typed(functionals, dict, "functionals")) != set(ctx.functionals):
            refuse(f"model: functionals {sorted(ctx.functionals)} required")
        for label, atoms in functionals.items():
            functional, self.atoms[label] = ctx.functionals[label], []
            if len(typed(atoms, list, label)) > ATOM_LIMIT:
                refuse(f"model: at most {ATOM_LIMIT} atoms")
            for atom in atoms:
                weight, s, v = fields(atom, f"atom of {label}", "weight scalars vectors")
                number = rational(weight, "weight")
                if number < 0:
                    refuse(f"model: weight >= 0 required, got {number}")
                world = self.values(s, v, functional.scalars, functional.vectors, label)
                if number > 0:  # an atom of weight 0 carries nothing, not even an almost-everywhere statement
                    self.atoms[label].append((exact(number), self.world | world))
            if functional.probability and sum(w[0] for w, _ in self.atoms[label]) != 1:
                refuse(f"model: the weights of {label} must sum to 1")

    def values(self, scalars: Any, vectors: Any, s: Any, v: Any, where: str) -> World:
        if set(typed(scalars, dict, where)) != set(s) or set(typed(vectors, dict, where)) != set(v):
            refuse(f"{where}: values for scalars {sorted(s)} and vectors {sorted(v)} required")
        world: World = {x: exact(rational(value, x)) for x, value in scalars.items()}
        for x, value in vectors.items():
            if len(typed(value, list, x)) != len(self.metric):
                refuse(f"{where}: {x} needs {len(self.metric)} coordinates")
            world[x] = [exact(rational(c, x)) for c in value]
        return world

    def evaluate(self, tree: Any, world: World) -> Any:
        kind = tree[0]
        if kind == "number":
            return exact(tree[1])
        if kind == "name":
            return world[tree[1]]
        if kind in ("sum", "product"):
            result = self.evaluate(tree[1][0], world)
            for part in tree[1][1:]:
                value = self.evaluate(part, world)
                result = self.combine(result, value) if kind == "sum" else self.stretch(result, value)
            return result
        if kind == "negative":
            return self.stretch(exact(-1), self.evaluate(tree[1], world))
        if kind == "moment":
            total = exact(0)
            for weight, inner_world in self.atoms[tree[1]]:
                total = plus(total, times(weight, self.evaluate(tree[2], inner_world | self.bound)))
            return total
        if kind == "quotient":
            return times(self.evaluate(tree[1], world), self.inverse(self.evaluate(tree[2], world)))
        if kind == "power":
            base, result = self.evaluate(tree[1], world), exact(1)
            for _ in range(abs(tree[2])):
                result = times(result, base)
            return self.inverse(result) if tree[2] < 0 else result
        values = [self.evaluate(t, world) for t in tree[2]]
        if tree[1] == "inner":
            total = exact(0)
            for m, a, b in zip(self.metric, *values, strict=True):
                total = plus(total, times(exact(m), times(a, b)))
            return total
        if tree[1] == "Abs":
            values.append(minus(values[0]))
        if tree[1] == "Min":
            return min(a for a, _ in values), min(b for _, b in values)
        if tree[1] in ("Max", "Abs"):
            return max(a for a, _ in values), max(b for _, b in values)
        return root(values[0]) if tree[1] == "sqrt" else exponential(values[0])

    bound: World = {}

    def inverse(self, a: Number) -> Number:
        return (1 / a[1], 1 / a[0]) if a[0] > 0 or a[1] < 0 else refuse("model: division by a number that may be 0")

    def combine(self, a: Any, b: Any) -> Any:
        return [plus(x, y) for x, y in zip(a, b, strict=True)] if isinstance(a, list) else plus(a, b)

    def stretch(self, a: Any, b: Any) -> Any:
        if isinstance(a, list):
            a, b = b, a
        return [times(a, x) for x in b] if isinstance(b, list) else times(a, b)

    def difference(self, text: str, world: World) -> tuple[str, Number]:
        """(relation, left - right)."""
        relation, left, right = parse_relation(text)
        return relation, plus(self.evaluate(left, world), minus(self.evaluate(right, world)))

    def holds(self, text: str, world: World) -> bool:
        """Whether the relation is true in `world`; refused if the intervals do not decide."""
        relation, (low, high) = self.difference(text, world)
        if relation in ("<=", "<"):
            low, high = -high, -low
        verdicts = {">=": (low >= 0, high < 0), ">": (low > 0, high <= 0), "==": (low == high == 0, low > 0 or high < 0)}
        yes, no = verdicts[{"<=": ">=", "<": ">"}.get(relation, relation)]
        return yes if yes or no else refuse(f"model: {text[:80]!r} is not decided by the enclosure [{float(low):.3g}, {float(high):.3g}]")

    def worlds(self, poly: Any) -> list[World]:
        """Where a relation must hold: here, or at each atom of the functional under which it is random."""
        owner = self.claim.ctx.single(poly, "relation")
        return [world for _, world in self.atoms[owner]] if owner else [self.world]

    def quantified(self, assumption: Assumption) -> bool:
        """A relation of degree <= 2 in its bound names, decided for all their values by a semidefinite matrix."""
        relation, left, right = parse_relation(assumption.text)
        if max(degree(left, assumption.bound), degree(right, assumption.bound)) > 2:
            refuse(f"model: degree <= 2 in the bound names required in {assumption.text[:80]!r}")
        size = sum(1 if kind == "scalar" else len(self.metric) for kind in assumption.bound.values())

        def at(*hot: int) -> Fraction:
            """left - right where the listed coordinates are raised by 1, or lowered where written as ~k."""
            flat = [Fraction(hot.count(k) - hot.count(~k)) for k in range(size)]
            self.bound = {}
            for x, kind in assumption.bound.items():
                take = [exact(flat.pop(0)) for _ in range(1 if kind == "scalar" else len(self.metric))]
                self.bound[x] = take[0] if kind == "scalar" else take
            low, high = self.difference(assumption.text, self.world | self.bound)[1]
            self.bound = {}
            return low if low == high else refuse("model: exact values required under a quantifier")

        centre, sign = at(), -1 if relation in ("<=", "<") else 1
        up, down = [at(k) for k in range(size)], [at(~k) for k in range(size)]
        matrix = [[2 * sign * centre] + [sign * (u - d) / 2 for u, d in zip(up, down, strict=True)]]
        for i in range(size):
            row = [at(i, j) - up[i] - up[j] + centre if i != j else up[i] + down[i] - 2 * centre for j in range(size)]
            matrix.append([matrix[0][i + 1]] + [sign * value for value in row])
        if relation == "==":
            return not any(map(any, matrix))
        return semidefinite(matrix) if relation in (">=", "<=") else refuse("model: a strict quantified assumption is not decided")


def degree(tree: Any, bound: Any) -> int:
    """An upper bound of the degree in the bound names; a nonpolynomial use of them is refused."""
    kind = tree[0]
    if kind == "number":
        return 0
    if kind == "name":
        return int(tree[1] in bound)
    if kind in ("sum", "product"):
        return (max if kind == "sum" else sum)(degree(t, bound) for t in tree[1])
    if kind == "negative" or kind == "moment":
        return degree(tree[-1], bound)
    if kind == "power" and tree[2] >= 0:
        return tree[2] * degree(tree[1], bound)
    if kind == "quotient" and not degree(tree[2], bound):
        return degree(tree[1], bound)
    parts = [degree(t, bound) for t in tree[2]] if kind == "call" else [degree(tree[1], bound)]
    if kind == "call" and tree[1] == "inner":
        return sum(parts)
    return 0 if not any(parts) else refuse("model: a bound name under a function")


def semidefinite(matrix: list[list[Fraction]]) -> bool:
    """Whether a symmetric rational matrix is positive semidefinite: eliminate; a zero pivot needs a zero row."""
    rows = [list(row) for row in matrix]
    for k in range(len(rows)):
        if rows[k][k] < 0 or (rows[k][k] == 0 and any(rows[k][k:])):
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k] if rows[k][k] else Fraction(0)
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True


def check_model(claim: str, model: str, *, refutes: bool) -> None:
    """Return if `model` satisfies every assumption of `claim` and, where `refutes`, violates its target.

    Raises:
        KernelError: it does not, or it is not decided.
    """
    reading = read_claim(claim)
    evaluator = Evaluator(reading, load(model, "model"))
    for index, assumption in enumerate(reading.assumptions):
        if assumption.poly is None:
            true = evaluator.quantified(assumption)
        else:
            true = all(evaluator.holds(assumption.text, world) for world in evaluator.worlds(assumption.poly))
        if not true:
            refuse(f"model: assumption {index} is violated: {assumption.text[:80]!r}")
    outcomes = [evaluator.holds(reading.target_text, world) for world in evaluator.worlds(reading.target[0])]
    if refutes and all(outcomes):
        refuse("model: the target holds, so nothing is refuted")
