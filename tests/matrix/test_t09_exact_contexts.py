"""T9. Cube = tanh layer, tokens y and -y, one token, equiangular tokens. Control: a missing 1/sqrt(k)."""

import math

import pytest
import torch
from matrix_contexts import F64, context, matrices
from scipy.integrate import solve_ivp

from proofcheck.errors import ArgumentError
from torch_impl import equiangular
from torch_impl.attention import attend, residual_attention
from torch_impl.hermite_context import attend_on_cube, tanh_layer
from torch_impl.measures import from_tokens, measure

TOLERANCE = 1e-12


@pytest.mark.parametrize(("d", "r"), [(1, 1.0), (3, 0.7), (8, 1.3), (12, 0.1)])
def test_the_cube_is_a_tanh_layer(d, r):
    (A, V), x = matrices(d, 3), torch.randn(5, d, dtype=F64)
    size = torch.tensor(r, dtype=F64)
    assert (attend_on_cube(x, A, V, size) - tanh_layer(x, A, V, r)).abs().max() <= TOLERANCE
    # Q, K of inner width 4: A = K^T Q / 2, and without the 1/2 the gap is not small
    assert (attend_on_cube(x, 2 * A, V, size) - tanh_layer(x, A, V, r)).abs().max() > 1e-2


def test_4096_tokens():
    (A, V), x = matrices(12, 1), torch.randn(2, 12, dtype=F64) / 4
    assert (attend_on_cube(x, A, V, torch.tensor(1.0, dtype=F64)) - tanh_layer(x, A, V, 1.0)).abs().max() <= TOLERANCE


def test_two_opposite_tokens():
    (A, V), y = matrices(3, 2), torch.randn(3, dtype=F64)
    x = torch.randn(4, 3, dtype=F64)
    expected = torch.tanh(x @ A.mT @ y).unsqueeze(-1) * (V @ y)
    assert (attend(measure(torch.stack([y, -y])), x, A, V) - expected).abs().max() <= TOLERANCE


def test_one_token_moves_by_a_power():
    (A, V), x = matrices(2, 2), torch.randn(1, 2, dtype=F64)
    y, step = x, torch.eye(2, dtype=F64) + V / 10
    for _ in range(10):
        y = residual_attention(from_tokens(y), y, A, V, 0.1)
    assert (y - x @ torch.linalg.matrix_power(step, 10).mT).abs().max() <= TOLERANCE
    many = measure(x.expand(5, 2).clone(), context(5, 2, tiny=True).weights)  # any weights at one point
    assert (attend(many, torch.randn(3, 2, dtype=F64), A, V) - x @ V.mT).abs().max() <= TOLERANCE


@pytest.mark.parametrize(("n", "c", "beta", "h"), [(2, 0.3, 1.0, 0.5), (7, -0.1, 2.0, 1.0), (64, 0.9, -1.0, 0.1)])
def test_equiangular_tokens_stay_so_and_follow_the_map(n, c, beta, h):
    X, eye = equiangular.equiangular(n, c), torch.eye(n, dtype=F64)
    now = c
    off = ~torch.eye(n, dtype=torch.bool)
    for _ in range(4):
        X = equiangular.sphere_layer(X, beta * eye, eye, h)
        now = equiangular.next_inner(now, beta, n, h)
        assert ((X @ X.mT)[off] - now).abs().max() <= TOLERANCE
    wrong = equiangular.sphere_layer(equiangular.equiangular(n, c), beta / 2 * eye, eye, h)
    first = equiangular.next_inner(c, beta, n, h)
    assert ((wrong @ wrong.mT)[off] - first).abs().max() > 1e-5


def test_the_flow_follows_its_equation():
    n, c, beta, t = 5, -0.1, 1.5, 1.0
    eye = torch.eye(n, dtype=F64)

    def tokens(_, flat):
        X = torch.from_numpy(flat).reshape(n, n)
        return equiangular.sphere_velocity(X, beta * eye, eye).reshape(-1).numpy()

    start = equiangular.equiangular(n, c).reshape(-1).numpy()
    X = torch.from_numpy(solve_ivp(tokens, (0, t), start, method="DOP853", rtol=1e-13, atol=1e-14).y[:, -1].copy())
    line = solve_ivp(
        lambda _, y: [equiangular.rate(y[0], beta, n)],
        (0, t), [c], method="DOP853", rtol=1e-13, atol=1e-14,
    ).y[0, -1]  # fmt: skip
    gram = X.reshape(n, n) @ X.reshape(n, n).mT
    assert (gram[~torch.eye(n, dtype=torch.bool)] - line).abs().max() <= TOLERANCE


def test_the_energy_of_sums_rises_at_the_rate_of_the_lemma_and_softmax_has_another():
    beta, n = 1.3, 6
    torch.manual_seed(0)
    X = torch.nn.functional.normalize(torch.randn(n, 3, dtype=F64), dim=-1).requires_grad_(True)
    energy = torch.exp(beta * X @ X.mT).mean() / (2 * beta)
    (gradient,) = torch.autograd.grad(energy, X)
    X = X.detach()
    w = torch.exp(beta * X @ X.mT) @ X / n
    velocity = w - (w * X).sum(-1, keepdim=True) * X
    assert float((gradient * velocity).sum()) == pytest.approx(float((velocity**2).sum() / n), abs=TOLERANCE)
    soft = equiangular.sphere_velocity(X, beta * torch.eye(3, dtype=F64), torch.eye(3, dtype=F64))
    assert abs(float((gradient * soft).sum()) - float((soft**2).sum() / n)) > 1e-2


@pytest.mark.parametrize(("n", "c"), [(1, 0.0), (3, 1.1), (3, -0.6), (3, math.nan)])
def test_inner_products_that_no_tokens_have_are_refused(n, c):
    with pytest.raises(ArgumentError, match=r"-1/\(n - 1\) <= c <= 1"):
        equiangular.equiangular(n, c)
