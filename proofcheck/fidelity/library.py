"""The claims of the library with the points their lemmas commit: the model of each, its counterexamples."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from proofcheck import registry

from .compare import Comparison, compare, names_of, sample
from .reading import Reading

FREE = 12  # unconstrained points of the short sample


@dataclass(frozen=True)
class Stated:
    """One claim as the lemma states it: its text, what its assumptions are called, points that come with it."""

    name: str
    lemma: str
    text: str
    assumptions: tuple[str, ...]
    models: tuple[Mapping[str, Any], ...]


def library() -> dict[str, Stated]:
    """Every claim of every registered lemma, by name."""
    found: dict[str, Stated] = {}
    for header in registry.headers():
        lemma = registry.load(header)
        counterexamples = lemma.counterexamples()
        for claim in lemma.claims():
            path = registry.lemmas_root() / "certificates" / f"{claim.name}.model.json"
            models = [json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []
            models += [dict(c.model) for c in counterexamples if c.claim == claim.name]
            found[claim.name] = Stated(claim.name, header.id, claim.text, claim.assumptions, tuple(models))
    return found


def check_reading(
    stated: Stated, reading: Reading, *, text: str | None = None, free: int = FREE, steered: int = 0, seed: str = ""
) -> Comparison:
    """The claim (or another `text` in its place) against the reading of its sentence; deterministic for each seed."""
    rng = random.Random(f"{stated.name} {seed}")
    points = sample(reading, names_of(stated.text), rng, stated.models, free, steered)
    return compare(text or stated.text, reading, points)
