"""The normal form of a formula: a quotient of exponential polynomials, in which equality is decided exactly.

    symbols, numbers, + - * /        polynomials over Q and their quotients
    exp(p)                           an element of the group of exponentials; tanh, sigmoid are rational in them
    log(p)                           log of scale, exponential and positive symbols taken out, then an atom
    p**(1/2)                         a root r with r**2 -> p, square factors taken out
    Max, Min, Abs, sign, relations   polynomial in step atoms [q > 0] and [q = 0], q up to a positive factor
    erf, sin, cos, other functions   an atom for each normal form of the argument

`Field.equal` is True only for a proof: the two sides agree wherever both are defined. It is complete for rational
functions of symbols and of exponentials of polynomials; for the other atoms False may also mean "not recognised".
`simplify` has no say.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import sympy as sp
from flint import fmpq
from sympy.core.relational import Relational

from proofcheck.bind.errors import Undefined
from proofcheck.bind.functions import IsZero, Step, Where
from proofcheck.bind.poly import WORK_LIMIT, Poly, Ring
from proofcheck.bind.quotient import Quotient, Quotients
from proofcheck.errors import ArgumentError

_ODD = (sp.erf, sp.sin, sp.atan, sp.asin, sp.erfinv)
_EVEN = (sp.cos,)
_FACTOR_BITS = 64  # integers below this size are factored to take squares out of a root


def _fraction(value: Any) -> fmpq:
    return fmpq(int(value.p), int(value.q))


class Field:
    """Converts SymPy expressions, remembering every part; one field serves one comparison."""

    def __init__(self, limit: int = WORK_LIMIT) -> None:
        self.ring = Ring(limit)
        self.of = Quotients(self.ring)
        self._known: dict[sp.Basic, Quotient] = {}
        self._symbols: dict[str, sp.Symbol] = {}

    def equal(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether left - right is identically 0 by the normal form.

        Raises:
            ArgumentError: an entry is not an exact, finite, real expression; TooLarge past the limit of work.
            Undefined: a denominator is identically 0.
        """
        return (
            left == right
            or not self.of.add([self.convert(left), self.of.scale(self.convert(right), fmpq(-1))]).numerator
        )

    def sign(self, expression: sp.Expr) -> str | None:
        """The sign of the expression where the normal form shows it: "+", "-", "0" (identically), "0+", "0-"."""
        value = self.convert(expression)
        if not value.numerator:
            return "0"
        return self.of.sign(self._upper(value))

    def convert(self, expression: Any) -> Quotient:
        """The normal form of an expression; see `equal` for Raises."""
        if expression not in self._known:
            self._known[expression] = self._convert(expression)
        return self._known[expression]

    def _convert(self, e: Any) -> Quotient:
        match e:
            case sp.Rational():
                return self._constant(_fraction(e))
            case sp.Symbol():
                return self._symbol(e)
            case sp.Add():
                return self.of.add([self.convert(a) for a in e.args])
            case sp.Mul():
                result = Quotient(self.ring.one)
                for factor in e.args:
                    result = self.of.multiply(result, self.convert(factor))
                return result
            case sp.exp():
                return self._exp(self.convert(e.args[0]))
            case sp.Pow(base=base, exp=power):
                return self._pow(e, base, power)
            case sp.log() if len(e.args) == 1:
                return self._log(self.convert(e.args[0]))
            case sp.tanh():  # 1 - 2/(exp(2p) + 1)
                double = self._exp(self.of.scale(self.convert(e.args[0]), fmpq(2)))
                below = self.of.reciprocal(self.of.add([double, self._constant(fmpq(1))]))
                return self.of.add([self._constant(fmpq(1)), self.of.scale(below, fmpq(-2))])
            case sp.sinh() | sp.cosh():
                return self.convert(e.rewrite(sp.exp))
            case sp.Max() | sp.Min():
                return self._extreme(e)
            case sp.Abs():
                return self._abs(self.convert(e.args[0]))
            case sp.sign():
                p = self.convert(e.args[0])
                return self._minus(self._step(p), self._step(self.of.scale(p, fmpq(-1))))
            case Step():
                return self._step(self.convert(e.args[0]))
            case IsZero():
                return self._is_zero(self.convert(e.args[0]))
            case Where():
                return self._where(*(self.convert(a) for a in e.args))
            case sp.Piecewise():
                return self._piecewise(e)
            case sp.erfc():
                return self._minus(self._constant(fmpq(1)), self.convert(sp.erf(e.args[0])))
            case sp.Function() if len(e.args) == 1:
                return self._function(type(e), self.convert(e.args[0]))
        if e is sp.E:
            return self._exp(self._constant(fmpq(1)))
        if e is sp.pi:
            return self._atom("symbol", e, sign=1)
        raise ArgumentError(
            f"normal form: an exact, finite, real expression required, got {e} ({type(e).__name__}). "
            "Floats, infinities and unevaluated objects have none."
        )

    # ---- small builders

    def _constant(self, value: fmpq) -> Quotient:
        return Quotient(self.ring.constant(value))

    def _atom(self, kind: str, key: Hashable, **data: object) -> Quotient:
        return Quotient(self.ring.variable(self.ring.atom(kind, key, **data)))

    def _minus(self, one: Quotient, two: Quotient) -> Quotient:
        return self.of.add([one, self.of.scale(two, fmpq(-1))])

    def _symbol(self, symbol: sp.Symbol) -> Quotient:
        if self._symbols.setdefault(symbol.name, symbol) != symbol:
            raise ArgumentError(
                f"normal form: one symbol for each name required, got two different {symbol.name}. "
                "Their assumptions (real=True, positive=True) differ: create the symbol once."
            )
        return self._atom("symbol", symbol, sign=1 if symbol.is_positive else 0 if symbol.is_nonnegative else None)

    def _upper(self, value: Quotient) -> Poly:
        """A polynomial with the sign of the quotient: N where the denominator is positive, else N*D, reduced."""
        value = self.of.reduced(value) if value.denominators else value
        upper = value.numerator
        for base, power in value.denominators.items():
            if self.of.sign(base) != "+" and power % 2:
                upper = self.ring.multiply(upper, base)
        return upper

    def _key(self, value: Quotient) -> tuple[Hashable, Quotient]:
        """A key of the quotient, the same for most ways of writing it, and the reduced quotient."""
        value = self.of.reduced(value) if value.denominators else value
        return (value.numerator.key, frozenset(value.denominators.items())), value

    # ---- exponentials, logarithms, roots

    def _exp(self, value: Quotient) -> Quotient:
        parts: dict[Hashable, fmpq] = {}
        result = Quotient(self.ring.one)
        if value.denominators:
            value = self.of.reduced(value)
        if value.denominators:
            for term, c in value.numerator.terms.items():  # termwise, so that exponents over one D add up
                part = self.of.reduced(Quotient(Poly({term: fmpq(1)}), value.denominators))
                if part.denominators:
                    parts["quotient", self._key(part)[0]] = parts.get(("quotient", self._key(part)[0]), fmpq(0)) + c
                else:
                    for (monomial, exponent), factor in part.numerator.terms.items():
                        key = ("term", monomial, exponent)
                        parts[key] = parts.get(key, fmpq(0)) + c * factor
        else:
            for (monomial, exponent), c in value.numerator.terms.items():
                inside = self._logarithm(monomial, exponent)
                if inside is not None and c.q <= 2:
                    base = inside if c.q == 1 else self._sqrt(inside)
                    result = self.of.multiply(result, self.of.power(base, int(c.p)))
                else:
                    parts["term", monomial, exponent] = c
        unit = self.ring.scale(self.ring.one, fmpq(1), self.ring.exponential(parts))
        return self.of.multiply(result, Quotient(unit))

    def _logarithm(self, monomial: tuple[tuple[int, int], ...], exponent: int) -> Quotient | None:
        """p if the term is the atom log(p)."""
        if exponent or len(monomial) != 1 or monomial[0][1] != 1:
            return None
        atom = self.ring.atoms[monomial[0][0]]
        return Quotient(atom.base) if atom.kind == "log" and atom.base is not None else None

    def _log(self, value: Quotient) -> Quotient:
        """log N - log D, D positive; a factor of unknown sign joins N and is taken off twice as log|.|."""
        if not value.numerator:
            raise Undefined("normal form: the logarithm of 0.")
        value = self.of.reduced(value) if value.denominators else value
        parts, upper = [], value.numerator
        for base, power in value.denominators.items():
            if self.of.sign(base) == "+":
                parts.append(self.of.scale(self._log_poly(base), fmpq(-power)))
            else:
                for _ in range(power):
                    upper = self.ring.multiply(upper, base)
                square = self.ring.multiply(base, base)
                parts.append(self.of.scale(self._log_poly(square), fmpq(-power)))
        return self.of.add([self._log_poly(upper), *parts])

    def _log_poly(self, poly: Poly) -> Quotient:
        lead = self.of.scaled(poly)
        parts = [self._exponent_value(lead.exponent)]
        for number, power in lead.powers.items():
            base = self.ring.variable(number)
            log = self._atom("log", base.key, base=base)
            parts.append(self.of.scale(log, fmpq(power)))
        core = self.ring.scale(lead.core, fmpq(1 if lead.scale > 0 else -1))
        if core == self.ring.constant(fmpq(-1)):
            raise Undefined("normal form: the logarithm of a negative number.")
        parts.extend(self._log_rational(lead.scale if lead.scale > 0 else -lead.scale))
        if core != self.ring.one:
            parts.append(self._atom("log", core.key, base=core))
        return self.of.add(parts)

    def _log_rational(self, value: fmpq) -> list[Quotient]:
        parts = []
        for integer, sign in ((int(value.p), 1), (int(value.q), -1)):
            for prime, power in self._factors(integer).items():
                base = self.ring.constant(fmpq(prime))
                parts.append(self.of.scale(self._atom("log", base.key, base=base), fmpq(sign * power)))
        return parts

    def _exponent_value(self, exponent: int) -> Quotient:
        """q of exp(q)."""
        terms, rest = {}, []
        for number, c in self.ring.exponents[exponent]:
            match self.ring.basis[number]:
                case ("term", monomial, inner):
                    terms[monomial, inner] = c
                case ("quotient", (numerator, denominators)):
                    value = Quotient(Poly(dict(numerator)), dict(denominators))
                    rest.append(self.of.scale(value, c))
        return self.of.add([Quotient(Poly(terms)), *rest])

    def _factors(self, integer: int) -> dict[int, int]:
        if integer.bit_length() <= _FACTOR_BITS:
            return {int(p): int(k) for p, k in sp.factorint(integer).items()}
        return {integer: 1}

    def _pow(self, e: Any, base: Any, power: Any) -> Quotient:
        if isinstance(power, sp.Integer):
            return self.of.power(self.convert(base), int(power))
        if isinstance(power, sp.Rational):
            value = self.convert(base)
            root = self._sqrt(value) if power.q == 2 else self._root(value, int(power.q))
            return self.of.power(root, int(power.p))
        return self._exp(self.of.multiply(self.convert(power), self._log(self.convert(base))))

    def _sqrt(self, value: Quotient) -> Quotient:
        """sqrt(N/D) = sqrt(N D)/|D|."""
        if not value.numerator:
            return value
        value = self.of.reduced(value) if value.denominators else value
        upper, result = value.numerator, Quotient(self.ring.one)
        for base, power in value.denominators.items():
            half, odd = divmod(power, 2)
            down = Quotient(base) if self.of.sign(base) == "+" else self._abs(Quotient(base))
            if odd:
                upper = self.ring.multiply(upper, base)
            result = self.of.multiply(result, self.of.power(down, -(half + odd)))
        lead = self.of.scaled(upper)
        number = abs(lead.scale)
        # scale = p/q: sqrt(p/q) = sqrt(p q)/q, squares taken out
        outside, inside = fmpq(1) / int(number.q), 1
        for integer in (int(number.p), int(number.q)):
            for prime, power in self._factors(integer).items():
                outside, inside = outside * prime ** (power // 2), inside * prime ** (power % 2)
        unit = self.ring.scale(self.ring.one, outside, self.ring.exponent_sum(0, lead.exponent, fmpq(1, 2)))
        result = self.of.multiply(result, Quotient(unit))
        for prime in self._factors(inside):
            result = self.of.multiply(result, self._root_atom(self.ring.constant(fmpq(prime)), 2))
        for symbol, power in lead.powers.items():
            whole = self.ring.variable(symbol, power // 2)
            result = self.of.multiply(result, Quotient(whole))
            if power % 2:
                result = self.of.multiply(result, self._root_atom(self.ring.variable(symbol), 2))
        core = self.ring.scale(lead.core, fmpq(1 if lead.scale > 0 else -1))
        return self.of.multiply(result, self._sqrt_core(core))

    def _sqrt_core(self, core: Poly) -> Quotient:
        if core == self.ring.one:
            return Quotient(core)
        if core.constant is not None:
            raise Undefined("normal form: the square root of a negative number.")
        shared: dict[int, int] | None = None
        for monomial, _ in core.terms:
            powers = dict(monomial)
            shared = powers if shared is None else {n: min(p, powers.get(n, 0)) for n, p in shared.items()}
        squares = {n: p - p % 2 for n, p in (shared or {}).items() if p > 1}
        result = Quotient(self.ring.one)
        for number, power in squares.items():
            half = Quotient(self.ring.variable(number, power // 2))
            result = self.of.multiply(result, half if power % 4 == 0 else self._abs(half))
        rest = Poly(
            {
                (tuple((n, p - squares.get(n, 0)) for n, p in m if p > squares.get(n, 0)), e): c
                for (m, e), c in core.terms.items()
            }
        )
        return result if rest == self.ring.one else self.of.multiply(result, self._root_atom(rest, 2))

    def _root(self, value: Quotient, order: int) -> Quotient:
        """b**(1/order), order > 2: through square roots where possible, else one atom."""
        if order % 2 == 0:
            return self._sqrt(self._root(value, order // 2))
        value = self.of.reduced(value) if value.denominators else value
        result, upper = Quotient(self.ring.one), value.numerator
        for base, power in value.denominators.items():
            for _ in range(power):
                upper = self.ring.multiply(upper, self.ring.power(base, order - 1))
            result = self.of.multiply(result, self.of.power(Quotient(base), -power))
        return self.of.multiply(result, self._root_atom(upper, order)) if upper else Quotient(upper)

    def _root_atom(self, base: Poly, order: int) -> Quotient:
        sign = 1 if self.of.sign(base) == "+" else 0
        return self._atom("root", (base.key, order), base=base, order=order, sign=sign)

    # ---- branches

    def _step(self, value: Quotient) -> Quotient:
        """[value > 0] for q = +-value up to positive factors, the canonical one: [q > 0] or 1 - [q > 0] - [q = 0]."""
        upper = self._upper(value)
        known = self.of.sign(upper)
        if known in ("+", "-", "0-"):
            return self._constant(fmpq(1 if known == "+" else 0))
        if not upper:
            return self._constant(fmpq(0))
        lead = self.of.scaled(upper)
        step = self._atom("step", lead.core.key, base=lead.core, sign=0)
        if lead.scale > 0:
            return step
        zero = self._atom("zero", lead.core.key, base=lead.core, sign=0)
        return self.of.add([self._constant(fmpq(1)), self.of.scale(step, fmpq(-1)), self.of.scale(zero, fmpq(-1))])

    def _is_zero(self, value: Quotient) -> Quotient:
        upper = self._upper(value)
        if not upper:
            return self._constant(fmpq(1))
        if self.of.sign(upper) in ("+", "-") or upper.constant is not None:
            return self._constant(fmpq(0))
        core = self.of.scaled(upper).core
        return self._atom("zero", core.key, base=core, sign=0)

    def _positive_part(self, value: Quotient) -> Quotient:
        """max(value, 0) = value*[q > 0], written by the one representative q for value and -value."""
        upper = self._upper(value)
        known = self.of.sign(upper)
        if known in ("+", "0+"):
            return value
        if known is not None:
            return Quotient(self.ring.zero)
        lead = self.of.scaled(upper)
        step = self._atom("step", lead.core.key, base=lead.core, sign=0)
        part = self.of.multiply(value, step)
        return part if lead.scale > 0 else self._minus(value, part)

    def _abs(self, value: Quotient) -> Quotient:
        return self._minus(self.of.scale(self._positive_part(value), fmpq(2)), value)

    def _extreme(self, e: Any) -> Quotient:
        """max(a, b) = b + (a - b)_+, min(a, b) = b - (b - a)_+; arguments in a fixed order."""
        result, *rest = (self.convert(a) for a in sorted(e.args, key=sp.default_sort_key))
        for other in rest:
            if isinstance(e, sp.Max):
                result = self.of.add([result, self._positive_part(self._minus(other, result))])
            else:
                result = self._minus(result, self._positive_part(self._minus(result, other)))
        return result

    def _where(self, condition: Quotient, yes: Quotient, no: Quotient) -> Quotient:
        return self.of.add([no, self.of.multiply(condition, self._minus(yes, no))])

    def _piecewise(self, e: Any) -> Quotient:
        *branches, last = e.args
        if last.cond != True:  # noqa: E712 -- SymPy's own true
            raise ArgumentError(f"normal form: a Piecewise with a value everywhere required, got {e}.")
        result = self.convert(last.expr)
        for branch in reversed(branches):
            result = self._where(self.condition(branch.cond), self.convert(branch.expr), result)
        return result

    def condition(self, relation: Any) -> Quotient:
        """A SymPy condition as a 0/1-valued quotient."""
        one = self._constant(fmpq(1))
        if relation in (sp.true, sp.false):
            return self._constant(fmpq(1 if relation == sp.true else 0))
        if isinstance(relation, sp.And | sp.Or):
            parts = [self.condition(a) for a in relation.args]
            result = one
            for part in parts:
                result = self.of.multiply(result, part if isinstance(relation, sp.And) else self._minus(one, part))
            return result if isinstance(relation, sp.And) else self._minus(one, result)
        if isinstance(relation, sp.Not):
            return self._minus(one, self.condition(relation.args[0]))
        if isinstance(relation, Relational):
            gap = self._minus(self.convert(relation.lhs), self.convert(relation.rhs))
            back = self.of.scale(gap, fmpq(-1))
            match relation:
                case sp.StrictGreaterThan():
                    return self._step(gap)
                case sp.StrictLessThan():
                    return self._step(back)
                case sp.GreaterThan():
                    return self._minus(one, self._step(back))
                case sp.LessThan():
                    return self._minus(one, self._step(gap))
                case sp.Equality():
                    return self._is_zero(gap)
                case sp.Unequality():
                    return self._minus(one, self._is_zero(gap))
        raise ArgumentError(f"normal form: a comparison of expressions required, got {relation}.")

    def _function(self, function: Any, value: Quotient) -> Quotient:
        sign = fmpq(1)
        if function in (*_ODD, *_EVEN) and value.numerator and self.of.scaled(value.numerator).scale < 0:
            value = self.of.scale(value, fmpq(-1))
            sign = fmpq(1 if function in _EVEN else -1)
        key, _ = self._key(value)
        return self.of.scale(self._atom(function.__name__, key), sign)
