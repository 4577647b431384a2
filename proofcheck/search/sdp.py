"""Certificates by semidefinite programming: the Gram matrices of the squares, found in floats and rounded to Q.

Clarabel returns a point near the middle of the feasible set. Where that set has no interior, its common null space is
read off, made rational and divided out (facial reduction), and the smaller problem is solved again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import clarabel as _clarabel
import numpy as np
import scipy.sparse

from ..kernel.algebra import Monomial, Poly
from . import certificate, rounding
from . import poly as P
from .system import Block, Element, System

ENTRY_LIMIT = 6_000
clarabel: Any = _clarabel  # its stubs name nothing


class Reduced:
    """A block restricted to a face: Q = L Q' L^T, the columns of `lift` rational; entries are those of L^T M L."""

    def __init__(self, block: Block, lift: list[list[Fraction]] | None = None) -> None:
        self.block = block
        n = len(block.basis)
        self.lift = lift or [[Fraction(int(i == j)) for i in range(n)] for j in range(n)]
        self.size = len(self.lift)
        if lift is None:
            self.entries = block.entries
            return
        self.entries = {}
        for a in range(self.size):
            for b in range(a, self.size):
                total: Poly = {}
                for i, x in enumerate(self.lift[a]):
                    for j, y in enumerate(self.lift[b]):
                        if x and y:
                            P.add_to(total, block.entries[min(i, j), max(i, j)], x * y)
                self.entries[a, b] = total


def solve(system: System, seconds: float, late: Callable[[], bool]) -> dict[str, Any] | None:
    """A PROOF object, or None."""
    if sum(len(b.entries) for b in system.blocks) > ENTRY_LIMIT:
        return None
    blocks = [Reduced(b) for b in system.blocks]
    end = time.monotonic() + seconds
    for _ in range(6):
        if late() or time.monotonic() > end:
            return None
        found = _numeric(system, blocks, max(0.1, end - time.monotonic()))
        if found is None:
            return None
        matrices, free = found
        values = rounding.round_solution(system, blocks, matrices, free, lambda: late() or time.monotonic() > end)
        if values is not None:
            squares, exact_free = values
            return certificate.proof(system, squares, exact_free)
        smaller = _face(blocks, matrices)
        if smaller is None:
            return None
        blocks = smaller
    return None


def _numeric(system: System, blocks: list[Reduced], seconds: float) -> tuple[list[np.ndarray], np.ndarray] | None:
    rows: dict[Monomial, int] = {}
    entries: list[tuple[int, int, float]] = []
    column = 0
    scalars = [k for k, b in enumerate(blocks) if b.size == 1]
    matrices = [k for k, b in enumerate(blocks) if b.size > 1]

    def put(poly: Poly, factor: float) -> None:
        for monomial, value in poly.items():
            entries.append((rows.setdefault(monomial, len(rows)), column, float(value) * factor))

    for monomial in system.main:
        rows.setdefault(monomial, len(rows))
    for k in scalars:
        put(blocks[k].entries[0, 0], 1.0)
        column += 1
    for k in matrices:
        for j in range(blocks[k].size):
            for i in range(j + 1):
                put(blocks[k].entries[i, j], 1.0 if i == j else np.sqrt(2.0))
                column += 1
    cone = column
    for item in system.frees:
        put(item.poly, 1.0)
        column += 1
    if not column:
        return None
    m = len(rows)
    right = np.zeros(m + cone)
    for monomial, value in system.main.items():
        right[rows[monomial]] = -float(value)
    at = np.array([(i, j) for i, j, _ in entries]).reshape(-1, 2)
    values = np.array([v for *_, v in entries])
    at_row = np.concatenate([at[:, 0], m + np.arange(cone)])
    at_column = np.concatenate([at[:, 1], np.arange(cone)])
    matrix = scipy.sparse.csc_matrix(
        (np.concatenate([values, -np.ones(cone)]), (at_row, at_column)), shape=(m + cone, column)
    )
    cones: list[Any] = [clarabel.ZeroConeT(m)]
    if scalars:
        cones.append(clarabel.NonnegativeConeT(len(scalars)))
    cones += [clarabel.PSDTriangleConeT(blocks[k].size) for k in matrices]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.time_limit = seconds
    settings.max_iter = 100
    settings.max_threads = 1
    zero = scipy.sparse.csc_matrix((column, column))
    answer = clarabel.DefaultSolver(zero, np.zeros(column), matrix, right, cones, settings).solve()
    status = str(answer.status)
    if "Infeasible" in status or status in ("NumericalError", "MaxTime", "Unsolved"):
        return None
    x = np.array(answer.x)
    if not np.all(np.isfinite(x)):
        return None
    result: list[np.ndarray] = [np.zeros((0, 0))] * len(blocks)
    at_x = 0
    for k in scalars:
        result[k] = np.array([[x[at_x]]])
        at_x += 1
    for k in matrices:
        n = blocks[k].size
        square = np.zeros((n, n))
        for j in range(n):
            for i in range(j + 1):
                square[i, j] = square[j, i] = x[at_x] / (1.0 if i == j else np.sqrt(2.0))
                at_x += 1
        result[k] = square
    return result, x[cone:]


def _face(blocks: list[Reduced], matrices: list[np.ndarray]) -> list[Reduced] | None:
    """The blocks on the face that the numeric point suggests; None when it suggests no smaller one."""
    top = max((float(np.max(np.abs(m))) for m in matrices if m.size), default=0.0)
    if top == 0.0:
        return None
    for threshold in (1e-6, 1e-5, 1e-4, 1e-3):
        changed = False
        result: list[Reduced] = []
        for block, matrix in zip(blocks, matrices, strict=True):
            if block.size == 0:
                result.append(block)
                continue
            values, vectors = np.linalg.eigh(matrix)
            small = values < threshold * max(top if block.size == 1 else values[-1], 1e-3 * top, 1e-12)
            if not small.any():
                result.append(block)
                continue
            kernel = rounding.rational_rows(vectors[:, small].T)
            if kernel is None:
                result.append(block)
                continue
            directions = rounding.complement(kernel, block.size)
            lift = [
                [sum((x * block.lift[k][i] for k, x in enumerate(d)), Fraction(0)) for i in range(len(block.lift[0]))]
                for d in directions
            ]
            changed = True
            result.append(Reduced(block.block, lift) if lift else _empty(block.block))
        if changed:
            return result
    return None


def _empty(block: Block) -> Reduced:
    result = Reduced(block)
    result.lift, result.size, result.entries = [], 0, {}
    return result


__all__ = ["Element", "Reduced", "solve"]
