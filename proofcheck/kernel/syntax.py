"""Trusted. Text to data: bounded JSON, exact numbers, and expressions as nested tuples.

Grammar      relation = sum (">=" | ">" | "==" | "<=" | "<") sum
             sum      = product {("+" | "-") product}          product = signed {("*" | "/") signed}
             signed   = "-" signed | power                     power   = primary ["**" ["-"] INTEGER]
             primary  = INTEGER | NAME | NAME "(" sum {"," sum} ")" | NAME "[" sum "]" | "(" sum ")"
Trees        ("number", n) ("name", x) ("sum", [t]) ("product", [t]) ("negative", t) ("quotient", t, t)
             ("power", t, n) ("call", f, [t]) ("moment", F, t)
"""

from __future__ import annotations

import json
import re
from fractions import Fraction
from typing import Any, NoReturn

TEXT_LIMIT = 2_000_000  # characters in one file
DEPTH_LIMIT = 40  # brackets inside brackets, in JSON and in expressions
DIGIT_LIMIT = 300  # decimal digits in one number
EXPONENT_LIMIT = 32
FUNCTIONS = {"inner": 2, "Abs": 1, "Max": 2, "Min": 2, "sqrt": 1, "exp": 1}
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
RATIONAL = re.compile(r"-?[0-9]+(/[0-9]+)?", re.ASCII)
TOKEN = re.compile(r" *(?:([0-9]+)|([A-Za-z][A-Za-z0-9_]*)|(\*\*|>=|<=|==|[-+*/()\[\],<>]))", re.ASCII)
RELATIONS = (">=", ">", "==", "<=", "<")


class KernelError(ValueError):
    """The kernel refuses: the message says what was required and what was given."""


def refuse(message: str) -> NoReturn:
    raise KernelError(message)


def load(text: str, kind: str) -> dict[str, Any]:
    """The JSON object in `text`, whose "format" must be `proofcheck-<kind>/1`; no floats, no repeated keys."""
    if type(text) is not str:
        refuse(f"{kind}: text required, got {type(text).__name__}")
    if len(text) > TEXT_LIMIT:
        refuse(f"{kind}: at most {TEXT_LIMIT} characters, got {len(text)}")
    depth = 0
    for character in re.findall(r"[\[{}\]]", text):
        depth += 1 if character in "[{" else -1
        if depth > DEPTH_LIMIT:
            refuse(f"{kind}: brackets nested deeper than {DEPTH_LIMIT}")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        return result if len(result) == len(pairs) else refuse(f"{kind}: a repeated key among {sorted(k for k, _ in pairs)}")

    def no_float(number: str) -> NoReturn:
        refuse(f'{kind}: numbers are strings such as "3/2", got {number}')

    try:
        data = json.loads(text, object_pairs_hook=unique, parse_float=no_float, parse_constant=no_float)
    except KernelError:
        raise
    except ValueError as error:
        raise KernelError(f"{kind}: not JSON: {error}") from error
    if type(data) is not dict or data.get("format") != f"proofcheck-{kind}/1":
        refuse(f'{kind}: an object with "format": "proofcheck-{kind}/1" required')
    return data


def fields(data: Any, where: str, required: str, optional: str = "") -> list[Any]:
    """The values of the named keys (None where an optional one is absent); any other key is refused."""
    if type(data) is not dict:
        refuse(f"{where}: an object required, got {type(data).__name__}")
    must, may = required.split(), optional.split()
    missing, unknown = [k for k in must if k not in data], [k for k in data if k not in must + may]
    if missing or unknown:
        refuse(f"{where}: missing keys {missing}, unknown keys {unknown}")
    return [data.get(key) for key in must + may]


def typed(value: Any, kind: type, where: str) -> Any:
    """`value`, which must be exactly of the type `kind` (so a bool is no int)."""
    return value if type(value) is kind else refuse(f"{where}: {kind.__name__} required, got {type(value).__name__}")


def rational(text: Any, where: str) -> Fraction:
    """The exact number written as "p" or "p/q"."""
    typed(text, str, where)
    if not RATIONAL.fullmatch(text) or len(text) > 2 * DIGIT_LIMIT:
        refuse(f'{where}: a rational such as "-3/2" of at most {DIGIT_LIMIT} digits required, got {text[:40]!r}')
    numerator, _, denominator = text.partition("/")
    if denominator and int(denominator) == 0:
        refuse(f"{where}: zero denominator in {text!r}")
    return Fraction(int(numerator), int(denominator or 1))


