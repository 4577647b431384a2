"""Pairs of contexts as couplings: mu = sum_k w_k delta_{y_k}, nu = sum_k w_k delta_{z_k}, w_k going from y_k to z_k.

    W_1(mu, nu)        <= sum_k w_k |y_k - z_k|
    W_infinity(mu, nu) <= max_k |y_k - z_k|

A distance is an infimum over couplings, so a bound by C times it holds if and only if it holds with the cost of every
coupling in its place; one coupling whose cost is too small refutes it, with no transport problem solved. Atoms may
split: several pairs may start or end in one place. On the line the distances themselves are at hand and are used.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import torch
from torch import Tensor

from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, directions, flat, integers, measures, normal
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured
from torch_impl.measures import Measure
from torch_impl.reference.exact import ExactMeasure
from torch_impl.wasserstein import coupling_upper_bound_exact, wasserstein_1d

DISTANCES = ("w1", "winf")
SOLVED = 16  # atoms up to which a transport problem is solved in search of a cheaper coupling
WAYS = 5


def moved_points(config: Configuration, generator: Source, points: Tensor, weights: Tensor) -> Case:
    """Where the mass of (points, weights) goes: {"points", "other", "weights"}, in one of five ways for each measure.

    Every atom by a little, one atom only (with a weight of 10^0 ... 10^-6 of the others), all by the same vector, some
    atoms onto their neighbours (the same atoms, other weights), all to an unrelated cloud.
    """
    B, n, d = points.shape
    way = integers(config, generator, WAYS, B)
    size = (points - points[:, :1]).norm(dim=-1).amax(-1).view(-1, 1, 1)
    size = torch.where(size > 0, size, torch.ones_like(size)) * 10 ** (4 * flat(config, generator, B, 1, 1) - 4)
    noise = size * normal(config, generator, B, n, d)
    one = torch.arange(n, device=points.device) == integers(config, generator, n, B, 1)
    alone = torch.where(one.unsqueeze(-1), noise, torch.zeros_like(noise))
    together = size * directions(config, generator, B, 1).expand(B, n, d)
    jumps = integers(config, generator, 2, B, n, 1) * (points.roll(1, 1) - points)
    away = measures(config, generator).points[:, :n] - points
    shift = torch.stack((noise, alone, together, jumps, away), 0)[way, torch.arange(B, device=points.device)]
    rare = torch.where(one, 10 ** (-6 * flat(config, generator, B, 1)), torch.ones_like(weights))
    weights = torch.where((way == 1).unsqueeze(-1), weights * rare, weights).clamp_min(torch.finfo(weights.dtype).tiny)
    return {"points": points, "other": points + shift, "weights": weights / weights.sum(-1, keepdim=True)}


def cost(case: Case, distance: str) -> Measured:
    """An upper bound of the distance per measure, up to its error: (batch,). On the line W_1 itself."""
    n, d = case["points"].shape[-2:]
    u = unit_roundoff(case["points"])
    gaps = length(case["points"] - case["other"])
    if distance == "winf":
        value = gaps.amax(-1)
        return Measured(value, (d + 4) * u * value.detach())
    value = (case["weights"] * gaps).sum(-1)
    error = (2 * n + d + 8) * u * value.detach()
    if d > 1:
        return Measured(value, error)
    both = torch.cat([case["points"], case["other"]], 1).detach()
    line = wasserstein_1d(Measure(case["points"], case["weights"]), Measure(case["other"], case["weights"]))
    spread = (both.amax(1) - both.amin(1)).squeeze(-1)
    line_error = (2 * n + 12) * 2 * n * u * spread
    best = torch.minimum(value, line)
    # both plus their errors are above W_1, so their minimum is
    above = torch.minimum(value + error, line + line_error).detach()
    return Measured(best, (above - best.detach()).clamp_min(0))


def length(v: Tensor) -> Tensor:
    """|v| along the last axis with derivative 0 at 0."""
    square = v.square().sum(-1)
    positive = square > 0
    return torch.where(positive, torch.where(positive, square, torch.ones_like(square)).sqrt(), 0 * square)


def exact_cost(sample: Sample, distance: str) -> Number:
    """The cost of the coupling, exactly or as a ball; on the line the distance itself."""
    shifts = [exact.minus(y, z) for y, z in zip(sample["points"], sample["other"], strict=True)]
    if len(shifts[0]) == 1:
        measures_ = _pair(sample)
        return line_w1(*measures_) if distance == "w1" else line_winf(*measures_)
    if distance == "winf":
        return exact.sqrt(max(exact.norm2(v) for v in shifts))
    lengths = [exact.sqrt(exact.norm2(v)) for v in shifts]
    return sum((w * v for w, v in zip(sample["weights"], lengths, strict=True)), fmpq(0))


def solved_cost(sample: Sample) -> fmpq | None:
    """A rational >= W_1: the cost of a coupling that a linear program found and that was repaired to be feasible
    exactly. None on the line, where `exact_cost` is W_1, for one atom, and above SOLVED atoms."""
    n, d = len(sample["points"]), len(sample["points"][0])
    if d == 1 or not 2 <= n <= SOLVED:
        return None
    value = coupling_upper_bound_exact(*(_measure(sample, name) for name in ("points", "other")))
    return fmpq(value.numerator, value.denominator)


def _measure(sample: Sample, name: str) -> ExactMeasure:
    rows = tuple(tuple(_fraction(c) for c in row) for row in sample[name])
    return ExactMeasure(rows, tuple(_fraction(w) for w in sample["weights"]))


def _fraction(value: fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def refuted(map_: str, change: Number, constant: Number, reach: Number) -> Decision:
    """REFUTED: the change is more than constant times reach, the cost of a coupling. `between` separates the two."""
    got = change / reach
    between = exact.simplest_between(exact.upper(constant), exact.lower(got))
    return Decision(
        Status.REFUTED,
        f"|{map_}(mu,x) - {map_}(nu,x)| = {exact.to_float(change):.9g} is {exact.to_float(got):.9g} times the cost "
        f"{exact.to_float(reach):.9g} of a coupling of mu and nu, the bound says {exact.to_float(constant):.9g}",
        "statement",
        {
            "change": f"{exact.to_float(change):.17g}",
            "cost": str(reach) if isinstance(reach, fmpq) else f"{exact.to_float(reach):.17g}",
            "quotient": f"{exact.to_float(got):.17g}",
            "constant": f"{exact.to_float(constant):.17g}",
            "between": str(between),
        },
    )


Line = tuple[Vector, Vector]  # places and weights of a measure on the line


def _pair(sample: Sample) -> tuple[Line, Line]:
    weights = sample["weights"]
    return ([row[0] for row in sample["points"]], weights), ([row[0] for row in sample["other"]], weights)


def line_w1(mu: Line, nu: Line) -> fmpq:
    """W_1 on the line as the integral of |F_mu - F_nu|, exactly."""
    steps = [*zip(*mu, strict=True), *((place, -w) for place, w in zip(*nu, strict=True))]
    steps.sort(key=lambda step: step[0])
    total, height = fmpq(0), fmpq(0)
    for (place, jump), (following, _) in pairwise(steps):
        height += jump
        total += abs(height) * (following - place)
    return total


def line_winf(mu: Line, nu: Line) -> fmpq:
    """W_infinity on the line: the largest gap between quantiles, exactly; atoms of weight 0 do not count."""
    left, right = (sorted((y, w) for y, w in zip(*m, strict=True) if w > 0) for m in (mu, nu))
    i = j = 0
    (y, a), (z, b) = left[0], right[0]
    largest = fmpq(0)
    while True:
        largest = max(largest, abs(y - z))
        common = min(a, b)
        a, b = a - common, b - common
        if a == 0:
            i += 1
            if i == len(left):
                return largest
            y, a = left[i]
        if b == 0:
            j += 1
            if j == len(right):
                return largest
            z, b = right[j]
