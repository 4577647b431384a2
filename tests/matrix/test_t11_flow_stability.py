"""Row T11: Dobrushin's estimate, the in-context bound and the separation of tokens, ratio <= 1; a collision past MM-26.

The flow is known up to the solver (1e-13 relative): ratios are taken net of FLOOR, ten times the distance that a
hundred times looser tolerance makes. W_p of equal weights is the least matching cost over all permutations.
"""

import itertools
import math

import pytest
import torch

from torch_impl.attention import residual_attention
from torch_impl.measures import measure
from torch_impl.norms import certified_norm
from torch_impl.vlasov import depth_flow, vlasov_flow
from torch_impl.vlasov_bounds import log_exponent, log_in_context, log_separation

F64 = torch.float64
FLOOR = 1e-10
SYSTEMS = 24
PERMUTATIONS = {n: torch.tensor(list(itertools.permutations(range(n)))) for n in range(1, 6)}


def transport(X, Y, p):
    """W_p between equal weights on the rows of X and Y, by all permutations."""
    costs = (X[:, None] - Y[None]).norm(dim=-1)
    matched = costs[torch.arange(len(X)), PERMUTATIONS[len(X)]]
    if p == math.inf:
        return float(matched.amax(-1).min())
    return float((matched**p).mean(-1).min() ** (1 / p))


def system(seed):
    """Tokens on a sphere every other time, contexts that differ in one token every third time, scores of both signs."""
    generator = torch.Generator().manual_seed(seed)
    n, d = 1 + seed % 5, 1 + seed % 3
    X, Y, A, V, x = (torch.randn(*s, generator=generator, dtype=F64) for s in ((n, d), (n, d), (d, d), (d, d), (2, d)))
    scale = (lambda Z: Z / Z.norm(dim=-1, keepdim=True)) if seed % 2 else (lambda Z: Z / Z.norm(dim=-1).max())
    X, Y, x = scale(X), scale(Y), scale(x)
    if seed % 3 == 0:
        Y = torch.cat([Y[:1], X[1:]])
    if seed % 4 == 0:
        Y = X + 1e-3 * Y
        Y = Y / Y.norm(dim=-1, keepdim=True).clamp_min(1)
    size = 0.2 + 1.3 * float(torch.rand((), generator=generator))
    return X, Y, x, size * A / torch.linalg.matrix_norm(A, 2), 0.6 * V / torch.linalg.matrix_norm(V, 2)


def log(value):
    return math.log(value) if value > 0 else -math.inf


def ratio(value, log_bound):
    """value / bound net of the solver's floor; equal tokens stay equal."""
    value = max(value - FLOOR, 0.0)
    return math.exp(min(log(value) - log_bound, 700.0)) if value > 0 else 0.0


def constants(A, V, T):
    return {"R0": 1 + 1e-12, "a": certified_norm(A), "v": certified_norm(V), "T": T}


@pytest.mark.parametrize("p", [1, 2, 4, math.inf])
def test_contexts_move_apart_by_at_most_the_exponential_of_e_p(p, record_property):
    worst, T = 0.0, 0.8
    for seed in range(SYSTEMS):
        X, Y, _, A, V = system(seed)
        log_bound = math.exp(log_exponent(p, **constants(A, V, T)))
        start = transport(X, Y, p)
        for flow in (vlasov_flow, lambda *system: depth_flow(*system, 2)):
            end = transport(flow(measure(X), A, V, T).measure.points, flow(measure(Y), A, V, T).measure.points, p)
            worst = max(worst, ratio(end, log(start) + log_bound))
    record_property("worst ratio", worst)
    assert 0.1 < worst <= 1