def name(text: Any, where: str) -> str:
    """An identifier that is not a function of the language."""
    typed(text, str, where)
    if not NAME.fullmatch(text) or text in FUNCTIONS:
        refuse(f"{where}: a name of letters, digits and _ required, got {text[:40]!r}")
    return text


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.position, self.depth = typed(text, str, "expression"), 0, 0
        self.tokens: list[str] = []
        end = len(text.rstrip(" "))
        at = 0
        while at < end:
            match = TOKEN.match(text, at)
            if match is None:
                refuse(f"expression: unexpected character {text[at]!r} at {at} in {text[:80]!r}")
            if match.group(1) and len(match.group(1)) > DIGIT_LIMIT:
                refuse(f"expression: a number of more than {DIGIT_LIMIT} digits")
            self.tokens.append(match.group(match.lastindex or 0))
            at = match.end()

    def peek(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if (expected and token != expected) or not token:
            refuse(f"expression: {expected or 'an operand'} required, got {token or 'the end'!r} in {self.text[:80]!r}")
        self.position += 1
        return token

    def sum(self) -> tuple[Any, ...]:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            refuse(f"expression: nested deeper than {DEPTH_LIMIT}")
        terms = [self.product()]
        while self.peek() in ("+", "-"):
            terms.append(self.product() if self.take() == "+" else ("negative", self.product()))
        self.depth -= 1
        return ("sum", terms) if len(terms) > 1 else terms[0]

    def product(self) -> tuple[Any, ...]:
        factors = [self.signed()]
        while self.peek() in ("*", "/"):
            factors.append(self.signed() if self.take() == "*" else ("quotient", ("number", 1), self.signed()))
        return ("product", factors) if len(factors) > 1 else factors[0]

    def signed(self) -> tuple[Any, ...]:
        if self.peek() != "-":
            return self.power()
        self.take("-")
        if self.peek() == "-":
            refuse("expression: two minus signs in a row")
        return ("negative", self.power())

    def power(self) -> tuple[Any, ...]:
        base = self.primary()
        if self.peek() != "**":
            return base
        self.take("**")
        sign = -1 if self.peek() == "-" else 1
        if sign < 0:
            self.take("-")
        digits = self.take()
        if not digits.isdigit() or int(digits) > EXPONENT_LIMIT:
            refuse(f"expression: an integer exponent of at most {EXPONENT_LIMIT} required, got {digits[:40]!r}")
        return ("power", base, sign * int(digits))

    def primary(self) -> tuple[Any, ...]:
        token = self.take()
        if token.isdigit():
            return ("number", int(token))
        if token == "(":
            inside = self.sum()
            self.take(")")
            return inside
        if not NAME.fullmatch(token):
            refuse(f"expression: an operand required, got {token!r} in {self.text[:80]!r}")
        if self.peek() == "[":
            self.take("[")
            inside = self.sum()
            self.take("]")
            return ("moment", token, inside)
        if token not in FUNCTIONS:
            return ("name", token)
        self.take("(")
        arguments = [self.sum()]
        while self.peek() == ",":
            self.take(",")
            arguments.append(self.sum())
        self.take(")")
        if len(arguments) != FUNCTIONS[token]:
            refuse(f"expression: {token} takes {FUNCTIONS[token]} arguments, got {len(arguments)}")
        return ("call", token, arguments)


def parse_expression(text: str) -> tuple[Any, ...]:
    """The tree of an expression that uses up the whole text."""
    reader = _Reader(text)
    tree = reader.sum()
    if reader.peek():
        refuse(f"expression: {reader.peek()!r} left over in {text[:80]!r}")
    return tree


def parse_relation(text: str) -> tuple[str, Any, Any]:
    """(relation, left tree, right tree); a chain of relations is refused."""
    reader = _Reader(text)
    left, relation = reader.sum(), reader.take()
    if relation not in RELATIONS:
        refuse(f"relation: one of {' '.join(RELATIONS)} required, got {relation!r} in {text[:80]!r}")
    right = reader.sum()
    if reader.peek():
        refuse(f"relation: {reader.peek()!r} left over in {text[:80]!r}")
    return relation, left, right
