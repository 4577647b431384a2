"""The two drivers. Both judge inputs by `tests.fuzz.target` and mutate by `tests.fuzz.mutate`.

plain    mutations of the seeds and of what was accepted, by a seeded generator.
guided   libFuzzer through atheris: an input that reaches new code is kept and mutated further, on disk.

Both judge the same inputs again for the same seed, parser and versions, guided from an empty folder.
"""

from __future__ import annotations

import mmap
import os
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from . import guard
from .mutate import LONGEST, mutated
from .state import Tally
from .target import Outcome, Target, judge_one

POOL = 400  # accepted inputs that the plain driver mutates further
MEMORY_EVERY = 40  # inputs between two whose memory is measured
FLUSH = 500  # inputs between two writes of the tally
ROOM = 2 * 2**30  # bytes that a worker may take beyond what it has when it starts


def warm(target: Target, seeds: Sequence[bytes]) -> None:
    """Some seeds, not watched: modules that a parser imports late are loaded before events are.

    Only PATIENCE stops one: an import that is stopped half way stays broken for the whole process.
    """
    for data in seeds[:: max(1, len(seeds) // 40)]:
        prepared = target.prepare(data)
        try:
            with guard.timer(guard.PATIENCE):
                target.run(prepared)
        except (Exception, guard.Interrupted):
            continue  # seeds are judged as inputs too


def plain(
    target: Target, inputs: int, seed: int = 0, current: mmap.mmap | None = None, state: Path | None = None
) -> Tally:
    """Judge `inputs` mutations of the target's seeds."""
    rng = random.Random(f"{target.name} {seed}")
    seeds = list(target.seeds())
    warm(target, seeds)
    keeper = Keeper(target, current, state)
    kept: list[bytes] = []
    for _ in range(inputs):
        pool = kept if kept and rng.random() < 0.4 else seeds
        data = mutated(rng, rng.choice(pool), seeds, target)
        if keeper.judge(data).kind == "accepted":
            if len(kept) < POOL:
                kept.append(data)
            else:
                kept[rng.randrange(POOL)] = data
    return keeper.finish()


class Keeper:
    """Judges inputs one by one, remembers which one is being judged, and writes the tally from time to time."""

    def __init__(self, target: Target, current: mmap.mmap | None, state: Path | None) -> None:
        self.target, self.current, self.state = target, current, state
        self.tally, self.began = Tally(), time.process_time()

    def judge(self, data: bytes) -> Outcome:
        if self.current is not None:
            self.current[:8] = len(data).to_bytes(8, "little")
            self.current[8 : 8 + len(data)] = data
        outcome = judge_one(self.target, data, sample_memory=self.tally.inputs % MEMORY_EVERY == 0)
        self.tally.add(data, outcome)
        if self.tally.inputs % FLUSH == 0:
            self.write()
        return outcome

    def write(self) -> None:
        self.tally.seconds = time.process_time() - self.began
        if self.state is not None:
            self.tally.write(self.state)

    def finish(self) -> Tally:
        """The tally, with what the oracle had to ask elsewhere."""
        for data, objection in self.target.settle():
            self.tally.note(data, Outcome("accepted wrongly", objection))
        self.tally.asked = self.target.asked()
        self.write()
        return self.tally


def guided(name: str, inputs: int, seed: int, current: mmap.mmap | None, state: Path, corpus: Path) -> None:
    """Judge `inputs` inputs that libFuzzer chooses by coverage; leaves the process when they are judged."""
    import atheris

    with atheris.instrument_imports(include=["proofcheck", "torch_impl", "tomllib"]):
        from .catalogue import find

        target = find(name)
        seeds = list(target.seeds())
        warm(target, seeds)
    given = corpus.with_suffix(".seeds")
    for folder in (corpus, given):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds):
        (given / f"{number:05}").write_bytes(data[:LONGEST])
    keeper = Keeper(target, current, state)
    guard.limit_memory(ROOM)

    def one(data: bytes) -> None:
        keeper.judge(data)
        if keeper.tally.inputs >= inputs:
            keeper.finish()
            sys.stdout.flush()
            os._exit(0)  # libFuzzer has no end of its own that Python could see

    def mutator(data: bytes, size: int, number: int) -> bytes:
        rng = random.Random(number)
        return atheris.Mutate(data, size) if rng.random() < 0.15 else mutated(rng, data, seeds, target)[:size]

    options = [
        f"-seed={seed + 1}",
        f"-max_len={LONGEST}",
        "-len_control=0",
        "-mutate_depth=1",
        "-rss_limit_mb=0",
        "-malloc_limit_mb=0",
        "-reload=0",  # else the corpus is read again at times of the clock's choosing
        "-entropic=0",  # its weights of inputs are not the same in every run
    ]
    options += ["-timeout=120", "-verbosity=0", "-print_final_stats=0", f"-artifact_prefix={given.parent}/"]
    atheris.Setup(["fuzz", *options, str(corpus), str(given)], one, custom_mutator=mutator)
    atheris.Fuzz()
