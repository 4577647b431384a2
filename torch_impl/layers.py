"""Layers of a Lipschitz Transformer as pure functions (theory: arXiv:2602.15503, as reconstructed).

    gradient_mlp        F(x)      = x - step * W^T relu(W x + b)                            LT-01
    gradient_attention  G(mu, x)  = x - step * sum_j p_j(x) A y_j,                          LT-04, LT-05
                        p_j(x)    = a_j exp<x, A y_j> / sum_k a_k exp<x, A y_k>
                                  = x - step * grad log_partition(mu, .)(x)                 LT-02
    affine_mean         q x + c mean(mu)                                                    LT-09

Convention: the score is <x, A y> with the query x first; pages that write <Ax, y> have the transpose of A.
No step is checked here, values above the admissible one are allowed: `modules` enforces the lemmas.
Shapes: queries x (*batch, q, d), measures (*batch, n, d), matrices (rows, d) shared or (*batch, rows, d),
step and other scalars a number, a tensor of shape () or (*batch). Nothing else is broadcast.
"""

from __future__ import annotations

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.measures import Measure, atoms, log_weights, mean

Scalar = float | Tensor


def gradient_mlp(x: Tensor, W: Tensor, b: Tensor, step: Scalar) -> Tensor:
    """F(x) = x - step * W^T relu(W x + b).

    Args:
        x: (..., d); (*batch, q, d) if W, b or step carry a batch.
        W: (k, d) or (*batch, k, d).   b: (k,) or (*batch, k).   step: number, () or (*batch).

    Returns:
        Same shape as x. Nonexpansive if 0 <= step <= 2/|W|_2^2 (LT-01).

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    _check_same_kind("gradient_mlp", x=x, W=W, b=b)
    batch = x.shape[:-2]
    if x.ndim < 1 or W.ndim < 2 or W.shape[-1] != x.shape[-1] or b.shape != W.shape[:-1]:
        raise ArgumentError(
            "gradient_mlp: required x (..., d), W (k, d), b (k,), "
            f"got x.shape={tuple(x.shape)}, W.shape={tuple(W.shape)}, b.shape={tuple(b.shape)}. "
            "W maps inputs to hidden units: transpose it if it is (d, k)."
        )
    _check_matrix_batch("gradient_mlp", "W", W, batch)
    offset = b if b.ndim == 1 else b.unsqueeze(-2)
    hidden = torch.relu(x @ W.mT + offset)
    return x - _per_row("gradient_mlp", "step", step, batch, x) * (hidden @ W)


def gradient_attention(measure: Measure, x: Tensor, A: Tensor, step: Scalar) -> Tensor:
    """G(mu, x) = x - step * sum_j p_j(x) A y_j, p = softmax_j(log a_j + <x, A y_j>).

    Args:
        measure: points (*batch, n, d), weights (*batch, n).   x: (*batch, q, d) queries.
        A: (d, d) or (*batch, d, d).   step: number, () or (*batch).

    Returns:
        (*batch, q, d). For fixed mu nonexpansive in x if 0 <= step <= 8/D^2, D = max |A(y_i - y_j)| over
        the atoms (LT-05), so also if step <= 2/max|A y_j|^2 (LT-04).

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    attended = attention_mean(measure, x, A)
    return x - _per_row("gradient_attention", "step", step, x.shape[:-2], x) * attended


def attention_mean(measure: Measure, x: Tensor, A: Tensor) -> Tensor:
    """E_x[A y] = sum_j p_j(x) A y_j, the gradient of `log_partition` in x: (*batch, q, d)."""
    values, scores = _values_and_scores("attention_mean", measure, x, A)
    return softmax(scores) @ values


def attention_covariance(measure: Measure, x: Tensor, A: Tensor) -> Tensor:
    """Cov_x(A y) = sum_j p_j(x) (A y_j - E_x)(A y_j - E_x)^T, shape (*batch, q, d, d).

    The Hessian of `log_partition` in x and, times -step plus I, the Jacobian of `gradient_attention`.
    Positive semidefinite with norm at most D^2/4, D = max |A(y_i - y_j)| (LT-05).
    """
    values, scores = _values_and_scores("attention_covariance", measure, x, A)
    p = softmax(scores)
    centred = values.unsqueeze(-3) - (p @ values).unsqueeze(-2)  # (*batch, q, n, d)
    return (centred * p.unsqueeze(-1)).mT @ centred


def log_partition(measure: Measure, x: Tensor, A: Tensor) -> Tensor:
    """lambda_mu(x) = log sum_j a_j exp<x, A y_j>, convex in x: (*batch, q)."""
    return torch.logsumexp(_values_and_scores("log_partition", measure, x, A)[1], dim=-1)


