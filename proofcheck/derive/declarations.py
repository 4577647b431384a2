"""Declared names: vectors, random names and the functionals they belong to.

A functional is declared as "F:r,s" (a probability over the random names r, s) or "F!:r,s" (a measure of any
mass); E is the default one. A name that is both a vector and random is a random vector.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from proofcheck.errors import ArgumentError

from .expr import KEYWORDS

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)
Functionals = Mapping[str, Iterable[str]] | Iterable[str]


@dataclass(frozen=True)
class Declarations:
    """vectors: their names; owner: random name -> functional; probability: functional -> whether F[1] = 1.

    `scalars`: the permitted numbers, or None when any undeclared name is a number.
    """

    vectors: frozenset[str] = frozenset()
    owner: Mapping[str, str] = field(default_factory=dict)
    probability: Mapping[str, bool] = field(default_factory=dict)
    scalars: frozenset[str] | None = None


def items(value: Any, where: str) -> list[Any]:
    """A text as a list of one, a list or another finite collection as a list.

    Raises:
        ArgumentError: `value` is neither.
    """
    if isinstance(value, str):
        return [value]
    if isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
        return list(value)
    raise ArgumentError(f"{where}: a text or a list of texts required, got {type(value).__name__}. Pass a list.")


def name_list(value: str | Iterable[str], where: str) -> list[str]:
    """Names from "u, v" or an iterable, in order and without repetition.

    Raises:
        ArgumentError: a name is not a letter followed by letters, digits and _, or is a word of EXPR.
    """
    parts = value.split(",") if isinstance(value, str) else items(value, where)
    result: dict[str, None] = {}
    for part in (p.strip() if isinstance(p, str) else p for p in parts):
        if part == "" and isinstance(value, str):
            continue
        if not isinstance(part, str) or not _NAME.fullmatch(part) or part in KEYWORDS:
            raise ArgumentError(
                f"{where}: a name (a letter, then letters, digits, _) required, got {part!r}. "
                f"Words of the language ({', '.join(sorted(KEYWORDS))}) are taken."
            )
        result[part] = None
    return list(result)


def declarations(
    vectors: str | Iterable[str] = (),
    random: str | Iterable[str] = (),
    functionals: Functionals = (),
    *,
    probability: bool = True,
    scalars: str | Iterable[str] | None = None,
) -> Declarations:
    """The declared names. `random` belongs to the functional E, a probability unless `probability` is False.

    Raises:
        ArgumentError: a specification is malformed or a name is declared twice.
    """
    if isinstance(functionals, Mapping):
        pairs = [(key, name_list(value, f"functional {key}")) for key, value in functionals.items()]
    else:
        pairs = [_functional(spec) for spec in items(functionals, "functionals")]
    owner = dict.fromkeys(name_list(random, "random"), "E")
    kinds, seen = {"E": probability}, set[str]()
    for key, members in pairs:
        (label,) = name_list([key.removesuffix("!") if isinstance(key, str) else key], "functional")
        is_probability = not key.endswith("!")
        if label in seen and kinds[label] != is_probability:
            raise ArgumentError(f"functional {label}: {label} or {label}! required, got both. Choose one.")
        seen.add(label)
        kinds[label] = is_probability
        for member in members:
            if owner.setdefault(member, label) != label:
                raise ArgumentError(
                    f"functional {label}: a random name of its own required, got {member}, which belongs to "
                    f"{owner[member]}. A coupling is one functional over both names."
                )
    vector_names = frozenset(name_list(vectors, "vectors"))
    numbers = None if scalars is None else frozenset(name_list(scalars, "scalars"))
    for label in kinds:
        if label in owner or label in vector_names or label in (numbers or ()):
            raise ArgumentError(
                f"functional {label}: a name of its own required, got {label} as a variable too. Rename it."
            )
    if numbers is not None and numbers & vector_names:
        both = sorted(numbers & vector_names)
        raise ArgumentError(f"scalars: a number or a vector required, got {both} as both. Declare it once.")
    return Declarations(vector_names, owner, kinds, numbers)


def _functional(spec: Any) -> tuple[str, list[str]]:
    if not isinstance(spec, str) or spec.count(":") != 1:
        raise ArgumentError(
            f'functional: "F:r,s" (a probability) or "F!:r,s" (a positive measure) required, got {spec!r}. '
            "The names after the colon are its random variables."
        )
    label, members = spec.split(":")
    return label.strip(), name_list(members, f"functional {label.strip()}")
