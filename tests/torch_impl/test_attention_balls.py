"""Enclosures of covariance, Jacobian and norm: against 200-bit balls of the definition, autograd, and dense norms.

REFERENCE is 2^-190: the width of a 200-bit computation of a few hundred operations on numbers of order 1.
"""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
import torch
from flint import arb

from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.attention_heads import Heads, multi_head_attention
from torch_impl.local_bound import local_bound, local_bound_heads
from torch_impl.local_lipschitz import local_lipschitz
from torch_impl.reference import attention_balls, balls
from torch_impl.reference.attention_balls import (
    attention_jacobian,
    heads_jacobian,
    jacobian_norm_lower,
    jacobian_norm_upper,
    norm_upper,
    tilted_covariance,
)
from torch_impl.reference.exact import ExactMeasure

SHAPES = [(1, 1), (1, 3), (3, 1), (4, 2), (3, 3)]
MASKS = [None, "causal", "self and first"]


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed + 31 * sum(shape))
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def draw(n, d, seed=0, size=1.0, out=None):
    V = normal(out or d, d, seed=seed + 1)
    return size * normal(n, d, seed=seed + 2), normal(d, d, seed=seed), V, normal(d, seed=seed)


def masked(name, n):
    if name != "self and first":
        return name
    mask = torch.eye(n, dtype=torch.bool)
    mask[:, 0] = True
    return mask


def definition(X, A, V, beta, mask):
    """J in balls of 200 bits: the derivative of V sum_j P_ij x_j, term by term, with no covariance in it."""
    n, d = X.shape
    beta = beta[None, :] if isinstance(beta, torch.Tensor) else beta
    x, a, v, b = ([[arb(e) for e in row] for row in M.tolist()] for M in (X, A, V, beta))
    allowed = attention_balls._allowed(mask, X)
    present = [[j for j in range(n) if allowed is None or bool(allowed[i, j])] for i in range(n)]
    theta = [[sum((a[p][q] * x[i][q] for q in range(d)), b[0][p]) for p in range(d)] for i in range(n)]
    J = [[arb(0)] * (n * d) for _ in range(n * len(v))]
    for i in range(n):
        scores = {j: sum((theta[i][p] * x[j][p] for p in range(d)), arb(0)) for j in present[i]}
        Z = sum((s.exp() for s in scores.values()), arb(0))
        P = {j: s.exp() / Z for j, s in scores.items()}
        for k in range(n):
            for q in range(d):  # the derivative in coordinate q of token k
                slope = {}
                for j in present[i]:
                    query = sum((a[p][q] * x[j][p] for p in range(d)), arb(0)) if k == i else arb(0)
                    slope[j] = query + (theta[i][q] if k == j else arb(0))
                mean = sum((P[j] * slope[j] for j in present[i]), arb(0))
                dP = {j: P[j] * (slope[j] - mean) for j in present[i]}
                for r in range(len(v)):
                    moved = sum(
                        (dP[j] * sum((v[r][p] * x[j][p] for p in range(d)), arb(0)) for j in present[i]), arb(0)
                    )
                    J[i * len(v) + r][k * d + q] = moved + (P[k] * v[r][q] if k in P else arb(0))
    return J


def outside(found, J):
    """How many entries of the 200-bit J lie outside the ball."""
    with flint.ctx.workprec(200):
        return sum(
            not (abs(entry - arb(float(found.mid[i, j]))) <= arb(float(found.rad[i, j])))
            for i, row in enumerate(J)
            for j, entry in enumerate(row)
        )


@pytest.mark.parametrize("size", [1e-3, 1.0, 5.0])
@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_the_jacobian_is_enclosed(n, d, mask, size):
    X, A, V, beta = draw(n, d, size=size, out=2)
    mask = masked(mask, n)
    with flint.ctx.workprec(200):
        exact = definition(X, A, V, beta, mask)
    found = attention_jacobian(X, A, V, beta=beta, mask=mask)
    assert outside(found, exact) == 0
    assert found.rad.max() <= 1e-9 * max(1.0, np.abs(found.mid).max())


