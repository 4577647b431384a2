"""T13. Causal attention = space-time attention; prefixes, change of clock, merging. Control: times that almost tie."""

import pytest
import torch
from matrix_contexts import F64, context, matrices

from proofcheck.errors import ArgumentError
from torch_impl import space_time
from torch_impl.attention import attend, self_attention
from torch_impl.measures import Measure
from torch_impl.prefix_merge import SoftmaxState, attention_state, merge

TOLERANCE = 1e-12


def drawn(n, d, *, tiny=False):
    """A space-time measure with uneven weights at uneven times."""
    mu = context(n, d, tiny=tiny)
    return space_time.space_time(mu.points, torch.rand(n, dtype=F64).cumsum(0), mu.weights)


@pytest.mark.parametrize(("n", "d"), [(1, 2), (5, 3), (128, 4)])
def test_causal_softmax_is_attention_in_space_and_time(n, d):
    X, (A, V) = context(n, d).points, matrices(d, 2)
    mu = space_time.from_sequence(X)
    assert (space_time.causal_attend(mu, X, mu.times, A, V) - self_attention(X, A, V, mask="causal")).abs().max() <= (
        TOLERANCE
    )


@pytest.mark.parametrize("tiny", [False, True])
def test_the_value_at_a_time_is_attention_on_the_prefix(tiny):
    mu, (A, V) = drawn(9, 2, tiny=tiny), matrices(2, 2)
    x = torch.randn(3, 2, dtype=F64)
    for count in (1, 4, 9):
        first = space_time.prefix(mu, count)
        alone = attend(Measure(first.points, first.weights), x, A, V)
        t = mu.times[count - 1].expand(3)
        assert (space_time.causal_attend(mu, x, t, A, V) - alone).abs().max() <= TOLERANCE


def test_a_strictly_increasing_clock_changes_nothing():
    mu, (A, V) = drawn(8, 3), matrices(3, 3)
    value = space_time.causal_attend(mu, mu.points, mu.times, A, V)
    for clock in (torch.exp, lambda t: 3 * t - 7, lambda t: t**3):
        other = mu._replace(times=clock(mu.times))
        assert torch.equal(space_time.causal_attend(other, mu.points, other.times, A, V), value)
    back = mu._replace(times=-mu.times)
    assert (space_time.causal_attend(back, mu.points, back.times, A, V) - value).abs().max() > 1e-2


def test_two_layers_are_prefix_consistent():
    mu, (A, V) = drawn(8, 2), matrices(2, 2)
    deep = space_time.causal_layer(space_time.causal_layer(mu, A, V, 0.5), A, V, 0.5)
    first = space_time.prefix(mu, 5)
    short = space_time.causal_layer(space_time.causal_layer(first, A, V, 0.5), A, V, 0.5)
    assert (deep.points[:5] - short.points).abs().max() <= TOLERANCE


@pytest.mark.parametrize("share", [0.5, 1e-3, 1e-300])
def test_parts_merge(share):
    mu, nu, (A, V) = context(5, 3), context(4, 3), matrices(3, 2)
    x = torch.randn(6, 3, dtype=F64)
    logs = torch.tensor([1 - share, share], dtype=F64).log()
    parts = [attention_state(m, x, A, V, log_share=float(log)) for m, log in zip((mu, nu), logs, strict=True)]
    whole = Measure(torch.cat([mu.points, nu.points]), torch.cat([(1 - share) * mu.weights, share * nu.weights]))
    expected = attention_state(whole, x, A, V)
    for merged in (merge(*parts), merge(*parts[::-1])):
        assert (merged.value - expected.value).abs().max() <= TOLERANCE
        assert (merged.log_mass - expected.log_mass).abs().max() <= TOLERANCE
    averaged = (parts[0].value + parts[1].value) / 2
    assert (averaged - expected.value).abs().max() > 1e-2


