"""A network run on given contexts in ball arithmetic: every token of every layer enclosed, so nothing is a float.

Serves two bounds: the data version of LT-05, D = max |A(y_i - y_j)| over the tokens that really reach the layer, and
the distance between the model's float output and the true one. Matrices act on their nonzero rows and columns only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import torch
from flint import arb, arb_mat
from torch import Tensor

from torch_impl.measures import Measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.norm_blocks import entries
from torch_impl.reference.balls import ball, lower, upper
from torch_impl.reference.exact import ExactMeasure
from torch_impl.rounding import sqrt_up

PRECISION = 256  # bits
_DENSE = 2**16  # entries up to which the touched part of a sparse matrix is written out


@dataclass(frozen=True)
class Enclosure:
    """squares: for each attention layer the ends of D^2 on this context.   outputs: V T at each token, in balls."""

    squares: dict[int, tuple[Fraction, Fraction]]
    outputs: arb_mat  # (n, o)


def enclose(
    network: Network, mu: ExactMeasure, queries: arb_mat | None = None, progress: Callable[[int], None] = lambda k: None
) -> Enclosure:
    """The context's tokens through every layer. queries (q, d): what is put out; the tokens themselves if None."""
    with flint.ctx.workprec(PRECISION):
        weights = [ball(w) for w in mu.weights]
        tokens = arb_mat([[ball(v) for v in y] for y in mu.points])
        n = tokens.nrows()
        state = _rows(tokens, queries) if queries is not None else tokens
        state = Matrix(network.lift).apply(state)
        squares: dict[int, tuple[Fraction, Fraction]] = {}
        for k, layer in enumerate(network.layers):
            progress(k)
            if isinstance(layer, MLPStep):
                state = _mlp(layer, state)
            else:
                state, squares[k] = _attention(layer, state, n, weights)
        if queries is not None:
            state = arb_mat([[state[i, j] for j in range(state.ncols())] for i in range(n, state.nrows())])
        return Enclosure(squares, Matrix(network.readout).apply(state))


def output_error(network: Network, contexts: Measure, i: int, outputs: arb_mat) -> Fraction:
    """>= max over the tokens y of context i of |float Lambda(mu, y) - Lambda(mu, y)|, floats as the model runs."""
    points = contexts.points[i][contexts.weights[i] > 0]
    weights = contexts.weights[i][contexts.weights[i] > 0]
    with torch.no_grad():
        floats = network(Measure(points, weights), points)
    return largest_gap(floats, outputs)


def largest_gap(floats: Tensor, outputs: arb_mat) -> Fraction:
    """>= max over the rows of |floats - outputs|; infinite floats are refused by Fraction."""
    with flint.ctx.workprec(PRECISION):
        gap = _from_floats(floats.to(torch.float64).tolist()) - outputs
        sizes = [sum((gap[i, j] * gap[i, j] for j in range(gap.ncols())), arb(0)) for i in range(gap.nrows())]
        return max(sqrt_up(max(Fraction(0), upper(size))) for size in sizes)


class Matrix:
    """M as balls: x -> x M^T on the rows of x, through the nonzero rows and columns of M only."""

    def __init__(self, M: Tensor) -> None:
        self.shape = (M.shape[0], M.shape[1])
        rows, columns, values = entries(M.coalesce() if M.is_sparse else M)
        self.rows, i = np.unique(rows, return_inverse=True)
        self.columns, j = np.unique(columns, return_inverse=True)
        self._entries = list(zip(i.tolist(), j.tolist(), values.tolist(), strict=True))
        self._dense: arb_mat | None = None
        if len(self._entries) and len(self.rows) * len(self.columns) <= max(_DENSE, 4 * len(self._entries)):
            whole = np.zeros((len(self.columns), len(self.rows)))
            whole[j, i] = values
            self._dense = _from_floats(whole.tolist())

    def reduced(self, x: arb_mat, *, transposed: bool = False) -> arb_mat:
        """(k, columns used) -> (k, rows used), or back through M^T."""
        if self._dense is not None:
            return x * (self._dense.transpose() if transposed else self._dense)
        width = len(self.columns) if transposed else len(self.rows)
        result = [[arb(0)] * width for _ in range(x.nrows())]
        for r, row in enumerate(result):
            for i, j, value in self._entries:
                source, target = (i, j) if transposed else (j, i)
                row[target] = row[target] + x[r, source] * value
        return arb_mat(result) if width else arb_mat(x.nrows(), 0)

    def apply(self, x: arb_mat) -> arb_mat:
        """(k, columns) -> (k, rows): x M^T."""
        image = self.reduced(_columns(x, self.columns))
        result = arb_mat(x.nrows(), self.shape[0])
        for r in range(x.nrows()):
            for c, i in enumerate(self.rows.tolist()):
                result[r, i] = image[r, c]
        return result


