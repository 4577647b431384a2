"""Which coordinates the layers have coupled so far, and what is known about each coupled block.

The lifted coordinates start uncoupled. An MLP step couples the columns that share a connected component of W; an
attention step couples the rows of A (one softmax), which read the columns without coupling them. For a block J,
with u = Q_J x and every context and query in the input domain (|x| <= R; diameter Delta of the union of contexts):
    query       |T_J(mu, x) - T_J(mu, x')| <= growth |Q_J (x - x')|                     LT-01, LT-05; growth = 1
    radius      |T_J(mu, x)| <= growth |Q_J x| + shift                                  LT-10
    union       |T_J(mu, x) - T_J(nu, x')| <= growth |Q_J (x - x')| + drift                 LT-10; eta D a layer
    context     |T_J(mu, x) - T_J(nu, x)| <= context_p W_p(mu, nu)                      LT-06..09
    roundoff    |float T_J - T_J| <= error
Blocks are orthogonal, so joining them adds shift, drift, context and error in quadrature and takes the largest
growth. A dense model is one block, and the numbers are those of the lemmas for the whole space.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

import torch
from flint import arb
from torch import Tensor

from proofcheck.certify.numbers import as_ball, hypotenuse, hypotenuse_ball
from proofcheck.certify.roundoff import Arithmetic, dot_error
from torch_impl.norm_blocks import entries
from torch_impl.norms import certified_norm_squared, certified_norm_squared_below
from torch_impl.rounding import sqrt_up


@dataclass
class Block:
    """What is known about the coordinates `rows`; see the module. Radii and constants are upper bounds."""

    rows: list[int]
    growth: Fraction = Fraction(1)
    shift: Fraction = Fraction(0)
    drift: Fraction = Fraction(0)
    context: dict[str, arb] = field(default_factory=dict)  # "paper", "w1", "winf"
    error: arb = field(default_factory=lambda: arb(0))  # not finite: no bound


class Blocks:
    """The blocks of m coordinates behind a lifting Q (m, d) with contexts and queries in a ball of radius R."""

    def __init__(
        self, lift: Tensor, radius: Fraction, diameter: Fraction, constants: Iterable[str], arithmetic: Arithmetic
    ) -> None:
        self._lift = lift.coalesce() if lift.is_sparse else lift
        self.input_radius, self.input_diameter, self.arithmetic = radius, diameter, arithmetic
        self.owner = list(range(lift.shape[0]))
        self.blocks = {i: Block([i], context={p: arb(0) for p in constants}) for i in self.owner}
        self._row_squares = [Fraction(0)] * lift.shape[0]
        terms = [0] * lift.shape[0]
        for i, value in zip(*(part.tolist() for part in entries(self._lift)[::2]), strict=True):
            self._row_squares[i] += Fraction(value) ** 2
            terms[i] += 1
        size = as_ball(radius)
        for i, block in self.blocks.items():
            if terms[i]:
                block.error = dot_error(arithmetic, terms[i], sqrt_up(self._row_squares[i]), size, 1)
        self._squares: dict[tuple[tuple[int, ...], bool], Fraction] = {}

    def join(self, coordinates: Iterable[int]) -> Block:
        """The block that holds all these coordinates from now on."""
        names = sorted({self.owner[i] for i in coordinates}, key=lambda name: -len(self.blocks[name].rows))
        if len(names) == 1:
            return self.blocks[names[0]]
        whole = self.view(names)
        for name in names[1:]:
            for i in self.blocks.pop(name).rows:
                self.owner[i] = names[0]
        self.blocks[names[0]] = whole
        return whole

    def touched(self, coordinates: Iterable[int]) -> list[int]:
        """The blocks that hold any of these coordinates."""
        return sorted({self.owner[i] for i in coordinates})

    def view(self, names: Iterable[int]) -> Block:
        """The union of some blocks, which stay apart."""
        parts = [self.blocks[name] for name in names]
        if len(parts) == 1:
            return parts[0]
        return Block(
            sorted(i for p in parts for i in p.rows),
            max(p.growth for p in parts),
            hypotenuse(p.shift for p in parts),
            hypotenuse(p.drift for p in parts),
            {k: hypotenuse_ball(p.context[k] for p in parts) for k in parts[0].context},
            hypotenuse_ball(p.error for p in parts),
        )

    def lift_square(self, block: Block, *, below: bool = False) -> Fraction:
        """>= |Q_J|^2, or <= it."""
        key = (tuple(block.rows), below)
        if key not in self._squares:
            rows = self._rows(block.rows)
            self._squares[key] = certified_norm_squared_below(rows) if below else certified_norm_squared(rows)
        return self._squares[key]

    def query(self, block: Block) -> Fraction:
        """>= the Lipschitz constant of T_J in the query."""
        return block.growth * sqrt_up(self.lift_square(block))

    def radius(self, block: Block) -> Fraction:
        """>= |T_J(mu, x)|."""
        return self.query(block) * self.input_radius + block.shift

    def rough_radius(self, block: Block) -> Fraction:
        """>= `radius`, with |Q_J|_F for |Q_J|: cheap for thousands of blocks."""
        frobenius = sqrt_up(sum((self._row_squares[i] for i in block.rows), Fraction(0)))
        return block.growth * frobenius * self.input_radius + block.shift

    def diameter(self, block: Block) -> Fraction:
        """>= the diameter of the tokens of one context."""
        return self.query(block) * self.input_diameter

    def union_diameter(self, block: Block) -> Fraction:
        """>= |T_J(mu, x) - T_J(nu, x')| over all contexts and queries of the input domain."""
        return min(self.diameter(block) + block.drift, 2 * self.radius(block))

    def _rows(self, rows: list[int]) -> Tensor:
        if len(rows) == self._lift.shape[0]:
            return self._lift
        return torch.index_select(self._lift, 0, torch.tensor(rows)).contiguous()
