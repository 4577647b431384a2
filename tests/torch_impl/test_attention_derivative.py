"""Tested: the written-out derivative of self-attention is the one that automatic differentiation finds, masked or not.
Not tested here: the formula itself (AS-00 and its bindings)."""

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.attention_jacobian import attention_jacobian, attention_jvp, conditional_moments, multi_head_jacobian

HIDDEN = torch.tensor([[True, False, True, False], [True, True, False, False], [False, True, True, True]])
HIDDEN = torch.cat([HIDDEN, torch.ones(1, 4, dtype=torch.bool)])
MASKS = {"none": None, "causal": "causal", "padding": HIDDEN}


def drawn(seed=3, n=4, d=3, out=2):
    g = torch.Generator().manual_seed(seed)
    X, A, V, beta, e = (
        torch.randn(*s, generator=g, dtype=torch.float64) for s in ((n, d), (d, d), (out, d), (d,), (n, d))
    )
    return X, A / 2, V, beta, e


def roundoff(X, A, V, beta):
    """First order: scores of size S, their derivatives of size S/|x|, sums of n + d terms; 64 covers the constants."""
    n, d = X.shape
    size = A.norm() * X.norm() ** 2 + beta.norm() * X.norm() + 1
    return float(64 * (n + d) * torch.finfo(X.dtype).eps * V.norm() * size * (1 + size))


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("biased", [False, True])
def test_agrees_with_autograd(mask, biased):
    X, A, V, beta, e = drawn()
    b = beta if biased else None
    f = lambda x: self_attention(x, A, V, mask=MASKS[mask], beta=b)  # noqa: E731
    auto = torch.func.jacrev(f)(X)
    J = attention_jacobian(X, A, V, mask=MASKS[mask], beta=b)
    allowed = roundoff(X, A, V, beta)
    assert float((J - auto).abs().max()) <= allowed
    assert allowed < 1e-9
    product = attention_jvp(X, e, A, V, mask=MASKS[mask], beta=b)
    assert float((product - torch.einsum("iojc,jc->io", auto, e)).abs().max()) <= allowed * float(e.norm())


def test_a_causal_mask_leaves_no_block_above_the_diagonal():
    X, A, V, _, _ = drawn()
    J = attention_jacobian(X, A, V, mask="causal")
    assert all(not bool(J[i, :, j].any()) for i in range(4) for j in range(i + 1, 4))
    assert bool(J[0, :, 0].any())


def test_batches_and_heads():
    X, A, V, beta, e = drawn()
    batch = torch.stack([X, 2 * X])
    J = attention_jacobian(batch, A, V, beta=beta)
    allowed = roundoff(2 * X, A, V, beta)

    def near(left, right):
        return float((left - right).abs().max()) <= allowed

    assert near(J[1], attention_jacobian(2 * X, A, V, beta=beta))
    assert not near(J[1], J[0])
    assert near(attention_jvp(batch, torch.stack([e, e]), A, V)[0], attention_jvp(X, e, A, V))
    both = multi_head_jacobian(X, [A, A.mT], [V, 3 * V], beta=[beta, None])
    assert near(both, attention_jacobian(X, A, V, beta=beta) + attention_jacobian(X, A.mT, 3 * V))
    plain = multi_head_jacobian(X, [A, A.mT], [V, 3 * V])
    assert near(plain, attention_jacobian(X, A, V) + attention_jacobian(X, A.mT, 3 * V))
    moments = conditional_moments(X, A)
    assert float((moments.weights.sum(-1) - 1).abs().max()) <= 4 * torch.finfo(X.dtype).eps
    assert bool((torch.linalg.eigvalsh(moments.covariances) >= -28 * torch.finfo(X.dtype).eps * X.norm() ** 2).all())


def test_bad_input_is_refused():
    X, A, V, _, e = drawn()
    with pytest.raises(ArgumentError, match="attention_jvp: required a displacement"):
        attention_jvp(X, e[:2], A, V)
    with pytest.raises(ArgumentError, match="multi_head_jacobian"):
        multi_head_jacobian(X, [A], [V, V])
    with pytest.raises(ArgumentError, match="multi_head_jacobian"):
        multi_head_jacobian(X, [], [])
