"""Tested: exact arithmetic of the hammer (norms, signs, bounds, simplest rationals) against definitions.
Not tested: python-flint itself."""

from fractions import Fraction
from math import floor

import pytest
import sympy as sp
import torch
from flint import arb, fmpq
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Status, decide_gap

small = st.fractions(min_value=-20, max_value=20, max_denominator=30)


def q(value):
    value = Fraction(value)
    return fmpq(value.numerator, value.denominator)


@given(small, st.fractions(min_value=Fraction(1, 500), max_value=3, max_denominator=500))
def test_simplest_between_has_the_smallest_denominator(low, width):
    high = low + width
    found = exact.simplest_between(q(low), q(high))
    assert q(low) < found <= q(high)
    fitting = (k for k in range(1, 10_000) if Fraction(floor(high * k), k) > low)
    assert int(found.q) == next(fitting)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_floats_become_the_rationals_they_are(value):
    assert Fraction(int(exact.rational(value).p), int(exact.rational(value).q)) == Fraction(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_no_rational_is_made_of_nan_or_infinity(value):
    with pytest.raises(ArgumentError, match="finite"):
        exact.rational(value)


@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 4), (3, 2), (5, 5), (8, 3)])
def test_operator_norm_encloses_the_largest_singular_value(k, d):
    W = torch.randn(k, d, dtype=torch.float64, generator=torch.Generator().manual_seed(k + 10 * d))
    with exact.precision(256):
        norm = exact.operator_norm(exact.nested(W))
    float_norm = float(torch.linalg.matrix_norm(W, 2))
    assert abs(exact.to_float(norm) - float_norm) <= 4 * (k + d) * 2**-53 * float_norm
    with exact.precision(256):  # s I - W^T W is singular at s = norm^2, and its determinant changes sign there
        gram = sp.Matrix(W.tolist()).T * sp.Matrix(W.tolist()) if d <= k else None
    if gram is not None and d <= 2:
        s = exact.to_float(norm) ** 2
        assert min(sp.re(v) for v in (sp.eye(d) * s * (1 + 1e-12) - gram).eigenvals()) > 0


def test_operator_norm_is_exact_where_it_is_rational():
    assert exact.operator_norm([[fmpq(3), fmpq(0)], [fmpq(4), fmpq(0)]]) == 5
    assert exact.operator_norm([[fmpq(1), fmpq(0)], [fmpq(0), fmpq(1)]]) == 1
    assert exact.operator_norm([[fmpq(0), fmpq(0)], [fmpq(0), fmpq(0)]]) == 0
    assert not isinstance(exact.operator_norm([[fmpq(1), fmpq(1)], [fmpq(0), fmpq(1)]]), fmpq)


def test_a_sign_is_claimed_only_where_the_ball_decides():
    assert exact.sign(fmpq(0)) == 0
    assert exact.sign(arb("1 +/- 0.5")) == 1
    assert exact.sign(arb("-1 +/- 0.5")) == -1
    assert exact.sign(arb("0 +/- 1e-30")) is None
    assert exact.sign(arb("nan")) is None


def test_bounds_evaluate_like_sympy():
    x, y = sp.Symbol("x", positive=True), sp.Symbol("y", positive=True)
    values = {"x": fmpq(9, 4), "y": fmpq(1, 3)}
    numbers = {x: sp.Rational(9, 4), y: sp.Rational(1, 3)}
    for expr in (2 / x**2, sp.sqrt(x), x * (1 + y), sp.exp(x * y) + sp.log(x), sp.Max(x, y) - sp.Min(x, y), abs(y - x)):
        with exact.precision(200):
            found = exact.evaluate(expr, values)
            difference = arb(found) - arb(str(sp.N(expr.subs(numbers), 70)))
            assert float(abs(difference).upper()) < 1e-55
    assert exact.evaluate(sp.sqrt(x) / y, values) == fmpq(9, 2)


def test_division_by_zero_is_no_condition():
    with pytest.raises(exact.NoCondition):
        exact.evaluate(8 / sp.Symbol("D", positive=True) ** 2, {"D": fmpq(0)})


def test_gaps_are_decided_never_guessed():
    def refutation(gap):
        return f"refuted at {exact.to_float(gap):.3g}"

    def gap(value):
        return lambda: value if isinstance(value, fmpq) else value()

    size = gap(fmpq(1))
    assert decide_gap(gap(fmpq(0)), size, refutation).status is Status.HOLDS
    assert decide_gap(gap(fmpq(-1, 10**40)), size, refutation) == "refuted at -1e-40"
    # 2^-600 is decided only after the precision has grown
    tiny = decide_gap(lambda: arb(2).sqrt() ** 2 - 2 + arb(2) ** -600, size, refutation)
    assert tiny.status is Status.HOLDS
    assert decide_gap(lambda: arb(2).sqrt() ** 2 - 2, size, refutation).status is Status.ROUNDING
    assert decide_gap(lambda: arb("0 +/- 1e-9"), size, refutation).status is Status.UNKNOWN
    assert decide_gap(lambda: arb("nan"), size, refutation).status is Status.UNKNOWN
