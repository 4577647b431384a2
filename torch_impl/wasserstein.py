"""Wasserstein distances between discrete measures: W_p^p = min over couplings of sum_ij P_ij |x_i - y_j|^p.

On the line W_p^p = integral_0^1 |Q_mu(t) - Q_nu(t)|^p dt, exact up to rounding, batched and differentiable.
For d > 1 a linear program (POT), and a rigorous upper bound of W1: the cost of a coupling that is feasible
exactly, in rationals. Refuting d(F mu, F nu) <= C W1(mu, nu) takes an upper bound of W1; an LP value or an
entropic value in floats is neither an upper nor a lower bound.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure, atoms, weight_sum_tolerance
from torch_impl.reference.exact import ExactMeasure, exact_measure, squared_distance, wasserstein_exact_1d
from torch_impl.rounding import sqrt_up

Plan = tuple[tuple[Fraction, ...], ...]


def wasserstein_1d(mu: Measure, nu: Measure, p: float = 1) -> Tensor:
    """W_p on the line, shape (*batch), finite p >= 1; for p = 1 the integral of |F_mu - F_nu|.

    mu: points (*batch, n, 1), nu: points (*batch, m, 1). Differentiable in points and weights almost
    everywhere; at W_p = 0 the gradient is 0. Padding is inert.

    Raises:
        ArgumentError: d != 1, different batch, dtype or device, or p outside [1, inf), or a mass
            that is not 1.

    Error: |W_p^p - computed| <= (n + m + 8) u (n + m) diam^p, u the unit roundoff, diam of the joint support:
        for p > 1 the root turns that into about (u (n + m)^2)^(1/p) diam near W_p = 0.
    """
    _check_pair("wasserstein_1d", mu, nu, p)
    if mu.points.shape[-1] != 1:
        raise ArgumentError(
            f"wasserstein_1d: required d = 1, got mu.points.shape={tuple(mu.points.shape)}. Call wasserstein."
        )
    x, a = _sorted_line(mu)
    y, b = _sorted_line(nu)
    if p == 1:
        places, order = torch.cat((x, y), -1).sort(-1)
        heights = torch.cat((a, -b), -1).gather(-1, order).cumsum(-1)
        return (heights[..., :-1].abs() * places.diff(dim=-1)).sum(-1)
    levels_x, levels_y = a.cumsum(-1), b.cumsum(-1)
    levels = torch.cat((levels_x, levels_y), -1).sort(-1).values
    gaps = _quantile(x, levels_x, levels) - _quantile(y, levels_y, levels)
    lengths = torch.diff(levels, dim=-1, prepend=torch.zeros_like(levels[..., :1]))
    power = (lengths * gaps.abs() ** p).sum(-1)
    positive = power > 0
    root = torch.where(positive, power, torch.ones_like(power)) ** (1 / p)
    return torch.where(positive, root, torch.zeros_like(root))


def wasserstein(mu: Measure, nu: Measure, p: float = 1) -> Tensor:
    """W_p of small problems in any dimension by POT's network simplex, shape (*batch).

    Differentiable in the points (the optimal plan is held fixed: the gradient wherever that plan is unique),
    not in the weights. A float value, no certificate.

    Raises:
        ArgumentError: different batch, d, dtype or device, p outside [1, inf), an atom that is not finite, a mass
            that is not 1, or the solver stopped early.
    """
    _check_pair("wasserstein", mu, nu, p)
    if not bool(torch.isfinite(atoms(mu)).all() and torch.isfinite(atoms(nu)).all()):
        raise ArgumentError("wasserstein: atoms of positive weight must be finite, got NaN or infinity.")
    batch = mu.weights.shape[:-1]
    gaps = atoms(mu).unsqueeze(-2) - atoms(nu).unsqueeze(-3)
    square = gaps.square().sum(-1)
    positive = square > 0
    distance = torch.where(positive, torch.where(positive, square, torch.ones_like(square)).sqrt(), 0.0)
    cost = (distance**p).reshape(-1, *square.shape[-2:])
    sources, targets = mu.weights.reshape(len(cost), -1), nu.weights.reshape(len(cost), -1)
    plans = [_solve(s, t, c) for s, t, c in zip(sources, targets, cost, strict=True)]
    power = (torch.stack(plans).to(cost) * cost).sum((-2, -1)) if plans else cost.sum((-2, -1))
    positive = power > 0
    root = torch.where(positive, power, torch.ones_like(power)) ** (1 / p)
    return torch.where(positive, root, torch.zeros_like(root)).reshape(batch)


def coupling_upper_bound_exact(mu: Measure | ExactMeasure, nu: Measure | ExactMeasure) -> Fraction:
    """A rational >= W1(mu, nu), for measures without batch taken at their exact normalised values.

    Exactly W1 on the line. Otherwise the cost of `exact_coupling`, each distance rounded up by at most 2^-79.

    Raises:
        ArgumentError: masses that are not 1, atoms that are not finite, or different d.
    """
    source, target = (exact_unit("coupling_upper_bound_exact", m) for m in (mu, nu))
    if len(source.points[0]) == len(target.points[0]) == 1:
        return wasserstein_exact_1d(source, target)
    plan = exact_coupling(source, target)
    cost = Fraction(0)
    for x, row in zip(source.points, plan, strict=True):
        for y, mass in zip(target.points, row, strict=True):
            if mass:
                cost += mass * sqrt_up(squared_distance(x, y))
    return cost


def exact_coupling(mu: Measure | ExactMeasure, nu: Measure | ExactMeasure, p: float = 1) -> Plan:
    """A rational plan P >= 0 with row sums mu.weights and column sums nu.weights exactly, close to optimal for W_p.

    The LP's float plan is scaled down until no marginal is exceeded, then the missing mass is added as a
    rank-one plan: whatever the solver returned, the result is feasible. The marginals are verified last.

    Raises:
        ArgumentError: masses that are not 1, atoms that are not finite, or different d.
    """
    source, target = (exact_unit("exact_coupling", m) for m in (mu, nu))
    a, b = source.weights, target.weights
    if len(source.points[0]) != len(target.points[0]):
        raise ArgumentError("exact_coupling: mu and nu must share d. Nothing else couples them.")
    plan = [[Fraction(v) if 0 < v < math.inf else Fraction(0) for v in row] for row in _float_plan(source, target, p)]
    for row, mass in zip(plan, a, strict=True):
        total = sum(row)
        if total > mass:
            row[:] = [v * mass / total for v in row]
    for j, mass in enumerate(b):
        total = sum(row[j] for row in plan)
        if total > mass:
            for row in plan:
                row[j] = row[j] * mass / total
    missing_a = [mass - sum(row) for row, mass in zip(plan, a, strict=True)]
    missing_b = [mass - sum(column) for column, mass in zip(zip(*plan, strict=True), b, strict=True)]
    missing = sum(missing_a)
    if missing:
        plan = [
            [v + s * t / missing for v, t in zip(r, missing_b, strict=True)]
            for r, s in zip(plan, missing_a, strict=True)
        ]
    rows_fit = all(sum(row) == mass for row, mass in zip(plan, a, strict=True))
    columns_fit = all(sum(c) == mass for c, mass in zip(zip(*plan, strict=True), b, strict=True))
    if not rows_fit or not columns_fit or any(v < 0 for row in plan for v in row):
        raise ArgumentError("exact_coupling: the repaired plan misses a marginal. The weights do not sum to 1.")
    return tuple(tuple(row) for row in plan)


def exact_unit(where: str, measure: Measure | ExactMeasure) -> ExactMeasure:
    """The exact measure, which `exact_measure` normalises: so its mass is looked at before; padding is dropped.

    Raises:
        ArgumentError: the mass is not 1, a weight is negative, or a number is not finite.
    """
    if isinstance(measure, ExactMeasure):
        return measure
    check_mass(where, measure)
    places = atoms(measure).detach()
    if not bool(torch.isfinite(places).all()):
        raise ArgumentError(f"{where}: atoms of positive weight must be finite, got NaN or infinity. Drop them.")
    return exact_measure(Measure(places, measure.weights.detach()))


def check_mass(where: str, *measures: Measure) -> None:
    """Raises:
    ArgumentError: a weight is negative or NaN, or weights do not sum to 1 within `weight_sum_tolerance`.
    """
    for measure in measures:
        weights = measure.weights.detach().to(torch.float64)
        tolerance = weight_sum_tolerance(weights.shape[-1], measure.weights.dtype)
        mass = weights.sum(-1)
        if weights.numel() and not bool(((mass - 1).abs() <= tolerance).all() and (weights >= 0).all()):
            worst = float(mass.flatten()[(mass - 1).abs().nan_to_num(nan=torch.inf).argmax()])
            raise ArgumentError(
                f"{where}: mu and nu must have weights >= 0 of sum 1, got mass {worst!r} and least weight "
                f"{float(weights.min())!r}. No plan moves one mass to another. Divide by weights.sum(-1, keepdim=True)."
            )


def _float_plan(source: ExactMeasure, target: ExactMeasure, p: float = 1) -> list[list[float]]:
    """The solver's plan; it only has to be finite, exactness comes from the repair."""
    x, y = (torch.tensor([[float(v) for v in row] for row in m.points], dtype=torch.float64) for m in (source, target))
    a, b = (torch.tensor([float(w) for w in m.weights], dtype=torch.float64) for m in (source, target))
    return _solve(a, b, torch.linalg.vector_norm(x.unsqueeze(1) - y, dim=-1) ** p).tolist()


