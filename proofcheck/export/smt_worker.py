"""One SMT solver in a process of its own: problems come in as JSON lines, answers go out as JSON lines.

`python -m proofcheck.export.smt_worker z3` reads `{"text": SMT-LIB, "limit": n, "seconds": s}`: `limit` counts the
solver's own steps (its rlimit), so that the same text gets the same answer on any machine. After s seconds of processor
time the process ends, for a solver that does not count well: a timer of the system reaches into the solver, and works
on a busy machine, and where the parent is gone.
`{"status": "sat", "values": {name: "1/2" or null}}`: null is a value that is not rational, or that the solver does not
give. A line `{"status": "sat"}` comes before it. A text that the solver cannot read is `invalid`, any other answer than
sat or unsat `unknown`, both with the solver's reason.
"""

from __future__ import annotations

import importlib
import json
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Answer = dict[str, Any]


def z3_answer(text: str, limit: int, found: Callable[[], None] = lambda: None) -> Answer:
    """What Z3 says within `limit` of its resource units (0: no limit); `found` is called at sat, before the values."""
    import z3

    solver = z3.Solver()
    if limit:
        solver.set("rlimit", limit)
    try:
        solver.from_string(text)
    except z3.Z3Exception as error:
        return {"status": "invalid", "reason": str(error)[:200]}
    try:
        status = str(solver.check())
    except z3.Z3Exception as error:
        return {"status": "unknown", "reason": str(error)[:200]}
    if status != "sat":
        return {"status": status, "reason": solver.reason_unknown() if status == "unknown" else ""}
    found()
    values: dict[str, str | None] = {}
    with suppress(z3.Z3Exception):
        model = solver.model()
        for declared in model.decls():
            if declared.arity() == 0:
                value = model[declared]
                values[declared.name()] = value.as_string() if isinstance(value, z3.RatNumRef) else None
    return {"status": "sat", "values": values}


def cvc5_answer(text: str, limit: int, found: Callable[[], None] = lambda: None) -> Answer:
    """What cvc5 says within `limit` of its resource units; `found` is called at sat, before the values."""
    cvc5: Any = importlib.import_module("cvc5")  # optional, and without types

    solver = cvc5.Solver()
    solver.setOption("produce-models", "true")
    if limit:
        solver.setOption("rlimit-per", str(limit))
    symbols = cvc5.SymbolManager(solver)
    parser = cvc5.InputParser(solver, symbols)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "problem")
    said = ""
    while True:
        try:
            command = parser.nextCommand()
        except RuntimeError as error:
            return {"status": "invalid", "reason": str(error)[:200]}
        if command.isNull():
            break
        try:
            said = command.invoke(solver, symbols).strip() or said
        except RuntimeError as error:
            return {"status": "unknown", "reason": str(error)[:200]}
    if said != "sat":
        return {"status": "unsat" if said == "unsat" else "unknown", "reason": "" if said == "unsat" else said[:200]}
    found()
    values: dict[str, str | None] = {}
    with suppress(RuntimeError):
        for declared in symbols.getDeclaredTerms():
            value = solver.getValue(declared)
            values[declared.getSymbol()] = str(value.getRealValue()) if value.isRealValue() else None
    return {"status": "sat", "values": values}


SOLVERS: dict[str, Callable[[str, int, Callable[[], None]], Answer]] = {"z3": z3_answer, "cvc5": cvc5_answer}


def timer(seconds: float) -> None:
    """End this process after so many seconds of processor time; 0 is never."""
    if hasattr(signal, "setitimer"):  # Windows: the parent watches the clock
        signal.setitimer(signal.ITIMER_PROF, seconds)


def main() -> None:
    """Answer every line of standard input; the first line out says that the solver is there."""
    solver = sys.argv[1]
    importlib.import_module(solver)
    print(json.dumps({"ready": solver}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        timer(question.get("seconds", 0))
        answer = SOLVERS[solver](question["text"], question["limit"], _say_sat)
        timer(0)
        print(json.dumps(answer), flush=True)


def _say_sat() -> None:
    """It is sat, however long its values take: the timer ends, and a line says so before the one with the values."""
    timer(0)
    print(json.dumps({"status": "sat"}), flush=True)


if __name__ == "__main__":
    main()