@pytest.mark.parametrize("size", [1e-160, 1e-80, 25.0, 100.0])
@pytest.mark.parametrize("mask", MASKS)
def test_the_jacobian_is_enclosed_where_squares_vanish_and_weights_underflow(mask, size):
    X, A, V, beta = draw(4, 2, size=size)
    mask = masked(mask, 4)
    with flint.ctx.workprec(400):
        exact = definition(X, A, V, beta, mask)
    found = attention_jacobian(X, A, V, beta=beta, mask=mask)
    assert outside(found, exact) == 0
    assert np.isfinite(found.rad).all()


def test_a_ball_without_its_radius_does_not_hold_the_jacobian():
    X, A, V, beta = draw(4, 2)
    with flint.ctx.workprec(200):
        exact = definition(X, A, V, beta, None)
    found = attention_jacobian(X, A, V, beta=beta)
    assert outside(attention_balls.Ball(found.mid, 0 * found.rad), exact) > 0
    assert outside(attention_balls.Ball(found.mid, found.rad / 1e6), exact) > 0


@pytest.mark.parametrize("change", ["no bias", "no mask", "transposed A", "moved token"])
def test_the_enclosure_can_fail(change):
    X, A, V, beta = draw(4, 2)
    with flint.ctx.workprec(200):
        exact = definition(X, A, V, beta, "causal")
    given = {"beta": beta, "mask": "causal"}
    if change == "no bias":
        given["beta"] = None
    if change == "no mask":
        given["mask"] = None
    if change == "transposed A":
        A = A.mT.contiguous()
    if change == "moved token":
        X = X + 1e-12
    assert outside(attention_jacobian(X, A, V, **given), exact) > 0


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_the_covariance_is_enclosed(weighted, offset):
    points, theta = normal(5, 3) + offset, normal(3) / max(1.0, offset)
    weights = torch.tensor([0.5, 0.125, 0.0, 0.25, 0.125], dtype=torch.float64) if weighted else None
    exact_weights = (torch.ones(5, dtype=torch.float64) / 5 if weights is None else weights).tolist()
    if not weighted:
        exact_weights = [Fraction(1, 5)] * 5
    mu = ExactMeasure(tuple(tuple(map(Fraction, row)) for row in points.tolist()), tuple(map(Fraction, exact_weights)))
    identity = tuple(tuple(Fraction(int(i == j)) for j in range(3)) for i in range(3))
    exact = balls.attention_covariance(mu, tuple(map(Fraction, theta.tolist())), identity)
    found = tilted_covariance(points, theta, weights=weights)
    assert outside(found, exact) == 0
    assert outside(attention_balls.Ball(found.mid, 0 * found.rad), exact) > 0


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize(("n", "d"), [(2, 2), (20, 4), (8, 10), (30, 1)])
def test_bounds_are_in_order_and_close(n, d, mask):
    for seed, size in ((0, 0.5), (1, 2.0)):
        X, A, V, beta = draw(n, d, seed=seed, size=size)

        def f(X, A=A, V=V, beta=beta):
            return self_attention(X, A, V, beta=beta, mask=mask)

        J = torch.func.jacrev(f)(X).reshape(n * d, n * d)
        top = torch.linalg.svd(J)[2][0].reshape(n, d)
        upper = jacobian_norm_upper(X, A, V, beta=beta, mask=mask)
        lower = jacobian_norm_lower(X, A, V, top, beta=beta, mask=mask)
        assert lower <= upper <= local_bound(X, A, V, beta=beta, mask=mask) * (1 + 1e-9)
        assert upper - lower <= 1e-8 * upper
        estimate = local_lipschitz(f, X).value
        assert estimate <= upper * (1 + 1e-12)  # the estimate is a float
        assert abs(estimate - upper) <= 1e-6 * upper


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("scale", [None, 0.3])
def test_several_heads_are_enclosed(mask, groups, scale):
    X = normal(3, 4)
    parts = normal(2, 3, 4), normal(groups, 3, 4, seed=1), normal(groups, 2, 4, seed=2), normal(3, 4)
    heads = Heads(*parts, normal(2, 3), normal(groups, 3), normal(groups, 2), normal(3), scale=scale)
    found = heads_jacobian(X, heads, mask=mask)
    with flint.ctx.workprec(200):
        s = 1 / arb(3).sqrt() if scale is None else arb(scale)
        exact = None
        for head in heads.split():
            given = (head.Q, head.K, head.V, head.W, head.b_q[None, :])
            Q, K, V, W, b = (flint.arb_mat(M.tolist()) for M in given)
            J = definition(X, K.transpose() * Q * s, W * V, b * K * s, mask)
            exact = (
                J
                if exact is None
                else [[a + c for a, c in zip(*rows, strict=True)] for rows in zip(exact, J, strict=True)]
            )
    assert outside(found, exact) == 0
    assert outside(attention_balls.Ball(found.mid, found.rad / 1e6), exact) > 0
    estimate = local_lipschitz(lambda X: multi_head_attention(X, heads, mask=mask), X).value
    upper = norm_upper(found)
    assert abs(estimate - upper) <= 1e-6 * upper
    assert upper <= local_bound_heads(X, heads.split(), mask=mask) * (1 + 1e-9)


