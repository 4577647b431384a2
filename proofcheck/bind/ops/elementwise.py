"""Functions of single entries: arithmetic, exponentials, activations, comparisons, choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp

from proofcheck.bind.functions import Step, Where, equal, greater, maximum, minimum
from proofcheck.bind.ops.table import INFINITE, TABLE, Array, each, op, plus, times
from proofcheck.errors import ArgumentError

_HALF = sp.Rational(1, 2)


def exact(value: Any) -> sp.Expr:
    """A Python int or SymPy number as a SymPy number."""
    return sp.sympify(value, strict=True)


@op("add")
def add(a: Any, b: Any, *, alpha: Any = 1) -> Array:
    return each(lambda x, y: plus(x, times(exact(alpha), exact(y)) if alpha != 1 else y), a, b)


@op("sub")
def sub(a: Any, b: Any, *, alpha: Any = 1) -> Array:
    return each(lambda x, y: plus(exact(x), times(-exact(alpha), exact(y))), a, b)


@op("rsub")
def rsub(a: Any, b: Any, *, alpha: Any = 1) -> Array:
    return sub(b, a, alpha=alpha)


@op("mul")
def mul(a: Any, b: Any) -> Array:
    return each(lambda x, y: times(exact(x), exact(y)), a, b)


@op("div", "true_divide")
def div(a: Any, b: Any, *, rounding_mode: str | None = None) -> Array:
    def quotient(x: Any, y: Any) -> Any:
        x, y = exact(x), exact(y)
        if y == 0:
            raise ArgumentError(f"{x}/0 has no real value.")
        value = times(x, reciprocal_of(y))
        return value if rounding_mode is None else _rounded(rounding_mode, value)

    return each(quotient, a, b)


@op("floor_divide")
def floor_divide(a: Any, b: Any) -> Array:
    return div(a, b, rounding_mode="floor")


def reciprocal_of(x: Any) -> Any:
    return sp.Integer(0) if x in INFINITE else 1 / x


def _rounded(mode: str, value: Any) -> Any:
    if not value.is_number or value in INFINITE:
        raise NotImplementedError(f"rounding {mode} of an expression that is not a constant")
    if mode == "floor":
        return sp.floor(value)
    if mode == "ceil":
        return sp.ceiling(value)
    if mode == "round":  # half to even, as torch does
        return sp.Integer(round(sp.Rational(value)))
    return sp.floor(value) if value >= 0 else sp.ceiling(value)


@op("addcmul")
def addcmul(a: Array, b: Array, c: Array, *, value: Any = 1) -> Array:
    return each(lambda x, y, z: plus(x, exact(value) * y * z), a, b, c)


@op("addcdiv")
def addcdiv(a: Array, b: Array, c: Array, *, value: Any = 1) -> Array:
    return each(lambda x, y, z: plus(x, exact(value) * y / z), a, b, c)


@op("lerp")
def lerp(a: Array, b: Array, weight: Any) -> Array:
    return each(lambda x, y, w: x + exact(w) * (y - x), a, b, weight)


@op("pow")
def power(base: Any, exponent: Any) -> Array:
    return each(lambda x, p: exact(x) ** exact(p), base, exponent)


def exp_of(x: Any) -> Any:
    return sp.Integer(0) if x == -sp.oo else sp.exp(x)


def log_of(x: Any) -> Any:
    return -sp.oo if x == 0 else sp.log(x)


def sigmoid_of(x: Any) -> Any:
    return 1 / (1 + exp_of(-x))


def tanh_of(x: Any) -> Any:
    return sp.Integer(1 if x is sp.oo else -1) if x in INFINITE else sp.tanh(x)


def sign_of(x: Any) -> Any:
    return greater(x, 0) - greater(0, x)


def _unary(function: Callable[[Any], Any]) -> Callable[..., Array]:
    return lambda x: each(function, x)


for _names, _function in {
    ("neg",): lambda x: -x,
    ("abs",): lambda x: sp.oo if x in INFINITE else sp.Abs(x),
    ("exp",): exp_of,
    ("exp2",): lambda x: exp_of(times(sp.log(2), x)),
    ("expm1",): lambda x: exp_of(x) - 1,
    ("log",): log_of,
    ("log2",): lambda x: times(1 / sp.log(2), log_of(x)),
    ("log10",): lambda x: times(1 / sp.log(10), log_of(x)),
    ("log1p",): lambda x: log_of(1 + x),
    ("sqrt",): sp.sqrt,
    ("rsqrt",): lambda x: 1 / sp.sqrt(x),
    ("reciprocal",): reciprocal_of,
    ("square",): lambda x: x**2,
    ("sin",): sp.sin,
    ("cos",): sp.cos,
    ("tan",): sp.tan,
    ("atan",): sp.atan,
    ("sinh",): sp.sinh,
    ("cosh",): sp.cosh,
    ("tanh",): tanh_of,
    ("sigmoid",): sigmoid_of,
    ("erf",): sp.erf,
    ("erfc",): sp.erfc,
    ("sign", "sgn"): sign_of,
    ("relu",): lambda x: maximum(x, 0),
    ("relu6",): lambda x: minimum(maximum(x, 0), 6),
    ("silu",): lambda x: x * sigmoid_of(x),
    ("logical_not", "bitwise_not"): lambda x: 1 - x,
    ("isinf",): lambda x: sp.Integer(x in INFINITE),
    ("isnan",): lambda x: sp.Integer(0),
    ("isfinite",): lambda x: sp.Integer(x not in INFINITE),
    ("floor",): lambda x: _rounded("floor", x),
    ("ceil",): lambda x: _rounded("ceil", x),
    ("trunc", "fix"): lambda x: _rounded("trunc", x),
    ("mish",): lambda x: x * sp.tanh(sp.log(1 + sp.exp(x))),
}.items():
    op(*_names)(_unary(_function))


@op("round")
def round_(x: Array, *, decimals: int = 0) -> Array:
    return each(lambda e: _rounded("round", e * 10**decimals) / sp.Integer(10) ** decimals, x)


@op("log_sigmoid_forward")
def log_sigmoid(x: Array) -> tuple[Array, Array]:
    return each(lambda e: -sp.log(1 + sp.exp(-e)), x), x


@op("gelu")
def gelu(x: Array, *, approximate: str = "none") -> Array:
    """x Phi(x), Phi the normal distribution function, or its approximation by tanh."""

    def value(e: Any) -> Any:
        if approximate == "tanh":
            inside = sp.sqrt(2 / sp.pi) * (e + sp.Rational(44715, 10**6) * e**3)
            return _HALF * e * (1 + sp.tanh(inside))
        return _HALF * e * (1 + sp.erf(e / sp.sqrt(2)))

    return each(value, x)


@op("softplus")
def softplus(x: Array, beta: Any = 1, threshold: Any = 20) -> Array:
    """log(1 + exp(beta x))/beta; torch returns x above the threshold, a float shortcut that is not followed."""
    b = exact(beta)
    return each(lambda e: sp.log(1 + sp.exp(b * e)) / b, x)


@op("elu")
def elu(x: Array, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Array:
    a, s, i = exact(alpha), exact(scale), exact(input_scale)
    return each(lambda e: s * Where(Step(e), e, a * (sp.exp(i * e) - 1)), x)


@op("leaky_relu")
def leaky_relu(x: Array, negative_slope: Any = None) -> Array:
    slope = sp.Rational(1, 100) if negative_slope is None else exact(negative_slope)
    return each(lambda e: maximum(e, 0) - slope * maximum(-e, 0), x)


@op("hardtanh")
def hardtanh(x: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    return clamp(x, min_val, max_val)


@op("clamp", "clip")
def clamp(x: Array, min: Any = None, max: Any = None) -> Array:
    if min is not None:
        x = each(maximum, x, min)
    return x if max is None else each(minimum, x, max)


@op("clamp_min")
def clamp_min(x: Array, min: Any) -> Array:
    return clamp(x, min)


@op("clamp_max")
def clamp_max(x: Array, max: Any) -> Array:
    return clamp(x, None, max)


@op("maximum", "fmax")
def maximum_(a: Array, b: Array) -> Array:
    return each(maximum, a, b)


@op("minimum", "fmin")
def minimum_(a: Array, b: Array) -> Array:
    return each(minimum, a, b)


for _name, _relation in {
    "gt": greater,
    "lt": lambda x, y: greater(y, x),
    "ge": lambda x, y: 1 - greater(y, x),
    "le": lambda x, y: 1 - greater(x, y),
    "eq": equal,
    "ne": lambda x, y: 1 - equal(x, y),
    "logical_and": lambda x, y: x * y,
    "logical_or": lambda x, y: x + y - x * y,
    "logical_xor": lambda x, y: x + y - 2 * x * y,
}.items():
    TABLE[f"aten.{_name}"] = lambda a, b, f=_relation: each(lambda x, y: f(exact(x), exact(y)), a, b)
for _name in ("and", "or", "xor"):
    TABLE[f"aten.bitwise_{_name}"] = TABLE[f"aten.logical_{_name}"]


@op("where")
def where(condition: Array, a: Any, b: Any) -> Array:
    """a where the condition is 1, else b.

    Raises:
        ArgumentError: the condition depends on data and one of the values is infinite.
    """

    def chosen(c: Any, x: Any, y: Any) -> Any:
        value = Where(c, exact(x), exact(y))
        if isinstance(value, Where) and (x in INFINITE or y in INFINITE):
            raise ArgumentError(
                f"where: a condition known in advance required where a value is infinite, got {c}. "
                "Such an expression has a different formula on either side: declare the sign of the symbols in it."
            )
        return value

    return each(chosen, condition, a, b)


@op("masked_fill")
def masked_fill(x: Array, mask: Array, value: Any) -> Array:
    return where(mask, value, x)
