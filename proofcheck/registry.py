"""Finds lemma files, reads their headers without importing them, loads them on demand.

A lemma is one module under `lemmas/<paper>/`. Its header (`proofcheck.header`) is literal text, so that
`proofcheck list` and an unchanged `proofcheck check` import neither SymPy nor the lemma.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from proofcheck.errors import ArgumentError
from proofcheck.header import Header, read_header

if TYPE_CHECKING:
    import sympy as sp

    from proofcheck.lemma import (
        AssumedFact,
        Binding,
        Claim,
        Counterexample,
        DerivationStep,
        Property,
        Refuted,
    )

_BODY_FIELDS = {
    "BOUNDS": Mapping,
    "SYMBOLS": Mapping,
    "derivation": Callable,
    "claims": Callable,
    "counterexamples": Callable,
    "refuted": Callable,
    "BINDINGS": tuple,
}


@dataclass(frozen=True)
class Lemma:
    """A loaded lemma: its header and the data of its module, validated."""

    header: Header
    module: Any
    bounds: Mapping[str, sp.Expr]
    symbols: Mapping[str, str]
    hammers: tuple[Property, ...]
    bindings: tuple[Binding, ...]

    @property
    def hammer(self) -> Property | None:
        """The first property, None if the lemma has none."""
        return next(iter(self.hammers), None)

    @property
    def id(self) -> str:
        return self.header.id

    def derivation(self) -> list[DerivationStep]:
        return list(self.module.derivation())

    def claims(self) -> list[Claim]:
        return list(self.module.claims())

    def counterexamples(self) -> list[Counterexample]:
        return list(self.module.counterexamples())

    def refuted(self) -> list[Refuted]:
        return list(self.module.refuted())


def lemmas_root() -> Path:
    """The folder of the installed `lemmas` package, found without importing it."""
    spec = importlib.util.find_spec("lemmas")
    if spec is None or not spec.submodule_search_locations:
        raise ArgumentError(
            "registry: the package `lemmas` is not installed. Run `pip install -e .` in the repository."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def lemma_paths(root: Path | None = None) -> list[Path]:
    """`lemmas/<paper>/<lemma>.py`, sorted; names that start with an underscore are helpers, not lemmas."""
    return sorted(p for p in (root or lemmas_root()).glob("*/*.py") if not p.name.startswith("_"))


def headers(root: Path | None = None) -> list[Header]:
    """Every lemma's header, ordered by id.

    Raises:
        ArgumentError: a file lacks a field, or two files claim one id, alias or slug.
    """
    found = [read_header(path) for path in lemma_paths(root)]
    owner: dict[str, Header] = {}
    for header in found:
        for name in dict.fromkeys((header.id, *header.aliases, header.slug)):
            other = owner.setdefault(name.casefold(), header)
            if other is not header:
                raise ArgumentError(
                    f"{header.path.name}: the name {name!r} already belongs to {other.path.name}. "
                    "Ids, aliases and file names must be distinct over all lemmas."
                )
    return sorted(found, key=lambda header: _natural(header.id))


def find(name: str, among: Sequence[Header] | None = None) -> Header:
    """The lemma called `name` by id, alias or slug, in any case; `mlp_step` is `mlp-step`.

    Raises:
        ArgumentError: there is none; the message suggests the nearest.
    """
    known = headers() if among is None else among
    table: dict[str, Header] = {}
    for header in known:
        for key in (header.id, *header.aliases, header.slug):
            table[key.casefold()] = header
    wanted = name.strip().casefold()
    for key in (wanted, wanted.replace("_", "-")):
        if key in table:
            return table[key]
    near = difflib.get_close_matches(wanted.replace("_", "-"), table, n=1, cutoff=0.5)
    hint = f" The nearest is {table[near[0]].id} ({table[near[0]].slug})." if near else ""
    raise ArgumentError(f"no lemma is called {name!r}.{hint} `proofcheck list` shows all {len(known)}.")


def select(names: Sequence[str], among: Sequence[Header] | None = None) -> list[Header]:
    """The named lemmas without repetition, all of them when no name is given."""
    known = headers() if among is None else list(among)
    return (
        list({header.id: header for header in (find(name, known) for name in names)}.values()) if names else list(known)
    )


def ancestors(header: Header, among: Sequence[Header]) -> list[Header]:
    """Every lemma that `header` rests on through USES, each after those it rests on itself.

    Raises:
        ArgumentError: USES names an unknown lemma or runs in a circle.
    """
    order: list[Header] = []
    trail: list[str] = []

    def visit(node: Header) -> None:
        if node.id in trail:
            raise ArgumentError(
                f"USES runs in a circle: {' -> '.join([*trail, node.id])}. A proof must be well founded."
            )
        if node in order:
            return
        trail.append(node.id)
        for name in node.uses:
            visit(find(name, among))
        trail.pop()
        order.append(node)

    visit(header)
    return order[:-1]


def assumed_facts(header: Header, among: Sequence[Header]) -> tuple[str, ...]:
    """Names of the assumed facts of a lemma and of everything it rests on, sorted."""
    names = set(header.assumes)
    for node in ancestors(header, among):
        names.update(node.assumes)
    return tuple(sorted(names))


def facts(header: Header) -> Mapping[str, AssumedFact]:
    """The assumed facts that lemmas beside `header` may name: FACTS of the package's `assumed.py`."""
    return importlib.import_module(f"{header.module.split('.')[0]}.assumed").FACTS


def load(header: Header) -> Lemma:
    """Import a lemma's module and validate the rest of its fields against `proofcheck.lemma`.

    Raises:
        ArgumentError: a field is missing or of another kind, or ASSUMES names no fact of `lemmas.assumed`.
    """
    from proofcheck.lemma import Property

    module = importlib.import_module(header.module)
    for name, kind in _BODY_FIELDS.items():
        if not hasattr(module, name):
            raise ArgumentError(
                f"{header.path}: a lemma file must define {name} (a {kind.__name__}). See docs/extending.md."
            )
        if not isinstance(getattr(module, name), kind):
            got = type(getattr(module, name)).__name__
            raise ArgumentError(f"{header.path}: {name} must be a {kind.__name__}, got a {got}.")
    given = getattr(module, "HAMMER", None)
    hammers = given if isinstance(given, tuple) else () if given is None else (given,)
    for hammer in hammers:
        if not isinstance(hammer, Property):
            raise ArgumentError(
                f"{header.path}: HAMMER must be a Property, a tuple of them or None, got a {type(hammer).__name__}."
            )
    known = facts(header)
    for name in header.assumes:
        if name not in known:
            near = difflib.get_close_matches(name, list(known), n=1)
            hint = f" The nearest is {near[0]!r}." if near else ""
            raise ArgumentError(f"{header.path}: ASSUMES names {name!r}, which lemmas/assumed.py does not state.{hint}")
    return Lemma(header, module, module.BOUNDS, module.SYMBOLS, hammers, module.BINDINGS)


def _natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key under which LT-2 comes before LT-10."""
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in re.split(r"(\d+)", text) if part]
