"""Derivatives: autograd against finite differences, and against the closed forms of LT-02."""

import pytest
import torch
from torch.autograd import gradcheck

from torch_impl import layers
from torch_impl.measures import Measure, diameter, mean, radius
from torch_impl.wasserstein import wasserstein, wasserstein_1d

F64 = torch.float64


@pytest.mark.parametrize("batch", [(), (2,)])
def test_gradcheck_of_every_layer(draw, batch):
    c = draw(batch, 3, 2, q=2, k=3)
    y, a, x, A, W, b = (t.clone().requires_grad_() for t in (*c.mu, c.x, c.A, c.W, c.b))
    assert gradcheck(lambda x, W, b: layers.gradient_mlp(x, W, b, 0.3), (x, W, b))
    for f in (layers.attention_mean, layers.attention_covariance, layers.log_partition):
        assert gradcheck(lambda y, a, x, A, f=f: f(Measure(y, a), x, A), (y, a, x, A))
    assert gradcheck(lambda y, a, x, A: layers.gradient_attention(Measure(y, a), x, A, 0.3), (y, a, x, A))
    assert gradcheck(lambda y, a, x: layers.affine_mean(Measure(y, a), x, 0.3, 0.6), (y, a, x))
    for g in (mean, diameter, radius):
        assert gradcheck(lambda y, g=g: g(Measure(y, a)), (y,))


@pytest.mark.parametrize("p", [1, 2, 3.5])
def test_gradcheck_of_wasserstein(draw, p):
    c, e = draw((2,), 3, 1, seed=1), draw((2,), 4, 1, seed=2)
    y, z = c.mu.points.requires_grad_(), e.mu.points.requires_grad_()
    # weights on a slice of the simplex: moving one alone leaves it, so they move in pairs
    t = torch.zeros(2, 1, dtype=F64, requires_grad=True)

    def line(y, z, t):
        weights = c.mu.weights + torch.cat((t, -t, torch.zeros_like(t)), -1)
        return wasserstein_1d(Measure(y, weights), Measure(z, e.mu.weights), p)

    assert gradcheck(line, (y, z, t))
    assert gradcheck(lambda y, z: wasserstein(Measure(y, c.mu.weights), Measure(z, e.mu.weights), p), (y, z))


def _differentiated(c, bound):
    """max |autograd - closed form| for gradient, Hessian and Jacobian, over `bound`."""
    values = (c.mu.points @ c.A.mT).abs().max()
    x = c.x.clone().requires_grad_()
    gradient = torch.autograd.grad(layers.log_partition(c.mu, x, c.A).sum(), x)[0]
    first = (gradient - layers.attention_mean(c.mu, c.x, c.A)).abs().max()
    second = torch.tensor(0.0, dtype=F64)
    covariance = layers.attention_covariance(c.mu, c.x, c.A)
    for i in range(c.x.shape[0]):
        jacobian = torch.autograd.functional.jacobian(
            lambda r: layers.gradient_attention(c.mu, r.unsqueeze(0), c.A, c.step)[0], c.x[i]
        )
        closed = torch.eye(c.x.shape[1], dtype=F64) - c.step * covariance[i]
        second = torch.maximum(second, (jacobian - closed).abs().max())
    return float(first) / (bound * float(values)), float(second) / (bound * (1 + float(values) ** 2))


def test_gradient_hessian_and_jacobian_are_mean_covariance_and_identity_minus_covariance(draw):
    """LT-02. Both sides run through the same softmax; they differ by at most 4(n + d + 6) roundings."""
    c = draw(n=5, d=3)
    first, second = _differentiated(c, 4 * (5 + 3 + 6) * torch.finfo(F64).eps)
    assert first <= 1
    assert second <= 1


def test_a_covariance_without_centring_is_seen(draw, monkeypatch):
    """Control: E[vv^T] in place of the covariance misses by far."""
    c = draw(n=5, d=3)

    def raw(mu, x, A):
        values = mu.points @ A.mT
        p = layers.softmax(x @ values.mT + mu.weights.log())
        return torch.einsum("qj,jk,jl->qkl", p, values, values)

    monkeypatch.setattr(layers, "attention_covariance", raw)
    assert _differentiated(c, 4 * (5 + 3 + 6) * torch.finfo(F64).eps)[1] > 1e6
