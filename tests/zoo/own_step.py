"""Shared by the bugs in a step size: an MLP layer that computes its step, and the exact look at its expansion."""

from functools import cache

import torch
from harness import finding, minus, square
from torch import nn

from proofcheck import registry
from proofcheck.hammer.trial import trial
from proofcheck.testing import check_own_step
from proofcheck.testing.modules import StepTooLarge
from torch_impl.reference.exact import gradient_mlp


class Layer(nn.Module):
    """x - step W^T relu(W x + b) with the step of `norm_squared`."""

    factor = 2

    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.eye(2))

    def norm_squared(self):
        raise NotImplementedError

    def step(self):
        return self.factor / self.norm_squared()


@cache
def mlp_step():
    return trial(registry.load(registry.find("mlp-step")))


def find(layer):
    try:
        check_own_step(mlp_step(), layer(), read_step=lambda module: module.step(), W="W")
    except StepTooLarge as caught:
        says, pair = str(caught).splitlines()[0], caught.expansion
        return finding("the layer is nonexpansive", says, **pair.fields, x=pair.x, y=pair.y)
    return None


def violated(W, b, step, x, y):
    F, G = (gradient_mlp(v, W, b, step) for v in (x, y))
    return square(minus(F, G)) > square(minus(x, y))
