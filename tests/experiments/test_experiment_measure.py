"""Tested: measurements against dense Jacobians, their bounds in order, extremal tokens, and q, which is no norm."""

import math
from dataclasses import replace

import pytest
import torch

from proofcheck.errors import ArgumentError
from proofcheck.experiments import adversarial
from proofcheck.experiments.adversarial import (
    extremal_direction,
    extremal_heads,
    extremal_tokens,
    lower_bound,
    measure_adversarial,
    short_radius,
)
from proofcheck.experiments.bounds import ball_bound, head_factor, local_upper
from proofcheck.experiments.measure import measure_text, public_quantity
from torch_impl.attention import self_attention
from torch_impl.huggingface import PARTS, AttentionBlock

d, H, k = 6, 2, 3


@pytest.fixture(params=["bert", "bert decoder", "gpt2"])
def block(request):
    generator = torch.Generator().manual_seed(0)

    def draw(*shape):
        return 0.7 * torch.randn(shape, generator=generator, dtype=torch.float64)

    return AttentionBlock(
        kind=request.param[:4], layer=0, query=draw(H, k, d), query_bias=draw(H, k), key=draw(H, k, d),
        key_bias=draw(H, k), value=draw(H, k, d), value_bias=draw(H, k), out=draw(d, H * k), out_bias=draw(d),
        norm_weight=1 + draw(d), norm_bias=draw(d), eps=1e-5, norm_first=request.param == "gpt2",
        causal=request.param != "bert", scale=k**-0.5,
    )  # fmt: skip


