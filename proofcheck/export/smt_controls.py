"""Claims that are known to be false, given to the solvers: most must come out `sat`, or `unsat` elsewhere says little.

False are the lemmas' refuted variants, and each claim without an assumption for which the lemma holds a counterexample.
Every `sat` is evaluated exactly; one that the evaluation contradicts is a mistake of the export.

    python -m proofcheck.export.smt_controls [--every N] [--least PERCENT]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from proofcheck import registry
from proofcheck.audit.theory import without_assumption
from proofcheck.export import smt, smt_check
from proofcheck.export.claims import ClaimTree, read_tree
from proofcheck.export.smt_model import confirmed

REFUTED, DROPPED = "refuted variant", "assumption dropped"


READINGS = ("confirmed", "not rational", "not decided", "")


@dataclass(frozen=True)
class Control:
    """A false claim."""

    kind: str
    name: str
    claim: ClaimTree


@dataclass(frozen=True)
class Outcome:
    """`reading` is "" where no solver says sat, else what `smt_model.confirmed` says of the model."""

    control: Control
    solver: str
    file: str
    reading: str

    @property
    def is_wrong(self) -> bool:
        """A `sat` that exact evaluation contradicts."""
        return self.reading not in READINGS


def controls(names: Sequence[str] = (), every: int = 1) -> Iterator[Control]:
    """The false claims of the named lemmas, of all if none is named; one in `every`."""
    number = 0
    for header in registry.select(names):
        lemma = registry.load(header)
        texts = {claim.name: claim.text for claim in lemma.claims()}
        false = [(REFUTED, f"{header.id}: {item.name}", item.text) for item in lemma.refuted()]
        for item in lemma.counterexamples():
            text = without_assumption(texts[item.claim], item.dropped)
            false.append((DROPPED, f"{item.claim} without {item.dropped}", text))
        for kind, name, text in false:
            if number % every == 0:
                yield Control(kind, name, read_tree(text))
            number += 1


def ask(
    given: Sequence[Control],
    wanted: Sequence[str] = smt_check.SOLVERS,
    limits: smt_check.Limits = smt_check.SHORT_LIMITS,
    progress: Callable[[str], None] = lambda text: None,
) -> list[Outcome]:
    """For each false claim the first `sat` that exact evaluation confirms, or the best there is."""
    found: list[Outcome] = []
    with ExitStack() as stack:
        solvers = [stack.enter_context(smt_check.Solver(name, limits)) for name in smt_check.installed(wanted)[0]]
        for number, control in enumerate(given, 1):
            outcomes = list(_asked(control, solvers))
            found.append(min(outcomes, key=_rank, default=Outcome(control, "", "", "")))
            if number % 100 == 0 or number == len(given):
                progress(f"controls: {number}/{len(given)}, {sum(bool(one.reading) for one in found)} sat")
    return found


def _asked(control: Control, solvers: Sequence[smt_check.Solver]) -> Iterator[Outcome]:
    for problem in smt.problems(control.claim):
        for solver in solvers:
            answer = solver.ask(problem) if smt_check.reads(solver.solver, problem) else None
            if answer is not None and answer.status == "sat":
                outcome = Outcome(
                    control, solver.solver, problem.file, confirmed(control.claim, problem, answer.values)
                )
                yield outcome
                if outcome.reading == "confirmed":
                    return


def _rank(outcome: Outcome) -> int:
    """A contradicted `sat` first: it must be seen."""
    return 0 if outcome.is_wrong else READINGS.index(outcome.reading) + 1


def main(words: Sequence[str]) -> int:
    """Exit status 0 if enough controls are sat and none is contradicted."""
    parser = argparse.ArgumentParser(prog="python -m proofcheck.export.smt_controls", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one false claim in N")
    parser.add_argument("--least", type=int, default=75, metavar="PERCENT", help="that must be sat")
    options = parser.parse_args(words)
    outcomes = ask(list(controls(every=options.every)), progress=lambda text: print(text, file=sys.stderr))
    satisfiable = [one for one in outcomes if one.reading]
    exact = sum(one.reading == "confirmed" for one in outcomes)
    print(f"{len(satisfiable)} of {len(outcomes)} false claims are sat; {exact} of the models confirmed exactly")
    wrong = [one for one in outcomes if one.is_wrong]
    for one in wrong:
        print(f"CONTRADICTED {one.control.name}: {one.file} by {one.solver}: {one.reading}")
    return 1 if wrong or len(satisfiable) * 100 < options.least * len(outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
