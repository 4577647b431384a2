"""Tested: tilted means of a shared context agree with torch_impl and between dtypes within the stated roundoff, with or
without the maximum taken off, whatever the blocks; a callable that is wrong in one compared output is suspected.
Not tested: speed (benchmarks), CUDA (no device here; the same operations run there)."""

import pytest
import torch
from hammer_trials import ALL

from proofcheck.hammer import families, shared_context
from proofcheck.hammer import layers as hammer_layers
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.layers import Attention, query_pairs
from proofcheck.hammer.quantities import image_diameter, unit_roundoff
from torch_impl import layers
from torch_impl.measures import Measure

SHAPES = sorted(families.available()[0])


def drawn(shape, dtype=torch.float64, **kwargs):
    config = Configuration(shape, **{"d": 3, "n": 9, "batch": 40, "pairs": 4, "dtype": dtype, "seed": 5, **kwargs})
    generator = config.generator()
    layer = Attention()
    case = layer.draw(config, generator)
    return case, *query_pairs(layer, case, config, generator)


def means(case, x, y):
    return shared_context.tilted_means(shared_context.shared_context(case["points"], case["weights"], case["A"]), x, y)


@pytest.mark.parametrize("shape", SHAPES)
def test_float32_agrees_with_float64_within_the_stated_roundoff(shape):
    case, x, y = drawn(shape, torch.float32)
    low = means(case, x, y)
    high = means({k: v.double() for k, v in case.items()}, x.double(), y.double())
    deviation = (low.value - high.value).norm(dim=-1)
    assert bool((deviation <= low.error + high.error).all())
    assert bool(torch.isfinite(low.error).any())


@pytest.mark.parametrize("shape", SHAPES)
def test_means_agree_with_the_torch_code(shape):
    case, x, y = drawn(shape)
    ours, both = means(case, x, y), torch.cat([x, y], 1)
    theirs = layers.attention_mean(Measure(case["points"], case["weights"]), both, case["A"])
    first = case["points"][:, :1] @ case["A"].mT
    allowed = Attention().error(case, both, torch.ones(40, dtype=both.dtype)) + ours.error
    assert bool(((ours.value + first - theirs).norm(dim=-1) <= allowed).all())


def test_taking_the_maximum_off_changes_roundoff_only(monkeypatch):
    case, x, y = drawn("gaussian")
    plain = means(case, x, y)
    monkeypatch.setitem(shared_context.SAFE, torch.float64, -1.0)
    shifted = means(case, x, y)
    assert not torch.equal(plain.value, shifted.value)
    assert bool(((plain.value - shifted.value).norm(dim=-1) <= 2 * plain.error).all())


def test_saturated_scores_do_not_overflow():
    case, x, y = drawn("gaussian")
    found = means(case, 1e4 * x, 1e4 * y)
    assert bool(torch.isfinite(found.value).all())


def test_blocks_do_not_change_the_result(monkeypatch):
    case, x, y = drawn("uniform")
    whole = means(case, x, y).value
    monkeypatch.setattr(shared_context, "ELEMENTS", 200)
    assert (means(case, x, y).value - whole).norm() <= 1e-14 * whole.norm()


def test_the_diameter_of_the_context_is_that_of_the_images():
    case, *_ = drawn("sphere")
    ours = shared_context.shared_context(case["points"], case["weights"], case["A"]).quantity("image_diameter")
    theirs = image_diameter(case["points"], case["A"])
    assert torch.allclose(ours.value, theirs.value, rtol=1e-14)


@pytest.mark.parametrize("row", [0, 31])
def test_code_that_is_wrong_at_one_query_is_suspected(row):
    def wrong(measure, x, A, step):
        out = layers.gradient_attention(measure, x, A, step).clone()
        out[row, 2] *= 1 + 1e-9
        return out

    kind = kind_of(ALL["attention_sharp"].with_function(wrong))
    config = Configuration("gaussian", d=3, n=9, batch=300, pairs=4, seed=5)
    ratio = kind.ratio(kind.draw(config, config.generator()))
    assert torch.isinf(ratio).nonzero().tolist() == [[row, 2]]