def _mlp(layer: MLPStep, x: arb_mat) -> arb_mat:
    W = Matrix(layer.W)
    hidden = W.reduced(_columns(x, W.columns))
    offset = [arb(v) for v in layer.b.to(torch.float64)[torch.from_numpy(W.rows)].tolist()]
    zero = arb(0)
    for r in range(hidden.nrows()):
        for c, b in enumerate(offset):
            hidden[r, c] = (hidden[r, c] + b).max(zero)
    return _moved(x, W.columns, W.reduced(hidden, transposed=True), layer.step)


def _attention(
    layer: AttentionStep, x: arb_mat, n: int, weights: list[arb]
) -> tuple[arb_mat, tuple[Fraction, Fraction]]:
    """The step on every row of x, the first n of which are the tokens; and the ends of D^2."""
    A = Matrix(layer.A)
    if len(A.rows) == 0:
        return x, (Fraction(0), Fraction(0))
    tokens = arb_mat([[x[i, j] for j in range(x.ncols())] for i in range(n)])
    values = A.reduced(_columns(tokens, A.columns))
    scores = _columns(x, A.rows) * values.transpose()
    p = arb_mat(x.nrows(), n)
    for r in range(x.nrows()):
        top = max(scores[r, j].mid() for j in range(n))  # any shift: it cancels, and keeps exp in range
        powers = [w * (scores[r, j] - top).exp() for j, w in enumerate(weights)]
        total = sum(powers, arb(0))
        for j, power in enumerate(powers):
            p[r, j] = power / total
    return _moved(x, A.rows, p * values, layer.step), _diameter_square(values)


def _diameter_square(values: arb_mat) -> tuple[Fraction, Fraction]:
    n = values.nrows()
    # centred at a token, so that a small cloud far out keeps its digits
    centred = arb_mat([[values[i, j] - values[0, j] for j in range(values.ncols())] for i in range(n)])
    gram = centred * centred.transpose()
    squares = [gram[i, i] + gram[j, j] - 2 * gram[i, j] for i in range(n) for j in range(i)]
    if not squares:
        return Fraction(0), Fraction(0)
    # ends as balls first: turning every one into a rational would cost more than the distances
    high = max((s.upper() for s in squares), key=_Key)
    low = max((s.lower() for s in squares), key=_Key)
    return max(Fraction(0), lower(low)), max(Fraction(0), upper(high))


class _Key:
    """Order of exact balls."""

    def __init__(self, value: arb) -> None:
        self.value = value

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < other.value)


def _moved(x: arb_mat, columns: np.ndarray, direction: arb_mat, step: float) -> arb_mat:
    """x - step direction in the given columns."""
    result = arb_mat(x)
    for r in range(x.nrows()):
        for c, j in enumerate(columns.tolist()):
            result[r, j] = result[r, j] - direction[r, c] * step
    return result


def _columns(x: arb_mat, columns: np.ndarray) -> arb_mat:
    if len(columns) == x.ncols():
        return x
    return (
        arb_mat([[x[r, j] for j in columns.tolist()] for r in range(x.nrows())])
        if len(columns)
        else arb_mat(x.nrows(), 0)
    )


def _rows(above: arb_mat, below: arb_mat) -> arb_mat:
    parts = [[m[i, j] for j in range(m.ncols())] for m in (above, below) for i in range(m.nrows())]
    return arb_mat(parts)


def _from_floats(rows: list[list[float]]) -> arb_mat:
    return arb_mat([[arb(v) for v in row] for row in rows])
