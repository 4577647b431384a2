"""A solver's values as a model of the claim, for the second reading of a `sat`: exact evaluation decides."""

from __future__ import annotations

import json
from collections.abc import Mapping

from proofcheck import witness
from proofcheck.export.claims import ClaimTree
from proofcheck.export.smt import Problem
from proofcheck.kernel import KernelError


def model(claim: ClaimTree, problem: Problem, values: Mapping[str, str | None]) -> str | None:
    """The model's text (`proofcheck-model/1`), None where a value is not rational. A value not named is 0."""
    d, n = range(1, problem.shape.dimension + 1), range(1, problem.shape.atoms + 1)
    found: list[str | None] = []

    def at(name: str) -> str | None:
        found.append(values.get(name, "0"))
        return found[-1]

    document = {
        "format": "proofcheck-model/1",
        "metric": ["1" for _ in d],
        "scalars": {x: at(f"{x}.s") for x in claim.scalars},
        "vectors": {u: [at(f"{u}.{i}") for i in d] for u in claim.vectors},
        "functionals": {
            label: [
                {
                    "weight": at(f"{label}.weight{k}"),
                    "scalars": {t: at(f"{t}.at{k}") for t in f.scalars},
                    "vectors": {x: [at(f"{x}.{i}.at{k}") for i in d] for x in f.vectors},
                }
                for k in n
            ]
            for label, f in claim.functionals.items()
        },
    }
    return None if None in found else json.dumps(document)


def confirmed(claim: ClaimTree, problem: Problem, values: Mapping[str, str | None]) -> str:
    """ "confirmed" if exact evaluation finds the assumptions true and the target false at the solver's values.

    "not rational" where a value is algebraic, "not decided" where irrational sides of a relation are equal as far as
    intervals tell; else the reason why the evaluation contradicts the solver.
    """
    text = model(claim, problem, values)
    if text is None:
        return "not rational"
    try:
        witness.check_model(claim.text, text, refutes=True)
    except KernelError as error:
        return "not decided" if "does not decide" in str(error) else str(error)
    return "confirmed"
