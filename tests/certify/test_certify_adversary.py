"""Tested: the adversary reaches extremal bounds, finds expanding pairs past them, and sees a false certificate."""

import dataclasses
from fractions import Fraction

import pytest
import torch
from flint import arb

from proofcheck.certify import certify
from proofcheck.certify.adversary import KINDS, attack
from proofcheck.certify.expansion import attack_layer
from torch_impl.measures import measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.norms import certified_norm_squared
from torch_impl.reference import balls
from torch_impl.reference.exact import exact_matrix, exact_vector, gradient_mlp, squared_distance
from torch_impl.rounding import float_up

F64 = torch.float64


def matrix(k, d, seed):
    return torch.randn(k, d, dtype=F64, generator=torch.Generator().manual_seed(seed))


def extremal(kind, factor, sparse=False, m=4):
    """A layer at `factor` times its largest step, between identities: the domain attains the bound."""
    M = matrix(m + 2, m, 1) if kind == "mlp" else matrix(m, m, 2)
    square = certified_norm_squared(M)
    step = float_up(2 / square * Fraction(factor))  # 8/(|A| 2)^2 too
    M = M.to_sparse() if sparse else M
    layer = MLPStep(M, torch.full((m + 2,), 9.0, dtype=F64), step) if kind == "mlp" else AttentionStep(M, step)
    eye = torch.eye(m, dtype=F64)
    return Network(eye, (layer,), eye)


def strongest(network, radius=1):
    certificate = certify(network, radius=Fraction(radius))
    return certificate, attack_layer(network.layers[0], certificate.layers[0], Fraction(radius))


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("kind", ["mlp", "attention"])
def test_one_percent_above_admissible_an_expanding_pair_is_found(kind, sparse):
    network = extremal(kind, Fraction(101, 100), sparse)
    certificate, found = strongest(network)
    assert not certificate.ok
    assert found.expands
    assert found.inside
    assert Fraction(1015, 1000) < found.ratio <= certificate.layers[0].growth
    # once more, independently of the code that found it
    layer, (x, y) = network.layers[0], found.pair
    step = Fraction(layer.step)
    if kind == "mlp":
        W, b = exact_matrix(layer.W.to_dense()), exact_vector(layer.b)
        assert squared_distance(gradient_mlp(x, W, b, step), gradient_mlp(y, W, b, step)) > squared_distance(x, y)
        return
    A = exact_matrix(layer.A.to_dense())
    images = [balls.gradient_attention(found.context, q, A, step) for q in (x, y)]
    assert balls.lower(balls.distance(*images)) ** 2 > squared_distance(x, y)
    assert all(squared_distance(q, [Fraction(0)] * 4) <= 1 for q in (*found.context.points, x, y))


@pytest.mark.parametrize("kind", ["mlp", "attention"])
def test_a_millionth_above_the_pair_is_found_too_and_below_none(kind):
    assert strongest(extremal(kind, 1 + Fraction(1, 10**6)))[1].expands
    certificate, found = strongest(extremal(kind, 1 - Fraction(1, 10**6)))
    assert certificate.ok
    assert Fraction(9999, 10000) < found.ratio <= 1


def test_the_network_adversary_finds_it_as_well():
    """End to end, on random contexts: the query constant of a layer 1 % above admissible is above 1."""
    network = extremal("attention", Fraction(101, 100), m=2)
    certificate = certify(network, radius=Fraction(1))
    (found,) = (a for a in attack(network, certificate, contexts=12, steps=40) if a.kind == "query")
    assert 1 < found.ratio <= certificate.query
    assert not found.exceeded


def test_units_that_never_fire_do_not_expand():
    """For a given bias more may be admissible than for all: no false alarm."""
    eye = torch.eye(2, dtype=F64)
    W = torch.tensor([[1.0], [-1.0]], dtype=F64)  # one unit at a time: F(x) = (1 - step) x up to step 2
    network = Network(eye[:1, :1], (MLPStep(W, torch.zeros(2, dtype=F64), 1.5),), eye[:1, :1])
    certificate, found = strongest(network)
    assert not certificate.ok  # the certificate sees W only
    assert found.ratio <= 1


