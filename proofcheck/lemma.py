"""The data a lemma file is made of. A lemma is a module; these are the shapes of its constants.

Nothing here computes: the registry reads lemma modules, the checks in `proofcheck.audit` use them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp


@dataclass(frozen=True)
class Source:
    """Where a statement comes from; `place` keeps the source's own number and says "as reconstructed" if so."""

    key: str  # bib key in lemmas/references.bib
    arxiv: str  # number without prefix, "" if none
    place: str


@dataclass(frozen=True)
class AssumedFact:
    """A textbook fact no identity can give: precise statement and citation, printed in the ledger.

    `proof` names the theorem that proves it in Coq ("lemmas/coq/FILE.v: theorem"), None if it is assumed.
    """

    name: str
    statement: str
    citation: str
    proof: str | None = None


@dataclass(frozen=True)
class DerivationStep:
    """A symbolic identity `left == right`, decided by normal form; it explains a claim and is never trusted alone."""

    name: str
    left: sp.Basic
    right: sp.Basic
    reason: str


@dataclass(frozen=True)
class Claim:
    """A kernel claim (JSON text) and the sentence it is meant to say. `assumptions` names each assumption."""

    name: str
    text: str
    sentence: str
    assumptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counterexample:
    """A model that satisfies every assumption of `claim` but number `dropped`, and violates the target."""

    claim: str
    dropped: int
    model: Mapping[str, Any]
    why: str


@dataclass(frozen=True)
class Refuted:
    """A false variant of the lemma with the model that refutes it: a constant past its boundary, a wrong sign."""

    name: str
    sentence: str
    text: str
    model: Mapping[str, Any]


@dataclass(frozen=True)
class Property:
    """What the hammer tries to break, as data.

    kind: a key of `proofcheck.hammer.kinds.KINDS`; callable: "module:name" of the torch code;
    bound: the key of BOUNDS on trial; quantities: symbol of the bound -> quantity the hammer computes;
    sharp: whether the worst ratio must come within 0.1 % of 1.
    """

    kind: str
    callable: str
    bound: str
    quantities: Mapping[str, str]
    sharp: bool
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Binding:
    """A torch callable and the formula of the lemma it implements (`formula`: a function of the lemma module)."""

    callable: str
    formula: str
    note: str = ""
