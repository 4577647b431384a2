"""`proofcheck review`: files, exit codes, messages; LT-17 has no torch code, so its check is quick."""

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from reading_page import Page

from proofcheck.cli.app import app
from proofcheck.review import pdf

EPOCH = {"SOURCE_DATE_EPOCH": "1771699200"}


def run(*words, env=EPOCH):
    return CliRunner().invoke(app, ["review", *map(str, words)], env=env)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    empty = {"PROOFCHECK_CACHE": str(tmp_path_factory.mktemp("cache"))}  # a cached hammer would be shown
    words = ["LT-17", "-o", folder / "review.html", "--json", folder / "review.json", "--no-hammer"]
    result = run(*words, env={**EPOCH, **empty})
    assert result.exit_code == 0, result.output
    return folder, result


def test_it_writes_the_page_and_the_data(made):
    folder, result = made
    read = Page((folder / "review.html").read_text(encoding="utf-8"))
    assert "2026-02-21 18:40 UTC" in "".join(read.all_text)
    assert "lemma-LT-17" in read.ids
    document = json.loads((folder / "review.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in document["lemmas"]] == ["LT-17"]
    assert "LT-01" in document["left_out"]
    assert "not run:" in result.output
    assert sorted(path.name for path in folder.iterdir()) == ["review.html", "review.json"]


def test_the_same_inputs_give_the_same_bytes_in_another_process(made, tmp_path):
    folder, _ = made
    words = ["review", "LT-17", "-o", str(tmp_path / "again.html"), "--no-hammer"]
    environment = {**os.environ, **EPOCH, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    environment["PROOFCHECK_CACHE"] = str(tmp_path / "cache")
    subprocess.run([sys.executable, "-m", "proofcheck", *words], env=environment, check=True, capture_output=True)
    assert (tmp_path / "again.html").read_bytes() == (folder / "review.html").read_bytes()


def test_against_an_earlier_document(made, tmp_path):
    folder, _ = made
    old = json.loads((folder / "review.json").read_text(encoding="utf-8"))
    old["lemmas"][0]["verdict"] = "UNKNOWN"
    (tmp_path / "old.json").write_text(json.dumps(old))
    result = run("LT-17", "-o", tmp_path / "r.html", "--no-hammer", "--against", tmp_path / "old.json")
    assert "changed: LT-17 verdict: UNKNOWN -> PROVED" in result.output
    assert "changes-h" in Page((tmp_path / "r.html").read_text(encoding="utf-8")).ids


def test_json_without_a_file_is_one_document_on_stdout(tmp_path):
    result = run("LT-17", "-o", tmp_path / "r.html", "--no-hammer", "--json")
    assert json.loads(result.stdout)["format"] == "proofcheck-review/1"


def test_a_second_run_takes_results_from_the_cache(made, tmp_path):
    result = run("LT-17", "-o", tmp_path / "r.html", "--no-hammer")
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["LT-99", "-o", "x.html"], "no lemma is called"),
        (["-o", "x.html", "--against", __file__], "review"),
        (["LT-17"], "--output"),
    ],
)
def test_wrong_words_are_refused_before_any_check(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(*words)
    assert result.exit_code == 2
    assert message in result.output
    assert not list(tmp_path.iterdir())


def test_a_stamp_that_is_no_number_is_refused(tmp_path):
    result = run("LT-17", "-o", tmp_path / "r.html", "--no-hammer", env={"SOURCE_DATE_EPOCH": "soon"})
    assert result.exit_code == 2
    assert "SOURCE_DATE_EPOCH" in result.output


def test_without_chromium_nothing_is_checked_or_written(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "browser", lambda: "")
    result = run("-o", tmp_path / "r.html", "--pdf", tmp_path / "r.pdf")
    assert result.exit_code == 2
    assert "apt install chromium" in result.output
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    result = run("LT-17", "-o", tmp_path / "file" / "r.html", "--no-hammer")
    assert result.exit_code == 2


def test_the_page_is_printed_with_everything_unfolded(tmp_path):
    if not pdf.browser():
        pytest.skip("optional: Chromium is not installed")
    result = run("LT-17", "-o", tmp_path / "r.html", "--pdf", tmp_path / "r.pdf", "--no-hammer")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF-")
    assert len((tmp_path / "r.pdf").read_bytes()) > 20_000
