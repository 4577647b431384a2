"""Rounding a numeric solution to exact rationals that satisfy the identity and stay positive semidefinite.

Unknowns that are not pivots of the linear system are rounded to a small denominator, the pivots follow exactly, and an
exact LDL^T decides. Denominators grow until one works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq_mat

from ..kernel.algebra import Monomial
from . import exact
from .certificate import Squares
from .system import System

if TYPE_CHECKING:
    from .sdp import Reduced

DENOMINATORS = (1, 2, 3, 4, 6, 12, 60, 1000, 10**5, 10**7, 10**9)
UNKNOWN_LIMIT = 2500


def round_solution(
    system: System,
    blocks: Sequence[Reduced],
    matrices: Sequence[np.ndarray],
    free: np.ndarray,
    late: Callable[[], bool],
) -> tuple[list[Squares], list[Fraction]] | None:
    """Exact squares for every block and coefficients for every equation, or None."""
    rows: dict[Monomial, int] = {}
    columns: list[dict[int, Fraction]] = []
    numeric: list[float] = []
    places: list[dict[tuple[int, int], int]] = []
    priority: list[float] = []
    for block, matrix in zip(blocks, matrices, strict=True):
        place: dict[tuple[int, int], int] = {}
        floor = float(np.linalg.eigvalsh(matrix)[0]) if block.size else 0.0
        for (i, j), poly in block.entries.items():
            place[i, j] = len(columns)
            columns.append({rows.setdefault(m, len(rows)): v * (1 if i == j else 2) for m, v in poly.items()})
            numeric.append(float(matrix[i, j]))
            priority.append((1.0 if i != j else 0.0) + min(max(floor, 0.0), 0.99))
        places.append(place)
    start = len(columns)
    for item, value in zip(system.frees, free, strict=True):
        columns.append({rows.setdefault(m, len(rows)): v for m, v in item.poly.items()})
        numeric.append(float(value))
        priority.append(10.0)
    if len(columns) > UNKNOWN_LIMIT:
        return None
    right: dict[int, Fraction] = {}
    for monomial, value in system.main.items():
        if monomial not in rows:
            return None
        right[rows[monomial]] = -value
    order = sorted(range(len(columns)), key=lambda j: -priority[j])
    affine = exact.Affine(columns, right, order)
    if not affine.consistent:
        return None
    for denominator in DENOMINATORS:
        if late():
            return None
        values = {j: Fraction(round(numeric[j] * denominator), denominator) for j in affine.others}
        point = affine.point(values)
        squares = _decompose(blocks, places, point)
        if squares is not None:
            return squares, point[start:]
    return None


def _decompose(
    blocks: Sequence[Reduced], places: Sequence[dict[tuple[int, int], int]], point: Sequence[Fraction]
) -> list[Squares] | None:
    result: list[Squares] = []
    for block, place in zip(blocks, places, strict=True):
        n = block.size
        if any(point[place[i, i]] < 0 for i in range(n)):
            return None
    for block, place in zip(blocks, places, strict=True):
        n = block.size
        matrix = [[point[place[min(i, j), max(i, j)]] for j in range(n)] for i in range(n)]
        parts = exact.ldl(matrix)
        if parts is None:
            return None
        width = len(block.block.basis)
        result.append(
            [
                (
                    d,
                    [sum((x * block.lift[k][i] for k, x in enumerate(line) if x), Fraction(0)) for i in range(width)],
                )
                for d, line in parts
            ]
        )
    return result


def rational_rows(rows: np.ndarray, tolerance: float = 2e-3) -> list[list[Fraction]] | None:
    """The reduced row echelon form of numeric rows, rounded to denominators <= 24; None when they do not fit."""
    work = np.array(rows, dtype=float)
    count, width = work.shape
    used: list[int] = []
    for i in range(count):
        candidates = [j for j in range(width) if j not in used]
        block = np.abs(work[i:, candidates])
        k, c = np.unravel_index(int(np.argmax(block)), block.shape)
        j = candidates[int(c)]
        if block[k, c] < 1e-7:
            return None
        work[[i, i + int(k)]] = work[[i + int(k), i]]
        work[i] /= work[i, j]
        for other in range(count):
            if other != i:
                work[other] -= work[other, j] * work[i]
        used.append(j)
    result = [[Fraction(float(x)).limit_denominator(24) for x in row] for row in work]
    gap = max(
        (abs(float(f) - x) for r, row in zip(result, work, strict=True) for f, x in zip(r, row, strict=True)),
        default=0.0,
    )
    return result if gap < tolerance else None


def complement(rows: Sequence[Sequence[Fraction]], width: int) -> list[list[Fraction]]:
    """A basis of {x : row . x = 0 for every row}."""
    matrix = fmpq_mat(len(rows), width, [exact.to_fmpq(x) for row in rows for x in row])
    reduced, rank = matrix.rref()
    pivots = [next(j for j in range(width) if reduced[i, j] != 0) for i in range(rank)]
    basis: list[list[Fraction]] = []
    for free in (j for j in range(width) if j not in pivots):
        vector = [Fraction(0)] * width
        vector[free] = Fraction(1)
        for i, p in enumerate(pivots):
            vector[p] = -exact.to_fraction(reduced[i, free])
        basis.append(vector)
    return basis
