"""SMT-LIB terms of reals: numbers fold, everything else is text."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

Term = Fraction | str

ZERO, ONE = Fraction(0), Fraction(1)


def text(term: Term) -> str:
    """`term` as SMT-LIB writes it: `(- (/ 1.0 2.0))`."""
    if isinstance(term, str):
        return term
    size = f"{abs(term.numerator)}.0"
    if term.denominator != 1:
        size = f"(/ {size} {term.denominator}.0)"
    return f"(- {size})" if term < 0 else size


def add(terms: Iterable[Term]) -> Term:
    """The sum; numbers are added up."""
    parts = list(terms)
    number = sum((part for part in parts if isinstance(part, Fraction)), ZERO)
    rest: list[Term] = [part for part in parts if isinstance(part, str)]
    if number or not rest:
        rest.append(number)
    return rest[0] if len(rest) == 1 else f"(+ {' '.join(map(text, rest))})"


def multiply(terms: Iterable[Term]) -> Term:
    """The product; numbers are multiplied, and 0 swallows the rest."""
    parts = list(terms)
    number = ONE
    for part in parts:
        if isinstance(part, Fraction):
            number *= part
    rest: list[Term] = [part for part in parts if isinstance(part, str)]
    if not number or not rest:
        return number
    if number == -1:
        return negate(multiply(rest))
    if number != 1:
        rest.insert(0, number)
    return rest[0] if len(rest) == 1 else f"(* {' '.join(map(text, rest))})"


def negate(term: Term) -> Term:
    """-term."""
    return -term if isinstance(term, Fraction) else f"(- {term})"


def subtract(left: Term, right: Term) -> Term:
    """left - right."""
    if isinstance(left, Fraction) or isinstance(right, Fraction):
        return add([left, negate(right)])
    return f"(- {left} {right})"


def determinant(matrix: list[list[Term]]) -> Term:
    """The determinant, by its first row."""
    if not matrix:
        return ONE
    parts: list[Term] = []
    for column, entry in enumerate(matrix[0]):
        minor = determinant([row[:column] + row[column + 1 :] for row in matrix[1:]])
        parts.append(multiply([Fraction((-1) ** column), entry, minor]))
    return add(parts)


def compare(left: Term, sign: str, right: Term) -> str:
    """The formula `left sign right`."""
    return f"({'=' if sign == '==' else sign} {text(left)} {text(right)})"