@pytest.mark.parametrize("zero", [MLPStep, AttentionStep])
def test_a_layer_that_does_nothing_is_not_attacked(zero):
    nothing = torch.zeros(2, 2, dtype=F64)
    layer = MLPStep(nothing, nothing[0], 1.0) if zero is MLPStep else AttentionStep(nothing, 1.0)
    assert strongest(Network(torch.eye(2, dtype=F64), (layer,), torch.eye(2, dtype=F64)))[1] is None
    one_token = Network(
        torch.eye(2, dtype=F64), (AttentionStep(torch.eye(2, dtype=F64), 1.0),), torch.eye(2, dtype=F64)
    )
    assert strongest(one_token, radius=0)[1] is None


@pytest.mark.parametrize("diameter", [None, Fraction(1, 2), Fraction(0)])
def test_admissible_networks_withstand(deep, diameter):
    network = deep(4, 3, 4, 1)
    certificate = certify(network, radius=Fraction(1), diameter=diameter)
    given = measure(matrix(2 * 4, 3, 0).reshape(2, 4, 3) / 50)
    found = attack(network, certificate, contexts=8, given=None if diameter == 0 else given, steps=20)
    assert {a.kind for a in found} <= set(KINDS)
    assert {a.kind for a in found} >= ({"query"} if diameter == 0 else set(KINDS))
    for a in found:
        assert a.ratio > 0
        assert not a.exceeded
        for mu in a.contexts:
            assert all(sum(v * v for v in y) <= 1 for y in mu.points)
            if diameter is not None:
                assert all(squared_distance(y, z) <= diameter**2 for y in mu.points for z in mu.points)


def test_the_sharp_bound_in_w1_is_almost_reached():
    """d = 1: LT-07 is sharp over measures, and the ascent finds its extremal family."""
    eye = torch.eye(1, dtype=F64)
    network = Network(eye, (AttentionStep(eye, 1.0),), eye)
    certificate = certify(network, radius=Fraction(1))
    found = {a.kind: a for a in attack(network, certificate, contexts=24, steps=120)}
    assert found["query"].share > 0.999
    assert found["w1"].share > 0.9
    assert found["winf"].share > 0.85


def test_a_false_certificate_is_exceeded():
    """Control: constants 2 % too small are beaten, exactly."""
    network = Network(torch.eye(1, dtype=F64), (), torch.eye(1, dtype=F64))
    true = certify(network, radius=Fraction(1))
    false = dataclasses.replace(true, query=Fraction(98, 100))
    assert attack(network, false, contexts=4, steps=2)[0].exceeded
    assert not attack(network, true, contexts=4, steps=2)[0].exceeded
    layer = Network(torch.eye(1, dtype=F64), (AttentionStep(torch.eye(1, dtype=F64), 1.0),), torch.eye(1, dtype=F64))
    true = certify(layer, radius=Fraction(1, 10))
    false = dataclasses.replace(true, context={k: arb("0.9") for k in true.context})
    found = {a.kind: a for a in attack(layer, false, contexts=12, steps=40)}
    assert found["w1"].exceeded
    assert found["winf"].exceeded


def test_the_same_seed_repeats_an_attack(deep):
    network = deep(3, 2, 2, 0)
    certificate = certify(network, radius=Fraction(1))
    first, again = (attack(network, certificate, contexts=4, steps=5, seed=3) for _ in range(2))
    assert [a.ratio for a in first] == [a.ratio for a in again]


@pytest.mark.parametrize("radius", [Fraction(1), Fraction(10) ** 300, Fraction(1, 10**300)])
@pytest.mark.parametrize("size", [1e300, 1e200])
def test_an_attack_beyond_the_floats_finds_nothing_and_says_so(size, radius):
    A = torch.tensor([[size, 0.0], [size, size]], dtype=torch.float64)
    W = torch.tensor([[size, size / 3]], dtype=torch.float64)
    eye = torch.eye(2, dtype=torch.float64)
    layers = (MLPStep(W, torch.zeros(1, dtype=torch.float64), 1.0), AttentionStep(A, 1.0))
    network = Network(eye, layers, eye)
    certificate = certify(network, radius=radius)
    assert not any(found.exceeded for found in attack(network, certificate, contexts=2, steps=3))
    for layer, known in zip(layers, certificate.layers, strict=True):
        attack_layer(layer, known, radius)  # whatever it finds: no error
