"""Row T5: the bracket of MM-13 tends to psi(G(mu, x)) with slope 1 for locally constant psi, not for others."""

import math
from itertools import pairwise

import pytest
import torch

from torch_impl.attention import residual_attention
from torch_impl.measure_maps import push
from torch_impl.measures import Measure

A = torch.tensor([[0.6, -0.3], [0.4, 0.5]], dtype=torch.float64)
V = torch.tensor([[0.5, 0.2], [-0.1, 0.4]], dtype=torch.float64)
MU = Measure(
    torch.tensor([[0.5, 0.1], [-0.7, 0.3], [0.2, -0.6]], dtype=torch.float64),
    torch.tensor([1 / 7, 2 / 7, 4 / 7], dtype=torch.float64),
)
X = torch.tensor([[0.9, 0.8]], dtype=torch.float64)
EPS = [10.0**-k for k in range(1, 6)]


def layer(measure, x):
    return residual_attention(measure, x, A, V, 0.5)


def added(measure, x, eps):
    return Measure(
        torch.cat((measure.points, x)), torch.cat(((1 - eps) * measure.weights, measure.weights.new_tensor([eps])))
    )


def bracket(f, measure, x, eps, psi):
    """[<f(mu_eps), psi> - (1 - eps) <f(mu), psi>]/eps, differences atom by atom so that nothing cancels."""
    new, old = f(added(measure, x, eps)), f(measure)
    n = len(old.weights)
    drift = float((old.weights * (psi(new.points[:n]) - psi(old.points))).sum())
    return float(psi(new.points[n:])[0]) + (1 - eps) / eps * drift


def generic(y):
    return torch.sin(y[:, 0]) + y[:, 1] ** 2


def locally_constant(y):
    """`generic` away from supp f(mu), a constant within 0.1 of it, smooth between."""
    places = push(layer, MU).points
    near = (y.unsqueeze(1) - places).norm(dim=-1).amin(-1)
    t = ((near - 0.1) / 0.1).clamp(0, 1)
    step = t**3 * (10 - 15 * t + 6 * t**2)
    return 5.0 + step * (generic(y) - 5.0)


def f(measure):
    return push(layer, measure)


def test_the_atoms_stay_where_psi_is_constant():
    n = len(MU.weights)
    moved = (f(added(MU, X, EPS[0])).points[:n] - f(MU).points).norm(dim=-1).max()
    assert moved < 0.1
    assert (layer(MU, X) - f(MU).points).norm(dim=-1).min() > 0.2


def test_the_error_has_slope_one():
    limit = float(locally_constant(layer(MU, X))[0])
    errors = [abs(bracket(f, MU, X, eps, locally_constant) - limit) for eps in EPS]
    slopes = [math.log10(a / b) for a, b in pairwise(errors)]
    assert slopes[1:] == pytest.approx([1.0] * len(slopes[1:]), abs=0.05)


def test_the_bracket_is_the_value_at_the_new_atom():
    for eps in EPS:
        exact = float(locally_constant(layer(added(MU, X, eps), X))[0])
        assert bracket(f, MU, X, eps, locally_constant) == exact


def test_control_a_generic_psi_sees_the_singular_part():
    limit = float(generic(layer(MU, X))[0])
    errors = [abs(bracket(f, MU, X, eps, generic) - limit) for eps in EPS]
    assert errors[-1] > 0.01
    assert errors[-1] == pytest.approx(errors[-2], rel=1e-2)  # it converges, to something else


def test_control_the_oscillating_map_has_no_limit():
    def oscillating(measure):
        size = float((measure.weights @ measure.points)[0])
        return Measure(measure.points * (math.sin(math.log(size)) if size > 0 else 0.0), measure.weights)

    def psi(y):
        return torch.where(y[:, 0].abs() < 0.25, torch.zeros_like(y[:, 0]), y[:, 0])

    zero, one = Measure(torch.zeros(1, 1).double(), torch.ones(1).double()), torch.ones(1, 1).double()
    top, bottom = (
        [bracket(oscillating, zero, one, math.exp(sign * math.pi / 2 - 2 * math.pi * k), psi) for k in (1, 2, 5)]
        for sign in (1, -1)
    )
    assert top == pytest.approx([1.0] * 3, abs=1e-9)
    assert bottom == pytest.approx([-1.0] * 3, abs=1e-9)
