"""|T(mu, x) - T(nu, x)| <= C d(mu, nu) for a deep composition T in which the contexts move, of attention and MLP steps.

Layers act on tokens and query alike (LT-09). The bound is given in the steps, the norms |A_l| (|W_l|), the pulls
|W_l^T relu(b_l)| and the radius r_0 of tokens and queries, from which r_l follow (LT-10). It is claimed for steps that
make every layer 1-Lipschitz in the query; tried are those that LT-04 and LT-01 admit on the balls of radius r_{l-1},

    eta_l (|A_l| r_{l-1})^2 <= 2,     tau_l |W_l|^2 <= 2,

a condition that every exact decision checks. Contexts come as couplings, as in `context_attention`, of at most ATOMS
atoms: an exact decision takes their square. The bound is attained in the limit r_0 -> 0 (see `deep_extremal`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import couplings, deep_extremal, exact
from proofcheck.hammer.confirm import Decision, Status, code_deviation, decide_gap
from proofcheck.hammer.couplings import length
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, directions, flat, measures, normal
from proofcheck.hammer.kinds.base import Kind, holds, net_ratio, option
from proofcheck.hammer.layers import AbstractLayer, Attention, Case, Mlp, Sample
from proofcheck.hammer.quantities import exactly, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial
from proofcheck.resolve import resolve
from torch_impl.composition import bar
from torch_impl.measures import Measure

ATOMS = 8
UNITS = 3  # rows of W
_NAME = re.compile(r"(step|operator_norm|bias_pull)_([1-9])")


class DeepContext(Kind):
    """options: layers, a tuple of "attention" and "mlp"; distance, "w1" or "winf". Quantities: radius, and for each
    layer k = 1, 2, ... step_k, operator_norm_k, for an MLP step bias_pull_k."""

    name = "deep_context"
    paired: ClassVar[frozenset[str]] = frozenset({"x"})
    nonnegative: ClassVar[frozenset[str]] = frozenset({"weights", "steps"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.names: tuple[str, ...] = tuple(option(trial, "layers", ("attention", "attention")))
        self.distance = option(trial, "distance", "w1")
        self.layers: list[AbstractLayer] = [Attention() if name == "attention" else Mlp() for name in self.names]
        where = f"{trial.lemma}.HAMMER"
        if not self.names or set(self.names) - {"attention", "mlp"} or "attention" not in self.names:
            raise ArgumentError(
                f"{where}: options['layers'] must be 'attention' and 'mlp', with one attention layer at least, "
                f"got {self.names!r}."
            )
        if self.distance not in couplings.DISTANCES:
            raise ArgumentError(
                f"{where}: options['distance'] must be one of {', '.join(couplings.DISTANCES)}, got {self.distance!r}."
            )
        for quantity in trial.prop.quantities.values():
            match = _NAME.fullmatch(quantity)
            if quantity != "radius" and (match is None or int(match[2]) > len(self.names)):
                raise ArgumentError(
                    f"{where}: no quantity {quantity!r} for layers {self.names!r}; "
                    "radius, step_k, operator_norm_k and bias_pull_k are known."
                )
        self.mlp = resolve("torch_impl.layers:gradient_mlp")

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        table: dict[str, tuple[str, ...]] = {
            "points": ("atom", "d"),
            "other": ("atom", "d"),
            "weights": ("atom",),
            "x": ("d",),
            "steps": ("layer",),
        }
        for k, name in enumerate(self.names):
            table |= {f"A{k + 1}": ("d", "d")} if name == "attention" else {f"W{k + 1}": ("unit", "d")}
            table |= {} if name == "attention" else {f"b{k + 1}": ("unit",)}
        return table

    def draw(self, config: Configuration, generator: Source) -> Case:
        points, weights = measures(config, generator)
        case = couplings.moved_points(config, generator, points[:, :ATOMS], weights[:, :ATOMS])
        B, d = config.batch, config.d
        size = case["points"].norm(dim=-1).amax(-1).view(-1, 1, 1)
        x = size * flat(config, generator, B, config.pairs, 1) * directions(config, generator, B, config.pairs)
        case = {**case, "x": x}
        radius = self._radius(case)
        steps: list[Tensor] = []
        for k, name in enumerate(self.names):
            if name == "attention":
                A = normal(config, generator, B, d, d)
                A[::4] = -torch.eye(d, dtype=config.dtype, device=config.device)
                strength = 10 ** (2 * flat(config, generator, B, 1, 1) - 1.5)  # |A| r^2
                norm = A.flatten(1).norm(dim=-1).view(-1, 1, 1) * radius.clamp_min(1e-100).square().view(-1, 1, 1)
                case[f"A{k + 1}"] = A / norm * strength
                wanted = 10 ** (2 * flat(config, generator, B) - 1) / case[f"A{k + 1}"].flatten(1).norm(dim=-1)
            else:
                case[f"W{k + 1}"] = normal(config, generator, B, UNITS, d)
                case[f"b{k + 1}"] = normal(config, generator, B, UNITS) * radius.view(-1, 1)
                wanted = 2 * flat(config, generator, B)
            steps.append(torch.minimum(wanted, self._limit(case, k, radius)))
            radius = self._next_radius(case, k, radius, steps[k])
        case["steps"] = torch.stack(steps, -1)
        return deep_extremal.placed(self.names, case, config, generator)

    def seeds(self, config: Configuration) -> list[Case]:
        def of(*shape: int) -> Tensor:
            return torch.zeros(1, *shape, dtype=config.dtype, device=config.device)

        n, d = min(config.n, ATOMS), config.d
        case = {"points": of(n, d), "other": of(n, d), "weights": of(n) + 1 / n, "x": of(1, d)}
        for k, name in enumerate(self.names):
            new = {f"A{k + 1}": of(d, d)} if name == "attention" else {f"W{k + 1}": of(1, d) + 1, f"b{k + 1}": of(1)}
            case |= new
        return deep_extremal.seeds(self.names, case | {"steps": of(len(self.names))})

    def parameters(self, case: Case) -> dict[str, Tensor]:
        kept = {name: value for name, value in case.items() if name not in ("weights", "steps")}
        return {**kept, "logits": case["weights"].log(), "log_steps": case["steps"].log()}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        case = {name: value for name, value in parameters.items() if name not in ("logits", "log_steps")}
        case["weights"] = torch.softmax(parameters["logits"], -1)
        radius, steps = self._radius(case), []
        for k in range(len(self.names)):
            steps.append(torch.minimum(parameters["log_steps"][:, k].exp(), self._limit(case, k, radius)))
            radius = self._next_radius(case, k, radius, steps[k])
        return {**case, "steps": torch.stack(steps, -1)}

    def _radius(self, case: Case) -> Tensor:
        """r_0, (batch,): of both contexts and all queries."""
        rows = torch.cat([case["points"], case["other"], case["x"]], 1)
        return length(rows).amax(-1)

    def reach(self, case: Case) -> Tensor:
        """r_L, (batch,): what no query or token leaves, with Frobenius in place of operator norms."""
        radius = self._radius(case)
        for k in range(len(self.names)):
            radius = self._next_radius(case, k, radius, case["steps"][:, k])
        return radius

    def _limit(self, case: Case, k: int, radius: Tensor) -> Tensor:
        """A step somewhat below what is admitted, (batch,): Frobenius in place of operator norms."""
        matrix = case[f"A{k + 1}"] if self.names[k] == "attention" else case[f"W{k + 1}"]
        square = matrix.square().sum((-1, -2))
        square = square * radius.square() if self.names[k] == "attention" else square
        return 1.999 / square.clamp_min(1e-200)

    def _next_radius(self, case: Case, k: int, radius: Tensor, step: Tensor) -> Tensor:
        part = self._part(case, k)
        if self.names[k] == "attention":
            return radius * (1 + step * part["A"].flatten(1).norm(dim=-1))
        return radius + step * self.layers[k].quantity("bias_pull", part).value

    def _part(self, case: Mapping[str, Any], k: int) -> dict[str, Any]:
        """The fields of layer k under the names that the layer knows."""
        fields = ("A",) if self.names[k] == "attention" else ("W", "b")
        return {name: case[f"{name}{k + 1}"] for name in fields}

    def _final(
        self, case: Case, points: str, depth: int | None = None, *, bounded: bool = True
    ) -> tuple[Tensor, Tensor]:
        """T(mu, x) (batch, pairs, d) and a first-order bound of its roundoff (batch, 1), or of `depth` layers.

        bounded: whether the roundoff is asked for; climbing does without, and the bound is 0 then.
        """
        mu, x = Measure(case[points], case["weights"]), case["x"]
        error = torch.zeros_like(case["steps"][:, :1])
        for k, (name, layer) in enumerate(list(zip(self.names, self.layers, strict=True))[:depth]):
            step, part = case["steps"][:, k], self._part(case, k)
            function = self.trial.function if name == "attention" else self.mlp
            if bounded:
                with torch.no_grad():
                    error = self._error(k, layer, part, mu, x, step, error)

            def move(m: Measure, rows: Tensor, layer=layer, function=function, part=part, step=step) -> Tensor:
                return layer.call(function, {**part, "points": m.points, "weights": m.weights}, rows, step)

            mu, x = bar(move, mu, x)
        return x, error

    def _error(
        self, k: int, layer: AbstractLayer, part: Case, mu: Measure, x: Tensor, step: Tensor, error: Tensor
    ) -> Tensor:
        """The error so far through layer k, and the layer's own: an error is a move of query and context in W_infinity.

        Attention: 1 + step |A|^2 r^2 bounds |I - step Cov|, step (|A| + |A|^2 r^2) the constant of LT-08. MLP: at most
        1 + step |W|^2.
        """
        rows = torch.cat([mu.points, x], 1)
        own = layer.error({**part, "points": mu.points, "weights": mu.weights}, rows, step).amax(-1, keepdim=True)
        norm = next(iter(part.values())).flatten(1).norm(dim=-1, keepdim=True)
        eta = step.unsqueeze(-1)
        if self.names[k] == "attention":
            reach = norm * rows.norm(dim=-1).amax(-1, keepdim=True)
            return error * (1 + eta * (2 * reach.square() + norm)) + own
        return error * (1 + eta * norm.square()) + own

    def _found(self, case: Case) -> dict[str, Measured]:
        """The quantities, (batch,)."""
        found: dict[str, Measured] = {}
        for name in self.trial.prop.quantities.values():
            if name == "radius":
                value = self._radius(case)
                error = (case["x"].shape[-1] + 2) * unit_roundoff(value) * value.detach()
                found[name] = Measured(value, error)
                continue
            word, k = name[:-2], int(name[-1]) - 1
            if word == "step":
                found[name] = exactly(case["steps"][:, k])
            else:
                found[name] = self.layers[k].quantity(word, {**self._part(case, k), "points": case["points"]})
        return found

    def raw_ratio(self, case: Case) -> Tensor:
        change = length(self._final(case, "points", bounded=False)[0] - self._final(case, "other", bounded=False)[0])
        bound = (self.trial.centre(self._found(case)) * couplings.cost(case, self.distance).value).unsqueeze(-1)
        return torch.where(bound > 0, change / torch.where(bound > 0, bound, torch.ones_like(bound)), 0 * change)

    def ratio(self, case: Case) -> Tensor:
        (at_mu, first), (at_nu, second) = self._final(case, "points"), self._final(case, "other")
        change = length(at_mu - at_nu)
        u = unit_roundoff(change)
        error = first + second + (change.shape[-1] + 4) * u * change
        constant, cost = self.trial.value(self._found(case)), couplings.cost(case, self.distance)
        slack = torch.nan_to_num(constant.error, nan=torch.inf)
        high = (constant.value + slack) * (cost.value + cost.error) * (1 + 4 * u)
        bound = constant.value * cost.value
        slack = torch.nan_to_num(high - bound, nan=torch.inf)
        result = net_ratio(change, error, bound.unsqueeze(-1), slack.unsqueeze(-1))
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def decide(self, sample: Sample) -> Decision:
        def constant() -> Number:
            values = {name: self._exact_quantity(name, sample) for name in self.trial.prop.quantities.values()}
            return self.trial.exact_value(values)

        def cost() -> Number:
            return couplings.exact_cost(sample, self.distance)

        def change() -> Number:
            moved = exact.minus(self._exact_final(sample, "points"), self._exact_final(sample, "other"))
            if all(isinstance(c, fmpq) and c == 0 for c in moved):
                return fmpq(0)
            return exact.sqrt(exact.norm2(moved))

        with exact.precision(exact.PRECISIONS[0]):
            if not self._admissible(sample):
                return holds("a step is not admissible (or not seen to be): nothing is claimed")
        try:
            return decide_gap(
                lambda: constant() * cost() - change(),
                lambda: constant() * cost() + 1,
                lambda _: couplings.refuted("T", change(), constant(), cost()),
            )
        except exact.NoCondition:
            return holds("the bound is no condition here")

    def _admissible(self, sample: Sample) -> bool:
        radius = self._exact_quantity("radius", sample)
        for k, layer in enumerate(self.layers):
            step, part = sample["steps"][k], self._part(sample, k)
            norm = layer.exact_quantity("operator_norm", {**part, "points": []})
            size = norm * radius if self.names[k] == "attention" else norm
            if exact.upper(step * size * size) > 2:
                return False
            if self.names[k] == "attention":
                radius = radius * (1 + step * norm)
            else:
                radius = radius + step * layer.exact_quantity("bias_pull", part)
        return True

    def _exact_quantity(self, name: str, sample: Sample) -> Number:
        if name == "radius":
            return exact.sqrt(max(exact.norm2(v) for v in [sample["x"], *sample["points"], *sample["other"]]))
        word, k = name[:-2], int(name[-1]) - 1
        if word == "step":
            return sample["steps"][k]
        return self.layers[k].exact_quantity(word, {**self._part(sample, k), "points": []})

    def _exact_final(self, sample: Sample, points: str, depth: int | None = None) -> Vector:
        rows, weights = [*sample[points], sample["x"]], sample["weights"]
        for k, name in enumerate(self.names[:depth]):
            step, part = sample["steps"][k], self._part(sample, k)
            if name == "attention":
                v = [exact.apply(part["A"], y) for y in rows[:-1]]
                pulls = [_mean(v, weights, x) for x in rows]
            else:
                W, b = part["W"], part["b"]
                scores = [zip(exact.apply(W, x), b, strict=True) for x in rows]
                hidden = [[exact.largest([s + c, fmpq(0)]) for s, c in row] for row in scores]
                pulls = [exact.apply(exact.transpose(W), h) for h in hidden]
            rows = [[a - step * g for a, g in zip(x, pull, strict=True)] for x, pull in zip(rows, pulls, strict=True)]
        return rows[-1]

    def check_code(self, case: Case) -> Decision:
        """The callable against its formula after every layer (two wrong signs may cancel), at both contexts."""
        sample = self.sample(case)
        decision = holds("")
        for name in ("points", "other"):
            for depth in range(1, len(self.names) + 1):
                got, error = self._final(case, name, depth)
                decision = code_deviation(
                    self.trial.name,
                    got,
                    lambda name=name, depth=depth: self._exact_final(sample, name, depth),
                    float(error.max()),
                    {"context": name, "layers": str(depth)},
                )
                if decision.status is not Status.HOLDS:
                    return decision
        return decision


def _mean(v: list[Vector], weights: Vector, x: Vector) -> Vector:
    """E_x[v] for numbers that may be balls: exact where v is constant or every score is one rational."""
    if all(all(isinstance(c, fmpq) for c in a) and a == v[0] for a in v):
        return v[0]
    scores = [exact.dot(x, a) for a in v]
    if all(isinstance(s, fmpq) and s == scores[0] for s in scores):
        mass = list(weights)
    else:
        top = exact.rational(max(exact.to_float(s) for s in scores))
        mass = [w * exact.exp(s - top) for w, s in zip(weights, scores, strict=True)]
    total = sum(mass, fmpq(0))
    return [exact.dot(mass, column) / total for column in exact.transpose(v)]
