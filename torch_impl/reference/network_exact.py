"""A `Network` over the rationals: the value of the map that its stored floats define, without rounding.

Weights, biases and steps are dyadic rationals, so an MLP layer is exact. An attention layer is exact where every
score <x, A y_j> of a query is the same (LT-14: a fresh coordinate makes them 0): the softmax then is the weights of
the measure and E_x[A y] = A mean(mu). Elsewhere the value is not rational and `NotUniform` says so;
`proofcheck.certify.enclosure` encloses it in balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpq
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.reference.exact import ExactMeasure, Vector

State = Any  # object array (m, columns) of fmpq


class NotUniform(ArgumentError):
    """An attention layer whose scores differ: its value is not rational."""


@dataclass(frozen=True)
class _Matrix:
    """A sparse matrix of fmpq: entry values[k] at (rows[k], columns[k])."""

    rows: np.ndarray
    columns: np.ndarray
    values: Any
    shape: tuple[int, int]

    def times(self, x: State) -> State:
        out = np.full((self.shape[0], x.shape[1]), fmpq(0), dtype=object)
        if len(self.values):
            np.add.at(out, self.rows, self.values[:, None] * x[self.columns])
        return out

    def transposed(self) -> _Matrix:
        return _Matrix(self.columns, self.rows, self.values, (self.shape[1], self.shape[0]))


class ExactNetwork:
    """`network` as a map over the rationals; build it once for many measures."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._lift = _matrix(network.lift)
        self._readout = _matrix(network.readout)
        self._layers = [
            (_matrix(s.W), _column(s.b), _rational(s.step))
            if isinstance(s, MLPStep)
            else (_matrix(s.A), None, _rational(s.step))
            for s in network.layers
        ]
        kinds = [k for k, s in enumerate(network.layers) if isinstance(s, AttentionStep)]
        self._last_attention = max(kinds, default=-1)

    def __call__(self, measure: ExactMeasure, queries: Sequence[Vector]) -> list[Vector]:
        """The outputs (o numbers each) at the queries, for one context.

        Raises:
            ArgumentError: a dimension other than the network's d.
            NotUniform: an attention layer whose scores differ.
        """
        d = self.network.d
        if any(len(v) != d for v in (*measure.points, *queries)):
            raise ArgumentError(f"ExactNetwork: tokens and queries must have d = {d} coordinates.")
        n = len(measure.points)
        state = self._lift.times(_state((*measure.points, *queries), d))
        weights = np.array([_fmpq(w) for w in measure.weights], dtype=object)
        for k, (matrix, bias, step) in enumerate(self._layers):
            if k == self._last_attention:
                # no later layer looks at the context: go on with the queries alone
                state = self._attend(k, matrix, step, state[:, :n], weights, state[:, n:])
                n = 0
            elif bias is None:
                state = self._attend(k, matrix, step, state[:, :n], weights, state)
            else:
                hidden = matrix.times(state) + bias
                hidden[hidden < 0] = fmpq(0)
                state = state - matrix.transposed().times(step * hidden)
        outputs = self._readout.times(state[:, n:])
        return [tuple(_fraction(v) for v in column) for column in outputs.T]

    def _attend(self, k: int, A: _Matrix, step: fmpq, atoms: State, weights: Any, x: State) -> State:
        values = A.times(atoms)
        moments = values @ weights
        directions = A.transposed().times(x)  # <x, A y> = <A^T x, y>
        for column in np.flatnonzero((directions != 0).any(axis=0)):
            scores = {_fraction(v) for v in directions[:, column] @ atoms}
            if len(scores) > 1:
                raise NotUniform(
                    f"ExactNetwork: layers.{k} must have equal scores to be rational, got {len(scores)} different "
                    "ones. Enclose it in balls instead."
                )
        return x - (step * moments)[:, None]


def _matrix(tensor: Tensor) -> _Matrix:
    sparse = tensor.detach().to_sparse().coalesce() if not tensor.is_sparse else tensor.detach().coalesce()
    rows, columns = sparse.indices().numpy()
    values = np.array([_rational(v) for v in sparse.values().double().tolist()] + [None], dtype=object)[:-1]
    return _Matrix(rows, columns, values, (tensor.shape[0], tensor.shape[1]))


def _column(tensor: Tensor) -> Any:
    return np.array([_rational(v) for v in tensor.double().tolist()] + [None], dtype=object)[:-1, None]


def _state(vectors: Sequence[Vector], d: int) -> State:
    out = np.empty((d, len(vectors)), dtype=object)
    for column, vector in enumerate(vectors):
        out[:, column] = [_fmpq(Fraction(v)) for v in vector]
    return out


def _rational(value: float) -> fmpq:
    return fmpq(*value.as_integer_ratio())


def _fmpq(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.numer()), int(value.denom()))
