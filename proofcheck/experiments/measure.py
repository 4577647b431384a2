"""One measurement: the local Lipschitz constant of a part of attention at one input, between bounds of its own.

    lower      max |J e|/|e| over two explicit vectors e (one product each): below the norm, whatever Lanczos does
    estimate   |J e|/|e| at the vector that Lanczos ends with: below the norm too, and equal to it once converged
    upper      a bound of |J|_2 at this input, from the attention weights (R1loc of every head, combined)
    ball       a bound of |J|_2 on all inputs with tokens of that norm (R1' of every head, combined);
               none for the parts with a residual connection or a norm
    q          |J^T f(X)|^(1/2): not a norm; what a power iteration returns that reads f(X) where J u was meant

J is the Jacobian of f on flattened tokens: Frobenius norms on both sides. All in float64, not rounded outwards.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from proofcheck.experiments.bounds import ball_bound, local_upper
from torch_impl.huggingface import AttentionBlock, Part
from torch_impl.local_lipschitz import local_lipschitz

Map = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Measurement:
    """The numbers of a cell. radius: largest |x_i| of the tokens that attention reads; rms: their root mean square."""

    radius: float
    rms: float
    lower: float
    estimate: float
    residual: float
    converged: bool
    products: int
    upper: float
    ball: float | None
    q: float
    seconds: float

    def ordered(self) -> bool:
        """lower <= estimate <= upper <= ball, up to the residual and to float64."""
        roundoff = 1 + 2.0**-40
        return (
            self.lower <= (self.estimate + self.residual) * roundoff
            and self.estimate <= self.upper * roundoff
            and (self.ball is None or self.upper <= self.ball * roundoff)
        )


def measure_text(block: AttentionBlock, part: Part, state: Tensor, tolerance: float) -> Measurement:
    """The part of `block` at `state` (n, d), the input of its layer, with the model's own mask.

    Raises:
        ArgumentError: `local_lipschitz` and `local_upper` say when.
    """
    start = time.perf_counter()
    read = block.normalised(state) if block.norm_first else state
    X = read if part in ("heads", "projected") else state
    f = block.map(part)
    found = local_lipschitz(f, X, tolerance=tolerance)
    norms = read.norm(dim=-1)
    return Measurement(
        radius=float(norms.max()),
        rms=float(norms.square().mean().sqrt()),
        lower=max(_stretch(f, X, e) for e in _explicit(block, X, read)),
        estimate=found.value,
        residual=found.residual,
        converged=found.converged,
        products=found.iterations,
        upper=local_upper(block, part, state),
        ball=ball_bound(block, part, state),
        q=public_quantity(f, X),
        seconds=time.perf_counter() - start,
    )


def public_quantity(f: Map, X: Tensor) -> float:
    """q(X) = |J^T f(X)|^(1/2), J the Jacobian of f at X.

    The fixed point of v -> J^T u normalised, u = torch.func.jvp(f, (X,), (v,))[0] = f(X): the loop's second factor is
    the value of f and no derivative, so the square root of its eigenvalue is q and not |J|_2. On a token-wise linear
    map q grows like n^(1/4) while |J|_2 is the same for all n.
    """
    value, pullback = torch.func.vjp(f, X)[:2]
    return math.sqrt(float(pullback(value.detach())[0].norm()))


def _explicit(block: AttentionBlock, X: Tensor, read: Tensor) -> list[Tensor]:
    """A shift of all tokens, and a move of the most attended token alone, along the values' strongest direction."""
    values = block.value.flatten(0, 1)
    direction = torch.linalg.svd(values, full_matrices=False).Vh[0]
    shift = direction.expand_as(X).clone()
    leader = torch.zeros_like(X)
    leader[block.weights(read).sum(-2).square().sum(0).argmax()] = direction
    return [shift, leader]


def _stretch(f: Map, X: Tensor, e: Tensor) -> float:
    image = torch.func.jvp(f, (X,), (e,))[1]  # [0] is f(X)
    return float(image.norm() / e.norm())
