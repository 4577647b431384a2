"""The commands of docs/reviewer-guide.md are run, in their order, and print what the page says they print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from proofcheck import registry
from proofcheck.review import contents

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "reviewer-guide.md").read_text(encoding="utf-8")


def block(name):
    return re.search(rf"<!-- tested: {name} -->\n```bash\n(.*?)```", TEXT, re.DOTALL)[1]


@pytest.fixture(scope="module")
def bash(tmp_path_factory):
    """Runs a block in a folder of its own with this Python as python3 and proofcheck."""
    folder = tmp_path_factory.mktemp("guide")
    programs = folder / "bin"
    programs.mkdir()
    (programs / "python3").symlink_to(sys.executable)
    (programs / "proofcheck").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m proofcheck "$@"\n')
    (programs / "proofcheck").chmod(0o755)
    (folder / "proofcheck-certificates.tar.gz").write_bytes(contents.archive(registry.headers()))

    def run(name, where="."):
        environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": ""}
        done = ["bash", "-c", block(name)]
        return subprocess.run(done, cwd=folder / where, env=environment, capture_output=True, text=True, check=False)

    run.folder = folder
    return run


def test_one_certificate_is_replayed_and_a_changed_one_refused(bash):
    done = bash("replay")
    assert (done.returncode, done.stdout) == (0, "1 claims proved, 0 refused\n"), done.stderr
    assert done.stdout.strip() in TEXT
    done = bash("forged", "to-check")
    assert done.returncode == 1
    assert done.stdout.startswith("REFUSED certificates/LT-05.popoviciu.claim.json")


def test_two_pages_are_compared(bash):
    done = bash("against")
    assert done.returncode == 0, done.stderr
    assert "nothing changed" in done.stdout
    assert "Nothing changed against first.json" in (bash.folder / "second.html").read_text(encoding="utf-8")


def test_the_other_commands_name_options_that_exist():
    from proofcheck.cli.review_ import command

    known = {option for parameter in command.params for option in parameter.opts}
    used = set(re.findall(r"(?<=\s)(-{1,2}[a-z][a-z-]*)", "\n".join(re.findall(r"^proofcheck review.*$", TEXT, re.M))))
    assert used <= known


def test_the_verdicts_are_the_pages_own():
    from proofcheck.review.page import STATUS

    words = re.findall(r"^\| ([a-z ]+) \|", TEXT.partition("what you may conclude")[2], re.M)
    assert words == [word.replace(" only", "") for _, word, _ in STATUS.values()]


def test_the_certificate_with_a_pencil_is_the_committed_one():
    from proofcheck.audit import artifacts
    from proofcheck.export.certificate import render

    header = registry.find("LT-05")
    [claim] = [c for c in registry.load(header).claims() if c.name == "LT-05.popoviciu"]
    shown = render(claim.text, artifacts.read(header, claim.name, "cert"))
    for piece in ("E[(M - t) · (t - m)]   [a1, a0]", "((M + m)/2 - E[t])²"):
        assert piece in shown
        assert re.sub(r"\s+", "", piece.replace("-", "−")) in re.sub(r"\s+", "", TEXT)
