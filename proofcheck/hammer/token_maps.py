"""Self-attention of tokens as the hammer sees it: exact twins, quantities of one input, known extremal inputs.

P_i is the softmax of <A x_i, x_j> over all j, or over j <= i; m_i and C_i are the mean and covariance under P_i.
The exact half shares no code with torch_impl: weights are balls (rational where all scores of a row agree), and the
operator norm of a matrix of balls is that of its midpoints, widened by the Frobenius norm of the radii.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.exact import Matrix, Number, Vector, arb, fmpq
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.trial import Measured

LOCAL = ("weights_norm", "column_sum", "key_factor", "query_factor", "tokens_norm", "largest_weights")


# ---- floats


def relative_error(case: Case) -> Tensor:
    """First-order relative error of the weights P: (batch,), inf where it is no bound.

    A score is off by (2 d + 6) u S, S = |A|_F max |x|^2, subtracting the largest by 4 u S; normalising doubles it.
    """
    X, u = case["X"].detach(), unit_roundoff(case["X"])
    n, d = X.shape[-2:]
    score = case["A"].detach().flatten(1).norm(dim=-1) * X.norm(dim=-1).amax(-1).square()
    relative = 2 * u * ((2 * d + 10) * score + 4) + (2 * n + d + 16) * u
    return torch.where(relative < 0.1, relative, torch.inf)


def measured(name: str, X: Tensor, A: Tensor, mask: str | None, relative: Tensor) -> Measured:
    """A quantity of LOCAL with its error, which comes from the weights' and from a sum of n d terms."""
    n, d = X.shape[-2:]
    scores = X @ A.mT @ X.mT
    if mask == "causal":
        hidden = torch.ones(n, n, dtype=torch.bool, device=X.device).triu(1)
        scores = scores.masked_fill(hidden, -torch.inf)
    P = torch.softmax(scores, -1)
    slack = relative + 4 * (n + d) * unit_roundoff(X)
    if name == "weights_norm":
        return Measured(torch.linalg.matrix_norm(P, 2), slack * n**0.5)
    if name == "column_sum":
        return Measured(P.sum(-2).amax(-1), slack * n)
    if name == "tokens_norm":
        value = torch.linalg.matrix_norm(X, 2)
        return Measured(value, 4 * (n + d) * unit_roundoff(X) * value.detach())
    if name == "largest_weights":  # g_1 = p (1 - p + q) of the two largest weights, |dg_1| <= 3 max |dp|
        top = P.topk(min(2, n), dim=-1).values
        second = top[..., 1] if n > 1 else torch.zeros_like(top[..., 0])
        return Measured((top[..., 0] * (1 - top[..., 0] + second)).amax(-1), 3 * slack)
    # relative to the radius: centring loses what the tokens have in common
    radius = X.detach().norm(dim=-1).amax(-1)
    size = A.detach().flatten(1).norm(dim=-1) * radius.square()
    centred = (X.unsqueeze(-3) - (P @ X).unsqueeze(-2)) * P.unsqueeze(-1).sqrt()
    if name == "key_factor":
        value = (torch.linalg.svdvals(centred)[..., 0] * (X @ A.mT).norm(dim=-1)).amax(-1)
        return Measured(value, 8 * n**0.5 * slack * size)  # sqrt(P_ij) (x_j - m_i) is off by slack r, n of them
    moved = centred.mT @ centred @ A.unsqueeze(-3)
    return Measured(torch.linalg.svdvals(moved)[..., 0].amax(-1), 8 * slack * size)


def worst_row(J: Tensor) -> Tensor:
    """Displacements, |e_j| = 1, that maximise one row of sum_j J_ij e_j: J (batch, n, d', n, d) -> (batch, n, d).

    Alternation from every coordinate of every row: e_j = J_ij^T h / |J_ij^T h|, h = the sum.
    """
    B, n, out = J.shape[:3]
    tiny = torch.finfo(J.dtype).tiny
    h = torch.eye(out, dtype=J.dtype, device=J.device).expand(B, n, out, out)  # (batch, row, start, d')
    e, total = _aligned(J, h)
    for _ in range(7):
        e, total = _aligned(J, total / total.norm(dim=-1, keepdim=True).clamp_min(tiny))
    best = total.norm(dim=-1).flatten(1).argmax(-1)
    return e.flatten(1, 2)[torch.arange(B, device=J.device), best]


def _aligned(J: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """e_j along J_ij^T h for h (batch, row, start, d'), and sum_j J_ij e_j."""
    pulled = torch.einsum("biojc,biso->bisjc", J, h)
    e = pulled / pulled.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(J.dtype).tiny)
    return e, torch.einsum("biojc,bisjc->biso", J, e)


# ---- extremal inputs


