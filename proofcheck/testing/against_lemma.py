"""A lemma of the library against somebody else's torch module: `check_module`; see `adapters` for the names.

The hammer compares the module with the lemma's formula within roundoff, exactly, and checks the bound. A
disagreement comes back as an AssertionError that holds the smallest example found and, where one is recognised,
the slip that explains it: undone before the module is called, it makes the two agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from proofcheck.hammer import campaign, exact
from proofcheck.hammer.confirm import Decision, Status
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.kinds import kind_of
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.result import CampaignResult
from proofcheck.hammer.trial import Trial
from proofcheck.testing.adapters import Factory, ModuleAdapter, UniformAttention, adapt
from torch_impl.measures import Measure

FACTORS = (2.0, 0.5, 1.5, 2 / 3, 3.0, 1 / 3, 4.0, 0.25, -1.0)


def check_module(
    lemma: Any,
    module: nn.Module | Factory,
    *,
    measures: int = 600,
    seed: int = 0,
    dtype: torch.dtype = torch.float64,
    **places: Any,
) -> CampaignResult:
    """Test a user's module against a lemma: the formula within roundoff, and the lemma's bound. Arguments: `adapt`.

    Raises:
        AssertionError: they disagree, or nothing could be decided; the message holds the smallest example found.
        ArgumentError: see `adapt` and `ModuleAdapter.check`.
    """
    on_trial = adapt(lemma, module, **places)
    adapter = _adapter(on_trial)
    kind = kind_of(on_trial)
    _first_look(kind, adapter, dtype)
    # one worker: a module under functional_call cannot serve two threads
    result = campaign(on_trial, measures=measures, seed=seed, dtype=dtype, workers=1, adversary=False)
    if result.decision != "holds":
        raise AssertionError(report(on_trial, result))
    return result


def report(on_trial: Trial, result: CampaignResult) -> str:
    """The failure of a campaign against a module, for a reader."""
    adapter, found = _adapter(on_trial), result.counterexample
    if found is None:
        return f"{on_trial.lemma}: {adapter.name} could not be decided. {result.reason}"
    says = found["detail"].replace(on_trial.name, adapter.name, 1)
    lines = [f"{on_trial.lemma}: {adapter.name} is not the layer that the lemma speaks of. {says}."]
    if found["level"] == "statement":
        lines = [f"{on_trial.lemma}: the bound {found['bound']} fails. {says}."]
    lines.append("  Smallest example found (exact):")
    values = {**found["fields"], **found["witness"]}
    lines += [f"    {name} = {_shown(value)}" for name, value in values.items()]
    hint = diagnosis(on_trial)
    if hint:
        lines.append(f"  {hint}")
    lines.append(f"  Found after {result.measures} measures with seed {result.seed}.")
    return "\n".join(lines)


def replay(on_trial: Trial, counterexample: Mapping[str, Any]) -> Decision:
    """Decide a counterexample of a campaign again, from its text alone."""
    kind = kind_of(on_trial)
    sample = {name: _read(value) for name, value in counterexample["fields"].items()}
    if counterexample["level"] == "statement":
        return kind.decide(sample)
    like = {name: torch.zeros((), dtype=torch.float64) for name in sample}
    return kind.check_code(kind.case(sample, like))


def diagnosis(on_trial: Trial) -> str:
    """The common slip that, undone before the module is called, makes it agree with the formula; or nothing."""
    slips: list[tuple[str, Callable[[ModuleAdapter], Callable[..., Tensor]]]] = []
    adapter = _adapter(on_trial)
    names = adapter.names
    for matrix in ("A", "W"):
        if matrix in names:
            at = names.index(matrix)
            slips.append((f"{matrix} seems to be transposed", lambda f, at=at: _changing(f, at, lambda M: M.mT)))
    if "step" in names:
        at = names.index("step")
        for factor in FACTORS:
            says = f"the step seems to be taken {factor:.4g} times"
            says = "the step seems to have the wrong sign" if factor < 0 else says
            slips.append((says, lambda f, at=at, c=factor: _changing(f, at, lambda s: s / c)))
    for says, change in slips:
        if _agrees(on_trial.with_function(change(adapter))):
            return f"Likely cause: {says}: with that undone, the module agrees with the formula on every case tried."
    if "weights" in adapter.places:
        uniform = replace(on_trial.prop, options={**on_trial.prop.options, "layer": UniformAttention()})
        if on_trial.name == "gradient_attention" and _agrees(replace(on_trial, prop=uniform)):
            return "Likely cause: the weights seem to be ignored: with equal weights the two agree."
    return ""


def _agrees(on_trial: Trial) -> bool:
    """The code agrees with the formula on cases that tell A from its transpose and weights from each other."""
    kind = kind_of(on_trial)
    config = Configuration("gaussian", d=2, n=3, batch=8, seed=1)
    try:
        case = kind.draw(config, config.generator())
        return all(kind.check_code(kind.pick(case, i)).status is Status.HOLDS for i in range(8))
    except (ValueError, RuntimeError):
        return False


def _changing(function: Callable[..., Tensor], at: int, change: Callable[[Any], Any]) -> Callable[..., Tensor]:
    def changed(*arguments: Any) -> Tensor:
        return function(*(change(a) if i == at else a for i, a in enumerate(arguments)))

    return changed


def _first_look(kind: Kind, adapter: ModuleAdapter, dtype: torch.dtype) -> None:
    """`ModuleAdapter.check` on one small case, in the shapes that the kind calls the layer with."""
    seen: list[dict[str, Tensor]] = []

    def spy(*arguments: Any) -> Tensor:
        given: dict[str, Tensor] = {}
        for name, value in zip(adapter.names, arguments, strict=True):
            given |= {"points": value.points, "weights": value.weights} if isinstance(value, Measure) else {name: value}
        query = given["query"]
        seen.append({k: v[0] if isinstance(v, Tensor) else query.new_tensor(v) for k, v in given.items()})
        raise _Seen

    config = Configuration("gaussian", d=2, n=3, batch=1, pairs=2, dtype=dtype)
    probing = type(kind)(kind.trial.with_function(spy))
    try:
        probing.ratio(probing.draw(config, config.generator()))
    except _Seen:
        adapter.check(seen[0])


class _Seen(Exception):
    """The spy has what it came for."""


def _adapter(on_trial: Trial) -> ModuleAdapter:
    if not isinstance(on_trial.function, ModuleAdapter):
        raise ArgumentError(f"check_module: required a trial made by adapt, got one of {on_trial.function!r}.")
    return on_trial.function


def _read(value: Any) -> Any:
    return [_read(v) for v in value] if isinstance(value, list) else exact.fmpq(*map(int, value.split("/")))


def _shown(value: Any) -> str:
    return "[" + ", ".join(_shown(v) for v in value) + "]" if isinstance(value, list) else str(value)
