"""docs/zoo.md quotes what proofcheck says today, word for word, for every animal of the zoo."""

import importlib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "zoo.md"
BUGGY = {
    "test_epsilon_in_power_iteration": "WithEpsilon",
    "test_ten_power_iterations": "TenIterations",
    "test_step_factor_three": "Three",
    "test_reshaped_convolution": "by_reshaped_kernel",
    "test_row_normalised_last_layer": "RowNormalised",
    "test_nearly_orthogonal_depth": "rotation",
    "test_verdict_by_nan": "by_comparison",
    "test_output_for_tangent": "with_the_output",
    "test_layer_norm_without_epsilon": "without",
    "test_decoder_without_mask": "the_block_alone",
    "test_softmax_over_queries": "OverQueries",
    "test_attention_bound": "without_root_three",
    "test_sinkhorn_for_w1": "transport_cost",
    "test_unbiased_variance": "unbiased",
}


def quotation(name):
    module = importlib.import_module(name)
    return str(module.find(getattr(module, BUGGY[name])))


def test_every_file_is_listed():
    assert {path.stem for path in HERE.glob("test_*.py")} == {*BUGGY, "test_docs"}


@pytest.mark.parametrize("name", BUGGY)
def test_the_page_quotes_the_output(name):
    page = PAGE.read_text(encoding="utf-8")
    assert f"tests/zoo/{name}.py" in page
    assert quotation(name) in page
