"""Training of the two models on the same images, with the same optimiser (Adam) and the same number of steps.

Lipschitz model: cross-entropy of the certified margins in units of a target radius rho,

    log sum_j exp(-m_j / (rho |v_i - v_j| C)),   m_j = logit_i - logit_j, i the label, m_i = 0,

C the differentiable estimate of the context constant (LT-08, LT-09, LT-10). The loss does not change when the read-out
is scaled, so it can only fall by answers that are right and safe. Unconstrained model: cross-entropy of the logits,
half the learning rate and gradients clipped to length 1, without which it diverges for some seeds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from digits_task.data import DOMAIN_RADIUS, Digits
from digits_task.models import Parts, Unconstrained, run
from torch_impl.deep import DeepTransformer
from torch_impl.deep_context import context_estimate

BATCH = 100
Progress = Callable[[], None]
Loss = Callable[[Tensor, Tensor], Tensor]


class Plan(NamedTuple):
    """epochs over the training images, peak learning rate, rho."""

    epochs: int
    rate: float
    radius: float

    def steps(self, images: int) -> int:
        """Optimiser steps for one model."""
        return self.epochs * -(-images // BATCH)


def train_lipschitz(model: DeepTransformer, data: Digits, plan: Plan, progress: Progress) -> None:
    """Every step of every layer is admissible at every moment of it."""

    def loss(weights: Tensor, labels: Tensor) -> Tensor:
        lift, layers, readout = model.resolve()
        rows = readout.entries
        parts = Parts(
            lambda y: y @ lift.entries.mT,
            layers,
            [layer.bias is None for layer in layers],
            lambda x: x @ rows.mT,
        )
        logits = run(parts, data.pixels.to(rows), weights)
        lengths = (rows.unsqueeze(0) - rows.unsqueeze(1)).square().sum(-1).add(1e-12).sqrt()
        scale = plan.radius * context_estimate(lift, layers, DOMAIN_RADIUS) * lengths[labels]
        margins = (logits.gather(1, labels[:, None]) - logits) / scale
        return torch.logsumexp(-margins.scatter(1, labels[:, None], 0.0), 1).mean()

    _fit(model, data, plan, loss, progress, clip=torch.inf)


def train_unconstrained(model: Unconstrained, data: Digits, plan: Plan, progress: Progress) -> None:
    """Ordinary training."""
    pixels = data.pixels.to(torch.float32)

    def loss(weights: Tensor, labels: Tensor) -> Tensor:
        return nn.functional.cross_entropy(run(model.parts(), pixels, weights), labels)

    _fit(model, data, plan._replace(rate=plan.rate / 2), loss, progress, clip=1.0)


def accuracy(parts: Parts, data: Digits, dtype: torch.dtype) -> float:
    """Share of test images that are answered rightly."""
    with torch.no_grad():
        logits = run(parts, data.pixels.to(dtype), data.test.weights.to(dtype))
    return float((logits.argmax(-1) == data.test.labels).double().mean())


def _fit(model: nn.Module, data: Digits, plan: Plan, loss: Loss, progress: Progress, *, clip: float) -> None:
    weights, labels = data.train.weights.to(torch.float32), data.train.labels
    optimiser = torch.optim.Adam(model.parameters(), lr=plan.rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.rate, total_steps=plan.steps(len(labels)))
    for _ in range(plan.epochs):
        for batch in torch.randperm(len(labels)).split(BATCH):
            optimiser.zero_grad()
            loss(weights[batch], labels[batch]).backward()
            if clip < torch.inf:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            schedule.step()
            progress()