def seeds(config: Configuration, norm: str, most: int) -> list[Case]:
    """One token far from equal ones with half their weight (order sqrt(n) s); for max_token three tokens that attain.

    max_token: x = (R e_2, R e_1, -R e_1), A = diag(a, -a): the first token hardly sees itself (weight e^{-s} to 1), its
    query is orthogonal to the others, and C_1 A e_1 adds to the move of the keys. n = 1: A = 0, where f = V x.
    """

    def of(*shape: int) -> Tensor:
        return torch.zeros(1, *shape, dtype=config.dtype, device=config.device)

    n, d = min(config.n, most), config.d
    one = torch.eye(d, dtype=config.dtype, device=config.device).unsqueeze(0)
    if norm == "max_token" and d > 1 and min(3, most) == 3:
        strength = 16.0
        X, A, e = of(3, d), of(d, d), of(1, 3, d)
        X[:, 0, 1], X[:, 1, 0], X[:, 2, 0] = 1, 1, -1
        A[:, 0, 0], A[:, 1, 1] = strength, -strength
        root = (1 + strength**2) ** 0.5
        e[:, :, 0, 0] = 1
        e[:, :, 1, 0], e[:, :, 1, 1] = 1 / root, -strength / root
        e[:, :, 2, 0], e[:, :, 2, 1] = 1 / root, strength / root
        return [{"X": X, "A": A, "V": one, "e": e}]
    X, e = of(n, d), of(1, n, d)
    X[:, 0, 0], X[:, 1:, 0], e[..., 0] = 1, 0.5, 1
    return [{"X": X, "A": (0 if n == 1 else 4) * one, "V": one, "e": e}]


# ---- exact twins


def exact_weights(sample: Sample, mask: str | None) -> list[Vector]:
    """P_i over the tokens that i sees; rational where the scores of the row agree."""
    X, A = sample["X"], sample["A"]
    rows = []
    for i, x in enumerate(X):
        theta = exact.apply(A, x)
        scores = [exact.dot(theta, y) for y in (X[: i + 1] if mask == "causal" else X)]
        top = max(scores)
        mass = [exact.exp(s - top) for s in scores]
        total = sum(mass, fmpq(0))
        rows.append([m / total for m in mass])
    return rows


def _mean(p: Vector, rows: Sequence[Vector]) -> Vector:
    return [sum((w * row[c] for w, row in zip(p, rows, strict=False)), fmpq(0)) for c in range(len(rows[0]))]


def exact_value(sample: Sample, mask: str | None) -> list[Vector]:
    """f(X)_i."""
    return [exact.apply(sample["V"], _mean(p, sample["X"])) for p in exact_weights(sample, mask)]


def exact_change(sample: Sample, mask: str | None) -> list[Vector]:
    """D_X f[e]_i = V sum_j P_ij (e_j + (x_j - m_i)(<A e_i, x_j> + <A x_i, e_j>))."""
    X, A, e = sample["X"], sample["A"], sample["e"]
    result = []
    for i, p in enumerate(exact_weights(sample, mask)):
        mean, theta, turned = _mean(p, X), exact.apply(A, X[i]), exact.apply(A, e[i])
        moved = []
        for j in range(len(p)):
            slope = exact.dot(turned, X[j]) + exact.dot(theta, e[j])
            moved.append([e[j][c] + (X[j][c] - mean[c]) * slope for c in range(len(mean))])
        result.append(exact.apply(sample["V"], _mean(p, moved)))
    return result


def exact_local(name: str, sample: Sample, mask: str | None) -> Number:
    """A quantity of LOCAL, enclosed."""
    X, A, P = sample["X"], sample["A"], exact_weights(sample, mask)
    n = len(X)
    if name == "tokens_norm":
        return exact.operator_norm(X)
    if name == "largest_weights":
        return exact.largest([_largest_weights(x, A, X[: len(p)], p) for x, p in zip(X, P, strict=True)])
    full = [row + [fmpq(0)] * (n - len(row)) for row in P]
    if name == "weights_norm":
        return ball_norm(full)
    if name == "column_sum":
        return exact.largest([sum(column, fmpq(0)) for column in exact.transpose(full)])
    values: list[Number] = []
    for x, p in zip(X, P, strict=True):
        mean = _mean(p, X)
        C = [
            [
                sum((w * (y[r] - mean[r]) * (y[c] - mean[c]) for w, y in zip(p, X, strict=False)), fmpq(0))
                for c in range(len(x))
            ]
            for r in range(len(x))
        ]
        if name == "key_factor":
            spread = ball_norm(C)
            root = exact.sqrt(spread if isinstance(spread, fmpq) else spread.max(arb(0)))
            values.append(root * exact.sqrt(exact.norm2(exact.apply(A, x))))
        else:
            values.append(ball_norm([[exact.dot(row, column) for column in exact.transpose(A)] for row in C]))
    return exact.largest(values)


def _largest_weights(x: Vector, A: Matrix, seen: Sequence[Vector], p: Vector) -> Number:
    """p_(1) (1 - p_(1) + p_(2)); the order of the weights is that of the scores, which are rational."""
    theta = exact.apply(A, x)
    order = sorted(range(len(p)), key=lambda j: exact.dot(theta, seen[j]), reverse=True)
    second = p[order[1]] if len(p) > 1 else fmpq(0)
    return p[order[0]] * (1 - p[order[0]] + second)


def ball_norm(matrix: Matrix) -> Number:
    """|M|_2: of the midpoints, widened by the Frobenius norm of the radii; exact for rational entries."""
    middle = [[entry if isinstance(entry, fmpq) else _exactly(entry.mid()) for entry in row] for row in matrix]
    value = exact.operator_norm(middle)
    radii: list[Any] = [arb(entry.rad()) for row in matrix for entry in row if not isinstance(entry, fmpq)]
    if not radii:
        return value
    spread = sum((r * r for r in radii), arb(0)).sqrt()
    return arb(value) + arb(0, spread.upper())


def _exactly(ball: arb) -> fmpq:
    return exact.lower(ball)
