"""Tested: docs/attention-smoothness.md says what its table says, the fits are those of the table, its Python runs.

Not tested: that a run gives the same table again (twenty minutes).
"""

import csv
import json
import re
from pathlib import Path

import pytest

from proofcheck.experiments.attention_smoothness import summarise, write_slopes
from proofcheck.experiments.plan import plan
from proofcheck.experiments.run import Run
from proofcheck.experiments.table import load
from torch_impl.huggingface_models import missing

DOCS = Path(__file__).parents[2] / "docs"
DATA = DOCS / "attention-smoothness"
PAGE = (DOCS / "attention-smoothness.md").read_text(encoding="utf-8")
TABLE, SLOPES = DATA / "measurements.csv", DATA / "slopes.csv"


@pytest.fixture(scope="module")
def rows():
    return load(TABLE)


@pytest.fixture(scope="module")
def document(rows):
    command = TABLE.read_text(encoding="utf-8").splitlines()[0].removeprefix("# command: ")
    return summarise(Run(rows, {("minilm", 0): 0.0}, 0), command, 0.0, "", plan("full").fitted)


def shown(row):
    """The page's line of a row of slopes.csv."""
    base, _, mask = row["model"].partition("+")
    causal = ", causal" if mask or base == "random-gpt2" else ""
    part = row["part"] if row["head"] == "-1" else f"head {row['head']}"
    slopes = []
    for name in ("estimate_slope", "estimate_slope_long", "q_slope"):
        value = f"{float(row[name]):+.2f} ± {float(row[name + '_half_width']):.2f}" if row[name] else ""
        slopes.append(value.replace("-0.00", "+0.00"))
    norm, q = (f"{float(row[k + '_first']):.3g} → {float(row[k + '_last']):.3g}" for k in ("estimate", "q"))
    cells = (base + causal, row["layer"], part, f"{row['n_first']}–{row['n_last']}", norm, *slopes[:2], q, slopes[2])
    return f"| {' | '.join(cells)} |"


def test_every_line_of_the_page_is_a_row_of_the_fits():
    with SLOPES.open(encoding="utf-8") as stream:
        expected = [shown(row) for row in csv.DictReader(line for line in stream if not line.startswith("#"))]
    lines = re.findall(r"^\| (?:minilm|random).*$", PAGE, re.M)
    assert sorted(lines) == sorted(expected)
    assert len(lines) > 20


def test_the_fits_are_those_of_the_table(document, tmp_path):
    write_slopes(tmp_path, document)
    assert (tmp_path / "slopes.csv").read_text() == SLOPES.read_text()


def test_every_measurement_converged_between_its_bounds(document, rows):
    assert document["ok"]
    assert document["not_converged"] == 0
    for spread in document["looseness"].values():
        assert f"median {spread['median']:.3g}, worst {spread['worst']:.3g}" in PAGE
    assert len(rows) > 1000


def test_the_table_says_how_it_was_made_and_names_no_folder():
    command, settings = TABLE.read_text(encoding="utf-8").splitlines()[:2]
    assert "--full" in command
    assert json.loads(settings.removeprefix("# settings: "))["text"] == "Alice's Adventures in Wonderland"
    assert not re.search(r"/(?:tmp|home|work|root)/", command + settings)


def slopes(rows, document, what, **wanted):
    found = [row for row in document["slopes"] if all(row[key] == value for key, value in wanted.items())]
    assert found
    return [row[what][0] for row in found]


def test_what_the_summary_says_holds(rows, document):
    for layer in (3, 5):
        for model in ("minilm", "minilm+causal"):
            deep = slopes(rows, document, "estimate_slope", model=model, layer=layer, inputs="text")
            assert all(0.15 < slope < 0.36 for slope in deep)
    assert all(abs(s) < 0.005 for s in slopes(rows, document, "estimate_slope", model="random-bert"))
    for model in ("random-bert+causal", "random-gpt2"):
        assert all(0 < s < 0.1 for s in slopes(rows, document, "estimate_slope", model=model))
    assert all(abs(s - 0.5) < 0.02 for s in slopes(rows, document, "estimate_slope_long", inputs="adversarial"))
    for cell, m in rows.items():
        if cell.inputs == "adversarial":
            assert m.estimate == pytest.approx(m.lower, rel=1e-6)


def test_figures_are_there_and_small():
    names = re.findall(r"\]\((img/attention-smoothness/[^)]+)\)", PAGE)
    assert [Path(name).stem for name in names] == ["norm", "adversarial", "random", "public-quantity"]
    assert all(0 < (DOCS / name).stat().st_size < 300_000 for name in names)
    assert "not a norm" in (DOCS / names[-1]).read_text(encoding="utf-8")


@pytest.mark.skipif(missing() is not None, reason=f"models: {missing()}")
def test_the_snippet_prints_what_is_shown(capsys):
    snippet, printed = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.S)[0]
    exec(compile(snippet, "docs/attention-smoothness.md", "exec"), {})
    assert capsys.readouterr().out == printed
