"""Fast layers against plain loops, values and derivatives, over batch shapes, dtypes and devices.

Tolerances are forward error bounds: gamma(k) = ku/(1 - ku) for k roundings, times the expression with
every factor replaced by its absolute value. The loops run in float64 on the same numbers and get it
bound with u = 2^-53. Scores err by e_s, so a softmax weight errs by a factor within exp(2 e_s) (1 + gamma(n + 8)).
"""

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import layers
from torch_impl.measures import Measure
from torch_impl.reference import loops

F64, F32 = torch.float64, torch.float32
CONFIGURATIONS = [((), 1, 1), ((), 5, 3), ((3,), 4, 2), ((2, 3), 7, 4)]
grid = pytest.mark.parametrize(("batch", "n", "d"), CONFIGURATIONS)
dtypes = pytest.mark.parametrize("dtype", [F64, F32])


def _rows(c):
    """Every (points, weights, queries) of the batch as float64 lists."""
    points, weights, x = (t.detach().cpu().to(F64) for t in (c.mu.points, c.mu.weights, c.x))
    n, d, q = points.shape[-2], points.shape[-1], x.shape[-2]
    return zip(
        points.reshape(-1, n, d).tolist(),
        weights.reshape(-1, n).tolist(),
        x.reshape(-1, q, d).tolist(),
        strict=True,
    )


def _by_loops(c, f):
    """f(points, weights, x) for each query, as a float64 tensor (batch * q, ...)."""
    return torch.tensor([f(p, a, x) for p, a, queries in _rows(c) for x in queries], dtype=F64)


def _flat(value, trailing):
    return value.detach().cpu().to(F64).reshape(-1, *value.shape[value.ndim - trailing :])


def _error(fast, slow, bound):
    """max |fast - slow|, for a bound that tells 1 % wrong from right."""
    assert bound < 1e-2 * (1 + float(slow.abs().max()))
    return float((fast - slow).abs().max())


def _softmax_slack(c, dtype, gamma):
    """Relative error of a softmax weight: 2 e_s from the scores, n + 8 roundings of exp, sum and quotient."""
    A, y, x = c.A.abs(), c.mu.points.abs(), c.x.abs()
    d, n = c.A.shape[0], y.shape[-2]
    size = (x @ (y @ A.mT).mT).max() + c.mu.weights.log().abs().max()
    e_s = gamma(2 * d + 4, dtype) * float(size) * 2  # twice: the shift by the maximum rounds once more
    return float(torch.tensor(2 * e_s, dtype=F64).exp()) * (1 + gamma(n + 8, dtype)) - 1


def _largest_value(c):
    return float((c.mu.points.abs() @ c.A.abs().mT).max())


@grid
@dtypes
def test_gradient_mlp(draw, gamma, batch, n, d, dtype, device):
    c = draw(batch, n, d, dtype=dtype, device=device)
    W, b = c.W.cpu().to(F64), c.b.cpu().to(F64)
    fast = _flat(layers.gradient_mlp(c.x, c.W, c.b, c.step), 1)
    slow = _by_loops(c, lambda p, a, x: loops.gradient_mlp(x, W.tolist(), b.tolist(), c.step))
    k = W.shape[0]
    size = c.x.abs().cpu().to(F64)
    size = float((size + c.step * (size @ W.abs().T + b.abs()) @ W.abs()).max())
    allowed = (gamma(d + k + 5, dtype) + gamma(d + k + 5, F64)) * size
    assert _error(fast, slow, allowed) <= allowed


@grid
@dtypes
def test_attention_mean_and_layer(draw, gamma, batch, n, d, dtype, device):
    c = draw(batch, n, d, dtype=dtype, device=device)
    A = c.A.cpu().to(F64).tolist()
    slack = sum(_softmax_slack(c, t, gamma) + gamma(n + d + 3, t) for t in (dtype, F64))
    bound = slack * _largest_value(c)
    fast = _flat(layers.attention_mean(c.mu, c.x, c.A), 1)
    slow = _by_loops(c, lambda p, a, x: loops.attention_mean(p, a, x, A))
    assert _error(fast, slow, bound) <= bound
    fast = _flat(layers.gradient_attention(c.mu, c.x, c.A, c.step), 1)
    slow = _by_loops(c, lambda p, a, x: loops.gradient_attention(p, a, x, A, c.step))
    last = sum(gamma(2, t) for t in (dtype, F64)) * float(c.x.abs().max() + c.step * _largest_value(c))
    allowed = c.step * bound + last
    assert _error(fast, slow, allowed) <= allowed


@grid
@dtypes
def test_attention_covariance(draw, gamma, batch, n, d, dtype, device):
    c = draw(batch, n, d, dtype=dtype, device=device)
    A = c.A.cpu().to(F64).tolist()
    fast = _flat(layers.attention_covariance(c.mu, c.x, c.A), 2)
    slow = _by_loops(c, lambda p, a, x: loops.attention_covariance(p, a, x, A))
    # a centred value is at most 2M, errs by M slack; the product p c c by at most 10 M^2 slack
    slack = sum(_softmax_slack(c, t, gamma) + gamma(n + d + 6, t) for t in (dtype, F64))
    allowed = 10 * slack * _largest_value(c) ** 2
    assert _error(fast, slow, allowed) <= allowed


