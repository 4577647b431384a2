"""A user's torch module seen as the callable that a lemma speaks of.

    check_module(
        "attention-step", MyAttention(d=4),
        query="x", context="memory", weights="mass", A="W_qk", step="eta",
    )

Each name says where the module keeps a quantity of the lemma: an argument of `forward`, a parameter, a buffer or
a plain attribute. The hammer writes its own tensors there: many sizes, scales and degenerate shapes (`against_lemma`).

A quantity that is stored otherwise is given as a table of functions: `A={"W_k": lambda A: A.mT, "W_q": eye_like}`.
Limits: sizes up to 64 atoms and 16 coordinates; float32 and float64; no dropout in train mode, no randomness, no
changes of the input. All of these are refused, none is skipped.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.hammer.families import Configuration
from proofcheck.hammer.layers import Attention, Case
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Trial, trial
from torch_impl.measures import Measure

Place = str | Mapping[str, Callable[[Tensor], Tensor]]
Factory = Callable[[int, int], nn.Module]

# the arguments of each callable that a lemma speaks of, by the names that are used here
SIGNATURES: dict[str, tuple[str, ...]] = {
    "gradient_mlp": ("query", "W", "b", "step"),
    "gradient_attention": ("measure", "query", "A", "step"),
    "affine_mean": ("measure", "query", "q", "c"),
    "attention_mean": ("measure", "query", "A"),
    "attention_covariance": ("measure", "query", "A"),
    "log_partition": ("measure", "query", "A"),
    "sorting_step": ("query",),
    "softmax": ("query",),
}


@dataclass(frozen=True)
class ModuleAdapter:
    """A user's module seen as the callable that a lemma speaks of. Made by `adapt`.

    places: quantity ("query", "points", "weights", "A", "W", "b", "step", ...) -> where the module keeps it.
    one_query: forward takes one query (d,) rather than (q, d).   batched: forward wants a leading axis of length 1.
    loop: call the module once per case instead of under vmap: slow, but nothing is asked of its operations.
    """

    module: nn.Module | Factory
    names: tuple[str, ...]
    places: Mapping[str, Place]
    one_query: bool = False
    batched: bool = False
    loop: bool = False
    built: dict[tuple[int, int], nn.Module] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return type(self.module).__name__ if isinstance(self.module, nn.Module) else _name_of(self.module)

    @property
    def weightless(self) -> bool:
        """A module without weights sees the uniform measure on its context."""
        return "measure" in self.names and "weights" not in self.places

    def __call__(self, *arguments: Any) -> Tensor:
        """The layer of the lemma, in its own argument order and with its batch axes."""
        given: dict[str, Tensor] = {}
        for name, value in zip(self.names, arguments, strict=True):
            if isinstance(value, Measure):
                given |= {"points": value.points, "weights": value.weights}
            else:
                given[name] = value
        if self.weightless:
            weights = given.pop("weights")
            if bool((weights != weights[..., :1]).any()):
                raise ArgumentError(f"{self.name}: no place for weights was named, so all weights must be equal.")
        query = given["query"]
        self._built({k: v[0] if v.ndim > 2 else v for k, v in given.items() if isinstance(v, Tensor)})  # not under vmap
        given = {k: v if isinstance(v, Tensor) else query.new_tensor(v) for k, v in given.items()}
        rows = query.shape[:1]
        whole = query.ndim >= 2 and all(v.shape[:1] == rows for v in given.values())
        if not whole:
            return self._once(given)
        if self.loop:
            slices = [{k: v[i] for k, v in given.items()} for i in range(query.shape[0])]
            return torch.stack([self._once(s) for s in slices])
        return self._mapped(given)

    def _mapped(self, given: dict[str, Tensor]) -> Tensor:
        names = list(given)

        def one(*values: Tensor) -> Tensor:
            return self._once(dict(zip(names, values, strict=True)))

        try:
            return vmap(one)(*given.values())
        except RuntimeError as error:
            raise ArgumentError(
                f"{self.name}: the module cannot be evaluated for many cases at once ({_first_line(error)}). Likely "
                "causes: (a) control flow or shapes that depend on the values of tensors, (b) dropout or other "
                "randomness: call .eval(), (c) an operation in place. Pass loop=True to call it once per case."
            ) from error

    def _once(self, given: Mapping[str, Tensor]) -> Tensor:
        """One case without batch axis: query (q, d)."""
        if not self.one_query:
            return self._call(given)
        rest = {k: v for k, v in given.items() if k != "query"}
        return torch.stack([self._call({**rest, "query": x}) for x in given["query"]])

    def _call(self, given: Mapping[str, Tensor]) -> Tensor:
        module = self._built(given)
        like = given["query"]
        arguments, replaced, attributes = self._write(module, given)
        with _attributes(module, attributes):
            # copies: a module that counts its calls starts every call from the same state
            state = {k: v.to(like).clone() if v.is_floating_point() else v.clone() for k, v in _state(module).items()}
            out = functional_call(module, state | replaced, (), arguments)
        if not isinstance(out, Tensor):
            raise ArgumentError(f"{self.name}: forward must return a tensor, got {type(out).__name__}. Wrap it.")
        out = out.squeeze(0) if self.batched else out
        if out.dtype != like.dtype:
            raise ArgumentError(
                f"{self.name}: forward must keep the dtype, got {out.dtype} for {like.dtype} input. "
                "A cast inside hides roundoff. Remove it, or pass dtype=torch.float32."
            )
        return out

    def _built(self, given: Mapping[str, Tensor]) -> nn.Module:
        if isinstance(self.module, nn.Module):
            return self.module
        atoms = given.get("points", given.get("W", given["query"]))
        size = given["query"].shape[-1], atoms.shape[-2] if atoms.ndim > 1 else 1
        if size not in self.built:
            self.built[size] = self.module(*size)
        return self.built[size]

    def _write(
        self, module: nn.Module, given: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
        """(arguments of forward, parameters and buffers, plain attributes) with the lemma's tensors in place."""
        arguments, replaced, attributes = {}, {}, {}
        state = _state(module)
        for quantity, place in self.places.items():
            table = {place: _same} if isinstance(place, str) else place
            for name, function in table.items():
                value = function(given[quantity])
                if name in _forward_names(module):
                    arguments[name] = value.unsqueeze(0) if self.batched and value.ndim else value
                elif name in state:
                    replaced[name] = value
                else:
                    attributes[name] = value
        return arguments, replaced, attributes

    def check(self, sizes: Mapping[str, Tensor]) -> None:
        """Refuse what would make the comparison meaningless, on one case without batch.

        Raises:
            ArgumentError: a name that does not exist, an unusual dtype, a detached, random or impure forward.
        """
        module = self._built(sizes)
        state = _state(module)
        known = {*_forward_names(module), *state}
        for name in (n for place in self.places.values() for n in ([place] if isinstance(place, str) else place)):
            if name not in known and not _has(module, name):
                near = difflib.get_close_matches(name, sorted(known), 3)
                hint = f"Did you mean {', '.join(near)}?" if near else f"It has {', '.join(sorted(known))}."
                raise ArgumentError(
                    f"{self.name}: every quantity needs a forward argument, parameter, buffer or attribute, got "
                    f"{name!r}. {hint}"
                )
        for name, tensor in state.items():
            if tensor.is_complex():
                raise ArgumentError(f"{self.name}: complex parameters are not covered, got {name} ({tensor.dtype}).")
            if name in module._parameters and not tensor.is_floating_point():
                raise ArgumentError(f"{self.name}: parameters must be floating, got {name} ({tensor.dtype}).")
        before = {k: v.clone() for k, v in sizes.items()}
        leaf = {**sizes, "query": sizes["query"].clone().requires_grad_(True)}
        try:
            first = self._once(leaf)
            changed = [k for k, v in before.items() if not torch.equal(v, sizes[k])]
            second = self._once(sizes)
        except (RuntimeError, IndexError, TypeError) as error:
            raise ArgumentError(
                f"{self.name}: forward failed at query {tuple(sizes['query'].shape)} ({_first_line(error)}). "
                "If sizes are fixed inside the module, pass a function (d, n) -> module instead of a module."
            ) from error
        if changed:
            raise ArgumentError(f"{self.name}: forward must not change its input in place, it changes {changed[0]}.")
        if not torch.equal(first.detach(), second.detach()):
            raise ArgumentError(
                f"{self.name}: two calls with the same input differ. Call .eval(), or remove the randomness."
            )
        if first.shape[:1] != sizes["query"].shape[:1]:
            raise ArgumentError(
                f"{self.name}: forward must return one row per query, got {tuple(first.shape)} for queries "
                f"{tuple(sizes['query'].shape)}. Set one_query=True if it takes a single one."
            )
        if not first.requires_grad:
            raise ArgumentError(f"{self.name}: the output must depend on the query differentiably, it is detached.")


