"""Tested: what LaTeX reads as, where it is refused, and that what is written is read back. Not tested: comparison."""

from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from proofcheck import registry
from proofcheck.derive.latex import latex
from proofcheck.derive.nodes import Call, Name, Number, Power, Product, Sum, text_of
from proofcheck.derive.sympy_bridge import expression, normal_form_equal, text
from proofcheck.paper.compare import PaperVerdict, compare
from proofcheck.paper.formula import parse, rational
from proofcheck.paper.notation import pattern
from proofcheck.paper.points import evaluate
from proofcheck.paper.tokens import FormulaError, tokens_of

PATTERNS = {
    pattern(spelling): name
    for spelling, name in [
        ("D", "D"), ("x", "x"), ("y", "y"), (r"\eta", "eta"), ("a", "a"), ("a_1", "a1"), ("R", "R"), (r"\|W\|_2", "w"),
        ("|x|", "r"), (r"\mathrm{Lip}(f)", "L"), (r"\bar x", "xbar"),
    ]
}  # fmt: skip

TOO_LARGE = {("MM-35", "next_inner")}  # a quotient of squares of quotients: thousands of terms once multiplied out


def read(source):
    return parse(tokens_of(source), PATTERNS, len(source))


@pytest.mark.parametrize(
    ("source", "meaning"),
    [
        (r"\frac{8}{D^2}", "8/D**2"),
        (r"\dfrac 8 {D^{2}}", "8/D**2"),
        ("8/D^2", "8/D**2"),
        ("8 D^{-2}", "8/D**2"),
        (r"\frac12 x", "x/2"),
        (r"\tfrac1x", "1/x"),
        ("2 x y", "2*x*y"),
        ("xy - yx + x", "x"),
        (r"x \cdot y \times 2", "2*x*y"),
        ("-x + y", "y - x"),
        ("x - (y - x)", "2*x - y"),
        (r"x\left(1+y\right)^2", "x*(1 + y)**2"),
        (r"\bigl[x + y\bigr] \{x - y\}", "x**2 - y**2"),
        (r"\|W\|_2^2", "w**2"),
        (r"\lVert W\rVert^2_2", "w**2"),
        (r"\left\|W\right\|_{2}^{2}", "w**2"),
        ("a_1 a_{1} a", "a*a1**2"),
        (r"\sqrt{x}^2", "x"),
        (r"\sqrt x", "sqrt(x)"),
        ("x^{1/2}", "sqrt(x)"),
        (r"x^{-\frac32}", "1/sqrt(x)**3"),
        ("x^0", "1"),
        ("e^{2 a R^2}", "exp(2*a*R**2)"),
        (r"\mathrm{e}^{x}", "exp(x)"),
        (r"\exp\left(x\right)", "exp(x)"),
        (r"\exp\{x + y\}", "exp(x + y)"),
        ("e", "exp(1)"),
        (r"\log(x)", "log(x)"),
        (r"\ln(x)", "log(x)"),
        (r"\max(x, y, a)", "Max(Max(x, y), a)"),
        (r"\min\{x, y\}", "Min(x, y)"),
        ("|x - y|", "Abs(x - y)"),
        ("a |x - y| R", "a*Abs(x - y)*R"),
        ("|x - (a |y|)|", "Abs(x - a*Abs(y))"),
        ("|x| + D|x|", "r + D*r"),
        ("0.25 x", "x/4"),
        (".5", "1/2"),
        ("12.50", "25/2"),
        (r"\mathrm{Lip}(f) x", "L*x"),
        (r"\bar x + \bar{x}", None),
        ("x % a comment + y\n + y", "x + y"),
        (r"x\,y\;x\quad y", "x**2*y**2"),
    ],
)
def test_a_formula_means(source, meaning):
    if meaning is None:  # \bar x and \bar{x} print the same and are two spellings: only the named one is read
        with pytest.raises(FormulaError):
            read(source)
        return
    assert normal_form_equal(expression(read(source)), expression(meaning))


