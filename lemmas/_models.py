"""Counterexamples from a table of models: one model for each assumption of a claim, in the order of the claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from proofcheck.lemma import Claim, Counterexample


def one_for_each(
    claims: Iterable[Claim], models: Mapping[str, Sequence[Mapping[str, Any] | None]]
) -> list[Counterexample]:
    """One counterexample for each assumption that has a model; None marks an assumption that the lemma's test calls redundant."""
    words = {claim.name: claim.assumptions for claim in claims}
    return [
        Counterexample(name, i, found, f"without: {words[name][i]}")
        for name, listed in models.items()
        for i, found in enumerate(listed)
        if found is not None
    ]