class UniformAttention(Attention):
    """Attention over contexts without weights: every draw has equal weights."""

    def draw(self, config: Configuration, generator: Source) -> Case:
        return _uniform(super().draw(config, generator))

    def extremal(self, config: Configuration) -> tuple[Case, Tensor, Tensor]:
        case, x, y = super().extremal(config)
        return _uniform(case), x, y

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        return _uniform(super().build(parameters))


def adapt(
    lemma: Any,
    module: nn.Module | Factory,
    *,
    query: Place,
    context: Place | None = None,
    weights: Place | None = None,
    one_query: bool = False,
    batched: bool = False,
    loop: bool = False,
    **quantities: Place,
) -> Trial:
    """The hammer's trial of a lemma with the user's module in place of our code.

    Args:
        lemma: its name ("attention-step", "LT-04"), a lemma module, or a Trial.
        module: an nn.Module whose forward works for every size, or a function (d, n) -> module, n the number of
            atoms (attention) or hidden units (MLP).
        query, context, weights: where forward takes x (q, d), the atoms (n, d) and their weights (n,); without
            weights the module is taken to average uniformly.
        quantities: where the module keeps the rest of the lemma's quantities: A, or W and b, and step.

    Raises:
        ArgumentError: the lemma speaks of no callable, a quantity is missing or unknown.
    """
    on_trial = trial_of(lemma)
    if on_trial.name not in SIGNATURES:
        raise ArgumentError(f"adapt: no adapter for {on_trial.name!r}; there is one for {', '.join(SIGNATURES)}.")
    names = SIGNATURES[on_trial.name]
    places = {k: v for k, v in {"query": query, "points": context, "weights": weights}.items() if v is not None}
    needed = [n for n in names if n not in ("measure", "query")]
    expected = {*needed, *(["points"] if "measure" in names else [])}
    missing = sorted(expected - {*places, *quantities})
    extra = sorted(set(quantities) - set(needed)) + ([] if "measure" in names else sorted({"points"} & set(places)))
    if missing or extra:
        said = [m.replace("points", "context") for m in missing]
        wanted = ", ".join(["query", *(["context"] if "measure" in names else []), *needed])
        raise ArgumentError(
            f"adapt: {on_trial.lemma} needs {wanted}, got none for {said}, and {extra} that it does not know."
        )
    if "points" in places and places["points"] == places["query"]:
        raise ArgumentError("adapt: context and query must be two arguments of forward. The lemma moves them apart.")
    adapter = ModuleAdapter(module, names, {**places, **quantities}, one_query, batched, loop)
    changed = on_trial.with_function(adapter)
    if adapter.weightless and on_trial.name == "gradient_attention":
        options = {**changed.prop.options, "layer": UniformAttention()}
        changed = replace(changed, prop=replace(changed.prop, options=options))
    elif adapter.weightless:
        raise ArgumentError(f"adapt: {on_trial.name} needs a place for weights. A uniform context is no measure here.")
    return changed


