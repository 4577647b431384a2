"""Row T1: permutation, repetition and atom splits change nothing (1e-13); every control is caught and named."""

import math

import pytest
import torch
from torch import nn

from proofcheck.errors import ArgumentError
from proofcheck.testing import assert_measure_map, check_measure_map
from torch_impl.attention import attend, residual_attention, self_attention
from torch_impl.measures import Measure
from torch_impl.predicates import in_context_map, in_context_map_weighted

D = 4
TOLERANCE = 1e-13


def matrix(seed, *shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) / math.sqrt(
        shape[-1]
    )


A, V = matrix(1, D, D), matrix(2, D, D)


def attention(X):
    return self_attention(X, A, V)


def residual(X):
    return X + 0.5 * self_attention(X, A, V)


def biased_norm(X):
    return (X - X.mean(0)) / (X.std(0, unbiased=False) + 1e-3)


def mean_pooling(X):
    return X + X.mean(0, keepdim=True)


def stack(X):
    for k in range(3):
        X = torch.tanh(X + self_attention(X, matrix(k, D, D), matrix(k + 9, D, D)))
    return X


# ---- controls


def positional(X):
    return attention(X + torch.arange(len(X), dtype=X.dtype)[:, None].sin())


def sink(X):
    scores = X @ A.mT @ X.mT
    return (scores.exp() / (1 + scores.exp().sum(-1, keepdim=True))) @ X @ V.mT


def log_scaling(X):
    return self_attention(X, math.log(len(X) + 1) * A, V)


def unbiased_norm(X):
    variance = (X - X.mean(0)).square().sum(0) / X.new_tensor(len(X) - 1)  # 0/0 for one token
    return (X - X.mean(0)) / (variance.sqrt() + 1e-3)


def causal(X):
    return self_attention(X, A, V, mask="causal")


def total(X):
    return (X @ A.mT @ X.mT) @ X @ V.mT


def alibi(X):
    place = torch.arange(len(X), dtype=X.dtype)
    scores = X @ A.mT @ X.mT - 0.5 * (place[:, None] - place).abs()
    return X + torch.softmax(scores, -1) @ X @ V.mT


def rope(X):
    place = torch.arange(len(X), dtype=X.dtype)[:, None]
    even, odd = X[:, ::2], X[:, 1::2]
    turned = torch.cat((even * place.cos() - odd * place.sin(), even * place.sin() + odd * place.cos()), -1)
    return torch.softmax(turned @ turned.mT, -1) @ X


def tiny_table(X):
    return attention(X + 1e-9 * matrix(7, 32 * 64, D)[: len(X)])


def window(X):
    place = torch.arange(len(X))
    return self_attention(X, A, V, mask=(place[:, None] - place).abs() <= 1)


def without_self(X):
    scores = (X @ A.mT @ X.mT).masked_fill(torch.eye(len(X), dtype=torch.bool), -math.inf)
    return X + torch.softmax(scores, -1) @ X @ V.mT


def relu_over_root(X):
    return X + (X @ A.mT @ X.mT).relu() @ X / math.sqrt(len(X))


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, X):
        self.calls += 1
        return X + self.calls


CONTROLS = {
    "positional encoding": (positional, "equal tokens"),
    "sink softmax": (sink, "repetition"),
    "log n scaling": (log_scaling, "repetition"),
    "unbiased variance": (unbiased_norm, "finite"),
    "causal mask": (causal, "permutation"),
    "un-normalised sum": (total, "repetition"),
}


@pytest.mark.parametrize("layer", [attention, residual, biased_norm, mean_pooling, stack])
def test_maps_of_measures_pass(layer):
    report = check_measure_map(layer, d=D)
    assert report, str(report)


@pytest.mark.parametrize("n", [1, 2, 5, 64])
def test_the_laws_hold_to_1e_13(n):
    X = matrix(n, n, D)
    base = attention(X)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(n))
    assert (attention(X[order]) - base[order]).abs().max() <= TOLERANCE
    assert (attention(X.repeat(3, 1))[:n] - base).abs().max() <= TOLERANCE
    uniform = torch.full((n,), 1 / n, dtype=torch.float64)
    split = Measure(torch.cat((X, X[:1])), torch.cat((uniform, uniform[:1] / 2)))
    split.weights[0] /= 2
    assert (attend(split, X, A, V) - base).abs().max() <= TOLERANCE
    probed = Measure(torch.cat((X, X[:1] + 1)), torch.cat((uniform, uniform.new_tensor([1e-300]))))
    assert (attend(probed, X, A, V) - base).abs().max() <= TOLERANCE


def test_4096_tokens_and_weights_down_to_1e_300():
    X = matrix(3, 4096, D)
    uniform = torch.full((4096,), 1 / 4096, dtype=torch.float64)
    base = attend(Measure(X, uniform), X[:5], A, V)
    heavy = torch.zeros(4096, dtype=torch.float64) + 1e-300
    heavy[0] = 1.0
    assert (attend(Measure(X, uniform).__class__(X.flip(0), uniform), X[:5], A, V) - base).abs().max() <= TOLERANCE
    assert (attend(Measure(X, heavy), X[:5], A, V) - X[0] @ V.mT).abs().max() <= TOLERANCE


@pytest.mark.parametrize("cause", list(CONTROLS))
def test_control_is_caught_and_named(cause):
    layer, law = CONTROLS[cause]
    report = check_measure_map(layer, d=D)
    assert not report
    assert (report.cause, report.law) == (cause, law), str(report)
    assert not report.deviation <= report.tolerance
    with pytest.raises(AssertionError, match=cause):
        assert_measure_map(layer, d=D)


