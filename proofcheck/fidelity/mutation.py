"""Wrong claims: one edit of one relation of a claim's text. What fidelity does not tell from the claim, it cannot see.

Kinds: "drop" a term, "sign" of a term, "number" raised by one, "swap" two names, "strict" or not, "flip" the relation,
"double" the right side, "remove" an assumption, put "0 <= 0" in its place ("void"), change the "mass" of a functional.
A mutant is named by its part, kind and number; texts are edited by tokens.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from proofcheck.kernel.claim import read_claim
from proofcheck.kernel.syntax import KernelError

_TOKEN = re.compile(r"\d+|[A-Za-z_]\w*|\*\*|>=|<=|==|[-+*/()\[\],<>]")
_RELATIONS = (">=", "<=", "==", ">", "<")
_STRICT = {">=": ">", "<=": "<", ">": ">=", "<": "<=", "==": ">="}
_FLIPPED = {">=": "<=", "<=": ">=", ">": "<", "<": ">", "==": "<"}


class Mutant(NamedTuple):
    """A wrong claim: what was edited, the relation that came out ("" if there is none), the whole text."""

    part: str  # "target", "a0", "a1", ..., or a functional
    kind: str
    number: int
    relation: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.part} {self.kind} {self.number}"


def mutants(text: str, only: str = "") -> Iterator[Mutant]:
    """All that the kernel reads as a claim with another normal form than `text`, or the one whose name is `only`."""
    original = _forms(text)
    for part, kind, number, relation, data in _edited(json.loads(text)):
        mutant = Mutant(part, kind, number, relation, json.dumps(data, indent=2, sort_keys=True) + "\n")
        if only not in ("", mutant.name):
            continue
        try:
            if _forms(mutant.text) != original:
                yield mutant
        except KernelError:
            continue


def _edited(data: dict[str, Any]) -> Iterator[tuple[str, str, int, str, dict[str, Any]]]:
    kinds = _kinds_of_names(data)
    for index, entry in enumerate(data["assume"]):
        before, after = data["assume"][:index], data["assume"][index + 1 :]
        own = entry["holds"] if isinstance(entry, dict) else entry
        for kind, number, relation in _edits(own, kinds):
            changed = {**entry, "holds": relation} if isinstance(entry, dict) else relation
            yield f"a{index}", kind, number, relation, {**data, "assume": [*before, changed, *after]}
        yield f"a{index}", "remove", 0, "", {**data, "assume": [*before, *after]}
        yield f"a{index}", "void", 0, "0 <= 0", {**data, "assume": [*before, "0 <= 0", *after]}
    for kind, number, relation in _edits(data["target"], kinds):
        yield "target", kind, number, relation, {**data, "target": relation}
    for label, functional in data["functionals"].items():
        other = {**functional, "probability": not functional["probability"]}
        yield label, "mass", 0, "", {**data, "functionals": {**data["functionals"], label: other}}


def _forms(text: str) -> list[Any]:
    """What the kernel reads; the left side of an equation too, since identities differ in nothing else."""
    claim = read_claim(text)
    sides = json.loads(text)["target"].split("==")
    left = claim.ctx.expression(sides[0]) if len(sides) == 2 else None
    assumed = [(sorted(a.bound.items()), a.poly, a.rel) for a in claim.assumptions]
    return [assumed, claim.target, left, [f.probability for f in claim.ctx.functionals.values()]]


def _kinds_of_names(data: dict[str, Any]) -> dict[str, str]:
    """Name -> its kind: two names of one kind may change places."""
    kinds = {**dict.fromkeys(data["scalars"], "scalar"), **dict.fromkeys(data["vectors"], "vector")}
    for label, functional in data["functionals"].items():
        kinds |= dict.fromkeys(functional["scalars"], f"scalar of {label}")
        kinds |= dict.fromkeys(functional["vectors"], f"vector of {label}")
    return kinds


def _edits(relation: str, kinds: dict[str, str]) -> Iterator[tuple[str, int, str]]:
    tokens = _TOKEN.findall(relation)
    middle = next(i for i, t in enumerate(tokens) if t in _RELATIONS)

    def put(i: int, *new: str, until: int | None = None) -> str:
        return " ".join([*tokens[:i], *new, *tokens[i + 1 if until is None else until :]])

    counts: dict[str, int] = {}

    def numbered(kind: str, text: str) -> tuple[str, int, str]:
        counts[kind] = counts.get(kind, -1) + 1
        return kind, counts[kind], text

    for i, token in enumerate(tokens):
        if token in "+-" and i and tokens[i - 1] not in (*_RELATIONS, "(", "[", ",", "*", "/", "**"):
            yield numbered("drop", put(i, until=_end_of_term(tokens, i)))
            yield numbered("sign", put(i, "-" if token == "+" else "+"))
        elif token.isdigit():
            yield numbered("number", put(i, str(int(token) + 1)))
    for x, y in itertools.combinations(sorted(set(tokens) & set(kinds)), 2):
        if kinds[x] == kinds[y]:
            yield numbered("swap", " ".join({x: y, y: x}.get(t, t) for t in tokens))
    yield "strict", 0, put(middle, _STRICT[tokens[middle]])
    yield "flip", 0, put(middle, _FLIPPED[tokens[middle]])
    if tokens[middle + 1 :] != ["0"]:
        yield "double", 0, " ".join([*tokens[: middle + 1], "2", "*", "(", *tokens[middle + 1 :], ")"])


def _end_of_term(tokens: list[str], start: int) -> int:
    """Where the term after the sign at `start` ends: the next sign, relation or closing bracket of its level."""
    depth = 0
    for i in range(start + 1, len(tokens)):
        token = tokens[i]
        if token in "([":
            depth += 1
        elif token in ")]":
            depth -= 1
            if depth < 0:
                return i
        elif depth == 0 and (token in _RELATIONS or token == "," or (token in "+-" and i > start + 1)):
            return i
    return len(tokens)
