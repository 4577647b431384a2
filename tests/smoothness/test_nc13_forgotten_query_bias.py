"""Negative control 13: the bias of the queries left out, beta = K^T b_q / sqrt(k). A key's bias may be left out.

Forgotten in the derivative, automatic differentiation and the derived formula see it; forgotten in |A x_i + beta|, the
bound at one input falls below the norm. A = 0, tokens +-3 and beta = 2/3 do."""

import pytest
import torch

from lemmas.attention_smoothness import local_attention_bound as lemma
from proofcheck import witness
from proofcheck.audit.artifacts import canonical
from proofcheck.bind import real
from proofcheck.bind.check import check_callable
from proofcheck.bind.formulas import Formula
from proofcheck.bind.formulas_self_attention import JACOBIAN, SELF_ATTENTION
from proofcheck.kernel import KernelError
from torch_impl.attention import self_attention
from torch_impl.attention_jacobian import attention_jacobian, attention_jvp
from torch_impl.local_bound import local_bound
from torch_impl.smoothness_bounds import local_bounds

X = torch.tensor([[3.0], [-3.0]], dtype=torch.float64)
A, V = torch.zeros(1, 1, dtype=torch.float64), torch.ones(1, 1, dtype=torch.float64)
BETA = torch.tensor([2 / 3], dtype=torch.float64)


def biased(formula: Formula) -> Formula:
    case = {"X": real(2, 1), "A": real(1, 1), "V": real(1, 1), "mask": None, "beta": real(1)}
    return Formula(formula.name, formula.text, formula.function, (case,))


def test_the_derived_formula_sees_it():
    forgotten = check_callable("f", lambda X, A, V, mask, beta: self_attention(X, A, V, mask), biased(SELF_ATTENTION))
    assert forgotten.verdict == "differs", forgotten.detail
    derivative = check_callable("J", lambda X, A, V, mask, beta: attention_jacobian(X, A, V, mask), biased(JACOBIAN))
    assert derivative.verdict == "differs", derivative.detail


def test_automatic_differentiation_sees_it():
    expected = torch.autograd.functional.jacobian(lambda x: self_attention(x, A, V, beta=BETA), X)
    allowed = 64 * 3 * 4 * torch.finfo(X.dtype).eps * 3  # scores of size 2, sums of n + d = 3 terms, tokens of size 3
    assert float((attention_jacobian(X, A, V, beta=BETA) - expected).abs().max()) <= allowed
    assert float((attention_jacobian(X, A, V) - expected).abs().max()) > 0.1
    e = torch.tensor([[1.0], [-0.5]], dtype=torch.float64)
    along = torch.einsum("iajb,jb->ia", expected, e)
    assert float((attention_jvp(X, e, A, V, beta=BETA) - along).abs().max()) <= 2 * allowed
    assert float((attention_jvp(X, e, A, V) - along).abs().max()) > 0.1


def test_the_bound_without_it_is_no_bound():
    value = float(torch.linalg.matrix_norm(attention_jacobian(X, A, V, beta=BETA).reshape(2, 2), 2))
    assert value > 1.1 * local_bound(X, A, V)
    assert value > 1.1 * float(local_bounds(X, A, V))
    assert value <= local_bound(X, A, V, beta=BETA)
    assert value <= float(local_bounds(X, A, V, beta=BETA))


def test_a_bias_of_the_keys_cancels():
    """It adds the same <A' x_i> to every score of row i: the same weights up to roundoff, so the same derivative."""
    g = torch.Generator().manual_seed(5)
    Q, K, tokens, b = (torch.randn(*s, generator=g, dtype=torch.float64) for s in ((2, 3), (2, 3), (4, 3), (2,)))
    plain = torch.softmax((tokens @ Q.mT) @ (tokens @ K.mT).mT, -1)
    shifted = torch.softmax((tokens @ Q.mT) @ (tokens @ K.mT + b).mT, -1)
    size = float(Q.norm() * tokens.norm() * (K.norm() * tokens.norm() + b.norm()))
    assert float((plain - shifted).abs().max()) <= 2 * 8 * 5 * torch.finfo(tokens.dtype).eps * size


def test_the_kernel_refutes_it():
    (false,) = [r for r in lemma.refuted() if r.name == "beta is forgotten"]
    witness.check_model(false.text, canonical(false.model), refutes=True)
    remembered = false.text.replace("inner(z, z)", "inner(g, g)")  # g = A x_i + beta
    with pytest.raises(KernelError, match="the target holds"):
        witness.check_model(remembered, canonical(false.model), refutes=True)
