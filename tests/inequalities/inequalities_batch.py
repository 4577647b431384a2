"""Runs a list of inequalities with known answers through `proofcheck prove --batch` and judges the verdicts.

An entry is what `--batch` takes plus `expected` (PROVED, REFUTED or VACUOUS, decided by mathematics before any run)
and `about` (why). A verdict is wrong when it is neither the expected one nor UNKNOWN.
"""

import json
from pathlib import Path

from click.testing import CliRunner

from proofcheck.cli import app
from proofcheck.kernel import check
from proofcheck.witness import check_model

HERE = Path(__file__).parent
ANSWERS = ("PROVED", "REFUTED", "VACUOUS")


def entries_of(file):
    return json.loads((HERE / file).read_text(encoding="utf-8"))


def results_of(entries, folder, seconds=20):
    """name -> result document of one batch run."""
    problems = [{key: value for key, value in entry.items() if key not in ("expected", "about")} for entry in entries]
    path = folder / "problems.json"
    path.write_text(json.dumps(problems), encoding="utf-8")
    run = CliRunner().invoke(app, ["prove", "--batch", str(path), "--seconds", str(seconds), "--json"])
    document = json.loads(run.stdout)
    return {result["name"]: result for result in document["results"]}


def wrong(entries, verdicts):
    """Every verdict that contradicts the expected one; INVALID is wrong too, for all entries are well formed."""
    return [
        (entry["name"], entry["expected"], verdicts[entry["name"]])
        for entry in entries
        if verdicts[entry["name"]] not in (entry["expected"], "UNKNOWN")
    ]


def replay(result):
    """How many parts' evidence the kernel accepts, as `--json` printed it: all that have any.

    Raises:
        KernelError: it refuses one.
    """
    accepted = 0
    for part in result["parts"]:
        claim, certificate, model = (json.dumps(part[key]) for key in ("claim", "certificate", "model"))
        if part["verdict"] in ("PROVED", "VACUOUS"):
            check(claim, certificate)
            accepted += 1
        if part["verdict"] == "REFUTED":
            check_model(claim, model, refutes=True)
            accepted += 1
    return accepted
