"""Tested: what README.md says: its example, its table, its versions, its links."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from proofcheck.cli import app

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def without_times(text):
    return re.sub(r"\d+\.\d+ s", "… s", text).strip()


def table():
    from proofcheck import registry
    from proofcheck.audit import manifest

    pins = manifest.read(registry.lemmas_root())
    rows = ["| id | lemma | label | verdict | facts it rests on |", "|---|---|---|---|---|"]
    for header in registry.headers():
        pin = pins[header.id]
        facts = ", ".join(name.replace("_", " ") for name in pin["assumed"]) or "none"
        link = f"[{header.title}](lemmas/{header.path.parent.name}/{header.path.name})"
        rows.append(f"| {header.id} | {link} | {pin['label']} | {pin['verdict']} | {facts} |")
    return "\n".join(rows)


def test_the_example_prints_what_is_shown():
    shown = re.findall(r"```console\n\$ (.*?)\n```", README, re.S)[0]  # tests/docs runs the others too
    command, _, expected = shown.partition("\n")
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert without_times(result.stdout) == without_times(expected)


def test_the_table_is_the_pinned_verdicts():
    shown = README.split("<!-- table -->")[1].split("<!-- /table -->")[0].strip()
    assert shown == table(), f"the table should be:\n{table()}"


def test_python_version_is_the_one_of_the_project():
    oldest = PROJECT["project"]["requires-python"].removeprefix(">=")
    assert f"Python {oldest} or newer" in README


def test_the_kernel_is_as_small_as_said():
    lines = sum(len(p.read_text().splitlines()) for p in (ROOT / "proofcheck" / "kernel").glob("*.py"))
    assert "at most 700 lines" in README
    assert lines <= 700


@pytest.mark.parametrize("page", sorted({p.name for p in (ROOT / "docs").glob("*.md")} | {"README.md"}))
def test_links_lead_somewhere(page):
    path = ROOT / page if page == "README.md" else ROOT / "docs" / page
    for target in re.findall(r"\]\((?!http)([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{page}: {target}"


@pytest.mark.parametrize("name", [re.split(r"[>=<\[]", line)[0] for line in PROJECT["project"]["dependencies"]])
def test_every_dependency_is_pinned_inside_its_range(name):
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = {canonicalize_name(pin): version for pin, _, version in (line.partition("==") for line in lines) if version}
    (wanted,) = [Requirement(line) for line in PROJECT["project"]["dependencies"] if Requirement(line).name == name]
    assert wanted.specifier.contains(pins[canonicalize_name(name)])
