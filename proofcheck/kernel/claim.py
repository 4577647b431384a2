"""Trusted. Claims, and what an expression means: its normal form over the atoms of a claim.

Atoms (strings): a scalar x; an inner product <u,v>; a moment E{monomial}, deterministic; Max(p,q), sqrt(p), exp(p), inv(p).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from . import algebra
from .algebra import Budget, Monomial, Poly
from .syntax import fields, load, name, parse_expression, parse_relation, refuse, typed


class Vector(NamedTuple):
    """A linear combination of vectors: name -> coefficient."""

    parts: dict[str, Poly]


class Functional(NamedTuple):
    """A positive linear functional: integration over its own random scalars and vectors."""

    probability: bool
    scalars: tuple[str, ...]
    vectors: tuple[str, ...]


class Env(NamedTuple):
    """What names stand for when a text is read in another place. `closed`: no other name may occur."""

    values: Mapping[str, Poly | Vector]
    functionals: Mapping[str, str]
    closed: bool


HERE = Env({}, {}, False)


class Context:
    """The names and atoms of one claim. `owner` maps a name or atom to the functional it is random under, or ""."""

    def __init__(self, scalars: list[str], vectors: list[str], functionals: dict[str, Functional]) -> None:
        self.scalars, self.vectors, self.functionals = scalars, vectors, functionals
        self.budget = Budget()
        self.owner: dict[str, str] = {x: "" for x in scalars + vectors}
        self.is_vector = set(vectors)
        for label, functional in functionals.items():
            self.owner |= {x: label for x in functional.scalars + functional.vectors}
            self.is_vector |= set(functional.vectors)
        self.arguments: dict[str, tuple[str, tuple[Poly, ...]]] = {}  # function atom -> (function, arguments)
        self.domain: set[str] = set()  # atoms whose meaning restricts the domain: x for x**-1, inv(p), sqrt(p)
        self.sealed = False  # once the claim is read, its domain is fixed

    # -- randomness ----------------------------------------------------------------------------------------------
    def free(self, poly: Poly) -> set[str]:
        """The functionals whose random names occur in `poly` outside their own brackets."""
        return {self.owner[a] for monomial in poly for a, _ in monomial} - {""}

    def single(self, poly: Poly, where: str) -> str:
        """The one functional under which `poly` is random, or ""."""
        owners = self.free(poly)
        return next(iter(owners), "") if len(owners) < 2 else refuse(f"{where}: random under several functionals: {sorted(owners)}")

    # -- atoms ---------------------------------------------------------------------------------------------------
    def function(self, label: str, *arguments: Poly) -> Poly:
        """The atom label(arguments), e.g. Max(p,q)."""
        text = f"{label}({','.join(map(algebra.text, arguments))})"
        self.owner[text] = self.single({m: c for p in arguments for m, c in p.items()}, text)
        self.arguments[text] = (label, arguments)
        if label in ("inv", "sqrt"):
            self.restrict(text)
        return algebra.atom(text)

    def restrict(self, text: str) -> None:
        if self.sealed and text not in self.domain:
            refuse(f"domain: the claim does not say that {text} is invertible or a root is defined")
        self.domain.add(text)

    def reciprocal(self, poly: Poly) -> Poly:
        """1/poly where poly != 0: exponents change sign for one monomial; else inv(p), p with leading coefficient 1."""
        if not poly:
            refuse("division by zero")
        lead = poly[min(poly)]
        if len(poly) > 1:
            return algebra.scale(self.function("inv", algebra.scale(poly, 1 / lead)), 1 / lead)
        (monomial,) = poly
        for text, _ in monomial:
            self.restrict(text)
        return {tuple((a, -e) for a, e in monomial): 1 / lead}

    def maximum(self, left: Poly, right: Poly) -> Poly:
        first, second = sorted((left, right), key=algebra.text)
        return first if first == second else self.function("Max", first, second)

    def inner(self, left: Vector, right: Vector) -> Poly:
        result: Poly = {}
        for u, a in left.parts.items():
            for v, b in right.parts.items():
                text = f"<{min(u, v)},{max(u, v)}>"
                owners = {self.owner[u], self.owner[v]} - {""}
                if len(owners) > 1:
                    refuse(f"inner({u}, {v}): random under two functionals")
                self.owner[text] = next(iter(owners), "")
                coefficient = algebra.mul(a, b, self.budget)
                result = algebra.add(result, algebra.mul(coefficient, algebra.atom(text), self.budget))
        return result

    def moment(self, functional: str, poly: Poly) -> Poly:
        """functional[poly]: linear; deterministic factors come out; functional[1] = 1 for a probability."""
        if functional not in self.functionals:
            refuse(f"{functional}[...]: not a functional of the claim")
        result: Poly = {}
        for monomial, value in poly.items():
            inside: Monomial = tuple((a, e) for a, e in monomial if self.owner[a] == functional)
            outside: Monomial = tuple((a, e) for a, e in monomial if self.owner[a] == "")
            if len(inside) + len(outside) < len(monomial):
                refuse(f"{functional}[...]: a random name of another functional is free inside")
            if inside or not self.functionals[functional].probability:
                text = f"{functional}{{{algebra.monomial_text(inside)}}}"
                self.owner[text] = ""
                outside = algebra.join(outside, ((text, 1),))
            result = algebra.add(result, {outside: value})
        return result

    # -- meaning -------------------------------------------------------------------------------------------------
    def evaluate(self, tree: tuple[Any, ...], env: Env = HERE) -> Poly | Vector:
        kind = tree[0]
        if kind == "number":
            return algebra.const(tree[1])
        if kind == "name":
            return self._name(tree[1], env)
        if kind == "sum":
            values = [self.evaluate(t, env) for t in tree[1]]
            vectors = [v for v in values if isinstance(v, Vector)]
            if not vectors:
                return _total(v for v in values if not isinstance(v, Vector))
            if len(vectors) < len(values):
                refuse("a sum of a vector and a scalar")
            names = sorted({u for v in vectors for u in v.parts})
            return Vector({u: _total(v.parts.get(u, {}) for v in vectors) for u in names})
        if kind == "negative":
            return self._times(algebra.const(-1), self.evaluate(tree[1], env))
        if kind == "product":
            result = self.evaluate(tree[1][0], env)
            for factor in tree[1][1:]:
                result = self._times(result, self.evaluate(factor, env))
            return result
        if kind == "moment":
            return self.moment(env.functionals.get(tree[1], "" if env.closed else tree[1]), self.scalar(tree[2], env))
        if kind == "quotient":
            return algebra.mul(self.scalar(tree[1], env), self.reciprocal(self.scalar(tree[2], env)), self.budget)
        if kind == "power":
            base = self.scalar(tree[1], env)
            return algebra.power(self.reciprocal(base) if tree[2] < 0 else base, abs(tree[2]), self.budget)
        label, arguments = tree[1], tree[2]
        if label == "inner":
            return self.inner(self.vector(arguments[0], env), self.vector(arguments[1], env))
        values = [self.scalar(t, env) for t in arguments]
        negated = [algebra.scale(p, -1) for p in values]
        if label == "Max":
            return self.maximum(*values)
        if label == "Min":
            return algebra.scale(self.maximum(*negated), -1)
        if label == "Abs":
            return self.maximum(values[0], negated[0])
        if label == "exp" and not values[0]:
            return algebra.const(1)
        return self.function(label, *values)

    def _name(self, x: str, env: Env) -> Poly | Vector:
        if x in env.values:
            return env.values[x]
        if env.closed or x not in self.owner:
            refuse(f"name {x!r} is not declared")
        return Vector({x: algebra.const(1)}) if x in self.is_vector else algebra.atom(x)

    def _times(self, left: Poly | Vector, right: Poly | Vector) -> Poly | Vector:
        if isinstance(left, Vector) and isinstance(right, Vector):
            refuse("a product of two vectors; write inner(u, v)")
        if isinstance(left, Vector):
            left, right = right, left
        if isinstance(right, Vector):
            return Vector({u: algebra.mul(left, c, self.budget) for u, c in right.parts.items()})  # type: ignore[arg-type]
        return algebra.mul(left, right, self.budget)  # type: ignore[arg-type]

    def scalar(self, tree: tuple[Any, ...], env: Env = HERE) -> Poly:
        value = self.evaluate(tree, env)
        return value if not isinstance(value, Vector) else refuse("a scalar expression required, got a vector")

    def vector(self, tree: tuple[Any, ...], env: Env = HERE) -> Vector:
        value = self.evaluate(tree, env)
        return value if isinstance(value, Vector) else refuse("a vector expression required, got a scalar")

    def expression(self, text: str) -> Poly | Vector:
        return self.evaluate(parse_expression(text))

    def relation(self, text: str, env: Env = HERE) -> tuple[Poly, str]:
        """(p, r): the relation says p r 0, r one of >= > ==."""
        sign, left, right = parse_relation(text)
        if sign in ("<=", "<"):
            left, right = right, left
        poly = algebra.add(self.scalar(left, env), algebra.scale(self.scalar(right, env), -1))
        self.single(poly, "relation")
        return poly, {"<=": ">=", "<": ">"}.get(sign, sign)


def _total(polys: Any) -> Poly:
    result: Poly = {}
    for poly in polys:
        result = algebra.add(result, poly)
    return result


class Assumption(NamedTuple):
    """`poly rel 0`; with bound names (name -> "scalar" | "vector") it holds for all their values and poly is None."""

    text: str
    bound: dict[str, str]
    poly: Poly | None
    rel: str


class Claim(NamedTuple):
    name: str
    ctx: Context
    assumptions: list[Assumption]
    target_text: str
    target: tuple[Poly, str]

    def instance(self, index: int, values: Mapping[str, Poly | Vector]) -> tuple[Poly, str]:
        """Assumption `index` at deterministic values of its bound names."""
        assumption = self.assumptions[index]
        if set(values) != set(assumption.bound):
            refuse(f"assumption {index}: values for {sorted(assumption.bound)} required, got {sorted(values)}")
        for x, value in values.items():
            if isinstance(value, Vector) != (assumption.bound[x] == "vector"):
                refuse(f"assumption {index}: {x} is a {assumption.bound[x]}")
            if any(self.ctx.free(p) for p in (value.parts.values() if isinstance(value, Vector) else [value])):
                refuse(f"assumption {index}: a deterministic value required for {x}")
            if isinstance(value, Vector) and any(self.ctx.owner[u] for u in value.parts):
                refuse(f"assumption {index}: a deterministic vector required for {x}")
        return self.ctx.relation(assumption.text, Env(values, {}, False))


def read_claim(text: str) -> Claim:
    """The claim written in `text`; every name is declared once, every expression has a meaning."""
    data = load(text, "claim")
    _, label, scalars, vectors, functionals, assume, target = fields(
        data, "claim", "format name scalars vectors functionals assume target"
    )
    functions: dict[str, Functional] = {}
    for key, value in typed(functionals, dict, "functionals").items():
        probability, *names = fields(value, f"functional {key}", "probability scalars vectors")
        names = [tuple(name(x, key) for x in typed(part, list, key)) for part in names]
        functions[name(key, "functionals")] = Functional(typed(probability, bool, key), names[0], names[1])
    scalars = [name(x, "scalars") for x in typed(scalars, list, "scalars")]
    vectors = [name(x, "vectors") for x in typed(vectors, list, "vectors")]
    declared = scalars + vectors + [x for f in functions.values() for x in f.scalars + f.vectors] + list(functions)
    if len(set(declared)) < len(declared):
        refuse("claim: a name is declared twice")
    ctx = Context(scalars, vectors, functions)
    parts: list[tuple[str, dict[str, str]]] = []
    for index, item in enumerate(typed(assume, list, "assume")):
        body, bound = item, {}
        if type(item) is dict:
            bound, body = fields(item, f"assumption {index}", "forall holds")
            for x, kind in typed(bound, dict, "forall").items():
                if name(x, "forall") in declared or kind not in ("scalar", "vector"):
                    refuse(f"assumption {index}: {x} must be a new name, bound as scalar or vector")
            if not bound:
                refuse(f"assumption {index}: forall binds nothing")
        parts.append((body, bound))
    polys = {i: ctx.relation(body) for i, (body, bound) in enumerate(parts) if not bound}
    claim = Claim(typed(label, str, "name"), ctx, [], target, ctx.relation(target))
    ctx.sealed = True  # a quantified body may not restrict the domain: "where defined" speaks of the free names only
    for index, (body, bound) in enumerate(parts):
        poly, rel = polys.get(index, (None, ""))
        if poly is None:
            holders = {x: f"?{x}" for x in bound}
            ctx.owner |= dict.fromkeys(holders.values(), "")
            env = {x: Vector({h: algebra.const(1)}) if bound[x] == "vector" else algebra.atom(h) for x, h in holders.items()}
            rel = ctx.relation(body, Env(env, {}, False))[1]
        claim.assumptions.append(Assumption(body, bound, poly, rel))
    return claim


def _degree(text: str, label: str) -> int:
    """Number of factors in a moment atom of the functional `label`, 0 for another atom."""
    if not text.startswith(label + "{"):
        return 0
    powers = [p.rpartition("^")[2] for p in text[len(label) + 1 : -1].split("*")]
    return sum(int(p) if p.lstrip("-").isdigit() else 1 for p in powers)


def describe(text: str) -> str:
    """The claim as the kernel read it, in normal form; what a reader compares with the sentence."""
    claim = read_claim(text)
    ctx = claim.ctx
    lines = [f"claim {claim.name}", f"for all real {', '.join(ctx.scalars) or '(none)'}"]
    if ctx.vectors:
        lines.append(f"    vectors {', '.join(ctx.vectors)} of a real inner product space of any dimension")
    for label, functional in ctx.functionals.items():
        kind = "probability" if functional.probability else "positive linear functional"
        lines.append(f"    {kind} {label} over random {', '.join(functional.scalars + functional.vectors)}")
    for item in sorted(ctx.domain):
        lines.append(f"where {'its argument is >= 0: ' + item if item.startswith('sqrt(') else item + ' is defined and not 0'}")
    for index, assumption in enumerate(claim.assumptions):
        quantifier = f"for all {', '.join(f'{k} {x}' for x, k in assumption.bound.items())}: " if assumption.bound else ""
        lines.append(f"a{index}: {quantifier}{assumption.text}")
        if assumption.poly is not None:
            lines.append(f"    read as {algebra.text(assumption.poly)} {assumption.rel} 0{_almost(ctx, assumption.poly)}")
    poly, rel = claim.target
    lines += [f"then {claim.target_text}", f"    read as {algebra.text(poly)} {rel} 0{_almost(ctx, poly)}"]
    for label in ctx.functionals:
        highest = max((_degree(a, label) for a in ctx.owner), default=0)
        lines.append(f"the moments used exist; highest under {label} in the claim: degree {highest}")
    return "\n".join(lines)


def _almost(ctx: Context, poly: Poly) -> str:
    owner = ctx.single(poly, "relation")
    return f"  ({owner}-almost everywhere)" if owner else ""
