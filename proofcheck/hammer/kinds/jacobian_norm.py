"""|D_X f[e]| <= C |e| for a map of tokens f, self-attention with scores <A x_i, x_j>: its constant on a ball, or at X.

A case is an input X (n, d), matrices A and V, and displacements e of the tokens, so that a violation needs no
eigenvalue: one e with |D_X f[e]| > C |e| refutes the bound, and D_X f[e] is computed in balls from the formula

    D_X f[e]_i = V sum_j P_ij ( e_j + (x_j - m_i) (<A e_i, x_j> + <A x_i, e_j>) ).

Of the torch callable the derivative is taken by two reverse passes; the code on trial is `self_attention` or
anything called like it, f(X, A, V, mask). The bound may depend on n, on norms and on the radius of the ball, which
is the one that X needs, or on quantities of this X (see `quantities`). A is drawn with |A|_F max |x|^2 in [1/20, 10].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.hammer import exact, quantities, token_maps
from proofcheck.hammer.confirm import Decision, Status, decide_gap
from proofcheck.hammer.exact import Number, Vector, fmpq
from proofcheck.hammer.families import Configuration, flat, integers, measures, normal
from proofcheck.hammer.kinds.base import Compared, Kind, holds, net_ratio, option
from proofcheck.hammer.layers import Case, Sample
from proofcheck.hammer.quantities import exactly, unit_roundoff
from proofcheck.hammer.random_source import Source
from proofcheck.hammer.trial import Measured, Trial

TOKENS = 12  # an exact decision takes the square of it
NORMS = ("frobenius", "max_token")
GLOBAL = ("value_norm", "score_norm", "radius", "tokens")


class JacobianNorm(Kind):
    """options: mask, None or "causal"; norm, "frobenius" or "max_token" (max_i |x_i|); tokens, the most there may be.

    Quantities: value_norm |V|, score_norm |A|, radius max |x_i|, tokens n; at X, of the weights P and the covariances
    C_i of its rows: weights_norm |P|, column_sum max_j sum_i P_ij, key_factor max_i |C_i|^(1/2) |A x_i|, query_factor
    max_i |C_i A|, tokens_norm |X|, largest_weights max_i g_1(P_i).
    """

    name = "jacobian_norm"
    paired: ClassVar[frozenset[str]] = frozenset({"e"})

    def __init__(self, trial: Trial) -> None:
        super().__init__(trial)
        self.mask: str | None = option(trial, "mask", None)
        self.norm: str = option(trial, "norm", "frobenius")
        self.most: int = option(trial, "tokens", TOKENS)
        where = f"{trial.lemma}.HAMMER"
        if self.mask not in (None, "causal") or self.norm not in NORMS:
            raise ArgumentError(
                f"{where}: options['mask'] must be None or 'causal' and options['norm'] one of {', '.join(NORMS)}, "
                f"got {self.mask!r} and {self.norm!r}."
            )
        unknown = set(trial.prop.quantities.values()) - {*GLOBAL, *token_maps.LOCAL}
        if unknown:
            raise ArgumentError(
                f"{where}: no quantity {sorted(unknown)[0]!r} in this kind; known are "
                f"{', '.join((*GLOBAL, *token_maps.LOCAL))}."
            )

    @property
    def axes(self) -> Mapping[str, tuple[str, ...]]:
        return {"X": ("atom", "d"), "e": ("atom", "d"), "A": ("d", "d"), "V": ("d", "d")}

    def draw(self, config: Configuration, generator: Source) -> Case:
        B, d = config.batch, config.d
        X = measures(config, generator).points[:, : self.most]
        A = normal(config, generator, B, d, d)
        one = torch.eye(d, dtype=config.dtype, device=config.device)
        A[::4] = -one
        A[1::4] = torch.linalg.qr(A[1::4])[0]
        V = normal(config, generator, B, d, d)
        V[::2] = one
        radius = X.norm(dim=-1).amax(-1).clamp_min(torch.finfo(X.dtype).tiny).view(-1, 1, 1)
        strength = 10 ** (2.3 * flat(config, generator, B, 1, 1) - 1.3)
        A = A / A.flatten(1).norm(dim=-1).clamp_min(1e-30).view(-1, 1, 1) / radius / radius * strength
        A = torch.where(integers(config, generator, 8, B, 1, 1) == 0, torch.zeros_like(A), A)
        e = normal(config, generator, B, config.pairs, X.shape[1], d)
        e[:, ::2] = e[:, ::2, :1]  # every other displacement moves all tokens alike
        return {"X": X, "A": A, "V": V, "e": e / e.flatten(2).norm(dim=-1).clamp_min(1e-30)[..., None, None]}

    def seeds(self, config: Configuration) -> list[Case]:
        return token_maps.seeds(config, self.norm, self.most)

    def _f(self, X: Tensor, A: Tensor, V: Tensor) -> Tensor:
        return self.trial.function(X, A, V, *(() if self.mask is None else (self.mask,)))

    def change(self, case: Case) -> Tensor:
        """D_X f[e] for every pair: (batch, pairs, n, d)."""

        pairs, e = case["e"].shape[1], case["e"].flatten(0, 1)
        X, A, V = (case[name].repeat_interleave(pairs, 0) if pairs > 1 else case[name] for name in ("X", "A", "V"))
        climbing = torch.is_grad_enabled()
        with torch.enable_grad():
            X = X if X.requires_grad else X.detach().requires_grad_(True)
            value = self._f(X, A, V)
            # J e is the derivative of y -> J^T y along e: two backward passes, each differentiable again
            y = torch.zeros_like(value, requires_grad=True)
            (pulled,) = torch.autograd.grad(value, X, y, create_graph=True, materialize_grads=True)
            moved = torch.autograd.grad(pulled, y, e, create_graph=climbing, materialize_grads=True)[0]
        return (moved if climbing else moved.detach()).unflatten(0, (-1, pairs))

    def size(self, rows: Tensor) -> Tensor:
        """The norm of (..., n, d)."""
        lengths = quantities_length(rows)
        return lengths.amax(-1) if self.norm == "max_token" else quantities_length(rows.flatten(-2))

    def raw_ratio(self, case: Case) -> Tensor:
        bound = self.trial.centre(self._found(case)).unsqueeze(-1) * self.size(case["e"])
        change = self.size(self.change(case))
        return torch.where(bound > 0, change / torch.where(bound > 0, bound, torch.ones_like(bound)), 0 * change)

    def ratio(self, case: Case) -> Tensor:
        case = {name: value.detach() for name, value in case.items()}
        with torch.no_grad():
            change, distance = self.size(self.change(case)), self.size(case["e"])
        u = unit_roundoff(change)
        n, d = case["X"].shape[-2:]
        error = self._product_error(case) + (n * d + 2) * u * change
        constant = self.trial.value(self._found(case))
        bound = constant.value.unsqueeze(-1) * distance
        slack = torch.nan_to_num(constant.error, nan=torch.inf).unsqueeze(-1) * distance
        result = net_ratio(change, error, bound, slack + (n * d + 4) * u * bound)
        return torch.where(torch.isnan(change), torch.full_like(result, torch.nan), result)

    def sharpen(self, case: Case) -> Case:
        """The displacement that D_X f stretches most: a singular vector; for max_token the best row by alternation."""
        X = case["X"].detach()
        n, d = X.shape[-2:]
        if n * d > 64:
            return case
        basis = torch.eye(n * d, dtype=X.dtype, device=X.device).unflatten(-1, (n, d))
        columns = self.change({**case, "X": X, "e": basis.expand(len(X), n * d, n, d)}).detach()
        J = torch.nan_to_num(columns).unflatten(1, (n, d)).movedim((1, 2), (3, 4))  # (batch, n, d', n, d)
        if self.norm == "max_token":
            e = token_maps.worst_row(J)
        else:
            right = torch.linalg.svd(J.flatten(3).flatten(1, 2), full_matrices=False)[2]
            e = right[:, 0].unflatten(-1, (n, d))
        return {**case, "X": X, "e": e.unsqueeze(1)}

    def _found(self, case: Case) -> dict[str, Measured]:
        return {name: self._quantity(name, case) for name in self.trial.prop.quantities.values()}

    def _quantity(self, name: str, case: Case) -> Measured:
        X = case["X"]
        if name == "tokens":
            return exactly(torch.full_like(X[:, 0, 0], X.shape[1]))
        if name in ("value_norm", "score_norm"):
            return quantities.operator_norm(case["V" if name == "value_norm" else "A"])
        if name == "radius":
            value = quantities_length(X).amax(-1)
            return Measured(value, (X.shape[-1] + 2) * unit_roundoff(X) * value.detach())
        return token_maps.measured(name, X, case["A"], self.mask, token_maps.relative_error(case))

    def _product_error(self, case: Case) -> Tensor:
        """First-order bound of the roundoff of D_X f[e], in the norm of this kind: (batch, pairs).

        Scores change by at most D = |A|_F r (|e_i| + max |e_j|), known up to (4 d + 12) u D, weights up to a relative
        error; products with them and the sums of n terms add (4 n + 4 d + 24) u.
        """
        X, e, u = case["X"], case["e"], unit_roundoff(case["X"])
        n, d = X.shape[-2:]
        relative = token_maps.relative_error(case).unsqueeze(-1)
        radius = X.norm(dim=-1).amax(-1, keepdim=True)
        largest = e.norm(dim=-1).amax(-1)
        reach = 2 * case["A"].flatten(1).norm(dim=-1, keepdim=True) * radius * largest
        size = case["V"].flatten(1).norm(dim=-1, keepdim=True) * (largest + 4 * radius * reach)
        each = 1.2 * (3 * relative + (4 * n + 8 * d + 36) * u) * size
        return torch.nan_to_num(each, nan=torch.inf) * (1 if self.norm == "max_token" else n**0.5)

    def decide(self, sample: Sample) -> Decision:
        def constant() -> Number:
            values = {name: self._exact_quantity(name, sample) for name in self.trial.prop.quantities.values()}
            return self.trial.exact_value(values)

        def squares(rows: list[Vector]) -> Number:
            sizes = [exact.norm2(row) for row in rows]
            return exact.largest(sizes) if self.norm == "max_token" else sum(sizes, fmpq(0))

        def change() -> Number:
            return exact.sqrt(squares(token_maps.exact_change(sample, self.mask)))

        def distance() -> Number:
            return exact.sqrt(squares(sample["e"]))

        def refute(_: Number) -> Decision:
            got, limit = exact.to_float(change()), exact.to_float(constant() * distance())
            ratio = f"{got / limit:.17g}" if limit else "inf"
            return Decision(
                Status.REFUTED,
                f"|D_X f[e]| = {got:.9g} exceeds {limit:.9g} = C |e|",
                "statement",
                {"ratio": ratio, "constant": f"{exact.to_float(constant()):.17g}"},
            )

        try:
            return decide_gap(lambda: constant() * distance() - change(), lambda: constant() * distance() + 1, refute)
        except exact.NoCondition:
            return holds("the bound is no condition here")

    def _exact_quantity(self, name: str, sample: Sample) -> Number:
        if name == "tokens":
            return fmpq(len(sample["X"]))
        if name in ("value_norm", "score_norm"):
            return exact.operator_norm(sample["V" if name == "value_norm" else "A"])
        if name == "radius":
            return exact.sqrt(max(exact.norm2(x) for x in sample["X"]))
        return token_maps.exact_local(name, sample, self.mask)

    def compared(self, case: Case, wide: Case) -> list[Compared]:
        """The callable against its formula at X, then its derivative along e."""
        sample = {k: exact.nested(v[0, 0] if k in self.paired else v[0]) for k, v in case.items()}
        X, u = wide["X"], unit_roundoff(wide["X"])
        n, d = X.shape[-2:]
        radius, norm = X.norm(dim=-1).amax(-1), wide["V"].flatten(1).norm(dim=-1)
        reach = float((norm * radius).max()) * n**0.5
        largest = float(wide["e"].norm(dim=-1).amax())
        turn = float((wide["A"].flatten(1).norm(dim=-1) * radius.square()).max())
        error = float(self._product_error(wide).max()) * (n**0.5 if self.norm == "max_token" else 1)
        return [
            Compared(
                self.trial.name,
                self._f(case["X"][0], case["A"][0], case["V"][0]),
                lambda: _flat(token_maps.exact_value(sample, self.mask)),
                1.1 * float((token_maps.relative_error(wide) + (n + d + 8) * u).max()) * reach,
                reach,
                {},
            ),
            Compared(
                f"the derivative of {self.trial.name}",
                self.change(case)[0, 0],
                lambda: _flat(token_maps.exact_change(sample, self.mask)),
                error,
                float(norm.max()) * largest * (1 + 4 * turn) * n**0.5,
                {},
            ),
        ]


def _flat(rows: list[Vector]) -> Vector:
    return [entry for row in rows for entry in row]


def quantities_length(rows: Tensor) -> Tensor:
    """|row| along the last axis with derivative 0 at 0."""
    squares = rows.square().sum(-1)
    positive = squares > 0
    return torch.where(positive, torch.where(positive, squares, torch.ones_like(squares)).sqrt(), 0 * squares)
