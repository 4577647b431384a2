"""The tree of an EXPR text, and its text again: `parse(text_of(tree)) == tree`.

    Sum       s_1 t_1 + ... + s_n t_n, signs s_i = +1 or -1; a lone term stands for -t
    Product   f_1 op f_2 op ... , +1 multiplies and -1 divides by the factor that follows
    Power     base ** n for an integer n
    Call      Abs Max Min sqrt exp log inner norm norm2 Var Cov
    Moment    F[body] for a positive linear functional F
    Relation  a chain  operand op operand op ... , possibly quantified

Sums and products are flat, so a long sum is not a deep tree. `at` is the character a node starts at in the
text it was read from; it takes no part in comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

Signed = tuple[int, "Node"]


@dataclass(frozen=True, slots=True)
class Number:
    """An exact rational >= 0 (a negative number is a `Sum` of one term)."""

    value: Fraction
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sum:
    terms: tuple[Signed, ...]
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Product:
    factors: tuple[Signed, ...]
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Power:
    base: Node
    exponent: int
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    function: str
    arguments: tuple[Node, ...]
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Moment:
    functional: str
    body: Node
    at: int = field(default=0, compare=False, repr=False)


Node = Number | Name | Sum | Product | Power | Call | Moment


@dataclass(frozen=True, slots=True)
class Relation:
    """operands[0] operators[0] operands[1] ...; `quantified` lists (name, "vector" | "scalar").

    `places` are the characters where the quantified names were bound.
    """

    operators: tuple[str, ...]
    operands: tuple[Node, ...]
    quantified: tuple[tuple[str, str], ...] = ()
    places: tuple[int, ...] = field(default=(), compare=False, repr=False)


def number(value: int | Fraction, at: int = 0) -> Node:
    """The tree of an exact rational of any sign."""
    exact = Fraction(value)
    return Number(exact, at) if exact >= 0 else Sum(((-1, Number(-exact, at)),), at)


def negative(node: Node) -> Node:
    """-node."""
    return Sum(((-1, node),), node.at)


def difference(left: Node, right: Node) -> Node:
    """left - right, without the parts that are literally 0."""
    if right == Number(Fraction(0)):
        return left
    return negative(right) if left == Number(Fraction(0)) else Sum(((1, left), (-1, right)), left.at)


def product(*factors: Node) -> Node:
    """The product of two or more factors."""
    return Product(tuple((1, factor) for factor in factors), factors[0].at)


def square(node: Node) -> Node:
    return Power(node, 2, node.at)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Sum(terms=parts) | Product(factors=parts):
            return tuple(part for _, part in parts)
        case Power(base=base):
            return (base,)
        case Call(arguments=arguments):
            return arguments
        case Moment(body=body):
            return (body,)
    return ()


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """`node` with `change` applied to each node directly below."""
    match node:
        case Sum(terms=terms, at=at):
            return Sum(tuple((sign, change(term)) for sign, term in terms), at)
        case Product(factors=factors, at=at):
            return Product(tuple((sign, change(factor)) for sign, factor in factors), at)
        case Power(base=base, exponent=exponent, at=at):
            return Power(change(base), exponent, at)
        case Call(function=function, arguments=arguments, at=at):
            return Call(function, tuple(map(change, arguments)), at)
        case Moment(functional=functional, body=body, at=at):
            return Moment(functional, change(body), at)
    return node


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)


def names(nodes: Iterable[Node]) -> set[str]:
    """All names used as values."""
    return {part.name for node in nodes for part in walk(node) if isinstance(part, Name)}


def _atomic(node: Node) -> str:
    text = text_of(node)
    return f"({text})" if isinstance(node, Sum | Product | Power) else text


def _factor(node: Node) -> str:
    text = text_of(node)
    return f"({text})" if isinstance(node, Sum | Product) else text


def text_of(node: Node) -> str:
    """The EXPR text of a tree; reading it gives the same tree."""
    match node:
        case Number(value=value):
            p, q = value.as_integer_ratio()
            return str(p) if q == 1 else f"Rational({p}, {q})"
        case Name(name=name):
            return name
        case Sum(terms=terms):
            parts = [(sign, f"({text_of(t)})" if isinstance(t, Sum) else text_of(t)) for sign, t in terms]
            text = "".join((" + " if sign > 0 else " - ") + part for sign, part in parts)
            return text[3:] if parts[0][0] > 0 else "-" + text[3:]
        case Product(factors=factors):
            return "".join(("*" if sign > 0 else "/") + _factor(factor) for sign, factor in factors)[1:]
        case Power(base=base, exponent=exponent):
            return f"{_atomic(base)}**{exponent}"
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(map(text_of, arguments))})"
        case Moment(functional=functional, body=body):
            return f"{functional}[{text_of(body)}]"


def relation_text(relation: Relation) -> str:
    """The EXPR text of a relation, with its `forall`."""
    text = text_of(relation.operands[0])
    for operator, operand in zip(relation.operators, relation.operands[1:], strict=True):
        text += f" {operator} {text_of(operand)}"
    if relation.quantified:
        text = "forall " + ", ".join(f"{kind} {name}" for name, kind in relation.quantified) + ": " + text
    return text
