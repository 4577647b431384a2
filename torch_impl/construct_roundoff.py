"""How far a network in float64 is from itself over the reals, for networks whose attention is uniform (LT-14).

Every layer is 1-Lipschitz in the query for a fixed context (LT-01, LT-04), so an error of 2-norm e made in one layer
is at most e at the end. With u = 2^-53, |x| <= r before the layer, rows of at most k entries and w = |W|:
    MLP         hidden: gamma_{k+1} (|W||x| + |b|); the step and its sum: gamma_4 more, so
                e <= gamma_{k+6} (r + step w (w r + |b|)),
    attention   E[A y] over n atoms: weights exp(log a_j - max)/sum carry (2n + 4 |log a_min| + 12) u, relative
                (log and exp within 2 units in the last place, as torch's are documented), products and sums of A y
                another gamma_{n+k+2}; the atoms themselves carry the errors e' of the layers before:
                e <= eta |A| (e' + (3n + k + 4 |log a_min| + 16) u r) + 2 u r.
Then the read-out: |v| (sum of the e + gamma_{k+2} r). gamma_j = j u/(1 - j u). Radii r as in LT-10.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from torch_impl.network import MLPStep, Network

_U = 2.0**-53


def roundoff_bound(
    network: Network, *, radius: float | Fraction, n: int, smallest_weight: float | None = None
) -> float:
    """>= |float64 value - real value| of a uniform-attention network, per output.

    radius: of tokens and queries.   n: number of atoms.   smallest_weight: 1/n when not given.
    """
    lowest = smallest_weight if smallest_weight is not None else 1.0 / n
    r = float(radius) * _frobenius(network.lift)
    error = _gamma(network.d + 1) * r
    for layer in network.layers:
        matrix = layer.W if isinstance(layer, MLPStep) else layer.A
        k, norm = _row_length(matrix), _norm(matrix)
        if isinstance(layer, MLPStep):
            bias = float(torch.linalg.vector_norm(layer.b))
            pushed = layer.step * norm * float(torch.linalg.vector_norm(torch.relu(layer.b)))
            error += _gamma(k + 6) * (r + layer.step * norm * (norm * r + bias))
            r += pushed
        else:
            count = 3 * n + k + 4 * abs(math.log(lowest)) + 16
            # the query's own error stays, the atoms' error arrives through eta |A|
            error += abs(layer.step) * norm * (error + count * _U * r) + 2 * _U * r
            r *= 1 + abs(layer.step) * norm
    widest = _row_length(network.readout)
    total = _frobenius(network.readout) * (error + _gamma(widest + 2) * r)
    return total * (1 + 2**-20)  # the sums above are themselves floats


def gradient_roundoff(network: Network) -> float:
    """>= the error of a float64 gradient in the lifted query: each layer's transpose is as accurate as the layer.

    A step backwards is g - step W^T (mask W g): gamma_{k+6} (1 + step w^2) |g| <= 3 gamma_{k+6} |g|, and |g| <= |v|.
    """
    each = [3 * _gamma(_row_length(s.W if isinstance(s, MLPStep) else s.A) + 6) for s in network.layers]
    return (sum(each) + _gamma(network.width)) * _frobenius(network.readout) * _frobenius(network.lift)


def context_gain(network: Network) -> float:
    """eta |A| of the attention layers, multiplied: what a gradient in an atom's weight may be scaled by."""
    gains = [abs(s.step) * _norm(s.A) for s in network.layers if not isinstance(s, MLPStep)]
    return math.prod(gains) if gains else 0.0


def _gamma(count: float) -> float:
    return count * _U / (1 - count * _U)


def _entries(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    sparse = (matrix if matrix.is_sparse else matrix.to_sparse()).coalesce()
    rows, columns = sparse.indices()
    return rows, columns, sparse.values().abs()


def _row_length(matrix: Tensor) -> int:
    rows, _, _ = _entries(matrix)
    return int(torch.bincount(rows, minlength=1).max())


def _norm(matrix: Tensor) -> float:
    """min(|M|_F, sqrt(|M|_1 |M|_inf)) in floats."""
    rows, columns, values = _entries(matrix)
    if not len(values):
        return 0.0
    widest = torch.zeros(matrix.shape[0], dtype=values.dtype).index_add_(0, rows, values).max()
    tallest = torch.zeros(matrix.shape[1], dtype=values.dtype).index_add_(0, columns, values).max()
    return min(_frobenius(matrix), math.sqrt(float(widest) * float(tallest))) * (1 + 2**-20)


def _frobenius(matrix: Tensor) -> float:
    return float(torch.linalg.vector_norm(_entries(matrix)[2]))
