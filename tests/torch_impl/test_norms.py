"""Certified bounds: above the true value, decided exactly; close to it; and a power iteration is neither."""

import math
from fractions import Fraction

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from proofcheck.errors import ArgumentError
from torch_impl import norms
from torch_impl.measures import radius
from torch_impl.norms import (
    certified_diameter,
    certified_norm,
    certified_norm_exact,
    certified_norm_squared,
    certified_norm_squared_below,
    certified_radius,
)
from torch_impl.reference.exact import (
    diameter_squared,
    exact_matrix,
    exact_measure,
    is_positive_semidefinite,
    radius_squared,
)

F64 = torch.float64


def dominates(square, W):
    """Whether square * I - W^T W is positive semidefinite, exactly: |W|_2^2 <= square."""
    rows = exact_matrix(W)
    columns = list(zip(*rows, strict=True))
    gram = [[sum(a * b for a, b in zip(u, v, strict=True)) for v in columns] for u in columns]
    n = len(gram)
    return is_positive_semidefinite(tuple(tuple(square * (i == j) - gram[i][j] for j in range(n)) for i in range(n)))


def matrix(k, d, seed, dtype=F64):
    return torch.randn(k, d, dtype=F64, generator=torch.Generator().manual_seed(seed)).to(dtype)


@pytest.mark.parametrize("dtype", [F64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 4), (5, 1), (3, 3), (6, 4), (4, 6), (12, 8)])
def test_norm_is_above_and_within_its_slack(k, d, dtype):
    W = matrix(k, d, 10 * k + d, dtype)
    exact, rounded = certified_norm_exact(W), Fraction(certified_norm(W))
    assert exact <= rounded
    assert dominates(exact**2, W)
    slack = Fraction(1, 2**40)
    assert not dominates((rounded * (1 - slack)) ** 2, W)


@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 2**32),
    st.integers(-60, 60),
    st.sampled_from([0, 1, 2]),
)
@settings(max_examples=60, deadline=None)
def test_norm_is_above_for_degenerate_matrices(k, d, seed, exponent, kind):
    W = matrix(k, d, seed) * 2.0**exponent
    if kind == 1:
        W = W[:, :1] @ W[:1]  # rank one
    if kind == 2:
        W = W.round(decimals=0) + matrix(k, d, seed + 1) * 1e-13  # nearly singular
    assert dominates(certified_norm_squared(W), W)


def test_norm_at_the_edges():
    assert certified_norm(torch.zeros(3, 2)) == 0.0
    assert certified_norm(torch.eye(5)) == 1.0
    assert certified_norm(torch.tensor([[3.0, 4.0]])) == 5.0
    assert certified_norm_squared(torch.tensor([[1.0, -1.0]])) == 2
    assert certified_norm(torch.tensor([[3e-310, 4e-310]], dtype=F64)) == pytest.approx(5e-310, rel=1e-13)
    assert certified_norm(torch.full((2, 2), 1.7e308, dtype=F64)) == math.inf
    wide = torch.tensor([[1e308, 1.0], [1.0, 1e-300]], dtype=F64)
    assert dominates(certified_norm_squared(wide), wide)


@pytest.mark.parametrize("bad", [torch.ones(3), torch.ones(0, 2), torch.ones(2, 2, dtype=torch.int64), "W"])
def test_norm_refuses_what_is_no_matrix(bad):
    with pytest.raises(ArgumentError, match="certified_norm"):
        certified_norm(bad)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_norm_refuses_nan_and_infinity(value):
    with pytest.raises(ArgumentError, match="finite"):
        certified_norm(torch.tensor([[value, 1.0]]))


def test_a_broken_svd_costs_tightness_only(monkeypatch):
    W = matrix(4, 4, 3)
    junk = [torch.full((4, 4), math.nan).numpy(), torch.zeros(4, 4).numpy(), matrix(4, 4, 9).numpy()]
    for V in junk:
        monkeypatch.setattr(norms.np.linalg, "svd", lambda *a, V=V, **k: (None, None, V))
        assert dominates(certified_norm_squared(W), W)
    monkeypatch.setattr(norms, "_EXACT_SIDE", 0)
    assert dominates(certified_norm_squared(W), W)


