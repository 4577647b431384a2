"""Row T3: maps of measures carry weights, read off exactly with weights 2^i; merging, dropout, reweighting do not."""

from fractions import Fraction

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.attention import residual_attention
from torch_impl.label_recovery import binary_weights, decode, generic_weights, recover_labels, subset_gap
from torch_impl.measure_maps import push
from torch_impl.measures import Measure
from torch_impl.predicates import support_preserving
from torch_impl.reference.exact import exact_measure, wasserstein_exact_1d

D = 3
A = torch.randn(D, D, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) / 2
TOLERANCE = 1e-12


def residual(measure):
    return push(lambda mu, x: residual_attention(mu, x, A, A, 0.2), measure)


def shuffled(measure):
    order = torch.arange(len(measure.weights)).flip(0)
    moved = residual(measure)
    return Measure(moved.points[order], moved.weights[order])


def merging(measure):
    """Every atom goes to the mean: weights are carried, distinct atoms are not kept apart."""
    return Measure((measure.weights @ measure.points).expand_as(measure.points), measure.weights)


def dropout(measure):
    keep = torch.arange(len(measure.weights)) != 0 if len(measure.weights) > 1 else torch.tensor([True])
    weights = measure.weights * keep
    return Measure(measure.points, weights / weights.sum())


def reweighting(measure):
    weights = measure.weights * torch.exp(measure.points[:, 0])
    return Measure(measure.points, weights / weights.sum())


def splitting(measure):
    half = measure.weights / 2
    return Measure(torch.cat((measure.points, measure.points + 1)), torch.cat((half, half)))


@pytest.mark.parametrize("layer", [residual, shuffled])
def test_residual_attention_preserves_supports_strictly(layer):
    report = support_preserving(layer, D)
    assert report.preserving
    assert report.strictly


@pytest.mark.parametrize("n", [1, 5, 50, 60, 300])
def test_labels_are_recovered_exactly(n):
    weights = torch.tensor([float(a) for a in binary_weights(n)], dtype=torch.float64)
    points = torch.randn(n, D, dtype=torch.float64, generator=torch.Generator().manual_seed(n))
    image = residual(Measure(points, weights))
    order = torch.randperm(n, generator=torch.Generator().manual_seed(n + 1))
    hidden = Measure(image.points[order], image.weights[order])
    found = recover_labels(hidden, [Fraction(float(a)) for a in weights])
    assert torch.equal(found, image.points)
    assert (found - image.points).abs().max() <= TOLERANCE


def test_generic_weights_are_near_and_generic():
    weights = [Fraction(1, 3)] * 3
    assert subset_gap(weights) == 0
    near = generic_weights(weights)
    assert subset_gap(near) > 0
    assert sum(near) == 1
    assert decode(near[0] + near[2], near) == (0, 2)
    assert sum(abs(a - b) for a, b in zip(near, weights, strict=True)) <= Fraction(2, 4)


@pytest.mark.parametrize("layer", [dropout, reweighting, splitting])
def test_control_weights_that_are_not_carried_are_named(layer):
    report = support_preserving(layer, D)
    assert not report.preserving
    assert report.violation.law == "weights carried"
    assert len(report.violation.witness) <= 3


def test_control_merging_is_preserving_but_not_strictly():
    report = support_preserving(merging, D)
    assert report.preserving
    assert not report.strictly
    assert report.violation.law == "cardinality"
    assert len(report.violation.witness) == 2


def test_control_reweighting_is_a_third_away_from_every_push_forward():
    target = exact_measure([[-1], [1]], [Fraction(1, 3), Fraction(2, 3)])
    grid = [Fraction(k, 12) for k in range(-24, 25)]
    half = [Fraction(1, 2)] * 2
    gaps = [wasserstein_exact_1d(exact_measure([[u], [v]], half), target) for u in grid for v in grid if u <= v]
    assert min(gaps) == Fraction(1, 3)


def test_equal_weights_do_not_name_labels():
    with pytest.raises(ArgumentError, match="distinct subset sums"):
        decode(Fraction(1, 2), [Fraction(1, 2)] * 2)
    with pytest.raises(ArgumentError, match="No subset"):
        decode(Fraction(1, 2), binary_weights(3))
    with pytest.raises(ArgumentError, match="1022"):
        binary_weights(5000)
