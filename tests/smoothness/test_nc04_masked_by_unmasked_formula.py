"""Negative control 4: the bound for attention without a mask, used under a causal mask.

At A = 0 it gives |V| for every n; prefix means of 50 tokens have norm 1.578. Exact witness: move the first token."""

from fractions import Fraction

import pytest
import torch

from lemmas.attention_smoothness import self_attention_bound_uniform as lemma
from proofcheck.hammer import campaign
from proofcheck.hammer.trial import trials
from torch_impl.attention_jacobian import attention_jacobian
from torch_impl.smoothness_bounds import smoothness_bounds


def norm(n, causal):
    X = torch.linspace(-1, 1, n, dtype=torch.float64).unsqueeze(-1)
    J = attention_jacobian(X, torch.zeros(1, 1).double(), torch.ones(1, 1).double(), "causal" if causal else None)
    return float(torch.linalg.matrix_norm(J.reshape(n, n), 2)), X


@pytest.mark.parametrize(("n", "value"), [(2, 1.144), (50, 1.578)])
def test_prefix_means_exceed_the_formula_without_a_mask(n, value):
    masked, X = norm(n, True)
    plain, _ = norm(n, False)
    A, V = torch.zeros(1, 1).double(), torch.ones(1, 1).double()
    wrong, right = smoothness_bounds(X, A, V), smoothness_bounds(X, A, V, causal=True)
    allowed = 8 * n * torch.finfo(torch.float64).eps  # sums of n terms of size 1
    assert abs(masked - value) < 0.0005  # the digits printed above
    assert abs(plain - 1) <= allowed
    assert abs(float(wrong.uniform) - 1) <= allowed
    assert masked > float(wrong.uniform) + 0.1  # the control: the wrong formula is no bound
    assert masked <= float(right.uniform) + allowed
    assert masked <= float(right.free) + allowed
    assert plain <= float(wrong.uniform) + allowed


def test_the_lemma_s_masked_bound_holds_where_the_unmasked_one_fails():
    masked, _ = norm(lemma.ROWS, True)
    at = {"v": 1, "a": 0, "R": 1, "n": lemma.ROWS}
    right, wrong = (lemma.BOUNDS[key] for key in ("masked", "lipschitz_constant"))
    right, wrong = (float(bound.subs({s: at[s.name] for s in bound.free_symbols})) for bound in (right, wrong))
    assert wrong == 1
    assert wrong < masked <= right


def test_an_exact_witness():
    """D f[e] for e = (1, 0, ..., 0) is (1, 1/2, ..., 1/n): |D f[e]|^2 > 1 = (|V| |e|)^2."""
    assert sum(Fraction(1, i * i) for i in range(1, 51)) > Fraction(16, 10)


def test_the_hammer_refutes_it():
    unmasked, masked = trials(lemma)
    assert masked.prop.options["mask"] == "causal"
    wrong = type(masked)(
        masked.lemma,
        unmasked.prop.__class__(**{**vars(unmasked.prop), "options": {"mask": "causal"}}),
        unmasked.bound,
        unmasked.function,
    )
    found = campaign(wrong, measures=60, adversary=False, workers=1)
    assert found.decision == "REFUTED"
