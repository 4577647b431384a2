"""Tested: `proofcheck new`: what it writes runs, says what is missing, and nothing leads out of lemmas/ or is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofcheck import registry
from proofcheck.cli import app
from proofcheck.errors import ArgumentError
from proofcheck.header import read_header
from proofcheck.scaffold import names, write

ROOT = Path(__file__).parents[2]
GOOD = {"lemma": "two-point-mean", "id": "TP-01", "paper": "my_paper"}


def made(tmp_path, **changes):
    (tmp_path / "lemmas").mkdir(exist_ok=True)
    (tmp_path / "tests").mkdir(exist_ok=True)
    given = {**GOOD, **changes}
    return write(names(given.pop("lemma"), **given), root=tmp_path / "lemmas", tests=tmp_path / "tests")


def test_it_writes_a_lemma_that_the_registry_reads(tmp_path):
    files = made(tmp_path, title="Mean of two points", key="doe2026mean")
    header = read_header(files.lemma)
    assert (header.id, header.slug, header.title) == ("TP-01", "two-point-mean", "Mean of two points")
    assert header.source_key == "doe2026mean"
    assert set(header.sections) == {"Statement", "Proof", "Sharpness", "Source", "Audit"}
    assert "class TestTwoPointMean(LemmaContract)" in files.test.read_text()
    assert files.others == (tmp_path / "lemmas" / "my_paper" / "__init__.py",)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("lemma", "../evil"), ("lemma", "a/b"), ("lemma", "/tmp/x"), ("lemma", "Upper"), ("lemma", "_hidden"),
        ("lemma", "x" * 61), ("lemma", ""), ("lemma", "class"), ("lemma", "name\n"), ("lemma", "é"),
        ("paper", ".."), ("paper", "../../etc"), ("paper", "a.b"), ("paper", "certificates"), ("paper", "import"),
        ("id", "TP"), ("id", "tp-01"), ("id", "TP-01/../x"), ("id", "TP-*"), ("id", 'TP-01"'),
        ("key", 'a", "") or ("'), ("key", "{x}"), ("title", "two\nlines"), ("title", "x" * 101), ("title", "\x1b[31m"),
    ],
)  # fmt: skip
def test_other_names_are_refused_and_nothing_is_written(tmp_path, field, value):
    with pytest.raises(ArgumentError, match="new: "):
        made(tmp_path, **{field: value})
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize("title", ['") or exit("', "\\", '"""', "'''", "@KEY@ @ID@", "{x}", "%s"])
def test_a_title_is_text_and_nothing_else(tmp_path, title):
    assert read_header(made(tmp_path, title=title).lemma).title == title


def test_nothing_is_overwritten(tmp_path):
    files = made(tmp_path)
    files.lemma.write_text("mine")
    with pytest.raises(ArgumentError, match=r"exists\. Nothing was written"):
        made(tmp_path)
    assert files.lemma.read_text() == "mine"
    files.lemma.unlink()
    with pytest.raises(ArgumentError, match="test_two_point_mean"):
        made(tmp_path)
    assert not files.lemma.exists()


def test_a_paper_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "lemmas").mkdir()
    (tmp_path / "lemmas" / "my_paper").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ArgumentError, match="leads elsewhere"):
        made(tmp_path)


def test_what_was_written_goes_again_when_the_rest_fails(tmp_path, monkeypatch):
    from proofcheck.scaffold import write as module

    def failing(path, text):
        if path.name.startswith("test_"):
            raise OSError("disk full")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    monkeypatch.setitem(module.__globals__, "write_text_atomic", failing)
    with pytest.raises(OSError, match="disk full"):
        made(tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(("field", "value"), [("id", "lt-01"), ("id", "LT-01"), ("lemma", "mlp_step")])
def test_names_of_other_lemmas_are_taken(field, value):
    given = {**GOOD, field: value}
    if value == "lt-01":
        given["id"] = "LT-01"
    with pytest.raises(ArgumentError, match=r"already belongs to mlp_step\.py"):
        names(given.pop("lemma"), **given, among=registry.headers())


def test_the_command_reports_a_bad_name_without_a_traceback():
    result = CliRunner().invoke(app, ["new", "../evil", "--id", "TP-01", "--paper", "p", "--json"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["kind"] == "argument"


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A package `lemmas` of its own with one new lemma, seen by every process that is started in it."""
    root = tmp_path_factory.mktemp("new")
    (root / "lemmas" / "certificates").mkdir(parents=True)
    (root / "tests" / "lemmas").mkdir(parents=True)
    for name in ("__init__.py", "assumed.py", "references.bib"):
        (root / "lemmas" / name).write_bytes((ROOT / "lemmas" / name).read_bytes())
    (root / "lemmas" / "trust_manifest.json").write_text('{"format": "proofcheck-trust/1", "lemmas": {}}')
    return root


def run(workspace, *words):
    environment = {**os.environ, "PYTHONPATH": str(workspace), "PROOFCHECK_CACHE": str(workspace / "cache")}
    return subprocess.run(
        [sys.executable, "-m", *words], cwd=workspace, env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_fresh_skeleton_says_what_is_missing(workspace):
    new = run(workspace, "proofcheck", "new", "fresh-one", "--id", "FR-01", "--paper", "fresh")
    assert new.returncode == 0, new.stderr
    assert "written: lemmas/fresh/fresh_one.py" in new.stdout
    checked = run(workspace, "proofcheck", "check", "FR-01", "--no-hammer", "--write", "--json")
    assert checked.returncode == 1
    (row,) = json.loads(checked.stdout)["lemmas"]
    assert row["verdict"] == "UNKNOWN"
    parts = {part["name"]: part for part in row["parts"]}
    assert "the sentence with all quantifiers" in parts["proof table"]["detail"]
    assert "Traceback" not in checked.stderr + checked.stdout
    # all but the gaps stands already: the placeholder is proved, its counterexample and its false variant evaluated
    assert {name for name, part in parts.items() if part["status"] == "failed"} == {"proof table"}


def test_it_is_proved_once_nothing_is_left_to_write(workspace):
    run(workspace, "proofcheck", "new", "written-one", "--id", "WR-01", "--paper", "fresh")
    path = workspace / "lemmas" / "fresh" / "written_one.py"
    path.write_text(path.read_text().replace("TODO", "done"))
    checked = run(workspace, "proofcheck", "check", "WR-01", "--no-hammer", "--write", "--json")
    (row,) = json.loads(checked.stdout)["lemmas"]
    assert row["verdict"] == "PROVED"
    assert not any(part["status"] == "failed" for part in row["parts"])
