"""The steps of `torch_impl.blocks_steps` against values written down directly.

    product      product_mlp           against   gradient_mlp on each block                  (LT-12)
    block        product_attention     against   gradient_attention on the last block        (LT-12)
    maximum      lattice_maximum       against   max(<v1, z1>, <v2, z2>)                      (LT-13)
    minimum      lattice_minimum       against   min(<v1, z1>, <v2, z2>)                      (LT-13)
    integral     uniform_integral      against   sum_j a_j <w, y_j>                           (LT-14)
    max_min      max_min_steps         against   max_i min_j (<a_ij, x> + b_ij)               (LT-19)

A route says how to draw a case, call the code, decide it exactly and bound its roundoff by gamma size, gamma =
k u/(1 - k u): k = `count` roundings along the longest chain of operations, each relative to `size`, u the unit
roundoff. There is no bound once k u >= 1/2.
"""

from __future__ import annotations

import abc
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, measures, normal
from proofcheck.hammer.layers import Attention, Case, Mlp, Sample, mean_of, tilted
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from torch_impl.layers import gradient_attention, gradient_mlp
from torch_impl.measures import Measure


class BlockRoute(abc.ABC):
    """One callable of `blocks_steps`; a case has x (batch, pairs, ...) and further fields (batch, ...)."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]]

    @abc.abstractmethod
    def draw(self, config: Configuration, generator: Source) -> Case: ...

    @abc.abstractmethod
    def one(self, function: Callable[..., Any], case: Case) -> Tensor:
        """The callable on one entry of the batch: fields without the batch axis."""

    @abc.abstractmethod
    def reference(self, case: Case) -> Tensor:
        """The same values by another way, at most `error` off: (batch, pairs, ...)."""

    @abc.abstractmethod
    def count(self, case: Case) -> Tensor | float:
        """Roundings in a chain, in units of u: a number, () or (batch, pairs)."""

    @abc.abstractmethod
    def size(self, case: Case) -> Tensor:
        """What one rounding is relative to: (batch, pairs)."""

    @abc.abstractmethod
    def formula(self, sample: Sample) -> Vector: ...

    def error(self, case: Case, u: float | None = None) -> Tensor:
        """Bound of the roundoff of `call` in the Euclidean norm: (batch, pairs); inf where it is no bound."""
        relative = self.count(case) * (unit_roundoff(case["x"]) if u is None else u)
        size = self.size(case)
        gamma = relative / (1 - relative)
        return torch.where(torch.as_tensor(relative, device=size.device) < 0.5, gamma * size, torch.inf)

    def call(self, function: Callable[..., Any], case: Case) -> Tensor:
        """(batch, pairs, ...): the callables take no batch of matrices, so entry by entry."""
        rows = [{name: value[i] for name, value in case.items()} for i in range(len(case["x"]))]
        return torch.stack([self.one(function, row) for row in rows])


def _queries(config: Configuration, generator: Source, width: int) -> Tensor:
    """x (batch, pairs, width) at the scale of the configuration, over four decades."""
    rows = (config.batch, config.pairs)
    return normal(config, generator, *rows, width) * config.scale * 10 ** (4 * flat(config, generator, *rows, 1) - 2)


class ProductMlp(BlockRoute):
    """Blocks of equal width d; the second has 4 times the step of the first."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "x": ("fixed",),
        "W1": ("unit", "fixed"),
        "b1": ("unit",),
        "W2": ("unit", "fixed"),
        "b2": ("unit",),
        "step": (),
    }
    power = 1

    def draw(self, config: Configuration, generator: Source) -> Case:
        one, two = Mlp().draw(config, generator), Mlp().draw(config, generator)
        step = 0.01 + flat(config, generator, config.batch)
        x = _queries(config, generator, 2 * config.d)
        return {"x": x, "W1": one["W"], "b1": one["b"], "W2": two["W"], "b2": two["b"], "step": step}

    def one(self, function: Callable[..., Any], case: Case) -> Tensor:
        return function(case["x"], case["W1"], case["b1"], case["W2"], case["b2"], case["step"], self.power)

    def reference(self, case: Case) -> Tensor:
        d = case["W1"].shape[-1]
        first = gradient_mlp(case["x"][..., :d], case["W1"], case["b1"], case["step"])
        second = gradient_mlp(case["x"][..., d:], case["W2"], case["b2"], case["step"] * 4**self.power)
        return torch.cat([first, second], dim=-1)

    def count(self, case: Case) -> float:
        k, d = case["W1"].shape[-2:]
        return 2 * d + 2 * k + 8  # both products with W, whose zeros are counted too, and the rest

    def size(self, case: Case) -> Tensor:
        c = 2**self.power
        W = (case["W1"].square() + (c * case["W2"]).square()).sum((-2, -1)).sqrt().unsqueeze(-1)
        b = (case["b1"].square() + (c * case["b2"]).square()).sum(-1).sqrt().unsqueeze(-1)
        x = case["x"].norm(dim=-1)
        return x + case["step"].unsqueeze(-1) * W * (W * x + b)

    def formula(self, sample: Sample) -> Vector:
        d = len(sample["W1"][0])
        moved = []
        for W, b, x, factor in (
            (sample["W1"], sample["b1"], sample["x"][:d], fmpq(1)),
            (sample["W2"], sample["b2"], sample["x"][d:], fmpq(4) ** self.power),
        ):
            pull = Mlp().pull({"W": W, "b": b}, x)
            moved += [a - factor * sample["step"] * g for a, g in zip(x, pull, strict=True)]
        return moved