def trial_of(lemma: Any) -> Trial:
    """The trial of a lemma given by name, by module, or as a Trial.

    Raises:
        ArgumentError: no such lemma, or it has no HAMMER property.
    """
    if isinstance(lemma, Trial):
        return lemma
    loaded = registry.load(registry.find(lemma)) if isinstance(lemma, str) else lemma
    found = trial(loaded)
    if found is None:
        raise ArgumentError(f"adapt: {lemma} has no HAMMER property. It speaks of no torch callable.")
    return found


def _uniform(case: Case) -> Case:
    return {**case, "weights": torch.full_like(case["weights"], 1 / case["weights"].shape[-1])}


def _state(module: nn.Module) -> dict[str, Tensor]:
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _forward_names(module: nn.Module) -> tuple[str, ...]:
    return tuple(inspect.signature(module.forward).parameters)


def _has(module: nn.Module, name: str) -> bool:
    owner, _, last = name.rpartition(".")
    try:
        return hasattr(module.get_submodule(owner), last)
    except AttributeError:
        return False


@contextmanager
def _attributes(module: nn.Module, values: Mapping[str, Tensor]) -> Iterator[None]:
    """Plain attributes replaced inside the block."""
    before = []
    for name, value in values.items():
        owner, _, last = name.rpartition(".")
        holder = module.get_submodule(owner)
        before.append((holder, last, getattr(holder, last)))
        setattr(holder, last, value)
    try:
        yield
    finally:
        for holder, last, value in reversed(before):
            setattr(holder, last, value)


def _same(value: Tensor) -> Tensor:
    return value


def _name_of(factory: Factory) -> str:
    return getattr(factory, "__name__", type(factory).__name__)


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
