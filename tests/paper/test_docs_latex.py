"""Tested: every block of docs/latex.md is written or run, and what a command prints is what the page shows."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofcheck.cli import app
from proofcheck.paper.directions import TABLE, Direction, direction

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "latex.md").read_text(encoding="utf-8")
VARIES = [
    (r"sha256: [0-9a-f…]+", "sha256: ..."),  # of every text of the lemma
    (r"not cited: .*", "not cited: ..."),  # grows with the library
    (r" in [0-9.]+s$", ""),
]
BLOCKS = re.findall(r"```([a-z]+)\n(.*?)```", PAGE, re.DOTALL)


def run(command, folder):
    words = command.split()
    if words[0] == "proofcheck":
        result = CliRunner().invoke(app, words[1:])
        assert result.exit_code in (0, 1), result.output
        return result.stdout
    if words[0] == "pytest":
        done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, timeout=120)
        return done.stdout
    assert words[0] in ("head", "tail")
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True).stdout


def test_every_block_is_what_happens(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "docs" / "sample-paper", tmp_path / "docs" / "sample-paper")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    shown, happened = [], []
    for kind, body in BLOCKS:
        if kind == "toml":
            (tmp_path / "map.toml").write_text(body)
        elif kind == "latex" and "documentclass" in body:
            (tmp_path / "note.tex").write_text(body)
        elif kind == "console":
            for command in re.findall(r"^\$ (.*)$", body, re.MULTILINE):
                happened.append(f"$ {command}\n{run(command, tmp_path)}")
            shown.append(body)
    assert steady("".join(shown)) == steady("".join(happened))


def steady(text):
    for pattern, instead in VARIES:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    return text


ROWS = PAGE.split("What is *weaker*")[1].split("A paper's `")[0].splitlines()
WAYS = {
    "largest step": Direction.STEP,
    "largest value": Direction.LIMIT,
    "upper bound": Direction.UPPER,
    "lower bound": Direction.LOWER,
    "exact value": Direction.EXACT,
}
SHOWN = {
    key: way for row in ROWS for word, way in WAYS.items() if word in row for key in re.findall(r"`([a-z0-9_*]+)`", row)
}


def test_every_direction_has_one_row():
    assert [sum(word in row for row in ROWS) for word in WAYS] == [1] * len(Direction)


@pytest.mark.parametrize("key", SHOWN)
def test_the_table_of_directions_is_the_tables(key):
    assert direction(key.replace("*", "some")) is SHOWN[key]


def test_the_table_names_every_key():
    assert {key: way for key, way in SHOWN.items() if "*" not in key} == TABLE


@pytest.mark.parametrize(("key", "relation", "value"), [("lower", ">=", "smaller"), ("on_ball", "<=", "larger")])
def test_what_is_weaker_is_what_the_table_says(key, relation, value):
    row = next(row for row in ROWS if f"`{key}`" in row)
    assert row.rstrip(" |").endswith(value)
    assert direction(key).is_at_most is (relation == ">=")


def test_every_row_of_the_table_is_some_lemmas():
    from proofcheck import registry

    keys = {key for header in registry.headers() for key in registry.load(header).bounds}
    assert set(TABLE) <= keys


def test_without_a_terminal_the_sample_of_wrong_formulas_exits_with_1(tmp_path):
    note = next(body for kind, body in BLOCKS if kind == "latex" and "documentclass" in body)
    (tmp_path / "note.tex").write_text(note)
    assert CliRunner().invoke(app, ["paper", str(tmp_path / "note.tex")]).exit_code == 1
