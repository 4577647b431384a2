"""Certificates by linear programming: products of facts and simple squares b_i^2, (b_i + b_j)^2, (b_i - b_j)^2.

HiGHS finds a basic solution; its support is solved again exactly, so a certificate is exact or not found.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.optimize
import scipy.sparse

from ..kernel.algebra import Monomial, Poly
from . import certificate, exact
from . import poly as P
from .system import System

PAIR_LIMIT = 12  # larger blocks contribute only b_i^2
COLUMN_LIMIT = 30_000


def solve(system: System, seconds: float) -> dict[str, Any] | None:
    """A PROOF object, or None."""
    if not system.main:
        return certificate.proof(system, [[] for _ in system.blocks], [Fraction(0)] * len(system.frees))
    columns: list[tuple[int, list[Fraction], Poly]] = []  # block, row, polynomial
    for k, block in enumerate(system.blocks):
        n = len(block.basis)
        for i in range(n):
            row = [Fraction(int(j == i)) for j in range(n)]
            columns.append((k, row, block.entries[i, i]))
        if n > PAIR_LIMIT or len(columns) > COLUMN_LIMIT:
            continue
        for i in range(n):
            for j in range(i + 1, n):
                diagonal = P.add(block.entries[i, i], block.entries[j, j])
                for sign in (1, -1):
                    row = [Fraction(0)] * n
                    row[i], row[j] = Fraction(1), Fraction(sign)
                    columns.append((k, row, P.add_to(dict(diagonal), block.entries[i, j], 2 * sign)))
    polys = [c[2] for c in columns] + [f.poly for f in system.frees]
    rows: dict[Monomial, int] = {}
    for poly in (system.main, *polys):
        for monomial in poly:
            rows.setdefault(monomial, len(rows))
    right = np.zeros(len(rows))
    for monomial, value in system.main.items():
        right[rows[monomial]] = -float(value)
    data, at_row, at_column = [], [], []
    for j, poly in enumerate(polys):
        for monomial, value in poly.items():
            data.append(float(value))
            at_row.append(rows[monomial])
            at_column.append(j)
    if not polys:
        return None
    matrix = scipy.sparse.csc_array((data, (at_row, at_column)), shape=(len(rows), len(polys)))
    bounds = [(0, None)] * len(columns) + [(None, None)] * len(system.frees)
    cost = np.concatenate(
        [
            [
                1.0 + 0.1 * len(system.blocks[k].outer) + 0.05 * len(p) + 0.2 * sum(map(bool, row))
                for k, row, p in columns
            ],
            np.zeros(len(system.frees)),
        ]
    )
    answer = scipy.optimize.linprog(
        cost,
        A_eq=matrix,
        b_eq=right,
        bounds=bounds,
        method="highs-ds",
        options={"time_limit": max(seconds, 0.05)},
    )
    if answer.x is None or answer.status not in (0, 1):
        return None
    support = [j for j, value in enumerate(answer.x) if abs(value) > 1e-11]
    exact_columns = [{rows[m]: v for m, v in polys[j].items()} for j in support]
    values = exact.solve(exact_columns, {rows[m]: -v for m, v in system.main.items()})
    if values is None or any(v < 0 for j, v in zip(support, values, strict=True) if j < len(columns)):
        return None
    squares: list[certificate.Squares] = [[] for _ in system.blocks]
    free = [Fraction(0)] * len(system.frees)
    for j, value in zip(support, values, strict=True):
        if j < len(columns):
            squares[columns[j][0]].append((value, columns[j][1]))
        else:
            free[j - len(columns)] = value
    return certificate.proof(system, squares, free)