def test_code_that_returns_nan_gives_nan():
    def broken(measure, x, A, step):
        return layers.gradient_attention(measure, x, A, step) * torch.nan

    kind = kind_of(ALL["attention_sharp"].with_function(broken))
    config = Configuration("gaussian", d=3, n=9, batch=8, pairs=4, seed=5)
    assert bool(torch.isnan(kind.ratio(kind.draw(config, config.generator()))).all())


@pytest.fixture
def precision():
    before = torch.get_float32_matmul_precision()
    yield torch.set_float32_matmul_precision
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize(("name", "bits"), [("highest", 24), ("high", 11), ("medium", 8)])
def test_roundoff_follows_the_precision_that_torch_gives_products(precision, name, bits):
    precision(name)
    assert unit_roundoff(torch.zeros(1)) == 2.0**-bits
    assert unit_roundoff(torch.zeros(1, dtype=torch.float64)) == 2.0**-53


def test_factors_shortened_to_tf32_stay_within_the_roundoff_of_tf32_and_not_of_float32(precision):
    case, x, y = drawn("gaussian", torch.float32)
    exact = means({k: v.double() for k, v in case.items()}, x.double(), y.double()).value

    def shortened(t):
        return (t.view(torch.int32) & ~0x1FFF).view(torch.float32)  # 10 bits of mantissa, truncated: u = 2^-10

    rounded = means({k: shortened(v) for k, v in case.items()}, shortened(x), shortened(y)).value
    deviation = (rounded - exact).norm(dim=-1)
    own = means(case, x, y).error
    precision("high")
    allowed = means(case, x, y).error
    assert bool((deviation > own).any())
    assert bool((deviation <= 2 * allowed).all())


def test_products_of_bfloat16_decide_nothing(precision):
    kind = kind_of(ALL["attention_sharp"])
    config = Configuration("gaussian", d=1, n=2, batch=64, pairs=4, dtype=torch.float32, seed=5)
    case = kind.draw(config, config.generator())
    assert bool((kind.ratio(case) > 0.1).any())
    precision("medium")  # 8 bits: the first order is no bound at any size, so nothing is suspected and nothing measured
    assert bool(torch.isinf(means(case, case["x"], case["y"]).error).all())
    assert bool((kind.ratio(case) == 0).all())


@pytest.mark.parametrize("name", ["high", "medium"])
def test_a_single_place_is_not_suspected_where_the_first_order_is_no_bound(precision, name):
    kind = kind_of(ALL["attention_sharp"])
    precision(name)
    for n in (1, 64):
        config = Configuration("coincident", d=8, n=n, batch=64, pairs=4, dtype=torch.float32, scale=1e3, seed=5)
        case = kind.draw(config, config.generator())
        assert bool(torch.isfinite(kind.ratio(case)).all())
        case["points"] = torch.zeros_like(case["points"])  # values 0: an error of 0, whatever the weights'
        assert bool(torch.isfinite(kind.ratio(case)).all())


def test_a_context_is_computed_once_for_a_case_as_drawn(monkeypatch):
    kind = kind_of(ALL["attention_sharp"])
    config = Configuration("gaussian", d=3, n=9, batch=40, pairs=4, seed=5)
    made = []

    def counted(*fields):
        made.append(fields)
        return shared_context.shared_context(*fields)

    monkeypatch.setattr(hammer_layers, "shared_context", counted)
    case = kind.draw(config, config.generator())
    ratio = kind.ratio(case)
    assert len(made) == 1
    assert torch.equal(kind.ratio(dict(case)), ratio)
    assert len(made) == 2
    case["points"] = 2 * case["points"]  # another context: what was computed for the old one must not be used
    assert torch.equal(kind.ratio(case), kind.ratio(dict(case)))
    assert not torch.equal(kind.ratio(case), ratio)
    case["points"].mul_(2)  # the same tensor, written to
    assert torch.equal(kind.ratio(case), kind.ratio(dict(case)))
