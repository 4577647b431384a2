"""T2. Layers compose with the moved context; queries off the support travel as tokens of weight 1e-300.

Controls: the second layer evaluated with the context of the first (a frozen context), probes that carry weight.
"""

import pytest
import torch
from matrix_contexts import F64, context, matrices

from torch_impl.attention import residual_attention
from torch_impl.measure_maps import compose, context_free, push, through_probes
from torch_impl.measures import Measure

TOLERANCE = 1e-13


def attention(seed, d, h=0.4):
    torch.manual_seed(seed)
    A, V = torch.randn(d, d, dtype=F64) / 2, torch.randn(d, d, dtype=F64) / 2
    return lambda mu, x: residual_attention(mu, x, A, V, h)


def network(d):
    W = matrices(d, d)[1] / 2
    return (attention(1, d), context_free(lambda x: x + torch.relu(x @ W.mT)), attention(2, d), attention(3, d))


@pytest.mark.parametrize("tiny", [False, True])
@pytest.mark.parametrize(("n", "d"), [(1, 1), (5, 3), (200, 2)])
def test_probes_of_no_mass_carry_queries_off_the_support(n, d, tiny):
    mu, x, layers = context(n, d, tiny=tiny), torch.randn(7, d, dtype=F64), network(d)
    assert (compose(*layers)(mu, x) - through_probes(layers, mu, x)).abs().max() <= TOLERANCE


def test_4096_tokens():
    mu, x, layers = context(4096, 1), torch.randn(3, 1, dtype=F64), (attention(1, 1),)
    assert (compose(*layers)(mu, x) - through_probes(layers, mu, x)).abs().max() <= TOLERANCE


def test_the_measure_map_of_the_composition_is_the_composition_of_the_measure_maps():
    mu, layers = context(6, 3), network(3)
    moved = mu
    for layer in layers:
        moved = push(layer, moved)
    assert (moved.points - push(compose(*layers), mu).points).abs().max() <= TOLERANCE
    assert torch.equal(moved.weights, mu.weights)
    x = torch.randn(4, 3, dtype=F64)
    grouped = compose(compose(*layers[:2]), compose(*layers[2:])), compose(layers[0], compose(*layers[1:]))
    for other in grouped:
        assert (other(mu, x) - compose(*layers)(mu, x)).abs().max() <= TOLERANCE


def test_an_atom_off_the_support_of_a_probe_does_not_move_the_others():
    mu, layers = context(6, 2), network(2)
    far = torch.full((1, 2), 3.0, dtype=F64)
    one, two = through_probes(layers, mu, far), through_probes(layers, mu, torch.cat([far, torch.zeros_like(far)]))
    assert (one - two[:1]).abs().max() <= TOLERANCE


def test_controls_fail():
    mu, x = context(6, 2), torch.randn(5, 2, dtype=F64)
    first, second = attention(1, 2), attention(2, 2)
    exact = compose(first, second)(mu, x)
    frozen = second(mu, first(mu, x))  # the old context
    assert (frozen - exact).abs().max() > 1e-3
    heavy = through_probes((first, second), Measure(mu.points, mu.weights * (1 - 5e-2)), x, 1e-2)
    assert (heavy - exact).abs().max() > 1e-3
