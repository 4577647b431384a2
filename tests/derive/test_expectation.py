"""Tested: the tilted calculus against explicit sums over atoms with symbolic weights. Not tested: integrals."""

import itertools

import pytest
import sympy as sp

from proofcheck.derive.expectation import Atom, Tilted, log_partition_steps
from proofcheck.derive.normal_form import normal_form_equal
from proofcheck.errors import ArgumentError

SIZES = [(2, 1), (3, 1), (2, 2), (3, 2)]
DIRECTIONS = "hkl"


class Explicit:
    """sum_i w_i e^{<x, v_i>} with all entries symbolic, and its calculus."""

    def __init__(self, n, d):
        self.x = sp.symbols(f"x0:{d}", real=True)
        self.w = sp.symbols(f"w0:{n}", positive=True)
        self.v = [sp.symbols(f"v{i}_0:{d}", real=True) for i in range(n)]
        self.h = {k: sp.symbols(f"{k}0:{d}", real=True) for k in DIRECTIONS}
        self.tilts = [sp.exp(self.dot(self.x, v)) for v in self.v]
        self.calculus = Tilted()
        self.scores = {k: self.calculus.score(k) for k in DIRECTIONS}
        f = self.calculus.function("f")
        self.f = [self.x[0] * v[0] + v[-1] ** 2 for v in self.v]
        self.atoms = []
        for w, v, tilt, value in zip(self.w, self.v, self.tilts, self.f, strict=True):
            values = {self.scores[k]: self.dot(self.h[k], v) for k in DIRECTIONS}
            values |= {f: value, self.calculus.function("f", "h"): self.along(value, "h")}
            self.atoms.append(Atom(w, tilt, values))

    @staticmethod
    def dot(a, b):
        return sum(p * q for p, q in zip(a, b, strict=True))

    def along(self, expr, direction):
        return sum(c * sp.diff(expr, s) for c, s in zip(self.h[direction], self.x, strict=True))

    def mean(self, values):
        z = sum(w * e for w, e in zip(self.w, self.tilts, strict=True))
        return sum(w * e * f for w, e, f in zip(self.w, self.tilts, values, strict=True)) / z

    def put(self, expr):
        return self.calculus.instantiate(expr, self.atoms)


@pytest.fixture(params=SIZES, ids=lambda s: f"n{s[0]}d{s[1]}")
def explicit(request):
    return Explicit(*request.param)


def log_z(explicit):
    return sp.log(sum(w * e for w, e in zip(explicit.w, explicit.tilts, strict=True)))


@pytest.mark.parametrize("step", log_partition_steps(), ids=lambda s: s.name)
def test_identity_holds_by_normal_form(step):
    assert normal_form_equal(step.left, step.right)
    assert not normal_form_equal(step.left, -step.right)
    assert not normal_form_equal(step.left, 2 * step.right)


def test_gradient_is_the_derivative_of_the_sum(explicit):
    c = explicit.calculus
    direct = explicit.along(log_z(explicit), "h")
    assert normal_form_equal(explicit.put(c.expectation(explicit.scores["h"])), direct)
    assert normal_form_equal(explicit.put(c.derivative(c.log_partition, "h")), direct)
    assert not normal_form_equal(explicit.put(c.expectation(explicit.scores["k"])), direct)


def test_hessian_is_the_covariance_of_the_sum(explicit):
    c, h, k = explicit.calculus, explicit.scores["h"], explicit.scores["k"]
    direct = explicit.along(explicit.along(log_z(explicit), "h"), "k")
    assert normal_form_equal(explicit.put(c.covariance(h, k)), direct)
    assert not normal_form_equal(explicit.put(c.expectation(h * k)), direct)


def test_derivative_of_an_expectation_has_two_parts(explicit):
    c = explicit.calculus
    f, fh, h = c.function("f"), c.function("f", "h"), explicit.scores["h"]
    direct = explicit.along(explicit.mean(explicit.f), "h")
    assert normal_form_equal(explicit.put(c.expectation(fh) + c.covariance(f, h)), direct)
    assert not normal_form_equal(explicit.put(c.covariance(f, h)), direct)
    assert not normal_form_equal(explicit.put(c.expectation(fh)), direct)


@pytest.mark.parametrize("size", [(2, 1), (3, 1)], ids=str)
def test_third_derivative_is_the_third_cumulant(size):
    explicit = Explicit(*size)
    c, s = explicit.calculus, explicit.scores
    direct = log_z(explicit)
    for direction in DIRECTIONS:
        direct = explicit.along(direct, direction)
    assert normal_form_equal(explicit.put(c.cumulant(s["h"], s["k"], s["l"])), direct)
    assert not normal_form_equal(explicit.put(c.expectation(s["h"] * s["k"] * s["l"])), direct)


def test_hessian_matrix_is_the_covariance_matrix():
    c = Tilted()
    hessian = c.hessian(c.log_partition, ("h", "k"))
    assert normal_form_equal(hessian, c.covariance_matrix(("h", "k")))
    assert normal_form_equal(hessian, hessian.T)


def test_derivatives_commute():
    c = Tilted()
    f = c.function("f")
    mixed = [c.expectation(f) for _ in range(2)]
    for order, directions in enumerate(itertools.permutations("hk")):
        for direction in directions:
            mixed[order] = c.derivative(mixed[order], direction)
    assert normal_form_equal(*mixed)


def test_expectation_is_linear_and_of_mass_one():
    c = Tilted()
    f, g, a = c.function("f"), c.function("g"), sp.Symbol("a", real=True)
    assert normal_form_equal(c.expectation(a * f + 2 * g), a * c.expectation(f) + 2 * c.expectation(g))
    assert normal_form_equal(c.expectation(a), a)
    assert normal_form_equal(c.covariance(f, f + a), c.covariance(f, f))
    assert not normal_form_equal(c.expectation(f * g), c.expectation(f) * c.expectation(g))


def test_a_constant_function_reproduces_the_gradient_only():
    c = Tilted()
    assert normal_form_equal(c.derivative(c.expectation(sp.S.One), "h"), sp.S.Zero)
    assert not normal_form_equal(c.derivative(c.partition, "h"), sp.S.Zero)


@pytest.mark.parametrize("integrand", [lambda c, f: f, lambda c, f: f * c.tilt**2, lambda c, f: c.tilt / f,
                                       lambda c, f: sp.exp(f) * c.tilt])  # fmt: skip
def test_moment_needs_a_polynomial_linear_in_the_tilt(integrand):
    c = Tilted()
    with pytest.raises(ArgumentError, match=r"Tilted\.moment"):
        c.moment(integrand(c, c.function("f")))


def test_two_functions_cannot_share_a_symbol():
    c = Tilted()
    c.function("f", "h")
    with pytest.raises(ArgumentError, match="a name of its own"):
        c.function("D_hf")
