"""Upper bounds for a whole attention sub-block out of bounds for its heads, in float64, not rounded outwards.

    heads      (sum_h L_h^2)^(1/2)                          the heads' outputs stand side by side
    projected  min( |W_o|_2 heads, sum_h L_h(W_h V_h) )     (`local_bound_heads`)
    residual   1 + projected                                 (GPT-2: projected reads LN, so times |D LN|)
    block      |D LN| residual                               (BERT), |D LN at token i|_2 <= max|g| / (var_i + eps)^(1/2)

L_h at one input is R1loc (AS-01L, `torch_impl.local_bound`), on all inputs with tokens of norm at most R R1' (AS-01).
There a query bias counts through s = R (|A| R + |beta|) in place of |A| R^2: |A x + beta| <= s/R, logits in [-s, s].
In a trained model e^(2s) is far above n, so that the bound free of n (AS-01U) is not smaller.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from torch_impl.attention_heads import Head
from torch_impl.bounds import Value, evaluate, lemma_bound
from torch_impl.huggingface import AttentionBlock, Part
from torch_impl.local_bound import local_bound_heads


def local_upper(block: AttentionBlock, part: Part, state: Tensor) -> float:
    """A bound of |D f|_2 at `state` (n, d), f the part of `block`, from its attention weights there.

    Raises:
        ArgumentError: shapes or numbers that `local_bound_heads` refuses.
    """
    X = block.normalised(state) if block.norm_first else state
    joined = local_bound_heads(X, heads(block, part), mask="causal" if block.causal else None)
    return joined if part == "heads" else _around(block, part, state, joined)


def ball_bound(block: AttentionBlock, part: Part, state: Tensor) -> float | None:
    """The same for all n tokens of norm at most R that attention reads, R the largest norm at `state`.

    None for the parts with a residual connection or a LayerNorm: their bound depends on more than R.
    """
    if part not in ("heads", "projected"):
        return None
    X = block.normalised(state) if block.norm_first else state
    R, n = float(X.norm(dim=-1).max()), X.shape[-2]
    values, scores = torch.linalg.matrix_norm(block.value, 2), torch.linalg.matrix_norm(block.scores, 2)
    logits = R * (scores * R + block.score_biases.norm(dim=-1))
    factors = (head_factor(s, n) for s in logits.tolist())
    side = math.hypot(*(v * factor for v, factor in zip(values.tolist(), factors, strict=True)))
    return side if part == "heads" else _norm(block.out) * side


def head_factor(s: float, n: int) -> float:
    """R1' of AS-01 for one head with |V|_2 = 1 and logits in [-s, s], with or without a mask."""
    at = {"v": 1.0, "a": s, "R": 1.0, "n": float(n)}  # a R^2 = s is all that enters
    return scalar(evaluate(lemma_bound("attention_smoothness.self_attention_bound", "sharper"), at))


def heads(block: AttentionBlock, part: Part) -> list[Head]:
    """The heads of `block` as data; W_h are columns of W_o, or for the part "heads" of the identity."""
    H = block.query.shape[0]
    out = torch.eye(block.out.shape[1], dtype=block.out.dtype) if part == "heads" else block.out
    columns = out.unflatten(1, (H, -1)).unbind(1)
    return [
        Head(block.query[h], block.key[h], block.value[h], columns[h], block.query_bias[h], block.scale)
        for h in range(H)
    ]


def _around(block: AttentionBlock, part: Part, state: Tensor, projected: float) -> float:
    """What the norm and the residual connection make of a bound of the projected heads."""
    if part == "projected":
        return projected
    if block.norm_first:
        return 1 + projected * _layer_norm(block, state)
    if part == "residual":
        return 1 + projected
    return (1 + projected) * _layer_norm(block, block.map("residual")(state))


def _layer_norm(block: AttentionBlock, X: Tensor) -> float:
    """max_i |D LN|_2 at the tokens X <= max|g| / (var + eps)^(1/2) (d >= 3)."""
    smallest = float(X.var(dim=-1, unbiased=False).min())
    return float(block.norm_weight.abs().max()) / math.sqrt(smallest + block.eps)


def scalar(value: Value) -> float:
    """A bound's value as a float."""
    return float(value)


def _norm(M: Tensor) -> float:
    return float(torch.linalg.matrix_norm(M, 2))
