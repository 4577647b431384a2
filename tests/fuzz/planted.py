"""Parsers with a planted fault, one each: the harness has to see every one of them."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError
from proofcheck.kernel import KernelError, check

from .scratch import CANARY, FOLDER
from .second import Queue
from .target import Target, WronglyAccepted
from .targets_kernel import pairs

QUEUE = Queue()


def _seeds() -> list[bytes]:
    return [b"1 + x", b"2*x", b"__import__('os').getpid()"]


def _evaluated(text: bytes) -> Any:
    try:
        return eval(text, {"x": 1})
    except Exception as error:
        raise ArgumentError(f"planted: a number required ({type(error).__name__})") from error


def _swallowing(text: bytes) -> Any:
    """It runs a program and swallows every error, that of the watch included: the canary and the record tell."""
    try:
        os.system(f"touch {FOLDER / CANARY}")
    except BaseException:
        return None


def _wrong(pair: tuple[str, str]) -> None:
    """The kernel, but for one check: where no term is > 0, it is satisfied all the same."""
    try:
        check(pair[0], pair[1])
    except KernelError as error:
        if not re.search(r"the terms must sum to 0 and one be > 0, got 0 >= 0", str(error)):
            raise


def _asked(data: bytes, value: object) -> None:
    claim, _, certificate = data.partition(b"\n=====\n")
    QUEUE.put(data, {"claim": claim.decode("utf-8", "replace"), "certificate": certificate.decode("utf-8", "replace")})


def _loops(text: bytes) -> None:
    while b"+" in text:
        text = text.replace(b"-", b"")
    raise ArgumentError("planted: no sum required")


def _catastrophe(text: bytes) -> None:
    re.fullmatch(rb"(x+x+)+y", b"x" * 40)
    raise ArgumentError("planted: never reached")


def _crashes(text: bytes) -> int:
    return {b"1 + x": 0}[text]


def _hoards(text: bytes) -> int:
    return len(bytearray(300_000_000))


def _mute(text: bytes) -> None:
    raise ArgumentError("no")


def _escapes(text: bytes) -> None:
    raise ArgumentError("planted: \x1b[31m is refused")


def _sloppy(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _objects(data: bytes, value: str) -> None:
    if value.encode() != data:
        raise WronglyAccepted("printed again it is another text")


def _writes(text: bytes) -> None:
    Path(FOLDER / "elsewhere").write_bytes(text)


def _target(name: str, run: Any, **rest: Any) -> Target:
    return Target(name, _seeds, run, (ArgumentError,), "text", (), ("x", "+"), lines=300_000, **rest)


# the kind of finding that each has to give
FAULTS = {
    "executed": (_target("eval", _evaluated), _target("swallow", _swallowing), _target("write", _writes)),
    "escaped": (_target("crash", _crashes),),
    "work": (_target("loop", _loops), _target("regex", _catastrophe)),
    "memory": (_target("hoard", _hoards),),
    "unclear": (_target("mute", _mute), _target("terminal", _escapes)),
    "accepted wrongly": (_target("sloppy", _sloppy, judge=_objects),),
}
WRONG = Target(
    "wrong", pairs, _wrong, (KernelError,), "json", (), (), lambda data: tuple(
        part.decode("utf-8", "surrogateescape") for part in [*data.split(b"\n=====\n"), b""][:2]
    ), _asked, QUEUE.settle, split=b"\n=====\n",
)  # fmt: skip
