"""Tested: campaigns of several gloo processes, killed ones, ones with a dead worker, give the result of one process.
Not tested: NCCL, networks that fail slowly."""

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("campaign_processes.py")


def run(jobs):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(SCRIPT.parent), *sys.path))}
    command = [sys.executable, str(SCRIPT), json.dumps(jobs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "UNEXPECTED" not in done.stderr
    return json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folders = {name: str(tmp_path_factory.mktemp(name)) for name in ("true", "false", "killed", "dead")}
    results, errors = run(
        [
            ["worlds", folders["true"], "attention_sharp", 200, 1, 2],
            ["worlds", folders["false"], "false:mlp", 4000, 1, 4],
            ["killed", folders["killed"], "mlp", 2500, 3, 5],
            ["dead_worker", folders["dead"], "mlp", 1500, 1],
        ]
    )
    return dict(zip(folders, results, strict=True)) | {"errors": errors}


def agree(worlds):
    records = [record for world in worlds.values() for record in world["records"]]
    assert len(records) == sum(map(int, worlds))
    return all(record == records[0] for record in records)


def test_two_processes_give_the_result_of_one(found):
    assert agree(found["true"])
    whole, *families = found["true"]["2"]["records"][0]
    assert whole["measures"] == 200 == sum(row["measures"] for row in families)
    assert whole["decision"] == "holds"


def test_a_refutation_found_by_four_processes_is_the_one_that_one_finds(found):
    assert agree(found["false"])
    whole = found["false"]["4"]["records"][0][0]
    assert whole["decision"] == "REFUTED"
    assert whole["measures"] < 4000  # it ended at the first chunk that holds a refutation, whoever met it


@pytest.mark.parametrize("field", ["worst", "chunk", "histogram", "checks", "case"])
def test_the_comparison_of_worlds_sees_a_change_of(field, found):
    changed = copy.deepcopy(found["true"])
    changed["2"]["records"][1][3][field] = None
    assert not agree(changed)


def test_a_killed_campaign_goes_on_and_loses_at_most_its_last_chunk(found):
    result = found["killed"]
    assert result["same"]
    assert [moment["code"] for moment in result["moments"]] == [-9] * 3
    assert all(moment["saved"] >= moment["said"] for moment in result["moments"])
    assert any(0 < moment["saved"] < result["chunks"][-1] for moment in result["moments"])


def test_a_dead_worker_ends_the_run_with_what_to_do_and_one_process_can_go_on(found):
    result, errors = found["dead"], found["errors"]
    assert result["codes"] == [3, -9]
    assert result["chunks"] > 0
    assert result["same"]
    assert "WorkerLost: campaign on mlp" in errors
    assert "the same command goes on from there" in errors


@pytest.mark.slow
def test_more_kills_larger_worlds_and_a_dead_first_worker(tmp_path):
    jobs = [["worlds", str(tmp_path / "w"), name, 2000, 1, 2, 4] for name in ("attention_sharp", "softmax", "deep")]
    jobs += [
        ["killed", str(tmp_path / "k"), "mlp", 20_000, 25, 6],
        ["dead_worker", str(tmp_path / "d"), "mlp", 20_000, 0],
    ]
    for job in jobs:
        Path(job[1]).mkdir(exist_ok=True)
    (*worlds, killed, dead), _ = run(jobs)
    assert all(agree(world) for world in worlds)
    assert killed["same"]
    assert dead["same"]
    assert dead["codes"] == [-9, 3]


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 4])
def test_torchrun_gives_the_rows_and_the_exit_code_of_one_process(tmp_path, size):
    environment = {**os.environ, "PROOFCHECK_CACHE": str(tmp_path / "cache"), "OMP_NUM_THREADS": "1"}
    rows = []
    for name, start in {
        "one": [],
        "many": ["torch.distributed.run", "--standalone", f"--nproc-per-node={size}", "-m"],
    }.items():
        words = [
            "hammer",
            "LT-11",
            "SM-01",
            "--measures",
            "2e4",
            "--rows",
            str(tmp_path / name),
            "--checkpoint",
            str(tmp_path),
        ]
        command = [sys.executable, "-m", *start, "proofcheck", *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("LT-11  ") == 1  # only the first process speaks
        lines = (tmp_path / name).read_text().splitlines()
        rows.append([{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines])
        assert list(tmp_path.glob("*.json")) == []
    assert rows[0] == rows[1]
