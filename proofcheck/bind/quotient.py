"""Quotients of polynomials, and what signs, scales and common factors say about them.

Denominators are kept apart as {factor: power}, each factor scaled to a canonical representative, so that sums and
products need no gcd and a denominator is recognised again in another term.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from flint import Ordering, fmpq, fmpq_mpoly_ctx

from proofcheck.bind.errors import Undefined
from proofcheck.bind.poly import Poly, Ring, Term


@dataclass(frozen=True)
class Quotient:
    """numerator / product of factor**power."""

    numerator: Poly
    denominators: dict[Poly, int] = field(default_factory=dict)


class Scaled(NamedTuple):
    """poly = scale * exp(exponent) * product of positive symbols**powers * core, scale rational."""

    scale: fmpq
    exponent: int
    powers: dict[int, int]
    core: Poly


class Quotients:
    """Arithmetic of quotients over one ring."""

    def __init__(self, ring: Ring) -> None:
        self.ring = ring

    def add(self, parts: list[Quotient]) -> Quotient:
        common: dict[Poly, int] = {}
        for part in parts:
            for base, power in part.denominators.items():
                common[base] = max(common.get(base, 0), power)
        # parts over the same denominator are added before they are multiplied up
        groups: dict[frozenset[tuple[Poly, int]], list[Quotient]] = {}
        for part in parts:
            groups.setdefault(frozenset(part.denominators.items()), []).append(part)
        numerators = []
        for group in groups.values():
            total = self.ring.add(part.numerator for part in group)
            for base, power in common.items():
                for _ in range(power - group[0].denominators.get(base, 0)):
                    total = self.ring.multiply(total, base)
            numerators.append(total)
        numerator = self.ring.add(numerators)
        return Quotient(numerator, common if numerator else {})

    def multiply(self, one: Quotient, two: Quotient) -> Quotient:
        numerator = self.ring.multiply(one.numerator, two.numerator)
        if not numerator:
            return Quotient(numerator)
        powers = dict(one.denominators)
        for base, power in two.denominators.items():
            powers[base] = powers.get(base, 0) + power
        return Quotient(numerator, powers)

    def scale(self, value: Quotient, by: fmpq) -> Quotient:
        return Quotient(self.ring.scale(value.numerator, by), value.denominators if by else {})

    def reciprocal(self, value: Quotient) -> Quotient:
        """1/value.

        Raises:
            Undefined: value is identically 0.
        """
        if not value.numerator:
            raise Undefined("normal form: a denominator that is identically 0.")
        lead = self.scaled(value.numerator)
        numerator = self.ring.scale(self.ring.one, 1 / lead.scale, self.ring.exponent_sum(0, lead.exponent, fmpq(-1)))
        for base, power in value.denominators.items():
            numerator = self.ring.multiply(numerator, self.ring.power(base, power))
        denominators = {self.ring.variable(number): power for number, power in lead.powers.items()}
        root = self._single_root(lead.core)
        if root is not None:  # 1/r = r**(k-1)/b keeps roots out of denominators
            number, atom = root, self.ring.atoms[root]
            numerator = self.ring.multiply(numerator, self.ring.variable(number, atom.order - 1))
            below = self.reciprocal(Quotient(atom.base or self.ring.one))
            return self.multiply(Quotient(numerator, denominators), below)
        if lead.core != self.ring.one:
            denominators[lead.core] = denominators.get(lead.core, 0) + 1
        return Quotient(numerator, denominators)

    def _single_root(self, core: Poly) -> int | None:
        if len(core.terms) == 1:
            ((monomial, _),) = core.terms
            if len(monomial) == 1 and self.ring.atoms[monomial[0][0]].kind == "root" and monomial[0][1] == 1:
                return monomial[0][0]
        return None

    def power(self, value: Quotient, n: int) -> Quotient:
        base = self.reciprocal(value) if n < 0 else value
        result = Quotient(self.ring.one)
        for _ in range(abs(n)):
            result = self.multiply(result, base)
        return result

    def denominator(self, value: Quotient) -> Poly:
        """The product of all denominator factors."""
        product = self.ring.one
        for base, power in value.denominators.items():
            product = self.ring.multiply(product, self.ring.power(base, power))
        return product

    def sign(self, poly: Poly) -> str | None:
        """ "+" or "-" if provably positive or negative wherever defined, "0+" or "0-" if provably >= 0 or <= 0."""
        if not poly:
            return "0+"
        signs, strict = set(), False
        for (monomial, _), coefficient in poly.terms.items():
            positive = True
            for number, power in monomial:
                known = self.ring.atoms[number].sign
                if known is None and power % 2:
                    return None
                positive = positive and known == 1
            strict = strict or positive
            signs.add(coefficient > 0)
        if len(signs) > 1:
            return None
        mark = "+" if signs == {True} else "-"
        return mark if strict else "0" + mark

    def scaled(self, poly: Poly) -> Scaled:
        """The canonical multiple of a nonzero polynomial by units: rationals, exponentials, positive symbols."""
        exponent = self._highest_exponent(poly)
        shared = self._shared_symbols(poly)
        down = self.ring.exponent_sum(0, exponent, fmpq(-1))
        shifted: dict[Term, fmpq] = {}
        for (monomial, e), c in poly.terms.items():
            rest = tuple((n, p - shared.get(n, 0)) for n, p in monomial if p > shared.get(n, 0))
            shifted[rest, self.ring.exponent_sum(e, down)] = c
        scale = shifted[max(shifted, key=lambda term: (term[0], self._dense(term[1])))]
        return Scaled(scale, exponent, shared, Poly({t: c / scale for t, c in shifted.items()}))

    def _dense(self, exponent: int) -> tuple[tuple[int, fmpq], ...]:
        return self.ring.exponents[exponent]

    def _highest_exponent(self, poly: Poly) -> int:
        """The largest exponent in an order that shifting by a common exponent does not change."""
        numbers = {e for _, e in poly.terms}
        if len(numbers) == 1:
            return numbers.pop()
        columns = sorted({k for e in numbers for k, _ in self.ring.exponents[e]})
        rows = {e: dict(self.ring.exponents[e]) for e in numbers}
        return max(numbers, key=lambda e: [rows[e].get(k, fmpq(0)) for k in columns])

    def _shared_symbols(self, poly: Poly) -> dict[int, int]:
        """Powers of positive symbols that divide every term."""
        shared: dict[int, int] | None = None
        for monomial, _ in poly.terms:
            here = {n: p for n, p in monomial if self.ring.atoms[n].sign == 1 and self.ring.atoms[n].kind == "symbol"}
            shared = here if shared is None else {n: min(p, here[n]) for n, p in shared.items() if n in here}
            if not shared:
                return {}
        return shared or {}

    def reduced(self, value: Quotient) -> Quotient:
        """Common factors cancelled, as far as a gcd finds them with exponentials taken for independent."""
        if not value.denominators or not value.numerator:
            return Quotient(value.numerator)
        polys = [value.numerator, *value.denominators]
        names: dict[tuple[str, int], int] = {}
        for poly in polys:
            for monomial, exponent in poly.terms:
                for number, _ in monomial:
                    names.setdefault(("atom", number), len(names))
                if exponent:
                    names.setdefault(("exp", exponent), len(names))
        if not names:
            return value
        context = fmpq_mpoly_ctx.get([f"g{i}" for i in range(len(names))], Ordering.lex)

        def there(poly: Poly):
            entries = {}
            for (monomial, exponent), c in poly.terms.items():
                powers = [0] * len(names)
                for number, p in monomial:
                    powers[names["atom", number]] = p
                if exponent:
                    powers[names["exp", exponent]] = 1
                entries[tuple(powers)] = c
            return context.from_dict(entries)

        back = list(names)

        def here(flint_poly) -> Poly:
            total = []
            for powers, c in flint_poly.to_dict().items():
                term, exponent = self.ring.constant(c), 0
                for (kind, number), p in zip(back, powers, strict=True):
                    if p and kind == "atom":
                        term = self.ring.multiply(term, self.ring.variable(number, p))
                    elif p:
                        exponent = self.ring.exponent_sum(exponent, number, fmpq(p))
                total.append(self.ring.scale(term, fmpq(1), exponent))
            return self.ring.add(total)

        top = there(value.numerator)
        result = Quotient(self.ring.one)
        for base, power in value.denominators.items():
            for _ in range(power):
                bottom = there(base)
                common = top.gcd(bottom)
                top, bottom = divmod(top, common)[0], divmod(bottom, common)[0]
                result = self.multiply(result, self.reciprocal(Quotient(here(bottom))))
        return self.multiply(result, Quotient(here(top)))
