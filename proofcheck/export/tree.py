"""A claim's relations as syntax trees, for writing them in another language (Coq, SMT-LIB, Lean).

The kernel reads a claim into normal forms; a translation of the normal form would inherit what the kernel makes of the
text. Here the text itself is kept: one node for each operator as it was written. The text is checked by the kernel's
reader first (`proofcheck.export.claims`), so this parser meets well-formed text only, and refuses anything else.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import NoReturn

from proofcheck.errors import ArgumentError
from proofcheck.kernel.claim import ARITY
from proofcheck.kernel.syntax import DEPTH_LIMIT, tokens


@dataclass(frozen=True)
class Number:
    """A nonnegative integer."""

    value: int


@dataclass(frozen=True)
class Name:
    """A scalar, a vector, or a bound name."""

    name: str


@dataclass(frozen=True)
class Call:
    """`inner`, `Abs`, `Max`, `Min`, `sqrt` or `exp` of its arguments."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Bracket:
    """`F[body]`: the functional F of what is random under it."""

    functional: str
    body: Node


@dataclass(frozen=True)
class Binary:
    """`left op right`, op one of `+ - * /`; any of them but `/` by a vector may have vectors on a side."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Negative:
    """`-body`."""

    body: Node


@dataclass(frozen=True)
class Power:
    """`base**exponent`, the exponent an integer that may be negative."""

    base: Node
    exponent: int


Node = Number | Name | Call | Bracket | Binary | Negative | Power


@dataclass(frozen=True)
class Relation:
    """`left sign right`, sign one of `>= > == <= <`, as written."""

    left: Node
    sign: str
    right: Node


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below `node`."""
    match node:
        case Call(_, arguments):
            return arguments
        case Bracket(_, body) | Negative(body) | Power(body, _):
            return (body,)
        case Binary(_, left, right):
            return left, right
    return ()


def walk(node: Node) -> Iterator[Node]:
    """`node` and everything below it, from left to right."""
    yield node
    for child in children(node):
        yield from walk(child)


def free_names(node: Node) -> frozenset[str]:
    """The names that occur in `node`, inside of brackets `F[...]` too."""
    return frozenset(item.name for item in walk(node) if isinstance(item, Name))


def is_vector(node: Node, vectors: Set[str]) -> bool:
    """Whether `node`, a well-formed expression, is written as a vector; `vectors` are the names of vectors."""
    match node:
        case Name(name):
            return name in vectors
        case Negative(body):
            return is_vector(body, vectors)
        case Binary(_, left, right):
            return is_vector(left, vectors) or is_vector(right, vectors)
    return False


def expression(text: str, functionals: Set[str]) -> Node:
    """The tree of an expression.

    Raises:
        ArgumentError: `text` is not in the kernel's grammar.
        KernelError: it holds a character that the kernel does not know.
    """
    reader = _Reader(text, functionals)
    node = reader.sum()
    return node if not reader.tokens else reader.refuse("an end of the expression", reader.tokens[-1])


def relation(text: str, functionals: Set[str]) -> Relation:
    """The tree of a relation.

    Raises:
        ArgumentError: `text` is not one relation between two expressions of the kernel's grammar.
        KernelError: it holds a character that the kernel does not know.
    """
    reader = _Reader(text, functionals)
    left, sign, right = reader.sum(), reader.take(">=", ">", "==", "<=", "<"), reader.sum()
    if reader.tokens:
        reader.refuse("one relation", reader.tokens[-1])
    return Relation(left, sign, right)


class _Reader:
    """Recursive descent over the grammar of `docs/certificate-format.md`; each method returns what it read."""

    def __init__(self, text: str, functionals: Set[str]) -> None:
        self.text, self.functionals = text, functionals
        self.tokens, self.depth = tokens(text)[::-1], 0

    def refuse(self, required: str, got: str) -> NoReturn:
        raise ArgumentError(f"export: {required} required, got {got!r} in {self.text[:80]!r}.")

    def maybe(self, *options: str) -> str:
        return self.tokens.pop() if self.tokens and self.tokens[-1] in options else ""

    def take(self, *options: str) -> str:
        found = self.maybe(*options)
        return found or self.refuse(" or ".join(options), self.tokens[-1] if self.tokens else "")

    def sum(self) -> Node:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            self.refuse(f"a nesting of at most {DEPTH_LIMIT}", "a deeper one")
        node = self.product()
        while sign := self.maybe("+", "-"):
            node = Binary(sign, node, self.product())
        self.depth -= 1
        return node

    def product(self) -> Node:
        node = self.signed()
        while sign := self.maybe("*", "/"):
            node = Binary(sign, node, self.signed())
        return node

    def signed(self) -> Node:
        minus, node = self.maybe("-"), self.primary()
        if self.maybe("**"):
            sign = -1 if self.maybe("-") else 1
            digits = self.tokens.pop() if self.tokens else ""
            node = Power(node, sign * int(digits)) if digits.isdigit() else self.refuse("an exponent", digits)
        return Negative(node) if minus else node

    def primary(self) -> Node:
        token = self.tokens.pop() if self.tokens else ""
        if token.isdigit():
            return Number(int(token))
        if token == "(":
            node = self.sum()
            self.take(")")
            return node
        if token in ARITY:
            self.take("(")
            arguments = [self.sum()]
            while self.maybe(","):
                arguments.append(self.sum())
            self.take(")")
            count = ARITY[token]
            return (
                Call(token, tuple(arguments)) if len(arguments) == count else self.refuse(f"{count} arguments", token)
            )
        if token in self.functionals:
            self.take("[")
            body = self.sum()
            self.take("]")
            return Bracket(token, body)
        return Name(token) if token[:1].isalpha() else self.refuse("an expression", token)
