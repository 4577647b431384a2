"""Tested: values at rational points against Python's own, certain comparisons, differences seen from coefficients."""

import math
from fractions import Fraction

import flint
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.expr import parse_expression
from proofcheck.derive.sympy_bridge import tree
from proofcheck.paper.directions import Direction, direction
from proofcheck.paper.monotone import at_least
from proofcheck.paper.points import candidates, evaluate, first, less, separate, shown

x, y = sp.symbols("x y", positive=True)
z = sp.Symbol("z", real=True)


def at(text, **point):
    return evaluate(parse_expression(text), {name: Fraction(value) for name, value in point.items()})


def test_rational_values_are_exact():
    assert at("(x + 1)**2/(3*y)", x="1/2", y="2") == Fraction(3, 8)
    assert at("sqrt(x)", x="9/4") == Fraction(3, 2)
    assert at("Max(x, y) - Min(x, y) + Abs(-x)", x="1", y="3") == 3
    assert at("exp(0)*log(1) + 1") == 1


@pytest.mark.parametrize(
    ("text", "float_value"),
    [
        ("sqrt(2)", math.sqrt(2)),
        ("exp(1)", math.e),
        ("log(3)", math.log(3)),
        ("exp(-x)*sqrt(x + 1/3)", math.exp(-2.5) * math.sqrt(2.5 + 1 / 3)),
        ("x**9/exp(x)", 2.5**9 / math.exp(2.5)),
    ],
)
def test_other_values_are_balls_that_hold_the_number(text, float_value):
    value = at(text, x="5/2")
    assert isinstance(value, flint.arb)
    assert abs(float(value.mid()) - float_value) <= 1e-14 * float_value  # a few roundings of doubles
    assert "+/-" in shown(value)


@pytest.mark.parametrize(
    "text", ["1/x", "sqrt(-1)", "log(-2)", "log(0)", "1/(sqrt(2)**2 - 2)", "exp(exp(exp(exp(9))))*x"]
)
def test_what_is_not_certainly_defined_has_no_value(text):
    assert at(text, x="0") is None


def test_a_comparison_is_certain_or_not_made():
    root = at("sqrt(2)")
    assert less(root, Fraction(3, 2))
    assert not less(Fraction(3, 2), root)
    assert not less(root * root, Fraction(2))
    assert not less(Fraction(2), root * root)


def test_points_keep_the_signs():
    for point in candidates({"p": "positive", "n": "nonnegative", "r": "real"}):
        assert point["p"] > 0 <= point["n"]
    assert any(point["r"] < 0 for point in candidates({"r": "real"}))
    assert list(candidates({})) == [{}]


def test_separation_finds_both_sides_and_neither_where_there_is_none():
    larger, smaller = separate(tree(x), tree(x**2), {"x": "positive"})
    assert larger.at["x"] < 1 < smaller.at["x"]
    assert separate(tree(x + y), tree(y + x), {"x": "positive", "y": "positive"}) == (None, None)
    assert first(lambda a, b: a == b, tree(x), tree(x**2), {"x": "positive"}).at == {"x": 1}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (x + y, x),
        (sp.exp(2 * x), sp.exp(x)),
        (sp.exp(x), 1 + x),
        (sp.exp(x * y) * (1 + 2 * y), sp.exp(x * y / 2) * (1 + y)),
        ((x + y) ** 3, x**3 + y**3),
        (sp.Integer(1), sp.Rational(1, 2)),
    ],
)
def test_coefficients_show_what_is_larger_and_never_the_reverse(left, right):
    assert at_least(left, right)
    assert not at_least(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (x, y), (z + 2, z + x), (z**2, sp.Integer(0)), (sp.exp(-x), sp.Integer(0)), (sp.exp(z), sp.Integer(0)),
        (x**2 + y**2, 2 * x * y), (sp.exp(x), 1 + 2 * x), (sp.exp(2 * x), 1 + x + x**2 * 5), (1 / x, sp.Integer(0)),
        (sp.sqrt(x + 1), sp.sqrt(x)), (sp.exp(sp.exp(x)), sp.exp(x)), (sp.exp(40 * x), sp.exp(x / 7)),
    ],
)  # fmt: skip
def test_coefficients_are_silent_elsewhere(left, right):
    assert not at_least(left, right)


terms = st.tuples(st.integers(-3, 3), st.integers(0, 2), st.integers(0, 2), st.integers(0, 2))


@given(st.lists(terms, max_size=4), st.lists(terms, max_size=4))
def test_no_point_contradicts_the_coefficients(left, right):
    def made(rows):
        return sp.Add(*(c * x**p * y**q * sp.exp(r * x) for c, p, q, r in rows))

    one, other = made(left), made(right)
    if at_least(one, other):
        signs = {"x": "positive", "y": "positive"}
        assert separate(tree(one), tree(other), signs, few=True)[1] is None


def test_directions():
    assert direction("eta_max") is Direction.STEP
    assert direction("eps_max") is Direction.LIMIT
    assert direction("context_constant") is Direction.UPPER
    assert direction("a_key_nobody_listed") is Direction.EXACT
