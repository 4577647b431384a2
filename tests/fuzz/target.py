"""A target: how a parser is fed, which errors it documents, and the verdict on one input.

An input is accepted, refused (by a documented error with a message a person can read), or a finding:

    executed   an audit event that no text may cause, or a canary file
    escaped    an exception of another class
    unclear    a documented error with no message, a huge one, or control characters for a terminal
    work       more lines of Python than the target's limit for a text of this length; or C code that does not return
    memory     more memory than the limit
    accepted   wrongly: the oracle of the target objects
"""

from __future__ import annotations

import time
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from . import guard

LINES = 3_000_000  # a target's limit unless it says otherwise
MEMORY = 256 * 2**20
MESSAGE = 4_000  # characters, besides four for each of the input
_CONTROL = frozenset(("Cc", "Cf", "Cs"))


class Outcome(NamedTuple):
    """`kind` is "accepted", "refused", or a finding's; `detail` says what."""

    kind: str
    detail: str = ""

    @property
    def is_finding(self) -> bool:
        return self.kind not in ("accepted", "refused")

    @property
    def text(self) -> str:
        return f"{self.kind}: {self.detail}"


class WronglyAccepted(Exception):
    """An oracle's objection."""


@dataclass(frozen=True)
class Target:
    """One parser.

    seeds: real inputs.   run: the parser, on what `prepare` makes of the bytes; its value goes to `judge`.
    errors: the documented classes.   shape: "json", "text" or "bytes", for the mutators.   words: their dictionary.
    modules: what coverage guides.   allowed: audit events that are the parser's own (a compile to a syntax tree).
    settle: what an oracle that is asked in batches objects to.   asked: how many inputs it was asked about.
    split: inputs have several parts, each with a line that separates it from the next.
    interrupt: seconds of CPU after which an input is stopped, to be counted (guard.INTERRUPT).
    """

    name: str
    seeds: Callable[[], Sequence[bytes]]
    run: Callable[[Any], Any]
    errors: tuple[type[BaseException], ...]
    shape: str
    modules: tuple[str, ...]
    words: Sequence[str] = ()
    prepare: Callable[[bytes], Any] = lambda data: data
    judge: Callable[[bytes, Any], None] = lambda data, value: None
    settle: Callable[[], Sequence[tuple[bytes, str]]] = lambda: ()
    asked: Callable[[], int] = lambda: 0
    allowed: frozenset[str] = frozenset()
    split: bytes = b""
    lines: int = LINES
    memory: int = MEMORY
    canary: Path | None = None
    interrupt: float | None = None


def text_of(data: bytes) -> str:
    """The bytes as the text that a parser is given: what is not UTF-8 becomes lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def unclear(error: BaseException, size: int) -> str:
    """Why the message of a documented error does not help, "" if it does."""
    message = str(error)
    if len(message.strip()) < 8:
        return f"{type(error).__name__} says {message!r}"
    if len(message) > MESSAGE + 4 * size:
        return f"{type(error).__name__} of {len(message)} characters"
    bad = [c for c in message if c != "\n" and unicodedata.category(c) in _CONTROL]
    return f"{type(error).__name__} holds {bad[0]!a}, which a terminal obeys" if bad else ""


def judge_one(target: Target, data: bytes, *, sample_memory: bool = False) -> Outcome:
    """The verdict on one input."""
    prepared = target.prepare(data)
    value: Any = None
    began = time.process_time()
    outcome = Outcome("accepted")
    with warnings.catch_warnings(), guard.armed(target.allowed) as seen:
        warnings.simplefilter("ignore")  # of Python's parser, on numbers and escapes
        try:
            with guard.timer(guard.INTERRUPT if target.interrupt is None else target.interrupt):
                value = target.run(prepared)
        except guard.Interrupted:
            outcome = Outcome("work", "interrupted")
        except guard.Executed as event:
            outcome = Outcome("executed", str(event))
        except target.errors as error:
            complaint = unclear(error, len(data))
            outcome = Outcome("unclear", complaint) if complaint else Outcome("refused", type(error).__name__)
        except MemoryError:
            outcome = Outcome("memory", "MemoryError")
        except Exception as error:  # whatever else comes out is what is looked for
            outcome = Outcome("escaped", f"{type(error).__name__}: {str(error)[:200]}")
    if seen:
        return Outcome("executed", seen[0])
    if target.canary is not None and target.canary.exists():
        target.canary.unlink()
        return Outcome("executed", f"the canary file {target.canary.name} was made")
    if outcome.kind == "work" or time.process_time() - began > guard.SLOW:
        outcome = _counted(target, data, outcome)
    if sample_memory and not outcome.is_finding:
        most = guard.peak(lambda: target.run(prepared))
        if most > target.memory:
            return Outcome("memory", f"{most:,} bytes")
    if outcome.kind == "accepted":
        try:
            target.judge(data, value)
        except WronglyAccepted as objection:
            return Outcome("accepted wrongly", str(objection)[:400])
    return outcome


def _counted(target: Target, data: bytes, outcome: Outcome) -> Outcome:
    """An input that took long is run again, counted."""
    prepared = target.prepare(data)
    count, ended = guard.lines(lambda: target.run(prepared), target.lines)
    if not ended:
        return Outcome("work", f"{count:,} lines and no end" if count > target.lines else f"C code, {count:,} lines")
    return Outcome("refused", "slow") if outcome.kind == "work" else outcome
