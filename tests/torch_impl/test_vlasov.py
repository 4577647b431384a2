"""The flow by depth and by solver, and its constants as logarithms."""

import math

import pytest
import torch
from scipy.integrate import quad

from proofcheck.errors import ArgumentError
from torch_impl import vlasov_bounds
from torch_impl.measures import Measure, measure
from torch_impl.vlasov import depth_flow, depth_states, vlasov_flow


def system(seed=0, n=4, d=2, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    tokens, A, V = (torch.randn(*s, generator=generator, dtype=torch.float64) for s in ((n, d), (d, d), (d, d)))
    return measure((tokens / 2).to(dtype)), (A / 3).to(dtype), (V / 3).to(dtype)


def test_one_token_is_multiplied_by_an_exponential():
    mu, A, _ = system(n=1)
    V = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64) * 0.5
    found = vlasov_flow(mu, A, V, 1.5).measure.points
    torch.testing.assert_close(found, mu.points @ torch.linalg.matrix_exp(1.5 * V).mT, rtol=1e-12, atol=1e-12)


def test_layers_are_the_same_layer_again_and_again():
    mu, A, V = system()
    states = depth_states(mu, A, V, 1.0, 3)
    assert len(states) == 4
    once = depth_flow(states[1].measure, A, V, 1 / 3, 1)
    torch.testing.assert_close(once.measure.points, states[2].measure.points, rtol=0, atol=1e-15)


def test_a_query_at_a_token_moves_with_it_and_is_not_seen():
    mu, A, V = system()
    for flow in (lambda x: depth_flow(mu, A, V, 1.0, 5, x), lambda x: vlasov_flow(mu, A, V, 1.0, x)):
        state = flow(mu.points[:2])
        torch.testing.assert_close(state.queries, state.measure.points[:2], rtol=1e-12, atol=1e-12)
        alone = flow(mu.points[:1] + 5).measure.points
        torch.testing.assert_close(alone, state.measure.points, rtol=1e-11, atol=1e-11)


def test_a_batch_is_as_its_rows():
    rows = [system(seed) for seed in range(3)]
    mu = Measure(torch.stack([m.points for m, _, _ in rows]), torch.stack([m.weights for m, _, _ in rows]))
    A, V = torch.stack([a for _, a, _ in rows]), torch.stack([v for _, _, v in rows])
    both = vlasov_flow(mu, A, V, 1.0).measure.points
    for k, (m, a, v) in enumerate(rows):
        torch.testing.assert_close(both[k], vlasov_flow(m, a, v, 1.0).measure.points, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("n", [1, 4096])
def test_token_counts_and_tiny_weights(n):
    mu, A, V = system(n=n)
    weights = torch.full((n,), 1e-300, dtype=torch.float64)
    weights[0] = 1
    state = depth_flow(Measure(mu.points, weights), A, V, 0.5, 2)
    assert bool(torch.isfinite(state.measure.points).all())
    # all mass at token 0: it moves as if it were alone
    alone = depth_flow(measure(mu.points[:1]), A, V, 0.5, 2).measure.points
    torch.testing.assert_close(state.measure.points[:1], alone, rtol=1e-13, atol=1e-13)


def test_it_is_differentiable_and_keeps_the_dtype():
    mu, A, V = system(dtype=torch.float32)
    V.requires_grad_()
    out = depth_flow(mu, A, V, 1.0, 3).measure.points
    out.sum().backward()
    assert out.dtype == torch.float32
    assert V.grad is not None
    assert vlasov_flow(mu, A, V, 1.0).measure.points.dtype == torch.float32


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda mu, A, V: depth_flow(mu, A, V, 1.0, 0), "N >= 1"),
        (lambda mu, A, V: depth_flow(mu, A, V, 1.0, True), "N >= 1"),
        (lambda mu, A, V: depth_flow(mu, A, V, -1.0, 2), "T >= 0"),
        (lambda mu, A, V: vlasov_flow(mu, A, V, math.nan), "T >= 0"),
        (lambda mu, A, V: vlasov_flow(mu, A, V, 1.0, torch.zeros(1, 3, dtype=torch.float64)), "queries"),
        (lambda mu, A, V: vlasov_flow(mu, A[:1], V, 1.0), "attend"),
    ],
)
def test_bad_input_is_refused(call, words):
    with pytest.raises(ArgumentError, match=words):
        call(*system())


@pytest.mark.parametrize("p", [1, 2, 3.5, math.inf])
def test_the_exponent_is_the_integral_of_the_rate(p):
    R0, a, v, T = 1.2, 0.6, 0.4, 1.1

    def rate(s):
        u = a * (R0 * math.exp(v * s)) ** 2
        return v * (u + (1 + u if p == math.inf else (1 + 2 * u) * math.exp(2 * u / p)))

    integral, error = quad(rate, 0, T, epsabs=1e-12, epsrel=1e-12)
    found = vlasov_bounds.exponent(p, R0=R0, a=a, v=v, T=T)
    assert abs(found - integral) <= error + 1e-11 * integral
    assert math.exp(vlasov_bounds.log_exponent(p, R0=R0, a=a, v=v, T=T)) == pytest.approx(found, rel=1e-12)
    assert vlasov_bounds.exponent(p, R0=R0, a=a * 0.99, v=v, T=T) < integral  # control: another norm of A


