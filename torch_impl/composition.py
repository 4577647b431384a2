"""In-context composition: layers move the query and the context alike.

A layer is a map G(mu, x). Its bar map is (mu, x) -> (G(mu, .)_# mu, G(mu, x)), and layers compose as bar
maps, T = second component of bar G_L o ... o bar G_1 (LT-09). A layer that is 1-Lipschitz in x for a fixed
context does not make the token map X -> (G(mu_X, x_i))_i 1-Lipschitz: mu moves with X.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure

Layer = Callable[[Measure, Tensor], Tensor]


def bar(layer: Layer, measure: Measure, x: Tensor) -> tuple[Measure, Tensor]:
    """(mu, x) -> (G(mu, .)_# mu, G(mu, x)); atoms and queries go through the layer in one call.

    measure: points (*batch, n, d).   x: (*batch, q, d).

    Raises:
        ArgumentError: the layer does not return one row for each query.
    """
    n = measure.points.shape[-2]
    rows = torch.cat((measure.points, x), dim=-2)
    moved = layer(measure, rows)
    if moved.shape[:-1] != rows.shape[:-1]:
        raise ArgumentError(
            f"bar: a layer must map queries {tuple(rows.shape)} to as many rows, got {tuple(moved.shape)}. "
            "Keep the query axis."
        )
    return Measure(moved[..., :n, :], measure.weights), moved[..., n:, :]


class InContextTransformer(nn.Module):
    """T(mu, x) = second component of bar G_L o ... o bar G_1 at (mu, x).

    Layers are modules or plain functions (mu, x) -> x'; no layers is the identity.
    """

    def __init__(self, layers: Iterable[Layer]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layer if isinstance(layer, nn.Module) else _Function(layer) for layer in layers)

    def forward(self, measure: Measure, x: Tensor) -> Tensor:
        """(*batch, q, d) queries after the last layer."""
        return self.propagate(measure, x)[-1][1]

    def propagate(self, measure: Measure, x: Tensor) -> list[tuple[Measure, Tensor]]:
        """[(mu_0, x_0), ..., (mu_L, x_L)]: the input and what every layer leaves."""
        states = [(measure, x)]
        for layer in self.layers:
            states.append(bar(layer, *states[-1]))
        return states


class _Function(nn.Module):
    """A plain function (mu, x) -> x' as a module without parameters."""

    def __init__(self, function: Layer) -> None:
        super().__init__()
        self.function = function

    def forward(self, measure: Measure, x: Tensor) -> Tensor:
        return self.function(measure, x)
