"""Tested: foreign and unreadable files, folders without permission, a full disk, Ctrl-C, broken pipes, start-up time.

Not tested: bad measures and layers, which are tests/torch_impl's.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from proofcheck.cli import app
from proofcheck.errors import InternalError

RUNNER = CliRunner()
COMMAND = [sys.executable, "-m", "proofcheck"]


def run(*words, code):
    result = RUNNER.invoke(app, list(words))
    assert result.exit_code == code, result.output
    assert "Traceback" not in result.output
    return result


FOREIGN = {
    "not JSON": b"{",
    "binary": b"\xff\xfe\x00\x01",
    "another document": b'{"format": "something-else/1"}',
    "a list": b"[1, 2]",
    "deep": b"[" * 100_000,
    "empty": b"",
}


@pytest.mark.parametrize("content", FOREIGN)
@pytest.mark.parametrize("kind", ["claim", "cert", "model"])
def test_a_foreign_file_fails_its_lemma_by_name(tree, kind, content):
    tree.file(f"SQ-01.step.{kind}").write_bytes(FOREIGN[content])
    answer = json.loads(run("check", "SQ-01", "--no-hammer", "--json", code=1).stdout)
    (row,) = answer["lemmas"]
    assert row["verdict"] == "UNKNOWN"
    failed = [part["detail"] for part in row["parts"] if part["status"] == "failed"]
    assert any("SQ-01.step" in detail for detail in failed)


def test_a_damaged_manifest_says_how_to_write_it_again(tree):
    (tree.root / "trust_manifest.json").write_text("{")
    assert "--pin" in run("check", "--no-hammer", code=2).stderr


BROKEN_LEMMAS = {
    "a syntax error": ("ID = ", "ID == = ", "cannot be read as Python"),
    "no title": ("TITLE = ", "NAME = ", "must define TITLE"),
    "an unknown label": ('LABEL = "sharp"', 'LABEL = "tight"', "LABEL must be one of"),
    "a computed id": ('ID = "SQ-01"', 'ID = "SQ" + str(1)', "must be a literal"),
    "no section": ("\nSharpness\n", "\nNotes\n", "Sharpness"),
    "a step without evidence": ("symbolic  derivation", "clearly", "exactly one evidence word"),
    "no claims": ("def claims", "def statements", "must define claims"),
    "bounds of another kind": ('BOUNDS = {"product_max": CONSTANT}', "BOUNDS = CONSTANT", "BOUNDS must be"),
    "an unknown fact": (
        "ASSUMES = ()",
        'ASSUMES = ("square_is_convx",)',
        "The nearest is 'square_is_convex'",
    ),
    "an unknown ancestor": ("USES = ()", 'USES = ("SQ-3",)', "no lemma is called 'SQ-3'"),
    "a circle": ("USES = ()", 'USES = ("SQ-02",)', "circle"),
    "a taken alias": ('ALIASES = ("quarter",)', 'ALIASES = ("SQ-02",)', "already belongs"),
}


@pytest.mark.parametrize("how", BROKEN_LEMMAS)
def test_a_broken_lemma_file_is_named_with_what_is_missing(tree, how):
    old, new, expected = BROKEN_LEMMAS[how]
    tree.edit(tree.lemma(), old, new)
    result = run("check", "SQ-01", "--no-hammer", code=2)
    assert expected in result.stderr
    assert "SQ-0" in result.stderr or "square.py" in result.stderr or "positive_part.py" in result.stderr


def test_a_lemma_that_raises_fails_and_the_others_are_checked(tree):
    tree.edit(tree.lemma("positive_part"), "def refuted():\n", "def refuted():\n    1 / 0\n")
    answer = json.loads(run("check", "--no-hammer", "--json", code=1).stdout)
    parts = {row["id"]: {p["name"]: p for p in row["parts"]} for row in answer["lemmas"]}
    assert "ZeroDivisionError" in parts["SQ-02"]["refuted"]["detail"]
    assert parts["SQ-01"]["refuted"]["status"] == "ok"


@pytest.fixture
def denied(monkeypatch):
    # root may write anywhere, so the refusal is the system call's
    def refuse(*args, **options):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "folder")

    monkeypatch.setattr("tempfile.mkstemp", refuse)


def test_no_permission_is_one_message(tree, denied, tmp_path):
    for words in (["tex", "-o", str(tmp_path / "tex")], ["check", "--no-hammer", "--no-cache", "--pin"]):
        assert "Permission denied" in run(*words, code=2).stderr


def test_no_permission_for_the_cache_is_a_note(tree, denied):
    assert "Permission denied" in run("check", "--no-hammer", code=1).stderr


def test_a_full_disk_keeps_the_old_certificate(tree, monkeypatch):
    path = tree.file("SQ-01.step.claim")
    path.write_text("old")

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in run("check", "--write", "--no-hammer", "SQ-01", code=2).stderr
    assert path.read_text() == "old"
    assert not [name for name in os.listdir(path.parent) if name.endswith(".tmp")]


def test_a_bug_of_ours_says_so_without_a_traceback(monkeypatch):
    def broken(root=None):
        raise InternalError("two counts disagree")

    monkeypatch.setattr("proofcheck.registry.headers", broken)
    assert "please report it" in run("list", code=70).stderr


def test_the_debug_switch_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("PROOFCHECK_DEBUG", "1")
    result = RUNNER.invoke(app, ["show", "nothing-like-it"])
    assert "Traceback" in result.stderr


def test_control_c_is_one_line_and_130():
    # a batch from standard input that never comes: the command is inside its work for as long as the test needs
    command = [*COMMAND, "prove", "--batch", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    # a job in the background of a shell is told to ignore Ctrl-C, and would hand that on
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with subprocess.Popen(command, text=True, **pipes) as process:
            time.sleep(1.5)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=60)[1]
            assert process.returncode == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert errors.strip().count("\n") == 0
    assert "interrupted" in errors


def test_a_closed_pipe_is_no_error():
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {' '.join(COMMAND)} list --json | head -1"],
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("words", [["show", "LT-20"], ["list", "--json"]])
def test_output_that_nobody_reads_is_neither_a_pass_nor_a_failure(words):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run([*COMMAND, *words], stdout=closed, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.parametrize("columns", [None, "40", "80", "120", "200"])
def test_no_width_breaks_a_verdict(monkeypatch, columns):
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    for words in (["list"], ["check", "--no-hammer", "AS-00", "LT-18F"]):
        shown = run(*words, code=0).stdout
        assert "PROVED_MODULO " in shown
        assert "certificates" in shown or words == ["list"]


def test_a_campaign_refuses_at_once_where_its_rows_cannot_go(tmp_path):
    (tmp_path / "file").write_text("")
    rows = str(tmp_path / "file" / "rows.jsonl")
    started = run("hammer", "LT-11", "--measures", "1e9", "--no-checkpoint", "--rows", rows, code=2)
    assert "Nothing was half written" in started.stderr
    assert "a positive number required" in run("hammer", "LT-11", "--seconds", "nan", code=2).stderr


HEAVY = ("sympy", "torch", "numpy", "rich", "hypothesis", "z3")


def test_help_imports_nothing_of_weight():
    code = f"import sys\nfrom proofcheck.cli import app\ntry:\n    app(['--help'])\nexcept SystemExit:\n    pass\n\
print('HEAVY', [m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "HEAVY []" in done.stdout


@pytest.mark.parametrize("name", ["list", "check", "show", "ledger", "prove", "hammer", "certify", "tex"])
def test_every_command_teaches(name):
    text = run(name, "--help", code=0).stdout
    assert "--json" in text
    assert len(text.splitlines()) > 8
