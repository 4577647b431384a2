"""The context constant to train with: that of `proofcheck certify`, differentiable, and never exceeded by pairs."""

from fractions import Fraction

import pytest
import torch

from proofcheck.certify import certify
from proofcheck.errors import ArgumentError
from torch_impl import bounds, deep_context
from torch_impl.deep import DeepTransformer
from torch_impl.deep_context import context_estimate
from torch_impl.measures import Measure
from torch_impl.reference.balls import upper

F64 = torch.float64
RADIUS = 1.25


def model(layers):
    torch.manual_seed(0)
    return DeepTransformer(2, 6, 6, layers, diameter=2 * RADIUS, dtype=F64)


def estimate(found):
    lift, layers, _ = found.resolve()
    return context_estimate(lift, layers, RADIUS)


LAYERS = [("mlp", "attention", "mlp"), ("attention",), ("mlp", "attention", "mlp", "attention")]


@pytest.mark.parametrize("layers", LAYERS, ids=len)
def test_it_is_the_certified_constant(layers):
    found = model(layers)
    found.readout.data = torch.eye(6, dtype=F64)
    certified = float(upper(certify(found.network(), radius=Fraction(RADIUS)).composition["winf"]))
    # norms are estimated by a singular vector, a few digits
    assert float(estimate(found).detach()) == pytest.approx(certified, rel=0.02)


def test_mlp_layers_do_not_look_at_the_context():
    assert float(estimate(model(("mlp", "mlp"))).detach()) == 0.0


def test_no_pair_of_contexts_exceeds_it():
    """Atoms move by at most s: W_infinity <= s. Control: a hundredth of it is exceeded."""
    found = model(("mlp", "attention", "mlp"))
    generator = torch.Generator().manual_seed(1)
    found.readout.data = torch.eye(6, dtype=F64)
    network = found.network()
    worst = 0.0
    for scale in (1e-3, 0.1):
        points = (torch.rand(500, 3, 2, generator=generator, dtype=F64) * 2 - 1) * 0.6
        shift = torch.randn(500, 1, 2, generator=generator, dtype=F64) * scale / 4
        weights = torch.full((500, 3), 1 / 3, dtype=F64)
        x = torch.zeros(500, 1, 2, dtype=F64)
        gap = network(Measure(points + shift, weights), x) - network(Measure(points, weights), x)
        size = torch.linalg.vector_norm(shift, dim=-1)
        worst = max(worst, float((torch.linalg.vector_norm(gap, dim=-1) / size).max()))
    bound = float(estimate(found).detach())
    assert worst <= bound
    assert worst > bound / 100


def test_it_is_differentiable_in_every_parameter_it_sees():
    found = model(("mlp", "attention", "mlp"))
    estimate(found).backward()
    for name in ("lift", "layers.0.W", "layers.0.b", "layers.1.A", "layers.1.theta"):
        assert float(found.get_parameter(name).grad.abs().max()) > 0


def test_the_constant_comes_from_the_lemma(monkeypatch):
    before = float(estimate(model(("attention",))).detach())
    monkeypatch.setattr(deep_context, "lemma_bound", lambda lemma, key: 7 * bounds.lemma_bound(lemma, key))
    assert float(estimate(model(("attention",))).detach()) == pytest.approx(7 * before)


def test_a_radius_is_not_negative():
    lift, layers, _ = model(("attention",)).resolve()
    with pytest.raises(ArgumentError, match="radius must be >= 0"):
        context_estimate(lift, layers, -1.0)
