"""A test run that fails is not timed, and a cold run starts from empty folders."""

import subprocess

import pytest

from benchmarks.commands import pytest_times


@pytest.fixture
def runs(monkeypatch):
    """Environments of the processes asked for; each ends with status 1 if `fails` is among its words."""
    seen = []

    def run(command, env, **_):
        seen.append(env)
        return subprocess.CompletedProcess(command, int("fails" in command), "..\n2 passed in 0.1s\n", "")

    monkeypatch.setattr(subprocess, "run", run)
    return seen


def test_a_failing_run_gives_no_times(runs):
    with pytest.raises(RuntimeError, match="says nothing"):
        pytest_times("fails")
    assert len(runs) == 1


def test_cold_and_warm_share_folders_that_were_empty(runs, monkeypatch):
    monkeypatch.setenv("PROOFCHECK_CACHE", "elsewhere")
    assert pytest_times("passes", warm_runs=2)[2] == "2 passed"
    assert len({env["PROOFCHECK_CACHE"] for env in runs}) == len({env["PYTHONPYCACHEPREFIX"] for env in runs}) == 1
    assert runs[0]["PROOFCHECK_CACHE"] != "elsewhere"
    assert len(runs) == 3
