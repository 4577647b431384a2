"""The processes that share a campaign: one, or those that torchrun started. They exchange tallies, nothing else.

gloo carries the exchange on a CPU, NCCL where every process has a GPU of its own. A process that is gone shows as a
broken connection or as the SIGTERM that torchrun then sends: both end the run with `WorkerLost`.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn, TypeVar

import torch

from proofcheck.errors import ArgumentError, ProofcheckError

PATIENCE = timedelta(minutes=30)  # longer than any exact decision and any ascent that the others wait for
T = TypeVar("T")


class WorkerLost(ProofcheckError, RuntimeError):
    """Another process of the campaign is gone; what was finished before is in the checkpoint."""


class NotFirst(ProofcheckError):
    """The first process has failed and says why; this one just ends."""


@dataclass(frozen=True)
class World:
    """`size` processes, this one number `rank`; a world of one exchanges nothing."""

    rank: int = 0
    size: int = 1
    local_size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process holds the total, the checkpoint and the terminal."""
        return self.rank == 0

    def gather(self, item: T) -> list[T]:
        """The items of all processes by rank, at the first process; an empty list elsewhere."""
        if self.size == 1:
            return [item]
        from torch import distributed

        found: list[Any] | None = [None] * self.size if self.first else None
        with _connected():
            distributed.gather_object(item, found, dst=0)
        return found or []

    def shared(self, item: T | None) -> T:
        """The first process's item, everywhere."""
        if self.size == 1:
            return item  # type: ignore[return-value]
        from torch import distributed

        box: list[Any] = [item]
        with _connected():
            distributed.broadcast_object_list(box, src=0)
        return box[0]

    def from_first(self, compute: Callable[[], T]) -> T:
        """What `compute` returns at the first process, everywhere; if it raises there, every process ends.

        Raises:
            NotFirst: it raised, and this is another process.
        """
        if self.size == 1:
            return compute()
        if not self.first:
            good, value = self.shared(None)
            if not good:
                raise NotFirst("the first process stopped; it says why.")
            return value
        try:
            found = compute()
        except Exception:
            self.shared((False, None))
            raise
        self.shared((True, found))
        return found


@contextmanager
def world(device: str = "cpu") -> Iterator[tuple[World, str]]:
    """The world that torchrun's environment names, and this process's own device; a world of one without it.

    Raises:
        ArgumentError: the environment is incomplete, or NCCL has fewer GPUs than processes.
    """
    size = _number("WORLD_SIZE", 1)
    if size == 1:
        yield World(), device
        return
    from torch import distributed

    rank, local, beside = _number("RANK"), _number("LOCAL_RANK"), _number("LOCAL_WORLD_SIZE")
    backend = "gloo"
    if device.partition(":")[0] == "cuda":
        if beside > torch.cuda.device_count():
            raise ArgumentError(
                f"torchrun: a GPU for each process required, got nproc-per-node={beside} and "
                f"{torch.cuda.device_count()} GPUs. Start one process for each."
            )
        backend, device = "nccl", f"cuda:{local}"
        torch.cuda.set_device(local)

    def stopped(number: int, frame: Any) -> NoReturn:
        raise WorkerLost(f"process {rank} of {size} was told to stop: another process is gone, or the run was ended.")

    before = signal.signal(signal.SIGTERM, stopped)
    try:
        with _connected():
            distributed.init_process_group(backend, timeout=PATIENCE)
        yield World(rank, size, beside), device
        distributed.destroy_process_group()
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _connected() -> Iterator[None]:
    """A broken exchange is another process that is gone."""
    try:
        yield
    except (RuntimeError, ConnectionError) as error:
        if isinstance(error, ProofcheckError):
            raise
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WorkerLost(f"the connection to another process broke ({reason[:200]}): it is gone.") from error


def _number(name: str, default: int | None = None) -> int:
    text = os.environ.get(name, "" if default is None else str(default))
    if not text.isascii() or not text.isdigit():
        raise ArgumentError(f"torchrun: {name} must be a whole number, got {name}={text!r}. Start through torchrun.")
    return int(text)
