"""Fresh measures against the stated error of a construction, and a small adversary against its two constants.

Error: at each fresh (mu, x) the float64 network and the target differ by at most
    2 delta + net error + value error + roundoff,
delta an upper bound of the budget to the net (d = 1: the closest net point; d >= 2: one well chosen net point, with
a feasible plan). Nothing here is a proof; a violation would refute the certificate.

Adversary: for a fixed context the slope in x is at most 1. Along a coupling that moves the atoms of mu, W1 is at most
the mass-weighted displacement, so |dLambda/dy_j| <= C a_j for each atom. Both are gradients, climbed from random
starts; then pairs at finite distance, against the budget of their coupling.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from torch_impl.construct import Construction, Progress, Target, error_off_net
from torch_impl.construct_net import as_measure
from torch_impl.construct_roundoff import context_gain, gradient_roundoff, roundoff_bound
from torch_impl.measures import Measure, ragged
from torch_impl.network import Network
from torch_impl.wasserstein import wasserstein_1d

BATCH = 8  # of 200 tokens in some hundred coordinates: what a cache holds


@dataclass(frozen=True)
class Verification:
    """measures tried; worst |Lambda - target|; the bound there; worst error/bound; roundoff allowed; violations."""

    measures: int
    tokens: tuple[int, int]
    worst_error: float
    mean_error: float
    worst_ratio: float
    largest_bound: float
    uniform_bound: float | None
    roundoff: float
    violations: int


@dataclass(frozen=True)
class Attack:
    """Largest slope in x (bound 1), in mu per unit of W1 (bound C), and of pairs against their budget (bound 1)."""

    query: float
    context: float
    context_bound: float
    pairs: float
    roundoff: float
    slope_roundoff: float
    tried: int

    @property
    def broken(self) -> bool:
        """Whether any of the three is above its bound by more than float64 explains (pairs have it taken off)."""
        slack = self.slope_roundoff
        return self.query > 1 + slack or self.context > self.context_bound + slack or self.pairs > 1


def fresh_measures(
    count: int, d: int, *, seed: int, tokens: tuple[int, int] = (2, 200)
) -> tuple[list[Measure], list[Tensor]]:
    """Measures in [0, 1]^d of different kinds and token counts with queries (1, d): spread, clustered, few places."""
    generator = torch.Generator().manual_seed(seed)
    pick = random.Random(seed)
    measures, queries = [], []
    for k in range(count):
        n = pick.randint(*tokens)
        points = torch.rand(n, d, generator=generator, dtype=torch.float64)
        if k % 4 == 1:
            points = (torch.rand(1, d, generator=generator, dtype=torch.float64) + 0.05 * points).clamp(0, 1)
        elif k % 4 == 2:
            points = points.round()
        elif k % 4 == 3:
            points = points ** pick.choice([0.25, 4.0])
        weights = torch.ones(n, dtype=torch.float64)
        if k % 3 == 0:
            weights = torch.rand(n, generator=generator, dtype=torch.float64) + 1e-3
        measures.append(Measure(points, weights / weights.sum()))
        queries.append(torch.rand(1, d, generator=generator, dtype=torch.float64))
    return measures, queries


def evaluate(network: Network, measures: Sequence[Measure], queries: Sequence[Tensor]) -> Tensor:
    """Lambda at (measures_k, queries_k), batches of similar token counts: (len(measures),)."""
    order = sorted(range(len(measures)), key=lambda k: measures[k].points.shape[0])
    out = torch.empty(len(measures), dtype=torch.float64)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        batch = ragged([measures[k].points for k in chosen], [measures[k].weights for k in chosen])
        with torch.no_grad():
            out[chosen] = network(batch, torch.stack([queries[k] for k in chosen]))[:, 0, 0]
    return out


def verify(
    construction: Construction, target: Target, *, measures: int, seed: int = 0, progress: Progress | None = None
) -> Verification:
    """Compare the network with its target on fresh measures with 2 to 200 tokens, see the module docstring."""
    d = construction.certificate.d
    contexts, queries = fresh_measures(measures, d, seed=seed)
    values = evaluate(construction.network, contexts, queries)
    batched: Callable[[Measure, Tensor], Tensor] | None = getattr(target, "batched", None)
    wanted = torch.empty(measures, dtype=torch.float64)
    for k, (context, x) in enumerate(zip(contexts, queries, strict=True)):
        wanted[k] = float(batched(context, x)[0] if batched is not None else target(context, x[0]))
        if progress is not None:
            progress("fresh measures", k + 1, measures)
    deltas = net_distances(construction, contexts, queries)
    # 2^-40 for the target itself in floats: sums of at most 200 terms below 4, a quotient by at least 1/2
    slack = roundoff_bound(construction.network, radius=Fraction(construction.certificate.radius), n=200) + 2.0**-40
    # linear in delta
    slope = float(error_off_net(Fraction(1), Fraction(0)))
    bounds = slope * deltas + float(construction.net_bound) + slack
    errors = (values - wanted).abs()
    uniform = construction.certificate.error
    broken = errors > bounds
    if uniform is not None:
        broken |= errors > uniform + slack
    return Verification(
        measures,
        (min(c.points.shape[0] for c in contexts), max(c.points.shape[0] for c in contexts)),
        float(errors.max()),
        float(errors.mean()),
        float((errors / bounds).max()),
        float(bounds.max()),
        uniform,
        slack,
        int(broken.sum()),
    )


def net_distances(construction: Construction, contexts: Sequence[Measure], queries: Sequence[Tensor]) -> Tensor:
    """>= the budget to the net, up to (n + m + 8)(n + m) u of `wasserstein_1d`, added: (len(contexts),)."""
    C = float(construction.C)
    kinds = list(dict.fromkeys(p.measure for p in construction.points))
    of = torch.tensor([kinds.index(p.measure) for p in construction.points])
    x = torch.tensor([[float(c) for c in p.x] for p in construction.points], dtype=torch.float64)
    places = [as_measure(m) for m in kinds]
    net = ragged([p.points for p in places], [p.weights for p in places])
    out = torch.empty(len(contexts), dtype=torch.float64)
    for k, (context, query) in enumerate(zip(contexts, queries, strict=True)):
        between = (x - query).norm(dim=-1)
        if x.shape[1] == 1:
            spread = Measure(context.points.expand(len(kinds), -1, -1), context.weights.expand(len(kinds), -1))
            count = context.points.shape[0] + net.points.shape[1]
            table = wasserstein_1d(spread, net) + (count + 8) * count * 2.0**-53
            out[k] = (between + C * table[of]).min()
        else:
            out[k] = _plane_distance(context, between, places, of, C)
    return out


def attack(construction: Construction, *, tries: int = 20, steps: int = 15, tokens: int = 8, seed: int = 0) -> Attack:
    """Climb the slopes of the network in x and in the atoms, then compare pairs with their budgets."""
    network, d, C = construction.network, construction.certificate.d, float(construction.C)
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=generator, dtype=torch.float64)

    weights = draw(tries, tokens) + 0.05
    weights = weights / weights.sum(-1, keepdim=True)
    y, x = draw(tries, tokens, d), draw(tries, 1, d)
    worst_query = worst_context = worst_pair = 0.0
    roundoff = roundoff_bound(network, radius=Fraction(construction.certificate.radius), n=tokens, smallest_weight=1e-3)
    before: tuple[Tensor, Tensor, Tensor] | None = None
    for step in range(steps):
        y.requires_grad_(True)
        x.requires_grad_(True)
        value = network(Measure(y, weights), x)[:, 0, 0]
        by_y, by_x = torch.autograd.grad(value.sum(), (y, x), allow_unused=True)
        by_y = torch.zeros_like(y) if by_y is None else by_y
        y, x = y.detach(), x.detach()
        worst_query = max(worst_query, float(by_x.norm(dim=-1).max()))
        worst_context = max(worst_context, float((by_y.norm(dim=-1) / weights).max()))
        if before is not None:
            moved = (weights * (y - before[0]).norm(dim=-1)).sum(-1) * C + (x - before[1]).norm(dim=-1)[:, 0]
            gap = (value.detach() - before[2]).abs() - 2 * roundoff
            worst_pair = max(worst_pair, float((gap / moved.clamp(min=1e-12)).max()))
        before = (y, x, value.detach())
        # uphill and downhill in turn, with a kick that leaves flat pieces
        sign = 1.0 if step % 2 else -1.0
        uphill = 0.1 * draw(tries, 1, 1) * by_y / weights.unsqueeze(-1) / C
        y = (y + sign * uphill + 0.05 * (draw(*y.shape) - 0.5)).clamp(0, 1)
        x = (x + sign * 0.1 * by_x + 0.1 * (draw(*x.shape) - 0.5)).clamp(0, 1)
    lightest = float(weights.min())
    slopes = gradient_roundoff(network) * (1 + context_gain(network) * (1 + tokens / lightest))
    return Attack(worst_query, worst_context, C, worst_pair, roundoff, slopes, tries * steps)


def _plane_distance(context: Measure, between: Tensor, places: Sequence[Measure], of: Tensor, C: float) -> Tensor:
    """The budget to the net point that is closest by |x - x'| + C |mean - mean'|, from a feasible plan."""
    import numpy as np
    import ot

    centre = context.weights @ context.points
    centres = torch.stack([p.weights @ p.points for p in places])
    k = int((between + C * (centres - centre).norm(dim=-1)[of]).argmin())
    net = places[int(of[k])]
    cost = (context.points[:, None] - net.points[None]).norm(dim=-1).numpy()
    a, b = context.weights.numpy(), net.weights.numpy()
    plan = ot.emd(a / a.sum(), b / b.sum(), cost)
    # what the plan misses of its marginals could travel the whole diameter
    missed = np.abs(plan.sum(1) - a).sum() + np.abs(plan.sum(0) - b).sum()
    return between[k] + C * float((plan * cost).sum() + missed * (cost.max() + 1))
