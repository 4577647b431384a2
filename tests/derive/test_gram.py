"""Tested: the Gram calculus against coordinates in R^3, and the identities of DESIGN 3. Not tested: positivity."""

import copy
import pickle
from fractions import Fraction

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.gram import InnerProduct, gram_matrix, inner, norm2, vectors
from proofcheck.derive.normal_form import normal_form_equal
from proofcheck.errors import ArgumentError

tau, w = sp.symbols("tau w", nonnegative=True)
u, v, z = vectors("u, v z")
integers = st.integers(-5, 5)
combinations = st.tuples(integers, integers, integers)
COORDINATES = {"u": sp.Matrix([1, -2, 3]), "v": sp.Matrix([0, 5, 7]), "z": sp.Matrix([-1, 4, 2])}


def in_coordinates(expr):
    return expr.subs({s: COORDINATES[s.factors[0]].dot(COORDINATES[s.factors[1]])
                      for s in expr.free_symbols if isinstance(s, InnerProduct)})  # fmt: skip


@given(combinations, combinations)
def test_inner_agrees_with_coordinates(left, right):
    abstract = [sum((c * n for c, n in zip(cs, (u, v, z), strict=True)), start=0 * u) for cs in (left, right)]
    concrete = [sum((c * m for c, m in zip(cs, COORDINATES.values(), strict=True)), start=sp.zeros(3, 1))
                for cs in (left, right)]  # fmt: skip
    assert in_coordinates(inner(*abstract)) == concrete[0].dot(concrete[1])


def test_the_coordinate_oracle_can_disagree():
    assert in_coordinates(inner(u, v)) != COORDINATES["u"].dot(COORDINATES["z"])


def test_step_identity():
    gain = norm2(u) - norm2(u - tau * z)
    assert gain == 2 * tau * InnerProduct("u", "z") - tau**2 * InnerProduct("z", "z")


def test_mlp_identity():
    a, d = vectors("a d")
    left = norm2(u) - norm2(u - tau * z)
    right = (
        2 * tau * (inner(a, d) - norm2(d))
        + tau * (2 - tau * w**2) * norm2(d)
        + tau**2 * (w**2 * norm2(d) - norm2(z))
        + 2 * tau * (inner(u, z) - inner(a, d))
    )
    assert normal_form_equal(left, right)
    assert not normal_form_equal(left, right + tau**2 * norm2(d))


def test_gram_matrix_is_symmetric():
    matrix = gram_matrix(u, v - tau * z)
    assert matrix == matrix.T
    assert matrix[0, 1] == inner(u, v) - tau * inner(u, z)


def test_inner_product_survives_copies():
    s = inner(z, u)
    for same in (pickle.loads(pickle.dumps(s)), copy.deepcopy(s), InnerProduct("z", "u"), s.func(*s.args or (s.name,))):
        assert same == s
        assert same.factors == ("u", "z")


def test_zero_vector():
    assert norm2(u - u) == 0
    assert inner(0 * u, v) == 0
    assert norm2((u + v) / 2 - u / 2 - Fraction(1, 2) * v) == 0


@pytest.mark.parametrize(
    "wrong",
    [lambda: u + 1, lambda: u - tau, lambda: u * v, lambda: vectors("u u"), lambda: vectors("u-v"),
     lambda: u * "2", lambda: u / "2", lambda: u * 0.5, lambda: u * True],
)  # fmt: skip
def test_vectors_and_numbers_do_not_mix(wrong):
    with pytest.raises((ArgumentError, TypeError)):
        wrong()
