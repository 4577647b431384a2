"""Random EXPR trees, canonical as the parser makes them."""

from fractions import Fraction

from hypothesis import strategies as st

from proofcheck.derive.nodes import Call, Moment, Name, Number, Power, Product, Sum

NAMES = ("x", "y", "tau", "w_2", "lambda", "e1")
SIGNS = st.sampled_from((1, -1))
leaves = st.builds(Number, st.fractions(min_value=0, max_value=50, max_denominator=60)) | st.builds(
    Name, st.sampled_from(NAMES)
)


@st.composite
def sums(draw, inside):
    terms = draw(st.lists(st.tuples(SIGNS, inside), min_size=1, max_size=4))
    return Sum(((-1, terms[0][1]),)) if len(terms) == 1 else Sum(tuple(terms))


def _divisible(sign, factor):
    return (1, factor) if factor == Number(Fraction(0)) else (sign, factor)


@st.composite
def products(draw, inside):
    first = draw(inside)
    rest = draw(st.lists(st.builds(_divisible, SIGNS, inside), min_size=1, max_size=3))
    return Product(((1, first), *rest))


@st.composite
def powers(draw, inside):
    base = draw(inside)
    return Power(base, draw(st.integers(0 if base == Number(Fraction(0)) else -32, 32)))


def nodes(max_leaves=8):
    """Trees over NAMES with the functionals E and F and every function but Rational."""
    one = st.sampled_from(("Abs", "sqrt", "exp", "log", "norm", "norm2", "Var"))
    return st.recursive(
        leaves,
        lambda inside: st.one_of(
            sums(inside),
            products(inside),
            powers(inside),
            st.builds(Call, one, st.tuples(inside)),
            st.builds(Call, st.sampled_from(("inner", "Cov")), st.tuples(inside, inside)),
            st.builds(Call, st.sampled_from(("Max", "Min")), st.lists(inside, min_size=2, max_size=4).map(tuple)),
            st.builds(Moment, st.sampled_from("EF"), inside),
        ),
        max_leaves=max_leaves,
    )


def numeric_nodes(max_leaves=6):
    """Trees of rational arithmetic with small exponents."""
    small = st.builds(Number, st.fractions(min_value=0, max_value=5, max_denominator=5)) | st.builds(
        Name, st.sampled_from(("x", "y"))
    )

    @st.composite
    def small_powers(draw, inside):
        base = draw(inside)
        return Power(base, draw(st.integers(0 if base == Number(Fraction(0)) else -2, 3)))

    return st.recursive(
        small, lambda inside: st.one_of(sums(inside), products(inside), small_powers(inside)), max_leaves=max_leaves
    )
