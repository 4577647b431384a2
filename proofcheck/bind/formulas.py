"""The reference formulas of the lemmas, entry by entry from the mathematics, and the sizes they are compared at.

    gradient_mlp          x_i - step sum_u W_ui max(sum_j W_uj x_j + b_u, 0)                     LT-01
    gradient_attention    x - step E_x[A y],  E_x[f] = sum_j a_j e^<x,A y_j> f(y_j) / sum_j ...  LT-04, LT-05, LT-10
    attention_mean        E_x[A y]                                                               LT-02
    attention_covariance  E_x[A y (A y)^T] - E_x[A y] E_x[A y]^T                                 LT-02
    log_partition         log sum_j a_j e^<x,A y_j>                                              LT-02
    affine_mean           q x + c sum_j a_j y_j                                                  LT-09
    sorting_step          (min(a, b), max(a, b))                                                 LT-11
    product_mlp           gradient_mlp of x1 and, with step 4^power, of x2                       LT-12
    product_attention     (x1, x2 - step E_{x2}[A y2])                                           LT-12
    lattice_maximum       max(<v1, z1>, <v2, z2>); lattice_minimum: min                          LT-13
    uniform_integral      sum_j a_j <w, y_j>                                                     LT-14
    max_min_steps         max_i min_j (<a_ij, x> + b_ij)                                         LT-19
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


# ---- LT-12, LT-13, LT-19: blocks of networks


def product_mlp(x: Array, W1: Array, b1: Array, W2: Array, b2: Array, step: Any, power: int) -> Any:
    """gradient_mlp with (W1, b1, step) on x1 and with (W2, b2, 4^power step) on x2."""
    d1 = W1.shape[1]
    first = gradient_mlp(x[..., :d1], W1, b1, _single(step))
    return np.concatenate([first, gradient_mlp(x[..., d1:], W2, b2, sp.Integer(4) ** power * _single(step))], axis=-1)


def lattice_maximum(z1: Array, z2: Array, v1: Array, v2: Array) -> Any:
    """max(<v1, z1>, <v2, z2>) along the last axes."""
    return _extremum(sp.Max, z1, z2, v1, v2)


def lattice_minimum(z1: Array, z2: Array, v1: Array, v2: Array) -> Any:
    """min(<v1, z1>, <v2, z2>) along the last axes."""
    return _extremum(sp.Min, z1, z2, v1, v2)


def _extremum(which: Any, z1: Array, z2: Array, v1: Array, v2: Array) -> Any:
    if z1.ndim > 1:
        return np.array([_extremum(which, p, q, v1, v2) for p, q in zip(z1, z2, strict=True)], dtype=object)
    f, g = (sum(v[i] * z[i] for i in range(len(v))) for v, z in ((v1, z1), (v2, z2)))
    return which(f, g, evaluate=False)


def max_min_steps(x: Array, a: Array, b: Array) -> Any:
    """max_i min_j (sum_c a_ijc x_c + b_ij) along the last axis of x."""
    if x.ndim > 1:
        return np.array([max_min_steps(row, a, b) for row in x], dtype=object)
    groups, pieces, d = a.shape
    value = [[sum(a[i, j, c] * x[c] for c in range(d)) + b[i, j] for j in range(pieces)] for i in range(groups)]
    lowest = [sp.Min(*row, evaluate=False) if pieces > 1 else row[0] for row in value]
    return sp.Max(*lowest, evaluate=False) if groups > 1 else lowest[0]


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


def product_attention(measure: Any, x: Array, A: Array, step: Any) -> Any:
    """gradient_attention of the last k coordinates under their marginal, the others kept; A (k, k)."""
    kept = x.shape[-1] - len(A)
    points, masses = measure
    moved = gradient_attention((points[..., kept:], masses), x[..., kept:], A, step)
    return np.concatenate([x[..., :kept], moved], axis=-1)


def uniform_integral(measure: Any, x: Array, w: Array, c: Any, step: Any) -> Any:
    """sum_j a_j <w, y_j>, once for each query; neither c nor step occurs."""

    def mean(m: Any, query: Array) -> sp.Expr:
        points, masses = m
        values = (sum(w[i] * y[i] for i in range(len(w))) for y in points)
        return sum((a * v for a, v in zip(masses, values, strict=True)), sp.Integer(0))

    return _for_queries(mean, measure, x)


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
        Formula(
            "product_mlp",
            "gradient_mlp on x1, and with step*4^power on x2",
            product_mlp,
            tuple(
                {"x": real(*x), "W1": real(1, 1), "b1": real(1), "W2": real(k, 2), "b2": real(k), "step": real()}
                | {"power": power}
                for x, k, power in (((3,), 1, 0), ((3,), 2, 1), ((2, 3), 1, -1))
            ),
        ),
        Formula(
            "product_attention",
            "(x1, x2 - step*E_x2[A y2])",
            product_attention,
            (
                {"measure": _measure(2, 2), "x": real(1, 2), "A": real(1, 1), "step": real()},
                {"measure": _measure(2, 3), "x": real(1, 3), "A": real(2, 2), "step": real()},
                {"measure": _measure(3, 2), "x": real(2, 2), "A": real(1, 1), "step": real()},
            ),
        ),
        *(
            Formula(
                f"lattice_{name}",
                f"{word}(<v1, z1>, <v2, z2>)",
                function,
                tuple(
                    {"z1": real(*rows, m1), "z2": real(*rows, m2), "v1": real(m1), "v2": real(m2)}
                    for rows, m1, m2 in (((), 1, 1), ((), 2, 1), ((2,), 1, 2), ((2,), 2, 2))
                ),
            )
            for name, word, function in (("maximum", "Max", lattice_maximum), ("minimum", "Min", lattice_minimum))
        ),
        Formula(
            "uniform_integral",
            "sum_j a_j <w, y_j>",
            uniform_integral,
            tuple(
                {"measure": _measure(n, d), "x": real(q, d), "w": real(d), "c": real(), "step": real()}
                for n, d, q in ((2, 1, 3), (3, 1, 1), (2, 2, 2))
            ),
        ),
        Formula(
            "max_min_steps",
            "max_i min_j (<a_ij, x> + b_ij)",
            max_min_steps,
            tuple(
                {"x": real(*rows, d), "a": real(groups, pieces, d), "b": real(groups, pieces)}
                for rows, groups, pieces, d in (
                    ((), 1, 1, 2),
                    ((), 1, 2, 1),
                    ((), 2, 1, 1),
                    ((), 2, 2, 1),
                    ((2,), 1, 2, 1),
                )
            ),
        ),
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
