"""Read the text of a claim into a tree: the grammar of docs/certificate-format.md, without the kernel's reader.

A statement is printed from these trees, so that what Coq is asked to prove does not pass through the kernel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from proofcheck.errors import ArgumentError

TOKEN = re.compile(r" *([0-9]+|[A-Za-z][A-Za-z0-9_]*|\*\*|>=|<=|==|[-+*/()\[\],<>]) *", re.ASCII)
NOTHING: Mapping[str, str] = MappingProxyType({})
FUNCTIONS = ("inner", "Abs", "Max", "Min", "sqrt", "exp")


class Node(NamedTuple):
    """One node: `kind` is number, name, call, moment, negative, power, or an operator + - * /; `label` its text."""

    kind: str
    label: str
    children: tuple[Node, ...] = ()

    def walk(self) -> list[Node]:
        """This node and all below it, parents first."""
        return [self, *(node for child in self.children for node in child.walk())]


class Relation(NamedTuple):
    """`left sign right`."""

    left: Node
    sign: str
    right: Node


class Names(NamedTuple):
    """What a claim declares: `owner` maps a random name to its functional."""

    scalars: tuple[str, ...]
    vectors: tuple[str, ...]
    functionals: dict[str, bool]
    owner: dict[str, str]


class _Reader:
    def __init__(self, text: str, functionals: tuple[str, ...]) -> None:
        self.text, self.functionals, self.at = text, functionals, 0
        self.tokens: list[str] = []
        at = 0
        while at < len(text):
            match = TOKEN.match(text, at)
            if match is None:
                raise ArgumentError(f"Coq export: an expression of the claim language required, got {text!r}.")
            self.tokens.append(match[1])
            at = match.end()

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, *options: str) -> str:
        token = self.peek()
        if token and (not options or token in options):
            self.at += 1
            return token
        return ""

    def need(self, token: str) -> None:
        if not self.take(token):
            raise ArgumentError(f"Coq export: {token!r} required in {self.text!r}, got {self.peek()!r}.")

    def sum(self) -> Node:
        total = self.product()
        while sign := self.take("+", "-"):
            total = Node(sign, "", (total, self.product()))
        return total

    def product(self) -> Node:
        total = self.signed()
        while sign := self.take("*", "/"):
            total = Node(sign, "", (total, self.signed()))
        return total

    def signed(self) -> Node:
        minus, base = self.take("-"), self.primary()
        if self.take("**"):
            negative = self.take("-")
            base = Node("power", self.take(), (base,))
            if negative and base.label != "0":
                base = Node("/", "", (Node("number", "1"), base))
        return Node("negative", "", (base,)) if minus else base

    def primary(self) -> Node:
        token = self.take()
        if token.isdigit():
            return Node("number", str(int(token)))
        if token == "(":
            inside = self.sum()
            self.need(")")
            return inside
        if token in FUNCTIONS and self.take("("):
            values = [self.sum()]
            while self.take(","):
                values.append(self.sum())
            self.need(")")
            return Node("call", token, tuple(values))
        if token in self.functionals:
            self.need("[")
            inside = self.sum()
            self.need("]")
            return Node("moment", token, (inside,))
        if not token[:1].isalpha():
            raise ArgumentError(f"Coq export: a name or a number required in {self.text!r}, got {token!r}.")
        return Node("name", token)


def read_relation(text: str, functionals: tuple[str, ...]) -> Relation:
    """The relation written in `text`.

    Raises:
        ArgumentError: it is not one relation between two expressions.
    """
    reader = _Reader(text, functionals)
    left, sign, right = reader.sum(), reader.take(">=", ">", "==", "<=", "<"), reader.sum()
    if not sign or reader.peek():
        raise ArgumentError(f"Coq export: one relation required, got {text!r}.")
    return Relation(left, sign, right)


def free(node: Node, names: Names) -> frozenset[str]:
    """The functionals whose random names stand in `node` outside their own brackets."""
    if node.kind == "name":
        return frozenset({names.owner[node.label]} if node.label in names.owner else ())
    inside = frozenset[str]().union(*(free(child, names) for child in node.children))
    return inside - {node.label} if node.kind == "moment" else inside


def substitute(node: Node, trees: Mapping[str, Node], functionals: Mapping[str, str] = NOTHING) -> Node:
    """`node` with names replaced by trees, and functionals by others."""
    if node.kind == "name":
        return trees.get(node.label, node)
    label = functionals.get(node.label, node.label) if node.kind == "moment" else node.label
    return node._replace(label=label, children=tuple(substitute(child, trees, functionals) for child in node.children))


def substitute_relation(
    relation: Relation, trees: Mapping[str, Node], functionals: Mapping[str, str] = NOTHING
) -> Relation:
    """Both sides of `relation` under `substitute`."""
    left, right = (substitute(side, trees, functionals) for side in (relation.left, relation.right))
    return Relation(left, relation.sign, right)
