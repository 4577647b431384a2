"""An exact evaluator that shares no code with the kernel, for claim texts and for printed normal forms.

Claim texts are read with Python's own `ast` (same precedence), normal forms by a small reader of what the kernel
prints. A world gives numbers, coordinates and finite measures. `exp` is replaced by a rational function for which all
rules about it hold (multiplicativity on the integers).
"""

import ast
import math
from fractions import Fraction
from typing import Any, NamedTuple


class World(NamedTuple):
    """inner(u, v) = sum metric_k u_k v_k; measures: label -> list of (weight, values of its random names)."""

    metric: list[Fraction]
    values: dict[str, Any]
    measures: dict[str, list[tuple[Fraction, dict[str, Any]]]]

    def at(self, values):
        return self._replace(values={**self.values, **values})


class Undefined(Exception):
    """A denominator is 0, or a root is not rational."""


def root(x):
    p, q = math.isqrt(max(x.numerator, 0)), math.isqrt(x.denominator)
    if Fraction(p * p, q * q) != x:
        raise Undefined
    return Fraction(p, q)


def inverse(x):
    if x == 0:
        raise Undefined
    return 1 / x


def power_of_two(x):
    """Stands for exp: positive, 1 at 0, >= 1 + x, and multiplicative on the integers."""
    if abs(x) > 64:
        raise Undefined
    return Fraction(2) ** int(x) if x.denominator == 1 else 1 + x + x * x


FUNCTIONS = {
    "Abs": abs,
    "Max": max,
    "Min": min,
    "sqrt": root,
    "exp": power_of_two,
    "inv": inverse,
}


def dot(world, a, b):
    return sum((m * x * y for m, x, y in zip(world.metric, a, b, strict=True)), Fraction(0))


def mean(world, label, integrand):
    return sum((w * integrand(world.at(values)) for w, values in world.measures[label]), Fraction(0))


def value(text, world):
    """The value of an expression of the claim language: a Fraction, or a list of coordinates."""
    return _tree(ast.parse(text.strip(), mode="eval").body, world)


def _tree(node, world):
    match node:
        case ast.Constant(number):
            return Fraction(number)
        case ast.Name(name):
            return world.values[name]
        case ast.UnaryOp(ast.USub(), operand):
            inside = _tree(operand, world)
            return [-x for x in inside] if isinstance(inside, list) else -inside
        case ast.Call(ast.Name("inner"), [left, right]):
            return dot(world, _tree(left, world), _tree(right, world))
        case ast.Call(ast.Name(name), arguments):
            return FUNCTIONS[name](*(_tree(a, world) for a in arguments))
        case ast.Subscript(ast.Name(label), inside):
            return mean(world, label, lambda there: _tree(inside, there))
        case ast.BinOp(base, ast.Pow(), exponent):
            power, number = int(_tree(exponent, world)), _tree(base, world)
            return number**power if power >= 0 else inverse(number) ** -power
        case ast.BinOp(left, operation, right):
            return _binary(operation, _tree(left, world), _tree(right, world))
    raise TypeError(ast.dump(node))


def _binary(operation, a, b):
    if isinstance(operation, ast.Div):
        return _binary(ast.Mult(), a, inverse(b))
    if isinstance(operation, ast.Mult):
        if isinstance(b, list):
            a, b = b, a
        return [x * b for x in a] if isinstance(a, list) else a * b
    sign = 1 if isinstance(operation, ast.Add) else -1
    return [x + sign * y for x, y in zip(a, b, strict=True)] if isinstance(a, list) else a + sign * b


class Printed:
    """Reader of a printed normal form: `3/2*x^2*E{t*<X,u>} - Max(x,1 + y)`."""

    def __init__(self, text, world):
        self.text, self.place, self.world = text, 0, world

    def sum(self, world):
        total = self.term(world)
        while self.text.startswith((" + ", " - "), self.place):
            sign = 1 if self.text[self.place + 1] == "+" else -1
            self.place += 3
            total += sign * self.term(world)
        return total

    def word(self, letters):
        start = self.place
        while self.place < len(self.text) and (
            self.text[self.place] in letters or (letters == "" and self.text[self.place].isalnum())
        ):
            self.place += 1
        return self.text[start : self.place]

    def take(self, mark):
        found = self.text.startswith(mark, self.place)
        self.place += len(mark) * found
        return found

    def term(self, world):
        sign = -1 if self.take("-") else 1
        if self.text[self.place].isdigit():
            number = Fraction(self.word("0123456789/")) * sign
            return number * self.monomial(world) if self.take("*") else number
        return sign * self.monomial(world)

    def monomial(self, world):
        total = self.power(world)
        while self.take("*"):
            total *= self.power(world)
        return total

    def power(self, world):
        base = self.atom(world)
        if not self.take("^"):
            return base
        exponent = int(self.word("-0123456789"))
        return base**exponent if exponent >= 0 else inverse(base) ** -exponent

    def name(self):
        return self.word("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")

    def atom(self, world):
        if self.take("<"):
            left, _ = self.name(), self.take(",")
            right, _ = self.name(), self.take(">")
            return dot(world, world.values[left], world.values[right])
        name = self.name()
        if self.take("{"):
            start, ends = self.place, []

            def integrand(there):
                self.place = start
                number = Fraction(1) if self.take("1}") else self.monomial(there)
                ends.append(self.place)
                return number

            if not world.measures[name]:  # nothing to integrate: only find the closing brace
                depth = 1
                while depth:
                    depth += {"{": 1, "}": -1}.get(self.text[self.place], 0)
                    self.place += 1
                return Fraction(0)
            total = mean(world, name, integrand)
            self.take("}") if self.text[ends[-1] - 2 : ends[-1]] != "1}" or start + 2 != ends[-1] else None
            return total
        if not self.take("("):
            return world.values[name]
        arguments = [self.sum(world)]
        while self.take(","):
            arguments.append(self.sum(world))
        self.take(")")
        return FUNCTIONS[name](*arguments)


def printed(text, world):
    """The value of a printed normal form."""
    reader = Printed(text, world)
    total = reader.sum(world)
    if reader.place != len(text):
        raise TypeError(f"{text[reader.place :]!r} left over in {text!r}")
    return total


def normal_form(poly, world):
    """The value of a polynomial as the kernel keeps it; each atom by its printed text."""
    total = Fraction(0)
    for monomial, coefficient in poly.items():
        term = Fraction(coefficient)
        for atom, exponent in monomial:
            number = printed(atom, world)
            term *= number**exponent if exponent >= 0 else inverse(number) ** -exponent
        total += term
    return total
