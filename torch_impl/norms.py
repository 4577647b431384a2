"""Rigorous upper bounds of |W|_2 and of max |A(y_i - y_j)|, for step sizes that are truly admissible.

A power iteration or an SVD in floats may fall below the norm, and a step computed from it may expand.

norm: for any invertible V, x = Vz and G = W^T W, Gershgorin's rows give
    |Wx|^2 = z^T (V^T G V) z <= rho |z|^2,   |x|^2 = z^T (V^T V) z >= lam |z|^2,   so |W|_2^2 <= rho / lam,
    rho = max_i sum_j |(V^T G V)_ij|,   lam = min_i ((V^T V)_ii - sum_{j != i} |(V^T V)_ij|).
Taking float singular vectors for V only decides how tight it is; rho and lam are exact, in integers.
From below, |W|_2^2 >= |Wv|^2 / |v|^2 for any v, exactly, and >= |row|^2, |column|^2.
A matrix with zeros is split first (`norm_blocks`): |W|_2 is the largest norm of its blocks, equal blocks count once.
diameter: plain float64 with the classical error bound gamma_k = ku/(1 - ku) of a dot product added outwards.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import flint
import numpy as np
import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.norm_blocks import Block, blocks
from torch_impl.rounding import float_up, sqrt_up

_VECTOR_BITS = 50  # singular vectors are rounded to this many bits; slack about n^2 2^-50
_EXACT_SIDE = 512  # min(k, d) up to which the exact product is affordable (a few seconds)
_DENSE = 2**24  # entries up to which a block is written out
_ITERATIONS = 100  # of the power method where no SVD is affordable: any vector gives a lower bound


def certified_norm(W: Tensor) -> float:
    """A float >= |W|_2 (the real norm of the stored entries); 0.0 for a zero matrix, inf on overflow.

    W: (k, d), strided or sparse COO. Relative slack, by the largest block: below 2^-40 for min(k, d) <= 32,
    growing like min(k, d)^2; beyond min(k, d) = 512 the cheap bound min(|W|_F, sqrt(|W|_1 |W|_inf)) is
    returned, up to sqrt(min(k, d)) too large.

    Raises:
        ArgumentError: W is not a finite real (k, d).
    """
    return float_up(certified_norm_exact(W))


def certified_norm_exact(W: Tensor) -> Fraction:
    """A rational >= |W|_2, see `certified_norm`; the square root is rounded up by at most 2^-79, relative."""
    return sqrt_up(certified_norm_squared(W))


def certified_norm_squared(W: Tensor) -> Fraction:
    """A rational >= |W|_2^2, see `certified_norm`; exactly |W|_2^2 where every block is a single row or column."""
    return _largest(W, _square_above)


def certified_norm_squared_below(W: Tensor) -> Fraction:
    """A rational <= |W|_2^2; exactly |W|_2^2 where every block is a single row or column.

    Off by the square of the error of a float singular vector, relative, where min(k, d) <= 512.

    Raises:
        ArgumentError: W is not a finite real (k, d).
    """
    return _largest(W, _square_below)


def _largest(W: Tensor, square: Callable[[Block], Fraction]) -> Fraction:
    """The largest `square` of a block."""
    if not isinstance(W, Tensor) or W.ndim != 2 or not W.is_floating_point() or 0 in W.shape:
        shape = tuple(W.shape) if isinstance(W, Tensor) else type(W).__name__
        raise ArgumentError(f"certified_norm: W must be a floating (k, d), not empty, got {shape}.")
    W = W.detach()
    W = W.coalesce() if W.is_sparse else W
    if not bool(torch.isfinite(W.values() if W.is_sparse else W).all()):
        raise ArgumentError("certified_norm: W must be finite, got NaN or infinity. It has no norm.")
    return max((square(block) for block in blocks(W)), default=Fraction(0))


def _square_above(block: Block) -> Fraction:
    numbers, shift = _as_integers(block.values)
    squares = [_cheap_square(block, numbers)]
    if min(block.shape) <= _EXACT_SIDE and block.shape[0] * block.shape[1] <= _DENSE:
        squares += _gershgorin_square(block.dense(numbers), block.dense_floats())
    return min(squares) / Fraction(4) ** shift


def _square_below(block: Block) -> Fraction:
    numbers, shift = _as_integers(block.values)
    squares = [v * v for v in numbers]
    best = Fraction(max(*_totals(block.rows, squares), *_totals(block.columns, squares)))
    v = _top_vector(block)
    if any(v):
        image = _totals(block.rows, [n * v[j] for n, j in zip(numbers, block.columns.tolist(), strict=True)])
        best = max(best, Fraction(sum(w * w for w in image), sum(w * w for w in v)))
    return best / Fraction(4) ** shift


def certified_diameter(points: Tensor, A: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
    """>= max |A(y_i - y_j)| over atoms of positive weight: float64 (*batch), exactly 0 if all atoms agree.

    Args:
        points: (*batch, n, d).   A: (r, d) or (*batch, r, d), None for the identity.
        weights: (*batch, n), None if every atom counts.

    Raises:
        ArgumentError: shapes do not fit, or NaN in the points or in A.

    Error: at most a factor 1 + (10 d + 64) u above max |A||y_i - y_j| in place of A(y_i - y_j), the other
        terms being relative (u = 2^-53).
    """
    points = _double("certified_diameter", points)
    if weights is not None:
        # an inactive atom is moved onto an active one: it adds no new difference
        first = (weights > 0).to(torch.int8).argmax(-1)
        stand_in = points.gather(-2, first[..., None, None].expand(*first.shape, 1, points.shape[-1]))
        points = torch.where((weights > 0).unsqueeze(-1), points, stand_in)
    n = points.shape[-2]
    i, j = torch.triu_indices(n, n, offset=1 if n > 1 else 0, device=points.device)
    return _largest_image(points[..., i, :] - points[..., j, :], A)


def certified_radius(points: Tensor, A: Tensor | None = None, weights: Tensor | None = None) -> Tensor:
    """>= max |A y_j| over atoms of positive weight: float64 (*batch). Arguments as `certified_diameter`."""
    points = _double("certified_radius", points)
    if weights is not None:
        points = torch.where((weights > 0).unsqueeze(-1), points, torch.zeros_like(points))
    return _largest_image(points, A)


def _largest_image(vectors: Tensor, A: Tensor | None) -> Tensor:
    """>= max_k |A v_k| for vectors (*batch, k, d), each allowed a relative error u per coordinate."""
    d = vectors.shape[-1]
    scale = _power_of_two(vectors.abs().amax((-2, -1), keepdim=True))
    v = vectors / scale  # exact, and far from overflow
    roundoff = torch.finfo(torch.float64).eps  # 2u, so every count below is generous by a factor 2
    if A is None:
        size, factor = v.abs(), scale[..., 0, 0]
    else:
        matrix = _double("certified_diameter", A)
        if matrix.shape[-1] != d or (matrix.ndim > 2 and matrix.shape[:-2] != vectors.shape[:-2]):
            raise ArgumentError(f"certified_diameter: A must be (r, {d}), got A.shape={tuple(matrix.shape)}.")
        matrix_scale = _power_of_two(matrix.abs().amax((-2, -1), keepdim=True))
        matrix = matrix / matrix_scale
        # |A v - fl(A v)| <= gamma_d |A||v|, one more u for v, gamma again for computing |A||v| itself
        slack = (d + 4) * roundoff * (v.abs() @ matrix.abs().mT)
        tiny = d * torch.finfo(torch.float64).tiny * (slack > 0)  # products that underflowed
        size = (v @ matrix.mT).abs() + slack + tiny
        factor = (scale * matrix_scale)[..., 0, 0]
    squares = size.square().sum(-1).amax(-1)
    # a square below the normal range lost digits: put it back at twice the smallest normal number per term
    tiny_square = 2 * size.shape[-1] * torch.finfo(torch.float64).tiny * (size.amax((-2, -1)) > 0)
    result = (squares + tiny_square).sqrt() * (1 + (size.shape[-1] + 16) * roundoff) * factor
    below = (result < torch.finfo(torch.float64).tiny) & (size.amax((-2, -1)) > 0)
    result = torch.where(below, torch.full_like(result, torch.finfo(torch.float64).tiny), result)
    return torch.nan_to_num(result, nan=torch.inf, posinf=torch.inf)  # inf - inf on the way: no bound is known


def _power_of_two(size: Tensor) -> Tensor:
    """The power of two just above `size` (1 for 0), kept in the normal range."""
    exponent = torch.frexp(size).exponent.clamp(-1000, 1000)
    return torch.where(size > 0, torch.ldexp(torch.ones_like(size), exponent), torch.ones_like(size))


def _double(where: str, tensor: Tensor) -> Tensor:
    tensor = tensor.detach().to(torch.float64)
    if bool(torch.isnan(tensor).any()):
        raise ArgumentError(f"{where}: NaN in the input. It has no bound.")
    return tensor


def _as_integers(entries: np.ndarray) -> tuple[list[int], int]:
    """Integers N and a shift s with entries = N / 2^s, exactly; entries (nnz), none 0."""
    mantissa, exponent = np.frexp(entries)
    whole = np.ldexp(mantissa, 53).astype(np.int64).tolist()
    exponent = exponent.astype(np.int64) - 53
    lowest = int(exponent.min())
    return [w << k for w, k in zip(whole, (exponent - lowest).tolist(), strict=True)], -lowest


def _totals(index: np.ndarray, numbers: list[int]) -> list[int]:
    """The sums of the numbers that share an index, exactly."""
    totals: dict[int, int] = {}
    for i, number in zip(index.tolist(), numbers, strict=True):
        totals[i] = totals.get(i, 0) + number
    return list(totals.values())


def _cheap_square(block: Block, numbers: list[int]) -> Fraction:
    """min(|N|_F^2, |N|_1 |N|_inf), exactly."""
    sizes = [abs(v) for v in numbers]
    widest = max(_totals(block.rows, sizes)) * max(_totals(block.columns, sizes))
    return Fraction(min(sum(v * v for v in numbers), widest))


def _gershgorin_square(integers: list[list[int]], entries: np.ndarray) -> list[Fraction]:
    """[rho / lam] for the integer matrix, or [] if the float singular vectors are useless."""
    if entries.shape[0] < entries.shape[1]:
        # same norm, smaller Gram matrix
        integers, entries = [list(column) for column in zip(*integers, strict=True)], entries.T
    V = _singular_vectors(entries)
    if V is None:
        return []
    vectors = flint.fmpz_mat(np.rint(np.ldexp(V, _VECTOR_BITS)).astype(np.int64).tolist())
    image = flint.fmpz_mat(integers) * vectors
    rho = max(sum(abs(int(v)) for v in row) for row in (image.transpose() * image).tolist())
    gram = [[int(v) for v in row] for row in (vectors.transpose() * vectors).tolist()]
    lam = min(2 * row[i] - sum(abs(v) for v in row) for i, row in enumerate(gram))
    return [Fraction(rho, lam)] if lam > 0 else []


def _singular_vectors(entries: np.ndarray) -> np.ndarray | None:
    """Right singular vectors in floats, as columns, the largest first; None if they cannot be had."""
    scaled = entries / float(np.exp2(np.frexp(np.abs(entries).max())[1].clip(-1000, 1000)))
    try:
        V = np.linalg.svd(scaled, full_matrices=False)[2].T
    except np.linalg.LinAlgError:
        return None
    return V if np.isfinite(V).all() else None


def _top_vector(block: Block) -> list[int]:
    """A vector close to the top right singular vector, in integers; 0 if there is none to be had."""
    found = None
    if min(block.shape) <= _EXACT_SIDE and block.shape[0] * block.shape[1] <= _DENSE:
        V = _singular_vectors(block.dense_floats())
        found = None if V is None else V[:, 0]
    else:
        W = block.scipy() / float(np.exp2(np.frexp(np.abs(block.values).max())[1].clip(-1000, 1000)))
        found = np.random.default_rng(0).standard_normal(block.shape[1])
        for _ in range(_ITERATIONS):
            found = W.T @ (W @ found)
            found = found / max(float(np.linalg.norm(found)), np.finfo(np.float64).tiny)
    if found is None or not np.isfinite(found).all() or np.abs(found).max() > 2:
        return [0] * block.shape[1]
    return np.rint(np.ldexp(found, _VECTOR_BITS)).astype(np.int64).tolist()
