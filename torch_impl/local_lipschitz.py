"""The local Lipschitz constant of a map at a point, from below and without its matrix.

    |J|_2 = max |J e| / |e|,   J = D_X f on flattened X and f(X), so Frobenius norms on both sides

Only products J e (`torch.func.jvp`) and J^T g (`torch.func.vjp`) are formed. Lanczos (ARPACK, through SciPy's `eigsh`)
runs on J^T J or J J^T, whichever is smaller, with J e as the derivative of g -> J^T g where torch can differentiate f
twice, which is faster; value and residual of the result are always computed with jvp and vjp. The value is |J e| for
the unit vector e that Lanczos ends with, so a lower bound of |J|_2 whether or not the iteration converged, up to the
rounding of the two products: it rests on floats, and it is the constant of f at X, not of f on a set. An upper bound is
in `local_bound` and `reference.attention_balls`.

`torch.func.jvp` returns the pair (f(X), J e). Taking the first for the second gives sqrt|J^T f(X)|, which grows with
the number of tokens although |J|_2 does not; `proofcheck.testing.assert_estimator` finds such slips.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from proofcheck.errors import ArgumentError

Map = Callable[[Tensor], Tensor]
Array = NDArray[np.float64]
_BASIS = 16  # Lanczos vectors between restarts; below that many coordinates the whole space is spanned instead
_WHERE = "local_lipschitz"


@dataclass(frozen=True)
class LocalConstant:
    """A lower bound of |D_X f|_2, in floats.

    value: |J e| / |e| for the last vector e.
    residual: |J^T g - value e| with g = J e / value, |e| = 1: some singular value lies within it of `value`; that it is
        the largest is what Lanczos finds with probability one, not what the residual says.
    converged: residual <= tolerance * value.   iterations: pairs of products J e, J^T g that were formed.
    """

    value: float
    residual: float
    converged: bool
    iterations: int

    def __float__(self) -> float:
        return self.value


class _Spent(Exception):
    """The products that the caller allowed are used up."""


def local_lipschitz(
    f: Map, X: Tensor, *, tolerance: float = 1e-6, iterations: int = 1000, seed: int = 0
) -> LocalConstant:
    """max |J e| / |e| over e, J the Jacobian of f at X: a lower bound, the norm itself once converged.

    Args:
        f: differentiable, a tensor of X's shape to a floating tensor of any shape, without randomness.
        X: any shape, float32 or float64, not empty; a batch axis is part of the flattened vector.
        tolerance: relative, of the residual; the error of a converged value is of the order of its square.
            float32 products seldom give residuals below 1e-5.
        iterations: at most so many pairs of products.   seed: of the start vector; torch's generators are not touched.

    Returns:
        LocalConstant(value, residual, converged, iterations). Not converged is no error: the value is a lower bound.

    Raises:
        ArgumentError: shapes, dtypes or ranges above; f is random (dropout left on); NaN or infinity in f or its
            derivative.
    """
    if not isinstance(X, Tensor) or not X.is_floating_point() or X.numel() == 0:
        got = f"{tuple(X.shape)} ({X.dtype})" if isinstance(X, Tensor) else type(X).__name__
        raise ArgumentError(f"{_WHERE}: X must be a floating tensor, not empty, got X={got}.")
    if not 0 < tolerance < 1 or iterations < 1:
        raise ArgumentError(
            f"{_WHERE}: required 0 < tolerance < 1 and iterations >= 1, got tolerance={tolerance}, "
            f"iterations={iterations}."
        )
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ArgumentError(f"{_WHERE}: required an integer seed >= 0, got seed={seed!r}. It starts NumPy's generator.")
    with _differentiable_kernels():
        products = _Products(f, X.detach().clone(), iterations)
        return _largest(products, tolerance, np.random.default_rng(seed))


@contextmanager
def _differentiable_kernels() -> Iterator[None]:
    """torch's fused attention and the shortcut of its modules in evaluation have no forward derivative."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        one = torch.ones(1)
        # the first one loads torch's rules, some of which torch itself deprecates
        torch.func.jvp(torch.neg, (one,), (one,))
    shortcut = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with sdpa_kernel(SDPBackend.MATH), torch.inference_mode(False):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(shortcut)


