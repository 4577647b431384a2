"""The normal form: identities it must prove, near misses it must not, and agreement with exact evaluation."""

import math
import random
from fractions import Fraction

import pytest
import sympy as sp
from flint import arb, fmpq

from proofcheck.bind.errors import Undefined
from proofcheck.bind.evaluate import Evaluator, differ
from proofcheck.bind.functions import IsZero, Step, Where
from proofcheck.bind.literals import read_literal
from proofcheck.bind.normal import Field
from proofcheck.bind.witness import search
from proofcheck.errors import ArgumentError

x, y, z = sp.symbols("x y z", real=True)
a, b = sp.symbols("a b", positive=True)


def top(*values):
    result = values[-1]
    for value in reversed(values[:-1]):
        result = sp.Max(value, result, evaluate=False)
    return result


def bottom(left, right):
    return sp.Min(left, right, evaluate=False)


IDENTITIES = [
    ((x + y) ** 2, x**2 + 2 * x * y + y**2),
    (1 / (x + 1) - 1 / (x - 1), -2 / (x**2 - 1)),
    (x / (x * y + x), 1 / (y + 1)),
    (sp.exp(x) ** 3 * sp.exp(-3 * x), sp.Integer(1)),
    (sp.exp((x + y) ** 2), sp.exp(x**2) * sp.exp(y**2) * sp.exp(2 * x * y)),
    (1 / (1 + sp.exp(-x)), sp.exp(x) / (1 + sp.exp(x))),
    (sp.tanh(x / 2) / 2 + sp.Rational(1, 2), 1 / (1 + sp.exp(-x))),
    (sp.cosh(x) ** 2 - sp.sinh(x) ** 2, sp.Integer(1)),
    (
        sp.log(sum(sp.exp(t - top(x, y, z)) for t in (x, y, z))) + top(x, y, z),
        sp.log(sum(map(sp.exp, (x, y, z)))),
    ),
    (sp.log(a * sp.exp(x) + b * sp.exp(y)), sp.log(a) + x + sp.log(1 + b / a * sp.exp(y - x))),
    (sp.log((1 + x**2) / 6), sp.log(2 + 2 * x**2) - 2 * sp.log(2) - sp.log(3)),
    (sp.exp(sp.log(1 + x**2) / 2), sp.sqrt(1 + x**2)),
    (sp.exp(2 * sp.log(sp.exp(x) + sp.exp(y), evaluate=False)), (sp.exp(x) + sp.exp(y)) ** 2),
    (a**x, sp.exp(x * sp.log(a))),
    (sp.sqrt(8 * a**3), 2 * a * sp.sqrt(2) * sp.sqrt(a)),
    (sp.sqrt(x**2 * y**4 + x**2), sp.Abs(x) * sp.sqrt(y**4 + 1)),
    (1 / sp.sqrt(x**2 + 1), sp.sqrt(x**2 + 1) / (x**2 + 1)),
    (sp.sqrt((x**2 + 1) / (y**2 + 1)), sp.sqrt(x**2 + 1) / sp.sqrt(y**2 + 1)),
    (sp.sqrt(sp.exp(2 * x) + sp.exp(2 * y)), sp.exp(x) * sp.sqrt(1 + sp.exp(2 * y - 2 * x))),
    (top(x, y) + bottom(x, y), x + y),
    (top(x, y) * bottom(x, y), x * y),
    (top(x - y, 0) - top(y - x, 0), x - y),
    (top(2 * x / a, 0), 2 * top(x, 0) / a),
    (top(x * sp.exp(y), 0), sp.exp(y) * top(x, 0)),
    (top(x, y), top(y, x)),
    (sp.Abs(x + y) ** 2, (x + y) ** 2),
    (Where(Step(x), x, 0), top(x, 0)),
    (Where(1 - Step(-x), x, -x), sp.Abs(x)),
    (sp.Piecewise((x, x >= y), (y, True)), top(x, y)),
    (sp.Piecewise((x, sp.And(x > 0, y > 0)), (0, True)), x * Step(x) * Step(y)),
    (Step(-2 * x), 1 - Step(x) - IsZero(x)),
    (Step(x) * IsZero(x), sp.Integer(0)),
    (IsZero(x - y) * x, IsZero(y - x) * y),
    (sp.sign(x) * x, sp.Abs(x)),
    (Step(sp.exp(x) + a), sp.Integer(1)),
    (sp.erf(-x / sp.sqrt(2)), -sp.erf(x * sp.sqrt(2) / 2)),
    (sp.exp(sp.exp(x) / (sp.exp(x) + sp.exp(y))), sp.exp(1 / (1 + sp.exp(y - x)))),
    (sp.exp(x / (1 + y**2)) * sp.exp(y / (1 + y**2)), sp.exp((x + y) / (1 + y**2))),
    (sp.sqrt(2 / sp.pi) * sp.sqrt(sp.pi), sp.sqrt(2)),
]
NEAR_MISSES = [
    (top(x, 0), x),
    (sp.Abs(x), x),
    (sp.sqrt(x**2 + y**2), x + y),
    (sp.exp(x + y), sp.exp(x) + sp.exp(y)),
    (sp.exp(x) / (sp.exp(x) + sp.exp(y)), sp.exp(y) / (sp.exp(x) + sp.exp(y))),
    (Step(x), 1 - Step(-x)),
    (sp.log(1 + sp.exp(x)), x),
    (x / a, x / b),
    (sp.exp(sp.Rational(1, 2)), sp.Rational(33, 20)),
]


