"""The two gradient layers as the hammer sees them: how to draw one, call it, bound its roundoff, evaluate it exactly.

    mlp         x - step * W^T relu(W x + b)            fields W (batch, k, d), b (batch, k)
    attention   x - step * E_x[A y]                     fields points, weights, A (batch, d, d)

Both are x - step * g(x). `pull` is g, exactly; `pull_difference` is g(x) - g(y) with an exact 0 where the
formula has one. The exact twins here share no code with torch_impl: they are what it is judged by.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact, quantities
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, measures, normal
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.shared_context import SharedContext, shared_context
from proofcheck.hammer.trial import Measured
from torch_impl.measures import Measure

DECADE = math.log(10)

Case = dict[str, Tensor]
Sample = dict[str, Any]  # the same fields for one measure and one pair, exact


class AbstractLayer(abc.ABC):
    """A layer x - step * g(x) with everything the kinds need to know about it."""

    name: str
    axes: Mapping[str, tuple[str, ...]]

    @abc.abstractmethod
    def draw(self, config: Configuration, generator: Source) -> Case: ...

    @abc.abstractmethod
    def extremal(self, config: Configuration) -> tuple[Case, Tensor, Tensor]:
        """The known worst case, batch 1, with the pair x, y (1, 1, d) that shows it; n >= 2 for attention."""

    @abc.abstractmethod
    def call(self, function: Callable[..., Any], case: Case, x: Tensor, step: Tensor) -> Tensor: ...

    @abc.abstractmethod
    def error(self, case: Case, x: Tensor, step: Tensor) -> Tensor:
        """First-order bound of |call - formula| per query: (batch, q); inf where the expansion is no bound."""

    @abc.abstractmethod
    def quantity(self, name: str, case: Case) -> Measured: ...

    @abc.abstractmethod
    def exact_quantity(self, name: str, sample: Sample) -> Number: ...

    @abc.abstractmethod
    def reach(self, case: Case) -> tuple[Tensor, Tensor, Tensor]:
        """A length scale for queries (batch,), a direction that matters and a centre that matters (batch, d)."""

    def shared(self, case: Case) -> SharedContext | None:
        """The context of a case, ready for many queries at once, where g(x) is a tilted mean up to a constant."""
        del case
        return None

    @abc.abstractmethod
    def parameters(self, case: Case) -> dict[str, Tensor]: ...

    @abc.abstractmethod
    def build(self, parameters: Mapping[str, Tensor]) -> Case: ...

    @abc.abstractmethod
    def pull(self, sample: Sample, x: Vector) -> Vector: ...

    def pull_difference(self, sample: Sample, x: Vector, y: Vector) -> Vector:
        return exact.minus(self.pull(sample, x), self.pull(sample, y))

    def unknown(self, name: str) -> ArgumentError:
        return ArgumentError(f"HAMMER: no quantity {name!r} for the layer {self.name!r} in this kind.")


class Mlp(AbstractLayer):
    """F(x) = x - step * W^T relu(W x + b); the rows of W are a cloud of the family."""

    name = "mlp"
    axes: Mapping[str, tuple[str, ...]] = {"W": ("unit", "d"), "b": ("unit",)}

    def draw(self, config: Configuration, generator: Source) -> Case:
        W = measures(config, generator).points
        size = W.square().sum(-1).amax(-1, keepdim=True).sqrt()
        b = normal(config, generator, config.batch, config.n) * size
        b[::3] = 0
        b[1::3] = 100 * size[1::3]  # every unit active around the origin: F is affine there
        return {"W": W, "b": b}

    def extremal(self, config: Configuration) -> tuple[Case, Tensor, Tensor]:
        W = torch.zeros(1, config.n, config.d, dtype=config.dtype, device=config.device)
        W[0, 0, 0] = 1
        x = torch.zeros(1, 1, config.d, dtype=config.dtype, device=config.device)
        x[..., 0] = 0.25
        return {"W": W, "b": torch.ones_like(W[..., 0])}, x, -x

    def call(self, function: Callable[..., Any], case: Case, x: Tensor, step: Tensor) -> Tensor:
        return function(x, case["W"], case["b"], step)

    def error(self, case: Case, x: Tensor, step: Tensor) -> Tensor:
        u = unit_roundoff(x)
        k, d = case["W"].shape[-2:]
        norm = case["W"].flatten(-2).norm(dim=-1).unsqueeze(-1)
        length = x.norm(dim=-1)
        hidden = norm * length + case["b"].norm(dim=-1).unsqueeze(-1)
        return 2 * u * length + 1.1 * (d + k + 8) * u * step.unsqueeze(-1) * norm * hidden

    def quantity(self, name: str, case: Case) -> Measured:
        if name in ("operator_norm", "weight_norm"):
            return quantities.operator_norm(case["W"])
        if name == "bias_pull":  # |W^T relu(b)|
            W, b = case["W"], case["b"]
            value = (torch.relu(b).unsqueeze(-2) @ W).squeeze(-2).norm(dim=-1)
            size = W.detach().flatten(-2).norm(dim=-1) * b.detach().norm(dim=-1)
            return Measured(value, (sum(W.shape[-2:]) + 4) * unit_roundoff(b) * size)
        raise self.unknown(name)

    def exact_quantity(self, name: str, sample: Sample) -> Number:
        if name in ("operator_norm", "weight_norm"):
            return exact.operator_norm(sample["W"])
        if name == "bias_pull":
            bias = [max(v, fmpq(0)) for v in sample["b"]]
            return exact.sqrt(exact.norm2(exact.apply(exact.transpose(sample["W"]), bias)))
        raise self.unknown(name)

    def reach(self, case: Case) -> tuple[Tensor, Tensor, Tensor]:
        _, _, right = torch.linalg.svd(case["W"], full_matrices=False)
        top = right[..., 0, :]
        return torch.ones_like(top[..., 0]), top, torch.zeros_like(top)

    def parameters(self, case: Case) -> dict[str, Tensor]:
        return {"W": case["W"], "b": case["b"]}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        return {"W": parameters["W"], "b": parameters["b"]}

    def pull(self, sample: Sample, x: Vector) -> Vector:
        W, b = sample["W"], sample["b"]
        hidden = [max(exact.dot(row, x) + c, fmpq(0)) for row, c in zip(W, b, strict=True)]
        return exact.apply(exact.transpose(W), hidden)


class Attention(AbstractLayer):
    """G(mu, x) = x - step * E_x[A y], E_x the mean under weights a_j exp<x, A y_j> / Z."""

    name = "attention"
    axes: Mapping[str, tuple[str, ...]] = {"points": ("atom", "d"), "weights": ("atom",), "A": ("d", "d")}

    def draw(self, config: Configuration, generator: Source) -> Case:
        points, weights = measures(config, generator)
        A = normal(config, generator, config.batch, config.d, config.d) / config.d**0.5
        A[::4] = torch.eye(config.d, dtype=config.dtype, device=config.device)
        A[1::8] = -A[::8][: A[1::8].shape[0]]
        return {"points": points, "weights": weights, "A": A}

    def extremal(self, config: Configuration) -> tuple[Case, Tensor, Tensor]:
        side = 1 - 2 * (torch.arange(config.n, device=config.device) % 2).to(config.dtype)
        points = torch.zeros(1, config.n, config.d, dtype=config.dtype, device=config.device)
        points[0, :, 0] = side
        groups = torch.where(side > 0, (side > 0).sum(), (side < 0).sum()).to(config.dtype)
        weights = 1 / groups
        x = torch.zeros(1, 1, config.d, dtype=config.dtype, device=config.device)
        x[..., 0] = 2.0**-6  # tanh(s)/s = 1 - s^2/3 with s = 1/64: 0.99992 of the limit
        A = torch.eye(config.d, dtype=config.dtype, device=config.device).unsqueeze(0)
        return {"points": points, "weights": (weights / weights.sum()).unsqueeze(0), "A": A}, x, -x

    def call(self, function: Callable[..., Any], case: Case, x: Tensor, step: Tensor) -> Tensor:
        return function(Measure(case["points"], case["weights"]), x, case["A"], step)

    def mean_error(self, case: Case, x: Tensor, lengths: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Relative error of the tilted weights per query (batch, q), and |A|_F max |y_j| (batch, 1); lengths = |x|.

        Where the latter is 0, so is the former, as no weight matters: not inf, which times 0 would be no number.

        A score <x, A y> is off by (2 d + 6) u S, S = |x||A|_F max|y|; log a_j by u |log a_j|; subtracting the
        maximum by 4 u (S + max |log a_j|). exp turns that into a relative error, normalising doubles it.
        """
        u = unit_roundoff(x)
        n, d = case["points"].shape[-2:]
        size = case["A"].flatten(-2).norm(dim=-1) * case["points"].norm(dim=-1).amax(-1)
        logs = case["weights"].amin(-1).log().abs()
        score = (x.norm(dim=-1) if lengths is None else lengths) * size.unsqueeze(-1)
        delta = u * ((2 * d + 10) * score + 5 * logs.unsqueeze(-1) + 4)
        relative, size = 2 * delta + (2 * n + d + 16) * u, size.unsqueeze(-1)
        none = torch.zeros((), dtype=x.dtype, device=x.device)  # all values 0: so is the mean, whatever the weights
        return torch.where(size > 0, torch.where(relative < 0.1, relative, torch.inf), none), size

    def error(self, case: Case, x: Tensor, step: Tensor) -> Tensor:
        lengths = x.norm(dim=-1)
        relative, size = self.mean_error(case, x, lengths)
        return 2 * unit_roundoff(x) * lengths + 1.1 * step.unsqueeze(-1) * relative * size

    def quantity(self, name: str, case: Case) -> Measured:
        points, A = case["points"], case["A"]
        if name in ("diameter", "image_diameter"):
            return quantities.image_diameter(points, A)
        if name in ("image_radius", "sup_norm"):
            return quantities.image_radius(points, A)
        if name in ("image_radius_squared", "sup_norm_squared"):
            return quantities.squared(quantities.image_radius(points, A))
        if name in ("image_diameter_squared",):
            return quantities.squared(quantities.image_diameter(points, A))
        if name == "domain_diameter":
            one = torch.eye(points.shape[-1], dtype=points.dtype, device=points.device).expand_as(A)
            return quantities.image_diameter(points, one)
        if name == "operator_norm":
            return quantities.operator_norm(A)
        raise self.unknown(name)

    def exact_quantity(self, name: str, sample: Sample) -> Number:
        v = _images(sample)
        if name in ("diameter", "image_diameter"):
            return exact.sqrt(_spread2(v))
        if name in ("image_radius", "sup_norm"):
            return exact.sqrt(max(exact.norm2(a) for a in v))
        if name in ("image_radius_squared", "sup_norm_squared"):
            return max(exact.norm2(a) for a in v)
        if name in ("image_diameter_squared",):
            return _spread2(v)
        if name == "domain_diameter":
            return exact.sqrt(_spread2(sample["points"]))
        if name == "operator_norm":
            return exact.operator_norm(sample["A"])
        raise self.unknown(name)

    def reach(self, case: Case) -> tuple[Tensor, Tensor, Tensor]:
        """1/D', the unit vector from A y_0 to the farthest A y_j, and the query that gives both equal tilted mass."""
        shared = context_of(case)
        square, far = shared.squares.max(-1, keepdim=True)
        D, v = square.sqrt(), shared.images
        along = v.gather(-2, far[..., None].expand(*far.shape, v.shape[-1])).squeeze(-2)
        scale = torch.where(D > 0, 1 / torch.where(D > 0, D, torch.ones_like(D)), torch.ones_like(D))
        along = along * scale
        weights = case["weights"]
        balance = torch.log(weights[..., :1] / weights.gather(-1, far)) * scale
        return scale.squeeze(-1), along, along * balance

    def shared(self, case: Case) -> SharedContext | None:
        return context_of(case)

    def parameters(self, case: Case) -> dict[str, Tensor]:
        return {"points": case["points"], "logits": case["weights"].log(), "A": case["A"]}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        weights = torch.softmax(parameters["logits"], -1)
        return {"points": parameters["points"], "weights": weights, "A": parameters["A"]}

    def pull(self, sample: Sample, x: Vector) -> Vector:
        v = _images(sample)
        return mean_of(v, tilted(v, sample["weights"], x))

    def pull_difference(self, sample: Sample, x: Vector, y: Vector) -> Vector:
        v = _images(sample)
        centred = [exact.minus(a, v[0]) for a in v]
        u = exact.minus(x, y)
        if all(exact.dot(u, c) == 0 for c in centred):
            return [fmpq(0)] * len(x)  # the tilts agree: moving along u changes every score alike
        p, q = tilted(v, sample["weights"], x), tilted(v, sample["weights"], y)
        change = [a - b for a, b in zip(p, q, strict=True)]
        return [exact.dot(change, column) for column in exact.transpose(centred)]


