"""The part of a check that speaks of mutants: a small sample of the lemma's own, judged by warm workers.

`proofcheck mutants` judges all of them; the other parts of the same check have just passed on the unchanged code.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from proofcheck.audit.mutants.mutant import EQUIVALENT, KILLED, SURVIVED
from proofcheck.audit.mutants.pool import Pool
from proofcheck.audit.mutants.runner import all_mutants, run
from proofcheck.audit.result import PartFailed, PartSkipped
from proofcheck.registry import Lemma

SAMPLE = 3


@lru_cache(maxsize=1)
def _pool() -> Pool:
    """One worker for all lemmas of a process, closed when it ends: a check has a process for every core already."""
    pool = Pool(1, first=True)
    atexit.register(pool.close)
    return pool


def check_mutants(lemma: Lemma, seed: int = 0, sample: int = SAMPLE) -> Mapping[str, Any]:
    """Figures of a sample of mutants.

    Raises:
        PartSkipped: the system has no fork, or the lemma has no mutant.
        PartFailed: a mutant of the sample survives.
    """
    if not hasattr(os, "fork"):
        raise PartSkipped("mutants need a system with fork")
    mine = [mutant for mutant in all_mutants([lemma.header]) if mutant.lemmas[0] == lemma.id]
    if not mine:
        raise PartSkipped("no mutant is this lemma's own")
    report = run([lemma.header], mutants=mine, sample=sample, seed=seed, pool=_pool(), clean=False, watched=False)
    figures = {
        "killed": report.count(KILLED),
        "survived": report.count(SURVIVED),
        "equivalent": report.count(EQUIVALENT),
        "sampled": len(report.outcomes),
        "total": len(mine),
        "by": report.to_json()["by"],
    }
    for outcome in report.outcomes:
        if outcome.verdict == SURVIVED:
            m = outcome.mutant
            what = f"{m.where} {m.operator}: {m.before!r} -> {m.after!r}"
            raise PartFailed(f"the mutant {what} survives ({m.key}). Run `proofcheck mutants {lemma.id}`.", figures)
    return figures
