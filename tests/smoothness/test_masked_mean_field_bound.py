"""The constants of AS-07 against causal attention, and C_2 of AS-03 against attention without a mask, for any length.

d_p of two sequences on one time grid is ((1/n) sum |x_i - y_i|^p)^{1/p}. Ratios net of 256 u (1 + s) v R for a value.
"""

import math

import pytest
import torch

from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.norms import certified_norm

F64 = torch.float64
SYSTEMS = 24


def pair(seed):
    """Sequences in a ball: unrelated, near each other, or apart in the first token alone."""
    g = torch.Generator().manual_seed(seed)
    n, d = (2, 3, 8, 40)[seed % 4], 1 + seed % 3
    X, Y, A, V = (torch.randn(*s, generator=g, dtype=F64) for s in ((n, d), (n, d), (d, d), (d, d)))
    X, Y = (Z / Z.norm(dim=-1, keepdim=True).clamp_min(1) for Z in (X, Y))
    if seed % 3 == 1:
        Y = X + 1e-3 * (Y - X)
    if seed % 3 == 2:
        Y = torch.cat([Y[:1], X[1:]])
    size = float(2 * torch.rand((), generator=g))
    return X, Y, size * A / torch.linalg.matrix_norm(A, 2), V


def distance(X, Y, p):
    gaps = (X - Y).norm(dim=-1)
    return float(gaps.max() if p == math.inf else gaps.pow(p).mean() ** (1 / p))


def worst(mask, p, constant):
    largest = 0.0
    for seed in range(SYSTEMS):
        X, Y, A, V = pair(seed)
        known = {"v": certified_norm(V), "a": certified_norm(A), "R": 1 + 2.0**-40}
        change = distance(self_attention(X, A, V, mask=mask), self_attention(Y, A, V, mask=mask), p)
        change = max(change - 256 * 2.0**-53 * (1 + known["a"]) * known["v"], 0.0)
        largest = max(largest, change / (constant(known, p) * distance(X, Y, p)))
    return largest


def value(lemma, key, known):
    expr = lemma_bound(f"attention_smoothness.{lemma}", key)
    names = {s.name for s in expr.free_symbols}
    return float(evaluate(expr, {name: known[name] for name in names}))


def masked(known, p):
    """The least over r of a grid in [1, p): every r is a bound. r = 1 is the lemma's other key."""
    if p == math.inf:
        return value("masked_mean_field", "lipschitz_constant_inf", known)
    expr = lemma_bound("attention_smoothness.masked_mean_field", "lipschitz_constant")
    each = [1 + k * (p - 1) / 3 for k in range(3)]
    table = [{**known, "p": p, "r": r} for r in each]
    found = [float(expr.subs({s: row[s.name] for s in expr.free_symbols})) for row in table]
    assert found[0] == pytest.approx(value("masked_mean_field", "lipschitz_constant_1", {**known, "p": float(p)}))
    return min(found)


@pytest.mark.parametrize("p", [1.5, 2, 4, math.inf])
def test_causal_attention_obeys_the_masked_constant(p, record_property):
    ratio = worst("causal", p, masked)
    record_property("worst ratio", ratio)
    assert 0.02 < ratio <= 1


def test_attention_of_tokens_obeys_c_2_whatever_their_number(record_property):
    ratio = worst(None, 2, lambda known, p: value("mean_field_lipschitz", "lipschitz_constant_2", {**known, "p": 2.0}))
    record_property("worst ratio", ratio)
    assert 0.1 < ratio <= 1


def test_control_the_constant_without_hardy_s_factor_and_exponential_fails():
    """v s alone, or the bound for p = infinity at p = 3/2: the averages of 1, 0, ..., 0 have a 3/2-norm above 1."""
    n = 40
    X = torch.zeros(n, 1, dtype=F64)
    Y = X.clone()
    Y[0] = 1
    zero, one = torch.zeros(1, 1, dtype=F64), torch.ones(1, 1, dtype=F64)
    change = distance(*(self_attention(Z, zero, one, mask="causal") for Z in (X, Y)), 1.5)
    ratio = change / distance(X, Y, 1.5)
    assert ratio > 1.5 * value("masked_mean_field", "lipschitz_constant_inf", {"v": 1.0, "a": 0.0, "R": 1.0})
    assert ratio <= masked({"v": 1.0, "a": 0.0, "R": 1.0}, 1.5)
