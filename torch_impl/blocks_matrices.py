"""Block matrices of networks: placed, padded, and sparse where most entries are 0."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.network import AttentionStep, MLPStep, Network


def assemble(shape: tuple[int, ...], blocks: Iterable[tuple[Tensor, int, int]], like: Tensor) -> Tensor:
    """The matrix of this shape with each block (matrix, first row, first column) at its place, 0 elsewhere.

    Blocks may be strided or sparse and do not overlap. Sparse COO if fewer than half of the entries are not 0.
    """
    rows, columns, values = [], [], []
    for block, row, column in blocks:
        sparse = block.coalesce() if block.is_sparse else block.to_sparse()
        index, value = sparse.indices(), sparse.values()
        kept = value != 0
        rows.append(index[0, kept] + row)
        columns.append(index[1, kept] + column)
        values.append(value[kept])
    return from_entries(shape, torch.cat(rows), torch.cat(columns), torch.cat(values).to(like))


def from_entries(shape: tuple[int, ...], rows: Tensor, columns: Tensor, values: Tensor) -> Tensor:
    """The matrix with these entries, sparse COO if fewer than half of the entries are given."""
    index = torch.stack([rows, columns]).to(values.device)
    matrix = torch.sparse_coo_tensor(index, values, shape, check_invariants=True).coalesce()
    return matrix if values.numel() < shape[0] * shape[1] - values.numel() else matrix.to_dense()


def identity(n: int, like: Tensor) -> Tensor:
    """The identity of R^n, sparse for n > 2."""
    line = torch.arange(n, device=like.device)
    return from_entries((n, n), line, line, torch.ones(n, dtype=like.dtype, device=like.device))


def dense(matrix: Tensor) -> Tensor:
    """The same matrix, strided."""
    return matrix.to_dense() if matrix.is_sparse else matrix


def extend(f: Network, k: int) -> Network:
    """f with k more coordinates that are 0 at every layer, the last k of the new width."""
    m = f.width + k
    layers = tuple(
        MLPStep(assemble((s.W.shape[0], m), [(s.W, 0, 0)], f.lift), s.b, s.step)
        if isinstance(s, MLPStep)
        else AttentionStep(assemble((m, m), [(s.A, 0, 0)], f.lift), s.step)
        for s in f.layers
    )
    lift = assemble((m, f.d), [(f.lift, 0, 0)], f.lift)
    return Network(lift, layers, assemble((f.readout.shape[0], m), [(f.readout, 0, 0)], f.lift))


def scalar(where: str, f: Network) -> list[float]:
    """The one row of the read-out of f.

    Raises:
        ArgumentError: f has several read-outs.
    """
    if f.readout.shape[0] != 1:
        raise ArgumentError(
            f"{where}: networks must be scalar, got {f.readout.shape[0]} read-outs. "
            "Order is per coordinate: use max_min on chosen read-outs."
        )
    return dense(f.readout)[0].tolist()
