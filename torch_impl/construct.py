"""Theorem 8 as an algorithm (LT-20): from a target and a finite net to a network of LT-01/LT-04 layers, certified.

    Lambda = max_{i in I} min_{j in J_i} g_ij,   g_ij = value_i + alpha_ij (f_ij - f_ij(p_i)),
    f_ij(mu, x) = <e_ij, x> + C int phi_ij dmu   (LT-15),   |alpha_ij| <= 1   (LT-16),   phi_ij a KR potential.

Measured by the budget d((mu, x), (nu, x')) = |x - x'| + C W1(mu, nu). What the certificate says, and why:
  class     each g_ij is in C_{1,C} (|query| <= 1, |weight| <= C, potential 1-Lipschitz: decided in Fractions), max and
            min stay there (LT-13), and each layer is a step within its lemma's bound: Lambda is in G_C;
  net       sup over the net of |Lambda - value|: exact, the network's stored floats evaluated over the rationals;
  off it    |Lambda - Lambda*|(p) <= 2 delta(p) + net error + value error, delta(p) the budget from p to the net:
            both are 1-Lipschitz for the budget. With a covering net, delta <= its radius for every
            measure, whatever its tokens.
The values of the target are taken as given: `value_error` bounds how far they are from Lambda* (0 for the exact targets
of `construct_targets`); it is a premise of the certificate, and printed with it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

import torch

from proofcheck.errors import ArgumentError, InternalError
from torch_impl.bounds import admissible_step, evaluate, lemma_bound
from torch_impl.construct_compile import compile_network, constant_network, norm_squared_bound
from torch_impl.construct_geometry import Geometry, Interpolant, LineGeometry, PolyhedralGeometry, interpolant
from torch_impl.construct_net import (
    CoveringNet,
    NetPoint,
    as_measure,
    check_lipschitz,
    distance_to_net,
    net_points,
    size_for_radius,
    upper,
)
from torch_impl.construct_pairs import Pairs, Progress, all_pairs, pruned_pairs
from torch_impl.measures import Measure
from torch_impl.network import MLPStep, Network
from torch_impl.potentials import LinePotential, covering_cosine, unit_directions
from torch_impl.reference.exact import ExactMeasure, dot
from torch_impl.reference.network_exact import ExactNetwork
from torch_impl.rounding import float_down

Target = Callable[[Measure, torch.Tensor], Any]


@dataclass(frozen=True)
class LayerFact:
    """One layer: |W| or |A| is at most `norm`; `step` <= `admissible` = 2/|W|^2, or 8/(|A| |lift| 2R)^2 by LT-10.

    `norm` is rounded up, `admissible` down.
    """

    kind: str
    norm: float
    step: float
    admissible: float


@dataclass(frozen=True)
class Certificate:
    """What is known of a constructed network; every number is an upper bound or exact (text of a Fraction)."""

    d: int
    C: str
    radius: str
    net_size: int
    pairs: int
    all_pairs: int
    layers: tuple[LayerFact, ...]
    width: int
    parameters: int
    lipschitz_query: str
    lipschitz_context: str
    net_error: str
    above: str
    below: str
    kappa: str
    kappa_a_priori: str
    value_error: str
    covering_radius: str | None
    error: float | None
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain data for one JSON document."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Construction:
    """network, its certificate, and what it was made of: net points, target values, groups of interpolants."""

    network: Network
    certificate: Certificate
    points: tuple[NetPoint, ...]
    values: tuple[Fraction, ...]
    groups: tuple[tuple[Interpolant, ...], ...]
    C: Fraction

    def error_bound(self, measure: Measure | ExactMeasure, x: Any) -> Fraction:
        """>= |Lambda - Lambda*| at (measure, x): 2 delta + net error + value error, delta the budget to the net."""
        (point,) = net_points([(measure, x)])
        return error_off_net(distance_to_net(self.points, point, self.C), self.net_bound)

    @property
    def net_bound(self) -> Fraction:
        """Net error plus value error: what is left at delta = 0."""
        return Fraction(self.certificate.net_error) + Fraction(self.certificate.value_error)


def construct(
    target: Target,
    net: CoveringNet
    | Sequence[tuple[Measure | ExactMeasure, Any]]
    | Callable[[int], tuple[Measure | ExactMeasure, Any]],
    *,
    C: Fraction | float | int,
    size: int | None = None,
    epsilon: Fraction | float | None = None,
    radius: Fraction | float | None = None,
    slack: Fraction | float = 0,
    directions: int | None = None,
    value_error: Fraction | float | None = None,
    prune: bool = True,
    progress: Progress | None = None,
) -> Construction:
    """A network in G_C that meets `target` on the net, with its certificate.

    Args:
        target: (Measure, x (d,)) -> number; with a method `exact(ExactMeasure, Vector) -> Fraction` values are exact.
        net: a `CoveringNet` (then the error is uniform), or points (measure, x), or a sampler: size points net(k).
        C: > 0, Lipschitz constant in the context (W1). Floats are taken at their exact value.
        epsilon: a uniform error to guarantee; needs a covering net.
        radius: of all tokens and queries that will come, for the admissible steps; the net's own when not given.
        slack: how far Lambda may be from the target on the net, for fewer pairs.
        directions: d >= 2: how many unit vectors stand for |.| (default 16 in d = 2, 26 in d = 3).
        value_error: bound of |value - Lambda*| on the net; default 0 for exact targets, 2^-40 otherwise.

    Raises:
        ArgumentError: C <= 0, an empty net, the same point twice, numbers that are not finite, a target that is not
            (1, C)-Lipschitz on the net (the pair is named), or an epsilon that this net cannot guarantee (the size of
            a net that can is named).
    """
    start = time.perf_counter()
    if callable(net):
        net = [net(k) for k in range(size or 0)]
    covering = net if isinstance(net, CoveringNet) else None
    constant = _positive("C", C)
    allowed = _not_negative("slack", slack)
    points = net_points(covering.points if covering is not None else net)  # type: ignore[arg-type]
    d = len(points[0].x)
    reach = _radius(points, radius)
    exact = getattr(target, "exact", None)
    rounding = _not_negative("value_error", value_error if value_error is not None else (0 if exact else 2.0**-40))
    _check_epsilon(epsilon, covering, constant, allowed + rounding, d, points)
    values = tuple(_value(target, exact, k, p) for k, p in enumerate(points))
    check_lipschitz(points, values, constant, 2 * rounding)
    checked = time.perf_counter()
    count = directions if directions is not None else 16 if d == 2 else 3**d - 1
    geometry: Geometry = (
        LineGeometry(points, constant) if d == 1 else PolyhedralGeometry(points, constant, unit_directions(d, count))
    )
    pairs = _pairs(geometry, values, allowed, prune, progress)
    groups = tuple(tuple(interpolant(geometry, values, i, j) for j in chosen) for i, chosen in pairs.items())
    verify_class(groups, constant)
    chosen_at = time.perf_counter()
    network = compile_network(groups, d, radius=reach) if groups else constant_network(values[0], d)
    compiled = time.perf_counter()
    gaps = _net_gaps(network, points, values, progress)
    kappa = max((g.budget - g.gap for group in groups for g in group), default=Fraction(0))
    loss = Fraction(0) if d == 1 else _lemma("kappa", c=covering_cosine(d, count), Delta=2 * reach)
    net_error = max(map(abs, gaps))
    worst = None if covering is None else error_off_net(covering.radius, net_error + rounding)
    if epsilon is not None and worst is not None and worst > Fraction(epsilon):
        raise ArgumentError(
            f"construct: the error must be at most epsilon={float(epsilon):g}, got {float(worst):.6g} after pruning "
            f"with slack={float(allowed):g}. Use a smaller slack."
        )
    certificate = Certificate(
        d=d,
        C=str(constant),
        radius=str(reach),
        net_size=len(points),
        pairs=sum(map(len, groups)),
        all_pairs=len(points) * (len(points) - 1),
        layers=layer_facts(network, reach),
        width=network.width,
        parameters=network.parameters,
        lipschitz_query="1",
        lipschitz_context=str(constant),
        net_error=str(net_error),
        above=str(max(Fraction(0), *gaps)),
        below=str(max(Fraction(0), *(-g for g in gaps))),
        kappa=str(kappa),
        kappa_a_priori=str(loss),
        value_error=str(rounding),
        covering_radius=None if covering is None else str(covering.radius),
        error=None if worst is None else upper(worst),
        seconds={
            "check": checked - start,
            "pairs": chosen_at - checked,
            "compile": compiled - chosen_at,
            "exact values": time.perf_counter() - compiled,
        },
    )
    return Construction(network, certificate, points, values, groups, constant)


def error_off_net(delta: Fraction, net_error: Fraction) -> Fraction:
    """LT-20's error at distance delta from the net, its C kappa being whatever bounds |Lambda - Lambda*| on the net."""
    return _lemma("error", delta=delta, C=Fraction(1), kappa=net_error)


