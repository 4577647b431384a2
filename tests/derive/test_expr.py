"""Tested: EXPR texts to trees and back, exact messages with carets, hostile texts. Not tested: kinds (test_kinds)."""

import re
import subprocess
import sys
from fractions import Fraction

import pytest
from expr_strategies import nodes, numeric_nodes
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive import expr, tokens
from proofcheck.derive.nodes import (
    Call,
    Moment,
    Name,
    Number,
    Power,
    Product,
    Relation,
    Sum,
    relation_text,
    text_of,
)
from proofcheck.errors import ArgumentError

x, y = Name("x"), Name("y")


def n(value):
    return Number(Fraction(value))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x", x),
        ("  x\n", x),
        ("-x**2", Sum(((-1, Power(x, 2)),))),
        ("(-x)**2", Power(Sum(((-1, x),)), 2)),
        ("x^2", Power(x, 2)),
        ("x**-2", Power(x, -2)),
        ("x**(-(2))", None),
        ("x**((-2))", Power(x, -2)),
        ("x - y - 1", Sum(((1, x), (-1, y), (-1, n(1))))),
        ("x - (y - 1)", Sum(((1, x), (-1, Sum(((1, y), (-1, n(1)))))))),
        ("x/y*2", Product(((1, x), (-1, y), (1, n(2))))),
        ("x*-y", Product(((1, x), (1, Sum(((-1, y),)))))),
        ("+x", x),
        ("0.1", n("1/10")),
        (".5", n("1/2")),
        ("2.", n(2)),
        ("1e-9", n(Fraction(1, 10**9))),
        ("1.5E2", n(150)),
        ("0.30000000000000000000000000000000001", n(Fraction(3 * 10**34 + 1, 10**35))),
        ("Rational(3, 6)", n("1/2")),
        ("Rational(-3, 6)", Sum(((-1, n("1/2")),))),
        ("Max(x, y, 1)", Call("Max", (x, y, n(1)))),
        ("E(x)", Moment("E", x)),
        ("E[x]", Moment("E", x)),
        ("lambda", Name("lambda")),
        ("inner(x - y, x)", Call("inner", (Sum(((1, x), (-1, y))), x))),
    ],
)
def test_expression_is_read_as(text, tree):
    if tree is None:
        with pytest.raises(expr.ExprError):
            expr.parse_expression(text)
    else:
        assert expr.parse_expression(text) == tree


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("0 <= x <= 1", Relation(("<=", "<="), (n(0), x, n(1)))),
        ("x != y", Relation(("!=",), (x, y))),
        ("forall q: x == q", Relation(("==",), (x, Name("q")), (("q", "vector"),))),
        (
            "forall vector q, p, scalar c: c*x > q",
            Relation((">",), (Product(((1, Name("c")), (1, x))), Name("q")),
                     (("q", "vector"), ("p", "vector"), ("c", "scalar"))),
        ),
    ],
)  # fmt: skip
def test_relation_is_read_as(text, relation):
    assert expr.parse_relation(text) == relation
    assert expr.parse_relation(relation_text(relation)) == relation


@given(nodes())
def test_text_of_a_tree_reads_back_as_the_tree(tree):
    assert expr.parse_expression(text_of(tree), functionals=("E", "F")) == tree


class Values(dict):
    def __missing__(self, name):
        return Fraction(sum(map(ord, name)), 97)


PIECES = ("x", "y", "x2", "1", "2", "12", "(", ")", "+", "-", "*", "/", "**", " ")


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join))
def test_arithmetic_agrees_with_python(text):
    try:
        tree = expr.parse_expression(text)
    except expr.ExprError:
        return
    python = re.sub(r"\b[0-9]+", r"F(\g<0>)", text.strip())
    try:
        expected = eval(python, {}, Values(F=Fraction, Rational=Fraction))
    except ZeroDivisionError:
        return
    assert value(tree, Values()) == expected


@given(numeric_nodes())
def test_arithmetic_of_a_tree_agrees_with_python_on_its_text(tree):
    python = re.sub(r"\b[0-9]+", r"F(\g<0>)", text_of(tree))
    try:
        expected = Fraction(eval(python, {}, Values(F=Fraction, Rational=Fraction)))
    except ZeroDivisionError:
        return
    assert value(tree, Values()) == expected


def value(node, values):
    match node:
        case Number(value=v):
            return v
        case Name(name=name):
            return values[name]
        case Sum(terms=terms):
            return sum(s * value(t, values) for s, t in terms)
        case Product(factors=factors):
            result = Fraction(1)
            for sign, factor in factors:
                result *= value(factor, values) ** sign
            return result
        case Power(base=base, exponent=exponent):
            return value(base, values) ** exponent


