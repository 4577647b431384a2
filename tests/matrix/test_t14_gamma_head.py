"""Row T14: d' heads of width 1 on tokens of width d + 3 d' compute gamma_lambda to 1e-12, and move nothing else."""

import math

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.gamma_head import Gamma, Head, gamma, gamma_layer, head, lift, realised
from torch_impl.measures import Measure

TOLERANCE = 1e-12


def drawn(seed, n, d, count):
    g = torch.Generator().manual_seed(seed)
    points, x = (torch.rand(k, d, dtype=torch.float64, generator=g) * 2 - 1 for k in (n, 3))
    weights = torch.rand(n, dtype=torch.float64, generator=g) ** 8 + 1e-300
    rows = torch.randn(count, d + 3, dtype=torch.float64, generator=g)
    factors = tuple(Gamma(r[:d], r[d], r[d + 1], r[d + 2]) for r in rows)
    return Measure(points, weights / weights.sum()), x, factors


def direct(measure, x, f):
    """gamma by sums in python floats, scores shifted by their maximum."""
    query = float(x @ f.a + f.b)
    line = [float(y @ f.a + f.b) for y in measure.points]
    scores = [float(f.c) * query * y for y in line]
    top = max(scores)
    e = [float(w) * math.exp(s - top) for w, s in zip(measure.weights, scores, strict=True)]
    return query + float(f.v) * math.fsum(a * y for a, y in zip(e, line, strict=True)) / math.fsum(e)


@pytest.mark.parametrize(("n", "d", "count"), [(1, 1, 1), (5, 3, 2), (40, 2, 4)])
def test_the_heads_realise_gamma(n, d, count):
    measure, x, factors = drawn(n, n, d, count)
    wanted = torch.tensor([[direct(measure, y, f) for f in factors] for y in x], dtype=torch.float64)
    assert (realised(measure, x, factors) - wanted).abs().max() <= TOLERANCE
    by_definition = torch.stack([gamma(measure, x, f) for f in factors], dim=-1)
    assert (by_definition - wanted).abs().max() <= TOLERANCE


def test_other_coordinates_do_not_move():
    measure, x, factors = drawn(7, 6, 2, 3)
    tokens = lift(x, factors)
    heads = tuple(head(2 + 3 + i, 11, f.c, f.v) for i, f in enumerate(factors))
    moved = gamma_layer(Measure(lift(measure.points, factors), measure.weights), tokens, heads)
    assert torch.equal(moved[:, :5], tokens[:, :5])
    assert torch.equal(moved[:, 8:], tokens[:, 8:])


def test_4096_tokens():
    measure, x, factors = drawn(11, 4096, 2, 1)
    assert abs(float(realised(measure, x[:1], factors)) - direct(measure, x[0], factors[0])) <= TOLERANCE


def test_control_the_wrong_sign_for_negative_c():
    measure, x, _ = drawn(3, 6, 1, 1)
    a, one = torch.ones(1, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    f = Gamma(a, 0 * one, -4 * one, one)
    right = head(2, 4, f.c, f.v)
    wrong = Head(right.Q.abs(), right.K, right.V, right.W)
    lifted, tokens = Measure(lift(measure.points, (f,)), measure.weights), lift(x, (f,))
    gaps = [(gamma_layer(lifted, tokens, (h,))[:, 2] - gamma(measure, x, f)).abs().max() for h in (right, wrong)]
    assert gaps[0] <= TOLERANCE
    assert gaps[1] > 0.1


def test_bad_input_is_named():
    measure, x, factors = drawn(1, 2, 2, 1)
    with pytest.raises(ArgumentError, match="required a"):
        gamma(measure, x, factors[0]._replace(a=torch.ones(3, dtype=torch.float64)))
    with pytest.raises(ArgumentError, match="coordinate=9"):
        head(9, 5, factors[0].c, factors[0].v)
    with pytest.raises(ArgumentError, match="empty"):
        lift(x, ())
