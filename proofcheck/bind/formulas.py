"""The reference formulas of the lemmas, entry by entry from the mathematics, and the sizes they are compared at.

    gradient_mlp          x_i - step sum_u W_ui max(sum_j W_uj x_j + b_u, 0)                     LT-01
    gradient_attention    x - step E_x[A y],  E_x[f] = sum_j a_j e^<x,A y_j> f(y_j) / sum_j ...  LT-04, LT-05, LT-10
    attention_mean        E_x[A y]                                                               LT-02
    attention_covariance  E_x[A y (A y)^T] - E_x[A y] E_x[A y]^T                                 LT-02
    log_partition         log sum_j a_j e^<x,A y_j>                                              LT-02
    affine_mean           q x + c sum_j a_j y_j                                                  LT-09
    sorting_step          (min(a, b), max(a, b))                                                 LT-11
    softmax               e^{z_i} / sum_j e^{z_j}                                                SM-01

Written with sums over indices and with moments, not as the code is: the covariance is not centred first, the
softmax has no stabiliser, the sort is no Euler step. `measure` is a pair (points, weights).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
import torch

from proofcheck.bind.inputs import real, weights
from proofcheck.errors import ArgumentError
from proofcheck.resolve import named
from torch_impl.measures import Measure

Array = np.ndarray


@dataclass(frozen=True)
class Formula:
    """A formula (`text` for people, `function` on object arrays) and the inputs it is compared at."""

    name: str
    text: str
    function: Callable[..., Any]
    cases: tuple[Mapping[str, Any], ...]


def _single(value: Any) -> sp.Expr:
    """A scalar input, whether a symbol in a 0-dimensional array or a number."""
    return value.item() if isinstance(value, np.ndarray) else sp.sympify(value, strict=True)


def _batched(function: Callable[..., Any], batched: tuple[bool, ...], *values: Any) -> Any:
    """function over a leading batch axis of the values marked so."""
    sizes = {len(v) for v, has in zip(values, batched, strict=True) if has}
    return np.array(
        [function(*(v[k] if has else v for v, has in zip(values, batched, strict=True))) for k in range(sizes.pop())],
        dtype=object,
    )


# ---- LT-01, LT-11, SM-01


def gradient_mlp(x: Array, W: Array, b: Array, step: Any) -> Any:
    """x - step W^T max(W x + b, 0); x (..., d), or (batch, q, d) with W, b, step of the same batch."""
    if W.ndim == 3:
        return _batched(gradient_mlp, (True, True, True, True), x, W, b, step)
    if x.ndim > 1:
        return np.array([gradient_mlp(row, W, b, step) for row in x], dtype=object)
    units, d = W.shape
    active = [sp.Max(sum(W[u, j] * x[j] for j in range(d)) + b[u], 0, evaluate=False) for u in range(units)]
    return np.array([x[i] - _single(step) * sum(W[u, i] * active[u] for u in range(units)) for i in range(d)])


def sorting_step(x: Array) -> Any:
    """(a, b) -> (min, max) along the last axis."""
    if x.ndim > 1:
        return np.array([sorting_step(row) for row in x], dtype=object)
    a, b = x
    return np.array([sp.Min(a, b, evaluate=False), sp.Max(a, b, evaluate=False)], dtype=object)


def softmax(z: Array) -> Any:
    """e^{z_i} / sum_j e^{z_j} along the last axis."""
    if z.ndim > 1:
        return np.array([softmax(row) for row in z], dtype=object)
    return np.array([sp.exp(a) / sum(sp.exp(b) for b in z) for a in z], dtype=object)


# ---- LT-02, LT-04, LT-05, LT-10: the measure tilted by e^<x, A y>


def _image(A: Array, y: Array) -> list[sp.Expr]:
    d = len(y)
    return [sum((A[i, k] * y[k] for k in range(d)), sp.Integer(0)) for i in range(d)]


def _tilted(measure: Any, x: Array, A: Array) -> list[tuple[sp.Expr, list[sp.Expr]]]:
    """(a_j e^<x, A y_j>, A y_j) for each atom."""
    points, masses = measure
    images = [_image(A, y) for y in points]
    return [(a * sp.exp(sum(x[i] * v[i] for i in range(len(x)))), v) for a, v in zip(masses, images, strict=True)]


def _expectation(tilted: list[tuple[sp.Expr, list[sp.Expr]]], f: Callable[[list[sp.Expr]], sp.Expr]) -> sp.Expr:
    return sum((w * f(v) for w, v in tilted), sp.Integer(0)) / sum(w for w, _ in tilted)


def _for_queries(function: Callable[..., Any], measure: Any, x: Array, *rest: tuple[Any, bool]) -> Any:
    """function(measure, query, ...) for each query, and for each batch entry; rest are (value, has a batch)."""
    points, masses = measure
    if x.ndim == 3:
        return np.array(
            [
                _for_queries(function, (points[k], masses[k]), x[k], *((v[k] if has else v, False) for v, has in rest))
                for k in range(len(x))
            ],
            dtype=object,
        )
    return np.array([function(measure, query, *(v for v, _ in rest)) for query in x], dtype=object)


def log_partition(measure: Any, x: Array, A: Array) -> Any:
    """log sum_j a_j e^<x, A y_j>."""
    return _for_queries(lambda m, q, a: sp.log(sum(w for w, _ in _tilted(m, q, a))), measure, x, (A, A.ndim == 3))


def attention_mean(measure: Any, x: Array, A: Array) -> Any:
    """E_x[A y]."""

    def mean(m: Any, q: Array, a: Array) -> list[sp.Expr]:
        tilted = _tilted(m, q, a)
        return [_expectation(tilted, lambda v, i=i: v[i]) for i in range(len(q))]

    return _for_queries(mean, measure, x, (A, A.ndim == 3))


def attention_covariance(measure: Any, x: Array, A: Array) -> Any:
    """E_x[A y (A y)^T] - E_x[A y] E_x[A y]^T."""

    def covariance(m: Any, q: Array, a: Array) -> list[list[sp.Expr]]:
        tilted, d = _tilted(m, q, a), len(q)
        mean = [_expectation(tilted, lambda v, i=i: v[i]) for i in range(d)]
        return [
            [_expectation(tilted, lambda v, i=i, j=j: v[i] * v[j]) - mean[i] * mean[j] for j in range(d)]
            for i in range(d)
        ]

    return _for_queries(covariance, measure, x, (A, A.ndim == 3))


def gradient_attention(measure: Any, x: Array, A: Array, step: Any) -> Any:
    """x - step E_x[A y]."""

    def moved(m: Any, q: Array, a: Array, s: Any) -> list[sp.Expr]:
        tilted = _tilted(m, q, a)
        return [q[i] - _single(s) * _expectation(tilted, lambda v, i=i: v[i]) for i in range(len(q))]

    has_batch = isinstance(step, np.ndarray) and step.ndim == 1
    return _for_queries(moved, measure, x, (A, A.ndim == 3), (step, has_batch))


def affine_mean(measure: Any, x: Array, q: Any, c: Any) -> Any:
    """q x + c sum_j a_j y_j."""

    def moved(m: Any, query: Array, factor: Any, shift: Any) -> list[sp.Expr]:
        points, masses = m
        return [
            _single(factor) * query[i] + _single(shift) * sum(a * y[i] for a, y in zip(masses, points, strict=True))
            for i in range(len(query))
        ]

    batches = ((v, isinstance(v, np.ndarray) and v.ndim == 1) for v in (q, c))
    return _for_queries(moved, measure, x, *batches)


# ---- sizes


def _measure(n: int, d: int, *batch: int) -> Measure:
    return Measure(real(*batch, n, d), weights(*batch, n))  # type: ignore[arg-type]


def _contexts(**rest: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    """Tokens n = 2, 3, widths d = 1, 2, a batch, a padded atom of weight 0."""
    sizes = [(2, 1, 1), (3, 1, 1), (2, 2, 2), (3, 2, 1)]
    cases: list[dict[str, Any]] = [{"measure": _measure(n, d), "x": real(q, d)} for n, d, q in sizes]
    half = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
    cases.append({"measure": Measure(real(3, 1), half), "x": real(1, 1)})  # type: ignore[arg-type]
    for case in cases:
        case.update(_rest(rest, case["x"].shape[-1], ()))
    batch = {"measure": _measure(2, 1, 2), "x": real(2, 1, 1)}
    return (*cases, batch | _rest(rest, 1, (2,)))


def _rest(rest: Mapping[str, tuple[str, ...]], d: int, batch: tuple[int, ...]) -> dict[str, Any]:
    return {name: real(*batch, *(d for _ in axes)) for name, axes in rest.items()}


_MATRIX = {"A": ("d", "d")}

FORMULAS: dict[str, Formula] = {
    f.name: f
    for f in (
        Formula(
            "gradient_mlp",
            "x - step*W^T max(W x + b, 0)",
            gradient_mlp,
            (
                {"x": real(1, 1), "W": real(1, 1), "b": real(1), "step": real()},
                {"x": real(2, 2), "W": real(3, 2), "b": real(3), "step": real()},
                {"x": real(3), "W": real(2, 3), "b": real(2), "step": real()},
                {"x": real(2, 1, 2), "W": real(2, 2, 2), "b": real(2, 2), "step": real(2)},
            ),
        ),
        Formula("sorting_step", "(Min(a, b), Max(a, b))", sorting_step, ({"x": real(2)}, {"x": real(2, 2)})),
        Formula(
            "softmax",
            "exp(z_i)/sum_j exp(z_j)",
            softmax,
            tuple({"z": real(*s)} for s in ((1,), (2,), (3,), (2, 3))),
        ),
        Formula("gradient_attention", "x - step*E_x[A y]", gradient_attention, _contexts(**_MATRIX, step=())),
        Formula("attention_mean", "E_x[A y]", attention_mean, _contexts(**_MATRIX)),
        Formula(
            "attention_covariance",
            "E_x[A y (A y)^T] - E_x[A y] E_x[A y]^T",
            attention_covariance,
            _contexts(**_MATRIX),
        ),
        Formula("log_partition", "log sum_j a_j exp<x, A y_j>", log_partition, _contexts(**_MATRIX)),
        Formula("affine_mean", "q*x + c*sum_j a_j y_j", affine_mean, _contexts(q=(), c=())),
    )
}


def formula(name: str) -> Formula:
    """The formula that a lemma's binding names: a key of FORMULAS, or "module:NAME" of a Formula elsewhere.

    Raises:
        ArgumentError: there is no such formula.
    """
    if ":" in name:
        found = named(name, "binding", "a formula")
        if isinstance(found, Formula):
            return found
    if name not in FORMULAS:
        raise ArgumentError(
            f"binding: a formula required, got {name!r}. Known are {', '.join(sorted(FORMULAS))}; "
            'a formula of your own is named "module:NAME" and is a proofcheck.bind.formulas.Formula.'
        )
    return FORMULAS[name]


# ---- multi-head softmax attention, page B, D1 to D3


def attention_weights(Q: Array, K: Array, hidden: Callable[[int, int], bool] | None = None) -> list[list[sp.Expr]]:
    """P_ij = e^<q_i,k_j>/sqrt(k) / sum over the keys that query i sees; 0 where hidden(i, j)."""
    size, rows = Q.shape[1], []
    for i in range(len(Q)):
        seen = [not (hidden and hidden(i, j)) for j in range(len(K))]
        score = [sum(Q[i, c] * K[j, c] for c in range(size)) / sp.sqrt(size) for j in range(len(K))]
        below = sum(sp.exp(s) for s, keep in zip(score, seen, strict=True) if keep)
        rows.append([sp.exp(s) / below if keep else sp.Integer(0) for s, keep in zip(score, seen, strict=True)])
    return rows


def attention(Q: Array, K: Array, V: Array, hidden: Callable[[int, int], bool] | None = None) -> Array:
    """sum_j P_ij v_j for one head; Q (q, k), K (n, k), V (n, v)."""
    P = attention_weights(Q, K, hidden)
    return np.array(
        [[sum(P[i][j] * V[j, c] for j in range(len(V))) for c in range(V.shape[1])] for i in range(len(Q))],
        dtype=object,
    )


def multi_head_attention(
    x: Array, heads: int, parameters: Mapping[str, Array], hidden: Callable[[int, int], bool] | None = None
) -> Array:
    """Self-attention of x (n, E) with the parameters of torch.nn.MultiheadAttention.

    f(x)_i = out_b + sum_h W^(h) (sum_j P^(h)_ij (V^(h) x_j + v_b)): in_proj_weight stacks the queries', keys' and
    values' rows, head h has rows h*k to (h+1)*k of each, W^(h) the same columns of out_proj.weight.
    """
    n, width = x.shape
    size = width // heads
    weight, bias = parameters["in_proj_weight"], parameters["in_proj_bias"]

    def projected(first: int) -> Array:
        return np.array(
            [
                [sum(weight[r, c] * x[t, c] for c in range(width)) + bias[r] for r in range(first, first + size)]
                for t in range(n)
            ],
            dtype=object,
        )

    out_weight, out_bias = parameters["out_proj.weight"], parameters["out_proj.bias"]
    result = np.array([[out_bias[c] for c in range(width)] for _ in range(n)], dtype=object)
    for h in range(heads):
        q, k, v = (projected(part * width + h * size) for part in range(3))
        head = attention(q, k, v, hidden)
        for t in range(n):
            for c in range(width):
                result[t, c] += sum(out_weight[c, h * size + s] * head[t, s] for s in range(size))
    return result


def attention_jacobian(x: Array, A: Array, V: Array) -> Array:
    """R0 of page B: blocks V[P_ij (I + (x_j - m_i)(A x_i)^T) + delta_ij C_i A], scores <A x_i, x_j>; (n, d', n, d)."""
    n, d = x.shape
    scores = [
        [sum(A[r, c] * x[i, c] * x[j, r] for r in range(d) for c in range(d)) for j in range(n)] for i in range(n)
    ]
    P = [[sp.exp(s) / sum(sp.exp(t) for t in row) for s in row] for row in scores]
    m = [[sum(P[i][j] * x[j, c] for j in range(n)) for c in range(d)] for i in range(n)]
    result = np.empty((n, V.shape[0], n, d), dtype=object)
    for i, out, j, c in np.ndindex(*result.shape):
        total = []
        for r in range(d):
            image = sum(A[c, s] * x[i, s] for s in range(d))
            entry = P[i][j] * ((1 if r == c else 0) + (x[j, r] - m[i][r]) * image)
            if i == j:
                moments = [sum(P[i][k] * (x[k, r] - m[i][r]) * (x[k, s] - m[i][s]) for k in range(n)) for s in range(d)]
                entry += sum(moments[s] * A[s, c] for s in range(d))
            total.append(V[out, r] * entry)
        result[i, out, j, c] = sum(total)
    return result
