"""A warm process that judges mutants: torch, SymPy and the checks are imported once, each mutant is judged in a fork.

Jobs come in on stdin, one JSON object a line, results leave on stdout in the same order. A fork that runs past its
limit is killed; one that dies (a crash, no memory) is reported as such. The warm process itself never runs a mutant.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from typing import Any

MEMORY = 16 << 30  # bytes of address space of one fork
WARM = (
    "pytest", "hypothesis", "flint", "clarabel", "z3", "scipy.optimize", "torch.export",
    "proofcheck.hammer", "proofcheck.search", "proofcheck.bind", "proofcheck.derive.sympy_bridge",
    "proofcheck.audit.code", "proofcheck.audit.mutants.judge",
    "torch_impl.reference.exact", "torch_impl.reference.loops", "torch_impl.wasserstein",
)  # fmt: skip


def serve() -> None:
    """Import, say so, then judge until stdin closes."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever a library prints must not look like a result
    for name in WARM:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # an optional part; a check that needs it says so itself
    import torch

    from proofcheck import registry
    from proofcheck.audit.mutants.judge import headers

    torch.set_num_threads(1)
    for header in headers():
        with suppress(Exception):  # a lemma that does not load fails in its own check
            registry.load(header)
    _warm_export()
    gc.freeze()  # so that a collection in a fork does not copy every page
    print(json.dumps({"ready": os.getpid()}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_isolated(json.loads(line))), file=answers, flush=True)


def _warm_export() -> None:
    """The first export of a process imports half of torch: done once here on a graph of no interest."""
    import torch

    try:
        from proofcheck.bind import compare, real

        compare(torch.relu, lambda x: x, {"x": real(1)})
    except Exception:  # only time is lost; a check that needs it says so itself
        return


def _isolated(request: dict[str, Any]) -> dict[str, Any]:
    limit = float(request["limit"])
    start = time.perf_counter()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(request["job"], writing)
    os.close(writing)
    text = _read(reading, start + limit)
    os.close(reading)
    seconds = time.perf_counter() - start
    if text is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if text is None:
        return {
            "verdict": "killed",
            "by": "time limit",
            "detail": f"not done after {limit:g} s",
            "seconds": seconds,
        }
    try:
        return json.loads(text)
    except ValueError:
        if status == 0:
            return {"error": "a fork ended without an answer"}
        return {"verdict": "killed", "by": "crash", "detail": f"exit status {status}", "seconds": seconds}


def _child(job: dict[str, Any], writing: int) -> None:
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        from proofcheck.audit.mutants.judge import judge

        try:
            result = judge(job)
        except Exception as error:  # not the mutant: what it raises is caught and judged there
            result = {"error": f"{type(error).__name__}: {error}"}
        with os.fdopen(writing, "w") as answer:
            answer.write(json.dumps(result))
    finally:
        os._exit(0)  # no atexit handlers of the warm process


def _read(fd: int, deadline: float) -> str | None:
    """Everything the child writes, None past the deadline."""
    parts: list[bytes] = []
    while True:
        left = deadline - time.perf_counter()
        if left <= 0 or not select.select([fd], [], [], left)[0]:
            return None
        part = os.read(fd, 1 << 16)
        if not part:
            return b"".join(parts).decode()
        parts.append(part)


if __name__ == "__main__":
    serve()
