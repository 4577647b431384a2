"""Measures: what is refused, and that padding and bookkeeping change nothing."""

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.layers import attention_covariance, attention_mean, gradient_attention, log_partition
from torch_impl.measures import (
    Measure,
    diameter,
    from_tokens,
    log_weights,
    mean,
    measure,
    pushforward,
    radius,
    ragged,
    weight_sum_tolerance,
)
from torch_impl.reference import loops
from torch_impl.wasserstein import wasserstein_1d

F64 = torch.float64


@pytest.mark.parametrize(
    ("points", "weights", "message"),
    [
        (torch.zeros(0, 2), None, "at least one atom"),
        (torch.zeros(3, 0), None, "at least one atom"),
        (torch.zeros(3), None, r"\(\*batch, n, d\)"),
        ([[1.0]], None, "floating torch tensor"),
        (torch.zeros(3, 2, dtype=torch.int64), None, "floating torch tensor"),
        (torch.tensor([[float("nan")]]), None, "NaN or infinity"),
        (torch.tensor([[float("inf")]]), None, "NaN or infinity"),
        (torch.zeros(2, 1), [0.5, 0.5], "tensor or None"),
        (torch.zeros(2, 1), torch.full((3,), 1 / 3), "must agree"),
        (torch.zeros(4, 2, 1), torch.full((2,), 0.5), "must agree"),
        (torch.zeros(2, 1), torch.full((2,), 0.5, dtype=F64), "share dtype"),
        (torch.zeros(2, 1), torch.tensor([1.5, -0.5]), "must be >= 0"),
        (torch.zeros(2, 1), torch.tensor([float("nan"), 1.0]), "weights must be finite"),
        (torch.zeros(2, 1), torch.tensor([0.5, 0.499]), "sum to 1"),
        (torch.zeros(2, 1), torch.zeros(2), "sum to 1"),
        (
            torch.zeros(300, 1, dtype=torch.bfloat16),
            torch.full((300,), 1 / 300, dtype=torch.bfloat16),
            "Use float32",
        ),
    ],
)
def test_invalid_measures_are_refused(points, weights, message):
    with pytest.raises(ArgumentError, match=message):
        measure(points, weights)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("n", [1, 3, 7, 1000])
def test_normalised_weights_are_accepted_and_the_tolerance_is_not_slack(dtype, n):
    raw = torch.rand(n, dtype=dtype, generator=torch.Generator().manual_seed(n)) + 1e-3
    weights = raw / raw.sum()
    measure(torch.zeros(n, 1, dtype=dtype), weights)
    off = weights.clone()
    off[0] += 3 * n * torch.finfo(dtype).eps  # the tolerance is about n eps, the sum itself errs by n eps / 2
    with pytest.raises(ArgumentError, match="sum to 1"):
        measure(torch.zeros(n, 1, dtype=dtype), off)


def test_the_weight_tolerance_gives_out_where_the_dtype_does():
    assert weight_sum_tolerance(63, torch.bfloat16) < 1
    assert weight_sum_tolerance(64, torch.bfloat16) == float("inf")


def test_from_tokens_masks_and_refuses():
    tokens = torch.tensor([[[1.0], [3.0], [float("nan")]]])
    mu = from_tokens(tokens, torch.tensor([[True, True, False]]))
    assert mu.weights.tolist() == [[0.5, 0.5, 0.0]]
    assert mean(mu).tolist() == [[2.0]]
    assert from_tokens(tokens[:, :2]).weights.tolist() == [[0.5, 0.5]]
    with pytest.raises(ArgumentError, match="NaN"):
        from_tokens(tokens)
    with pytest.raises(ArgumentError, match="NaN"):
        from_tokens(tokens, torch.tensor([[True, True, True]]))
    with pytest.raises(ArgumentError, match="at least one token"):
        from_tokens(tokens, torch.zeros(1, 3, dtype=torch.bool))
    for mask in (torch.ones(1, 3), torch.ones(3, dtype=torch.bool)):
        with pytest.raises(ArgumentError, match="mask must be bool"):
            from_tokens(tokens, mask)
    with pytest.raises(ArgumentError, match="batch, n, d"):
        from_tokens(torch.zeros(3), torch.ones(3, dtype=torch.bool))


def test_ragged_refuses_what_does_not_stack():
    with pytest.raises(ArgumentError, match="at least one measure"):
        ragged([])
    with pytest.raises(ArgumentError, match="same length"):
        ragged([torch.zeros(1, 1)], [])
    with pytest.raises(ArgumentError, match="every entry"):
        ragged([torch.zeros(1, 1), torch.zeros(1, 2)])
    with pytest.raises(ArgumentError, match="every entry"):
        ragged([torch.zeros(1, 1), torch.zeros(1, 1, dtype=F64)])


def test_ragged_rows_equal_their_own_measures(draw, device):
    rows = [draw(n=n, seed=n, device=device) for n in (1, 4, 2)]
    batch = ragged([r.mu.points for r in rows], [r.mu.weights for r in rows])
    assert batch.points.shape == (3, 4, 3)
    for i, row in enumerate(rows):
        # the padded sums have more terms, all zero: only the order of additions may differ
        tolerance = 16 * torch.finfo(F64).eps * float(1 + radius(row.mu))
        for f in (mean, diameter, radius):
            assert torch.allclose(f(batch)[i], f(row.mu), rtol=0, atol=tolerance)


