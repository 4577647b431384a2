"""Attention by loops over queries and tokens, on vectors, and the comparison of a function with its loops.

Nothing here is shared with torch_impl: no softmax, no batched product, no mask that is filled in.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

F64 = torch.float64
ROUNDINGS = 1 << 12  # entries are sums of fewer than 2^7 products of numbers of size 1; mistakes are 10^6 times larger


def normal(*shapes: Sequence[int], seed: int = 0) -> list[Tensor]:
    """Gaussian tensors, halved so that scores stay of size 1."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(tuple(shape), generator=generator, dtype=F64) / 2 for shape in shapes]


def masses(*shape: int, seed: int = 0) -> Tensor:
    """Uneven weights that sum to 1 along the last axis."""
    weights = torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=F64) + 0.1
    return weights / weights.sum(-1, keepdim=True)


def slow_attend(points: Tensor, weights: Tensor, x: Tensor, A: Tensor, V: Tensor, beta: Tensor | None = None) -> Tensor:
    """V sum_j a_j e^{<A x + beta, y_j>} y_j / sum_j a_j e^{<A x + beta, y_j>}, batch by batch, query by query."""
    if points.ndim > 2:
        rows = range(points.shape[0])
        pick = [(A[b] if A.ndim > 2 else A, V[b] if V.ndim > 2 else V) for b in rows]
        return torch.stack([slow_attend(points[b], weights[b], x[b], *pick[b], beta) for b in rows])
    values = []
    for query in x:
        theta = A @ query if beta is None else A @ query + beta
        tilted = [a * torch.exp((theta * y).sum()) for a, y in zip(weights, points, strict=True)]
        mean = sum(t * y for t, y in zip(tilted, points, strict=True)) / sum(tilted)
        values.append(V @ mean)
    return torch.stack(values)


def slow_self_attention(X: Tensor, A: Tensor, V: Tensor, allowed: Tensor, beta: Tensor | None = None) -> Tensor:
    """Row i attends to the list of tokens that row i of `allowed` names, and to nothing else."""
    rows = []
    for i in range(len(X)):
        seen = [j for j in range(len(X)) if bool(allowed[i, j])]
        rows.append(slow_attend(X[seen], X.new_ones(len(seen)), X[i : i + 1], A, V, beta)[0])
    return torch.stack(rows)


def agree(fast: Callable[..., Tensor], slow: Callable[..., Tensor], *inputs: Tensor) -> bool:
    """Values, and the gradients of a random functional of them with respect to every input, are the same."""
    found = []
    for function in (fast, slow):
        leaves = [t.detach().clone().requires_grad_() for t in inputs]
        value = function(*leaves)
        cotangent = normal(value.shape, seed=7)[0]
        gradients = torch.autograd.grad(value, leaves, cotangent, allow_unused=True)
        found.append(
            [value, *(torch.zeros_like(t) if g is None else g for t, g in zip(leaves, gradients, strict=True))]
        )
    return all(near(a, b) for a, b in zip(*found, strict=True))


def near(left: Tensor, right: Tensor) -> bool:
    """The same shape, and at most ROUNDINGS roundings of the largest entry (of 1 if all are smaller) apart."""
    if left.shape != right.shape:
        return False
    room = ROUNDINGS * torch.finfo(F64).eps / 2
    return bool((left - right).abs().max() <= room * max(1.0, float(right.detach().abs().max())))
