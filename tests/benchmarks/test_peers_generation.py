"""What is timed as a measure is one: n atoms in [-1, 1]^d with positive weights, whoever drew it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.interleaved import interleaved
from benchmarks.peers_generation import BATCH, EXAMPLES, batched, elements, examples, filled, lists, ways


@settings(max_examples=5, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_the_strategies_draw_measures(data):
    for strategy in (lists(4, 3), elements(4, 3), filled(4, 3)):
        points, weights = (np.asarray(part) for part in data.draw(strategy))
        assert points.shape == (4, 3)
        assert weights.shape == (4,)
        assert np.abs(points).max() <= 1
        assert weights.min() > 0


def test_measures_are_counted():
    assert batched(4, 3, calls=2)()[0] == 2 * BATCH
    assert examples(lists(2, 1))()[0] == EXAMPLES
    assert ways(2, 1)["Hypothesis draws the seed, the hammer the batch"]()[0] == EXAMPLES * BATCH


def test_interleaved_ways_take_turns_and_a_slow_one_runs_once():
    turns = []
    timed = interleaved({"a": lambda: turns.append("a"), "b": lambda: turns.append("b")}, rounds=2)
    assert turns == ["a", "b"] * 3
    assert set(timed) == {"a", "b"}
    turns.clear()
    interleaved({"a": lambda: turns.append("a")}, rounds=2, slow=-1.0)
    assert turns == ["a"]


def test_a_way_that_fails_is_not_passed_over():
    with pytest.raises(ZeroDivisionError):
        interleaved({"a": lambda: 1 / 0})
