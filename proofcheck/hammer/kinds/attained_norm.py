"""|f(X') - f(X)| >= C |X' - X| for the leader and followers of AS-02: a lower bound of self-attention's constant.

A case is a scalar lambda, columns B, a direction e, a value v, a radius r, a step h and the number n of tokens. A has
the first column lambda u, u the first unit vector, and the others from B, so that A u = lambda u exactly; V = v I, so
that every e is a top singular vector. X = (alpha u, beta u, ..., beta u), alpha = -r, beta = r for lambda < 0,
alpha = r, beta = r/2 otherwise; X' has its first token moved by h e, e on the side of the leader.

The ratio is C |X' - X| over the change, so that above 1 is a violation, as in every kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact, token_maps
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, measures, normal
from proofcheck.hammer.kinds.base import Compared, Kind, holds, net_ratio, option
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import exactly, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial

TOKENS = 12
QUANTITIES = ("value_norm", "tokens", "gamma", "radius")


class AttainedNorm(Kind):
    """options: mask, None or "causal". Quantities: value_norm |v|, tokens n, gamma of lambda, radius r."""

    name = "attained_norm"
    nonnegative: ClassVar[frozenset[str]] = frozenset({"r", "h", "v"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.mask: str | None = option(trial, "mask", None)
        unknown = set(trial.prop.quantities.values()) - set(QUANTITIES)
        if self.mask not in (None, "causal") or unknown:
            raise ArgumentError(
                f"{trial.lemma}.HAMMER: options['mask'] must be None or 'causal' and quantities among "
                f"{', '.join(QUANTITIES)}, got {self.mask!r} and {sorted(trial.prop.quantities.values())}."
            )

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        scalars = {name: () for name in ("lam", "v", "r", "h")}
        return {"B": ("d", "d"), "e": ("d",), "tokens": ("atom",), **scalars}

    def draw(self, config: Configuration, generator: Source) -> Case:
        cloud = measures(config, generator).points[:, : min(config.n, TOKENS)]
        batch, n, d = cloud.shape
        r = 10 ** (2 * flat(config, generator, batch) - 1)
        strength = 10 ** (3.5 * flat(config, generator, batch) - 2)
        lam = torch.where(flat(config, generator, batch) < 0.5, -strength, 8 * strength) / r.square()
        lam[::16] = 0
        size = cloud.flatten(1).norm(dim=-1).clamp_min(torch.finfo(cloud.dtype).tiny)
        e = cloud[:, 0] / size.unsqueeze(-1) + normal(config, generator, batch, d)
        e[::2, 0] = 0  # across the leader: its score is kept if B = 0
        e[:, 0] = e[:, 0] + (e.abs().sum(-1) == 0)
        return {
            "B": normal(config, generator, batch, d, d)
            * (flat(config, generator, batch, 1, 1) < 0.7)
            / r.view(-1, 1, 1),
            "e": e / e.norm(dim=-1, keepdim=True),
            "tokens": torch.ones(batch, n, dtype=cloud.dtype, device=cloud.device),
            "lam": lam,
            "v": 10 ** (2 * flat(config, generator, batch) - 1),
            "r": r,
            "h": r * 10 ** (-1.5 * flat(config, generator, batch)),
        }

    def seeds(self, config: Configuration) -> list[Case]:
        """d >= 2: a step across the leader, for which every follower's row is an equality."""
        like = {"dtype": config.dtype, "device": config.device}
        e = torch.zeros(1, config.d, **like)
        e[:, -1] = -1
        one, lam = torch.ones(1, **like), -torch.ones(1, **like)
        cells = {"B": torch.zeros(1, config.d, config.d, **like), "e": e}
        n = min(config.n, TOKENS)
        return [{**cells, "tokens": torch.ones(1, n, **like), "lam": lam, "v": one, "r": one, "h": one / 64}]

    def parameters(self, case: Case) -> dict[str, Tensor]:
        positive = {f"log_{name}": case[name].log() for name in ("v", "r", "h")}
        return {**{name: case[name] for name in ("B", "e", "lam")}, **positive}

    def build(self, parameters: Mapping[str, Tensor]) -> Case:
        e = parameters["e"]
        kept = {name: parameters[name] for name in ("B", "lam")}
        positive = {name: parameters[f"log_{name}"].exp() for name in ("v", "r", "h")}
        size = e.norm(dim=-1, keepdim=True).clamp_min(torch.finfo(e.dtype).tiny)
        tokens = torch.ones(len(e), 3, dtype=e.dtype, device=e.device)
        return {**kept, **positive, "e": e / size, "tokens": tokens}

    def _inputs(self, case: Case) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """X, X' (batch, n, d), A, V (batch, d, d)."""
        lam, r, e = case["lam"], case["r"], case["e"]
        batch, d = e.shape
        n = case["tokens"].shape[-1]
        u = torch.zeros(d, dtype=e.dtype, device=e.device)
        u[0] = 1
        A = torch.cat([(lam.unsqueeze(-1) * u).unsqueeze(-1), case["B"][..., 1:]], -1)
        V = case["v"].view(-1, 1, 1) * torch.eye(d, dtype=e.dtype, device=e.device)
        alpha, beta = torch.where(lam < 0, -r, r), torch.where(lam < 0, r, r / 2)
        follower = (beta.unsqueeze(-1) * u).unsqueeze(1).expand(batch, n - 1, d)
        leader = alpha.unsqueeze(-1) * u
        side = torch.where(e[:, 0] * (alpha - beta) < 0, -1.0, 1.0).to(e.dtype)
        moved = leader + (side * case["h"]).unsqueeze(-1) * e
        X, Y = (torch.cat([first.unsqueeze(1), follower], 1) for first in (leader, moved))
        return X, Y, A, V

    def _f(self, X: Tensor, A: Tensor, V: Tensor) -> Tensor:
        return self.trial.function(X, A, V, *(() if self.mask is None else (self.mask,)))

    def _sides(self, case: Case) -> tuple[Tensor, Tensor, Measured]:
        """How far f moves, how far the input does, and the bound: (batch,) each."""
        X, Y, A, V = self._inputs(case)
        change = (self._f(Y, A, V) - self._f(X, A, V)).flatten(1).norm(dim=-1)
        lam = case["lam"]
        found = {
            "value_norm": exactly(case["v"]),
            "tokens": exactly(torch.full_like(lam, float(X.shape[1]))),
            "gamma": exactly(torch.where(lam < 0, -lam, lam / 8)),
            "radius": exactly(case["r"]),
        }
        return change, case["h"] * case["e"].norm(dim=-1), self.trial.value(found)

    def raw_ratio(self, case: Case) -> Tensor:
        change, distance, bound = self._sides(case)
        safe = torch.where(change > 0, change, torch.ones_like(change))
        return torch.where(change > 0, bound.value * distance / safe, 0 * change).unsqueeze(-1)

    def ratio(self, case: Case) -> Tensor:
        with torch.no_grad():
            change, distance, bound = self._sides(case)
            wrong = torch.isnan(change)
            u, d = unit_roundoff(change), case["e"].shape[-1]
            lost = (bound.error + (d + 8) * u * bound.value) * distance
            result = net_ratio(bound.value * distance, lost, torch.nan_to_num(change), self._error(case))
        return torch.where(wrong, torch.full_like(result, torch.nan), result).unsqueeze(-1)

    def _error(self, case: Case) -> Tensor:
        """First-order roundoff of f(X') - f(X): the weights' relative error twice, and that X' itself is rounded."""
        X, Y, A, _ = self._inputs(case)
        both = torch.cat([X, Y], 1)
        n, d = X.shape[1:]
        radius = both.norm(dim=-1).amax(-1)
        relative = token_maps.relative_error({"X": both, "A": A})
        size = case["v"].abs() * d**0.5 * radius * n**0.5
        moved = A.flatten(1).norm(dim=-1) * radius.square()
        return 2.2 * (relative + (n + d + 8 + 8 * moved) * unit_roundoff(X)) * size

    def _exact_inputs(self, sample: Sample) -> tuple[list[Vector], list[Vector], Sample]:
        lam, r, e = sample["lam"], sample["r"], sample["e"]
        d, n = len(e), len(sample["tokens"])
        zero = [fmpq(0)] * (d - 1)
        A = [[lam if i == 0 else fmpq(0), *row[1:]] for i, row in enumerate(sample["B"])]
        V = [[sample["v"] if i == j else fmpq(0) for j in range(d)] for i in range(d)]
        alpha, beta = (-r, r) if lam < 0 else (r, r / 2)
        side = -1 if e[0] * (alpha - beta) < 0 else 1
        leader, follower = [alpha, *zero], [beta, *zero]
        moved = [a + side * sample["h"] * c for a, c in zip(leader, e, strict=True)]
        rest = [follower] * (n - 1)
        return [leader, *rest], [moved, *rest], {"A": A, "V": V}

    def decide(self, sample: Sample) -> Decision:
        if sample["r"] <= 0 or sample["h"] < 0 or sample["v"] < 0:
            return holds("no input: r > 0, h >= 0 and v >= 0 are required")
        X, Y, maps = self._exact_inputs(sample)
        lam = sample["lam"]

        def bound() -> Number:
            found = {
                "value_norm": sample["v"],
                "tokens": fmpq(len(X)),
                "gamma": -lam if lam < 0 else lam / 8,
                "radius": sample["r"],
            }
            constant = self.trial.exact_value({name: found[name] for name in self.trial.prop.quantities.values()})
            return constant * sample["h"] * exact.sqrt(exact.norm2(sample["e"]))

        def change() -> Number:
            before, after = (token_maps.exact_value({**maps, "X": tokens}, self.mask) for tokens in (X, Y))
            squares = [exact.norm2(exact.minus(a, b)) for a, b in zip(after, before, strict=True)]
            return exact.sqrt(sum(squares, fmpq(0)))

        def refute(_: Number) -> Decision:
            got, limit = exact.to_float(change()), exact.to_float(bound())
            detail = f"|f(X') - f(X)| = {got:.9g} is less than {limit:.9g} = C |X' - X|"
            return Decision(Status.REFUTED, detail, "statement", {"ratio": f"{limit / got:.17g}" if got else "inf"})

        return decide_gap(lambda: change() - bound(), lambda: bound() + 1, refute)

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        """The callable at X' against its formula."""
        _, Y, A, V = self._inputs(case)
        names = {"X": Y, "A": A, "V": V}
        sample = {name: exact.nested(value[0]) for name, value in names.items()}
        size = float(wide["v"].abs().max()) * float(self._inputs(wide)[1].norm(dim=-1).amax()) * Y.shape[1] ** 0.5

        def formula() -> list[Number]:
            return [entry for row in token_maps.exact_value(sample, self.mask) for entry in row]

        allowed = float(self._error(wide).max())
        return [Compared(self.trial.name, self._f(Y[0], A[0], V[0]), formula, allowed, size, {})]
