"""Tested: every command and every piece of Python that README.md and docs/ show, with the output that is shown.

A page is run from top to bottom in a folder of its own. What takes minutes or installs something is only parsed: LONG.
"""

import contextlib
import io
import linecache
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from functools import partial

import click
import pytest
from click.testing import CliRunner
from snippets import PAGES, ROOT, blocks, commands, matches

from proofcheck.cli import app
from proofcheck.cli.app import COMMANDS
from proofcheck.hammer import tokens

# pages whose snippets another test runs, in the surroundings they need
ELSEWHERE = {
    "attention-smoothness.md": "tests/experiments/test_attention_smoothness_page.py",
    "latex.md": "tests/paper/test_docs_latex.py",
    "reviewer-guide.md": "tests/review/test_reviewer_guide.py",
    "training.md": "tests/examples/test_training_page.py",
}
OWN_LIBRARY = ("tutorial.md",)  # run with a copy of lemmas/ that they may change; test_tutorial.py
# command -> why it is parsed and not run
LONG = {
    "proofcheck check": "a minute for all lemmas; tests/surface runs it on some",
    "pytest -n 2": "this test suite",
    "make -C lemmas/coq": "half a minute of Coq; .ci/run runs it",
    "bash .ci/run": "this test suite, in a fresh virtual environment",
    "python -m proofcheck.experiments attention-smoothness --small -o smoothness": "a minute; .ci/run runs it",
}
RUN = [name for name, path in PAGES.items() if name not in (*ELSEWHERE, *OWN_LIBRARY) and blocks(path.read_text())]


