"""Modules keep the lemma's step through construction, edits and training; too large steps are refused."""

import copy
import math
from fractions import Fraction

import pytest
import sympy as sp
import torch

from proofcheck.errors import ArgumentError
from torch_impl import bounds
from torch_impl.composition import InContextTransformer
from torch_impl.measures import Measure, measure
from torch_impl.modules import GradientAttention, GradientMLP
from torch_impl.reference.exact import (
    diameter_squared,
    exact_matrix,
    exact_measure,
    is_positive_semidefinite,
    radius_squared,
)

F64 = torch.float64


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def mlp_is_admissible(layer):
    """step * |W|^2 <= 2, decided by the exact positive semidefiniteness of (2/step) I - W^T W."""
    square, columns = (
        Fraction(2) / Fraction(layer.current_step()),
        list(zip(*exact_matrix(layer.W), strict=True)),
    )
    gram = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns] for u in columns]
    n = len(gram)
    return is_positive_semidefinite(tuple(tuple(square * (i == j) - gram[i][j] for j in range(n)) for i in range(n)))


@pytest.mark.parametrize("dtype", [F64, torch.float32])
def test_mlp_step_is_admissible_and_nearly_the_largest(dtype):
    layer = GradientMLP(3, 5, dtype=dtype)
    assert mlp_is_admissible(layer)
    norm = float(torch.linalg.matrix_norm(layer.W.detach().to(F64), 2))
    assert layer.current_step() * norm**2 >= 2 * (1 - 2 * torch.finfo(dtype).eps - 2**-40)


def test_mlp_refuses_a_larger_step_and_says_what_to_do():
    with pytest.raises(ArgumentError, match=r"step must be at most .*LT-01.*step=None.*unchecked=True"):
        GradientMLP(3, 5, step=1e3)
    GradientMLP(3, 5, step=1e3, unchecked=True)
    layer = GradientMLP(3, 5, step=1e-3)
    assert layer.current_step() == 1e-3 or layer.W.dtype == torch.float32
    for bad in (-0.1, math.nan, math.inf):
        with pytest.raises(ArgumentError, match="finite and >= 0"):
            GradientMLP(3, 5, step=bad)
        with pytest.raises(ArgumentError, match="finite and >= 0"):
            GradientAttention(3, step=bad)


def test_mlp_on_the_boundary_sorts_and_one_float_more_is_refused():
    """LT-11: W = [1, -1], step 1 = 2/|W|^2 exactly."""
    layer = GradientMLP(2, 1, step=1.0, unchecked=True, dtype=F64)
    with torch.no_grad():
        layer.W.copy_(torch.tensor([[1.0, -1.0]]))
    layer.unchecked = False
    pairs = torch.tensor([[3.0, 1.0], [1.0, 3.0]], dtype=F64)
    assert layer(None, pairs).tolist() == [[1.0, 3.0], [1.0, 3.0]]
    layer.step = math.nextafter(1.0, 2.0)
    with pytest.raises(ArgumentError, match=r"step must be at most 1\.0 "):
        layer(None, pairs)


@pytest.mark.parametrize("edit", ["no_grad", "data", "load", "rebind"])
def test_every_way_to_edit_a_parameter_is_seen(edit):
    layer = GradientMLP(3, 4, dtype=F64)
    before = layer.current_step()
    if edit == "no_grad":
        with torch.no_grad():
            layer.W.mul_(4)
    elif edit == "data":
        layer.W.data.mul_(4)  # leaves the version counter alone
    elif edit == "load":
        layer.load_state_dict({"W": layer.W.detach() * 4, "b": layer.b})
    else:
        layer.W = torch.nn.Parameter(layer.W.detach() * 4)
    assert layer.current_step() == before / 16
    assert mlp_is_admissible(layer)


def test_a_fixed_step_is_refused_once_the_parameters_outgrow_it():
    layer = GradientMLP(3, 4, step=0.05, dtype=F64)
    x = torch.zeros(2, 3, dtype=F64)
    layer(None, x)
    layer.W.data.mul_(100)
    with pytest.raises(ArgumentError, match="LT-01"):
        layer(None, x)
    layer.step = -1e-9
    with pytest.raises(ArgumentError, match="gradient descends"):
        layer(None, x)


def test_no_condition_is_the_identity(draw):
    c = draw()
    mlp, attention = GradientMLP(3, 4, dtype=F64), GradientAttention(3, dtype=F64)
    mlp.W.data.zero_()
    attention.A.data.zero_()
    assert mlp.admissible_step() == math.inf
    assert float(attention.admissible_step(c.mu)) == math.inf
    assert torch.equal(mlp(c.mu, c.x), c.x)
    assert torch.equal(attention(c.mu, c.x), c.x)


