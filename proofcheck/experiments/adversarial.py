"""Extremal tokens for one head: all on a line, one of them a leader whose weight is 1/(1 + (n-1) e^(-2 gamma R^2)).

A u = lambda u, |u| = 1, lambda a real eigenvalue of A = K^T Q / sqrt(k), gamma = max(-lambda_min, lambda_max / 8):
    gamma = lambda_max / 8    x_1 = R u, the others (R/2) u          gamma = -lambda_min    x_1 = -R u, the others R u
Then |J|_2 is at least the bounds of AS-02, in |V|_2 and in |V u|, which grow like sqrt(n) until n is of the order of
e^(2 gamma R^2) and fall afterwards. The head is measured without biases: it is the map of the theorem.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

import torch
from torch import Tensor

from proofcheck.errors import ArgumentError
from proofcheck.experiments.bounds import head_factor, scalar
from proofcheck.experiments.measure import Measurement, public_quantity
from torch_impl.attention import self_attention
from torch_impl.bounds import evaluate, lemma_bound
from torch_impl.huggingface import AttentionBlock
from torch_impl.local_bound import local_bound
from torch_impl.local_lipschitz import local_lipschitz

PEAK = 32


class Direction(NamedTuple):
    """gamma, its eigenvalue and the unit eigenvector u (d,)."""

    gamma: float
    eigenvalue: float
    u: Tensor


def extremal_direction(block: AttentionBlock, head: int) -> Direction | None:
    """The direction of the head's extremal tokens; None if A has no real eigenvalue other than 0.

    The eigenvalues of A = s K^T Q other than 0 are those of the (k, k) matrix s Q K^T; w its eigenvector, u = K^T w.
    """
    Q, K = block.query[head], block.key[head]
    values, vectors = torch.linalg.eig(block.scale * Q @ K.mT)
    scale = float(values.abs().max())
    real = (values.imag == 0) & (values.real.abs() > scale * Q.shape[0] * torch.finfo(Q.dtype).eps)
    if not bool(real.any()):
        return None
    gammas = torch.where(values.real < 0, -values.real, values.real / 8).masked_fill(~real, -math.inf)
    best = int(gammas.argmax())
    u = K.mT @ vectors[:, best].real
    return Direction(float(gammas[best]), float(values.real[best]), u / u.norm())


def extremal_heads(block: AttentionBlock) -> tuple[int, ...]:
    """The head with the largest gamma, then the first other one; none where no A has a real eigenvalue other than 0."""
    found = [extremal_direction(block, head) for head in range(block.query.shape[0])]
    gammas = {head: at.gamma for head, at in enumerate(found) if at is not None}
    strongest = sorted(gammas, key=lambda head: -gammas[head])[:1]
    return (*strongest, *[head for head in gammas if head not in strongest][:1])


def short_radius(direction: Direction) -> float:
    """R with e^(2 gamma R^2) = 32: beyond some 33 tokens the leader loses its weight and the norm falls again."""
    return math.sqrt(math.log(PEAK) / (2 * direction.gamma))


def extremal_tokens(direction: Direction, n: int, radius: float) -> Tensor:
    """(n, d): the leader first."""
    steps = [radius, radius / 2] if direction.eigenvalue > 0 else [-radius, radius]
    along = torch.tensor([steps[0]] + [steps[1]] * (n - 1), dtype=direction.u.dtype)
    return along.unsqueeze(-1) * direction.u


def lower_bound(V: Tensor, direction: Direction, n: int, radius: float) -> float:
    """The larger of AS-02's two bounds at these tokens: all of V, and V along u."""
    values = {"gamma": direction.gamma, "R": radius, "n": float(n), "v": float(torch.linalg.matrix_norm(V, 2))}
    values["w"] = float((V @ direction.u).norm())
    lemma = "attention_smoothness.attention_lower_bound"
    return max(scalar(evaluate(lemma_bound(lemma, key), values)) for key in ("norm_lower", "along_lower"))


def measure_adversarial(
    block: AttentionBlock, head: int, n: int, radius: float | None, tolerance: float
) -> Measurement:
    """The head's attention without biases or mask at its extremal tokens of norm `radius` (None: `short_radius`).

    Raises:
        ArgumentError: A has no real eigenvalue other than 0.
    """
    start = time.perf_counter()
    direction = extremal_direction(block, head)
    if direction is None:
        raise ArgumentError(
            f"measure_adversarial: head {head} of layer {block.layer} must have a real eigenvalue, got none but 0. "
            "Take another head."
        )
    radius = short_radius(direction) if radius is None else radius
    A, V = block.scores[head], block.value[head]
    X = extremal_tokens(direction, n, radius)
    found = local_lipschitz(lambda X: self_attention(X, A, V), X, tolerance=tolerance)
    v, a = (float(torch.linalg.matrix_norm(M, 2)) for M in (V, A))
    return Measurement(
        radius=radius,
        rms=float(X.square().sum(-1).mean().sqrt()),
        lower=lower_bound(V, direction, n, radius),
        estimate=found.value,
        residual=found.residual,
        converged=found.converged,
        products=found.iterations,
        upper=local_bound(X, A, V),
        ball=v * head_factor(a * radius**2, n),
        q=public_quantity(lambda X: self_attention(X, A, V), X),
        seconds=time.perf_counter() - start,
    )
