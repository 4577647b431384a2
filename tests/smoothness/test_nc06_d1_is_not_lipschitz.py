"""NC6: causal attention has no constant in d_1; at A = 0 the first token alone stretches by 1 + ... + 1/n (AS-07)."""

from fractions import Fraction

import pytest
import torch

from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound

F64 = torch.float64
ZERO, ONE = torch.zeros(1, 1, dtype=F64), torch.ones(1, 1, dtype=F64)
LEMMA = "attention_smoothness.masked_mean_field"


def stretch(n, p):
    """d_p of the outputs over d_p of the inputs when the first of n equal tokens moves; p = 1 is the check on trial."""
    X = torch.ones(n, 1, dtype=F64)
    Y = X.clone()
    Y[0] += 0.5
    moved = [(f(Y) - f(X)).abs().pow(p).mean() ** (1 / p) for f in (causal, lambda Z: Z)]
    return float(moved[0] / moved[1])


def causal(X):
    return self_attention(X, ZERO, ONE, mask="causal")


@pytest.mark.parametrize("n", [10, 100, 1000])
def test_d_1_stretches_by_the_harmonic_sum(n):
    harmonic = sum(Fraction(1, k) for k in range(1, n + 1))
    assert abs(stretch(n, 1) - float(harmonic)) < 1e-9 * float(harmonic)


def test_no_constant_holds_for_d_1():
    assert stretch(1000, 1) > stretch(100, 1) + 2.2 > stretch(10, 1) + 4.4  # each factor 10 adds log 10


@pytest.mark.parametrize("p", [1.5, 2, 4])
def test_d_p_has_hardy_s_constant_for_p_above_1(p):
    values = {"v": 1.0, "a": 0.0, "R": 1.5, "p": p}
    bound = float(evaluate(lemma_bound(LEMMA, "lipschitz_constant_1"), values))
    assert bound == pytest.approx(p / (p - 1))
    norms = []
    for n in (10, 100, 1000):
        X = torch.arange(1, n + 1, dtype=F64).unsqueeze(-1) ** (-1 / p)  # all but extremal for Hardy's inequality
        assert stretch(n, p) <= bound
        out = causal(X)
        norms.append(float((out.abs().pow(p).sum() / X.abs().pow(p).sum()) ** (1 / p)))
    assert norms == sorted(norms)
    assert 0.6 * bound < norms[-1] <= bound


def test_the_unmasked_constant_is_false_for_the_mask_at_two_tokens():
    """[[1, 0], [1/2, 1/2]] has norm 1.14 although s = 0; the unmasked constant of AS-03 is 1 there."""
    jacobian = torch.func.jacrev(causal)(torch.zeros(2, 1, dtype=F64)).reshape(2, 2)
    norm = float(torch.linalg.matrix_norm(jacobian, ord=2))
    unmasked = lemma_bound("attention_smoothness.mean_field_lipschitz", "as_remembered")
    assert float(evaluate(unmasked, {"v": 1.0, "a": 0.0, "R": 1.0})) == 1
    assert 1.14 < norm < 1.15
    assert norm <= float(evaluate(lemma_bound(LEMMA, "lipschitz_constant_1"), {"v": 1.0, "a": 0.0, "R": 1.0, "p": 2.0}))
