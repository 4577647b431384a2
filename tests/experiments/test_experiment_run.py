"""Tested: the command on a small model, going on after a stop, its exit codes and messages.

Not tested: pretrained weights; the small version on MiniLM is run as a whole by CI.
"""

import json

import pytest
import torch

from proofcheck.errors import ArgumentError
from proofcheck.experiments import run as running
from proofcheck.experiments.__main__ import main
from proofcheck.experiments.plan import CAUSAL, Plan, Series, cells, plan
from proofcheck.experiments.table import load
from proofcheck.experiments.texts import read_text

NAMES = ("measurements.csv", "slopes.csv")


def call(*arguments):
    with pytest.raises(SystemExit) as caught:
        main(list(map(str, arguments)))
    return caught.value.code


def command(folder, book, out, *more):
    return call("attention-smoothness", "--model", folder, "--text", book, "-o", out, *more)


@pytest.fixture
def short(folder, monkeypatch):
    """A plan of 12 cells on the small model."""
    small = Plan("small", (Series(str(folder), (0,), ("heads", "projected"), (2, 8), 3),), (), 1e-3)
    monkeypatch.setattr("proofcheck.experiments.plan.plan", lambda size, model: small)
    return small


def test_the_command_measures_and_fits(folder, book, tmp_path, capsys):
    assert command(folder, book, tmp_path, "--json", "--no-figures") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["ok"]
    assert document["out_of_order"] == []
    assert (
        document["rows"] == document["measured"] == 4 * 3 * 2 + 3 * 4
    )  # heads and block; extremal tokens of two heads, short ones of one
    assert document["deviation"] < 1e-12
    assert document["looseness"]["upper/estimate"]["median"] >= 1
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(NAMES)
    slopes = (tmp_path / "slopes.csv").read_text().splitlines()
    assert len(slopes) == 3 + len(document["slopes"])
    assert slopes[0].endswith("--text book.txt")  # no folder of this machine
    header = (tmp_path / "measurements.csv").read_text()
    assert all(word in header for word in ('"seed": 0', '"torch": ', '"transformers": ', '"text_sha256": '))


def test_a_second_run_measures_nothing_and_writes_the_same(folder, book, tmp_path, short, capsys):
    assert command(folder, book, tmp_path) == 0
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert "12 measurements (12 new)" in capsys.readouterr().out
    assert command(folder, book, tmp_path) == 0
    assert "12 measurements (0 new)" in capsys.readouterr().out
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_a_stopped_run_keeps_its_rows_and_goes_on(folder, book, tmp_path, short, monkeypatch):
    text, measure, calls = read_text(str(book)), running._measure, []

    def stopping(*arguments):
        calls.append(arguments)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(running, "_measure", stopping)
    with pytest.raises(KeyboardInterrupt):
        running.run(short, text, tmp_path, seed=0, command="c")
    kept = load(tmp_path / "measurements.csv")
    assert len(kept) == 5
    calls.clear()
    monkeypatch.setattr(running, "_measure", lambda *a: calls.append(a) or measure(*a))
    found = running.run(short, text, tmp_path, seed=0, command="c")
    assert found.measured == len(calls) == 7
    assert list(found.rows) == cells(short, {str(folder): 1}, {})
    assert {cell: found.rows[cell] for cell in kept} == kept


def test_another_seed_needs_another_folder(folder, book, tmp_path, short, capsys):
    assert command(folder, book, tmp_path, "--no-figures") == 0
    assert command(folder, book, tmp_path, "--no-figures", "--seed", 1) == 2
    assert "seed=0 (now 1)" in capsys.readouterr().err


def test_a_measurement_out_of_order_is_exit_1(folder, book, tmp_path, short, monkeypatch, capsys):
    monkeypatch.setattr("proofcheck.experiments.measure.local_upper", lambda *a: 1e-9)
    assert command(folder, book, tmp_path, "--no-figures") == 1
    assert "OUT OF ORDER" in capsys.readouterr().out


def test_inputs_are_nested_in_n_and_differ_in_place(folder, book, short):
    source = running._Source(read_text(str(book)), short, 0)
    name = str(folder)
    assert torch.equal(source.tokens(name, 2, 1), source.tokens(name, 8, 1)[:2])
    assert not torch.equal(source.tokens(name, 8, 0), source.tokens(name, 8, 1))


def test_a_text_that_is_too_short_is_refused(folder, tmp_path, short):
    book = tmp_path / "short.txt"
    book.write_text("alice was tired")
    with pytest.raises(ArgumentError, match="at least 11 tokens, got 3"):
        running.run(short, read_text(str(book)), tmp_path, seed=0, command="c")


def test_more_tokens_than_positions_are_refused(folder, book, tmp_path):
    long = Plan("small", (Series(str(folder), (0,), ("heads",), (2, 65), 1),), (), 1e-3)
    with pytest.raises(ArgumentError, match="65 positions"):
        running.run(long, read_text(str(book)), tmp_path, seed=0, command="c")


def test_usage(capsys, tmp_path):
    assert call("attention-roughness") == 2
    assert "attention-smoothness" in capsys.readouterr().err
    assert call("attention-smoothness", "--text", tmp_path / "none.txt", "--no-figures") == 2
    assert call("--help") == 0
    assert "attention-smoothness" in capsys.readouterr().out


def test_missing_weights_and_missing_matplotlib_are_named(monkeypatch, capsys):
    monkeypatch.setattr("torch_impl.huggingface_models.missing", lambda: "package x is not installed")
    assert call("attention-smoothness") == 2
    assert "package x is not installed" in capsys.readouterr().err
    monkeypatch.setattr("proofcheck.experiments.figures.importlib.util.find_spec", lambda name: None)
    assert call("attention-smoothness", "--model", "other") == 2
    assert "matplotlib" in capsys.readouterr().err


@pytest.mark.parametrize("size", ["small", "full"])
def test_cells_are_distinct_and_cover_both_masks(size):
    chosen = plan(size)
    depth = {s.model: 7 for s in chosen.series}
    found = cells(chosen, depth, {("minilm", layer): (4, 0) for layer in (0, 3, 5)})
    assert len(found) == len(set(found))
    assert {"minilm", "minilm" + CAUSAL, "random-bert", "random-gpt2"} <= {c.model for c in found}
    assert {c.inputs for c in found} == {"text", "adversarial", "short"}
    # those of one model together: each is loaded once
    order = [c.model for c in found]
    assert len(dict.fromkeys(order)) == sum(a != b for a, b in zip(["", *order], order, strict=False))


def test_slopes_of_a_pretrained_model_end_where_its_training_did():
    assert plan("full").fitted == 127
    assert plan("full").longest > 127
    assert plan("full", "mine").fitted > 10**8


def test_another_model_is_measured_in_three_layers():
    found = cells(plan("small", "mine"), {"mine": 12}, {("mine", layer): (2, 0) for layer in (0, 6, 11)})
    assert {c.layer for c in found} == {0, 6, 11}
    assert {c.model for c in found} == {"mine"}
    shallow = cells(plan("small", "mine"), {"mine": 1}, {("mine", 0): ()})
    assert {c.layer for c in shallow} == {0}
    assert len(shallow) == len(set(shallow))
