"""|G(mu, x) - G(nu, x)| <= C d(mu, nu) for one attention layer and a fixed query, d = W_1 or W_infinity.

Contexts come as couplings (see `couplings`): what is compared with is C times the cost of the coupling, which is all
that the statement says, and an exactly feasible coupling of too small a cost refutes it.

Every bound of this kind is attained by translations of one atom (or at x = 0), whatever it says beyond eta |A| d. So
the ratio is taken beyond that part, b = eta |A| d:

    (|G(mu, x) - G(nu, x)| - b) / (C d - b),    above 1 if and only if |G(mu, x) - G(nu, x)| > C d.

It is near 1 only where the terms in the tilt, D |A^T x| and its exponential, are used up. Where C d <= b there is
nothing beyond: the ratio is the plain one if the bound fails, else 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import couplings, exact, quantities
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.couplings import length
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.extremal_contexts import SHORT, placed, seed
from proofcheck.hammer.families import Configuration, flat
from proofcheck.hammer.kinds.base import Kind, holds, option
from proofcheck.hammer.kinds.nonexpansive_query import check_layer
from proofcheck.hammer.layers import Attention, Case, Sample, mean_of, query_pairs, tilted
from proofcheck.hammer.quantities import exactly, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial

LIGHTEST = 2.0**-16  # weight of a climbing atom; lighter ones move the mean by no more than roundoff


class ContextAttention(Kind):
    """options: distance, "w1" or "winf". Quantities: step, operator_norm, image_diameter (of A on both supports),
    radius (largest norm of the query and of both supports), query_norm |x|, query_image_norm |A^T x|."""

    name = "context_attention"
    paired: ClassVar[frozenset[str]] = frozenset({"x"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.layer = Attention()
        self.distance = option(trial, "distance", "w1")
        if self.distance not in couplings.DISTANCES:
            raise ArgumentError(
                f"{trial.lemma}.HAMMER: options['distance'] must be one of {', '.join(couplings.DISTANCES)}, "
                f"got {self.distance!r}."
            )

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {**self.layer.axes, "other": ("atom", "d"), "x": ("d",), "step": ()}

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = self.layer.draw(config, generator)
        case = {**case, **couplings.moved_points(config, generator, case["points"], case["weights"])}
        x, _ = query_pairs(self.layer, case, config, generator)
        # every other query as long as the longest atom: bounds on a ball compare the two
        size = case["points"].norm(dim=-1).amax(-1).view(-1, 1, 1)
        x[:, ::2] = (x / x.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny) * size)[:, ::2]
        step = 10 ** (2 * flat(config, generator, config.batch) - 1)
        return placed({**case, "x": x, "step": step}, self.distance, config, generator)

    def seeds(self, config: Configuration) -> list[Case]:
        return seed(self.distance, config)

    def parameters(self, case: Case) -> dict[str, Tensor]:
        gap = case["other"] - case["points"]
        return {
            "middle": (case["points"] + case["other"]) / 2,
            "along": gap / gap.norm(dim=-1).amax(-1).clamp_min(torch.finfo(gap.dtype).tiny).view(-1, 1, 1),
            "logits": case["weights"].log(),
            "log_step": case["step"].log(),
            **{name: case[name] for name in ("A", "x")},
        }

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        """Pairs a short way apart: the longest one for W_1, every one for W_infinity."""
        middle, along = parameters["middle"], parameters["along"]
        long = length(along)
        long = long.unsqueeze(-1) if self.distance == "winf" else long.amax(-1).view(-1, 1, 1)
        half = along / long.clamp_min(torch.finfo(long.dtype).tiny) * _short({**parameters, "points": middle}) / 2
        weights = torch.softmax(parameters["logits"], -1).clamp_min(LIGHTEST)
        weights = weights / weights.sum(-1, keepdim=True)
        kept = {name: parameters[name] for name in ("A", "x")} | {"step": parameters["log_step"].exp()}
        return {"points": middle - half, "other": middle + half, "weights": weights, **kept}

    def sharpen(self, case: Case) -> Case:
        """The first query of each measure with the short displacement that moves its mean most.

        To first order atom k moves E_x[A y] by p_k M_k dy_k, M_k = A + (A y_k - E_x)(A^T x)^T. For W_1 one atom goes
        along the top right singular vector of its M_k; for W_infinity all go along M_k^T h, h iterated.
        """
        case = {k: v.detach() for k, v in case.items()}
        x, A, points = case["x"][:, :1], case["A"], case["points"]
        v = quantities.image(points, A)
        p = torch.softmax(case["weights"].log() + (x @ v.mT).squeeze(1), -1)
        tilt = x @ A  # (batch, 1, d)
        M = A.unsqueeze(1) + (v - p.unsqueeze(1) @ v).unsqueeze(-1) * tilt.unsqueeze(-2)
        M = torch.nan_to_num(M)
        if self.distance == "winf":
            along = _all_along(M, p)
        else:
            _, size, right = torch.linalg.svd(M)
            gain = torch.where(p >= LIGHTEST, size[..., 0] * p / case["weights"], -1 / p)
            best = torch.nn.functional.one_hot(gain.argmax(-1), p.shape[-1]).to(p.dtype)
            along = best.unsqueeze(-1) * right[..., 0, :]
        half = _short({**case, "x": x}) / 2 * along
        return {**case, "x": x, "points": points - half, "other": points + half}

    def _both(self, case: Case) -> tuple[Case, Case]:
        return case, {**case, "points": case["other"]}

    def _quantity(self, name: str, case: Case) -> Measured:
        """(batch, pairs) or (batch, 1)."""
        x, u = case["x"].detach(), unit_roundoff(case["x"])
        d = x.shape[-1]
        if name == "query_norm":
            value = length(case["x"])
            return Measured(value, (d + 2) * u * value.detach())
        if name == "query_image_norm":
            size = case["A"].detach().flatten(-2).norm(dim=-1).unsqueeze(-1) * x.norm(dim=-1)
            return Measured(length(case["x"] @ case["A"]), 2 * (d + 4) * u * size)
        if name == "radius":
            atoms = torch.cat([case["points"], case["other"]], 1).norm(dim=-1).amax(-1, keepdim=True)
            value = torch.maximum(length(case["x"]), atoms)
            return Measured(value, (d + 2) * u * value.detach())
        q = exactly(case["step"]) if name == "step" else self.layer.quantity(name, _union(case))
        return Measured(q.value.unsqueeze(-1), q.error.unsqueeze(-1))

    def _found(self, case: Case) -> dict[str, Measured]:
        shape = case["x"].shape[:2]
        found = {name: self._quantity(name, case) for name in {*self.trial.prop.quantities.values(), *_BASE}}
        return {name: Measured(q.value.expand(shape), q.error.expand(shape)) for name, q in found.items()}

    def _change(self, case: Case) -> Tensor:
        at_mu, at_nu = (self.layer.call(self.trial.function, c, case["x"], case["step"]) for c in self._both(case))
        return length(at_mu - at_nu)

    def raw_ratio(self, case: Case) -> Tensor:
        change, found = self._change(case), self._found(case)
        distance = couplings.cost(case, self.distance).value.unsqueeze(-1)
        bound = self.trial.centre(found) * distance
        return _beyond(change, found["step"].value * found["operator_norm"].value * distance, bound)

    def ratio(self, case: Case) -> Tensor:
        change, found = self._change(case), self._found(case)
        u = unit_roundoff(change)
        error = sum((self.layer.error(c, c["x"], c["step"]) for c in self._both(case)), torch.zeros_like(change))
        error = error + (change.shape[-1] + 4) * u * change
        cost = couplings.cost(case, self.distance)
        most = (cost.value + cost.error).unsqueeze(-1)
        constant = self.trial.value(found)
        slack = torch.nan_to_num(constant.error, nan=torch.inf)  # inf - inf: an exponential overflowed
        bound = (constant.value + slack) * most * (1 + 4 * u)
        norm = found["operator_norm"]
        base = found["step"].value * (norm.value + norm.error) * most * (1 + 4 * u)
        result = _beyond((change - error).clamp_min(0), base, bound).clamp_min(0)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def decide(self, sample: Sample) -> Decision:
        cost = couplings.exact_cost(sample, self.distance)
        first = self._decide(sample, lambda: couplings.exact_cost(sample, self.distance))
        if first.refuted or self.distance != "w1":
            return first
        solved = couplings.solved_cost(sample)
        if solved is None or solved >= exact.lower(cost):
            return first
        second = self._decide(sample, lambda: solved)
        return second if second.refuted else first

    def _decide(self, sample: Sample, cost: Callable[[], Number]) -> Decision:
        def constant() -> Number:
            values = {name: self._exact_quantity(name, sample) for name in self.trial.prop.quantities.values()}
            return self.trial.exact_value(values)

        def change() -> Number:
            moved = mean_change(sample)
            if all(isinstance(c, fmpq) and c == 0 for c in moved):
                return fmpq(0)
            return sample["step"] * exact.sqrt(exact.norm2(moved))

        try:
            return decide_gap(
                lambda: constant() * cost() - change(),
                lambda: constant() * cost() + 1,
                lambda _: couplings.refuted("G", change(), constant(), cost()),
            )
        except exact.NoCondition:
            return holds("the bound is no condition here")

    def _exact_quantity(self, name: str, sample: Sample) -> Number:
        if name == "step":
            return sample["step"]
        if name == "query_norm":
            return exact.sqrt(exact.norm2(sample["x"]))
        if name == "query_image_norm":
            return exact.sqrt(exact.norm2(exact.apply(exact.transpose(sample["A"]), sample["x"])))
        both = sample["points"] + sample["other"]
        if name == "radius":
            return exact.sqrt(max(exact.norm2(row) for row in [sample["x"], *both]))
        return self.layer.exact_quantity(name, {**sample, "points": both})

    def check_code(self, case: Case) -> Decision:
        """The callable against its formula at both contexts."""
        first, second = (check_layer(self, self.layer, c) for c in self._both(case))
        return second if first.status is Status.HOLDS else first


_BASE = ("step", "operator_norm")


def _union(case: Case) -> Case:
    return {**case, "points": torch.cat([case["points"], case["other"]], 1)}


def _beyond(change: Tensor, base: Tensor, bound: Tensor) -> Tensor:
    """(change - base) / (bound - base); change / bound where that exceeds 1, and 0 elsewhere if bound <= base."""
    room = bound - base
    there = room > 0
    share = torch.where(there, (change - base) / torch.where(there, room, torch.ones_like(room)), 0 * change)
    share = torch.where(torch.isinf(bound), torch.zeros_like(share), share)
    positive = bound > 0
    plain = change / torch.where(positive, bound, torch.ones_like(bound))
    plain = torch.where(positive, plain, torch.where(change > 0, torch.full_like(plain, torch.inf), 0 * plain))
    return torch.where(change > bound, plain, share)


def _short(case: Mapping[str, Tensor]) -> Tensor:
    """A length, (batch, 1, 1), over which no score changes much and no diameter either."""
    points, x, A = (case[name].detach() for name in ("points", "x", "A"))
    spread = points.norm(dim=-1).amax(-1)
    tilt = (x @ A).norm(dim=-1).amax(-1)
    scale = 1 / (1 / spread.clamp_min(1e-100) + tilt)
    return (SHORT * scale).view(-1, 1, 1)


def _all_along(M: Tensor, p: Tensor) -> Tensor:
    """Unit dy_k that maximise |sum_k p_k M_k dy_k|, by alternation from the best of d starts: (batch, n, d)."""
    B, n, d, _ = M.shape
    h = torch.eye(d, dtype=M.dtype, device=M.device).expand(B, d, d)  # (batch, start, d)
    along = torch.zeros(B, d, n, d, dtype=M.dtype, device=M.device)
    for _ in range(8):
        pulled = torch.einsum("bnij,bsi->bsnj", M, h)
        along = pulled / pulled.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(M.dtype).tiny)
        total = torch.einsum("bn,bnij,bsnj->bsi", p, M, along)
        h = total / total.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(M.dtype).tiny)
    best = torch.einsum("bn,bnij,bsnj->bsi", p, M, along).norm(dim=-1).argmax(-1)
    return along[torch.arange(B, device=M.device), best]


def mean_change(sample: Sample) -> Vector:
    """E_x[A y] under mu less that under nu: exact where the tilt is, in balls elsewhere."""
    A, w, x = sample["A"], sample["weights"], sample["x"]
    v, z = ([exact.apply(A, y) for y in sample[name]] for name in ("points", "other"))
    gaps = [exact.minus(a, b) for a, b in zip(v, z, strict=True)]
    rise = [exact.dot(x, g) for g in gaps]
    p = tilted(v, w, x)
    if all(r == rise[0] for r in rise):
        return mean_of(gaps, p)  # every score changes alike: one tilt for both
    return exact.minus(mean_of(v, p), mean_of(z, tilted(z, w, x)))
