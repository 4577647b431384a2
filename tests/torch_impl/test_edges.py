"""What is tested: values at the edge of each formula, which random draws never meet; mutants of torch_impl did.

Here and not in the files of the modules because each test answers one mutant that those files let live.
"""

from fractions import Fraction

import pytest
import sympy as sp
import torch

from torch_impl import (
    GradientAttention,
    GradientMLP,
    diameter,
    evaluate,
    from_tokens,
    gradient_attention,
    measure,
    radius,
)
from torch_impl.measures import weight_sum_tolerance

F64 = torch.float64


def test_where_no_condition_holds_the_layer_is_the_identity():
    one = measure(torch.tensor([[3.0, 4.0]], dtype=F64))
    x = torch.tensor([[1.0, 2.0]], dtype=F64)
    attention = GradientAttention(2, dtype=F64)
    assert attention.current_step(one) == 0
    assert torch.equal(attention(one, x), x)
    mlp = GradientMLP(2, 3, dtype=F64)
    torch.nn.init.zeros_(mlp.W)
    assert mlp.current_step() == 0


def test_a_given_step_is_the_step_that_is_used(draw):
    c = draw()
    layer = GradientAttention(3, step=0.125, dtype=F64)
    assert layer.current_step(c.mu) == 0.125
    assert torch.equal(layer(c.mu, c.x), gradient_attention(c.mu, c.x, layer.A, 0.125))


def test_the_step_of_a_domain_is_eight_over_the_squared_diameter_of_its_image(draw):
    layer = GradientAttention(3, domain_diameter=4.0, dtype=F64)
    with torch.no_grad():
        layer.A.copy_(torch.diag(torch.tensor([0.5, -0.25, 0.125], dtype=F64)))
    c = draw()
    inside = measure(c.mu.points / c.mu.points.norm(dim=-1, keepdim=True))
    # |A| = 1/2 and the certified bound of it is at most 1e-6 above
    largest = 8 / (0.5 * 4.0) ** 2
    assert largest * (1 - 3e-6) <= float(layer.current_step(inside)) <= largest


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_radius_at_extreme_scales(scale, sign):
    mu = measure(sign * scale * torch.tensor([[3.0, 4.0], [1.0, 0.5]], dtype=F64))
    # two squares, a sum, a root, two scalings
    assert abs(float(radius(mu)) / (5 * scale) - 1) <= 8 * torch.finfo(F64).eps


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("n", [1, 7, 1000])
def test_the_tolerance_for_a_sum_of_weights_is_gamma_2n(n, dtype):
    u = Fraction(torch.finfo(dtype).eps) / 2
    gamma = 2 * n * u / (1 - 2 * n * u)
    # one product, one difference, one quotient
    assert abs(Fraction(weight_sum_tolerance(n, dtype)) - gamma) <= 4 * Fraction(2) ** -53 * gamma


def test_a_dtype_that_cannot_hold_the_weights_has_no_tolerance():
    assert weight_sum_tolerance(64, torch.bfloat16) == float("inf")
    assert weight_sum_tolerance(63, torch.bfloat16) < float("inf")


def test_one_float_makes_a_bound_a_float():
    x = sp.Symbol("x", real=True)
    for expr in (sp.Max(x, sp.Rational(1, 2)), sp.Min(x, sp.Rational(1, 8)), x + 1, 3 * x):
        assert isinstance(evaluate(expr, {"x": 0.25}), float)
        assert isinstance(evaluate(expr, {"x": Fraction(1, 4)}), Fraction)


def test_the_root_of_zero_is_zero():
    assert evaluate(sp.sqrt(sp.Symbol("x", nonnegative=True)), {"x": Fraction(0)}) == 0


def test_masked_tokens_lie_at_the_origin_with_weight_zero():
    tokens = torch.tensor([[1.0, 2.0], [float("nan"), 5.0]], dtype=F64)
    mu = from_tokens(tokens, torch.tensor([True, False]))
    assert mu.points.tolist() == [[1.0, 2.0], [0.0, 0.0]]
    assert mu.weights.tolist() == [1.0, 0.0]


def test_a_context_too_large_to_bound_admits_the_step_zero_only():
    far = measure(torch.tensor([[1e308, 1e308], [-1e308, -1e308]], dtype=F64))
    assert GradientAttention(2, dtype=F64).admissible_step(far) == 0


def test_a_domain_of_diameter_zero_puts_no_condition():
    one = measure(torch.tensor([[3.0, 4.0]], dtype=F64))
    assert GradientAttention(2, domain_diameter=0.0, dtype=F64).current_step(one) == 0


def test_a_vector_along_an_axis_keeps_its_length():
    mu = measure(torch.tensor([[-3.0, 0.0], [0.0, 0.0]], dtype=F64))
    assert radius(mu) == diameter(mu) == 3
