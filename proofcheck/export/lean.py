"""Lean 4 with Mathlib: every claim as a theorem, its certificate as the proof. The text is not checked here.

One file for each lemma, and `Proofcheck.lean` with the model: functionals are weighted sums over a finite set, and
"almost everywhere" is "at every point". That is less than the kernel's claims say, which hold for any finite measure.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files as package_files

from proofcheck.audit.artifacts import used_claims
from proofcheck.export import lean_terms as lean
from proofcheck.export.claims import ClaimTree, Pair
from proofcheck.export.claims import pairs as all_pairs
from proofcheck.export.lean_proof import Writer, domain
from proofcheck.export.tree import Relation

NOT_CHECKED = "NOT CHECKED: this text was written by `proofcheck export --to lean`, and no Lean has read it there."


def files(pairs: Sequence[Pair], progress: Callable[[str], None] = lambda text: None) -> Mapping[str, str]:
    """File name -> text: `Proofcheck.lean`, and one file for each lemma."""
    ids = list(dict.fromkeys(pair.lemma for pair in pairs))
    # a certificate may use a claim that is not asked for
    known = {pair.name: pair for pair in [*all_pairs(ids, with_used=True), *pairs]}
    prelude = (package_files("proofcheck.export") / "lean_prelude.txt").read_text(encoding="utf-8")
    made = {"Proofcheck.lean": prelude}
    for number, lemma in enumerate(ids, 1):
        mine = [pair for pair in pairs if pair.lemma == lemma]
        made[f"{module(lemma)}.lean"] = _file(lemma, mine, known)
        if number % 20 == 0:
            progress(f"lean: {number} lemmas")
    return made


def module(lemma: str) -> str:
    """`LT-01` is the module `LT_01`."""
    return lemma.replace("-", "_")


def _file(lemma: str, mine: Sequence[Pair], known: Mapping[str, Pair]) -> str:
    used = {name: known[name] for pair in mine for name in used_claims(pair.certificate)}
    others = {pair.lemma for pair in used.values()} - {lemma}
    lines = ["import Proofcheck", *(f"import {module(other)}" for other in sorted(others)), ""]
    lines += ["/-!", f"# {lemma}: {lean.comment(mine[0].title)}", "", NOT_CHECKED, "-/", ""]
    lines += ["open scoped Proofcheck", ""]
    trees = {name: pair.tree for name, pair in used.items()}
    for pair in mine:
        lines += [*theorem(pair, trees), ""]
    return "\n".join(lines).rstrip() + "\n"


def theorem(pair: Pair, trees: Mapping[str, ClaimTree]) -> list[str]:
    """The claim and its proof."""
    body = Writer(pair.tree, trees).target(pair.proof)
    return [*statement(pair.tree), *(f"  {line}" for line in body)]


def statement(claim: ClaimTree) -> Iterator[str]:
    """`theorem … := by`, one binder a line."""
    vectors, owner = claim.vector_names, claim.owner
    yield f"theorem {lean.theorem_name(claim.name)}"
    if vectors:
        yield "    {V : Type*} [NormedAddCommGroup V] [InnerProductSpace ℝ V]"
    for names, kind in ((claim.scalars, "ℝ"), (claim.vectors, "V")):
        if names:
            yield from _binder(names, kind)
    for label, functional in claim.functionals.items():
        yield f"    {{Ω{label} : Type*}} [Fintype Ω{label}] ({lean.identifier(label)} : Proofcheck.Functional Ω{label})"
        if functional.probability:
            yield f"    (π{label} : {lean.identifier(label)} (fun _ => 1) = 1)"
        for names, kind in ((functional.scalars, "ℝ"), (functional.vectors, "V")):
            if names:
                yield from _binder(names, f"Ω{label} → {kind}")
    for number, (node, said) in enumerate(domain(claim)):
        over = "".join(f"∀ ω{label}, " for label in sorted(lean.random_under(node, owner)))
        yield f"    (δ{number} : {over}{lean.term(node, vectors, owner)} {said})"
    for number, assumption in enumerate(claim.assumptions):
        bound = "".join(
            f"∀ {lean.identifier(x)} : {'V' if kind == 'vector' else 'ℝ'}, " for x, kind in assumption.bound.items()
        )
        yield f"    (α{number} : {bound}{_stated(assumption.relation, claim)})"
    yield f"    : {_stated(claim.target, claim)} := by"


def _stated(item: Relation, claim: ClaimTree) -> str:
    node = lean.difference(item)[0]
    over = "".join(f"∀ ω{label}, " for label in sorted(lean.random_under(node, claim.owner)))
    return over + lean.relation(item, claim.vector_names, claim.owner)


def _binder(names: Sequence[str], kind: str) -> Iterator[str]:
    words = " ".join(map(lean.identifier, names))
    yield from textwrap.wrap(f"({words} : {kind})", 96, initial_indent="    ", subsequent_indent="     ")
