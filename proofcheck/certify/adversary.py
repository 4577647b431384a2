"""An adversary for a whole network: pairs of queries, and of contexts, whose images lie as far apart as it can find.

Both ratios are climbed in float64 (Adam on points, directions and weights, all starts in one batch):
    query      |Lambda(mu, x) - Lambda(mu, x')| / |x - x'|
    context    |Lambda(mu, x) - Lambda(nu, x)| / cost, nu = mu with each token moved: cost sum w_j |y_j - z_j| >= W_1,
               or max_j |y_j - z_j| >= W_infinity
on random contexts (two to eight tokens, masses down to 10^-6, tokens in the ball and on its sphere), where everything
may move, and on given ones, where tokens and weights stay. The best pair of each kind is then enclosed in balls, so the
ratio that is reported is a rigorous lower bound of the network's constant, and a violation would be a proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import flint
import torch
from flint import arb, arb_mat
from torch import Tensor

from proofcheck.certify.certificate import Certificate
from proofcheck.certify.enclosure import PRECISION, enclose
from proofcheck.certify.numbers import as_ball
from torch_impl.measures import Measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.reference.balls import lower
from torch_impl.reference.exact import ExactMeasure, Vector, exact_matrix, exact_measure, squared_distance
from torch_impl.rounding import sqrt_down, sqrt_up

TOKENS = 8
STEPS = 60
KINDS = ("query", "w1", "winf")
_HALF = 1e-4  # half the distance of a pair, times the radius: ratios are steepest for close pairs
_OUTPUTS = 16  # up to which the Jacobian in the query is written out for a start
_HEADROOM = 1e-12  # of the ball, kept free so that rounding leaves no point outside it

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Attack:
    """The worst pair of one kind. ratio: a lower bound of the network's constant, exact.

    share: ratio / certificate, to show.   exceeded: ratio > certificate.   given: whether found on a given context.
    """

    kind: str
    ratio: Fraction
    share: float
    exceeded: bool
    given: bool
    contexts: tuple[ExactMeasure, ...]
    queries: tuple[Vector, ...]


def attack(
    network: Network,
    certificate: Certificate,
    *,
    contexts: int,
    given: Measure | None = None,
    seed: int = 0,
    steps: int = STEPS,
    progress: Progress = lambda kind, done, planned: None,
) -> list[Attack]:
    """The worst pair of each kind on `contexts` random contexts and on the given ones."""
    double = as_double(network)
    radius, diameter = float(certificate.radius), float(certificate.diameter)
    found: list[Attack] = []
    for kind in KINDS:
        starts = []
        if contexts:
            generator = torch.Generator().manual_seed(seed)
            starts.append((_random(contexts, network.d, radius, diameter, generator, _axes(double)), False))
        if given is not None:
            starts.append((Measure(given.points.to(torch.float64), given.weights.to(torch.float64)), True))
        best: Attack | None = None
        for measure, fixed in starts:
            climb = _Climb(double, measure, kind, radius, diameter, fixed, seed)
            pair = climb.run(steps, lambda done, kind=kind: progress(kind, done, steps))
            result = _confirm(network, certificate, kind, pair, fixed)
            if result is not None and (best is None or result.ratio > best.ratio):
                best = result
        if best is not None:
            found.append(best)
    return found


def as_double(network: Network) -> Network:
    """The same numbers in float64."""

    def convert(t: Tensor) -> Tensor:
        return t.detach().to(torch.float64)

    layers = tuple(
        MLPStep(convert(s.W), convert(s.b), s.step) if isinstance(s, MLPStep) else AttentionStep(convert(s.A), s.step)
        for s in network.layers
    )
    return Network(convert(network.lift), layers, convert(network.readout))


class _Climb:
    """Gradient ascent of one ratio over a batch of starts."""

    def __init__(
        self, network: Network, measure: Measure, kind: str, radius: float, diameter: float, fixed: bool, seed: int
    ) -> None:
        self.network, self.kind, self.radius, self.diameter, self.fixed = network, kind, radius, diameter, fixed
        points, weights = measure
        generator = torch.Generator().manual_seed(seed + 1)
        self.half = _HALF * radius
        self.points, self.active = points.clone(), weights > 0
        self.logits = torch.where(self.active, weights.clamp(min=1e-300).log(), torch.full_like(weights, -torch.inf))
        index = torch.randint(points.shape[-2], (len(points), 1, 1), generator=generator)
        query = points.gather(-2, index.expand(-1, 1, points.shape[-1])).clone()
        noise = torch.randn(points.shape, generator=generator, dtype=torch.float64)
        # from the origin, where two opposite tokens have equal weights, out to a token
        share = torch.linspace(0, 1, len(points), dtype=torch.float64).flip(0)[:, None, None] if not fixed else 1.0
        self.query = share * (query + 0.3 * radius * noise[:, :1] / noise.shape[-1] ** 0.5)
        self.direction = noise if kind != "query" else noise[:, :1].clone()
        self.mass = torch.zeros_like(weights)  # W_1: logits of which tokens carry the displacement

    def pair(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Two contexts, one set of weights, two queries, all in the domain."""
        points = self.points
        weights = torch.softmax(self.logits, -1)
        if self.kind == "query":
            move = self.half * self.direction / _norm(self.direction)
            cloud, query = self._inside(self._ball(points)), self._ball(self.query)
            return cloud, cloud, weights, query + move, query - move
        size = _norm(self.direction)
        if self.kind == "winf":
            move = self.half * self.direction / size
        else:
            share = torch.softmax(torch.where(self.active, self.mass, torch.full_like(self.mass, -torch.inf)), -1)
            move = self.half * share.unsqueeze(-1) * self.direction / size
        move = move * self.active.unsqueeze(-1)
        points = self._ball(points)
        both = self._inside(torch.cat((points + move, points - move), -2))
        one, other = both.chunk(2, -2)
        query = self._ball(self.query)
        return one, other, weights, query, query

    def ratio(self, parts: tuple[Tensor, Tensor, Tensor, Tensor, Tensor]) -> Tensor:
        one, other, weights, x, y = parts
        a = self.network(Measure(one, weights), x)
        b = a.new_zeros(()) if one is other else self.network(Measure(other, weights), y)
        if one is other:
            a, b = self.network(Measure(one, weights), torch.cat((x, y), -2)).chunk(2, -2)
        gap = _norm((a - b).squeeze(-2)).squeeze(-1)
        if self.kind == "query":
            return gap / _norm(x - y).squeeze(-1).squeeze(-1)
        moved = _norm(one - other).squeeze(-1) * self.active
        cost = moved.amax(-1) if self.kind == "winf" else (weights * moved).sum(-1)
        # a pair that the diameter has squeezed together says nothing but rounding
        return torch.where(moved.amax(-1) > self.half * _HALF, gap / cost.clamp(min=1e-300), torch.zeros_like(gap))

    def run(self, steps: int, progress: Callable[[int], None]) -> tuple[Tensor, ...]:
        """The best pair of the batch: points, points, weights, query, query of one start."""
        moving = [self.query, self.direction]
        moving += [] if self.fixed else [self.points, self.logits]
        moving += [self.mass] if self.kind == "w1" else []
        for tensor in moving:
            tensor.requires_grad_()
        self._aim()
        scale = {id(self.points): self.radius, id(self.query): self.radius}
        groups = [{"params": [t], "lr": 0.05 * scale.get(id(t), 1.0)} for t in moving]
        optimiser = torch.optim.Adam(groups)
        best, kept = -1.0, None
        for done in range(steps + 1):
            progress(done)
            parts = self.pair()
            ratio = self.ratio(parts)
            top = int(torch.nan_to_num(ratio.detach(), nan=-1.0).argmax())
            if float(ratio[top].detach()) > best:
                best = float(ratio[top].detach())
                kept = tuple(t[top].detach().clone() for t in parts)
            if done == steps or not moving:
                break
            optimiser.zero_grad()
            (-ratio.clamp(min=1e-300).log().sum()).backward()
            for tensor in moving:
                if tensor.grad is not None:
                    tensor.grad = torch.nan_to_num(tensor.grad, nan=0.0, posinf=0.0, neginf=0.0)
            optimiser.step()
        parts = self.pair()
        return kept if kept is not None else tuple(t[0].detach() for t in parts)

    def _aim(self) -> None:
        """Start along the gradient of a random output: for W_1 with the token whose gradient per mass is largest."""
        points = self.points.detach().clone().requires_grad_()
        query = self._ball(self.query.detach()).clone().requires_grad_()
        weights = torch.softmax(self.logits.detach(), -1)
        output = self.network(Measure(self._inside(self._ball(points)), weights), query)
        if self.kind == "query" and output.shape[-1] <= _OUTPUTS:
            rows = [torch.autograd.grad(o.sum(), query, retain_graph=True)[0] for o in output.unbind(-1)]
            jacobian = torch.cat(rows, -2)  # (batch, o, d)
            if bool(torch.isfinite(jacobian).all()) and bool((jacobian != 0).any()):
                with torch.no_grad():
                    self.direction.copy_(torch.linalg.svd(jacobian, full_matrices=False)[2][:, :1])
            return
        probe = torch.randn(output.shape[-1], generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        slopes = torch.autograd.grad((output @ probe).sum(), (points, query), allow_unused=True)
        slope = slopes[1 if self.kind == "query" else 0]
        if slope is None:
            return
        usable = torch.isfinite(slope).all() and bool((slope != 0).any())
        if not usable:
            return
        with torch.no_grad():
            self.direction.copy_(torch.where(_norm(slope) > 1e-200, slope / _norm(slope), self.direction))
            if self.kind == "w1":
                pull = _norm(slope).squeeze(-1) / weights.clamp(min=1e-300)
                self.mass.copy_((pull / pull.amax(-1, keepdim=True).clamp(min=1e-300)).clamp(min=1e-6).log() * 4)

    def _ball(self, x: Tensor) -> Tensor:
        """Into the ball, with room for half a pair."""
        return x * ((self.radius * (1 - _HEADROOM) - self.half) / _norm(x)).clamp(max=1.0)

    def _inside(self, cloud: Tensor) -> Tensor:
        """Towards the mean until the diameter fits; padding follows and does not count."""
        if self.diameter >= 2 * self.radius:
            return cloud
        active = self.active if cloud.shape[-2] == self.active.shape[-1] else torch.cat((self.active, self.active), -1)
        shares = (active / active.sum(-1, keepdim=True)).unsqueeze(-1)
        centre = (cloud * shares).sum(-2, keepdim=True)
        gaps = torch.where(active.unsqueeze(-1), cloud - centre, torch.zeros_like(cloud))
        width = torch.cdist(gaps, gaps, compute_mode="donot_use_mm_for_euclid_dist").amax((-2, -1)).detach()
        factor = (self.diameter * (1 - 1e-9) / width.clamp(min=1e-300)).clamp(max=1.0)
        return centre + gaps * factor.unsqueeze(-1).unsqueeze(-1)


def _confirm(
    network: Network, certificate: Certificate, kind: str, pair: tuple[Tensor, ...], given: bool
) -> Attack | None:
    """The pair in balls: a lower bound of its ratio, compared with the certificate in rationals."""
    one, other, weights, x, y = pair
    if not all(bool(torch.isfinite(t).all()) for t in pair):
        return None  # the climb left the floats
    mu, nu = exact_measure(one, weights), exact_measure(other, weights)
    queries = exact_matrix(x), exact_matrix(y)
    same = mu == nu
    if kind == "query":
        cost = sqrt_up(squared_distance(queries[0][0], queries[1][0]))
    else:
        gaps = [sqrt_up(squared_distance(a, b)) for a, b in zip(mu.points, nu.points, strict=True)]
        cost = max(gaps) if kind == "winf" else sum((w * g for w, g in zip(mu.weights, gaps, strict=True)), Fraction(0))
    if cost == 0:
        return None
    with flint.ctx.workprec(PRECISION):
        points = [arb_mat([[arb(v) for v in row] for row in t.tolist()]) for t in (x, y)]
        if same:
            outputs = enclose(network, mu, arb_mat([[m[0, j] for j in range(m.ncols())] for m in points])).outputs
            images = [[outputs[i, j] for j in range(outputs.ncols())] for i in range(2)]
        else:
            each = [enclose(network, measure, q).outputs for measure, q in zip((mu, nu), points, strict=True)]
            images = [[m[0, j] for j in range(m.ncols())] for m in each]
        square = sum(((a - b) * (a - b) for a, b in zip(*images, strict=True)), arb(0))
        if not square.is_finite():
            return None  # scores beyond what balls can hold
        gap = sqrt_down(max(Fraction(0), lower(square)))
    ratio = gap / cost
    limit = as_ball(certificate.query) if kind == "query" else certificate.context[kind]
    with flint.ctx.workprec(PRECISION):
        exceeded = bool(as_ball(ratio).lower() > limit) if limit.is_finite() else False
        share = float((as_ball(ratio) / limit).mid()) if limit.is_finite() and not limit.is_zero() else 0.0
    contexts = (mu,) if same else (mu, nu)
    return Attack(kind, ratio, share, exceeded, given, contexts, tuple(q[0] for q in queries))


def _axes(network: Network) -> list[Tensor]:
    """For each attention layer of moderate size the input direction that A lift stretches most (LT-05)."""
    found = []
    for layer in network.layers:
        if isinstance(layer, AttentionStep) and network.width <= 512 and len(found) < 8:
            found.append(torch.linalg.svd(layer.A.to_dense() @ network.lift.to_dense())[2][0])
    return found


def _random(
    count: int, d: int, radius: float, diameter: float, generator: torch.Generator, axes: list[Tensor]
) -> Measure:
    """Contexts of TOKENS tokens, some of weight 0: in the ball, on the sphere, at its poles; even and uneven masses."""

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    points = normal(count, TOKENS, d)
    points = points / _norm(points).clamp(min=1e-300)
    inner = torch.rand(count, TOKENS, 1, generator=generator, dtype=torch.float64) ** (1 / d)
    points = torch.where((torch.arange(count) % 2 == 0)[:, None, None], points * inner, points) * radius
    poles = points[:, :1] * torch.tensor([1.0, -1.0] * (TOKENS // 2), dtype=torch.float64)[:, None]
    points = torch.where((torch.arange(count) % 3 == 2)[:, None, None], poles, points)
    signs = torch.tensor([1.0, -1.0] * (TOKENS // 2), dtype=torch.float64)[:, None]
    for k, axis in enumerate(axes[:count]):
        points[-1 - k] = radius * signs * axis  # the last starts have their query at the origin
    sizes = torch.tensor([2, 3, 5, TOKENS])[torch.arange(count) % 4]
    active = torch.arange(TOKENS) < sizes[:, None]
    spread = torch.tensor([0.0, 1.0, 6.0], dtype=torch.float64)[torch.arange(count) // 4 % 3]
    masses = torch.exp(spread[:, None] * normal(count, TOKENS)).clamp(1e-6, 1e6) * active
    masses[count - min(count, len(axes)) :] = 1.0
    return Measure(
        points * min(1.0, max(diameter / (2 * radius), 0.0) if radius else 1.0), masses / masses.sum(-1, keepdim=True)
    )


def _norm(x: Tensor) -> Tensor:
    """|x| along the last axis, kept; differentiable at 0."""
    return x.square().sum(-1, keepdim=True).clamp(min=1e-300).sqrt()
