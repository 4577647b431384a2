"""What a compared function is called with: symbols by shape and sign, constants, and NamedTuples of both.

    real(2, 3)          2 x 3 real symbols          x[0,0], ..., x[1,2]
    positive(3)         positive symbols
    weights(3)          positive symbols that sum to 1 along the last axis
    torch.tensor(...)   a constant: masks, indices, fixed weights (floats are read by `literals`)

`weights` are first taken for independent positive symbols (the stronger statement); where code and formula differ
so, they are taken for t_j/sum t, and only a difference that remains counts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
import torch
from torch import Tensor

from proofcheck.bind.graph import ENTRY_LIMIT
from proofcheck.bind.literals import read_literal
from proofcheck.bind.ops.table import array
from proofcheck.errors import ArgumentError

KINDS = ("real", "nonnegative", "positive", "weights")


@dataclass(frozen=True)
class Input:
    """A tensor of symbols."""

    shape: tuple[int, ...]
    kind: str = "real"

    def __post_init__(self) -> None:
        entries = math.prod(self.shape)
        if self.kind not in KINDS or any(n < 1 for n in self.shape) or (self.kind == "weights" and not self.shape):
            raise ArgumentError(
                f"Input: a kind among {', '.join(KINDS)} and a shape of positive sizes required, "
                f"got shape={self.shape}, kind={self.kind!r}."
            )
        if entries > ENTRY_LIMIT:
            raise ArgumentError(
                f"Input: at most {ENTRY_LIMIT} entries, got shape={self.shape} ({entries} symbols). "
                "Compare at toy sizes, such as 2 tokens and width 2: formulas do not change with the size."
            )


def real(*shape: int) -> Input:
    return Input(shape)


def positive(*shape: int) -> Input:
    return Input(shape, "positive")


def weights(*shape: int) -> Input:
    return Input(shape, "weights")


def symbols(name: str, spec: Input, *, normalised: bool = False) -> np.ndarray:
    """The symbols of one input; weights as t/sum t when `normalised`."""
    signs = {"real": {"real": True}, "nonnegative": {"nonnegative": True}}.get(spec.kind, {"positive": True})
    entries = [
        sp.Symbol(f"{name}[{','.join(map(str, place))}]" if place else name, **signs)
        for place in np.ndindex(*spec.shape)
    ]
    made = array(entries, spec.shape)
    if spec.kind == "weights" and normalised:
        return made / made.sum(axis=-1, keepdims=True)
    return made


def mapped(name: str, spec: Any, leaf: Callable[[str, Any], Any]) -> Any:
    """leaf(name, spec) for every leaf of nested tuples and NamedTuples, names by field."""
    if isinstance(spec, tuple | list):
        fields = getattr(spec, "_fields", [f"{name}_{i}" for i in range(len(spec))])
        parts = [mapped(field, part, leaf) for field, part in zip(fields, spec, strict=True)]
        return type(spec)(*parts) if hasattr(spec, "_fields") else type(spec)(parts)
    return leaf(name, spec)


def example(name: str, spec: Any) -> Any:
    """A tensor to export with; its values do not reach the graph."""
    if isinstance(spec, Input):
        return torch.full(spec.shape, 1.0 / max(spec.shape[-1:] or (1,)), dtype=torch.float64)
    return spec.double() if isinstance(spec, Tensor) and spec.is_floating_point() else spec


def for_formula(name: str, spec: Any, normalised: bool) -> Any:
    """What the formula is called with: object arrays, exact numbers."""
    if isinstance(spec, Input):
        return symbols(name, spec, normalised=normalised)
    if isinstance(spec, Tensor):
        unit = torch.finfo(spec.dtype).eps / 2 if spec.is_floating_point() else 0.0
        flat = spec.detach().cpu().reshape(-1).tolist()
        exact = [read_literal(v, unit).value if isinstance(v, float) else sp.Integer(v) for v in flat]
        return array(exact, tuple(spec.shape))
    return read_literal(spec).value if isinstance(spec, float) else spec


def flat_for_graph(inputs: Mapping[str, Any], normalised: bool) -> list[Any]:
    """Placeholders in order: object arrays for symbols and float constants, tensors for the other constants."""
    found: list[Any] = []

    def leaf(name: str, spec: Any) -> None:
        if isinstance(spec, Tensor) and not spec.is_floating_point():
            found.append(spec)
        else:
            found.append(for_formula(name, spec, normalised))

    for name, spec in inputs.items():
        mapped(name, spec, leaf)
    return found


def named_entries(inputs: Mapping[str, Any], normalised: bool) -> dict[str, sp.Expr]:
    """ "x[0,1]" -> expression, for every entry of the symbolic inputs."""
    found: dict[str, sp.Expr] = {}

    def leaf(name: str, spec: Any) -> None:
        if isinstance(spec, Input):
            values = symbols(name, spec, normalised=normalised).ravel()
            found.update(zip((s.name for s in symbols(name, spec).ravel()), values, strict=True))

    for name, spec in inputs.items():
        mapped(name, spec, leaf)
    return found
