"""The certificate of a network: one pass through the layers, every number an upper bound, every verdict in rationals.

Domain: contexts and queries in the ball of radius R of R^d, the tokens of all contexts within a diameter Delta <= 2R.
    MLP        admissible iff step <= 2/||W||^2                                              LT-01
    attention  admissible iff step <= 8/D^2, D = ||A|| ||Q_K|| Delta, at every depth         LT-05, LT-10
where K are the coordinates that A reads (`blocks`; all of them in a dense model). Constants in the query and in the
context (W_1: LT-06, LT-07; W_infinity: LT-08; composed: LT-09) hold for rejected models too: a layer whose step is too
large counts with its true growth, max(1, step ||W||^2 - 1) and max(1, step D^2/4 - 1), since its secant resp.
Jacobian is I - step H with 0 <= H <= ||W||^2 resp. D^2/4.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
from flint import arb

from proofcheck.certify.blocks import Blocks
from proofcheck.certify.layers import LayerCertificate, attention_layer, frobenius_norm, mlp_layer
from proofcheck.certify.numbers import PRECISION, as_ball
from proofcheck.certify.roundoff import Arithmetic, dot_error
from proofcheck.certify.steps import ADMISSIBLE, NOT_ADMISSIBLE
from proofcheck.errors import ArgumentError
from torch_impl.network import MLPStep, Network
from torch_impl.norm_blocks import entries
from torch_impl.norms import certified_norm_squared
from torch_impl.rounding import sqrt_up

CONSTANTS = ("paper", "w1", "winf")
_SPLIT = 2000  # blocks up to which the read-out is bounded block by block as well


@dataclass(frozen=True)
class Certificate:
    """What is certified about a network on a domain; sizes are upper bounds.

    query: Lipschitz constant in x.   context: in mu, by metric and lemma ("paper", "w1": W_1; "winf": W_infinity).
    composition: the same by LT-09 over all layers as one block; `context` is the smaller one.
    roundoff: how far the float output may lie from the real one, for at most `tokens` tokens; None for no bound.
    """

    radius: Fraction
    diameter: Fraction
    lift_norm: Fraction
    readout_norm: Fraction
    layers: tuple[LayerCertificate, ...]
    query: Fraction
    context: dict[str, arb]
    composition: dict[str, arb]
    roundoff: arb | None
    tokens: int
    dtype: str

    @property
    def ok(self) -> bool:
        """Whether every step is certified admissible."""
        return all(layer.verdict.word == ADMISSIBLE for layer in self.layers)

    @property
    def refused(self) -> tuple[LayerCertificate, ...]:
        """The layers whose step is not admissible."""
        return tuple(layer for layer in self.layers if layer.verdict.word == NOT_ADMISSIBLE)


def certify(
    network: Network,
    *,
    radius: Fraction,
    diameter: Fraction | None = None,
    tokens: int = 1024,
    progress: Callable[[int, int], None] = lambda done, planned: None,
) -> Certificate:
    """The certificate of `network` for contexts and queries of norm <= radius, contexts within `diameter` (2 radius).

    tokens: the largest number of tokens that the roundoff bound covers; nothing else depends on it.

    Raises:
        ArgumentError: a radius, diameter or number of tokens that is negative, or a diameter that is not finite.
    """
    if radius < 0 or (diameter is not None and diameter < 0) or tokens < 1:
        raise ArgumentError(
            f"certify: required radius >= 0, diameter >= 0, tokens >= 1, got radius={radius}, diameter={diameter}, "
            f"tokens={tokens}. The domain is a ball, its diameter at most twice its radius."
        )
    within = 2 * radius if diameter is None else min(diameter, 2 * radius)
    state = Blocks(network.lift, radius, within, CONSTANTS, Arithmetic.of(network.lift.dtype, tokens))
    layers: list[LayerCertificate] = []
    for k, layer in enumerate(network.layers):
        progress(k, len(network.layers))
        layers.append(mlp_layer(k, layer, state) if isinstance(layer, MLPStep) else attention_layer(k, layer, state))
    lift, readout = (sqrt_up(certified_norm_squared(t)) for t in (network.lift, network.readout))
    query, context, error = _read_out(network, state, readout)
    composition = {p: _compose(layers, p, lift * readout) for p in CONSTANTS}
    return Certificate(
        radius,
        within,
        lift,
        readout,
        tuple(layers),
        query,
        {p: _smaller(context[p], composition[p]) for p in CONSTANTS},
        composition,
        error if error.is_finite() else None,
        tokens,
        str(network.lift.dtype).removeprefix("torch."),
    )


def _read_out(network: Network, state: Blocks, readout: Fraction) -> tuple[Fraction, dict[str, arb], arb]:
    """Constants of V T from those of the blocks that V reads: |V| |blocks|, or block by block, whichever is less."""
    rows, columns, values = entries(network.readout.coalesce() if network.readout.is_sparse else network.readout)
    names = state.touched(columns.tolist())
    if not names:
        return Fraction(0), {p: arb(0) for p in CONSTANTS}, arb(0)
    seen = state.view(names)
    query = readout * state.query(seen)
    with flint.ctx.workprec(PRECISION):
        context = {p: (as_ball(readout) * seen.context[p]).upper() for p in CONSTANTS}
        size = as_ball(state.rough_radius(seen)) + seen.error
        terms = int(np.bincount(rows).max())
        rounding = dot_error(state.arithmetic, terms, frobenius_norm(values), size, network.readout.shape[0])
        error = (as_ball(readout) * seen.error + rounding).upper()
    if 1 < len(names) <= _SPLIT:
        dense = network.readout.to_dense()
        norms = [sqrt_up(certified_norm_squared(dense[:, state.blocks[name].rows])) for name in names]
        parts = [state.blocks[name] for name in names]
        query = min(query, sum((n * state.query(b) for n, b in zip(norms, parts, strict=True)), Fraction(0)))
        for p in CONSTANTS:
            with flint.ctx.workprec(PRECISION):
                total = sum((as_ball(n) * b.context[p] for n, b in zip(norms, parts, strict=True)), arb(0)).upper()
            context[p] = _smaller(context[p], total)
    return query, context, error


def _compose(layers: list[LayerCertificate], p: str, outer: Fraction) -> arb:
    """outer (prod (q_l + c_l) - prod q_l), LT-09, as C' = q C + c P, P' = (q + c) P, without cancellation."""
    with flint.ctx.workprec(PRECISION):
        gap, spread = arb(0), arb(1)
        for layer in layers:
            q, c = as_ball(layer.growth), layer.context[p]
            gap, spread = (q * gap + c * spread).upper(), ((q + c) * spread).upper()
        return (as_ball(outer) * gap).upper() if not gap.is_zero() else arb(0)


def _smaller(a: arb, b: arb) -> arb:
    """The smaller of two exact balls; a number beats infinity."""
    if not a.is_finite():
        return b
    return b if b.is_finite() and b < a else a
