"""Shrink a confirmed counterexample: the fewest atoms, then the fewest dimensions, then the simplest rationals.

Every candidate is decided exactly again and kept only if it is still REFUTED at the same level (statement or
code), so the result is a counterexample whatever the heuristics propose. Rationals come from rounding to small
denominators (the nearest, by continued fractions); for the code only numbers that floats hold exactly, weights
excepted, are tried: the callable must see the numbers that are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from proofcheck.hammer.confirm import Decision
from proofcheck.hammer.exact import fmpq
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case, Sample

DENOMINATORS = (1, 2, 4, 8, 16, 10, 32, 64, 100, 128, 1000, 1024, 2**14, 2**20)
DROPPABLE = ("atom", "other", "unit", "d")
BUDGET = 1500


@dataclass(frozen=True)
class Shrunk:
    """The simplest sample found, its decision, and how many candidates were decided."""

    sample: Sample
    decision: Decision
    tried: int


def shrink(kind: Kind, case: Case, decision: Decision, *, seeds: bool = True, budget: int = BUDGET) -> Shrunk:
    """Simplify a case (batch 1, one pair) that `decision` refutes.

    seeds: also try the kind's extremal cases as replacements; off to see what shrinking alone does.
    """
    search = _Search(kind, case, decision, budget)
    if seeds:
        from proofcheck.hammer.families import Configuration

        like = next(iter(case.values()))
        for d, n in ((1, 1), (1, 2), (2, 2)):
            config = Configuration(d=d, n=n, batch=1, dtype=like.dtype, device=str(like.device))
            if any(search.offer(kind.sample(seed)) for seed in kind.seeds(config)):
                break
    improved = True
    while improved and search.left > 0:
        improved = search.drop()
        improved = search.simplify() or improved
    return Shrunk(search.sample, search.decision, budget - search.left)


class _Search:
    """The best sample so far; `offer` is the only way to change it."""

    def __init__(self, kind: Kind, case: Case, decision: Decision, budget: int) -> None:
        self.kind, self.like, self.decision, self.left = kind, case, decision, budget
        self.sample = kind.sample(case)

    def offer(self, candidate: Sample) -> bool:
        """Take `candidate` if it is still refuted at the same level."""
        if self.left <= 0:
            return False
        self.left -= 1
        try:
            found = self._decide(candidate)
        except (ArithmeticError, ValueError, IndexError, RuntimeError):
            return False  # not a case of this kind: x = y, or a size the callable refuses
        if not found.refuted or found.level != self.decision.level:
            return False
        self.sample, self.decision = candidate, found
        return True

    def _decide(self, candidate: Sample) -> Decision:
        if self.decision.level == "statement":
            return self.kind.decide(candidate)
        return self.kind.check_code(self.kind.case(candidate, self.like))

    def drop(self) -> bool:
        """Drop atoms, hidden units and coordinates one by one, and halves of them first."""
        any_dropped = False
        for axis in DROPPABLE:
            chunk = max(1, self._length(axis) // 2)
            while chunk >= 1 and self._length(axis) > 1:
                start, dropped = 0, False
                while start < self._length(axis) and self._length(axis) > 1:
                    gone = range(start, min(start + chunk, self._length(axis)))
                    if len(gone) < self._length(axis) and self.offer(self.kind.normalised(self._without(axis, gone))):
                        dropped = any_dropped = True
                    else:
                        start += chunk
                chunk = chunk if dropped and chunk == 1 else chunk // 2
        return any_dropped

    def _length(self, axis: str) -> int:
        for name, axes in self.kind.axes.items():
            if axis in axes:
                value = self.sample[name]
                return len(value) if axes[0] == axis else len(value[0])
        return 0

    def _without(self, axis: str, gone: range) -> Sample:
        def cut(value: Any, axes: tuple[str, ...]) -> Any:
            if not axes:
                return value
            kept = [entry for i, entry in enumerate(value) if axes[0] != axis or i not in gone]
            return [cut(entry, axes[1:]) for entry in kept]

        return {name: cut(value, self.kind.axes[name]) for name, value in self.sample.items()}

    def simplify(self) -> bool:
        """Round everything at once, then field by field, then entry by entry."""
        before = self._complexity()
        for denominator in DENOMINATORS:
            rounded = {
                name: value if name in self.kind.nonnegative else _map(value, lambda e, q=denominator: nearest(e, q))
                for name, value in self.sample.items()
            }
            if self._offer_simpler(rounded):
                break
        for name in self.sample:
            for change in self._field_changes(name):
                if self._offer_simpler({**self.sample, name: change}):
                    break
        for name in self.sample:
            for place in list(_places(self.sample[name])):
                for value in self._entry_changes(name, _entry(self.sample[name], place)):
                    if self._offer_simpler({**self.sample, name: _replaced(self.sample[name], place, value)}):
                        break
        return self._complexity() < before

    def _offer_simpler(self, candidate: Sample) -> bool:
        candidate = self.kind.normalised(candidate)
        return self._complexity(candidate) < self._complexity() and self.offer(candidate)

    def _complexity(self, sample: Sample | None = None) -> int:
        return sum(_weight(v) for v in (self.sample if sample is None else sample).values())

    def _dyadic(self, name: str) -> Callable[[int], bool]:
        anything = self.decision.level == "statement" or name in self.kind.nonnegative - {"step"}
        return (lambda q: True) if anything else (lambda q: q & (q - 1) == 0)

    def _field_changes(self, name: str) -> Iterator[Any]:
        value = self.sample[name]
        if name.endswith("weights"):
            for parts in (1, 2, 3, 4, 8):  # the heaviest atom in so many parts, the others in whole ones
                unit = max(value) / parts
                whole = [max(nearest(w / unit, 1), fmpq(1)) for w in value]
                yield [w / sum(whole) for w in whole]
        elif name in self.kind.nonnegative:
            yield _map(value, lambda e: fmpq(1))
        else:
            yield _map(value, lambda e: fmpq(0))
            if isinstance(value, list) and value and isinstance(value[0], list):
                yield [[fmpq(int(i == j)) for j in range(len(row))] for i, row in enumerate(value)]
        for q in filter(self._dyadic(name), DENOMINATORS):
            yield _map(value, lambda e, q=q: nearest(e, q))

    def _entry_changes(self, name: str, value: fmpq) -> Iterator[fmpq]:
        simple = (1,) if name in self.kind.nonnegative else (0, 1, -1)
        yield from (fmpq(v) for v in simple if value != v)
        for q in filter(self._dyadic(name), DENOMINATORS):
            near = nearest(value, q)
            yield from (v for v in (near, -near) if v != value and not (name in self.kind.nonnegative and v <= 0))


def nearest(value: fmpq, denominator: int) -> fmpq:
    """A dyadic denominator: the nearest multiple of 1/denominator; else the best rational below that denominator."""
    exact = Fraction(int(value.p), int(value.q))
    if denominator & (denominator - 1) == 0:
        rounded = Fraction(round(exact * denominator), denominator)
    else:
        rounded = exact.limit_denominator(denominator)
    return fmpq(rounded.numerator, rounded.denominator)


def _weight(value: Any) -> int:
    """Bits to write a value down; 0 for zero, so zeros are the simplest."""
    if isinstance(value, list):
        return sum(_weight(v) for v in value)
    sign = 1 if value < 0 else 0
    return 0 if value == 0 else 2 * int(abs(value.p)).bit_length() + 2 * int(value.q).bit_length() + sign


def _map(value: Any, change: Callable[[fmpq], fmpq]) -> Any:
    return [_map(v, change) for v in value] if isinstance(value, list) else change(value)


def _places(value: Any, prefix: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    if not isinstance(value, list):
        yield prefix
        return
    for i, v in enumerate(value):
        yield from _places(v, (*prefix, i))


def _entry(value: Any, place: tuple[int, ...]) -> fmpq:
    for i in place:
        value = value[i]
    return value


def _replaced(value: Any, place: tuple[int, ...], new: fmpq) -> Any:
    if not place:
        return new
    return [_replaced(v, place[1:], new) if i == place[0] else v for i, v in enumerate(value)]
