"""Row T12: error(N) <= the bound of MM-25 and falls like 1/N; the wrong layers are caught and named."""

import math

import pytest
import torch
from torch import nn

from proofcheck.errors import ArgumentError
from proofcheck.testing import assert_flow_convergence, check_flow_convergence
from torch_impl.attention import attend, self_attention
from torch_impl.measures import measure
from torch_impl.norms import certified_norm
from torch_impl.vlasov import depth_flow, vlasov_flow
from torch_impl.vlasov_bounds import depth_for, log_depth_error

F64 = torch.float64
T = 1.0


def system(seed=0, n=6, d=3, size=0.6):
    generator = torch.Generator().manual_seed(seed)
    X, A, V = (torch.randn(*s, generator=generator, dtype=F64) for s in ((n, d), (d, d), (d, d)))
    return X / X.norm(dim=-1).max(), size * A, size * V


def layers(step, scores=None, mask=None):
    """build(N) of residual attention with the step and the scores that two functions of N and X choose."""

    def make(X0, A, V):
        def build(N):
            def network(X):
                B = A if scores is None else scores(A, X)
                for _ in range(N):
                    X = X + step(N) * self_attention(X, B, V, mask=mask)
                return X

            return network

        return build

    return make


def frozen(X0, A, V):
    def build(N):
        def network(X):
            mu = measure(X)
            for _ in range(N):
                X = X + T / N * attend(mu, X, A, V)
            return X

        return network

    return build


def sink(X0, A, V):
    def build(N):
        def network(X):
            for _ in range(N):
                mass = (X @ A.mT @ X.mT).exp()
                X = X + T / N * mass / (1 + mass.sum(-1, keepdim=True)) @ X @ V.mT
            return X

        return network

    return build


correct = layers(lambda N: T / N)


class Stack(nn.Module):
    """The same layers as a module in single precision."""

    def __init__(self, A, V, N):
        super().__init__()
        self.A, self.V, self.N = nn.Parameter(A.float()), nn.Parameter(V.float()), N

    def forward(self, X):
        for _ in range(self.N):
            X = X + T / self.N * self_attention(X, self.A, self.V)
        return X


@pytest.mark.parametrize("seed", range(6))
def test_correct_layers_converge_within_the_bound(seed, record_property):
    X, A, V = system(seed)
    report = check_flow_convergence(correct(X, A, V), X, A, V, T)
    assert report, str(report)
    assert report.order == pytest.approx(1, abs=0.15)
    assert 0 < report.ratio <= 1
    record_property("worst ratio to the bound", report.ratio)


def test_the_constant_is_nearly_attained_by_one_token():
    # A = 0, V = v, one layer: error (e^z - 1 - z) R0, z = v T, against its bound, ratio -> 1 as z -> 0
    for z in (1e-2, 1e-3):
        error = math.expm1(z) - z
        ratio = math.exp(math.log(error) - log_depth_error(1, R0=1.0, a=0.0, v=z, T=1.0))
        assert 1 - 1.3 * z < ratio <= 1
    one = torch.ones(1, 1, dtype=F64)
    report = check_flow_convergence(correct(one, 0 * one, one / 100), one, 0 * one, one / 100, T, depths=(1, 2))
    assert report.ratio > 0.98


def test_a_module_in_single_precision_is_run_in_double():
    X, A, V = system()
    A, V = A.float().double(), V.float().double()
    assert_flow_convergence(lambda N: Stack(A, V, N), X, A, V, T)


@pytest.mark.parametrize(
    ("make", "cause"),
    [
        (frozen, "frozen context"),
        (layers(lambda N: T / math.sqrt(N)), "step T/sqrt(N)"),
        (layers(lambda N: T), "step T"),
        (layers(lambda N: T / N, lambda A, X: A * math.log(len(X))), "log n scaling"),
        (layers(lambda N: T / N, lambda A, X: A.mT), "transposed A"),
        (layers(lambda N: T / N, lambda A, X: A * math.sqrt(X.shape[-1])), "no 1/sqrt(k)"),
        (layers(lambda N: T / N, mask="causal"), "causal mask"),
        (sink, "sink softmax"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_control_wrong_layers_are_caught_and_named(make, cause):
    X, A, V = system()
    report = check_flow_convergence(make(X, A, V), X, A, V, T)
    assert not report
    assert report.cause == cause
    with pytest.raises(AssertionError, match="does not converge"):
        assert_flow_convergence(make(X, A, V), X, A, V, T)


def test_control_an_unknown_fault_is_not_given_a_name():
    X, A, V = system()
    shifted = correct(X, A, V)
    report = check_flow_convergence(lambda N: lambda Y: shifted(N)(Y) + 0.1, X, A, V, T)
    assert not report
    assert report.cause == "unknown"


def test_the_depth_that_the_bound_asks_for_is_enough():
    X, A, V = system(size=0.3)
    norms = {"a": float(certified_norm(A)), "v": float(certified_norm(V))}
    N = depth_for(0.1, R0=1 + 1e-12, **norms, T=T)
    mu = measure(X)
    gap = depth_flow(mu, A, V, T, N).measure.points - vlasov_flow(mu, A, V, T).measure.points
    assert float(gap.norm(dim=-1).max()) <= 0.1


def test_bad_arguments():
    X, A, V = system()
    with pytest.raises(ArgumentError, match="twice"):
        check_flow_convergence(correct(X, A, V), X, A, V, T, depths=(8, 24))
    with pytest.raises(ArgumentError, match="T > 0"):
        check_flow_convergence(correct(X, A, V), X, A, V, 0)
    with pytest.raises(ArgumentError, match="outputs"):
        check_flow_convergence(lambda N: lambda Y: Y[:, :1], X, A, V, T)
