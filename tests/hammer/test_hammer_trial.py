"""Tested: the bound of a trial at measured quantities, and how far their errors move it, one quantity at a time."""

import pytest
import torch
from hammer_trials import ALL

from proofcheck.hammer.trial import Measured


def one_at_a_time(trial, found):
    """The definition, by a float evaluation per quantity and sign."""

    def bound(values):
        return trial.centre({q: Measured(v, torch.zeros_like(v)) for q, v in values.items()})

    centre = bound({q: m.value for q, m in found.items()})
    error = 4 * torch.finfo(centre.dtype).eps * centre.abs()
    for q, m in found.items():
        others = {name: n.value for name, n in found.items()}
        error = error + (bound({**others, q: m.value + m.error}) - bound({**others, q: m.value - m.error})).abs()
    return centre, error


def measured(names, seed=0, shape=(7,)):
    generator = torch.Generator().manual_seed(seed)
    draws = [0.5 + torch.rand(2, *shape, generator=generator, dtype=torch.float64) for _ in names]
    return {q: Measured(v, 1e-3 * e) for q, (v, e) in zip(names, draws, strict=True)}


@pytest.mark.parametrize("name", ["mlp", "context", "deep", "deep_mlp", "composition", "jacobian_max"])
@pytest.mark.parametrize("shape", [(7,), (3, 2)])
def test_all_quantities_at_once_are_each_in_turn(name, shape):
    trial = ALL[name]
    found = measured(list(trial.prop.quantities.values()), shape=shape)
    centre, error = one_at_a_time(trial, found)
    got = trial.value(found)
    assert torch.equal(got.value, centre)
    assert torch.allclose(got.error, error, rtol=1e-12, atol=0)
    assert bool((error > 5 * torch.finfo(error.dtype).eps * centre).all())  # the errors of the quantities are seen


def test_an_exact_quantity_leaves_the_rounding_of_the_evaluation():
    trial = ALL["mlp"]
    value = torch.tensor([2.0], dtype=torch.float64)
    got = trial.value({"operator_norm": Measured(value, torch.zeros_like(value))})
    assert got.value.tolist() == [0.5]
    assert got.error.tolist() == [4 * torch.finfo(torch.float64).eps * 0.5]


def test_gradients_pass_through_the_value():
    trial = ALL["mlp"]
    value = torch.tensor([2.0], dtype=torch.float64, requires_grad=True)
    trial.value({"operator_norm": Measured(value, torch.zeros(1, dtype=torch.float64))}).value.sum().backward()
    assert value.grad.tolist() == [-0.5]
