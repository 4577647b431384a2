"""Sample points of a claim: rationals, vectors of one to three coordinates, measures of at most three atoms.

`draw` is unconstrained. `steer` moves a point until the reading's assumptions hold, or all but one fail to: equations
are solved exactly for one name after another, where they are of degree one or two in it; inequalities by trial.
What the kernel's claim says is not looked at.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .meaning import TINY, Measure, Relation, UndefinedError, Vector, sqrt
from .reading import Reading

ROUND = 2**300  # a solution of an equation that holds rounded roots is kept to this many parts of one
LONG = 200  # bits of a denominator above which a value counts as rounded
Atoms = list[tuple[Fraction, dict[str, Any]]]


@dataclass(frozen=True)
class Names:
    """The names that a claim declares: scalars, vectors, and of each functional (probability, scalars, vectors)."""

    scalars: tuple[str, ...]
    vectors: tuple[str, ...]
    functionals: Mapping[str, tuple[bool, tuple[str, ...], tuple[str, ...]]]

    def all(self) -> set[str]:
        return {*self.scalars, *self.vectors, *self.functionals}


@dataclass(frozen=True)
class Point:
    """Values of all names of a claim; `measures` holds the atoms of its functionals."""

    dimension: int
    values: Mapping[str, Any]
    measures: Mapping[str, Atoms]

    def arguments(self) -> dict[str, Any]:
        return {**self.values, **{label: Measure(atoms) for label, atoms in self.measures.items()}}

    def get(self, block: Block) -> Any:
        label, index, name = block
        return self.measures[label][index][1][name] if label else self.values[name]

    def put(self, block: Block, value: Any) -> Point:
        label, index, name = block
        if not label:
            return Point(self.dimension, {**self.values, name: value}, self.measures)
        atoms = list(self.measures[label])
        weight, values = atoms[index]
        atoms[index] = weight, {**values, name: value}
        return Point(self.dimension, self.values, {**self.measures, label: atoms})

    def exact(self) -> bool:
        """Whether no value is a rounded solution, so that a quantified equation can be decided."""
        return all(
            c.denominator.bit_length() <= LONG
            for value in map(self.get, self.blocks())
            for c in (value.row if isinstance(value, Vector) else (value,))
        )

    def blocks(self) -> list[Block]:
        own = [("", 0, x) for x in self.values]
        return own + [(f, i, x) for f, atoms in self.measures.items() for i, (_, v) in enumerate(atoms) for x in v]

    def model(self) -> dict[str, Any]:
        """The point as the model that `proofcheck.witness` evaluates."""

        def split(values: Mapping[str, Any]) -> dict[str, Any]:
            return {
                "scalars": {x: str(v) for x, v in values.items() if not isinstance(v, Vector)},
                "vectors": {x: [str(c) for c in v.row] for x, v in values.items() if isinstance(v, Vector)},
            }

        return {
            "format": "proofcheck-model/1",
            "metric": ["1"] * self.dimension,
            **split(self.values),
            "functionals": {
                label: [{"weight": str(w), **split(values)} for w, values in atoms]
                for label, atoms in self.measures.items()
            },
        }


Block = tuple[str, int, str]  # functional or "", its atom, the name
Trial = tuple[Sequence[Relation], Relation] | None


def point_of_model(model: Mapping[str, Any]) -> Point | None:
    """A committed model as a point; None where its coordinates are not Euclidean."""
    if any(m != "1" for m in model["metric"]):
        return None

    def values(part: Mapping[str, Any]) -> dict[str, Any]:
        rows = {x: Vector(map(Fraction, row)) for x, row in part["vectors"].items()}
        return {**{x: Fraction(v) for x, v in part["scalars"].items()}, **rows}

    measures = {
        label: [(Fraction(atom["weight"]), values(atom)) for atom in atoms if Fraction(atom["weight"]) != 0]
        for label, atoms in model["functionals"].items()
    }
    return Point(len(model["metric"]), values(model), measures)


def number(rng: random.Random) -> Fraction:
    """A small rational, more often positive, sometimes 0 or 1."""
    if rng.random() < 0.1:
        return Fraction(rng.choice((0, 1)))
    return Fraction(rng.randint(1, 9) * (1 if rng.random() < 0.75 else -1), rng.randint(1, 6))


def draw(names: Names, rng: random.Random, *, empty: bool = True) -> Point:
    """A point with nothing asked of it; a measure that is no probability has no atoms now and then, if `empty`."""
    dimension = rng.randint(1, 3)

    def vector() -> Vector:
        return Vector(number(rng) * rng.choice((1, -1)) for _ in range(dimension))

    measures: dict[str, Atoms] = {}
    for label, (probability, scalars, vectors) in names.functionals.items():
        count = rng.randint(1, 3) if probability or not empty or rng.random() < 0.9 else 0
        weights = [abs(number(rng)) + Fraction(1, 7) for _ in range(count)]
        total = sum(weights) if probability else Fraction(1)
        measures[label] = [
            (w / total, {**{x: number(rng) for x in scalars}, **{x: vector() for x in vectors}}) for w in weights
        ]
    values = {**{x: number(rng) for x in names.scalars}, **{x: vector() for x in names.vectors}}
    return Point(dimension, values, measures)


def attempt(reading: Reading, point: Point) -> Trial:
    """The reading at a point, None where the sentence is not defined there."""
    try:
        return reading.at(point.arguments())
    except (UndefinedError, ZeroDivisionError):
        return None


class Steering:
    """Moves points of one reading towards what is asked of its assumptions."""

    def __init__(self, reading: Reading, rng: random.Random, effort: int = 12) -> None:
        self.reading, self.rng, self.effort = reading, rng, effort

    def steer(self, point: Point, violate: int | None = None, tight: int | None = None) -> Point | None:
        """A point near `point` where all assumptions hold: but number `violate`; number `tight` with slack 0."""
        best, score = point, self.score(point, violate, tight)
        for _ in range(self.effort):
            if score == 0:
                return best
            moved = self.jiggle(best) if self.rng.random() < 0.8 or score > 10**5 else best
            moved = self.solve(moved, violate, tight)
            value = self.score(moved, violate, tight)
            if value <= score:
                best, score = moved, value
        return best if score == 0 else None

    def score(self, point: Point, violate: int | None, tight: int | None) -> int:
        """How many assumptions are not as asked; 10**6 where the sentence is not defined."""
        trial = attempt(self.reading, point)
        if trial is None:
            return 10**6
        wrong = 0
        for i, relation in enumerate(trial[0]):
            holds = relation.holds()
            wrong += holds if i == violate else not holds
            wrong += i == tight and all(abs(x) > TINY for x in relation.residuals())
        return wrong

    def jiggle(self, point: Point) -> Point:
        block = self.rng.choice(point.blocks())
        value = point.get(block)
        factor = self.rng.choice((Fraction(1, 4), Fraction(1, 2), 2, -1, 0, Fraction(3, 2), Fraction(9, 10)))
        if self.rng.random() < 0.6:
            return point.put(block, value * Fraction(factor))
        if isinstance(value, Vector):
            return point.put(block, Vector(c + number(self.rng) * self.rng.choice((1, -1)) for c in value.row))
        return point.put(block, number(self.rng))

    def solve(self, point: Point, violate: int | None, tight: int | None) -> Point:
        """Sweep over the names in a random order; keep a solution that leaves fewer equations open."""

        def residuals(at: Point) -> list[Fraction] | None:
            trial = attempt(self.reading, at)
            if trial is None:
                return None
            found: list[Fraction] = []
            for i, relation in enumerate(trial[0]):
                if (relation.rel == "==" and i != violate) or i == tight:
                    values = relation.residuals()
                    found += values[:1] if i == tight and relation.rel != "==" else values
            return found

        now = residuals(point)
        for _ in range(2):
            blocks = point.blocks()
            self.rng.shuffle(blocks)
            for block in blocks:
                if now is None or not any(_open(now)):
                    return point
                for moved in _solutions(point, block, now, residuals, self.rng):
                    after = residuals(moved)
                    if after is not None and len(after) == len(now) and sum(_open(after)) < sum(_open(now)):
                        point, now = moved, after
                        break
        return point


def _open(values: Sequence[Fraction]) -> list[bool]:
    return [abs(x) > TINY for x in values]


def _solutions(
    point: Point,
    block: Block,
    now: list[Fraction],
    residuals: Callable[[Point], list[Fraction] | None],
    rng: random.Random,
) -> Iterator[Point]:
    """Points that differ in one name and solve some equation: the linear ones together, or one along a line."""
    value = point.get(block)
    if isinstance(value, Vector):
        units = [Vector([int(i == k) for i in range(point.dimension)]) for k in range(point.dimension)]
    else:
        units = [Fraction(1)]
    columns: list[list[Fraction]] = []
    bent = False
    for unit in units:
        one, two = residuals(point.put(block, value + unit)), residuals(point.put(block, value + 2 * unit))
        if one is None or two is None or not len(one) == len(two) == len(now):
            return
        columns.append([b - a for a, b in zip(now, one, strict=True)])
        bent = bent or any(abs(c - 2 * b + a) > TINY for a, b, c in zip(now, one, two, strict=True))
    rows = [([column[r] for column in columns], -now[r]) for r in range(len(now))]
    rows = [row for row in rows if any(abs(x) > TINY for x in row[0])]
    if not rows:
        return
    if not bent:
        step = _linear(rows, len(units))
        if step is not None:
            moved = [sum((s * u for s, u in zip(step, units, strict=True)), start=value)]
            yield from (point.put(block, _rounded(x)) for x in moved)
    directions = [rng.choice(units), *([value] if isinstance(value, Vector) else [])]
    for direction in directions:
        samples = [residuals(point.put(block, value + t * direction)) for t in (1, -1)]
        if any(s is None or len(s) != len(now) for s in samples):
            continue
        for r in range(len(now)):
            up, down = (s[r] for s in samples if s is not None)
            for t in _roots(now[r], up, down) if abs(now[r]) > TINY else ():
                yield point.put(block, _rounded(value + t * direction))


def _roots(centre: Fraction, up: Fraction, down: Fraction) -> list[Fraction]:
    """Roots of the parabola with these values at 0, 1, -1."""
    c, b, a = centre, (up - down) / 2, (up + down) / 2 - centre
    if abs(a) <= TINY:
        return [-c / b] if abs(b) > TINY else []
    square = b * b - 4 * a * c
    return [] if square < 0 else [(-b + sign * sqrt(square)) / (2 * a) for sign in (1, -1)]


def _rounded(value: Any) -> Any:
    """Unchanged if short, so that exact stays exact."""
    if isinstance(value, Vector):
        return Vector(map(_rounded, value.row))
    return value if value.denominator.bit_length() <= LONG else Fraction(round(value * ROUND), ROUND)


def _linear(rows: list[tuple[list[Fraction], Fraction]], size: int) -> list[Fraction] | None:
    """One solution of the equations, free unknowns 0; None if they contradict each other."""
    work = [[*left, right] for left, right in rows]
    pivots: list[int] = []
    for column in range(size):
        found = next((r for r in range(len(pivots), len(work)) if abs(work[r][column]) > TINY), None)
        if found is None:
            continue
        k = len(pivots)
        work[k], work[found] = work[found], work[k]
        work[k] = [x / work[k][column] for x in work[k]]
        for r in range(len(work)):
            if r != k:
                factor = work[r][column]
                work[r] = [x - factor * y for x, y in zip(work[r], work[k], strict=True)]
        pivots.append(column)
    if any(abs(row[size]) > TINY for row in work[len(pivots) :]):
        return None
    step = [Fraction(0)] * size
    for k, column in enumerate(pivots):
        step[column] = work[k][size]
    return step
