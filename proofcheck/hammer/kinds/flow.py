"""N residual attention layers x + (1/N) Att(mu_k, x) in which context and tokens move: five statements about them.

    radius       |x_N| <= bound
    refinement   |x_N - x_{2N}| <= bound: layers of half the step, twice as many
    query        |x_N(mu, x) - x_N(mu, y)| <= bound |x - y|
    context      |x_N(mu, x) - x_N(nu, x)| <= bound max_j |y_j - z_j|, atoms of mu and nu paired
    separation   |x_N(mu, x) - x_N(mu, y)| >= bound |x - y|, where the rate h |V| |A| r^2 is below 1

Time is 1 and N a power of two, so the step is exact; V carries the size. No differential equation is solved: every
statement is about finitely many layers, and is decided in balls. Contexts have at most ATOMS atoms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.couplings import length
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, measures, normal
from proofcheck.hammer.kinds.base import Compared, Kind, net_ratio, option
from proofcheck.hammer.layers import Case, Sample, mean_of, tilted
from proofcheck.hammer.quantities import operator_norm, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial
from torch_impl.measures import Measure

ATOMS = 6
STATEMENTS = ("radius", "refinement", "query", "context", "separation")
PLACES = ("points", "other", "x", "y")


class Flow(Kind):
    """options: statement; layers, a power of two. Quantities: radius (of all tokens and queries), operator_norm |A|,
    value_norm |V|, time 1, step 1/layers, layers, times 2, and rate h |V| |A| (radius e^{|V|})^2."""

    name = "flow"
    paired: ClassVar[frozenset[str]] = frozenset({"x", "y"})
    climbable: ClassVar[bool] = False  # the seeds attain the bounds already, and N layers are slow to climb

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.statement: str = option(trial, "statement", "refinement")
        self.layers: int = option(trial, "layers", 2)
        if self.statement not in STATEMENTS or self.layers not in (1, 2, 4, 8):
            raise ArgumentError(
                f"{trial.lemma}.HAMMER: options['statement'] must be one of {', '.join(STATEMENTS)} and "
                f"options['layers'] 1, 2, 4 or 8, got {self.statement!r}, {self.layers!r}. Exact steps need halves."
            )

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        places = dict.fromkeys(("points", "other"), ("atom", "d")) | dict.fromkeys(("x", "y"), ("d",))
        return {**places, "weights": ("atom",), "A": ("d", "d"), "V": ("d", "d")}

    def draw(self, config: Configuration, generator: Source) -> Case:
        mu = measures(config, generator)
        points, weights = mu.points[:, :ATOMS], mu.weights[:, :ATOMS]
        B, q, d = config.batch, config.pairs, config.d
        size = points.norm(dim=-1).amax(-1).clamp_min(torch.finfo(points.dtype).tiny).view(-1, 1, 1)
        radius = 10 ** (flat(config, generator, B, 1, 1) - 0.7)
        points = points / size * radius
        apart = 10 ** (-4 * flat(config, generator, B, 1, 1))
        other = points + apart * radius * normal(config, generator, *points.shape)
        x, y = (radius * normal(config, generator, B, q, d) / d**0.5 for _ in range(2))
        A, V = (normal(config, generator, B, d, d) for _ in range(2))
        scores = flat(config, generator, B, 1, 1) * 2 / radius.square()
        reach = 10 ** (-3 * flat(config, generator, B, 1, 1))
        A = A / A.flatten(1).norm(dim=-1).view(-1, 1, 1).clamp_min(1e-30) * scores
        V = V / V.flatten(1).norm(dim=-1).view(-1, 1, 1).clamp_min(1e-30) * reach
        total = weights.sum(-1, keepdim=True).clamp_min(torch.finfo(weights.dtype).tiny)
        return {"points": points, "other": other, "weights": weights / total, "x": x, "y": y, "A": A, "V": V}

    def seeds(self, config: Configuration) -> list[Case]:
        """One token that grows, V = z; two tokens that approach each other, V = -1, A small."""
        one = torch.zeros(1, 1, config.d, dtype=config.dtype, device=config.device)
        one[..., 0] = 1
        eye = torch.eye(config.d, dtype=config.dtype, device=config.device).unsqueeze(0)
        mass = torch.ones_like(one[..., 0])
        grows = {"points": one, "other": one * (1 - 2.0**-10), "weights": mass, "x": one, "y": one / 2}
        found: list[Case] = [{**grows, "A": 0 * eye, "V": z * eye} for z in (2.0**-13, 2.0**-6)]
        pair = torch.cat([one, -one], 1)
        closes = {"points": pair, "other": pair, "weights": torch.cat([mass, mass], -1) / 2, "x": one, "y": -one}
        return [*found, {**closes, "A": 2.0**-6 * eye, "V": -eye}]

    def parameters(self, case: Case) -> dict[str, Tensor]:
        return {**case, "weights": case["weights"].log()}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        return {**parameters, "weights": torch.softmax(parameters["weights"], -1)}

    def _run(self, case: Case, field: str, places: str = "points", layers: int | None = None) -> Tensor:
        """x_N of the queries `field` in the context `places`: (batch, pairs, d)."""
        mu, N = Measure(case[places], case["weights"]), layers or self.layers
        return self.trial.function(mu, case["A"], case["V"], 1.0, N, case[field]).queries

    def _quantities(self, case: Case) -> dict[str, Measured]:
        norm, value = operator_norm(case["A"]), operator_norm(case["V"])
        rows = torch.cat([case[name].norm(dim=-1).amax(-1, keepdim=True) for name in PLACES], -1)
        radius = rows.amax(-1)
        u, d = unit_roundoff(radius), case["x"].shape[-1]
        largest = Measured(radius, (d + 2) * u * radius.detach())
        found = {"operator_norm": norm, "value_norm": value, "radius": largest}
        for name, number in self._constants.items():
            found[name] = Measured(torch.full_like(radius, float(number)), torch.zeros_like(radius))
        rate = value.value * norm.value * (radius * value.value.exp()).square() / self.layers
        spread = norm.error / norm.value.clamp_min(1e-300) + 3 * value.error / value.value.clamp_min(1e-300)
        found["rate"] = Measured(rate, rate.detach() * (spread.detach() + 2 * value.error + (2 * d + 12) * u))
        return {name: Measured(q.value.unsqueeze(-1), q.error.unsqueeze(-1)) for name, q in found.items()}

    @property
    def _constants(self) -> dict[str, fmpq]:
        return {"time": fmpq(1), "step": fmpq(1, self.layers), "layers": fmpq(self.layers), "times": fmpq(2)}

    def _sides(self, case: Case) -> tuple[Tensor, Tensor]:
        """The change of the network's output and what multiplies the bound: (batch, pairs) each."""
        out, apart = self._run(case, "x"), length(case["x"] - case["y"])
        if self.statement == "radius":
            return length(out), torch.ones_like(apart)
        if self.statement == "refinement":
            return length(out - self._run(case, "x", layers=2 * self.layers)), torch.ones_like(apart)
        if self.statement == "context":
            reach = length(case["points"] - case["other"]).amax(-1, keepdim=True)
            return length(out - self._run(case, "x", "other")), reach.expand_as(apart)
        return length(out - self._run(case, "y")), apart

    def _says(self, found: Mapping[str, Measured]) -> Tensor:
        """Where the statement says something: a separation needs a rate below 1."""
        rate = found["rate"]
        return rate.value + rate.error < 1 if self.statement == "separation" else torch.ones_like(rate.value) > 0

    def _error(self, case: Case, found: Mapping[str, Measured]) -> Tensor:
        """Roundoff of one output, to first order: (batch, 1).

        A layer rounds (n + 2 d + 12) u (1 + h v) R and, through scores off by (2 d + 4) u a R^2, moves its mean by
        2 R times as much; 2 N layers carry errors on by at most e^{v (1 + 2 a R^2)} for the ball of radius R e^v.
        """
        a, v = found["operator_norm"].value.detach(), found["value_norm"].value.detach()
        R = found["radius"].value.detach() * v.exp()
        n, d = case["points"].shape[-2:]
        u = unit_roundoff(R)
        layer = (n + 2 * d + 12) * (1 + v) * R + 2 * v * R * (2 * d + 4) * a * R.square()
        return 2 * self.layers * u * layer * (v * (1 + 2 * a * R.square())).exp()

    def raw_ratio(self, case: Case) -> Tensor:
        change, scale = self._sides(case)
        found = self._quantities(case)
        limit = torch.where(self._says(found), self.trial.centre(found), 0 * scale) * scale
        top, bottom = (limit, change) if self.statement == "separation" else (change, limit)
        positive = bottom > 0
        return torch.where(positive, top / torch.where(positive, bottom, torch.ones_like(bottom)), 0 * top)

    def ratio(self, case: Case) -> Tensor:
        change, scale = self._sides(case)
        found = self._quantities(case)
        bound, u = self.trial.value(found), unit_roundoff(change)
        error = 2 * self._error(case, found) + (case["x"].shape[-1] + 4) * u * change
        slack = (
            torch.nan_to_num(bound.error, nan=torch.inf) * scale + (case["x"].shape[-1] + 6) * u * bound.value * scale
        )
        limit = torch.where(self._says(found), bound.value, 0 * scale) * scale
        if self.statement == "separation":
            result = net_ratio(limit, slack.abs(), change, error.expand_as(change))
        else:
            result = net_ratio(change, error.expand_as(change), limit, slack)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def decide(self, sample: Sample) -> Decision:
        sign = -1 if self.statement == "separation" else 1

        def gap() -> Number:
            change, scale = self._exact_sides(sample)
            return sign * (self._bound(sample) * scale - change)

        def refute(_: Number) -> Decision:
            change, scale = self._exact_sides(sample)
            got, limit = exact.to_float(change), exact.to_float(self._bound(sample) * scale)
            word = "falls below" if sign < 0 else "exceeds"
            return Decision(
                Status.REFUTED,
                f"{self.statement}: {got:.9g} {word} {limit:.9g} after {self.layers} layers",
                "statement",
                {"value": f"{got:.17g}", "bound": f"{limit:.17g}"},
            )

        return decide_gap(gap, lambda: self._bound(sample) + 1, refute)

    def _bound(self, sample: Sample) -> Number:
        norm, value = exact.operator_norm(sample["A"]), exact.operator_norm(sample["V"])
        rows = [*sample["points"], *sample["other"], sample["x"], sample["y"]]
        radius = exact.sqrt(max(exact.norm2(row) for row in rows))
        grown = radius * exact.exp(value)
        found = {"operator_norm": norm, "value_norm": value, "radius": radius, **self._constants}
        found["rate"] = value * norm * grown * grown / self.layers
        if self.statement == "separation" and not found["rate"] < 1:
            return fmpq(0)
        return self.trial.exact_value({name: found[name] for name in self.trial.prop.quantities.values()})

    def _exact_sides(self, sample: Sample) -> tuple[Number, Number]:
        out, apart = self._exact(sample, "x"), exact.sqrt(exact.norm2(exact.minus(sample["x"], sample["y"])))
        if self.statement == "radius":
            return _norm(out), fmpq(1)
        if self.statement == "refinement":
            return _norm(exact.minus(out, self._exact(sample, "x", layers=2 * self.layers))), fmpq(1)
        if self.statement == "context":
            pairs = zip(sample["points"], sample["other"], strict=True)
            reach = exact.sqrt(max(exact.norm2(exact.minus(y, z)) for y, z in pairs))
            return _norm(exact.minus(out, self._exact(sample, "x", "other"))), reach
        return _norm(exact.minus(out, self._exact(sample, "y"))), apart

    def _exact(self, sample: Sample, field: str, places: str = "points", layers: int | None = None) -> Vector:
        tokens, query = [list(row) for row in sample[places]], list(sample[field])
        N = layers or self.layers
        for _ in range(N):
            rows = [self._layer(sample, tokens, row, N) for row in [*tokens, query]]
            tokens, query = rows[:-1], rows[-1]
        return query

    @staticmethod
    def _layer(sample: Sample, tokens: list[Vector], x: Vector, N: int) -> Vector:
        p = tilted(tokens, sample["weights"], exact.apply(sample["A"], x))
        moved = exact.apply(sample["V"], mean_of(tokens, p))
        return [a + b / N for a, b in zip(x, moved, strict=True)]

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        sample: dict[str, Any] = self.sample(case)
        found = self._quantities(wide)
        return [
            Compared(
                self.trial.name,
                self._run(case, "x"),
                lambda: self._exact(sample, "x"),
                float(self._error(wide, found).max()),
                float((found["radius"].value * found["value_norm"].value.exp()).max()),
                {"layers": str(self.layers)},
            )
        ]


def _norm(v: Vector) -> Number:
    square = exact.norm2(v)
    return exact.sqrt(square if isinstance(square, fmpq) else square.nonnegative_part())
