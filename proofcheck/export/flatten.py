"""A certificate with its simple intermediate facts put in, so that it reads as one identity.

A step `have L` whose proof is `L = sum of terms` (multiplier 1, no steps or cases of its own) can be replaced by those
terms wherever L is a factor. For display only: the caller lets the kernel check the result, and keeps the original
certificate if it is refused or became longer than a person reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from proofcheck import kernel

LONGEST = 40  # terms

_Terms = list[dict[str, Any]]


def readable(claim: str, certificate: str) -> str:
    """`certificate` with simple steps put in, if the kernel accepts that and it stays short; else `certificate`."""
    document = json.loads(certificate)
    proofs = document["proof"] if isinstance(document["proof"], list) else [document["proof"]]
    try:
        flat = [_flatten(proof, {}) for proof in proofs]
        text = json.dumps({**document, "proof": flat if isinstance(document["proof"], list) else flat[0]})
        kernel.check(claim, text)
    except (_TooLong, kernel.KernelError):
        return certificate
    return text


class _TooLong(Exception):
    pass


def _flatten(proof: Mapping[str, Any], known: Mapping[str, _Terms]) -> dict[str, Any]:
    known = dict(known)
    steps: list[dict[str, Any]] = []
    for step in proof.get("steps", []):
        terms = _sum_of(step)
        if terms is not None:
            known[step["as"]] = _expand(terms, known)
        elif "have" in step:
            inner = step["proof"]
            several = isinstance(inner, list)
            flat = [_flatten(each, known) for each in (inner if several else [inner])]
            steps.append({**step, "proof": flat if several else flat[0]})
        else:
            steps.append(step)
    kept = {"steps": steps} if steps else {}
    if "split" in proof:
        branches = {name: _flatten(proof[name], known) for name in ("nonneg", "neg")}
        return {**kept, "split": proof["split"], "as": proof["as"], **branches}
    return {**kept, "terms": _expand(proof["terms"], known)}


def _sum_of(step: Mapping[str, Any]) -> _Terms | None:
    """The terms that the fact of a step is the sum of, if its proof says just that."""
    proof = step.get("proof")
    if "have" not in step or not isinstance(proof, dict) or set(proof) != {"terms"}:
        return None
    negated = {"fact": f"not {step['as']}"}
    rest = [term for term in proof["terms"] if term.get("factors") != [negated]]
    alone = [term for term in proof["terms"] if term.get("factors") == [negated]]
    if len(alone) != 1 or alone[0].get("coefficient", "1") != "1" or json.dumps(negated) in json.dumps(rest):
        return None
    return None if any("equation" in term for term in rest) else rest


def _expand(terms: _Terms, known: Mapping[str, _Terms]) -> _Terms:
    """`terms` with every factor that is a known sum multiplied out."""
    made: _Terms = []
    for term in terms:
        if "equation" in term:
            made.append(term)
            continue
        partial: list[tuple[Fraction, list[Any]]] = [(Fraction(term.get("coefficient", "1")), [])]
        for factor in term["factors"]:
            replaced = known.get(factor.get("fact")) if isinstance(factor.get("fact"), str) else None
            if "E" in factor:
                factor = {**factor, "terms": _expand(factor["terms"], known)}
            options = [(Fraction(1), [factor])]
            if replaced is not None:
                options = [(Fraction(each.get("coefficient", "1")), each["factors"]) for each in replaced]
            partial = [(c * d, [*left, *right]) for c, left in partial for d, right in options]
            if len(partial) > LONGEST:
                raise _TooLong
        made += [{"coefficient": str(c), "factors": factors} for c, factors in partial]
    if len(made) > LONGEST:
        raise _TooLong
    return made
