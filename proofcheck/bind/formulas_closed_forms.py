"""Reference formulas of the closed forms of attention, and the sizes they are compared at.

    merge              log(e^k + e^l), (e^k u + e^l v)/(e^k + e^l)                                MM-04
    attention_state    log sum_j a_j e^<A x, y_j>, V sum_j a_j e^<A x, y_j> y_j / sum_j ...       MM-04
    log_laplace        log sum_j a_j e^<theta, y_j>;  tilted_mean: its gradient in theta          MM-03
    query_jacobian     derivative of V sum_j a_j e^<A x, y_j> y_j / sum_j ... in x                MM-03
    token_jacobian     the same in y_k;  flat_derivative: along (1 - eps) mu + eps delta_y        MM-03
    causal_attend      V sum_{t_j <= t} a_j e^<A x, y_j> y_j / sum_{t_j <= t} ...                MM-05
    linear_attend      V M A x, M = sum_j a_j y_j y_j^T                                           MM-32
    moment_of_layer    W M W^T, W = I + h V M A;  moment_step: the same                           MM-32
    gaussian_attend    V m + V S A x;  gaussian_layer: (W m + h V m, W S W^T), W = I + h V S A    MM-31
    attend_on_cube     V r tanh(r A x), tanh s = (e^s - e^-s)/(e^s + e^-s)                        MM-34
    layer_of_two       inner product and square of the images of (1, 0), (c, s)                   MM-35
    l2_attend          V sum_j a_j e^(-|Q x - K y_j|^2/2) y_j / sum_j ...                         MM-33

Sums over indices from the definitions, not as the code is; `measure` is a pair (points, weights).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp
import torch

from proofcheck.bind.formulas import Array, Formula
from proofcheck.bind.inputs import real, weights
from torch_impl.gaussian_attention import Gaussian
from torch_impl.measures import Measure
from torch_impl.prefix_merge import SoftmaxState
from torch_impl.space_time import SpaceTime


def applied(matrix: Array, vector: Any) -> list[sp.Expr]:
    """The matrix times the vector."""
    return [sum((matrix[i, j] * vector[j] for j in range(len(vector))), sp.Integer(0)) for i in range(len(matrix))]


def inner(u: Any, v: Any) -> sp.Expr:
    return sum((a * b for a, b in zip(u, v, strict=True)), sp.Integer(0))


def context(n: int, d: int) -> Measure:
    """A measure of n symbolic tokens with symbolic weights."""
    return Measure(real(n, d), weights(n))  # type: ignore[arg-type]


# ---- MM-04


def _merge(first: Any, second: Any) -> Any:
    (k, u), (m, v) = first, second
    below = [sp.exp(a) + sp.exp(b) for a, b in zip(k, m, strict=True)]
    value = [
        [(sp.exp(k[i]) * a + sp.exp(m[i]) * b) / below[i] for a, b in zip(u[i], v[i], strict=True)]
        for i in range(len(k))
    ]
    return np.array([sp.log(z) for z in below], dtype=object), np.array(value, dtype=object)


def _attention_state(measure: Any, x: Array, A: Array, V: Array) -> Any:
    points, masses = measure
    logs, values = [], []
    for query in x:
        tilt = [a * sp.exp(inner(applied(A, query), y)) for a, y in zip(masses, points, strict=True)]
        mean = [sum(t * y[c] for t, y in zip(tilt, points, strict=True)) / sum(tilt) for c in range(len(query))]
        logs.append(sp.log(sum(tilt)))
        values.append(applied(V, mean))
    return np.array(logs, dtype=object), np.array(values, dtype=object)


def _state(q: int, d: int) -> SoftmaxState:
    return SoftmaxState(real(q), real(q, d))  # type: ignore[arg-type]


MERGE = Formula(
    "merge",
    "log(e^k + e^l), (e^k*u + e^l*v)/(e^k + e^l)",
    _merge,
    tuple({"first": _state(q, d), "second": _state(q, d)} for q, d in ((1, 1), (2, 1), (1, 2))),
)
ATTENTION_STATE = Formula(
    "attention_state",
    "log sum_j a_j e^<A x, y_j>, V*sum_j a_j e^<A x, y_j> y_j/sum_j a_j e^<A x, y_j>",
    _attention_state,
    tuple(
        {"measure": context(n, d), "x": real(q, d), "A": real(d, d), "V": real(d, d)}
        for n, d, q in ((1, 1, 1), (2, 1, 2), (2, 2, 1))
    ),
)


# ---- MM-03: derivatives by SymPy from the definition of attention


def _log_laplace(measure: Any, theta: Array) -> Any:
    points, masses = measure
    rows: list[Any] = [[a * sp.exp(inner(t, y)) for a, y in zip(masses, points, strict=True)] for t in theta]
    return np.array([sp.log(sum(row)) for row in rows], dtype=object)


def _tilted_mean(measure: Any, theta: Array) -> Any:
    return _derivatives(_log_laplace(measure, theta), theta)


def _derivatives(values: Array, inputs: Array) -> Array:
    """values (q, ...), inputs (q, d): derivative of the values of query i in input i, (q, ..., d)."""
    rows = [
        [[sp.diff(v, x) for x in row] for v in np.ravel(value)]  # type: ignore[arg-type]
        for value, row in zip(values, inputs, strict=True)
    ]
    return np.array(rows, dtype=object).reshape(*values.shape, inputs.shape[-1])


def attention_of(points: Any, masses: Any, x: Array, A: Array, V: Array) -> Array:
    """V sum_j a_j e^<A x, y_j> y_j / sum_j a_j e^<A x, y_j>, (q, d'); the weights need no sum 1."""
    rows = []
    for query in x:
        tilt: list[Any] = [a * sp.exp(inner(applied(A, query), y)) for a, y in zip(masses, points, strict=True)]
        total: Any = sp.Add(*tilt)
        mean = [sp.Add(*(t * y[c] for t, y in zip(tilt, points, strict=True))) / total for c in range(A.shape[0])]
        rows.append(applied(V, mean))
    return np.array(rows, dtype=object)


def _query_jacobian(measure: Any, x: Array, A: Array, V: Array) -> Any:
    points, masses = measure
    return _derivatives(attention_of(points, masses, x, A, V), x)


def _token_jacobian(measure: Any, x: Array, A: Array, V: Array) -> Any:
    points, masses = measure
    # the tokens as symbols of their own: a query may be one of them
    names = np.array(
        [[sp.Symbol(f"token[{j},{c}]", real=True) for c in range(points.shape[1])] for j in range(len(points))]
    )
    value = attention_of(names, masses, x, A, V)
    place = {n: p for n, p in zip(np.ravel(names), np.ravel(points), strict=True)}
    result = np.empty((len(x), *points.shape[:1], V.shape[0], points.shape[1]), dtype=object)
    for i, j, o, c in np.ndindex(*result.shape):
        result[i, j, o, c] = sp.diff(value[i, o], names[j, c]).xreplace(place)
    return result


def _flat_derivative(measure: Any, x: Array, y: Array, A: Array, V: Array) -> Any:
    points, masses = measure
    t = sp.Symbol("mixture", nonnegative=True)
    result = np.empty((len(x), len(y), V.shape[0]), dtype=object)
    for k, new in enumerate(y):
        mixed = [*((1 - t) * a for a in masses), t]
        value = attention_of([*points, new], mixed, x, A, V)
        for i, o in np.ndindex(*value.shape):
            result[i, k, o] = sp.diff(value[i, o], t).subs(t, 0)
    return result


_CONTEXTS = ((1, 1, 1), (2, 1, 1), (2, 2, 1), (3, 1, 1))
_DERIVED = ((2, 1, 1), (2, 2, 1))  # derivatives: SymPy takes longer there


def _matrices(d: int) -> dict[str, Any]:
    return {"A": real(d, d), "V": real(d, d)}


LOG_LAPLACE = Formula(
    "log_laplace",
    "log sum_j a_j e^<theta, y_j>",
    _log_laplace,
    tuple({"measure": context(n, d), "theta": real(q, d)} for n, d, q in _CONTEXTS),
)
TILTED_MEAN = Formula(
    "tilted_mean",
    "gradient in theta of log sum_j a_j e^<theta, y_j>",
    _tilted_mean,
    tuple({"measure": context(n, d), "theta": real(q, d)} for n, d, q in _CONTEXTS),
)
QUERY_JACOBIAN = Formula(
    "query_jacobian",
    "derivative in x of V*sum_j a_j e^<A x, y_j> y_j/sum_j a_j e^<A x, y_j>",
    _query_jacobian,
    tuple({"measure": context(n, d), "x": real(q, d)} | _matrices(d) for n, d, q in _DERIVED),
)
TOKEN_JACOBIAN = Formula(
    "token_jacobian",
    "derivative in y_k of V*sum_j a_j e^<A x, y_j> y_j/sum_j a_j e^<A x, y_j>",
    _token_jacobian,
    tuple({"measure": context(n, d), "x": real(q, d)} | _matrices(d) for n, d, q in _DERIVED),
)
FLAT_DERIVATIVE = Formula(
    "flat_derivative",
    "derivative at eps = 0 of V*sum_j a_j e^<A x, y_j> y_j/sum_j a_j e^<A x, y_j> for (1 - eps) mu + eps delta_y",
    _flat_derivative,
    tuple({"measure": context(n, d), "x": real(q, d), "y": real(1, d)} | _matrices(d) for n, d, q in _DERIVED),
)


# ---- MM-05


def _causal_attend(measure: Any, x: Array, t: Any, A: Array, V: Array) -> Any:
    points, masses, times = measure
    rows = []
    for query, now in zip(x, t, strict=True):
        seen = [j for j, then in enumerate(times) if then <= now]
        prefix = [points[j] for j in seen], [masses[j] for j in seen]
        rows.append(attention_of(*prefix, np.array([query], dtype=object), A, V)[0])
    return np.array(rows, dtype=object)


def _clock(n: int) -> torch.Tensor:
    return torch.arange(1.0, n + 1.0, dtype=torch.float64) / 4


CAUSAL_ATTEND = Formula(
    "causal_attend",
    "V*sum_{t_j <= t} a_j e^<A x, y_j> y_j/sum_{t_j <= t} a_j e^<A x, y_j>",
    _causal_attend,
    tuple(
        {"measure": SpaceTime(*context(n, d), _clock(n)), "x": real(n, d), "t": _clock(n)} | _matrices(d)
        for n, d in ((1, 1), (2, 1), (3, 1), (2, 2))
    ),
)


# ---- MM-32


def product(*matrices: Array) -> Array:
    """Matrix product of object arrays, entry by entry."""
    result = matrices[0]
    for other in matrices[1:]:
        result = np.array(
            [[inner(row, other[:, j]) for j in range(other.shape[1])] for row in result], dtype=object
        ).reshape(len(result), other.shape[1])
    return result


def _moment(measure: Any) -> Array:
    points, masses = measure
    d = range(points.shape[1])
    return np.array(
        [[sum(a * y[i] * y[j] for a, y in zip(masses, points, strict=True)) for j in d] for i in d], dtype=object
    )


def _linear_attend(measure: Any, x: Array, A: Array, V: Array) -> Any:
    return product(x, A.T, _moment(measure), V.T)


def _moment_step(M: Array, A: Array, V: Array, h: Any) -> Any:
    step = h.item() if isinstance(h, np.ndarray) else h
    W = np.eye(len(M), dtype=int).astype(object) + step * product(V, M, A)
    return product(W, M, W.T)


def _moment_of_layer(measure: Any, A: Array, V: Array, h: Any) -> Any:
    return _moment_step(_moment(measure), A, V, h)


LINEAR_ATTEND = Formula(
    "linear_attend",
    "V*M*A*x, M = sum_j a_j y_j y_j^T",
    _linear_attend,
    tuple({"measure": context(n, d), "x": real(q, d)} | _matrices(d) for n, d, q in (*_CONTEXTS, (3, 2, 2))),
)
MOMENT_OF_LAYER = Formula(
    "moment_of_layer",
    "W*M*W^T, W = I + h*V*M*A, M = sum_j a_j y_j y_j^T",
    _moment_of_layer,
    tuple({"measure": context(n, d)} | _matrices(d) | {"h": real()} for n, d in ((1, 1), (2, 1), (1, 2))),
)
MOMENT_STEP = Formula(
    "moment_step",
    "W*M*W^T, W = I + h*V*M*A",
    _moment_step,
    tuple({"M": real(d, d)} | _matrices(d) | {"h": real()} for d in (1, 2)),
)


# ---- MM-31


def _gaussian_attend(law: Any, x: Array, A: Array, V: Array) -> Any:
    m, S = law
    rows = [[a + b for a, b in zip(applied(V, m), applied(product(V, S, A), query), strict=True)] for query in x]
    return np.array(rows, dtype=object)


def _gaussian_layer(law: Any, A: Array, V: Array, h: Any) -> Any:
    m, S = law
    step = h.item() if isinstance(h, np.ndarray) else h
    W = np.eye(len(m), dtype=int).astype(object) + step * product(V, S, A)
    mean = [a + step * b for a, b in zip(applied(W, m), applied(V, m), strict=True)]
    return np.array(mean, dtype=object), product(W, S, W.T)


def _law(d: int) -> Gaussian:
    return Gaussian(real(d), real(d, d))  # type: ignore[arg-type]


GAUSSIAN_ATTEND = Formula(
    "gaussian_attend",
    "V*m + V*S*A*x",
    _gaussian_attend,
    tuple({"law": _law(d), "x": real(q, d)} | _matrices(d) for d, q in ((1, 2), (2, 1))),
)
GAUSSIAN_LAYER = Formula(
    "gaussian_layer",
    "(W*m + h*V*m, W*S*W^T), W = I + h*V*S*A",
    _gaussian_layer,
    tuple({"law": _law(d)} | _matrices(d) | {"h": real()} for d in (1, 2)),
)


# ---- MM-34


def _attend_on_cube(x: Array, A: Array, V: Array, r: Any) -> Any:
    size = r.item() if isinstance(r, np.ndarray) else r
    rows = []
    for query in x:
        scores = [size * s for s in applied(A, query)]
        rows.append(applied(V, [size * (sp.exp(s) - sp.exp(-s)) / (sp.exp(s) + sp.exp(-s)) for s in scores]))
    return np.array(rows, dtype=object)


ATTEND_ON_CUBE = Formula(
    "attend_on_cube",
    "V*r*tanh(r*A*x)",
    _attend_on_cube,
    tuple({"x": real(q, d)} | _matrices(d) | {"r": real()} for d, q in ((1, 2), (2, 1))),
)


# ---- MM-35


def _layer_of_two(c: Any, s: Any, beta: Any, h: Any) -> Any:
    c, s, beta, h = (value.item() if isinstance(value, np.ndarray) else value for value in (c, s, beta, h))

    def weights_of(own: Any, other: Any) -> tuple[Any, Any]:
        total = sp.exp(beta * own) + sp.exp(beta * other)
        return sp.exp(beta * own) / total, sp.exp(beta * other) / total

    square = c**2 + s**2  # of the second token; 1 for a unit token
    (p, q), (r, t) = weights_of(1, c), weights_of(square, c)
    first = [1 + h * (p + q * c), h * q * s]
    second = [c + h * (r * c + t), s + h * r * s]
    return np.array([inner(first, second), inner(first, first)], dtype=object)


LAYER_OF_TWO = Formula(
    "layer_of_two",
    "<x + h*Att(x), y + h*Att(y)>, |x + h*Att(x)|^2 for x = (1, 0), y = (c, s)",
    _layer_of_two,
    ({"c": real(), "s": real(), "beta": real(), "h": real()},),
)


# ---- MM-33


def _l2_attend(measure: Any, x: Array, Q: Array, K: Array, V: Array) -> Any:
    points, masses = measure
    rows = []
    for query in x:
        gaps = [[u - v for u, v in zip(applied(Q, query), applied(K, y), strict=True)] for y in points]
        tilt: list[Any] = [a * sp.exp(-inner(g, g) / 2) for a, g in zip(masses, gaps, strict=True)]
        mean = [sum(t * y[c] for t, y in zip(tilt, points, strict=True)) / sum(tilt) for c in range(len(query))]
        rows.append(applied(V, mean))
    return np.array(rows, dtype=object)


L2_ATTEND = Formula(
    "l2_attend",
    "V*sum_j a_j e^(-|Q x - K y_j|^2/2) y_j/sum_j a_j e^(-|Q x - K y_j|^2/2)",
    _l2_attend,
    tuple(
        {"measure": context(n, d), "x": real(q, d), "Q": real(k, d), "K": real(k, d), "V": real(d, d)}
        for n, d, q, k in ((2, 1, 1, 1), (3, 1, 1, 1), (2, 1, 2, 2), (2, 2, 1, 1))
    ),
)
