"""Every inequality of the list gets its verdict, confirmed by a checker outside the search; never the opposite one.

inequalities.json: name, the verdict that is mathematically right, target, assumptions, names. "open" marks claims that
the finders do not settle yet: there UNKNOWN is allowed, a wrong verdict is not.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proofcheck.kernel import check
from proofcheck.search import Outcome, prove
from proofcheck.verdict import Verdict
from proofcheck.witness import check_model

ROWS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "inequalities.json").read_text())


def claim_text(row: dict[str, Any]) -> str:
    functionals = {
        label: {**parts, "scalars": parts["scalars"].split(), "vectors": parts["vectors"].split()}
        for label, parts in row.get("functionals", {}).items()
    }
    return json.dumps(
        {
            "format": "proofcheck-claim/1",
            "name": row["name"],
            "scalars": row.get("scalars", "").split(),
            "vectors": row.get("vectors", "").split(),
            "functionals": functionals,
            "assume": row.get("assume", []),
            "target": row["target"],
        }
    )


def confirm(text: str, outcome: Outcome) -> None:
    if outcome.verdict is Verdict.REFUTED:
        assert outcome.model is not None
        check_model(text, outcome.model, refutes=True)
    elif outcome.verdict in (Verdict.PROVED, Verdict.VACUOUS):
        assert outcome.certificate is not None
        check(outcome.details.get("claim", text), outcome.certificate)
        if outcome.verdict is Verdict.PROVED:
            assert outcome.model is not None
            check_model(text, outcome.model, refutes=False)


@pytest.mark.parametrize("row", [r for r in ROWS if "open" not in r], ids=lambda row: row["name"])
def test_verdict(row: dict[str, Any]) -> None:
    text = claim_text(row)
    outcome = prove(text, seconds=20)
    assert outcome.verdict.value == row["expected"], outcome.reason
    confirm(text, outcome)


@pytest.mark.parametrize("row", [r for r in ROWS if "open" in r], ids=lambda row: row["name"])
def test_open_claims_get_no_wrong_verdict(row: dict[str, Any]) -> None:
    text = claim_text(row)
    outcome = prove(text, seconds=1)
    assert outcome.verdict.value in (row["expected"], "UNKNOWN")
    confirm(text, outcome)


def test_half_of_the_list_is_not_true() -> None:
    kinds = [row["expected"] for row in ROWS]
    assert {"PROVED", "REFUTED", "VACUOUS"} == set(kinds)
    assert kinds.count("VACUOUS") >= 10
    assert kinds.count("REFUTED") >= 50
