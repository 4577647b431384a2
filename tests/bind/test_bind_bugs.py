"""Planted bugs: each is found at the right entry, with a rational input at which the exact values differ."""

import numpy as np
import pytest
import sympy as sp
import torch

from proofcheck.bind import compare, real, weights
from proofcheck.bind.formulas import FORMULAS
from torch_impl import layers
from torch_impl.measures import Measure, atoms, log_weights

CONTEXT = {"measure": Measure(real(2, 2), weights(2)), "x": real(1, 2), "A": real(2, 2)}
SCALAR = {"measure": Measure(real(2, 1), weights(2)), "x": real(1, 1), "A": real(1, 1)}


def mlp_without_transpose(x, W, b, step):
    return x - step * (torch.relu(x @ W + b) @ W)


def mlp_with_plus(x, W, b, step):
    return x + step * (torch.relu(x @ W.mT + b) @ W)


def mlp_with_factor_3(x, W, b, step):
    return x - 3 * step / 2 * (torch.relu(x @ W.mT + b) @ W)


def mlp_without_bias(x, W, b, step):
    return x - step * (torch.relu(x @ W.mT) @ W)


def mlp_leaky(x, W, b, step):
    return x - step * (torch.nn.functional.leaky_relu(x @ W.mT + b) @ W)


MLP_BUGS = [mlp_without_transpose, mlp_with_plus, mlp_with_factor_3, mlp_without_bias, mlp_leaky]


@pytest.mark.parametrize("bug", MLP_BUGS, ids=lambda f: f.__name__)
def test_mlp_bug_is_found(bug):
    result = compare(
        bug,
        FORMULAS["gradient_mlp"].function,
        {"x": real(1, 2), "W": real(2, 2), "b": real(2), "step": real()},
    )
    assert result.verdict == "differs"
    assert result.entry == (0, 0)
    at = {name: float(value) for name, value in result.point.items()}
    x, W, b, step = (
        values(at, name, shape) for name, shape in (("x", (1, 2)), ("W", (2, 2)), ("b", (2,)), ("step", ()))
    )
    code, right = bug(x, W, b, step)[result.entry], layers.gradient_mlp(x, W, b, step)[result.entry]
    assert float(code) == pytest.approx(float(sp.Rational(result.code_value)), rel=1e-12)
    assert float(right) == pytest.approx(float(sp.Rational(result.formula_value)), rel=1e-12)
    assert code != right


def values(at, name, shape):
    """The witness as a float64 tensor; a name that is not in it does not matter."""
    made = torch.zeros(shape, dtype=torch.float64)
    for place in np.ndindex(*shape):
        made[place] = at.get(f"{name}[{','.join(map(str, place))}]" if place else name, 0.0)
    return made


def attention(measure, x, A, *, scores=None, values=None, dim=-1):
    y = atoms(measure) @ A.mT
    s = x @ y.mT + log_weights(measure).unsqueeze(-2) if scores is None else scores(measure, x, y)
    return torch.softmax(s, dim=dim) @ (y if values is None else values(measure, y))


ATTENTION_BUGS = {
    "transposed A": (lambda m, x, A: attention(m, x, A.mT), CONTEXT),
    "sign": (lambda m, x, A: -attention(m, x, A), SCALAR),
    "softmax over the queries": (lambda m, x, A: attention(m, x, A, dim=-2), SCALAR),
    "dropped weights": (lambda m, x, A: attention(m, x, A, scores=lambda m, x, y: x @ y.mT), SCALAR),
    "weights twice": (
        lambda m, x, A: attention(m, x, A, scores=lambda m, x, y: x @ y.mT + 2 * log_weights(m).unsqueeze(-2)),
        SCALAR,
    ),
    "temperature": (
        lambda m, x, A: attention(m, x, A, scores=lambda m, x, y: 2 * (x @ y.mT) + log_weights(m).unsqueeze(-2)),
        SCALAR,
    ),
    "frozen context": (lambda m, x, A: attention(m, x, A, values=lambda m, y: m.points), SCALAR),
    "swapped query and key": (
        lambda m, x, A: attention(
            m, x, A, scores=lambda m, x, y: (m.points @ A @ x.mT).mT + log_weights(m).unsqueeze(-2)
        ),
        CONTEXT,
    ),
    "no normalisation": (
        lambda m, x, A: (x @ (m.points @ A.mT).mT + log_weights(m).unsqueeze(-2)).exp() @ (m.points @ A.mT),
        SCALAR,
    ),
    "unweighted mean": (lambda m, x, A: 0 * x + (m.points @ A.mT).mean(-2, keepdim=True), SCALAR),
}


@pytest.mark.parametrize("bug", sorted(ATTENTION_BUGS))
def test_attention_bug_is_found(bug):
    function, inputs = ATTENTION_BUGS[bug]
    result = compare(function, FORMULAS["attention_mean"].function, inputs)
    assert result.verdict == "differs", str(result)
    assert result.entry == (0, 0)
    masses = [value for name, value in result.point.items() if name.startswith("weights")]
    assert not masses or sum(masses) == 1  # the witness is a probability measure
    assert all(mass > 0 for mass in masses)


def test_a_bug_in_one_entry_is_found_there():
    """Two queries in two dimensions; only the last coordinate of the second is wrong."""

    def bug(measure, x, A):
        right = layers.attention_mean(measure, x, A)
        factor = torch.ones_like(right)
        factor[1, 1] = 2
        return factor * right

    inputs = CONTEXT | {"x": real(2, 2)}
    result = compare(bug, FORMULAS["attention_mean"].function, inputs)
    assert (result.output, result.entry) == (0, (1, 1))
    assert sp.Rational(result.code_value) == 2 * sp.Rational(result.formula_value)
    text = str(result)
    assert text.startswith("differs first at entry [1, 1] of output 0:\n  code:    ")
    assert "\n  formula: " in text
    assert "\n  at points[0,0] = 0, " in text


def test_normalised_weights_may_be_used():
    """x - (1 - sum a) is x for probability weights only: the second attempt knows that they sum to 1."""
    function = lambda measure, x: x - (1 - measure.weights.sum(-1))  # noqa: E731
    inputs = {"measure": Measure(real(2, 1), weights(2)), "x": real(1, 1)}
    assert compare(function, lambda measure, x: x, inputs).verdict == "agrees"
    assert compare(function, lambda measure, x: x + 1, inputs).verdict == "differs"


def test_a_mean_over_tokens_is_not_the_mean_of_the_measure():
    bug = lambda measure, x, q, c: q * x + c * measure.points.mean(-2, keepdim=True)  # noqa: E731
    inputs = {"measure": Measure(real(2, 1), weights(2)), "x": real(1, 1), "q": real(), "c": real()}
    result = compare(bug, FORMULAS["affine_mean"].function, inputs)
    assert result.verdict == "differs"


def test_padding_of_weight_0_is_inert():
    """Without `atoms`, a padded token of weight 0 still counts where its position is multiplied by 1."""
    padded = {"measure": Measure(real(2, 1), torch.tensor([1.0, 0.0], dtype=torch.float64)), "x": real(1, 1)}
    total = lambda measure, x: x + atoms(measure).sum(-2)  # noqa: E731
    stale = lambda measure, x: x + measure.points.sum(-2)  # noqa: E731
    expected = lambda measure, x: x + measure.points[0]  # noqa: E731
    assert compare(total, expected, padded).verdict == "agrees"
    assert compare(stale, expected, padded).verdict == "differs"
