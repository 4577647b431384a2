"""What is watched while a text is parsed: what Python executes, how much it works, how much memory it takes.

Nothing is decided by a clock. A timer of the process's own CPU time only interrupts; whether an input is too much work
is decided by counting the lines that Python runs for it, and memory by tracemalloc's peak or the limit of the process.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

# what runs code, starts programs, talks to a network, or changes a file system; by the first word of the event's name
WATCHED = frozenset(
    "exec compile import open os shutil subprocess socket ctypes pickle marshal urllib ftplib smtplib http webbrowser "
    "pty cpython builtins code signal syslog tempfile".split()
)
HARMLESS = frozenset(
    ("os.listdir", "os.scandir", "os.walk", "os.fwalk", "os.getxattr", "builtins.id", "tempfile.mkstemp")
)
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
INTERRUPT = 2.0  # seconds of CPU after which an input is stopped, to be counted
PATIENCE = 30.0  # seconds of CPU for an input that is counted: reached by C code only, within a limit of lines
SLOW = 0.5  # seconds of CPU after which an input that ended is counted too


class Executed(BaseException):
    """An input made Python do something that no text may cause. A BaseException: no parser should swallow it."""


class Interrupted(BaseException):
    """The timer or the count of lines stopped an input."""


class _State(threading.local):
    armed = False
    allowed: frozenset[str] = frozenset()
    seen: list[str]


_state = _State()
_installed: list[bool] = []


def event_name(event: str, args: tuple[Any, ...]) -> str:
    """The name under which a target allows an event, "" for one that is of no interest.

    Opening a file is "read" or "write"; importing is "import" (only modules that are not loaded yet raise it).
    """
    word = event.partition(".")[0]
    if word not in WATCHED or event in HARMLESS:
        return ""
    if event == "open":
        flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
        return "write" if flags & _WRITES else "read"
    return event


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not getattr(_state, "armed", False):
        return
    name = event_name(event, args)
    if name and name not in _state.allowed:
        text = f"{name} {' '.join(repr(a)[:80] for a in args[:2])}"
        _state.seen.append(text)
        raise Executed(text)


@contextmanager
def armed(allowed: frozenset[str]) -> Iterator[list[str]]:
    """Inside: every watched event that is not allowed is recorded (and raises, so that it does not happen)."""
    if not _installed:
        sys.addaudithook(_hook)  # for the life of the process: there is no way to take one away
        _installed.append(True)
    _state.seen, _state.allowed = [], allowed
    seen = _state.seen
    _state.armed = True
    try:
        yield seen
    finally:
        _state.armed = False


def _stop(signum: int, frame: FrameType | None) -> None:
    raise Interrupted("timer")


@contextmanager
def timer(seconds: float) -> Iterator[None]:
    """Raise Interrupted after `seconds` of CPU time (main thread only; elsewhere nothing is interrupted)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def lines(call: Callable[[], object], limit: int) -> tuple[int, bool]:
    """(lines of Python that `call` runs, whether it ended before `limit`). What it raises is its own business."""
    count = 0

    def local(frame: FrameType, event: str, arg: object) -> Any:
        nonlocal count
        count += 1
        if count > limit:
            sys.settrace(None)
            raise Interrupted("lines")
        return local

    def every(frame: FrameType, event: str, arg: object) -> Any:
        return local

    before = sys.gettrace()
    try:
        with timer(PATIENCE):
            sys.settrace(every)
            call()
    except Interrupted:
        return count, False
    except BaseException:
        return count, count <= limit
    finally:
        sys.settrace(before)
    return count, count <= limit


def peak(call: Callable[[], object]) -> int:
    """Bytes that Python allocates at most at one time during `call`."""
    if tracemalloc.is_tracing():
        return 0
    tracemalloc.start()
    try:
        with timer(PATIENCE):
            call()
    except BaseException:
        pass
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


def limit_memory(extra: int) -> None:
    """Let this process take at most `extra` bytes more than now: beyond it a MemoryError, which is a finding."""
    with open("/proc/self/statm", encoding="ascii") as stream:
        size = int(stream.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + extra, resource.getrlimit(resource.RLIMIT_AS)[1]))
