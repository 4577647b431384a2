"""Balls of float64 arrays: entrywise enclosures |x - mid| <= rad, rounded outwards, at the speed of matrix products.

With u = 2^-53 and any order of summation, fused or not (Higham, Accuracy and Stability of Numerical Algorithms, 3.1):
    |fl(a o b) - a o b| <= u |fl(a o b)|, and 2^-1074 more where a product or quotient underflows, o one of + - * /
    |fl(A B) - A B| <= gamma_k |A||B| entrywise for an inner dimension k, gamma_k = k u / (1 - k u).
Radii are sums of nonnegative products, so a radius computed in floats is below the real one by a relative gamma at
most: each is multiplied by more than that and gets an absolute term for underflow. exp is not trusted to the C library:
python-flint encloses it. Matrix products must be sums of products (no Strassen). Overflow ends as an infinite radius.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from proofcheck.errors import ArgumentError

Array = NDArray[np.float64]
_U = float(np.finfo(np.float64).epsneg)  # 2^-53
_FEW = 6 * _U  # more than four roundings
_TINY = float(np.finfo(np.float64).tiny)  # 2^52 times the largest loss by one underflow
_LONGEST = 1 << 30  # terms of a sum, so that k u stays below 2^-22
_RANGE = 700.0  # e^x and its ball's radius are in the normal range for |x| <= 700; e^-700 < _FLOOR
_FLOOR = 1e-303


@dataclass(frozen=True)
class Ball:
    """All real arrays x with |x - mid| <= rad entrywise; rad >= 0, infinite where nothing is known.

    a + b, a - b, a * b, a / b broadcast, a @ b is over the last two axes; each encloses all results on both balls.
    """

    mid: Array
    rad: Array

    @property
    def mT(self) -> Ball:
        """The last two axes exchanged."""
        return Ball(self.mid.swapaxes(-1, -2), self.rad.swapaxes(-1, -2))

    def __getitem__(self, index: Any) -> Ball:
        return Ball(self.mid[index], self.rad[index])

    def __neg__(self) -> Ball:
        return Ball(-self.mid, self.rad)

    def __add__(self, other: Ball) -> Ball:
        mid = self.mid + other.mid
        return _closed(mid, self.rad + other.rad + _U * np.abs(mid), 4)

    def __sub__(self, other: Ball) -> Ball:
        return self + (-other)

    def __mul__(self, other: Ball) -> Ball:
        mid = self.mid * other.mid
        rad = np.abs(self.mid) * other.rad + self.rad * (np.abs(other.mid) + other.rad)
        return _closed(mid, rad + _U * np.abs(mid) + _TINY, 8)

    def __truediv__(self, other: Ball) -> Ball:
        """Where the divisor may be 0 or negative the radius is infinite.

        |(a + s)/(b + t) - a/b| = |s - (a/b) t| / |b + t| <= (|s| + |a/b||t|) / (b - |t|).
        """
        least = (other.mid - other.rad) * (1 - _FEW)  # below the real difference where that is positive
        positive = least > 0
        divisor = np.where(positive, other.mid, np.ones_like(least))  # any number where there is no quotient
        mid = self.mid / divisor
        size = np.abs(mid) * (1 + _FEW) + _TINY
        least = np.where(positive, least, divisor)
        # both quotients first: a product that underflows would be lost to a small divisor
        rad = self.rad / least + size * (other.rad / least) + _U * size + _TINY
        return _closed(mid, np.where(positive, rad, np.inf), 16)

    def __matmul__(self, other: Ball) -> Ball:
        k = _countable(self.mid.shape[-1])
        left, right = np.abs(self.mid), np.abs(other.mid)
        # gamma after the product: gamma |b| alone may underflow where |a| is large
        rad = _gamma(k) * (left @ right)
        if other.rad.any():
            rad = rad + left @ other.rad
        if self.rad.any():
            rad = rad + self.rad @ (right + other.rad)
        return _closed(self.mid @ other.mid, rad + k * _TINY, k + k + 16)

    def total(self, axis: int) -> Ball:
        """The sum along an axis, which stays with length 1."""
        k = _countable(self.mid.shape[axis])
        rad = (self.rad + _gamma(k) * np.abs(self.mid)).sum(axis, keepdims=True)
        return _closed(self.mid.sum(axis, keepdims=True), rad + k * _TINY, k + k + 16)

    def exp(self) -> Ball:
        """e^x entrywise; [0, e^-700] below -700, an infinite radius above 700 or where a radius is above 1.

        |e^(m + t) - e^m| <= e^m (e^r - 1) <= e^m (r + r^2) for |t| <= r <= 1.
        """
        usable = (np.abs(self.mid) <= _RANGE) & (self.rad <= 1)
        mid, rad = _exponentials(np.where(usable, self.mid, 0.0))
        r = np.where(usable, self.rad, 0.0)
        rad = rad + (mid + rad) * (r + r * r)
        vanishing = self.mid + self.rad < -_RANGE - 1  # this sum is off by far less than 1
        return _closed(np.where(usable, mid, 0.0), np.where(usable, rad, np.where(vanishing, _FLOOR, np.inf)), 16)

    def contains(self, values: Array) -> bool:
        """Whether floats lie in the ball, up to the rounding of this comparison."""
        return bool((np.abs(values - self.mid) <= self.rad).all())


def exactly(values: Array) -> Ball:
    """The floats themselves."""
    return Ball(values, np.zeros_like(values))


def frobenius_upper(values: Array) -> float:
    """A float >= the Frobenius norm of a float array."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0 or not np.isfinite(largest):
        return largest if largest == 0.0 else np.inf
    k = _countable(values.size)
    square = float(np.square(values / largest).sum())  # at least 1: what underflows is below the factor
    return math.nextafter(largest * float(np.sqrt(square)) * (1 + (k + k + 16) * _U), math.inf)


