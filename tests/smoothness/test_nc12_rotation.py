"""NC12: a rotation has no real eigenvalue: AS-02's tokens do not reach its bound there, AS-02B's reach theirs."""

import math

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.extremal_tokens import leader_tokens, quarter_turn, quarter_turn_tokens, singular_tokens

EYE = torch.eye(2, dtype=torch.float64)


def rate(A, before, after):
    change = self_attention(after, A, EYE) - self_attention(before, A, EYE)
    return float(change.norm() / (after - before).norm())


def naive(A, n, radius, step):
    """Leader r u, followers (r/2) u for any unit u, and the bound of AS-02 with gamma = ||A||/8: wrong in general."""
    r = radius - step
    u = torch.tensor([1.0, 0.0], dtype=torch.float64)
    before = (r / 2 * u).repeat(n, 1)
    before[0] = r * u
    after = before.clone()
    after[0] += step * torch.tensor([0.0, 1.0], dtype=torch.float64)
    gamma = float(torch.linalg.matrix_norm(A, ord=2)) / 8
    bound = lemma_bound("attention_smoothness.attention_lower_bound", "norm_lower")
    return before, after, float(evaluate(bound, {"v": 1.0, "n": float(n), "gamma": gamma, "R": r}))


@pytest.mark.parametrize("radius", [4.0, 8.0])
def test_the_formula_for_a_real_eigenvalue_fails_on_a_rotation(radius):
    n, step = 30, 1e-4
    before, after, claimed = naive(EYE, n, radius, step)
    assert rate(EYE, before, after) >= claimed * (1 - 1e-9)  # A = I: u is an eigenvector
    before, after, claimed = naive(quarter_turn(1.0), n, radius, step)
    assert rate(quarter_turn(1.0), before, after) < 0.6 * claimed


def test_the_construction_refuses_a_rotation_by_name():
    with pytest.raises(ArgumentError, match=r"real eigenvalue other than 0 required.*singular_tokens"):
        leader_tokens(quarter_turn(1.0), EYE, 5, 2.0, 0.1)


@pytest.mark.parametrize("angle", [0.1, 1.0, math.pi / 2, 3.0])
@pytest.mark.parametrize("n", [2, 10, 100])
def test_the_construction_without_eigenvalues_reaches_its_bound(angle, n):
    c, s = math.cos(angle), math.sin(angle)
    A = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    for radius in (0.5, 2.0, 6.0):
        pair = singular_tokens(A, EYE, n, radius, radius / 10)
        assert rate(A, pair.before, pair.after) >= pair.factor * (1 - 1e-9)


def test_a_quarter_turn_goes_far_beyond_it():
    pair = quarter_turn_tokens(1.0, 50, 8.0, 1e-3)
    assert rate(quarter_turn(1.0), pair.before, pair.after) >= pair.factor
    assert pair.factor > 10 * singular_tokens(quarter_turn(1.0), EYE, 50, 8.0, 1e-3).factor
