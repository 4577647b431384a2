"""Campaigns in processes of their own, forked from one that has imported everything: worlds, kills, dead workers.

`python campaign_processes.py JOBS` takes a JSON list of [job, folder, argument...] and prints the list of what they
find: one import of torch serves all. Not a test by itself.
"""

import json
import os
import random
import signal
import socket
import sys
import time
from pathlib import Path

from hammer_trials import ALL, weakened

from proofcheck.errors import ProofcheckError
from proofcheck.hammer import campaign
from proofcheck.hammer.campaign_world import world

CHANGING = ("seconds",)


def on_trial(name):
    return weakened(name.removeprefix("false:")) if name.startswith("false:") else ALL[name]


def record(result):
    rows = [{k: v for k, v in row.items() if k not in CHANGING} for row in result.rows()]
    return json.loads(json.dumps(rows))


def fork(run):
    """`run` in a child; exceptions become exit code 3 and a line on stderr, SystemExit its code."""
    pid = os.fork()
    if pid:
        return pid
    code = 0
    try:
        run()
    except ProofcheckError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        code = 3
    except BaseException as error:
        print(f"UNEXPECTED {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        code = 4
    os._exit(code)


def wait(pids):
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def in_world(size, out, name, measures, **options):
    """The exit codes of `size` processes that share a campaign; the first writes the records to `out`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])

    def process(rank):
        def run():
            os.environ |= {
                "MASTER_ADDR": "127.0.0.1",
                "MASTER_PORT": port,
                "WORLD_SIZE": str(size),
                "LOCAL_WORLD_SIZE": str(size),
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
            }
            with world() as (processes, device):
                result = campaign(on_trial(name), measures=measures, device=device, world=processes, **options)
            Path(f"{out}.{rank}").write_text(json.dumps(record(result)))

        return fork(run)

    return [process(rank) for rank in range(size)]


def worlds(folder, name, measures, *sizes):
    """The records by world size, as every rank sees them."""
    found = {}
    for size in sizes:
        out = Path(folder) / f"world{size}"
        codes = wait(in_world(size, out, name, measures, climb=20, workers=1))
        ranks = [json.loads(Path(f"{out}.{rank}").read_text()) for rank in range(size)] if not any(codes) else []
        found[str(size)] = {"codes": codes, "records": ranks}
    return found


def killed(folder, name, measures, kills, seed):
    """Kill -9 at random moments, go on, and compare with a campaign that nobody killed."""
    rng = random.Random(seed)
    options = {"measures": measures, "adversary": False, "workers": 1}
    start, chunks = time.perf_counter(), []
    whole = record(campaign(on_trial(name), progress=lambda done, _: chunks.append(done), **options))
    chunk_seconds = (time.perf_counter() - start) / len(chunks)
    home, moments = Path(folder) / "checkpoints", []
    for _ in range(kills):
        reading, writing = os.pipe()

        def run(end=writing):
            def say(done, _):
                os.write(end, f"{done}\n".encode())

            campaign(on_trial(name), folder=home, progress=say, **options)

        pid = fork(run)
        os.close(writing)
        with open(reading) as pipe:
            said = [int(pipe.readline() or 0) for _ in range(rng.randrange(2))]
            time.sleep(rng.uniform(0, chunk_seconds))
            os.kill(pid, signal.SIGKILL)
            code = wait([pid])[0]
            said += [int(line) for line in pipe]
        kept = [json.loads(path.read_text())["campaign"]["tally"] for path in home.glob("*.json")]
        saved = sum(row["measures"] for tally in kept for row in tally["families"])
        moments.append({"code": code, "said": max(said, default=0), "saved": saved})
    resumed = record(campaign(on_trial(name), folder=home, **options))
    return {"moments": moments, "same": resumed == whole, "chunks": chunks}


def dead_worker(folder, name, measures, rank):
    """Kill one of two processes on the way: codes, what is on disk, and whether one process alone can go on."""
    home, out = Path(folder) / "checkpoints", Path(folder) / "result"
    options = {"adversary": False, "workers": 1, "folder": home}
    pids = in_world(2, out, name, measures, **options)
    while not list(home.glob("*.json")):
        time.sleep(0.01)
    os.kill(pids[rank], signal.SIGKILL)
    codes = wait(pids)
    (path,) = home.glob("*.json")
    chunks = json.loads(path.read_text())["campaign"]["tally"]["chunks"]
    resumed = record(campaign(on_trial(name), measures=measures, **options))
    whole = record(campaign(on_trial(name), measures=measures, adversary=False, workers=1))
    return {"codes": codes, "chunks": chunks, "same": resumed == whole}


if __name__ == "__main__":
    table = {"worlds": worlds, "killed": killed, "dead_worker": dead_worker}
    print(json.dumps([table[name](*words) for name, *words in json.loads(sys.argv[1])]))