def test_merging_from_nothing_and_in_any_grouping():
    (A, V), x = matrices(2, 2), torch.randn(3, 2, dtype=F64)
    empty = SoftmaxState(torch.full((3,), -torch.inf, dtype=F64), torch.zeros(3, 2, dtype=F64))
    a, b, c = (attention_state(context(k, 2, seed=k), x, A, V) for k in (2, 3, 4))
    assert torch.equal(merge(empty, a).value, a.value)
    assert torch.equal(merge(empty, empty).value, empty.value)
    left, right = merge(merge(a, b), c), merge(a, merge(b, c))
    assert (left.value - right.value).abs().max() <= TOLERANCE


def test_the_change_in_time_is_at_most_its_bound_and_attains_it():
    worst = 0.0
    for k in range(200):
        torch.manual_seed(k)
        A, V = torch.randn(2, 2, dtype=F64), torch.randn(2, 2, dtype=F64)
        mu = drawn(4, 2)._replace(points=torch.randn(4, 2, dtype=F64))
        x = torch.randn(1, 2, dtype=F64)
        scores, values = (mu.points @ (A @ x[0])), (mu.points @ V.mT)
        masses = mu.weights.cumsum(0)
        for s, t in ((0, 1), (0, 3), (2, 3)):
            before, after = (space_time.causal_attend(mu, x, mu.times[[k]], A, V) for k in (s, t))
            spread = float(scores[: t + 1].max() - scores[: t + 1].min())
            bound = space_time.time_step_bound(
                float(values[: t + 1].norm(dim=-1).max()), spread, float(masses[s]), float(masses[t] - masses[s])
            )
            worst = max(worst, float((after - before).norm()) / bound)
    assert 0.5 < worst <= 1
    # the extremal pair: -R first, then R, query R
    one = torch.ones(1, 1, dtype=F64)
    mu = space_time.space_time(torch.tensor([[-1.0], [1.0]], dtype=F64), torch.tensor([0.0, 1.0], dtype=F64))
    change = space_time.causal_attend(mu, one, mu.times[1:], one, one) + one
    assert float(change) == pytest.approx(space_time.time_step_bound(1.0, 2.0, 0.5, 0.5), rel=1e-12)


def test_times_that_almost_tie_make_a_jump():
    """Two tokens that differ by 1e-9 in time change places: the measure moves by 1e-9 in W_inf, attention by O(1)."""
    (A, V), delay = matrices(2, 2), 1e-9
    points = torch.randn(3, 2, dtype=F64)
    times = torch.tensor([0.0, 0.5, 0.5 + delay], dtype=F64)
    mu = space_time.space_time(points, times)
    swapped = space_time.space_time(points[[0, 2, 1]], times)
    t, x = times[1:2], points[:1]
    jump = space_time.causal_attend(mu, x, t, A, V) - space_time.causal_attend(swapped, x, t, A, V)
    assert jump.norm() > 1e-2
    assert jump.norm() / delay > 1e6  # the constant that the lemma refutes


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([0.0, 1.0, 1.0], "discontinuous"),
        ([0.0, 2.0, 1.0], "out of order"),
        ([0.0, 1.0, torch.nan], "finite"),
        ([0.0], "one time"),
    ],
)
def test_tied_and_unordered_times_are_refused(times, words):
    with pytest.raises(ArgumentError, match=words):
        space_time.space_time(torch.zeros(3, 1, dtype=F64), torch.tensor(times, dtype=F64))


def test_empty_prefixes_are_refused():
    mu = drawn(3, 1)
    with pytest.raises(ArgumentError, match="a count from 1 to n=3"):
        space_time.prefix(mu, 0)
    hidden = mu._replace(weights=torch.tensor([0.0, 0.5, 0.5], dtype=F64))
    with pytest.raises(ArgumentError, match="must have weight"):
        space_time.prefix(hidden, 1)
    with pytest.raises(ArgumentError, match="attend to nothing"):
        space_time.causal_layer(hidden, *matrices(1, 1))
