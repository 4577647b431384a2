"""Tested: lower bounds of attention that claim too much are refuted exactly and shrink; wrong code is found.
The true bounds are on trial in test_hammer_kinds.py and in the lemma's own HAMMER (AS-02)."""

import pytest
import sympy as sp
import torch
from hammer_trials import R, c1, c2, q1, stand_in

from proofcheck.errors import ArgumentError
from proofcheck.hammer.confirm import confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.shrink import shrink
from torch_impl.attention import self_attention

NAME = "torch_impl.attention:self_attention"
BALL = {"q1": "value_norm", "c1": "tokens", "c2": "gamma", "R": "radius"}
FALSE = {
    # what a careless reading of AS-02 would claim
    "sqrt(n) for every n": q1 * sp.sqrt(c1 - 1) / 2,
    "twice the exponent": q1 * sp.sqrt(c1 - 1) / (1 + (c1 - 1) * sp.exp(-4 * c2 * R**2)),
    "n rows in place of n - 1": q1 * sp.sqrt(c1) / (1 + (c1 - 1) * sp.exp(-2 * c2 * R**2)),
    "eigenvalue over 4": q1 * sp.sqrt(c1 - 1) / (1 + (c1 - 1) * sp.exp(-4 * c2 * R**2 + c2 * R**2)),
}


def trial_of(bound, **options):
    return stand_in(
        "X", "attained_norm", NAME, bound, {s.name: BALL[s.name] for s in bound.free_symbols}, False, **options
    )


def drawn(kind, **changes):
    config = Configuration(**{"shape": "gaussian", "d": 2, "n": 8, "batch": 256, "seed": 5, **changes})
    return kind.draw(config, config.generator())


@pytest.mark.parametrize("name", FALSE)
def test_a_lower_bound_that_claims_too_much_is_refuted_and_shrinks(name):
    kind = kind_of(trial_of(FALSE[name]))
    case = drawn(kind)
    i, j = kind.worst(case, kind.ratio(case), 1)[0]
    decision = confirm(kind, kind.pick(case, i, j))
    assert decision.refuted
    assert decision.level == "statement"
    assert shrink(kind, kind.pick(case, i, j), decision, seeds=False, budget=40).decision.refuted


def test_the_unmasked_bound_is_false_with_a_mask_only_where_it_should_be():
    """Masked rows see fewer followers, so the unmasked bound holds for them; the masked one fails unmasked."""
    unmasked = q1 * sp.sqrt(c1 - 1) / (1 + (c1 - 1) * sp.exp(-2 * c2 * R**2))
    b = sp.exp(-2 * c2 * R**2)
    masked = q1 * sp.sqrt(1 + (c1 - 1) / ((1 + b) * (1 + c1 * b)))
    case = drawn(kind_of(trial_of(masked)))
    assert float(kind_of(trial_of(masked, mask="causal")).ratio(case).max()) <= 1
    assert float(kind_of(trial_of(unmasked, mask="causal")).ratio(case).max()) <= 1
    assert float(kind_of(trial_of(masked)).ratio(case).max()) > 1


def test_code_with_a_transposed_matrix_is_found():
    true = trial_of(q1 * sp.sqrt(c1 - 1) / (1 + (c1 - 1) * sp.exp(-2 * c2 * R**2)))
    wrong = kind_of(true.with_function(lambda X, A, V: self_attention(X, A.mT, V)))
    case = drawn(wrong)
    found = [wrong.check_code(wrong.pick(case, i)) for i in range(16)]
    assert any(decision.refuted and decision.level == "code" for decision in found)


def test_wrong_options_and_quantities_are_named():
    with pytest.raises(ArgumentError, match="mask"):
        kind_of(trial_of(q1 + 0, mask="banded"))
    with pytest.raises(ArgumentError, match="girth"):
        kind_of(stand_in("X", "attained_norm", NAME, q1, {"q1": "girth"}, False))


def test_a_cloud_of_one_token_is_no_violation():
    kind = kind_of(trial_of(q1 * sp.sqrt(c1 - 1)))
    assert torch.equal(kind.ratio(drawn(kind, n=1)), torch.zeros(256, 1, dtype=torch.float64))
