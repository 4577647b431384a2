"""From EXPR to the kernel's claim text: `build_claim(name, assume, claim, ...)`.

`proofcheck.derive.rewrite` lists what is rewritten; all else stays as it was written. Assumptions that come
from rewriting stand after the user's own, which so stay a0, a1, ... (a chain counts once for each relation).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from proofcheck.errors import ArgumentError

from .declarations import Declarations, Functionals, declarations, items
from .expr import KEYWORDS, parse_relation
from .kinds import Reader
from .nodes import Moment, Name, Relation, names, text_of, walk
from .rewrite import Rewriter


def _entry(relation: Relation) -> str | dict[str, Any]:
    text = f"{text_of(relation.operands[0])} {relation.operators[0]} {text_of(relation.operands[1])}"
    return {"forall": dict(relation.quantified), "holds": text} if relation.quantified else text


def claim_json(
    name: str,
    *,
    scalars: Iterable[str] = (),
    vectors: Iterable[str] = (),
    functionals: Mapping[str, Mapping[str, Any]] | None = None,
    assume: Iterable[str | Mapping[str, Any]] = (),
    target: str,
) -> str:
    """Canonical claim text from parts that are in the kernel's language already (not checked here).

    The canonical form: keys and names sorted, two spaces of indentation, a final newline.
    """
    data = {
        "format": "proofcheck-claim/1",
        "name": name,
        "scalars": sorted(scalars),
        "vectors": sorted(vectors),
        "functionals": {
            label: {
                "probability": bool(parts.get("probability", True)),
                "scalars": sorted(parts.get("scalars", ())),
                "vectors": sorted(parts.get("vectors", ())),
            }
            for label, parts in (functionals or {}).items()
        },
        "assume": list(assume),
        "target": target,
    }
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def build_claim(
    name: str,
    assume: str | Iterable[str],
    claim: str | Iterable[str],
    vectors: str | Iterable[str] = (),
    random: str | Iterable[str] = (),
    functionals: Functionals = (),
    *,
    probability: bool = True,
    scalars: str | Iterable[str] | None = None,
) -> list[str]:
    """Kernel claim texts, one for each relation of `claim`: "under all of `assume`, the relation holds".

    Args:
        name: the name of the claim; several targets are numbered name.1, name.2, ...
        assume: EXPR relations, chains and `forall vector q, scalar c: relation`.
        claim: one or more EXPR relations or chains.
        vectors: names of vectors ("u,v" or a list); with a name in `random` too: a random vector.
        random: random names of the functional E, a probability unless `probability` is False.
        functionals: more of them, {"F": ["r", "s"]} or ["F:r,s", "G!:x"]; "!": a measure of any mass.
        scalars: if given, the only names that are numbers, so that a misspelt name is an error.

    Raises:
        ExprError: a text is not in the language, or mixes vectors and numbers or random names wrongly.
        ArgumentError: a declaration is malformed.
    """
    declared = declarations(vectors, random, functionals, probability=probability, scalars=scalars)
    labels = list(declared.probability)
    texts = [(f"assume[{i}]", t) for i, t in enumerate(items(assume, "assume"))]
    targets = items(claim, "claim")
    if not targets:
        raise ArgumentError("claim: at least one relation required, got none. Pass an EXPR relation.")
    texts += [(f"claim[{i}]" if len(targets) > 1 else "claim", t) for i, t in enumerate(targets)]
    read = [(where, t, parse_relation(t, functionals=labels, where=where)) for where, t in texts]
    bound = {x for _, _, relation in read for x, _ in relation.quantified}
    used = {x for _, _, r in read for x in names(r.operands) - {q for q, _ in r.quantified}}
    declared_names = {*declared.vectors, *declared.owner, *labels, *(declared.scalars or ())}
    rewriter = Rewriter(declared, used | bound | declared_names | KEYWORDS)
    assumed: list[Relation] = []
    goals: list[Relation] = []
    for where, text, relation in read:
        is_target = where.startswith("claim")
        reader = Reader(declared, text, where, dict(relation.quantified))
        _check_quantifiers(reader, relation, used | declared_names, is_target)
        (goals if is_target else assumed).extend(rewriter.relations(reader, relation, target=is_target))
    return [
        _claim(f"{name}.{i}" if len(goals) > 1 else name, declared, rewriter, assumed, goal)
        for i, goal in enumerate(goals, start=1)
    ]


def _check_quantifiers(reader: Reader, relation: Relation, free: set[str], is_target: bool) -> None:
    for (x, _), place in zip(relation.quantified, relation.places, strict=True):
        if is_target:
            reader.fail("a claim holds for all values of its names already", Name(x, place), "Drop forall.")
        if x in free:
            hint = "Rename the quantified variable."
            reader.fail(f"{x!r} is quantified here and free elsewhere", Name(x, place), hint)


def _claim(name: str, declared: Declarations, rewriter: Rewriter, assumed: list[Relation], goal: Relation) -> str:
    relations = [*assumed, *rewriter.needed([*assumed, goal]), goal]
    free = {x for r in relations for x in names(r.operands) - {q for q, _ in r.quantified}}
    owner = {**declared.owner, **{x: f for x, f in rewriter.owner.items() if x in free}}
    vectors = declared.vectors | (rewriter.vectors & free)
    applied = {part.functional for r in relations for o in r.operands for part in walk(o) if isinstance(part, Moment)}
    functionals = {}
    for label, probability in declared.probability.items():
        members = [x for x in owner if owner[x] == label]
        if members or label in applied:
            functionals[label] = {
                "probability": probability,
                "scalars": [x for x in members if x not in vectors],
                "vectors": [x for x in members if x in vectors],
            }
    return claim_json(
        name,
        scalars=(free | (declared.scalars or set())) - vectors - set(owner),
        vectors=vectors - set(owner),
        functionals=functionals,
        assume=[_entry(r) for r in relations[:-1]],
        target=str(_entry(goal)),
    )