def affine_mean(measure: Measure, x: Tensor, q: Scalar, c: Scalar) -> Tensor:
    """q x + c mean(mu): |q|-Lipschitz in x, |c|-Lipschitz in mu for W1, both exactly: (*batch, queries, d).

    The composition bound of LT-09 is attained by these layers, for q, c >= 0.

    Raises:
        ArgumentError: shapes, dtypes or devices do not fit.
    """
    _check_context("affine_mean", measure, x)
    batch = x.shape[:-2]
    shift = mean(measure).unsqueeze(-2)
    return _per_row("affine_mean", "q", q, batch, x) * x + _per_row("affine_mean", "c", c, batch, x) * shift


def sorting_step(x: Tensor) -> Tensor:
    """(a, b) -> (min(a, b), max(a, b)) as the Euler step of LT-11: W = [1, -1], bias 0, step 2/|W|^2 of the lemma.

    x is (..., 2). Exact wherever a - b and the sums with it are floats; else either entry is off by at most
    u (|a - b| + max(|a|, |b|)) (1 + u), u the unit roundoff: a step of LT-11 over the reals, not over floats.

    Raises:
        ArgumentError: the last axis does not have length 2.
    """
    if x.ndim < 1 or x.shape[-1] != 2:
        raise ArgumentError(f"sorting_step: required x (..., 2), got x.shape={tuple(x.shape)} (no pair).")
    W = torch.tensor([[1.0, -1.0]], dtype=x.dtype, device=x.device)
    step = evaluate(lemma_bound("sorting_step", "tau"), {})
    return gradient_mlp(x, W, torch.zeros(1, dtype=x.dtype, device=x.device), float(step))


def softmax(scores: Tensor) -> Tensor:
    """p_j = exp z_j / sum_k exp z_k along the last axis; 1/2-Lipschitz in the Euclidean norm (SM-01)."""
    return torch.softmax(scores, dim=-1)


def _values_and_scores(where: str, measure: Measure, x: Tensor, A: Tensor) -> tuple[Tensor, Tensor]:
    """A y_j as (*batch, n, d) and log a_j + <x, A y_j> as (*batch, q, n)."""
    _check_context(where, measure, x)
    _check_same_kind(where, x=x, A=A)
    d = x.shape[-1]
    if A.ndim < 2 or A.shape[-2:] != (d, d):
        raise ArgumentError(f"{where}: required A ({d}, {d}), got A.shape={tuple(A.shape)}. The score is <x, A y>.")
    _check_matrix_batch(where, "A", A, x.shape[:-2])
    values = atoms(measure) @ A.mT
    return values, x @ values.mT + log_weights(measure).unsqueeze(-2)


def _check_context(where: str, measure: Measure, x: Tensor) -> None:
    points, weights = measure
    _check_same_kind(where, points=points, weights=weights, x=x)
    fits = points.ndim >= 2 and weights.shape == points.shape[:-1]
    fits = fits and x.ndim == points.ndim and x.shape[:-2] == points.shape[:-2]
    if not fits or x.shape[-1] != points.shape[-1]:
        raise ArgumentError(
            f"{where}: required points (*batch, n, d), weights (*batch, n), x (*batch, q, d), "
            f"got points.shape={tuple(points.shape)}, weights.shape={tuple(weights.shape)}, "
            f"x.shape={tuple(x.shape)}. Queries keep their own axis, of length 1 for a single query."
        )


def _check_same_kind(where: str, **tensors: Tensor) -> None:
    kinds = {name: (t.dtype, t.device) for name, t in tensors.items()}
    if len(set(kinds.values())) > 1:
        listed = ", ".join(f"{name}: {dtype} on {device}" for name, (dtype, device) in kinds.items())
        raise ArgumentError(f"{where}: tensors must share dtype and device, got {listed}. Use .to(...).")


def _check_matrix_batch(where: str, name: str, matrix: Tensor, batch: torch.Size) -> None:
    if matrix.ndim > 2 and matrix.shape[:-2] != batch:
        raise ArgumentError(
            f"{where}: {name} must be shared (2 axes) or carry the batch {tuple(batch)} of x, "
            f"got {name}.shape={tuple(matrix.shape)}."
        )


def _per_row(where: str, name: str, value: Scalar, batch: torch.Size, x: Tensor) -> Scalar:
    """A number stays; a tensor of shape (*batch) gets two axes so that it multiplies (*batch, q, d)."""
    if not isinstance(value, Tensor) or value.ndim == 0:
        return value
    if value.shape != batch or value.dtype != x.dtype or value.device != x.device:
        raise ArgumentError(
            f"{where}: {name} must be a number or a tensor of shape {tuple(batch)}, {x.dtype} on {x.device}, "
            f"got {name}.shape={tuple(value.shape)} ({value.dtype} on {value.device})."
        )
    return value.unsqueeze(-1).unsqueeze(-1)
