"""The sampling of a campaign: chunks measured on threads, shared out over processes, saved whole.

Process r of w takes the chunks r, r + w, … after the last one saved; after each round the first process adds the
round's tallies in the order of the chunks, writes the checkpoint and says whether to go on.
"""

from __future__ import annotations

import itertools
import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import torch

from proofcheck.hammer.campaign_checkpoint import Checkpoint
from proofcheck.hammer.campaign_plan import Chunk
from proofcheck.hammer.campaign_tally import Tally, in_order
from proofcheck.hammer.campaign_world import World
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.probe import Probe, probe

Progress = Callable[[int, int], None]


class _Batch(NamedTuple):
    """One batch of a chunk; `last`: the chunk ends with it."""

    chunk: int
    position: int
    last: bool
    config: Configuration


class Sampling:
    """The sampling of a campaign: the total of the chunks done so far, its checkpoint, and who shares the work."""

    def __init__(
        self, kind: Kind, world: World, book: Checkpoint | None, compare_every: int, families: int, workers: int | None
    ) -> None:
        self.kind, self.world, self.book = kind, world, book
        self.compare_every, self.families, self.workers = compare_every, families, workers
        self.total, self.seconds, self.started = Tally(), 0.0, time.perf_counter()

    @property
    def elapsed(self) -> float:
        """Seconds spent, those of earlier runs of the same campaign included."""
        return self.seconds + time.perf_counter() - self.started

    def recall(self, *, fresh: bool) -> None:
        """Go on from the checkpoint, if there is one (set it aside if `fresh`); the first process reads it for all."""
        book = self.book
        if book is None:
            return

        def read() -> tuple[Tally, float]:
            if fresh:
                book.set_aside()
            return book.read()

        self.total, self.seconds = self.world.from_first(read)

    def sample(self, plan: Iterator[Chunk], measures: int, seconds: float, progress: Progress | None) -> None:
        """Measure the chunks that are missing, up to the first refutation or the time limit."""
        if self.total.refuted is not None:
            return
        world = self.world
        limit = time.perf_counter() + seconds
        own = itertools.islice(plan, self.total.chunks + world.rank, None, world.size)
        tallies = self._tallies(own)
        while True:
            round_ = world.gather(next(tallies, None))
            more = False
            if world.first:
                found = in_order(round_)
                more = found.chunks == world.size and found.refuted is None
                if found.chunks:
                    self.total.add(found)
                    if self.book is not None:
                        self.book.write(self.total, self.elapsed)
                    if progress is not None:
                        progress(self.total.measures, measures)
                more = more and time.perf_counter() < limit
            if not world.shared(more):
                tallies.close()
                return

    def _tallies(self, own: Iterator[Chunk]) -> Generator[Tally, None, None]:
        """One tally for each chunk, in order; a refutation ends its chunk and the campaign."""
        tally = Tally()
        for batch, found in self._probes(own):
            turn = batch.chunk * (self.families + 1) + batch.position + 1  # every family has its turn
            tally.take(self.kind, found, batch.chunk, compare=turn % self.compare_every == 0)
            if batch.last or tally.refuted is not None:
                tally.chunks = 1
                yield tally
                if tally.refuted is not None:
                    return
                tally = Tally()

    def _probes(self, own: Iterator[Chunk]) -> Iterator[tuple[_Batch, Probe]]:
        """Batches with what they show, in the order of the plan, a few ahead on a CPU."""
        batches = (
            _Batch(chunk.number, position, position + 1 == len(chunk.batches), config)
            for chunk in own
            for position, config in enumerate(chunk.batches)
        )
        first = next(batches, None)
        if first is None:
            return
        batches = itertools.chain((first,), batches)
        threads = self.workers
        if threads is None:
            usable = max(1, (os.cpu_count() or 1) // self.world.local_size)
            threads = min(8, usable) if first.config.device == "cpu" else 1
        with single_threaded():
            if threads == 1:
                yield from ((batch, probe(self.kind, batch.config)) for batch in batches)
                return
            with ThreadPoolExecutor(threads) as pool:
                ahead: deque[tuple[_Batch, Future[Probe]]] = deque()
                try:
                    for batch in batches:
                        ahead.append((batch, pool.submit(probe, self.kind, batch.config)))
                        if len(ahead) > 2 * threads:
                            done, future = ahead.popleft()
                            yield done, future.result()
                    while ahead:
                        done, future = ahead.popleft()
                        yield done, future.result()
                finally:
                    for _, future in ahead:
                        future.cancel()


@contextmanager
def single_threaded() -> Iterator[None]:
    """One intra-op thread per worker: batches are too small to be split, and workers would fight for the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
