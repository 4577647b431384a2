"""Flows of linear attention: closed forms against the equations they solve, blow-up, singular moments, refusals."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from proofcheck.errors import ArgumentError
from torch_impl import linear_attention as linear
from torch_impl.measures import measure

F64 = torch.float64


def problem(d, n, seed=0, *, symmetric=True):
    torch.manual_seed(seed)
    A = torch.randn(d, d, dtype=F64)
    weights = torch.rand(n, dtype=F64) + 0.1
    mu = measure(torch.randn(n, d, dtype=F64), weights / weights.sum())
    return mu, (A + A.mT) / 2 if symmetric else A


def integrated(function, start, t):
    solved = solve_ivp(
        lambda _, y: function(y), (0, t), start.reshape(-1).numpy(), method="DOP853", rtol=1e-13, atol=1e-13
    )
    return torch.from_numpy(np.ascontiguousarray(solved.y[:, -1])).reshape(start.shape)


@pytest.mark.parametrize("n", [1, 2, 6])  # rank 1 and 2 in dimension 3: a singular moment
@pytest.mark.parametrize("lam", [0.7, -1.0])
def test_tokens_and_moment_follow_the_closed_form(n, lam):
    mu, A = problem(3, n)
    M, star = linear.second_moment(mu), linear.blow_up_time(linear.second_moment(mu), A, lam)
    t = 0.5 * min(star, 1.0)

    def velocity(flat):
        y = torch.from_numpy(flat).reshape(mu.points.shape)
        return lam * linear.linear_attend(mu._replace(points=y), y, A, torch.eye(3, dtype=F64)).reshape(-1).numpy()

    flow = linear.flow_map(M, A, lam, t)
    tokens = integrated(velocity, mu.points, t)
    assert (mu.points @ flow.mT - tokens).abs().max() < 1e-10
    moved = linear.second_moment(mu._replace(points=tokens))
    assert (linear.moment_flow(M, A, lam, t) - moved).abs().max() < 1e-10
    assert torch.linalg.matrix_rank(moved, tol=1e-8) == min(n, 3)  # the rank stays


def test_the_moment_for_a_matrix_that_is_not_symmetric():
    mu, A = problem(2, 5, symmetric=False)
    M = linear.second_moment(mu)
    t = 0.5 * min(1.0, linear.blow_up_time(M, A, 1.0))

    def velocity(flat):
        S = torch.from_numpy(flat).reshape(2, 2)
        return (S @ (A + A.mT) @ S).reshape(-1).numpy()

    assert (linear.moment_flow(M, A, 1.0, t) - integrated(velocity, M, t)).abs().max() < 1e-10
    with pytest.raises(ArgumentError, match="differs from its transpose"):
        linear.flow_map(M, A, 1.0, t)


def test_blow_up_time_is_named_and_is_where_the_moment_becomes_infinite():
    mu, A = problem(2, 5)
    M = linear.second_moment(mu)
    star = linear.blow_up_time(M, A, 1.0)
    sizes = [float(linear.moment_flow(M, A, 1.0, star * (1 - gap)).norm()) * gap for gap in (1e-3, 1e-6, 1e-9)]
    assert max(sizes) / min(sizes) < 1.1  # grows like 1/(t* - t)
    for function in (linear.moment_flow, linear.flow_map):
        for t in (star, 2 * star):
            with pytest.raises(ArgumentError, match=rf"blow-up time t\* = {star:.17g} required"):
                function(M, A, 1.0, t)
        with pytest.raises(ArgumentError, match="t >= 0"):
            function(M, A, 1.0, math.nan)


def test_no_blow_up_where_attention_contracts():
    M = torch.eye(2, dtype=F64)
    assert linear.blow_up_time(M, torch.eye(2, dtype=F64), -1.0) == math.inf
    assert linear.blow_up_time(M, torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=F64), 5.0) == math.inf
    assert linear.blow_up_time(0 * M, torch.eye(2, dtype=F64), 1.0) == math.inf
    late = linear.moment_flow(M, torch.eye(2, dtype=F64), -1.0, 1e6)
    assert torch.allclose(late, M / (1 + 2e6), rtol=1e-12)


def test_bad_moments_and_widths_are_refused():
    eye = torch.eye(2, dtype=F64)
    for M, words in (
        (-eye, "positive semidefinite"),
        (torch.tensor([[1.0, 1.0], [0.0, 1.0]], dtype=F64), "symmetric"),
        (eye * torch.nan, "finite"),
        (torch.ones(2, 3, dtype=F64), r"\(d, d\)"),
    ):
        with pytest.raises(ArgumentError, match=words):
            linear.blow_up_time(M, eye, 1.0)
    mu = measure(torch.randn(3, 2, dtype=F64))
    for x, A, V in (
        (torch.randn(1, 3, dtype=F64), eye, eye),
        (mu.points, torch.eye(3, dtype=F64), eye),
        (mu.points.float(), eye, eye),
    ):
        with pytest.raises(ArgumentError, match="one width d and one dtype"):
            linear.linear_attend(mu, x, A, V)
