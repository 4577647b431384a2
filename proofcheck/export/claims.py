"""Every claim of the lemmas with its certificate, read for export: what the three targets start from.

Claims come in an order in which each uses earlier ones only (lemmas after what they rest on). Nothing is judged here:
a claim must be one to the kernel's reader, and that its certificate proves it is `proofcheck check`'s business.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from proofcheck import registry
from proofcheck.audit import artifacts
from proofcheck.errors import ArgumentError
from proofcheck.export.tree import Relation, relation
from proofcheck.header import Header
from proofcheck.kernel import KernelError, read_claim
from proofcheck.kernel.claim import Functional


@dataclass(frozen=True)
class AssumptionTree:
    """One assumption: `bound` maps the names of a `forall` to "vector" or "scalar" (empty: an ordinary one)."""

    text: str
    bound: Mapping[str, str]
    relation: Relation


@dataclass(frozen=True)
class ClaimTree:
    """A claim as written, its relations as syntax trees."""

    text: str  # of the claim's file
    name: str
    scalars: tuple[str, ...]
    vectors: tuple[str, ...]
    functionals: Mapping[str, Functional]
    assumptions: tuple[AssumptionTree, ...]
    target_text: str
    target: Relation

    @cached_property
    def owner(self) -> Mapping[str, str]:
        """Random name -> the functional that integrates over it."""
        return {x: label for label, f in self.functionals.items() for x in f.scalars + f.vectors}

    @cached_property
    def vector_names(self) -> frozenset[str]:
        """Every name of a vector: fixed, random, and bound by a `forall`."""
        random = {x for f in self.functionals.values() for x in f.vectors}
        bound = {x for a in self.assumptions for x, kind in a.bound.items() if kind == "vector"}
        return frozenset({*self.vectors, *random, *bound})


@dataclass(frozen=True)
class Pair:
    """A claim file and its certificate file."""

    lemma: str  # id of the lemma
    title: str
    name: str
    claim: str
    certificate: str

    @cached_property
    def tree(self) -> ClaimTree:
        """Raises: ArgumentError, if the text is not a claim."""
        return read_tree(self.claim)

    @cached_property
    def proof(self) -> Any:
        """The PROOF of the certificate: an object, or for an equality a list of two."""
        return json.loads(self.certificate)["proof"]


def read_tree(text: str) -> ClaimTree:
    """The claim in `text`, which the kernel's reader must accept first.

    Raises:
        ArgumentError: it does not; the message is the kernel's.
    """
    try:
        reading = read_claim(text)
    except KernelError as error:
        raise ArgumentError(f"export: a claim required ({error}). `proofcheck check` names what is broken.") from error
    known = reading.ctx.functionals
    return ClaimTree(
        text,
        reading.name,
        tuple(reading.ctx.scalars),
        tuple(reading.ctx.vectors),
        known,
        tuple(AssumptionTree(a.text, dict(a.bound), relation(a.text, known.keys())) for a in reading.assumptions),
        reading.target_text,
        relation(reading.target_text, known.keys()),
    )


def pairs(
    names: Sequence[str] = (), among: Sequence[Header] | None = None, *, with_used: bool = False
) -> Iterator[Pair]:
    """The committed pairs of the named lemmas, of all if none is named, each after those that it uses.

    `with_used` adds the lemmas that the named ones rest on, so that no certificate uses a claim that is not there.

    Raises:
        ArgumentError: no lemma is called so, or a claim has no certificate.
    """
    known = registry.headers() if among is None else list(among)
    wanted = registry.select(names, known)
    ids = {header.id for header in wanted}
    done: set[str] = set()
    for header in wanted:
        for node in [*registry.ancestors(header, known), header]:
            if (with_used or node.id in ids) and node.id not in done:
                done.add(node.id)
                yield from _in_order(_pairs_of(node))


def _pairs_of(header: Header) -> Iterator[Pair]:
    for path in artifacts.files_of(header):
        name, kind = path.name.rsplit(".", 2)[:2]
        if kind == "claim":
            claim, certificate = (artifacts.read(header, name, kind) for kind in ("claim", "cert"))
            if claim is None or certificate is None:
                raise ArgumentError(f"export: {name} has no certificate. Write it with `proofcheck check --write`.")
            yield Pair(header.id, header.title, name, claim, certificate)


def _in_order(found: Iterable[Pair]) -> list[Pair]:
    """The pairs of one lemma, each after those that its certificate uses, else by name."""
    left = {pair.name: pair for pair in sorted(found, key=lambda pair: pair.name)}
    uses = {name: artifacts.used_claims(pair.certificate) & set(left) for name, pair in left.items()}
    order: list[Pair] = []
    while left:
        ready = [name for name in left if not uses[name] & set(left)]
        if not ready:
            raise ArgumentError(f"export: {', '.join(left)} use each other in a circle. A proof must be well founded.")
        order += [left.pop(name) for name in ready]
    return order
