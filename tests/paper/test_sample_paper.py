"""Tested: the sample paper agrees, compiles, and what it includes is what `proofcheck tex` writes today."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofcheck.cli import app

SAMPLE = Path(__file__).parents[2] / "docs" / "sample-paper"
WORDS = ["paper", str(SAMPLE / "paper.tex"), "--notation", str(SAMPLE / "notation.toml")]


def report(*words):
    result = CliRunner().invoke(app, [*words, "--json"])
    return json.loads(result.stdout), result.exit_code


def test_every_formula_agrees():
    found, code = report(*WORDS)
    assert code == 0
    assert found["accepted"]
    assert len(found["formulas"]) >= 12
    assert {formula["verdict"] for formula in found["formulas"]} == {"agrees"}
    assert len({formula["lemma"] for formula in found["formulas"]}) >= 10
    assert [item["state"] for item in found["included"]] == ["current", "current"]
    cited = {formula["lemma"] for formula in found["formulas"]} | {"LT-05"}
    assert cited.isdisjoint(header["id"] for header in found["not_cited"])
    assert {"LT-02", "LT-11"} <= {header["id"] for header in found["not_cited"]}


def test_the_generated_files_are_todays(tmp_path):
    words = ["tex", "--no-document", "--notation", str(SAMPLE / "notation.toml"), "-o", str(tmp_path), "LT-01", "LT-05"]
    assert CliRunner().invoke(app, words).exit_code == 0
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.tex"))
    assert files == sorted(path.relative_to(SAMPLE / "generated") for path in (SAMPLE / "generated").rglob("*.tex"))
    for name in files:
        assert (tmp_path / name).read_bytes() == (SAMPLE / "generated" / name).read_bytes()


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="optional: pdflatex is not installed")
def test_two_pages_without_warnings(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "paper")
    for _ in range(2):
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"]
        done = subprocess.run(command, cwd=tmp_path / "paper", capture_output=True, text=True, errors="replace")
        assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "paper" / "paper.log").read_text(errors="replace")
    assert "Output written on paper.pdf (2 pages" in log
    for warning in ("Overfull", "Warning", "undefined"):
        assert warning not in log


def copied(tmp_path, change):
    shutil.copytree(SAMPLE, tmp_path / "paper")
    change(tmp_path / "paper")
    return report("paper", str(tmp_path / "paper" / "paper.tex"), "--notation", str(SAMPLE / "notation.toml"))


def edit(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_a_file_edited_by_hand_is_not_current(tmp_path):
    fragment = "generated/bounds/attention-step-sharp--eta-max.tex"
    found, code = copied(tmp_path, lambda folder: edit(folder / fragment, r"\frac{8}", r"\frac{9}"))
    assert code == 1
    assert [item["state"] for item in found["included"]] == ["current", "edited"]


def test_a_file_of_another_notation_is_out_of_date(tmp_path):
    shutil.copytree(SAMPLE, tmp_path / "paper")
    notation = tmp_path / "paper" / "notation.toml"
    edit(notation, r'D = "\\Delta_A"', r'D = "D_A"')
    found, code = report("paper", str(tmp_path / "paper" / "paper.tex"), "--notation", str(notation))
    assert code == 1
    assert {item["state"] for item in found["included"]} == {"out of date"}


def test_a_changed_lemma_makes_its_files_out_of_date(tmp_path, monkeypatch):
    import sympy as sp

    from proofcheck import registry

    header = registry.find("LT-05")
    module = registry.load(header).module
    monkeypatch.setattr(module, "BOUNDS", {"eta_max": 9 / module.D**2})
    found, code = report(*WORDS)
    assert code == 1
    assert [item["state"] for item in found["included"]] == ["out of date", "out of date"]
    assert "LT-05 changed" in found["included"][1]["reason"]
    assert sp.latex(module.BOUNDS["eta_max"])