@pytest.mark.parametrize("dtype", [F64, torch.float32])
@pytest.mark.parametrize("bound", ["sharp", "paper"])
def test_attention_step_is_admissible_for_each_context(draw, bound, dtype):
    c = draw((3,), 5, 2, dtype=dtype)
    layer = GradientAttention(2, bound=bound, dtype=dtype)
    steps = layer.current_step(c.mu)
    A, key = exact_matrix(layer.A), "eta_max"
    for i in range(3):
        mu = exact_measure(c.mu.points[i], c.mu.weights[i])
        if bound == "sharp":
            largest = bounds.admissible_step("attention_step_sharp", key, "D", diameter_squared(mu, A), power=2)
        else:
            largest = bounds.admissible_step("attention_step", key, "beta", radius_squared(mu, A))
        step = Fraction(float(steps[i]))
        assert step <= largest
        assert step >= largest * (1 - 2 * Fraction(torch.finfo(dtype).eps) - Fraction(1, 2**40))


def test_the_sharp_step_is_never_below_the_papers(draw):
    c = draw((20,), 4, 3)
    sharp, paper = GradientAttention(3, dtype=F64), GradientAttention(3, bound="paper", dtype=F64)
    paper.A = sharp.A
    # both are rounded down by a relative (10 d + 64) u at most
    assert bool((sharp.admissible_step(c.mu) >= paper.admissible_step(c.mu) * (1 - 100 * 2**-52)).all())


def test_attention_on_the_exact_boundary_is_accepted_and_one_float_more_refused():
    """Atoms +-1, A = 1: D = 2, 8/D^2 = 2; the rounded-out diameter alone would refuse it."""
    mu = measure(torch.tensor([[1.0], [-1.0]], dtype=F64))
    layer = GradientAttention(1, step=2.0, dtype=F64)
    layer.A.data.fill_(1.0)
    x = torch.zeros(1, 1, dtype=F64)
    assert float(layer.admissible_step(mu)) < 2.0
    layer(mu, x)
    layer.step = math.nextafter(2.0, 3.0)
    with pytest.raises(ArgumentError, match=r"8/D\^2, LT-05, context 0"):
        layer(mu, x)
    layer.unchecked = True
    layer(mu, x)
    paper = GradientAttention(1, step=2.5, bound="paper", dtype=F64)
    paper.A.data.fill_(1.0)
    with pytest.raises(ArgumentError, match="2/beta, LT-04"):
        paper(mu, x)


def test_domain_diameter_fixes_the_step_and_watches_the_contexts(draw):
    c = draw((4,), 5, 2)
    layer = GradientAttention(2, domain_diameter=20.0, dtype=F64)
    steps = layer.current_step(c.mu)
    assert bool((steps == steps[0]).all())
    assert bool((steps <= layer.admissible_step(c.mu)).all())
    with pytest.raises(ArgumentError, match="LT-05, context"):
        layer(Measure(c.mu.points * 100, c.mu.weights), c.x)
    with pytest.raises(ArgumentError, match="domain_diameter"):
        GradientAttention(2, step=1e3, domain_diameter=20.0)
    for bad in (-1.0, math.inf, math.nan):
        with pytest.raises(ArgumentError, match="domain_diameter"):
            GradientAttention(2, domain_diameter=bad)
    with pytest.raises(ArgumentError, match="'sharp' or 'paper'"):
        GradientAttention(2, bound="best")
    with pytest.raises(ArgumentError, match="'sharp' or 'paper'"):
        GradientAttention(2, bound="paper", domain_diameter=1.0)


def test_padding_does_not_enter_the_step(draw):
    c = draw((), 4, 2)
    layer = GradientAttention(2, dtype=F64)
    weights = torch.cat((c.mu.weights, torch.zeros(1, dtype=F64)))
    steps = [
        layer.current_step(Measure(torch.cat((c.mu.points, torch.full((1, 2), far, dtype=F64))), weights))
        for far in (0.0, 1e9)
    ]
    assert torch.equal(*steps)


def test_training_keeps_every_step_admissible(draw, device):
    c = draw((4,), 5, 2, device=device)
    model = InContextTransformer(
        [
            GradientMLP(2, 6, dtype=F64, device=device),
            GradientAttention(2, dtype=F64, device=device),
            GradientMLP(2, 6, dtype=F64, device=device),
        ]
    )
    optimiser = torch.optim.SGD(model.parameters(), lr=0.3)
    start = copy.deepcopy(model.state_dict())
    for _ in range(5):
        optimiser.zero_grad()
        loss = (model(c.mu, c.x) - c.x.flip(-1)).square().mean()
        loss.backward()
        optimiser.step()
        assert mlp_is_admissible(model.layers[0])
        assert mlp_is_admissible(model.layers[2])
    assert any(not torch.equal(v, start[k]) for k, v in model.state_dict().items())
    assert set(start) == {"layers.0.W", "layers.0.b", "layers.1.A", "layers.2.W", "layers.2.b"}


def test_the_step_comes_from_the_lemma(monkeypatch):
    """Control: a lemma with another constant moves the step; nothing here retypes it."""
    layer = GradientMLP(3, 5, dtype=F64)
    before = layer.current_step()
    w = sp.Symbol("w", positive=True)
    bounds._in_powers.cache_clear()
    monkeypatch.setattr(bounds, "lemma_bound", lambda lemma, key: 3 / w**2)
    try:
        assert layer.current_step() == pytest.approx(1.5 * before, rel=2**-50)
        assert not mlp_is_admissible(layer)  # and the check used above can fail
    finally:
        bounds._in_powers.cache_clear()
