"""The two models, and a forward pass that shares work between images.

Both are a lifting, layers that move tokens and query, a read-out; both answer at one fixed query. `run` computes the
same as applying every layer to every token (tested), without what cannot matter: MLP layers in front of the first
attention act on the 64 pixels once for all images, and tokens stand still behind the last attention.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from torch_impl.composition import bar
from torch_impl.deep import DeepTransformer
from torch_impl.measures import Measure
from torch_impl.network import AttentionStep, Network

Layer = Callable[[Measure, Tensor], Tensor]


class Parts(NamedTuple):
    """lift: y -> y', rows of tokens.   layers: maps (mu, x) -> x'.   attends: which of them look at mu."""

    lift: Callable[[Tensor], Tensor]
    layers: Sequence[Layer]
    attends: Sequence[bool]
    readout: Callable[[Tensor], Tensor]


def run(parts: Parts, points: Tensor, weights: Tensor) -> Tensor:
    """Logits (B, classes) at the query 0 for contexts with weights (B, n) on points (n, 2) or (B, n, 2)."""
    y, x = parts.lift(points), parts.lift(torch.zeros_like(points[..., :1, :]))
    last = max((k for k, attends in enumerate(parts.attends) if attends), default=-1)
    nobody = Measure(y, weights)
    for k, (layer, attends) in enumerate(zip(parts.layers, parts.attends, strict=True)):
        if not attends:
            x = layer(nobody, x)
            y = layer(nobody, y) if k < last else y
            continue
        y, x = (t.expand(len(weights), -1, -1) for t in (y, x))
        if k < last:
            (y, _), x = bar(layer, Measure(y, weights), x)
        else:
            x = layer(Measure(y, weights), x)
    return parts.readout(x).squeeze(-2).expand(len(weights), -1)


def parts_of(model: DeepTransformer) -> Parts:
    """The Lipschitz model as it is now, differentiable."""
    lift, layers, readout = model.resolve()
    return Parts(
        lambda y: y @ lift.entries.mT,
        layers,
        [layer.bias is None for layer in layers],
        lambda x: x @ readout.entries.mT,
    )


def parts_of_network(network: Network) -> Parts:
    """A frozen (saved, loaded) Lipschitz model."""
    return Parts(
        lambda y: y @ network.lift.mT,
        network.layers,
        [isinstance(layer, AttentionStep) for layer in network.layers],
        lambda x: x @ network.readout.mT,
    )


def lipschitz_model(layers: Sequence[str], width: int, domain_radius: float, classes: int) -> DeepTransformer:
    """Largest steps; folds along orthogonal directions to start with, a small A."""
    model = DeepTransformer(2, width, classes, layers, diameter=2 * domain_radius, theta=1.0)
    nn.init.orthogonal_(model.lift.data)
    for name, parameter in model.named_parameters():
        if name.endswith(".W"):
            nn.init.orthogonal_(parameter.data)
        elif name.endswith(".b"):
            nn.init.uniform_(parameter.data, -1, 1)
        elif name.endswith(".A"):
            parameter.data.mul_(0.1)
    return model


class Unconstrained(nn.Module):
    """Ordinary softmax attention and MLP residuals: x + W2 relu(W1 x + b), x + sum_j softmax_j(<Kx, Ly_j>) My_j."""

    def __init__(self, layers: Sequence[str], width: int, classes: int, hidden: int, heads: int) -> None:
        super().__init__()
        self.lift = nn.Linear(2, width)
        self.layers = nn.ModuleList(
            _Attention(width, heads) if name == "attention" else _Residual(width, hidden) for name in layers
        )
        self.readout = nn.Linear(width, classes)

    def parts(self) -> Parts:
        """The same parts as the Lipschitz model."""
        layers = list(self.layers)
        return Parts(self.lift, layers, [isinstance(layer, _Attention) for layer in layers], self.readout)


class _Residual(nn.Module):
    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.inner, self.outer = nn.Linear(width, hidden), nn.Linear(hidden, width)

    def forward(self, measure: Measure, x: Tensor) -> Tensor:
        return x + self.outer(torch.relu(self.inner(x)))


class _Attention(nn.Module):
    """The weights of the atoms enter the scores as log w: a token of weight 2w counts as two of weight w."""

    def __init__(self, width: int, key: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, key, bias=False), nn.Linear(width, key, bias=False)
        self.value = nn.Linear(width, width, bias=False)

    def forward(self, measure: Measure, x: Tensor) -> Tensor:
        y, weights = measure
        scores = self.query(x) @ self.key(y).mT / math.sqrt(self.key.out_features)
        scores = torch.where(
            (weights > 0).unsqueeze(-2), scores + weights.clamp_min(1e-30).log().unsqueeze(-2), -torch.inf
        )
        return x + torch.softmax(scores, -1) @ self.value(y)


def unconstrained_model(layers: Sequence[str], width: int, classes: int, like: nn.Module) -> Unconstrained:
    """Of nearly the same number of parameters as `like`: keys of half the width, the hidden size that comes closest."""
    size = parameters(like)
    candidates = [Unconstrained(layers, width, classes, hidden, max(1, width // 2)) for hidden in range(1, 2 * width)]
    return min(candidates, key=lambda model: abs(parameters(model) - size))


def parameters(model: nn.Module) -> int:
    """Trainable numbers."""
    return sum(p.numel() for p in model.parameters())
