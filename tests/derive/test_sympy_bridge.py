"""Tested: SymPy -> text -> SymPy, text -> SymPy -> text in meaning, refusals. Not tested: SymPy's own arithmetic."""

from fractions import Fraction

import pytest
import sympy as sp
from expr_strategies import numeric_nodes
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.expr import ExprError, parse_expression
from proofcheck.derive.gram import inner, norm2, vectors
from proofcheck.derive.nodes import text_of
from proofcheck.derive.sympy_bridge import expression, sign_assumptions, text
from proofcheck.errors import ArgumentError

x, y = sp.symbols("x y", real=True)
a = sp.Symbol("a", positive=True)
SYMBOLS = {"x": x, "y": y, "a": a}


@pytest.mark.parametrize(
    ("expr", "written"),
    [
        (sp.Integer(-3), "-3"),
        (sp.Rational(-2, 3), "-2/3"),
        (x + y / 3 - 1, "x + y/3 - 1"),
        (-x * y / 2, "-x*y/2"),
        (2 / a**2, "2/a**2"),
        (1 / x, "1/x"),
        (sp.sqrt(x), "sqrt(x)"),
        (x ** sp.Rational(-3, 2), "1/sqrt(x)**3"),
        (2 * sp.exp(x + 1), "2*exp(x + 1)"),
        (x**32, "x**32"),
        (x**-32, "1/x**32"),
        (a ** sp.Rational(31, 2), "sqrt(a)**31"),
        (sp.E, "exp(1)"),
        (sp.Max(x, y, 1), "Max(Max(1, x), y)"),
        (sp.Min(x, y), "Min(x, y)"),
        (sp.Abs(x - y), "Abs(x - y)"),
        ((x + y) ** 3 / (1 + x), "(x + y)**3/(x + 1)"),
        (x - 2 * (y - 1), "x - 2*y + 2"),
        (sp.Le(x, 1 / a), "x <= 1/a"),
        (sp.Eq(x, y), "x == y"),
        (sp.Ne(x, y), "x != y"),
        (3, "3"),
        (Fraction(-1, 2), "-1/2"),
    ],
)
def test_text_of_sympy(expr, written):
    assert text(expr) == written
    if isinstance(expr, sp.Expr):
        assert expression(written, SYMBOLS) == expr


def test_gram_expression_becomes_inner_products():
    u, z = vectors("u z")
    tau = sp.Symbol("tau", nonnegative=True)
    assert text(norm2(u) - norm2(u - tau * z)) == "2*tau*inner(u, z) - tau**2*inner(z, z)"
    assert text(inner(z, u)) == "inner(u, z)"


sympy_leaves = st.sampled_from((x, y, a)) | st.fractions(-3, 3, max_denominator=4).map(
    lambda f: sp.Rational(f.numerator, f.denominator)
)
sympy_expressions = st.recursive(
    sympy_leaves,
    lambda inside: st.one_of(
        st.builds(sp.Add, inside, inside),
        st.builds(sp.Mul, inside, inside),
        st.builds(sp.Pow, st.sampled_from((x, y, a, x + y)), st.integers(-3, 3)),
        st.builds(sp.Pow, st.sampled_from((a, a + 1)), st.sampled_from((sp.Rational(1, 2), sp.Rational(-3, 2)))),
        st.builds(sp.exp, inside),
        st.builds(sp.Abs, inside),
        st.builds(sp.Max, inside, inside),
        st.builds(sp.Min, inside, inside),
    ),
    max_leaves=6,
)


@given(sympy_expressions)
def test_sympy_to_text_to_sympy(expr):
    assert expression(text(expr), SYMBOLS) == expr


@given(sympy_expressions)
def test_text_is_canonical_for_the_parser(expr):
    assert text_of(parse_expression(text(expr))) == text(expr)


@given(numeric_nodes(), st.fractions(-3, 3, max_denominator=5), st.fractions(-3, 3, max_denominator=5))
def test_text_to_sympy_keeps_the_value(node, p, q):
    try:
        expected = exact(node, {"x": p, "y": q})
    except ZeroDivisionError:
        return
    found = expression(node, SYMBOLS).subs({x: sp.Rational(str(p)), y: sp.Rational(str(q))})
    assert found == sp.Rational(str(expected))


def exact(node, values):
    source = text_of(node).replace("Rational", "F")
    import re

    return Fraction(eval(re.sub(r"\b[0-9]+", r"F(\g<0>)", source), {"F": Fraction}, values))


@pytest.mark.parametrize(
    ("expr", "why"),
    [
        (sp.sin(x), "sin is outside the whitelist"),
        (sp.log(x), "log is outside the whitelist"),
        (x ** sp.Rational(1, 3), "Exponents are integers"),
        (x**y, "Exponents are integers"),
        (x**33, "size at most 32"),
        (x**-33, "size at most 32"),
        (a ** sp.Rational(33, 2), "size at most 32"),
        (sp.Float(0.5), "Float is outside"),
        (0.5, "floats are not exact"),
        (True, "floats are not exact"),
        ("x", "Pass SymPy expressions"),
        (sp.oo, "Infinity is outside"),
        (sp.nan, "NaN is outside"),
        (sp.I, "ImaginaryUnit is outside"),
        (sp.Symbol("t", imaginary=True), "real numbers"),
        (sp.Symbol("A", commutative=False), "real numbers"),
        (sp.Dummy("x"), "Dummy"),
        (sp.Symbol("\u03b1"), "is not a name"),
        (sp.Symbol("x y"), "is not a name"),
        (sp.Symbol("exp"), "is not a name"),
        (sp.Function("f")(x), "outside the whitelist"),
        (sp.Integral(x, x), "outside the whitelist"),
        (sp.Matrix([x]), "Pass SymPy expressions"),
    ],
)
def test_outside_the_whitelist(expr, why):
    with pytest.raises(ArgumentError, match=why):
        text(expr)


@pytest.mark.parametrize("written", ["inner(u, v)", "E[x]", "norm2(u)", "Var(x)"])
def test_vectors_and_expectations_are_no_sympy_numbers(written):
    with pytest.raises(ArgumentError, match="numbers only"):
        expression(written)


def test_expression_refuses_what_would_be_written_out():
    nested = "(((((2**32)**32)**32)**32)**32)**32"
    with pytest.raises(ArgumentError, match="bits in a number"):
        expression(nested)
    with pytest.raises(ExprError):
        expression("__import__('os')")
    assert expression("(2**32)**32") == 2**1024


def test_signs_of_symbols_become_relations():
    b = sp.Symbol("b", nonnegative=True)
    c = sp.Symbol("c", negative=True)
    d = sp.Symbol("d", nonpositive=True)
    assert sign_assumptions([a * b + x, c - d]) == ["a > 0", "b >= 0", "c < 0", "d <= 0"]


def test_symbols_default_to_real():
    assert expression("x + 1") == x + 1
    assert expression("x + 1") != sp.Symbol("x") + 1
