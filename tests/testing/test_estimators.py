"""The conformance suite against estimators whose character is known, and against its own known maps."""

import math

import pytest
import torch
from torch.func import jacrev, jvp, vjp

from proofcheck.errors import ArgumentError
from proofcheck.testing import assert_estimator, classify
from proofcheck.testing.known_maps import known_maps
from torch_impl.norms import certified_norm


def matrix(f, X):
    J = jacrev(f)(X)
    return J.reshape(-1, X.numel())


def exact_svd(f, X):
    return torch.linalg.matrix_norm(matrix(f, X), 2)


def certified(f, X):
    return certified_norm(matrix(f, X))


def power_iteration(steps):
    def estimate(f, X):
        u, before = torch.randn_like(X), -1.0
        u = u / u.norm()
        for _ in range(steps):
            Ju = jvp(f, (X,), (u,))[1]
            u = vjp(f, X)[1](Ju)[0]
            value = float(u.norm())
            if value <= before * (1 + 1e-15):
                break
            u, before = u / (value or 1.0), value
        return jvp(f, (X,), (u,))[1].norm() / (u.norm() or 1.0)

    return estimate


def takes_the_output_for_the_tangent(f, X):
    """jvp returns (f(X), J u); [0] is the first of them."""
    u = torch.randn_like(X)
    value = torch.zeros(())
    for _ in range(20):
        Ju = jvp(f, (X,), (u,))[0]
        u = vjp(f, X)[1](Ju)[0]
        value = u.norm().sqrt()
        if u.norm() == 0:
            return 0.0
        u = u / u.norm()
    return value


def frobenius(f, X):
    return matrix(f, X).norm()


def rows_and_columns(f, X):
    J = matrix(f, X).abs()
    return (J.sum(0).max() * J.sum(1).max()).sqrt()


def random_differences(f, X):
    best = 0.0
    for _ in range(20):
        e = torch.randn_like(X)
        e = 1e-4 * e / e.norm()
        best = max(best, float((f(X + e) - f(X - e)).norm() / (2 * e.norm())))
    return best


def divides_by_zero(f, X):
    J = matrix(f, X)
    u = torch.ones(J.shape[1], dtype=J.dtype)
    for _ in range(50):
        u = J.T @ (J @ u)
        u = u / u.norm()
    return (J @ u).norm()


def with_an_epsilon(f, X):
    J, u = matrix(f, X), torch.randn(X.numel(), dtype=X.dtype)
    for _ in range(2000):
        v = J @ u / ((J @ u).norm() + 1e-2)
        u = J.T @ v / ((J.T @ v).norm() + 1e-2)
    return v @ J @ u


ESTIMATORS = [
    (exact_svd, "norm"),
    (certified, "norm"),
    (power_iteration(1000), "norm"),
    (power_iteration(3), "lower bound"),
    (with_an_epsilon, "lower bound"),
    (random_differences, "lower bound"),
    (frobenius, "upper bound"),
    (rows_and_columns, "upper bound"),
    (takes_the_output_for_the_tangent, "something else"),
    (divides_by_zero, "something else"),
    (lambda f, X: 1.0, "something else"),
]


@pytest.mark.parametrize(("estimator", "verdict"), ESTIMATORS)
def test_verdict(estimator, verdict):
    assert classify(estimator, repeats=1).verdict == verdict


def test_the_output_for_the_tangent_grows_like_the_fourth_root_of_n():
    report = classify(takes_the_output_for_the_tangent)
    assert report.below
    assert report.above
    assert any("grows like n^(1/4) on a token-wise linear map, whose constant 2.754" in law for law in report.laws)
    values = {o.map.n: o.value for o in report.observations if o.map.law == "token-wise linear"}
    assert values[16] / values[1] == pytest.approx(2, rel=1e-12)
    for known in (k for k in known_maps() if k.law == "token-wise linear"):
        pulled = vjp(known.f, known.X)[1](known.f(known.X))[0].norm().sqrt()
        assert abs(values[known.n] - float(pulled)) <= 1e-12 * values[known.n]


def test_frobenius_grows_like_the_square_root_of_n():
    assert any("n^(1/2) on a token-wise linear" in law for law in classify(frobenius, repeats=1).laws)


def test_the_norm_has_no_law_of_growth():
    assert classify(exact_svd, repeats=1).laws == ()


@pytest.mark.parametrize("known", known_maps(), ids=lambda k: k.name)
def test_known_constants_are_the_norm_of_the_jacobian(known):
    J = matrix(known.f, known.X)
    # SVD: 4 (k + d) u |J|; the matrix itself is a product of 4 d rotations, (d + 2) u each
    error = (4 * sum(J.shape) + 4 * known.X.shape[1] * (known.X.shape[1] + 2)) * 2**-53
    assert abs(float(torch.linalg.matrix_norm(J, 2)) - known.constant) <= error * max(known.constant, float(J.norm()))


def test_attention_reaches_above_its_value_matrix():
    constants = [k.constant for k in known_maps() if k.name.startswith("attention")]
    assert max(constants) > 1.44


def test_assert_estimator_accepts_what_the_verdict_entails():
    for claim in ("norm", "lower", "upper"):
        assert_estimator(certified, claims=claim)
    assert_estimator(power_iteration(3), claims="lower")
    assert_estimator(frobenius, claims="upper")


@pytest.mark.parametrize(
    ("estimator", "claim", "says"),
    [
        (power_iteration(3), "upper", r"Claimed: an upper bound\. The estimator returns: lower bound"),
        (frobenius, "norm", "above on"),
        (takes_the_output_for_the_tangent, "lower", "something else"),
        (divides_by_zero, "lower", "not a number on 4 of 30 maps"),
        (lambda f, X: f(X, X), "norm", "TypeError"),
    ],
)
def test_assert_estimator_says_what_is_wrong(estimator, claim, says):
    with pytest.raises(AssertionError, match=says):
        assert_estimator(estimator, claims=claim)


def test_an_infinite_answer_is_an_upper_bound():
    assert classify(lambda f, X: math.inf, repeats=1).verdict == "upper bound"


def test_the_generator_is_left_as_it_was():
    before = torch.random.get_rng_state()
    classify(power_iteration(2), repeats=1)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("bad", [{"accuracy": 0.0}, {"accuracy": math.nan}, {"repeats": 0}])
def test_bad_arguments(bad):
    with pytest.raises(ArgumentError, match="classify"):
        classify(exact_svd, **bad)
    with pytest.raises(ArgumentError, match="claims"):
        assert_estimator(exact_svd, claims="exact")
