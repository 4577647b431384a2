"""T15. Sinkhorn and L2 attention on Gauss-Hermite contexts are the closed forms. Control: row softmax only."""

import pytest
import torch
from matrix_contexts import F64

from lemmas.measure_maps import gaussian_variants as lemma
from proofcheck.errors import ArgumentError
from torch_impl import gaussian_variants as variants
from torch_impl.attention import attend
from torch_impl.bounds import evaluate
from torch_impl.gaussian_attention import gaussian
from torch_impl.hermite_context import gauss_hermite
from torch_impl.measures import Measure, measure
from torch_impl.sinkhorn_attention import sinkhorn_attend

TOLERANCE = 1e-7


def law_of(d, seed=0, *, centred=False):
    torch.manual_seed(seed)
    L = torch.randn(d, d, dtype=F64) / 2
    return gaussian(torch.zeros(d, dtype=F64) if centred else torch.randn(d, dtype=F64) / 2, L @ L.mT)


@pytest.mark.parametrize(("d", "nodes"), [(1, 60), (2, 24)])
def test_l2_attention(d, nodes):
    law, x = law_of(d), torch.randn(4, d, dtype=F64)
    Q, K, V = (torch.randn(2, d, dtype=F64) / 2 for _ in range(3))
    mu = gauss_hermite(law, nodes)
    exact = variants.l2_gaussian_attend(law, x, Q, K, V)
    assert (variants.l2_attend(mu, x, Q, K, V) - exact).abs().max() <= TOLERANCE
    scaled = variants.l2_attend(mu, x, 2**0.5 * Q, 2**0.5 * K, V)  # the score without 1/2
    assert (scaled - exact).abs().max() > 1e-3
    assert (attend(mu, x, K.mT @ Q, V) - exact).abs().max() > 1e-3  # dot products of the same Q, K


def test_mean_shift():
    law, x, eps = law_of(2), torch.randn(3, 2, dtype=F64), 0.8
    mu, eye = gauss_hermite(law, 30), torch.eye(2, dtype=F64)
    exact = variants.mean_shift_gaussian(law, x, eps)
    assert (variants.l2_attend(mu, x, eye / eps**0.5, eye / eps**0.5, eye) - exact).abs().max() <= TOLERANCE
    with pytest.raises(ArgumentError, match="eps > 0"):
        variants.mean_shift_gaussian(law, x, 0.0)


@pytest.mark.parametrize(("d", "nodes"), [(1, 60), (2, 16)])
def test_sinkhorn_attention(d, nodes):
    law = law_of(d, centred=True)
    A, V = torch.randn(d, d, dtype=F64), torch.randn(2, d, dtype=F64)
    A = A * 0.7 / A.norm()
    mu = gauss_hermite(law, nodes)
    found = sinkhorn_attend(mu, A, V, tolerance=1e-13)
    exact = variants.sinkhorn_gaussian_attend(law, mu.points, A, V)
    assert found.residual <= 1e-13
    near = mu.points.norm(dim=-1) <= 4 * law.covariance.trace().sqrt()  # nodes of weight 1e-30 carry quadrature error
    assert (found.values - exact)[near].abs().max() <= TOLERANCE
    rows = attend(mu, mu.points, A, V)  # row softmax only
    assert (rows - exact)[near].abs().max() > 1e-2


def test_the_gain_solves_its_riccati_equation_also_where_it_is_singular():
    torch.manual_seed(1)
    L, A = torch.randn(3, 2, dtype=F64), torch.randn(3, 3, dtype=F64)
    for S, B in ((L @ L.mT, A), (L @ L.mT + torch.eye(3, dtype=F64), A * torch.tensor([1.0, 1.0, 0.0], dtype=F64))):
        X = variants.sinkhorn_gain(S, B)
        assert (X + X @ B @ S @ B.mT @ X - S).abs().max() <= 1e-12
        assert (X - X.mT).abs().max() <= 1e-14
    one = variants.sinkhorn_gain(torch.tensor([[0.7]], dtype=F64), torch.tensor([[1.3]], dtype=F64))
    assert float(one) == pytest.approx(evaluate(lemma.BOUNDS["sinkhorn_gain"], {"a": 1.3, "s": 0.7}), rel=1e-14)


def test_singular_covariances_of_l2_attention():
    flat = gaussian(torch.ones(2, dtype=F64), torch.diag(torch.tensor([0.5, 0.0], dtype=F64)))
    x, eye = torch.randn(3, 2, dtype=F64), torch.eye(2, dtype=F64)
    exact = variants.l2_gaussian_attend(flat, x, eye, eye, eye)
    assert (variants.l2_attend(gauss_hermite(flat, 20), x, eye, eye, eye) - exact).abs().max() <= TOLERANCE


def test_bad_arguments_are_refused():
    law, eye = law_of(2), torch.eye(2, dtype=F64)
    with pytest.raises(ArgumentError, match="centred law"):
        variants.sinkhorn_gaussian_attend(law, eye, eye, eye)
    with pytest.raises(ArgumentError, match="one shape"):
        variants.l2_gaussian_attend(law, eye, eye, torch.ones(3, 2, dtype=F64), eye)
    with pytest.raises(ArgumentError, match="one width d"):
        variants.l2_gaussian_attend(law, torch.ones(1, 3, dtype=F64), eye, eye, eye)
    with pytest.raises(ArgumentError, match="positive semidefinite"):
        variants.sinkhorn_gain(-eye, eye)
    hidden = Measure(eye, torch.tensor([1.0, 0.0], dtype=F64))
    with pytest.raises(ArgumentError, match="positive weights"):
        sinkhorn_attend(hidden, eye, eye)
    early = sinkhorn_attend(measure(torch.randn(5, 2, dtype=F64)), 3 * eye, eye, most=1)
    assert early.residual > 1e-3  # stopped early, and said so
