"""Views, joins and reads at constant places; entries move, nothing is computed."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
from torch import Tensor

from proofcheck.bind.ops.elementwise import exact
from proofcheck.bind.ops.table import Array, array, each, op, plus


@op("view", "_unsafe_view", "reshape")
def view(x: Array, shape: list[int]) -> Array:
    return x.reshape(tuple(shape))


@op("permute")
def permute(x: Array, dims: list[int]) -> Array:
    return x.transpose([d % x.ndim for d in dims])


@op("t", "numpy_T", "adjoint", "mT")
def t(x: Array) -> Array:
    return x if x.ndim < 2 else np.swapaxes(x, -1, -2)


@op("transpose", "swapaxes")
def transpose(x: Array, dim0: int, dim1: int) -> Array:
    return x if x.ndim == 0 else np.swapaxes(x, dim0, dim1)


@op("expand")
def expand(x: Array, size: list[int], *, implicit: bool = False) -> Array:
    new = len(size) - x.ndim
    shape = [x.shape[i - new] if s == -1 else s for i, s in enumerate(size)]
    return np.broadcast_to(x, shape)


@op("unsqueeze")
def unsqueeze(x: Array, dim: int) -> Array:
    return np.expand_dims(x, dim)


@op("squeeze")
def squeeze(x: Array, dim: Any = None) -> Array:
    if dim is None:
        return x.reshape([n for n in x.shape if n != 1])
    dims = [d % max(x.ndim, 1) for d in ([dim] if isinstance(dim, int) else dim)]
    return x.reshape([n for i, n in enumerate(x.shape) if i not in dims or n != 1])


@op("clone", "alias", "detach", "contiguous", "lift_fresh", "lift_fresh_copy", "_to_copy", "to", "positive")
def same(x: Array, *rest: Any, **layout: Any) -> Array:
    return x


@op("slice")
def slice_(x: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Array:
    return x[_along(x, dim, slice(start, end, step))]


@op("sym_size")
def size(x: Array, dim: int) -> int:
    return x.shape[dim]


@op("select")
def select(x: Array, dim: int, index: int) -> Array:
    return x[_along(x, dim, index)]


def _along(x: Array, dim: int, index: Any) -> tuple[Any, ...]:
    return (*(slice(None) for _ in range(dim % x.ndim)), index)


@op("split_with_sizes", "split")
def split(x: Array, sizes: Any, dim: int = 0) -> list[Array]:
    n = x.shape[dim]
    if isinstance(sizes, int):
        sizes = [min(sizes, n - i) for i in range(0, n, sizes)]
    ends = np.cumsum(sizes)
    return [x[_along(x, dim, slice(end - size, end))] for size, end in zip(sizes, ends, strict=True)]


@op("unbind")
def unbind(x: Array, dim: int = 0) -> list[Array]:
    return [select(x, dim, i) for i in range(x.shape[dim])]


@op("cat", "concat")
def cat(tensors: list[Array], dim: int = 0) -> Array:
    kept = [x for x in tensors if x.shape != (0,)] or tensors[:1]
    return np.concatenate(kept, axis=dim)


@op("stack")
def stack(tensors: list[Array], dim: int = 0) -> Array:
    return np.stack(tensors, axis=dim)


@op("flip")
def flip(x: Array, dims: list[int]) -> Array:
    return np.flip(x, tuple(dims))


@op("roll")
def roll(x: Array, shifts: list[int], dims: Any = ()) -> Array:
    return np.roll(x, shifts, tuple(dims) or None)


@op("repeat")
def repeat(x: Array, repeats: list[int]) -> Array:
    return np.tile(x, repeats)


@op("diagonal")
def diagonal(x: Array, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Array:
    return np.diagonal(x, offset, dim1, dim2)


@op("tril")
def tril(x: Array, diagonal: int = 0) -> Array:
    rows, columns = np.indices(x.shape[-2:])
    return each(lambda e, keep: e if keep else sp.Integer(0), x, columns - rows <= diagonal)


@op("triu")
def triu(x: Array, diagonal: int = 0) -> Array:
    rows, columns = np.indices(x.shape[-2:])
    return each(lambda e, keep: e if keep else sp.Integer(0), x, columns - rows >= diagonal)


@op("constant_pad_nd")
def pad(x: Array, pad: list[int], value: Any = 0) -> Array:
    widths = [(0, 0)] * (x.ndim - len(pad) // 2) + [(pad[i], pad[i + 1]) for i in range(len(pad) - 2, -1, -2)]
    inside = x[tuple(slice(max(-a, 0), x.shape[i] - max(-b, 0)) for i, (a, b) in enumerate(widths))]
    shape = [n + max(a, 0) + max(b, 0) for n, (a, b) in zip(inside.shape, widths, strict=True)]
    result = array([exact(value)] * int(np.prod(shape)), tuple(shape))
    result[tuple(slice(max(a, 0), max(a, 0) + n) for n, (a, _) in zip(inside.shape, widths, strict=True))] = inside
    return result


@op("full_like", "new_full")
def full_like(x: Array, *values: Any, **layout: Any) -> Array:
    shape = x.shape if len(values) == 1 else tuple(values[0])
    return array([exact(values[-1])] * int(np.prod(shape)), shape)


@op("zeros_like", "new_zeros")
def zeros_like(x: Array, *shape: Any, **layout: Any) -> Array:
    return full_like(x, *shape, 0)


@op("ones_like", "new_ones")
def ones_like(x: Array, *shape: Any, **layout: Any) -> Array:
    return full_like(x, *shape, 1)


@op("fill")
def fill(x: Array, value: Any) -> Array:
    return each(lambda _, v: exact(v), x, value)


@op("copy")
def copy(x: Array, source: Array, non_blocking: bool = False) -> Array:
    return np.broadcast_to(source, x.shape)


@op("select_scatter")
def select_scatter(x: Array, source: Array, dim: int, index: int) -> Array:
    result = x.copy()
    result[_along(x, dim, index)] = source
    return result


@op("slice_scatter")
def slice_scatter(x: Array, source: Array, dim: int = 0, start: Any = None, end: Any = None, step: int = 1) -> Array:
    result = x.copy()
    result[_along(x, dim, slice(start, end, step))] = source
    return result


# ---- reads and writes at constant indices; `raw` keeps the index tensors as integers


def places(index: Any) -> Any:
    """A constant index tensor as NumPy integers or booleans; None is a whole axis.

    Raises:
        NotImplementedError: the index comes from data.
    """
    if index is None:
        return slice(None)
    if not isinstance(index, Tensor):
        raise NotImplementedError("an index that depends on data")
    return index.cpu().numpy()


@op("index", "_unsafe_index", raw=True)
def index(x: Array, indices: list[Any]) -> Array:
    return array(x[tuple(places(i) for i in indices)])


@op("index_put", "_unsafe_index_put", raw=True)
def index_put(x: Array, indices: list[Any], values: Array, accumulate: bool = False) -> Array:
    result, where = x.copy(), tuple(places(i) for i in indices)
    if accumulate:
        spots = np.arange(x.size).reshape(x.shape)[where]
        flat = result.reshape(-1)
        for spot, value in zip(spots.ravel(), np.broadcast_to(values, spots.shape).ravel(), strict=True):
            flat[spot] = plus(flat[spot], value)
        return flat.reshape(x.shape)
    result[where] = values
    return result


@op("index_select", raw=True)
def index_select(x: Array, dim: int, index: Any) -> Array:
    return np.take(x, places(index), axis=dim)


@op("gather", raw=True)
def gather(x: Array, dim: int, index: Any, *, sparse_grad: bool = False) -> Array:
    return np.take_along_axis(x[_clip(x, dim, index)], places(index), axis=dim)


def _clip(x: Array, dim: int, index: Any) -> tuple[slice, ...]:
    """torch.gather reads the leading block of the other axes."""
    return tuple(slice(None) if i == dim % x.ndim else slice(0, n) for i, n in enumerate(index.shape))


@op("scatter", raw=True)
def scatter(x: Array, dim: int, index: Any, source: Any, *, reduce: str | None = None) -> Array:
    return _scatter(x, dim, index, source, add=reduce == "add")


@op("scatter_add", raw=True)
def scatter_add(x: Array, dim: int, index: Any, source: Array) -> Array:
    return _scatter(x, dim, index, source, add=True)


def _scatter(x: Array, dim: int, index: Any, source: Any, *, add: bool) -> Array:
    result, where = x.copy(), places(index)
    for place in np.ndindex(*where.shape):
        value = source[place] if isinstance(source, np.ndarray) and source.ndim else exact(source)
        target = (*place[: dim % x.ndim], where[place], *place[dim % x.ndim + 1 :])
        result[target] = plus(result[target], value) if add else value
    return result


@op("embedding", raw=True)
def embedding(weight: Array, indices: Any, *rest: Any) -> Array:
    return array(weight[places(indices)])
