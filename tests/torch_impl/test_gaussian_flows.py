"""Gaussian flows against the equations they solve, d = 1 by the lemma's formulas, blow-up, refusals."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from lemmas.measure_maps import gaussian_attention as lemma
from proofcheck.errors import ArgumentError
from torch_impl import gaussian_attention as closed
from torch_impl.bounds import evaluate
from torch_impl.gaussian_variants import mean_shift_gaussian
from torch_impl.hermite_context import TOKENS, gauss_hermite, hypercube
from torch_impl.linear_attention import blow_up_time, moment_flow
from torch_impl.space_time import causal_layer, from_sequence

F64 = torch.float64


def problem(d=2, rank=None, seed=0):
    torch.manual_seed(seed)
    L = torch.randn(d, rank or d, dtype=F64)
    A = torch.randn(d, d, dtype=F64)
    return closed.gaussian(torch.randn(d, dtype=F64), L @ L.mT), (A + A.mT) / 2


def integrated(function, start, t):
    """Solution at t of y' = function(y) for a tuple of tensors."""
    sizes, shapes = [y.numel() for y in start], [y.shape for y in start]

    def split(flat):
        return [part.reshape(s) for part, s in zip(torch.from_numpy(flat).split(sizes), shapes, strict=True)]

    def right(_, flat):
        return torch.cat([y.reshape(-1) for y in function(*split(flat))]).numpy()

    first = torch.cat([y.reshape(-1) for y in start]).numpy()
    return split(
        np.ascontiguousarray(solve_ivp(right, (0, t), first, method="DOP853", rtol=1e-13, atol=1e-13).y[:, -1])
    )


@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("lam", [0.6, -1.3])
def test_flow_solves_its_equations(rank, lam):
    law, A = problem(2, rank)
    t = 0.5 * min(1.0, blow_up_time(law.covariance, A, lam))
    x = torch.randn(3, 2, dtype=F64)

    def velocity(m, S, y):
        return lam * (m + S @ A @ m), lam * (S @ A @ S + S @ A.mT @ S), lam * (m + y @ A.mT @ S)

    m, S, y = integrated(velocity, (law.mean, law.covariance, x), t)
    moved = closed.gaussian_flow(law, A, lam, t)
    assert (moved.mean - m).abs().max() < 1e-10
    assert (moved.covariance - S).abs().max() < 1e-10
    assert (closed.gaussian_flow_tokens(law, x, A, lam, t) - y).abs().max() < 1e-10


@pytest.mark.parametrize("rank", [1, 3])
def test_affine_flow_solves_its_riccati_equation(rank):
    law, A = problem(3, rank)
    A = A + torch.randn(3, 3, dtype=F64)
    B = torch.randn(3, 3, dtype=F64)

    def velocity(S):
        return (0.3 * S @ (A + A.mT) @ S + B @ S + S @ B.mT,)

    (S,) = integrated(velocity, (law.covariance,), 0.05)
    assert (closed.riccati_flow(law.covariance, A, B, 0.3, 0.05) - S).abs().max() < 1e-10
    without = closed.riccati_flow(law.covariance, A, 0 * B, 0.3, 0.05)
    (S,) = integrated(lambda S: (0.3 * S @ (A + A.mT) @ S,), (law.covariance,), 0.05)
    assert (without - S).abs().max() < 1e-10


def test_layers_of_depth_scaling_converge_to_the_flow_at_rate_one():
    law, A = problem()
    t, eye = 0.5 * min(1.0, blow_up_time(law.covariance, A, 1.0)), torch.eye(2, dtype=F64)
    errors = []
    for depth in (64, 128, 256):
        moved = law
        for _ in range(depth):
            moved = closed.gaussian_layer(moved, A, eye, t / depth)
        errors.append(depth * float((moved.covariance - closed.gaussian_flow(law, A, 1.0, t).covariance).norm()))
    assert max(errors) / min(errors) < 1.1


def test_on_the_line_the_formulas_are_those_of_the_lemma():
    v, a, s, m, t = 0.7, 0.9, 1.1, 0.4, 0.3
    at = {"v": v, "a": a, "s": s, "m": m, "t": t}
    law, A = (
        closed.gaussian(torch.tensor([m], dtype=F64), torch.tensor([[s]], dtype=F64)),
        torch.tensor([[a]], dtype=F64),
    )
    moved = closed.gaussian_flow(law, A, v, t)
    assert float(moved.covariance) == pytest.approx(evaluate(lemma.BOUNDS["variance"], at), rel=1e-14)
    assert float(moved.mean) == pytest.approx(evaluate(lemma.BOUNDS["mean"], at), rel=1e-14)
    star = blow_up_time(law.covariance, A, v)
    assert star == pytest.approx(evaluate(lemma.BOUNDS["time_max"], at), rel=1e-14)
    assert blow_up_time(law.covariance, A, -v) == math.inf
    for time in (star, 3 * star):
        with pytest.raises(ArgumentError, match=rf"blow-up time t\* = {star:.17g}"):
            closed.gaussian_flow(law, A, v, time)
        with pytest.raises(ArgumentError, match=r"blow-up time t\* = 0.7215007215007"):
            closed.riccati_flow(law.covariance, A, 0 * A, v, time)


