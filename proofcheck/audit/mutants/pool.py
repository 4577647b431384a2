"""Warm workers: `Pool(2).judge(mutants)` yields results as they come."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

from proofcheck.audit.mutants.mutant import Mutant
from proofcheck.errors import ArgumentError, InternalError

LIMIT = 60.0  # seconds for one mutant


class Pool:
    """Processes that judge mutants, each kept warm; closed at the end of a `with` block.

    Raises:
        ArgumentError: the system has no fork, or workers < 1.
    """

    def __init__(self, workers: int = 2, *, limit: float = LIMIT, first: bool = False) -> None:
        if not hasattr(os, "fork"):
            raise ArgumentError("mutants: a system with fork required (Linux, macOS). Run them in a container.")
        if workers < 1:
            raise ArgumentError(f"mutants: workers must be >= 1, got workers={workers}. Use 2.")
        self.limit = limit
        self.first = first
        self._folder = tempfile.TemporaryDirectory(prefix="proofcheck-mutants-")
        self._workers = [self._start() for _ in range(workers)]

    def _start(self) -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "CI": "1",  # the derandomised profile of the tests
            "CUDA_VISIBLE_DEVICES": "",  # a CUDA context does not survive a fork
            "PROOFCHECK_CACHE": self._folder.name,
            "HYPOTHESIS_STORAGE_DIRECTORY": self._folder.name,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "proofcheck.audit.mutants.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )

    def judge(self, mutants: Iterable[Mutant]) -> Iterator[tuple[Mutant, dict[str, Any]]]:
        """(mutant, result) in the order in which they are done."""
        waiting: queue.SimpleQueue[Mutant | None] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[Mutant, dict[str, Any]] | BaseException] = queue.SimpleQueue()
        expected = 0
        for mutant in mutants:
            waiting.put(mutant)
            expected += 1

        def feed(worker: subprocess.Popen[str]) -> None:
            try:
                while not stopped.is_set():
                    mutant = waiting.get_nowait()
                    if mutant is None:
                        return
                    done.put((mutant, self._ask(worker, mutant)))
            except queue.Empty:
                return
            except BaseException as error:  # handed to the caller below
                done.put(error)

        stopped = threading.Event()
        threads = [threading.Thread(target=feed, args=(w,), daemon=True) for w in self._workers]
        for thread in threads:
            thread.start()
        try:
            for _ in range(expected):
                entry = done.get()
                if isinstance(entry, BaseException):
                    raise entry
                yield entry
        finally:
            stopped.set()
            for thread in threads:
                thread.join()

    def _ask(self, worker: subprocess.Popen[str], mutant: Mutant) -> dict[str, Any]:
        if worker.stdin is None or worker.stdout is None:
            raise InternalError("mutants: a worker has no pipes.")
        worker.stdin.write(json.dumps({"limit": self.limit, "job": {**mutant.to_job(), "first": self.first}}) + "\n")
        worker.stdin.flush()
        while True:
            line = worker.stdout.readline()
            if not line:
                raise InternalError(f"mutants: a worker ended with exit code {worker.wait()} at {mutant.where}.")
            answer = json.loads(line)
            if "error" in answer:
                raise InternalError(f"mutants: {mutant.where} could not be judged: {answer['error']}")
            if "ready" not in answer:
                return answer

    def close(self) -> None:
        """End the workers; nothing of theirs is left."""
        for worker in self._workers:
            if worker.stdin is not None:
                worker.stdin.close()
        for worker in self._workers:
            try:
                worker.wait(timeout=self.limit)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
            if worker.stdout is not None:
                worker.stdout.close()
        self._folder.cleanup()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