def test_the_arithmetic_oracle_can_disagree():
    assert value(expr.parse_expression("x - (y - 1)"), {"x": 3, "y": 5}) != value(
        expr.parse_expression("x - y - 1"), {"x": 3, "y": 5}
    )


ERRORS = {
    "x + ) > 1": """\
claim: expected a number, a name or '(', got ')'.
  x + ) > 1
      ^""",
    "2x > 1": """\
claim: expected an operator or a relation (<= < >= > == !=), got 'x'.
  2x > 1
   ^
Multiplication is written with *.""",
    "x = 1": """\
claim: unexpected character '='.
  x = 1
    ^
Write == for equality, <= or >= for inequalities.""",
    "Sqrt(x) > 0": """\
claim: 'Sqrt' is not a function.
  Sqrt(x) > 0
  ^
Did you mean sqrt?""",
    "foo(x) > 0": """\
claim: 'foo' is not a function.
  foo(x) > 0
  ^
If foo is a number, write foo*( ... ).""",
    "x**y > 1": """\
claim: expected an integer exponent, got 'y'.
  x**y > 1
     ^
Write sqrt(x) for the exponent 1/2, exp(x) for e**x.""",
    "x**(1/2) > 1": """\
claim: an exponent is one integer.
  x**(1/2) > 1
     ^
Write sqrt(x) for the exponent 1/2, exp(x) for e**x.""",
    "x**2**3 > 1": """\
claim: a power of a power needs brackets.
  x**2**3 > 1
      ^
Write (x**2)**3 or x**8.""",
    "x**1000000000 > 1": """\
claim: an exponent is at most 32, got 1000000000.
  x**1000000000 > 1
     ^""",
    "(x + 1 > 0": """\
claim: expected an operator or ')', got '>'.
  (x + 1 > 0
         ^
The bracket ( at character 1 is still open. Relations stand between two expressions, not inside one.""",
    "x and y > 0": """\
claim: expected an operator or a relation (<= < >= > == !=), got 'and'.
  x and y > 0
    ^
Give each relation its own --assume or --claim.""",
    "x": """\
claim: expected an operator or a relation (<= < >= > == !=), got the end.
  x
   ^""",
    "x >= 0 y": """\
claim: expected an operator or the end, got 'y'.
  x >= 0 y
         ^
Multiplication is written with *.""",
    "x/0 > 1": """\
claim: division by 0.
  x/0 > 1
    ^""",
    "0**-1 > 1": """\
claim: division by 0.
  0**-1 > 1
     ^""",
    "Rational(1, 0) > 0": """\
claim: division by 0.
  Rational(1, 0) > 0
              ^""",
    "Rational(x, 2) > 0": """\
claim: Rational takes two integers.
  Rational(x, 2) > 0
           ^
Write p/q for other quotients.""",
    "inner(u) > 0": """\
claim: inner takes 2 arguments, got 1.
  inner(u) > 0
  ^""",
    "Max(x) > 0": """\
claim: Max takes 2 to 64 arguments, got 1.
  Max(x) > 0
  ^""",
    "exp() > 0": """\
claim: expected an argument, got ')'.
  exp() > 0
      ^""",
    "log x > 0": """\
claim: expected '(' after the function log, got 'x'.
  log x > 0
      ^""",
    "F[x] > 0": """\
claim: 'F' is not a functional.
  F[x] > 0
  ^
Declare it with --functional F:r,s .""",
    "E > 0": """\
claim: expected '[' or '(' after the functional E, got '>'.
  E > 0
    ^
E is an expectation: write E[x], or give the number another name.""",
    "vector > 0": """\
claim: 'vector' is a word of the language, not a name.
  vector > 0
  ^""",
    "forall q q: 1 > 0": """\
claim: expected ',' or ':', got 'q'.
  forall q q: 1 > 0
           ^
Write forall vector q, scalar c: relation.""",
    "forall q, q: 1 > 0": """\
claim: 'q' is quantified twice.
  forall q, q: 1 > 0
            ^""",
    "forall E: 1 > 0": """\
claim: expected a name to quantify, got 'E'.
  forall E: 1 > 0
         ^
Write forall vector q, scalar c: relation.""",
    "x \u2264 1": """\
claim: unexpected character '\\u2264' (LESS-THAN OR EQUAL TO); only ASCII is read.
  x \u2264 1
    ^
Write <=.""",
    "\u0430 > 0": """\
claim: unexpected character '\\u0430' (CYRILLIC SMALL LETTER A); only ASCII is read.
  \u0430 > 0
  ^""",
    "\uff58 + \uff59": """\
claim: unexpected character '\\uff58' (FULLWIDTH LATIN SMALL LETTER X); only ASCII is read.
  \uff58 + \uff59
  ^""",
    "__import__('os') > 1": """\
claim: unexpected character '_'.
  __import__('os') > 1
  ^
Names begin with a letter.""",
    "x.real > 0": """\
claim: unexpected character '.'.
  x.real > 0
   ^""",
    "x +\n  * y > 0": """\
claim: expected a number, a name or '(', got '*'.
    * y > 0
    ^""",
    "x \x1b[31m > 0": """\
claim: unexpected character '\\x1b'.
  x ?[31m > 0
    ^""",
    "": """\
claim: expected a number, a name or '(', got the end.

  ^""",
}  # fmt: skip