class DrawnCase(dict[str, Tensor]):
    """A case that remembers the context that was computed while it was drawn, and of which tensors as they were."""

    known: tuple[tuple[Tensor, ...], list[int], SharedContext] | None = None


def context_of(case: Case) -> SharedContext:
    """The context of a case of attention; for a case as it was drawn it is computed once.

    Computed anew where a tensor is another one, or was written to since (torch counts that in `_version`).
    """
    fields = case["points"], case["weights"], case["A"]
    versions = [field._version for field in fields]
    known = case.known if isinstance(case, DrawnCase) else None
    if known is not None and known[1] == versions and all(a is b for a, b in zip(known[0], fields, strict=True)):
        return known[2]
    context = shared_context(*fields)
    if isinstance(case, DrawnCase):
        case.known = fields, versions, context
    return context


def tilted(v: list[Vector], weights: Vector, x: Vector) -> Vector:
    """a_j exp<x, v_j> / Z: exact when all scores agree, balls otherwise. Zero weights stay exact zeros."""
    scores = [exact.dot(x, a) for a in v]
    top = max(scores)
    if all(s == top for s in scores):
        mass = list(weights)
    else:
        mass = [w * exact.exp(s - top) for w, s in zip(weights, scores, strict=True)]
    total = sum(mass, fmpq(0))
    return [m / total for m in mass]