def test_the_first_of_several_blow_ups_is_named():
    """S = U W^{-1}, U and W from the linear equation, is regular again after t* where A + A^T is indefinite."""
    eye, A = torch.eye(2, dtype=F64), torch.diag(torch.tensor([1.0, -1.0], dtype=F64))
    J = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=F64)
    (S,) = integrated(lambda S: (1.5 * S @ A @ S + J @ S - S @ J,), (eye,), 0.7)
    assert (closed.riccati_flow(eye, A, J, 0.75, 0.7) - S).norm() < 1e-9 * S.norm()
    (S,) = integrated(lambda S: (1.5 * S @ A @ S + J @ S - S @ J,), (eye,), 0.7297)
    assert S.norm() > 1e4  # control: the solver too blows up there
    for t in (0.7298, 2.5, math.pi, 5.5, 2 * math.pi):
        with pytest.raises(ArgumentError, match=r"blow-up time t\* = 0\.729727"):
            closed.riccati_flow(eye, A, J, 0.75, t)


@pytest.mark.parametrize("t", [10.0, 100.0, 1e6])
def test_long_times_reach_the_limit_of_the_riccati_equation(t):
    eye = torch.eye(2, dtype=F64)
    S = closed.riccati_flow(eye, -eye, 5 * eye, 1.0, t)  # s' = -2 s^2 + 10 s
    assert (S - 5 * eye).abs().max() < 1e-13
    with pytest.raises(ArgumentError, match="steps required"):
        closed.riccati_flow(eye, 0 * eye, torch.tensor([[0.0, -1e4], [1e4, 0.0]], dtype=F64), 1.0, t)


def test_numbers_that_are_not_finite_are_refused():
    law = closed.gaussian(torch.ones(2, dtype=F64), torch.eye(2, dtype=F64))
    S, eye, x = law.covariance, torch.eye(2, dtype=F64), torch.ones(1, 2, dtype=F64)
    for call in (
        lambda lam: closed.gaussian_flow(law, eye, lam, 0.1),
        lambda lam: closed.gaussian_flow_tokens(law, x, eye, lam, 0.1),
        lambda lam: moment_flow(S, eye, lam, 0.1),
        lambda lam: blow_up_time(S, eye, lam),
        lambda lam: blow_up_time(S, lam * eye, 1.0),
        lambda lam: closed.riccati_flow(S, eye, eye, lam, 0.1),
        lambda lam: closed.riccati_flow(S, eye, lam * eye, 0.5, 0.1),
        lambda lam: closed.riccati_flow(S, lam * eye, eye, 0.5, 0.1),
        lambda lam: closed.gaussian_layer(law, eye, eye, lam),
        lambda lam: causal_layer(from_sequence(x), eye, eye, lam),
        lambda lam: hypercube(2, lam),
        lambda lam: mean_shift_gaussian(law, x, lam),
    ):
        for bad in (math.nan, math.inf):
            with pytest.raises(ArgumentError, match="a finite"):
                call(bad)
    with pytest.raises(ArgumentError, match="gaussian_flow: a finite mean"):
        closed.gaussian_flow(law, -eye, 1.0, 1000.0)
    with pytest.raises(ArgumentError, match="gaussian_flow_tokens: a finite tokens"):
        closed.gaussian_flow_tokens(law, x, -eye, 1.0, 1000.0)
    with pytest.raises(ArgumentError, match="riccati_flow: a finite covariance"):
        closed.riccati_flow(S, 0 * eye, 5 * eye, 1.0, 100.0)


def test_singular_covariances_are_laws_and_have_no_precision():
    law, _ = problem(3, 1)
    with pytest.raises(ArgumentError, match="singular"):
        closed.precision(law)
    full, _ = problem(3)
    assert (closed.precision(full) @ full.covariance - torch.eye(3, dtype=F64)).abs().max() < 1e-9


def test_bad_laws_are_refused():
    zero, eye = torch.zeros(2, dtype=F64), torch.eye(2, dtype=F64)
    for mean, covariance, words in (
        (zero, -eye, "positive semidefinite"),
        (zero, torch.eye(3, dtype=F64), r"mean \(\*batch, d\)"),
        (zero.float(), eye, "one dtype"),
        (zero * torch.nan, eye, "finite mean"),
        (zero, torch.tensor([[1.0, 0.5], [0.0, 1.0]], dtype=F64), "symmetric"),
    ):
        with pytest.raises(ArgumentError, match=words):
            closed.gaussian(mean, covariance)
    law = closed.gaussian(zero, eye)
    with pytest.raises(ArgumentError, match="one width d"):
        closed.gaussian_attend(law, torch.zeros(1, 3, dtype=F64), eye, eye)
    with pytest.raises(ArgumentError, match="one width d"):
        closed.gaussian_layer(law, torch.eye(3, dtype=F64), eye)
    with pytest.raises(ArgumentError, match="at least one head"):
        closed.multi_head_layer(law, [])
    for nodes in (0, TOKENS):
        with pytest.raises(ArgumentError, match="nodes"):
            gauss_hermite(law, nodes)
    with pytest.raises(ArgumentError, match="corners"):
        hypercube(0, 1.0)