def run_command(command, folder):
    """(exit code, stdout, stderr) of one command line in `folder`; proofcheck itself runs in this process."""
    words = shlex.split(command)
    if words[0] == "proofcheck":
        with contextlib.chdir(folder):
            result = CliRunner().invoke(app, words[1:])
        return result.exit_code, result.stdout, result.stderr
    environment = {**os.environ, "PATH": f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    return done.returncode, done.stdout, done.stderr


def check_console(name, block, folder, run=run_command):
    wanted = int(block.value) if block.mark == "exit" else 0
    shown = commands(block)
    for number, (command, expected) in enumerate(shown):
        code, out, err = run(command, folder)
        where = f"{name}, line {block.line}: $ {command}"
        assert code == (wanted if number == len(shown) - 1 else 0), f"{where}\nexit code {code}\n{err}{out}"
        if expected.strip():
            assert matches(expected, out) or matches(expected, err + out), f"{where}\nprints\n{err}{out}"


def check_python(name, block, folder, namespace):
    source = f"<{name}, line {block.line}>"
    linecache.cache[source] = (len(block.text), None, block.text.splitlines(keepends=True), source)
    printed = io.StringIO()
    with contextlib.chdir(folder), contextlib.redirect_stdout(printed):
        exec(compile(block.text, source, "exec"), namespace)
    if block.shown:
        assert matches(block.shown, printed.getvalue()), f"{source} prints\n{printed.getvalue()}"


def check_bash(name, block, parse_only=()):
    for line in block.text.strip().splitlines():
        for command in line.partition("  #")[0].strip().split(" && "):
            if command.startswith("pip install"):
                check_installation(command)
            elif command in parse_only:
                if command.startswith("proofcheck"):
                    parse(command)
            else:
                code, out, err = run_command(command, ROOT)
                assert code == 0, f"{name}, line {block.line}: {command}\n{err}{out}"


def check_installation(command):
    """The extras and files that an installation command names exist; nothing is installed."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for named in re.findall(r"\.\[([\w,]+)\]", command):
        assert set(named.split(",")) <= set(extras), command
    for file in re.findall(r"-c (\S+)", command):
        assert (ROOT / file).is_file(), command


def parse(command):
    """The command's name: it and its options exist; arguments that are missing, or stand for others, are no error here.

    Raises:
        click.UsageError: there is no such command or option, or an option does not take that value.
    """
    words = shlex.split(command)[1:]
    if words[0].startswith("-"):
        return words[0]
    found = app.get_command(click.Context(app), words[0])
    if found is None:
        raise click.UsageError(f"no command {words[0]!r}")
    try:
        found.make_context(words[0], words[1:])
    except (click.MissingParameter, click.exceptions.Exit):
        pass
    except click.BadParameter as error:
        if "does not exist" not in str(error) and not re.search(
            r"got '[A-Z]+'", str(error)
        ):  # MODEL, R stand for others
            raise
    return words[0]


WITH_TOKENS = ("engineers.md", "hammer.md")  # pages that show what the hammer counted


@pytest.mark.parametrize("name", RUN)
def test_snippets_do_what_is_shown(name, tmp_path, monkeypatch):
    if name in WITH_TOKENS and tokens.missing() is not None:
        pytest.skip("the figures shown include token clouds, whose weights are not installed")
    monkeypatch.setenv("COLUMNS", "200")  # pages show lines unwrapped
    (tmp_path / "docs").symlink_to(ROOT / "docs")  # the sample paper
    namespace, ran = {"__name__": "snippets"}, []
    for block in blocks(PAGES[name].read_text(encoding="utf-8")):
        if block.language == "console":
            check_console(name, block, tmp_path)
        elif block.language == "python":
            check_python(name, block, tmp_path, namespace)
        elif block.language == "bash":
            check_bash(name, block, LONG)
        else:
            continue
        ran.append(block.line)
    assert ran, f"{name} is listed as run and has nothing to run"


@pytest.mark.parametrize(("page", "test"), ELSEWHERE.items())
def test_pages_left_out_are_run_elsewhere(page, test):
    assert page in (ROOT / test).read_text(encoding="utf-8")


def inline():
    found = {}
    for name, path in PAGES.items():
        for command in re.findall(r"`(proofcheck [a-z-][^`\n]*)`", path.read_text(encoding="utf-8")):
            found.setdefault(command, name)
    return found


@pytest.mark.parametrize("command", inline())
def test_commands_in_running_text_exist(command):
    assert parse(command) == command.split()[1]


def test_every_command_is_documented():
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES.values())
    assert [name for name in COMMANDS if f"proofcheck {name}" not in text] == []


# controls: a wrong snippet is seen

WRONG = {
    "output": '```console\n$ proofcheck prove --claim "x**2 >= 0"\nREFUTED  …\n…\n```\n',
    "exit code": '```console\n$ proofcheck prove --claim "x**2 >= 1"\n```\n',
    "no such option": "```console\n$ proofcheck list --colour\n```\n",
    "python raises": "```python\nfrom proofcheck import nothing_of_that_name\n```\n",
    "python prints": "```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n",
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_a_wrong_snippet_fails(text, tmp_path):
    (block,) = blocks(text)
    check = check_console if block.language == "console" else partial(check_python, namespace={})
    with pytest.raises((AssertionError, ImportError)):
        check("control", block, tmp_path)


@pytest.mark.parametrize(
    "command", ["proofcheck nothing", "proofcheck check --nothing", "proofcheck hammer --measures x"]
)
def test_a_wrong_command_in_running_text_fails(command):
    with pytest.raises(click.UsageError):
        parse(command)


def test_a_wrong_extra_fails():
    with pytest.raises(AssertionError):
        check_installation('pip install -e ".[nothing]"')


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a 0.12 s", "a 3.4 s", True), ("a\n…\nd", "a\nb\nc\nd", True), ("a\n…", "a", True), ("x … z", "x y z", True),
        ("a", "a\nb", False), ("a\n…\nd", "a\nb\nc", False), ("x … z", "x y\nz", False), ("1.5", "1x5", False),
    ],
)  # fmt: skip
def test_what_counts_as_the_same_output(shown, printed, same):
    assert matches(shown, printed) is same


def test_bash_is_there():
    assert shutil.which("bash")
