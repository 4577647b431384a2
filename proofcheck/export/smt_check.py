"""Give SMT-LIB problems to z3 and cvc5, each in a process of its own, and gather what they say.

`sat` on the negation of a claim is a counterexample: nothing may be `sat`. `unknown` (a limit was reached) decides
nothing and is counted; a problem that a solver cannot read is `invalid`, and a failure. The limit counts the solver's
own steps; processor time ends a solver that counts badly.
"""

from __future__ import annotations

import importlib.util
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from proofcheck.errors import ArgumentError, ProofcheckError
from proofcheck.export.claims import ClaimTree
from proofcheck.export.smt import Problem
from proofcheck.export.smt_model import confirmed

SOLVERS = ("z3", "cvc5")
START_SECONDS = 60.0  # for a solver to be loaded
BUSY = 50.0  # times the processor time, by the clock: then a process is ended whatever it does


@dataclass(frozen=True)
class Limits:
    """`steps`: solver -> resource units for one problem; `seconds` of processor time, after which it is ended."""

    steps: Mapping[str, int]
    seconds: float


SHORT_LIMITS = Limits({"z3": 200_000, "cvc5": 12_000}, 0.3)
LONG_LIMITS = Limits({"z3": 3_000_000, "cvc5": 200_000}, 20.0)


@dataclass(frozen=True)
class Answer:
    """What one solver said of one problem; `values` (of a `sat`): name -> rational text, None if not rational."""

    problem: Problem
    solver: str
    status: str  # sat, unsat, unknown, invalid
    reason: str
    seconds: float
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """The answers of every solver that is there, and which are not.

    empty: the claims that are unsat only where no model of the class satisfies the assumptions, which says nothing.
    """

    answers: tuple[Answer, ...]
    missing: tuple[str, ...]
    empty: tuple[str, ...] = ()

    @property
    def satisfiable(self) -> list[Answer]:
        """Counterexamples, if the problems negate claims."""
        return [answer for answer in self.answers if answer.status == "sat"]

    @property
    def invalid(self) -> list[Answer]:
        """Problems that a solver cannot read: they decide nothing, and were written by the export."""
        return [answer for answer in self.answers if answer.status == "invalid"]

    def counts(self) -> dict[str, dict[str, int]]:
        """Solver -> status -> number of problems."""
        table: dict[str, dict[str, int]] = {}
        for answer in self.answers:
            row = table.setdefault(answer.solver, {"unsat": 0, "unknown": 0, "sat": 0})
            row[answer.status] = row.get(answer.status, 0) + 1
        return table

    def claims(self, status: str = "unsat") -> set[str]:
        """Claims of which some solver gave some problem this status."""
        return {answer.problem.claim for answer in self.answers if answer.status == status}


def installed(wanted: Sequence[str] = SOLVERS) -> tuple[list[str], list[str]]:
    """(there, missing) of the wanted solvers.

    Raises:
        ArgumentError: a solver is not known.
        ProofcheckError: one is missing that PROOFCHECK_REQUIRE_Z3=1 or PROOFCHECK_REQUIRE_CVC5=1 asks for.
    """
    for solver in wanted:
        if solver not in SOLVERS:
            raise ArgumentError(f"--solver: one of {', '.join(SOLVERS)} required, got {solver!r}.")
    there = [solver for solver in wanted if importlib.util.find_spec(solver) is not None]
    missing = [solver for solver in wanted if solver not in there]
    for solver in missing:
        if os.environ.get(f"PROOFCHECK_REQUIRE_{solver.upper()}") == "1":
            raise ProofcheckError(
                f"{solver} is required here and not installed. Install it: pip install {_PACKAGE[solver]}."
            )
    return there, missing


_PACKAGE = {"z3": "z3-solver", "cvc5": "cvc5"}


def reads(solver: str, problem: Problem) -> bool:
    """Whether the problem is in the solver's language: exp is cvc5's own."""
    return problem.exp != "native" or solver == "cvc5"


def check(
    problems: Sequence[Problem],
    limits: Limits = SHORT_LIMITS,
    wanted: Sequence[str] = SOLVERS,
    progress: Callable[[str], None] = lambda text: None,
) -> Report:
    """Every problem to every wanted solver that is there, the solvers side by side.

    Raises:
        ProofcheckError: a solver's process does not start.
    """
    there, missing = installed(wanted)
    answers: dict[str, list[Answer]] = {solver: [] for solver in there}
    failures: list[BaseException] = []

    def work(solver: str) -> None:
        try:
            with Solver(solver, limits) as process:
                asked = [problem for problem in problems if reads(solver, problem)]
                for number, problem in enumerate(asked, 1):
                    answers[solver].append(process.ask(problem))
                    if number % 100 == 0 or number == len(asked):
                        progress(f"{solver}: {number}/{len(asked)} problems")
        except BaseException as error:  # named again by the caller's thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(solver,), daemon=True) for solver in there]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    said = tuple(answer for solver in there for answer in answers[solver])
    return Report(said, tuple(missing), _empty(said, limits))


