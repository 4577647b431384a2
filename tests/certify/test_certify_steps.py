"""Tested: the verdict on each step, exact at the boundary, for every kind of layer and matrix."""

from fractions import Fraction

import pytest
import torch

from proofcheck.certify import certify
from proofcheck.certify import layers as module
from proofcheck.certify.document import reason
from proofcheck.certify.steps import ADMISSIBLE, NOT_ADMISSIBLE, UNDECIDED, decide
from torch_impl.bounds import admissible_step
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.norms import certified_norm_squared, certified_norm_squared_below
from torch_impl.rounding import float_down, float_up

F64 = torch.float64
PUSH = Fraction(1, 10**6)


def verdict(network, radius=1, diameter=None):
    return certify(network, radius=Fraction(radius), diameter=diameter).layers[0].verdict


def sorting(step, width=2, sparse=False):
    W = torch.zeros(width // 2, width, dtype=F64)
    for i in range(width // 2):
        W[i, 2 * i], W[i, 2 * i + 1] = 1, -1
    return MLPStep(W.to_sparse() if sparse else W, torch.zeros(width // 2, dtype=F64), step)


@pytest.mark.parametrize("sparse", [False, True])
def test_the_sorting_step_sits_on_the_boundary_and_is_admissible(one_layer, sparse):
    found = verdict(one_layer(sorting(1.0, 6, sparse)))
    assert (found.word, found.safe, found.limit) == (ADMISSIBLE, 1, 1)
    past = verdict(one_layer(sorting(1.0 + 2**-52, 6, sparse)))
    assert past.word == NOT_ADMISSIBLE
    assert past.excess == Fraction(1, 2**52)


def random_layers():
    generator = torch.Generator().manual_seed(3)
    for k, (rows, m) in enumerate([(5, 3), (3, 5), (1, 4), (6, 1), (8, 8)]):
        W = torch.randn(rows, m, dtype=F64, generator=generator)
        yield pytest.param("mlp", W, id=f"mlp{k}")
    for k, m in enumerate([1, 2, 5]):
        yield pytest.param("attention", torch.randn(m, m, dtype=F64, generator=generator), id=f"attention{k}")


def at_bound(kind, M, factor, diameter=Fraction(3, 2)):
    """The layer with the largest certified step times a factor."""
    square = certified_norm_squared(M)
    if kind == "mlp":
        step = admissible_step("mlp_step", "tau_max", "w", square, power=2)
        return lambda f: MLPStep(M, torch.ones(len(M), dtype=M.dtype), f(step * factor))
    step = admissible_step("attention_step_sharp", "eta_max", "D", square * diameter**2, power=2)
    return lambda f: AttentionStep(M, f(step * factor))


@pytest.mark.parametrize(("kind", "M"), list(random_layers()))
def test_a_step_pushed_by_a_millionth_is_rejected(one_layer, kind, M):
    allowed = at_bound(kind, M, 1)(float_down)
    assert verdict(one_layer(allowed), diameter=Fraction(3, 2)).word == ADMISSIBLE
    pushed = at_bound(kind, M, 1 + PUSH)(float_up)
    found = verdict(one_layer(pushed), diameter=Fraction(3, 2))
    assert found.word == NOT_ADMISSIBLE
    assert PUSH * Fraction(999, 1000) < found.excess <= PUSH * Fraction(1001, 1000)


@pytest.mark.parametrize(("kind", "M"), list(random_layers()))
def test_the_paper_refuses_what_the_sharp_bound_admits(one_layer, kind, M):
    if kind == "mlp":
        return
    certificate = certify(one_layer(at_bound(kind, M, 1)(float_down)), radius=Fraction(1), diameter=Fraction(3, 2))
    layer = certificate.layers[0]
    assert layer.paper < layer.verdict.safe  # 2/(|A| R)^2 against 8/(|A| Delta)^2, Delta < 2R
    assert abs(layer.paper / layer.verdict.safe - Fraction(9, 16)) < Fraction(1, 2**30)


def test_without_a_diameter_the_two_bounds_agree(one_layer):
    layer = certify(one_layer(AttentionStep(torch.eye(2, dtype=F64), 2.0)), radius=Fraction(1)).layers[0]
    assert layer.paper == layer.verdict.safe == 2
    assert layer.verdict.word == ADMISSIBLE


def test_zero_matrices_put_no_condition(one_layer):
    zero = torch.zeros(2, 2, dtype=F64)
    for layer in (MLPStep(zero, zero[0], 1e300), AttentionStep(zero, 1e300), AttentionStep(zero.to_sparse(), 5.0)):
        certificate = certify(one_layer(layer), radius=Fraction(1))
        assert certificate.ok
        assert certificate.layers[0].verdict.safe is None
        assert certificate.query == 1
        assert all(c.is_zero() for c in certificate.context.values())


def test_one_repeated_token_puts_no_condition_on_attention(one_layer):
    network = one_layer(AttentionStep(torch.eye(2, dtype=F64), 1e6))
    assert verdict(network, diameter=Fraction(0)).word == ADMISSIBLE
    assert verdict(network, radius=0).word == ADMISSIBLE
    assert verdict(network).word == NOT_ADMISSIBLE


def test_a_negative_step_is_refused_and_named(one_layer):
    layer = certify(one_layer(sorting(-0.1)), radius=Fraction(1)).layers[0]
    assert layer.verdict.word == NOT_ADMISSIBLE
    assert layer.growth >= Fraction(12, 10) - Fraction(1, 2**40)
    assert "negative" in reason(layer)


def test_undecided_where_the_norm_is_not_tight_enough():
    found = decide("mlp_step", 1.5, Fraction(1), Fraction(2))
    assert (found.word, found.safe, found.limit, found.excess) == (UNDECIDED, 1, 2, None)
    assert decide("mlp_step", 1.5, Fraction(0), Fraction(2)).word == UNDECIDED
    assert decide("mlp_step", 2.0, Fraction(1), Fraction(2)).word == UNDECIDED
    assert decide("mlp_step", 2.1, Fraction(1), Fraction(2)).word == NOT_ADMISSIBLE


def test_an_undecided_layer_is_not_certified(one_layer, monkeypatch):
    network = one_layer(sorting(1.0))
    monkeypatch.setattr(module, "certified_norm_squared", lambda W: Fraction(4))
    certificate = certify(network, radius=Fraction(1))
    assert not certificate.ok
    assert certificate.refused == ()
    assert "undecided" in reason(certificate.layers[0])


def test_a_norm_from_floats_would_be_refused(one_layer, monkeypatch):
    """Control: the verdicts above see a norm that is 1e-7 too small."""
    W = torch.randn(4, 4, dtype=F64, generator=torch.Generator().manual_seed(0))
    pushed = at_bound("mlp", W, 1 + PUSH)(float_up)
    shrink = Fraction(1) - Fraction(2, 10**6)
    monkeypatch.setattr(module, "certified_norm_squared", lambda W: certified_norm_squared(W) * shrink)
    monkeypatch.setattr(module, "certified_norm_squared_below", lambda W: certified_norm_squared_below(W) * shrink)
    assert verdict(one_layer(pushed)).word == ADMISSIBLE


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_short_floats_are_taken_at_their_value(dtype):
    W = torch.tensor([[0.1, -0.1]], dtype=dtype)
    square = 2 * Fraction(float(W[0, 0])) ** 2
    network = Network(
        torch.eye(2, dtype=dtype), (MLPStep(W, torch.zeros(1, dtype=dtype), 1.0),), torch.eye(2, dtype=dtype)
    )
    assert verdict(network).safe == 2 / square


def test_a_network_without_layers(one_layer):
    eye = torch.eye(2, dtype=F64)
    certificate = certify(Network(3 * eye, (), 2 * eye), radius=Fraction(1))
    assert certificate.ok
    assert certificate.query == 6
    assert all(c.is_zero() for c in certificate.context.values())


def test_wide_sparse_networks_are_quick_and_exact():
    n = 10**4
    half = torch.arange(n // 2)
    index = torch.stack((torch.cat((half, half)), torch.cat((2 * half, 2 * half + 1))))
    values = torch.cat((torch.ones(n // 2, dtype=F64), -torch.ones(n // 2, dtype=F64)))
    W = torch.sparse_coo_tensor(index, values, (n // 2, n), check_invariants=True).coalesce()
    readout = torch.zeros(1, n, dtype=F64)
    readout[0, 0] = 1
    lift = torch.ones(n, 1, dtype=F64)
    network = Network(lift, (MLPStep(W, torch.zeros(n // 2, dtype=F64), 1.0),), readout)
    certificate = certify(network, radius=Fraction(1))
    assert certificate.layers[0].square == (2, 2)
    assert certificate.ok
    # the read-out sees one pair of coordinates, not all of them
    assert certificate.query**2 - 2 < Fraction(1, 2**70)


def test_the_diameter_is_that_of_the_coordinates_that_attention_reads():
    """A wide lift does not shrink the step of a layer that reads one coordinate (LT-14): 8/Delta^2, no factor m."""
    m = 50
    A = torch.zeros(m + 1, m + 1, dtype=F64)
    A[m, 0] = 1
    lift = torch.cat((torch.ones(m, 1, dtype=F64), torch.zeros(1, 1, dtype=F64)))
    readout = torch.zeros(1, m + 1, dtype=F64)
    readout[0, m] = 1
    certificate = certify(Network(lift, (AttentionStep(A, 2.0),), readout), radius=Fraction(1))
    layer = certificate.layers[0]
    assert (layer.verdict.word, layer.verdict.safe, layer.diameter) == (ADMISSIBLE, 2, 2)
    # the scores are 0, so the layer subtracts 2 mean(mu): context constant 2, no exponential
    assert certificate.context["w1"] == 2
    assert certificate.context["winf"] == 2
    assert certificate.query == 0


@pytest.mark.parametrize(
    "bad",
    [{"radius": Fraction(-1)}, {"radius": Fraction(1), "diameter": Fraction(-1)}, {"radius": Fraction(1), "tokens": 0}],
)
def test_a_domain_that_is_none_is_refused(deep, bad):
    from proofcheck.errors import ArgumentError

    with pytest.raises(ArgumentError, match="certify: required radius >= 0"):
        certify(deep(), **bad)
