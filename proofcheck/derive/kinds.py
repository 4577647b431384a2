"""Number or vector, deterministic or random: what each part of an EXPR tree is, with errors that point at it.

vector:  a declared vector; sums of vectors; a vector times or over numbers; E[vector]
number:  everything else; `inner`, `norm`, `norm2` take vectors, all other functions take numbers
random:  a name of a functional F outside F[...]; one relation is random under at most one functional
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NoReturn

from .declarations import Declarations
from .nodes import Call, Moment, Name, Node, Number, Power, Product, Relation, Sum, children, names, walk
from .tokens import ExprError, nearest

SCALAR, VECTOR = "scalar", "vector"
_OF_VECTORS = ("inner", "norm", "norm2")
_ZERO = Number(Fraction(0))


@dataclass(frozen=True)
class Reader:
    """Judges the trees of one text. `bound`: the names that this text quantifies, with their kinds."""

    declared: Declarations
    text: str
    where: str
    bound: Mapping[str, str] = field(default_factory=dict)

    def fail(self, reason: str, node: Node, hint: str = "") -> NoReturn:
        raise ExprError(reason, self.text, node.at, hint, self.where)

    # -- number or vector --------------------------------------------------------------------------------
    def kind(self, node: Node) -> str:
        """ "scalar" or "vector"; every part is checked on the way.

        Raises:
            ExprError: a vector stands where a number is needed, or a number where a vector is.
        """
        match node:
            case Name(name=name):
                return self._name(node, name)
            case Sum(terms=terms):
                kinds = {self.kind(term) for _, term in terms}
                if len(kinds) == 2:
                    self._mixed(node, [term for _, term in terms])
                return kinds.pop()
            case Product(factors=factors):
                return self._product(factors)
            case Power(base=base):
                if self.kind(base) == VECTOR:
                    self.fail("a power of a vector", node, "Write norm2(u) for its squared length.")
            case Moment(functional=functional, body=body):
                self._moment(functional, body)
                return self.kind(body)
            case Call(function=function, arguments=arguments):
                for argument in arguments:
                    if function in _OF_VECTORS:
                        self.need_vector(argument, function)
                    else:
                        self.need_number(argument)
                if function in ("Var", "Cov"):
                    self.functional_of(node)
        return SCALAR

    def _name(self, node: Node, name: str) -> str:
        if name in self.bound:
            return self.bound[name]
        scalars = self.declared.scalars
        if name in self.declared.vectors:
            return VECTOR
        if scalars is not None and name not in scalars and name not in self.declared.owner:
            known = {*scalars, *self.declared.owner, *self.declared.vectors, *self.bound}
            guess = nearest(name, known)
            everything = f"Declared: {', '.join(sorted(known)) or 'nothing'}."
            hint = f"Did you mean {guess}?" if guess else everything
            self.fail(f"{name!r} is not declared", node, hint)
        return SCALAR

    def _product(self, factors: tuple[tuple[int, Node], ...]) -> str:
        vectors = [(sign, factor) for sign, factor in factors if self.kind(factor) == VECTOR]
        for sign, factor in vectors:
            if sign < 0:
                self.fail("division by a vector", factor)
        if len(vectors) > 1:
            self.fail("a product of two vectors", vectors[1][1], "Write inner(u, v).")
        return VECTOR if vectors else SCALAR

    def _mixed(self, node: Node, parts: Iterable[Node]) -> NoReturn:
        for part in parts:
            if self.kind(part) == SCALAR:
                self.fail("a vector and a number cannot be added", part, self._undeclared(part))
        self.fail("a vector and a number cannot be added", node)

    def _undeclared(self, node: Node) -> str:
        """A hint on a name in `node` that was perhaps meant as a vector."""
        vectors = self.declared.vectors | {x for x, kind in self.bound.items() if kind == VECTOR}
        for part in walk(node):
            if isinstance(part, Name) and part.name not in vectors and part.name not in self.bound:
                guess = nearest(part.name, vectors)
                declare = f"Is {part.name} a vector? Declare it with --vectors {part.name} ."
                return f"Did you mean {guess}?" if guess else declare
        return ""

    def need_vector(self, node: Node, function: str) -> None:
        """Raises ExprError unless `node` is a vector."""
        if self.kind(node) == VECTOR:
            return
        what = f"{node.name!r} is not declared as one" if isinstance(node, Name) else "this is a number"
        self.fail(f"{function} takes vectors, and {what}", node, self._undeclared(node))

    def need_number(self, node: Node) -> None:
        """Raises ExprError unless `node` is a number."""
        if self.kind(node) == SCALAR:
            return
        u = node.name if isinstance(node, Name) else "u"
        what = f"{u} is a vector" if isinstance(node, Name) else "this is a vector"
        hint = f"Write norm2({u}), norm({u}) or inner({u}, v)."
        if u in self.bound:
            hint += f" If {u} is a number, write forall scalar {u}."
        self.fail(f"{what}, a number is needed here", node, hint)

    # -- randomness ----------------------------------------------------------------------------------------
    def free(self, node: Node) -> dict[str, str]:
        """functional -> one of its random names that occurs in `node` outside its brackets."""
        if isinstance(node, Name):
            owner = self.declared.owner.get(node.name) if node.name not in self.bound else None
            return {owner: node.name} if owner else {}
        found: dict[str, str] = {}
        for child in children(node):
            found |= self.free(child)
        if isinstance(node, Moment):
            found.pop(node.functional, None)
        if isinstance(node, Call) and node.function in ("Var", "Cov"):
            found.pop(self.functional_of(node), None)
        return found

    def functional_of(self, node: Call) -> str:
        """The functional that Var or Cov integrates with: the one its random names belong to.

        Raises:
            ExprError: there are none or several, or it is no probability.
        """
        found: dict[str, str] = {}
        for argument in node.arguments:
            found |= self.free(argument)
        if len(found) != 1:
            hint = "Declare them with --random." if not found else ""
            self.fail(f"{node.function} needs random names of one functional, got {_list(found)}", node, hint)
        (functional,) = found
        if not self.declared.probability[functional]:
            self.fail(f"{node.function} needs a probability, and {functional} is not declared as one", node)
        return functional

    def _moment(self, functional: str, body: Node) -> None:
        fixed = sorted(names([body]) - set(self.bound))
        if fixed and functional not in self.declared.owner.values():
            option = "--random " if functional == "E" else f"--functional {functional}:"
            hint = f"Declare what is random, such as {option}{fixed[0]} ."
            self.fail(f"{functional} has no random name, so it would average nothing", body, hint)
        others = {f: x for f, x in self.free(body).items() if f != functional}
        if others:
            self.fail(f"{functional}[...] holds random names of another functional, {_list(others)}", body)

    # -- relations -------------------------------------------------------------------------------------------
    def relation(self, relation: Relation) -> str:
        """The kind of the two sides of every relation of a chain.

        Raises:
            ExprError: kinds differ, vectors are ordered, or several functionals are random in one relation.
        """
        operands = relation.operands
        kinds = {self.kind(operand) for operand in operands if operand != _ZERO} or {SCALAR}
        if len(kinds) == 2:
            number = next(o for o in operands if o != _ZERO and self.kind(o) == SCALAR)
            self.fail("a vector and a number cannot be compared", number, self._undeclared(number))
        (kind,) = kinds
        if kind == VECTOR and set(relation.operators) - {"==", "!="}:
            vector = next(operand for operand in operands if operand != _ZERO)
            self.need_number(vector)
        for left, right in itertools.pairwise(operands):
            found = self.free(left) | self.free(right)
            if len(found) > 1:
                self.fail(f"one relation is random under two functionals, {_list(found)}", left)
        return kind


def _list(found: Mapping[str, str]) -> str:
    return ", ".join(f"{x} of {f}" for f, x in sorted(found.items())) or "none"
