"""Tested: local quantities against a second computation, planted bugs in attention, false bounds, and a shrunk witness.
Not tested: what every kind must do (test_hammer_kinds.py)."""

import pytest
import sympy as sp
import torch
from hammer_trials import ALL, R, a, c1, q1, stand_in

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact, token_maps
from proofcheck.hammer.confirm import confirm
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.shrink import shrink
from torch_impl.attention import self_attention
from torch_impl.attention_jacobian import attention_jacobian, conditional_moments

NAME = "torch_impl.attention:self_attention"
BALL = {"q1": "value_norm", "c1": "tokens", "a": "score_norm", "R": "radius"}


def drawn(kind, **kwargs):
    config = Configuration(**{"shape": "gaussian", "d": 2, "n": 4, "batch": 12, "pairs": 2, "seed": 5, **kwargs})
    return kind.draw(config, config.generator())


@pytest.mark.parametrize("mask", [None, "causal"])
def test_local_quantities_agree_with_dense_linear_algebra(mask):
    kind = kind_of(ALL["jacobian_here"])
    kind.mask = mask
    case = kind.pick(drawn(kind), 3)
    X, A = case["X"][0], case["A"][0]
    P, _, C, theta = conditional_moments(X, A, mask=mask)
    expected = {
        "weights_norm": torch.linalg.matrix_norm(P, 2),
        "column_sum": P.sum(0).max(),
        "key_factor": (torch.linalg.matrix_norm(C, 2).sqrt() * theta.norm(dim=-1)).max(),
        "query_factor": torch.linalg.matrix_norm(C @ A, 2).max(),
    }
    relative = token_maps.relative_error(case)
    for name, value in expected.items():
        got = token_maps.measured(name, case["X"], case["A"], mask, relative)
        assert abs(float(got.value) - float(value)) <= float(got.error)
        exactly = token_maps.exact_local(name, kind.sample(case), mask)
        assert abs(exact.to_float(exactly) - float(value)) <= float(got.error)
        assert float(got.error) < 1e-6 * float(value)


def test_the_derivative_is_the_one_written_out():
    kind = kind_of(ALL["jacobian"])
    case = drawn(kind)
    J = attention_jacobian(case["X"], case["A"], case["V"], "causal")
    expected = torch.einsum("biojc,bqjc->bqio", J, case["e"])
    assert bool((kind.size(kind.change(case) - expected) <= kind._product_error(case)).all())
    sharpened = kind.sharpen(case)
    norms = torch.linalg.matrix_norm(J.flatten(3).flatten(1, 2), 2)
    reached = kind.size(kind.change(sharpened))[:, 0]
    assert bool(((reached - norms).abs() <= kind._product_error(sharpened)[:, 0]).all())


BUGS = {
    "transposed A": lambda X, A, V, mask: self_attention(X, A.mT, V, mask),
    "no mask": lambda X, A, V, mask: self_attention(X, A, V),
    "no value matrix": lambda X, A, V, mask: self_attention(
        X, A, torch.ones_like(V) * torch.eye(V.shape[-1]).to(V), mask
    ),
    "temperature": lambda X, A, V, mask: self_attention(X, 1.001 * A, V, mask),
    "stopped gradient": lambda X, A, V, mask: (
        torch.softmax((X @ A.mT @ X.mT).masked_fill(~torch.ones(4, 4).tril().bool(), -torch.inf), -1).detach()
        @ X
        @ V.mT
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_planted_bugs_are_refuted_at_the_code(bug):
    kind = kind_of(ALL["jacobian"].with_function(BUGS[bug]))
    case = drawn(kind)
    found = [kind.check_code(kind.pick(case, i)) for i in range(6)]
    assert any(d.refuted and d.level == "code" for d in found)


FALSE = {
    "no sqrt(n)": (q1 * (sp.sqrt(1 + a**2 * R**4) + a * R**2), BALL),
    "no query term": (q1 * sp.sqrt(c1 * (1 + a**2 * R**4)) / sp.sqrt(c1), BALL),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_false_bound_is_refuted_exactly_and_shrinks(name):
    bound, quantities = FALSE[name]
    kind = kind_of(stand_in(name, "jacobian_norm", NAME, bound, quantities, False, mask="causal"))
    case = kind.sharpen(drawn(kind, n=8, batch=64))
    i, j = kind.worst(case, kind.ratio(case), 1)[0]
    decision = confirm(kind, kind.pick(case, i, j))
    assert decision.refuted
    assert decision.level == "statement"
    shrunk = shrink(kind, kind.pick(case, i, j), decision, seeds=False, budget=60)
    assert len(shrunk.sample["X"]) <= 4
    assert shrunk.decision.refuted


def test_wrong_options_are_named():
    for options, message in (({"mask": "banded"}, "mask"), ({"norm": "l1"}, "norm")):
        with pytest.raises(ArgumentError, match=message):
            kind_of(stand_in("X", "jacobian_norm", NAME, q1, {"q1": "value_norm"}, False, **options))
    with pytest.raises(ArgumentError, match="no quantity 'girth'"):
        kind_of(stand_in("X", "jacobian_norm", NAME, q1, {"q1": "girth"}, False))
