"""Commands without their imports: a process that has imported everything and forks a child for each command.

Started as `python -m benchmarks.forked OUT`; reads a JSON list of words a line, answers with the child's pid and, when
it has ended, its exit code. What the child prints goes to OUT. So a kill meets a command at work, not Python at start.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Any


class Commands:
    """The parent's end."""

    def __init__(self, folder: Path, environment: dict[str, str], out: Path) -> None:
        words = [sys.executable, "-B", "-m", "benchmarks.forked", str(out)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "bufsize": 0}
        self.out = out
        self.process = subprocess.Popen(words, cwd=folder, env=environment, stderr=subprocess.DEVNULL, **pipes)
        self.line()  # it says when it is ready

    def line(self, timeout: float | None = None) -> int | None:
        """The next number it says; None if it says nothing for so long."""
        said = self.process.stdout
        if said is None or not select.select([said], [], [], timeout)[0]:
            return None
        return int(said.readline())

    def start(self, words: tuple[str, ...]) -> Run:
        """Fork a child for one command."""
        if self.process.stdin is not None:
            self.process.stdin.write(json.dumps(words).encode() + b"\n")
        pid = self.line()
        if pid is None:
            raise RuntimeError("the process that forks has no pipes")
        return Run(self, pid)

    def close(self) -> None:
        self.process.communicate()


class Run:
    """One command at work, as far as a `subprocess.Popen` is needed."""

    def __init__(self, commands: Commands, pid: int) -> None:
        self.commands, self.pid = commands, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.commands.line(0.0)
        return self.returncode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)  # it is not waited for before its code was read, so the pid is still its own

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        if self.returncode is None:
            self.returncode = self.commands.line(timeout)
            if self.returncode is None:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0.0)
        return self.commands.out.read_text(encoding="utf-8"), ""


def child(words: list[str], out: str) -> None:
    """Run one command and end."""
    from proofcheck.cli import app

    for name, number in ((out, 1), (os.devnull, 2)):
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(handle, number)
        os.close(handle)
    code = 1
    try:
        app.main(words)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def main(out: str) -> None:
    import sympy
    import torch

    import proofcheck.audit.check
    import proofcheck.audit.code
    import proofcheck.audit.theory
    import proofcheck.cli.check_
    import proofcheck.cli.hammer_
    import proofcheck.cli.review_
    import proofcheck.cli.tex_
    import proofcheck.export.tex
    import proofcheck.hammer.run
    import proofcheck.review.page

    if any(not module for module in (sympy, torch, proofcheck)):
        raise SystemExit(1)
    print(os.getpid(), flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            child(json.loads(line), out)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
