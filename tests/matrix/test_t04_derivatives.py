"""T4. D_x Att = V C A and D_y Att = p V (I + (y - m) theta^T), against autograd; control: the normaliser held fixed."""

import pytest
import torch
from matrix_contexts import context, matrices

from lemmas.measure_maps import attention_gradient
from torch_impl import log_laplace
from torch_impl.attention import attend
from torch_impl.bounds import evaluate
from torch_impl.measures import Measure

TOLERANCE = 1e-12


def jacobians(function, inputs) -> torch.Tensor:
    return torch.func.jacrev(function)(inputs)


@pytest.mark.parametrize("tiny", [False, True])
@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 3), (7, 2), (64, 4)])
def test_query_and_token_derivatives(n, d, tiny):
    mu, (A, V) = context(n, d, tiny=tiny), matrices(d, 2)
    x = torch.randn(1, d, dtype=torch.float64)
    by_query = jacobians(lambda q: attend(mu, q, A, V)[0], x)[:, 0]
    by_token = jacobians(lambda y: attend(Measure(y, mu.weights), x, A, V)[0], mu.points)
    assert (log_laplace.query_jacobian(mu, x, A, V)[0] - by_query).abs().max() <= TOLERANCE
    assert (log_laplace.token_jacobian(mu, x, A, V)[0].transpose(0, 1) - by_token).abs().max() <= TOLERANCE


def test_a_normaliser_held_fixed_is_seen():
    mu, (A, V) = context(5, 3), matrices(3, 1)
    x = torch.randn(1, 3, dtype=torch.float64)

    def held(y):
        scores = torch.exp(x @ A.mT @ y.mT + mu.weights.log())
        return (scores / scores.sum(-1, keepdim=True).detach() @ y @ V.mT)[0]

    wrong = jacobians(held, mu.points)
    assert (log_laplace.token_jacobian(mu, x, A, V)[0].transpose(0, 1) - wrong).abs().max() > 1e-2


def test_flat_derivative_is_the_exact_quotient_times_the_ratio_of_the_partition_functions():
    # Z_eps (m_eps - m) = eps int e (y - m) dnu, so quotient = derivative * Z / Z_eps: no limit in it
    mu, nu, (A, V) = context(4, 2), context(3, 2), matrices(2, 3)
    x = torch.randn(1, 2, dtype=torch.float64)
    for eps in (0.5, 1e-3):
        mixed = Measure(torch.cat([mu.points, nu.points]), torch.cat([(1 - eps) * mu.weights, eps * nu.weights]))
        quotient = (attend(mixed, x, A, V) - attend(mu, x, A, V))[0] / eps
        derivative = (log_laplace.flat_derivative(mu, x, nu.points, A, V)[0] * nu.weights.unsqueeze(-1)).sum(0)
        theta = x @ A.mT
        ratio = torch.exp(log_laplace.log_laplace(mu, theta) - log_laplace.log_laplace(mixed, theta))
        assert (quotient - derivative * ratio).abs().max() <= TOLERANCE / eps


def test_remainders_are_at_most_what_is_proved():
    mu = context(6, 2)
    theta = torch.randn(1, 2, dtype=torch.float64)
    m, C = log_laplace.tilted_mean(mu, theta), log_laplace.tilted_covariance(mu, theta)
    spread = float((mu.points - m).norm(dim=-1).max())
    ratios = []
    for size in (0.5, 0.1, 1e-2):
        delta = torch.randn(50, 2, dtype=torch.float64)
        delta = delta / delta.norm(dim=-1, keepdim=True) * size / spread
        gap = log_laplace.tilted_mean(mu, theta + delta) - m - delta @ C[0].mT
        value = log_laplace.log_laplace(mu, theta + delta) - log_laplace.log_laplace(mu, theta) - (delta @ m.mT)[:, 0]
        at = {"D": spread, "s": size / spread}
        ratios.append(float(gap.norm(dim=-1).max()) / evaluate(attention_gradient.BOUNDS["mean_remainder"], at))
        assert value.min() >= 0
        ratios.append(float(value.max()) / evaluate(attention_gradient.BOUNDS["potential_remainder"], at))
    assert 0.01 < max(ratios) <= 1


def test_two_atoms_come_as_near_to_the_remainders_as_anything_known():
    """Weights 4/5 and 1/5 at distance 1, tilts of both signs; a bound 1/20 of the proved one would be exceeded."""
    mu = Measure(torch.tensor([[0.0], [1.0]], dtype=torch.float64), torch.tensor([0.8, 0.2], dtype=torch.float64))
    worst = {"mean_remainder": 0.0, "potential_remainder": 0.0}
    for tilt in (-1.0, -0.3, -0.01, 0.01, 0.3, 1.0):
        theta = torch.full((1, 1), tilt, dtype=torch.float64)
        done = {
            "mean_remainder": abs(float(log_laplace.tilted_mean(mu, theta)) - 0.2 - 0.16 * tilt),
            "potential_remainder": float(log_laplace.log_laplace(mu, theta)) - 0.2 * tilt,
        }
        for key, value in done.items():
            allowed = evaluate(attention_gradient.BOUNDS[key], {"D": 0.8, "s": abs(tilt)})
            worst[key] = max(worst[key], value / float(allowed))
    assert 0.02 < worst["mean_remainder"] <= 1
    assert 0.05 < worst["potential_remainder"] <= 1


def test_for_v_equal_to_a_transposed_attention_is_a_gradient():
    mu, (A, _) = context(5, 3), matrices(3, 3)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(log_laplace.log_laplace(mu, x @ A.mT).sum(), x)
    assert (gradient - attend(mu, x, A, A.mT)).abs().max() <= TOLERANCE
    assert (gradient - attend(mu, x, A, A)).abs().max() > 1e-2
