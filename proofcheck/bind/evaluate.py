"""Formulas at rational points: exactly where the value is rational, else in balls (Arb) that contain it.

Two formulas differ at a point when their exact values differ or their balls are disjoint: a proof, not a tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp
from flint import arb, ctx, fmpq
from sympy.core.relational import Relational

from proofcheck.bind.errors import Undefined
from proofcheck.bind.functions import IsZero, Step, Where
from proofcheck.errors import ArgumentError

Value = Any  # fmpq where exact, else arb
PRECISION = 192
_BALLS = {
    sp.sin: arb.sin,
    sp.cos: arb.cos,
    sp.tan: arb.tan,
    sp.tanh: arb.tanh,
    sp.sinh: arb.sinh,
    sp.cosh: arb.cosh,
    sp.atan: arb.atan,
    sp.erf: arb.erf,
    sp.erfc: arb.erfc,
}


class Evaluator:
    """Values at one point (symbol -> rational); parts are remembered."""

    def __init__(self, point: Mapping[sp.Symbol, Fraction], precision: int = PRECISION) -> None:
        self.point = {s: fmpq(v.numerator, v.denominator) for s, v in point.items()}
        self.precision = precision
        self._known: dict[sp.Basic, Value] = {}

    def value(self, expression: Any) -> Value:
        """The value: fmpq, or a ball that contains it.

        Raises:
            Undefined: no real value there, or a comparison that this precision does not decide.
        """
        if expression not in self._known:
            before = ctx.prec
            ctx.prec = self.precision
            try:
                self._known[expression] = self._value(expression)
            except (ZeroDivisionError, OverflowError) as error:
                raise Undefined(f"{expression} is undefined at {self.point}.") from error
            finally:
                ctx.prec = before
        return self._known[expression]

    def _value(self, e: Any) -> Value:
        if isinstance(e, sp.Rational):
            return fmpq(int(e.p), int(e.q))
        if isinstance(e, sp.Symbol):
            return self.point[e]
        if isinstance(e, Where):
            return self.value(e.args[1 if self._holds(self.value(e.args[0])) else 2])
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        if isinstance(e, sp.Pow):
            return self._power(self.value(e.base), e.exp)
        arguments = [self.value(a) for a in e.args]
        if isinstance(e, sp.Add):
            return sum(arguments[1:], arguments[0])
        if isinstance(e, sp.Mul):
            product = arguments[0]
            for factor in arguments[1:]:
                product = product * factor
            return product
        return self._function(e, arguments)

    def _function(self, e: Any, arguments: list[Value]) -> Value:
        if isinstance(e, Step | IsZero | sp.sign):
            sign = self._sign(arguments[0])
            return fmpq(sign if isinstance(e, sp.sign) else sign > 0 if isinstance(e, Step) else sign == 0)
        if isinstance(e, sp.Abs):
            return abs(arguments[0])
        if isinstance(e, sp.Max | sp.Min):
            result, *rest = arguments
            for other in rest:
                exact = isinstance(result, fmpq) and isinstance(other, fmpq)
                if isinstance(e, sp.Max):
                    result = max(result, other) if exact else _ball(result).max(_ball(other))
                else:
                    result = min(result, other) if exact else _ball(result).min(_ball(other))
            return result
        if isinstance(e, sp.exp) or e is sp.E:
            argument = arguments[0] if arguments else fmpq(1)
            return fmpq(1) if isinstance(argument, fmpq) and argument == 0 else _ball(argument).exp()
        if isinstance(e, sp.log):
            if isinstance(arguments[0], fmpq) and arguments[0] == 1:
                return fmpq(0)
            if not _ball(arguments[0]) > 0:
                raise Undefined("a logarithm of what is not positive.")
            return _ball(arguments[0]).log()
        if e is sp.pi:
            return arb.pi()
        for function, ball in _BALLS.items():
            if isinstance(e, function):
                return fmpq(0) if arguments[0] == 0 and function(0) == 0 else ball(_ball(arguments[0]))
        raise ArgumentError(f"evaluate: a known function required, got {e} ({type(e).__name__}).")

    def _power(self, base: Value, exponent: Any) -> Value:
        if isinstance(exponent, sp.Integer):
            n = int(exponent)
            if n < 0 and not (base != 0 if isinstance(base, fmpq) else not base.contains(0)):
                raise Undefined("a denominator 0.")
            return base**n
        if isinstance(exponent, sp.Rational) and exponent.q == 2:
            if isinstance(base, fmpq) and base >= 0:
                p, q = (sp.integer_nthroot(int(part), 2) for part in (base.p, base.q))
                if p[1] and q[1]:
                    return self._power(fmpq(p[0], q[0]), sp.Integer(exponent.p))
            if not _ball(base) >= 0:
                raise Undefined("a square root of what is not >= 0.")
            return self._power(_ball(base).sqrt(), sp.Integer(exponent.p))
        if not _ball(base) > 0:
            raise Undefined("a real power of what is not positive.")
        return (_ball(base).log() * _ball(self.value(exponent))).exp()

    def _piecewise(self, e: Any) -> Value:
        for branch in e.args:
            if self._decide(branch.cond):
                return self.value(branch.expr)
        raise Undefined(f"{e} has no branch at {self.point}.")

    def _decide(self, condition: Any) -> bool:
        if condition in (sp.true, sp.false):
            return condition == sp.true
        if isinstance(condition, sp.And | sp.Or):
            return (all if isinstance(condition, sp.And) else any)(self._decide(a) for a in condition.args)
        if isinstance(condition, sp.Not):
            return not self._decide(condition.args[0])
        if not isinstance(condition, Relational):
            raise ArgumentError(f"evaluate: a comparison required, got {condition}.")
        sign = self._sign(self.value(condition.lhs) - self.value(condition.rhs))
        match condition:
            case sp.StrictGreaterThan():
                return sign > 0
            case sp.GreaterThan():
                return sign >= 0
            case sp.StrictLessThan():
                return sign < 0
            case sp.LessThan():
                return sign <= 0
        return (sign == 0) == isinstance(condition, sp.Equality)

    def _holds(self, condition: Value) -> bool:
        if condition == 1 or condition == 0:
            return condition == 1
        raise Undefined("a condition that is neither 0 nor 1.")

    def _sign(self, value: Value) -> int:
        if isinstance(value, fmpq):
            return (value > 0) - (value < 0)
        if value > 0 or value < 0:
            return 1 if value > 0 else -1
        raise Undefined("a comparison that the precision does not decide.")


def _ball(value: Value) -> arb:
    return arb(value) if isinstance(value, fmpq) else value


def differ(one: Value, two: Value) -> bool:
    """Whether two values are certainly different."""
    if isinstance(one, fmpq) and isinstance(two, fmpq):
        return one != two
    one, two = _ball(one), _ball(two)
    return bool(one.is_finite() and two.is_finite() and not one.overlaps(two))


def shown(value: Value) -> str:
    """A rational in full, a ball by its first digits."""
    return str(value) if isinstance(value, fmpq) else value.str(12, radius=False)