def mean_of(v: list[Vector], p: Vector) -> Vector:
    """sum_j p_j v_j as v_0 + sum_j p_j (v_j - v_0): exact where all v_j agree."""
    centred = [exact.minus(a, v[0]) for a in v]
    return [a + exact.dot(p, column) for a, column in zip(v[0], exact.transpose(centred), strict=True)]


def _images(sample: Sample) -> list[Vector]:
    return [exact.apply(sample["A"], y) for y in sample["points"]]


def _spread2(v: list[Vector]) -> Number:
    return max((exact.norm2(exact.minus(a, b)) for i, a in enumerate(v) for b in v[:i]), default=fmpq(0))


def layer(name: str | AbstractLayer) -> AbstractLayer:
    """The layer "mlp" or "attention", or the one that a torch callable's name ends with; a layer is returned as is.

    Raises:
        ArgumentError: neither.
    """
    if isinstance(name, AbstractLayer):
        return name
    for cls in (Mlp, Attention):
        if name.endswith(cls.name):
            return cls()
    raise ArgumentError(f"HAMMER: layer must be 'mlp' or 'attention', got {name!r}. Name it in options['layer'].")


def query_pairs(layer: AbstractLayer, case: Case, config: Configuration, generator: Source) -> tuple[Tensor, Tensor]:
    """Pairs x, y (batch, pairs, d) around several centres, half of them along the layer's direction.

    Distances are log-uniform over three decades around the layer's natural length.
    """
    scale, along, balance = layer.reach(case)
    B, q, d = config.batch, config.pairs, config.d
    chance = flat(config, generator, 4, B, q, 1)
    centre, half = normal(config, generator, 2, B, q, d)
    straight = (chance[0] < 0.5).to(config.dtype)
    place = (3 * chance[1]).floor_()  # a third of the centres are the origin, a third lie near the balanced query
    balanced = (place == 1).to(config.dtype)
    size = scale[:, None, None]
    far = size * torch.exp(DECADE * (2 * chance[2] - 1)) * ((place == 2) + 0.01 * balanced)
    near = size * torch.exp(DECADE * (3 * chance[3] - 2.5))
    centre = centre.mul_(far).addcmul_(balance.unsqueeze(-2), balanced)
    half = half.mul_(near * (1 - straight)).addcmul_(along.unsqueeze(-2), near * straight)
    return centre + half, centre - half
