"""L2 attention against loops over tokens and heads: values, gradients, the causal mask."""

import math

import pytest
import torch
from slow_attention import agree, near, normal

from torch_impl.l2_attention import l2_attention, l2_weights

N, D, K, HEADS, E, OUT = 4, 3, 5, 2, 4, 6  # all kinds of axes differ, K > 4: sqrt(K) is no half of K


def slow_weights(X, W, causal):
    rows = []
    for i in range(N):
        seen = range(i + 1) if causal else range(N)
        scores = [-((X[i] @ W - X[j] @ W) ** 2).sum() / math.sqrt(K) for j in range(N)]
        total = sum(scores[j].exp() for j in seen)
        rows.append(torch.stack([scores[j].exp() / total if j in seen else 0 * scores[j] for j in range(N)]))
    return torch.stack(rows)


def slow_attention(X, W, V, O, causal):
    tokens = []
    for i in range(N):
        parts = []
        for h in range(HEADS):
            P = slow_weights(X, W[h], causal)[i]
            mean = sum(P[j] * X[j] for j in range(N))
            parts.append((((mean @ W[h]) @ W[h].T) @ V[h]) / math.sqrt(K))
        tokens.append(torch.cat(parts) @ O)
    return torch.stack(tokens)


@pytest.mark.parametrize("causal", [False, True])
def test_values_and_gradients(causal):
    X, W, V, O = normal((N, D), (HEADS, D, K), (HEADS, D, E), (HEADS * E, OUT))
    fast = lambda X, W: l2_weights(X, W, causal=causal)  # noqa: E731
    assert agree(fast, lambda X, W: slow_weights(X, W, causal), X, W[0])
    whole = lambda *tensors: l2_attention(*tensors, causal=causal)  # noqa: E731
    assert agree(whole, lambda *tensors: slow_attention(*tensors, causal), X, W, V, O)
    batch = torch.stack([X, X.flip(0)])
    assert near(whole(batch, W, V, O)[1], slow_attention(X.flip(0), W, V, O, causal))
    assert not near(slow_attention(X, W, V, O, causal), slow_attention(X, W, V, O, not causal))
