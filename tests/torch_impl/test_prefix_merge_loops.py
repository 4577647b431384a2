"""States of parts and their merging against loops over the whole context: values, gradients, parts without mass."""

import math

import pytest
import torch
from slow_attention import F64, agree, masses, near, normal, slow_attend

from torch_impl.measures import Measure
from torch_impl.prefix_merge import SoftmaxState, attention_state, merge

N, Q, D, OUT = 4, 5, 2, 3


def slow_mass(points, weights, x, A, beta=None):
    rows = []
    for query in x:
        theta = A @ query if beta is None else A @ query + beta
        rows.append(torch.log(sum(a * torch.exp((theta * y).sum()) for a, y in zip(weights, points, strict=True))))
    return torch.stack(rows)


@pytest.mark.parametrize("biased", [False, True])
def test_a_state_is_log_mass_and_attention(biased):
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    beta = normal((D,), seed=5) if biased else []

    def fast(y, a, x, A, V, *beta):
        state = attention_state(Measure(y, a), x, A, V, *beta)
        return torch.cat([state.log_mass.unsqueeze(-1), state.value], dim=-1)

    def slow(y, a, x, A, V, *beta):
        return torch.cat([slow_mass(y, a, x, A, *beta).unsqueeze(-1), slow_attend(y, a, x, A, V, *beta)], dim=-1)

    assert agree(fast, slow, points, masses(N), x, A, V, *beta)
    state = attention_state(Measure(points, masses(N)), x, A, V, *beta, log_share=-1.5)
    assert near(state.log_mass, slow_mass(points, masses(N), x, A, *beta) - 1.5)
    batch = attention_state(Measure(torch.stack([points, -points]), masses(2, N)), torch.stack([x, x]), A, V, *beta)
    assert near(batch.log_mass[1], slow_mass(-points, masses(2, N)[1], x, A, *beta))


def test_padding_has_no_mass_wherever_it_lies():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    padded = torch.cat([points, torch.full((1, D), torch.nan, dtype=F64)])
    state = attention_state(Measure(padded, torch.cat([masses(N), torch.zeros(1, dtype=F64)])), x, A, V)
    assert near(state.log_mass, slow_mass(points, masses(N), x, A))
    assert near(state.value, slow_attend(points, masses(N), x, A, V))


@pytest.mark.parametrize("count", [1, 3])
def test_two_parts_merge_to_the_whole(count):
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D), seed=1)
    weights = masses(N, seed=1)

    def part(y, a, x, A, V):
        return attention_state(Measure(y, a / a.sum()), x, A, V, log_share=a.sum().log())

    def fast(y, a, x, A, V):
        state = merge(part(y[:count], a[:count], x, A, V), part(y[count:], a[count:], x, A, V))
        return torch.cat([state.log_mass.unsqueeze(-1), state.value], dim=-1)

    def slow(y, a, x, A, V):
        return torch.cat([slow_mass(y, a, x, A).unsqueeze(-1), slow_attend(y, a, x, A, V)], dim=-1)

    assert agree(fast, slow, points, weights, x, A, V)


def test_queries_with_and_without_mass_stand_beside_each_other():
    values = normal((3, OUT), (3, OUT))
    none = -math.inf
    first = SoftmaxState(torch.tensor([none, 0.0, none], dtype=F64), values[0] * torch.tensor([[0.0], [1.0], [0.0]]))
    second = SoftmaxState(torch.tensor([none, none, 2.0], dtype=F64), values[1] * torch.tensor([[0.0], [0.0], [1.0]]))
    merged = merge(first, second)
    assert merged.log_mass.tolist() == [none, 0.0, 2.0]
    assert torch.equal(merged.value, first.value + second.value)
