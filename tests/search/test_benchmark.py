"""Every row of the benchmark gets its verdict; never the opposite one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from proofcheck.kernel import check
from proofcheck.search import prove
from proofcheck.verdict import Verdict
from proofcheck.witness import check_model

sys.path.insert(0, str(Path(__file__).parent))
from benchmark import ROWS, Row  # noqa: E402


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_verdict(row: Row) -> None:
    outcome = prove(row.text, seconds=20)
    assert outcome.verdict.value == row.expected, outcome.reason
    if outcome.verdict is Verdict.PROVED:
        assert outcome.certificate is not None and outcome.model is not None
        check(row.text, outcome.certificate)
        check_model(row.text, outcome.model, refutes=False)
    elif outcome.verdict is Verdict.REFUTED:
        assert outcome.model is not None
        check_model(row.text, outcome.model, refutes=True)
    else:
        assert outcome.certificate is not None
        check(outcome.details["claim"], outcome.certificate)
