"""Negative control 1: the output of jvp taken for its tangent. The loop returns q(X) = |J^T f(X)|^(1/2), not |J|_2.

On one token repeated n times and a token-wise linear map, q^2 = sqrt(n) |W^T W x| exactly while |J|_2 = |W|_2.
"""

import math

import pytest
import torch

from proofcheck.testing import assert_estimator, classify
from torch_impl import local_lipschitz as module
from torch_impl.attention import self_attention
from torch_impl.local_lipschitz import local_lipschitz

# torch deprecates some of the rules that it loads with its first forward derivative
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
COUNTS = (1, 4, 16, 64, 256)


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed + sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def power_iteration(f, X, entry, steps=30):
    """On v -> J^T (J v); entry 1 of what jvp returns is J v, entry 0 is f(X). The square root of its growth."""
    u = normal(*X.shape, seed=5)
    value = torch.tensor(1.0)
    for _ in range(steps):
        u = torch.func.vjp(f, X)[1](torch.func.jvp(f, (X,), (u,))[entry])[0]
        value = u.norm()
        u = u / value
    return float(value.sqrt())


@pytest.fixture
def linear():
    W = torch.diag(torch.tensor([2.754, 1.5, 0.3, 0.1], dtype=torch.float64)) @ torch.linalg.qr(normal(4, 4))[0]
    return W, normal(1, 4, seed=1)


def test_on_a_linear_map_it_grows_like_the_fourth_root_of_n(linear):
    W, x = linear
    for n in COUNTS:
        q = power_iteration(lambda X: X @ W.mT, x.repeat(n, 1), entry=0)
        exact = math.sqrt(math.sqrt(n) * float((W.mT @ W @ x[0]).norm()))
        assert abs(q - exact) <= 1e-12 * exact  # 9,000 roundings; the sums have at most 1,024 terms


def test_the_right_entry_and_ours_return_the_constant(linear):
    W, x = linear
    for n in COUNTS:
        X = x.repeat(n, 1)
        for found in (power_iteration(lambda X: X @ W.mT, X, entry=1), local_lipschitz(lambda X: X @ W.mT, X).value):
            assert abs(found - 2.754) <= 1e-6 * 2.754


def test_on_attention_it_is_bounded_by_the_size_of_the_output_and_is_not_the_norm():
    X, A, V = normal(24, 4) / 8, normal(4, 4) / 2, normal(4, 4)
    f = lambda X: self_attention(X, A, V)  # noqa: E731
    q, norm = power_iteration(f, X, entry=0), local_lipschitz(f, X).value
    assert q * q <= norm * float(f(X).norm()) * (1 + 1e-12)
    assert abs(q - norm) > 0.1 * norm


def test_the_suite_refuses_it_and_names_the_law():
    wrong = lambda f, X: power_iteration(f, X, entry=0, steps=8)  # noqa: E731
    with pytest.raises(
        AssertionError, match=r"grows like n\^\(1/4\) on a token-wise linear map, whose constant 2\.754"
    ):
        assert_estimator(wrong, "lower")


def test_the_suite_refuses_our_own_estimator_with_that_slip(monkeypatch):
    jvp = torch.func.jvp
    monkeypatch.setattr(torch.func, "jvp", lambda f, X, u: jvp(f, X, u)[::-1])
    assert module.torch.func.jvp is not jvp
    report = classify(local_lipschitz, repeats=1)
    assert report.verdict == "something else"
    monkeypatch.undo()
    assert classify(local_lipschitz, repeats=1).verdict == "norm"