@pytest.mark.parametrize("p", [1, 2, math.inf])
def test_the_in_context_bound_of_flow_and_layers(p, record_property):
    worst, T = 0.0, 0.8
    for seed in range(SYSTEMS):
        X, Y, x, A, V = system(seed)
        query, context = log_in_context(p, **constants(A, V, T))
        parts = (query + log(float((x[0] - x[1]).norm())), context + log(transport(X, Y, p)))
        bound = float(torch.logsumexp(torch.tensor(parts, dtype=F64), 0))
        for flow in (vlasov_flow, lambda m, A, V, T, x: depth_flow(m, A, V, T, 3, x)):
            one = flow(measure(X), A, V, T, x[:1]).queries
            two = flow(measure(Y), A, V, T, x[1:]).queries
            worst = max(worst, ratio(float((one - two).norm()), bound))
    record_property("worst ratio", worst)
    assert 0.1 < worst <= 1


def test_no_two_tokens_of_the_flow_merge(record_property):
    worst, T = 0.0, 0.8
    for seed in range(SYSTEMS):
        X, _, x, A, V = system(seed)
        moved = vlasov_flow(measure(X), A, V, T, x).queries
        least = math.exp(log_separation(**constants(A, V, T))) * float((x[0] - x[1]).norm())
        worst = max(worst, least / (float((moved[0] - moved[1]).norm()) + FLOOR))
    record_property("worst ratio", worst)
    assert 0.1 < worst <= 1


def test_the_rate_of_one_token_is_attained():
    one = torch.ones(1, 1, dtype=F64)
    moved = [float(vlasov_flow(measure(y), 0 * one, one, 1.0).measure.points) for y in (0.5 * one, one)]
    log_bound = math.exp(log_exponent(1, R0=1, a=0, v=1, T=1))
    assert abs(moved[1] - moved[0]) / 0.5 == pytest.approx(math.exp(log_bound), rel=1e-11)


def test_control_a_smaller_exponent_is_exceeded():
    one = torch.ones(1, 1, dtype=F64)
    moved = [float(vlasov_flow(measure(y), 0 * one, one, 1.0).measure.points) for y in (0.5 * one, one)]
    assert abs(moved[1] - moved[0]) / 0.5 > math.exp(0.99)


def test_control_tokens_past_the_threshold_collide_in_one_layer():
    # tokens -1, 1, A = 1, V = -1/tanh 1: h v a R^2 = 1.313, both go to 0
    X = torch.tensor([[1.0], [-1.0]], dtype=F64)
    one = torch.ones(1, 1, dtype=F64)
    image = residual_attention(measure(X), X, one, -one / math.tanh(1), 1.0)
    assert float(image.abs().max()) <= 2.0**-50
    # the flow with the same matrices keeps them apart, as do many layers
    flow = vlasov_flow(measure(X), one, -one / math.tanh(1), 1.0).measure.points
    layers = depth_flow(measure(X), one, -one / math.tanh(1), 1.0, 8).measure.points
    least = math.exp(log_separation(R0=1, a=1, v=1 / math.tanh(1), T=1)) * 2
    assert float((flow[0] - flow[1]).abs()) >= least
    assert float((layers[0] - layers[1]).abs()) > 0.1


def test_control_hard_max_attention_merges_tokens():
    # every token goes to the token it scores highest: three tokens, two points left
    X = torch.tensor([[1.0], [0.9], [-1.0]], dtype=F64)
    chosen = X[(X @ X.mT).argmax(-1)]
    assert len(torch.unique(chosen, dim=0)) == 2


@pytest.mark.parametrize("weight", [0.5, 1e-300])
def test_weights_are_carried_down_to_the_smallest(weight):
    X, _, _, A, V = system(6)
    weights = torch.full((len(X),), weight, dtype=F64)
    weights[0] = 1
    weights = weights / weights.sum()
    for moved in (
        vlasov_flow(measure(X, weights), A, V, 0.8).measure,
        depth_flow(measure(X, weights), A, V, 0.8, 3).measure,
    ):
        assert torch.equal(moved.weights, weights)
        assert bool(torch.isfinite(moved.points).all())