@pytest.mark.parametrize("text", ERRORS)
def test_error_points_at_the_character(text):
    with pytest.raises(expr.ExprError) as caught:
        expr.parse_relation(text, where="claim")
    assert str(caught.value) == ERRORS[text]


@pytest.mark.parametrize("text", ERRORS)
def test_every_refused_text_has_an_accepted_neighbour(text):
    assert expr.parse_relation("x > 1", where="claim")


def test_long_line_is_shown_around_the_caret():
    text = "x + " * 100 + "? + y > 0" + " + z" * 100
    with pytest.raises(expr.ExprError) as caught:
        expr.parse_relation(text)
    _, line, caret, *_ = str(caught.value).split("\n")
    assert line.startswith("  ...")
    assert len(line) < 110
    assert line[caret.index("^")] == "?"


@pytest.mark.parametrize(
    "text",
    [
        "(" * 100_000 + "x" + ")" * 100_000,
        "(" * 9_000 + "x" + ")" * 9_000,
        "-" * 15_000 + "x",
        "x**" + "(" * 9_000 + "2" + ")" * 9_000,
        "E[" * 5_000 + "x",
        "exp(" * 4_000 + "x",
        "9" * 400,
        "1e400",
        "1e-400",
        "1e999999999",
        "0." + "1" * 400,
        "x**33",
        "x**-33",
        "x" * 65,
        "x\u200b",
        "x\x00",
        "lambda: 0",
        "[x for x in y]",
        "x if y else 1",
        "f'{x}'",
        "0x10",
        "1_000",
        "x;y",
        "x:=1",
        "x,y",
    ],
)
def test_hostile_text_is_refused(text):
    with pytest.raises(expr.ExprError):
        expr.parse_expression(text)


@pytest.mark.parametrize("name", sorted(expr.FUNCTIONS))
def test_each_function_counts_its_arguments(name):
    fewest, most = expr.FUNCTIONS[name]
    assert (fewest, most) == {"Max": (2, 64), "Min": (2, 64), "Rational": (2, 2), "inner": (2, 2),
                              "Cov": (2, 2)}.get(name, (1, 1))  # fmt: skip
    for count in {1, fewest - 1, fewest, most, most + 1} - {0}:
        text = f"{name}({', '.join(['3'] * count)})"
        if fewest <= count <= most:
            assert expr.parse_expression(text)
        else:
            with pytest.raises(expr.ExprError, match=f"{name} takes"):
                expr.parse_expression(text)


def test_limits_are_reached_not_passed():
    assert expr.parse_expression("1e299") == n(10**299)
    with pytest.raises(expr.ExprError, match="at most 300 digits"):
        expr.parse_expression("1e300")
    depth = tokens.MAX_DEPTH - 1
    assert expr.parse_expression("(" * depth + "x" + ")" * depth) == x
    with pytest.raises(expr.ExprError, match="nested deeper"):
        expr.parse_expression("(" * (depth + 1) + "x" + ")" * (depth + 1))
    assert expr.parse_expression("x**32") == Power(x, 32)
    assert expr.parse_expression("9" * 300) == n("9" * 300)
    long = "+".join(["x"] * (tokens.MAX_LENGTH // 2))
    assert len(expr.parse_expression(long).terms) == tokens.MAX_LENGTH // 2


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_position(text):
    for read in (expr.parse_expression, expr.parse_relation):
        error = None
        try:
            read(text)
        except expr.ExprError as caught:
            error = caught
        assert error is None or (0 <= error.position <= len(text) and "^" in str(error))


@pytest.mark.parametrize("value", [None, 3, b"x", ["x"], x])
def test_other_objects_than_text_are_refused(value):
    with pytest.raises(ArgumentError, match="text required"):
        expr.parse_expression(value)


def test_nearest_name():
    assert tokens.nearest("alpah", ["alpha", "beta"]) == "alpha"
    assert tokens.nearest("U", ["u", "v"]) == "u"
    assert tokens.nearest("zzz", ["alpha"]) == ""


def test_reading_needs_no_sympy():
    code = "import sys, proofcheck.derive.claims; sys.exit(any(m in sys.modules for m in ('sympy', 'torch', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
