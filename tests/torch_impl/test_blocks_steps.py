"""The differentiable steps behind the blocks: held by the hammer, refuted with a bug planted, equal to networks."""

import pytest
import torch

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.hammer import campaign
from proofcheck.hammer.trial import trials
from torch_impl import blocks, blocks_steps
from torch_impl.layers import gradient_attention, gradient_mlp
from torch_impl.measures import Measure, measure

MEASURES = 400


def on_trial(name):
    lemma = {"product": "LT-12", "lattice": "LT-13", "uniform": "LT-14", "max": "LT-19"}[name.split("_")[0]]
    found = trials(registry.load(registry.find(lemma, registry.headers())))
    return next(t for t in found if t.name == name)


def unscaled(x, W1, b1, W2, b2, step, power):
    """The rescaling forgotten in the bias."""
    return blocks_steps.product_mlp(x, W1, b1, W2, b2 / 2**power, step, power)


def one_softmax(measure, x, A, step):
    """diag(A, A) in one layer: the scores add up."""
    zero = torch.zeros_like(A)
    both = torch.cat([torch.cat([A, zero], dim=1), torch.cat([zero, A], dim=1)])
    moved = gradient_attention(measure, x, both, step)
    return torch.cat([x[..., : len(A)], moved[..., len(A) :]], dim=-1)


def full_norm(z1, z2, v1, v2):
    """The largest step of LT-01 in place of 1/|v1|^2."""
    row = torch.cat([-v1, v2]).unsqueeze(0)
    step = 2 / (v1.square().sum() + v2.square().sum())
    return gradient_mlp(torch.cat([z1, z2], dim=-1), row, v1.new_zeros(1), step)[..., : len(v1)] @ v1


def other_sign(z1, z2, v1, v2):
    return blocks_steps.lattice_maximum(z1, z2, v1, v2)


def used_coordinate(measure, x, w, c, step):
    """A second integral into the same coordinate, halved: the scores are no longer 0."""
    d = x.shape[-1]
    points = torch.cat([measure.points, torch.zeros_like(measure.points[..., :1])], dim=-1)
    query = torch.cat([x, torch.zeros_like(x[..., :1])], dim=-1)
    A = torch.cat([w.new_zeros(d, d + 1), torch.cat([c * w, w.new_zeros(1)]).unsqueeze(0)])
    for _ in range(2):
        mu = Measure(points, measure.weights)
        points, query = (gradient_attention(mu, y, A, step) for y in (points, query))
    return query[..., d] * (-1 / (2 * step * c))


def min_max(x, a, b):
    return -blocks_steps.max_min_steps(x, -a, -b)


PLANTED = {
    "product_mlp": unscaled,
    "product_attention": one_softmax,
    "lattice_maximum": full_norm,
    "lattice_minimum": other_sign,
    "uniform_integral": used_coordinate,
    "max_min_steps": min_max,
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_hammer_holds_the_code_and_refutes_a_planted_bug(name):
    trial = on_trial(name)
    held = campaign(trial, measures=MEASURES)
    assert held.decision == "holds"
    assert 0 < held.best < 1
    planted = campaign(trial.with_function(PLANTED[name]), measures=MEASURES)
    assert planted.decision == "REFUTED"


def test_steps_and_networks_are_the_same_maps():
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randint(-8, 9, shape, generator=generator).to(torch.float64) / 8

    x = draw(5, 2)
    mu = measure(draw(4, 2))
    # eighths through a handful of sums and products stay exact in doubles
    a, b = draw(2, 3, 2) / 2, draw(2, 3)
    pieces = [[(a[i, j].tolist(), float(b[i, j])) for j in range(3)] for i in range(2)]
    assert torch.equal(blocks.max_min_affine(pieces)(mu, x)[:, 0], blocks_steps.max_min_steps(x, a, b))
    v1, v2 = torch.tensor([1.0, 0.0]).double(), torch.tensor([0.25, -0.5]).double()
    f, g = blocks.linear(v1[None]), blocks.linear(v2[None])
    assert torch.equal(blocks.maximum(f, g)(mu, x)[:, 0], blocks_steps.lattice_maximum(x, x, v1, v2))
    assert torch.equal(blocks.minimum(f, g)(mu, x)[:, 0], blocks_steps.lattice_minimum(x, x, v1, v2))
    network = blocks.integral(blocks.linear(v2[None]), 2.0)
    step = network.layers[0].step
    assert torch.equal(network(mu, x)[:, 0], blocks_steps.uniform_integral(mu, x, v2, 1.0, step))


def gradient(variable):
    if variable.grad is None:
        raise AssertionError("no gradient arrived")
    return variable.grad


def test_gradients_reach_slopes_and_offsets():
    a = torch.tensor([[[1.0], [0.5]], [[-1.0], [0.25]]], dtype=torch.float64, requires_grad=True)
    b = torch.zeros(2, 2, dtype=torch.float64, requires_grad=True)
    blocks_steps.max_min_steps(torch.tensor([[3.0]], dtype=torch.float64), a, b).sum().backward()
    # min(3, 1.5) = 1.5 beats min(-3, 0.75): only the second piece of the first group counts
    assert torch.equal(gradient(b), torch.tensor([[0.0, 1.0], [0.0, 0.0]]).double())
    assert torch.equal(gradient(a).flatten(), torch.tensor([0.0, 3.0, 0.0, 0.0]).double())


@pytest.mark.parametrize(
    ("step", "first"), [(blocks_steps.lattice_maximum, False), (blocks_steps.lattice_minimum, True)]
)
def test_gradients_of_the_lattice_step_are_those_of_max_and_min(step, first):
    z1, z2, v1, v2 = (
        torch.tensor(v, dtype=torch.float64, requires_grad=True)
        for v in ([1.0, 2.0], [3.0, 4.0], [0.5, 0.5], [0.5, 0.25])
    )
    step(z1, z2, v1, v2).backward()  # f = 1.5 < g = 2.5
    expected = {z1: v1, v1: z1} if first else {z2: v2, v2: z2}
    for variable in (z1, z2, v1, v2):
        value = expected.get(variable, torch.zeros_like(variable)).detach()
        # |v1|^2 = 1/2 and all entries are short dyadic numbers: every operation is exact
        assert torch.equal(gradient(variable), value)


ONE = torch.ones(1, dtype=torch.float64)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: blocks_steps.product_mlp(ONE, ONE[None], ONE, ONE[None], ONE, 1.0, 0), "d1 \\+ d2"),
        (lambda: blocks_steps.product_attention(measure(ONE[None]), ONE[None], torch.eye(2).double(), 1.0), "k <= 1"),
        (lambda: blocks_steps.lattice_maximum(ONE, ONE, ONE[None], ONE), "lattice step"),
        (lambda: blocks_steps.uniform_integral(measure(ONE[None]), ONE[None], ONE, 0.0, 1.0), "step != 0"),
        (lambda: blocks_steps.uniform_integral(measure(ONE[None]), ONE[None], ONE[None], 1.0, 1.0), "required w"),
        (lambda: blocks_steps.max_min_steps(ONE, ONE[None], ONE), "groups, pieces, d"),
        (lambda: blocks_steps.max_min_steps(ONE, ONE[None, :0, None], ONE[None, :0]), "none empty"),
    ],
)
def test_bad_shapes_are_named(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()
