"""NC10: a norm layer has a Lipschitz constant because of eps (AS-09); without it a nearly constant token breaks it."""

import math

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.norm_layers import layer_norm, rms_norm

U = 2.0**-53
EPS = (1e-5, 1e-12)


def bound(key, **values):
    return float(evaluate(lemma_bound("attention_smoothness.norm_layers", key), values))


def pairs(count, d):
    """Pairs of tokens at all scales, many of them nearly constant."""
    generator = torch.Generator().manual_seed(d)
    for k in range(count):
        size, level = 10 ** (12 * torch.rand(2, generator=generator, dtype=torch.float64) - 9)
        x, y = (size * torch.randn(d, generator=generator, dtype=torch.float64) for _ in range(2))
        shift = level * (k % 2)
        yield x + shift, (x + 1e-3 * y if k % 3 else -x) + shift


def excesses(layer, constant, d, count=300):
    """How often a pair exceeds the constant, net of roundoff: the check on trial.

    A coordinate of the output is off by at most 16 d u of its size (at most sqrt(d)) plus what centring loses,
    (d + 2) u of the largest entry over s.
    """
    over = 0
    for x, y in pairs(count, d):
        lost = max(float(v.abs().max()) * 2 * (d + 2) * U for v in (x, y)) * constant
        allowed = 2 * math.sqrt(d) * (16 * d * U * math.sqrt(d) + lost)
        over += float((layer(x) - layer(y)).norm()) - allowed > constant * float((x - y).norm())
    return over


@pytest.mark.parametrize("eps", EPS)
@pytest.mark.parametrize("d", [2, 3, 8])
def test_with_eps_the_constant_and_the_radius_hold(eps, d):
    gain = torch.linspace(-2.0, 1.0, d, dtype=torch.float64)
    bias = torch.ones(d, dtype=torch.float64)
    constant = bound("lipschitz_constant", g=2.0, epsilon=eps)
    radius = bound("radius", g=2.0, d=float(d), b=math.sqrt(d))
    assert excesses(lambda x: layer_norm(x, gain, bias, eps), constant, d) == 0
    assert excesses(lambda x: rms_norm(x, gain, eps), constant, d) == 0
    assert all(float(layer_norm(x, gain, bias, eps).norm()) <= radius for x, _ in pairs(100, d))


def test_the_constant_is_attained_at_the_origin():
    gain = torch.ones(3, dtype=torch.float64)
    x = torch.tensor([1.0, -1.0, 0.0], dtype=torch.float64) * 2.0**-40
    for layer in (lambda t: rms_norm(t, gain, 0.25), lambda t: layer_norm(t, gain, 0 * gain, 0.25)):
        ratio = float((layer(x) - layer(-x)).norm() / (2 * x).norm())
        assert ratio == pytest.approx(bound("lipschitz_constant", g=1.0, epsilon=0.25), rel=1e-12)


@pytest.mark.parametrize("d", [3, 8])
def test_without_eps_every_constant_fails(d):
    bare = lambda x: torch.nn.functional.layer_norm(x, (d,), eps=0.0)  # noqa: E731
    for eps in EPS:
        assert excesses(bare, bound("lipschitz_constant", g=1.0, epsilon=eps), d) > 0


@pytest.mark.parametrize("eps", EPS)
def test_torch_agrees(eps):
    x = torch.randn(5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    gain, bias = torch.randn(2, 7, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    functional = torch.nn.functional
    assert (layer_norm(x, gain, bias, eps) - functional.layer_norm(x, (7,), gain, bias, eps)).abs().max() < 64 * 7 * U
    assert (rms_norm(x, gain, eps) - functional.rms_norm(x, (7,), gain, eps)).abs().max() < 64 * 7 * U


def test_eps_zero_and_gains_that_do_not_fit_are_refused():
    x, gain = torch.ones(3), torch.ones(3)
    with pytest.raises(ArgumentError, match=r"eps > 0 required, got eps=0\.0"):
        rms_norm(x, gain, 0.0)
    with pytest.raises(ArgumentError, match="eps > 0"):
        layer_norm(x, gain, gain, float("nan"))
    with pytest.raises(ArgumentError, match="scale the last axis"):
        layer_norm(x, torch.ones(2), gain, 1e-5)
