"""Tested: the command: table, JSON, exit codes, every error path, help."""

import json

import numpy as np
import pytest
import torch

from torch_impl.network import MLPStep, Network
from torch_impl.network_file import save_network

F64 = torch.float64


@pytest.fixture
def model(tmp_path, deep):
    save_network(deep(3, 2, 4, 0), tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


@pytest.fixture
def pushed(tmp_path):
    """A sorting step a millionth above admissible, behind one that is on the boundary."""
    W, b, eye = torch.tensor([[1.0, -1.0]], dtype=F64), torch.zeros(1, dtype=F64), torch.eye(2, dtype=F64)
    save_network(Network(eye, (MLPStep(W, b, 1.0), MLPStep(W, b + 3, 1 + 1e-6)), eye), tmp_path / "pushed.pt")
    return tmp_path / "pushed.pt"


def test_an_admissible_model(run, model, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")  # a narrow terminal breaks the words that are looked for
    result = run("certify", model, "--radius", "1", code=0)
    for word in ("query constant", "W infinity", "roundoff", "admissible", "largest step"):
        assert word in result.output
    assert "nan" not in result.output.lower()


def test_json_is_one_document(run, model, tmp_path):
    np.save(tmp_path / "c.npy", np.full((3, 5, 2), 0.25) * np.arange(5)[None, :, None] / 5)
    words = ("--context", tmp_path / "c.npy", "--attack", "3", "--json", "--diameter", "3/2")
    found = json.loads(run("certify", model, "--radius", "1", *words, code=0).stdout)
    assert found["ok"] is True
    assert [layer["kind"] for layer in found["layers"]] == ["mlp", "attention"] * 2
    assert found["domain"]["diameter"]["float"] == 1.5
    assert found["contexts"]["count"] == 3
    assert {a["kind"] for a in found["attack"]["network"]} == {"query", "w1", "winf"}
    assert found["constants"]["context_winf"]["float"] <= found["constants"]["context_w1"]["float"]
    assert found["refused"] == []


def test_the_table_shows_contexts_and_attacks(run, model, tmp_path):
    np.save(tmp_path / "c.npy", np.zeros((4, 2)))
    result = run("certify", model, "--radius", "1", "--context", tmp_path / "c.npy", "--attack", "2", code=0)
    assert "given contexts" in result.output
    assert "attack, context, W1" in result.output
    assert "any" in result.output  # one repeated token puts no condition on a step


def test_a_step_a_millionth_too_large_is_named(run, pushed):
    result = run("certify", pushed, "--radius", "1", code=1)
    assert "layers.1: the step 1.000001 exceeds the largest admissible step 1 " in result.output
    assert "9.99e-07" in result.output
    found = json.loads(run("certify", pushed, "--radius", "1", "--attack", "1", "--json", code=1).stdout)
    assert [layer["verdict"] for layer in found["layers"]] == ["admissible", "not admissible"]
    assert found["layers"][1]["excess"]["float"] == pytest.approx(1e-6, rel=1e-6)
    assert [e["expands"] for e in found["attack"]["layers"]] == [False, True]


ERRORS = {
    "no radius": ((), "--radius"),
    "a negative radius": (("--radius", "-1"), "number >= 0"),
    "a word": (("--radius", "nan"), "number >= 0"),
    "infinite": (("--radius", "inf"), "number >= 0"),
    "over zero": (("--radius", "1/0"), "number >= 0"),
    "an expression": (("--radius", "__import__('os')"), "number >= 0"),
    "a negative diameter": (("--radius", "1", "--diameter", "-2"), "number >= 0"),
    "no tokens": (("--radius", "1", "--tokens", "0"), "tokens"),
    "a negative attack": (("--radius", "1", "--attack", "-1"), "attack"),
    "no context": (("--radius", "1", "--context", "absent.npy"), "absent.npy"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_bad_options(run, model, name):
    words, message = ERRORS[name]
    assert message in run("certify", model, *words, code=2).output


def test_bad_files(run, model, tmp_path):
    assert "absent" in run("certify", tmp_path / "absent.pt", "--radius", "1", code=2).output
    (tmp_path / "broken.pt").write_bytes(b"no model")
    answer = json.loads(run("certify", tmp_path / "broken.pt", "--radius", "1", "--json", code=2).stdout)
    assert answer["error"]["kind"] == "argument"
    np.save(tmp_path / "far.npy", np.full((3, 2), 5.0))
    result = run("certify", model, "--radius", "1", "--context", tmp_path / "far.npy", code=2)
    assert "leaves the ball" in result.output
    np.save(tmp_path / "other.npy", np.zeros((3, 7)))
    assert "d = 2" in run("certify", model, "--radius", "1", "--context", tmp_path / "other.npy", code=2).output


def test_decimals_are_exact(run, model):
    found = json.loads(run("certify", model, "--radius", "0.1", "--json", code=0).stdout)
    assert found["domain"]["radius"] == {"text": "0.1", "float": 0.1, "log10": pytest.approx(-1)}


def test_help_teaches(run):
    text = run("certify", "--help", code=0).output
    for word in ("2/||W||^2", "8/D^2", "--diameter", "--context", "--attack", "--json", "Exit 0"):
        assert word in text
