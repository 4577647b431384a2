"""Wasserstein distances against each other, and couplings that are feasible exactly."""

from fractions import Fraction

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import wasserstein as module
from torch_impl.measures import Measure, measure, ragged
from torch_impl.reference import exact, loops
from torch_impl.rounding import sqrt_down
from torch_impl.wasserstein import (
    coupling_upper_bound_exact,
    exact_coupling,
    wasserstein,
    wasserstein_1d,
)

F64 = torch.float64


def one(mu, i):
    return Measure(mu.points[i], mu.weights[i])


def line_tolerance(n, m, dtype, diam, p):
    """(n + m + 8) u (n + m) diam^p, the bound of wasserstein_1d; the loops round as often."""
    return 2 * (n + m + 8) * (n + m) * torch.finfo(dtype).eps / 2 * diam**p


@pytest.mark.parametrize("dtype", [F64, torch.float32])
@pytest.mark.parametrize("p", [1, 1.5, 2, 3])
def test_line_against_loops(draw, p, dtype, device):
    a, b = (draw((6,), n, 1, dtype=dtype, device=device, seed=n).mu for n in (5, 7))
    fast = wasserstein_1d(a, b, p)
    assert fast.dtype == dtype
    for i in range(6):
        rows = [list(zip(one(m, i).points[:, 0].tolist(), one(m, i).weights.tolist(), strict=True)) for m in (a, b)]
        slow = loops.wasserstein_1d(*rows, p)
        assert abs(float(fast[i]) ** p - slow**p) <= line_tolerance(5, 7, dtype, 8.0, p)


def test_line_is_exact_in_rationals_and_a_metric(draw):
    mus = [draw((), n, 1, seed=n).mu for n in (3, 4, 6)]
    exacts = [exact.exact_measure(m) for m in mus]
    d = [[exact.wasserstein_exact_1d(a, b) for b in exacts] for a in exacts]
    for i in range(3):
        assert d[i][i] == 0
        for j in range(3):
            assert d[i][j] == d[j][i]
            assert d[i][j] <= d[i][0] + d[0][j]
            tolerance = line_tolerance(6, 6, F64, 8.0, 1)
            assert abs(float(d[i][j]) - float(wasserstein_1d(mus[i], mus[j]))) <= tolerance
    with pytest.raises(ArgumentError, match="d = 1"):
        exact.wasserstein_exact_1d(exact.exact_measure([[0, 0]]), exact.exact_measure([[0, 1]]))


@pytest.mark.parametrize("p", [1, 2])
def test_translation_and_scaling(draw, p):
    mu = draw((2,), 5, 1).mu
    moved = Measure(mu.points + 0.5, mu.weights)
    other = draw((2,), 5, 1, seed=3).mu
    tolerance = line_tolerance(5, 5, F64, 16.0, p)
    assert torch.allclose(
        wasserstein_1d(mu, moved, p) ** p, torch.full((2,), 0.5**p, dtype=F64), rtol=0, atol=tolerance
    )
    scaled = wasserstein_1d(Measure(-2 * mu.points, mu.weights), Measure(-2 * other.points, other.weights), p)
    assert torch.allclose(scaled**p, 2**p * wasserstein_1d(mu, other, p) ** p, rtol=0, atol=4 * tolerance)


@pytest.mark.parametrize("p", [1, 2])
def test_linear_program_agrees_with_the_line_and_with_padding(draw, p):
    rows = [draw((), n, 1, seed=n).mu for n in (2, 4, 3)]
    a = ragged([r.points for r in rows], [r.weights for r in rows])
    b = draw((3,), 5, 1, seed=9).mu
    # the network simplex adds at most n + m masses of size <= 1 at costs <= diam^p
    atol = 2 * line_tolerance(5, 5, F64, 8.0, p)
    assert torch.allclose(wasserstein(a, b, p) ** p, wasserstein_1d(a, b, p) ** p, rtol=0, atol=atol)


