"""A certificate as one JSON document: every bound as text, float and log10, rounded outward."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from proofcheck.certify.adversary import Attack
from proofcheck.certify.certificate import Certificate
from proofcheck.certify.data import OnContexts
from proofcheck.certify.expansion import Expansion
from proofcheck.certify.layers import LayerCertificate
from proofcheck.certify.numbers import document, text
from proofcheck.certify.steps import ADMISSIBLE, NOT_ADMISSIBLE
from torch_impl.reference.exact import ExactMeasure

SCOPE = (
    "Steps and constants are for real arithmetic on the stored floats; roundoff bounds what float evaluation adds. "
    "Contexts lie in the domain; the query constant holds for all queries, context constants for queries in the ball."
)


def as_document(certificate: Certificate) -> dict[str, Any]:
    """The JSON document of `proofcheck certify --json`, without contexts and attacks."""
    return {
        "ok": certificate.ok,
        "scope": SCOPE,
        "domain": {"radius": document(certificate.radius), "diameter": document(certificate.diameter)},
        "lift_norm": document(certificate.lift_norm),
        "readout_norm": document(certificate.readout_norm),
        "layers": [_layer(layer) for layer in certificate.layers],
        "constants": {
            "query": document(certificate.query),
            "context_w1": document(certificate.context["w1"]),
            "context_w1_paper": document(certificate.context["paper"]),
            "context_winf": document(certificate.context["winf"]),
            "composition_w1": document(certificate.composition["w1"]),
            "composition_winf": document(certificate.composition["winf"]),
        },
        "roundoff": {
            "output": document(certificate.roundoff),
            "tokens": certificate.tokens,
            "dtype": certificate.dtype,
        },
        "refused": [reason(layer) for layer in certificate.layers if layer.verdict.word != ADMISSIBLE],
    }


def contexts_document(data: OnContexts) -> dict[str, Any]:
    """What was found on the given contexts."""
    return {
        "count": data.count,
        "tokens": data.tokens,
        "float_error": document(data.error),
        "layers": [
            {
                "layer": f"layers.{k}",
                "domain_diameter": document(layer.domain),
                "worst_context": layer.worst,
                "step_max": document(layer.verdict.safe, up=False),
                "verdict": layer.verdict.word,
                "contexts": layer.words,
            }
            for k, layer in sorted(data.layers.items())
        ],
    }


def attack_document(attacks: list[Attack], expansions: list[Expansion]) -> dict[str, Any]:
    """The worst pairs; every ratio is a lower bound of the true constant."""
    return {
        "network": [
            {
                "kind": a.kind,
                "ratio": document(a.ratio, up=False),
                "share_of_certificate": a.share,
                "exceeded": a.exceeded,
                "on": "a given context" if a.given else "a random context",
                "contexts": [_measure(mu) for mu in a.contexts],
                "queries": [[float(v) for v in q] for q in a.queries],
            }
            for a in attacks
        ],
        "layers": [
            {
                "layer": f"layers.{e.layer}",
                "ratio": document(e.ratio, up=False),
                "expands": e.expands,
                "in_domain": e.inside,
                "coordinates": list(e.coordinates),
                "pair": [[float(v) for v in x] for x in e.pair],
                "context": None if e.context is None else _measure(e.context),
            }
            for e in expansions
        ],
    }


def _measure(mu: ExactMeasure) -> dict[str, Any]:
    return {"points": [[float(v) for v in y] for y in mu.points], "weights": [float(w) for w in mu.weights]}


def reason(layer: LayerCertificate) -> str:
    """Why a layer is not certified: its name, its step, the largest step, and by how much it is exceeded."""
    rule = "2/||W||^2, LT-01" if layer.kind == "mlp" else "8/D^2 with D = ||A|| ||Q|| diameter, LT-05 and LT-10"
    verdict = layer.verdict
    if layer.step < 0:
        return f"{layer.name}: the step {layer.step!r} is negative; a gradient step descends."
    safe = "any" if verdict.safe is None else text(verdict.safe, 17, up=False)
    limit = "any" if verdict.limit is None else text(verdict.limit, 17)
    if verdict.word == NOT_ADMISSIBLE and verdict.excess is not None:
        return (
            f"{layer.name}: the step {layer.step!r} exceeds the largest admissible step {safe} ({rule}) "
            f"by {text(verdict.excess, 3, up=False)} of it or more."
        )
    return (
        f"{layer.name}: undecided; the step {layer.step!r} lies between {safe}, which is certified, and {limit}, "
        f"above which none is admissible ({rule})."
    )


def _layer(layer: LayerCertificate) -> dict[str, Any]:
    verdict = layer.verdict
    return {
        "layer": layer.name,
        "kind": layer.kind,
        "shape": list(layer.shape),
        "step": layer.step,
        "norm": document(layer.norm),
        "norm_squared": {"below": _rational(layer.square[0]), "above": _rational(layer.square[1])},
        "domain_diameter": document(layer.domain),
        "verdict": verdict.word,
        "step_max": document(verdict.safe, up=False),
        "step_max_exact": None if verdict.safe is None else _rational(verdict.safe),
        "step_max_paper": document(layer.paper, up=False),
        "excess": document(verdict.excess, up=False),
        "radius": document(layer.radius),
        "query_constant": document(layer.growth),
        "context_w1_paper": document(layer.context["paper"]),
        "context_w1": document(layer.context["w1"]),
        "context_winf": document(layer.context["winf"]),
    }


def _rational(value: Fraction) -> str:
    """p/q in full where that is short, else rounded to 40 digits (for the reader; the verdict used the rational)."""
    whole = max(value.numerator.bit_length(), value.denominator.bit_length()) <= 4096
    return str(value) if whole else text(value, 40)
