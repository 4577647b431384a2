"""What the lemmas say of the layers, decided in rationals or intervals; and what must not pass.

Hypothesis draws a configuration and a seed. MLP steps are compared exactly; attention ends up in an interval, and a
violation counts only if the intervals are disjoint. Each decision is shown to catch a step past the boundary.
"""

from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torch_impl import layers
from torch_impl.bounds import admissible_step
from torch_impl.measures import Measure, measure
from torch_impl.norms import certified_norm_squared
from torch_impl.reference import balls, exact

F64 = torch.float64
seeds = st.integers(0, 2**31)
dims = st.integers(1, 3)
COMMON = {"max_examples": 40, "deadline": None, "derandomize": True}


def dyadic(shape, seed, scale=16.0):
    return torch.randint(-32, 33, shape, generator=torch.Generator().manual_seed(seed)).to(F64) / scale


def mlp_expands(W, b, step, x, y):
    """Whether |F(x) - F(y)| > |x - y|, exactly."""
    rows, bias = exact.exact_matrix(W), exact.exact_vector(b)
    x, y = exact.exact_vector(x), exact.exact_vector(y)
    images = [exact.gradient_mlp(v, rows, bias, step) for v in (x, y)]
    return exact.squared_distance(*images) > exact.squared_distance(x, y)


def attention_expands(mu, A, step, x, y):
    """Whether |G(mu, x) - G(mu, y)| > |x - y| for certain, by intervals of 200 bits."""
    x, y = exact.exact_vector(x), exact.exact_vector(y)
    images = [balls.gradient_attention(mu, v, exact.exact_matrix(A), step) for v in (x, y)]
    return balls.lower(balls.distance(*images)) ** 2 > exact.squared_distance(x, y)


@given(dims, st.integers(1, 5), seeds)
@settings(**COMMON)
def test_mlp_is_nonexpansive_at_its_largest_step(d, k, seed):
    W, b = dyadic((k, d), seed), dyadic((k,), seed + 1)
    step = admissible_step("mlp_step", "tau_max", "w", certified_norm_squared(W), power=2) or Fraction(1)
    assert not mlp_expands(W, b, step, *dyadic((2, d), seed + 2))


def test_mlp_expands_past_its_largest_step():
    """Control: 5 % past 2/|W|^2 with every unit active, along the top singular vector."""
    W, b = torch.tensor([[3.0, 0.0], [0.0, 1.0]], dtype=F64), torch.full((2,), 100.0, dtype=F64)
    step = admissible_step("mlp_step", "tau_max", "w", certified_norm_squared(W), power=2)
    pair = torch.tensor([[1.0, 0.0], [-1.0, 0.0]], dtype=F64)
    assert not mlp_expands(W, b, step, *pair)
    assert mlp_expands(W, b, step * Fraction(21, 20), *pair)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda x, W, b, step: x + step * torch.relu(x @ W.mT + b) @ W,
        lambda x, W, b, step: x - step * torch.relu(x @ W.mT + b) @ W.mT,
        lambda x, W, b, step: x - step * torch.relu(-(x @ W.mT + b)) @ W,
    ],
    ids=["plus", "W for its transpose", "decreasing activation"],
)
def test_wrong_mlp_layers_expand(wrong):
    """Controls of LT-01: a rotation by 90 degrees shows them; the right layer passes the same points."""
    W = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=F64)
    b = torch.full((2,), 8.0, dtype=F64)
    pairs = torch.stack([dyadic((50, 2), s) for s in (1, 2)])

    def ratio(f, b):
        gap = (f(pairs[0], W, b, 0.5) - f(pairs[1], W, b, 0.5)).norm(dim=-1)
        return float((gap / (pairs[0] - pairs[1]).norm(dim=-1)).max())

    # 20 roundings of sizes below 16, over gaps of at least 1/16
    assert max(ratio(layers.gradient_mlp, b), ratio(layers.gradient_mlp, -b)) <= 1 + 20 * 16 * 16 * 2**-53
    assert max(ratio(wrong, b), ratio(wrong, -b)) > 1.1


@given(dims, st.integers(1, 4), seeds, st.booleans())
@settings(**COMMON)
def test_attention_is_nonexpansive_at_its_sharp_step(d, n, seed, uniform):
    points, A = dyadic((n, d), seed), dyadic((d, d), seed + 1)
    weights = [1] * n if uniform else (dyadic((n,), seed + 2).abs() + 1).tolist()
    mu = exact.exact_measure(points, weights)
    square = exact.diameter_squared(mu, exact.exact_matrix(A))
    step = admissible_step("attention_step_sharp", "eta_max", "D", square, power=2)
    step = Fraction(1) if step is None else step
    assert not attention_expands(mu, A, step, *dyadic((2, d), seed + 3))
    assert not attention_expands(mu, A, step, *dyadic((2, d), seed + 4, scale=2.0**12))


@given(st.integers(2, 4), seeds)
@settings(**COMMON)
def test_covariance_is_below_a_quarter_of_the_squared_diameter(n, seed):
    """Popoviciu in intervals: (D^2/4) I - Cov has nonnegative diagonal and determinant (d = 2), or cannot tell."""
    points, A = dyadic((n, 2), seed), dyadic((2, 2), seed + 1)
    mu, A = exact.exact_measure(points), exact.exact_matrix(A)
    quarter = balls.ball(exact.diameter_squared(mu, A) / 4)
    c = balls.attention_covariance(mu, exact.exact_vector(dyadic((2,), seed + 2)), A)
    a, b, e = quarter - c[0][0], c[0][1], quarter - c[1][1]
    for value in (a, e, a * e - b * b):
        assert balls.upper(value) >= 0


