"""Negative control 5: `compute_bound` of the public code, |V| sqrt(n + (n + 1) (max |A x_i| diam)^2).

No figure of the paper uses it. It has no term for C_i A, which is there also where no A x_i is: A = [[0, 1], [0, 0]]
and x = +-(3, 0) give 1.414, and the norm is 9.110 (exactly: its square is at least 163/2)."""

import math

import pytest
import torch
from flint import fmpq

from lemmas.attention_smoothness import self_attention_bound as lemma
from proofcheck import witness
from proofcheck.audit.artifacts import canonical
from proofcheck.hammer import exact, token_maps
from proofcheck.kernel import KernelError
from torch_impl.attention_jacobian import attention_jacobian
from torch_impl.smoothness_bounds import smoothness_bounds

A = torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64)
V = torch.eye(2, dtype=torch.float64)
X = torch.tensor([[3.0, 0.0], [-3.0, 0.0]], dtype=torch.float64)


def compute_bound(X, A, V):
    """The formula of the public code, as read there."""
    n = X.shape[0]
    longest = float((X @ A.mT).norm(dim=-1).max())
    diameter = float(torch.cdist(X, X).max())
    return float(torch.linalg.matrix_norm(V, 2)) * math.sqrt(longest**2 * diameter**2 * (n + 1) + n)


def test_it_is_no_bound_and_ours_are():
    J = attention_jacobian(X, A, V).reshape(4, 4)
    value = float(torch.linalg.matrix_norm(J, 2))
    assert compute_bound(X, A, V) == pytest.approx(math.sqrt(2), rel=1e-15)
    assert abs(value - 9.110) < 0.0005  # the digits printed above
    assert value > 6 * compute_bound(X, A, V)
    bounds = smoothness_bounds(X, A, V)
    assert all(value <= float(b) for b in bounds)


def test_exactly():
    """All scores are 0, so everything is rational: e = (0, 1) for the first token gives ((9, 1/2), (0, 1/2))."""
    sample = {name: exact.nested(t) for name, t in (("X", X), ("A", A), ("V", V))}
    sample["e"] = exact.nested(torch.tensor([[0.0, 1.0], [0.0, 0.0]], dtype=torch.float64))
    change = token_maps.exact_change(sample, None)
    square = sum(entry * entry for row in change for entry in row)
    assert [[str(entry) for entry in row] for row in change] == [["9", "1/2"], ["0", "1/2"]]
    assert square == fmpq(163, 2)
    assert square > 2  # the square of what compute_bound claims, |e| = 1


def test_the_kernel_refutes_it():
    (false,) = [r for r in lemma.refuted() if r.name == "only max |A x_i|"]
    (proved,) = [c for c in lemma.claims() if c.name == "AS-01.tokens"]
    witness.check_model(false.text, canonical(false.model), refutes=True)
    with pytest.raises(KernelError, match="the target holds"):  # with the term for C_i A the model refutes nothing
        witness.check_model(proved.text, canonical(false.model), refutes=True)
