"""Trusted. Claims, and what an expression means: its normal form over the atoms of a claim.

Atoms: a scalar x; a vector u (once in each term of a vector expression); an inner product <u,v>; a moment E{monomial},
which is deterministic; Max(p,q), sqrt(p), exp(p), inv(p) of polynomials p, q.
Grammar: relation = sum (">=" | ">" | "==" | "<=" | "<") sum       sum = product {("+" | "-") product}
product = signed {("*" | "/") signed}    signed = ["-"] power    power = primary ["**" ["-"] INTEGER]
primary = INTEGER | NAME | NAME "(" sum {"," sum} ")" | NAME "[" sum "]" | "(" sum ")"
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import algebra
from .algebra import Budget, Monomial, Poly
from .syntax import DEPTH_LIMIT, fields, load, name, refuse, tokens, typed

EXPONENT_LIMIT = 32
ARITY = {"inner": 2, "Abs": 1, "Max": 2, "Min": 2, "sqrt": 1, "exp": 1}

class Functional(NamedTuple):
    """A positive linear functional: integration over its own random scalars and vectors."""
    probability: bool
    scalars: tuple[str, ...]
    vectors: tuple[str, ...]

class Context:
    """The names and atoms of one claim. `owner` maps a name or atom to the functional it is random under, or ""."""

    def __init__(self, scalars: list[str], vectors: list[str], functionals: dict[str, Functional]) -> None:
        self.scalars, self.vectors, self.functionals, self.budget = scalars, vectors, functionals, Budget()
        self.owner: dict[str, str] = dict.fromkeys(scalars + vectors, "")
        self.is_vector = set(vectors).union(*(f.vectors for f in functionals.values()))
        for label, functional in functionals.items():
            self.owner |= dict.fromkeys(functional.scalars + functional.vectors, label)
        self.here = {x: algebra.atom(x) for x in self.owner}, {label: label for label in functionals}
        self.arguments: dict[str, tuple[str, tuple[Poly, ...]]] = {}  # Max, sqrt, exp, inv: (function, arguments)
        self.parts: dict[str, tuple[str, Any]] = {}  # inner product -> ("", (u, v)), moment -> (functional, monomial)
        self.domain: set[str] = set()  # atoms that restrict the domain: x for x**-1, inv(p), sqrt(p)
        self.sealed = False  # once the claim is read, its domain is fixed

    def free(self, poly: Poly) -> set[str]:
        """The functionals whose random names occur in `poly` outside their own brackets."""
        return {self.owner[a] for monomial in poly for a, _ in monomial} - {""}
    def single(self, poly: Poly, where: str) -> str:
        """The one functional under which `poly` is random, or ""."""
        owners = sorted(self.free(poly))
        return "".join(owners) if len(owners) < 2 else refuse(f"{where}: random under several functionals: {owners}")
    def scalar(self, poly: Poly) -> Poly:
        vectors = sorted({a for monomial in poly for a, _ in monomial} & self.is_vector)
        return poly if not vectors else refuse(f"a scalar expression required, got vectors {vectors}")

    def function(self, label: str, *arguments: Poly) -> Poly:
        """The atom label(arguments), e.g. Max(p,q)."""
        self.pay(*arguments)
        text = f"{label}({','.join(map(algebra.text, arguments))})"
        self.owner[text] = self.single({m: c for p in arguments for m, c in p.items()}, text)
        self.arguments[text] = label, arguments
        if label in ("inv", "sqrt"):
            self.restrict(text)
        return algebra.atom(text)
    def pay(self, *polys: Poly) -> None:
        """Before polys are printed: functions of functions can double the length of an atom at each level."""
        self.budget.spend(sum(len(a) for p in polys for monomial in p for a, _ in monomial))
    def restrict(self, text: str) -> None:
        if self.sealed and text not in self.domain:
            refuse(f"domain: the claim does not say that {text} is invertible or a root is defined")
        self.domain.add(text)

    def reciprocal(self, poly: Poly) -> Poly:
        """1/poly where poly != 0: negative exponents for one monomial without roots; else inv(p) with p made monic."""
        if not self.scalar(poly):
            refuse("division by zero")
        lead = poly[min(poly)]
        if len(poly) > 1 or any(a.startswith("sqrt(") for a, _ in min(poly)):  # a root may be defined and 0
            return algebra.scale(self.function("inv", algebra.scale(poly, 1 / lead)), 1 / lead)
        for text, _ in min(poly):
            self.restrict(text)
        return {tuple((a, -e) for a, e in min(poly)): 1 / lead}
    def power(self, base: Poly, exponent: int) -> Poly:
        base, result = self.reciprocal(base) if exponent < 0 else self.scalar(base), algebra.const(1)
        for _ in range(abs(exponent)):
            result = algebra.mul(result, base, self.budget)
        return result

    def inner(self, left: Poly, right: Poly) -> Poly:
        """Bilinear and symmetric: the sum of a*b*<u,v> over the terms a*u and b*v of two vector expressions."""
        self.budget.spend(len(left) * len(right))
        total: Poly = {}
        for m, a in left.items():
            for n, b in right.items():
                found = sorted((x, e) for x, e in m + n if x in self.is_vector)
                if [e for _, e in found] != [1, 1] or sum(x in self.is_vector for x, _ in m) != 1:
                    refuse(f"inner: vectors required, got {algebra.monomial_text(m)} and {algebra.monomial_text(n)}")
                (u, _), (v, _) = found
                text = f"<{u},{v}>"
                self.owner[text] = self.single(algebra.add(algebra.atom(u), algebra.atom(v)), text)
                self.parts[text] = "", (u, v)
                m_rest, n_rest = (tuple(p for p in side if p[0] not in self.is_vector) for side in (m, n))
                product = algebra.join(algebra.join(m_rest, n_rest), ((text, 1),))
                total[product] = total.get(product, 0) + a * b
        return algebra.scale(total, 1)

    def moment(self, functional: str, poly: Poly) -> Poly:
        """functional[poly]: linear; deterministic factors come out; functional[1] = 1 for a probability."""
        if functional not in self.functionals or not self.free(self.scalar(poly)) <= {functional}:
            refuse(f"{functional}[...]: not a functional, or a random name of another one is free inside")
        self.pay(poly)
        total: Poly = {}
        for monomial, value in poly.items():
            inside: Monomial = tuple((a, e) for a, e in monomial if self.owner[a])
            outside: Monomial = tuple((a, e) for a, e in monomial if not self.owner[a])
            if inside or not self.functionals[functional].probability:
                text = f"{functional}{{{algebra.monomial_text(inside)}}}"
                self.owner[text], self.parts[text] = "", (functional, inside)
                outside = algebra.join(outside, ((text, 1),))
            total[outside] = total.get(outside, 0) + value
        return algebra.scale(total, 1)

    def call(self, label: str, values: list[Poly]) -> Poly:
        """A function of the language; Abs(x) is Max(x, -x), Min(x, y) is -Max(-x, -y), exp(0) is 1."""
        if len(values) != ARITY[label]:
            refuse(f"{label} takes {ARITY[label]} arguments, got {len(values)}")
        if label == "inner":
            return self.inner(*values)
        negative = [algebra.scale(self.scalar(p), -1) for p in values]
        self.pay(*values)
        if label in ("Abs", "Max", "Min"):
            pair = {"Abs": values + negative, "Max": values, "Min": negative}[label]
            low, high = sorted(pair, key=algebra.text)
            return algebra.scale(low if low == high else self.function("Max", low, high), -1 if label == "Min" else 1)
        return self.function(label, *values) if label == "sqrt" or values[0] else algebra.const(1)

    def expression(self, text: str) -> Poly:
        reader = Reader(self, text, *self.here)
        value = reader.sum()
        return value if not reader.tokens else refuse(f"expression: {reader.tokens[-1]!r} left over in {text[:80]!r}")

    def relation(self, text: str, *names: Mapping[str, Any]) -> tuple[Poly, str]:
        """(p, r): the relation says p r 0, r one of >= > ==. `names`: values and functionals, if not those here."""
        reader = Reader(self, text, *(names or self.here))
        left, sign, right = self.scalar(reader.sum()), reader.maybe(), self.scalar(reader.sum())
        if reader.tokens or sign not in (">=", ">", "==", "<=", "<"):
            refuse(f"relation: one relation between two expressions required, got {text[:80]!r}")
        poly = algebra.add(left, right, -1)
        self.single(poly, "relation")
        return (algebra.scale(poly, -1), sign.replace("<", ">")) if sign in ("<=", "<") else (poly, sign)

class Reader:
    """Recursive descent over the grammar above; each method returns the value of what it reads."""

    def __init__(self, ctx: Context, text: str, values: Mapping[str, Poly], functionals: Mapping[str, str]) -> None:
        self.ctx, self.text, self.values, self.functionals = ctx, text, values, functionals
        self.tokens, self.depth = tokens(text)[::-1], 0
        ctx.budget.spend(5 * len(self.tokens))

    def maybe(self, *options: str) -> str:
        """The next token, taken, if it is one of `options` (of any, if none is named), else ""."""
        return self.tokens.pop() if self.tokens and (not options or self.tokens[-1] in options) else ""

    def sum(self) -> Poly:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            refuse(f"expression: nested deeper than {DEPTH_LIMIT}")
        total = self.product()
        while sign := self.maybe("+", "-"):
            term = self.product()
            self.ctx.budget.spend(len(total) + len(term))
            total = algebra.add(total, term, 1 if sign == "+" else -1)
        self.depth -= 1
        return total

    def product(self) -> Poly:
        total = self.signed()
        while sign := self.maybe("*", "/"):
            factor = self.signed()
            total = algebra.mul(total, factor if sign == "*" else self.ctx.reciprocal(factor), self.ctx.budget)
        return total

    def signed(self) -> Poly:
        sign, base = -1 if self.maybe("-") else 1, self.primary()
        if self.maybe("**"):
            minus, digits = self.maybe("-"), self.maybe()
            if not digits.isdigit() or int(digits) > EXPONENT_LIMIT:
                refuse(f"expression: an integer exponent of at most {EXPONENT_LIMIT} required, got {digits[:40]!r}")
            base = self.ctx.power(base, int(minus + digits))
        return algebra.scale(base, sign)

    def primary(self) -> Poly:
        token = self.maybe()
        if token.isdigit():
            return algebra.const(int(token))
        bracket = token if token == "(" else self.maybe(*"([") if token in ARITY or token in self.functionals else ""
        if not bracket:
            unknown = token not in self.values and f"expression: {token[:40]!r} is no name here, in {self.text[:80]!r}"
            return refuse(unknown) if unknown else self.values[token]
        values = [self.sum()]
        while token in ARITY and self.maybe(","):
            values.append(self.sum())
        if not self.maybe({"(": ")", "[": "]"}[bracket]) or (token in self.functionals) != (bracket == "["):
            refuse(f"expression: brackets do not match after {token!r} in {self.text[:80]!r}")
        if token == "(":
            return values[0]
        return self.ctx.call(token, values) if token in ARITY else self.ctx.moment(self.functionals[token], values[0])

class Assumption(NamedTuple):
    """`poly rel 0`; if there are bound names (name -> "scalar" | "vector"), for all their values."""
    text: str
    bound: dict[str, str]
    poly: Poly
    rel: str

class Claim(NamedTuple):
    name: str
    ctx: Context
    assumptions: list[Assumption]
    target_text: str
    target: tuple[Poly, str]

    def instance(self, index: int, values: Mapping[str, Poly]) -> tuple[Poly, str]:
        """Assumption `index` at deterministic values of its bound names."""
        for x, kind in self.assumptions[index].bound.items():
            self.ctx.inner(values[x], values[x]) if kind == "vector" else self.ctx.scalar(values[x])
            if self.ctx.free(values[x]):
                refuse(f"assumption {index}: a deterministic value required for {x}")
        return self.ctx.relation(self.assumptions[index].text, {**self.ctx.here[0], **values}, self.ctx.here[1])

def read_claim(text: str) -> Claim:
    """The claim written in `text`; every name is declared once, every expression has a meaning."""
    keys = "name target scalars vectors functionals assume format"
    label, target, scalars, vectors, functionals, assume, _ = fields(load(text, "claim"), "claim", keys)
    functions: dict[str, Functional] = {}
    for key, value in typed(functionals, dict, "functionals").items():
        flag, *parts = fields(value, f"functional {key}", "probability scalars vectors")
        names = [tuple(name(x, key) for x in typed(part, list, key)) for part in parts]
        functions[name(key, "functionals")] = Functional(typed(flag, bool, key), names[0], names[1])
    scalars, vectors = ([name(x, "names") for x in typed(part, list, "names")] for part in (scalars, vectors))
    declared = [*scalars, *vectors, *functions, *(x for f in functions.values() for x in f.scalars + f.vectors)]
    if len(set(declared)) < len(declared):
        refuse("claim: a name is declared twice")
    ctx = Context(scalars, vectors, functions)
    bodies: list[tuple[str, dict[str, str]]] = []
    for index, item in enumerate(typed(assume, list, "assume")):
        bound, body = fields(item, f"assumption {index}", "forall holds") if type(item) is dict else ({}, item)
        for x, kind in typed(bound, dict, "forall").items():
            if name(x, "forall") in declared or kind not in ("scalar", "vector"):
                refuse(f"assumption {index}: {x} must be a new name, bound as scalar or vector")
        bodies.append((body, bound))
    relations = {index: ctx.relation(body) for index, (body, bound) in enumerate(bodies) if not bound}
    claim = Claim(typed(label, str, "name"), ctx, [], target, ctx.relation(target))
    ctx.sealed = True  # a quantified body may not restrict the domain: "where defined" speaks of the free names only
    for index, (body, bound) in enumerate(bodies):
        holders = {x: f"?{kind[0]}{x}" for x, kind in bound.items()}
        ctx.owner |= dict.fromkeys(holders.values(), "")
        ctx.is_vector |= {holders[x] for x, kind in bound.items() if kind == "vector"}
        values = ctx.here[0] | {x: algebra.atom(holder) for x, holder in holders.items()}
        relation = ctx.relation(body, values, ctx.here[1]) if bound else relations[index]
        claim.assumptions.append(Assumption(body, bound, *relation))
    return claim
