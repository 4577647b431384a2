"""Tested: `proofcheck export`: the folder is filled at once or not at all, the same bytes each time, clear errors."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofcheck.cli import app
from proofcheck.export import claims, smt_check
from proofcheck.export.claims import Pair
from proofcheck.export.folder import filled_at_once


def run(*words):
    return CliRunner().invoke(app, ["export", *map(str, words)])


def tree_of(folder):
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("target", "file"), [("smt2", "LT-01.step.d2.n1.smt2"), ("lean", "LT_01.lean"), ("coq", "Proofcheck.v")]
)
def test_every_target_writes_the_same_bytes_twice(tmp_path, target, file):
    first = run("--to", target, tmp_path / "deep" / "one", "mlp-step", "--json")
    assert first.exit_code == 0, first.output
    assert run("--to", target, tmp_path / "two", "LT-01").exit_code == 0
    written = tree_of(tmp_path / "deep" / "one")
    assert file in written
    assert written == tree_of(tmp_path / "two")
    document = json.loads(first.stdout)
    assert document["to"] == target
    assert document["files"] == len(written)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["one"]


def test_an_empty_folder_is_filled_and_a_full_one_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    assert run("--to", "lean", tmp_path / "out", "LT-01").exit_code == 0
    before = tree_of(tmp_path / "out")
    again = run("--to", "lean", tmp_path / "out", "LT-02")
    assert again.exit_code == 2
    assert "an empty folder required" in again.stderr
    assert tree_of(tmp_path / "out") == before


def test_errors_say_what_to_do(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    unknown = run("--to", "smt2", tmp_path / "out", "mlp-stp")
    assert (unknown.exit_code, "The nearest is LT-01" in unknown.stderr) == (2, True)
    assert "a folder required, got the file" in run("--to", "smt2", tmp_path / "file", "LT-01").stderr
    below = run("--to", "smt2", tmp_path / "file" / "out", "LT-01", "--json")
    assert below.exit_code == 2
    assert "a place that can be written required" in json.loads(below.stdout)["error"]["message"]
    assert "one of z3, cvc5" in run("--to", "smt2", tmp_path / "out", "LT-01", "--check", "--solver", "yices").stderr
    assert "go with --to smt2" in run("--to", "lean", tmp_path / "out", "--long").stderr
    assert "--check is missing" in run("--to", "smt2", tmp_path / "out", "LT-01", "--solver", "z3").stderr
    assert "not checked by proofcheck" in run("--to", "lean", tmp_path / "out", "--check").stderr
    assert "'coq', 'smt2', 'lean'" in run("--to", "isabelle", tmp_path / "out").stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_check_asks_the_solvers(tmp_path):
    result = run("--to", "smt2", tmp_path / "out", "LT-01", "--check", "--solver", "z3", "--json")
    assert result.exit_code == 0, result.output
    check = json.loads(result.stdout)["check"]
    assert set(check["counts"]) == {"z3"}
    assert check["counts"]["z3"]["sat"] == 0
    assert check["claims_with_unsat"] == 4
    assert "z3:" in result.stderr  # progress


def test_a_false_claim_fails_the_check_and_is_named(tmp_path, monkeypatch):
    (pair,) = (pair for pair in claims.pairs(["LT-01"]) if pair.name == "LT-01.secant")
    wrong = Pair(pair.lemma, pair.title, pair.name, pair.claim.replace("d**2 <= a**2", "d**2 <= 4*a**2"), "{}")
    monkeypatch.setattr(claims, "pairs", lambda *_, **__: [wrong])
    result = run("--to", "smt2", tmp_path / "out", "LT-01", "--check", "--solver", "z3")
    assert result.exit_code == 1
    assert "SAT LT-01.secant.smt2 by z3" in result.stdout
    assert "evaluated exactly: confirmed" in result.stdout


def test_a_missing_solver_is_named_not_silently_passed(tmp_path, monkeypatch):
    monkeypatch.delenv("PROOFCHECK_REQUIRE_CVC5", raising=False)
    real = smt_check.importlib.util.find_spec
    monkeypatch.setattr(smt_check.importlib.util, "find_spec", lambda name: None if name == "cvc5" else real(name))
    result = run("--to", "smt2", tmp_path / "out", "LT-01", "--check")
    assert result.exit_code == 0
    assert "cvc5: skipped, not installed" in result.stdout
    assert "none is installed" in run("--to", "smt2", tmp_path / "two", "LT-01", "--check", "--solver", "cvc5").stderr
    monkeypatch.setenv("PROOFCHECK_REQUIRE_CVC5", "1")
    assert run("--to", "smt2", tmp_path / "three", "LT-01", "--check").exit_code == 2
    assert not (tmp_path / "two").exists()
    assert not (tmp_path / "three").exists()


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(self, *_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    result = run("--to", "lean", tmp_path / "out", "LT-01")
    assert result.exit_code == 2
    assert "No space left on device" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seconds", [0.3, 0.8])
def test_a_killed_run_leaves_no_half_of_an_export(tmp_path, seconds):
    command = [sys.executable, "-m", "proofcheck", "export", "--to", "smt2", str(tmp_path / "out")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"})
    time.sleep(seconds)
    process.kill()
    process.wait()
    assert not (tmp_path / "out").exists()
    assert run("--to", "smt2", tmp_path / "out", "LT-01").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_leftover_is_removed_and_the_folder_of_a_run_at_work_is_not(tmp_path):
    left = tmp_path / ".out.abcdefgh.tmp"
    left.mkdir()
    (left / "half.smt2").write_text("(assert", encoding="utf-8")
    with filled_at_once(tmp_path / "out") as working:
        assert not left.exists()
        (working / "one").write_text("", encoding="utf-8")
        with filled_at_once(tmp_path / "out") as other:
            assert working.exists()
            (other / "two").write_text("", encoding="utf-8")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one", "two"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
