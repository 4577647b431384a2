"""Trusted. Certificates: a claim is proved when its negation and its assumptions are contradictory.

A proof is a sum of terms that is identically 0 although every term is >= 0 and one is > 0. README.md states each rule.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import algebra
from .algebra import Poly
from .claim import Claim, read_claim
from .syntax import fields, load, name, rational, refuse, typed

GRAM_LIMIT = 4
NONE: frozenset[int] = frozenset()

class Fact(NamedTuple):
    """`poly rel 0`. `pins`: the proof depths whose fixed points it speaks of; empty = it holds almost everywhere."""
    poly: Poly
    rel: str
    pins: frozenset[int] = NONE

class Scope(NamedTuple):
    """Where a proof stands: the facts it may use, the functionals that have a fixed point here, its depth."""
    facts: dict[str, Fact]
    opened: frozenset[str]
    depth: int

class Checker:
    """`inside` is the functional F in whose brackets a factor stands, or ""."""

    def __init__(self, claim: Claim, lemmas: Mapping[str, str]) -> None:
        self.claim, self.ctx, self.lemmas = claim, claim.ctx, lemmas
    def mul(self, left: Poly, right: Poly) -> Poly:
        return algebra.mul(left, right, self.ctx.budget)

    def prove(self, relation: tuple[Poly, str], data: Any, label: str, scope: Scope) -> frozenset[int]:
        """Refute the negation of `relation`, known inside as `label`; returns the outer pins that were used.
        An equality takes a list of two proofs: p > 0 is refuted after -p > 0."""
        (poly, rel), negative = relation, algebra.scale(relation[0], -1)
        negations = {">=": [(negative, ">")], ">": [(negative, ">=")], "==": [(negative, ">"), (poly, ">")]}[rel]
        proofs, depth, used = data if rel == "==" else [data], scope.depth + 1, NONE
        if len(typed(proofs, list, "two proofs")) != len(negations):
            refuse(f"{label}: two proofs required, got {len(proofs)}")
        for negation, proof in zip(negations, proofs, strict=True):
            facts = self.extend(scope.facts, label, Fact(*negation, frozenset({depth})))
            used |= self.proof(proof, Scope(facts, scope.opened | self.ctx.free(poly), depth))
        return frozenset(pin for pin in used if pin < depth)

    def extend(self, facts: dict[str, Fact], label: str, fact: Fact) -> dict[str, Fact]:
        """`facts` with one more, under a label that is not taken; a deterministic fact needs no pins."""
        if label in facts:
            refuse(f"label {label!r} is taken")
        self.ctx.budget.spend(len(facts))
        return {**facts, label: fact if self.ctx.free(fact.poly) else fact._replace(pins=NONE)}

    def proof(self, data: Any, scope: Scope) -> frozenset[int]:
        """Check a proof in `scope`; returns the pins of the facts it used."""
        for step in typed(typed(data, dict, "proof").get("steps", []), list, "steps"):
            label = name(typed(step, dict, "step").get("as"), "as")
            scope = scope._replace(facts=self.extend(scope.facts, label, self.step(step, scope)))
        if "split" not in data:
            total = self.terms(fields(data, "proof", "terms", "steps")[0], scope, "")
            if total.poly or total.rel != ">":
                refuse(f"the terms must sum to 0 and one be > 0, got {algebra.text(total.poly)[:200]} {total.rel} 0")
            return total.pins
        split, label, nonneg, neg, _ = fields(data, "split", "split as nonneg neg", "steps")
        poly, used, depth = self.place(split, scope, ""), NONE, scope.depth + 1
        self.ctx.single(poly, "split")
        for branch, sign, rel in ((nonneg, 1, ">="), (neg, -1, ">")):
            fact = Fact(algebra.scale(poly, sign), rel, frozenset({depth}))
            used |= self.proof(branch, Scope(self.extend(scope.facts, name(label, "as"), fact), scope.opened, depth))
        return used

    def terms(self, data: Any, scope: Scope, inside: str) -> Fact:
        """Sum of terms and of multiples of equations: >= 0, and > 0 if a term is."""
        total = Fact({}, ">=")
        for item in typed(data, list, "terms"):
            if "equation" in typed(item, dict, "term"):
                reference, times = fields(item, "equation", "equation times")
                fact = self.fact(reference, scope, inside)
                if fact.rel != "==":
                    refuse(f"equation: an equality required, got {reference!r}")
                term = Fact(self.mul(fact.poly, self.place(times, scope, inside)), ">=", fact.pins)
            else:
                term = self.term(item, scope, inside)
            self.ctx.budget.spend(len(total.poly))
            rel = ">" if ">" in (total.rel, term.rel) else ">="
            total = Fact(algebra.add(total.poly, term.poly), rel, total.pins | term.pins)
        return total

    def term(self, data: Any, scope: Scope, inside: str) -> Fact:
        """coefficient * product of factors: >= 0, and > 0 if the coefficient and every factor is."""
        factors, number = fields(data, "term", "factors", "coefficient")
        coefficient = rational(number if "coefficient" in data else "1", "coefficient")
        if coefficient < 0:
            refuse(f"coefficient: >= 0 required, got {coefficient}")
        total = Fact(algebra.const(coefficient), ">" if coefficient > 0 else ">=")
        for item in typed(factors, list, "factors"):
            factor = self.factor(item, scope, inside)
            rel = ">" if total.rel == factor.rel == ">" else ">="
            total = Fact(self.mul(total.poly, factor.poly), rel, total.pins | factor.pins)
        return total

    def factor(self, data: Any, scope: Scope, inside: str) -> Fact:
        """A fact, a square, a squared norm, F[a sum of terms proved pointwise], or a Gram determinant."""
        kinds = {"fact": "", "square": "", "norm2": "", "E": "terms", "gram": "functional weight"}
        kind = next((k for k in kinds if k in typed(data, dict, "factor")), "") or refuse(f"factor: {[*kinds]}?")
        first, second, *_ = [*fields(data, "factor", kind, kinds[kind]), None, None]
        if kind == "fact":
            fact = self.fact(first, scope, inside)
            return fact if fact.rel != "==" else refuse(f"factor: an inequality required, got {first!r}")
        if kind == "square":
            poly = self.place(first, scope, inside)
            return Fact(self.mul(poly, poly), ">=")
        if kind == "norm2":
            vector = self.ctx.expression(first)
            return Fact(self.allowed(self.ctx.inner(vector, vector), scope, inside), ">=")
        if kind == "E":
            total = self.terms(second, scope, typed(first, str, "E"))
            poly = self.ctx.moment(first, total.poly)
            return Fact(poly, total.rel if self.ctx.functionals[first].probability else ">=", total.pins)
        return self.gram(first, second, data, scope, inside)

    def gram(self, texts: Any, label: Any, data: Any, scope: Scope, inside: str) -> Fact:
        """det of the matrix <e_i, e_j>, or F[w <e_i, e_j>] with w >= 0: positive semidefinite, so its det is >= 0."""
        if not 1 <= len(typed(texts, list, "gram")) <= GRAM_LIMIT or (label is None and "weight" in data):
            refuse(f"gram: 1 to {GRAM_LIMIT} entries, and a functional if there is a weight, required")
        where = inside if label is None else typed(label, str, "functional")
        density = self.term(data.get("weight", {"factors": []}), scope, where)
        entries = [self.ctx.expression(text) for text in texts]
        vectors = any(a in self.ctx.is_vector for entry in entries for m in entry for a, _ in m)
        def form(a: Poly, b: Poly) -> Poly:
            product = self.allowed(self.ctx.inner(a, b) if vectors else self.mul(a, b), scope, where)
            return product if label is None else self.ctx.moment(label, self.mul(density.poly, product))
        return Fact(self.determinant([[form(a, b) for b in entries] for a in entries]), ">=", density.pins)

    def determinant(self, matrix: list[list[Poly]]) -> Poly:
        total = algebra.const(not matrix)
        for column, entry in enumerate(matrix[0] if matrix else []):
            minor = self.determinant([row[:column] + row[column + 1 :] for row in matrix[1:]])
            total = algebra.add(total, self.mul(entry, minor), (-1) ** column)
        return total
    def place(self, text: Any, scope: Scope, inside: str) -> Poly:
        return self.allowed(self.ctx.scalar(self.ctx.expression(text)), scope, inside)
    def allowed(self, poly: Poly, scope: Scope, inside: str) -> Poly:
        """Inside F[...] only F may be random; outside, only where a point is fixed."""
        if not (owners := self.ctx.free(poly)) <= ({inside} if inside else scope.opened):
            refuse(f"random under {sorted(owners)}; {f'only {inside!r} is open' if inside else 'no point is fixed'}")
        return poly

    def fact(self, label: Any, scope: Scope, inside: str) -> Fact:
        """A fact by its label or definition; one pinned to a fixed point is not usable inside a functional."""
        fact = self.definition(label) if type(label) is dict else scope.facts.get(typed(label, str, "fact"))
        if fact is None:
            refuse(f"fact {label!r} is not known here")
        if inside and fact.pins:
            refuse(f"fact {label!r} is pinned to a point, so it may not be used inside {inside}[...]")
        self.allowed(fact.poly, scope, inside)
        return fact

    def definition(self, data: dict[str, Any]) -> Fact:
        """A part of the definition of Max, sqrt, inv or exp, or exp(a) exp(b) == exp(a + b)."""
        ctx, add = self.ctx, algebra.add
        if "exp_sum" in data:
            texts = typed(fields(data, "definition", "exp_sum")[0], list, "exp_sum")
            pair = [ctx.expression(text) for text in texts]
            if len(pair) != 2:
                refuse("exp_sum: two expressions required")
            left, right, both = (ctx.call("exp", [p]) for p in [*pair, add(pair[0], pair[1])])
            return Fact(add(self.mul(left, right), both, -1), "==")
        text, part = fields(data, "definition", "definition part")
        values = [m[0][0] if [e for _, e in m] == [1] else "" for m in ctx.expression(text)]  # of an atom
        if len(values) != 1 or values[0] not in ctx.arguments:
            refuse(f"definition: one Max, sqrt, inv or exp required, got {text!r}")
        (label, arguments), atom, one = ctx.arguments[values[0]], algebra.atom(values[0]), algebra.const(1)
        above = [add(atom, p, -1) for p in arguments]  # atom - argument
        facts = {
            "Max": [(above[0], ">="), (above[-1], ">="), (self.mul(above[0], above[-1]), "==")],
            "sqrt": [(atom, ">="), (add(self.mul(atom, atom), arguments[0], -1), "==")],
            "inv": [(add(self.mul(atom, arguments[0]), one, -1), "==")],
            "exp": [(atom, ">"), (add(above[0], one, -1), ">=")],
        }[label]
        if not 0 <= typed(part, int, "part") < len(facts):
            refuse(f"definition: part 0 to {len(facts) - 1} required, got {part}")
        return Fact(*facts[part])

    def step(self, data: Any, scope: Scope) -> Fact:
        """A fact that joins the facts: proved here, an instance of an assumption, or a proved claim used."""
        if "have" in typed(data, dict, "step"):
            text, label, proof = fields(data, "have", "have as proof")
            relation = self.ctx.relation(text)
            return Fact(*relation, self.prove(relation, proof, f"not {label}", scope))
        if "instance" in data:
            index, values, _ = fields(data, "instance", "instance with as")
            quantified = {i: a.bound for i, a in enumerate(self.claim.assumptions) if a.bound}
            bound = quantified.get(typed(index, int, "instance")) or refuse(f"instance: {index} binds no name")
            return Fact(*self.claim.instance(index, self.values(values, bound)))
        return self.use(fields(data, "use", "use with functionals random proofs as"), scope)
    def values(self, data: Any, names: Any) -> dict[str, Poly]:
        """An expression for each of `names`."""
        texts = fields(data, "values", " ".join(names))
        return {x: self.ctx.expression(text) for x, text in zip(names, texts, strict=True)}

    def use(self, data: list[Any], scope: Scope) -> Fact:
        """A proved claim under a substitution; each of its assumptions is proved here."""
        text, fixed, functionals, random, proofs, label = data
        lemma = read_claim(self.lemmas.get(typed(text, str, "use")) or refuse(f"lemma {text!r} is not a proved claim"))
        theirs = lemma.ctx
        self.ctx.budget.spend(theirs.budget.spent)
        owner = {x: key for key, f in theirs.functionals.items() for x in f.scalars + f.vectors}
        values = self.values(fixed, theirs.scalars + theirs.vectors) | self.values(random, owner)
        fields(functionals, "functionals", " ".join(theirs.functionals))
        ours = dict(functionals)
        for key, mine in ours.items():
            functional = self.ctx.functionals.get(typed(mine, str, key)) or refuse(f"{mine!r} is not a functional")
            if theirs.functionals[key].probability > functional.probability or mine in scope.opened:
                refuse(f"lemma {text}: {mine} must be a probability if {key} is, and have no point fixed here")
        used, drawn = NONE, {f for value in values.values() for f in self.ctx.free(value)}
        for x, value in values.items():
            self.ctx.inner(value, value) if x in theirs.is_vector else self.ctx.scalar(value)
            allowed = {ours[owner[x]]} if x in owner else set() if ours else set(self.ctx.functionals)
            if not self.ctx.free(value) <= allowed:
                refuse(f"lemma {text}: {x} may be random under {sorted(allowed)} only")
        given = fields(proofs, "proofs", " ".join(f"a{i}" for i in range(len(lemma.assumptions))))
        def almost(poly: Poly) -> set[str]:  # the functionals almost everywhere of which p rel 0 in the lemma speaks
            return {ours[key] for key in theirs.free(poly)} if ours else drawn
        for index, assumption in enumerate(lemma.assumptions):
            if assumption.bound:
                refuse(f"lemma {text}: assumption {index} is quantified, which `use` does not support")
            relation = self.ctx.relation(assumption.text, values, ours)
            if not self.ctx.free(relation[0]) <= almost(assumption.poly):
                refuse(f"lemma {text}: assumption {index} is not about a random variable, its instance is")
            used |= self.prove(relation, given[index], f"not {label}.a{index}", scope)
        target = self.ctx.relation(lemma.target_text, values, ours)
        if not almost(lemma.target[0]) <= self.ctx.free(target[0]):
            refuse(f"lemma {text}: true almost everywhere only, its instance is not random (a functional may be 0)")
        return Fact(*target, used)

def check(claim: str, certificate: str, lemmas: Mapping[str, str] | None = None) -> None:
    """Return if `certificate` proves `claim`, given `lemmas` (name -> claim text) that the caller has proved.
    Raises KernelError if it does not: the message names the first thing that is wrong."""
    reading, proof = read_claim(claim), fields(load(certificate, "certificate"), "certificate", "proof format")[0]
    facts = {f"a{i}": Fact(a.poly, a.rel) for i, a in enumerate(reading.assumptions) if not a.bound}
    Checker(reading, dict(lemmas or {})).prove(reading.target, proof, "target", Scope(facts, frozenset(), 0))
