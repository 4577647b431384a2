"""A matrix as a direct sum: the connected components of the bipartite graph of its rows and columns.

Rows and columns that share no entry act on orthogonal coordinates, so |W|_2 = max over the blocks of |block|_2. A
construction has thousands of equal blocks (every sorting step is the row (1, -1)): each distinct block comes once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Block:
    """Nonzero entries (nnz) at rows, columns (nnz) of a (rows, columns) = shape matrix, row by row."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    shape: tuple[int, int]

    def dense(self, numbers: list[int]) -> list[list[int]]:
        """The matrix with `numbers` in place of the values, as rows of integers."""
        whole = [[0] * self.shape[1] for _ in range(self.shape[0])]
        for i, j, number in zip(self.rows.tolist(), self.columns.tolist(), numbers, strict=True):
            whole[i][j] = number
        return whole

    def dense_floats(self) -> np.ndarray:
        """float64 (rows, columns)."""
        whole = np.zeros(self.shape)
        whole[self.rows, self.columns] = self.values
        return whole

    def scipy(self) -> Any:
        """A scipy.sparse CSR matrix."""
        from scipy.sparse import csr_array

        return csr_array((self.values, (self.rows, self.columns)), shape=self.shape)


def entries(W: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows, columns, values (float64) of the entries of a (k, d) tensor that are not 0, row by row.

    W: strided or coalesced sparse COO; every narrower dtype is converted exactly.
    """
    if W.is_sparse:
        rows, columns = W.indices().cpu().numpy()
        values = W.values().detach().to(device="cpu", dtype=torch.float64).numpy()
        kept = values != 0
        return rows[kept], columns[kept], values[kept]
    whole = W.detach().to(device="cpu", dtype=torch.float64).numpy()
    rows, columns = np.nonzero(whole)
    return rows, columns, whole[rows, columns]


def components(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """For each entry the number of the connected component it belongs to."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = shape[0] + shape[1]
    graph = coo_array((np.ones(len(rows), dtype=bool), (rows, columns + shape[0])), shape=(size, size))
    return connected_components(graph, directed=False)[1][rows]


def blocks(W: Tensor) -> Iterator[Block]:
    """The distinct blocks of W, none for W = 0."""
    rows, columns, values = entries(W)
    if len(values) == W.shape[0] * W.shape[1]:
        yield Block(rows, columns, values, (W.shape[0], W.shape[1]))
        return
    if len(values) == 0:
        return
    label = components(rows, columns, (W.shape[0], W.shape[1]))
    order = np.argsort(label, kind="stable")
    rows, columns, values = rows[order], columns[order], values[order]
    starts = np.flatnonzero(np.diff(label[order], prepend=-1))
    seen: set[tuple[bytes, bytes, bytes]] = set()
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(values)], strict=True):
        i, j, v = rows[start:stop], columns[start:stop], values[start:stop]
        (height, i), (width, j) = _renumber(i), _renumber(j)
        key = (i.tobytes(), j.tobytes(), v.tobytes())
        if key not in seen:
            seen.add(key)
            yield Block(i, j, v, (height, width))


def _renumber(index: np.ndarray) -> tuple[int, np.ndarray]:
    """How many distinct numbers there are, and each replaced by its rank."""
    kept, rank = np.unique(index, return_inverse=True)
    return len(kept), rank
