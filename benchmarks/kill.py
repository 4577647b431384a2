"""Kill -9 at random moments: what check, hammer, review and tex leave on disk, and whether the next run completes.

Every trial starts from old outputs and an empty cache, kills the command's main process at a seeded random moment
(half of the moments lie in the whole run, half right after it began to change files), looks at every file, and runs the
command again to its end. A file is whole if it is byte for byte the old one or the new one, or carries a checksum
that fits.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.forked import Commands, Run
from benchmarks.report import Report

KILLS = 100
SEED = 8
SHARES = {"review": 12, "hammer": 14, "check --write": 10, "check": 22, "check --jobs 2": 2, "tex": 40}
OLD = "old\n"
VOLATILE = ("seconds", "cached")
LIMIT = 600.0  # seconds for one run


@dataclass(frozen=True)
class Command:
    """`words` run in a folder that holds a copy of the lemmas; `outputs`: files that exist, as OLD, before."""

    name: str
    words: tuple[str, ...]
    outputs: tuple[str, ...] = ()


MANY = ("LT-17", "LT-18F", "LT-11", "LT-12", "SM-01", "LT-01")  # enough for two processes
ROWS, PAGE, DATA = "out/rows.jsonl", "out/page.html", "out/page.json"
COMMANDS = {
    command.name: command
    for command in (
        Command("tex", ("tex", "LT-17", "-o", "out", "--json"), ("out/proofcheck-bounds.tex",)),
        Command("check", ("check", "LT-17", "--no-hammer", "--json")),
        Command("check --write", ("check", "--write", "LT-17", "--no-hammer", "--json")),
        Command("check --jobs 2", ("check", *MANY, "--measures", "64", "--jobs", "2", "--json")),
        Command(
            "hammer",
            tuple(f"hammer LT-11 --measures 1e4 --no-adversary --checkpoint runs --rows {ROWS} --json".split()),
            (ROWS,),
        ),
        Command(
            "review", tuple(f"review LT-17 --no-hammer --stamp then -o {PAGE} --json {DATA}".split()), (PAGE, DATA)
        ),
    )
}


@dataclass
class Found:
    """What the kills of one command showed; `problems` should stay empty."""

    kills: int = 0
    ended_first: int = 0
    while_writing: int = 0
    leftovers: int = 0
    problems: list[str] = field(default_factory=list)


class Place:
    """A folder with a copy of the lemmas, a cache and outputs, in which one command runs again and again."""

    def __init__(self, folder: Path, command: Command, lemmas: Path, *, fork: bool) -> None:
        self.folder, self.command = folder, command
        shutil.copytree(lemmas, folder / "lemmas", ignore=shutil.ignore_patterns("__pycache__"))
        # an empty cache each time, but no compiling of the same sources again and again
        self.environment = {**os.environ, "PROOFCHECK_CACHE": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
        # the repository's own packages by name, whatever the folder; its lemmas are the copy
        self.environment["PYTHONPATH"] = os.pathsep.join((str(folder), str(lemmas.parent)))
        self.commands = Commands(folder, self.environment, folder.parent / f"{folder.name}.out") if fork else None
        self.reset()
        begun = time.perf_counter()
        self.answer = self.run()
        self.seconds = time.perf_counter() - begun
        self.new = {path: data for path, data in self.files() if not self.checked_by_sum(path)}

    def reset(self) -> None:
        """Old outputs, no cache, no checkpoints; for `check --write` no claims of the lemma."""
        for name in ("cache", "out", "runs"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        for name in self.command.outputs:
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(OLD)
        if "--write" in self.command.words:
            for path in (self.folder / "lemmas" / "certificates").glob(f"{self.command.words[2]}.*.claim.json"):
                path.write_text(OLD)

    def start(self) -> subprocess.Popen[str] | Run:
        return self.process() if self.commands is None else self.commands.start(self.command.words)

    def process(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-B", "-m", "proofcheck", *self.command.words]
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        return subprocess.Popen(words, cwd=self.folder, env=self.environment, **pipes)

    def run(self) -> Any:
        """The command to its end: its exit code and its answer without what differs from run to run."""
        process = self.start()
        said, _ = process.communicate(timeout=LIMIT)
        return self.said(process.returncode, said)

    def said(self, code: int | None, text: str) -> Any:
        return [code, steady(json.loads(text)) if text.startswith("{") else ""]

    def files(self) -> Iterator[tuple[str, bytes]]:
        for path in sorted(self.folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(self.folder)), path.read_bytes()

    def checked_by_sum(self, path: str) -> bool:
        return path.startswith(("cache/", "runs/"))

    def problem(self, path: str, data: bytes, *, killed: bool) -> str:
        """ "" if a file is whole; `killed`: it may still be the old one, or a leftover."""
        name = path.rpartition("/")[2]
        if name.startswith(".") and name.endswith(".tmp"):
            return "" if killed else f"{path} is left over"
        if self.checked_by_sum(path):
            return "" if sum_fits(data) else f"{path} is damaged"
        new = self.new.get(path)
        if path.endswith(".jsonl") and data != OLD.encode():
            same = steady_lines(data) == steady_lines(new or b"")
            return "" if same else f"{path} is neither the old file nor the new one"
        if data == new or (killed and data == OLD.encode()):
            return ""
        return f"{path} is {'half written' if killed else 'another file than an undisturbed run writes'}"

    def changed(self) -> bool:
        """Whether the run has begun to write."""
        if any(path.stat().st_size for path in self.folder.glob("cache/*")) or any(self.folder.glob("runs/*")):
            return True
        watched = [self.folder / "out", self.folder / "lemmas" / "certificates"]
        return any(entry.endswith(".tmp") for place in watched if place.is_dir() for entry in os.listdir(place))

    def kill_once(self, rng: random.Random, found: Found) -> None:
        self.reset()
        anywhere, process = rng.random() < 0.5, self.start()
        moment = time.perf_counter() + (rng.uniform(0.0, 1.05) * self.seconds if anywhere else LIMIT)
        while time.perf_counter() < moment and process.poll() is None:
            if not anywhere and self.changed():
                time.sleep(rng.uniform(0.0, 0.02))
                found.while_writing += 1
                break
            time.sleep(0.0005)
        ended = process.poll() is not None
        if not ended:
            process.send_signal(signal.SIGKILL)  # the main process alone: its workers must notice by themselves
        process.communicate()
        found.kills += 1
        found.ended_first += ended
        name = f"{self.command.name}, kill {found.kills}"
        left = self.workers()
        if left:
            found.problems.append(f"{name}: {left} processes outlived the run")
        for path, data in self.files():
            found.leftovers += path.endswith(".tmp")
            text = self.problem(path, data, killed=True)
            if text:
                found.problems.append(f"{name}: {text}")
        answer = self.run()
        if answer != self.answer:
            found.problems.append(f"{name}: the next run gave another answer, exit code {answer[0]}")
        for path, data in self.files():
            text = self.problem(path, data, killed=False)
            if text:
                found.problems.append(f"{name}, after the next run: {text}")

    def at_once(self, count: int) -> list[str]:
        """Problems of `count` runs that share the cache and the outputs."""
        self.reset()
        runs = [self.process() for _ in range(count)]
        answers = [self.said(run.returncode, said) for run in runs for said, _ in [run.communicate(timeout=LIMIT)]]
        problems = [
            f"run {i} of {count} at once gave another answer" for i, a in enumerate(answers) if a != self.answer
        ]
        return problems + [text for path, data in self.files() if (text := self.problem(path, data, killed=False))]

    def workers(self, patience: float = 20.0) -> int:
        """Processes of this place that are still there after `patience` seconds (0 where /proc does not tell)."""
        until = time.perf_counter() + patience
        mark = f"PROOFCHECK_CACHE={self.folder / 'cache'}".encode()
        while True:
            among = {str(os.getpid()), "" if self.commands is None else str(self.commands.process.pid)}
            others = [entry for entry in Path("/proc").glob("[0-9]*") if entry.name not in among]
            count = sum(mark in environment(entry) for entry in others)
            if not count or time.perf_counter() > until:
                return count
            time.sleep(0.2)


def environment(process: Path) -> bytes:
    """The environment of a process; empty if it is gone or not ours."""
    try:
        return (process / "environ").read_bytes()
    except OSError:
        return b""


def steady(answer: Any) -> Any:
    """An answer without times and without where it came from."""
    if isinstance(answer, Mapping):
        return {name: steady(value) for name, value in answer.items() if name not in VOLATILE}
    return [steady(value) for value in answer] if isinstance(answer, list) else answer


def steady_lines(data: bytes) -> list[Any]:
    return [steady(json.loads(line)) for line in data.splitlines()]


def sum_fits(data: bytes) -> bool:
    """Whether a cache entry or a checkpoint carries the checksum of its body."""
    import hashlib

    try:
        document = json.loads(data)
        body = document["result"] if "result" in document else document["campaign"]
        return document["sum"] == hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    except (ValueError, KeyError, TypeError):
        return False


@contextmanager
def place(name: str, *, fork: bool) -> Iterator[Place]:
    """A fresh place for one of the COMMANDS; `fork`: without the imports, see `forked`."""
    import lemmas

    with tempfile.TemporaryDirectory(prefix="proofcheck-kill-") as folder:
        work = Path(folder, "work")
        work.mkdir()
        here = Place(work, COMMANDS[name], Path(str(lemmas.__file__)).parent, fork=fork)
        yield here
        if here.commands is not None:
            here.commands.close()


def kills(name: str, count: int, seed: int = SEED, at_once: int = 2, fork: bool = True) -> Found:
    """`count` kills of one command, then `at_once` runs of it at once."""
    rng, found = random.Random(f"{seed}/{name}"), Found()
    with place(name, fork=fork) as here:
        for _ in range(count):
            here.kill_once(rng, found)
        if at_once:
            found.problems += [f"{name}: {text}" for text in here.at_once(at_once)]
    return found


def run() -> list[Report]:
    table: dict[str, Found] = {}
    for name, count in SHARES.items():
        found = table[name] = kills(name, count)
        print(name, found, file=sys.stderr, flush=True)
    rows: list[tuple[str, ...]] = [
        (name, str(f.kills), str(f.while_writing), str(f.ended_first), str(f.leftovers), str(len(f.problems)))
        for name, f in table.items()
    ]
    columns = ("command", "kills", "of them while it wrote", "had ended", "temporary files left", "problems")
    note = (
        f"SIGKILL at {sum(f.kills for f in table.values())} seeded random moments (seed {SEED}), at the main process. "
        "A problem is a file that is neither the old one nor the new one, a process that outlives the run, a next run "
        "that does not complete with the undisturbed answer and files, a temporary file that it leaves, or a "
        "disturbance of two runs at once that share cache and outputs."
    )
    return [Report("Kills", "python -m benchmarks kill", columns, rows, note)]
