"""A claim in one small concrete model class, as SMT-LIB: unknown coordinates, weights and atoms, no quantifier left.

Vectors become their d coordinates in R^d with the usual inner product; a functional becomes a sum over n atoms of
weights > 0 (of sum 1 for a probability), each atom with its own values of the random names. Everything is exact, so
that a solution is a counterexample of the claim itself:

- a relation that is random under F is asked at each atom of F, which is "F-almost everywhere" for that F;
- every divisor gets a reciprocal r with r*divisor = 1, every root s >= 0 with s*s = argument: where the claim divides
  or takes a root, the model must be defined (also where the value would cancel);
- a `forall` over vectors is a polynomial in the bound coordinates: `== 0` for all values says that every coefficient
  is 0; `>= 0` with degree <= 2 says that the matrix of the form is positive semidefinite: all principal minors >= 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple, NoReturn

from proofcheck.errors import ArgumentError
from proofcheck.export import smt_terms as smt
from proofcheck.export.claims import AssumptionTree, ClaimTree
from proofcheck.export.smt_forms import Form, Value, combine, each, lift, minors, product, scaled
from proofcheck.export.smt_terms import Term
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
    free_names,
    walk,
)


class Shape(NamedTuple):
    """Dimension of the vectors and number of atoms of each functional."""

    dimension: int
    atoms: int


class Unsupported(ArgumentError):
    """The claim has no exact quantifier-free form in such a model."""


class World:
    """Collects declarations and assertions while the relations of a claim are written."""

    def __init__(self, claim: ClaimTree, shape: Shape, *, exp: str) -> None:
        """`exp`: "native" writes `(exp x)`, which cvc5 reads; "zero": every argument of exp is 0 in the models."""
        self.claim, self.shape, self.exp = claim, shape, exp
        self.lines: list[str] = []
        self.known: dict[object, str] = {}
        self.counts: dict[str, int] = {}
        self.uses_exp = False

    # -- names ---------------------------------------------------------------------------------------------------
    def declare(self) -> None:
        """The unknowns: scalars, coordinates, weights, values at the atoms."""
        d, n = range(1, self.shape.dimension + 1), range(1, self.shape.atoms + 1)
        for x in self.claim.scalars:
            self.constant(f"{x}.s")
        for u in self.claim.vectors:
            for i in d:
                self.constant(f"{u}.{i}")
        for label, functional in self.claim.functionals.items():
            for k in n:
                self.constant(f"{label}.weight{k}")
                self.say(f"(> {label}.weight{k} 0.0)")
                for t in functional.scalars:
                    self.constant(f"{t}.at{k}")
                for x in functional.vectors:
                    for i in d:
                        self.constant(f"{x}.{i}.at{k}")
            if functional.probability:
                self.say(smt.compare(smt.add(f"{label}.weight{k}" for k in n), "==", smt.ONE))

    def constant(self, name: str) -> None:
        self.lines.append(f"(declare-const {name} Real)")

    def say(self, formula: str) -> None:
        self.lines.append(f"(assert {formula})")

    def fresh(self, kind: str) -> str:
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}.{self.counts[kind]}"

    # -- relations -----------------------------------------------------------------------------------------------
    def owner(self, relation: Relation) -> str:
        """The functional under which a relation is written with random names outside of F[...], or ""."""
        found = _random(relation.left, self.claim.owner) | _random(relation.right, self.claim.owner)
        return next(iter(found), "") if len(found) < 2 else self.unsupported("a relation over two functionals")

    def formulas(self, relation: Relation) -> list[str]:
        """The relation at every place where it is claimed."""
        owner = self.owner(relation)
        places = [{owner: k} for k in range(1, self.shape.atoms + 1)] if owner else [{}]
        out: list[str] = []
        for at in places:
            left, right = (self.term(side, at) for side in (relation.left, relation.right))
            out.append(smt.compare(left, relation.sign, right))
        return out

    def quantified(self, assumption: AssumptionTree) -> list[str]:
        """What says exactly that the assumption holds for all values of its bound names."""
        relation = assumption.relation
        if self.owner(relation):
            self.unsupported("a random relation under a forall")
        bound: dict[str, Value] = {}
        for x, kind in assumption.bound.items():
            row: list[Form] = [{(f"{x}?{i}",): smt.ONE} for i in range(1, self.shape.dimension + 1)]
            single: Form = {(f"{x}?",): smt.ONE}
            bound[x] = row if kind == "vector" else single
        left, right = (self.scalar(self.value(side, {}, bound)) for side in (relation.left, relation.right))
        if relation.sign in ("<=", "<"):
            left, right = right, left
        form = {m: self.named(c, "coefficient") for m, c in combine([left, scaled(right, -smt.ONE)]).items()}
        if relation.sign == "==":
            return [smt.compare(c, "==", smt.ZERO) for c in form.values()]
        if relation.sign in ("<", ">") or any(len(m) > 2 for m in form):
            self.unsupported("a forall that is strict or of a degree above 2")
        coordinates = sorted({x for m in form for x in m})
        return [smt.compare(minor, ">=", smt.ZERO) for minor in minors(form, coordinates)]

    def named(self, term: Term, kind: str) -> Term:
        """`term` under a name of its own, so that it is written once."""
        if isinstance(term, Fraction) or " " not in term:
            return term
        name = self.fresh(kind)
        self.lines.append(f"(define-fun {name} () Real {term})")
        return name

    # -- expressions ---------------------------------------------------------------------------------------------
    def term(self, node: Node, at: Mapping[str, int]) -> Term:
        """The value of a scalar expression without bound names."""
        return self.plain(self.scalar(self.value(node, at, {})))

    def value(self, node: Node, at: Mapping[str, int], bound: Mapping[str, Value]) -> Value:
        """`at`: functional -> the number of the atom whose random values are meant."""
        match node:
            case Number(value):
                return lift(Fraction(value))
            case Name(name):
                return bound[name] if name in bound else self.name(name, at)
            case Negative(body):
                return each(lambda part: scaled(part, -smt.ONE), self.value(body, at, bound))
            case Binary(op, left, right):
                return self.binary(op, self.value(left, at, bound), self.value(right, at, bound))
            case Power(base, exponent):
                factor = self.scalar(self.value(base, at, bound))
                factor = self.inverse(factor) if exponent < 0 else factor
                total = lift(smt.ONE)
                for _ in range(abs(exponent)):
                    total = product(total, factor)
                return total
            case Bracket(functional, body):
                return self.bracket(functional, body, at, bound)
            case Call("inner", (left, right)):
                pairs = zip(*(self.vector(self.value(x, at, bound)) for x in (left, right)), strict=True)
                return combine([product(a, b) for a, b in pairs])
            case Call(function, arguments):
                values = [self.plain(self.scalar(self.value(x, at, bound))) for x in arguments]
                return lift(self.call(function, values))

    def name(self, name: str, at: Mapping[str, int]) -> Value:
        owner = self.claim.owner.get(name, "")
        tail = f".at{at[owner]}" if owner else ""
        if name in self.claim.vector_names:
            return [lift(f"{name}.{i}{tail}") for i in range(1, self.shape.dimension + 1)]
        return lift(name + (tail or ".s"))

    def binary(self, op: str, left: Value, right: Value) -> Value:
        if op in "+-":
            sign = smt.ONE if op == "+" else -smt.ONE
            if isinstance(left, list) or isinstance(right, list):
                rows = zip(self.vector(left), self.vector(right), strict=True)
                return [combine([a, scaled(b, sign)]) for a, b in rows]
            return combine([left, scaled(right, sign)])
        if op == "/":
            factor = self.inverse(self.scalar(right))
            return each(lambda part: product(part, factor), left)
        if isinstance(right, list):
            left, right = right, left
        factor = self.scalar(right)
        return each(lambda part: product(part, factor), left)

    def bracket(self, label: str, body: Node, at: Mapping[str, int], bound: Mapping[str, Value]) -> Form:
        """F[body]: the weighted sum over the atoms, written once."""
        names = free_names(body)
        key = (label, body, tuple((f, k) for f, k in at.items() if f != label))
        if key in self.known and not names & bound.keys():
            return lift(self.known[key])
        for node in walk(body) if not self.shape.atoms else ():
            # the zero measure has no atoms, but what is not random must be defined all the same
            restriction = _restriction(node)
            if restriction is not None and not _random(restriction, self.claim.owner) - at.keys():
                self.value(restriction, at, bound)
        parts: list[Form] = []
        for k in range(1, self.shape.atoms + 1):
            part = self.scalar(self.value(body, {**at, label: k}, bound))
            parts.append(product(lift(f"{label}.weight{k}"), part))
        total = combine(parts)
        if names & bound.keys():
            return total
        self.known[key] = name = self.fresh(f"{label}.moment")
        self.lines.append(f"(define-fun {name} () Real {smt.text(self.plain(total))})")
        return lift(name)

    def call(self, function: str, values: list[Term]) -> Term:
        match function:
            case "sqrt":
                return self.defined(
                    "root", values[0], lambda s: [f"(>= {s} 0.0)", f"(= (* {s} {s}) {smt.text(values[0])})"]
                )
            case "exp" if values[0] == 0:
                return smt.ONE
            case "exp":
                self.uses_exp = True
                if self.exp == "native":
                    return f"(exp {smt.text(values[0])})"
                if isinstance(values[0], Fraction):
                    self.unsupported("exp of a number other than 0")
                self.say(smt.compare(values[0], "==", smt.ZERO))
                return smt.ONE
        first = self.named(values[0], "argument")
        second = smt.negate(first) if function == "Abs" else self.named(values[1], "argument")
        sign = "<=" if function == "Min" else ">="
        return f"(ite {smt.compare(first, sign, second)} {smt.text(first)} {smt.text(second)})"

    def inverse(self, form: Form) -> Form:
        term = self.plain(form)
        if isinstance(term, Fraction):
            return lift(1 / term) if term else self.unsupported("a division by zero")
        return lift(self.defined("reciprocal", term, lambda r: [f"(= (* {r} {term}) 1.0)"]))

    def defined(self, kind: str, term: Term, facts) -> str:
        """The unknown that the facts define, the same one for the same term."""
        key = (kind, term)
        if key not in self.known:
            self.known[key] = name = self.fresh(kind)
            self.constant(name)
            for fact in facts(name):
                self.say(fact)
        return self.known[key]

    # -- kinds of values -----------------------------------------------------------------------------------------
    def scalar(self, value: Value) -> Form:
        return value if isinstance(value, dict) else self.unsupported("a vector in place of a scalar")

    def vector(self, value: Value) -> list[Form]:
        if isinstance(value, list):
            return value
        if any(value.values()):
            self.unsupported("a scalar in place of a vector")
        return [{} for _ in range(self.shape.dimension)]

    def plain(self, form: Form) -> Term:
        if set(form) - {()}:
            self.unsupported("a function or divisor that depends on a bound name")
        return form.get((), smt.ZERO)

    def unsupported(self, what: str) -> NoReturn:
        raise Unsupported(f"export of {self.claim.name} to SMT-LIB: {what} has no form there.")


def _random(node: Node, owner: Mapping[str, str]) -> frozenset[str]:
    """The functionals whose random names are written in `node` outside of their own brackets."""
    match node:
        case Name(name):
            return frozenset({owner[name]} if name in owner else ())
        case Bracket(functional, body):
            return _random(body, owner) - {functional}
    return frozenset().union(*(_random(child, owner) for child in children(node)))


def _restriction(node: Node) -> Node | None:
    """The reciprocal or root by which `node` asks the model to be defined, if it does."""
    match node:
        case Binary("/", _, divisor):
            return Power(divisor, -1)
        case Power(base, exponent) if exponent < 0:
            return Power(base, -1)
        case Call("sqrt", _):
            return node
    return None
