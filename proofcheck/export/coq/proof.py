"""Certificates as Coq proofs: refutations of negated relations, steps, splits, instances, uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proofcheck.export.coq.convert import RULES, Converter, Place, shape
from proofcheck.export.coq.grammar import Relation, read_relation, substitute_relation
from proofcheck.export.coq.premises import Premises
from proofcheck.export.coq.script import Script, Unsupported
from proofcheck.export.coq.statement import Hypothesis, Statement
from proofcheck.export.coq.terms import Fact, Pinned, Scope, Terms
from proofcheck.export.coq.use import use
from proofcheck.kernel import algebra
from proofcheck.kernel.algebra import Poly
from proofcheck.kernel.claim import Claim


class Prover:
    """Writes the proof of one claim."""

    def __init__(self, statement: Statement, claim: Claim, lemmas: Mapping[str, str], careful: bool = True) -> None:
        self.careful = careful  # refuse here what Coq would refuse: terms that are no contradiction
        self.statement, self.claim, self.ctx, self.lemmas = statement, claim, claim.ctx, lemmas
        self.script = Script(claim, statement.rename)
        self.converter = Converter(self.script, statement.names, statement.rename)
        self.terms = Terms(self.script, self.converter)
        self.premises = Premises(statement, self.script, self.converter, self.terms)
        self.used: list[str] = []  # claims whose theorems the proof cites

    # the whole

    def write(self, proof: Any) -> list[str]:
        """The lines of the proof, after `Proof.`"""
        script, statement = self.script, self.statement
        with script.block() as body:
            place = self.premises.domain()
            facts: dict[str, Fact] = {}
            for index, assumption in enumerate(self.claim.assumptions):
                hypothesis = self.assumption(index)
                if not assumption.bound:
                    relation = assumption.poly, assumption.rel
                    facts[f"a{index}"] = self.read(hypothesis.name, hypothesis.node, relation, place, hypothesis.under)
            place = self.almost(place, facts)
            self.conclude(proof, Scope(facts, place))
        with script.block() as head:
            binders = [name for binder in statement.binders for name in binder[1:].split(" : ")[0].split()]
            script.emit(f"intros {' '.join([*binders, *(h.name for h in statement.hypotheses)])}.")
            self.premises.integrability()
        return [*head, *body]

    def assumption(self, index: int) -> Hypothesis:
        (found,) = [h for h in self.statement.hypotheses if h.name == f"a{index}'"]
        return found

    def almost(self, place: Place, facts: Mapping[str, Fact]) -> Place:
        """The place, with the facts that hold almost everywhere."""
        known = {name for _, name in place.almost}
        more = tuple((f.owner, f.name) for f in facts.values() if f.home == "ae" and f.name not in known)
        return place._replace(almost=place.almost + more)

    # facts

    def read(self, source: str, node: Any, relation: tuple[Poly, str], place: Place, under: str) -> Fact:
        """A hypothesis as the statement writes it becomes a fact in normal form."""
        script, (poly, rel) = self.script, relation
        if not isinstance(node, Relation):
            raise Unsupported("an assumption that is no relation")
        if self.ctx.free(poly) != ({under} if under else set()):
            raise Unsupported("a relation that names random variables, on which its value does not depend")
        text = script.text(poly)
        with script.block() as lines:
            there, name = place, source
            if under:
                name = script.fresh("k")
                script.emit(f"apply (ae_mp {source}).")
                there = self.converter.enter(under, place)
                script.emit(f"intros {name}.")
            proof = self.converter.difference(node, poly, there)
            lines.append(f"exact (pc_from_{RULES[node.sign]} _ _ _ {name} {proof}).")
        said = shape(rel, script.concrete(text, {under: "o"} if under else {}))
        label = f"ae {script.rename[under]} (fun o => {said})" if under else said
        return Fact(script.claim_that("h", label, lines), text, poly, rel, "ae" if under else "", under)

    def conclude(self, proof: Any, scope: Scope) -> None:
        """Emit the proof of the theorem's conclusion."""
        statement = self.statement
        fact = self.have(self.claim.target, proof, "target", scope)
        if (fact.owner if fact.home == "ae" else "") != statement.under:
            raise Unsupported("a target that names random variables, on which its value does not depend")
        self.write_as(statement.relation, fact, statement.under, scope.place)

    def write_as(self, relation: Relation, fact: Fact, under: str, place: Place) -> None:
        """Emit the proof of a goal that the statement's printer wrote, from the fact in normal form."""
        script, name = self.script, fact.name
        if under:
            name = script.fresh("k")
            script.emit(f"apply (ae_mp {fact.name}).")
            place = self.converter.enter(under, place)
            script.emit(f"intros {name}.")
        equal = self.converter.difference(relation, fact.poly, place)
        script.emit(f"exact (pc_to_{RULES[relation.sign]} _ _ _ {name} {equal}).")

    def have(self, relation: tuple[Poly, str], data: Any, label: str, scope: Scope) -> Fact:
        """Emit the proof of a relation in normal form; the fact. Almost everywhere if no fixed point is needed."""
        script, (poly, rel) = self.script, relation
        text, owners = script.text(poly), self.ctx.free(poly)
        if len(owners) > 1:
            raise Unsupported("a relation that is random under two functionals")
        owner = "".join(owners)
        if owner:
            fact = self.everywhere(relation, data, label, scope, owner)
            if fact is not None:
                return fact
            if owner not in scope.place.points:
                raise Unsupported(f"a relation at a point of {owner}, made from facts at a point of another functional")
        with script.block() as lines:
            self.prove(relation, data, label, scope)
        said = shape(rel, script.concrete(text, scope.place.points))
        return Fact(script.claim_that("h", said, lines), text, poly, rel, "at" if owner else "", owner)

    def everywhere(self, relation: tuple[Poly, str], data: Any, label: str, scope: Scope, owner: str) -> Fact | None:
        """A random relation proved almost everywhere; None if it needs a fact of the point that is fixed."""
        script, (poly, rel) = self.script, relation
        text = script.text(poly)
        outside = Scope({k: f for k, f in scope.facts.items() if f.home != "at"}, scope.place)
        mark = len(script.lines)
        try:
            with script.block() as lines:
                proofs = data if rel == "==" else [data]
                outside, proofs = self.hoist(proofs, label, outside)
                inner = self.terms.enter(owner, outside)
                self.prove(relation, proofs if rel == "==" else proofs[0], label, inner)
        except Pinned:
            del script.lines[mark:]
            if not scope.place.points:
                raise
            return None
        points = {**scope.place.points, owner: "o"}
        said = f"ae {script.rename[owner]} (fun o => {shape(rel, script.concrete(text, points))})"
        return Fact(script.claim_that("h", said, lines), text, poly, rel, "ae", owner)

    def hoist(self, proofs: list[Any], label: str, scope: Scope) -> tuple[Scope, list[Any]]:
        """Emit, before the point is fixed, the steps that do not need it; the scope with them, the proofs without."""
        facts, place, rest = dict(scope.facts), scope.place, []
        for proof in proofs:
            kept, own = [], set()
            for step in proof.get("steps", []):
                here = Scope({k: f for k, f in facts.items()}, place)
                mark = len(self.script.lines)
                if step["as"] in facts:
                    raise Unsupported("a label that stands for two facts in the two halves of an equality")
                try:
                    if _mentions(step, own | {label}):
                        raise Pinned("a step about the point that is fixed")
                    facts[step["as"]] = self.step(step, here)
                    place = self.almost(place, facts)
                except Pinned:
                    del self.script.lines[mark:]
                    kept.append(step)
                    own.add(step["as"])
            rest.append({**proof, "steps": kept})
        return Scope(facts, place), rest

    def prove(self, relation: tuple[Poly, str], data: Any, label: str, scope: Scope) -> None:
        """Emit tactics that prove the goal, the relation in normal form, by refuting its negation."""
        script, (poly, rel) = self.script, relation
        text, home = script.text(poly), "at" if self.ctx.free(poly) else ""
        name = script.fresh("n")
        negative = Fact(name, f"- ({text})", algebra.scale(poly, -1), ">" if rel != ">" else ">=", home)
        if rel != "==":
            script.emit(f"apply pc_{'ge' if rel == '>=' else 'gt'}; intros {name}.")
            self.proof(data, Scope({**scope.facts, label: negative}, scope.place))
            return
        script.emit(f"apply pc_eq; intros {name}.")
        for proof, fact in zip(data, (negative, Fact(name, text, poly, ">", home)), strict=True):
            script.emit("{")
            self.proof(proof, Scope({**scope.facts, label: fact}, scope.place))
            script.emit("}")

    def proof(self, data: dict[str, Any], scope: Scope) -> None:
        """Emit a proof of False."""
        script = self.script
        for step in data.get("steps", []):
            facts = {**scope.facts, step["as"]: self.step(step, scope)}
            scope = Scope(facts, self.almost(scope.place, facts))
        place = scope.place
        if "split" not in data:
            total = self.terms.total(data["terms"], scope)
            if self.careful and (total.poly or not total.strict):
                raise Unsupported("terms that do not sum to 0, or none of them > 0")
            zero = script.identity(total.text, "0", place.points, place.at)
            script.emit(f"exact (pc_false _ {total.proof} {zero}).")
            return
        text, poly = self.terms.place(data["split"])
        home = "at" if self.ctx.free(poly) else ""
        name = script.fresh("s")
        script.emit(f"destruct (pc_split {script.concrete(text, place.points)}) as [{name} | {name}].")
        branches = (
            (data["nonneg"], Fact(name, text, poly, ">=", home)),
            (data["neg"], Fact(name, f"- {text}", algebra.scale(poly, -1), ">", home)),
        )
        for branch, fact in branches:
            script.emit("{")
            self.proof(branch, Scope({**scope.facts, data["as"]: fact}, place))
            script.emit("}")

    def step(self, step: dict[str, Any], scope: Scope) -> Fact:
        """Emit a step; the fact."""
        if "have" in step:
            relation = self.ctx.relation(step["have"])
            return self.have(relation, step["proof"], f"not {step['as']}", scope)
        if "instance" in step:
            return self.instance(step, scope)
        return use(self, step, scope)

    def instance(self, step: dict[str, Any], scope: Scope) -> Fact:
        """A quantified assumption at given values."""
        index = step["instance"]
        hypothesis = self.assumption(index)
        labels = tuple(self.ctx.functionals)
        if not isinstance(hypothesis.node, Relation):
            raise Unsupported("a quantified assumption that is no relation")
        trees = {x: read_relation(f"{text} == 0", labels).left for x, text in step["with"].items()}
        values = {x: self.ctx.expression(text) for x, text in step["with"].items()}
        given = " ".join(f"({self.converter.print(trees[x], scope.place)})" for x in hypothesis.bound)
        relation = substitute_relation(hypothesis.node, trees)
        normal = self.claim.instance(index, values)
        return self.read(f"({hypothesis.name} {given})", relation, normal, scope.place, hypothesis.under)


def _mentions(data: Any, labels: set[str]) -> bool:
    """Does a step cite one of `labels` as a fact?"""
    if isinstance(data, dict):
        return any(
            (key in ("fact", "equation") and isinstance(value, str) and value in labels) or _mentions(value, labels)
            for key, value in data.items()
        )
    return isinstance(data, list) and any(_mentions(item, labels) for item in data)
