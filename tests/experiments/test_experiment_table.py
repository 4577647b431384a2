"""Tested: a table gives back what was saved, and is refused when it is another's or broken."""

import math

import pytest

from proofcheck.errors import ArgumentError
from proofcheck.experiments.measure import Measurement
from proofcheck.experiments.plan import Cell
from proofcheck.experiments.table import load, save

SETTINGS = {"seed": 0, "size": "small"}
ROWS = {
    Cell("minilm", "text", 8, 1, 3, "heads", -1): Measurement(
        1.5, 1 / 3, 0.1, math.pi, 1e-17, True, 26, 9.0, 99.0, 2.0, 0.5
    ),
    Cell("a, b\n", "adversarial", 2, 0, 0, "head", 4): Measurement(
        1e-300, 1.0, 0.0, 5.0, 0.0, False, 1, 7.0, None, 1.0, 2.0
    ),
}


def test_rows_come_back_to_the_last_bit(tmp_path):
    path = tmp_path / "deep" / "table.csv"
    save(path, SETTINGS, "the command", ROWS)
    assert load(path, SETTINGS) == ROWS
    assert list(load(path)) == list(ROWS)
    assert path.read_text().startswith("# command: the command\n# settings: {")
    assert [p.name for p in path.parent.iterdir()] == ["table.csv"]


def test_no_table_has_no_rows(tmp_path):
    assert load(tmp_path / "none.csv", SETTINGS) == {}


def test_other_settings_are_refused_by_name(tmp_path):
    save(tmp_path / "t.csv", SETTINGS, "c", ROWS)
    with pytest.raises(ArgumentError, match=r"seed=0 \(now 1\)"):
        load(tmp_path / "t.csv", {**SETTINGS, "seed": 1})


BROKEN = {
    "empty": lambda text: "",
    "another file": lambda text: "n,value\n2,3\n",
    "a cut row": lambda text: text[: text.rindex(",")],
    "a word for a number": lambda text: text.replace("0.5\n", "half\n"),
    "another truth": lambda text: text.replace("True", "yes"),
    "other columns": lambda text: text.replace("residual", "error"),
    "settings that are no JSON": lambda text: text.replace('{"', "{"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_table_is_refused(tmp_path, how):
    path = tmp_path / "t.csv"
    save(path, SETTINGS, "c", dict(list(ROWS.items())[:1]))
    text = path.read_text()
    assert BROKEN[how](text) != text
    path.write_text(BROKEN[how](text))
    with pytest.raises(ArgumentError, match="cannot be read"):
        load(path, SETTINGS)