def _empty(answers: Sequence[Answer], limits: Limits) -> tuple[str, ...]:
    """Claims of which every unsat problem is unsat by its assumptions alone; asked of the solver that said unsat."""
    by_claim: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.status == "unsat":
            by_claim.setdefault(answer.problem.claim, []).append(answer)
    with ExitStack() as stack:
        names = sorted({answer.solver for answer in answers})
        solvers = {name: stack.enter_context(Solver(name, limits)) for name in names}

        def contradictory(answer: Answer) -> bool:
            assumed = answer.problem.text.partition("; not: ")[0] + "(check-sat)\n"
            return solvers[answer.solver].ask(replace(answer.problem, text=assumed)).status == "unsat"

        return tuple(sorted(claim for claim, found in by_claim.items() if all(map(contradictory, found))))


class Solver:
    """A solver's process: restarted after it had to be ended, or died."""

    def __init__(self, solver: str, limits: Limits) -> None:
        self.solver, self.limits = solver, limits
        self.process: subprocess.Popen[str] | None = None
        self.lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Solver:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def start(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "proofcheck.export.smt_worker", self.solver]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.process, self.lines = process, queue.Queue()
        threading.Thread(target=_pump, args=(process, self.lines), daemon=True).start()
        if self.line(START_SECONDS) is None:
            self.end()
            raise ProofcheckError(f"{self.solver} does not start: `{' '.join(command[1:])}` says why.")
        return process

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def line(self, seconds: float) -> dict[str, Any] | None:
        """The next line the process prints, None if it does not within the time or has died."""
        try:
            text = self.lines.get(timeout=seconds)
        except queue.Empty:
            return None
        return json.loads(text) if text else None

    def ask(self, problem: Problem) -> Answer:
        """What the solver says of the problem."""
        process = self.process or self.start()
        begin = time.monotonic()
        steps, seconds = self.limits.steps.get(self.solver, 0), self.limits.seconds
        question = {"text": problem.text, "limit": steps, "seconds": seconds}
        try:
            print(json.dumps(question), file=process.stdin, flush=True)
            said = self.line(BUSY * seconds)
            if said is not None and said["status"] == "sat":
                valued = self.line(BUSY * seconds)
                if valued is None:
                    self.end()  # sat it is, though the values do not come
                said = valued or said
        except BrokenPipeError:
            said = None
        spent = time.monotonic() - begin
        if said is None:
            self.end()  # which does nothing to one that ended itself
            timed = process.returncode in (-signal.SIGKILL, -getattr(signal, "SIGPROF", signal.SIGKILL))
            reason = f"ended after {seconds:g} s" if timed else f"the solver died ({process.returncode})"
            return Answer(problem, self.solver, "unknown", reason, spent)
        return Answer(problem, self.solver, said["status"], said.get("reason", ""), spent, said.get("values", {}))


def _pump(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    """Move the process's lines into `lines`; an empty one at its end."""
    for text in process.stdout or ():
        lines.put(text)
    lines.put("")


def document(report: Report, trees: Mapping[str, ClaimTree]) -> dict[str, Any]:
    """The report as data: counts, what is missing, and every `sat` with the second reading of its model."""
    found = [
        {
            "file": answer.problem.file,
            "solver": answer.solver,
            "values": dict(answer.values),
            "second_reading": confirmed(trees[answer.problem.claim], answer.problem, answer.values),
        }
        for answer in report.satisfiable
    ]
    claims = {answer.problem.claim for answer in report.answers}
    return {
        "counts": report.counts(),
        "claims": len(claims),
        "claims_with_unsat": len(report.claims("unsat") - set(report.empty)),
        "empty": list(report.empty),
        "missing": list(report.missing),
        "sat": found,
        "invalid": [{"file": a.problem.file, "solver": a.solver, "reason": a.reason} for a in report.invalid],
        "seconds": round(sum(answer.seconds for answer in report.answers), 1),
    }


def lines(data: Mapping[str, Any]) -> list[str]:
    """A `document` for a reader."""
    out = [f"{name}: {', '.join(f'{n} {word}' for word, n in row.items())}" for name, row in data["counts"].items()]
    out += [f"{solver}: skipped, not installed. `pip install {_PACKAGE[solver]}`" for solver in data["missing"]]
    unsat, claims = data["claims_with_unsat"], data["claims"]
    out.append(f"unsat in some class of models: {unsat} of {claims} claims; unknown decides nothing")
    if data["empty"]:
        out.append(f"unsat only where the assumptions cannot hold, not counted: {', '.join(data['empty'])}")
    out += [f"INVALID {row['file']} for {row['solver']}: {row['reason']}" for row in data["invalid"]]
    for row in data["sat"]:
        out.append(
            f"SAT {row['file']} by {row['solver']}: the claim is false; evaluated exactly: {row['second_reading']}"
        )
    return out
