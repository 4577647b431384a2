"""Maps of measures as code: composition, push-forward and probes of negligible mass.

    (G2 o G1)(mu, x) = G2(G1(mu, .)_# mu, G1(mu, x)),   f_G(mu) = G(mu, .)_# mu            (lemma MM-01)

An in-context map is any callable (Measure, x) -> x' with x (*batch, q, d) -> (*batch, q, d'). A probe is a query that
travels as a token: appended with weight `PROBE`, it sees the context, which does not see it (MM-01 bounds how much).
Source: furuya2024context (arXiv:2408.01367), as reconstructed.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.composition import bar
from torch_impl.measures import Measure

InContextMap = Callable[[Measure, Tensor], Tensor]
PROBE = 1e-300  # a normal float64, and small enough that D t e^s is below roundoff for every score s <= 600


def push(layer: InContextMap, measure: Measure) -> Measure:
    """f_G(mu) = G(mu, .)_# mu: the atoms move, the weights are carried. points (*batch, n, d) -> (*batch, n, d').

    Raises:
        ArgumentError: the layer does not return one row for each atom.
    """
    image = layer(measure, measure.points)
    if image.shape[:-1] != measure.points.shape[:-1]:
        raise ArgumentError(
            f"push: required one image for each atom {tuple(measure.points.shape)}, got {tuple(image.shape)}. "
            "A map of measures carries every weight with its atom. Return (*batch, n, d')."
        )
    return Measure(image, measure.weights)


def compose(*layers: InContextMap) -> InContextMap:
    """G_L o ... o G_1 for layers listed in the order in which they act; no layers is the identity (mu, x) -> x."""

    def composed(measure: Measure, x: Tensor) -> Tensor:
        for layer in layers:
            measure, x = bar(layer, measure, x)
        return x

    return composed


def context_free(phi: Callable[[Tensor], Tensor]) -> InContextMap:
    """(mu, x) -> phi(x): an MLP as an in-context map."""

    def layer(measure: Measure, x: Tensor) -> Tensor:
        return phi(x)

    return layer


def with_probes(measure: Measure, x: Tensor, weight: float = PROBE) -> Measure:
    """mu with the queries x (*batch, q, d) appended as atoms of weight `weight`, n + q atoms.

    The weights sum to 1 + q weight, which is 1 in float64. Feed them to attention as log-weights: in float32 `PROBE`
    is 0, so pass a weight of at least 1e-38 there.

    Raises:
        ArgumentError: shapes or dtypes differ, or the dtype rounds the weight to 0.
    """
    points = measure.points
    if x.ndim != points.ndim or x.shape[:-2] != points.shape[:-2] or x.shape[-1] != points.shape[-1]:
        raise ArgumentError(
            f"with_probes: required x (*batch, q, d) that fits points {tuple(points.shape)}, got {tuple(x.shape)}. "
            "Queries keep their own axis, of length 1 for a single one."
        )
    if x.dtype != points.dtype or x.device != points.device:
        raise ArgumentError(
            f"with_probes: x and points must share dtype and device, got {x.dtype} on {x.device} and {points.dtype} "
            f"on {points.device}. Use x.to(points)."
        )
    masses = measure.weights.new_full(x.shape[:-1], weight)
    if not bool((masses > 0).all()):
        raise ArgumentError(
            f"with_probes: required a weight that {masses.dtype} keeps positive, got weight={weight!r}. An atom of "
            "weight 0 is padding and is not moved. Use float64, or a weight above torch.finfo(dtype).tiny."
        )
    return Measure(torch.cat((points, x), dim=-2), torch.cat((measure.weights, masses), dim=-1))


def through_probes(layers: tuple[InContextMap, ...], measure: Measure, x: Tensor, weight: float = PROBE) -> Tensor:
    """(G_L o ... o G_1)(mu, x) by moving the queries as atoms of weight `weight`: (*batch, q, d').

    The same value as `compose(*layers)(measure, x)` up to the roundoff and MM-01's bound.
    """
    moving = with_probes(measure, x, weight)
    for layer in layers:
        moving = push(layer, moving)
    return moving.points[..., measure.points.shape[-2] :, :]
