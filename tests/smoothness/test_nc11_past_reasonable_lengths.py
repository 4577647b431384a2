"""NC11: the sqrt(n) growth of AS-02 ends at n - 1 = e^{2 gamma R^2}; who expects it beyond is wrong."""

import math

import torch

from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound

GAP = math.log(20.0)  # 2 gamma R^2: reasonable lengths end at n = 21
A = -torch.ones(1, 1, dtype=torch.float64)
V = torch.ones(1, 1, dtype=torch.float64)
RADIUS = math.sqrt(GAP / 2)


def followers(n):
    """The part of |D f| that AS-02 speaks of: how fast the n - 1 followers follow their leader -R."""
    X = torch.full((n, 1), RADIUS, dtype=torch.float64)
    X[0] = -RADIUS
    X.requires_grad_(True)
    output = self_attention(X, A, V)
    w = torch.zeros_like(output, requires_grad=True)
    (pulled,) = torch.autograd.grad(output, X, w, create_graph=True)
    (column,) = torch.autograd.grad(pulled[0, 0], w)  # pulled is linear in w: its slope is the Jacobian's first column
    return float(column[1:].norm())


def slope(lengths):
    """The check on trial: sqrt(n) growth means a log-log slope of at least 0.4."""
    first, last = lengths[0], lengths[-1]
    return math.log(followers(last) / followers(first)) / math.log((last - 1) / (first - 1))


def test_growth_like_sqrt_n_up_to_reasonable_lengths():
    assert slope((3, 6)) >= 0.4


def test_no_growth_beyond_them():
    assert slope((100, 1000)) < 0
    assert followers(1000) < followers(21)


def test_every_length_is_above_the_bound_and_below_the_one_for_all_n():
    lower = lemma_bound("attention_smoothness.attention_lower_bound", "norm_lower")
    along = lemma_bound("attention_smoothness.attention_lower_bound", "along_lower")
    s = RADIUS**2
    for n in (2, 5, 21, 50, 500, 1000):
        values = {"v": 1.0, "w": 1.0, "n": float(n), "gamma": 1.0, "R": RADIUS}
        value = followers(n)
        assert value >= float(evaluate(lower, values)) * (1 - 1e-12)
        assert value >= float(evaluate(along, values)) * (1 - 1e-9)  # d = 1: this one is exact
        assert value <= float(evaluate(along, values)) * (1 + 1e-9)
        assert value <= (1 + s) * math.exp(s) + s
    # the largest value of sqrt(N)/(1 + N e^{-g}) over N is e^{g/2}/2
    assert all(
        float(evaluate(lower, {"v": 1.0, "n": float(n), "gamma": 1.0, "R": RADIUS}))
        <= math.exp(GAP / 2) / 2 * (1 + 2.0**-48)
        for n in range(2, 400)
    )


def test_without_scores_nothing_grows():
    for n in (2, 10, 100):
        zero = torch.zeros(1, 1, dtype=torch.float64)
        X = torch.linspace(-1, 1, n, dtype=torch.float64).unsqueeze(-1)
        jacobian = torch.func.jacrev(lambda x, z=zero: self_attention(x, z, V))(X).reshape(n, n)
        assert abs(float(torch.linalg.matrix_norm(jacobian, ord=2)) - 1) < 1e-12
