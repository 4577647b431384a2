"""A search for one identity as data: the leading strict term, matrices of polynomials, equations; and its pruning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..kernel.algebra import Monomial, Poly
from .problem import Goal, Problem


class Element(NamedTuple):
    """A basis element: a polynomial, or a polynomial times a vector name."""

    poly: Poly
    vector: str = ""


@dataclass
class Block:
    """A matrix of polynomials that is positive semidefinite; `entries[i, j]`, i <= j. Size 1: a product of facts."""

    outer: list[Any]
    basis: list[Element]
    entries: dict[tuple[int, int], Poly]
    functional: str = ""
    inner: list[Any] = field(default_factory=list)
    instance: int = -1  # a quantified assumption of degree 2: `slots` are the bound names that the basis fills
    slots: list[str] = field(default_factory=list)

    def keep(self, wanted: list[int]) -> None:
        place = {old: new for new, old in enumerate(wanted)}
        self.basis = [self.basis[i] for i in wanted]
        self.slots = [self.slots[i] for i in wanted] if self.slots else []
        self.entries = {(place[i], place[j]): p for (i, j), p in self.entries.items() if i in place and j in place}


@dataclass
class Free:
    """An equation times a monomial, under F[...] where `functional` is set."""

    ref: Any
    times: Poly
    poly: Poly
    functional: str = ""


@dataclass
class System:
    """The strict leading term, the blocks and the equations; the question is whether they can sum to 0."""

    problem: Problem
    main: Poly
    main_factors: list[Any]
    blocks: list[Block]
    frees: list[Free]
    goal: Goal


class Hopeless(Exception):
    """A monomial of the leading term cannot be cancelled by any candidate."""


def prune(system: System) -> None:
    """Drop what cannot occur: a monomial met only with one sign forces all its contributions to vanish.

    Raises:
        Hopeless: a monomial of the leading term has no candidate to cancel it.
    """
    while True:
        signs: dict[Monomial, int] = {}  # bit 1: a positive contribution, bit 2: a negative one
        for monomial, value in system.main.items():
            signs[monomial] = 1 if value > 0 else 2
        for block in system.blocks:
            for (i, j), poly in block.entries.items():
                for monomial, value in poly.items():
                    signs[monomial] = signs.get(monomial, 0) | (3 if i != j else 1 if value > 0 else 2)
        for free in system.frees:
            for monomial in free.poly:
                signs[monomial] = 3
        single = {m for m, s in signs.items() if s != 3}
        if any(m in single for m in system.main):
            raise Hopeless
        changed = False
        for block in system.blocks:
            wanted = [i for i in range(len(block.basis)) if not any(m in single for m in block.entries[i, i])]
            if len(wanted) < len(block.basis):
                block.keep(wanted)
                changed = True
        system.blocks = [b for b in system.blocks if b.basis]
        if not changed:
            return
