"""Our bounds over a box hold points of it, a bound that is too short ends the run, a peer's network is attention.

Not tested: times, how tight a peer is. bound-propagation is optional: PROOFCHECK_REQUIRE_BOUND_PROPAGATION=1 makes its
absence a failure."""

import os

import numpy as np
import pytest
import torch

from benchmarks import interval_baseline, peers_bounds, verifier
from benchmarks.interleaved import Timed
from benchmarks.peers_bounds import (
    OURS,
    cell,
    enclosed_norm,
    instance,
    needed,
    norm_on_ball,
    ours,
    steepest,
    step_needed,
)
from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.reference.ball_arrays import Ball, exactly

# what the package does when it is imported
OLD = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")
GIVEN, RADIUS = instance(4, 2), 0.1


@pytest.fixture(name="peer")
def _peer():
    if not verifier.installed():
        if os.environ.get("PROOFCHECK_REQUIRE_BOUND_PROPAGATION"):
            pytest.fail("bound-propagation is required here and not installed")
        pytest.skip("bound-propagation is not installed")


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("radius", [1e-3, 0.1, 3.0])
def test_our_bounds_hold_sampled_outputs(name, radius):
    low, high = ours(GIVEN, radius)[name]()
    X, A, V = GIVEN
    step = 2 * torch.rand(200, *X.shape, generator=torch.Generator().manual_seed(0), dtype=X.dtype) - 1
    # the middle of the box and its corners: half the points
    step[::2] = step[::2].sign()
    got = self_attention(X + radius * step, A, V)[:, 0].numpy()
    assert (low <= got).all()
    assert (got <= high).all()


def test_the_mean_value_form_is_tight_on_a_short_box_and_half_of_its_radius_is_not_enough():
    low, high = needed(GIVEN, 1e-3)
    lower, upper = interval_baseline.mean_value(*GIVEN, 1e-3)
    assert (upper - lower).sum() <= 1.05 * (high - low).sum()
    lower, upper = interval_baseline.mean_value(*GIVEN, 0.5e-3)
    assert (lower > low).any()
    assert (upper < high).any()


@pytest.mark.parametrize("name", OURS)
def test_a_bound_of_ours_that_is_too_short_ends_the_run(name):
    low, high = needed(GIVEN, RADIUS)
    lower, upper = ours(GIVEN, RADIUS)[name]()
    good = {name: Timed((lower, upper), 0.001)}
    assert float(cell("here", name, good, low, high).split()[0]) >= 1
    short = {name: Timed((low + 1e-9, upper), 0.001)}
    with pytest.raises(ArgumentError, match="unsound"):
        cell("here", name, short, low, high)


def test_a_peers_bound_that_is_too_short_is_written_down_and_a_peer_that_is_absent_has_a_dash():
    low, high = np.zeros(2), np.ones(2)
    assert "short by 5e-01" in cell("here", "CROWN, peer", {"CROWN, peer": Timed((low + 0.5, high), 0.1)}, low, high)
    assert cell("here", "CROWN, peer", {}, low, high) == "-"


def test_the_softmax_of_intervals_is_attained_at_its_corners():
    scores = Ball(np.array([[0.3, -1.0, 0.7]]), np.array([[0.5, 2.0, 0.1]]))
    p = interval_baseline.softmax(scores)
    low, high = interval_baseline.ends(p)
    for j in range(3):
        for side, end in ((1.0, high), (-1.0, low)):
            corner = scores.mid - side * scores.rad
            corner[0, j] = scores.mid[0, j] + side * scores.rad[0, j]
            attained = torch.softmax(torch.from_numpy(corner[0]), -1)[j].item()
            assert side * (end[0, j] - attained) >= -1e-15
            assert end[0, j] == pytest.approx(attained, abs=1e-12)
    sure = interval_baseline.softmax(exactly(scores.mid))
    assert sure.rad.max() < 1e-14


def test_lipschitz_bounds_hold_what_is_attained():
    least = steepest(GIVEN, 0.01)
    assert 1 <= enclosed_norm(GIVEN, 0.01) / least < 1.5
    assert norm_on_ball(GIVEN, 0.01) >= least
    # of the box that is a point the Jacobian at the centre falls short of a corner's
    assert enclosed_norm(GIVEN, 0.0) < steepest(GIVEN, 0.1)


def test_corners_of_a_step_without_a_change_of_sign_attain_the_affine_width():
    W, b, x = torch.eye(2, dtype=torch.float64), torch.full((2,), 5.0, dtype=torch.float64), torch.zeros(2).double()
    low, high = step_needed(x, W, b, 0.5, 0.25)
    np.testing.assert_allclose((low, high), ([-2.625, -2.625], [-2.375, -2.375]), rtol=1e-14)


@OLD
@pytest.mark.parametrize("pairwise", [False, True])
def test_the_peers_network_is_attention(peer, pairwise):
    X, A, V = GIVEN
    got = verifier.attention_network(X, A, V, pairwise=pairwise)(X.flatten()[None])[0]
    torch.testing.assert_close(got, self_attention(X, A, V)[0], rtol=0, atol=1e-14)


@OLD
def test_the_peers_bounds_hold_what_is_attained(peer):
    low, high = needed(GIVEN, RADIUS)
    ways = verifier.attention_ways(*GIVEN, RADIUS)
    assert tuple(ways) == verifier.ATTENTION
    for name, way in ways.items():
        assert "short" not in cell("here", name, {name: Timed(way(), 0.001)}, low, high)


def test_without_the_peer_its_column_says_so(monkeypatch):
    monkeypatch.setattr(verifier, "MODULE", "a_module_that_is_not_there")
    monkeypatch.setattr(peers_bounds, "SIZES", ((4, 2),))
    tables = [peers_bounds.outputs(), peers_bounds.steps()]
    assert all(table.columns[-1] == "bound-propagation: not installed, not measured" for table in tables)
    assert all(row[-1] == "-" for table in tables for row in table.rows)
