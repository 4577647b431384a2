"""Tested: the order of all bounds on 10,000 random inputs, half of them with a causal mask,

    power lower bound <= norm <= here <= uniform <= combined <= sharper <= printed;

The power lower bound is |J x|/|x| for the best of the 3 vectors J^T J e, (J^T J)^2 e, (J^T J)^3 e and e itself, e one
random displacement: 4 products J x an input, by `attention_jvp`, on all 10,000. The norm is the largest singular value
of the written out matrix, on all 10,000. The estimator `local_lipschitz` (Lanczos) sees 32 of such inputs, 16 without
and 16 with the mask, and is there compared with the norm and with the power lower bound; so is the float code of the
bound per input. A bound that is a little too small breaks the order, and so does a lower bound that is a little too
large. Looseness is recorded by `python -m benchmarks ordering`."""

from itertools import pairwise

import pytest
import torch

from lemmas.attention_smoothness import attention_lower_bound, local_attention_bound
from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.attention_jacobian import attention_jacobian, attention_jvp
from torch_impl.bounds import evaluate
from torch_impl.extremal_tokens import leader_tokens
from torch_impl.local_bound import local_bound
from torch_impl.local_lipschitz import local_lipschitz
from torch_impl.smoothness_bounds import local_bounds, smoothness_bounds

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
SHAPES = ((1, 2, 600), (2, 1, 1000), (2, 3, 1000), (3, 2, 1000), (5, 3, 800), (8, 2, 400), (16, 4, 200))  # n, d, inputs


def drawn(n, d, count, seed):
    """Inputs of several kinds: gaussian, clustered, orthogonal or negative A, s = |A|_F max |x|^2 from 1/10 to 20."""
    g = torch.Generator().manual_seed(1000 * n + d + seed)
    X, A, V, e = (torch.randn(count, *s, generator=g, dtype=torch.float64) for s in ((n, d), (d, d), (d, d), (n, d)))
    X[::3] = X[::3, :1] * torch.where(torch.rand(len(X[::3]), n, 1, generator=g) < 0.5, 1.0, -0.5)
    A[1::4] = torch.linalg.qr(A[1::4])[0]
    A[2::4] = -torch.eye(d, dtype=torch.float64)
    V[::2] = torch.eye(d, dtype=torch.float64)
    strength = 10 ** (2.3 * torch.rand(count, 1, 1, generator=g, dtype=torch.float64) - 1)
    size = A.flatten(1).norm(dim=-1) * X.norm(dim=-1).amax(-1).square()
    return X, A / size.view(-1, 1, 1) * strength, V, e


def norms(X, A, V, causal):
    J = attention_jacobian(X, A, V, "causal" if causal else None)
    return torch.linalg.matrix_norm(J.flatten(3).flatten(1, 2), 2)


def slack(X, A, V):
    """First-order roundoff of every quantity here, relative to |V| (1 + S), S = |A|_F max |x|^2: scores are off by
    (2 d + 10) u S, weights relatively by twice that and (2 n + d + 16) u, sums and singular values by 4 n d u more."""
    n, d = X.shape[-2:]
    S = A.flatten(1).norm(dim=-1) * X.norm(dim=-1).amax(-1).square()
    u = torch.finfo(X.dtype).eps / 2
    relative = 2 * (2 * d + 10) * u * S + (2 * n + d + 16 + 4 * n * d) * u
    return 4 * relative * n**0.5 * V.flatten(1).norm(dim=-1) * (1 + S)


def power_lower_bound(X, A, V, e, causal):
    """max |J x|/|x| over x = (J^T J)^k e, k = 0, ..., 3: a lower bound of |J| for any e; J x by `attention_jvp`.

    Where x came from does not matter for the bound, so J^T is taken from the written out matrix, which is at hand."""
    mask = "causal" if causal else None
    transposed = attention_jacobian(X, A, V, mask).flatten(3).flatten(1, 2).mT
    best = torch.zeros(len(X), dtype=X.dtype)
    for _ in range(4):
        image = attention_jvp(X, e, A, V, mask=mask)
        best = torch.maximum(best, image.flatten(1).norm(dim=-1) / e.flatten(1).norm(dim=-1))
        e = (transposed @ image.flatten(1).unsqueeze(-1)).view_as(X)
        e = e / e.flatten(1).norm(dim=-1).view(-1, 1, 1)
    return best