def _solve(a: Tensor, b: Tensor, cost: Tensor) -> Tensor:
    import ot.lp  # slow to import, and only needed for d > 1

    a, b, cost = (t.detach().to(device="cpu", dtype=torch.float64) for t in (a, b, cost))
    plan, log = ot.lp.emd((a / a.sum()).numpy(), (b / b.sum()).numpy(), cost.contiguous().numpy(), log=True)
    if log["warning"] is not None:
        raise ArgumentError(f"wasserstein: the linear program was not solved ({log['warning']}). Use fewer atoms.")
    return torch.as_tensor(plan)


def _sorted_line(measure: Measure) -> tuple[Tensor, Tensor]:
    """Positions in order with their weights (*batch, n); padding sits on the largest active atom."""
    places, active = measure.points.squeeze(-1), measure.weights > 0
    top = torch.where(active, places, torch.full_like(places, -torch.inf)).amax(-1, keepdim=True).detach()
    places, order = torch.where(active, places, top).sort(dim=-1, stable=True)
    # a zero weight is a constant: padding has no derivative
    weights = torch.where(active, measure.weights, torch.zeros_like(measure.weights))
    return places, weights.gather(-1, order)


def _quantile(places: Tensor, levels: Tensor, at: Tensor) -> Tensor:
    """The first place whose level reaches `at`; the last one if rounding left the total below it."""
    index = torch.searchsorted(levels.detach().contiguous(), at.detach().contiguous())
    return places.gather(-1, index.clamp(max=places.shape[-1] - 1))


def _check_pair(where: str, mu: Measure, nu: Measure, p: float) -> None:
    x, y = mu.points, nu.points
    if x.shape[:-2] != y.shape[:-2] or x.shape[-1] != y.shape[-1] or x.dtype != y.dtype or x.device != y.device:
        raise ArgumentError(
            f"{where}: mu and nu must share batch, d, dtype and device, got points of shape {tuple(x.shape)} "
            f"({x.dtype} on {x.device}) and {tuple(y.shape)} ({y.dtype} on {y.device})."
        )
    if not 1 <= p < float("inf"):
        raise ArgumentError(f"{where}: required 1 <= p < inf, got p={p}. W_inf is not a limit of rounded values.")
    check_mass(where, mu, nu)
