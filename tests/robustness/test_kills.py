"""Tested: SIGKILL at random moments leaves old or new files, and the next run cleans up and gives the same results; two
runs at once. Not tested: power failure, file systems without locks."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest

from benchmarks import kill
from proofcheck import cache
from proofcheck.files import remove_leftovers, write_text_atomic

SIZE = 300_000


def write_for_ever(path):
    turn = 0
    while True:
        write_text_atomic(path, f"{turn % 10}" * SIZE)
        turn += 1


def killed_writer(path, rng):
    pid = os.fork()
    if pid == 0:
        write_for_ever(path)
    time.sleep(rng.uniform(0.0, 0.02))
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def whole(path):
    text = path.read_text()
    return len(text) == SIZE and len(set(text)) == 1


def test_forty_killed_writers_leave_no_half_file_and_the_next_one_cleans_up(tmp_path):
    path, rng, left = tmp_path / "file.txt", random.Random(3), 0
    write_text_atomic(path, "x" * SIZE)
    for _ in range(40):
        killed_writer(path, rng)
        assert whole(path)
        left += len(list(tmp_path.glob(".file.txt.*.tmp")))
    assert left > 3  # kills did hit the moment between the temporary file and the file
    write_text_atomic(path, "y" * SIZE)
    assert list(tmp_path.iterdir()) == [path]


def test_a_plain_write_would_be_caught(tmp_path):
    path, rng = tmp_path / "file.txt", random.Random(3)
    halves = 0
    for _ in range(200):
        pid = os.fork()
        if pid == 0:
            while True:
                path.write_text("x" * SIZE)
        time.sleep(rng.uniform(0.0, 0.004))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        halves += path.exists() and not whole(path)
        if halves:
            break
    assert halves


def test_the_temporary_file_of_a_run_at_work_stays(tmp_path, monkeypatch):
    seen = []

    def meanwhile(handle):
        seen.append((remove_leftovers(tmp_path), len(list(tmp_path.iterdir()))))

    monkeypatch.setattr(os, "fsync", meanwhile)
    write_text_atomic(tmp_path / "file.txt", "text")
    assert seen == [(0, 1)]
    assert (tmp_path / "file.txt").read_text() == "text"


def test_a_writer_whose_file_is_taken_for_a_leftover_starts_again(tmp_path, monkeypatch):
    import tempfile

    make, made = tempfile.mkstemp, []

    def taken_once(**options):
        made.append(make(**options))
        if len(made) == 1:
            os.unlink(made[0][1])
        return made[-1]

    monkeypatch.setattr(tempfile, "mkstemp", taken_once)
    write_text_atomic(tmp_path / "file.txt", "text")
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file.txt"]


def test_only_leftovers_of_the_named_file_go(tmp_path):
    for name in (".a.json.x1.tmp", ".b[1].json.x2.tmp", "c.tmp", ".d"):
        (tmp_path / name).write_text("")
    write_text_atomic(tmp_path / "b[1].json", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.json.x1.tmp", ".d", "b[1].json", "c.tmp"]


def test_the_cache_removes_the_leftovers_of_every_entry(tmp_path, monkeypatch):
    monkeypatch.setenv("PROOFCHECK_CACHE", str(tmp_path))
    (tmp_path / f".{'a' * 64}.json.x1.tmp").write_text("half")
    assert cache.store("b" * 64, {"n": 1}) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["b" * 64 + ".json"]


POOL = """
import os, sys, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from proofcheck.processes import end_with_parent

if __name__ == "__main__":
    first = end_with_parent if sys.argv[1] == "watched" else None
    pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=first)
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 4)
    time.sleep(60)
"""


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="/proc tells which processes live")
@pytest.mark.parametrize(("initializer", "outlives"), [("watched", False), ("alone", True)])
def test_a_worker_ends_with_a_killed_parent(tmp_path, initializer, outlives):
    script = tmp_path / "pool.py"
    script.write_text(POOL)
    with subprocess.Popen([sys.executable, str(script), initializer], stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + (1 if outlives else 20)
    while alive(worker) and time.monotonic() < until:
        time.sleep(0.05)
    assert alive(worker) == outlives
    if outlives:
        os.kill(worker, signal.SIGKILL)


def test_a_killed_tex_leaves_whole_files_and_the_next_run_completes():
    found = kill.kills("tex", 2, at_once=0, fork=False)
    assert found.problems == []
    assert found.kills == 2


def test_half_a_file_a_leftover_and_a_damaged_entry_are_problems(tmp_path):
    place = object.__new__(kill.Place)
    place.new = {"out/a.tex": b"new text", "out/rows.jsonl": b'{"n": 1, "seconds": 2}\n'}
    problem = place.problem
    assert problem("out/a.tex", b"new text", killed=False) == ""
    assert problem("out/a.tex", b"old\n", killed=True) == ""
    assert "another file" in problem("out/a.tex", b"old\n", killed=False)
    assert "half written" in problem("out/a.tex", b"new t", killed=True)
    assert problem("out/.a.tex.x.tmp", b"new", killed=True) == ""
    assert "left over" in problem("out/.a.tex.x.tmp", b"new", killed=False)
    assert "damaged" in problem("cache/e.json", b'{"result": {"n": 1}, "sum": "0"}', killed=True)
    assert problem("out/rows.jsonl", b'{"n": 1, "seconds": 3}\n', killed=False) == ""
    assert "neither" in problem("out/rows.jsonl", b'{"n": 2, "seconds": 2}\n', killed=False)


@pytest.mark.slow
@pytest.mark.parametrize("name", kill.SHARES)
def test_a_hundred_kills_and_two_runs_at_once(name):
    assert kill.kills(name, kill.SHARES[name]).problems == []
