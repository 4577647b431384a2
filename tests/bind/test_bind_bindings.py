"""Each lemma's torch callables compute the lemma's formulas; a planted bug is found at the right entry."""

from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp
import torch

from proofcheck import registry
from proofcheck.bind import check_bindings, compare, formula_of, real, weights
from proofcheck.bind.check import check_callable
from proofcheck.bind.formulas import FORMULAS, formula
from proofcheck.bind.normal import Field
from proofcheck.errors import ArgumentError
from proofcheck.lemma import Binding
from torch_impl import layers
from torch_impl.measures import Measure, atoms, log_weights, mean

CONTEXT = {"measure": Measure(real(2, 2), weights(2)), "x": real(1, 2), "A": real(2, 2)}
SCALAR = {"measure": Measure(real(2, 1), weights(2)), "x": real(1, 1), "A": real(1, 1)}


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_layer_computes_the_formula(name):
    result = check_callable(name, getattr(layers, name), FORMULAS[name])
    assert result.ok, result.detail
    assert result.entries >= 6
    assert len(result.sizes) == len(FORMULAS[name].cases)
    assert not result.literals


def test_every_lemma_names_a_callable_and_a_formula():
    bindings = [b for header in registry.headers() for b in registry.load(header).bindings]
    assert len(bindings) >= 10
    for binding in bindings:
        module, name = binding.callable.split(":")
        assert module == "torch_impl.layers"
        assert callable(getattr(layers, name))
        assert formula(binding.formula).name == name


def test_results_are_those_of_the_lemma(monkeypatch):
    lemma = SimpleNamespace(bindings=(Binding("torch_impl.layers:softmax", "softmax"),))
    (result,) = check_bindings(lemma)
    assert (result.callable, result.verdict, result.entries) == ("torch_impl.layers:softmax", "agrees", 12)
    assert result.sizes == ("z 1", "z 2", "z 3", "z 2x3")
    monkeypatch.setattr(layers, "softmax", lambda scores: torch.softmax(scores, dim=0))
    (result,) = check_bindings(lemma)
    assert result.verdict == "differs"
    assert result.detail.startswith("at z 2x3: differs first at entry [0, 0]")


def test_missing_callables_and_formulas_are_named():
    with pytest.raises(ArgumentError, match=r"a callable required, got 'torch_impl.layers:nothing'"):
        check_bindings(SimpleNamespace(bindings=(Binding("torch_impl.layers:nothing", "softmax"),)))
    with pytest.raises(ArgumentError, match=r"a formula required, got 'x - step'. Known are affine_mean,"):
        check_bindings(SimpleNamespace(bindings=(Binding("torch_impl.layers:softmax", "x - step"),)))
    with pytest.raises(ArgumentError, match="has no attribute 'absent'"):
        formula("proofcheck.bind.formulas:absent")


# ---- planted bugs


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
        lambda m, x, A: attention(
            m, x, A, scores=lambda m, x, y: x @ y.mT + 2 * log_weights(m).unsqueeze(-2)
        ),
        SCALAR,
    ),
    "temperature": (
        lambda m, x, A: attention(
            m, x, A, scores=lambda m, x, y: 2 * (x @ y.mT) + log_weights(m).unsqueeze(-2)
        ),
        SCALAR,
    ),
    "stale context": (lambda m, x, A: attention(m, x, A, values=lambda m, y: m.points), SCALAR),
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
    assert mean(Measure(torch.ones(2, 1), torch.ones(2) / 2)) == 1


def test_padding_of_weight_0_is_inert():
    """Without `atoms`, a padded token of weight 0 still counts where its position is multiplied by 1."""
    padded = {"measure": Measure(real(2, 1), torch.tensor([1.0, 0.0], dtype=torch.float64)), "x": real(1, 1)}
    total = lambda measure, x: x + atoms(measure).sum(-2)  # noqa: E731
    stale = lambda measure, x: x + measure.points.sum(-2)  # noqa: E731
    expected = lambda measure, x: x + measure.points[0]  # noqa: E731
    assert compare(total, expected, padded).verdict == "agrees"
    assert compare(stale, expected, padded).verdict == "differs"


# ---- derivatives of what the code computes


def test_attention_mean_is_the_gradient_of_the_log_partition():
    """LT-02 on the code itself: SymPy differentiates the graph of one callable and meets the graph of another."""
    (values,), (gradient,), (hessian,) = (
        formula_of(getattr(layers, name), CONTEXT)
        for name in ("log_partition", "attention_mean", "attention_covariance")
    )
    x = [sp.Symbol(f"x[0,{i}]", real=True) for i in range(2)]
    field = Field()
    for i in range(2):
        assert field.equal(sp.diff(values[0], x[i]), gradient[0, i])
        for j in range(2):
            assert field.equal(sp.diff(gradient[0, i], x[j]), hessian[0, i, j])
    assert not field.equal(sp.diff(values[0], x[0]), gradient[0, 1])
