"""What is tested: the gap between code and formula per dtype, its bounds, and that wrong code breaks them."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from proofcheck import registry
from proofcheck.audit.float_gap import DTYPES, check_float_gap, measure_float_gap
from proofcheck.audit.result import PartFailed
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.kinds.softmax_variance import SoftmaxVariance
from torch_impl import attention, vlasov
from torch_impl.layers import gradient_attention, softmax

IDS = [header.id for header in registry.headers() if registry.load(header).hammers]


def off_by_a_thousandth(measure, x, A, step):
    return gradient_attention(measure, x, A, 1.001 * step)


def too_hot(scores):
    return softmax(scores / (1 + 2**-20))


def overflowing(scores):
    return torch.exp(scores.to(torch.float64) * 0 + 800)


def sometimes_nan(scores):
    return torch.where(scores[..., :1] > 0, softmax(scores), torch.nan)


def attend_off(*args):
    return 1.001 * attention.attend(*args)


def residual_off(measure, x, A, V, h=1.0):
    return attention.residual_attention(measure, x, A, 1.001 * V, h)


def tokens_off(*args):
    return 1.001 * attention.self_attention(*args)


def flow_off(measure, A, V, time, depth, queries):
    return vlasov.depth_flow(measure, A, 1.001 * V, time, depth, queries)


def load(name, **changes):
    lemma = registry.load(registry.find(name))
    return SimpleNamespace(ID=name, HAMMER=replace(lemma.hammer, **changes), BOUNDS=lemma.bounds)


@pytest.mark.parametrize("name", IDS)
def test_roundoff_explains_every_excess(name):
    gaps = measure_float_gap(load(name), devices=("cpu",), draws=2)
    assert [gap.dtype for gap in gaps] == ["float64", "float32", "bfloat16", "float16"]
    for gap in gaps:
        assert gap.draws >= 18
        assert gap.quotient <= 1
        assert gap.unbounded <= gap.draws / 2
    double, single, brain, half = (gap.worst for gap in gaps)
    assert double <= single <= min(brain, half)  # equal where two numbers are sorted exactly


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("LT-05", "off_by_a_thousandth"),
        ("SM-01", "too_hot"),
        ("SM-02", "too_hot"),
        ("AS-01", "tokens_off"),
        ("AS-02", "tokens_off"),
        ("AS-03", "attend_off"),
        ("MM-21", "attend_off"),
        ("MM-22", "residual_off"),
        ("MM-24", "flow_off"),
    ],
)
def test_wrong_code_exceeds_the_bound_in_double_precision(name, code):
    wrong = load(name, callable=f"{__name__}:{code}")
    double = measure_float_gap(wrong, dtypes=(torch.float64,), devices=("cpu",))[0]
    assert double.quotient > 1
    with pytest.raises(PartFailed, match="float64 on cpu: off by"):
        check_float_gap(wrong)


def test_a_kind_that_compares_nothing_is_no_pass(monkeypatch):
    monkeypatch.setattr(SoftmaxVariance, "compared", Kind.compared)
    with pytest.raises(PartFailed, match="nothing was compared"):
        check_float_gap(load("SM-02"))


def test_an_error_below_half_precision_is_invisible_there():
    wrong = load("SM-01", callable=f"{__name__}:too_hot")
    half = measure_float_gap(wrong, dtypes=(torch.bfloat16,), devices=("cpu",))[0]
    assert half.quotient <= 1


@pytest.mark.parametrize("code", ["overflowing", "sometimes_nan"])
def test_code_that_returns_no_numbers_is_no_pass(code):
    with pytest.raises(PartFailed, match="outputs are NaN or infinite"):
        check_float_gap(load("SM-01", callable=f"{__name__}:{code}"))


def test_overflow_is_counted_not_compared():
    gap = measure_float_gap(
        load("SM-01", callable=f"{__name__}:overflowing"), dtypes=(torch.float64,), devices=("cpu",)
    )[0]
    assert gap.overflow == gap.draws > 0
    assert gap.worst == 0


def test_the_part_reports_every_dtype_as_json():
    figures = check_float_gap(load("LT-01"))
    assert len(figures["dtypes"]) >= len(DTYPES)
    assert all(not isinstance(v, float) or math.isfinite(v) for row in figures["dtypes"] for v in row.values())


@pytest.mark.cuda
def test_the_gap_on_cuda():
    for name in IDS:
        for gap in measure_float_gap(load(name), devices=("cuda",), draws=1):
            assert gap.quotient <= 1
