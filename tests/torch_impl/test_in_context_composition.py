"""In-context composition: bar maps compose, probes of zero mass follow, the LT-09 constant is attained."""

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import layers
from torch_impl.composition import InContextTransformer, bar
from torch_impl.measures import Measure, measure, pushforward
from torch_impl.modules import GradientAttention, GradientMLP
from torch_impl.wasserstein import wasserstein_1d

F64 = torch.float64


def functions(c):
    return [
        lambda mu, x: layers.gradient_attention(mu, x, c.A, 0.25),
        lambda mu, x: layers.gradient_mlp(x, c.W, c.b, 0.05),
        lambda mu, x: layers.affine_mean(mu, x, 0.5, 0.75),
        lambda mu, x: layers.gradient_attention(mu, x, -c.A.mT, 0.125),
    ]


# Four layers of at most 6-term sums on sizes below 8, sensitivities below 4 each: 4 * 64 roundings, amplified
TOLERANCE = 4 * 64 * 4**4 * 8 * 2**-53


def test_empty_composition_is_the_identity(draw):
    c = draw()
    assert torch.equal(InContextTransformer([])(c.mu, c.x), c.x)


@pytest.mark.parametrize("batch", [(), (3,), (2, 2)])
def test_composition_is_the_product_of_bar_maps(draw, batch):
    c = draw(batch, 4, 3)
    mu, x = c.mu, c.x
    states = InContextTransformer(functions(c)).propagate(mu, x)
    assert len(states) == 5
    for layer, (next_mu, next_x) in zip(functions(c), states[1:], strict=True):
        x = layer(mu, x)
        mu = pushforward(mu, lambda y, layer=layer, mu=mu: layer(mu, y))
        assert torch.allclose(next_x, x, rtol=0, atol=TOLERANCE)
        assert torch.allclose(next_mu.points, mu.points, rtol=0, atol=TOLERANCE)
        assert torch.equal(next_mu.weights, mu.weights)


def test_split_composition_equals_the_whole(draw):
    """Composition law: T of (first two) then (last two) is T of all four."""
    c = draw((2,), 4, 3)
    f = functions(c)
    mu, x = InContextTransformer(f[:2]).propagate(c.mu, c.x)[-1]
    assert torch.allclose(
        InContextTransformer(f[2:])(mu, x), InContextTransformer(f)(c.mu, c.x), rtol=0, atol=TOLERANCE
    )


def with_probes(c):
    """The measure with the queries as atoms of mass zero."""
    return Measure(torch.cat((c.mu.points, c.x), -2), torch.cat((c.mu.weights, torch.zeros_like(c.x[..., 0])), -1))


def test_zero_mass_probes_follow_the_queries(draw):
    c = draw((2,), 4, 3)
    model = InContextTransformer(functions(c))
    probed, _ = model.propagate(with_probes(c), c.x)[-1]
    assert torch.allclose(probed.points[..., 4:, :], model(c.mu, c.x), rtol=0, atol=TOLERANCE)


def test_modules_ignore_zero_mass_probes_too(draw):
    c = draw((2,), 4, 3)
    torch.manual_seed(1)
    model = InContextTransformer([GradientAttention(3, dtype=F64), GradientMLP(3, 5, dtype=F64)])
    probed, _ = model.propagate(with_probes(c), c.x)[-1]
    assert torch.allclose(probed.points[..., 4:, :], model(c.mu, c.x), rtol=0, atol=TOLERANCE)


def test_a_context_that_stays_behind_breaks_the_composition_law(draw):
    """Control: the trap of composing queries only is seen by the tests above."""
    c = draw((2,), 4, 3)
    x = c.x
    for layer in functions(c):
        x = layer(c.mu, x)
    assert float((x - InContextTransformer(functions(c))(c.mu, c.x)).abs().max()) > 1e6 * TOLERANCE


def test_the_composition_bound_is_attained_by_affine_mean_layers():
    """LT-09: C = prod(q + c) - prod q, attained on point masses; every number below is a dyadic float."""
    q, c = [0.5, 1.0, 0.75], [0.25, 1.5, 2.0]
    model = InContextTransformer(
        [lambda mu, x, q=q_, c=c_: layers.affine_mean(mu, x, q, c) for q_, c_ in zip(q, c, strict=True)]
    )
    mu, nu = (measure(torch.tensor([[v]], dtype=F64)) for v in (0.0, 1.0))
    x = torch.tensor([[0.5]], dtype=F64)
    gap = float((model(nu, x) - model(mu, x)).abs())
    whole, fixed = 1.0, 1.0
    for a, b in zip(q, c, strict=True):
        whole, fixed = whole * (a + b), fixed * a
    assert gap == (whole - fixed) * float(wasserstein_1d(mu, nu))
    # and the weaker guess prod(1 + c) - 1 with the q forgotten, or a constant 1 % smaller, is not it
    assert gap > 0.99 * (whole - fixed)
    assert gap != 1.25 * 2.5 * 3.0 - 1


def test_the_token_map_is_not_nonexpansive():
    """LT-09's trap: n = 1, A = -1 gives x -> (1 + eta) x although every query map is a translation."""
    eta, A = 0.5, -torch.eye(1, dtype=F64)
    token = torch.tensor([[2.0]], dtype=F64)
    moved, _ = bar(lambda mu, x: layers.gradient_attention(mu, x, A, eta), measure(token), token)
    assert moved.points.item() == (1 + eta) * 2.0


def test_a_layer_that_loses_queries_is_refused(draw):
    c = draw()
    with pytest.raises(ArgumentError, match="Keep the query axis"):
        InContextTransformer([lambda mu, x: x[..., :1, :]])(c.mu, c.x)
