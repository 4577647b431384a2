"""NC3: without a bounded domain there is no constant: tied inputs make the derivative grow like R^2 (AS-04)."""

import math

import pytest
import torch

from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.extremal_tokens import tied_tokens

A = torch.tensor([[1.0, 0.5], [-0.25, 1.0]], dtype=torch.float64)
V = torch.tensor([[1.0, 0.0], [0.5, -1.0]], dtype=torch.float64)


def norm(X):
    """The operator norm of the derivative at X."""
    n, d = X.shape
    jacobian = torch.func.jacrev(lambda x: self_attention(x, A, V))(X).reshape(n * d, n * d)
    return float(torch.linalg.matrix_norm(jacobian, ord=2))


def respects(constant, sequences):
    """The check on trial: one constant for all of these inputs."""
    return all(norm(X) <= constant for X in sequences)


def upper(n, radius):
    """v (sqrt(n) + a R^2 (1 + sqrt(n))), the bound on the ball of radius R."""
    a, v = (float(torch.linalg.matrix_norm(m, ord=2)) for m in (A, V))
    return v * (math.sqrt(n) + a * radius**2 * (1 + math.sqrt(n)))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_one_constant_holds_on_a_ball_and_not_beyond(n):
    inside = [tied_tokens(A, V, n, r, r / 1000).before for r in (0.5, 1.0, 2.0)]
    beyond = [tied_tokens(A, V, n, r, 1e-3 / r).before for r in (8.0, 16.0, 32.0)]
    constant = upper(n, 2.0)
    assert respects(constant, inside)
    assert not respects(constant, beyond)


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_growth_is_quadratic_and_above_the_bound(n):
    lower = lemma_bound("attention_smoothness.attention_not_lipschitz", "norm_lower")
    u = torch.linalg.svd(V)[2][0]
    values = {"n": float(n), "t": float((A.mT @ u).norm()), "w": float((V @ u).norm())}
    values["v"] = float(torch.linalg.matrix_norm(V, ord=2))
    norms = {r: norm(tied_tokens(A, V, n, r, 1e-3 / r).before) for r in (16.0, 32.0, 64.0)}
    for r, value in norms.items():
        assert value >= float(evaluate(lower, values | {"R": r}))
        assert value <= upper(n, r)
    for r in (16.0, 32.0):
        assert norms[2 * r] / norms[r] == pytest.approx(4, abs=0.1)


def test_one_token_does_not_blow_up():
    v = float(torch.linalg.matrix_norm(V, ord=2))
    for size in (1.0, 1e3, 1e6):
        assert norm(torch.tensor([[size, -size]], dtype=torch.float64)) == pytest.approx(v, rel=1e-9)


def test_three_groups_show_the_sharp_covariance_term():
    """Tokens 0, R u, -R u, scalar: the first row's derivative is 1/3 + (2/3) R^2."""
    one = torch.ones(1, 1, dtype=torch.float64)
    X = torch.tensor([[0.0], [10.0], [-10.0]], dtype=torch.float64)
    jacobian = torch.func.jacrev(lambda x: self_attention(x, one, one))(X).reshape(3, 3)
    assert float(jacobian[0, 0]) == pytest.approx(1 / 3 + 200 / 3, rel=1e-12)
