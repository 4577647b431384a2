"""A step that uses another claim: its theorem is applied, its premises are proved at the place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from proofcheck.export.coq.convert import Place
from proofcheck.export.coq.grammar import Node, Relation, read_relation, substitute, substitute_relation
from proofcheck.export.coq.script import Unsupported
from proofcheck.export.coq.statement import Hypothesis, Statement, read_statement, theorem_name
from proofcheck.export.coq.terms import Fact, Scope
from proofcheck.kernel.algebra import Poly
from proofcheck.kernel.claim import Claim, read_claim

if TYPE_CHECKING:
    from proofcheck.export.coq.proof import Prover


class Substitution(NamedTuple):
    """What replaces the names of the used claim: trees and normal forms of expressions, and functionals."""

    trees: Mapping[str, Node]
    values: Mapping[str, Poly]
    functionals: Mapping[str, str]

    def under(self, functional: str) -> str:
        """Our functional in place of one of the used claim, "" for none."""
        return self.functionals[functional] if functional else ""


def use(prover: Prover, step: dict[str, Any], scope: Scope) -> Fact:
    """Emit the application of a claim's theorem; the fact that it gives."""
    place = scope.place
    text = prover.lemmas[step["use"]]
    lemma, theirs = read_statement(text), read_claim(text)
    prover.used.append(step["use"])
    given: dict[str, str] = {**step["with"], **step["random"]}
    labels = tuple(prover.ctx.functionals)
    trees = {x: read_relation(f"{value} == 0", labels).left for x, value in given.items()}
    values = {x: prover.ctx.expression(value) for x, value in given.items()}
    change = Substitution(trees, values, step["functionals"])
    proofs = [_premise(prover, h, lemma, theirs, change, step, scope) for h in lemma.hypotheses]
    relation = prover.ctx.relation(theirs.target_text, change.values, change.functionals)
    name = f"({theorem_name(step['use'])} {' '.join(_arguments(prover, lemma, change, place) + proofs)})"
    node = substitute_relation(lemma.relation, trees, change.functionals)
    return prover.read(name, node, relation, place, change.under(lemma.under))


def _arguments(prover: Prover, lemma: Statement, change: Substitution, place: Place) -> list[str]:
    """What the theorem is applied to, in the order of its binders."""
    if "(V : inner_space)" in lemma.binders and not prover.statement.names.vectors:
        raise Unsupported("a used claim about vectors in a claim without")
    arguments = ["V"] if "(V : inner_space)" in lemma.binders else []
    for name in lemma.order:
        if name in change.functionals:
            arguments.append(prover.script.rename[change.functionals[name]])
        elif name in lemma.names.owner:
            arguments.append(_random(prover, lemma, change, name, place))
        else:
            arguments.append(f"({prover.converter.print(change.trees[name], place)})")
    return arguments


def _random(prover: Prover, lemma: Statement, change: Substitution, name: str, place: Place) -> str:
    """What replaces a random name, as a function of the point."""
    points = {**place.points, change.functionals[lemma.names.owner[name]]: "o"}
    return f"(fun o => {prover.converter.printer.term(change.trees[name], points, {})})"


def _premise(
    prover: Prover,
    h: Hypothesis,
    lemma: Statement,
    theirs: Claim,
    change: Substitution,
    step: dict[str, Any],
    scope: Scope,
) -> str:
    """Emit the proof of one premise of the theorem; its name."""
    under = change.under(h.under)
    if h.kind == "mass":
        return f"P'{under}"
    with prover.script.block() as lines:
        if h.kind == "moments":
            said = _moments(prover, h, lemma, change, scope.place)
        elif isinstance(h.node, Node):
            said = _divisor(prover, h, substitute(h.node, change.trees, change.functionals), scope.place)
        else:
            said = _assumption(prover, h, theirs, change, step, scope)
    return prover.script.claim_that("u", said, lines)


def _moments(prover: Prover, h: Hypothesis, lemma: Statement, change: Substitution, place: Place) -> str:
    """Polynomials in what replaces the random scalars are polynomials in ours."""
    owner = lemma.names.owner
    if lemma.generators[h.under] or any(x in lemma.names.vectors for x in owner):
        raise Unsupported("a used claim with random vectors or random function values")
    under = change.under(h.under)
    scalars = [_random(prover, lemma, change, x, place) for x, f in owner.items() if f == h.under]
    prover.script.emit(f"apply (pc_moments_of _ _ _ _ M'{under}).")
    prover.script.emit("intros s H; repeat (destruct H as [<- | H]); [pc_poly .. | destruct H].")
    return f"scalar_moments {prover.script.rename[under]} [{'; '.join(scalars)}]"


def _divisor(prover: Prover, h: Hypothesis, node: Node, place: Place) -> str:
    """A divisor of the used claim is not 0 here: it has an inverse."""
    if h.under or h.kind == "root":
        raise Unsupported("a used claim with a root or a random divisor")
    text, poly = prover.converter.tokens(node, place)
    inverse = prover.script.text(prover.ctx.reciprocal(poly))
    proof = prover.script.identity(f"({text}) * ({inverse})", "1", place.points, place.at)
    prover.script.emit(f"exact (pc_invertible _ _ {proof}).")
    return f"{prover.converter.print(node, place)} <> 0"


def _assumption(
    prover: Prover, h: Hypothesis, theirs: Claim, change: Substitution, step: dict[str, Any], scope: Scope
) -> str:
    """An assumption of the used claim, proved by the certificate."""
    if not isinstance(h.node, Relation) or h.bound:
        raise Unsupported("a used claim with a quantified assumption")
    index = int(h.name[1:-1])
    relation = prover.ctx.relation(theirs.assumptions[index].text, change.values, change.functionals)
    fact = prover.have(relation, step["proofs"][f"a{index}"], f"not {step['as']}.a{index}", scope)
    under = change.under(h.under)
    if (fact.owner if fact.home == "ae" else "") != under:
        raise Unsupported("an assumption of a used claim that speaks of other points here")
    node = substitute_relation(h.node, change.trees, change.functionals)
    prover.write_as(node, fact, under, scope.place)
    points = {**scope.place.points, under: "o"} if under else scope.place.points
    printer = prover.converter.printer
    return printer.almost(under, printer.relation(node, points, {}))