def frobenius_lower(ball: Ball) -> float:
    """A float <= the Frobenius norm of every array in the ball: |x| >= |mid| - |rad|."""
    k = _countable(ball.mid.size)
    largest = float(np.abs(ball.mid).max(initial=0.0))
    if largest == 0.0 or not np.isfinite(ball.rad).all():
        return 0.0
    square = float(np.square(ball.mid / largest).sum())
    # squares that underflow only make it smaller
    middle = largest * float(np.sqrt(square)) * (1 - (k + k + 16) * _U) - _TINY
    return max(0.0, middle - frobenius_upper(ball.rad) * (1 + _FEW))


def _gamma(k: int) -> float:
    """A float >= k u / (1 - k u)."""
    return k * _U * (1 + 1e-6)


def _countable(k: int) -> int:
    if k > _LONGEST:
        raise ArgumentError(
            f"Ball: sums must have at most {_LONGEST} terms, got {k}. The error bound is made for those."
        )
    return k


def _exponentials(values: Array) -> tuple[Array, Array]:
    """Midpoints and radii that hold e^v, for |v| <= 700."""
    with flint.ctx.workprec(64):
        found = [flint.arb(v).exp() for v in values.ravel().tolist()]
        mid = np.array([float(e.mid()) for e in found], dtype=np.float64).reshape(values.shape)
        # 64 bits to 53 loses at most u; the radius of an arb has 30 bits, so it is a float
        rad = np.array([float(e.rad()) for e in found], dtype=np.float64).reshape(values.shape) + _FEW * mid
    return mid, rad


def _closed(mid: Array, rad: Array, roundings: int) -> Ball:
    """The ball with its radius enlarged by more than `roundings` roundings; nothing is known where NaN came out."""
    rad = rad * (1 + (roundings + roundings + 8) * _U)
    lost = ~(np.isfinite(mid) & np.isfinite(rad))
    if lost.any():
        mid, rad = np.where(lost, 0.0, mid), np.where(lost, np.inf, rad)
    return Ball(mid, rad)