def verify_class(groups: Sequence[Sequence[Interpolant]], C: Fraction) -> None:
    """Each g is in C_{1,C}: |query| <= 1, |weight| <= C, potential 1-Lipschitz. Decided in Fractions.

    Raises:
        InternalError: one is not.
    """
    for g in (g for group in groups for g in group):
        phi = g.potential
        if isinstance(phi, LinePotential):
            steep = any(s not in (-1, 0, 1) for s in phi.slopes) or any(
                a >= b for a, b in zip(phi.breaks, phi.breaks[1:], strict=False)
            )
        else:
            steep = any(dot(u, u) > 1 for u in phi.directions)
        if steep or dot(g.query, g.query) > 1 or abs(g.weight) > C:
            raise InternalError(f"construct: g_({g.i},{g.j}) is not (1, C)-Lipschitz.")


def layer_facts(network: Network, radius: Fraction) -> tuple[LayerFact, ...]:
    """Norm bound, step and admissible step of each layer, for tokens and queries in |y| <= radius.

    Raises:
        InternalError: a step is not admissible.
    """
    lift = norm_squared_bound(network.lift)
    facts = []
    for k, layer in enumerate(network.layers):
        if isinstance(layer, MLPStep):
            square = norm_squared_bound(layer.W)
            largest = admissible_step("mlp_step", "tau_max", "w", square, power=2)
        else:
            square = norm_squared_bound(layer.A)
            largest = admissible_step("attention_step_sharp", "eta_max", "D", square * lift * 4 * radius**2, power=2)
        if largest is not None and not 0 <= Fraction(layer.step) <= largest:
            raise InternalError(f"construct: layers.{k} has step {layer.step}, admissible is {float(largest)}.")
        kind = "mlp" if isinstance(layer, MLPStep) else "attention"
        bound = math.inf if largest is None else float_down(largest)
        facts.append(LayerFact(kind, math.nextafter(math.sqrt(upper(square)), math.inf), layer.step, bound))
    return tuple(facts)