def test_exact_norms():
    # one token: f = V x, whatever A
    X, A, V = 3 * normal(1, 2), normal(2, 2), torch.tensor([[3.0, 0.0], [0.0, -4.0]], dtype=torch.float64)
    assert 4 <= jacobian_norm_upper(X, A, V) <= 4 * (1 + 1e-9)
    # A = 0: the mean of all tokens, and the causal means of two
    X, zero = normal(2, 2), torch.zeros(2, 2, dtype=torch.float64)
    assert 4 <= jacobian_norm_upper(X, zero, V) <= 4 * (1 + 1e-9)
    causal = 4 * math.sqrt((3 + math.sqrt(5)) / 4)
    assert causal * (1 - 1e-15) <= jacobian_norm_upper(X, zero, V, mask="causal") <= causal * (1 + 1e-9)


def test_scores_too_large_for_floats_give_no_bound_instead_of_a_wrong_one():
    X, A, V, _ = draw(3, 2)
    assert jacobian_norm_upper(X, 1e17 * A, V) == math.inf
    assert jacobian_norm_lower(X, 1e17 * A, V, X) == 0.0
    assert math.isinf(jacobian_norm_upper(1e200 * X, A, V))
    assert math.isfinite(jacobian_norm_upper(X, 1e6 * A, V))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda: attention_jacobian(normal(2, 2).float(), normal(2, 2), normal(2, 2)),
            r"X must be float64.*\.double\(\)",
        ),
        (lambda: attention_jacobian(normal(1, 2, 2), normal(2, 2), normal(2, 2)), "with 2 axes"),
        (lambda: attention_jacobian(normal(2, 2), normal(3, 3), normal(2, 2)), r"got X \(2, 2\), A \(3, 3\)"),
        (lambda: attention_jacobian(normal(2, 2) / 0, normal(2, 2), normal(2, 2)), "X must be finite"),
        (lambda: heads_jacobian(normal(3, 5), Heads(*[normal(1, 4, 4)] * 3, normal(4, 4))), r"X must be \(n, 4\)"),
        (lambda: attention_jacobian(normal(2100, 1), normal(1, 1), normal(1, 1)), "at most 4194304 entries"),
        (lambda: tilted_covariance(normal(3, 2), normal(3)), r"theta \(3,\)"),
        (lambda: tilted_covariance(normal(3, 2), normal(2), weights=-torch.ones(3).double()), "weights"),
        (lambda: tilted_covariance(normal(3, 2), normal(2), weights=torch.zeros(3).double()), "not all 0"),
        (lambda: jacobian_norm_lower(normal(2, 2), normal(2, 2), normal(2, 2), torch.zeros(2, 2).double()), "not 0"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()