class _Products:
    """e -> J e and g -> J^T g in float64 vectors, on the smaller side first: `first` maps R^size to the other side."""

    def __init__(self, f: Map, X: Tensor, allowed: int) -> None:
        self._f, self._X, self.allowed, self.count = f, X, allowed, 0
        value = self._checked_value()
        self._pullback = cast(Map, torch.func.vjp(f, X)[1])
        self._shape, self._dtype, self._device = value.shape, value.dtype, value.device
        self._wide = value.numel() < X.numel()
        self._transposed = self._transpose()
        self.size = min(value.numel(), X.numel())

    def first(self, e: Array) -> Array:
        return self._pull(e) if self._wide else self._push(e)

    def second(self, g: Array) -> Array:
        if self.count >= self.allowed:
            raise _Spent
        self.count += 1
        return self._push(g) if self._wide else self._pull(g)

    def forward_mode(self) -> None:
        """From now on J e is computed by `torch.func.jvp` alone."""
        self._transposed = None

    def _push(self, e: Array) -> Array:
        tangent = torch.from_numpy(e).to(self._X.device, self._X.dtype).reshape(self._X.shape)
        if self._transposed is not None:
            with torch.no_grad():  # else every product records a graph of its own
                return _vector(self._transposed(tangent)[0])
        image = torch.func.jvp(self._f, (self._X,), (tangent,))[1]  # [0] is f(X)
        return _vector(image)

    def _pull(self, g: Array) -> Array:
        cotangent = torch.from_numpy(g).to(self._device, self._dtype).reshape(self._shape)
        with torch.no_grad():
            return _vector(self._pullback(cotangent)[0])

    def _transpose(self) -> Map | None:
        """e -> J e as the derivative of g -> J^T g, which is linear: a third of the time of jvp, where f allows it."""
        zero = torch.zeros(self._shape, dtype=self._dtype, device=self._device)
        try:
            push = cast(Map, torch.func.vjp(lambda g: self._pullback(g)[0], zero)[1])
            e, g = torch.linspace(-1, 1, self._X.numel()), torch.linspace(1, -2, zero.numel())
            e, g = e.to(self._X).reshape(self._X.shape), g.to(zero).reshape(self._shape)
            with torch.no_grad():
                image, back = push(e)[0], self._pullback(g)[0]
        except RuntimeError:  # no second derivative
            return None
        # a backward pass that hides from autograd has a derivative 0 there: <J e, g> = <e, J^T g> would fail
        gap = abs(float((image * g).sum()) - float((e * back).sum()))
        size = float(image.norm() * g.norm()) + float(e.norm() * back.norm())
        return push if gap <= math.sqrt(torch.finfo(self._dtype).eps) * size else None

    def _checked_value(self) -> Tensor:
        with torch.no_grad():
            value, again = self._f(self._X), self._f(self._X)
        if not isinstance(value, Tensor) or not value.is_floating_point() or value.numel() == 0:
            got = f"{tuple(value.shape)} ({value.dtype})" if isinstance(value, Tensor) else type(value).__name__
            raise ArgumentError(f"{_WHERE}: f must return one floating tensor, not empty, got f(X)={got}.")
        for name, given in (("X", self._X), ("f(X)", value)):
            if torch.finfo(given.dtype).bits < 32:
                raise ArgumentError(
                    f"{_WHERE}: {name} must be float32 or float64, got {given.dtype}. Products in half precision are "
                    "off by more than singular values differ. Use .float() or .double() on the model and on X."
                )
        size = float(value.abs().max())
        if not math.isfinite(size):
            raise ArgumentError(f"{_WHERE}: f(X) must be finite, got NaN or infinity. It has no derivative there.")
        moved = float((value - again).abs().max())
        if moved > math.sqrt(torch.finfo(value.dtype).eps) * size:  # far above what an order of summation can change
            raise ArgumentError(
                f"{_WHERE}: f must give the same value twice, got two that differ by {moved:.3g}. A random map has no "
                "derivative. Switch dropout off with model.eval()."
            )
        return value


def _largest(products: _Products, tolerance: float, generator: np.random.Generator) -> LocalConstant:
    from scipy.sparse.linalg import ArpackError, LinearOperator, eigsh

    start = generator.standard_normal(products.size)
    start /= np.linalg.norm(start)
    scale = float(np.abs(products.first(start)).max())
    # products are divided by it, so that their squares neither overflow nor vanish
    if scale == 0.0:  # a random vector lies in the kernel of a map that is not 0 with probability 0
        return LocalConstant(0.0, 0.0, True, 0)
    recent: deque[Array] = deque(maxlen=_BASIS)

    def gram(e: Array) -> Array:
        e = np.ascontiguousarray(e, dtype=np.float64).reshape(-1)
        image = products.second(products.first(e) / scale) / scale
        recent.append(e.copy())
        return image

    best = start
    try:
        if products.size <= _BASIS:
            best = _spanned(gram, np.eye(products.size))
        else:
            solve: Any = eigsh  # its annotations know neither operators nor float tolerances
            operator = cast(Any, LinearOperator)((products.size, products.size), matvec=gram, dtype=np.float64)
            # restarts are not what limits it: `second` counts the products
            best = solve(operator, k=1, which="LA", v0=start, ncv=_BASIS, tol=0.9 * tolerance, maxiter=10**6)[1][:, 0]
    except (_Spent, ArpackError):
        # the best combination of the last vectors seen: their images cost some products more
        best = _spanned(lambda e: products.first(e) / scale, np.stack(recent)) if recent else start
    return _judge(products, best, scale, tolerance)


def _spanned(product: Callable[[Array], Array], rows: Array) -> Array:
    """The unit vector of the span of `rows` that `product` (J or J^T J) stretches most."""
    basis = np.linalg.qr(rows.T)[0]
    images = np.stack([product(np.ascontiguousarray(column)) for column in basis.T])
    return basis @ np.linalg.svd(images, full_matrices=False)[0][:, 0]


def _judge(products: _Products, e: Array, scale: float, tolerance: float) -> LocalConstant:
    e = e / np.linalg.norm(e)
    products.forward_mode()
    image = products.first(e) / scale
    size = float(np.linalg.norm(image))
    if size == 0.0:
        return LocalConstant(0.0, math.inf, False, products.count)
    products.allowed = products.count + 1  # one pair more, for the residual
    residual = float(np.linalg.norm(products.second(image / size) / scale - size * e))
    return LocalConstant(size * scale, residual * scale, residual <= tolerance * size, products.count)


def _vector(image: Tensor) -> Array:
    vector = cast(Array, image.detach().to("cpu", torch.float64).reshape(-1).numpy())
    if not np.isfinite(vector).all():
        raise ArgumentError(f"{_WHERE}: the derivative of f at X must be finite, got NaN or infinity.")
    return vector
