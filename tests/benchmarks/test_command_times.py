"""A test run that fails is not timed, and a cold run starts from empty folders."""

import subprocess
import types
from pathlib import Path

import pytest

from benchmarks import commands
from benchmarks.commands import pytest_times


@pytest.fixture
def runs(monkeypatch):
    """Environments of the processes asked for, which take 9, 1, 5, 2 seconds of a clock of their own.

    Each ends with status 1 if `fails` is among its words.
    """
    seen, clock = [], [0.0]
    monkeypatch.setattr(commands, "time", types.SimpleNamespace(perf_counter=lambda: clock[0]))

    def run(command, env, **_):
        folders = [Path(env[name]) for name in ("PROOFCHECK_CACHE", "PYTHONPYCACHEPREFIX")]
        seen.append({**env, "empty": not any(any(f.iterdir()) for f in folders if f.exists())})
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "made").touch()
        clock[0] += (9, 1, 5, 2)[len(seen) - 1]
        return subprocess.CompletedProcess(command, int("fails" in command), "..\n2 passed in 0.1s\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    return seen


def test_a_failing_run_gives_no_times(runs):
    with pytest.raises(RuntimeError, match="says nothing"):
        pytest_times("fails")
    assert len(runs) == 1


def test_cold_and_warm_share_folders_that_were_empty(runs, monkeypatch):
    monkeypatch.setenv("PROOFCHECK_CACHE", "elsewhere")
    assert pytest_times("passes", warm_runs=3) == (9, 2, "2 passed")
    assert [run["empty"] for run in runs] == [True, False, False, False]
    assert len({env["PROOFCHECK_CACHE"] for env in runs}) == len({env["PYTHONPYCACHEPREFIX"] for env in runs}) == 1
    assert runs[0]["PROOFCHECK_CACHE"] != "elsewhere"
    assert len(runs) == 4