@pytest.mark.parametrize("excess", [Fraction(1, 100), Fraction(1, 1000)])
def test_attention_expands_past_its_sharp_step(excess):
    """Control, LT-05 "only if": two equal atoms at distance D, the pair +-t near 0."""
    mu, A = exact.exact_measure([[1, 0], [-1, 0]]), torch.eye(2, dtype=F64)
    step = admissible_step("attention_step_sharp", "eta_max", "D", Fraction(4), power=2)
    t = 2.0**-6
    pair = torch.tensor([[t, 0.0], [-t, 0.0]], dtype=F64)
    assert not attention_expands(mu, A, step, *pair)
    assert attention_expands(mu, A, step * (1 + excess), *pair)
    assert attention_expands(mu, A, -excess, *pair)


def outputs(mu, x, A):
    return [
        layers.gradient_attention(mu, x, A, 0.25),
        layers.attention_covariance(mu, x, A),
        layers.log_partition(mu, x, A),
        layers.affine_mean(mu, x, 0.5, 2.0),
    ]


def alike(first, second, tolerance):
    return all(torch.allclose(a, b, rtol=0, atol=tolerance) for a, b in zip(first, second, strict=True))


@given(dims, st.integers(1, 5), seeds)
@settings(**COMMON)
def test_layers_see_the_measure_only(d, n, seed):
    """Permuted, duplicated and split atoms are the same measure; weights k/64 are split without rounding.

    Scores are below 3 * 4 * 2 * 2, so 16 (n + d) roundings of them bound every change.
    """
    points, A, x = dyadic((n, d), seed), dyadic((d, d), seed + 1, 32.0), dyadic((2, d), seed + 2)
    weights = torch.full((n,), 1.0, dtype=F64) / n
    tolerance = 16 * (2 * n + d) * 48 * 48 * 2**-53
    whole = outputs(Measure(points, weights), x, A)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(seed))
    assert alike(whole, outputs(Measure(points[order], weights[order]), x, A), tolerance)
    doubled = Measure(torch.cat((points, points)), torch.cat((weights, weights)) / 2)
    assert alike(whole, outputs(doubled, x, A), tolerance)
    split = Measure(torch.cat((points, points[:1])), torch.cat((weights, weights[:1] / 4)))
    split.weights[0] = weights[0] * 3 / 4
    assert alike(whole, outputs(split, x, A), tolerance)


def test_dropped_weights_are_seen_by_the_split():
    """Control: a softmax without log-weights is not a function of the measure."""
    points, x, A = dyadic((3, 2), 1), dyadic((2, 2), 2), dyadic((2, 2), 3)
    mu = measure(points)
    split = Measure(torch.cat((points, points[:1])), torch.tensor([1 / 6, 1 / 3, 1 / 3, 1 / 6], dtype=F64))

    def unweighted(mu):
        values = mu.points @ A.mT
        return layers.softmax(x @ values.mT) @ values

    assert not alike([unweighted(mu)], [unweighted(split)], 1e-3)
    assert alike([layers.attention_mean(mu, x, A)], [layers.attention_mean(split, x, A)], 64 * 48 * 48 * 2**-53)


def test_translating_the_values_moves_the_layer_rigidly():
    """Adding c to every A y_j shifts all scores alike: softmax and covariance stay, the mean moves by c."""
    points, x, A = dyadic((4, 2), 1), dyadic((3, 2), 2), torch.eye(2, dtype=F64)
    shift = torch.tensor([0.5, -0.25], dtype=F64)
    mu, moved = measure(points), measure(points + shift)
    tolerance = 64 * 48 * 48 * 2**-53
    assert alike([layers.attention_covariance(mu, x, A)], [layers.attention_covariance(moved, x, A)], tolerance)
    assert alike([layers.attention_mean(mu, x, A) + shift], [layers.attention_mean(moved, x, A)], tolerance)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
@settings(**COMMON)
def test_sorting_step_sorts_up_to_its_stated_roundoff(a, b):
    u = Fraction(1, 2**53)
    a, b = Fraction(a), Fraction(b)
    computed = layers.sorting_step(torch.tensor([float(a), float(b)], dtype=F64)).tolist()
    bound = u * (abs(a - b) + max(abs(a), abs(b))) * (1 + u) + Fraction(5e-324)
    for value, right in zip(computed, sorted((a, b)), strict=True):
        assert abs(Fraction(value) - right) <= bound


def softmax_ratio(z, w):
    """|softmax z - softmax w| / |z - w| as an interval."""
    p, q = (balls.softmax(exact.exact_vector(v)) for v in (z, w))
    return balls.distance(p, q), exact.squared_distance(exact.exact_vector(z), exact.exact_vector(w))


@given(st.integers(1, 5), seeds)
@settings(**COMMON)
def test_softmax_is_half_lipschitz(n, seed):
    gap, square = softmax_ratio(*dyadic((2, n), seed))
    assert not balls.lower(gap) ** 2 * 4 > square


def test_softmax_is_not_better_than_half_lipschitz():
    """Control: (t, -t) against (-t, t) has ratio tanh(t)/(2t), so 0.499 is refuted."""
    gap, square = softmax_ratio(torch.tensor([0.03125, -0.03125]), torch.tensor([-0.03125, 0.03125]))
    assert balls.lower(gap) ** 2 > Fraction(499, 1000) ** 2 * square
