"""A deep in-context Transformer as plain data: what is built, saved, loaded and certified.

    Lambda(mu, x) = V T(Q_# mu, Q x),   T = second component of bar G_L o ... o bar G_1   (LT-09),

each G_l an MLP step x - step W^T relu(W x + b) (LT-01) or an attention step x - step E_x[A y] (LT-04, LT-05).
A `Network` is a frozen record of tensors without gradients. Steps are numbers of the record: nothing is
recomputed when it runs, so the map that was certified is the map that runs. Matrices may be sparse (COO): a
construction has thousands of coordinates of which a row uses two.

Names of the tensors in a file: `lift` (m, d), `readout` (o, m), and for each layer k = 0, 1, ...
`layers.k.W` (w, m), `layers.k.b` (w), `layers.k.step` () for an MLP step, `layers.k.A` (m, m), `layers.k.step`
for attention. A sparse matrix M is stored as `M.indices` (2, nnz), `M.values` (nnz), `M.shape` (2).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.composition import bar
from torch_impl.layers import gradient_attention, gradient_mlp, softmax
from torch_impl.measures import Measure, atoms, log_weights, pushforward


@dataclass(frozen=True, eq=False)
class MLPStep:
    """x - step * W^T relu(W x + b), W (w, m) strided or sparse COO, b (w)."""

    W: Tensor
    b: Tensor
    step: float

    def __call__(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, q, m) -> (*batch, q, m); the context is not looked at."""
        if not self.W.is_sparse:
            return gradient_mlp(x, self.W, self.b, self.step)
        hidden = torch.relu(times(x, self.W) + self.b)
        return x - self.step * times(hidden, self.W.t())


@dataclass(frozen=True, eq=False)
class AttentionStep:
    """x - step * E_x[A y], A (m, m) strided or sparse COO."""

    A: Tensor
    step: float

    def __call__(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, q, m) queries against the (*batch, n, m) atoms of the measure."""
        if not self.A.is_sparse:
            return gradient_attention(measure, x, self.A, self.step)
        values = times(atoms(measure), self.A)
        scores = x @ values.mT + log_weights(measure).unsqueeze(-2)
        return x - self.step * (softmax(scores) @ values)


Step = MLPStep | AttentionStep


@dataclass(frozen=True, eq=False)
class Network:
    """Lambda(mu, x) = readout T(lift_# mu, lift x).

    lift: (m, d).   layers: steps on R^m.   readout: (o, m).

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit, or an entry or a step is not finite.
    """

    lift: Tensor
    layers: tuple[Step, ...]
    readout: Tensor

    def __post_init__(self) -> None:
        m = self.lift.shape[0] if self.lift.ndim == 2 else -1
        _check("lift", self.lift, self.lift, (m, self.lift.shape[-1] if self.lift.ndim else -1))
        _check("readout", self.readout, self.lift, (self.readout.shape[0] if self.readout.ndim else -1, m))
        for k, layer in enumerate(self.layers):
            if isinstance(layer, MLPStep):
                w = layer.W.shape[0] if layer.W.ndim else -1
                _check(f"layers.{k}.W", layer.W, self.lift, (w, m))
                _check(f"layers.{k}.b", layer.b, self.lift, (w,))
            else:
                _check(f"layers.{k}.A", layer.A, self.lift, (m, m))
            if not isinstance(layer.step, float) or not abs(layer.step) < float("inf"):
                raise ArgumentError(f"Network: layers.{k}.step must be a finite float, got {layer.step!r}.")

    @property
    def d(self) -> int:
        """Dimension of tokens and queries at the input."""
        return self.lift.shape[1]

    @property
    def width(self) -> int:
        """m, the dimension in which the layers act."""
        return self.lift.shape[0]

    @property
    def parameters(self) -> int:
        """Stored entries that are not zero: lift, W, b, A, steps, readout."""
        matrices = [self.lift, self.readout]
        matrices += [t for s in self.layers for t in ((s.W, s.b) if isinstance(s, MLPStep) else (s.A,))]
        return sum(
            int(t.coalesce().values().count_nonzero() if t.is_sparse else t.count_nonzero()) for t in matrices
        ) + len(self.layers)

    def __call__(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, n, d) atoms, (*batch, q, d) queries -> (*batch, q, o).

        The atoms stop before the last attention layer: no later layer looks at them.
        """
        last = max((k for k, layer in enumerate(self.layers) if isinstance(layer, AttentionStep)), default=0)
        measure, x = self._propagate(measure, x, self.layers[:last])[-1]
        for layer in self.layers[last:]:
            x = layer(measure, x)
        return times(x, self.readout)

    def propagate(self, measure: Measure, x: Tensor) -> list[tuple[Measure, Tensor]]:
        """[(mu_0, x_0), ..., (mu_L, x_L)] in R^m: the lifted input and what every layer leaves."""
        return self._propagate(measure, x, self.layers)

    def _propagate(self, measure: Measure, x: Tensor, layers: tuple[Step, ...]) -> list[tuple[Measure, Tensor]]:
        if measure.points.shape[-1] != self.d or x.shape[-1] != self.d:
            raise ArgumentError(
                f"Network: tokens and queries must have d = {self.d} coordinates, "
                f"got points {tuple(measure.points.shape)} and x {tuple(x.shape)}."
            )
        states = [(pushforward(measure, lambda y: times(y, self.lift)), times(x, self.lift))]
        for layer in layers:
            states.append(bar(layer, *states[-1]))
        return states


def times(x: Tensor, M: Tensor) -> Tensor:
    """x M^T: (..., m) rows through M (k, m), strided or sparse."""
    if not M.is_sparse:
        return x @ M.mT
    return torch.sparse.mm(M, x.reshape(-1, x.shape[-1]).mT).mT.reshape(*x.shape[:-1], M.shape[0])


def _check(name: str, tensor: Tensor, like: Tensor, shape: tuple[int, ...]) -> None:
    if 0 in tensor.shape:
        raise ArgumentError(f"Network: {name} must not be empty, got {tuple(tensor.shape)}.")
    if tuple(tensor.shape) != shape:
        raise ArgumentError(f"Network: {name} must have shape {shape}, got {tuple(tensor.shape)}.")
    if tensor.dtype != like.dtype or not tensor.is_floating_point() or tensor.device != like.device:
        raise ArgumentError(
            f"Network: {name} must be floating with the dtype and device of lift ({like.dtype} on {like.device}), "
            f"got {tensor.dtype} on {tensor.device}."
        )
    entries = tensor.coalesce().values() if tensor.is_sparse else tensor
    if not bool(torch.isfinite(entries).all()):
        raise ArgumentError(f"Network: {name} must be finite, got NaN or infinity.")
