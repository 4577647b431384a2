"""Tested: equality by normal form against random evaluation, with negative controls. Not tested: SymPy's simplify."""

import random

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.normal_form import normal_form_equal
from proofcheck.errors import ArgumentError

x, y, z = sp.symbols("x y z", real=True)
a = sp.Symbol("a", positive=True)
R = sp.Rational
S, T, U = sp.sqrt(a), sp.sqrt(x**2 + 1), sp.sqrt(x**4 + 2)

IDENTITIES = [
    ((x + y) ** 2, x**2 + 2 * x * y + y**2),
    ((x**2 - 1) / (x - 1), x + 1),
    (1 / (1 + 1 / x), x / (x + 1)),
    (1 / (x - y) + 1 / (x + y), 2 * x / (x**2 - y**2)),
    (x / y / z, x / (y * z)),
    (sp.exp(x + y), sp.exp(x) * sp.exp(y)),
    (sp.exp(x * (1 + y)), sp.exp(x) * sp.exp(x * y)),
    (sp.exp(x / 2) ** 2 * sp.exp(x / 3), sp.exp(4 * x / 3)),
    (sp.exp(-x), 1 / sp.exp(x)),
    (sp.E * sp.exp(1), sp.exp(2)),
    (sp.exp(1 / (x + 1) + x / (x + 1)), sp.E),
    ((sp.exp(x) - sp.exp(-x)) / (sp.exp(x) + sp.exp(-x)), (sp.exp(2 * x) - 1) / (sp.exp(2 * x) + 1)),
    (sp.sqrt(x**2 + 1) ** 2, x**2 + 1),
    (1 / (sp.sqrt(a) - 1), (sp.sqrt(a) + 1) / (a - 1)),
    (sp.sqrt(2) * (1 + sp.sqrt(2)), 2 + sp.sqrt(2)),
    (a ** R(1, 3) * a ** R(1, 6), sp.sqrt(a)),
    (sp.sqrt(1 + sp.sqrt(a)) ** 2, (sp.sqrt(a) ** 3 + a) / a),
    ((S + T + U) ** 2 - 2 * S * (T + U), S**2 + T**2 + U**2 + 2 * T * U),
    (sp.tanh(x) * (x + 1), x * sp.tanh(x) + sp.tanh(x)),
    (sp.Max(x, y) ** 2 - 1, (sp.Max(x, y) - 1) * (sp.Max(x, y) + 1)),
    (sp.Integer(2), 2),
    (sp.Matrix([[x * (x + 1), 0]]), sp.Matrix([[x**2 + x, 0]])),
    (sp.zeros(0, 3), sp.zeros(0, 3)),
]

NON_IDENTITIES = [
    ((x + y) ** 2, x**2 + y**2),
    (sp.exp(x), sp.exp(2 * x)),
    (sp.exp(x * y), sp.exp(x) * sp.exp(y)),
    (sp.exp(x), 1 + x),
    (sp.sqrt(a), a),
    (sp.sqrt(a**2 + 1), a + 1),
    (1 / x, 1 / y),
    (sp.E, R(271828, 100000)),
    (x, -x),
    (sp.Max(x, y), sp.Max(x, z)),
    (sp.Matrix([[x, 0]]), sp.Matrix([[x, 1]])),
    (sp.Integer(1), 1 + R(1, 10**60)),
]


@pytest.mark.parametrize(("left", "right"), IDENTITIES)
def test_identity_is_found(left, right):
    assert normal_form_equal(left, right)
    assert normal_form_equal(right, left)


@pytest.mark.parametrize(("left", "right"), IDENTITIES[:-1])
def test_identity_breaks_when_a_side_is_nudged(left, right):
    nudge = sp.ones(*right.shape) * R(1, 7) if isinstance(right, sp.MatrixBase) else R(1, 7)
    assert not normal_form_equal(left, right + nudge)


@pytest.mark.parametrize(("left", "right"), NON_IDENTITIES)
def test_non_identity_is_not_found(left, right):
    assert not normal_form_equal(left, right)


def random_expression(seed, depth=3):
    """(expression, its values at two points), where exp(x) and exp(y) have rational values of their own."""
    rng = random.Random(seed)
    p, e = (R(3, 7), R(-5, 11)), (R(13, 17), R(53, 59))
    leaves = [(x, p), (sp.exp(x), e), (sp.exp(x - y), (e[0] / 3, e[1] / 5)), (sp.exp(y), (R(3), R(5))),
              (sp.exp(-2 * x), (e[0] ** -2, e[1] ** -2))]  # fmt: skip

    def build(level):
        if level == 0 or rng.random() < 0.2:
            number = R(rng.randint(-3, 3), rng.randint(1, 3))
            return rng.choice([*leaves, (number, (number, number))])
        (left, a), (right, b) = build(level - 1), build(level - 1)
        combine = rng.choice([lambda l, r: l + r, lambda l, r: l * r, lambda l, r: l - r, lambda l, r: l / (1 + r**2)])
        return combine(left, right), tuple(map(combine, a, b))

    return build(depth)


@given(st.integers(0, 10**6))
def test_expanded_and_rearranged_forms_are_equal(seed):
    expr, _ = random_expression(seed)
    assert normal_form_equal(expr, sp.expand(expr))
    assert normal_form_equal(expr * 3 - expr, 2 * expr)


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.booleans())
def test_decision_agrees_with_evaluation(one, two, same):
    (left, a), (right, b) = random_expression(one, 2), random_expression(two, 2)
    if same:  # (l - r)(l + r) against l**2 - r**2
        left, right = (left - right) * (left + right), left**2 - right**2
        a, b = [(p - q) * (p + q) for p, q in zip(a, b, strict=True)], [p**2 - q**2 for p, q in zip(a, b, strict=True)]
    assert normal_form_equal(left, right) == (tuple(a) == tuple(b))


@pytest.mark.parametrize(
    ("left", "right", "why"),
    [
        (R(1, 2) * x, sp.Float(0.5) * x, "exact expression"),
        (sp.exp(sp.Float(0.5) * x), x, "rational coefficients"),
        (sp.oo, x, "exact expression"),
        (sp.nan, sp.nan, "exact expression"),
        (sp.zoo, x, "finite real"),
        (sp.I, x, "finite real"),
        (0.5, x, "SymPy expressions"),
        ("x", x, "SymPy expressions"),
        (True, x, "SymPy expressions"),
        (sp.Le(x, 1), x, "SymPy expressions"),
        (sp.Matrix([1, 2]), sp.Matrix([[1, 2]]), "one shape"),
        (sp.Matrix([x]), x, "one shape"),
        (sp.Matrix([x, 0.5]), sp.Matrix([y, y]), "exact expression"),
        (1 / ((x + 1) ** 2 - x**2 - 2 * x - 1), x, "not identically 0"),
        (1 / ((sp.sqrt(a) + 1) * (sp.sqrt(a) - 1) - a + 1), x, "not identically 0"),
        (x, sp.Symbol("x"), "two different symbols x"),
        (sp.Symbol("b", positive=True), sp.Symbol("b", real=True), "two different symbols b"),
        ((x + 1) ** 5000, x, "exponent of at most"),
    ],
)
def test_refused(left, right, why):
    with pytest.raises(ArgumentError, match=why):
        normal_form_equal(left, right)
