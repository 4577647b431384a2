"""Expressions and relations of the claim language as Lean 4 terms over Mathlib.

Names of claims are ASCII. What this export adds (Ω, ω, φ, ν, …) starts with a Greek letter, so nothing collides.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace

from proofcheck.export.tree import (
    Binary,
    Bracket,
    Call,
    Name,
    Negative,
    Node,
    Number,
    Power,
    Relation,
    children,
    is_vector,
)

KEYWORDS = frozenset(
    "abbrev as at axiom begin break by calc class constant continue def deriving do else end example export extends "
    "false for from fun have if import in inductive infix instance let macro match mutual namespace nomatch notation "
    "open opaque postfix prefix private protected return section set show sorry structure suffices syntax then theorem "
    "true universe unless using variable where while with".split()
)
_SIGNS = {">=": "≥", ">": ">", "==": "=", "<=": "≤", "<": "<"}
_FUNCTIONS = {"Max": "max", "Min": "min", "sqrt": "Real.sqrt", "exp": "Real.exp"}
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def identifier(name: str) -> str:
    """The claim's name in Lean: itself, in quotes « » where Lean keeps the word."""
    return f"«{name}»" if name in KEYWORDS else name


def theorem_name(claim: str) -> str:
    """`LT-01.step` is `«LT-01».step`."""
    return ".".join(f"«{part}»" for part in claim.split("."))


def term(node: Node, vectors: Set[str], owner: Mapping[str, str]) -> str:
    """`node` as a Lean term; a random name t under E is `t ωE`."""
    return _text(node, vectors, owner)[0]


def atom(node: Node, vectors: Set[str], owner: Mapping[str, str]) -> str:
    """`node` in brackets unless it is one word."""
    return _wrapped(_text(node, vectors, owner), _ATOM)


def relation(item: Relation, vectors: Set[str], owner: Mapping[str, str]) -> str:
    """The relation as it is written."""
    return f"{term(item.left, vectors, owner)} {_SIGNS[item.sign]} {term(item.right, vectors, owner)}"


def difference(item: Relation) -> tuple[Node, str]:
    """(p, rel) such that the relation says `p rel 0`, rel one of >= > ==."""
    if item.sign in ("<=", "<"):
        return Binary("-", item.right, item.left), item.sign.replace("<", ">")
    return Binary("-", item.left, item.right), item.sign


def random_under(node: Node, owner: Mapping[str, str]) -> frozenset[str]:
    """The functionals whose random names are written in `node` outside of their own brackets."""
    match node:
        case Name(name):
            return frozenset({owner[name]} if name in owner else ())
        case Bracket(functional, body):
            return random_under(body, owner) - {functional}
    return frozenset().union(*(random_under(child, owner) for child in children(node)))


def substitute(node: Node, values: Mapping[str, Node], functionals: Mapping[str, str]) -> Node:
    """`node` with names and functionals replaced."""
    match node:
        case Name(name):
            return values.get(name, node)
        case Bracket(functional, body):
            return Bracket(functionals.get(functional, functional), substitute(body, values, functionals))
        case Call(function, arguments):
            return Call(function, tuple(substitute(x, values, functionals) for x in arguments))
        case Binary(op, left, right):
            return Binary(op, substitute(left, values, functionals), substitute(right, values, functionals))
        case Negative(body):
            return Negative(substitute(body, values, functionals))
        case Power(base, exponent):
            return Power(substitute(base, values, functionals), exponent)
    return node


def substituted(item: Relation, values: Mapping[str, Node], functionals: Mapping[str, str]) -> Relation:
    """The relation with names and functionals replaced."""
    left, right = (substitute(side, values, functionals) for side in (item.left, item.right))
    return replace(item, left=left, right=right)


def unparse(node: Node) -> str:
    """`node` in the claim language again, with all brackets."""
    match node:
        case Number(value):
            return str(value)
        case Name(name):
            return name
        case Call(function, arguments):
            return f"{function}({', '.join(map(unparse, arguments))})"
        case Bracket(functional, body):
            return f"{functional}[{unparse(body)}]"
        case Negative(body):
            return f"(-({unparse(body)}))"
        case Power(base, exponent):
            return f"({unparse(base)})**{exponent}" if exponent >= 0 else f"({unparse(base)})**-{-exponent}"
        case Binary(op, left, right):
            return f"({unparse(left)} {op} {unparse(right)})"


def comment(text: str) -> str:
    """`text` fit for a Lean doc comment."""
    return text.replace("-/", "- /").replace("/-", "/ -")


def _wrapped(part: tuple[str, int], level: int) -> str:
    text, strength = part
    return text if strength >= level else f"({text})"


def _text(node: Node, vectors: Set[str], owner: Mapping[str, str]) -> tuple[str, int]:
    """(text, how strongly it binds)."""

    def at(child: Node, level: int) -> str:
        return _wrapped(_text(child, vectors, owner), level)

    match node:
        case Number(value):
            return str(value), _ATOM
        case Name(name):
            return (f"{identifier(name)} ω{owner[name]}", _POWER) if name in owner else (identifier(name), _ATOM)
        case Call("inner", (left, right)):
            return f"⟪{at(left, _SUM)}, {at(right, _SUM)}⟫", _ATOM
        case Call("Abs", (body,)):
            return f"|{at(body, _SUM)}|", _ATOM
        case Call(function, arguments):
            return " ".join([_FUNCTIONS[function], *(at(x, _ATOM) for x in arguments)]), _POWER
        case Bracket(functional, body):
            return f"{identifier(functional)} (fun ω{functional} => {at(body, _SUM)})", _POWER
        case Negative(body):
            return f"-{at(body, _POWER)}", _SUM
        case Power(base, exponent):
            body = at(base, _ATOM)
            return (f"{body} ^ {exponent}" if exponent >= 0 else f"({body}⁻¹) ^ {-exponent}"), _POWER
        case Binary(op, left, right) if op in "+-":
            return f"{at(left, _SUM)} {op} {at(right, _PRODUCT)}", _SUM
        case Binary("*", left, right) if is_vector(left, vectors):
            return f"{at(right, _ATOM)} • {at(left, _POWER)}", _PRODUCT
        case Binary("*", left, right) if is_vector(right, vectors):
            return f"{at(left, _ATOM)} • {at(right, _POWER)}", _PRODUCT
        case Binary("/", left, right) if is_vector(left, vectors):
            return f"({at(right, _ATOM)}⁻¹) • {at(left, _POWER)}", _PRODUCT
        case Binary(op, left, right):
            return f"{at(left, _PRODUCT)} {op} {at(right, _POWER)}", _PRODUCT