@pytest.mark.parametrize("causal", [False, True])
def test_bounds_are_ordered_on_ten_thousand_inputs(causal):
    seen, tight = 0, 0
    for n, d, count in SHAPES:
        X, A, V, e = drawn(n, d, count, causal)
        allowed = slack(X, A, V)
        assert float((allowed / V.flatten(1).norm(dim=-1)).max()) < 1e-9
        lower = power_lower_bound(X, A, V, e, causal)
        bounds = smoothness_bounds(X, A, V, causal=causal)
        chain = [lower, norms(X, A, V, causal), *bounds[:-1]]
        for below, above in pairwise(chain):
            assert bool((below <= above + allowed).all())
        assert bool((chain[1] <= bounds.free + allowed).all())
        seen += count
        tight += int((1.1 * lower > chain[1] + allowed).sum())
    assert seen == 5000
    assert tight >= 4500  # the lower bound says something: within a tenth of the norm on nine inputs of ten


@pytest.mark.parametrize("causal", [False, True])
def test_a_bound_that_is_too_small_breaks_the_order(causal):
    X, A, V, e = drawn(2, 3, 400, causal)
    A[:20] = 0  # here the bound at X is the norm
    value, bounds, allowed = norms(X, A, V, causal), smoothness_bounds(X, A, V, causal=causal), slack(X, A, V)
    assert bool((value > 0.999999 * bounds.here + allowed).any())
    assert bool((1.000001 * power_lower_bound(X, A, V, e, causal) > value + allowed).any())
    without_keys = torch.linalg.matrix_norm(V, 2)  # what the first term alone would claim without a mask
    assert bool((value > without_keys + allowed).any())


@pytest.mark.parametrize("causal", [False, True])
def test_the_estimator_lies_between(causal):
    """|J e|/|e| of the estimator is at most the norm up to roundoff, and reaches it."""
    mask = "causal" if causal else None
    for n, d in ((3, 2), (5, 3)):
        X, A, V, e = drawn(n, d, 8, causal)
        lower = power_lower_bound(X, A, V, e, causal)
        value, here, allowed = norms(X, A, V, causal), local_bounds(X, A, V, mask=mask), slack(X, A, V)
        for i in range(len(X)):
            found = local_lipschitz(lambda x, a=A[i], v=V[i]: self_attention(x, a, v, mask=mask), X[i])
            assert found.converged
            assert found.value <= float(value[i] + allowed[i])
            assert found.value >= float(value[i]) * (1 - 1e-6)
            assert found.value >= float(lower[i] - allowed[i]) * (1 - 1e-6)
            three = local_bound(X[i], A[i], V[i], mask=mask)
            assert float(value[i] - allowed[i]) <= three
            assert float(here[i]) <= three + float(allowed[i])


def test_the_code_of_the_bound_per_input_is_the_lemma():
    X, A, V, _ = drawn(5, 3, 4, 7)
    beta = torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
    for i in range(4):
        J = attention_jacobian(X[i], A[i], V[i], None, beta)
        three = local_bound(X[i], A[i], V[i], beta=beta)
        smaller = float(local_bounds(X[i], A[i], V[i], beta=beta))
        value = float(torch.linalg.matrix_norm(J.flatten(2).flatten(0, 1), 2))
        allowed = float(slack(X, A, V)[i]) * (1 + float(beta.norm()))
        assert value <= smaller + allowed
        assert smaller <= three + allowed
    P = torch.full((5, 5), 0.2, dtype=torch.float64)
    here = evaluate(
        local_attention_bound.BOUNDS["here"], {"v": 1.0, "p": float(P.norm()), "c": 1.0, "h": 0.0, "b": 0.0}
    )
    one = torch.eye(3, dtype=torch.float64)
    assert abs(here - local_bound(X[0], torch.zeros_like(one), one)) <= 1e-15 * 5 * 8


def test_lower_bounds_of_the_ball_stay_below_its_upper_bounds():
    """AS-02's pair of inputs, for the same A, V, n and R."""
    _, A, V, _ = drawn(6, 3, 40, 3)
    tried = 0
    for i in range(40):
        if not bool((torch.linalg.eigvals(A[i]).imag == 0).any()):
            continue
        pair = leader_tokens(A[i], V[i], 6, radius=1.5, step=2.0**-12)
        X = torch.stack([pair.before, pair.after])
        moved = (self_attention(X[1], A[i], V[i]) - self_attention(X[0], A[i], V[i])).norm() / 2.0**-12
        bounds = smoothness_bounds(X, A[i], V[i], radius=1.5)
        allowed = float(slack(X, A[i : i + 1].expand(2, 3, 3), V[i : i + 1].expand(2, 3, 3)).max()) * 2**13
        assert pair.factor <= float(moved) + allowed
        assert float(moved) <= float(bounds.uniform.max()) + allowed
        assert pair.factor <= float(bounds.free.max())
        tried += 1
    assert tried >= 20
    assert "norm_lower" in attention_lower_bound.BOUNDS


def test_a_ball_that_misses_a_token_is_refused():
    X, A, V, _ = drawn(3, 2, 2, 0)
    with pytest.raises(ArgumentError, match="smoothness_bounds: radius must be at least"):
        smoothness_bounds(X, A, V, radius=1e-3)
