"""A rigorous upper bound of |W|_2 from a few float64 products: cheap enough for every step of a training run.

With X_0 = W and X_{s+1} = X_s X_s^T, |X_s|_2^2 = |X_{s+1}|_2, so |W|_2 <= |X_S|_F^(1 / 2^S): a Schatten norm, at most
a factor r^(1 / 2^(S+1)) above the norm, r = min(k, d). Products are computed as Y = fl(X X^T). For an inner dimension n
and any order of summation (fused or not) |Y - X X^T| <= gamma_n |X||X|^T entrywise, gamma_n = nu / (1 - nu), u = 2^-53
(Higham, Accuracy and Stability of Numerical Algorithms, section 3.5), so in the Frobenius norm <= gamma_n |X|_F^2 and

    |X_s|_2 <= sqrt(|X_{s+1}|_2 + gamma_n |X_s|_F^2)            which is read from s = S - 1 down to s = 0.

Every X_s is scaled by a power of two, exactly up to underflow, for which an absolute term is added. It assumes matrix
products that are sums of products (no Strassen). `norms.certified_norm` is tighter and exact, and slower.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError

_U = 2.0**-53
_OUT = 1 + 2.0**-50  # more than the roundings of one line of the recursion, each a relative u
_TINY = 2.0**-1000  # per entry, more than any number of underflows of 2^-1074 in sums of at most 2^52 terms
_LARGEST = 2**40  # entries


class NormBound(NamedTuple):
    """upper: a rational >= |W|_2, 0 only for W = 0.   left: (k,) near the top left singular vector, untrusted."""

    upper: Fraction
    left: Tensor


def norm_bound(W: Tensor, squarings: int = 10) -> NormBound:
    """An upper bound of the real norm of the stored entries, and a direction to differentiate along.

    Args:
        W: (k, d), floating, finite, not empty.   squarings: S >= 1; slack at most r^(1 / 2^(S+1)), r = min(k, d).

    Returns:
        upper, between the real Schatten norm |X_S|_F^(1 / 2^S) and (1 + `norm_bound_roundoff`) times it, and left, of
        unit length.

    Raises:
        ArgumentError: another shape, NaN or infinity.
    """
    if not isinstance(W, Tensor) or W.ndim != 2 or not W.is_floating_point() or not 0 < W.numel() <= _LARGEST:
        shape = tuple(W.shape) if isinstance(W, Tensor) else type(W).__name__
        raise ArgumentError(f"norm_bound: W must be a floating (k, d), not empty, got {shape}.")
    if squarings < 1:
        raise ArgumentError(f"norm_bound: squarings must be at least 1, got squarings={squarings}.")
    W = W.detach().to(torch.float64)
    wide = W.shape[0] <= W.shape[1]
    X = W if wide else W.mT
    sizes, squares, exponents = [], [], []
    for s in range(squarings + 1):
        if s:
            X = X @ X.mT
        exponent = torch.frexp(X.abs().amax()).exponent.clamp(-1000, 1000)
        X = torch.ldexp(X, -exponent)
        exponents.append(exponent)
        squares.append(X.square().sum())
        sizes.append(tuple(X.shape))
    shifts = torch.stack(exponents).tolist()
    frobenius = torch.stack(squares).tolist()
    if not all(map(math.isfinite, frobenius)):
        raise ArgumentError("norm_bound: W must be finite, got NaN or infinity. It has no norm.")
    if frobenius[0] == 0.0:  # the largest entry is scaled to at least 2^-74, its square does not underflow
        return NormBound(Fraction(0), torch.zeros_like(W[:, 0]))
    bound = 0.0
    for s in reversed(range(squarings + 1)):
        (k, n), square = sizes[s], frobenius[s]
        square = square * (1 + 2 * (k * n + 2) * _U) * _OUT + k * n * _TINY  # >= |X_s|_F^2
        if s == squarings:
            bound = math.sqrt(square) * _OUT
        else:
            error = 2 * (n + 2) * _U * square + k * k * n * _TINY
            bound = math.sqrt(math.ldexp(bound, shifts[s + 1]) + error) * _OUT
    # X_0 itself lost at most 2^-1075 per entry when it was scaled
    upper = Fraction(bound * _OUT + math.prod(sizes[0]) * _TINY) * Fraction(2) ** shifts[0]
    top = X[:, X.square().sum(0).argmax()]  # X_S is nearly lam u u^T
    left = top if wide else W @ top
    return NormBound(upper, left / torch.linalg.vector_norm(left).clamp_min(_TINY))


def norm_bound_roundoff(W: Tensor) -> float:
    """(4 (k + d) r + 64) u, r = min(k, d): how far, relatively, roundoff lifts `upper` above its Schatten norm.

    With |X_s|_F^2 <= r |X_s|_2^2 the recursion multiplies by at most (1 + 3 (n + 2) u r)^(1/2) at level 0, where
    n = max(k, d), and by the same with n = r and exponents 1/4, 1/8, ... above it; less than 64 roundings are left.
    """
    k, d = W.shape
    return (4 * (k + d) * min(k, d) + 64) * _U
