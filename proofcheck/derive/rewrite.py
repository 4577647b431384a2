"""EXPR trees in the kernel's language: what it lacks is rewritten, all else stays as the user wrote it.

a <= b <= c      two relations                    0.1                   1/10
a != b           (a - b)**2 > 0                   Max(a, b, c)          Max(Max(a, b), c)
norm2(u)         inner(u, u)                      norm(u)               sqrt(inner(u, u))
Var(x)           E[x**2] - E[x]**2                Cov(x, y)             E[x*y] - E[x]*E[y]
log(x)           a new number l with the assumption exp(l) == x (random if x is)
E[X], X vector   a new vector m with  forall q: inner(m, q) == E[inner(X, q)]
u == v, vectors  assumed: forall q: inner(u - v, q) == 0; claimed or random: |u - v|**2 == 0
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from fractions import Fraction

from .declarations import Declarations
from .kinds import VECTOR, Reader
from .nodes import (
    Call,
    Moment,
    Name,
    Node,
    Number,
    Product,
    Relation,
    difference,
    names,
    number,
    product,
    rebuild,
    square,
    text_of,
)

_ZERO = Number(Fraction(0))


@dataclass
class Rewriter:
    """Rewrites trees into the kernel's language and collects what that adds to the claim."""

    declared: Declarations
    taken: set[str]
    vectors: set[str] = field(default_factory=set)  # new ones
    owner: dict[str, str] = field(default_factory=dict)  # new random numbers
    definitions: list[tuple[str, Relation]] = field(default_factory=list)  # new name -> what it means
    known: dict[str, str] = field(default_factory=dict)  # text of log(x) or E[X] -> its new name

    def fresh(self, stem: str) -> str:
        index = 1
        while f"{stem}_{index}" in self.taken:
            index += 1
        self.taken.add(f"{stem}_{index}")
        return f"{stem}_{index}"

    def relations(self, reader: Reader, relation: Relation, *, target: bool) -> list[Relation]:
        """The kernel relations that say the same as a chain."""
        kind = reader.relation(relation)
        sides = [self.node(reader, operand) for operand in relation.operands]
        result = []
        deterministic = not any(map(reader.free, relation.operands))
        for operator, (left, right) in zip(relation.operators, itertools.pairwise(sides), strict=True):
            bound = relation.quantified
            gap = difference(left, right)
            if kind == VECTOR:
                if operator == "==" and not target and deterministic:
                    q = self.fresh("q")
                    bound, left = (*bound, (q, VECTOR)), Call("inner", (gap, Name(q)))
                else:
                    left = Call("inner", (gap, gap))
                right, operator = _ZERO, "==" if operator == "==" else ">"
            elif operator == "!=":
                left, right, operator = square(gap), _ZERO, ">"
            result.append(Relation((operator,), (left, right), bound))
        return result

    def needed(self, relations: list[Relation]) -> list[Relation]:
        """The definitions of the new names in `relations`, and of those in these definitions, in order.

        No others: the definition of log(x) says x > 0, which a claim without log(x) does not assume.
        """
        used = {x for r in relations for x in names(r.operands)}
        for label, definition in reversed(self.definitions):  # a definition mentions earlier ones only
            if label in used:
                used |= names(definition.operands)
        return [definition for label, definition in self.definitions if label in used]

    def node(self, reader: Reader, node: Node) -> Node:
        """The kernel tree of an expression."""
        if isinstance(node, Call) and node.function == "log":
            return self.log(reader, node)
        if isinstance(node, Moment) and reader.kind(node) == VECTOR:
            return self.mean(reader, node)
        if isinstance(node, Call) and node.function in ("Var", "Cov"):
            functional = reader.functional_of(node)
            x, y = (self.node(reader, node.arguments[i]) for i in (0, -1))
            one = node.function == "Var"
            first = Moment(functional, square(x) if one else product(x, y))
            mean_x, mean_y = Moment(functional, x), Moment(functional, y)
            return difference(first, square(mean_x) if one else product(mean_x, mean_y))
        inside = rebuild(node, lambda child: self.node(reader, child))
        match inside:
            case Number(value=value) if value.denominator > 1:
                return Product(((1, number(value.numerator)), (-1, number(value.denominator))), inside.at)
            case Call(function="Max" | "Min" as function, arguments=arguments):
                return _pairs(function, arguments)
            case Call(function="norm2", arguments=(u,)):
                return Call("inner", (u, u))
            case Call(function="norm", arguments=(u,)):
                return Call("sqrt", (Call("inner", (u, u)),))
        return inside

    def new_name(self, reader: Reader, node: Node, stem: str) -> tuple[str, bool]:
        quantified = sorted(names([node]) & set(reader.bound))
        if quantified:
            what = "log" if stem == "log" else "the mean vector"
            reader.fail(f"{what} of an expression in the quantified {', '.join(quantified)}", node)
        key = text_of(node)
        is_new = key not in self.known
        if is_new:
            self.known[key] = self.fresh(stem)
        return self.known[key], is_new

    def log(self, reader: Reader, node: Call) -> Node:
        label, is_new = self.new_name(reader, node, "log")
        if is_new:
            found = reader.free(node)
            if len(found) > 1:
                reader.fail("log of an expression that is random under two functionals", node)
            self.owner |= dict.fromkeys([label] if found else [], next(iter(found), ""))
            argument = self.node(reader, node.arguments[0])
            sides = Call("exp", (Name(label),)), argument
            self.definitions.append((label, Relation(("==",), sides)))
        return Name(label, node.at)

    def mean(self, reader: Reader, node: Moment) -> Node:
        label, is_new = self.new_name(reader, node, "mean")
        if is_new:
            self.vectors.add(label)
            q = Name(self.fresh("q"))
            body = Call("inner", (self.node(reader, node.body), q))
            sides = Call("inner", (Name(label), q)), Moment(node.functional, body)
            self.definitions.append((label, Relation(("==",), sides, ((q.name, VECTOR),))))
        return Name(label, node.at)


def _pairs(function: str, arguments: tuple[Node, ...]) -> Node:
    """A two-argument tree of least depth."""
    if len(arguments) == 1:
        return arguments[0]
    half = (len(arguments) + 1) // 2
    return Call(function, (_pairs(function, arguments[:half]), _pairs(function, arguments[half:])))