@pytest.mark.parametrize("seed", range(5))
def test_repaired_couplings_are_feasible_and_nearly_optimal(draw, seed):
    mu, nu = draw((), 4, 2, seed=seed).mu, draw((), 6, 2, seed=seed + 50).mu
    a, b = exact.exact_measure(mu), exact.exact_measure(nu)
    plan = exact_coupling(mu, nu)
    assert tuple(sum(row) for row in plan) == a.weights
    assert tuple(sum(column) for column in zip(*plan, strict=True)) == b.weights
    assert min(v for row in plan for v in row) >= 0
    upper = coupling_upper_bound_exact(mu, nu)
    value = Fraction(float(wasserstein(mu, nu)))
    assert isinstance(upper, Fraction)
    # the LP may round either way; the repair moves at most (n + m)^2 u mass over the joint diameter
    assert abs(upper - value) <= Fraction(line_tolerance(4, 6, F64, 16.0, 1))


def test_the_upper_bound_is_above_a_kantorovich_lower_bound(draw):
    """|mean gap| <= W1: a lower bound that is exact up to a rational root."""
    for seed in range(10):
        mu, nu = draw((), 3, 2, seed=seed).mu, draw((), 3, 2, seed=seed + 70).mu
        a, b = exact.mean(exact.exact_measure(mu)), exact.mean(exact.exact_measure(nu))
        assert coupling_upper_bound_exact(mu, nu) >= sqrt_down(exact.squared_distance(a, b))


@pytest.mark.parametrize("junk", [0.0, float("nan"), float("inf"), -1.0, 5.0])
def test_any_plan_of_the_solver_is_repaired(draw, monkeypatch, junk):
    mu, nu = draw((), 3, 2, seed=1).mu, draw((), 4, 2, seed=2).mu
    best = coupling_upper_bound_exact(mu, nu)
    monkeypatch.setattr(module, "_solve", lambda a, b, cost: torch.full_like(cost, junk))
    plan = exact_coupling(mu, nu)
    assert tuple(sum(row) for row in plan) == exact.exact_measure(mu).weights
    assert coupling_upper_bound_exact(mu, nu) > best


def test_a_plan_that_misses_a_marginal_is_refused():
    """Control: the last check of exact_coupling can fail."""
    off = exact.ExactMeasure(((Fraction(0), Fraction(0)),), (Fraction(1, 2),))
    full = exact.exact_measure([[1, 1]])
    with pytest.raises(ArgumentError, match="misses a marginal"):
        exact_coupling(full, off)


def test_zero_distance_has_value_and_gradient_zero():
    mu = measure(torch.tensor([[0.0], [1.0], [2.0]], dtype=F64))
    for p in (1, 2):
        points = mu.points.clone().requires_grad_()
        value = wasserstein_1d(Measure(points, mu.weights), mu, p)
        assert value == 0
        assert torch.isfinite(torch.autograd.grad(value, points)[0]).all()
        assert wasserstein(mu, mu, p) == 0


@pytest.mark.parametrize("f", [wasserstein_1d, wasserstein])
def test_mismatches_are_refused(draw, f):
    mu = draw((), 3, 1).mu
    hole = Measure(torch.full((2, 2), float("nan"), dtype=F64), torch.full((2,), 0.5, dtype=F64))
    with pytest.raises(ArgumentError, match="finite"):
        wasserstein(hole, hole)
    with pytest.raises(ArgumentError, match="share batch"):
        f(mu, draw((2,), 3, 1).mu)
    with pytest.raises(ArgumentError, match="share batch"):
        f(mu, draw((), 3, 1, dtype=torch.float32).mu)
    for p in (0.5, float("inf"), float("nan")):
        with pytest.raises(ArgumentError, match="1 <= p < inf"):
            f(mu, mu, p)
    with pytest.raises(ArgumentError, match="Call wasserstein"):
        wasserstein_1d(draw().mu, draw().mu)
    with pytest.raises(ArgumentError, match="share d"):
        exact_coupling(mu, draw().mu)
