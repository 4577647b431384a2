"""Tested: which figures are drawn of which rows, that they say what is a bound and what is no norm, and repeat."""

import importlib.util
import os
from dataclasses import replace

import pytest

from proofcheck.experiments.figures import draw
from proofcheck.experiments.measure import Measurement
from proofcheck.experiments.plan import Cell

if importlib.util.find_spec("matplotlib") is None and os.environ.get("PROOFCHECK_REQUIRE_MODELS") != "1":
    pytest.skip("no matplotlib: figures are drawn with the extra [models]", allow_module_level=True)

LENGTHS = (2, 8, 32)


def measured(n, ball=True):
    return Measurement(3.0, 2.0, 0.5 * n**0.25, n**0.25, 0.0, True, 9, 4 * n**0.25, 99.0 if ball else None, n**0.5, 0.1)


def rows(model, part, inputs="text", head=-1, layers=(0,)):
    return {
        Cell(model, inputs, n, i, layer, part, head): measured(n, part == "heads")
        for layer in layers
        for n in LENGTHS
        for i in range(2 if head < 0 else 1)
    }


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    everything = {
        **rows("minilm", "heads", layers=(0, 3)),
        **rows("minilm", "block"),
        **rows("minilm", "head", "adversarial", head=4),
        **rows("random-bert+causal", "heads"),
    }
    folder = tmp_path_factory.mktemp("figures")
    return folder, draw(everything, folder, "a book")


def test_all_figures_of_a_full_table(drawn):
    folder, paths = drawn
    names = [
        f"{name}.{kind}" for name in ("norm", "public-quantity", "adversarial", "random") for kind in ("png", "svg")
    ]
    assert [p.name for p in paths] == names
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in paths if p.suffix == ".png")


def test_bounds_and_quantities_are_labelled(drawn):
    folder, _ = drawn
    norm, public = (folder.joinpath(f"{name}.svg").read_text() for name in ("norm", "public-quantity"))
    for words in ("upper bound at the input (R1loc)", "upper bound on the ball", "lower bound", "guide", "no mask"):
        assert words in norm
    assert "slope +0.25" in norm
    assert "not a norm" in public
    assert "q slope +0.50" in public
    assert "causal mask" in folder.joinpath("random.svg").read_text()


def test_the_same_rows_give_the_same_files_and_no_more(tmp_path):
    table = rows("mine/bert", "heads")
    first = {p.name: p.read_bytes() for p in draw(table, tmp_path, "a book")}
    assert sorted(first) == ["norm.png", "norm.svg"]
    assert "bert, layer 0" in first["norm.svg"].decode()
    assert {p.name: p.read_bytes() for p in draw(table, tmp_path, "a book")} == first


def test_the_end_of_the_fit_is_drawn(tmp_path):
    bent = {
        cell: measured(cell.n) if cell.n < 32 else replace(measured(cell.n), estimate=50.0)
        for cell in rows("minilm", "heads")
    }
    draw(bent, tmp_path, "a book", 8)
    text = tmp_path.joinpath("norm.svg").read_text()
    assert "slopes end here" in text
    assert "slope +0.25" in text
    draw(bent, tmp_path, "a book")
    assert "slope +0.25" not in tmp_path.joinpath("norm.svg").read_text()
