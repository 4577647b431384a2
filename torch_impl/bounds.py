"""Constants of lemmas, evaluated: the only road from a lemma's SymPy expression to a number in torch code.

A bound is data of its lemma (`BOUNDS["tau_max"]`), so code and lemma cannot drift apart; the walk below
accepts a short list of SymPy nodes and computes with Fractions (exactly), floats or tensors.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import sympy as sp
import torch
from torch import Tensor

from proofcheck.errors import ArgumentError

Value = int | float | Fraction | Tensor
LEMMAS = "lemmas.lipschitz_transformers"
_NO_STEP = "Without it a step has no certificate."


def lemma_bound(lemma: str, key: str) -> sp.Expr:
    """BOUNDS[key] of the lemma module `lemma`, for example ("mlp_step", "tau_max"). Imported on first use.

    A lemma of another folder is named with it: ("measure_maps.space_time_attention", "time_step").

    Raises:
        ArgumentError: there is no such lemma or bound.
    """
    name = f"lemmas.{lemma}" if "." in lemma else f"{LEMMAS}.{lemma}"
    try:
        found = importlib.import_module(name).BOUNDS
    except ModuleNotFoundError as error:
        if error.name != name:
            raise  # the lemma exists and imports something that does not
        raise ArgumentError(f"lemma_bound: there is no lemma module {name}. {_NO_STEP}") from error
    if key not in found:
        raise ArgumentError(f"lemma_bound: no bound {key!r} in {name}, only {sorted(found)}. {_NO_STEP}")
    return found[key]


def admissible_step(lemma: str, key: str, symbol: str, value: Fraction, *, power: int = 1) -> Fraction | None:
    """The lemma's largest step where symbol**power = value, exactly; None ("no condition") at value = 0.

    With power = 2 the quantity itself may be irrational (|W| = sqrt(2)) and the step still exact. The bounds
    2/w**2, 2/beta and 8/D**2 decrease, so an upper bound of the quantity gives a safe step.

    Raises:
        ArgumentError: no such lemma, bound or symbol, or the step is not rational.
    """
    if value == 0:
        return None
    step = evaluate(_in_powers(lemma, key, symbol, power), {symbol: value})
    if not isinstance(step, Fraction):
        raise ArgumentError(f"admissible_step: {lemma}.{key} is not rational at {symbol}={value}.")
    return step


@cache
def _in_powers(lemma: str, key: str, symbol: str, power: int) -> sp.Basic:
    """The bound with `symbol` replaced by its power-th root: 2/w**2 becomes 2/w for power = 2."""
    expr = lemma_bound(lemma, key)
    named = {s.name: s for s in expr.free_symbols if isinstance(s, sp.Symbol)}
    if set(named) != {symbol}:
        raise ArgumentError(f"admissible_step: {lemma}.{key} must depend on {symbol!r} only, got {sorted(named)}.")
    return expr.subs(named[symbol], sp.root(sp.Symbol(symbol, positive=True), power))


def evaluate(expr: sp.Basic, values: Mapping[str, Value]) -> Value:
    """The SymPy expression at `values` (name of symbol -> value).

    Nodes: Integer, Rational, Symbol, Add, Mul, Pow, exp, sqrt, log, Max, Min, Abs. Integers and Fractions
    are computed exactly and refused where the result is irrational; one float makes the result a float, one
    tensor a tensor (IEEE rules, so 2/0 is inf there).

    Raises:
        ArgumentError: a symbol without a value, another node, an exact result that is irrational, a
            denominator 0 or a root of a negative number (tensors excepted).
    """
    if isinstance(expr, sp.Rational):
        return Fraction(int(expr.p), int(expr.q))
    if isinstance(expr, sp.Symbol):
        if expr.name not in values:
            raise ArgumentError(
                f"evaluate: a value is required for every symbol, got none for {expr.name!r} "
                f"(values for {sorted(values)})."
            )
        given = values[expr.name]
        if isinstance(given, bool) or not isinstance(given, int | float | Fraction | Tensor):
            raise ArgumentError(f"evaluate: {expr.name} must be a number or tensor, got {type(given)}.")
        return Fraction(given) if isinstance(given, int) else given
    if isinstance(expr, sp.Pow):
        base = evaluate(expr.base, values)
        if isinstance(expr.base, sp.Rational) and any(isinstance(v, float | Tensor) for v in values.values()):
            base = float(expr.base)  # a constant such as sqrt(2) among floats
        return _power(base, expr.exp, expr)
    if expr == sp.E:
        return _apply("exp", Fraction(1))
    arguments = [evaluate(a, values) for a in expr.args]
    if isinstance(expr, sp.Add | sp.Mul | sp.Max | sp.Min):
        return reduce(lambda a, b: _combine(expr, a, b), arguments)
    for node, name in ((sp.exp, "exp"), (sp.log, "log"), (sp.Abs, "abs")):
        if isinstance(expr, node):
            return _apply(name, arguments[0])
    raise ArgumentError(
        f"evaluate: only Integer, Rational, Symbol, Add, Mul, Pow, exp, sqrt, log, Max, Min, Abs are read, "
        f"got {type(expr).__name__} in {expr}."
    )


def _combine(expr: sp.Basic, a: Any, b: Any) -> Any:
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        a, b = _tensors(a, b)
        if isinstance(expr, sp.Max):
            return torch.maximum(a, b)
        if isinstance(expr, sp.Min):
            return torch.minimum(a, b)
    elif isinstance(a, float) or isinstance(b, float):
        a, b = float(a), float(b)
    if isinstance(expr, sp.Add):
        return a + b
    if isinstance(expr, sp.Mul):
        return a * b
    return max(a, b) if isinstance(expr, sp.Max) else min(a, b)


def _power(base: Any, exponent: sp.Basic, expr: sp.Basic) -> Any:
    if not isinstance(exponent, sp.Rational) or exponent.q not in (1, 2):
        raise ArgumentError(f"evaluate: exponents must be integers or halves, got {exponent} in {expr}.")
    if exponent.q == 2:
        base = _apply("sqrt", base)
    k = int(exponent.p)
    if not isinstance(base, Tensor) and base == 0 and k < 0:
        raise ArgumentError(f"evaluate: the denominator of {expr} is 0. At 0 the bound is no condition.")
    return base**k


def _apply(name: str, value: Any) -> Any:
    if name == "abs":
        return abs(value)
    if isinstance(value, Tensor):
        return getattr(torch, name)(value)
    if isinstance(value, float):
        try:
            return getattr(math, name)(value)
        except ValueError as error:
            raise ArgumentError(f"evaluate: {name} is not defined at {value}.") from error
    exact = {("exp", Fraction(0)): Fraction(1), ("log", Fraction(1)): Fraction(0)}.get((name, value))
    if name == "sqrt" and value >= 0:
        n, d = math.isqrt(value.numerator), math.isqrt(value.denominator)
        exact = Fraction(n, d) if n * n == value.numerator and d * d == value.denominator else None
    if exact is None:
        raise ArgumentError(f"evaluate: {name}({value}) is not rational. Pass floats or tensors.")
    return exact


def _tensors(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    like = a if isinstance(a, Tensor) else b
    a, b = (v if isinstance(v, Tensor) else torch.full_like(like, float(v)) for v in (a, b))
    if a.dtype != b.dtype or a.device != b.device:
        raise ArgumentError(f"evaluate: tensors must share dtype and device, got {a.dtype} and {b.dtype}.")
    return a, b
