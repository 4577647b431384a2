"""The fast norm bound is never below the norm, decided exactly, and no looser than it says."""

import math
from fractions import Fraction

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import norm_bound as module
from torch_impl.norm_bound import norm_bound, norm_bound_roundoff
from torch_impl.norms import certified_norm_exact
from torch_impl.reference.exact import exact_matrix, is_positive_semidefinite

F64 = torch.float64


def covers(W, upper):
    """upper^2 I - W^T W is positive semidefinite, in Fractions."""
    columns = list(zip(*exact_matrix(W), strict=True))
    gram = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns] for u in columns]
    n = len(gram)
    return is_positive_semidefinite(tuple(tuple(upper**2 * (i == j) - gram[i][j] for j in range(n)) for i in range(n)))


def slack(W, squarings):
    return min(W.shape) ** (0.5 ** (squarings + 1)) * (1 + norm_bound_roundoff(W))


def drawn(seed):
    """Random, orthogonal, rank one, graded and nearly dependent matrices, of any scale."""
    generator = torch.Generator().manual_seed(seed)
    k, d = (int(torch.randint(1, 8, (), generator=generator)) for _ in range(2))
    W = torch.randn(k, d, generator=generator, dtype=F64)
    if seed % 5 == 1:
        W = torch.linalg.qr(torch.randn(max(k, d), min(k, d), generator=generator, dtype=F64))[0]
    elif seed % 5 == 2:
        W = W[:, :1] @ W[:1, :]
    elif seed % 5 == 3:
        W = W * torch.logspace(0, -12, d, dtype=F64)
    elif seed % 5 == 4:
        W = torch.ones(k, d, dtype=F64) + W * 1e-9
    return W * 10.0 ** int(torch.randint(-150, 150, (), generator=generator))


@pytest.mark.parametrize("squarings", [1, 2, 10])
def test_never_below_the_norm(squarings):
    for seed in range(60):
        W = drawn(seed)
        upper = norm_bound(W, squarings).upper
        assert covers(W, upper), seed
        # certified_norm_exact >= |W|_2 >= upper / slack
        assert upper <= certified_norm_exact(W) * Fraction(slack(W, squarings)), seed


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-300, 1.0, 1e300, 1.7e308])
def test_at_the_ends_of_the_range(scale):
    W = torch.tensor([[1.0, 1.0, 0.5], [1.0, -1.0, 1e-9]], dtype=F64) * scale
    upper = norm_bound(W).upper
    assert covers(W, upper)
    assert upper <= certified_norm_exact(W) * Fraction(slack(W, 10))


def test_mixed_scales_and_float32():
    W = torch.tensor([[1e300, 1e-300], [1e-300, 5e-324]], dtype=F64)
    assert covers(W, norm_bound(W).upper)
    W = torch.randn(9, 7, generator=torch.Generator().manual_seed(0))
    assert norm_bound(W).upper == norm_bound(W.double()).upper
    assert covers(W, norm_bound(W).upper)


def test_zero_has_norm_zero_and_left_is_the_top_direction():
    assert norm_bound(torch.zeros(3, 2)).upper == 0
    for shape in ((5, 3), (3, 5)):
        W = torch.randn(*shape, generator=torch.Generator().manual_seed(1), dtype=F64)
        left = norm_bound(W).left
        assert left.shape == (shape[0],)
        top = float(torch.linalg.matrix_norm(W, 2))
        assert float(torch.linalg.vector_norm(W.mT @ left)) == pytest.approx(top, rel=1e-3)


def test_what_has_no_norm_is_refused():
    for bad in (torch.tensor([[math.nan]]), torch.tensor([[math.inf, 1.0]])):
        with pytest.raises(ArgumentError, match="NaN or infinity"):
            norm_bound(bad)
    for bad in (torch.ones(3), torch.ones(2, 0), torch.ones(2, 2, dtype=torch.int64)):
        with pytest.raises(ArgumentError, match="floating"):
            norm_bound(bad)
    with pytest.raises(ArgumentError, match="squarings"):
        norm_bound(torch.ones(2, 2), 0)


def test_without_the_error_terms_it_falls_below(monkeypatch):
    """Control: plain floats, rounded to nearest, are below the norm for some matrices."""
    monkeypatch.setattr(module, "_U", 0.0)
    monkeypatch.setattr(module, "_OUT", 1.0)
    monkeypatch.setattr(module, "_TINY", 0.0)
    rank_one = [drawn(5 * seed + 2) for seed in range(60)]  # no slack of the Schatten norm to hide in
    assert not all(covers(W, norm_bound(W).upper) for W in rank_one)