def _every_output(mu, x, A):
    return [
        gradient_attention(mu, x, A, 0.25),
        attention_covariance(mu, x, A),
        log_partition(mu, x, A),
        mean(mu),
        diameter(mu),
        radius(mu),
        wasserstein_1d(Measure(mu.points[..., :1], mu.weights), Measure(x[..., :1], torch.full_like(x[..., 0], 1 / 4))),
    ]


@pytest.mark.parametrize("garbage", [0.0, 1.0, -1e150, 1e300])
def test_padding_is_inert_in_values_and_gradients(draw, garbage, device):
    c = draw(batch=(2,), n=6, device=device)
    weights = torch.cat(
        (c.mu.weights[:, :4] / c.mu.weights[:, :4].sum(-1, keepdim=True), torch.zeros(2, 2).to(c.x)), -1
    )
    results = []
    for filler in (0.0, garbage):
        points = c.mu.points.clone()
        points[:, 4:] = filler
        leaves = [t.clone().requires_grad_() for t in (points, weights, c.x)]
        outputs = _every_output(Measure(leaves[0], leaves[1]), leaves[2], c.A)
        gradients = torch.autograd.grad(sum(o.sum() for o in outputs), leaves)
        assert all(torch.isfinite(t).all() for t in (*outputs, *gradients))
        assert not gradients[0][:, 4:].any()
        assert not gradients[1][:, 4:].any()
        results.append([*outputs, *gradients])
    for zero, filled in zip(*results, strict=True):
        assert torch.equal(zero, filled)  # bit for bit


def test_naive_log_weights_would_poison_the_gradient():
    """Control: the test above can fail; log alone puts NaN on the padding."""
    w = torch.tensor([1.0, 0.0], requires_grad=True)
    s = torch.softmax(torch.log(w) + torch.tensor([0.3, 0.7]), -1)
    assert torch.autograd.grad((s * torch.tensor([1.0, 2.0])).sum(), w)[0].isnan().any()
    clean = torch.softmax(log_weights(Measure(torch.zeros(2, 1), w)) + torch.tensor([0.3, 0.7]), -1)
    assert not torch.autograd.grad((clean * torch.tensor([1.0, 2.0])).sum(), w)[0].isnan().any()


def test_diameter_against_loops_and_at_extreme_scales(draw):
    c = draw(batch=(3,), n=6)
    for i in range(3):
        expected = loops.diameter(c.mu.points[i].tolist(), c.mu.weights[i].tolist())
        # d squares, d additions, a root, a scaling: at most (d + 6) roundings on either side
        assert abs(float(diameter(c.mu)[i]) - expected) <= 9 * torch.finfo(F64).eps * expected
    for scale in (1e-200, 1e200):
        scaled = Measure(c.mu.points * scale, c.mu.weights)
        assert torch.allclose(diameter(scaled) / scale, diameter(c.mu), rtol=20 * torch.finfo(F64).eps, atol=0)
    assert diameter(measure(torch.ones(4, 2))) == 0


def test_coincident_atoms_have_a_zero_gradient_not_nan():
    points = torch.ones(3, 2, requires_grad=True)
    diameter(measure(points)).backward()
    assert points.grad is not None
    assert not points.grad.any()


def test_pushforward_keeps_weights_and_refuses_to_lose_atoms(draw):
    c = draw()
    image = pushforward(c.mu, lambda y: y[..., :2] * 2)
    assert torch.equal(image.weights, c.mu.weights)
    assert torch.equal(image.points, c.mu.points[:, :2] * 2)
    with pytest.raises(ArgumentError, match="exactly one image"):
        pushforward(c.mu, lambda y: y[..., :2, :])


def test_padding_is_inert_where_every_real_score_is_far_below_zero():
    """A padded atom sits at score 0 before masking: a finite stand-in for log 0 would let it win here."""
    mu = Measure(torch.tensor([[-1e3], [-1e3], [0.0]], dtype=F64), torch.tensor([0.5, 0.5, 0.0], dtype=F64))
    x, A = torch.ones(1, 1, dtype=F64), torch.ones(1, 1, dtype=F64)
    assert attention_mean(mu, x, A) == -1e3
    assert log_partition(mu, x, A) == -1e3


def test_from_tokens_keeps_its_mass_in_short_floats_and_refuses_a_list():
    for dtype, n in ((torch.float16, 70_000), (torch.bfloat16, 257)):
        mu = from_tokens(torch.zeros(n, 1, dtype=dtype), torch.ones(n, dtype=torch.bool))
        assert abs(float(mu.weights.double().sum()) - 1) <= 2 * torch.finfo(dtype).eps
    with pytest.raises(ArgumentError, match="got list"):
        from_tokens(torch.zeros(2, 1), [True, False])  # type: ignore[arg-type]