@pytest.mark.parametrize(
    ("source", "place", "words"),
    [
        ("x + z", 4, "z is no symbol"),
        ("x + ", 4, "ends where"),
        ("", 0, "ends where"),
        ("x y)", 3, "unexpected )"),
        ("(x + y", 6, ") expected"),
        ("(x + y]", 6, ") expected"),
        ("1/2x", 3, "two ways"),
        ("2 3", 2, "without spaces"),
        ("x 3", 2, "needs a sign"),
        ("x^y", 2, "exponent"),
        ("x^{17}", 2, "exponent"),
        ("x^{9^{9}}", 2, "exponent"),
        ("x^2^3", 3, "two ^"),
        ("x_1^2", 0, "x_{1} is no symbol"),
        ("x'", 0, "x' is no symbol"),
        (r"\exp x", 5, "needs brackets"),
        (r"\max a", 5, "brackets expected"),
        (r"\sqrt[3]{x}", 5, "square roots"),
        (r"\frac{x}", 8, "{ expected"),
        (r"\frac{x}{y", 8, "never closed"),
        ("x}", 1, "without its {"),
        (r"\left. x\right|", 0, "no delimiter"),
        (r"\|V\|", 0, "no symbol"),
        (r"\foo{x}", 0, "no symbol"),
        (r"x \input{y}", 2, "no symbol"),
        (r"x \write18{y}", 2, "no symbol"),
        (r"x \text{ for all } y", 2, "no symbol"),
        (r"x \\ y", 2, "\\\\"),
        ("x ≤ y", 2, "ASCII"),
        ("x $ y", 2, "unexpected $"),
        ("x # y", 2, "unexpected #"),
        ("x^^41", 1, "needs an argument"),
        ("1.2.3", 0, "one point"),
        ("3.", 0, "one point"),
        ("x,y", 1, "unexpected ,"),
        ("x = y", 2, "="),
        ("9" * 61, 0, "60 digits"),
        ("(" * 30 + "x" + ")" * 30, 25, "24 deep"),
        ("{" * 30 + "x" + "}" * 30, 24, "24 deep"),
        ("(x+y+a)^{16}(x+y+R)^{16}", 0, "3000 terms"),
        ("x" + " + x" * 1000, 0, "at most"),
    ],
)
def test_a_refusal_names_the_place(source, place, words):
    with pytest.raises(FormulaError) as caught:
        read(source)
    assert words in str(caught.value)
    assert caught.value.at == place


names = st.sampled_from(["x", "y", "a1", "eta"]).map(Name)
numbers = st.builds(Fraction, st.integers(0, 20), st.integers(1, 9)).map(Number)


def larger(inner):
    signed = st.tuples(st.sampled_from([1, -1]), inner)
    return st.one_of(
        st.lists(signed, min_size=2, max_size=3).map(lambda terms: Sum(tuple(terms))),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: Product(tuple((1, part) for part in parts))),
        st.tuples(inner, names).map(lambda pair: Product(((1, pair[0]), (-1, pair[1])))),
        st.tuples(inner, st.integers(2, 3)).map(lambda pair: Power(*pair)),
        inner.map(lambda part: Call("exp", (part,))),
        st.tuples(inner, inner).map(lambda pair: Call("Max", pair)),
    )


@given(st.recursive(st.one_of(names, numbers), larger, max_leaves=6))
def test_what_is_written_is_read_back(node):
    spelt = {pattern(latex(name)): name for name in ("x", "y", "a1", "eta")}
    source = latex(node)
    back = parse(tokens_of(source), spelt, len(source))
    point = {"x": Fraction(3, 2), "y": Fraction(1, 3), "a1": Fraction(2), "eta": Fraction(5, 7)}
    here, there = evaluate(node, point), evaluate(back, point)
    if isinstance(here, Fraction) and isinstance(there, Fraction):
        assert here == there, source
    elif here is not None and there is not None:
        assert bool(here.overlaps(there)) if hasattr(here, "overlaps") else here == there, (source, text_of(back))


@pytest.mark.parametrize("header", registry.headers(), ids=lambda header: header.id)
def test_every_bound_as_written_agrees(header):
    lemma = registry.load(header)
    for key, bound in lemma.bounds.items():
        source = latex(bound)
        found = compare(source, 0, len(source), lemma, key)
        if bound.has(sp.Ei) or any(not (2 * power.exp).is_Integer for power in bound.atoms(sp.Pow)):
            assert found.verdict is PaperVerdict.CANNOT_PARSE, (key, source)
            assert "outside of the formula language" in found.reason
            continue
        if (header.id, key) in TOO_LARGE:
            assert "too large to compare" in found.reason
            continue
        assert found.verdict is PaperVerdict.AGREES, (key, source)
        doubled = f"2\\left({source}\\right) + 1"
        assert compare(doubled, 0, len(doubled), lemma, key, seconds=0.3).verdict is not PaperVerdict.AGREES, text(
            bound
        )


def test_numbers_are_exact():
    assert rational(read("0.1 + 0.2")) == Fraction(3, 10)
    assert rational(read("x")) is None
