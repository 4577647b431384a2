"""Exact equality of SymPy expressions by a normal form; `simplify` has no say.

An expression becomes  polynomial / (product of polynomials)  over Q in independent atoms:

    symbols                    themselves
    exp(c_1 t_1 + ... )        e_1**n_1 ..., e_i = exp(t_i / L_i), t_i monomials, n_i = c_i L_i integers
    b**(p/q)                   r**p', r = b**(1/L), and r**L -> b in the end
    log, Abs, Max, f(x), ...   an atom for each structurally different one

Two expressions are equal when the numerator of their difference is the zero polynomial. True is a proof,
where all denominators are nonzero. False is a proof for rational functions of symbols and of exponentials of
polynomials (different monomials have algebraically independent exponentials), else "no identity was found".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import sympy as sp
from sympy.polys.rings import PolyElement, PolyRing, ring

from proofcheck.errors import ArgumentError

_WHERE = "normal_form_equal"
_EXPONENT_LIMIT = 1000


def _refuse(required: str, got: object, advice: str) -> ArgumentError:
    return ArgumentError(f"{_WHERE}: {required} required, got {got}. {advice}")


def _exponent_terms(argument: Any) -> list[tuple[Any, Any]]:
    """argument = sum of c * t with rational c and different monomials t."""
    expanded = sp.expand(argument)
    if len(expanded.free_symbols) == 1 and not expanded.is_polynomial():
        # partial fractions: 1/(x + 1) and -x/(x + 1) differ by a constant
        expanded = sp.expand(sp.apart(sp.cancel(expanded)))
    terms = []
    for term in sp.Add.make_args(expanded):
        coefficient, rest = term.as_coeff_Mul()
        if not coefficient.is_Rational:
            raise _refuse("an exponent with rational coefficients", argument, "Use Rational, not floats.")
        terms.append((coefficient, rest))
    return terms


class _Atoms:
    """The atoms of some expressions: first collected, then generators of a polynomial ring."""

    def __init__(self, expressions: Iterable[sp.Expr]) -> None:
        self.periods: dict[sp.Expr, int] = {}  # t -> L for exp(t / L)
        self.roots: dict[sp.Expr, int] = {}  # b -> L for b**(1/L)
        self.others: dict[sp.Expr, None] = {}
        for expression in expressions:
            self.collect(expression)
        named: dict[str, sp.Symbol] = {}
        for atom in self.others:
            for symbol in atom.free_symbols:
                if named.setdefault(str(symbol), symbol) != symbol:  # type: ignore[arg-type]
                    raise _refuse(
                        "one symbol for each name", f"two different symbols {symbol}",
                        "Their assumptions (real=True, positive=True) differ: create the symbol once.",
                    )  # fmt: skip
        keys = [*self.others, *(("exp", t) for t in self.periods), *(("root", b) for b in self.roots)]
        self.ring: PolyRing
        self.ring, *generators = ring([f"a{i}" for i in range(len(keys) or 1)], sp.QQ)
        self.generator: dict[Any, PolyElement] = dict(zip(keys, generators, strict=False))

    def collect(self, expression: sp.Expr) -> None:
        match expression:
            case sp.Rational():
                return
            case sp.Number() | sp.Matrix() | sp.core.relational.Relational() if not expression.is_Rational:
                raise _refuse("an exact expression", expression, "Floats and infinities have no normal form.")
            case sp.Add() | sp.Mul():
                for argument in expression.args:
                    self.collect(argument)
            case sp.exp():
                for coefficient, rest in _exponent_terms(expression.args[0]):
                    self.periods[rest] = math.lcm(self.periods.get(rest, 1), int(coefficient.q))
                    self.names_in(rest)
            case sp.Pow(base=base, exp=power) if isinstance(power, sp.Rational):
                self.collect(base)
                if not power.is_Integer:
                    self.roots[base] = math.lcm(self.roots.get(base, 1), int(power.q))
            case _ if expression is sp.E:
                self.periods.setdefault(sp.S.One, 1)
            case _ if expression in (sp.nan, sp.zoo, sp.oo, -sp.oo, sp.I):
                raise _refuse("a finite real expression", expression, "Exclude the singular case first.")
            case _:
                self.others[expression] = None

    def names_in(self, expression: sp.Expr) -> None:
        for symbol in expression.free_symbols:
            self.others[symbol] = None  # type: ignore[index]


class _Fraction:
    """numerator / product of denominator**power; denominators are kept apart, so no gcd is ever needed."""

    __slots__ = ("denominators", "numerator")

    def __init__(self, numerator: PolyElement, denominators: dict[PolyElement, int] | None = None) -> None:
        self.numerator, self.denominators = numerator, denominators or {}

    def __add__(self, other: _Fraction) -> _Fraction:
        common = dict(self.denominators)
        for base, power in other.denominators.items():
            common[base] = max(common.get(base, 0), power)
        return _Fraction(self.over(common) + other.over(common), common)

    def over(self, common: dict[PolyElement, int]) -> PolyElement:
        numerator = self.numerator
        for base, power in common.items():
            numerator = numerator * base ** (power - self.denominators.get(base, 0))
        return numerator

    def __mul__(self, other: _Fraction) -> _Fraction:
        powers = dict(self.denominators)
        for base, power in other.denominators.items():
            powers[base] = powers.get(base, 0) + power
        return _Fraction(self.numerator * other.numerator, powers)

    def reciprocal(self) -> _Fraction:
        if not self.numerator:
            raise _refuse("a denominator that is not identically 0", "0", "It is undefined everywhere.")
        numerator = self.numerator.ring.one
        for base, power in self.denominators.items():
            numerator = numerator * base**power
        lead = self.numerator.LC  # a monic denominator is recognised again in another term
        monic = self.numerator.quo_ground(lead)
        return _Fraction(numerator.quo_ground(lead), {} if monic == self.numerator.ring.one else {monic: 1})

    def power(self, exponent: int) -> _Fraction:
        if abs(exponent) > _EXPONENT_LIMIT:
            limit = f"an exponent of at most {_EXPONENT_LIMIT}"
            raise _refuse(limit, exponent, "Such a power is not expanded.")
        base = self if exponent >= 0 else self.reciprocal()
        n = abs(exponent)
        return _Fraction(base.numerator**n, {b: p * n for b, p in base.denominators.items()} if n else {})


def _convert(expression: sp.Expr, atoms: _Atoms) -> _Fraction:
    one = atoms.ring.one
    match expression:
        case sp.Rational(p=p, q=q):
            return _Fraction(one * sp.QQ(p, q))
        case sp.Add():
            total = _Fraction(atoms.ring.zero)
            for argument in expression.args:
                total = total + _convert(argument, atoms)
            return total
        case sp.Mul():
            result = _Fraction(one)
            for argument in expression.args:
                result = result * _convert(argument, atoms)
            return result
        case sp.exp():
            result = _Fraction(one)
            for coefficient, rest in _exponent_terms(expression.args[0]):
                generator = _Fraction(atoms.generator["exp", rest])
                result = result * generator.power(int(coefficient * atoms.periods[rest]))
            return result
        case sp.Pow(base=base, exp=power) if power.is_Integer:
            return _convert(base, atoms).power(int(power))
        case sp.Pow(base=base, exp=power) if power.is_Rational:
            return _Fraction(atoms.generator["root", base]).power(int(power * atoms.roots[base]))
        case _ if expression is sp.E:
            return _Fraction(atoms.generator["exp", sp.S.One]).power(atoms.periods[sp.S.One])
    return _Fraction(atoms.generator[expression])


def _reduce_roots(numerator: PolyElement, atoms: _Atoms) -> PolyElement:
    """The numerator of `numerator` modulo r**L = b for every root r = b**(1/L)."""
    for base, period in reversed(atoms.roots.items()):  # a root inside another was collected before it
        value = _convert(base, atoms)
        index = atoms.ring.gens.index(atoms.generator["root", base])
        total = _Fraction(atoms.ring.zero)
        for monomial, coefficient in numerator.terms():
            turns, rest = divmod(monomial[index], period)
            kept = (*monomial[:index], rest, *monomial[index + 1 :])
            total = total + _Fraction(atoms.ring.from_dict({kept: coefficient})) * value.power(turns)
        numerator = total.numerator
    return numerator


def normal_form_equal(left: Any, right: Any) -> bool:
    """Whether left - right is identically 0, by the normal form of this module; matrices entry by entry.

    Raises:
        ArgumentError: a float, an infinity, a relation, a denominator that is identically 0, shapes that
            differ, or two symbols of one name.
    """
    if isinstance(left, sp.MatrixBase) or isinstance(right, sp.MatrixBase):
        shape, other = (list(getattr(side, "shape", ())) for side in (left, right))
        if shape != other:
            raise _refuse("matrices of one shape", f"shapes {shape} and {other}", "Transpose or stack one.")
        entries = ((left[i, j], right[i, j]) for i in range(shape[0]) for j in range(shape[1]))
        return all([normal_form_equal(a, b) for a, b in entries])  # every entry is read, also after a False
    sides = []
    for side in (left, right):
        if isinstance(side, bool | float | str) or not isinstance(side, sp.Expr | int):
            what = "SymPy expressions or matrices"
            raise _refuse(what, type(side).__name__, "Use sp.Rational for numbers.")
        sides.append(sp.Integer(side) if isinstance(side, int) else side)
    atoms = _Atoms(sides)
    difference = _convert(sides[0], atoms) + _convert(sides[1], atoms) * _Fraction(-atoms.ring.one)
    if not all(_reduce_roots(base, atoms) for base in difference.denominators):
        raise _refuse("a denominator that is not identically 0", "0", "It is undefined everywhere.")
    return not _reduce_roots(difference.numerator, atoms)
