"""Tested: the tutorial, from its first command to its last, in a library of its own."""

import os
import shutil
import subprocess
import sys

import pytest
from snippets import PAGES, ROOT, blocks
from test_snippets import check_console


@pytest.fixture
def library(tmp_path):
    shutil.copytree(ROOT / "lemmas", tmp_path / "lemmas", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "lemmas").mkdir(parents=True)
    return tmp_path


def run(command, folder):
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        # tables and progress lines as wide as the page shows them, whatever the terminal
        "COLUMNS": "80" if command.startswith("pytest") else "160",
        "PROOFCHECK_CACHE": str(folder / "cache"),
        "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_the_tutorial_runs_as_shown(library):
    done = 0
    for block in blocks(PAGES["tutorial.md"].read_text(encoding="utf-8")):
        if block.mark in ("file", "append"):
            with (library / block.value).open("w" if block.mark == "file" else "a", encoding="utf-8") as file:
                file.write(block.text)
        elif block.language == "console":
            check_console("tutorial.md", block, library, run)
            done += 1
    assert done >= 9
    assert not (ROOT / "lemmas" / "tutorial").exists(), "the tutorial's lemma went into the real library"
