"""Falsification: random and adversarial measures against every bound, suspected violations decided exactly.

    families, tokens   where the measures come from        strategies   Hypothesis draws a configuration
    kinds              the statements, one file each       adversary    gradient ascent on the ratio to a bound
    confirm, shrink    exact decision, simplest example    run          all of it, for one lemma: `campaign`

`campaign` is imported on first use: listing lemmas must not import torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofcheck.hammer.run import CampaignResult as CampaignResult
    from proofcheck.hammer.run import campaign as campaign

__all__ = ["CampaignResult", "campaign"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        # importlib, so that only this import is late
        import importlib

        value = getattr(importlib.import_module("proofcheck.hammer.run"), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'proofcheck.hammer' has no attribute {name!r}")
