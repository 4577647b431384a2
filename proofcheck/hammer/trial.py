"""What is on trial: a bound expression of a lemma, the quantities in it, and the torch callable it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.lemma import Property
from proofcheck.resolve import resolve
from torch_impl import bounds


@dataclass(frozen=True)
class Trial:
    """A lemma's `Property` with its bound resolved. `function` is what `Property.callable` names."""

    lemma: str
    prop: Property
    bound: sp.Basic | None
    function: Callable[..., Any]

    def with_bound(self, bound: sp.Basic) -> Trial:
        """The same trial with another bound: the constant on trial, weakened."""
        return replace(self, bound=exact_constants(bound))

    def with_function(self, function: Callable[..., Any]) -> Trial:
        """The same trial with other code: a planted bug, or a user's own layer."""
        return replace(self, function=function)

    @property
    def name(self) -> str:
        return self.prop.callable.partition(":")[2]

    def value(self, quantities: Mapping[str, Measured]) -> Measured:
        """The bound at measured quantities, and how far their errors move it (to first order)."""
        names = list(self.prop.quantities.items())
        values = {symbol: quantities[q].value for symbol, q in names}
        rows = self._moved(names, quantities)
        like = next(iter(values.values()))
        climbing = any(v.requires_grad for v in values.values())
        centre = self._evaluate(values, like) if climbing else rows[0]
        error = 4 * torch.finfo(like.dtype).eps * centre.detach().abs()
        if names:
            error = error + (rows[1::2] - rows[2::2]).abs().sum(0)
        return Measured(centre, error)

    def _moved(self, names: list[tuple[str, str]], quantities: Mapping[str, Measured]) -> Tensor:
        """The bound at the values, then with each quantity in turn up and down by its error: (1 + 2 count, ...).

        All in one evaluation, since walking the expression costs more than the numbers.
        """
        moved: dict[str, Tensor] = {}
        for k, (symbol, q) in enumerate(names):
            v, e = quantities[q].value.detach(), quantities[q].error.detach()
            stacked = v.expand(1 + 2 * len(names), *v.shape).clone()
            stacked[2 * k + 1] += e
            stacked[2 * k + 2] -= e
            moved[symbol] = stacked
        return self._evaluate(moved, next(iter(moved.values())))

    def centre(self, quantities: Mapping[str, Measured]) -> Tensor:
        """The bound alone, for climbing: no error, a third of the work."""
        values = {symbol: quantities[q].value for symbol, q in self.prop.quantities.items()}
        return self._evaluate(values, next(iter(values.values())))

    def _evaluate(self, values: Mapping[str, Tensor], like: Tensor) -> Tensor:
        result = bounds.evaluate(self._expression, values)
        return result if isinstance(result, Tensor) else torch.full_like(like, float(result))

    def exact_value(self, quantities: Mapping[str, exact.Number]) -> exact.Number:
        """The bound at exact quantities.

        Raises:
            exact.NoCondition: it divides by 0.
        """
        values = {symbol: quantities[q] for symbol, q in self.prop.quantities.items()}
        return exact.evaluate(self._expression, values)

    @property
    def _expression(self) -> sp.Basic:
        if self.bound is None:
            raise ArgumentError(f"{self.lemma}: the property names no bound, got bound={self.prop.bound!r}.")
        return self.bound


@dataclass(frozen=True)
class Measured:
    """A float quantity per measure and a bound of its absolute roundoff: both (batch,)."""

    value: Tensor
    error: Tensor


def trial(lemma: Any) -> Trial | None:
    """The first of `trials(lemma)`, None if the lemma has no HAMMER."""
    return next(iter(trials(lemma)), None)


def trials(lemma: Any) -> list[Trial]:
    """The trials of a lemma module, or of anything with the same fields (`.module` is looked through).

    HAMMER is one property, a tuple of them (one for each bound), or None.

    Raises:
        ArgumentError: a property names a bound or a callable that does not exist.
    """
    module = getattr(lemma, "module", lemma)
    hammer: Property | tuple[Property, ...] | None = getattr(module, "HAMMER", None)
    props = hammer if isinstance(hammer, tuple) else () if hammer is None else (hammer,)
    return [_trial(module, prop) for prop in props]


def _trial(module: Any, prop: Property) -> Trial:
    name = str(getattr(module, "ID", getattr(module, "__name__", "lemma")))
    table: Mapping[str, sp.Basic] = getattr(module, "BOUNDS", {})
    if prop.bound and prop.bound not in table:
        raise ArgumentError(
            f"{name}.HAMMER: bound must be a key of BOUNDS, got bound={prop.bound!r} (keys {sorted(table)})."
        )
    bound = exact_constants(table[prop.bound]) if prop.bound else None
    return Trial(name, prop, bound, resolve(prop.callable, f"{name}.HAMMER"))


def exact_constants(bound: sp.Basic | int) -> sp.Basic:
    """Decimals of a bound as the rationals that they are stored as, so that every evaluator agrees on them."""
    if isinstance(bound, int):
        return sp.Integer(bound)
    return bound.replace(lambda e: isinstance(e, sp.Float), lambda e: sp.Rational(e))
