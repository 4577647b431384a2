"""Polynomials over Q in atoms and exponentials: sum of c * a_1**n_1 ... * exp(q), exactly.

A term is a monomial in atoms times one exponential; exponents form the additive group of rational combinations of
basis elements, so exp(p)*exp(q) = exp(p + q) holds by construction. Different exponents have different
exponentials. Relations of atoms are applied in every product, so that no term can be reduced further:

    root      r**k -> b                     r = b**(1/k), b a polynomial
    step      h**2 -> h, h*z -> 0           h = [q > 0], z = [q = 0]
    is zero   z**2 -> z, z*lm(q) -> z*(lm(q) - q)

`Ring` owns the atoms and the memory of products; a polynomial belongs to one ring.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from flint import fmpq

from proofcheck.bind.errors import TooLarge

Monomial = tuple[tuple[int, int], ...]
Term = tuple[Monomial, int]  # monomial, number of the exponential
WORK_LIMIT = 4_000_000
_ZERO, _ONE = fmpq(0), fmpq(1)


class Poly:
    """An immutable sum of terms with rational coefficients."""

    __slots__ = ("_key", "terms")

    def __init__(self, terms: dict[Term, fmpq]) -> None:
        self.terms = terms
        self._key: frozenset[tuple[Term, fmpq]] | None = None

    @property
    def key(self) -> frozenset[tuple[Term, fmpq]]:
        if self._key is None:
            self._key = frozenset(self.terms.items())
        return self._key

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    @property
    def constant(self) -> fmpq | None:
        """The value of a constant polynomial, else None."""
        if not self.terms:
            return _ZERO
        return self.terms.get(((), 0)) if len(self.terms) == 1 else None


@dataclass(frozen=True)
class Atom:
    """One indeterminate. sign: 1 positive, 0 nonnegative, None unknown. base: of a root, step or zero test."""

    kind: str
    key: Hashable
    sign: int | None = None
    base: Poly | None = None
    order: int = 0


def _deglex(monomial: Monomial) -> tuple[int, tuple[tuple[int, int], ...]]:
    """Sort key of the degree-lexicographic order, in which every descending chain ends."""
    return sum(p for _, p in monomial), tuple((-n, p) for n, p in monomial)


class Ring:
    """Atoms, exponentials and arithmetic. `work` counts products of terms, up to WORK_LIMIT."""

    def __init__(self, limit: int = WORK_LIMIT) -> None:
        self.atoms: list[Atom] = []
        self.limit, self.work = limit, 0
        self._numbers: dict[tuple[str, Hashable], int] = {}
        self.basis: list[Hashable] = []
        self._basis_numbers: dict[Hashable, int] = {}
        self.exponents: list[tuple[tuple[int, fmpq], ...]] = [()]
        self._exponent_numbers: dict[tuple[tuple[int, fmpq], ...], int] = {(): 0}
        self._sums: dict[tuple[int, int], int] = {}
        self._products: dict[tuple[Monomial, Monomial], Poly] = {}
        self.zero, self.one = Poly({}), Poly({((), 0): _ONE})

    def atom(self, kind: str, key: Hashable, **data: object) -> int:
        """The number of the atom (kind, key), made if new."""
        if (kind, key) not in self._numbers:
            self._numbers[kind, key] = len(self.atoms)
            self.atoms.append(Atom(kind, key, **data))  # type: ignore[arg-type]
        return self._numbers[kind, key]

    def find(self, kind: str, key: Hashable) -> int | None:
        return self._numbers.get((kind, key))

    def variable(self, number: int, power: int = 1) -> Poly:
        return self._reduced(((number, power),)) if power else self.one

    def constant(self, value: fmpq) -> Poly:
        return Poly({((), 0): value}) if value else self.zero

    def exponential(self, parts: Mapping[Hashable, fmpq]) -> int:
        """The number of exp(sum of coefficient * basis element)."""
        for key in parts:
            if key not in self._basis_numbers:
                self._basis_numbers[key] = len(self.basis)
                self.basis.append(key)
        return self._exponent({self._basis_numbers[key]: c for key, c in parts.items()})

    def _exponent(self, numbered: Mapping[int, fmpq]) -> int:
        key = tuple(sorted((k, c) for k, c in numbered.items() if c))
        if key not in self._exponent_numbers:
            self._exponent_numbers[key] = len(self.exponents)
            self.exponents.append(key)
        return self._exponent_numbers[key]

    def exponent_sum(self, one: int, two: int, scale: fmpq = _ONE) -> int:
        """The number of exp(one + scale*two)."""
        if scale != 1:
            total = dict(self.exponents[one])
            for k, c in self.exponents[two]:
                total[k] = total.get(k, _ZERO) + scale * c
            return self._exponent(total)
        if not one or not two:
            return one or two
        pair = (one, two) if one < two else (two, one)
        if pair not in self._sums:
            total = dict(self.exponents[one])
            for k, c in self.exponents[two]:
                total[k] = total.get(k, _ZERO) + c
            self._sums[pair] = self._exponent(total)
        return self._sums[pair]

    def add(self, parts: Iterable[Poly]) -> Poly:
        total: dict[Term, fmpq] = {}
        for part in parts:
            for term, c in part.terms.items():
                total[term] = total.get(term, _ZERO) + c
        return Poly({t: c for t, c in total.items() if c})

    def scale(self, poly: Poly, by: fmpq, exponent: int = 0) -> Poly:
        """by * exp(exponent) * poly."""
        if not by:
            return self.zero
        return Poly({(m, self.exponent_sum(e, exponent)): c * by for (m, e), c in poly.terms.items()})

    def multiply(self, one: Poly, two: Poly) -> Poly:
        """The product, reduced.

        Raises:
            TooLarge: the ring's limit of work is reached.
        """
        if len(one.terms) > len(two.terms):
            one, two = two, one
        self.work += len(one.terms) * len(two.terms)
        if self.work > self.limit:
            raise TooLarge(
                f"exact normal form: at most {self.limit} products of terms are allowed, and more are needed. "
                "Compare at smaller sizes: agreement at n = 2, d = 2 tells nearly as much."
            )
        total: dict[Term, fmpq] = {}
        for (m1, e1), c1 in one.terms.items():
            for (m2, e2), c2 in two.terms.items():
                exponent, c = self.exponent_sum(e1, e2), c1 * c2
                for (m, e), factor in self._monomials(m1, m2).terms.items():
                    term = (m, self.exponent_sum(e, exponent))
                    total[term] = total.get(term, _ZERO) + c * factor
        return Poly({t: c for t, c in total.items() if c})

    def power(self, poly: Poly, n: int) -> Poly:
        result = self.one
        for _ in range(n):
            result = self.multiply(result, poly)
        return result

    def _monomials(self, one: Monomial, two: Monomial) -> Poly:
        if not one or not two:
            return Poly({(one or two, 0): _ONE})
        pair = (one, two)
        if pair not in self._products:
            powers = dict(one)
            for number, power in two:
                powers[number] = powers.get(number, 0) + power
            self._products[pair] = self._reduced(tuple(sorted(powers.items())))
        return self._products[pair]

    def _reduced(self, monomial: Monomial) -> Poly:
        """The monomial modulo the relations of its atoms."""
        kept: dict[int, int] = {}
        factors: list[Poly] = []
        for number, power in monomial:
            atom = self.atoms[number]
            if atom.kind in ("step", "zero"):
                kept[number] = 1
            elif atom.kind == "root" and power >= atom.order:
                factors.append(self.power(atom.base or self.one, power // atom.order))
                if power % atom.order:
                    kept[number] = power % atom.order
            else:
                kept[number] = power
        for number in tuple(kept):
            atom = self.atoms[number]
            if atom.kind != "zero":
                continue
            step = self.find("step", atom.key)
            if step in kept:
                return self.zero
            rewritten = self._on_zero_set(number, atom, kept)
            if rewritten is not None:
                for factor in factors:
                    rewritten = self.multiply(rewritten, factor)
                return rewritten
        result = Poly({(tuple(sorted(kept.items())), 0): _ONE})
        for factor in factors:
            result = self.multiply(result, factor)
        return result

    def _on_zero_set(self, number: int, atom: Atom, kept: dict[int, int]) -> Poly | None:
        """z*m with lm(q) | m, as z*(m - m/lm(q) * q/lc(q)): lower in degree, then lexicographic order."""
        base = atom.base
        if base is None or any(e for _, e in base.terms):
            return None
        (lead, _), coefficient = max(base.terms.items(), key=lambda item: _deglex(item[0][0]))
        if not lead or any(kept.get(n, 0) < p for n, p in lead):
            return None
        rest = {n: p - dict(lead).get(n, 0) for n, p in kept.items()}
        quotient = Poly({(tuple(sorted((n, p) for n, p in rest.items() if p)), 0): _ONE})
        lower = self.add([Poly({(lead, 0): _ONE}), self.scale(base, -1 / coefficient)])
        return self.multiply(quotient, lower) if lower else self.zero
