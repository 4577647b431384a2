"""Tested: a network over the rationals equals its layers by hand, and floats up to the stated roundoff."""

import math
from fractions import Fraction as F

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.construct_roundoff import roundoff_bound
from torch_impl.measures import measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.reference.exact import exact_matrix, exact_measure, exact_vector, gradient_mlp, mean
from torch_impl.reference.network_exact import ExactNetwork, NotUniform


def double(rows):
    return torch.tensor(rows, dtype=torch.float64)


LIFT = double([[1.0], [0.5], [0.0]])
W = double([[1.0, -0.75, 0.0], [0.25, 1.0, 0.0]])
B = double([0.1, -0.2])
A = double([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.3, -0.7, 0.0]])
OUT = double([[1.0, 2.0, -1.0]])
NETWORK = Network(LIFT, (MLPStep(W, B, 0.3), AttentionStep(A.to_sparse(), 0.5), MLPStep(W, B, 0.7)), OUT)
CONTEXT = exact_measure([[F(1, 3)], [F(2)], [F(-1, 7)]], [1, 2, 4])


def by_hand(measure_, x):
    lift, w, b, a, out = (exact_matrix(LIFT), exact_matrix(W), exact_vector(B), exact_matrix(A), exact_matrix(OUT))

    def first(v):
        return gradient_mlp(tuple(row[0] * v[0] for row in lift), w, b, F(0.3))

    atoms = [first(y) for y in measure_.points]
    centre = mean(measure_._replace(points=tuple(atoms)))
    z = first(x)
    z = tuple(c - F(0.5) * sum(row[k] * centre[k] for k in range(3)) for c, row in zip(z, a, strict=True))
    z = gradient_mlp(z, w, b, F(0.7))
    return sum(o * c for o, c in zip(out[0], z, strict=True))


@pytest.mark.parametrize("x", [F(0), F(1, 3), F(-2), F(5, 7)])
def test_the_value_is_that_of_the_layers_by_hand(x):
    assert ExactNetwork(NETWORK)(CONTEXT, [(x,)]) == [(by_hand(CONTEXT, (x,)),)]


def test_queries_come_back_in_order():
    queries = [(F(k, 3),) for k in range(4)]
    assert ExactNetwork(NETWORK)(CONTEXT, queries) == [(by_hand(CONTEXT, x),) for x in queries]


def test_tokens_go_through_layers_after_which_attention_looks_again():
    twice = Network(LIFT, NETWORK.layers[:2] + NETWORK.layers[:1] + (AttentionStep(A * 0, 1.0),), OUT)
    assert ExactNetwork(twice)(CONTEXT, [(F(1),)])[0][0] != by_hand(CONTEXT, (F(1),))


def test_without_attention_the_context_does_not_matter():
    network = Network(LIFT, NETWORK.layers[:1], OUT)
    assert ExactNetwork(network)(CONTEXT, [(F(1),)]) == ExactNetwork(network)(exact_measure([[5]]), [(F(1),)])


def test_scores_that_differ_are_refused():
    network = Network(LIFT, (AttentionStep(torch.eye(3, dtype=torch.float64), 1.0),), OUT)
    with pytest.raises(NotUniform, match=r"layers\.0 must have equal scores"):
        ExactNetwork(network)(CONTEXT, [(F(1),)])
    assert ExactNetwork(network)(CONTEXT, [(F(0),)])


def test_another_dimension_is_refused():
    with pytest.raises(ArgumentError, match="d = 1"):
        ExactNetwork(NETWORK)(CONTEXT, [(F(1), F(1))])


def test_floats_agree_within_the_stated_roundoff_and_not_without_it():
    points = torch.linspace(-1, 1, 33, dtype=torch.float64).unsqueeze(-1)
    context = measure(points)
    exact = exact_measure(context)
    worst = 0.0
    for k in range(20):
        x = torch.tensor([[math.sin(k)]], dtype=torch.float64)
        (value,) = ExactNetwork(NETWORK)(exact, [exact_vector(x[0])])[0]
        worst = max(worst, float(abs(F(float(NETWORK(context, x))) - value)))
    bound = roundoff_bound(NETWORK, radius=1, n=33)
    assert 0 < worst <= bound
    assert bound < 1e-13
    rounded = Network(LIFT, (MLPStep(W.float().double(), B.float().double(), 0.3), *NETWORK.layers[1:]), OUT)
    (value,) = ExactNetwork(NETWORK)(exact, [(F(1),)])[0]
    assert abs(F(float(rounded(context, double([[1.0]])))) - value) > bound


def test_calls_stop_moving_tokens_where_propagate_does_not():
    context, x = measure(double([[0.5], [-1.0]])), double([[0.25], [1.5]])
    states = NETWORK.propagate(context, x)
    assert torch.equal(NETWORK(context, x), states[-1][1] @ OUT.mT)
