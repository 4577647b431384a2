"""The graph part of a check: every torch callable that a lemma names, against the formula its binding names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, Protocol

from proofcheck.bind.compare import Agreement, Result, Undecided, compare_all
from proofcheck.bind.errors import UnsupportedOp
from proofcheck.bind.formulas import Formula, formula
from proofcheck.bind.inputs import Input, mapped
from proofcheck.errors import ArgumentError
from proofcheck.lemma import Binding
from proofcheck.resolve import resolve

AGREES, DIFFERS, UNDECIDED, UNSUPPORTED = "agrees", "differs", "undecided", "unsupported"


@dataclass(frozen=True)
class BindingResult:
    """One callable against one formula over all its cases; `detail` is the first case that does not agree.

    verdict: agrees, differs (with a rational input), undecided, unsupported (an op or control flow without formula).
    """

    callable: str
    formula: str
    verdict: str
    sizes: tuple[str, ...]
    entries: int
    seconds: float
    detail: str = ""
    literals: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.verdict == AGREES


class HasBindings(Protocol):
    """A lemma, as far as this module looks at it."""

    @property
    def bindings(self) -> tuple[Binding, ...]: ...


def check_bindings(lemma: HasBindings) -> list[BindingResult]:
    """Each binding of the lemma, in order.

    Raises:
        ArgumentError: a binding names no callable or no formula.
    """
    return [check_binding(b) for b in lemma.bindings]


def check_binding(binding: Binding) -> BindingResult:
    """One binding; see `check_bindings`."""
    return check_callable(binding.callable, resolve(binding.callable, "binding"), formula(binding.formula))


def check_callable(name: str, function: Any, expected: Formula) -> BindingResult:
    """A callable at every case of a formula; stops at the first that does not agree."""
    start = perf_counter()
    results: list[Result] = []
    sizes = tuple(_sizes(case) for case in expected.cases)
    verdict, detail = AGREES, ""
    try:
        results = compare_all(function, expected.function, expected.cases)
        if not isinstance(results[-1], Agreement):
            verdict = UNDECIDED if isinstance(results[-1], Undecided) else DIFFERS
            detail = f"at {sizes[len(results) - 1]}: {results[-1]}"
    except (UnsupportedOp, ArgumentError) as error:
        verdict, detail = UNSUPPORTED, str(error)
    agreed = [r for r in results if isinstance(r, Agreement)]
    literals = {text: str(value) for r in agreed for text, value in r.literals.items()}
    seconds = round(perf_counter() - start, 3)
    entries = sum(r.entries for r in agreed)
    return BindingResult(name, expected.text, verdict, sizes, entries, seconds, detail, literals)


def _sizes(case: Mapping[str, Any]) -> str:
    found: list[str] = []

    def leaf(name: str, spec: Any) -> None:
        if isinstance(spec, Input):
            found.append(f"{name} {'x'.join(map(str, spec.shape)) or 'scalar'}")
        elif hasattr(spec, "shape"):
            found.append(f"{name} = {spec.tolist()}")

    for name, spec in case.items():
        mapped(name, spec, leaf)
    return ", ".join(found)
