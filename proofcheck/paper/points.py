"""Values of EXPR trees at rational points, exactly or as balls, and the search for a point where two trees differ.

A value is a Fraction as long as no root, exp or log is irrational, else an arb ball that contains it. A comparison is
made only where it is certain: equal Fractions, or disjoint balls. So a point that is found is a proof.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint
from flint import arb

from proofcheck.derive.nodes import Call, Name, Node, Number, Power, Product, Sum

PRECISION = 256  # bits of the balls
MAX_BITS = 4_000  # of an exact value; beyond, a ball
POINTS = 600
FEW = 12

Value = Fraction | arb
ZERO = Fraction(0)
_SIMPLE = [Fraction(x) for x in ("1", "2", "1/2", "3", "1/3", "4", "1/4", "10", "1/10", "100", "1/100")]


def _ball(value: Value) -> arb:
    return arb(flint.fmpq(value.numerator, value.denominator)) if isinstance(value, Fraction) else value


def _bits(value: Fraction) -> int:
    return value.numerator.bit_length() + value.denominator.bit_length()


def evaluate(node: Node, point: Mapping[str, Fraction]) -> Value | None:
    """The value of the tree at the point; None where it is undefined or not certainly defined."""
    with flint.ctx.workprec(PRECISION):
        value = _value(node, point)
        return None if isinstance(value, arb) and not value.is_finite() else value


def _value(node: Node, point: Mapping[str, Fraction]) -> Value | None:
    match node:
        case Number(value=value):
            return value
        case Name(name=name):
            return point[name]
        case Sum(terms=parts) | Product(factors=parts):
            total: Value = Fraction(0 if isinstance(node, Sum) else 1)
            for sign, part in parts:
                value = _value(part, point)
                if value is None:
                    return None
                if isinstance(node, Sum):
                    total = _apply(total, value, "+" if sign > 0 else "-")
                else:
                    if sign < 0 and _contains_zero(value):
                        return None
                    total = _apply(total, value, "*" if sign > 0 else "/")
            return total
        case Power(base=base, exponent=exponent):
            value = _value(base, point)
            if value is None or (exponent < 0 and _contains_zero(value)):
                return None
            is_short = isinstance(value, Fraction) and _bits(value) * abs(exponent) <= MAX_BITS
            return value**exponent if is_short else _ball(value) ** exponent
        case Call(function=function, arguments=arguments):
            values = [_value(argument, point) for argument in arguments]
            known = [value for value in values if value is not None]
            return _call(function, known) if len(known) == len(values) else None
    return None


def _contains_zero(value: Value) -> bool:
    return value == 0 if isinstance(value, Fraction) else bool(value.contains(0))


def _apply(a: Value, b: Value, sign: str) -> Value:
    if isinstance(a, arb) or isinstance(b, arb) or _bits(a) + _bits(b) > MAX_BITS:
        a, b = _ball(a), _ball(b)
    if sign == "+":
        return a + b  # type: ignore[operator]  # both exact or both balls
    if sign == "-":
        return a - b  # type: ignore[operator]
    return a * b if sign == "*" else a / b  # type: ignore[operator]


def _call(function: str, values: Sequence[Value]) -> Value | None:
    first = values[0]
    if function == "Abs":
        return abs(first)
    if function in ("Max", "Min"):
        second = values[1]
        if isinstance(first, Fraction) and isinstance(second, Fraction):
            return max(first, second) if function == "Max" else min(first, second)
        a, b = _ball(first), _ball(second)
        return a.max(b) if function == "Max" else a.min(b)
    if function == "sqrt":
        if isinstance(first, Fraction):
            if first < 0:
                return None
            p, q = (math.isqrt(part) for part in (first.numerator, first.denominator))
            if p * p == first.numerator and q * q == first.denominator:
                return Fraction(p, q)
        return _ball(first).sqrt()
    if function == "exp":
        return Fraction(1) if first == 0 and isinstance(first, Fraction) else _ball(first).exp()
    if function == "log":
        return Fraction(0) if first == 1 and isinstance(first, Fraction) else _ball(first).log()
    return None


def less(a: Value, b: Value) -> bool:
    """Whether a < b is certain."""
    if isinstance(a, Fraction) and isinstance(b, Fraction):
        return a < b
    with flint.ctx.workprec(PRECISION):
        return bool(_ball(a) < _ball(b))


def shown(value: Value) -> str:
    """An exact fraction, or the ball with its radius."""
    if isinstance(value, Fraction) and _bits(value) <= 120:
        return str(value)
    return _ball(value).str(12, more=False)


@dataclass(frozen=True)
class Point:
    """Rational values of the symbols, and the two values there."""

    at: Mapping[str, Fraction]
    paper: Value
    proved: Value

    def data(self) -> dict[str, object]:
        at = {name: str(value) for name, value in self.at.items()}
        return {"point": at, "paper": shown(self.paper), "proved": shown(self.proved)}

    def text(self) -> str:
        place = ", ".join(f"{name} = {value}" for name, value in self.at.items())
        return f"{'at ' + place if place else 'everywhere'}: paper {shown(self.paper)}, proved {shown(self.proved)}"


def candidates(signs: Mapping[str, str]) -> Iterator[dict[str, Fraction]]:
    """Rational points, simple ones first; `signs` says for each name "positive", "nonnegative" or "real"."""
    names = sorted(signs)
    pools = []
    for name in names:
        extra = {"positive": [], "nonnegative": [Fraction(0)], "real": [Fraction(0), *(-x for x in _SIMPLE[:8])]}
        pools.append(_SIMPLE + extra[signs[name]])
    if not names:
        yield {}
        return
    short = [pool[:3] + pool[len(_SIMPLE) :][:2] for pool in pools]
    for values in itertools.islice(itertools.product(*short), POINTS // 3):
        yield dict(zip(names, values, strict=True))
    state = 1
    for _ in range(POINTS):
        values = []
        for pool in pools:
            state = (
                state * 6364136223846793005 + 1442695040888963407
            ) % 2**64  # Knuth's generator: the same points always
            values.append(pool[(state >> 33) % len(pool)])
        yield dict(zip(names, values, strict=True))


def separate(
    paper: Node, proved: Node, signs: Mapping[str, str], *, few: bool = False
) -> tuple[Point | None, Point | None]:
    """The first points where the paper's value is certainly larger, and where it is certainly smaller."""
    larger: Point | None = None
    smaller: Point | None = None
    for at in itertools.islice(candidates(signs), FEW if few else None):
        left, right = evaluate(paper, at), evaluate(proved, at)
        if left is None or right is None:
            continue
        if larger is None and less(right, left):
            larger = Point(at, left, right)
        if smaller is None and less(left, right):
            smaller = Point(at, left, right)
        if larger and smaller:
            break
    return larger, smaller


def first(holds: Callable[[Value, Value], bool], paper: Node, proved: Node, signs: Mapping[str, str]) -> Point | None:
    """The first point where `holds` of the two values."""
    for at in candidates(signs):
        left, right = evaluate(paper, at), evaluate(proved, at)
        if left is not None and right is not None and holds(left, right):
            return Point(at, left, right)
    return None