def unpruned_size(net_size: int, cells: int) -> tuple[int, int]:
    """(layers, width) of the d = 1 network with all N (N - 1) pairs on `cells` cells, by the same compilation."""
    depth, slots = 0, net_size - 1
    while slots > 1:
        depth, slots = depth + 1, (slots + 1) // 2
    slots = net_size
    while slots > 1:
        depth, slots = depth + 1, (slots + 1) // 2
    # one layer of clamps and one of attention, unless all measures are the same: then a layer for the constant only
    return depth + (2 if cells else 1), 1 + cells + 2 * net_size * (net_size - 1)


def _pairs(
    geometry: Geometry, values: Sequence[Fraction], slack: Fraction, prune: bool, progress: Progress | None
) -> Pairs:
    if len(values) == 1:
        return {}
    return pruned_pairs(geometry, values, slack, progress) if prune else all_pairs(len(values))


def _net_gaps(
    network: Network, points: Sequence[NetPoint], values: Sequence[Fraction], progress: Progress | None
) -> list[Fraction]:
    """Lambda - value at every net point, exactly; one pass for all queries of a context."""
    evaluate = ExactNetwork(network)
    contexts: dict[ExactMeasure, list[int]] = {}
    for k, p in enumerate(points):
        contexts.setdefault(p.measure, []).append(k)
    gaps: dict[int, Fraction] = {}
    for done, (measure, members) in enumerate(contexts.items(), 1):
        outputs = evaluate(measure, [points[k].x for k in members])
        gaps |= {k: out[0] - values[k] for k, out in zip(members, outputs, strict=True)}
        if progress is not None:
            progress("exact values on the net", done, len(contexts))
    return [gaps[k] for k in range(len(points))]


