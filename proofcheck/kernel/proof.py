"""Trusted. Certificates: a claim is proved when its negation and its assumptions are contradictory.

A proof is a sum of terms that is identically 0 although every term is >= 0 and one is > 0. See README.md for each rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import algebra
from .algebra import Poly
from .claim import Claim, Env, Vector, read_claim
from .syntax import fields, load, name, parse_expression, rational, refuse, typed

GRAM_LIMIT = 4
NONE: frozenset[int] = frozenset()


class Fact(NamedTuple):
    """`poly rel 0`. `pins`: the proof depths whose fixed points it speaks of; empty = it holds almost everywhere."""

    poly: Poly
    rel: str
    pins: frozenset[int]


class Scope(NamedTuple):
    """Where a proof stands: the facts it may use, the functionals that have a fixed point here, its depth."""

    facts: dict[str, Fact]
    opened: frozenset[str]
    depth: int


class Checker:
    def __init__(self, claim: Claim, lemmas: Mapping[str, str]) -> None:
        self.claim, self.ctx, self.lemmas = claim, claim.ctx, lemmas

    # -- relations -----------------------------------------------------------------------------------------------
    def prove(self, relation: tuple[Poly, str], data: list[Any], label: str, scope: Scope) -> frozenset[int]:
        """Refute the negation(s) of `relation`, known inside as `label`; returns the outer pins that were used."""
        poly, rel = relation
        negative = algebra.scale(poly, -1)
        negations = {">=": [(negative, ">")], ">": [(negative, ">=")], "==": [(negative, ">"), (poly, ">")]}[rel]
        if len(typed(data, list, "proofs")) != len(negations):
            refuse(f"{label}: {len(negations)} proofs required, got {len(data)}")
        owners, depth, used = frozenset(self.ctx.free(poly)), scope.depth + 1, NONE
        for (negated, strict), proof in zip(negations, data, strict=True):
            facts = self.extend(scope.facts, label, Fact(negated, strict, frozenset({depth}) if owners else NONE))
            used |= self.proof(proof, Scope(facts, scope.opened | owners, depth))
        return frozenset(pin for pin in used if pin < depth)

    def extend(self, facts: dict[str, Fact], label: str, fact: Fact) -> dict[str, Fact]:
        """`facts` with one more, under a label that is not taken; a deterministic fact needs no pins."""
        if label in facts:
            refuse(f"label {label!r} is taken")
        return {**facts, label: fact if self.ctx.free(fact.poly) else fact._replace(pins=NONE)}

    # -- proofs --------------------------------------------------------------------------------------------------
    def proof(self, data: Any, scope: Scope) -> frozenset[int]:
        steps = typed(data, dict, "proof").get("steps", [])
        used = NONE
        for step in typed(steps, list, "steps"):
            label, fact = self.step(step, scope)
            scope = scope._replace(facts=self.extend(scope.facts, label, fact))
        if "split" in data:
            split, label, nonneg, neg = fields(data, "split", "split as nonneg neg", "steps")[:4]
            poly = self.ctx.scalar(parse_expression(split))
            owners = self.outside(poly, scope)
            depth = scope.depth + 1
            for branch, sign, rel in ((nonneg, 1, ">="), (neg, -1, ">")):
                fact = Fact(algebra.scale(poly, sign), rel, frozenset({depth}) if owners else NONE)
                facts = self.extend(scope.facts, label_of(label), fact)
                used |= self.proof(branch, Scope(facts, scope.opened, depth))
            return used
        terms = fields(data, "proof", "terms", "steps")[0]
        total, strict, used = self.terms(terms, scope, "")
        if total:
            refuse(f"the terms must sum to 0, got {algebra.text(total)[:200]}")
        if not strict:
            refuse("no term is strictly positive")
        return used

    def outside(self, poly: Poly, scope: Scope) -> set[str]:
        """What is used outside F[...] may be random under F only where a point of F is fixed."""
        owners = self.ctx.free(poly)
        return owners if owners <= scope.opened else refuse(f"random under {sorted(owners)} where no point is fixed")

    def terms(self, data: Any, scope: Scope, inside: str) -> tuple[Poly, bool, frozenset[int]]:
        """Sum of terms and equations; strict if a term is; the pins of the facts used."""
        total: Poly = {}
        strict, used = False, NONE
        for term in typed(data, list, "terms"):
            if type(term) is dict and "equation" in term:
                reference, times = fields(term, "equation", "equation times")
                fact = self.fact(reference, scope, inside)
                if fact.rel != "==":
                    refuse(f"equation: an equality required, got {reference!r}")
                poly = algebra.mul(fact.poly, self.place(times, scope, inside), self.ctx.budget)
                used |= fact.pins
            else:
                poly, positive, pins = self.term(term, scope, inside)
                strict, used = strict or positive, used | pins
            total = algebra.add(total, poly)
        return total, strict, used

    def term(self, data: Any, scope: Scope, inside: str) -> tuple[Poly, bool, frozenset[int]]:
        """coefficient * product of factors, each >= 0; strict if the coefficient and every factor is."""
        factors, coefficient = fields(data, "term", "factors", "coefficient")
        number = rational("1" if coefficient is None else coefficient, "coefficient")
        if number < 0:
            refuse(f"coefficient: >= 0 required, got {number}")
        poly, strict, used = algebra.const(number), number > 0, NONE
        for factor in typed(factors, list, "factors"):
            value, positive, pins = self.factor(factor, scope, inside)
            poly, strict, used = algebra.mul(poly, value, self.ctx.budget), strict and positive, used | pins
        return poly, strict, used

    def factor(self, data: Any, scope: Scope, inside: str) -> tuple[Poly, bool, frozenset[int]]:
        kind = next((k for k in ("fact", "square", "norm2", "E", "gram") if k in typed(data, dict, "factor")), "")
        if kind == "fact":
            fact = self.fact(fields(data, "factor", "fact")[0], scope, inside)
            if fact.rel == "==":
                refuse(f"factor: an inequality required, got {data['fact']!r}")
            return fact.poly, fact.rel == ">", fact.pins
        if kind == "square":
            poly = self.place(fields(data, "factor", "square")[0], scope, inside)
            return algebra.mul(poly, poly, self.ctx.budget), False, NONE
        if kind == "norm2":
            vector = self.ctx.vector(parse_expression(fields(data, "factor", "norm2")[0]))
            return self.allowed(self.ctx.inner(vector, vector), scope, inside), False, NONE
        if kind == "E":
            label, terms = fields(data, "factor", "E terms")
            functional = self.functional(label)
            poly, strict, used = self.terms(terms, scope, label)
            return self.ctx.moment(label, poly), strict and functional.probability, used
        if kind == "gram":
            return self.gram(*fields(data, "factor", "gram functional", "weight"), scope, inside)
        refuse(f"factor: fact, square, norm2, E or gram required, got keys {sorted(data)}")

    def functional(self, label: Any) -> Any:
        if name(label, "functional") not in self.ctx.functionals:
            refuse(f"functional {label!r} is not declared")
        return self.ctx.functionals[label]

    def gram(self, entries: Any, label: Any, weight: Any, scope: Scope, inside: str) -> tuple[Poly, bool, frozenset[int]]:
        """det of the matrix <e_i, e_j>, or F[w <e_i, e_j>] with w >= 0: positive semidefinite, so its det is >= 0."""
        if not 1 <= len(typed(entries, list, "gram")) <= GRAM_LIMIT:
            refuse(f"gram: 1 to {GRAM_LIMIT} entries required, got {len(entries)}")
        if label is None and weight is not None:
            refuse("gram: a weight needs a functional")
        where = inside if label is None else label
        if label is not None:
            self.functional(label)
        density, _, used = self.term(weight or {"factors": []}, scope, where)
        values = [self.ctx.evaluate(parse_expression(e)) for e in entries]
        kinds = {isinstance(v, Vector) for v in values}
        if len(kinds) > 1:
            refuse("gram: all scalars or all vectors required")

        def form(a: Any, b: Any) -> Poly:
            product = self.ctx.inner(a, b) if isinstance(a, Vector) else algebra.mul(a, b, self.ctx.budget)
            product = algebra.mul(density, self.allowed(product, scope, where), self.ctx.budget)
            return product if label is None else self.ctx.moment(label, product)

        matrix = [[form(a, b) for b in values] for a in values]
        return self.determinant(matrix), False, used

    def determinant(self, matrix: list[list[Poly]]) -> Poly:
        if not matrix:
            return algebra.const(1)
        total: Poly = {}
        for column, entry in enumerate(matrix[0]):
            minor = self.determinant([row[:column] + row[column + 1 :] for row in matrix[1:]])
            total = algebra.add(total, algebra.scale(algebra.mul(entry, minor, self.ctx.budget), (-1) ** column))
        return total

    # -- what may be used where ----------------------------------------------------------------------------------
    def place(self, text: Any, scope: Scope, inside: str) -> Poly:
        return self.allowed(self.ctx.scalar(parse_expression(text)), scope, inside)

    def allowed(self, poly: Poly, scope: Scope, inside: str) -> Poly:
        """Inside F[...] only F may be random; outside, only where a point is fixed."""
        if not inside:
            self.outside(poly, scope)
        elif not self.ctx.free(poly) <= {inside}:
            refuse(f"inside {inside}[...]: random under {sorted(self.ctx.free(poly))}")
        return poly

    def fact(self, reference: Any, scope: Scope, inside: str) -> Fact:
        """A fact by its label or definition; one pinned to a fixed point is not usable inside a functional."""
        if type(reference) is dict:
            fact = self.definition(reference)
        elif typed(reference, str, "fact") in scope.facts:
            fact = scope.facts[reference]
        else:
            refuse(f"fact {reference!r} is not known here")
        if inside and fact.pins:
            refuse(f"fact {reference!r} is pinned to a point, so it may not be used inside {inside}[...]")
        return fact._replace(poly=self.allowed(fact.poly, scope, inside))

    def definition(self, data: dict[str, Any]) -> Fact:
        """A part of the definition of Max, sqrt, inv or exp, or exp(a) exp(b) == exp(a + b)."""
        ctx, budget = self.ctx, self.ctx.budget
        if "exp_sum" in data:
            texts = typed(fields(data, "definition", "exp_sum")[0], list, "exp_sum")
            parts = [ctx.scalar(parse_expression(t)) for t in texts]
            if len(parts) != 2:
                refuse("exp_sum: two expressions required")
            left, right, both = (ctx.function("exp", p) if p else algebra.const(1) for p in [*parts, algebra.add(*parts)])
            return Fact(algebra.add(algebra.mul(left, right, budget), algebra.scale(both, -1)), "==", NONE)
        text, part = fields(data, "definition", "definition part")
        value = ctx.scalar(parse_expression(text))
        texts = [a for monomial in value for a, _ in monomial]
        if len(texts) != 1 or texts[0] not in ctx.arguments:
            refuse(f"definition: one Max, sqrt, inv or exp required, got {text!r}")
        label, arguments = ctx.arguments[texts[0]]
        atom, one = algebra.atom(texts[0]), algebra.const(1)
        above = [algebra.add(atom, algebra.scale(p, -1)) for p in arguments]  # atom - argument
        if label == "Max":
            facts = [(above[0], ">="), (above[1], ">="), (algebra.mul(*above, budget), "==")]
        elif label == "sqrt":
            square = algebra.mul(atom, atom, budget)
            facts = [(atom, ">="), (algebra.add(square, algebra.scale(arguments[0], -1)), "==")]
        elif label == "inv":
            facts = [(algebra.add(algebra.mul(atom, arguments[0], budget), algebra.scale(one, -1)), "==")]
        else:
            facts = [(atom, ">"), (algebra.add(above[0], algebra.scale(one, -1)), ">=")]
        if not 0 <= typed(part, int, "part") < len(facts):
            refuse(f"definition: part 0 to {len(facts) - 1} required, got {part}")
        return Fact(*facts[part], NONE)

    # -- steps ---------------------------------------------------------------------------------------------------
    def step(self, data: Any, scope: Scope) -> tuple[str, Fact]:
        if "have" in typed(data, dict, "step"):
            text, label, proof, proofs = fields(data, "have", "have as", "proof proofs")
            relation = self.ctx.relation(text)
            used = self.prove(relation, one_or_two(proof, proofs), f"not {label_of(label)}", scope)
            return label, Fact(*relation, used)
        if "instance" in data:
            index, values, label = fields(data, "instance", "instance with as")
            if not 0 <= typed(index, int, "instance") < len(self.claim.assumptions) or not self.claim.assumptions[index].bound:
                refuse(f"instance: the number of a quantified assumption required, got {index}")
            relation = self.claim.instance(index, self.values(values))
            return label_of(label), Fact(*relation, NONE)
        return self.use(*fields(data, "use", "use with functionals random proofs as"), scope)

    def values(self, data: Any) -> dict[str, Poly | Vector]:
        return {x: self.ctx.evaluate(parse_expression(t)) for x, t in typed(data, dict, "with").items()}

    def use(self, text: Any, fixed: Any, functionals: Any, random: Any, proofs: Any, label: Any, scope: Scope) -> tuple[str, Fact]:
        """A proved claim under a substitution; each of its assumptions is proved here."""
        if typed(text, str, "use") not in self.lemmas:
            refuse(f"lemma {text!r} is not among the proved claims")
        lemma = read_claim(self.lemmas[text])
        theirs, values, drawn = lemma.ctx, self.values(fixed), self.values(random)
        owners = {x: owner for x, owner in theirs.owner.items() if x in drawn and owner}
        expected = {x for f in theirs.functionals.values() for x in f.scalars + f.vectors}
        if set(values) != set(theirs.scalars + theirs.vectors) or set(drawn) != expected or set(functionals) != set(theirs.functionals):
            refuse(f"lemma {text}: a value for each of its names required")
        for x, value in (values | drawn).items():
            if isinstance(value, Vector) != (x in theirs.is_vector):
                refuse(f"lemma {text}: {x} must be a {'vector' if x in theirs.is_vector else 'scalar'}")
            allowed = {functionals[owners[x]]} if x in owners else set() if functionals else set(self.ctx.functionals)
            if not self.randomness(value) <= allowed:
                refuse(f"lemma {text}: {x} is random under {sorted(self.randomness(value))}, which is not allowed here")
        for theirs_label, ours in functionals.items():
            if theirs.functionals[theirs_label].probability and not self.functional(ours).probability:
                refuse(f"lemma {text}: {ours} is not a probability")
            if ours in scope.opened:
                refuse(f"lemma {text}: not applicable where a point of {ours} is fixed")
        env = Env(values | drawn, functionals, True)
        used = NONE
        if set(typed(proofs, dict, "proofs")) != {f"a{i}" for i in range(len(lemma.assumptions))}:
            refuse(f"lemma {text}: a proof of each of its {len(lemma.assumptions)} assumptions required")
        for index, assumption in enumerate(lemma.assumptions):
            if assumption.bound:
                refuse(f"lemma {text}: assumption {index} is quantified, which `use` does not support")
            item = proofs[f"a{index}"]
            relation = self.ctx.relation(assumption.text, env)
            used |= self.prove(relation, item if type(item) is list else [item], f"not {label_of(label)}.a{index}", scope)
        return label, Fact(*self.ctx.relation(lemma.target_text, env), used)

    def randomness(self, value: Poly | Vector) -> set[str]:
        if isinstance(value, Vector):
            return {self.ctx.owner[u] for u in value.parts} - {""} | {o for p in value.parts.values() for o in self.ctx.free(p)}
        return self.ctx.free(value)


def label_of(value: Any) -> str:
    return name(value, "label")


def one_or_two(proof: Any, proofs: Any) -> list[Any]:
    """The proofs under the key "proof" (one) or "proofs" (a list), of which exactly one is given."""
    if (proof is None) == (proofs is None):
        refuse('exactly one of "proof" and "proofs" required')
    return [proof] if proofs is None else proofs


def check(claim: str, certificate: str, lemmas: Mapping[str, str] | None = None) -> None:
    """Return if `certificate` proves `claim`, given the claims `lemmas` (name -> text), which the caller has proved.

    Raises:
        KernelError: the certificate is refused; the message names the first thing that is wrong.
    """
    reading = read_claim(claim)
    _, proof, proofs = fields(load(certificate, "certificate"), "certificate", "format", "proof proofs")
    checker = Checker(reading, dict(lemmas or {}))
    facts = {f"a{i}": Fact(a.poly, a.rel, NONE) for i, a in enumerate(reading.assumptions) if a.poly is not None}
    checker.prove(reading.target, one_or_two(proof, proofs), "target", Scope(facts, frozenset(), 0))
