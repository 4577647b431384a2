"""Candidate terms of a certificate: what is nonnegative by construction and has the right grade.

With s a product of strict facts (often the negated target alone), a certificate is
    s + sum_k <Q_k, M_k> + sum_j c_j e_j = 0,    Q_k positive semidefinite, c_j free,
where the entries of M_k are (outer facts) * b_i b_j, <b_i, b_j> or F[(pointwise facts) * b_i b_j], and the e_j are
equations times monomials. Grades and signs decide which b belong to which M_k; `prune` then removes every b whose
square meets a monomial of the identity that nothing can cancel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

from ..kernel.algebra import Monomial, Poly
from . import poly as P
from .eliminate import reduce
from .facts import atoms_in_sight
from .forms import QuadraticForms
from .grading import Grade, Grading, halved
from .gram import gram_facts
from .problem import Fact, Goal, Problem
from .system import Block, Element, Free, System, prune


class Level(NamedTuple):
    """How far a search goes: facts in a product, extra degree, pointwise facts in a product, Gram determinants."""

    products: int
    slack: int
    inner: int
    grams: bool
    entries: int = 20_000  # matrix entries in all
    loose: bool = False  # extra degree even where no grading limits the monomials


LOOSE = Level(2, 2, 1, True, 16_000, True)
LEVELS = (
    Level(1, 0, 1, False, 4_000),
    Level(2, 2, 2, True, 12_000),
    Level(3, 2, 2, True, 20_000),
    Level(3, 4, 3, True, 40_000),
    Level(4, 6, 3, True, 60_000),
)


def degree(problem: Problem, name: str) -> int:
    """Degree of an atom: 2 for an inner product, that of the monomial inside for a moment."""
    label, arguments = problem.made(name)
    if label == "inner":
        return 2
    if label == "moment":
        return sum(abs(e) * degree(problem, a) for a, e in arguments[1]) or 1
    return 1


class Builder:
    """Collects the candidates for one goal and one level."""

    def __init__(self, goal: Goal, level: Level, clock: Callable[[], bool]) -> None:
        self.goal, self.level, self.problem, self.late = goal, level, goal.problem, clock
        self.ctx = goal.problem.claim.ctx
        relations = [(f.poly, f.rel == "==") for f in (goal.main, *goal.facts)]
        relations += [(P.sub(P.atom(a), value), True) for a, value, _ in goal.eliminated]
        self.forms = QuadraticForms(self.problem)
        relations += [(self.problem.claim.assumptions[i].poly, False) for i in self.forms.indices]
        self.grading = Grading(self.problem, relations)
        self.degrees: dict[str, int] = {}
        self.indices: dict[tuple[int, int], dict[Grade, list[Monomial]]] = {}
        self.made: dict[Any, dict[tuple[int, int], Poly]] = {}
        self.known_degrees: dict[int, int] = {}
        usable = {"", goal.ground}
        distinct: dict[Any, Fact] = {}
        for fact in goal.facts:
            if fact.poly and not (set(fact.poly) == {()} and fact.rel != "==" and fact.poly[()] > 0):
                distinct.setdefault((frozenset(fact.poly.items()), fact.rel == "==", fact.owner), fact)
        everything = list(distinct.values())
        self.facts = [f for f in everything if f.rel != "==" and f.owner in usable]
        self.equations = [f for f in everything if f.rel == "==" and f.owner in usable]
        self.pointwise = [f for f in everything if f.owner and f.owner != goal.ground and not f.pinned]
        gone = [P.atom(a) for a, *_ in goal.eliminated]
        self.sight = atoms_in_sight(self.problem, [goal.main.poly, *(f.poly for f in everything), *gone])
        names = self._top_level(everything)
        if level.grams:
            extra = [
                replace(f, poly=reduce(f.poly, goal.eliminated)) for f in gram_facts(self.problem, goal, self.sight)
            ]
            self.facts += [f for f in extra if f.owner in usable and f.poly]
            self.pointwise += [f for f in extra if f.owner not in usable and f.poly]
            names = sorted({*names, *P.atoms([f.poly for f in extra if f.owner in usable])})
        self.outer_names = [a for a in names if self.ctx.owner[a] in usable]
        self.entries_left = level.entries

    def _top_level(self, everything: list[Fact]) -> list[str]:
        polys = [self.goal.main.poly, *(f.poly for f in everything)]
        return sorted(P.atoms(polys))

    def atom_degree(self, name: str) -> int:
        if name not in self.degrees:
            self.degrees[name] = degree(self.problem, name)
        return self.degrees[name]

    def monomial_degree(self, monomial: Monomial) -> int:
        return sum(abs(e) * self.atom_degree(a) for a, e in monomial)

    def poly_degree(self, poly: Poly) -> int:
        return max(map(self.monomial_degree, poly), default=0)

    # -- monomials -----------------------------------------------------------------------------------------------
    def monomials(self, names: Iterable[str], limit: int, cap: int = 3000) -> list[Monomial]:
        """Monomials up to a degree; inverted atoms occur with negative exponents too."""
        letters = [(a, 1) for a in names] + [
            (a, -1) for a in names if a in self.ctx.domain and not self.problem.is_function(a)
        ]
        letters.sort(key=lambda letter: self.atom_degree(letter[0]))
        layers: list[Monomial] = [()]
        out: list[tuple[Monomial, int, int]] = [((), 0, 0)]  # monomial, degree, index of the last letter
        at = 0
        while at < len(out) and len(out) < cap:
            monomial, used, last = out[at]
            at += 1
            for i in range(last, len(letters)):
                name, sign = letters[i]
                total = used + self.atom_degree(name)
                if total > limit:
                    break
                if any(a == name and e * sign < 0 for a, e in monomial):
                    continue
                longer = P.join(monomial, ((name, sign),))
                out.append((longer, total, i))
                layers.append(longer)
        return layers[:cap]

    def by_grade(self, monomials: list[Monomial]) -> dict[Grade, list[Monomial]]:
        index: dict[Grade, list[Monomial]] = {}
        for monomial in monomials:
            index.setdefault(self.grading.monomial(monomial), []).append(monomial)
        return index

    def outer_index(self, limit: int, cap: int) -> dict[Grade, list[Monomial]]:
        """Monomials in the usable atoms by grade, kept between leaders."""
        if (limit, cap) not in self.indices:
            self.indices[limit, cap] = self.by_grade(self.monomials(self.outer_names, limit, cap))
        return self.indices[limit, cap]

    # -- the system ----------------------------------------------------------------------------------------------
    def system(self, leader: Iterable[Fact]) -> System:
        """Candidates for the identity whose strict term is the product of `leader`. Raises Hopeless."""
        goal, level, leader = self.goal, self.level, list(leader)
        main = P.product(f.poly for f in leader)
        grade = self.grading.poly(main)
        self.entries_left = level.entries
        bound = max(
            [
                self.poly_degree(main),
                *(self.poly_degree(f.poly) for f in self.facts if self.grading.rank == 0),
            ]
        )
        bound += level.slack if self.grading.rank or level.products > 2 or level.loose else 0
        self.bound = bound
        index = self.outer_index(bound // 2, 3000)
        blocks: list[Block] = []
        for chosen, poly, rest, used in self.products(
            self.facts + [goal.main] * bool(goal.main.poly), level.products, grade
        ):
            if self.late() or self.entries_left <= 0:
                break
            factors = [f.factor for f in chosen]
            half = halved(rest)
            room = (bound - used) // 2
            blocks += self.squares(factors, poly, index, half, room)
            blocks += self.norms(factors, poly, index, half, room)
            if len(chosen) <= 1:
                blocks += self.instances(factors, poly, index, rest, bound - used)
            if len(chosen) < level.products or not chosen:
                for functional in self.ctx.functionals:
                    if functional != goal.ground:
                        blocks += self.moments(functional, factors, poly, index, rest, bound - used)
        frees = self.equations_times(grade, bound)
        system = System(self.problem, main, [f.factor for f in leader], blocks, frees, goal)
        prune(system)
        return system

    def products(
        self, facts: list[Fact], size: int, grade: Grade
    ) -> Iterator[tuple[tuple[Fact, ...], Poly, Grade, int]]:
        """Products of up to `size` facts, with the grade and the degree that are left."""
        bound = self.bound
        for count in range(size + 1):
            for chosen in combinations_with_replacement(facts, count):
                if sum(f is self.goal.main for f in chosen) > 1:
                    continue
                used = sum(self.poly_degree(f.poly) for f in chosen)
                if used > bound:
                    continue
                rest = grade
                for f in chosen:
                    g = self.grading.poly(f.poly)
                    rest = tuple(a - b for a, b in zip(rest, g, strict=True))
                if count == 2 and chosen[0] is chosen[1] and len(chosen[0].poly) == 1:
                    continue  # a square of a monomial
                yield chosen, P.product(f.poly for f in chosen), rest, used

    def squares(self, factors: list[Any], poly: Poly, index: Any, half: Grade, room: int) -> list[Block]:
        basis = [Element(P.term(m)) for m in index.get(half, []) if self.monomial_degree(m) <= room]
        return [b for part in self.classes(basis) for b in self.block(factors, poly, part)]

    def norms(self, factors: list[Any], poly: Poly, index: Any, half: Grade, room: int) -> list[Block]:
        ctx, basis = self.ctx, []
        for name in [*ctx.vectors, *(ctx.functionals[self.goal.ground].vectors if self.goal.ground else ())]:
            rest = tuple(a - b for a, b in zip(half, self.grading.atom(name), strict=True))
            basis += [Element(P.term(m), name) for m in index.get(rest, []) if self.monomial_degree(m) + 1 <= room]
        return [b for part in self.classes(basis) for b in self.block(factors, poly, part)]

    def moments(
        self, functional: str, factors: list[Any], poly: Poly, index: Any, rest: Grade, room: int
    ) -> list[Block]:
        """F[h * b_i b_j] with pointwise facts h; b = random monomial * deterministic monomial (* vector)."""
        ctx, grading = self.ctx, self.grading
        rest = tuple(a - b for a, b in zip(rest, grading.atom(functional), strict=True))
        names = [a for a in self.sight if ctx.owner[a] == functional]
        highest = max((self.atom_degree(a) for a in self.sight if a.startswith(functional + "{")), default=0)
        highest = max(
            highest,
            max(
                (self.random_degree(f.poly, functional) for f in self.pointwise if f.owner == functional),
                default=0,
            ),
        )
        highest += any(self.problem.is_function(a) for a in names) and self.level.products > 1
        facts = [f for f in self.pointwise if f.owner == functional and f.rel != "=="]
        blocks: list[Block] = []
        randoms = self.monomials(names, max(highest // 2, 1), 200)
        vectors = [*ctx.functionals[functional].vectors, *ctx.vectors]
        for count in range(self.level.inner + 1):
            for chosen in combinations_with_replacement(facts, count):
                if self.entries_left <= 0 or self.late():
                    return blocks
                inner = P.product(f.poly for f in chosen)
                used = self.poly_degree(inner)
                if used > room or self.random_degree(inner, functional) > highest + self.level.slack // 2:
                    continue
                left = rest
                for f in chosen:
                    left = tuple(a - b for a, b in zip(left, grading.poly(f.poly), strict=True))
                half = halved(left)
                random_room = (highest + (self.level.slack // 2) - self.random_degree(inner, functional)) // 2
                scalars: list[Element] = []
                norms: list[Element] = []
                for r in randoms:
                    size = self.monomial_degree(r)
                    if size > random_room:
                        continue
                    g = tuple(a - b for a, b in zip(half, grading.monomial(r), strict=True))
                    for m in index.get(g, []):
                        if size + self.monomial_degree(m) <= (room - used) // 2:
                            scalars.append(Element(P.term(P.join(r, m))))
                    for v in vectors:
                        is_random = ctx.owner[v] == functional
                        if size + 1 > random_room and is_random:
                            continue
                        gv = tuple(a - b for a, b in zip(g, grading.atom(v), strict=True))
                        for m in index.get(gv, []):
                            if size + 1 + self.monomial_degree(m) <= (room - used) // 2:
                                norms.append(Element(P.term(P.join(r, m)), v))
                inner_factors = [f.factor for f in chosen]
                for basis in (scalars, norms):
                    for part in self.classes(basis):
                        random = any(ctx.owner[a] for e in part for m in e.poly for a, _ in m)
                        random = random or any(e.vector and ctx.owner[e.vector] for e in part)
                        if random or chosen or not ctx.functionals[functional].probability:
                            blocks += self.block(factors, poly, part, functional, inner_factors, inner)
        return blocks

    def instances(self, factors: list[Any], poly: Poly, index: Any, rest: Grade, room: int) -> list[Block]:
        """Quantified assumptions of degree 2 as Gram matrices: B(m_i e_i, m_j e_j), e unit values of bound names."""
        blocks: list[Block] = []
        for i in self.forms.indices:
            basis: list[Element] = []
            slots: list[tuple[str, str]] = []
            for slot in self.forms.slots(i):
                unit = self.forms.entry(i, slot, slot)
                if not unit:
                    continue
                grade = self.grading.poly(unit)
                half = halved(tuple(a - b for a, b in zip(rest, grade, strict=True)))
                for m in index.get(half, []):
                    if 2 * self.monomial_degree(m) + self.poly_degree(unit) <= room:
                        basis.append(Element(P.term(m), slot[1]))
                        slots.append(slot)
            basis, slots = basis[:12], slots[:12]
            entries = {}
            for a, x in enumerate(basis):
                for b in range(a, len(basis)):
                    value = P.mul(P.mul(x.poly, basis[b].poly), self.forms.entry(i, slots[a], slots[b]))
                    entries[a, b] = reduce(P.mul(poly, value), self.goal.eliminated)
            if basis:
                blocks.append(Block(factors, basis, entries, instance=i, slots=[s[0] for s in slots]))
        return blocks

    def random_degree(self, poly: Poly, functional: str) -> int:
        return max(
            (sum(abs(e) * self.atom_degree(a) for a, e in m if self.ctx.owner[a] == functional) for m in poly),
            default=0,
        )

    def classes(self, basis: list[Element]) -> list[list[Element]]:
        """The basis split by sign class."""
        groups: dict[int, list[Element]] = {}
        for element in basis:
            (monomial,) = element.poly
            sign = self.grading.parity(monomial)
            if element.vector:
                sign ^= self.grading.name_parity(element.vector)
            groups.setdefault(sign, []).append(element)
        return list(groups.values())

    def block(
        self,
        outer: list[Any],
        poly: Poly,
        basis: list[Element],
        functional: str = "",
        inner: list[Any] | None = None,
        density: Poly = P.ONE,
    ) -> list[Block]:
        basis = basis[:40]
        self.entries_left -= len(basis) * (len(basis) + 1) // 2
        key = (
            json.dumps([outer, inner or []]),
            functional,
            tuple((next(iter(e.poly)), e.vector) for e in basis),
        )
        if key in self.made:
            return [Block(outer, basis, self.made[key], functional, inner or [])]
        entries: dict[tuple[int, int], Poly] = {}
        for i, a in enumerate(basis):
            for j in range(i, len(basis)):
                b = basis[j]
                value = P.mul(a.poly, b.poly)
                if a.vector:
                    value = P.mul(value, self.problem.inner(a.vector, b.vector))
                value = P.mul(density, value)
                if functional:
                    value = self.problem.moment(functional, value)
                entries[i, j] = reduce(P.mul(poly, value), self.goal.eliminated)
        if len(basis) == 1 and not entries[0, 0]:
            return []
        self.made[key] = entries
        return [Block(outer, basis, entries, functional, inner or [])]

    def equations_times(self, grade: Grade, bound: int) -> list[Free]:
        frees: list[Free] = []
        if not self.equations and not any(f.rel == "==" for f in self.pointwise):
            return frees
        index = self.outer_index(bound, 6000)
        for fact in self.equations:
            room = bound - self.poly_degree(fact.poly)
            rest = tuple(a - b for a, b in zip(grade, self.grading.poly(fact.poly), strict=True))
            for m in index.get(rest, []):
                if self.monomial_degree(m) <= room:
                    times = P.term(m)
                    frees.append(Free(fact.ref, times, reduce(P.mul(fact.poly, times), self.goal.eliminated)))
        for fact in self.pointwise:
            if fact.rel != "==":
                continue
            label = fact.owner
            names = [a for a in self.sight if self.ctx.owner[a] == label]
            rest = tuple(
                a - b - c for a, b, c in zip(grade, self.grading.poly(fact.poly), self.grading.atom(label), strict=True)
            )
            for r in self.monomials(names, bound - self.poly_degree(fact.poly), 60):
                g = tuple(a - b for a, b in zip(rest, self.grading.monomial(r), strict=True))
                for m in index.get(g, []):
                    if self.monomial_degree(m) + self.monomial_degree(r) + self.poly_degree(fact.poly) <= bound:
                        times = P.term(P.join(r, m))
                        value = reduce(self.problem.moment(label, P.mul(fact.poly, times)), self.goal.eliminated)
                        frees.append(Free(fact.ref, times, value, label))
        return frees[:6000]