def test_large_matrix_is_close_to_the_svd():
    W = matrix(80, 100, 5)
    ratio = certified_norm(W) / float(torch.linalg.matrix_norm(W, 2))
    # n^2 2^-50 from the rounded vectors, n^2 2^-53 and more from the float SVD this compares with
    assert abs(ratio - 1) <= 2 * 80**2 * 2**-50


def direct_sum(*parts):
    """Blocks on the diagonal, rows and columns then shuffled."""
    W = torch.block_diag(*parts)
    g = torch.Generator().manual_seed(1)
    return W[torch.randperm(W.shape[0], generator=g)][:, torch.randperm(W.shape[1], generator=g)]


def test_blocks_are_found_and_bounded_one_by_one():
    parts = [matrix(3, 2, 1), matrix(2, 3, 2), torch.zeros(1, 2, dtype=F64), matrix(1, 4, 3), matrix(3, 2, 1)]
    W = direct_sum(*parts)
    found = list(norms.blocks(W))
    assert sorted(block.shape for block in found)[:1] == [(1, 4)]
    assert sum(block.values.size for block in found) >= 6 + 6 + 4
    for bound in (certified_norm_squared, certified_norm_squared_below):
        alone = max(bound(p) for p in parts)
        assert abs(bound(W) / alone - 1) < Fraction(1, 2**40)
        assert bound(W.to_sparse()) == bound(W)
    assert dominates(certified_norm_squared(W), W)
    assert not dominates(certified_norm_squared_below(W) * (1 - Fraction(1, 2**40)), W)


def test_equal_blocks_count_once_and_are_exact():
    n = 10**4
    half = torch.arange(n // 2)
    index = torch.stack((torch.cat((half, half)), torch.cat((2 * half, 2 * half + 1))))
    values = torch.cat((torch.ones(n // 2, dtype=F64), -torch.ones(n // 2, dtype=F64)))
    W = torch.sparse_coo_tensor(index, values, (n, n), check_invariants=True)
    assert len(list(norms.blocks(W.coalesce()))) == 1
    assert certified_norm_squared(W) == certified_norm_squared_below(W) == 2


@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 4), (5, 1), (3, 3), (6, 4), (12, 30)])
def test_norm_from_below_is_below_and_close(k, d):
    W = matrix(k, d, 7 * k + d)
    below, above = certified_norm_squared_below(W), certified_norm_squared(W)
    assert below <= above <= below * (1 + Fraction(1, 2**38))
    assert not dominates(below * (1 - Fraction(1, 2**38)), W)


def test_norm_from_below_without_an_svd(monkeypatch):
    """Any vector gives a lower bound; a useless one leaves the largest row or column."""
    W = matrix(4, 4, 3)
    monkeypatch.setattr(norms, "_EXACT_SIDE", 0)  # power method
    assert not dominates(certified_norm_squared_below(W) * Fraction(99, 100), W)
    assert certified_norm_squared_below(W) <= certified_norm_squared(W)
    monkeypatch.setattr(norms, "_top_vector", lambda block: [0] * 4)
    assert certified_norm_squared_below(W) <= certified_norm_squared(W)
    assert certified_norm_squared_below(torch.zeros(2, 2)) == 0


def test_a_long_chain_keeps_its_cheap_bound():
    n = 2000
    i = torch.arange(n - 1)
    index = torch.stack((torch.cat((i, i)), torch.cat((i, i + 1))))
    values = torch.cat((torch.ones(n - 1, dtype=F64), -torch.ones(n - 1, dtype=F64)))
    W = torch.sparse_coo_tensor(index, values, (n, n), check_invariants=True)
    assert certified_norm_squared(W) == 4
    assert Fraction(39, 10) < certified_norm_squared_below(W) < 4


def test_a_power_iteration_is_no_upper_bound():
    """Control: the check that every bound above passes refuses the usual estimate."""
    W = matrix(6, 4, 1)
    v = torch.ones(4, dtype=F64)
    for _ in range(5):
        v = W.mT @ (W @ v)
        v = v / v.norm()
    assert not dominates(Fraction(float((W @ v).norm())) ** 2, W)


@pytest.mark.parametrize("d", [1, 3, 7])
def test_diameter_and_radius_are_above_and_tight(draw, d, device):
    c = draw((3,), 6, d, device=device)
    diameters, radii = certified_diameter(c.mu.points, c.A), certified_radius(c.mu.points, c.A)
    assert diameters.shape == radii.shape == (3,)
    A = exact_matrix(c.A.cpu())
    for i in range(3):
        mu = exact_measure(c.mu.points[i].cpu(), c.mu.weights[i].cpu())
        cancelled = exact_matrix(c.A.cpu().abs())
        for bound, square in ((diameters, diameter_squared), (radii, radius_squared)):
            value = Fraction(float(bound[i])) ** 2
            assert value >= square(mu, A)
            # slack (2d + 40) u of the sizes with |A| in place of A, never of the points themselves
            largest = Fraction(float(radius(c.mu).max())) ** 2 * 4 * sum(v * v for row in cancelled for v in row)
            assert value <= square(mu, A) + Fraction(8 * (d + 20), 2**52) * largest


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1.0, 1e200, 1e307])
def test_diameter_is_above_at_every_scale(draw, scale):
    c = draw((), 4, 2)
    points = c.mu.points * scale
    for A in (None, c.A, c.A * 1e-150):
        square = diameter_squared(exact_measure(points), None if A is None else exact_matrix(A))
        bound = float(certified_diameter(points, A))
        assert bound == math.inf or Fraction(bound) ** 2 >= square
        assert bound > 0


