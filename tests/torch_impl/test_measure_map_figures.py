"""The numbers behind the pictures of docs/measure-maps.md: closed forms, bounds and the quoted values."""

import math
from pathlib import Path

import pytest

from benchmarks import measure_maps

PAGE = (Path(__file__).parents[2] / "docs" / "measure-maps.md").read_text(encoding="utf-8")


def test_tokens_lie_on_the_ellipses_up_to_the_error_of_64_layers():
    paths, moments, gap = measure_maps.flow_data()
    assert gap < 1e-12
    for share, (mean, covariance) in zip((0, 0.5, 1), moments, strict=True):
        at = paths[round(64 * share)] - mean
        size = (at @ covariance.inverse() * at).sum(-1).sqrt()
        assert float((size[:24] - 0.8).abs().max()) < 0.02
        assert float((size[24:] - 1.7).abs().max()) < 0.05


def test_depth_stays_below_the_bound_and_the_wrong_layers_do_not_converge():
    data = measure_maps.depth_data()
    assert all(e <= b for e, b in zip(data["step T/N"], data["proved bound"], strict=True))
    assert data["step T/N"][-1] < data["step T/N"][0] / 100
    assert data["frozen context"][-1] > data["frozen context"][0] / 2
    assert data["step T/√N"][-1] > 0.1


def test_the_oscillation_reaches_both_ends():
    shares, values = measure_maps.oscillation_data()
    small = [v for a, v in zip(shares, values, strict=True) if a < 1e-5]
    assert max(small) > 0.999
    assert min(small) < -0.999


@pytest.mark.parametrize("score", [0.1, 1.0, 3.0])
def test_collisions_are_never_before_the_bound(score):
    products, kept = measure_maps.collision_data(score)
    assert all(k >= 1 - x - 1e-14 for x, k in zip(products, kept, strict=True))
    assert f"{score / math.tanh(score):.4f}" in PAGE


@pytest.mark.parametrize("score", [0.5, 1.0, 2.0, 4.0])
def test_the_extremal_family_uses_up_the_bound_of_w1(score):
    ratio = measure_maps.amplification_data(score, [1e-6])[0]
    # the quotient of the move 1e-6 carries a rounding of about 4 u/1e-12
    assert 0.99 < ratio <= 1 + 1e-3
    assert f"{min(ratio, 1):.4f}" in PAGE
    assert measure_maps.amplification_data(score, [0.5])[0] < 0.6  # control: heavy atoms are far from it


def test_every_picture_is_on_the_page():
    for name in measure_maps.FIGURES:
        assert f"img/measure-maps-{name}.svg" in PAGE
        assert (measure_maps.IMAGES / f"measure-maps-{name}.svg").exists()
