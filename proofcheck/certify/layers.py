"""What one layer does to the blocks, and its own certificate: norm, steps, verdict, constants."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
import torch
from flint import arb

from proofcheck.certify.blocks import Block, Blocks
from proofcheck.certify.numbers import PRECISION, as_ball, bound, hypotenuse, rounded_up
from proofcheck.certify.roundoff import attention_error, mlp_error
from proofcheck.certify.steps import Verdict, decide, largest_step
from torch_impl.network import AttentionStep, MLPStep
from torch_impl.norm_blocks import components, entries
from torch_impl.norms import certified_norm_squared, certified_norm_squared_below
from torch_impl.reference.balls import upper
from torch_impl.rounding import sqrt_up

_USELESS = 10**300  # an error beyond it is no bound of a float
_SHOWN = 64  # components of W up to which a radius is worth its price


@dataclass(frozen=True)
class LayerCertificate:
    """One layer. square: ||W||^2 or ||A||^2 from below and above. diameter: of the tokens
    of one context that reach an attention layer.   domain: D = ||A|| diameter.

    paper: the paper's largest step, 2/||W||^2 or 2/(||A|| r)^2.   sharp: the one that decides (in `verdict`).
    radius: |x| of tokens and queries that reach the layer, of the widest block it uses; None for too many blocks.
    growth: q_l.   context: c_l by metric and lemma.
    """

    index: int
    kind: str  # "mlp" | "attention"
    shape: tuple[int, int]
    step: float
    square: tuple[Fraction, Fraction]
    diameter: Fraction | None
    domain: Fraction | None
    verdict: Verdict
    paper: Fraction | None
    radius: Fraction | None
    growth: Fraction
    context: dict[str, arb]

    @property
    def name(self) -> str:
        return f"layers.{self.index}"

    @property
    def norm(self) -> Fraction:
        """>= ||W|| or ||A||."""
        return sqrt_up(self.square[1])


def mlp_layer(index: int, layer: MLPStep, state: Blocks) -> LayerCertificate:
    """Certify x - step W^T relu(W x + b) and move the blocks through it, one component of W at a time."""
    W = layer.W.coalesce() if layer.W.is_sparse else layer.W
    square = certified_norm_squared_below(W), certified_norm_squared(W)
    verdict = decide("mlp_step", layer.step, *square)
    growth = _growth(layer.step, square[1], verdict)
    rows, columns, values = entries(W)
    radius = Fraction(0)
    pieces = parts(rows, columns, (W.shape[0], W.shape[1]))
    for part in pieces:
        block = state.join(columns[part].tolist())
        offset = _offset(rows[part], columns[part], values[part], layer.b) * abs(Fraction(layer.step))
        if len(pieces) <= _SHOWN:
            radius = max(radius, state.radius(block))
        rounding = _mlp_rounding(rows[part], columns[part], values[part], layer, square[1], block, state)
        _grow(block, growth)
        with flint.ctx.workprec(PRECISION):
            block.error = (block.error + rounding).upper()
        block.shift = rounded_up(block.shift + offset)
    return LayerCertificate(
        index,
        "mlp",
        (W.shape[0], W.shape[1]),
        layer.step,
        square,
        None,
        None,
        verdict,
        verdict.safe,
        radius if len(pieces) <= _SHOWN else None,
        growth,
        {p: arb(0) for p in ("paper", "w1", "winf")},
    )


def attention_layer(index: int, layer: AttentionStep, state: Blocks) -> LayerCertificate:
    """Certify x - step E_x[A y]; its rows join, its columns are read where they are."""
    A = layer.A.coalesce() if layer.A.is_sparse else layer.A
    square = certified_norm_squared_below(A), certified_norm_squared(A)
    norm, eta = sqrt_up(square[1]), abs(Fraction(layer.step))
    rows, columns, values = entries(A)
    if len(rows) == 0:
        nothing = decide("attention_step_sharp", layer.step, Fraction(0), Fraction(0))
        zero = {p: arb(0) for p in ("paper", "w1", "winf")}
        shape = (A.shape[0], A.shape[1])
        return LayerCertificate(
            index,
            "attention",
            shape,
            layer.step,
            square,
            None,
            Fraction(0),
            nothing,
            None,
            Fraction(0),
            Fraction(1),
            zero,
        )
    moved = state.join(rows.tolist())
    names = state.touched(columns.tolist())
    read = state.view(names)
    # D^2 from above with the growth of rejected layers, from below as if there were none
    delta = state.input_diameter**2
    over = square[1] * state.lift_square(read) * read.growth**2 * delta
    under = square[0] * state.lift_square(read, below=True) * delta
    verdict = decide("attention_step_sharp", layer.step, under, over)
    growth = _growth(layer.step, over / 4, verdict)
    r_query, r_tokens = state.radius(moved), state.radius(read)
    radius = max(r_query, r_tokens)
    union = norm * state.union_diameter(read)
    context = {
        "paper": bound("context_bound", "context_constant", eta=eta, a=norm, R=radius),
        "w1": bound("context_bound_sharp", "context_constant", eta=eta, a=norm, D=union, t=norm * r_query, r=r_query),
        "winf": bound("context_bound_w_inf", "context_constant", eta=eta, a=norm, D=union, t=norm * r_query),
    }
    lipschitz, reach = as_ball(state.query(read)), state.diameter(read)
    before = dict(read.context)
    pushed = norm * r_tokens * eta
    error = _attention_error(layer, (rows, columns, values), norm, moved, read, state)
    _grow(moved, growth)
    with flint.ctx.workprec(PRECISION):
        moved.error = (moved.error + error).upper()
        for p, c in context.items():
            moved.context[p] = (moved.context[p] + c * (lipschitz + before[p])).upper()
    moved.shift = rounded_up(moved.shift + pushed)
    moved.drift = rounded_up(moved.drift + eta * union)
    return LayerCertificate(
        index,
        "attention",
        (A.shape[0], A.shape[1]),
        layer.step,
        square,
        reach,
        sqrt_up(over),
        verdict,
        largest_step("attention_step", (norm * radius) ** 2),
        radius,
        growth,
        context,
    )


def _mlp_rounding(
    rows: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
    layer: MLPStep,
    square: Fraction,
    block: Block,
    state: Blocks,
) -> arb:
    """Rounding of one component of W on its block."""
    frobenius = frobenius_norm(values)
    bias = hypotenuse(abs(Fraction(v)) for v in layer.b.to(torch.float64).numpy()[np.unique(rows)].tolist())
    size = as_ball(state.rough_radius(block)) + block.error
    shape = _most(columns), _most(rows)
    norm = min(frobenius, sqrt_up(square))
    counts = len(np.unique(rows)), len(block.rows)
    return mlp_error(state.arithmetic, norm, frobenius, shape, bias, abs(Fraction(layer.step)), size, counts)


def _attention_error(
    layer: AttentionStep, found: tuple[np.ndarray, ...], norm: Fraction, moved: Block, read: Block, state: Blocks
) -> arb:
    """What the moved block's error grows by: the tokens' error through LT-08, and rounding."""
    rows, _, values = found
    eta = abs(Fraction(layer.step))
    if not (moved.error < _USELESS and read.error < _USELESS):
        return arb("+inf")  # an enormous number would not fit into a rational either
    off = upper(read.error)
    query = rounded_up(state.radius(moved) + upper(moved.error))
    token = rounded_up(state.radius(read) + off)
    # the real context and the float one differ by `off` in each token, so one diameter plus 2 off holds both
    spread = norm * (state.diameter(read) + 2 * off)
    constant = bound("context_bound_w_inf", "context_constant", eta=eta, a=norm, D=spread, t=norm * query)
    shape = len(np.unique(rows)), _most(rows)
    rounding = attention_error(
        state.arithmetic, norm, frobenius_norm(values), shape, eta, as_ball(query), as_ball(token), len(moved.rows)
    )
    with flint.ctx.workprec(PRECISION):
        return (constant * read.error + rounding).upper()


def frobenius_norm(values: np.ndarray) -> Fraction:
    """>= |M|_F of the matrix with these entries."""
    return rounded_up(sqrt_up(sum((Fraction(v) ** 2 for v in values.tolist()), Fraction(0))))


def _growth(step: float, square: Fraction, verdict: Verdict) -> Fraction:
    """q_l: the norm of I - step H, 0 <= H <= square; 1 for an admissible step."""
    if verdict.safe is None or 0 <= Fraction(step) <= verdict.safe:
        return Fraction(1)
    return rounded_up(max(Fraction(1), Fraction(step) * square - 1, 1 - Fraction(step) * square))


def _grow(block: Block, growth: Fraction) -> None:
    if growth == 1:
        return
    block.growth = rounded_up(block.growth * growth)
    block.shift, block.drift = rounded_up(block.shift * growth), rounded_up(block.drift * growth)
    with flint.ctx.workprec(PRECISION):
        block.error = (as_ball(growth) * block.error).upper()
        block.context = {p: (as_ball(growth) * c).upper() for p, c in block.context.items()}


def parts(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> list[np.ndarray]:
    """The entries of each connected component, as positions."""
    if len(rows) == 0:
        return []
    label = components(rows, columns, shape)
    order = np.argsort(label, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(label[order])) + 1)


def _offset(rows: np.ndarray, columns: np.ndarray, values: np.ndarray, b: torch.Tensor) -> Fraction:
    """>= |W^T relu(b)| of one component, exact but for the root."""
    hidden = b.to(torch.float64).numpy()[rows]
    active = hidden > 0
    total: dict[int, Fraction] = {}
    for j, w, h in zip(columns[active].tolist(), values[active].tolist(), hidden[active].tolist(), strict=True):
        total[j] = total.get(j, Fraction(0)) + Fraction(w) * Fraction(h)
    return hypotenuse(total.values())


def _most(index: np.ndarray) -> int:
    """How often the most frequent number occurs."""
    return int(np.unique(index, return_counts=True)[1].max())