def test_equal_atoms_and_padding_have_diameter_exactly_zero(draw):
    c = draw((), 3, 2)
    same = c.mu.points[:1].expand(3, 2)
    assert certified_diameter(same, c.A) == 0
    assert certified_diameter(same[:1], c.A) == 0
    weights = torch.tensor([0.0, 1.0, 0.0], dtype=F64)
    assert certified_diameter(c.mu.points, c.A, weights) == 0
    far = torch.cat((c.mu.points, torch.full((1, 2), 1e6, dtype=F64)))
    weights = torch.cat((c.mu.weights, torch.zeros(1, dtype=F64)))
    farther = far * torch.tensor([[1.0], [1.0], [1.0], [1e6]], dtype=F64)
    for bound in (certified_diameter, certified_radius):
        assert bound(far, c.A, weights) == bound(farther, c.A, weights)  # bit for bit: the position is inert
        # one row more may reorder the sums of the matrix product: d + 4 roundings on either side
        assert abs(bound(far, c.A, weights) / bound(c.mu.points, c.A) - 1) <= 12 * 2**-52


def test_translated_atoms_lose_no_digits():
    """Differences come before A, so a cloud far from 0 keeps a tight diameter."""
    points = torch.tensor([[2.0**40, 0.0], [2.0**40 + 1, 0.0]], dtype=F64)
    A = torch.tensor([[1.0, 7.0], [0.5, -3.0]], dtype=F64)
    assert float(certified_diameter(points, A)) <= math.sqrt(1.25) * (1 + 64 * 2**-52)


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_cancellation_inside_the_matrix_product_is_covered(order):
    """3 a - fl(3 a) is the roundoff of a product: one order of the two terms gives 0 in floats, fused or not."""
    seen_below = 0
    for a in torch.rand(50, dtype=F64, generator=torch.Generator().manual_seed(0)).tolist():
        points = torch.tensor([[3.0, 1.0], [0.0, 0.0]], dtype=F64)[:, order]
        A = torch.tensor([[a, -(3 * a)]], dtype=F64)[:, order]
        square = diameter_squared(exact_measure(points), exact_matrix(A))
        assert Fraction(float(certified_diameter(points, A))) ** 2 >= square
        # in the order that starts with the product, the plain float value loses all of it
        seen_below += (0.0 + 3.0 * a) - 3 * a == 0.0 < square
    assert seen_below > 10  # control: plain floats would be below


def test_diameter_refuses_nan_and_wrong_shapes(draw):
    c = draw()
    with pytest.raises(ArgumentError, match="NaN"):
        certified_diameter(c.mu.points * math.nan, c.A)
    with pytest.raises(ArgumentError, match="A must be"):
        certified_diameter(c.mu.points, c.A[:, :2])
    assert certified_diameter(c.mu.points * math.inf) == math.inf  # inf - inf: no bound
