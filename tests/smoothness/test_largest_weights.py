"""Tested: AS-05 and AS-10 against the derivative on random inputs, masked and not, and that both checks can fail."""

import math

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.attention import attention_weights, self_attention
from torch_impl.extremal_tokens import tied_tokens
from torch_impl.largest_weights import large_radius, largest_weights, largest_weights_bound

ROUNDOFF = (
    2.0**-40
)  # of a derivative's norm relative to v (sqrt(n) + a r^2): n d <= 60 operations deep, a <= 40, times u


def norm(X, A, V, mask):
    n, d = X.shape
    jacobian = torch.func.jacrev(lambda x: self_attention(x, A, V, mask=mask))(X).reshape(n * d, n * d)
    return float(torch.linalg.matrix_norm(jacobian, ord=2))


def draws(count, seed=5):
    generator = torch.Generator().manual_seed(seed)
    for k in range(count):
        n, d = (int(torch.randint(1, high, (1,), generator=generator)) for high in (12, 5))
        size = 10 ** float(1.5 * torch.rand(1, generator=generator) - 1)
        X, A, V = (torch.randn(*s, generator=generator, dtype=torch.float64) for s in ((n, d), (d, d), (d, d)))
        yield size * X, A, V, None if k % 2 else "causal"


def test_the_bound_by_the_largest_weights_holds_and_is_not_far_off():
    looseness = []
    for X, A, V, mask in draws(100):
        bound = largest_weights_bound(X, A, V, mask=mask)
        value = norm(X, A, V, mask)
        assert value <= bound * (1 + ROUNDOFF)
        looseness.append(bound / value)
    assert min(looseness) < 1.01  # one-hot rows: equality
    assert sorted(looseness)[50] < 20


def test_a_quarter_of_the_second_part_is_no_bound():
    """The control: with 2 a chi^2 g_1 cut to a quarter of it, a chi^2 g_1/2, the inequality fails somewhere."""
    failures = 0
    for X, A, V, mask in draws(100):
        P = attention_weights(X, A, mask=mask)
        v, a, chi, rho = (float(torch.linalg.matrix_norm(m, ord=2)) for m in (V, A, X, P))
        cut = v * (rho + 2 * a * chi**2 * float(largest_weights(P).max()) / 4)
        failures += norm(X, A, V, mask) > cut * (1 + ROUNDOFF)
    assert failures > 0


def test_g_1_bounds_the_covariance_of_every_row_and_is_attained_by_two():
    for n in (1, 2, 3, 8):
        p = torch.softmax(4 * torch.randn(200, n, generator=torch.Generator().manual_seed(n), dtype=torch.float64), -1)
        covariance = torch.diag_embed(p) - p.unsqueeze(-1) * p.unsqueeze(-2)
        exact = torch.linalg.matrix_norm(covariance, ord=2)
        assert bool((exact <= largest_weights(p) + 64 * n * 2.0**-53).all())
        if n == 2:
            assert bool((exact >= largest_weights(p) - 64 * n * 2.0**-53).all())


def test_the_large_radius_limit_holds_with_its_error_and_the_error_matters():
    informative = 0
    for X, A, V, mask in draws(100, seed=6):
        for R in (1.0, 4.0, 16.0):
            found = large_radius(X, A, V, R, mask=mask)
            r, a = float(X.norm(dim=-1).max()), float(torch.linalg.matrix_norm(A, ord=2))
            slack = ROUNDOFF * found.limit * (1 + a * (R * r) ** 2)
            gap = abs(norm(R * X, A, V, mask) - found.limit)
            assert gap <= found.error + slack
            informative += slack < found.error < found.limit
    assert informative >= 20


def test_sqrt_n_is_reached_when_all_tokens_follow_one():
    X = torch.tensor([[4.0, 0.0], [1.0, 0.5], [1.0, -0.5], [0.5, 0.25]], dtype=torch.float64)
    eye = torch.eye(2, dtype=torch.float64)
    found = large_radius(X, eye, eye, 6.0)
    assert found.limit == 2.0
    assert found.leaders.tolist() == [0, 0, 0, 0]
    assert abs(norm(6.0 * X, eye, eye, None) - 2.0) <= found.error + 1e-9
    assert found.error < 1e-10


def test_ties_are_refused_by_name_and_grow_quadratically():
    eye = torch.eye(2, dtype=torch.float64)
    X = tied_tokens(eye, eye, 3, 1.0, 1e-3).before
    with pytest.raises(ArgumentError, match="a tie in row"):
        large_radius(X, eye, eye, 2.0)
    with pytest.raises(ArgumentError, match="R > 0"):
        large_radius(X, eye, eye, math.nan)
    assert norm(64.0 * X, eye, eye, None) > 100