@pytest.mark.parametrize(("left", "right"), IDENTITIES, ids=[str(i) for i in range(len(IDENTITIES))])
def test_identity(left, right):
    field = Field()
    assert field.equal(left, right)
    assert not field.equal(left, right + sp.Rational(1, 10**9))
    assert not field.equal(left + x * sp.exp(-z), right)


@pytest.mark.parametrize(("left", "right"), NEAR_MISSES, ids=[str(i) for i in range(len(NEAR_MISSES))])
def test_near_miss(left, right):
    assert not Field().equal(left, right)
    found = search(left, right)
    assert found is not None
    assert differ(found.left, found.right)


def random_expression(source, depth):
    if depth == 0:
        return source.choice([x, y, a, b, sp.Integer(source.randint(-3, 3)), sp.Rational(1, 2)])
    one, two = random_expression(source, depth - 1), random_expression(source, source.randint(0, depth - 1))
    match source.randrange(9):
        case 0 | 1:
            return one + two
        case 2 | 3:
            return one * two
        case 4:
            return one / (two**2 + 1)
        case 5:
            return sp.exp(one) if one.is_polynomial() else one - two
        case 6:
            return top(one, two)
        case 7:
            return sp.sqrt(one**2 + 1)
        case _:
            return Where(Step(one), two, one)


def test_normal_form_keeps_values():
    """Random pairs: whenever the normal form says equal, exact values at random points do not contradict it."""
    source, proved = random.Random(5), 0
    for _ in range(150):
        one = random_expression(source, 3)
        two = sp.expand(one) if source.random() < 0.7 else random_expression(source, 2)
        if not Field().equal(one, two):
            continue
        proved += one != two
        for _ in range(3):
            point = {
                s: Fraction(source.randint(1, 9), 4) * (1 if s.is_positive else source.choice((1, -1)))
                for s in (x, y, a, b)
            }
            evaluator = Evaluator(point)
            try:
                assert not differ(evaluator.value(one), evaluator.value(two))
            except Undefined:
                continue
    assert proved >= 20


def test_denominators_that_vanish():
    with pytest.raises(Undefined, match="a denominator that is identically 0"):
        Field().equal(
            1 / ((x - y) ** 2 - x**2 + 2 * x * y - y**2),
            x,
        )
    with pytest.raises(Undefined, match="the logarithm of a negative number"):
        Field().convert(sp.log(-2 * sp.exp(x), evaluate=False))
    with pytest.raises(ArgumentError, match=r"an exact, finite, real expression required, got 0\.5"):
        Field().convert(x + sp.Float(0.5))


def test_balls_decide():
    evaluator = Evaluator({x: Fraction(1, 3), y: Fraction(2)})
    assert evaluator.value(x + y) == fmpq(7, 3)
    third = evaluator.value(sp.exp(x))
    assert isinstance(third, arb)
    assert abs(float(third) - math.exp(1 / 3)) < 1e-15
    assert not differ(third, third)
    with pytest.raises(Undefined, match="a denominator 0"):
        evaluator.value(1 / (3 * x - 1))
    with pytest.raises(Undefined, match=r"a square root of what is not >= 0"):
        evaluator.value(sp.sqrt(x - 1))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, sp.Rational(1, 2)),
        (-3.0, sp.Integer(-3)),
        (0.1, sp.Rational(1, 10)),
        (1e-5, sp.Rational(1, 10**5)),
        (1e-12, sp.Rational(1, 10**12)),
        (0.044715, sp.Rational(44715, 10**6)),
        (1 / 3, sp.Rational(1, 3)),
        (-2 / 7, sp.Rational(-2, 7)),
        (1 / math.sqrt(3), 1 / sp.sqrt(3)),
        (math.sqrt(1 / 64) * math.sqrt(2), sp.sqrt(2) / 8),
        (2**-0.25, sp.root(sp.Rational(1, 2), 4)),
        (math.pi / 3, sp.pi / 3),
        (math.sqrt(2 / math.pi), sp.sqrt(2 / sp.pi)),
        (math.log(2), sp.log(2)),
        (-math.log(10), -sp.log(10)),
        (math.inf, sp.oo),
        (0.0, sp.Integer(0)),
    ],
)
def test_literal(value, expected):
    read = read_literal(value)
    assert Field().equal(read.value, expected) if expected.is_finite else read.value == expected


def test_literal_without_a_short_name_is_the_float_itself():
    source = random.Random(0)
    for _ in range(300):
        value = source.uniform(-2, 2)
        assert read_literal(value) == (sp.Rational(*value.as_integer_ratio()), True)
    nearly = math.nextafter(0.5**0.5, 1) * (1 + 2**-48)
    assert read_literal(nearly).exact
    with pytest.raises(ArgumentError, match="a number required, got nan"):
        read_literal(math.nan)
    assert read_literal(float.fromhex("0x1.99999ap-4"), 2.0**-24).value == sp.Rational(1, 10)  # 0.1 in float32
