"""A reading: the sentence of one claim as a function of its names, and the files that hold them.

    @reads("LT-05.popoviciu")
    def popoviciu(m, M, E):
        assumptions = [E.all(lambda t: ge(t, m)), E.all(lambda t: le(t, M))]
        return assumptions, le(E(lambda t: t**2) - E(lambda t: t) ** 2, (M - m) ** 2 / 4)

The parameters are the claim's scalars, vectors and functionals, in any order; the assumptions stand in the order in
which the lemma words them.
"""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofcheck.errors import ArgumentError

from .meaning import Relation

Says = tuple[Sequence[Relation], Relation]


@dataclass(frozen=True)
class Reading:
    """What the sentence of `claim` means, and at which parts only the signs of both sides can be compared.

    probabilities: the functionals that are expectations; the others are sums or integrals of any mass.
    signs: "target" or "a0", "a1", ...: the slack is another one with the same sign (a square, a positive factor).
    """

    claim: str
    names: tuple[str, ...]
    says: Callable[..., Says]
    signs: frozenset[str]
    probabilities: frozenset[str]
    path: str

    def at(self, values: Mapping[str, Any]) -> Says:
        """Assumptions and target at one point."""
        return self.says(**{x: values[x] for x in self.names})


_FOUND: dict[str, Reading] = {}


def reads(
    claim: str, *, signs: str = "", probabilities: str = "E P"
) -> Callable[[Callable[..., Says]], Callable[..., Says]]:
    """Declare a reading of `claim`; `signs` names parts, as "target a0"; E and P are expectations unless said."""

    def declare(function: Callable[..., Says]) -> Callable[..., Says]:
        path = function.__code__.co_filename
        other = _FOUND.get(claim)
        if other is not None and other.path != path:
            raise ArgumentError(
                f"reads: one reading for each claim required, got claim={claim!r} in {path} and {other.path}."
            )
        names = tuple(inspect.signature(function).parameters)
        _FOUND[claim] = Reading(
            claim, names, function, frozenset(signs.split()), frozenset(probabilities.split()), path
        )
        return function

    return declare


def load_readings(folder: Path) -> dict[str, Reading]:
    """The readings in `readings_*.py` of a folder, by claim.

    Raises:
        ArgumentError: there are none.
    """
    paths = sorted(folder.glob("readings_*.py"))
    for path in paths:
        spec = importlib.util.spec_from_file_location(f"fidelity_{path.stem}", path)
        if spec is None or spec.loader is None:
            raise ArgumentError(f"load_readings: a Python file required, got path={path}.")
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    found = {name: reading for name, reading in _FOUND.items() if Path(reading.path).parent == folder}
    if not found:
        raise ArgumentError(f"load_readings: a folder with readings_*.py required, got folder={folder}.")
    return dict(sorted(found.items()))
