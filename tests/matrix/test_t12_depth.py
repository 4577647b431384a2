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
    report = check_flow_convergence(correct(one, 0 * one, one / 100), one, 0 * one, one / 100, T, depths=(1, 2, 4))
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


@pytest.mark.parametrize("fault", [0.004, 0.007, 0.01])
def test_control_a_slightly_wrong_value_matrix_is_a_wrong_limit(fault):
    # the error changes sign near N = 64, so that it falls faster than 1/N at every doubling
    one, V = torch.ones(1, 1, dtype=F64), torch.full((1, 1), 130 * fault, dtype=F64)
    zero = 0 * one
    report = check_flow_convergence(correct(one, zero, V * (1 + fault)), one, zero, V, T)
    assert all(order is not None and order > 0.75 for order in report.orders)
    assert report.ratio < 1
    assert report.limit_order is not None
    assert report.limit_order < 0.5
    assert not report
    assert report.cause == "unknown"
    assert check_flow_convergence(correct(one, zero, V), one, zero, V, T).limit_order == pytest.approx(2, abs=0.15)


def test_correct_layers_may_start_slowly():
    X, A, V = system(10, n=20, d=2, size=1.0)
    report = check_flow_convergence(correct(X, A, V), X, A, V, T)
    assert report.orders[0] is not None
    assert report.orders[0] < 0.75
    assert report, str(report)


def test_control_networks_that_are_not_deep_enough_show_no_rate():
    X, A, V = system()
    report = check_flow_convergence(correct(30 * X, A, V), 30 * X, A, V, T)
    assert report.order is not None
    assert report.order > 0.75  # of the last doubling, by chance: the others show none
    assert report.ratio < 1
    assert any(order is not None and order <= 0.5 for order in report.orders[:-1])
    assert not report
    assert report.cause == "too few layers"


def test_control_an_error_of_order_one_above_the_bound():
    one = torch.ones(1, 1, dtype=F64)
    zero, V = 0 * one, 0.01 * one
    drifting = correct(one, zero, V)
    report = check_flow_convergence(lambda N: lambda Y: drifting(N)(Y) + 5 / N, one, zero, V, T)
    assert all(order is not None and order >= 0.75 for order in report.orders)
    assert report.limit_order is None or report.limit_order >= 1.5
    assert report.ratio > 1
    assert not report


@pytest.mark.parametrize("size", [1e-100, 1e-200, 1e-300])
def test_short_tokens_are_no_excuse(size):
    X, A, V = system()
    assert check_flow_convergence(correct(X, A, V), size * X, A, V, T)
    report = check_flow_convergence(frozen(X, A, V), size * X, A, V, T)
    assert report.cause == "frozen context"


def test_a_module_stays_in_its_precision():
    X, A, V = system()
    A, V = A.float().double(), V.float().double()
    networks = {N: Stack(A, V, N) for N in (8, 16, 32)}
    assert check_flow_convergence(lambda N: networks[N], X, A, V, T, depths=(8, 16, 32))
    assert all(p.dtype == torch.float32 for network in networks.values() for p in network.parameters())


def test_bad_arguments():
    X, A, V = system()
    with pytest.raises(ArgumentError, match="twice"):
        check_flow_convergence(correct(X, A, V), X, A, V, T, depths=(8, 24))
    with pytest.raises(ArgumentError, match="T > 0"):
        check_flow_convergence(correct(X, A, V), X, A, V, 0)
    with pytest.raises(ArgumentError, match="outputs"):
        check_flow_convergence(lambda N: lambda Y: Y[:, :1], X, A, V, T)


@pytest.mark.parametrize("depths", [(8,), (8, 16), (8.0, 16.0, 32.0), (0, 0, 0), (True, 2, 4)])
def test_two_depths_tell_no_rate_from_a_wrong_limit(depths):
    X, A, V = system()
    with pytest.raises(ArgumentError, match="three or more integers"):
        check_flow_convergence(correct(X, A, V), X, A, V, T, depths=depths)


@pytest.mark.parametrize("time", ["1", math.nan, math.inf, True, None])
def test_bad_times(time):
    X, A, V = system()
    with pytest.raises(ArgumentError, match="T > 0"):
        check_flow_convergence(correct(X, A, V), X, A, V, time)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_tokens_and_matrices_that_are_not_finite_are_refused(which, bad):
    X, A, V = system()
    X, A, V = given = (X.clone(), A.clone(), V.clone())
    given[which][0, 0] = bad
    with pytest.raises(ArgumentError, match="finite tokens and matrices"):
        check_flow_convergence(correct(X, A, V), X, A, V, T)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda N: None, "return a module or function"),
        (lambda N: lambda Y: None, "outputs"),
        (lambda N: lambda Y: Y.float(), "float64"),
    ],
)
def test_networks_that_return_no_tokens(build, message):
    X, A, V = system()
    with pytest.raises(ArgumentError, match=message):
        check_flow_convergence(build, X, A, V, T)
    with pytest.raises(ArgumentError, match=r"X \(n, d\)"):
        check_flow_convergence(correct(X, A, V), X, A, V[:2], T)
