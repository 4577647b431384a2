"""Row T7: depth to the flow of a Gaussian context: N times the error is constant; d = 1 exactly; blow-up at t*.

A Gaussian stays Gaussian through every layer (MM-31), so depth and flow are compared without any quadrature; the token
flow on Gauss-Hermite nodes then agrees with both.
"""

import itertools
import math

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.gaussian_attention import gaussian, gaussian_flow, gaussian_flow_tokens, gaussian_layer
from torch_impl.hermite_context import gauss_hermite
from torch_impl.vlasov import depth_flow, vlasov_flow

F64 = torch.float64


def law(d=2, size=1.0):
    torch.manual_seed(d)
    root = torch.randn(d, d, dtype=F64) / 2
    return gaussian(torch.randn(d, dtype=F64), size * (root @ root.mT + torch.eye(d, dtype=F64) / 4))


def symmetric(d=2, size=0.2):
    torch.manual_seed(7 + d)
    A = torch.randn(d, d, dtype=F64)
    return size * (A + A.mT) / 2


def layers(start, A, V, T, N, step=lambda T, N: T / N):
    for _ in range(N):
        start = gaussian_layer(start, A, V, step(T, N))
    return start


def errors(start, A, lam, T, depths, **options):
    V = lam * torch.eye(A.shape[-1], dtype=F64)
    end = gaussian_flow(start, A, lam, T)
    found = (layers(start, A, V, T, N, **options) for N in depths)
    return [N * float((g.covariance - end.covariance).norm()) for N, g in zip(depths, found, strict=True)]


def test_n_times_the_error_is_constant():
    scaled = errors(law(), symmetric(), 0.7, 1.0, (64, 128, 256, 512))
    assert scaled[-1] > 1e-3
    # err(N) = c/N + c'/N^2 + ...: the change of N err(N) halves with every doubling
    changes = [abs(b - a) for a, b in itertools.pairwise(scaled)]
    assert all(b < 0.6 * a for a, b in itertools.pairwise(changes))
    assert changes[-1] < 0.01 * scaled[-1]


@pytest.mark.parametrize("step", [lambda T, N: T, lambda T, N: T / math.sqrt(N)], ids=["unscaled", "1/sqrt(N)"])
def test_control_other_steps_do_not_converge(step):
    scaled = errors(law(), symmetric(), 0.7, 1.0, (4, 8, 16), step=step)
    distances = [error / N for error, N in zip(scaled, (4, 8, 16), strict=True)]
    assert min(distances) > 0.1
    assert not distances[-1] <= distances[0] / 2


@pytest.mark.parametrize(("v", "alpha"), [(0.5, 0.4), (-0.5, 0.4), (0.5, -0.7)])
def test_one_dimension_in_closed_form(v, alpha):
    s, m, T = 0.8, 1.3, 0.9
    start = gaussian(torch.tensor([m], dtype=F64), torch.tensor([[s]], dtype=F64))
    end = gaussian_flow(start, torch.tensor([[alpha]], dtype=F64), v, T)
    variance = s / (1 - 2 * v * alpha * s * T)
    mean = m * math.exp(v * T) / math.sqrt(1 - 2 * v * alpha * s * T)
    assert float(end.covariance) == pytest.approx(variance, rel=1e-13)
    assert float(end.mean) == pytest.approx(mean, rel=1e-13)
    assert mean * math.exp(-v * T) / math.sqrt(variance) == pytest.approx(m / math.sqrt(s), rel=1e-13)  # conserved


def test_past_the_blow_up_the_error_names_t_star():
    s, v, alpha = 0.8, 0.5, 0.4
    star = 1 / (2 * v * alpha * s)
    start = gaussian(torch.tensor([1.0], dtype=F64), torch.tensor([[s]], dtype=F64))
    A = torch.tensor([[alpha]], dtype=F64)
    assert math.isfinite(float(gaussian_flow(start, A, v, 0.999 * star).covariance))
    for t in (star * (1 + 1e-9), 2 * star):
        with pytest.raises(ArgumentError, match=f"{star:.3g}"):
            gaussian_flow(start, A, v, t)
    # depth does not see it: every finite network stays finite
    assert math.isfinite(float(layers(start, A, torch.tensor([[v]], dtype=F64), 2 * star, 8).covariance))


def test_tokens_at_hermite_nodes_follow_the_closed_form():
    start, A, lam, T = law(), symmetric(), 0.7, 0.5
    mu = gauss_hermite(start, 20)
    found = vlasov_flow(mu, A, lam * torch.eye(2, dtype=F64), T).measure.points
    torch.testing.assert_close(found, gaussian_flow_tokens(start, mu.points, A, lam, T), rtol=0, atol=1e-9)


def test_control_a_uniform_law_has_another_flow():
    start, A, lam, T = law(), symmetric(), 0.7, 0.5
    mu = gauss_hermite(start, 20)
    even = mu._replace(weights=torch.full_like(mu.weights, 1 / len(mu.weights)))
    found = vlasov_flow(even, A, lam * torch.eye(2, dtype=F64), T).measure.points
    assert float((found - gaussian_flow_tokens(start, mu.points, A, lam, T)).norm(dim=-1).max()) > 1e-2


def test_layers_on_nodes_are_the_gaussian_layers():
    start, A, V = law(), symmetric(), 0.7 * torch.eye(2, dtype=F64)
    mu = gauss_hermite(start, 20)
    moved = depth_flow(mu, A, V, 0.5, 5).measure
    mean = moved.weights @ moved.points
    torch.testing.assert_close(mean, layers(start, A, V, 0.5, 5).mean, rtol=0, atol=1e-12)
