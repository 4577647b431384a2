"""Tested: what the cache key sees, damaged entries, killed and simultaneous writers, a full disk."""

import errno
import json
import os
import subprocess
import sys

import pytest

from proofcheck import cache
from proofcheck.audit.check import Options, check_all

OPTIONS = Options(hammer=False)


def key(tree, name="SQ-02"):
    return cache.key(tree.header(name), tree.headers(), {"measures": 1})


def checked(tree, notes=None):
    headers = tree.headers()
    return check_all(headers, headers, OPTIONS, note=(notes if notes is not None else []).append)


def test_unchanged_lemmas_come_from_the_cache(tree):
    assert [item.cached for item in checked(tree)] == [False, False]
    again = checked(tree)
    assert [item.cached for item in again] == [True, True]
    assert again[0].result == checked(tree)[0].result


EDITS = {
    "the lemma": lambda tree: tree.lemma("positive_part").write_text(tree.lemma("positive_part").read_text() + "\n"),
    "a lemma it uses": lambda tree: tree.lemma("square").write_text(tree.lemma("square").read_text() + "\n"),
    "its certificate": lambda tree: tree.file("SQ-02.step.cert").write_text("{}"),
    "a certificate it uses": lambda tree: tree.file("SQ-01.step.cert").write_text("{}"),
    "its model": lambda tree: tree.file("SQ-02.step.model").unlink(),
    "a file it imports": lambda tree: tree.edit(tree.root / "helper.py", "1", "2"),
}


@pytest.mark.parametrize("what", EDITS)
def test_the_key_sees(tree, what):
    (tree.root / "helper.py").write_text("ONE = 1\n")
    tree.edit(
        tree.lemma("positive_part"),
        "import json\n",
        f"import json\n\nfrom {tree.root.name}.helper import ONE\n",
    )
    before = key(tree)
    assert before == key(tree)
    EDITS[what](tree)
    assert key(tree) != before


def test_the_key_sees_options_and_the_engine(tree, monkeypatch):
    before = key(tree)
    assert cache.key(tree.header("SQ-02"), tree.headers(), {"measures": 2}) != before
    monkeypatch.setattr(cache, "_engine", lambda: "another kernel")
    assert key(tree) != before


def test_the_engine_is_every_source_that_computes_results():
    package = cache.Path(cache.__file__).parent
    computing = {p.name for p in package.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    not_of_a_check = {"search", "cli", "export", "testing", "certify", "paper", "review", "scaffold"}
    not_of_a_check |= {"experiments", "fidelity", "second_checker"}
    assert computing - not_of_a_check == set(cache.ENGINE) & computing


def test_a_check_runs_no_finder(tree):
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from proofcheck import registry\n"
        "from proofcheck.audit.check import Options, check_all\n"
        "found = registry.headers(Path(sys.argv[1]) / sys.argv[2])\n"
        "check_all(found, found, Options(hammer=False), use_cache=False)\n"
        "print([name for name in sys.modules if name.startswith('proofcheck.search')])\n"
    )
    command = [sys.executable, "-c", code, str(tree.root.parent), tree.root.name]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "[]"


DAMAGE = {
    "truncated": lambda text: text[: len(text) // 2],
    "empty": lambda text: "",
    "binary": None,
    "edited": lambda text: text.replace("PROVED", "REFUTED"),
    "of another key": lambda text: text.replace('"key": "', '"key": "0'),
    "another document": lambda text: "[]",
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_entry_is_ignored_with_a_note(tree, how):
    checked(tree)
    for path in cache.folder().glob("*.json"):
        if DAMAGE[how] is None:
            path.write_bytes(b"\xff\x00\xfe")
        else:
            path.write_text(DAMAGE[how](path.read_text()))
    notes = []
    again = checked(tree, notes)
    assert [item.cached for item in again] == [False, False]
    assert len(notes) == 2
    assert [item.cached for item in checked(tree)] == [True, True]


def test_a_result_of_another_shape_is_ignored(tree):
    entry = cache.key(tree.header(), tree.headers(), vars(OPTIONS))
    cache.store(entry, {"id": "SQ-01"})
    notes = []
    assert not checked(tree, notes)[0].cached
    assert "another shape" in notes[0]


def test_failures_are_not_kept(tree):
    tree.file("SQ-01.step.model").unlink()
    checked(tree)
    assert [item.cached for item in checked(tree)] == [False, True]


def test_a_full_disk_costs_the_cache_and_not_the_run(tree, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(os, "replace", full)
    notes = []
    results = checked(tree, notes)
    assert not any(item.result.failed for item in results)
    assert "No space left" in notes[0]
    assert "PROOFCHECK_CACHE" in notes[0]
    assert list(cache.folder().iterdir()) == []


def test_killed_while_writing_leaves_no_entry_and_no_half_of_one(tree, monkeypatch):
    def killed(source, target):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            checked(tree)
    assert list(cache.folder().iterdir()) == []


WRITER = """
import sys
from proofcheck import cache
for turn in range(200):
    note = cache.store(sys.argv[1], {"n": "x" * 5000})
    found, note = cache.load(sys.argv[1])
    if note or found is None:
        sys.exit("read a half written entry: " + note)
"""


def test_two_writers_at_once_never_show_half_an_entry(tmp_path):
    environment = {**os.environ, "PROOFCHECK_CACHE": str(tmp_path)}
    command = [sys.executable, "-c", WRITER, "a" * 64]
    first, second = (subprocess.Popen(command, env=environment) for _ in range(2))
    assert (first.wait(60), second.wait(60)) == (0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["a" * 64 + ".json"]


def test_old_entries_go(tmp_path, monkeypatch):
    monkeypatch.setenv("PROOFCHECK_CACHE", str(tmp_path))
    monkeypatch.setattr(cache, "KEPT", 3)
    for number in range(6):
        cache.store(f"entry{number}", {"number": number})
        os.utime(tmp_path / f"entry{number}.json", (number, number))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["entry3", "entry4", "entry5"]
    assert cache.clear() == 3


def test_an_unchanged_check_imports_neither_sympy_nor_torch(tree):
    checked(tree)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from proofcheck import registry\n"
        "from proofcheck.audit.check import Options, check_all\n"
        "found = registry.headers(Path(sys.argv[1]) / sys.argv[2])\n"
        "done = check_all(found, found, Options(hammer=False))\n"
        "print([item.cached for item in done], {'sympy', 'torch'} & set(sys.modules))\n"
    )
    command = [sys.executable, "-c", code, str(tree.root.parent), tree.root.name]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[True, True] set()", result.stderr


def test_entries_are_json_a_person_can_read(tree):
    checked(tree)
    document = json.loads(next(cache.folder().glob("*.json")).read_text())
    assert document["format"] == cache.FORMAT
    assert document["result"]["verdict"] in ("PROVED", "PROVED_MODULO")
