"""Steps that modules compute for themselves: a power iteration makes expansive layers, the certified norm does not."""

from fractions import Fraction

import pytest
import torch

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.hammer.trial import trial
from proofcheck.testing import check_own_step, expanding_pair, expanding_vector
from torch_impl import modules
from torch_impl.bounds import admissible_step
from torch_impl.modules import GradientAttention, GradientMLP
from torch_impl.norms import certified_norm, certified_norm_squared
from torch_impl.reference.exact import exact_matrix, gradient_mlp, is_positive_semidefinite, squared_distance

F64 = torch.float64
LEMMA = trial(registry.load(registry.find("mlp-step")))


def power_iteration(W, steps=10):
    v = torch.ones(W.shape[1], dtype=F64)
    for _ in range(steps):
        v = W.mT @ (W @ v)
        v = v / v.norm()
    return Fraction(float((W @ v).square().sum()))


def layer(W):
    made = GradientMLP(W.shape[1], W.shape[0], dtype=F64)
    made.W.data, made.b.data = W, torch.full(W.shape[:1], 64.0, dtype=F64)
    return made


def clustered(d, seed):
    g = torch.Generator().manual_seed(seed)
    Q, _ = torch.linalg.qr(torch.randn(d, d, generator=g, dtype=F64))
    R, _ = torch.linalg.qr(torch.randn(d, d, generator=g, dtype=F64))
    return Q @ torch.diag(1 - torch.linspace(0, 0.2, d, dtype=F64)) @ R


@pytest.mark.parametrize("seed", range(3))
def test_a_power_iteration_in_its_place_makes_expansive_layers(monkeypatch, seed):
    W = clustered(6, seed)
    certified = layer(W).current_step()
    assert expanding_pair("mlp", {"W": W, "b": layer(W).b}, certified) is None
    monkeypatch.setattr(modules, "certified_norm_squared", power_iteration)
    step = layer(W).current_step()
    pair = expanding_pair("mlp", {"W": W, "b": layer(W).b}, step)
    assert pair is not None
    rows, b = exact_matrix(W), tuple(Fraction(v) for v in layer(W).b.tolist())
    F, G = (gradient_mlp(v, rows, b, Fraction(step)) for v in (pair.x, pair.y))
    assert squared_distance(F, G) > squared_distance(pair.x, pair.y)
    F, G = (gradient_mlp(v, rows, b, Fraction(certified)) for v in (pair.x, pair.y))
    assert squared_distance(F, G) <= squared_distance(pair.x, pair.y)


def test_the_attention_layer_too(monkeypatch):
    A, domain = clustered(4, 5), 2.0
    points = torch.linalg.svd(A)[2][:1]
    points = torch.cat([points, -points])  # at distance 2 along the top singular vector
    case = {"points": points, "weights": torch.tensor([0.5, 0.5], dtype=F64), "A": A}

    def step():
        made = GradientAttention(4, domain_diameter=domain, dtype=F64)
        made.A.data = A
        return made._domain_step()

    assert expanding_pair("attention", case, step() * (1 - 2**-40)) is None
    monkeypatch.setattr(modules, "certified_norm_squared", power_iteration)
    assert expanding_pair("attention", case, step()) is not None


def test_check_own_step_tells_the_two_apart():
    check_own_step("mlp-step", GradientMLP(2, 2), read_step=lambda m: m.admissible_step(), W="W")

    def estimated(module):
        return float(2 / power_iteration(module.W.detach()))

    with pytest.raises(AssertionError, match="The layer expands") as failure:
        check_own_step(LEMMA, GradientMLP(2, 2), read_step=estimated, W="W")
    assert "decided exactly" in str(failure.value)


@pytest.mark.parametrize(
    "W",
    [
        clustered(12, 1),
        clustered(24, 2) * 1e-160,
        torch.diag(torch.tensor([1 + 1e-6, 1.0, 1.0, 1e-12], dtype=F64)),
        torch.ones(7, 5, dtype=F64) / 3,
        torch.randn(64, 96, generator=torch.Generator().manual_seed(3), dtype=F64),
    ],
    ids=["clustered", "tiny", "condition 1e12", "rank one", "64 by 96"],
)
def test_the_certified_norm_is_above_and_within_a_millionth(W):
    rows = exact_matrix(W if W.shape[0] >= W.shape[1] else W.mT)
    columns = list(zip(*rows, strict=True))
    bound = Fraction(certified_norm(W))
    if len(columns) > 30:  # too large for elimination in rationals: SVD, off by less than 2^-40 at this size
        assert 1 - 2**-40 <= float(bound) / float(torch.linalg.matrix_norm(W, 2)) <= 1 + 1e-6
        return
    gram = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns] for u in columns]

    def above(square):
        return is_positive_semidefinite(
            tuple(tuple(square * (i == j) - v for j, v in enumerate(row)) for i, row in enumerate(gram))
        )

    assert above(bound**2)
    assert not above((bound * (1 - Fraction(1, 10**6))) ** 2)


def test_the_step_is_the_lemmas_expression_of_the_certified_norm():
    W = clustered(5, 4)
    assert layer(W).admissible_step() <= admissible_step("mlp_step", "tau_max", "w", certified_norm_squared(W), power=2)


def test_expanding_pair_at_the_boundary():
    W, b = torch.eye(2, dtype=F64), torch.full((2,), 8.0, dtype=F64)
    assert expanding_pair("mlp", {"W": W, "b": b}, 2.0) is None
    found = expanding_pair("mlp", {"W": W, "b": b}, 2 + 2**-40)
    assert found is not None
    assert found.ratio > 1
    assert "decided exactly" in found.text()
    assert expanding_pair("mlp", {"W": 0 * W, "b": b}, 100.0) is None


def test_expanding_vector_at_the_boundary():
    assert expanding_vector(lambda x: x, (3,)) is None
    assert expanding_vector(lambda x: x.flip(0), (4,)) is None
    found = expanding_vector(lambda x: 2 * x, (2, 2), Fraction(3, 2))
    assert found is not None
    assert found.ratio == 2


def test_bad_arguments():
    W = torch.eye(2, dtype=F64)
    with pytest.raises(ArgumentError, match=r"none for \['b'\]"):
        expanding_pair("mlp", {"W": W}, 1.0)
    with pytest.raises(ArgumentError, match="finite"):
        expanding_pair("mlp", {"W": W, "b": W[0]}, float("nan"))
    with pytest.raises(ArgumentError, match="linear\\(0\\) = 0"):
        expanding_vector(lambda x: x + 1, (2,))
    with pytest.raises(ArgumentError, match="no parameter 'V'"):
        check_own_step(LEMMA, GradientMLP(2, 2), read_step=lambda m: 1.0, W="V")
    with pytest.raises(ArgumentError, match="finite"):
        check_own_step(LEMMA, GradientMLP(2, 2), read_step=lambda m: float("nan"), W="W")
    attention = trial(registry.load(registry.find("LT-04")))
    with pytest.raises(ArgumentError, match="MLP layer"):
        check_own_step(attention, GradientMLP(2, 2), read_step=lambda m: 1.0, W="W")
