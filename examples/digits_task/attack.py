"""Projected gradient ascent on the positions of the tokens, inside a W_infinity ball.

Moving atom y_j to y_j + s_j, |s_j| <= r, weights as they are, stays within W_infinity distance r (and W_1 distance r):
pair each atom with itself. What is found is an upper bound of the true robust radius of an example, in either metric;
what is not found proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Classifier = Callable[[Tensor, Tensor], Tensor]  # points (B, n, 2), weights (B, n) -> logits (B, classes)


def attacked_radius(
    classify: Classifier,
    points: Tensor,
    weights: Tensor,
    labels: Tensor,
    radii: Sequence[float],
    *,
    domain_radius: float,
    steps: int = 25,
    seed: int = 0,
    progress: Callable[[], None] = lambda: None,
) -> Tensor:
    """(B,): the smallest displacement found that changes the answer; 0 if it is wrong at once, inf if none was found.

    radii: tried in this order, each from rest and from a random start. A success is shrunk along its segment, and the
    displacement that is returned is that of a context that was classified wrongly.
    """
    generator = torch.Generator().manual_seed(seed)
    smallest = torch.where(_margins(classify(points, weights), labels) > 0, torch.inf, 0.0).to(points.dtype)
    for radius in radii:
        for start in ("rest", "random"):
            left = smallest > radius
            if bool(left.any()):
                y, w, label = points[left], weights[left], labels[left]
                shift = _climb(classify, y, w, label, radius, start, steps, domain_radius, generator)
                smallest[left] = torch.minimum(smallest[left], _shrunk(classify, y, w, label, shift, domain_radius))
            progress()
    return smallest


def _climb(
    classify: Classifier,
    y: Tensor,
    w: Tensor,
    label: Tensor,
    radius: float,
    start: str,
    steps: int,
    domain_radius: float,
    generator: torch.Generator,
) -> Tensor:
    """The shift with the smallest margin along the way: (B, n, 2)."""
    shift = torch.zeros_like(y)
    if start == "random":
        shift = torch.randn(y.shape, generator=generator, dtype=torch.float64).to(y)
        shift = _inside(shift, radius)
    best, lowest = shift, torch.full_like(y[:, 0, 0], torch.inf)
    for step in range(steps + 1):
        shift = shift.detach().requires_grad_(step < steps)
        margin = _margins(classify(_clipped(y + shift, domain_radius), w), label)
        better = margin.detach() < lowest
        lowest = torch.where(better, margin.detach(), lowest)
        best = torch.where(better[:, None, None], shift.detach(), best)
        if step == steps:
            break
        (slope,) = torch.autograd.grad(margin.sum(), shift)
        length = torch.linalg.vector_norm(slope, dim=-1, keepdim=True)
        direction = slope / length.clamp_min(torch.finfo(y.dtype).tiny)
        pace = radius * max(0.5 * (1 - step / steps), 0.05)
        shift = _inside(shift.detach() - pace * direction, radius)
    return best


def _shrunk(classify: Classifier, y: Tensor, w: Tensor, label: Tensor, shift: Tensor, domain_radius: float) -> Tensor:
    """The largest displacement of a token in the shortest multiple of `shift` found to be wrong, inf if none is."""
    with torch.no_grad():
        low, high = torch.zeros_like(y[:, 0, 0]), torch.ones_like(y[:, 0, 0])
        found = torch.full_like(high, torch.inf)
        for trial in range(9):
            middle = high if trial == 0 else (low + high) / 2
            moved = _clipped(y + middle[:, None, None] * shift, domain_radius)
            wrong = _margins(classify(moved, w), label) <= 0
            size = torch.where(w > 0, torch.linalg.vector_norm(moved - y, dim=-1), 0.0).amax(-1)
            found = torch.where(wrong & (size < found), size, found)
            high, low = torch.where(wrong, middle, high), torch.where(wrong, low, middle)
    return found


def _margins(logits: Tensor, labels: Tensor) -> Tensor:
    """logit of the label minus the largest other one: (B,)."""
    own = logits.gather(-1, labels[:, None]).squeeze(-1)
    return own - logits.scatter(-1, labels[:, None], -torch.inf).amax(-1)


def _inside(shift: Tensor, radius: float) -> Tensor:
    return shift * (radius / torch.linalg.vector_norm(shift, dim=-1, keepdim=True).clamp_min(radius))


def _clipped(points: Tensor, domain_radius: float) -> Tensor:
    """The nearest points of the domain, which moves no token further from where it was."""
    return points * (domain_radius / torch.linalg.vector_norm(points, dim=-1, keepdim=True).clamp_min(domain_radius))
