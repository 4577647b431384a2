"""The parts of a check that touch torch: the bound code exists and is the lemma's, and the hammer cannot break it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from proofcheck.audit.result import PartFailed, PartSkipped
from proofcheck.registry import Lemma


def resolve(reference: str) -> Any:
    """The object called "module:name".

    Raises:
        PartFailed: there is no such module or name.
    """
    module, _, name = reference.partition(":")
    try:
        value: Any = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        raise PartFailed(f"the code {reference!r} does not exist ({error}).") from error
    return value


def check_bindings(lemma: Lemma) -> Mapping[str, Any]:
    """Every binding names a callable of the code and a formula of the lemma file."""
    for binding in lemma.bindings:
        if not callable(resolve(binding.callable)):
            raise PartFailed(f"the code {binding.callable!r} is not callable.")
        if not callable(getattr(lemma.module, binding.formula, None)) and binding.formula not in lemma.bounds:
            raise PartFailed(
                f"binding {binding.callable!r}: the formula {binding.formula!r} is neither a function nor a bound of "
                f"{lemma.header.path.name}."
            )
    return {"bindings": len(lemma.bindings)}


def check_hammer(lemma: Lemma, measures: int, seed: int, device: str) -> Mapping[str, Any]:
    """A short campaign against the lemma's property; its worst ratio, and its counterexample if there is one."""
    if lemma.hammer is None:
        raise PartSkipped("no torch property to hammer")
    from proofcheck.hammer import campaign

    result = campaign(lemma.hammer, measures=measures, seed=seed, device=device)
    raise PartFailed(str(result))
