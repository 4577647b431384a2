"""The generic statements a lemma can put on trial, by the key its HAMMER names."""

from __future__ import annotations

from proofcheck.errors import ArgumentError
from proofcheck.hammer.kinds.attained_norm import AttainedNorm
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.kinds.context_attend import ContextAttend, QueryAttend
from proofcheck.hammer.kinds.context_attention import ContextAttention
from proofcheck.hammer.kinds.context_lipschitz import ContextLipschitz
from proofcheck.hammer.kinds.deep_context import DeepContext
from proofcheck.hammer.kinds.domain_radius import DomainRadius
from proofcheck.hammer.kinds.flow import Flow
from proofcheck.hammer.kinds.identity import Identity
from proofcheck.hammer.kinds.jacobian_norm import JacobianNorm
from proofcheck.hammer.kinds.lipschitz_constant import LipschitzConstant
from proofcheck.hammer.kinds.nonexpansive_query import NonexpansiveQuery
from proofcheck.hammer.kinds.push_attend import PushAttend
from proofcheck.hammer.kinds.softmax_variance import SoftmaxVariance
from proofcheck.hammer.trial import Trial

KINDS: dict[str, type[Kind]] = {
    cls.name: cls
    for cls in (
        NonexpansiveQuery,
        LipschitzConstant,
        Identity,
        ContextLipschitz,
        ContextAttention,
        ContextAttend,
        QueryAttend,
        PushAttend,
        DeepContext,
        DomainRadius,
        Flow,
        SoftmaxVariance,
        AttainedNorm,
        JacobianNorm,
    )
}


def kind_of(trial: Trial) -> Kind:
    """The statement of a trial.

    Raises:
        ArgumentError: HAMMER names no kind that exists.
    """
    if trial.prop.kind not in KINDS:
        raise ArgumentError(
            f"{trial.lemma}.HAMMER: kind must be one of {', '.join(KINDS)}, got kind={trial.prop.kind!r}."
        )
    return KINDS[trial.prop.kind](trial)