@grid
@dtypes
def test_log_partition(draw, gamma, batch, n, d, dtype, device):
    c = draw(batch, n, d, dtype=dtype, device=device)
    A = c.A.cpu().to(F64).tolist()
    fast = _flat(layers.log_partition(c.mu, c.x, c.A), 0)
    slow = _by_loops(c, lambda p, a, x: loops.log_partition(p, a, x, A))
    # an error of the scores passes through a log-sum-exp unchanged; the last rounding is relative
    slack = sum(_softmax_slack(c, t, gamma) + gamma(4, t) * float(slow.abs().max() + 1) for t in (dtype, F64))
    assert _error(fast, slow, slack) <= slack


@grid
@dtypes
def test_affine_mean(draw, gamma, batch, n, d, dtype, device):
    c = draw(batch, n, d, dtype=dtype, device=device)
    fast = _flat(layers.affine_mean(c.mu, c.x, 0.75, -1.5), 1)
    slow = _by_loops(c, lambda p, a, x: loops.affine_mean(p, a, x, 0.75, -1.5))
    size = float(c.x.abs().max() + 1.5 * c.mu.points.abs().max())
    allowed = (gamma(n + 3, dtype) + gamma(n + 3, F64)) * size
    assert _error(fast, slow, allowed) <= allowed


@dtypes
def test_sorting_step_sorts_exactly_where_the_difference_is_exact(dtype, device):
    pairs = torch.tensor([[2.0, 1.0], [1.0, 2.0], [-3.5, -3.5], [0.0, -7.25]], dtype=dtype, device=device)
    assert torch.equal(layers.sorting_step(pairs), pairs.sort(-1).values)
    with pytest.raises(ArgumentError, match="no pair"):
        layers.sorting_step(torch.zeros(3))


def test_softmax_against_loops(gamma):
    z = torch.randn(4, 6, dtype=F64, generator=torch.Generator().manual_seed(0))
    slow = torch.tensor([loops.softmax(row) for row in z.tolist()], dtype=F64)
    # z - max rounds once, at most 8 in size here, then exp, n additions and a quotient
    assert float((layers.softmax(z) / slow - 1).abs().max()) <= 2 * (gamma(8 * 2, F64) + gamma(6 + 8, F64))


def test_matrices_and_steps_may_carry_the_batch(draw):
    c = draw((3,), 4, 2)
    A = torch.stack([c.A, -c.A, 2 * c.A])
    W, b = torch.stack([c.W, -c.W, c.W / 2]), torch.stack([c.b, c.b, -c.b])
    steps = torch.tensor([0.1, 0.2, 0.3], dtype=F64)
    attention = layers.gradient_attention(c.mu, c.x, A, steps)
    mlp = layers.gradient_mlp(c.x, W, b, steps)
    affine = layers.affine_mean(c.mu, c.x, steps, -steps)
    for i in range(3):
        one = Measure(c.mu.points[i], c.mu.weights[i])
        step = float(steps[i])
        # same operations on each slice; a batched product may only reorder sums of at most 6 terms
        close = {"rtol": 0, "atol": 64 * torch.finfo(F64).eps * 64}
        assert torch.allclose(attention[i], layers.gradient_attention(one, c.x[i], A[i], step), **close)
        assert torch.allclose(mlp[i], layers.gradient_mlp(c.x[i], W[i], b[i], step), **close)
        assert torch.allclose(affine[i], layers.affine_mean(one, c.x[i], step, -step), **close)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": torch.zeros(4, 2, dtype=F64)}, "required points"),
        ({"x": torch.zeros(3, dtype=F64)}, "required points"),
        ({"x": torch.zeros(2, 4, 3, dtype=F64)}, "required points"),
        ({"x": torch.zeros(4, 3)}, "share dtype"),
        ({"A": torch.zeros(2, 3, dtype=F64)}, "required A"),
        ({"A": torch.zeros(2, 3, 3, dtype=F64)}, "carry the batch"),
        ({"A": torch.zeros(3, 3)}, "share dtype"),
        ({"step": torch.zeros(3, dtype=F64)}, "step must be"),
    ],
)
def test_wrong_shapes_are_refused(draw, change, message):
    c = draw()
    arguments = {"x": c.x, "A": c.A, "step": 0.1} | change
    with pytest.raises(ArgumentError, match=message):
        layers.gradient_attention(c.mu, arguments["x"], arguments["A"], arguments["step"])


@pytest.mark.parametrize(("W", "b"), [((3, 6), (6,)), ((6, 3), (3,)), ((6,), (6,)), ((2, 6, 3), (2, 6))])
def test_wrong_mlp_shapes_are_refused(draw, W, b):
    with pytest.raises(ArgumentError, match="gradient_mlp"):
        layers.gradient_mlp(draw().x, torch.zeros(W, dtype=F64), torch.zeros(b, dtype=F64), 0.1)