@pytest.mark.parametrize("p", [1, 2, math.inf])
@pytest.mark.parametrize("R0", [1e-6, 1.0, 5.0, 20.0, 1000.0])
def test_no_exponent_is_infinite_or_nan(p, R0):
    assert math.isfinite(vlasov_bounds.log_exponent(p, R0=R0, a=1, v=1, T=1))


def test_the_exponent_of_tokens_at_zero_is_that_of_one_token():
    assert vlasov_bounds.exponent(1, R0=0, a=1, v=2, T=3) == pytest.approx(6, rel=1e-15)
    assert vlasov_bounds.exponent(1, R0=1, a=0, v=2, T=3) == pytest.approx(6, rel=1e-15)
    assert vlasov_bounds.exponent(1, R0=1e-9, a=1, v=2, T=3) == pytest.approx(6, rel=1e-9)
    assert vlasov_bounds.exponent(2, R0=1, a=1, v=0, T=3) == 0


def test_in_context_constants_and_depth():
    values = {"R0": 1.0, "a": 0.5, "v": 0.5, "T": 1.0}
    E = vlasov_bounds.exponent(2, **values)
    lam = 0.5 * (math.e - 1) / 2
    query, context = vlasov_bounds.log_in_context(2, **values)
    assert query == pytest.approx(lam, rel=1e-14)
    assert context == pytest.approx(math.log(math.exp(E) - math.exp(lam)), rel=1e-12)
    assert vlasov_bounds.log_separation(**values) == pytest.approx(-lam, rel=1e-14)
    N = vlasov_bounds.depth_for(1e-2, **values)
    assert vlasov_bounds.log_depth_error(N, **values) <= math.log(1e-2) < vlasov_bounds.log_depth_error(N - 1, **values)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_not_finite_are_refused(bad):
    mu, A, V = system()
    wrong = A.clone()
    wrong[0, 1] = bad
    broken = Measure(mu.points * bad, mu.weights)
    for call, name in (
        (lambda f: f(mu, wrong, V, 1.0), "A"),
        (lambda f: f(mu, A, wrong, 1.0), "V"),
        (lambda f: f(mu, A, V, 1.0, x=wrong), "x"),
        (lambda f: f(broken, A, V, 1.0), "measure"),
    ):
        for flow in (vlasov_flow, lambda mu, A, V, T, x=None: depth_flow(mu, A, V, T, 4, x)):
            with pytest.raises(ArgumentError, match=f"required a finite {name}"):
                call(flow)
    for rtol, atol in ((bad, 1e-9), (1e-9, bad), (-1.0, 1e-9), (0.0, 0.0)):
        with pytest.raises(ArgumentError, match="finite rtol, atol"):
            vlasov_flow(mu, A, V, 1.0, rtol=rtol, atol=atol)


def test_an_overflow_on_the_way_is_refused_with_its_time():
    mu, _, _ = system(n=1)
    eye = torch.eye(2, dtype=torch.float64)
    with pytest.raises(ArgumentError, match="got NaN or infinity at t="):
        vlasov_flow(mu, eye, eye, 1000.0, rtol=1e-6)


def test_padding_may_hold_anything():
    mu, A, V = system(n=3)
    weights = torch.tensor([0.5, 0.5, 0.0], dtype=torch.float64)
    points = mu.points.clone()
    points[2] = math.nan
    moved = vlasov_flow(Measure(points, weights), A, V, 1.0).measure.points[:2]
    torch.testing.assert_close(moved, vlasov_flow(Measure(mu.points[:2], weights[:2]), A, V, 1.0).measure.points)


def test_numbers_beyond_floats_are_named():
    for call in (vlasov_bounds.exponent, vlasov_bounds.log_in_context):
        with pytest.raises(ArgumentError, match="log_exponent"):
            call(1, R0=20.0, a=1, v=1, T=1)
    with pytest.raises(ArgumentError, match="log N"):
        vlasov_bounds.depth_for(1e-3, R0=5.0, a=1, v=1, T=1)
    with pytest.raises(ArgumentError, match="N >= 1"):
        vlasov_bounds.log_depth_error(0, R0=5.0, a=1, v=1, T=1)
    with pytest.raises(ArgumentError, match="p >= 1"):
        vlasov_bounds.log_exponent(0.5, R0=5.0, a=1, v=1, T=1)
    with pytest.raises(ArgumentError, match="R0 >= 0"):
        vlasov_bounds.log_exponent(1, R0=-5.0, a=1, v=1, T=1)
