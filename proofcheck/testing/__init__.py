"""Checks shipped with the package, for our lemmas and for other people's code.

    LemmaContract       the tests every lemma must pass: subclass it, name the lemma
    check_module        a lemma against your torch module (`adapt` says which tensor is what)
    check_own_step      a lemma against the step that your module computes for itself
    check_measure_map   is your torch module a map of measures: which law fails, and the likely cause
    check_flow_convergence  does your residual network converge to its Vlasov flow like 1/N, and if not, why
    assert_estimator    does your Lipschitz estimator return the norm, a lower bound, an upper bound, or something else
    known_attention     attention layers of known constant, to run it on bounds that read the layer

Names are imported on first use: a contract test must not import torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from proofcheck.testing.contract import LemmaContract
from proofcheck.testing.nudge import nudges

if TYPE_CHECKING:
    from proofcheck.testing.adapters import adapt as adapt
    from proofcheck.testing.against_lemma import check_module as check_module
    from proofcheck.testing.against_lemma import replay as replay
    from proofcheck.testing.attention_maps import known_attention as known_attention
    from proofcheck.testing.estimators import assert_estimator as assert_estimator
    from proofcheck.testing.estimators import classify as classify
    from proofcheck.testing.flow_convergence import assert_flow_convergence as assert_flow_convergence
    from proofcheck.testing.flow_convergence import check_flow_convergence as check_flow_convergence
    from proofcheck.testing.measure_map import assert_measure_map as assert_measure_map
    from proofcheck.testing.measure_map import check_measure_map as check_measure_map
    from proofcheck.testing.modules import check_own_step as check_own_step
    from proofcheck.testing.modules import expanding_pair as expanding_pair
    from proofcheck.testing.modules import expanding_vector as expanding_vector

_PLACES = {
    "adapt": "adapters",
    "assert_flow_convergence": "flow_convergence",
    "assert_measure_map": "measure_map",
    "check_flow_convergence": "flow_convergence",
    "check_measure_map": "measure_map",
    "check_module": "against_lemma",
    "replay": "against_lemma",
    "assert_estimator": "estimators",
    "classify": "estimators",
    "check_own_step": "modules",
    "expanding_pair": "modules",
    "expanding_vector": "modules",
    "known_attention": "attention_maps",
}

__all__ = [
    "LemmaContract",
    "adapt",
    "assert_estimator",
    "assert_flow_convergence",
    "assert_measure_map",
    "check_flow_convergence",
    "check_measure_map",
    "check_module",
    "check_own_step",
    "classify",
    "expanding_pair",
    "expanding_vector",
    "known_attention",
    "nudges",
    "replay",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(f"proofcheck.testing.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'proofcheck.testing' has no attribute {name!r}")
