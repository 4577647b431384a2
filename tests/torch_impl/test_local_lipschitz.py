"""The matrix-free local constant: conformance, dense singular values, residuals, lower bounds without convergence.

A converged value may be off by its residual, 1e-6 relative by default; AGREE is that.
"""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import jacrev

from proofcheck.errors import ArgumentError
from proofcheck.testing import assert_estimator, classify
from torch_impl.attention import self_attention
from torch_impl.attention_heads import Heads, heads_of, multi_head_attention
from torch_impl.local_lipschitz import local_lipschitz

AGREE = 1e-6
SLOW = torch.diag(1 - torch.arange(100, dtype=torch.float64) / 1000)  # singular values that Lanczos tells apart late


def normal(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed + 31 * sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def singular_values(f, X):
    return torch.linalg.svdvals(jacrev(f)(X).reshape(-1, X.numel()))


def attention(n, d, seed=0, mask=None, size=1.0):
    A, V, beta = normal(d, d, seed=seed) / math.sqrt(d), normal(d, d, seed=seed + 1), normal(d, seed=seed)
    return lambda X: self_attention(X, A, V, mask=mask, beta=beta), size * normal(n, d, seed=seed + 2)


def matrix(M):
    return lambda X: (M @ X.flatten()).reshape(-1)


def test_it_returns_the_norm():
    assert assert_estimator(local_lipschitz, "norm").verdict == "norm"


def test_stopped_early_it_returns_a_lower_bound():
    report = classify(lambda f, X: local_lipschitz(f, X, iterations=1), repeats=1)
    assert report.verdict == "lower bound"


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize(("n", "d"), [(1, 5), (5, 1), (20, 20), (50, 8), (8, 50), (100, 4)])
def test_agrees_with_a_dense_svd(n, d, mask):
    for seed, size in ((0, 0.3), (1, 1.0), (2, 3.0)):
        f, X = attention(n, d, seed, mask, size)
        dense, found = float(singular_values(f, X)[0]), local_lipschitz(f, X)
        assert found.converged
        assert abs(found.value - dense) <= AGREE * dense


def test_batches_and_outputs_of_any_shape_are_flattened():
    f, X = attention(6, 5)
    pair = torch.stack([X, 2 * X])
    separate = max(float(singular_values(f, x)[0]) for x in pair)
    assert abs(float(local_lipschitz(f, pair)) - separate) <= AGREE * separate
    for g in (lambda X: f(X)[-1], lambda X: f(X).sum(), lambda X: torch.cat([f(X), X])):
        dense = float(singular_values(g, X)[0])
        assert abs(float(local_lipschitz(g, X)) - dense) <= AGREE * dense


@pytest.mark.parametrize("mask", [None, "causal"])
def test_at_the_size_of_a_model_it_forms_a_twentieth_of_the_products_of_the_matrix(mask):
    n, d = 98, 384
    Q, K, V = (normal(12, 32, d, seed=seed) / math.sqrt(d) for seed in range(3))
    heads = Heads(Q, K, V, normal(d, d) / math.sqrt(d))
    found = local_lipschitz(lambda X: multi_head_attention(X, heads, mask=mask), normal(n, d), tolerance=1e-4)
    assert found.converged
    assert 20 * 2 * found.iterations <= n * d


@pytest.mark.parametrize("iterations", [1, 2, 5, 10, 40, 200])
def test_it_is_a_lower_bound_and_a_singular_value_lies_within_its_residual(iterations):
    M = torch.linalg.qr(normal(100, 100))[0] @ SLOW @ torch.linalg.qr(normal(100, 100, seed=5))[0]
    found = local_lipschitz(matrix(M), normal(100), iterations=iterations)
    rounding = 100 * np.finfo(np.float64).eps  # of a product with a (100, 100) matrix, relative
    assert found.iterations <= iterations + 1
    assert found.value <= 1 + rounding
    assert float((torch.linalg.svdvals(M) - found.value).abs().min()) <= found.residual + rounding
    assert found.converged == (found.residual <= 1e-6 * found.value)
    assert found.converged == (iterations == 200)
    assert iterations == 1 or found.value > 0.9


def test_without_convergence_the_best_of_the_vectors_seen_is_used():
    values = [local_lipschitz(matrix(SLOW), normal(100), iterations=k).value for k in (1, 2, 4, 8, 16)]
    assert values == sorted(values)
    assert values[-1] > 0.99 > values[0]


@pytest.mark.parametrize("scale", [1e-200, 1e-8, 1e8, 1e150])
def test_squares_neither_overflow_nor_vanish(scale):
    M = scale * normal(40, 40)
    found, dense = local_lipschitz(matrix(M), normal(40)), float(torch.linalg.svdvals(M / scale)[0])
    assert found.converged
    assert abs(found.value / scale - dense) <= AGREE * dense


def test_maps_without_derivative_in_x():
    for f in (torch.zeros_like, lambda X: X - X, lambda X: torch.ones(3) + 0 * X.sum()):
        assert local_lipschitz(f, normal(5, 6)).value == 0.0


def test_float32_reaches_its_own_accuracy():
    f, X = attention(12, 12)
    A, V, beta = normal(12, 12) / math.sqrt(12), normal(12, 12, seed=1), normal(12)
    single = local_lipschitz(lambda X: self_attention(X, A.float(), V.float(), beta=beta.float()), X.float())
    dense = float(singular_values(f, X)[0])
    # one product with a (144, 144) Jacobian that is itself a chain of fewer than 144 roundings, each way
    assert abs(single.value - dense) <= 4 * 144 * torch.finfo(torch.float32).eps * dense


def test_the_generators_of_the_caller_are_left_alone_and_runs_repeat():
    f, X = attention(10, 10)
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = local_lipschitz(f, X, iterations=5)
    assert torch.equal(torch.rand(1), expected)
    assert first == local_lipschitz(f, X, iterations=5) != local_lipschitz(f, X, iterations=5, seed=1)


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_modules_in_every_mode_of_autograd(context):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.MultiheadAttention(8, 2, batch_first=True, dropout=0.5, dtype=torch.float64).eval()
    X = normal(1, 6, 8)
    dense = float(singular_values(lambda X: multi_head_attention(X, heads_of(module)), X)[0].detach())
    with context():
        found = local_lipschitz(lambda X: module(X, X, X, need_weights=False)[0], X.clone())
    assert abs(found.value - dense) <= AGREE * dense
    assert all(p.grad is None for p in module.parameters())


def test_fused_attention_has_its_forward_derivative():
    def fused(X):
        return nn.functional.scaled_dot_product_attention(X, X, X, is_causal=True)

    X = normal(1, 2, 7, 4)
    dense = float(
        singular_values(
            lambda X: torch.stack(
                [self_attention(x, torch.eye(4).double() / 2, torch.eye(4).double(), mask="causal") for x in X[0]]
            ),
            X,
        )[0]
    )
    assert abs(float(local_lipschitz(fused, X)) - dense) <= AGREE * dense


class Once(torch.autograd.Function):
    """x -> 3 x^2, with derivatives by hand; `hidden` takes its backward pass out of autograd's sight."""

    generate_vmap_rule = False

    @staticmethod
    def forward(X, hidden):
        return 3 * X * X

    @staticmethod
    def setup_context(ctx, inputs, output):
        X, ctx.hidden = inputs
        ctx.save_for_backward(X)
        ctx.save_for_forward(X)

    @staticmethod
    def backward(ctx, g):
        (X,) = ctx.saved_tensors
        return (6 * X * g.detach() if ctx.hidden else 6 * X * g), None

    @staticmethod
    def jvp(ctx, e, _):
        (X,) = ctx.saved_tensors
        return 6 * X * e


@pytest.mark.parametrize("hidden", [False, True])
def test_functions_that_are_differentiated_by_hand(hidden):
    X = normal(5, 8)
    found = local_lipschitz(lambda X: Once.apply(X, hidden), X)
    assert found.converged
    assert abs(found.value - 6 * float(X.abs().max())) <= AGREE * found.value


def test_the_result_does_not_depend_on_how_products_are_formed(monkeypatch):
    f, X = attention(12, 12)
    fast = local_lipschitz(f, X)
    monkeypatch.setattr("torch_impl.local_lipschitz._Products._transpose", lambda self: None)
    slow = local_lipschitz(f, X)
    assert abs(fast.value - slow.value) <= AGREE * slow.value


def nan_derivative(X):
    return (X - X.detach()).square().sum().sqrt().expand(30)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: local_lipschitz(torch.square, torch.ones(3, dtype=torch.int64)),
            r"X must be a floating tensor.*int64",
        ),
        (lambda: local_lipschitz(torch.square, torch.ones(0)), "not empty"),
        (lambda: local_lipschitz(torch.square, [1.0]), "X=list"),
        (lambda: local_lipschitz(torch.square, torch.ones(3), tolerance=0.0), "tolerance=0.0"),
        (lambda: local_lipschitz(torch.square, torch.ones(3), iterations=0), "iterations=0"),
        (lambda: local_lipschitz(torch.square, torch.ones(3), seed=-1), "seed=-1"),
        (lambda: local_lipschitz(lambda X: (X, X), torch.ones(3)), "must return one floating tensor"),
        (lambda: local_lipschitz(lambda X: X.argmax(), torch.ones(3)), "must return one floating tensor.*int64"),
        (
            lambda: local_lipschitz(nn.Dropout(0.5), torch.ones(30)),
            r"same value twice.*dropout off with model.eval\(\)",
        ),
        (lambda: local_lipschitz(torch.square, torch.ones(3).bfloat16()), r"X must be float32.*bfloat16.*\.float\(\)"),
        (lambda: local_lipschitz(lambda X: X.half(), torch.ones(3)), r"f\(X\) must be float32 or float64"),
        (lambda: local_lipschitz(torch.log, torch.zeros(3)), "f.X. must be finite"),
        (lambda: local_lipschitz(torch.sqrt, torch.zeros(30)), "derivative of f at X must be finite"),
        (lambda: local_lipschitz(nan_derivative, torch.ones(30)), "derivative of f at X must be finite"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()
