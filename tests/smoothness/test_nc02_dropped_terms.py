"""Negative control 2: the derivative of attention without C_i A, or without the pull of the moved keys.

The comparison with automatic differentiation, the comparison with the derived formula, the hammer and the kernel each
have to see it, and to accept the derivative with both terms."""

import pytest
import sympy as sp
import torch

from lemmas.attention_smoothness import attention_jacobian as derivative
from lemmas.attention_smoothness import local_attention_bound as lemma
from proofcheck import witness
from proofcheck.audit.artifacts import canonical
from proofcheck.bind.check import check_callable
from proofcheck.bind.formulas_self_attention import JACOBIAN
from proofcheck.hammer import campaign
from proofcheck.hammer.trial import trials
from torch_impl.attention import self_attention
from torch_impl.attention_jacobian import attention_jacobian, conditional_moments

KEPT = {"all": (1, 1), "no C_i A": (0, 1), "no key term": (1, 0)}


def jacobian(own, keys):
    def written_out(X, A, V, mask=None, beta=None):
        P, means, C, theta = conditional_moments(X, A, mask=mask, beta=beta)
        centred = X.unsqueeze(-3) - means.unsqueeze(-2)
        one = torch.eye(X.shape[-1], dtype=X.dtype)
        same = torch.eye(X.shape[-2], dtype=X.dtype)[..., None, None]
        blocks = P[..., None, None] * (one + keys * centred.unsqueeze(-1) * theta[..., :, None, None, :])
        return (V @ (blocks + own * same * (C @ A.unsqueeze(-3)).unsqueeze(-3))).transpose(-3, -2)

    return written_out


@pytest.fixture
def inputs():
    g = torch.Generator().manual_seed(2)
    return tuple(torch.randn(*s, generator=g, dtype=torch.float64) for s in ((4, 3), (3, 3), (2, 3)))


@pytest.mark.parametrize("kept", KEPT)
def test_automatic_differentiation_sees_it(kept, inputs):
    X, A, V = inputs
    expected = torch.autograd.functional.jacobian(lambda x: self_attention(x, A, V), X)
    difference = float((jacobian(*KEPT[kept])(X, A, V) - expected).abs().max())
    # roundoff: scores of size |A| |X|^2 < 64, sums of n + d = 7 terms
    allowed = 64 * 7 * 64 * torch.finfo(X.dtype).eps * float(V.norm())
    assert (difference <= allowed) == (kept == "all")
    assert kept == "all" or difference > 0.01
    assert float((attention_jacobian(X, A, V) - expected).abs().max()) <= allowed  # ours has both terms


@pytest.mark.parametrize("kept", KEPT)
def test_the_derived_formula_sees_it(kept):
    first = JACOBIAN.__class__(JACOBIAN.name, JACOBIAN.text, JACOBIAN.function, JACOBIAN.cases[:1])
    result = check_callable("jacobian", jacobian(*KEPT[kept]), first)
    assert result.verdict == ("agrees" if kept == "all" else "differs"), result.detail


@pytest.mark.parametrize("symbol", ["h", "b"])
def test_the_hammer_refutes_a_bound_without_the_term(symbol):
    here = next(t for t in trials(lemma) if t.prop.bound == "here")
    shorter = here.with_bound(lemma.BOUNDS["here"].subs(sp.Symbol(symbol, nonnegative=True), 0))
    found = campaign(shorter, measures=200, adversary=False, workers=1)
    assert found.decision == "REFUTED"
    assert found.counterexample is not None
    assert found.counterexample["level"] == "statement"


def test_the_kernel_refutes_both_formulas():
    assert {r.name for r in derivative.refuted()} == {"no query term", "no key term"}
    for false in derivative.refuted():
        witness.check_model(false.text, canonical(false.model), refutes=True)
