"""Sums, means, extremes, norms and scans along axes."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import sympy as sp

from proofcheck.bind.functions import maximum, minimum
from proofcheck.bind.ops.elementwise import exp_of, log_of
from proofcheck.bind.ops.table import (
    INEXPRESSIBLE,
    INFINITE,
    Array,
    along,
    axes,
    each,
    op,
    over,
    plus,
    times,
    total,
)
from proofcheck.errors import ArgumentError


@op("sum")
def sum_(x: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    return over(total, x, dim, keepdim)


@op("mean")
def mean(x: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    return over(lambda line: total(line) / len(line), x, dim, keepdim)


@op("prod")
def prod(x: Array, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    return over(lambda line: sp.Mul(*line), x, dim, keepdim)


def variance_of(line: list[Any], correction: Any) -> Any:
    """sum (x - mean)**2 / (n - correction).

    Raises:
        ArgumentError: n <= correction, where torch returns NaN.
    """
    below = len(line) - correction
    if below <= 0:
        raise ArgumentError(f"var: more than {correction} entries required, got {len(line)} (0/0 is NaN in torch).")
    centre = total(line) / len(line)
    return sp.Add(*((e - centre) ** 2 for e in line)) / below


@op("var")
def var(x: Array, dim: Any = None, *, correction: Any = 1, keepdim: bool = False) -> Array:
    c = 1 if correction is None else sp.sympify(correction)
    return over(lambda line: variance_of(line, c), x, dim, keepdim)


@op("std")
def std(x: Array, dim: Any = None, *, correction: Any = 1, keepdim: bool = False) -> Array:
    return each(sp.sqrt, var(x, dim, correction=correction, keepdim=keepdim))


@op("var_mean")
def var_mean(x: Array, dim: Any = None, *, correction: Any = 1, keepdim: bool = False) -> tuple[Array, Array]:
    return var(x, dim, correction=correction, keepdim=keepdim), mean(x, dim, keepdim)


@op("amax")
def amax(x: Array, dim: Any = (), keepdim: bool = False) -> Array:
    return over(lambda line: reduce(maximum, line), x, dim, keepdim)


@op("amin")
def amin(x: Array, dim: Any = (), keepdim: bool = False) -> Array:
    return over(lambda line: reduce(minimum, line), x, dim, keepdim)


@op("max")
def max_(x: Array, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest entry, of all, or along an axis; its place has no formula."""
    return amax(x) if dim is None else (amax(x, [dim], keepdim), INEXPRESSIBLE)


@op("min")
def min_(x: Array, dim: Any = None, keepdim: bool = False) -> Any:
    return amin(x) if dim is None else (amin(x, [dim], keepdim), INEXPRESSIBLE)


@op("any")
def any_(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return over(lambda line: 1 - sp.Mul(*(1 - e for e in line)), x, dim, keepdim)


@op("all")
def all_(x: Array, dim: Any = None, keepdim: bool = False) -> Array:
    return over(lambda line: sp.Mul(*line), x, dim, keepdim)


def softmax_of(line: list[Any]) -> list[Any]:
    """exp z_i / sum_j exp z_j; entries -oo get 0.

    Raises:
        ArgumentError: an entry oo, or a line of -oo, where torch returns NaN.
    """
    if all(e == -sp.oo for e in line) or sp.oo in line:
        raise ArgumentError(
            "softmax: one finite entry in each line and none equal to inf required, got a line that is fully "
            "masked or holds inf (NaN in torch). Let each query see one key."
        )
    weights = [exp_of(e) for e in line]
    below = sp.Add(*weights)
    return [w / below for w in weights]


def logsumexp_of(line: list[Any]) -> Any:
    """log sum exp z_i; -oo for a line of -oo."""
    return log_of(sp.Add(*(exp_of(e) for e in line)))


@op("_softmax", "softmax", "_safe_softmax")
def softmax(x: Array, dim: int, half_to_float: Any = False, *, dtype: Any = None) -> Array:
    return along(softmax_of, x, dim)


@op("_log_softmax", "log_softmax")
def log_softmax(x: Array, dim: int, half_to_float: Any = False, *, dtype: Any = None) -> Array:
    def line(entries: list[Any]) -> list[Any]:
        below = logsumexp_of(entries)
        if below in INFINITE:
            raise ArgumentError("log_softmax: one finite entry in each line required, got a line of -inf.")
        return [plus(e, -below) for e in entries]

    return along(line, x, dim)


@op("logsumexp")
def logsumexp(x: Array, dim: Any, keepdim: bool = False) -> Array:
    return over(logsumexp_of, x, dim, keepdim)


def norm_of(line: list[Any], order: Any) -> Any:
    """(sum |x|**p)**(1/p), max |x| for oo, min |x| for -oo."""
    sizes = [sp.Abs(e) for e in line]
    if order in INFINITE:
        return reduce(maximum if order is sp.oo else minimum, sizes)
    if order == 0:
        raise NotImplementedError("the 0-norm, which counts entries")
    if order == 1:
        return sp.Add(*sizes)
    powers = line if order.is_even else sizes
    return sp.Add(*(e**order for e in powers)) ** (1 / order)


@op("linalg_vector_norm")
def vector_norm(x: Array, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Array:
    return over(lambda line: norm_of(line, sp.sympify(ord)), x, dim, keepdim)


def _scan(step: Callable[[Any, Any], Any]) -> Callable[..., Array]:
    def line(entries: list[Any]) -> list[Any]:
        done = entries[:1]
        for entry in entries[1:]:
            done.append(step(done[-1], entry))
        return done

    return lambda x, dim, *, dtype=None: along(line, x, dim)


op("cumsum")(_scan(plus))
op("cumprod")(_scan(times))
op("logcumsumexp")(_scan(lambda a, b: logsumexp_of([a, b])))


@op("cummax")
def cummax(x: Array, dim: int) -> tuple[Array, str]:
    return _scan(maximum)(x, dim), INEXPRESSIBLE


@op("cummin")
def cummin(x: Array, dim: int) -> tuple[Array, str]:
    return _scan(minimum)(x, dim), INEXPRESSIBLE


def normalised_axes(x: Array, count: int) -> tuple[int, ...]:
    """The last `count` axes."""
    return axes([-k for k in range(1, count + 1)], x.ndim)