def tokens(n, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def dense(f, X):
    J = torch.autograd.functional.jacobian(f, X)
    return float(torch.linalg.matrix_norm(J.reshape(-1, X.numel()), 2))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_measurement_is_the_dense_norm_between_its_bounds(block, part, n):
    state = tokens(n, n)
    found = measure_text(block, part, state, 1e-6)
    X = block.normalised(state) if block.norm_first and part in ("heads", "projected") else state
    norm = dense(block.map(part), X)
    assert found.estimate == pytest.approx(norm, rel=1e-6)
    assert found.converged
    assert found.ordered()
    assert found.lower <= norm * (1 + 1e-12) <= found.upper * (1 + 2e-12)
    assert (found.ball is None) == (part in ("residual", "block"))
    read = block.normalised(state) if block.norm_first else state
    assert found.radius == pytest.approx(max(float(x.norm()) for x in read))


@pytest.mark.parametrize("part", PARTS)
def test_bounds_hold_on_many_inputs_and_nearly_touch(block, part):
    ratios = []
    for seed in range(12):
        state = tokens(4, seed) * (1 + seed) / 4
        X = block.normalised(state) if block.norm_first and part in ("heads", "projected") else state
        ratios.append(dense(block.map(part), X) / local_upper(block, part, state))
    assert max(ratios) <= 1
    assert max(ratios) > 0.08  # a bound that is far off would hold whatever was measured


WRONG = {
    "no query bias": lambda b: replace(b, query_bias=0 * b.query_bias),
    "values cut in two": lambda b: replace(b, value=b.value / 4),
    "scores forgotten": lambda b: replace(b, query=0 * b.query, query_bias=0 * b.query_bias),
}


@pytest.mark.parametrize("wrong", ["values cut in two", "scores forgotten"])
def test_bounds_of_another_block_are_broken(block, wrong):
    other, broken = WRONG[wrong](block), []
    for seed in range(12):
        state = 3 * tokens(4, seed)
        read = block.normalised(state) if block.norm_first else state
        broken.append(dense(block.map("heads"), read) > local_upper(other, "heads", state))
    assert any(broken)


def test_order_is_judged():
    state = tokens(3)
    good = measure_text(_plain(), "heads", state, 1e-6)
    assert good.ordered()
    assert not replace(good, lower=good.estimate * 1.01).ordered()
    assert not replace(good, upper=good.estimate * 0.99).ordered()
    assert not replace(good, ball=good.upper * 0.99).ordered()


def _plain(A=None, V=None):
    """One head with scores <A x, y> (A of any rank up to d) and no biases."""
    A = torch.diag(torch.linspace(-1, 2, d, dtype=torch.float64)) if A is None else A
    V = torch.eye(d, dtype=torch.float64) if V is None else V
    zero = torch.zeros(1, d, dtype=torch.float64)
    return AttentionBlock(
        kind="bert", layer=0, query=A[None], query_bias=zero, key=torch.eye(d, dtype=A.dtype)[None], key_bias=zero,
        value=V[None], value_bias=zero, out=torch.eye(d, dtype=A.dtype), out_bias=zero[0],
        norm_weight=torch.ones(d, dtype=A.dtype), norm_bias=zero[0], eps=1e-5, norm_first=False, causal=False,
        scale=1.0,
    )  # fmt: skip


# extremal tokens


@pytest.mark.parametrize(
    ("eigenvalues", "gamma"), [((-1.0, 2.0), 1.0), ((-0.1, 2.0), 0.25), ((3.0, 1.0), 0.375), ((-2.0, -5.0), 5.0)]
)
def test_the_direction_is_the_strongest_real_eigenvector(eigenvalues, gamma):
    A = torch.zeros(d, d, dtype=torch.float64)
    A[0, 0], A[1, 1] = eigenvalues
    A[0, 3] = 0.5  # not symmetric
    found = extremal_direction(_plain(A), 0)
    assert found.gamma == pytest.approx(gamma)
    assert torch.allclose(A @ found.u, found.eigenvalue * found.u, atol=1e-12)


def test_a_rotation_has_none():
    A = torch.zeros(d, d, dtype=torch.float64)
    A[0, 1], A[1, 0] = 1.0, -1.0
    assert extremal_direction(_plain(A), 0) is None
    assert extremal_heads(_plain(A)) == ()
    with pytest.raises(ArgumentError, match="real eigenvalue"):
        measure_adversarial(_plain(A), 0, 4, 1.0, 1e-6)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("n", [2, 5, 12])
def test_extremal_tokens_attain_the_lower_bound(sign, n):
    A = sign * torch.diag(torch.tensor([1.0, 0.5, 0.2, 0.1, 0.1, 0.1], dtype=torch.float64))
    block = _plain(A)
    direction = extremal_direction(block, 0)
    for radius in (0.5, 1.0, 10.0):
        X = extremal_tokens(direction, n, radius)
        assert float(X.norm(dim=-1).max()) == pytest.approx(radius)
        norm = dense(lambda X: self_attention(X, A, block.value[0]), X)
        assert lower_bound(block.value[0], direction, n, radius) <= norm * (1 + 1e-12)
        found = measure_adversarial(block, 0, n, radius, 1e-6)
        assert found.ordered()
        assert found.estimate == pytest.approx(norm, rel=1e-6)
    # R = 10: the leader has all the weight, of the others' rows and (lambda > 0) of its own
    rows = n if sign > 0 else n - 1
    assert found.estimate == pytest.approx(found.lower * math.sqrt(rows / (n - 1)), rel=1e-3)


def test_growth_stops_where_the_radius_is_short():
    block = _plain()
    direction = extremal_direction(block, 0)
    radius = short_radius(direction)
    assert math.exp(2 * direction.gamma * radius**2) == pytest.approx(adversarial.PEAK)
    bounds = [lower_bound(block.value[0], direction, n, radius) for n in (5, 33, 500, 5000)]
    assert bounds[0] < bounds[1] > bounds[2] > bounds[3]
    long = [lower_bound(block.value[0], direction, n, 3 * radius) for n in (5, 33, 500, 5000)]
    assert long == sorted(long)


def test_the_strongest_head_is_chosen():
    weak, strong = _plain(), _plain(-2 * torch.eye(d, dtype=torch.float64))
    both = replace(weak, query=torch.cat([weak.query, strong.query]), key=torch.cat([weak.key, strong.key]))
    assert extremal_heads(both) == (1, 0)
    assert extremal_heads(weak) == (0,)


# bounds on a ball, and q


def test_the_ball_bound_is_that_of_the_lemma_and_of_plain_parts_only():
    assert head_factor(2.0, 9) == pytest.approx(3 + 2 * (1 + 3))
    block, state = _plain(), tokens(4)
    s = 2 * float(state.norm(dim=-1).max()) ** 2  # |A| = 2, no bias
    assert ball_bound(block, "heads", state) == pytest.approx(head_factor(s, 4))
    assert ball_bound(block, "block", state) is None
    biased = replace(block, query_bias=block.query_bias + 1)
    assert ball_bound(biased, "heads", state) > ball_bound(block, "heads", state)


def test_q_grows_like_a_fourth_root_on_a_map_whose_constant_does_not():
    W = torch.randn(d, d, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    X = tokens(1)
    qs = [public_quantity(lambda X: X @ W.mT, X.expand(n, d).contiguous()) for n in (1, 16, 256)]
    assert qs[1] / qs[0] == pytest.approx(2)  # 16^(1/4)
    assert qs[2] / qs[0] == pytest.approx(4)
    assert qs[0] == pytest.approx(float((W.mT @ W @ X[0]).norm()) ** 0.5)


def test_q_is_what_the_loop_with_the_first_of_two_returns():
    def f(X):
        return torch.tanh(X) @ torch.ones(d, 2, dtype=X.dtype)

    X, v = tokens(3), tokens(3, 1)
    for _ in range(5):
        u = torch.func.jvp(f, (X,), (v,))[0]  # (f(X), J v): the first is f(X)
        v = torch.func.vjp(f, X)[1](u)[0]
        value, v = v.norm(), v / v.norm()
    assert public_quantity(f, X) == pytest.approx(float(value) ** 0.5)
