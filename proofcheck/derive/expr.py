"""EXPR, the language people type: text to tree by a whitelist, never by `eval`.

    statement = ["forall" ["vector" | "scalar"] NAME {"," ["vector" | "scalar"] NAME} ":"] relation
    relation  = sum ("<=" | "<" | ">=" | ">" | "==" | "!=") sum {...}
    sum       = ["-" | "+"] product {("+" | "-") product}      product = factor {("*" | "/") factor}
    factor    = ("-" | "+") factor | atom [("**" | "^") exponent]
    exponent  = ["-" | "+"] INTEGER | "(" exponent ")"
    atom      = NUMBER | NAME | "(" sum ")" | FUNCTION "(" sum {"," sum} ")"
              | FUNCTIONAL "(" sum ")" | FUNCTIONAL "[" sum "]"

Numbers are exact: 0.1 is 1/10 and 1e-9 is 1/10**9. What `forall` binds is a vector unless "scalar" is said.
Length, depth, digits and exponents are bounded; every error shows the line with a caret below the character.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import NoReturn

from .nodes import Call, Moment, Name, Node, Number, Power, Product, Relation, Signed, Sum, number
from .tokens import MAX_DEPTH, MAX_DIGITS, MAX_EXPONENT, ExprError, Token, nearest, tokens_of

__all__ = ["FUNCTIONS", "KEYWORDS", "RELATIONS", "ExprError", "parse_expression", "parse_relation"]

# function -> (fewest, most) arguments
FUNCTIONS = {
    "Abs": (1, 1), "Max": (2, 64), "Min": (2, 64), "sqrt": (1, 1), "exp": (1, 1), "log": (1, 1),
    "Rational": (2, 2), "inner": (2, 2), "norm": (1, 1), "norm2": (1, 1), "Var": (1, 1), "Cov": (2, 2),
}  # fmt: skip
RELATIONS = ("<=", "<", ">=", ">", "==", "!=")
KEYWORDS = frozenset({*FUNCTIONS, "forall", "vector", "scalar"})

_WORD_HINTS = {
    "and": "Give each relation its own --assume or --claim.", "or": "A disjunction is outside the language.",
    "abs": "Write Abs.", "max": "Write Max.", "min": "Write Min.", "ln": "Write log.", "lambda": "",
}  # fmt: skip


class _Parser:
    def __init__(self, text: str, functionals: Iterable[str], where: str) -> None:
        self.tokens = tokens_of(text, where)
        self.text, self.where, self.functionals = text, where, tuple(functionals)
        self.position = self.depth = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    def fail(self, reason: str, at: int | None = None, hint: str = "") -> NoReturn:
        raise ExprError(reason, self.text, self.token.at if at is None else at, hint, self.where)

    def expected(self, what: str, hint: str = "") -> NoReturn:
        got = f"{self.token.text[:40]!r}" if self.token.kind != "end" else "the end"
        self.fail(f"expected {what}, got {got}", hint=hint)

    def advance(self) -> Token:
        token = self.token
        self.position += 1
        return token

    def sees(self, *symbols: str) -> bool:
        return self.token.kind == "symbol" and self.token.text in symbols

    def close(self, bracket: str, opened: Token) -> None:
        if not self.sees(bracket):
            still_open = f"The bracket {opened.text} at character {opened.at + 1} is still open."
            self.expected(f"an operator or {bracket!r}", f"{still_open} {self.hint_after_operand()}".rstrip())
        self.advance()

    def hint_after_operand(self) -> str:
        """What was probably meant where an operator or the end should stand."""
        if self.token.kind == "name" and self.token.text in _WORD_HINTS:
            return _WORD_HINTS[self.token.text]
        if self.token.kind in ("name", "number") or self.sees("("):
            return "Multiplication is written with *."
        if self.sees(*RELATIONS):
            return "Relations stand between two expressions, not inside one."
        return ""

    def enter(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"brackets are nested deeper than {MAX_DEPTH}")

    def sum(self) -> Node:
        self.enter()
        at = self.token.at
        sign = -1 if self.sees("-") else 1
        if self.sees("-", "+"):
            self.advance()
        terms: list[Signed] = [(sign, self.product())]
        while self.sees("+", "-"):
            terms.append((1 if self.advance().text == "+" else -1, self.product()))
        self.depth -= 1
        return terms[0][1] if len(terms) == 1 and sign > 0 else Sum(tuple(terms), at)

    def product(self) -> Node:
        at = self.token.at
        factors: list[Signed] = [(1, self.factor())]
        while self.sees("*", "/"):
            sign = 1 if self.advance().text == "*" else -1
            factor = self.factor()
            if sign < 0 and isinstance(factor, Number) and not factor.value:
                self.fail("division by 0", factor.at)
            factors.append((sign, factor))
        return factors[0][1] if len(factors) == 1 else Product(tuple(factors), at)

    def factor(self) -> Node:
        if self.sees("-", "+"):
            self.enter()
            sign = self.advance()
            inside = self.factor()
            self.depth -= 1
            return inside if sign.text == "+" else Sum(((-1, inside),), sign.at)
        base = self.atom()
        if not self.sees("**", "^"):
            return base
        self.advance()
        at = self.token.at
        exponent = self.exponent()
        if self.sees("**", "^"):
            self.fail("a power of a power needs brackets", hint="Write (x**2)**3 or x**8.")
        if exponent < 0 and isinstance(base, Number) and not base.value:
            self.fail("division by 0", at)
        return Power(base, exponent, base.at)

    def exponent(self) -> int:
        start = self.token.at
        hint = "Write sqrt(x) for the exponent 1/2, exp(x) for e**x."
        if self.sees("("):
            self.enter()
            self.advance()
            inside = self.exponent()
            self.depth -= 1
            if not self.sees(")"):
                self.fail("an exponent is one integer", start, hint)
            self.advance()
            return inside
        sign = -1 if self.sees("-") else 1
        if self.sees("-", "+"):
            self.advance()
        if self.token.kind != "number":
            self.expected("an integer exponent", hint)
        value = self.read_number(self.token)
        if value.denominator != 1:
            self.expected("an integer exponent", hint)
        if value > MAX_EXPONENT:
            self.fail(f"an exponent is at most {MAX_EXPONENT}, got {self.token.text[:40]}")
        self.advance()
        return sign * int(value)

    def read_number(self, token: Token) -> Fraction:
        mantissa, _, power = token.text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(power) > 4 or abs(int(power or 0)) > MAX_DIGITS:
            self.fail(f"a number has at most {MAX_DIGITS} digits", token.at)
        value = Fraction(mantissa) * Fraction(10) ** int(power or 0)
        if max(value.numerator, value.denominator) >= 10**MAX_DIGITS:
            self.fail(f"a number has at most {MAX_DIGITS} digits", token.at)
        return value

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.advance()
            return Number(self.read_number(token), token.at)
        if token.kind == "name":
            self.advance()
            return self.named(token)
        if self.sees("("):
            self.advance()
            inside = self.sum()
            self.close(")", token)
            return replace(inside, at=token.at)
        return self.expected("a number, a name or '('")

    def named(self, token: Token) -> Node:
        name = token.text
        if self.sees("[") or (self.sees("(") and name in self.functionals):
            opened = self.token
            if name not in self.functionals:
                hint = f"Declare it with --functional {name}:r,s ."
                self.unknown(token, "functional", self.functionals, hint)
            self.advance()
            body = self.sum()
            self.close("]" if opened.text == "[" else ")", opened)
            return Moment(name, body, token.at)
        if name in self.functionals:
            hint = f"{name} is an expectation: write {name}[x], or give the number another name."
            self.expected(f"'[' or '(' after the functional {name}", hint)
        if self.sees("("):
            if name not in FUNCTIONS:
                known = (*FUNCTIONS, *self.functionals)
                hint = _WORD_HINTS.get(name) or f"If {name} is a number, write {name}*( ... )."
                self.unknown(token, "function", known, hint)
            return self.call(token)
        if name in FUNCTIONS:
            self.expected(f"'(' after the function {name}")
        if name in KEYWORDS:
            self.fail(f"{name!r} is a word of the language, not a name", token.at)
        return Name(name, token.at)

    def unknown(self, token: Token, what: str, known: Iterable[str], hint: str) -> NoReturn:
        guess = nearest(token.text, known)
        self.fail(f"{token.text!r} is not a {what}", token.at, f"Did you mean {guess}?" if guess else hint)

    def call(self, token: Token) -> Node:
        opened = self.advance()
        if self.sees(")"):
            self.expected("an argument")
        arguments = [self.sum()]
        while self.sees(","):
            self.advance()
            arguments.append(self.sum())
        fewest, most = FUNCTIONS[token.text]
        self.close(")", opened)
        if not fewest <= len(arguments) <= most:
            count = str(fewest) if fewest == most else f"{fewest} to {most}"
            plural = "" if count == "1" else "s"
            self.fail(f"{token.text} takes {count} argument{plural}, got {len(arguments)}", token.at)
        if token.text == "Rational":
            return self.rational(token, arguments)
        return Call(token.text, tuple(arguments), token.at)

    def rational(self, token: Token, arguments: list[Node]) -> Node:
        values: list[int] = []
        for argument in arguments:
            sign, inside = 1, argument
            if isinstance(argument, Sum) and len(argument.terms) == 1:
                sign, inside = argument.terms[0]
            if not isinstance(inside, Number) or inside.value.denominator != 1:
                self.fail("Rational takes two integers", argument.at, "Write p/q for other quotients.")
            values.append(sign * int(inside.value))
        if not values[1]:
            self.fail("division by 0", arguments[1].at)
        return number(Fraction(values[0], values[1]), token.at)

    def quantifier(self) -> dict[str, tuple[str, int]]:
        """name -> (kind, place) for the names after `forall`, up to and including the colon."""
        self.advance()
        bound: dict[str, tuple[str, int]] = {}
        kind = "vector"
        while True:
            if self.token.kind == "name" and self.token.text in ("vector", "scalar"):
                kind = self.advance().text
            token = self.token
            if token.kind != "name" or token.text in KEYWORDS or token.text in self.functionals:
                self.expected("a name to quantify", "Write forall vector q, scalar c: relation.")
            if token.text in bound:
                self.fail(f"{token.text!r} is quantified twice")
            bound[self.advance().text] = (kind, token.at)
            if self.sees(":"):
                self.advance()
                return bound
            if not self.sees(","):
                self.expected("',' or ':'", "Write forall vector q, scalar c: relation.")
            self.advance()

    def relation(self) -> Relation:
        has_forall = self.token.kind == "name" and self.token.text == "forall"
        bound = self.quantifier() if has_forall else {}
        operands, operators = [self.sum()], []
        while self.sees(*RELATIONS):
            operators.append(self.advance().text)
            operands.append(self.sum())
        if self.token.kind != "end" or not operators:
            tail = "the end" if operators else "a relation (<= < >= > == !=)"
            self.expected(f"an operator or {tail}", self.hint_after_operand())
        quantified = tuple((name, kind) for name, (kind, _) in bound.items())
        places = tuple(place for _, place in bound.values())
        return Relation(tuple(operators), tuple(operands), quantified, places)


def parse_expression(text: str, *, functionals: Iterable[str] = ("E",), where: str = "expression") -> Node:
    """The tree of one EXPR expression.

    Raises:
        ExprError: the text is not in the language; the message points at the character.
    """
    parser = _Parser(text, functionals, where)
    node = parser.sum()
    if parser.token.kind != "end":
        parser.expected("an operator or the end", parser.hint_after_operand())
    return node


def parse_relation(text: str, *, functionals: Iterable[str] = ("E",), where: str = "relation") -> Relation:
    """The tree of one EXPR relation, chain or quantified relation.

    Raises:
        ExprError: the text is not in the language; the message points at the character.
    """
    return _Parser(text, functionals, where).relation()
