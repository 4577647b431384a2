"""Where a layer sends its domain (LT-10): a ball of radius r, or the diameter of the set of atoms.

    radius     |F(x)| <= bound, r the largest norm of the query and the atoms
    diameter   max_ij |F(y_i) - F(y_j)| <= bound

Steps are drawn, not derived. For the radius of an attention layer any step >= 0 is allowed. The other two
statements need an admissible step; the sample keeps step * |W|_F^2 <= 1, resp. step * D^2 <= 1, which every
version of the step lemmas allows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.exact import Number, Vector
from proofcheck.hammer.families import Configuration, flat
from proofcheck.hammer.kinds.base import Kind, net_ratio, option
from proofcheck.hammer.kinds.nonexpansive_query import check_layer
from proofcheck.hammer.layers import Attention, Case, Sample, layer, query_pairs
from proofcheck.hammer.quantities import exactly, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial


class DomainRadius(Kind):
    """options: layer, statement ("radius" or "diameter"). Quantities: radius, step and those of the layer."""

    name = "domain_radius"
    paired: ClassVar[frozenset[str]] = frozenset({"x"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.layer = layer(option(trial, "layer", trial.name))
        self.statement = option(trial, "statement", "radius")
        self.contextual = isinstance(self.layer, Attention)
        if self.statement not in ("radius", "diameter") or (self.statement == "diameter" and not self.contextual):
            raise ArgumentError(
                f"{trial.lemma}.HAMMER: options['statement'] must be radius, or diameter for attention, "
                f"got {self.statement!r}."
            )

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {**self.layer.axes, "x": ("d",), "step": ()}

    def draw(self, config: Configuration, generator: Source) -> Case:
        case = self.layer.draw(config, generator)
        x, _ = query_pairs(self.layer, case, config, generator)
        if self.contextual:
            # queries of the size of the atoms, every third one an atom: the bound compares the two
            size = case["points"].norm(dim=-1).amax(-1).view(-1, 1, 1)
            x = x / x.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny) * size
            x[:, ::3] = case["points"][:, :1]
        step = 10 ** (2 * flat(config, generator, config.batch) - 1)
        if not self.contextual:
            step = flat(config, generator, config.batch) / case["W"].square().sum((-1, -2)).clamp_min(1e-30)
        elif self.statement == "diameter":
            D = self.layer.quantity("image_diameter", case).value
            step = torch.where(D > 0, flat(config, generator, config.batch) / D.square().clamp_min(1e-30), step)
        return {**case, "x": x, "step": step}

    def seeds(self, config: Configuration) -> list[Case]:
        case, x, _ = self.layer.extremal(config)
        step = torch.ones_like(x[:, 0, 0])
        if not self.contextual:
            return []
        if self.statement == "radius":
            # all atoms at e, A = -I, query e: everything moves outwards along e
            points = torch.zeros_like(case["points"])
            points[..., 0] = 1
            case = {**case, "points": points, "A": -case["A"]}
            x = points[:, :1]
        return [{**case, "x": x, "step": step / 4}]

    def parameters(self, case: Case) -> dict[str, Tensor]:
        return {**self.layer.parameters(case), "x": case["x"], "log_step": case["step"].log()}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        case = self.layer.build(parameters)
        step = parameters["log_step"].exp()
        if not self.contextual:
            step = torch.minimum(step, 1 / case["W"].square().sum((-1, -2)))
        elif self.statement == "diameter":
            D = self.layer.quantity("image_diameter", case).value
            step = torch.minimum(step, 1 / D.square().clamp_min(1e-30))
        return {**case, "x": parameters["x"], "step": step}

    def _quantity(self, name: str, case: Case) -> Measured:
        """(batch, pairs) or (batch, 1)."""
        if name in ("radius", "domain_radius"):
            length = case["x"].norm(dim=-1)
            if self.contextual:
                length = torch.maximum(length, case["points"].norm(dim=-1).amax(-1, keepdim=True))
            return Measured(length, (case["x"].shape[-1] + 2) * unit_roundoff(length) * length.detach())
        q = exactly(case["step"]) if name == "step" else self.layer.quantity(name, case)
        return Measured(q.value.unsqueeze(-1), q.error.unsqueeze(-1))

    def _measured(self, case: Case) -> tuple[Tensor, Tensor, dict[str, Measured]]:
        """Value, its error and the bound's quantities: (batch, pairs), one column for the diameter."""
        x = case["points"] if self.statement == "diameter" else case["x"]
        F = self.layer.call(self.trial.function, case, x, case["step"])
        error = self.layer.error(case, x, case["step"])
        if self.statement == "diameter":
            gaps = (F.unsqueeze(-2) - F.unsqueeze(-3)).square().sum(-1).flatten(1).amax(-1, keepdim=True)
            safe = torch.where(gaps > 0, gaps, torch.ones_like(gaps)).sqrt()
            value, error = torch.where(gaps > 0, safe, 0 * gaps), 2 * error.amax(-1, keepdim=True)
        else:
            value = F.norm(dim=-1)
        error = error + (x.shape[-1] + 4) * unit_roundoff(value) * value
        columns = (1, 1) if self.statement == "diameter" else case["x"].shape[:2]
        names = self.trial.prop.quantities.values()
        found = {name: self._quantity(name, case) for name in names}
        if self.statement == "diameter":
            found = {n: Measured(q.value[:, :1], q.error[:, :1]) for n, q in found.items()}
        else:
            size = (case["x"].shape[0], columns[1])
            found = {n: Measured(q.value.expand(size), q.error.expand(size)) for n, q in found.items()}
        return value, error, found

    def raw_ratio(self, case: Case) -> Tensor:
        value, _, found = self._measured(case)
        bound = self.trial.centre(found)
        positive = bound > 0
        ratio = torch.where(positive, value / torch.where(positive, bound, torch.ones_like(value)), 0 * value)
        return ratio.expand(case["x"].shape[:2])

    def ratio(self, case: Case) -> Tensor:
        value, error, found = self._measured(case)
        bound = self.trial.value(found)
        result = net_ratio(value, error, bound.value, bound.error)
        result = torch.where(torch.isnan(value), torch.full_like(result, torch.nan), result)
        return result.expand(case["x"].shape[:2])

    def decide(self, sample: Sample) -> Decision:
        def value() -> Number:
            if self.statement == "radius":
                return exact.sqrt(exact.norm2(self._image(sample, sample["x"])))
            F = [self._image(sample, y) for y in sample["points"]]
            pairs = [exact.norm2(exact.minus(a, b)) for i, a in enumerate(F) for b in F[: i + 1]]
            return exact.sqrt(exact.largest(pairs))

        def bound() -> Number:
            return self.trial.exact_value(
                {name: self._exact_quantity(name, sample) for name in self.trial.prop.quantities.values()}
            )

        def refute(_: Number) -> Decision:
            got, limit = exact.to_float(value()), exact.to_float(bound())
            return Decision(
                Status.REFUTED,
                f"the {self.statement} after the layer is {got:.9g}, the bound says at most {limit:.9g}",
                "statement",
                {"value": f"{got:.17g}", "bound": f"{limit:.17g}"},
            )

        return decide_gap(lambda: bound() - value(), lambda: bound() + 1, refute)

    def _image(self, sample: Sample, x: Vector) -> Vector:
        return [a - sample["step"] * b for a, b in zip(x, self.layer.pull(sample, x), strict=True)]

    def _exact_quantity(self, name: str, sample: Sample) -> Number:
        if name == "step":
            return sample["step"]
        if name in ("radius", "domain_radius"):
            rows = [sample["x"], *(sample["points"] if self.contextual else [])]
            return exact.sqrt(max(exact.norm2(row) for row in rows))
        return self.layer.exact_quantity(name, sample)

    def check_code(self, case: Case) -> Decision:
        return check_layer(self, self.layer, case)
