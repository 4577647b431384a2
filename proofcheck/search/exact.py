"""Exact linear algebra over Q: solving on a support, reduced rows, LDL^T of a positive semidefinite matrix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from flint import fmpq, fmpq_mat


def to_fmpq(value: Fraction | int) -> fmpq:
    return fmpq(value.numerator, value.denominator)


def to_fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def solve(columns: Sequence[Mapping[int, Fraction]], right: Mapping[int, Fraction]) -> list[Fraction] | None:
    """x with sum_j x_j column_j = right; free unknowns 0; None when there is none."""
    rows = sorted({i for c in columns for i in c} | set(right))
    place = {row: k for k, row in enumerate(rows)}
    n = len(columns)
    matrix = fmpq_mat(len(rows), n + 1)
    for j, column in enumerate(columns):
        for i, value in column.items():
            matrix[place[i], j] = to_fmpq(value)
    for i, value in right.items():
        matrix[place[i], n] = to_fmpq(value)
    reduced, rank = matrix.rref()
    result = [Fraction(0)] * n
    for i in range(rank):
        pivot = next(j for j in range(n + 1) if reduced[i, j] != 0)
        if pivot == n:
            return None
        result[pivot] = to_fraction(reduced[i, n])
    return result


class Affine:
    """The solutions of A y = b: pivots as affine functions of the other unknowns."""

    def __init__(
        self, columns: Sequence[Mapping[int, Fraction]], right: Mapping[int, Fraction], order: Sequence[int]
    ) -> None:
        rows = sorted({i for c in columns for i in c} | set(right))
        place = {row: k for k, row in enumerate(rows)}
        n = len(columns)
        matrix = fmpq_mat(len(rows), n + 1)
        for k, j in enumerate(order):
            for i, value in columns[j].items():
                matrix[place[i], k] = to_fmpq(value)
        for i, value in right.items():
            matrix[place[i], n] = to_fmpq(value)
        reduced, rank = matrix.rref()
        self.consistent = True
        self.rows: list[tuple[int, fmpq, list[tuple[int, fmpq]]]] = []  # pivot, constant, (other, coefficient)
        pivots = set()
        for i in range(rank):
            entries = [(j, reduced[i, j]) for j in range(n + 1)]
            entries = [(j, v) for j, v in entries if v != 0]
            pivot = entries[0][0]
            if pivot == n:
                self.consistent = False
                return
            pivots.add(pivot)
            constant = entries[-1][1] if entries[-1][0] == n else fmpq(0)
            self.rows.append((order[pivot], constant, [(order[j], v) for j, v in entries[1:] if j < n]))
        self.others = [order[k] for k in range(n) if k not in pivots]
        self.size = n

    def point(self, values: Mapping[int, Fraction]) -> list[Fraction]:
        """The solution with the given values at the unknowns that are not pivots."""
        known = {j: to_fmpq(values[j]) for j in self.others}
        result = [Fraction(0)] * self.size
        for j in self.others:
            result[j] = values[j]
        for pivot, constant, others in self.rows:
            total = constant
            for j, coefficient in others:
                value = known[j]
                if value != 0:
                    total -= coefficient * value
            result[pivot] = to_fraction(total)
        return result


def ldl(matrix: list[list[Fraction]]) -> list[tuple[Fraction, list[Fraction]]] | None:
    """[(d_k, l_k)] with matrix = sum d_k l_k l_k^T and d_k > 0, or None when it is not positive semidefinite."""
    rows = [list(row) for row in matrix]
    n = len(rows)
    out: list[tuple[Fraction, list[Fraction]]] = []
    for k in range(n):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][k:])):
            return None
        if pivot == 0:
            continue
        line = [Fraction(0)] * k + [rows[k][j] / pivot for j in range(k, n)]
        out.append((pivot, line))
        for i in range(k + 1, n):
            if line[i]:
                factor = line[i] * pivot
                for j in range(i, n):
                    rows[i][j] -= factor * line[j]
                    rows[j][i] = rows[i][j]
    return out
