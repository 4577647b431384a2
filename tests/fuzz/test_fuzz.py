"""Tested: some hundred mutated inputs for every parser and loader; the long form is `python -m tests.fuzz`."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.catalogue import NEEDS_TRANSFORMERS, WHERE, find
from fuzz.drive import plain, warm
from fuzz.target import judge_one

REGRESSIONS = Path(__file__).with_name("regressions")
FEW = {"header": 60, "table": 60}
HERE = [name for name in WHERE if name not in NEEDS_TRANSFORMERS]
INPUTS = 120


@pytest.mark.parametrize("name", HERE)
@pytest.mark.filterwarnings("ignore")  # of torch, on the odd tensors that the seeds hold
def test_hostile_inputs(name):
    tally = plain(find(name), FEW.get(name, INPUTS))
    assert tally.findings == []
    assert tally.inputs == FEW.get(name, INPUTS)
    assert name == "paper" or tally.counts["refused"] or name == "cache"  # a paper and a cache entry are never refused


@pytest.mark.parametrize("name", HERE)
def test_real_inputs_are_accepted(name):
    """Seeds that a parser refuses would make its fuzzing shallow: most are real files."""
    target = find(name)
    seeds = list(target.seeds())
    sample = seeds[:: max(1, len(seeds) // 8)]
    warm(target, sample)
    accepted = sum(judge_one(target, data).kind == "accepted" for data in sample)
    target.settle()
    assert accepted >= 1


CASES = sorted(path for path in REGRESSIONS.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "path", [p for p in CASES if p.parent.name in HERE], ids=lambda path: f"{path.parent.name}-{path.stem}"
)
@pytest.mark.filterwarnings("ignore")
def test_what_was_found_once_stays_fixed(path):
    """Each file is an input that crashed its parser, was accepted wrongly, or did not end."""
    target = find(path.parent.name)
    warm(target, [path.read_bytes(), *target.seeds()[:3]])
    outcome = judge_one(target, path.read_bytes(), sample_memory=True)
    assert not outcome.is_finding, outcome.text


REPLAY = """
from pathlib import Path
from tests.fuzz import guard
guard.INTERRUPT = 0.02  # as on a machine a hundred times slower: no import may be stopped half way
from tests.fuzz.catalogue import find
from tests.fuzz.drive import plain, warm
from tests.fuzz.target import judge_one
target = find("huggingface")
inputs = [path.read_bytes() for path in sorted(Path("tests/fuzz/regressions/huggingface").iterdir())]
warm(target, inputs)
found = [outcome.text for outcome in (judge_one(target, data) for data in inputs) if outcome.is_finding]
print(len(inputs), found + plain(target, 12).findings)
"""


def test_configurations_of_models():
    """In a process of its own: transformers loads its modules late, and other tests turn warnings into errors."""
    if importlib.util.find_spec("transformers") is None:
        pytest.skip("transformers is not installed")
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", REPLAY], cwd=root, capture_output=True, text=True)
    assert done.stdout.strip().splitlines()[-1:] == ["7 []"], done.stdout + done.stderr


def test_there_are_regressions():
    assert len(CASES) >= 12
    assert {path.parent.name for path in CASES} <= set(WHERE)


def test_the_command_runs_and_goes_on(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz", "expr", "--driver", "plain", "--folder", str(tmp_path), "--json"]
    root = Path(__file__).parents[2]
    for inputs in (100, 150):
        done = subprocess.run([*command, "--inputs", str(inputs)], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f'"inputs": {inputs}' in done.stdout
    assert '"findings": 0' in done.stdout


def test_a_run_begins_again_with_another_seed(tmp_path):
    command = [sys.executable, "-m", "tests.fuzz", "expr", "--driver", "plain", "--folder", str(tmp_path), "--inputs"]
    current, root = tmp_path / "expr.current", Path(__file__).parents[2]
    last = []
    for more in (["150", "--restart", "60"], ["150", "--fresh"], ["30", "--fresh", "--seed", "120"]):
        done = subprocess.run([*command, *more], cwd=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert f"{more[0]} inputs" in done.stderr
        last.append(current.read_bytes())
    assert last[0] == last[2] != last[1]  # 60, 60, and 30 with the seed 120
    wrong = subprocess.run([*command, "9", "--restart", "0"], cwd=root, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "--restart must be at least 1, got 0" in wrong.stderr


@pytest.mark.parametrize(("driver", "names"), [("plain", ["expr"]), ("guided", ["expr", "network"])])
def test_a_seed_gives_the_same_inputs_again(tmp_path, driver, names):
    """What one machine finds the same command finds on another: no clock, no path and no hash decides."""
    if driver == "guided" and importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed")
    command = [sys.executable, "-m", "tests.fuzz", *names, "--driver", driver, "--inputs", "700", "--json"]
    made = []
    for run in ("one", "another"):
        folder = tmp_path / run
        done = subprocess.run(
            [*command, "--folder", str(folder)], cwd=Path(__file__).parents[2], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        counts = {name: row["counts"] for name, row in json.loads(done.stdout)["targets"].items()}
        last = {name: (folder / f"{name}.current").read_bytes() for name in counts}
        corpus = {path.name for path in folder.glob("*.corpus/*")}
        made.append((counts, last, corpus))
    assert made[0] == made[1]
    assert made[0][0]["expr"]["accepted"] > 50
    assert (len(made[0][2]) > 10) == (driver == "guided")
