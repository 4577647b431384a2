"""The layer of two equiangular tokens against the formula written out: values and gradients."""

import math

import pytest
import torch
from slow_attention import F64, agree

from proofcheck.errors import ArgumentError
from torch_impl.equiangular import layer_of_two, next_inner, rate


def slow(c, s, beta, h):
    tokens = [(torch.ones_like(c), torch.zeros_like(c)), (c, s)]
    images = []
    for x in tokens:
        weights = [torch.exp(beta * (x[0] * y[0] + x[1] * y[1])) for y in tokens]
        mean = [sum(w * y[k] for w, y in zip(weights, tokens, strict=True)) / sum(weights) for k in (0, 1)]
        images.append([x[k] + h * mean[k] for k in (0, 1)])
    (p, q), (u, v) = images
    return torch.stack([p * u + q * v, p * p + q * q])


def test_values_and_gradients():
    c, s, beta, h = (torch.tensor(v, dtype=F64) for v in (0.28, 0.96, 1.5, 0.75))
    assert agree(layer_of_two, slow, c, s, beta, h)
    c, s = (torch.tensor(v, dtype=F64) for v in (-0.6, 0.8))
    assert agree(layer_of_two, slow, c, s, beta, h)


@pytest.mark.parametrize("beta", [1e4, math.nan, math.inf])
def test_numbers_beyond_floats_are_refused(beta):
    for call in (lambda: rate(0.5, beta, 3), lambda: next_inner(0.5, beta, 3, 0.1)):
        with pytest.raises(ArgumentError, match="within floats"):
            call()