def _value(target: Target, exact: Any, k: int, point: NetPoint) -> Fraction:
    try:
        if exact is not None:
            return Fraction(exact(point.measure, point.x))
        found = target(as_measure(point.measure), torch.tensor([float(c) for c in point.x], dtype=torch.float64))
    except Exception as error:  # the caller's own code
        raise ArgumentError(
            f"construct: the target must be defined on the net, got {type(error).__name__}: {error} at net[{k}]. It is "
            "called with a Measure of points (n, d), weights (n,) and x (d,)."
        ) from error
    try:
        if isinstance(found, str | bytes):
            raise TypeError("text is no number")
        number = float(found)
    except (TypeError, ValueError, RuntimeError) as error:
        raise ArgumentError(f"construct: the target must return one number, got {found!r} at net[{k}].") from error
    if not math.isfinite(number):
        raise ArgumentError(f"construct: the target must be finite on the net, got {number} at net[{k}].")
    return Fraction(number)


def _radius(points: Sequence[NetPoint], radius: Fraction | float | None) -> Fraction:
    """The given radius, or the smallest integer that holds the net."""
    square = max(dot(v, v) for p in points for v in (p.x, *p.measure.points))
    if radius is None:
        return Fraction(max(1, math.isqrt(math.ceil(square) - 1) + 1 if square > 1 else 1))
    given = _positive("radius", radius)
    if given**2 < square:
        raise ArgumentError(
            f"construct: the radius must hold the net, got radius={float(given):g} and a net point of norm "
            f"{math.sqrt(square):g}. Tokens outside have no certificate."
        )
    return given


def _check_epsilon(
    epsilon: Fraction | float | None,
    covering: CoveringNet | None,
    C: Fraction,
    extra: Fraction,
    d: int,
    points: Sequence[NetPoint],
) -> None:
    if epsilon is None:
        return
    wanted = _positive("epsilon", epsilon)
    # the error grows linearly with delta
    slope = error_off_net(Fraction(1), Fraction(0))
    size = size_for_radius(C, (wanted - extra) / slope) if d == 1 and wanted > extra else None
    takes = f"a covering net of P([0, 1]) x [0, 1] takes {size:,} points" if size else "no covering net searched does"
    if covering is None:
        raise ArgumentError(
            f"construct: a uniform epsilon={float(wanted):g} takes a covering net, got {len(points)} points without a "
            f"proved covering radius. In d = 1 covered(net, C) proves one, and {takes}."
        )
    guaranteed = error_off_net(covering.radius, extra)
    if guaranteed > wanted:
        raise ArgumentError(
            f"construct: epsilon={float(wanted):g} is too small for this net, got {len(points)} points of covering "
            f"radius {float(covering.radius):.6g}, which guarantees {float(guaranteed):.6g} "
            f"(2 delta + slack + value error). For this epsilon {takes}."
        )


def _lemma(key: str, **values: Fraction) -> Fraction:
    """A bound of LT-20 at rational values."""
    return Fraction(evaluate(lemma_bound("universal_approximation", key), values))  # type: ignore[arg-type]


def _positive(name: str, value: Any) -> Fraction:
    number = _number(name, value)
    if number <= 0:
        raise ArgumentError(f"construct: {name} must be positive, got {name}={float(number):g}. Nothing else is asked.")
    return number


def _not_negative(name: str, value: Any) -> Fraction:
    number = _number(name, value)
    if number < 0:
        raise ArgumentError(f"construct: {name} must be >= 0, got {name}={float(number):g}.")
    return number


def _number(name: str, value: Any) -> Fraction:
    try:
        return Fraction(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(f"construct: {name} must be a finite number, got {name}={value!r}.") from error
