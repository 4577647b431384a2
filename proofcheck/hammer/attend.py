"""Softmax attention Att(mu, x) = V E_x[y] as the hammer sees it: cases, roundoff, exact twin, costs of couplings.

    E_x[y] = sum_j a_j e^<A x, y_j> y_j / sum_j a_j e^<A x, y_j>        fields points, weights, A (d, d), V (d, d)

A coupling is the same weights at `points` and at `other`; its cost in W_p is (sum_k w_k |y_k - z_k|^p)^{1/p}, the
largest |y_k - z_k| for p = infinity. A bound by C times a distance holds if and only if it holds with the cost of every
coupling, so nothing here solves a transport problem. The exact twin shares no code with torch_impl.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact, quantities
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, measures, normal
from proofcheck.hammer.layers import Case, Sample, mean_of, tilted
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured
from torch_impl.measures import Measure

AXES: Mapping[str, tuple[str, ...]] = {
    "points": ("atom", "d"),
    "weights": ("atom",),
    "A": ("d", "d"),
    "V": ("d", "d"),
}
EXPONENTS: Mapping[str, int | None] = {"w1": 1, "w2": 2, "w4": 4, "winf": None}


def exponent(lemma: str, distance: str) -> int | None:
    """p of W_p, None for infinity.

    Raises:
        ArgumentError: another distance.
    """
    if distance not in EXPONENTS:
        raise ArgumentError(
            f"{lemma}.HAMMER: options['distance'] must be one of {', '.join(EXPONENTS)}, got {distance!r}."
        )
    return EXPONENTS[distance]


def draw(config: Configuration, generator: Source) -> Case:
    """A measure of the family, A and V Gaussian or the identity, a quarter of the scores with the sign turned."""
    points, weights = measures(config, generator)
    shape, eye = (config.batch, config.d, config.d), torch.eye(config.d, dtype=config.dtype, device=config.device)
    A, V = (normal(config, generator, *shape) / config.d**0.5 for _ in range(2))
    A[::4], V[::3] = eye, eye
    A[1::8] = -eye
    return {"points": points, "weights": weights, "A": A, "V": V}


def theta(case: Case, x: Tensor) -> Tensor:
    """A x per query."""
    return x @ case["A"].mT


def call(function: Callable[..., Any], case: Case, x: Tensor, *rest: Any) -> Tensor:
    """The callable at queries x (batch, q, d)."""
    return function(Measure(case["points"], case["weights"]), x, case["A"], case["V"], *rest)


def error(case: Case, x: Tensor) -> Tensor:
    """First-order bound of |call - Att| per query, (batch, q); inf where the expansion is no bound.

    A score <A x, y> is off by (2 d + 6) u |x| |A|_F max|y|, log a_j by u |log a_j|; exp turns the sum into a relative
    error of the weights, normalising doubles it, and V adds (d + 2) u |V|_F.
    """
    u = unit_roundoff(x)
    n, d = case["points"].shape[-2:]
    longest = case["points"].norm(dim=-1).amax(-1)
    logs = case["weights"].amin(-1).log().abs()
    score = x.norm(dim=-1) * (case["A"].flatten(-2).norm(dim=-1) * longest).unsqueeze(-1)
    delta = u * ((2 * d + 10) * score + 5 * logs.unsqueeze(-1) + 4)
    relative = 2 * delta + (2 * n + 2 * d + 20) * u
    size = (case["V"].flatten(-2).norm(dim=-1) * longest).unsqueeze(-1)
    relative = torch.where(relative < 0.1, relative, torch.inf)
    return torch.where(size > 0, 1.1 * relative * size, size)  # all values 0: no 0 * inf


def longest_value(case: Case) -> float:
    """|V|_F max|y|, which |Att| does not exceed."""
    return float((case["V"].flatten(-2).norm(dim=-1) * case["points"].norm(dim=-1).amax(-1)).max())


def attended(sample: Sample, x: Vector, places: str = "points") -> Vector:
    """Att(mu, x) of an exact sample, mu at `places`."""
    points = sample[places]
    return exact.apply(sample["V"], mean_of(points, tilted(points, sample["weights"], exact.apply(sample["A"], x))))


def context_change(sample: Sample, x: Vector) -> Vector:
    """Att(mu, x) - Att(nu, x): exact where every score changes alike, in balls elsewhere."""
    t = exact.apply(sample["A"], x)
    y, z, w = sample["points"], sample["other"], sample["weights"]
    gaps = [exact.minus(a, b) for a, b in zip(y, z, strict=True)]
    rise = [exact.dot(t, g) for g in gaps]
    p = tilted(y, w, t)
    if all(r == rise[0] for r in rise):
        return exact.apply(sample["V"], mean_of(gaps, p))
    return exact.apply(sample["V"], exact.minus(mean_of(y, p), mean_of(z, tilted(z, w, t))))


def query_change(sample: Sample, x: Vector, y: Vector) -> Vector:
    """Att(mu, x) - Att(mu, y): an exact 0 where the two tilts agree."""
    points, w = sample["points"], sample["weights"]
    s, t = exact.apply(sample["A"], x), exact.apply(sample["A"], y)
    centred = [exact.minus(a, points[0]) for a in points]
    if all(exact.dot(exact.minus(s, t), c) == 0 for c in centred):
        return [fmpq(0)] * len(sample["V"])
    change = [a - b for a, b in zip(tilted(points, w, s), tilted(points, w, t), strict=True)]
    return exact.apply(sample["V"], [exact.dot(change, column) for column in exact.transpose(centred)])


def length(v: Tensor) -> Tensor:
    """|v| along the last axis with derivative 0 at 0."""
    square = v.square().sum(-1)
    positive = square > 0
    return torch.where(positive, torch.where(positive, square, torch.ones_like(square)).sqrt(), 0 * square)


def mean_length(weights: Tensor, lengths: Tensor, p: int | None) -> Tensor:
    """(sum w g^p)^{1/p} along the last axis; the gaps are scaled by the longest, so no power underflows as a whole."""
    longest = lengths.amax(-1, keepdim=True)
    if p is None:
        return longest.squeeze(-1)
    there = longest > 0
    scale = torch.where(there, longest, torch.ones_like(longest)).detach()
    power = (weights * (lengths / scale) ** p).sum(-1)
    root = torch.where(power > 0, torch.where(power > 0, power, torch.ones_like(power)) ** (1 / p), 0 * power)
    return root * scale.squeeze(-1)


def cost(case: Case, p: int | None) -> Measured:
    """The cost of the coupling per measure, (batch,), and its roundoff: p (d + 8) + 2 n units on the power at most."""
    n, d = case["points"].shape[-2:]
    value = mean_length(case["weights"], length(case["points"] - case["other"]), p)
    return Measured(value, (2 * n + d + 16) * unit_roundoff(value) * value.detach())


def exact_mean_length(weights: Vector, gaps: list[Vector], p: int | None) -> Number:
    """(sum w |g|^p)^{1/p}, p in {1, 2, 4}, or max |g|: exact or a ball."""
    squares = [exact.norm2(g) for g in gaps]
    if p is None:
        return exact.sqrt(exact.largest(squares))
    if p == 1:
        return sum((w * exact.sqrt(s) for w, s in zip(weights, squares, strict=True)), fmpq(0))
    power = sum((w * (s if p == 2 else s * s) for w, s in zip(weights, squares, strict=True)), fmpq(0))
    root = exact.sqrt(power)
    return root if p == 2 else exact.sqrt(root)


def exact_cost(sample: Sample, p: int | None) -> Number:
    gaps = [exact.minus(y, z) for y, z in zip(sample["points"], sample["other"], strict=True)]
    return exact_mean_length(sample["weights"], gaps, p)


def quantity(name: str, case: Case, p: int | None = None) -> Measured:
    """value_norm |V|, operator_norm |A|, diameter and radius of both supports (the queries too), |A x|, step, p.

    (batch,) or (batch, queries).

    Raises:
        ArgumentError: there is no such quantity.
    """
    points = torch.cat([case["points"], case["other"]], 1) if "other" in case else case["points"]
    u, d = unit_roundoff(points), points.shape[-1]
    if name in ("value_norm", "operator_norm"):
        return quantities.operator_norm(case["V" if name == "value_norm" else "A"])
    if name == "diameter":
        eye = torch.eye(d, dtype=points.dtype, device=points.device).expand_as(case["A"])
        return quantities.image_diameter(points, eye)
    if name == "radius":
        everything = torch.cat([points, *(case[k] for k in ("x", "y") if k in case)], 1)
        value = length(everything).amax(-1)
        return Measured(value, (d + 4) * u * value.detach())
    if name == "query_image_norm":
        size = case["A"].detach().flatten(-2).norm(dim=-1).unsqueeze(-1) * case["x"].detach().norm(dim=-1)
        return Measured(length(theta(case, case["x"])), 2 * (d + 4) * u * size)
    if name == "step":
        return quantities.exactly(case["step"])
    if name == "exponent" and p is not None:
        return quantities.exactly(torch.full_like(points[:, 0, 0].detach(), float(p)))
    raise ArgumentError(f"HAMMER: no quantity {name!r} for attention of measures with p = {p}.")


def exact_quantity(name: str, sample: Sample, p: int | None = None) -> Number:
    """The same of an exact sample."""
    points = [*sample["points"], *sample.get("other", [])]
    if name in ("value_norm", "operator_norm"):
        return exact.operator_norm(sample["V" if name == "value_norm" else "A"])
    if name == "diameter":
        pairs = (exact.norm2(exact.minus(a, b)) for i, a in enumerate(points) for b in points[:i])
        return exact.sqrt(max(pairs, default=fmpq(0)))
    if name == "radius":
        return exact.sqrt(max(exact.norm2(v) for v in [*points, *(sample[k] for k in ("x", "y") if k in sample)]))
    if name == "query_image_norm":
        return exact.sqrt(exact.norm2(exact.apply(sample["A"], sample["x"])))
    if name == "step":
        return sample["step"]
    if name == "exponent" and p is not None:
        return fmpq(p)
    raise ArgumentError(f"HAMMER: no quantity {name!r} for attention of measures with p = {p}.")
