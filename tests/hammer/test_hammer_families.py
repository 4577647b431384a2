"""Tested: every family yields valid measures with the degeneracy it is named for, reproducibly; token clouds.
Not tested: that the families are the right ones; the mutants measure that."""

import pytest
import torch
from hypothesis import find, given

from proofcheck.errors import ArgumentError
from proofcheck.hammer import families, tokens
from proofcheck.hammer.families import FAMILIES, Configuration, measures
from proofcheck.hammer.strategies import configurations
from torch_impl.measures import measure

AVAILABLE = sorted(families.available()[0])


def drawn(shape, d=3, n=8, **kwargs):
    config = Configuration(shape, d=d, n=n, **{"batch": 30, "seed": 5, **kwargs})
    return measures(config, config.generator())


@pytest.mark.parametrize("shape", AVAILABLE)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
@pytest.mark.parametrize(("d", "n"), [(1, 1), (1, 2), (4, 9)])
def test_every_family_yields_measures_that_torch_impl_accepts(shape, dtype, d, n):
    points, weights = drawn(shape, d, n, dtype=dtype)
    assert points.shape == (30, n, d)
    assert points.dtype == dtype
    assert bool((weights > 0).all())
    measure(points, weights)  # refuses NaN, negative weights and sums off by more than 2nu


@pytest.mark.parametrize("shape", AVAILABLE)
def test_the_same_seed_gives_the_same_measures_and_another_seed_others(shape):
    first, again, other = drawn(shape), drawn(shape), drawn(shape, seed=6)
    assert torch.equal(first.points, again.points)
    assert torch.equal(first.weights, again.weights)
    assert not torch.equal(first.points, other.points) or not torch.equal(first.weights, other.weights)


def test_near_dirac_is_narrow_and_far_from_the_origin():
    points = drawn("near_dirac").points
    width = (points - points[:, :1]).norm(dim=-1).amax(-1)
    assert float((width / points[:, 0].norm(dim=-1)).min()) < 1e-3


def test_two_point_halves_the_mass():
    points, weights = drawn("two_point", n=5)
    assert torch.allclose(weights[:, ::2].sum(-1), torch.full((30,), 0.5, dtype=torch.float64), rtol=1e-14)
    assert torch.equal(points[:, 0], -points[:, 1])


def test_coincident_atoms_coincide():
    points = drawn("coincident").points
    assert all(len(torch.unique(p, dim=0)) <= 3 for p in points)
    assert all(len(torch.unique(p, dim=0)) == 1 for p in points[::3])


def test_tiny_weights_reach_1e_300():
    assert float(drawn("tiny_weights").weights.min()) < 1e-299


def test_sphere_low_rank_and_collinear_are_what_they_say():
    assert torch.allclose(drawn("sphere").points.norm(dim=-1), torch.ones(30, 8, dtype=torch.float64), rtol=1e-14)
    assert int(torch.linalg.matrix_rank(drawn("low_rank", d=6).points).max()) == 3
    line = drawn("collinear").points
    assert int(torch.linalg.matrix_rank(line - line[:, :1], rtol=1e-10).max()) == 1


def test_large_norms_are_large():
    assert float(drawn("large_norms").points.norm(dim=-1).amax()) > 1e3


def test_scale_scales():
    assert torch.equal(drawn("uniform", scale=4.0).points, 4 * drawn("uniform").points)


@pytest.mark.parametrize("bad", [{"d": 0}, {"n": 0}, {"scale": 0.0}, {"shape": "cube"}, {"dtype": torch.bfloat16}])
def test_a_configuration_refuses_nonsense(bad):
    with pytest.raises(ArgumentError, match=next(iter(bad))):
        Configuration(**bad)


@given(configurations(batch=3))
def test_hypothesis_draws_configurations_that_yield_measures(config):
    points, weights = measures(config, config.generator())
    assert points.shape == (3, config.n, config.d)
    measure(points, weights)


def test_hypothesis_shrinks_a_configuration_to_the_simplest():
    simplest = find(configurations(), lambda c: c.n >= 2)
    assert (simplest.shape, simplest.d, simplest.n, simplest.scale, simplest.seed) == (AVAILABLE_FIRST, 1, 2, 1.0, 0)


AVAILABLE_FIRST = next(iter(families.available()[0]))


@pytest.mark.skipif(tokens.missing() is not None, reason="the token weights are not installed")
def test_token_windows_are_rows_of_the_embedding_matrix_in_text_order():
    rows, text = tokens._corpus()
    assert rows.shape[1] == 384
    assert text.numel() > 10_000
    config = Configuration("tokens", d=384, n=6, batch=20, seed=1)
    projected, _ = tokens.projected(config, config.generator())
    cloud = measures(config, config.generator()).points
    nearest = torch.cdist(cloud, projected).argmin(-1)
    follows = {tuple(w) for w in text.unfold(0, 6, 1).tolist()}
    assert all(tuple(row) in follows for row in nearest.tolist())


@pytest.mark.skipif(tokens.missing() is not None, reason="the token weights are not installed")
def test_token_package_is_read_without_being_imported():
    import sys

    drawn("tokens")
    assert tokens.PACKAGE not in sys.modules


def test_missing_token_package_is_named_and_an_error_when_required(monkeypatch):
    monkeypatch.setattr(tokens, "_folder", lambda: None)
    monkeypatch.delenv(tokens.REQUIRE, raising=False)
    names, skipped = families.available()
    assert "tokens" not in names
    assert len(names) == len(FAMILIES) - 1
    assert "not installed" in skipped["tokens"]
    monkeypatch.setenv(tokens.REQUIRE, "1")
    with pytest.raises(ArgumentError, match="not installed"):
        families.available()
