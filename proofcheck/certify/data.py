"""What holds on given contexts: the step by the tokens that really reach each layer, and the model's float error there.

D = max |A(y_i - y_j)| over the tokens of the context at the layer (LT-05), enclosed in balls: a step <= 8/D^2 cannot
move two queries of this context apart. At the first attention layer that also covers every re-weighting of the tokens;
deeper, the weights have moved the tokens, so it is for these weights only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from proofcheck.certify.certificate import Certificate
from proofcheck.certify.contexts import exact_contexts
from proofcheck.certify.enclosure import enclose, output_error
from proofcheck.certify.steps import ADMISSIBLE, NOT_ADMISSIBLE, UNDECIDED, Verdict, decide
from torch_impl.measures import Measure
from torch_impl.network import Network
from torch_impl.rounding import sqrt_up


@dataclass(frozen=True)
class OnContexts:
    """layers: for each attention layer the worst D, its context, the verdicts. error: of the floats at the tokens."""

    count: int
    tokens: int
    layers: dict[int, LayerOnContexts]
    error: Fraction


@dataclass(frozen=True)
class LayerOnContexts:
    """The widest context at one layer. words: how many contexts are admissible, not admissible, undecided."""

    domain: Fraction
    worst: int
    verdict: Verdict
    words: dict[str, int]


def on_contexts(
    network: Network,
    certificate: Certificate,
    contexts: Measure,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> OnContexts:
    """The bounds of the given contexts.

    Raises:
        ArgumentError: a context leaves the domain of the certificate.
    """
    exact = exact_contexts(contexts, certificate.radius, certificate.diameter)
    verdicts: dict[int, list[tuple[Fraction, int, Verdict]]] = {}
    error = Fraction(0)
    for i, mu in enumerate(exact):
        progress(i, len(exact))
        found = enclose(network, mu)
        error = max(error, output_error(network, contexts, i, found.outputs))
        for k, (below, above) in found.squares.items():
            verdict = decide("attention_step_sharp", network.layers[k].step, below, above)
            verdicts.setdefault(k, []).append((above, -i, verdict))
    layers = {}
    for k, rows in verdicts.items():
        square, minus, verdict = max(rows, key=lambda row: row[:2])
        words = {word: sum(row[2].word == word for row in rows) for word in (ADMISSIBLE, NOT_ADMISSIBLE, UNDECIDED)}
        layers[k] = LayerOnContexts(sqrt_up(square), -minus, verdict, words)
    return OnContexts(len(exact), max(len(mu.points) for mu in exact), layers, error)
