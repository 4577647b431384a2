"""docs/zoo.md quotes what proofcheck says today, word for word, for every animal of the zoo.

Last digits of a step that floats computed may differ between machines; every other character must agree.
"""

import importlib
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from proofcheck.testing import check_module

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


class MyAttention(nn.Module):
    def __init__(self, d=4):
        super().__init__()
        self.W_qk, self.eta = nn.Parameter(torch.eye(d)), 0.1

    def forward(self, x, memory, mass):
        p = torch.softmax(x @ self.W_qk @ memory.mT + mass.log(), dim=-1)
        return x - 3 * self.eta * p @ memory @ self.W_qk.mT


def user_failure():
    with pytest.raises(AssertionError) as failure:
        check_module(
            "attention-step-sharp", MyAttention(), query="x", context="memory", weights="mass", A="W_qk", step="eta"
        )
    return str(failure.value).rpartition("\n")[0]  # the number of measures depends on the families that are installed


def test_the_page_quotes_the_failure_of_a_users_module():
    assert user_failure() in PAGE.read_text(encoding="utf-8")


def test_every_file_is_listed():
    assert {path.stem for path in HERE.glob("test_*.py")} == {*BUGGY, "test_docs"}


@pytest.mark.parametrize("name", BUGGY)
def test_the_page_quotes_the_output(name):
    page = PAGE.read_text(encoding="utf-8")
    assert f"tests/zoo/{name}.py" in page
    assert without_last_digits(quotation(name)) in without_last_digits(page)


def without_last_digits(text):
    """Decimals to 9 digits, and no fractions that only a float would have."""
    shorter = re.sub(r"\d+\.\d{9,}", lambda m: f"{float(m[0]):.9g}", text)
    return re.sub(r"\d{12,}/\d{12,}", "a float", shorter)