class ProductAttention(BlockRoute):
    """Points in R^2d, A for the last d coordinates."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "x": ("fixed",),
        "points": ("atom", "fixed"),
        "weights": ("atom",),
        "A": ("fixed", "fixed"),
        "step": (),
    }

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = Attention().draw(config, generator)
        first = normal(config, generator, *case["points"].shape) * config.scale
        x = _queries(config, generator, 2 * config.d)
        step = 0.01 + flat(config, generator, config.batch)
        return {**case, "points": torch.cat([first, case["points"]], dim=-1), "x": x, "step": step}

    def one(self, function: Callable[..., Any], case: Case) -> Tensor:
        return function(Measure(case["points"], case["weights"]), case["x"], case["A"], case["step"])

    def _block(self, case: Case) -> tuple[Case, Tensor, int]:
        d = case["A"].shape[-1]
        return {**case, "points": case["points"][..., -d:].contiguous()}, case["x"][..., -d:], d

    def reference(self, case: Case) -> Tensor:
        block, x, d = self._block(case)
        mu = Measure(block["points"], block["weights"])
        return torch.cat([case["x"][..., :-d], gradient_attention(mu, x, case["A"], case["step"])], dim=-1)

    def count(self, case: Case) -> Tensor:
        block, x, _ = self._block(case)
        relative, _ = Attention().mean_error(block, x)
        # sums run over twice as many coordinates, half of the terms being 0, which round nothing
        return relative / unit_roundoff(x) + 4

    def size(self, case: Case) -> Tensor:
        block, x, _ = self._block(case)
        _, size = Attention().mean_error(block, x)
        return case["x"].norm(dim=-1) + case["step"].unsqueeze(-1) * size

    def formula(self, sample: Sample) -> Vector:
        d = len(sample["A"])
        x = sample["x"][-d:]
        values = [exact.apply(sample["A"], y[-d:]) for y in sample["points"]]
        mean = mean_of(values, tilted(values, sample["weights"], x))
        return [*sample["x"][:-d], *(a - sample["step"] * g for a, g in zip(x, mean, strict=True))]


class Lattice(BlockRoute):
    """x = (z1, z2) and v = (v1, v2) with halves of width d, |v2| <= |v1|."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"x": ("fixed",), "v": ("fixed",)}

    def __init__(self, which: Callable[..., Number], torch_which: Callable[[Tensor, Tensor], Tensor]) -> None:
        self.which, self.torch_which = which, torch_which

    def draw(self, config: Configuration, generator: Source) -> Case:
        v1, v2 = (normal(config, generator, config.batch, config.d) for _ in range(2))
        shorter = (v1.norm(dim=-1) / v2.norm(dim=-1)).clamp(max=1).unsqueeze(-1)
        x = _queries(config, generator, 2 * config.d)
        return {"x": x, "v": torch.cat([v1, 0.99 * shorter * v2], dim=-1)}

    def _halves(self, case: Case) -> list[Tensor]:
        d = case["v"].shape[-1] // 2
        return [t for name in ("x", "v") for t in (case[name][..., :d], case[name][..., d:])]

    def one(self, function: Callable[..., Any], case: Case) -> Tensor:
        return function(*self._halves(case))

    def reference(self, case: Case) -> Tensor:
        z1, z2, v1, v2 = self._halves(case)
        return self.torch_which((z1 * v1.unsqueeze(-2)).sum(-1), (z2 * v2.unsqueeze(-2)).sum(-1))

    def count(self, case: Case) -> float:
        # <row, z>: 2d; 1/|v1|^2 and the products with v1: d + 6; the sum with z1: 1; the read-out: d + 1
        return 5 * (case["v"].shape[-1] // 2) + 16

    def size(self, case: Case) -> Tensor:
        z1, z2, v1, v2 = self._halves(case)
        return z1.norm(dim=-1) * v1.norm(dim=-1, keepdim=True) + z2.norm(dim=-1) * v2.norm(dim=-1, keepdim=True)

    def formula(self, sample: Sample) -> Vector:
        d = len(sample["v"]) // 2
        x, v = sample["x"], sample["v"]
        return [self.which(exact.dot(x[:d], v[:d]), exact.dot(x[d:], v[d:]))]


class UniformIntegral(BlockRoute):
    """Factor and step are drawn: the value does not depend on them."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "x": ("d",),
        "points": ("atom", "d"),
        "weights": ("atom",),
        "w": ("d",),
        "c": (),
        "step": (),
    }

    def draw(self, config: Configuration, generator: Source) -> Case:
        mu = measures(config, generator)
        c, step = (0.05 + 2 * flat(config, generator, config.batch) for _ in range(2))
        x, w = _queries(config, generator, config.d), normal(config, generator, config.batch, config.d)
        return {"x": x, "points": mu.points, "weights": mu.weights, "w": w, "c": c, "step": step}

    def one(self, function: Callable[..., Any], case: Case) -> Tensor:
        mu = Measure(case["points"], case["weights"])
        return function(mu, case["x"], case["w"], case["c"], case["step"])

    def reference(self, case: Case) -> Tensor:
        phi = (case["points"] @ case["w"].unsqueeze(-1)).squeeze(-1)
        value = (case["weights"] * phi).sum(-1, keepdim=True) / case["weights"].sum(-1, keepdim=True)
        return value.expand(case["x"].shape[:2])

    def _mean(self, case: Case) -> tuple[Tensor, Tensor]:
        """The tilted mean at score 0: relative error of its weights, size of its values."""
        image = {"points": case["points"], "weights": case["weights"], "A": case["w"].unsqueeze(-2)}
        return Attention().mean_error(image, torch.zeros_like(case["x"]))

    def count(self, case: Case) -> Tensor:
        # and the products with w, c, the step, and their quotient
        return self._mean(case)[0] / unit_roundoff(case["x"]) + case["x"].shape[-1] + 8

    def size(self, case: Case) -> Tensor:
        return self._mean(case)[1].expand(case["x"].shape[:2])

    def formula(self, sample: Sample) -> Vector:
        return [exact.dot(sample["weights"], [exact.dot(sample["w"], y) for y in sample["points"]])]


class MaxMin(BlockRoute):
    """min(n, 4) groups of 1 + n // 2 (at most 5) pieces, slopes of any length."""

    axes: ClassVar[Mapping[str, tuple[str, ...]]] = {"x": ("d",), "a": ("group", "piece", "d"), "b": ("group", "piece")}

    def draw(self, config: Configuration, generator: Source) -> Case:
        shape = (config.batch, min(config.n, 4), min(1 + config.n // 2, 5))
        a, b = normal(config, generator, *shape, config.d), normal(config, generator, *shape) * config.scale
        b[::3] = 0
        return {"x": _queries(config, generator, config.d), "a": a, "b": b}

    def one(self, function: Callable[..., Any], case: Case) -> Tensor:
        return function(case["x"], case["a"], case["b"])

    def reference(self, case: Case) -> Tensor:
        x = case["x"][:, :, None, None]
        value = (x * case["a"].unsqueeze(1)).sum(-1) + case["b"].unsqueeze(1)
        return value.amin(-1).amax(-1)

    def count(self, case: Case) -> float:
        # the dot product: d + 1; the offsets: 6; each sorting step: 3; max and min do not enlarge errors
        groups, pieces, d = case["a"].shape[1:]
        return d + 12 + 4 * (math.ceil(math.log2(groups)) + math.ceil(math.log2(pieces)))

    def size(self, case: Case) -> Tensor:
        x = case["x"].norm(dim=-1)[..., None, None]
        return (case["a"].norm(dim=-1).unsqueeze(1) * x + case["b"].abs().unsqueeze(1)).amax((-2, -1))

    def formula(self, sample: Sample) -> Vector:
        rows = zip(sample["a"], sample["b"], strict=True)
        value = [[exact.dot(a, sample["x"]) + b for a, b in zip(*row, strict=True)] for row in rows]
        return [max(min(group) for group in value)]


BLOCKS: dict[str, BlockRoute] = {
    "product": ProductMlp(),
    "block": ProductAttention(),
    "maximum": Lattice(max, torch.maximum),
    "minimum": Lattice(min, torch.minimum),
    "integral": UniformIntegral(),
    "max_min": MaxMin(),
}
