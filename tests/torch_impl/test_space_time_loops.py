"""Causal attention on a measure in space and time against loops over the tokens that a query has seen."""

import pytest
import torch
from slow_attention import F64, agree, masses, near, normal, slow_attend

from proofcheck.errors import ArgumentError
from torch_impl.space_time import SpaceTime, causal_attend

N, Q, D, OUT = 5, 4, 3, 2
TIMES = torch.tensor([0.1, 0.3, 0.4, 0.8, 0.9], dtype=F64)
ASKED = torch.tensor([0.4, 0.1, 2.0, 0.85], dtype=F64)  # at a token's own time, the first, past the last, in between
SEEN = [3, 1, 5, 4]


def slow(points, weights, x, A, V):
    rows = [slow_attend(points[:k], weights[:k], x[i : i + 1], A, V)[0] for i, k in enumerate(SEEN)]
    return torch.stack(rows)


def test_values_and_gradients():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    assert agree(
        lambda y, a, *rest: causal_attend(SpaceTime(y, a, TIMES), rest[0], ASKED, *rest[1:]),
        slow,
        points,
        masses(N),
        x,
        A,
        V,
    )
    batch = causal_attend(
        SpaceTime(torch.stack([points, -points]), masses(2, N), TIMES), torch.stack([x, x]), ASKED, A, V
    )
    assert near(batch[1], slow(-points, masses(2, N)[1], x, A, V))


def test_padding_is_inert():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    weights = torch.tensor([0.5, 0.0, 0.25, 0.0, 0.25], dtype=F64)
    lost = points.clone()
    lost[[1, 3]] = torch.nan
    assert near(causal_attend(SpaceTime(lost, weights, TIMES), x, ASKED, A, V), slow(points, weights, x, A, V))


def test_a_refusal_says_which_is_the_context_and_which_the_query():
    points, x, A, V = normal((N, D), (Q, D + 1), (D, D), (OUT, D))
    with pytest.raises(ArgumentError, match=r"context \(5, 3\) \(torch.float64\), query \(4, 4\)"):
        causal_attend(SpaceTime(points, masses(N), TIMES), x, ASKED, A, V)
