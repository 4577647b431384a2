"""Mutants that a person looked at and found to be no mistake, each with the reason: `equivalent.json`.

An entry is matched by the hash of the content that it speaks of. It goes stale when that content changes, and it is
wrong when a check kills the mutant all the same; both fail a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from proofcheck.audit.mutants.mutant import Mutant
from proofcheck.errors import ArgumentError
from proofcheck.printable import unprintable

PATH = Path(__file__).with_name("equivalent.json")
FIELDS = ("key", "where", "operator", "before", "after", "reason")


@dataclass(frozen=True)
class Entry:
    """One explained mutant. The fields after `key` are for readers; the key alone is compared."""

    key: str
    where: str
    operator: str
    before: str
    after: str
    reason: str


@lru_cache(maxsize=4)
def explained(path: Path = PATH) -> Mapping[str, Entry]:
    """Key -> entry.

    Raises:
        ArgumentError: the file is damaged, lacks a field, or explains one mutant twice.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        if odd := unprintable(entries):
            raise ValueError(f"the character {odd}, which cannot be printed")
        found = [Entry(**{name: entry[name] for name in FIELDS}) for entry in entries]
        if not all(isinstance(text, str) for entry in found for text in vars(entry).values()):
            raise TypeError("a field that is no text")
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArgumentError(f"{path.name}: a list of entries with {', '.join(FIELDS)} required ({error}).") from error
    table = {entry.key: entry for entry in found}
    empty = [entry.key for entry in found if len(entry.reason.split()) < 4]
    if len(table) != len(found) or empty:
        got = empty or "a repeated key"
        raise ArgumentError(f"{path.name}: one entry a key and a reason in words required, got {got}.")
    return table


def stale(mutants: Iterable[Mutant], path: Path = PATH) -> list[Entry]:
    """Entries that no mutant has: what they spoke of changed."""
    there = {mutant.key for mutant in mutants}
    return [entry for key, entry in explained(path).items() if key not in there]
