"""Rigorous enclosures of the tilted covariance, of the Jacobian of self-attention, and of its norm, in balls of floats.

    C      = sum_j p_j (y_j - m)(y_j - m)^T,   p = softmax_j(log a_j + <theta, y_j>),   m = sum_j p_j y_j
    J_ij   = V ( P_ij ( I + (x_j - m_i) theta_i^T ) + delta_ij C_i A ),   theta_i = A x_i + beta
    |J|_2 <= |mid J|_2 + |rad J|_F,   |J|_2 >= |J e| / |e|;   several heads: the sum of their J

The stored float64 numbers are the exact input; everything after is enclosed (`ball_arrays`), so the bounds hold for
the real attention map of these numbers, not for one computed in floats. Radii are about 1e-14 relative where scores are
of order 1; scores that differ by s cost about s u. `balls` is the twin at any precision, for a few tokens.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.attention import Mask, _allowed
from torch_impl.attention_heads import Heads
from torch_impl.norm_bound import norm_bound
from torch_impl.reference.ball_arrays import Array, Ball, exactly, frobenius_lower, frobenius_upper
from torch_impl.rounding import float_up

_LARGEST = 1 << 22  # entries of a Jacobian that is formed
_SQUARINGS = 34  # Schatten exponent 2^35: slack below log(n d) / 2^35, relative


@np.errstate(all="ignore")  # what overflows ends as an infinite radius
def tilted_covariance(points: Tensor, theta: Tensor, *, weights: Tensor | None = None) -> Ball:
    """C of this module for one query: a ball of (d, d).

    Args:
        points: (n, d) y_j.   theta: (d,), A x + beta of the query.   weights: (n,) a_j >= 0, not all 0; None for equal.

    Raises:
        ArgumentError: shapes do not fit, not float64, NaN or infinity, or a negative weight.
    """
    y, t = _array("tilted_covariance", "points", points, 2), _array("tilted_covariance", "theta", theta, 1)
    n, d = y.shape
    a = np.ones(n) if weights is None else _array("tilted_covariance", "weights", weights, 1)
    if t.shape != (d,) or a.shape != (n,) or n == 0 or (a < 0).any() or not (a > 0).any():
        raise ArgumentError(
            "tilted_covariance: required points (n, d), theta (d,), weights (n,) >= 0 and not all 0, got "
            f"points {y.shape}, theta {t.shape}, weights {a.shape} with least {a.min(initial=0.0)}."
        )
    scores = (exactly(y) @ exactly(t[:, None])).mT
    p = _softmax(scores, exactly(np.where(a > 0, a, 0.0)[None, :]))
    gaps = exactly(y) - p @ exactly(y)
    return gaps.mT @ (p.mT * gaps)


@np.errstate(all="ignore")
def attention_jacobian(X: Tensor, A: Tensor, V: Tensor, *, beta: Tensor | None = None, mask: Mask = None) -> Ball:
    """J of this module: a ball of (n d', n d), rows and columns ordered as X.flatten().

    Args:
        X: (n, d).   A: (d, d).   V: (d', d).   beta: (d,) or None.   mask: as in `attention.self_attention`.

    Raises:
        ArgumentError: shapes do not fit, not float64, NaN or infinity, an empty row of mask, over 2^22 entries.
    """
    x, a, v, b = _arguments(X, A, V, beta)
    return _jacobian(exactly(x), exactly(a), exactly(v), exactly(b), _allowed(mask, X))


@np.errstate(all="ignore")
def heads_jacobian(X: Tensor, heads: Heads, *, mask: Mask = None) -> Ball:
    """The Jacobian of `attention_heads.multi_head_attention` at X (n, d): a sum over heads, A = s K^T Q enclosed.

    Raises:
        ArgumentError: as `attention_jacobian`.
    """
    x, total = exactly(_array("heads_jacobian", "X", X, 2)), None
    for head in heads.split():
        Q, K, V, W = (exactly(_array("heads_jacobian", name, getattr(head, name), 2)) for name in "QKVW")
        k, d = Q.mid.shape
        if x.mid.shape[1] != d or x.mid.shape[0] == 0:
            raise ArgumentError(f"heads_jacobian: X must be (n, {d}), n >= 1, got X {x.mid.shape}.")
        bias = np.zeros((1, k)) if head.b_q is None else _array("heads_jacobian", "b_q", head.b_q, 1)[None, :]
        scale = _inverse_root(k) if head.scale is None else exactly(np.array(head.scale))
        A, beta = scale * (K.mT @ Q), (scale * (exactly(bias) @ K))[0]
        J = _jacobian(x, A, W @ V, beta, _allowed(mask, X))
        total = J if total is None else total + J
    if total is None:
        raise ArgumentError("heads_jacobian: required at least one head, got none.")
    return total


def norm_upper(J: Ball) -> float:
    """A float >= |M|_2 for every M in the ball: |mid|_2 + |rad|_F, both rounded up; inf where nothing is known."""
    radius = frobenius_upper(J.rad)
    if not math.isfinite(radius):
        return math.inf
    return _up(float_up(norm_bound(torch.from_numpy(J.mid), _SQUARINGS).upper), radius)


def jacobian_norm_upper(X: Tensor, A: Tensor, V: Tensor, *, beta: Tensor | None = None, mask: Mask = None) -> float:
    """A float >= |D_X f|_2 for f = self_attention(., A, V, ...), proved for these numbers; inf where nothing is known.

    Arguments and errors as `attention_jacobian`.
    """
    return norm_upper(attention_jacobian(X, A, V, beta=beta, mask=mask))


def jacobian_norm_lower(
    X: Tensor, A: Tensor, V: Tensor, direction: Tensor, *, beta: Tensor | None = None, mask: Mask = None
) -> float:
    """A float <= |J e| / |e| <= |D_X f|_2 for the direction e (n, d), not 0; otherwise as `jacobian_norm_upper`."""
    e = _array("jacobian_norm_lower", "direction", direction, 2)
    J = attention_jacobian(X, A, V, beta=beta, mask=mask)
    if e.shape != tuple(X.shape) or not e.any():
        raise ArgumentError(
            f"jacobian_norm_lower: direction must be {tuple(X.shape)}, not 0, got direction {e.shape}. It divides."
        )
    lower = frobenius_lower(J @ exactly(e.reshape(-1, 1))) / frobenius_upper(e)
    return max(0.0, math.nextafter(lower, 0.0))


def _jacobian(points: Ball, A: Ball, V: Ball, beta: Ball, allowed: Tensor | None) -> Ball:
    """J of this module for parameters that are themselves enclosed."""
    (n, d), k = points.mid.shape, V.mid.shape[0]
    if n * d * n * k > _LARGEST:
        raise ArgumentError(
            f"attention_jacobian: required at most {_LARGEST} entries, got n={n}, d={d}, d'={k}: {n * d * n * k}. "
            "`local_lipschitz` estimates without the matrix, `local_bound` bounds without it."
        )
    values = points @ V.mT
    theta = points @ A.mT + beta
    masses = np.ones((n, n)) if allowed is None else allowed.numpy().astype(np.float64)
    P = _softmax(theta @ points.mT, exactly(masses))
    gaps = points[None, :, :] - (P @ points)[:, None, :]  # x_j - m_i
    moved = values[None, :, :] - (P @ values)[:, None, :]  # V (x_j - m_i)
    own = (moved.mT @ (P[:, :, None] * gaps)) @ A  # V C_i A, (n, k, d)
    J = P[:, :, None, None] * (V + moved[:, :, :, None] * theta[:, None, None, :])
    diagonal = Ball(np.zeros_like(J.mid), np.zeros_like(J.rad))
    each = np.arange(n)
    diagonal.mid[each, each], diagonal.rad[each, each] = own.mid, own.rad
    J = J + diagonal
    rows = [part.swapaxes(1, 2).reshape(n * k, n * d) for part in (J.mid, J.rad)]
    return Ball(rows[0], rows[1])


def _inverse_root(k: int) -> Ball:
    """1/sqrt(k): IEEE arithmetic rounds a root to nearest, so it is off by less than a spacing."""
    root = np.sqrt(np.array(float(k)))
    return exactly(np.ones_like(root)) / Ball(root, np.spacing(root))


def _softmax(scores: Ball, masses: Ball) -> Ball:
    """Rows of masses e^scores / their sum; a mass 0 gives exactly 0 whatever the score."""
    present = masses.mid > 0
    top = np.where(present, scores.mid, -np.inf).max(-1, keepdims=True)
    # a common shift changes nothing over the reals; where there is no mass the score is free: take the shift
    shifted = scores - exactly(top)
    shifted = Ball(np.where(present, shifted.mid, 0.0), np.where(present, shifted.rad, 0.0))
    powers = masses * shifted.exp()
    powers = Ball(np.where(present, powers.mid, 0.0), np.where(present, powers.rad, 0.0))
    p = powers / powers.total(-1)
    return Ball(np.where(present, p.mid, 0.0), np.where(present, p.rad, 0.0))


def _up(a: float, b: float) -> float:
    """A float >= a + b."""
    return math.nextafter(a + b, math.inf) if b else a


def _arguments(X: Tensor, A: Tensor, V: Tensor, beta: Tensor | None) -> tuple[Array, Array, Array, Array]:
    where = "attention_jacobian"
    x, a, v = _array(where, "X", X, 2), _array(where, "A", A, 2), _array(where, "V", V, 2)
    d = x.shape[1]
    b = np.zeros(d) if beta is None else _array(where, "beta", beta, 1)
    if 0 in x.shape or a.shape != (d, d) or v.shape[1] != d or v.shape[0] == 0 or b.shape != (d,):
        raise ArgumentError(
            f"{where}: required X (n, d), A (d, d), V (d', d), beta (d,), got X {x.shape}, A {a.shape}, V {v.shape}, "
            f"beta {b.shape}."
        )
    return x, a, v, b


def _array(where: str, name: str, tensor: Tensor, axes: int) -> Array:
    if not isinstance(tensor, Tensor) or tensor.dtype != torch.float64 or tensor.ndim != axes:
        got = f"{tuple(tensor.shape)} ({tensor.dtype})" if isinstance(tensor, Tensor) else type(tensor).__name__
        raise ArgumentError(
            f"{where}: {name} must be float64 with {axes} axes, got {name}={got}. "
            "The stored numbers are the input: .double() keeps those of float32 exactly."
        )
    array = tensor.detach().to("cpu").numpy()
    if not np.isfinite(array).all():
        raise ArgumentError(f"{where}: {name} must be finite, got NaN or infinity.")
    return array