@pytest.mark.parametrize(
    ("layer", "cause"),
    [
        (alibi, "positional encoding"),
        (rope, "positional encoding"),
        (tiny_table, "positional encoding"),
        (window, "positional encoding"),
        (without_self, "no self-attention"),
        (relu_over_root, "un-normalised sum"),
        (Counter(), "state between calls"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
@pytest.mark.parametrize("seed", [0, 1])
def test_control_other_faults_are_not_misnamed(layer, cause, seed):
    report = check_measure_map(layer, d=D, seed=seed)
    assert not report
    assert report.cause == cause, str(report)


@pytest.mark.parametrize(("seed", "d"), [(0, 8), (1, 8), (2, 4), (4, 4), (4, 8), (5, 2)])
@pytest.mark.parametrize("cause", list(CONTROLS))
def test_control_is_named_for_other_matrices_too(cause, seed, d, monkeypatch):
    # a sink far below 0 grows like a sum at first; scores times log n can die out like 1/copies for some tokens
    monkeypatch.setitem(globals(), "A", matrix(10 * seed + 1, d, d))
    monkeypatch.setitem(globals(), "V", matrix(10 * seed + 2, d, d))
    assert check_measure_map(CONTROLS[cause][0], d=d, seed=seed).cause == cause


def test_single_precision_is_refused_and_no_violation():
    inner = nn.Linear(D, D)
    for layer in (lambda X: inner(X.float()), lambda X: attention(X).float()):
        with pytest.raises(ArgumentError, match="outputs in float64"):
            check_measure_map(layer, d=D)
    with pytest.raises(ArgumentError, match="outputs in float64"):
        in_context_map_weighted(lambda mu, x: x.float(), D)


@pytest.mark.parametrize("tokens", [(), (1,), (0,), (-1, 3), (2.5,), (True, 2)])
def test_numbers_of_tokens_that_decide_nothing_are_refused(tokens):
    with pytest.raises(ArgumentError, match="numbers of tokens"):
        check_measure_map(causal, d=D, tokens=tokens)
    with pytest.raises(ArgumentError, match="numbers of tokens"):
        in_context_map_weighted(lambda mu, x: x, D, atoms=tokens)


@pytest.mark.parametrize("d", [0, -1, 2.0, True])
def test_widths_that_are_none_are_refused(d):
    with pytest.raises(ArgumentError, match="d >= 1"):
        check_measure_map(causal, d=d)


@pytest.mark.parametrize("scale", [0, -1.0, math.nan, math.inf, "1"])
def test_scales_that_are_none_are_refused(scale):
    with pytest.raises(ArgumentError, match="scale > 0"):
        check_measure_map(causal, d=D, scale=scale)


def test_many_tokens_need_few_calls():
    calls = []

    def counted(X):
        calls.append(len(X))
        return mean_pooling(X)

    assert check_measure_map(counted, d=2, tokens=(4096,))
    assert len(calls) < 200  # 5 inputs; all rolls would be 20,475
    late = check_measure_map(lambda X: X + torch.arange(len(X), dtype=X.dtype)[:, None], d=2, tokens=(4096,))
    assert late.cause == "positional encoding"
    assert len(str(late)) < 400


def test_control_few_orders_of_many_tokens_still_show_a_position():
    def pairs(X):  # rolls by an even number do not show it
        return X + X.mean(0) * (torch.arange(len(X)) % 2)[:, None]

    def halves(X):
        return X.roll(len(X) // 2, 0)  # commutes with every roll; equal tokens do not show it either

    for layer in (pairs, halves):
        report = check_measure_map(layer, d=2, tokens=(64,))
        assert report.law == "permutation"
    assert "randomly permuted" in check_measure_map(halves, d=2, tokens=(64,)).detail


def test_the_witness_is_small():
    report = check_measure_map(sink, d=D)
    assert report.witness is not None
    assert report.witness.shape == (1, D)
    assert set(report.witness.flatten().tolist()) <= {0.0, 1.0}
    witness = check_measure_map(log_scaling, d=D).witness
    assert witness is not None
    assert len(witness) == 2  # one token is a Dirac measure, which it maps well


def test_dropout_and_fixed_lengths_are_named():
    layer = nn.Dropout(0.5).double()
    report = check_measure_map(layer, d=D)
    assert (report.law, report.cause) == ("deterministic", "dropout")
    assert check_measure_map(layer.eval(), d=D)
    fixed = torch.randn(3, D, dtype=torch.float64)
    with pytest.raises(ArgumentError, match="any number"):
        check_measure_map(lambda X: X + fixed, d=D)


def test_torch_modules():
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(D, 2, 8, dropout=0.0, batch_first=True).double().eval()
    assert check_measure_map(layer, d=D, batched=True)
    with pytest.raises(ArgumentError, match="float64"):
        check_measure_map(nn.Linear(D, D), d=D)


def test_weighted_maps():
    assert in_context_map_weighted(lambda mu, x: residual_attention(mu, x, A, V), D)

    def unweighted(mu, x):
        return attend(Measure(mu.points, torch.full_like(mu.weights, 1 / len(mu.weights))), x, A, V)

    report = in_context_map_weighted(unweighted, D)
    assert report.violation is not None
    assert report.violation.law == "negligible atom"
    first = in_context_map_weighted(lambda mu, x: x + mu.points[0], D)
    assert first.violation is not None
    assert first.violation.law == "order of the atoms"


def test_control_a_tolerance_of_zero_would_reject_attention():
    # the roundoff estimate is needed: the deviations of correct code are not 0
    X = matrix(5, 5, D)
    assert (attention(X.repeat(3, 1))[:5] - attention(X)).abs().max() > 0
    assert in_context_map(attention, D)
