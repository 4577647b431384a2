"""The table of op meanings and what all of them share.

A meaning is a function of the op's own arguments: float tensors come as NumPy object arrays of SymPy expressions
(booleans as 0/1-valued expressions), floats as exact numbers, integers and strings as they are. Constant integer
and boolean tensors stay torch tensors for ops in `RAW`, which read them as indices or masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sympy as sp

from proofcheck.errors import ArgumentError

Array = np.ndarray
TABLE: dict[str, Callable[..., Any]] = {}
RAW: set[str] = set()
INFINITE = (sp.oo, -sp.oo)
INEXPRESSIBLE = "no formula"  # an output, such as an argmax, that has none; an error only if it is used


def op(*names: str, raw: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a meaning under ATen names without prefix."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in names:
            TABLE[f"aten.{name}"] = function
            if raw:
                RAW.add(f"aten.{name}")
        return function

    return register


def array(values: Any, shape: tuple[int, ...] | None = None) -> Array:
    """An object array; `shape` when `values` is a flat list."""
    if shape is None:
        result = np.empty(np.shape(values), dtype=object)
        result[...] = values
        return result
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result.reshape(shape)


def each(function: Callable[..., Any], *operands: Any) -> Array:
    """function entry by entry, operands broadcast."""
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=object) for a in operands))
    return array([function(*entries) for entries in zip(*(a.ravel() for a in arrays), strict=True)], arrays[0].shape)


def axes(dims: Any, ndim: int) -> tuple[int, ...]:
    """Nonnegative axes; None and [] mean all."""
    if dims is None or (isinstance(dims, list | tuple) and not dims):
        return tuple(range(ndim))
    listed = (dims,) if isinstance(dims, int) else dims
    return tuple(d % max(ndim, 1) for d in listed)


def over(function: Callable[[list[Any]], Any], x: Array, dims: Any, keepdim: bool = False) -> Array:
    """function(list of entries) over the given axes, entries in row-major order."""
    if x.ndim == 0:
        return array(function([x.item()]))
    reduced = axes(dims, x.ndim)
    kept = [d for d in range(x.ndim) if d not in reduced]
    moved = x.transpose([*kept, *reduced])
    rows = moved.reshape(int(np.prod([x.shape[d] for d in kept], dtype=int)), -1)
    shape = tuple(1 if d in reduced else x.shape[d] for d in range(x.ndim) if keepdim or d not in reduced)
    return array([function(list(row)) for row in rows], shape)


def along(function: Callable[[list[Any]], list[Any]], x: Array, dim: int) -> Array:
    """function(line) -> line along one axis."""
    if x.ndim == 0:
        return array(function([x.item()])[0])
    moved = np.moveaxis(x, dim, -1)
    lines = moved.reshape(-1, moved.shape[-1])
    flat = [entry for line in lines for entry in function(list(line))]
    return np.moveaxis(array(flat, moved.shape), -1, dim)


def plus(one: Any, two: Any) -> Any:
    """one + two; an infinity absorbs every (finite) expression.

    Raises:
        ArgumentError: infinities of opposite sign.
    """
    if one in INFINITE or two in INFINITE:
        if one in INFINITE and two in INFINITE and one != two:
            raise ArgumentError("oo - oo has no value (NaN in torch). Mask with a finite number, or once.")
        return one if one in INFINITE else two
    return one + two


def times(one: Any, two: Any) -> Any:
    """one * two; an infinity times a number other than 0 is an infinity.

    Raises:
        ArgumentError: infinity times 0 or times an expression whose sign is not known.
    """
    if one in INFINITE or two in INFINITE:
        infinite, other = (one, two) if one in INFINITE else (two, one)
        sign = 1 if other.is_positive else -1 if other.is_negative else 0
        if not sign:
            raise ArgumentError(f"an infinity times {other} has no value (NaN in torch where it is 0).")
        return sign * infinite
    return one * two


def total(entries: Iterable[Any]) -> Any:
    """The sum; infinities as in `plus`."""
    entries = list(entries)
    if any(e in INFINITE for e in entries):
        result: Any = sp.Integer(0)
        for entry in entries:
            result = plus(result, entry)
        return result
    return sp.Add(*entries)


def finite(where: str, *operands: Array) -> None:
    """Raises:
    ArgumentError: an infinite entry, which this op would turn into NaN for some values of the others.
    """
    for x in operands:
        if any(e in INFINITE for e in x.ravel()):
            raise ArgumentError(f"{where}: finite entries required, got -inf or inf. 0*inf is NaN in torch.")
